//! Which of several sound polygons is meant.
//!
//! 1. Where two streets leave a gap, the shortest way across it counts. A polygon is *no better way* than
//!    a cheaper one that follows the same streets in the same order if none of its gaps is shorter, and
//!    they are longer by more than [`LONGER`] metres.
//! 2. A polygon is *clearly worse* than another if the direction words speak against it: if one of its
//!    sides is turned further away from the direction that it should face, from corner to corner, by more
//!    than [`TURNED_AWAY`] degrees, and none of its sides faces its own better by more than
//!    [`SLIGHTLY_TURNED`]; or if a side leads from the same corner to the same corner by more than
//!    [`LONG_WAY`] times the way, as around a ring street. It is clearly worse too if it leaves the named
//!    streets for a share of its outline that is larger by more than [`CLEARLY_WORSE`].
//! 3. Of those that are left the cheapest is the outcome, if all the others are the same but for
//!    details, that is, cover the same ground but for [`SAME_GROUND`].
//! 4. If one of them does not, the sentence is ambiguous: neither a shorter outline nor a smaller area
//!    says which was meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use geo::{Area, BooleanOps, Coord};

use super::compile::Outcome;
use super::evidence::{Compiled, CornerKind, StretchKind};
use super::graph::Course;
use super::network::{Network, StreetId};
use super::piece::{Piece, heading};
use super::plane::{angle, distance};
use super::search::{Kind, Walk};
use super::text::Direction;
use crate::model::Text;

/// Gaps are longer than others if they are together longer by more than this, in metres.
pub const LONGER: f64 = 50.0;

/// A polygon is clearly worse if so much more of its outline leaves the named streets, as a share.
pub const CLEARLY_WORSE: f64 = 0.05;

/// A polygon is clearly worse if a side of it is turned away by so many degrees more.
pub const TURNED_AWAY: f64 = 30.0;

/// By so many degrees another side may at most be turned away less: with a third of [`TURNED_AWAY`] the
/// sum over all sides is the larger one, so that no two polygons are worse than each other.
pub const SLIGHTLY_TURNED: f64 = TURNED_AWAY / 3.0;

/// A polygon is clearly worse if a side takes so many times the way between the same corners.
pub const LONG_WAY: f64 = 2.0;

/// Polygons are the same but for details if the ground that only one of them covers is at most this
/// share of the smaller.
pub const SAME_GROUND: f64 = 0.03;

/// The most polygons that are shown of an ambiguous sentence.
pub const MAX_CANDIDATES: usize = 6;

/// Corners further apart than this, in metres, are different places.
const SAME_PLACE: f64 = 10.0;

/// A sound polygon, and how it came about.
pub(super) struct Candidate {
    pub compiled: Compiled,
    pub walk: Walk,
    /// Of the sentence, by number.
    reading: usize,
    /// The centrelines that it follows of each named street.
    lines: BTreeMap<StreetId, BTreeSet<usize>>,
    /// The named streets in the order of the ring, and the metres of the gap after each.
    gaps: Vec<(Direction, String, f64)>,
    /// Clockwise from north.
    sides: [SideCourse; 4],
}

/// A side from corner to corner.
struct SideCourse {
    corners: [Coord<f64>; 2],
    metres: f64,
    /// By how many degrees it leads in another direction than it should.
    turned_away: f64,
}

impl SideCourse {
    fn of(side: Direction, pieces: &[Piece]) -> Self {
        let on_side: Vec<&Piece> = pieces
            .iter()
            .filter(|piece| piece.side == side.index())
            .collect();
        let points = || on_side.iter().flat_map(|piece| &piece.points).copied();
        // What lies between two steps of a side is not its own.
        let ways = on_side
            .iter()
            .map(|piece| piece.points[piece.points.len() - 1] - piece.points[0]);
        let way = ways.fold(Coord::zero(), |sum, way| sum + way);
        Self {
            corners: [points().next(), points().next_back()].map(Option::unwrap_or_default),
            metres: on_side.iter().map(|piece| piece.metres()).sum(),
            turned_away: angle(heading(side), way),
        }
    }

    fn is_long_way_beside(&self, other: &Self) -> bool {
        let mut ends = self.corners.iter().zip(other.corners);
        ends.all(|(&a, b)| distance(a, b) <= SAME_PLACE) && self.metres > LONG_WAY * other.metres
    }
}

impl Candidate {
    pub fn new(compiled: Compiled, walk: Walk, pieces: &[Piece], reading: usize) -> Self {
        let mut lines: BTreeMap<StreetId, BTreeSet<usize>> = BTreeMap::new();
        for piece in pieces {
            if let (Kind::Street(street), Course::Along { line, .. }) = (piece.kind, piece.course) {
                lines.entry(street).or_default().insert(line);
            }
        }
        Self {
            gaps: gaps(&compiled),
            compiled,
            walk,
            reading,
            lines,
            sides: Direction::CLOCKWISE.map(|side| SideCourse::of(side, pieces)),
        }
    }

    fn off_named(&self) -> f64 {
        1.0 - self.compiled.on_named()
    }

    /// Whether the other follows the same streets at less cost and across shorter gaps.
    fn is_no_better_way_than(&self, other: &Self) -> bool {
        let (mine, others) = (&self.gaps, &other.gaps);
        let follow_the_same = mine.len() == others.len()
            && mine
                .iter()
                .zip(others)
                .all(|(a, b)| (a.0, &a.1) == (b.0, &b.1));
        let longer = mine
            .iter()
            .zip(others)
            .map(|(mine, other)| mine.2 - other.2);
        other.walk.cost <= self.walk.cost
            && follow_the_same
            && longer.clone().all(|metres| metres > -SAME_PLACE)
            && longer.sum::<f64>() > LONGER
    }

    /// Whether a side of this is turned further away than that of the other, and none much less.
    fn is_turned_away_beside(&self, other: &Self) -> bool {
        let further =
            |(mine, others): (&SideCourse, &SideCourse)| mine.turned_away - others.turned_away;
        let further = || self.sides.iter().zip(&other.sides).map(further);
        further().any(|degrees| degrees > TURNED_AWAY)
            && further().all(|degrees| degrees >= -SLIGHTLY_TURNED)
    }

    /// Whether a side of this goes around where the other's leads on. The longer outline of two, for
    /// each might do so on another side.
    fn goes_around_beside(&self, other: &Self) -> bool {
        let mut sides = self.sides.iter().zip(&other.sides);
        sides.any(|(mine, others)| mine.is_long_way_beside(others))
            && self.compiled.perimeter_m() > other.compiled.perimeter_m()
    }

    fn covers_the_same_as(&self, other: &Self) -> bool {
        if self.compiled.ring == other.compiled.ring {
            return true;
        }
        let (a, b) = (self.compiled.polygon(), other.compiled.polygon());
        let smaller = a.unsigned_area().min(b.unsigned_area());
        a.xor(&b).unsigned_area() <= SAME_GROUND * smaller
    }
}

fn gaps(compiled: &Compiled) -> Vec<(Direction, String, f64)> {
    let stretches = &compiled.stretches;
    let first = stretches.iter().position(|s| s.kind == StretchKind::Street);
    let (before, after) = stretches.split_at(first.unwrap_or(0));
    let mut gaps: Vec<(Direction, String, f64)> = Vec::new();
    for stretch in after.iter().chain(before) {
        match (&stretch.street, stretch.kind, gaps.last_mut()) {
            (Some(street), StretchKind::Street, _) => {
                gaps.push((stretch.side, street.clone(), 0.0));
            }
            (_, _, Some((.., gap))) => *gap += stretch.metres,
            (_, _, None) => {}
        }
    }
    gaps
}

/// The outcome, if there is a candidate at all.
pub(super) fn choose(network: &Network, mut candidates: Vec<Candidate>) -> Option<Outcome> {
    drop_worse(&mut candidates, Candidate::is_no_better_way_than);
    // Directions first: they are in the sentence, and gaps are in the data.
    drop_worse(&mut candidates, Candidate::is_turned_away_beside);
    drop_worse(&mut candidates, Candidate::goes_around_beside);
    let least = candidates.iter().map(Candidate::off_named);
    let least = least.fold(f64::INFINITY, f64::min);
    candidates.retain(|candidate| candidate.off_named() <= least + CLEARLY_WORSE);
    candidates.sort_by(|a, b| {
        let by_cost = a.walk.cost.total_cmp(&b.walk.cost);
        by_cost
            .then(a.reading.cmp(&b.reading))
            .then_with(|| a.walk.steps.cmp(&b.walk.steps))
    });
    let mut different: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let is_known = different
            .iter()
            .any(|known| known.covers_the_same_as(&candidate));
        if !is_known && different.len() < MAX_CANDIDATES {
            different.push(candidate);
        }
    }
    if different.len() > 1 {
        let causes = causes(network, &different);
        let candidates = different.into_iter().map(|c| c.compiled).collect();
        return Some(Outcome::Ambiguous(Ambiguity { candidates, causes }));
    }
    let only = different.pop()?;
    Some(Outcome::Compiled(only.compiled))
}

/// Drops what is worse than some other. One at least stays: from a candidate to one that it is worse
/// than, and on, the way never leads back.
fn drop_worse(candidates: &mut Vec<Candidate>, is_worse: impl Fn(&Candidate, &Candidate) -> bool) {
    let is_best = |one: &Candidate| !candidates.iter().any(|other| is_worse(one, other));
    let mut is_kept = candidates
        .iter()
        .map(is_best)
        .collect::<Vec<_>>()
        .into_iter();
    candidates.retain(|_| is_kept.next().unwrap_or_default());
}

/// Several polygons that satisfy a sentence about equally well.
#[derive(Debug, Clone, PartialEq)]
pub struct Ambiguity {
    candidates: Vec<Compiled>,
    causes: Vec<Cause>,
}

impl Ambiguity {
    /// At least two and at most [`MAX_CANDIDATES`], the cheapest first.
    #[must_use]
    pub fn candidates(&self) -> &[Compiled] {
        &self.candidates
    }

    /// What makes them differ; at least one.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// How many there are and why, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let causes: Vec<Text> = self.causes.iter().map(Cause::text).collect();
        let join = |part: fn(&Text) -> &str, separator: &str| {
            let parts: Vec<&str> = causes.iter().map(part).collect();
            parts.join(separator)
        };
        let count = self.candidates.len();
        let (at_least_zh, at_least_en) = if count == MAX_CANDIDATES {
            ("至少", "at least ")
        } else {
            ("", "")
        };
        Text::new(
            format!(
                "符合四至的界线{at_least_zh}有 {count} 条：{}",
                join(|text| &text.zh, "；")
            ),
            format!(
                "{at_least_en}{count} outlines satisfy the sentence: {}",
                join(|text| &text.en, "; ")
            ),
        )
    }
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().zh)
    }
}

/// What makes the candidates of an ambiguous sentence differ. Streets go by their names in the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The sentence itself can be read in several ways.
    Readings,
    /// A street lies in several places that are not connected.
    Places {
        /// The street.
        street: String,
        /// How many of these places the candidates use.
        places: usize,
    },
    /// Two streets meet more than once.
    Meetings {
        /// The two.
        streets: [String; 2],
        /// At how many places the candidates turn from the one into the other.
        places: usize,
    },
    /// Streets divide, so that an outline can follow them in more than one way.
    Courses(Vec<String>),
}

impl Cause {
    /// The same in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Readings => Text::new(
                "这句话有不止一种读法",
                "the sentence can be read in more than one way",
            ),
            Self::Places { street, places } => Text::new(
                format!("{street}有 {places} 处，互不相连"),
                format!("{street} lies in {places} places that are not connected"),
            ),
            Self::Meetings {
                streets: [a, b],
                places,
            } => Text::new(
                format!("{a}与{b}相交 {places} 次"),
                format!("{a} and {b} meet {places} times"),
            ),
            Self::Courses(streets) => Text::new(
                format!("沿{}有不止一种走法", streets.join("、")),
                format!("there is more than one way along {}", streets.join(", ")),
            ),
        }
    }
}

fn causes(network: &Network, candidates: &[Candidate]) -> Vec<Cause> {
    if candidates
        .iter()
        .any(|c| c.reading != candidates[0].reading)
    {
        return vec![Cause::Readings];
    }
    let places = several_places(network, candidates);
    if !places.is_empty() {
        return places;
    }
    let meetings = several_meetings(network, candidates);
    if !meetings.is_empty() {
        return meetings;
    }
    let first = courses(&candidates[0]);
    let others: Vec<_> = candidates[1..].iter().map(courses).collect();
    let differs = |street: &&String| {
        others
            .iter()
            .any(|other| other.get(*street) != first.get(*street))
    };
    vec![Cause::Courses(
        first.keys().filter(differs).cloned().collect(),
    )]
}

/// The vertices of an outline along each of its named streets.
fn courses(candidate: &Candidate) -> BTreeMap<String, Vec<[u64; 2]>> {
    let mut courses: BTreeMap<String, Vec<[u64; 2]>> = BTreeMap::new();
    for stretch in &candidate.compiled.stretches {
        if let (StretchKind::Street, Some(street)) = (stretch.kind, &stretch.street) {
            let points = &candidate.compiled.ring[stretch.from..=stretch.to];
            let course = courses.entry(street.clone()).or_default();
            course.extend(points.iter().map(|c| [c.x.to_bits(), c.y.to_bits()]));
        }
    }
    courses
}

/// The streets of which candidates follow lines that have nothing in common.
fn several_places(network: &Network, candidates: &[Candidate]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for &street in candidates[0].lines.keys() {
        let mut places: Vec<&BTreeSet<usize>> = Vec::new();
        for lines in candidates.iter().filter_map(|c| c.lines.get(&street)) {
            if places.iter().all(|place| place.is_disjoint(lines)) {
                places.push(lines);
            }
        }
        if places.len() > 1 {
            causes.push(Cause::Places {
                street: network.streets[street].name.clone(),
                places: places.len(),
            });
        }
    }
    causes
}

/// The pairs of streets that meet where candidates have different corners.
fn several_meetings(network: &Network, candidates: &[Candidate]) -> Vec<Cause> {
    let mut corners: BTreeMap<[String; 2], Vec<Coord<f64>>> = BTreeMap::new();
    for corner in candidates.iter().flat_map(|c| c.compiled.corners()) {
        let (CornerKind::Intersection, [a, b]) = (corner.how, &corner.streets[..]) else {
            continue;
        };
        let mut pair = [a.clone(), b.clone()];
        pair.sort();
        let point = network.frame.to_plane(corner.point);
        let places = corners.entry(pair).or_default();
        if places.iter().all(|&p| distance(p, point) > SAME_PLACE) {
            places.push(point);
        }
    }
    let several = corners.into_iter().filter(|(_, places)| places.len() > 1);
    several
        .map(|(streets, places)| Cause::Meetings {
            streets,
            places: places.len(),
        })
        .collect()
}
