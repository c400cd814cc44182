//! What is kept under a name: a feature, or a file beside the collections.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};

use crate::{
    geometry::{crs::Transformer, read, write::GeoJson},
    model::{FeatureRef, Text, hex, is_slug},
    store::load::{not_json, parse_file},
};

/// The shelf of a district's documents.
pub const SEEDS: &str = "seeds/";
/// The shelf of the files beside the collections.
pub const GEODATA: &str = "geodata/";

/// Under which name something is kept. No collection has a slash in its id, so features and files
/// never share a shelf.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// A collection's id, or [`SEEDS`] or [`GEODATA`].
    pub shelf: Box<str>,
    /// A feature's id, or a file's name.
    pub name: Box<str>,
}

impl Key {
    /// Under which name a feature is kept.
    #[must_use]
    pub fn of(feature: &FeatureRef) -> Self {
        Self {
            shelf: feature.collection.clone(),
            name: feature.id.clone(),
        }
    }

    pub(super) fn new(shelf: &str, name: &str) -> Self {
        Self {
            shelf: shelf.into(),
            name: name.into(),
        }
    }

    /// Whether it is a feature's.
    #[must_use]
    pub fn is_feature(&self) -> bool {
        !self.shelf.ends_with('/')
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.is_feature() { "/" } else { "" };
        write!(f, "{}{slash}{}", self.shelf, self.name)
    }
}

/// SHA-256 of an entry's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// The members of a feature that are kept.
#[derive(Deserialize)]
struct Members<'a> {
    id: Option<String>,
    geometry: Option<geojson::Geometry>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
}

/// A feature's id, and the bytes that are kept of it.
pub type Kept = (Box<str>, Vec<u8>);

/// The features of a GeoJSON file in the form in which they are kept: WGS 84, without spaces, the
/// properties in their order. So what says the same has the same hash.
///
/// # Errors
/// Where the file, or a feature of it, can't be read as GeoJSON.
pub fn features_of(bytes: &[u8]) -> Result<Vec<Kept>, Text> {
    let (features, transformer) = parse_file(bytes)?;
    features
        .into_iter()
        .map(|feature| kept_form(feature.get(), transformer.as_ref()))
        .collect()
}

/// A feature's id, and the form in which it is kept.
///
/// # Errors
/// Where it can't be read as GeoJSON, or its id is none.
pub fn kept_form(text: &str, transformer: Option<&Transformer>) -> Result<Kept, Text> {
    let members: Members<'_> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let id = members.id.filter(|id| is_slug(id)).ok_or_else(|| {
        Text::new(
            "缺少编号 id，或编号不合规（a-z、0-9、-）",
            "the id is missing or is none (a-z, 0-9, -)",
        )
    })?;
    let geometry = members
        .geometry
        .map(|geometry| read::geometry(&geometry, transformer))
        .transpose()?;
    let properties: Value = match members.properties {
        Some(raw) => serde_json::from_str(raw.get()).map_err(|error| not_json(&error))?,
        None => Value::Null,
    };
    let mut out = format!(r#"{{"type":"Feature","id":"{id}","geometry":"#).into_bytes();
    let written = serde_json::to_writer(&mut out, &geometry.as_ref().map(GeoJson)).and_then(|()| {
        out.extend_from_slice(br#","properties":"#);
        serde_json::to_writer(&mut out, &properties)
    });
    written.map_err(|error| not_json(&error))?;
    out.push(b'}');
    Ok((id.into(), out))
}

/// What answers add to the properties of a feature.
pub const ADDED: [&str; 7] = [
    "measured",
    "zones",
    "overlap",
    "certainty",
    "certainty_reason",
    "placed",
    "collection",
];

/// A feature that somebody read, changed and sends back, in the form in which it is kept: without
/// what answers had added to it.
///
/// # Errors
/// Where it is no feature, or bears another id.
pub fn edited_form(mut feature: Value, id: &str) -> Result<Vec<u8>, Text> {
    if feature["type"] != "Feature" {
        return Err(Text::new(
            "应为 GeoJSON Feature",
            "it should be a GeoJSON Feature",
        ));
    }
    if !feature["id"].is_null() && feature["id"] != id {
        return Err(Text::new(
            format!("编号应为“{id}”，与地址一致"),
            format!("its id should be “{id}”, as in the address"),
        ));
    }
    feature["id"] = id.into();
    if let Some(properties) = feature["properties"].as_object_mut() {
        properties.retain(|name, _| !ADDED.contains(&name.as_str()));
        properties.values_mut().for_each(drop_sections);
    }
    kept_form(&feature.to_string(), None).map(|(_, body)| body)
}

/// Takes the headings, under which a quote stands, out of citations at any depth.
fn drop_sections(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("document") && members.contains_key("quote") {
                members.shift_remove("section");
            }
            members.values_mut().for_each(drop_sections);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_sections),
        _ => {}
    }
}
