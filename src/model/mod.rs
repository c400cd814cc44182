//! What planners talk about: features and their collections, statuses, accuracies, citations.
//!
//! Plain values, without files, HTTP or indexes. Every other room may use them.

mod citation;
mod collection;
mod feature;
mod land_use;
mod location;
mod period;
mod status;
mod text;

pub use citation::Citation;
pub use collection::{CollectionInfo, District, Kind};
pub use feature::{Feature, FeatureRef, is_slug};
pub use land_use::LandUse;
pub use location::LocatedBy;
pub use period::Period;
pub use status::{Modality, Status};
pub use text::{Text, shortened};

/// A state of all data: counted from 1, one more with each commit.
///
/// The embedded data are revision 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of the data that a build carries.
    pub const EMBEDDED: Self = Self(1);
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
