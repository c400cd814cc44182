//! One place: zone, parcel, project, street …

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use geo::{BoundingRect, Geometry, Rect};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{LandUse, LocatedBy, Period, Status};

/// A feature of a collection.
///
/// It keeps as values what the engine reckons with. All that it merely passes on stays the JSON
/// text that it serves (`properties`), which is parsed by nobody but the client: a million parcels
/// cost neither a million maps in memory nor a million serialisations.
#[derive(Debug, Clone)]
pub struct Feature {
    /// Id within its collection: lowercase ASCII, digits and hyphens.
    pub id: Box<str>,
    /// Name as the documents write it.
    pub name: Box<str>,
    /// Name in English.
    pub name_en: Box<str>,
    /// Other forms of the name.
    pub aliases: Box<[Box<str>]>,
    /// One of its collection's kinds.
    pub kind: Arc<str>,
    /// Where it stands now, if anything says so.
    pub status: Option<Status>,
    /// The times that its statuses state.
    pub periods: Box<[Period]>,
    /// How it was located.
    pub located_by: LocatedBy,
    /// How far off any point of the geometry may be, metres; 0 without geometry.
    pub accuracy_m: f64,
    /// The feature that contains it, where that is all that is known.
    pub container: Option<Box<FeatureRef>>,
    /// Areas in which a document places it, though it has no location of its own.
    pub placed_in: Box<[FeatureRef]>,
    /// Ids of the zones in which it lies, or may lie.
    pub zones: Box<[Arc<str>]>,
    /// Ids of the documents that it cites.
    pub documents: Box<[Arc<str>]>,
    /// What its land is for, where words state it.
    pub land_use: Option<LandUse>,
    /// Longitude and latitude in degrees, WGS 84; valid, rings closed and wound as RFC 7946 asks.
    pub geometry: Option<Geometry<f64>>,
    /// The properties as served.
    pub properties: Box<RawValue>,
}

impl Feature {
    /// The rectangle around the geometry, in degrees.
    #[must_use]
    pub fn bounds(&self) -> Option<Rect<f64>> {
        self.geometry.as_ref().and_then(BoundingRect::bounding_rect)
    }

    /// All forms of its name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(|alias| &**alias);
        [&*self.name, &*self.name_en].into_iter().chain(aliases)
    }

    /// Hands on each property as served, its value still text.
    pub fn each_property<'a>(&'a self, take: impl FnMut(&str, &'a RawValue)) {
        // Loading has made sure that they are an object.
        let _ = serde_json::Deserializer::from_str(self.properties.get())
            .deserialize_map(EachMember(take));
    }
}

/// Reads an object member by member, values unparsed.
struct EachMember<F>(F);

impl<'de, F: FnMut(&str, &'de RawValue)> Visitor<'de> for EachMember<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Name<'de>>()? {
            (self.0)(&name.0, map.next_value()?);
        }
        Ok(())
    }
}

/// A member's name, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The whole name of a feature: `collection/id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeatureRef {
    /// Id of the collection.
    pub collection: Box<str>,
    /// Id within the collection.
    pub id: Box<str>,
}

impl FeatureRef {
    /// The feature `id` of `collection`.
    #[must_use]
    pub fn new(collection: &str, id: &str) -> Self {
        Self {
            collection: collection.into(),
            id: id.into(),
        }
    }
}

impl FromStr for FeatureRef {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once('/') {
            Some((collection, id)) if is_slug(collection) && is_slug(id) => {
                Ok(Self::new(collection, id))
            }
            _ => Err(()),
        }
    }
}

impl fmt::Display for FeatureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.collection, self.id)
    }
}

/// Whether a text can be an id: 1 to 80 of `a-z`, `0-9` and `-`.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
