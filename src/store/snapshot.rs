//! All features at one revision, and the index over them.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, OnceLock},
};

use geo::{Geometry, Rect};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};
use serde::Serialize;

use super::{mentions::Mention, naming::Names, zones::lines};
use crate::{
    boundary::Network,
    documents::{Claim, IndicatorTable, Library},
    model::{CollectionInfo, District, Feature, FeatureRef, LandUse, Revision, Text},
};

/// The whole state of the data at one revision. It never changes.
pub struct Snapshot {
    /// Which state this is.
    pub revision: Revision,
    /// What the map is called.
    pub title: Text,
    /// The district that it shows.
    pub district: District,
    /// Its source documents.
    pub library: Arc<Library>,
    /// What the documents claim, in the order of the documents.
    pub claims: Vec<Claim>,
    /// The plan's table of indicators, where there is one.
    pub indicators: Option<Arc<IndicatorTable>>,
    /// Hash over all files, in hexadecimal, and over what is left out for who looks: two snapshots
    /// with the same are the same.
    pub fingerprint: String,
    /// Whether nothing is left out of it for who looks.
    pub(super) is_whole: bool,
    pub(super) collections: Vec<Arc<Collection>>,
    /// What features cite, in the order of the documents.
    pub(super) mentions: Vec<Mention>,
    pub(super) network: Arc<OnceLock<Network>>,
}

impl fmt::Debug for Snapshot {
    /// Which one it is: all that it holds would fill a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("revision", &self.revision)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Brings the claims into the order of the documents that they quote.
    pub(super) fn sort_claims(&mut self) {
        let order: Vec<&str> = self
            .library
            .documents()
            .iter()
            .map(|document| document.info.id.as_str())
            .collect();
        self.claims.sort_by_cached_key(|claim| {
            let document = order.iter().position(|id| *id == claim.document);
            (document, claim.start, claim.id.clone())
        });
    }

    /// The lines that boundaries follow: made when first asked for, which takes about a second for a
    /// city of 100,000 lines.
    #[must_use]
    pub fn network(&self) -> &Network {
        self.network.get_or_init(|| Network::new(&lines(self)))
    }

    /// The collections in the order in which they are listed.
    #[must_use]
    pub fn collections(&self) -> &[Arc<Collection>] {
        &self.collections
    }

    /// Finds a collection by its id.
    #[must_use]
    pub fn collection(&self, id: &str) -> Option<&Collection> {
        self.collections
            .iter()
            .find(|collection| collection.info.id == id)
            .map(|collection| &**collection)
    }

    /// Finds a feature by its whole name.
    #[must_use]
    pub fn feature(&self, name: &FeatureRef) -> Option<&Feature> {
        self.collection(&name.collection)?.get(&name.id)
    }

    /// The place of a feature, by its whole name: that of its collection, and its own within it.
    pub(super) fn place_of(&self, name: &FeatureRef) -> Option<(usize, usize)> {
        let collection = self
            .collections
            .iter()
            .position(|collection| *collection.info.id == *name.collection)?;
        let feature = self.collections[collection].place(&name.id)?;
        Some((collection, feature as usize))
    }

    /// The features in which `feature` is contained, the nearest first.
    ///
    /// Loading has made sure that the chain ends.
    pub fn containers<'a>(
        &'a self,
        feature: &'a Feature,
    ) -> impl Iterator<Item = (&'a FeatureRef, &'a Feature)> {
        std::iter::successors(self.container_of(feature), |(_, container)| {
            self.container_of(container)
        })
    }

    fn container_of<'a>(&'a self, feature: &'a Feature) -> Option<(&'a FeatureRef, &'a Feature)> {
        let name = feature.container.as_deref()?;
        Some((name, self.feature(name)?))
    }
}

/// Where data come from and under which terms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// The source in words.
    pub source: String,
    /// Its licence.
    pub licence: String,
}

/// The features of one collection, packed in the order of their file, with an R-tree over them.
#[derive(Debug)]
pub struct Collection {
    /// What it is.
    pub info: CollectionInfo,
    /// Where its features come from.
    pub sources: BTreeSet<Source>,
    /// The rectangle around all of them, degrees.
    pub bounds: Option<Rect<f64>>,
    /// How many have a geometry.
    pub located: usize,
    /// 0 where all of its features are points, 1 lines, 2 areas; `None` where they are of several
    /// sorts, or none has a geometry.
    pub dimension: Option<u8>,
    /// The largest `accuracy_m` of a feature, metres.
    pub worst_accuracy_m: f64,
    /// The categories of land use that its features state.
    pub land_uses: BTreeSet<LandUse>,
    features: Vec<Feature>,
    /// Places of `features` in the order of their ids: found by bisection, 4 bytes a feature.
    by_id: Vec<u32>,
    /// Places of the features without geometry.
    unlocated: Vec<u32>,
    names: Names,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
}

impl Collection {
    pub(super) fn new(
        info: CollectionInfo,
        sources: BTreeSet<Source>,
        features: Vec<Feature>,
    ) -> Self {
        let places = || 0_u32..;
        let mut by_id: Vec<u32> = places().take(features.len()).collect();
        by_id.sort_by(|a, b| features[*a as usize].id.cmp(&features[*b as usize].id));
        let mut entries = Vec::with_capacity(features.len());
        let mut unlocated = Vec::new();
        for (place, feature) in places().zip(&features) {
            match feature.bounds() {
                Some(rect) => entries.push(GeomWithData::new(
                    Rectangle::from_corners(rect.min().into(), rect.max().into()),
                    place,
                )),
                None => unlocated.push(place),
            }
        }
        let located = entries.len();
        let tree = RTree::bulk_load(entries);
        let envelope = tree.root().envelope();
        Self {
            info,
            sources,
            bounds: (located > 0).then(|| Rect::new(envelope.lower(), envelope.upper())),
            located,
            dimension: dimension(&features),
            worst_accuracy_m: features
                .iter()
                .map(|feature| feature.accuracy_m)
                .fold(0.0, f64::max),
            land_uses: features
                .iter()
                .filter_map(|feature| feature.land_use)
                .collect(),
            names: Names::new(&features),
            features,
            by_id,
            unlocated,
            tree,
        }
    }

    /// All features, in the order of their file.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Finds a feature by its id, in `O(log n)`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Feature> {
        Some(&self.features[self.place(id)? as usize])
    }

    /// The place of a feature in [`Collection::features`], by its id, in `O(log n)`.
    pub(super) fn place(&self, id: &str) -> Option<u32> {
        let place = self
            .by_id
            .binary_search_by(|place| (*self.features[*place as usize].id).cmp(id))
            .ok()?;
        Some(self.by_id[place])
    }

    /// The features without geometry, in the order of their file.
    pub fn without_geometry(&self) -> impl Iterator<Item = &Feature> {
        self.unlocated
            .iter()
            .map(|place| &self.features[*place as usize])
    }

    /// The features whose rectangle meets `window` (degrees), in the order of their file.
    pub fn near(&self, window: Rect<f64>) -> impl Iterator<Item = &Feature> {
        self.places_near(window).map(|place| &self.features[place])
    }

    /// The places of the features whose rectangle meets `window` (degrees), in order.
    pub(super) fn places_near(&self, window: Rect<f64>) -> impl Iterator<Item = usize> {
        let window = AABB::from_corners(window.min().into(), window.max().into());
        let mut places: Vec<u32> = self
            .tree
            .locate_in_envelope_intersecting(window)
            .map(|entry| entry.data)
            .collect();
        places.sort_unstable();
        places.into_iter().map(|place| place as usize)
    }

    /// The names of the features.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// The feature at a place. Its id, names and geometry must stay: they are in the indexes.
    pub(super) fn feature_mut(&mut self, place: usize) -> &mut Feature {
        &mut self.features[place]
    }
}

fn dimension(features: &[Feature]) -> Option<u8> {
    let mut each = features
        .iter()
        .filter_map(|feature| match feature.geometry.as_ref()? {
            Geometry::Point(_) | Geometry::MultiPoint(_) => Some(0),
            Geometry::LineString(_) | Geometry::MultiLineString(_) => Some(1),
            _ => Some(2),
        });
    let first = each.next()?;
    each.all(|other| other == first).then_some(first)
}
