//! Which zones each feature lies in: reckoned once when the data are loaded, so that map, list and
//! tiles filter by zone with nothing left to reckon.
//!
//! A feature lies in a zone if its geometry meets the zone's polygon, or if a document says so: by
//! `container`, by a relation `contained_in`, or by `placed_in`. It also lies in the zones of what
//! contains it. A zone lies in itself. Errors of location are left aside: how surely a feature is
//! in an area is what an area query answers.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use geo::{Geometry, MultiPolygon};
use serde_json::value::RawValue;

use super::{
    collection::Collection,
    snapshot::{Place, Snapshot},
};
use crate::{
    geometry::region::Region,
    model::{Feature, FeatureRef},
};

/// The collection of zones.
pub(super) const ZONES: &str = "zones";
/// The collection of the district, in which everything lies.
pub(super) const DISTRICT: &str = "district";

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
    let met = met(snapshot, zones);
    let placed = Placed {
        snapshot,
        zones,
        met: &|place, found| found.extend(met.get(&place).into_iter().flatten()),
        contained: &|name, _| stated.get(name).cloned().unwrap_or_default(),
    };
    let ids: HashMap<u32, Arc<str>> = zones
        .placed()
        .map(|(number, zone)| (number, Arc::from(&*zone.id)))
        .collect();
    let mut zoned: Vec<(Place, Vec<Arc<str>>)> = Vec::new();
    for (collection, c) in snapshot.collections.iter().zip(0..) {
        for (f, feature) in collection.placed() {
            // Of a million parcels hardly one says more than its geometry does.
            let name = || FeatureRef::new(&collection.info.id, &feature.id);
            let is_referred = feature.container.is_some()
                || !feature.placed_in.is_empty()
                || collection.info.id == ZONES
                || (!stated.is_empty() && stated.contains_key(&name()));
            let numbers = if is_referred {
                placed.zones_of(name())
            } else {
                placed.met_by(&collection.info.id, (c, f))
            };
            if !numbers.is_empty() {
                let zones = numbers.iter().map(|number| ids[number].clone());
                zoned.push(((c, f), zones.collect()));
            }
        }
    }
    for (place, zones) in zoned {
        write(snapshot, place, zones);
    }
}

/// Tells in which zones some features lie, when they have changed.
pub(super) struct Rezoning<'a> {
    snapshot: &'a Snapshot,
    zones: Option<&'a Collection>,
    /// Zones that were needed so far, by their places; `None` for what is no area.
    regions: RefCell<HashMap<u32, Option<Region>>>,
}

impl<'a> Rezoning<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            zones: snapshot.collection(ZONES),
            regions: RefCell::default(),
        }
    }

    /// The ids of the zones in which a feature lies, in the order of their file. `contained` reads
    /// what relations say contains a feature.
    pub(super) fn zones_of(
        &self,
        name: FeatureRef,
        contained: impl Fn(&Feature) -> Vec<FeatureRef>,
    ) -> Vec<Arc<str>> {
        let Some(zones) = self.zones else {
            return vec![];
        };
        let placed = Placed {
            snapshot: self.snapshot,
            zones,
            met: &|place, found| self.meets(zones, place, found),
            contained: &|_, feature| contained(feature),
        };
        let numbers = placed.zones_of(name).into_iter();
        let ids = numbers.filter_map(|number| Some(Arc::from(&*zones.at(number)?.id)));
        ids.collect()
    }

    fn meets(&self, zones: &Collection, (c, f): Place, found: &mut BTreeSet<u32>) {
        let feature = self.snapshot.collections[c].at(f);
        let Some((geometry, bounds)) =
            feature.and_then(|feature| Some((feature.geometry.as_ref()?, feature.bounds()?)))
        else {
            return;
        };
        let mut regions = self.regions.borrow_mut();
        for (number, zone) in zones.placed_near(bounds) {
            let region = regions.entry(number).or_insert_with(|| region(zone));
            if region
                .as_ref()
                .is_some_and(|region| region.intersects(geometry))
            {
                found.insert(number);
            }
        }
    }
}

/// Writes the zones in which it lies into a feature, which says nothing of them yet and which nobody
/// shares.
pub(super) fn write(snapshot: &mut Snapshot, (collection, feature): Place, zones: Vec<Arc<str>>) {
    let feature = Arc::get_mut(&mut snapshot.collections[collection])
        .and_then(|collection| collection.feature_mut(feature))
        .expect("nobody shares what is being loaded");
    if !zones.is_empty() {
        let names: Vec<String> = zones.iter().map(|id| format!("{ZONES}/{id}")).collect();
        feature.properties = with_member(&feature.properties, "zones", &names);
    }
    feature.zones = zones.into();
}

fn region(zone: &Feature) -> Option<Region> {
    match &zone.geometry {
        Some(Geometry::Polygon(polygon)) => {
            Some(Region::new(MultiPolygon::new(vec![polygon.clone()])))
        }
        Some(Geometry::MultiPolygon(polygons)) => Some(Region::new(polygons.clone())),
        _ => None,
    }
}

/// The zones, by their places, whose polygons features meet.
fn met(snapshot: &Snapshot, zones: &Collection) -> HashMap<Place, BTreeSet<u32>> {
    let mut met: HashMap<Place, BTreeSet<u32>> = HashMap::new();
    for (number, zone) in zones.placed() {
        let Some(region) = region(zone) else {
            continue;
        };
        let Some(bounds) = region.bounds() else {
            continue;
        };
        for (collection, c) in snapshot.collections.iter().zip(0..) {
            for (f, feature) in collection.placed_near(bounds) {
                let geometry = feature.geometry.as_ref();
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
    zones: &'a Collection,
    /// Adds the zones, by their places, whose polygons a feature meets.
    met: &'a dyn Fn(Place, &mut BTreeSet<u32>),
    /// What relations say contains a feature.
    contained: &'a dyn Fn(&FeatureRef, &Feature) -> Vec<FeatureRef>,
}

impl Placed<'_> {
    /// The places of the zones that a feature meets.
    fn met_by(&self, collection: &str, place: Place) -> BTreeSet<u32> {
        let mut zones = BTreeSet::new();
        if collection != DISTRICT {
            (self.met)(place, &mut zones);
        }
        zones
    }

    /// The places of the zones in which a feature lies, or what contains it.
    fn zones_of(&self, name: FeatureRef) -> BTreeSet<u32> {
        let mut zones = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut open = vec![name];
        while let Some(reference) = open.pop() {
            if &*reference.collection == DISTRICT || !seen.insert(reference.clone()) {
                continue;
            }
            if &*reference.collection == ZONES {
                zones.extend(self.zones.place(&reference.id));
            }
            let Some(place) = self.snapshot.place_of(&reference) else {
                continue;
            };
            (self.met)(place, &mut zones);
            let Some(feature) = self.snapshot.collections[place.0].at(place.1) else {
                continue;
            };
            open.extend(feature.container.as_deref().cloned());
            open.extend(feature.placed_in.iter().cloned());
            open.extend((self.contained)(&reference, feature));
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
