//! Polygons of one file that cover the same ground, or that of what stands.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map},
    ops::ControlFlow,
};

use geo::{
    Area, BooleanOps, BoundingRect, Coord, Geometry, LineString, MapCoords, MultiPolygon, Polygon,
    Rect,
};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

use super::finding::MAX_EXAMPLES;
use crate::{
    geometry::frame::Frame,
    model::{Feature, Text},
    store::Collection,
};

/// Vertices that are kept, 8 bytes each; a file with more is not compared with itself.
const MAX_VERTICES: usize = 24_000_000;
/// Pairs that are compared, for each polygon.
const MAX_PAIRS: usize = 40;
/// So deep one polygon reaches into another before it counts, metres: neighbours are surveyed twice.
const DEEP_M: f64 = 0.1;
/// So much ground must two share, m².
const SHARED_M2: f64 = 1.0;
/// Beyond so many pairs of edges an overlay is quicker than looking at each.
const MAX_EDGE_PAIRS: usize = 100_000;

/// Polygons in whole millimetres of a plane, one after the other.
pub struct Overlaps {
    frame: Frame,
    vertices: Vec<[i32; 2]>,
    /// Where each ring ends in `vertices`.
    rings: Vec<u32>,
    /// The number of each polygon's row, where it ends in `rings`, and its rectangle.
    polygons: Vec<(u64, u32, [i32; 4])>,
    is_full: bool,
}

/// What was found.
pub struct Overlapping {
    /// Rows that share ground with another.
    pub count: u64,
    /// Some of them.
    pub examples: Vec<u64>,
    /// Whether every pair was compared.
    pub is_whole: bool,
}

/// What stands where the rows of a file come.
pub struct Neighbours<'a> {
    /// The features.
    pub collection: &'a Collection,
    /// Whether a row, by its number, and a feature, by its id, will lie there together and did not before.
    pub meet: &'a mut dyn FnMut(u64, &str) -> bool,
}

/// What was found of those that stand.
pub struct Upon {
    /// Rows that share ground with one.
    pub count: u64,
    /// Some of them.
    pub examples: Vec<u64>,
    /// The first, with what it lies upon.
    pub first: Option<Text>,
    /// Whether every pair was compared.
    pub is_whole: bool,
}

impl Overlaps {
    pub fn new(frame: Frame) -> Self {
        Self {
            frame,
            vertices: Vec::new(),
            rings: Vec::new(),
            polygons: Vec::new(),
            is_full: false,
        }
    }

    /// Keeps the polygons of a valid shape in degrees.
    pub fn take(&mut self, number: u64, geometry: &Geometry<f64>) {
        match geometry {
            Geometry::Polygon(polygon) => self.keep(number, polygon),
            Geometry::MultiPolygon(polygons) => {
                for polygon in polygons {
                    self.keep(number, polygon);
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, number: u64, polygon: &Polygon<f64>) {
        let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let count: usize = rings().map(|ring| ring.0.len()).sum();
        if self.is_full || self.vertices.len() + count > MAX_VERTICES {
            self.is_full = true;
            return;
        }
        let begin = self.vertices.len();
        for ring in rings() {
            for coord in &ring.0 {
                let at = self.frame.to_plane(*coord);
                self.vertices.push([millimetres(at.x), millimetres(at.y)]);
            }
            self.rings.push(index(self.vertices.len()));
        }
        let bounds = self.vertices[begin..].iter().fold(
            [i32::MAX, i32::MAX, i32::MIN, i32::MIN],
            |[a, b, c, d], [x, y]| [a.min(*x), b.min(*y), c.max(*x), d.max(*y)],
        );
        self.polygons
            .push((number, index(self.rings.len()), bounds));
    }

    /// Compares each with each that it may meet, in `O(n log n)` of parcels that lie side by side;
    /// nothing where `watch`, which is told how many of how many are done, says to stop.
    pub fn find(&self, watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Option<Overlapping> {
        let rectangle = |[a, b, c, d]: [i32; 4]| {
            let [a, b, c, d] = [a, b, c, d].map(f64::from);
            AABB::from_corners([a, b], [c, d])
        };
        let tree = RTree::bulk_load(
            (0..self.polygons.len())
                .map(|place| {
                    GeomWithData::new(
                        Rectangle::from_aabb(rectangle(self.polygons[place].2)),
                        place,
                    )
                })
                .collect(),
        );
        let mut budget = self.polygons.len().saturating_mul(MAX_PAIRS);
        let mut found: BTreeSet<u64> = BTreeSet::new();
        for (place, (number, _, bounds)) in self.polygons.iter().enumerate() {
            if place % 64 == 0 && watch(place as u64, self.polygons.len() as u64).is_break() {
                return None;
            }
            let mut polygon = None;
            for other in tree.locate_in_envelope_intersecting(rectangle(*bounds)) {
                let (other_number, _, other_bounds) = self.polygons[other.data];
                if other.data <= place || other_number == *number || !deep(*bounds, other_bounds) {
                    continue;
                }
                if budget == 0 {
                    return Some(self.told(&found, false));
                }
                budget -= 1;
                let polygon = polygon.get_or_insert_with(|| self.polygon(place));
                if share_ground(polygon, &self.polygon(other.data)) {
                    found.extend([*number, other_number]);
                }
            }
        }
        Some(self.told(&found, true))
    }

    /// Compares each with those that stand, as [`Overlaps::find`] does with each other.
    pub fn upon(
        &self,
        standing: Neighbours<'_>,
        watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Option<Upon> {
        let Neighbours { collection, meet } = standing;
        let mut budget = self.polygons.len().saturating_mul(MAX_PAIRS);
        let mut found: BTreeMap<u64, &Feature> = BTreeMap::new();
        let mut is_whole = !self.is_full;
        for (place, (number, _, bounds)) in self.polygons.iter().enumerate() {
            if place % 64 == 0 && watch(place as u64, self.polygons.len() as u64).is_break() {
                return None;
            }
            let btree_map::Entry::Vacant(entry) = found.entry(*number) else {
                continue;
            };
            let polygon = self.polygon(place);
            let near = collection.near(self.window(*bounds)).filter(|feature| {
                let is_near = budget > 0;
                is_whole &= is_near;
                budget = budget.saturating_sub(1);
                is_near && meet(*number, &feature.id)
            });
            let mut near = near.filter(|feature| self.lies_upon(&polygon, feature));
            if let Some(feature) = near.next() {
                entry.insert(feature);
            }
        }
        let first = found.iter().next().map(|(number, feature)| {
            let name = format!("{}/{}", collection.info.id, feature.id);
            let (zh, en) = (&feature.name, &feature.name_en);
            Text::new(
                format!("第 {number} 行与 {name}（{zh}）"),
                format!("row {number} and {name} ({en})"),
            )
        });
        Some(Upon {
            count: found.len() as u64,
            examples: found.keys().copied().take(MAX_EXAMPLES).collect(),
            first,
            is_whole,
        })
    }

    /// A rectangle of the plane in degrees.
    fn window(&self, bounds: [i32; 4]) -> Rect<f64> {
        let [a, b, c, d] = bounds.map(|value| f64::from(value) / 1000.0);
        let corner = |x, y| self.frame.to_degrees(Coord { x, y });
        Rect::new(corner(a, b), corner(c, d))
    }

    /// Whether a polygon of the plane shares ground with a feature.
    fn lies_upon(&self, polygon: &Polygon<f64>, feature: &Feature) -> bool {
        let parts: &[Polygon<f64>] = match &feature.geometry {
            Some(Geometry::Polygon(part)) => std::slice::from_ref(part),
            Some(Geometry::MultiPolygon(parts)) => &parts.0,
            _ => &[],
        };
        parts.iter().any(|part| {
            let part = part.map_coords(|coord| self.frame.to_plane(coord));
            share_ground(polygon, &part)
        })
    }

    fn told(&self, found: &BTreeSet<u64>, all_compared: bool) -> Overlapping {
        Overlapping {
            count: found.len() as u64,
            examples: found.iter().copied().take(MAX_EXAMPLES).collect(),
            is_whole: all_compared && !self.is_full,
        }
    }

    /// In metres of the plane.
    fn polygon(&self, place: usize) -> Polygon<f64> {
        let first = place
            .checked_sub(1)
            .map_or(0, |before| self.polygons[before].1 as usize);
        let mut rings = (first..self.polygons[place].1 as usize).map(|ring| {
            let begin = ring
                .checked_sub(1)
                .map_or(0, |before| self.rings[before] as usize);
            self.vertices[begin..self.rings[ring] as usize]
                .iter()
                .map(|[x, y]| Coord {
                    x: f64::from(*x) / 1000.0,
                    y: f64::from(*y) / 1000.0,
                })
                .collect::<LineString<f64>>()
        });
        let exterior = rings.next().unwrap_or_else(|| LineString::new(vec![]));
        Polygon::new(exterior, rings.collect())
    }
}

/// Whether rectangles share more than a strip.
fn deep(a: [i32; 4], b: [i32; 4]) -> bool {
    const DEEP_MM: i32 = 100;
    a[2].min(b[2]).saturating_sub(a[0].max(b[0])) > DEEP_MM
        && a[3].min(b[3]).saturating_sub(a[1].max(b[1])) > DEEP_MM
}

/// Whether two valid polygons in metres share ground worth telling.
fn share_ground(a: &Polygon<f64>, b: &Polygon<f64>) -> bool {
    let (edges, others) = (a.exterior().0.len(), b.exterior().0.len());
    let worth_cutting =
        edges * others > MAX_EDGE_PAIRS || reaches_into(a, b) || reaches_into(b, a) || cross(a, b);
    if !worth_cutting {
        return false;
    }
    let shared: MultiPolygon<f64> = a.intersection(b);
    shared.unsigned_area() > SHARED_M2
}

/// Whether a vertex of `a`, the middle of an edge or the middle of all lies deep inside `b`.
fn reaches_into(a: &Polygon<f64>, b: &Polygon<f64>) -> bool {
    let middles = a
        .exterior()
        .lines()
        .map(|edge| (edge.start + edge.end) / 2.0);
    let centre = a.bounding_rect().map(geo::Rect::center);
    let centre = centre.filter(|centre| is_deep_inside(*centre, a));
    a.exterior()
        .0
        .iter()
        .copied()
        .chain(middles)
        .chain(centre)
        .any(|at| is_deep_inside(at, b))
}

fn is_deep_inside(at: Coord<f64>, polygon: &Polygon<f64>) -> bool {
    let mut inside = false;
    for edge in rings(polygon).flat_map(LineString::lines) {
        let (a, b) = (edge.start, edge.end);
        if (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x) {
            inside = !inside;
        }
        let way = b - a;
        let length = way.x.hypot(way.y);
        let to = at - a;
        let (off, part) = if length > 0.0 {
            (
                ((way.x * to.y - way.y * to.x) / length).abs(),
                (way.x * to.x + way.y * to.y) / (length * length),
            )
        } else {
            (to.x.hypot(to.y), 0.5)
        };
        if off < DEEP_M && (0.0..=1.0).contains(&part) {
            return false;
        }
    }
    inside
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// Whether outlines cross, each end of both edges off the other edge.
fn cross(a: &Polygon<f64>, b: &Polygon<f64>) -> bool {
    let off = |line: geo::Line<f64>, at: Coord<f64>| {
        let way = line.end - line.start;
        let to = at - line.start;
        (way.x * to.y - way.y * to.x) / way.x.hypot(way.y)
    };
    let apart = |x: f64, y: f64| x.abs() > DEEP_M && y.abs() > DEEP_M && (x > 0.0) != (y > 0.0);
    rings(a).flat_map(LineString::lines).any(|edge| {
        rings(b).flat_map(LineString::lines).any(|other| {
            apart(off(edge, other.start), off(edge, other.end))
                && apart(off(other, edge.start), off(other, edge.end))
        })
    })
}

#[allow(clippy::cast_possible_truncation)] // saturates far outside any district
fn millimetres(metres: f64) -> i32 {
    (metres * 1000.0).round() as i32
}

fn index(of: usize) -> u32 {
    u32::try_from(of).expect("vertices are limited")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(shapes: &[&[(f64, f64)]]) -> Vec<u64> {
        let frame = Frame::at(Coord { x: 117.0, y: 39.0 });
        let mut overlaps = Overlaps::new(frame);
        for (number, shape) in (1..).zip(shapes) {
            let ring: Vec<_> = shape
                .iter()
                .map(|(x, y)| frame.to_degrees(Coord { x: *x, y: *y }))
                .collect();
            let polygon = Polygon::new(LineString::new(ring), vec![]);
            overlaps.take(number, &polygon.into());
        }
        let all = overlaps.find(&mut |_, _| ControlFlow::Continue(()));
        assert!(overlaps.find(&mut |_, _| ControlFlow::Break(())).is_none());
        all.unwrap().examples
    }

    #[test]
    fn neighbours_share_edges_and_no_ground() {
        let left = [
            (0.0, 0.0),
            (50.0, 0.0),
            (50.0, 40.0),
            (0.0, 40.0),
            (0.0, 0.0),
        ];
        let right = [
            (50.0, 0.0),
            (90.0, 0.0),
            (90.0, 40.0),
            (50.0, 40.0),
            (50.0, 0.0),
        ];
        let surveyed_twice = [
            (49.95, 0.0),
            (90.0, 0.0),
            (90.0, 40.0),
            (49.95, 40.0),
            (49.95, 0.0),
        ];
        let over = [
            (45.0, 10.0),
            (90.0, 0.0),
            (90.0, 40.0),
            (50.0, 40.0),
            (45.0, 10.0),
        ];
        let within = [
            (10.0, 10.0),
            (20.0, 10.0),
            (20.0, 20.0),
            (10.0, 20.0),
            (10.0, 10.0),
        ];
        let across = [
            (-10.0, 15.0),
            (100.0, 15.0),
            (100.0, 25.0),
            (-10.0, 25.0),
            (-10.0, 15.0),
        ];
        assert!(found(&[&left, &right]).is_empty());
        assert!(found(&[&left, &surveyed_twice]).is_empty());
        assert_eq!(found(&[&left, &over]), [1, 2]);
        assert_eq!(found(&[&left, &within, &right]), [1, 2]);
        assert_eq!(found(&[&left, &across, &right]), [1, 2, 3]);
        assert_eq!(found(&[&left, &left]), [1, 2]);
    }
}
