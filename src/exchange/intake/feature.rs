//! What a row says of a feature, and what stands of it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::mapping::{Mapping, STRUCTURED, is_known, kind_of};
use crate::{
    exchange::layer::{Field, Row},
    model::{CollectionInfo, Text},
    store::record::ADDED,
};

/// What says where a feature comes from. A file that says the same of a feature as an earlier one does
/// not change it by being another file.
const ORIGIN: [&str; 3] = ["source", "evidence", "evidence_en"];

/// How rows of one file become properties.
pub struct Shaping<'a> {
    collection: &'a CollectionInfo,
    /// For each field the property that it becomes, if any.
    fields: Vec<Option<Target>>,
    key: Option<usize>,
    constants: Vec<(String, Value)>,
    /// Where the features come from, unless the file or its constants say.
    origin: Vec<(&'static str, String)>,
}

struct Target {
    property: String,
    /// The service reads it itself.
    is_known: bool,
}

impl<'a> Shaping<'a> {
    /// For a mapping that was checked against the fields. `origin` is the file in Chinese and English,
    /// and what was done with it.
    pub fn new(
        collection: &'a CollectionInfo,
        mapping: &Mapping,
        fields: &[Field],
        (source, evidence): (String, Text),
    ) -> Self {
        let mut taken: HashSet<String> = mapping.properties.keys().cloned().collect();
        taken.extend(fields.iter().map(|field| field.name.clone()));
        let targets = fields.iter().map(|field| {
            let name = field.name.as_str();
            let mapped: Vec<_> = mapping
                .properties
                .iter()
                .filter(|(_, from)| *from == name)
                .map(|(property, _)| property.clone())
                .collect();
            if let Some(property) = mapped.into_iter().next() {
                let is_known = is_known(&property);
                return Some(Target { property, is_known });
            }
            // What is set for all takes the place of what the file says under that name.
            let is_set = mapping.constants.contains_key(name);
            let is_id = name == "id" && mapping.key.as_deref().is_none_or(|key| key == "id");
            if is_set || ADDED.contains(&name) || is_id || name.is_empty() {
                return None;
            }
            let mut property = name.to_owned();
            if is_known(name) || name == "id" || mapping.properties.contains_key(name) {
                // No two fields may become one property.
                while taken.contains(&property) {
                    property.push_str("_text");
                }
                taken.insert(property.clone());
            }
            Some(Target {
                property,
                is_known: false,
            })
        });
        let has = |property: &str| {
            mapping.properties.contains_key(property) || mapping.constants.contains_key(property)
        };
        let origin = [
            ("source", source),
            ("evidence", evidence.zh),
            ("evidence_en", evidence.en),
        ];
        // Whoever words the evidence does so in the language of the file.
        let own_evidence = has("evidence");
        Self {
            collection,
            fields: targets.collect(),
            key: mapping
                .key
                .as_ref()
                .and_then(|key| fields.iter().position(|field| field.name == *key)),
            constants: mapping
                .constants
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            origin: origin
                .into_iter()
                .filter(|(name, _)| !has(name) && (*name != "evidence_en" || !own_evidence))
                .collect(),
        }
    }

    /// The property under which keys stay with their features.
    pub fn key_property(&self) -> Option<&str> {
        let target = self.fields[self.key?].as_ref()?;
        Some(&target.property)
    }

    /// The key of a row.
    pub fn key(&self, row: &Row) -> Option<String> {
        let value = match self.key {
            Some(place) => row.values.get(place)?,
            None => return row.id.clone(),
        };
        text_of(value)
    }

    /// The properties that a row gives a feature, where `standing` are those that it has: what the
    /// file does not speak of stays, and with `keeps_place` its location and where that is from, too.
    ///
    /// # Errors
    /// Which value can't be what.
    pub fn properties(
        &self,
        row: &Row,
        key: &str,
        standing: Option<&Map<String, Value>>,
        keeps_place: bool,
    ) -> Result<Map<String, Value>, Text> {
        let mut properties = match standing {
            Some(standing) => standing.clone(),
            None => Map::new(),
        };
        if standing.is_none() {
            // The order in which people read them.
            for name in ["name", "name_en", "kind", "located_by", "accuracy_m"] {
                properties.insert(name.to_owned(), Value::Null);
            }
        }
        for (target, value) in self.fields.iter().zip(&row.values) {
            let Some(target) = target else { continue };
            let value = if target.is_known {
                self.known(&target.property, value)?
            } else {
                value.clone()
            };
            let stands = properties.get(&target.property);
            let is_same = stands.is_some_and(|stands| is_same_number(stands, &value));
            if !is_same && (stands.is_some() || !value.is_null()) {
                properties.insert(target.property.clone(), value);
            }
        }
        for (name, value) in &self.constants {
            properties.insert(name.clone(), value.clone());
        }
        let is_mapped = |property: &str| {
            self.fields
                .iter()
                .flatten()
                .any(|target| target.property == property)
        };
        let is_set = |property: &str| self.constants.iter().any(|(name, _)| name == property);
        if keeps_place {
            // Nothing is said of where it lies.
        } else if row.geometry.is_none() {
            if !is_mapped("located_by") {
                properties.insert("located_by".into(), "none".into());
            }
            properties.insert("accuracy_m".into(), Value::Null);
        } else if !is_mapped("located_by") && !is_set("located_by") {
            properties.insert("located_by".into(), "digitised".into());
        }
        let fallback = |properties: &mut Map<String, Value>, name: &str, value: Value| {
            if properties.get(name).is_none_or(Value::is_null) {
                properties.insert(name.to_owned(), value);
            }
        };
        fallback(&mut properties, "name", key.into());
        // No English name is known: better the one that there is than none.
        let name = properties["name"].clone();
        fallback(&mut properties, "name_en", name);
        if let [kind] = self.collection.kinds.as_slice() {
            fallback(&mut properties, "kind", kind.id.as_str().into());
        }
        for (name, value) in self.origin.iter().filter(|_| !keeps_place) {
            properties.insert((*name).to_owned(), value.as_str().into());
        }
        Ok(properties)
    }

    /// The same properties with the origin of those that stand, to find out whether anything else
    /// differs.
    pub fn with_standing_origin(
        &self,
        properties: &Map<String, Value>,
        standing: &Map<String, Value>,
    ) -> Map<String, Value> {
        let mut same = properties.clone();
        for name in ORIGIN {
            if !self.origin.iter().any(|(own, _)| *own == name) {
                continue;
            }
            match standing.get(name) {
                Some(value) => {
                    same.insert(name.to_owned(), value.clone());
                }
                None => {
                    same.shift_remove(name);
                }
            }
        }
        same
    }

    /// A value as a property that the service reads takes it.
    fn known(&self, property: &str, value: &Value) -> Result<Value, Text> {
        let value = match value {
            Value::String(text) if text.trim().is_empty() => return Ok(Value::Null),
            Value::Null => return Ok(Value::Null),
            value => value,
        };
        let unfit = || {
            let shown = crate::model::shortened(&value.to_string());
            Text::new(
                format!("{shown} 不能作为 {property}"),
                format!("{shown} can't be {property}"),
            )
        };
        if STRUCTURED.contains(&property) {
            return match value {
                Value::String(text) => serde_json::from_str(text).map_err(|_| unfit()),
                value => Ok(value.clone()),
            };
        }
        match (property, value) {
            ("aliases", Value::String(text)) => match serde_json::from_str::<Vec<String>>(text) {
                Ok(list) => Ok(json!(list)),
                Err(_) => Ok(text
                    .split(['、', '；', ';', '，', ','])
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .collect::<Vec<_>>()
                    .into()),
            },
            ("kind", Value::String(word)) => {
                Ok(kind_of(self.collection, word.trim()).unwrap_or(word).into())
            }
            ("accuracy_m", Value::String(text)) => text
                .trim()
                .parse::<f64>()
                .map(Value::from)
                .map_err(|_| unfit()),
            ("aliases" | "accuracy_m", value) => Ok(value.clone()),
            (_, value) => text_of(value).map(Value::from).ok_or_else(unfit),
        }
    }
}

/// Whether two values are one number: in some formats 5 is 5.0.
fn is_same_number(a: &Value, b: &Value) -> bool {
    matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a.to_bits() == b.to_bits())
}

/// A value as a word: text without the spaces around it, or a number.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => match number.as_f64() {
            // A whole number in a field of numbers with decimals.
            #[allow(clippy::cast_possible_truncation)] // it is whole and small
            Some(real) if !number.is_i64() && real.fract() == 0.0 && real.abs() < 1e15 => {
                Some((real as i64).to_string())
            }
            _ => Some(number.to_string()),
        },
        _ => None,
    }
}
