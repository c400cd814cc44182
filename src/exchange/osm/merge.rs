//! Lines of OpenStreetMap into a collection's file, beside or instead of what is there.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::{
    extract::{Extent, NamedLine, Origin},
    tags::Kind,
};
use crate::{
    geometry::write::GeoJson,
    model::{LocatedBy, Text},
    store::zones::spaced,
};

/// What becomes of the lines that are in the collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A name has one source. Surveyed lines stay and keep OpenStreetMap's lines of their name out;
    /// lines of an earlier import that reach into the extent make way, and so do lines drawn by hand
    /// whose name OpenStreetMap has.
    Merge,
    /// All make way.
    Replace,
}

/// How many lines of a collection came, stayed and went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Lines of OpenStreetMap in the collection now.
    pub imported: usize,
    /// The names that they bear.
    pub names: usize,
    /// Lines that were there and stay as they are.
    pub kept: usize,
    /// Lines that were there and are no more: replaced, or gone.
    pub dropped: usize,
    /// Lines of OpenStreetMap left out because a surveyed line bears their name.
    pub left_out: usize,
}

/// Who is to be named wherever the lines are shown.
const CREDIT: &str = "© OpenStreetMap contributors, ODbL 1.0";
const LICENCE: &str = "ODbL-1.0";

/// Properties that tell of a line's shape and where it is from: they are made anew. All others are
/// what documents and people say of the street, and stay with its name.
const OF_THE_SHAPE: [&str; 14] = [
    "name",
    "name_en",
    "aliases",
    "kind",
    "located_by",
    "accuracy_m",
    "evidence",
    "evidence_en",
    "citations",
    "source",
    "licence",
    "osm",
    "note",
    "note_en",
];

#[derive(Deserialize)]
struct Before<'a> {
    crs: Option<Value>,
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

/// A line that is in the collection.
#[derive(Deserialize)]
struct Old<'a> {
    #[serde(skip)]
    text: &'a str,
    id: String,
    geometry: Option<geojson::Geometry>,
    properties: Map<String, Value>,
}

impl Old<'_> {
    fn property(&self, key: &str) -> &str {
        self.properties
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    fn name(&self) -> &str {
        self.property("name")
    }

    /// What it is in OpenStreetMap, where it is from an import.
    fn origin(&self) -> &str {
        self.property("osm")
    }

    /// Whether it stands on better grounds than OpenStreetMap's line of the same name would.
    fn is_better_located(&self) -> bool {
        let worse = [LocatedBy::Osm, LocatedBy::Digitised];
        self.geometry.is_some() && !worse.into_iter().any(|way| self.is_located_by(way))
    }

    fn is_located_by(&self, way: LocatedBy) -> bool {
        self.property("located_by") == way.as_str()
    }

    fn reaches_into(&self, extent: Extent) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "degrees are small")]
        let units = |degrees: f64| (degrees * 1e7).round() as i32;
        let shape: Option<geo::Geometry<f64>> = self
            .geometry
            .as_ref()
            .and_then(|geometry| geometry.try_into().ok());
        shape.is_some_and(|shape| {
            geo::CoordsIter::coords_iter(&shape)
                .any(|coord| extent.holds([units(coord.x), units(coord.y)]))
        })
    }
}

/// What is said of a name and holds for each of its lines.
#[derive(Default)]
struct Said {
    name_en: Option<String>,
    aliases: Vec<Value>,
    citations: Vec<Value>,
    /// What lines of the name that are gone leave behind, in their order.
    left: VecDeque<Left>,
}

/// What a line that is gone leaves behind.
struct Left {
    /// Its id, unless that is the number of a way that OpenStreetMap has no more.
    id: Option<String>,
    /// What is said of it and has nothing to do with its shape.
    other: Map<String, Value>,
}

/// Puts `lines`, which are those of one collection, into the text of its file.
///
/// An id stays with its street: a way that was imported before keeps its id, and the ids of other
/// lines that make way go to new lines of the same name; further lines are called `way-…` or
/// `relation-…` by their number in OpenStreetMap. English names, aliases, citations, statuses and
/// whatever else is said of a street go to the lines of its name. `time` is that of the data, in
/// seconds since 1970. The same input gives the same bytes, and importing the same again changes
/// nothing.
///
/// # Errors
/// Where the file can't be read as GeoJSON in degrees.
pub fn merge(
    file: &[u8],
    mut lines: Vec<NamedLine>,
    extent: Extent,
    mode: Mode,
    time: Option<i64>,
) -> Result<(String, Tally), Text> {
    let (kept, gone) = sort_out(file, &lines, extent, mode)?;
    let mut tally = Tally {
        kept: kept.len(),
        dropped: gone.len(),
        ..Tally::default()
    };
    let held: HashSet<&str> = kept
        .iter()
        .filter(|old| old.is_better_located())
        .map(Old::name)
        .collect();
    let found = lines.len();
    lines.retain(|line| !held.contains(line.named.name.as_str()));
    lines.sort_by(|a, b| {
        (a.named.kind, &a.named.name, a.origin).cmp(&(b.named.kind, &b.named.name, b.origin))
    });
    tally.left_out = found - lines.len();
    tally.imported = lines.len();
    let names: HashSet<&str> = lines.iter().map(|line| line.named.name.as_str()).collect();
    tally.names = names.len();

    let (mut same_origin, mut said) = hand_down(gone, &lines);
    let source = source(time);
    let mut texts: Vec<String> = kept.iter().map(|old| old.text.to_owned()).collect();
    for line in &lines {
        let said = said.entry(line.named.name.clone()).or_default();
        let left = same_origin
            .remove(&reference(line.origin))
            .or_else(|| said.left.pop_front());
        let (id, other) = left.map_or_else(Default::default, |left| (left.id, left.other));
        let id = id.unwrap_or_else(|| new_id(line.origin));
        texts.push(spaced(&feature(line, &id, said, other, &source)));
    }
    let text = format!(
        "{{\n\"type\": \"FeatureCollection\",\n\"features\": [\n  {}\n]\n}}\n",
        texts.join(",\n  ")
    );
    Ok((text, tally))
}

/// Parts the lines of a file into those that stay and those that make way.
fn sort_out<'a>(
    file: &'a [u8],
    lines: &[NamedLine],
    extent: Extent,
    mode: Mode,
) -> Result<(Vec<Old<'a>>, Vec<Old<'a>>), Text> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Text::new(
            format!("读不懂：{error}"),
            format!("it can't be read: {error}"),
        )
    };
    let before: Before<'a> = serde_json::from_slice(file).map_err(|error| unreadable(&error))?;
    if before.crs.is_some() {
        return Err(unreadable(
            &"导入的线是 WGS 84，文件不能带 crs 成员 (imported lines are WGS 84: the file must have no crs member)",
        ));
    }
    let names: HashSet<&str> = lines.iter().map(|line| line.named.name.as_str()).collect();
    let origins: HashSet<String> = lines.iter().map(|line| reference(line.origin)).collect();
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for text in before.features {
        let mut old: Old<'a> =
            serde_json::from_str(text.get()).map_err(|error| unreadable(&error))?;
        old.text = text.get();
        let namesake = names.contains(old.name()) && !old.is_better_located();
        let in_the_way = old.is_located_by(LocatedBy::Osm) || namesake;
        let makes_way = in_the_way && (old.geometry.is_none() || old.reaches_into(extent));
        if mode == Mode::Replace || makes_way || origins.contains(old.origin()) {
            gone.push(old);
        } else {
            kept.push(old);
        }
    }
    Ok((kept, gone))
}

/// What lines that make way leave behind: first to the line of the same origin, by that origin, then
/// to the lines of the same name, by that name.
fn hand_down(
    gone: Vec<Old<'_>>,
    lines: &[NamedLine],
) -> (HashMap<String, Left>, HashMap<String, Said>) {
    let origins: HashSet<String> = lines.iter().map(|line| reference(line.origin)).collect();
    let mut same_origin = HashMap::new();
    let mut by_name: HashMap<String, Said> = HashMap::new();
    for old in gone {
        let (name, origin) = (old.name().to_owned(), old.origin().to_owned());
        let said = by_name.entry(name.clone()).or_default();
        let list = |key: &str| old.properties.get(key).and_then(Value::as_array).cloned();
        append(&mut said.aliases, list("aliases"));
        append(&mut said.citations, list("citations"));
        let name_en = old.property("name_en");
        if said.name_en.is_none() && !name_en.is_empty() && name_en != name {
            said.name_en = Some(name_en.to_owned());
        }
        let mut other = old.properties;
        other.retain(|key, _| !OF_THE_SHAPE.contains(&key.as_str()));
        if origins.contains(&origin) {
            let id = Some(old.id);
            same_origin.insert(origin, Left { id, other });
        } else {
            let id = origin.is_empty().then_some(old.id);
            if id.is_some() || !other.is_empty() {
                said.left.push_back(Left { id, other });
            }
        }
    }
    (same_origin, by_name)
}

fn append(list: &mut Vec<Value>, more: Option<Vec<Value>>) {
    for item in more.into_iter().flatten() {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

fn feature(
    line: &NamedLine,
    id: &str,
    said: &Said,
    other: Map<String, Value>,
    source: &str,
) -> Value {
    let named = &line.named;
    let name_en = said.name_en.as_ref().or(named.name_en.as_ref());
    let mut aliases = said.aliases.clone();
    append(
        &mut aliases,
        Some(named.aliases.iter().map(|alias| json!(alias)).collect()),
    );
    let origin = reference(line.origin);
    let (what, accuracy_m) = match named.kind {
        Kind::Street => (Text::new("道路线", "way"), 10),
        Kind::Railway => (Text::new("铁路线", "railway"), 10),
        Kind::River => (Text::new("水道线", "waterway"), 10),
        Kind::Boundary => (
            Text::new("行政界线（不是法定界线）", "limit (not the legal one)"),
            50,
        ),
    };
    let mut properties = Map::new();
    let mut put = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    put("name", json!(named.name));
    put("name_en", json!(name_en.unwrap_or(&named.name)));
    if !aliases.is_empty() {
        put("aliases", aliases.into());
    }
    put("kind", json!(named.kind.id()));
    put("located_by", json!(LocatedBy::Osm));
    put("accuracy_m", json!(accuracy_m));
    put(
        "evidence",
        json!(format!(
            "OpenStreetMap {} {origin}，误差约{accuracy_m}米。",
            what.zh
        )),
    );
    put(
        "evidence_en",
        json!(format!(
            "OpenStreetMap {} {origin}, good to about {accuracy_m} m.",
            what.en
        )),
    );
    put("citations", said.citations.clone().into());
    for (key, value) in other {
        put(&key, value);
    }
    put("source", json!(source));
    put("licence", json!(LICENCE));
    put("osm", json!(origin));
    json!({"type": "Feature", "id": id, "geometry": GeoJson(&shape(line)), "properties": properties})
}

fn shape(line: &NamedLine) -> geo::Geometry<f64> {
    let part = |positions: &Vec<[i32; 2]>| -> geo::LineString<f64> {
        // Division rounds to the number that is written with these seven digits.
        let degrees = |[lon, lat]: &[i32; 2]| (f64::from(*lon) / 1e7, f64::from(*lat) / 1e7);
        positions.iter().map(degrees).collect::<Vec<_>>().into()
    };
    match line.parts.as_slice() {
        [only] => part(only).into(),
        parts => geo::MultiLineString::new(parts.iter().map(part).collect()).into(),
    }
}

fn source(time: Option<i64>) -> String {
    let day = time
        .and_then(|time| jiff::Timestamp::from_second(time).ok())
        .map(|time| time.to_zoned(jiff::tz::TimeZone::UTC).date());
    match day {
        Some(day) => format!("{CREDIT} (data of {day})"),
        None => CREDIT.to_owned(),
    }
}

/// The name of a thing in OpenStreetMap, as its addresses have it.
fn reference(origin: Origin) -> String {
    match origin {
        Origin::Way(number) => format!("way/{number}"),
        Origin::Relation(number) => format!("relation/{number}"),
    }
}

fn new_id(origin: Origin) -> String {
    reference(origin).replace('/', "-")
}

impl Kind {
    /// The word in the data.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Street => "street",
            Self::Railway => "railway",
            Self::Boundary => "boundary",
            Self::River => "river",
        }
    }
}
