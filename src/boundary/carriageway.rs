//! The pieces of a walk moved from the middle of wide streets to their inner or outer carriageways.

use geo::Coord;
use geo::line_intersection::{LineIntersection, line_intersection};

use super::centreline::Hand;
use super::compile::Carriageway;
use super::graph::Course;
use super::network::{MAX_STREET_WIDTH, Network};
use super::piece::Piece;
use super::plane::{direction, distance, length, measure};

/// How far from the corner of two centrelines their carriageways meet at most, in metres, along both
/// together.
const CORNER: f64 = 4.0 * MAX_STREET_WIDTH;

/// Points as near as this, in metres, are one.
const SAME_POINT: f64 = 1e-6;

/// A piece of a street with its continuation at either end, as far as a street is wide.
struct Track {
    points: Vec<Coord<f64>>,
    /// For each point, metres from the start.
    along: Vec<f64>,
    /// Metres from the start to where the piece itself begins and ends.
    core: [f64; 2],
}

impl Track {
    /// The pieces run clockwise, so the area is on their right.
    fn new(network: &Network, line: usize, span: [f64; 2], hand: Hand) -> Self {
        let centreline = &network.centrelines[line];
        let sign = if span[0] <= span[1] { 1.0 } else { -1.0 };
        let reach = |from: f64, by: f64| (from + by).clamp(0.0, centreline.length());
        let (before, after) = (
            reach(span[0], -sign * MAX_STREET_WIDTH),
            reach(span[1], sign * MAX_STREET_WIDTH),
        );
        let part = |from: f64, to: f64| {
            if (to - from).abs() > SAME_POINT {
                centreline.carriageway([from, to], hand)
            } else {
                vec![]
            }
        };
        let (lead, rest) = (part(before, span[0]), part(span[1], after));
        let core = centreline.carriageway(span, hand);
        let (in_lead, in_core) = (length(&lead), length(&core));
        let mut points = [lead, core, rest].concat();
        points.dedup();
        // Straight on for as far as the line does not reach.
        let count = points.len();
        let first = direction(points[1], points[0]) * (MAX_STREET_WIDTH - in_lead).max(0.0);
        let last = direction(points[count - 2], points[count - 1]) * MAX_STREET_WIDTH;
        points.insert(0, points[0] + first);
        points.push(points[count] + last);
        let begins = distance(points[0], points[1]) + in_lead;
        Self {
            along: measure(&points),
            points,
            core: [begins, begins + in_core],
        }
    }

    fn point_at(&self, along: f64) -> Coord<f64> {
        let after = self
            .along
            .partition_point(|&a| a <= along)
            .clamp(1, self.points.len() - 1);
        let (a, b) = (self.points[after - 1], self.points[after]);
        let size = self.along[after] - self.along[after - 1];
        a + (b - a) * ((along - self.along[after - 1]) / size)
    }

    fn between(&self, from: f64, to: f64) -> Vec<Coord<f64>> {
        let inner = self.along.iter().zip(&self.points);
        let inner = inner.filter(|(along, _)| from < **along && **along < to);
        let mut points = vec![self.point_at(from)];
        points.extend(inner.map(|(_, &point)| point));
        points.push(self.point_at(to));
        points
    }

    /// Where this track crosses the next, in metres along both: nearest to where the one ends and
    /// the other begins.
    fn crossing(&self, next: &Self) -> Option<[f64; 2]> {
        let mut best: Option<(f64, [f64; 2])> = None;
        let last = self
            .along
            .partition_point(|&a| a < self.core[1] - CORNER)
            .saturating_sub(1);
        let first = next.along.partition_point(|&a| a <= next.core[0] + CORNER);
        for (i, p) in self.points.windows(2).enumerate().skip(last) {
            for (j, q) in next.points.windows(2).enumerate().take(first) {
                let (a, b) = (geo::Line::new(p[0], p[1]), geo::Line::new(q[0], q[1]));
                let Some(meeting) = line_intersection(a, b) else {
                    continue;
                };
                let point = match meeting {
                    LineIntersection::SinglePoint { intersection, .. } => intersection,
                    LineIntersection::Collinear { intersection } => intersection.start,
                };
                let at = [
                    self.along[i] + distance(p[0], point),
                    next.along[j] + distance(q[0], point),
                ];
                let away = (at[0] - self.core[1]).abs() + (at[1] - next.core[0]).abs();
                if away <= CORNER && best.is_none_or(|known| away < known.0) {
                    best = Some((away, at));
                }
            }
        }
        best.map(|(_, at)| at)
    }
}

/// The pieces of a walk, which run clockwise, on other carriageways. Where two streets meet they are
/// cut off or carried on to where those meet; where they do not, the outline steps across.
pub(super) fn moved(network: &Network, pieces: &[Piece], carriageway: Carriageway) -> Vec<Piece> {
    let hand = match carriageway {
        Carriageway::Centre => return pieces.to_vec(),
        Carriageway::Inner => Hand::Right,
        Carriageway::Outer => Hand::Left,
    };
    // A link to the middle of another street is part of what a track is carried on by.
    let is_link = |piece: &&Piece| matches!(piece.course, Course::Link { .. });
    let mut pieces: Vec<Piece> = pieces
        .iter()
        .filter(|piece| !is_link(piece))
        .cloned()
        .collect();
    let tracks: Vec<Option<Track>> = pieces
        .iter()
        .map(|piece| match piece.course {
            Course::Along { line, span, .. } => Some(Track::new(network, line, span, hand)),
            Course::Link { .. } | Course::Across { .. } => None,
        })
        .collect();
    let count = pieces.len();
    let mut cuts: Vec<[f64; 2]> = tracks
        .iter()
        .map(|track| track.as_ref().map_or([0.0; 2], |track| track.core))
        .collect();
    for i in 0..count {
        let next = (i + 1) % count;
        let line = |piece: &Piece| match piece.course {
            Course::Along { line, .. } => Some(line),
            Course::Link { .. } | Course::Across { .. } => None,
        };
        if let (Some(this), Some(that)) = (&tracks[i], &tracks[next])
            && line(&pieces[i]) != line(&pieces[next])
            && let Some(at) = this.crossing(that)
        {
            (cuts[i][1], cuts[next][0]) = (at[0], at[1]);
        }
    }
    for (piece, (track, cut)) in pieces.iter_mut().zip(tracks.iter().zip(&cuts)) {
        if let Some(track) = track {
            piece.points = track.between(cut[0], cut[1]);
        }
    }
    for i in 0..count {
        let before = &pieces[(i + count - 1) % count].points;
        let from = before[before.len() - 1];
        let to = pieces[(i + 1) % count].points[0];
        let piece = &mut pieces[i];
        if tracks[i].is_none() {
            piece.points = vec![from, to];
        } else if distance(piece.points[0], from) > SAME_POINT {
            piece.points.insert(0, from);
        } else {
            piece.points[0] = from;
        }
    }
    pieces
}
