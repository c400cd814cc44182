//! Who may do what: accounts with roles, the passwords and sessions of people, the tokens of programs.
//!
//! [`secret`] is what sessions and one-time links are, [`token`] what programs show, [`password`] what
//! people know, [`throttle`] slows down who guesses, [`session`] joins them: signing in and joining.
//! [`provider`] asks the bureau's own identity provider who somebody is.
//! What is kept of all that is in [`crate::store::record`]: of secrets only hashes.

mod password;
mod provider;
mod secret;
mod session;
mod throttle;
mod token;

pub use password::MIN_CHARACTERS;
pub use provider::{Provider, ProviderError, ProviderSettings, Roles, for_the_log, state_of};
pub use secret::Secret;
pub use session::{
    IDLE_HOURS, JOIN_HOURS, administrator_link, invite, join, sign_in, sign_in_by_provider,
};
pub use throttle::{Attempt, Throttle};
pub use token::{MAX_DAYS, Token, grant};
