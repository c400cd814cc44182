//! Passwords: kept as argon2id, and compared in the same time whether there is an account or not.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use icu_normalizer::ComposingNormalizerBorrowed;

use crate::{model::Text, store::record::RecordError};

/// Characters that a password has at least. Nothing else is asked of it: rules make people write it
/// down.
pub const MIN_CHARACTERS: usize = 10;
/// Characters that a password has at most.
const MAX_CHARACTERS: usize = 200;
/// What is compared with where there is no account: of the cost of every other.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWhhcy10aGlz$\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that may be set for somebody, as it is hashed: two keyboards may write one character
/// in two ways.
///
/// # Errors
/// Where it is too short or too long, or is the name.
pub fn checked(password: &str, name: &str) -> Result<String, Text> {
    let characters = password.chars().count();
    if !(MIN_CHARACTERS..=MAX_CHARACTERS).contains(&characters) {
        return Err(Text::new(
            format!("密码应为 {MIN_CHARACTERS} 到 {MAX_CHARACTERS} 个字符"),
            format!("a password should have {MIN_CHARACTERS} to {MAX_CHARACTERS} characters"),
        ));
    }
    if password == name {
        return Err(Text::new(
            "密码不能与姓名相同",
            "the password must not be the name",
        ));
    }
    Ok(normal(password))
}

fn normal(password: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(password)
        .into_owned()
}

/// What is kept of a password that [`checked`] let pass: a PHC string with its own salt.
///
/// # Errors
/// Where the system gives no random numbers.
pub fn hash(checked: &str) -> Result<String, RecordError> {
    // 19 MiB, 2 passes: what OWASP asks for.
    let hash = Argon2::default().hash_password(checked.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| {
        RecordError::Refused(Text::new(
            format!("密码不能处理：{error}"),
            format!("the password could not be hashed: {error}"),
        ))
    })
}

/// Whether a password is the one that is kept. Where none is kept it takes as long to say no.
#[must_use]
pub fn is_right(password: &str, kept: Option<&str>) -> bool {
    let fits = password.chars().count() <= MAX_CHARACTERS;
    let password = if fits {
        normal(password)
    } else {
        String::new()
    };
    let is_right = PasswordHash::new(kept.unwrap_or(NOBODYS)).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    });
    is_right && fits && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let kept = hash(&checked("云溪河畔的老码头café", "王工").unwrap()).unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(is_right("云溪河畔的老码头café", Some(&kept)));
        // The accent as a character of its own.
        assert!(is_right("云溪河畔的老码头cafe\u{301}", Some(&kept)));
        assert!(!is_right("云溪河畔的老码头cafe", Some(&kept)));
        assert!(!is_right("", Some(&kept)));
        assert!(!is_right("云溪河畔的老码头café", None));
        // As much is done for nobody's.
        assert!(PasswordHash::new(NOBODYS).is_ok_and(|hash| hash.hash.is_some()));
        assert_eq!(NOBODYS[..31], kept[..31]);
        assert!(!is_right("云溪河畔的老码头café", Some("")));
    }

    #[test]
    fn a_password_is_long_and_no_name() {
        for wrong in ["", "九个字符还不算够长", &"长".repeat(201)] {
            assert!(checked(wrong, "王工").is_err(), "{wrong}");
        }
        assert!(checked("wang gongcheng", "wang gongcheng").is_err());
        assert!(checked("十个字符就可以用了吧", "王工").is_ok());
    }
}
