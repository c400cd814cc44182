//! Sides to a polygon: the cheapest walk around the area, checked and accounted for.
//!
//! The outline is the cheapest closed walk that uses every street of the north side, then of the
//! east, the south and the west side. A metre along a street of the side costs 1, along another
//! street [`VIA_COST`], straight across a gap [`BRIDGE_COST`]; so a walk leaves the named streets
//! only where these leave a gap, and cuts off what overshoots a corner. From each street segment
//! with which the north side can begin the cheapest walk is found; the cheapest of them that makes a
//! sound polygon within the limits below is the outcome. If none does, the reason is what is wrong
//! with the cheapest.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::fmt;

use geo::{Coord, LineString, Polygon, SimplifyIdx, Validation};
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::network::{Arc, Course, Graph, Lookup, Network, StreetId, distance, length};
use super::text::{Direction, Sentence, TextError};

/// The longest straight bridge across a gap, in metres.
pub const MAX_BRIDGE: f64 = 250.0;

/// The most that all straight bridges may make up of the outline.
pub const MAX_BRIDGE_SHARE: f64 = 0.10;

/// The longest way without interruption along streets that the side does not name, in metres.
pub const MAX_VIA: f64 = 500.0;

/// The most that bridges and ways along other streets may together make up of the outline.
pub const MAX_OFF_SHARE: f64 = 0.20;

/// The most states that one search may visit, so that a compile takes bounded time. The three zones
/// of the district's plan take a few thousand each.
pub const MAX_STATES: usize = 300_000;

/// A street counts as used when the outline follows it for more than this, in metres.
pub const MIN_USE: f64 = 1.0;

/// What a metre along a street that the side does not name costs.
pub const VIA_COST: f64 = 4.0;

/// What a metre straight across costs.
pub const BRIDGE_COST: f64 = 10.0;

/// How far on either side of a corner its angle is looked at, in metres: further than carriageways
/// and short links confuse it.
const CORNER_REACH: f64 = 30.0;

/// A vertex is left out if its stretch runs straight on through it to within this, in metres.
const STRAIGHT: f64 = 0.5;

/// What becomes of a boundary sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// One polygon, every metre of whose outline is accounted for.
    Compiled(Compiled),
    /// No polygon, and why.
    Unresolved(Refusal),
}

/// A polygon made from a boundary sentence, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compiled {
    /// The closed outline in degrees of longitude and latitude, rounded to 7 decimals;
    /// counter-clockwise, as RFC 7946 has exterior rings. It starts where the north side begins, at
    /// its western end, and so runs along the west side first. Written as `[[lon, lat], …]`.
    #[serde(serialize_with = "as_pairs")]
    pub ring: Vec<Coord<f64>>,
    /// What the outline follows, in the order of the ring and without a gap: each stretch starts
    /// at the vertex where the one before ends.
    #[serde(rename = "sides")]
    pub stretches: Vec<Stretch>,
    /// How far off the outline may be, in metres: as far as the worst of its stretches.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
}

impl Compiled {
    /// Whether some of the outline does not follow a street that the sentence names.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.stretches.iter().any(|s| s.kind != StretchKind::Street)
    }
}

/// What one stretch of an outline follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StretchKind {
    /// A street that the sentence names for this side.
    Street,
    /// Another street or river, because the named ones leave a gap.
    Via,
    /// Nothing: it goes straight across a gap.
    Bridge,
}

/// A part of an outline that follows one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stretch {
    /// The side it belongs to.
    pub side: Direction,
    /// What it follows.
    pub kind: StretchKind,
    /// The name of the street in the data; none for a bridge.
    pub street: Option<String>,
    /// Index of its first vertex in the ring.
    pub from: usize,
    /// Index of its last vertex in the ring.
    pub to: usize,
    /// Its length in metres, rounded to 0.1.
    #[serde(serialize_with = "as_number")]
    pub metres: f64,
    /// How far off it may be, in metres: the worst of its ways. A bridge may be off by as much as it
    /// is long or as the lines that it joins may be, rounded up to whole metres.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
    /// Ids of the lines it follows, in the order in which they are met; none for a bridge.
    pub ways: Vec<String>,
}

fn as_pairs<S: Serializer>(ring: &[Coord<f64>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ring.iter().map(|c| [c.x, c.y]))
}

/// Writes 150, not 150.0: both are the same JSON number, and only one is what a person writes.
#[allow(clippy::trivially_copy_pass_by_ref, clippy::cast_possible_truncation)] // serde's signature; checked to be whole and small
fn as_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// Why there is no polygon. Reads as plain Chinese.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{}", join(.reasons, "；"))]
pub struct Refusal {
    reasons: Vec<Reason>,
}

impl Refusal {
    /// The reasons, at least one.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self {
            reasons: vec![reason],
        }
    }
}

/// One reason for which there is no polygon. Lengths are in metres, shares in parts of the outline.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Reason {
    /// The text is not read as a boundary sentence.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The sentence names lines that are not in the data.
    #[error("数据中没有：{}", .0.join("、"))]
    Unknown(Vec<String>),
    /// A name is an alias of several streets.
    #[error("“{name}”可以指{}，无法确定是哪一条", .streets.join("、"))]
    Several {
        /// As the sentence has it.
        name: String,
        /// The names of the streets in the data.
        streets: Vec<String>,
    },
    /// Two streets that should meet do not, and no way leads from one to the other.
    #[error("{from}与{to}接不上：{}", why_apart(*.metres))]
    NeverMeet {
        /// A street of one side.
        from: String,
        /// A street of the next, or of the same side.
        to: String,
        /// The shortest distance between the two.
        metres: f64,
    },
    /// Neighbouring sides reach each other, and yet there is no way around.
    #[error("沿这些线围不成一圈：顺时针走到“{side}至”一边，接不上{}", .missing.join("、"))]
    NoRing {
        /// The last side that could be reached, clockwise from north.
        side: Direction,
        /// The streets of it that could not, or those of the next.
        missing: Vec<String>,
    },
    /// The search visits more than [`MAX_STATES`].
    #[error("四至所列的线太多、太密，无法在限定时间内求出")]
    TooComplex,
    /// Sides do not lie where the sentence says.
    #[error("方位矛盾：{}", join(.0, "，"))]
    Contradictory(Vec<Misplaced>),
    /// The outline crosses or touches itself.
    #[error("围出的边界与自身相交或重叠")]
    NotSimple,
    /// The way around a gap is longer than [`MAX_VIA`].
    #[error(
        "{from}与{to}之间要沿{}走 {metres:.0} 米，最长 {MAX_VIA:.0} 米",
        .along.join("、")
    )]
    ViaTooLong {
        /// The named street before the gap.
        from: String,
        /// The named street after it.
        to: String,
        /// The streets followed instead.
        along: Vec<String>,
        /// Their length.
        metres: f64,
    },
    /// Straight bridges make up more than [`MAX_BRIDGE_SHARE`].
    #[error(
        "直线连接共 {metres:.0} 米，占边界的 {:.1}%，最多 {:.0}%：{}",
        .share * 100.0,
        MAX_BRIDGE_SHARE * 100.0,
        join(.gaps, "，")
    )]
    TooMuchBridged {
        /// All bridges together.
        metres: f64,
        /// Of the outline.
        share: f64,
        /// Each of them.
        gaps: Vec<Gap>,
    },
    /// Bridges and ways along other streets make up more than [`MAX_OFF_SHARE`].
    #[error(
        "不沿所列各线的边界共 {metres:.0} 米，占 {:.1}%，最多 {:.0}%：{}",
        .share * 100.0,
        MAX_OFF_SHARE * 100.0,
        join(.gaps, "，")
    )]
    TooMuchElsewhere {
        /// All of it together.
        metres: f64,
        /// Of the outline.
        share: f64,
        /// Each gap between named streets.
        gaps: Vec<Gap>,
    },
}

fn why_apart(metres: f64) -> String {
    if metres > MAX_BRIDGE {
        format!("最近处相距 {metres:.0} 米，直线连接最长 {MAX_BRIDGE:.0} 米")
    } else {
        format!("最近处相距 {metres:.0} 米，但不在线的端头，不作直线连接")
    }
}

fn join<T: fmt::Display>(items: &[T], separator: &str) -> String {
    items
        .iter()
        .map(T::to_string)
        .collect::<Vec<_>>()
        .join(separator)
}

/// A side that does not lie where the sentence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// Where the sentence has it.
    pub side: Direction,
    /// The streets of the side.
    pub streets: Vec<String>,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "“{}至”的{}不在{}面",
            self.side,
            self.streets.join("、"),
            self.side
        )
    }
}

/// A part of the outline between two named streets that follows neither.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The street before it.
    pub from: String,
    /// The street after it.
    pub to: String,
    /// Its length, in metres.
    pub metres: f64,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}与{}之间 {:.0} 米", self.from, self.to, self.metres)
    }
}

impl Network {
    /// Compiles a sentence along the lines of this network.
    ///
    /// The same sentence on the same lines gives the same outcome, bit for bit.
    #[must_use]
    pub fn compile(&self, sentence: &Sentence) -> Outcome {
        match self.try_compile(sentence) {
            Ok(compiled) => Outcome::Compiled(compiled),
            Err(refusal) => Outcome::Unresolved(refusal),
        }
    }

    fn try_compile(&self, sentence: &Sentence) -> Result<Compiled, Refusal> {
        let demand = Demand::of(self, sentence)?;
        let graph = self.graph(&demand.all(), MAX_VIA, MAX_BRIDGE);
        let mut search = Search::new(&graph, &demand);
        let mut refusal = None;
        for walk in search.walks()? {
            match Outline::new(self, &graph, walk).compile(&demand) {
                Ok(compiled) => return Ok(compiled),
                Err(reason) => {
                    refusal.get_or_insert(reason);
                }
            }
        }
        // That two streets do not meet says more than what is wrong with a walk that avoids them.
        let apart = streets_apart(self, &graph, &demand);
        if apart.is_empty() {
            Err(refusal.unwrap_or_else(|| search.stuck(self).into()))
        } else {
            Err(Refusal { reasons: apart })
        }
    }
}

// ---- what is asked for -----------------------------------------------------------------------

/// The streets of each side, clockwise from north, without repetition.
struct Demand {
    sides: [Vec<StreetId>; 4],
}

/// A set of streets of one side: bit n for its nth street.
type Used = u8;
const _: () = assert!(super::text::MAX_NAMES <= Used::BITS as usize);

impl Demand {
    /// Finds the streets of the sentence, or reports all names for which there is none.
    fn of(network: &Network, sentence: &Sentence) -> Result<Self, Refusal> {
        let mut sides: [Vec<StreetId>; 4] = Default::default();
        let (mut unknown, mut reasons) = (Vec::new(), Vec::new());
        for side in sentence.sides() {
            let streets = &mut sides[side.direction.index()];
            for name in &side.names {
                match network.look_up(&name.text) {
                    Lookup::Found(street) if streets.contains(&street) => {}
                    Lookup::Found(street) => streets.push(street),
                    Lookup::Unknown if unknown.contains(&name.text) => {}
                    Lookup::Unknown => unknown.push(name.text.clone()),
                    Lookup::Several(streets) => {
                        reasons.push(Reason::Several {
                            name: name.text.clone(),
                            streets,
                        });
                    }
                }
            }
            // The order within a side is free, so it must not show in the outcome.
            streets.sort_unstable();
        }
        if !unknown.is_empty() {
            reasons.insert(0, Reason::Unknown(unknown));
        }
        if reasons.is_empty() {
            Ok(Self { sides })
        } else {
            Err(Refusal { reasons })
        }
    }

    fn all(&self) -> BTreeSet<StreetId> {
        self.sides.iter().flatten().copied().collect()
    }

    fn names(&self, street: StreetId) -> bool {
        self.sides.iter().any(|side| side.contains(&street))
    }

    /// The street's place in a side, as a set of one.
    fn bit(&self, side: usize, street: StreetId) -> Option<Used> {
        let n = self.sides[side].iter().position(|&s| s == street)?;
        Some(1 << n)
    }

    fn is_complete(&self, side: usize, used: Used) -> bool {
        usize::try_from(used.count_ones()).is_ok_and(|n| n == self.sides[side].len())
    }
}

// ---- the search ------------------------------------------------------------------------------

/// A walk in progress: the arc it has just taken, the side it is on, and which of that side's
/// streets it has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    arc: Arc,
    side: usize,
    used: Used,
}

/// One arc of a walk, and what it is to the side it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    arc: Arc,
    side: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Street(StreetId),
    Via(StreetId),
    Bridge,
}

/// A closed walk that begins with the first arc along the north side.
struct Walk {
    cost: f64,
    steps: Vec<Step>,
}

/// For each state that was reached the least cost, the state before it, and what led on from there.
type Best = HashMap<State, (f64, Option<(State, Kind)>)>;

/// A cost in a heap: finite, so in total order.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost(f64);

impl Eq for Cost {}

impl PartialOrd for Cost {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cost {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The search for walks around one area.
struct Search<'a> {
    graph: &'a Graph,
    demand: &'a Demand,
    /// How many more states may be visited.
    left: usize,
    /// The last side reached, and the most of its streets that were used.
    farthest: (usize, Used),
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph, demand: &'a Demand) -> Self {
        let (left, farthest) = (MAX_STATES, (0, 0));
        Self {
            graph,
            demand,
            left,
            farthest,
        }
    }

    /// The cheapest closed walk from each arc along the north side, cheapest first.
    fn walks(&mut self) -> Result<Vec<Walk>, Reason> {
        let mut walks = Vec::new();
        for arc in (0..self.graph.edges.len()).flat_map(Arc::both_ways) {
            walks.extend(self.cheapest_walk(arc));
            if self.left == 0 {
                return Err(Reason::TooComplex);
            }
        }
        walks.sort_by(|a, b| {
            a.cost
                .total_cmp(&b.cost)
                .then_with(|| a.steps.cmp(&b.steps))
        });
        Ok(walks)
    }

    /// Dijkstra's algorithm over states; none if `first` is not along the north side, if it leads
    /// nowhere, or if no states are left to visit.
    fn cheapest_walk(&mut self, first: Arc) -> Option<Walk> {
        let Course::Along { street, .. } = self.graph.edges[first.edge()].course else {
            return None;
        };
        let (start, cost, kind) = self.along_named(0, 0, first, street)?;
        let mut best: Best = HashMap::from([(start, (cost, None))]);
        let mut heap = BinaryHeap::from([Reverse((Cost(cost), start))]);
        while let Some(Reverse((Cost(cost), state))) = heap.pop() {
            if cost > best[&state].0 {
                continue;
            }
            self.visit(state)?;
            if self.closes(state, first) {
                let step = Step {
                    arc: first,
                    side: 0,
                    kind,
                };
                return Some(Walk {
                    cost,
                    steps: trace(&best, state, step),
                });
            }
            for (next, added, kind) in self.moves(state) {
                let cost = cost + added;
                if best.get(&next).is_none_or(|known| cost < known.0) {
                    best.insert(next, (cost, Some((state, kind))));
                    heap.push(Reverse((Cost(cost), next)));
                }
            }
        }
        None
    }

    /// Counts a state; none if there have been too many.
    fn visit(&mut self, State { side, used, .. }: State) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        let rank = |(side, used): (usize, Used)| (side, used.count_ones(), Reverse(used));
        self.farthest = std::cmp::max_by_key(self.farthest, (side, used), |&f| rank(f));
        Some(())
    }

    fn closes(&self, state: State, first: Arc) -> bool {
        self.graph.end(state.arc) == self.graph.start(first)
            && state.side == 3
            && self.demand.is_complete(3, state.used)
            && state.arc != first.reversed()
    }

    /// What can follow: the next state, what it costs, and what it is.
    fn moves(&self, state: State) -> Vec<(State, f64, Kind)> {
        let mut moves = Vec::new();
        let course = |arc: Arc| &self.graph.edges[arc.edge()].course;
        let is_bridge = |arc: Arc| matches!(course(arc), Course::Across { .. });
        for &arc in &self.graph.leaving[self.graph.end(state.arc)] {
            // Turning back on the spot would make a spike, and two bridges in a row one that is
            // too long.
            if arc == state.arc.reversed() || (is_bridge(arc) && is_bridge(state.arc)) {
                continue;
            }
            let metres = self.graph.edges[arc.edge()].metres;
            let onward = State { arc, ..state };
            let Course::Along { street, .. } = *course(arc) else {
                moves.push((onward, BRIDGE_COST * metres, Kind::Bridge));
                continue;
            };
            if let Some(on) = self.along_named(state.side, state.used, arc, street) {
                moves.push(on);
            } else if !self.demand.names(street) {
                moves.push((onward, VIA_COST * metres, Kind::Via(street)));
            }
            if state.side < 3 && self.demand.is_complete(state.side, state.used) {
                moves.extend(self.along_named(state.side + 1, 0, arc, street));
            }
        }
        moves
    }

    /// The move along a street, if the side names it.
    fn along_named(
        &self,
        side: usize,
        used: Used,
        arc: Arc,
        street: StreetId,
    ) -> Option<(State, f64, Kind)> {
        let bit = self.demand.bit(side, street)?;
        let metres = self.graph.edges[arc.edge()].metres;
        let used = if metres > MIN_USE { used | bit } else { used };
        Some((State { arc, side, used }, metres, Kind::Street(street)))
    }

    /// Where the search got stuck if it found no walk.
    fn stuck(&self, network: &Network) -> Reason {
        let (side, used) = self.farthest;
        let this = &self.demand.sides[side];
        let missing: Vec<StreetId> = if self.demand.is_complete(side, used) {
            self.demand.sides[(side + 1) % 4].clone()
        } else {
            let unused = |&n: &usize| used & (1 << n) == 0;
            (0..this.len()).filter(unused).map(|n| this[n]).collect()
        };
        let name = |street: &StreetId| network.streets[*street].name.clone();
        Reason::NoRing {
            side: Direction::CLOCKWISE[side],
            missing: missing.iter().map(name).collect(),
        }
    }
}

/// The steps that led to `last`.
fn trace(best: &Best, last: State, first: Step) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut state = last;
    while let (_, Some((before, kind))) = best[&state] {
        steps.push(Step {
            arc: state.arc,
            side: state.side,
            kind,
        });
        state = before;
    }
    steps.push(first);
    steps.reverse();
    steps
}

/// Which streets keep the sides from closing.
fn streets_apart(network: &Network, graph: &Graph, demand: &Demand) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for side in 0..4 {
        let (this, next) = (&demand.sides[side], &demand.sides[(side + 1) % 4]);
        let before = &demand.sides[(side + 3) % 4];
        reasons.extend(never_meet(network, graph, demand, this, next));
        for street in this {
            let others: Vec<StreetId> = this
                .iter()
                .chain(next)
                .chain(before)
                .copied()
                .filter(|s| s != street)
                .collect();
            if this.len() > 1 {
                reasons.extend(never_meet(network, graph, demand, &[*street], &others));
            }
        }
    }
    reasons.dedup();
    reasons
}

/// The nearest two of two groups of streets, if no way leads from one group to the other without
/// walking along a third named street.
fn never_meet(
    network: &Network,
    graph: &Graph,
    demand: &Demand,
    from: &[StreetId],
    to: &[StreetId],
) -> Option<Reason> {
    if from.iter().any(|street| to.contains(street)) || reaches(graph, demand, from, to) {
        return None;
    }
    let pairs = from.iter().flat_map(|&a| to.iter().map(move |&b| (a, b)));
    let (metres, a, b) = pairs
        .map(|(a, b)| (network.distance_between(a, b), a, b))
        .min_by(|p, q| p.0.total_cmp(&q.0))?;
    let name = |street: StreetId| network.streets[street].name.clone();
    Some(Reason::NeverMeet {
        from: name(a),
        to: name(b),
        metres,
    })
}

fn reaches(graph: &Graph, demand: &Demand, from: &[StreetId], to: &[StreetId]) -> bool {
    let named = demand.all();
    let street_of = |arc: Arc| match graph.edges[arc.edge()].course {
        Course::Along { street, .. } => Some(street),
        Course::Across { .. } => None,
    };
    let mut seen = vec![false; graph.leaving.len()];
    let mut open: Vec<usize> = (0..graph.leaving.len())
        .filter(|&n| {
            graph.leaving[n]
                .iter()
                .any(|&a| street_of(a).is_some_and(|s| from.contains(&s)))
        })
        .collect();
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        for &arc in &graph.leaving[node] {
            match street_of(arc) {
                Some(street) if to.contains(&street) => return true,
                Some(street) if named.contains(&street) => {}
                _ => open.push(graph.end(arc)),
            }
        }
    }
    false
}

// ---- the outline -----------------------------------------------------------------------------

/// A closed walk as geometry, clockwise if the sentence is sound, from the north-west corner.
struct Outline<'a> {
    network: &'a Network,
    graph: &'a Graph,
    steps: Vec<Step>,
}

impl<'a> Outline<'a> {
    fn new(network: &'a Network, graph: &'a Graph, walk: Walk) -> Self {
        let mut outline = Self {
            network,
            graph,
            steps: walk.steps,
        };
        outline.place_corners();
        let steps = &mut outline.steps;
        let before = |i: usize| if i == 0 { steps.len() - 1 } else { i - 1 };
        let corner = (0..steps.len()).find(|&i| steps[i].side == 0 && steps[before(i)].side != 0);
        steps.rotate_left(corner.unwrap_or(0));
        outline
    }

    /// Between the streets of two sides there may be other streets and bridges; the corner is where
    /// the outline turns most sharply, and what lies before it belongs to the side before.
    fn place_corners(&mut self) {
        let path = Path::new(self.steps.iter().map(|s| self.graph.points(s.arc)));
        let is_street = |step: &Step| matches!(step.kind, Kind::Street(_));
        let count = self.steps.len();
        let mut i = 0;
        while i < count {
            if is_street(&self.steps[i]) {
                i += 1;
                continue;
            }
            // The walk begins along a street, so there is a step before, and the gap does not run
            // past the end of the walk.
            let end = (i..count)
                .find(|&j| is_street(&self.steps[j]))
                .unwrap_or(count);
            let (side, next) = (self.steps[i - 1].side, self.steps[end % count].side);
            if side != next {
                let turn = |joint: &usize| path.turn_at(path.joints[*joint]);
                // Of equal turns the first.
                let corner = (i..=end).rev().max_by(|a, b| turn(a).total_cmp(&turn(b)));
                let corner = corner.unwrap_or(end);
                for (j, step) in self.steps.iter_mut().enumerate().take(end).skip(i) {
                    step.side = if j < corner { side } else { next };
                }
            }
            i = end;
        }
    }

    fn compile(&self, demand: &Demand) -> Result<Compiled, Refusal> {
        self.check_directions(demand)?;
        let compiled = self.with_evidence();
        let polygon = Polygon::new(LineString::new(compiled.ring.clone()), vec![]);
        if compiled.ring.len() < 4 || !polygon.is_valid() {
            return Err(Reason::NotSimple.into());
        }
        check_limits(&compiled)?;
        Ok(compiled)
    }

    /// Each side's middle must lie on its own side of the polygon's centroid, and the walk must run
    /// clockwise.
    fn check_directions(&self, demand: &Demand) -> Result<(), Refusal> {
        let path = Path::new(self.steps.iter().map(|s| self.graph.points(s.arc)));
        let (area, centroid) = area_and_centroid(&path.points);
        let misplaced: Vec<Misplaced> = Direction::CLOCKWISE
            .into_iter()
            .filter(|&side| {
                let middle = self.middle_of_side(side.index());
                let inside = match side {
                    Direction::North => centroid.y - middle.y,
                    Direction::East => centroid.x - middle.x,
                    Direction::South => middle.y - centroid.y,
                    Direction::West => middle.x - centroid.x,
                };
                inside >= 0.0
            })
            .map(|side| {
                let name = |&street: &StreetId| self.network.streets[street].name.clone();
                Misplaced {
                    side,
                    streets: demand.sides[side.index()].iter().map(name).collect(),
                }
            })
            .collect();
        if !misplaced.is_empty() {
            return Err(Reason::Contradictory(misplaced).into());
        }
        // With every side in its place only an outline that crosses itself runs the other way.
        if area >= 0.0 {
            return Err(Reason::NotSimple.into());
        }
        Ok(())
    }

    /// The mean of all points of a side.
    fn middle_of_side(&self, side: usize) -> Coord<f64> {
        let (mut sum, mut metres) = (Coord::zero(), 0.0);
        for step in self.steps.iter().filter(|s| s.side == side) {
            for pair in self.graph.points(step.arc).windows(2) {
                let long = distance(pair[0], pair[1]);
                sum = sum + (pair[0] + pair[1]) / 2.0 * long;
                metres += long;
            }
        }
        sum / metres.max(f64::MIN_POSITIVE)
    }

    /// Turns the walk around and describes what it follows.
    fn with_evidence(&self) -> Compiled {
        let backwards: Vec<Step> = self
            .steps
            .iter()
            .rev()
            .map(|s| Step {
                arc: s.arc.reversed(),
                ..*s
            })
            .collect();
        let mut ring: Vec<Coord<f64>> = Vec::new();
        let mut stretches = Vec::new();
        for steps in backwards.chunk_by(|a, b| (a.side, a.kind) == (b.side, b.kind)) {
            let path = Path::new(steps.iter().map(|s| self.graph.points(s.arc)));
            let from = ring.len().saturating_sub(1);
            for i in LineString::new(path.points.clone()).simplify_idx(STRAIGHT) {
                let point = rounded(self.network.frame.to_degrees(path.points[i]));
                if ring.last() != Some(&point) {
                    ring.push(point);
                }
            }
            let to = ring.len() - 1;
            if from < to {
                stretches.push(self.stretch(steps, from, &ring[from..]));
            }
        }
        let accuracy_m = stretches.iter().map(|s| s.accuracy_m).fold(0.0, f64::max);
        Compiled {
            ring,
            stretches,
            accuracy_m,
        }
    }

    /// The evidence for a run of steps of one side and kind, which became `points` of the ring.
    fn stretch(&self, steps: &[Step], from: usize, points: &[Coord<f64>]) -> Stretch {
        let (kind, street) = match steps[0].kind {
            Kind::Street(street) => (StretchKind::Street, Some(street)),
            Kind::Via(street) => (StretchKind::Via, Some(street)),
            Kind::Bridge => (StretchKind::Bridge, None),
        };
        let mut ways = Vec::new();
        let mut accuracy_m: f64 = 0.0;
        for step in steps {
            let edge = &self.graph.edges[step.arc.edge()];
            match &edge.course {
                Course::Along { ways: along, .. } => {
                    accuracy_m = accuracy_m.max(self.network.worst_accuracy(along));
                    let mut along = along.clone();
                    if step.arc.is_backward() {
                        along.reverse();
                    }
                    for way in along {
                        if !ways.contains(&way) {
                            ways.push(way);
                        }
                    }
                }
                Course::Across {
                    accuracy_m: joined, ..
                } => {
                    accuracy_m = accuracy_m.max(edge.metres.max(*joined).ceil());
                }
            }
        }
        let plane: Vec<Coord<f64>> = points
            .iter()
            .map(|&c| self.network.frame.to_plane(c))
            .collect();
        Stretch {
            side: Direction::CLOCKWISE[steps[0].side],
            kind,
            street: street.map(|s| self.network.streets[s].name.clone()),
            from,
            to: from + points.len() - 1,
            metres: (length(&plane) * 10.0).round() / 10.0,
            accuracy_m,
            ways: ways
                .into_iter()
                .map(|way| self.network.ways[way].id.clone())
                .collect(),
        }
    }
}

/// Degrees rounded to 7 decimals, about 1 cm.
fn rounded(c: Coord<f64>) -> Coord<f64> {
    let round = |v: f64| (v * 1e7).round() / 1e7;
    Coord {
        x: round(c.x),
        y: round(c.y),
    }
}

/// Points in the plane, and how far along each part ends.
struct Path {
    points: Vec<Coord<f64>>,
    /// For each point, metres from the start.
    along: Vec<f64>,
    /// For each part, metres from the start to where it begins; and to the end of the last.
    joints: Vec<f64>,
}

impl Path {
    /// Parts of which each begins where the one before ends.
    fn new(parts: impl Iterator<Item = Vec<Coord<f64>>>) -> Self {
        let mut path = Self {
            points: Vec::new(),
            along: Vec::new(),
            joints: vec![0.0],
        };
        for part in parts {
            for point in part {
                path.push(point);
            }
            path.joints.extend(path.along.last());
        }
        path
    }

    fn push(&mut self, point: Coord<f64>) {
        let step = self
            .points
            .last()
            .map_or(0.0, |&last| distance(last, point));
        if self.points.is_empty() || step > 0.0 {
            self.along
                .push(self.along.last().map_or(0.0, |along| along + step));
            self.points.push(point);
        }
    }

    /// The point of a closed path so many metres from its start, or before it.
    fn point_at(&self, along: f64) -> Coord<f64> {
        let total = self.along[self.along.len() - 1];
        let along = along.rem_euclid(total);
        let after = self
            .along
            .partition_point(|&a| a <= along)
            .min(self.along.len() - 1);
        let (a, b) = (self.points[after - 1], self.points[after]);
        let size = self.along[after] - self.along[after - 1];
        a + (b - a) * ((along - self.along[after - 1]) / size)
    }

    /// By how many degrees a closed path turns around the point so many metres from its start.
    fn turn_at(&self, along: f64) -> f64 {
        let here = self.point_at(along);
        let (before, after) = (
            here - self.point_at(along - CORNER_REACH),
            self.point_at(along + CORNER_REACH) - here,
        );
        let turn = after.y.atan2(after.x) - before.y.atan2(before.x);
        let turn = turn.to_degrees().abs();
        turn.min(360.0 - turn)
    }
}

/// The signed area (positive if counter-clockwise) and the centroid of a closed ring, by the
/// shoelace formula.
fn area_and_centroid(ring: &[Coord<f64>]) -> (f64, Coord<f64>) {
    let origin = ring[0];
    let (mut doubled, mut sum) = (0.0, Coord::zero());
    for pair in ring.windows(2) {
        let (a, b) = (pair[0] - origin, pair[1] - origin);
        let cross = a.x * b.y - b.x * a.y;
        doubled += cross;
        sum = sum + (a + b) * cross;
    }
    let centroid = if doubled == 0.0 {
        origin
    } else {
        origin + sum / (3.0 * doubled)
    };
    (doubled / 2.0, centroid)
}

// ---- the limits ------------------------------------------------------------------------------

fn check_limits(compiled: &Compiled) -> Result<(), Refusal> {
    let total: f64 = compiled.stretches.iter().map(|s| s.metres).sum();
    let gaps = gaps(&compiled.stretches);
    let mut reasons = Vec::new();
    for gap in &gaps {
        for run in gap
            .stretches
            .chunk_by(|a, b| (a.kind == StretchKind::Via) == (b.kind == StretchKind::Via))
        {
            let metres = run.iter().map(|s| s.metres).sum();
            if run[0].kind == StretchKind::Via && metres > MAX_VIA {
                let mut along: Vec<String> = run.iter().filter_map(|s| s.street.clone()).collect();
                along.dedup();
                let (from, to) = (gap.from.clone(), gap.to.clone());
                reasons.push(Reason::ViaTooLong {
                    from,
                    to,
                    along,
                    metres,
                });
            }
        }
    }
    let bridged = |gap: &Between| gap.metres(|s| s.kind == StretchKind::Bridge);
    let elsewhere = |gap: &Between| gap.metres(|_| true);
    let (metres, list) = summary(&gaps, bridged);
    if metres > MAX_BRIDGE_SHARE * total {
        reasons.push(Reason::TooMuchBridged {
            metres,
            share: metres / total,
            gaps: list,
        });
    }
    let (metres, list) = summary(&gaps, elsewhere);
    if metres > MAX_OFF_SHARE * total {
        reasons.push(Reason::TooMuchElsewhere {
            metres,
            share: metres / total,
            gaps: list,
        });
    }
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(Refusal { reasons })
    }
}

/// The stretches between two that follow named streets.
struct Between {
    from: String,
    to: String,
    stretches: Vec<Stretch>,
}

impl Between {
    fn metres(&self, counts: impl Fn(&Stretch) -> bool) -> f64 {
        self.stretches
            .iter()
            .filter(|s| counts(s))
            .map(|s| s.metres)
            .sum()
    }
}

fn gaps(stretches: &[Stretch]) -> Vec<Between> {
    // Begin after a street, so that no gap runs past the end of the list.
    let first = stretches
        .iter()
        .position(|s| s.kind == StretchKind::Street)
        .unwrap_or(0);
    let around = stretches[first..].iter().chain(&stretches[..=first]);
    let mut gaps = Vec::new();
    let (mut from, mut inside) = (String::new(), Vec::new());
    for stretch in around {
        if stretch.kind != StretchKind::Street {
            inside.push(stretch.clone());
            continue;
        }
        let to = stretch.street.clone().unwrap_or_default();
        if !inside.is_empty() {
            let stretches = std::mem::take(&mut inside);
            gaps.push(Between {
                from,
                to: to.clone(),
                stretches,
            });
        }
        from = to;
    }
    gaps
}

/// The metres of all gaps, and the gaps that have any.
fn summary(gaps: &[Between], metres: impl Fn(&Between) -> f64) -> (f64, Vec<Gap>) {
    let list: Vec<Gap> = gaps
        .iter()
        .map(|gap| Gap {
            from: gap.from.clone(),
            to: gap.to.clone(),
            metres: metres(gap),
        })
        .filter(|gap| gap.metres > 0.0)
        .collect();
    (list.iter().map(|gap| gap.metres).sum(), list)
}

#[cfg(test)]
mod tests {
    use super::super::compile as run;
    use super::super::network::tests::{line, test_frame};
    use super::super::network::{Line, LineKind};
    use super::*;

    const BLOCK: &str = "北至北路，南至南路，西至西路，东至东路";

    /// Four streets around a block of 1000 by 600 m, each running on for 200 m at both ends.
    fn block() -> Vec<Line> {
        vec![
            line("n", "北路", &[(-200.0, 600.0), (1200.0, 600.0)]),
            line("s", "南路", &[(-200.0, 0.0), (1200.0, 0.0)]),
            line("w", "西路", &[(0.0, -200.0), (0.0, 800.0)]),
            line("e", "东路", &[(1000.0, -200.0), (1000.0, 800.0)]),
        ]
    }

    fn compiled(text: &str, lines: &[Line]) -> Compiled {
        match run(text, lines) {
            Outcome::Compiled(compiled) => compiled,
            Outcome::Unresolved(refusal) => panic!("{text}: {refusal}"),
        }
    }

    fn refusal(text: &str, lines: &[Line]) -> Refusal {
        match run(text, lines) {
            Outcome::Compiled(compiled) => panic!("{text}: {compiled:?}"),
            Outcome::Unresolved(refusal) => refusal,
        }
    }

    /// The ring in the metres of the tests, rounded to whole metres.
    fn metres(compiled: &Compiled) -> Vec<(f64, f64)> {
        let round = |c: &Coord<f64>| {
            let p = test_frame().to_plane(*c);
            (p.x.round() + 0.0, p.y.round() + 0.0)
        };
        compiled.ring.iter().map(round).collect()
    }

    fn kinds(compiled: &Compiled) -> Vec<(Direction, StretchKind, Option<&str>, f64)> {
        let kind = |s: &'_ Stretch| (s.side, s.kind, s.metres.round());
        let street = compiled.stretches.iter().map(|s| s.street.as_deref());
        let stretches = compiled.stretches.iter().map(kind).zip(street);
        stretches
            .map(|((side, kind, metres), street)| (side, kind, street, metres))
            .collect()
    }

    #[test]
    fn a_block_compiles_to_itself_and_overshoots_are_cut() {
        use Direction::{East, North, South, West};
        use StretchKind::Street;
        let area = compiled(BLOCK, &block());
        let corners = [
            (0.0, 600.0),
            (0.0, 0.0),
            (1000.0, 0.0),
            (1000.0, 600.0),
            (0.0, 600.0),
        ];
        assert_eq!(metres(&area), corners);
        assert_eq!(
            kinds(&area),
            [
                (West, Street, Some("西路"), 600.0),
                (South, Street, Some("南路"), 1000.0),
                (East, Street, Some("东路"), 600.0),
                (North, Street, Some("北路"), 1000.0),
            ]
        );
        assert!(!area.has_gaps());
        assert!((area.accuracy_m - 10.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_order_of_sides_and_lines_makes_no_difference() {
        let mut lines = block();
        lines.push(line("x", "中路", &[(500.0, -200.0), (510.0, 800.0)]));
        let area = compiled(BLOCK, &lines);
        lines.reverse();
        assert_eq!(
            area,
            compiled("东至东路，西至西路，南至南路，北至北路。", &lines)
        );
        lines.swap(1, 3);
        assert_eq!(area, compiled(BLOCK, &lines));
    }

    #[test]
    fn stretches_cover_the_ring_without_a_gap() {
        let mut lines = block();
        lines[1] = line("s", "南路", &[(-200.0, 0.0), (900.0, -20.0)]);
        lines[3] = line("e", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        lines.push(line(
            "f",
            "滨河路",
            &[(1000.0, 300.0), (980.0, 100.0), (1000.0, -100.0)],
        ));
        let area = compiled("北至北路，南至南路，西至西路，东至东路、滨河路", &lines);
        let mut at = 0;
        for stretch in &area.stretches {
            assert_eq!(stretch.from, at);
            assert!(stretch.to > at);
            at = stretch.to;
        }
        assert_eq!(at, area.ring.len() - 1);
        assert_eq!(area.ring[0], area.ring[at]);
        assert!(area_and_centroid(&area.ring).0 > 0.0, "counter-clockwise");
    }

    #[test]
    fn a_short_gap_is_bridged_and_reported() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 90.4), (1000.0, 800.0)]);
        let area = compiled(BLOCK, &lines);
        assert_eq!(metres(&area)[2], (1000.0, 0.0));
        let bridge = &area.stretches[2];
        assert_eq!((bridge.kind, &bridge.street), (StretchKind::Bridge, &None));
        assert!((bridge.metres - 90.4).abs() < 0.06, "{}", bridge.metres);
        // No more accurate than it is long, in whole metres, and the polygon no more than it.
        assert!((bridge.accuracy_m - 91.0).abs() < f64::EPSILON);
        assert!((area.accuracy_m - 91.0).abs() < f64::EPSILON);
        assert!(area.has_gaps());
    }

    #[test]
    fn a_bridge_is_no_more_accurate_than_the_lines_it_joins() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 50.0), (1000.0, 800.0)]);
        lines[1].accuracy_m = 150.0;
        let area = compiled(BLOCK, &lines);
        assert!((area.stretches[2].accuracy_m - 150.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_gap_over_the_limit_is_refused() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 260.0), (1000.0, 800.0)]);
        let refusal = refusal(BLOCK, &lines);
        let [Reason::NeverMeet { from, to, metres }] = refusal.reasons() else {
            panic!("{refusal:?}");
        };
        assert_eq!(
            (from.as_str(), to.as_str(), metres.round()),
            ("东路", "南路", 260.0)
        );
        assert!(
            refusal
                .to_string()
                .contains("东路与南路接不上：最近处相距 260 米")
        );
    }

    #[test]
    fn too_much_bridged_is_refused() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 200.0), (1000.0, 800.0)]);
        lines[2] = line("w", "西路", &[(0.0, 190.0), (0.0, 800.0)]);
        let refusal = refusal(BLOCK, &lines);
        assert!(
            matches!(refusal.reasons(), [Reason::TooMuchBridged { gaps, .. }] if gaps.len() == 2)
        );
        assert_eq!(
            refusal.to_string(),
            "直线连接共 390 米，占边界的 12.2%，最多 10%：西路与南路之间 190 米，南路与东路之间 200 米"
        );
    }

    #[test]
    fn another_street_leads_around_a_gap() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        lines.push(line("v", "通路", &[(1000.0, 300.0), (1050.0, 0.0)]));
        let area = compiled(BLOCK, &lines);
        let via = area
            .stretches
            .iter()
            .find(|s| s.kind == StretchKind::Via)
            .expect("a way round");
        assert_eq!(
            (via.side, via.street.as_deref()),
            (Direction::East, Some("通路"))
        );
        assert_eq!(via.ways, ["v"]);
        // Only where such a line may be followed.
        lines[4].kind = LineKind::Other;
        assert!(matches!(
            refusal(BLOCK, &lines).reasons(),
            [Reason::NeverMeet { .. }]
        ));
    }

    #[test]
    fn a_long_way_around_is_refused() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        let bend = [(1000.0, 300.0), (1290.0, 150.0), (1190.0, 0.0)];
        lines.push(line("v", "弯路", &bend));
        assert_eq!(
            refusal(BLOCK, &lines).to_string(),
            "南路与东路之间要沿弯路走 507 米，最长 500 米"
        );
        // Shorter, but too much of a smaller outline.
        lines[2] = line("w", "西路", &[(600.0, -200.0), (600.0, 800.0)]);
        lines[4] = line(
            "v",
            "弯路",
            &[(1000.0, 300.0), (1270.0, 150.0), (1190.0, 0.0)],
        );
        let refusal = refusal(BLOCK, &lines);
        assert!(
            matches!(refusal.reasons(), [Reason::TooMuchElsewhere { gaps, .. }] if gaps.len() == 1),
            "{refusal}"
        );
    }

    #[test]
    fn two_streets_of_a_side_that_do_not_touch_are_joined() {
        let mut lines = block();
        lines[3] = line("e1", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        lines.push(line("e2", "向东路", &[(1020.0, 220.0), (1020.0, -200.0)]));
        let area = compiled("北至北路，南至南路，西至西路，东至向东路、东路", &lines);
        let east: Vec<StretchKind> = area
            .stretches
            .iter()
            .filter(|s| s.side == Direction::East)
            .map(|s| s.kind)
            .collect();
        assert_eq!(
            east,
            [
                StretchKind::Street,
                StretchKind::Bridge,
                StretchKind::Street
            ]
        );
    }

    #[test]
    fn every_unknown_street_is_named() {
        let refusal = refusal(
            "北至北路，南至甲路，西至西路、乙路，东至东路、甲路",
            &block(),
        );
        assert_eq!(
            refusal.reasons(),
            [Reason::Unknown(vec!["甲路".into(), "乙路".into()])]
        );
        assert_eq!(refusal.to_string(), "数据中没有：甲路、乙路");
    }

    #[test]
    fn sides_out_of_place_are_refused() {
        for (text, misplaced) in [
            ("北至南路，南至北路，西至西路，东至东路", 2),
            ("北至北路，南至南路，西至东路，东至西路", 2),
            ("北至南路，南至北路，西至东路，东至西路", 4),
        ] {
            let refusal = refusal(text, &block());
            let [Reason::Contradictory(sides)] = refusal.reasons() else {
                panic!("{refusal:?}")
            };
            assert_eq!(sides.len(), misplaced, "{text}");
        }
        let refusal = refusal("北至南路，南至北路，西至西路，东至东路", &block());
        assert_eq!(
            refusal.to_string(),
            "方位矛盾：“北至”的南路不在北面，“南至”的北路不在南面"
        );
    }

    #[test]
    fn what_encloses_nothing_is_refused() {
        for text in [
            "北至北路，南至北路，西至北路，东至北路",
            "北至北路，南至北路，西至西路，东至西路",
            "北至北路，南至南路，西至西路，东至西路",
        ] {
            let _ = refusal(text, &block());
        }
        assert!(matches!(
            refusal("北至北路", &block()).reasons(),
            [Reason::Text(_)]
        ));
        assert!(
            matches!(refusal(BLOCK, &[]).reasons(), [Reason::Unknown(names)] if names.len() == 4)
        );
    }

    #[test]
    fn dual_carriageways_bound_by_their_middle() {
        let mut lines = block();
        lines[0] = line("n1", "北路", &[(-200.0, 612.0), (1200.0, 612.0)]);
        lines.push(line("n2", "北路", &[(1210.0, 588.0), (-190.0, 588.0)]));
        lines[3] = line("e", "东路", &[(1000.0, -200.0), (1000.0, 588.0)]);
        let area = compiled(BLOCK, &lines);
        let corners = [
            (0.0, 600.0),
            (0.0, 0.0),
            (1000.0, 0.0),
            (1000.0, 600.0),
            (0.0, 600.0),
        ];
        assert_eq!(metres(&area), corners.map(|(x, y)| (x, y)));
        assert!(!area.has_gaps());
        assert_eq!(area.stretches[3].ways.len(), 2);
    }

    #[test]
    fn sides_are_written_as_the_data_have_them() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 90.4), (1000.0, 800.0)]);
        let json = serde_json::to_value(compiled(BLOCK, &lines)).expect("serialisable");
        assert_eq!(
            json["sides"][0].to_string(),
            serde_json::json!({
                "side": "west", "kind": "street", "street": "西路",
                "from": 0, "to": 1, "metres": 600, "accuracy_m": 10, "ways": ["w"]
            })
            .to_string()
        );
        assert_eq!(json["sides"][2]["street"], serde_json::Value::Null);
        assert_eq!(json["sides"][2]["metres"], serde_json::json!(90.4));
        assert_eq!(json["ring"][0].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn very_many_names_take_bounded_time() {
        let mut lines = Vec::new();
        for i in 0..16 {
            let at = f64::from(i) * 50.0;
            lines.push(line("h", &format!("横{i}路"), &[(-50.0, at), (900.0, at)]));
            lines.push(line("v", &format!("纵{i}路"), &[(at, -50.0), (at, 900.0)]));
        }
        let names = |kind: &str, from: usize| {
            let names: Vec<String> = (from..from + 8).map(|i| format!("{kind}{i}路")).collect();
            names.join("、")
        };
        let text = format!(
            "北至{}，南至{}，西至{}，东至{}",
            names("横", 8),
            names("横", 0),
            names("纵", 0),
            names("纵", 8)
        );
        assert_eq!(refusal(&text, &lines).reasons(), [Reason::TooComplex]);
    }
}
