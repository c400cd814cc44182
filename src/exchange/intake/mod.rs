//! Intake: how a file of features becomes one commit.
//!
//! [`request`] is what is asked, how far it has come and why it fails. [`mod@prepare`] goes through it
//! all: read, ask the doctor, compare, keep. [`mapping`] says which field of the file is which property,
//! [`slug`] makes ids of keys, [`feature`] makes a feature of a row and of what stands, [`compare`] finds
//! by key what each row changes, [`staging`] keeps what would change in a temporary database, and
//! [`leads`] finds rows that refer to what will not be there. [`prepared`] is what comes of it. Nothing
//! is written to the record before [`Prepared::commit`], and then all of it or nothing.

mod compare;
mod feature;
mod leads;
mod mapping;
mod prepare;
mod prepared;
mod request;
mod slug;
mod staging;

pub use mapping::{FieldSample, Mapping};
pub use prepare::prepare;
pub use prepared::{Counts, Flaw, Need, Prepared};
pub use request::{Failed, Options, Request, Step};
pub use staging::{Sort, StagedChange};
