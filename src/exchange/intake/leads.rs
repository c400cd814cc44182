//! Rows that refer to what will not be there once the file is in.

use std::collections::HashSet;

use super::staging::{Sort, Staging};
use crate::{
    model::{FeatureRef, Text},
    store::{Snapshot, circling, claims_on, dangling, record::RecordError, referrers},
};

/// A row that falls for what it refers to.
pub struct Fallen {
    /// Its number.
    pub row: u64,
    /// Its key.
    pub key: String,
    /// What would have become of its feature.
    pub sort: Sort,
    /// Why it falls.
    pub reason: Text,
}

/// Is asked at every step whether to go on, and says why not.
pub type GoOn<'a> = dyn FnMut() -> Result<(), RecordError> + 'a;

/// Takes those rows out of the changes that refer to what will not be there, or that contain themselves;
/// then those that referred to them, until all that is left holds. `removing`: what the file does not have
/// goes.
pub fn fell(
    staging: &Staging,
    snapshot: &Snapshot,
    collection: &str,
    removing: bool,
    take: &mut dyn FnMut(Fallen),
    go_on: &mut GoOn<'_>,
) -> Result<(), RecordError> {
    if !staging.index_leads()? {
        return Ok(());
    }
    loop {
        go_on()?;
        for id in circle(staging, snapshot, collection, go_on)? {
            staging.fell_circling(&id)?;
        }
        staging.fell_dangling(removing)?;
        let fallen = staging.take_fallen(removing, |row, key, sort, lead| {
            let reason = match lead {
                Some((property, target)) => dangling(&property, &target),
                None => circling(),
            };
            take(Fallen {
                row,
                key,
                sort,
                reason,
            });
        })?;
        // What stands in the place of a row that fell may close another circle, and nothing else can.
        if fallen == 0 {
            return Ok(());
        }
    }
}

/// The features of the file that contain themselves, as far as something suspect is among them.
fn circle(
    staging: &Staging,
    snapshot: &Snapshot,
    collection: &str,
    go_on: &mut GoOn<'_>,
) -> Result<Vec<String>, RecordError> {
    // Those whose containers are known to end, or to have been told of.
    let mut done: HashSet<FeatureRef> = HashSet::new();
    let mut found = Vec::new();
    staging.each_suspect(|id| {
        let mut path: Vec<FeatureRef> = Vec::new();
        let mut next = Some(FeatureRef::new(collection, id));
        let mut on_path = HashSet::new();
        while let Some(name) = next.take() {
            go_on()?;
            if done.contains(&name) {
                break;
            }
            if !on_path.insert(name.clone()) {
                let begin = path.iter().position(|other| *other == name);
                let round = path[begin.unwrap_or(0)..].iter();
                let own = round.filter(|other| *other.collection == *collection);
                found.extend(own.map(|other| other.id.to_string()));
                break;
            }
            let is_own = *name.collection == *collection;
            let sort = if is_own {
                staging.sort(&name.id)?
            } else {
                None
            };
            next = if matches!(sort, Some(Sort::Added | Sort::Changed)) {
                let container = staging.container(&name.id)?;
                container.and_then(|name| name.parse().ok())
            } else {
                let feature = snapshot.feature(&name);
                feature.and_then(|feature| feature.container.as_deref().cloned())
            };
            path.push(name);
        }
        done.extend(path);
        Ok(())
    })?;
    Ok(found)
}

/// Features that go and to which something refers that stays: how many, and the first with what that is.
pub fn needed(
    staging: &Staging,
    snapshot: &Snapshot,
    collection: &str,
    go_on: &mut GoOn<'_>,
) -> Result<Option<(u64, String, String)>, RecordError> {
    let mut needed: Option<(u64, String, String)> = None;
    staging.each_removed(|id| {
        go_on()?;
        let name = FeatureRef::new(collection, id);
        let mut by = claims_on(snapshot, &name).next().map(str::to_owned);
        for other in referrers(snapshot, &name) {
            go_on()?;
            if by.is_some() {
                break;
            }
            let sort = if *other.collection == *collection {
                staging.sort(&other.id)?
            } else {
                None
            };
            // What the file changes leads to nothing that goes: such rows have fallen.
            if !matches!(sort, Some(Sort::Removed | Sort::Changed)) {
                by = Some(other.to_string());
            }
        }
        if let Some(by) = by {
            let (count, ..) = needed.get_or_insert_with(|| (0, name.to_string(), by));
            *count += 1;
        }
        Ok(())
    })?;
    Ok(needed)
}
