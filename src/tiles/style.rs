//! The map's looks, and what a tileset says of itself.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde_json::{Value, json};

use super::{
    Derived, Layer, MAX_ZOOM,
    base_map::{BASE_MAP, DEEPEST, TILE_PIXELS},
    layer::bounds_of,
};
use crate::store::Snapshot;

/// The one style that page and pictures share.
const STYLE: &str = include_str!("style.json");

/// The member of the style's metadata that lists categories of land use with their colours: names
/// as the national classification has them (自然资发〔2023〕234号), colours as the national
/// specification for drawing municipal plans does (市级国土空间总体规划制图规范).
const LAND_USE: &str = "renewal-map:land-use";

/// The places of the categories in `list` that features state: for each code the entry that shares
/// the most of its digits.
fn stated_categories(snapshot: &Snapshot, list: &[Value]) -> HashSet<usize> {
    let codes: Vec<&str> = list
        .iter()
        .filter_map(|entry| entry["code"].as_str())
        .collect();
    snapshot
        .collections()
        .iter()
        .flat_map(|collection| collection.land_uses())
        .filter_map(|stated| {
            let covers = |(_, code): &(usize, &&str)| stated.as_str().starts_with(**code);
            let fitting = codes.iter().enumerate().filter(covers);
            Some(fitting.max_by_key(|(_, code)| code.len())?.0)
        })
        .collect()
}

/// The style as it is built in: its layers, the lowest first, and its metadata.
///
/// # Panics
/// Never: a test reads the style that is built in.
#[must_use]
pub fn looks() -> &'static Value {
    static LOOKS: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(STYLE).expect("the built-in style is JSON"));
    &LOOKS
}

/// Whether a group of layers is a part of the base map, which no filter thins out.
#[must_use]
pub fn is_base(group: &str) -> bool {
    let base = looks()["metadata"]["renewal-map:base"].as_array();
    base.is_some_and(|base| base.iter().any(|id| id == group))
}

/// The groups of layers, each with whether it is shown where nobody has chosen.
fn groups() -> &'static HashMap<&'static str, bool> {
    static GROUPS: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
        let mut groups = HashMap::new();
        for layer in looks()["layers"].as_array().into_iter().flatten() {
            if let Some(group) = layer["metadata"]["renewal-map:group"].as_str() {
                let is_shown = layer["layout"]["visibility"] != "none";
                *groups.entry(group).or_default() |= is_shown;
            }
        }
        groups
    });
    &GROUPS
}

/// Whether the style draws a group of layers.
#[must_use]
pub fn is_drawn(group: &str) -> bool {
    groups().contains_key(group)
}

/// Whether a group of layers is shown where nobody has chosen.
#[must_use]
pub fn is_shown(group: &str) -> bool {
    groups().get(group).copied().unwrap_or_default()
}

/// Where a style finds the tiles of an operator's base map.
pub struct BaseMapTiles<'a> {
    /// Their address, with `{z}`, `{x}` and `{y}`.
    pub address: String,
    /// Whom to name.
    pub attribution: &'a str,
}

/// The MapLibre style, with the operator's base map where there is one. `address` tells where a path
/// of the service is, for who reads it.
#[must_use]
pub fn style(
    snapshot: &Snapshot,
    base_map: Option<&BaseMapTiles<'_>>,
    address: impl Fn(&str) -> String,
) -> Value {
    let mut style = looks().clone();
    match base_map {
        Some(tiles) => {
            style["sources"][BASE_MAP] = json!({
                "type": "raster",
                "tiles": [tiles.address],
                "tileSize": TILE_PIXELS,
                "maxzoom": DEEPEST,
                "attribution": tiles.attribution,
            });
        }
        None => {
            if let Some(layers) = style["layers"].as_array_mut() {
                layers.retain(|layer| layer["source"] != BASE_MAP);
            }
        }
    }
    let drawn: HashSet<&str> = style["layers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|layer| layer["source-layer"].as_str())
        .collect();
    let layers: Vec<String> = Layer::all(snapshot)
        .map(|layer| layer.to_string())
        .filter(|name| drawn.contains(name.as_str()))
        .collect();
    if let Some(categories) = style["metadata"][LAND_USE].as_array_mut() {
        let stated = stated_categories(snapshot, categories);
        let mut place = 0..;
        categories.retain(|_| place.next().is_some_and(|place| stated.contains(&place)));
    }
    style["name"] = snapshot.title.zh.clone().into();
    style["sources"]["data"]["url"] = address(&format!("/tiles/{}.json", layers.join(","))).into();
    style
}

/// TileJSON 3.0.0 of a set of layers; `address` as for [`style`].
#[must_use]
pub fn tilejson(
    snapshot: &Snapshot,
    layers: &[Layer<'_>],
    address: impl Fn(&str) -> String,
) -> Value {
    let names: Vec<String> = layers.iter().map(ToString::to_string).collect();
    let mut credits: Vec<&str> = layers
        .iter()
        .flat_map(|layer| layer.collection.sources())
        .filter(|source| source.source.contains("OpenStreetMap"))
        .map(|_| "© OpenStreetMap contributors")
        .collect();
    credits.dedup();
    let vector_layers: Vec<Value> = layers
        .iter()
        .map(|layer| json!({"id": layer.to_string(), "fields": fields(layer.derived)}))
        .collect();
    let mut tilejson = json!({
        "tilejson": "3.0.0",
        "name": snapshot.title.zh,
        "tiles": [address(&format!("/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", names.join(",")))],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "attribution": credits.join(", "),
        "vector_layers": vector_layers,
    });
    if let Some(bounds) = bounds_of(layers) {
        let (low, high) = (bounds.min(), bounds.max());
        tilejson["bounds"] = json!([low.x, low.y, high.x, high.y]);
    }
    tilejson
}

fn fields(derived: Derived) -> Value {
    let mut fields = json!({
        "id": "String", "name": "String", "name_en": "String", "kind": "String",
        "status": "String", "located_by": "String", "accuracy_m": "Number",
        "land_use": "String", "documents": "String: ;a;b;", "zones": "String: ;a;b;",
    });
    if derived == Derived::Sides {
        for name in ["side", "stretch", "street"] {
            fields[name] = "String".into();
        }
        fields["metres"] = "Number".into();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_style_is_json_with_its_source() {
        let style: Value = serde_json::from_str(STYLE).unwrap();
        assert_eq!(style["version"], 8);
        assert_eq!(style["sources"]["data"]["type"], "vector");
    }
}
