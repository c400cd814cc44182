//! Area queries against a computation over all features that knows no index and no short cut.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use geo::{
    Area as _, BooleanOps, Buffer, Distance, Euclidean, GeodesicArea, Geometry, Length, LineString,
    MapCoords, MultiLineString, MultiPolygon, Polygon, Relate,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use renewal_map::{
    area::{Area, AreaError, AreaSpec, Certainty, Interrupted, Patience, Query, Reason, Relation},
    geometry::crs::{Crs, Transformer},
    store::{Collection, Snapshot, files::Files, load},
};
use serde_json::{Value, json};

use crate::support::{Server, in_full, yunze};

pub fn patience() -> Patience {
    Patience::new(Duration::from_mins(5), Arc::new(AtomicBool::new(false)))
}

pub fn snapshot() -> Arc<Snapshot> {
    let folder = yunze();
    let seeds = Files::seeds(Some(folder.join("seeds")));
    let geodata = Files::geodata(Some(folder.join("geodata")));
    Arc::new(load(&seeds, &geodata).unwrap())
}

pub fn hongqiao() -> Arc<Snapshot> {
    Arc::new(load(&Files::seeds(None), &Files::geodata(None)).unwrap())
}

/// A star around a centre, with a hole half of the time: as crooked as people draw.
pub fn random_area(rng: &mut StdRng, around: geo::Rect<f64>) -> Value {
    let centre = [
        rng.random_range(around.min().x..around.max().x),
        rng.random_range(around.min().y..around.max().y),
    ];
    let size = rng.random_range(0.0005..0.015);
    let vertices = rng.random_range(3..12);
    let ring = |scale: f64, rng: &mut StdRng| -> Vec<[f64; 2]> {
        let mut ring: Vec<[f64; 2]> = (0..vertices)
            .map(|step| {
                let angle = f64::from(step) / f64::from(vertices) * std::f64::consts::TAU;
                let radius = size * scale * rng.random_range(0.5..1.0);
                [
                    centre[0] + radius * angle.cos(),
                    centre[1] + radius * angle.sin(),
                ]
            })
            .collect();
        ring.push(ring[0]);
        ring
    };
    let mut rings = vec![ring(1.0, rng)];
    if rng.random() && vertices > 5 {
        rings.push(ring(0.3, rng));
    }
    json!({ "geometry": { "type": "Polygon", "coordinates": rings } })
}

fn polygons_of(area: &Value) -> MultiPolygon<f64> {
    let rings: Vec<LineString<f64>> = area["geometry"]["coordinates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ring| {
            ring.as_array()
                .unwrap()
                .iter()
                .map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
                .collect()
        })
        .collect();
    MultiPolygon::new(vec![Polygon::new(rings[0].clone(), rings[1..].to_vec())])
}

/// How a geometry lies to polygons, by the full intersection matrix alone; both in one plane, be it
/// of degrees or of metres.
fn holds(area: &MultiPolygon<f64>, geometry: &Geometry<f64>, relation: Relation) -> bool {
    if area.0.is_empty() {
        return false;
    }
    let matrix = Geometry::MultiPolygon(area.clone()).relate(geometry);
    match relation {
        Relation::Intersects => matrix.is_intersects(),
        Relation::Within => matrix.is_contains(),
        Relation::Touches => matrix.is_touches(),
        Relation::Majority => matrix.is_intersects() && share_inside(area, geometry) > 0.5,
    }
}

/// How much of a geometry lies in polygons, measured in the plane that both are in.
fn share_inside(area: &MultiPolygon<f64>, geometry: &Geometry<f64>) -> f64 {
    match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
            shared(area, geometry).unsigned_area() / geometry.unsigned_area()
        }
        Geometry::LineString(line) => {
            let inside = area.clip(&MultiLineString::new(vec![line.clone()]), false);
            Euclidean.length(&inside) / Euclidean.length(line)
        }
        _ => 1.0,
    }
}

fn area_of(geometry: &Geometry<f64>) -> f64 {
    match geometry {
        Geometry::Polygon(polygon) => polygon.geodesic_area_unsigned(),
        Geometry::MultiPolygon(polygons) => polygons.geodesic_area_unsigned(),
        _ => 0.0,
    }
}

fn shared(area: &MultiPolygon<f64>, geometry: &Geometry<f64>) -> MultiPolygon<f64> {
    match geometry {
        Geometry::Polygon(polygon) => area.intersection(polygon),
        Geometry::MultiPolygon(polygons) => area.intersection(polygons),
        _ => MultiPolygon::new(vec![]),
    }
}

/// The definitions of certainty word for word, in the plane of CGCS2000 / EPSG:4548: shrink the
/// area, take it as it is, grow it. The outer `None` is where the answer hangs on half a metre.
#[allow(clippy::option_option)]
fn expected(
    area: &MultiPolygon<f64>,
    geometry: &Geometry<f64>,
    error_m: f64,
    relation: Relation,
) -> Option<Option<Certainty>> {
    let in_degrees = holds(area, geometry, relation);
    let metres = Transformer::from_wgs84(Crs::parse("EPSG:4548").unwrap()).unwrap();
    let area = area.map_coords(|c| metres.convert(c).unwrap());
    let geometry = geometry.map_coords(|c| metres.convert(c).unwrap());
    // Half of a length is a matter of the plane; contact is exact only as the data are given.
    let as_it_is = match relation {
        Relation::Majority if (share_inside(&area, &geometry) - 0.5).abs() < 0.002 => return None,
        Relation::Majority => holds(&area, &geometry, relation),
        _ => in_degrees,
    };
    if error_m == 0.0 {
        return Some(as_it_is.then_some(Certainty::Certain));
    }
    let judge = |slack: f64| {
        let grown = |by: f64| area.buffer(by);
        if as_it_is {
            if holds(&grown(-error_m - slack), &geometry, relation) {
                Some(Certainty::Certain)
            } else {
                Some(Certainty::Possible)
            }
        } else if holds(&grown(error_m + slack), &geometry, relation) {
            Some(Certainty::Borderline)
        } else {
            None
        }
    };
    // Round corners are polygons and projections differ by a part in a thousand: look on both sides.
    let slack = 0.5 + error_m * 0.02;
    let (less, more) = (judge(-slack.min(error_m * 0.99)), judge(slack));
    (less == more).then_some(less)
}

fn compare(
    snapshot: &Snapshot,
    collection: &Collection,
    area: &Value,
    relation: Relation,
) -> usize {
    let Ok(resolved) = AreaSpec::from_json(area)
        .unwrap()
        .resolve(snapshot, &patience())
    else {
        // A star whose hole meets its outline is refused, rightly; others are not.
        assert!(area["geometry"]["coordinates"].as_array().unwrap().len() > 1);
        return 0;
    };
    let polygons = match area.get("feature") {
        None => polygons_of(area),
        Some(name) => {
            let name = name.as_str().unwrap().parse().unwrap();
            let Some(Geometry::Polygon(zone)) = &snapshot.feature(&name).unwrap().geometry else {
                panic!("a zone is a polygon");
            };
            MultiPolygon::new(vec![zone.clone()])
        }
    };
    let query = Query {
        area: &resolved,
        collections: vec![collection.into()],
        relation,
        patience: patience(),
    };
    let answer = query.run(snapshot).unwrap();
    let answer = &answer.collections[0];
    let mut found: BTreeMap<&str, (Certainty, Option<f64>)> = BTreeMap::new();
    for hit in answer.hits.iter().chain(&answer.borderline) {
        if hit.reason == Reason::Geometry {
            let overlap = hit.overlap.map(|overlap| overlap.area_m2);
            let twice = found.insert(&hit.feature.id, (hit.certainty, overlap));
            assert!(twice.is_none());
        }
    }
    let mut compared = 0;
    for feature in collection.features() {
        let Some(geometry) = &feature.geometry else {
            continue;
        };
        let Some(certainty) = expected(
            &polygons,
            geometry,
            feature.accuracy_m + resolved.accuracy_m,
            relation,
        ) else {
            continue;
        };
        let hit = found.get(&*feature.id);
        assert_eq!(
            hit.map(|hit| hit.0),
            certainty,
            "{} {relation:?} {area}",
            feature.id
        );
        if let Some((certainty, overlap)) = hit
            && *certainty != Certainty::Borderline
            && area_of(geometry) > 0.0
        {
            let exact = shared(&polygons, geometry).geodesic_area_unsigned();
            let off = (overlap.unwrap() - exact).abs();
            assert!(
                off <= 0.01 + exact * 1e-6,
                "{}: {overlap:?} against {exact}",
                feature.id
            );
        }
        compared += 1;
    }
    compared
}

#[test]
fn answers_equal_a_brute_force_over_all_features() {
    let mut rng = StdRng::seed_from_u64(117_160_391);
    let rounds = if in_full() { 1_000 } else { 60 };
    let mut compared = 0;
    for snapshot in [snapshot(), hongqiao()] {
        let district = snapshot.collection("district").unwrap().bounds().unwrap();
        for round in 0..rounds {
            let area = random_area(&mut rng, district);
            let relation = [Relation::Intersects, Relation::Within, Relation::Majority][round % 3];
            for id in ["parcels", "projects", "streets"] {
                let collection = snapshot.collection(id).unwrap();
                compared += compare(&snapshot, collection, &area, relation);
            }
        }
    }
    assert!(compared > rounds * 100, "{compared} comparisons");
}

#[test]
fn an_area_that_may_be_off_itself_is_weighed_too() {
    // Zones are good to 120 and 200 m, and to 2 m in the invented district; streets and zones meet
    // their own outlines.
    let mut compared = 0;
    for snapshot in [snapshot(), hongqiao()] {
        for zone in snapshot.collection("zones").unwrap().features() {
            if !matches!(zone.geometry, Some(Geometry::Polygon(_))) {
                continue;
            }
            assert!(zone.accuracy_m > 0.0);
            let area = json!({ "feature": format!("zones/{}", zone.id) });
            for id in ["parcels", "projects", "streets", "zones", "transit"] {
                let collection = snapshot.collection(id).unwrap();
                for relation in [Relation::Intersects, Relation::Within, Relation::Majority] {
                    // A street along an outline is inside or outside by the last digit.
                    if id == "streets" && relation == Relation::Majority {
                        continue;
                    }
                    compared += compare(&snapshot, collection, &area, relation);
                }
            }
        }
    }
    assert!(compared > 1_000, "{compared} comparisons");
}

#[test]
fn parcels_of_a_partition_add_up() {
    // Quarters of a rectangle around all parcels: their overlaps are the parcels, no more, no less.
    let snapshot = snapshot();
    let parcels = snapshot.collection("parcels").unwrap();
    let bounds = parcels.bounds().unwrap();
    let (low, high) = (bounds.min(), bounds.max());
    let middle = bounds.center();
    let mut total = 0.0;
    for (west, east) in [(low.x, middle.x), (middle.x, high.x)] {
        for (south, north) in [(low.y, middle.y), (middle.y, high.y)] {
            let ring = [
                [west, south],
                [east, south],
                [east, north],
                [west, north],
                [west, south],
            ];
            let area = json!({ "geometry": { "type": "Polygon", "coordinates": [ring] } });
            let area = AreaSpec::from_json(&area)
                .unwrap()
                .resolve(&snapshot, &patience())
                .unwrap();
            total += totals(&snapshot, parcels, &area);
        }
    }
    let all: f64 = parcels
        .features()
        .filter_map(|feature| feature.geometry.as_ref())
        .map(area_of)
        .sum();
    assert!((total / all - 1.0).abs() < 1e-7, "{total} against {all}");
}

fn totals(snapshot: &Snapshot, collection: &Collection, area: &Area) -> f64 {
    let query = Query {
        area,
        collections: vec![collection.into()],
        relation: Relation::Intersects,
        patience: patience(),
    };
    query.run(snapshot).unwrap().collections[0].totals.area_m2
}

#[test]
fn points_are_as_sure_as_they_are_far_from_the_outline() {
    // 三岔河口综合景区 is good to 600 m: asked with circles around it, of which the radius is its
    // distance.
    let snapshot = hongqiao();
    let projects = snapshot.collection("projects").unwrap();
    let place = projects.get("sanchahekou-scenic-area").unwrap();
    let Some(Geometry::Point(point)) = place.geometry else {
        panic!("三岔河口综合景区 is a point");
    };
    for (radius, expected) in [
        (610.0, Some(Certainty::Certain)),
        (590.0, Some(Certainty::Possible)),
    ] {
        let area = json!({ "center": [point.x(), point.y()], "radius_m": radius });
        assert_eq!(
            certainty_in(&snapshot, "sanchahekou-scenic-area", &area),
            expected,
            "{radius}"
        );
    }
    let north = Euclidean.distance(&geo::Point::new(0.0, 0.0), &geo::Point::new(0.0, 1.0)) * 0.01;
    for (radius, expected) in [(520.0, Some(Certainty::Borderline)), (500.0, None)] {
        // A hundredth of a degree north: 1,110 m.
        let area = json!({ "center": [point.x(), point.y() + north], "radius_m": radius });
        assert_eq!(
            certainty_in(&snapshot, "sanchahekou-scenic-area", &area),
            expected,
            "{radius}"
        );
    }
}

fn certainty_in(snapshot: &Snapshot, id: &str, area: &Value) -> Option<Certainty> {
    let area = AreaSpec::from_json(area)
        .unwrap()
        .resolve(snapshot, &patience())
        .unwrap();
    let query = Query {
        area: &area,
        collections: vec![snapshot.collection("projects").unwrap().into()],
        relation: Relation::Intersects,
        patience: patience(),
    };
    let answer = query.run(snapshot).unwrap();
    let collection = &answer.collections[0];
    collection
        .hits
        .iter()
        .chain(&collection.borderline)
        .find(|hit| &*hit.feature.id == id)
        .map(|hit| hit.certainty)
}

#[test]
fn a_feature_of_which_only_the_container_is_known() {
    let server = Server::start();
    let ask = |area: Value| -> Value {
        let body = json!({ "area": area, "collections": ["projects", "parcels"] });
        let answer = server.post("/areas/query", body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let certainty = |answer: &Value, id: &str| -> Value {
        answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|result| result["features"].as_array().unwrap())
            .find(|feature| feature["id"] == id)
            .map_or(Value::Null, |feature| {
                assert!(feature["geometry"].is_null());
                assert_eq!(feature["properties"]["certainty_reason"], "container");
                feature["properties"]["certainty"].clone()
            })
    };
    // 西于庄7号地 lies in 西于庄, a station's point good to 300 m.
    let around = |radius: f64| json!({ "center": [117.159_719, 39.165_383], "radius_m": radius });
    // However large the circle: how far 西于庄 reaches is not stated.
    assert_eq!(certainty(&ask(around(320.0)), "xiyuzhuang-7"), "possible");
    assert_eq!(certainty(&ask(around(200.0)), "xiyuzhuang-7"), "possible");
    let beside = json!({ "center": [117.159_719, 39.168_883], "radius_m": 200.0 });
    let borderline = ask(beside)["results"][1]["borderline"].clone();
    assert!(
        borderline
            .as_array()
            .unwrap()
            .iter()
            .any(|feature| feature["id"] == "xiyuzhuang-7")
    );
    let far = json!({ "center": [117.12, 39.18], "radius_m": 500.0 });
    assert_eq!(certainty(&ask(far), "xiyuzhuang-7"), Value::Null);
    // The container itself as the area: that it lies there is stated, not measured.
    let itself = json!({ "feature": "parcels/xiyuzhuang", "buffer_m": 300.0 });
    assert_eq!(certainty(&ask(itself), "xiyuzhuang-7"), "certain");
}

#[test]
fn what_lies_in_a_container_is_certain_where_all_of_the_container_is() {
    // The expo is to be built somewhere in the zone 云帆, which is a polygon.
    let server = Server::yunze();
    let bounds = server.json("/collections/district")["extent"]["spatial"]["bbox"][0].clone();
    let [west, south, east, north] = [0, 1, 2, 3].map(|place| bounds[place].as_f64().unwrap());
    let ring = json!([
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south]
    ]);
    let whole = json!({ "geometry": { "type": "Polygon", "coordinates": [ring] } });
    for (area, expected) in [
        (whole, "certain"),
        (json!({ "feature": "zones/yunfan" }), "certain"),
        (
            json!({ "feature": "zones/yunfan", "buffer_m": 1 }),
            "certain",
        ),
    ] {
        let body = json!({ "area": area, "collections": ["projects"] });
        let answer = server.post("/areas/query", body.to_string()).json();
        let expo = answer["results"][0]["features"]
            .as_array()
            .unwrap()
            .iter()
            .find(|feature| feature["id"] == "yunfan-expo")
            .unwrap();
        assert_eq!(expo["properties"]["certainty"], expected, "{area}");
    }
}

#[test]
fn places_without_location_are_listed_where_a_document_places_them() {
    let server = Server::start();
    let body =
        json!({ "area": { "feature": "zones/guangrong-road-park" }, "collections": ["parcels"] });
    let answer = server.post("/areas/query", body.to_string()).json();
    let result = &answer["results"][0];
    let unlocated: Vec<&str> = result["unlocated"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| feature["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        unlocated,
        ["guangrong-tech-park-11-west", "guangrong-tech-park-12"]
    );
    assert_eq!(result["totals"]["unlocated"], 2);
    assert_eq!(
        result["totals"]["count"],
        result["features"].as_array().unwrap().len()
    );
}

#[test]
fn the_answer_says_what_the_area_is_and_how_much() {
    let server = Server::yunze();
    let zones = server.json("/collections/zones/items");
    let zone = zones["features"][0]["id"].as_str().unwrap();
    let item = server.json(&format!("/collections/zones/items/{zone}"));
    let body = json!({
        "area": { "feature": format!("zones/{zone}") },
        "collections": ["parcels", "projects"],
        "relation": "intersects",
    });
    let answer = server.post("/areas/query", body.to_string()).json();
    assert_eq!(answer["revision"], 1);
    let area = &answer["area"]["properties"];
    assert_eq!(area["area_m2"], item["properties"]["measured"]["area_m2"]);
    assert_eq!(
        area["accuracy_m"].as_f64(),
        item["properties"]["accuracy_m"].as_f64()
    );
    let parcels = &answer["results"][0];
    let features = parcels["features"].as_array().unwrap();
    let sum = |key: &str| -> f64 {
        features
            .iter()
            .map(|feature| feature["properties"]["overlap"][key].as_f64().unwrap())
            .sum()
    };
    let totals = &parcels["totals"];
    assert!(
        // Each of a hundred overlaps at most is rounded to a tenth.
        (sum("area_m2") - totals["area_m2"].as_f64().unwrap()).abs() < 10.0
    );
    assert!(sum("share_of_area") <= 1.0);
    assert_eq!(parcels["numberMatched"], features.len());
    let by_status: u64 = totals["by_status"]
        .as_object()
        .unwrap()
        .values()
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(totals["count"], by_status);
    assert_eq!(
        totals["certain"].as_u64().unwrap() + totals["possible"].as_u64().unwrap(),
        by_status
    );
    // Every relation asks less of the same area.
    let count = |relation: &str| {
        let mut body = body.clone();
        body["relation"] = json!(relation);
        server.post("/areas/query", body.to_string()).json()["results"][0]["numberMatched"]
            .as_u64()
            .unwrap()
    };
    assert!(count("within") <= count("majority") && count("majority") <= count("intersects"));
    assert!(count("within") > 0 && count("within") < count("intersects"));
    // A limit cuts the list, says so, and leaves the totals whole.
    let mut cut = body.clone();
    cut["limit"] = json!(1);
    let cut = server.post("/areas/query", cut.to_string()).json();
    assert_eq!(cut["results"][0]["truncated"], true);
    assert_eq!(cut["results"][0]["numberReturned"], 1);
    assert_eq!(&cut["results"][0]["totals"], totals);
}

#[test]
fn areas_are_put_together_and_their_measures_add_up() {
    let server = Server::start();
    let hub = json!({ "feature": "zones/west-station-hub" });
    let circle = json!({ "center": [117.165, 39.16], "radius_m": 900 });
    let street = json!({ "feature": "zones/guangrong-road-park", "buffer_m": 50 });
    let measure = |area: &Value| -> f64 {
        let body = json!({ "area": area, "collections": ["projects"] }).to_string();
        let answer = server.post("/areas/query", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["area"]["properties"]["area_m2"]
            .as_f64()
            .unwrap()
    };
    let both = measure(&json!({ "intersection": [hub, circle] }));
    let either = measure(&json!({ "union": [hub, circle] }));
    let rest = measure(&json!({ "difference": [hub, circle] }));
    let (a, b) = (measure(&hub), measure(&circle));
    // A straight edge between two cuts differs from the geodesic by far less than this.
    let near = |x: f64, y: f64| (x - y).abs() < 1e-6 * x.max(y);
    assert!(both > 100_000.0 && rest > 100_000.0);
    assert!(near(either, a + b - both), "{either} {a} {b} {both}");
    assert!(near(rest, a - both), "{rest} {a} {both}");
    let nested =
        json!({ "difference": [{ "union": [hub, street] }, { "intersection": [hub, circle] }] });
    assert!(near(measure(&nested), a + measure(&street) - both));
    // As good as its worst part.
    let body = json!({ "area": { "union": [hub, circle] }, "collections": ["projects"] });
    let answer = server.post("/areas/query", body.to_string()).json();
    let zone = server.json("/collections/zones/items/west-station-hub");
    assert_eq!(
        answer["area"]["properties"]["accuracy_m"].as_f64(),
        zone["properties"]["accuracy_m"].as_f64()
    );
}

#[test]
fn a_combination_that_makes_no_area_is_told() {
    let server = Server::start();
    let circle = |lon: f64| json!({ "center": [lon, 39.16], "radius_m": 100 });
    let mut deep = json!({ "union": [circle(117.1), circle(117.1)] });
    for _ in 0..6 {
        deep = json!({ "union": [deep, circle(117.1)] });
    }
    let many: Vec<Value> = (0..17).map(|_| circle(117.1)).collect();
    for (area, status, words) in [
        (
            json!({ "intersection": [circle(117.1), circle(117.2)] }),
            422,
            "empty",
        ),
        (
            json!({ "difference": [circle(117.1), circle(117.1)] }),
            422,
            "empty",
        ),
        (json!({ "difference": [circle(117.1)] }), 400, "just two"),
        (json!({ "union": [circle(117.1)] }), 400, "two or more"),
        (json!({ "union": {} }), 400, "two or more"),
        (
            json!({ "union": [circle(117.1), circle(117.2)], "buffer_m": 5 }),
            400,
            "stand alone",
        ),
        (json!({ "union": [circle(117.1), 5] }), 400, "should be"),
        (
            json!({ "union": [circle(117.1), circle(120.1)] }),
            422,
            "2 degrees",
        ),
        (deep, 422, "4 deep"),
        (json!({ "union": many }), 422, "17 parts"),
    ] {
        let body = json!({ "area": area, "collections": ["projects"] }).to_string();
        let answer = server.post("/areas/query", &body);
        assert_eq!(answer.status, status, "{body}");
        let detail = answer.json()["detail_en"].clone();
        assert!(detail.as_str().unwrap().contains(words), "{body}: {detail}");
    }
}

#[test]
fn an_area_that_nobody_waits_for_is_not_put_together() {
    let snapshot = hongqiao();
    let part = json!({ "boundary": "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路" });
    for area in [part.clone(), json!({ "union": [part.clone(), part] })] {
        let area = AreaSpec::from_json(&area).unwrap();
        assert!(area.resolve(&snapshot, &patience()).is_ok());
        let abandoned = Patience::new(Duration::from_mins(5), Arc::new(AtomicBool::new(true)));
        let late = Patience::new(Duration::ZERO, Arc::default());
        for patience in [abandoned, late] {
            let refused = area.resolve(&snapshot, &patience).err();
            assert_eq!(refused, Some(AreaError::Interrupted(Interrupted)));
        }
    }
}

#[test]
fn an_area_with_a_name_is_asked_by_its_address() {
    let server = Server::start();
    let asked = server.json(
        "/areas/query?feature=zones/west-station-hub&buffer_m=100&collections=projects,parcels&relation=within",
    );
    let body = json!({
        "area": { "feature": "zones/west-station-hub", "buffer_m": 100 },
        "collections": ["projects", "parcels"], "relation": "within",
    });
    let posted = server.post("/areas/query", body.to_string()).json();
    assert!(asked["results"][0]["numberMatched"].as_u64().unwrap() > 0);
    for member in ["area", "results", "relation", "revision"] {
        assert_eq!(asked[member], posted[member], "{member}");
    }
    for (query, words) in [
        ("collections=projects", "feature is missing"),
        ("feature=zones/sanchahekou", "collections is missing"),
        (
            "feature=zones/sanchahekou&collections=projects&relation=near",
            "majority",
        ),
        (
            "feature=zones/sanchahekou&collections=projects&buffer_m=wide",
            "metres",
        ),
        (
            "feature=zones/sanchahekou&collections=projects&radius=4",
            "radius",
        ),
    ] {
        let detail = server.get(&format!("/areas/query?{query}")).problem(400);
        assert!(detail.contains(words), "{query}: {detail}");
    }
}

// Filters.

fn posted(server: &Server, body: &Value) -> Value {
    let answer = server.post("/areas/query", body.to_string());
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    answer.json()
}

/// Whether a feature of these properties is kept.
type Keep<'a> = &'a dyn Fn(&Value) -> bool;

const LISTS: [&str; 3] = ["features", "borderline", "unlocated"];

/// A list of each result of an answer, by collection.
fn ids(answer: &Value, list: &str, keep: impl Fn(&Value) -> bool) -> Vec<String> {
    let results = answer["results"].as_array().unwrap().iter();
    results
        .flat_map(|result| {
            let features = result[list].as_array().unwrap().iter();
            features
                .filter(|feature| keep(&feature["properties"]))
                .map(|feature| format!("{}/{}", result["collection"], feature["id"]))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_filter_thins_out_all_lists_and_their_totals() {
    let server = Server::start();
    let mut body = json!({
        "area": { "feature": "zones/guangrong-road-park", "buffer_m": 400 },
        "collections": ["projects", "parcels", "facilities"],
    });
    let all = posted(&server, &body);
    assert!(all["filter"].is_null());
    let mut thinned = [0; 3];
    let has_document = |properties: &Value| {
        let citations = properties["citations"].as_array().unwrap();
        citations
            .iter()
            .any(|citation| citation["document"] == "work-plan-2025")
    };
    let filters: [(&str, Value, Keep<'_>); 3] = [
        (
            "kind = 'building' OR status IS NULL",
            json!({ "op": "or", "args": [
                { "op": "=", "args": [{ "property": "kind" }, "building"] },
                { "op": "isNull", "args": [{ "property": "status" }] },
            ]}),
            &|properties| properties["kind"] == "building" || properties["status"].is_null(),
        ),
        (
            "A_CONTAINS(documents, ('work-plan-2025'))",
            json!({ "op": "a_contains", "args": [{ "property": "documents" }, ["work-plan-2025"]] }),
            &has_document,
        ),
        ("1 = 2", json!({ "op": "=", "args": [1, 2] }), &|_| false),
    ];
    for (text, json, keep) in filters {
        body["filter"] = json!(text);
        let by_text = posted(&server, &body);
        assert_eq!(by_text["filter"], text);
        body["filter"] = json.clone();
        let by_json = posted(&server, &body);
        assert_eq!(by_json["filter"], json);
        let pairs = [("filter", text), ("filter", &json.to_string())];
        let [by_address, by_json_address] = [("", pairs[0]), ("&filter-lang=cql2-json", pairs[1])]
            .map(|(more, pair)| {
                let filter = form_urlencoded::Serializer::new(String::new())
                    .append_pair(pair.0, pair.1)
                    .finish();
                server.json(&format!(
                    "/areas/query?feature=zones/guangrong-road-park&buffer_m=400&collections=projects,parcels,facilities&{filter}{more}"
                ))
            });
        for answer in [&by_json, &by_address, &by_json_address] {
            assert_eq!(answer["results"], by_text["results"], "{text}");
            assert_eq!(answer["totals"], by_text["totals"], "{text}");
        }
        for (list, thinned) in LISTS.into_iter().zip(&mut thinned) {
            let expected = ids(&all, list, keep);
            assert_eq!(ids(&by_text, list, |_| true), expected, "{text}: {list}");
            *thinned += ids(&all, list, |_| true).len() - expected.len();
        }
        for result in by_text["results"].as_array().unwrap() {
            let count = |list: &str| result[list].as_array().unwrap().len();
            assert_eq!(result["totals"]["count"], count("features"));
            assert_eq!(
                result["totals"]["left_out"]["borderline"],
                count("borderline")
            );
            assert_eq!(result["totals"]["unlocated"], count("unlocated"));
        }
    }
    assert!(thinned.iter().all(|count| *count > 0), "{thinned:?}");
}

#[test]
fn a_filter_that_is_none_names_the_collection() {
    let server = Server::start();
    let ask = |more: Value| {
        let mut body = json!({
            "area": { "feature": "zones/sanchahekou" }, "collections": ["zones", "projects"],
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        server.post("/areas/query", body.to_string()).problem(400)
    };
    for (more, words) in [
        (
            json!({ "filter": "storeys > 4" }),
            "collection zones: filter, character 1: there is no queryable “storeys”",
        ),
        (
            json!({ "filter": "kind =" }),
            "character 7: the filter ends",
        ),
        (
            json!({ "filter": { "op": "=", "args": [{ "property": "storeys" }, 4] } }),
            "at “/args/0”: there is no queryable",
        ),
        (json!({ "filter": 5 }), "should be a condition"),
        (json!({ "filter": [] }), "should be a condition"),
        (
            json!({ "filter": "true", "filter-crs": "EPSG:1" }),
            "EPSG:1",
        ),
        (
            json!({ "filter-crs": "EPSG:4548" }),
            "filter-crs goes with a filter",
        ),
        (
            json!({ "filter": "true", "filter-lang": "cql2-text" }),
            "filter-lang",
        ),
    ] {
        let detail = ask(more.clone());
        assert!(detail.contains(words), "{more}: {detail}");
    }
    for (query, words) in [
        ("filter=storeys%3E4", "collection projects: filter"),
        ("filter-lang=cql2-text", "goes with a filter"),
        ("filter=true&filter-lang=sql", "cql2-json"),
        ("filter=%7B&filter-lang=cql2-json", "no JSON"),
    ] {
        let path = format!("/areas/query?feature=zones/sanchahekou&collections=projects&{query}");
        let detail = server.get(&path).problem(400);
        assert!(detail.contains(words), "{query}: {detail}");
    }
}

#[test]
fn the_geometry_of_a_filter_is_in_its_own_system() {
    let server = Server::yunze();
    let metres = Transformer::from_wgs84(Crs::parse("EPSG:4548").unwrap()).unwrap();
    let [west, south] = [(116.995, 38.985), (117.002, 38.99)].map(|(x, y)| {
        let at = metres.convert(geo::Coord { x, y }).unwrap();
        // Northing before easting, as EPSG has it.
        format!("{},{}", at.y, at.x)
    });
    let ask = |filter: String, crs: Value| {
        let mut body = json!({
            "area": { "feature": "district/yunze" }, "collections": ["parcels"], "filter": filter,
        });
        if !crs.is_null() {
            body["filter-crs"] = crs;
        }
        posted(&server, &body)["results"][0]["features"].clone()
    };
    let projected = ask(
        format!("S_INTERSECTS(geometry, BBOX({west},{south}))"),
        json!("http://www.opengis.net/def/crs/EPSG/0/4548"),
    );
    let plain = ask(
        "S_INTERSECTS(geometry, BBOX(116.995,38.985,117.002,38.99))".into(),
        Value::Null,
    );
    assert_eq!(projected, plain);
    assert!(plain.as_array().unwrap().len() > 3);
}

// Areas in other words.

#[test]
fn a_geometry_is_taken_as_text_and_in_the_systems_of_planners() {
    let server = Server::yunze();
    let ring = [
        [116.99, 38.98],
        [117.01, 38.981],
        [117.0, 38.995],
        [116.99, 38.98],
    ];
    let metres = Transformer::from_wgs84(Crs::parse("EPSG:4548").unwrap()).unwrap();
    let northing_easting = ring.map(|[x, y]| {
        let at = metres.convert(geo::Coord { x, y }).unwrap();
        [at.y, at.x]
    });
    let easting_northing = northing_easting.map(|[x, y]| [y, x]);
    let wkt = |ring: &[[f64; 2]]| {
        let positions: Vec<String> = ring.iter().map(|[x, y]| format!("{x} {y}")).collect();
        format!("POLYGON(({}))", positions.join(", "))
    };
    let geojson = |ring: &[[f64; 2]]| json!({ "type": "Polygon", "coordinates": [ring] });
    let ask = |area: Value| {
        let body = json!({ "area": area, "collections": ["parcels", "projects"] });
        server.post("/areas/query", body.to_string())
    };
    let expected = ask(json!({ "geometry": geojson(&ring) })).json();
    assert!(expected["results"][0]["numberMatched"].as_u64().unwrap() > 5);
    assert_eq!(ask(json!({ "geometry": wkt(&ring) })).json(), expected);
    let size = expected["area"]["properties"]["area_m2"].as_f64().unwrap();
    for crs in [
        "EPSG:4548",
        "http://www.opengis.net/def/crs/EPSG/0/4548",
        "urn:ogc:def:crs:EPSG::4548",
    ] {
        for geometry in [json!(wkt(&northing_easting)), geojson(&northing_easting)] {
            let answer = ask(json!({ "geometry": geometry, "crs": crs })).json();
            // Coordinates are kept to the millimetre.
            let found = answer["area"]["properties"]["area_m2"].as_f64().unwrap();
            assert!((found - size).abs() < 10.0, "{found} {size}");
            for list in LISTS {
                assert_eq!(
                    ids(&answer, list, |_| true),
                    ids(&expected, list, |_| true),
                    "{crs}"
                );
            }
        }
    }
    // East before north is the likeliest slip of all; it would ask of another continent.
    for geometry in [json!(wkt(&easting_northing)), geojson(&easting_northing)] {
        let detail = ask(json!({ "geometry": geometry, "crs": "EPSG:4548" })).problem(422);
        assert!(detail.contains("swap its coordinates"), "{detail}");
    }
    let detail = ask(json!({ "geometry": wkt(&ring), "crs": "EPSG:4490" })).problem(422);
    assert!(detail.contains("swap its coordinates"), "{detail}");
    for (area, status, words) in [
        (
            json!({ "geometry": "POLYGON((1 2" }),
            400,
            "character 13: the text ends",
        ),
        (
            json!({ "geometry": "POLYGON EMPTY" }),
            400,
            "character 9: the geometry is empty",
        ),
        (
            json!({ "geometry": "zones/yunfan" }),
            400,
            "here is “zones/yunfan”",
        ),
        (json!({ "geometry": "POINT(117 39)" }), 422, "buffer_m"),
        (
            json!({ "geometry": "POLYGON((117 39,118 39,118 40))" }),
            422,
            "end where it starts",
        ),
        (
            json!({ "geometry": "POLYGON((117 39,118 40,118 39,117 40,117 39))" }),
            422,
            "crosses itself at 117.5",
        ),
        (
            json!({ "geometry": "GEOMETRYCOLLECTION(POINT(117 39))", "buffer_m": 9 }),
            422,
            "GeometryCollection",
        ),
        (
            json!({ "geometry": wkt(&ring), "crs": "EPSG:2000" }),
            400,
            "EPSG:4548",
        ),
        (
            json!({ "geometry": wkt(&northing_easting) }),
            422,
            "projected coordinates",
        ),
        (
            json!({ "geometry": format!("MULTIPOINT({}1 1)", "1 1,".repeat(10_000)), "buffer_m": 1 }),
            422,
            "10000 vertices",
        ),
        (
            json!({ "geometry": "GEOMETRYCOLLECTION(".repeat(90_000) }),
            400,
            "4 deep",
        ),
    ] {
        let detail = ask(area).problem(status);
        assert!(detail.contains(words), "{words}: {detail}");
    }
}

#[test]
fn a_corridor_is_as_wide_as_its_buffer() {
    let server = Server::start();
    let ask = |area: Value| {
        posted(
            &server,
            &json!({ "area": area, "collections": ["facilities", "transit"] }),
        )
    };
    // A line of 1 km from west to east: two half circles at its ends.
    let line = "LINESTRING(117.15 39.16, 117.16157 39.16)";
    let corridor = ask(json!({ "geometry": line, "buffer_m": 100 }));
    let size = corridor["area"]["properties"]["area_m2"].as_f64().unwrap();
    let exact = 2.0 * 100.0 * 1_000.0 + std::f64::consts::PI * 100.0 * 100.0;
    assert!((size / exact - 1.0).abs() < 0.005, "{size}");
    // Streets of the data: what lies in the corridor is as near as it is wide.
    let streets = server.json("/collections/streets/items?limit=1000");
    let streets = streets["features"].as_array().unwrap().iter();
    let mut found = 0;
    for way in streets
        .filter(|way| way["geometry"]["type"] == "LineString")
        .step_by(4)
    {
        let name = format!("streets/{}", way["id"].as_str().unwrap());
        let answer = ask(json!({ "feature": name, "buffer_m": 300 }));
        assert_eq!(answer["area"]["id"], name.as_str());
        assert_eq!(answer["area"]["properties"]["buffer_m"], 300.0);
        assert_eq!(
            answer["area"]["properties"]["accuracy_m"].as_f64(),
            way["properties"]["accuracy_m"].as_f64()
        );
        let metres = Transformer::from_wgs84(Crs::parse("EPSG:4548").unwrap()).unwrap();
        let in_plane = |position: &Value| {
            metres
                .convert(geo::Coord {
                    x: position[0].as_f64().unwrap(),
                    y: position[1].as_f64().unwrap(),
                })
                .unwrap()
        };
        let line: LineString<f64> = way["geometry"]["coordinates"]
            .as_array()
            .unwrap()
            .iter()
            .map(in_plane)
            .collect();
        let hits = ids(&answer, "features", |properties| {
            properties["certainty_reason"] == "geometry"
        });
        for collection in ["facilities", "transit"] {
            let items = server.json(&format!("/collections/{collection}/items?limit=1000"));
            for feature in items["features"].as_array().unwrap() {
                if feature["geometry"]["type"] != "Point" {
                    continue;
                }
                let point = geo::Point::from(in_plane(&feature["geometry"]["coordinates"]));
                let distance = Euclidean.distance(&point, &line);
                let name = format!("{}/{}", json!(collection), feature["id"]);
                // The line is simplified by a hundredth of the buffer.
                if (distance - 300.0).abs() < 5.0 {
                    continue;
                }
                assert_eq!(hits.contains(&name), distance < 300.0, "{name} {distance}");
                found += usize::from(distance < 300.0);
            }
        }
    }
    assert!(found > 10, "{found} places along streets");
}

#[test]
fn the_whole_district_holds_what_lies_in_it() {
    let server = Server::yunze();
    let ask = |relation: &str| {
        posted(
            &server,
            &json!({
                "area": { "feature": "district/yunze" },
                "collections": ["parcels", "zones"],
                "relation": relation,
            }),
        )
    };
    let within = ask("within");
    let items = server.json("/collections/parcels/items?limit=1000");
    assert_eq!(
        within["results"][0]["numberMatched"],
        items["numberMatched"]
    );
    assert_eq!(within["area"]["id"], "district/yunze");
    assert_eq!(within["area"]["properties"]["buffer_m"], 0.0);
    // Nothing that lies in it merely touches it.
    assert_eq!(ask("touches")["results"][0]["numberMatched"], 0);
}

#[test]
fn neighbours_touch_and_nothing_else_does() {
    let server = Server::yunze();
    let items = server.json("/collections/parcels/items?limit=1000");
    let parcels: Vec<(String, Geometry<f64>)> = items["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| {
            let geometry: geojson::Geometry =
                serde_json::from_value(feature["geometry"].clone()).unwrap();
            (
                feature["id"].as_str().unwrap().to_owned(),
                geometry.try_into().unwrap(),
            )
        })
        .collect();
    let mut neighbours = 0;
    for (id, geometry) in parcels.iter().step_by(9) {
        let answer = posted(
            &server,
            &json!({
                "area": { "feature": format!("parcels/{id}") },
                "collections": ["parcels"],
                "relation": "touches",
            }),
        );
        let result = &answer["results"][0];
        let expected: Vec<&str> = parcels
            .iter()
            .filter(|(_, other)| geometry.relate(other).is_touches())
            .map(|(id, _)| &**id)
            .collect();
        let found: Vec<&str> = result["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| feature["id"].as_str().unwrap())
            .collect();
        assert_eq!(found, expected, "{id}");
        // What just touches is never more than possible: surveys are off by decimetres.
        for hit in result["features"].as_array().unwrap() {
            assert_eq!(hit["properties"]["certainty"], "possible");
        }
        assert_eq!(result["unlocated"], json!([]));
        neighbours += found.len();
    }
    assert!(neighbours > 0);
}

#[test]
fn what_lies_in_a_neighbour_is_not_within() {
    // The expo is to be built somewhere in the zone 云帆: asked of a triangle on one of its sides.
    let server = Server::yunze();
    let zone = server.json("/collections/zones/items/yunfan");
    let ring = zone["geometry"]["coordinates"][0]
        .as_array()
        .unwrap()
        .clone();
    let outside = json!([116.98, 38.986]);
    let triangle = json!([[ring[0], ring[1], outside, ring[0]]]);
    let listed = |relation: &str| {
        let body = json!({
            "area": { "geometry": { "type": "Polygon", "coordinates": triangle } },
            "collections": ["zones", "projects"],
            "relation": relation,
        });
        let answer = posted(&server, &body);
        let is_in = |list: &str| {
            ids(&answer, list, |_| true).contains(&"\"projects\"/\"yunfan-expo\"".to_owned())
        };
        (is_in("features"), is_in("borderline"))
    };
    assert_eq!(listed("intersects"), (true, false));
    for relation in ["within", "majority"] {
        assert_eq!(listed(relation), (false, true), "{relation}");
    }
}
