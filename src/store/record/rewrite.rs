//! Whole collections put in the place of what stands.

use std::collections::HashMap;

use super::{Change, Hash, Key, Record, RecordError, STANDS, entry::features_of};
use crate::model::Revision;

impl Record {
    /// What putting the features of a GeoJSON file in the place of a collection's at a revision would
    /// change: those of the file in its order, then those that it does not have. Committed, it is a
    /// conflict where others have changed one of them since.
    ///
    /// # Errors
    /// Where the file can't be read, or the database can't.
    pub fn replacing(
        &self,
        collection: &str,
        at: Revision,
        file: &[u8],
    ) -> Result<Vec<Change>, RecordError> {
        let mut standing: HashMap<Box<str>, Hash> = HashMap::new();
        let connection = self.reader()?;
        let mut rows = connection.prepare(&format!(
            "SELECT name, hash FROM entries WHERE {STANDS} ORDER BY place"
        ))?;
        let mut order = Vec::new();
        let mut rows = rows.query((collection, at.0))?;
        while let Some(row) = rows.next()? {
            let name: Box<str> = row.get::<_, String>(0)?.into();
            order.push(name.clone());
            standing.insert(name, Hash(row.get(1)?));
        }
        let features = features_of(file).map_err(RecordError::Refused)?;
        let mut changes = Vec::new();
        for (name, body) in features {
            let expected = standing.remove(&name);
            if expected != Some(Hash::of(&body)) {
                changes.push(Change {
                    key: Key::new(collection, &name),
                    expected,
                    body: Some(body),
                });
            }
        }
        let gone = order.iter().filter_map(|name| {
            let expected = standing.get(name).copied()?;
            Some(Change {
                key: Key::new(collection, name),
                expected: Some(expected),
                body: None,
            })
        });
        changes.extend(gone);
        Ok(changes)
    }
}
