//! Why the streets of a sentence make no ring: two that should meet do not, or leave a gap that is too
//! long to be bridged.

use super::demand::Demand;
use super::gap::LONGEST_GAP;
use super::graph::{Arc, Graph};
use super::limits::MAX_BRIDGE;
use super::network::{Network, StreetId};
use super::outline::outline;
use super::piece::pieces;
use super::refusal::Reason;
use super::search::{Kind, Preference, Search, Step};

/// The gaps over which a sound outline would lead if bridges might be as long as [`LONGEST_GAP`]; none
/// if there would be none even then.
pub(super) fn breaks(network: &Network, demand: &Demand) -> Vec<Reason> {
    let graph = network.graph(demand, LONGEST_GAP);
    let walks = Search::new(&graph, demand)
        .and_then(|mut search| search.walks(0, Preference::Short))
        .unwrap_or_default();
    let is_sound = |steps: &[Step]| {
        let pieces = pieces(network, &graph, demand, steps);
        outline(network, demand, &pieces).is_ok()
    };
    let Some(walk) = walks.iter().find(|walk| is_sound(&walk.steps)) else {
        return vec![];
    };
    let count = walk.steps.len();
    let street = |i: usize| match walk.steps[i % count].kind {
        Kind::Street(street) | Kind::Via(street) => Some(network.streets[street].name.clone()),
        Kind::Bridge => None,
    };
    let mut reasons = Vec::new();
    for (i, step) in walk.steps.iter().enumerate() {
        let metres = graph.edges[step.arc.edge()].metres;
        if step.kind != Kind::Bridge || metres <= MAX_BRIDGE {
            continue;
        }
        let ends = graph.points(step.arc);
        // No bridge follows another.
        if let (Some(from), Some(to)) = (street(i + count - 1), street(i + 1)) {
            reasons.push(Reason::Break {
                from,
                to,
                metres,
                ends: [ends[0], ends[ends.len() - 1]].map(|end| network.frame.to_degrees(end)),
            });
        }
    }
    reasons
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
    let street_of = |arc: Arc| graph.edges[arc.edge()].course.street();
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
