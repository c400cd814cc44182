//! Accounts of people whom an identity provider makes known.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

use super::{
    Account, AuditEntry, Record, RecordError,
    log::write_down,
    people::{check_name, nobody, now, read_account},
    sessions::end_sessions,
};
use crate::model::{Role, Text};

/// Somebody as an identity provider knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who they are to it, for ever.
    pub subject: String,
    /// What it calls them.
    pub name: String,
    /// What they may do, where the provider decides.
    pub role: Option<Role>,
}

impl Record {
    /// The account of somebody whom a provider makes known, with the role that it gives them: with
    /// another than before its sessions end. The first time the account is made, by the name that the
    /// provider has for them; that of somebody else is never taken.
    ///
    /// # Errors
    /// Where the account is closed, the name is none that may be chosen or is somebody else's, or the
    /// database can't be written.
    pub fn account_of_identity(&self, identity: &Identity) -> Result<Account, RecordError> {
        let mut connection = self.writer();
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known = writing
            .query_row(
                "SELECT name, role, created_ms, closed_ms
                 FROM identities JOIN accounts ON name = account
                 WHERE issuer = ?1 AND subject = ?2",
                (&identity.issuer, &identity.subject),
                read_account,
            )
            .optional()?;
        let account = match known {
            Some(account) if account.closed.is_some() => return Err(nobody(&account.name)),
            Some(account) => with_role(&writing, account, identity.role)?,
            None => make(&writing, identity)?,
        };
        writing.commit()?;
        Ok(account)
    }
}

fn with_role(
    writing: &Transaction<'_>,
    account: Account,
    role: Option<Role>,
) -> Result<Account, RecordError> {
    let Some(role) = role.filter(|role| *role != account.role) else {
        return Ok(account);
    };
    writing.execute(
        "UPDATE accounts SET role = ?2 WHERE name = ?1",
        (&account.name, role.as_str()),
    )?;
    end_sessions(writing, &account.name)?;
    tell(writing, &account.name, role)?;
    Ok(Account { role, ..account })
}

fn make(writing: &Transaction<'_>, identity: &Identity) -> Result<Account, RecordError> {
    let name = &identity.name;
    let role = identity.role.unwrap_or(Role::Reader);
    check_name(name)?;
    let account = writing
        .query_row(
            "INSERT INTO accounts (name, role, created_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO NOTHING RETURNING name, role, created_ms, closed_ms",
            (name, role.as_str(), now()),
            read_account,
        )
        .optional()?
        .ok_or_else(|| {
            RecordError::Refused(Text::new(
                format!("账户“{name}”是另外建立的，不能这样登录：请用密码登录，或找管理员"),
                format!(
                    "the account “{name}” was made otherwise and is not entered like this: sign in with its password, or ask an administrator"
                ),
            ))
        })?;
    writing.execute(
        "INSERT INTO identities (issuer, subject, account) VALUES (?1, ?2, ?3)",
        (&identity.issuer, &identity.subject, name),
    )?;
    tell(writing, name, role)?;
    Ok(account)
}

fn tell(writing: &Transaction<'_>, name: &str, role: Role) -> Result<(), RecordError> {
    write_down(
        writing,
        &AuditEntry::now(name, "account", &format!("{name} {role}")),
    )
}
