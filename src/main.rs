//! The command line: serve | compile | check | query.

mod command {
    use super::District;

    pub mod query;
}

use std::{
    fs, io,
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::http::HeaderValue;
use clap::{Args, Parser, Subcommand};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use renewal_map::{
    boundary::{Compiled, StretchKind},
    http::{AppState, Settings, router},
    store::{
        Snapshot,
        files::Files,
        load,
        zones::{ZONES_FILE, compile_zones},
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
    /// 检查数据，一次列出全部问题 (check the data and list all problems)
    Check(District),
    /// 查询范围内有什么、占多少、多大把握 (what is inside an area, how much of it, how surely)
    Query(command::query::Query),
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
    /// 规划文件目录；不给则用内置数据 (folder of the source documents; the built-in ones without it)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_SEEDS")]
    seeds: Option<PathBuf>,
    /// 空间数据目录 (folder of the features, whose zones.geojson is rewritten)
    #[arg(
        long,
        value_name = "DIR",
        default_value = "geodata",
        env = "RENEWAL_MAP_GEODATA"
    )]
    geodata: PathBuf,
}

impl District {
    /// Reads it.
    fn load(&self) -> Result<Snapshot, String> {
        load(
            &Files::seeds(self.seeds.clone()),
            &Files::geodata(self.geodata.clone()),
        )
        .map_err(|error| error.to_string())
    }
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
        Command::Query(options) => command::query::query(&options),
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
    let snapshot = district.load()?;
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
    let geodata = Files::geodata(Some(options.geodata.clone()));
    let snapshot =
        load(&Files::seeds(options.seeds.clone()), &geodata).map_err(|error| error.to_string())?;
    let zones = compile_zones(&snapshot, &geodata).map_err(|error| error.to_string())?;
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
    let file = options.geodata.join(ZONES_FILE);
    let old = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let changed = old != zones.text;
    if changed && !options.check {
        // Beside the file first: a full disk must not leave half a file.
        let draft = file.with_extension("geojson.new");
        fs::write(&draft, &zones.text)
            .and_then(|()| fs::rename(&draft, &file))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        println!("已改写 (rewritten): {}", file.display());
    }
    if changed && options.check {
        return Err(format!(
            "{} 与编译结果不同，请运行 renewal-map compile (differs from what compiles: run renewal-map compile)",
            file.display()
        ));
    }
    if refused > 0 {
        return Err(format!(
            "{refused} 个片区未能编译 ({refused} zones do not resolve)"
        ));
    }
    Ok(())
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
