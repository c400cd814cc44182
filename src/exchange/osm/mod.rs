//! Named roads, railways, rivers and administrative limits from an OpenStreetMap extract.
//!
//! [`extract()`] reads an `.osm.pbf` file in bounded memory: `wire` is Protocol Buffers, `blobs` the
//! file and its limits, `block` what a blob holds, `tags` tells what is kept, `ids` holds which nodes
//! lie in the box. [`plan`] puts the lines into a district's files, `merge` into one of them; nothing
//! is written here.
//!
//! Roads, railways and limits go to `streets`, rivers to `water`. The format is read here and not by
//! a crate, for these take a blob's word for its size, let bad references pass in silence, or unpack
//! a hostile block to a multiple of its size.

mod blobs;
mod block;
mod extract;
mod ids;
mod merge;
mod plan;
mod tags;
mod wire;

pub use extract::{Extent, Extract, NamedLine, Origin, extract};
pub use merge::{Mode, Tally};
pub use plan::{Plan, plan};
pub use tags::{Kind, Named};
