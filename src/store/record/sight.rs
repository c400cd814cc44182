//! What of the history somebody may be told.
//!
//! The latest data decide: what they hide has no past for those from whom it is hidden. What was hidden
//! once, and was opened later, has a past from then on. Of files beside the collections it is told that
//! they changed, and nothing of what they say.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};
use serde_json::json;

use super::{Record, RecordError, entry, people::time, read_info};
use crate::{
    model::{Revision, RevisionInfo, Role, Viewer},
    store::{references::Hiding, snapshot::Snapshot, zones::FOLLOWED},
};

/// Whose changes somebody may be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight(Option<Seen>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    shelves: Vec<String>,
    /// As JSON, the `shelves`, and the `readers` of collections that are `closed` to who looks.
    statement: String,
}

impl Sight {
    /// All that there is.
    pub const ALL: Self = Self(None);

    /// What somebody sees, by the latest data as they are `seen` by them. Administrators see what
    /// stood in collections that are there no more, too.
    #[must_use]
    pub fn of(viewer: Viewer, seen: &Snapshot) -> Self {
        if viewer == Viewer::ALL_SEEING {
            return Self::ALL;
        }
        let ids = seen.collections().iter().map(|other| &*other.info.id);
        let shelves: Vec<String> = ids
            .chain([entry::SEEDS, entry::GEODATA])
            .map(str::to_owned)
            .collect();
        let closed: Vec<Role> = Role::ALL
            .into_iter()
            .filter(|role| viewer.0 < Some(*role))
            .collect();
        let statement = json!({ "shelves": shelves, "closed": closed }).to_string();
        Self(Some(Seen { shelves, statement }))
    }

    /// What statements know as `:seen`; none where all is seen.
    pub(super) fn seen(&self) -> Option<&str> {
        Some(&self.0.as_ref()?.statement)
    }
}

impl Hiding for Sight {
    fn hides(&self, collection: &str) -> bool {
        let mut seen = self.0.iter();
        seen.any(|seen| !seen.shelves.iter().any(|shelf| shelf == collection))
    }

    /// The id does not say of which collection the line is: where one of them is not seen, none is.
    fn hides_way(&self, _: &str) -> bool {
        FOLLOWED
            .iter()
            .any(|(collection, _)| self.hides(collection))
    }
}

/// Shelves, those of them that are seen, and those that are hidden, each with the first and the last
/// revision in which they are. They are found step by step in an index, for there are few of them and
/// perhaps a million entries. Earlier catalogues tell until when a collection was closed.
pub(super) const SHELVES: &str = "
    WITH RECURSIVE shelves (shelf) AS (
        SELECT min(shelf) FROM entries
        UNION ALL
        SELECT (SELECT min(shelf) FROM entries WHERE shelf > shelves.shelf)
        FROM shelves WHERE shelf IS NOT NULL
    ),
    closed (shelf, until) AS MATERIALIZED (
        SELECT json_extract(listed.value, '$.id'), max(to_revision)
        FROM entries, json_each(CAST(body AS TEXT), '$.collections') AS listed
        WHERE shelf = 'geodata/' AND name = 'collections.json' AND to_revision IS NOT NULL
            AND json_extract(listed.value, '$.readers')
                IN (SELECT value FROM json_each(:seen, '$.closed'))
        GROUP BY 1
    ),
    seen (shelf, first, last) AS MATERIALIZED (
        SELECT listed.value, coalesce(closed.until, 0), 9223372036854775807
        FROM json_each(:seen, '$.shelves') AS listed
        LEFT JOIN closed ON closed.shelf = listed.value
    ),
    hidden (shelf, first, last) AS MATERIALIZED (
        SELECT shelves.shelf, 0, coalesce(seen.first - 1, 9223372036854775807)
        FROM shelves LEFT JOIN seen ON seen.shelf = shelves.shelf
        WHERE shelves.shelf IS NOT NULL
    )";

/// Whether a revision changed something on one of these shelves. The few shelves come first: the other
/// way round all that a release changed would be looked at.
pub(super) fn touches(shelves: &str, revision: &str) -> String {
    let by = |end: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {shelves} AS s CROSS JOIN entries AS e
                 WHERE {revision} BETWEEN s.first AND s.last
                     AND e.shelf = s.shelf AND e.{end} = {revision})"
        )
    };
    format!("({} OR {})", by("from_revision"), by("to_revision"))
}

impl Record {
    /// How many revisions changed something that is in sight, and those of one page, the latest
    /// first. Where one changed something else besides, its message is left out, for it may speak of
    /// that, and the word for its cause stands there.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn revisions_in(
        &self,
        sight: &Sight,
        limit: usize,
        offset: usize,
    ) -> Result<(u64, Vec<RevisionInfo>), RecordError> {
        let Some(seen) = sight.seen() else {
            return Ok((self.latest()?.0, self.revisions(limit, offset)?));
        };
        let mut connection = self.reader()?;
        let reading = connection.transaction()?;
        let count = reading.query_row(
            &format!(
                "{SHELVES} SELECT count(*) FROM revisions WHERE {}",
                touches("seen", "number")
            ),
            named_params! { ":seen": seen },
            |row| row.get(0),
        )?;
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let mut rows = reading.prepare(&told(&format!(
            "{} ORDER BY number DESC LIMIT :limit OFFSET :offset",
            touches("seen", "number")
        )))?;
        let revisions = rows.query_map(
            named_params! { ":seen": seen, ":limit": whole(limit), ":offset": whole(offset) },
            |row| Ok(without_words(read_info(row)?, row.get(5)?)),
        )?;
        Ok((count, revisions.collect::<Result<_, _>>()?))
    }

    /// One revision, as [`Record::revisions_in`] has it.
    ///
    /// # Errors
    /// Where there is none in sight, or the database can't be read.
    pub fn info_in(&self, sight: &Sight, revision: Revision) -> Result<RevisionInfo, RecordError> {
        let Some(seen) = sight.seen() else {
            return self.info(revision);
        };
        let number = i64::try_from(revision.0).map_err(|_| RecordError::NoRevision(revision))?;
        self.reader()?
            .query_row(
                &told(&format!(
                    "number = :number AND {}",
                    touches("seen", "number")
                )),
                named_params! { ":seen": seen, ":number": number },
                |row| Ok(without_words(read_info(row)?, row.get(5)?)),
            )
            .optional()?
            .ok_or(RecordError::NoRevision(revision))
    }

    /// The latest revision in sight that is no later than this one, and when it was made.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn seen_by(
        &self,
        sight: &Sight,
        revision: Revision,
    ) -> Result<Option<(Revision, Timestamp)>, RecordError> {
        let number = i64::try_from(revision.0).unwrap_or(i64::MAX);
        let in_sight = touches("seen", "number");
        let found = self
            .reader()?
            .query_row(
                &format!(
                    "{SHELVES} SELECT number, time_ms FROM revisions
                     WHERE number <= :number AND (:seen IS NULL OR {in_sight})
                     ORDER BY number DESC LIMIT 1"
                ),
                named_params! { ":seen": sight.seen(), ":number": number },
                |row| Ok((Revision(row.get(0)?), time(row, 1)?)),
            )
            .optional()?;
        Ok(found)
    }

    /// Whether all that a revision changed is in sight, and none of it a file beside the collections:
    /// those decide who sees what, and who does not see everything can't know what they would show.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn is_whole_in(&self, sight: &Sight, revision: Revision) -> Result<bool, RecordError> {
        let Some(seen) = sight.seen() else {
            return Ok(true);
        };
        let connection = self.reader()?;
        Ok(!hides(&connection, seen, revision)? && !changes_files(&connection, revision)?)
    }
}

/// Whether a revision changed a file beside the collections.
fn changes_files(connection: &Connection, revision: Revision) -> Result<bool, RecordError> {
    let changes = connection.query_row(
        &format!(
            "WITH files (shelf, first, last) AS (
                 VALUES (:seeds, :number, :number), (:geodata, :number, :number))
             SELECT {}",
            touches("files", ":number")
        ),
        named_params! { ":seeds": entry::SEEDS, ":geodata": entry::GEODATA, ":number": revision.0 },
        |row| row.get(0),
    )?;
    Ok(changes)
}

/// Whether a revision changed something that is not among the shelves `seen`.
fn hides(connection: &Connection, seen: &str, revision: Revision) -> Result<bool, RecordError> {
    let number = i64::try_from(revision.0).map_err(|_| RecordError::NoRevision(revision))?;
    let hides = connection.query_row(
        &format!("{SHELVES} SELECT {}", touches("hidden", ":number")),
        named_params! { ":seen": seen, ":number": number },
        |row| row.get(0),
    )?;
    Ok(hides)
}

/// The statement that reads revisions, each with whether it changed what is hidden.
fn told(condition: &str) -> String {
    format!(
        "{SHELVES} SELECT number, time_ms, author, message, cause, {}
         FROM revisions WHERE {condition}",
        touches("hidden", "number")
    )
}

/// The first revision's words are the program's own and tell of nothing.
pub(super) fn without_words(mut info: RevisionInfo, hides: bool) -> RevisionInfo {
    if hides && info.number != Revision::EMBEDDED {
        info.message = info.cause.title().zh;
    }
    info
}
