//! Signing in, and joining by a one-time link.

use jiff::{SignedDuration, Timestamp};

use super::{Secret, password};
use crate::{
    model::Text,
    store::record::{Account, Identity, Invitation, LetIn, Record, RecordError},
};

/// Hours that a one-time link holds.
pub const JOIN_HOURS: i64 = 24;
/// Hours after which a session that nobody uses is over.
pub const IDLE_HOURS: i64 = 12;
/// Hours after which every session is over.
const SESSION_HOURS: i64 = 7 * 24;

/// Opens a session for who knows the password of an account; `None` where they don't, or there is no
/// such account, which takes as long to tell. It works for a moment.
///
/// # Errors
/// Where the record can't be read or written.
pub fn sign_in(
    record: &Record,
    name: &str,
    given: &str,
) -> Result<Option<(Account, Secret)>, RecordError> {
    let known = record.password_of(name)?;
    let kept = known.as_ref().map(|(_, hash)| hash.as_str());
    if !password::is_right(given, kept) {
        return Ok(None);
    }
    let Some((account, kept)) = known else {
        return Ok(None);
    };
    let session = open(record, &account, LetIn::Password(&kept))?;
    Ok(session.map(|session| (account, session)))
}

/// Opens a session for whom a provider has made known; their account is made with the first one.
///
/// # Errors
/// Where the account is closed, its name is another's or none that may be chosen, or the record
/// can't be written.
pub fn sign_in_by_provider(
    record: &Record,
    identity: &Identity,
) -> Result<(Account, Secret), RecordError> {
    let account = record.account_of_identity(identity)?;
    let session = open(record, &account, LetIn::Provider)?.ok_or_else(|| {
        RecordError::Refused(Text::new(
            "账户已关闭：请找管理员",
            "the account is closed: ask an administrator",
        ))
    })?;
    Ok((account, session))
}

/// Opens a session; `None` where what let somebody in holds no more.
fn open(
    record: &Record,
    account: &Account,
    let_in: LetIn<'_>,
) -> Result<Option<Secret>, RecordError> {
    let secret = Secret::random()?;
    let expires = Timestamp::now() + SignedDuration::from_hours(SESSION_HOURS);
    let is_open = record.open_session(&account.name, let_in, secret.hash(), expires)?;
    Ok(is_open.then_some(secret))
}

/// Makes a one-time link by which an account chooses a password; an earlier one holds no more.
///
/// # Errors
/// Where there is no such account, or the record can't be written.
pub fn invite(record: &Record, account: &str) -> Result<Secret, RecordError> {
    invitation(record, Some(account))
}

/// Makes the one-time link by which the first administrator joins, where nobody can administer; an
/// earlier one holds no more.
///
/// # Errors
/// Where the record can't be read or written.
pub fn administrator_link(record: &Record) -> Result<Option<Secret>, RecordError> {
    if record.can_be_administered()? {
        return Ok(None);
    }
    invitation(record, None).map(Some)
}

fn invitation(record: &Record, account: Option<&str>) -> Result<Secret, RecordError> {
    let secret = Secret::random()?;
    let expires = Timestamp::now() + SignedDuration::from_hours(JOIN_HOURS);
    record.add_invitation(account, secret.hash(), expires)?;
    Ok(secret)
}

/// Uses up a one-time link: sets the password, and opens a session. It works for a moment. The name
/// matters for the first administrator alone.
///
/// # Errors
/// Where the link holds no more, the name or password is none that may be chosen, or the record
/// can't be written. The link then still holds.
pub fn join(
    record: &Record,
    key: &Secret,
    name: &str,
    given: &str,
) -> Result<(Account, Secret), RecordError> {
    let invitation = record.invitation(key.hash())?;
    let name = match &invitation {
        Invitation::Account(account) => account,
        Invitation::FirstAdministrator => name,
    };
    let checked = password::checked(given, name).map_err(RecordError::Refused)?;
    let hash = password::hash(&checked)?;
    let account = record.accept_invitation(key.hash(), name, &hash)?;
    let session = open(record, &account, LetIn::Password(&hash))?.ok_or_else(|| {
        RecordError::Refused(Text::new(
            "密码刚被再次更换：请用新密码登录",
            "the password has just been replaced again: sign in with the new one",
        ))
    })?;
    Ok((account, session))
}
