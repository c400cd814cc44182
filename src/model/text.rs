//! Text for people, in both languages of the interface.

use std::fmt;

/// One statement in Chinese and in English. Chinese comes first wherever both are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The Chinese wording.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Text {
    /// A statement in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// The beginning of what was sent and may be long, for messages.
#[must_use]
pub fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Text {
    /// Both languages on one line, as the terminal shows them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.zh, self.en)
    }
}
