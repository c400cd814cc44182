//! The data that are served: the latest, and earlier ones for who asks for them.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use moka::{policy::EvictionPolicy, sync::Cache};

use super::{
    record::{Record, RecordError},
    snapshot::Snapshot,
    views::{Rules, Views},
};
use crate::model::{Revision, Text, Viewer};

/// Features of earlier revisions that are kept in memory, at a few kilobytes each. One revision is kept
/// even where it has more.
const KEPT_FEATURES: u32 = 500_000;
/// Earlier revisions that are kept in memory, however few features they have.
const KEPT: u32 = 4;

/// Which state of the data is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    /// As they are now.
    #[default]
    Latest,
    /// As they were at a revision.
    Revision(Revision),
    /// As they were at a time.
    Time(Timestamp),
}

impl Moment {
    /// A revision, or the latest where none is named.
    #[must_use]
    pub fn of(revision: Option<u64>) -> Self {
        revision.map_or(Self::Latest, |number| Self::Revision(Revision(number)))
    }
}

/// The data that are served. Reading the latest neither locks nor copies, and newer ones take their
/// place in one step.
#[derive(Debug)]
pub struct Live {
    latest: ArcSwap<Views>,
    /// Where there is none, the data are as files have them and never change.
    record: Option<Record>,
    /// By what the latest data hide, too: that may change.
    earlier: Cache<(Revision, Rules), Arc<Views>>,
    /// Held by who reads an earlier revision: each takes as much memory as its data do.
    reading: Mutex<()>,
}

impl Live {
    /// Data of files, which never change.
    #[must_use]
    pub fn fixed(snapshot: Snapshot) -> Self {
        Self::new(&Arc::new(snapshot), None)
    }

    /// The data of a record, beginning with its latest.
    ///
    /// # Errors
    /// Where the record can't be read.
    pub fn of(record: Record) -> Result<Self, RecordError> {
        Ok(Self::new(&record.newest()?, Some(record)))
    }

    fn new(latest: &Arc<Snapshot>, record: Option<Record>) -> Self {
        Self {
            latest: ArcSwap::from_pointee(views(latest)),
            record,
            earlier: earlier(room),
            reading: Mutex::default(),
        }
    }

    /// The record, where there is one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// The data as they are now, and as somebody sees them.
    #[must_use]
    pub fn latest(&self, viewer: Viewer) -> Arc<Snapshot> {
        Arc::clone(self.latest.load().of(viewer))
    }

    /// What somebody sees of the data at a moment, if they are in memory.
    #[must_use]
    pub fn at_once(&self, moment: Moment, viewer: Viewer) -> Option<Arc<Snapshot>> {
        let latest = self.latest.load();
        let views = match moment {
            Moment::Latest => &latest,
            Moment::Revision(revision) if revision == latest.whole().revision => &latest,
            Moment::Revision(revision) => {
                let key = (revision, latest.whole().rules());
                return Some(Arc::clone(self.earlier.get(&key)?.of(viewer)));
            }
            Moment::Time(_) => return None,
        };
        Some(Arc::clone(views.of(viewer)))
    }

    /// What somebody sees of the data at a moment. Those of an earlier revision are read from the
    /// record and kept for a while; several callers who want the same wait for one that reads them, and one
    /// revision is read at a time. It blocks.
    ///
    /// # Errors
    /// Where there is no such revision, or nothing at that time, or the record can't be read.
    pub fn at(&self, moment: Moment, viewer: Viewer) -> Result<Arc<Snapshot>, Arc<RecordError>> {
        let revision = match moment {
            Moment::Latest => return Ok(self.latest(viewer)),
            Moment::Revision(revision) => revision,
            Moment::Time(time) => self.revision_at(time)?,
        };
        if let Some(snapshot) = self.at_once(Moment::Revision(revision), viewer) {
            return Ok(snapshot);
        }
        let record = self
            .record
            .as_ref()
            .ok_or(RecordError::NoRevision(revision))?;
        let rules = self.latest.load().whole().rules();
        let key = (revision, rules.clone());
        let views = self.earlier.try_get_with(key, || {
            let _alone = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            let whole = record.load(revision)?;
            Ok::<_, RecordError>(Arc::new(Views::new(Arc::new(whole), &rules)))
        })?;
        Ok(Arc::clone(views.of(viewer)))
    }

    /// The revision that was the latest at a time. It blocks for moments.
    ///
    /// # Errors
    /// Where there was nothing at that time, or the record can't be read.
    pub fn revision_at(&self, time: Timestamp) -> Result<Revision, RecordError> {
        let record = self.record.as_ref().ok_or_else(|| {
            RecordError::Refused(Text::new(
                "没有库，只有一个版本：as_of 要用 serve --data 启动才有",
                "there is one revision only, for there is no record: as_of needs serve --data",
            ))
        })?;
        record.revision_at(time)?.ok_or_else(|| {
            RecordError::Refused(Text::new(
                format!("{time} 时还没有数据"),
                format!("there were no data yet at {time}"),
            ))
        })
    }

    /// Serves newer data from now on; older ones than those that are served are let go.
    pub fn put(&self, newer: &Arc<Snapshot>) {
        let newer = Arc::new(views(newer));
        self.latest.rcu(|latest| {
            if newer.whole().revision > latest.whole().revision {
                Arc::clone(&newer)
            } else {
                Arc::clone(latest)
            }
        });
    }

    /// Serves what another process has committed, if anything. It blocks.
    ///
    /// # Errors
    /// Where the record can't be read.
    pub fn refresh(&self) -> Result<(), RecordError> {
        if let Some(record) = &self.record
            && record.latest()? > self.latest.load().whole().revision
        {
            self.put(&record.newest()?);
        }
        Ok(())
    }
}

/// Room for earlier revisions, each of which takes `room` by how many features it has. What was asked for
/// last is kept, for a page is followed by the next.
fn earlier(
    room: impl Fn(usize) -> u32 + Send + Sync + 'static,
) -> Cache<(Revision, Rules), Arc<Views>> {
    Cache::builder()
        .max_capacity(KEPT_FEATURES.into())
        .eviction_policy(EvictionPolicy::lru())
        .weigher(move |_, views: &Arc<Views>| {
            let collections = views.whole().collections().iter();
            room(collections.map(|one| one.features().len()).sum())
        })
        .build()
}

/// How much of [`KEPT_FEATURES`] a revision with so many features takes.
fn room(features: usize) -> u32 {
    let features = u32::try_from(features).unwrap_or(u32::MAX);
    features.clamp(KEPT_FEATURES / KEPT, KEPT_FEATURES)
}

/// The latest data as everybody sees them.
fn views(latest: &Arc<Snapshot>) -> Views {
    Views::new(Arc::clone(latest), &latest.rules())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::Files;

    #[test]
    fn few_revisions_are_kept_and_of_large_ones_the_last() {
        let whole = crate::store::load::load(&Files::seeds(None), &Files::geodata(None)).unwrap();
        let rules = whole.rules();
        let views = Arc::new(Views::new(Arc::new(whole), &rules));
        // As if each had so many features.
        for (features, most) in [(20, 4), (200_000, 2), (30_000_000, 1)] {
            let cache = earlier(move |_| room(features));
            for number in 1..=20 {
                cache.insert((Revision(number), rules.clone()), Arc::clone(&views));
                cache.run_pending_tasks();
                let kept = |number| cache.contains_key(&(Revision(number), rules.clone()));
                // What was asked for last, and no more than there is room for.
                let last: Vec<u64> = (1..=20).filter(|number| kept(*number)).collect();
                let expected: Vec<u64> = (number.saturating_sub(most) + 1..=number).collect();
                assert_eq!(last, expected);
            }
        }
        assert_eq!(room(0) * KEPT, KEPT_FEATURES);
        assert_eq!(room(200_000), 200_000);
        assert_eq!(room(30_000_000), KEPT_FEATURES);
    }
}
