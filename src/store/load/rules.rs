//! The rules of the files for features that are not among the data yet.

use std::{collections::HashMap, sync::Arc};

use super::feature::FeatureReader;
use crate::{
    documents::Library,
    store::{Collection, Snapshot},
};

/// What a feature must keep to be in a collection.
pub struct Rules<'a> {
    collection: &'a str,
    library: &'a Library,
    kinds: HashMap<&'a str, Arc<str>>,
    documents: Vec<Arc<str>>,
}

impl<'a> Rules<'a> {
    /// The rules of a collection of these data.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, collection: &'a Collection) -> Self {
        let documents = snapshot.library.documents().iter();
        Self {
            collection: &collection.info.id,
            library: &snapshot.library,
            kinds: collection
                .info
                .kinds
                .iter()
                .map(|kind| (kind.id.as_str(), Arc::from(kind.id.as_str())))
                .collect(),
            documents: documents
                .map(|document| document.info.id.as_str().into())
                .collect(),
        }
    }

    /// What reads features of the collection that are kept in degrees.
    pub(super) fn reader(&self) -> FeatureReader<'_> {
        FeatureReader {
            collection: self.collection,
            library: self.library,
            kinds: &self.kinds,
            documents: &self.documents,
            transformer: None,
        }
    }
}
