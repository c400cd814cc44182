//! What was found out about shares, by a hash of all that decides it: links that many open at once are
//! looked into once.

use moka::{Expiry, sync::Cache};
use sha2::{Digest, Sha256};

use super::Failure;
use crate::area::Patience;

/// Shares of which it is kept in mind.
const MAX_KEPT: u64 = 1_000;

/// A hash of all that decides something.
pub(super) type Key = [u8; 32];

/// The hash of these parts, of which none can pass for another.
pub(super) fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// What was found out of as many shares as are opened in a day.
pub(super) struct Known<T>(Cache<Key, T>);

impl<T: Clone + Send + Sync + 'static> Default for Known<T> {
    /// What is found stays so.
    fn default() -> Self {
        Self(Cache::new(MAX_KEPT))
    }
}

impl<T: Clone + Send + Sync + 'static> Known<T> {
    /// What is found is found anew where `expiry` says so.
    pub(super) fn with_expiry(expiry: impl Expiry<Key, T> + Send + Sync + 'static) -> Self {
        let cache = Cache::builder().max_capacity(MAX_KEPT).expire_after(expiry);
        Self(cache.build())
    }

    /// What was found before, or is now: once, however many ask. What failed is not kept.
    ///
    /// # Errors
    /// As `find`, or where another who has begun to look takes longer than `patience`.
    pub(super) fn told(
        &self,
        key: Key,
        patience: &Patience,
        find: impl Fn() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        loop {
            match self.0.try_get_with(key, &find) {
                Ok(found) => return Ok(found),
                // Who began has left: another goes on.
                Err(failure) if matches!(*failure, Failure::TooLong) => patience.check()?,
                Err(failure) => return Err(Failure::clone(&failure)),
            }
        }
    }
}
