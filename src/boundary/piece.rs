//! A walk in pieces: each follows one line on one side of the area, and nothing shows where other
//! lines cross it.

use geo::Coord;

use super::demand::Demand;
use super::graph::{Course, Graph};
use super::network::{Network, StreetId, TOUCH};
use super::plane::{direction, distance, dot, length};
use super::search::{Kind, Step};
use super::text::Direction;

/// How far on either side of a corner its angle is looked at, in metres: further than carriageways
/// and short links confuse it.
const CORNER_REACH: f64 = 30.0;

/// A bend of a street that bounds two sides stands out from what is as good as straight by more than
/// this share of the street's length.
const BEND: f64 = 0.01;

/// A part of a closed walk.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Clockwise from north.
    pub side: usize,
    pub kind: Kind,
    pub course: Course,
    /// In the direction of the walk; the first point is the last of the piece before.
    pub points: Vec<Coord<f64>>,
}

impl Piece {
    pub fn metres(&self) -> f64 {
        length(&self.points)
    }

    /// The same walked the other way.
    pub fn reversed(&self) -> Self {
        let mut piece = self.clone();
        piece.points.reverse();
        if let Course::Along { span, .. } = &mut piece.course {
            span.reverse();
        }
        piece
    }

    fn is_street(&self) -> bool {
        matches!(self.kind, Kind::Street(_))
    }

    /// Carries the piece on by the next, if that follows the same line in the same direction.
    fn join(&mut self, next: &Self, network: &Network) -> bool {
        let (
            Course::Along { line, span, .. },
            Course::Along {
                line: next_line,
                span: on,
                ..
            },
        ) = (&mut self.course, next.course)
        else {
            return false;
        };
        let is_same_way = (span[0] < span[1]) == (on[0] < on[1]);
        // A node stands for places that touch.
        let goes_on = (on[0] - span[1]).abs() <= 2.0 * TOUCH;
        if self.kind != next.kind || *line != next_line || !is_same_way || !goes_on {
            return false;
        }
        span[1] = on[1];
        let first = self.points[0];
        let last = next.points[next.points.len() - 1];
        let inside = network.centrelines[*line].inside(*span);
        self.points = [vec![first], inside, vec![last]].concat();
        true
    }

    /// The piece in two.
    fn cut(mut self, at: Cut) -> [Self; 2] {
        let mut rest = self.clone();
        rest.points.splice(..=at.vertex, [at.point]);
        self.points.truncate(at.vertex + 1);
        if self.points.last() != Some(&at.point) {
            self.points.push(at.point);
        }
        if let (Course::Along { span, .. }, Course::Along { span: on, .. }) =
            (&mut self.course, &mut rest.course)
        {
            let metres = length(&self.points).min((span[1] - span[0]).abs());
            let along = span[0] + metres.copysign(span[1] - span[0]);
            (span[1], on[0]) = (along, along);
        }
        [self, rest]
    }
}

/// A place on a list of pieces.
#[derive(Debug, Clone, Copy)]
struct Cut {
    piece: usize,
    /// The last vertex at or before it.
    vertex: usize,
    point: Coord<f64>,
    /// Metres from the start of the list.
    along: f64,
}

/// The walk in pieces, clockwise from the north-west corner.
pub(super) fn pieces(
    network: &Network,
    graph: &Graph,
    demand: &Demand,
    steps: &[Step],
) -> Vec<Piece> {
    let count = steps.len();
    let is_joint = |i: &usize| steps[*i].kind != steps[(i + count - 1) % count].kind;
    let Some(first) = (0..count).find(is_joint) else {
        return ring(joined(network, graph, steps));
    };
    let steps = [&steps[first..], &steps[..first]].concat();
    // Sides are counted on beyond the fourth: the walk may begin with any.
    let mut before = steps[count - 1].side;
    let mut pieces: Vec<Piece> = Vec::new();
    for run in steps.chunk_by(|a, b| a.kind == b.kind) {
        let after = before + (run[run.len() - 1].side + 4 - before % 4) % 4;
        let mut parts = joined(network, graph, run);
        if let Kind::Street(street) = run[0].kind
            && is_step_back(demand, street, before, after)
        {
            for part in &mut parts {
                part.side = after % 4;
            }
        } else if let Kind::Street(street) = run[0].kind {
            let is_on_side_before = demand.sides[before % 4].contains(&street);
            parts = divided(parts, before + usize::from(!is_on_side_before), after);
        }
        pieces.extend(parts);
        before = after;
    }
    place_corners(&mut pieces);
    let count = pieces.len();
    let side = |i: usize| pieces[i % count].side;
    let begins = |i: &usize| side(*i) == 0 && side(i + count - 1) != 0;
    // Where two sides lie in steps, they begin more than once.
    let comes_last = |i: &usize| {
        let next = (*i..i + count).map(side).find(|&side| side != 0);
        side(i + count - 1) == 3 && next != Some(3)
    };
    let first = (0..count).filter(begins).find(comes_last);
    let first = first.or_else(|| (0..count).find(begins));
    pieces.rotate_left(first.unwrap_or(0));
    pieces
}

/// Whether a run along this street leads back to the side before: on to the third side it would bound
/// the next, too.
fn is_step_back(demand: &Demand, street: StreetId, before: usize, after: usize) -> bool {
    after == before + 3 && !demand.sides[(before + 1) % 4].contains(&street)
}

/// Steps as pieces, joined where they follow one line.
fn joined(network: &Network, graph: &Graph, steps: &[Step]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for step in steps {
        let mut course = graph.edges[step.arc.edge()].course;
        if let Course::Along { span, .. } = &mut course
            && step.arc.is_backward()
        {
            span.reverse();
        }
        let piece = Piece {
            side: step.side,
            kind: step.kind,
            course,
            points: graph.points(step.arc),
        };
        let is_joined = pieces
            .last_mut()
            .is_some_and(|last| last.join(&piece, network));
        if !is_joined {
            pieces.push(piece);
        }
    }
    pieces
}

/// Pieces of one street that bounds one side or several, divided at the corners.
fn divided(mut pieces: Vec<Piece>, first_side: usize, last_side: usize) -> Vec<Piece> {
    let mut done = Vec::new();
    for side in first_side..last_side {
        let cut = corner(&pieces, side);
        let mut rest = pieces.split_off(cut.piece);
        let [before, after] = rest.remove(0).cut(cut);
        pieces.push(before);
        done.extend(pieces.into_iter().map(|piece| Piece {
            side: side % 4,
            ..piece
        }));
        rest.insert(0, after);
        pieces = rest;
    }
    done.extend(pieces.into_iter().map(|piece| Piece {
        side: last_side % 4,
        ..piece
    }));
    done.retain(|piece| piece.metres() > 0.0);
    done
}

/// One street that bounds the whole area.
fn ring(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let places = places(&pieces);
    let cut = *farthest(&places, |cut| dot(cut.point, outward(3)));
    pieces.rotate_left(cut.piece);
    let [before, after] = pieces.remove(0).cut(cut);
    pieces.insert(0, after);
    pieces.push(before);
    pieces.retain(|piece| piece.metres() > 0.0);
    divided(pieces, 0, 3)
}

/// Where a side leads, clockwise around the area, as a vector of length 1.
pub(super) fn heading(side: Direction) -> Coord<f64> {
    match side {
        Direction::North => Coord { x: 1.0, y: 0.0 },
        Direction::East => Coord { x: 0.0, y: -1.0 },
        Direction::South => Coord { x: -1.0, y: 0.0 },
        Direction::West => Coord { x: 0.0, y: 1.0 },
    }
}

/// Half-way between the directions of a side and the next, as a vector of length 1.
fn outward(side: usize) -> Coord<f64> {
    // The north side leads to the east, which is where the next side lies; and so on.
    let [before, side] = [side + 3, side].map(|s| heading(Direction::CLOCKWISE[s % 4]));
    (before + side) * std::f64::consts::FRAC_1_SQRT_2
}

/// The corner between a side and the next, on a street that bounds both: the place that lies
/// farthest out between their two directions. A street that has no such place but its ends is
/// divided where it lies farthest out from the straight line between these, and one that is as good
/// as straight in the middle: any place on it gives the same outline.
fn corner(pieces: &[Piece], side: usize) -> Cut {
    let places = places(pieces);
    let (first, last) = (&places[0], &places[places.len() - 1]);
    // The walk runs clockwise, and so has the area on its right.
    let chord = direction(first.point, last.point);
    let off_chord = Coord {
        x: -chord.y,
        y: chord.x,
    };
    let bend = last.along * BEND;
    [outward(side), off_chord]
        .into_iter()
        .find_map(|outward| {
            let out = |cut: &Cut| dot(cut.point - first.point, outward);
            let best = farthest(&places, out);
            (out(best) - out(first).max(out(last)) > bend).then_some(*best)
        })
        .unwrap_or_else(|| *farthest(&places, |cut| -(cut.along - last.along / 2.0).abs()))
}

/// The place that scores highest; of places as good the first.
fn farthest(places: &[Cut], score: impl Fn(&Cut) -> f64) -> &Cut {
    let best = places
        .iter()
        .rev()
        .max_by(|a, b| score(a).total_cmp(&score(b)));
    best.unwrap_or(&places[0])
}

/// The vertices of pieces that follow each other, and the middle of their length.
fn places(pieces: &[Piece]) -> Vec<Cut> {
    let middle = pieces.iter().map(Piece::metres).sum::<f64>() / 2.0;
    let mut places = Vec::new();
    let mut along = 0.0;
    for (piece, part) in pieces.iter().enumerate() {
        for (vertex, &point) in part.points.iter().enumerate() {
            let step = part.points[vertex.saturating_sub(1)];
            let next = along + distance(step, point);
            if along < middle && middle < next {
                places.push(Cut {
                    piece,
                    vertex: vertex - 1,
                    point: step + (point - step) * ((middle - along) / (next - along)),
                    along: middle,
                });
            }
            along = next;
            places.push(Cut {
                piece,
                vertex,
                point,
                along,
            });
        }
    }
    places
}

/// Between the streets of two sides there may be other streets and bridges; the corner is where the
/// outline turns most sharply, and what lies before it belongs to the side before. The first piece
/// follows a street, or the one before it does.
fn place_corners(pieces: &mut [Piece]) {
    let path = Path::new(pieces);
    let count = pieces.len();
    let Some(first) = (0..count).find(|&i| pieces[i].is_street()) else {
        return;
    };
    let mut i = first;
    while i < first + count {
        let end = (i + 1..=first + count)
            .find(|j| pieces[j % count].is_street())
            .unwrap_or(first + count);
        let (side, next) = (pieces[i % count].side, pieces[end % count].side);
        // Of equal turns the first.
        let corner = (i + 1..=end)
            .rev()
            .max_by(|a, b| path.turn_at(*a).total_cmp(&path.turn_at(*b)))
            .unwrap_or(end);
        for j in i + 1..end {
            pieces[j % count].side = if j < corner { side } else { next };
        }
        i = end;
    }
}

/// A closed path through the points of pieces.
pub(super) struct Path {
    pub points: Vec<Coord<f64>>,
    /// For each point, metres from the start.
    along: Vec<f64>,
    /// For each piece, metres from the start to where it begins.
    joints: Vec<f64>,
}

impl Path {
    pub fn new(pieces: &[Piece]) -> Self {
        let mut path = Self {
            points: Vec::new(),
            along: Vec::new(),
            joints: Vec::new(),
        };
        for piece in pieces {
            path.joints.push(path.length());
            for &point in &piece.points {
                path.push(point);
            }
        }
        path
    }

    fn length(&self) -> f64 {
        self.along.last().copied().unwrap_or_default()
    }

    fn push(&mut self, point: Coord<f64>) {
        let step = self
            .points
            .last()
            .map_or(0.0, |&last| distance(last, point));
        if self.points.is_empty() || step > 0.0 {
            self.along.push(self.length() + step);
            self.points.push(point);
        }
    }

    /// The point of a closed path so many metres from its start, or before it.
    fn point_at(&self, along: f64) -> Coord<f64> {
        let along = along.rem_euclid(self.length());
        let after = self
            .along
            .partition_point(|&a| a <= along)
            .clamp(1, self.along.len() - 1);
        let (a, b) = (self.points[after - 1], self.points[after]);
        let size = self.along[after] - self.along[after - 1];
        a + (b - a) * ((along - self.along[after - 1]) / size)
    }

    /// By how many degrees the path turns where a piece begins.
    fn turn_at(&self, piece: usize) -> f64 {
        let along = self.joints[piece % self.joints.len()];
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
