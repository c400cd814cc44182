//! One centreline for each street.
//!
//! Maps draw a wide street as two carriageways or more. A boundary follows the street, so chains
//! that run side by side become a line midway between the outermost of them.

use std::collections::BTreeSet;

use geo::Coord;
use rstar::RTree;
use rstar::primitives::{GeomWithData, Rectangle};

use super::chain::Chain;
use super::network::{MAX_STREET_WIDTH, StreetId, TOUCH, WayId};
use super::plane::{
    Foot, angle, by_points, cross, direction, distance, dot, envelope, foot, foot_among,
    foot_on_segment, grown, length, measure,
};
use crate::geometry::simplify;

/// Carriageways differ in direction by at most this angle, in degrees; so far they spread where a
/// street divides into two.
const MAX_SPREAD: f64 = 60.0;

/// Whether a chain runs beside another is looked at every so many metres.
const LOOK: f64 = 10.0;

/// Between carriageways a centreline is computed every so many metres …
const STEP: f64 = 5.0;

/// … and then keeps only the points without which it would be off by more than this, in metres.
const TOLERANCE: f64 = 0.25;

/// The single line that stands for a street, or for one of its separate pieces.
#[derive(Debug, Clone)]
pub(super) struct Centreline {
    pub street: StreetId,
    /// Metres in the network's plane; at least two points.
    pub points: Vec<Coord<f64>>,
    /// For each point, metres to the carriageways on either side; 0 on a single line.
    pub half_width: Vec<f64>,
    /// For each segment, the ways it follows.
    pub ways: Vec<BTreeSet<WayId>>,
    /// For each point, metres from the start.
    pub along: Vec<f64>,
    /// The outermost carriageways, where there is more than one anywhere on the line; in order.
    carriageways: Vec<Carriageways>,
}

/// Where the outermost carriageways run beside a place on a centreline; both are the line itself
/// where it is single.
#[derive(Debug, Clone, Copy)]
struct Carriageways {
    /// Metres from the line's start.
    along: f64,
    /// On the left and on the right, looking along the line.
    points: [Coord<f64>; 2],
}

/// A side of a line, looking along it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    Left,
    Right,
}

impl Hand {
    fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl Centreline {
    fn new(
        street: StreetId,
        points: Vec<Coord<f64>>,
        half_width: Vec<f64>,
        ways: Vec<BTreeSet<WayId>>,
    ) -> Self {
        let along = measure(&points);
        Self {
            street,
            points,
            half_width,
            ways,
            along,
            carriageways: Vec::new(),
        }
    }

    pub fn length(&self) -> f64 {
        self.along[self.along.len() - 1]
    }

    fn is_ring(&self) -> bool {
        self.points[0] == self.points[self.points.len() - 1]
    }

    /// Metres along the line of its two ends; a ring has none.
    pub fn ends(&self) -> Vec<f64> {
        if self.is_ring() {
            vec![]
        } else {
            vec![0.0, self.length()]
        }
    }

    /// The last segment that starts at or before `along` metres.
    pub fn segment_at(&self, along: f64) -> usize {
        let after = self.along.partition_point(|&a| a <= along);
        after.saturating_sub(1).min(self.ways.len() - 1)
    }

    pub fn point_at(&self, along: f64) -> Coord<f64> {
        let i = self.segment_at(along);
        let size = self.along[i + 1] - self.along[i];
        if along >= self.along[i + 1] {
            return self.points[i + 1];
        }
        self.points[i] + (self.points[i + 1] - self.points[i]) * ((along - self.along[i]) / size)
    }

    /// The vertices between two places, in the direction from the first to the second. A node of
    /// the graph stands for places up to [`TOUCH`] apart, so a vertex as near as that is left out:
    /// it could lie behind the node.
    pub fn inside(&self, span: [f64; 2]) -> Vec<Coord<f64>> {
        let (low, high) = (span[0].min(span[1]), span[0].max(span[1]));
        let is_inside = |i: &usize| low + TOUCH < self.along[*i] && self.along[*i] + TOUCH < high;
        let first = self.along.partition_point(|&along| along <= low + TOUCH);
        let inside = (first..self.points.len()).take_while(is_inside);
        let mut inside: Vec<Coord<f64>> = inside.map(|i| self.points[i]).collect();
        if span[0] > span[1] {
            inside.reverse();
        }
        inside
    }

    /// The outermost carriageway on one side, looking from the first place to the second, between
    /// the two; where the line is single, the line itself.
    pub fn carriageway(&self, span: [f64; 2], hand: Hand) -> Vec<Coord<f64>> {
        let (low, high) = (span[0].min(span[1]), span[0].max(span[1]));
        let is_backward = span[0] > span[1];
        let hand = if is_backward { hand.other() } else { hand };
        let inside = |along: &f64| low < *along && *along < high;
        let mut points = vec![self.carriageway_at(low, hand)];
        if self.carriageways.is_empty() {
            let vertices = self.along.iter().zip(&self.points);
            points.extend(vertices.filter(|(along, _)| inside(along)).map(|(_, &c)| c));
        } else {
            let beside = self.carriageways.iter().filter(|c| inside(&c.along));
            points.extend(beside.map(|c| c.points[hand as usize]));
        }
        points.push(self.carriageway_at(high, hand));
        if is_backward {
            points.reverse();
        }
        points
    }

    fn carriageway_at(&self, along: f64, hand: Hand) -> Coord<f64> {
        let after = self.carriageways.partition_point(|c| c.along <= along);
        let (Some(before), Some(after)) = (
            self.carriageways.get(after.saturating_sub(1)),
            self.carriageways.get(after.max(1)),
        ) else {
            // The last place, or a line that is single.
            let last = self.carriageways.last();
            return last.map_or_else(|| self.point_at(along), |c| c.points[hand as usize]);
        };
        let (a, b) = (before.points[hand as usize], after.points[hand as usize]);
        a + (b - a) * ((along - before.along) / (after.along - before.along)).clamp(0.0, 1.0)
    }

    /// The parts between two places, in the direction from the first to the second: the ways that
    /// each follows, and its length in metres.
    pub fn parts(&self, span: [f64; 2]) -> Vec<(Vec<WayId>, f64)> {
        let (low, high) = (span[0].min(span[1]), span[0].max(span[1]));
        let first = self.segment_at(low);
        let last = self
            .along
            .partition_point(|&along| along < high)
            .clamp(first + 1, self.ways.len());
        let is_backward = span[0] > span[1];
        let part = |segment: usize| {
            let metres = high.min(self.along[segment + 1]) - low.max(self.along[segment]);
            let mut ways: Vec<WayId> = self.ways[segment].iter().copied().collect();
            if is_backward {
                ways.reverse();
            }
            (ways, metres)
        };
        let mut parts: Vec<_> = (first..last).map(part).collect();
        if is_backward {
            parts.reverse();
        }
        parts
    }

    pub fn along_of(&self, foot: Foot) -> f64 {
        let at_end = foot.point == self.points[foot.segment + 1];
        if at_end {
            self.along[foot.segment + 1]
        } else {
            self.along[foot.segment] + foot.offset
        }
    }
}

/// A box, with the number of what is in it.
type Numbered = GeomWithData<Rectangle<[f64; 2]>, usize>;

fn numbered(points: &[Coord<f64>], number: usize) -> Numbered {
    GeomWithData::new(Rectangle::from_aabb(envelope(points)), number)
}

/// The numbers of the boxes that come within the width of a street of a path, in order.
fn within_street(tree: &RTree<Numbered>, points: &[Coord<f64>]) -> Vec<usize> {
    let near = tree.locate_in_envelope_intersecting(grown(&envelope(points), MAX_STREET_WIDTH));
    let mut near: Vec<usize> = near.map(|numbered| numbered.data).collect();
    near.sort_unstable();
    near
}

/// A chain with its segments by place.
struct Placed {
    chain: Chain,
    segments: RTree<Numbered>,
}

impl Placed {
    fn new(chain: Chain) -> Self {
        let ends = chain.points.windows(2).enumerate();
        let segments = ends.map(|(segment, ends)| numbered(ends, segment));
        Self {
            segments: RTree::bulk_load(segments.collect()),
            chain,
        }
    }

    /// The foot of `p` on the chain, if the chain runs beside it in the direction `along` or against
    /// it.
    fn foot_beside(&self, p: Coord<f64>, along: Coord<f64>) -> Option<Foot> {
        /// So few points are looked at sooner than found.
        const FEW: usize = 16;
        let points = &self.chain.points;
        let foot = if points.len() <= FEW {
            foot(points, p)
        } else {
            foot_among(points, within_street(&self.segments, &[p]), p)?
        };
        let spread = angle(
            along,
            direction(points[foot.segment], points[foot.segment + 1]),
        );
        let is_parallel = spread <= MAX_SPREAD || spread >= 180.0 - MAX_SPREAD;
        (is_parallel && foot.is_beside() && foot.distance <= MAX_STREET_WIDTH).then_some(foot)
    }
}

/// The centrelines of one street: usually one, several if its name occurs in separate places.
pub(super) fn centrelines_of(street: StreetId, mut chains: Vec<Chain>) -> Vec<Centreline> {
    chains.sort_by(|a, b| {
        length(&b.points)
            .total_cmp(&length(&a.points))
            .then_with(|| by_points(&a.points, &b.points))
    });
    let chains: Vec<Placed> = chains.into_iter().map(Placed::new).collect();
    let boxes = chains.iter().enumerate();
    let boxes = boxes.map(|(i, placed)| numbered(&placed.chain.points, i));
    let tree = RTree::bulk_load(boxes.collect());
    let mut is_taken = vec![false; chains.len()];
    let mut centrelines = Vec::new();
    for first in 0..chains.len() {
        if std::mem::replace(&mut is_taken[first], true) {
            continue;
        }
        let mut spine = Placed::new(chains[first].chain.clone());
        let mut partners = Vec::new();
        // An extended spine may reach further partners.
        while let Some(i) = within_street(&tree, &spine.chain.points)
            .into_iter()
            .find(|&i| !is_taken[i] && is_partner(&spine, &chains[i]))
        {
            is_taken[i] = true;
            spine = extend(spine, &chains[i]);
            partners.push(&chains[i]);
        }
        centrelines.push(midway(street, &spine.chain, &partners));
    }
    centrelines
}

/// Points every `step` metres or less along a path, its vertices among them, each with the number
/// of its segment. A vertex comes twice, once with each of its segments.
fn samples(points: &[Coord<f64>], step: f64) -> impl Iterator<Item = (usize, Coord<f64>)> {
    points
        .windows(2)
        .enumerate()
        .flat_map(move |(segment, pair)| {
            let (a, b) = (pair[0], pair[1]);
            let count = (distance(a, b) / step).ceil().max(1.0);
            let at = move |i: f64| a + (b - a) * (i / count);
            let inner =
                std::iter::successors(Some(1.0), |i| Some(i + 1.0)).take_while(move |&i| i < count);
            let inner = inner.map(at);
            std::iter::once(a)
                .chain(inner)
                .chain(std::iter::once(b))
                .map(move |p| (segment, p))
        })
}

/// The share of a path's points that run beside `spine`.
fn share_beside(spine: &Placed, points: &[Coord<f64>]) -> f64 {
    let (mut beside, mut all) = (0.0, 0.0);
    for (segment, p) in samples(points, LOOK) {
        let along = direction(points[segment], points[segment + 1]);
        all += 1.0;
        if spine.foot_beside(p, along).is_some() {
            beside += 1.0;
        }
    }
    beside / all
}

/// The two ends of a path, each with the direction that leads out of it.
fn ends(points: &[Coord<f64>]) -> [(Coord<f64>, Coord<f64>); 2] {
    let n = points.len();
    [
        (points[0], direction(points[1], points[0])),
        (points[n - 1], direction(points[n - 2], points[n - 1])),
    ]
}

/// Whether a chain is another carriageway of the same street, or carries it on from an end that it
/// overlaps.
fn is_partner(spine: &Placed, other: &Placed) -> bool {
    let overlaps = |a: &Placed, b: &Placed| {
        ends(&a.chain.points)
            .into_iter()
            .any(|(end, out)| b.foot_beside(end, out).is_some())
    };
    share_beside(spine, &other.chain.points) >= 0.5
        || (overlaps(spine, other) && overlaps(other, spine))
}

/// The spine, carried on at either end by the part of the partner that reaches further.
fn extend(spine: Placed, partner: &Placed) -> Placed {
    let turned = |spine: Placed| Placed::new(reversed(spine.chain));
    turned(extend_end(turned(extend_end(spine, partner)), partner))
}

fn reversed(mut chain: Chain) -> Chain {
    chain.points.reverse();
    chain.ways.reverse();
    chain
}

fn extend_end(spine: Placed, partner: &Placed) -> Placed {
    let [(start, _), (end, out)] = ends(&spine.chain.points);
    if start == end {
        return spine;
    }
    let Some(foot) = partner.foot_beside(end, out) else {
        return spine;
    };
    let (a, b) = (
        partner.chain.points[foot.segment],
        partner.chain.points[foot.segment + 1],
    );
    let rest = if dot(direction(a, b), out) > 0.0 {
        tail(&partner.chain, foot)
    } else {
        let back = reversed(partner.chain.clone());
        let segment = partner.chain.ways.len() - 1 - foot.segment;
        tail(&back, Foot { segment, ..foot })
    };
    if length(&rest.points) <= TOUCH || share_beside(&spine, &rest.points) > 0.5 {
        return spine;
    }
    let mut chain = spine.chain;
    if distance(end, rest.points[0]) > 0.001 {
        chain.points.push(rest.points[0]);
        chain.ways.push(BTreeSet::new());
    }
    chain.points.extend_from_slice(&rest.points[1..]);
    chain.ways.extend(rest.ways);
    Placed::new(chain)
}

/// The part of a chain after `foot`.
fn tail(chain: &Chain, foot: Foot) -> Chain {
    let after = foot.segment + 1;
    let mut points = vec![foot.point];
    let mut ways = Vec::new();
    for (i, &point) in chain.points.iter().enumerate().skip(after) {
        if points[points.len() - 1] != point {
            points.push(point);
            ways.push(chain.ways[i - 1].clone());
        }
    }
    Chain { points, ways }
}

/// A point of the spine on the way to becoming a point of the centreline.
struct Sample {
    /// The segment of the spine that it is on.
    segment: usize,
    /// On the spine.
    base: Coord<f64>,
    /// On the centreline, and on the outermost carriageways to the left and to the right.
    tracks: [Coord<f64>; 3],
    /// Whether there is more than one carriageway here.
    is_between: bool,
    /// The ways of all carriageways here.
    ways: BTreeSet<WayId>,
}

impl Sample {
    fn centre(&self) -> Coord<f64> {
        self.tracks[0]
    }
}

/// The line midway between the outermost carriageways where there are several, and the single line
/// elsewhere. It passes from one to the other by degrees: carriageways seldom end at the same
/// place, and a step of half a street's width would be no part of the street.
fn midway(street: StreetId, spine: &Chain, partners: &[&Placed]) -> Centreline {
    if partners.is_empty() {
        let half_width = vec![0.0; spine.points.len()];
        return Centreline::new(street, spine.points.clone(), half_width, spine.ways.clone());
    }
    let mut samples: Vec<Sample> = samples(&spine.points, STEP)
        // Where the spine steps across to the other carriageway there is nothing to be midway of.
        .filter(|&(segment, _)| !spine.ways[segment].is_empty())
        .map(|(segment, p)| sample(spine, partners, segment, p))
        .collect();
    fade(&mut samples);
    // Each vertex of the spine has been sampled on both its segments.
    samples.dedup_by(|second, first| {
        let is_same = distance(first.centre(), second.centre()) <= 0.01;
        if is_same {
            first.ways.append(&mut second.ways);
        }
        is_same
    });
    let track = |n: usize| -> Vec<Coord<f64>> { samples.iter().map(|s| s.tracks[n]).collect() };
    let kept = simplify::kept(&track(0), TOLERANCE);
    let points = kept.iter().map(|&i| samples[i].centre()).collect();
    let half_width = kept
        .iter()
        .map(|&i| distance(samples[i].centre(), samples[i].base))
        .collect();
    let ways = kept.windows(2).map(|w| {
        let inside = if w[0] + 1 < w[1] {
            w[0] + 1..w[1]
        } else {
            w[0]..w[1] + 1
        };
        samples[inside]
            .iter()
            .flat_map(|s| s.ways.iter().copied())
            .collect()
    });
    let mut line = Centreline::new(street, points, half_width, ways.collect());
    let mut shown = simplify::kept(&track(1), TOLERANCE);
    shown.extend(simplify::kept(&track(2), TOLERANCE));
    shown.sort_unstable();
    shown.dedup();
    let carriageways = shown.into_iter().map(|i| {
        let after = kept.partition_point(|&k| k <= i).min(kept.len() - 1);
        let foot = foot_on_segment(&line.points, after - 1, samples[i].centre());
        Carriageways {
            along: line.along_of(foot),
            points: [samples[i].tracks[1], samples[i].tracks[2]],
        }
    });
    line.carriageways = carriageways.collect();
    line
}

fn sample(spine: &Chain, partners: &[&Placed], segment: usize, base: Coord<f64>) -> Sample {
    let along = direction(spine.points[segment], spine.points[segment + 1]);
    let mut ways = spine.ways[segment].clone();
    let (mut left, mut right) = ((0.0, base), (0.0, base));
    for partner in partners {
        if let Some(foot) = partner.foot_beside(base, along) {
            ways.extend(&partner.chain.ways[foot.segment]);
            let offset = cross(along, foot.point - base);
            if offset > left.0 {
                left = (offset, foot.point);
            }
            if offset < right.0 {
                right = (offset, foot.point);
            }
        }
    }
    let is_between = left.0 - right.0 > 0.01;
    Sample {
        segment,
        base,
        tracks: [(left.1 + right.1) / 2.0, left.1, right.1],
        is_between,
        ways,
    }
}

/// Moves the samples on single carriageways aside, where these begin as far as the tracks before
/// them are, and less and less over the next [`MAX_STREET_WIDTH`] metres.
fn fade(samples: &mut [Sample]) {
    let mut start = 0;
    while start < samples.len() {
        if samples[start].is_between {
            start += 1;
            continue;
        }
        let single = samples[start..]
            .iter()
            .take_while(|s| !s.is_between)
            .count();
        let end = start + single;
        let before = start
            .checked_sub(1)
            .map(|i| shifts(&samples[start], &samples[i]));
        let after = (end < samples.len()).then(|| shifts(&samples[end - 1], &samples[end]));
        let bases: Vec<Coord<f64>> = samples[start..end].iter().map(|s| s.base).collect();
        let along = measure(&bases);
        let all = along[along.len() - 1];
        let reach = if before.is_some() && after.is_some() {
            MAX_STREET_WIDTH.min(all.max(f64::MIN_POSITIVE))
        } else {
            MAX_STREET_WIDTH
        };
        let weight = |metres: f64| (1.0 - metres / reach).max(0.0);
        let [before, after] = [before, after].map(Option::unwrap_or_default);
        for (sample, at) in samples[start..end].iter_mut().zip(along) {
            for (track, point) in sample.tracks.iter_mut().enumerate() {
                *point = sample.base + before[track] * weight(at) + after[track] * weight(all - at);
            }
        }
        start = end;
    }
}

/// From a single carriageway to the tracks next to it.
fn shifts(single: &Sample, between: &Sample) -> [Coord<f64>; 3] {
    // Where the spine steps across, it leaves out a segment and goes on from the other carriageway.
    let has_stepped = single.segment.abs_diff(between.segment) > 1;
    let from = if has_stepped {
        single.base
    } else {
        between.base
    };
    between.tracks.map(|point| point - from)
}

#[cfg(test)]
mod tests {
    use super::super::network::tests::{line, test_frame};
    use super::super::network::{Line, Network};
    use super::*;

    /// The centrelines of a network in the metres of the tests, rounded to 0.1 m.
    fn centrelines(lines: &[Line]) -> Vec<Vec<(f64, f64)>> {
        let network = Network::new(lines);
        let round = |v: f64| (v * 10.0).round() / 10.0 + 0.0;
        let metres = |&p: &Coord<f64>| {
            let p = test_frame().to_plane(network.frame.to_degrees(p));
            (round(p.x), round(p.y))
        };
        let points = |line: &Centreline| line.points.iter().map(metres).collect();
        network.centrelines.iter().map(points).collect()
    }

    #[test]
    fn ways_that_touch_make_one_centreline() {
        let lines = [
            line("c", "甲路", &[(500.6, 0.0), (900.0, 50.0)]),
            line("a", "甲路", &[(0.0, 0.0), (200.0, 10.0)]),
            line("b", "甲路", &[(500.0, 0.0), (200.0, 10.0)]),
        ];
        let joined = centrelines(&lines);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].len(), 4);
        assert_eq!((joined[0][0], joined[0][3]), ((0.0, 0.0), (900.0, 50.0)));
    }

    #[test]
    fn a_name_that_occurs_twice_has_two_centrelines() {
        let lines = [
            line("a", "甲路", &[(0.0, 0.0), (200.0, 0.0)]),
            line("b", "甲路", &[(0.0, 5000.0), (200.0, 5000.0)]),
        ];
        assert_eq!(centrelines(&lines).len(), 2);
    }

    #[test]
    fn carriageways_make_a_line_midway_between_them() {
        let lines = [
            line("a", "甲路", &[(0.0, 10.0), (500.0, 10.0), (1000.0, 10.0)]),
            line("b", "甲路", &[(1000.0, -10.0), (0.0, -10.0)]),
        ];
        assert_eq!(centrelines(&lines), [[(0.0, 0.0), (1000.0, 0.0)]]);
        let network = Network::new(&lines);
        let line = &network.centrelines[0];
        assert!((line.half_width[0] - 10.0).abs() < 0.01);
        assert_eq!(line.ways[0].len(), 2);
    }

    #[test]
    fn three_carriageways_count_from_the_outermost() {
        let lines = [
            line("a", "甲路", &[(0.0, 20.0), (1000.0, 20.0)]),
            line("b", "甲路", &[(1000.0, 15.0), (0.0, 15.0)]),
            line("c", "甲路", &[(1000.0, -20.0), (0.0, -20.0)]),
        ];
        assert_eq!(centrelines(&lines), [[(0.0, 0.0), (1000.0, 0.0)]]);
    }

    #[test]
    fn where_one_carriageway_reaches_further_the_line_follows_it() {
        let lines = [
            line("a", "甲路", &[(0.0, 10.0), (600.0, 10.0)]),
            line("b", "甲路", &[(300.0, -10.0), (1000.0, -10.0)]),
        ];
        let joined = centrelines(&lines);
        assert_eq!(joined.len(), 1);
        let line = &joined[0];
        assert_eq!(
            (line[0], line[line.len() - 1]),
            ((0.0, 10.0), (1000.0, -10.0))
        );
        let at = |x: f64| {
            let i = line
                .windows(2)
                .position(|w| w[0].0 <= x && x <= w[1].0)
                .expect("covered");
            let ((x0, y0), (x1, y1)) = (line[i], line[i + 1]);
            y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        };
        // Alone; midway; alone; and between them no step.
        assert!((at(200.0) - 10.0).abs() < 0.3);
        assert!(at(450.0).abs() < 0.3);
        assert!((at(700.0) + 10.0).abs() < 0.3);
        assert!(
            (1..100).all(|i| (at(f64::from(i) * 10.0) - at(f64::from(i - 1) * 10.0)).abs() < 3.0)
        );
    }

    #[test]
    fn a_street_that_divides_stays_one() {
        let lines = [
            line("trunk", "甲路", &[(0.0, 0.0), (400.0, 0.0)]),
            line(
                "left",
                "甲路",
                &[(400.0, 0.0), (430.0, 12.0), (900.0, 12.0)],
            ),
            line(
                "right",
                "甲路",
                &[(900.0, -12.0), (430.0, -12.0), (400.0, 0.0)],
            ),
        ];
        let joined = centrelines(&lines);
        assert_eq!(joined.len(), 1);
        assert!(joined[0].iter().all(|p| p.1.abs() < 2.0), "{joined:?}");
        assert_eq!(joined[0][0], (0.0, 0.0));
        assert_eq!(joined[0][joined[0].len() - 1], (900.0, 0.0));
    }

    #[test]
    fn order_direction_and_splitting_make_no_difference() {
        let north = [
            (0.0, 12.0),
            (300.0, 14.0),
            (500.0, 30.0),
            (620.0, 90.0),
            (900.0, 300.0),
        ];
        let south = [
            (20.0, -8.0),
            (300.0, -7.0),
            (515.0, 9.0),
            (640.0, 72.0),
            (930.0, 280.0),
        ];
        let other = [(400.0, -300.0), (420.0, 300.0)];
        let whole = [
            line("n", "甲路", &north),
            line("s", "甲路", &south),
            line("o", "乙路", &other),
        ];
        let back: Vec<(f64, f64)> = south.iter().rev().copied().collect();
        let split = [
            line("s2", "甲路", &back[2..]),
            line("o", "乙路", &other),
            line("n3", "甲路", &north[3..]),
            line("n1", "甲路", &north[..2]),
            line("s1", "甲路", &back[..3]),
            line("n2", "甲路", &north[1..4]),
        ];
        let points = |lines: &[Line]| -> Vec<Vec<Coord<f64>>> {
            let network = Network::new(lines);
            network
                .centrelines
                .iter()
                .map(|l| l.points.clone())
                .collect()
        };
        assert_eq!(points(&whole).len(), 2);
        assert_eq!(points(&whole), points(&split));
    }
}
