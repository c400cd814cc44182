//! The data after a commit are made of those before; they have to be what reading all anew gives.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::Path,
    ptr,
    sync::Arc,
    time::{Duration, Instant},
};

use geo::{Coord, Rect};
use rand::{
    Rng, SeedableRng,
    rngs::StdRng,
    seq::{IndexedMutRandom, IndexedRandom},
};
use renewal_map::{
    model::{Cause, Feature, Role, Viewer},
    store::{
        Collection, LoadError, Selection, Snapshot, Wanted,
        files::Files,
        record::{Change, ChangeSet, Hash, Key, Record, RecordError},
        views::Views,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{in_full, yunze};

/// All that can be asked of data: two snapshots that tell the same are the same to everybody.
fn told(snapshot: &Snapshot) -> String {
    let mut told = format!(
        "{} {} {:?} {:?}\n",
        snapshot.revision, snapshot.fingerprint, snapshot.title, snapshot.district
    );
    for collection in snapshot.collections() {
        tell(collection, &mut told);
    }
    let claims: Vec<_> = snapshot.claims.all().collect();
    for claim in &claims {
        let _ = writeln!(told, "{}", json!(claim));
    }
    let documents = snapshot.library.documents();
    for document in documents {
        let _ = writeln!(told, "{}", json!(snapshot.cited_in(document)));
    }
    for earlier in documents {
        for later in documents {
            let pairs = snapshot.pairs(&earlier.info.id, &later.info.id);
            let _ = writeln!(told, "{}", json!(pairs));
        }
    }
    told
}

fn tell(collection: &Collection, told: &mut String) {
    let id = &collection.info.id;
    let features: Vec<&Feature> = collection.features().collect();
    let count = features.len();
    assert_eq!(collection.features().len(), count);
    let _ = writeln!(
        told,
        "{id} {:?} {count} {} {:?} {:?} {} {:?} {:?}",
        collection.info,
        collection.located(),
        collection.bounds(),
        collection.dimension(),
        collection.worst_accuracy_m(),
        collection.land_uses().collect::<Vec<_>>(),
        collection.sources().collect::<Vec<_>>(),
    );
    for (number, feature) in features.iter().enumerate() {
        assert!(ptr::eq(collection.get(&feature.id).unwrap(), *feature));
        let passed_over = collection.features().nth(number).unwrap();
        assert!(ptr::eq(passed_over, *feature));
        let _ = writeln!(told, "{id} {feature:?}");
    }
    let ids = |features: &mut dyn Iterator<Item = &Feature>| {
        let ids: Vec<String> = features.map(|feature| feature.id.to_string()).collect();
        ids.join(" ")
    };
    let unlocated = ids(&mut collection.without_geometry());
    let _ = writeln!(told, "{id} nowhere: {unlocated}");
    // The same windows for all.
    let mut rng = StdRng::seed_from_u64(0x5eed_0060);
    for _ in 0..20 {
        let corner = Coord {
            x: rng.random_range(117.0..117.3),
            y: rng.random_range(39.0..39.3),
        };
        let size = rng.random_range(0.001..0.1);
        let window = Rect::new(
            corner,
            Coord {
                x: corner.x + size,
                y: corner.y + size,
            },
        );
        let near = ids(&mut collection.near(window));
        let _ = writeln!(told, "{id} near {window:?}: {near}");
    }
    for name in ["路", "xin", "a", "改名", "gm", "parcel 1"] {
        let selection = Selection {
            name: Wanted::new(name),
            ..Selection::default()
        };
        let (matched, found) = selection.page(collection, 1, 30, || true).unwrap();
        let found = ids(&mut found.into_iter());
        let _ = writeln!(told, "{id} called {name}: {matched} {found}");
    }
    let (matched, page) = Selection::default()
        .page(collection, count / 3, 4, || true)
        .unwrap();
    let page = ids(&mut page.into_iter());
    let _ = writeln!(told, "{id} page: {matched} {page}");
}

/// Tells where two texts begin to differ.
fn assert_same(made: &str, read: &str, what: &str) {
    if made != read {
        let mut lines = made.lines().zip(read.lines());
        let (made, read) = lines
            .find(|(made, read)| made != read)
            .unwrap_or(("", "more or fewer lines"));
        panic!("after {what}\nmade: {made}\nread: {read}");
    }
}

/// Asserts that data are those that reading the record anew gives, for everybody who looks.
fn assert_as_read(record: &Record, made: &Arc<Snapshot>, what: &str) {
    let read = Arc::new(record.load(made.revision).unwrap());
    assert_same(&told(made), &told(&read), what);
    let views = [made, &read].map(|whole| Views::new(Arc::clone(whole), &whole.rules()));
    let roles = [None, Some(Role::Reader), Some(Role::Editor)];
    for viewer in roles.map(Viewer) {
        let [made, read] = [&views[0], &views[1]].map(|views| views.of(viewer));
        if !ptr::eq(Arc::as_ptr(made), Arc::as_ptr(views[0].whole())) {
            assert_same(&told(made), &told(read), what);
        }
    }
}

/// Whether something of the data before is shared with those after.
fn shares(before: &Snapshot, after: &Snapshot) -> bool {
    let mut collections = before.collections().iter();
    collections.any(|one| {
        let same = after.collection(&one.info.id);
        same.is_some_and(|same| ptr::eq(same, Arc::as_ptr(one)))
    })
}

fn set(changes: Vec<Change>) -> ChangeSet {
    ChangeSet {
        author: "测试员".into(),
        message: "试改".into(),
        cause: Cause::Edit,
        changes,
    }
}

/// Changes at random, of data of which some are right and some are not.
struct Hand<'a> {
    record: &'a Record,
    rng: StdRng,
    /// Names of all that was ever there.
    known: Vec<Key>,
    gone: Vec<(Key, Vec<u8>)>,
    /// What was put into what.
    contained: Vec<(String, String)>,
    made: u32,
}

impl Hand<'_> {
    fn standing(&self, key: &Key) -> Option<Vec<u8>> {
        self.record.standing(key).unwrap()
    }

    fn one_of(&mut self, words: &[&str]) -> String {
        (*words.choose(&mut self.rng).unwrap()).to_owned()
    }

    /// The name of something that is there, most often.
    fn somebody(&mut self) -> String {
        if self.rng.random_ratio(1, 12) {
            return self.one_of(&["zones/nowhere", "projects/", "nothing"]);
        }
        loop {
            let key = self.known.choose(&mut self.rng).unwrap();
            let is_common = &*key.shelf != "streets" || self.rng.random_ratio(1, 8);
            if key.is_feature() && is_common {
                return key.to_string();
            }
        }
    }

    /// What becomes of a feature, and in words what was done to it.
    fn change(&mut self, key: &Key, feature: &mut Value) -> &'static str {
        let is_placed = !feature["geometry"].is_null();
        let properties = &mut feature["properties"];
        let cites = !properties["citations"][0].is_null();
        let is_accurate = !properties["accuracy_m"].is_null();
        match self.rng.random_range(0..22) {
            0 | 1 => {
                properties["name"] = self.one_of(&["改名路", "新家园", "Parcel 1"]).into();
                "name"
            }
            2 => {
                properties["aliases"] = json!([self.one_of(&["改名甲", "别名"])]);
                "aliases"
            }
            3 | 4 if is_placed => {
                let far = if self.rng.random_ratio(1, 6) {
                    0.2
                } else {
                    0.004
                };
                let [dx, dy] = [0; 2].map(|_| self.rng.random_range(-far..far));
                shift(&mut feature["geometry"]["coordinates"], [dx, dy]);
                "moved"
            }
            5 => {
                feature["geometry"] = Value::Null;
                feature["properties"]["accuracy_m"] = Value::Null;
                feature["properties"]["located_by"] = "none".into();
                let object = feature["properties"].as_object_mut().unwrap();
                object.shift_remove("container");
                "no place"
            }
            6 => {
                let (x, y) = (
                    self.rng.random_range(117.05..117.2),
                    self.rng.random_range(39.1..39.2),
                );
                feature["geometry"] = json!({ "type": "Point", "coordinates": [x, y] });
                feature["properties"]["accuracy_m"] = json!(self.rng.random_range(1..900));
                feature["properties"]["located_by"] = "published_point".into();
                let object = feature["properties"].as_object_mut().unwrap();
                object.shift_remove("container");
                "a point"
            }
            7 | 8 => {
                let container = self.somebody();
                self.contained.push((key.to_string(), container.clone()));
                contain(feature, container);
                "container"
            }
            9 | 10 => {
                let names: Vec<String> = (0..self.rng.random_range(0..3))
                    .map(|_| self.somebody())
                    .collect();
                properties["placed_in"] = names.into();
                "placed_in"
            }
            11 | 12 => {
                let kind = self.one_of(&["contained_in", "contained_in", "located_near"]);
                properties["relations"] = json!([{ "type": kind, "target": self.somebody() }]);
                "relations"
            }
            13 => {
                let object = properties.as_object_mut().unwrap();
                for name in ["relations", "placed_in"] {
                    object.shift_remove(name);
                }
                "no relations"
            }
            14 => {
                let object = properties.as_object_mut().unwrap();
                object.shift_remove("statuses");
                object.shift_remove("status");
                "no status"
            }
            15 | 16 => {
                let citation = properties["citations"][0].clone();
                let unit = self.one_of(&["公顷", "公顷", "平方米", "万元", ""]);
                let attribute = self.one_of(&["land_area", "investment", "floor_area"]);
                let value = f64::from(self.rng.random_range(1..100)) / 10.0;
                let modality = self.one_of(&["done", "intended"]);
                properties["quantities"] = json!([{
                    "attribute": attribute, "value": value, "unit": unit, "modality": modality,
                    "citation": citation,
                }]);
                "quantities"
            }
            17 => {
                let object = properties.as_object_mut().unwrap();
                object.shift_remove("quantities");
                "no quantities"
            }
            18 if is_accurate => {
                let worst = self.rng.random_ratio(1, 3);
                let metres = if worst { 5000 } else { 7 };
                properties["accuracy_m"] = metres.into();
                "accuracy"
            }
            19 => {
                properties["source"] = self.one_of(&["甲测绘院", "乙测绘院"]).into();
                properties["licence"] = self.one_of(&["CC0-1.0", "见来源"]).into();
                "source"
            }
            20 => {
                let code = self.one_of(&["07", "0701", "0902"]);
                let citation = properties["citations"][0].clone();
                properties["land_use"] = json!({ "code": code, "citation": citation });
                "land use"
            }
            21 if cites && self.rng.random_ratio(1, 3) => {
                properties["citations"][0]["start"] = 3.into();
                "a false quote"
            }
            _ => {
                let told = format!("{} {}", key.name, self.made);
                properties["evidence"] = told.into();
                "evidence"
            }
        }
    }

    /// One change, and what it is in words.
    fn touch(&mut self) -> (Change, String) {
        if self.rng.random_ratio(1, 5) && !self.gone.is_empty() {
            let at = self.rng.random_range(0..self.gone.len());
            let (key, body) = self.gone.swap_remove(at);
            if self.standing(&key).is_none() {
                let what = format!("{key} back");
                let change = Change {
                    key,
                    expected: None,
                    body: Some(body),
                };
                return (change, what);
            }
        }
        if self.rng.random_ratio(1, 10) && !self.contained.is_empty() {
            let at = self.rng.random_range(0..self.contained.len());
            let (inner, outer) = self.contained.swap_remove(at);
            let key = outer.parse().ok().map(|name| Key::of(&name));
            let standing = key.and_then(|key| {
                let body = self.standing(&key)?;
                Some((key, body))
            });
            if let Some((key, body)) = standing {
                let what = format!("{key} into {inner}, which is in it");
                let mut feature: Value = serde_json::from_slice(&body).unwrap();
                contain(&mut feature, inner);
                let change = Change {
                    key,
                    expected: Some(Hash::of(&body)),
                    body: Some(serde_json::to_vec(&feature).unwrap()),
                };
                return (change, what);
            }
        }
        let (key, body) = loop {
            let key = self.known.choose(&mut self.rng).unwrap().clone();
            // Of streets there are many, and of the district there is one.
            let is_rare = matches!(&*key.shelf, "streets" | "district" | "transit" | "geodata/");
            if is_rare && self.rng.random_ratio(3, 4) {
                continue;
            }
            if let Some(body) = self.standing(&key) {
                break (key, body);
            }
        };
        if key.is_feature() {
            self.touch_feature(key, &body)
        } else {
            let mut catalogue: Value = serde_json::from_slice(&body).unwrap();
            let collections = catalogue["collections"].as_array_mut().unwrap();
            let one = collections.choose_mut(&mut self.rng).unwrap();
            let readers = [Value::Null, "reader".into(), "editor".into()];
            one["readers"] = readers.choose(&mut self.rng).unwrap().clone();
            if one["readers"].is_null() {
                one.as_object_mut().unwrap().shift_remove("readers");
            }
            let what = format!("{} for {:?}", one["id"], one.get("readers"));
            let change = Change {
                key,
                expected: Some(Hash::of(&body)),
                body: Some(serde_json::to_vec(&catalogue).unwrap()),
            };
            (change, what)
        }
    }

    fn touch_feature(&mut self, key: Key, body: &[u8]) -> (Change, String) {
        let mut feature: Value = serde_json::from_slice(body).unwrap();
        let expected = Some(Hash::of(body));
        self.made += 1;
        match self.rng.random_range(0..10) {
            0 | 1 => {
                self.gone.push((key.clone(), body.to_vec()));
                let what = format!("{key} gone");
                let change = Change {
                    key,
                    expected,
                    body: None,
                };
                (change, what)
            }
            2 | 3 => {
                // Before and after others by its id, and after all by its place.
                let id = format!("{}new-{}", self.one_of(&["", "z"]), self.made);
                feature["id"] = id.as_str().into();
                let is_placed = !feature["geometry"].is_null();
                if is_placed {
                    shift(&mut feature["geometry"]["coordinates"], [0.001, 0.002]);
                }
                let key = Key {
                    shelf: key.shelf,
                    name: id.into(),
                };
                self.known.push(key.clone());
                let what = format!("{key} new");
                let change = Change {
                    key,
                    expected: None,
                    body: Some(serde_json::to_vec(&feature).unwrap()),
                };
                (change, what)
            }
            _ => {
                let what = format!("{key} {}", self.change(&key, &mut feature));
                // However it is written.
                let body = match self.rng.random_range(0..6) {
                    0 => serde_json::to_vec_pretty(&feature).unwrap(),
                    1 => format!(" {feature}\n").into_bytes(),
                    _ => serde_json::to_vec(&feature).unwrap(),
                };
                let change = Change {
                    key,
                    expected,
                    body: Some(body),
                };
                (change, what)
            }
        }
    }
}

/// Says of a feature no more than what contains it.
fn contain(feature: &mut Value, container: String) {
    feature["geometry"] = Value::Null;
    feature["properties"]["accuracy_m"] = Value::Null;
    feature["properties"]["located_by"] = "container".into();
    feature["properties"]["container"] = container.into();
}

fn shift(coordinates: &mut Value, by: [f64; 2]) {
    if coordinates[0].is_number() {
        for (axis, by) in by.into_iter().enumerate() {
            coordinates[axis] = (coordinates[axis].as_f64().unwrap() + by).into();
        }
    } else {
        let parts = coordinates.as_array_mut().unwrap();
        for part in parts {
            shift(part, by);
        }
    }
}

/// Names of all that stands.
fn known(snapshot: &Snapshot) -> Vec<Key> {
    let collections = snapshot.collections().iter();
    let features = collections.flat_map(|collection| {
        collection.features().map(|feature| Key {
            shelf: collection.info.id.as_str().into(),
            name: feature.id.clone(),
        })
    });
    let catalogue = Key {
        shelf: "geodata/".into(),
        name: "collections.json".into(),
    };
    features.chain([catalogue]).collect()
}

fn districts() -> [(&'static str, [Files; 2]); 2] {
    let yunze = [
        Files::seeds(Some(yunze().join("seeds"))),
        Files::geodata(Some(yunze().join("geodata"))),
    ];
    let built_in = [Files::seeds(None), Files::geodata(None)];
    [("yunze", yunze), ("built in", built_in)]
}

#[test]
fn what_a_commit_makes_is_what_reading_anew_gives() {
    let rounds = if in_full() { 300 } else { 70 };
    for (district, [seeds, geodata]) in districts() {
        let folder = TempDir::new().unwrap();
        let record = Record::open(folder.path(), &seeds, &geodata).unwrap();
        let mut now = record.newest().unwrap();
        let mut hand = Hand {
            record: &record,
            rng: StdRng::seed_from_u64(0x5eed_0061),
            known: known(&now),
            gone: Vec::new(),
            contained: Vec::new(),
            made: 0,
        };
        let (mut made, mut anew, mut refused) = (0, 0, BTreeSet::new());
        for round in 0..rounds {
            let mut changes: Vec<Change> = Vec::new();
            let mut what = format!("{district} {round}:");
            let count = if hand.rng.random_ratio(1, 2) {
                1
            } else {
                hand.rng.random_range(1..6)
            };
            for _ in 0..count {
                let (change, told) = hand.touch();
                if changes.iter().all(|other| other.key != change.key) {
                    let _ = write!(what, " {told},");
                    changes.push(change);
                }
            }
            match record.commit(&set(changes.clone())) {
                Ok(next) => {
                    assert_as_read(&record, &next, &what);
                    let count = if shares(&now, &next) {
                        &mut made
                    } else {
                        &mut anew
                    };
                    *count += 1;
                    now = next;
                }
                Err(RecordError::Unchanged) => {}
                Err(error) => {
                    // Who has no data reads all anew.
                    let other = Record::open_existing(folder.path()).unwrap();
                    let same = other.commit(&set(changes)).err();
                    let same = same.unwrap_or_else(|| panic!("{what}\nrefused: {error}"));
                    assert_eq!(error.to_string(), same.to_string(), "{what}");
                    refused.extend(error.to_string().lines().skip(1).map(str::to_owned));
                    // What was not removed is still there.
                    hand.gone.retain(|(key, _)| {
                        let standing = hand.record.standing(key).unwrap();
                        standing.is_none()
                    });
                }
            }
        }
        println!(
            "{district}: {made} made, {anew} read anew, {} flaws refused",
            refused.len()
        );
        assert!(
            made > rounds / 3,
            "{district}: {made} of {rounds} made of those before"
        );
        assert!(
            refused.len() > rounds / 10,
            "{district}: {} flaws refused",
            refused.len()
        );
    }
}

/// A change of a feature that stands.
fn edit(record: &Record, name: &str, change: impl FnOnce(&mut Value)) -> Change {
    let key = Key::of(&name.parse().unwrap());
    let body = record.standing(&key).unwrap().unwrap();
    let mut feature = serde_json::from_slice(&body).unwrap();
    change(&mut feature);
    Change {
        key,
        expected: Some(Hash::of(&body)),
        body: Some(serde_json::to_vec(&feature).unwrap()),
    }
}

/// A feature that goes.
fn removal(record: &Record, name: &str) -> Change {
    Change {
        body: None,
        ..edit(record, name, |_| {})
    }
}

/// Commits what is refused, by who has the data before and by who reads all anew, and asserts that both
/// tell the same problems; in the first so many words in turn.
fn assert_refused(folder: &Path, record: &Record, changes: &[Change], words: &[&str]) {
    let _held = record.newest().unwrap();
    let anew = Record::open_existing(folder).unwrap();
    let told = [record, &anew].map(|record| match record.commit(&set(changes.to_vec())) {
        Err(RecordError::Data(LoadError(problems))) => problems,
        Err(other) => panic!("{words:?}: {other}"),
        Ok(_) => panic!("{words:?}: it was taken"),
    });
    assert_eq!(told[0], told[1], "{words:?}");
    let reasons: Vec<&str> = told[0].iter().map(|one| &*one.reason.en).collect();
    assert!(reasons.len() >= words.len(), "{words:?}: {reasons:#?}");
    for (word, reason) in words.iter().zip(&reasons) {
        assert!(reason.contains(word), "{word}: {reasons:#?}");
    }
}

#[test]
fn what_a_refused_commit_tells_is_what_reading_anew_tells() {
    let (_, [seeds, geodata]) = districts().into_iter().next().unwrap();
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path(), &seeds, &geodata).unwrap();
    let refused = |changes: Vec<Change>, words: &[&str]| {
        assert_refused(folder.path(), &record, &changes, words);
    };
    let parcels = |numbers: [usize; 4]| {
        let now = record.newest().unwrap();
        let parcels = now.collection("parcels").unwrap();
        numbers.map(|number| {
            let parcel = parcels.features().nth(number).unwrap();
            format!("parcels/{}", parcel.id)
        })
    };
    let [a, b, c, d] = parcels([3, 9, 20, 41]);
    let kind = |feature: &mut Value| feature["properties"]["kind"] = "castle".into();
    let into = |name: &str| {
        let name = name.to_owned();
        move |feature: &mut Value| contain(feature, name)
    };
    let placed_in = |names: &[&str]| {
        let names = json!(names);
        move |feature: &mut Value| feature["properties"]["placed_in"] = names
    };
    // Flaws of features come before what they say of others, in the order of files.
    let district = record.newest().unwrap().district.feature.clone();
    let several = vec![
        edit(&record, &b, kind),
        edit(&record, &a, placed_in(&["zones/nowhere", "parcels/none"])),
        edit(&record, "projects/yunfan-expo", |feature| {
            feature["properties"]["citations"][0]["quote"] = "没有这句话".into();
        }),
    ];
    let told = [
        "castle",
        "does not stand in",
        "zones/nowhere",
        "parcels/none",
    ];
    let catalogue = record.newest().unwrap();
    let place = |id: &str| {
        let collections = catalogue.collections();
        collections.iter().position(|one| one.info.id == id)
    };
    assert!(place("parcels") < place("projects"), "as is told");
    drop(catalogue);
    refused(several, &told);
    // What others refer to goes, or is too broken to be a feature.
    refused(vec![removal(&record, "zones/yunfan")], &["zones/yunfan"]);
    let broken = edit(&record, "zones/yunfan", |feature| {
        feature["properties"]["name"] = 5.into();
    });
    refused(vec![broken], &["name", "zones/yunfan", "zones/yunfan"]);
    refused(vec![removal(&record, &district)], &["district.feature"]);
    // What contains itself is told of all that are in it.
    record
        .commit(&set(vec![
            edit(&record, &c, into(&b)),
            edit(&record, &d, into(&c)),
        ]))
        .unwrap();
    refused(
        vec![edit(&record, &b, into(&d))],
        &["contain each other"; 3],
    );
    refused(vec![edit(&record, &a, into(&a))], &["contain each other"]);
    // What is stated of it.
    let states = |attribute: &str, unit: &str| {
        let stated =
            json!({ "attribute": attribute, "value": 7000.5, "unit": unit, "modality": "done" });
        move |feature: &mut Value| {
            let mut stated = stated;
            stated["citation"] = feature["properties"]["citations"][0].clone();
            feature["properties"]["quantities"] = json!([stated]);
        }
    };
    let project = "projects/yunfan-expo";
    refused(
        vec![
            edit(&record, project, states("investment", "")),
            edit(&record, &a, kind),
        ],
        &["castle", "no unit"],
    );
    // What was gone and what is new.
    let back = edit(&record, &a, placed_in(&["zones/nowhere"]));
    record.commit(&set(vec![removal(&record, &a)])).unwrap();
    let back = Change {
        expected: None,
        ..back
    };
    let fresh = |id: &str, target: &str| {
        let mut change = edit(&record, &b, |feature| {
            feature["id"] = id.into();
            placed_in(&[target])(feature);
        });
        change.key.name = id.into();
        change.expected = None;
        change
    };
    refused(
        vec![
            fresh("new-b", "zones/x"),
            back.clone(),
            fresh("new-a", "zones/y"),
        ],
        &["zones/nowhere", "zones/x", "zones/y"],
    );
    // From before the last packing.
    let now = record.newest().unwrap();
    let all = now.collection("parcels").unwrap().features();
    let changes = all.map(|parcel| {
        edit(&record, &format!("parcels/{}", parcel.id), |feature| {
            feature["properties"]["name"] = "改名".into();
        })
    });
    record.commit(&set(changes.collect())).unwrap();
    refused(vec![back], &["zones/nowhere"]);
}

#[test]
fn what_is_claimed_of_what_goes_is_told_as_reading_anew_tells_it() {
    let [_, (_, [seeds, geodata])] = districts();
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path(), &seeds, &geodata).unwrap();
    let now = record.newest().unwrap();
    let subjects: BTreeSet<&str> = now
        .claims
        .all()
        .filter(|claim| !claim.id.contains('#') && claim.subject != now.district.feature)
        .map(|claim| &*claim.subject)
        .collect();
    assert!(!subjects.is_empty());
    for subject in subjects.into_iter().take(3) {
        let word = format!("subject refers to “{subject}”");
        let anew = Record::open_existing(folder.path()).unwrap();
        let told = [&record, &anew].map(|to| {
            let gone = vec![removal(&record, subject)];
            to.commit(&set(gone)).unwrap_err().to_string()
        });
        assert_eq!(told[0], told[1]);
        assert!(told[0].contains(&word), "{}", told[0]);
    }
}

#[test]
fn many_changes_are_packed_and_stay_what_they_are() {
    let (_, [seeds, geodata]) = districts().into_iter().next().unwrap();
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path(), &seeds, &geodata).unwrap();
    let mut now = record.newest().unwrap();
    let mut rng = StdRng::seed_from_u64(0x5eed_0062);
    let mut gone: Vec<(Key, Vec<u8>)> = Vec::new();
    let rounds = 240;
    let mut shared = 0;
    for round in 0..rounds {
        let parcels = now.collection("parcels").unwrap().features();
        let parcels: Vec<Key> = parcels
            .map(|parcel| Key {
                shelf: "parcels".into(),
                name: parcel.id.clone(),
            })
            .collect();
        let key = parcels.choose(&mut rng).unwrap().clone();
        let body = record.standing(&key).unwrap().unwrap();
        let mut feature: Value = serde_json::from_slice(&body).unwrap();
        let change = match rng.random_range(0..4) {
            0 => {
                gone.push((key.clone(), body.clone()));
                Change {
                    key,
                    expected: Some(Hash::of(&body)),
                    body: None,
                }
            }
            1 if !gone.is_empty() => {
                let (key, body) = gone.remove(0);
                Change {
                    key,
                    expected: None,
                    body: Some(body),
                }
            }
            2 => {
                let id = format!("new-{round}");
                feature["id"] = id.as_str().into();
                shift(&mut feature["geometry"]["coordinates"], [0.0004, 0.0]);
                Change {
                    key: Key {
                        shelf: key.shelf,
                        name: id.into(),
                    },
                    expected: None,
                    body: Some(serde_json::to_vec(&feature).unwrap()),
                }
            }
            _ => {
                feature["properties"]["name"] = format!("改名{round}").into();
                Change {
                    key,
                    expected: Some(Hash::of(&body)),
                    body: Some(serde_json::to_vec(&feature).unwrap()),
                }
            }
        };
        let next = record.commit(&set(vec![change])).unwrap();
        shared += usize::from(shares(&now, &next));
        now = next;
        if round % 10 == 0 || round > rounds - 5 {
            assert_as_read(&record, &now, &format!("round {round}"));
        }
    }
    // What comes back from before a packing is put in its old place by reading anew.
    assert!(shared > rounds * 8 / 10, "{shared} of {rounds}");
}

/// Parcels of an invented town, as a district of its own.
fn town(folder: &Path, across: u32) -> [Files; 2] {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    let kinds = json!([{ "id": "parcel", "title": "地块", "title_en": "Parcel" }]);
    let collection = |id: &str| {
        json!({
            "id": id, "title": id, "title_en": id, "description": "", "description_en": "",
            "kinds": kinds,
        })
    };
    write("index.json", "[]");
    write(
        "collections.json",
        &json!({
            "title": "镇", "title_en": "Town",
            "district": { "name": "镇", "name_en": "Town", "feature": "district/town" },
            "collections": [collection("plots"), collection("district")],
        })
        .to_string(),
    );
    let size = f64::from(across);
    write(
        "district.geojson",
        &file(&[square("town", [0.0, 0.0], size)]),
    );
    let plots = (0..across).flat_map(|row| {
        (0..across).map(move |column| {
            let corner = [f64::from(column), f64::from(row)];
            square(&format!("p{row}-{column}"), corner, 0.9)
        })
    });
    write("plots.geojson", &file(&plots.collect::<Vec<_>>()));
    let folder = || Some(folder.to_owned());
    [Files::seeds(folder()), Files::geodata(folder())]
}

fn file(features: &[Value]) -> String {
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

/// A parcel, in steps of about 40 m.
fn square(id: &str, [x, y]: [f64; 2], size: f64) -> Value {
    let at = |dx: f64, dy: f64| [117.0 + (x + dx) * 0.0004, 39.0 + (y + dy) * 0.0004];
    let ring = [
        at(0.0, 0.0),
        at(size, 0.0),
        at(size, size),
        at(0.0, size),
        at(0.0, 0.0),
    ];
    json!({
        "type": "Feature", "id": id,
        "geometry": { "type": "Polygon", "coordinates": [ring] },
        "properties": {
            "name": id, "name_en": id, "kind": "parcel", "status": Value::Null,
            "located_by": "surveyed", "evidence": "invented", "accuracy_m": 0.1,
            "source": "invented", "licence": "CC0-1.0",
        },
    })
}

#[test]
fn one_change_among_many_parcels_takes_a_small_part_of_reading_them() {
    let across = if in_full() { 316 } else { 100 };
    let (files, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let [seeds, geodata] = town(files.path(), across);
    let record = Record::open(folder.path(), &seeds, &geodata).unwrap();
    let begun = Instant::now();
    let mut now = record.newest().unwrap();
    let reading = begun.elapsed();
    let mut editing = Duration::MAX;
    for round in 0..8 {
        // In the middle, at the edge, and one more.
        let id = ["p50-50", "p0-0", "p50-51"][round % 3];
        let key = Key {
            shelf: "plots".into(),
            name: id.into(),
        };
        let body = record.standing(&key).unwrap().unwrap();
        let mut feature: Value = serde_json::from_slice(&body).unwrap();
        feature["properties"]["name"] = format!("改名{round}").into();
        shift(&mut feature["geometry"]["coordinates"], [0.00001, 0.00001]);
        let change = Change {
            key,
            expected: Some(Hash::of(&body)),
            body: Some(serde_json::to_vec(&feature).unwrap()),
        };
        let begun = Instant::now();
        let next = record.commit(&set(vec![change])).unwrap();
        editing = editing.min(begun.elapsed());
        let other = |snapshot: &Snapshot| -> *const Feature {
            let plots = snapshot.collection("plots").unwrap();
            plots.get("p3-3").unwrap()
        };
        assert_eq!(other(&now), other(&next), "what did not change is shared");
        now = next;
    }
    let ratio = reading.as_secs_f64() / editing.as_secs_f64();
    println!(
        "{} parcels: read in {reading:.1?}, one changed in {editing:.1?}: 1/{ratio:.0}",
        across * across
    );
    assert!(ratio > 10.0, "1/{ratio:.1}");
    assert_as_read(&record, &now, "the last change");
    let beside = edit(&record, "plots/p50-51", |feature| {
        feature["properties"]["placed_in"] = json!(["plots/p50-50"]);
    });
    let _now = record.commit(&set(vec![beside])).unwrap();
    let wrong = [
        removal(&record, "plots/p50-50"),
        edit(&record, "plots/p50-50", |feature| {
            feature["properties"]["placed_in"] = json!(["plots/nowhere"]);
        }),
        edit(&record, "plots/p0-0", |feature| {
            feature["properties"]["kind"] = "castle".into();
        }),
    ];
    for change in wrong {
        let mut refusing = Duration::MAX;
        for _ in 0..3 {
            let begun = Instant::now();
            let refused = record.commit(&set(vec![change.clone()]));
            refusing = refusing.min(begun.elapsed());
            assert!(matches!(refused, Err(RecordError::Data(_))));
        }
        let ratio = reading.as_secs_f64() / refusing.as_secs_f64();
        println!("{} refused in {refusing:.1?}: 1/{ratio:.0}", change.key);
        assert!(ratio > 10.0, "1/{ratio:.1}");
    }
}
