//! GeoJSON: a collection, one feature, one geometry, or features one after another.
//!
//! The document is walked through as it is read; of its features one at a time is in memory. It is
//! read once beforehand, for the names and kinds of properties, of which it has no list.

use std::{
    cell::Cell,
    fmt::{self, Write as _},
    io::{self, BufReader, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use encoding_rs::{Encoding, UTF_8};
use serde::{
    Deserialize, Deserializer as _,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Deserializer, Map, Value, value::RawValue};

use super::{
    Field, Format, Layer, Row, RowFlaw, StatedCrs,
    infer::Fields,
    read::{
        MOST_FIELDS, Opened, Progress, ReadOptions, Source, Take, id as read_id, id_of,
        too_many_fields,
    },
    shape,
    text::{Decoded, Metered, said},
    write::{Draft, failed},
};
use crate::{
    geometry::{crs::Crs, write::GeoJson as Shape},
    model::Text,
};

/// A file of GeoJSON.
struct GeoJson {
    path: PathBuf,
    encoding: &'static Encoding,
}

pub(super) fn open(
    path: &Path,
    options: &ReadOptions,
    progress: &mut Progress,
) -> Result<Opened, Text> {
    let source = GeoJson {
        path: path.to_owned(),
        encoding: options.encoding.unwrap_or(UTF_8),
    };
    let mut fields = Fields::default();
    let mut count = 0;
    let mut has_heights = false;
    let head = source.walk(
        &mut |raw| {
            count += 1;
            // A feature that can't be read shows its flaw when rows are handed on.
            if let Ok(feature) = serde_json::from_str::<Properties>(raw) {
                let numbers = feature
                    .geometry
                    .map_or(0, |geometry| geometry.coordinates.0);
                has_heights |= numbers > 2;
                for (name, value) in feature.properties.iter().flatten() {
                    fields.see(name, value);
                }
            }
            if fields.len() > MOST_FIELDS {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
        progress,
    )?;
    if fields.len() > MOST_FIELDS {
        return Err(too_many_fields(fields.len()));
    }
    let mut notes = Vec::new();
    if has_heights {
        notes.push(shape::flattened());
    }
    let crs = if let Some(name) = head.crs {
        Crs::parse(&name).map_or(StatedCrs::Wkt(name), StatedCrs::Known)
    } else {
        notes.push(Text::new(
            "文件没有写明坐标系，按 RFC 7946 是 WGS 84 经纬度",
            "the file states no reference system: by RFC 7946 it is WGS 84 longitude and latitude",
        ));
        StatedCrs::Known(Crs::CRS84)
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let layer = Layer {
        name: head.name.unwrap_or_else(|| stem.into_owned()),
        format: Format::GeoJson,
        fields: fields.finish(),
        crs,
        count: Some(count),
        encoding: Some(source.encoding.name().to_owned()),
        notes,
    };
    Ok((layer, Box::new(source)))
}

impl Source for GeoJson {
    fn rows(
        &mut self,
        fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        let mut number = 0;
        self.walk(
            &mut |raw| {
                number += 1;
                take(row(raw, number, fields).map_err(|text| RowFlaw { number, text }))
            },
            progress,
        )
        .map(|_| ())
    }
}

/// What a document says beside its features.
#[derive(Default)]
struct Head {
    name: Option<String>,
    crs: Option<String>,
}

impl GeoJson {
    /// Hands on the text of each feature.
    fn walk(
        &self,
        take: &mut dyn FnMut(&str) -> ControlFlow<()>,
        progress: &mut Progress,
    ) -> Result<Head, Text> {
        let spent = Cell::new(0);
        let metered = Metered::open(&self.path, &spent, progress)?;
        let decoded = Decoded::new(BufReader::with_capacity(1 << 16, metered), self.encoding);
        let reader = BufReader::with_capacity(1 << 16, Unmarked(decoded));
        let mut documents = Deserializer::from_reader(reader);
        let mut head = Head::default();
        let mut walk = Walk {
            take,
            spent: &spent,
            head: &mut head,
            enough: false,
            any: false,
        };
        let failed = |error: serde_json::Error, walk: &Walk| {
            let place = format!("{}:{}", error.line(), error.column());
            if error.is_io() {
                return said(&io::Error::from(error));
            }
            if error.is_eof() {
                return if walk.any {
                    said(&io::Error::from(io::ErrorKind::UnexpectedEof))
                } else {
                    Text::new("没有一个完整的要素", "there is not one whole feature in it")
                };
            }
            Text::new(
                format!("不是 GeoJSON（第 {place} 行列）：{error}"),
                format!("no GeoJSON at {place}: {error}"),
            )
        };
        loop {
            match documents.deserialize_map(&mut walk) {
                Ok(()) => {}
                Err(_) if walk.enough => break,
                Err(error) => return Err(failed(error, &walk)),
            }
            if walk.enough || documents.end().is_ok() {
                break;
            }
        }
        Ok(head)
    }
}

/// Text without the marks before each feature of a sequence (RFC 8142), which no JSON text can hold.
struct Unmarked<R>(R);

impl<R: Read> Read for Unmarked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        for byte in &mut into[..count] {
            if *byte == 0x1e {
                *byte = b' ';
            }
        }
        Ok(count)
    }
}

/// Goes through one document.
struct Walk<'a, 't> {
    take: &'a mut (dyn FnMut(&str) -> ControlFlow<()> + 't),
    spent: &'a Cell<u64>,
    head: &'a mut Head,
    /// Whoever takes features wants no more.
    enough: bool,
    /// There has been a feature.
    any: bool,
}

impl Walk<'_, '_> {
    fn feature<E: serde::de::Error>(&mut self, raw: &str) -> Result<(), E> {
        self.spent.set(0);
        self.any = true;
        if (self.take)(raw).is_break() {
            self.enough = true;
            return Err(E::custom("enough"));
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for &mut Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of GeoJSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Of a document that is one feature or one geometry.
        let mut members = Map::new();
        let mut is_collection = false;
        while let Some(name) = map.next_key::<String>()? {
            match &*name {
                "features" => {
                    is_collection = true;
                    map.next_value_seed(Features(self))?;
                }
                "crs" => {
                    let crs: Value = map.next_value()?;
                    self.head.crs = crs["properties"]["name"].as_str().map(str::to_owned);
                }
                "name" => {
                    let name: Value = map.next_value()?;
                    self.head.name = name.as_str().map(str::to_owned);
                }
                "type" | "id" | "geometry" | "properties" | "coordinates" | "geometries" => {
                    members.insert(name, map.next_value()?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if is_collection {
            return Ok(());
        }
        let document = match members.get("type").and_then(Value::as_str) {
            Some("Feature") => Value::Object(members),
            Some("FeatureCollection") => return Err(A::Error::custom("“features” is missing")),
            Some(
                "Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon"
                | "MultiPolygon" | "GeometryCollection",
            ) => {
                serde_json::json!({"type": "Feature", "geometry": members, "properties": {}})
            }
            _ => {
                return Err(A::Error::custom(
                    "“type” should be FeatureCollection, Feature or a geometry",
                ));
            }
        };
        self.feature(&document.to_string())
    }
}

/// The list of features.
struct Features<'a, 'b, 't>(&'a mut Walk<'b, 't>);

impl<'de> DeserializeSeed<'de> for Features<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, list: D) -> Result<(), D::Error> {
        list.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.any = true;
        while let Some(raw) = list.next_element::<Box<RawValue>>()? {
            self.0.feature(raw.get())?;
        }
        Ok(())
    }
}

/// The properties of a feature, and how many numbers its first position has.
#[derive(Deserialize)]
struct Properties {
    properties: Option<Map<String, Value>>,
    geometry: Option<Positions>,
}

#[derive(Deserialize)]
struct Positions {
    #[serde(default)]
    coordinates: Numbers,
}

/// How many numbers the first position of a shape has; 0 is a number itself.
#[derive(Default)]
struct Numbers(usize);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct First;
        impl<'de> Visitor<'de> for First {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("numbers, in lists")
            }

            fn visit_f64<E>(self, _: f64) -> Result<Numbers, E> {
                Ok(Numbers(0))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Numbers, E> {
                Ok(Numbers(0))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Numbers, E> {
                Ok(Numbers(0))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
                let first: Option<Numbers> = list.next_element()?;
                let mut more = 0;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    more += 1;
                }
                Ok(match first {
                    Some(Numbers(0)) => Numbers(1 + more),
                    other => other.unwrap_or_default(),
                })
            }
        }
        json.deserialize_any(First)
    }
}

/// A feature as far as it is looked at.
#[derive(Deserialize)]
struct Feature {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Value,
    geometry: Option<geojson::Geometry>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

fn row(raw: &str, number: u64, fields: &[Field]) -> Result<Row, Text> {
    let feature: Feature = serde_json::from_str(raw).map_err(|error| {
        Text::new(
            format!("不是 GeoJSON 要素：{error}"),
            format!("no feature of GeoJSON: {error}"),
        )
    })?;
    if feature.kind != "Feature" {
        let kind = crate::model::shortened(&feature.kind);
        return Err(Text::new(
            format!("“type”是“{kind}”，应为 Feature"),
            format!("“type” is “{kind}”, it should be Feature"),
        ));
    }
    let geometry = match &feature.geometry {
        Some(geometry) => shape::of_geojson(&geometry.value)?,
        None => None,
    };
    let mut properties = feature.properties.unwrap_or_default();
    let values: Vec<Value> = fields
        .iter()
        .map(|field| properties.swap_remove(&field.name).unwrap_or_default())
        .collect();
    Ok(Row {
        number,
        id: read_id(&feature.id).or_else(|| id_of(fields, &values)),
        geometry,
        values,
    })
}

/// Writes a collection. Coordinates have the decimals that they have; ids are those of the rows.
pub(super) fn write(
    draft: &Draft<'_>,
    mut out: impl Write,
    each: &mut dyn FnMut(),
) -> Result<(), Text> {
    let layer = draft.layer();
    let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(|error| failed(&error));
    let name = Value::from(&*layer.name);
    write(format!(r#"{{"type":"FeatureCollection","name":{name},"#).as_bytes())?;
    if draft.crs() != Crs::CRS84 {
        let code = draft.crs().code().unwrap_or_default();
        let crs = format!(
            r#""crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::{code}"}}}},"#
        );
        write(crs.as_bytes())?;
    }
    write(b"\"features\":[\n")?;
    let names: Vec<String> = layer
        .fields
        .iter()
        .map(|field| Value::from(&*field.name).to_string())
        .collect();
    for (place, row) in draft.rows().enumerate() {
        let row = row?;
        let mut text = String::from(if place > 0 { ",\n" } else { "" });
        text.push_str(r#"{"type":"Feature","#);
        if let Some(id) = &row.id {
            let _ = write!(text, r#""id":{},"#, Value::from(&**id));
        }
        let shape = serde_json::to_string(&row.geometry.as_ref().map(Shape)).map_err(|error| {
            Text::new(
                format!("几何写不了：{error}"),
                format!("a shape can't be written: {error}"),
            )
        })?;
        let _ = write!(text, r#""geometry":{shape},"properties":{{"#);
        for (place, (name, value)) in names.iter().zip(&row.values).enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let _ = write!(text, "{comma}{name}:{value}");
        }
        text.push_str("}}");
        write(text.as_bytes())?;
        each();
    }
    write(b"\n]}\n")?;
    out.flush().map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::Reader, *};

    fn read(text: &str) -> Result<(Layer, Vec<Result<Row, RowFlaw>>), Text> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.geojson");
        fs::write(&file, text).unwrap();
        let mut reader = Reader::open(&file, &ReadOptions::default())?;
        let mut rows = Vec::new();
        reader.rows(
            &mut |row| {
                rows.push(row);
                ControlFlow::Continue(())
            },
            &mut |_, _| (),
        )?;
        Ok((reader.layer().clone(), rows))
    }

    #[test]
    fn a_collection_a_feature_a_geometry_and_a_sequence() {
        let feature = r#"{"type":"Feature","id":7,"properties":{"n":1},"geometry":{"type":"Point","coordinates":[117.1,39.1]}}"#;
        for (text, count) in [
            (
                format!(r#"{{"type":"FeatureCollection","features":[{feature},{feature}]}}"#),
                2,
            ),
            (format!("\u{feff}{feature}"), 1),
            (
                r#"{"coordinates":[117.1,39.1],"type":"Point"}"#.to_owned(),
                1,
            ),
            (
                format!("\u{1e}{feature}\n\u{1e}{feature}\n\u{1e}{feature}\n"),
                3,
            ),
            (format!("{feature}\n{feature}\n"), 2),
            (
                r#"{"type":"FeatureCollection","features":[]}"#.to_owned(),
                0,
            ),
        ] {
            let (layer, rows) = read(&text).unwrap();
            assert_eq!(layer.count, Some(count), "{text}");
            assert_eq!(rows.len() as u64, count, "{text}");
            for row in rows {
                assert!(row.unwrap().geometry.is_some());
            }
        }
    }

    #[test]
    fn a_feature_that_is_none_stops_no_other() {
        let (layer, rows) = read(
            r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[
            {"type":"Feature","properties":{"a":1,"b":"x"},"geometry":null},
            {"type":"Feature","properties":{"a":2.5},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}},
            7,
            {"type":"Feature","id":"d","properties":{"b":["y"]},"geometry":{"type":"Point","coordinates":[1e999,0]}},
            {"type":"Feature","id":"e","properties":{"b":["y"]},"geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}}
            ]}"#,
        )
        .unwrap();
        assert_eq!(
            layer.crs,
            StatedCrs::Known(Crs::parse("EPSG:4548").unwrap())
        );
        let kinds: Vec<_> = layer.fields.iter().map(|field| field.kind).collect();
        assert_eq!(
            kinds,
            [super::super::FieldKind::Real, super::super::FieldKind::Json]
        );
        let told: Vec<_> = rows
            .iter()
            .map(|row| row.as_ref().map_err(|flaw| &*flaw.text.en))
            .collect();
        assert!(told[0].is_ok() && told[4].is_ok(), "{told:?}");
        assert!(told[1].unwrap_err().contains("3 positions"), "{told:?}");
        assert!(told[2].unwrap_err().contains("no feature"), "{told:?}");
        assert!(told[3].unwrap_err().contains("out of range"), "{told:?}");
        assert_eq!(rows[4].as_ref().unwrap().id.as_deref(), Some("e"));
    }

    #[test]
    fn what_is_no_geojson_is_told_with_its_place() {
        for (text, words) in [
            ("{", "not one whole"),
            (
                r#"{"type":"FeatureCollection","features":[{"type":"Feature"}"#,
                "ends in the middle",
            ),
            (r#"{"type":"FeatureCollection"}"#, "“features” is missing"),
            (r#"{"type":"Topology"}"#, "should be FeatureCollection"),
            (
                r#"{"type":"FeatureCollection","features":{}}"#,
                "a list of features",
            ),
            (r#"{"type":"FeatureCollection","features":[,]}"#, "1:41"),
        ] {
            let said = read(text).map(|_| ()).unwrap_err();
            assert!(said.en.contains(words), "{text}: {said}");
            assert!(said.en.starts_with("a.geojson: "), "{said}");
        }
    }
}
