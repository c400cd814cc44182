//! Well-known binary (OGC 06-103r4, 8.2; ISO 13249-3), and PostGIS' kin of it.
//!
//! It is read here and not by a crate, for a count is to be compared with the bytes that are there
//! before memory is taken, and collections in collections have to end somewhere.

use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

use super::shape::{self, MOST_DEPTH, too_deep};
use crate::model::Text;

/// Reads a shape; nothing where it is empty.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Geometry<f64>>, Text> {
    let mut reader = Reader {
        bytes,
        little: true,
        dimensions: 2,
    };
    shape::finished(reader.geometry(0)?)
}

struct Reader<'a> {
    bytes: &'a [u8],
    little: bool,
    dimensions: usize,
}

impl Reader<'_> {
    fn geometry(&mut self, depth: usize) -> Result<Geometry<f64>, Text> {
        if depth > MOST_DEPTH {
            return Err(too_deep());
        }
        self.little = match self.take(1)? {
            [0] => false,
            [1] => true,
            _ => return Err(damaged()),
        };
        let code = self.number()?;
        // Heights and measures: in thousands by ISO, in the highest bits by PostGIS.
        let iso = (code & 0x0fff_ffff) / 1000;
        self.dimensions = 2
            + usize::from(matches!(iso, 1 | 3) || code & 0x8000_0000 != 0)
            + usize::from(matches!(iso, 2 | 3) || code & 0x4000_0000 != 0);
        if code & 0x2000_0000 != 0 {
            self.number()?;
        }
        Ok(match (code & 0x0fff_ffff) % 1000 {
            1 => {
                let coord = self.coord()?;
                // That is how an empty point is written.
                if coord.x.is_nan() && coord.y.is_nan() {
                    MultiPoint::new(Vec::new()).into()
                } else {
                    Point::from(coord).into()
                }
            }
            2 => shape::line(self.coords()?)?.into(),
            3 => self.polygon()?.into(),
            4 => MultiPoint::new(self.parts(depth, |part| match part {
                Geometry::Point(point) => Some(point),
                _ => None,
            })?)
            .into(),
            5 => MultiLineString::new(self.parts(depth, |part| match part {
                Geometry::LineString(line) => Some(line),
                _ => None,
            })?)
            .into(),
            6 => MultiPolygon::new(self.parts(depth, |part| match part {
                Geometry::Polygon(polygon) => Some(polygon),
                _ => None,
            })?)
            .into(),
            7 => Geometry::GeometryCollection(GeometryCollection::from(self.parts(depth, Some)?)),
            other => {
                return Err(Text::new(
                    format!("不支持的几何类型 {other}（如曲线），请转成折线"),
                    format!(
                        "geometry of type {other} (such as curves) is not supported: make it of straight lines"
                    ),
                ));
            }
        })
    }

    fn parts<T>(
        &mut self,
        depth: usize,
        take: impl Fn(Geometry<f64>) -> Option<T>,
    ) -> Result<Vec<T>, Text> {
        // Each has a byte order, a type and a count at least, or an empty point.
        let count = self.count(9)?;
        (0..count)
            .map(|_| {
                let part = self.geometry(depth + 1)?;
                take(part).ok_or_else(damaged)
            })
            .collect()
    }

    fn polygon(&mut self) -> Result<Polygon<f64>, Text> {
        let count = self.count(4)?;
        let rings: Vec<_> = (0..count)
            .map(|_| self.coords())
            .collect::<Result<_, _>>()?;
        shape::polygon(rings)
    }

    fn coords(&mut self) -> Result<Vec<Coord<f64>>, Text> {
        let count = self.count(8 * self.dimensions)?;
        (0..count).map(|_| self.coord()).collect()
    }

    fn coord(&mut self) -> Result<Coord<f64>, Text> {
        let little = self.little;
        let bytes = self.take(8 * self.dimensions)?;
        let real = |bytes: &[u8]| {
            let bytes = bytes.try_into().unwrap_or_default();
            if little {
                f64::from_le_bytes(bytes)
            } else {
                f64::from_be_bytes(bytes)
            }
        };
        Ok(Coord {
            x: real(&bytes[..8]),
            y: real(&bytes[8..16]),
        })
    }

    /// A count of things of so many bytes each, which must be there.
    fn count(&mut self, each: usize) -> Result<usize, Text> {
        let count = usize::try_from(self.number()?).map_err(|_| damaged())?;
        if count > self.bytes.len() / each {
            return Err(damaged());
        }
        Ok(count)
    }

    fn number(&mut self) -> Result<u32, Text> {
        let little = self.little;
        let bytes = self.take(4)?.try_into().unwrap_or_default();
        Ok(if little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Text> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or_else(damaged)?;
        self.bytes = rest;
        Ok(taken)
    }
}

fn damaged() -> Text {
    Text::new("几何的 WKB 已损坏", "the WKB of the geometry is damaged")
}

/// Appends a shape, little-endian.
pub(super) fn write(out: &mut Vec<u8>, shape: &Geometry<f64>) {
    match shape {
        Geometry::Point(point) => {
            head(out, 1);
            coord(out, point.0);
        }
        Geometry::LineString(line) => {
            head(out, 2);
            coords(out, line);
        }
        Geometry::Polygon(polygon) => {
            head(out, 3);
            count(out, 1 + polygon.interiors().len());
            coords(out, polygon.exterior());
            for hole in polygon.interiors() {
                coords(out, hole);
            }
        }
        Geometry::MultiPoint(points) => {
            head(out, 4);
            count(out, points.0.len());
            for point in points {
                write(out, &(*point).into());
            }
        }
        Geometry::MultiLineString(lines) => {
            head(out, 5);
            count(out, lines.0.len());
            for line in lines {
                write(out, &line.clone().into());
            }
        }
        Geometry::MultiPolygon(polygons) => {
            head(out, 6);
            count(out, polygons.0.len());
            for polygon in polygons {
                write(out, &polygon.clone().into());
            }
        }
        // No row has another; an empty collection is one that can be read.
        _ => {
            head(out, 7);
            count(out, 0);
        }
    }
}

fn head(out: &mut Vec<u8>, code: u32) {
    out.push(1);
    out.extend(code.to_le_bytes());
}

fn count(out: &mut Vec<u8>, count: usize) {
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn coords(out: &mut Vec<u8>, line: &LineString<f64>) {
    count(out, line.0.len());
    for each in line.coords() {
        coord(out, *each);
    }
}

fn coord(out: &mut Vec<u8>, coord: Coord<f64>) {
    out.extend(coord.x.to_le_bytes());
    out.extend(coord.y.to_le_bytes());
}
