//! Who says so, in which words.

use serde::{Deserialize, Serialize};

/// A quoted statement of a source document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Id of the document, as `seeds/index.json` has it.
    pub document: String,
    /// The document's own words, to the letter.
    pub quote: String,
    /// Characters (Unicode code points) of the document's text before the quote.
    pub start: usize,
}

impl Citation {
    /// Characters of the document's text before the end of the quote.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.quote.chars().count()
    }
}
