//! Whether what is kept is what was committed.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{
    Hash, Key, Record, RecordError, commit::chain, commit::chained, latest, read_info, snapshot,
};
use crate::model::{Revision, Text};

/// What was found sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The latest revision.
    pub revision: Revision,
    /// Entries of all revisions.
    pub entries: usize,
}

impl Record {
    /// Recomputes the hash of every entry and of every revision, and reads the latest data.
    ///
    /// # Errors
    /// The first thing that is not as it was committed.
    pub fn verify(&self) -> Result<Verified, RecordError> {
        let mut connection = self.reader()?;
        let reading = connection.transaction()?;
        verify(&reading)
    }
}

pub(super) fn verify(connection: &Connection) -> Result<Verified, RecordError> {
    let sound: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if sound != "ok" {
        return Err(damaged("库文件", "the database file", &sound));
    }
    let entries = verify_entries(connection)?;
    verify_revisions(connection)?;
    let revision = latest(connection)?.ok_or(RecordError::NoRevision(Revision::EMBEDDED))?;
    snapshot(connection, revision)?;
    Ok(Verified { revision, entries })
}

fn verify_entries(connection: &Connection) -> Result<usize, RecordError> {
    // An entry ends where the next of its name begins, or before.
    let mut rows = connection.prepare(
        "SELECT shelf, name, from_revision, hash, body,
             to_revision <= from_revision OR ifnull(to_revision, 9223372036854775807) >
                 lead(from_revision, 1, 9223372036854775807)
                     OVER (PARTITION BY shelf, name ORDER BY from_revision)
         FROM entries",
    )?;
    let mut rows = rows.query([])?;
    let mut entries = 0;
    while let Some(row) = rows.next()? {
        let (shelf, name): (String, String) = (row.get(0)?, row.get(1)?);
        let body = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
        if Hash::of(body) != Hash(row.get(3)?) || row.get::<_, Option<bool>>(5)? == Some(true) {
            let key = Key::new(&shelf, &name);
            let revision: u64 = row.get(2)?;
            return Err(damaged(
                &format!("版本 {revision} 的 {key}"),
                &format!("{key} of revision {revision}"),
                "sha-256",
            ));
        }
        entries += 1;
    }
    Ok(entries)
}

fn verify_revisions(connection: &Connection) -> Result<(), RecordError> {
    let mut revisions = connection
        .prepare("SELECT number, time_ms, author, message, cause FROM revisions ORDER BY number")?;
    let mut began = connection
        .prepare("SELECT shelf, name, hash, place FROM entries WHERE from_revision = ?1")?;
    let mut ended = connection.prepare("SELECT shelf, name FROM entries WHERE to_revision = ?1")?;
    let mut previous = Hash([0; 32]);
    for (place, info) in revisions.query_map([], read_info)?.enumerate() {
        let info = info?;
        let mut changes: BTreeMap<Key, Option<(Hash, i64)>> = BTreeMap::new();
        let mut rows = ended.query([info.number.0])?;
        while let Some(row) = rows.next()? {
            let (shelf, name): (String, String) = (row.get(0)?, row.get(1)?);
            changes.insert(Key::new(&shelf, &name), None);
        }
        let mut rows = began.query([info.number.0])?;
        while let Some(row) = rows.next()? {
            let (shelf, name): (String, String) = (row.get(0)?, row.get(1)?);
            let made = (Hash(row.get(2)?), row.get(3)?);
            changes.insert(Key::new(&shelf, &name), Some(made));
        }
        let hashes = changes.iter().map(|(key, made)| (key, *made)).collect();
        let hash = chain(previous, &info, hashes);
        if hash != chained(connection, info.number)? || info.number.0 != place as u64 + 1 {
            let number = info.number;
            return Err(damaged(
                &format!("版本 {number}"),
                &format!("revision {number}"),
                "sha-256",
            ));
        }
        previous = hash;
    }
    Ok(())
}

fn damaged(zh: &str, en: &str, how: &str) -> RecordError {
    RecordError::Damaged(Text::new(
        format!("{zh}与提交时不一致（{how}）：请用备份恢复"),
        format!("{en} is not as it was committed ({how}): restore it from a backup"),
    ))
}
