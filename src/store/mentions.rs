//! Where documents speak of features, and what two documents say of the same one.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::snapshot::{Place, Snapshot};
use crate::{
    documents::{Claim, Document, Library, Pair, Passage, Subjects, pair},
    model::{Citation, Feature, FeatureRef},
};

/// A stretch of a document: its place in a list rather than its name, for there may be one for each
/// of a million parcels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    document: u32,
    start: u32,
    end: u32,
}

/// A stretch that a feature of a collection cites, by its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mention {
    pub(super) stretch: Stretch,
    pub(super) feature: u32,
}

impl Stretch {
    /// What is cited, each once.
    pub(super) fn all(library: &Library, cited: &[Citation]) -> Box<[Self]> {
        let stretches = cited.iter().filter_map(|citation| {
            Some(Self {
                document: library.position(&citation.document)?.try_into().ok()?,
                start: citation.start.try_into().ok()?,
                end: citation.end().try_into().ok()?,
            })
        });
        let each: BTreeSet<Self> = stretches.collect();
        each.into_iter().collect()
    }
}

impl Mention {
    pub(super) fn new(stretch: Stretch, feature: u32) -> Self {
        Self { stretch, feature }
    }

    /// Whether it is one of a document, by its place.
    pub(super) fn is_of(self, document: u32) -> bool {
        self.stretch.document == document
    }
}

/// A stretch of a document, with everything that rests on it.
#[derive(Debug, serde::Serialize)]
pub struct Passages {
    /// Characters before it.
    pub start: usize,
    /// Characters before its end.
    pub end: usize,
    /// Features that cite it, by their whole names, in the order of the collections.
    pub subjects: Vec<String>,
    /// Ids of the claims that it makes.
    pub claims: Vec<String>,
}

impl Snapshot {
    /// The stretches of a document that are cited, in the order of the text, a longer one before
    /// what lies within it.
    #[must_use]
    pub fn cited_in(&self, document: &Document) -> Vec<Passages> {
        let mut found: HashMap<(usize, usize), Passages> = HashMap::new();
        let place = self.place_of_document(&document.info.id);
        for collection in &self.collections {
            let own = place.map(|document| collection.mentions(document));
            for Mention { stretch, feature } in own.into_iter().flatten() {
                let passage = passage(&mut found, stretch.start as usize, stretch.end as usize);
                let name = |feature: &Feature| FeatureRef::new(&collection.info.id, &feature.id);
                let cites = collection.at(feature).map(name);
                passage.subjects.extend(cites.map(|name| name.to_string()));
            }
        }
        for claim in self.claims.all() {
            if claim.document == document.info.id {
                let passage = passage(&mut found, claim.start, claim.end);
                passage.subjects.push(claim.subject.clone());
                passage.claims.push(claim.id.clone());
            }
        }
        let mut found: Vec<Passages> = found.into_values().collect();
        for passage in &mut found {
            let mut seen = HashSet::new();
            passage.subjects.retain(|name| seen.insert(name.clone()));
        }
        found.sort_by_key(|passage| (passage.start, std::cmp::Reverse(passage.end)));
        found
    }

    /// What two documents, by their ids, say of the same things.
    #[must_use]
    pub fn pairs<'a>(&'a self, earlier: &'a str, later: &'a str) -> Vec<Pair<'a>> {
        let documents = [earlier, later].map(|id| self.place_of_document(id));
        let documents: BTreeSet<u32> = documents.into_iter().flatten().collect();
        let mut mentions: HashMap<Place, Vec<Stretch>> = HashMap::new();
        for (collection, number) in self.collections.iter().zip(0..) {
            for document in &documents {
                for Mention { stretch, feature } in collection.mentions(*document) {
                    let own = mentions.entry((number, feature)).or_default();
                    own.push(stretch);
                }
            }
        }
        let subjects = Beside {
            snapshot: self,
            mentions,
        };
        let claims: Vec<&Claim> = self.claims.all().collect();
        pair(&claims, earlier, later, &subjects)
    }

    fn place_of_document(&self, id: &str) -> Option<u32> {
        self.library.position(id)?.try_into().ok()
    }
}

fn passage(
    found: &mut HashMap<(usize, usize), Passages>,
    start: usize,
    end: usize,
) -> &mut Passages {
    found.entry((start, end)).or_insert_with(|| Passages {
        start,
        end,
        subjects: Vec::new(),
        claims: Vec::new(),
    })
}

struct Beside<'a> {
    snapshot: &'a Snapshot,
    mentions: HashMap<Place, Vec<Stretch>>,
}

impl Subjects for Beside<'_> {
    fn names(&self, subject: &str) -> Vec<&str> {
        let feature: Option<&Feature> = subject
            .parse()
            .ok()
            .and_then(|name: FeatureRef| self.snapshot.feature(&name));
        feature.map_or_else(Vec::new, |feature| {
            let aliases = feature.aliases.iter().map(|alias| &**alias);
            std::iter::once(&*feature.name).chain(aliases).collect()
        })
    }

    fn mentions(&self, subject: &str, document: &str) -> Vec<Passage> {
        let place = subject
            .parse()
            .ok()
            .and_then(|name: FeatureRef| self.snapshot.place_of(&name));
        let number = self.snapshot.place_of_document(document);
        let Some(document) = self.snapshot.library.get(document) else {
            return vec![];
        };
        place
            .and_then(|place| self.mentions.get(&place))
            .into_iter()
            .flatten()
            .filter(|stretch| Some(stretch.document) == number)
            .map(|stretch| {
                let (start, end) = (stretch.start as usize, stretch.end as usize);
                Passage {
                    document: document.info.id.clone(),
                    section: document.section_at(start),
                    start,
                    end,
                    quote: document.words(start, end).unwrap_or_default().to_owned(),
                }
            })
            .collect()
    }
}
