//! Why a feature without location is listed: which document places it in the area, in which words.

use serde::{Deserialize, Serialize};

use crate::{
    model::{Feature, FeatureRef},
    store::Snapshot,
};

/// How a document places a feature in the area.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placed {
    /// The area, or the place in it, in which the document places the feature.
    #[serde(rename = "in")]
    pub place: String,
    /// What contains the feature, where it is that which the document places.
    pub through: Option<String>,
    /// The sentence; `None` where no cited sentence, nor a heading above one, names the place: the
    /// feature's `evidence` then says why it is listed there.
    pub citation: Option<Sentence>,
}

/// A quoted sentence and the headings over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// Id of the document.
    pub document: String,
    /// The headings over the sentence.
    #[serde(default)]
    pub section: String,
    /// The document's own words.
    pub quote: String,
    /// Characters of the document before it.
    pub start: usize,
}

#[derive(Deserialize)]
struct Cited {
    #[serde(default)]
    citations: Vec<Sentence>,
}

impl Placed {
    /// Finds the sentence by which a feature is placed in `place`. `chain` is the feature itself,
    /// then what contains it, the nearest first; one of them is said to lie there.
    pub(super) fn new(snapshot: &Snapshot, chain: &[Link<'_>], place: &FeatureRef) -> Self {
        let names: Vec<&str> = snapshot
            .feature(place)
            .into_iter()
            .flat_map(|place| {
                let aliases = place.aliases.iter().map(|alias| &**alias);
                std::iter::once(&*place.name).chain(aliases)
            })
            .collect();
        let is_there = |link: &&Link<'_>| link.feature.placed_in.contains(place);
        let told = chain
            .iter()
            .filter(is_there)
            .find_map(|link| Some((link, telling(link.feature, &names)?)));
        let (link, citation) = match told {
            Some((link, sentence)) => (Some(link), Some(sentence)),
            None => (chain.iter().find(is_there), None),
        };
        Self {
            place: place.to_string(),
            through: link
                .and_then(|link| link.container)
                .map(ToString::to_string),
            citation,
        }
    }
}

/// A feature, or one of those that contain it.
pub(super) struct Link<'a> {
    /// The name of the container; `None` of the feature itself.
    pub container: Option<&'a FeatureRef>,
    /// The feature or container.
    pub feature: &'a Feature,
}

/// The first citation under a heading that names the place, else the first that names it itself:
/// a sentence that names one place often names others with it.
fn telling(feature: &Feature, names: &[&str]) -> Option<Sentence> {
    let cited: Cited = serde_json::from_str(feature.properties.get()).ok()?;
    let names_it = |text: &str| names.iter().any(|name| text.contains(name));
    let mut citations = cited.citations;
    let place = citations
        .iter()
        .position(|sentence| names_it(&sentence.section))
        .or_else(|| {
            citations
                .iter()
                .position(|sentence| names_it(&sentence.quote))
        })?;
    Some(citations.swap_remove(place))
}
