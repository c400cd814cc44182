//! The names of a collection's features, and which of them a text means: as it is written, or in
//! pinyin.
//!
//! Names are folded once, when the data are loaded, and each form is kept once however many features
//! bear it. Readings are looked up while searching, once for each character that occurs.

use std::collections::HashMap;

use icu_normalizer::DecomposingNormalizerBorrowed;
use pinyin::{Pinyin, ToPinyinMulti};

use crate::model::Feature;

/// The forms of the names of a collection's features.
#[derive(Debug)]
pub struct Names {
    /// Every form once, lowercase, one after the other.
    text: String,
    /// Where each form ends in `text`, bytes.
    ends: Vec<usize>,
    /// The forms of each feature, one feature after the other.
    forms: Vec<u32>,
    /// Where those of each feature end in `forms`.
    lists: Vec<u32>,
}

/// The forms that a search has found.
pub struct Found(Vec<bool>);

/// A text that is searched for among names.
#[derive(Debug, PartialEq, Eq)]
pub struct Wanted {
    /// As it is written, lowercase.
    text: String,
    /// The same as pinyin, where it can be.
    pinyin: Option<Spelling>,
}

/// Letters and digits that may spell Chinese characters, by syllables or by their first letters.
#[derive(Debug, PartialEq, Eq)]
struct Spelling {
    /// Lowercase; `v` is ü.
    letters: Vec<u8>,
    /// The places in `letters` before which the asker made a break, as a set of bits.
    breaks: u128,
}

/// Where a character can lead: from a place in the spelling to a set of places after it.
type Step = (usize, u128);

impl Names {
    /// Takes the names and aliases of features, in their order; none bear what is gone.
    pub fn new<'a>(features: impl ExactSizeIterator<Item = Option<&'a Feature>>) -> Self {
        let mut names = Self {
            text: String::new(),
            ends: Vec::new(),
            forms: Vec::new(),
            lists: Vec::with_capacity(features.len()),
        };
        let mut known: HashMap<String, u32> = HashMap::new();
        for feature in features {
            for name in feature.into_iter().flat_map(Feature::names) {
                let next = count(names.ends.len());
                let form = *known.entry(name.to_lowercase()).or_insert_with_key(|name| {
                    names.text.push_str(name);
                    names.ends.push(names.text.len());
                    next
                });
                names.forms.push(form);
            }
            names.lists.push(count(names.forms.len()));
        }
        names.text.shrink_to_fit();
        names.ends.shrink_to_fit();
        names.forms.shrink_to_fit();
        names
    }

    /// Finds the forms that `wanted` means, in time proportional to the length of all forms.
    pub fn find(&self, wanted: &Wanted) -> Found {
        let mut steps = HashMap::new();
        let mut start = 0;
        let matches = self.ends.iter().map(|end| {
            let form = &self.text[start..*end];
            start = *end;
            form.contains(&wanted.text)
                || wanted
                    .pinyin
                    .as_ref()
                    .is_some_and(|spelling| spelling.spells(form, &mut steps))
        });
        Found(matches.collect())
    }

    /// Whether one of the forms of the feature at `place` is among those found.
    pub fn bears(&self, place: usize, found: &Found) -> bool {
        let start = place.checked_sub(1).map_or(0, |before| self.lists[before]);
        let own = &self.forms[start as usize..self.lists[place] as usize];
        own.iter().any(|form| found.0[*form as usize])
    }
}

fn count(of: usize) -> u32 {
    u32::try_from(of).expect("a collection has fewer than 2^32 names")
}

impl Wanted {
    /// Reads a text. Of blanks alone nothing is wanted.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        (!text.is_empty()).then(|| Self {
            pinyin: Spelling::parse(&text),
            text,
        })
    }
}

impl Spelling {
    /// Reads a lowercase text, which can be pinyin if it has letters of it, marks of tone, digits,
    /// blanks and apostrophes, and nothing else. None is longer than 127 letters: they are places in
    /// a set of bits.
    fn parse(text: &str) -> Option<Self> {
        let mut letters = Vec::new();
        let mut breaks = 0;
        for c in DecomposingNormalizerBorrowed::new_nfd()
            .normalize(text)
            .chars()
        {
            match c {
                'a'..='z' | '0'..='9' => letters.push(u8::try_from(c).ok()?),
                '\u{308}' => *letters.last_mut().filter(|last| **last == b'u')? = b'v',
                // Macron, acute, caron and grave: the four tones.
                '\u{304}' | '\u{301}' | '\u{30C}' | '\u{300}' if !letters.is_empty() => {}
                '\'' | '’' => breaks |= 1 << letters.len(),
                _ if c.is_whitespace() => breaks |= 1 << letters.len(),
                _ => return None,
            }
            if letters.len() == 128 {
                return None;
            }
        }
        let spells = letters.iter().any(u8::is_ascii_alphabetic);
        spells.then_some(Self { letters, breaks })
    }

    /// Whether it spells a run of the characters of a lowercase form, beginning at any of them.
    /// What is neither letter nor digit is passed over.
    ///
    /// All ways of reading are followed at once, as the set of places in the spelling that they have
    /// come to, so the time does not depend on how many there are.
    fn spells(&self, form: &str, steps: &mut HashMap<char, Vec<Step>>) -> bool {
        if form.is_ascii() {
            // Nothing in it is Chinese.
            return false;
        }
        let whole = 1 << self.letters.len();
        let mut reached: u128 = 1;
        for c in form.chars().filter(|c| c.is_alphanumeric()) {
            let steps = steps.entry(c).or_insert_with(|| self.steps(c));
            let mut next = 1;
            for (from, to) in steps {
                if reached & 1 << *from != 0 {
                    next |= *to;
                }
            }
            if next & whole != 0 {
                return true;
            }
            reached = next;
        }
        false
    }

    fn steps(&self, c: char) -> Vec<Step> {
        let readings: Vec<&str> = c
            .to_pinyin_multi()
            .into_iter()
            .flatten()
            .map(Pinyin::plain)
            .collect();
        let mut steps = Vec::new();
        for from in 0..self.letters.len() {
            let mut to = 0;
            if u8::try_from(c) == Ok(self.letters[from]) {
                to |= 1 << (from + 1);
            }
            for reading in &readings {
                to |= self.read(reading, from);
            }
            if to != 0 {
                steps.push((from, to));
            }
        }
        steps
    }

    /// The places to which a character of this reading leads: past its first letter, past all of
    /// them, or to the end, where a syllable may be unfinished.
    fn read(&self, reading: &str, from: usize) -> u128 {
        let unbroken = (from..self.letters.len())
            .take_while(|place| *place == from || self.breaks & 1 << *place == 0);
        let length = unbroken
            .zip(reading.chars())
            .take_while(|(place, letter)| is_written(*letter, self.letters[*place]))
            .count();
        let ends = from + length == self.letters.len();
        match length {
            0 => 0,
            _ if ends || length == reading.chars().count() => {
                1 << (from + 1) | 1 << (from + length)
            }
            _ => 1 << (from + 1),
        }
    }
}

/// Whether a letter of a reading may be written so. Keyboards have no ü: it is typed as v or as u.
fn is_written(letter: char, typed: u8) -> bool {
    match letter {
        'ü' => matches!(typed, b'v' | b'u'),
        'ê' => typed == b'e',
        _ => u8::try_from(letter) == Ok(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(text: &str, name: &str) -> bool {
        let wanted = Wanted::new(text).unwrap();
        let names = Names {
            text: name.to_lowercase(),
            ends: vec![name.to_lowercase().len()],
            forms: vec![0],
            lists: vec![1],
        };
        names.bears(0, &names.find(&wanted))
    }

    #[test]
    fn syllables_letters_and_mixtures_of_them() {
        for text in [
            "guangrongdao",
            "guang rong dao",
            "Guang'Rong'Dao",
            "guāngróngdào",
            "grd",
            "g r d",
            "guangrd",
            "grongd",
            "rongdao",
            "rd",
            "guangro",
            "guang r",
            "光荣",
        ] {
            assert!(means(text, "光荣道"), "{text}");
        }
        for text in [
            "guangdao",
            "gd",
            "guangrongdaos",
            "uang",
            "guan rong",
            "gua ng",
            "光 荣",
        ] {
            assert!(!means(text, "光荣道"), "{text}");
        }
    }

    #[test]
    fn any_reading_counts() {
        for (name, texts) in [
            ("银行", ["yinhang", "yinxing"]),
            ("重庆", ["chongqing", "zhongqing"]),
            ("长虹", ["changhong", "zhanghong"]),
            ("厦门", ["xiamen", "shamen"]),
            ("绿地", ["lvdi", "ludi"]),
            ("女校", ["nüxiao", "nǚxiào"]),
            ("耳闸", ["erzha", "ez"]),
        ] {
            for text in texts {
                assert!(means(text, name), "{name}: {text}");
            }
        }
        assert!(!means("nv", "奴"));
        assert!(!means("lü", "路"));
    }

    #[test]
    fn a_break_ends_a_syllable_and_blanks_of_the_name_are_passed_over() {
        assert!(means("xian", "西安"));
        assert!(means("xi'an", "西安"));
        assert!(means("xian", "先"));
        assert!(!means("xi an", "先"));
        assert!(means("jiefangb3hao", "解放北 3 号"));
        assert!(means("xizhan nan", "天津西站（南广场）"));
        assert!(means("sohocy", "SOHO 创意园"));
    }

    #[test]
    fn what_is_no_pinyin_is_searched_for_as_it_stands() {
        assert!(means("West Station", "Tianjin West Station"));
        assert!(!means("weststation", "Tianjin West Station"));
        assert!(means("ß", "Große"));
        assert!(means("3", "3 号"));
        assert_eq!(Wanted::new(" \u{3000}"), None);
        for text in [
            "a".repeat(128),
            "光荣dao".into(),
            "\u{304}a".into(),
            "x\u{308}".into(),
            "'".into(),
        ] {
            assert_eq!(Spelling::parse(&text), None, "{text}");
        }
        assert!(Spelling::parse(&"a".repeat(127)).is_some());
        assert!(!means(&"a".repeat(127), &"啊".repeat(126)));
        assert!(means(&"a".repeat(127), &"啊".repeat(127)));
    }

    #[test]
    fn many_ways_of_reading_take_no_longer() {
        // Each character could be read in two ways that both fit: 2^60 in all.
        let name = format!("{}b", "啊".repeat(60));
        assert!(!means(&format!("{}c", "a".repeat(90)), &name));
    }
}
