//! Imports: a file is sent, looked at in the background, and then committed or let go.
//!
//! One file is read at a time, however many wait. What is kept of an import stands in a folder of its own
//! beside the record and goes with it; what a stopped service leaves is cleared away at the next start.

use std::{
    collections::HashMap,
    fs::{self, File},
    future::poll_fn,
    io::{self, Write},
    mem,
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
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::{
    AppState, Base, GEOJSON, JSON, Work,
    body::read_body,
    collections,
    failed::{failed, failed_for},
    paging::Page,
    params::Params,
    person::Editor,
    problem::Problem,
};
use crate::{
    exchange::{
        intake::{self, Failed, Mapping, Options, Prepared, Step},
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
/// Bytes of what comes after the last dot of it, where that is kept.
const MAX_END: usize = 16;
/// Imports that are kept at once; those that have ended make room for others.
const MAX_KEPT: usize = 16;
/// How many of them one account may have under way.
const MAX_OWN: usize = 4;
/// Bytes of features of one answer, but for its last.
const MAX_PAGE_BYTES: usize = 16 << 20;
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
    /// Who sent it.
    account: String,
    /// What they see: nothing else is compared with it.
    viewer: Viewer,
    /// What the file is called where it comes from.
    name: String,
    folder: PathBuf,
    /// Nobody holds it for longer than a look: every question about the import needs it.
    stage: Mutex<Stage>,
    asked: Mutex<Instant>,
    /// Counts what was decided, and is the number of the preview that comes of it; what is under way for an
    /// earlier decision ends. It changes under the lock of `stage` alone.
    decision: AtomicU64,
    progress: Mutex<Progress>,
}

/// How far what is under way has come.
#[derive(Clone, Copy)]
struct Progress {
    step: Step,
    done: u64,
    all: u64,
}

impl Progress {
    const NONE: Self = Self {
        step: Step::Reading,
        done: 0,
        all: 0,
    };
}

enum Stage {
    /// The file is still on its way.
    Arriving,
    Reading,
    Ready(Arc<Preview>),
    /// It can still be let go.
    Committing,
    /// It can't any more.
    Concluding,
    Failed(Text),
    Committed(Revision),
}

impl Stage {
    fn word(&self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::Reading => "reading",
            Self::Ready(_) => "ready",
            Self::Committing | Self::Concluding => "committing",
            Self::Failed(_) => "failed",
            Self::Committed(_) => "committed",
        }
    }

    /// 409: what is asked for does not fit how far the import has come.
    fn not_now(&self) -> Problem {
        Problem::new(StatusCode::CONFLICT, self.told())
    }

    /// How far the import has come, for whoever asks for what does not fit it.
    fn told(&self) -> Text {
        match self {
            Self::Arriving => Text::new(
                "此导入的文件还没有传完，请稍候",
                "the file of this import is still on its way: wait for it",
            ),
            Self::Reading => Text::new(
                "此导入的文件正在读取，请等它读完",
                "the file of this import is being read: wait until it has been",
            ),
            Self::Ready(_) => Text::new(
                "此导入已读完，尚未写入",
                "the file of this import has been read, and nothing is written yet",
            ),
            Self::Committing | Self::Concluding => Text::new(
                "此导入正在写入，请等它写完",
                "this import is being committed: wait until it has been",
            ),
            Self::Failed(_) => Text::new(
                "此导入的文件没能读完，请先改选项，或重新上传",
                "the file of this import could not be read: decide otherwise first, or send it anew",
            ),
            Self::Committed(Revision(number)) => Text::new(
                format!("此导入已写入，成为版本 {number}"),
                format!("this import has become revision {number} already"),
            ),
        }
    }
}

/// What would change.
struct Preview {
    /// Its members in the answer, made once.
    shown: Map<String, Value>,
    prepared: Mutex<Prepared>,
}

impl Preview {
    fn new(prepared: Prepared) -> Self {
        let shown = match prepared.json() {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self {
            shown,
            prepared: Mutex::new(prepared),
        }
    }

    /// It is held while the record is written: not to be waited for where requests are answered.
    fn prepared(&self) -> MutexGuard<'_, Prepared> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A commit under way. However it ends, the import comes out of it.
struct Commit<'a> {
    import: &'a Import,
    preview: Arc<Preview>,
    revision: Option<Revision>,
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        *self.import.stage() = match self.revision {
            Some(revision) => Stage::Committed(revision),
            None => Stage::Ready(Arc::clone(&self.preview)),
        };
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        // Whoever reads in it has it open; what is left is cleared away at the next start.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Import {
    /// What the file is called here: the name that it came with may be too long for the disk. How that ends
    /// is kept, for it may tell what the file is.
    fn kept_as(&self) -> String {
        let end = Path::new(&self.name)
            .extension()
            .and_then(|end| end.to_str());
        match end
            .filter(|end| end.len() <= MAX_END && end.bytes().all(|b| b.is_ascii_alphanumeric()))
        {
            Some(end) => format!("{}.{end}", self.id),
            None => self.id.clone(),
        }
    }

    /// A statement about the file under the name that it came with.
    fn named(&self, text: &Text) -> Text {
        let kept_as = self.kept_as();
        let path = self.folder.join(&kept_as).display().to_string();
        let [zh, en] = [&text.zh, &text.en].map(|words| {
            words
                .replace(&path, &self.name)
                .replace(&kept_as, &self.name)
        });
        Text::new(zh, en)
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn asked(&self) -> Instant {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody has asked for it in a long time, and it is not being committed.
    fn is_stale(&self) -> bool {
        self.asked().elapsed() > KEPT_FOR
            && !matches!(&*self.stage(), Stage::Committing | Stage::Concluding)
    }

    /// Whether it holds one of the places.
    fn is_under_way(&self) -> bool {
        !matches!(&*self.stage(), Stage::Failed(_) | Stage::Committed(_))
    }

    fn is_current(&self, decision: u64) -> bool {
        self.decision.load(Ordering::Relaxed) == decision
    }

    /// Ends what is under way, a commit too: nothing of it is written then.
    fn cancel(&self) -> Result<(), Problem> {
        let stage = self.stage();
        if matches!(&*stage, Stage::Concluding) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                Text::new(
                    "来不及取消，导入即将写完；写入后可撤回该版本",
                    "it is too late to cancel, for the import is about to stand: its revision can then be \
                     reverted",
                ),
            ));
        }
        self.decision.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Begins anew; returns the number of the decision.
    fn restart(&self) -> Result<u64, Problem> {
        let mut stage = self.stage();
        if matches!(
            &*stage,
            Stage::Committing | Stage::Concluding | Stage::Committed(_)
        ) {
            return Err(stage.not_now());
        }
        let before = mem::replace(&mut *stage, Stage::Reading);
        let decision = self.decision.fetch_add(1, Ordering::Relaxed) + 1;
        *self.progress() = Progress::NONE;
        drop(stage);
        drop(before);
        Ok(decision)
    }

    /// Notes how far a decision has come, and tells whether to go on: not where another was made meanwhile, or
    /// the import was let go.
    fn goes_on(&self, decision: u64, now: Progress) -> ControlFlow<()> {
        let mut stage = self.stage();
        if !self.is_current(decision) {
            return ControlFlow::Break(());
        }
        if now.step == Step::Concluding {
            *stage = Stage::Concluding;
        }
        *self.progress() = now;
        ControlFlow::Continue(())
    }

    /// Puts what came of a decision, unless another was made meanwhile.
    fn settle(&self, decision: u64, outcome: Stage) {
        let mut stage = self.stage();
        if self.is_current(decision) {
            *stage = outcome;
        }
    }

    /// Begins to commit the preview of this number.
    fn begin_commit(&self, number: u64) -> Result<Commit<'_>, Problem> {
        let mut stage = self.stage();
        let Stage::Ready(preview) = &*stage else {
            return Err(stage.not_now());
        };
        if !self.is_current(number) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                Text::new(
                    "导入的选项在此预览之后改过，未写入：请先看新的预览",
                    "nothing was written, for the import was decided otherwise after this preview: look at \
                     the new one first",
                ),
            ));
        }
        let preview = Arc::clone(preview);
        *stage = Stage::Committing;
        *self.progress() = Progress {
            step: Step::Committing,
            ..Progress::NONE
        };
        Ok(Commit {
            import: self,
            preview,
            revision: None,
        })
    }

    fn json(&self) -> Value {
        let stage = self.stage();
        let Progress { step, done, all } = *self.progress();
        let mut shown = json!({
            "id": self.id,
            "into": self.into,
            "file": self.name,
            "state": stage.word(),
            "preview": self.decision.load(Ordering::Relaxed),
            "progress": { "step": step.as_str(), "done": done, "all": all },
        });
        match &*stage {
            Stage::Arriving | Stage::Reading | Stage::Committing | Stage::Concluding => {}
            Stage::Ready(preview) => {
                let preview = Arc::clone(preview);
                drop(stage);
                if let Value::Object(members) = &mut shown {
                    members.extend(preview.shown.clone());
                }
            }
            Stage::Failed(text) => {
                shown["message"] = text.zh.as_str().into();
                shown["message_en"] = text.en.as_str().into();
            }
            Stage::Committed(revision) => shown["revision"] = revision.0.into(),
        }
        shown
    }
}

/// The place of a file that is on its way: where it does not arrive whole, or its client goes away, the place is
/// free again.
struct Place<'a> {
    imports: &'a Imports,
    import: &'a Import,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if matches!(&*self.import.stage(), Stage::Arriving) {
            self.imports.kept().remove(&self.import.id);
        }
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
        let is_let_go =
            |_: &String, import: &mut Arc<Import>| import.is_stale() && import.cancel().is_ok();
        let gone: Vec<_> = self.kept().extract_if(is_let_go).collect();
        // Their folders go with them, which takes a while.
        drop(gone);
    }

    /// Refuses one more import of this account where too many are under way.
    fn room_for(kept: &HashMap<String, Arc<Import>>, account: &str) -> Result<(), Problem> {
        let (mut all, mut own) = (0, 0);
        for import in kept.values().filter(|import| import.is_under_way()) {
            all += 1;
            own += usize::from(import.account == account);
        }
        if own >= MAX_OWN {
            return Err(Problem::busy(Text::new(
                format!("一个账号最多同时有 {MAX_OWN} 个未完成的导入，请先提交或取消一些"),
                format!(
                    "an account may have {MAX_OWN} imports under way: commit or cancel some first"
                ),
            )));
        }
        if all >= MAX_KEPT {
            return Err(Problem::busy(Text::new(
                "未完成的导入太多，请先提交或取消一些",
                "too many imports are under way: commit or cancel some first",
            )));
        }
        Ok(())
    }

    /// Keeps an import whose file is on its way.
    fn take_in<'a>(&'a self, import: &'a Arc<Import>) -> Result<Place<'a>, Problem> {
        let mut kept = self.kept();
        Self::room_for(&kept, &import.account)?;
        // Of those that have ended, the one that was asked for least lately.
        let oldest = kept
            .values()
            .filter(|other| !other.is_under_way())
            .min_by_key(|other| other.asked())
            .map(|other| other.id.clone());
        let is_full = kept.len() >= MAX_KEPT;
        let let_go = oldest.filter(|_| is_full).and_then(|id| kept.remove(&id));
        kept.insert(import.id.clone(), Arc::clone(import));
        drop(kept);
        // Its folder goes with it, which takes a while.
        drop(let_go);
        Ok(Place {
            imports: self,
            import,
        })
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Arc<Import>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An import into a collection that this editor sees.
    fn find(&self, id: &str, editor: &Account, state: &AppState) -> Result<Arc<Import>, Problem> {
        let seen = state.latest(Viewer(Some(editor.role)));
        let found = self.kept().get(id).cloned();
        let found = found.filter(|import| {
            seen.collection(&import.into).is_some() && !matches!(&*import.stage(), Stage::Arriving)
        });
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
    let mut id = [0; 12];
    getrandom::fill(&mut id).map_err(|error| broken(&io::Error::other(error.to_string())))?;
    let id = crate::model::hex(&id);
    let folder = scratch.join(&id);
    let import = Arc::new(Import {
        id: id.clone(),
        into,
        account: editor.name,
        viewer,
        name,
        folder,
        stage: Mutex::new(Stage::Arriving),
        asked: Mutex::new(Instant::now()),
        decision: AtomicU64::new(0),
        progress: Mutex::new(Progress::NONE),
    });
    let place = state.0.imports.take_in(&import)?;
    receive(&import, body).await?;
    begin(&state, &import, options)?;
    drop(place);
    let mut response = answer(JSON, &import.json());
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(place) = HeaderValue::from_str(&format!("{}/imports/{id}", base.root)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// An answer that nobody keeps: an import changes without the data.
fn answer(media_type: &'static str, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.to_string()).into_response()
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
    if error.kind() == io::ErrorKind::StorageFull {
        return Problem::busy(RecordError::from(io::Error::from(error.kind())).text());
    }
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
        File::create_new(import.folder.join(import.kept_as()))
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
fn begin(state: &AppState, import: &Arc<Import>, options: Options) -> Result<(), Problem> {
    let decision = import.restart()?;
    let (state, import) = (state.clone(), Arc::clone(import));
    let turns = Arc::clone(&state.0.imports.turn);
    tokio::spawn(async move {
        let Ok(turn) = turns.acquire_owned().await else {
            return;
        };
        let looked_at = Arc::clone(&import);
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            look(&state, &looked_at, decision, &options);
        });
        if let Err(error) = looked.await {
            tracing::error!("an import: {error}");
            let text = Text::new(
                "读取文件时服务内部出错，已记录",
                "the service failed while it read the file; it has been logged",
            );
            import.settle(decision, Stage::Failed(text));
        }
    });
    Ok(())
}

fn look(state: &AppState, import: &Import, decision: u64, options: &Options) {
    let request = intake::Request {
        path: import.folder.join(import.kept_as()),
        name: import.name.clone(),
        into: import.into.clone(),
        scratch: import.folder.clone(),
    };
    let prepared = match (import.is_current(decision), state.0.live.record()) {
        (true, Some(record)) => {
            let snapshot = state.latest(import.viewer);
            intake::prepare(
                record,
                &snapshot,
                &request,
                options,
                &mut |step, done, all| import.goes_on(decision, Progress { step, done, all }),
            )
        }
        _ => Err(Failed::Cancelled),
    };
    let outcome = match prepared {
        Ok(mut prepared) => {
            // Formats without a name of their own give that of the file.
            if prepared.layer.name == import.id {
                let stem = Path::new(&import.name).file_stem().unwrap_or_default();
                prepared.layer.name = stem.to_string_lossy().into_owned();
            }
            Stage::Ready(Arc::new(Preview::new(prepared)))
        }
        Err(error) => Stage::Failed(import.named(&error.text())),
    };
    import.settle(decision, outcome);
}

/// How far an import has come, and what would change.
pub async fn show(
    State(state): State<AppState>,
    Editor(editor): Editor,
    extract::Path(id): extract::Path<String>,
) -> Result<Response, Problem> {
    let import = state.0.imports.find(&id, &editor, &state)?;
    Ok(answer(JSON, &import.json()))
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
                scratch: None,
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
    {
        // Nobody takes the place between the look and the beginning.
        let kept = state.0.imports.kept();
        if matches!(&*import.stage(), Stage::Failed(_)) {
            Imports::room_for(&kept, &import.account)?;
        }
        begin(&state, &import, options)?;
    }
    Ok(answer(JSON, &import.json()))
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
            let mut page = Page::parse(&params)?;
            let preview = match &*import.stage() {
                Stage::Ready(preview) => Arc::clone(preview),
                other => return Err(other.not_now()),
            };
            let prepared = preview.prepared();
            let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
            let (mut bytes, mut features) = (0, Vec::new());
            prepared
                .each_change(limit, page.offset as u64, &mut |change| {
                    bytes += change.body.len() + change.before.as_ref().map_or(0, Vec::len);
                    let read =
                        |body: &[u8]| -> Value { serde_json::from_slice(body).unwrap_or_default() };
                    let mut feature = read(&change.body);
                    feature["change"] = change.sort.as_str().into();
                    if let Some(before) = change.before {
                        feature["geometry_before"] = read(&before)["geometry"].take();
                    }
                    features.push(feature);
                    if bytes < MAX_PAGE_BYTES {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                })
                .map_err(failed)?;
            let counts = prepared.counts;
            drop(prepared);
            let matched = counts.added + counts.changed + counts.removed;
            let matched = usize::try_from(matched).unwrap_or(usize::MAX);
            page.step = features.len();
            let path = format!("/imports/{}/changes", import.id);
            let body = json!({
                "type": "FeatureCollection",
                "numberMatched": matched,
                "numberReturned": features.len(),
                "links": page.links(&base, GEOJSON, &path, query, matched),
                "features": features,
            });
            Ok(answer(GEOJSON, &body))
        })
        .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    message: Option<String>,
    /// The number of the preview that they saw.
    preview: u64,
}

/// Commits an import as the next revision, as a preview showed it.
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
            let mut commit = import.begin_commit(said.preview)?;
            let preview = Arc::clone(&commit.preview);
            let prepared = preview.prepared();
            let obstacles = prepared.obstacles();
            if !obstacles.is_empty() {
                return Err(obstructed(&obstacles));
            }
            let message = match said.message {
                Some(message) => message,
                None => format!("导入 {} 到 {}", import.name, import.into),
            };
            let watch =
                &mut |step, done, all| import.goes_on(said.preview, Progress { step, done, all });
            let revision = match prepared.commit(record, &editor.name, &message, watch) {
                Ok(now) => {
                    state.0.live.put(&now);
                    now.revision
                }
                // It says what stands already, so all is well.
                Err(Failed::Record(RecordError::Unchanged)) => record.latest().map_err(failed)?,
                Err(Failed::Cancelled) => {
                    return Err(Problem::new(
                        StatusCode::CONFLICT,
                        Text::new(
                            "导入已取消，未写入",
                            "the import was cancelled, nothing was written",
                        ),
                    ));
                }
                Err(Failed::Input(text)) => return Err(Problem::unanswerable(text)),
                Err(Failed::Record(error)) => {
                    let seen = state.latest(Viewer(Some(editor.role)));
                    return Err(failed_for(error, &seen));
                }
            };
            commit.revision = Some(revision);
            drop(commit);
            let _ = fs::remove_dir_all(&import.folder);
            Ok(answer(JSON, &json!({ "revision": revision })))
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

/// Lets go of an import.
pub async fn cancel(
    State(state): State<AppState>,
    Editor(editor): Editor,
    extract::Path(id): extract::Path<String>,
) -> Result<Response, Problem> {
    let import = state.0.imports.find(&id, &editor, &state)?;
    import.cancel()?;
    state.0.imports.kept().remove(&id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(folder: &Path, id: &str, stage: Stage, idle: Duration) -> Arc<Import> {
        let folder = folder.join(id);
        fs::create_dir(&folder).unwrap();
        Arc::new(Import {
            id: id.to_owned(),
            into: "parcels".to_owned(),
            account: "wang".to_owned(),
            viewer: Viewer(None),
            name: "p.csv".to_owned(),
            folder,
            stage: Mutex::new(stage),
            asked: Mutex::new(Instant::now().checked_sub(idle).unwrap()),
            decision: AtomicU64::new(0),
            progress: Mutex::new(Progress::NONE),
        })
    }

    #[test]
    fn what_nobody_asked_for_in_a_day_goes_with_its_file_but_not_in_the_middle_of_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let imports = Imports::new(None);
        let long = KEPT_FOR + Duration::from_secs(1);
        let lately = KEPT_FOR.checked_sub(Duration::from_mins(1)).unwrap();
        for (id, stage, idle) in [
            ("left", Stage::Reading, long),
            ("failed", Stage::Failed(Text::new("坏", "bad")), long),
            ("lately", Stage::Reading, lately),
            ("committing", Stage::Committing, long),
            ("concluding", Stage::Concluding, long),
        ] {
            let import = import(folder.path(), id, stage, idle);
            imports.kept().insert(id.to_owned(), import);
        }
        imports.sweep();
        let mut kept: Vec<String> = imports.kept().keys().cloned().collect();
        kept.sort();
        assert_eq!(kept, ["committing", "concluding", "lately"]);
        let has_folder = |id: &str| folder.path().join(id).exists();
        assert!(!has_folder("left") && !has_folder("failed"));
        assert!(has_folder("lately") && has_folder("committing"));
    }

    #[test]
    fn what_is_about_to_stand_can_not_be_let_go_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let of = |step| Progress {
            step,
            ..Progress::NONE
        };
        let import = import(folder.path(), "p", Stage::Committing, Duration::ZERO);
        assert!(import.goes_on(0, of(Step::Committing)).is_continue());
        assert!(import.goes_on(0, of(Step::Concluding)).is_continue());
        let told = import.cancel().unwrap_err().into_response();
        assert_eq!(told.status(), StatusCode::CONFLICT);
        assert!(import.is_current(0));

        let import = self::import(folder.path(), "q", Stage::Committing, Duration::ZERO);
        assert!(import.cancel().is_ok());
        assert!(import.goes_on(0, of(Step::Concluding)).is_break());
        assert_eq!(import.stage().word(), "committing");
    }

    #[test]
    fn how_far_it_has_come_is_told_in_chinese() {
        for (stage, words) in [
            (Stage::Arriving, "还没有传完"),
            (Stage::Reading, "正在读取"),
            (Stage::Committing, "正在写入"),
            (Stage::Concluding, "正在写入"),
            (Stage::Failed(Text::new("坏", "bad")), "没能读完"),
            (Stage::Committed(Revision(7)), "成为版本 7"),
        ] {
            let told = stage.told().zh;
            assert!(told.contains(words), "{told}");
            assert!(!told.contains(|c: char| c.is_ascii_alphabetic()), "{told}");
        }
    }
}
