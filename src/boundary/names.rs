//! Which street a name means, and which names are nearly the same.

use std::collections::{BTreeMap, BTreeSet};

use super::network::StreetId;

/// The most names that are suggested for one that is unknown.
const MAX_SUGGESTIONS: usize = 3;

/// Words that end the names of streets, the longer before those that end them.
const KINDS: [&str; 12] = [
    "大街",
    "大道",
    "胡同",
    "公路",
    "快速路",
    "高速",
    "路",
    "道",
    "街",
    "巷",
    "里",
    "线",
];

/// Which street a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lookup {
    Found(StreetId),
    /// Several streets have this alias, and none this name.
    Several(Vec<String>),
    Unknown,
}

/// The names of all streets.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// By street, sorted.
    names: Vec<String>,
    aliases: BTreeMap<String, BTreeSet<StreetId>>,
}

impl Names {
    /// Adds the next street; streets come sorted by name.
    pub fn add<'a>(&mut self, name: &str, aliases: impl Iterator<Item = &'a String>) {
        let street = self.names.len();
        for alias in aliases {
            self.aliases
                .entry(alias.clone())
                .or_default()
                .insert(street);
        }
        self.names.push(name.to_owned());
    }

    /// The street of this name, or else the only one with this alias.
    pub fn look_up(&self, name: &str) -> Lookup {
        if let Ok(street) = self
            .names
            .binary_search_by(|known| known.as_str().cmp(name))
        {
            return Lookup::Found(street);
        }
        let Some(known_so) = self.aliases.get(name) else {
            return Lookup::Unknown;
        };
        match known_so.first() {
            Some(&street) if known_so.len() == 1 => Lookup::Found(street),
            _ => Lookup::Several(known_so.iter().map(|&s| self.names[s].clone()).collect()),
        }
    }

    /// At most three names and aliases that are nearly this one, the nearest first.
    pub fn near(&self, name: &str) -> Vec<String> {
        let name = Parts::of(name);
        let all = self.names.iter().chain(self.aliases.keys());
        let near: BTreeSet<(u8, &String)> = all
            .filter_map(|known| Some((name.unlikeness(&Parts::of(known))?, known)))
            .collect();
        let mut names: Vec<String> = Vec::new();
        for (_, known) in near {
            if !names.contains(known) && names.len() < MAX_SUGGESTIONS {
                names.push(known.clone());
            }
        }
        names
    }
}

/// A name in two parts: 红桥北 and 大街.
struct Parts {
    stem: Vec<char>,
    kind: &'static str,
}

impl Parts {
    fn of(name: &str) -> Self {
        let kind = KINDS.into_iter().find(|kind| name.ends_with(kind));
        let kind = kind.unwrap_or_default();
        Self {
            stem: name[..name.len() - kind.len()].chars().collect(),
            kind,
        }
    }

    /// How unlike two names are that may be taken for each other, or written for each other by
    /// mistake; none if they are too unlike for that.
    fn unlikeness(&self, other: &Self) -> Option<u8> {
        let (a, b) = (&self.stem[..], &other.stem[..]);
        let other_kind = u8::from(self.kind != other.kind);
        if a == b && !a.is_empty() {
            return Some(other_kind);
        }
        // Of one character nothing would be left that is the same.
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        if short.len() < 2 {
            return None;
        }
        if is_one_off(short, long) {
            Some(2 + other_kind)
        } else if has_same_characters(short, long) {
            Some(4 + other_kind)
        } else if long.starts_with(short) || long.ends_with(short) {
            Some(6 + other_kind)
        } else {
            None
        }
    }
}

/// Whether one character replaced, added or left out makes the longer of the shorter.
fn is_one_off(short: &[char], long: &[char]) -> bool {
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

fn has_same_characters(a: &[char], b: &[char]) -> bool {
    let sorted = |characters: &[char]| {
        let mut characters = characters.to_vec();
        characters.sort_unstable();
        characters
    };
    a.len() == b.len() && sorted(a) == sorted(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(streets: &[(&str, &[&str])]) -> Names {
        let mut names = Names::default();
        for (name, aliases) in streets {
            let aliases: Vec<String> = aliases.iter().map(ToString::to_string).collect();
            names.add(name, aliases.iter());
        }
        names
    }

    #[test]
    fn names_are_found_exactly_or_by_the_only_alias() {
        let names = names(&[("乙路", &["老街"]), ("甲路", &["甲道", "老街", "乙路"])]);
        assert_eq!(names.look_up("甲路"), Lookup::Found(1));
        assert_eq!(names.look_up("甲道"), Lookup::Found(1));
        assert_eq!(names.look_up("乙路"), Lookup::Found(0));
        assert_eq!(names.look_up("甲"), Lookup::Unknown);
        assert_eq!(
            names.look_up("老街"),
            Lookup::Several(vec!["乙路".into(), "甲路".into()])
        );
    }

    #[test]
    fn near_names_are_suggested_the_nearest_first() {
        let names = names(&[
            ("光荣街", &[]),
            ("光荣路", &[]),
            ("光明道", &[]),
            ("勤俭道", &["西站西街"]),
            ("北马路", &[]),
            ("咸阳北路", &[]),
            ("咸阳路", &[]),
            ("荣光道", &[]),
        ]);
        // Another word for a street, then one character, then the same in another order.
        assert_eq!(names.near("光荣道"), ["光荣街", "光荣路", "光明道"]);
        assert_eq!(names.near("咸阳南路"), ["咸阳北路", "咸阳路"]);
        assert_eq!(names.near("马北路"), ["北马路"]);
        assert_eq!(names.near("西站西路"), ["西站西街"]);
        assert_eq!(names.near("甲路"), [""; 0]);
        assert_eq!(names.near("路"), [""; 0]);
        assert_eq!(names.near(""), [""; 0]);
    }
}
