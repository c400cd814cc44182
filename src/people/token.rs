//! Tokens: what a program shows instead of a name and a password.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};

use super::Secret;
use crate::{
    model::Text,
    store::record::{Hash, Record, RecordError},
};

/// Says what it is, where one turns up in a log or a mail.
const PREFIX: &str = "rmap_";
/// Days that a token holds at most.
pub const MAX_DAYS: u16 = 366;

/// A secret that stands for an account. It is shown once, when it is made.
///
/// 32 random bytes can't be guessed, so a plain SHA-256 keeps them: slow hashes are for passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn random() -> Result<Self, RecordError> {
        Ok(Self(format!("{PREFIX}{}", Secret::random()?.reveal())))
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.0.as_bytes())
    }

    /// The secret itself, for the one who is to have it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    /// Never the secret: it must not get into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl FromStr for Token {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_prefix(PREFIX).ok_or(())?;
        digits.parse::<Secret>().map(|_| Self(text.to_owned()))
    }
}

/// Gives an account a new token for so many days, and returns it with its number.
///
/// # Errors
/// Where there is no such account, the days are 0 or more than [`MAX_DAYS`], or the record can't be
/// written.
pub fn grant(
    record: &Record,
    account: &str,
    label: &str,
    days: u16,
) -> Result<(i64, Token), RecordError> {
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(RecordError::Refused(Text::new(
            format!("有效期应为 1 到 {MAX_DAYS} 天"),
            format!("a token holds for 1 to {MAX_DAYS} days"),
        )));
    }
    let token = Token::random()?;
    let expires = Timestamp::now() + SignedDuration::from_hours(24 * i64::from(days));
    let number = record.add_token(account, label, token.hash(), expires)?;
    Ok((number, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_random_reads_back_and_stays_out_of_logs() {
        let [one, other] = [Token::random().unwrap(), Token::random().unwrap()];
        assert_ne!(one, other);
        assert_eq!(one.reveal().parse(), Ok(one.clone()));
        assert!(!format!("{one:?}").contains(&one.reveal()[8..]));
        for wrong in ["", "rmap_", "rmap_12", "Bearer x", &one.reveal()[1..]] {
            assert!(wrong.parse::<Token>().is_err(), "{wrong}");
        }
    }
}
