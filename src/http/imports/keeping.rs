//! The imports that are kept: how far each has come, what may be done with it then, and who has a place.

use std::{
    collections::HashMap,
    fs, mem,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{self, FromRequestParts},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use crate::{
    exchange::intake::{Prepared, Step},
    http::{AppState, person::Editor, problem::Problem},
    model::{Revision, Text, Viewer},
    store::record::Account,
};

/// Bytes of what comes after the last dot of it, where that is kept.
const MAX_END: usize = 16;
/// Imports that are kept at once; those that have ended make room for others.
const MAX_KEPT: usize = 16;
/// How many of them one account may have under way.
const MAX_OWN: usize = 4;
/// How long one is kept that nobody asks for.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// The imports that are kept.
pub struct Imports {
    kept: Mutex<HashMap<String, Arc<Import>>>,
    /// One file is read at a time.
    pub(super) turn: Arc<Semaphore>,
}

/// One import.
pub(super) struct Import {
    pub(super) id: String,
    pub(super) into: String,
    /// Who sent it.
    pub(super) account: String,
    /// What they see: nothing else is compared with it.
    pub(super) viewer: Viewer,
    /// What the file is called where it comes from.
    pub(super) name: String,
    pub(super) folder: PathBuf,
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
pub(super) struct Progress {
    pub(super) step: Step,
    pub(super) done: u64,
    pub(super) all: u64,
}

impl Progress {
    const NONE: Self = Self {
        step: Step::Reading,
        done: 0,
        all: 0,
    };
}

pub(super) enum Stage {
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
    pub(super) fn not_now(&self) -> Problem {
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
pub(super) struct Preview {
    /// Its members in the answer, made once.
    shown: Map<String, Value>,
    prepared: Mutex<Prepared>,
}

impl Preview {
    pub(super) fn new(prepared: Prepared) -> Self {
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
    pub(super) fn prepared(&self) -> MutexGuard<'_, Prepared> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A commit under way. However it ends, the import comes out of it.
pub(super) struct Commit<'a> {
    import: &'a Import,
    pub(super) preview: Arc<Preview>,
    pub(super) revision: Option<Revision>,
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
    /// One whose file this editor is about to send, with a folder of its own in `scratch`.
    pub(super) fn arriving(
        id: &str,
        into: String,
        name: String,
        editor: Account,
        scratch: &Path,
    ) -> Self {
        Self {
            id: id.to_owned(),
            into,
            account: editor.name,
            viewer: Viewer(Some(editor.role)),
            name,
            folder: scratch.join(id),
            stage: Mutex::new(Stage::Arriving),
            asked: Mutex::new(Instant::now()),
            decision: AtomicU64::new(0),
            progress: Mutex::new(Progress::NONE),
        }
    }

    /// What the file is called here: the name that it came with may be too long for the disk. How that ends
    /// is kept, for it may tell what the file is.
    pub(super) fn kept_as(&self) -> String {
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
    pub(super) fn named(&self, text: &Text) -> Text {
        let kept_as = self.kept_as();
        let path = self.folder.join(&kept_as).display().to_string();
        let [zh, en] = [&text.zh, &text.en].map(|words| {
            words
                .replace(&path, &self.name)
                .replace(&kept_as, &self.name)
        });
        Text::new(zh, en)
    }

    pub(super) fn stage(&self) -> MutexGuard<'_, Stage> {
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

    pub(super) fn is_current(&self, decision: u64) -> bool {
        self.decision.load(Ordering::Relaxed) == decision
    }

    /// Ends what is under way, a commit too: nothing of it is written then.
    pub(super) fn cancel(&self) -> Result<(), Problem> {
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
    pub(super) fn restart(&self) -> Result<u64, Problem> {
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
    pub(super) fn goes_on(&self, decision: u64, now: Progress) -> ControlFlow<()> {
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
    pub(super) fn settle(&self, decision: u64, outcome: Stage) {
        let mut stage = self.stage();
        if self.is_current(decision) {
            *stage = outcome;
        }
    }

    /// Begins to commit the preview of this number.
    pub(super) fn begin_commit(&self, number: u64) -> Result<Commit<'_>, Problem> {
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

    pub(super) fn json(&self) -> Value {
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
pub(super) struct Place<'a> {
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
    pub(super) fn room_for(
        kept: &HashMap<String, Arc<Import>>,
        account: &str,
    ) -> Result<(), Problem> {
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
    pub(super) fn take_in<'a>(&'a self, import: &'a Arc<Import>) -> Result<Place<'a>, Problem> {
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

    pub(super) fn kept(&self) -> MutexGuard<'_, HashMap<String, Arc<Import>>> {
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

/// The import that an address names, and the editor who asks for it.
pub struct Asked {
    pub(super) import: Arc<Import>,
    pub(super) editor: Account,
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let editor = Editor::from_request_parts(parts, state).await;
        let Editor(editor) = editor.map_err(IntoResponse::into_response)?;
        let id = extract::Path::<String>::from_request_parts(parts, state).await;
        let extract::Path(id) = id.map_err(IntoResponse::into_response)?;
        let import = state.0.imports.find(&id, &editor, state);
        let import = import.map_err(IntoResponse::into_response)?;
        Ok(Self { import, editor })
    }
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
