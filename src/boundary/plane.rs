//! Points and paths in the network's plane, in metres.

use std::cmp::Ordering;

use geo::Coord;
use geo::line_intersection::line_intersection;

use super::network::TOUCH;

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

/// Length of a path, in metres.
pub(super) fn length(points: &[Coord<f64>]) -> f64 {
    points.windows(2).map(|w| distance(w[0], w[1])).sum()
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
    let last = points.len() - 2;
    let nearest = (0..=last).map(|segment| foot_on_segment(points, segment, p));
    let mut foot = nearest
        .reduce(|best, next| {
            if next.distance < best.distance {
                next
            } else {
                best
            }
        })
        .unwrap_or_else(|| foot_on_segment(points, 0, p));
    // Past the end of a segment is past the path only at the path's own ends.
    let is_ring = points[0] == points[last + 1];
    let at_start = foot.segment == 0 && foot.point == points[0];
    let at_end = foot.segment == last && foot.point == points[last + 1];
    if is_ring || !(at_start || at_end) {
        foot.beyond = 0.0;
    }
    foot
}

pub(super) fn distance_between(p: &[Coord<f64>], q: &[Coord<f64>]) -> f64 {
    let crosses = p.windows(2).any(|s| {
        let s = geo::Line::new(s[0], s[1]);
        q.windows(2)
            .any(|t| line_intersection(s, geo::Line::new(t[0], t[1])).is_some())
    });
    if crosses {
        return 0.0;
    }
    // Two segments that do not cross are nearest at an end of one of them.
    let from_p = p.iter().map(|&c| foot(q, c).distance);
    from_p
        .chain(q.iter().map(|&c| foot(p, c).distance))
        .fold(f64::INFINITY, f64::min)
}
