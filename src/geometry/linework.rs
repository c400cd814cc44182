//! How lines lie to each other, exactly.
//!
//! A full intersection matrix by overlay cuts lines where they cross themselves. Such a point is
//! rounded, and rounded differently in two lines that run along each other, so that neither then
//! covers the other. Here nothing is cut: a segment is covered or not by stretches whose ends are
//! vertices as given, and all orientations are exact.

use std::collections::HashMap;

use geo::{
    Coord, Geometry, Intersects, Line, LineString,
    line_intersection::{LineIntersection, line_intersection},
};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

/// Lines with an R-tree over their segments.
pub struct Linework {
    segments: RTree<GeomWithData<Rectangle<[f64; 2]>, Line<f64>>>,
    /// Ends of an odd number of lines: the boundary in the sense of OGC Simple Features.
    ends: Vec<Coord<f64>>,
}

/// What two sets of lines share at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// No point.
    Nothing,
    /// Points that are ends of either.
    Ends,
    /// A point that is no end of either.
    Inside,
    /// A stretch of some length.
    Stretch,
}

/// How one set of lines lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lying {
    /// What they share.
    pub shared: Shared,
    /// Some of the first is not on the second.
    pub first_goes_beyond: bool,
    /// Some of the second is not on the first.
    pub second_goes_beyond: bool,
}

impl Linework {
    /// Prepares lines, in `O(n log n)`; `None` of what is no line.
    #[must_use]
    pub fn new(geometry: &Geometry<f64>) -> Option<Self> {
        let lines = match geometry {
            Geometry::LineString(line) => std::slice::from_ref(line),
            Geometry::MultiLineString(lines) => &lines.0,
            _ => return None,
        };
        let segments = lines
            .iter()
            .flat_map(LineString::lines)
            .filter(|segment| segment.start != segment.end)
            .map(|segment| {
                let corners = Rectangle::from_corners(segment.start.into(), segment.end.into());
                GeomWithData::new(corners, segment)
            })
            .collect();
        let mut counts: HashMap<[u64; 2], (Coord<f64>, usize)> = HashMap::new();
        for line in lines {
            for end in [line.0.first()?, line.0.last()?] {
                // Zero has two signs.
                let key = [end.x + 0.0, end.y + 0.0].map(f64::to_bits);
                counts.entry(key).or_insert((*end, 0)).1 += 1;
            }
        }
        let ends = counts.into_values();
        Some(Self {
            segments: RTree::bulk_load(segments),
            ends: ends
                .filter_map(|(end, count)| (count % 2 == 1).then_some(end))
                .collect(),
        })
    }

    /// How these lines lie to others.
    #[must_use]
    pub fn lying(&self, other: &Self) -> Lying {
        let mut shared = Shared::Nothing;
        for (segment, crossed) in self.pairs(other) {
            let is_end = |at: Coord<f64>| self.has_end(other, |end| end == at);
            let at_end = match line_intersection(segment, crossed) {
                None => continue,
                Some(LineIntersection::Collinear { intersection })
                    if intersection.start != intersection.end =>
                {
                    shared = Shared::Stretch;
                    break;
                }
                Some(LineIntersection::Collinear { intersection }) => is_end(intersection.start),
                // A proper crossing is rounded; an end is there if it is on both segments.
                Some(LineIntersection::SinglePoint {
                    is_proper: true, ..
                }) => self.has_end(other, |end| {
                    segment.intersects(&end) && crossed.intersects(&end)
                }),
                Some(LineIntersection::SinglePoint { intersection, .. }) => is_end(intersection),
            };
            shared = shared.max(if at_end { Shared::Ends } else { Shared::Inside });
        }
        Lying {
            shared,
            first_goes_beyond: self.goes_beyond(other),
            second_goes_beyond: other.goes_beyond(self),
        }
    }

    /// Whether an end of either is so.
    fn has_end(&self, other: &Self, is_so: impl Fn(Coord<f64>) -> bool) -> bool {
        self.ends.iter().chain(&other.ends).any(|end| is_so(*end))
    }

    /// Pairs of segments whose rectangles meet.
    fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (Line<f64>, Line<f64>)> + 'a {
        self.segments
            .iter()
            .flat_map(|entry| other.near(entry.data).map(|near| (entry.data, near)))
    }

    fn near(&self, segment: Line<f64>) -> impl Iterator<Item = Line<f64>> {
        let window = AABB::from_corners(segment.start.into(), segment.end.into());
        self.segments
            .locate_in_envelope_intersecting(window)
            .map(|entry| entry.data)
    }

    /// Whether some of these lines is not on others.
    fn goes_beyond(&self, other: &Self) -> bool {
        self.segments.iter().any(|entry| {
            let segment = entry.data;
            // Along the axis on which it is longer, points of a segment differ where they differ.
            let is_flat = segment.dx().abs() >= segment.dy().abs();
            let span = |line: Line<f64>| {
                let (start, end) = if is_flat {
                    (line.start.x, line.end.x)
                } else {
                    (line.start.y, line.end.y)
                };
                (start.min(end), start.max(end))
            };
            let mut covered: Vec<(f64, f64)> = other
                .near(segment)
                .filter_map(|near| match line_intersection(segment, near)? {
                    LineIntersection::Collinear { intersection } => Some(span(intersection)),
                    LineIntersection::SinglePoint { .. } => None,
                })
                .collect();
            covered.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (start, end) = span(segment);
            let reached = covered.into_iter().fold(start, |reached, (from, to)| {
                if from <= reached {
                    reached.max(to)
                } else {
                    reached
                }
            });
            reached < end
        })
    }
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    fn lying(a: impl Into<Geometry<f64>>, b: impl Into<Geometry<f64>>) -> Lying {
        let [a, b] = [a.into(), b.into()].map(|lines| Linework::new(&lines).unwrap());
        let found = a.lying(&b);
        let back = b.lying(&a);
        let turned = Lying {
            first_goes_beyond: back.second_goes_beyond,
            second_goes_beyond: back.first_goes_beyond,
            ..back
        };
        assert_eq!(turned, found);
        found
    }

    #[test]
    fn a_line_that_crosses_itself_covers_its_parts() {
        // The crossing is at no double.
        let whole = wkt!(LINESTRING(1. 2.9,4.8 0.9,6.8 5.8,2.9 2.9,6.8 0.,1. 2.9));
        let part = wkt!(LINESTRING(6.8 0.,2.9 2.9,6.8 5.8,4.8 0.9,1. 2.9));
        let found = lying(whole.clone(), part);
        assert_eq!(found.shared, Shared::Stretch);
        assert!(found.first_goes_beyond && !found.second_goes_beyond);
        let found = lying(whole.clone(), whole);
        assert!(!found.first_goes_beyond && !found.second_goes_beyond);
    }

    #[test]
    fn meeting_at_ends_and_elsewhere() {
        let across = wkt!(LINESTRING(0. 0.,2. 2.));
        for (other, shared) in [
            (wkt!(LINESTRING(0. 2.,2. 0.)), Shared::Inside),
            (wkt!(LINESTRING(2. 2.,3. 0.)), Shared::Ends),
            (wkt!(LINESTRING(1. 1.,3. 0.)), Shared::Ends),
            (wkt!(LINESTRING(0. 2.,1. 1.,3. 0.)), Shared::Inside),
            // In one line with it, from its end on.
            (wkt!(LINESTRING(2. 2.,3. 3.)), Shared::Ends),
        ] {
            assert_eq!(
                lying(across.clone(), other.clone()).shared,
                shared,
                "{other:?}"
            );
        }
        // Its own end lies where it crosses the other.
        let hook = wkt!(LINESTRING(0. 2.,2. 0.,3. 1.,1. 1.));
        assert_eq!(lying(across.clone(), hook).shared, Shared::Ends);
        // Two lines that end in a point have none there.
        let ends = wkt!(MULTILINESTRING((0. 2.,1. 1.),(1. 1.,2. 0.)));
        assert_eq!(lying(across.clone(), ends).shared, Shared::Inside);
        assert_eq!(
            lying(across, wkt!(LINESTRING(5. 5.,6. 6.))),
            Lying {
                shared: Shared::Nothing,
                first_goes_beyond: true,
                second_goes_beyond: true,
            }
        );
    }

    #[test]
    fn stretches_cover_together() {
        let whole = wkt!(LINESTRING(0. 0.,6. 3.));
        let parts = wkt!(MULTILINESTRING((4. 2.,0. 0.),(2. 1.,6. 3.)));
        let found = lying(whole.clone(), parts);
        assert!(!found.first_goes_beyond && !found.second_goes_beyond);
        let gap = wkt!(MULTILINESTRING((2. 1.,0. 0.),(4. 2.,6. 3.)));
        let found = lying(whole, gap);
        assert_eq!(found.shared, Shared::Stretch);
        assert!(found.first_goes_beyond && !found.second_goes_beyond);
    }
}
