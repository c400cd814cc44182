//! What is this area, and what is inside it: how much of it, and how surely?
//!
//! [`spec`] is an area as a request names it, [`shape`] the polygon that it means, [`query`] the answer.
//! [`relation`] is how a feature lies to it, [`cover`] how much ground overlaps cover together, and
//! [`placed`] which document places a feature there that has no location. [`totals`] are the sums over
//! what was found, with the [`quantities`] that documents state. Certainty weighs how far off both the
//! area and the feature may be, as `docs/ARCHITECTURE.md` sets out.

mod cover;
mod placed;
mod quantities;
mod query;
mod relation;
mod shape;
mod spec;
mod totals;

pub use placed::{Placed, Sentence};
pub use quantities::{Reader, Stated, Sum};
pub use query::{
    Answer, Certainty, CollectionAnswer, Hit, Interrupted, Overlap, Patience, Query, Reason,
    Searched, Unlocated,
};
pub use relation::Relation;
pub use shape::{Area, Origin};
pub use spec::{AreaError, AreaSpec, MAX_BUFFER_M, MAX_RADIUS_M, MAX_VERTICES, OpenSentence};
pub use totals::{GrandTotals, Group, LeftOut, Totals};
