//! What is asked of an import, how far it has come, and why it fails.

use std::{ops::ControlFlow, path::PathBuf};

use super::mapping::Mapping;
use crate::{
    exchange::layer::ReadOptions, geometry::datum::Datum, model::Text, store::record::RecordError,
};

/// Whose file goes where.
#[derive(Debug, Clone)]
pub struct Request {
    /// The file.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
    /// The collection that takes it.
    pub into: String,
    /// A folder for what is kept meanwhile.
    pub scratch: PathBuf,
}

/// What whoever imports a file decides.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
pub struct Options {
    /// Reference system, encoding and layer.
    pub read: ReadOptions,
    /// The first number is north.
    pub swap_axes: bool,
    /// The degrees are not those of WGS 84.
    pub from_datum: Option<Datum>,
    /// Fields and properties; without it, as they were mapped before, or as their names suggest.
    pub mapping: Option<Mapping>,
    /// Added to whatever mapping there is: fields of properties, and properties of all features.
    pub changes: Mapping,
    /// What stands in the collection and is not in the file goes.
    pub remove_missing: bool,
    /// Rows that are invalid are left out; otherwise nothing is written.
    pub skip_invalid: bool,
    /// The doctor has been heard, and the file is as it should be.
    pub as_it_is: bool,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The file is opened, and looked through where its format does not count rows: bytes.
    Reading,
    /// The file is looked through: rows.
    Scanning,
    /// What stands is read: features.
    Standing,
    /// Every row is checked and compared with what stands: rows.
    Comparing,
    /// Polygons are compared with those that stand where they lie: features. Then with each other: polygons.
    Overlapping,
    /// The changes are written: features.
    Committing,
    /// All data with them are read anew, where they are many: features.
    Checking,
    /// Everything is well, and after this they stand: features.
    Concluding,
}

impl Step {
    /// Its word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Scanning => "scanning",
            Self::Standing => "standing",
            Self::Comparing => "comparing",
            Self::Overlapping => "overlapping",
            Self::Committing => "committing",
            Self::Checking => "checking",
            Self::Concluding => "concluding",
        }
    }
}

/// After how many rows or features it is told of progress.
pub const OFTEN: u64 = 64;

/// Is told of progress, and says whether to go on.
pub type Watch<'a> = dyn FnMut(Step, u64, u64) -> ControlFlow<()> + 'a;

/// Why nothing was prepared, or committed.
#[derive(Debug)]
pub enum Failed {
    /// Whoever waited for it does no more.
    Cancelled,
    /// The file, or what was asked for.
    Input(Text),
    /// The record.
    Record(RecordError),
}

impl From<RecordError> for Failed {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Over => Self::Cancelled,
            error => Self::Record(error),
        }
    }
}

impl From<Text> for Failed {
    fn from(text: Text) -> Self {
        Self::Input(text)
    }
}

impl Failed {
    /// The reason in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Cancelled => Text::new("已取消", "it was cancelled"),
            Self::Input(text) => text.clone(),
            Self::Record(error) => error.text(),
        }
    }
}
