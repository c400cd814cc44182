//! Accounts, and hashes of tokens.
//!
//! Both are changed on the command line; the identity provider and the link of the first administrator
//! change accounts too. Each change stands in the [`log`](super::log), as what the operator did or who
//! came in.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, TransactionBehavior, types::Type};

use super::{
    Hash, Record, RecordError,
    log::{by_operator, write_down},
    sessions::end_sessions,
};
use crate::model::{Role, Text};

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
