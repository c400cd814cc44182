//! The ways of one street joined into chains.
//!
//! Maps split a street into ways wherever an attribute changes, and draw them in any direction. Here
//! that ceases to matter: ways become a mesh of vertices and segments, and chains are traced through
//! it in the straightest line.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geo::Coord;

use super::network::{TOUCH, WayId};
use super::plane::{angle, by_point, direction, distance};

/// Where two ways of a street meet end to end and turn by more than this, in degrees, they are
/// two carriageways that join, not one that goes on.
const MAX_TURN: f64 = 135.0;

/// A path that remembers which ways it follows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    pub points: Vec<Coord<f64>>,
    /// For each segment; empty where the chain steps across from one carriageway to the other.
    pub ways: Vec<BTreeSet<WayId>>,
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
        let mut cells: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
        for (vertex, point) in self.points.iter().enumerate() {
            cells.entry(cell(*point)).or_default().push(vertex);
        }
        for end in 0..self.points.len() {
            let Some(&only) = self.neighbours[end].first() else {
                continue;
            };
            if self.neighbours[end].len() > 1 {
                continue;
            }
            let gap = |&other: &usize| distance(self.points[end], self.points[other]);
            let (x, y) = cell(self.points[end]);
            let around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
            let near = around
                .filter_map(|cell| cells.get(&cell))
                .flatten()
                .copied()
                .filter(|&v| v != end && v != only && !self.neighbours[v].is_empty())
                .filter(|v| gap(v) <= TOUCH)
                .min_by(|a, b| gap(a).total_cmp(&gap(b)).then(a.cmp(b)));
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

/// The square, [`TOUCH`] wide, in which a point lies: whatever touches it lies in this or the next.
#[allow(clippy::cast_possible_truncation)] // Metres inside one city.
fn cell(c: Coord<f64>) -> (i64, i64) {
    ((c.x / TOUCH).floor() as i64, (c.y / TOUCH).floor() as i64)
}

/// Joins the ways of one street into chains.
pub(super) fn chains(paths: &[(WayId, Vec<Coord<f64>>)]) -> Vec<Chain> {
    Mesh::new(paths).chains()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(points: &[(f64, f64)]) -> Vec<Coord<f64>> {
        points.iter().map(|&p| p.into()).collect()
    }

    #[test]
    fn chains_do_not_show_how_ways_were_split_or_drawn() {
        let whole = [(
            0,
            path(&[(0.0, 0.0), (50.0, 0.0), (90.0, 9.0), (130.0, 9.0)]),
        )];
        let split = [
            (0, path(&[(130.0, 9.0), (90.0, 9.0)])),
            (0, path(&[(0.0, 0.0), (50.0, 0.0)])),
            (0, path(&[(90.0, 9.0), (50.0, 0.0)])),
        ];
        assert_eq!(chains(&whole).len(), 1);
        assert_eq!(chains(&whole), chains(&split));
    }

    #[test]
    fn a_chain_goes_on_in_the_straightest_line() {
        let ways = [
            (0, path(&[(0.0, 0.0), (100.0, 0.0)])),
            (1, path(&[(100.0, 0.0), (200.0, 5.0)])),
            (2, path(&[(100.0, 0.0), (150.0, 80.0)])),
        ];
        let mut followed: Vec<Vec<WayId>> = chains(&ways)
            .iter()
            .map(|chain| chain.ways.iter().flatten().copied().collect())
            .collect();
        followed.sort();
        assert_eq!(followed, [vec![0, 1], vec![2]]);
    }
}
