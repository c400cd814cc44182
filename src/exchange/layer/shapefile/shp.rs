//! Shapes of a `.shp`, found by its `.shx` where there is one.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom, Write},
};

use geo::{
    Area, BoundingRect, Coord, CoordinatePosition, Geometry, LineString, MultiPoint, Point,
    Polygon, coordinate_position::CoordPos, winding_order::Winding,
};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use super::super::{
    read::{MOST_ROW_BYTES, row_too_large},
    shape,
    text::said,
};
use crate::model::Text;

const HEADER: u64 = 100;
const HEADER_BYTES: usize = 100;

/// An open `.shp`.
pub(super) struct Shapes {
    file: BufReader<File>,
    bytes: u64,
    index: Option<BufReader<File>>,
    /// Shapes, where the index tells.
    pub(super) count: Option<u64>,
    /// Whether shapes have heights or measures, which are left out.
    pub(super) has_heights: bool,
}

/// A file of the two, checked as far as its header goes.
fn header(mut file: File, part: &str) -> Result<(BufReader<File>, u64, i32), Text> {
    let bytes = file.metadata().map_err(|error| said(&error))?.len();
    file.rewind().map_err(|error| said(&error))?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header)
        .map_err(|_| short(part, HEADER, bytes))?;
    if header[..4] != 9994_i32.to_be_bytes() {
        return Err(Text::new(
            format!("{part} 不是 Shapefile 的一部分：开头应为 9994"),
            format!("the {part} is no part of a shapefile: it should begin with 9994"),
        ));
    }
    let stated = u64::from(big(&header[24..28])) * 2;
    if stated > bytes {
        return Err(short(part, stated, bytes));
    }
    Ok((file, bytes, little(&header[32..36])))
}

fn short(part: &str, stated: u64, bytes: u64) -> Text {
    Text::new(
        format!("{part} 不完整：应有 {stated} 字节，只有 {bytes}"),
        format!("the {part} is incomplete: it should have {stated} bytes and has {bytes}"),
    )
}

impl Shapes {
    pub(super) fn open(shp: File, shx: Option<File>) -> Result<Self, Text> {
        let (file, bytes, kind) = header(shp, ".shp")?;
        let (index, count) = match shx {
            None => (None, None),
            Some(shx) => {
                let (index, bytes, _) = header(shx, ".shx")?;
                (Some(index), Some((bytes - HEADER) / 8))
            }
        };
        Ok(Self {
            file,
            bytes,
            index,
            count,
            has_heights: kind > 10,
        })
    }

    /// Back to the first shape.
    pub(super) fn rewind(&mut self) -> Result<(), Text> {
        let start = SeekFrom::Start(HEADER);
        self.file.seek(start).map_err(|error| said(&error))?;
        if let Some(index) = &mut self.index {
            index.seek(start).map_err(|error| said(&error))?;
        }
        Ok(())
    }

    /// The next shape: nothing at the end, an outer error where the rest can't be read.
    #[allow(clippy::type_complexity)]
    pub(super) fn next(&mut self) -> Option<Result<Result<Option<Geometry<f64>>, Text>, Text>> {
        let mut pair = [0; 8];
        let (at, length) = if let Some(index) = &mut self.index {
            if index.read_exact(&mut pair).is_err() {
                return None;
            }
            let at = u64::from(big(&pair[..4])) * 2;
            (at, u64::from(big(&pair[4..])) * 2)
        } else {
            let at = match self.file.stream_position() {
                Ok(at) => at,
                Err(error) => return Some(Err(said(&error))),
            };
            if at + 8 > self.bytes {
                return None;
            }
            if let Err(error) = self.file.read_exact(&mut pair) {
                return Some(Err(said(&error)));
            }
            (at, u64::from(big(&pair[4..])) * 2)
        };
        if at < HEADER || at + 8 + length > self.bytes || length < 4 {
            let lost = Text::new(
                format!("应在第 {at} 字节处的图形不在 .shp 之内，.shp 或 .shx 已损坏"),
                format!(
                    "a shape that should be at byte {at} is not in the .shp: it or the .shx is damaged"
                ),
            );
            return Some(if self.index.is_some() {
                Ok(Err(lost))
            } else {
                Err(lost)
            });
        }
        if length > MOST_ROW_BYTES {
            return Some(if self.index.is_some() {
                Ok(Err(row_too_large()))
            } else {
                Err(row_too_large())
            });
        }
        #[allow(clippy::cast_possible_truncation)] // 64 MiB at most
        let mut content = vec![0; length as usize];
        let read = self
            .seek_to(at + 8)
            .and_then(|()| self.file.read_exact(&mut content));
        Some(match read {
            Ok(()) => Ok(parse(&content)),
            Err(error) => Err(said(&error)),
        })
    }

    /// Without throwing away what has been read ahead.
    fn seek_to(&mut self, at: u64) -> std::io::Result<()> {
        let here = self.file.stream_position()?;
        self.file
            .seek_relative(at.cast_signed() - here.cast_signed())
    }
}

fn big(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().unwrap_or_default())
}

fn little(bytes: &[u8]) -> i32 {
    i32::from_le_bytes(bytes.try_into().unwrap_or_default())
}

/// A shape, of the bytes after its record's header.
fn parse(bytes: &[u8]) -> Result<Option<Geometry<f64>>, Text> {
    let kind = little(&bytes[..4]);
    let lying = || {
        Text::new(
            "图形的坐标数与长度不符，.shp 已损坏",
            "the number of coordinates of a shape does not go with its length: the .shp is damaged",
        )
    };
    match kind {
        0 => Ok(None),
        1 | 11 | 21 => {
            let point = bytes.get(4..20).ok_or_else(lying)?;
            shape::finished(Point::from(coord(point)).into())
        }
        8 | 18 | 28 => {
            let count = number(bytes, 36).ok_or_else(lying)?;
            let points = coords(bytes, 40, count).ok_or_else(lying)?;
            let points = points.into_iter().map(Point::from).collect();
            shape::finished(MultiPoint::new(points).into())
        }
        3 | 13 | 23 | 5 | 15 | 25 => {
            let parts = parts(bytes).ok_or_else(lying)?;
            if kind % 10 == 3 {
                let lines = parts
                    .into_iter()
                    .map(shape::line)
                    .collect::<Result<_, _>>()?;
                return shape::finished(shape::lines_shape(lines));
            }
            shape::sane(parts.iter().flatten().copied())?;
            let rings: Vec<_> = parts
                .into_iter()
                .filter(|ring| !ring.is_empty())
                .map(|ring| shape::polygon([ring]))
                .collect::<Result<_, _>>()?;
            shape::finished(shape::polygons_shape(nested(rings)?))
        }
        other => Err(Text::new(
            format!("不支持的图形类型 {other}"),
            format!("shapes of type {other} are not supported"),
        )),
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(little(bytes.get(at..at + 4)?)).ok()
}

fn coord(bytes: &[u8]) -> Coord<f64> {
    let real = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap_or_default());
    Coord {
        x: real(&bytes[..8]),
        y: real(&bytes[8..16]),
    }
}

fn coords(bytes: &[u8], at: usize, count: usize) -> Option<Vec<Coord<f64>>> {
    let end = at.checked_add(count.checked_mul(16)?)?;
    Some(bytes.get(at..end)?.chunks_exact(16).map(coord).collect())
}

fn parts(bytes: &[u8]) -> Option<Vec<Vec<Coord<f64>>>> {
    let parts = number(bytes, 36)?;
    let points = number(bytes, 40)?;
    let table = 44_usize.checked_add(parts.checked_mul(4)?)?;
    let coords = coords(bytes, table, points)?;
    let mut starts = bytes
        .get(44..table)?
        .chunks_exact(4)
        .map(|start| usize::try_from(little(start)).ok())
        .collect::<Option<Vec<_>>>()?;
    starts.push(points);
    starts
        .windows(2)
        .map(|pair| coords.get(pair[0]..pair[1]).map(<[_]>::to_vec))
        .collect()
}

/// Rings as polygons. A ring in no other, or in two, four, … others, is an outer one; any other is a hole
/// of the smallest ring around it. Which way rings run, which should say the same, many programs get
/// wrong, so it is not looked at.
fn nested(rings: Vec<Polygon<f64>>) -> Result<Vec<Polygon<f64>>, Text> {
    if rings.len() < 2 {
        return Ok(rings);
    }
    let tree = RTree::bulk_load(
        rings
            .iter()
            .enumerate()
            .filter_map(|(place, ring)| {
                let bounds = ring.bounding_rect()?;
                let corners = AABB::from_corners(
                    [bounds.min().x, bounds.min().y],
                    [bounds.max().x, bounds.max().y],
                );
                Some(GeomWithData::new(Rectangle::from_aabb(corners), place))
            })
            .collect(),
    );
    let areas: Vec<f64> = rings.iter().map(Area::unsigned_area).collect();
    // Of two equal rings the first is around the second: none is around itself.
    let is_larger = |one: usize, other: usize| (areas[one], other) > (areas[other], one);
    // Rings over rings over rings are no map: how much is compared is limited.
    let mut patience: usize = 200_000_000;
    let mut homes = Vec::with_capacity(rings.len());
    for (place, ring) in rings.iter().enumerate() {
        let first = ring.exterior().0[0];
        let mut around = Vec::new();
        for found in tree.locate_all_at_point([first.x, first.y]) {
            let other = found.data;
            if !is_larger(other, place) {
                continue;
            }
            let cost = rings[other].exterior().0.len();
            patience = patience.checked_sub(cost).ok_or_else(|| {
                Text::new(
                    "环的嵌套过于复杂",
                    "its rings are nested in too complex a way",
                )
            })?;
            if holds(&rings[other], ring.exterior()) {
                around.push(other);
            }
        }
        let is_hole = around.len() % 2 == 1;
        let smallest = around
            .into_iter()
            .reduce(|a, b| if is_larger(a, b) { b } else { a });
        homes.push(smallest.filter(|_| is_hole));
    }
    let mut polygons: Vec<Option<Polygon<f64>>> = vec![None; rings.len()];
    let mut holes = Vec::new();
    for (place, (ring, home)) in rings.into_iter().zip(homes).enumerate() {
        match home {
            Some(home) => holes.push((home, ring.into_inner().0)),
            None => polygons[place] = Some(ring),
        }
    }
    for (home, hole) in holes {
        // What is around a hole is no hole, unless rings cross, and the shape is refused.
        match &mut polygons[home] {
            Some(polygon) => polygon.interiors_push(hole),
            None => polygons.push(Some(Polygon::new(hole, Vec::new()))),
        }
    }
    Ok(polygons.into_iter().flatten().collect())
}

/// Whether a ring lies in another: by its first corner, or else middle of an edge, that is not on it.
fn holds(outer: &Polygon<f64>, ring: &LineString<f64>) -> bool {
    let corners = ring.coords().copied().take(16);
    let middles = ring
        .lines()
        .take(16)
        .map(|edge| (edge.start + edge.end) / 2.0);
    corners
        .chain(middles)
        .map(|place| outer.coordinate_position(&place))
        .find(|position| *position != CoordPos::OnBoundary)
        .is_none_or(|position| position == CoordPos::Inside)
}

/// What a file of shapes holds, as its header and records say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Point,
    MultiPoint,
    Line,
    Polygon,
}

impl Kind {
    pub(super) fn code(self) -> i32 {
        match self {
            Self::Null => 0,
            Self::Point => 1,
            Self::Line => 3,
            Self::Polygon => 5,
            Self::MultiPoint => 8,
        }
    }
}

/// Writes the header of a `.shp` or a `.shx` of so many bytes.
pub(super) fn write_header(
    out: &mut impl Write,
    kind: Kind,
    bytes: u64,
    bounds: [f64; 4],
) -> std::io::Result<()> {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&9994_i32.to_be_bytes());
    let words = u32::try_from(bytes / 2).unwrap_or(u32::MAX);
    header[24..28].copy_from_slice(&words.to_be_bytes());
    header[28..32].copy_from_slice(&1000_i32.to_le_bytes());
    header[32..36].copy_from_slice(&kind.code().to_le_bytes());
    for (place, bound) in bounds.iter().enumerate() {
        let at = 36 + place * 8;
        header[at..at + 8].copy_from_slice(&bound.to_le_bytes());
    }
    out.write_all(&header)
}

/// A shape's record without its header; outer rings run clockwise, holes the other way.
pub(super) fn record(shape: Option<&Geometry<f64>>, kind: Kind) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(shape) = shape else {
        return Kind::Null.code().to_le_bytes().to_vec();
    };
    out.extend(kind.code().to_le_bytes());
    let lines: Vec<Vec<Coord<f64>>> = match shape {
        Geometry::Point(point) if kind == Kind::Point => {
            write_coords(&mut out, &[point.0]);
            return out;
        }
        Geometry::Point(point) => vec![vec![point.0]],
        Geometry::MultiPoint(points) => vec![points.iter().map(|point| point.0).collect()],
        Geometry::LineString(line) => vec![line.0.clone()],
        Geometry::MultiLineString(lines) => lines.iter().map(|line| line.0.clone()).collect(),
        Geometry::Polygon(polygon) => rings(polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().flat_map(rings).collect(),
        _ => Vec::new(),
    };
    let bounds = shape.bounding_rect();
    for bound in bounds.map_or([0.0; 4], |rect| {
        [rect.min().x, rect.min().y, rect.max().x, rect.max().y]
    }) {
        out.extend(bound.to_le_bytes());
    }
    let size = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes();
    if kind != Kind::MultiPoint {
        out.extend(size(lines.len()));
    }
    out.extend(size(lines.iter().map(Vec::len).sum()));
    if kind != Kind::MultiPoint {
        let mut start = 0;
        for line in &lines {
            out.extend(size(start));
            start += line.len();
        }
    }
    for line in &lines {
        write_coords(&mut out, line);
    }
    out
}

fn rings(polygon: &Polygon<f64>) -> Vec<Vec<Coord<f64>>> {
    let mut exterior = polygon.exterior().clone();
    exterior.make_cw_winding();
    let holes = polygon.interiors().iter().map(|hole| {
        let mut hole = hole.clone();
        hole.make_ccw_winding();
        hole.0
    });
    std::iter::once(exterior.0).chain(holes).collect()
}

fn write_coords(out: &mut Vec<u8>, coords: &[Coord<f64>]) {
    for coord in coords {
        out.extend(coord.x.to_le_bytes());
        out.extend(coord.y.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square ring; clockwise unless `turned`.
    fn square(x: f64, y: f64, side: f64, turned: bool) -> Polygon<f64> {
        let mut ring = vec![
            (x, y),
            (x, y + side),
            (x + side, y + side),
            (x + side, y),
            (x, y),
        ];
        if turned {
            ring.reverse();
        }
        Polygon::new(LineString::from(ring), vec![])
    }

    fn areas(rings: Vec<Polygon<f64>>) -> Vec<f64> {
        let polygons = nested(rings).unwrap();
        let mut areas: Vec<_> = polygons.iter().map(Area::unsigned_area).collect();
        areas.sort_by(f64::total_cmp);
        areas
    }

    #[test]
    fn rings_are_nested_whichever_way_they_run() {
        for turns in 0..8_u8 {
            let turned = |place: u8| turns & (1 << place) != 0;
            // A block with a yard, in which a house stands; and another block.
            let rings = vec![
                square(4.0, 4.0, 2.0, turned(0)),
                square(2.0, 2.0, 6.0, turned(1)),
                square(0.0, 0.0, 10.0, turned(2)),
                square(20.0, 0.0, 3.0, turned(1)),
            ];
            assert_eq!(areas(rings), [4.0, 9.0, 64.0], "{turns}");
        }
    }

    #[test]
    fn what_fills_a_notch_is_no_hole() {
        let notched = LineString::from(vec![
            (0.0, 0.0),
            (0.0, 10.0),
            (4.0, 10.0),
            (4.0, 6.0),
            (6.0, 6.0),
            (6.0, 10.0),
            (10.0, 10.0),
            (10.0, 0.0),
            (0.0, 0.0),
        ]);
        let filling = LineString::from(vec![
            (4.0, 6.0),
            (4.0, 10.0),
            (6.0, 10.0),
            (6.0, 6.0),
            (4.0, 6.0),
        ]);
        let rings = vec![Polygon::new(notched, vec![]), Polygon::new(filling, vec![])];
        assert_eq!(areas(rings), [8.0, 92.0]);
    }

    #[test]
    fn a_ring_that_is_there_twice_is_not_lost() {
        let polygons = nested(vec![
            square(0.0, 0.0, 2.0, false),
            square(0.0, 0.0, 2.0, false),
        ])
        .unwrap();
        let rings: usize = polygons
            .iter()
            .map(|polygon| 1 + polygon.interiors().len())
            .sum();
        assert_eq!(rings, 2);
    }
}
