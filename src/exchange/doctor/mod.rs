//! The datum doctor: what is wrong with the coordinates of a file, before anything is written.
//!
//! [`sample`] keeps some shapes of a file in bounded memory, [`ground`] is what is known of the place,
//! [`placing`] judges by both how the numbers are to be read ([`reading`]), [`shapes`] looks at every
//! shape once they are read so, and [`overlaps`] finds those that cover the same ground. It says what it
//! found, how sure it is and what it would do ([`finding`]); it changes nothing, and knows no file
//! formats.

pub mod finding;
pub mod ground;
mod overlaps;
pub mod placing;
pub mod reading;
pub mod sample;
pub mod shapes;

pub use finding::{Code, Finding, MAX_EXAMPLES, Proposal, Severity};
pub use ground::Ground;
pub use overlaps::Neighbours;
pub use placing::place;
pub use reading::{Converter, Reading};
pub use sample::Sample;
pub use shapes::Shapes;
