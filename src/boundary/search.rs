//! The cheapest walks around an area.
//!
//! A walk uses every street of the north side, then of the east, the south and the west side. A metre
//! along a street of the side costs 1, along another street [`VIA_COST`](super::gap::VIA_COST),
//! straight across a gap [`BRIDGE_COST`](super::gap::BRIDGE_COST); so it leaves the named streets
//! only where these leave a gap, and cuts off what overshoots a corner.
//!
//! Streets of a side follow each other on a walk. Where there is no such walk the block may have a corner
//! taken out of it: then the walk goes from one side to the next and back, and on named streets alone.
//!
//! Where streets meet more than once there are several walks. They differ in at least one corner, or
//! in how they go on where the streets of a side divide; so the cheapest walk is sought from each
//! place at which a side can begin, and without each of the turns that the chosen walk takes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::demand::{Demand, Used};
use super::gap::{Gap, gaps};
use super::graph::{Arc, Course, Graph};
use super::network::{Network, StreetId};
use super::plane::Metres;
use super::refusal::Reason;
use super::text::Direction;

/// The most states that a search may visit, so that a compile takes bounded time: there is one for each
/// reading of the sentence, and where that finds nothing one for sides in steps and one for the gaps
/// that are too long. The three zones of the district's plan take about a thousand each.
pub(super) const MAX_STATES: usize = 300_000;

/// A street counts as used when the outline follows it for more than this, in metres.
pub(super) const MIN_USE: f64 = 1.0;

/// How many more states may be visited.
pub(super) struct Budget(usize);

impl Budget {
    /// Counts a state.
    pub fn spend(&mut self) -> Result<(), Reason> {
        self.0 = self.0.checked_sub(1).ok_or(Reason::TooComplex)?;
        Ok(())
    }
}

/// What a walk prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preference {
    /// To be short, at the usual costs.
    Short,
    /// The named streets, almost however long these are: a gap costs many times as much.
    Named,
}

impl Preference {
    fn of_gaps(self) -> f64 {
        match self {
            Self::Short => 1.0,
            Self::Named => 12.5,
        }
    }
}

/// A part of a walk.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leg {
    /// Along a named street.
    Along { arc: Arc, street: StreetId },
    /// Across a gap.
    Across { gap: usize },
}

/// Index in [`Search::legs`].
type LegId = usize;

/// Whether a walk may leave a side before it has used all of its streets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Contiguous,
    /// To the next side, if it comes back.
    Stepped,
}

/// Where a walk stands among the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
struct Stand {
    /// How many sides it has left behind.
    passed: usize,
    /// Which streets of the side that it came to last it has used.
    used: Used,
    /// Which streets it has used of the side before, if it left that before it had used all.
    left: Used,
    /// Whether it is back on the side before.
    is_back: bool,
}

impl Stand {
    /// The side that it is on, clockwise from north.
    fn side(&self, first_side: usize) -> usize {
        (first_side + self.passed + 4 - usize::from(self.is_back)) % 4
    }
}

/// A walk in progress: the leg it has just taken, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    leg: LegId,
    stand: Stand,
}

/// One arc of a walk, and what it is to the side it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub arc: Arc,
    /// The side on which it ends, clockwise from north. Where one street bounds several sides it
    /// may begin on an earlier one.
    pub side: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Street(StreetId),
    Via(StreetId),
    Bridge,
}

/// A closed walk.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    /// At the usual costs.
    pub cost: f64,
    pub steps: Vec<Step>,
    /// The side with which it begins.
    first_side: usize,
    legs: Vec<LegId>,
}

/// For each state that was reached the least cost, and the state before it.
type Best = HashMap<State, (f64, Option<State>)>;

/// The search for walks around one area.
pub(super) struct Search<'a> {
    graph: &'a Graph,
    demand: &'a Demand,
    order: Order,
    gaps: Vec<Gap>,
    legs: Vec<Leg>,
    /// For each node, the legs that leave it.
    leaving: Vec<Vec<LegId>>,
    budget: Budget,
    /// The last side reached from the north, and the most of its streets that were used.
    farthest: (usize, Used),
}

impl<'a> Search<'a> {
    pub fn new(graph: &'a Graph, demand: &'a Demand) -> Result<Self, Reason> {
        let mut budget = Budget(MAX_STATES);
        let gaps = gaps(graph, demand, &mut budget)?;
        Ok(Self::of(graph, demand, Order::Contiguous, gaps, budget))
    }

    /// A search for walks on named streets alone that may go from a side to the next and back.
    pub fn stepped(graph: &'a Graph, demand: &'a Demand) -> Self {
        Self::of(graph, demand, Order::Stepped, vec![], Budget(MAX_STATES))
    }

    fn of(
        graph: &'a Graph,
        demand: &'a Demand,
        order: Order,
        gaps: Vec<Gap>,
        budget: Budget,
    ) -> Self {
        let arcs = (0..graph.edges.len()).flat_map(Arc::both_ways);
        let along = arcs.filter_map(|arc| {
            let street = graph.edges[arc.edge()].course.street()?;
            demand.names(street).then_some(Leg::Along { arc, street })
        });
        let legs: Vec<Leg> = along
            .chain((0..gaps.len()).map(|gap| Leg::Across { gap }))
            .collect();
        let mut search = Self {
            graph,
            demand,
            order,
            gaps,
            legs,
            leaving: vec![Vec::new(); graph.leaving.len()],
            budget,
            farthest: (0, 0),
        };
        for leg in 0..search.legs.len() {
            let node = search.start(leg);
            search.leaving[node].push(leg);
        }
        search
    }

    fn start(&self, leg: LegId) -> usize {
        match self.legs[leg] {
            Leg::Along { arc, .. } => self.graph.start(arc),
            Leg::Across { gap } => self.gaps[gap].from,
        }
    }

    fn end(&self, leg: LegId) -> usize {
        match self.legs[leg] {
            Leg::Along { arc, .. } => self.graph.end(arc),
            Leg::Across { gap } => self.gaps[gap].to,
        }
    }

    fn cost(&self, leg: LegId, preference: Preference) -> f64 {
        match self.legs[leg] {
            Leg::Along { arc, .. } => self.graph.edges[arc.edge()].metres,
            Leg::Across { gap } => self.gaps[gap].cost * preference.of_gaps(),
        }
    }

    /// Whether the two legs are the same way there and back: that would make a spike.
    fn turns_back(&self, leg: LegId, next: LegId) -> bool {
        match (self.legs[leg], self.legs[next]) {
            (Leg::Along { arc, .. }, Leg::Along { arc: other, .. }) => other == arc.reversed(),
            _ => false,
        }
    }

    /// The cheapest closed walk from each leg with which one side can begin, cheapest first.
    pub fn walks(
        &mut self,
        first_side: usize,
        preference: Preference,
    ) -> Result<Vec<Walk>, Reason> {
        let mut walks = Vec::new();
        for first in self.beginnings(first_side) {
            walks.extend(self.cheapest_walk(first, first_side, preference, None)?);
        }
        walks.sort_by(|a, b| {
            let by_cost = a.cost.total_cmp(&b.cost);
            by_cost.then_with(|| a.steps.cmp(&b.steps))
        });
        Ok(walks)
    }

    /// The cheapest closed walks that begin as this one does, and take another turn at one of the
    /// places where a street of the side leads on in another way too.
    pub fn deviations(&mut self, walk: &Walk) -> Result<Vec<Walk>, Reason> {
        let turns: Vec<LegId> = walk
            .legs
            .windows(2)
            .filter(|pair| self.has_another_way(pair[0], pair[1]))
            .map(|pair| pair[1])
            .collect();
        let mut walks = Vec::new();
        for turn in turns {
            let (first, side) = (walk.legs[0], walk.first_side);
            walks.extend(self.cheapest_walk(first, side, Preference::Named, Some(turn))?);
        }
        Ok(walks)
    }

    fn has_another_way(&self, before: LegId, taken: LegId) -> bool {
        let Leg::Along { street, .. } = self.legs[taken] else {
            return false;
        };
        self.leaving[self.start(taken)].iter().any(|&leg| {
            let goes_on = match self.legs[leg] {
                Leg::Along { street: other, .. } => self.demand.are_neighbours(street, other),
                Leg::Across { .. } => false,
            };
            goes_on && leg != taken && !self.turns_back(before, leg)
        })
    }

    /// The legs along streets of a side that leave places where a street of the side before passes,
    /// or to which a way leads from one across a gap.
    fn beginnings(&self, side: usize) -> Vec<LegId> {
        let before = &self.demand.sides[(side + 3) % 4];
        let mut can_begin = vec![false; self.leaving.len()];
        for leg in 0..self.legs.len() {
            if let Leg::Along { street, .. } = self.legs[leg]
                && before.contains(&street)
            {
                can_begin[self.start(leg)] = true;
            }
        }
        let across = self.gaps.iter().filter(|gap| can_begin[gap.from]);
        let across: Vec<usize> = across.map(|gap| gap.to).collect();
        for node in across {
            can_begin[node] = true;
        }
        (0..self.legs.len())
            .filter(|&leg| match self.legs[leg] {
                Leg::Along { street, .. } => {
                    can_begin[self.start(leg)] && self.demand.sides[side].contains(&street)
                }
                Leg::Across { .. } => false,
            })
            .collect()
    }

    /// Dijkstra's algorithm over states; none if nothing leads back to the start.
    fn cheapest_walk(
        &mut self,
        first: LegId,
        first_side: usize,
        preference: Preference,
        banned: Option<LegId>,
    ) -> Result<Option<Walk>, Reason> {
        let mut best: Best = HashMap::new();
        let mut heap = BinaryHeap::new();
        let cost = self.cost(first, preference);
        for stand in self.onward(first, first_side, Stand::default()) {
            let start = State { leg: first, stand };
            best.insert(start, (cost, None));
            heap.push(Reverse((Metres(cost), start)));
        }
        while let Some(Reverse((Metres(cost), state))) = heap.pop() {
            if cost > best[&state].0 {
                continue;
            }
            self.budget.spend()?;
            self.note(first_side, state.stand);
            let end = self.end(state.leg);
            if end == self.start(first)
                && self.is_around(first_side, state.stand)
                && !self.turns_back(state.leg, first)
            {
                return Ok(Some(self.walk(&best, state, first_side)));
            }
            for &leg in &self.leaving[end] {
                let is_second_gap = matches!(
                    (self.legs[state.leg], self.legs[leg]),
                    (Leg::Across { .. }, Leg::Across { .. })
                );
                if is_second_gap || banned == Some(leg) || self.turns_back(state.leg, leg) {
                    continue;
                }
                let cost = cost + self.cost(leg, preference);
                for stand in self.onward(leg, first_side, state.stand) {
                    let next = State { leg, stand };
                    if best.get(&next).is_none_or(|known| cost < known.0) {
                        best.insert(next, (cost, Some(state)));
                        heap.push(Reverse((Metres(cost), next)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Whether a walk has used every street of every side.
    fn is_around(&self, first_side: usize, stand: Stand) -> bool {
        stand.passed == 3
            && stand.left == 0
            && self.demand.is_complete((first_side + 3) % 4, stand.used)
    }

    /// Where a walk can stand after a leg. One along a street that several sides name may end on any of
    /// them.
    fn onward(&self, leg: LegId, first_side: usize, stand: Stand) -> Vec<Stand> {
        let Leg::Along { arc, street } = self.legs[leg] else {
            return vec![stand];
        };
        let is_used = self.graph.edges[arc.edge()].metres > MIN_USE;
        let bit = |passed: usize| {
            let bit = self.demand.bit((first_side + passed) % 4, street)?;
            Some(if is_used { bit } else { 0 })
        };
        if stand.left != 0 {
            return self.between_two(first_side, stand, bit);
        }
        let mut onward = Vec::new();
        if self.order == Order::Stepped
            && stand.used != 0
            && stand.passed < 3
            && !self
                .demand
                .is_complete((first_side + stand.passed) % 4, stand.used)
            && let Some(bit) = bit(stand.passed + 1)
        {
            onward.push(Stand {
                passed: stand.passed + 1,
                used: bit,
                left: stand.used,
                is_back: false,
            });
        }
        let mut here = stand;
        loop {
            let bit_here = bit(here.passed);
            if let Some(bit) = bit_here {
                here.used |= bit;
                onward.push(here);
            }
            let is_complete = self
                .demand
                .is_complete((first_side + here.passed) % 4, here.used);
            if here.passed == 3 || !is_complete || bit(here.passed + 1).is_none() {
                return onward;
            }
            here = Stand {
                passed: here.passed + 1,
                ..Stand::default()
            };
        }
    }

    /// The same after a leg along a street that has these bits in the sides, where a walk has left one
    /// before it had used all of its streets.
    fn between_two(
        &self,
        first_side: usize,
        stand: Stand,
        bit: impl Fn(usize) -> Option<Used>,
    ) -> Vec<Stand> {
        let back = bit(stand.passed - 1).map(|bit| Stand {
            left: stand.left | bit,
            is_back: true,
            ..stand
        });
        let is_complete = self
            .demand
            .is_complete((first_side + stand.passed - 1) % 4, stand.left);
        let on = bit(stand.passed).map(|bit| Stand {
            used: stand.used | bit,
            left: if is_complete { 0 } else { stand.left },
            is_back: false,
            ..stand
        });
        back.into_iter().chain(on).collect()
    }

    /// Notes how far a walk from the north has come.
    fn note(&mut self, first_side: usize, stand: Stand) {
        if first_side == 0 {
            let rank = |(side, used): (usize, Used)| (side, used.count_ones(), Reverse(used));
            let here = (stand.passed, stand.used);
            self.farthest = std::cmp::max_by_key(self.farthest, here, |&f| rank(f));
        }
    }

    /// The walk that led to `last`.
    fn walk(&self, best: &Best, last: State, first_side: usize) -> Walk {
        let mut states = vec![last];
        while let (_, Some(before)) = best[&states[states.len() - 1]] {
            states.push(before);
        }
        states.reverse();
        let mut steps = Vec::new();
        for state in &states {
            let side = state.stand.side(first_side);
            match self.legs[state.leg] {
                Leg::Along { arc, street } => steps.push(Step {
                    arc,
                    side,
                    kind: Kind::Street(street),
                }),
                Leg::Across { gap } => {
                    steps.extend(self.gaps[gap].arcs.iter().map(|&arc| Step {
                        arc,
                        side,
                        kind: match self.graph.edges[arc.edge()].course {
                            Course::Along { street, .. } | Course::Link { street, .. } => {
                                Kind::Via(street)
                            }
                            Course::Across { .. } => Kind::Bridge,
                        },
                    }));
                }
            }
        }
        let legs: Vec<LegId> = states.iter().map(|state| state.leg).collect();
        let costs = legs.iter().map(|&leg| self.cost(leg, Preference::Short));
        Walk {
            cost: costs.sum(),
            steps,
            first_side,
            legs,
        }
    }

    /// Where the search got stuck if it found no walk.
    pub fn stuck(&self, network: &Network) -> Reason {
        let name = |street: &StreetId| network.streets[*street].name.clone();
        if let Some((street, side)) = self.demand.on_opposite_sides() {
            return Reason::Opposite {
                street: name(&street),
                sides: [side, side + 2].map(|side| Direction::CLOCKWISE[side]),
            };
        }
        let (side, used) = self.farthest;
        let this = &self.demand.sides[side];
        let missing: Vec<StreetId> = if self.demand.is_complete(side, used) {
            self.demand.sides[(side + 1) % 4].clone()
        } else {
            let unused = |&n: &usize| used & (1 << n) == 0;
            (0..this.len()).filter(unused).map(|n| this[n]).collect()
        };
        Reason::NoRing {
            side: Direction::CLOCKWISE[side],
            missing: missing.iter().map(name).collect(),
        }
    }
}
