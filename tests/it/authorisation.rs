//! Every route × everybody × what is hidden: who gets which answer, and that no answer tells of what
//! is not for them.

use std::collections::BTreeSet;

use calamine::{Reader, Xlsx};
use jiff::{SignedDuration, Timestamp};
use renewal_map::{
    people::{Secret, grant, invite},
    store::record::{Hash, LetIn, Record},
};
use serde_json::{Value, json};

use crate::{
    hidden::{HIDDEN, House, ROLES, name_of, secrets, told},
    support::Answer,
};

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shows {
    Nothing,
    /// A token of a role's account.
    Token(&'static str),
    /// A token that was one.
    ExpiredToken,
    RevokedToken,
    ClosedToken,
    /// The cookie of a session, with its CSRF token or without.
    Cookie(&'static str, bool),
    /// The cookie of an account that was closed since.
    ClosedCookie,
}

const EVERYBODY: [Shows; 12] = [
    Shows::Nothing,
    Shows::Token("reader"),
    Shows::Token("editor"),
    Shows::Token("administrator"),
    Shows::ExpiredToken,
    Shows::RevokedToken,
    Shows::ClosedToken,
    Shows::Cookie("reader", true),
    Shows::Cookie("editor", true),
    Shows::Cookie("editor", false),
    Shows::Cookie("administrator", false),
    Shows::ClosedCookie,
];

impl Shows {
    /// Whether it is a token that is none any more.
    fn is_spoilt(self) -> bool {
        matches!(
            self,
            Self::ExpiredToken | Self::RevokedToken | Self::ClosedToken
        )
    }

    fn role(self) -> Option<&'static str> {
        match self {
            Self::Token(role) | Self::Cookie(role, _) => Some(role),
            _ => None,
        }
    }

    fn rank(self) -> Option<usize> {
        ROLES.iter().position(|role| Some(*role) == self.role())
    }

    fn is(self, least: &str) -> bool {
        self.rank() >= ROLES.iter().position(|role| *role == least)
    }
}

/// What an operation asks of who asks for it.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// Nothing at all: nobody looks who it is.
    Open,
    /// Nothing, and then answers so.
    Anybody(u16),
    /// An editor, and then answers so.
    Edits(u16),
    /// An editor who merely looks, and then answers so.
    ShowsEditors(u16),
    /// An administrator, and then answers so.
    Administers(u16),
    /// Nothing; in a session its CSRF token, and then answers so.
    FromOwnPage(u16),
    /// An account, and then answers so.
    Joins(u16),
}

impl Rule {
    /// The status for who asks, where what is asked for is seen by `readers` at least.
    fn status(self, who: Shows, readers: Option<&str>) -> u16 {
        let sees = readers.is_none_or(|least| who.is(least));
        let allowed = |least: &str, changes: bool, status: u16| match who {
            _ if who.role().is_none() => 401,
            Shows::Cookie(_, false) if changes => 403,
            _ if !who.is(least) => 403,
            _ if sees => status,
            _ => 404,
        };
        match self {
            Self::Open => 200,
            _ if who.is_spoilt() => 401,
            Self::Anybody(_) if !sees => 404,
            Self::FromOwnPage(_) if matches!(who, Shows::Cookie(_, false)) => 403,
            Self::Anybody(status) | Self::FromOwnPage(status) => status,
            Self::Joins(status) => allowed("reader", true, status),
            Self::Edits(status) => allowed("editor", true, status),
            Self::ShowsEditors(status) => allowed("editor", false, status),
            Self::Administers(status) => allowed("administrator", false, status),
        }
    }
}

/// What each operation of the interface asks, and answers who may. Requests that change nothing are
/// answered as such (412 for a version that never was), after all that is asked has been looked at.
const MATRIX: &[(&str, &str, Rule)] = &[
    ("get", "/", Rule::Anybody(200)),
    ("get", "/conformance", Rule::Anybody(200)),
    ("get", "/collections", Rule::Anybody(200)),
    ("get", "/collections/{collectionId}", Rule::Anybody(200)),
    (
        "get",
        "/collections/{collectionId}/items",
        Rule::Anybody(200),
    ),
    (
        "post",
        "/collections/{collectionId}/items",
        Rule::Edits(409),
    ),
    (
        "get",
        "/collections/{collectionId}/items/{featureId}",
        Rule::Anybody(200),
    ),
    (
        "put",
        "/collections/{collectionId}/items/{featureId}",
        Rule::Edits(412),
    ),
    (
        "patch",
        "/collections/{collectionId}/items/{featureId}",
        Rule::Edits(412),
    ),
    (
        "delete",
        "/collections/{collectionId}/items/{featureId}",
        Rule::Edits(412),
    ),
    (
        "get",
        "/collections/{collectionId}/items/{featureId}/revisions",
        Rule::Anybody(200),
    ),
    (
        "get",
        "/collections/{collectionId}/queryables",
        Rule::Anybody(200),
    ),
    (
        "get",
        "/collections/{collectionId}/schema",
        Rule::Anybody(200),
    ),
    (
        "get",
        "/collections/{collectionId}/tiles",
        Rule::Anybody(200),
    ),
    (
        "get",
        "/collections/{collectionId}/tiles/WebMercatorQuad",
        Rule::Anybody(200),
    ),
    (
        "get",
        "/collections/{collectionId}/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}",
        Rule::Anybody(200),
    ),
    ("get", "/tiles", Rule::Anybody(200)),
    ("get", "/tiles/WebMercatorQuad", Rule::Anybody(200)),
    (
        "get",
        "/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}",
        Rule::Anybody(200),
    ),
    ("get", "/tiles/{layers}.json", Rule::Anybody(200)),
    ("get", "/tiles/{layers}/{z}/{x}/{y}.mvt", Rule::Anybody(200)),
    ("get", "/tileMatrixSets", Rule::Anybody(200)),
    ("get", "/tileMatrixSets/WebMercatorQuad", Rule::Anybody(200)),
    ("get", "/styles/{styleId}", Rule::Anybody(200)),
    // The operator has named none.
    ("get", "/base-map/{z}/{x}/{y}", Rule::Anybody(404)),
    ("get", "/areas/query", Rule::Anybody(200)),
    ("post", "/areas/query", Rule::Anybody(200)),
    ("get", "/boundaries", Rule::Anybody(200)),
    ("post", "/boundaries", Rule::Anybody(200)),
    ("get", "/documents", Rule::Anybody(200)),
    ("get", "/documents/{documentId}", Rule::Anybody(200)),
    ("get", "/claims", Rule::Anybody(200)),
    ("get", "/claims/pairs", Rule::Anybody(200)),
    // The district has no such table.
    ("get", "/indicators", Rule::Anybody(404)),
    ("post", "/shares", Rule::FromOwnPage(201)),
    // One that there is not.
    ("get", "/s/{id}", Rule::Anybody(404)),
    ("get", "/s/{id}.png", Rule::Anybody(404)),
    ("get", "/s/{id}.pdf", Rule::Anybody(404)),
    ("get", "/s/{id}.pptx", Rule::Anybody(404)),
    ("get", "/s/{id}.qr.svg", Rule::Anybody(404)),
    ("get", "/s/{id}.zip", Rule::Anybody(404)),
    ("get", "/map.png", Rule::Anybody(200)),
    ("delete", "/shares/{id}", Rule::Joins(404)),
    // Embedding is off.
    ("get", "/embed/{id}", Rule::Anybody(404)),
    ("get", "/revisions", Rule::Anybody(200)),
    // One that there is not.
    ("post", "/revisions", Rule::Edits(404)),
    ("get", "/revisions/{which}", Rule::Anybody(200)),
    // Into a collection, and of a file without a name.
    ("post", "/imports", Rule::Edits(400)),
    // One that there is not.
    ("get", "/imports/{id}", Rule::ShowsEditors(404)),
    ("put", "/imports/{id}", Rule::Edits(404)),
    ("delete", "/imports/{id}", Rule::Edits(404)),
    ("get", "/imports/{id}/changes", Rule::ShowsEditors(404)),
    ("post", "/imports/{id}/commit", Rule::Edits(404)),
    ("get", "/session", Rule::Anybody(200)),
    // With a name that nobody has.
    ("post", "/session", Rule::Anybody(401)),
    ("delete", "/session", Rule::FromOwnPage(200)),
    ("get", "/sign-in", Rule::Anybody(200)),
    ("post", "/sign-in", Rule::Anybody(401)),
    // The service knows no identity provider.
    ("get", "/sign-in/oidc", Rule::Anybody(404)),
    ("get", "/sign-in/oidc/callback", Rule::Anybody(404)),
    ("post", "/sign-out", Rule::FromOwnPage(303)),
    // With a link that is none.
    ("get", "/join/{key}", Rule::Anybody(404)),
    ("post", "/join/{key}", Rule::Anybody(404)),
    ("get", "/audit", Rule::Administers(200)),
    ("get", "/healthz", Rule::Open),
    ("get", "/readyz", Rule::Open),
];

/// A tile in which all that is hidden lies, at zoom 12.
const TILE: [&str; 3] = ["12", "3379", "1565"];

/// The address that a template of the document stands for.
pub fn address(method: &str, template: &str, collection: &str, feature: &str) -> String {
    let [z, x, y] = TILE;
    let path = template
        .replace("{collectionId}", collection)
        .replace("{featureId}", feature)
        .replace("{layers}", collection)
        .replace("{z}/{x}/{y}", &TILE.join("/"))
        .replace("{tileMatrix}/{tileRow}/{tileCol}", &[z, y, x].join("/"))
        .replace("{styleId}", "default")
        .replace("{documentId}", "arrangement-2025")
        .replace("{which}", "1...1")
        .replace("{key}", &"0".repeat(64))
        .replace("{id}", &"0".repeat(24));
    match (method, template) {
        ("get", "/areas/query") => {
            let asked = [("feature", "zones/yunfan"), ("collections", collection)];
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(asked)
                .finish();
            format!("{path}?{query}")
        }
        ("post", "/imports") => format!("{path}?into={collection}"),
        ("get", "/boundaries") => format!("{path}?text=x"),
        _ => path,
    }
}

/// Those who come to the door.
struct Visitors {
    house: House,
    record: Record,
    spoilt: [String; 3],
}

/// What stands for the hash of everybody's password: nobody compares it here.
const KEPT: &str = "kept";

fn choose(record: &Record, name: &str) {
    let key = invite(record, name).unwrap();
    record.accept_invitation(key.hash(), name, KEPT).unwrap();
}

impl Visitors {
    fn new() -> Self {
        let house = House::open();
        let record = Record::open_existing(house.data.path()).unwrap();
        let past = Timestamp::now() - SignedDuration::from_hours(1);
        let expired = format!("rmap_{}", Secret::random().unwrap().reveal());
        let hash = Hash::of(expired.as_bytes());
        record.add_token(name_of("editor"), "", hash, past).unwrap();
        let (number, revoked) = grant(&record, name_of("editor"), "", 1).unwrap();
        record.revoke_token(number).unwrap();
        record
            .put_account("已离职", renewal_map::model::Role::Administrator)
            .unwrap();
        let (_, closed) = grant(&record, "已离职", "", 1).unwrap();
        record.close_account("已离职").unwrap();
        for name in ROLES.map(name_of) {
            choose(&record, name);
        }
        let spoilt = [
            expired,
            revoked.reveal().to_owned(),
            closed.reveal().to_owned(),
        ];
        Self {
            house,
            record,
            spoilt,
        }
    }

    /// The headers by which somebody is known, in a session of their own where it is by one, and its
    /// CSRF token.
    fn shown(&self, who: Shows) -> (Vec<(&'static str, String)>, String) {
        let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
        let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
        let session = |account: &str| {
            let secret = Secret::random().unwrap();
            let opened =
                self.record
                    .open_session(account, LetIn::Password(KEPT), secret.hash(), tomorrow);
            assert!(opened.unwrap());
            secret
        };
        let cookie = |secret: &Secret| {
            (
                "cookie",
                format!("a=b; renewal_map_session={}", secret.reveal()),
            )
        };
        match who {
            Shows::Nothing => (vec![], String::new()),
            Shows::Token(role) => {
                let bearer = self.house.bearer(Some(role)).unwrap();
                (vec![("authorization", bearer)], String::new())
            }
            Shows::ExpiredToken => (bearer(&self.spoilt[0]), String::new()),
            Shows::RevokedToken => (bearer(&self.spoilt[1]), String::new()),
            Shows::ClosedToken => (bearer(&self.spoilt[2]), String::new()),
            Shows::Cookie(role, with_csrf) => {
                let secret = session(name_of(role));
                let mut headers = vec![cookie(&secret)];
                let csrf = if with_csrf {
                    secret.proof("csrf")
                } else {
                    String::new()
                };
                if with_csrf {
                    headers.push(("x-csrf-token", csrf.clone()));
                }
                (headers, csrf)
            }
            Shows::ClosedCookie => {
                let role = renewal_map::model::Role::Administrator;
                self.record.put_account("已离职", role).unwrap();
                choose(&self.record, "已离职");
                let secret = session("已离职");
                self.record.close_account("已离职").unwrap();
                (vec![cookie(&secret)], String::new())
            }
        }
    }

    fn ask(&self, who: Shows, method: &str, path: &str, body: &str) -> Answer {
        let (headers, csrf) = self.shown(who);
        let body = body.replace("CSRF", &csrf);
        let mut all: Vec<(&str, &str)> = vec![
            ("if-match", "\"0\""),
            ("accept", "application/json, */*;q=0.1"),
        ];
        all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        let server = &self.house.server;
        server
            .send(&method.to_uppercase(), path, &all, body)
            .unwrap()
    }
}

/// The body of an operation.
fn body(method: &str, template: &str, collection: &str, feature: &str, turn: usize) -> String {
    // Each attempt is another's: nobody is slowed down here.
    let name = format!("无人-{turn}");
    match (method, template) {
        ("post", "/areas/query") => {
            json!({ "area": { "feature": "zones/yunfan" }, "collections": [collection] })
                .to_string()
        }
        ("post", "/boundaries") => json!({ "text": "x" }).to_string(),
        ("post", "/revisions") => json!({ "revert": 999, "message": "x" }).to_string(),
        ("post", "/shares") => json!({ "state": "?v=1", "title": name }).to_string(),
        ("post", "/session") => json!({ "name": name, "password": "x" }).to_string(),
        ("post", "/sign-in") => format!("name=nobody-{turn}&password=x"),
        ("post", "/sign-out") => "csrf=CSRF".to_owned(),
        ("post" | "put" | "patch", _) => {
            json!({ "type": "Feature", "id": feature, "geometry": null, "properties": {} })
                .to_string()
        }
        _ => String::new(),
    }
}

#[test]
fn every_operation_answers_everybody_as_it_should() {
    let visitors = Visitors::new();
    let document = visitors.ask(Shows::Nothing, "get", "/api", "").json();
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, operations)| {
            let methods = operations.as_object().unwrap().keys();
            let methods = methods.filter(|name| *name != "parameters");
            methods.map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    let known: BTreeSet<(String, String)> = MATRIX
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    let missing: Vec<_> = documented.symmetric_difference(&known).collect();
    assert!(
        missing.is_empty(),
        "in the document or the matrix alone: {missing:?}"
    );

    let seen = ("parcels", "a1-01", None);
    let hidden = HIDDEN.map(|(id, readers, words)| (id, words[1], Some(readers)));
    let mut turn = 0;
    let mut wrong = Vec::new();
    for (method, template, rule) in MATRIX {
        let asks = template.contains("{collectionId}")
            || template.contains("{layers}")
            || matches!(*template, "/areas/query" | "/imports");
        let subjects: Vec<_> = std::iter::once(seen)
            .chain(hidden.into_iter().filter(|_| asks))
            .collect();
        for (collection, feature, readers) in subjects {
            let path = address(method, template, collection, feature);
            for who in EVERYBODY {
                turn += 1;
                let body = body(method, template, collection, feature, turn);
                let answer = visitors.ask(who, method, &path, &body);
                let mut expected = rule.status(who, readers);
                // What an area query is to look through is a part of what is asked.
                if *template == "/areas/query" && expected == 404 {
                    let [other, body] =
                        [&path, &body].map(|text| text.replace(collection, "nowhere"));
                    let none = visitors.ask(who, method, &other, &body);
                    assert_eq!(answer.text().replace(collection, "nowhere"), none.text());
                    expected = none.status;
                }
                if answer.status != expected {
                    wrong.push(format!(
                        "{method} {path} {who:?}: {} and not {expected}: {}",
                        answer.status,
                        answer.text().chars().take(300).collect::<String>()
                    ));
                }
                if expected == 404 && readers.is_some() && !matches!(*template, "/areas/query") {
                    // As of a collection that there is not.
                    let other = address(method, template, "nowhere", feature);
                    let none = visitors.ask(who, method, &other, &body);
                    let same = answer.text().replace(collection, "nowhere") == none.text();
                    if !same || none.status != 404 {
                        wrong.push(format!("{method} {path} {who:?} differs from {other}"));
                    }
                }
            }
        }
    }
    assert!(turn > 1_000, "{turn}");
    assert!(
        wrong.is_empty(),
        "{} of {turn}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The operations of an import that there is, each with a body that it takes.
const OF_IMPORTS: [(&str, &str, &str); 5] = [
    ("GET", "", ""),
    ("PUT", "", "{}"),
    ("GET", "/changes", ""),
    ("POST", "/commit", "{\"preview\":1}"),
    ("DELETE", "", ""),
];

#[test]
fn an_import_into_what_is_hidden_is_as_one_that_there_is_not() {
    let visitors = Visitors::new();
    let house = &visitors.house;
    let nowhere = "/imports/000000000000000000000000";
    for (collection, readers, _) in HIDDEN {
        let file = json!({ "type": "FeatureCollection", "features": [] }).to_string();
        let path = format!("/imports?into={collection}&name=p.geojson");
        let begun = house.send("POST", Some("administrator"), &path, &[], &file);
        assert_eq!(begun.status, 201, "{}", begun.text());
        let place = begun.header("location").to_owned();
        let import = &place[place.find("/imports/").unwrap()..];
        let mut hidden = 0;
        for who in EVERYBODY {
            let sees = who.is("editor") && who.is(readers);
            for (method, more, body) in OF_IMPORTS {
                // Who sees it may do with it what they like: they look alone, so that it stays.
                if sees && method != "GET" {
                    continue;
                }
                let [answer, none] = [import, nowhere]
                    .map(|import| visitors.ask(who, method, &format!("{import}{more}"), body));
                if sees && more.is_empty() {
                    assert_eq!(answer.status, 200, "{who:?} {}", answer.text());
                }
                if sees {
                    continue;
                }
                let what = format!("{who:?} {method} {collection}{more}: {}", answer.text());
                assert!(matches!(none.status, 401 | 403 | 404), "{what}");
                hidden += usize::from(none.status == 404);
                assert_eq!(answer.status, none.status, "{what}");
                let id = import.rsplit('/').next().unwrap();
                let told = answer.text().replace(id, &"0".repeat(24));
                assert_eq!(told, none.text(), "{what}");
            }
        }
        // Editors get that far, where they don't see it.
        assert_eq!(hidden > 0, readers == "administrator", "{collection}");
        // Nobody has let go of it, nor committed it.
        let still = house.send("GET", Some("administrator"), import, &[], "");
        assert_eq!(still.status, 200, "{}", still.text());
        assert_ne!(still.json()["state"], "committed");
    }
}

/// Everything that can be read, in every form.
fn readable() -> Vec<String> {
    let seen = MATRIX
        .iter()
        .filter(|(method, template, _)| *method == "get" && *template != "/audit")
        .flat_map(|(_, template, _)| {
            [
                ("parcels", "a1-01"),
                ("zones", "yunfan"),
                ("zones", "yunze"),
            ]
            .map(|(collection, feature)| address("get", template, collection, feature))
        });
    let layers = "zones,parcels,projects,transit,streets,water,district";
    let more = [
        "/api",
        "/api.html",
        "/revisions?f=atom",
        "/revisions/1",
        "/?f=json",
        "/sign-in",
        "/collections?f=html",
        "/collections?f=html&lang=en",
        "/collections?revision=1",
        "/collections/parcels?f=html",
        "/collections/zones?f=html",
        "/collections/zones/items?f=html",
        "/collections/zones/items/yunfan?f=html",
        "/collections/zones/items/yunfan?f=html&lang=en",
        "/collections/zones/items/yunfan?f=html&revision=1",
        "/collections/projects/items?f=html",
        "/collections/parcels/items?limit=1000",
        "/collections/parcels/items?zone=yunfan&limit=1000",
        "/collections/parcels/items?kind=none-such",
        "/collections/parcels/items?document=none-such",
        "/collections/nowhere",
        "/collections/nowhere/items",
        "/tiles/nowhere.json",
        "/claims?limit=1000",
        "/claims?q=%E4%BA%91",
        "/claims?document=arrangement-2025&limit=1000",
        "/claims/pairs?limit=1000",
        "/claims/pairs?earlier=plan-2023&later=arrangement-2025",
        "/documents/arrangement-2025",
        "/documents/plan-2023?revision=1",
        "/documents/none-such",
        "/areas/query?feature=zones/yunfan&collections=all",
        "/areas/query?feature=zones/none-such&collections=parcels",
        "/areas/query?feature=zones/yunfan&collections=nowhere",
        "/areas/query?feature=zones/yunfan&collections=parcels,projects,transit,streets&f=geojson",
        "/areas/query?feature=zones/yunfan&collections=parcels,projects,transit,streets&f=csv",
        "/areas/query?feature=zones/yunfan&collections=parcels,projects,transit,streets&f=csv&lang=en",
        "/areas/query?feature=zones/yunfan&collections=parcels,projects,transit,streets&f=xlsx",
        "/styles/default",
    ];
    let tiles = ["", ".labels", ".accuracy"].map(|derived| {
        let layers: Vec<String> = layers
            .split(',')
            .map(|layer| format!("{layer}{derived}"))
            .collect();
        format!("/tiles/{}/{}.mvt", layers.join(","), TILE.join("/"))
    });
    let mut all: Vec<String> = seen.chain(more.map(str::to_owned)).chain(tiles).collect();
    all.sort();
    all.dedup();
    all
}

/// What an answer says, unpacked where it is a workbook.
fn unpacked(mut answer: Answer) -> Answer {
    if answer.body.starts_with(b"PK") {
        let mut book = Xlsx::new(std::io::Cursor::new(answer.body)).unwrap();
        let sheets: Vec<_> = book.worksheets();
        answer.body = format!("{sheets:?}").into_bytes();
    }
    answer
}

#[test]
fn no_answer_tells_of_what_is_hidden() {
    let house = House::open();
    let paths = readable();
    assert!(paths.len() > 80, "{}", paths.len());
    for viewer in [None, Some("reader"), Some("editor")] {
        let words = secrets(viewer);
        for path in &paths {
            let answer = unpacked(house.get(viewer, path));
            assert_eq!(told(&answer, &words), None, "{viewer:?} {path}");
        }
    }
    // Who sees it all comes upon it all over the place, so the words are found where they stand.
    let words = secrets(None);
    let telling =
        |path: &&String| told(&unpacked(house.get(Some("administrator"), path)), &words).is_some();
    let found: Vec<&String> = paths.iter().filter(telling).collect();
    let [z, x, y] = TILE;
    for path in [
        "/api",
        "/claims",
        "/collections",
        "/collections?f=html",
        "/collections/nowhere",
        "/documents/arrangement-2025",
        &format!("/tiles/WebMercatorQuad/{z}/{y}/{x}"),
    ] {
        assert!(
            found.iter().any(|other| *other == path),
            "{path}: {found:?}"
        );
    }
    // Nor does a search find it, by whatever it is asked for.
    for viewer in [None, Some("reader"), Some("editor")] {
        for word in secrets(viewer) {
            let asked: String = form_urlencoded::byte_serialize(word.as_bytes()).collect();
            for path in [
                format!("/collections/parcels/items?q={asked}"),
                format!("/claims?q={asked}"),
                format!("/claims/pairs?q={asked}"),
            ] {
                let answer = house.get(viewer, &path);
                assert_eq!(answer.status, 200, "{path}");
                let count = answer.json()["numberMatched"].clone();
                assert_eq!(count, 0, "{viewer:?} {path}");
            }
            let kind = house.get(viewer, &format!("/collections/parcels/items?kind={asked}"));
            let none = house.get(viewer, "/collections/parcels/items?kind=none-such");
            assert_eq!((kind.status, none.status), (400, 400));
            let said: Value = none.json()["detail"].clone();
            assert_eq!(
                kind.json()["detail"],
                said.as_str().unwrap().replace("none-such", word)
            );
        }
    }
}
