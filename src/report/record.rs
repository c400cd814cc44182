//! What of a feature's properties stands in tables, beside what the engine keeps as values.

use serde::Deserialize;
use serde_json::Value;

use super::Lang;
use crate::model::{Citation, Feature, Status};

/// Some of the properties as served. What loading does not check may be anything.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Record {
    statuses: Vec<StatusEntry>,
    citations: Vec<Citation>,
    land_use: Option<LandUse>,
    area_m2: Value,
    evidence: String,
    evidence_en: Value,
    /// Where the feature comes from.
    pub source: String,
    /// Under which terms.
    pub licence: String,
}

#[derive(Deserialize)]
struct StatusEntry {
    status: Status,
    citation: Citation,
}

#[derive(Deserialize)]
struct LandUse {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    name_en: Value,
}

impl Record {
    /// Reads a feature's properties.
    pub fn read(feature: &Feature) -> Self {
        // Loading has read the same members, of the same types.
        serde_json::from_str(feature.properties.get()).unwrap_or_default()
    }

    /// What the land is for, in words; in Chinese too where there are no others.
    pub fn land_use(&self, lang: Lang) -> Option<&str> {
        let LandUse { name, name_en } = self.land_use.as_ref()?;
        match lang {
            Lang::Zh => name.as_str(),
            Lang::En => name_en.as_str().or(name.as_str()),
        }
    }

    /// The stated area, m².
    pub fn stated_area(&self) -> Option<f64> {
        self.area_m2.as_f64()
    }

    /// Why it stands where it stands, in Chinese and in English.
    pub fn evidence(&self) -> (&str, &str) {
        let zh = &*self.evidence;
        (zh, self.evidence_en.as_str().unwrap_or(zh))
    }

    /// The last sentence that gives the status; else the first that is cited.
    pub fn sentence(&self, status: Option<Status>) -> Option<&Citation> {
        let of_status = self
            .statuses
            .iter()
            .rfind(|entry| Some(entry.status) == status);
        of_status
            .map(|entry| &entry.citation)
            .or(self.citations.first())
    }
}
