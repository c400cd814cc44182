//! Copies of the record, made while it is in use, and the way back.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

use rusqlite::Connection;

use super::{
    FILE, Record, RecordError, Verified,
    log::{by_operator, write_down},
    schema,
    verify::verify,
};
use crate::model::Text;

/// How long a restore waits for others to let go.
const PATIENCE: Duration = Duration::from_secs(1);
/// What the name of a record ends with that was restored and verified, until it is in its place: it counts
/// already, and whoever opens the folder next puts it there.
const RESTORED: &str = ".restored";
/// Held by who uses a record, so that none is put in another's place meanwhile.
const LOCK: &str = "renewal-map.lock";

impl Record {
    /// Copies the record into a file that does not exist yet. The copy is the record as it was at
    /// one moment, whoever writes meanwhile.
    ///
    /// # Errors
    /// Where the file exists, or the disk fails; no half of a copy is left.
    pub fn backup(&self, file: &Path) -> Result<(), RecordError> {
        copy(&*self.reader()?, file)
    }
}

/// Copies a record whole or not at all.
pub(super) fn copy(connection: &Connection, file: &Path) -> Result<(), RecordError> {
    if file.exists() {
        return Err(RecordError::Refused(Text::new(
            format!("{} 已存在，请换一个文件名", file.display()),
            format!("{} exists already: choose another name", file.display()),
        )));
    }
    let draft = beside(file, ".renewal-map-new");
    let copied = remove(&draft)
        .and_then(|()| Ok(connection.execute("VACUUM INTO ?1", [draft.to_string_lossy()])?))
        .and_then(|_| Ok(fs::File::open(&draft)?.sync_all()?))
        .and_then(|()| Ok(fs::rename(&draft, file)?));
    if copied.is_err() {
        remove(&draft)?;
    }
    copied
}

/// Puts a backup in the place of a folder's record. The record that stood there is kept beside it,
/// under a name with the time, which is returned. A restore that was interrupted before is ended first, as
/// by whoever opens the folder.
///
/// # Errors
/// Where the backup is damaged or no record, or a service is using the folder. Nothing has changed
/// then, but that an interrupted restore may have been ended.
pub fn restore(backup: &Path, folder: &Path) -> Result<(Verified, Option<PathBuf>), RecordError> {
    fs::create_dir_all(folder)?;
    let _lock = lock(folder)?;
    end_interrupted(folder)?;
    let path = folder.join(FILE);
    let draft = beside(&path, ".new");
    // The backup itself is never opened to write.
    remove(&draft)?;
    let verified = fs::copy(backup, &draft)
        .map_err(RecordError::from)
        .and_then(|_| {
            let connection = schema::open_draft(&draft)?;
            let verified = verify(&connection)?;
            let name = backup.file_name().unwrap_or_default().to_string_lossy();
            write_down(&connection, &by_operator("restore", &name))?;
            settle(connection)?;
            let file = fs::File::options().write(true).open(&draft)?;
            file.set_modified(SystemTime::now())?;
            file.sync_all()?;
            // From here on it is the record, whoever puts it in its place.
            fs::rename(&draft, beside(&path, RESTORED))?;
            Ok(verified)
        });
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => {
            remove(&draft)?;
            return Err(error);
        }
    };
    Ok((verified, put_in_place(folder)?))
}

/// Ends a restore that was interrupted, where there is one, and says so.
///
/// # Errors
/// Where somebody is using the record, or the disk fails.
pub(super) fn finish(folder: &Path) -> Result<(), RecordError> {
    if is_interrupted(folder) {
        let _lock = lock(folder)?;
        end_interrupted(folder)?;
    }
    Ok(())
}

fn is_interrupted(folder: &Path) -> bool {
    beside(&folder.join(FILE), RESTORED).exists()
}

/// The same for who keeps all others out. Whoever began that restore was not told where the record is now
/// that stood there, so it is said here.
fn end_interrupted(folder: &Path) -> Result<(), RecordError> {
    if !is_interrupted(folder) {
        return Ok(());
    }
    match put_in_place(folder)? {
        Some(kept) => tracing::warn!(
            "上次的恢复中断了，现已完成；原库保留为 {kept} (an interrupted restore has been completed; what stood there before it is kept as {kept})",
            kept = kept.display()
        ),
        None => {
            tracing::warn!(
                "上次的恢复中断了，现已完成 (an interrupted restore has been completed)"
            );
        }
    }
    Ok(())
}

/// Puts what was restored in its place, where it is not there yet, and returns where the record is now
/// that stood there. Wherever it is interrupted, doing it once more ends it.
fn put_in_place(folder: &Path) -> Result<Option<PathBuf>, RecordError> {
    let path = folder.join(FILE);
    let restored = beside(&path, RESTORED);
    if !restored.exists() {
        return Ok(None);
    }
    fs::File::open(folder)?.sync_all()?;
    // The same name each time, for a log that was parted from its record would be lost.
    let time = jiff::Timestamp::try_from(fs::metadata(&restored)?.modified()?);
    let time = time.unwrap_or_default().strftime("%Y%m%dT%H%M%S%3fZ");
    let aside = beside(&path, &format!(".{time}"));
    // What stood there may be what is damaged: it is put aside as it is and never opened. There is a
    // record under its name at every moment.
    let kept = path.exists();
    if kept
        && let Err(error) = fs::hard_link(&path, &aside)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error.into());
    }
    // The log of another record would be played into this one.
    move_away(&beside(&path, "-wal"), &beside(&aside, "-wal"))?;
    remove(&beside(&path, "-shm"))?;
    fs::rename(&restored, &path)?;
    fs::File::open(folder)?.sync_all()?;
    Ok(kept.then_some(aside))
}

fn move_away(file: &Path, to: &Path) -> Result<(), RecordError> {
    match fs::rename(file, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Keeps others from restoring while a record is in use: as long as the file lives.
///
/// # Errors
/// Where somebody is restoring at this moment.
pub(super) fn share(folder: &Path) -> Result<fs::File, RecordError> {
    let file = open_lock(folder)?;
    file.try_lock_shared().map_err(|error| match error {
        fs::TryLockError::Error(error) => error.into(),
        fs::TryLockError::WouldBlock => RecordError::Refused(Text::new(
            format!("{} 正在恢复或升级，请稍后再试", folder.display()),
            format!(
                "{} is being restored or upgraded: try again in a moment",
                folder.display()
            ),
        )),
    })?;
    Ok(file)
}

/// Keeps all others out, as long as the file lives.
///
/// # Errors
/// Where somebody is using the record.
pub(super) fn lock(folder: &Path) -> Result<fs::File, RecordError> {
    let file = open_lock(folder)?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // Who has just ended may not have let go yet.
            Err(fs::TryLockError::WouldBlock) if Instant::now() < until => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(in_use(folder, error)),
        }
    }
}

fn open_lock(folder: &Path) -> io::Result<fs::File> {
    fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
}

fn in_use(folder: &Path, error: fs::TryLockError) -> RecordError {
    match error {
        fs::TryLockError::Error(error) => error.into(),
        fs::TryLockError::WouldBlock => RecordError::Refused(Text::new(
            format!("{} 正在使用：请先停止服务", folder.display()),
            format!("{} is in use: stop the service first", folder.display()),
        )),
    }
}

/// Ends a connection with all in the one file.
fn settle(connection: Connection) -> Result<(), RecordError> {
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error.into())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

fn remove(file: &Path) -> Result<(), RecordError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
