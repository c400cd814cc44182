//! The durable record: every revision of a district's data, in one SQLite database.
//!
//! [`entry`] is what it keeps, [`schema`] the tables, [`commit`] writes a revision, [`newest`] makes the
//! data with it of those before, [`history`] tells what changed between two, [`sight`] what of that
//! somebody may be told, [`rewrite`] compares a whole collection with what stands, [`release`] tells what
//! a newer program's data would change, [`backup`] copies and restores, [`verify`] recomputes every hash,
//! [`people`] knows who may do what, [`log`] who did what, [`sessions`] who has signed in,
//! [`identities`] who they are elsewhere, [`imports`] has what bringing in a file needs, [`shares`] the
//! views that were shared. [`error`] is what a record that refuses says.
//!
//! A revision is whole or is not there: it is written in one transaction, and whoever committed it is
//! told so when it is on disk. Readers have connections of their own ([`reader`]) and wait for nobody.

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, types::Type};
use serde::Deserialize;

use self::reader::{Reader, Readers};
use super::{files::Files, load, load::not_json, snapshot::Snapshot};
use crate::model::{Revision, RevisionInfo, Text, hex};

mod backup;
mod commit;
mod entry;
mod error;
mod history;
mod identities;
mod imports;
mod log;
mod newest;
mod people;
mod reader;
mod release;
mod rewrite;
mod schema;
mod sessions;
mod shares;
mod sight;
mod verify;

pub use backup::restore;
pub use commit::{Change, ChangeSet, Concluding, Signature};
pub use entry::{ADDED, Hash, Key, edited_form};
pub use error::{Conflict, RecordError};
pub use history::{Difference, PropertyChange, Turn};
pub use identities::Identity;
pub use log::{AuditEntry, Counted, OPERATOR};
pub use people::{Account, TokenInfo};
pub use release::{Offer, Offered};
pub use sessions::{Invitation, LetIn};
pub use shares::{Keeping, MAX_BY_ACCOUNT, MAX_SHARES, NewShare, Share, ShareId};
pub use sight::Sight;
pub use verify::Verified;

/// The file of the record in its folder.
const FILE: &str = "renewal-map.db";
/// What lists the collections, and so is read before them.
const CATALOGUE: &str = "collections.json";

/// The durable record of a district.
#[derive(Debug)]
pub struct Record {
    readers: Readers,
    /// As long as it is open, nobody restores another in its place.
    _in_use: fs::File,
    /// The one connection of this process that writes.
    writer: Mutex<Connection>,
    /// The newest data that somebody has.
    newest: Mutex<Weak<Snapshot>>,
}

impl Record {
    /// Opens the record in a folder. Where there is none it is made, with the data of these files
    /// as its first revision; one of an older version is brought up to date, and a copy of it kept.
    ///
    /// # Errors
    /// Where the folder can't be written, holds what is no record or a newer program's, or the data
    /// of a new record have problems.
    pub fn open(folder: &Path, seeds: &Files, geodata: &Files) -> Result<Self, RecordError> {
        fs::create_dir_all(folder)?;
        backup::finish(folder)?;
        let path = folder.join(FILE);
        if schema::is_outdated(&path)? {
            let _alone = backup::lock(folder)?;
            schema::bring_up_to_date(&path)?;
        }
        let record = Self::open_at(folder)?;
        if record.latest_or_none()?.is_none() {
            record.seed(seeds, geodata)?;
        }
        Ok(record)
    }

    /// Opens the record that stands in a folder.
    ///
    /// # Errors
    /// Where there is none, or as [`Record::open`].
    pub fn open_existing(folder: &Path) -> Result<Self, RecordError> {
        backup::finish(folder)?;
        if !folder.join(FILE).is_file() {
            return Err(RecordError::Unfit(Text::new(
                format!("{} 中没有数据库 {FILE}", folder.display()),
                format!("there is no {FILE} in {}", folder.display()),
            )));
        }
        Self::open_at(folder)
    }

    fn open_at(folder: &Path) -> Result<Self, RecordError> {
        let in_use = backup::share(folder)?;
        let path = folder.join(FILE);
        Ok(Self {
            writer: Mutex::new(schema::open(&path)?),
            readers: Readers::new(path),
            _in_use: in_use,
            newest: Mutex::default(),
        })
    }

    /// The latest revision. Another process may have made it.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn latest(&self) -> Result<Revision, RecordError> {
        self.latest_or_none()?
            .ok_or(RecordError::NoRevision(Revision::EMBEDDED))
    }

    fn latest_or_none(&self) -> Result<Option<Revision>, RecordError> {
        latest(&*self.reader()?)
    }

    /// The revision that was the latest at a time; `None` before the first.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn revision_at(&self, time: Timestamp) -> Result<Option<Revision>, RecordError> {
        let number: Option<u64> = self.reader()?.query_row(
            "SELECT max(number) FROM revisions WHERE time_ms <= ?1",
            [time.as_millisecond()],
            |row| row.get(0),
        )?;
        Ok(number.map(Revision))
    }

    /// All data as they were at a revision, read and checked as files are.
    ///
    /// # Errors
    /// Where there is no such revision, or the database can't be read.
    pub fn load(&self, revision: Revision) -> Result<Snapshot, RecordError> {
        let mut connection = self.reader()?;
        // One transaction sees one state, whoever writes meanwhile.
        let reading = connection.transaction()?;
        info(&reading, revision)?;
        snapshot(&reading, revision)
    }

    /// The files of a district as they were at a revision.
    ///
    /// # Errors
    /// As [`Record::load`].
    pub fn files(&self, revision: Revision) -> Result<[Files; 2], RecordError> {
        let mut connection = self.reader()?;
        let reading = connection.transaction()?;
        info(&reading, revision)?;
        district(&reading, revision)
    }

    /// The entry of a feature as it stands: its bytes, of which the hash is its version.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn standing(&self, key: &Key) -> Result<Option<Vec<u8>>, RecordError> {
        let body = self
            .reader()?
            .query_row(
                "SELECT body FROM entries WHERE shelf = ?1 AND name = ?2 AND to_revision IS NULL",
                (&*key.shelf, &*key.name),
                |row| row.get(0),
            )
            .optional()?;
        Ok(body)
    }

    /// The version of a feature at a revision: `None` where there was none.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn version(&self, key: &Key, revision: Revision) -> Result<Option<Hash>, RecordError> {
        let hash: Option<[u8; 32]> = self
            .reader()?
            .query_row(
                &format!("SELECT hash FROM entries WHERE {STANDS} AND name = ?3"),
                (&*key.shelf, revision.0, &*key.name),
                |row| row.get(0),
            )
            .optional()?;
        Ok(hash.map(Hash))
    }

    /// What stood under a name in the version whose hash begins with these hexadecimal digits.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn version_of(&self, key: &Key, digits: &str) -> Result<Option<Vec<u8>>, RecordError> {
        let body = self
            .reader()?
            .query_row(
                "SELECT body FROM entries
                 WHERE shelf = ?1 AND name = ?2 AND substr(hex(hash), 1, length(?3)) = upper(?3)
                 ORDER BY from_revision DESC LIMIT 1",
                (&*key.shelf, &*key.name, digits),
                |row| row.get(0),
            )
            .optional()?;
        Ok(body)
    }

    /// Revisions, the latest first.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn revisions(&self, limit: usize, offset: usize) -> Result<Vec<RevisionInfo>, RecordError> {
        let connection = self.reader()?;
        let mut rows = connection.prepare(
            "SELECT number, time_ms, author, message, cause FROM revisions
             ORDER BY number DESC LIMIT ?1 OFFSET ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let revisions = rows.query_map([limit, offset], read_info)?;
        Ok(revisions.collect::<Result<_, _>>()?)
    }

    /// One revision.
    ///
    /// # Errors
    /// Where there is no such revision, or the database can't be read.
    pub fn info(&self, revision: Revision) -> Result<RevisionInfo, RecordError> {
        info(&*self.reader()?, revision)
    }

    fn reader(&self) -> Result<Reader<'_>, RecordError> {
        self.readers.get()
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic in between has rolled its transaction back: the connection is good.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn latest(connection: &Connection) -> Result<Option<Revision>, RecordError> {
    let number: Option<u64> =
        connection.query_row("SELECT max(number) FROM revisions", [], |row| row.get(0))?;
    Ok(number.map(Revision))
}

fn info(connection: &Connection, revision: Revision) -> Result<RevisionInfo, RecordError> {
    // A number beyond what SQLite has is none that there is.
    let number = i64::try_from(revision.0).map_err(|_| RecordError::NoRevision(revision))?;
    connection
        .query_row(
            "SELECT number, time_ms, author, message, cause FROM revisions WHERE number = ?1",
            [number],
            read_info,
        )
        .optional()?
        .ok_or(RecordError::NoRevision(revision))
}

fn read_info(row: &Row<'_>) -> rusqlite::Result<RevisionInfo> {
    let cause: String = row.get(4)?;
    Ok(RevisionInfo {
        number: Revision(row.get(0)?),
        time: people::time(row, 1)?,
        author: row.get(2)?,
        message: row.get(3)?,
        cause: cause
            .parse()
            .map_err(|()| rusqlite::Error::InvalidColumnType(4, "cause".to_owned(), Type::Text))?,
    })
}

/// Reads and checks all data as they stand at a revision.
fn snapshot(connection: &Connection, revision: Revision) -> Result<Snapshot, RecordError> {
    snapshot_watched(connection, revision, &mut |_| ControlFlow::Continue(()))
}

/// The same; `watch` is told how many features have been read, and can end it.
fn snapshot_watched(
    connection: &Connection,
    revision: Revision,
    watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Snapshot, RecordError> {
    let [seeds, geodata] = district(connection, revision)?;
    let mut snapshot = load::load_watched(&seeds, &geodata, watch)?.ok_or(RecordError::Over)?;
    snapshot.revision = revision;
    snapshot.fingerprint = fingerprint(commit::chained(connection, revision)?);
    Ok(snapshot)
}

/// What tells the data of a revision from all others, whichever way they were made.
fn fingerprint(chained: Hash) -> String {
    hex(&chained.0[..12])
}

/// The two folders of a district as they stand at a revision.
fn district(connection: &Connection, revision: Revision) -> Result<[Files; 2], RecordError> {
    let seeds = files(connection, entry::SEEDS, revision)?;
    let mut geodata = files(connection, entry::GEODATA, revision)?;
    let ids = geodata
        .get(CATALOGUE)
        .map(|bytes| collection_ids(bytes))
        .transpose()
        .map_err(RecordError::Damaged)?;
    for id in ids.unwrap_or_default() {
        let text = collection(connection, &id, revision)?;
        geodata.insert(format!("{id}.geojson"), text.into());
    }
    Ok([Files::kept("seeds", seeds), Files::kept("geodata", geodata)])
}

/// What stands at a revision: of `entries`, with the revision as the statement's second parameter.
const STANDS: &str =
    "shelf = ?1 AND from_revision <= ?2 AND (to_revision IS NULL OR to_revision > ?2)";

fn files(
    connection: &Connection,
    shelf: &str,
    revision: Revision,
) -> Result<BTreeMap<String, Arc<[u8]>>, RecordError> {
    let mut rows = connection.prepare(&format!("SELECT name, body FROM entries WHERE {STANDS}"))?;
    let files = rows.query_map((shelf, revision.0), |row| {
        Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?.into()))
    })?;
    Ok(files.collect::<Result<_, _>>()?)
}

/// A collection as a GeoJSON file.
fn collection(
    connection: &Connection,
    id: &str,
    revision: Revision,
) -> Result<Vec<u8>, RecordError> {
    let mut text = br#"{"type":"FeatureCollection","features":["#.to_vec();
    let mut rows = connection.prepare(&format!(
        "SELECT body FROM entries WHERE {STANDS} ORDER BY place"
    ))?;
    let mut rows = rows.query((id, revision.0))?;
    let empty = text.len();
    while let Some(row) = rows.next()? {
        if text.len() > empty {
            text.push(b',');
        }
        text.extend_from_slice(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    text.extend_from_slice(b"]}");
    Ok(text)
}

/// The collections that a catalogue lists.
fn collection_ids(catalogue: &[u8]) -> Result<Vec<String>, Text> {
    #[derive(Deserialize)]
    struct Catalogue {
        collections: Vec<Listed>,
    }
    #[derive(Deserialize)]
    struct Listed {
        id: String,
    }
    let catalogue: Catalogue =
        serde_json::from_slice(catalogue).map_err(|error| not_json(&error))?;
    Ok(catalogue
        .collections
        .into_iter()
        .map(|listed| listed.id)
        .collect())
}
