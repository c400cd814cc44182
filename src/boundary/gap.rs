//! The cheapest ways across gaps: from one named street to another along streets that are not named,
//! and straight across.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use geo::Coord;

use super::demand::Demand;
use super::graph::{Arc, Course, Graph};
use super::limits::MAX_VIA;
use super::network::StreetId;
use super::plane::{Metres, distance};
use super::refusal::Reason;
use super::search::Budget;

/// What a metre along a street that the side does not name costs.
pub(super) const VIA_COST: f64 = 4.0;

/// What a metre straight across costs.
pub(super) const BRIDGE_COST: f64 = 10.0;

/// Ways across a gap are looked for up to this length, in metres: longer than any that is allowed,
/// so that a refusal can say how long the only way is.
pub(super) const LONGEST_GAP: f64 = 2.0 * MAX_VIA;

/// A way from a node on one named street to a node on another.
#[derive(Debug, Clone)]
pub(super) struct Gap {
    pub from: usize,
    pub to: usize,
    pub cost: f64,
    pub arcs: Vec<Arc>,
}

/// A node, and whether it has just been reached by a bridge.
type Stop = (usize, bool);

/// How a stop is reached: cost, metres, and the stop and the arc before.
#[derive(Debug, Clone, Copy)]
struct Reached {
    cost: f64,
    metres: f64,
    by: Option<(Stop, Arc)>,
}

/// Two lines lead from one place to another anyway if it is at most so many times the way across the
/// gap by where they meet. So it is at a corner of 60° or more, wherever a block is cut off, and still half
/// the cost.
const AS_SHORT: f64 = 2.0;

/// Pairs of nodes that are looked at for the price of one state: that is so much quicker.
const PAIRS_A_STATE: usize = 16;

/// The cheapest way between any two nodes on named streets that an outline may pass between, unless
/// it is longer than [`LONGEST_GAP`] or the two lines lead from one to the other anyway.
pub(super) fn gaps(
    graph: &Graph,
    demand: &Demand,
    budget: &mut Budget,
) -> Result<Vec<Gap>, Reason> {
    let named = Named::new(graph, demand);
    let mut gaps = Vec::new();
    for (&from, &point) in &named.points {
        if named.may_leave(from, point, budget)? {
            gaps_from(graph, &named, from, budget, &mut gaps)?;
        }
    }
    Ok(gaps)
}

/// A named line that passes a node.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Passing {
    line: usize,
    street: StreetId,
    /// Metres from the line's start.
    along: f64,
}

/// The named lines and the nodes that they pass.
struct Named<'a> {
    demand: &'a Demand,
    /// For each node.
    passing: Vec<Vec<Passing>>,
    /// Of the nodes that they pass.
    points: BTreeMap<usize, Coord<f64>>,
    /// These nodes from west to east.
    eastward: Vec<(Coord<f64>, usize)>,
    /// For two lines, metres along both of each place where they meet.
    meetings: HashMap<(usize, usize), Vec<[f64; 2]>>,
}

impl<'a> Named<'a> {
    fn new(graph: &Graph, demand: &'a Demand) -> Self {
        let mut passing: Vec<Vec<Passing>> = vec![Vec::new(); graph.leaving.len()];
        let mut points: BTreeMap<usize, Coord<f64>> = BTreeMap::new();
        for edge in &graph.edges {
            let (line, street, along) = match edge.course {
                Course::Along { line, street, span } => (line, street, span),
                Course::Link { end, street } => (end.line, street, [end.along; 2]),
                Course::Across { .. } => continue,
            };
            if !demand.names(street) {
                continue;
            }
            let ends = [edge.points[0], edge.points[edge.points.len() - 1]];
            for ((node, point), along) in edge.nodes.into_iter().zip(ends).zip(along) {
                let here = Passing {
                    line,
                    street,
                    along,
                };
                if !passing[node].contains(&here) {
                    passing[node].push(here);
                }
                points.insert(node, point);
            }
        }
        let mut meetings: HashMap<(usize, usize), Vec<[f64; 2]>> = HashMap::new();
        for here in &passing {
            for a in here {
                for b in here.iter().filter(|b| b.line != a.line) {
                    let places = meetings.entry((a.line, b.line)).or_default();
                    places.push([a.along, b.along]);
                }
            }
        }
        let mut eastward: Vec<_> = points.iter().map(|(&node, &point)| (point, node)).collect();
        eastward.sort_by(|a, b| a.0.x.total_cmp(&b.0.x));
        Self {
            demand,
            passing,
            points,
            eastward,
            meetings,
        }
    }

    /// Whether some way across a gap that begins here might be of use.
    fn may_leave(
        &self,
        from: usize,
        here: Coord<f64>,
        budget: &mut Budget,
    ) -> Result<bool, Reason> {
        let west = here.x - LONGEST_GAP;
        let first = self.eastward.partition_point(|(p, _)| p.x < west);
        let near = self.eastward[first..]
            .iter()
            .take_while(|(p, _)| p.x <= here.x + LONGEST_GAP);
        for (i, &(there, to)) in near.enumerate() {
            if i % PAIRS_A_STATE == 0 {
                budget.spend()?;
            }
            let metres = distance(here, there);
            if metres <= LONGEST_GAP && self.may_pass(from, to, metres) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an outline that leaves one node may go on from the other across a gap of so many
    /// metres: the two are on lines of neighbouring streets, and these do not lead from the one to the
    /// other anyway.
    fn may_pass(&self, from: usize, to: usize, metres: f64) -> bool {
        let (from, to) = (&self.passing[from], &self.passing[to]);
        let only_in = |these: &[Passing], line: usize| these.iter().all(|p| p.line != line);
        let leaving = from.iter().filter(|a| only_in(to, a.line));
        leaving
            .flat_map(|a| to.iter().map(move |b| (a, b)))
            .filter(|(_, b)| only_in(from, b.line))
            .any(|(a, b)| {
                self.demand.are_neighbours(a.street, b.street) && !self.lead(a, b, metres)
            })
    }

    /// Whether the two lines meet, and lead by there from one place to the other, beside a gap of so
    /// many metres.
    fn lead(&self, a: &Passing, b: &Passing, metres: f64) -> bool {
        let meetings = self.meetings.get(&(a.line, b.line)).into_iter().flatten();
        meetings
            .map(|at| (a.along - at[0]).abs() + (b.along - at[1]).abs())
            .any(|along| along <= AS_SHORT * metres)
    }
}

/// Dijkstra's algorithm over stops.
fn gaps_from(
    graph: &Graph,
    named: &Named,
    from: usize,
    budget: &mut Budget,
    gaps: &mut Vec<Gap>,
) -> Result<(), Reason> {
    let start = Reached {
        cost: 0.0,
        metres: 0.0,
        by: None,
    };
    let mut best: HashMap<Stop, Reached> = HashMap::from([((from, false), start)]);
    let mut heap = BinaryHeap::from([Reverse((Metres(0.0), (from, false)))]);
    let mut found = BTreeMap::new();
    while let Some(Reverse((Metres(cost), stop))) = heap.pop() {
        let here = best[&stop];
        if cost > here.cost {
            continue;
        }
        budget.spend()?;
        if named.may_pass(from, stop.0, here.metres) {
            found.entry(stop.0).or_insert(stop);
        }
        for &arc in &graph.leaving[stop.0] {
            let edge = &graph.edges[arc.edge()];
            let (weight, is_bridge) = match edge.course.street() {
                Some(street) if named.demand.names(street) => continue,
                Some(_) => (VIA_COST, false),
                None => (BRIDGE_COST, true),
            };
            let metres = here.metres + edge.metres;
            // Two bridges in a row would make one that is too long.
            if metres > LONGEST_GAP || (is_bridge && stop.1) {
                continue;
            }
            let (next, cost) = ((graph.end(arc), is_bridge), cost + weight * edge.metres);
            if best.get(&next).is_none_or(|known| cost < known.cost) {
                let by = Some((stop, arc));
                best.insert(next, Reached { cost, metres, by });
                heap.push(Reverse((Metres(cost), next)));
            }
        }
    }
    for (to, stop) in found {
        let mut arcs = Vec::new();
        let mut at = stop;
        while let Some((before, arc)) = best[&at].by {
            arcs.push(arc);
            at = before;
        }
        arcs.reverse();
        let cost = best[&stop].cost;
        gaps.push(Gap {
            from,
            to,
            cost,
            arcs,
        });
    }
    Ok(())
}
