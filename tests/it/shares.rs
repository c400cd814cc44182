//! Views kept under a short name: that they stay as they were, and what their readers are told.

use std::{collections::BTreeSet, fs, path::Path};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use renewal_map::{
    model::{Cause, Revision, View},
    share::to_keep,
    store::record::{Change, ChangeSet, Keeping, Key, NewShare, Record, Sight, restore},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    hidden::{HIDDEN, House, secrets, told},
    loading::Copy,
    support::{Answer, Server, program, yunze},
};

/// The layers that the style shows by itself, of those of the invented district.
const LAYERS: &str = "zones,projects,parcels,transit,streets,water,district";
const PARCELS: &str = "/collections/parcels/items";
const PAGE: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
const DATA: [(&str, &str); 1] = [("accept", "application/json")];

/// Serves the invented district from a record.
fn serve(data: &Path, more: &[&str]) -> Server {
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| yunze().join(part));
    let mut options = vec![
        "--seeds",
        seeds.to_str().unwrap(),
        "--geodata",
        geodata.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
    ];
    options.extend(more);
    Server::start_with(&options)
}

/// What is told of a share that somebody makes.
fn share(server: &Server, what: &Value) -> Value {
    let answer = server.post("/shares", what.to_string());
    assert!(
        matches!(answer.status, 200 | 201),
        "{what}: {}",
        answer.text()
    );
    answer.json()
}

fn shared(house: &House, role: Option<&str>, what: &Value) -> Answer {
    house.send("POST", role, "/shares", &[], &what.to_string())
}

fn opened(house: &House, role: Option<&str>, id: &Value) -> Value {
    let path = format!("/s/{}", id.as_str().unwrap());
    let answer = house.send("GET", role, &path, &DATA, "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn key(collection: &str, id: &str) -> Key {
    Key::of(&format!("{collection}/{id}").parse().unwrap())
}

fn words(list: &Value) -> String {
    let texts = list.as_array().unwrap().iter();
    let texts: Vec<&str> = texts.map(|text| text["en"].as_str().unwrap()).collect();
    texts.join("; ")
}

/// A view of a parcel's surroundings.
fn around(server: &Server, parcel: &str, more: &str) -> String {
    let feature = server.json(&format!("{PARCELS}/{parcel}"));
    let place = &feature["geometry"]["coordinates"][0][0];
    let [lon, lat] = [0, 1].map(|axis| place[axis].as_f64().unwrap());
    format!("?v=1&at={lon:.5},{lat:.5},16.00{more}")
}

/// Changes a feature as an editor does.
fn change(house: &House, role: &str, path: &str, change: &Value) {
    let read = house.get(Some(role), path);
    let version = read.header("etag").to_owned();
    let headers = [("if-match", version.as_str())];
    let answer = house.send("PATCH", Some(role), path, &headers, &change.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn the_same_view_is_one_share_and_ids_do_not_follow_each_other() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    let state = "?v=1&at=116.99,38.98,14&layers=zones,parcels&lang=zh&x=1";
    let what = json!({ "state": state, "title": "晨会", "note": "第一页\n第二页" });
    let answer = server.post("/shares", what.to_string());
    assert_eq!(answer.status, 201, "{}", answer.text());
    let first = answer.json();
    let id = first["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), first["url"]);
    assert_eq!(first["url"], format!("{}/s/{id}", server.url));
    assert_eq!((id.len(), id.find('-')), (11, Some(5)), "{id}");
    assert!(!id.contains(['0', 'o', '1', 'l', 'i', 'u', 'v']), "{id}");
    assert_eq!(
        (&first["title"], &first["note"]),
        (&json!("晨会"), &json!("第一页\n第二页"))
    );
    assert_eq!(
        first["state"],
        "?v=1&at=116.99000,38.98000,14.00&layers=zones,parcels&theme=light&lang=zh&revision=1&x=1"
    );
    assert_eq!(
        (&first["revision"], &first["news"], &first["embed"]),
        (&json!(1), &Value::Null, &Value::Null)
    );
    assert_eq!(first["missing"], json!([]));
    for (name, ending) in [
        ("png", ".png"),
        ("pdf", ".pdf"),
        ("pptx", ".pptx"),
        ("qr", ".qr.svg"),
        ("pack", ".zip"),
    ] {
        let address = format!("{}{ending}", first["url"].as_str().unwrap());
        assert_eq!(first["pictures"][name], address);
    }

    // However it is written, with or without the revision that it shows anyway.
    for again in [
        "v=1&x=1&lang=zh&layers=zones%2Cparcels&at=116.990001,38.98,14.0",
        "?at=116.99,38.98,14&layers=zones,parcels&revision=1&x=1",
        "?at=116.99,38.98,14&layers=zones,parcels&x=1&share=k7m3p-9xq2w-4h",
        "?at=116.99,38.98,14&layers=zones,parcels&x=1&share=none",
    ] {
        let what = json!({ "state": again, "title": " 晨会 ", "note": "第一页\n第二页" });
        let answer = server.post("/shares", what.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json(), first);
    }
    let shouted = id.replace('-', "").to_uppercase();
    let answer = server.get_with(&format!("/s/{shouted}"), &DATA);
    assert_eq!(answer.json(), first);
    assert_eq!(server.json(&format!("/s/{id}?f=json")), first);

    let ids: Vec<String> = (0..20)
        .map(|number| {
            let what = json!({ "state": state, "title": format!("第 {number} 页") });
            share(&server, &what)["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let different: BTreeSet<&str> = ids.iter().map(|id| &id[..5]).collect();
    assert_eq!(different.len(), 20, "{ids:?}");
    assert!(!ids.is_sorted() && !ids.iter().rev().is_sorted());
    // Another record has another secret.
    let elsewhere = TempDir::new().unwrap();
    let other = serve(elsewhere.path(), &[]);
    assert_ne!(share(&other, &what)["id"], id);
}

#[test]
fn a_share_outlives_the_program_and_comes_with_backups() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    let what = json!({ "state": "?v=1&select=zones/yunfan", "note": "会前" });
    let mut first = share(&server, &what);
    server.kill();
    drop(server);
    let id = first["id"].as_str().unwrap().to_owned();
    let path = format!("/s/{id}");
    // The port is another each time.
    let without_address = |share: &mut Value| {
        for name in ["url", "pictures"] {
            share[name] = Value::Null;
        }
    };
    without_address(&mut first);
    let check = |server: &Server| {
        let mut now = server.get_with(&path, &DATA).json();
        without_address(&mut now);
        assert_eq!(now, first);
        assert_eq!(share(server, &what)["id"], *id);
    };
    check(&serve(data.path(), &[]));

    let copy = data.path().join("backup.db");
    let record = Record::open_existing(data.path()).unwrap();
    record.backup(&copy).unwrap();
    drop(record);
    let elsewhere = TempDir::new().unwrap();
    restore(&copy, elsewhere.path()).unwrap();
    check(&serve(elsewhere.path(), &[]));
}

#[test]
fn a_share_stays_as_it_was_and_tells_what_has_changed_in_it() {
    let house = House::open();
    let server = &house.server;
    let near = around(server, "a1-01", "&layers=parcels,projects");
    let here = share(server, &json!({ "state": near }));
    let asked = "?v=1&area=circle:116.98500,38.98000,1500&collections=parcels&layers=zones";
    let asked = share(server, &json!({ "state": asked }));
    let other_area = "?v=1&area=feature:zones/yunfan&collections=parcels";
    let other_area = share(server, &json!({ "state": other_area }));
    let whole = share(server, &json!({ "state": "?v=1" }));
    let elsewhere = share(
        server,
        &json!({ "state": "?v=1&at=117.30000,39.20000,16.00" }),
    );
    let other_layers = share(
        server,
        &json!({ "state": near.replace("parcels,projects", "zones,transit") }),
    );
    let filtered = share(
        server,
        &json!({ "state": format!("{near}&status=land_transferred") }),
    );
    let following = share(server, &json!({ "state": near, "follow_latest": true }));
    assert!(
        !following["state"].as_str().unwrap().contains("revision"),
        "{following}"
    );

    let parcel = format!("{PARCELS}/a1-01");
    let mut feature = server.json(&parcel);
    let read = house.get(Some("editor"), &format!("{PARCELS}/a1-02"));
    let version = read.header("etag").to_owned();
    change(
        &house,
        "editor",
        &parcel,
        &json!({ "properties": { "name": "和平地块" } }),
    );
    feature["id"] = "new-parcel".into();
    feature["properties"]["name"] = "新增地块".into();
    feature.as_object_mut().unwrap().shift_remove("links");
    let added = house.send("POST", Some("editor"), PARCELS, &[], &feature.to_string());
    assert_eq!(added.status, 201, "{}", added.text());
    let path = format!("{PARCELS}/a1-02");
    let headers = [("if-match", version.as_str())];
    let removed = house.send("DELETE", Some("editor"), &path, &headers, "");
    assert_eq!(removed.status, 204, "{}", removed.text());

    for share in [&here, &asked, &whole] {
        let now = opened(&house, None, &share["id"]);
        assert_eq!(
            (&now["revision"], &now["state"]),
            (&json!(1), &share["state"])
        );
        assert!(now["state"].as_str().unwrap().contains("revision=1"));
        assert_eq!(now["summary"], share["summary"]);
        let news = &now["news"];
        assert_eq!(
            (
                &news["revision"],
                &news["added"],
                &news["changed"],
                &news["removed"]
            ),
            (&json!(4), &json!(1), &json!(1), &json!(1)),
            "{now}"
        );
        let features: Vec<String> = news["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let word = |name: &str| one[name].as_str().unwrap();
                assert_eq!(word("collection"), "parcels");
                format!("{} {} {}", word("change"), word("id"), word("name"))
            })
            .collect();
        assert_eq!(
            features,
            [
                "changed a1-01 和平地块",
                "removed a1-02 A1-02地块",
                "added new-parcel 新增地块"
            ]
        );
    }
    // Newer data that change nothing here.
    for share in [&elsewhere, &other_area, &other_layers, &filtered] {
        let now = opened(&house, None, &share["id"]);
        let news = &now["news"];
        assert_eq!(news["revision"], 4, "{now}");
        assert_eq!(
            (
                &news["added"],
                &news["changed"],
                &news["removed"],
                &news["features"]
            ),
            (&json!(0), &json!(0), &json!(0), &json!([]))
        );
    }
    let now = opened(&house, None, &following["id"]);
    assert_eq!(
        (&now["news"], &now["follows_latest"]),
        (&Value::Null, &json!(true))
    );
    assert!(
        !now["state"].as_str().unwrap().contains("revision"),
        "{now}"
    );
    assert!(
        now["summary"]["en"]
            .as_str()
            .unwrap()
            .contains("Revision 4")
    );

    // What is shared now shows what is now; a revision that is named is kept, and is the share of then.
    let later = share(server, &json!({ "state": near }));
    assert_ne!(later["id"], here["id"]);
    assert_eq!(
        (&later["revision"], &later["news"]),
        (&json!(4), &Value::Null)
    );
    let named = share(server, &json!({ "state": format!("{near}&revision=1") }));
    assert_eq!(named["id"], here["id"]);
    let again = share(server, &json!({ "state": near, "follow_latest": true }));
    assert_eq!(
        (&again["id"], &again["made_at"]),
        (&following["id"], &following["made_at"])
    );
    let never = share(server, &json!({ "state": format!("{near}&revision=99") }));
    assert_eq!(never["revision"], 4);
    assert!(
        words(&never["missing"]).contains("no data of revision 99"),
        "{never}"
    );
}

#[test]
fn what_leaves_the_view_or_comes_into_it_counts() {
    let house = House::open();
    let server = &house.server;
    let state = around(server, "a1-01", "&layers=parcels&kind=parcel");
    let here = share(server, &json!({ "state": state }));
    let far = json!({ "geometry": { "type": "Polygon", "coordinates": [[
        [117.05, 38.95], [117.051, 38.95], [117.051, 38.951], [117.05, 38.95]
    ]] } });
    change(&house, "editor", &format!("{PARCELS}/a1-01"), &far);
    let there = share(
        server,
        &json!({ "state": "?at=117.0505,38.9505,17&layers=parcels" }),
    );
    let gone = opened(&house, None, &here["id"]);
    assert_eq!(gone["news"]["changed"], 1, "{gone}");
    change(
        &house,
        "editor",
        &format!("{PARCELS}/a1-01"),
        &json!({ "geometry": server.json(&format!("{PARCELS}/a1-01?revision=1"))["geometry"] }),
    );
    let back = opened(&house, None, &there["id"]);
    assert_eq!(back["news"]["changed"], 1, "{back}");
    // There and back again is no difference.
    let here = opened(&house, None, &here["id"]);
    assert_eq!(
        (&here["news"]["revision"], &here["news"]["changed"]),
        (&json!(3), &json!(0))
    );
}

/// What an area query lists of a zone.
fn in_zone(house: &House, role: Option<&str>, query: &str) -> BTreeSet<String> {
    let path = format!("/areas/query?feature=zones/yunfan&limit=1000&{query}");
    let answer = house.get(role, &path);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let results = answer["results"].as_array().unwrap().iter();
    results
        .flat_map(|result| {
            let lists = ["features", "unlocated"].map(|list| result[list].as_array().unwrap());
            let collection = result["collection"].as_str().unwrap();
            lists.into_iter().flatten().map(move |feature| {
                let id = feature["id"].as_str().unwrap();
                format!("{collection}/{id}")
            })
        })
        .collect()
}

/// The features of which a share tells that this became of them.
fn listed(share: &Value, change: &str) -> BTreeSet<String> {
    let features = share["news"]["features"].as_array().unwrap().iter();
    let features = features.filter(|one| one["change"] == change);
    let name = |one: &Value| {
        let [collection, id] = ["collection", "id"].map(|name| one[name].as_str().unwrap());
        format!("{collection}/{id}")
    };
    let features: BTreeSet<String> = features.map(name).collect();
    assert_eq!(share["news"][change], features.len(), "{share}");
    features
}

#[test]
fn what_an_area_loses_and_wins_when_it_reaches_elsewhere_counts() {
    let house = House::open();
    let server = &house.server;
    let shares = |more: &str| {
        let area = "?v=1&layers=parcels&area=feature:zones/yunfan";
        shared(
            &house,
            Some("administrator"),
            &json!({ "state": format!("{area}{more}") }),
        )
        .json()
    };
    let all = "&collections=parcels,projects,reserves";
    let planned = "&collections=parcels&status=land_transfer_planned";
    let whole = shares(all);
    let some = shares(planned);
    let by_zone = share(
        server,
        &json!({ "state": "?v=1&layers=parcels&zone=yunfan" }),
    );
    let asked = |role| {
        let hidden = if role == Some("administrator") {
            ",reserves"
        } else {
            ""
        };
        in_zone(
            &house,
            role,
            &format!("collections=parcels,projects{hidden}"),
        )
    };
    let roles = [None, Some("editor"), Some("administrator")];
    let then = roles.map(asked);
    let some_then = in_zone(
        &house,
        None,
        "collections=parcels&filter=status%3D%27land_transfer_planned%27",
    );
    let zone = "/collections/zones/items/yunfan";
    let before = server.json(zone);
    let west = json!({ "type": "Polygon", "coordinates": [[
        [116.990_745, 38.991_697_6], [116.992_434, 38.980_970_1], [116.998, 38.981_5],
        [116.996_3, 38.992_2], [116.990_745, 38.991_697_6]
    ]] });
    // What it states of its ground would be wrong of so small a part.
    let narrow = json!({ "geometry": west, "properties": { "quantities": [] } });
    change(&house, "editor", zone, &narrow);

    for (role, then) in roles.into_iter().zip(&then) {
        let now = asked(role);
        let told = opened(&house, role, &whole["id"]);
        let left: BTreeSet<String> = then.difference(&now).cloned().collect();
        assert!(left.len() > 5 && now.is_subset(then));
        let hides = !left.contains("reserves/reserve-wt9");
        assert_eq!(hides, role != Some("administrator"));
        assert_eq!(listed(&told, "left"), left, "{role:?}");
        // The area is another, which counts though its layer is off.
        assert_eq!(listed(&told, "changed"), ["zones/yunfan".to_owned()].into());
        for none in ["added", "removed", "entered"] {
            assert_eq!(told["news"][none], 0, "{role:?} {none}");
        }
        assert_eq!(
            told["summary"],
            opened(&house, role, &whole["id"])["summary"]
        );
    }
    let some_now = in_zone(
        &house,
        None,
        "collections=parcels&filter=status%3D%27land_transfer_planned%27",
    );
    let left: BTreeSet<String> = some_then.difference(&some_now).cloned().collect();
    assert!(!left.is_empty() && left.len() < then[0].len() / 2);
    assert_eq!(listed(&opened(&house, None, &some["id"]), "left"), left);
    // A filter by zones reaches elsewhere, too; on the map it shows the layers that are on.
    let left = listed(&opened(&house, None, &by_zone["id"]), "left");
    assert!(left.len() > 5 && left.iter().all(|name| name.starts_with("parcels/")));

    // And back again: a share of between has won what the first had lost.
    let between = shares(all);
    let stated = &before["properties"]["quantities"];
    let wide = json!({ "geometry": before["geometry"], "properties": { "quantities": stated } });
    change(&house, "editor", zone, &wide);
    let told = opened(&house, None, &between["id"]);
    let won: BTreeSet<String> = then[0]
        .difference(&in_zone_at(&house, 2))
        .cloned()
        .collect();
    assert_eq!(listed(&told, "entered"), won);
    assert_eq!(told["news"]["left"], 0);
    let told = opened(&house, None, &whole["id"]);
    for none in ["added", "changed", "removed", "entered", "left"] {
        assert_eq!(told["news"][none], 0, "{none}");
    }
}

/// What an area query lists of the zone at a revision, as anybody sees it.
fn in_zone_at(house: &House, revision: u64) -> BTreeSet<String> {
    let query = format!("collections=parcels,projects&revision={revision}");
    in_zone(house, None, &query)
}

#[test]
fn what_has_no_location_and_what_is_selected_counts_where_it_is_shown() {
    let house = House::open();
    let server = &house.server;
    let at = "?v=1&at=116.99000,38.98000,14.00";
    let far = "?v=1&at=117.30000,39.20000,16.00";
    let area = "?v=1&area=feature:zones/yunfan&collections=projects&layers=parcels";
    let [school, substation] = [
        "projects/qinghe-primary-school",
        "projects/shiliu-substation",
    ];
    let parcel = "parcels/a2-02";
    // Of each what it shows of the three.
    let cases: [(String, &[&str]); 9] = [
        (
            format!("{at}&layers=projects&panel=list"),
            &[school, substation],
        ),
        // The map has no place for them, and a list leaves out what does not pass.
        (format!("{at}&layers=projects"), &[]),
        (
            format!("{at}&layers=projects&panel=list&status=completed"),
            &[],
        ),
        (format!("{at}&layers=parcels&panel=list"), &[parcel]),
        // What is selected is shown wherever it lies, with its layer or without it.
        (format!("{far}&layers=zones&select={parcel}"), &[parcel]),
        (
            format!("{far}&layers=zones&status=completed&select={school}"),
            &[school],
        ),
        (
            format!("{area}&select={school}"),
            &[school, substation, parcel],
        ),
        // Documents place it in the area; of the other none says where it is.
        (area.to_owned(), &[substation, parcel]),
        (format!("{area}&panel=list"), &[school, substation, parcel]),
    ];
    let made = cases.map(|(state, shown)| {
        let made = share(server, &json!({ "state": state }));
        (state, made["id"].clone(), shown)
    });
    for name in [school, substation, parcel] {
        let (collection, id) = name.split_once('/').unwrap();
        let path = format!("/collections/{collection}/items/{id}");
        change(
            &house,
            "editor",
            &path,
            &json!({ "properties": { "name_en": "Another name" } }),
        );
    }
    for (state, id, shown) in made {
        let shown: BTreeSet<String> = shown.iter().map(|name| (*name).to_owned()).collect();
        let told = opened(&house, None, &id);
        assert_eq!(told["news"]["revision"], 4, "{state}");
        assert_eq!(listed(&told, "changed"), shown, "{state}");
    }
}

#[test]
fn an_area_that_is_no_more_is_where_it_was() {
    let house = House::open();
    let state = "?v=1&area=feature:parcels/a1-02&collections=parcels&layers=parcels";
    let here = share(&house.server, &json!({ "state": state }));
    let path = format!("{PARCELS}/a1-02");
    let read = house.get(Some("editor"), &path);
    let headers = [("if-match", read.header("etag"))];
    let removed = house.send("DELETE", Some("editor"), &path, &headers, "");
    assert_eq!(removed.status, 204, "{}", removed.text());
    let renamed = json!({ "properties": { "name": "远处的地块" } });
    change(&house, "editor", &format!("{PARCELS}/a2-01"), &renamed);
    let now = opened(&house, None, &here["id"]);
    let count = |name: &str| now["news"][name].as_u64().unwrap();
    assert_eq!(
        (count("revision"), count("removed"), count("changed")),
        (3, 1, 0),
        "{now}"
    );
}

#[test]
fn names_that_differ_are_found_without_their_bodies_and_only_while_somebody_waits() {
    let data = TempDir::new().unwrap();
    drop(serve(data.path(), &[]));
    let record = Record::open_existing(data.path()).unwrap();
    let since = [Revision(0), Revision(1)];
    let shelves = BTreeSet::from(["parcels", "projects", "nowhere"].map(str::to_owned));
    let found = |is_over: fn() -> bool| {
        let found = record.differing(&Sight::ALL, since, &shelves, is_over);
        found.unwrap()
    };
    let all = found(|| false).unwrap();
    assert!(all.len() > 10 && all.is_sorted());
    let of = |shelf: &str| all.iter().filter(|key| &*key.shelf == shelf).count();
    assert!(of("parcels") > 0 && of("projects") > 0);
    assert_eq!(of("parcels") + of("projects"), all.len());
    assert_eq!(found(|| true), None);
    // Who asks next is not stopped.
    assert_eq!(found(|| false), Some(all));
}

#[test]
fn a_large_import_is_counted_or_said_to_be_too_much_while_others_are_answered() {
    const NEW: usize = 30_000;
    let data = TempDir::new().unwrap();
    drop(serve(data.path(), &[]));
    let record = Record::open_existing(data.path()).unwrap();
    let known = key("projects", "yanchi-pumping-station");
    let body = record.standing(&known).unwrap().unwrap();
    let mut feature: Value = serde_json::from_slice(&body).unwrap();
    let changes = (0..NEW).map(|number| {
        let name = format!("new-{number}");
        feature["id"] = name.clone().into();
        let column = f64::from(u32::try_from(number % 200).unwrap());
        let row = f64::from(u32::try_from(number / 200).unwrap());
        let place = [116.97 + column * 1e-4, 38.96 + row * 1e-4];
        feature["geometry"] = json!({ "type": "Point", "coordinates": place });
        Change {
            key: key("projects", &name),
            expected: None,
            body: Some(serde_json::to_vec(&feature).unwrap()),
        }
    });
    let set = ChangeSet {
        author: "测试员".into(),
        message: "导入".into(),
        cause: Cause::Edit,
        changes: changes.collect(),
    };
    record.commit(&set).unwrap();
    drop(record);
    let server = serve(data.path(), &[]);
    for state in [
        "?v=1&revision=1&layers=projects&area=circle:116.98,38.97,5000&collections=projects",
        "?v=1&revision=1&layers=projects&at=116.98,38.97,12",
        "?v=1&revision=1&layers=projects",
    ] {
        let made = server.post("/shares", json!({ "state": state }).to_string());
        assert_eq!(made.status, 201, "{}", made.text());
        let path = format!("/s/{}", made.json()["id"].as_str().unwrap());
        let (answer, others) = std::thread::scope(|scope| {
            let asking = scope.spawn(|| server.get_with(&path, &DATA));
            let mut others = 0;
            while !asking.is_finished() {
                assert_eq!(server.get("/healthz").status, 200);
                others += 1;
            }
            (asking.join().unwrap(), others)
        });
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(others > 0);
        let told = answer.json();
        if told["news"].is_null() {
            let missing = words(&told["missing"]);
            assert!(missing.contains("too much has changed"), "{missing}");
            assert_eq!(answer.header("cache-control"), "no-store");
        } else {
            let news = &told["news"];
            let listed = news["features"].as_array().unwrap().len();
            assert_eq!((&news["added"], listed), (&json!(NEW), 100), "{news}");
        }
    }
}

#[test]
fn whether_it_was_shared_before_is_told_to_who_sees_all_of_it() {
    let house = House::open();
    let (collection, _, names) = HIDDEN[2];
    let state = format!("?v=1&select={collection}/{}", names[1]);
    let what = json!({ "state": state });
    let first = shared(&house, Some("administrator"), &what);
    assert_eq!(first.status, 201, "{}", first.text());
    let again = shared(&house, Some("administrator"), &what);
    assert_eq!((again.status, again.json()), (200, first.json()));
    let guessed = shared(&house, None, &what);
    assert_eq!(guessed.status, 201, "{}", guessed.text());
    assert_eq!(guessed.json()["id"], first.json()["id"]);
    // Nor is it told later, by the name that they got.
    for role in [None, Some("editor")] {
        let seen = opened(&house, role, &guessed.json()["id"]);
        assert_eq!(seen["made_at"], Value::Null, "{role:?}");
    }
    assert_eq!(guessed.json()["made_at"], Value::Null);
    assert!(first.json()["made_at"].is_string());

    // One that follows the latest is the same of every revision: it does not tell of which it was made.
    let state = format!("{state}&lang=en");
    let what = json!({ "state": state, "follow_latest": true });
    let first = shared(&house, Some("administrator"), &what).json();
    assert_eq!(first["revision"], 1, "{first}");
    let renamed = json!({ "properties": { "name": "后来的地块" } });
    change(&house, "editor", &format!("{PARCELS}/a1-01"), &renamed);
    let guessed = shared(&house, None, &what);
    assert_eq!(guessed.status, 201, "{}", guessed.text());
    assert_eq!(guessed.json()["id"], first["id"]);
    for role in [None, Some("editor"), Some("administrator")] {
        let seen = opened(&house, role, &first["id"]);
        assert_eq!(seen["revision"], 2, "{role:?} {seen}");
    }
    assert_eq!(guessed.json()["revision"], 2, "{}", guessed.text());
}

#[test]
fn other_sites_can_t_have_their_visitors_share() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    let sent = |kind: &str| {
        let headers = [("content-type", kind)];
        server.send("POST", "/shares", &headers, r#"{"state": "?v=1"}"#)
    };
    for kind in [
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "",
    ] {
        let detail = sent(kind).unwrap().problem(415);
        assert!(detail.contains("application/json"), "{kind}: {detail}");
    }
    let taken = sent("Application/JSON; charset=utf-8").unwrap();
    assert_eq!(taken.status, 201, "{}", taken.text());
}

#[test]
fn nobody_is_shown_or_told_of_what_is_hidden_from_them() {
    let house = House::open();
    let mut states = Vec::new();
    for (collection, _, words) in HIDDEN {
        let [feature, kind] = [words[1], words[5]];
        states.push((
            format!(
                "?v=1&layers=parcels,{collection}&kind=parcel,{kind}&select={collection}/{feature}\
                 &area=feature:{collection}/{feature}&collections=parcels,{collection}"
            ),
            "?v=1&layers=parcels,nowhere&kind=parcel,nothing&select=nowhere/none\
             &area=feature:nowhere/none&collections=parcels,nowhere",
        ));
        // What can't be read may name it, too.
        states.push((
            format!("?v=1&select={collection}/{feature}/x&area={feature}&read={collection}:x"),
            "?v=1&select=a/b/c&area=a&read=b:x",
        ));
    }
    for (state, none) in &states {
        let made = shared(&house, Some("administrator"), &json!({ "state": state }));
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let none = shared(&house, Some("administrator"), &json!({ "state": none }));
        let none = opened(&house, None, &none.json()["id"]);
        for role in [None, Some("reader"), Some("editor"), Some("administrator")] {
            for headers in [&DATA, &PAGE] {
                let answer = house.send("GET", role, &format!("/s/{id}"), headers, "");
                assert_eq!(answer.status, 200);
                assert_eq!(told(&answer, &secrets(role)), None, "{role:?} {state}");
            }
        }
        let seen = opened(&house, None, &json!(id));
        assert_eq!(
            (&seen["missing"], &seen["state"], &seen["summary"]),
            (&none["missing"], &none["state"], &none["summary"]),
            "{state}"
        );
        // Who may see it gets all of it.
        if state.contains("layers=") {
            let whole = opened(&house, Some("administrator"), &json!(id));
            assert_eq!(whole["missing"], json!([]), "{whole}");
            assert!(whole["state"].as_str().unwrap().contains(&state[5..20]));
        }
    }

    // A change of what is hidden is none to those who do not see it.
    let state = "?v=1&area=feature:zones/yunfan&collections=reserves";
    let made = shared(&house, Some("administrator"), &json!({ "state": state })).json();
    let path = "/collections/reserves/items/reserve-wt9";
    change(
        &house,
        "administrator",
        path,
        &json!({ "properties": { "accuracy_m": 0.2 } }),
    );
    let seen = opened(&house, Some("administrator"), &made["id"]);
    assert_eq!(seen["news"]["changed"], 1, "{seen}");
    for role in [None, Some("editor")] {
        let seen = opened(&house, role, &made["id"]);
        assert_eq!(seen["news"], Value::Null, "{role:?} {seen}");
    }
    change(
        &house,
        "editor",
        &format!("{PARCELS}/a1-01"),
        &json!({ "properties": { "name": "甲" } }),
    );
    let whole = shared(
        &house,
        None,
        &json!({ "state": "?revision=1&layers=parcels" }),
    )
    .json();
    for role in [None, Some("editor"), Some("administrator")] {
        let seen = opened(&house, role, &whole["id"]);
        assert_eq!(
            (&seen["news"]["revision"], &seen["news"]["changed"]),
            (&json!(3), &json!(1)),
            "{role:?} {seen}"
        );
    }
}

#[test]
fn any_state_opens_as_far_as_it_can() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    let said = |state: &str| {
        let share = share(&server, &json!({ "state": state }));
        (
            share["state"].as_str().unwrap().to_owned(),
            words(&share["missing"]),
        )
    };
    // Of no version, and of one that is not known yet.
    let (state, missing) = said("select=zones/yunfan&lang=en");
    assert_eq!(
        state,
        format!("?v=1&layers={LAYERS}&theme=light&select=zones/yunfan&lang=en&revision=1")
    );
    assert_eq!(missing, "");
    let (state, missing) = said("?v=7&select=zones/yunfan&mode=3d");
    // What is of the newer version may name anything.
    assert_eq!(
        state,
        "?v=1&theme=light&select=zones/yunfan&lang=zh&revision=1"
    );
    assert!(missing.contains("newer version (v=7)"), "{missing}");
    // What is not there is said, each for itself.
    let (state, missing) = said(
        "?layers=zones,gone&area=feature:zones/gone&select=parcels/gone&read=gone:4&kind=gone\
         &zone=gone,yunfan&document=gone&status=gone,planned&collections=gone",
    );
    assert_eq!(
        state,
        "?v=1&layers=zones&theme=light&kind=-&status=planned&document=-&zone=yunfan&lang=zh&revision=1"
    );
    for part in [
        "layers",
        "collections",
        "kinds",
        "statuses",
        "documents in",
        "zones in",
        "selected",
        "the area",
        "was open",
    ] {
        assert!(missing.contains(part), "{part}: {missing}");
    }
    // What is too large or can't be read.
    let vertices: Vec<String> = (0..501).map(|n| format!("117.{n:04},38.9")).collect();
    let (state, missing) = said(&format!("?area=polygon:{}&at=1,2", vertices.join(";")));
    let nothing_else = format!("?v=1&layers={LAYERS}&theme=light&lang=zh&revision=1");
    assert_eq!(state, nothing_else);
    assert!(
        missing.contains("at can't") && missing.contains("area can't"),
        "{missing}"
    );
}

#[test]
fn a_filter_of_which_nothing_is_left_lets_nothing_pass() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    for filter in ["kind=gone", "status=gone", "document=gone", "zone=gone"] {
        let state = format!("?layers=parcels&{filter}");
        let made = share(&server, &json!({ "state": state }));
        let zh = made["summary"]["zh"].as_str().unwrap();
        assert!(zh.contains("图中：地块 0。"), "{filter}: {zh}");
        let said = words(&made["missing"]);
        assert!(said.contains("nothing passes"), "{filter}: {said}");
        // Whoever shares on what they were shown shares the same.
        let again = share(&server, &json!({ "state": made["state"] }));
        assert_eq!(again["summary"], made["summary"], "{filter}");
        assert_eq!(again["state"], made["state"], "{filter}");
    }
}

/// A state of pieces that states are made of, in any order.
fn random_state(random: &mut StdRng) -> String {
    const NAMES: [&str; 23] = [
        "v",
        "at",
        "layers",
        "theme",
        "colours",
        "panel",
        "read",
        "pairs",
        "kind",
        "status",
        "document",
        "zone",
        "select",
        "area",
        "boundary",
        "carriageway",
        "collections",
        "relation",
        "lang",
        "revision",
        "x",
        "",
        "片区",
    ];
    const VALUES: [&str; 40] = [
        "1",
        "2",
        "0",
        "-1",
        "99999999999999999999",
        "117,39,13",
        "116.99,38.98,16",
        "0,0,0",
        "180,85,22",
        "-180,-85,0",
        "NaN,1,1",
        "zones,parcels",
        "zones/yunfan",
        "feature:zones/yunfan",
        "feature:parcels/a1-01",
        "feature:projects/yunfan-expo",
        "circle:116.99,38.98,500",
        "circle:180,85,50000",
        "polygon:116.98,38.98;117,38.98;117,39",
        "polygon:0,0;1,1;0,1;1,0",
        "polygon:-180,-85;180,-85;180,85;-180,85",
        "polygon:0,0;0,0;0,0",
        "boundary:北至白鹭路，南至云溪河，西至望湖路，东至青禾路",
        "boundary:北至",
        "北至白鹭路，南至云溪河，西至望湖路，东至青禾路",
        "within",
        "touches",
        "en",
        "inner",
        "none",
        "planned",
        "plan-2023:12",
        "plan-2023",
        "projects,transit,streets,nowhere",
        "%",
        "%F0%9F",
        "\0",
        "<script>alert(1)</script>",
        "'\"; DROP TABLE shares; --",
        "../../etc/passwd",
    ];
    let mut state = String::from(*["", "?", "??", "&"].choose(random).unwrap());
    for _ in 0..random.random_range(0..8) {
        state.push_str(NAMES.choose(random).unwrap());
        state.push('=');
        for _ in 0..random.random_range(0..3) {
            state.push_str(VALUES.choose(random).unwrap());
        }
        if random.random_ratio(1, 20) {
            state.push_str(&"好,;:".repeat(random.random_range(1..3000)));
        }
        state.push('&');
    }
    state
}

#[test]
fn a_thousand_random_states_are_kept_and_opened() {
    let house = House::open();
    let mut random = StdRng::seed_from_u64(20_261_122);
    let mut kept = 0;
    let mut with_flaws = 0;
    let mut drawn = 0;
    for number in 0..1_000 {
        let state = random_state(&mut random);
        let words = ["", "晨会", "</script><b>", "\u{202e}abc"];
        let what = json!({
            "state": state,
            "title": words.choose(&mut random),
            "note": words.choose(&mut random),
            "follow_latest": random.random_bool(0.3),
        });
        let answer = shared(&house, Some("editor"), &what);
        let follows = what["follow_latest"].as_bool().unwrap();
        let (form, _) = to_keep(&state, follows, Revision(1));
        if what.to_string().len() > 64 << 10 || form.len() > 24 << 10 {
            answer.problem(413);
            continue;
        }
        assert!(
            matches!(answer.status, 200 | 201),
            "{what}: {}",
            answer.text()
        );
        let made = answer.json();
        kept += 1;
        with_flaws += usize::from(made["missing"] != json!([]));
        let role = *[None, Some("reader"), Some("administrator")]
            .choose(&mut random)
            .unwrap();
        let now = opened(&house, role, &made["id"]);
        // What is handed out reads back the same, and shows what was shared.
        let state_now = now["state"].as_str().unwrap();
        let (view, said) = View::parse(state_now);
        assert_eq!(format!("?{}", view.to_query()), state_now, "{state}");
        assert_eq!(said, [], "{state}");
        if View::is_newer(&state) {
            assert_eq!(view.unknown, []);
        } else {
            assert_eq!(view.unknown, View::parse(&state).0.unknown);
        }
        for lang in ["zh", "en"] {
            let summary = now["summary"][lang].as_str().unwrap();
            assert!((1..=200).contains(&summary.chars().count()), "{summary}");
        }
        if number % 10 > 0 {
            continue;
        }
        for (ending, start) in [(".png?width=320&height=240", "\u{89}PNG"), (".pdf", "%PDF")] {
            let path = format!("/s/{}{ending}", made["id"].as_str().unwrap());
            let answer = house.get(role, &path);
            assert!(
                matches!(answer.status, 200 | 422),
                "{state}: {}",
                answer.text()
            );
            if answer.status == 200 {
                let first: Vec<char> = answer.body[..4]
                    .iter()
                    .map(|byte| char::from(*byte))
                    .collect();
                assert_eq!(first, start.chars().collect::<Vec<_>>());
                drawn += 1;
            }
        }
    }
    assert!(drawn > 100, "{drawn}");
    assert!(
        kept > 850 && (300..kept).contains(&with_flaws),
        "{kept} {with_flaws}"
    );
    assert_eq!(house.server.get("/healthz").status, 200);
}

/// What stands in a page between two marks.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("no {from}")) + from.len();
    &page[start..start + page[start..].find(to).unwrap()]
}

#[test]
fn chat_programs_are_told_what_a_link_shows() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &["--public-url", "https://map.example.cn/gis"]);
    let title = "\"><script>alert(1)</script>&amp;";
    let note = "</script><img src=x onerror=alert(2)><!--";
    let state = "?v=1&area=feature:zones/yunfan&lang=en&layers=zones,parcels";
    let made = share(
        &server,
        &json!({ "state": state, "title": title, "note": note }),
    );
    let id = made["id"].as_str().unwrap();
    let answer = server.get_with(
        &format!("/s/{id}?from=singlemessage&isappinstalled=0"),
        &PAGE,
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy").to_owned();
    assert_eq!(
        policy,
        server
            .get_with("/", &PAGE)
            .header("content-security-policy")
    );
    let page = answer.text();
    assert!(
        !page.contains("<script>alert") && !page.contains("<img src=x"),
        "{page}"
    );
    assert_eq!(
        page.matches("</script>").count(),
        page.matches("<script").count()
    );
    let property = |name: &str| between(&page, &format!("property=\"{name}\" content=\""), "\"");
    assert_eq!(
        property("og:title"),
        "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"
    );
    let url = format!("https://map.example.cn/gis/s/{id}");
    assert_eq!((property("og:url"), &made["url"]), (&*url, &json!(url)));
    assert_eq!(
        property("og:image"),
        format!("{url}.png?width=1200&amp;height=630")
    );
    let summary = made["summary"]["en"].as_str().unwrap();
    assert!(
        summary.contains("In the area: Projects") && summary.contains("Revision 1"),
        "{summary}"
    );
    assert!(property("og:description").ends_with(&summary[summary.len() - 40..]));
    assert!(page.contains("<meta name=\"twitter:card\" content=\"summary_large_image\">"));
    // The base stands before all that rests on it; the page finds the share as it is.
    let base = page.find("<base href=\"../\">").unwrap();
    assert!(base < page.find("./assets/").unwrap() && page.find("charset").unwrap() < base);
    for once in ["<title>", "charset", "<head>", "<base"] {
        assert_eq!(page.matches(once).count(), 1, "{once}");
    }
    let data = between(
        &page,
        "<script type=\"application/json\" id=\"share\">",
        "</script>",
    );
    let share: Value = serde_json::from_str(data).unwrap();
    assert_eq!(share, made);
    assert_eq!(
        (&share["title"], &share["note"]),
        (&json!(title), &json!(note))
    );
    // One without a title is called by what it is about.
    let unnamed = server.post("/shares", json!({ "state": state }).to_string());
    let unnamed = server.get_with(
        &format!("/s/{}", unnamed.json()["id"].as_str().unwrap()),
        &PAGE,
    );
    let head = unnamed.text();
    let name = "Yunfan Business Zone";
    assert_eq!(
        between(&head, "property=\"og:title\" content=\"", "\""),
        name
    );
    assert!(between(&head, "<title>", "</title>").starts_with(&format!("{name} · ")));
    // Whatever else is asked for, as programs that look for pictures do.
    let odd = server.get_with(&format!("/s/{id}"), &[("accept", "image/avif")]);
    assert_eq!(odd.header("content-type"), "text/html; charset=utf-8");

    for none in ["kkkkk-kkkkk", "k7m3p", "..%2f..%2fetc", "%F0%9F%92%A9"] {
        let page = server.get_with(&format!("/s/{none}"), &PAGE);
        assert_eq!(page.status, 404);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.header("vary").contains("accept"));
        let text = page.text();
        assert!(
            text.contains("没有这个分享") && text.contains("No such share"),
            "{text}"
        );
        let detail = server.get_with(&format!("/s/{none}"), &DATA).problem(404);
        assert!(detail.contains("no share"), "{detail}");
    }
    server.get(&format!("/s/{id}?f=xml")).problem(400);
}

#[test]
fn a_summary_says_what_is_shown() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    let said = |what: Value| share(&server, &what)["summary"].clone();
    let asked = said(json!({ "state": "?area=feature:zones/yunfan&collections=parcels,projects" }));
    let query =
        json!({ "area": { "feature": "zones/yunfan" }, "collections": ["parcels", "projects"] });
    let answer = server.post("/areas/query", query.to_string()).json();
    let [parcels, projects] = [0, 1].map(|place| &answer["results"][place]["totals"]);
    assert!(projects["count"].as_u64() > Some(0) && projects["unlocated"].as_u64() > Some(0));
    // What may also lie outside is not told as what lies inside.
    let told = |totals: &Value, words: [&str; 2]| match totals["possible"].as_u64() {
        Some(0) => totals["count"].to_string(),
        Some(possible) => format!("{}{}{possible}{}", totals["count"], words[0], words[1]),
        None => panic!("{totals}"),
    };
    assert!(
        [parcels, projects]
            .iter()
            .any(|totals| totals["possible"] != 0)
    );
    let zh = asked["zh"].as_str().unwrap();
    assert!(zh.starts_with("云帆商务区。图层："), "{zh}");
    let [in_zh, in_en] = [["（其中可能 ", "）"], [" (", " possibly)"]]
        .map(|words| [parcels, projects].map(|totals| told(totals, words)));
    let inside = format!("范围内：地块 {}、项目 {}。版本 1，20", in_zh[0], in_zh[1]);
    assert!(zh.contains(&inside), "{zh}");
    let en = asked["en"].as_str().unwrap();
    assert!(en.starts_with("Yunfan Business Zone. Layers: "), "{en}");
    let inside = format!(
        "In the area: Parcels {}, Projects {}. Revision 1, 20",
        in_en[0], in_en[1]
    );
    assert!(en.contains(&inside), "{en}");
    // In the frame, and through the filter.
    let near = around(
        &server,
        "a2-01",
        "&layers=parcels,streets&status=land_transferred",
    );
    let drawn = said(json!({ "state": near, "title": "已出让" }));
    let zh = drawn["zh"].as_str().unwrap();
    let all = server.json(&format!("{PARCELS}?status=land_transferred"));
    assert!(zh.starts_with("已出让。图层：地块。图中：地块 "), "{zh}");
    let count: u64 = between(zh, "图中：地块 ", "。").parse().unwrap();
    assert!(
        (1..=all["numberMatched"].as_u64().unwrap()).contains(&count),
        "{zh}"
    );
    let nowhere = said(json!({ "state": "?at=10,10,16&layers=parcels" }));
    assert!(
        nowhere["zh"].as_str().unwrap().contains("图中：地块 0。"),
        "{nowhere}"
    );
}

#[test]
fn other_pages_show_a_share_where_the_operator_lets_them() {
    let [off, on] = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let what = json!({ "state": "?v=1" });
    let closed = serve(off.path(), &[]);
    let made = share(&closed, &what);
    let path = format!("/embed/{}", made["id"].as_str().unwrap());
    let detail = closed.get(&path).problem(404);
    assert!(detail.contains("embedding is off"), "{detail}");
    assert_eq!(made["embed"], Value::Null);

    let origins = "https://portal.example.cn,http://intranet.example.cn:8080";
    let open = serve(on.path(), &["--allow-embed", origins]);
    let made = share(&open, &what);
    let path = format!("/embed/{}", made["id"].as_str().unwrap());
    assert_eq!(made["embed"], format!("{}{path}", open.url));
    let answer = open.get_with(&path, &PAGE);
    assert_eq!(answer.status, 200);
    assert!(
        answer.header("content-security-policy").ends_with(
            "frame-ancestors 'self' https://portal.example.cn http://intranet.example.cn:8080"
        ),
        "{}",
        answer.header("content-security-policy")
    );
    let page = answer.text();
    assert!(page.contains("<html data-embed lang=\"zh-CN\">") && page.contains("id=\"share\""));
    // The share itself and the map stay what they are.
    for path in ["/", &format!("/s/{}", made["id"].as_str().unwrap())] {
        let page = open.get_with(path, &PAGE);
        assert!(
            page.header("content-security-policy")
                .ends_with("frame-ancestors 'self'")
        );
        assert!(!page.text().contains("data-embed"));
    }
    open.get("/embed/kkkkk-kkkkk").problem(404);
}

#[test]
fn without_a_record_nothing_is_shared() {
    let server = Server::yunze();
    let detail = server.post("/shares", r#"{"state": "?v=1"}"#).problem(405);
    assert!(detail.contains("--data"), "{detail}");
    let detail = server.get_with("/s/k7m3p-9xq2w", &DATA).problem(404);
    assert!(detail.contains("no record"), "{detail}");
    let page = server.get_with("/s/k7m3p-9xq2w", &PAGE);
    assert_eq!(page.status, 404);
    assert!(page.text().contains("--data"));
}

#[test]
fn what_is_shared_keeps_within_limits() {
    let house = House::open();
    let server = &house.server;
    let refused = |body: &str, status: u16| {
        let answer = house.send("POST", Some("reader"), "/shares", &[], body);
        answer.problem(status)
    };
    let lines = json!({ "state": "", "title": " 第一行\r\n\t 第二行\n", "note": "甲\n乙" });
    let made = shared(&house, Some("reader"), &lines).json();
    // A title stands on one line.
    assert_eq!(
        (&made["title"], &made["note"]),
        (&json!("第一行 第二行"), &json!("甲\n乙"))
    );
    let longest = json!({ "state": "", "title": "字".repeat(120), "note": "字".repeat(2000) });
    assert_eq!(shared(&house, Some("reader"), &longest).status, 201);
    for (name, text) in [
        ("title", "字".repeat(121)),
        ("note", "字".repeat(2001)),
        ("title", "a\0b".to_owned()),
    ] {
        let detail = refused(&json!({ "state": "", name: text }).to_string(), 400);
        assert!(detail.contains(name), "{detail}");
    }
    for body in [
        "",
        "[]",
        "{}",
        r#"{"state": 1}"#,
        r#"{"state": "", "colour": 1}"#,
    ] {
        refused(body, 400);
    }
    let large = json!({ "state": "x".repeat(64 << 10) }).to_string();
    assert!(refused(&large, 413).contains("64 KiB"));
    let unknown = server.post("/shares?x=1", r#"{"state": ""}"#);
    unknown.problem(400);

    // So many an hour from one address; who has an account may go on.
    let again = r#"{"state": "?v=1"}"#;
    let mut taken = 0;
    let answer = loop {
        let answer = server.post("/shares", again);
        if answer.status == 429 || taken > 200 {
            break answer;
        }
        taken += 1;
    };
    assert!(answer.problem(429).contains("an hour"));
    assert_eq!(taken, 120);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
    assert_eq!(
        shared(&house, Some("reader"), &json!({ "state": "?v=1" })).status,
        200
    );
    let other = [("x-forwarded-for", "10.1.2.3")];
    let answer = server.send("POST", "/shares", &other, again).unwrap();
    assert_eq!(answer.status, 200, "another visitor of a proxy");
}

#[test]
fn a_record_takes_so_many_shares_and_no_more() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    let known = json!({ "state": "?v=1" });
    share(&server, &known);
    let connection = Connection::open(data.path().join("renewal-map.db")).unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 99999)
             INSERT INTO shares SELECT 'n' || n, 'v=1', '', '', 1, 0, 0, NULL FROM numbers",
        )
        .unwrap();
    let answer = server.post("/shares", r#"{"state": "?v=1&lang=en"}"#);
    assert!(answer.problem(507).contains("100000"));
    assert_eq!(server.post("/shares", known.to_string()).status, 200);
}

#[test]
fn an_account_shares_so_much_and_leaves_room_for_others() {
    let house = House::open();
    let connection = Connection::open(house.data.path().join("renewal-map.db")).unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 5000)
             INSERT INTO shares SELECT 'n' || n, 'v=1', '', '', 1, 0, 0, '读者甲' FROM numbers",
        )
        .unwrap();
    let what = json!({ "state": "?v=1" });
    let answer = shared(&house, Some("reader"), &what);
    assert!(answer.problem(507).contains("you have 5000"));
    assert_eq!(shared(&house, Some("editor"), &what).status, 201);
    assert_eq!(shared(&house, Some("reader"), &what).status, 200);
    let anybody = json!({ "state": "?v=1&lang=en" });
    assert_eq!(shared(&house, None, &anybody).status, 201);
}

#[test]
fn a_state_has_room_for_the_longest_text_and_no_more() {
    let data = TempDir::new().unwrap();
    let server = serve(data.path(), &[]);
    let text = json!({ "state": format!("?boundary={}", "路".repeat(2000)) });
    share(&server, &text);
    // In the form in which it is kept each is written with nine characters.
    let more = json!({ "state": format!("?x={}", "路".repeat(3000)) });
    let answer = server.post("/shares", more.to_string());
    assert!(answer.problem(413).contains("24 KiB"));
}

#[test]
fn who_shared_it_removes_it_and_so_do_administrators() {
    let house = House::open();
    let what = json!({ "state": "?v=1", "title": "晨会", "note": "电话 139" });
    let made = shared(&house, Some("reader"), &what).json();
    let path = format!("/s/{}", made["id"].as_str().unwrap());
    let remove = |role: Option<&str>, path: &str| {
        let path = path.replacen("/s/", "/shares/", 1);
        house.send("DELETE", role, &path, &[], "")
    };
    let seen = house.send("GET", None, &path, &DATA, "");
    let tag = seen.header("etag").to_owned();
    let again = [DATA[0], ("if-none-match", &*tag)];
    let unchanged = house.send("GET", None, &path, &again, "");
    assert_eq!((unchanged.status, unchanged.text()), (304, String::new()));

    remove(None, &path).problem(401);
    let detail = remove(Some("editor"), &path).problem(403);
    assert!(detail.contains("who shared it"), "{detail}");
    assert_eq!(opened(&house, None, &made["id"]), made);
    remove(Some("reader"), &format!("{path}?x=1")).problem(400);
    assert_eq!(remove(Some("reader"), &path).status, 204);
    // Nor do those have it who did.
    assert_eq!(house.send("GET", None, &path, &again, "").status, 404);
    assert_eq!(house.get(None, &format!("{path}.qr.svg")).status, 404);
    remove(Some("reader"), &path).problem(404);

    let anybody = shared(&house, None, &what).json();
    assert_eq!(anybody["id"], made["id"]);
    remove(Some("reader"), &path).problem(403);
    assert_eq!(remove(Some("administrator"), &path).status, 204);
    let audit = house.get(Some("administrator"), "/audit").text();
    assert_eq!(audit.matches("unshare").count(), 2, "{audit}");
}

#[test]
fn an_operator_lists_shares_and_removes_them() {
    let house = House::open();
    let command = |args: &[&str]| {
        let folder = house.data.path().to_str().unwrap();
        let output = program(&["record", "shares", "--data", folder])
            .args(args)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), said.concat())
    };
    let ids: Vec<String> = ["第一页", "第二页", "第三页"]
        .into_iter()
        .map(|title| {
            let what = json!({ "state": "?v=1", "title": title, "note": "甲\n乙" });
            let made = shared(&house, Some("reader"), &what).json();
            made["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let (_, listed) = command(&[]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    for (id, title) in ids.iter().zip(["第一页", "第二页", "第三页"]) {
        let line = listed.lines().find(|line| line.starts_with(&**id)).unwrap();
        assert!(line.ends_with(&format!("读者甲  {title} 甲 乙")), "{line}");
    }
    assert_eq!(command(&["--limit", "1"]).1.lines().count(), 1);
    let (status, said) = command(&["--remove", &ids[0], &ids[2].to_uppercase()]);
    assert_eq!(status, Some(0), "{said}");
    for (id, status) in ids.iter().zip([404, 200, 404]) {
        let answer = house.send("GET", None, &format!("/s/{id}"), &DATA, "");
        assert_eq!(answer.status, status, "{id}");
    }
    let (status, said) = command(&["--remove", &ids[0]]);
    assert_eq!(status, Some(1));
    assert!(said.contains(&format!("no share {}", ids[0])), "{said}");
}

#[test]
fn a_record_of_version_5_gets_room_for_shares() {
    let data = TempDir::new().unwrap();
    drop(serve(data.path(), &[]));
    let connection = Connection::open(data.path().join("renewal-map.db")).unwrap();
    connection
        .execute_batch("DROP TABLE shares; DROP TABLE share_secret; PRAGMA user_version = 5;")
        .unwrap();
    drop(connection);
    let server = serve(data.path(), &[]);
    let made = share(&server, &json!({ "state": "?v=1" }));
    let id = made["id"].as_str().unwrap();
    assert_eq!(server.get_with(&format!("/s/{id}"), &DATA).status, 200);
    drop(server);
    let copies = fs::read_dir(data.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_str().unwrap().starts_with("renewal-map.db.v5.")
    });
    assert_eq!(copies.count(), 1);
    let record = Record::open_existing(data.path()).unwrap();
    assert_eq!(record.verify().unwrap().revision, Revision(1));
    let new = NewShare {
        state: format!("v=1&layers={LAYERS}&theme=light&lang=zh"),
        title: String::new(),
        note: String::new(),
        revision: Revision(1),
        follows_latest: false,
        made_by: None,
    };
    let Keeping::Known(share) = record.keep_share(&new).unwrap() else {
        panic!("it was shared over HTTP");
    };
    assert_eq!(share.id.to_string(), id);
    assert_eq!(record.share(&share.id).unwrap(), Some(share));
}

#[test]
fn shares_of_earlier_programs_mean_what_they_meant() {
    let data = TempDir::new().unwrap();
    drop(serve(data.path(), &[]));
    let kept: Vec<Value> = serde_json::from_str(include_str!("kept-shares.json")).unwrap();
    let connection = Connection::open(data.path().join("renewal-map.db")).unwrap();
    for share in &kept {
        let [id, state] = ["id", "kept"].map(|name| share[name].as_str().unwrap());
        connection
            .execute(
                "INSERT INTO shares VALUES (?1, ?2, '', '', 1, ?3, 1700000000000, NULL)",
                (id, state, share["follows_latest"].as_bool()),
            )
            .unwrap();
    }
    drop(connection);
    let server = serve(data.path(), &[]);
    for share in &kept {
        let id = share["id"].as_str().unwrap();
        let told = server.json(&format!("/s/{id}?f=json"));
        assert_eq!(told["state"], share["state"], "{id}");
        assert_eq!(words(&told["missing"]), share["missing"], "{id}");
        assert_eq!(told["follows_latest"], share["follows_latest"], "{id}");
        let picture = format!("/s/{id}.png?width=320&height=240");
        assert_eq!(server.get(&picture).status, 200, "{id}");
    }
}

#[test]
fn the_pictures_of_a_share_stay_as_they_were_and_those_that_follow_do_not() {
    const ADDRESS: [&str; 2] = ["--public-url", "https://map.example.cn"];
    const FILES: [&str; 4] = [".png?width=800&height=600", ".pdf", ".pptx", ".zip"];
    let house = House::open_with(&ADDRESS);
    let state = "?v=1&layers=zones,parcels,projects&area=feature:zones/yunfan\
                 &collections=parcels,projects&select=parcels/a2-05";
    let pinned = share(&house.server, &json!({ "state": state, "title": "晨会" }));
    let follows = json!({ "state": state, "title": "晨会", "follow_latest": true });
    let follows = share(&house.server, &follows);
    let files = |server: &Server, share: &Value| {
        FILES.map(|ending| {
            let answer = server.get(&format!("/s/{}{ending}", share["id"].as_str().unwrap()));
            assert_eq!(answer.status, 200, "{ending}: {}", answer.text());
            answer.body
        })
    };
    let [briefed, followed] = [&pinned, &follows].map(|share| files(&house.server, share));
    // The selected one gets another name, one in the area is elsewhere, and one is gone.
    let selected = format!("{PARCELS}/a2-05");
    let renamed = json!({ "properties": { "name": "改名地块" } });
    change(&house, "editor", &selected, &renamed);
    let moved = house.server.json(&format!("{PARCELS}/d1-01"))["geometry"].clone();
    let path = format!("{PARCELS}/b3-02");
    change(&house, "editor", &path, &json!({ "geometry": moved }));
    let path = format!("{PARCELS}/b3-01");
    let read = house.get(Some("editor"), &path);
    let headers = [("if-match", read.header("etag"))];
    let removed = house.send("DELETE", Some("editor"), &path, &headers, "");
    assert_eq!(removed.status, 204, "{}", removed.text());
    // Another process has drawn none of them yet.
    let check = |server: &Server| {
        let [still, now] = [&pinned, &follows].map(|share| files(server, share));
        for (place, ending) in FILES.into_iter().enumerate() {
            assert!(still[place] == briefed[place], "{ending} stays");
            assert!(now[place] != followed[place], "{ending} follows");
        }
    };
    check(&house.server);
    house.server.kill();
    check(&crate::hidden::serve(
        &house.copy,
        house.data.path(),
        &ADDRESS,
    ));
}

#[test]
fn the_command_line_draws_what_anybody_may_see_unless_told_otherwise() {
    let house = House::open();
    let state = "?v=1&layers=zones,parcels&area=feature:zones/yunfan\
                 &collections=parcels,reserves&select=reserves/reserve-wt9";
    let made = shared(&house, Some("administrator"), &json!({ "state": state })).json();
    let id = made["id"].as_str().unwrap();
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let view = file("state.txt");
    fs::write(&view, state).unwrap();
    let drawn = |what: [&str; 2], viewer: &[&str]| {
        let out = file("map.png");
        let output = program(&["render", "--size", "800x600", "--out", &out])
            .args(["--data", house.data.path().to_str().unwrap()])
            .args(["--public-url", &house.server.url])
            .args(what)
            .args(viewer)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        (fs::read(&out).unwrap(), said)
    };
    for (what, served) in [
        (["--share", id], format!("/s/{id}.png?")),
        (["--state", &*view], format!("/map.png{state}&")),
    ] {
        let served = |role| {
            let answer = house.get(role, &format!("{served}width=800&height=600"));
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.body
        };
        let (anyone, said) = drawn(what, &[]);
        assert!(anyone == served(None), "{what:?}: as the service draws it");
        assert!(said.contains("not for you to see"), "{said}");
        assert!(!said.contains("reserve"), "{said}");
        let (editor, _) = drawn(what, &["--as", "editor"]);
        assert!(editor == anyone, "{what:?}: editors see no more of it");
        let (whole, said) = drawn(what, &["--as", "administrator"]);
        assert!(whole == served(Some("administrator")), "{what:?}");
        assert!(whole != anyone && said.is_empty(), "{what:?}: {said}");
    }
}

#[test]
fn a_share_of_a_revision_that_can_t_be_read_shows_the_latest() {
    // A copy, for the record is to hold what this program does not take.
    let copy = Copy::new();
    let data = TempDir::new().unwrap();
    let server = crate::hidden::serve(&copy, data.path(), &[]);
    let made = share(&server, &json!({ "state": "?v=1&select=zones/yunfan" }));
    drop(server);
    let connection = Connection::open(data.path().join("renewal-map.db")).unwrap();
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    // As of a record that was put back to before it.
    connection
        .execute("UPDATE shares SET revision = 7", [])
        .unwrap();
    drop(connection);
    let server = crate::hidden::serve(&copy, data.path(), &[]);
    let path = format!("/s/{}", made["id"].as_str().unwrap());
    let now = server.get_with(&path, &DATA).json();
    assert!(
        words(&now["missing"]).contains("no data of revision 7"),
        "{now}"
    );
    assert!(
        !now["state"].as_str().unwrap().contains("revision"),
        "{now}"
    );
    assert!(
        now["state"]
            .as_str()
            .unwrap()
            .contains("select=zones/yunfan")
    );
}
