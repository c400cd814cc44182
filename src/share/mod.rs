//! A share as its reader may see it.
//!
//! [`missing`] takes out of its view what is not there, or not for this reader, and says so; [`asked`]
//! is what it asks of the ground, [`place`] what of the map it shows, [`news`] what has changed there
//! since, [`summary`] what it shows in words.

mod asked;
mod missing;
mod news;
mod place;
mod summary;

pub use asked::{Asked, no_area, sentences, unresolved};
pub use missing::take_out;
pub use news::{Change, News, NewsCache, NewsItem};
pub use place::{Place, asked_as, filter, relation, shown, shows};
pub use summary::{in_beijing, name};

use std::sync::Arc;

use geo::Rect;
use jiff::Timestamp;

use self::summary::summary;
use crate::{
    area::{Interrupted, Patience},
    model::{Revision, Text, View, Viewer},
    report::Lang,
    store::{
        Snapshot,
        live::{Live, Moment},
        record::{Record, RecordError, Share, ShareId, Sight},
    },
};

/// What is kept of a state that is shared: its own form, and the revision that it shows. One that it
/// names is kept, if there is such a one. By which share it was opened is no part of it.
#[must_use]
pub fn to_keep(state: &str, follows_latest: bool, latest: Revision) -> (String, Revision) {
    let state = without(state, "share");
    let asked = View::parse(&state).0.revision.map(Revision);
    let known = asked.filter(|asked| *asked <= latest);
    if known.is_none() && !(follows_latest && asked.is_some()) {
        return (View::kept_form(&state), latest);
    }
    // It is kept beside the state: the same view of the same data is one, however it was said.
    let rest = without(&state, "revision");
    let shown = known.filter(|_| !follows_latest).unwrap_or(latest);
    (View::kept_form(&rest), shown)
}

/// A state without one of its parameters.
fn without(state: &str, left_out: &str) -> String {
    let state = state.strip_prefix('?').unwrap_or(state);
    let pairs = form_urlencoded::parse(state.as_bytes()).filter(|(name, _)| name != left_out);
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// A share that somebody opens.
#[derive(Debug)]
pub struct Opened {
    /// What is kept of it.
    pub share: Share,
    /// Its view as who opens it may see it, with the revision that it shows, unless it follows the
    /// latest.
    pub view: View,
    /// What of it can't be shown.
    pub missing: Vec<Text>,
    /// The data that it shows, as who opens it sees them.
    pub snapshot: Arc<Snapshot>,
    /// When these came to be, as far as who opens it may know.
    pub time: Timestamp,
    /// What of the history who opens it may be told.
    sight: Sight,
}

impl Opened {
    /// Opens a share, on an operator's base map or without one; `None` where there is no share of this
    /// name. It blocks.
    ///
    /// # Errors
    /// Where the record can't be read.
    pub fn find(
        live: &Live,
        record: &Record,
        id: &ShareId,
        viewer: Viewer,
        has_base_map: bool,
    ) -> Result<Option<Self>, Arc<RecordError>> {
        let share = record.share(id)?;
        share
            .map(|share| Self::new(live, record, share, viewer, has_base_map))
            .transpose()
    }

    /// What a share is to somebody. It blocks.
    ///
    /// # Errors
    /// Where the record can't be read.
    pub fn new(
        live: &Live,
        record: &Record,
        share: Share,
        viewer: Viewer,
        has_base_map: bool,
    ) -> Result<Self, Arc<RecordError>> {
        let (mut view, mut missing) = View::parse(&share.what.state);
        // What is left of a revision in the state is one that there was not.
        if let Some(revision) = view.revision.take() {
            missing.push(missing::revision(Revision(revision)));
        }
        if View::is_newer(&share.what.state) {
            // It may name what is hidden, where nobody would take it out.
            view.unknown.clear();
        }
        let revision = share.what.revision;
        let mut snapshot = live.latest(viewer);
        if !share.what.follows_latest {
            match live.at(Moment::Revision(revision), viewer) {
                Ok(then) => {
                    snapshot = then;
                    view.revision = Some(revision.0);
                }
                Err(error) => match *error {
                    // A backup of an earlier day, or data that break rules of a newer program.
                    RecordError::NoRevision(_) | RecordError::Data(_) => {
                        missing.push(missing::revision(revision));
                    }
                    _ => return Err(error),
                },
            }
        }
        missing.extend(missing::take_out(&mut view, &snapshot, has_base_map));
        let sight = Sight::of(viewer, &live.latest(viewer));
        let known = record.seen_by(&sight, snapshot.revision)?;
        Ok(Self {
            time: known.map_or(share.made, |(_, time)| time),
            share,
            view,
            missing,
            snapshot,
            sight,
        })
    }

    /// What has changed since in what it shows, as it was `told` before, or else found out; `None` where
    /// there is nothing newer, or it shows the latest anyway. It blocks.
    ///
    /// # Errors
    /// Where the record can't be read, or it takes longer than `patience`.
    pub fn news(
        &self,
        live: &Live,
        record: &Record,
        viewer: Viewer,
        told: &NewsCache,
        patience: &Patience,
    ) -> Result<Option<Arc<News>>, Failure> {
        if self.view.revision.is_none() {
            return Ok(None);
        }
        let now = live.latest(viewer);
        let latest = record.seen_by(&self.sight, now.revision)?;
        let Some(latest) = latest.filter(|(latest, _)| *latest > self.snapshot.revision) else {
            return Ok(None);
        };
        let looks = [&*self.snapshot, &*now];
        let key = news::key(&self.view, looks, latest.0, viewer);
        let find = || News::between(record, &self.sight, &self.view, looks, latest, patience);
        told.told(key, patience, find).map(Some)
    }

    /// What it asks of the ground.
    ///
    /// # Errors
    /// Where it takes longer than `patience`.
    pub fn asked(&self, patience: &Patience) -> Result<Asked, Interrupted> {
        Asked::of(&self.view, &self.snapshot, patience)
    }

    /// What it is called: as its maker did, else by the area or the feature that it is about.
    #[must_use]
    pub fn name(&self, asked: &Asked, lang: Lang) -> Option<String> {
        let title = &self.share.what.title;
        summary::name(title, &asked.view, &self.snapshot, lang)
    }

    /// What it shows, in words: where it asks about no area, in this frame (degrees).
    ///
    /// # Errors
    /// Where counting takes longer than `patience`.
    pub fn summary(
        &self,
        asked: &Asked,
        frame: Rect<f64>,
        patience: &Patience,
    ) -> Result<Text, Interrupted> {
        let title = &self.share.what.title;
        summary(title, asked, &self.snapshot, self.time, frame, patience)
    }
}

/// Why it is not told what has changed.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The record can't be read.
    Record(Arc<RecordError>),
    /// It takes too long, or nobody waits.
    TooLong,
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::Record(Arc::new(error))
    }
}

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        Self::TooLong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_one_by_whichever_share_it_was_opened() {
        let latest = Revision(5);
        let keep = |state: &str, follows| to_keep(state, follows, latest);
        let plain = keep("?lang=en&revision=3", false);
        assert_eq!(plain.1, Revision(3));
        assert_eq!(keep("?lang=en&revision=3&share=k7m3p-9xq2w", false), plain);
        assert_eq!(
            keep("?lang=en&share=k7m3p-9xq2w", true),
            keep("lang=en", true)
        );
    }
}
