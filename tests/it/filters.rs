//! `filter`, `sortby`, `properties` and `queryables` over HTTP, compared with what the test itself
//! finds among all features.

use std::{
    cell::Cell,
    io::{Read, Write},
    net::TcpStream,
    time::Instant,
};

use geo::{Geometry, Relate, relate::IntersectionMatrix};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use renewal_map::{
    filter::{Filter, Language},
    geometry::crs::Crs,
    store::{Field, Interrupted, Selection, files::Files, load},
};

use crate::support::{Answer, Server, in_full};

/// A page of features by parameters that are not escaped yet.
fn items(server: &Server, collection: &str, params: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish();
    server.get(&format!("/collections/{collection}/items?{query}"))
}

/// All features of a collection that a filter keeps.
fn filtered(server: &Server, collection: &str, filter: &str, more: &[(&str, &str)]) -> Vec<String> {
    let mut params = vec![("filter", filter), ("limit", "10000")];
    params.extend(more);
    let answer = items(server, collection, &params);
    assert_eq!(answer.status, 200, "{filter}: {}", answer.text());
    let page = answer.json();
    let ids = ids(&page["features"]);
    assert_eq!(page["numberMatched"], ids.len(), "{filter}");
    ids
}

fn all(server: &Server, collection: &str) -> Vec<Value> {
    let page = server.json(&format!("/collections/{collection}/items?limit=10000"));
    page["features"].as_array().unwrap().clone()
}

fn ids(features: &Value) -> Vec<String> {
    let features = features.as_array().unwrap().iter();
    features
        .map(|f| f["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Asks a filter in both encodings; it must keep what `keeps` does, and that must be some features
/// but not all.
fn check(
    server: &Server,
    collection: &str,
    (text, json): (&str, &Value),
    keeps: impl Fn(&Value) -> bool,
) {
    let all = all(server, collection);
    let expected: Vec<String> = all
        .iter()
        .filter(|feature| keeps(feature))
        .map(|feature| feature["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(filtered(server, collection, text, &[]), expected, "{text}");
    let from_json = filtered(
        server,
        collection,
        &json.to_string(),
        &[("filter-lang", "cql2-json")],
    );
    assert_eq!(from_json, expected, "{json}");
    assert!(
        !expected.is_empty() && expected.len() < all.len(),
        "{text} keeps {} of {}: this shows nothing",
        expected.len(),
        all.len()
    );
}

fn text<'a>(feature: &'a Value, name: &str) -> Option<&'a str> {
    feature["properties"][name].as_str()
}

fn number(feature: &Value, name: &str) -> Option<f64> {
    feature["properties"][name].as_f64()
}

/// Whether a comparison holds of what stands so in order.
type HoldsInOrder = fn(std::cmp::Ordering) -> bool;

/// Whether a relation holds between geometries whose matrix is this.
type HoldsInSpace = fn(&IntersectionMatrix) -> bool;

#[test]
fn comparisons_and_logic() {
    let server = Server::start();
    let property = |name: &str| json!({ "property": name });
    let op = |op: &str, args: Value| json!({ "op": op, "args": args });
    let status = |f: &Value| text(f, "status").map(str::to_owned);
    let name_en = |f: &Value| text(f, "name_en").unwrap().to_owned();
    check(
        &server,
        "projects",
        (
            "status = 'planned'",
            &op("=", json!([property("status"), "planned"])),
        ),
        |f| status(f).as_deref() == Some("planned"),
    );
    // What is not stated is neither planned nor anything else.
    check(
        &server,
        "projects",
        (
            "status <> 'planned'",
            &op("<>", json!([property("status"), "planned"])),
        ),
        |f| status(f).is_some_and(|status| status != "planned"),
    );
    check(
        &server,
        "projects",
        (
            "NOT (status = 'planned' OR status IS NULL)",
            &op(
                "not",
                json!([op(
                    "or",
                    json!([
                        op("=", json!([property("status"), "planned"])),
                        op("isNull", json!([property("status")])),
                    ])
                )]),
            ),
        ),
        |f| status(f).is_some_and(|status| status != "planned"),
    );
    let comparisons: [(&str, HoldsInOrder); 4] = [
        ("<", std::cmp::Ordering::is_lt),
        (">", std::cmp::Ordering::is_gt),
        ("<=", std::cmp::Ordering::is_le),
        (">=", std::cmp::Ordering::is_ge),
    ];
    for (sign, holds) in comparisons {
        let middle = "Metro Line 4";
        check(
            &server,
            "projects",
            (
                &format!("name_en {sign} '{middle}' AND kind <> 'road'"),
                &op(
                    "and",
                    json!([
                        op(sign, json!([property("name_en"), middle])),
                        op("<>", json!([property("kind"), "road"])),
                    ]),
                ),
            ),
            |f| holds(name_en(f).as_str().cmp(middle)) && text(f, "kind") != Some("road"),
        );
        check(
            &server,
            "streets",
            (
                &format!("accuracy_m {sign} 20"),
                &op(sign, json!([property("accuracy_m"), 20])),
            ),
            |f| holds(number(f, "accuracy_m").unwrap().total_cmp(&20.0)),
        );
    }
    check(
        &server,
        "projects",
        (
            "accuracy_m IS NULL",
            &op("isNull", json!([property("accuracy_m")])),
        ),
        |f| f["geometry"].is_null(),
    );
    check(
        &server,
        "projects",
        (
            "geometry IS NOT NULL",
            &op("not", json!([op("isNull", json!([property("geometry")]))])),
        ),
        |f| !f["geometry"].is_null(),
    );
}

#[test]
fn patterns_ranges_lists_case_accents_and_arithmetic() {
    let server = Server::start();
    let yunze = Server::yunze();
    let property = |name: &str| json!({ "property": name });
    let op = |op: &str, args: Value| json!({ "op": op, "args": args });
    let name_en = |f: &Value| text(f, "name_en").unwrap().to_owned();
    check(
        &server,
        "projects",
        (
            "name LIKE '%地铁%'",
            &op("like", json!([property("name"), "%地铁%"])),
        ),
        |f| text(f, "name").unwrap().contains("地铁"),
    );
    check(
        &server,
        "streets",
        (
            "name NOT LIKE '__路'",
            &op(
                "not",
                json!([op("like", json!([property("name"), "__路"]))]),
            ),
        ),
        |f| {
            let name: Vec<char> = text(f, "name").unwrap().chars().collect();
            name.len() != 3 || name[2] != '路'
        },
    );
    check(
        &server,
        "streets",
        (
            "CASEI(name_en) LIKE CASEI('%ROAD')",
            &op(
                "like",
                json!([
                    op("casei", json!([property("name_en")])),
                    op("casei", json!(["%ROAD"])),
                ]),
            ),
        ),
        |f| name_en(f).to_lowercase().ends_with("road"),
    );
    check(
        &server,
        "streets",
        (
            "CASEI(ACCENTI(name_en)) >= 'l\u{fc}'",
            &op(
                ">=",
                json!([
                    op(
                        "casei",
                        json!([op("accenti", json!([property("name_en")]))])
                    ),
                    "l\u{fc}",
                ]),
            ),
        ),
        |f| name_en(f).to_lowercase().as_str() >= "l\u{fc}",
    );
    check(
        &yunze,
        "parcels",
        (
            "area_m2 BETWEEN 50000 AND 100000",
            &op("between", json!([property("area_m2"), 50_000, 100_000])),
        ),
        |f| (50_000.0..=100_000.0).contains(&number(f, "area_m2").unwrap()),
    );
    check(
        &yunze,
        "parcels",
        (
            "land_use IN ('09', '0804') AND id NOT IN ('a1-01')",
            &op(
                "and",
                json!([
                    op("in", json!([property("land_use"), ["09", "0804"]])),
                    op("not", json!([op("in", json!([property("id"), ["a1-01"]]))])),
                ]),
            ),
        ),
        |f| {
            let code = f["properties"]["land_use"]["code"].as_str();
            matches!(code, Some("09" | "0804")) && f["id"] != "a1-01"
        },
    );
    check(
        &yunze,
        "parcels",
        (
            "(area_m2 / 10000 - 5) * 2 > 3 + 2 ^ 2",
            &op(
                ">",
                json!([
                    op(
                        "*",
                        json!([
                            op(
                                "-",
                                json!([op("/", json!([property("area_m2"), 10_000])), 5])
                            ),
                            2,
                        ])
                    ),
                    op("+", json!([3, op("^", json!([2, 2]))])),
                ]),
            ),
        ),
        |f| (number(f, "area_m2").unwrap() / 10_000.0 - 5.0) * 2.0 > 7.0,
    );
    check(
        &yunze,
        "parcels",
        (
            "area_m2 div 10000 % 2 = 1",
            &op(
                "=",
                json!([
                    op(
                        "%",
                        json!([op("div", json!([property("area_m2"), 10_000])), 2])
                    ),
                    1,
                ]),
            ),
        ),
        |f| {
            let hectares = (number(f, "area_m2").unwrap() / 10_000.0).trunc();
            (hectares % 2.0 - 1.0).abs() < f64::EPSILON
        },
    );
    // Property against property, and a literal on the left.
    check(
        &yunze,
        "parcels",
        (
            "area_m2 > accuracy_m * 1000000 AND '09' <> land_use",
            &op(
                "and",
                json!([
                    op(
                        ">",
                        json!([
                            property("area_m2"),
                            op("*", json!([property("accuracy_m"), 1_000_000]))
                        ])
                    ),
                    op("<>", json!(["09", property("land_use")])),
                ]),
            ),
        ),
        |f| {
            number(f, "area_m2") > number(f, "accuracy_m").map(|metres| metres * 1e6)
                && f["properties"]["land_use"]["code"] != "09"
        },
    );
}

#[test]
fn lists_and_what_contains_a_feature() {
    let server = Server::start();
    let list = |f: &Value, name: &str| -> Vec<String> {
        let list = f["properties"][name].as_array();
        let texts = list.into_iter().flatten();
        texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let documents = |f: &Value| -> Vec<String> {
        let citations = f["properties"]["citations"].as_array().unwrap().iter();
        citations
            .map(|c| c["document"].as_str().unwrap().to_owned())
            .collect()
    };
    let two = ["zones/west-station-hub", "zones/sanchahekou"];
    let op = |op: &str, name: &str, list: Value| json!({ "op": op, "args": [{ "property": name }, list] });
    check(
        &server,
        "projects",
        (
            "A_CONTAINS(zones, ('zones/west-station-hub'))",
            &op("a_contains", "zones", json!([two[0]])),
        ),
        |f| list(f, "zones").iter().any(|zone| zone == two[0]),
    );
    check(
        &server,
        "projects",
        (
            "A_OVERLAPS(zones, ('zones/west-station-hub', 'zones/sanchahekou'))",
            &op("a_overlaps", "zones", json!(two)),
        ),
        |f| {
            list(f, "zones")
                .iter()
                .any(|zone| two.contains(&zone.as_str()))
        },
    );
    check(
        &server,
        "projects",
        (
            "A_CONTAINEDBY(zones, ('zones/west-station-hub', 'zones/sanchahekou'))",
            &op("a_containedBy", "zones", json!(two)),
        ),
        |f| {
            list(f, "zones")
                .iter()
                .all(|zone| two.contains(&zone.as_str()))
        },
    );
    check(
        &server,
        "projects",
        ("A_EQUALS(zones, ())", &op("a_equals", "zones", json!([]))),
        |f| list(f, "zones").is_empty(),
    );
    check(
        &server,
        "projects",
        (
            "A_EQUALS(documents, ('plan-2021'))",
            &op("a_equals", "documents", json!(["plan-2021"])),
        ),
        |f| documents(f).iter().all(|document| document == "plan-2021"),
    );
    check(
        &server,
        "projects",
        (
            "container LIKE 'zones/%'",
            &json!({ "op": "like", "args": [{ "property": "container" }, "zones/%"] }),
        ),
        |f| text(f, "container").is_some_and(|name| name.starts_with("zones/")),
    );
}

/// The times that a feature's statuses state, first and last day of each.
fn spans(feature: &Value) -> Vec<(String, String)> {
    let statuses = feature["properties"]["statuses"].as_array();
    let dates = statuses
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["date"].as_str());
    dates
        .map(|date| match date.len() {
            4 => (format!("{date}-01-01"), format!("{date}-12-31")),
            7 => {
                let day: jiff::civil::Date = format!("{date}-01").parse().unwrap();
                (day.to_string(), day.last_of_month().to_string())
            }
            _ => (date.to_owned(), date.to_owned()),
        })
        .collect()
}

/// Whether a relation holds between spans and the interval from one day to another.
type HoldsInTime = fn(&[(String, String)], &str, &str) -> bool;

fn first(spans: &[(String, String)]) -> &str {
    spans.iter().map(|span| span.0.as_str()).min().unwrap()
}

fn last(spans: &[(String, String)]) -> &str {
    spans.iter().map(|span| span.1.as_str()).max().unwrap()
}

#[test]
fn all_fifteen_temporal_functions() {
    let server = Server::start();
    let projects = all(&server, "projects");
    // Each interval has ends that some features share.
    let intervals = [
        ("2021-01-01", "2025-12-31"),
        ("2025-01-01", "2025-12-31"),
        ("2021-12-31", "2025-01-01"),
        ("2021-01-01", "2021-12-31"),
        ("2020-06-01", "2025-06-30"),
        ("2025-03-01", "2026-01-01"),
        ("2025-12-31", "2026-12-31"),
        ("2019-01-01", "2021-01-01"),
        ("2025-06-01", "2025-06-30"),
    ];
    let meet: HoldsInTime =
        |a, from, to| a.iter().any(|a| a.0.as_str() <= to && from <= a.1.as_str());
    let relations: [(&str, HoldsInTime); 15] = [
        ("t_after", |a, _, to| first(a) > to),
        ("t_before", |a, from, _| last(a) < from),
        ("t_contains", |a, from, to| first(a) < from && to < last(a)),
        ("t_disjoint", |a, from, to| {
            a.iter().all(|a| a.1.as_str() < from || to < a.0.as_str())
        }),
        ("t_during", |a, from, to| from < first(a) && last(a) < to),
        ("t_equals", |a, from, to| first(a) == from && last(a) == to),
        ("t_finishedBy", |a, from, to| {
            first(a) < from && last(a) == to
        }),
        ("t_finishes", |a, from, to| first(a) > from && last(a) == to),
        ("t_intersects", meet),
        ("t_meets", |a, from, _| last(a) == from),
        ("t_metBy", |a, _, to| first(a) == to),
        ("t_overlappedBy", |a, from, to| {
            first(a) > from && first(a) < to && last(a) > to
        }),
        ("t_overlaps", |a, from, to| {
            first(a) < from && last(a) > from && last(a) < to
        }),
        ("t_startedBy", |a, from, to| {
            first(a) == from && last(a) > to
        }),
        ("t_starts", |a, from, to| first(a) == from && last(a) < to),
    ];
    for (name, holds) in relations {
        let mut most = 0;
        for (from, to) in intervals {
            let expected: Vec<String> = projects
                .iter()
                .filter(|f| !spans(f).is_empty() && holds(&spans(f), from, to))
                .map(|f| f["id"].as_str().unwrap().to_owned())
                .collect();
            let text = format!("{}(date, INTERVAL('{from}', '{to}'))", name.to_uppercase());
            assert_eq!(
                filtered(&server, "projects", &text, &[]),
                expected,
                "{text}"
            );
            let json =
                json!({"op": name, "args": [{"property": "date"}, {"interval": [from, to]}]});
            let lang = [("filter-lang", "cql2-json")];
            assert_eq!(
                filtered(&server, "projects", &json.to_string(), &lang),
                expected,
                "{json}"
            );
            most = most.max(expected.len());
        }
        assert!(most > 0, "{name} held of no project");
    }
    // The parameter that is there for it says the same.
    let by_datetime =
        server.json("/collections/projects/items?datetime=2025-06-01/2025-06-30&limit=10000");
    assert_eq!(
        ids(&by_datetime["features"]),
        filtered(
            &server,
            "projects",
            "T_INTERSECTS(date, INTERVAL('2025-06-01','2025-06-30'))",
            &[]
        )
    );
    assert_eq!(
        filtered(
            &server,
            "projects",
            "T_AFTER(date, TIMESTAMP('2024-12-31T12:00:00Z'))",
            &[]
        ),
        filtered(
            &server,
            "projects",
            "T_AFTER(date, DATE('2024-12-31'))",
            &[]
        )
    );
}

fn geometry(feature: &Value) -> Option<Geometry<f64>> {
    let json: geojson::Geometry = serde_json::from_value(feature["geometry"].clone()).ok()?;
    Some(json.try_into().unwrap())
}

fn wkt(json: &Value) -> String {
    fn coordinates(value: &Value) -> String {
        let items = value.as_array().unwrap();
        if items[0].is_number() {
            return format!("{} {}", items[0], items[1]);
        }
        let inner: Vec<String> = items.iter().map(coordinates).collect();
        format!("({})", inner.join(","))
    }
    let kind = json["type"].as_str().unwrap().to_uppercase();
    let inner = coordinates(&json["coordinates"]);
    if kind == "POINT" {
        format!("{kind}({inner})")
    } else {
        format!("{kind}{inner}")
    }
}

#[test]
fn all_eight_spatial_functions() {
    let server = Server::yunze();
    let relations: [(&str, HoldsInSpace); 8] = [
        ("s_intersects", IntersectionMatrix::is_intersects),
        ("s_equals", IntersectionMatrix::is_equal_topo),
        ("s_disjoint", IntersectionMatrix::is_disjoint),
        ("s_touches", IntersectionMatrix::is_touches),
        ("s_within", IntersectionMatrix::is_within),
        ("s_overlaps", IntersectionMatrix::is_overlaps),
        ("s_crosses", IntersectionMatrix::is_crosses),
        ("s_contains", IntersectionMatrix::is_contains),
    ];
    let parcels = all(&server, "parcels");
    let streets = all(&server, "streets");
    let projects = all(&server, "projects");
    let zones = all(&server, "zones");
    let corner = parcels[0]["geometry"]["coordinates"][0][0].clone();
    let inner = json!([
        corner[0].as_f64().unwrap() + 1e-4,
        corner[1].as_f64().unwrap() + 4e-4
    ]);
    // What is asked for: shapes of all types, cut through, shared or apart.
    let shapes = [
        parcels[0]["geometry"].clone(),
        parcels
            .iter()
            .find(|f| f["geometry"]["type"] == "MultiPolygon")
            .unwrap()["geometry"]
            .clone(),
        zones[0]["geometry"].clone(),
        streets[0]["geometry"].clone(),
        streets[5]["geometry"].clone(),
        json!({"type": "Point", "coordinates": corner}),
        json!({"type": "Point", "coordinates": inner}),
        json!({"type": "MultiPoint", "coordinates": [corner, inner]}),
        json!({"type": "MultiLineString", "coordinates": [[corner, inner], streets[3]["geometry"]["coordinates"]]}),
        json!({"type": "Polygon", "coordinates": [[
            [inner[0], inner[1]],
            [inner[0].as_f64().unwrap() + 0.012, inner[1]],
            [inner[0].as_f64().unwrap() + 0.012, inner[1].as_f64().unwrap() + 0.008],
            [inner[0], inner[1].as_f64().unwrap() + 0.008],
            [inner[0], inner[1]],
        ]]}),
    ];
    for (name, holds) in relations {
        let mut found = 0;
        for shape in &shapes {
            let query: geojson::Geometry = serde_json::from_value(shape.clone()).unwrap();
            let query: Geometry<f64> = query.try_into().unwrap();
            for (collection, features) in [
                ("parcels", &parcels),
                ("streets", &streets),
                ("projects", &projects),
            ] {
                let related = |turned: bool| -> Vec<String> {
                    features
                        .iter()
                        .filter(|f| {
                            geometry(f).is_some_and(|own| {
                                holds(&if turned {
                                    query.relate(&own)
                                } else {
                                    own.relate(&query)
                                })
                            })
                        })
                        .map(|f| f["id"].as_str().unwrap().to_owned())
                        .collect()
                };
                let expected = related(false);
                let text = format!("{}(geometry, {})", name.to_uppercase(), wkt(shape));
                assert_eq!(
                    filtered(&server, collection, &text, &[]),
                    expected,
                    "{text}"
                );
                let json = json!({"op": name, "args": [{"property": "geometry"}, shape]});
                let lang = [("filter-lang", "cql2-json")];
                assert_eq!(
                    filtered(&server, collection, &json.to_string(), &lang),
                    expected,
                    "{json}"
                );
                let text = format!("{name}({}, geometry)", wkt(shape));
                assert_eq!(
                    filtered(&server, collection, &text, &[]),
                    related(true),
                    "{text}"
                );
                found += expected.len();
            }
        }
        assert!(found > 0, "{name} held of nothing");
    }
}

#[test]
fn geometry_in_any_system_served_and_across_the_antimeridian() {
    let server = Server::yunze();
    let parcel = server.json("/collections/parcels/items/a1-02");
    let expected = filtered(
        &server,
        "parcels",
        &format!("S_TOUCHES(geometry, {})", wkt(&parcel["geometry"])),
        &[],
    );
    assert!(expected.len() > 1, "{expected:?}");
    for crs in [
        "EPSG/0/4326",
        "EPSG/0/4490",
        "EPSG/0/4548",
        "EPSG/0/3857",
        "OGC/1.3/CRS84",
    ] {
        let crs = format!("http://www.opengis.net/def/crs/{crs}");
        // As the service itself writes it, vertices rounded to the millimetre; so they meet what
        // they touch only where the data had no more digits.
        let there = server.json(&format!("/collections/parcels/items/a1-02?crs={crs}"));
        let shape = &there["geometry"];
        for (name, geometry) in [("text", wkt(shape)), ("json", shape.to_string())] {
            let (filter, lang) = if name == "text" {
                (format!("S_INTERSECTS(geometry, {geometry})"), "cql2-text")
            } else {
                let json = json!({"op": "s_intersects", "args": [{"property": "geometry"}, shape]});
                (json.to_string(), "cql2-json")
            };
            let more = [("filter-crs", crs.as_str()), ("filter-lang", lang)];
            let found = filtered(&server, "parcels", &filter, &more);
            assert!(
                found.contains(&"a1-02".to_owned()),
                "{crs} {name}: {found:?}"
            );
            assert!(found.len() <= expected.len() + 1, "{crs} {name}: {found:?}");
        }
        if crs.ends_with("4548") {
            // The data are of this system: the same vertices, to the bit.
            let filter = format!("S_EQUALS(geometry, {})", wkt(shape));
            assert_eq!(
                filtered(&server, "parcels", &filter, &[("filter-crs", &crs)]),
                ["a1-02"]
            );
            let filter = format!("S_TOUCHES(geometry, {})", wkt(shape));
            assert_eq!(
                filtered(&server, "parcels", &filter, &[("filter-crs", &crs)]),
                expected
            );
        }
    }
    let all = all(&server, "parcels").len();
    for (bbox, count) in [
        ("BBOX(-180,-90,180,90)", all),
        ("BBOX(170,-90,120,90)", all),
        ("BBOX(170,-90,-170,90)", 0),
        ("BBOX(-180,-90,0,90)", 0),
    ] {
        let filter = format!("S_INTERSECTS(geometry, {bbox})");
        assert_eq!(
            filtered(&server, "parcels", &filter, &[]).len(),
            count,
            "{bbox}"
        );
    }
}

#[test]
fn a_filter_goes_with_the_other_parameters_and_with_paging() {
    let server = Server::start();
    let bbox = "117.13,39.15,117.18,39.19";
    let both = items(
        &server,
        "streets",
        &[
            ("filter", "name LIKE '%路'"),
            ("bbox", bbox),
            ("limit", "10000"),
        ],
    )
    .json();
    let by_bbox = server.json(&format!(
        "/collections/streets/items?bbox={bbox}&limit=10000"
    ));
    let expected: Vec<String> = by_bbox["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| text(f, "name").unwrap().ends_with('路'))
        .map(|f| f["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(expected.len() > 20);
    assert_eq!(ids(&both["features"]), expected);
    // Page by page, the same in the same order.
    let mut paged = Vec::new();
    let mut page = items(
        &server,
        "streets",
        &[
            ("filter", "name LIKE '%路'"),
            ("bbox", bbox),
            ("sortby", "+name"),
            ("limit", "7"),
        ],
    )
    .json();
    loop {
        assert_eq!(page["numberMatched"], expected.len());
        paged.extend(ids(&page["features"]));
        let next = page["links"]
            .as_array()
            .unwrap()
            .iter()
            .find(|link| link["rel"] == "next");
        let Some(next) = next else { break };
        let path = next["href"]
            .as_str()
            .unwrap()
            .strip_prefix(&server.url)
            .unwrap();
        page = server.json(path);
    }
    assert_eq!(paged.len(), expected.len());
    let whole = items(
        &server,
        "streets",
        &[
            ("filter", "name LIKE '%路'"),
            ("bbox", bbox),
            ("sortby", "name"),
            ("limit", "10000"),
        ],
    );
    assert_eq!(paged, ids(&whole.json()["features"]));
}

#[test]
fn features_are_sorted_stably_and_what_has_no_value_comes_last() {
    let server = Server::start();
    let features = all(&server, "projects");
    let sorted = |sortby: &str| {
        ids(&items(
            &server,
            "projects",
            &[("sortby", sortby), ("limit", "10000")],
        )
        .json()["features"])
    };
    let expected = |compare: &dyn Fn(&Value, &Value) -> std::cmp::Ordering| {
        let mut features = features.clone();
        features.sort_by(compare);
        ids(&json!(features))
    };
    let status = |f: &Value| {
        (
            text(f, "status").is_none(),
            text(f, "status").map(str::to_owned),
        )
    };
    assert_eq!(
        sorted("status"),
        expected(&|a, b| status(a).cmp(&status(b)))
    );
    assert_eq!(
        sorted("-status,+name"),
        expected(&|a, b| {
            let (a_none, a_status) = status(a);
            let (b_none, b_status) = status(b);
            (a_none, std::cmp::Reverse(a_status), text(a, "name")).cmp(&(
                b_none,
                std::cmp::Reverse(b_status),
                text(b, "name"),
            ))
        })
    );
    let accuracy = |f: &Value| number(f, "accuracy_m");
    assert_eq!(
        sorted("-accuracy_m"),
        expected(&|a, b| match (accuracy(a), accuracy(b)) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => a.is_none().cmp(&b.is_none()),
        })
    );
    // A page of it is a stretch of the whole.
    let page = items(
        &server,
        "projects",
        &[("sortby", "-name_en"), ("limit", "9"), ("offset", "30")],
    );
    assert_eq!(ids(&page.json()["features"]), sorted("-name_en")[30..39]);
    for (sortby, word) in [
        ("zones", "“zones”"),
        ("geometry", "accuracy_m"),
        ("nothing", "name_en"),
        ("", "sorted by “”"),
        ("name,-name", "twice"),
    ] {
        let detail = items(&server, "projects", &[("sortby", sortby)]).problem(400);
        assert!(detail.contains(word), "{sortby}: {detail}");
    }
}

#[test]
fn properties_are_trimmed_and_copied_as_they_stand() {
    let server = Server::start();
    let whole = all(&server, "projects");
    let trimmed = items(
        &server,
        "projects",
        &[("properties", "statuses,name,land_use"), ("limit", "10000")],
    );
    for (whole, trimmed) in whole
        .iter()
        .zip(trimmed.json()["features"].as_array().unwrap())
    {
        let mut expected = whole.clone();
        expected["properties"]
            .as_object_mut()
            .unwrap()
            .retain(|name, _| ["statuses", "name", "land_use"].contains(&name.as_str()));
        assert_eq!(&expected, trimmed);
    }
    // Queryables may be named though no feature here states them; other names may not.
    let none = items(
        &server,
        "streets",
        &[("properties", "container"), ("limit", "1")],
    )
    .json();
    assert_eq!(none["features"][0]["properties"], json!({}));
    let detail = items(&server, "projects", &[("properties", "name,nothing")]).problem(400);
    assert!(
        detail.contains("“nothing”") && detail.contains("name_en"),
        "{detail}"
    );
    let elsewhere = items(
        &server,
        "transit",
        &[
            ("properties", "name"),
            ("crs", "http://www.opengis.net/def/crs/EPSG/0/4548"),
            ("limit", "1"),
        ],
    );
    let elsewhere = elsewhere.json();
    assert!(
        elsewhere["features"][0]["geometry"]["coordinates"][0]
            .as_f64()
            .unwrap()
            > 4_000_000.0
    );
}

#[test]
fn queryables_are_a_schema_and_everything_in_it_can_be_asked() {
    let server = Server::start();
    let classes = server.json("/conformance")["conformsTo"].clone();
    for class in [
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
        "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
        "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    ] {
        assert!(
            classes.as_array().unwrap().contains(&json!(class)),
            "{class}"
        );
    }
    for collection in server.json("/collections")["collections"]
        .as_array()
        .unwrap()
    {
        let id = collection["id"].as_str().unwrap();
        let link = collection["links"]
            .as_array()
            .unwrap()
            .iter()
            .find(|link| link["rel"] == "http://www.opengis.net/def/rel/ogc/1.0/queryables")
            .unwrap();
        let href = link["href"].as_str().unwrap();
        let answer = server.get(href.strip_prefix(&server.url).unwrap());
        assert_eq!(answer.header("content-type"), "application/schema+json");
        let schema = answer.json();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(schema["$id"], href);
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["additionalProperties"], false);
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property["title"].is_string() && property["title_en"].is_string());
            let mut predicates = vec![format!("{name} IS NULL"), format!("\"{name}\" IS NOT NULL")];
            match property["type"].as_str() {
                Some("string") => predicates.extend([
                    format!("{name} = 'foo'"),
                    format!("{name} LIKE 'f%'"),
                    format!("CASEI({name}) <> casei('FOO')"),
                    format!("ACCENTI({name}) IN (accenti('föö'))"),
                    format!("{name} >= {name}"),
                ]),
                Some("number") => predicates.extend([
                    format!("{name} <= 3.14"),
                    format!("{name} BETWEEN 0 AND {name} + 1"),
                ]),
                Some("array") if name == "date" => {
                    predicates.push(format!("T_BEFORE({name}, DATE('2024-02-29'))"));
                }
                Some("array") => predicates.extend(
                    ["A_CONTAINS", "A_CONTAINEDBY", "A_EQUALS", "A_OVERLAPS"]
                        .map(|function| format!("{function}({name}, ('foo', 'bar'))")),
                ),
                _ => {
                    assert_eq!(property["x-ogc-role"], "primary-geometry");
                    predicates.push(format!("S_INTERSECTS({name}, POINT(117 39))"));
                }
            }
            for predicate in predicates {
                let answer = items(&server, id, &[("filter", &predicate), ("limit", "1")]);
                assert_eq!(answer.status, 200, "{id}: {predicate}: {}", answer.text());
            }
        }
        // What an enum lists is all that occurs.
        for feature in all(&server, id) {
            for (name, property) in schema["properties"].as_object().unwrap() {
                let value = match name.as_str() {
                    "land_use" => &feature["properties"]["land_use"]["code"],
                    _ => &feature["properties"][name],
                };
                if let (Some(values), false) = (property["enum"].as_array(), value.is_null()) {
                    assert!(values.contains(value), "{id}: {name}: {value}");
                }
            }
        }
        let kinds: Vec<&Value> = collection["kinds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| &kind["id"])
            .collect();
        assert_eq!(schema["properties"]["kind"]["enum"], json!(kinds));
    }
    assert!(
        server
            .get("/collections/nowhere/queryables")
            .problem(404)
            .contains("nowhere")
    );
}

/// What the server answers to an address that no client would send.
fn raw_get(server: &Server, path: &str) -> String {
    let host = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    // It may answer, and close, before it has read all.
    let _ = write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn filters_that_are_none() {
    let server = Server::start();
    let many = |part: &str, count: usize| part.repeat(count);
    for (params, word) in [
        (
            vec![("filter", "THIS IS NOT A FILTER".to_owned())],
            "character 13",
        ),
        (
            vec![("filter", "statuss = 'planned'".to_owned())],
            "there is no queryable “statuss”; there are: id, name",
        ),
        (
            vec![("filter", "accuracy_m = 'ten'".to_owned())],
            "character 14: “ten” is text, it should be a number",
        ),
        (vec![("filter", "name = 'a\0b'".to_owned())], "U+0000"),
        (
            vec![("filter", "name = 'a".to_owned())],
            "character 8: the text that starts here",
        ),
        (
            vec![("filter", String::new())],
            "character 1: the filter ends",
        ),
        (vec![("filter", many("(", 10_000))], "100 deep"),
        (
            vec![(
                "filter",
                format!("{}name = 'a'{}", many("(", 10_000), many(")", 10_000)),
            )],
            "100 deep",
        ),
        (
            vec![(
                "filter",
                "S_WITHIN(geometry, POLYGON((0 0,2 2,2 0,0 2,0 0)))".to_owned(),
            )],
            "crosses itself at 1.000000,1.000000",
        ),
        (
            vec![(
                "filter",
                "S_WITHIN(geometry, POLYGON((0 0,1 0,1 1)))".to_owned(),
            )],
            "must end where it starts",
        ),
        (
            vec![("filter", "S_WITHIN(geometry, POINT(NaN NaN))".to_owned())],
            "“NaN”, it should be a number",
        ),
        (
            vec![(
                "filter",
                "S_INTERSECTS(geometry, BBOX(1000000,1000000,2000000,2000000))".to_owned(),
            )],
            "outside the world",
        ),
        (
            vec![(
                "filter",
                format!(
                    "S_INTERSECTS(geometry, LINESTRING(0 0{}))",
                    many(",1 1", 10_001)
                ),
            )],
            "10000 vertices",
        ),
        (
            vec![
                ("filter", "name = 'a'".to_owned()),
                ("filter-crs", "EPSG:27700".to_owned()),
            ],
            "EPSG:4548",
        ),
        (
            vec![
                ("filter", "name = 'a'".to_owned()),
                ("filter-lang", "ecql".to_owned()),
            ],
            "cql2-text, cql2-json",
        ),
        (
            vec![
                ("filter", "{\"op\":\"=\"".to_owned()),
                ("filter-lang", "cql2-json".to_owned()),
            ],
            "no JSON",
        ),
        (
            vec![("filter", "{\"op\":\"=\"}".to_owned())],
            "filter-lang=cql2-json",
        ),
        (
            vec![("filter-lang", "cql2-text".to_owned())],
            "goes with a filter",
        ),
        (
            vec![("filter-crs", "EPSG:4326".to_owned())],
            "goes with a filter",
        ),
    ] {
        let params: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let detail = items(&server, "projects", &params).problem(400);
        assert!(detail.contains(word), "{params:.200?}: {detail}");
        assert!(detail.len() < 1_000, "{detail}");
    }
    // An address of megabytes is refused before it is read, by the protocol's own answer.
    for length in [70_000, 5_000_000] {
        let path = format!("/collections/projects/items?filter={}", many("a", length));
        let answer = raw_get(&server, &path);
        assert!(
            answer.starts_with("HTTP/1.1 414") || answer.starts_with("HTTP/1.1 431"),
            "{length}: {answer:.100}"
        );
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn the_largest_filter_is_answered_or_refused_in_time() {
    let server = Server::yunze();
    // All that an address can hold, each part of it asked of every feature.
    let part = "S_CROSSES(geometry,LINESTRING(116.98 38.96,117.05 39.02)) OR ";
    let filter = format!("{}false", part.repeat(550));
    let started = Instant::now();
    let answer = items(&server, "parcels", &[("filter", &filter)]);
    assert!(matches!(answer.status, 200 | 422), "{}", answer.text());
    assert!(started.elapsed().as_secs() < 30);
    let filter = format!("name IN ('{}')", "','".repeat(6_000));
    assert_eq!(
        items(&server, "parcels", &[("filter", &filter)]).status,
        200
    );
}

#[test]
fn a_filter_is_left_off_when_nobody_waits_or_time_is_up() {
    let snapshot = load(&Files::seeds(None), &Files::geodata(None)).unwrap();
    let streets = snapshot.collection("streets").unwrap();
    let filter = Filter::parse("true", Language::Text, Crs::CRS84, &Field::queryables()).unwrap();
    let selection = Selection {
        filter: Some(filter),
        ..Selection::default()
    };
    let asked = Cell::new(0);
    let go_on = || {
        asked.set(asked.get() + 1);
        asked.get() < 10
    };
    assert_eq!(
        selection.page(streets, 0, 5, go_on).err(),
        Some(Interrupted)
    );
    assert_eq!(asked.get(), 10);
    let (matched, shown) = selection.page(streets, 0, 5, || true).unwrap();
    assert_eq!((matched, shown.len()), (streets.features().len(), 5));
}

/// Random filters that are asked over HTTP, more in the full run.
fn random_filters() -> usize {
    if in_full() { 5_000 } else { 300 }
}

#[test]
fn random_strings_of_tokens_never_break_the_service() {
    const TOKENS: [&str; 44] = [
        "name",
        "accuracy_m",
        "zones",
        "date",
        "geometry",
        "\"kind\"",
        "'a'",
        "'",
        "\"",
        "1",
        "-",
        "1e5",
        ".",
        "(",
        ")",
        ",",
        "=",
        "<>",
        "<",
        ">=",
        "+",
        "*",
        "%",
        "^",
        "div",
        "AND",
        "OR",
        "NOT",
        "LIKE",
        "BETWEEN",
        "IN",
        "IS",
        "NULL",
        "TRUE",
        "CASEI(",
        "S_WITHIN(",
        "T_DURING(",
        "A_EQUALS(",
        "POLYGON((",
        "BBOX(",
        "DATE(",
        "'..'",
        "\\",
        "路",
    ];
    let server = Server::start();
    let mut random = StdRng::seed_from_u64(4);
    for _ in 0..random_filters() {
        let count = random.random_range(1..20);
        let words: Vec<&str> = (0..count)
            .map(|_| TOKENS[random.random_range(0..TOKENS.len())])
            .collect();
        let filter = words.join(" ");
        let answer = items(&server, "streets", &[("filter", &filter), ("limit", "1")]);
        match answer.status {
            200 => {}
            _ => assert!(
                answer.problem(400).starts_with("filter, character "),
                "{filter}"
            ),
        }
    }
}

#[test]
fn gdal_reads_the_rows_of_a_filter() {
    let server = Server::start();
    let output = std::process::Command::new("ogrinfo")
        .args(["-ro", &format!("OAPIF:{}", server.url), "projects"])
        .args([
            "-where",
            "status = 'planned' AND name_en < 'M'",
            "--debug",
            "ON",
        ])
        .output()
        .expect("ogrinfo of gdal-bin is installed");
    let (rows, log) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    let expected = filtered(
        &server,
        "projects",
        "status = 'planned' AND name_en < 'M'",
        &[],
    );
    let mut read: Vec<&str> = rows
        .lines()
        .filter_map(|line| line.trim().strip_prefix("id (String) = "))
        .collect();
    read.sort_unstable();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert!(!expected.is_empty());
    assert_eq!(read, expected, "{log}");
    // What it can say with a parameter of its own it leaves to the service.
    assert!(log.contains("status=planned"), "{log}");
}
