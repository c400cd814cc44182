//! The boundary sentences of a text, each with what becomes of it.

use std::ops::Range;

use geo::Coord;
use serde::Serialize;
use thiserror::Error;

use super::compile::{Options, Outcome};
use super::evidence::{Compiled, StretchKind, as_number, as_pairs};
use super::names::Lookup;
use super::network::Network;
use super::refusal::Reason;
use super::text::{Direction, Found, Name, Sentence, Side, StatedArea, TextError, find};
use crate::geometry::mismatch::UNITS;
use crate::model::Text;

/// The most sentences of one text that are compiled. Each may take a search of its own to the end.
pub const MAX_SENTENCES: usize = 50;

/// Why the sentences of a text are not compiled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CompilationError {
    /// The text is not read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// More than [`MAX_SENTENCES`]; how many.
    #[error("文字里有 {0} 处四至描述，一次最多编译 {MAX_SENTENCES} 处")]
    TooManySentences(usize),
    /// Told to stop before all were compiled.
    #[error("编译用时太长：{sentences} 处四至描述中编译了 {compiled} 处，请分成几段文字")]
    Stopped {
        /// How many were.
        compiled: usize,
        /// How many there are.
        sentences: usize,
    },
}

impl CompilationError {
    /// The same in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let in_english = match self {
            Self::Text(error) => return error.text(),
            Self::TooManySentences(count) => format!(
                "the text holds {count} boundary sentences, at most {MAX_SENTENCES} are compiled at once"
            ),
            Self::Stopped {
                compiled,
                sentences,
            } => format!(
                "the text takes too long: {compiled} of its {sentences} boundary sentences were compiled, divide it"
            ),
        };
        Text::new(self.to_string(), in_english)
    }
}

/// One boundary sentence of a text, and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compilation {
    /// The bytes of the text that it covers.
    pub span: Range<usize>,
    /// What its sides ask for, clockwise from north; nothing where it can't be read.
    pub asked: Vec<AskedSide>,
    /// The area that the text states for this place.
    pub stated_area: Option<StatedArea>,
    /// The polygon, or why there is none.
    pub outcome: Outcome,
    /// Where it is open: parts of a polygon's outline that follow no named line, or why the lines of
    /// a refused sentence do not meet.
    pub gaps: Vec<OpenPart>,
    /// By what it was compiled.
    pub options: Options,
}

/// What a side of a sentence asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedSide {
    /// Which side; of a sentence with several readings that of the first.
    pub side: Direction,
    /// Its names in the order of the sentence.
    pub names: Vec<AskedName>,
}

/// A name of a sentence, and what it means on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedName {
    /// As the sentence has it.
    pub name: String,
    /// The name of the line in the data; none where there is none, or more than one.
    pub street: Option<String>,
    /// Names in the data that are nearly this one, where it means none. Never taken for it.
    pub near: Vec<String>,
}

/// A part of an outline that is open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenPart {
    /// The named line before it.
    pub from: String,
    /// The named line after it.
    pub to: String,
    /// Metres.
    #[serde(serialize_with = "as_number")]
    pub metres: f64,
    /// How it is closed, if it is.
    pub kind: OpenKind,
    /// The lines that it follows instead.
    pub along: Vec<String>,
    /// Where it is: longitude and latitude in degrees.
    #[serde(serialize_with = "as_pairs")]
    pub line: Vec<Coord<f64>>,
}

/// How an open part of an outline is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenKind {
    /// Along another street.
    Via,
    /// Straight across, if only for a part of it.
    Bridge,
    /// Not at all: the two lines, or two parts of one, stay apart.
    Apart,
}

impl Network {
    /// Compiles every boundary sentence of a text, in its order, each with the area that the text
    /// states for it. Before each `go_on` is asked whether to.
    ///
    /// # Errors
    /// Where the text is too long, holds more than [`MAX_SENTENCES`], or `go_on` says no.
    pub fn compile_text(
        &self,
        text: &str,
        options: Options,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<Vec<Compilation>, CompilationError> {
        let found = find(text)?;
        let sentences = found.len();
        if sentences > MAX_SENTENCES {
            return Err(CompilationError::TooManySentences(sentences));
        }
        let compile = |(compiled, found)| {
            if go_on() {
                return Ok(self.compile_found(found, options));
            }
            Err(CompilationError::Stopped {
                compiled,
                sentences,
            })
        };
        found.into_iter().enumerate().map(compile).collect()
    }

    /// Compiles a sentence that was found in a text, with the area that the text states for it.
    #[must_use]
    pub fn compile_found(&self, found: Found, mut options: Options) -> Compilation {
        options.stated_m2 = found.stated_area.as_ref().map(|area| area.m2);
        options.stated_unit = found.stated_area.as_ref().and_then(unit_of);
        let (asked, outcome) = match &found.sentence {
            Ok(sentence) => (self.asked(sentence), self.compile_with(sentence, options)),
            Err(error) => (
                vec![],
                Outcome::Unresolved(Reason::Text(error.clone()).into()),
            ),
        };
        Compilation {
            span: found.span,
            asked,
            stated_area: found.stated_area,
            gaps: self.gaps(&outcome),
            outcome,
            options,
        }
    }

    fn asked(&self, sentence: &Sentence) -> Vec<AskedSide> {
        let name = |name: &Name| {
            let street = match self.look_up(&name.text) {
                Lookup::Found(street) => Some(self.streets[street].name.clone()),
                Lookup::Several(_) | Lookup::Unknown => None,
            };
            let near = match street {
                Some(_) => vec![],
                None => self.names_near(&name.text),
            };
            AskedName {
                name: name.text.clone(),
                street,
                near,
            }
        };
        let side = |side: &Side| AskedSide {
            side: side.direction,
            names: side.names.iter().map(name).collect(),
        };
        sentence.sides().iter().map(side).collect()
    }

    fn gaps(&self, outcome: &Outcome) -> Vec<OpenPart> {
        match outcome {
            Outcome::Compiled(compiled) => open_parts(compiled),
            Outcome::Ambiguous(_) => vec![],
            Outcome::Unresolved(refusal) => refusal
                .reasons()
                .iter()
                .filter_map(|reason| {
                    let (from, to, metres, line) = match reason {
                        Reason::NeverMeet { from, to, metres } => {
                            (from, to, metres, self.nearest(from, to)?)
                        }
                        Reason::Break {
                            from,
                            to,
                            metres,
                            ends,
                        } => (from, to, metres, *ends),
                        _ => return None,
                    };
                    Some(OpenPart {
                        from: from.clone(),
                        to: to.clone(),
                        metres: *metres,
                        kind: OpenKind::Apart,
                        along: vec![],
                        line: line.into(),
                    })
                })
                .collect(),
        }
    }
}

/// The unit in which an area is stated, if it is one of [`UNITS`].
fn unit_of(area: &StatedArea) -> Option<&'static str> {
    let units = UNITS.iter().map(|(unit, _)| *unit);
    // 万平方米 ends with 平方米.
    units
        .filter(|unit| area.quote.ends_with(unit))
        .max_by_key(|unit| unit.len())
}

/// The parts of an outline between two named lines that follow neither, in the order of the ring.
fn open_parts(compiled: &Compiled) -> Vec<OpenPart> {
    let stretches = &compiled.stretches;
    let is_named = |i: usize| stretches[i].kind == StretchKind::Street;
    // The ring has no beginning: a part may run past the end of the list.
    let Some(first) = (0..stretches.len()).find(|&i| is_named(i)) else {
        return vec![];
    };
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.rotate_left(first);
    order.push(first);
    let named: Vec<usize> = (0..order.len()).filter(|&at| is_named(order[at])).collect();
    named
        .windows(2)
        .filter(|ends| ends[1] > ends[0] + 1)
        .map(|ends| {
            let part: Vec<_> = order[ends[0] + 1..ends[1]]
                .iter()
                .map(|&i| &stretches[i])
                .collect();
            let name = |at: usize| stretches[order[at]].street.clone().unwrap_or_default();
            let is_bridge = part.iter().any(|s| s.kind == StretchKind::Bridge);
            let mut along: Vec<String> = part.iter().filter_map(|s| s.street.clone()).collect();
            along.dedup();
            let mut line: Vec<Coord<f64>> = Vec::new();
            for stretch in &part {
                line.extend(&compiled.ring[stretch.from..=stretch.to]);
            }
            line.dedup();
            OpenPart {
                from: name(ends[0]),
                to: name(ends[1]),
                metres: part.iter().map(|s| s.metres).sum(),
                kind: if is_bridge {
                    OpenKind::Bridge
                } else {
                    OpenKind::Via
                },
                along,
                line,
            }
        })
        .collect()
}
