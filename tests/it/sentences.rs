//! Boundary sentences over the interface and on the command line.

use serde_json::{Value, json};

use crate::support::{Answer, Server, program};

const PARK: &str = "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路";

fn compiled(server: &Server, text: &str) -> Value {
    let answer = server.post("/boundaries", json!({ "text": text }).to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/geo+json");
    answer.json()
}

/// The only sentence of a text.
fn one(server: &Server, text: &str) -> Value {
    let all = compiled(server, text);
    let features = all["features"].as_array().unwrap();
    assert_eq!(features.len(), 1, "{text}: {all}");
    features[0].clone()
}

fn outcome(server: &Server, text: &str) -> (String, String) {
    let properties = &one(server, text)["properties"];
    let word = |name: &str| properties[name].as_str().unwrap_or_default().to_owned();
    (word("outcome"), word("message_en"))
}

fn get(server: &Server, parameters: &[(&str, &str)]) -> Answer {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    server.get(&format!("/boundaries?{query}"))
}

#[test]
fn the_zones_compile_from_their_sentences_with_every_metre_explained() {
    let server = Server::start();
    let zones = server.json("/collections/zones/items?limit=100");
    let mut compiled = 0;
    for zone in zones["features"].as_array().unwrap() {
        let Some(text) = zone["properties"]["boundary"]["text"].as_str() else {
            continue;
        };
        let feature = one(&server, text);
        assert_eq!(feature["geometry"], zone["geometry"], "{text}");
        let found = &feature["properties"];
        assert_eq!(found["sides"], zone["properties"]["sides"]);
        assert_eq!(
            found["accuracy_m"].as_f64(),
            zone["properties"]["accuracy_m"].as_f64()
        );
        // The stretches cover the ring, each from where the one before ends.
        let sides = found["sides"].as_array().unwrap();
        let ring = feature["geometry"]["coordinates"][0].as_array().unwrap();
        let mut at = 0;
        let mut metres = 0.0;
        for side in sides {
            assert_eq!(side["from"], at, "{text}");
            at = side["to"].as_u64().unwrap();
            metres += side["metres"].as_f64().unwrap();
        }
        assert_eq!(usize::try_from(at).unwrap(), ring.len() - 1);
        let perimeter = found["perimeter_m"].as_f64().unwrap();
        assert!((metres - perimeter).abs() < 0.1, "{metres} {perimeter}");
        // So do the four sides that were asked for, with what is off their lines.
        let mut asked = 0.0;
        for side in found["asked"].as_array().unwrap() {
            asked += side["metres"].as_f64().unwrap() + side["metres_off"].as_f64().unwrap();
            for name in side["names"].as_array().unwrap() {
                assert!(name["street"].is_string(), "{name}");
            }
        }
        assert!((asked - perimeter).abs() < 1.0, "{asked} {perimeter}");
        let off: f64 = found["gaps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|gap| gap["metres"].as_f64().unwrap())
            .sum();
        let on_named = found["on_named"].as_f64().unwrap();
        assert!((1.0 - off / perimeter - on_named).abs() < 1e-3, "{text}");
        assert_eq!(
            found["outcome"],
            if off > 0.0 {
                "compiled_with_gaps"
            } else {
                "compiled"
            }
        );
        // Corners are vertices of the ring, and a gap is where the ring runs.
        for corner in found["corners"].as_array().unwrap() {
            assert!(ring.contains(&corner["at"]), "{corner}");
        }
        for gap in found["gaps"].as_array().unwrap() {
            for point in gap["line"].as_array().unwrap() {
                assert!(ring.contains(point), "{gap}");
            }
        }
        compiled += 1;
    }
    assert_eq!(compiled, 3);
}

#[test]
fn a_paragraph_gives_each_of_its_sentences_with_the_area_stated_for_it() {
    let server = Server::start();
    let text = format!(
        "𠮷地块一位于红桥区，{PARK}，总用地面积约71公顷。\n地块二东至丙路，西至丁路，南至光荣道。地块三：{PARK}，占地780亩。"
    );
    let all = compiled(&server, &text);
    let features = all["features"].as_array().unwrap();
    let outcomes: Vec<&str> = features
        .iter()
        .map(|feature| feature["properties"]["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["compiled", "unresolved", "compiled"]);
    let characters: Vec<char> = text.chars().collect();
    for feature in features {
        let found = &feature["properties"];
        let place = |name: &str| usize::try_from(found[name].as_u64().unwrap()).unwrap();
        let words: String = characters[place("start")..place("end")].iter().collect();
        assert_eq!(found["sentence"], words);
    }
    let stated = |n: usize| &features[n]["properties"]["stated_area"];
    assert_eq!(stated(0)["quote"], "71公顷");
    assert_eq!(stated(0)["area_m2"].as_f64(), Some(710_000.0));
    let ratio = stated(0)["ratio"].as_f64().unwrap();
    let measured = features[0]["properties"]["area_m2"].as_f64().unwrap();
    assert!((ratio - 710_000.0 / measured).abs() < 1e-3);
    assert_eq!(stated(2)["quote"], "780亩");
    let missing = &features[1]["properties"]["message"];
    assert!(missing.as_str().unwrap().contains("北"), "{missing}");
    // The same of the address, so that it can be shared.
    let shared = get(&server, &[("text", &text)]).json();
    assert_eq!(shared["features"], all["features"]);
    let none = compiled(&server, "建设城市更新一张图，服务规划管理。");
    assert_eq!(none["features"], json!([]));
    assert!(none["message"].is_string() && none["message_en"].is_string());
}

#[test]
fn every_refusal_says_what_is_wrong_and_where() {
    let server = Server::start();
    for (text, words) in [
        ("北至光荣道，南至纪念馆路，西至本溪路", "east"),
        (
            "北至光荣道，北至纪念馆路，南至纪念馆路，西至本溪路，东至咸阳北路",
            "twice",
        ),
        (
            "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北街",
            "咸阳北路",
        ),
        (
            "北至纪念馆路，南至光荣道，西至本溪路，东至咸阳北路",
            "contradict",
        ),
        (
            "北至子牙河，南至西青道，西至本溪路，东至复兴路",
            "西青道 and 本溪路",
        ),
        ("北至光荣道，南至规划路，西至本溪路，东至咸阳北路", "规划路"),
        (
            "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路，面积7000公顷",
            "hectares|ha",
        ),
        (
            "北至光荣道以北50米，南至纪念馆路，西至本溪路，东至咸阳北路",
            "50米",
        ),
    ] {
        let (outcome, message) = outcome(&server, text);
        assert_eq!(outcome, "unresolved", "{text}: {message}");
        assert!(
            words.split('|').any(|word| message.contains(word)),
            "{text}: {message}"
        );
    }
    // A near name is a suggestion beside the name, and never taken for it.
    let feature = one(
        &server,
        "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北街",
    );
    let east = &feature["properties"]["asked"][1]["names"][0];
    assert_eq!(east["street"], Value::Null);
    assert_eq!(east["near"], json!(["咸阳北路"]));
    // Lines that stay apart are shown where they come nearest.
    let feature = one(&server, "北至子牙河，南至西青道，西至本溪路，东至复兴路");
    let gap = &feature["properties"]["gaps"][0];
    assert_eq!(gap["kind"], "apart");
    assert_eq!(gap["line"].as_array().unwrap().len(), 2);
    assert!(gap["metres"].as_f64().unwrap() > 250.0);
}

#[test]
fn a_sentence_is_an_area_to_ask_about() {
    let server = Server::start();
    let ask = |area: Value| {
        let body = json!({ "area": area, "collections": ["projects", "streets", "transit"] });
        server.post("/areas/query", body.to_string())
    };
    let by_zone = ask(json!({ "feature": "zones/guangrong-road-park" })).json();
    let by_sentence = ask(json!({ "boundary": PARK })).json();
    for measure in ["area_m2", "accuracy_m"] {
        assert_eq!(
            by_zone["area"]["properties"][measure],
            by_sentence["area"]["properties"][measure]
        );
    }
    let located = |answer: &Value| -> Vec<String> {
        let results = answer["results"].as_array().unwrap().iter();
        results
            .flat_map(|result| result["features"].as_array().unwrap())
            .filter(|feature| !feature["geometry"].is_null())
            .map(|feature| feature["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(!located(&by_zone).is_empty());
    assert_eq!(located(&by_zone), located(&by_sentence));
    let named = format!("/areas/query?collections=projects&boundary={PARK}");
    assert_eq!(
        server.json(&named)["area"]["geometry"],
        by_sentence["area"]["geometry"]
    );
    // One that makes no polygon is refused with its evidence.
    let text = "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北街";
    let refused = ask(json!({ "boundary": text }));
    refused.problem(422);
    assert_eq!(refused.json()["boundary"], one(&server, text));
    for (text, words) in [
        (format!("{PARK}。另一处{PARK}。"), "2"),
        ("红桥区".to_owned(), "not a boundary sentence"),
        ("东".repeat(10_001), "10001"),
    ] {
        let detail = ask(json!({ "boundary": text })).problem(422);
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn hostile_texts_get_an_answer() {
    let server = Server::start();
    let long = "东".repeat(10_001);
    for text in [long.as_str(), &format!("{PARK}{long}")] {
        let body = json!({ "text": text }).to_string();
        let detail = server.post("/boundaries", &body).problem(422);
        assert!(detail.contains("at most 10000"), "{detail}");
    }
    for text in [
        "北至".repeat(5_000),
        "北至光荣道，".repeat(1_600),
        "，".repeat(10_000),
        "（".repeat(10_000),
        format!("{PARK}\u{0}\u{202e}👾"),
        "北至😀，南至\u{200f}，西至<script>，东至';--".to_owned(),
        String::new(),
    ] {
        let answer = server.post("/boundaries", json!({ "text": text }).to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for (body, words) in [
        (json!({}), "text"),
        (json!({ "text": 5 }), "string"),
        (json!({ "text": PARK, "carriageway": "left" }), "left"),
        (json!({ "text": PARK, "streets": [] }), "streets"),
    ] {
        let detail = server.post("/boundaries", body.to_string()).problem(400);
        assert!(detail.contains(words), "{detail}");
    }
    let wrong = get(&server, &[("text", PARK), ("carriageway", "left")]).problem(400);
    assert!(wrong.contains("inner"), "{wrong}");
    assert_eq!(
        get(&server, &[("text", PARK), ("revision", "9")]).status,
        404
    );
}

#[test]
fn the_command_line_compiles_the_same() {
    let server = Server::start();
    let output = program(&["compile", "--text", PARK]).output().unwrap();
    assert!(output.status.success());
    let written: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(written["features"][0], one(&server, PARK));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("公顷") && told.contains("光荣道"), "{told}");
    for text in ["北至光荣道，南至纪念馆路，西至本溪路", "红桥区"] {
        let output = program(&["compile", "--text", text]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(!output.stderr.is_empty());
    }
}
