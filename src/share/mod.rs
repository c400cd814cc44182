//! A share as its reader may see it.
//!
//! [`missing`] takes out of its view what is not there, or not for this reader, and says so; [`asked`]
//! is what it asks of the ground, [`place`] what of the map it shows, [`news`] what has changed there
//! since, [`summary`] what it shows in words. What of these many ask for is found once, and [`known`]
//! from then on.

mod asked;
mod known;
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

use self::{known::Known, summary::summary};
use crate::{
    area::{Interrupted, Patience},
    model::{Revision, Role, Text, View, Viewer, view::Language},
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

/// A state in its kept form that says which layers it shows, also where it left that to the style: a
/// later style may show others by itself. They are those that are there for who shares it.
#[must_use]
pub fn with_layers(kept: String, snapshot: &Snapshot, has_base_map: bool) -> String {
    let mut names = form_urlencoded::parse(kept.as_bytes()).map(|(name, _)| name);
    // A newer version may have another way to say it.
    if names.any(|name| name == "layers") || View::is_newer(&kept) {
        return kept;
    }
    let layers = place::default_layers(snapshot, has_base_map).join(",");
    View::kept_form(&format!("{kept}&layers={layers}"))
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
        let Some(share) = record.share(id)? else {
            return Ok(None);
        };
        let then = Self::then(live, &share, viewer)?;
        Self::new(live, record, share, then, viewer, has_base_map).map(Some)
    }

    /// The data of the revision that a share shows, as somebody sees them; `None` where it follows the latest,
    /// or they are there no more. It blocks: reading them may take long, and all the memory that they do.
    ///
    /// # Errors
    /// Where the record can't be read.
    pub fn then(
        live: &Live,
        share: &Share,
        viewer: Viewer,
    ) -> Result<Option<Arc<Snapshot>>, Arc<RecordError>> {
        if share.what.follows_latest {
            return Ok(None);
        }
        match live.at(Moment::Revision(share.what.revision), viewer) {
            Ok(then) => Ok(Some(then)),
            Err(error) => match *error {
                // A backup of an earlier day, or data that break rules of a newer program.
                RecordError::NoRevision(_) | RecordError::Data(_) => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// What a share is to somebody, with the data of [`Opened::then`]. It blocks.
    ///
    /// # Errors
    /// Where the record can't be read.
    pub fn new(
        live: &Live,
        record: &Record,
        share: Share,
        then: Option<Arc<Snapshot>>,
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
        if then.is_some() {
            view.revision = Some(revision.0);
        } else if !share.what.follows_latest {
            missing.push(missing::revision(revision));
        }
        let snapshot = then.unwrap_or_else(|| live.latest(viewer));
        missing.extend(missing::take_out(&mut view, &snapshot, has_base_map));
        let sight = Sight::of(viewer, &live.latest(viewer));
        let time = match record.seen_by(&sight, snapshot.revision)? {
            Some((_, time)) => time,
            // They see nothing of how it came about; when it was shared would tell of who shared it.
            None => record.info(snapshot.revision)?.time,
        };
        Ok(Self {
            share,
            view,
            missing,
            snapshot,
            time,
            sight,
        })
    }

    /// When it was shared first; `None` for who does not see all of it, and may only guess at the rest:
    /// that somebody shared it before would tell that this is there.
    #[must_use]
    pub fn made(&self) -> Option<Timestamp> {
        self.missing.is_empty().then_some(self.share.made)
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

    /// What it is called and shows, as it was told before, or else found out. `frame` is what is drawn
    /// where it asks about no area, degrees.
    ///
    /// # Errors
    /// Where it takes longer than `patience`.
    pub fn described(
        &self,
        viewer: Viewer,
        told: &DescriptionCache,
        patience: &Patience,
        frame: impl Fn(&Asked) -> Rect<f64>,
    ) -> Result<Arc<Description>, Failure> {
        let title = &self.share.what.title;
        let key = known::key(&[
            title,
            &self.view.to_query(),
            &self.snapshot.fingerprint,
            &self.snapshot.revision.to_string(),
            &self.time.to_string(),
            viewer.0.map_or("", Role::as_str),
        ]);
        told.0.told(key, patience, || {
            let (view, snapshot) = (&self.view, &*self.snapshot);
            let asked = Asked::of(view, snapshot, patience)?;
            let frame = frame(&asked);
            Ok(Arc::new(Description {
                name: summary::name(title, &asked.view, snapshot, self.lang()),
                summary: summary(title, &asked, snapshot, self.time, frame, patience)?,
                refused: asked.refused,
            }))
        })
    }

    /// The language of its view.
    #[must_use]
    pub fn lang(&self) -> Lang {
        match self.view.lang {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }
}

/// What a share is called and shows.
#[derive(Debug)]
pub struct Description {
    /// What it is called, in the language of its view: as its maker did, else by the area or the
    /// feature that it is about.
    pub name: Option<String>,
    /// What it shows, in words.
    pub summary: Text,
    /// What of what it asks has no answer, and why.
    pub refused: Vec<Text>,
}

/// What shares are called and show. What took too long is looked for again.
#[derive(Default)]
pub struct DescriptionCache(Known<Arc<Description>>);

/// Why it is not told what it shows, or what has changed.
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
    use std::{cell::Cell, time::Duration};

    use geo::coord;

    use super::*;
    use crate::store::{
        files::Files,
        record::{Keeping, NewShare},
    };

    #[test]
    fn what_a_share_shows_is_reckoned_once_for_all_who_see_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let [seeds, geodata] = [Files::seeds(None), Files::geodata(None)];
        let record = Record::open(folder.path(), &seeds, &geodata).unwrap();
        let keep = |state: &str, title: &str| {
            let new = NewShare {
                state: state.to_owned(),
                title: title.to_owned(),
                note: String::new(),
                revision: Revision(1),
                follows_latest: false,
                made_by: None,
            };
            let Keeping::New(share) = record.keep_share(&new).unwrap() else {
                panic!("{state} is new");
            };
            share
        };
        let area = keep("v=1&area=circle:117.16,39.16,2000&layers=zones", "");
        let others = [
            keep("v=1&area=circle:117.16,39.16,3000&layers=zones", ""),
            keep("v=1&area=circle:117.16,39.16,2000&layers=zones", "Named"),
        ];
        let live = Live::of(record).unwrap();
        let open = |share: &Share, viewer| {
            let record = live.record().unwrap();
            let then = Opened::then(&live, share, viewer).unwrap();
            Opened::new(&live, record, share.clone(), then, viewer, false).unwrap()
        };
        let told = DescriptionCache::default();
        let reckoned = Cell::new(0);
        let describe = |share: &Share, viewer: Viewer, limit| {
            let patience = Patience::new(limit, Arc::default());
            open(share, viewer).described(viewer, &told, &patience, |_| {
                reckoned.set(reckoned.get() + 1);
                Rect::new(coord! { x: 117.1, y: 39.1 }, coord! { x: 117.2, y: 39.2 })
            })
        };
        let long = Duration::from_mins(5);
        // What was cut short is looked for again.
        assert!(describe(&area, Viewer::ANYBODY, Duration::ZERO).is_err());
        reckoned.set(0);
        let first = describe(&area, Viewer::ANYBODY, long).unwrap();
        let again = describe(&area, Viewer::ANYBODY, long).unwrap();
        assert!(Arc::ptr_eq(&first, &again) && reckoned.get() == 1);
        // Others see others, and other views show others.
        describe(&area, Viewer::ALL_SEEING, long).unwrap();
        for other in &others {
            let other = describe(other, Viewer::ANYBODY, long).unwrap();
            assert_ne!(other.summary, first.summary);
        }
        assert_eq!(reckoned.get(), 4);
    }

    #[test]
    fn a_view_that_leaves_its_layers_to_the_style_says_which_it_shows() {
        let files = [Files::seeds(None), Files::geodata(None)];
        let snapshot = crate::store::load(&files[0], &files[1]).unwrap();
        let kept = |state: &str| with_layers(View::kept_form(state), &snapshot, false);
        let shown = |state: &str| View::parse(state).0.layers;
        let layers = shown(&kept("v=1&lang=en")).unwrap();
        assert!(
            layers.contains(&"parcels".to_owned()) && !layers.contains(&"facilities".to_owned())
        );
        assert_eq!(kept("v=1&lang=en"), kept(&kept("lang=en")));
        let was = View::parse("v=1&lang=en").0;
        for collection in snapshot.collections() {
            let id = &*collection.info.id;
            let is = View::parse(&kept("v=1&lang=en")).0;
            assert_eq!(shows(&is, id), shows(&was, id), "{id}");
        }
        assert!(!layers.contains(&"base-map".to_owned()));
        let on_base_map = with_layers("v=1".to_owned(), &snapshot, true);
        assert!(
            shown(&on_base_map)
                .unwrap()
                .contains(&"base-map".to_owned())
        );
        // What is said, or said in a way that only another version reads, stays.
        for state in ["layers=", "layers=zones", "layers=<b>", "v=7&mode=3d"] {
            assert_eq!(kept(state), View::kept_form(state), "{state}");
        }
    }

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
