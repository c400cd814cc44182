//! Vector tiles, decoded by GDAL.

use std::process::Command;

use serde_json::Value;

use crate::support::Server;

/// Tile column and row of a place at a zoom (the slippy map formula, independent of the server's).
#[allow(clippy::cast_possible_truncation)]
fn tile_of(lon: f64, lat: f64, z: u32) -> (i64, i64) {
    let across = 2_f64.powi(z.cast_signed());
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0;
    (((lon + 180.0) / 360.0 * across) as i64, (y * across) as i64)
}

/// A tile as GDAL's MVT driver reads it: GeoJSON in degrees, one collection a layer.
fn decode(server: &Server, layers: &str, layer: &str, z: u32, x: i64, y: i64) -> Value {
    let tile = server.get(&format!("/tiles/{layers}/{z}/{x}/{y}.mvt"));
    assert_eq!(tile.status, 200, "{}", tile.text());
    assert_eq!(
        tile.header("content-type"),
        "application/vnd.mapbox-vector-tile"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tile.mvt");
    std::fs::write(&file, &tile.body).unwrap();
    let output = Command::new("ogr2ogr")
        .args(["-f", "GeoJSON", "-t_srs", "EPSG:4326", "/vsistdout/"])
        .arg(format!("MVT:{}", file.display()))
        .arg(layer)
        .args([
            "-oo",
            &format!("X={x}"),
            "-oo",
            &format!("Y={y}"),
            "-oo",
            &format!("Z={z}"),
        ])
        .args(["-oo", "CLIP=NO", "-lco", "COORDINATE_PRECISION=8"])
        .output()
        .expect("ogr2ogr of gdal-bin is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn feature<'a>(collection: &'a Value, id: &str) -> &'a Value {
    collection["features"]
        .as_array()
        .unwrap()
        .iter()
        .find(|feature| feature["properties"]["id"] == id)
        .unwrap_or_else(|| panic!("{id} is not in the tile: {collection}"))
}

#[test]
fn a_station_stands_in_its_tile_where_it_stands() {
    let server = Server::start();
    let (x, y) = tile_of(117.160_407, 39.155_855, 16);
    let layer = decode(&server, "transit,streets", "transit", 16, x, y);
    let station = feature(&layer, "metro-xizhan");
    let position = &station["geometry"]["coordinates"];
    // A unit of a tile at zoom 16 is 0.11 m; a hundred-thousandth of a degree a metre.
    assert!(
        (position[0].as_f64().unwrap() - 117.160_407).abs() < 3e-6,
        "{position}"
    );
    assert!(
        (position[1].as_f64().unwrap() - 39.155_855).abs() < 3e-6,
        "{position}"
    );
    assert_eq!(station["properties"]["name"], "西站");
    assert_eq!(station["properties"]["located_by"], "published_point");
    assert_eq!(station["properties"]["accuracy_m"], 50.0);
}

#[test]
fn a_surveyed_parcel_keeps_its_corners() {
    let server = Server::yunze();
    let parcels = server.json("/collections/parcels/items?limit=1000");
    let parcel = parcels["features"]
        .as_array()
        .unwrap()
        .iter()
        .find(|feature| feature["geometry"]["type"] == "Polygon")
        .unwrap();
    let ring = parcel["geometry"]["coordinates"][0].as_array().unwrap();
    let lonlat = |p: &Value| [p[0].as_f64().unwrap(), p[1].as_f64().unwrap()];
    let first = lonlat(&ring[0]);
    let (x, y) = tile_of(first[0], first[1], 15);
    let layer = decode(&server, "parcels", "parcels", 15, x, y);
    let drawn = feature(&layer, parcel["id"].as_str().unwrap());
    assert_eq!(
        drawn["properties"]["status"],
        parcel["properties"]["status"]
    );
    let stated = &parcel["properties"];
    assert_eq!(drawn["properties"]["land_use"], stated["land_use"]["code"]);
    // What a client filters by: tiles have no lists.
    assert_eq!(drawn["properties"]["documents"], ";plan-2023;");
    let zones = stated["zones"].as_array().map(|zones| {
        let ids = zones.iter().map(|zone| zone.as_str().unwrap());
        let ids = ids.map(|zone| zone.strip_prefix("zones/").unwrap());
        format!(";{};", ids.collect::<Vec<_>>().join(";"))
    });
    assert_eq!(drawn["properties"]["zones"].as_str(), zones.as_deref());
    let text = drawn["geometry"]["coordinates"].to_string();
    let numbers: Vec<f64> = text
        .split(['[', ']', ','])
        .filter_map(|part| part.parse().ok())
        .collect();
    let nearest = numbers
        .chunks(2)
        .map(|p| ((p[0] - first[0]) * 86_600.0).hypot((p[1] - first[1]) * 111_000.0))
        .fold(f64::MAX, f64::min);
    // A unit at zoom 15 is 0.23 m.
    assert!(nearest < 0.3, "the corner is {nearest} m off");
}

#[test]
fn derived_layers_show_rings_sides_and_labels() {
    let server = Server::start();
    let zone = server.json("/collections/zones/items/sanchahekou");
    let names = "zones,zones.sides,zones.labels,projects.accuracy";
    let (x, y) = tile_of(117.178, 39.15, 13);
    let sides = decode(&server, names, "zones.sides", 13, x, y);
    let streets: std::collections::BTreeSet<&str> = sides["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|side| side["properties"]["id"] == "sanchahekou")
        .map(|side| side["properties"]["street"].as_str().unwrap())
        .collect();
    let stated: std::collections::BTreeSet<&str> = zone["properties"]["sides"]
        .as_array()
        .unwrap()
        .iter()
        .map(|side| side["street"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(streets, stated);
    let bands = decode(&server, "zones.bands", "zones.bands", 13, x, y);
    let band = feature(&bands, "sanchahekou");
    assert_eq!(band["properties"]["accuracy_m"], 120.0);
    assert!(
        band["geometry"]["type"]
            .as_str()
            .unwrap()
            .ends_with("Polygon")
    );
    let labels = decode(&server, names, "zones.labels", 13, x, y);
    assert_eq!(feature(&labels, "sanchahekou")["geometry"]["type"], "Point");
    // 三岔河口综合景区 is good to 600 m: its ring spans 1,200 m from west to east.
    let rings = decode(&server, names, "projects.accuracy", 13, x, y);
    let ring = feature(&rings, "sanchahekou-scenic-area")["geometry"]["coordinates"].to_string();
    let lons: Vec<f64> = ring
        .split(['[', ']', ','])
        .filter_map(|part| part.parse().ok())
        .collect::<Vec<f64>>()
        .chunks(2)
        .map(|p| p[0])
        .collect();
    let width = (lons.iter().fold(f64::MIN, |a, b| a.max(*b))
        - lons.iter().fold(f64::MAX, |a, b| a.min(*b)))
        * 86_400.0;
    assert!((width - 1200.0).abs() < 12.0, "{width}");
}

#[test]
fn a_tile_is_the_same_cached_joined_and_unpacked() {
    let server = Server::start();
    let get = |layers: &str, encoding: &str| {
        server
            .get_with(
                &format!("/tiles/{layers}/12/3381/1563.mvt"),
                &[("accept-encoding", encoding)],
            )
            .body
    };
    let zones = get("zones", "gzip");
    let streets = get("streets", "identity");
    assert!(!zones.is_empty() && !streets.is_empty());
    assert_eq!(
        get("zones,streets", "gzip"),
        [zones.clone(), streets.clone()].concat()
    );
    assert_eq!(get("streets,zones", "identity"), [streets, zones].concat());
}

#[test]
fn what_is_no_tile_is_named() {
    let server = Server::start();
    for (path, word) in [
        ("/tiles/nowhere/1/0/0.mvt", "nowhere"),
        ("/tiles/zones/17/0/0.mvt", "0 to 16"),
        ("/tiles/zones/1/2/0.mvt", "1/2/0"),
        ("/tiles/zones/x/0/0.mvt", "x/0/0"),
        ("/tiles/nowhere.json", "nowhere"),
        ("/tiles/zones.other.json", "zones.other"),
        ("/styles/other", "other"),
    ] {
        assert!(server.get(path).problem(404).contains(word), "{path}");
    }
    let twice = server.get("/tiles/zones,zones.json").problem(400);
    assert!(twice.contains("twice"), "{twice}");
    assert_eq!(server.get("/tiles/zones/3/0/0.mvt").status, 204);
}

#[test]
fn the_style_lists_the_categories_of_land_use_that_the_data_state() {
    let codes = |server: &Server| -> Vec<String> {
        let style = server.json("/styles/default");
        let list = style["metadata"]["renewal-map:land-use"]
            .as_array()
            .unwrap();
        list.iter()
            .map(|entry| entry["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let yunze = Server::yunze();
    let parcels = yunze.json("/collections/parcels/items?limit=1000");
    let mut stated: Vec<String> = parcels["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| feature["properties"]["land_use"]["code"].as_str().unwrap())
        .map(str::to_owned)
        .collect();
    stated.sort_unstable();
    stated.dedup();
    let listed = codes(&yunze);
    assert!(stated.len() > 3);
    for code in &stated {
        assert!(listed.iter().any(|entry| code.starts_with(entry)), "{code}");
    }
    for entry in &listed {
        assert!(stated.iter().any(|code| code.starts_with(entry)), "{entry}");
    }
    assert_eq!(codes(&Server::start()), ["0804"]);
}

/// The address of a link, on this server.
fn follow(server: &Server, document: &Value, rel: &str) -> String {
    let links = document["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["rel"] == rel);
    let href = link.unwrap_or_else(|| panic!("no link {rel} in {document}"))["href"].as_str();
    href.unwrap().strip_prefix(&server.url).unwrap().to_owned()
}

const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

/// The metadata of the one tileset that links of a document lead to.
fn tileset_of(server: &Server, document: &Value) -> Value {
    let list = server.json(&follow(server, document, TILESETS));
    let tilesets = list["tilesets"].as_array().unwrap();
    assert_eq!(tilesets.len(), 1);
    let tileset = server.json(&follow(server, &tilesets[0], "self"));
    for member in ["title", "dataType", "crs", "tileMatrixSetURI"] {
        assert_eq!(tileset[member], tilesets[0][member]);
    }
    tileset
}

#[test]
fn links_lead_from_the_landing_page_and_from_collections_to_the_same_tiles() {
    let server = Server::start();
    let classes = server.json("/conformance");
    for class in [
        "core",
        "tileset",
        "tilesets-list",
        "dataset-tilesets",
        "geodata-tilesets",
        "mvt",
    ] {
        let uri = format!("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{class}");
        assert!(
            classes["conformsTo"]
                .as_array()
                .unwrap()
                .contains(&uri.into()),
            "{class}"
        );
    }
    let (x, y) = tile_of(117.160_407, 39.155_855, 12);
    let ids: Vec<String> = server.json("/collections")["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|collection| collection["id"].as_str().unwrap().to_owned())
        .collect();
    let one = |id: &String| (format!("/collections/{id}"), id.clone());
    for (path, layers) in ids.iter().map(one).chain([("/".into(), ids.join(","))]) {
        let tileset = tileset_of(&server, &server.json(&path));
        assert_eq!(tileset["dataType"], "vector");
        assert_eq!(tileset["crs"], "http://www.opengis.net/def/crs/EPSG/0/3857");
        let named: Vec<&str> = tileset["layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|layer| layer["id"].as_str().unwrap())
            .collect();
        assert_eq!(named.join(","), layers);
        let links = tileset["links"].as_array().unwrap();
        let item = links.iter().find(|link| link["rel"] == "item").unwrap();
        assert_eq!(
            (&item["templated"], &item["type"]),
            (&true.into(), &"application/vnd.mapbox-vector-tile".into())
        );
        let address = follow(&server, &tileset, "item")
            .replace("{tileMatrix}", "12")
            .replace("{tileRow}", &y.to_string())
            .replace("{tileCol}", &x.to_string());
        let same = server.get(&format!("/tiles/{layers}/12/{x}/{y}.mvt"));
        let tile = server.get(&address);
        if tileset["tileMatrixSetLimits"]
            .as_array()
            .unwrap()
            .is_empty()
        {
            let detail = tile.problem(404);
            assert!(
                detail.contains("none of its features is located"),
                "{detail}"
            );
        } else {
            assert_eq!((tile.status, &tile.body), (200, &same.body), "{address}");
            assert_eq!(tile.header("content-type"), same.header("content-type"));
        }
        // What else it links to is there.
        let tilejson = server.json(&follow(&server, &tileset, "describedby"));
        assert_eq!(tilejson["tilejson"], "3.0.0");
        server.json(&follow(
            &server,
            &tileset,
            "http://www.opengis.net/def/rel/ogc/1.0/geodata",
        ));
        let matrix_set = server.json(&follow(&server, &tileset, TILING_SCHEME));
        assert_eq!(matrix_set["uri"], tileset["tileMatrixSetURI"]);
    }
}

#[test]
fn the_limits_of_a_tileset_hold_every_tile_with_something_in_it() {
    let server = Server::yunze();
    for id in ["parcels", "streets", "projects"] {
        let tileset = tileset_of(&server, &server.json(&format!("/collections/{id}")));
        let limits = tileset["tileMatrixSetLimits"].as_array().unwrap();
        assert_eq!(limits.len(), 17);
        for zoom in [0, 9, 13] {
            let of = |name: &str| limits[zoom][name].as_i64().unwrap();
            assert_eq!(limits[zoom]["tileMatrix"], zoom.to_string());
            let (left, right) = (of("minTileCol"), of("maxTileCol"));
            let (top, bottom) = (of("minTileRow"), of("maxTileRow"));
            let last = (1 << zoom) - 1;
            for x in (left - 2).max(0)..=(right + 2).min(last) {
                for y in (top - 2).max(0)..=(bottom + 2).min(last) {
                    let address = format!("/collections/{id}/tiles/WebMercatorQuad/{zoom}/{y}/{x}");
                    let tile = server.get(&address);
                    let plain = server.get(&format!("/tiles/{id}/{zoom}/{x}/{y}.mvt"));
                    if (left..=right).contains(&x) && (top..=bottom).contains(&y) {
                        assert_eq!(
                            (tile.status, tile.body),
                            (plain.status, plain.body),
                            "{address}"
                        );
                    } else {
                        assert_eq!(plain.status, 204, "{address} is beyond the limits");
                        let detail = tile.problem(404);
                        assert!(
                            detail.contains(&format!("rows are {top} to {bottom}")),
                            "{detail}"
                        );
                    }
                }
            }
        }
        let bounds = &tileset["boundingBox"];
        let extent = &server.json(&format!("/collections/{id}"))["extent"]["spatial"]["bbox"][0];
        assert_eq!(bounds["lowerLeft"][0], extent[0]);
        assert_eq!(bounds["upperRight"][1], extent[3]);
    }
}

#[test]
fn the_metadata_of_layers_are_true_of_their_tiles() {
    let server = Server::yunze();
    let tileset = server.json("/tiles/WebMercatorQuad");
    let layer_of = |id: &str| {
        let mut layers = tileset["layers"].as_array().unwrap().iter();
        layers.find(|layer| layer["id"] == id).unwrap()
    };
    assert_eq!(layer_of("parcels")["geometryDimension"], 2);
    assert_eq!(layer_of("streets")["geometryDimension"], 1);
    assert_eq!(layer_of("transit")["geometryDimension"], 0);
    // Points, lines and areas.
    assert!(layer_of("projects")["geometryDimension"].is_null());
    let (x, y) = tile_of(116.99, 38.99, 12);
    for id in ["parcels", "projects"] {
        let schema = &layer_of(id)["propertiesSchema"]["properties"];
        let tile = decode(&server, id, id, 12, x, y);
        let features = tile["features"].as_array().unwrap();
        assert!(!features.is_empty());
        for feature in features {
            for (name, value) in feature["properties"].as_object().unwrap() {
                // GDAL's own number of the feature.
                if name == "mvt_id" || value.is_null() {
                    continue;
                }
                let described = &schema[name];
                let kind = if value.is_number() {
                    "number"
                } else {
                    "string"
                };
                assert_eq!(described["type"], kind, "{id}: {name}");
                if let Some(words) = described["enum"].as_array() {
                    assert!(words.contains(value), "{id}: {name} {value}");
                }
            }
        }
    }
}

#[test]
fn the_tile_matrix_set_says_where_tiles_are() {
    let server = Server::start();
    let list = server.json("/tileMatrixSets");
    assert_eq!(list["tileMatrixSets"][0]["id"], "WebMercatorQuad");
    let set = server.json(&follow(&server, &list["tileMatrixSets"][0], "self"));
    // 117.160407, 39.155855 by pyproj 3.7.2.
    let place = [13_042_236.848, 4_744_021.116];
    for (zoom, matrix) in set["tileMatrices"].as_array().unwrap().iter().enumerate() {
        let number = |name: &str| matrix[name].as_f64().unwrap();
        assert_eq!(matrix["id"], zoom.to_string());
        // A pixel is 0.28 mm, and the matrix spans the world.
        assert!((number("scaleDenominator") * 0.000_28 / number("cellSize") - 1.0).abs() < 1e-9);
        let side = number("cellSize") * number("tileWidth");
        assert!((side * number("matrixWidth") - 40_075_016.685_578_5).abs() < 1e-3);
        let origin = [0, 1].map(|axis| matrix["pointOfOrigin"][axis].as_f64().unwrap());
        let column = ((place[0] - origin[0]) / side).floor();
        let row = ((origin[1] - place[1]) / side).floor();
        let (x, y) = tile_of(117.160_407, 39.155_855, u32::try_from(zoom).unwrap());
        #[allow(clippy::cast_possible_truncation)]
        let found = (column as i64, row as i64);
        assert_eq!(found, (x, y), "zoom {zoom}");
    }
}

#[test]
fn what_is_no_tileset_is_named() {
    let server = Server::start();
    for (path, word) in [
        ("/tileMatrixSets/WorldCRS84Quad", "WebMercatorQuad"),
        ("/collections/zones/tiles/WorldCRS84Quad", "WebMercatorQuad"),
        (
            "/collections/zones/tiles/WorldCRS84Quad/0/0/0",
            "WebMercatorQuad",
        ),
        ("/collections/nowhere/tiles", "nowhere"),
        ("/collections/nowhere/tiles/WebMercatorQuad", "nowhere"),
        (
            "/collections/nowhere/tiles/WebMercatorQuad/0/0/0",
            "nowhere",
        ),
        ("/collections/zones/tiles/WebMercatorQuad/17/0/0", "0 to 16"),
        ("/collections/zones/tiles/WebMercatorQuad/1/0/2", "1/2/0"),
        ("/tiles/WebMercatorQuad/x/0/0", "0 to 16"),
        ("/tiles/WebMercatorQuad/3/0/0", "rows are 3 to 3"),
        ("/tiles/WebMercatorQuad.json", "WebMercatorQuad"),
    ] {
        let detail = server.get(path).problem(404);
        assert!(detail.contains(word), "{path}: {detail}");
    }
}
