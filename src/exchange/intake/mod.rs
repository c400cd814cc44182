//! Intake: how a file of features becomes one commit.
//!
//! [`mapping`] says which field of the file is which property, [`slug`] makes ids of keys, [`feature`]
//! makes a feature of a row and of what stands, [`staging`] keeps what would change in a temporary
//! database, [`leads`] finds rows that refer to what will not be there, and [`prepare`] goes through it
//! all: read, ask the doctor, compare by key, keep. Nothing is written to the record before
//! [`Prepared::commit`], and then all of it or nothing.

mod feature;
mod leads;
mod mapping;
mod prepare;
mod slug;
mod staging;

pub use mapping::{FieldSample, Mapping};
pub use prepare::{Counts, Failed, Flaw, Need, Options, Prepared, Request, Step, prepare};
pub use staging::{Sort, StagedChange};
