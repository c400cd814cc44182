//! How a feature came to stand where it stands.

use serde::{Deserialize, Serialize};

/// How a location was obtained. Nothing but [`LocatedBy::Surveyed`] may look surveyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocatedBy {
    /// Measured on the ground.
    Surveyed,
    /// Taken from OpenStreetMap.
    Osm,
    /// Drawn by hand from anchor points.
    Digitised,
    /// Compiled from a boundary sentence and the lines that it names.
    Compiled,
    /// A point that somebody published.
    PublishedPoint,
    /// The metro station that bears the place's name.
    Station,
    /// A relation to a located place that a document states.
    Relation,
    /// Known only to lie in another feature.
    Container,
    /// Not known.
    None,
}

impl LocatedBy {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Surveyed,
        Self::Osm,
        Self::Digitised,
        Self::Compiled,
        Self::PublishedPoint,
        Self::Station,
        Self::Relation,
        Self::Container,
        Self::None,
    ];

    /// Whether a feature so located has a geometry of its own.
    #[must_use]
    pub fn has_geometry(self) -> bool {
        !matches!(self, Self::Container | Self::None)
    }

    /// The word that data and API use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Surveyed => "surveyed",
            Self::Osm => "osm",
            Self::Digitised => "digitised",
            Self::Compiled => "compiled",
            Self::PublishedPoint => "published_point",
            Self::Station => "station",
            Self::Relation => "relation",
            Self::Container => "container",
            Self::None => "none",
        }
    }
}
