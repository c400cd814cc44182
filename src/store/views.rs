//! Who sees which of the data: a snapshot without the collections that are not for who looks.
//!
//! Whatever is asked of such a view is answered without them: nothing has to be left out by those
//! who answer, and a hidden collection is as one that does not exist.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{references::Hidden, snapshot::Snapshot};
use crate::model::{Role, Viewer, hex};

/// The collections that there are, each with the least role that sees it; `None` where anybody does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rules(Arc<[(Box<str>, Option<Role>)]>);

impl Rules {
    /// Whether a collection is hidden from somebody. One that is there no more may have been hidden
    /// when it was last there: administrators alone see what was in it.
    fn hide(&self, collection: &str, viewer: Viewer) -> bool {
        let known = self.0.iter().find(|(id, _)| **id == *collection);
        viewer.0 < known.map_or(Viewer::ALL_SEEING.0, |(_, role)| *role)
    }
}

/// A snapshot as everybody sees it.
#[derive(Debug)]
pub struct Views {
    whole: Arc<Snapshot>,
    /// For anybody, readers and editors; administrators see the whole.
    others: [Arc<Snapshot>; 3],
}

impl Views {
    /// The views of a snapshot. What the latest data hide is hidden in earlier ones too.
    #[must_use]
    pub fn new(whole: Arc<Snapshot>, latest: &Rules) -> Self {
        let mut made: Vec<(Vec<bool>, Arc<Snapshot>)> = Vec::new();
        let others = [None, Some(Role::Reader), Some(Role::Editor)].map(|role| {
            let shown = shown(&whole, Viewer(role), latest);
            if let Some((_, view)) = made.iter().find(|(others, _)| *others == shown) {
                return Arc::clone(view);
            }
            let view = if shown.contains(&false) {
                let view = without(&whole, &shown);
                let is_earlier = whole.rules() != *latest;
                Arc::new(if is_earlier {
                    without_references(view, &whole, &shown)
                } else {
                    view
                })
            } else {
                Arc::clone(&whole)
            };
            made.push((shown, Arc::clone(&view)));
            view
        });
        Self { whole, others }
    }

    /// Everything.
    #[must_use]
    pub fn whole(&self) -> &Arc<Snapshot> {
        &self.whole
    }

    /// What somebody sees.
    #[must_use]
    pub fn of(&self, viewer: Viewer) -> &Arc<Snapshot> {
        match viewer.0 {
            None => &self.others[0],
            Some(Role::Reader) => &self.others[1],
            Some(Role::Editor) => &self.others[2],
            Some(Role::Administrator) => &self.whole,
        }
    }
}

impl Snapshot {
    /// Who sees which of its collections.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let infos = self.collections.iter().map(|collection| &collection.info);
        Rules(
            infos
                .map(|info| (info.id.as_str().into(), info.readers))
                .collect(),
        )
    }
}

/// Which collections, by their places, somebody sees.
fn shown(whole: &Snapshot, viewer: Viewer, latest: &Rules) -> Vec<bool> {
    let infos = whole.collections.iter().map(|collection| &collection.info);
    infos
        .map(|info| info.is_for(viewer) && !latest.hide(&info.id, viewer))
        .collect()
}

/// The snapshot with the collections that are `shown`, and what is said of their features.
fn without(whole: &Snapshot, shown: &[bool]) -> Snapshot {
    let mut collections = Vec::new();
    let mut hidden: Vec<&str> = Vec::new();
    let mut fingerprint = Sha256::new();
    fingerprint.update(&whole.fingerprint);
    for (collection, shown) in whole.collections.iter().zip(shown) {
        if *shown {
            collections.push(Arc::clone(collection));
        } else {
            let id = collection.info.id.as_str();
            hidden.push(id);
            fingerprint.update(id);
            fingerprint.update([0]);
        }
    }
    Snapshot {
        revision: whole.revision,
        title: whole.title.clone(),
        district: whole.district.clone(),
        library: Arc::clone(&whole.library),
        claims: whole.claims.without(hidden.into_iter().map(Box::from)),
        indicators: whole.indicators.clone(),
        fingerprint: hex(&fingerprint.finalize()[..12]),
        stated: Arc::clone(&whole.stated),
        networks: Arc::clone(&whole.networks),
        is_whole: false,
        collections,
    }
}

/// What is shown, without references to what the latest data hide and its own did not.
fn without_references(mut view: Snapshot, whole: &Snapshot, shown: &[bool]) -> Snapshot {
    let all = whole.collections.iter().zip(shown);
    let hidden = all.filter(|(_, shown)| !**shown);
    let hidden = Hidden(hidden.map(|(collection, _)| &**collection).collect());
    for collection in &mut view.collections {
        if let Some(other) = hidden.out_of(collection) {
            *collection = Arc::new(other);
        }
    }
    view
}
