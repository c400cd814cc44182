//! What can be a layer of a tile.

use std::fmt;

use geo::Rect;

use crate::{
    geometry::around,
    store::{Collection, Snapshot},
};

/// A layer: a collection's features, or something derived from them.
#[derive(Clone, Copy)]
pub struct Layer<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// What of it.
    pub derived: Derived,
}

/// What a layer shows of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Derived {
    /// The features themselves: `zones`.
    Features,
    /// A ring of the radius of its accuracy around each point: `projects.accuracy`.
    Accuracy,
    /// The stretches of compiled outlines: `zones.sides`.
    Sides,
    /// As far as these outlines may be off, on both sides: `zones.bands`.
    Bands,
    /// One point in each polygon, for its label: `zones.labels`.
    Labels,
}

impl Derived {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Features,
        Self::Accuracy,
        Self::Sides,
        Self::Bands,
        Self::Labels,
    ];

    fn suffix(self) -> &'static str {
        match self {
            Self::Features => "",
            Self::Accuracy => ".accuracy",
            Self::Sides => ".sides",
            Self::Bands => ".bands",
            Self::Labels => ".labels",
        }
    }
}

impl<'a> Layer<'a> {
    /// Finds the layer that a name means.
    #[must_use]
    pub fn find(snapshot: &'a Snapshot, name: &str) -> Option<Self> {
        Derived::ALL.into_iter().rev().find_map(|derived| {
            let collection = snapshot.collection(name.strip_suffix(derived.suffix())?)?;
            Some(Self {
                collection,
                derived,
            })
        })
    }

    /// Whether both name the same layer.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.derived == other.derived && std::ptr::eq(self.collection, other.collection)
    }

    /// Every layer there is.
    pub fn all(snapshot: &'a Snapshot) -> impl Iterator<Item = Self> {
        snapshot.collections().iter().flat_map(|collection| {
            Derived::ALL.map(|derived| Self {
                collection,
                derived,
            })
        })
    }
}

impl fmt::Display for Layer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.collection.info.id, self.derived.suffix())
    }
}
/// The rectangle around the features of all layers, degrees.
pub(super) fn bounds_of(layers: &[Layer<'_>]) -> Option<Rect<f64>> {
    around(layers.iter().filter_map(|layer| layer.collection.bounds()))
}
