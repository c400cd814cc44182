//! Tables of typed cells, whatever file they are written to.

use std::borrow::Cow;

/// One table: its rows come one after another, so that a long one is never held whole.
pub struct Table<'a> {
    /// What it is called.
    pub title: String,
    /// Its columns, from left to right.
    pub columns: Vec<Column>,
    /// Its rows, each with one cell a column.
    pub rows: Box<dyn Iterator<Item = Vec<Cell<'a>>> + 'a>,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its head.
    pub head: &'static str,
    /// Its width where the file has one, in letters of half width.
    pub width: u8,
}

/// What stands in one cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Words.
    Text(Cow<'a, str>),
    /// A number, and how it is shown.
    Number(f64, Format),
}

/// How a number is shown where the file can say so. The number itself is never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As it is.
    Plain,
    /// A count, with thousands apart.
    Count,
    /// With one decimal, thousands apart.
    Tenths,
    /// A share of 1, as a percentage.
    Share,
}

impl<'a> Cell<'a> {
    /// Words; nothing where there are none.
    pub fn text(words: impl Into<Cow<'a, str>>) -> Self {
        let words = words.into();
        if words.is_empty() {
            Self::Empty
        } else {
            Self::Text(words)
        }
    }

    /// A count.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // counts stay far below 2^52
    pub fn count(count: usize) -> Self {
        Self::Number(count as f64, Format::Count)
    }

    /// A number; nothing where there is none.
    #[must_use]
    pub fn number(number: Option<f64>, format: Format) -> Self {
        number.map_or(Self::Empty, |number| Self::Number(number, format))
    }
}
