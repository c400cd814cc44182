//! Secrets: 32 random bytes that stand for somebody.

use std::{fmt, str::FromStr};

use crate::{
    model::{Text, hex},
    store::record::{Hash, RecordError},
};

/// Random bytes of a secret.
const BYTES: usize = 32;

/// A secret in hexadecimal: of a session, or a one-time link.
///
/// 32 random bytes can't be guessed, so a plain SHA-256 keeps them: slow hashes are for passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no random numbers.
    pub fn random() -> Result<Self, RecordError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| {
            RecordError::Refused(Text::new(
                format!("系统没有给出随机数：{error}"),
                format!("the system gave no random numbers: {error}"),
            ))
        })?;
        Ok(Self(hex(&bytes)))
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.0.as_bytes())
    }

    /// The secret itself, for the one who is to have it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What follows from it and shows that somebody has it, without showing it: `purpose` tells such
    /// proofs apart.
    #[must_use]
    pub fn proof(&self, purpose: &str) -> String {
        Hash::of(format!("{purpose} {}", self.0).as_bytes()).to_string()
    }
}

impl fmt::Debug for Secret {
    /// Never the secret: it must not get into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl FromStr for Secret {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = text.len() == 2 * BYTES && text.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(text.to_owned())).ok_or(())
    }
}
