//! How fast areas are asked and tiles are made, on invented parcels, boundary sentences compiled, in an
//! invented city, and pictures drawn, of these parcels and of the district that the program carries.
//!
//! `cargo bench --bench speed` prints the figures of the README.

use std::{fmt::Write as _, fs, hint::black_box, path::Path, sync::Arc, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng, rngs::StdRng};
use renewal_map::{
    area::{AreaSpec, Patience, Query, Relation},
    boundary::{Line, LineKind, Network, Sentence},
    geometry::frame::Frame,
    model::View,
    render::{
        frame::MapFrame,
        map::{Shown, draw},
        png::png,
        scene::Scene,
    },
    report::Lang,
    store::{Snapshot, files::Files, load},
    tiles::{Layer, TileId, encode},
};
use serde_json::{Value, json};

/// South-west corner of the invented town, degrees.
const CORNER: [f64; 2] = [117.0, 39.0];
/// Width and height of a block of parcels, degrees; a parcel is about 35 m by 44 m.
const STEP: [f64; 2] = [0.000_4, 0.000_4];

/// A town of `across`² parcels, each of six corners, as a district of its own.
fn town(across: u32) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let kind = json!([{ "id": "parcel", "title": "地块", "title_en": "Parcel" }]);
    let collection = |id: &str| json!({ "id": id, "title": id, "title_en": id, "description": "", "description_en": "", "kinds": kind });
    write("index.json", "[]");
    write(
        "collections.json",
        &json!({
            "title": "基准", "title_en": "Benchmark",
            "district": { "name": "基准", "name_en": "Benchmark", "feature": "district/town" },
            "collections": [collection("plots"), collection("district")],
        })
        .to_string(),
    );
    let size = f64::from(across);
    let outline = [
        [0.0, 0.0],
        [size, 0.0],
        [size, size],
        [0.0, size],
        [0.0, 0.0],
    ];
    write("district.geojson", &file(&[feature("town", &outline)]));
    let mut parcels = Vec::new();
    for row in 0..across {
        for column in 0..across {
            let (x, y) = (f64::from(column), f64::from(row));
            let corners = [
                [0.0, 0.0],
                [0.9, 0.0],
                [0.9, 0.5],
                [0.7, 0.9],
                [0.0, 0.9],
                [0.0, 0.4],
                [0.0, 0.0],
            ]
            .map(|[dx, dy]| [x + dx, y + dy]);
            parcels.push(feature(&format!("p{row}-{column}"), &corners));
        }
    }
    write("plots.geojson", &file(&parcels));
    let files = |path: &Path| Some(path.to_owned());
    load(
        &Files::seeds(files(folder.path())),
        &Files::geodata(files(folder.path())),
    )
    .unwrap()
}

fn feature(id: &str, ring: &[[f64; 2]]) -> String {
    let ring: Vec<[f64; 2]> = ring
        .iter()
        .map(|[x, y]| [CORNER[0] + x * STEP[0], CORNER[1] + y * STEP[1]])
        .collect();
    json!({
        "type": "Feature", "id": id,
        "geometry": { "type": "Polygon", "coordinates": [ring] },
        "properties": {
            "name": id, "name_en": id, "kind": "parcel", "status": Value::Null,
            "located_by": "surveyed", "evidence": "benchmark", "accuracy_m": 0.1, "source": "benchmark", "licence": "CC0-1.0",
        },
    })
    .to_string()
}

fn file(features: &[String]) -> String {
    let mut text = String::from(r#"{"type":"FeatureCollection","features":["#);
    let _ = write!(text, "{}]}}", features.join(","));
    text
}

/// A star of eight points around the middle of the town, so many parcels wide.
fn star(across: u32, width: f64) -> Value {
    let middle = f64::from(across) / 2.0;
    let mut ring: Vec<[f64; 2]> = (0..16)
        .map(|step| {
            let angle = f64::from(step) / 16.0 * std::f64::consts::TAU;
            let radius = width / 2.0 * if step % 2 == 0 { 1.0 } else { 0.6 };
            [
                CORNER[0] + (middle + radius * angle.cos()) * STEP[0],
                CORNER[1] + (middle + radius * angle.sin()) * STEP[1],
            ]
        })
        .collect();
    ring.push(ring[0]);
    json!({ "geometry": { "type": "Polygon", "coordinates": [ring] } })
}

fn ask(snapshot: &Snapshot, area: &Value) -> usize {
    let patience = Patience::new(Duration::from_mins(1), Arc::default());
    let area = AreaSpec::from_json(area)
        .unwrap()
        .resolve(snapshot, &patience)
        .unwrap();
    let query = Query {
        area: &area,
        collections: vec![snapshot.collection("plots").unwrap().into()],
        relation: Relation::Intersects,
        patience,
    };
    query.run(snapshot).unwrap().collections[0].totals.count
}

fn speed(criterion: &mut Criterion) {
    const ACROSS: u32 = 316;
    let town = town(ACROSS);
    let mut areas = criterion.benchmark_group("area query, 100,000 parcels");
    for width in [10.0, 30.0, 100.0] {
        let area = star(ACROSS, width);
        let found = ask(&town, &area);
        areas.throughput(Throughput::Elements(found as u64));
        areas.bench_function(BenchmarkId::new("parcels found", found), |bencher| {
            bencher.iter(|| ask(black_box(&town), black_box(&area)));
        });
    }
    areas.finish();

    let mut tiles = criterion.benchmark_group("cold tile, 100,000 parcels");
    let layer = Layer::find(&town, "plots").unwrap();
    // Around 117.06°E 39.06°N, the middle of the town.
    for (z, x, y) in [(12, 3379, 1564), (14, 13_519, 6258), (16, 54_078, 25_034)] {
        let tile = TileId::new(z, x, y).unwrap();
        let bytes = encode(layer, tile).len();
        assert!(bytes > 0, "the tile at zoom {z} is empty");
        tiles.throughput(Throughput::Bytes(bytes as u64));
        tiles.bench_function(BenchmarkId::new("zoom", z), |bencher| {
            bencher.iter(|| encode(black_box(layer), black_box(tile)));
        });
    }
    tiles.finish();
}

/// A city of `across` streets in either direction, each of one way a block, crooked, and every
/// seventh of two carriageways.
fn city(across: u32) -> Vec<Line> {
    const BLOCK: f64 = 200.0;
    let frame = Frame::at(CORNER.into());
    let mut rng = StdRng::seed_from_u64(0x5eed_0021);
    let mut crossing = |i: u32, j: u32| {
        let mut jitter = || rng.random_range(-40.0..40.0);
        [
            f64::from(i) * BLOCK + jitter(),
            f64::from(j) * BLOCK + jitter(),
        ]
    };
    let crossings: Vec<Vec<[f64; 2]>> = (0..across)
        .map(|i| (0..across).map(|j| crossing(i, j)).collect())
        .collect();
    let mut lines = Vec::new();
    let mut add = |name: String, number: u32, from: [f64; 2], to: [f64; 2]| {
        let carriageways: &[f64] = if number.is_multiple_of(7) {
            &[-12.0, 12.0]
        } else {
            &[0.0]
        };
        for aside in carriageways {
            let point = |[x, y]: [f64; 2]| frame.to_degrees([x + aside, y + aside].into());
            lines.push(Line {
                id: lines.len().to_string(),
                name: name.clone(),
                aliases: vec![],
                kind: LineKind::Street,
                accuracy_m: 5.0,
                coords: [point(from), point(to)].into_iter().collect(),
            });
        }
    };
    for (i, column) in (0..).zip(&crossings) {
        for (j, &at) in (0..).zip(column) {
            if let Some(&next) = column.get(j as usize + 1) {
                add(format!("纵{i}路"), i, at, next);
            }
            if let Some(next) = crossings.get(i as usize + 1) {
                add(format!("横{j}路"), j, at, next[j as usize]);
            }
        }
    }
    lines
}

fn compiling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boundary sentence");
    for across in [22, 67, 210] {
        let lines = city(across);
        let (west, east) = (across / 2 - 3, across / 2 + 2);
        let text = format!("北至横{east}路，南至横{west}路，西至纵{west}路，东至纵{east}路");
        let sentence: Sentence = text.parse().unwrap();
        let network = Network::new(&lines);
        assert_eq!(network.compile(&sentence).name(), "compiled");
        group.throughput(Throughput::Elements(lines.len() as u64));
        group.bench_function(BenchmarkId::new("network, ways", lines.len()), |bencher| {
            bencher.iter(|| Network::new(black_box(&lines)));
        });
        group.bench_function(BenchmarkId::new("compile, ways", lines.len()), |bencher| {
            bencher.iter(|| network.compile(black_box(&sentence)));
        });
    }
    group.finish();
}

fn patience() -> Patience {
    Patience::new(Duration::from_mins(1), Arc::default())
}

/// A picture of a whole district, 1600 by 900 pixels: its scene and its file.
fn picture(snapshot: &Snapshot, bounds: geo::Rect<f64>) -> (Scene, Vec<u8>) {
    let mut scene = Scene::new(1600.0, 900.0);
    let place = tiny_skia::Rect::from_xywh(0.0, 0.0, scene.width, scene.height).unwrap();
    let shown = Shown {
        snapshot,
        view: &View::default(),
        area: None,
        answer: None,
        lang: Lang::Zh,
        covered: None,
        base_map: None,
    };
    let frame = MapFrame::fitting(place, bounds, 28.0);
    draw(&mut scene, &frame, &shown, &patience()).unwrap();
    let file = png(&scene, 1.0, &patience()).unwrap();
    (scene, file)
}

fn pictures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("picture, 1600 × 900");
    let district = load(&Files::seeds(None), &Files::geodata(None)).unwrap();
    let bounds = district.collection("district").unwrap().bounds().unwrap();
    group.bench_function("the district, scene and PNG", |bencher| {
        bencher.iter(|| picture(black_box(&district), bounds));
    });
    let (scene, _) = picture(&district, bounds);
    group.bench_function("the district, PNG alone", |bencher| {
        bencher.iter(|| png(black_box(&scene), 1.0, &patience()).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).without_plots();
    targets = speed, compiling, pictures
}
criterion_main!(benches);
