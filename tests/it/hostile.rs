//! What bad requests get: a reason that a person understands, in bounded time, and a living server.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Instant,
};

use serde_json::{Value, json};

use crate::support::{Server, program};

fn query(server: &Server, area: &Value) -> crate::support::Answer {
    let body = json!({ "area": area, "collections": ["projects", "parcels"] });
    server.post("/areas/query", body.to_string())
}

fn polygon(rings: &Value) -> Value {
    json!({ "geometry": { "type": "Polygon", "coordinates": rings } })
}

#[test]
fn areas_that_are_none() {
    let server = Server::start();
    for (area, status, word) in [
        (
            polygon(&json!([[
                [117.1, 39.1],
                [117.2, 39.2],
                [117.2, 39.1],
                [117.1, 39.2],
                [117.1, 39.1]
            ]])),
            422,
            "crosses itself at 117.150000,39.150000",
        ),
        (
            polygon(&json!([[
                [117.1, 39.1],
                [117.2, 39.1],
                [117.2, 39.2],
                [117.2, 39.1],
                [117.1, 39.2],
                [117.1, 39.1]
            ]])),
            422,
            "runs back on itself",
        ),
        (
            polygon(&json!([[[117.1, 39.1], [117.2, 39.1], [117.2, 39.2]]])),
            422,
            "end where it starts",
        ),
        (
            polygon(&json!([[[0, 0], [0, 0], [0, 0], [0, 0]]])),
            422,
            "three different points",
        ),
        (
            polygon(&json!([[[190, 39], [191, 39], [191, 40], [190, 39]]])),
            422,
            "outside the world",
        ),
        (
            polygon(&json!([[
                [39.1, 117.1],
                [39.1, 117.2],
                [39.2, 117.2],
                [39.1, 117.1]
            ]])),
            422,
            "axes may be swapped",
        ),
        (
            polygon(&json!([[
                [513_000, 4_336_000],
                [514_000, 4_336_000],
                [514_000, 4_337_000],
                [513_000, 4_336_000]
            ]])),
            422,
            "projected coordinates",
        ),
        (polygon(&json!([])), 422, "no ring"),
        (
            polygon(&json!([[["NaN", 39], [117, 39], [117, 40], ["NaN", 39]]])),
            400,
            "area can't be read",
        ),
        (
            json!({ "geometry": { "type": "Point", "coordinates": [117.1, 39.1] } }),
            422,
            "buffer_m",
        ),
        (
            json!({ "geometry": { "type": "GeometryCollection", "geometries": [] } }),
            422,
            "GeometryCollection",
        ),
        (json!({ "geometry": null }), 400, "area can't be read"),
        (json!({ "feature": "zones/nowhere" }), 422, "zones/nowhere"),
        (json!({ "feature": "../../etc/passwd" }), 422, "no feature"),
        (
            json!({ "feature": "parcels/jinluyuan" }),
            422,
            "no location",
        ),
        (
            json!({ "feature": "transit/metro-xizhan" }),
            422,
            "buffer_m",
        ),
        (
            json!({ "feature": "zones/sanchahekou", "buffer_m": 1e9 }),
            422,
            "50000",
        ),
        (
            json!({ "feature": "zones/sanchahekou", "buffer_m": -5 }),
            422,
            "buffer_m",
        ),
        (
            json!({ "feature": "zones/sanchahekou", "radius": 1 }),
            400,
            "radius",
        ),
        (
            json!({ "center": [117.1, 39.1], "radius_m": 0 }),
            422,
            "radius_m",
        ),
        (
            json!({ "center": [117.1, 39.1], "radius_m": 1e12 }),
            422,
            "radius_m",
        ),
        (
            json!({ "center": [117.1, 99.0], "radius_m": 10 }),
            422,
            "centre",
        ),
        (
            json!({ "center": [117.1], "radius_m": 10 }),
            400,
            "area can't be read",
        ),
        (json!({}), 400, "area should be"),
        (json!([]), 400, "area should be"),
        (json!("zones/sanchahekou"), 400, "area should be"),
    ] {
        let detail = query(&server, &area).problem(status);
        assert!(detail.contains(word), "{area}: {detail}");
    }
}

#[test]
fn bodies_that_are_none() {
    let server = Server::start();
    let area = r#""area":{"feature":"zones/sanchahekou"}"#;
    for (body, status, word) in [
        (String::new(), 400, "can't be read"),
        ("{".to_owned(), 400, "can't be read"),
        ("NaN".to_owned(), 400, "can't be read"),
        ("[".repeat(100_000), 400, "can't be read"),
        (format!("{{{area}}}"), 400, "collections"),
        (
            format!(r#"{{{area},"collections":[]}}"#),
            400,
            "at least one",
        ),
        (
            format!(r#"{{{area},"collections":["projects","projects"]}}"#),
            400,
            "none twice",
        ),
        (
            format!(r#"{{{area},"collections":["nowhere"]}}"#),
            404,
            "nowhere",
        ),
        (
            format!(r#"{{{area},"collections":["projects"],"relation":"beside"}}"#),
            400,
            "beside",
        ),
        (
            format!(r#"{{{area},"collections":["projects"],"revision":2}}"#),
            404,
            "revision 2",
        ),
        (
            format!(r#"{{{area},"collections":["projects"],"limit":0}}"#),
            400,
            "limit",
        ),
        (
            format!(r#"{{{area},"collections":["projects"],"where":"a=1"}}"#),
            400,
            "where",
        ),
        (
            format!(
                r#"{{{area},"collections":["projects"],"filter":"{}true"}}"#,
                "(".repeat(10_000)
            ),
            400,
            "nested more than 100 deep",
        ),
        (
            r#"{"area":{"center":[1e999,0],"radius_m":1},"collections":["projects"]}"#.to_owned(),
            400,
            "can't be read",
        ),
        // The byte that is too much is the last: more would be sent to who no longer reads.
        (" ".repeat((2 << 20) + 1), 413, "2 MiB"),
    ] {
        let detail = server.post("/areas/query", &body).problem(status);
        assert!(
            detail.contains(word),
            "{}: {detail}",
            &body[..body.len().min(120)]
        );
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_polygon_of_the_largest_size_is_answered_and_a_larger_one_refused() {
    let server = Server::start();
    let ring = |vertices: u32| -> Value {
        let mut ring: Vec<Value> = (0..vertices - 1)
            .map(|step| {
                let angle = f64::from(step) / f64::from(vertices - 1) * std::f64::consts::TAU;
                // A star, so that no part is convex.
                let radius = if step % 2 == 0 { 0.03 } else { 0.029 };
                json!([117.16 + radius * angle.cos(), 39.16 + radius * angle.sin()])
            })
            .collect();
        ring.push(ring[0].clone());
        json!([ring])
    };
    // With lines and polygons to be judged, of all accuracies that occur.
    let everything = json!({
        "area": polygon(&ring(10_000)),
        "collections": ["projects", "parcels", "zones", "streets", "water", "transit"],
    });
    for relation in ["intersects", "within", "majority", "touches"] {
        let mut body = everything.clone();
        body["relation"] = json!(relation);
        let answer = server.post("/areas/query", body.to_string());
        assert_eq!(answer.status, 200, "{relation}: {}", answer.text());
    }
    let detail = query(&server, &polygon(&ring(10_001))).problem(422);
    assert!(
        detail.contains("10001") && detail.contains("10000"),
        "{detail}"
    );
}

#[test]
fn parameters_that_are_none() {
    let server = Server::start();
    for (query, word) in [
        ("bbox=1,2,3", "four numbers"),
        ("bbox=a,b,c,d", "four numbers"),
        ("bbox=NaN,0,1,1", "four numbers"),
        ("bbox=inf,0,1,1", "four numbers"),
        ("bbox=0,1,1,0", "south"),
        ("bbox=0,0,500,1", "bbox-crs"),
        (
            "bbox=1,1,2,0&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4548",
            "east of the bbox",
        ),
        ("bbox-crs=EPSG:4326", "goes with"),
        ("bbox=0,0,1,1&bbox-crs=EPSG:1", "EPSG:1"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "ten"),
        ("offset=1.5", "offset"),
        ("offset=99999999999999999999999", "offset"),
        ("limit=1&limit=2", "twice"),
        ("f=kml", "kml"),
        ("filter=name=", "filter"),
        ("revision=latest", "revision"),
    ] {
        let detail = server
            .get(&format!("/collections/projects/items?{query}"))
            .problem(400);
        assert!(detail.contains(word), "{query}: {detail}");
    }
    // Beyond the end there is an empty page; a limit beyond the server's own is cut.
    let beyond = server.json("/collections/projects/items?offset=18446744073709551615");
    assert_eq!(beyond["numberReturned"], 0);
    let most = server.json("/collections/projects/items?limit=18446744073709551615");
    assert_eq!(most["numberMatched"], most["numberReturned"]);
    // A box at the edge of what a system covers is no panic.
    let edge = server.get(
        "/collections/projects/items?bbox=-1e300,-1e300,1e300,1e300&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857",
    );
    assert!(matches!(edge.status, 200 | 400), "{}", edge.text());
}

#[test]
fn other_addresses_and_methods() {
    let server = Server::start();
    assert!(
        server
            .get("/nothing/here")
            .problem(404)
            .contains("/nothing/here")
    );
    assert!(
        server
            .get("/collections/nowhere")
            .problem(404)
            .contains("nowhere")
    );
    assert!(
        server
            .get("/collections/zones/items/nowhere")
            .problem(404)
            .contains("nowhere")
    );
    assert!(server.get("/assets/../Cargo.toml").status == 404);
    assert!(server.get("/assets/%2e%2e/%2e%2e/etc/passwd").status == 404);
    assert!(
        server
            .post("/collections", "{}")
            .problem(405)
            .contains("method")
    );
    let odd = server.get_with("/?f=json", &[("host", "evil.example/\"><script>")]);
    assert!(!odd.text().contains("script>"));
}

/// A comb of so many teeth: each edge comes near hundreds of others.
fn saw(teeth: u32) -> Value {
    let mut ring: Vec<Value> = (0..teeth)
        .flat_map(|tooth| {
            let x = 117.15 + 0.02 * f64::from(tooth) / f64::from(teeth);
            let step = 0.01 / f64::from(teeth);
            [json!([x, 39.16]), json!([x + step, 39.15])]
        })
        .collect();
    ring.push(json!([117.17, 39.18]));
    ring.push(json!([117.15, 39.18]));
    ring.push(ring[0].clone());
    json!([ring])
}

#[test]
fn an_outline_that_is_all_teeth_hangs_nobody() {
    let server = Server::start();
    let mut buffered = polygon(&saw(2_000));
    buffered["buffer_m"] = json!(1_000);
    let detail = query(&server, &buffered).problem(422);
    assert!(detail.contains("500 vertices"), "{detail}");
    let body =
        json!({ "area": polygon(&saw(4_000)), "collections": ["zones", "streets", "projects"] });
    let answer = server.post("/areas/query", body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(server.get("/healthz").status, 200);
    // A smooth outline of many vertices needs few of them.
    let circle: Vec<[f64; 2]> = (0..=5_000)
        .map(|step| {
            let angle = f64::from(step % 5_000) / 5_000.0 * std::f64::consts::TAU;
            [117.16 + 0.01 * angle.cos(), 39.16 + 0.01 * angle.sin()]
        })
        .collect();
    let mut round = polygon(&json!([circle]));
    round["buffer_m"] = json!(100);
    assert_eq!(query(&server, &round).status, 200);
}

#[test]
fn areas_beyond_what_a_plane_can_hold() {
    let server = Server::start();
    for area in [
        json!({ "center": [179.999_9, 39.15], "radius_m": 5_000 }),
        json!({ "center": [117.1, 84.99], "radius_m": 50_000 }),
        polygon(&json!([[[116, 38], [119, 38], [119, 39], [116, 38]]])),
        polygon(&json!([[
            [-180, -90],
            [180, -90],
            [180, 90],
            [-180, 90],
            [-180, -90]
        ]])),
    ] {
        let detail = query(&server, &area).problem(422);
        assert!(detail.contains("2 degrees"), "{area}: {detail}");
    }
}

#[test]
fn a_client_that_sends_half_a_request_and_one_that_leaves() {
    let server = Server::start();
    let host = server.url.strip_prefix("http://").unwrap();
    let mut slow = TcpStream::connect(host).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a").unwrap();
    for _ in 0..20 {
        let body = json!({ "area": polygon(&saw(4_000)), "collections": ["zones"] }).to_string();
        let mut leaving = TcpStream::connect(host).unwrap();
        write!(
            leaving,
            "POST /areas/query HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    }
    assert_eq!(server.get("/collections/zones/items").status, 200);
    assert_eq!(
        query(&server, &json!({ "feature": "zones/sanchahekou" })).status,
        200
    );
}

#[test]
fn lists_and_combinations_that_would_take_everything() {
    let server = Server::start();
    let ids: Vec<String> = (0..250_000).map(|number| format!("{number:x}")).collect();
    let body = json!({ "area": { "feature": "zones/sanchahekou" }, "collections": ids });
    let detail = server.post("/areas/query", body.to_string()).problem(404);
    assert!(detail.contains("no collection “0”"), "{detail}");
    let long = "z".repeat(1 << 20);
    let body = json!({ "area": { "feature": long }, "collections": [long] });
    let answer = server.post("/areas/query", body.to_string());
    assert!(answer.body.len() < 10_000);
    // Combs across each other have as many crossings as the product of their teeth.
    let comb = |upright: bool, teeth: u32| -> Value {
        let ring = saw(teeth)[0].as_array().unwrap().clone();
        let turned = ring.iter().map(|position| {
            let [x, y] = [0, 1].map(|axis| position[axis].as_f64().unwrap());
            if upright {
                json!([x, y])
            } else {
                json!([117.15 + (y - 39.15), 39.15 + (x - 117.15)])
            }
        });
        json!([turned.collect::<Vec<Value>>()])
    };
    for how in ["union", "intersection", "difference"] {
        let area = json!({ how: [polygon(&comb(true, 2_000)), polygon(&comb(false, 2_000))] });
        let detail = query(&server, &area).problem(422);
        assert!(
            detail.contains("meet in more than 100000 places"),
            "{detail}"
        );
    }
    let area = json!({ "intersection": [polygon(&comb(true, 60)), polygon(&comb(false, 60))] });
    assert_eq!(query(&server, &area).status, 200);
    // What is put together has a limit too: each of two combs has 9,000 vertices.
    let mut apart = comb(true, 4_500);
    for position in apart[0].as_array_mut().unwrap() {
        position[0] = json!(position[0].as_f64().unwrap() + 0.1);
    }
    let area = json!({ "union": [polygon(&comb(true, 4_500)), polygon(&apart)] });
    let detail = query(&server, &area).problem(422);
    assert!(detail.contains("at most 10000 are taken"), "{detail}");
    let shape = |upright| json!({ "type": "Polygon", "coordinates": comb(upright, 2_000) });
    let filter = json!({ "op": "s_crosses", "args": [shape(true), shape(false)] });
    let body = json!({
        "area": { "feature": "zones/sanchahekou" }, "collections": ["projects"], "filter": filter,
    });
    let detail = server.post("/areas/query", body.to_string()).problem(400);
    assert!(detail.contains("meet in too many places"), "{detail}");
    assert_eq!(server.get("/healthz").status, 200);
}

/// A text of so many boundary sentences.
fn sentences(count: usize) -> String {
    "北至光荣道，南至光荣道，西至本溪路，东至本溪路。".repeat(count)
}

#[test]
fn a_text_of_hundreds_of_sentences_is_counted_and_not_compiled() {
    let server = Server::start();
    let compile = |count: usize| {
        let body = json!({ "text": sentences(count) });
        server.post("/boundaries", body.to_string())
    };
    let answer = compile(400);
    let zh = answer.json()["detail"].to_string();
    assert!(zh.contains("400 处四至描述，一次最多编译 50 处"), "{zh}");
    let detail = answer.problem(422);
    assert!(
        detail.contains("400 boundary sentences, at most 50"),
        "{detail}"
    );
    compile(51).problem(422);
    let most = compile(50);
    assert_eq!(most.status, 200);
    assert_eq!(most.json()["features"].as_array().unwrap().len(), 50);
    let output = program(&["compile", "--text", &sentences(51)]).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(said.contains("51 boundary sentences, at most 50"), "{said}");

    let part = json!({ "boundary": sentences(400) });
    let union = json!({ "union": vec![part; 16] });
    let started = Instant::now();
    let detail = query(&server, &union).problem(422);
    let refused = started.elapsed();
    assert!(
        detail.contains("400 boundary sentences where one is read"),
        "{detail}"
    );
    // Counting them costs less than compiling half of them.
    let started = Instant::now();
    assert_eq!(compile(50).status, 200);
    let compiled = started.elapsed();
    assert!(refused < 4 * compiled, "{refused:?} against {compiled:?}");
    assert_eq!(server.get("/healthz").status, 200);
}

/// What becomes of a geometry as the area, and in a filter: what each says, where it is refused.
fn both_ways(server: &Server, geometry: &str, crs: Option<&str>) -> [Result<Value, String>; 2] {
    let ask = |member: &str, filter: bool| {
        let crs = |name: &str| crs.map_or(String::new(), |crs| format!(r#","{name}":"{crs}""#));
        let (area, more) = if filter {
            (
                r#"{"feature":"district/120106"}"#.to_owned(),
                format!(
                    r#","filter":{{"op":"s_intersects","args":[{{"property":"geometry"}},{geometry}]}}{}"#,
                    crs("filter-crs")
                ),
            )
        } else {
            (
                format!(r#"{{"{member}":{geometry}{}}}"#, crs("crs")),
                String::new(),
            )
        };
        let body = format!(r#"{{"area":{area},"collections":["projects","streets"]{more}}}"#);
        let answer = server.post("/areas/query", body);
        match answer.status {
            200 => Ok(answer.json()["results"].clone()),
            status @ (400 | 413 | 422) => Err(answer.problem(status)),
            other => panic!("{other}: {}", answer.text()),
        }
    };
    [ask("geometry", false), ask("geometry", true)]
}

#[test]
fn geometry_that_is_none_is_refused_as_an_area_and_in_a_filter() {
    let server = Server::start();
    let ring = |positions: &str| format!(r#"{{"type":"Polygon","coordinates":[[{positions}]]}}"#);
    let deep = format!(
        "{}{}{}",
        r#"{"type":"GeometryCollection","geometries":["#.repeat(30),
        r#"{"type":"Point","coordinates":[117.1,39.1]}"#,
        "]}".repeat(30)
    );
    for (geometry, crs, words) in [
        (
            ring("[117.1,39.1],[117.2,39.2],[117.2,39.1],[117.1,39.2],[117.1,39.1]"),
            None,
            ["crosses itself at 117.150000,39.150000"; 2],
        ),
        (
            ring("[117.1,39.1],[117.2,39.1],[117.1,39.1],[117.1,39.1]"),
            None,
            ["three different points"; 2],
        ),
        (ring(""), None, ["empty"; 2]),
        (
            r#"{"type":"MultiPolygon","coordinates":[]}"#.to_owned(),
            None,
            ["empty"; 2],
        ),
        (
            r#"{"type":"GeometryCollection","geometries":[]}"#.to_owned(),
            None,
            ["GeometryCollection", "empty"],
        ),
        (
            ring("[1e400,39],[117,39],[117,40],[1e400,39]"),
            None,
            ["out of range"; 2],
        ),
        (
            ring("[NaN,39],[117,39],[117,40],[NaN,39]"),
            None,
            ["can't be read"; 2],
        ),
        (
            ring("[null,39],[117,39],[117,40],[null,39]"),
            None,
            ["can't be read", "GeoJSON"],
        ),
        (
            ring("[170,39],[-170,39],[-170,40],[170,40],[170,39]"),
            None,
            // In a filter it is what RFC 7946 says: the way around the world.
            ["2 degrees", ""],
        ),
        (
            ring("[179,39],[181,39],[181,40],[179,39]"),
            None,
            ["outside the world"; 2],
        ),
        (
            ring("[117.1,39.1],[117.2,39.1],[117.2,39.2],[117.1,39.1]"),
            Some("EPSG:9999"),
            ["EPSG:9999"; 2],
        ),
        (
            ring("[117.1,39.1],[117.2,39.1],[117.2,39.2],[117.1,39.1]"),
            Some("http://www.opengis.net/def/crs/EPSG/0/4326"),
            ["swap", "lies outside the world"],
        ),
        (
            ring("[4336000,513000],[4337000,513000],[4337000,514000],[4336000,513000]"),
            None,
            ["projected coordinates"; 2],
        ),
        (
            r#"{"type":"Circle","coordinates":[1,2]}"#.to_owned(),
            None,
            ["can't be read", "GeoJSON"],
        ),
        (
            r#"{"coordinates":[1,2]}"#.to_owned(),
            None,
            ["can't be read", "one of the members"],
        ),
        (deep, None, ["GeometryCollection", ""]),
    ] {
        for (found, words) in both_ways(&server, &geometry, crs).into_iter().zip(words) {
            match found {
                Err(detail) => assert!(
                    !words.is_empty() && detail.contains(words),
                    "{geometry}: {detail}"
                ),
                Ok(_) => assert!(words.is_empty(), "{geometry} is answered"),
            }
        }
    }
}

#[test]
fn wrong_winding_and_repeated_points_change_nothing() {
    let server = Server::start();
    let (a, b, c, d) = (
        "[117.1,39.1]",
        "[117.2,39.1]",
        "[117.2,39.2]",
        "[117.1,39.2]",
    );
    let polygon = |positions: &[&str]| {
        let ring = positions.join(",");
        format!(r#"{{"type":"Polygon","coordinates":[[{ring}]]}}"#)
    };
    let expected = both_ways(&server, &polygon(&[a, b, c, d, a]), None).map(Result::unwrap);
    assert!(expected[0][1]["numberMatched"].as_u64().unwrap() > 10);
    let many = [vec![a; 3_000], vec![b], vec![c; 3_000], vec![d, a]].concat();
    for positions in [&[a, d, c, b, a][..], &[a, a, b, b, b, c, d, d, a, a], &many] {
        let found = both_ways(&server, &polygon(positions), None).map(Result::unwrap);
        assert_eq!(found, expected);
    }
    // A million vertices are refused before all of them are sent.
    let million = polygon(&vec![a; 1_000_000]);
    let host = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /areas/query HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{}",
        million.len(),
        &million[..3 << 20]
    )
    .unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert!(line.contains(" 413 "), "{line}");
    let most = vec!["[1,1]"; 150_000];
    let [area, filter] = both_ways(&server, &polygon(&most), None).map(Result::unwrap_err);
    assert!(area.contains("150000 vertices"), "{area}");
    assert!(filter.contains("10000 vertices"), "{filter}");
    let text = json!(format!("POLYGON(({}1 1))", "1 1,".repeat(400_000))).to_string();
    let [area, _] = both_ways(&server, &text, None);
    assert!(area.unwrap_err().contains("10000 vertices"));
    assert_eq!(server.get("/healthz").status, 200);
}
