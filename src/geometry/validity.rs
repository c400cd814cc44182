//! Whether a shape is one that areas and relations can be computed for.
//!
//! The rules are those of OGC Simple Feature Access (06-103r4, 6.1.11 and 6.1.14). `geo` checks
//! them too, but in quadratic time, without telling where, and it takes a spike (a line that runs
//! back on itself) for valid; the predicates and overlays that follow are only right, and only free
//! of panics, on shapes that are valid in fact.

use std::collections::{BTreeMap, HashMap, HashSet};

use geo::{
    Coord, CoordsIter, Geometry, Line, LineString, MultiPolygon, Polygon,
    algorithm::line_intersection::{LineIntersection, line_intersection},
    coordinate_position::{CoordPos, CoordinatePosition},
};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

use super::region::Region;
use crate::model::Text;

/// Checks a geometry whose coordinates are finite and whose rings are closed.
///
/// Takes `O(n log n)` time for `n` vertices of ordinary outlines; of one whose segments' rectangles
/// all overlap (a diagonal comb) `O(n²)`, which the limit on the vertices of a request bounds.
///
/// # Errors
/// What is wrong, and at which coordinate.
pub fn check(geometry: &Geometry<f64>) -> Result<(), Text> {
    match geometry {
        Geometry::Polygon(polygon) => check_polygons(std::slice::from_ref(polygon)),
        Geometry::MultiPolygon(polygons) => check_polygons(&polygons.0),
        Geometry::LineString(line) => check_line(line),
        Geometry::MultiLineString(lines) => lines.iter().try_for_each(check_line),
        _ => Ok(()),
    }
}

fn check_line(line: &LineString<f64>) -> Result<(), Text> {
    if line.0.windows(2).any(|pair| pair[0] != pair[1]) {
        return Ok(());
    }
    Err(Text::new(
        "线至少要有两个不同的点",
        "a line needs two different points",
    ))
}

/// A segment, and the positions on it where another ring touches it, its ends among them.
type Stops = (Line<f64>, Vec<Coord<f64>>);

/// Where two different rings touch.
struct Touch {
    at: Coord<f64>,
    /// The segments that meet there.
    segments: [(Place, Line<f64>); 2],
}

/// A segment of a ring: which part, which ring of it (0 is the outer one), which place in the ring.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    part: usize,
    ring: usize,
    index: usize,
}

fn check_polygons(polygons: &[Polygon<f64>]) -> Result<(), Text> {
    let mut segments = Vec::new();
    let mut lengths = Vec::new();
    for (part, polygon) in polygons.iter().enumerate() {
        let mut part_lengths = Vec::new();
        for (ring, line) in rings(polygon).enumerate() {
            let distinct = distinct_segments(line);
            if distinct.len() < 3 {
                return Err(Text::new(
                    "面的每个环至少要有三个不同的点",
                    "each ring of a polygon needs three different points",
                ));
            }
            // Neighbours first: a spike also meets the rest of its ring, which would say less.
            for index in 0..distinct.len() {
                let place = |index| Place { part, ring, index };
                let next = (index + 1) % distinct.len();
                let (low, high) = (index.min(next), index.max(next));
                check_pair(
                    place(low),
                    distinct[low],
                    place(high),
                    distinct[high],
                    distinct.len(),
                )?;
            }
            part_lengths.push(distinct.len());
            segments.extend(distinct.into_iter().enumerate().map(|(index, segment)| {
                GeomWithData::new(
                    Rectangle::from_corners(
                        [segment.start.x, segment.start.y],
                        [segment.end.x, segment.end.y],
                    ),
                    (Place { part, ring, index }, segment),
                )
            }));
        }
        lengths.push(part_lengths);
    }
    let tree = RTree::bulk_load(segments);
    let mut touches = Vec::new();
    for entry in &tree {
        let (place, segment) = entry.data;
        let window = AABB::from_corners(
            [segment.start.x, segment.start.y],
            [segment.end.x, segment.end.y],
        );
        for other in tree.locate_in_envelope_intersecting(window) {
            let (other_place, other_segment) = other.data;
            if (place.part, place.ring, place.index)
                >= (other_place.part, other_place.ring, other_place.index)
            {
                continue;
            }
            let ring_length = lengths[place.part][place.ring];
            let touch = check_pair(place, segment, other_place, other_segment, ring_length)?;
            touches.extend(touch.map(|at| Touch {
                at,
                segments: [(place, segment), (other_place, other_segment)],
            }));
        }
    }
    check_nesting(polygons)?;
    check_sides(polygons, &touches)?;
    check_connected(&touches)
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// The segments of a ring without those of no length.
fn distinct_segments(ring: &LineString<f64>) -> Vec<Line<f64>> {
    ring.lines().filter(|line| line.start != line.end).collect()
}

/// Two segments of shape: within a ring only neighbours may meet, and only in their common vertex;
/// different rings may touch in points, but neither cross nor share a stretch. Where they touch is
/// returned.
fn check_pair(
    place: Place,
    segment: Line<f64>,
    other_place: Place,
    other_segment: Line<f64>,
    ring_length: usize,
) -> Result<Option<Coord<f64>>, Text> {
    let Some(meeting) = line_intersection(segment, other_segment) else {
        return Ok(None);
    };
    let one_ring = place.part == other_place.part && place.ring == other_place.ring;
    let neighbours = one_ring
        && (other_place.index - place.index == 1
            || (place.index == 0 && other_place.index == ring_length - 1));
    match meeting {
        LineIntersection::Collinear { intersection } => {
            // Neighbours in one line share just their vertex, which comes back as a line of no length.
            if intersection.start == intersection.end && (neighbours || !one_ring) {
                return Ok((!one_ring).then_some(intersection.start));
            }
            let at = intersection.start;
            Err(if neighbours {
                at_point(
                    at,
                    "边界原路折回（尖刺）",
                    "the outline runs back on itself",
                )
            } else if one_ring {
                at_point(at, "边界与自身重合", "the outline runs along itself")
            } else {
                at_point(at, "两个环有重合的边", "two rings share a stretch")
            })
        }
        LineIntersection::SinglePoint {
            intersection,
            is_proper,
        } => {
            if one_ring && !neighbours {
                Err(at_point(
                    intersection,
                    "边界自相交",
                    "the outline crosses itself",
                ))
            } else if !one_ring && is_proper {
                Err(at_point(intersection, "两个环相交", "two rings cross"))
            } else {
                Ok((!one_ring).then_some(intersection))
            }
        }
    }
}

/// Rings that touch may change sides there, through a vertex of either. On both sides of every
/// touch each has to be on the side on which it belongs.
fn check_sides(polygons: &[Polygon<f64>], touches: &[Touch]) -> Result<(), Text> {
    // What touches a segment, by the part and the ring that it is of.
    let mut stops: BTreeMap<(Place, usize, usize), Stops> = BTreeMap::new();
    for Touch { at, segments } in touches {
        let [a, b] = segments;
        for ((place, segment), (other, _)) in [(a, b), (b, a)] {
            let key = (*place, other.part, other.ring);
            let (_, found) = stops
                .entry(key)
                .or_insert_with(|| (*segment, vec![segment.start, segment.end]));
            found.push(*at);
        }
    }
    let mut regions: BTreeMap<(usize, Option<usize>), Region> = BTreeMap::new();
    for ((place, part, ring), (segment, mut stops)) in stops {
        // Of another part all rings count; in one part, ring by ring.
        let ring = (part == place.part).then_some(ring);
        let other = regions.entry((part, ring)).or_insert_with(|| {
            let polygon = &polygons[part];
            let polygon = match ring.and_then(|ring| rings(polygon).nth(ring)) {
                Some(ring) => Polygon::new(ring.clone(), vec![]),
                None => polygon.clone(),
            };
            Region::new(MultiPolygon::new(vec![polygon]))
        });
        let wrong = if ring == Some(0) {
            CoordPos::Outside
        } else {
            CoordPos::Inside
        };
        let distance =
            |at: &Coord<f64>| (at.x - segment.start.x).abs() + (at.y - segment.start.y).abs();
        stops.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        stops.dedup();
        for pair in stops.windows(2) {
            let middle = (pair[0] + pair[1]) / 2.0;
            if other.side_of(middle) == wrong {
                return Err(at_point(middle, "两个环相交", "two rings cross"));
            }
        }
    }
    Ok(())
}

/// Rings of one polygon that touch each other in a circle, or twice, cut its inside in two.
fn check_connected(touches: &[Touch]) -> Result<(), Text> {
    // Rings and the points where they touch are the nodes of a graph, which has to be a forest.
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    enum Node {
        Ring(usize, usize),
        Point(usize, [u64; 2]),
    }
    fn root(parents: &mut HashMap<Node, Node>, mut node: Node) -> Node {
        while let Some(parent) = parents.get(&node).copied() {
            // Ways are halved as they are gone.
            if let Some(next) = parents.get(&parent).copied() {
                parents.insert(node, next);
            }
            node = parent;
        }
        node
    }
    let mut known = HashSet::new();
    let mut parents = HashMap::new();
    for Touch { at, segments } in touches {
        let [(a, _), (b, _)] = segments;
        if a.part != b.part {
            continue;
        }
        // Zero has two signs.
        let point = Node::Point(a.part, [at.x + 0.0, at.y + 0.0].map(f64::to_bits));
        for place in [a, b] {
            let ring = Node::Ring(place.part, place.ring);
            if !known.insert((ring, point)) {
                continue;
            }
            let (ring, point) = (root(&mut parents, ring), root(&mut parents, point));
            if ring == point {
                return Err(at_point(
                    *at,
                    "相接的环把面的内部隔成两块",
                    "touching rings cut the inside in two",
                ));
            }
            parents.insert(ring, point);
        }
    }
    Ok(())
}

/// Where rings do not cross, one point tells on which side of another ring a whole ring lies.
fn check_nesting(polygons: &[Polygon<f64>]) -> Result<(), Text> {
    for polygon in polygons {
        let outer = Polygon::new(polygon.exterior().clone(), vec![]);
        let holes: Vec<Polygon<f64>> = polygon
            .interiors()
            .iter()
            .map(|ring| Polygon::new(ring.clone(), vec![]))
            .collect();
        let boxes = boxes(&holes);
        for (index, hole) in holes.iter().enumerate() {
            if side_of(hole, &outer) == CoordPos::Outside {
                return Err(at_point(
                    hole.exterior().0[0],
                    "洞在面的外面",
                    "a hole lies outside its polygon",
                ));
            }
            for other in overlapping(&boxes, hole) {
                if other != index && side_of(&holes[other], hole) == CoordPos::Inside {
                    return Err(at_point(
                        holes[other].exterior().0[0],
                        "两个洞重叠",
                        "two holes overlap",
                    ));
                }
            }
        }
    }
    if polygons.len() < 2 {
        return Ok(());
    }
    let boxes = boxes(polygons);
    for (index, polygon) in polygons.iter().enumerate() {
        for other in overlapping(&boxes, polygon) {
            if other != index && side_of(polygon, &polygons[other]) == CoordPos::Inside {
                return Err(at_point(
                    polygon.exterior().0[0],
                    "多面的两个部分重叠",
                    "two parts of a multipolygon overlap",
                ));
            }
        }
    }
    Ok(())
}

type PlacedRectangle = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// The rectangles of polygons, with their places.
fn boxes(polygons: &[Polygon<f64>]) -> RTree<PlacedRectangle> {
    let boxes = polygons.iter().enumerate().map(|(index, polygon)| {
        let (low, high) = corners(polygon);
        GeomWithData::new(Rectangle::from_corners(low, high), index)
    });
    RTree::bulk_load(boxes.collect())
}

/// The places of those whose rectangle meets a polygon's.
fn overlapping(
    boxes: &RTree<PlacedRectangle>,
    polygon: &Polygon<f64>,
) -> impl Iterator<Item = usize> {
    let (low, high) = corners(polygon);
    boxes
        .locate_in_envelope_intersecting(AABB::from_corners(low, high))
        .map(|found| found.data)
}

fn corners(polygon: &Polygon<f64>) -> ([f64; 2], [f64; 2]) {
    polygon.exterior_coords_iter().fold(
        ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]),
        |(low, high), c| {
            (
                [low[0].min(c.x), low[1].min(c.y)],
                [high[0].max(c.x), high[1].max(c.y)],
            )
        },
    )
}

/// On which side of `outer` the ring of `inner` lies; vertices on the boundary do not tell.
fn side_of(inner: &Polygon<f64>, outer: &Polygon<f64>) -> CoordPos {
    inner
        .exterior()
        .lines()
        .flat_map(|line| [line.start, (line.start + line.end) / 2.0])
        .map(|coord| outer.coordinate_position(&coord))
        .find(|position| *position != CoordPos::OnBoundary)
        .unwrap_or(CoordPos::OnBoundary)
}

fn at_point(at: Coord<f64>, zh: &str, en: &str) -> Text {
    Text::new(
        format!("{zh}，位置 {:.6},{:.6}", at.x, at.y),
        format!("{en} at {:.6},{:.6}", at.x, at.y),
    )
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    #[test]
    fn valid_shapes_pass() {
        for geometry in [
            Geometry::from(wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.)))),
            // collinear vertices, repeated points
            wkt!(POLYGON((0. 0.,2. 0.,2. 0.,4. 0.,4. 4.,0. 4.,0. 0.))).into(),
            // a hole that touches the outer ring in a point
            wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(0. 2.,1. 1.,2. 2.,1. 3.,0. 2.))).into(),
            // parts that touch in a corner; a part in the hole of another
            wkt!(MULTIPOLYGON(((0. 0.,1. 0.,1. 1.,0. 1.,0. 0.)),((1. 1.,2. 1.,2. 2.,1. 2.,1. 1.))))
                .into(),
            wkt!(MULTIPOLYGON(
                ((0. 0.,9. 0.,9. 9.,0. 9.,0. 0.),(1. 1.,8. 1.,8. 8.,1. 8.,1. 1.)),
                ((3. 3.,4. 3.,4. 4.,3. 4.,3. 3.))
            ))
            .into(),
            wkt!(LINESTRING(0. 0.,1. 1.,0. 0.)).into(),
        ] {
            assert_eq!(check(&geometry), Ok(()), "{geometry:?}");
        }
    }

    #[test]
    fn each_flaw_is_named_with_its_place() {
        for (geometry, en) in [
            (
                Geometry::from(wkt!(POLYGON((0. 0.,4. 4.,4. 0.,0. 4.,0. 0.)))),
                "the outline crosses itself at 2.000000,2.000000",
            ),
            (
                wkt!(POLYGON((0. 0.,4. 0.,4. 4.,4. 0.,0. 4.,0. 0.))).into(),
                "the outline runs back on itself at 4.000000,4.000000",
            ),
            (
                wkt!(POLYGON((0. 0.,4. 0.,0. 0.))).into(),
                "each ring of a polygon needs three different points",
            ),
            // out through a vertex on the outer ring, and in again through another
            (
                wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(2. 2.,4. 2.,6. 1.,6. 5.,4. 3.,2. 2.))).into(),
                "two rings cross",
            ),
            // a hole from side to side
            (
                wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(0. 2.,2. 1.,4. 2.,2. 3.,0. 2.))).into(),
                "touching rings cut the inside in two",
            ),
            // parts that cross through each other's vertices
            (
                wkt!(MULTIPOLYGON(
                    ((0. 0.,2. 0.,4. 0.,4. 4.,2. 4.,0. 4.,0. 0.)),
                    ((2. 0.,5. -1.,5. 5.,2. 4.,1. 2.,2. 0.))
                ))
                .into(),
                "two rings cross",
            ),
            // a figure of eight through one vertex
            (
                wkt!(POLYGON((0. 0.,1. 1.,2. 0.,2. 2.,1. 1.,0. 2.,0. 0.))).into(),
                "the outline crosses itself at 1.000000,1.000000",
            ),
            (
                wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(5. 5.,6. 5.,6. 6.,5. 5.))).into(),
                "a hole lies outside its polygon at 5.000000,5.000000",
            ),
            (
                wkt!(POLYGON((0. 0.,9. 0.,9. 9.,0. 9.,0. 0.),(1. 1.,5. 1.,5. 5.,1. 1.),(3. 2.,4. 2.,4. 3.,3. 2.))).into(),
                "two holes overlap at 3.000000,2.000000",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.)),((2. 2.,6. 2.,6. 6.,2. 6.,2. 2.)))).into(),
                "two rings cross",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.)),((4. 1.,6. 1.,6. 3.,4. 3.,4. 1.)))).into(),
                "two rings share a stretch",
            ),
            (
                wkt!(MULTIPOLYGON(((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.)),((1. 1.,2. 1.,2. 2.,1. 1.)))).into(),
                "two parts of a multipolygon overlap",
            ),
            (
                wkt!(LINESTRING(1. 1.,1. 1.)).into(),
                "a line needs two different points",
            ),
        ] {
            let flaw = check(&geometry).unwrap_err();
            assert!(flaw.en.starts_with(en), "{}: {geometry:?}", flaw.en);
        }
    }
}
