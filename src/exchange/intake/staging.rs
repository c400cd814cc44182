//! What an import would change, in a temporary database: memory does not grow with the file.

use std::{
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension};

use crate::{
    model::FeatureRef,
    store::{
        Lead,
        record::{Change, Hash, Key, RecordError},
    },
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
    /// The feature as it stands, where it changes.
    pub before: Option<Vec<u8>>,
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
        let path = folder.join(format!("{}.staging", crate::model::hex(&name)));
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
                 row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL,
                 sort INTEGER NOT NULL, moves INTEGER NOT NULL DEFAULT 0, expected BLOB, body BLOB
             ) STRICT;
             CREATE TABLE leads (
                 row INTEGER NOT NULL, property TEXT NOT NULL, target TEXT NOT NULL, own TEXT,
                 contains INTEGER NOT NULL
             ) STRICT;
             CREATE TABLE suspects (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
             CREATE TABLE fallen (row INTEGER PRIMARY KEY, circles INTEGER NOT NULL) STRICT;
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

    /// Keeps what a row makes of a feature, and whether that `moves`: it has a shape that did not stand. Of
    /// one that stays the body is not kept.
    pub fn keep(
        &self,
        (row, id, key): (u64, &str, &str),
        (sort, moves): (Sort, bool),
        expected: Option<Hash>,
        body: Option<&[u8]>,
    ) -> Result<(), RecordError> {
        self.connection
            .prepare_cached(
                "INSERT INTO changes (row, id, key, sort, moves, expected, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                row,
                id,
                key,
                sort as u8,
                moves,
                expected.map(|hash| hash.0),
                body,
            ))?;
        self.seen(id)
    }

    /// Notes that the feature of a row refers to another.
    pub fn lead(&self, row: u64, lead: &Lead) -> Result<(), RecordError> {
        let Lead {
            property,
            target,
            is_container,
        } = lead;
        let own = (*target.collection == *self.collection).then_some(&*target.id);
        self.connection
            .prepare_cached(
                "INSERT INTO leads (row, property, target, own, contains)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((row, property, target.to_string(), own, is_container))?;
        Ok(())
    }

    /// Whether any feature refers to another; makes such quick to find, once all rows are noted. All that is
    /// referred to or contained is then suspect.
    pub fn index_leads(&self) -> Result<bool, RecordError> {
        self.connection.execute_batch(
            "CREATE INDEX leads_by_row ON leads (row);
             CREATE INDEX leads_by_own ON leads (own);
             INSERT INTO suspects
                 SELECT own FROM leads WHERE own IS NOT NULL
                 UNION SELECT id FROM leads JOIN changes USING (row) WHERE contains",
        )?;
        let mut any = self.connection.prepare("SELECT 1 FROM leads LIMIT 1")?;
        Ok(any.exists([])?)
    }

    /// Hands on the features that are suspect.
    pub fn each_suspect(
        &self,
        mut take: impl FnMut(&str) -> Result<(), RecordError>,
    ) -> Result<(), RecordError> {
        let mut rows = self.connection.prepare_cached("SELECT id FROM suspects")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            take(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        }
        Ok(())
    }

    /// What contains a feature of the collection as the file has it.
    pub fn container(&self, id: &str) -> Result<Option<String>, RecordError> {
        let target = self
            .connection
            .prepare_cached(
                "SELECT target FROM changes JOIN leads USING (row) WHERE id = ?1 AND contains",
            )?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(target)
    }

    /// Lets the row fall that adds or changes a feature, since that contains itself.
    pub fn fell_circling(&self, id: &str) -> Result<(), RecordError> {
        self.connection
            .prepare_cached(
                "INSERT OR IGNORE INTO fallen
                 SELECT row, 1 FROM changes WHERE id = ?1 AND sort IN (?2, ?3)",
            )?
            .execute((id, Sort::Added as u8, Sort::Changed as u8))?;
        Ok(())
    }

    /// Lets those rows fall that refer to a suspect that will not be there, and those that refer to them. What
    /// stands is there, unless what the file does not have goes.
    pub fn fell_dangling(&self, removing: bool) -> Result<(), RecordError> {
        const STANDS: &str =
            "EXISTS (SELECT 1 FROM standing WHERE standing.id = own AND (seen OR NOT ?1))";
        self.connection
            .prepare_cached(&format!(
                "INSERT OR IGNORE INTO fallen
                 WITH RECURSIVE falling (row, id) AS (
                     SELECT leads.row, changes.id FROM suspects
                     CROSS JOIN leads ON own = suspects.id CROSS JOIN changes ON changes.row = leads.row
                     WHERE NOT {STANDS}
                         AND NOT EXISTS (SELECT 1 FROM changes AS target WHERE target.id = own)
                     UNION
                     SELECT leads.row, changes.id FROM falling
                     CROSS JOIN leads ON own = falling.id CROSS JOIN changes ON changes.row = leads.row
                     WHERE NOT {STANDS}
                 ) SELECT row, 0 FROM falling"
            ))?
            .execute([removing])?;
        Ok(())
    }

    /// Takes the rows that fell out of the changes, and hands each on: its number, key and sort, and where
    /// it leads to nothing the property and what that names. Their features alone are suspect then.
    pub fn take_fallen(
        &self,
        removing: bool,
        mut take: impl FnMut(u64, String, Sort, Option<(String, String)>),
    ) -> Result<u64, RecordError> {
        let count = {
            let mut rows = self.connection.prepare_cached(
                "SELECT fallen.row, key, sort, property, target FROM fallen
                 CROSS JOIN changes ON changes.row = fallen.row
                 LEFT JOIN leads ON NOT circles AND leads.rowid = (
                     SELECT min(rowid) FROM leads AS own_leads WHERE own_leads.row = fallen.row
                     AND own IS NOT NULL
                     AND NOT EXISTS (
                         SELECT 1 FROM standing WHERE standing.id = own AND (seen OR NOT ?1)
                     )
                     AND NOT EXISTS (
                         SELECT 1 FROM changes AS target WHERE target.id = own
                             AND target.row NOT IN (SELECT row FROM fallen)
                     )
                 )
                 ORDER BY fallen.row",
            )?;
            let mut rows = rows.query([removing])?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                count += 1;
                let lead = match (row.get(3)?, row.get(4)?) {
                    (Some(property), Some(target)) => Some((property, target)),
                    _ => None,
                };
                let sort = Sort::ALL[row.get::<_, usize>(2)?.min(3)];
                take(row.get(0)?, row.get(1)?, sort, lead);
            }
            count
        };
        self.connection.execute_batch(
            "DELETE FROM suspects;
             INSERT INTO suspects SELECT id FROM fallen CROSS JOIN changes USING (row);
             DELETE FROM leads WHERE row IN (SELECT row FROM fallen);
             DELETE FROM changes WHERE row IN (SELECT row FROM fallen);
             DELETE FROM fallen;",
        )?;
        Ok(count)
    }

    /// What becomes of a feature; `None` where no row that is taken is its.
    pub fn sort(&self, id: &str) -> Result<Option<Sort>, RecordError> {
        let sort: Option<usize> = self
            .connection
            .prepare_cached("SELECT sort FROM changes WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(sort.map(|sort| Sort::ALL[sort.min(3)]))
    }

    /// Whether a row is taken and gives a feature a shape that did not stand.
    pub fn comes(&self, row: u64) -> Result<bool, RecordError> {
        let mut found = self
            .connection
            .prepare_cached("SELECT 1 FROM changes WHERE row = ?1 AND moves")?;
        Ok(found.exists([row])?)
    }

    /// Whether a feature stays as it stands: no row that is taken is its, and it does not go.
    pub fn stays(&self, id: &str) -> Result<bool, RecordError> {
        let mut found = self.connection.prepare_cached(
            "SELECT 1 FROM standing WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.id = standing.id)",
        )?;
        Ok(found.exists([id])?)
    }

    /// Hands on the features that go.
    pub fn each_removed(
        &self,
        mut take: impl FnMut(&str) -> Result<(), RecordError>,
    ) -> Result<(), RecordError> {
        let mut rows = self
            .connection
            .prepare("SELECT id FROM changes WHERE sort = ?1 ORDER BY row")?;
        let mut rows = rows.query([Sort::Removed as u8])?;
        while let Some(row) = rows.next()? {
            take(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        }
        Ok(())
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
            "INSERT INTO changes (id, key, sort, expected, body)
             SELECT id, ifnull(key, ''), ?1, hash, NULL FROM standing WHERE seen = 0 ORDER BY id",
            [Sort::Removed as u8],
        )?;
        Ok(removed as u64)
    }

    /// Hands on some of the changes, in the file's order, those that go last, until `take` has enough.
    pub fn page(
        &self,
        limit: u32,
        offset: u64,
        take: &mut dyn FnMut(StagedChange) -> ControlFlow<()>,
    ) -> Result<(), RecordError> {
        let mut rows = self.connection.prepare(
            "SELECT changes.id, sort, ifnull(changes.body, standing.body),
                 CASE sort WHEN ?3 THEN standing.body END
             FROM changes LEFT JOIN standing USING (id) WHERE sort > 0
             ORDER BY changes.row LIMIT ?1 OFFSET ?2",
        )?;
        let mut rows = rows.query((limit, offset, Sort::Changed as u8))?;
        while let Some(row) = rows.next()? {
            let change = StagedChange {
                id: row.get(0)?,
                sort: Sort::ALL[row.get::<_, usize>(1)?.min(3)],
                body: row.get(2)?,
                before: row.get(3)?,
            };
            if take(change).is_break() {
                break;
            }
        }
        Ok(())
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
            "SELECT row, id, expected, body FROM changes WHERE sort > 0 AND row > ?1
             ORDER BY row LIMIT ?2",
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
