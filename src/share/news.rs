//! What has changed in what a view shows.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    Failure,
    place::{Place, filter, shown},
};
use crate::{
    area::{Interrupted, Patience},
    model::{Feature, FeatureRef, Revision, View},
    store::{
        Collection, Selection, Snapshot,
        record::{Difference, Record, Sight},
    },
};

/// Features that are listed; of more it is told how many.
const MAX_LISTED: usize = 100;
/// Differences that are read at once.
const PAGE: usize = 1_000;

/// What became of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It is another.
    Changed,
    /// It is gone.
    Removed,
}

impl Change {
    /// Its word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// A feature that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsItem {
    /// Which one.
    pub feature: FeatureRef,
    /// Its name: as it is now, or as it was.
    pub name: String,
    /// What became of it.
    pub change: Change,
}

/// What has changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The latest revision.
    pub revision: Revision,
    /// When it was made.
    pub time: Timestamp,
    /// Features that are new.
    pub added: usize,
    /// Features that are others.
    pub changed: usize,
    /// Features that are gone.
    pub removed: usize,
    /// The first of them, by name.
    pub features: Vec<NewsItem>,
}

/// What a view shows of the data of one time.
struct Look<'a> {
    snapshot: &'a Snapshot,
    place: Place,
}

impl<'a> Look<'a> {
    fn new(
        view: &View,
        snapshot: &'a Snapshot,
        collections: &BTreeSet<Box<str>>,
        patience: &Patience,
    ) -> Result<Self, Interrupted> {
        let touched = collections.iter().filter_map(|id| snapshot.collection(id));
        Ok(Self {
            snapshot,
            place: Place::of(view, snapshot, touched, patience)?,
        })
    }

    fn feature(&self, name: &FeatureRef) -> Option<&'a Feature> {
        self.snapshot.feature(name)
    }

    /// Whether it shows a feature, as far as it has it.
    fn shows(&self, name: &FeatureRef, filter: Option<&Selection>) -> bool {
        self.feature(name).is_some_and(|feature| {
            filter.is_none_or(|filter| filter.matches(feature))
                && self.place.holds(self.snapshot, name, feature)
        })
    }
}

impl News {
    /// What differs between what a view showed then and shows now, each as who looks sees it. What was
    /// shown then or is shown now counts. `latest` is the latest revision that they may know of, and
    /// when it was made.
    ///
    /// # Errors
    /// Where the record can't be read, or it takes longer than `patience`.
    pub(super) fn between(
        record: &Record,
        sight: &Sight,
        view: &View,
        [then, now]: [&Snapshot; 2],
        latest: (Revision, Timestamp),
        patience: &Patience,
    ) -> Result<Self, Failure> {
        let names = differing(record, sight, view, [then, now], patience)?;
        let (revision, time) = latest;
        let mut news = Self {
            revision,
            time,
            added: 0,
            changed: 0,
            removed: 0,
            features: Vec::new(),
        };
        news.gather(view, &names, [then, now], patience)?;
        Ok(news)
    }

    /// Counts those of the features that are shown then or now.
    fn gather(
        &mut self,
        view: &View,
        names: &[FeatureRef],
        [then, now]: [&Snapshot; 2],
        patience: &Patience,
    ) -> Result<(), Interrupted> {
        let touched: BTreeSet<Box<str>> =
            names.iter().map(|name| name.collection.clone()).collect();
        let before = Look::new(view, then, &touched, patience)?;
        let after = Look::new(view, now, &touched, patience)?;
        let filter = filter(view);
        let base: HashMap<&str, bool> = shown(view, then)
            .chain(shown(view, now))
            .map(|(collection, is_base)| (&*collection.info.id, is_base))
            .collect();
        for name in names {
            patience.check()?;
            let is_base = base.get(&*name.collection).copied().unwrap_or_default();
            let filter = (!is_base).then_some(&filter);
            if !before.shows(name, filter) && !after.shows(name, filter) {
                continue;
            }
            let change = match (before.feature(name), after.feature(name)) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                _ => Change::Changed,
            };
            match change {
                Change::Added => self.added += 1,
                Change::Changed => self.changed += 1,
                Change::Removed => self.removed += 1,
            }
            if self.features.len() < MAX_LISTED {
                let feature = after.feature(name).or_else(|| before.feature(name));
                self.features.push(NewsItem {
                    name: feature.map_or_else(String::new, |feature| feature.name.to_string()),
                    feature: name.clone(),
                    change,
                });
            }
        }
        Ok(())
    }
}

/// The features that differ, of the collections that a view shows or asks about.
fn differing(
    record: &Record,
    sight: &Sight,
    view: &View,
    [then, now]: [&Snapshot; 2],
    patience: &Patience,
) -> Result<Vec<FeatureRef>, Failure> {
    let of_collection = |(collection, _): (&Collection, bool)| collection.info.id.clone();
    let mut collections: BTreeSet<String> = shown(view, then).map(of_collection).collect();
    collections.extend(shown(view, now).map(of_collection));
    if view.area.is_some() {
        collections.extend(view.collections.iter().cloned());
    }
    let revisions = [then.revision, now.revision];
    let mut names = Vec::new();
    let mut read = 0;
    loop {
        patience.check()?;
        let (count, page) = record.differences_in(sight, revisions, PAGE, read)?;
        read += page.len();
        let is_over = page.is_empty() || read >= count;
        for Difference { key, .. } in page {
            if key.is_feature() && collections.contains(&*key.shelf) {
                names.push(FeatureRef::new(&key.shelf, &key.name));
            }
        }
        if is_over {
            return Ok(names);
        }
    }
}
