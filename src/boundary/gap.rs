//! The cheapest ways across gaps: from one named street to another along streets that are not named,
//! and straight across.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use super::compile::{BRIDGE_COST, MAX_VIA, VIA_COST};
use super::demand::Demand;
use super::graph::{Arc, Course, Graph};
use super::network::StreetId;
use super::plane::Metres;
use super::refusal::Reason;
use super::search::Budget;

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

/// The named lines that pass each node, with their streets.
type Passing = Vec<BTreeSet<(usize, StreetId)>>;

/// The cheapest way between any two nodes on named streets that an outline may pass between, unless
/// it is longer than [`LONGEST_GAP`] or one of the two lines leads to the other anyway.
pub(super) fn gaps(
    graph: &Graph,
    demand: &Demand,
    budget: &mut Budget,
) -> Result<Vec<Gap>, Reason> {
    let mut passing: Passing = vec![BTreeSet::new(); graph.leaving.len()];
    for edge in &graph.edges {
        let line = match edge.course {
            Course::Along { line, street, .. } => (line, street),
            Course::Link { end, street } => (end.line, street),
            Course::Across { .. } => continue,
        };
        if demand.names(line.1) {
            for node in edge.nodes {
                passing[node].insert(line);
            }
        }
    }
    let mut gaps = Vec::new();
    for from in (0..passing.len()).filter(|&node| !passing[node].is_empty()) {
        gaps_from(graph, demand, &passing, from, budget, &mut gaps)?;
    }
    Ok(gaps)
}

/// Dijkstra's algorithm over stops.
fn gaps_from(
    graph: &Graph,
    demand: &Demand,
    passing: &Passing,
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
        if may_pass(demand, &passing[from], &passing[stop.0]) {
            found.entry(stop.0).or_insert(stop);
        }
        for &arc in &graph.leaving[stop.0] {
            let edge = &graph.edges[arc.edge()];
            let (weight, is_bridge) = match edge.course.street() {
                Some(street) if demand.names(street) => continue,
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

/// Whether an outline that leaves one node may go on from the other: the two are on lines of
/// neighbouring streets, and neither line leads from the one to the other.
fn may_pass(
    demand: &Demand,
    from: &BTreeSet<(usize, StreetId)>,
    to: &BTreeSet<(usize, StreetId)>,
) -> bool {
    let leaving = from.difference(to);
    leaving
        .flat_map(|a| to.difference(from).map(move |b| (a, b)))
        .any(|(a, b)| demand.are_neighbours(a.1, b.1))
}
