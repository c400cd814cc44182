//! Imports: a file is sent, looked at in the background, and then committed or let go.
//!
//! One file is read at a time, however many wait. What is kept of an import stands in a folder of its own
//! beside the record and goes with it; what a stopped service leaves is cleared away at the next start.

use std::{
    collections::HashMap,
    fs::{self, File},
    future::poll_fn,
    io::{self, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{self, RawQuery, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    AppState, Base, GEOJSON, JSON, Work,
    areas::read_body,
    collections,
    edit::{failed, failed_for},
    json_answer,
    paging::Page,
    params::Params,
    person::Editor,
    problem::Problem,
};
use crate::{
    exchange::{
        intake::{self, Failed, Mapping, Options, Prepared},
        layer::{self, ReadOptions},
    },
    geometry::{crs::Crs, datum::Datum},
    model::{Revision, Text, Viewer},
    store::record::{Account, RecordError},
};

/// Bytes of a file that is sent.
const MAX_BYTES: u64 = 1 << 30;
/// Characters of its name.
const MAX_NAME: usize = 120;
/// Imports that are kept at once.
const MAX_KEPT: usize = 16;
/// How long one is kept that nobody asks for.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// The imports that are kept.
pub struct Imports {
    kept: Mutex<HashMap<String, Arc<Import>>>,
    /// One file is read at a time.
    turn: Arc<Semaphore>,
}

/// One import.
struct Import {
    id: String,
    into: String,
    /// What whoever sent it sees: nothing else is compared with it.
    viewer: Viewer,
    name: String,
    folder: PathBuf,
    stage: Mutex<Stage>,
    asked: Mutex<Instant>,
    /// Counts what was decided; what is under way for an earlier decision ends.
    decision: AtomicU64,
    done: AtomicU64,
    all: AtomicU64,
}

enum Stage {
    Reading,
    Ready(Box<Prepared>),
    Failed(Text),
    Committed(Revision),
}

impl Drop for Import {
    fn drop(&mut self) {
        // Whoever reads in it has it open; what is left is cleared away at the next start.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Import {
    fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn is_stale(&self) -> bool {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
            > KEPT_FOR
    }

    /// Ends what is under way.
    fn cancel(&self) {
        self.decision.fetch_add(1, Ordering::Relaxed);
    }

    fn json(&self) -> Value {
        let mut shown = json!({
            "id": self.id,
            "into": self.into,
            "file": self.name,
            "progress": {
                "done": self.done.load(Ordering::Relaxed),
                "all": self.all.load(Ordering::Relaxed),
            },
        });
        match &*self.stage() {
            Stage::Reading => shown["state"] = "reading".into(),
            Stage::Ready(prepared) => {
                shown["state"] = "ready".into();
                if let (Value::Object(shown), Value::Object(members)) =
                    (&mut shown, prepared.json())
                {
                    shown.extend(members);
                }
            }
            Stage::Failed(text) => {
                shown["state"] = "failed".into();
                shown["message"] = text.zh.as_str().into();
                shown["message_en"] = text.en.as_str().into();
            }
            Stage::Committed(revision) => {
                shown["state"] = "committed".into();
                shown["revision"] = revision.0.into();
            }
        }
        shown
    }
}

impl Imports {
    /// None yet. What an earlier service left in the folder is cleared away.
    pub fn new(folder: Option<&Path>) -> Self {
        let left = folder.and_then(|folder| fs::read_dir(folder).ok());
        for entry in left.into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir())
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::warn!("clearing away {}: {error}", entry.path().display());
            }
        }
        Self {
            kept: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Lets go of those that nobody asks for any more.
    pub fn sweep(&self) {
        self.kept().retain(|_, import| {
            let stale = import.is_stale();
            if stale {
                import.cancel();
            }
            !stale
        });
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Arc<Import>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An import into a collection that this editor sees.
    fn find(&self, id: &str, editor: &Account, state: &AppState) -> Result<Arc<Import>, Problem> {
        let seen = state.latest(Viewer(Some(editor.role)));
        let found = self.kept().get(id).cloned();
        let found = found.filter(|import| seen.collection(&import.into).is_some());
        let import = found.ok_or_else(|| {
            Problem::missing(Text::new(
                format!("没有导入 {id}：可能已取消或放置超过一天"),
                format!(
                    "there is no import {id}: it may have been cancelled, or left alone for a day"
                ),
            ))
        })?;
        import.touch();
        Ok(import)
    }
}

/// Takes a file, and begins to look at it.
pub async fn create(
    State(state): State<AppState>,
    base: Base,
    Editor(editor): Editor,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Problem> {
    let known = ["into", "name", "crs", "encoding", "layer"];
    let params = Params::parse(query.as_deref(), &known)?;
    let need = |name: &str| {
        params
            .get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| {
                Problem::unreadable(Text::new(
                    format!("要给出参数 {name}"),
                    format!("the parameter {name} is needed"),
                ))
            })
    };
    let into = need("into")?.to_owned();
    let viewer = Viewer(Some(editor.role));
    collections::find(&state.latest(viewer), &into)?;
    let name = file_name(need("name")?)?;
    let decided = Decided {
        crs: params.get("crs").map(str::to_owned),
        encoding: params.get("encoding").map(str::to_owned),
        layer: params.get("layer").map(str::to_owned),
        ..Decided::default()
    };
    let options = decided.options()?;
    let scratch = state.record()?.scratch();
    if state.0.imports.kept().len() >= MAX_KEPT {
        return Err(Problem::busy(Text::new(
            "未完成的导入太多，请先提交或取消一些",
            "too many imports are kept: commit or cancel some first",
        )));
    }
    let mut id = [0; 12];
    getrandom::fill(&mut id).map_err(|error| broken(&io::Error::other(error.to_string())))?;
    let id = crate::documents::hex(&id);
    let folder = scratch.join(&id);
    let import = Arc::new(Import {
        id: id.clone(),
        into,
        viewer,
        name,
        folder,
        stage: Mutex::new(Stage::Reading),
        asked: Mutex::new(Instant::now()),
        decision: AtomicU64::new(0),
        done: AtomicU64::new(0),
        all: AtomicU64::new(0),
    });
    // Where receiving fails, or the client goes away, the folder goes with `import`.
    receive(&import, body).await?;
    state
        .0
        .imports
        .kept()
        .insert(id.clone(), Arc::clone(&import));
    begin(&state, &import, options);
    let mut response = json_answer(JSON, import.json().to_string());
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(place) = HeaderValue::from_str(&format!("{}/imports/{id}", base.root)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// A name without folders.
fn file_name(name: &str) -> Result<String, Problem> {
    let is_plain = (1..=MAX_NAME).contains(&name.chars().count())
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'));
    if is_plain {
        return Ok(name.to_owned());
    }
    Err(Problem::unreadable(Text::new(
        format!("name 应为文件名，不带目录，最多 {MAX_NAME} 个字"),
        format!("name should be the name of a file without folders, {MAX_NAME} characters at most"),
    )))
}

fn broken(error: &io::Error) -> Problem {
    tracing::error!("receiving a file: {error}");
    Problem::busy(Text::new(
        format!("文件没能存下：{error}"),
        format!("the file could not be kept: {error}"),
    ))
}

/// Writes a body to disk as it comes.
async fn receive(import: &Import, mut body: Body) -> Result<(), Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Text::new(
                format!("文件超过 {} MB", MAX_BYTES >> 20),
                format!("the file is larger than {} MB", MAX_BYTES >> 20),
            ),
        )
    };
    if body.size_hint().lower() > MAX_BYTES {
        return Err(too_large());
    }
    let create = || {
        fs::create_dir_all(&import.folder)?;
        File::create_new(import.path())
    };
    let mut file = tokio::task::block_in_place(create).map_err(|error| broken(&error))?;
    let mut received = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| {
            Problem::unreadable(Text::new(
                "文件没有传完",
                format!("the file did not arrive whole: {error}"),
            ))
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received += data.len() as u64;
        if received > MAX_BYTES {
            return Err(too_large());
        }
        tokio::task::block_in_place(|| file.write_all(&data)).map_err(|error| broken(&error))?;
    }
    Ok(())
}

/// Looks at a file in the background, as it was decided last.
fn begin(state: &AppState, import: &Arc<Import>, options: Options) {
    import.cancel();
    let decision = import.decision.load(Ordering::Relaxed);
    *import.stage() = Stage::Reading;
    let (state, import) = (state.clone(), Arc::clone(import));
    let turns = Arc::clone(&state.0.imports.turn);
    tokio::spawn(async move {
        let Ok(turn) = turns.acquire_owned().await else {
            return;
        };
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            look(&state, &import, decision, &options);
        });
        if let Err(error) = looked.await {
            tracing::error!("an import: {error}");
        }
    });
}

fn look(state: &AppState, import: &Import, decision: u64, options: &Options) {
    let is_current = || import.decision.load(Ordering::Relaxed) == decision;
    let request = intake::Request {
        path: import.path(),
        name: import.name.clone(),
        into: import.into.clone(),
        scratch: import.folder.clone(),
    };
    let prepared = match (is_current(), state.0.live.record()) {
        (true, Some(record)) => {
            let snapshot = state.latest(import.viewer);
            intake::prepare(record, &snapshot, &request, options, &mut |_, done, all| {
                import.done.store(done, Ordering::Relaxed);
                import.all.store(all, Ordering::Relaxed);
                if is_current() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
        }
        _ => Err(Failed::Cancelled),
    };
    let mut stage = import.stage();
    if is_current() {
        *stage = match prepared {
            Ok(prepared) => Stage::Ready(Box::new(prepared)),
            Err(error) => Stage::Failed(error.text()),
        };
    }
}

/// How far an import has come, and what would change.
pub async fn show(
    State(state): State<AppState>,
    Editor(editor): Editor,
    extract::Path(id): extract::Path<String>,
) -> Result<Response, Problem> {
    let import = state.0.imports.find(&id, &editor, &state)?;
    Ok(json_answer(JSON, import.json().to_string()))
}

/// What a client decides.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
struct Decided {
    mapping: Option<Mapping>,
    crs: Option<String>,
    encoding: Option<String>,
    layer: Option<String>,
    swap_axes: bool,
    from_datum: Option<String>,
    remove_missing: bool,
    skip_invalid: bool,
    as_it_is: bool,
}

impl Decided {
    fn options(self) -> Result<Options, Problem> {
        let crs = self.crs.as_deref().map(Crs::parse).transpose();
        let encoding = self.encoding.as_deref().map(layer::encoding).transpose();
        let from_datum = match self.from_datum.as_deref() {
            None => None,
            Some(word) => Some(Datum::parse(word).ok_or_else(|| {
                Problem::unreadable(Text::new(
                    "from_datum 应为 gcj02 或 bd09",
                    "from_datum should be gcj02 or bd09",
                ))
            })?),
        };
        Ok(Options {
            read: ReadOptions {
                crs: crs.map_err(Problem::unreadable)?,
                encoding: encoding.map_err(Problem::unreadable)?,
                layer: self.layer,
            },
            swap_axes: self.swap_axes,
            from_datum,
            mapping: self.mapping,
            changes: Mapping::default(),
            remove_missing: self.remove_missing,
            skip_invalid: self.skip_invalid,
            as_it_is: self.as_it_is,
        })
    }
}

/// Decides otherwise: the file is looked at anew.
pub async fn decide(
    State(state): State<AppState>,
    Editor(editor): Editor,
    extract::Path(id): extract::Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let import = state.0.imports.find(&id, &editor, &state)?;
    let decided: Decided = read_body(body)?;
    let options = decided.options()?;
    if matches!(&*import.stage(), Stage::Committed(_)) {
        return Err(not_now(&import));
    }
    begin(&state, &import, options);
    Ok(json_answer(JSON, import.json().to_string()))
}

/// What would change, feature by feature.
pub async fn changes(
    State(state): State<AppState>,
    base: Base,
    Editor(editor): Editor,
    extract::Path(id): extract::Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let import = state.0.imports.find(&id, &editor, &state)?;
    state
        .blocking(Work::Heavy, move |_, _| {
            let query = query.as_deref();
            let params = Params::parse(query, &["limit", "offset"])?;
            let page = Page::parse(&params)?;
            let stage = import.stage();
            let Stage::Ready(prepared) = &*stage else {
                drop(stage);
                return Err(not_now(&import));
            };
            let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
            let changes = prepared
                .changes(limit, page.offset as u64)
                .map_err(failed)?;
            let counts = prepared.counts;
            let matched = counts.added + counts.changed + counts.removed;
            let matched = usize::try_from(matched).unwrap_or(usize::MAX);
            let features: Vec<Value> = changes
                .iter()
                .map(|change| {
                    let mut feature: Value =
                        serde_json::from_slice(&change.body).unwrap_or_default();
                    feature["change"] = change.sort.as_str().into();
                    feature
                })
                .collect();
            let path = format!("/imports/{}/changes", import.id);
            let body = json!({
                "type": "FeatureCollection",
                "numberMatched": matched,
                "numberReturned": features.len(),
                "links": page.links(&base, GEOJSON, &path, query, matched),
                "features": features,
            });
            Ok(json_answer(GEOJSON, body.to_string()))
        })
        .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    message: Option<String>,
}

/// Commits an import as the next revision.
pub async fn commit(
    State(state): State<AppState>,
    Editor(editor): Editor,
    extract::Path(id): extract::Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let import = state.0.imports.find(&id, &editor, &state)?;
    let said: Said = read_body(body)?;
    state
        .blocking(Work::Edit, move |state, _| {
            let record = state.record()?;
            let mut stage = import.stage();
            let Stage::Ready(prepared) = &*stage else {
                drop(stage);
                return Err(not_now(&import));
            };
            let obstacles = prepared.obstacles();
            if !obstacles.is_empty() {
                return Err(obstructed(&obstacles));
            }
            let message = match said.message {
                Some(message) => message,
                None => format!("导入 {} 到 {}", import.name, import.into),
            };
            let revision = match prepared.commit(record, &editor.name, &message) {
                Ok(now) => {
                    let now = Arc::new(now);
                    state.0.live.put(&now);
                    now.revision
                }
                // It says what stands already, so all is well.
                Err(RecordError::Unchanged) => record.latest().map_err(failed)?,
                Err(error) => {
                    let seen = state.latest(Viewer(Some(editor.role)));
                    return Err(failed_for(error, &seen));
                }
            };
            *stage = Stage::Committed(revision);
            drop(stage);
            let _ = fs::remove_dir_all(&import.folder);
            let body = json!({ "revision": revision });
            Ok(json_answer(JSON, body.to_string()))
        })
        .await
}

fn obstructed(obstacles: &[Text]) -> Problem {
    let list: Vec<Value> = obstacles
        .iter()
        .map(|text| json!({ "message": text.zh, "message_en": text.en }))
        .collect();
    let (first, count) = (&obstacles[0], obstacles.len());
    Problem::unanswerable(Text::new(
        format!("未写入，有 {count} 处要先处理：{}", first.zh),
        format!(
            "nothing was written, {count} things have to be seen to first: {}",
            first.en
        ),
    ))
    .with("obstacles", list.into())
}

/// 409: what is asked for does not fit how far the import has come.
fn not_now(import: &Import) -> Problem {
    let state = import.json()["state"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    Problem::new(
        StatusCode::CONFLICT,
        Text::new(
            format!("导入的状态是 {state}，不能这样做"),
            format!("the import is {state}, so this can't be done"),
        ),
    )
}

/// Lets go of an import.
pub async fn cancel(
    State(state): State<AppState>,
    Editor(editor): Editor,
    extract::Path(id): extract::Path<String>,
) -> Result<Response, Problem> {
    let import = state.0.imports.find(&id, &editor, &state)?;
    import.cancel();
    state.0.imports.kept().remove(&id);
    Ok(StatusCode::NO_CONTENT.into_response())
}
