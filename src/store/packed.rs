//! The features of a collection, packed in the order of their file, and the indexes over them.

use std::{collections::HashMap, mem};

use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

use super::{
    mentions::{Mention, Stretch},
    naming::Names,
};
use crate::model::{Feature, FeatureRef};

/// A feature with what it says of other things.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) feature: Feature,
    /// What it cites, each once.
    pub(super) cited: Box<[Stretch]>,
    /// The features to which it refers, each once.
    pub(super) targets: Box<[FeatureRef]>,
}

/// Rectangles (degrees) with places.
pub(super) type Tree = RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>;

/// Packed features. Their places are their numbers, in order.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) features: Vec<Feature>,
    /// Places in the order of the ids: found by bisection, 4 bytes a feature.
    by_id: Vec<u32>,
    /// Places of the features without geometry.
    pub(super) unlocated: Vec<u32>,
    pub(super) names: Names,
    pub(super) tree: Tree,
    /// What they cite, in the order of the documents.
    pub(super) mentions: Vec<Mention>,
    /// By what they refer to, the places of those that do.
    pub(super) referrers: HashMap<FeatureRef, Vec<u32>>,
}

/// Features that are about to be packed.
#[derive(Default)]
pub(super) struct Packing {
    features: Vec<Feature>,
    mentions: Vec<Mention>,
    referrers: HashMap<FeatureRef, Vec<u32>>,
}

impl Packing {
    /// Makes room for so many.
    pub(super) fn of(count: usize) -> Self {
        let mut packing = Self::default();
        packing.features.reserve_exact(count);
        packing
    }

    /// Takes the next one.
    pub(super) fn push(&mut self, entry: Entry) {
        let place = place(self.features.len());
        let cited = entry.cited.iter();
        self.mentions
            .extend(cited.map(|stretch| Mention::new(*stretch, place)));
        for target in entry.targets {
            self.referrers.entry(target).or_default().push(place);
        }
        self.features.push(entry.feature);
    }
}

impl Packed {
    /// Packs features, in `O(n log n)`.
    pub(super) fn new(packing: Packing) -> Self {
        let Packing {
            features,
            mut mentions,
            referrers,
        } = packing;
        let mut by_id: Vec<u32> = (0..place(features.len())).collect();
        by_id.sort_by(|a, b| features[*a as usize].id.cmp(&features[*b as usize].id));
        let unlocated = (0_u32..).zip(&features);
        let unlocated = unlocated.filter(|(_, feature)| feature.geometry.is_none());
        let unlocated = unlocated.map(|(place, _)| place).collect();
        mentions.sort_unstable();
        Self {
            by_id,
            unlocated,
            names: Names::new(features.iter().map(Some)),
            tree: tree((0_u32..).zip(&features)),
            mentions,
            referrers,
            features,
        }
    }

    /// The place of a feature, by its id, in `O(log n)`.
    pub(super) fn place(&self, id: &str) -> Option<u32> {
        let place = self
            .by_id
            .binary_search_by(|place| (*self.features[*place as usize].id).cmp(id))
            .ok()?;
        Some(self.by_id[place])
    }

    /// The entries, each with what it cites and refers to.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, Entry)> {
        let mut cited: HashMap<u32, Vec<Stretch>> = HashMap::new();
        for mention in &self.mentions {
            let own = cited.entry(mention.feature).or_default();
            own.push(mention.stretch);
        }
        let mut targets: HashMap<u32, Vec<FeatureRef>> = HashMap::new();
        for (target, places) in &self.referrers {
            for place in places {
                targets.entry(*place).or_default().push(target.clone());
            }
        }
        (0_u32..).zip(&self.features).map(move |(place, feature)| {
            let entry = Entry {
                feature: feature.clone(),
                cited: cited
                    .get_mut(&place)
                    .map(mem::take)
                    .unwrap_or_default()
                    .into(),
                targets: targets
                    .get_mut(&place)
                    .map(mem::take)
                    .unwrap_or_default()
                    .into(),
            };
            (place, entry)
        })
    }
}

/// The index over the features that have a geometry.
pub(super) fn tree<'a>(features: impl Iterator<Item = (u32, &'a Feature)>) -> Tree {
    let rectangles = features.filter_map(|(place, feature)| {
        let rect = feature.bounds()?;
        let corners = Rectangle::from_corners(rect.min().into(), rect.max().into());
        Some(GeomWithData::new(corners, place))
    });
    RTree::bulk_load(rectangles.collect())
}

/// The places of the rectangles that meet a window (degrees).
pub(super) fn places_in(tree: &Tree, window: geo::Rect<f64>) -> impl Iterator<Item = u32> {
    let window = AABB::from_corners(window.min().into(), window.max().into());
    tree.locate_in_envelope_intersecting(window)
        .map(|entry| entry.data)
}

pub(super) fn place(number: usize) -> u32 {
    u32::try_from(number).expect("a collection has fewer than 2^32 features")
}
