//! Well-known text (OGC 06-103r4, 7) to geometry, unchecked, as GeoJSON has it.

use geojson::{Geometry, GeometryValue, Position};

use crate::model::{Text, shortened};

/// How large a geometry may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Vertices of it.
    pub vertices: usize,
    /// How deeply collections may stand in each other.
    pub depth: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Flaw {
    /// Something stands there that should not.
    Unexpected(Text),
    /// The text ends, and this should follow.
    Ended(Text),
    /// It has more vertices than are taken.
    TooManyVertices,
    /// Collections are nested more deeply than is taken.
    TooDeep,
}

/// A flaw, and how many characters (Unicode code points) come before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Misread {
    /// Characters before it.
    pub at: usize,
    /// What is wrong.
    pub flaw: Flaw,
}

/// A geometry, and what comes after it in the text.
#[derive(Debug)]
pub struct Read<'a> {
    /// The geometry.
    pub geometry: Geometry,
    /// How many vertices it has.
    pub vertices: usize,
    /// The text after it.
    pub rest: &'a str,
}

/// The types of geometry, by their names in capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeometryKind {
    /// `POINT`
    Point,
    /// `LINESTRING`
    LineString,
    /// `POLYGON`
    Polygon,
    /// `MULTIPOINT`
    MultiPoint,
    /// `MULTILINESTRING`
    MultiLineString,
    /// `MULTIPOLYGON`
    MultiPolygon,
    /// `GEOMETRYCOLLECTION`
    Collection,
}

impl GeometryKind {
    /// Finds one by its name, in any case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Some(match &*name.to_ascii_uppercase() {
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

/// Reads a text that is a geometry and nothing else.
///
/// # Errors
/// What stands at which character, and what should.
pub fn geometry(text: &str, limits: Limits) -> Result<Geometry, Misread> {
    let mut reader = Reader::new(text, limits);
    let geometry = reader.tagged()?;
    reader.skip_space();
    if reader.rest.is_empty() {
        return Ok(geometry);
    }
    Err(reader.unexpected("结尾", "the end"))
}

/// Reads a geometry of which the type has been taken, at the beginning of a text.
///
/// # Errors
/// What stands at which character, and what should.
pub fn geometry_of(kind: GeometryKind, text: &str, limits: Limits) -> Result<Read<'_>, Misread> {
    let mut reader = Reader::new(text, limits);
    let geometry = reader.untagged(kind)?;
    Ok(Read {
        geometry,
        vertices: limits.vertices - reader.limits.vertices,
        rest: reader.rest,
    })
}

struct Reader<'a> {
    rest: &'a str,
    /// Characters before `rest`.
    passed: usize,
    /// What is still to be had.
    limits: Limits,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, limits: Limits) -> Self {
        Self {
            rest: text,
            passed: 0,
            limits,
        }
    }

    /// A geometry that begins with its type.
    fn tagged(&mut self) -> Result<Geometry, Misread> {
        self.skip_space();
        let Some(kind) = GeometryKind::find(self.word()) else {
            return Err(self.unexpected(
                "POINT、LINESTRING、POLYGON …",
                "POINT, LINESTRING, POLYGON …",
            ));
        };
        self.pass(self.word().len());
        self.untagged(kind)
    }

    fn untagged(&mut self, kind: GeometryKind) -> Result<Geometry, Misread> {
        self.skip_space();
        if self.word().eq_ignore_ascii_case("Z") {
            self.pass(1);
        }
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
                coordinates: self.several(|reader| {
                    reader.skip_space();
                    // Some writers leave out the inner parentheses.
                    if reader.rest.starts_with('(') {
                        reader.point()
                    } else {
                        reader.position()
                    }
                })?,
            },
            GeometryKind::MultiLineString => GeometryValue::MultiLineString {
                coordinates: self.lines()?,
            },
            GeometryKind::MultiPolygon => GeometryValue::MultiPolygon {
                coordinates: self.several(Self::lines)?,
            },
            GeometryKind::Collection => {
                self.limits.depth = self
                    .limits
                    .depth
                    .checked_sub(1)
                    .ok_or_else(|| self.misread(Flaw::TooDeep))?;
                let geometries = self.several(Self::tagged)?;
                self.limits.depth += 1;
                GeometryValue::GeometryCollection { geometries }
            }
        }))
    }

    /// Parts in parentheses, separated by commas.
    fn several<T>(
        &mut self,
        part: impl Fn(&mut Self) -> Result<T, Misread>,
    ) -> Result<Vec<T>, Misread> {
        self.expect('(')?;
        let mut parts = vec![part(self)?];
        while self.take(',') {
            parts.push(part(self)?);
        }
        self.expect(')')?;
        Ok(parts)
    }

    fn lines(&mut self) -> Result<Vec<Vec<Position>>, Misread> {
        self.several(|reader| reader.several(Self::position))
    }

    fn point(&mut self) -> Result<Position, Misread> {
        self.expect('(')?;
        let position = self.position()?;
        self.expect(')')?;
        Ok(position)
    }

    /// Two numbers, or three with a height, which is left aside.
    fn position(&mut self) -> Result<Position, Misread> {
        self.skip_space();
        self.limits.vertices = self
            .limits
            .vertices
            .checked_sub(1)
            .ok_or_else(|| self.misread(Flaw::TooManyVertices))?;
        let position = [self.number()?, self.number()?];
        self.skip_space();
        if !self.rest.is_empty() && !self.rest.starts_with([',', ')']) {
            self.number()?;
        }
        Ok(Position::from(position))
    }

    /// A finite number, with its sign and exponent.
    fn number(&mut self) -> Result<f64, Misread> {
        self.skip_space();
        let length = self
            .rest
            .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
            .unwrap_or(self.rest.len());
        // What Rust reads beyond these letters (inf, NaN) is no number here.
        let number = self.rest[..length].parse().ok();
        let Some(number) = number.filter(|number: &f64| number.is_finite()) else {
            return Err(self.unexpected("数", "a number"));
        };
        self.pass(length);
        Ok(number)
    }

    fn expect(&mut self, sign: char) -> Result<(), Misread> {
        if self.take(sign) {
            return Ok(());
        }
        let sign = format!("“{sign}”");
        Err(self.unexpected(&sign, &sign))
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip_space();
        let is = self.rest.starts_with(sign);
        if is {
            self.pass(1);
        }
        is
    }

    /// The letters that come next.
    fn word(&self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic());
        &self.rest[..end.unwrap_or(self.rest.len())]
    }

    fn skip_space(&mut self) {
        let trimmed = self
            .rest
            .trim_start_matches([' ', '\t', '\n', '\r', '\u{3000}']);
        self.pass(self.rest.len() - trimmed.len());
    }

    /// Leaves so many bytes behind.
    fn pass(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.passed += passed.chars().count();
        self.rest = rest;
    }

    fn misread(&self, flaw: Flaw) -> Misread {
        let at = self.passed;
        Misread { at, flaw }
    }

    /// An error: something else than what comes next should stand there.
    fn unexpected(&self, zh: &str, en: &str) -> Misread {
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',');
        let found = match self.rest.find(ends) {
            Some(0) => self.rest.chars().next().map(String::from),
            Some(end) => Some(self.rest[..end].to_owned()),
            None if self.rest.is_empty() => None,
            None => Some(self.rest.to_owned()),
        };
        self.misread(match found {
            None => Flaw::Ended(Text::new(zh, en)),
            Some(found) if found.eq_ignore_ascii_case("EMPTY") => {
                Flaw::Unexpected(Text::new("几何是空的", "the geometry is empty"))
            }
            Some(found) => {
                let found = shortened(&found);
                Flaw::Unexpected(Text::new(
                    format!("此处是“{found}”，应为 {zh}"),
                    format!("here is “{found}”, it should be {en}"),
                ))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIMITS: Limits = Limits {
        vertices: 8,
        depth: 2,
    };

    #[test]
    fn every_type_in_every_spelling() {
        for (text, expected) in [
            (
                "POINT(1 2)",
                json!({"type": "Point", "coordinates": [1.0, 2.0]}),
            ),
            (
                " point z ( -1e2 +.5 7 ) ",
                json!({"type": "Point", "coordinates": [-100.0, 0.5]}),
            ),
            (
                "LINESTRING(0 0,\n1 1)",
                json!({"type": "LineString", "coordinates": [[0.0, 0.0], [1.0, 1.0]]}),
            ),
            (
                "MULTIPOINT(0 0, (1 1))",
                json!({"type": "MultiPoint", "coordinates": [[0.0, 0.0], [1.0, 1.0]]}),
            ),
            (
                "MultiLineString((0 0,1 1))",
                json!({"type": "MultiLineString", "coordinates": [[[0.0, 0.0], [1.0, 1.0]]]}),
            ),
            (
                "POLYGON Z((0 0 1,1 0 1,1 1 1,0 0 1))",
                json!({"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]}),
            ),
            (
                "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
                json!({"type": "MultiPolygon", "coordinates": [[[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]]}),
            ),
            (
                "GEOMETRYCOLLECTION(POINT(1 2), GEOMETRYCOLLECTION(POINT Z(3 4 5)))",
                json!({"type": "GeometryCollection", "geometries": [
                    {"type": "Point", "coordinates": [1.0, 2.0]},
                    {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [3.0, 4.0]}]},
                ]}),
            ),
        ] {
            let read = geometry(text, LIMITS).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), expected, "{text}");
        }
        let Read { rest, vertices, .. } =
            geometry_of(GeometryKind::Point, "(1 2)) AND more", LIMITS).unwrap();
        assert_eq!((rest, vertices), (") AND more", 1));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, at, words) in [
            ("", 0, "POINT, LINESTRING"),
            ("CIRCLE(1 2)", 0, "here is “CIRCLE”"),
            ("POINT", 5, "“(”"),
            ("POINT EMPTY", 6, "empty"),
            ("POINT(1)", 7, "here is “)”, it should be a number"),
            ("POINT(1 2", 9, "“)”"),
            ("POINT(1 2) 3", 11, "here is “3”, it should be the end"),
            ("POINT(NaN 2)", 6, "here is “NaN”"),
            ("POINT(1e999 2)", 6, "here is “1e999”"),
            ("POINT(1 2 3 4)", 12, "here is “4”"),
            ("POINT(1, 2)", 7, "here is “,”"),
            ("LINESTRING(0 0;1 1)", 14, "here is “;1”"),
            ("线(0 0)", 0, "here is “线”"),
            ("POINT（1 2）", 5, "here is “（1”, it should be “(”"),
        ] {
            let misread = geometry(text, LIMITS).unwrap_err();
            let (Flaw::Unexpected(said) | Flaw::Ended(said)) = misread.flaw else {
                panic!("{text}")
            };
            assert_eq!(misread.at, at, "{text}");
            assert!(said.en.contains(words), "{text}: {said}");
        }
    }

    #[test]
    fn size_and_depth_are_limited() {
        let many = format!("MULTIPOINT({}0 0)", "0 0,".repeat(8));
        assert_eq!(
            geometry(&many, LIMITS).unwrap_err().flaw,
            Flaw::TooManyVertices
        );
        let deep = "GEOMETRYCOLLECTION(".repeat(100_000);
        assert_eq!(geometry(&deep, LIMITS).unwrap_err().flaw, Flaw::TooDeep);
    }
}
