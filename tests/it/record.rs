//! The durable record: every revision whole, and nothing lost.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use renewal_map::{
    model::{Cause, Feature, Revision, Role},
    people::grant,
    store::{
        Snapshot,
        files::Files,
        load,
        record::{Change, ChangeSet, Concluding, Hash, Key, Record, RecordError, restore},
    },
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    loading::Copy,
    support::{Server, in_full, program, yunze},
};

fn district() -> [Files; 2] {
    [
        Files::seeds(Some(yunze().join("seeds"))),
        Files::geodata(Some(yunze().join("geodata"))),
    ]
}

fn open(folder: &Path) -> Record {
    let [seeds, geodata] = district();
    Record::open(folder, &seeds, &geodata).unwrap()
}

fn key(collection: &str, id: &str) -> Key {
    Key::of(&format!("{collection}/{id}").parse().unwrap())
}

/// A feature of a collection, by its number.
fn nth<'a>(snapshot: &'a Snapshot, collection: &str, number: usize) -> &'a Feature {
    let mut features = snapshot.collection(collection).unwrap().features();
    features.nth(number).unwrap()
}

/// The id of some parcel.
fn a_parcel(record: &Record) -> Key {
    let snapshot = record.load(record.latest().unwrap()).unwrap();
    key("parcels", &nth(&snapshot, "parcels", 7).id)
}

fn set(changes: Vec<Change>) -> ChangeSet {
    ChangeSet {
        author: "测试员".into(),
        message: "试改".into(),
        cause: Cause::Edit,
        changes,
    }
}

/// A change of a feature's property to a value.
fn change(record: &Record, key: &Key, property: &str, value: Value) -> Change {
    let body = record.standing(key).unwrap().unwrap();
    let mut feature: Value = serde_json::from_slice(&body).unwrap();
    feature["properties"][property] = value;
    Change {
        key: key.clone(),
        expected: Some(Hash::of(&body)),
        body: Some(serde_json::to_vec(&feature).unwrap()),
    }
}

fn rename(record: &Record, key: &Key, name: &str) -> Result<Arc<Snapshot>, RecordError> {
    record.commit(&set(vec![change(record, key, "name", name.into())]))
}

fn name_of(snapshot: &Snapshot, key: &Key) -> String {
    let feature = key.to_string().parse().unwrap();
    snapshot.feature(&feature).unwrap().name.to_string()
}

/// All features of a snapshot with what the engine knows of them.
fn told(snapshot: &Snapshot) -> Vec<String> {
    snapshot
        .collections()
        .iter()
        .flat_map(|collection| {
            collection.features().map(|feature| {
                let mut feature = feature.clone();
                let properties: Value = serde_json::from_str(feature.properties.get()).unwrap();
                // What it says, whatever spaces stand between.
                feature.properties = serde_json::value::to_raw_value(&properties).unwrap();
                format!("{} {feature:?}", collection.info.id)
            })
        })
        .collect()
}

#[test]
fn a_record_holds_the_files_that_it_was_made_of() {
    let built_in = [Files::seeds(None), Files::geodata(None)];
    for [seeds, geodata] in [built_in, district()] {
        let folder = TempDir::new().unwrap();
        let record = Record::open(folder.path(), &seeds, &geodata).unwrap();
        let files = load(&seeds, &geodata).unwrap();
        let kept = record.load(Revision(1)).unwrap();
        // Coordinates in another system are brought to degrees once, and stay.
        for (kept, file) in told(&kept).iter().zip(told(&files)) {
            assert_eq!(*kept, file);
        }
        assert_eq!(told(&kept).len(), told(&files).len());
        assert_eq!(kept.claims.all().count(), files.claims.all().count());
        assert_eq!(record.latest().unwrap(), Revision(1));
        let first = record.info(Revision(1)).unwrap();
        assert_eq!(first.cause, Cause::Seed);
        drop(record);
        // A second start finds it as it is.
        let again = Record::open(folder.path(), &seeds, &geodata).unwrap();
        assert_eq!(again.info(Revision(1)).unwrap(), first);
        assert!(again.offer(&seeds, &geodata).unwrap().is_none());
        assert_eq!(again.verify().unwrap().revision, Revision(1));
    }
}

#[test]
fn a_commit_is_the_next_revision_and_the_one_before_stays() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    let before = told(&record.load(Revision(1)).unwrap());
    let old_name = name_of(&record.load(Revision(1)).unwrap(), &parcel);
    let now = rename(&record, &parcel, "新名地块").unwrap();
    assert_eq!(now.revision, Revision(2));
    assert_eq!(name_of(&now, &parcel), "新名地块");
    assert_eq!(record.latest().unwrap(), Revision(2));
    assert!(told(&record.load(Revision(2)).unwrap()) == told(&now));
    assert!(told(&record.load(Revision(1)).unwrap()) == before);
    assert!(matches!(
        record.load(Revision(3)),
        Err(RecordError::NoRevision(Revision(3)))
    ));
    let [two, one] = &record.revisions(10, 0).unwrap()[..] else {
        panic!("two revisions");
    };
    assert_eq!(
        (two.author.as_str(), two.message.as_str(), two.cause),
        ("测试员", "试改", Cause::Edit)
    );
    assert_eq!(record.revision_at(two.time).unwrap(), Some(Revision(2)));
    let earlier = one.time - jiff::SignedDuration::from_millis(1);
    assert_eq!(record.revision_at(earlier).unwrap(), None);

    let (count, differences) = record
        .differences([Revision(1), Revision(2)], 10, 0)
        .unwrap();
    assert_eq!(count, 1);
    assert_eq!(differences[0].key, parcel);
    let changes = differences[0].properties();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].name, "name");
    assert_eq!(changes[0].before, Some(old_name.clone().into()));
    assert_eq!(changes[0].after, Some("新名地块".into()));
    let (_, backwards) = record
        .differences([Revision(2), Revision(1)], 10, 0)
        .unwrap();
    assert_eq!(backwards[0].properties()[0].after, Some(old_name.into()));

    let reverted = record.revert(Revision(2), "测试员", "撤回").unwrap();
    assert_eq!(reverted.revision, Revision(3));
    assert!(told(&reverted) == before);
    let (count, _) = record
        .differences([Revision(1), Revision(3)], 10, 0)
        .unwrap();
    assert_eq!(count, 0, "there and back is no difference");
    assert_eq!(record.verify().unwrap().revision, Revision(3));
}

#[test]
fn features_come_and_go_in_their_order() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    let body = record.standing(&parcel).unwrap().unwrap();
    let mut feature: Value = serde_json::from_slice(&body).unwrap();
    feature["id"] = "new-parcel".into();
    let new = key("parcels", "new-parcel");
    let change_back = |key: &Key| Change {
        key: key.clone(),
        expected: record.standing(key).unwrap().as_deref().map(Hash::of),
        body: None,
    };
    let ids = |snapshot: &Snapshot| -> Vec<String> {
        let parcels = snapshot.collection("parcels").unwrap().features();
        parcels.map(|parcel| parcel.id.to_string()).collect()
    };
    let first = ids(&record.load(Revision(1)).unwrap());
    let added = record
        .commit(&set(vec![Change {
            key: new.clone(),
            expected: None,
            body: Some(serde_json::to_vec(&feature).unwrap()),
        }]))
        .unwrap();
    let mut expected = first.clone();
    expected.push("new-parcel".into());
    assert_eq!(ids(&added), expected);
    // A changed one stays where it stood.
    assert_eq!(ids(&rename(&record, &parcel, "又一名").unwrap()), expected);
    let gone = record.commit(&set(vec![change_back(&new)])).unwrap();
    assert_eq!(ids(&gone), first);
    assert_eq!(record.standing(&new).unwrap(), None);
    // What is gone can be brought back by taking its removal back.
    assert_eq!(
        ids(&record.revert(Revision(4), "测试员", "撤回").unwrap()),
        expected
    );
    // And stands where it stood.
    record.commit(&set(vec![change_back(&parcel)])).unwrap();
    assert_eq!(
        ids(&record.revert(Revision(6), "测试员", "撤回").unwrap()),
        expected
    );
    assert_eq!(record.verify().unwrap().revision, Revision(7));
}

#[test]
fn a_coordinate_is_kept_to_the_last_digit() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let station = {
        let snapshot = record.load(Revision(1)).unwrap();
        key("transit", &nth(&snapshot, "transit", 0).id)
    };
    let body = record.standing(&station).unwrap().unwrap();
    let mut feature: Value = serde_json::from_slice(&body).unwrap();
    // Of seventeen digits, as programs write them: a third of these used to come back changed.
    for last in 0..40 {
        let place = json!([
            117.000_123_456_789_01 + f64::from(last) * 1.234_567e-7,
            39.0
        ]);
        feature["geometry"]["coordinates"] = place.clone();
        let text = feature.to_string();
        let again: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again["geometry"]["coordinates"], place);
        assert_eq!(again.to_string(), text);
    }
}

#[test]
fn a_record_of_the_version_before_is_brought_up_to_date_and_a_copy_kept() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    rename(&record, &parcel, "甲").unwrap();
    drop(record);
    // Version 1 knew no people.
    let connection = Connection::open(folder.path().join("renewal-map.db")).unwrap();
    connection
        .execute_batch(
            "DROP TABLE shares; DROP TABLE share_secret; DROP TABLE identities; DROP TABLE mappings; DROP TABLE passwords; DROP TABLE sessions; DROP TABLE invitations; DROP TABLE tokens;
             DROP TABLE accounts; DROP TABLE audit; PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(connection);
    // Who merely looks changes nothing under a service that may be running.
    let error = Record::open_existing(folder.path()).unwrap_err();
    assert!(error.text().en.contains("older version"), "{error}");
    let record = open(folder.path());
    assert_eq!(record.verify().unwrap().revision, Revision(2));
    record.put_account("王工", Role::Editor).unwrap();
    assert_eq!(
        rename(&record, &parcel, "乙").unwrap().revision,
        Revision(3)
    );
    let copies: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("renewal-map.db.v1."))
        .collect();
    assert_eq!(copies.len(), 1, "{copies:?}");
    // The copy is a backup like any other, of the version before.
    let elsewhere = TempDir::new().unwrap();
    let (verified, _) = restore(&folder.path().join(&copies[0]), elsewhere.path()).unwrap();
    assert_eq!(verified.revision, Revision(2));
}

#[test]
fn a_backup_takes_the_place_of_what_is_damaged_or_too_new() {
    let source = TempDir::new().unwrap();
    let copy = source.path().join("backup.db");
    open(source.path()).backup(&copy).unwrap();
    let too_new = |file: &Path| {
        fs::copy(&copy, file).unwrap();
        let connection = Connection::open(file).unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
    };
    let garbage = |file: &Path| fs::write(file, "not a database at all. ".repeat(200)).unwrap();
    let only_a_log = |file: &Path| fs::write(file.with_extension("db-wal"), [7; 9000]).unwrap();
    for spoil in [&too_new as &dyn Fn(&Path), &garbage, &only_a_log] {
        let folder = TempDir::new().unwrap();
        spoil(&folder.path().join("renewal-map.db"));
        let before = fs::read(folder.path().join("renewal-map.db")).ok();
        let (verified, kept) = restore(&copy, folder.path()).unwrap();
        assert_eq!(verified.revision, Revision(1));
        assert_eq!(kept.map(|file| fs::read(file).unwrap()), before);
        assert_eq!(open(folder.path()).verify().unwrap().revision, Revision(1));
    }
}

#[test]
fn nothing_is_written_of_what_would_be_wrong() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    let refused = |change: Change, reason: &str| {
        let error = record.commit(&set(vec![change])).unwrap_err();
        let text = error.text();
        assert!(text.en.contains(reason), "{reason}: {text}");
        assert_eq!(record.latest().unwrap(), Revision(1));
    };
    refused(change(&record, &parcel, "kind", "castle".into()), "castle");
    refused(
        change(&record, &parcel, "container", "zones/nowhere".into()),
        "nowhere",
    );
    let project = key("projects", "yunfan-expo");
    refused(
        change(&record, &project, "citations", json!([])),
        "citations",
    );
    let body = record.standing(&parcel).unwrap().unwrap();
    let same = Change {
        key: parcel.clone(),
        expected: Some(Hash::of(&body)),
        body: Some(body.clone()),
    };
    refused(same, "nothing to write");
    let stale = Change {
        key: parcel.clone(),
        expected: Some(Hash::of(b"an older one")),
        body: None,
    };
    let error = record.commit(&set(vec![stale])).unwrap_err();
    let RecordError::Conflict(conflicts) = error else {
        panic!("{error}");
    };
    assert_eq!(conflicts[0].key, parcel);
    assert_eq!(conflicts[0].found, Some(Hash::of(&body)));
    let mut unsigned = set(vec![change(&record, &parcel, "name", "甲".into())]);
    unsigned.author = " ".into();
    assert!(record.commit(&unsigned).is_err());
    // One wrong change lets none of a set through.
    let other = key("parcels", "no-such-parcel");
    let mixed = vec![
        change(&record, &parcel, "name", "甲".into()),
        Change {
            key: other,
            expected: Some(Hash::of(b"")),
            body: None,
        },
    ];
    assert!(record.commit(&set(mixed)).is_err());
    assert_eq!(record.latest().unwrap(), Revision(1));
    assert_eq!(record.standing(&parcel).unwrap().unwrap(), body);
}

#[test]
fn what_was_changed_again_is_not_taken_back_unseen() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    rename(&record, &parcel, "甲").unwrap();
    rename(&record, &parcel, "乙").unwrap();
    let error = record.revert(Revision(2), "测试员", "撤回").unwrap_err();
    assert!(matches!(error, RecordError::Conflict(_)), "{error}");
    assert!(record.revert(Revision(1), "测试员", "撤回").is_err());
    assert!(record.revert(Revision(9), "测试员", "撤回").is_err());
    assert_eq!(record.latest().unwrap(), Revision(3));
}

#[test]
fn of_two_who_change_the_same_one_is_told() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    let body = record.standing(&parcel).unwrap().unwrap();
    let changes: Vec<Change> = ["甲", "乙", "丙", "丁"]
        .map(|name| change(&record, &parcel, "name", name.into()))
        .into();
    assert!(changes.iter().all(|c| c.expected == Some(Hash::of(&body))));
    let done: Vec<bool> = thread::scope(|scope| {
        let writers: Vec<_> = changes
            .into_iter()
            // Each as a process of its own would: with its own connection.
            .map(|change| scope.spawn(|| open(folder.path()).commit(&set(vec![change])).is_ok()))
            .collect();
        writers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    assert_eq!(record.latest().unwrap(), Revision(2));
    assert_eq!(record.verify().unwrap().revision, Revision(2));
}

/// Changes the database behind the record's back.
fn meddle(folder: &Path, sql: &str) {
    let connection = Connection::open(folder.join("renewal-map.db")).unwrap();
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn a_clock_that_was_set_back_does_not_turn_history_round() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let sql = format!(
        "UPDATE revisions SET time_ms = {}",
        tomorrow.as_millisecond()
    );
    meddle(folder.path(), &sql);
    let parcel = a_parcel(&record);
    rename(&record, &parcel, "甲").unwrap();
    let revisions = record.revisions(10, 0).unwrap();
    assert!(revisions[0].time >= revisions[1].time);
    assert_eq!(record.revision_at(tomorrow).unwrap(), Some(Revision(2)));
}

#[test]
fn whatever_is_changed_behind_its_back_shows() {
    for sql in [
        "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), '甲', '乙') AS BLOB)
         WHERE to_revision IS NULL AND CAST(body AS TEXT) LIKE '%甲%'",
        "UPDATE entries SET body = x'00', hash = x'6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'
         WHERE rowid = (SELECT max(rowid) FROM entries)",
        "UPDATE revisions SET author = '别人' WHERE number = 2",
        "UPDATE revisions SET time_ms = time_ms - 1 WHERE number = 1",
        "UPDATE entries SET to_revision = NULL WHERE to_revision = 2 AND rowid NOT IN
           (SELECT o.rowid FROM entries o JOIN entries n USING (shelf, name) WHERE n.from_revision = 2)",
        "DELETE FROM entries WHERE from_revision = 2",
        "UPDATE entries SET place = place + 1000 WHERE from_revision = 2",
        "UPDATE entries SET to_revision = 3 WHERE to_revision = 2",
    ] {
        let folder = TempDir::new().unwrap();
        let record = open(folder.path());
        let parcel = a_parcel(&record);
        let other = {
            let snapshot = record.load(Revision(1)).unwrap();
            let projects = snapshot.collection("projects").unwrap().features();
            key("projects", &projects.last().unwrap().id)
        };
        let gone = Change {
            key: other.clone(),
            expected: record.standing(&other).unwrap().as_deref().map(Hash::of),
            body: None,
        };
        let renamed = change(&record, &parcel, "name", "甲".into());
        record.commit(&set(vec![renamed, gone])).unwrap();
        assert_eq!(record.verify().unwrap().revision, Revision(2));
        meddle(folder.path(), sql);
        let error = record.verify().unwrap_err();
        assert!(matches!(error, RecordError::Damaged(_)), "{sql}: {error}");
    }
}

#[test]
fn what_is_no_record_of_this_program_is_left_alone() {
    let refused = |prepare: &dyn Fn(&Path), reason: &str| {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("renewal-map.db");
        prepare(folder.path());
        let before = fs::read(&file).unwrap();
        let [seeds, geodata] = district();
        let error = Record::open(folder.path(), &seeds, &geodata).unwrap_err();
        assert!(error.text().en.contains(reason), "{reason}: {error}");
        assert_eq!(fs::read(&file).unwrap(), before);
    };
    let newer = |folder: &Path| {
        drop(open(folder));
        let connection = Connection::open(folder.join("renewal-map.db")).unwrap();
        connection
            .pragma_update(None, "journal_mode", "DELETE")
            .unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
    };
    refused(&newer, "made by a newer program");
    let foreign = |folder: &Path| {
        let connection = Connection::open(folder.join("renewal-map.db")).unwrap();
        connection.execute("CREATE TABLE others (a)", []).unwrap();
    };
    refused(&foreign, "of another program");
    let text = |folder: &Path| {
        fs::write(
            folder.join("renewal-map.db"),
            "not a database at all. ".repeat(200),
        )
        .unwrap();
    };
    refused(&text, "damaged");
    let [seeds, geodata] = district();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    assert!(Record::open(&file, &seeds, &geodata).is_err());
    assert!(Record::open_existing(folder.path()).is_err());
}

#[test]
fn a_newer_release_is_offered_and_leaves_what_was_changed_here() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let [seeds, geodata] = district();
    let parcels = record.load(Revision(1)).unwrap();
    let [ours, theirs, both] =
        [0, 1, 2].map(|number| key("parcels", &nth(&parcels, "parcels", number).id));
    rename(&record, &ours, "此处改").unwrap();
    rename(&record, &both, "此处改").unwrap();
    let file = fs::read_to_string(yunze().join("geodata/parcels.geojson")).unwrap();
    let mut file: Value = serde_json::from_str(&file).unwrap();
    for place in [1, 2] {
        file["features"][place]["properties"]["name"] = "新版改".into();
    }
    let newer = geodata.with("parcels.geojson", file.to_string());
    let offer = record.offer(&seeds, &newer).unwrap().unwrap();
    let offered: Vec<_> = offer
        .changes
        .iter()
        .map(|offered| (offered.key.clone(), offered.changed_here))
        .collect();
    assert_eq!(offered, [(theirs.clone(), false), (both.clone(), true)]);
    // Looking at an offer changes nothing.
    assert_eq!(record.latest().unwrap(), Revision(3));
    let taken = record.accept(&offer, "管理员").unwrap().unwrap();
    assert_eq!(taken.revision, Revision(4));
    assert_eq!(record.info(Revision(4)).unwrap().cause, Cause::Release);
    for (key, name) in [(&ours, "此处改"), (&theirs, "新版改"), (&both, "此处改")] {
        assert_eq!(name_of(&taken, key), name);
    }
    assert!(record.offer(&seeds, &newer).unwrap().is_none());
}

#[test]
fn an_offer_tells_what_differs_in_each_feature() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcels = record.load(Revision(1)).unwrap();
    let ids = [0, 1, 2, 3].map(|number| nth(&parcels, "parcels", number).id.to_string());
    rename(&record, &key("parcels", &ids[1]), "此处改").unwrap();
    drop(record);
    let copy = Copy::new();
    let mut told = String::new();
    copy.edit("geodata/parcels.geojson", |file| {
        let features = file["features"].as_array_mut().unwrap();
        told = features[0]["properties"]["name"].to_string();
        features[0]["properties"]["name"] = "新版改".into();
        let east = &mut features[0]["geometry"]["coordinates"][0][1][0];
        *east = json!(east.as_f64().unwrap() + 0.5);
        features[1]["properties"]["name"] = "新版改".into();
        for number in 0..11 {
            features[2]["properties"][format!("more_{number}")] = number.into();
        }
        let mut new = features[3].clone();
        new["id"] = "brand-new".into();
        features.push(new);
    });
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| copy.file(part));
    let output = program(&["record", "update"])
        .args(["--seeds".as_ref(), seeds.as_os_str()])
        .args(["--geodata".as_ref(), geodata.as_os_str()])
        .args(["--data".as_ref(), folder.path().as_os_str()])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], format!("  parcels/{}  改动 (changed)", ids[0]));
    let (name, shape) = if lines[1].contains("name") {
        (1, 2)
    } else {
        (2, 1)
    };
    assert_eq!(lines[name], format!("      name  {told} → \"新版改\""));
    let drawn = lines[shape].strip_prefix("      图形 (geometry)  ");
    let (before, after) = drawn.unwrap().split_once(" → ").unwrap();
    assert!(before.starts_with('…') && before != after, "{said}");
    assert!(
        lines[3].contains(&ids[1]) && lines[3].contains("此处改过"),
        "{said}"
    );
    assert_eq!(lines[4], "      name  \"此处改\" → \"新版改\"");
    assert_eq!(lines[5], format!("  parcels/{}  改动 (changed)", ids[2]));
    for number in 0..8 {
        assert_eq!(
            lines[6 + number],
            format!("      more_{number}  无 (none) → {number}")
        );
    }
    assert_eq!(lines[14], "      …另有 3 项 (and 3 more)");
    assert_eq!(lines[15], "  parcels/brand-new  新增 (new)");
    assert!(lines[16].contains("共 4 处") && lines.len() == 17, "{said}");
}

/// Tells others to end when it does.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_backup_by_another_process_under_load_is_one_revision() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    record.put_account("王工", Role::Editor).unwrap();
    let (_, token) = grant(&record, "王工", "", 1).unwrap();
    let parcel = a_parcel(&record);
    let data = folder.path().to_str().unwrap();
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| yunze().join(part));
    let server = Server::start_with(&[
        "--seeds",
        seeds.to_str().unwrap(),
        "--geodata",
        geodata.to_str().unwrap(),
        "--data",
        data,
    ]);
    let path = format!("/collections/parcels/items/{}", parcel.name);
    let bearer = format!("Bearer {}", token.reveal());
    let edit = |number: usize| {
        let version = server.get(&path).header("etag").to_owned();
        let headers = [("authorization", &*bearer), ("if-match", &*version)];
        let patch = json!({ "properties": { "name": format!("地块{number}") } }).to_string();
        let answer = server.send("PATCH", &path, &headers, patch).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let done = AtomicBool::new(false);
    let copies: Vec<_> = (0..4)
        .map(|turn| folder.path().join(format!("copy-{turn}")))
        .collect();
    // Each with the revisions that were current before and after it was made.
    let spans: Vec<(u64, u64)> = thread::scope(|scope| {
        let _ends = Ends(&done);
        let writer = scope.spawn(|| {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                number += 1;
                edit(number);
            }
        });
        let latest = || record.latest().unwrap().0;
        let spans = copies.iter().map(|copy| {
            let before = latest();
            while latest() < before + 2 {
                assert!(!writer.is_finished(), "an edit failed");
                thread::yield_now();
            }
            let before = latest();
            let args = ["record", "backup", copy.to_str().unwrap(), "--data", data];
            let output = program(&args).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{told}");
            (before, latest())
        });
        spans.collect()
    });
    for (copy, (before, after)) in copies.iter().zip(&spans) {
        let elsewhere = TempDir::new().unwrap();
        let (verified, _) = restore(copy, elsewhere.path()).unwrap();
        let revision = verified.revision;
        assert!(
            (*before..=*after).contains(&revision.0),
            "{revision} of {spans:?}"
        );
        let restored = Record::open_existing(elsewhere.path()).unwrap();
        assert_eq!(restored.latest().unwrap(), revision);
        let [restored, original] =
            [&restored, &record].map(|record| told(&record.load(revision).unwrap()));
        assert!(restored == original, "{revision}");
    }
    assert!(
        spans.iter().any(|(before, after)| before < after),
        "nobody wrote: {spans:?}"
    );
}

#[test]
fn a_backup_under_load_is_one_revision_and_comes_back() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    let copy = folder.path().join("backup.db");
    let done = AtomicBool::new(false);
    let committed = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut revision = Revision(1);
            while !done.load(Ordering::Relaxed) {
                let name = format!("地块{}", revision.0);
                revision = rename(&record, &parcel, &name).unwrap().revision;
            }
            revision
        });
        while record.latest().unwrap() < Revision(4) {
            thread::yield_now();
        }
        record.backup(&copy).unwrap();
        done.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    let refused = record.backup(&copy).unwrap_err();
    assert!(refused.text().en.contains("exists already"), "{refused}");

    let elsewhere = TempDir::new().unwrap();
    let (verified, kept) = restore(&copy, elsewhere.path()).unwrap();
    assert_eq!(kept, None);
    let log = Record::open_existing(elsewhere.path()).unwrap();
    let (_, last) = log.audited(1, None, None).unwrap().remove(0);
    assert_eq!(
        [&*last.account, &*last.action, &*last.detail],
        ["command line", "restore", "backup.db"]
    );
    drop(log);
    assert!(
        (4..=committed.0).contains(&verified.revision.0),
        "{verified:?}"
    );
    let restored = Record::open_existing(elsewhere.path()).unwrap();
    let [restored, original] =
        [&restored, &record].map(|record| told(&record.load(verified.revision).unwrap()));
    assert!(restored == original);

    // In use; then over a record, which is kept.
    let error = restore(&copy, folder.path()).unwrap_err();
    assert!(error.text().en.contains("in use"), "{error}");
    drop(record);
    let (_, kept) = restore(&copy, folder.path()).unwrap();
    assert!(kept.unwrap().is_file());
    assert_eq!(open(folder.path()).latest().unwrap(), verified.revision);
    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xff);
    let damaged = folder.path().join("damaged.db");
    fs::write(&damaged, &bytes[..]).unwrap();
    assert!(restore(&damaged, folder.path()).is_err());
    fs::write(&damaged, &bytes[..4096]).unwrap();
    assert!(restore(&damaged, folder.path()).is_err());
    assert_eq!(open(folder.path()).latest().unwrap(), verified.revision);
    assert!(!folder.path().join("renewal-map.db.new").exists());
}

const FILE: &str = "renewal-map.db";
const LOG: &str = "renewal-map.db-wal";

/// A backup of a first revision, and what a killed service left of the record with three: the last of
/// them are in its log only.
fn a_backup_and_what_was_left() -> TempDir {
    let [folder, used] = [(); 2].map(|()| TempDir::new().unwrap());
    let record = open(used.path());
    record.backup(&folder.path().join("backup.db")).unwrap();
    let parcel = a_parcel(&record);
    for name in ["甲", "乙"] {
        rename(&record, &parcel, name).unwrap();
    }
    for name in [FILE, LOG] {
        fs::copy(used.path().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// Copies a record with its log.
fn copy_record(from: &Path, to: &Path) {
    let log = |file: &Path| format!("{}-wal", file.display());
    fs::copy(from, to).unwrap();
    fs::copy(log(from), log(to)).unwrap();
}

fn latest_in(folder: &Path) -> Revision {
    Record::open_existing(folder).unwrap().latest().unwrap()
}

#[test]
fn a_restore_that_is_interrupted_leaves_the_old_record_or_the_new_one() {
    let left = a_backup_and_what_was_left();
    let backup = left.path().join("backup.db");
    let without_log = TempDir::new().unwrap();
    fs::copy(left.path().join(FILE), without_log.path().join(FILE)).unwrap();
    let known = Record::open_existing(without_log.path()).unwrap().latest();
    assert!(!matches!(known, Ok(Revision(3))), "the log counts");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let aside = "renewal-map.db.20231114T221320000Z";
    // By who opens what stands, and by who would make a new record.
    let ways = [latest_in, |folder: &Path| open(folder).latest().unwrap()];
    for (steps, look) in (0..5).flat_map(|steps| ways.map(|way| (steps, way))) {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        copy_record(&left.path().join(FILE), &at(FILE));
        if steps == 0 {
            fs::write(at("renewal-map.db.new"), "half of a copy").unwrap();
            assert_eq!(look(folder.path()), Revision(3));
            continue;
        }
        // As far as it had come: what was restored is there whole, …
        fs::copy(&backup, at("renewal-map.db.restored")).unwrap();
        let restored = fs::File::options()
            .write(true)
            .open(at("renewal-map.db.restored"));
        restored.unwrap().set_modified(time).unwrap();
        // … what stood there is kept, its log with it, …
        if steps > 1 {
            fs::hard_link(at(FILE), at(aside)).unwrap();
        }
        if steps > 2 {
            fs::rename(at(LOG), at(&format!("{aside}-wal"))).unwrap();
        }
        // … and the other is in its place.
        if steps > 3 {
            fs::rename(at("renewal-map.db.restored"), at(FILE)).unwrap();
        }
        assert_eq!(look(folder.path()), Revision(1), "{steps}");
        assert!(!at("renewal-map.db.restored").exists());
        let kept = TempDir::new().unwrap();
        copy_record(&at(aside), &kept.path().join(FILE));
        assert_eq!(latest_in(kept.path()), Revision(3), "{steps}");
    }
}

#[test]
fn who_ends_an_interrupted_restore_is_told_where_the_first_record_is() {
    let left = a_backup_and_what_was_left();
    let backup = left.path().join("backup.db");
    let damaged = left.path().join("damaged.db");
    fs::write(&damaged, "no record").unwrap();
    let restore = |file: &Path| ["record", "restore", file.to_str().unwrap()].map(str::to_owned);
    let look = ["record", "log"].map(str::to_owned);
    let ways: [(Vec<String>, bool); 3] = [
        (look.to_vec(), true),
        (restore(&backup).to_vec(), true),
        (restore(&damaged).to_vec(), false),
    ];
    for (args, succeeds) in ways {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        copy_record(&left.path().join(FILE), &at(FILE));
        fs::copy(&backup, at("renewal-map.db.restored")).unwrap();
        let told = || {
            let mut command = program(&[]);
            command.args(&args).arg("--data").arg(folder.path());
            let output = command.output().unwrap();
            assert_eq!(output.status.success(), succeeds, "{args:?}");
            [output.stdout, output.stderr].map(|words| String::from_utf8(words).unwrap())
        };
        let [_, warned] = told();
        let words = warned
            .lines()
            .find(|line| line.contains("interrupted restore"));
        let words = words.unwrap_or_else(|| panic!("{args:?}: {warned}"));
        let name = words.split("renewal-map.db.").nth(1).unwrap();
        let name = name.split_whitespace().next().unwrap();
        let kept = TempDir::new().unwrap();
        copy_record(
            &at(&format!("renewal-map.db.{name}")),
            &kept.path().join(FILE),
        );
        assert_eq!(latest_in(kept.path()), Revision(3), "{args:?}");
        // Once is enough.
        assert!(!told()[1].contains("interrupted"), "{args:?}");
    }
}

#[test]
fn a_killed_restore_loses_nothing() {
    let kills = if in_full() { 100 } else { 6 };
    let left = a_backup_and_what_was_left();
    let backup = left.path().join("backup.db");
    let mut rng = StdRng::seed_from_u64(20_261_123);
    let restoring = |folder: &Path| {
        let mut command = program(&["record", "restore", backup.to_str().unwrap()]);
        command.args(["--data", folder.to_str().unwrap()]);
        command
    };
    let folder = TempDir::new().unwrap();
    let begun = Instant::now();
    assert!(restoring(folder.path()).output().unwrap().status.success());
    let whole = begun.elapsed();
    let mut found = [0; 2];
    for _ in 0..kills {
        let folder = TempDir::new().unwrap();
        copy_record(&left.path().join(FILE), &folder.path().join(FILE));
        let mut child = restoring(folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole.mul_f64(rng.random_range(0.0..1.2)));
        child.kill().unwrap();
        child.wait().unwrap();
        let latest = latest_in(folder.path());
        if latest == Revision(3) {
            found[0] += 1;
            continue;
        }
        assert_eq!(latest, Revision(1));
        found[1] += 1;
        let names = fs::read_dir(folder.path()).unwrap();
        let aside = names.map(|entry| entry.unwrap().path()).find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("renewal-map.db.2") && name.ends_with('Z')
        });
        let kept = TempDir::new().unwrap();
        copy_record(&aside.unwrap(), &kept.path().join(FILE));
        assert_eq!(latest_in(kept.path()), Revision(3));
    }
    println!(
        "of {kills} killed restores {} had not begun to count",
        found[0]
    );
}

#[test]
fn what_comes_too_late_is_not_written() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let parcel = a_parcel(&record);
    let renamed = set(vec![change(&record, &parcel, "name", "甲".into())]);
    let asked = AtomicBool::new(false);
    let over = |_| !asked.swap(true, Ordering::Relaxed);
    let refused = record.commit_unless(&renamed, over);
    assert!(matches!(refused, Err(RecordError::Over)));
    assert_eq!(record.latest().unwrap(), Revision(1));
    // It is asked last when all else holds: what is refused anyway is refused for its own reason.
    let wrong = set(vec![change(&record, &parcel, "kind", "castle".into())]);
    let refused = record.commit_unless(&wrong, |now| now == Concluding::Committing);
    assert!(matches!(refused, Err(RecordError::Data(_))));
    assert_eq!(
        record.commit_unless(&renamed, over).unwrap().revision,
        Revision(2)
    );
    let refused = record.revert_unless(Revision(2), "测试员", "撤回", |_| true);
    assert!(matches!(refused, Err(RecordError::Over)));
    assert_eq!(record.latest().unwrap(), Revision(2));
    let reverted = record.revert_unless(Revision(2), "测试员", "撤回", |_| false);
    assert_eq!(reverted.unwrap().revision, Revision(3));
}

/// Runs `compile` on a record: its exit code, and all that it said.
fn compile(folder: &Path, options: &[&str]) -> (Option<i32>, String) {
    let output = program(&["compile", "--data", folder.to_str().unwrap()])
        .args(options)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn zones_of_a_record_are_compiled_as_a_revision_that_somebody_signs() {
    let folder = TempDir::new().unwrap();
    let record = open(folder.path());
    let (code, said) = compile(folder.path(), &["--check"]);
    assert_eq!(code, Some(0), "{said}");
    // All streets are corrected by some 50 m.
    let snapshot = record.load(Revision(1)).unwrap();
    let streets = snapshot.collection("streets").unwrap().features();
    let changes = streets.map(|street| {
        let key = key("streets", &street.id);
        let body = record.standing(&key).unwrap().unwrap();
        let mut feature: Value = serde_json::from_slice(&body).unwrap();
        shift(&mut feature["geometry"]["coordinates"], 0.0005);
        Change {
            key,
            expected: Some(Hash::of(&body)),
            body: Some(serde_json::to_vec(&feature).unwrap()),
        }
    });
    record.commit(&set(changes.collect())).unwrap();

    let (code, said) = compile(folder.path(), &["--check"]);
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = compile(folder.path(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("--author"), "{said}");
    assert_eq!(record.latest().unwrap(), Revision(2), "nobody signed");
    let (code, said) = compile(folder.path(), &["--author", "王工"]);
    assert_eq!(code, Some(0), "{said}");
    let info = record.info(Revision(3)).unwrap();
    assert_eq!((info.author.as_str(), info.cause), ("王工", Cause::Compile));
    let (count, differences) = record
        .differences([Revision(2), Revision(3)], 100, 0)
        .unwrap();
    assert!(count > 0);
    for difference in differences {
        assert_eq!(&*difference.key.shelf, "zones");
        let changed = difference.properties();
        let names: Vec<&str> = changed.iter().map(|one| one.name.as_str()).collect();
        assert!(names.contains(&"geometry"), "{names:?}");
        let written = ["geometry", "sides", "accuracy_m"];
        assert!(names.iter().all(|name| written.contains(name)), "{names:?}");
    }
    let (code, said) = compile(folder.path(), &["--check"]);
    assert_eq!(code, Some(0), "{said}");
}

fn shift(coordinates: &mut Value, by: f64) {
    match coordinates.as_array_mut() {
        Some(items) => items.iter_mut().for_each(|item| shift(item, by)),
        None => *coordinates = (coordinates.as_f64().unwrap() + by).into(),
    }
}
