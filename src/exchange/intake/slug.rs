//! Ids made of keys.

use pinyin::ToPinyin;
use sha2::{Digest, Sha256};

use crate::model::hex;

/// Characters that an id has at most.
const MOST: usize = 80;
/// Digits that tell apart keys that would have the same id.
const TELLING: usize = 12;

/// The id that a key would have: its letters and digits in lowercase, Chinese characters in pinyin,
/// anything else a hyphen. The same key always gives the same id; one that is too long ends in digits of
/// its hash. `None` of a key in which there is nothing to call it by.
#[must_use]
pub fn slug(key: &str) -> Option<String> {
    let mut id = String::new();
    // Whether the next syllable or word begins anew.
    let mut apart = false;
    for c in key.chars() {
        if c.is_ascii_alphanumeric() {
            if apart && !id.is_empty() {
                id.push('-');
            }
            apart = false;
            id.push(c.to_ascii_lowercase());
        } else if let Some(reading) = c.to_pinyin() {
            if !id.is_empty() {
                id.push('-');
            }
            id.extend(reading.plain().chars().map(|letter| match letter {
                'ü' => 'v',
                'ê' => 'e',
                letter => letter,
            }));
            apart = true;
        } else {
            apart = true;
        }
    }
    if id.is_empty() {
        return None;
    }
    if id.len() > MOST {
        return Some(telling(&id, key));
    }
    Some(id)
}

/// An id for a key whose own is another's already: the same for the same key.
#[must_use]
pub fn telling(id: &str, key: &str) -> String {
    let digits = hex(&Sha256::digest(key))[..TELLING].to_owned();
    let kept = &id[..id.len().min(MOST - TELLING - 1)];
    format!("{}-{digits}", kept.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::is_slug;

    #[test]
    fn keys_become_ids() {
        for (key, id) in [
            ("A1-01", "a1-01"),
            ("DK_007 / b", "dk-007-b"),
            ("西站前广场", "xi-zhan-qian-guang-chang"),
            ("和苑B区3号", "he-yuan-b-qu-3-hao"),
            ("  120106001 ", "120106001"),
            ("绿地", "lv-di"),
        ] {
            assert_eq!(slug(key).as_deref(), Some(id), "{key}");
            assert!(is_slug(id));
        }
        assert_eq!(slug("（）—— "), None);
        let long = slug(&"光荣道".repeat(40)).unwrap();
        assert!(is_slug(&long) && long.len() <= 80, "{long}");
        assert_ne!(long, slug(&"光荣道".repeat(41)).unwrap());
        assert!(is_slug(&telling("guang-rong-dao", "广荣道")));
    }
}
