//! Where documents speak of features, and what two documents say of the same one.

use std::collections::{HashMap, HashSet};

use super::snapshot::Snapshot;
use crate::{
    documents::{Document, Pair, Passage, Subjects, pair},
    model::{Citation, Feature, FeatureRef},
};

/// A stretch of a document that a feature cites: places in lists rather than names, for there may
/// be one for each of a million parcels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mention {
    document: u32,
    start: u32,
    end: u32,
    collection: u32,
    feature: u32,
}

impl Mention {
    /// The stretch that a feature, by its place, cites in a document, by its place.
    pub(super) fn new(
        document: usize,
        citation: &Citation,
        (collection, feature): (usize, usize),
    ) -> Option<Self> {
        Some(Self {
            document: document.try_into().ok()?,
            start: citation.start.try_into().ok()?,
            end: citation.end().try_into().ok()?,
            collection: collection.try_into().ok()?,
            feature: feature.try_into().ok()?,
        })
    }

    /// The same where collections stand at other places; `None` where its own is none of them.
    pub(super) fn moved(self, places: &[Option<u32>]) -> Option<Self> {
        let collection = (*places.get(self.collection as usize)?)?;
        Some(Self { collection, ..self })
    }

    fn subject(self) -> (u32, u32) {
        (self.collection, self.feature)
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
        for mention in &self.mentions {
            if Some(mention.document) == place {
                let passage = passage(&mut found, mention.start as usize, mention.end as usize);
                passage.subjects.extend(self.name_of(mention.subject()));
            }
        }
        for claim in &self.claims {
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
        let mut mentions: HashMap<(u32, u32), Vec<Mention>> = HashMap::new();
        for mention in &self.mentions {
            if documents.contains(&Some(mention.document)) {
                mentions
                    .entry(mention.subject())
                    .or_default()
                    .push(*mention);
            }
        }
        let subjects = Beside {
            snapshot: self,
            mentions,
        };
        pair(&self.claims, earlier, later, &subjects)
    }

    fn place_of_document(&self, id: &str) -> Option<u32> {
        self.library.position(id)?.try_into().ok()
    }

    fn name_of(&self, (collection, feature): (u32, u32)) -> Option<String> {
        let collection = self.collections.get(collection as usize)?;
        let feature = collection.features().get(feature as usize)?;
        Some(FeatureRef::new(&collection.info.id, &feature.id).to_string())
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
    mentions: HashMap<(u32, u32), Vec<Mention>>,
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
            .and_then(|name: FeatureRef| self.snapshot.place_of(&name))
            .and_then(|(c, f)| Some((c.try_into().ok()?, f.try_into().ok()?)));
        let number = self.snapshot.place_of_document(document);
        let Some(document) = self.snapshot.library.get(document) else {
            return vec![];
        };
        place
            .and_then(|place| self.mentions.get(&place))
            .into_iter()
            .flatten()
            .filter(|mention| Some(mention.document) == number)
            .map(|mention| {
                let (start, end) = (mention.start as usize, mention.end as usize);
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
