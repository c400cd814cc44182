//! One feature: its text read, and what it says compared with the documents that it quotes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    file::not_json,
    links::{Link, links_of},
    properties::{Properties, check_location, check_statuses, misread_property},
};
use crate::{
    documents::{Claim, Library, Subject},
    geometry::{crs::Transformer, read},
    model::{Citation, Feature, FeatureRef, LocatedBy, Text, is_slug},
    store::Source,
};

#[derive(Deserialize)]
struct FeatureText<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: Option<serde_json::Value>,
    geometry: Option<geojson::Geometry>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
}

/// Collections whose features a document must name.
const CITED: [&str; 3] = ["zones", "parcels", "projects"];

/// What it takes to read a feature.
pub(super) struct FeatureReader<'a> {
    pub(super) collection: &'a str,
    pub(super) library: &'a Library,
    pub(super) kinds: &'a HashMap<&'a str, Arc<str>>,
    /// Ids of the library's documents, in its order.
    pub(super) documents: &'a [Arc<str>],
    pub(super) transformer: Option<&'a Transformer>,
}

/// What a feature says of other things than itself.
pub(super) struct Parts {
    pub(super) source: Source,
    pub(super) targets: Vec<(Link, String)>,
    pub(super) claims: Vec<Claim>,
    pub(super) cited: Vec<Citation>,
}

impl FeatureReader<'_> {
    /// Reads one feature; hands it to `take` unless it is too broken to be one. Returns what to
    /// call it in messages.
    pub(super) fn feature(
        &self,
        text: &RawValue,
        place: usize,
        flaws: &mut Vec<Text>,
        take: impl FnOnce(Feature, Parts),
    ) -> String {
        let unnamed = format!("features[{place}]");
        let parsed: FeatureText<'_> = match serde_json::from_str(text.get()) {
            Ok(parsed) => parsed,
            Err(error) => {
                flaws.push(not_json(&error));
                return unnamed;
            }
        };
        let id = match &parsed.id {
            Some(serde_json::Value::String(id)) if is_slug(id) => id.clone(),
            _ => {
                flaws.push(Text::new(
                    "缺少编号 id，或编号不合规（a-z、0-9、-）",
                    "the id is missing or is none (a-z, 0-9, -)",
                ));
                return unnamed;
            }
        };
        if parsed.kind != "Feature" {
            flaws.push(Text::new("不是 GeoJSON Feature", "not a GeoJSON Feature"));
        }
        let Some(raw) = parsed.properties else {
            flaws.push(Text::new("没有属性", "it has no properties"));
            return id;
        };
        let Ok(properties) = serde_json::from_str::<Properties>(raw.get()) else {
            flaws.push(misread_property(raw.get()));
            return id;
        };
        let geometry = parsed.geometry.and_then(|geometry| {
            read::geometry(&geometry, self.transformer)
                .map_err(|flaw| flaws.push(flaw))
                .ok()
        });
        if flaws.is_empty() {
            check_location(&properties, geometry.is_some(), flaws);
        }
        let kind = self.kinds.get(properties.kind.as_str()).cloned();
        if kind.is_none() {
            flaws.push(Text::new(
                format!("类别“{}”不在 collections.json 的清单中", properties.kind),
                format!(
                    "the kind “{}” is not listed in collections.json",
                    properties.kind
                ),
            ));
        }
        let periods = check_statuses(&properties, flaws);
        self.check_evidence(&properties, flaws);
        let served = self.served(raw, &properties, flaws);
        let claims = self.claims(&id, &properties);
        let cited = properties.cited();
        let targets = links_of(&properties);
        let feature = Feature {
            id: id.as_str().into(),
            name: properties.name,
            name_en: properties.name_en,
            aliases: properties.aliases.into(),
            kind: kind.unwrap_or_else(|| "".into()),
            status: properties.status,
            periods,
            located_by: properties.located_by,
            accuracy_m: properties.accuracy_m.unwrap_or(0.0),
            container: properties
                .container
                .and_then(|text| text.parse().ok())
                .map(Box::new),
            placed_in: properties
                .placed_in
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect(),
            zones: Box::default(),
            documents: self.cited_documents(&cited),
            land_use: properties.land_use.map(|stated| stated.code),
            geometry,
            properties: served,
        };
        let source = Source {
            source: properties.source,
            licence: properties.licence,
        };
        let parts = Parts {
            source,
            targets,
            claims,
            cited,
        };
        take(feature, parts);
        id
    }

    /// The documents that are cited, each once, in the order of the library.
    fn cited_documents(&self, cited: &[Citation]) -> Box<[Arc<str>]> {
        let places: BTreeSet<usize> = cited
            .iter()
            .filter_map(|citation| self.library.position(&citation.document))
            .collect();
        places
            .into_iter()
            .map(|place| self.documents[place].clone())
            .collect()
    }

    /// Each statement needs its sentence, each location its reason.
    fn check_evidence(&self, properties: &Properties, flaws: &mut Vec<Text>) {
        // A survey is a witness of its own: `source` and `evidence` name it. What is said of the place
        // beyond where it lies still needs its sentence, in the statement itself.
        let is_surveyed = properties.located_by == LocatedBy::Surveyed;
        if CITED.contains(&self.collection) && properties.citations.is_empty() && !is_surveyed {
            flaws.push(Text::new(
                "没有引文 citations：片区、地块和项目要引用文件原话（勘测的除外）",
                "it has no citations: zones, parcels and projects must quote a document, unless they are surveyed",
            ));
        }
        if properties.status.is_some() && properties.statuses.is_empty() {
            flaws.push(Text::new(
                "有 status 就要有 statuses，写明出处",
                "a status needs statuses, which cite its sentence",
            ));
        }
        if properties.evidence.trim().is_empty() {
            flaws.push(Text::new(
                "没有 evidence：要写明位置的依据，或为何没有位置",
                "it has no evidence: say why it stands where it stands, or why it has no location",
            ));
        }
        let added = [
            ("measured", &properties.measured),
            ("overlap", &properties.overlap),
            ("certainty", &properties.certainty),
            ("certainty_reason", &properties.certainty_reason),
            ("placed", &properties.placed),
            ("collection", &properties.collection),
            ("zones", &properties.zones),
        ];
        for (name, value) in added {
            if value.is_some() {
                flaws.push(Text::new(
                    format!("属性名 {name} 由查询结果使用，请改名"),
                    format!("the property {name} is one that answers add: choose another name"),
                ));
            }
        }
    }

    /// The properties as served: as they stand, each citation with the section that it stands in.
    fn served(
        &self,
        raw: &RawValue,
        properties: &Properties,
        flaws: &mut Vec<Text>,
    ) -> Box<RawValue> {
        for citation in properties.cited_beside() {
            flaws.extend(self.library.locate(&citation).err());
        }
        if properties.citations.is_empty()
            && properties.statuses.is_empty()
            && properties.quantities.is_empty()
        {
            return raw.to_owned();
        }
        let mut value: serde_json::Value =
            serde_json::from_str(raw.get()).expect("it was read just before");
        for (place, citation) in properties.citations.iter().enumerate() {
            self.add_section(citation, &mut value["citations"][place], flaws);
        }
        for (place, entry) in properties.statuses.iter().enumerate() {
            let served = &mut value["statuses"][place]["citation"];
            self.add_section(&entry.citation, served, flaws);
        }
        for (place, quantity) in properties.quantities.iter().enumerate() {
            let served = &mut value["quantities"][place]["citation"];
            self.add_section(&quantity.citation, served, flaws);
        }
        serde_json::value::to_raw_value(&value).expect("a JSON value is JSON")
    }

    /// What the feature's statuses and quantities state. A quote that is nowhere has been told of
    /// already, by [`FeatureReader::served`].
    fn claims(&self, id: &str, properties: &Properties) -> Vec<Claim> {
        let reference = FeatureRef::new(self.collection, id);
        let subject = Subject {
            reference: &reference,
            name: &properties.name,
            name_en: &properties.name_en,
        };
        let section = |citation: &Citation| self.library.locate(citation).unwrap_or_default();
        let statuses = properties
            .statuses
            .iter()
            .enumerate()
            .map(|(place, entry)| {
                Claim::status(
                    entry.status,
                    entry.date.as_deref(),
                    entry.modality,
                    &entry.citation,
                    place,
                    &subject,
                    section(&entry.citation),
                )
            });
        let quantities = properties.quantities.iter().enumerate();
        statuses
            .chain(quantities.map(|(place, quantity)| {
                Claim::quantity(quantity, place, &subject, section(&quantity.citation))
            }))
            .collect()
    }

    fn add_section(
        &self,
        citation: &Citation,
        served: &mut serde_json::Value,
        flaws: &mut Vec<Text>,
    ) {
        match self.library.locate(citation) {
            Ok(section) => served["section"] = section.into(),
            Err(flaw) => flaws.push(flaw),
        }
    }
}
