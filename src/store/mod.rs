//! The features and their index: immutable snapshots that everybody reads.
//!
//! [`files`] finds a district's files (carried in the program, or in folders), [`load`] reads and
//! checks them, [`measures`] compares what is stated with what is measured, [`snapshot`] holds them: in
//! each [`collection`] what was [`packed`], an [`overlay`] of what changed since and a [`tally`] of the
//! whole, and beside them the documents' [`claims`]. [`zoned`] finds the zones in which features lie,
//! [`select`] picks some, [`queryables`] tells what filters may ask of them, [`views`] leaves out what is
//! not for everybody and [`references`] what leads there, [`naming`] finds them by name, [`mentions`]
//! tells where documents speak of them; [`zones`] recompiles the zones, and [`moved`] tells by how much
//! their outlines moved.
//! [`record`] keeps every revision on disk, and [`live`] serves the latest of them, and earlier ones
//! for who asks for them.
//!
//! A snapshot never changes and is shared by `Arc`: reads neither lock nor copy. Without a record, the
//! data of the files are revision 1, the only one.

mod claims;
mod collection;
pub mod files;
pub mod live;
mod load;
mod measures;
mod mentions;
pub mod moved;
mod naming;
mod overlay;
mod packed;
mod queryables;
pub mod record;
mod references;
mod select;
mod snapshot;
mod tally;
pub mod views;
mod zoned;
pub mod zones;

pub use claims::Claims;
pub use collection::{Collection, Features};
pub use load::{
    Lead, LoadError, Problem, Row, Rules, circling, claims_on, dangling, load, referrers,
};
pub use mentions::Passages;
pub use naming::Wanted;
pub use queryables::Field;
pub use select::{Interrupted, Order, Selection, Window};
pub use snapshot::Snapshot;
pub use tally::Source;
