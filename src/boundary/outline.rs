//! A walk as an outline: where its corners are, whether its sides lie where the sentence says, and
//! what each part of it follows.

use geo::{Coord, LineString, Polygon, SimplifyIdx, Validation};

use super::compile::{Compiled, Stretch, StretchKind};
use super::graph::{Course, Graph};
use super::network::{Network, StreetId};
use super::plane::{distance, length};
use super::refusal::{Misplaced, Reason, Refusal};
use super::search::{Demand, Kind, Step, Walk};
use super::text::Direction;

/// How far on either side of a corner its angle is looked at, in metres: further than carriageways
/// and short links confuse it.
const CORNER_REACH: f64 = 30.0;

/// A vertex is left out if its stretch runs straight on through it to within this, in metres.
const STRAIGHT: f64 = 0.5;

/// A closed walk as geometry, clockwise if the sentence is sound, from the north-west corner.
pub(super) struct Outline<'a> {
    network: &'a Network,
    graph: &'a Graph,
    steps: Vec<Step>,
}

impl<'a> Outline<'a> {
    pub fn new(network: &'a Network, graph: &'a Graph, walk: Walk) -> Self {
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

    pub fn compile(&self, demand: &Demand) -> Result<Compiled, Refusal> {
        self.check_directions(demand)?;
        let compiled = self.with_evidence();
        let polygon = Polygon::new(LineString::new(compiled.ring.clone()), vec![]);
        if compiled.ring.len() < 4 || !polygon.is_valid() {
            return Err(Reason::NotSimple.into());
        }
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
        let mut ways: Vec<String> = Vec::new();
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
                    // Several lines of one feature have one id.
                    for way in along {
                        let id = &self.network.ways[way].id;
                        if !ways.contains(id) {
                            ways.push(id.clone());
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
            ways,
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
pub(super) fn area_and_centroid(ring: &[Coord<f64>]) -> (f64, Coord<f64>) {
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
