//! What somebody may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Text;

/// What somebody may do; each may also do what those before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Reader,
    /// Changes features.
    Editor,
    /// Decides who may do what.
    Administrator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Editor, Self::Administrator];

    /// Its word in data and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Editor => "editor",
            Self::Administrator => "administrator",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::Reader => Text::new("读者", "reader"),
            Self::Editor => Text::new("编辑", "editor"),
            Self::Administrator => Text::new("管理员", "administrator"),
        }
    }
}

/// Who looks at data: somebody with a role, or anybody. Each sees what those before see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Viewer(pub Option<Role>);

impl Viewer {
    /// Somebody without an account.
    pub const ANYBODY: Self = Self(None);
    /// Whoever sees everything.
    pub const ALL_SEEING: Self = Self(Some(Role::Administrator));
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| {
                let words = Self::ALL.map(Self::as_str).join(", ");
                format!("“{text}”应为其中之一 (should be one of): {words}")
            })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
