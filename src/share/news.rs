//! What has changed in what a view shows.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    Failure,
    place::{Place, area, filter, shown},
};
use crate::{
    area::{Area, Interrupted, Patience},
    model::{Feature, FeatureRef, Revision, Role, View, Viewer},
    store::{
        Collection, Selection, Snapshot,
        record::{Record, Sight},
    },
};

/// Features that are listed; of more it is told how many.
const MAX_LISTED: usize = 100;
/// Shares of which it is kept in mind what has changed.
const MAX_KEPT: u64 = 1_000;

/// What has changed, by a hash of all that decides it: links that many open at once are told so once.
pub type NewsCache = moka::sync::Cache<[u8; 32], Arc<News>>;

/// One for as many shares as are opened in a day.
#[must_use]
pub fn news_cache() -> NewsCache {
    NewsCache::new(MAX_KEPT)
}

/// All that decides what has changed.
pub(super) fn key(
    view: &View,
    looks: [&Snapshot; 2],
    latest: Revision,
    viewer: Viewer,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    add(&view.to_query());
    for snapshot in looks {
        add(&snapshot.fingerprint);
        add(&snapshot.revision.to_string());
    }
    add(&latest.to_string());
    add(viewer.0.map_or("", Role::as_str));
    hash.finalize().into()
}

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
    /// `None`: nowhere.
    place: Option<Place>,
}

impl<'a> Look<'a> {
    /// What it shows there, where it asks about an area, or else where it is drawn.
    fn new(
        view: &View,
        snapshot: &'a Snapshot,
        area: Option<&Area>,
        collections: &BTreeSet<Box<str>>,
        patience: &Patience,
    ) -> Result<Self, Interrupted> {
        let touched = collections.iter().filter_map(|id| snapshot.collection(id));
        let place = match (&view.area, area) {
            (None, _) => Some(Place::drawn(view)),
            (Some(_), Some(area)) => Some(Place::asked(area, view, snapshot, touched, patience)?),
            (Some(_), None) => None,
        };
        Ok(Self { snapshot, place })
    }

    fn feature(&self, name: &FeatureRef) -> Option<&'a Feature> {
        self.snapshot.feature(name)
    }

    /// Whether it shows a feature, as far as it has it.
    fn shows(&self, name: &FeatureRef, filter: Option<&Selection>) -> bool {
        self.feature(name).is_some_and(|feature| {
            filter.is_none_or(|filter| filter.matches(feature))
                && self
                    .place
                    .as_ref()
                    .is_some_and(|place| place.holds(self.snapshot, name, feature))
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
        let was = area(view, then, patience)?;
        let is = area(view, now, patience)?;
        // An area that is no more is where it was: without it the whole district would be news.
        let is = is.as_ref().or(was.as_ref());
        let before = Look::new(view, then, was.as_ref(), &touched, patience)?;
        let after = Look::new(view, now, is, &touched, patience)?;
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
    let patience = patience.clone();
    let keys = record.differing(
        sight,
        [then.revision, now.revision],
        &collections,
        move || patience.check().is_err(),
    )?;
    let keys = keys.ok_or(Failure::TooLong)?;
    let names = keys
        .iter()
        .map(|key| FeatureRef::new(&key.shelf, &key.name));
    Ok(names.collect())
}
