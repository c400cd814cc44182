//! The newest data, made of those before them where somebody still has these.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, PoisonError},
};

use rusqlite::{Connection, Statement};

use super::{
    Concluding, Key, Record, RecordError,
    commit::{Became, Written},
    entry, fingerprint, latest, snapshot, snapshot_watched,
};
use crate::{
    model::{FeatureRef, Revision},
    store::{
        load::{self, Changed},
        snapshot::Snapshot,
    },
};

/// Of this many features one may change in a revision; where it is more, reading all anew is about as
/// quick.
const SHARE: usize = 16;
/// As few as this may always change.
const FEW: usize = 4096;

impl Record {
    /// The newest data. Where somebody has them from an earlier call, or from a commit, they are shared.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn newest(&self) -> Result<Arc<Snapshot>, RecordError> {
        let mut connection = self.reader()?;
        let reading = connection.transaction()?;
        let revision = latest(&reading)?.ok_or(RecordError::NoRevision(Revision::EMBEDDED))?;
        if let Some(snapshot) = self.held(revision) {
            return Ok(snapshot);
        }
        Ok(self.hand_out(snapshot(&reading, revision)?))
    }

    /// The data with a revision that is just being written.
    pub(super) fn following(
        &self,
        writing: &Connection,
        written: &Written,
        is_over: &mut dyn FnMut(Concluding) -> bool,
    ) -> Result<Snapshot, RecordError> {
        let before = Revision(written.revision.0.saturating_sub(1));
        let next = match self.held(before) {
            Some(before) => next(&before, writing, &written.made)?,
            None => None,
        };
        if let Some(mut next) = next {
            next.revision = written.revision;
            next.fingerprint = fingerprint(written.hash);
            return Ok(next);
        }
        let all = standing(writing)?;
        snapshot_watched(writing, written.revision, &mut |done| {
            if is_over(Concluding::Reading { done, all }) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    }

    /// Hands out the newest data, and knows them as long as somebody has them.
    pub(super) fn hand_out(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let snapshot = Arc::new(snapshot);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let known = newest.upgrade();
        // Somebody may have been slow to read what is no longer the newest.
        if known.is_none_or(|known| known.revision < snapshot.revision) {
            *newest = Arc::downgrade(&snapshot);
        }
        snapshot
    }

    /// The data of a revision, if they are the newest that somebody has.
    fn held(&self, revision: Revision) -> Option<Arc<Snapshot>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.upgrade().filter(|known| known.revision == revision)
    }
}

/// How many features stand.
fn standing(connection: &Connection) -> Result<u64, RecordError> {
    let count = "SELECT count(*) FROM entries WHERE to_revision IS NULL AND shelf NOT IN (?1, ?2)";
    Ok(connection.query_row(count, [entry::SEEDS, entry::GEODATA], |row| row.get(0))?)
}

/// The data with entries that became others; `None` where they have to be read anew.
fn next(
    before: &Snapshot,
    writing: &Connection,
    made: &BTreeMap<Key, Became>,
) -> Result<Option<Snapshot>, RecordError> {
    let collections = before.collections().iter();
    let all: usize = collections.map(|one| one.features().len()).sum();
    if made.len() > (all / SHARE).max(FEW) || !made.keys().all(Key::is_feature) {
        return Ok(None);
    }
    let mut in_order: Vec<(&Key, &Became)> = made.iter().collect();
    // Those that are gone have no place any more, and need none.
    in_order.sort_by_key(|(_, became)| became.stands.map(|(_, place)| place));
    let mut standing = writing.prepare(
        "SELECT body FROM entries WHERE shelf = ?1 AND name = ?2 AND to_revision IS NULL",
    )?;
    let mut changes = Vec::with_capacity(in_order.len());
    for (key, became) in in_order {
        let name = FeatureRef::new(&key.shelf, &key.name);
        changes.push(Changed {
            body: became
                .stands
                .map(|_| body(&mut standing, &name))
                .transpose()?,
            name,
            is_new: became.is_new,
        });
    }
    load::next(before, &changes, |name| body(&mut standing, name))
}

fn body(standing: &mut Statement<'_>, name: &FeatureRef) -> Result<Vec<u8>, RecordError> {
    Ok(standing.query_row((&*name.collection, &*name.id), |row| row.get(0))?)
}
