//! First data, and what a newer release of them would change.

use std::{collections::BTreeMap, sync::Arc};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    CATALOGUE, Change, ChangeSet, Hash, Key, Record, RecordError, collection_ids,
    commit::write,
    entry::{GEODATA, SEEDS, features_of},
};
use crate::{
    documents::DocumentInfo,
    model::Cause,
    store::{files::Files, load, snapshot::Snapshot},
};

/// Who commits the data that a program brings.
const PROGRAM: &str = "renewal-map";
/// Files that a district may have beside its documents.
const BESIDE_DOCUMENTS: [&str; 2] = ["claims.json", "indicators.json"];

/// What a newer release of the data would change. Nothing of it is taken over unasked.
#[derive(Debug)]
pub struct Offer {
    /// What it changes, in the order of its files; what it drops comes last.
    pub changes: Vec<Offered>,
    /// What all of the release has, for the next comparison.
    release: BTreeMap<Key, Hash>,
}

/// One entry that a newer release changes.
#[derive(Debug)]
pub struct Offered {
    /// Its name.
    pub key: Key,
    /// What stands here; `None` where nothing does.
    pub standing: Option<Hash>,
    /// What the release has; `None` where it has dropped it.
    pub body: Option<Vec<u8>>,
    /// Whether it was changed here since the release before: then what is here stays.
    pub changed_here: bool,
}

impl Record {
    /// Writes the first revision.
    pub(super) fn seed(&self, seeds: &Files, geodata: &Files) -> Result<(), RecordError> {
        // Data with problems must not become a record.
        load::load(seeds, geodata)?;
        let entries = entries_of(seeds, geodata)?;
        let release = hashes(&entries);
        // In the order of their files, which they keep.
        let changes = entries
            .into_iter()
            .map(|(key, body)| Change {
                key,
                expected: None,
                body: Some(body),
            })
            .collect();
        let set = ChangeSet {
            author: PROGRAM.to_owned(),
            message: Cause::Seed.title().zh,
            cause: Cause::Seed,
            changes,
        };
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if super::latest(&writing)?.is_none() {
            write(&writing, &set)?;
            remember(&writing, &release)?;
        }
        writing.commit()?;
        Ok(())
    }

    /// What these files change against the release that was accepted last; `None` where nothing.
    ///
    /// # Errors
    /// Where the files can't be read, or the database can't.
    pub fn offer(&self, seeds: &Files, geodata: &Files) -> Result<Option<Offer>, RecordError> {
        let entries = entries_of(seeds, geodata)?;
        let release = hashes(&entries);
        let mut connection = self.reader()?;
        let reading = connection.transaction()?;
        let accepted = all_hashes(&reading, "SELECT shelf, name, hash FROM release")?;
        if accepted == release {
            return Ok(None);
        }
        let standing = all_hashes(
            &reading,
            "SELECT shelf, name, hash FROM entries WHERE to_revision IS NULL",
        )?;
        let gone = accepted.keys().filter(|key| !release.contains_key(*key));
        let changes = entries
            .into_iter()
            .map(|(key, body)| (key, Some(body)))
            .chain(gone.map(|key| (key.clone(), None)))
            .filter(|(key, _)| accepted.get(key) != release.get(key))
            // It may have been brought in by hand already.
            .filter(|(key, _)| standing.get(key) != release.get(key))
            .map(|(key, body)| Offered {
                standing: standing.get(&key).copied(),
                changed_here: standing.get(&key) != accepted.get(&key),
                key,
                body,
            })
            .collect();
        Ok(Some(Offer { changes, release }))
    }

    /// Takes an offer over, but for what was changed here; returns the data with it, or `None` where
    /// nothing was left to change.
    ///
    /// # Errors
    /// As [`Record::commit`]; where something has changed since the offer was made, a conflict.
    pub fn accept(
        &self,
        offer: &Offer,
        author: &str,
    ) -> Result<Option<Arc<Snapshot>>, RecordError> {
        let changes: Vec<Change> = offer
            .changes
            .iter()
            .filter(|offered| !offered.changed_here)
            .map(|offered| Change {
                key: offered.key.clone(),
                expected: offered.standing,
                body: offered.body.clone(),
            })
            .collect();
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut taken = None;
        if !changes.is_empty() {
            let set = ChangeSet {
                author: author.to_owned(),
                message: Cause::Release.title().zh,
                cause: Cause::Release,
                changes,
            };
            let written = write(&writing, &set)?;
            taken = Some(self.following(&writing, &written, &mut |_| false)?);
        }
        remember(&writing, &offer.release)?;
        writing.commit()?;
        Ok(taken.map(|snapshot| self.hand_out(snapshot)))
    }
}

/// Everything that a district's files hold, in the form in which it is kept and in their order.
fn entries_of(seeds: &Files, geodata: &Files) -> Result<Vec<(Key, Vec<u8>)>, RecordError> {
    let mut entries = Vec::new();
    let index = seeds.read("index.json")?;
    let documents: Vec<DocumentInfo> = serde_json::from_slice(&index)
        .map_err(|error| RecordError::Refused(load::not_json(&error)))?;
    entries.push((Key::new(SEEDS, "index.json"), index.into_owned()));
    for document in documents {
        let body = seeds.read(&document.file)?.into_owned();
        entries.push((Key::new(SEEDS, &document.file), body));
    }
    for name in BESIDE_DOCUMENTS {
        if let Ok(body) = seeds.read(name) {
            entries.push((Key::new(SEEDS, name), body.into_owned()));
        }
    }
    let catalogue = geodata.read(CATALOGUE)?;
    for id in collection_ids(&catalogue).map_err(RecordError::Refused)? {
        let file = geodata.read(&format!("{id}.geojson"))?;
        for (name, body) in features_of(&file).map_err(RecordError::Refused)? {
            entries.push((Key::new(&id, &name), body));
        }
    }
    entries.push((Key::new(GEODATA, CATALOGUE), catalogue.into_owned()));
    Ok(entries)
}

fn hashes(entries: &[(Key, Vec<u8>)]) -> BTreeMap<Key, Hash> {
    entries
        .iter()
        .map(|(key, body)| (key.clone(), Hash::of(body)))
        .collect()
}

fn all_hashes(connection: &Connection, select: &str) -> Result<BTreeMap<Key, Hash>, RecordError> {
    let mut rows = connection.prepare(select)?;
    let rows = rows.query_map([], |row| {
        let (shelf, name): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((Key::new(&shelf, &name), Hash(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn remember(writing: &Transaction<'_>, release: &BTreeMap<Key, Hash>) -> Result<(), RecordError> {
    writing.execute("DELETE FROM release", [])?;
    let mut insert =
        writing.prepare("INSERT INTO release (shelf, name, hash) VALUES (?1, ?2, ?3)")?;
    for (key, hash) in release {
        insert.execute((&*key.shelf, &*key.name, hash.0))?;
    }
    Ok(())
}
