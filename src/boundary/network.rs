//! Lines as a network: one centreline for each street, and where centrelines meet.
//!
//! Maps give a street as many ways, and a wide one as two carriageways. A boundary follows the
//! street, so the ways of one name are first made into chains, chains that run side by side into a
//! centreline midway between them, and the centrelines of all streets are then cut where they meet.
//!
//! Nothing here depends on the order of the input or on where ways are split at their vertices:
//! whenever there is a choice it is made by geometry.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Coord, LineString, SimplifyIdx};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, Envelope, RTree};

use crate::geometry::frame::Frame;

/// Ends and crossings at most this far apart, in metres, are one point.
pub const TOUCH: f64 = 1.0;

/// The two carriageways of one street are at most this far apart, in metres.
pub const MAX_STREET_WIDTH: f64 = 60.0;

/// Carriageways differ in direction by at most this angle, in degrees; so far they spread where a
/// street divides into two.
const MAX_SPREAD: f64 = 60.0;

/// Where two ways of a street meet end to end and turn by more than this, in degrees, they are
/// two carriageways that join, not one that goes on.
const MAX_TURN: f64 = 135.0;

/// Whether a chain runs beside another is looked at every so many metres.
const LOOK: f64 = 10.0;

/// Between carriageways a centreline is computed every so many metres …
const STEP: f64 = 5.0;

/// … and then keeps only the points without which it would be off by more than this, in metres.
const TOLERANCE: f64 = 0.25;

/// What a line is on the ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// A street or road.
    Street,
    /// A river or canal.
    River,
    /// Anything else that can bound an area, such as a railway or the limit of a district. An
    /// outline follows it only where the sentence names it.
    Other,
}

/// A line of the map, or a part of one: several lines with one name are one street.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its id in the data, for the evidence.
    pub id: String,
    /// The name under which a sentence finds it.
    pub name: String,
    /// Other names under which a sentence finds it.
    pub aliases: Vec<String>,
    /// What it is.
    pub kind: LineKind,
    /// How far off it may be, in metres.
    pub accuracy_m: f64,
    /// Longitude and latitude in degrees.
    pub coords: LineString<f64>,
}

/// Streets, their centrelines, and where these meet. Built once, used for any number of sentences.
#[derive(Debug, Clone)]
pub struct Network {
    pub(super) frame: Frame,
    pub(super) ways: Vec<Way>,
    /// Sorted by name.
    pub(super) streets: Vec<Street>,
    pub(super) centrelines: Vec<Centreline>,
    contacts: Vec<Contact>,
}

/// Index in [`Network::ways`].
pub(super) type WayId = usize;
/// Index in [`Network::streets`].
pub(super) type StreetId = usize;

/// A line of the input, without its geometry.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub id: String,
    pub accuracy_m: f64,
}

/// All lines of one name.
#[derive(Debug, Clone)]
pub(super) struct Street {
    pub name: String,
    pub kind: LineKind,
    aliases: BTreeSet<String>,
}

/// Which street a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lookup {
    Found(StreetId),
    /// Several streets have this alias, and none this name.
    Several(Vec<String>),
    Unknown,
}

impl Network {
    /// Makes the centrelines of `lines` and finds where they meet.
    ///
    /// A line that has fewer than two distinct points or a coordinate that is not finite is left
    /// out. Time grows as n log n with the number of lines, and as the square of the number of
    /// vertices of a single street.
    #[must_use]
    pub fn new(lines: &[Line]) -> Self {
        let mut lines: Vec<&Line> = lines.iter().filter(|line| is_usable(line)).collect();
        lines.sort_by(|a, b| {
            (&a.name, a.kind)
                .cmp(&(&b.name, b.kind))
                .then_with(|| by_points(&a.coords.0, &b.coords.0))
                .then_with(|| a.id.cmp(&b.id))
        });
        let frame = Frame::at(middle(&lines));
        let mut ways: Vec<Way> = Vec::new();
        let mut streets: Vec<Street> = Vec::new();
        let mut centrelines = Vec::new();
        for group in lines.chunk_by(|a, b| a.name == b.name) {
            let project = |line: &Line| line.coords.coords().map(|&c| frame.to_plane(c)).collect();
            let paths = group.iter().map(|line| project(line));
            let paths: Vec<(WayId, Vec<Coord<f64>>)> = (ways.len()..).zip(paths).collect();
            centrelines.extend(centrelines_of(streets.len(), chains(&paths)));
            ways.extend(group.iter().map(|l| Way {
                id: l.id.clone(),
                accuracy_m: l.accuracy_m,
            }));
            streets.push(Street {
                name: group[0].name.clone(),
                kind: group[0].kind,
                aliases: group
                    .iter()
                    .flat_map(|l| l.aliases.iter().cloned())
                    .collect(),
            });
        }
        let contacts = contacts(&centrelines);
        Self {
            frame,
            ways,
            streets,
            centrelines,
            contacts,
        }
    }

    /// The street of this name, or else the only one with this alias.
    pub(super) fn look_up(&self, name: &str) -> Lookup {
        if let Ok(street) = self.streets.binary_search_by(|s| s.name.as_str().cmp(name)) {
            return Lookup::Found(street);
        }
        let known_so: Vec<StreetId> = (0..self.streets.len())
            .filter(|&s| self.streets[s].aliases.contains(name))
            .collect();
        match known_so[..] {
            [] => Lookup::Unknown,
            [street] => Lookup::Found(street),
            _ => Lookup::Several(
                known_so
                    .iter()
                    .map(|&s| self.streets[s].name.clone())
                    .collect(),
            ),
        }
    }

    /// The graph in which an outline along the streets `named` is searched: these streets, others
    /// within `margin` metres of them, and straight bridges of at most `longest_bridge` metres from
    /// the ends of lines to the nearest point of a named one.
    pub(super) fn graph(
        &self,
        named: &BTreeSet<StreetId>,
        margin: f64,
        longest_bridge: f64,
    ) -> Graph {
        let lines = self.lines_around(named, margin);
        let has_both = |c: &&Contact| lines.contains(&c.a.line) && lines.contains(&c.b.line);
        let contacts: Vec<Contact> = self.contacts.iter().filter(has_both).copied().collect();
        let bridges = self.bridges(&lines, named, &contacts, longest_bridge);
        Graph::new(self, &lines, &contacts, &bridges)
    }

    /// The centrelines of `named` and of streets and rivers near their extent.
    fn lines_around(&self, named: &BTreeSet<StreetId>, margin: f64) -> BTreeSet<usize> {
        let is_named = |line: &Centreline| named.contains(&line.street);
        let extent = self
            .centrelines
            .iter()
            .filter(|line| is_named(line))
            .map(Centreline::envelope)
            .reduce(|a, b| a.merged(&b));
        let Some(extent) = extent else {
            return BTreeSet::new();
        };
        let ([west, south], [east, north]) = (extent.lower(), extent.upper());
        let around = AABB::from_corners(
            [west - margin, south - margin],
            [east + margin, north + margin],
        );
        let is_way_round = |line: &Centreline| {
            self.streets[line.street].kind != LineKind::Other && line.envelope().intersects(&around)
        };
        let keeps = |line: &Centreline| is_named(line) || is_way_round(line);
        (0..self.centrelines.len())
            .filter(|&i| keeps(&self.centrelines[i]))
            .collect()
    }

    /// From each end of a line to the nearest point of each line of a named street, unless it meets
    /// that line as near to this end anyway.
    fn bridges(
        &self,
        lines: &BTreeSet<usize>,
        named: &BTreeSet<StreetId>,
        contacts: &[Contact],
        longest: f64,
    ) -> Vec<Contact> {
        let mut meets: BTreeMap<usize, Vec<(Place, usize)>> = BTreeMap::new();
        for &Contact { a, b } in contacts {
            meets.entry(a.line).or_default().push((a, b.line));
            meets.entry(b.line).or_default().push((b, a.line));
        }
        let ends = lines.iter().flat_map(|&line| {
            let ends = self.centrelines[line].ends().into_iter();
            ends.map(move |along| Place { line, along })
        });
        let mut bridges = Vec::new();
        for end in ends {
            let point = self.centrelines[end.line].point_at(end.along);
            let near_end = |place: Place| (place.along - end.along).abs() <= longest;
            let met = meets.get(&end.line).into_iter().flatten();
            let met: BTreeSet<usize> = met
                .filter(|(place, _)| near_end(*place))
                .map(|&(_, other)| other)
                .collect();
            for &line in lines {
                let target = &self.centrelines[line];
                if line == end.line || met.contains(&line) || !named.contains(&target.street) {
                    continue;
                }
                let foot = foot(&target.points, point);
                if foot.distance > TOUCH && foot.distance <= longest {
                    let along = target.along_of(foot);
                    bridges.push(Contact {
                        a: end,
                        b: Place { line, along },
                    });
                }
            }
        }
        bridges
    }

    /// Metres between the centrelines of two streets at their nearest; 0 if they cross.
    pub(super) fn distance_between(&self, a: StreetId, b: StreetId) -> f64 {
        let of = |street| self.centrelines.iter().filter(move |l| l.street == street);
        let pairs = of(a).flat_map(|p| of(b).map(move |q| (p, q)));
        pairs
            .map(|(p, q)| distance_between(&p.points, &q.points))
            .fold(f64::INFINITY, f64::min)
    }

    /// The worst accuracy, in metres, of the ways that a centreline follows at `place`.
    fn accuracy_at(&self, place: Place) -> f64 {
        let line = &self.centrelines[place.line];
        self.worst_accuracy(&line.ways[line.segment_at(place.along)])
    }

    /// The worst accuracy of `ways`, in metres.
    pub(super) fn worst_accuracy<'a>(&self, ways: impl IntoIterator<Item = &'a WayId>) -> f64 {
        ways.into_iter()
            .map(|&way| self.ways[way].accuracy_m)
            .fold(0.0, f64::max)
    }
}

fn is_usable(line: &Line) -> bool {
    let points = &line.coords.0;
    points.iter().all(|c| c.x.is_finite() && c.y.is_finite())
        && points.iter().any(|c| *c != points[0])
}

/// The middle of the extent of all lines, in degrees.
fn middle(lines: &[&Line]) -> Coord<f64> {
    let all = || lines.iter().flat_map(|l| l.coords.coords());
    let Some(&first) = all().next() else {
        return Coord::zero();
    };
    let low = all().fold(first, |m, c| Coord {
        x: m.x.min(c.x),
        y: m.y.min(c.y),
    });
    let high = all().fold(first, |m, c| Coord {
        x: m.x.max(c.x),
        y: m.y.max(c.y),
    });
    (low + high) / 2.0
}

fn by_point(a: &Coord<f64>, b: &Coord<f64>) -> Ordering {
    a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
}

fn by_points(a: &[Coord<f64>], b: &[Coord<f64>]) -> Ordering {
    let first_difference = a
        .iter()
        .zip(b)
        .map(|(a, b)| by_point(a, b))
        .find(|o| o.is_ne());
    first_difference.unwrap_or_else(|| a.len().cmp(&b.len()))
}

// ---- measuring in the plane ------------------------------------------------------------------

fn dot(a: Coord<f64>, b: Coord<f64>) -> f64 {
    a.x * b.x + a.y * b.y
}

fn cross(a: Coord<f64>, b: Coord<f64>) -> f64 {
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
fn measure(points: &[Coord<f64>]) -> Vec<f64> {
    let mut sum = 0.0;
    let steps = points.windows(2).map(|w| {
        sum += distance(w[0], w[1]);
        sum
    });
    std::iter::once(0.0).chain(steps).collect()
}

/// The direction of a segment, as a vector of length 1.
fn direction(from: Coord<f64>, to: Coord<f64>) -> Coord<f64> {
    (to - from) / distance(from, to).max(f64::MIN_POSITIVE)
}

/// The angle between two directions, in degrees from 0 (the same) to 180 (opposite).
fn angle(a: Coord<f64>, b: Coord<f64>) -> f64 {
    cross(a, b).atan2(dot(a, b)).to_degrees().abs()
}

/// The point of a path that is nearest to some other point.
#[derive(Debug, Clone, Copy)]
struct Foot {
    segment: usize,
    /// Metres along its segment.
    offset: f64,
    point: Coord<f64>,
    /// Metres from the other point.
    distance: f64,
    /// Metres by which the other point lies beyond the end of the segment, looking along it.
    beyond: f64,
}

impl Foot {
    /// Whether the other point lies beside the segment and not past its end.
    fn is_beside(&self) -> bool {
        self.beyond <= TOUCH
    }
}

fn foot_on_segment(points: &[Coord<f64>], segment: usize, p: Coord<f64>) -> Foot {
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
fn foot(points: &[Coord<f64>], p: Coord<f64>) -> Foot {
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

fn distance_between(p: &[Coord<f64>], q: &[Coord<f64>]) -> f64 {
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

// ---- ways to chains --------------------------------------------------------------------------

/// A path that remembers which ways it follows.
#[derive(Debug, Clone, PartialEq)]
struct Chain {
    points: Vec<Coord<f64>>,
    /// For each segment; empty where the chain steps across from one carriageway to the other.
    ways: Vec<BTreeSet<WayId>>,
}

/// The ways of one street as a mesh of vertices and segments, in which it no longer matters how
/// they were split.
struct Mesh {
    points: Vec<Coord<f64>>,
    /// By their two vertices, the lower first.
    segments: BTreeMap<(usize, usize), BTreeSet<WayId>>,
    neighbours: Vec<BTreeSet<usize>>,
}

fn segment_key(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

impl Mesh {
    fn new(paths: &[(WayId, Vec<Coord<f64>>)]) -> Self {
        let mut index: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        let mut points: Vec<Coord<f64>> = paths.iter().flat_map(|(_, p)| p).copied().collect();
        points.sort_by(by_point);
        points.dedup_by_key(|c| millimetres(*c));
        for (i, point) in points.iter().enumerate() {
            index.entry(millimetres(*point)).or_insert(i);
        }
        let mut mesh = Self {
            neighbours: vec![BTreeSet::new(); points.len()],
            segments: BTreeMap::new(),
            points,
        };
        for (way, path) in paths {
            for pair in path.windows(2) {
                let [a, b] = [index[&millimetres(pair[0])], index[&millimetres(pair[1])]];
                mesh.link(a, b, &BTreeSet::from([*way]));
            }
        }
        mesh.close_tiny_gaps();
        mesh
    }

    fn link(&mut self, a: usize, b: usize, ways: &BTreeSet<WayId>) {
        if a != b {
            self.neighbours[a].insert(b);
            self.neighbours[b].insert(a);
            self.segments
                .entry(segment_key(a, b))
                .or_default()
                .extend(ways);
        }
    }

    /// Moves each loose end to another vertex that it nearly touches.
    fn close_tiny_gaps(&mut self) {
        for end in 0..self.points.len() {
            let Some(&only) = self.neighbours[end].first() else {
                continue;
            };
            if self.neighbours[end].len() > 1 {
                continue;
            }
            let gap = |&other: &usize| distance(self.points[end], self.points[other]);
            let near = (0..self.points.len())
                .filter(|&v| v != end && v != only && !self.neighbours[v].is_empty())
                .filter(|v| gap(v) <= TOUCH)
                .min_by(|a, b| gap(a).total_cmp(&gap(b)));
            if let Some(near) = near {
                let ways = self
                    .segments
                    .remove(&segment_key(end, only))
                    .unwrap_or_default();
                self.neighbours[end].clear();
                self.neighbours[only].remove(&end);
                self.link(only, near, &ways);
            }
        }
    }

    /// For each vertex, which neighbour a chain that comes from one neighbour goes on to: those in
    /// the straightest line belong together.
    fn pairs_at(&self, vertex: usize) -> BTreeMap<usize, usize> {
        let here = self.points[vertex];
        let around: Vec<usize> = self.neighbours[vertex].iter().copied().collect();
        let mut turns = Vec::new();
        for (i, &a) in around.iter().enumerate() {
            for &b in &around[i + 1..] {
                let turn = angle(
                    direction(self.points[a], here),
                    direction(here, self.points[b]),
                );
                turns.push((turn, a, b));
            }
        }
        turns.sort_by(|x, y| x.0.total_cmp(&y.0));
        let mut pairs = BTreeMap::new();
        for (turn, a, b) in turns {
            if turn <= MAX_TURN && !pairs.contains_key(&a) && !pairs.contains_key(&b) {
                pairs.insert(a, b);
                pairs.insert(b, a);
            }
        }
        pairs
    }

    fn chains(&self) -> Vec<Chain> {
        let pairs: Vec<_> = (0..self.points.len()).map(|v| self.pairs_at(v)).collect();
        let mut left: BTreeSet<(usize, usize)> = self.segments.keys().copied().collect();
        let mut chains = Vec::new();
        let ends = (0..self.points.len()).flat_map(|v| {
            let loose = self.neighbours[v]
                .iter()
                .filter(|n| !pairs[v].contains_key(n));
            loose.map(move |&n| (v, n)).collect::<Vec<_>>()
        });
        for (start, next) in ends {
            if left.contains(&segment_key(start, next)) {
                chains.push(self.trace(start, next, &pairs, &mut left));
            }
        }
        // What is left are rings.
        while let Some(&(start, next)) = left.first() {
            chains.push(self.trace(start, next, &pairs, &mut left));
        }
        chains
    }

    /// Follows a chain from `start` by way of `next`, taking its segments out of `left`.
    fn trace(
        &self,
        start: usize,
        next: usize,
        pairs: &[BTreeMap<usize, usize>],
        left: &mut BTreeSet<(usize, usize)>,
    ) -> Chain {
        let mut chain = Chain {
            points: vec![self.points[start]],
            ways: Vec::new(),
        };
        let (mut from, mut to) = (start, Some(next));
        while let Some(vertex) = to.filter(|&v| left.remove(&segment_key(from, v))) {
            chain
                .ways
                .push(self.segments[&segment_key(from, vertex)].clone());
            chain.points.push(self.points[vertex]);
            to = pairs[vertex].get(&from).copied();
            from = vertex;
        }
        chain
    }
}

#[allow(clippy::cast_possible_truncation)] // Metres inside one city.
fn millimetres(c: Coord<f64>) -> (i64, i64) {
    ((c.x * 1000.0).round() as i64, (c.y * 1000.0).round() as i64)
}

/// Joins the ways of one street into chains.
fn chains(paths: &[(WayId, Vec<Coord<f64>>)]) -> Vec<Chain> {
    Mesh::new(paths).chains()
}

// ---- chains to centrelines -------------------------------------------------------------------

/// The centrelines of one street: usually one, several if its name occurs in separate places.
fn centrelines_of(street: StreetId, mut chains: Vec<Chain>) -> Vec<Centreline> {
    chains.sort_by(|a, b| {
        length(&b.points)
            .total_cmp(&length(&a.points))
            .then_with(|| by_points(&a.points, &b.points))
    });
    let mut centrelines = Vec::new();
    while !chains.is_empty() {
        let mut spine = chains.remove(0);
        let mut partners = Vec::new();
        // An extended spine may reach further partners.
        while let Some(i) = chains.iter().position(|c| is_partner(&spine, c)) {
            let partner = chains.remove(i);
            spine = extend(&spine, &partner);
            partners.push(partner);
        }
        centrelines.push(midway(street, &spine, &partners));
    }
    centrelines
}

/// The foot of `p` on `chain`, if the chain runs beside it in the direction `along` or against it.
fn foot_beside(chain: &Chain, p: Coord<f64>, along: Coord<f64>) -> Option<Foot> {
    let foot = foot(&chain.points, p);
    let (a, b) = (chain.points[foot.segment], chain.points[foot.segment + 1]);
    let spread = angle(along, direction(a, b));
    let is_parallel = spread <= MAX_SPREAD || spread >= 180.0 - MAX_SPREAD;
    (is_parallel && foot.is_beside() && foot.distance <= MAX_STREET_WIDTH).then_some(foot)
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
fn share_beside(spine: &Chain, points: &[Coord<f64>]) -> f64 {
    let (mut beside, mut all) = (0.0, 0.0);
    for (segment, p) in samples(points, LOOK) {
        let along = direction(points[segment], points[segment + 1]);
        all += 1.0;
        if foot_beside(spine, p, along).is_some() {
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
fn is_partner(spine: &Chain, chain: &Chain) -> bool {
    let overlaps = |a: &Chain, b: &Chain| {
        ends(&a.points)
            .into_iter()
            .any(|(end, out)| foot_beside(b, end, out).is_some())
    };
    share_beside(spine, &chain.points) >= 0.5 || (overlaps(spine, chain) && overlaps(chain, spine))
}

/// The spine, carried on at either end by the part of the partner that reaches further.
fn extend(spine: &Chain, partner: &Chain) -> Chain {
    let once = extend_end(spine.clone(), partner);
    reversed(extend_end(reversed(once), partner))
}

fn reversed(mut chain: Chain) -> Chain {
    chain.points.reverse();
    chain.ways.reverse();
    chain
}

fn extend_end(mut spine: Chain, partner: &Chain) -> Chain {
    let [(start, _), (end, out)] = ends(&spine.points);
    if start == end {
        return spine;
    }
    let Some(foot) = foot_beside(partner, end, out) else {
        return spine;
    };
    let (a, b) = (
        partner.points[foot.segment],
        partner.points[foot.segment + 1],
    );
    let rest = if dot(direction(a, b), out) > 0.0 {
        tail(partner, foot)
    } else {
        let back = reversed(partner.clone());
        let segment = partner.ways.len() - 1 - foot.segment;
        tail(&back, Foot { segment, ..foot })
    };
    if length(&rest.points) <= TOUCH || share_beside(&spine, &rest.points) > 0.5 {
        return spine;
    }
    if distance(end, rest.points[0]) > 0.001 {
        spine.points.push(rest.points[0]);
        spine.ways.push(BTreeSet::new());
    }
    spine.points.extend_from_slice(&rest.points[1..]);
    spine.ways.extend(rest.ways);
    spine
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
    /// On the centreline.
    centre: Coord<f64>,
    /// Whether there is more than one carriageway here.
    is_between: bool,
    /// The ways of all carriageways here.
    ways: BTreeSet<WayId>,
}

/// The line midway between the outermost carriageways where there are several, and the single line
/// elsewhere. It passes from one to the other by degrees: carriageways seldom end at the same
/// place, and a step of half a street's width would be no part of the street.
fn midway(street: StreetId, spine: &Chain, partners: &[Chain]) -> Centreline {
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
        let is_same = distance(first.centre, second.centre) <= 0.01;
        if is_same {
            first.ways.append(&mut second.ways);
        }
        is_same
    });
    let line: LineString<f64> = samples.iter().map(|s| s.centre).collect();
    let kept = line.simplify_idx(TOLERANCE);
    let points = kept.iter().map(|&i| samples[i].centre).collect();
    let half_width = kept
        .iter()
        .map(|&i| distance(samples[i].centre, samples[i].base))
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
    Centreline::new(street, points, half_width, ways.collect())
}

fn sample(spine: &Chain, partners: &[Chain], segment: usize, base: Coord<f64>) -> Sample {
    let along = direction(spine.points[segment], spine.points[segment + 1]);
    let mut ways = spine.ways[segment].clone();
    let (mut left, mut right) = ((0.0, base), (0.0, base));
    for partner in partners {
        if let Some(foot) = foot_beside(partner, base, along) {
            ways.extend(&partner.ways[foot.segment]);
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
        centre: (left.1 + right.1) / 2.0,
        is_between,
        ways,
    }
}

/// Moves the samples on single carriageways aside, where these begin as far as the centreline
/// before them is, and less and less over the next [`MAX_STREET_WIDTH`] metres.
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
            .map(|i| shift(&samples[start], &samples[i]));
        let after = (end < samples.len()).then(|| shift(&samples[end - 1], &samples[end]));
        let bases: Vec<Coord<f64>> = samples[start..end].iter().map(|s| s.base).collect();
        let along = measure(&bases);
        let all = along[along.len() - 1];
        let reach = if before.is_some() && after.is_some() {
            MAX_STREET_WIDTH.min(all.max(f64::MIN_POSITIVE))
        } else {
            MAX_STREET_WIDTH
        };
        let weight = |metres: f64| (1.0 - metres / reach).max(0.0);
        for (sample, at) in samples[start..end].iter_mut().zip(along) {
            let from_before = before.unwrap_or(Coord::zero()) * weight(at);
            let from_after = after.unwrap_or(Coord::zero()) * weight(all - at);
            sample.centre = sample.base + from_before + from_after;
        }
        start = end;
    }
}

/// From a single carriageway to the centreline next to it.
fn shift(single: &Sample, between: &Sample) -> Coord<f64> {
    // Where the spine steps across, it leaves out a segment and goes on from the other carriageway.
    let has_stepped = single.segment.abs_diff(between.segment) > 1;
    between.centre
        - if has_stepped {
            single.base
        } else {
            between.base
        }
}

// ---- centrelines and where they meet ---------------------------------------------------------

/// The single line that stands for a street, or for one of its separate pieces.
#[derive(Debug, Clone)]
pub(super) struct Centreline {
    pub street: StreetId,
    /// Metres in the network's plane; at least two points.
    pub points: Vec<Coord<f64>>,
    /// For each point, metres to the carriageways on either side; 0 on a single line.
    half_width: Vec<f64>,
    /// For each segment, the ways it follows.
    ways: Vec<BTreeSet<WayId>>,
    /// For each point, metres from the start.
    along: Vec<f64>,
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
        }
    }

    fn length(&self) -> f64 {
        self.along[self.along.len() - 1]
    }

    fn envelope(&self) -> AABB<[f64; 2]> {
        AABB::from_points(
            self.points
                .iter()
                .map(|c| [c.x, c.y])
                .collect::<Vec<_>>()
                .iter(),
        )
    }

    fn is_ring(&self) -> bool {
        self.points[0] == self.points[self.points.len() - 1]
    }

    /// Metres along the line of its two ends; a ring has none.
    fn ends(&self) -> Vec<f64> {
        if self.is_ring() {
            vec![]
        } else {
            vec![0.0, self.length()]
        }
    }

    /// The last segment that starts at or before `along` metres.
    fn segment_at(&self, along: f64) -> usize {
        let after = self.along.partition_point(|&a| a <= along);
        after.saturating_sub(1).min(self.ways.len() - 1)
    }

    fn point_at(&self, along: f64) -> Coord<f64> {
        let i = self.segment_at(along);
        let size = self.along[i + 1] - self.along[i];
        if along >= self.along[i + 1] {
            return self.points[i + 1];
        }
        self.points[i] + (self.points[i + 1] - self.points[i]) * ((along - self.along[i]) / size)
    }

    fn along_of(&self, foot: Foot) -> f64 {
        let at_end = foot.point == self.points[foot.segment + 1];
        if at_end {
            self.along[foot.segment + 1]
        } else {
            self.along[foot.segment] + foot.offset
        }
    }
}

/// A place on a centreline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub line: usize,
    /// Metres from the line's start.
    pub along: f64,
}

impl Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.line
            .cmp(&other.line)
            .then(self.along.total_cmp(&other.along))
    }
}

/// Two places, of which the first is the end of a line if they are not the same point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contact {
    pub a: Place,
    pub b: Place,
}

impl Contact {
    fn cmp(&self, other: &Self) -> Ordering {
        self.a.cmp(&other.a).then_with(|| self.b.cmp(&other.b))
    }
}

/// A segment's box, with the number of its line and its own.
type SegmentBox = GeomWithData<Rectangle<[f64; 2]>, (usize, usize)>;

fn contacts(lines: &[Centreline]) -> Vec<Contact> {
    let boxes = lines.iter().enumerate().flat_map(|(line, centreline)| {
        centreline
            .points
            .windows(2)
            .enumerate()
            .map(move |(segment, w)| {
                let corners = Rectangle::from_corners([w[0].x, w[0].y], [w[1].x, w[1].y]);
                GeomWithData::new(corners, (line, segment))
            })
    });
    let tree: RTree<SegmentBox> = RTree::bulk_load(boxes.collect());
    let mut contacts = crossings(lines, &tree);
    let mut by_lines: BTreeMap<(usize, usize), Vec<Contact>> = BTreeMap::new();
    for contact in &contacts {
        by_lines
            .entry((contact.a.line, contact.b.line))
            .or_default()
            .push(*contact);
    }
    let reaches = reaches(lines, &tree);
    contacts.extend(
        reaches
            .into_iter()
            .filter(|reach| !has_crossing_near(&by_lines, reach)),
    );
    contacts.sort_by(Contact::cmp);
    contacts.dedup();
    contacts
}

/// Where segments cross or touch exactly; sorted.
fn crossings(lines: &[Centreline], tree: &RTree<SegmentBox>) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for first in tree {
        let corners = first.geom();
        let envelope = AABB::from_corners(corners.lower(), corners.upper());
        for second in tree.locate_in_envelope_intersecting(envelope) {
            let (p, q) = (first.data, second.data);
            // Each pair once; neighbours on a line always meet.
            if p < q && (p.0 != q.0 || q.1 - p.1 > 1) {
                contacts.extend(meeting_places(lines, p, q));
            }
        }
    }
    contacts.sort_by(Contact::cmp);
    contacts
}

/// Where two segments (line, segment) meet: nowhere, in one point, or at the two ends of the part
/// that they share.
fn meeting_places(lines: &[Centreline], p: (usize, usize), q: (usize, usize)) -> Vec<Contact> {
    let segment = |(line, segment): (usize, usize)| {
        let points = &lines[line].points;
        geo::Line::new(points[segment], points[segment + 1])
    };
    let place = |(line, segment): (usize, usize), point: Coord<f64>| {
        let foot = foot_on_segment(&lines[line].points, segment, point);
        Place {
            line,
            along: lines[line].along_of(foot),
        }
    };
    let contact = |point| Contact {
        a: place(p, point),
        b: place(q, point),
    };
    match line_intersection(segment(p), segment(q)) {
        None => vec![],
        Some(LineIntersection::SinglePoint { intersection, .. }) => vec![contact(intersection)],
        Some(LineIntersection::Collinear {
            intersection: shared,
        }) => {
            vec![contact(shared.start), contact(shared.end)]
        }
    }
}

/// Ends of lines that stop within the width of another street, as a side street does that is drawn
/// up to the nearer carriageway.
fn reaches(lines: &[Centreline], tree: &RTree<SegmentBox>) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for (line, centreline) in lines.iter().enumerate() {
        for along in centreline.ends() {
            let end = centreline.point_at(along);
            let margin = Coord { x: 1.0, y: 1.0 } * (MAX_STREET_WIDTH / 2.0 + TOUCH);
            let (low, high) = (end - margin, end + margin);
            let around = AABB::from_corners([low.x, low.y], [high.x, high.y]);
            let mut nearest: BTreeMap<usize, Foot> = BTreeMap::new();
            let mut near: Vec<(usize, usize)> = tree
                .locate_in_envelope_intersecting(around)
                .map(|b| b.data)
                .collect();
            near.sort_unstable();
            for (other, segment) in near {
                let away = |i: usize| (lines[other].along[i] - along).abs();
                let is_own_end = away(segment).min(away(segment + 1)) <= MAX_STREET_WIDTH;
                if other == line && is_own_end {
                    continue;
                }
                let foot = foot_on_segment(&lines[other].points, segment, end);
                let best = nearest.entry(other).or_insert(foot);
                if foot.distance < best.distance {
                    *best = foot;
                }
            }
            for (other, foot) in nearest {
                let widths = &lines[other].half_width;
                let half_width = widths[foot.segment].max(widths[foot.segment + 1]);
                if foot.distance <= half_width + TOUCH {
                    let b = Place {
                        line: other,
                        along: lines[other].along_of(foot),
                    };
                    contacts.push(Contact {
                        a: Place { line, along },
                        b,
                    });
                }
            }
        }
    }
    contacts
}

/// Whether the two lines cross within the width of a street of where one reaches the other: then it
/// overshoots, and needs no link. The crossings are listed by their lines, the lower first.
fn has_crossing_near(crossings: &BTreeMap<(usize, usize), Vec<Contact>>, reach: &Contact) -> bool {
    let near = |p: Place, q: Place| (p.along - q.along).abs() <= MAX_STREET_WIDTH;
    let (low, high) = if reach.a.line <= reach.b.line {
        (reach.a, reach.b)
    } else {
        (reach.b, reach.a)
    };
    let crossings = crossings.get(&(low.line, high.line));
    crossings
        .into_iter()
        .flatten()
        .any(|c| near(c.a, low) && near(c.b, high))
}

// ---- the graph -------------------------------------------------------------------------------

/// What an edge follows.
#[derive(Debug, Clone)]
pub(super) enum Course {
    /// A street.
    Along {
        street: StreetId,
        /// In order from the edge's start.
        ways: Vec<WayId>,
    },
    /// Nothing: straight across from the end of one line to another.
    Across {
        /// The worse accuracy of the two lines that it joins, in metres.
        accuracy_m: f64,
    },
}

/// A part of a line between two nodes, or a bridge.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub nodes: [usize; 2],
    /// From the first node to the second, both included.
    pub points: Vec<Coord<f64>>,
    pub metres: f64,
    pub course: Course,
}

/// An edge in one direction: twice its index, plus one if it is walked backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Arc(usize);

impl Arc {
    pub fn both_ways(edge: usize) -> [Self; 2] {
        [Self(2 * edge), Self(2 * edge + 1)]
    }

    pub fn edge(self) -> usize {
        self.0 / 2
    }

    pub fn is_backward(self) -> bool {
        self.0 % 2 == 1
    }

    pub fn reversed(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// Centrelines cut into edges where they meet. Its edges are in an order that depends on geometry
/// alone.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub edges: Vec<Edge>,
    /// For each node, the arcs that leave it.
    pub leaving: Vec<Vec<Arc>>,
}

impl Graph {
    fn new(
        network: &Network,
        lines: &BTreeSet<usize>,
        contacts: &[Contact],
        bridges: &[Contact],
    ) -> Self {
        let mut places = Places::new(network, lines, contacts.iter().chain(bridges));
        for contact in contacts.iter().chain(bridges) {
            places.join_if_touching(contact);
        }
        let nodes = places.into_nodes();
        let mut graph = Self {
            edges: Vec::new(),
            leaving: vec![Vec::new(); nodes.points.len()],
        };
        for pair in nodes.places.windows(2) {
            if pair[0].line == pair[1].line {
                graph.add_part(network, &nodes, pair[0], pair[1]);
            }
        }
        for contact in contacts {
            let line = &network.centrelines[contact.a.line];
            let ways = &line.ways[line.segment_at(contact.a.along)];
            let ways = ways.iter().copied().collect();
            graph.add_straight(
                &nodes,
                contact,
                Course::Along {
                    street: line.street,
                    ways,
                },
            );
        }
        for bridge in bridges {
            let accuracy_m = network
                .accuracy_at(bridge.a)
                .max(network.accuracy_at(bridge.b));
            graph.add_straight(&nodes, bridge, Course::Across { accuracy_m });
        }
        graph
    }

    pub fn start(&self, arc: Arc) -> usize {
        self.edges[arc.edge()].nodes[usize::from(arc.is_backward())]
    }

    pub fn end(&self, arc: Arc) -> usize {
        self.start(arc.reversed())
    }

    /// The points of an arc in its direction.
    pub fn points(&self, arc: Arc) -> Vec<Coord<f64>> {
        let mut points = self.edges[arc.edge()].points.clone();
        if arc.is_backward() {
            points.reverse();
        }
        points
    }

    fn add(&mut self, nodes: [usize; 2], points: Vec<Coord<f64>>, course: Course) {
        let [forward, backward] = Arc::both_ways(self.edges.len());
        self.leaving[nodes[0]].push(forward);
        self.leaving[nodes[1]].push(backward);
        let metres = length(&points);
        self.edges.push(Edge {
            nodes,
            points,
            metres,
            course,
        });
    }

    /// The part of a line between two places that follow each other on it.
    fn add_part(&mut self, network: &Network, nodes: &Nodes, from: Place, to: Place) {
        if to.along - from.along <= TOUCH {
            return;
        }
        let line = &network.centrelines[from.line];
        let (a, b) = (nodes.node(from), nodes.node(to));
        // A node stands for places up to TOUCH apart, so a vertex as near as that could lie behind
        // it.
        let inner = (0..line.points.len())
            .filter(|&i| from.along + TOUCH < line.along[i] && line.along[i] + TOUCH < to.along)
            .map(|i| line.points[i]);
        let points = std::iter::once(nodes.points[a])
            .chain(inner)
            .chain([nodes.points[b]])
            .collect();
        let last = line
            .along
            .partition_point(|&along| along < to.along)
            .min(line.ways.len());
        let mut ways = Vec::new();
        for &way in line.ways[line.segment_at(from.along)..last]
            .iter()
            .flatten()
        {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        self.add(
            [a, b],
            points,
            Course::Along {
                street: line.street,
                ways,
            },
        );
    }

    /// The straight edge between the two places of a contact that are not one point.
    fn add_straight(&mut self, nodes: &Nodes, contact: &Contact, course: Course) {
        let (a, b) = (nodes.node(contact.a), nodes.node(contact.b));
        if a != b {
            self.add([a, b], vec![nodes.points[a], nodes.points[b]], course);
        }
    }
}

/// Places on lines, in groups that are one point.
struct Places {
    /// Without repetition.
    sorted: Vec<Place>,
    points: Vec<Coord<f64>>,
    /// For each place whether its line ends there.
    is_end: Vec<bool>,
    /// For each place an earlier place of its group, or itself if it is the first.
    group: Vec<usize>,
}

impl Places {
    /// All ends of lines and all places of contacts; those that touch along a line are grouped.
    fn new<'a>(
        network: &Network,
        lines: &BTreeSet<usize>,
        contacts: impl Iterator<Item = &'a Contact>,
    ) -> Self {
        let mut places: Vec<Place> = contacts.flat_map(|c| [c.a, c.b]).collect();
        for &line in lines {
            let end = network.centrelines[line].length();
            places.extend([0.0, end].map(|along| Place { line, along }));
        }
        places.sort_by(Place::cmp);
        places.dedup();
        let point = |p: &Place| network.centrelines[p.line].point_at(p.along);
        let points = places.iter().map(point).collect();
        let is_end = |p: &Place| network.centrelines[p.line].ends().contains(&p.along);
        let mut grouped = Self {
            is_end: places.iter().map(is_end).collect(),
            group: (0..places.len()).collect(),
            sorted: places,
            points,
        };
        for i in 1..grouped.sorted.len() {
            let (p, q) = (grouped.sorted[i - 1], grouped.sorted[i]);
            if p.line == q.line && q.along - p.along <= TOUCH {
                grouped.join(i - 1, i);
            }
        }
        grouped
    }

    fn first_of_group(&self, mut place: usize) -> usize {
        while self.group[place] != place {
            place = self.group[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first_of_group(a), self.first_of_group(b));
        self.group[a.max(b)] = a.min(b);
    }

    fn join_if_touching(&mut self, contact: &Contact) {
        let (a, b) = (
            position(&self.sorted, contact.a),
            position(&self.sorted, contact.b),
        );
        if distance(self.points[a], self.points[b]) <= TOUCH {
            self.join(a, b);
        }
    }

    /// Makes a node of each group, at the point of its first place that is not the end of a line:
    /// a line that ends there is drawn to the one that passes, not the other way round.
    fn into_nodes(self) -> Nodes {
        let mut points = Vec::new();
        let mut is_passed = Vec::new();
        let mut numbers: Vec<usize> = Vec::with_capacity(self.sorted.len());
        for place in 0..self.sorted.len() {
            let first = self.first_of_group(place);
            let passes = !self.is_end[place];
            if first == place {
                numbers.push(points.len());
                points.push(self.points[place]);
                is_passed.push(passes);
            } else {
                let node = numbers[first];
                numbers.push(node);
                if passes && !is_passed[node] {
                    points[node] = self.points[place];
                    is_passed[node] = true;
                }
            }
        }
        Nodes {
            places: self.sorted,
            numbers,
            points,
        }
    }
}

fn position(places: &[Place], place: Place) -> usize {
    places.partition_point(|p| p.cmp(&place).is_lt())
}

/// The nodes of a graph.
struct Nodes {
    /// Sorted.
    places: Vec<Place>,
    /// For each place the number of its node.
    numbers: Vec<usize>,
    /// For each node.
    points: Vec<Coord<f64>>,
}

impl Nodes {
    fn node(&self, place: Place) -> usize {
        self.numbers[position(&self.places, place)]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Where the constructed networks of the tests lie, in degrees.
    pub(in super::super) fn test_frame() -> Frame {
        Frame::at(Coord { x: 117.0, y: 39.0 })
    }

    /// A line through points in metres east and north of one place.
    pub(in super::super) fn line(id: &str, name: &str, points: &[(f64, f64)]) -> Line {
        let degrees = |&(x, y): &(f64, f64)| test_frame().to_degrees(Coord { x, y });
        Line {
            id: id.into(),
            name: name.into(),
            aliases: vec![],
            kind: LineKind::Street,
            accuracy_m: 10.0,
            coords: points.iter().map(degrees).collect(),
        }
    }

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

    #[test]
    fn a_side_street_meets_the_centreline_across_a_carriageway() {
        let lines = [
            line("n", "甲路", &[(0.0, 10.0), (500.0, 10.0), (1000.0, 10.0)]),
            line("s", "甲路", &[(0.0, -10.0), (1000.0, -10.0)]),
            line("t", "乙路", &[(500.0, 10.0), (500.0, 400.0)]),
            line("u", "丙路", &[(700.0, 15.0), (700.0, 400.0)]),
        ];
        let network = Network::new(&lines);
        let name = |p: Place| {
            network.streets[network.centrelines[p.line].street]
                .name
                .as_str()
        };
        let meet: Vec<_> = network
            .contacts
            .iter()
            .map(|c| (name(c.a), name(c.b)))
            .collect();
        assert_eq!(meet, [("乙路", "甲路")]);
    }

    #[test]
    fn lines_without_shape_are_left_out() {
        let lines = [
            line("a", "甲路", &[(0.0, 0.0), (0.0, 0.0)]),
            line("b", "乙路", &[(0.0, 0.0)]),
            line("c", "丙路", &[]),
            line("d", "丁路", &[(0.0, f64::NAN), (1.0, 1.0)]),
        ];
        assert!(centrelines(&lines).is_empty());
    }

    #[test]
    fn a_ring_street_is_cut_where_others_meet_it() {
        let ring = [
            (0.0, 0.0),
            (400.0, 0.0),
            (400.0, 400.0),
            (0.0, 400.0),
            (0.0, 0.0),
        ];
        let lines = [
            line("r", "环路", &ring),
            line("a", "甲路", &[(200.0, -100.0), (200.0, 500.0)]),
        ];
        let network = Network::new(&lines);
        let graph = network.graph(&BTreeSet::from([0, 1]), 0.0, 0.0);
        let metres: f64 = graph.edges.iter().map(|e| e.metres).sum();
        assert!((metres - 2200.0).abs() < 0.1, "{metres}");
        // Two halves of the ring, of which one is cut where the ring begins; three parts of 甲路.
        assert_eq!(graph.edges.len(), 6);
    }

    #[test]
    fn names_are_found_exactly_or_by_the_only_alias() {
        let mut a = line("a", "甲路", &[(0.0, 0.0), (9.0, 0.0)]);
        let mut b = line("b", "乙路", &[(0.0, 90.0), (9.0, 90.0)]);
        a.aliases = vec!["甲道".into(), "老街".into(), "乙路".into()];
        b.aliases = vec!["老街".into()];
        let network = Network::new(&[a, b]);
        let named = |name| match network.look_up(name) {
            Lookup::Found(street) => network.streets[street].name.clone(),
            other => format!("{other:?}"),
        };
        assert_eq!(named("甲道"), "甲路");
        assert_eq!(named("乙路"), "乙路");
        assert_eq!(network.look_up("甲"), Lookup::Unknown);
        assert!(matches!(network.look_up("老街"), Lookup::Several(both) if both.len() == 2));
    }
}
