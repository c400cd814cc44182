//! What a district's data consist of.

use serde::{Deserialize, Serialize};

use super::{Role, Viewer};

/// The district that the data describe.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct District {
    /// Its name.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// Reference of the feature that is its outline, such as `district/120106`.
    pub feature: String,
}

/// A collection of features of one sort, in one file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionInfo {
    /// Its id in addresses, and the name of its file without `.geojson`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its title in English.
    pub title_en: String,
    /// What it holds.
    pub description: String,
    /// The same in English.
    pub description_en: String,
    /// The kinds of feature in it.
    pub kinds: Vec<Kind>,
    /// The least role that sees it; everybody where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Role>,
}

impl CollectionInfo {
    /// Whether who looks may see it.
    #[must_use]
    pub fn is_for(&self, viewer: Viewer) -> bool {
        viewer.0 >= self.readers
    }
}

/// One kind of feature in a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// The word in the data.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its title in English.
    pub title_en: String,
}
