//! Accounts, hashes of tokens, and who did what.
//!
//! Accounts and tokens are changed on the command line; the identity provider and the link of the first
//! administrator change accounts too. Each change is written down with it, as what the [`OPERATOR`] did
//! or who came in.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, types::Type};

use super::{Hash, Record, RecordError, sessions::end_sessions};
use crate::model::{Role, Text};

/// Who does what is done on the command line.
pub const OPERATOR: &str = "command line";
/// Entries of the log that are kept one by one of each thing that nobody known did, and as many that count
/// more of it: whoever has no account must not fill the disk.
const MAX_UNKNOWN: u32 = 10_000;
/// What an entry is called that counts others.
const COUNTED: &str = "counted";
/// Where there are more, so many stay, and one entry counts those before them.
const LATEST_UNKNOWN: u32 = 9_000;

/// Somebody who may do more than read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Name; it stands in revisions.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// Since when nothing can be done with it any more.
    pub closed: Option<Timestamp>,
}

/// A token, without what it is: that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its number.
    pub number: i64,
    /// Whose it is.
    pub account: String,
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is none any more.
    pub expires: Timestamp,
    /// Since when it was taken back.
    pub revoked: Option<Timestamp>,
}

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
    /// Makes an account, or opens a closed one again, with a role. With another role than before its
    /// sessions end.
    ///
    /// # Errors
    /// Where the name is none, or the database can't be written.
    pub fn put_account(&self, name: &str, role: Role) -> Result<(), RecordError> {
        check_name(name)?;
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before: Option<String> = writing
            .query_row("SELECT role FROM accounts WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()?;
        writing.execute(
            "INSERT INTO accounts (name, role, created_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, closed_ms = NULL",
            (name, role.as_str(), now()),
        )?;
        if before.is_some_and(|before| before != role.as_str()) {
            end_sessions(&writing, name)?;
        }
        write_down(&writing, &by_operator("account", &format!("{name} {role}")))?;
        writing.commit()?;
        Ok(())
    }

    /// Closes an account, and with it all its tokens, its password and its sessions.
    ///
    /// # Errors
    /// Where there is none, or the database can't be written.
    pub fn close_account(&self, name: &str) -> Result<(), RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changed = writing.execute(
            "UPDATE accounts SET closed_ms = ?2 WHERE name = ?1 AND closed_ms IS NULL",
            (name, now()),
        )?;
        if changed == 0 {
            return Err(nobody(name));
        }
        // Opened again, the account must not bring back what may have been stolen.
        writing.execute(
            "UPDATE tokens SET revoked_ms = ?2 WHERE account = ?1 AND revoked_ms IS NULL",
            (name, now()),
        )?;
        for table in ["passwords", "invitations", "sessions"] {
            writing.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [name])?;
        }
        write_down(&writing, &by_operator("close", name))?;
        writing.commit()?;
        Ok(())
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn accounts(&self) -> Result<Vec<Account>, RecordError> {
        let connection = self.reader()?;
        let mut rows = connection
            .prepare("SELECT name, role, created_ms, closed_ms FROM accounts ORDER BY name")?;
        let accounts = rows.query_map([], read_account)?;
        Ok(accounts.collect::<Result<_, _>>()?)
    }

    /// Keeps the hash of a new token.
    ///
    /// # Errors
    /// Where there is no such account, or the database can't be written.
    pub fn add_token(
        &self,
        account: &str,
        label: &str,
        hash: Hash,
        expires: Timestamp,
    ) -> Result<i64, RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let open: Option<i64> = writing
            .query_row(
                "SELECT 1 FROM accounts WHERE name = ?1 AND closed_ms IS NULL",
                [account],
                |row| row.get(0),
            )
            .optional()?;
        if open.is_none() {
            return Err(nobody(account));
        }
        writing.execute(
            "INSERT INTO tokens (account, label, hash, created_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (account, label, hash.0, now(), expires.as_millisecond()),
        )?;
        let number = writing.last_insert_rowid();
        write_down(
            &writing,
            &by_operator("token", &format!("{number} {account}")),
        )?;
        writing.commit()?;
        Ok(number)
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// Where there is none of this number, or the database can't be written.
    pub fn revoke_token(&self, number: i64) -> Result<(), RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changed = writing.execute(
            "UPDATE tokens SET revoked_ms = ?2 WHERE number = ?1 AND revoked_ms IS NULL",
            (number, now()),
        )?;
        if changed == 0 {
            return Err(RecordError::Refused(Text::new(
                format!("没有令牌 {number}，或已收回"),
                format!("there is no token {number}, or it was taken back"),
            )));
        }
        write_down(&writing, &by_operator("revoke", &number.to_string()))?;
        writing.commit()?;
        Ok(())
    }

    /// All tokens, the latest first.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn tokens(&self) -> Result<Vec<TokenInfo>, RecordError> {
        let connection = self.reader()?;
        let mut rows = connection.prepare(
            "SELECT number, account, label, created_ms, expires_ms, revoked_ms FROM tokens
             ORDER BY number DESC",
        )?;
        let tokens = rows.query_map([], |row| {
            Ok(TokenInfo {
                number: row.get(0)?,
                account: row.get(1)?,
                label: row.get(2)?,
                created: time(row, 3)?,
                expires: time(row, 4)?,
                revoked: time_or_none(row, 5)?,
            })
        })?;
        Ok(tokens.collect::<Result<_, _>>()?)
    }

    /// Whose a token is, by its hash: `None` where it is none, or none any more.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn account_of(&self, token: Hash) -> Result<Option<Account>, RecordError> {
        let account = self
            .reader()?
            .query_row(
                "SELECT name, role, accounts.created_ms, closed_ms
                 FROM tokens JOIN accounts ON accounts.name = tokens.account
                 WHERE hash = ?1 AND expires_ms > ?2 AND revoked_ms IS NULL AND closed_ms IS NULL",
                (token.0, now()),
                read_account,
            )
            .optional()?;
        Ok(account)
    }

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

pub(super) fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let role: String = row.get(1)?;
    Ok(Account {
        name: row.get(0)?,
        role: role
            .parse()
            .map_err(|_| rusqlite::Error::InvalidColumnType(1, "role".to_owned(), Type::Text))?,
        created: time(row, 2)?,
        closed: time_or_none(row, 3)?,
    })
}

pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A time that stands in a column.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|_| {
        rusqlite::Error::InvalidColumnType(column, "time_ms".to_owned(), Type::Integer)
    })
}

fn time_or_none(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let standing: Option<i64> = row.get(column)?;
    standing.map(|_| time(row, column)).transpose()
}

/// What who names no open account is told.
pub(super) fn nobody(name: &str) -> RecordError {
    RecordError::Refused(Text::new(
        format!("没有账户“{name}”，或已关闭"),
        format!("there is no account “{name}”, or it is closed"),
    ))
}

/// Checks what somebody is to be called.
pub(super) fn check_name(name: &str) -> Result<(), RecordError> {
    let characters = name.chars().count();
    if name.trim() == name && (1..=40).contains(&characters) && !name.contains(char::is_control) {
        return Ok(());
    }
    Err(RecordError::Refused(Text::new(
        "姓名应为 1 到 40 个字，前后没有空格",
        "a name should have 1 to 40 characters, and no spaces at its ends",
    )))
}
