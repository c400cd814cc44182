//! The data after a change, made of those before: only what changed is read and checked, and all else
//! is shared.
//!
//! What is made so is what reading all anew would make, and what is wrong is told as reading all anew
//! would tell it: the data before were sound, so only what changed can be wrong, and what refers to it.
//! Where that can't be told from the changed features and those that refer to them, nothing is made,
//! and the caller reads anew.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    mem,
    sync::Arc,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    CLAIMS_FILE, LoadError, Problem, Rules,
    links::{Link, Links, chain_ends, links_of, targets},
    properties::{Relation, RelationKind},
    stated,
};
use crate::{
    documents::Claim,
    model::{Feature, FeatureRef, Text},
    store::{
        claims::Claims,
        files::Files,
        measures,
        mentions::Stretch,
        overlay::Change,
        packed::Entry,
        snapshot::{Place, Snapshot},
        zoned::{DISTRICT, Rezoning, ZONES, write},
        zones::FOLLOWED,
    },
};

/// As many features may lie in other zones because others have changed.
const MAX_MOVED: usize = 4096;

/// A feature that is another after the change.
pub(in crate::store) struct Changed {
    /// Its name.
    pub name: FeatureRef,
    /// What it becomes, in the form in which it is kept; `None` where it goes.
    pub body: Option<Vec<u8>>,
    /// Whether there was never one of its name.
    pub is_new: bool,
}

/// The data with these changes, new features in the order in which they come; `None` where all has to
/// be read anew. `body` gives a feature that has not changed, in the form in which it is kept. The
/// revision and the fingerprint are left as they were.
///
/// # Errors
/// Every problem that the data with the changes have, or where `body` fails.
pub(in crate::store) fn next<E: From<LoadError>>(
    before: &Snapshot,
    changes: &[Changed],
    body: impl FnMut(&FeatureRef) -> Result<Vec<u8>, E>,
) -> Result<Option<Snapshot>, E> {
    let Some((mut next, mut read)) = changed(before, changes) else {
        return Ok(None);
    };
    let (claims, problems) = check(&next, changes, &mut read);
    if !problems.is_empty() {
        // Of one feature problems are in order wherever it stands.
        return if read.is_placed || changes.len() == 1 {
            Err(LoadError(problems).into())
        } else {
            Ok(None)
        };
    }
    if !read.is_placed || !read.may_follow {
        return Ok(None);
    }
    next.claims = next.claims.with(claims, &next.library);
    let Some(moved) = rezone(before, &mut next, changes) else {
        return Ok(None);
    };
    let names = moved.iter().map(|(name, _)| name);
    let bodies: Vec<Vec<u8>> = names.map(body).collect::<Result<_, E>>()?;
    if put_back(&mut next, moved, &bodies).is_none() {
        return Ok(None);
    }
    for collection in &mut next.collections {
        // What is shared has not changed.
        if let Some(own) = Arc::get_mut(collection) {
            own.pack_if_due();
        }
    }
    Ok(Some(next))
}

/// What changed features say, and what is wrong with them.
struct Read {
    /// To which others they refer.
    links: Vec<(FeatureRef, Vec<(Link, String)>)>,
    /// By their names.
    claims: ClaimsOf,
    /// By their places.
    flaws: BTreeMap<Place, (Box<str>, Vec<Text>)>,
    /// Whether each has its place among the others. One that comes back from before the last packing
    /// stands after them here.
    is_placed: bool,
    /// Whether what they mean for others can be told from those that refer to them.
    may_follow: bool,
}

/// What is claimed of features, by their names.
type ClaimsOf = BTreeMap<String, Vec<Claim>>;

/// The data with the changed features, which say nothing of their zones yet, and what they say
/// themselves. One that is too broken to be a feature is not there.
fn changed(before: &Snapshot, changes: &[Changed]) -> Option<(Snapshot, Read)> {
    let mut read = Read {
        links: Vec::new(),
        claims: BTreeMap::new(),
        flaws: BTreeMap::new(),
        is_placed: true,
        may_follow: true,
    };
    let mut collections = before.collections.clone();
    let mut network_stays = true;
    let names: HashSet<&FeatureRef> = changes.iter().map(|change| &change.name).collect();
    if names.len() < changes.len() {
        return None;
    }
    for (number, shared) in collections.iter_mut().enumerate() {
        let collection = &before.collections[number];
        let own = changes.iter();
        let mut own = own
            .filter(|change| *change.name.collection == *collection.info.id)
            .peekable();
        if own.peek().is_none() {
            continue;
        }
        let rules = Rules::new(before, collection);
        let mut puts = Vec::new();
        let mut end = collection.end();
        for change in own {
            let slot = collection.slot(&change.name.id);
            let at = slot.unwrap_or_else(|| {
                read.is_placed &= change.is_new;
                end += 1;
                end - 1
            });
            let mut entry = None;
            if let Some(body) = &change.body {
                let (found, flaws) = self::entry(before, &rules, &change.name, body)?;
                if !flaws.is_empty() {
                    let label = change.name.id.clone();
                    read.flaws.insert((number, at), (label, flaws));
                }
                if let Some((own, says)) = found {
                    read.links.push((change.name.clone(), says.links));
                    read.claims.insert(change.name.to_string(), says.claims);
                    entry = Some(own);
                }
            }
            let stands = slot.and_then(|at| collection.at(at));
            if !are_referrers_known(before, change, stands, entry.as_ref()) {
                return None;
            }
            read.may_follow &= may_follow(before, change, stands, entry.as_ref());
            puts.push((at, entry.map(Arc::new)));
        }
        network_stays &= FOLLOWED.iter().all(|(id, _)| *id != collection.info.id);
        *shared = Arc::new(collection.with(puts));
    }
    let known = |name: &FeatureRef| before.collection(&name.collection).is_some();
    names.into_iter().all(known).then(|| {
        let next = Snapshot {
            title: before.title.clone(),
            revision: before.revision,
            district: before.district.clone(),
            library: Arc::clone(&before.library),
            claims: before.claims.clone(),
            indicators: before.indicators.clone(),
            fingerprint: before.fingerprint.clone(),
            is_whole: before.is_whole,
            collections,
            stated: Arc::clone(&before.stated),
            networks: if network_stays {
                Arc::clone(&before.networks)
            } else {
                Arc::default()
            },
        };
        (next, read)
    })
}

/// Whether all that refer to what comes or goes can be found. Whether a line that an outline follows may
/// be named, by its id alone, depends on who sees all lines of that id.
fn are_referrers_known(
    before: &Snapshot,
    change: &Changed,
    stands: Option<&Feature>,
    becomes: Option<&Entry>,
) -> bool {
    let is_hidden = |id: &str| {
        let collection = before.collection(id);
        collection.is_some_and(|collection| collection.info.readers.is_some())
    };
    let stays = stands.is_some() && becomes.is_some();
    let mut followed = FOLLOWED.iter();
    let is_followed = followed.any(|(id, _)| **id == *change.name.collection);
    stays || !is_followed || !FOLLOWED.iter().any(|(id, _)| is_hidden(id))
}

/// Whether where others lie can be told from those that refer to it.
fn may_follow(
    before: &Snapshot,
    change: &Changed,
    stands: Option<&Feature>,
    becomes: Option<&Entry>,
) -> bool {
    let id = &*change.name.collection;
    let outline = before.district.feature.split('/').next();
    if id == DISTRICT || Some(id) == outline {
        return false;
    }
    let geometry = |feature: &Feature| feature.geometry.clone();
    let becomes = becomes.map(|entry| geometry(&entry.feature));
    id != ZONES || becomes.is_some() && stands.map(geometry) == becomes
}

/// What a feature says of other things than itself.
struct Says {
    links: Vec<(Link, String)>,
    claims: Vec<Claim>,
}

/// A feature, and what it says.
type Found = (Entry, Says);

/// Reads a feature, unless it is too broken to be one, and tells what is wrong with it; `None` where it
/// does not bear its name.
fn entry(
    snapshot: &Snapshot,
    rules: &Rules<'_>,
    name: &FeatureRef,
    body: &[u8],
) -> Option<(Option<Found>, Vec<Text>)> {
    let text: &RawValue = serde_json::from_slice(body).ok()?;
    let (mut flaws, mut found) = (Vec::new(), None);
    let id = rules
        .reader()
        .feature(text, 0, &mut flaws, |feature, parts| {
            let entry = Entry {
                feature,
                cited: Stretch::all(&snapshot.library, &parts.cited),
                targets: targets(&parts.targets),
            };
            let says = Says {
                links: parts.targets,
                claims: parts.claims,
            };
            found = Some((entry, says));
        });
    (*id == *name.id).then_some((found, flaws))
}

/// What is claimed of the changed features now, by them and beside them, and all that is wrong with the
/// data, in the order in which reading all anew tells it.
fn check(next: &Snapshot, changes: &[Changed], read: &mut Read) -> (ClaimsOf, Vec<Problem>) {
    let (seeds, geodata) = (
        Files::kept("seeds", BTreeMap::new()),
        Files::kept("geodata", BTreeMap::new()),
    );
    let mut problems = Vec::new();
    for ((collection, _), (id, flaws)) in mem::take(&mut read.flaws) {
        let collection = &next.collections[collection].info.id;
        problems.extend(flaws.into_iter().map(|reason| Problem {
            file: geodata.path(&format!("{collection}.geojson")),
            feature: Some(id.to_string()),
            reason,
        }));
    }
    links(next, changes, mem::take(&mut read.links)).check(next, &geodata, &mut problems);
    let mut claims = mem::take(&mut read.claims);
    for change in changes {
        claims.entry(change.name.to_string()).or_default();
    }
    let beside = next.stated.iter();
    let beside: Vec<_> = beside
        .filter(|claim| claims.contains_key(&claim.subject))
        .collect();
    let path = seeds.path(CLAIMS_FILE);
    let mut beside = stated::of_file(beside, next, &path, &mut problems);
    if claims.contains_key(&next.district.feature) {
        beside.extend(stated::of_indicators(next));
    }
    for claim in beside {
        claims.entry(claim.subject.clone()).or_default().push(claim);
    }
    let in_order = Claims::new(claims.values().flatten().cloned().collect(), &next.library);
    measures::check(in_order.all(), next, &seeds, &geodata, &mut problems);
    (claims, problems)
}

/// What the changed features say of others, and what others say of which it may no longer hold: those
/// that refer to what is no longer there, and those within what contains itself now.
fn links(
    next: &Snapshot,
    changes: &[Changed],
    own: Vec<(FeatureRef, Vec<(Link, String)>)>,
) -> Links {
    let mut open: Vec<FeatureRef> = Vec::new();
    let mut others: BTreeSet<Place> = BTreeSet::new();
    for Changed { name, .. } in changes {
        if next.feature(name).is_none() {
            others.extend(referrers(next, name));
        } else if !chain_ends(next, name) {
            open.push(name.clone());
        }
    }
    while let Some(name) = open.pop() {
        for (collection, at) in referrers(next, &name) {
            let info = &next.collections[collection].info;
            let feature = next.collections[collection].at(at);
            let feature = feature.filter(|feature| feature.container.as_deref() == Some(&name));
            if let Some(feature) = feature.filter(|_| others.insert((collection, at))) {
                open.push(FeatureRef::new(&info.id, &feature.id));
            }
        }
    }
    let mut all: BTreeMap<Place, Vec<(Link, String)>> = BTreeMap::new();
    for place in others {
        let feature = next.collections[place.0].at(place.1);
        all.insert(place, feature.map(said_by).unwrap_or_default());
    }
    for (name, links) in own {
        if let Some(place) = next.place_of(&name) {
            all.insert(place, links);
        }
    }
    let mut links = Links::default();
    for ((collection, at), own) in all {
        let collection = &next.collections[collection];
        if let Some(feature) = collection.at(at) {
            links.add(&collection.info.id, &feature.id, own);
        }
    }
    links
}

/// The places of the features that refer to another.
fn referrers(next: &Snapshot, name: &FeatureRef) -> impl Iterator<Item = Place> {
    let collections = next.collections.iter().enumerate();
    collections.flat_map(move |(number, collection)| {
        let places = collection.referrers(name);
        places.map(move |at| (number, at))
    })
}

/// What a feature that was sound says of others.
fn said_by(feature: &Feature) -> Vec<(Link, String)> {
    let properties = serde_json::from_str(feature.properties.get());
    properties.map(|read| links_of(&read)).unwrap_or_default()
}

/// Features that lie in other zones than before, each with those.
type Moved = Vec<(FeatureRef, Vec<Arc<str>>)>;

/// Writes their zones into the changed features, and tells which others lie in other zones now;
/// `None` where they may be very many.
fn rezone(before: &Snapshot, next: &mut Snapshot, changes: &[Changed]) -> Option<Moved> {
    let stand = changes.iter().filter(|change| change.body.is_some());
    let rezoning = Rezoning::new(next);
    let zones_of = |name: &FeatureRef| rezoning.zones_of(name.clone(), contained_in);
    let own: Moved = stand
        .map(|change| (change.name.clone(), zones_of(&change.name)))
        .collect();
    let differs = |name: &FeatureRef, zones: &[Arc<str>]| {
        before
            .feature(name)
            .is_some_and(|feature| *feature.zones != *zones)
    };
    let changed: HashSet<&FeatureRef> = own.iter().map(|(name, _)| name).collect();
    let moved = own.iter().filter(|(name, zones)| differs(name, zones));
    let mut open: Vec<FeatureRef> = moved.map(|(name, _)| name.clone()).collect();
    let mut others: HashMap<FeatureRef, Vec<Arc<str>>> = HashMap::new();
    let mut seen: HashSet<FeatureRef> = HashSet::new();
    while let Some(name) = open.pop() {
        for collection in &next.collections {
            for at in collection.referrers(&name) {
                let Some(feature) = collection.at(at) else {
                    continue;
                };
                let name = FeatureRef::new(&collection.info.id, &feature.id);
                if changed.contains(&name) || !seen.insert(name.clone()) {
                    continue;
                }
                if seen.len() > MAX_MOVED {
                    return None;
                }
                let zones = zones_of(&name);
                if differs(&name, &zones) {
                    others.insert(name.clone(), zones);
                }
                open.push(name);
            }
        }
    }
    drop(rezoning);
    for (name, zones) in own {
        let place = next.place_of(&name)?;
        write(next, place, zones);
    }
    Some(others.into_iter().collect())
}

/// Reads features that have not changed once more, to say in which other zones they lie.
fn put_back(next: &mut Snapshot, moved: Moved, bodies: &[Vec<u8>]) -> Option<()> {
    let mut puts: BTreeMap<usize, Vec<Change>> = BTreeMap::new();
    let mut places = Vec::new();
    for ((name, zones), body) in moved.into_iter().zip(bodies) {
        let place = next.place_of(&name)?;
        let rules = Rules::new(next, &next.collections[place.0]);
        let (found, flaws) = entry(next, &rules, &name, body)?;
        let (entry, _) = found.filter(|_| flaws.is_empty())?;
        let own = puts.entry(place.0).or_default();
        own.push((place.1, Some(Arc::new(entry))));
        places.push((place, zones));
    }
    for (collection, puts) in puts {
        let collection = &mut next.collections[collection];
        *collection = Arc::new(collection.with(puts));
    }
    for (place, zones) in places {
        write(next, place, zones);
    }
    Some(())
}

/// What a feature's relations say contains it.
fn contained_in(feature: &Feature) -> Vec<FeatureRef> {
    #[derive(Deserialize)]
    struct Related {
        #[serde(default)]
        relations: Vec<Relation>,
    }
    let related: Option<Related> = serde_json::from_str(feature.properties.get()).ok();
    let relations = related.into_iter().flat_map(|related| related.relations);
    let containers = relations.filter(|one| matches!(one.kind, RelationKind::ContainedIn));
    containers
        .filter_map(|relation| relation.target.parse().ok())
        .collect()
}
