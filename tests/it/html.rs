//! Collections and features as pages.

use std::collections::BTreeSet;

use roxmltree::Document;
use serde_json::Value;

use crate::{
    loading::Copy,
    support::{Answer, Server},
};

/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const PATHS: [&str; 4] = [
    "/collections",
    "/collections/zones",
    "/collections/zones/items",
    "/collections/zones/items/sanchahekou",
];

fn page(server: &Server, path: &str) -> String {
    let answer = server.get_with(path, &[("accept", BROWSER)]);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        "text/html; charset=utf-8",
        "{path}"
    );
    answer.text()
}

fn serve(copy: &Copy) -> Server {
    let folder = |name: &str| copy.file(name).to_str().unwrap().to_owned();
    let (seeds, geodata) = (folder("seeds"), folder("geodata"));
    Server::start_with(&["--seeds", &seeds, "--geodata", &geodata])
}

fn is_page(answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let is_page = answer.header("content-type").starts_with("text/html");
    assert_eq!(is_page, answer.text().starts_with("<!DOCTYPE html>"));
    is_page
}

/// A text as it stands in a page.
fn escaped(text: &str) -> String {
    let escapes = [
        ('&', "&amp;"),
        ('<', "&lt;"),
        ('>', "&gt;"),
        ('"', "&quot;"),
    ];
    let escape = |text: String, (from, to): &(char, &str)| text.replace(*from, to);
    escapes.iter().fold(text.to_owned(), escape)
}

/// The small map of a page.
fn map_of(page: &str) -> Option<&str> {
    let start = page.find("<svg xmlns")?;
    let end = start + page[start..].find("</svg>").unwrap() + "</svg>".len();
    Some(&page[start..end])
}

/// The addresses that a page links to, by the names of their attributes.
fn links(page: &str) -> BTreeSet<String> {
    let parts = page.split("href=\"").skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().replace("&amp;", "&"))
        .collect()
}

/// Where a link on the page at `path` leads (RFC 3986, 5.2, as far as pages use it).
fn resolved(path: &str, link: &str) -> String {
    let own = path.split('?').next().unwrap();
    if link.starts_with('?') {
        return format!("{own}{link}");
    }
    let mut folders: Vec<&str> = own.split('/').collect();
    folders.pop();
    let mut rest = link.strip_prefix("./").unwrap_or(link);
    while let Some(shorter) = rest.strip_prefix("../") {
        assert!(folders.len() > 1, "{link} on {path} leads above the root");
        folders.pop();
        rest = shorter;
    }
    format!("{}/{rest}", folders.join("/"))
}

#[test]
fn browsers_get_pages_and_everybody_else_data() {
    let server = Server::start();
    for path in PATHS {
        for (accept, wanted) in [
            (BROWSER, true),
            ("text/html", true),
            (
                "application/json;q=0.5, application/geo+json;q=0.5, text/html",
                true,
            ),
            ("*/*", false),
            ("", false),
            ("application/json", false),
            ("application/geo+json, application/json;q=0.9", false),
            ("text/html, application/json, application/geo+json", false),
            (
                "text/html;q=0.8, application/json, application/geo+json",
                false,
            ),
            ("application/vnd.unheard-of", false),
        ] {
            let answer = server.get_with(path, &[("accept", accept)]);
            assert_eq!(is_page(&answer), wanted, "{path}: {accept}");
            assert!(answer.header("vary").contains("accept"), "{path}");
        }
        let browser = [("accept", BROWSER)];
        assert!(!is_page(
            &server.get_with(&format!("{path}?f=json"), &browser)
        ));
        assert!(is_page(
            &server.get_with(&format!("{path}?f=html"), &[("accept", "*/*")])
        ));
        let detail = server.get(&format!("{path}?f=docx")).problem(400);
        assert!(detail.contains("html"), "{detail}");
        let detail = server.get(&format!("{path}?lang=fr")).problem(400);
        assert!(detail.contains("zh or en"), "{detail}");
    }
    // What is wrong with a request is told as ever.
    let missing = server.get_with("/collections/zones/items/nowhere", &[("accept", BROWSER)]);
    assert!(missing.problem(404).contains("nowhere"));
}

#[test]
fn pages_and_data_name_each_other() {
    let server = Server::start();
    for path in PATHS
        .into_iter()
        .chain(["/collections/projects/items?q=xz&limit=3"])
    {
        let json = server.json(path);
        let link = json["links"]
            .as_array()
            .unwrap()
            .iter()
            .find(|link| link["rel"] == "alternate");
        let link = link.unwrap_or_else(|| panic!("{path} names no page"));
        assert_eq!(link["type"], "text/html");
        let there = link["href"]
            .as_str()
            .unwrap()
            .strip_prefix(&server.url)
            .unwrap();
        assert!(is_page(&server.get(there)), "{there}");

        let html = page(&server, path);
        let tag = html
            .split("<link ")
            .find(|tag| tag.starts_with("rel=\"alternate\""))
            .unwrap();
        let tag = tag.split('>').next().unwrap();
        let back = resolved(path, links(tag).first().unwrap());
        let answer = server.get_with(&back, &[("accept", BROWSER)]);
        assert!(
            tag.contains(&format!("type=\"{}\"", answer.header("content-type"))),
            "{tag}"
        );
        let same = |answer: &Value| (answer["id"].clone(), answer["numberMatched"].clone());
        assert_eq!(same(&answer.json()), same(&json), "{back}");
    }
}

#[test]
fn pages_travel_as_other_answers_do() {
    let server = Server::start();
    for path in PATHS {
        let first = server.get_with(path, &[("accept", BROWSER)]);
        let policy = first.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let tag = first.header("etag");
        let again = server.get_with(path, &[("accept", BROWSER), ("if-none-match", tag)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        assert_ne!(
            tag,
            server.get(path).header("etag"),
            "the data of {path} bear the page's tag"
        );
        let head = ureq::head(format!("{}{path}", server.url))
            .header("accept", BROWSER)
            .call()
            .unwrap();
        assert_eq!(head.headers()["etag"], tag);
        assert_eq!(head.headers()["content-type"], "text/html; charset=utf-8");
    }
    let style = server.get("/pages.css");
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(
        !style.text().contains("http"),
        "the style sheet asks for nothing"
    );
}

/// Every quote in some JSON, with its document and place.
fn quotes(value: &Value, found: &mut Vec<(String, String, u64)>) {
    match value {
        Value::Object(members) => {
            let quote = value["quote"].as_str().zip(value["document"].as_str());
            if let Some((quote, document)) = quote {
                found.push((
                    quote.into(),
                    document.into(),
                    value["start"].as_u64().unwrap(),
                ));
            }
            members.values().for_each(|member| quotes(member, found));
        }
        Value::Array(list) => list.iter().for_each(|member| quotes(member, found)),
        _ => {}
    }
}

fn check_map(svg: &str, of: &str) {
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{of}: {error}: {svg}"));
    assert_eq!(
        document.root_element().tag_name().namespace(),
        Some("http://www.w3.org/2000/svg")
    );
    for node in document.descendants() {
        let asks = ["image", "use", "script", "foreignObject", "style"];
        assert!(
            !asks.contains(&node.tag_name().name()),
            "{of}: {:?}",
            node.tag_name()
        );
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on") && name != "style", "{of}: {name}");
            assert!(
                !value.contains("NaN") && !value.contains("inf"),
                "{of}: {name}={value}"
            );
            assert!(
                !value.contains("url(") && !value.contains("//"),
                "{of}: {name}={value}"
            );
        }
    }
}

#[test]
fn every_feature_has_a_page_with_all_its_sentences() {
    for server in [Server::start(), Server::yunze()] {
        for collection in server.json("/collections")["collections"]
            .as_array()
            .unwrap()
        {
            let id = collection["id"].as_str().unwrap();
            let items = server.json(&format!("/collections/{id}/items?limit=10000"));
            for feature in items["features"].as_array().unwrap() {
                let name = format!("{id}/{}", feature["id"].as_str().unwrap());
                let html = page(
                    &server,
                    &format!("/collections/{}", name.replace('/', "/items/")),
                );
                let properties = &feature["properties"];
                for member in ["name", "name_en", "evidence", "source", "licence"] {
                    let text = escaped(properties[member].as_str().unwrap());
                    assert!(html.contains(&text), "{name} lacks its {member}: {text}");
                }
                let mut cited = Vec::new();
                quotes(properties, &mut cited);
                for (quote, document, start) in cited {
                    assert!(html.contains(&escaped(&quote)), "{name} lacks “{quote}”");
                    let reader = format!("panel=documents&amp;read={document}:{start}&amp;");
                    assert!(
                        html.contains(&reader),
                        "{name} does not lead to {document}:{start}"
                    );
                }
                let boundary = properties["boundary"]["text"].as_str().unwrap_or_default();
                assert!(html.contains(&escaped(boundary)), "{name} lacks {boundary}");
                assert!(
                    html.contains(&format!("&amp;select={name}&amp;")),
                    "{name} is not selected"
                );
                let map = map_of(&html);
                assert!(
                    map.is_some() || feature["geometry"].is_null(),
                    "{name} has no map"
                );
                if let Some(map) = map {
                    check_map(map, &name);
                }
            }
        }
    }
}

#[test]
fn links_on_pages_lead_somewhere() {
    let server = Server::start();
    let mut asked = BTreeSet::new();
    for path in [
        "/collections",
        "/collections/projects",
        "/collections/projects?lang=en",
        "/collections/projects/items?limit=5&kind=housing",
        "/collections/projects/items?lang=en&limit=5&offset=5",
        "/collections/zones/items/west-station-hub",
        "/collections/parcels/items/xiyuzhuang-7?lang=en",
    ] {
        for link in links(&page(&server, path)) {
            let there = resolved(path, &link);
            if asked.insert(there.clone()) {
                let answer = server.get_with(&there, &[("accept", BROWSER)]);
                assert_eq!(answer.status, 200, "{link} on {path}: {there}");
            }
        }
    }
    assert!(asked.len() > 60, "{}", asked.len());
}

#[test]
fn a_page_tells_what_is_known_and_what_belongs_together() {
    let server = Server::start();
    let zone = page(&server, "/collections/zones/items/sanchahekou");
    for words in [
        "三岔河口文旅商贸区",
        "规划片区",
        "按范围原文沿道路、河流逐边生成，边界误差约 120 米",
        "136 公顷",
        "2,040 亩",
        "河北大街",
        "collections/projects/items/sanchahekou-scenic-area",
        "天津市红桥区国民经济和社会发展第十四个五年规划和二〇三五年远景目标纲要",
        "ODbL-1.0",
    ] {
        assert!(zone.contains(words), "{words}");
    }
    let english = page(&server, "/collections/zones/items/sanchahekou?lang=en");
    assert!(english.contains("<html lang=\"en\">"));
    assert!(english.contains("<h1>Sanchahekou Culture, Tourism and Commerce Zone</h1>"));
    assert!(english.contains("Plan zone") && english.contains("to about 120 m"));
    // What has no location of its own says so, and shows what contains it.
    let plot = page(&server, "/collections/parcels/items/xiyuzhuang-7");
    assert!(plot.contains("没有自身位置，只知所在") && plot.contains("图示为其所在：西于庄"));
    assert!(plot.contains("href=\"../../../collections/parcels/items/xiyuzhuang\""));
    let nowhere = page(&server, "/collections/parcels/items/lingdangge");
    assert!(nowhere.contains("未定位：尚无位置依据") && map_of(&nowhere).is_none());
    // A quantity that a document states bears its name.
    let copy = Copy::new();
    copy.edit("geodata/projects.geojson", |file| {
        let properties = &mut file["features"][0]["properties"];
        let citation = properties["citations"][0].clone();
        properties["quantities"] = serde_json::json!([{
            "attribute": "completed_floor_area", "value": 1.5, "unit": "万平方米",
            "modality": "done", "citation": citation,
        }]);
    });
    let server = serve(&copy);
    let expo = page(&server, "/collections/projects/items/yunfan-expo");
    assert!(expo.contains("<span>竣工面积</span>"), "{expo}");
}

/// Lengths along a path of `M`, `L`, `V` and `H`, pixels.
fn length_of(path: &str) -> f64 {
    let spaced = path.replace(['M', 'L'], " ");
    let numbers: Vec<f64> = spaced
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    let points: Vec<&[f64]> = numbers.chunks(2).collect();
    points
        .windows(2)
        .map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1]))
        .sum()
}

#[test]
fn the_small_map_is_true_to_its_scale_and_in_the_colours_of_the_map() {
    let server = Server::yunze();
    let path = "/collections/projects/items/bailu-road-widening";
    let html = page(&server, path);
    let svg = Document::parse(map_of(&html).unwrap()).unwrap();
    let paths: Vec<_> = svg
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "path")))
        .collect();
    let style = server.json("/styles/default");
    let layers = style["layers"].as_array().unwrap();
    let layer = layers
        .iter()
        .find(|layer| layer["id"] == "projects-lines")
        .unwrap();
    let colours = layer["paint"]["line-color"].as_array().unwrap();
    let completed = colours.iter().position(|word| word == "completed").unwrap() + 1;
    let road = paths
        .iter()
        .find(|path| path.attribute("stroke") == colours[completed].as_str())
        .unwrap();
    // 500 m and the like, and the bar that stands for it.
    let words = svg
        .descendants()
        .filter_map(|node| node.text())
        .find(|text| text.ends_with(" 米"))
        .unwrap();
    let metres: f64 = words.trim_end_matches(" 米").parse().unwrap();
    let bar = paths
        .iter()
        .find(|path| path.attribute("d").unwrap().contains('H'))
        .unwrap();
    let ends: Vec<f64> = bar
        .attribute("d")
        .unwrap()
        .split(['M', 'V', 'H', ' '])
        .filter_map(|n| n.parse().ok())
        .collect();
    let bar = ends[3] - ends[0];
    let geometry = &server.json(path)["geometry"]["coordinates"];
    let places: Vec<(f64, f64)> = geometry
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
        .collect();
    // Metres a degree at 39°N, by the series of the NGA.
    let long: f64 = places
        .windows(2)
        .map(|p| ((p[1].0 - p[0].0) * 86_621.0).hypot((p[1].1 - p[0].1) * 111_015.0))
        .sum();
    let drawn = length_of(road.attribute("d").unwrap()) / bar * metres;
    assert!(
        (drawn / long - 1.0).abs() < 0.01,
        "{drawn} m drawn, {long} m long"
    );
}

#[test]
fn what_is_little_is_not_nothing_and_dates_are_cut_to_years() {
    let copy = Copy::new();
    copy.edit("geodata/parcels.geojson", |file| {
        for feature in file["features"].as_array_mut().unwrap() {
            feature["properties"]["accuracy_m"] = 0.02.into();
        }
    });
    copy.edit("geodata/projects.geojson", |file| {
        let features = file["features"].as_array_mut().unwrap();
        let statuses = features
            .iter_mut()
            .find(|feature| feature["id"] == "yunfan-expo")
            .map(|feature| &mut feature["properties"]["statuses"]);
        let statuses = statuses.unwrap();
        statuses[0]["date"] = "2023-06-01".into();
        statuses[1]["date"] = "2025-03".into();
    });
    let server = serve(&copy);
    let parcel = page(&server, "/collections/parcels/items/a1-01");
    assert!(parcel.contains("误差约 0.02 米"));
    assert!(parcel.contains("± &lt;0.01 公顷") && !parcel.contains("± 0.00"));
    let parcel = page(&server, "/collections/parcels/items/a1-01?lang=en");
    assert!(parcel.contains("± &lt;0.01 ha"));
    let parcels = page(&server, "/collections/parcels");
    assert!(parcels.contains("<td>0.02 米</td>"), "{parcels}");
    let expo = page(&server, "/collections/projects/items/yunfan-expo");
    assert!(expo.contains("据 2023 年文件") && expo.contains("据 2025 年文件"));
    let expo = page(&server, "/collections/projects/items/yunfan-expo?lang=en");
    assert!(expo.contains("as of 2023<") && expo.contains("as of 2025<"));
}

#[test]
fn what_data_and_askers_bring_stays_text() {
    let hostile = r#"<script>alert("1")</script>&'"#;
    let copy = Copy::new();
    copy.edit("geodata/projects.geojson", |file| {
        let properties = &mut file["features"][2]["properties"];
        for member in [
            "name", "name_en", "evidence", "source", "licence", "address", "note", "</td>",
        ] {
            properties[member] = hostile.into();
        }
        properties["aliases"] = serde_json::json!([hostile]);
        properties["list"] = serde_json::json!([hostile, {"<b>": hostile}, null, true]);
        properties["relations"][0]["evidence"] = hostile.into();
    });
    copy.edit("geodata/collections.json", |file| {
        file["title"] = hostile.into();
        for collection in file["collections"].as_array_mut().unwrap() {
            for member in ["title", "description"] {
                collection[member] = hostile.into();
            }
        }
    });
    let server = serve(&copy);
    for path in [
        "/collections",
        "/collections/projects",
        "/collections/projects/items",
        "/collections/projects/items?q=%22%3E%3Cscript%3E&limit=1&kind=building",
        "/collections/projects/items/tingyu-theatre",
        "/collections/projects/items/tingyu-theatre?lang=en",
    ] {
        let html = page(&server, path);
        assert!(
            !html.contains("<script") && !html.contains("</td>&") && !html.contains("<b>\""),
            "{path}"
        );
        assert!(html.contains("&lt;script&gt;"), "{path}");
        if let Some(map) = map_of(&html) {
            check_map(map, path);
        }
    }
    let theatre = page(&server, "/collections/projects/items/tingyu-theatre");
    assert!(theatre.matches(&escaped(hostile)).count() > 10);
    assert!(
        Document::parse(map_of(&theatre).unwrap())
            .unwrap()
            .descendants()
            .any(|node| node.text() == Some(hostile))
    );
}

#[test]
fn a_small_map_is_called_what_its_page_is_called() {
    let server = Server::yunze();
    for (path, title) in [
        ("parcels/items", "小地图：地块"),
        ("parcels/items?lang=en", "Small map: Parcels"),
        ("parcels/items/a1-01", "小地图：A1-01地块"),
        ("parcels/items/a1-01?lang=en", "Small map: Parcel A1-01"),
    ] {
        let html = page(&server, &format!("/collections/{path}"));
        let map = map_of(&html).unwrap();
        assert!(
            map.contains(&format!("aria-label=\"{title}\"")),
            "{path}: {}",
            &map[..200]
        );
    }
}

#[test]
fn a_map_of_a_crowded_place_stays_small() {
    let copy = Copy::new();
    copy.edit("geodata/streets.geojson", |file| {
        let streets = file["features"].as_array_mut().unwrap();
        let mut street = streets[0].clone();
        for number in 0..2_500 {
            street["id"] = format!("copy-{number}").into();
            streets.push(street.clone());
        }
    });
    let server = serve(&copy);
    let html = page(&server, "/collections/streets/items/copy-7");
    let map = map_of(&html).unwrap();
    // The street itself is there, set off, and what else is around.
    assert!(map.contains("#a93a28") && map.contains("#f8f6f1"), "{map}");
    assert!(map.len() < 20_000, "{} bytes", map.len());
    let parcel = page(&server, "/collections/parcels/items/a1-01");
    assert!(map_of(&parcel).unwrap().len() < 20_000);
}

#[test]
fn lists_go_on_from_page_to_page_and_search_by_pinyin() {
    let server = Server::start();
    let names = |html: &str| -> Vec<String> {
        let table = html.split("<tbody>").nth(1).unwrap();
        let rows = table.split("collections/projects/items/").skip(1);
        rows.map(|row| row.split('"').next().unwrap().to_owned())
            .collect()
    };
    let mut path = "/collections/projects/items?limit=40&document=plan-2021".to_owned();
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let html = page(&server, &path);
        seen.extend(names(&html));
        pages += 1;
        let next = html
            .split("rel=\"next\"")
            .nth(1)
            .and_then(|rest| links(rest.split('>').next().unwrap()).pop_first());
        let Some(next) = next else { break };
        path = resolved(&path, &next);
    }
    let all = server.json("/collections/projects/items?limit=10000&document=plan-2021");
    let all: Vec<&str> = all["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| feature["id"].as_str().unwrap())
        .collect();
    assert_eq!(seen, all);
    assert!(pages > 1);

    let hits = page(
        &server,
        "/collections/projects/items?q=guangrd&document=plan-2021&lang=zh",
    );
    assert!(!names(&hits).is_empty() && names(&hits).len() < all.len());
    assert!(
        names(&hits).iter().all(|id| id.contains("guangrong")),
        "{:?}",
        names(&hits)
    );
    // The next search keeps the other conditions.
    assert!(hits.contains(r#"<input type="hidden" name="document" value="plan-2021">"#));
    assert!(hits.contains(r#"value="guangrd""#));
    let none = page(&server, "/collections/projects/items?q=nosuchplace");
    assert!(none.contains("没有符合条件的条目") && !none.contains("<tbody>"));
    // Beyond the last one there are entries still, though none to show.
    let beyond = "/collections/projects/items?document=plan-2021&limit=40&offset=5000";
    for (lang, words) in [("zh", "本页在末项之后"), ("en", "beyond the last entry")] {
        let html = page(&server, &format!("{beyond}&lang={lang}"));
        assert!(html.contains(words) && !html.contains("5,000"), "{html}");
        assert!(html.contains(&all.len().to_string()) && !html.contains("没有符合条件"));
    }
}
