//! The lines around an area as a graph: centrelines cut where they meet, and straight bridges across
//! gaps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use geo::Coord;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeObject};

use super::contact::{Contact, Place};
use super::demand::Demand;
use super::gap::LONGEST_GAP;
use super::limits::{MAX_BRIDGE, MAX_VIA};
use super::network::{LineKind, Network, StreetId, TOUCH, WayId};
use super::plane::{Foot, distance, envelope, foot_on_segment, grown, length, pieces};

/// What an edge follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Course {
    /// A centreline, from one place on it to another.
    Along {
        street: StreetId,
        line: usize,
        /// Metres along the line of the edge's first node and of its second.
        span: [f64; 2],
    },
    /// A street beyond the end of its line, straight to the centreline of a wide street that it
    /// reaches.
    Link { street: StreetId, end: Place },
    /// Nothing: straight across from the end of one line to another.
    Across {
        /// The worse accuracy of the two lines that it joins, in metres.
        accuracy_m: f64,
    },
}

impl Course {
    pub fn street(&self) -> Option<StreetId> {
        match self {
            Self::Along { street, .. } | Self::Link { street, .. } => Some(*street),
            Self::Across { .. } => None,
        }
    }
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
        demand: &Demand,
        lines: &BTreeSet<usize>,
        contacts: &[Contact],
        bridges: &[Contact],
    ) -> Self {
        let all = [contacts, bridges].concat();
        let mut places = Places::new(network, demand, lines, &all);
        for contact in &all {
            places.join_if_touching(contact);
        }
        let nodes = places.into_nodes();
        let mut graph = Self {
            edges: Vec::new(),
            leaving: vec![Vec::new(); nodes.points.len()],
        };
        for next in 1..nodes.places.len() {
            if nodes.places[next - 1].line == nodes.places[next].line {
                graph.add_part(network, &nodes, next - 1, next);
            }
        }
        for contact in contacts {
            let (street, end) = (network.centrelines[contact.a.line].street, contact.a);
            graph.add_straight(&nodes, contact, Course::Link { street, end });
        }
        for bridge in bridges {
            let ways = network.ways_at(bridge.a).chain(network.ways_at(bridge.b));
            let accuracy_m = network.worst_accuracy(ways);
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

    /// The part of a line between two places (by number) that follow each other on it.
    fn add_part(&mut self, network: &Network, nodes: &Nodes, from: usize, to: usize) {
        let (first, last) = (nodes.places[from], nodes.places[to]);
        if last.along - first.along <= TOUCH {
            return;
        }
        let line = &network.centrelines[first.line];
        let (a, b) = (nodes.numbers[from], nodes.numbers[to]);
        let span = [nodes.along(from), nodes.along(to)];
        let points = std::iter::once(nodes.points[a])
            .chain(line.inside(span))
            .chain([nodes.points[b]])
            .collect();
        let course = Course::Along {
            street: line.street,
            line: first.line,
            span,
        };
        self.add([a, b], points, course);
    }

    /// The straight edge between the two places of a contact that are not one point.
    fn add_straight(&mut self, nodes: &Nodes, contact: &Contact, course: Course) {
        let (a, b) = (nodes.node(contact.a), nodes.node(contact.b));
        if a != b {
            self.add([a, b], vec![nodes.points[a], nodes.points[b]], course);
        }
    }
}

/// What a search needs of a network.
struct Around {
    lines: BTreeSet<usize>,
    /// Where two named streets may leave a gap.
    places: RTree<Rectangle<[f64; 2]>>,
}

impl Network {
    /// The graph in which an outline is searched: the streets that are named, others where two of
    /// them come near each other and may leave a gap, and straight bridges from the ends of lines to
    /// the nearest point of a named one, if that is at most [`MAX_BRIDGE`] away; from those of named
    /// lines at most `longest_bridge`, in metres.
    pub(super) fn graph(&self, demand: &Demand, longest_bridge: f64) -> Graph {
        let Around { lines, places } = self.around(demand);
        let touching = lines.iter().flat_map(|&line| &self.contacts_of[line]);
        // In the order of the network's.
        let contacts: BTreeSet<usize> = touching.copied().collect();
        let contacts = contacts.into_iter().map(|i| self.contacts[i]);
        let is_named = |place: Place| demand.names(self.centrelines[place.line].street);
        let is_around = |place: Place| {
            let point = self.centrelines[place.line].point_at(place.along);
            let point = AABB::from_point([point.x, point.y]);
            places
                .locate_in_envelope_intersecting(point)
                .next()
                .is_some()
        };
        let contacts: Vec<Contact> = contacts
            .filter(|c| lines.contains(&c.a.line) && lines.contains(&c.b.line))
            .filter(|c| is_named(c.a) || is_named(c.b) || is_around(c.a))
            .collect();
        let bridges = self.bridges(&lines, demand, &contacts, longest_bridge);
        Graph::new(self, demand, &lines, &contacts, &bridges)
    }

    /// The centrelines of the named streets, and those of other streets and rivers near places
    /// where two of them may leave a gap: so the time depends on the streets around the area, not
    /// on the size of the city.
    fn around(&self, demand: &Demand) -> Around {
        /// Long segments are looked at in pieces: their boxes are small then.
        const PIECE: f64 = MAX_VIA / 2.0;
        let named = demand.all().into_iter();
        let mut lines: BTreeSet<usize> = named
            .flat_map(|street| self.streets[street].lines.clone())
            .collect();
        let boxes = lines.iter().flat_map(|&line| {
            let pieces = pieces(&self.centrelines[line].points, PIECE);
            pieces.map(move |piece| GeomWithData::new(Rectangle::from_aabb(envelope(&piece)), line))
        });
        let tree = RTree::bulk_load(boxes.collect());
        let street = |line: usize| self.centrelines[line].street;
        let mut places = Vec::new();
        for piece in &tree {
            let within_reach = grown(&piece.envelope(), LONGEST_GAP);
            let may_leave_a_gap = tree
                .locate_in_envelope_intersecting(within_reach)
                .any(|other| {
                    other.data != piece.data
                        && demand.are_neighbours(street(other.data), street(piece.data))
                });
            if may_leave_a_gap {
                let place = grown(&piece.envelope(), MAX_VIA);
                let around = self.segments.meeting(place);
                let is_way_round = |&line: &usize| {
                    self.streets[street(line)].kind != LineKind::Other
                        && !demand.names(street(line))
                };
                lines.extend(around.map(|(line, _)| line).filter(is_way_round));
                places.push(Rectangle::from_aabb(place));
            }
        }
        Around {
            lines,
            places: RTree::bulk_load(places),
        }
    }

    /// From each end of a line to the nearest point of each line of a named street, unless it meets
    /// that line as near to this end anyway.
    fn bridges(
        &self,
        lines: &BTreeSet<usize>,
        demand: &Demand,
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
            let is_named = demand.names(self.centrelines[end.line].street);
            let longest = if is_named { longest } else { MAX_BRIDGE };
            let near_end = |place: Place| (place.along - end.along).abs() <= longest;
            let met = meets.get(&end.line).into_iter().flatten();
            let met: BTreeSet<usize> = met
                .filter(|(place, _)| near_end(*place))
                .map(|&(_, other)| other)
                .collect();
            let mut nearest: BTreeMap<usize, Foot> = BTreeMap::new();
            for (line, segment) in self.segments.near(point, longest) {
                let target = &self.centrelines[line];
                if line == end.line || met.contains(&line) || !demand.names(target.street) {
                    continue;
                }
                let foot = foot_on_segment(&target.points, segment, point);
                let best = nearest.entry(line).or_insert(foot);
                if foot.distance < best.distance {
                    *best = foot;
                }
            }
            for (line, foot) in nearest {
                if foot.distance > TOUCH && foot.distance <= longest {
                    let along = self.centrelines[line].along_of(foot);
                    bridges.push(Contact {
                        a: end,
                        b: Place { line, along },
                    });
                }
            }
        }
        bridges
    }

    /// The ways that a centreline follows at `place`.
    pub(super) fn ways_at(&self, place: Place) -> impl Iterator<Item = &WayId> {
        let line = &self.centrelines[place.line];
        line.ways[line.segment_at(place.along)].iter()
    }
}

/// How well a place stands for a group. A line that ends there is drawn to one that passes, not the
/// other way round; and where two named lines meet a third must not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    passes: bool,
    is_between_named: bool,
}

/// Places on lines, in groups that are one point.
struct Places {
    /// Without repetition.
    sorted: Vec<Place>,
    points: Vec<Coord<f64>>,
    rank: Vec<Rank>,
    /// For each place an earlier place of its group, or itself if it is the first.
    group: Vec<usize>,
}

impl Places {
    /// All ends of lines and all places of contacts; those that touch along a line are grouped.
    fn new(
        network: &Network,
        demand: &Demand,
        lines: &BTreeSet<usize>,
        contacts: &[Contact],
    ) -> Self {
        let mut places: Vec<Place> = contacts.iter().flat_map(|c| [c.a, c.b]).collect();
        for &line in lines {
            let end = network.centrelines[line].length();
            places.extend([0.0, end].map(|along| Place { line, along }));
        }
        places.sort_by(Place::cmp);
        places.dedup();
        let is_named = |p: Place| demand.names(network.centrelines[p.line].street);
        let mut is_between_named = vec![false; places.len()];
        for contact in contacts {
            if is_named(contact.a) && is_named(contact.b) {
                is_between_named[position(&places, contact.a)] = true;
                is_between_named[position(&places, contact.b)] = true;
            }
        }
        let point = |p: &Place| network.centrelines[p.line].point_at(p.along);
        let points = places.iter().map(point).collect();
        let rank = |(p, is_between_named): (&Place, bool)| Rank {
            passes: !network.centrelines[p.line].ends().contains(&p.along),
            is_between_named,
        };
        let mut grouped = Self {
            rank: places.iter().zip(is_between_named).map(rank).collect(),
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

    /// Makes a node of each group, at the point of its first place of the highest rank.
    fn into_nodes(self) -> Nodes {
        let mut best: Vec<usize> = Vec::new();
        let mut numbers: Vec<usize> = Vec::with_capacity(self.sorted.len());
        for place in 0..self.sorted.len() {
            let first = self.first_of_group(place);
            if first == place {
                numbers.push(best.len());
                best.push(place);
            } else {
                let node = numbers[first];
                numbers.push(node);
                if self.rank[place] > self.rank[best[node]] {
                    best[node] = place;
                }
            }
        }
        Nodes {
            points: best.iter().map(|&place| self.points[place]).collect(),
            places: self.sorted,
            rank: self.rank,
            numbers,
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
    rank: Vec<Rank>,
    /// For each place the number of its node.
    numbers: Vec<usize>,
    /// For each node.
    points: Vec<Coord<f64>>,
}

impl Nodes {
    fn node(&self, place: Place) -> usize {
        self.numbers[position(&self.places, place)]
    }

    /// Metres along a line of a node on it: of the place of highest rank among those that touch
    /// this one along the line.
    fn along(&self, place: usize) -> f64 {
        let touches = |a: usize, b: usize| {
            let (p, q) = (self.places[a], self.places[b]);
            p.line == q.line && q.along - p.along <= TOUCH
        };
        let before = (0..place).rev().take_while(|&i| touches(i, i + 1));
        let after = (place + 1..self.places.len()).take_while(|&i| touches(i - 1, i));
        let best = before
            .chain([place])
            .chain(after)
            .max_by_key(|&other| (self.rank[other], Reverse(other)));
        self.places[best.unwrap_or(place)].along
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::tests::line;
    use super::super::text::Sentence;
    use super::*;

    fn graph(lines: &[super::super::Line], text: &str) -> Graph {
        let network = Network::new(lines);
        let sentence: Sentence = text.parse().expect("readable");
        let Ok(demand) = Demand::of(&network, sentence.sides()) else {
            panic!("{text}: unknown streets");
        };
        network.graph(&demand, MAX_BRIDGE)
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
        let graph = graph(&lines, "北至环路，南至环路，西至环路，东至甲路");
        let metres: f64 = graph.edges.iter().map(|e| e.metres).sum();
        assert!((metres - 2200.0).abs() < 0.1, "{metres}");
        // Two halves of the ring, of which one is cut where the ring begins; three parts of 甲路.
        assert_eq!(graph.edges.len(), 6);
    }

    #[test]
    fn streets_far_from_every_corner_are_left_out() {
        let mut lines = vec![
            line("n", "北路", &[(-9_000.0, 600.0), (9_000.0, 600.0)]),
            line("s", "南路", &[(-9_000.0, 0.0), (9_000.0, 0.0)]),
            line("w", "西路", &[(0.0, -9_000.0), (0.0, 9_000.0)]),
            line("e", "东路", &[(1000.0, -9_000.0), (1000.0, 9_000.0)]),
        ];
        let text = "北至北路，南至南路，西至西路，东至东路";
        let alone = graph(&lines, text).edges.len();
        for i in 0..20 {
            let at = 4_000.0 + 200.0 * f64::from(i);
            let name = format!("外{i}路");
            lines.push(line("x", &name, &[(at, -9_000.0), (at, 9_000.0)]));
        }
        assert_eq!(graph(&lines, text).edges.len(), alone);
        lines.push(line("y", "内路", &[(500.0, -100.0), (500.0, 700.0)]));
        assert!(graph(&lines, text).edges.len() > alone);
    }
}
