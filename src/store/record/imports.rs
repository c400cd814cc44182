//! What imports need of the record: what stands in a collection, and how fields were mapped before.

use std::path::PathBuf;

use rusqlite::OptionalExtension;

use super::{Hash, Record, RecordError};

impl Record {
    /// Where imports keep what goes with them.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.readers.path().with_file_name("imports")
    }

    /// Hands on every feature that stands in a collection, in its order: its id, its hash and its
    /// bytes. All are of one state.
    ///
    /// # Errors
    /// Where the database can't be read, or the first that `take` gives.
    pub fn each_standing(
        &self,
        collection: &str,
        mut take: impl FnMut(&str, Hash, &[u8]) -> Result<(), RecordError>,
    ) -> Result<(), RecordError> {
        let connection = self.reader()?;
        let mut rows = connection.prepare(
            "SELECT name, hash, body FROM entries WHERE shelf = ?1 AND to_revision IS NULL
             ORDER BY place",
        )?;
        let mut rows = rows.query([collection])?;
        while let Some(row) = rows.next()? {
            let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            let body = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            take(name, Hash(row.get(1)?), body)?;
        }
        Ok(())
    }

    /// How files with these fields were mapped when one was last imported into a collection, as JSON.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn mapping(&self, collection: &str, fields: &str) -> Result<Option<String>, RecordError> {
        let mapping = self
            .reader()?
            .query_row(
                "SELECT mapping FROM mappings WHERE collection = ?1 AND fields = ?2",
                (collection, fields),
                |row| row.get(0),
            )
            .optional()?;
        Ok(mapping)
    }

    /// Remembers how files with these fields are mapped.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn remember_mapping(
        &self,
        collection: &str,
        fields: &str,
        mapping: &str,
    ) -> Result<(), RecordError> {
        self.writer().execute(
            "INSERT INTO mappings (collection, fields, mapping) VALUES (?1, ?2, ?3)
             ON CONFLICT (collection, fields) DO UPDATE SET mapping = excluded.mapping",
            (collection, fields, mapping),
        )?;
        Ok(())
    }
}
