//! What is told of a collection as a whole, kept up as features come and go.

use std::collections::BTreeMap;

use geo::{Geometry, Rect};
use serde::{Deserialize, Serialize};

use crate::{
    geometry::around,
    model::{Feature, LandUse},
};

/// Where data come from and under which terms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The source in words.
    pub source: String,
    /// Its licence.
    pub licence: String,
}

impl Source {
    /// Where a feature's data come from; loading has made sure that it says so.
    pub(super) fn of(feature: &Feature) -> Option<Self> {
        serde_json::from_str(feature.properties.get()).ok()
    }
}

/// Counts and extremes of the features of a collection.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// How many there are.
    pub(super) count: usize,
    /// How many have a geometry.
    pub(super) located: usize,
    pub(super) sources: BTreeMap<Source, usize>,
    pub(super) land_uses: BTreeMap<LandUse, usize>,
    /// How many are points, lines, areas.
    dimensions: [usize; 3],
    pub(super) extremes: Extremes,
    /// Whether one was that of a feature that is gone, so that all have to be asked for the next.
    pub(super) is_stale: bool,
}

/// How far the features of a collection reach.
#[derive(Debug, Clone, Default)]
pub(super) struct Extremes {
    /// The rectangle around all of them, degrees.
    pub(super) bounds: Option<Rect<f64>>,
    /// The largest `accuracy_m`, metres.
    pub(super) accuracy_m: f64,
    /// How many are as inaccurate as that.
    as_inaccurate: usize,
}

impl Tally {
    /// A feature comes.
    pub(super) fn add(&mut self, feature: &Feature, source: Option<Source>) {
        self.enter(feature, source);
        self.extremes.add(feature);
    }

    /// A feature comes, goes, or becomes another.
    pub(super) fn change(&mut self, before: Option<&Feature>, after: Option<&Feature>) {
        let reach = |feature: &Feature| (feature.bounds(), feature.accuracy_m);
        let is_moved = before.map(reach) != after.map(reach);
        if let Some(feature) = before {
            self.leave(feature);
            self.is_stale |= is_moved && self.extremes.remove(feature);
        }
        if let Some(feature) = after {
            self.enter(feature, Source::of(feature));
            if is_moved {
                self.extremes.add(feature);
            }
        }
    }

    /// 0 where all are points, 1 lines, 2 areas; `None` where they are of several sorts, or none has a
    /// geometry.
    pub(super) fn dimension(&self) -> Option<u8> {
        let mut each = (0..).zip(self.dimensions).filter(|(_, count)| *count > 0);
        let (first, _) = each.next()?;
        each.next().is_none().then_some(first)
    }

    fn enter(&mut self, feature: &Feature, source: Option<Source>) {
        self.count += 1;
        if let Some(source) = source {
            *self.sources.entry(source).or_default() += 1;
        }
        if let Some(land_use) = feature.land_use {
            *self.land_uses.entry(land_use).or_default() += 1;
        }
        if let Some(geometry) = &feature.geometry {
            self.located += 1;
            self.dimensions[dimension(geometry)] += 1;
        }
    }

    fn leave(&mut self, feature: &Feature) {
        self.count -= 1;
        if let Some(source) = Source::of(feature) {
            less(&mut self.sources, &source);
        }
        if let Some(land_use) = feature.land_use {
            less(&mut self.land_uses, &land_use);
        }
        if let Some(geometry) = &feature.geometry {
            self.located -= 1;
            self.dimensions[dimension(geometry)] -= 1;
        }
    }
}

impl Extremes {
    /// Those of all these features.
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Feature>) -> Self {
        let mut extremes = Self::default();
        all.for_each(|feature| extremes.add(feature));
        extremes
    }

    fn add(&mut self, feature: &Feature) {
        let accuracy_m = feature.accuracy_m;
        if accuracy_m > self.accuracy_m {
            (self.accuracy_m, self.as_inaccurate) = (accuracy_m, 0);
        }
        if accuracy_m >= self.accuracy_m {
            self.as_inaccurate += 1;
        }
        self.bounds = around(self.bounds.into_iter().chain(feature.bounds()));
    }

    /// Whether they may be others without the feature.
    fn remove(&mut self, feature: &Feature) -> bool {
        if feature.accuracy_m >= self.accuracy_m {
            self.as_inaccurate = self.as_inaccurate.saturating_sub(1);
        }
        let was_at_edge = match (feature.bounds(), self.bounds) {
            (Some(own), Some(all)) => {
                own.min().x <= all.min().x
                    || own.min().y <= all.min().y
                    || own.max().x >= all.max().x
                    || own.max().y >= all.max().y
            }
            _ => false,
        };
        was_at_edge || self.as_inaccurate == 0
    }
}

/// Takes one away of what is counted.
fn less<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn dimension(geometry: &Geometry<f64>) -> usize {
    match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) => 0,
        Geometry::LineString(_) | Geometry::MultiLineString(_) => 1,
        _ => 2,
    }
}
