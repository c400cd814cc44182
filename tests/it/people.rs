//! Collections that only some see, and who looks: accounts, sessions, and what is written down.

use serde_json::{Value, json};

use crate::{
    hidden::{HIDDEN, House, secrets, told},
    loading::Copy,
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

#[test]
fn what_is_hidden_later_has_no_past() {
    let house = House::open();
    let parcel = "/collections/parcels/items/a1-01?revision=1";
    assert_eq!(house.get(None, parcel).status, 200);
    // The next release of the data hides the parcels.
    house.copy.edit("geodata/collections.json", |catalogue| {
        catalogue["collections"][1]["readers"] = "editor".into();
    });
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| house.copy.file(part));
    let output = crate::support::program(&[
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
}

#[test]
fn what_others_rest_on_is_not_hidden() {
    let problems = |change: &dyn Fn(&Copy)| {
        let copy = Copy::new();
        change(&copy);
        let [seeds, geodata] = ["seeds", "geodata"].map(|part| copy.file(part));
        let output = crate::support::program(&[
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
    crate::hidden::people(data.path(), &["add", "读者甲", "--role", "reader"]);
    let bearer = format!(
        "Bearer {}",
        crate::hidden::people(data.path(), &["token", "读者甲"])
    );
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
