//! The pieces of a walk as an outline: whether its sides lie where the sentence says, and what each
//! part of it follows.

use geo::{Coord, LineString};

use super::demand::Demand;
use super::evidence::{Compiled, Stretch, StretchKind};
use super::graph::Course;
use super::network::{Network, StreetId, WayId};
use super::piece::{Path, Piece, heading};
use super::plane::{cross, distance, dot};
use super::refusal::{Misplaced, Reason, Refusal};
use super::search::{Kind, MIN_USE};
use super::text::Direction;
use crate::geometry::{measure, simplify, validity};

/// A vertex is left out if its stretch runs straight on through it to within this, in metres.
const STRAIGHT: f64 = 0.5;

/// So much of its length a side must at least lead from its first corner in the direction of its
/// second: the north side to the east. A straight side does if it is turned by less than 78°, and
/// one that leads around half of the area does not.
const MIN_ONWARD: f64 = 0.2;

/// By so much the mean cosine must be larger for the names to be a quarter turn off: a square block
/// is refused when it is turned by more than 51°.
const TURN_OFF: f64 = 0.15;

/// The outline with its evidence, or what is wrong with it. The pieces run clockwise from the
/// north-west corner if the sentence is sound.
pub(super) fn outline(
    network: &Network,
    demand: &Demand,
    pieces: &[Piece],
) -> Result<Compiled, Refusal> {
    check_directions(network, demand, pieces)?;
    let compiled = with_evidence(network, demand, pieces);
    if compiled.ring.len() < 4 {
        return Err(Reason::NotSimple(None).into());
    }
    validity::check(&compiled.polygon().into()).map_err(|flaw| Reason::NotSimple(Some(flaw)))?;
    Ok(compiled)
}

/// Each side's middle must lie on its own side of the polygon's centroid, it must lead on from
/// corner to corner and not around the area, each of its streets must bound it, and the pieces must
/// run clockwise.
fn check_directions(network: &Network, demand: &Demand, pieces: &[Piece]) -> Result<(), Refusal> {
    let (area, centroid) = area_and_centroid(&Path::new(pieces).points);
    let mut misplaced = Vec::new();
    for side in Direction::CLOCKWISE {
        let on_side = || {
            pieces
                .iter()
                .filter(move |piece| piece.side == side.index())
        };
        // Where two sides are exchanged the pieces run the other way, and these two tell. What is
        // not named must not lead on in place of what is. A side that lies in steps leads on by each.
        let leads_on = |run: &[Piece]| {
            let metres: f64 = run.iter().map(Piece::metres).sum();
            let onward: f64 = run
                .iter()
                .filter(|piece| matches!(piece.kind, Kind::Street(_)))
                .map(|piece| piece.points[piece.points.len() - 1] - piece.points[0])
                .map(|way| dot(way, heading(side)) * -area.signum())
                .sum();
            onward >= MIN_ONWARD * metres
        };
        let mut runs = pieces
            .chunk_by(|a, b| a.side == b.side)
            .filter(|run| run[0].side == side.index());
        let outward =
            middle_of_side(pieces, side).map(|middle| cross(heading(side), middle - centroid));
        let is_in_place = outward.is_some_and(|outward| outward > 0.0) && runs.all(leads_on);
        // A street that bounds several sides may leave nothing for one of them.
        let bounds = |street: StreetId| {
            let along = on_side().filter(|piece| piece.kind == Kind::Street(street));
            along.map(Piece::metres).sum::<f64>() > MIN_USE
        };
        let streets = demand.sides[side.index()].iter();
        let streets: Vec<String> = streets
            .filter(|&&street| !is_in_place || !bounds(street))
            .map(|&street| network.streets[street].name.clone())
            .collect();
        if !streets.is_empty() {
            misplaced.push(Misplaced { side, streets });
        }
    }
    if misplaced.is_empty() && is_a_turn_off(pieces) {
        misplaced = Direction::CLOCKWISE
            .map(|side| Misplaced {
                side,
                streets: demand.sides[side.index()]
                    .iter()
                    .map(|&street| network.streets[street].name.clone())
                    .collect(),
            })
            .into();
    }
    if !misplaced.is_empty() {
        return Err(Reason::Contradictory(misplaced).into());
    }
    // With every side in its place only an outline that crosses itself runs the other way.
    if area >= 0.0 {
        return Err(Reason::NotSimple(None).into());
    }
    Ok(())
}

/// Whether the sides would fit their directions clearly better if each had the name of the next, or
/// of the one before: whoever wrote the sentence then meant another area, or other directions.
fn is_a_turn_off(pieces: &[Piece]) -> bool {
    let sides = Direction::CLOCKWISE;
    let chords = sides.map(|side| {
        let on_side = pieces.iter().filter(|piece| piece.side == side.index());
        on_side
            .map(|piece| piece.points[piece.points.len() - 1] - piece.points[0])
            .fold(Coord::zero(), |sum, way| sum + way)
    });
    let all: f64 = chords.iter().map(|chord| dot(*chord, *chord).sqrt()).sum();
    // The mean cosine between where the sides lead and where they should.
    let fit = |turn: usize| -> f64 {
        let along = sides.iter().zip(&chords).map(|(side, chord)| {
            let meant = sides[(side.index() + turn) % 4];
            dot(*chord, heading(meant))
        });
        along.sum::<f64>() / all
    };
    fit(1).max(fit(3)) > fit(0) + TURN_OFF
}

/// The mean of all points of a side, if it has any.
fn middle_of_side(pieces: &[Piece], side: Direction) -> Option<Coord<f64>> {
    let (mut sum, mut metres) = (Coord::zero(), 0.0);
    for piece in pieces.iter().filter(|piece| piece.side == side.index()) {
        for pair in piece.points.windows(2) {
            let long = distance(pair[0], pair[1]);
            sum = sum + (pair[0] + pair[1]) / 2.0 * long;
            metres += long;
        }
    }
    (metres > 0.0).then(|| sum / metres)
}

/// Turns the pieces around, which makes the ring counter-clockwise, and describes what it follows.
fn with_evidence(network: &Network, demand: &Demand, pieces: &[Piece]) -> Compiled {
    let backwards: Vec<Piece> = pieces.iter().rev().map(Piece::reversed).collect();
    let mut ring: Vec<Coord<f64>> = Vec::new();
    let mut stretches = Vec::new();
    for run in backwards.chunk_by(|a, b| (a.side, a.kind) == (b.side, b.kind)) {
        let points = Path::new(run).points;
        let from = ring.len().saturating_sub(1);
        for i in simplify::kept(&points, STRAIGHT) {
            let point = rounded(network.frame.to_degrees(points[i]));
            if ring.last() != Some(&point) {
                ring.push(point);
            }
        }
        if from + 1 < ring.len() {
            stretches.push(stretch(network, run, from, &ring[from..]));
        }
    }
    let accuracy_m = stretches.iter().map(|s| s.accuracy_m).fold(0.0, f64::max);
    Compiled {
        ring,
        stretches,
        accuracy_m,
        asked: demand.asked.clone(),
    }
}

/// The evidence for pieces of one side and kind, which became `points` of the ring.
fn stretch(network: &Network, pieces: &[Piece], from: usize, points: &[Coord<f64>]) -> Stretch {
    let (kind, street) = match pieces[0].kind {
        Kind::Street(street) => (StretchKind::Street, Some(street)),
        Kind::Via(street) => (StretchKind::Via, Some(street)),
        Kind::Bridge => (StretchKind::Bridge, None),
    };
    let mut ways: Vec<(String, f64)> = Vec::new();
    let mut accuracy_m: f64 = 0.0;
    let mut in_plane = 0.0;
    for piece in pieces {
        let parts: Vec<(Vec<WayId>, f64)> = match piece.course {
            Course::Along { line, span, .. } => network.centrelines[line].parts(span),
            Course::Link { end, .. } => {
                vec![(network.ways_at(end).copied().collect(), piece.metres())]
            }
            Course::Across { accuracy_m: joined } => {
                accuracy_m = accuracy_m.max(piece.metres().max(joined).ceil());
                continue;
            }
        };
        for (followed, metres) in parts {
            in_plane += metres;
            accuracy_m = accuracy_m.max(network.worst_accuracy(&followed));
            // Several lines of one feature have one id.
            let mut ids: Vec<&String> = Vec::new();
            for id in followed.iter().map(|&way| &network.ways[way].id) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            for id in ids {
                match ways.iter_mut().find(|(known, _)| known == id) {
                    Some((_, sum)) => *sum += metres,
                    None => ways.push((id.clone(), metres)),
                }
            }
        }
    }
    let metres = measure::length_m(&LineString::new(points.to_vec()).into());
    let along_ways = ways.iter().map(|(_, m)| tenths(m * metres / in_plane));
    Stretch {
        side: Direction::CLOCKWISE[pieces[0].side],
        kind,
        street: street.map(|s| network.streets[s].name.clone()),
        from,
        to: from + points.len() - 1,
        metres: tenths(metres),
        accuracy_m,
        along_ways: along_ways.collect(),
        ways: ways.into_iter().map(|(id, _)| id).collect(),
    }
}

fn tenths(metres: f64) -> f64 {
    (metres * 10.0).round() / 10.0
}

/// Degrees rounded to 7 decimals, about 1 cm.
fn rounded(c: Coord<f64>) -> Coord<f64> {
    let round = |v: f64| (v * 1e7).round() / 1e7;
    Coord {
        x: round(c.x),
        y: round(c.y),
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
