//! Features changed over HTTP: by whom, at which version, and what of it stays.

use std::{
    io::Write,
    net::TcpStream,
    num::NonZero,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng, rngs::StdRng};
use renewal_map::{
    model::Cause,
    people::Secret,
    store::record::{Change, ChangeSet, Hash, Key, LetIn, Record},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Server, in_full, program, yunze};

const PARCEL: &str = "/collections/parcels/items/a1-01";

/// A service with a record, and the tokens of an editor and a reader.
struct Desk {
    server: Server,
    folder: TempDir,
    editor: String,
    reader: String,
}

fn serve(folder: &Path) -> Server {
    Server::start_with(&[
        "--seeds",
        yunze().join("seeds").to_str().unwrap(),
        "--geodata",
        yunze().join("geodata").to_str().unwrap(),
        "--data",
        folder.to_str().unwrap(),
    ])
}

fn people(folder: &Path, args: &[&str]) -> String {
    let output = program(&["people", "--data", folder.to_str().unwrap()])
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Desk {
    fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let server = serve(folder.path());
        let at = folder.path();
        people(at, &["add", "王工", "--role", "editor"]);
        people(at, &["add", "李处", "--role", "reader"]);
        Self {
            editor: people(at, &["token", "王工"]),
            reader: people(at, &["token", "李处"]),
            server,
            folder,
        }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.editor);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        self.server
            .send(method, path, &all, body.to_string())
            .unwrap()
    }

    /// The feature and its version.
    fn read(&self, path: &str) -> (Value, String) {
        let answer = self.server.get(path);
        assert_eq!(answer.status, 200, "{}", answer.text());
        (unlinked(&answer), answer.header("etag").to_owned())
    }
}

/// A feature without its links, which bear its name.
fn unlinked(answer: &Answer) -> Value {
    let mut feature = answer.json();
    feature.as_object_mut().unwrap().shift_remove("links");
    feature
}

#[test]
fn a_feature_is_read_changed_and_sent_back() {
    let desk = Desk::open();
    let (mut feature, version) = desk.read(PARCEL);
    assert!(version.starts_with('"'), "a strong tag: {version}");
    feature["properties"]["name"] = "和平大厦".into();
    let answer = desk.send("PUT", PARCEL, &[("if-match", &version)], &feature);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_ne!(answer.header("etag"), version);
    // What is sent back is what was read, with one word changed: measures, zones and headings that
    // answers add are not kept twice.
    assert_eq!(unlinked(&answer), feature);
    let (now, new_version) = desk.read(PARCEL);
    assert_eq!(now, feature);
    let written = answer.header("etag").trim_matches('"').to_owned();
    assert!(
        new_version.starts_with(&format!("\"{written}-")),
        "{new_version}"
    );
    let not_changed = desk
        .server
        .get_with(PARCEL, &[("if-none-match", &new_version)]);
    assert_eq!(not_changed.status, 304);

    let patch = json!({ "properties": { "name_en": "Peace Tower", "note": "试" } });
    let path = format!("{PARCEL}?message={}", "%E6%94%B9%E5%90%8D");
    let answer = desk.send("PATCH", &path, &[("if-match", &new_version)], &patch);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let patch = json!({ "properties": { "note": null } });
    let answer = desk.send(
        "PATCH",
        PARCEL,
        &[("if-match", answer.header("etag"))],
        &patch,
    );
    assert_eq!(answer.json()["properties"]["name_en"], "Peace Tower");
    assert_eq!(answer.json()["properties"].get("note"), None);

    // Tiles, lists and queries show it at once, and earlier states stay to be asked for.
    let list = desk
        .server
        .json("/collections/parcels/items?q=%E5%92%8C%E5%B9%B3%E5%A4%A7%E5%8E%A6");
    assert_eq!(list["numberMatched"], 1);
    assert_eq!(list["revision"], 4);
    let first = desk.server.json(&format!("{PARCEL}?revision=1"));
    assert_ne!(first["properties"]["name"], "和平大厦");
    let list = desk
        .server
        .json("/collections/parcels/items?revision=1&q=%E5%92%8C%E5%B9%B3%E5%A4%A7%E5%8E%A6");
    assert_eq!(
        (&list["numberMatched"], &list["revision"]),
        (&json!(0), &json!(1))
    );

    // A page of an earlier state leads on to that state.
    let page = desk
        .server
        .get("/collections/parcels/items?revision=1&f=html")
        .text();
    assert!(page.contains("items/a1-01?revision=1"), "{page}");

    let history = desk.server.json("/revisions");
    assert_eq!(history["numberMatched"], 4);
    let told = |at: usize| &history["revisions"][at];
    assert_eq!(told(1)["author"], "王工");
    assert_eq!(told(1)["message"], "改名");
    assert_eq!(told(0)["message"], "修改 parcels/a1-01");
    assert_eq!(told(3)["cause"], "seed");
    let time = told(2)["time"].as_str().unwrap();
    let then = desk.server.json(&format!("{PARCEL}?as_of={time}"));
    assert_eq!(then["properties"]["name"], "和平大厦");
    assert_ne!(then["properties"]["name_en"], "Peace Tower");
    let differences = desk.server.json("/revisions/1...4");
    assert_eq!(differences["numberMatched"], 1);
    let difference = &differences["differences"][0];
    assert_eq!(difference["feature"], "parcels/a1-01");
    let names: Vec<&str> = difference["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["name", "name_en"]);
    let feed = desk.server.get("/revisions?f=atom");
    assert_eq!(feed.header("content-type"), "application/atom+xml");
    assert!(
        feed.text().contains("<title>版本 3：改名</title>"),
        "{}",
        feed.text()
    );

    let wanted = json!({ "revert": 2, "message": "名称未定" });
    let refused = desk.send("POST", "/revisions", &[], &wanted);
    assert!(refused.problem(409).contains("parcels/a1-01"));
    let wanted = json!({ "revert": 4, "message": "备注还要" });
    let answer = desk.send("POST", "/revisions", &[], &wanted);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["revision"], 5);
    assert_eq!(desk.read(PARCEL).0["properties"]["note"], "试");
}

#[test]
fn links_of_an_earlier_state_lead_to_that_state() {
    let desk = Desk::open();
    let (_, version) = desk.read(PARCEL);
    let patch = json!({ "properties": { "name": "和平大厦" } });
    let answer = desk.send("PATCH", PARCEL, &[("if-match", &version)], &patch);
    assert_eq!(answer.status, 200, "{}", answer.text());
    for path in [
        "/collections",
        "/collections/parcels",
        "/collections/parcels/items?limit=1",
        PARCEL,
        "/documents/plan-2023",
        "/tiles",
        "/tiles/WebMercatorQuad",
        "/collections/parcels/tiles",
        "/collections/parcels/tiles/WebMercatorQuad",
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        let answer = desk.server.json(&format!("{path}{joint}revision=1"));
        let mut links = Vec::new();
        collect_links(&answer, &mut links);
        assert!(!links.is_empty(), "{path}");
        for link in links {
            let is_fixed = link.contains("/tileMatrixSets");
            assert!(is_fixed || link.contains("revision=1"), "{path}: {link}");
            // Templates are tried below.
            if !link.contains('{') {
                let way = link.strip_prefix(&desk.server.url).unwrap_or(&link);
                assert_eq!(desk.server.get(way).status, 200, "{path}: {link}");
            }
        }
    }
    let style = desk.server.json("/styles/default?revision=1");
    let source = style["sources"]["data"]["url"].as_str().unwrap();
    let tilejson = desk
        .server
        .json(source.strip_prefix(&desk.server.url).unwrap());
    let template = tilejson["tiles"][0].as_str().unwrap();
    assert!(template.ends_with(".mvt?revision=1"), "{template}");
}

/// Every `href` in links at any depth.
fn collect_links(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("href").and_then(Value::as_str).map(Into::into));
            members
                .values()
                .for_each(|value| collect_links(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_links(value, found)),
        _ => {}
    }
}

#[test]
fn a_patch_of_another_kind_is_not_taken_for_a_merge_patch() {
    let desk = Desk::open();
    let (_, version) = desk.read(PARCEL);
    let patch = json!([{ "op": "replace", "path": "/properties/name", "value": "x" }]);
    let headers = [
        ("if-match", version.as_str()),
        ("content-type", "application/json-patch+json"),
    ];
    let answer = desk.send("PATCH", PARCEL, &headers, &patch);
    assert!(answer.problem(415).contains("merge-patch+json"));
    let accepted = answer.header("accept-patch");
    assert!(
        accepted.starts_with("application/merge-patch+json"),
        "{accepted}"
    );
    let headers = [
        ("if-match", version.as_str()),
        (
            "content-type",
            "application/merge-patch+json; charset=utf-8",
        ),
    ];
    let patch = json!({ "properties": { "name": "和平大厦" } });
    let answer = desk.send("PATCH", PARCEL, &headers, &patch);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn features_are_added_and_removed() {
    let desk = Desk::open();
    let (mut feature, _) = desk.read(PARCEL);
    feature["id"] = "new-parcel".into();
    let items = "/collections/parcels/items";
    let answer = desk.send("POST", items, &[], &feature);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let place = answer.header("location");
    assert_eq!(place, format!("{}{items}/new-parcel", desk.server.url));
    let again = desk.send("POST", items, &[], &feature);
    assert!(again.problem(409).contains("already"));
    feature["id"] = "No Slug".into();
    assert!(
        desk.send("POST", items, &[], &feature)
            .problem(400)
            .contains("id")
    );
    let path = format!("{items}/new-parcel");
    let (_, version) = desk.read(&path);
    let gone = desk.send("DELETE", &path, &[("if-match", &version)], &json!(null));
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(desk.server.get(&path).status, 404);
    desk.send("DELETE", &path, &[("if-match", &version)], &json!(null))
        .problem(404);
    let before = desk.server.get(&format!("{path}?revision=2"));
    assert_eq!(before.status, 200);
}

#[test]
fn a_feature_tells_who_changed_what_of_it() {
    let desk = Desk::open();
    let (mut feature, version) = desk.read(PARCEL);
    let other = "/collections/parcels/items/a1-02";
    let patch = json!({ "properties": { "name": "别的地块" } });
    desk.send("PATCH", other, &[("if-match", &desk.read(other).1)], &patch);
    feature["properties"]["name"] = "和平大厦".into();
    feature["geometry"]["coordinates"][0][0][0] = json!(116.984);
    feature["geometry"]["coordinates"][0][8][0] = json!(116.984);
    let path = format!("{PARCEL}?message={}", "%E6%94%B9%E5%90%8D");
    let answer = desk.send("PUT", &path, &[("if-match", &version)], &feature);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let written = answer.header("etag").to_owned();
    let gone = desk.send("DELETE", PARCEL, &[("if-match", &written)], &json!(null));
    assert_eq!(gone.status, 204, "{}", gone.text());

    let path = format!("{PARCEL}/revisions");
    let history = desk.server.json(&path);
    assert_eq!(history["numberMatched"], 3, "{history}");
    let turns = history["revisions"].as_array().unwrap();
    let told = |name: &str| {
        turns
            .iter()
            .map(|turn| turn[name].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(told("revision"), [4, 3, 1], "not what changed others");
    assert_eq!(told("change"), ["removed", "changed", "added"]);
    assert_eq!(told("version")[..2], [json!(null), json!(written)]);
    assert!(version.starts_with(turns[2]["version"].as_str().unwrap().trim_end_matches('"')));
    assert_eq!(
        (&turns[1]["author"], &turns[1]["message"]),
        (&json!("王工"), &json!("改名"))
    );
    assert_eq!(
        (&turns[2]["cause"], &turns[1]["cause"]),
        (&json!("seed"), &json!("edit"))
    );
    let changed = turns[1]["properties"].as_array().unwrap();
    assert_eq!(changed[0]["name"], "name");
    assert_eq!(changed[0]["after"], "和平大厦");
    assert_eq!(changed[1]["name"], "geometry");
    assert_eq!(changed[1]["after"], feature["geometry"]);
    assert_ne!(changed[1]["before"], feature["geometry"]);
    assert_eq!(changed.len(), 2);

    let page = desk.server.json(&format!("{path}?limit=1&offset=1"));
    assert_eq!(page["revisions"][0]["revision"], 3);
    let links = page["links"].as_array().unwrap();
    assert!(links.iter().any(|link| link["rel"] == "next"), "{links:?}");
    let never = "/collections/parcels/items/none/revisions";
    assert!(desk.server.get(never).problem(404).contains("never"));
    desk.server
        .get("/collections/none/items/none/revisions")
        .problem(404);
    assert!(Server::yunze().get(&path).problem(404).contains("--data"));
}

#[test]
fn after_a_page_of_few_large_changes_come_as_many_as_were_asked_for() {
    let desk = Desk::open();
    let ids = ["a1-01", "a1-02", "a1-03"];
    for letter in ["a", "b"] {
        let long = letter.repeat(6 << 20);
        set_all(desk.folder.path(), &ids, "note", |_| long.clone());
    }
    for (path, list, returned) in [
        ("/revisions/1...2".to_owned(), "differences", [2, 1]),
        (format!("{PARCEL}/revisions"), "revisions", [1, 2]),
    ] {
        let page = |query: &str| {
            let page = desk.server.json(&format!("{path}?{query}"));
            let links = page["links"].as_array().unwrap().iter();
            let next = links.clone().find(|link| link["rel"] == "next");
            let next = next.map(|link| link["href"].as_str().unwrap());
            let next = next.map(|href| href.split_once('?').unwrap().1.to_owned());
            assert_eq!(page["numberMatched"], 3, "{path}");
            (page[list].as_array().unwrap().len(), next)
        };
        let (first, next) = page("limit=1000");
        let next = next.unwrap();
        assert_eq!(next, format!("limit=1000&offset={first}"), "{path}");
        let (second, after) = page(&next);
        assert_eq!(([first, second], after), (returned, None), "{path}");
    }
}

#[test]
fn nobody_overwrites_what_they_have_not_seen() {
    let desk = Desk::open();
    let (mut feature, version) = desk.read(PARCEL);
    let patch = json!({ "properties": { "name": "甲大厦" } });
    desk.send("PATCH", PARCEL, &[("if-match", &version)], &patch);
    feature["properties"]["name"] = "乙大厦".into();
    let refused = desk.send("PUT", PARCEL, &[("if-match", &version)], &feature);
    refused.problem(412);
    let changes = &refused.json()["changes"];
    assert_eq!(changes[0]["name"], "name");
    assert_eq!(changes[0]["after"], "甲大厦");
    assert_eq!(desk.read(PARCEL).0["properties"]["name"], "甲大厦");
    desk.send("PUT", PARCEL, &[], &feature).problem(428);
    desk.send("PUT", PARCEL, &[("if-match", "\"nonsense\"")], &feature)
        .problem(412);
    desk.send("PUT", PARCEL, &[("if-match", "*")], &feature)
        .problem(428);
    // A weak tag names no version.
    let weak = format!("W/{}", desk.read(PARCEL).1);
    desk.send("PUT", PARCEL, &[("if-match", &weak)], &feature)
        .problem(412);
}

#[test]
fn what_would_be_wrong_is_refused_with_every_reason() {
    let desk = Desk::open();
    let (feature, version) = desk.read(PARCEL);
    let tried = |change: &dyn Fn(&mut Value)| {
        let mut feature = feature.clone();
        change(&mut feature);
        desk.send("PUT", PARCEL, &[("if-match", &version)], &feature)
    };
    let unknown = tried(&|feature| feature["properties"]["kind"] = "castle".into());
    assert!(unknown.problem(422).contains("castle"));
    assert_eq!(unknown.json()["problems"][0]["feature"], "a1-01");
    let quote =
        tried(&|feature| feature["properties"]["citations"][0]["quote"] = "没有这句话".into());
    assert!(quote.problem(422).contains("does not stand in"));
    let uncited = tried(&|feature| {
        feature["properties"]["located_by"] = "digitised".into();
        feature["properties"]["citations"] = json!([]);
    });
    assert!(uncited.problem(422).contains("citations"));
    let crossed = tried(&|feature| {
        feature["geometry"]["coordinates"] = json!([[
            [117.0, 39.0],
            [117.001, 39.001],
            [117.001, 39.0],
            [117.0, 39.001],
            [117.0, 39.0]
        ]]);
    });
    crossed.problem(422);
    let renamed = tried(&|feature| feature["id"] = "other".into());
    assert!(renamed.problem(422).contains("a1-01"));
    let no_feature = tried(&|feature| *feature = json!([1, 2]));
    no_feature.problem(422);
    let sent = desk.server.send(
        "PUT",
        PARCEL,
        &[
            ("authorization", &format!("Bearer {}", desk.editor)),
            ("if-match", &version),
        ],
        "{ not json",
    );
    sent.unwrap().problem(400);
    assert_eq!(desk.server.json("/revisions")["numberMatched"], 1);
    assert_eq!(desk.read(PARCEL), (feature, version));
}

#[test]
fn only_who_may_changes_anything_and_failures_are_written_down() {
    let desk = Desk::open();
    let (feature, version) = desk.read(PARCEL);
    let attempt = |authorization: Option<&str>| {
        let mut headers = vec![("if-match", version.as_str())];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let body = feature.to_string();
        desk.server.send("PUT", PARCEL, &headers, body).unwrap()
    };
    let nobody = attempt(None);
    nobody.problem(401);
    assert!(nobody.header("www-authenticate").starts_with("Bearer"));
    let guessed = format!("Bearer rmap_{}", "0".repeat(64));
    attempt(Some(&guessed)).problem(401);
    attempt(Some("Bearer x")).problem(401);
    attempt(Some(&format!("Basic {}", desk.editor))).problem(401);
    attempt(Some(&format!("Bearer {}", desk.reader))).problem(403);
    let at = desk.folder.path();
    let second = people(at, &["token", "王工", "--label", "手机"]);
    people(at, &["revoke", "3"]);
    attempt(Some(&format!("Bearer {second}"))).problem(401);
    let editor = format!("bearer {}", desk.editor);
    assert_eq!(attempt(Some(&editor)).status, 200);
    people(at, &["close", "王工"]);
    attempt(Some(&editor)).problem(401);
    let audit = within_moments(|| {
        let audit = people(at, &["audit"]);
        (audit.matches("unknown token").count() >= 4).then_some(audit)
    });
    assert_eq!(audit.matches("unknown token").count(), 4, "{audit}");
    assert_eq!(audit.matches("李处  not allowed").count(), 1, "{audit}");
    assert!(audit.contains("account  王工 editor"), "{audit}");
    // The secret itself is nowhere in the record.
    let secret = desk.editor.trim_start_matches("rmap_").as_bytes();
    for entry in std::fs::read_dir(at).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|bytes| bytes == secret));
    }
    // A closed account that is opened again brings none of its tokens back.
    people(at, &["add", "王工", "--role", "editor"]);
    attempt(Some(&editor)).problem(401);
}

#[test]
fn a_service_without_a_record_only_reads() {
    let server = Server::yunze();
    let answer = server
        .send("DELETE", PARCEL, &[("if-match", "*")], "")
        .unwrap();
    assert!(answer.problem(405).contains("--data"));
    assert_eq!(answer.header("allow"), "GET, HEAD");
    assert!(server.get("/revisions").problem(404).contains("--data"));
    server
        .get(&format!("{PARCEL}?as_of=2026-01-01T00:00:00Z"))
        .problem(404);
    server
        .get(&format!("{PARCEL}?as_of=yesterday"))
        .problem(400);
    server
        .get(&format!("{PARCEL}?revision=1&as_of=2026-01-01T00:00:00Z"))
        .problem(400);
    server.get(&format!("{PARCEL}?revision=2")).problem(404);
    server
        .get(&format!("{PARCEL}?revision=18446744073709551615"))
        .problem(404);
    assert_eq!(server.get(&format!("{PARCEL}?revision=1")).status, 200);
}

#[test]
fn what_another_process_commits_is_served_soon() {
    let desk = Desk::open();
    let (_, version) = desk.read(PARCEL);
    let patch = json!({ "properties": { "name": "甲大厦" } });
    desk.send("PATCH", PARCEL, &[("if-match", &version)], &patch);
    let at = desk.folder.path().to_str().unwrap();
    let revert = [
        "record",
        "revert",
        "2",
        "--author",
        "王工",
        "--message",
        "撤回",
        "--data",
        at,
    ];
    assert!(program(&revert).output().unwrap().status.success());
    within_moments(|| (desk.read(PARCEL).0["properties"]["name"] != "甲大厦").then_some(()));
    let check = program(&["check", "--data", at]).output().unwrap();
    assert!(check.status.success());
    assert!(String::from_utf8_lossy(&check.stdout).contains("3 个版本"));
}

/// Another process that is writing to a record, until it is dropped.
fn somebody_writes(folder: &Path) -> Connection {
    let other = Connection::open(folder.join("renewal-map.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

#[test]
fn an_edit_for_which_nobody_waits_any_more_is_not_done() {
    let desk = Desk::open();
    let (_, version) = desk.read(PARCEL);
    let writing = somebody_writes(desk.folder.path());
    let address = desk.server.url.strip_prefix("http://").unwrap();
    let patch = json!({ "properties": { "name": "没人等的改动" } }).to_string();
    let mut client = TcpStream::connect(address).unwrap();
    write!(
        client,
        "PATCH {PARCEL} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         if-match: {version}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{patch}",
        desk.editor,
        patch.len()
    )
    .unwrap();
    // It has begun to commit by then, and waits for who is writing.
    thread::sleep(Duration::from_millis(500));
    drop(client);
    thread::sleep(Duration::from_millis(500));
    drop(writing);
    // One edit is done after the other: this one when that one is over.
    let patch = json!({ "properties": { "name": "改动" } });
    let answer = desk.send("PATCH", PARCEL, &[("if-match", &version)], &patch);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(desk.server.json("/revisions")["numberMatched"], 2);
}

#[test]
fn who_reads_does_not_wait_for_those_who_sign_out() {
    let desk = Desk::open();
    let server = &desk.server;
    let record = Record::open_existing(desk.folder.path()).unwrap();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let expires = Timestamp::now() + SignedDuration::from_hours(1);
    let sessions: Vec<[String; 2]> = (0..processors * 6)
        .map(|_| {
            let secret = Secret::random().unwrap();
            let opened = record.open_session("王工", LetIn::Provider, secret.hash(), expires);
            assert!(opened.unwrap());
            let cookie = format!("renewal_map_session={}", secret.reveal());
            let answer = server.get_with("/session", &[("cookie", &cookie)]).json();
            [cookie, answer["csrf"].as_str().unwrap().to_owned()]
        })
        .collect();
    let writing = somebody_writes(desk.folder.path());
    let ended = AtomicUsize::new(0);
    let before = thread::scope(|scope| {
        for [cookie, csrf] in &sessions {
            scope.spawn(|| {
                let headers = [("cookie", &**cookie), ("x-csrf-token", &**csrf)];
                let answer = server.send("DELETE", "/session", &headers, "").unwrap();
                ended.fetch_add(1, Ordering::SeqCst);
                assert_eq!(answer.status, 200, "{}", answer.text());
            });
        }
        // They have had time to take every turn that they can get.
        thread::sleep(Duration::from_millis(500));
        for _ in 0..4 {
            server.json("/collections/parcels/items?limit=2");
        }
        let before = ended.load(Ordering::SeqCst);
        drop(writing);
        before
    });
    assert_eq!(before, 0, "reading waited until somebody had signed out");
    assert_eq!(ended.load(Ordering::SeqCst), sessions.len());
}

/// What comes to be soon.
fn within_moments<T>(look: impl Fn() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "it did not come to be");
        thread::sleep(Duration::from_millis(50));
    }
}

/// What one writer knows of its feature: the name that was last acknowledged, and the one that was
/// on its way when the service died.
#[derive(Default)]
struct Written {
    acknowledged: Option<String>,
    on_its_way: Option<String>,
}

/// Gives parcels other names, in one commit.
fn rename_all(folder: &Path, ids: &[&str]) {
    set_all(folder, ids, "name", |id| format!("{id} 改名"));
}

/// Gives parcels a property, in one commit.
fn set_all(folder: &Path, ids: &[&str], property: &str, value: impl Fn(&str) -> String) {
    let record = Record::open_existing(folder).unwrap();
    let changes = ids.iter().map(|id| {
        let key = Key::of(&format!("parcels/{id}").parse().unwrap());
        let body = record.standing(&key).unwrap().unwrap();
        let mut feature: Value = serde_json::from_slice(&body).unwrap();
        feature["properties"][property] = value(id).into();
        Change {
            key,
            expected: Some(Hash::of(&body)),
            body: Some(serde_json::to_vec(&feature).unwrap()),
        }
    });
    let set = ChangeSet {
        author: "王工".into(),
        message: "一起改".into(),
        cause: Cause::Edit,
        changes: changes.collect(),
    };
    record.commit(&set).unwrap();
}

/// The revision that last changed a feature.
fn last_change(server: &Server, path: &str) -> u64 {
    let turns = server.json(&format!("{path}/revisions?limit=1"));
    turns["revisions"][0]["revision"].as_u64().unwrap()
}

#[test]
fn a_killed_service_loses_nothing_that_it_acknowledged() {
    let kills = if in_full() { 500 } else { 8 };
    let mut rng = StdRng::seed_from_u64(20_261_122);
    let desk = Desk::open();
    let Desk {
        mut server,
        folder,
        editor,
        ..
    } = desk;
    let bearer = format!("Bearer {editor}");
    let paths = ["a1-01", "a1-02", "a2-01"].map(|id| format!("/collections/parcels/items/{id}"));
    let written: [Mutex<Written>; 3] = Default::default();
    // These change together: taking back what changed them changes all of them again.
    let together = ["a1-03", "b2-04", "b3-01"];
    rename_all(folder.path(), &together);
    let together = together.map(|id| format!("/collections/parcels/items/{id}"));
    let reverted = AtomicU64::new(last_change(&server, &together[0]));
    for round in 0..kills {
        let dead = AtomicBool::new(false);
        // After so many commits of this round, and some moments.
        let commits = rng.random_range(0..4);
        let pause = Duration::from_millis(rng.random_range(0..40));
        let acknowledged = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (running, dead, acknowledged) = (&server, &dead, &acknowledged);
            for (path, written) in paths.iter().zip(&written) {
                let bearer = bearer.as_str();
                let mut version = running.get(path).header("etag").to_owned();
                scope.spawn(move || {
                    for count in 0.. {
                        let name = format!("{round} {count}");
                        written.lock().unwrap().on_its_way = Some(name.clone());
                        let patch = json!({ "properties": { "name": name } }).to_string();
                        let headers = [("authorization", bearer), ("if-match", version.as_str())];
                        let Ok(answer) = running.send("PATCH", path, &headers, patch) else {
                            assert!(dead.load(Ordering::SeqCst), "nobody had killed it");
                            break;
                        };
                        assert_eq!(answer.status, 200, "{}", answer.text());
                        version = answer.header("etag").to_owned();
                        acknowledged.fetch_add(1, Ordering::SeqCst);
                        let mut written = written.lock().unwrap();
                        written.acknowledged = Some(name);
                        written.on_its_way = None;
                    }
                });
            }
            let headers = [("authorization", bearer.as_str())];
            let reverted = &reverted;
            let mut last = last_change(running, &together[0]);
            scope.spawn(move || {
                loop {
                    let wanted = json!({ "revert": last, "message": "一起改" }).to_string();
                    let Ok(answer) = running.send("POST", "/revisions", &headers, wanted) else {
                        assert!(dead.load(Ordering::SeqCst), "nobody had killed it");
                        break;
                    };
                    assert_eq!(answer.status, 201, "{}", answer.text());
                    last = answer.json()["revision"].as_u64().unwrap();
                    reverted.store(last, Ordering::SeqCst);
                }
            });
            while acknowledged.load(Ordering::SeqCst) < commits {
                thread::yield_now();
            }
            thread::sleep(pause);
            dead.store(true, Ordering::SeqCst);
            running.kill();
        });
        server = serve(folder.path());
        let found = together.each_ref().map(|path| last_change(&server, path));
        assert!(
            found.iter().all(|one| *one == found[0]),
            "all of a commit or nothing: {found:?}"
        );
        assert!(found[0] >= reverted.load(Ordering::SeqCst), "{found:?}");
        for (path, written) in paths.iter().zip(&written) {
            let found = server.json(path)["properties"]["name"]
                .as_str()
                .unwrap()
                .to_owned();
            let mut written = written.lock().unwrap();
            if written.acknowledged.is_some() {
                let known = [&written.acknowledged, &written.on_its_way];
                assert!(known.contains(&&Some(found.clone())), "{found}: {known:?}");
            }
            // It stood when the service came back, so it counts from here.
            written.acknowledged = Some(found);
        }
    }
    drop(server);
    let record = Record::open_existing(folder.path()).unwrap();
    let verified = record.verify().unwrap();
    assert!(
        verified.revision.0 > kills,
        "writers got through: {verified:?}"
    );
    println!(
        "{kills} kills, {} revisions, every hash as committed",
        verified.revision
    );
}
