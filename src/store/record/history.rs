//! What changed between two revisions, and taking one back.

use std::{collections::BTreeSet, ffi::c_int, sync::Arc};

use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Row, Statement, TransactionBehavior, named_params,
};
use serde_json::{Map, Value};

use super::{
    Change, Concluding, Hash, Key, Record, RecordError, STANDS, Sight, Signature,
    commit::write_each,
    info, latest, read_info,
    sight::{SHELVES, touches, without_words},
};
use crate::{
    model::{Cause, Revision, RevisionInfo, Text},
    store::{references::leave_out, snapshot::Snapshot},
};

/// What became of one entry between two revisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its name.
    pub key: Key,
    /// Its bytes at the first; `None` where there was none.
    pub before: Option<Vec<u8>>,
    /// Its bytes at the second; `None` where there is none any more.
    pub after: Option<Vec<u8>>,
}

/// What one revision made of an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The revision.
    pub made_by: RevisionInfo,
    /// What it changed.
    pub difference: Difference,
}

/// One member of a feature that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyChange {
    /// The property's name; `geometry` for the geometry, which no property is called.
    pub name: String,
    /// Its value before; `None` where there was none.
    pub before: Option<Value>,
    /// Its value after; `None` where there is none any more.
    pub after: Option<Value>,
}

impl Difference {
    /// What differs, property by property: those of before in their order, then new ones. Of a file
    /// nothing, for it has none.
    #[must_use]
    pub fn properties(&self) -> Vec<PropertyChange> {
        self.properties_in(&Sight::ALL)
    }

    /// The same, without references to what is not in sight.
    #[must_use]
    pub fn properties_in(&self, sight: &Sight) -> Vec<PropertyChange> {
        if !self.key.is_feature() {
            return vec![];
        }
        let [mut before, mut after] = [&self.before, &self.after].map(|body| {
            let mut members = members(body.as_deref());
            if *sight != Sight::ALL {
                leave_out(&mut members, sight);
            }
            members
        });
        let mut names: Vec<String> = before.keys().cloned().collect();
        names.extend(
            after
                .keys()
                .filter(|name| !before.contains_key(*name))
                .cloned(),
        );
        names
            .into_iter()
            .map(|name| PropertyChange {
                before: before.remove(&name),
                after: after.remove(&name),
                name,
            })
            .filter(|change| change.before != change.after)
            .collect()
    }
}

/// A feature's properties, and its geometry beside them.
fn members(body: Option<&[u8]>) -> Map<String, Value> {
    let feature: Option<Value> = body.and_then(|body| serde_json::from_slice(body).ok());
    let Some(Value::Object(mut feature)) = feature else {
        return Map::new();
    };
    let mut all = match feature.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    all.insert(
        "geometry".to_owned(),
        feature.remove("geometry").unwrap_or_default(),
    );
    all
}

/// Steps of the database after which it is asked whether to go on: a fraction of a millisecond.
const STEPS: c_int = 1_000;
/// Bytes of entries that a page of differences holds.
const MAX_BYTES: usize = 16 << 20;

/// What differs between the revisions ?1 and ?2, of which ?1 is the earlier, on the shelves ?3: a
/// list as JSON, or all.
const DIFFERING: &str = "
    FROM (
        SELECT shelf, name FROM entries WHERE from_revision > ?1 AND from_revision <= ?2
        UNION
        SELECT shelf, name FROM entries WHERE to_revision > ?1 AND to_revision <= ?2
    ) AS touched
    LEFT JOIN entries AS old ON old.shelf = touched.shelf AND old.name = touched.name
        AND old.from_revision <= ?1 AND (old.to_revision IS NULL OR old.to_revision > ?1)
    LEFT JOIN entries AS new ON new.shelf = touched.shelf AND new.name = touched.name
        AND new.from_revision <= ?2 AND (new.to_revision IS NULL OR new.to_revision > ?2)
    WHERE old.hash IS NOT new.hash
        AND (?3 IS NULL OR touched.shelf IN (SELECT value FROM json_each(?3)))";

/// The revisions that changed the entry :name of the shelf :shelf, as far as what it was before them
/// is `:seen`, a sight, or all is.
const TURNS: &str = "
    FROM (
        SELECT from_revision AS number FROM entries WHERE shelf = :shelf AND name = :name
        UNION
        SELECT to_revision FROM entries
        WHERE shelf = :shelf AND name = :name AND to_revision IS NOT NULL
    ) AS touched
    JOIN revisions ON revisions.number = touched.number
    LEFT JOIN entries AS old ON old.shelf = :shelf AND old.name = :name
        AND old.to_revision = touched.number
    LEFT JOIN entries AS new ON new.shelf = :shelf AND new.name = :name
        AND new.from_revision = touched.number
    WHERE old.hash IS NOT new.hash AND (:seen IS NULL OR EXISTS (
        SELECT 1 FROM seen WHERE seen.shelf = :shelf AND (seen.first < touched.number
            OR seen.first = touched.number AND old.hash IS NULL)))";

impl Record {
    /// How many revisions changed an entry, and those of one page, the latest first. A page has at
    /// most [`MAX_BYTES`] of bodies, but one at least. They and their messages are told as far as they
    /// are in sight.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn turns(
        &self,
        sight: &Sight,
        key: &Key,
        limit: usize,
        offset: usize,
    ) -> Result<(usize, Vec<Turn>), RecordError> {
        let mut connection = self.reader()?;
        let reading = connection.transaction()?;
        let count = reading.query_row(
            &format!("{SHELVES} SELECT count(*) {TURNS}"),
            named_params! { ":shelf": &*key.shelf, ":name": &*key.name, ":seen": sight.seen() },
            |row| row.get(0),
        )?;
        let mut rows = reading.prepare(&format!(
            "{SHELVES} SELECT revisions.number, time_ms, author, message, cause, old.body, new.body,
                 :seen IS NOT NULL AND {} {TURNS}
             ORDER BY revisions.number DESC LIMIT :limit OFFSET :offset",
            touches("hidden", "revisions.number")
        ))?;
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let mut rows = rows.query(named_params! {
            ":shelf": &*key.shelf,
            ":name": &*key.name,
            ":seen": sight.seen(),
            ":limit": whole(limit),
            ":offset": whole(offset),
        })?;
        let mut turns = Vec::new();
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let difference = Difference {
                key: key.clone(),
                before: row.get(5)?,
                after: row.get(6)?,
            };
            bytes += size(&difference);
            if bytes > MAX_BYTES && !turns.is_empty() {
                break;
            }
            turns.push(Turn {
                made_by: without_words(read_info(row)?, row.get(7)?),
                difference,
            });
        }
        Ok((count, turns))
    }

    /// How many entries differ between two revisions, and those of one page, by name. A page has at
    /// most [`MAX_BYTES`] of them, but one at least.
    ///
    /// # Errors
    /// Where a revision does not exist, or the database can't be read.
    pub fn differences(
        &self,
        revisions: [Revision; 2],
        limit: usize,
        offset: usize,
    ) -> Result<(usize, Vec<Difference>), RecordError> {
        self.differences_in(&Sight::ALL, revisions, limit, offset)
    }

    /// The same of what is in sight at both.
    ///
    /// # Errors
    /// As [`Record::differences`].
    pub fn differences_in(
        &self,
        sight: &Sight,
        [from, to]: [Revision; 2],
        limit: usize,
        offset: usize,
    ) -> Result<(usize, Vec<Difference>), RecordError> {
        let mut connection = self.reader()?;
        let reading = connection.transaction()?;
        info(&reading, from)?;
        info(&reading, to)?;
        let (first, last) = (from.min(to), from.max(to));
        let shelves = seen_since(&reading, sight, first)?;
        let shelves = shelves.as_deref();
        let count = reading.query_row(
            &format!("SELECT count(*) {DIFFERING}"),
            (first.0, last.0, shelves),
            |row| row.get(0),
        )?;
        let mut differences = differences(&reading, shelves, [first, last], limit, offset)?;
        if from > to {
            for difference in &mut differences {
                std::mem::swap(&mut difference.before, &mut difference.after);
            }
        }
        Ok((count, differences))
    }

    /// The names of the entries of these shelves that differ between two revisions and are in sight at
    /// both, in their order; `None` where it `is_over` before they are found.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn differing(
        &self,
        sight: &Sight,
        revisions: [Revision; 2],
        shelves: &BTreeSet<String>,
        is_over: impl Fn() -> bool + Send + 'static,
    ) -> Result<Option<Vec<Key>>, RecordError> {
        let mut connection = self.reader()?;
        connection.progress_handler(STEPS, Some(is_over));
        let keys = differing(&mut connection, sight, revisions, shelves);
        connection.progress_handler(0, None::<fn() -> bool>);
        match keys {
            Err(RecordError::Database(error))
                if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) =>
            {
                Ok(None)
            }
            keys => keys.map(Some),
        }
    }

    /// Takes back what a revision changed, as the next revision.
    ///
    /// # Errors
    /// Where there is no such revision or it is the first, what it changed has been changed again,
    /// or as [`Record::commit`].
    pub fn revert(
        &self,
        revision: Revision,
        author: &str,
        message: &str,
    ) -> Result<Arc<Snapshot>, RecordError> {
        self.revert_unless(revision, author, message, |_| false)
    }

    /// The same, unless it `is_over`, as [`Record::commit_unless`]. Only names stand in memory.
    ///
    /// # Errors
    /// As [`Record::revert`], and where it is over.
    pub fn revert_unless(
        &self,
        revision: Revision,
        author: &str,
        message: &str,
        is_over: impl FnMut(Concluding) -> bool,
    ) -> Result<Arc<Snapshot>, RecordError> {
        if revision == Revision::EMBEDDED {
            return Err(RecordError::Refused(Text::new(
                "版本 1 是最初的数据，不能撤回",
                "revision 1 is the first data and can't be taken back",
            )));
        }
        let signature = Signature {
            author: author.to_owned(),
            message: message.to_owned(),
            cause: Cause::Revert,
        };
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        info(&writing, revision)?;
        let before = Revision(revision.0.saturating_sub(1));
        let written = {
            let keys = changed_keys(&writing, None, [before, revision])?;
            let mut stood = writing.prepare(&format!(
                "SELECT hash, body FROM entries WHERE {STANDS} AND name = ?3"
            ))?;
            let changes = keys.into_iter().map(|key| -> Result<Change, RecordError> {
                let body = at(&mut stood, &key, before, |row| row.get(1))?;
                let expected = at(&mut stood, &key, revision, |row| Ok(Hash(row.get(0)?)))?;
                Ok(Change {
                    key,
                    expected,
                    body,
                })
            });
            write_each(&writing, &signature, changes)?
        };
        debug_assert_eq!(latest(&writing)?, Some(written.revision));
        self.conclude(writing, &written, is_over)
    }
}

/// What `stood` tells of an entry at a revision, where it was there.
fn at<T>(
    stood: &mut Statement<'_>,
    key: &Key,
    revision: Revision,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, RecordError> {
    let found = stood.query_row((&*key.shelf, revision.0, &*key.name), read);
    Ok(found.optional()?)
}

/// The shelves that have been seen from a revision on, a list as JSON; `None` where all are.
fn seen_since(
    connection: &Connection,
    sight: &Sight,
    revision: Revision,
) -> Result<Option<String>, RecordError> {
    let Some(seen) = sight.seen() else {
        return Ok(None);
    };
    let shelves = connection.query_row(
        &format!("{SHELVES} SELECT json_group_array(shelf) FROM seen WHERE first <= :number"),
        named_params! { ":seen": seen, ":number": revision.0 },
        |row| row.get(0),
    )?;
    Ok(Some(shelves))
}

/// What [`Record::differing`] finds. It reads no bodies, for there may be many.
fn differing(
    connection: &mut Connection,
    sight: &Sight,
    [from, to]: [Revision; 2],
    shelves: &BTreeSet<String>,
) -> Result<Vec<Key>, RecordError> {
    let reading = connection.transaction()?;
    let (first, last) = (from.min(to), from.max(to));
    let mut shelves: Vec<&str> = shelves.iter().map(String::as_str).collect();
    if let Some(seen) = seen_since(&reading, sight, first)? {
        let seen: BTreeSet<String> =
            serde_json::from_str(&seen).expect("a list that the database made");
        shelves.retain(|shelf| seen.contains(*shelf));
    }
    let shelves = serde_json::json!(shelves).to_string();
    changed_keys(&reading, Some(&shelves), [first, last])
}

/// The names of what differs, in their order.
fn changed_keys(
    connection: &Connection,
    shelves: Option<&str>,
    [first, last]: [Revision; 2],
) -> Result<Vec<Key>, RecordError> {
    let mut rows = connection.prepare(&format!(
        "SELECT touched.shelf, touched.name {DIFFERING} ORDER BY touched.shelf, touched.name"
    ))?;
    let keys = rows.query_map((first.0, last.0, shelves), read_key)?;
    Ok(keys.collect::<Result<_, _>>()?)
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<Key> {
    Ok(Key {
        shelf: row.get::<_, String>(0)?.into(),
        name: row.get::<_, String>(1)?.into(),
    })
}

fn differences(
    connection: &Connection,
    shelves: Option<&str>,
    [first, last]: [Revision; 2],
    limit: usize,
    offset: usize,
) -> Result<Vec<Difference>, RecordError> {
    let mut rows = connection.prepare(&format!(
        "SELECT touched.shelf, touched.name, old.body, new.body {DIFFERING}
         ORDER BY touched.shelf, touched.name LIMIT ?4 OFFSET ?5"
    ))?;
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut rows = rows.query((first.0, last.0, shelves, whole(limit), whole(offset)))?;
    let mut differences = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let difference = read_difference(row)?;
        bytes += size(&difference);
        if bytes > MAX_BYTES && !differences.is_empty() {
            break;
        }
        differences.push(difference);
    }
    Ok(differences)
}

fn size(difference: &Difference) -> usize {
    let both = [&difference.before, &difference.after];
    both.into_iter().flatten().map(Vec::len).sum()
}

fn read_difference(row: &Row<'_>) -> rusqlite::Result<Difference> {
    Ok(Difference {
        key: read_key(row)?,
        before: row.get(2)?,
        after: row.get(3)?,
    })
}
