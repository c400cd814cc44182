//! The command line: serve | compile | import | check.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::http::HeaderValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use indicatif::{ProgressBar, ProgressStyle};
use renewal_map::{
    boundary::{Compiled, StretchKind},
    exchange::osm::{self, Extent, Mode},
    geometry::frame::Frame,
    http::{AppState, Settings, router},
    model::Text,
    store::{
        Snapshot,
        files::{self, Files},
        load,
        moved::moved,
        zones::{ZONES_FILE, Zones, compile_zones},
    },
};
use tracing_subscriber::EnvFilter;

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
    Serve(Serve),
    /// 由四至文字和街道线编译片区边界 (compile the zones from their boundary sentences)
    Compile(Compile),
    /// 从 OpenStreetMap 导入道路、铁路、河流和界线，再编译片区 (import lines from OpenStreetMap, then compile the zones)
    Import(Import),
    /// 检查数据，一次列出全部问题 (check the data and list all problems)
    Check(District),
}

/// Where a district's data are.
#[derive(Args)]
struct District {
    /// 规划文件目录；不给则用内置数据 (folder of the source documents; the built-in ones without it)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_SEEDS")]
    seeds: Option<PathBuf>,
    /// 空间数据目录；不给则用内置数据 (folder of the features; the built-in ones without it)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_GEODATA")]
    geodata: Option<PathBuf>,
}

#[derive(Args)]
struct Serve {
    /// 监听地址；端口 0 为任选 (address to listen on; port 0 picks a free one)
    #[arg(
        long,
        default_value = "127.0.0.1:8080",
        value_name = "HOST:PORT",
        env = "RENEWAL_MAP_LISTEN"
    )]
    listen: SocketAddr,
    /// 用户访问本服务的网址，用于生成链接 (address under which users reach the service, for links)
    #[arg(long, value_name = "URL", value_parser = parse_public_url, env = "RENEWAL_MAP_PUBLIC_URL")]
    public_url: Option<String>,
    /// 允许其他网页调用本服务的来源，可多个，逗号分隔 (other origins whose pages may ask the service, by commas)
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = parse_origin, env = "RENEWAL_MAP_ALLOW_ORIGIN")]
    allow_origin: Vec<HeaderValue>,
    #[command(flatten)]
    district: District,
}

#[derive(Args)]
struct Compile {
    /// 只比较，不改写；有差异则退出码为 1 (compare only; exit 1 where the file differs)
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    folders: Folders,
}

/// Where a district's data are that are rewritten.
#[derive(Args)]
struct Folders {
    /// 规划文件目录；不给则用内置数据 (folder of the source documents; the built-in ones without it)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_SEEDS")]
    seeds: Option<PathBuf>,
    /// 空间数据目录，其中的文件会被改写 (folder of the features, whose files are rewritten)
    #[arg(
        long,
        value_name = "DIR",
        default_value = "geodata",
        env = "RENEWAL_MAP_GEODATA"
    )]
    geodata: PathBuf,
}

#[derive(Args)]
struct Import {
    /// OpenStreetMap 数据，如 Geofabrik 的 .osm.pbf (an extract, such as Geofabrik's)
    #[arg(value_name = "FILE.osm.pbf")]
    file: PathBuf,
    /// 导入到哪里：道路、铁路和界线进 streets，河流进 water (where to: roads, railways and limits to streets, rivers to water)
    #[arg(long, value_enum)]
    into: Target,
    /// 范围（西,南,东,北，度）；不给则为本区外扩 2 公里 (the box, in degrees; without it the district and 2 km around it)
    #[arg(long, value_name = "W,S,E,N", value_parser = parse_extent, allow_hyphen_values = true)]
    bbox: Option<Extent>,
    /// 保留勘测的线和范围外的线；不给也是如此 (keep surveyed lines and those outside the box; so it is without it)
    #[arg(long, conflicts_with = "replace")]
    merge: bool,
    /// 原有的线全部换掉 (let go of all lines that are there)
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    Streets,
}

fn parse_public_url(text: &str) -> Result<String, String> {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"))
        .filter(|host| !host.is_empty());
    match host {
        Some(_) => Ok(text.trim_end_matches('/').to_owned()),
        None => {
            Err("应以 http:// 或 https:// 开头 (it should start with http:// or https://)".into())
        }
    }
}

fn parse_origin(text: &str) -> Result<HeaderValue, String> {
    let url = parse_public_url(text)?;
    HeaderValue::from_str(&url)
        .ok()
        .filter(|_| url.matches('/').count() == 2)
        .ok_or_else(|| "应为 http://主机[:端口] (it should be http://host[:port])".into())
}

fn parse_extent(text: &str) -> Result<Extent, String> {
    text.parse().map_err(|error: Text| error.to_string())
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("RENEWAL_MAP_LOG").unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(io::stderr)
        .init();
    let result = match Cli::parse().command {
        Command::Serve(options) => serve(&options),
        Command::Compile(options) => compile(&options),
        Command::Import(options) => import(&options),
        Command::Check(district) => {
            load_district(&district).map(|_| println!("数据无误 (the data are sound)"))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Reads a district and tells what it holds.
fn load_district(district: &District) -> Result<Snapshot, String> {
    let started = Instant::now();
    let snapshot = load(
        &Files::seeds(district.seeds.clone()),
        &Files::geodata(district.geodata.clone()),
    )
    .map_err(|error| error.to_string())?;
    println!("{} ({})", snapshot.title.zh, snapshot.title.en);
    for collection in snapshot.collections() {
        println!(
            "  {:<12} {:>7}  {}",
            collection.info.id,
            collection.features().len(),
            collection.info.title
        );
    }
    println!(
        "版本 {}，用时 {:.2} 秒 (revision {}, {:.2} s)",
        snapshot.revision,
        started.elapsed().as_secs_f64(),
        snapshot.revision,
        started.elapsed().as_secs_f64(),
    );
    Ok(snapshot)
}

fn serve(options: &Serve) -> Result<(), String> {
    let snapshot = load_district(&options.district)?;
    let settings = Settings {
        public_url: options.public_url.clone(),
        allowed_origins: options.allow_origin.clone(),
    };
    let state = AppState::new(Arc::new(snapshot), settings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("不能启动 (can't start): {error}"))?;
    let result = runtime.block_on(listen(options.listen, state));
    // Work that nobody waits for any more must not keep the program.
    runtime.shutdown_timeout(GRACE);
    result
}

/// How long open requests may go on when the service is stopped.
const GRACE: Duration = Duration::from_secs(5);
/// How long a client may take to send the head of a request.
const HEAD_TIME_LIMIT: Duration = Duration::from_secs(15);

async fn listen(address: SocketAddr, state: AppState) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            let port = address.port();
            format!("端口 {port} 已被占用，请用 --listen 换一个 (port {port} is taken: choose another with --listen)")
        } else {
            format!("不能监听 {address} (can't listen on it): {error}")
        }
    })?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    println!("地图已就绪 (the map is ready): http://{bound}");
    serve_connections(listener, router(state)).await;
    Ok(())
}

/// Serves until the program is told to stop, then lets open requests end, for a while.
async fn serve_connections(listener: tokio::net::TcpListener, router: axum::Router) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stopped());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_LIMIT);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Too many open files, say: others may close theirs.
                    tracing::warn!("accepting a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Small answers must not wait for more to send.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::warn!("TCP_NODELAY: {error}");
        }
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end in time");
    }
}

/// Ends with Ctrl-C or a polite kill.
async fn stopped() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Recompiles the zones, tells what became of each, and writes the file where it changed.
fn compile(options: &Compile) -> Result<(), String> {
    let folders = &options.folders;
    let geodata = Files::geodata(Some(folders.geodata.clone()));
    let snapshot =
        load(&Files::seeds(folders.seeds.clone()), &geodata).map_err(|error| error.to_string())?;
    let zones = compile_zones(&snapshot, &geodata).map_err(|error| error.to_string())?;
    let old = read_zones(&geodata)?;
    let refused = tell_zones(&zones, &old)?;
    if old != zones.text && options.check {
        return Err(format!(
            "{} 与编译结果不同，请运行 renewal-map compile (differs from what compiles: run renewal-map compile)",
            geodata.path(ZONES_FILE)
        ));
    }
    rewrite(folders, &geodata, ZONES_FILE, &zones.text)?;
    refused
}

fn read_zones(geodata: &Files) -> Result<String, String> {
    let bytes = geodata
        .read(ZONES_FILE)
        .map_err(|error| format!("{}: {error}", geodata.path(ZONES_FILE)))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Tells what became of each zone, and by how much its outline moved. The inner result is an error
/// where some do not resolve.
fn tell_zones(zones: &Zones, old: &str) -> Result<Result<(), String>, String> {
    let mut refused = 0;
    for zone in &zones.outcomes {
        match &zone.result {
            Ok(compiled) => println!("{}：{}", zone.name, summary(compiled)),
            Err(reason) => {
                refused += 1;
                println!("{}：未能编译 (unresolved)：{reason}", zone.name);
            }
        }
    }
    println!("与原来相比 (compared with before):");
    for zone in moved(old, &zones.text).map_err(|error| error.to_string())? {
        println!("  {}：{}", zone.name, zone.change);
    }
    Ok(match refused {
        0 => Ok(()),
        _ => Err(format!(
            "{refused} 个片区未能编译 ({refused} zones do not resolve)"
        )),
    })
}

/// Writes a file of the features where it changed.
fn rewrite(folders: &Folders, geodata: &Files, file: &str, text: &str) -> Result<(), String> {
    if geodata.read(file).is_ok_and(|old| *old == *text.as_bytes()) {
        return Ok(());
    }
    files::replace(&folders.geodata.join(file), text)
        .map_err(|error| format!("{}: {error}", geodata.path(file)))?;
    println!("已改写 (rewritten): {}", geodata.path(file));
    Ok(())
}

/// How far around the district lines are imported, unless a box is given, in metres.
const MARGIN_M: f64 = 2000.0;

/// Imports lines and recompiles the zones: all in memory first, so that what does not load is never
/// written.
fn import(options: &Import) -> Result<(), String> {
    let Target::Streets = options.into;
    let folders = &options.folders;
    let seeds = Files::seeds(folders.seeds.clone());
    let geodata = Files::geodata(Some(folders.geodata.clone()));
    let snapshot = load(&seeds, &geodata).map_err(|error| error.to_string())?;
    let extent = match options.bbox {
        Some(extent) => extent,
        None => around_district(&snapshot)?,
    };
    let mode = if options.replace {
        Mode::Replace
    } else {
        Mode::Merge
    };
    println!("范围 (box, W,S,E,N): {extent}");
    let bar = progress_bar();
    let extract = osm::extract(&options.file, extent, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let plan = extract
        .and_then(|extract| osm::plan(extract, extent, mode, &geodata))
        .map_err(|error| error.to_string())?;
    for (collection, tally) in &plan.tallies {
        println!(
            "{collection}：导入 {} 条、{} 个名称；保留 {}，换掉 {}，因已有勘测线而略去 {} (imported, names; kept, replaced, left out for surveyed lines)",
            tally.imported, tally.names, tally.kept, tally.dropped, tally.left_out
        );
    }
    for (collection, lines) in &plan.homeless {
        println!("没有集合 {collection}，略去 {lines} 条线 (no such collection: lines left out)");
    }
    let nothing_written = |problems: &dyn std::fmt::Display| {
        format!(
            "导入后的数据有问题，未改写任何文件 (nothing was written, for the data would be wrong):\n{problems}"
        )
    };
    let draft = plan
        .files
        .iter()
        .fold(geodata.clone(), |draft, (file, text)| {
            draft.with(file, text.as_str())
        });
    let snapshot = load(&seeds, &draft).map_err(|error| nothing_written(&error))?;
    let zones = compile_zones(&snapshot, &draft).map_err(|error| nothing_written(&error))?;
    let draft = draft.with(ZONES_FILE, zones.text.as_str());
    load(&seeds, &draft).map_err(|error| nothing_written(&error))?;
    let refused = tell_zones(&zones, &read_zones(&geodata)?)?;
    for (file, text) in &plan.files {
        rewrite(folders, &geodata, file, text)?;
    }
    rewrite(folders, &geodata, ZONES_FILE, &zones.text)?;
    refused
}

fn around_district(snapshot: &Snapshot) -> Result<Extent, String> {
    let bounds = snapshot
        .district
        .feature
        .parse()
        .ok()
        .and_then(|name| snapshot.feature(&name)?.bounds())
        .ok_or("本区没有轮廓，请给出 --bbox (the district has no outline: give --bbox)")?;
    Extent::of(Frame::at(bounds.center()).grown(bounds, MARGIN_M))
        .map_err(|error| error.to_string())
}

/// A bar on the terminal; nothing where there is none.
fn progress_bar() -> ProgressBar {
    const FORM: &str = "{bar:30} {percent:>3} %  {bytes}/{total_bytes}  {bytes_per_sec}  {eta}";
    let style = ProgressStyle::with_template(FORM).expect("the form is one");
    ProgressBar::new(0).with_style(style)
}

/// One line on a compiled outline: how long, and how much of it follows what.
fn summary(compiled: &Compiled) -> String {
    let metres = |kind: StretchKind| -> f64 {
        compiled
            .stretches
            .iter()
            .filter(|stretch| stretch.kind == kind)
            .map(|stretch| stretch.metres)
            .fold(0.0, |sum, metres| sum + metres)
    };
    format!(
        "沿所列道路和河流 {:.0} 米，借道 {:.0} 米，直线连接 {:.0} 米，精度 ±{:.0} 米 (along named lines, via others, bridged, accuracy)",
        metres(StretchKind::Street),
        metres(StretchKind::Via),
        metres(StretchKind::Bridge),
        compiled.accuracy_m,
    )
}
