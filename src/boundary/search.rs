//! The cheapest walks around an area.
//!
//! A walk uses every street of the north side, then of the east, the south and the west side. A metre
//! along a street of the side costs 1, along another street [`VIA_COST`], straight across a gap
//! [`BRIDGE_COST`]; so it leaves the named streets only where these leave a gap, and cuts off what
//! overshoots a corner.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::compile::{BRIDGE_COST, MAX_STATES, MIN_USE, VIA_COST};
use super::graph::{Arc, Course, Graph};
use super::network::{Lookup, Network, StreetId};
use super::refusal::{Reason, Refusal};
use super::text::{Direction, Sentence};

/// The streets of each side, clockwise from north, without repetition.
pub(super) struct Demand {
    pub sides: [Vec<StreetId>; 4],
}

/// A set of streets of one side: bit n for its nth street.
type Used = u8;
const _: () = assert!(super::text::MAX_NAMES <= Used::BITS as usize);

impl Demand {
    /// Finds the streets of the sentence, or reports all names for which there is none.
    pub fn of(network: &Network, sentence: &Sentence) -> Result<Self, Refusal> {
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

    pub fn all(&self) -> BTreeSet<StreetId> {
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
pub(super) struct Step {
    pub arc: Arc,
    pub side: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Street(StreetId),
    Via(StreetId),
    Bridge,
}

/// A closed walk that begins with the first arc along the north side.
pub(super) struct Walk {
    pub cost: f64,
    pub steps: Vec<Step>,
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
pub(super) struct Search<'a> {
    graph: &'a Graph,
    demand: &'a Demand,
    /// How many more states may be visited.
    left: usize,
    /// The last side reached, and the most of its streets that were used.
    farthest: (usize, Used),
}

impl<'a> Search<'a> {
    pub fn new(graph: &'a Graph, demand: &'a Demand) -> Self {
        let (left, farthest) = (MAX_STATES, (0, 0));
        Self {
            graph,
            demand,
            left,
            farthest,
        }
    }

    /// The cheapest closed walk from each arc along the north side, cheapest first.
    pub fn walks(&mut self) -> Result<Vec<Walk>, Reason> {
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
    pub fn stuck(&self, network: &Network) -> Reason {
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
pub(super) fn streets_apart(network: &Network, graph: &Graph, demand: &Demand) -> Vec<Reason> {
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
