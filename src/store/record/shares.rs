//! Views that were shared: kept as they were, under ids that can be read aloud.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::{
    Record, RecordError,
    people::{now, time},
};
use crate::model::Revision;

/// Shares that are kept at most.
pub const MAX_SHARES: u64 = 100_000;
/// Shares of one account that are kept at most.
pub const MAX_BY_ACCOUNT: u64 = 5_000;
/// Letters and digits that nobody takes for each other, seen or heard.
const ALPHABET: &[u8; 29] = b"23456789abcdefghjkmnpqrstwxyz";
/// Characters of an id: 29¹⁰ ids for 100,000 shares, so nobody finds one by trying.
const LENGTH: usize = 10;
/// How much longer an id gets where another share has it already.
const LONGER: usize = 2;
/// Characters of the longest id: as many as 128 bits give.
const MAX_LENGTH: usize = 24;
/// Characters that are read together.
const GROUP: usize = 5;

/// The name of a share: `k7m3p-9xq2w`. It follows from what is shared and from a secret of the record,
/// so that of one id no other follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShareId(String);

impl FromStr for ShareId {
    type Err = ();

    /// However it is written: in capitals, and with hyphens or without.
    fn from_str(text: &str) -> Result<Self, ()> {
        // Whatever is longer is none, and is not looked at.
        if text.len() > 2 * MAX_LENGTH {
            return Err(());
        }
        let id: String = text
            .chars()
            .filter(|c| *c != '-')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let fits = (LENGTH..=MAX_LENGTH).contains(&id.len())
            && id.bytes().all(|byte| ALPHABET.contains(&byte));
        fits.then_some(Self(id)).ok_or(())
    }
}

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, c) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

/// What somebody wants to share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShare {
    /// The view, in the form in which states are kept.
    pub state: String,
    /// What it is called; may be empty.
    pub title: String,
    /// What is said of it; may be empty.
    pub note: String,
    /// The state of the data that it shows, or that was the latest when it was shared.
    pub revision: Revision,
    /// Whether it shows the latest data instead, whichever these are.
    pub follows_latest: bool,
    /// The account that shares it, where there is one.
    pub made_by: Option<String>,
}

/// A view that was shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its name.
    pub id: ShareId,
    /// What was shared, and by whom first.
    pub what: NewShare,
    /// When it was shared first.
    pub made: Timestamp,
}

/// What became of something to be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// It is kept now.
    New(Share),
    /// The same was shared before.
    Known(Share),
    /// There are [`MAX_SHARES`] already.
    Full,
    /// The account has [`MAX_BY_ACCOUNT`] already.
    MakerFull,
}

impl Record {
    /// A share by its name.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn share(&self, id: &ShareId) -> Result<Option<Share>, RecordError> {
        find(&*self.reader()?, id)
    }

    /// The shares that were made last, the latest first.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn shares(&self, limit: usize) -> Result<Vec<Share>, RecordError> {
        let connection = self.reader()?;
        let mut rows = connection.prepare(
            "SELECT id, state, title, note, revision, follows_latest, made_ms, made_by
             FROM shares ORDER BY made_ms DESC, id LIMIT ?1",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let shares = rows.query_map([limit], read_share)?;
        Ok(shares.collect::<Result<_, _>>()?)
    }

    /// Removes a share, with all that was said in it: whether there was one.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn remove_share(&self, id: &ShareId) -> Result<bool, RecordError> {
        let removed = self
            .writer()
            .execute("DELETE FROM shares WHERE id = ?1", [&id.0])?;
        Ok(removed > 0)
    }

    /// Keeps what is shared; the same twice is one.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn keep_share(&self, new: &NewShare) -> Result<Keeping, RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let secret: Vec<u8> =
            writing.query_row("SELECT secret FROM share_secret", [], |row| row.get(0))?;
        let mut length = LENGTH;
        let id = loop {
            let id = new.id(&secret, length);
            match find(&writing, &id)? {
                None => break id,
                Some(share) if share.what.is_same(new) => return Ok(Keeping::Known(share)),
                // 128 bits are never the same of two.
                Some(_) => length = (length + LONGER).min(MAX_LENGTH),
            }
        };
        let count: u64 = writing.query_row("SELECT count(*) FROM shares", [], |row| row.get(0))?;
        if count >= MAX_SHARES {
            return Ok(Keeping::Full);
        }
        // Of those without an account none counts here.
        let own: u64 = writing.query_row(
            "SELECT count(*) FROM shares WHERE made_by = ?1",
            [&new.made_by],
            |row| row.get(0),
        )?;
        if own >= MAX_BY_ACCOUNT {
            return Ok(Keeping::MakerFull);
        }
        writing.execute(
            "INSERT INTO shares
                 (id, state, title, note, revision, follows_latest, made_ms, made_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                &id.0,
                &new.state,
                &new.title,
                &new.note,
                new.revision.0,
                new.follows_latest,
                now(),
                &new.made_by,
            ),
        )?;
        let share = find(&writing, &id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        writing.commit()?;
        Ok(Keeping::New(share))
    }
}

impl NewShare {
    /// Whether the same is shared, whoever does it.
    fn is_same(&self, other: &Self) -> bool {
        self.said() == other.said() && self.pinned() == other.pinned()
    }

    /// The state of the data that it always shows; `None` where it follows the latest.
    fn pinned(&self) -> Option<Revision> {
        (!self.follows_latest).then_some(self.revision)
    }

    /// Its texts.
    fn said(&self) -> [&str; 3] {
        [&self.state, &self.title, &self.note]
    }

    /// Its id of so many characters.
    fn id(&self, secret: &[u8], length: usize) -> ShareId {
        let mut hash = Sha256::new_with_prefix(secret);
        for text in self.said() {
            // With its length, so that none can pass for another.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        let pinned = self.pinned().map_or(0, |revision| revision.0);
        hash.update(pinned.to_be_bytes());
        hash.update([u8::from(self.follows_latest)]);
        let digest: [u8; 32] = hash.finalize().into();
        let half = digest.first_chunk().expect("half of 32 bytes");
        let mut rest = u128::from_be_bytes(*half);
        let base = ALPHABET.len() as u128;
        let characters = std::iter::repeat_with(|| {
            let digit = usize::try_from(rest % base).expect("less than 29");
            rest /= base;
            char::from(ALPHABET[digit])
        });
        ShareId(characters.take(length).collect())
    }
}

fn find(connection: &Connection, id: &ShareId) -> Result<Option<Share>, RecordError> {
    let share = connection
        .query_row(
            "SELECT id, state, title, note, revision, follows_latest, made_ms, made_by
             FROM shares WHERE id = ?1",
            [&id.0],
            read_share,
        )
        .optional()?;
    Ok(share)
}

fn read_share(row: &Row<'_>) -> rusqlite::Result<Share> {
    Ok(Share {
        id: ShareId(row.get(0)?),
        what: NewShare {
            state: row.get(1)?,
            title: row.get(2)?,
            note: row.get(3)?,
            revision: Revision(row.get(4)?),
            follows_latest: row.get(5)?,
            made_by: row.get(7)?,
        },
        made: time(row, 6)?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn share(state: &str, title: &str) -> NewShare {
        NewShare {
            state: state.to_owned(),
            title: title.to_owned(),
            note: String::new(),
            revision: Revision(3),
            follows_latest: false,
            made_by: None,
        }
    }

    #[test]
    fn an_id_is_read_however_it_is_written() {
        let id = share("v=1", "").id(b"secret", LENGTH);
        let written = id.to_string();
        assert_eq!((written.len(), written.find('-')), (11, Some(5)));
        for text in [
            written.clone(),
            written.to_uppercase(),
            written.replace('-', ""),
        ] {
            assert_eq!(text.parse(), Ok(id.clone()), "{text}");
        }
        for none in [
            "",
            "k7m3p",
            "k7m3p-9xq2o",
            "k7m3p-9xq2w.png",
            "../../etc/pa",
            "号号号号",
        ] {
            assert_eq!(none.parse::<ShareId>(), Err(()), "{none}");
        }
        assert_eq!("a".repeat(1000).parse::<ShareId>(), Err(()));
    }

    #[test]
    fn what_is_shared_decides_the_id_and_nobody_else_can_reckon_it() {
        let mut ids = HashSet::new();
        let mut changed = share("v=1", "ab");
        changed.follows_latest = true;
        let mut later = share("v=1", "ab");
        later.revision = Revision(4);
        for (secret, share) in [
            (b"one", share("v=1", "ab")),
            (b"two", share("v=1", "ab")),
            (b"one", share("v=1a", "b")),
            (b"one", share("v=1", "")),
            (b"one", changed),
            (b"one", later),
        ] {
            assert!(ids.insert(share.id(secret, LENGTH)));
        }
        // What follows the latest is one, whichever that was when it was shared.
        let [follows, later] = [3, 4].map(|revision| NewShare {
            revision: Revision(revision),
            follows_latest: true,
            ..share("v=1", "ab")
        });
        assert_eq!(follows.id(b"one", LENGTH), later.id(b"one", LENGTH));
        assert!(follows.is_same(&later));
        let again = share("v=1", "ab");
        let longer = again.id(b"one", 12).to_string();
        assert!(longer.starts_with(&again.id(b"one", LENGTH).to_string()));
        assert_eq!(longer.len(), 14);
    }
}
