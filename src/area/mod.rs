//! What is this area, and what is inside it: how much of it, and how surely?
//!
//! [`spec`] is an area as a request names it, [`shape`] the polygon that it means, [`query`] the
//! answer, [`totals`] the sums over it. Certainty weighs how far off both the area and the feature
//! may be, as `docs/ARCHITECTURE.md` sets out.

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
