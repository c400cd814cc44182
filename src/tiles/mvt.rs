//! The Mapbox Vector Tile format, version 2.1.

use std::{collections::HashMap, sync::Arc};

use geo::{Area, Coord, Geometry, LineString, Polygon};
use prost::Message;

/// Units along a tile's side.
pub const EXTENT: u32 = 4096;

#[derive(Clone, PartialEq, Message)]
struct TileMessage {
    #[prost(message, repeated, tag = "3")]
    layers: Vec<LayerMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct LayerMessage {
    #[prost(uint32, required, tag = "15")]
    version: u32,
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    features: Vec<FeatureMessage>,
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    values: Vec<ValueMessage>,
    #[prost(uint32, optional, tag = "5")]
    extent: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct FeatureMessage {
    #[prost(uint32, repeated, packed = "true", tag = "2")]
    tags: Vec<u32>,
    #[prost(enumeration = "GeometryType", optional, tag = "3")]
    kind: Option<i32>,
    #[prost(uint32, repeated, packed = "true", tag = "4")]
    geometry: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueMessage {
    #[prost(string, optional, tag = "1")]
    string: Option<String>,
    #[prost(double, optional, tag = "3")]
    double: Option<f64>,
    #[prost(bool, optional, tag = "7")]
    truth: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
enum GeometryType {
    Unknown = 0,
    Point = 1,
    LineString = 2,
    Polygon = 3,
}

/// A value of an attribute.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// Whether something is so.
    Truth(bool),
    /// Ids, written `;a;b;`: a vector tile has no lists, and `;a;` is found in it.
    List(&'a [Arc<str>]),
}

/// A layer in the making.
pub struct LayerBuilder {
    message: LayerMessage,
    keys: HashMap<&'static str, u32>,
    texts: HashMap<String, u32>,
    numbers: HashMap<u64, u32>,
    truths: HashMap<bool, u32>,
}

impl LayerBuilder {
    /// An empty layer.
    pub fn new(name: String) -> Self {
        Self {
            message: LayerMessage {
                version: 2,
                name,
                features: Vec::new(),
                keys: Vec::new(),
                values: Vec::new(),
                extent: Some(EXTENT),
            },
            keys: HashMap::new(),
            texts: HashMap::new(),
            numbers: HashMap::new(),
            truths: HashMap::new(),
        }
    }

    /// Adds a feature whose geometry is in tile units; one of which nothing is left is dropped.
    pub fn add(&mut self, geometry: &Geometry<f64>, attributes: &[(&'static str, Value<'_>)]) {
        let mut pen = Pen::default();
        let kind = pen.draw(geometry);
        if pen.commands.is_empty() {
            return;
        }
        let mut tags = Vec::with_capacity(attributes.len() * 2);
        for (key, value) in attributes {
            tags.push(self.key(key));
            tags.push(self.value(*value));
        }
        self.message.features.push(FeatureMessage {
            tags,
            kind: Some(kind as i32),
            geometry: pen.commands,
        });
    }

    /// The bytes of a tile of this one layer; nothing where the layer is empty. Tiles may be
    /// appended to each other: a protobuf message so made holds the layers of all.
    pub fn finish(self) -> Vec<u8> {
        if self.message.features.is_empty() {
            return Vec::new();
        }
        TileMessage {
            layers: vec![self.message],
        }
        .encode_to_vec()
    }

    fn key(&mut self, key: &'static str) -> u32 {
        let keys = &mut self.message.keys;
        *self.keys.entry(key).or_insert_with(|| {
            keys.push(key.to_owned());
            last_index(keys)
        })
    }

    fn value(&mut self, value: Value<'_>) -> u32 {
        match value {
            Value::Text(text) => self.text(text),
            Value::List(ids) => self.text(&listed(ids)),
            Value::Number(number) => {
                let values = &mut self.message.values;
                *self.numbers.entry(number.to_bits()).or_insert_with(|| {
                    values.push(ValueMessage {
                        double: Some(number),
                        ..ValueMessage::default()
                    });
                    last_index(values)
                })
            }
            Value::Truth(truth) => {
                let values = &mut self.message.values;
                *self.truths.entry(truth).or_insert_with(|| {
                    values.push(ValueMessage {
                        truth: Some(truth),
                        ..ValueMessage::default()
                    });
                    last_index(values)
                })
            }
        }
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(index) = self.texts.get(text) {
            return *index;
        }
        let values = &mut self.message.values;
        values.push(ValueMessage {
            string: Some(text.to_owned()),
            ..ValueMessage::default()
        });
        let index = last_index(values);
        self.texts.insert(text.to_owned(), index);
        index
    }
}

/// A list as tiles have it.
pub(super) fn listed(ids: &[Arc<str>]) -> String {
    format!(";{};", ids.join(";"))
}

fn last_index<T>(list: &[T]) -> u32 {
    u32::try_from(list.len() - 1).expect("a tile has fewer than 2^32 values")
}

/// Writes geometry commands (specification, section 4.3).
#[derive(Default)]
struct Pen {
    commands: Vec<u32>,
    at: (i32, i32),
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl Pen {
    fn draw(&mut self, geometry: &Geometry<f64>) -> GeometryType {
        match geometry {
            Geometry::Point(point) => self.points(&[point.0]),
            Geometry::MultiPoint(points) => {
                let coords: Vec<Coord<f64>> = points.iter().map(|point| point.0).collect();
                self.points(&coords)
            }
            Geometry::LineString(line) => self.line(line),
            Geometry::MultiLineString(lines) => {
                for line in lines {
                    self.line(line);
                }
                GeometryType::LineString
            }
            Geometry::Polygon(polygon) => self.polygon(polygon),
            Geometry::MultiPolygon(polygons) => {
                for polygon in polygons {
                    self.polygon(polygon);
                }
                GeometryType::Polygon
            }
            _ => GeometryType::Unknown,
        }
    }

    fn points(&mut self, coords: &[Coord<f64>]) -> GeometryType {
        let points: Vec<(i32, i32)> = coords.iter().copied().map(to_grid).collect();
        self.command(MOVE_TO, points.len());
        for point in points {
            self.step(point);
        }
        GeometryType::Point
    }

    fn line(&mut self, line: &LineString<f64>) -> GeometryType {
        let points = grid_points(line);
        if points.len() > 1 {
            self.path(&points);
        }
        GeometryType::LineString
    }

    fn polygon(&mut self, polygon: &Polygon<f64>) -> GeometryType {
        for (place, ring) in std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .enumerate()
        {
            let mut points = grid_points(ring);
            points.pop();
            let doubled = doubled_area(&points);
            if points.len() < 3 || doubled == 0 {
                if place == 0 {
                    // Without its outer ring a hole would be drawn as a polygon.
                    break;
                }
                continue;
            }
            // With y downwards an outer ring has a positive area, a hole a negative one.
            if (doubled > 0) != (place == 0) {
                points.reverse();
            }
            self.path(&points);
            self.command(CLOSE_PATH, 1);
        }
        GeometryType::Polygon
    }

    fn path(&mut self, points: &[(i32, i32)]) {
        self.command(MOVE_TO, 1);
        self.step(points[0]);
        self.command(LINE_TO, points.len() - 1);
        for point in &points[1..] {
            self.step(*point);
        }
    }

    fn command(&mut self, id: u32, count: usize) {
        let count = u32::try_from(count).expect("a clipped geometry has fewer than 2^29 points");
        self.commands.push(count << 3 | id);
    }

    fn step(&mut self, to: (i32, i32)) {
        let zigzag = |value: i32| (value << 1 ^ value >> 31).cast_unsigned();
        self.commands.push(zigzag(to.0 - self.at.0));
        self.commands.push(zigzag(to.1 - self.at.1));
        self.at = to;
    }
}

#[allow(clippy::cast_possible_truncation)] // clipped to the tile, so far within i32
fn to_grid(coord: Coord<f64>) -> (i32, i32) {
    (coord.x.round() as i32, coord.y.round() as i32)
}

/// A line on the tile's grid, without steps of no length.
fn grid_points(line: &LineString<f64>) -> Vec<(i32, i32)> {
    let mut points: Vec<(i32, i32)> = line.0.iter().copied().map(to_grid).collect();
    points.dedup();
    points
}

/// Twice the signed area (the surveyor's formula of the specification, section 4.3.3.3).
fn doubled_area(points: &[(i32, i32)]) -> i64 {
    let next = points.iter().cycle().skip(1);
    points
        .iter()
        .zip(next)
        .map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1))
        .sum()
}

/// Whether a polygon is too small to be seen: it would cover less than a quarter of a pixel of a
/// tile shown at 512 pixels.
pub fn is_speck(polygon: &Polygon<f64>) -> bool {
    const PIXEL: f64 = EXTENT as f64 / 512.0;
    polygon.unsigned_area() < PIXEL * PIXEL / 4.0
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    fn commands(geometry: impl Into<Geometry<f64>>) -> Vec<u32> {
        let mut pen = Pen::default();
        pen.draw(&geometry.into());
        pen.commands
    }

    #[test]
    fn the_examples_of_the_specification() {
        // Section 4.3.5: point, line, polygon.
        assert_eq!(commands(wkt!(POINT(25. 17.))), [9, 50, 34]);
        assert_eq!(
            commands(wkt!(LINESTRING(2. 2.,2. 10.,10. 10.))),
            [9, 4, 4, 18, 0, 16, 16, 0]
        );
        assert_eq!(
            commands(wkt!(POLYGON((3. 6.,8. 12.,20. 34.,3. 6.)))),
            [9, 6, 12, 18, 10, 12, 24, 44, 15]
        );
    }

    #[test]
    fn rings_are_wound_outwards_and_specks_leave_nothing() {
        assert_eq!(
            commands(wkt!(POLYGON((3. 6.,20. 34.,8. 12.,3. 6.)))).len(),
            9
        );
        assert_eq!(
            commands(wkt!(POLYGON((3. 6.,3.1 6.,3. 6.1,3. 6.)))),
            Vec::<u32>::new()
        );
        assert_eq!(commands(wkt!(LINESTRING(3. 6.,3.1 6.1))), Vec::<u32>::new());
    }
}
