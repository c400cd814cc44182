//! OGC API - Features, part 1, and how its answers travel.

use std::collections::HashSet;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Server, program};

#[test]
fn the_landing_page_leads_everywhere() {
    let server = Server::start();
    let landing = server.json("/");
    assert_eq!(landing["title"], "红桥区城市更新一张图");
    for link in landing["links"].as_array().unwrap() {
        let href = link["href"].as_str().unwrap();
        let path = href
            .strip_prefix(&server.url)
            .expect("links name this server");
        let answer = server.get_with(path, &[("accept", "application/json")]);
        assert_eq!(answer.status, 200, "{href}");
        let kind = link["type"].as_str().unwrap();
        if !kind.starts_with("text/html") || path == "/api.html" {
            let served = answer.header("content-type");
            assert_eq!(served.split(';').next(), kind.split(';').next(), "{href}");
        }
    }
    let declared = server.json("/conformance");
    let declared: Vec<&str> = declared["conformsTo"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| class.as_str().unwrap())
        .collect();
    // Beside each the module whose tests show it.
    let shown: Vec<String> = [
        // api, gdal, tests/clients
        ("ogcapi-features-1/1.0", "core oas30 geojson"),
        // api
        ("ogcapi-features-2/1.0", "crs"),
        // filters
        ("ogcapi-features-3/1.0", "queryables filter features-filter"),
        // filters, standard
        (
            "cql2/1.0",
            "cql2-text cql2-json basic-cql2 advanced-comparison-operators case-insensitive-comparison \
             accent-insensitive-comparison basic-spatial-functions basic-spatial-functions-plus \
             spatial-functions temporal-functions array-functions property-property arithmetic",
        ),
        // tiles
        (
            "ogcapi-tiles-1/1.0",
            "core tileset tilesets-list dataset-tilesets geodata-tilesets mvt",
        ),
    ]
    .into_iter()
    .flat_map(|(part, classes)| {
        let class = move |class| format!("http://www.opengis.net/spec/{part}/conf/{class}");
        classes.split_whitespace().map(class)
    })
    .collect();
    assert_eq!(declared, shown);
}

#[test]
fn a_browser_gets_the_page_and_a_client_the_links() {
    let server = Server::start();
    let page = server.get_with("/?v=1", &[("accept", "text/html,*/*;q=0.8")]);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.text().contains("<script"),
        "the page is built into the program"
    );
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'self'")
    );
    let json = server.get_with("/?f=json", &[("accept", "text/html")]);
    assert_eq!(json.header("content-type"), "application/json");
}

#[test]
fn every_documented_path_answers_and_no_other_parameter_is_taken() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_with(&[
        "--data",
        folder.path().to_str().unwrap(),
        "--allow-embed",
        "https://portal.example.cn",
    ]);
    let document = server.json("/api");
    assert_eq!(document["openapi"], "3.0.3");
    let collections =
        &document["paths"]["/collections/{collectionId}"]["get"]["parameters"][0]["schema"]["enum"];
    assert_eq!(collections[0], "zones");
    assert_eq!(
        document["components"]["schemas"]["AreaQuery"]["properties"]["collections"]["items"]["enum"],
        *collections
    );
    let output = program(&["people", "--data", folder.path().to_str().unwrap()])
        .args(["invite", "王工", "--role", "editor"])
        .output()
        .unwrap();
    let link = String::from_utf8(output.stdout).unwrap();
    let key = link.trim().rsplit('/').next().unwrap().to_owned();
    let share = server.post("/shares", r#"{"state": "?v=1"}"#).json();
    let share = share["id"].as_str().unwrap().to_owned();
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        if operations.get("get").is_none() {
            continue;
        }
        let path = path
            .replace("{collectionId}", "zones")
            .replace("{featureId}", "sanchahekou")
            .replace("{layers}", "zones,zones.sides")
            .replace("{z}/{x}/{y}", "13/6762/3126")
            .replace("{tileMatrix}/{tileRow}/{tileCol}", "13/3126/6762")
            .replace("{styleId}", "default")
            .replace("{documentId}", "plan-2021")
            .replace("{which}", "1...1")
            .replace("{key}", &key)
            .replace("{id}", &share);
        let needed: Vec<String> = operations["get"]["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query" && !parameter["example"].is_null())
            .map(|parameter| {
                let example = match &parameter["example"] {
                    Value::Array(list) => list[0].as_str().unwrap(),
                    example => example.as_str().unwrap(),
                };
                format!("{}={example}", parameter["name"].as_str().unwrap())
            })
            .collect();
        let answer = server.get(&format!("{path}?{}", needed.join("&")));
        if path.starts_with("/sign-in/oidc") {
            // None is configured here: `oidc` signs in at one.
            let detail = answer.problem(404);
            assert!(detail.contains("identity provider"), "{path}: {detail}");
            asked += 1;
            continue;
        }
        if path.starts_with("/base-map/") {
            // None is named here: `base_map` shows one.
            let detail = answer.problem(404);
            assert!(detail.contains("no base map"), "{path}: {detail}");
            asked += 1;
            continue;
        }
        let security = operations["get"]["security"].as_array();
        if security.is_some_and(|ways| ways.iter().all(|way| way != &json!({}))) {
            assert_eq!(answer.status, 401, "{path}: {}", answer.text());
            asked += 1;
            continue;
        }
        assert!(
            matches!(answer.status, 200 | 204),
            "{path}: {}",
            answer.text()
        );
        asked += 1;
        // Chat programs add parameters of their own to the links that they pass on.
        let takes_any = matches!(&*path, "/" | "/map.png")
            || path.starts_with("/s/")
            || path.starts_with("/embed/");
        if !takes_any && !path.ends_with('z') {
            let detail = server
                .get(&format!("{path}?no-such-parameter=1"))
                .problem(400);
            assert!(detail.contains("no-such-parameter"), "{path}: {detail}");
        }
    }
    assert!(asked >= 12, "{asked}");
    let html = server.get("/api.html").text();
    assert!(html.contains("/areas/query"));
}

#[test]
fn collections_tell_what_they_hold() {
    let server = Server::start();
    let catalogue = server.json("/collections");
    for collection in catalogue["collections"].as_array().unwrap() {
        let id = collection["id"].as_str().unwrap();
        assert_eq!(&server.json(&format!("/collections/{id}")), collection);
        let items = server.json(&format!("/collections/{id}/items?limit=10000"));
        assert_eq!(items["numberMatched"], collection["count"], "{id}");
        let features = items["features"].as_array().unwrap();
        let located = features.iter().filter(|f| !f["geometry"].is_null()).count();
        assert_eq!(collection["located"], located, "{id}");
        let kinds: HashSet<&str> = collection["kinds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| kind["id"].as_str().unwrap())
            .collect();
        for feature in features {
            assert!(kinds.contains(feature["properties"]["kind"].as_str().unwrap()));
            assert!(feature["properties"]["source"].as_str().is_some());
        }
    }
}

#[test]
fn pages_hold_every_feature_once() {
    let server = Server::start();
    let mut path = "/collections/projects/items?limit=40".to_owned();
    let mut ids = HashSet::new();
    let mut pages = 0;
    loop {
        let page = server.json(&path);
        let features = page["features"].as_array().unwrap();
        assert_eq!(page["numberReturned"], features.len());
        for feature in features {
            assert!(ids.insert(feature["id"].as_str().unwrap().to_owned()));
        }
        pages += 1;
        let Some(next) = link(&page, "next") else {
            assert_eq!(page["numberMatched"], ids.len());
            break;
        };
        path = next.strip_prefix(&server.url).unwrap().to_owned();
    }
    assert!(pages > 2);
    // A link to a page keeps what was asked for.
    let page = server.json("/collections/projects/items?q=%E8%A5%BF%E7%AB%99&limit=2&offset=2");
    assert!(
        link(&page, "next")
            .unwrap()
            .contains("q=%E8%A5%BF%E7%AB%99")
    );
    assert!(link(&page, "prev").unwrap().contains("offset=0"));
}

fn link(page: &Value, rel: &str) -> Option<String> {
    page["links"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["rel"] == rel)
        .map(|link| link["href"].as_str().unwrap().to_owned())
}

#[test]
fn a_bounding_box_finds_what_meets_it_and_nothing_without_geometry() {
    let server = Server::start();
    let ids = |path: &str| -> Vec<String> {
        server.json(path)["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| feature["id"].as_str().unwrap().to_owned())
            .collect()
    };
    // 西站 stands at 117.160407, 39.155855.
    let here = ids("/collections/transit/items?bbox=117.1603,39.1558,117.1605,39.1559");
    assert_eq!(here, ["metro-xizhan"]);
    // The same box, in other systems and axis orders, by pyproj 3.7.2.
    for (crs, bbox) in [
        ("EPSG/0/4326", "39.1558,117.1603,39.1559,117.1605"),
        ("EPSG/0/4490", "39.1558,117.1603,39.1559,117.1605"),
        ("EPSG/0/4548", "4335812.667,513855.711,4335823.8,513872.98"),
        (
            "EPSG/0/4547",
            "4340560.515,773192.374,4340572.223,773209.279",
        ),
        (
            "EPSG/0/4549",
            "4339643.225,254526.817,4339653.788,254544.456",
        ),
        (
            "EPSG/0/4526",
            "4340560.515,38773192.374,4340572.223,38773209.279",
        ),
        (
            "EPSG/0/4527",
            "4335812.667,39513855.711,4335823.799,39513872.979",
        ),
        (
            "EPSG/0/4528",
            "4339643.225,40254526.817,4339653.788,40254544.456",
        ),
        ("EPSG/0/3857", "13042224.9,4744013.2,13042247.2,4744027.6"),
    ] {
        let crs = format!("http://www.opengis.net/def/crs/{crs}");
        let path = format!("/collections/transit/items?bbox={bbox}&bbox-crs={crs}");
        assert_eq!(ids(&path), here, "{crs}");
    }
    assert!(ids("/collections/transit/items?bbox=0,0,1,1").is_empty());
    // Across the antimeridian, from 170°E eastwards to 118°E.
    assert!(!ids("/collections/transit/items?bbox=170,30,118,50").is_empty());
    // A corner of the box in a zone's rectangle but outside the zone itself.
    let zone = server.json("/collections/zones/items/guangrong-road-park");
    let ring = zone["geometry"]["coordinates"][0].as_array().unwrap();
    let west = ring
        .iter()
        .map(|p| p[0].as_f64().unwrap())
        .fold(f64::MAX, f64::min);
    let south = ring
        .iter()
        .map(|p| p[1].as_f64().unwrap())
        .fold(f64::MAX, f64::min);
    let corner = format!("{west},{south},{},{}", west + 1e-5, south + 1e-5);
    assert!(ids(&format!("/collections/zones/items?bbox={corner}")).is_empty());
}

#[test]
fn coordinates_come_in_the_system_and_order_asked_for() {
    let server = Server::start();
    let get = |crs: &str| {
        let uri = format!("http://www.opengis.net/def/crs/{crs}");
        let answer = server.get(&format!(
            "/collections/transit/items/metro-xizhan?crs={uri}"
        ));
        assert_eq!(answer.header("content-crs"), format!("<{uri}>"));
        let position = answer.json()["geometry"]["coordinates"].clone();
        [position[0].as_f64().unwrap(), position[1].as_f64().unwrap()]
    };
    // 117.160407, 39.155855 by pyproj 3.7.2 (Transformer.from_crs(4326, …)).
    for (crs, expected, tolerance) in [
        ("OGC/1.3/CRS84", [117.160_407, 39.155_855], 1e-9),
        ("EPSG/0/4326", [39.155_855, 117.160_407], 1e-9),
        ("EPSG/0/4490", [39.155_855, 117.160_407], 1e-9),
        ("EPSG/0/4548", [4_335_818.789, 513_864.949], 1e-2),
        ("EPSG/0/4547", [4_340_566.945, 773_201.412], 1e-2),
        ("EPSG/0/4549", [4_339_649.043, 254_536.259], 1e-2),
        ("EPSG/0/4526", [4_340_566.945, 38_773_201.412], 1e-2),
        ("EPSG/0/4527", [4_335_818.789, 39_513_864.949], 1e-2),
        ("EPSG/0/4528", [4_339_649.043, 40_254_536.259], 1e-2),
        ("EPSG/0/3857", [13_042_236.848, 4_744_021.116], 1e-2),
    ] {
        let found = get(crs);
        let off = (found[0] - expected[0])
            .abs()
            .max((found[1] - expected[1]).abs());
        assert!(off < tolerance, "{crs}: {found:?}, expected {expected:?}");
    }
    let detail = server
        .get("/collections/transit/items?crs=http://www.opengis.net/def/crs/EPSG/0/27700")
        .problem(400);
    assert!(detail.contains("EPSG:4548"), "{detail}");
}

#[test]
fn names_are_searched_in_all_their_forms() {
    let server = Server::start();
    let found = |q: &str| {
        server.json(&format!("/collections/parcels/items?q={q}"))["numberMatched"].clone()
    };
    assert_eq!(found("%E9%93%83%E9%93%9B%E9%98%81"), 1); // 铃铛阁
    assert_eq!(found("lingdangge"), 1);
    assert_eq!(found("no-such-place"), 0);
}

#[test]
fn chinese_names_are_found_by_pinyin() {
    let server = Server::start();
    let found = |collection: &str, q: &str| -> Vec<String> {
        let page = server.json(&format!(
            "/collections/{collection}/items?limit=10000&q={q}"
        ));
        let names = page["features"].as_array().unwrap().iter();
        names
            .map(|feature| feature["properties"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for (collection, texts, name) in [
        (
            "streets",
            &[
                "guangrongdao",
                "Guang%20Rong%20Dao",
                "guang'rong'dao",
                "grd",
                "guangrd",
            ][..],
            "光荣道",
        ),
        (
            "streets",
            &["xianyangbeilu", "xybl", "xianyangbl", "yangbeilu"],
            "咸阳北路",
        ),
        (
            "zones",
            &["sanchahekou", "schk", "sancha%20hekou"],
            "三岔河口文旅商贸区",
        ),
        (
            "transit",
            &["tianjinxizhan", "tjxz", "xizhan", "tianjinxzh"],
            "天津西站",
        ),
        // 长 and 行 in the reading that is meant, and in the other.
        ("transit", &["changhonggongyuan", "zhanghgy"], "长虹公园"),
        (
            "facilities",
            &["gongshangyinhang", "gsyx"],
            "中国工商银行远程银行中心（天津）职场",
        ),
    ] {
        let all = found(collection, "").len();
        for text in texts {
            let hits = found(collection, text);
            assert!(hits.iter().any(|hit| hit == name), "{text}: {hits:?}");
            assert!(hits.len() < all, "{text} finds everything");
        }
    }
    // Only what has such a run of characters.
    assert_eq!(found("streets", "guangrongdao"), ["光荣道"]);
    assert_eq!(found("streets", "guangdao"), [""; 0]);
    // An alias, and together with another condition.
    assert_eq!(
        found("projects", "djmp&kind=key_project"),
        ["单家面铺重点项目"]
    );
    let near = "&bbox=117.160,39.155,117.161,39.156";
    assert_eq!(found("transit", &format!("xz{near}")), ["西站"]);
}

#[test]
fn datetime_asks_for_the_stated_times_of_statuses() {
    let server = Server::start();
    let count = |datetime: &str| {
        server.json(&format!(
            "/collections/projects/items?datetime={datetime}&limit=10000"
        ))["numberMatched"]
            .as_u64()
            .unwrap()
    };
    let (early, late) = (count("../2021-12-31"), count("2025"));
    assert!(early > 0 && late > 0);
    assert_eq!(count("1900/1950"), 0);
    assert!(count("2021/2025") >= early.max(late));
    let detail = server
        .get("/collections/projects/items?datetime=today")
        .problem(400);
    assert!(detail.contains("today"), "{detail}");
}

#[test]
fn answers_are_tagged_and_not_sent_twice() {
    let server = Server::start();
    for path in [
        "/collections/zones/items",
        "/collections",
        "/styles/default",
    ] {
        let first = server.get(path);
        let tag = first.header("etag").to_owned();
        assert!(!tag.is_empty(), "{path}");
        for asked in [tag.as_str(), &format!("\"other\", {tag}"), "*"] {
            let again = server.get_with(path, &[("if-none-match", asked)]);
            assert_eq!(again.status, 304, "{path} {asked}");
            assert!(again.body.is_empty());
            assert_eq!(again.header("etag"), tag);
            assert!(again.header("vary").contains("accept-encoding"));
        }
        let other = server.get_with(path, &[("if-none-match", "W/\"other\"")]);
        assert_eq!(other.status, 200);
        // Another form of the answer, another tag.
        let elsewhere = server.get_with(path, &[("host", "map.example.cn")]);
        assert_ne!(elsewhere.header("etag"), tag);
    }
    assert_eq!(
        server
            .get_with("/nothing", &[("if-none-match", "*")])
            .status,
        404
    );
    let other = Server::yunze();
    let public = Server::start_with(&["--public-url", "http://map.example.cn"]);
    let host = [("host", "one.example.cn")];
    let tags = [&server, &other, &public].map(|server| {
        server
            .get_with("/collections", &host)
            .header("etag")
            .to_owned()
    });
    assert!(tags[0] != tags[1] && tags[0] != tags[2], "{tags:?}");
}

#[test]
fn answers_are_compressed_for_those_who_take_it() {
    let server = Server::start();
    // The client unpacks gzip unseen and no brotli: these are the bytes on the wire.
    for path in [
        "/collections",
        "/collections/projects/items",
        "/styles/default",
    ] {
        let plain = server.get_with(path, &[("accept-encoding", "identity")]);
        let packed = server.get_with(path, &[("accept-encoding", "br")]);
        assert_eq!(plain.header("content-encoding"), "");
        assert_eq!(packed.header("content-encoding"), "br");
        assert!(packed.body.len() * 2 < plain.body.len(), "{path}");
        assert!(packed.header("vary").contains("accept-encoding"));
    }
}

#[test]
fn pages_of_other_origins_ask_only_where_the_operator_lets_them() {
    let open = Server::start_with(&["--allow-origin", "http://gis.example.cn"]);
    let closed = Server::start();
    let allowed = |server: &Server, origin: &str| {
        let answer = server.get_with("/collections", &[("origin", origin)]);
        answer.header("access-control-allow-origin").to_owned()
    };
    assert_eq!(
        allowed(&open, "http://gis.example.cn"),
        "http://gis.example.cn"
    );
    assert_eq!(allowed(&open, "http://other.example.cn"), "");
    assert_eq!(allowed(&closed, "http://gis.example.cn"), "");
}

#[test]
fn only_the_embedded_revision_is_there() {
    let server = Server::start();
    assert_eq!(
        server.get("/collections/zones/items?revision=1").status,
        200
    );
    for path in [
        "/collections?revision=2",
        "/collections/zones/items?revision=2",
        "/collections/zones/items/sanchahekou?revision=0",
        "/tiles/zones.json?revision=7",
    ] {
        assert!(server.get(path).problem(404).contains("revision"), "{path}");
    }
}

#[test]
fn links_use_the_public_address() {
    let server = Server::start_with(&["--public-url", "https://map.example.cn/renewal/"]);
    let tilejson = server.json("/tiles/zones.json");
    assert_eq!(
        tilejson["tiles"][0],
        "https://map.example.cn/renewal/tiles/zones/{z}/{x}/{y}.mvt"
    );
}

fn ids(page: &Value) -> Vec<&str> {
    let features = page["features"].as_array().unwrap();
    features
        .iter()
        .map(|feature| feature["id"].as_str().unwrap())
        .collect()
}

#[test]
fn items_are_filtered_by_kind_status_document_and_zone() {
    let server = Server::start();
    let all = server.json("/collections/projects/items?limit=10000");
    let kept = |query: &str, keeps: &dyn Fn(&Value) -> bool| {
        let expected: Vec<&str> = all["features"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|feature| keeps(&feature["properties"]))
            .map(|feature| feature["id"].as_str().unwrap())
            .collect();
        let page = server.json(&format!("/collections/projects/items?limit=10000&{query}"));
        assert_eq!(ids(&page), expected, "{query}");
        assert_eq!(page["numberMatched"], expected.len());
        assert!(
            !expected.is_empty() && expected.len() < ids(&all).len(),
            "{query}"
        );
    };
    kept("kind=road,metro_line", &|properties| {
        properties["kind"] == "road" || properties["kind"] == "metro_line"
    });
    kept("status=none,completed", &|properties| {
        properties["status"].is_null() || properties["status"] == "completed"
    });
    kept("document=work-plan-2025", &|properties| {
        let citations = properties["citations"].as_array().unwrap();
        citations
            .iter()
            .any(|citation| citation["document"] == "work-plan-2025")
    });
    let in_hub = |properties: &Value| {
        let zones = properties["zones"].as_array();
        zones.is_some_and(|zones| zones.contains(&"zones/west-station-hub".into()))
    };
    kept("zone=west-station-hub", &in_hub);
    kept("zone=west-station-hub&status=planned", &|properties| {
        in_hub(properties) && properties["status"] == "planned"
    });
    for (query, list) in [
        ("kind=castle", "metro_line"),
        ("status=planned,", "land_transferred"),
        ("document=plan-1999", "plan-2021"),
        ("zone=atlantis", "west-station-hub"),
    ] {
        let answer = server.get(&format!("/collections/projects/items?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(
            answer.json()["detail_en"].as_str().unwrap().contains(list),
            "{query}"
        );
    }
}

#[test]
fn features_tell_the_zones_in_which_they_lie() {
    let server = Server::start();
    let zones = |name: &str| {
        let path = format!("/collections/{}", name.replace('/', "/items/"));
        server.json(&path)["properties"]["zones"].clone()
    };
    let hub = serde_json::json!("zones/west-station-hub");
    let holds = |name: &str| zones(name).as_array().is_some_and(|z| z.contains(&hub));
    // By its geometry, by a relation, by the container of its container, and itself.
    assert!(holds("transit/tianjin-west"));
    assert!(holds("parcels/xiyuzhuang"));
    assert!(holds("parcels/xiyuzhuang-7"));
    assert!(holds("zones/west-station-hub"));
    assert!(zones("district/120106").is_null());
    // What an area query finds by geometry is what the zone holds by geometry.
    let answer = server.post(
        "/areas/query",
        r#"{"area": {"feature": "zones/west-station-hub"}, "collections": ["streets", "transit", "facilities"]}"#,
    );
    let answer = answer.json();
    for result in answer["results"].as_array().unwrap() {
        let collection = result["collection"].as_str().unwrap();
        for feature in result["features"].as_array().unwrap() {
            let id = feature["id"].as_str().unwrap();
            assert!(holds(&format!("{collection}/{id}")), "{collection}/{id}");
        }
    }
}
