//! All features at one revision, and the index over them.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use super::{
    claims::Claims,
    collection::Collection,
    zones::{FOLLOWED, lines},
};
use crate::{
    boundary::Network,
    documents::{IndicatorTable, Library, StatedClaim},
    model::{District, Feature, FeatureRef, Revision, Text},
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
    pub claims: Claims,
    /// The plan's table of indicators, where there is one.
    pub indicators: Option<Arc<IndicatorTable>>,
    /// In hexadecimal, a hash over all files, or that of the revision in the record, and over what is
    /// left out for who looks: two snapshots with the same are the same.
    pub fingerprint: String,
    /// Whether nothing is left out of it for who looks.
    pub(super) is_whole: bool,
    pub(super) collections: Vec<Arc<Collection>>,
    /// What files state beside the features.
    pub(super) stated: Arc<[StatedClaim]>,
    pub(super) networks: Networks,
}

/// The lines that boundaries follow, for each set of [`FOLLOWED`] collections that somebody sees: one
/// that is hidden must not shape an answer that is seen.
pub(super) type Networks = Arc<[OnceLock<Network>; 1 << FOLLOWED.len()]>;

/// A place in a snapshot: that of a collection, and that of a feature in it.
pub(super) type Place = (usize, u32);

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
    /// The lines that boundaries follow: made when first asked for, which takes about a second for a
    /// city of 100,000 lines.
    #[must_use]
    pub fn network(&self) -> &Network {
        let seen = (0..).zip(FOLLOWED);
        let seen = seen.filter(|(_, (id, _))| self.collection(id).is_some());
        let set: usize = seen.map(|(number, _)| 1 << number).sum();
        self.networks[set].get_or_init(|| Network::new(&lines(self)))
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
    pub(super) fn place_of(&self, name: &FeatureRef) -> Option<Place> {
        let collection = self
            .collections
            .iter()
            .position(|collection| *collection.info.id == *name.collection)?;
        let feature = self.collections[collection].place(&name.id)?;
        Some((collection, feature))
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
