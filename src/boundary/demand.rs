//! What a sentence asks for, in streets of the network.

use std::collections::BTreeSet;

use super::evidence::Asked;
use super::names::Lookup;
use super::network::{Network, StreetId};
use super::refusal::{Reason, Refusal, UnknownName};
use super::text::{NameKind, Side};

/// The streets of each side, clockwise from north, without repetition.
pub(super) struct Demand {
    pub sides: [Vec<StreetId>; 4],
    /// The names as the sentence has them, by side.
    pub asked: Vec<Asked>,
}

/// A set of streets of one side: bit n for its nth street.
pub(super) type Used = u8;
const _: () = assert!(super::text::MAX_NAMES <= Used::BITS as usize);

impl Demand {
    /// Finds the streets of four sides, or reports all names for which there is none.
    pub fn of(network: &Network, asked: &[Side; 4]) -> Result<Self, Refusal> {
        let mut sides: [Vec<StreetId>; 4] = Default::default();
        let mut asked_for = Vec::new();
        let (mut unknown, mut reasons): (Vec<UnknownName>, _) = (Vec::new(), Vec::new());
        let mut unmapped: Vec<String> = Vec::new();
        for side in asked {
            let streets = &mut sides[side.direction.index()];
            for name in &side.names {
                match network.look_up(&name.text) {
                    Lookup::Found(street) => {
                        asked_for.push(Asked {
                            side: side.direction,
                            name: name.text.clone(),
                            street: network.streets[street].name.clone(),
                        });
                        if !streets.contains(&street) {
                            streets.push(street);
                        }
                    }
                    Lookup::Unknown if name.kind == NameKind::Unmapped => {
                        if !unmapped.contains(&name.text) {
                            unmapped.push(name.text.clone());
                        }
                    }
                    Lookup::Unknown if unknown.iter().any(|u| u.name == name.text) => {}
                    Lookup::Unknown => unknown.push(UnknownName {
                        name: name.text.clone(),
                        near: network.names_near(&name.text),
                    }),
                    Lookup::Several(streets) => {
                        reasons.push(Reason::Several {
                            name: name.text.clone(),
                            streets,
                        });
                    }
                }
            }
            // The order within a side is free, so it must not show in the outcome.
            streets.sort_unstable();
        }
        if !unmapped.is_empty() {
            reasons.insert(0, Reason::NotALine(unmapped));
        }
        if !unknown.is_empty() {
            reasons.insert(0, Reason::Unknown(unknown));
        }
        if !reasons.is_empty() {
            return Err(Refusal { reasons });
        }
        Ok(Self {
            sides,
            asked: asked_for,
        })
    }

    pub fn all(&self) -> BTreeSet<StreetId> {
        self.sides.iter().flatten().copied().collect()
    }

    pub fn names(&self, street: StreetId) -> bool {
        self.sides.iter().any(|side| side.contains(&street))
    }

    /// Whether an outline may pass from one street to the other: both are on one side, or on sides
    /// that meet.
    pub fn are_neighbours(&self, a: StreetId, b: StreetId) -> bool {
        let on = |street, side: usize| self.sides[side % 4].contains(&street);
        (0..4).any(|side| on(a, side) && (on(b, side) || on(b, side + 1) || on(b, side + 3)))
    }

    /// Whether two neighbouring sides have several streets each, so that they may lie in steps.
    pub fn may_lie_in_steps(&self) -> bool {
        (0..4).any(|side| self.sides[side].len() > 1 && self.sides[(side + 1) % 4].len() > 1)
    }

    /// A street that two opposite sides name and neither of those between, with the first of the two.
    pub fn on_opposite_sides(&self) -> Option<(StreetId, usize)> {
        let on = |street: &StreetId, side: usize| self.sides[side % 4].contains(street);
        let sides =
            (0..2).flat_map(|side| self.sides[side].iter().map(move |&street| (street, side)));
        let mut opposite = sides.filter(|(street, side)| {
            on(street, side + 2) && !on(street, side + 1) && !on(street, side + 3)
        });
        opposite.next()
    }

    /// The street's place in a side, as a set of one.
    pub fn bit(&self, side: usize, street: StreetId) -> Option<Used> {
        let n = self.sides[side].iter().position(|&s| s == street)?;
        Some(1 << n)
    }

    pub fn is_complete(&self, side: usize, used: Used) -> bool {
        usize::try_from(used.count_ones()).is_ok_and(|n| n == self.sides[side].len())
    }
}
