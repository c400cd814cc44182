//! Polygons of one file that cover the same ground, or that of what stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{ControlFlow, Range},
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
/// So many vertices of pairs are compared with what stands, however few the file has.
const LEAST_COMPARED: usize = 20_000_000;
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
    /// Whether a feature, by its id, stays as it stands.
    pub stays: &'a dyn Fn(&str) -> bool,
    /// Whether a row, by its number, gives a feature a shape that it did not have.
    pub comes: &'a dyn Fn(u64) -> bool,
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
        let bounds = bounds_of(self.vertices[begin..].iter().copied());
        self.polygons
            .push((number, index(self.rings.len()), bounds));
    }

    /// Compares each with each that it may meet, in `O(n log n)` of parcels that lie side by side;
    /// nothing where `watch`, which is told how many of how many are done, says to stop.
    pub fn find(&self, watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Option<Overlapping> {
        let tree = self.tree();
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

    /// Compares them with those that stand, as [`Overlaps::find`] does with each other; `watch` is told how
    /// many of how many features that stand there are done.
    pub fn upon(
        &self,
        standing: &Neighbours<'_>,
        watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Option<Upon> {
        let budget = self.vertices.len().saturating_mul(MAX_PAIRS);
        self.upon_within(budget.max(LEAST_COMPARED), standing, watch)
    }

    /// The same, until so many vertices of pairs have been compared.
    fn upon_within(
        &self,
        mut budget: usize,
        standing: &Neighbours<'_>,
        watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Option<Upon> {
        let Neighbours {
            collection,
            stays,
            comes,
        } = standing;
        let near = self.window().map(|window| collection.near(window));
        let near: Vec<&Feature> = near.into_iter().flatten().collect();
        let (tree, all) = (self.tree(), near.len() as u64);
        let mut found: BTreeMap<u64, &Feature> = BTreeMap::new();
        let mut is_whole = !self.is_full;
        'standing: for (done, feature) in (0..).zip(near) {
            if done % 64 == 0 && watch(done, all).is_break() {
                return None;
            }
            let mut stands = None;
            for part in polygons_of(feature) {
                let part = part.map_coords(|coord| self.frame.to_plane(coord));
                let vertices = || rings(&part).flat_map(|ring| &ring.0);
                let size = vertices().count();
                let bounds = bounds_of(vertices().map(|at| [millimetres(at.x), millimetres(at.y)]));
                for own in tree.locate_in_envelope_intersecting(rectangle(bounds)) {
                    let (number, _, own_bounds) = self.polygons[own.data];
                    let may_meet = deep(own_bounds, bounds) && !found.contains_key(&number);
                    if may_meet && !*stands.get_or_insert_with(|| stays(&feature.id)) {
                        continue 'standing;
                    }
                    let cost = if may_meet {
                        self.vertices_of(own.data).len() + size
                    } else {
                        1
                    };
                    let Some(left) = budget.checked_sub(cost) else {
                        is_whole = false;
                        break 'standing;
                    };
                    budget = left;
                    if !may_meet {
                        continue;
                    }
                    if watch(done, all).is_break() {
                        return None;
                    }
                    if comes(number) && share_ground(&self.polygon(own.data), &part) {
                        found.insert(number, feature);
                    }
                }
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

    /// The polygons by their rectangles, each with its place.
    fn tree(&self) -> RTree<GeomWithData<Rectangle<[f64; 2]>, usize>> {
        let places = self.polygons.iter().enumerate();
        let rectangles = places.map(|(place, (_, _, bounds))| {
            GeomWithData::new(Rectangle::from_aabb(rectangle(*bounds)), place)
        });
        RTree::bulk_load(rectangles.collect())
    }

    /// What all of them lie in, in degrees; nothing where there are none.
    fn window(&self) -> Option<Rect<f64>> {
        let corners = self.polygons.iter();
        let corners = corners.flat_map(|(_, _, [a, b, c, d])| [[*a, *b], [*c, *d]]);
        let [a, b, c, d] = bounds_of(corners).map(|value| f64::from(value) / 1000.0);
        let corner = |x, y| self.frame.to_degrees(Coord { x, y });
        (!self.polygons.is_empty()).then(|| Rect::new(corner(a, b), corner(c, d)))
    }

    fn told(&self, found: &BTreeSet<u64>, all_compared: bool) -> Overlapping {
        Overlapping {
            count: found.len() as u64,
            examples: found.iter().copied().take(MAX_EXAMPLES).collect(),
            is_whole: all_compared && !self.is_full,
        }
    }

    /// Where the rings of a polygon stand in `rings`.
    fn rings_of(&self, place: usize) -> Range<usize> {
        let before = place.checked_sub(1);
        let begin = before.map_or(0, |before| self.polygons[before].1 as usize);
        begin..self.polygons[place].1 as usize
    }

    /// Where the vertices of a ring stand in `vertices`.
    fn ring(&self, ring: usize) -> Range<usize> {
        let before = ring.checked_sub(1);
        let begin = before.map_or(0, |before| self.rings[before] as usize);
        begin..self.rings[ring] as usize
    }

    /// Where all vertices of a polygon stand in `vertices`.
    fn vertices_of(&self, place: usize) -> Range<usize> {
        let rings = self.rings_of(place);
        self.ring(rings.start).start..self.ring(rings.end - 1).end
    }

    /// In metres of the plane.
    fn polygon(&self, place: usize) -> Polygon<f64> {
        let mut rings = self.rings_of(place).map(|ring| {
            self.vertices[self.ring(ring)]
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

/// The polygons of a feature that stands, in degrees.
fn polygons_of(feature: &Feature) -> &[Polygon<f64>] {
    match &feature.geometry {
        Some(Geometry::Polygon(part)) => std::slice::from_ref(part),
        Some(Geometry::MultiPolygon(parts)) => &parts.0,
        _ => &[],
    }
}

/// West, south, east and north of what lies between some corners.
fn bounds_of(corners: impl Iterator<Item = [i32; 2]>) -> [i32; 4] {
    corners.fold(
        [i32::MAX, i32::MAX, i32::MIN, i32::MIN],
        |[a, b, c, d], [x, y]| [a.min(x), b.min(y), c.max(x), d.max(y)],
    )
}

fn rectangle([a, b, c, d]: [i32; 4]) -> AABB<[f64; 2]> {
    let [a, b, c, d] = [a, b, c, d].map(f64::from);
    AABB::from_corners([a, b], [c, d])
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
    use std::{cell::RefCell, path::Path};

    use geo::CoordsIter;

    use super::*;
    use crate::store::{files::Files, load};

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

    #[test]
    fn what_stands_is_compared_within_bounds_and_only_where_it_is_deep() {
        let yunze = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/districts/yunze");
        let seeds = Files::seeds(Some(yunze.join("seeds")));
        let snapshot = load(&seeds, &Files::geodata(Some(yunze.join("geodata")))).unwrap();
        let collection = snapshot.collection("parcels").unwrap();
        let shape = collection.get("a1-01").unwrap().geometry.as_ref().unwrap();
        let bounds = shape.bounding_rect().unwrap();
        let frame = Frame::at(bounds.center());
        let mut overlaps = Overlaps::new(frame);
        let mut put = |number: u8, west: f64| {
            let ring = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (0.0, 0.0)];
            let ring: Vec<_> = ring
                .map(|(x, y)| frame.to_degrees(Coord { x: west + x, y }))
                .into();
            let square = Polygon::new(LineString::new(ring), vec![]);
            overlaps.take(number.into(), &square.into());
        };
        for number in 0..20 {
            put(number, 3.0 * f64::from(number) - 30.0);
        }
        // It meets the rectangle of what stands by a strip of 5 cm.
        put(20, frame.to_plane(bounds.min()).x - 1.95);

        let asked = RefCell::new(Vec::new());
        let upon = |budget: usize, stays: &str, now: ControlFlow<()>| {
            asked.borrow_mut().clear();
            let standing = Neighbours {
                collection,
                stays: &|id| id == stays,
                comes: &|number| {
                    asked.borrow_mut().push(number);
                    number != 7
                },
            };
            overlaps.upon_within(budget, &standing, &mut |_, _| now)
        };
        let on = ControlFlow::Continue(());
        let all = upon(usize::MAX, "a1-01", on).unwrap();
        assert!(all.is_whole && all.count == 19 && !all.examples.contains(&7));
        asked.borrow_mut().sort_unstable();
        assert_eq!(*asked.borrow(), (0..20).collect::<Vec<_>>());
        let none = upon(usize::MAX, "nothing", on).unwrap();
        assert!(none.is_whole && none.count == 0 && asked.borrow().is_empty());
        // Three pairs, and the one that does not count.
        let budget = 3 * (5 + shape.coords_count()) + 1;
        let some = upon(budget, "a1-01", on).unwrap();
        assert!(!some.is_whole && some.count >= 2);
        assert_eq!(asked.borrow().len(), 3);
        assert!(upon(usize::MAX, "a1-01", ControlFlow::Break(())).is_none());
    }
}
