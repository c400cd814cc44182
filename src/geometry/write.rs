//! Shapes to GeoJSON geometry.

use geo::{Coord, Geometry, LineString, MapCoords, Point, Polygon};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::crs::{Crs, Transformer};
use crate::model::Text;

/// A geometry that serialises as GeoJSON.
#[derive(Clone, Copy)]
pub struct GeoJson<'a>(pub &'a Geometry<f64>);

impl Serialize for GeoJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Geometry::Point(point) => entry(serializer, "Point", &position(point.0)),
            Geometry::MultiPoint(points) => entry(
                serializer,
                "MultiPoint",
                &Sequence(&points.0, |point: &Point<f64>| position(point.0)),
            ),
            Geometry::LineString(line) => entry(serializer, "LineString", &coords(line)),
            Geometry::MultiLineString(lines) => {
                entry(serializer, "MultiLineString", &Sequence(&lines.0, coords))
            }
            Geometry::Polygon(polygon) => entry(serializer, "Polygon", &Rings(polygon)),
            Geometry::MultiPolygon(polygons) => {
                entry(serializer, "MultiPolygon", &Sequence(&polygons.0, Rings))
            }
            _ => Err(serde::ser::Error::custom("read lets no other type in")),
        }
    }
}

fn entry<S: Serializer>(
    serializer: S,
    kind: &str,
    coordinates: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("type", kind)?;
    map.serialize_entry("coordinates", coordinates)?;
    map.end()
}

fn position(coord: Coord<f64>) -> [f64; 2] {
    [coord.x, coord.y]
}

fn coords(line: &LineString<f64>) -> impl Serialize {
    Sequence(&line.0, |coord: &Coord<f64>| position(*coord))
}

/// Items that serialise through a function, without a list being made of them.
struct Sequence<'a, T, F>(&'a [T], F);

impl<'a, T, U: Serialize, F: Fn(&'a T) -> U> Serialize for Sequence<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

struct Rings<'a>(&'a Polygon<f64>);

impl Serialize for Rings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rings = std::iter::once(self.0.exterior()).chain(self.0.interiors());
        serializer.collect_seq(rings.map(coords))
    }
}

/// A geometry in another system, in its authority's axis order, rounded to a millimetre.
///
/// # Errors
/// Where a coordinate lies outside what the system covers.
pub fn in_crs(geometry: &Geometry<f64>, crs: Crs) -> Result<Geometry<f64>, Text> {
    let transformer = Transformer::from_wgs84(crs)?;
    geometry.try_map_coords(|coord| {
        let there = transformer.convert(coord)?;
        Ok(if crs.swaps() {
            Coord {
                x: there.y,
                y: there.x,
            }
        } else {
            there
        })
    })
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    #[test]
    fn every_type_is_written_as_geojson() {
        for (geometry, json) in [
            (
                Geometry::from(wkt!(POINT(1. 2.))),
                r#"{"type":"Point","coordinates":[1.0,2.0]}"#,
            ),
            (
                wkt!(MULTIPOINT(1. 2.,3. 4.)).into(),
                r#"{"type":"MultiPoint","coordinates":[[1.0,2.0],[3.0,4.0]]}"#,
            ),
            (
                wkt!(MULTILINESTRING((1. 2.,3. 4.))).into(),
                r#"{"type":"MultiLineString","coordinates":[[[1.0,2.0],[3.0,4.0]]]}"#,
            ),
            (
                wkt!(POLYGON((0. 0.,1. 0.,0. 1.,0. 0.))).into(),
                r#"{"type":"Polygon","coordinates":[[[0.0,0.0],[1.0,0.0],[0.0,1.0],[0.0,0.0]]]}"#,
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0.,1. 0.,0. 1.,0. 0.)))).into(),
                r#"{"type":"MultiPolygon","coordinates":[[[[0.0,0.0],[1.0,0.0],[0.0,1.0],[0.0,0.0]]]]}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&GeoJson(&geometry)).unwrap(), json);
        }
    }
}
