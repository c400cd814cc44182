//! Which things of OpenStreetMap are lines that a boundary can follow, and what they are called.

use super::{block::Tags, wire::Damaged};

/// What a line is, and so in which collection it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A road of any rank, down to named service roads.
    Street,
    /// Heavy rail, metro or light rail.
    Railway,
    /// The limit of an administrative area.
    Boundary,
    /// A river, canal or stream.
    River,
}

/// What a line is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub kind: Kind,
    /// Its name, as signs have it.
    pub name: String,
    /// Its name in English, or else in Latin letters.
    pub name_en: Option<String>,
    /// Its other names, in the order of [`OTHER_NAMES`].
    pub aliases: Vec<String>,
}

/// Values of `highway` that are lines to follow.
const ROADS: [&str; 15] = [
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "pedestrian",
    "service",
];
const RAILWAYS: [&str; 3] = ["rail", "subway", "light_rail"];
const WATERWAYS: [&str; 3] = ["river", "canal", "stream"];
/// Keys that tell the kind.
const KINDS: [&str; 5] = ["highway", "railway", "waterway", "boundary", "area"];
/// Keys of further names, each of which may hold several.
const OTHER_NAMES: [&str; 4] = ["name:zh", "alt_name", "official_name", "old_name"];
/// Keys of a name for English readers, the best first.
const ENGLISH_NAMES: [&str; 3] = ["name:en", "int_name", "name:zh_pinyin"];
/// Characters that OpenStreetMap allows a value.
const MAX_VALUE: usize = 255;

impl Named {
    /// What a way is called, where it is a named line of a kind that is kept.
    pub fn way(tags: &Tags<'_>) -> Result<Option<Self>, Damaged> {
        Self::parse(tags, |found| {
            // A paved square is a way around it.
            if found.get("area") == Some("yes") {
                None
            } else if found.one_of("highway", &ROADS) {
                Some(Kind::Street)
            } else if found.one_of("railway", &RAILWAYS) {
                Some(Kind::Railway)
            } else if found.one_of("waterway", &WATERWAYS) {
                Some(Kind::River)
            } else {
                None
            }
        })
    }

    /// What the limit of the area that a relation describes is called, where the area is
    /// administrative and has a name: 红桥区 gives 红桥区界.
    pub fn limit(tags: &Tags<'_>) -> Result<Option<Self>, Damaged> {
        let named = Self::parse(tags, |found| {
            let administrative = found.get("boundary") == Some("administrative");
            administrative.then_some(Kind::Boundary)
        })?;
        Ok(named.map(|area| Self {
            name: format!("{}界", area.name),
            name_en: area.name_en.map(|name| format!("Limit of {name}")),
            aliases: area
                .aliases
                .iter()
                .map(|name| format!("{name}界"))
                .collect(),
            ..area
        }))
    }

    fn parse(
        tags: &Tags<'_>,
        kind: impl FnOnce(&Found<'_>) -> Option<Kind>,
    ) -> Result<Option<Self>, Damaged> {
        let found = Found::among(tags)?;
        let (Some(kind), Some(name)) = (kind(&found), found.get("name")) else {
            return Ok(None);
        };
        let mut aliases: Vec<String> = Vec::new();
        for alias in OTHER_NAMES.iter().filter_map(|key| found.get(key)) {
            for alias in alias.split([';', '；']).map(str::trim) {
                let known = alias == name || aliases.iter().any(|known| known == alias);
                if !alias.is_empty() && !known {
                    aliases.push(alias.to_owned());
                }
            }
        }
        Ok(Some(Self {
            kind,
            name: name.to_owned(),
            name_en: ENGLISH_NAMES
                .iter()
                .find_map(|key| found.get(key))
                .map(str::to_owned),
            aliases,
        }))
    }
}

/// The tags of one thing that are asked for.
struct Found<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Found<'a> {
    fn among(tags: &Tags<'a>) -> Result<Self, Damaged> {
        let mut found = Self(Vec::new());
        for tag in tags.iter() {
            let (key, value) = tag?;
            let value = value.trim();
            let asked = KINDS.contains(&key)
                || key == "name"
                || OTHER_NAMES.contains(&key)
                || ENGLISH_NAMES.contains(&key);
            let fits = !value.is_empty() && value.chars().count() <= MAX_VALUE;
            if asked && fits && found.get(key).is_none() {
                found.0.push((key, value));
            }
        }
        Ok(found)
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        let tag = self.0.iter().find(|(found, _)| *found == key);
        tag.map(|(_, value)| *value)
    }

    fn one_of(&self, key: &str, values: &[&str]) -> bool {
        self.get(key).is_some_and(|value| values.contains(&value))
    }
}
