//! One revision more, or none.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::{
    AuditEntry, Conflict, Hash, Key, Record, RecordError, info, latest, people::write_down,
    snapshot,
};
use crate::{
    model::{Cause, Revision, RevisionInfo, Text},
    store::snapshot::Snapshot,
};

/// Characters that an author's name has at most.
const MAX_AUTHOR: usize = 200;
/// Characters that a message has at most.
const MAX_MESSAGE: usize = 2000;

/// What somebody wants to change, in one step.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    /// Who.
    pub author: String,
    /// What for.
    pub message: String,
    /// What sort of change it is.
    pub cause: Cause,
    /// The changes; at most one to an entry.
    pub changes: Vec<Change>,
}

/// What becomes of one entry.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its name.
    pub key: Key,
    /// What it must be now for the change to hold; `None` where there must be nothing.
    pub expected: Option<Hash>,
    /// What it becomes, in the form in which it is kept; `None` where it goes.
    pub body: Option<Vec<u8>>,
}

impl Record {
    /// Writes a change set as the next revision and returns the data with it. When this returns,
    /// the disk has it.
    ///
    /// # Errors
    /// Where an entry is not as its change expects it, the data would have problems, nothing would
    /// change, or the disk fails. Nothing of it is written then.
    pub fn commit(&self, set: &ChangeSet) -> Result<Snapshot, RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let revision = write(&writing, set)?;
        let snapshot = snapshot(&writing, revision)?;
        writing.commit()?;
        Ok(snapshot)
    }
}

/// Writes a change set inside a transaction, and returns its revision.
pub(super) fn write(writing: &Transaction<'_>, set: &ChangeSet) -> Result<Revision, RecordError> {
    let author = short(&set.author, MAX_AUTHOR, ("作者", "the author"))?;
    let message = short(&set.message, MAX_MESSAGE, ("说明", "the message"))?;
    let changes = checked(writing, &set.changes)?;
    let before = latest(writing)?
        .map(|revision| info(writing, revision))
        .transpose()?;
    let this = RevisionInfo {
        number: Revision(before.as_ref().map_or(0, |info| info.number.0) + 1),
        // A clock that was set back must not put a revision before the one that it follows.
        time: before
            .as_ref()
            .map_or_else(now, |info| now().max(info.time)),
        author: author.to_owned(),
        message: message.to_owned(),
        cause: set.cause,
    };
    let previous = before
        .map(|info| chained(writing, info.number))
        .transpose()?
        .unwrap_or(Hash([0; 32]));
    writing.execute(
        "INSERT INTO revisions (number, time_ms, author, message, cause, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            this.number.0,
            this.time.as_millisecond(),
            &this.author,
            &this.message,
            this.cause.as_str(),
            // What it changes comes below, and then its hash.
            previous.0,
        ),
    )?;
    let mut end = writing.prepare(
        "UPDATE entries SET to_revision = ?3
         WHERE shelf = ?1 AND name = ?2 AND to_revision IS NULL
         RETURNING place",
    )?;
    let mut last = writing.prepare("SELECT max(place) FROM entries WHERE shelf = ?1")?;
    let mut earlier = writing.prepare(
        "SELECT place FROM entries WHERE shelf = ?1 AND name = ?2
         ORDER BY from_revision DESC LIMIT 1",
    )?;
    let mut begin = writing.prepare(
        "INSERT INTO entries (shelf, name, from_revision, place, hash, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut made = BTreeMap::new();
    for Becomes { key, hash, body } in changes {
        let (shelf, name) = (&*key.shelf, &*key.name);
        let place: Option<i64> = end
            .query_row((shelf, name, this.number.0), |row| row.get(0))
            .optional()?;
        let (Some(hash), Some(body)) = (hash, body) else {
            made.insert(key, None);
            continue;
        };
        // What comes back stands where it stood.
        let place = match place {
            Some(place) => Some(place),
            None => earlier
                .query_row((shelf, name), |row| row.get(0))
                .optional()?,
        };
        let place = match place {
            Some(place) => place,
            None => last
                .query_row([shelf], |row| row.get::<_, Option<i64>>(0))?
                .map_or(0, |place| place + 1),
        };
        begin.execute((shelf, name, this.number.0, place, hash.0, body))?;
        made.insert(key, Some((hash, place)));
    }
    writing.execute(
        "UPDATE revisions SET hash = ?2 WHERE number = ?1",
        (this.number.0, chain(previous, &this, made).0),
    )?;
    let detail = format!("r{} {}", this.number, this.message);
    let entry = AuditEntry {
        time: this.time,
        ..AuditEntry::now(&this.author, this.cause.as_str(), &detail)
    };
    write_down(writing, &entry)?;
    Ok(this.number)
}

/// What an entry becomes: its new hash and bytes, `None` where it goes.
struct Becomes<'a> {
    key: &'a Key,
    hash: Option<Hash>,
    body: Option<&'a [u8]>,
}

/// The changes that change something, in their order, after all have been found to hold.
fn checked<'a>(
    connection: &Connection,
    changes: &'a [Change],
) -> Result<Vec<Becomes<'a>>, RecordError> {
    let mut standing = connection.prepare(
        "SELECT hash FROM entries WHERE shelf = ?1 AND name = ?2 AND to_revision IS NULL",
    )?;
    let mut keys = HashSet::new();
    let mut all = Vec::new();
    let mut conflicts = Vec::new();
    for change in changes {
        let key = &change.key;
        if !keys.insert(key) {
            return Err(RecordError::Refused(Text::new(
                format!("{key} 在一次提交中改了两次"),
                format!("{key} is changed twice in one commit"),
            )));
        }
        let found: Option<[u8; 32]> = standing
            .query_row((&*key.shelf, &*key.name), |row| row.get(0))
            .optional()?;
        let found = found.map(Hash);
        if found != change.expected {
            conflicts.push(Conflict {
                key: key.clone(),
                expected: change.expected,
                found,
            });
        }
        let body = change.body.as_deref();
        let hash = body.map(Hash::of);
        if hash != found {
            all.push(Becomes { key, hash, body });
        }
    }
    match (conflicts.is_empty(), all.is_empty()) {
        (false, _) => Err(RecordError::Conflict(conflicts)),
        (true, true) => Err(RecordError::Unchanged),
        (true, false) => Ok(all),
    }
}

fn short<'a>(text: &'a str, most: usize, (zh, en): (&str, &str)) -> Result<&'a str, RecordError> {
    let text = text.trim();
    if (1..=most).contains(&text.chars().count()) && !text.contains(char::is_control) {
        return Ok(text);
    }
    Err(RecordError::Refused(Text::new(
        format!("{zh}应为 1 到 {most} 个字，在一行之内"),
        format!("{en} should have 1 to {most} characters, on one line"),
    )))
}

fn now() -> Timestamp {
    let now = Timestamp::now();
    // The record keeps milliseconds.
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The hash that ends with a revision.
pub(super) fn chained(connection: &Connection, revision: Revision) -> Result<Hash, RecordError> {
    let hash = connection.query_row(
        "SELECT hash FROM revisions WHERE number = ?1",
        [revision.0],
        |row| row.get(0),
    )?;
    Ok(Hash(hash))
}

/// The hash of a revision: over that of the one before, who made it and when, and all that it
/// changed, by name, with its place in its collection. Whoever changes the past must change every hash
/// since.
pub(super) fn chain(
    previous: Hash,
    info: &RevisionInfo,
    changes: BTreeMap<&Key, Option<(Hash, i64)>>,
) -> Hash {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&previous.0);
    add(&info.number.0.to_le_bytes());
    add(&info.time.as_millisecond().to_le_bytes());
    add(info.author.as_bytes());
    add(info.message.as_bytes());
    add(info.cause.as_str().as_bytes());
    for (key, becomes) in changes {
        add(key.shelf.as_bytes());
        add(key.name.as_bytes());
        let (hash, place) = becomes.unwrap_or((Hash([0; 32]), -1));
        add(&hash.0);
        add(&place.to_le_bytes());
    }
    Hash(hash.finalize().into())
}
