//! The lines around an area as a graph: centrelines cut where they meet, and straight bridges across
//! gaps.

use std::collections::{BTreeMap, BTreeSet};

use geo::Coord;
use rstar::{AABB, Envelope};

use super::centreline::Centreline;
use super::contact::{Contact, Place};
use super::network::{LineKind, Network, StreetId, TOUCH, WayId};
use super::plane::{distance, foot, length};

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

impl Network {
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

    /// The worst accuracy, in metres, of the ways that a centreline follows at `place`.
    fn accuracy_at(&self, place: Place) -> f64 {
        let line = &self.centrelines[place.line];
        self.worst_accuracy(&line.ways[line.segment_at(place.along)])
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
mod tests {
    use super::super::network::tests::line;
    use super::*;

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
}
