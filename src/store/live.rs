//! The data that are served: the latest, and earlier ones for who asks for them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use moka::sync::Cache;

use super::{
    record::{Record, RecordError},
    snapshot::Snapshot,
    views::{Rules, Views},
};
use crate::model::{Revision, Text, Viewer};

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
    latest: ArcSwap<Views>,
    /// Where there is none, the data are as files have them and never change.
    record: Option<Record>,
    /// By what the latest data hide, too: that may change.
    earlier: Cache<(Revision, Rules), Arc<Views>>,
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
            earlier: Cache::new(KEPT),
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
    /// record and kept for a while; several callers who want the same wait for one that reads them.
    /// It blocks.
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

/// The latest data as everybody sees them.
fn views(latest: &Arc<Snapshot>) -> Views {
    Views::new(Arc::clone(latest), &latest.rules())
}
