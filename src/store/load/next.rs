//! The data after a change, made of those before: only what changed is read and checked, and all else
//! is shared.
//!
//! What is made so is what reading all anew would make. Where that can't be told from the changed
//! features and those that refer to them, nothing is made, and the caller reads anew: so too where
//! there is a problem, for it is told among all others in the order of the files.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    CLAIMS_FILE, Rules,
    links::{Link, chain_ends, targets},
    properties::{Relation, RelationKind},
    stated,
};
use crate::{
    documents::Claim,
    model::{Feature, FeatureRef},
    store::{
        files::Files,
        measures,
        mentions::Stretch,
        overlay::Change,
        packed::Entry,
        snapshot::Snapshot,
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
/// Where `body` fails.
pub(in crate::store) fn next<E>(
    before: &Snapshot,
    changes: &[Changed],
    body: impl FnMut(&FeatureRef) -> Result<Vec<u8>, E>,
) -> Result<Option<Snapshot>, E> {
    let Some((mut next, read)) = changed(before, changes) else {
        return Ok(None);
    };
    if !holds(&next, changes, &read.links) {
        return Ok(None);
    }
    let Some(claims) = claims(&next, changes, read.claims) else {
        return Ok(None);
    };
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

/// What changed features say.
#[derive(Default)]
struct Read {
    links: Vec<Leads>,
    /// By their names.
    claims: BTreeMap<String, Vec<Claim>>,
}

/// A feature, and to which others it refers.
type Leads = (FeatureRef, Vec<(Link, String)>);

/// The data with the changed features, which say nothing of their zones yet, and what they say
/// themselves.
fn changed(before: &Snapshot, changes: &[Changed]) -> Option<(Snapshot, Read)> {
    let mut read = Read::default();
    let mut collections = before.collections.clone();
    let mut network_stays = true;
    let names: HashSet<&FeatureRef> = changes.iter().map(|change| &change.name).collect();
    if names.len() < changes.len() {
        return None;
    }
    for (collection, shared) in before.collections.iter().zip(&mut collections) {
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
            let entry = match &change.body {
                Some(body) => Some(entry(before, &rules, &change.name, body, &mut read)?),
                None => None,
            };
            let slot = collection.slot(&change.name.id);
            let stands = slot.and_then(|at| collection.at(at));
            if !may_follow(before, change, stands, entry.as_ref()) {
                return None;
            }
            let at = match slot {
                Some(at) => at,
                None if change.is_new => {
                    end += 1;
                    end - 1
                }
                // It stood somewhere before what is here was packed.
                None => return None,
            };
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

/// Whether what a change means for others can be told from those that refer to it.
fn may_follow(
    before: &Snapshot,
    change: &Changed,
    stands: Option<&Feature>,
    becomes: Option<&Entry>,
) -> bool {
    let id = &*change.name.collection;
    let outline = before.district.feature.split('/').next();
    if id == DISTRICT || Some(id) == outline || stands.is_none() && becomes.is_none() {
        return false;
    }
    let stays = stands.is_some() && becomes.is_some();
    if id == ZONES {
        let geometry = |feature: &Feature| feature.geometry.clone();
        let becomes = becomes.map(|entry| geometry(&entry.feature));
        return stays && stands.map(geometry) == becomes;
    }
    // Whether a line that an outline follows may be named depends on who sees all lines of its id.
    let is_hidden = |id: &str| {
        let collection = before.collection(id);
        collection.is_some_and(|collection| collection.info.readers.is_some())
    };
    let is_followed = FOLLOWED.iter().any(|(followed, _)| *followed == id);
    stays || !is_followed || !FOLLOWED.iter().any(|(id, _)| is_hidden(id))
}

/// Reads a feature; `None` where anything is wrong with it.
fn entry(
    snapshot: &Snapshot,
    rules: &Rules<'_>,
    name: &FeatureRef,
    body: &[u8],
    read: &mut Read,
) -> Option<Entry> {
    let text: &RawValue = serde_json::from_slice(body).ok()?;
    let (mut flaws, mut entry) = (Vec::new(), None);
    let id = rules
        .reader()
        .feature(text, 0, &mut flaws, |feature, parts| {
            entry = Some(Entry {
                feature,
                cited: Stretch::all(&snapshot.library, &parts.cited),
                targets: targets(&parts.targets),
            });
            read.claims.insert(name.to_string(), parts.claims);
            read.links.push((name.clone(), parts.targets));
        });
    entry.filter(|_| flaws.is_empty() && *id == *name.id)
}

/// Whether all that features say of each other holds.
fn holds(next: &Snapshot, changes: &[Changed], links: &[Leads]) -> bool {
    let leads = |(from, links): &Leads| {
        let there = links.iter().all(|(link, to)| link.holds(from, to, next));
        there && chain_ends(next, from)
    };
    let nobody_refers = |name: &FeatureRef| {
        let mut collections = next.collections.iter();
        collections.all(|collection| collection.referrers(name).next().is_none())
    };
    let mut gone = changes.iter().filter(|change| change.body.is_none());
    links.iter().all(leads) && gone.all(|change| nobody_refers(&change.name))
}

/// What is claimed of the changed features now, by them and beside them; `None` where something is
/// wrong with that.
fn claims(
    next: &Snapshot,
    changes: &[Changed],
    mut claims: BTreeMap<String, Vec<Claim>>,
) -> Option<BTreeMap<String, Vec<Claim>>> {
    for change in changes {
        claims.entry(change.name.to_string()).or_default();
    }
    let (seeds, geodata) = (
        Files::kept("seeds", BTreeMap::new()),
        Files::kept("geodata", BTreeMap::new()),
    );
    let mut problems = Vec::new();
    let beside = next.stated.iter();
    let beside: Vec<_> = beside
        .filter(|claim| claims.contains_key(&claim.subject))
        .collect();
    let path = seeds.path(CLAIMS_FILE);
    for claim in stated::of_file(beside, next, &path, &mut problems) {
        claims.entry(claim.subject.clone()).or_default().push(claim);
    }
    let all = claims.values().flatten();
    measures::check(all, next, &seeds, &geodata, &mut problems);
    problems.is_empty().then_some(claims)
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
        let entry = entry(next, &rules, &name, body, &mut Read::default())?;
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
