//! Why a text is not read as a boundary sentence, in Chinese and in English.

use thiserror::Error;

use super::{Direction, MAX_CHARS, MAX_NAMES};
use crate::model::Text;

/// Why a text is not read as a boundary sentence. Parts of it are quoted as it has them, without
/// white space.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TextError {
    /// More than [`MAX_CHARS`] characters.
    #[error("文字太长：{chars} 字，最多 {MAX_CHARS} 字")]
    TooLong {
        /// How many there are.
        chars: usize,
    },
    /// No side in it at all.
    #[error("不是四至描述：没有“北至…，南至…，西至…，东至…”")]
    NotABoundary,
    /// Several sentences where one is read; how many.
    #[error("文字里有 {0} 处四至描述，这里只读一处")]
    SeveralSentences(usize),
    /// At least one side, but not all four.
    #[error("四至不全：缺{}", sides(.0))]
    Missing(Vec<Direction>),
    /// Two lines between which the area lies, and no other side.
    #[error("四至不全：“{0}”只说了相对的两边")]
    OnePair(String),
    /// The same side twice.
    #[error("“{0}至”写了两次")]
    Twice(Direction),
    /// Sides of several places stand together, and which belong to one place is not certain.
    #[error("分不清哪几边属于同一处：“{0}”")]
    Mingled(String),
    /// A side without a name, or with nothing between two joining words.
    #[error("“{0}至”后面缺名称")]
    EmptyName(Direction),
    /// More than [`MAX_NAMES`] names on one side.
    #[error("“{0}至”后面的名称太多，最多 {MAX_NAMES} 个")]
    TooManyNames(Direction),
    /// Several sides and several names together: which name is on which side is not said.
    #[error("“{0}”没有说清哪条线在哪一面")]
    Shared(String),
    /// A direction between two of the four.
    #[error("看不懂“{0}”：方位只认东、南、西、北")]
    Diagonal(String),
    /// The lines that enclose the area, without the sides on which they lie.
    #[error("只说由{}围合，没有说各在哪一面", .0.join("、"))]
    Undirected(Vec<String>),
    /// A boundary that lies off the line that it names, or beyond its end.
    #[error("“{0}”不在所说的线上：延长线、若干米以外、路口、沿线等处无法确定")]
    OffLine(String),
    /// A part of the area is left out.
    #[error("“{0}”要从四至范围中去掉一部分，无法确定是哪里")]
    LeavesOut(String),
    /// Words between sides, or right after them, that are not understood.
    #[error("看不懂这一部分：“{0}”")]
    Unread(String),
}

impl TextError {
    /// The same in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.to_string(), self.in_english())
    }

    fn in_english(&self) -> String {
        let side = |direction: &Direction| format!("{} side (“{direction}至”)", direction.en());
        match self {
            Self::TooLong { chars } => {
                format!("the text is too long: {chars} characters, at most {MAX_CHARS} are read")
            }
            Self::NotABoundary => {
                "not a boundary sentence: it has no “北至…，南至…，西至…，东至…”".into()
            }
            Self::SeveralSentences(count) => {
                format!("the text holds {count} boundary sentences where one is read")
            }
            Self::Missing(missing) => {
                let missing: Vec<String> = missing.iter().map(side).collect();
                format!(
                    "the sentence is incomplete: it lacks the {}",
                    missing.join(", the ")
                )
            }
            Self::OnePair(pair) => format!(
                "the sentence is incomplete: “{pair}” gives only two sides that face each other"
            ),
            Self::Twice(direction) => format!("the {} is given twice", side(direction)),
            Self::Mingled(sides) => {
                format!("which of these sides belong to one place is not certain: “{sides}”")
            }
            Self::EmptyName(direction) => format!("the {} lacks a name", side(direction)),
            Self::TooManyNames(direction) => format!(
                "the {} has too many names, at most {MAX_NAMES} are read",
                side(direction)
            ),
            Self::Shared(clause) => {
                format!("“{clause}” does not say which line is on which side")
            }
            Self::Diagonal(clause) => format!(
                "“{clause}” is not understood: only north, east, south and west (北, 东, 南, 西) are"
            ),
            Self::Undirected(names) => format!(
                "enclosed by {}, but the sides on which they lie are not said",
                names.join(", ")
            ),
            Self::OffLine(clause) => format!(
                "“{clause}” lies off the line that it names: where a line would go on, or some metres beside it, is not certain"
            ),
            Self::LeavesOut(clause) => {
                format!("“{clause}” leaves out a part of the area, and which one is not certain")
            }
            Self::Unread(part) => format!("this part is not understood: “{part}”"),
        }
    }
}

fn sides(missing: &[Direction]) -> String {
    let words: Vec<String> = missing.iter().map(|d| format!("{d}至")).collect();
    words.join("、")
}
