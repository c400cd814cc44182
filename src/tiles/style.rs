//! The map's looks, and what a tileset says of itself.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Derived, Layer, MAX_ZOOM};
use crate::store::Snapshot;

/// The one style that page and pictures share.
const STYLE: &str = include_str!("style.json");

/// The MapLibre style, its sources at `base` (`http://host`, no slash at the end).
///
/// # Panics
/// Never: a test reads the style that is built in.
#[must_use]
pub fn style(snapshot: &Snapshot, base: &str) -> Value {
    let mut style: Value = serde_json::from_str(STYLE).expect("the built-in style is JSON");
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
    style["name"] = snapshot.title.zh.clone().into();
    style["sources"]["data"]["url"] = format!("{base}/tiles/{}.json", layers.join(",")).into();
    style
}

/// TileJSON 3.0.0 of a set of layers.
#[must_use]
pub fn tilejson(snapshot: &Snapshot, layers: &[Layer<'_>], base: &str) -> Value {
    let names: Vec<String> = layers.iter().map(ToString::to_string).collect();
    let bounds = layers
        .iter()
        .filter_map(|layer| layer.collection.bounds)
        .map(|rect| [rect.min().x, rect.min().y, rect.max().x, rect.max().y])
        .reduce(|a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        });
    let mut credits: Vec<&str> = layers
        .iter()
        .flat_map(|layer| &layer.collection.sources)
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
        "tiles": [format!("{base}/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", names.join(","))],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "attribution": credits.join(", "),
        "vector_layers": vector_layers,
    });
    if let Some(bounds) = bounds {
        tilejson["bounds"] = bounds.into();
    }
    tilejson
}

fn fields(derived: Derived) -> Value {
    match derived {
        Derived::Sides => json!({
            "id": "String", "name": "String", "side": "String", "stretch": "String",
            "street": "String", "metres": "Number", "accuracy_m": "Number",
        }),
        _ => json!({
            "id": "String", "name": "String", "name_en": "String", "kind": "String",
            "status": "String", "located_by": "String", "accuracy_m": "Number",
        }),
    }
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
