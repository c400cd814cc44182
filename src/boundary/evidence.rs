//! A compiled polygon and what it rests on.

use geo::{Coord, LineString, Polygon};
use serde::{Serialize, Serializer};

use super::text::Direction;
use crate::geometry::measure;

/// A polygon made from a boundary sentence, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compiled {
    /// The closed outline in degrees of longitude and latitude, rounded to 7 decimals;
    /// counter-clockwise, as RFC 7946 has exterior rings. It starts where the north side begins, at
    /// its western end, and so runs along the west side first. Written as `[[lon, lat], …]`.
    #[serde(serialize_with = "as_pairs")]
    pub ring: Vec<Coord<f64>>,
    /// What the outline follows, in the order of the ring and without a gap: each stretch starts
    /// at the vertex where the one before ends.
    #[serde(rename = "sides")]
    pub stretches: Vec<Stretch>,
    /// How far off the outline may be, in metres: as far as the worst of its stretches.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
    /// The names by which the sentence asked for streets, in the reading that was compiled, by side
    /// clockwise from north.
    #[serde(skip)]
    pub asked: Vec<Asked>,
}

/// A name in a sentence, and the street that it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The side that names it.
    pub side: Direction,
    /// As the sentence has it.
    pub name: String,
    /// The name of the street in the data, of which the sentence's may be an alias.
    pub street: String,
}

/// What one stretch of an outline follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StretchKind {
    /// A street that the sentence names for this side.
    Street,
    /// Another street or river, because the named ones leave a gap.
    Via,
    /// Nothing: it goes straight across a gap.
    Bridge,
}

/// A part of an outline that follows one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stretch {
    /// The side it belongs to.
    pub side: Direction,
    /// What it follows.
    pub kind: StretchKind,
    /// The name of the street in the data; none for a bridge.
    pub street: Option<String>,
    /// Index of its first vertex in the ring.
    pub from: usize,
    /// Index of its last vertex in the ring.
    pub to: usize,
    /// Its length on the ellipsoid in metres, rounded to 0.1.
    #[serde(serialize_with = "as_number")]
    pub metres: f64,
    /// How far off it may be, in metres: the worst of its ways. A bridge may be off by as much as it
    /// is long or as the lines that it joins may be, rounded up to whole metres.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
    /// Ids of the lines it follows, in the order in which they are met; none for a bridge.
    pub ways: Vec<String>,
    /// For each of these, how many metres of the stretch run along it, rounded to 0.1. Between two
    /// carriageways the outline runs along both.
    #[serde(skip)]
    pub along_ways: Vec<f64>,
}

/// Where one side of an outline ends and the next begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Corner {
    /// The side before it, clockwise.
    pub from: Direction,
    /// The side after it.
    pub to: Direction,
    /// Longitude and latitude in degrees, a vertex of the ring.
    #[serde(serialize_with = "as_pair")]
    pub point: Coord<f64>,
    /// How it was found.
    pub how: CornerKind,
    /// The named street before it, the streets that lead across a gap, and the named street after
    /// it, clockwise.
    pub streets: Vec<String>,
    /// How long the gap is, in metres; 0 at an intersection.
    #[serde(serialize_with = "as_number")]
    pub gap_m: f64,
}

/// How a corner was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CornerKind {
    /// The streets of the two sides meet there.
    Intersection,
    /// One street bounds both sides and bends there.
    Bend,
    /// Another street leads from the one to the other.
    Via,
    /// The outline goes straight across a gap between them, if only for a part of it.
    Bridge,
}

/// What one side of an outline rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideEvidence {
    /// Which side.
    pub side: Direction,
    /// The streets that the sentence asks for, in its order.
    pub asked: Vec<AskedStreet>,
    /// All that the side follows, clockwise.
    pub follows: Vec<Followed>,
    /// Where it ends.
    pub corner: Corner,
}

/// A street that a side asks for, and how much of the side follows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AskedStreet {
    /// As the sentence has it.
    pub name: String,
    /// The name of the street in the data.
    pub street: String,
    /// Metres.
    #[serde(serialize_with = "as_number")]
    pub metres: f64,
}

/// A part of a side that follows one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Followed {
    /// What it is to the side.
    pub kind: StretchKind,
    /// The name of the street in the data; none for a bridge.
    pub street: Option<String>,
    /// Metres.
    #[serde(serialize_with = "as_number")]
    pub metres: f64,
    /// How far off it may be, in metres.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
    /// The lines of the data that it follows.
    pub ways: Vec<Way>,
}

/// A line of the data, and how far an outline runs along it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// Its id in the data.
    pub id: String,
    /// Metres.
    #[serde(serialize_with = "as_number")]
    pub metres: f64,
}

/// What a whole outline rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Clockwise from north.
    pub sides: Vec<SideEvidence>,
    /// The length of the outline in metres.
    #[serde(serialize_with = "as_number")]
    pub perimeter_m: f64,
    /// The share of it that lies on lines which the sentence names, from 0 to 1.
    #[serde(serialize_with = "as_number")]
    pub on_named: f64,
    /// How far off the outline may be, in metres.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
    /// Its area on the ellipsoid, in whole m².
    #[serde(serialize_with = "as_number")]
    pub measured_m2: f64,
    /// The area that the document states, in m².
    pub stated_m2: Option<f64>,
    /// By what share of itself the measured area is smaller (negative) or larger than the stated.
    pub difference: Option<f64>,
}

impl Compiled {
    /// Whether some of the outline does not follow a street that the sentence names.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.stretches.iter().any(|s| s.kind != StretchKind::Street)
    }

    /// The polygon, in degrees.
    #[must_use]
    pub fn polygon(&self) -> Polygon<f64> {
        Polygon::new(LineString::new(self.ring.clone()), vec![])
    }

    /// Its area on the ellipsoid, in m².
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        measure::area_m2(&self.polygon().into())
    }

    /// The length of the outline in metres.
    #[must_use]
    pub fn perimeter_m(&self) -> f64 {
        self.stretches.iter().map(|s| s.metres).sum()
    }

    /// The share of the outline, from 0 to 1, that lies on lines which the sentence names.
    #[must_use]
    pub fn on_named(&self) -> f64 {
        let named = self
            .stretches
            .iter()
            .filter(|s| s.kind == StretchKind::Street);
        named.map(|s| s.metres).sum::<f64>() / self.perimeter_m()
    }

    /// The four corners, clockwise from the one between north and east.
    #[must_use]
    pub fn corners(&self) -> Vec<Corner> {
        let sides = Direction::CLOCKWISE;
        let next = |side: Direction| sides[(side.index() + 1) % 4];
        sides
            .iter()
            .map(|&side| self.corner(side, next(side)))
            .collect()
    }

    fn corner(&self, from: Direction, to: Direction) -> Corner {
        // The ring runs the other way: here first what follows the corner clockwise.
        let count = self.stretches.len();
        let at = |i: usize| &self.stretches[i % count];
        let last_of_to = (0..count)
            .find(|&i| at(i).side == to && at(i + 1).side == from)
            .unwrap_or_default();
        let is_gap = |i: &usize| at(*i).kind != StretchKind::Street;
        let after: Vec<usize> = (0..count)
            .map(|back| last_of_to + count - back)
            .take_while(is_gap)
            .collect();
        let before: Vec<usize> = (0..count)
            .map(|on| last_of_to + 1 + on)
            .take_while(is_gap)
            .collect();
        let gap: Vec<&Stretch> = before.iter().rev().chain(&after).map(|&i| at(i)).collect();
        let ends = [
            at(last_of_to + 1 + before.len()),
            at(last_of_to + count - after.len()),
        ];
        let crossed = gap.iter().copied();
        let all = [ends[0]].into_iter().chain(crossed).chain([ends[1]]);
        let mut streets: Vec<String> = all.filter_map(|s| s.street.clone()).collect();
        streets.dedup();
        let how = if gap.iter().any(|s| s.kind == StretchKind::Bridge) {
            CornerKind::Bridge
        } else if !gap.is_empty() {
            CornerKind::Via
        } else if ends[0].street == ends[1].street {
            CornerKind::Bend
        } else {
            CornerKind::Intersection
        };
        Corner {
            from,
            to,
            point: self.ring[at(last_of_to).to],
            how,
            streets,
            gap_m: rounded(gap.iter().map(|s| s.metres).sum(), 10.0),
        }
    }

    /// All that the outline rests on, beside the area that the document states, if it does, in m².
    #[must_use]
    pub fn evidence(&self, stated_m2: Option<f64>) -> Evidence {
        let corners = self.corners().into_iter();
        let sides = corners.map(|corner| self.side(corner)).collect();
        let measured_m2 = self.area_m2();
        Evidence {
            sides,
            perimeter_m: rounded(self.perimeter_m(), 10.0),
            on_named: rounded(self.on_named(), 1e4),
            accuracy_m: self.accuracy_m,
            measured_m2: measured_m2.round(),
            stated_m2,
            difference: stated_m2.map(|stated| rounded(measured_m2 / stated - 1.0, 1e4)),
        }
    }

    fn side(&self, corner: Corner) -> SideEvidence {
        let side = corner.from;
        let stretches = || self.stretches.iter().filter(move |s| s.side == side);
        let along = |street: &str| -> f64 {
            let named = stretches().filter(|s| s.kind == StretchKind::Street);
            named
                .filter(|s| s.street.as_deref() == Some(street))
                .map(|s| s.metres)
                .sum()
        };
        let asked = self.asked.iter().filter(|asked| asked.side == side);
        let asked = asked.map(|asked| AskedStreet {
            name: asked.name.clone(),
            street: asked.street.clone(),
            metres: rounded(along(&asked.street), 10.0),
        });
        let follows = stretches().map(|stretch| {
            let ways = stretch.ways.iter().zip(&stretch.along_ways);
            let ways = ways.map(|(id, &metres)| Way {
                id: id.clone(),
                metres,
            });
            Followed {
                kind: stretch.kind,
                street: stretch.street.clone(),
                metres: stretch.metres,
                accuracy_m: stretch.accuracy_m,
                ways: ways.rev().collect(),
            }
        });
        let mut follows: Vec<Followed> = follows.collect();
        follows.reverse();
        SideEvidence {
            side,
            asked: asked.collect(),
            follows,
            corner,
        }
    }
}

/// Rounded to a whole number of parts of which 1 has so many. The sum of nothing is -0, which is no
/// number to show.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts + 0.0
}

fn as_pair<S: Serializer>(point: &Coord<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq([point.x, point.y])
}

pub(super) fn as_pairs<S: Serializer>(
    ring: &[Coord<f64>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ring.iter().map(|c| [c.x, c.y]))
}

/// Writes 150, not 150.0: both are the same JSON number, and only one is what a person writes.
#[allow(clippy::trivially_copy_pass_by_ref, clippy::cast_possible_truncation)] // serde's signature; checked to be whole and small
pub(super) fn as_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}
