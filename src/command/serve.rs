//! `renewal-map serve`.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use axum::http::{HeaderValue, Request};
use clap::Args;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use renewal_map::{
    http::{AppState, Peer, Readers, Settings, router},
    model::Viewer,
    people::JOIN_HOURS,
    store::live::Live,
    tiles::base_map::BaseMap,
};
use tower::Service;

use super::{
    District,
    base_map::BaseMapOptions,
    load_district,
    provider::{OidcOptions, Waiting},
    tell,
};

#[derive(Args)]
pub struct Serve {
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
    /// 允许把分享的地图嵌入其页面的来源，可多个，逗号分隔 (origins whose pages may have shared maps as a part of them, by commas)
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = parse_origin, env = "RENEWAL_MAP_ALLOW_EMBED")]
    allow_embed: Vec<HeaderValue>,
    /// 审图号，印在所出的图上 (the number under which the map was approved for publication, for pictures)
    #[arg(long, value_name = "TEXT", env = "RENEWAL_MAP_MAP_APPROVAL")]
    map_approval: Option<String>,
    /// 谁可以看：anyone 所有人，accounts 有账户的人 (who may look: anyone, or those with accounts)
    #[arg(
        long,
        value_name = "WHO",
        default_value = "anyone",
        env = "RENEWAL_MAP_READERS"
    )]
    readers: Readers,
    #[command(flatten)]
    base_map: BaseMapOptions,
    #[command(flatten)]
    oidc: OidcOptions,
    #[command(flatten)]
    district: District,
}

/// An address without a slash at its end.
pub fn parse_public_url(text: &str) -> Result<String, String> {
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

/// Serves until the program is told to stop.
pub fn serve(options: &Serve) -> Result<(), String> {
    let base_map = options.base_map.base_map()?;
    let live = live(&options.district)?;
    if options.readers == Readers::Accounts && live.record().is_none() {
        return Err("--readers accounts 要与 --data 一起用：账户存在库中 (--readers accounts goes with --data: accounts are kept in the record)".into());
    }
    let public_url = options.public_url.as_deref();
    let provider = options
        .oidc
        .provider(live.record().is_some(), public_url, options.listen)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("不能启动 (can't start): {error}"))?;
    let result = runtime.block_on(listen(options, live, provider, base_map));
    // Work that nobody waits for any more must not keep the program.
    runtime.shutdown_timeout(GRACE);
    write_down_last(result?);
    Ok(())
}

/// Writes down what was refused in the last moment, for it belongs to the log, too. Who is writing to the
/// record at that moment, a large import say, must not keep the program.
fn write_down_last(state: AppState) {
    let why = match within(GRACE, move || state.write_down()) {
        Some(Ok(())) => return,
        Some(Err(error)) => error.to_string(),
        None => format!("others were still writing after {} s", GRACE.as_secs()),
    };
    tracing::error!(
        "最后一刻拒绝的请求和登录者的活动时间没有记入库中 (what was refused in the last moment, and when those signed in were last active, was not written down): {why}"
    );
}

/// What something comes to; `None` where it takes longer than that, and is left.
fn within<T: Send + 'static>(
    limit: Duration,
    run: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(run()));
    receiver.recv_timeout(limit).ok()
}

/// The data that are served, told on the terminal.
fn live(district: &District) -> Result<Live, String> {
    let started = Instant::now();
    let Some(record) = district.record().map_err(|error| error.to_string())? else {
        return load_district(district).map(Live::fixed);
    };
    let offered = district.offered(&record);
    let live = Live::of(record).map_err(|error| error.to_string())?;
    tell(&live.latest(Viewer::ALL_SEEING), started);
    match offered {
        Ok(0) => {}
        Ok(changes) => println!(
            "新版数据有 {changes} 处改动待定：renewal-map record update (newer data would change so much: see that command)"
        ),
        Err(error) => tracing::warn!("comparing with the data of this release: {error}"),
    }
    Ok(live)
}

/// How long open requests may go on when the service is stopped, and the log be written after them.
const GRACE: Duration = Duration::from_secs(5);
/// How long a client may take to send the head of a request.
const HEAD_TIME_LIMIT: Duration = Duration::from_secs(15);

async fn listen(
    options: &Serve,
    live: Live,
    provider: Option<Waiting>,
    base_map: Option<BaseMap>,
) -> Result<AppState, String> {
    let address = options.listen;
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            let port = address.port();
            format!("端口 {port} 已被占用，请用 --listen 换一个 (port {port} is taken: choose another with --listen)")
        } else {
            format!("不能监听 {address} (can't listen on it): {error}")
        }
    })?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    let address = format!("http://{bound}");
    let here = options.public_url.as_ref().unwrap_or(&address);
    let provider = provider.map(|waiting| waiting.at(here)).transpose()?;
    let settings = Settings {
        public_url: options.public_url.clone(),
        allowed_origins: options.allow_origin.clone(),
        allowed_frames: options.allow_embed.clone(),
        map_approval: options.map_approval.clone(),
        base_map: base_map.map(Arc::new),
        readers: options.readers,
        provider: provider.map(Arc::new),
    };
    let state = AppState::new(live, settings);
    println!("地图已就绪 (the map is ready): {address}");
    tell_link(&state, here);
    tokio::spawn(state.clone().follow());
    serve_connections(listener, router(state.clone())).await;
    Ok(state)
}

/// Tells how the first administrator comes in, where there is none.
fn tell_link(state: &AppState, here: &str) {
    match state.administrator_link() {
        Ok(None) => {}
        // Whoever waits for the address above may read no further.
        Ok(Some(key)) => eprintln!(
            "还没有管理员：{JOIN_HOURS} 小时内用此链接设置一个，只能用一次 (no administrator yet: this link makes one, once, within {JOIN_HOURS} h):\n  {here}/join/{}",
            key.reveal()
        ),
        Err(error) => tracing::warn!("no link for an administrator: {error}"),
    }
}

/// Serves until the program is told to stop, then lets open requests end, for a while.
async fn serve_connections(listener: tokio::net::TcpListener, router: axum::Router) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stopped());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_LIMIT);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, Peer(peer.ip())),
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
        let routes = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            routes.clone().call(request)
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_left() {
        let long = Duration::from_mins(5);
        assert_eq!(within(long, || 7), Some(7));
        let begun = Instant::now();
        let left = within(Duration::from_millis(20), move || thread::sleep(long));
        assert!(left.is_none() && begun.elapsed() < long / 2);
    }
}
