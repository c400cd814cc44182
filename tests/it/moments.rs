//! Reads of what stood at a revision or at a time.

use serde_json::{Value, json};

use crate::{
    hidden::{House, name_of},
    support::Answer,
};

const STREET: &str = "/collections/streets/items/s-9";
const PARCEL: &str = "/collections/parcels/items/a1-01";
/// A sentence that rests on the street.
const SENTENCE: &str = "北至听雨道，南至砚池道，西至松涛路，东至石榴道";

/// A house in which the street is called otherwise since revision 2 and the parcel since 3, and when
/// each revision was made.
fn renamed() -> (House, Vec<String>) {
    let house = House::open();
    for path in [STREET, PARCEL] {
        let patch = json!({ "properties": { "name": "谷雨道" } }).to_string();
        let version = house.get(Some("editor"), path).header("etag").to_owned();
        let bearer = house.bearer(Some("editor")).unwrap();
        let headers = [("authorization", &*bearer), ("if-match", &*version)];
        let answer = house.server.send("PATCH", path, &headers, patch).unwrap();
        assert_eq!(
            answer.status,
            200,
            "{}: {}",
            name_of("editor"),
            answer.text()
        );
    }
    let told = house.server.json("/revisions")["revisions"].clone();
    let mut times: Vec<String> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|revision| revision["time"].as_str().unwrap().to_owned())
        .collect();
    times.reverse();
    assert_eq!(times.len(), 3);
    (house, times)
}

/// How a read asks for a moment.
enum Asks {
    Get(String),
    Post(&'static str, Value),
}

impl Asks {
    fn ask(&self, house: &House, moment: &Value) -> Answer {
        match self {
            Self::Get(path) => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                for (name, value) in moment.as_object().unwrap() {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    query.append_pair(name, &text);
                }
                let joint = if path.contains('?') { '&' } else { '?' };
                house.get(None, &format!("{path}{joint}{}", query.finish()))
            }
            Self::Post(path, body) => {
                let mut body = body.clone();
                for (name, value) in moment.as_object().unwrap() {
                    body[name] = value.clone();
                }
                house.server.post(path, body.to_string())
            }
        }
    }
}

/// Reads that take a moment in ways of their own.
fn reads() -> Vec<Asks> {
    let query = |pairs: &[(&str, &str)]| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    };
    let sentence = query(&[("text", SENTENCE)]);
    vec![
        Asks::Get(PARCEL.to_owned()),
        Asks::Get(format!("/boundaries?{sentence}")),
        Asks::Post("/boundaries", json!({ "text": SENTENCE })),
        Asks::Get("/areas/query?feature=zones/yunfan&collections=parcels,streets".to_owned()),
        Asks::Post(
            "/areas/query",
            json!({
                "area": { "feature": "zones/yunfan" },
                "collections": ["parcels", "streets"],
            }),
        ),
        Asks::Get("/map.png?v=1&layers=zones,streets&width=320&height=240".to_owned()),
    ]
}

/// What an answer holds beside its links, which bear the address that was asked.
fn body(answer: &Answer) -> Vec<u8> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    if answer.header("content-type") == "image/png" {
        return answer.body.clone();
    }
    let mut told = answer.json();
    told.as_object_mut().unwrap().shift_remove("links");
    told.to_string().into_bytes()
}

#[test]
fn any_read_names_a_revision_or_a_time() {
    let (house, times) = renamed();
    for asks in reads() {
        let told: Vec<Vec<u8>> = (1..)
            .zip(&times)
            .map(|(revision, time)| {
                let told = body(&asks.ask(&house, &json!({ "as_of": time })));
                assert!(told == body(&asks.ask(&house, &json!({ "revision": revision }))));
                told
            })
            .collect();
        assert!(told[0] != told[2]);
        assert!(told[2] == body(&asks.ask(&house, &json!({ "as_of": "2999-01-01T00:00:00Z" }))));
        let early = asks.ask(&house, &json!({ "as_of": "2001-01-01T00:00:00Z" }));
        early.problem(404);
        let both = asks.ask(&house, &json!({ "revision": 1, "as_of": times[0] }));
        assert_eq!(both.problem(400), "give either revision or as_of");
        let wrong = asks.ask(&house, &json!({ "as_of": "yesterday" }));
        let wrong = wrong.problem(400);
        assert!(wrong.contains("such as 2026-01-31T08:00:00Z"), "{wrong}");
    }
}

#[test]
fn what_the_interface_says_to_take_a_revision_takes_a_time() {
    let document: Value =
        serde_json::from_str(include_str!("../../src/http/openapi.json")).unwrap();
    let house = House::open();
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let parameters = operations["get"]["parameters"].as_array();
        let takes = |name: &str| {
            parameters.is_some_and(|list| list.iter().any(|parameter| parameter["name"] == name))
        };
        assert_eq!(takes("revision"), takes("as_of"), "{path}");
        if !takes("as_of") {
            continue;
        }
        count += 1;
        let address = crate::authorisation::address("get", path, "parcels", "a1-01");
        let asks = Asks::Get(address);
        let both = asks.ask(
            &house,
            &json!({ "revision": 1, "as_of": "2999-01-01T00:00:00Z" }),
        );
        assert_eq!(both.problem(400), "give either revision or as_of", "{path}");
    }
    assert!(count > 20, "{count}");
    for schema in ["AreaQuery", "BoundaryText"] {
        let schema = &document["components"]["schemas"][schema]["properties"];
        assert!(schema["revision"].is_object() && schema["as_of"].is_object());
    }
}
