//! What has changed in what a view shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use moka::Expiry;

use super::{
    Failure,
    asked::area,
    known::{self, Key, Known},
    place::{Place, filter, located, shown},
};
use crate::{
    area::{Area, Interrupted, Patience},
    model::{
        Feature, FeatureRef, Revision, Role, View, Viewer,
        view::{Panel, ViewArea},
    },
    store::{
        Selection, Snapshot,
        record::{Record, Sight},
    },
};

/// Features that are listed; of more it is told how many.
const MAX_LISTED: usize = 100;
/// After so long it is tried again to find what took too long.
const TRIED_AGAIN: Duration = Duration::from_mins(10);

/// What has changed in shares. `None`: it takes too long.
pub struct NewsCache(Known<Option<Arc<News>>>);

impl Default for NewsCache {
    /// One in which nothing is known yet.
    fn default() -> Self {
        Self(Known::with_expiry(TriedAgain))
    }
}

/// What was found stays so; what took too long may take less when the machine has less to do.
struct TriedAgain;

impl Expiry<Key, Option<Arc<News>>> for TriedAgain {
    fn expire_after_create(
        &self,
        _: &Key,
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
        key: Key,
        patience: &Patience,
        find: impl Fn() -> Result<News, Failure>,
    ) -> Result<Arc<News>, Failure> {
        let told = self.0.told(key, patience, || match find() {
            Ok(news) => Ok(Some(Arc::new(news))),
            Err(Failure::TooLong) if !patience.is_abandoned() => Ok(None),
            Err(failure) => Err(failure),
        });
        told?.ok_or(Failure::TooLong)
    }
}

/// All that decides what has changed.
pub(super) fn key(view: &View, looks: [&Snapshot; 2], latest: Revision, viewer: Viewer) -> Key {
    let [then, now] = looks.map(|snapshot| snapshot.revision.to_string());
    known::key(&[
        &view.to_query(),
        &looks[0].fingerprint,
        &then,
        &looks[1].fingerprint,
        &now,
        &latest.to_string(),
        viewer.0.map_or("", Role::as_str),
    ])
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
    /// It is as it was, and lies in the view since that reaches elsewhere.
    Entered,
    /// It is as it was, and lies in the view no more.
    Left,
}

impl Change {
    /// Its word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Entered => "entered",
            Self::Left => "left",
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
    /// Features that are as they were and have come into the view.
    pub entered: usize,
    /// Features that are as they were and lie in it no more.
    pub left: usize,
    /// The first of them, by name.
    pub features: Vec<NewsItem>,
}

/// What a view is about.
struct Subject<'v> {
    view: &'v View,
    /// The collections that it shows or asks about, each with whether it is a part of the base map,
    /// which no filter thins out.
    collections: BTreeMap<String, bool>,
    /// What passes its filter.
    filter: Selection,
    /// The features that it is about wherever they lie: the selected one, and the one that is its area.
    own: BTreeSet<&'v FeatureRef>,
}

impl<'v> Subject<'v> {
    fn new(view: &'v View, looks: [&Snapshot; 2]) -> Self {
        let shown = looks.into_iter().flat_map(|snapshot| shown(view, snapshot));
        let mut collections: BTreeMap<String, bool> = shown
            .map(|(collection, is_base)| (collection.info.id.clone(), is_base))
            .collect();
        if view.area.is_some() {
            for id in &view.collections {
                collections.entry(id.clone()).or_default();
            }
        }
        let area = match &view.area {
            Some(ViewArea::Feature(name)) => Some(name),
            _ => None,
        };
        Self {
            view,
            collections,
            filter: filter(view),
            own: view.select.iter().chain(area).collect(),
        }
    }

    /// The features that differ and may be shown.
    fn differing(
        &self,
        record: &Record,
        sight: &Sight,
        [then, now]: [&Snapshot; 2],
        patience: &Patience,
    ) -> Result<Vec<FeatureRef>, Failure> {
        let own = self.own.iter().map(|name| name.collection.to_string());
        let shelves = self.collections.keys().cloned().chain(own).collect();
        let revisions = [then.revision, now.revision];
        let patience = patience.clone();
        let keys = record.differing(sight, revisions, &shelves, move || {
            patience.check().is_err()
        });
        let keys = keys?.ok_or(Failure::TooLong)?;
        let names = keys
            .iter()
            .map(|key| FeatureRef::new(&key.shelf, &key.name));
        Ok(names.collect())
    }

    /// The collections of which features that are as they were may come into the view or leave it:
    /// where it asks about an area, or about zones, these may reach elsewhere.
    fn crossing(&self) -> Vec<&str> {
        if self.view.area.is_some() {
            return self.view.collections.iter().map(String::as_str).collect();
        }
        let filtered = self.collections.iter().filter(|(_, is_base)| !**is_base);
        let filtered = filtered.filter(|_| !self.view.filter.zone.is_empty());
        filtered.map(|(id, _)| id.as_str()).collect()
    }
}

/// What a view shows of the data of one time.
struct Look<'a> {
    subject: &'a Subject<'a>,
    snapshot: &'a Snapshot,
    /// `None`: nowhere.
    place: Option<Place>,
}

impl<'a> Look<'a> {
    /// What it shows there, where it asks about an area, or else where it is drawn.
    fn new(
        subject: &'a Subject<'a>,
        snapshot: &'a Snapshot,
        area: Option<&Area>,
        searched: &BTreeSet<&str>,
        patience: &Patience,
    ) -> Result<Self, Interrupted> {
        let view = subject.view;
        let searched = searched.iter().filter_map(|id| snapshot.collection(id));
        let place = match (&view.area, area) {
            (None, _) => Some(Place::drawn(view)),
            (Some(_), Some(area)) => Some(Place::asked(area, view, snapshot, searched, patience)?),
            (Some(_), None) => None,
        };
        Ok(Self {
            subject,
            snapshot,
            place,
        })
    }

    fn feature(&self, name: &FeatureRef) -> Option<&'a Feature> {
        self.snapshot.feature(name)
    }

    /// Whether it shows a feature, as far as it has it.
    fn shows(&self, name: &FeatureRef) -> bool {
        let Some(feature) = self.feature(name) else {
            return false;
        };
        if self.subject.own.contains(name) {
            return true;
        }
        let Some(is_base) = self.subject.collections.get(&*name.collection) else {
            return false;
        };
        (*is_base || self.subject.filter.matches(feature))
            && (self.lists(feature)
                || self
                    .place
                    .as_ref()
                    .is_some_and(|place| place.holds(self.snapshot, name, feature)))
    }

    /// What lies in the area asked about.
    fn held(&self) -> impl Iterator<Item = &FeatureRef> {
        self.place.iter().flat_map(Place::held)
    }

    /// Whether the list shows it: it has all that passes the filter, and what has no location stands
    /// nowhere else.
    fn lists(&self, feature: &Feature) -> bool {
        self.subject.view.panel == Panel::List && located(self.snapshot, feature).is_none()
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
        looks: [&Snapshot; 2],
        latest: (Revision, Timestamp),
        patience: &Patience,
    ) -> Result<Self, Failure> {
        let subject = Subject::new(view, looks);
        let names = subject.differing(record, sight, looks, patience)?;
        let was = area(view, looks[0], patience)?.and_then(Result::ok);
        let is = area(view, looks[1], patience)?.and_then(Result::ok);
        // An area that is no more is where it was: without it the whole district would be news.
        let is = is.as_ref().or(was.as_ref());
        let touched = names.iter().map(|name| &*name.collection);
        let searched = touched.chain(subject.crossing()).collect();
        let before = Look::new(&subject, looks[0], was.as_ref(), &searched, patience)?;
        let after = Look::new(&subject, looks[1], is, &searched, patience)?;
        let changes = changes(&names, &before, &after, patience)?;
        let count = |change| changes.values().filter(|one| **one == change).count();
        let listed = changes.iter().take(MAX_LISTED).map(|(name, change)| {
            let feature = after.feature(name).or_else(|| before.feature(name));
            NewsItem {
                feature: name.clone(),
                name: feature.map_or_else(String::new, |feature| feature.name.to_string()),
                change: *change,
            }
        });
        Ok(Self {
            revision: latest.0,
            time: latest.1,
            added: count(Change::Added),
            changed: count(Change::Changed),
            removed: count(Change::Removed),
            entered: count(Change::Entered),
            left: count(Change::Left),
            features: listed.collect(),
        })
    }
}

/// What became of the features that were shown or are: of those that differ, and of those that the view
/// has lost or won.
fn changes(
    differing: &[FeatureRef],
    before: &Look<'_>,
    after: &Look<'_>,
    patience: &Patience,
) -> Result<BTreeMap<FeatureRef, Change>, Interrupted> {
    let mut changes = BTreeMap::new();
    for name in differing {
        patience.check()?;
        if before.shows(name) || after.shows(name) {
            let change = match (before.feature(name), after.feature(name)) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                _ => Change::Changed,
            };
            changes.insert(name.clone(), change);
        }
    }
    if before.place.is_none() {
        // Where it looked is not known, so nothing can have come or gone.
        return Ok(changes);
    }
    let crossing = before.subject.crossing();
    let mut compare = |name: FeatureRef| {
        patience.check()?;
        // What is there no more differs; or who looks must not know of it.
        let stands = before.feature(&name).is_some() && after.feature(&name).is_some();
        if stands && !changes.contains_key(&name) {
            match (before.shows(&name), after.shows(&name)) {
                (false, true) => changes.insert(name, Change::Entered),
                (true, false) => changes.insert(name, Change::Left),
                _ => None,
            };
        }
        Ok::<(), Interrupted>(())
    };
    if before.subject.view.area.is_some() {
        // What lies in it, or did, is known: nothing else can have crossed its outline.
        let held = [before, after].into_iter().flat_map(Look::held);
        for name in held.filter(|name| crossing.contains(&&*name.collection)) {
            compare(name.clone())?;
        }
        return Ok(changes);
    }
    for id in crossing {
        let collection = before.snapshot.collection(id);
        for feature in collection.iter().flat_map(|one| one.features()) {
            compare(FeatureRef::new(id, &feature.id))?;
        }
    }
    Ok(changes)
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
            entered: 0,
            left: 0,
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
