//! How often outlines meet: an overlay takes memory for every such place, and two combs of `n` teeth
//! have `n²` of them.

use geo::{Intersects, Line};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

/// Places in which the edges of two geometries may meet that are overlaid or related.
pub const MAX_MEETINGS: usize = 100_000;
/// Pairs of edges that are looked at to count them.
const MAX_PAIRS: usize = 10_000_000;

/// Whether the edges of two geometries meet in few enough places for the two to be overlaid, or
/// related by their full intersection matrix, in bounded time and memory.
#[must_use]
pub fn are_few(a: impl Iterator<Item = Line<f64>>, mut b: impl Iterator<Item = Line<f64>>) -> bool {
    let edges = a.map(|line| {
        let corners = Rectangle::<[f64; 2]>::from_corners(line.start.into(), line.end.into());
        GeomWithData::new(corners, line)
    });
    let edges = RTree::bulk_load(edges.collect());
    let (mut pairs, mut meetings) = (0, 0);
    b.all(|line| {
        let window = AABB::from_corners(line.start.into(), line.end.into());
        edges.locate_in_envelope_intersecting(window).all(|edge| {
            pairs += 1;
            meetings += usize::from(edge.data.intersects(&line));
            pairs <= MAX_PAIRS && meetings <= MAX_MEETINGS
        })
    })
}

#[cfg(test)]
mod tests {
    use geo::{Coord, LineString, LinesIter};

    use super::*;

    /// A zigzag of so many lines, from one side of the unit square to the other and back.
    fn zigzag(lines: u32, upright: bool) -> LineString<f64> {
        let points = (0..=lines).map(|number| {
            let (along, across) = (f64::from(number) / f64::from(lines), f64::from(number % 2));
            if upright {
                Coord {
                    x: along,
                    y: across,
                }
            } else {
                Coord {
                    x: across,
                    y: along,
                }
            }
        });
        points.collect()
    }

    #[test]
    fn combs_across_each_other_are_too_many_and_long_outlines_are_not() {
        let few = |down: u32, across: u32| {
            let (down, across) = (zigzag(down, true), zigzag(across, false));
            are_few(down.lines_iter(), across.lines_iter())
        };
        assert!(few(300, 300));
        assert!(!few(320, 320));
        assert!(few(10_000, 9));
    }
}
