//! The log: who did what, and who tried to.
//!
//! Changes of data and accounts are written down in the transaction that makes them, all else after. Of
//! what nobody known did only so much is kept one by one; the rest is counted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

use super::{Record, RecordError, people::time};

/// Who does what is done on the command line.
pub const OPERATOR: &str = "command line";
/// Entries of the log that are kept one by one of each thing that nobody known did, and as many that count
/// more of it: whoever has no account must not fill the disk.
const MAX_UNKNOWN: u32 = 10_000;
/// Where there are more, so many stay, and one entry counts those before them.
const LATEST_UNKNOWN: u32 = 9_000;
/// What an entry is called that counts others.
const COUNTED: &str = "counted";

/// One thing that somebody did, or failed to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub time: Timestamp,
    /// Who; empty where nobody knows.
    pub account: String,
    /// What.
    pub action: String,
    /// With what.
    pub detail: String,
}

/// Things of one sort that are not kept one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    count: u64,
    from: Timestamp,
    to: Timestamp,
}

impl Record {
    /// Writes down what somebody did. Changes of the data are written down as they are committed.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn audit(&self, account: &str, action: &str, detail: &str) -> Result<(), RecordError> {
        let entry = AuditEntry::now(account, action, detail);
        self.audit_all(std::slice::from_ref(&entry))
    }

    /// The same of several things, each at its time. Of each action of somebody unknown at most
    /// [`MAX_UNKNOWN`] entries are kept one by one; those before them are counted. Of the entries that
    /// count so many are kept, too; the one before them adds up the rest.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn audit_all(&self, entries: &[AuditEntry]) -> Result<(), RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for entry in entries {
            write_down(&writing, entry)?;
        }
        let (mut single, mut counted) = (BTreeSet::new(), BTreeSet::new());
        for entry in entries.iter().filter(|entry| entry.account.is_empty()) {
            match Counted::read(entry) {
                Some((action, _)) => counted.insert(action),
                None => single.insert(&*entry.action),
            };
        }
        for action in single {
            if count_oldest(&writing, SINGLE, action)? {
                counted.insert(action);
            }
        }
        for action in counted {
            count_oldest(&writing, COUNTING, action)?;
        }
        writing.commit()?;
        Ok(())
    }

    /// What was written down, the latest first, each with its number: at most `limit` entries, of
    /// one account or all, before a number or up to the latest.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn audited(
        &self,
        limit: usize,
        before: Option<i64>,
        account: Option<&str>,
    ) -> Result<Vec<(i64, AuditEntry)>, RecordError> {
        let connection = self.reader()?;
        let mut rows = connection.prepare(
            "SELECT time_ms, account, action, detail, number FROM audit
             WHERE number < coalesce(?2, 9223372036854775807) AND (?3 IS NULL OR account = ?3)
             ORDER BY number DESC LIMIT ?1",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let entries = rows.query_map((limit, before, account), |row| {
            Ok((row.get(4)?, read_entry(row)?))
        })?;
        Ok(entries.collect::<Result<_, _>>()?)
    }
}

impl AuditEntry {
    /// What is done at this moment.
    #[must_use]
    pub fn now(account: &str, action: &str, detail: &str) -> Self {
        Self {
            time: Timestamp::now(),
            account: account.to_owned(),
            action: action.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

impl Counted {
    /// One thing that was done at a time.
    #[must_use]
    pub fn one(time: Timestamp) -> Self {
        Self {
            count: 1,
            from: time,
            to: time,
        }
    }

    /// These and others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }

    /// The entry that stands for them.
    #[must_use]
    pub fn entry(self, action: &str) -> AuditEntry {
        let Self { count, from, to } = self;
        AuditEntry {
            time: to,
            account: String::new(),
            action: COUNTED.to_owned(),
            detail: format!("{action}: {count}, from {from} to {to}"),
        }
    }

    /// What an entry counts, and how many; `None` where it counts nothing.
    fn read(entry: &AuditEntry) -> Option<(&str, Self)> {
        if entry.action != COUNTED {
            return None;
        }
        let (action, rest) = entry.detail.split_once(": ")?;
        let (count, rest) = rest.split_once(", from ")?;
        let (from, to) = rest.split_once(" to ")?;
        let counted = Self {
            count: count.parse().ok()?,
            from: from.parse().ok()?,
            to: to.parse().ok()?,
        };
        Some((action, counted))
    }
}

/// The entries of what nobody known did, one each.
const SINGLE: &str = "account = '' AND action = ?1";
/// Those that count the same.
const COUNTING: &str =
    "account = '' AND action = 'counted' AND substr(detail, 1, length(?1) + 2) = ?1 || ': '";

/// Puts one entry in the place of the oldest of these, where there are too many: whether it did.
fn count_oldest(writing: &Transaction<'_>, these: &str, action: &str) -> Result<bool, RecordError> {
    let nth_latest = |number: u32| {
        let select = format!(
            "SELECT number FROM audit WHERE {these} ORDER BY number DESC LIMIT 1 OFFSET ?2"
        );
        writing
            .query_row(&select, (action, number), |row| row.get::<_, i64>(0))
            .optional()
    };
    if nth_latest(MAX_UNKNOWN)?.is_none() {
        return Ok(false);
    }
    let last = nth_latest(LATEST_UNKNOWN)?;
    let counted = {
        let select = format!(
            "SELECT time_ms, account, action, detail FROM audit WHERE {these} AND number <= ?2"
        );
        let mut rows = writing.prepare(&select)?;
        let mut counts = rows.query_map((action, last), |row| {
            let entry = read_entry(row)?;
            let counts = Counted::read(&entry).map(|(_, counted)| counted);
            Ok(counts.unwrap_or(Counted::one(entry.time)))
        })?;
        let Some(first) = counts.next() else {
            return Ok(false);
        };
        counts.try_fold(first?, |sum, next| next.map(|next| sum.and(next)))?
    };
    writing.execute(
        &format!("DELETE FROM audit WHERE {these} AND number < ?2"),
        (action, last),
    )?;
    // It stands where they stood: the log is read from number to number.
    let entry = counted.entry(action);
    writing.execute(
        "UPDATE audit SET time_ms = ?2, action = ?3, detail = ?4 WHERE number = ?1",
        (
            last,
            entry.time.as_millisecond(),
            &entry.action,
            &entry.detail,
        ),
    )?;
    Ok(true)
}

/// What the operator does at this moment.
pub(super) fn by_operator(action: &str, detail: &str) -> AuditEntry {
    AuditEntry::now(OPERATOR, action, detail)
}

/// Writes down what somebody did, in a transaction that may do more.
pub(super) fn write_down(writing: &Connection, entry: &AuditEntry) -> Result<(), RecordError> {
    writing.execute(
        "INSERT INTO audit (time_ms, account, action, detail) VALUES (?1, ?2, ?3, ?4)",
        (
            entry.time.as_millisecond(),
            &entry.account,
            &entry.action,
            &entry.detail,
        ),
    )?;
    Ok(())
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        time: time(row, 0)?,
        account: row.get(1)?,
        action: row.get(2)?,
        detail: row.get(3)?,
    })
}
