//! The features of one collection: as they were packed, and what has changed since.
//!
//! What is packed is shared by all snapshots until the changes have become many: then all is packed
//! anew. Places stay as long as that: a feature that is changed keeps its own, one that goes leaves a
//! hole to which it can come back, and new ones come after all others. So the order of places is always
//! that of the file.

use std::{iter, sync::Arc};

use geo::Rect;

use super::{
    mentions::Mention,
    naming::{Found, Wanted},
    overlay::{Change, Overlay},
    packed::{Entry, Packed, Packing, place, places_in},
    tally::{Extremes, Source, Tally},
};
use crate::model::{CollectionInfo, Feature, FeatureRef, LandUse};

/// Of this many features one may have changed before all are packed anew.
const SHARE: usize = 16;
/// As few as this may always have changed …
const FEW: usize = 64;
/// … and as many as this never: each commit copies what has changed since the last packing.
const MANY: usize = 4096;

/// The features of one collection.
#[derive(Debug)]
pub struct Collection {
    /// What it is.
    pub info: CollectionInfo,
    tally: Tally,
    packed: Arc<Packed>,
    overlay: Overlay,
}

/// The features of a collection in the order of their file.
#[derive(Debug, Clone)]
pub struct Features<'a>(Placed<'a>);

/// Features with their places, in order.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    packed: &'a [Feature],
    /// What is still to come of what has changed.
    changed: &'a [Change],
    next: usize,
    left: usize,
}

/// The names that a search has found.
pub(super) struct Called {
    packed: Found,
    changed: Found,
}

impl Collection {
    /// Packs features. `tally` is theirs.
    pub(super) fn new(info: CollectionInfo, tally: Tally, packing: Packing) -> Self {
        Self {
            info,
            tally,
            packed: Arc::new(Packed::new(packing)),
            overlay: Overlay::default(),
        }
    }

    /// The collection with changes, at most one to a place; all else is shared.
    pub(super) fn with(&self, changes: Vec<Change>) -> Self {
        let mut tally = self.tally.clone();
        for (at, entry) in &changes {
            let before = self.at(*at);
            let after = entry.as_ref().map(|entry| &entry.feature);
            tally.change(before, after);
        }
        let mut collection = Self {
            info: self.info.clone(),
            tally,
            packed: Arc::clone(&self.packed),
            overlay: self.overlay.with(&self.packed, changes),
        };
        if collection.tally.is_stale {
            collection.tally.extremes = Extremes::of(collection.features());
            collection.tally.is_stale = false;
        }
        collection
    }

    /// Packs all anew where much has changed.
    pub(super) fn pack_if_due(&mut self) {
        let limit = (self.packed.features.len() / SHARE).clamp(FEW, MANY);
        if self.overlay.changed().len() > limit {
            let mut packing = Packing::of(self.tally.count);
            self.entries().for_each(|entry| packing.push(entry));
            self.packed = Arc::new(Packed::new(packing));
            self.overlay = Overlay::default();
        }
    }

    /// The same with each feature as `change` leaves it: what is told of the whole must stay.
    pub(super) fn altered(&self, mut change: impl FnMut(&mut Feature)) -> Self {
        let mut packing = Packing::of(self.tally.count);
        for mut entry in self.entries() {
            change(&mut entry.feature);
            packing.push(entry);
        }
        Self::new(self.info.clone(), self.tally.clone(), packing)
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let packed = self.packed.entries();
        let stands = packed.filter(|(at, _)| self.overlay.number(*at).is_none());
        let changed = self.overlay.changed().iter();
        let changed = changed.filter_map(|(at, entry)| Some((*at, Entry::clone(entry.as_ref()?))));
        merged(stands, changed).map(|(_, entry)| entry)
    }

    /// All features, in the order of their file.
    #[must_use]
    pub fn features(&self) -> Features<'_> {
        Features(self.placed())
    }

    /// All features with their places, in order.
    pub(super) fn placed(&self) -> Placed<'_> {
        Placed {
            packed: &self.packed.features,
            changed: self.overlay.changed(),
            next: 0,
            left: self.tally.count,
        }
    }

    /// How many have a geometry.
    #[must_use]
    pub fn located(&self) -> usize {
        self.tally.located
    }

    /// Where its features come from.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.tally.sources.keys()
    }

    /// The rectangle around all of them, degrees.
    #[must_use]
    pub fn bounds(&self) -> Option<Rect<f64>> {
        self.tally.extremes.bounds
    }

    /// 0 where all of its features are points, 1 lines, 2 areas; `None` where they are of several
    /// sorts, or none has a geometry.
    #[must_use]
    pub fn dimension(&self) -> Option<u8> {
        self.tally.dimension()
    }

    /// The largest `accuracy_m` of a feature, metres.
    #[must_use]
    pub fn worst_accuracy_m(&self) -> f64 {
        self.tally.extremes.accuracy_m
    }

    /// The categories of land use that its features state.
    pub fn land_uses(&self) -> impl Iterator<Item = &LandUse> {
        self.tally.land_uses.keys()
    }

    /// Finds a feature by its id, in `O(log n)`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Feature> {
        self.at(self.slot(id)?)
    }

    /// The place of a feature, by its id, in `O(log n)`.
    pub(super) fn place(&self, id: &str) -> Option<u32> {
        self.slot(id).filter(|at| self.at(*at).is_some())
    }

    /// The place at which the feature of an id stands, or stood since the last packing.
    pub(super) fn slot(&self, id: &str) -> Option<u32> {
        self.packed.place(id).or_else(|| self.overlay.added(id))
    }

    /// The place after all others.
    pub(super) fn end(&self) -> u32 {
        place(self.packed.features.len() + self.overlay.more())
    }

    /// What stands at a place.
    pub(super) fn at(&self, at: u32) -> Option<&Feature> {
        match self.overlay.number(at) {
            Some(number) => self.overlay.feature(number),
            None => self.packed.features.get(at as usize),
        }
    }

    /// The features without geometry, in the order of their file.
    pub fn without_geometry(&self) -> impl Iterator<Item = &Feature> {
        let packed = self.packed.unlocated.iter();
        let stands = packed
            .filter(|at| self.overlay.number(**at).is_none())
            .map(|at| (*at, &self.packed.features[*at as usize]));
        let changed = self.overlay.changed().iter();
        let changed = changed.filter_map(|(at, entry)| Some((*at, &entry.as_ref()?.feature)));
        let unlocated = changed.filter(|(_, feature)| feature.geometry.is_none());
        merged(stands, unlocated).map(|(_, feature)| feature)
    }

    /// The features whose rectangle meets `window` (degrees), in the order of their file.
    pub fn near(&self, window: Rect<f64>) -> impl Iterator<Item = &Feature> {
        self.placed_near(window).map(|(_, feature)| feature)
    }

    /// The features whose rectangle meets `window` (degrees) with their places, in order.
    pub(super) fn placed_near(&self, window: Rect<f64>) -> impl Iterator<Item = (u32, &Feature)> {
        let packed = places_in(&self.packed.tree, window);
        let mut places: Vec<u32> = if self.overlay.changed().is_empty() {
            packed.collect()
        } else {
            let stands = packed.filter(|at| self.overlay.number(*at).is_none());
            stands
                .chain(places_in(self.overlay.tree(), window))
                .collect()
        };
        places.sort_unstable();
        let feature = |at| Some((at, self.at(at)?));
        places.into_iter().filter_map(feature)
    }

    /// Finds names.
    pub(super) fn called(&self, wanted: &Wanted) -> Called {
        Called {
            packed: self.packed.names.find(wanted),
            changed: self.overlay.names().find(wanted),
        }
    }

    /// Whether one of the names of the feature at a place is among those found.
    pub(super) fn is_called(&self, at: u32, found: &Called) -> bool {
        match self.overlay.number(at) {
            Some(number) => self.overlay.names().bears(number, &found.changed),
            None => self.packed.names.bears(at as usize, &found.packed),
        }
    }

    /// What its features cite of a document, by its place in the library, in the order of its text,
    /// then in that of their file.
    pub(super) fn mentions(&self, document: u32) -> Vec<Mention> {
        let packed = self.packed.mentions.iter().copied();
        let stand = packed.filter(|mention| {
            mention.is_of(document) && self.overlay.number(mention.feature).is_none()
        });
        let changed = self.overlay.changed().iter().flat_map(|(at, entry)| {
            let cited = entry.iter().flat_map(|entry| &entry.cited);
            cited.map(move |stretch| Mention::new(*stretch, *at))
        });
        let changed = changed.filter(|mention| mention.is_of(document));
        let mut mentions: Vec<Mention> = stand.chain(changed).collect();
        mentions.sort_unstable();
        mentions
    }

    /// The places of the features that refer to another.
    pub(super) fn referrers(&self, target: &FeatureRef) -> impl Iterator<Item = u32> {
        let packed = self.packed.referrers.get(target).into_iter().flatten();
        let stand = packed.copied();
        let stand = stand.filter(|at| self.overlay.number(*at).is_none());
        let changed = self.overlay.changed().iter();
        let changed = changed.filter(move |(_, entry)| {
            let targets = entry.iter().flat_map(|entry| &entry.targets);
            targets.into_iter().any(|other| other == target)
        });
        stand.chain(changed.map(|(at, _)| *at))
    }

    /// The feature at a place, as long as nobody shares it. Its id, names and geometry, what it cites
    /// and what it refers to must stay: they are in the indexes.
    pub(super) fn feature_mut(&mut self, at: u32) -> Option<&mut Feature> {
        match self.overlay.number(at) {
            Some(number) => self.overlay.feature_mut(number),
            None => Arc::get_mut(&mut self.packed)?
                .features
                .get_mut(at as usize),
        }
    }
}

impl<'a> Iterator for Features<'a> {
    type Item = &'a Feature;

    fn next(&mut self) -> Option<Self::Item> {
        self.nth(0)
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.0.nth(n).map(|(_, feature)| feature)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Features<'_> {}

impl<'a> Iterator for Placed<'a> {
    type Item = (u32, &'a Feature);

    fn next(&mut self) -> Option<Self::Item> {
        self.nth(0)
    }

    /// In time that depends on what has changed, and not on how many are passed over.
    fn nth(&mut self, mut n: usize) -> Option<Self::Item> {
        loop {
            let change = self.changed.split_first();
            let unchanged = change.map_or(usize::MAX, |((at, _), _)| *at as usize);
            let run = unchanged.min(self.packed.len()).saturating_sub(self.next);
            if n < run {
                let at = self.next + n;
                self.next += n + 1;
                self.left -= n + 1;
                return Some((place(at), &self.packed[at]));
            }
            n -= run;
            self.left -= run;
            self.next += run;
            let ((at, entry), rest) = change?;
            self.changed = rest;
            self.next = *at as usize + 1;
            if let Some(entry) = entry {
                self.left -= 1;
                if n == 0 {
                    return Some((*at, &entry.feature));
                }
                n -= 1;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Placed<'_> {}

/// Two lists, each in the order of places, as one.
fn merged<T>(
    a: impl Iterator<Item = (u32, T)>,
    b: impl Iterator<Item = (u32, T)>,
) -> impl Iterator<Item = (u32, T)> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some((first, _)), Some((second, _))) if second < first => b.next(),
        (Some(_), _) => a.next(),
        (None, _) => b.next(),
    })
}
