//! What bad requests get: a reason that a person understands, in bounded time, and a living server.

use serde_json::{Value, json};

use crate::support::Server;

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
            format!(r#"{{{area},"collections":["projects"],"filter":"a=1"}}"#),
            400,
            "filter",
        ),
        (
            r#"{"area":{"center":[1e999,0],"radius_m":1},"collections":["projects"]}"#.to_owned(),
            400,
            "can't be read",
        ),
        (" ".repeat(3 << 20), 413, "2 MiB"),
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
    use std::{io::Write, net::TcpStream};
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
