//! What features must fulfil beside lying in the area, as it is asked.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    filter::{Filter, Language},
    geometry::crs::Crs,
    model::Text,
    store::{Collection, Field},
};

/// A filter in words: CQL2 text where it is a string, else CQL2 JSON.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Condition(pub Value);

impl Condition {
    /// A filter in one of the two encodings.
    ///
    /// # Errors
    /// Where it is to be JSON and is none.
    pub fn new(text: &str, language: Language) -> Result<Self, Text> {
        match language {
            Language::Text => Ok(Self(text.into())),
            Language::Json => serde_json::from_str(text).map(Self).map_err(|error| {
                Text::new(
                    format!("filter 不是 JSON：{error}"),
                    format!("the filter is no JSON: {error}"),
                )
            }),
        }
    }

    /// The filter as one expression over what can be asked of a collection's features.
    ///
    /// # Errors
    /// What is wrong at which place, and for which collection.
    pub(super) fn parse(&self, crs: Crs, collection: &Collection) -> Result<Filter<Field>, Text> {
        let queryables = Field::queryables();
        let filter = match &self.0 {
            Value::String(text) => Filter::parse(text, Language::Text, crs, &queryables),
            json => Filter::parse(&json.to_string(), Language::Json, crs, &queryables),
        };
        filter.map_err(|error| {
            let id = &collection.info.id;
            Text::new(
                format!("集合 {id}：{}", error.zh),
                format!("collection {id}: {}", error.en),
            )
        })
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Value::String(text) => f.write_str(text),
            json => json.fmt(f),
        }
    }
}
