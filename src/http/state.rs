//! What all routes share: the data that are served, the operator's settings, what is kept in mind
//! between requests.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;

use super::{
    allowance::Allowance, imports::Imports, pictures, problem::Problem, refused::Refused,
    turns::Turns,
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
    tiles::{base_map::BaseMap, cache::TileCache},
};

/// Bytes of compressed tiles that are kept.
const TILE_CACHE_BYTES: u64 = 128 << 20;
/// How often the record is looked at for what other processes have committed.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// What all routes share.
#[derive(Clone)]
pub struct AppState(pub(super) Arc<Shared>);

/// What stands behind [`AppState`].
pub struct Shared {
    pub(super) live: Live,
    pub(super) tiles: TileCache,
    pub(super) settings: Settings,
    /// Tells this program from another build of it.
    pub(super) build: String,
    pub(super) turns: Turns,
    /// Pictures as they were drawn.
    pub(super) drawn: pictures::Cache,
    /// What was told to have changed in shares.
    pub(super) news: NewsCache,
    pub(super) descriptions: DescriptionCache,
    pub(super) imports: Imports,
    pub(super) throttle: Throttle,
    pub(super) sharing: Allowance,
    /// Attempts that were refused, until [`AppState::write_down`] writes them down.
    pub(super) refused: Mutex<Refused>,
    /// When sessions were last used, likewise.
    pub(super) seen: Mutex<HashMap<Hash, Timestamp>>,
    /// Held by who writes them down.
    pub(super) writing_down: Mutex<()>,
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

impl AppState {
    /// State that serves these data.
    #[must_use]
    pub fn new(live: Live, settings: Settings) -> Self {
        let scratch = live.record().map(Record::scratch);
        let imports = Imports::new(scratch.as_deref());
        Self(Arc::new(Shared {
            live,
            tiles: TileCache::new(TILE_CACHE_BYTES),
            settings,
            build: build(),
            turns: Turns::new(),
            drawn: pictures::cache(),
            news: NewsCache::default(),
            descriptions: DescriptionCache::default(),
            imports,
            throttle: Throttle::default(),
            sharing: Allowance::default(),
            refused: Mutex::default(),
            seen: Mutex::default(),
            writing_down: Mutex::default(),
        }))
    }

    /// The data as they are now, and as somebody sees them.
    pub(super) fn latest(&self, viewer: Viewer) -> Arc<Snapshot> {
        self.0.live.latest(viewer)
    }

    /// The record, for a change: without it nothing can be changed.
    ///
    /// # Errors
    /// 405 where there is none.
    pub(super) fn record(&self) -> Result<&Record, Problem> {
        self.0.live.record().ok_or_else(|| {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                Text::new(
                    "这个服务只读：用 serve --data 目录 启动才能修改",
                    "this service only reads: it takes changes when started with serve --data DIR",
                ),
            )
            .with_header(header::ALLOW, "GET, HEAD")
        })
    }

    /// The record, for what is only kept there, such as history.
    ///
    /// # Errors
    /// 404 where there is none.
    pub(super) fn recorded(&self) -> Result<&Record, Problem> {
        self.0.live.record().ok_or_else(|| {
            Problem::missing(Text::new(
                "这个服务没有库，只有版本 1：用 serve --data 目录 启动才有历史",
                "this service has no record and so revision 1 only: there is a history when it is started with serve --data DIR",
            ))
        })
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
