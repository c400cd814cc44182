//! Boundary sentences (四至) read into their four sides.
//!
//! A side is given as `北至A`, `东侧临A`, `南：A`, `西以A为界`, or reversed as `A以南` (A is then the north side)
//! and `以A为北界`; two facing sides together as `A与B之间`. The sides stand in any order, in full or half
//! width, with white space anywhere and prose around them. Names of a side are joined by 、 和 及 与
//! 以及 or a dash. Whatever might change the area and is not understood makes the sentence an error
//! that quotes it.
//!
//! [`find`] reads all sentences of a text in six steps, each of which sees the text once or a few
//! times: `glyph` takes its white space out, `page` finds its clauses, `mark` and `standing` the
//! words that make a side, `item` the sides, `name` what they list; `group` decides which sides are
//! one sentence. `area` reads the areas that are stated, and [`find`] gives each sentence its own.

mod area;
mod error;
mod find;
mod glyph;
mod group;
mod item;
mod mark;
mod name;
mod page;
mod sentence;
mod standing;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

pub use error::TextError;
use find::one;
pub use find::{Found, StatedArea, find};
pub use sentence::{Name, NameKind, Sentence, Side};

/// The longest text that is read, in characters.
pub const MAX_CHARS: usize = 10_000;

/// The most names that one side may have. The search that follows remembers each subset of a side's
/// names, so its time doubles with every name.
pub const MAX_NAMES: usize = 8;

/// The side of the area on which a boundary lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// 北
    North,
    /// 东
    East,
    /// 南
    South,
    /// 西
    West,
}

impl Direction {
    /// The four, clockwise from north: the order in which an area is walked around.
    pub const CLOCKWISE: [Self; 4] = [Self::North, Self::East, Self::South, Self::West];

    /// Its place in [`Direction::CLOCKWISE`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The character that stands for it.
    #[must_use]
    pub const fn zh(self) -> char {
        match self {
            Self::North => '北',
            Self::East => '东',
            Self::South => '南',
            Self::West => '西',
        }
    }

    /// Its English name, in lower case.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::East => "east",
            Self::South => "south",
            Self::West => "west",
        }
    }

    pub(super) fn opposite(self) -> Self {
        Self::CLOCKWISE[(self.index() + 2) % 4]
    }

    fn from_zh(c: char) -> Option<Self> {
        Self::CLOCKWISE.into_iter().find(|d| d.zh() == c)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.zh())
    }
}
