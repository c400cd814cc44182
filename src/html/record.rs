//! What of a feature's properties a page sets out by itself.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::model::{Feature, Modality, Status};

/// The properties as served. Where loading checks no type, anything may stand.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Record {
    pub statuses: Vec<StatusEntry>,
    pub quantities: Vec<Quantity>,
    pub boundary: Option<Boundary>,
    pub relations: Vec<Relation>,
    pub citations: Vec<Cited>,
    pub land_use: Option<LandUse>,
    sides: Value,
    pub evidence: String,
    evidence_en: Value,
    note: Value,
    note_en: Value,
    pub source: String,
    pub licence: String,
}

#[derive(Deserialize)]
pub struct StatusEntry {
    pub status: Status,
    pub date: Option<String>,
    pub modality: Modality,
    pub citation: Cited,
}

/// A quantity that a sentence states.
#[derive(Deserialize)]
pub struct Quantity {
    pub attribute: String,
    pub value: f64,
    pub unit: String,
    pub qualifier: Option<String>,
    pub date: Option<String>,
    pub modality: Modality,
    pub citation: Cited,
}

/// A citation, with the section that it stands in where serving has added it.
#[derive(Clone, Deserialize)]
pub struct Cited {
    pub document: String,
    pub quote: String,
    pub start: usize,
    #[serde(default)]
    pub section: Value,
}

#[derive(Deserialize)]
pub struct Boundary {
    document: String,
    text: String,
    start: usize,
}

#[derive(Deserialize)]
pub struct Relation {
    #[serde(rename = "type")]
    pub kind: String,
    pub target: String,
    #[serde(default)]
    pub evidence: Value,
    pub citation: Option<Cited>,
}

#[derive(Deserialize)]
pub struct LandUse {
    pub code: String,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    name_en: Value,
    pub citation: Cited,
}

/// A stretch of a compiled outline.
#[derive(Deserialize)]
pub struct Stretch {
    pub side: String,
    pub kind: String,
    pub street: Option<String>,
    pub metres: f64,
    pub accuracy_m: f64,
}

/// Properties that pages set out in their own way, or not at all.
const SET_OUT: [&str; 24] = [
    "name",
    "name_en",
    "aliases",
    "kind",
    "status",
    "statuses",
    "quantities",
    "boundary",
    "relations",
    "citations",
    "land_use",
    "sides",
    "evidence",
    "evidence_en",
    "note",
    "note_en",
    "source",
    "licence",
    "located_by",
    "accuracy_m",
    "container",
    "placed_in",
    "zones",
    "area_m2",
];

impl Record {
    /// Reads a feature's properties.
    pub fn read(feature: &Feature) -> Self {
        // Loading has read the same members, of the same types.
        serde_json::from_str(feature.properties.get()).unwrap_or_default()
    }

    /// Why it stands where it stands; each text in Chinese and, where there is one, in English.
    pub fn evidence(&self) -> (&str, &str) {
        (
            &self.evidence,
            self.evidence_en.as_str().unwrap_or(&self.evidence),
        )
    }

    /// What is to be noted of it.
    pub fn note(&self) -> Option<(&str, &str)> {
        let zh = self.note.as_str()?;
        Some((zh, self.note_en.as_str().unwrap_or(zh)))
    }

    /// The stretches of its outline.
    pub fn stretches(&self) -> Vec<Stretch> {
        serde_json::from_value(self.sides.clone()).unwrap_or_default()
    }

    /// The sentence that states its boundary: the citation that holds it, with its section, where
    /// there is one.
    pub fn boundary_sentence(&self) -> Option<Cited> {
        let boundary = self.boundary.as_ref()?;
        let mut holding = self.citations.iter().filter(|cited| {
            cited.document == boundary.document && cited.quote.contains(&boundary.text)
        });
        Some(holding.next().cloned().unwrap_or_else(|| Cited {
            document: boundary.document.clone(),
            quote: boundary.text.clone(),
            start: boundary.start,
            section: Value::Null,
        }))
    }

    /// The quotes that no other part of the page shows, each once.
    pub fn other_citations(&self) -> Vec<&Cited> {
        let boundary = self.boundary_sentence();
        let statuses = self.statuses.iter().map(|entry| &entry.citation);
        let quantities = self.quantities.iter().map(|stated| &stated.citation);
        let land_use = self.land_use.iter().map(|stated| &stated.citation);
        let shown = statuses.chain(quantities).chain(land_use).chain(&boundary);
        let mut seen: HashSet<_> = shown.map(Cited::key).collect();
        let related = self
            .relations
            .iter()
            .filter_map(|relation| relation.citation.as_ref());
        let mut rest = Vec::new();
        for cited in self.citations.iter().chain(related) {
            if seen.insert(cited.key()) {
                rest.push(cited);
            }
        }
        rest
    }
}

impl Cited {
    fn key(&self) -> (&str, usize, &str) {
        (&self.document, self.start, &self.quote)
    }
}

impl LandUse {
    /// What the land is for, in Chinese and in English.
    pub fn name(&self) -> (&str, &str) {
        let zh = self.name.as_str().unwrap_or_default();
        (zh, self.name_en.as_str().unwrap_or(zh))
    }
}

/// The stated area, m².
pub fn stated_area(feature: &Feature) -> Option<f64> {
    let mut area = None;
    feature.each_property(|name, value| {
        if name == "area_m2" {
            area = serde_json::from_str(value.get()).ok();
        }
    });
    area
}

/// The properties that pages list as they are.
pub fn others(feature: &Feature) -> Vec<(String, Value)> {
    let mut list = Vec::new();
    feature.each_property(|name, value: &RawValue| {
        if !SET_OUT.contains(&name) {
            let value = serde_json::from_str(value.get()).unwrap_or_default();
            list.push((name.to_owned(), value));
        }
    });
    list
}
