//! Recompiles the zones of a data folder from their boundary sentences.

use std::fmt::Write;

use geo::{Geometry, LineString};
use serde_json::{Value, json};

use super::{files::Files, snapshot::Snapshot};
use crate::{
    boundary::{Compiled, Line, LineKind, Outcome, Sentence},
    model::{Feature, Text},
};

/// The file that holds zones.
pub const ZONES_FILE: &str = "zones.geojson";

/// Zones as they compile now.
pub struct Zones {
    /// The whole file, with new `geometry`, `sides` and `accuracy_m` of zones that cite a boundary
    /// sentence; the same input gives the same bytes.
    pub text: String,
    /// What became of each of these zones.
    pub outcomes: Vec<ZoneOutcome>,
}

/// What became of one zone.
pub struct ZoneOutcome {
    /// Its name.
    pub name: String,
    /// The polygon, or the reason for which there is none.
    pub outcome: Outcome,
}

/// Compiles the zones of `geodata` along the lines of `streets`, `water` and `district`.
///
/// # Errors
/// Where the zones' file can't be read as GeoJSON.
pub fn compile_zones(snapshot: &Snapshot, geodata: &Files) -> Result<Zones, Text> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let file = geodata.path(ZONES_FILE);
        Text::new(
            format!("{file} 读不懂：{error}"),
            format!("{file} can't be read: {error}"),
        )
    };
    let bytes = geodata
        .read(ZONES_FILE)
        .map_err(|error| unreadable(&error))?;
    let mut file: Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
    if file.get("crs").is_some() {
        // The outlines that are written are WGS 84: under another system they would lie elsewhere.
        return Err(unreadable(
            &"片区文件不能带 crs 成员，请转换为 WGS 84 经纬度 (a file of zones must have no crs member: bring it to WGS 84)",
        ));
    }
    let network = snapshot.network();
    let mut outcomes = Vec::new();
    for zone in file["features"].as_array_mut().into_iter().flatten() {
        let Some(text) = zone["properties"]["boundary"]["text"].as_str() else {
            continue;
        };
        let outcome = match text.parse::<Sentence>() {
            Ok(sentence) => network.compile(&sentence),
            Err(error) => Outcome::Unresolved(crate::boundary::Reason::Text(error).into()),
        };
        let name = zone["properties"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let compiled = match &outcome {
            Outcome::Compiled(compiled) => Some(compiled),
            Outcome::Ambiguous(_) | Outcome::Unresolved(_) => None,
        };
        write_zone(zone, compiled);
        outcomes.push(ZoneOutcome { name, outcome });
    }
    let mut text = String::new();
    write_pretty(&mut text, &file, 0);
    text.push('\n');
    Ok(Zones { text, outcomes })
}

/// The collections whose lines a boundary can follow.
pub(crate) const FOLLOWED: [(&str, LineKind); 3] = [
    ("streets", LineKind::Street),
    ("water", LineKind::River),
    ("district", LineKind::Other),
];

/// Every line that a boundary can follow. The district's outline goes by the name 区界.
pub(super) fn lines(snapshot: &Snapshot) -> Vec<Line> {
    FOLLOWED
        .into_iter()
        .filter_map(|(id, kind)| Some((snapshot.collection(id)?, kind)))
        .flat_map(|(collection, kind)| {
            collection
                .features()
                .flat_map(move |feature| lines_of(feature, kind))
        })
        .collect()
}

fn lines_of(feature: &Feature, kind: LineKind) -> Vec<Line> {
    let courses: Vec<&LineString<f64>> = match &feature.geometry {
        Some(Geometry::LineString(line)) => vec![line],
        Some(Geometry::MultiLineString(lines)) => lines.iter().collect(),
        Some(Geometry::Polygon(polygon)) => vec![polygon.exterior()],
        Some(Geometry::MultiPolygon(polygons)) => {
            polygons.iter().map(geo::Polygon::exterior).collect()
        }
        _ => vec![],
    };
    let (name, aliases) = if kind == LineKind::Other {
        ("区界".to_owned(), vec![format!("{}界", feature.name)])
    } else {
        let aliases = feature.aliases.iter().map(ToString::to_string).collect();
        (feature.name.to_string(), aliases)
    };
    let kind = match &*feature.kind {
        // They are among the streets, but nobody walks along them for want of one.
        "railway" | "boundary" => LineKind::Other,
        _ => kind,
    };
    courses
        .into_iter()
        .map(|coords| Line {
            id: feature.id.to_string(),
            name: name.clone(),
            aliases: aliases.clone(),
            kind,
            accuracy_m: feature.accuracy_m,
            coords: coords.clone(),
        })
        .collect()
}

fn write_zone(zone: &mut Value, compiled: Option<&Compiled>) {
    let evidence = serde_json::to_value(compiled).expect("numbers and names serialise");
    zone["geometry"] = match compiled {
        Some(_) => json!({ "type": "Polygon", "coordinates": [evidence["ring"]] }),
        None => Value::Null,
    };
    zone["properties"]["accuracy_m"] = evidence["accuracy_m"].clone();
    zone["properties"]["sides"] = match compiled {
        Some(_) => evidence["sides"].clone(),
        None => json!([]),
    };
}

/// Writes JSON as a person would: what fits on a line stands on one.
pub(crate) fn write_pretty(out: &mut String, value: &Value, indent: usize) {
    const WIDTH: usize = 160;
    let compact = spaced(value);
    let broken = match value {
        Value::Object(_) | Value::Array(_) => indent + compact.chars().count() > WIDTH,
        _ => false,
    };
    if !broken || is_coordinates(value) {
        out.push_str(&compact);
        return;
    }
    let inner = " ".repeat(indent + 2);
    let outer = " ".repeat(indent);
    match value {
        Value::Object(members) => {
            out.push('{');
            for (place, (key, member)) in members.iter().enumerate() {
                let comma = if place == 0 { "" } else { "," };
                let _ = write!(out, "{comma}\n{inner}{}: ", Value::from(key.as_str()));
                write_pretty(out, member, indent + 2);
            }
            let _ = write!(out, "\n{outer}}}");
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                let comma = if place == 0 { "" } else { "," };
                let _ = write!(out, "{comma}\n{inner}");
                write_pretty(out, item, indent + 2);
            }
            let _ = write!(out, "\n{outer}]");
        }
        _ => {}
    }
}

/// A list of positions is one line, however long: nobody reads it, and a diff names its feature.
fn is_coordinates(value: &Value) -> bool {
    match value {
        Value::Array(items) => items
            .iter()
            .all(|item| item.is_number() || (item.is_array() && is_coordinates(item))),
        _ => false,
    }
}

/// Writes JSON on one line.
pub(crate) fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, member)| format!("{}: {}", Value::from(key.as_str()), spaced(member)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_for_people_and_stays_the_same_json() {
        let long = "长".repeat(200);
        let value = json!({
            "type": "FeatureCollection",
            "features": [{"id": "a", "note": long, "geometry": {"type": "Polygon",
                "coordinates": [vec![[117.123_456_7, 39.1]; 20]]}}],
            "empty": {},
        });
        let mut text = String::new();
        write_pretty(&mut text, &value, 0);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert!(
            text.lines().any(|line| line == "      \"id\": \"a\","),
            "{text}"
        );
        assert!(
            text.lines()
                .any(|line| line.contains("\"coordinates\": [[[117.1"))
        );
    }
}
