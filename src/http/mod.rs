//! Routes, one file per resource: they read requests and write answers, and reckon nothing.

mod allowance;
mod areas;
mod audit;
mod base;
mod base_map;
mod boundaries;
mod claims;
mod collections;
mod documents;
mod edit;
mod etag;
mod format;
mod history;
mod imports;
mod items;
mod landing;
mod moment;
mod oidc;
mod openapi;
mod page;
mod paging;
mod params;
mod person;
mod pictures;
mod problem;
mod queryables;
mod refused;
mod revisions;
mod session;
mod shares;
mod tiles;
mod tilesets;

use std::{
    any::Any,
    collections::HashMap,
    num::NonZero,
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, cors::CorsLayer, trace::TraceLayer,
};

pub use self::allowance::Peer;
use self::{
    allowance::Allowance, base::Base, imports::Imports, problem::Problem, refused::Refused,
};
use crate::{
    model::{Text, Viewer},
    people::{self, Provider, Secret, Throttle},
    share::{DescriptionCache, NewsCache},
    store::{
        Snapshot,
        live::Live,
        record::{Hash, Record, RecordError},
    },
    tiles::{
        base_map::{AT_ONCE, BaseMap},
        cache::TileCache,
    },
};

/// Bytes of compressed tiles that are kept.
const TILE_CACHE_BYTES: u64 = 128 << 20;
/// Requests that may wait at once for a turn of one kind; more are told to come back.
const MAX_WAITING: usize = 512;
/// Short pieces of work (a page of features, a tile) done at once, for each processor.
const LIGHT_PER_PROCESSOR: usize = 4;
/// Passwords that may wait at once to be compared, and questions to the identity provider.
const MAX_AT_DOOR: usize = 32;
/// Questions to the identity provider that may be under way at once.
const MAX_AT_PROVIDER: usize = 16;
/// Pictures that may wait at once to be drawn.
const MAX_PICTURES: usize = 64;
/// Millions of pixels that may be held at once by pictures in the making, at some 8 MB each: two of the
/// largest.
const MAX_MEGAPIXELS: u32 = 80;
/// How often the record is looked at for what other processes have committed.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How long a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// How long sending a file and committing it may take.
const IMPORT_TIME_LIMIT: Duration = Duration::from_hours(1);

/// What all routes share.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    live: Live,
    tiles: TileCache,
    settings: Settings,
    /// Tells this program from another build of it.
    build: String,
    light: Turns,
    heavy: Turns,
    edits: Turns,
    notes: Turns,
    earlier: Turns,
    pictures: Turns,
    base_map: Turns,
    /// Pictures as they were drawn.
    drawn: pictures::Cache,
    /// What was told to have changed in shares.
    news: NewsCache,
    descriptions: DescriptionCache,
    passwords: Turns,
    imports: Imports,
    provider: Turns,
    throttle: Throttle,
    sharing: Allowance,
    /// Attempts that were refused, until [`AppState::write_down`] writes them down.
    refused: Mutex<Refused>,
    /// When sessions were last used, likewise.
    seen: Mutex<HashMap<Hash, Timestamp>>,
    /// Held by who writes them down.
    writing_down: Mutex<()>,
}

/// What an operator decides.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The address under which clients know the service (no slash at its end), where that is not
    /// the host that they ask.
    pub public_url: Option<String>,
    /// Other origins whose pages may ask the service.
    pub allowed_origins: Vec<HeaderValue>,
    /// Other origins whose pages may have shared views as a part of them.
    pub allowed_frames: Vec<HeaderValue>,
    /// The number under which maps were approved for publication (审图号), which stands in pictures.
    pub map_approval: Option<String>,
    /// The base map under the map, where there is one.
    pub base_map: Option<Arc<BaseMap>>,
    /// Who may look.
    pub readers: Readers,
    /// By whom people may sign in beside their passwords.
    pub provider: Option<Arc<Provider>>,
}

/// Who may look at what is not hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Readers {
    /// Everybody who reaches the service.
    #[default]
    Anyone,
    /// Those with an account.
    Accounts,
}

impl FromStr for Readers {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "anyone" => Ok(Self::Anyone),
            "accounts" => Ok(Self::Accounts),
            _ => Err("应为 anyone 或 accounts (it should be anyone or accounts)"),
        }
    }
}

/// How long a piece of work may keep a processor.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// Moments.
    Light,
    /// Seconds: at most one for each processor at once, so that the light ones go on.
    Heavy,
    /// Comparing a password, which takes much memory: a few at once.
    Password,
    /// Asking the identity provider, which may be slow: others must not wait for it.
    Provider,
    /// A change of the data: one after the other, as the record takes them.
    Edit,
    /// A few rows beside the data, such as the end of a session. They wait for whoever is writing, which
    /// may take long, and who reads must not wait for them.
    Note,
    /// Reading all data as they were earlier, which takes as much memory as they do.
    Earlier,
    /// Drawing a picture, which takes a processor and memory for so many pixels.
    Picture(f64),
    /// Asking the service of the base map, which may be slow: others must not wait for it.
    BaseMap,
}

/// The turns of one kind of work, and the room in which requests wait for one: a room for each, so
/// that however many want to sign in, others are answered.
struct Turns {
    at_once: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Turns {
    fn new(at_once: usize, waiting: usize) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(at_once)),
            waiting: Semaphore::new(waiting),
        }
    }
}

impl AppState {
    /// State that serves these data.
    #[must_use]
    pub fn new(live: Live, settings: Settings) -> Self {
        let processors = processors();
        let scratch = live.record().map(Record::scratch);
        let imports = Imports::new(scratch.as_deref());
        Self(Arc::new(Shared {
            live,
            tiles: TileCache::new(TILE_CACHE_BYTES),
            settings,
            build: build(),
            light: Turns::new(processors * LIGHT_PER_PROCESSOR, MAX_WAITING),
            heavy: Turns::new(processors, MAX_WAITING),
            edits: Turns::new(1, MAX_WAITING),
            notes: Turns::new(1, MAX_WAITING),
            earlier: Turns::new(1, MAX_WAITING),
            pictures: Turns::new(MAX_MEGAPIXELS as usize, MAX_PICTURES),
            base_map: Turns::new(AT_ONCE, MAX_WAITING),
            drawn: pictures::cache(),
            news: NewsCache::default(),
            descriptions: DescriptionCache::default(),
            passwords: Turns::new(processors.div_ceil(2), MAX_AT_DOOR),
            imports,
            provider: Turns::new(MAX_AT_PROVIDER, MAX_AT_DOOR),
            throttle: Throttle::default(),
            sharing: Allowance::default(),
            refused: Mutex::default(),
            seen: Mutex::default(),
            writing_down: Mutex::default(),
        }))
    }

    /// The data as they are now, and as somebody sees them.
    fn latest(&self, viewer: Viewer) -> Arc<Snapshot> {
        self.0.live.latest(viewer)
    }

    /// The key of the one-time link by which the first administrator joins, where nobody can
    /// administer yet. It blocks.
    ///
    /// # Errors
    /// Where the record can't be written.
    pub fn administrator_link(&self) -> Result<Option<Secret>, RecordError> {
        match self.0.live.record() {
            Some(record) => people::administrator_link(record),
            None => Ok(None),
        }
    }

    /// Serves what other processes commit to the record, soon after they did, and writes down refused
    /// attempts and which sessions are used, for ever.
    pub async fn follow(self) {
        if self.0.live.record().is_none() {
            return;
        }
        loop {
            tokio::time::sleep(FOLLOW_EVERY).await;
            let state = self.clone();
            let followed = tokio::task::spawn_blocking(move || {
                state.0.imports.sweep();
                if let Err(error) = state.0.live.refresh() {
                    tracing::error!("reading the record: {error}");
                }
                // Also where newer data can't be served. Writing waits for whoever is writing; what they
                // committed before is served meanwhile.
                if let Err(error) = state.write_down() {
                    tracing::error!("writing down who was refused and who is here: {error}");
                }
            })
            .await;
            if let Err(error) = followed {
                tracing::error!("following the record: {error}");
            }
        }
    }

    /// Runs work off the async threads. The work holds its turn until it ends, even where nobody
    /// waits for it any more; the flag that it is given then tells it so.
    async fn blocking<T: Send + 'static>(
        &self,
        work: Work,
        run: impl FnOnce(&Self, &Arc<AtomicBool>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let too_many = || {
            Problem::busy(Text::new(
                "请求太多，请稍后再试",
                "too many requests, please try again in a moment",
            ))
        };
        let (turns, share) = match work {
            Work::Light => (&self.0.light, 1),
            Work::Heavy => (&self.0.heavy, 1),
            Work::Password => (&self.0.passwords, 1),
            Work::Provider => (&self.0.provider, 1),
            Work::Edit => (&self.0.edits, 1),
            Work::Note => (&self.0.notes, 1),
            Work::Earlier => (&self.0.earlier, 1),
            Work::Picture(pixels) => (&self.0.pictures, picture_share(pixels, processors())),
            Work::BaseMap => (&self.0.base_map, 1),
        };
        let turn = {
            let _place = turns.waiting.try_acquire().map_err(|_| too_many())?;
            Arc::clone(&turns.at_once)
                .acquire_many_owned(share)
                .await
                .map_err(|_| too_many())?
        };
        let state = self.clone();
        let abandoned = Arc::new(AtomicBool::new(false));
        let _guard = SetOnDrop(Arc::clone(&abandoned));
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            run(&state, &abandoned)
        });
        match task.await {
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

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// What of [`MAX_MEGAPIXELS`] a picture takes: what it holds, and at least so much that there is not more
/// than one for each processor.
fn picture_share(pixels: f64, processors: usize) -> u32 {
    let processors = u32::try_from(processors).unwrap_or(u32::MAX);
    let least = (MAX_MEGAPIXELS / processors.max(1)).max(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some millions, and too many are as many as there are"
    )]
    let megapixels = (pixels / 1e6).ceil() as u32;
    megapixels.clamp(least, MAX_MEGAPIXELS)
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The program's own file names its build: version and date are not changed by every change.
fn build() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let written = file
        .as_ref()
        .ok()
        .and_then(|file| file.modified().ok())
        .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_nanos());
    let length = file.map_or(0, |file| file.len());
    format!("{} {length} {written}", env!("CARGO_PKG_VERSION"))
}

/// All routes.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/", get(landing::root))
        .route("/assets/{*path}", get(page::asset))
        .route("/favicon.svg", get(page::favicon))
        .route("/pages.css", get(page::stylesheet))
        .route("/conformance", get(landing::conformance))
        .route("/api", get(openapi::document))
        .route("/api.html", get(openapi::readable))
        .route("/collections", get(collections::list))
        .route("/collections/{collection}", get(collections::one))
        .route(
            "/collections/{collection}/queryables",
            get(queryables::queryables),
        )
        .route("/collections/{collection}/schema", get(queryables::schema))
        .route(
            "/collections/{collection}/items",
            get(items::list).post(edit::create),
        )
        .route(
            "/collections/{collection}/items/{id}",
            get(items::one)
                .put(edit::replace)
                .patch(edit::merge)
                .delete(edit::remove),
        )
        .route(
            "/collections/{collection}/items/{id}/revisions",
            get(history::of_feature),
        )
        .route("/imports", post(imports::create))
        .route(
            "/imports/{id}",
            get(imports::show)
                .put(imports::decide)
                .delete(imports::cancel),
        )
        .route("/imports/{id}/changes", get(imports::changes))
        .route("/imports/{id}/commit", post(imports::commit))
        .route("/revisions", get(revisions::list).post(revisions::revert))
        .route("/revisions/{which}", get(revisions::one_or_between))
        .route(
            "/collections/{collection}/tiles",
            get(tilesets::list_of_collection),
        )
        .route(
            "/collections/{collection}/tiles/{matrix_set}",
            get(tilesets::metadata_of_collection),
        )
        .route(
            "/collections/{collection}/tiles/{matrix_set}/{matrix}/{row}/{column}",
            get(tilesets::tile_of_collection),
        )
        .route("/tileMatrixSets", get(tilesets::matrix_sets))
        .route(
            "/tileMatrixSets/{matrix_set}",
            get(tilesets::one_matrix_set),
        )
        // No collection bears this name: their ids are lowercase.
        .route("/tiles", get(tilesets::list))
        .route("/tiles/WebMercatorQuad", get(tilesets::metadata))
        .route(
            "/tiles/WebMercatorQuad/{matrix}/{row}/{column}",
            get(tilesets::tile),
        )
        .route("/tiles/{layers}", get(tiles::tilejson))
        .route("/tiles/{layers}/{z}/{x}/{y}", get(tiles::tile))
        .route("/styles/{style}", get(tiles::style))
        .route("/base-map/{z}/{x}/{y}", get(base_map::tile))
        .route("/areas/query", get(areas::query_named).post(areas::query))
        .route(
            "/boundaries",
            get(boundaries::of_address).post(boundaries::of_body),
        )
        .route("/documents", get(documents::list))
        .route("/documents/{document}", get(documents::one))
        .route(
            "/shares",
            post(shares::create).layer(DefaultBodyLimit::max(shares::MAX_BODY)),
        )
        .route("/map.png", get(pictures::of_view))
        .route("/s/{id}", get(shares::show))
        .route("/shares/{id}", delete(shares::remove))
        .route("/embed/{id}", get(shares::embed))
        .route("/claims", get(claims::list))
        .route("/claims/pairs", get(claims::pairs))
        .route("/indicators", get(claims::indicators))
        .route(
            "/session",
            get(session::status)
                .post(session::open)
                .delete(session::close),
        )
        .route("/sign-in", get(session::page).post(session::submit))
        .route("/sign-in/oidc", get(oidc::leave))
        .route("/sign-in/oidc/callback", get(oidc::come_back))
        .route("/sign-out", post(session::sign_out))
        .route("/join/{key}", get(session::join_page).post(session::join))
        .route("/audit", get(audit::log))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ok\n" }))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(cross_origin(&state.0.settings.allowed_origins))
                .layer(CompressionLayer::new())
                .layer(CatchPanicLayer::custom(panicked))
                .layer(middleware::from_fn(in_time))
                .layer(middleware::from_fn_with_state(
                    state.clone(),
                    person::identify,
                ))
                .layer(middleware::from_fn_with_state(
                    state.clone(),
                    etag::revalidate,
                )),
        )
        .with_state(state)
}

/// Lets pages of the operator's other origins ask the service.
fn cross_origin(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
        ])
        .expose_headers([header::ETAG, HeaderName::from_static("content-crs")])
}

async fn in_time(request: Request, next: Next) -> Response {
    let limit = if request.uri().path().starts_with("/imports") {
        IMPORT_TIME_LIMIT
    } else {
        TIME_LIMIT
    };
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| {
            Problem::busy(Text::new(
                format!("没能在 {} 秒内答复，请稍后再试", limit.as_secs()),
                format!(
                    "no answer within {} s, please try again in a moment",
                    limit.as_secs()
                ),
            ))
            .into_response()
        })
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

/// JSON of a media type.
fn json_answer(media_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body.into()).into_response()
}

const HTML: &str = "text/html";
const JSON: &str = "application/json";
const GEOJSON: &str = "application/geo+json";
const SCHEMA: &str = "application/schema+json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_share_processors_and_memory() {
        let at_once = |pixels: f64, processors| MAX_MEGAPIXELS / picture_share(pixels, processors);
        // Small ones by the processors, large ones by what they hold.
        for (processors, small, large) in [(1, 1, 1), (2, 2, 2), (4, 4, 2), (16, 16, 2)] {
            assert_eq!(at_once(0.0, processors), small);
            assert_eq!(at_once(1.44e6, processors), small);
            assert_eq!(at_once(40e6, processors), large);
        }
        assert_eq!(picture_share(12.1e6, 16), 13);
        assert!(picture_share(f64::MAX, 1_000) == MAX_MEGAPIXELS);
        assert_eq!(picture_share(1.0, 1_000), 1);
    }
}
