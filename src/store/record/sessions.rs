//! Passwords, sessions and one-time links, as people sign in with them: hashes alone.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

use super::{
    Account, AuditEntry, Hash, Record, RecordError,
    log::{by_operator, write_down},
    people::{check_name, nobody, now, read_account, time},
};
use crate::model::{Role, Text};

/// What a one-time link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitation {
    /// An account chooses its password.
    Account(String),
    /// The first administrator chooses a name, too.
    FirstAdministrator,
}

/// What lets somebody in.
#[derive(Debug, Clone, Copy)]
pub enum LetIn<'a> {
    /// A password: the hash with which it was compared.
    Password(&'a str),
    /// An identity provider that was asked just now.
    Provider,
}

impl<'a> LetIn<'a> {
    fn password(self) -> Option<&'a str> {
        match self {
            Self::Password(hash) => Some(hash),
            Self::Provider => None,
        }
    }
}

/// Whether somebody can administer: with a password, by a token that holds, or by an identity provider.
const CAN_BE_ADMINISTERED: &str = "
    SELECT EXISTS (
        SELECT 1 FROM accounts WHERE role = 'administrator' AND closed_ms IS NULL AND (
            EXISTS (SELECT 1 FROM passwords WHERE account = name)
            OR EXISTS (SELECT 1 FROM identities WHERE account = name)
            OR EXISTS (SELECT 1 FROM tokens WHERE account = name AND revoked_ms IS NULL
                AND expires_ms > ?1)))";

impl Record {
    /// An open account and the hash of its password; `None` where there is none or it has no
    /// password.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn password_of(&self, name: &str) -> Result<Option<(Account, String)>, RecordError> {
        let known = self
            .reader()?
            .query_row(
                "SELECT name, role, created_ms, closed_ms, hash
                 FROM accounts JOIN passwords ON account = name
                 WHERE name = ?1 AND closed_ms IS NULL",
                [name],
                |row| Ok((read_account(row)?, row.get(4)?)),
            )
            .optional()?;
        Ok(known)
    }

    /// Whether there is somebody who can administer.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn can_be_administered(&self) -> Result<bool, RecordError> {
        let can = self
            .reader()?
            .query_row(CAN_BE_ADMINISTERED, [now()], |row| row.get(0))?;
        Ok(can)
    }

    /// Keeps the hash of a one-time link, of an account or for the first administrator. Earlier ones
    /// for the same hold no more.
    ///
    /// # Errors
    /// Where there is no such account, or the database can't be written.
    pub fn add_invitation(
        &self,
        account: Option<&str>,
        hash: Hash,
        expires: Timestamp,
    ) -> Result<(), RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(name) = account {
            let open: Option<i64> = writing
                .query_row(
                    "SELECT 1 FROM accounts WHERE name = ?1 AND closed_ms IS NULL",
                    [name],
                    |row| row.get(0),
                )
                .optional()?;
            open.ok_or_else(|| nobody(name))?;
        }
        writing.execute(
            "DELETE FROM invitations WHERE account IS ?1 OR expires_ms <= ?2",
            (account, now()),
        )?;
        writing.execute(
            "INSERT INTO invitations (hash, account, created_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4)",
            (hash.0, account, now(), expires.as_millisecond()),
        )?;
        if let Some(name) = account {
            write_down(&writing, &by_operator("invite", name))?;
        }
        writing.commit()?;
        Ok(())
    }

    /// What a one-time link is for, by its hash.
    ///
    /// # Errors
    /// Where it is none that holds, or the database can't be read.
    pub fn invitation(&self, hash: Hash) -> Result<Invitation, RecordError> {
        let mut connection = self.reader()?;
        invitation(&connection.transaction()?, hash)
    }

    /// Uses up a one-time link: keeps the hash of the password that was chosen, and ends all sessions
    /// of the account. The first administrator's account is made with it.
    ///
    /// # Errors
    /// Where the link is none that holds, the name of a new account is none or is taken, or the
    /// database can't be written.
    pub fn accept_invitation(
        &self,
        hash: Hash,
        name: &str,
        password: &str,
    ) -> Result<Account, RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let name = match invitation(&writing, hash)? {
            Invitation::Account(account) => account,
            Invitation::FirstAdministrator => {
                check_name(name)?;
                let made = writing.execute(
                    "INSERT INTO accounts (name, role, created_ms) VALUES (?1, ?2, ?3)
                     ON CONFLICT (name) DO NOTHING",
                    (name, Role::Administrator.as_str(), now()),
                )?;
                if made == 0 {
                    return Err(RecordError::Refused(Text::new(
                        format!("已有账户“{name}”：请换一个姓名"),
                        format!("there is an account “{name}” already: choose another name"),
                    )));
                }
                let detail = format!("{name} {}", Role::Administrator);
                write_down(&writing, &AuditEntry::now(name, "account", &detail))?;
                name.to_owned()
            }
        };
        writing.execute(
            "INSERT INTO passwords (account, hash, set_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, set_ms = excluded.set_ms",
            (&name, password, now()),
        )?;
        writing.execute(
            "DELETE FROM invitations WHERE hash = ?1 OR account = ?2",
            (hash.0, &name),
        )?;
        end_sessions(&writing, &name)?;
        write_down(&writing, &AuditEntry::now(&name, "password", ""))?;
        let account = writing.query_row(
            "SELECT name, role, created_ms, closed_ms FROM accounts WHERE name = ?1",
            [&name],
            read_account,
        )?;
        writing.commit()?;
        Ok(account)
    }

    /// Keeps the hash of a new session, and lets go of those that are over. Where what let somebody in
    /// holds no more, as where a password was replaced while it was compared, or the account is
    /// closed, no session is opened, and the answer is `false`.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn open_session(
        &self,
        account: &str,
        let_in: LetIn<'_>,
        hash: Hash,
        expires: Timestamp,
    ) -> Result<bool, RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        writing.execute("DELETE FROM sessions WHERE expires_ms <= ?1", [now()])?;
        let opened = writing.execute(
            "INSERT INTO sessions (hash, account, created_ms, seen_ms, expires_ms)
             SELECT ?1, name, ?3, ?3, ?4 FROM accounts
             WHERE name = ?2 AND closed_ms IS NULL AND (?5 IS NULL OR EXISTS (
                 SELECT 1 FROM passwords WHERE account = name AND hash = ?5))",
            (
                hash.0,
                account,
                now(),
                expires.as_millisecond(),
                let_in.password(),
            ),
        )?;
        if opened > 0 {
            write_down(&writing, &AuditEntry::now(account, "sign in", ""))?;
        }
        writing.commit()?;
        Ok(opened > 0)
    }

    /// Whose a session is, by its hash, and when it was last seen; `None` where it is over, or nobody
    /// has used it since `idle`.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn session(
        &self,
        hash: Hash,
        idle: Timestamp,
    ) -> Result<Option<(Account, Timestamp)>, RecordError> {
        let session = self
            .reader()?
            .query_row(
                "SELECT name, role, accounts.created_ms, closed_ms, seen_ms
                 FROM sessions JOIN accounts ON accounts.name = sessions.account
                 WHERE hash = ?1 AND expires_ms > ?2 AND seen_ms > ?3 AND closed_ms IS NULL",
                (hash.0, now(), idle.as_millisecond()),
                |row| Ok((read_account(row)?, time(row, 4)?)),
            )
            .optional()?;
        Ok(session)
    }

    /// Writes down when sessions were last seen.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn sessions_seen(&self, seen: &[(Hash, Timestamp)]) -> Result<(), RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (hash, time) in seen {
            writing.execute(
                "UPDATE sessions SET seen_ms = max(seen_ms, ?2) WHERE hash = ?1",
                (hash.0, time.as_millisecond()),
            )?;
        }
        writing.commit()?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn end_session(&self, hash: Hash) -> Result<(), RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let account: Option<String> = writing
            .query_row(
                "DELETE FROM sessions WHERE hash = ?1 RETURNING account",
                [hash.0],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(account) = account {
            write_down(&writing, &AuditEntry::now(&account, "sign out", ""))?;
        }
        writing.commit()?;
        Ok(())
    }
}

/// Ends all sessions of an account.
pub(super) fn end_sessions(writing: &Transaction<'_>, account: &str) -> Result<(), RecordError> {
    writing.execute("DELETE FROM sessions WHERE account = ?1", [account])?;
    Ok(())
}

fn invitation(reading: &Transaction<'_>, hash: Hash) -> Result<Invitation, RecordError> {
    let account: Option<Option<String>> = reading
        .query_row(
            "SELECT invitations.account FROM invitations
             LEFT JOIN accounts ON accounts.name = invitations.account
             WHERE hash = ?1 AND expires_ms > ?2 AND closed_ms IS NULL",
            (hash.0, now()),
            |row| row.get(0),
        )
        .optional()?;
    let administered = || reading.query_row(CAN_BE_ADMINISTERED, [now()], |row| row.get(0));
    match account {
        Some(Some(account)) => Ok(Invitation::Account(account)),
        // Somebody may have become one in another way meanwhile.
        Some(None) if !administered()? => Ok(Invitation::FirstAdministrator),
        _ => Err(RecordError::Refused(Text::new(
            "链接不对、已用过或已过期：请向管理员要新的",
            "the link is none, has been used or has expired: ask an administrator for another",
        ))),
    }
}
