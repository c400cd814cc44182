//! Collections that only some see, and who looks: accounts, sessions, and what is written down.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use renewal_map::{
    model::Revision,
    people::{Secret, administrator_link},
    store::record::{AuditEntry, Counted, LetIn, Record, RecordError},
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    hidden::{HIDDEN, House, district, name_of, options, people, secrets, told},
    loading::Copy,
    support::{Answer, Server, program},
};

const VIEWERS: [Option<&str>; 4] = [None, Some("reader"), Some("editor"), Some("administrator")];

#[test]
fn a_hidden_collection_is_as_one_that_does_not_exist() {
    let house = House::open();
    for viewer in VIEWERS {
        let words = secrets(viewer);
        for (id, _, names) in HIDDEN {
            let hidden = words.contains(&id);
            for path in [
                "",
                "/items",
                "/schema",
                "/tiles",
                "/items/FEATURE",
                "/items?q=x",
            ] {
                let address = |collection: &str| {
                    format!(
                        "/collections/{collection}{}",
                        path.replace("FEATURE", names[1])
                    )
                };
                let answer = house.get(viewer, &address(id));
                if !hidden {
                    assert_eq!(answer.status, 200, "{viewer:?} {id}{path}");
                    continue;
                }
                // The same words but for the name that was asked for.
                let none = house.get(viewer, &address("nowhere"));
                assert_eq!(answer.status, 404);
                assert_eq!(answer.text().replace(id, "nowhere"), none.text());
            }
        }
        let list = house.get(viewer, "/collections").json();
        let ids: Vec<&str> = list["collections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|collection| collection["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), 10 - words.len() / 6, "{viewer:?}: {ids:?}");
        // What is claimed of them, and the passages of documents on which they rest.
        for path in ["/claims?limit=1000", "/documents/arrangement-2025"] {
            let answer = house.get(viewer, path);
            assert_eq!(told(&answer, &words), None, "{viewer:?} {path}");
            let seen = HIDDEN.into_iter().filter(|(id, ..)| !words.contains(id));
            for (_, _, names) in seen {
                assert_eq!(
                    told(&answer, &names[1..2]),
                    Some(names[1]),
                    "{viewer:?} {path}"
                );
            }
        }
        // Sums count what is seen.
        let query = json!({
            "area": { "feature": "zones/yunfan" },
            "collections": ids.iter().filter(|id| HIDDEN.iter().any(|(h, ..)| h == *id)).collect::<Vec<_>>(),
        });
        let answer = house.send("POST", viewer, "/areas/query", &[], &query.to_string());
        if viewer.is_some() {
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(
                answer.json()["results"].as_array().unwrap().len(),
                3 - words.len() / 6
            );
        }
    }
}

#[test]
fn answers_of_one_viewer_are_no_other_viewers() {
    let house = House::open();
    let mut tags: Vec<String> = Vec::new();
    for viewer in VIEWERS {
        let answer = house.get(viewer, "/collections");
        let tag = answer.header("etag").to_owned();
        assert!(!tags.contains(&tag), "{viewer:?}");
        let vary = answer.header("vary").to_owned();
        assert!(
            vary.contains("authorization") && vary.contains("cookie"),
            "{vary}"
        );
        assert_eq!(
            answer.header("cache-control").contains("private"),
            viewer.is_some()
        );
        // Who learns another's tag learns nothing by it.
        for other in &tags {
            let answer = house.send(
                "GET",
                viewer,
                "/collections",
                &[("if-none-match", other)],
                "",
            );
            assert_eq!(answer.status, 200, "{viewer:?}");
        }
        let answer = house.send(
            "GET",
            viewer,
            "/collections",
            &[("if-none-match", &tag)],
            "",
        );
        assert_eq!(answer.status, 304);
        tags.push(tag);
    }
}

#[test]
fn what_becomes_of_an_import_is_kept_by_nobody() {
    let house = House::open();
    let path = "/imports?into=parcels&name=p.geojson";
    let file = json!({ "type": "FeatureCollection", "features": [] }).to_string();
    let answer = house.send("POST", Some("editor"), path, &[], &file);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let place = answer.header("location").to_owned();
    let path = &place[place.find("/imports/").unwrap()..];
    let answer = house.send("GET", Some("editor"), path, &[("if-none-match", "*")], "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("etag"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn who_tries_tokens_pushes_no_failed_sign_in_out_of_the_log_and_is_counted() {
    let house = House::open();
    let record = Record::open_existing(house.data.path()).unwrap();
    let start = Timestamp::UNIX_EPOCH;
    let tried = |action: &str, second: i64| AuditEntry {
        time: start + SignedDuration::from_secs(second),
        ..AuditEntry::now("", action, "x")
    };
    let tries = |seconds: std::ops::Range<i64>| -> Vec<AuditEntry> {
        seconds
            .map(|second| tried("unknown token", second))
            .collect()
    };
    record.audit_all(&[tried("failed sign in", 0)]).unwrap();
    record.audit_all(&tries(0..10_000)).unwrap();
    let kept = || record.audited(40_000, None, Some("")).unwrap();
    assert_eq!(kept().len(), 10_001);
    record.audit_all(&tries(10_000..10_050)).unwrap();
    record.audit_all(&tries(10_050..12_000)).unwrap();
    // In the order of time: the failed sign-in, those that are counted, and the latest.
    let mut log: Vec<AuditEntry> = kept().into_iter().map(|(_, entry)| entry).collect();
    log.reverse();
    assert_eq!(log[0].action, "failed sign in");
    assert_eq!(log[1].action, "counted");
    assert_eq!(
        log[1].detail,
        "unknown token: 1050, from 1970-01-01T00:00:00Z to 1970-01-01T00:17:29Z"
    );
    assert_eq!(
        log[2].detail,
        "unknown token: 1950, from 1970-01-01T00:17:30Z to 1970-01-01T00:49:59Z"
    );
    assert_eq!(log[3..], tries(3_000..12_000));
}

#[test]
fn who_tries_tokens_for_ever_fills_no_disk_and_every_try_counts() {
    let house = House::open();
    let record = Record::open_existing(house.data.path()).unwrap();
    let at = |second: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    // Two each second, beyond those that are kept one by one.
    let tries = |action: &str, seconds: std::ops::Range<i64>| -> Vec<AuditEntry> {
        let two = |second| Counted::one(at(second)).and(Counted::one(at(second)));
        seconds.map(|second| two(second).entry(action)).collect()
    };
    record.audit_all(&tries("failed sign in", 0..3)).unwrap();
    record
        .audit_all(&tries("unknown token", 0..10_000))
        .unwrap();
    let kept = || {
        let mut log = record.audited(40_000, None, Some("")).unwrap();
        log.reverse();
        log.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>()
    };
    assert_eq!(kept().len(), 10_003);
    record
        .audit_all(&tries("unknown token", 10_000..10_050))
        .unwrap();
    record
        .audit_all(&tries("unknown token", 10_050..12_000))
        .unwrap();
    let log = kept();
    assert_eq!(log[..3], tries("failed sign in", 0..3));
    // What was added up is added up again.
    assert_eq!(
        (&*log[3].action, &*log[3].detail),
        (
            "counted",
            "unknown token: 6000, from 1970-01-01T00:00:00Z to 1970-01-01T00:49:59Z"
        )
    );
    assert_eq!(log[4..], tries("unknown token", 3_000..12_000));
    // Those that come one by one are counted first, and then their counts.
    let singles: Vec<AuditEntry> = (12_000..22_001)
        .map(|second| AuditEntry {
            time: at(second),
            ..AuditEntry::now("", "unknown token", "x")
        })
        .collect();
    record
        .audit_all(&tries("unknown token", 12_000..12_999))
        .unwrap();
    assert_eq!(kept().len(), 10_003);
    record.audit_all(&singles).unwrap();
    let log = kept();
    assert_eq!(log.len(), 3 + 1 + 9_000 + 9_000);
    assert_eq!(
        log[3].detail,
        "unknown token: 8000, from 1970-01-01T00:00:00Z to 1970-01-01T01:06:39Z"
    );
    assert_eq!(
        log[9_003].detail,
        "unknown token: 1001, from 1970-01-01T03:20:00Z to 1970-01-01T03:36:40Z"
    );
    assert_eq!(log[9_004..], singles[1_001..]);
}

#[test]
fn what_was_refused_last_is_written_down_as_the_service_ends() {
    let house = House::open();
    for turn in 0..3 {
        sign_in(&house.server, &format!("谁-{turn}"), "a wrong password");
        house
            .server
            .get_with("/collections", &[("authorization", "Bearer rmap_none")]);
    }
    let House { server, data, .. } = house;
    assert!(server.end().success());
    let record = Record::open_existing(data.path()).unwrap();
    let log = record.audited(100, None, Some("")).unwrap();
    let count = |action: &str| {
        log.iter()
            .filter(|(_, entry)| entry.action == action)
            .count()
    };
    assert_eq!((count("failed sign in"), count("unknown token")), (3, 3));
}

#[test]
fn a_log_that_takes_nothing_at_the_end_is_told_and_no_failure() {
    let (copy, data) = (district(), tempfile::TempDir::new().unwrap());
    let words = data.path().join("words");
    let mut command = program(&["serve", "--listen", "127.0.0.1:0"]);
    command.args(options(&copy, data.path()));
    let server = Server::run(command.stderr(fs::File::create(&words).unwrap()));
    let database = Connection::open(data.path().join("renewal-map.db")).unwrap();
    let trigger = "CREATE TRIGGER no_log BEFORE INSERT ON audit
         BEGIN SELECT RAISE(ABORT, 'the log takes nothing'); END";
    database.execute_batch(trigger).unwrap();
    server.get_with("/collections", &[("authorization", "Bearer rmap_none")]);
    assert!(server.end().success());
    let words = fs::read_to_string(&words).unwrap();
    let last = words.lines().last().unwrap();
    for part in [
        "was not written down",
        "没有记入库中",
        "the log takes nothing",
    ] {
        assert!(last.contains(part), "{words}");
    }
}

#[test]
fn what_is_in_mind_is_written_down_though_the_latest_data_can_not_be_served() {
    let house = House::open();
    let record = Record::open_existing(house.data.path()).unwrap();
    let secret = Secret::random().unwrap();
    let expires = Timestamp::now() + SignedDuration::from_hours(1);
    let opened = record.open_session(name_of("editor"), LetIn::Provider, secret.hash(), expires);
    assert!(opened.unwrap());
    // A newer program has committed what this one does not know, and the session was used an hour ago.
    let database = Connection::open(house.data.path().join("renewal-map.db")).unwrap();
    database
        .execute_batch(
            r#"BEGIN IMMEDIATE;
             UPDATE sessions SET seen_ms = seen_ms - 3600000;
             INSERT INTO revisions SELECT 2, time_ms, author, message, cause, hash FROM revisions;
             UPDATE entries SET to_revision = 2 WHERE shelf = 'parcels' AND name = 'a1-01';
             INSERT INTO entries SELECT shelf, name, 2, NULL, place, hash,
                     CAST(replace(CAST(body AS TEXT), '"parcel"', '"castle"') AS BLOB)
                 FROM entries WHERE shelf = 'parcels' AND name = 'a1-01';
             COMMIT"#,
        )
        .unwrap();
    assert!(matches!(
        record.load(Revision(2)),
        Err(RecordError::Data(_))
    ));
    let cookie = format!("renewal_map_session={}", secret.reveal());
    let refused = sign_in(&house.server, "谁", "a wrong password");
    assert_eq!(refused.status, 401, "{}", refused.text());
    let session = house.server.get_with("/session", &[("cookie", &cookie)]);
    assert_eq!(session.json()["name"], name_of("editor"));
    let until = Instant::now() + Duration::from_secs(10);
    let idle = Timestamp::now() - SignedDuration::from_mins(30);
    loop {
        let log = record.audited(10, None, Some("")).unwrap();
        let is_told = log
            .iter()
            .any(|(_, entry)| entry.action == "failed sign in");
        if is_told && record.session(secret.hash(), idle).unwrap().is_some() {
            break;
        }
        assert!(Instant::now() < until, "{log:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn no_account_is_changed_without_an_entry_in_the_log() {
    let house = House::open();
    let at = house.data.path();
    let meddle = |sql: &str| {
        let database = Connection::open(at.join("renewal-map.db")).unwrap();
        database.execute_batch(sql).unwrap();
    };
    let list = || people(at, &["list"]);
    let links = || {
        let database = Connection::open(at.join("renewal-map.db")).unwrap();
        let select = "SELECT group_concat(hex(hash)) FROM invitations ORDER BY hash";
        database
            .query_row(select, [], |row| row.get::<_, Option<String>>(0))
            .unwrap()
    };
    people(at, &["invite", name_of("reader"), "--role", "reader"]);
    let before = (list(), links());
    meddle(
        "CREATE TRIGGER no_log BEFORE INSERT ON audit WHEN NEW.account = 'command line'
         BEGIN SELECT RAISE(ABORT, 'the log takes nothing'); END",
    );
    let changes: [&[&str]; 6] = [
        &["add", "新人", "--role", "editor"],
        &["add", name_of("reader"), "--role", "administrator"],
        &["password", name_of("reader")],
        &["close", name_of("reader")],
        &["token", name_of("reader")],
        &["revoke", "1"],
    ];
    let run = |args: &[&str]| {
        let command = &mut program(&["people", "--data", at.to_str().unwrap()]);
        let output = command.args(args).output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    for args in changes {
        assert_eq!(run(args), (false, String::new()), "{args:?}");
        assert_eq!((list(), links()), before, "{args:?}");
    }
    meddle("DROP TRIGGER no_log");
    for (args, action) in changes
        .iter()
        .zip(["account", "account", "invite", "close"])
    {
        assert!(run(args).0, "{args:?}");
        let record = Record::open_existing(at).unwrap();
        let (_, last) = record.audited(1, None, None).unwrap().remove(0);
        assert_eq!((&*last.account, &*last.action), ("command line", action));
        assert!(last.detail.contains(args[1]), "{}", last.detail);
    }
}

#[test]
fn history_tells_nobody_of_what_is_hidden_from_them() {
    let house = House::open();
    let change = |path: &str, role: &str, message: &str, body: Value| {
        let version = house.get(Some(role), path).header("etag").to_owned();
        let path = format!("{path}?message={message}");
        house.send(
            "PATCH",
            Some(role),
            &path,
            &[("if-match", &version)],
            &body.to_string(),
        )
    };
    let survey = "/collections/surveys/items/survey-qk3";
    let reserve = "/collections/reserves/items/reserve-wt9";
    let parcel = "/collections/parcels/items/a1-01";
    let named = |name: &str| json!({ "properties": { "name_en": name } });
    assert_eq!(
        change(survey, "editor", "on-survey-qk3", named("Moved")).status,
        200
    );
    assert_eq!(
        change(reserve, "administrator", "on-reserve-wt9", named("Sold")).status,
        200
    );
    assert_eq!(
        change(parcel, "editor", "on-a-parcel", named("Tower")).status,
        200
    );
    // An editor can't change what they don't see, nor learn that it is there.
    let version = house
        .get(Some("administrator"), reserve)
        .header("etag")
        .to_owned();
    let headers = [("if-match", version.as_str())];
    for method in ["PATCH", "DELETE"] {
        let answer = house.send(method, Some("editor"), reserve, &headers, "{}");
        assert_eq!(answer.status, 404, "{}", answer.text());
    }
    let body =
        json!({ "type": "Feature", "id": "reserve-wt9", "geometry": null, "properties": {} });
    let items = "/collections/reserves/items";
    let answer = house.send("POST", Some("editor"), items, &[], &body.to_string());
    assert_eq!(answer.status, 404);
    // A name that is hidden answers as one that is none.
    let at = |target: &str| {
        let container = json!({ "properties": { "placed_in": [target] } });
        let answer = change(parcel, "editor", "x", container);
        assert_eq!(answer.status, 422, "{}", answer.text());
        answer.text().replace(target, "TARGET")
    };
    assert_eq!(at("reserves/reserve-wt9"), at("reserves/no-such"));

    for (viewer, revisions) in [
        (None, vec![4, 1]),
        (Some("reader"), vec![4, 1]),
        (Some("editor"), vec![4, 2, 1]),
        (Some("administrator"), vec![4, 3, 2, 1]),
    ] {
        let words = secrets(viewer);
        let list = house.get(viewer, "/revisions").json();
        let numbers: Vec<u64> = list["revisions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|info| info["revision"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, revisions, "{viewer:?}");
        assert_eq!(list["numberMatched"], revisions.len());
        for path in [
            "/revisions",
            "/revisions?f=atom",
            "/revisions/1...4",
            "/revisions/4...1",
        ] {
            let answer = house.get(viewer, path);
            assert_eq!(answer.status, 200);
            assert_eq!(told(&answer, &words), None, "{viewer:?} {path}");
        }
        for number in 1..=4 {
            let status = if revisions.contains(&number) {
                200
            } else {
                404
            };
            let answer = house.get(viewer, &format!("/revisions/{number}"));
            assert_eq!(answer.status, status, "{viewer:?} {number}");
        }
        let differences = house.get(viewer, "/revisions/1...4").json();
        assert_eq!(differences["numberMatched"], revisions.len() - 1);
    }
    // Taking back what one does not see is taking back nothing.
    let revert = json!({ "revert": 3, "message": "back" }).to_string();
    assert_eq!(
        house
            .send("POST", Some("editor"), "/revisions", &[], &revert)
            .status,
        404
    );
    assert_eq!(
        house
            .send("POST", Some("administrator"), "/revisions", &[], &revert)
            .status,
        201
    );
}

/// Brings the files of the house into its record, as the next release.
fn update(house: &House) {
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| house.copy.file(part));
    let output = program(&[
        "record",
        "update",
        "--accept",
        "--author",
        "王工",
        "--seeds",
        seeds.to_str().unwrap(),
        "--geodata",
        geodata.to_str().unwrap(),
        "--data",
        house.data.path().to_str().unwrap(),
    ])
    .output()
    .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn what_is_hidden_later_has_no_past() {
    let house = House::open();
    let parcel = "/collections/parcels/items/a1-01?revision=1";
    assert_eq!(house.get(None, parcel).status, 200);
    // The next release of the data hides the parcels.
    house.copy.edit("geodata/collections.json", |catalogue| {
        catalogue["collections"][1]["readers"] = "editor".into();
    });
    update(&house);
    let started = std::time::Instant::now();
    while house.get(None, "/collections/parcels").status == 200 {
        assert!(started.elapsed().as_secs() < 60, "it never took effect");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for viewer in VIEWERS {
        let sees = matches!(viewer, Some("editor" | "administrator"));
        let status = if sees { 200 } else { 404 };
        assert_eq!(house.get(viewer, parcel).status, status, "{viewer:?}");
    }
    // What is drafted as long as they are hidden stays so when they are opened.
    let path = "/collections/parcels/items/a1-01";
    let version = house.get(Some("editor"), path).header("etag").to_owned();
    let answer = house.send(
        "PATCH",
        Some("editor"),
        &format!("{path}?message=draft"),
        &[("if-match", &version)],
        &json!({ "properties": { "name_en": "Drafted Court" } }).to_string(),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    // Who sees what is for administrators to decide, and so to take back.
    let revert = json!({ "revert": 2, "message": "back" }).to_string();
    for (role, status) in [("editor", 403), ("administrator", 201)] {
        assert_eq!(house.get(None, path).status, 404);
        let answer = house.send("POST", Some(role), "/revisions", &[], &revert);
        assert_eq!(answer.status, status, "{role}: {}", answer.text());
    }
    assert_eq!(house.get(None, path).status, 200);
    let history = format!("{path}/revisions");
    for (viewer, status) in [(None, 404), (Some("editor"), 200)] {
        for asked in ["/revisions/3", &format!("{path}?revision=3")] {
            assert_eq!(
                house.get(viewer, asked).status,
                status,
                "{viewer:?} {asked}"
            );
        }
        for asked in [
            "/revisions",
            "/revisions/2...4",
            "/revisions/1...3",
            &history,
        ] {
            let answer = house.get(viewer, asked);
            assert_eq!(answer.status, 200, "{viewer:?} {asked}");
            let tells = told(&answer, &["draft", "Drafted Court"]).is_some();
            assert_eq!(tells, status == 200, "{viewer:?} {asked}");
        }
    }
}

#[test]
fn a_collection_that_is_there_no_more_has_a_past_for_administrators() {
    let house = House::open();
    house.copy.edit("seeds/claims.json", |claims| {
        claims.as_array_mut().unwrap().remove(0);
    });
    let listed = |change: &dyn Fn(&mut Vec<Value>)| {
        house.copy.edit("geodata/collections.json", |catalogue| {
            change(catalogue["collections"].as_array_mut().unwrap());
        });
        update(&house);
    };
    let is_leases = |collection: &Value| collection["id"] == "leases";
    listed(&|all| {
        let leases = all.iter_mut().find(|other| is_leases(other)).unwrap();
        leases["readers"] = Value::Null;
    });
    // What referred to it is told without that.
    let parcel = "/collections/parcels/items/a1-01";
    for relations in [
        json!([{ "type": "near", "target": "leases/lease-hz7" }]),
        json!([]),
    ] {
        let version = house.get(Some("editor"), parcel).header("etag").to_owned();
        let answer = house.send(
            "PATCH",
            Some("editor"),
            &format!("{parcel}?message=related"),
            &[("if-match", &version)],
            &json!({ "properties": { "relations": relations } }).to_string(),
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    listed(&|all| all.retain(|other| !is_leases(other)));
    let administrator = Some("administrator");
    while house.get(administrator, "/collections/leases").status == 200 {
        thread::sleep(Duration::from_millis(50));
    }
    for viewer in VIEWERS {
        let status = if viewer == administrator { 200 } else { 404 };
        let answer = house.get(viewer, "/collections/leases?revision=2");
        assert_eq!(answer.status, status, "{viewer:?}");
        for asked in [
            &format!("{parcel}?revision=3"),
            &format!("{parcel}/revisions"),
            "/revisions/2...3",
        ] {
            let answer = house.get(viewer, asked);
            assert_eq!(answer.status, 200, "{viewer:?} {asked}");
            let tells = told(&answer, &["lease-hz7"]).is_some();
            assert_eq!(tells, viewer == administrator, "{viewer:?} {asked}");
        }
    }
}

#[test]
fn what_others_rest_on_is_not_hidden() {
    let problems = |change: &dyn Fn(&Copy)| {
        let copy = Copy::new();
        change(&copy);
        let [seeds, geodata] = ["seeds", "geodata"].map(|part| copy.file(part));
        let output = program(&[
            "check",
            "--seeds",
            seeds.to_str().unwrap(),
            "--geodata",
            geodata.to_str().unwrap(),
        ])
        .output()
        .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let hide = |copy: &Copy, id: &str, role: &str| {
        copy.edit("geodata/collections.json", |catalogue| {
            let collections = catalogue["collections"].as_array_mut().unwrap();
            let collection = collections
                .iter_mut()
                .find(|other| other["id"] == id)
                .unwrap();
            collection["readers"] = role.into();
        });
    };
    for id in ["zones", "district"] {
        let (sound, said) = problems(&|copy| hide(copy, id, "reader"));
        assert!(
            !sound && said.contains(&format!("everybody must see the collection “{id}”")),
            "{said}"
        );
    }
    // Projects are located near stations, and zones follow streets.
    let (sound, said) = problems(&|copy| hide(copy, "transit", "reader"));
    assert!(
        !sound && said.contains("relations refers to “transit/metro-tingyu”"),
        "{said}"
    );
    let (sound, said) = problems(&|copy| hide(copy, "streets", "reader"));
    assert!(!sound && said.contains("sides refers to “s-13”"), "{said}");
    // A way that is gone is no fault, unless lines are hidden: then what is not there answers in the
    // same words as what may not be named.
    let lose_a_way = |copy: &Copy| {
        copy.edit("geodata/zones.geojson", |zones| {
            let mut zones = zones["features"].as_array_mut().unwrap().iter_mut();
            let sides = |zone: &&mut Value| zone["properties"]["sides"].is_array();
            let zone = zones.find(sides).unwrap();
            zone["properties"]["sides"][0]["ways"] = json!(["no-such-way"]);
        });
    };
    let (sound, said) = problems(&|copy| lose_a_way(copy));
    assert!(sound, "{said}");
    let (sound, said) = problems(&|copy| {
        lose_a_way(copy);
        hide(copy, "water", "reader");
    });
    assert!(
        !sound && said.contains("sides refers to “no-such-way”"),
        "{said}"
    );
    // Who sees the one sees the other.
    let (sound, said) = problems(&|copy| {
        hide(copy, "transit", "reader");
        hide(copy, "projects", "editor");
    });
    assert!(sound, "{said}");
    let (sound, said) = problems(&|copy| hide(copy, "parcels", "owner"));
    assert!(!sound && said.contains("owner"), "{said}");
}

#[test]
fn a_hidden_river_shapes_no_answer() {
    let copy = Copy::new();
    // No zone rests on it any more.
    copy.edit("geodata/zones.geojson", |zones| {
        zones["features"].as_array_mut().unwrap().truncate(1);
    });
    copy.edit("geodata/collections.json", |catalogue| {
        let collections = catalogue["collections"].as_array_mut().unwrap();
        let water = collections
            .iter_mut()
            .find(|other| other["id"] == "water")
            .unwrap();
        water["readers"] = "reader".into();
    });
    let data = tempfile::TempDir::new().unwrap();
    let server = crate::hidden::serve(&copy, data.path(), &[]);
    people(data.path(), &["add", "读者甲", "--role", "reader"]);
    let bearer = format!("Bearer {}", people(data.path(), &["token", "读者甲"]));
    let body =
        json!({ "text": "范围：北至青禾道，南至云帆大道，西至星河路，东至云溪河。" }).to_string();
    let compiled = |headers: &[(&str, &str)]| {
        let answer = server.send("POST", "/boundaries", headers, &body).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        !answer.json()["features"][0]["geometry"].is_null()
    };
    assert!(compiled(&[("authorization", &bearer)]));
    assert!(!compiled(&[]));
}

const PASSWORD: &str = "云溪河畔的老码头2026";

/// Somebody who has signed in: the cookie, and what shows that a page asks for a change.
struct Visitor {
    cookie: String,
    csrf: String,
}

impl Visitor {
    fn of(answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie").split(';').next().unwrap();
        Self {
            cookie: cookie.to_owned(),
            csrf: answer.json()["csrf"].as_str().unwrap().to_owned(),
        }
    }

    fn session(&self, server: &Server) -> Value {
        let answer = server.get_with("/session", &[("cookie", &self.cookie)]);
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.json()
    }

    fn is_somebody(&self, server: &Server) -> bool {
        !self.session(server)["name"].is_null()
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    server.send("POST", path, headers, body).unwrap()
}

fn sign_in(server: &Server, name: &str, password: &str) -> Answer {
    let body = json!({ "name": name, "password": password }).to_string();
    post(server, "/session", &[], &body)
}

/// Gives an account a password, by a one-time link.
fn choose(house: &House, name: &str, password: &str) -> Answer {
    let link = people(house.data.path(), &["password", name]);
    let path = &link[link.find("/join/").unwrap()..];
    let body = form(&[("password", password), ("again", password)]);
    let answer = post(&house.server, path, &[], &body);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer
}

/// The latest entries of the log: who, and what.
fn log(house: &House) -> Vec<(String, String)> {
    let log = house.get(Some("administrator"), "/audit").json();
    let entries = log["entries"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .map(|entry| (text(&entry["account"]), text(&entry["action"])))
        .collect()
}

#[test]
fn the_first_administrator_comes_in_by_a_link_that_works_once() {
    let (copy, data) = (district(), tempfile::TempDir::new().unwrap());
    let options = options(&copy, data.path());
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let (server, earlier) = Server::start_for_administrator(&options);
    drop(server);
    // Not used, it is told anew at each start, and the one before holds no more.
    let (server, link) = Server::start_for_administrator(&options);
    assert_ne!(link, earlier);
    assert_eq!(server.get(&earlier).status, 404);
    assert_eq!(server.get(&format!("/join/{}", "0".repeat(64))).status, 404);
    let page = server.get("/join/x");
    assert_eq!(page.status, 404);
    assert!(page.text().contains("链接不对、已用过或已过期"));
    let database = fs::read(data.path().join("renewal-map.db")).unwrap();
    let key = link.rsplit('/').next().unwrap();
    assert!(!database.windows(64).any(|part| part == key.as_bytes()));

    let page = server.get(&link);
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text().contains("设置密码") && page.text().contains("name=\"name\""));
    let wrong = [
        form(&[
            ("name", "赵局"),
            ("password", PASSWORD),
            ("again", "another one"),
        ]),
        form(&[("name", "赵局"), ("password", "short"), ("again", "short")]),
        form(&[("name", ""), ("password", PASSWORD), ("again", PASSWORD)]),
    ];
    for body in &wrong {
        let answer = post(&server, &link, &[], body);
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(answer.header("set-cookie"), "");
        assert!(answer.text().contains("role=\"alert\""));
    }
    let body = form(&[
        ("name", "赵局"),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ]);
    let foreign = [("origin", "http://evil.example")];
    assert_eq!(post(&server, &link, &foreign, &body).status, 403);
    let answer = post(&server, &link, &[], &body);
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    let session = server.get_with("/session", &[("cookie", cookie)]).json();
    assert_eq!(session["name"], "赵局");
    assert_eq!(session["role"], "administrator");
    assert_eq!(session["editable"], true);
    for answer in [server.get(&link), post(&server, &link, &[], &body)] {
        assert_eq!(answer.status, 404);
    }
    drop(server);
    // There is one now, so that no link is told.
    let record = Record::open_existing(data.path()).unwrap();
    assert_eq!(administrator_link(&record).unwrap(), None);
}

#[test]
fn a_session_is_opened_by_the_password_and_ends_with_what_it_rests_on() {
    let house = House::open();
    let server = &house.server;
    let name = name_of("editor");
    let ended = |end: &dyn Fn(&Visitor)| {
        choose(&house, name, PASSWORD);
        let answer = sign_in(server, name, PASSWORD);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let visitor = Visitor::of(&answer);
        assert!(visitor.is_somebody(server));
        end(&visitor);
        assert!(!visitor.is_somebody(server));
        // The cookie of a session that is over is no obstacle to who merely looks.
        let answer = server.get_with("/collections", &[("cookie", &visitor.cookie)]);
        assert_eq!(answer.status, 200);
    };
    let database = |statement: &str| {
        let connection = Connection::open(house.data.path().join("renewal-map.db")).unwrap();
        assert!(
            connection.execute(statement, []).unwrap() > 0,
            "{statement}"
        );
    };
    ended(&|visitor| {
        let csrf = [
            ("cookie", &*visitor.cookie),
            ("x-csrf-token", &*visitor.csrf),
        ];
        assert_eq!(
            server
                .send("DELETE", "/session", &csrf[..1], "")
                .unwrap()
                .status,
            403
        );
        assert!(visitor.is_somebody(server));
        let answer = server.send("DELETE", "/session", &csrf, "").unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(answer.json()["name"], Value::Null);
    });
    ended(&|visitor| {
        let body = form(&[("csrf", &visitor.csrf)]);
        let cookie = [("cookie", &*visitor.cookie)];
        assert_eq!(post(server, "/sign-out", &cookie, "csrf=").status, 403);
        let answer = post(server, "/sign-out", &cookie, &body);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/sign-in")
        );
    });
    ended(&|_| {
        people(house.data.path(), &["add", name, "--role", "reader"]);
        people(house.data.path(), &["add", name, "--role", "editor"]);
    });
    ended(&|_| {
        choose(&house, name, "另一个也足够长的密码");
    });
    ended(&|_| database("UPDATE sessions SET expires_ms = 1"));
    // Nobody has used it for as long as a working day and its night.
    ended(&|_| database("UPDATE sessions SET seen_ms = seen_ms - 13 * 3600000"));
    ended(&|_| {
        people(house.data.path(), &["close", name]);
        // The password went with the account.
        people(house.data.path(), &["add", name, "--role", "editor"]);
        assert_eq!(sign_in(server, name, PASSWORD).status, 401);
    });
    // One that is used goes on.
    choose(&house, name, PASSWORD);
    let visitor = Visitor::of(&sign_in(server, name, PASSWORD));
    for _ in 0..2 {
        database("UPDATE sessions SET seen_ms = seen_ms - 8 * 3600000");
        assert!(visitor.is_somebody(server));
        // What was seen is written down with the next look at the log.
        log(&house);
    }
    assert!(visitor.is_somebody(server));
    // Signing in anew ends the session before, and gives another.
    let again = [("cookie", &*visitor.cookie)];
    let body = json!({ "name": name, "password": PASSWORD }).to_string();
    let next = Visitor::of(&post(server, "/session", &again, &body));
    assert_ne!(next.cookie, visitor.cookie);
    assert!(next.is_somebody(server) && !visitor.is_somebody(server));
    let bytes = fs::read(house.data.path().join("renewal-map.db")).unwrap();
    let log = fs::read(house.data.path().join("renewal-map.db-wal")).unwrap_or_default();
    let kept = [bytes, log].concat();
    for secret in [PASSWORD, next.cookie.split('=').nth(1).unwrap()] {
        assert!(
            !kept
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        );
    }
}

#[test]
fn a_password_that_was_replaced_while_it_was_compared_opens_nothing() {
    let house = House::open();
    let name = name_of("editor");
    choose(&house, name, PASSWORD);
    let record = Record::open_existing(house.data.path()).unwrap();
    let (_, kept) = record.password_of(name).unwrap().unwrap();
    let opens = || {
        let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
        let session = Secret::random().unwrap().hash();
        record
            .open_session(name, LetIn::Password(&kept), session, tomorrow)
            .unwrap()
    };
    assert!(opens());
    choose(&house, name, "另一个也足够长的密码");
    assert!(!opens());
}

#[test]
fn a_change_in_a_session_is_asked_for_by_a_page_of_the_service() {
    let house = House::open_with(&["--public-url", "https://map.example.gov.cn/renewal"]);
    let server = &house.server;
    choose(&house, name_of("editor"), PASSWORD);
    let answer = sign_in(server, name_of("editor"), PASSWORD);
    let cookie = answer.header("set-cookie");
    for word in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
        assert!(cookie.split("; ").any(|part| part == word), "{cookie}");
    }
    let visitor = Visitor::of(&answer);
    let parcel = "/collections/parcels/items/a1-01";
    let change = |more: &[(&str, &str)]| {
        let answer = server.get_with(parcel, &[("cookie", &visitor.cookie)]);
        let version = answer.header("etag").to_owned();
        let name = format!("Tower {version}").replace('"', "");
        let mut headers = vec![("cookie", &*visitor.cookie), ("if-match", &*version)];
        headers.extend_from_slice(more);
        let body = json!({ "properties": { "name_en": name } }).to_string();
        server.send("PATCH", parcel, &headers, body).unwrap().status
    };
    let csrf = ("x-csrf-token", &*visitor.csrf);
    let own = server.url.as_str();
    assert_eq!(change(&[]), 403);
    assert_eq!(change(&[("x-csrf-token", "")]), 403);
    assert_eq!(change(&[("x-csrf-token", &"0".repeat(64))]), 403);
    for origin in [
        "http://evil.example",
        "null",
        "https://map.example.gov.cn.evil.example",
        "https://map.example.gov",
        "x",
    ] {
        assert_eq!(change(&[csrf, ("origin", origin)]), 403, "{origin}");
    }
    assert_eq!(change(&[csrf]), 200);
    assert_eq!(change(&[csrf, ("origin", own)]), 200);
    assert_eq!(
        change(&[csrf, ("origin", "https://map.example.gov.cn")]),
        200
    );
    // A token needs none of that.
    let bearer = house.bearer(Some("editor")).unwrap();
    assert_eq!(
        change(&[
            ("authorization", &bearer),
            ("origin", "http://evil.example")
        ]),
        200
    );
    // Nobody is signed in by another site.
    let body = json!({ "name": name_of("editor"), "password": PASSWORD }).to_string();
    assert_eq!(
        post(
            server,
            "/session",
            &[("origin", "http://evil.example")],
            &body
        )
        .status,
        403
    );
    let body = form(&[("name", name_of("editor")), ("password", PASSWORD)]);
    assert_eq!(
        post(
            server,
            "/sign-in",
            &[("origin", "http://evil.example")],
            &body
        )
        .status,
        403
    );
    // Revisions are the editor's.
    let list = house
        .get(Some("administrator"), "/revisions?limit=1")
        .json();
    assert_eq!(list["revisions"][0]["author"], name_of("editor"));
}

#[test]
fn who_signs_in_goes_on_within_the_service() {
    let house = House::open();
    let server = &house.server;
    choose(&house, name_of("reader"), PASSWORD);
    let page = server.get("/sign-in?next=%2F%3Fv%3D1%26at%3D117");
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("value=\"/?v=1&amp;at=117\""),
        "{}",
        page.text()
    );
    let next = |wanted: &str| {
        let body = form(&[
            ("name", name_of("reader")),
            ("password", PASSWORD),
            ("next", wanted),
        ]);
        let answer = post(server, "/sign-in", &[], &body);
        assert_eq!(answer.status, 303);
        assert!(
            answer
                .header("set-cookie")
                .starts_with("renewal_map_session=")
        );
        answer.header("location").to_owned()
    };
    assert_eq!(
        next("/collections/parcels?lang=en"),
        "/collections/parcels?lang=en"
    );
    for elsewhere in [
        "",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil",
        "/\t/evil.example",
        "/a b",
        "/\r\nset-cookie: x=1",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/红桥",
    ] {
        assert_eq!(next(elsewhere), "/", "{elsewhere:?}");
    }
    let body = form(&[("name", "<b>读者"), ("password", "wrong"), ("next", "/api")]);
    let answer = post(server, "/sign-in", &[], &body);
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("姓名或密码不对") && !answer.text().contains("<b>读者"));
    assert!(
        answer.text().contains("value=\"/api\""),
        "{}",
        answer.text()
    );
    let csp = answer.header("content-security-policy");
    assert!(csp.contains("form-action 'self'"), "{csp}");
}

#[test]
fn guessing_is_slowed_down_and_tells_nothing() {
    let house = House::open();
    let server = &house.server;
    choose(&house, name_of("editor"), PASSWORD);
    let guess = |name: &str| {
        let started = Instant::now();
        let answer = sign_in(server, name, "a wrong password");
        (answer.status, answer.text(), started.elapsed())
    };
    // The account without a password and the name of nobody answer as one with a password.
    let names = [name_of("editor"), name_of("reader"), "查无此人"];
    let mut quickest = [Duration::MAX; 3];
    let refused = guess(names[0]).1;
    // In turn, so that what else the machine does falls on all alike.
    for round in 0..5 {
        for (name, quickest) in names.iter().zip(&mut quickest) {
            if round == 4 && *name == names[0] {
                continue;
            }
            let (status, words, time) = guess(name);
            assert_eq!((status, &words), (401, &refused));
            *quickest = time.min(*quickest);
        }
    }
    // Where nothing is compared it takes a hundredth.
    assert!(
        quickest[1] * 4 > quickest[0] && quickest[2] * 4 > quickest[0],
        "{quickest:?}"
    );
    let mut failures = 1 + 5 + 5 + 4;
    for name in names {
        // Each failure makes the next wait twice as long, until even the right password waits.
        let wait = loop {
            let answer = sign_in(server, name, "a wrong password");
            match answer.header("retry-after").parse::<u64>() {
                Ok(seconds) if answer.status == 429 => {
                    if seconds > 3 {
                        break seconds;
                    }
                    thread::sleep(Duration::from_millis(100));
                }
                _ => failures += 1,
            }
            assert!(failures < 60, "{name} is never slowed down");
        };
        assert_eq!(
            sign_in(server, name, PASSWORD).status,
            429,
            "{name}: {wait} s"
        );
    }
    // It passes, and the right password ends it.
    let started = Instant::now();
    while sign_in(server, name_of("editor"), PASSWORD).status == 429 {
        assert!(started.elapsed().as_secs() < 120, "it never passed");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(guess(name_of("editor")).0, 401);
    let path = "/audit?limit=10000";
    let log = house.get(Some("administrator"), path).json();
    let entries = log["entries"].as_array().unwrap().iter();
    let failed =
        entries.filter(|entry| entry["action"] == "failed sign in" && entry["account"] == "");
    assert_eq!(failed.count(), failures + 1);
}

#[test]
fn the_log_tells_administrators_of_everything() {
    let house = House::open();
    let server = &house.server;
    choose(&house, name_of("editor"), PASSWORD);
    let visitor = Visitor::of(&sign_in(server, name_of("editor"), PASSWORD));
    sign_in(server, "=SUM(A1)", "a wrong password");
    server.get_with("/collections", &[("authorization", "Bearer rmap_none")]);
    let cookie = [("cookie", &*visitor.cookie)];
    assert_eq!(post(server, "/revisions", &cookie, "{}").status, 403);
    server.get(&format!("/join/{}", "0".repeat(64)));
    let csrf = [cookie[0], ("x-csrf-token", &*visitor.csrf)];
    assert_eq!(
        server.send("DELETE", "/session", &csrf, "").unwrap().status,
        200
    );
    assert_eq!(house.get(None, "/audit").status, 401);
    assert_eq!(house.get(Some("editor"), "/audit").status, 403);
    let entries = log(&house);
    let has = |who: &str, what: &str| {
        assert!(
            entries
                .iter()
                .any(|entry| (&*entry.0, &*entry.1) == (who, what)),
            "{who} {what}: {entries:?}"
        );
    };
    let editor = name_of("editor");
    for (who, what) in [
        (editor, "password"),
        (editor, "sign in"),
        (editor, "sign out"),
        (editor, "refused csrf"),
        (editor, "not allowed"),
        ("", "failed sign in"),
        ("", "unknown token"),
        ("", "refused link"),
        ("command line", "invite"),
        ("command line", "token"),
    ] {
        has(who, what);
    }
    // Page by page, and of one account.
    let mut numbers: Vec<i64> = Vec::new();
    let mut path = "/audit?limit=4".to_owned();
    loop {
        let page = house.get(Some("administrator"), &path).json();
        numbers.extend(
            page["entries"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["number"].as_i64().unwrap()),
        );
        let next = page["links"]
            .as_array()
            .unwrap()
            .iter()
            .find(|link| link["rel"] == "next");
        let Some(next) = next else { break };
        let href = next["href"].as_str().unwrap();
        path = href[href.find("/audit").unwrap()..].to_owned();
    }
    assert!(
        numbers.len() >= entries.len() && numbers.is_sorted_by(|a, b| a > b),
        "{numbers:?}"
    );
    let path = format!("/audit?{}", form(&[("account", editor)]));
    let own = house.get(Some("administrator"), &path).json();
    assert!(
        own["entries"]
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["account"] == editor)
    );
    for bad in ["/audit?limit=0", "/audit?before=x", "/audit?f=xml"] {
        house.get(Some("administrator"), bad).problem(400);
    }
    // As a table, over HTTP and on the command line, whole; what an attacker wrote is no formula.
    let many: Vec<AuditEntry> = (0..200)
        .map(|_| AuditEntry::now("", "unknown token", "x"))
        .collect();
    let record = Record::open_existing(house.data.path()).unwrap();
    record.audit_all(&many).unwrap();
    let answer = house.get(Some("administrator"), "/audit?f=csv");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("link"), "");
    let part = house.get(Some("administrator"), "/audit?f=csv&limit=4");
    let next = part.header("link").trim_end_matches(">; rel=\"next\"");
    let next = &next[next.find("/audit").unwrap()..];
    let (part, rest) = (part.text(), house.get(Some("administrator"), next).text());
    let first = |table: &str| table.lines().nth(1).unwrap().to_owned();
    assert_eq!((part.lines().count(), rest.lines().count()), (5, 5));
    assert_ne!(first(&part), first(&rest));
    let printed = people(house.data.path(), &["audit", "--csv"]);
    for table in [answer.text(), printed] {
        let mut reader = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(rows.len() >= entries.len() + many.len());
        assert!(rows.iter().any(|row| &row[4] == "'=SUM(A1)"), "{table}");
    }
}

#[test]
fn a_service_for_those_with_accounts_answers_nobody_else() {
    let house = House::open_with(&["--readers", "accounts"]);
    let server = &house.server;
    let page = [("accept", "text/html,*/*;q=0.8")];
    for path in [
        "/",
        "/collections",
        "/api",
        "/tiles/zones.json",
        "/revisions",
        "/no-such",
        "/audit",
    ] {
        server.get(path).problem(401);
        let answer = server.get_with(&format!("{path}?a=1"), &page);
        assert_eq!(answer.status, 303);
        let next = form(&[("next", &format!("{path}?a=1"))]);
        assert_eq!(answer.header("location"), format!("/sign-in?{next}"));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let query =
        json!({ "area": { "feature": "zones/yunfan" }, "collections": ["parcels"] }).to_string();
    assert_eq!(post(server, "/areas/query", &[], &query).status, 401);
    for path in [
        "/healthz",
        "/readyz",
        "/favicon.svg",
        "/pages.css",
        "/sign-in",
        "/session",
    ] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    choose(&house, name_of("reader"), PASSWORD);
    let visitor = Visitor::of(&sign_in(server, name_of("reader"), PASSWORD));
    let answer = server.get_with("/collections", &[("cookie", &visitor.cookie)]);
    assert_eq!(answer.status, 200);
    assert!(answer.header("cache-control").contains("private"));
    assert_eq!(house.get(Some("reader"), "/collections").status, 200);
    // There are no accounts without a record.
    let output = program(&["serve", "--listen", "127.0.0.1:0", "--readers", "accounts"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("goes with --data")
    );
}

#[test]
fn without_a_record_nobody_signs_in() {
    let server = Server::yunze();
    let session = server.json("/session");
    assert_eq!(session["sign_in"]["password"], false);
    assert_eq!(
        (&session["editable"], &session["name"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(sign_in(&server, "王工", PASSWORD).status, 405);
    assert_eq!(server.get("/sign-in").status, 404);
    assert_eq!(server.get("/audit").status, 404);
    assert_eq!(server.get("/join/x").status, 404);
}
