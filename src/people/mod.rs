//! Who may do what: accounts with roles, and the tokens that programs show for them.
//!
//! What is kept of them is in [`crate::store::record`]: of a token only its hash.

mod token;

pub use token::{MAX_DAYS, Token, grant};
