//! A boundary sentence that has been read.

use std::ops::Range;
use std::str::FromStr;

use serde::Serialize;

use super::{Direction, TextError};

/// Whether a name can be that of a line on a map, by its wording alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NameKind {
    /// A street, a water, a railway, the limit of a district.
    Line,
    /// A thing or a line that has no name of its own, or none on maps: 规划支路, 现状围墙, 学校. Some
    /// data may have a line of just this name even so.
    Unmapped,
}

/// A name as the sentence has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// The name in half width, without white space, quotation marks and remarks.
    pub text: String,
    /// Where it stands in the text that was read: a range of bytes, at character boundaries.
    pub span: Range<usize>,
    /// What the name can be that of.
    pub kind: NameKind,
    /// What the sentence says of the line without moving it by more than its own width: words in
    /// brackets, 道路红线, 南侧.
    pub remarks: Vec<String>,
}

/// The names on one side.
pub(super) type Names = Vec<Name>;

/// One side of the area, and the lines that bound it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Which side.
    pub direction: Direction,
    /// Its names in the order of the text: at least one, at most [`MAX_NAMES`](super::MAX_NAMES).
    pub names: Vec<Name>,
}

/// What the sentence leaves open by “位于A与B之间”.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Open {
    Nothing,
    /// Which of two lines lies on which of these sides.
    Pair([Direction; 2]),
    /// Which pair lies north and south, and which line of each on which side.
    Axes,
}

/// A boundary sentence with exactly one side in each direction.
///
/// Made by parsing a text that holds just one, or by [`find`](super::find):
///
/// ```
/// use renewal_map::boundary::{Direction, Sentence};
///
/// let sentence: Sentence = "北至甲路，南至乙路，西至丙路、丁街，东至戊河。".parse()?;
/// assert_eq!(sentence.side(Direction::West).names[1].text, "丁街");
/// // 甲路以南 has 甲路 in the north.
/// let reversed: Sentence = "位于甲路以南、乙路以北、丙路和丁街以东、戊河以西".parse()?;
/// assert_eq!(reversed.side(Direction::North).names[0].text, "甲路");
/// # Ok::<(), renewal_map::boundary::TextError>(())
/// ```
///
/// “位于A与B之间” does not say which of the two lines lies on which side. Such a sentence has several
/// [`readings`](Sentence::readings), of which the map decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    text: String,
    sides: [Side; 4],
    #[serde(skip)]
    open: Open,
}

impl Sentence {
    pub(super) fn new(text: &str, names: [Names; 4], open: Open) -> Self {
        let [n, e, s, w] = names;
        Self {
            text: text.to_owned(),
            sides: sides([n, e, s, w]),
            open,
        }
    }

    /// The sentence itself, as the text has it: from its first side to its last.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The four sides, clockwise from north, whatever their order in the text; of several readings
    /// those of the first.
    #[must_use]
    pub fn sides(&self) -> &[Side; 4] {
        &self.sides
    }

    /// The side in one direction; of several readings that of the first.
    #[must_use]
    pub fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction.index()]
    }

    /// All that the sentence can mean, each as four sides clockwise from north: one reading where
    /// every line has its side; two with one “A与B之间” beside two given sides; eight with two
    /// (“A与B之间、C与D之间”), where it is open too which pair lies north and south.
    #[must_use]
    pub fn readings(&self) -> Vec<[Side; 4]> {
        const STATED: [usize; 4] = [0, 1, 2, 3];
        let turn = |order: [usize; 4], axis: [usize; 2]| {
            let mut turned = order;
            turned.swap(axis[0], axis[1]);
            turned
        };
        let orders: Vec<[usize; 4]> = match self.open {
            Open::Nothing => vec![STATED],
            Open::Pair([a, b]) => vec![STATED, turn(STATED, [a.index(), b.index()])],
            Open::Axes => [STATED, [3, 2, 1, 0]]
                .into_iter()
                .flat_map(|order| [order, turn(order, [0, 2])])
                .flat_map(|order| [order, turn(order, [1, 3])])
                .collect(),
        };
        let reading = |order: [usize; 4]| sides(order.map(|i| self.sides[i].names.clone()));
        orders.into_iter().map(reading).collect()
    }
}

fn sides(names: [Names; 4]) -> [Side; 4] {
    let mut directions = Direction::CLOCKWISE.into_iter();
    names.map(|names| Side {
        direction: directions.next().expect("four for four"),
        names,
    })
}

impl FromStr for Sentence {
    type Err = TextError;

    /// Reads the one boundary sentence of a text; what stands around it is skipped. Where the text
    /// holds none, but a single side, the sides that lack are told.
    fn from_str(text: &str) -> Result<Self, TextError> {
        super::one(text)
    }
}
