//! The turns that work takes: how much of each kind is done at once, and how many requests may wait
//! for it.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::Semaphore;

use super::{AppState, problem::Problem};
use crate::{model::Text, tiles::base_map::AT_ONCE};

/// Requests that may wait at once for a turn of one kind; more are told to come back.
const MAX_WAITING: usize = 512;
/// Short pieces of work (a page of features, a tile) done at once, for each processor.
const LIGHT_PER_PROCESSOR: usize = 4;
/// Passwords that may wait at once to be compared, and questions to the identity provider.
const MAX_AT_DOOR: usize = 32;
/// Questions to the identity provider that may be under way at once.
const MAX_AT_PROVIDER: usize = 16;
/// Pictures that may wait at once to be drawn.
const MAX_PICTURES: usize = 64;
/// Millions of pixels that may be held at once by pictures in the making, at some 8 MB each: two of the
/// largest.
const MAX_MEGAPIXELS: u32 = 80;

/// How long a piece of work may keep a processor.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// Moments.
    Light,
    /// Seconds: at most one for each processor at once, so that the light ones go on.
    Heavy,
    /// Comparing a password, which takes much memory: a few at once.
    Password,
    /// Asking the identity provider, which may be slow: others must not wait for it.
    Provider,
    /// A change of the data: one after the other, as the record takes them.
    Edit,
    /// A few rows beside the data, such as the end of a session. They wait for whoever is writing, which
    /// may take long, and who reads must not wait for them.
    Note,
    /// Reading all data as they were earlier, which takes as much memory as they do.
    Earlier,
    /// Drawing a picture, which takes a processor and memory for so many pixels.
    Picture(f64),
    /// Asking the service of the base map, which may be slow: others must not wait for it.
    BaseMap,
}

/// The turns of all kinds of work.
pub struct Turns {
    light: Queue,
    heavy: Queue,
    passwords: Queue,
    provider: Queue,
    edits: Queue,
    notes: Queue,
    pub(super) earlier: Queue,
    pictures: Queue,
    base_map: Queue,
}

/// The turns of one kind of work, and the room in which requests wait for one: a room for each, so
/// that however many want to sign in, others are answered.
pub struct Queue {
    pub(super) at_once: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Queue {
    fn new(at_once: usize, waiting: usize) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(at_once)),
            waiting: Semaphore::new(waiting),
        }
    }
}

impl Turns {
    /// As many as this machine has processors and memory for.
    pub fn new() -> Self {
        let processors = processors();
        Self {
            light: Queue::new(processors * LIGHT_PER_PROCESSOR, MAX_WAITING),
            heavy: Queue::new(processors, MAX_WAITING),
            passwords: Queue::new(processors.div_ceil(2), MAX_AT_DOOR),
            provider: Queue::new(MAX_AT_PROVIDER, MAX_AT_DOOR),
            edits: Queue::new(1, MAX_WAITING),
            notes: Queue::new(1, MAX_WAITING),
            earlier: Queue::new(1, MAX_WAITING),
            pictures: Queue::new(MAX_MEGAPIXELS as usize, MAX_PICTURES),
            base_map: Queue::new(AT_ONCE, MAX_WAITING),
        }
    }

    /// Where a piece of work waits, and how many turns it takes there.
    fn of(&self, work: Work) -> (&Queue, u32) {
        match work {
            Work::Light => (&self.light, 1),
            Work::Heavy => (&self.heavy, 1),
            Work::Password => (&self.passwords, 1),
            Work::Provider => (&self.provider, 1),
            Work::Edit => (&self.edits, 1),
            Work::Note => (&self.notes, 1),
            Work::Earlier => (&self.earlier, 1),
            Work::Picture(pixels) => (&self.pictures, picture_share(pixels, processors())),
            Work::BaseMap => (&self.base_map, 1),
        }
    }
}

impl AppState {
    /// Runs work off the async threads. The work holds its turn until it ends, even where nobody
    /// waits for it any more; the flag that it is given then tells it so.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: Work,
        run: impl FnOnce(&Self, &Arc<AtomicBool>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let too_many = || {
            Problem::busy(Text::new(
                "请求太多，请稍后再试",
                "too many requests, please try again in a moment",
            ))
        };
        let (queue, share) = self.0.turns.of(work);
        let turn = {
            let _place = queue.waiting.try_acquire().map_err(|_| too_many())?;
            Arc::clone(&queue.at_once)
                .acquire_many_owned(share)
                .await
                .map_err(|_| too_many())?
        };
        let state = self.clone();
        let abandoned = Arc::new(AtomicBool::new(false));
        let _guard = SetOnDrop(Arc::clone(&abandoned));
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            run(&state, &abandoned)
        });
        match task.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(Problem::busy(Text::new(
                    "服务正在关闭",
                    format!("the service is shutting down: {error}"),
                ))),
            },
        }
    }
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// What of [`MAX_MEGAPIXELS`] a picture takes: what it holds, and at least so much that there is not more
/// than one for each processor.
fn picture_share(pixels: f64, processors: usize) -> u32 {
    let processors = u32::try_from(processors).unwrap_or(u32::MAX);
    let least = (MAX_MEGAPIXELS / processors.max(1)).max(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some millions, and too many are as many as there are"
    )]
    let megapixels = (pixels / 1e6).ceil() as u32;
    megapixels.clamp(least, MAX_MEGAPIXELS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_share_processors_and_memory() {
        let at_once = |pixels: f64, processors| MAX_MEGAPIXELS / picture_share(pixels, processors);
        // Small ones by the processors, large ones by what they hold.
        for (processors, small, large) in [(1, 1, 1), (2, 2, 2), (4, 4, 2), (16, 16, 2)] {
            assert_eq!(at_once(0.0, processors), small);
            assert_eq!(at_once(1.44e6, processors), small);
            assert_eq!(at_once(40e6, processors), large);
        }
        assert_eq!(picture_share(12.1e6, 16), 13);
        assert!(picture_share(f64::MAX, 1_000) == MAX_MEGAPIXELS);
        assert_eq!(picture_share(1.0, 1_000), 1);
    }
}
