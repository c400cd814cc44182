//! Requests for tiles: the only ones, beside those of a sign-in, that this service sends.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

use super::{Raster, Tile};

/// Requests that may be under way at once, as browsers have it.
pub const AT_ONCE: usize = 6;

/// While a turn is waited for, it is looked so often whether the tile is still wanted.
const LOOK: Duration = Duration::from_millis(20);
/// How long one tile may take.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// How long it may take until the host takes the connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Bytes that a tile may have.
const MAX_BYTES: u64 = 512 << 10;
/// After so many failures in a row the host is left alone,
const MAX_FAILURES: u32 = 3;
/// for so long.
const REST: Duration = Duration::from_secs(15);

/// What a host answered.
pub enum Answer {
    /// The tile.
    Tile(Tile),
    /// That it has none here.
    Nothing,
    /// Nothing that can be shown, and why.
    Broken(String),
}

/// The host was not asked, or not for as long as it may take: it rests, there was no time left, or
/// nobody wants the tile any more.
#[derive(Debug)]
pub struct NotAsked;

/// Who asks a host for tiles. None of its answers leads on to another.
pub struct Asking {
    agent: Agent,
    turns: Turns,
    host: Mutex<Host>,
}

impl Asking {
    pub fn new() -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_LIMIT))
            .user_agent(concat!("renewal-map/", env!("CARGO_PKG_VERSION")))
            .accept("image/png, image/jpeg")
            .tls_config(tls.build())
            .build();
        Self {
            agent: agent.into(),
            turns: Turns::new(AT_ONCE),
            host: Mutex::default(),
        }
    }

    /// Asks for the tile at an address, where it is still wanted when its turn comes. It blocks, at
    /// most until then.
    pub fn ask(
        &self,
        address: &str,
        until: Instant,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<Answer, NotAsked> {
        let _turn = self.turns.take(until, is_wanted).ok_or(NotAsked)?;
        if !self.host().may_be_asked() {
            return Err(NotAsked);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(NotAsked);
        }
        let outcome = self.fetch(address, left.min(TIME_LIMIT));
        match outcome {
            Ok(answer) => {
                self.host().answered();
                Ok(answer)
            }
            // It was not given the time that it may take.
            Err(Silence::TimedOut) if left < TIME_LIMIT => Err(NotAsked),
            Err(silence) => {
                self.host().failed();
                Ok(Answer::Broken(match silence {
                    Silence::TimedOut => format!("no answer within {} s", TIME_LIMIT.as_secs()),
                    Silence::Failed(why) => why,
                }))
            }
        }
    }

    fn fetch(&self, address: &str, limit: Duration) -> Result<Answer, Silence> {
        let request = self.agent.get(address).config();
        let request = request.timeout_global(Some(limit)).build();
        let (head, mut body) = request.call()?.into_parts();
        match head.status.as_u16() {
            200 => {}
            // WMTS calls a tile off its matrix a bad request.
            204 | 400 | 404 | 410 => return Ok(Answer::Nothing),
            status @ 300..400 => {
                return Ok(Answer::Broken(format!("it leads elsewhere ({status})")));
            }
            status => return Err(Silence::Failed(format!("the host answered {status}"))),
        }
        let bytes = match body.with_config().limit(MAX_BYTES).read_to_vec() {
            Ok(bytes) => bytes,
            Err(ureq::Error::BodyExceedsLimit(limit)) => {
                return Ok(Answer::Broken(format!("it has more than {limit} bytes")));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(match Raster::read(&bytes) {
            Ok((_, format)) => Answer::Tile(Tile { bytes, format }),
            Err(why) => Answer::Broken(why.en),
        })
    }

    fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no answer of a host that can serve tiles.
enum Silence {
    TimedOut,
    Failed(String),
}

impl From<ureq::Error> for Silence {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::TimedOut,
            // It would repeat the address, which may hold a key.
            ureq::Error::BadUri(_) => Self::Failed("its address is none".to_owned()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// How a host has answered of late.
#[derive(Default)]
struct Host {
    /// Failures in a row.
    failures: u32,
    rests_until: Option<Instant>,
}

impl Host {
    /// After a rest one request finds out whether the host is back; the others go by how that ends.
    fn may_be_asked(&mut self) -> bool {
        if self.failures < MAX_FAILURES {
            return true;
        }
        let now = Instant::now();
        let rests = self.rests_until.is_some_and(|until| now < until);
        if !rests {
            self.rests_until = Some(now + REST);
        }
        !rests
    }

    fn answered(&mut self) {
        *self = Self::default();
    }

    fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
        self.rests_until = Some(Instant::now() + REST);
    }
}

/// Turns for so many at once.
struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One of them, until it is dropped.
struct Turn<'a>(&'a Turns);

impl Turns {
    fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
        }
    }

    /// A turn, where one is free by then, and is wanted still.
    fn take(&self, until: Instant, is_wanted: &dyn Fn() -> bool) -> Option<Turn<'_>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || !is_wanted() {
                return None;
            }
            if *free > 0 {
                *free -= 1;
                return Some(Turn(self));
            }
            let waited = self.freed.wait_timeout(free, left.min(LOOK));
            (free, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_a_turn_that_is_not_wanted_any_more() {
        let turns = Turns::new(1);
        let soon = || Instant::now() + Duration::from_secs(20);
        let held = turns.take(soon(), &|| true).unwrap();
        let started = Instant::now();
        let leaves = started + Duration::from_millis(100);
        assert!(turns.take(soon(), &|| Instant::now() < leaves).is_none());
        assert!(started.elapsed() < Duration::from_secs(5));
        drop(held);
        assert!(turns.take(soon(), &|| false).is_none());
        assert!(turns.take(Instant::now(), &|| true).is_none());
        assert!(turns.take(soon(), &|| true).is_some());
    }
}
