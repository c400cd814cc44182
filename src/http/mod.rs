//! Routes, one file per resource: they read requests and write answers, and reckon nothing.

mod areas;
mod claims;
mod collections;
mod documents;
mod etag;
mod items;
mod landing;
mod openapi;
mod page;
mod paging;
mod params;
mod problem;
mod tiles;

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer,
    trace::TraceLayer,
};

use self::problem::Problem;
use crate::{model::Text, store::Snapshot, tiles::cache::TileCache};

/// Bytes of compressed tiles that are kept.
const TILE_CACHE_BYTES: u64 = 128 << 20;
/// Requests that may wait for a thread at once; more are told to come back.
const MAX_WAITING: usize = 512;
/// How long a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What all routes share.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    snapshot: Arc<Snapshot>,
    tiles: TileCache,
    public_url: Option<String>,
    waiting: Semaphore,
}

impl AppState {
    /// State that serves a snapshot. `public_url` (no slash at its end) is the address under which
    /// clients know the service, where that is not the host that they ask.
    #[must_use]
    pub fn new(snapshot: Arc<Snapshot>, public_url: Option<String>) -> Self {
        Self(Arc::new(Shared {
            snapshot,
            tiles: TileCache::new(TILE_CACHE_BYTES),
            public_url,
            waiting: Semaphore::new(MAX_WAITING),
        }))
    }

    fn snapshot(&self) -> &Snapshot {
        &self.0.snapshot
    }

    /// Runs work that takes the processor for longer than a moment off the async threads.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let _place = self.0.waiting.try_acquire().map_err(|_| {
            Problem::busy(Text::new(
                "请求太多，请稍后再试",
                "too many requests, please try again in a moment",
            ))
        })?;
        let state = self.clone();
        match tokio::task::spawn_blocking(move || work(&state)).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(Problem::busy(Text::new(
                    "服务正在关闭",
                    format!("the service is shutting down: {error}"),
                ))),
            },
        }
    }
}

/// All routes.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/", get(landing::root))
        .route("/assets/{*path}", get(page::asset))
        .route("/favicon.svg", get(page::favicon))
        .route("/conformance", get(landing::conformance))
        .route("/api", get(openapi::document))
        .route("/api.html", get(openapi::readable))
        .route("/collections", get(collections::list))
        .route("/collections/{collection}", get(collections::one))
        .route("/collections/{collection}/items", get(items::list))
        .route("/collections/{collection}/items/{id}", get(items::one))
        .route("/tiles/{layers}", get(tiles::tilejson))
        .route("/tiles/{layers}/{z}/{x}/{y}", get(tiles::tile))
        .route("/styles/{style}", get(tiles::style))
        .route("/areas/query", post(areas::query))
        .route("/documents", get(documents::list))
        .route("/documents/{document}", get(documents::one))
        .route("/claims", get(claims::list))
        .route("/claims/pairs", get(claims::pairs))
        .route("/indicators", get(claims::indicators))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ok\n" }))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(CompressionLayer::new())
                .layer(CatchPanicLayer::custom(panicked))
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::SERVICE_UNAVAILABLE,
                    TIME_LIMIT,
                ))
                .layer(middleware::from_fn_with_state(
                    state.clone(),
                    etag::revalidate,
                )),
        )
        .with_state(state)
}

async fn no_such_path(uri: axum::http::Uri) -> Problem {
    let path = uri.path();
    Problem::missing(Text::new(
        format!("没有地址 {path}；接口说明见 /api.html"),
        format!("there is nothing at {path}; /api.html describes the interface"),
    ))
}

async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Text::new(
            "此地址不支持这种请求方法；接口说明见 /api.html",
            "this address does not take that method; /api.html describes the interface",
        ),
    )
}

#[allow(clippy::needless_pass_by_value)] // as the layer calls it
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no words");
    tracing::error!("a request panicked: {words}");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        Text::new(
            "服务内部出错，已记录",
            "the service failed on this request; the failure is logged",
        ),
    )
    .into_response()
}

/// The address under which the client knows the service, without a slash at its end.
pub(crate) struct Base(String);

impl FromRequestParts<AppState> for Base {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        if let Some(url) = &state.0.public_url {
            return Ok(Self(url.clone()));
        }
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .filter(|host| {
                !host.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
            });
        Ok(Self(format!("http://{}", host.unwrap_or("localhost"))))
    }
}

impl Base {
    /// A link to a path of the service.
    fn link(&self, rel: &str, media_type: &str, path: &str, title: &str) -> Value {
        json!({
            "href": format!("{}{path}", self.0),
            "rel": rel,
            "type": media_type,
            "title": title,
        })
    }
}

/// JSON of a media type.
fn json_answer(media_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body.into()).into_response()
}

const JSON: &str = "application/json";
const GEOJSON: &str = "application/geo+json";
