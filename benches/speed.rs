//! How fast areas are asked and tiles are made, on invented parcels.
//!
//! `cargo bench --bench speed` prints the figures of the README.

use std::{fmt::Write as _, fs, hint::black_box, path::Path, sync::Arc, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use renewal_map::{
    area::{AreaSpec, Patience, Query, Relation},
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
    let area = AreaSpec::from_json(area)
        .unwrap()
        .resolve(snapshot)
        .unwrap();
    let query = Query {
        area: &area,
        collections: vec![snapshot.collection("plots").unwrap()],
        relation: Relation::Intersects,
        patience: Patience::new(Duration::from_mins(1), Arc::default()),
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

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).without_plots();
    targets = speed
}
criterion_main!(benches);
