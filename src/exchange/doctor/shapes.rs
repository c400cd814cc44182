//! Every shape of a file, once its numbers are read: whether it can be kept, and what is odd.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    ops::ControlFlow,
};

use geo::{BoundingRect, Coord, CoordsIter, Geometry, LineString, Polygon};

use super::{
    finding::{Code, Finding, MAX_EXAMPLES, Proposal, Severity},
    ground::Ground,
    overlaps::{Neighbours, Overlaps},
};
use crate::{
    geometry::{measure, read::check_range, validity},
    model::Text,
};

/// Polygons less wide than this on average are slivers, metres.
const SLIVER_M: f64 = 0.5;
/// Vertices of a shape by which it is found inside or outside the district.
const PROBES: usize = 8;

/// Looks at shapes as they come. What it keeps of each takes some bytes for each vertex of polygons,
/// and no more than 300 MB in all.
pub struct Shapes<'a> {
    ground: Option<&'a Ground>,
    tallies: HashMap<Code, Tally>,
    /// Hashes of shapes, each with the row that had it first.
    known: HashMap<u64, u64>,
    overlaps: Option<Overlaps>,
    seen: u64,
}

#[derive(Default)]
struct Tally {
    count: u64,
    examples: Vec<u64>,
    /// What was wrong with the first.
    first: Option<Text>,
}

impl<'a> Shapes<'a> {
    /// Looks at shapes in a district; where nothing is known of it, at the shapes alone.
    #[must_use]
    pub fn new(ground: Option<&'a Ground>) -> Self {
        Self {
            overlaps: ground.map(|ground| Overlaps::new(ground.frame())),
            ground,
            tallies: HashMap::new(),
            known: HashMap::new(),
            seen: 0,
        }
    }

    /// Looks at the shape of a row, in WGS 84 degrees, and says what keeps it from being kept.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take(&mut self, number: u64, geometry: Option<&Geometry<f64>>) -> Result<(), Text> {
        self.seen += 1;
        let Some(geometry) = geometry else {
            self.tally(Code::NoGeometry, number, None);
            return Ok(());
        };
        if let Err((code, flaw)) = check(geometry) {
            self.tally(code, number, Some(flaw.clone()));
            return Err(flaw);
        }
        let mut hasher = DefaultHasher::new();
        std::mem::discriminant(geometry).hash(&mut hasher);
        for coord in geometry.coords_iter() {
            [coord.x, coord.y].map(f64::to_bits).hash(&mut hasher);
        }
        match self.known.entry(hasher.finish()) {
            Entry::Vacant(entry) => {
                entry.insert(number);
                if let Some(overlaps) = &mut self.overlaps {
                    overlaps.take(number, geometry);
                }
            }
            Entry::Occupied(entry) => {
                let first = *entry.get();
                let same = Text::new(
                    format!("第 {number} 行与第 {first} 行图形相同"),
                    format!("row {number} has the shape of row {first}"),
                );
                self.tally(Code::Duplicate, number, Some(same));
            }
        }
        if is_sliver(geometry) {
            self.tally(Code::Sliver, number, None);
        }
        if self
            .ground
            .is_some_and(|ground| is_outside(geometry, ground))
        {
            self.tally(Code::Outside, number, None);
        }
        Ok(())
    }

    /// Counts a row that has no shape for a reason found elsewhere: its numbers can't be converted.
    pub fn take_unreadable(&mut self, number: u64, flaw: &Text) {
        self.seen += 1;
        self.tally(Code::InvalidRing, number, Some(flaw.clone()));
    }

    fn tally(&mut self, code: Code, number: u64, why: Option<Text>) {
        let tally = self.tallies.entry(code).or_default();
        tally.count += 1;
        if tally.examples.len() < MAX_EXAMPLES {
            tally.examples.push(number);
        }
        if tally.first.is_none() {
            tally.first = why;
        }
    }

    /// Looks at what stands where the rows come; nothing where `watch`, which is told how many features of
    /// how many that stand there are done, says to stop.
    pub fn compare(
        &mut self,
        standing: &Neighbours<'_>,
        watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Option<()> {
        let Some(overlaps) = &self.overlaps else {
            return Some(());
        };
        let upon = overlaps.upon(standing, watch)?;
        if upon.count > 0 {
            let tally = self.tallies.entry(Code::OverlapStanding).or_default();
            *tally = Tally {
                count: upon.count,
                examples: upon.examples,
                first: upon.first,
            };
        }
        if !upon.is_whole {
            let tally = self.tallies.entry(Code::OverlapUnchecked).or_default();
            tally.count = self.seen;
        }
        Some(())
    }

    /// What was found, the gravest first; nothing where `watch`, which is told how many polygons of
    /// how many were compared with the others, says to stop.
    pub fn findings(
        mut self,
        watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Option<Vec<Finding>> {
        if let Some(overlaps) = self.overlaps.take() {
            let overlapping = overlaps.find(watch)?;
            if overlapping.count > 0 {
                let tally = self.tallies.entry(Code::Overlap).or_default();
                tally.count = overlapping.count;
                tally.examples = overlapping.examples;
            }
            if !overlapping.is_whole {
                let tally = self.tallies.entry(Code::OverlapUnchecked).or_default();
                tally.count = self.seen;
            }
        }
        let mut findings: Vec<_> = self
            .tallies
            .into_iter()
            .map(|(code, tally)| told(code, tally, self.seen))
            .collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
        Some(findings)
    }
}

fn told(code: Code, tally: Tally, seen: u64) -> Finding {
    let count = tally.count;
    let first = tally.first.unwrap_or_default();
    let (severity, zh, en) = match code {
        Code::InvalidRing => (
            Severity::Error,
            format!("{count} 个图形的坐标或环不成立；如：{}", first.zh),
            format!(
                "{count} shapes have rings or numbers that are none; such as: {}",
                first.en
            ),
        ),
        Code::SelfCrossing => (
            Severity::Error,
            format!("{count} 个图形自相交或环相互穿越；如：{}", first.zh),
            format!("{count} shapes cross themselves; such as: {}", first.en),
        ),
        Code::Unsupported => (
            Severity::Error,
            format!("{count} 个图形的类型不支持：{}", first.zh),
            format!(
                "{count} shapes are of a type that can't be kept: {}",
                first.en
            ),
        ),
        Code::NoGeometry => (
            Severity::Info,
            format!("{count} 行没有图形"),
            format!("{count} rows have no shape"),
        ),
        Code::Sliver => (
            Severity::Warning,
            format!("{count} 个面平均宽不到 {SLIVER_M} 米，像是碎屑"),
            format!("{count} polygons are less than {SLIVER_M} m wide on average: slivers"),
        ),
        Code::Duplicate => (
            Severity::Warning,
            format!("{count} 行的图形与前面的相同；如：{}", first.zh),
            format!(
                "{count} rows have a shape that came before; such as: {}",
                first.en
            ),
        ),
        Code::Overlap => (
            Severity::Warning,
            format!("{count} 个面与同一文件的其他面重叠（超过 1 平方米）"),
            format!("{count} polygons overlap others of the file by more than 1 m²"),
        ),
        Code::OverlapStanding => (
            Severity::Warning,
            format!(
                "{count} 个面与集合中已有的面重叠（超过 1 平方米）；如：{}",
                first.zh
            ),
            format!(
                "{count} polygons overlap features that stand in the collection by more than 1 m²; such as: {}",
                first.en
            ),
        ),
        Code::OverlapUnchecked => (
            Severity::Info,
            "图形太多，没有逐对检查重叠".to_owned(),
            "there is too much to compare every pair: some overlaps may not be told".to_owned(),
        ),
        _ => (
            Severity::Warning,
            format!("{count} 个图形在本区之外（共 {seen} 行）"),
            format!("{count} of {seen} shapes lie outside the district"),
        ),
    };
    Finding {
        code,
        severity,
        confidence: 1.0,
        count,
        message: Text::new(zh, en),
        examples: tally.examples,
        proposal: (severity == Severity::Error).then_some(Proposal {
            skip_invalid: true,
            ..Proposal::default()
        }),
    }
}

/// Whether a shape can be kept.
fn check(geometry: &Geometry<f64>) -> Result<(), (Code, Text)> {
    if geometry.coords_count() == 0 {
        return Err((
            Code::InvalidRing,
            Text::new("几何是空的", "the geometry is empty"),
        ));
    }
    if let Some(coord) = geometry
        .coords_iter()
        .find(|coord| !coord.x.is_finite() || !coord.y.is_finite())
    {
        let (x, y) = (coord.x, coord.y);
        return Err((
            Code::InvalidRing,
            Text::new(
                format!("坐标 {x},{y} 不是有限数"),
                format!("coordinate {x},{y} is no finite number"),
            ),
        ));
    }
    geometry
        .coords_iter()
        .try_for_each(check_range)
        .map_err(|flaw| (Code::InvalidRing, flaw))?;
    let polygons: &[Polygon<f64>] = match geometry {
        Geometry::Polygon(polygon) => std::slice::from_ref(polygon),
        Geometry::MultiPolygon(polygons) => &polygons.0,
        Geometry::Point(_)
        | Geometry::MultiPoint(_)
        | Geometry::LineString(_)
        | Geometry::MultiLineString(_) => &[],
        _ => {
            return Err((
                Code::Unsupported,
                Text::new(
                    "要点、线或面，各自成一类",
                    "it should be points, lines or polygons, of one type",
                ),
            ));
        }
    };
    for ring in polygons.iter().flat_map(rings) {
        let distinct = ring.lines().filter(|edge| edge.start != edge.end).count();
        if distinct < 3 || !ring.is_closed() {
            return Err((
                Code::InvalidRing,
                Text::new(
                    "面的环要首尾相同，且至少有三个不同的点",
                    "a ring must end where it starts and have at least three different points",
                ),
            ));
        }
    }
    validity::check(geometry).map_err(|flaw| {
        let code = if polygons.is_empty() {
            Code::InvalidRing
        } else {
            Code::SelfCrossing
        };
        (code, flaw)
    })
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// Whether one of its polygons is hardly wider than a line: twice the area over the perimeter is half
/// the width of a strip, twice that of a square.
fn is_sliver(geometry: &Geometry<f64>) -> bool {
    let is_thin = |polygon: &Polygon<f64>| {
        let shape = Geometry::Polygon(polygon.clone());
        2.0 * measure::area_m2(&shape) < SLIVER_M * measure::length_m(&shape)
    };
    match geometry {
        Geometry::Polygon(polygon) => is_thin(polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().any(is_thin),
        _ => false,
    }
}

/// Whether it lies outside the district. Lines lead there from elsewhere and around it, so they are
/// only where none of them is near.
fn is_outside(geometry: &Geometry<f64>, ground: &Ground) -> bool {
    let is_line = matches!(
        geometry,
        Geometry::LineString(_) | Geometry::MultiLineString(_)
    );
    let is_off = |coord: Coord<f64>| {
        let at = ground.frame().to_plane(coord);
        if is_line {
            !ground.is_near(at)
        } else {
            ground.is_inside(at) == Some(false)
        }
    };
    let middle = geometry.bounding_rect().map(geo::Rect::center);
    let step = geometry.coords_count().div_ceil(PROBES).max(1);
    middle
        .into_iter()
        .chain(geometry.coords_iter().step_by(step))
        .all(is_off)
}
