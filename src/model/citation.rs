//! Who says so, in which words.

use serde::{Deserialize, Serialize};

/// A quoted statement of a source document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Id of the document, as `seeds/index.json` has it.
    pub document: String,
    /// The document's own words, to the letter.
    pub quote: String,
}
