//! States of the data, and what made them.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;

use super::Text;

/// A state of all data: counted from 1, one more with each commit.
///
/// The embedded data are revision 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of the data that a build carries.
    pub const EMBEDDED: Self = Self(1);
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who made a revision, when, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevisionInfo {
    /// Which one.
    #[serde(rename = "revision")]
    pub number: Revision,
    /// When it was committed, to the millisecond; never before the one that it follows.
    pub time: Timestamp,
    /// Who committed it.
    pub author: String,
    /// What for.
    pub message: String,
    /// What sort of change it was.
    pub cause: Cause,
}

/// What sort of change made a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The first data.
    Seed,
    /// Data of a newer release.
    Release,
    /// A file.
    Import,
    /// Boundary sentences, compiled along other streets.
    Compile,
    /// Somebody's hand.
    Edit,
    /// An earlier revision was taken back.
    Revert,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Seed,
        Self::Release,
        Self::Import,
        Self::Compile,
        Self::Edit,
        Self::Revert,
    ];

    /// Its word in data and addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Release => "release",
            Self::Import => "import",
            Self::Compile => "compile",
            Self::Edit => "edit",
            Self::Revert => "revert",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Seed => Text::new("初始数据", "first data"),
            Self::Release => Text::new("随新版程序更新", "data of a newer release"),
            Self::Import => Text::new("导入", "import"),
            Self::Compile => Text::new("重新编译边界", "outlines compiled anew"),
            Self::Edit => Text::new("编辑", "edit"),
            Self::Revert => Text::new("撤回", "revert"),
        }
    }
}

impl FromStr for Cause {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|cause| cause.as_str() == text)
            .ok_or(())
    }
}
