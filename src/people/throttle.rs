//! Slows down who guesses passwords.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use moka::sync::Cache;

use crate::store::record::Hash;

/// Attempts for one name that nothing slows down, until one of them succeeds.
const FREE: u32 = 5;
/// The longest wait between two attempts for one name.
const MAX_WAIT: Duration = Duration::from_mins(1);
/// How long failures for a name are kept in mind.
const KEPT: Duration = Duration::from_mins(15);
/// Names that are kept in mind at most.
const MAX_NAMES: u64 = 10_000;
/// Failures for any names after which every attempt is slowed down.
const FREE_IN_ALL: f64 = 20.0;
/// Failures that are forgotten each second.
const FORGOTTEN: f64 = 0.5;
/// How long attempts wait then for each failure more, seconds, and at most.
const DELAY: f64 = 0.1;
const MAX_DELAY: f64 = 3.0;

/// Who has tried to sign in of late. Names that no account has are slowed down alike, so that nobody
/// learns which there are.
#[derive(Debug)]
pub struct Throttle {
    /// By hashes: a name may be as long as a request.
    names: Cache<Hash, (u32, Instant)>,
    /// Failures of late, and when that was.
    in_all: Mutex<(f64, Instant)>,
}

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attempt {
    /// It may be made after so long.
    After(Duration),
    /// It is none: the next may be made after so long.
    TooEarly(Duration),
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            names: Cache::builder()
                .max_capacity(MAX_NAMES)
                .time_to_idle(KEPT)
                .build(),
            in_all: Mutex::new((0.0, Instant::now())),
        }
    }
}

impl Throttle {
    /// Somebody tries to sign in. It counts as failed until [`Throttle::succeeded`] is told
    /// otherwise: many at once must not be faster than one after the other.
    #[must_use]
    pub fn attempt(&self, name: &str, now: Instant) -> Attempt {
        let mut too_early = None;
        let name = Hash::of(name.as_bytes());
        self.names.entry(name).and_upsert_with(|entry| {
            let Some((failures, last)) = entry.map(moka::Entry::into_value) else {
                return (1, now);
            };
            let until = last + wait(failures);
            if until > now {
                too_early = Some(until - now);
                return (failures, last);
            }
            (failures.saturating_add(1), now)
        });
        match too_early {
            Some(wait) => Attempt::TooEarly(wait),
            None => Attempt::After(self.delay(1.0, now)),
        }
    }

    /// The attempt was a good one.
    pub fn succeeded(&self, name: &str) {
        self.names.invalidate(&Hash::of(name.as_bytes()));
        self.delay(-1.0, Instant::now());
    }

    /// Counts so many failures more, and says how long an attempt has to wait.
    fn delay(&self, more: f64, now: Instant) -> Duration {
        let mut in_all = self.in_all.lock().unwrap_or_else(PoisonError::into_inner);
        let (failures, since) = *in_all;
        let passed = now.saturating_duration_since(since).as_secs_f64();
        let failures = ((failures - passed * FORGOTTEN).max(0.0) + more).max(0.0);
        *in_all = (failures, now);
        let delay = (failures - FREE_IN_ALL) * DELAY;
        Duration::from_secs_f64(delay.clamp(0.0, MAX_DELAY))
    }
}

/// How long the next attempt for a name has to wait after so many failures.
fn wait(failures: u32) -> Duration {
    match failures.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << more.min(6)).min(MAX_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_gets_slower_and_a_good_attempt_ends_it() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for _ in 0..FREE {
            assert_eq!(
                throttle.attempt("王工", start),
                Attempt::After(Duration::ZERO)
            );
        }
        let mut now = start;
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(throttle.attempt("王工", now), Attempt::TooEarly(wait));
            now += wait;
            assert!(matches!(throttle.attempt("王工", now), Attempt::After(_)));
        }
        // Others wait for nothing of that.
        assert!(matches!(throttle.attempt("李处", now), Attempt::After(_)));
        throttle.succeeded("王工");
        assert!(matches!(throttle.attempt("王工", now), Attempt::After(_)));
    }

    #[test]
    fn guessing_for_many_names_gets_slower_too() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let attempt = |number: usize, now| match throttle.attempt(&number.to_string(), now) {
            Attempt::After(delay) => delay,
            early @ Attempt::TooEarly(_) => panic!("{early:?}"),
        };
        for number in 0..20 {
            assert_eq!(attempt(number, start), Duration::ZERO);
        }
        let delays: Vec<Duration> = (20..60).map(|number| attempt(number, start)).collect();
        assert!(delays.is_sorted() && delays[39] == Duration::from_secs(3));
        let later = start + Duration::from_mins(5);
        assert_eq!(attempt(60, later), Duration::ZERO);
    }
}
