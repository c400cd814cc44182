//! The data that are served: the latest, and earlier ones for who asks for them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use moka::sync::Cache;

use super::{
    record::{Record, RecordError},
    snapshot::Snapshot,
};
use crate::model::{Revision, Text};

/// Earlier revisions that are kept in memory.
const KEPT: u64 = 4;

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
    latest: ArcSwap<Snapshot>,
    /// Where there is none, the data are as files have them and never change.
    record: Option<Record>,
    earlier: Cache<Revision, Arc<Snapshot>>,
}

impl Live {
    /// Data of files, which never change.
    #[must_use]
    pub fn fixed(snapshot: Snapshot) -> Self {
        Self::new(snapshot, None)
    }

    /// The data of a record, beginning with its latest.
    ///
    /// # Errors
    /// Where the record can't be read.
    pub fn of(record: Record) -> Result<Self, RecordError> {
        let latest = record.load(record.latest()?)?;
        Ok(Self::new(latest, Some(record)))
    }

    fn new(latest: Snapshot, record: Option<Record>) -> Self {
        Self {
            latest: ArcSwap::from_pointee(latest),
            record,
            earlier: Cache::new(KEPT),
        }
    }

    /// The record, where there is one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// The data as they are now.
    #[must_use]
    pub fn latest(&self) -> Arc<Snapshot> {
        self.latest.load_full()
    }

    /// The data at a moment, if they are in memory.
    #[must_use]
    pub fn at_once(&self, moment: Moment) -> Option<Arc<Snapshot>> {
        let latest = self.latest();
        match moment {
            Moment::Latest => Some(latest),
            Moment::Revision(revision) if revision == latest.revision => Some(latest),
            Moment::Revision(revision) => self.earlier.get(&revision),
            Moment::Time(_) => None,
        }
    }

    /// The data at a moment. Those of an earlier revision are read from the record and kept for a
    /// while; several callers who want the same wait for one that reads them. It blocks.
    ///
    /// # Errors
    /// Where there is no such revision, or nothing at that time, or the record can't be read.
    pub fn at(&self, moment: Moment) -> Result<Arc<Snapshot>, Arc<RecordError>> {
        let revision = match moment {
            Moment::Latest => return Ok(self.latest()),
            Moment::Revision(revision) => revision,
            Moment::Time(time) => self.revision_at(time)?,
        };
        if let Some(snapshot) = self.at_once(Moment::Revision(revision)) {
            return Ok(snapshot);
        }
        let record = self
            .record
            .as_ref()
            .ok_or(RecordError::NoRevision(revision))?;
        self.earlier
            .try_get_with(revision, || record.load(revision).map(Arc::new))
    }

    fn revision_at(&self, time: Timestamp) -> Result<Revision, RecordError> {
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
        self.latest.rcu(|latest| {
            if newer.revision > latest.revision {
                Arc::clone(newer)
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
        if let Some(record) = &self.record {
            let latest = record.latest()?;
            if latest > self.latest().revision {
                self.put(&Arc::new(record.load(latest)?));
            }
        }
        Ok(())
    }
}
