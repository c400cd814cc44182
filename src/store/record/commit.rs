//! One revision more, or none.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Statement, Transaction, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::{AuditEntry, Conflict, Hash, Key, Record, RecordError, info, latest, log::write_down};
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

/// Who makes a revision, and what for.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Who.
    pub author: String,
    /// What for.
    pub message: String,
    /// What sort of change it is.
    pub cause: Cause,
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

/// How far a commit has come when its changes are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concluding {
    /// So much has changed that all data are read anew.
    Reading {
        /// Features that have been read.
        done: u64,
        /// Features in all.
        all: u64,
    },
    /// Everything is well, and after this it stands.
    Committing,
}

impl Record {
    /// Writes a change set as the next revision and returns the data with it. When this returns,
    /// the disk has it.
    ///
    /// # Errors
    /// Where an entry is not as its change expects it, the data would have problems, nothing would
    /// change, or the disk fails. Nothing of it is written then.
    pub fn commit(&self, set: &ChangeSet) -> Result<Arc<Snapshot>, RecordError> {
        self.commit_unless(set, |_| false)
    }

    /// The same, unless it `is_over`: that is asked while data are read anew, and last of all just before it
    /// stands.
    ///
    /// # Errors
    /// As [`Record::commit`], and where it is over.
    pub fn commit_unless(
        &self,
        set: &ChangeSet,
        is_over: impl FnMut(Concluding) -> bool,
    ) -> Result<Arc<Snapshot>, RecordError> {
        let changes = set.changes.iter().map(Ok);
        self.commit_each(&set.signature(), changes, is_over)
    }

    /// Writes changes as they come as the next revision, as [`Record::commit_unless`] does: only their
    /// names and hashes stand in memory. While it takes them, nobody else can write.
    ///
    /// # Errors
    /// As [`Record::commit_unless`], and the first that `changes` itself gives.
    pub fn commit_each<C: Borrow<Change>>(
        &self,
        signature: &Signature,
        changes: impl IntoIterator<Item = Result<C, RecordError>>,
        is_over: impl FnMut(Concluding) -> bool,
    ) -> Result<Arc<Snapshot>, RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let written = write_each(&writing, signature, changes)?;
        self.conclude(writing, &written, is_over)
    }

    /// Commits what was written as a revision, unless the data with it have problems or it `is_over`.
    pub(super) fn conclude(
        &self,
        writing: Transaction<'_>,
        written: &Written,
        mut is_over: impl FnMut(Concluding) -> bool,
    ) -> Result<Arc<Snapshot>, RecordError> {
        let snapshot = self.following(&writing, written, &mut is_over)?;
        if is_over(Concluding::Committing) {
            return Err(RecordError::Over);
        }
        writing.commit()?;
        Ok(self.hand_out(snapshot))
    }
}

impl ChangeSet {
    fn signature(&self) -> Signature {
        Signature {
            author: self.author.clone(),
            message: self.message.clone(),
            cause: self.cause,
        }
    }
}

/// What was written as a revision.
pub(super) struct Written {
    pub(super) revision: Revision,
    /// The hash that ends with it.
    pub(super) hash: Hash,
    pub(super) made: Made,
}

/// Writes a change set inside a transaction.
pub(super) fn write(writing: &Transaction<'_>, set: &ChangeSet) -> Result<Written, RecordError> {
    write_each(writing, &set.signature(), set.changes.iter().map(Ok))
}

/// Writes changes as they come inside a transaction, which the caller lets go where this fails.
pub(super) fn write_each<C: Borrow<Change>>(
    writing: &Transaction<'_>,
    signature: &Signature,
    changes: impl IntoIterator<Item = Result<C, RecordError>>,
) -> Result<Written, RecordError> {
    let author = short(&signature.author, MAX_AUTHOR, ("作者", "the author"))?;
    let message = short(&signature.message, MAX_MESSAGE, ("说明", "the message"))?;
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
        cause: signature.cause,
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
    let mut writer = Writer::new(writing, this.number)?;
    for change in changes {
        writer.take(change?.borrow())?;
    }
    let made = writer.done()?;
    let hashes = made.iter().map(|(key, made)| (key, made.stands)).collect();
    let hash = chain(previous, &this, hashes);
    writing.execute(
        "UPDATE revisions SET hash = ?2 WHERE number = ?1",
        (this.number.0, hash.0),
    )?;
    let detail = format!("r{} {}", this.number, this.message);
    let entry = AuditEntry {
        time: this.time,
        ..AuditEntry::now(&this.author, this.cause.as_str(), &detail)
    };
    write_down(writing, &entry)?;
    Ok(Written {
        revision: this.number,
        hash,
        made,
    })
}

/// What entries became.
pub(super) type Made = BTreeMap<Key, Became>;

/// What an entry became.
#[derive(Clone, Copy)]
pub(super) struct Became {
    /// Its hash and place; `None` where it is gone.
    pub(super) stands: Option<(Hash, i64)>,
    /// Whether nothing has ever stood under its name.
    pub(super) is_new: bool,
}

/// Writes the entries of one revision.
struct Writer<'a> {
    revision: Revision,
    standing: Statement<'a>,
    end: Statement<'a>,
    earlier: Statement<'a>,
    last: Statement<'a>,
    begin: Statement<'a>,
    /// One more than the last place of each shelf that was asked for.
    next_places: BTreeMap<Box<str>, i64>,
    made: Made,
    /// Entries that stand already as they are to be, or are not written for a conflict.
    left: BTreeSet<Key>,
    conflicts: Vec<Conflict>,
}

impl<'a> Writer<'a> {
    fn new(writing: &'a Transaction<'_>, revision: Revision) -> Result<Self, RecordError> {
        Ok(Self {
            revision,
            standing: writing.prepare(
                "SELECT hash, place FROM entries
                 WHERE shelf = ?1 AND name = ?2 AND to_revision IS NULL",
            )?,
            end: writing.prepare(
                "UPDATE entries SET to_revision = ?3
                 WHERE shelf = ?1 AND name = ?2 AND to_revision IS NULL",
            )?,
            earlier: writing.prepare(
                "SELECT place FROM entries WHERE shelf = ?1 AND name = ?2
                 ORDER BY from_revision DESC LIMIT 1",
            )?,
            last: writing.prepare("SELECT max(place) FROM entries WHERE shelf = ?1")?,
            begin: writing.prepare(
                "INSERT INTO entries (shelf, name, from_revision, place, hash, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            next_places: BTreeMap::new(),
            made: Made::new(),
            left: BTreeSet::new(),
            conflicts: Vec::new(),
        })
    }

    fn take(&mut self, change: &Change) -> Result<(), RecordError> {
        let key = &change.key;
        if self.made.contains_key(key) || self.left.contains(key) {
            return Err(RecordError::Refused(Text::new(
                format!("{key} 在一次提交中改了两次"),
                format!("{key} is changed twice in one commit"),
            )));
        }
        let (shelf, name) = (&*key.shelf, &*key.name);
        let found: Option<([u8; 32], i64)> = self
            .standing
            .query_row((shelf, name), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let stood = found.map(|(_, place)| place);
        let found = found.map(|(hash, _)| Hash(hash));
        let body = change.body.as_deref();
        let hash = body.map(Hash::of);
        if found != change.expected {
            self.conflicts.push(Conflict {
                key: key.clone(),
                expected: change.expected,
                found,
            });
        }
        // Of what will not be committed nothing need be written.
        if hash == found || !self.conflicts.is_empty() {
            self.left.insert(key.clone());
            return Ok(());
        }
        if stood.is_some() {
            self.end.execute((shelf, name, self.revision.0))?;
        }
        let mut made = Became {
            stands: None,
            is_new: false,
        };
        if let (Some(hash), Some(body)) = (hash, body) {
            // What comes back stands where it stood, what is new after all others.
            let earlier = match stood {
                Some(place) => Some(place),
                None => self
                    .earlier
                    .query_row((shelf, name), |row| row.get(0))
                    .optional()?,
            };
            let place = match earlier {
                Some(place) => place,
                None => self.next_place(shelf)?,
            };
            self.begin
                .execute((shelf, name, self.revision.0, place, hash.0, body))?;
            made = Became {
                stands: Some((hash, place)),
                is_new: earlier.is_none(),
            };
        }
        self.made.insert(key.clone(), made);
        Ok(())
    }

    fn next_place(&mut self, shelf: &str) -> Result<i64, RecordError> {
        let next = match self.next_places.get(shelf) {
            Some(next) => *next,
            None => self
                .last
                .query_row([shelf], |row| row.get::<_, Option<i64>>(0))?
                .map_or(0, |place| place + 1),
        };
        self.next_places.insert(shelf.into(), next + 1);
        Ok(next)
    }

    /// What was changed, if all changes hold and one changes something.
    fn done(self) -> Result<Made, RecordError> {
        if !self.conflicts.is_empty() {
            return Err(RecordError::Conflict(self.conflicts));
        }
        if self.made.is_empty() {
            return Err(RecordError::Unchanged);
        }
        Ok(self.made)
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
