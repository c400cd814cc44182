//! Why the record did not do what it was asked to.

use std::{fmt, io};

use rusqlite::ErrorCode;

use super::{Hash, Key};
use crate::{
    model::{Revision, Text},
    store::LoadError,
};

/// Entries that a conflict names; of more it tells how many.
const MAX_NAMED: usize = 20;

/// Why the record did not do what it was asked to. It then stands as it stood.
#[derive(Debug)]
pub enum RecordError {
    /// The database, or the disk that it is on.
    Database(rusqlite::Error),
    /// A file beside it.
    Io(io::Error),
    /// It is no record that this program can use.
    Unfit(Text),
    /// There is no such revision.
    NoRevision(Revision),
    /// What is asked for can't be read, or would say nothing.
    Refused(Text),
    /// The data would have problems.
    Data(LoadError),
    /// Others have changed what was to be changed.
    Conflict(Vec<Conflict>),
    /// Everything stands already as it was to be.
    Unchanged,
    /// Whoever asked for it waits no more.
    Over,
    /// What is kept is not what was committed.
    Damaged(Text),
}

/// An entry that is not as a change expected it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its name.
    pub key: Key,
    /// What the change expected; `None` where there was to be nothing.
    pub expected: Option<Hash>,
    /// What stands there.
    pub found: Option<Hash>,
}

impl From<rusqlite::Error> for RecordError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for RecordError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<LoadError> for RecordError {
    fn from(error: LoadError) -> Self {
        Self::Data(error)
    }
}

impl RecordError {
    /// The reason in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Database(error) => database(error),
            Self::Io(error) => beside(error),
            Self::Unfit(text) | Self::Refused(text) | Self::Damaged(text) => text.clone(),
            Self::NoRevision(revision) => Text::new(
                format!("没有版本 {revision}"),
                format!("there is no revision {revision}"),
            ),
            Self::Data(error) => Text::new(
                format!("改后的数据有问题，未写入。{error}"),
                format!("nothing was written, for the data would be wrong. {error}"),
            ),
            Self::Conflict(conflicts) => {
                let named = conflicts
                    .iter()
                    .take(MAX_NAMED)
                    .map(|one| one.key.to_string());
                let named: Vec<String> = named.collect();
                let more = match conflicts.len() {
                    count if count > MAX_NAMED => format!(" … ({count})"),
                    _ => String::new(),
                };
                let names = named.join(", ") + &more;
                Text::new(
                    format!("已被他人改动，未写入：{names}"),
                    format!("nothing was written, for others have changed: {names}"),
                )
            }
            Self::Over => Text::new("没能及时写入", "nothing was written, for it came too late"),
            Self::Unchanged => Text::new(
                "与现有数据相同，没有可写入的改动",
                "everything stands already as it was to be: there is nothing to write",
            ),
        }
    }
}

/// What a file beside the database failed for.
fn beside(error: &io::Error) -> Text {
    match error.kind() {
        io::ErrorKind::StorageFull => full(),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => unwritable(error),
        _ => Text::new(
            format!("库所在的磁盘读写出错：{error}"),
            format!("the disk of the record failed: {error}"),
        ),
    }
}

fn full() -> Text {
    Text::new(
        "磁盘已满，未写入；请腾出空间再试",
        "the disk is full and nothing was written: make room and try again",
    )
}

fn unwritable(error: &impl fmt::Display) -> Text {
    Text::new(
        format!("数据目录不可写：{error}"),
        format!("the data folder can't be written: {error}"),
    )
}

fn database(error: &rusqlite::Error) -> Text {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => full(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            unwritable(error)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Text::new(
            "另一个程序正在写入，请稍后再试",
            "another program is writing: try again in a moment",
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Text::new(
            format!("库文件已损坏：{error}；请用备份恢复"),
            format!("the record is damaged: {error}; restore it from a backup"),
        ),
        _ => Text::new(
            format!("库出错：{error}"),
            format!("the record failed: {error}"),
        ),
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl std::error::Error for RecordError {}
