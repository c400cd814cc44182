//! Well-known text (OGC 06-103r4, 7) inside CQL2 text.

use geojson::{Geometry, GeometryValue, Position};

use super::text::Parser;
use crate::model::Text;

/// A type of geometry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum GeometryKind {
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
    Collection,
}

impl GeometryKind {
    /// Finds one by its name in capitals.
    pub fn find(name: &str) -> Option<Self> {
        Some(match name {
            "POINT" => Self::Point,
            "LINESTRING" => Self::LineString,
            "POLYGON" => Self::Polygon,
            "MULTIPOINT" => Self::MultiPoint,
            "MULTILINESTRING" => Self::MultiLineString,
            "MULTIPOLYGON" => Self::MultiPolygon,
            "GEOMETRYCOLLECTION" => Self::Collection,
            _ => return None,
        })
    }
}

impl Parser<'_> {
    /// A geometry whose type has been taken.
    ///
    /// # Errors
    /// What stands at which character, and what should.
    pub fn geometry(&mut self, kind: GeometryKind) -> Result<Geometry, Text> {
        Ok(Geometry::new(match kind {
            GeometryKind::Point => GeometryValue::Point {
                coordinates: self.point()?,
            },
            GeometryKind::LineString => GeometryValue::LineString {
                coordinates: self.several(Self::position)?,
            },
            GeometryKind::Polygon => GeometryValue::Polygon {
                coordinates: self.lines()?,
            },
            GeometryKind::MultiPoint => GeometryValue::MultiPoint {
                coordinates: self.several(|parser| {
                    // Some writers leave out the inner parentheses.
                    if parser.is("(") {
                        parser.point()
                    } else {
                        parser.position()
                    }
                })?,
            },
            GeometryKind::MultiLineString => GeometryValue::MultiLineString {
                coordinates: self.lines()?,
            },
            GeometryKind::MultiPolygon => GeometryValue::MultiPolygon {
                coordinates: self.several(Self::lines)?,
            },
            GeometryKind::Collection => GeometryValue::GeometryCollection {
                geometries: self.several(|parser| {
                    parser.descend()?;
                    let part = parser.part()?;
                    parser.ascend();
                    Ok(part)
                })?,
            },
        }))
    }

    /// A geometry in a collection.
    fn part(&mut self) -> Result<Geometry, Text> {
        let kind = self
            .word_in_capitals()
            .and_then(|word| GeometryKind::find(&word));
        let Some(kind) = kind else {
            return Err(self.unexpected(
                "POINT、LINESTRING、POLYGON …",
                "POINT, LINESTRING, POLYGON …",
            ));
        };
        self.advance()?;
        self.geometry(kind)
    }

    /// Parts in parentheses, separated by commas.
    fn several<T>(&mut self, part: impl Fn(&mut Self) -> Result<T, Text>) -> Result<Vec<T>, Text> {
        self.expect("(")?;
        let mut parts = vec![part(self)?];
        while self.take(",")? {
            parts.push(part(self)?);
        }
        self.expect(")")?;
        Ok(parts)
    }

    fn lines(&mut self) -> Result<Vec<Vec<Position>>, Text> {
        self.several(|parser| parser.several(Self::position))
    }

    fn point(&mut self) -> Result<Position, Text> {
        self.expect("(")?;
        let position = self.position()?;
        self.expect(")")?;
        Ok(position)
    }

    /// Two numbers, or three with a height, which is left aside.
    fn position(&mut self) -> Result<Position, Text> {
        let at = self.here();
        self.counter.vertices(&at, 1)?;
        let position = [self.signed_number()?, self.signed_number()?];
        if !self.is(",") && !self.is(")") {
            self.signed_number()?;
        }
        Ok(Position::from(position))
    }
}
