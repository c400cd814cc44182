//! What has changed in what a view shows.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use moka::{Expiry, sync::Cache};
use sha2::{Digest, Sha256};

use super::{
    Failure,
    asked::area,
    place::{Place, filter, shown},
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
/// After so long it is tried again to find what took too long.
const TRIED_AGAIN: Duration = Duration::from_mins(10);

/// What has changed, by a hash of all that decides it: links that many open at once are told so once.
/// `None`: it takes too long.
pub struct NewsCache(Cache<[u8; 32], Option<Arc<News>>>);

impl Default for NewsCache {
    /// One for as many shares as are opened in a day.
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(MAX_KEPT)
            .expire_after(TriedAgain);
        Self(cache.build())
    }
}

/// What was found stays so; what took too long may take less when the machine has less to do.
struct TriedAgain;

impl Expiry<[u8; 32], Option<Arc<News>>> for TriedAgain {
    fn expire_after_create(
        &self,
        _: &[u8; 32],
        news: &Option<Arc<News>>,
        _: Instant,
    ) -> Option<Duration> {
        news.is_none().then_some(TRIED_AGAIN)
    }
}

impl NewsCache {
    /// What was told before, or is found now: once, however many ask.
    ///
    /// # Errors
    /// As `find`, and where it took too long before.
    pub(super) fn told(
        &self,
        key: [u8; 32],
        patience: &Patience,
        find: impl Fn() -> Result<News, Failure>,
    ) -> Result<Arc<News>, Failure> {
        loop {
            let told = self.0.try_get_with(key, || match find() {
                Ok(news) => Ok(Some(Arc::new(news))),
                Err(Failure::TooLong) if !patience.is_abandoned() => Ok(None),
                Err(failure) => Err(failure),
            });
            match told {
                Ok(news) => return news.ok_or(Failure::TooLong),
                // Who began has left: another goes on.
                Err(failure) if matches!(*failure, Failure::TooLong) => patience.check()?,
                Err(failure) => return Err(Failure::clone(&failure)),
            }
        }
    }
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
        let was = area(view, then, patience)?.and_then(Result::ok);
        let is = area(view, now, patience)?.and_then(Result::ok);
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

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Barrier,
            atomic::{AtomicBool, AtomicUsize, Ordering},
        },
        thread,
    };

    use super::*;

    fn news(changed: usize) -> News {
        News {
            revision: Revision(2),
            time: Timestamp::UNIX_EPOCH,
            added: 0,
            changed,
            removed: 0,
            features: Vec::new(),
        }
    }

    fn patient() -> Patience {
        Patience::new(Duration::from_mins(5), Arc::default())
    }

    #[test]
    fn what_has_changed_is_found_once_for_all_who_ask() {
        let cache = NewsCache::default();
        let found = AtomicUsize::new(0);
        let start = Barrier::new(8);
        let ask = |key| {
            cache.told(key, &patient(), || {
                thread::sleep(Duration::from_millis(20));
                Ok(news(found.fetch_add(1, Ordering::Relaxed)))
            })
        };
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(ask([1; 32]).unwrap().changed, 0);
                });
            }
        });
        assert_eq!(ask([2; 32]).unwrap().changed, 1);
        assert_eq!(ask([1; 32]).unwrap().changed, 0);
        assert_eq!(found.into_inner(), 2);
    }

    #[test]
    fn what_takes_too_long_is_not_begun_again_by_each_reader() {
        let cache = NewsCache::default();
        let begun = AtomicUsize::new(0);
        let too_long = || {
            begun.fetch_add(1, Ordering::Relaxed);
            Err(Failure::TooLong)
        };
        // Who leaves has not found out that it takes too long.
        let left = Patience::new(Duration::from_mins(5), Arc::new(AtomicBool::new(true)));
        for patience in [&left, &patient(), &patient()] {
            let told = cache.told([1; 32], patience, too_long);
            assert!(matches!(told, Err(Failure::TooLong)), "{told:?}");
        }
        assert_eq!(begun.into_inner(), 2);
        let told = cache.told([2; 32], &left, || Ok(news(3)));
        assert_eq!(told.unwrap().changed, 3);
    }

    #[test]
    fn who_waits_goes_on_where_who_began_has_left() {
        let cache = NewsCache::default();
        let leaves = Arc::new(AtomicBool::new(false));
        let first = Patience::new(Duration::from_mins(5), Arc::clone(&leaves));
        let has_begun = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                let told = cache.told([1; 32], &first, || {
                    has_begun.wait();
                    thread::sleep(Duration::from_millis(20));
                    leaves.store(true, Ordering::Relaxed);
                    Err(Failure::TooLong)
                });
                assert!(matches!(told, Err(Failure::TooLong)), "{told:?}");
            });
            has_begun.wait();
            let told = cache.told([1; 32], &patient(), || Ok(news(7)));
            assert_eq!(told.unwrap().changed, 7);
        });
    }

    #[test]
    fn nobody_is_told_what_another_sees_or_what_was_before() {
        let files = [
            crate::store::files::Files::seeds(None),
            crate::store::files::Files::geodata(None),
        ];
        let snapshot = crate::store::load(&files[0], &files[1]).unwrap();
        let looks = [&snapshot, &snapshot];
        let view = View::default();
        let mut keys = BTreeSet::new();
        let roles = [None, Some(Role::Reader), Some(Role::Editor)];
        for role in roles.into_iter().chain([Some(Role::Administrator)]) {
            for latest in [Revision(2), Revision(3)] {
                keys.insert(key(&view, looks, latest, Viewer(role)));
            }
        }
        let other = View::parse("layers=zones").0;
        keys.insert(key(&other, looks, Revision(2), Viewer(None)));
        assert_eq!(keys.len(), 9);
    }
}
