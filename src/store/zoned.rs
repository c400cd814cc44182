//! Which zones each feature lies in: reckoned once when the data are loaded, so that map, list and
//! tiles filter by zone with nothing left to reckon.
//!
//! A feature lies in a zone if its geometry meets the zone's polygon, or if a document says so: by
//! `container`, by a relation `contained_in`, or by `placed_in`. It also lies in the zones of what
//! contains it. A zone lies in itself. Errors of location are left aside: how surely a feature is
//! in an area is what an area query answers.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use geo::{Geometry, MultiPolygon};
use serde_json::value::RawValue;

use super::snapshot::{Collection, Snapshot};
use crate::{
    geometry::region::Region,
    model::{Feature, FeatureRef},
};

/// The collection of zones.
pub(super) const ZONES: &str = "zones";
/// The collection of the district, in which everything lies.
const DISTRICT: &str = "district";

/// The place of a feature: of its collection, and within it.
type Place = (usize, usize);

/// Writes into each feature the zones in which it lies. `contained` names features, each with what
/// a relation says contains it.
pub(super) fn place_in_zones(
    snapshot: &mut Snapshot,
    contained: impl Iterator<Item = (FeatureRef, FeatureRef)>,
) {
    let mut stated: HashMap<FeatureRef, Vec<FeatureRef>> = HashMap::new();
    for (feature, container) in contained {
        stated.entry(feature).or_default().push(container);
    }
    let Some(zones) = snapshot.collection(ZONES) else {
        return;
    };
    let ids: Vec<Arc<str>> = zones
        .features()
        .iter()
        .map(|zone| Arc::from(&*zone.id))
        .collect();
    let places = Placed {
        met: met(snapshot, zones),
        numbers: ids.iter().zip(0..).map(|(id, n)| (&**id, n)).collect(),
        snapshot,
        stated,
    };
    let mut zoned: Vec<(Place, Vec<Arc<str>>)> = Vec::new();
    for (collection, c) in snapshot.collections.iter().zip(0..) {
        for (feature, f) in collection.features().iter().zip(0..) {
            let numbers = places.zones_of(&collection.info.id, feature, (c, f));
            if !numbers.is_empty() {
                let zones = numbers.iter().map(|number| ids[*number].clone());
                zoned.push(((c, f), zones.collect()));
            }
        }
    }
    for ((collection, feature), zones) in zoned {
        let collection = Arc::get_mut(&mut snapshot.collections[collection])
            .expect("nobody shares what is being loaded");
        let feature = collection.feature_mut(feature);
        let names: Vec<String> = zones.iter().map(|id| format!("{ZONES}/{id}")).collect();
        feature.properties = with_member(&feature.properties, "zones", &names);
        feature.zones = zones.into();
    }
}

/// The zones, by their numbers, whose polygons features meet.
fn met(snapshot: &Snapshot, zones: &Collection) -> HashMap<Place, BTreeSet<usize>> {
    let mut met: HashMap<Place, BTreeSet<usize>> = HashMap::new();
    for (zone, number) in zones.features().iter().zip(0..) {
        let polygons = match &zone.geometry {
            Some(Geometry::Polygon(polygon)) => MultiPolygon::new(vec![polygon.clone()]),
            Some(Geometry::MultiPolygon(polygons)) => polygons.clone(),
            _ => continue,
        };
        let region = Region::new(polygons);
        let Some(bounds) = region.bounds() else {
            continue;
        };
        for (collection, c) in snapshot.collections.iter().zip(0..) {
            for f in collection.places_near(bounds) {
                let geometry = collection.features()[f].geometry.as_ref();
                if geometry.is_some_and(|geometry| region.intersects(geometry)) {
                    met.entry((c, f)).or_default().insert(number);
                }
            }
        }
    }
    met
}

/// What is known of where features lie.
struct Placed<'a> {
    snapshot: &'a Snapshot,
    /// Numbers of zones by their ids.
    numbers: HashMap<&'a str, usize>,
    met: HashMap<Place, BTreeSet<usize>>,
    stated: HashMap<FeatureRef, Vec<FeatureRef>>,
}

impl Placed<'_> {
    /// The numbers of the zones in which a feature lies, or what contains it.
    fn zones_of(&self, collection: &str, feature: &Feature, place: Place) -> BTreeSet<usize> {
        let mut zones = BTreeSet::new();
        // Of a million parcels hardly one says more than its geometry does.
        let name = || FeatureRef::new(collection, &feature.id);
        let is_referred = feature.container.is_some()
            || !feature.placed_in.is_empty()
            || collection == ZONES
            || (!self.stated.is_empty() && self.stated.contains_key(&name()));
        if collection != DISTRICT {
            zones.extend(self.met.get(&place).into_iter().flatten());
        }
        let mut seen = HashSet::new();
        let mut open: Vec<FeatureRef> = is_referred.then(name).into_iter().collect();
        while let Some(reference) = open.pop() {
            if &*reference.collection == DISTRICT || !seen.insert(reference.clone()) {
                continue;
            }
            if &*reference.collection == ZONES {
                zones.extend(self.numbers.get(&*reference.id));
            }
            let Some(place) = self.snapshot.place_of(&reference) else {
                continue;
            };
            zones.extend(self.met.get(&place).into_iter().flatten());
            let feature = &self.snapshot.collections[place.0].features()[place.1];
            open.extend(feature.container.as_deref().cloned());
            open.extend(feature.placed_in.iter().cloned());
            open.extend(self.stated.get(&reference).into_iter().flatten().cloned());
        }
        zones
    }
}

/// The JSON object with one member more. It must not have one of that name.
fn with_member(object: &RawValue, name: &str, value: &[String]) -> Box<RawValue> {
    let text = object.get().trim_end();
    let open = text.strip_suffix('}').unwrap_or(text).trim_end();
    let comma = if open.ends_with('{') { "" } else { "," };
    let value = serde_json::to_string(value).expect("names are JSON");
    RawValue::from_string(format!("{open}{comma}\"{name}\":{value}}}"))
        .expect("an object with one member more is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_added_to_any_object() {
        for (object, with) in [
            ("{}", r#"{"zones":["zones/a"]}"#),
            ("{ \"b\": 1 }", r#"{ "b": 1,"zones":["zones/a"]}"#),
        ] {
            let object = RawValue::from_string(object.into()).unwrap();
            let names = ["zones/a".to_owned()];
            assert_eq!(with_member(&object, "zones", &names).get(), with);
        }
    }
}
