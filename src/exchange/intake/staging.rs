//! What an import would change, in a temporary database: memory does not grow with the file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension};

use crate::{
    model::FeatureRef,
    store::record::{Change, Hash, Key, RecordError},
};

/// Changes that are fetched at once.
const BATCH: u32 = 256;

/// What becomes of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// It stands as the file has it.
    Unchanged,
    /// It is new.
    Added,
    /// It changes.
    Changed,
    /// It goes, since the file does not have it.
    Removed,
}

impl Sort {
    const ALL: [Self; 4] = [Self::Unchanged, Self::Added, Self::Changed, Self::Removed];

    /// Its word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// One change.
#[derive(Debug, Clone)]
pub struct StagedChange {
    /// The feature's id.
    pub id: String,
    /// What becomes of it.
    pub sort: Sort,
    /// The feature as it becomes; as it stands, where it goes.
    pub body: Vec<u8>,
}

/// A feature that stands in the record.
pub struct Stands {
    /// The hash of its bytes.
    pub hash: Hash,
    /// Its key, where it has one.
    pub key: Option<String>,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// The temporary database of one import. It goes with this value, and on Unix even if the program is
/// killed: the file then has no name any more.
pub struct Staging {
    connection: Connection,
    path: PathBuf,
    collection: String,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // On Unix it is gone already.
        let _ = fs::remove_file(&self.path);
    }
}

impl Staging {
    /// A new one in a folder.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn new(folder: &Path, collection: &str) -> Result<Self, RecordError> {
        fs::create_dir_all(folder)?;
        let mut name = [0; 12];
        getrandom::fill(&mut name).map_err(|error| io::Error::other(error.to_string()))?;
        let path = folder.join(format!("{}.staging", crate::documents::hex(&name)));
        let connection = Connection::open(&path)?;
        // Nothing in it outlives this value, so nothing is synced and nothing can be rolled back.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.execute_batch(
            "CREATE TABLE standing (
                 id TEXT NOT NULL UNIQUE, key TEXT, hash BLOB NOT NULL, body BLOB NOT NULL,
                 seen INTEGER NOT NULL DEFAULT 0
             ) STRICT;
             CREATE TABLE changes (
                 id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, row INTEGER NOT NULL,
                 sort INTEGER NOT NULL, expected BLOB, body BLOB
             ) STRICT;
             CREATE TABLE keys (key TEXT PRIMARY KEY, row INTEGER NOT NULL) STRICT, WITHOUT ROWID;
             BEGIN;",
        )?;
        if cfg!(unix) {
            fs::remove_file(&path)?;
        }
        Ok(Self {
            connection,
            path,
            collection: collection.to_owned(),
        })
    }

    /// Notes what stands: a feature's id, key, hash and bytes.
    pub fn stand(
        &self,
        id: &str,
        key: Option<&str>,
        hash: Hash,
        body: &[u8],
    ) -> Result<(), RecordError> {
        self.connection
            .prepare_cached("INSERT INTO standing (id, key, hash, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute((id, key, hash.0, body))?;
        Ok(())
    }

    /// Makes keys quick to find, once all that stands is noted.
    pub fn index(&self) -> Result<(), RecordError> {
        self.connection
            .execute_batch("CREATE INDEX standing_by_key ON standing (key)")?;
        Ok(())
    }

    /// The id of the feature that stands under a key.
    pub fn id_of_key(&self, key: &str) -> Result<Option<String>, RecordError> {
        let id = self
            .connection
            .prepare_cached("SELECT id FROM standing WHERE key = ?1 ORDER BY id LIMIT 1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        Ok(id)
    }

    /// The feature that stands under an id.
    pub fn standing(&self, id: &str) -> Result<Option<Stands>, RecordError> {
        let found = self
            .connection
            .prepare_cached("SELECT hash, key, body FROM standing WHERE id = ?1")?
            .query_row([id], |row| {
                Ok(Stands {
                    hash: Hash(row.get(0)?),
                    key: row.get(1)?,
                    body: row.get(2)?,
                })
            })
            .optional()?;
        Ok(found)
    }

    /// Takes a key for a row; returns the row that has it already.
    pub fn take_key(&self, key: &str, row: u64) -> Result<Option<u64>, RecordError> {
        let earlier = self
            .connection
            .prepare_cached("SELECT row FROM keys WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        if earlier.is_none() {
            self.connection
                .prepare_cached("INSERT INTO keys (key, row) VALUES (?1, ?2)")?
                .execute((key, row))?;
        }
        Ok(earlier)
    }

    /// Whether a row of the file has an id already.
    pub fn has(&self, id: &str) -> Result<bool, RecordError> {
        let found: Option<i64> = self
            .connection
            .prepare_cached("SELECT 1 FROM changes WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(found.is_some())
    }

    /// Keeps what a row makes of a feature. Of one that stays the body is not kept.
    pub fn keep(
        &self,
        (row, id, key): (u64, &str, &str),
        sort: Sort,
        expected: Option<Hash>,
        body: Option<&[u8]>,
    ) -> Result<(), RecordError> {
        self.connection
            .prepare_cached(
                "INSERT INTO changes (id, key, row, sort, expected, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((id, key, row, sort as u8, expected.map(|hash| hash.0), body))?;
        self.seen(id)
    }

    /// Notes that the file has a feature that stands, whatever becomes of it.
    pub fn seen(&self, id: &str) -> Result<(), RecordError> {
        self.connection
            .prepare_cached("UPDATE standing SET seen = 1 WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    /// Lets go of what stands and the file does not have; returns how many these are.
    pub fn remove_missing(&self) -> Result<u64, RecordError> {
        let removed = self.connection.execute(
            "INSERT INTO changes (id, key, row, sort, expected, body)
             SELECT id, ifnull(key, ''), 0, ?1, hash, NULL FROM standing WHERE seen = 0 ORDER BY id",
            [Sort::Removed as u8],
        )?;
        Ok(removed as u64)
    }

    /// Some of the changes, in the file's order, those that go last.
    pub fn page(&self, limit: u32, offset: u64) -> Result<Vec<StagedChange>, RecordError> {
        let mut rows = self.connection.prepare(
            "SELECT id, sort, ifnull(changes.body, standing.body)
             FROM changes LEFT JOIN standing USING (id) WHERE sort > 0
             ORDER BY changes.rowid LIMIT ?1 OFFSET ?2",
        )?;
        let rows = rows.query_map((limit, offset), |row| {
            Ok(StagedChange {
                id: row.get(0)?,
                sort: Sort::ALL[row.get::<_, usize>(1)?.min(3)],
                body: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All changes, in the file's order, a few at a time.
    pub fn changes(&self) -> impl Iterator<Item = Result<Change, RecordError>> {
        let mut last = 0;
        let mut batch = Vec::new().into_iter();
        std::iter::from_fn(move || {
            if let Some(change) = batch.next() {
                return Some(Ok(change));
            }
            match self.batch(&mut last) {
                Ok(changes) => batch = changes.into_iter(),
                Err(error) => return Some(Err(error)),
            }
            batch.next().map(Ok)
        })
    }

    fn batch(&self, last: &mut i64) -> Result<Vec<Change>, RecordError> {
        let mut rows = self.connection.prepare_cached(
            "SELECT rowid, id, expected, body FROM changes WHERE sort > 0 AND rowid > ?1
             ORDER BY rowid LIMIT ?2",
        )?;
        let mut rows = rows.query((*last, BATCH))?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            *last = row.get(0)?;
            let id: String = row.get(1)?;
            changes.push(Change {
                key: Key::of(&FeatureRef::new(&self.collection, &id)),
                expected: row.get::<_, Option<[u8; 32]>>(2)?.map(Hash),
                body: row.get(3)?,
            });
        }
        Ok(changes)
    }
}
