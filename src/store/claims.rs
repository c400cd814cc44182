//! What the documents claim, in their order: as it was sorted, and what has changed since.

use std::{
    collections::{BTreeMap, HashSet},
    iter,
    sync::Arc,
};

use crate::documents::{Claim, Library};

/// As many subjects may have other claims before all are sorted anew.
const MANY: usize = 4096;

/// Claims in the order of the documents that they quote. What has not changed is shared by those who
/// have copies.
#[derive(Debug, Clone)]
pub struct Claims {
    sorted: Arc<[Claim]>,
    /// Subjects whose claims in `sorted` no longer count.
    gone: Arc<HashSet<Box<str>>>,
    /// What counts in their place, in order, each with the number of the one in `sorted` before which
    /// it stands.
    added: Arc<[(usize, Claim)]>,
    /// Collections of whose features nothing is told.
    hidden: Arc<[Box<str>]>,
}

impl Claims {
    pub(super) fn new(mut claims: Vec<Claim>, library: &Library) -> Self {
        claims.sort_by_cached_key(|claim| {
            let (document, start, id) = rank(claim, library);
            (document, start, id.to_owned())
        });
        Self {
            sorted: claims.into(),
            gone: Arc::default(),
            added: Arc::default(),
            hidden: Arc::default(),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Claim> {
        let mut added = self.added.iter().peekable();
        let mut next = 0;
        let all = iter::from_fn(move || {
            loop {
                if let Some((_, claim)) = added.next_if(|(before, _)| *before <= next) {
                    return Some(claim);
                }
                let claim = self.sorted.get(next)?;
                next += 1;
                if self.gone.is_empty() || !self.gone.contains(&*claim.subject) {
                    return Some(claim);
                }
            }
        });
        all.filter(|claim| self.hidden.is_empty() || !self.hides(claim))
    }

    fn hides(&self, claim: &Claim) -> bool {
        let (collection, _) = claim
            .subject
            .split_once('/')
            .unwrap_or((&claim.subject, ""));
        self.hidden.iter().any(|hidden| **hidden == *collection)
    }

    /// With what is claimed now of some subjects in the place of all that was.
    pub(super) fn with(
        &self,
        mut changed: BTreeMap<String, Vec<Claim>>,
        library: &Library,
    ) -> Self {
        let mut gone = HashSet::clone(&self.gone);
        gone.extend(changed.keys().map(|subject| subject.as_str().into()));
        let stay = self.added.iter().map(|(_, claim)| claim);
        let stay = stay.filter(|claim| !changed.contains_key(&claim.subject));
        let mut added: Vec<Claim> = stay.cloned().collect();
        added.extend(changed.values_mut().flat_map(std::mem::take));
        added.sort_by(|a, b| rank(a, library).cmp(&rank(b, library)));
        let before = |claim: &Claim| {
            let own = rank(claim, library);
            self.sorted
                .partition_point(|other| rank(other, library) < own)
        };
        let added = added.into_iter().map(|claim| (before(&claim), claim));
        let claims = Self {
            sorted: Arc::clone(&self.sorted),
            added: added.collect(),
            gone: Arc::new(gone),
            hidden: Arc::clone(&self.hidden),
        };
        if claims.gone.len() > MANY {
            let all = claims.all().cloned().collect();
            return Self::new(all, library);
        }
        claims
    }

    /// Without those on features of these collections.
    pub(super) fn without(&self, hidden: impl Iterator<Item = Box<str>>) -> Self {
        Self {
            hidden: hidden.collect(),
            ..self.clone()
        }
    }
}

/// By what claims are sorted.
fn rank<'a>(claim: &'a Claim, library: &Library) -> (Option<usize>, usize, &'a str) {
    (library.position(&claim.document), claim.start, &claim.id)
}
