//! A boundary sentence read into its four sides.
//!
//! The form read is `[范围：]北至A，南至B、C，西至D、E，东至F。`: the sides in any order, names joined by
//! 、 和 及 与 or 以及, punctuation of full or half width, spaces and line breaks anywhere. The text
//! holds this one sentence and nothing else.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use crate::model::Text;

/// The longest text that is read, in characters.
pub const MAX_CHARS: usize = 2_000;

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

    fn from_zh(c: char) -> Option<Self> {
        Self::CLOCKWISE.into_iter().find(|d| d.zh() == c)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.zh())
    }
}

/// A name as the sentence has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// The name without the white space that the text may have inside it.
    pub text: String,
    /// Where it stands in the sentence's text: a range of bytes, at character boundaries.
    pub span: Range<usize>,
}

/// One side of the area, and the lines that bound it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Which side.
    pub direction: Direction,
    /// Its names in the order of the text: at least one, at most [`MAX_NAMES`].
    pub names: Vec<Name>,
}

/// A boundary sentence with exactly one side in each direction.
///
/// Made by parsing:
///
/// ```
/// use renewal_map::boundary::{Direction, Sentence};
///
/// let sentence: Sentence = "北至甲路，南至乙路，西至丙路、丁街，东至戊河。".parse()?;
/// assert_eq!(sentence.side(Direction::West).names[1].text, "丁街");
/// # Ok::<(), renewal_map::boundary::TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    text: String,
    sides: [Side; 4],
}

impl Sentence {
    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The four sides, clockwise from north, whatever their order in the text.
    #[must_use]
    pub fn sides(&self) -> &[Side; 4] {
        &self.sides
    }

    /// The side in one direction.
    #[must_use]
    pub fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction.index()]
    }
}

/// Why a text is not read as a boundary sentence.
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
    /// At least one side, but not all four.
    #[error("四至不全：缺{}", sides(.0))]
    Missing(Vec<Direction>),
    /// The same side twice.
    #[error("“{0}至”写了两次")]
    Twice(Direction),
    /// A side without a name, or with nothing between two joining words.
    #[error("“{0}至”后面缺名称")]
    EmptyName(Direction),
    /// More than [`MAX_NAMES`] names on one side.
    #[error("“{0}至”后面的名称太多，最多 {MAX_NAMES} 个")]
    TooManyNames(Direction),
    /// Words that are not part of the form.
    #[error("看不懂这一部分：“{0}”")]
    Unread(String),
}

impl TextError {
    /// The same in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let side = |direction: &Direction| format!("{} side (“{direction}至”)", direction.en());
        let en = match self {
            Self::TooLong { chars } => {
                format!("the text is too long: {chars} characters, at most {MAX_CHARS} are read")
            }
            Self::NotABoundary => {
                "not a boundary sentence: it has no “北至…，南至…，西至…，东至…”".into()
            }
            Self::Missing(missing) => {
                let missing: Vec<String> = missing.iter().map(side).collect();
                format!(
                    "the sentence is incomplete: it lacks the {}",
                    missing.join(", the ")
                )
            }
            Self::Twice(direction) => format!("the {} is given twice", side(direction)),
            Self::EmptyName(direction) => format!("the {} lacks a name", side(direction)),
            Self::TooManyNames(direction) => {
                format!(
                    "the {} has too many names, at most {MAX_NAMES} are read",
                    side(direction)
                )
            }
            Self::Unread(part) => format!("this part is not understood: “{part}”"),
        };
        Text::new(self.to_string(), en)
    }
}

fn sides(missing: &[Direction]) -> String {
    let words: Vec<String> = missing.iter().map(|d| format!("{d}至")).collect();
    words.join("、")
}

impl FromStr for Sentence {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let chars = text.chars().count();
        if chars > MAX_CHARS {
            return Err(TextError::TooLong { chars });
        }
        let glyphs = glyphs(text);
        let heads = heads(&glyphs);
        let Some(&(first, _)) = heads.first() else {
            return Err(TextError::NotABoundary);
        };
        check_label(&glyphs[..first])?;

        let mut found: [Option<Side>; 4] = [None, None, None, None];
        for (n, &(at, direction)) in heads.iter().enumerate() {
            let end = heads.get(n + 1).map_or(glyphs.len(), |next| next.0);
            let names = names(&glyphs[at + 2..end], direction)?;
            let slot = &mut found[direction.index()];
            if slot.replace(Side { direction, names }).is_some() {
                return Err(TextError::Twice(direction));
            }
        }
        let text = text.to_owned();
        match found {
            [Some(n), Some(e), Some(s), Some(w)] => Ok(Self {
                text,
                sides: [n, e, s, w],
            }),
            some => Err(TextError::Missing(
                Direction::CLOCKWISE
                    .into_iter()
                    .filter(|d| some[d.index()].is_none())
                    .collect(),
            )),
        }
    }
}

/// A character that is not white space, and where it stands in the text.
#[derive(Debug, Clone, Copy)]
struct Glyph {
    c: char,
    at: usize,
    /// Whether white space comes before it.
    spaced: bool,
}

fn glyphs(text: &str) -> Vec<Glyph> {
    let mut spaced = true;
    let mut glyphs = Vec::new();
    for (at, c) in text.char_indices() {
        // Text copied from web pages and PDF carries invisible marks between its characters.
        if c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}') {
            spaced = true;
        } else {
            glyphs.push(Glyph { c, at, spaced });
            spaced = false;
        }
    }
    glyphs
}

fn text_of(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|g| g.c).collect()
}

/// Between sides.
fn is_separator(c: char) -> bool {
    matches!(c, '，' | ',' | '；' | ';' | '。' | '.' | '．' | '｡')
}

fn is_colon(c: char) -> bool {
    matches!(c, '：' | ':' | '∶')
}

fn is_enumeration(c: char) -> bool {
    matches!(c, '、' | '､')
}

/// Where “北至” and the like stand. They count only at the start of a clause: a street may have
/// those characters inside its name.
fn heads(glyphs: &[Glyph]) -> Vec<(usize, Direction)> {
    let starts_clause = |i: usize| {
        glyphs[i].spaced
            || glyphs[..i]
                .last()
                .is_none_or(|g| is_separator(g.c) || is_colon(g.c))
            || text_of(&glyphs[..i]) == LABEL
    };
    (0..glyphs.len().saturating_sub(1))
        .filter(|&i| glyphs[i + 1].c == '至' && starts_clause(i))
        .filter_map(|i| Some((i, Direction::from_zh(glyphs[i].c)?)))
        .collect()
}

/// The only words that may stand before the first side without a colon.
const LABEL: &str = "范围";

/// What stands before the first side is a label ending in a colon, in one clause, or nothing.
fn check_label(before: &[Glyph]) -> Result<(), TextError> {
    let is_label = match before.split_last() {
        None => true,
        Some((last, rest)) if is_colon(last.c) => !rest.iter().any(|g| is_separator(g.c)),
        Some(_) => text_of(before) == LABEL,
    };
    if is_label {
        Ok(())
    } else {
        Err(TextError::Unread(text_of(before)))
    }
}

/// The names of one side; `clause` is what follows 至 up to the next side or the end.
fn names(clause: &[Glyph], direction: Direction) -> Result<Vec<Name>, TextError> {
    let body = match clause.split_last() {
        Some((last, body)) if is_separator(last.c) => body,
        _ => clause,
    };
    if body.is_empty() {
        return Err(TextError::EmptyName(direction));
    }
    if let Some(i) = body.iter().position(|g| is_separator(g.c) || is_colon(g.c)) {
        let rest = &body[i + 1..];
        let unread = if rest.is_empty() { &body[i..] } else { rest };
        return Err(TextError::Unread(text_of(unread)));
    }
    let parts = split_names(body);
    if parts.len() > MAX_NAMES {
        return Err(TextError::TooManyNames(direction));
    }
    parts
        .into_iter()
        .map(|part| match (part.first(), part.last()) {
            (Some(first), Some(last)) => Ok(Name {
                text: text_of(part),
                span: first.at..last.at + last.c.len_utf8(),
            }),
            _ => Err(TextError::EmptyName(direction)),
        })
        .collect()
}

/// Splits at 、 always, and at 和 及 与 以及 where a name ends before it and another may begin after it.
fn split_names(body: &[Glyph]) -> Vec<&[Glyph]> {
    let mut parts = Vec::new();
    let (mut start, mut i) = (0, 0);
    while i < body.len() {
        match joint(&body[start..i], &body[i..]) {
            Some(width) => {
                parts.push(&body[start..i]);
                i += width;
                start = i;
            }
            None => i += 1,
        }
    }
    parts.push(&body[start..]);
    parts
}

/// How many characters at the start of `rest` join two names; `before` is the name so far.
fn joint(before: &[Glyph], rest: &[Glyph]) -> Option<usize> {
    if is_enumeration(rest[0].c) {
        return Some(1);
    }
    let width = match rest {
        [a, b, ..] if a.c == '以' && b.c == '及' => 2,
        [a, ..] if matches!(a.c, '和' | '及' | '与') => 1,
        _ => return None,
    };
    // 和平路 and 民和道 are streets: these characters join only after a word that ends a name, and
    // before something long enough to be one.
    let ends_a_name = before.len() >= 2 && before.last().is_some_and(|g| NAME_ENDS.contains(g.c));
    (ends_a_name && rest.len() >= width + 2).then_some(width)
}

/// Last characters of the names of streets, waters, railways and limits.
const NAME_ENDS: &str = "路道街巷线桥河渠江湖海沟堤里界墙园站口";

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str =
        "范围：北至光荣道，南至北马路、芥园道，西至洪湖东路、复兴路，东至红桥北大街、河北大街。";

    fn names(text: &str) -> [Vec<String>; 4] {
        let sentence: Sentence = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        sentence
            .sides
            .map(|s| s.names.into_iter().map(|n| n.text).collect())
    }

    fn error(text: &str) -> TextError {
        text.parse::<Sentence>().expect_err(text)
    }

    #[test]
    fn reads_a_plan_s_own_sentence() {
        assert_eq!(
            names(ZONE),
            [
                vec!["光荣道"],
                vec!["红桥北大街", "河北大街"],
                vec!["北马路", "芥园道"],
                vec!["洪湖东路", "复兴路"]
            ]
        );
    }

    #[test]
    fn reads_any_order_width_and_spacing() {
        let expected = names("北至甲路，东至乙路，南至丙路、丁街，西至戊河");
        for text in [
            "东至乙路,西至戊河,北至甲路,南至丙路、丁街.",
            " 西至 戊河；南至丙路 和 丁街；东至乙\n路；北至甲路 ",
            "范围:南至丙路及丁街，北至甲路，东至乙路，西至戊河。",
            "范围北至甲路,南至丙路以及丁街,西至戊河,东至乙路",
            "四至范围：北至甲路 东至乙路 南至丙路与丁街 西至戊河",
            "北\u{3000}至甲路\r\n东至乙路\r\n南至丙路､丁街\r\n西至戊河\r\n",
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn a_joining_character_inside_a_name_does_not_split_it() {
        assert_eq!(
            names("北至和平路和民和道，南至和苑西道，东至及第街及与民里，西至河北路与和平西路"),
            [
                vec!["和平路", "民和道"],
                vec!["及第街", "与民里"],
                vec!["和苑西道"],
                vec!["河北路", "和平西路"]
            ]
        );
    }

    #[test]
    fn names_know_where_they_stand() {
        let sentence: Sentence = ZONE.parse().expect("readable");
        for side in sentence.sides() {
            for name in &side.names {
                assert_eq!(&ZONE[name.span.clone()], name.text);
            }
        }
        let broken = "北至北马\n 路，南至乙路，西至丙路，东至丁路";
        let sentence: Sentence = broken.parse().expect("readable");
        let name = &sentence.side(Direction::North).names[0];
        assert_eq!(
            (name.text.as_str(), &broken[name.span.clone()]),
            ("北马路", "北马\n 路")
        );
    }

    #[test]
    fn says_what_is_wrong() {
        use Direction::{East, North, South, West};
        assert_eq!(error(""), TextError::NotABoundary);
        assert_eq!(error("今天天气很好。"), TextError::NotABoundary);
        assert_eq!(
            error("北至甲路，南至乙路，西至丙路"),
            TextError::Missing(vec![East])
        );
        assert_eq!(
            error("北至甲路"),
            TextError::Missing(vec![East, South, West])
        );
        assert_eq!(
            error("北至甲路，北至乙路，西至丙路，东至丁路"),
            TextError::Twice(North)
        );
        assert_eq!(
            error("北至，南至乙路，西至丙路，东至丁路"),
            TextError::EmptyName(North)
        );
        assert_eq!(
            error("北至甲路、，南至乙路，西至丙路，东至丁路"),
            TextError::EmptyName(North)
        );
        assert_eq!(
            error("北至甲路，南至乙路，西至丙路，东至。"),
            TextError::EmptyName(East)
        );
        assert_eq!(
            error("北至甲路，南至乙路、丙路、、丁路，西至丙路，东至丁路"),
            TextError::EmptyName(South)
        );
        assert_eq!(
            error("北至甲路，南至乙路，西至丙路，东至丁路，占地三公顷"),
            TextError::Unread("占地三公顷".into())
        );
        assert_eq!(
            error("北至甲路，南至乙路，西至丙路，东至丁路。占地三公顷。"),
            TextError::Unread("占地三公顷".into())
        );
        assert_eq!(
            error("地块位于城西。北至甲路，南至乙路，西至丙路，东至丁路。"),
            TextError::Unread("地块位于城西。".into())
        );
        assert_eq!(
            error("北至甲路，，南至乙路，西至丙路，东至丁路"),
            TextError::Unread("，".into())
        );
        let many = ["甲路"; MAX_NAMES + 1].join("、");
        let many = format!("北至{many}，南至乙路，西至丙路，东至丁路");
        assert_eq!(error(&many), TextError::TooManyNames(North));
        let long = "北至".repeat(MAX_CHARS);
        assert_eq!(
            error(&long),
            TextError::TooLong {
                chars: 2 * MAX_CHARS
            }
        );
    }

    #[test]
    fn errors_are_plain_chinese() {
        assert_eq!(
            error("北至甲路，南至乙路").to_string(),
            "四至不全：缺东至、西至"
        );
        assert_eq!(
            error("北至甲路，北至乙路，南至丙路，西至丁路").to_string(),
            "“北至”写了两次"
        );
    }

    #[test]
    fn errors_say_the_same_in_english() {
        for (text, en) in [
            (
                "今天天气很好。",
                "not a boundary sentence: it has no “北至…，南至…，西至…，东至…”",
            ),
            (
                "北至甲路，南至乙路",
                "the sentence is incomplete: it lacks the east side (“东至”), the west side (“西至”)",
            ),
            (
                "北至甲路，北至乙路，南至丙路，西至丁路",
                "the north side (“北至”) is given twice",
            ),
            (
                "北至甲路，南至，西至丙路，东至丁路",
                "the south side (“南至”) lacks a name",
            ),
            (
                "北至甲路，南至乙路，西至丙路，东至丁路，占地三公顷",
                "this part is not understood: “占地三公顷”",
            ),
        ] {
            let error = error(text);
            assert_eq!(error.text(), Text::new(error.to_string(), en));
        }
        assert_eq!(
            error(&"北".repeat(MAX_CHARS + 1)).text().en,
            "the text is too long: 2001 characters, at most 2000 are read"
        );
        assert_eq!(
            TextError::TooManyNames(Direction::West).text().en,
            "the west side (“西至”) has too many names, at most 8 are read"
        );
    }
}
