//! Totals against a computation of their own, files against the JSON answer, read by other programs,
//! and the laws that sets and measures keep.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt::Write as _,
    fs,
    io::Cursor,
    process::Command,
    thread,
    time::Duration,
};

use calamine::{Data, Reader, Xlsx};
use rand::{Rng, SeedableRng, rngs::StdRng};
use renewal_map::{
    area::{Answer, AreaSpec, Certainty, Query, Relation},
    store::{Snapshot, files::Files, load},
};
use serde_json::{Value, json};

use crate::{
    areas::{hongqiao, patience, random_area, snapshot},
    loading::Copy,
    support::{Answer as Response, Server, in_full, program},
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The invented district with what it lacks: parcels on each other, quantities in two documents,
/// names that are formulas.
fn rich() -> Copy {
    let copy = Copy::new();
    let cite = |document: &str, quote: &str| {
        let file = match document {
            "plan-2023" => "seeds/001_yunze_plan.txt",
            _ => "seeds/002_yunze_arrangement.txt",
        };
        let text = fs::read_to_string(copy.file(file)).unwrap();
        let start = text[..text.find(quote).unwrap()].chars().count();
        json!({ "document": document, "quote": quote, "start": start })
    };
    let plan = cite("plan-2023", "建设砚池泵站。");
    let arrangement = cite("arrangement-2025", "砚池泵站正在建设。");
    let stated = |attribute: &str, value: f64, unit: &str, modality: &str, later: bool| {
        let citation = if later { &arrangement } else { &plan };
        json!({
            "attribute": attribute, "value": value, "unit": unit, "modality": modality,
            "citation": citation,
        })
    };
    copy.edit("geodata/parcels.geojson", |file| {
        let features = file["features"].as_array_mut().unwrap();
        for (place, feature) in features.iter_mut().enumerate() {
            let properties = &mut feature["properties"];
            let mut quantities = Vec::new();
            if place % 3 == 0 {
                quantities.push(stated("floor_area", 0.1, "万平方米", "intended", false));
            }
            if place % 6 == 0 {
                // Later in time, and before it in the list.
                quantities.insert(0, stated("floor_area", 0.2, "万平方米", "done", true));
            }
            if place % 4 == 0 {
                quantities.push(stated("building_height", 54.0, "米", "intended", false));
                quantities.push(stated("households", 300.0, "户", "intended", false));
                quantities.push(stated(
                    "completed_floor_area",
                    0.3,
                    "万平方米",
                    "done",
                    false,
                ));
                quantities[0]["qualifier"] = json!("约");
            }
            if place % 5 == 0 {
                properties.as_object_mut().unwrap().remove("area_m2");
                properties.as_object_mut().unwrap().remove("land_use");
            }
            if !quantities.is_empty() {
                properties["quantities"] = quantities.into();
            }
        }
        let mut again = features[7].clone();
        again["id"] = json!("once-more");
        again["properties"]["name"] = json!("=HYPERLINK(\"http://example.cn\",\"看\")");
        again["properties"]["name_en"] = json!("@SUM(A1:A9)\r\nand, \"more\"");
        again["properties"]["evidence"] = json!("+1");
        again["properties"]["source"] = json!("-1+1");
        again["properties"]["licence"] = json!("＝1+1");
        features.push(again);
    });
    copy
}

fn serve(copy: &Copy) -> Server {
    Server::start_with(&[
        "--seeds",
        copy.file("seeds").to_str().unwrap(),
        "--geodata",
        copy.file("geodata").to_str().unwrap(),
    ])
}

fn post(server: &Server, query: &str, body: &Value) -> Response {
    server.post(&format!("/areas/query{query}"), body.to_string())
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

// The same questions for all forms.

fn questions() -> Vec<(Server, Value)> {
    let ask =
        |area: Value, collections: &[&str]| json!({ "area": area, "collections": collections });
    let circle = json!({ "center": [117.0, 38.99], "radius_m": 900 });
    vec![
        (
            serve(&rich()),
            ask(circle, &["parcels", "projects", "zones", "streets"]),
        ),
        (
            Server::yunze(),
            ask(
                json!({ "feature": "zones/yunfan" }),
                &["projects", "parcels"],
            ),
        ),
        (
            Server::start(),
            ask(
                json!({ "feature": "zones/guangrong-road-park" }),
                &["projects", "parcels", "facilities", "zones"],
            ),
        ),
        (Server::start(), {
            let area = json!({ "feature": "zones/sanchahekou", "buffer_m": 200 });
            let mut question = ask(area, &["projects", "heritage", "streets"]);
            question["filter"] = json!("accuracy_m < 200 OR geometry IS NULL");
            question["filter-crs"] = json!("http://www.opengis.net/def/crs/EPSG/0/4490");
            question
        }),
    ]
}

// What tables should hold, from the JSON answer alone.

const STATUSES: [(&str, &str); 9] = [
    ("planned", "计划"),
    ("land_preparation", "土地整理"),
    ("land_transfer_planned", "计划出让"),
    ("land_transferred", "已出让"),
    ("under_construction", "建设中"),
    ("under_renewal", "更新改造中"),
    ("completed", "已完成"),
    ("in_use", "已投用"),
    ("none", "未写明"),
];
const LOCATED: [(&str, &str); 9] = [
    ("surveyed", "勘测"),
    ("osm", "取自 OpenStreetMap"),
    ("digitised", "人工描绘"),
    ("compiled", "由四至文字生成"),
    ("published_point", "公开点位"),
    ("station", "同名地铁站"),
    ("relation", "所述位置关系"),
    ("container", "仅知所在"),
    ("none", "未定位"),
];
const CERTAINTIES: [(&str, &str); 3] = [
    ("certain", "确定"),
    ("possible", "可能"),
    ("borderline", "边界附近"),
];
const MODALITIES: [(&str, &str); 3] = [
    ("done", "已完成"),
    ("under_way", "进行中"),
    ("intended", "拟推进"),
];

const QUANTITIES: [(&str, &str); 10] = [
    ("area_m2", "所述面积"),
    ("area", "面积"),
    ("land_area", "用地面积"),
    ("floor_area", "建筑面积"),
    ("length", "长度"),
    ("voltage", "电压"),
    ("households", "户数"),
    ("target_year", "目标年份"),
    ("completed_floor_area", "竣工面积"),
    // What is in no list stands as the data name it.
    ("building_height", "building_height"),
];

fn word(words: &[(&str, &str)], id: &str) -> Value {
    let found = words.iter().find(|(word, _)| *word == id);
    found.unwrap_or_else(|| panic!("no word for {id}")).1.into()
}

/// A word, or nothing where there is none to say.
fn text(value: impl Into<Value>) -> Value {
    let value = value.into();
    if value == "" { Value::Null } else { value }
}

struct Names {
    collections: Vec<Value>,
    documents: HashMap<String, String>,
    features: HashMap<String, Value>,
}

impl Names {
    fn ask(server: &Server) -> Self {
        let collections = list(&server.json("/collections"), "collections").to_vec();
        let documents = list(&server.json("/documents"), "documents")
            .iter()
            .map(|document| {
                let id = document["id"].as_str().unwrap();
                let title = document["title"].as_str().or(document["opening"].as_str());
                (id.to_owned(), format!("{} ({id})", title.unwrap()))
            })
            .collect();
        let mut features = HashMap::new();
        for collection in &collections {
            let id = collection["id"].as_str().unwrap();
            let items = server.json(&format!("/collections/{id}/items?limit=10000"));
            for item in list(&items, "features") {
                let name = format!("{id}/{}", item["id"].as_str().unwrap());
                features.insert(name, item["properties"].clone());
            }
        }
        Self {
            collections,
            documents,
            features,
        }
    }

    fn collection(&self, id: &Value) -> &Value {
        let mut collections = self.collections.iter();
        collections.find(|known| known["id"] == *id).unwrap()
    }

    fn kind(&self, collection: &Value, id: &Value) -> Value {
        let kinds = list(self.collection(collection), "kinds");
        kinds.iter().find(|kind| kind["id"] == *id).unwrap()["title"].clone()
    }
}

/// The rows that the features of one collection should be.
fn expected_rows(names: &Names, result: &Value) -> Vec<Vec<Value>> {
    let collection = &result["collection"];
    let rows = ["features", "borderline", "unlocated"]
        .into_iter()
        .flat_map(|name| list(result, name));
    rows.map(|feature| expected_row(names, collection, feature))
        .collect()
}

fn expected_row(names: &Names, collection: &Value, feature: &Value) -> Vec<Value> {
    let id = format!(
        "{}/{}",
        collection.as_str().unwrap(),
        feature["id"].as_str().unwrap()
    );
    let properties = &feature["properties"];
    let status = properties["status"].as_str();
    let name_of = |reference: &Value| {
        reference
            .as_str()
            .map_or(Value::Null, |name| names.features[name]["name"].clone())
    };
    let statuses = properties["statuses"].as_array().into_iter().flatten();
    let of_status: Vec<&Value> = statuses
        .filter(|entry| status.is_some() && entry["status"] == *status.unwrap())
        .map(|entry| &entry["citation"])
        .collect();
    let first = &properties["citations"][0];
    let placed = &properties["placed"];
    let of_status = *of_status.last().unwrap_or(&first);
    let (certainty, reason, within, sentence) = if placed.is_null() {
        let certainty = properties["certainty"].as_str().unwrap();
        let reason = match properties["certainty_reason"].as_str().unwrap() {
            "geometry" => "自身图形",
            _ => "所在地",
        };
        let container = name_of(&properties["container"]);
        (word(&CERTAINTIES, certainty), reason, container, of_status)
    } else {
        let citation = &placed["citation"];
        let sentence = if citation.is_null() {
            of_status
        } else {
            citation
        };
        ("未定位".into(), "文件", name_of(&placed["in"]), sentence)
    };
    let quantities = properties["quantities"].as_array().cloned();
    let quantities: Vec<String> = latest(&quantities.unwrap_or_default())
        .iter()
        .map(|quantity| {
            let date = quantity["date"].as_str();
            let modality = word(&MODALITIES, quantity["modality"].as_str().unwrap());
            let when = match date {
                Some(date) => format!("{date}，{}", modality.as_str().unwrap()),
                None => modality.as_str().unwrap().to_owned(),
            };
            format!(
                "{} {}{} {}（{when}）",
                word(&QUANTITIES, quantity["attribute"].as_str().unwrap())
                    .as_str()
                    .unwrap(),
                quantity["qualifier"].as_str().unwrap_or_default(),
                quantity["value"].as_f64().unwrap(),
                quantity["unit"].as_str().unwrap(),
            )
        })
        .collect();
    let overlap = &properties["overlap"];
    let measured = if feature["geometry"].is_null() {
        Value::Null
    } else {
        properties["accuracy_m"].clone()
    };
    let document = sentence["document"].as_str();
    let mut row = vec![
        names.collection(collection)["title"].clone(),
        id.into(),
        properties["name"].clone(),
        properties["name_en"].clone(),
        names.kind(collection, &properties["kind"]),
        word(&STATUSES, status.unwrap_or("none")),
        word(&LOCATED, properties["located_by"].as_str().unwrap()),
        measured,
        certainty,
        reason.into(),
        within,
        overlap["area_m2"].clone(),
        overlap["share_of_feature"].clone(),
        overlap["share_of_area"].clone(),
        properties["land_use"]["code"].clone(),
        properties["land_use"]["name"].clone(),
        properties["area_m2"].clone(),
        text(quantities.join("；")),
        document.map_or(Value::Null, |id| names.documents[id].clone().into()),
        sentence["quote"].clone(),
    ];
    for name in ["evidence", "source", "licence"] {
        row.push(text(properties[name].clone()));
    }
    row
}

/// Of each attribute and unit the statement of the latest document. (No document here states one
/// twice.) The documents of both districts stand in the order of time, as do their ids' years.
fn latest(quantities: &[Value]) -> Vec<Value> {
    let year = |quantity: &Value| {
        let id = quantity["citation"]["document"].as_str().unwrap();
        id[id.len() - 4..].to_owned()
    };
    let mut latest: Vec<Value> = Vec::new();
    let mut sorted: Vec<&Value> = quantities.iter().collect();
    sorted.sort_by_key(|quantity| {
        let start = quantity["citation"]["start"].as_u64().unwrap();
        std::cmp::Reverse((year(quantity), quantity["date"].to_string(), start))
    });
    for quantity in sorted {
        let same = |other: &Value| {
            other["attribute"] == quantity["attribute"] && other["unit"] == quantity["unit"]
        };
        if !latest.iter().any(same) {
            latest.push(quantity.clone());
        }
    }
    latest
}

// Reading files back.

fn read_csv(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .expect("a byte order mark");
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text)
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// The sheets of a workbook by their names, in order, each cell as JSON.
fn read_xlsx(bytes: &[u8]) -> Vec<(String, Vec<Vec<Value>>)> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.is_empty(), "{name} holds formulas");
    }
    let sheets = book.worksheets().into_iter();
    sheets
        .map(|(name, range)| {
            let rows = range.rows();
            let rows = rows.map(|row| row.iter().map(as_json).collect());
            let rows = rows.collect();
            (name, rows)
        })
        .collect()
}

fn as_json(cell: &Data) -> Value {
    match cell {
        Data::Empty => Value::Null,
        Data::String(text) => text.clone().into(),
        Data::Float(number) => (*number).into(),
        other => panic!("a cell is {other:?}"),
    }
}

/// Whether two cells hold the same: numbers by value, words by letters.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * a.abs().max(1.0),
        _ => a == b,
    }
}

#[test]
fn every_cell_of_a_workbook_is_what_the_answer_says() {
    for (server, question) in questions() {
        let answer = post(&server, "", &question);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        let names = Names::ask(&server);
        let file = post(&server, "?f=xlsx", &question);
        assert_eq!(file.header("content-type"), XLSX);
        let sheets = read_xlsx(&file.body);
        let results = list(&answer, "results");
        assert_eq!(sheets.len(), results.len() + 2);
        for (result, (title, rows)) in results.iter().zip(&sheets) {
            assert_eq!(*title, names.collection(&result["collection"])["title"]);
            let expected = expected_rows(&names, result);
            assert_eq!(rows.len(), expected.len() + 1, "{title}");
            assert_eq!(rows[0].len(), 23);
            assert_eq!(rows[0][1], "编号");
            for (row, expected) in rows[1..].iter().zip(&expected) {
                for ((head, cell), expected) in rows[0].iter().zip(row).zip(expected) {
                    assert!(
                        same(cell, expected),
                        "{head} of {}: {cell}, not {expected}",
                        row[1]
                    );
                }
                assert_eq!(row.len(), expected.len());
            }
        }
        check_totals(&names, &answer, &sheets[results.len()]);
        check_sources(
            &server,
            &names,
            &answer,
            &question,
            &sheets[results.len() + 1],
        );
    }
}

/// The sheet of totals holds the totals of the answer, each sum once, and nothing else.
fn check_totals(names: &Names, answer: &Value, (title, rows): &(String, Vec<Vec<Value>>)) {
    assert_eq!(title, "汇总");
    let tenth = |value: &Value| {
        value
            .as_f64()
            .map_or(Value::Null, |value| ((value * 10.0).round() / 10.0).into())
    };
    let mut expected: Vec<Vec<Value>> = Vec::new();
    let mut push = |head: [Value; 3], sums: &Value, has_certainty: bool| {
        let mut row = head.to_vec();
        row.push(sums["count"].clone());
        row.push(sums["certain"].clone());
        row.push(sums["possible"].clone());
        row.push(tenth(&sums["area_m2"]));
        row.push(tenth(&sums["covered_m2"]));
        row.resize(15, Value::Null);
        assert_eq!(row[4].is_null(), !has_certainty);
        expected.push(row);
        for sum in sums["quantities"].as_array().into_iter().flatten() {
            let mut row = head.to_vec();
            row.resize(8, Value::Null);
            let modality = sum["modality"].as_str();
            row.extend([
                word(&QUANTITIES, sum["attribute"].as_str().unwrap()),
                sum["unit"].clone(),
                modality.map_or(Value::Null, |modality| word(&MODALITIES, modality)),
                sum["sum"].clone(),
                sum["features"].clone(),
                sum["partly_inside"].clone(),
                sum["qualified"].clone(),
            ]);
            expected.push(row);
        }
    };
    let all = || Value::from("全部");
    push([all(), all(), Value::Null], &answer["totals"], true);
    for result in list(answer, "results") {
        let totals = &result["totals"];
        let collection = &result["collection"];
        let title = &names.collection(collection)["title"];
        push([title.clone(), all(), Value::Null], totals, true);
        for kind in list(totals, "kinds") {
            let name = names.kind(collection, &kind["id"]);
            push([title.clone(), "类别".into(), name], kind, false);
        }
        for status in list(totals, "statuses") {
            let name = word(&STATUSES, status["id"].as_str().unwrap());
            push([title.clone(), "进展".into(), name], status, false);
        }
        for land_use in list(totals, "land_uses") {
            let id = land_use["id"].as_str().unwrap();
            let name = list(result, "features")
                .iter()
                .map(|feature| &feature["properties"]["land_use"])
                .find(|land_use| land_use["code"] == id)
                .map_or("未写明".to_owned(), |land_use| {
                    format!("{id} {}", land_use["name"].as_str().unwrap())
                });
            push([title.clone(), "用地".into(), name.into()], land_use, false);
        }
        for (name, words) in [
            ("borderline", "边界附近（不计入任何合计）"),
            ("unlocated", "未定位（不计入任何合计）"),
            ("container", "仅知所在（已计数，不计面积）"),
            ("no_polygon", "点或线（已计数，不计面积）"),
            ("earlier_statements", "被后来的说法取代的数量（条）"),
        ] {
            let count = &totals["left_out"][name];
            if *count != 0 {
                let head = [title.clone(), "未计入".into(), words.into()];
                push(head, &json!({ "count": count }), false);
            }
        }
    }
    assert_eq!(rows.len(), expected.len() + 1);
    for (row, expected) in rows[1..].iter().zip(&expected) {
        assert!(
            row.len() == expected.len() && row.iter().zip(expected).all(|(a, b)| same(a, b)),
            "{row:?}, not {expected:?}"
        );
    }
}

/// The sheet of sources names the question, the data and every document that is quoted.
fn check_sources(
    server: &Server,
    names: &Names,
    answer: &Value,
    question: &Value,
    (title, rows): &(String, Vec<Vec<Value>>),
) {
    assert_eq!(title, "来源");
    let content = |sort: &str, item: &str| -> Vec<&Value> {
        let rows = rows.iter().filter(|row| row[0] == sort && row[1] == item);
        rows.map(|row| &row[2]).collect()
    };
    let given = content("查询", "范围（所给）")[0].as_str().unwrap();
    let given: Value = serde_json::from_str(given).unwrap();
    assert_eq!(given, question["area"]);
    assert_eq!(content("查询", "版本"), [&json!("1")]);
    assert_eq!(content("查询", "空间关系"), [&json!("相交")]);
    let filter = content("查询", "筛选条件（CQL2）");
    match question["filter"].as_str() {
        Some(text) => assert_eq!(filter[0], text),
        None => assert!(filter[0].is_null()),
    }
    let crs = content("查询", "筛选条件的坐标参照系");
    assert_eq!(*crs[0], question["filter-crs"]);
    let area = &answer["area"]["properties"];
    let size = content("查询", "范围面积（平方米）")[0];
    assert!(same(size, &area["area_m2"]));
    for result in list(answer, "results") {
        let collection = names.collection(&result["collection"]);
        let found = content("数据来源", collection["title"].as_str().unwrap());
        let sources = list(collection, "sources");
        assert_eq!(found.len(), sources.len());
        for source in sources {
            let line = format!(
                "{} [{}]",
                source["source"].as_str().unwrap(),
                source["licence"].as_str().unwrap()
            );
            assert!(found.contains(&&Value::from(line)));
        }
    }
    let cited: BTreeSet<&str> = list(answer, "results")
        .iter()
        .flat_map(|result| {
            ["features", "borderline", "unlocated"]
                .into_iter()
                .flat_map(|name| list(result, name))
        })
        .flat_map(|feature| list(&feature["properties"], "citations"))
        .map(|citation| citation["document"].as_str().unwrap())
        .collect();
    assert!(!cited.is_empty());
    for document in list(&server.json("/documents"), "documents") {
        let id = document["id"].as_str().unwrap();
        let found = content("文件", &names.documents[id]);
        let hash = document["sha256"].as_str().unwrap();
        if cited.contains(id) {
            assert!(found[0].as_str().unwrap().contains(hash), "{id}");
        }
    }
    for word in ["确定", "可能", "边界附近", "未定位", "所述数量"] {
        assert_eq!(content("说明", word).len(), 1, "{word}");
    }
}

#[test]
fn files_in_english_are_in_english() {
    let copy = rich();
    let code = json!("09");
    copy.edit("geodata/parcels.geojson", |file| {
        for feature in file["features"].as_array_mut().unwrap() {
            let land_use = &mut feature["properties"]["land_use"];
            if land_use["code"] == code {
                land_use["name_en"] = json!("Commercial and services");
            }
        }
    });
    let server = serve(&copy);
    let area = json!({ "center": [117.0, 38.99], "radius_m": 20_000 });
    let question = json!({ "area": area, "collections": ["parcels"] });
    let sheets = read_xlsx(&post(&server, "?f=xlsx&lang=en", &question).body);
    let (rows, totals) = (&sheets[0].1, &sheets[1].1);
    let column = |rows: &[Vec<Value>], head: &str| {
        let found = rows[0].iter().position(|cell| cell == head);
        found.unwrap_or_else(|| panic!("no column {head}"))
    };
    let [at_code, at_name] = ["Land use code", "Land use"].map(|head| column(rows, head));
    let mut seen = BTreeSet::new();
    for row in &rows[1..] {
        seen.insert(row[at_code].to_string());
        if row[at_code] == code {
            assert_eq!(row[at_name], "Commercial and services");
        }
    }
    // What has no English name keeps its own.
    assert!(seen.len() > 2, "{seen:?}");
    for row in rows[1..].iter().filter(|row| row[at_code].is_string()) {
        assert!(row[at_name].is_string(), "{row:?}");
    }
    assert!(
        totals
            .iter()
            .any(|row| row[1] == "Land use" && row[2] == "09 Commercial and services"),
        "{totals:?}"
    );
    let stated = column(rows, "Stated quantities");
    let stated = rows[1..].iter().filter_map(|row| row[stated].as_str());
    assert!(stated.clone().any(|words| words.contains("Households 300")));
    assert!(stated.clone().any(|words| words.contains("Floor area 0.")));
    let at = column(totals, "Stated quantity");
    assert!(totals.iter().any(|row| row[at] == "Floor area"));
}

#[test]
fn a_csv_holds_the_same_and_runs_nothing() {
    for (server, question) in questions() {
        let answer = post(&server, "", &question).json();
        let names = Names::ask(&server);
        let file = post(&server, "?f=csv", &question);
        assert_eq!(file.status, 200, "{}", file.text());
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        let lines = String::from_utf8(file.body.clone()).unwrap();
        assert!(lines.ends_with("\r\n"));
        let rows = read_csv(&file.body);
        let results = list(&answer, "results").iter();
        let expected: Vec<Vec<Value>> = results
            .flat_map(|result| expected_rows(&names, result))
            .collect();
        assert_eq!(rows.len(), expected.len() + 1);
        assert_eq!(rows[0][..3], ["集合", "编号", "名称"]);
        for (row, expected) in rows[1..].iter().zip(&expected) {
            assert_eq!(row.len(), rows[0].len());
            for ((head, cell), expected) in rows[0].iter().zip(row).zip(expected) {
                let is_right = match expected {
                    Value::Null => cell.is_empty(),
                    Value::Number(number) => {
                        same(&json!(cell.parse::<f64>().unwrap()), &json!(number))
                    }
                    words => {
                        let words = words.as_str().unwrap();
                        let is_formula = words.starts_with(['=', '+', '-', '@', '＝']);
                        let quote = if is_formula { "'" } else { "" };
                        *cell == format!("{quote}{words}")
                    }
                };
                assert!(is_right, "{head} of {}: {cell}, not {expected}", row[1]);
                assert!(
                    !cell.starts_with(['=', '@', '\t', '\r', '＝', '＋', '－', '＠']),
                    "{cell}"
                );
            }
        }
    }
    // The invented formulas are there, as words.
    let server = serve(&rich());
    let body = json!({ "area": { "center": [117.0, 38.99], "radius_m": 20_000 }, "collections": ["parcels"] });
    let rows = read_csv(&post(&server, "?f=csv", &body).body);
    let row = rows
        .iter()
        .find(|row| row[1] == "parcels/once-more")
        .unwrap();
    assert_eq!(row[2], "'=HYPERLINK(\"http://example.cn\",\"看\")");
    assert_eq!(row[3], "'@SUM(A1:A9)\r\nand, \"more\"");
    assert_eq!(row[20..], ["'+1", "'-1+1", "'＝1+1"]);
    let sheets = read_xlsx(&post(&server, "?f=xlsx", &body).body);
    let row = sheets[0]
        .1
        .iter()
        .find(|row| row[1] == "parcels/once-more")
        .unwrap();
    // A typed cell needs no quote: it is no formula, whatever it begins with.
    assert_eq!(row[2], "=HYPERLINK(\"http://example.cn\",\"看\")");
}

#[test]
fn geojson_holds_every_feature_once_under_its_whole_name() {
    for (server, question) in questions() {
        let answer = post(&server, "", &question).json();
        let file = post(&server, "?f=geojson", &question);
        assert_eq!(file.header("content-type"), "application/geo+json");
        let file = file.json();
        for form in [&answer, &file] {
            for member in ["filter", "filter-crs"] {
                assert_eq!(form[member], question[member], "{member}");
            }
            assert_eq!(
                form.get("filter-crs").is_some(),
                question.get("filter-crs").is_some()
            );
        }
        let mut features = list(&file, "features").iter();
        for result in list(&answer, "results") {
            for name in ["features", "borderline", "unlocated"] {
                for expected in list(result, name) {
                    let mut expected = expected.clone();
                    let collection = result["collection"].as_str().unwrap();
                    let id = format!("{collection}/{}", expected["id"].as_str().unwrap());
                    expected["id"] = id.into();
                    expected["properties"]["collection"] = collection.into();
                    assert_eq!(*features.next().unwrap(), expected);
                }
            }
        }
        assert!(features.next().is_none());
        for member in ["area", "totals", "revision", "relation"] {
            assert_eq!(file[member], answer[member]);
        }
    }
}

#[test]
fn the_form_of_an_answer_is_chosen_by_address_or_accept() {
    let server = Server::start();
    let path = "/areas/query?feature=zones/sanchahekou&collections=projects";
    for (accept, served) in [
        ("*/*", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        (XLSX, XLSX),
        ("application/geo+json", "application/geo+json"),
        ("application/*", "application/json"),
        (
            "application/json;q=0.2, text/csv;q=0.9",
            "text/csv; charset=utf-8",
        ),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json",
        ),
        ("application/json;q=0, */*;q=0.1", "application/geo+json"),
    ] {
        let answer = server.get_with(path, &[("accept", accept)]);
        assert_eq!(answer.status, 200, "{accept}: {}", answer.text());
        assert_eq!(answer.header("content-type"), served, "{accept}");
    }
    let question =
        json!({ "area": { "feature": "zones/sanchahekou" }, "collections": ["projects"] });
    let mut posted = ureq::post(format!("{}/areas/query", server.url))
        .header("accept", "text/csv")
        .send(question.to_string())
        .unwrap();
    let asked = server.get(&format!("{path}&f=csv"));
    assert!(posted.body_mut().read_to_vec().unwrap() == asked.body);
    // What the address says comes before what the program would like.
    let csv = server.get_with(&format!("{path}&f=csv"), &[("accept", "application/json")]);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let refused = server.get_with(path, &[("accept", "image/png")]);
    let detail = refused.problem(406);
    assert!(
        detail.contains("text/csv") && detail.contains(XLSX),
        "{detail}"
    );
    let detail = server.get(&format!("{path}&f=pdf")).problem(400);
    assert!(detail.contains("json, geojson, csv, xlsx"), "{detail}");
    let detail = server.get(&format!("{path}&f=csv&lang=fr")).problem(400);
    assert!(detail.contains("zh or en"), "{detail}");
    let detail = server.get(&format!("{path}&f=csv&limit=5")).problem(400);
    assert!(detail.contains("whole"), "{detail}");
    let detail = server.get(&format!("{path}&f=xlsx&offset=5")).problem(400);
    assert!(detail.contains("whole"), "{detail}");

    let english = read_csv(&server.get(&format!("{path}&f=csv&lang=en")).body);
    assert_eq!(english[0][..3], ["Collection", "Id", "Name"]);
    assert_eq!(english[1][4], "Culture, heritage and sport");
    assert!(csv.header("content-disposition").is_ascii());
    let disposition = server
        .get(&format!("{path}&f=xlsx"))
        .header("content-disposition")
        .to_owned();
    assert!(
        disposition.starts_with("attachment; filename=\"sanchahekou-r1.xlsx\";"),
        "{disposition}"
    );
    // 三岔河口文旅商贸区 范围查询_版本1.xlsx
    assert!(
        disposition.ends_with(
            "filename*=UTF-8''%E4%B8%89%E5%B2%94%E6%B2%B3%E5%8F%A3%E6%96%87%E6%97%85%E5%95%86%E8%B4%B8%E5%8C%BA%20%E8%8C%83%E5%9B%B4%E6%9F%A5%E8%AF%A2_%E7%89%88%E6%9C%AC1.xlsx"
        ),
        "{disposition}"
    );

    // Each form has a tag of its own, and who holds it gets no body.
    let tagged = server.get(&format!("{path}&f=csv"));
    let tag = tagged.header("etag");
    let again = server.get_with(&format!("{path}&f=csv"), &[("if-none-match", tag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = server.get_with(&format!("{path}&f=xlsx"), &[("if-none-match", tag)]);
    assert_eq!(other.status, 200);
    let accepting = |accept: &str| {
        server
            .get_with(path, &[("accept", accept)])
            .header("etag")
            .to_owned()
    };
    assert_ne!(accepting("text/csv"), accepting("application/json"));
}

#[test]
fn the_same_question_gives_the_same_bytes() {
    let server = Server::yunze();
    let body =
        json!({ "area": { "feature": "zones/yunfan" }, "collections": ["parcels", "projects"] });
    let ask = || {
        ["xlsx", "csv", "geojson", "json"].map(|f| post(&server, &format!("?f={f}"), &body).body)
    };
    let first = ask();
    // ZIP files tell time in steps of two seconds.
    thread::sleep(Duration::from_millis(2_100));
    assert!(first == ask());
    // So does another run of the program, for its own files hold no clock either.
    let another = Server::yunze();
    let again = post(&another, "?f=xlsx", &body).body;
    assert!(first[0] == again);
}

#[test]
fn files_hold_all_or_nothing() {
    // One feature too many, all in one place.
    let copy = Copy::new();
    copy.edit("geodata/transit.geojson", |file| {
        let station = file["features"][0].clone();
        let known = file["features"].as_array().unwrap().clone();
        let stations = (known.len()..100_001).map(|number| {
            let mut station = station.clone();
            station["id"] = format!("station-{number}").into();
            station
        });
        file["features"] = known.into_iter().chain(stations).collect();
    });
    let server = serve(&copy);
    let body = json!({ "area": { "center": [117.0, 38.99], "radius_m": 20_000 }, "collections": ["transit"] });
    for f in ["geojson", "csv", "xlsx"] {
        let detail = post(&server, &format!("?f={f}"), &body).problem(422);
        assert!(
            detail.contains("100001") && detail.contains("100000"),
            "{f}: {detail}"
        );
    }
    let answer = post(&server, "", &body).json();
    assert_eq!(answer["results"][0]["truncated"], true);
    assert_eq!(answer["results"][0]["numberMatched"], 100_001);
    assert_eq!(answer["results"][0]["numberReturned"], 1_000);
    assert_eq!(answer["totals"]["count"], 100_001);
}

#[test]
fn pages_hold_every_feature_of_every_list_once() {
    let server = Server::start();
    let lists = |answer: &Value| -> Vec<String> {
        let results = list(answer, "results").iter();
        let mut found = Vec::new();
        for result in results {
            for name in ["features", "borderline", "unlocated"] {
                for feature in list(result, name) {
                    found.push(format!("{name} {} {}", result["collection"], feature["id"]));
                }
            }
        }
        found.sort();
        found
    };
    let path =
        "/areas/query?feature=zones/sanchahekou&buffer_m=600&collections=projects,streets,transit";
    let whole = server.json(path);
    let all = lists(&whole);
    assert!(all.len() > 40, "{}", all.len());
    assert!(all.iter().any(|name| name.starts_with("unlocated")));
    assert!(all.iter().any(|name| name.starts_with("borderline")));

    let mut found = Vec::new();
    let mut page = server.json(&format!("{path}&limit=7"));
    let mut pages = 1;
    loop {
        assert_eq!(page["totals"], whole["totals"]);
        for (result, complete) in list(&page, "results").iter().zip(list(&whole, "results")) {
            assert_eq!(result["totals"], complete["totals"]);
            assert_eq!(result["numberMatched"], complete["numberMatched"]);
            assert_eq!(result["numberReturned"], list(result, "features").len());
        }
        found.extend(lists(&page));
        let is_cut = list(&page, "results")
            .iter()
            .any(|result| result["truncated"] == true);
        let next = list(&page, "links")
            .iter()
            .find(|link| link["rel"] == "next");
        assert_eq!(is_cut, next.is_some());
        let Some(next) = next else { break };
        let next = next["href"].as_str().unwrap();
        page = server.json(next.strip_prefix(&server.url).unwrap());
        pages += 1;
    }
    assert!(pages > 3);
    found.sort();
    assert_eq!(found, all);
    // The links to files leave the page behind.
    let links = list(&page, "links");
    for f in ["geojson", "csv", "xlsx"] {
        let link = links.iter().find(|link| link["title"] == f).unwrap();
        let path = link["href"]
            .as_str()
            .unwrap()
            .strip_prefix(&server.url)
            .unwrap();
        let file = server.get(path);
        assert_eq!(file.status, 200, "{}", file.text());
        assert_eq!(file.header("content-type"), link["type"], "{f}");
    }

    // A body has its own offset, and no address to link to.
    let body = json!({
        "area": { "feature": "zones/sanchahekou", "buffer_m": 600 },
        "collections": ["projects", "streets", "transit"], "limit": 7, "offset": 7,
    });
    let second = post(&server, "", &body).json();
    let same = server.json(&format!("{path}&limit=7&offset=7"));
    assert_eq!(second["results"], same["results"]);
    assert!(
        list(&second, "links")
            .iter()
            .all(|link| link["rel"] == "service-doc")
    );
    let beyond = server.json(&format!("{path}&offset=100000"));
    assert!(lists(&beyond).is_empty());
    assert_eq!(beyond["totals"], whole["totals"]);
}

#[test]
fn totals_are_those_of_the_features_and_count_nothing_twice() {
    for (server, question) in questions() {
        let answer = post(&server, "", &question).json();
        let mut grand: BTreeMap<&str, u64> = BTreeMap::new();
        for result in list(&answer, "results") {
            let totals = &result["totals"];
            recompute(&server, result);
            let lists = ["features", "borderline", "unlocated"].map(|name| list(result, name));
            let ids: Vec<&str> = lists
                .iter()
                .flat_map(|list| list.iter())
                .map(|feature| feature["id"].as_str().unwrap())
                .collect();
            let distinct: HashSet<&&str> = ids.iter().collect();
            assert_eq!(distinct.len(), ids.len(), "a feature stands in two lists");
            for name in [
                "count",
                "certain",
                "possible",
                "container",
                "borderline",
                "unlocated",
            ] {
                *grand.entry(name).or_default() += totals[name].as_u64().unwrap();
            }
        }
        for (name, count) in grand {
            assert_eq!(answer["totals"][name], count, "{name}");
        }
    }
}

/// Sums over the features of a result, from what the items themselves say.
fn recompute(server: &Server, result: &Value) {
    let collection = result["collection"].as_str().unwrap();
    let items = server.json(&format!("/collections/{collection}/items?limit=10000"));
    let items: HashMap<&str, &Value> = list(&items, "features")
        .iter()
        .map(|item| (item["id"].as_str().unwrap(), &item["properties"]))
        .collect();
    let totals = &result["totals"];
    let hits = list(result, "features");
    let of = |hit: &Value| items[hit["id"].as_str().unwrap()];
    let area = |hits: &[&Value]| -> f64 {
        let overlaps = hits
            .iter()
            .map(|hit| &hit["properties"]["overlap"]["area_m2"]);
        overlaps.filter_map(Value::as_f64).sum()
    };
    let check = |sums: &Value, hits: &[&Value]| {
        assert_eq!(sums["count"], hits.len());
        let sum = sums["area_m2"].as_f64().unwrap();
        // Overlaps are given in tenths.
        #[allow(clippy::cast_precision_loss)]
        let slack = 0.05 * hits.len() as f64 + 1e-6;
        assert!((sum - area(hits)).abs() <= slack);
        let (expected, earlier) = quantities(hits, &of);
        let found = list(sums, "quantities");
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for sum in found {
            let key = format!("{} {} {}", sum["attribute"], sum["unit"], sum["modality"]);
            let expected = &expected[&key];
            assert!(same(&sum["sum"], &expected["sum"]), "{sum}, not {expected}");
            for name in ["features", "partly_inside", "qualified"] {
                assert_eq!(sum[name], expected[name], "{name} of {key}");
            }
        }
        earlier
    };
    let all: Vec<&Value> = hits.iter().collect();
    let earlier = check(totals, &all);
    let count = |test: &dyn Fn(&Value) -> bool| hits.iter().filter(|hit| test(hit)).count();
    let is = |name: &'static str, value: &'static str| {
        move |hit: &Value| hit["properties"][name] == value
    };
    assert_eq!(totals["certain"], count(&is("certainty", "certain")));
    assert_eq!(totals["possible"], count(&is("certainty", "possible")));
    let container = count(&is("certainty_reason", "container"));
    assert_eq!(totals["container"], container);
    let no_polygon = count(&|hit| {
        hit["properties"]["certainty_reason"] == "geometry"
            && hit["properties"]["overlap"].is_null()
    });
    assert_eq!(
        totals["left_out"],
        json!({
            "borderline": list(result, "borderline").len(),
            "unlocated": list(result, "unlocated").len(),
            "container": container,
            "no_polygon": no_polygon,
            "earlier_statements": earlier,
            // Nothing that states a number lies in another of its collection.
            "parts_of_counted": 0,
        })
    );
    for (groups, of_item) in [
        ("kinds", "/kind"),
        ("statuses", "/status"),
        ("land_uses", "/land_use/code"),
    ] {
        let mut by: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for hit in hits {
            let id = of(hit).pointer(of_item).and_then(Value::as_str);
            by.entry(id.unwrap_or("none")).or_default().push(hit);
        }
        let found = list(totals, groups);
        assert_eq!(found.len(), by.len(), "{groups}");
        for group in found {
            check(group, &by[group["id"].as_str().unwrap()]);
        }
        if let Some(counts) = totals.get(match groups {
            "kinds" => "by_kind",
            "statuses" => "by_status",
            _ => "none",
        }) {
            let expected: BTreeMap<&str, usize> =
                by.iter().map(|(id, hits)| (*id, hits.len())).collect();
            assert_eq!(*counts, json!(expected));
        }
    }
}

/// Sums of what features state, by attribute, unit and modality, and how many statements a later
/// one replaces.
fn quantities<'a>(
    hits: &[&Value],
    of: &impl Fn(&Value) -> &'a Value,
) -> (BTreeMap<String, Value>, usize) {
    let mut sums: BTreeMap<String, Value> = BTreeMap::new();
    let mut earlier = 0;
    for hit in hits {
        let item = of(hit);
        let stated = item["quantities"].as_array().cloned().unwrap_or_default();
        let mut counted = latest(&stated);
        earlier += stated.len() - counted.len();
        if let Some(area) = item.get("area_m2") {
            counted.push(
                json!({ "attribute": "area_m2", "unit": "平方米", "modality": null, "value": area }),
            );
        }
        let share = hit["properties"]["overlap"]["share_of_feature"].as_f64();
        let is_partly = share.is_some_and(|share| share < 0.999_999);
        for quantity in counted {
            let key = format!(
                "{} {} {}",
                quantity["attribute"], quantity["unit"], quantity["modality"]
            );
            let adds_up = !["building_height", "target_year", "voltage"]
                .contains(&quantity["attribute"].as_str().unwrap());
            let sum = sums.entry(key).or_insert_with(|| {
                json!({ "sum": if adds_up { json!(0.0) } else { Value::Null },
                    "features": 0, "partly_inside": 0, "qualified": 0 })
            });
            if adds_up {
                let total = sum["sum"].as_f64().unwrap() + quantity["value"].as_f64().unwrap();
                sum["sum"] = ((total * 1e6).round() / 1e6).into();
            }
            let qualified = quantity["qualifier"].is_string();
            for (name, by) in [
                ("features", true),
                ("partly_inside", is_partly),
                ("qualified", qualified),
            ] {
                sum[name] = (sum[name].as_u64().unwrap() + u64::from(by)).into();
            }
        }
    }
    (sums, earlier)
}

#[test]
fn a_later_document_replaces_what_an_earlier_one_states() {
    let server = serve(&rich());
    let body = json!({ "area": { "center": [117.0, 38.99], "radius_m": 20_000 }, "collections": ["parcels"] });
    let answer = post(&server, "", &body).json();
    let totals = &answer["results"][0]["totals"];
    let sum = |attribute: &str, modality: Value| -> Value {
        let mut sums = list(totals, "quantities").iter();
        sums.find(|sum| sum["attribute"] == attribute && sum["modality"] == modality)
            .cloned()
            .unwrap()
    };
    // Of 75 parcels every third states 0.1; of these every second 0.2 in a later document.
    let intended = sum("floor_area", json!("intended"));
    let done = sum("floor_area", json!("done"));
    assert_eq!(
        (&intended["features"], &intended["sum"]),
        (&json!(12), &json!(1.2))
    );
    assert_eq!((&done["features"], &done["sum"]), (&json!(13), &json!(2.6)));
    assert_eq!(totals["left_out"]["earlier_statements"], 13);
    // Heights do not add up, households do.
    let height = sum("building_height", json!("intended"));
    assert_eq!(
        (&height["features"], &height["sum"]),
        (&json!(19), &Value::Null)
    );
    assert_eq!(sum("households", json!("intended"))["sum"], 5_700.0);
}

#[test]
fn a_part_adds_nothing_to_what_its_container_states() {
    let copy = Copy::new();
    copy.edit("geodata/projects.geojson", |file| {
        let features = file["features"].as_array_mut().unwrap();
        let find = |id: &str| {
            features
                .iter()
                .position(|feature| feature["id"] == id)
                .unwrap()
        };
        let (whole, expo, road) = (
            find("songtaoli-renewal"),
            find("yunfan-expo"),
            find("bailu-road-widening"),
        );
        let citation = features[expo]["properties"]["citations"][0].clone();
        let state = |attribute: &str, value: f64, unit: &str| {
            json!({ "attribute": attribute, "value": value, "unit": unit,
                "modality": "intended", "citation": citation })
        };
        let mut part = features[expo].clone();
        part["id"] = json!("songtaoli-east");
        part["properties"]["container"] = json!("projects/songtaoli-renewal");
        part["properties"]["quantities"] = json!([
            state("floor_area", 4.0, "万平方米"),
            state("households", 30.0, "户")
        ]);
        features[whole]["properties"]["quantities"] =
            json!([state("floor_area", 10.0, "万平方米")]);
        features[road]["properties"]["quantities"] = json!([state("length", 2.0, "公里")]);
        features.push(part);
    });
    let server = serve(&copy);
    let totals = |area: Value, filter: Value| {
        let body = json!({ "area": area, "collections": ["projects"], "filter": filter });
        let answer = post(&server, "", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["results"][0]["totals"].clone()
    };
    let sum = |totals: &Value, attribute: &str| -> Value {
        let sums = list(totals, "quantities").iter();
        let mut sums = sums.filter(|sum| sum["attribute"] == attribute);
        let sum = sums.next().unwrap().clone();
        assert!(sums.next().is_none());
        sum
    };
    let whole = totals(json!({ "feature": "district/yunze" }), Value::Null);
    let floor = sum(&whole, "floor_area");
    assert_eq!(
        (&floor["sum"], &floor["features"]),
        (&json!(10.0), &json!(1))
    );
    assert_eq!(sum(&whole, "households")["sum"], 30.0);
    assert_eq!(whole["left_out"]["parts_of_counted"], 1);
    // Where the container is not counted, its part speaks for itself.
    let part = totals(
        json!({ "feature": "district/yunze" }),
        json!("id = 'songtaoli-east'"),
    );
    assert_eq!(sum(&part, "floor_area")["sum"], 4.0);
    assert_eq!(part["left_out"]["parts_of_counted"], 0);
    // A road of which a part lies in the area is summed as a whole, and that is said.
    let road = "projects/bailu-road-widening";
    let along = totals(json!({ "feature": road, "buffer_m": 20 }), Value::Null);
    assert_eq!(sum(&along, "length")["partly_inside"], 0);
    let item = server.json("/collections/projects/items/bailu-road-widening");
    let end = &item["geometry"]["coordinates"][0];
    let across = totals(json!({ "center": end, "radius_m": 50 }), Value::Null);
    assert_eq!(sum(&across, "length")["partly_inside"], 1);
}

#[test]
fn ground_is_covered_once() {
    let server = serve(&rich());
    let ask = |id: &str| {
        let body = json!({ "area": { "feature": format!("parcels/{id}"), "buffer_m": 1 }, "collections": ["parcels", "zones"] });
        post(&server, "", &body).json()
    };
    let metres = |value: &Value| value.as_f64().unwrap();
    // The parcel and its double: twice the area, once the ground.
    let answer = ask("once-more");
    let area = metres(&answer["area"]["properties"]["area_m2"]);
    let parcels = &answer["results"][0];
    let double = list(parcels, "features")
        .iter()
        .find(|hit| hit["id"] == "once-more")
        .unwrap();
    let own = metres(&double["properties"]["overlap"]["area_m2"]);
    let (sum, covered) = (
        metres(&parcels["totals"]["area_m2"]),
        metres(&parcels["totals"]["covered_m2"]),
    );
    assert!(
        (sum - covered - own).abs() < own * 1e-6,
        "{sum} {covered} {own}"
    );
    assert!(covered <= area);
    // Parcels in a zone cover no ground that the zone does not.
    let zones = &answer["results"][1]["totals"];
    let all = metres(&answer["totals"]["covered_m2"]);
    assert!(metres(&zones["area_m2"]) > own);
    let slack = 1e-6 * area;
    assert!(all <= area + slack && all + slack >= covered.max(metres(&zones["covered_m2"])));
    assert!(all < covered + metres(&zones["covered_m2"]) - own / 2.0);
    // Where nothing lies on anything else, the ground is the sum.
    let far = json!({ "area": { "center": [117.0, 38.99], "radius_m": 300 }, "collections": ["parcels"] });
    let totals = post(&Server::yunze(), "", &far).json()["results"][0]["totals"].clone();
    let (sum, covered) = (metres(&totals["area_m2"]), metres(&totals["covered_m2"]));
    assert!(
        sum > 0.0 && (sum - covered).abs() <= sum * 1e-6,
        "{sum} {covered}"
    );
}

#[test]
fn a_document_that_places_a_feature_is_quoted() {
    let server = Server::start();
    let placed = |zone: &str, collections: &[&str]| -> BTreeMap<String, Value> {
        let body = json!({ "area": { "feature": zone }, "collections": collections });
        let answer = post(&server, "", &body).json();
        let results = list(&answer, "results").iter();
        results
            .flat_map(|result| list(result, "unlocated"))
            .map(|feature| {
                let id = feature["id"].as_str().unwrap().to_owned();
                (id, feature["properties"]["placed"].clone())
            })
            .collect()
    };
    let found = placed("zones/sanchahekou", &["projects", "heritage"]);
    assert_eq!(found.len(), 7);
    // A sentence of the section on the zone, rather than one that names three zones at once.
    let citation = &found["dahutong"]["citation"];
    assert_eq!(citation["document"], "plan-2021");
    assert!(
        citation["section"]
            .as_str()
            .unwrap()
            .contains("三岔河口文旅商贸区")
    );
    assert!(
        citation["quote"]
            .as_str()
            .unwrap()
            .contains("推动大胡同地区开发建设")
    );
    assert_eq!(found["dahutong"]["through"], Value::Null);
    // What lies in 大胡同 is placed by the sentence that places 大胡同.
    let relocation = &found["dahutong-metro-relocation"];
    assert_eq!(relocation["in"], "zones/sanchahekou");
    assert_eq!(relocation["through"], "projects/dahutong");
    assert_eq!(relocation["citation"], *citation);
    // No sentence says that the confluence lies in the zone called after it.
    assert_eq!(found["sanchahekou-confluence"]["citation"], Value::Null);
    let found = placed("zones/guangrong-road-park", &["parcels"]);
    for placed in found.values() {
        assert_eq!(placed["through"], "zones/guangrong-tech-park");
        assert!(
            placed["citation"]["quote"]
                .as_str()
                .unwrap()
                .contains("光荣道智能科技示范区")
        );
    }
    // Every quote stands where it says.
    for placed in found
        .values()
        .filter(|placed| !placed["citation"].is_null())
    {
        let citation = &placed["citation"];
        let document = server.json(&format!(
            "/documents/{}",
            citation["document"].as_str().unwrap()
        ));
        let start = usize::try_from(citation["start"].as_u64().unwrap()).unwrap();
        let words: String = document["text"]
            .as_str()
            .unwrap()
            .chars()
            .skip(start)
            .collect();
        assert!(words.starts_with(citation["quote"].as_str().unwrap()));
    }
}

// The command line.

#[test]
fn the_command_line_gives_the_same_answers() {
    let copy = rich();
    let server = serve(&copy);
    let folders = [copy.file("seeds"), copy.file("geodata")];
    let area = json!({ "center": [117.0, 38.99], "radius_m": 900 });
    let body =
        json!({ "area": area, "collections": ["parcels", "projects"], "relation": "majority" });
    let run = |format: &str, more: &[&str]| {
        let mut command = program(&["query", "--collections", "parcels,projects"]);
        command.args(["--area", &area.to_string(), "--relation", "majority"]);
        command.args(["--format", format]).args(more);
        command.arg("--seeds").arg(&folders[0]);
        command.arg("--geodata").arg(&folders[1]);
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    let json: Value = serde_json::from_slice(&run("json", &[])).unwrap();
    let posted = post(&server, "", &body).json();
    for member in ["revision", "relation", "area", "results", "totals"] {
        assert_eq!(json[member], posted[member], "{member}");
    }
    for format in ["csv", "geojson"] {
        let posted = post(&server, &format!("?f={format}"), &body).body;
        assert!(run(format, &[]) == posted, "{format}");
    }
    let out = copy.file("answer.xlsx");
    let said = run("xlsx", &["--out", out.to_str().unwrap(), "--lang", "en"]);
    assert!(said.is_empty());
    assert!(fs::read(&out).unwrap() == post(&server, "?f=xlsx&lang=en", &body).body);

    // The same area in other forms, and thinned out.
    let filter = "land_use IS NOT NULL AND area_m2 > 5000";
    let ring = "116.99 38.98,117.01 38.98,117.01 39,116.99 39,116.99 38.98";
    let wkt = format!("POLYGON(({ring}))");
    let geometry = json!({ "type": "Polygon", "coordinates": [ring
        .split(',')
        .map(|position| position.split(' ').map(|n| n.parse().unwrap()).collect())
        .collect::<Vec<Vec<f64>>>()] });
    let feature = json!({ "type": "Feature", "properties": {}, "geometry": geometry });
    let file = copy.file("area.geojson");
    let body = json!({
        "area": { "geometry": geometry, "buffer_m": 10.0 }, "collections": ["parcels"],
        "filter": filter,
    });
    let posted_thin = post(&server, "", &body).json();
    assert!(posted_thin["results"][0]["numberMatched"].as_u64().unwrap() > 3);
    for (form, content) in [
        (wkt.as_str(), None),
        (file.to_str().unwrap(), Some(geometry.clone())),
        (file.to_str().unwrap(), Some(feature.clone())),
        (
            file.to_str().unwrap(),
            Some(json!({ "type": "FeatureCollection", "features": [feature] })),
        ),
    ] {
        if let Some(content) = content {
            fs::write(&file, content.to_string()).unwrap();
        }
        let mut command = program(&["query", "--collections", "parcels", "--format", "json"]);
        command.args(["--area", form, "--buffer-m", "10", "--filter", filter]);
        command.arg("--seeds").arg(&folders[0]);
        command.arg("--geodata").arg(&folders[1]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        for member in ["area", "filter", "results", "totals"] {
            assert_eq!(json[member], posted_thin[member], "{form}: {member}");
        }
    }

    // The words of an address are those of the command line.
    let sentence = "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路";
    let near = "S_INTERSECTS(geometry, POLYGON((4337000 510000, 4340000 510000, 4340000 514000, 4337000 514000, 4337000 510000)))";
    let built_in = Server::start();
    let body = json!({
        "area": { "boundary": sentence, "carriageway": "inner" }, "collections": ["streets"],
        "filter": near, "filter-crs": "EPSG:4548",
    });
    let asked = post(&built_in, "", &body).json();
    assert!(asked["results"][0]["numberMatched"].as_u64().unwrap() > 0);
    let mut command = program(&["query", "--collections", "streets", "--format", "json"]);
    command.args(["--boundary", sentence, "--carriageway", "inner"]);
    command.args(["--filter", near, "--filter-crs", "EPSG:4548"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    for member in ["area", "filter", "filter-crs", "results", "totals"] {
        assert_eq!(json[member], asked[member], "{member}");
    }

    let table = String::from_utf8(run("table", &[])).unwrap();
    let count = |result: &Value| {
        ["features", "borderline", "unlocated"]
            .map(|name| list(result, name).len())
            .iter()
            .sum::<usize>()
    };
    let listed: usize = list(&posted, "results").iter().map(count).sum();
    let (rows, totals) = table.split_once("\n\n").unwrap();
    assert_eq!(rows.lines().count(), listed + 1);
    assert_eq!(totals.lines().count(), 4);
    let parcels = &posted["results"][0]["totals"];
    let line = totals.lines().nth(1).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[0], "地块");
    for (place, name) in ["count", "certain", "possible", "borderline", "unlocated"]
        .iter()
        .enumerate()
    {
        assert_eq!(words[place + 1], parcels[name].to_string(), "{name}");
    }
}

#[test]
fn a_question_that_has_no_answer_says_why() {
    let query = |args: &[&str]| {
        let output = program(&[&["query"], args].concat()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), output.stdout.len(), said)
    };
    let feature = ["--feature", "zones/sanchahekou"];
    let projects = ["--collections", "projects"];
    for (args, code, words) in [
        (
            vec!["--feature", "zones/atlantis", projects[0], projects[1]],
            1,
            "zones/atlantis",
        ),
        (
            vec![feature[0], feature[1], "--collections", "castles"],
            1,
            "castles",
        ),
        (
            vec![feature[0], feature[1], "--collections", "projects,projects"],
            1,
            "none twice",
        ),
        (
            vec![
                "--feature",
                "zones/tongcheng-business-district",
                projects[0],
                projects[1],
            ],
            1,
            "no location",
        ),
        (
            vec!["--area", "{\"center\":[117,39]}", projects[0], projects[1]],
            2,
            "radius_m",
        ),
        (
            vec!["--area", "here", projects[0], projects[1]],
            2,
            "neither JSON",
        ),
        (
            vec!["--area", "POINT(117 39", projects[0], projects[1]],
            2,
            "the text ends",
        ),
        (
            vec![
                feature[0],
                feature[1],
                projects[0],
                projects[1],
                "--filter",
                "storeys > 4",
            ],
            1,
            "collection projects: filter, character 1",
        ),
        (vec![projects[0], projects[1]], 2, "--feature"),
        (vec![feature[0], feature[1]], 2, "--collections"),
        (
            vec![
                feature[0],
                feature[1],
                projects[0],
                projects[1],
                "--area",
                "{}",
            ],
            2,
            "--area",
        ),
        (
            vec![
                feature[0],
                feature[1],
                projects[0],
                projects[1],
                "--relation",
                "near",
            ],
            2,
            "majority",
        ),
        (
            vec![
                feature[0],
                feature[1],
                projects[0],
                projects[1],
                "--format",
                "xlsx",
            ],
            2,
            "--out",
        ),
        (
            vec![
                feature[0],
                feature[1],
                projects[0],
                projects[1],
                "--format",
                "csv",
                "--out",
                "/no/such/folder/a.csv",
            ],
            1,
            "/no/such/folder",
        ),
    ] {
        let (found, written, said) = query(&args);
        assert_eq!(found, Some(code), "{args:?}: {said}");
        assert_eq!(written, 0, "{args:?}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
    let help = program(&["query", "--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    for option in [
        "--feature",
        "--buffer-m",
        "--area",
        "--collections",
        "--relation",
        "--carriageway",
        "--filter",
        "--filter-crs",
        "--format",
        "--lang",
        "--out",
        "--seeds",
        "--geodata",
    ] {
        assert!(help.contains(option), "{option}: {help}");
    }
    let (code, written, _) = query(&[&feature[..], &projects, &["--buffer-m", "100"]].concat());
    assert_eq!(code, Some(0));
    assert!(written > 0);
}

// The laws of sets and measures.

/// A straight edge in degrees that is cut in two is no longer the same geodesic: an edge of a
/// kilometre that runs east moves by centimetres. By this share sums over parts may differ.
const CUT_EDGES: f64 = 3e-5;

fn ask<'a>(
    snapshot: &'a Snapshot,
    area: &Value,
    collections: &[&str],
    relation: Relation,
) -> Option<Answer<'a>> {
    let area = AreaSpec::from_json(area)
        .unwrap()
        .resolve(snapshot, &patience())
        .ok()?;
    let query = Query {
        area: &area,
        collections: collections
            .iter()
            .map(|id| snapshot.collection(id).unwrap().into())
            .collect(),
        relation,
        patience: patience(),
    };
    Some(query.run(snapshot).unwrap())
}

/// The hits of an answer, certain ones alone or all.
fn hits(answer: &Answer<'_>, is_wanted: impl Fn(Certainty) -> bool) -> BTreeSet<String> {
    let collections = answer.collections.iter();
    collections
        .flat_map(|answer| {
            let id = &answer.collection.info.id;
            let hits = answer.hits.iter().filter(|hit| is_wanted(hit.certainty));
            hits.map(move |hit| format!("{id}/{}", hit.feature.id))
        })
        .collect()
}

/// How much of each parcel lies in an area, and how large the parcel is, m².
fn overlaps(snapshot: &Snapshot, area: &Value) -> Option<BTreeMap<String, (f64, f64)>> {
    let answer = ask(snapshot, area, &["parcels"], Relation::Intersects)?;
    let hits = answer.collections[0].hits.iter();
    let overlaps = hits.filter_map(|hit| {
        let overlap = hit.overlap?;
        let whole = overlap.area_m2 / overlap.share_of_feature;
        Some((hit.feature.id.to_string(), (overlap.area_m2, whole)))
    });
    Some(overlaps.collect())
}

#[test]
fn what_is_within_is_mostly_in_and_what_is_mostly_in_intersects() {
    let mut rng = StdRng::seed_from_u64(42);
    let rounds = if in_full() { 600 } else { 60 };
    let mut sizes = [0; 4];
    for snapshot in [snapshot(), hongqiao()] {
        let bounds = snapshot.collection("district").unwrap().bounds().unwrap();
        for _ in 0..rounds {
            let area = random_area(&mut rng, bounds);
            let ask = |relation| {
                ask(
                    &snapshot,
                    &area,
                    &["parcels", "projects", "streets", "zones"],
                    relation,
                )
            };
            let Some(intersecting) = ask(Relation::Intersects) else {
                continue;
            };
            let [within, majority, touching] =
                [Relation::Within, Relation::Majority, Relation::Touches]
                    .map(|relation| ask(relation).unwrap());
            for is_wanted in [
                |_: Certainty| true,
                |certainty| certainty == Certainty::Certain,
            ] {
                let [within, majority, intersecting] =
                    [&within, &majority, &intersecting].map(|answer| hits(answer, is_wanted));
                assert!(within.is_subset(&majority), "{area}");
                assert!(majority.is_subset(&intersecting), "{area}");
            }
            let touching = hits(&touching, |_| true);
            let within = hits(&within, |_| true);
            let all = hits(&intersecting, |_| true);
            assert!(
                touching.is_subset(&all) && touching.is_disjoint(&within),
                "{area}"
            );
            for (size, found) in sizes.iter_mut().zip([
                within.len(),
                hits(&majority, |_| true).len(),
                all.len(),
                touching.len(),
            ]) {
                *size += found;
            }
        }
    }
    // None of them is empty by chance, nor the same as the next.
    assert!(
        sizes[0] > rounds && sizes[0] < sizes[1] && sizes[1] < sizes[2],
        "{sizes:?}"
    );
}

#[test]
fn shares_sum_to_1_over_a_partition_of_the_district() {
    let mut rng = StdRng::seed_from_u64(43);
    let snapshot = snapshot();
    let bounds = snapshot.collection("district").unwrap().bounds().unwrap();
    let rounds = if in_full() { 40 } else { 4 };
    for _ in 0..rounds {
        let mut shares: BTreeMap<String, f64> = BTreeMap::new();
        for cell in cells(&mut rng, bounds, 5) {
            let area = json!({ "geometry": cell });
            let answer = ask(
                &snapshot,
                &area,
                &["parcels", "zones", "district", "projects"],
                Relation::Intersects,
            )
            .unwrap();
            for answer in &answer.collections {
                for hit in &answer.hits {
                    if let Some(overlap) = hit.overlap {
                        let name = format!("{}/{}", answer.collection.info.id, hit.feature.id);
                        *shares.entry(name).or_default() += overlap.share_of_feature;
                    }
                }
            }
        }
        assert_eq!(shares.len(), 75 + 2 + 1 + 2);
        for (name, share) in shares {
            assert!((share - 1.0).abs() < CUT_EDGES, "{name}: {share}");
        }
    }
}

#[test]
fn parcels_that_partition_the_ground_share_out_every_area() {
    let mut rng = StdRng::seed_from_u64(44);
    let copy = Copy::new();
    let bounds = snapshot().collection("district").unwrap().bounds().unwrap();
    copy.edit("geodata/parcels.geojson", |file| {
        let parcel = file["features"][0].clone();
        let cells = cells(&mut rng, bounds, 12).into_iter().enumerate();
        file.as_object_mut().unwrap().remove("crs");
        file["features"] = cells
            .map(|(number, cell)| {
                let mut parcel = parcel.clone();
                parcel["id"] = format!("cell-{number}").into();
                parcel["geometry"] = cell;
                parcel
            })
            .collect();
    });
    let files = |part: &str| Some(copy.file(part));
    let snapshot = load(
        &Files::seeds(files("seeds")),
        &Files::geodata(files("geodata")),
    )
    .unwrap();
    let inner = geo::Rect::new(
        bounds.center(),
        geo::coord! { x: bounds.center().x + 1e-3, y: bounds.center().y + 1e-3 },
    );
    let rounds = if in_full() { 300 } else { 30 };
    let mut asked = 0;
    for _ in 0..rounds {
        let area = random_area(&mut rng, inner);
        let Some(answer) = ask(&snapshot, &area, &["parcels"], Relation::Intersects) else {
            continue;
        };
        let answer = &answer.collections[0];
        let share: f64 = answer
            .hits
            .iter()
            .map(|hit| hit.overlap.unwrap().share_of_area)
            .sum();
        assert!((share - 1.0).abs() < CUT_EDGES, "{share}: {area}");
        // Nothing lies on anything else: the ground covered is the area, and the sum.
        let (sum, covered) = (answer.totals.area_m2, answer.totals.covered_m2.unwrap());
        assert!((covered / sum - 1.0).abs() < CUT_EDGES, "{covered} {sum}");
        asked += 1;
    }
    assert!(asked > rounds / 2);
}

/// A rectangle cut into so many columns, each cut into as many cells at heights of its own.
fn cells(rng: &mut StdRng, bounds: geo::Rect<f64>, count: usize) -> Vec<Value> {
    let mut cuts = |low: f64, high: f64| -> Vec<f64> {
        let mut cuts: Vec<f64> = (1..count).map(|_| rng.random_range(low..high)).collect();
        cuts.extend([low, high]);
        cuts.sort_by(f64::total_cmp);
        cuts
    };
    let columns = cuts(bounds.min().x, bounds.max().x);
    let mut cells = Vec::new();
    for west_east in columns.windows(2) {
        let rows = cuts(bounds.min().y, bounds.max().y);
        for south_north in rows.windows(2) {
            let ([west, east], [south, north]) = (
                [west_east[0], west_east[1]],
                [south_north[0], south_north[1]],
            );
            let ring = [
                [west, south],
                [east, south],
                [east, north],
                [west, north],
                [west, south],
            ];
            cells.push(json!({ "type": "Polygon", "coordinates": [ring] }));
        }
    }
    cells
}

#[test]
fn difference_and_intersection_add_up() {
    let mut rng = StdRng::seed_from_u64(45);
    let snapshot = snapshot();
    let bounds = snapshot.collection("district").unwrap().bounds().unwrap();
    let rounds = if in_full() { 500 } else { 50 };
    let mut compared = 0;
    for round in 0..rounds {
        // Half of the time a zone, cut by a line: the two halves of the plane at it.
        let (whole, knife) = if round % 2 == 0 {
            let zone = ["zones/yunfan", "zones/tingyu"][round / 2 % 2];
            let x = rng.random_range(bounds.min().x..bounds.max().x);
            let lean = rng.random_range(-0.01..0.01);
            let (low, high) = (bounds.min(), bounds.max());
            let ring = [
                [low.x - 0.1, low.y - 0.1],
                [x - lean, low.y - 0.1],
                [x + lean, high.y + 0.1],
                [low.x - 0.1, high.y + 0.1],
                [low.x - 0.1, low.y - 0.1],
            ];
            (
                json!({ "feature": zone }),
                json!({ "geometry": { "type": "Polygon", "coordinates": [ring] } }),
            )
        } else {
            (random_area(&mut rng, bounds), random_area(&mut rng, bounds))
        };
        let Some(all) = overlaps(&snapshot, &whole) else {
            continue;
        };
        let parts = [
            json!({ "difference": [whole, knife] }),
            json!({ "intersection": [whole, knife] }),
        ];
        // Where one of the two is empty, the other is the whole.
        let parts = parts.map(|part| overlaps(&snapshot, &part).unwrap_or_default());
        for (id, (overlap, whole)) in &all {
            let shares = parts
                .iter()
                .map(|part| part.get(id).map_or(0.0, |part| part.0));
            let sum: f64 = shares.clone().sum();
            // Edges of parcels are a quarter of a kilometre long.
            assert!(
                (sum - overlap).abs() <= 1e-5 * whole,
                "{id}: {sum}, not {overlap}: {parts:?}"
            );
            compared += usize::from(shares.clone().all(|share| share > 1.0));
        }
    }
    assert!(compared > rounds / 4, "{compared} parcels were cut");
}

#[test]
fn areas_agree_with_gdal_in_an_equal_area_projection() {
    let mut rng = StdRng::seed_from_u64(46);
    let server = Server::yunze();
    let bounds = snapshot().collection("district").unwrap().bounds().unwrap();
    let wanted = if in_full() { 5_000 } else { 300 };
    let mut pairs = String::from("id,a,b\n");
    let mut ours: Vec<f64> = Vec::new();
    let mut areas = String::from("id,a\n");
    let mut measured: Vec<(f64, f64)> = Vec::new();
    while ours.len() < wanted {
        let area = random_area(&mut rng, bounds);
        let body = json!({ "area": area, "collections": ["parcels"] });
        let answer = post(&server, "", &body);
        if answer.status == 422 {
            continue;
        }
        let answer = answer.json();
        let outline = wkt(&answer["area"]["geometry"]);
        let properties = &answer["area"]["properties"];
        writeln!(areas, "{},\"{outline}\"", measured.len()).unwrap();
        measured.push((
            properties["area_m2"].as_f64().unwrap(),
            properties["perimeter_m"].as_f64().unwrap(),
        ));
        for hit in list(&answer["results"][0], "features") {
            let overlap = hit["properties"]["overlap"]["area_m2"].as_f64().unwrap();
            let shape = wkt(&hit["geometry"]);
            writeln!(pairs, "{},\"{outline}\",\"{shape}\"", ours.len()).unwrap();
            ours.push(overlap);
        }
    }
    // Cut where the lines of GeoJSON are straight (RFC 7946, 3.1.1), measured in EPSG:6933.
    let theirs = sqlite(
        &pairs,
        "select id, st_area(st_transform(st_intersection(st_geomfromtext(a,4326),st_geomfromtext(b,4326)),6933)) from pairs order by cast(id as integer)",
    );
    assert_eq!(theirs.len(), ours.len());
    let mut large = 0;
    for (ours, theirs) in ours.iter().zip(&theirs) {
        // Answers are in tenths; what shares a point alone has no area.
        let theirs = theirs[1];
        assert!(
            (ours - theirs).abs() <= 0.001 * theirs + 0.05,
            "{ours} by us, {theirs} by GDAL"
        );
        large += usize::from(theirs > 1_000.0);
    }
    assert!(large >= 200, "{large} overlaps of more than 1,000 m²");
    // The areas themselves, and the lengths of their outlines on the ellipsoid.
    let theirs = sqlite(
        &areas,
        "select id, st_area(st_transform(st_geomfromtext(a,4326),6933)), st_perimeter(st_geomfromtext(a,4326),1) from pairs order by cast(id as integer)",
    );
    for ((area, perimeter), theirs) in measured.iter().zip(&theirs) {
        assert!(
            (area - theirs[1]).abs() <= 0.0001 * area + 0.05,
            "{area} {theirs:?}"
        );
        assert!(
            (perimeter - theirs[2]).abs() <= 1e-9 * perimeter + 0.05,
            "{perimeter} {theirs:?}"
        );
    }
    assert_eq!(measured.len(), theirs.len());
}

/// The rows of numbers that GDAL's SQLite with SpatiaLite selects from a CSV file.
pub fn sqlite(csv: &str, select: &str) -> Vec<Vec<f64>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pairs.csv");
    fs::write(&file, csv).unwrap();
    let out = folder.path().join("out.csv");
    let output = Command::new("ogr2ogr")
        .args(["-f", "CSV"])
        .arg(&out)
        .arg(&file)
        .args(["-dialect", "sqlite", "-sql", select])
        .output()
        .expect("ogr2ogr of gdal-bin is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut reader = csv::Reader::from_path(&out).unwrap();
    let rows = reader.records().map(|row| {
        row.unwrap()
            .iter()
            .map(|cell| cell.parse().unwrap_or(0.0))
            .collect()
    });
    rows.collect()
}

/// The well-known text of polygons in GeoJSON.
fn wkt(geometry: &Value) -> String {
    fn nested(value: &Value) -> String {
        let parts = value.as_array().unwrap();
        if parts[0].is_number() {
            return format!("{} {}", parts[0], parts[1]);
        }
        let parts: Vec<String> = parts.iter().map(nested).collect();
        format!("({})", parts.join(","))
    }
    let kind = geometry["type"].as_str().unwrap().to_uppercase();
    format!("{kind} {}", nested(&geometry["coordinates"]))
}
