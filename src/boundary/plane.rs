//! Points and paths in the network's plane, in metres.

use std::cmp::Ordering;

use geo::Coord;
use geo::line_intersection::line_intersection;
use rstar::{AABB, Envelope};

use super::network::TOUCH;

/// A number of metres in a heap: finite, so in total order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Metres(pub f64);

impl Eq for Metres {}

impl PartialOrd for Metres {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Metres {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

pub(super) fn by_point(a: &Coord<f64>, b: &Coord<f64>) -> Ordering {
    a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
}

pub(super) fn by_points(a: &[Coord<f64>], b: &[Coord<f64>]) -> Ordering {
    let first_difference = a
        .iter()
        .zip(b)
        .map(|(a, b)| by_point(a, b))
        .find(|o| o.is_ne());
    first_difference.unwrap_or_else(|| a.len().cmp(&b.len()))
}

pub(super) fn dot(a: Coord<f64>, b: Coord<f64>) -> f64 {
    a.x * b.x + a.y * b.y
}

pub(super) fn cross(a: Coord<f64>, b: Coord<f64>) -> f64 {
    a.x * b.y - a.y * b.x
}

pub(super) fn distance(a: Coord<f64>, b: Coord<f64>) -> f64 {
    (b.x - a.x).hypot(b.y - a.y)
}

/// The box around a path.
pub(super) fn envelope(points: &[Coord<f64>]) -> AABB<[f64; 2]> {
    points.iter().fold(AABB::new_empty(), |all, c| {
        all.merged(&AABB::from_point([c.x, c.y]))
    })
}

/// A box grown by `metres` on all sides.
pub(super) fn grown(envelope: &AABB<[f64; 2]>, metres: f64) -> AABB<[f64; 2]> {
    let ([west, south], [east, north]) = (envelope.lower(), envelope.upper());
    AABB::from_corners(
        [west - metres, south - metres],
        [east + metres, north + metres],
    )
}

/// Length of a path, in metres.
pub(super) fn length(points: &[Coord<f64>]) -> f64 {
    points.windows(2).map(|w| distance(w[0], w[1])).sum()
}

/// A path in straight pieces of at most `metres`.
pub(super) fn pieces(points: &[Coord<f64>], metres: f64) -> impl Iterator<Item = [Coord<f64>; 2]> {
    points.windows(2).flat_map(move |ends| {
        let (a, b) = (ends[0], ends[1]);
        let count = (distance(a, b) / metres).ceil().max(1.0);
        let at = move |i: f64| a + (b - a) * (i / count);
        std::iter::successors(Some(0.0), |i| Some(i + 1.0))
            .take_while(move |&i| i < count)
            .map(move |i| [at(i), at(i + 1.0)])
    })
}

/// For each point, metres from the start of the path.
pub(super) fn measure(points: &[Coord<f64>]) -> Vec<f64> {
    let mut sum = 0.0;
    let steps = points.windows(2).map(|w| {
        sum += distance(w[0], w[1]);
        sum
    });
    std::iter::once(0.0).chain(steps).collect()
}

/// The direction of a segment, as a vector of length 1.
pub(super) fn direction(from: Coord<f64>, to: Coord<f64>) -> Coord<f64> {
    (to - from) / distance(from, to).max(f64::MIN_POSITIVE)
}

/// The angle between two directions, in degrees from 0 (the same) to 180 (opposite).
pub(super) fn angle(a: Coord<f64>, b: Coord<f64>) -> f64 {
    cross(a, b).atan2(dot(a, b)).to_degrees().abs()
}

/// The point of a path that is nearest to some other point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foot {
    pub segment: usize,
    /// Metres along its segment.
    pub offset: f64,
    pub point: Coord<f64>,
    /// Metres from the other point.
    pub distance: f64,
    /// Metres by which the other point lies beyond the end of the segment, looking along it.
    pub beyond: f64,
}

impl Foot {
    /// Whether the other point lies beside the segment and not past its end.
    pub fn is_beside(&self) -> bool {
        self.beyond <= TOUCH
    }
}

pub(super) fn foot_on_segment(points: &[Coord<f64>], segment: usize, p: Coord<f64>) -> Foot {
    let (a, b) = (points[segment], points[segment + 1]);
    let size = distance(a, b);
    let raw = dot(p - a, direction(a, b));
    let offset = raw.clamp(0.0, size);
    // Exactly the end, not a rounding away from it, so that nodes coincide.
    let point = if raw >= size {
        b
    } else {
        a + direction(a, b) * offset
    };
    Foot {
        segment,
        offset,
        point,
        distance: distance(p, point),
        beyond: (raw - offset).abs(),
    }
}

/// The foot of `p` on a path; of several equally near the first.
pub(super) fn foot(points: &[Coord<f64>], p: Coord<f64>) -> Foot {
    foot_among(points, 0..points.len() - 1, p).unwrap_or_else(|| foot_on_segment(points, 0, p))
}

/// The foot of `p` on some of the segments of a path; of several equally near the first.
pub(super) fn foot_among(
    points: &[Coord<f64>],
    segments: impl IntoIterator<Item = usize>,
    p: Coord<f64>,
) -> Option<Foot> {
    let last = points.len() - 2;
    let nearest = segments
        .into_iter()
        .map(|segment| foot_on_segment(points, segment, p));
    let mut foot = nearest.reduce(|best, next| {
        if next.distance < best.distance {
            next
        } else {
            best
        }
    })?;
    // Past the end of a segment is past the path only at the path's own ends.
    let is_ring = points[0] == points[last + 1];
    let at_start = foot.segment == 0 && foot.point == points[0];
    let at_end = foot.segment == last && foot.point == points[last + 1];
    if is_ring || !(at_start || at_end) {
        foot.beyond = 0.0;
    }
    Some(foot)
}

/// Metres between two boxes; 0 if they overlap.
fn gap_between(a: &AABB<[f64; 2]>, b: &AABB<[f64; 2]>) -> f64 {
    let apart = |axis: usize| {
        (b.lower()[axis] - a.upper()[axis])
            .max(a.lower()[axis] - b.upper()[axis])
            .max(0.0)
    };
    apart(0).hypot(apart(1))
}

/// Metres between two paths at their nearest, or `known` if that is less; 0 if they cross.
pub(super) fn distance_between(p: &[Coord<f64>], q: &[Coord<f64>], known: f64) -> f64 {
    let mut least = known;
    for s in p.windows(2) {
        let around = envelope(s);
        for t in q.windows(2) {
            if gap_between(&around, &envelope(t)) >= least {
                continue;
            }
            let (a, b) = (geo::Line::new(s[0], s[1]), geo::Line::new(t[0], t[1]));
            if line_intersection(a, b).is_some() {
                return 0.0;
            }
            // Two segments that do not cross are nearest at an end of one of them.
            let ends = [(s, t[0]), (s, t[1]), (t, s[0]), (t, s[1])];
            least = ends.into_iter().fold(least, |least, (segment, end)| {
                least.min(foot_on_segment(segment, 0, end).distance)
            });
        }
    }
    least
}
