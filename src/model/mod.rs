//! What planners talk about: features and their collections, statuses, accuracies, citations.
//!
//! Plain values, without files, HTTP or indexes. Every other room may use them.

pub mod view;

mod citation;
mod collection;
mod feature;
mod hex;
mod land_use;
mod location;
mod period;
mod revision;
mod role;
mod status;
mod text;

pub use citation::Citation;
pub use collection::{CollectionInfo, District, Kind};
pub use feature::{Feature, FeatureRef, is_slug};
pub use hex::hex;
pub use land_use::LandUse;
pub use location::LocatedBy;
pub use period::Period;
pub use revision::{Cause, Revision, RevisionInfo};
pub use role::{Role, Viewer};
pub use status::{Modality, NOT_STATED, Status};
pub use text::{Text, shortened};
pub use view::View;
