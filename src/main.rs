//! The command line: serve | compile | import | export | query | render | record | people | check.

mod command;

use std::{io, process::ExitCode};

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use command::{District, check, compile, export, import, people, query, record, render, serve};

/// 城市更新一张图：片区、地块、项目及其规划依据。
/// A map service for urban renewal: zones, parcels, projects, and the documents they rest on.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 启动服务 (serve the map and its interface)
    Serve(Box<serve::Serve>),
    /// 由四至文字和街道线编译边界 (compile outlines from boundary sentences and streets)
    Compile(compile::Compile),
    /// 导入文件：先看会改什么、坐标对不对，再写入库；或从 OpenStreetMap 导入道路和河流 (import a file: first what would change and whether its coordinates are right, then into the record; or lines from OpenStreetMap)
    Import(Box<import::Import>),
    /// 导出集合为 GeoJSON、Shapefile、GeoPackage、FlatGeobuf、CSV、KML 或 DXF (write a collection as a file)
    Export(Box<export::Export>),
    /// 查询范围内有什么、占多少、多大把握 (what is inside an area, how much of it, how surely)
    Query(Box<query::Query>),
    /// 把分享或视图画成图片、PDF、幻灯片或会议资料包 (a share or a view as picture, PDF, slide or briefing pack)
    Render(Box<render::Render>),
    /// 库：备份、恢复、版本、撤回、更新 (the record: backup, restore, revisions, revert, update)
    Record(record::Options),
    /// 账户、令牌、操作记录 (accounts, tokens, what was done)
    People(people::Options),
    /// 检查数据，一次列出全部问题 (check the data and list all problems)
    Check(District),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("RENEWAL_MAP_LOG").unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(io::stderr)
        .init();
    let result = match Cli::parse().command {
        Command::Serve(options) => serve::serve(&options),
        Command::Compile(options) => compile::compile(&options),
        Command::Import(options) => import::import(&options),
        Command::Export(options) => export::export(&options),
        Command::Query(options) => query::query(&options),
        Command::Render(options) => render::render(&options),
        Command::People(options) => people::people(&options),
        Command::Record(options) => record::record(&options),
        Command::Check(district) => check::check(&district),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}
