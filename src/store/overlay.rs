//! What has changed in a collection since it was packed.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use super::{
    naming::Names,
    packed::{Entry, Packed, Tree, place, tree},
};
use crate::model::Feature;

/// What becomes of a place: another feature, or a hole.
pub(super) type Change = (u32, Option<Arc<Entry>>);

/// What stands at places where packed features were, or after them.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    /// In the order of places.
    changed: Vec<Change>,
    /// Places after the packed features, by the ids of those that stand there, or stood.
    added: BTreeMap<Box<str>, u32>,
    tree: Tree,
    /// Made when first asked for: hardly any of the changes are searched by name before the next.
    names: OnceLock<Names>,
}

impl Overlay {
    /// With more changes, at most one to a place, each to a feature of the id that stands or stood
    /// there.
    pub(super) fn with(&self, base: &Packed, changes: Vec<Change>) -> Self {
        let mut changed: BTreeMap<u32, Option<Arc<Entry>>> = self.changed.iter().cloned().collect();
        let mut added = self.added.clone();
        for (at, entry) in changes {
            if let Some(entry) = entry.as_ref().filter(|_| at >= place(base.features.len())) {
                added.insert(entry.feature.id.clone(), at);
            }
            changed.insert(at, entry);
        }
        let changed: Vec<Change> = changed.into_iter().collect();
        let there = changed.iter();
        let there = there.filter_map(|(at, entry)| Some((*at, &entry.as_ref()?.feature)));
        Self {
            tree: tree(there),
            changed,
            added,
            names: OnceLock::new(),
        }
    }

    /// What has changed, in the order of places.
    pub(super) fn changed(&self) -> &[Change] {
        &self.changed
    }

    /// The place after the packed features of the one that has this id, or had it.
    pub(super) fn added(&self, id: &str) -> Option<u32> {
        self.added.get(id).copied()
    }

    /// How many places there are after those of the packed features.
    pub(super) fn more(&self) -> usize {
        self.added.len()
    }

    /// The number of a place among those that changed.
    pub(super) fn number(&self, at: u32) -> Option<usize> {
        self.changed.binary_search_by_key(&at, |(at, _)| *at).ok()
    }

    /// What stands at the place of this number.
    pub(super) fn feature(&self, number: usize) -> Option<&Feature> {
        let (_, entry) = &self.changed[number];
        Some(&entry.as_ref()?.feature)
    }

    /// The same, as long as nobody shares it.
    pub(super) fn feature_mut(&mut self, number: usize) -> Option<&mut Feature> {
        let entry = Arc::get_mut(self.changed[number].1.as_mut()?)?;
        Some(&mut entry.feature)
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The names, by the numbers of their places among those that changed.
    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let features = self.changed.iter();
            Names::new(features.map(|(_, entry)| Some(&entry.as_ref()?.feature)))
        })
    }
}
