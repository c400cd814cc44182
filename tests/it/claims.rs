//! Who says what: documents with their cited stretches, claims, pairs, indicators, and the flaws
//! in them that `check` names.

use std::{collections::HashMap, fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Server, program, repository, yunze};

/// Characters of a text, as spans count them.
fn words(text: &[char], start: &Value, end: &Value) -> String {
    let place = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    text[place(start)..place(end)].iter().collect()
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().unwrap()
}

#[test]
fn every_claim_stands_at_its_span() {
    let server = Server::start();
    let documents = server.json("/documents");
    let texts: HashMap<String, Vec<char>> = list(&documents, "documents")
        .iter()
        .map(|info| {
            let id = info["id"].as_str().unwrap().to_owned();
            let document = server.json(&format!("/documents/{id}"));
            assert_eq!(document["sha256"], info["sha256"]);
            (id, document["text"].as_str().unwrap().chars().collect())
        })
        .collect();
    let claims = server.json("/claims?limit=10000");
    assert_eq!(claims["numberMatched"], claims["numberReturned"]);
    assert!(list(&claims, "claims").len() > 300);
    for claim in list(&claims, "claims") {
        let text = &texts[claim["document"].as_str().unwrap()];
        assert_eq!(
            words(text, &claim["start"], &claim["end"]),
            claim["quote"],
            "{}",
            claim["id"]
        );
        if claim["value"].is_number() {
            assert!(claim["unit"].is_string(), "{}", claim["id"]);
        }
    }
}

#[test]
fn a_document_marks_the_stretches_that_it_is_cited_for() {
    let server = Server::start();
    let mut subjects = 0;
    for id in ["plan-2021", "work-plan-2025"] {
        let document = server.json(&format!("/documents/{id}"));
        let text: Vec<char> = document["text"].as_str().unwrap().chars().collect();
        for heading in list(&document, "headings") {
            let start = usize::try_from(heading["start"].as_u64().unwrap()).unwrap();
            let line: String = text[start..].iter().take_while(|c| **c != '\n').collect();
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(line, heading["title"].as_str().unwrap());
        }
        let claims = server.json(&format!("/claims?limit=10000&document={id}"));
        let by_id: HashMap<&str, &Value> = list(&claims, "claims")
            .iter()
            .map(|claim| (claim["id"].as_str().unwrap(), claim))
            .collect();
        let mut told = 0;
        for stretch in list(&document, "citations") {
            assert!(stretch["start"].as_u64() < stretch["end"].as_u64());
            for claim in list(stretch, "claims") {
                let claim = by_id[claim.as_str().unwrap()];
                assert_eq!(claim["start"], stretch["start"]);
                assert_eq!(claim["end"], stretch["end"]);
                assert!(list(stretch, "subjects").contains(&claim["subject"]));
                told += 1;
            }
            subjects += list(stretch, "subjects").len();
        }
        assert_eq!(told, by_id.len(), "{id}");
    }
    assert!(subjects > 300, "{subjects}");

    // And back: each citation of a feature is a marked stretch that names the feature.
    let document = server.json("/documents/plan-2021");
    let items = server.json("/collections/projects/items?limit=10000");
    for feature in list(&items, "features") {
        let name = json!(format!("projects/{}", feature["id"].as_str().unwrap()));
        for citation in list(&feature["properties"], "citations") {
            if citation["document"] == "plan-2021" {
                let marked = list(&document, "citations").iter().any(|stretch| {
                    stretch["start"] == citation["start"]
                        && list(stretch, "subjects").contains(&name)
                });
                assert!(marked, "{name} {citation}");
            }
        }
    }
    let detail = server.get("/documents/nowhere").problem(404);
    assert!(detail.contains("plan-2021, work-plan-2025"), "{detail}");
}

#[test]
fn claims_are_filtered_and_paged() {
    let server = Server::start();
    let all = server.json("/claims?limit=10000");
    let all = list(&all, "claims");
    for (query, test) in [
        (
            "subject=parcels/xiyuzhuang",
            (|claim| claim["subject"] == "parcels/xiyuzhuang") as fn(&Value) -> bool,
        ),
        ("document=work-plan-2025", |claim| {
            claim["document"] == "work-plan-2025"
        }),
        ("attribute=status&modality=done", |claim| {
            claim["attribute"] == "status" && claim["modality"] == "done"
        }),
    ] {
        let answer = server.json(&format!("/claims?limit=10000&{query}"));
        let expected: Vec<&Value> = all.iter().filter(|claim| test(claim)).collect();
        assert!(!expected.is_empty(), "{query}");
        assert_eq!(answer["numberMatched"], expected.len(), "{query}");
        assert!(list(&answer, "claims").iter().eq(expected), "{query}");
    }
    // 33条 in percent escapes: words are looked for in the quotes.
    let roads = server.json("/claims?q=33%E6%9D%A1&document=plan-2021");
    let values: Vec<&Value> = list(&roads, "claims").iter().map(|c| &c["value"]).collect();
    assert!(
        values.contains(&&json!(33)) && values.contains(&&json!(23)),
        "{values:?}"
    );

    let mut path = "/claims?limit=97".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = server.json(&path);
        assert_eq!(page["numberMatched"], all.len());
        assert_eq!(page["numberReturned"], list(&page, "claims").len());
        seen.extend(list(&page, "claims").to_vec());
        let next = list(&page, "links").iter().find(|l| l["rel"] == "next");
        let Some(next) = next else { break };
        path = next["href"].as_str().unwrap()[server.url.len()..].to_owned();
    }
    assert_eq!(seen, all);

    for (path, word) in [
        ("/claims?document=nowhere", "plan-2021, work-plan-2025"),
        ("/claims?modality=perhaps", "under_way"),
        ("/claims?subject=nothing", "collection/id"),
        ("/claims?limit=0", "limit"),
        ("/claims?pairs=true", "pairs"),
        ("/claims/pairs?relation=better", "taken_further"),
        ("/claims/pairs?earlier=plan-2021", "go together"),
        (
            "/claims/pairs?earlier=plan-2021&later=plan-2021",
            "two documents",
        ),
        ("/indicators?limit=1", "limit"),
    ] {
        let detail = server.get(path).problem(400);
        assert!(detail.contains(word), "{path}: {detail}");
    }
    server.get("/claims?revision=2").problem(404);
}

#[test]
fn the_plan_beside_the_arrangement() {
    let server = Server::start();
    let answer = server.json("/claims/pairs?limit=10000");
    let mut groups = HashMap::new();
    for pair in list(&answer, "pairs") {
        let key = (pair["subject"].to_string(), pair["attribute"].to_string());
        assert!(groups.insert(key, pair).is_none(), "one pair a group");
        assert_eq!(pair["earlier_document"], "plan-2021");
        assert_eq!(pair["later_document"], "work-plan-2025");
        for side in ["earlier", "later"] {
            for claim in list(pair, side) {
                assert_eq!(claim["document"], pair[format!("{side}_document")]);
                assert_eq!(claim["subject"], pair["subject"]);
                assert_eq!(claim["attribute"], pair["attribute"]);
            }
        }
        let sides = ["earlier", "later"].map(|side| !list(pair, side).is_empty());
        match pair["relation"].as_str().unwrap() {
            "not_mentioned_again" => assert_eq!(sides, [true, false]),
            "new" => assert_eq!(sides, [false, true]),
            "mentioned" => {
                assert_ne!(sides[0], sides[1]);
                assert!(!list(pair, "mentions").is_empty());
            }
            _ => assert_eq!(sides, [true, true]),
        }
    }
    let claims = server.json("/claims?limit=10000");
    let shown: usize = list(&answer, "pairs")
        .iter()
        .map(|pair| list(pair, "earlier").len() + list(pair, "later").len())
        .sum();
    assert_eq!(shown, list(&claims, "claims").len(), "no claim is lost");

    let pair = server.json("/claims/pairs?subject=parcels/xiyuzhuang&attribute=status");
    let [pair] = list(&pair, "pairs") else {
        panic!("{pair}")
    };
    assert_eq!(pair["relation"], "taken_further");
    let quote = |side: &str| pair[side][0]["quote"].as_str().unwrap().to_owned();
    assert!(quote("earlier").contains("推动") && quote("earlier").contains("挂牌出让"));
    assert!(quote("later").starts_with("加快") && quote("later").contains("有序出让"));

    for (subject, attribute, relation) in [
        ("projects/metro-line-4", "status", "taken_further"),
        ("district/120106", "roads_to_build", "carried_on"),
        ("district/120106", "fixed_investment_growth", "changed"),
        ("district/120106", "life_expectancy", "not_mentioned_again"),
        ("zones/guangrong-tech-park", "status", "mentioned"),
    ] {
        let path = format!("/claims/pairs?subject={subject}&attribute={attribute}");
        let answer = server.json(&path);
        assert_eq!(answer["pairs"][0]["relation"], relation, "{path}: {answer}");
        let path = format!("{path}&relation={relation}");
        assert_eq!(server.json(&path)["numberMatched"], 1, "{path}");
    }
    // The other way round what is new was there before.
    let back =
        server.json("/claims/pairs?earlier=work-plan-2025&later=plan-2021&relation=new&limit=1");
    let forth = server.json("/claims/pairs?relation=not_mentioned_again&limit=1");
    assert_eq!(back["numberMatched"], forth["numberMatched"]);
}

#[test]
fn the_table_of_indicators_is_served_as_it_is_and_claimed() {
    let server = Server::start();
    let table = server.json("/indicators");
    let file = fs::read(repository().join("seeds/indicators.json")).unwrap();
    assert_eq!(table, serde_json::from_slice::<Value>(&file).unwrap());
    assert_eq!(list(&table, "rows").len(), 23);
    let claims = server.json("/claims?limit=10000");
    let find = |id: &str| {
        list(&claims, "claims")
            .iter()
            .find(|claim| claim["id"] == id)
    };
    for row in list(&table, "rows") {
        for (column, modality) in [("base", "done"), ("target", "intended")] {
            let claim = find(&format!("indicators-{}-{column}", row["number"]));
            let Some(claim) = claim else {
                assert_eq!(row[column]["text"], "[-]");
                continue;
            };
            assert_eq!(claim["attribute"], row["attribute"]);
            assert_eq!(claim["modality"], modality);
            assert_eq!(claim["quote"], row["citation"]["quote"]);
            let value = &row[column]["value"];
            if value.is_null() {
                assert_eq!(claim["value"], row[column]["text"]);
                assert_eq!(claim["unit"], Value::Null);
            } else {
                assert_eq!(claim["value"].as_f64(), value.as_f64());
                assert_eq!(claim["unit"], row["unit"]);
            }
            // A figure in brackets is a sum of five years, as the note says.
            let period = claim["date"].as_str().unwrap().contains('/');
            assert_eq!(period, row[column]["cumulative"] == true);
        }
    }
    let other = Server::yunze();
    let detail = other.get("/indicators").problem(404);
    assert!(detail.contains("no table"), "{detail}");
    assert_eq!(
        other.json("/").to_string().matches("/indicators").count(),
        0
    );
    assert!(list(&other.json("/claims/pairs"), "pairs").len() > 5);
}

/// A copy of a district that a test may break.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    /// Of the folder that holds its `seeds` and `geodata`.
    fn of(district: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["seeds", "geodata"] {
            fs::create_dir(folder.path().join(part)).unwrap();
            for entry in fs::read_dir(district.join(part)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap();
                fs::copy(&path, folder.path().join(part).join(name)).unwrap();
            }
        }
        Self { folder }
    }

    fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let path = self.folder.path().join(name);
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut value);
        fs::write(&path, value.to_string()).unwrap();
    }

    /// Runs a command on it: whether it succeeded, and all that it said.
    fn run(&self, command: &str) -> (bool, String) {
        let folder = |part: &str| self.folder.path().join(part).display().to_string();
        let mut program = program(&[
            command,
            "--seeds",
            &folder("seeds"),
            "--geodata",
            &folder("geodata"),
        ]);
        if command == "serve" {
            program.args(["--listen", "127.0.0.1:0"]);
        }
        let output = program.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

const PARCELS: &str = "geodata/parcels.geojson";

/// Properties of the first parcel of the invented district: a1-01, 20.2 ha by survey.
fn parcel(file: &mut Value) -> &mut Value {
    &mut file["features"][0]["properties"]
}

fn state_area(file: &mut Value, value: f64, unit: &str) {
    let citation = parcel(file)["citations"][0].clone();
    parcel(file)["quantities"] = json!([{"attribute": "land_area", "value": value, "unit": unit,
        "qualifier": null, "date": null, "modality": "done", "citation": citation}]);
}

#[test]
fn each_rule_of_citations_and_claims_is_told_when_broken() {
    type Change = fn(&mut Value);
    let flaws: [(&str, Change, &[&str]); 16] = [
        (
            PARCELS,
            |file| file["features"][1]["id"] = file["features"][0]["id"].clone(),
            &["a1-01", "the id is given twice"],
        ),
        (
            PARCELS,
            |file| parcel(file)["citations"][0]["start"] = json!(3),
            &["a1-01", "does not stand at character 3", "本规划附表"],
        ),
        (
            PARCELS,
            |file| {
                parcel(file)["citations"][0]
                    .as_object_mut()
                    .unwrap()
                    .remove("document");
            },
            &["a1-01", "citations[0]", "missing field `document`"],
        ),
        (
            PARCELS,
            |file| parcel(file)["citations"][0]["document"] = json!("plan-1999"),
            &["a1-01", "plan-1999", "not in seeds/index.json"],
        ),
        (
            PARCELS,
            |file| {
                parcel(file)["relations"] =
                    json!([{"type": "contained_in", "target": "zones/atlantis", "evidence": "无"}]);
            },
            &["a1-01", "relations refers to “zones/atlantis”"],
        ),
        (
            PARCELS,
            |file| {
                let citation = parcel(file)["citations"][0].clone();
                parcel(file)["statuses"] = json!([{"status": "haunted", "date": null,
                    "modality": "done", "citation": citation}]);
            },
            &["a1-01", "statuses[0].status", "haunted"],
        ),
        (
            PARCELS,
            |file| {
                state_area(file, 20.2, "公顷");
                parcel(file)["quantities"][0]
                    .as_object_mut()
                    .unwrap()
                    .remove("unit");
            },
            &["a1-01", "quantities[0]", "missing field `unit`"],
        ),
        (
            PARCELS,
            |file| state_area(file, 20.2, " "),
            &["a1-01", "land_area = 20.2 has no unit"],
        ),
        (
            PARCELS,
            |file| {
                state_area(file, 20.2, "公顷");
                parcel(file)["quantities"][0]["date"] = json!("soon");
            },
            &["a1-01", "the date “soon”"],
        ),
        (
            PARCELS,
            |file| state_area(file, 303.3, "公顷"),
            &["a1-01", "probably meant to be 亩"],
        ),
        (
            PARCELS,
            |file| state_area(file, 33.5, "公顷"),
            &["a1-01", "Web Mercator", "the measured 20.22 ha"],
        ),
        (
            PARCELS,
            |file| state_area(file, 60.0, "公顷"),
            &["a1-01", "2.97 times", "please check"],
        ),
        (
            PARCELS,
            |file| parcel(file)["land_use"]["code"] = json!("B1"),
            &["a1-01", "land_use", "2, 4 or 6 digits"],
        ),
        (
            PARCELS,
            |file| parcel(file)["zones"] = json!(["zones/a"]),
            &["a1-01", "zones is one that answers add"],
        ),
        (
            PARCELS,
            |file| parcel(file)["land_use"]["citation"]["start"] = json!(0),
            &["a1-01", "does not stand at character 0"],
        ),
        (
            "geodata/zones.geojson",
            |file| file["features"][0]["properties"]["boundary"]["start"] = json!(0),
            &["yunfan", "does not stand at character 0"],
        ),
    ];
    for (name, change, words) in flaws {
        let copy = Copy::of(&yunze());
        copy.edit(name, change);
        let (fine, said) = copy.run("check");
        assert!(!fine, "{words:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
    for (value, unit) in [(20.2, "公顷"), (303.3, "亩"), (202_188.0, "平方米")] {
        let copy = Copy::of(&yunze());
        copy.edit(PARCELS, |file| state_area(file, value, unit));
        let (fine, said) = copy.run("check");
        assert!(fine, "{value} {unit}: {said}");
    }
}

#[test]
fn claims_and_indicators_are_checked_like_features_and_all_at_once() {
    let copy = Copy::of(repository());
    copy.edit("seeds/claims.json", |claims| {
        claims[1]["id"] = claims[0]["id"].clone();
        claims[2]["subject"] = json!("zones/atlantis");
        claims[3]["unit"] = Value::Null;
        claims[4]["citation"]["start"] = json!(0);
        claims[5]["date"] = json!("soon");
    });
    copy.edit("seeds/indicators.json", |table| {
        table["rows"][2]["target"]["value"] = json!(90);
        table["rows"][3]["citation"]["start"] = json!(1);
    });
    for command in ["check", "serve"] {
        let (fine, said) = copy.run(command);
        assert!(!fine && !said.contains("http://"), "{said}");
        for word in [
            "the id is given twice",
            "zones/atlantis",
            "a value needs its unit",
            "does not stand at character 0",
            "the date “soon”",
            "rows[3]",
            "rows[4]",
            "does not stand at character 1 ",
        ] {
            assert!(said.contains(word), "{command} {word}: {said}");
        }
    }
    let copy = Copy::of(repository());
    copy.edit("seeds/claims.json", |claims| {
        claims[0]["modality"] = json!("perhaps");
    });
    let (fine, said) = copy.run("check");
    assert!(!fine && said.contains("claims.json") && said.contains("perhaps"));
}
