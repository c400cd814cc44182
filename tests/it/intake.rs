//! Files brought into a record: mapped, looked at, compared, and then committed whole or not at all.

#![allow(clippy::cast_precision_loss)]

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    net::TcpStream,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use geo::{Coord, MapCoords};
use renewal_map::{
    exchange::{
        doctor::{Code, Finding},
        intake::{self, Failed, Mapping, Options, Prepared, Request, Step},
    },
    geometry::{crs::Crs, crs::Transformer, datum::Datum},
    model::{Feature, Revision},
    store::{
        Snapshot,
        files::Files,
        record::{Record, RecordError},
    },
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Server, in_full, program, yunze};

/// A record of the invented district.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: TempDir::new().unwrap(),
        };
        drop(desk.record());
        desk
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn record(&self) -> Record {
        Record::open(
            &self.data(),
            &Files::seeds(Some(yunze().join("seeds"))),
            &Files::geodata(Some(yunze().join("geodata"))),
        )
        .unwrap()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, file: &Path, args: &[&str]) -> std::process::Command {
        let mut command = program(&["import", file.to_str().unwrap(), "--into", "parcels"]);
        command.arg("--data").arg(self.data()).args(args);
        command
    }

    fn import(&self, file: &Path, args: &[&str]) -> Said {
        Said::of(&self.command(file, args).output().unwrap())
    }

    fn latest(&self) -> Snapshot {
        let record = self.record();
        record.load(record.latest().unwrap()).unwrap()
    }

    fn parcels(&self) -> usize {
        self.latest()
            .collection("parcels")
            .unwrap()
            .features()
            .len()
    }

    /// Temporary files of imports that this process still holds.
    fn held(&self) -> Vec<PathBuf> {
        staged(Path::new("/proc/self/fd"), self.folder.path())
    }

    /// What an import leaves beside the record.
    fn left(&self) -> Vec<PathBuf> {
        fs::read_dir(self.data().join("imports"))
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default()
    }
}

/// The temporary files below a folder that a process holds open; they have no name any more.
fn staged(open: &Path, below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(open).into_iter().flatten();
    entries
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter(|path| path.starts_with(below) && path.to_string_lossy().contains(".staging"))
        .collect()
}

struct Said {
    fine: bool,
    out: String,
    err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            fine: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn counts(&self) -> [u64; 5] {
        let line = self
            .out
            .lines()
            .find(|line| line.starts_with("新增"))
            .unwrap_or_else(|| panic!("{}{}", self.out, self.err));
        let mut numbers = line
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|part| part.parse().ok());
        [0; 5].map(|_| numbers.next().unwrap())
    }
}

/// What every import has to say.
const STATED: [&str; 4] = ["--set", "licence=CC0-1.0", "--set", "accuracy_m=0.1"];

fn signed<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let surveyed = ["--set", "located_by=surveyed", "--author", "王工"];
    [&STATED[..], &surveyed, more].concat()
}

/// Squares of 4 m side by side in EPSG:4548, from a place where the invented district has no streets.
fn squares(count: usize, invalid: &[usize]) -> String {
    let mut text = String::from(
        r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":["#,
    );
    for number in 0..count {
        let (x, y) = (
            498_700.0 + 5.0 * (number % 1000) as f64,
            4_316_400.0 + 5.0 * (number / 1000) as f64,
        );
        let ring = if invalid.contains(&number) {
            format!(
                "[{x},{y}],[{},{}],[{},{y}],[{x},{}],[{x},{y}]",
                x + 4.0,
                y + 4.0,
                x + 4.0,
                y + 4.0
            )
        } else {
            format!(
                "[{x},{y}],[{},{y}],[{},{}],[{x},{}],[{x},{y}]",
                x + 4.0,
                x + 4.0,
                y + 4.0,
                y + 4.0
            )
        };
        let comma = if number == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"type":"Feature","properties":{{"DKBH":"N-{number}","MC":"第{number}块","YDXZ":"R2"}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#
        )
        .unwrap();
    }
    text.push_str("]}");
    text
}

/// The district's own parcels under other names of fields, changed in the numbers.
fn parcels(system: &str, change: impl Fn(Coord<f64>) -> Coord<f64>) -> String {
    let file = fs::read(yunze().join("geodata/parcels.geojson")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let features: Vec<Value> = file["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| {
            let json: geojson::Geometry =
                serde_json::from_value(feature["geometry"].clone()).unwrap();
            let shape = geo::Geometry::<f64>::try_from(json).unwrap();
            let shape = shape.map_coords(&change);
            json!({
                "type": "Feature",
                "geometry": geojson::Geometry::new((&shape).into()),
                "properties": {
                    "地块编号": feature["id"].as_str().unwrap().to_uppercase(),
                    "名称": feature["properties"]["name"],
                    "用地性质": "居住",
                },
            })
        })
        .collect();
    let mut made = json!({"type": "FeatureCollection", "features": features});
    if !system.is_empty() {
        made["crs"] = json!({"type": "name", "properties": {"name": system}});
    }
    made.to_string()
}

const GAUSS: &str = "urn:ogc:def:crs:EPSG::4548";

fn same(coord: Coord<f64>) -> Coord<f64> {
    coord
}

#[test]
fn three_invalid_rows_of_many_keep_all_from_being_written_unless_skipped() {
    let count = if in_full() { 1_000_000 } else { 3_000 };
    let desk = Desk::new();
    let invalid = [17, count / 2, count - 1];
    let file = desk.write("squares.geojson", &squares(count, &invalid));
    let said = desk.import(&file, &signed(&[]));
    assert!(!said.fine, "{}", said.out);
    assert_eq!(said.counts(), [count as u64 - 3, 0, 0, 0, 3]);
    for number in invalid {
        let row = format!("第 {} 行 (row)，N-{number}:", number + 1);
        assert!(said.out.contains(&row), "{}", said.out);
    }
    assert!(said.err.contains("3 rows are invalid"), "{}", said.err);
    assert_eq!(desk.record().latest().unwrap(), Revision(1));
    assert!(desk.left().is_empty());

    let said = desk.import(&file, &signed(&["--skip-invalid"]));
    assert!(said.fine, "{}", said.err);
    assert_eq!(desk.parcels(), 75 + count - 3);
    let latest = desk.latest();
    let first = latest.collection("parcels").unwrap().get("n-0").unwrap();
    assert_eq!(&*first.name, "第0块");
    let properties: Value = serde_json::from_str(first.properties.get()).unwrap();
    assert_eq!(properties["land_use_text"], "R2");
    assert_eq!(properties["DKBH"], "N-0");
    assert!(
        properties["source"]
            .as_str()
            .unwrap()
            .contains("squares.geojson (SHA-256 ")
    );
    assert!(desk.record().verify().is_ok());
}

#[test]
fn the_same_file_again_changes_nothing_and_its_mapping_is_remembered() {
    let desk = Desk::new();
    let file = desk.write("p.geojson", &parcels(GAUSS, same));
    let said = desk.import(&file, &[]);
    assert!(!said.fine);
    for need in ["licence=", "accuracy_m="] {
        assert!(said.err.contains(need), "{}", said.err);
    }
    for line in ["地块编号 → 编号", "名称 → name", "用地性质 → land_use_text"] {
        assert!(said.out.contains(line), "{}", said.out);
    }
    assert!(said.out.contains("it is not shifted"), "{}", said.out);
    // Without an author nothing is written.
    let said = desk.import(&file, &STATED);
    assert!(
        said.fine && said.counts() == [0, 75, 0, 0, 0],
        "{}",
        said.err
    );
    assert_eq!(desk.record().latest().unwrap(), Revision(1));
    let said = desk.import(&file, &signed(&[]));
    assert!(
        said.fine && said.counts() == [0, 75, 0, 0, 0],
        "{}",
        said.err
    );
    assert_eq!(desk.record().latest().unwrap(), Revision(2));
    // No option but who: the rest is known.
    let said = desk.import(&file, &["--author", "王工"]);
    assert!(
        said.fine && said.counts() == [0, 0, 75, 0, 0],
        "{}",
        said.err
    );
    assert!(said.out.contains("as last time"), "{}", said.out);
    // Another file that says the same of them does not change them by being another file.
    let other = desk.write("q.geojson", &format!("{}\n", parcels(GAUSS, same)));
    let said = desk.import(&other, &["--author", "王工"]);
    assert!(
        said.fine && said.counts() == [0, 0, 75, 0, 0],
        "{}",
        said.err
    );
    assert_eq!(desk.record().latest().unwrap(), Revision(2));
    let info = desk.record().info(Revision(2)).unwrap();
    assert_eq!((&*info.author, info.cause.as_str()), ("王工", "import"));
    assert!(info.message.contains("p.geojson"));
}

#[test]
fn what_was_written_here_comes_back_unchanged() {
    for (ending, system) in [
        ("geojson", "EPSG:4548"),
        ("gpkg", "EPSG:4548"),
        ("fgb", "EPSG:3857"),
        ("csv", "EPSG:4527"),
        ("kml", "CRS84"),
    ] {
        let desk = Desk::new();
        let file = desk.folder.path().join(format!("parcels.{ending}"));
        let data = desk.data();
        let args = [
            "export",
            "parcels",
            "--crs",
            system,
            "--data",
            data.to_str().unwrap(),
        ];
        let written = program(&args).arg("--out").arg(&file).output().unwrap();
        assert!(written.status.success(), "{ending}");
        // A CSV has no place for its system, and the doctor finds it.
        if ending == "csv" {
            let said = desk.import(&file, &[]);
            assert!(!said.fine && said.out.contains(system), "{}", said.out);
        }
        let said = desk.import(&file, &["--crs", system, "--author", "王工"]);
        assert!(said.fine, "{ending}: {}{}", said.out, said.err);
        assert_eq!(said.counts(), [0, 0, 75, 0, 0], "{ending}: {}", said.out);
        assert_eq!(desk.record().latest().unwrap(), Revision(1));
    }
}

/// What documents and people said of a feature.
fn stated(feature: &Feature) -> Value {
    let properties: Value = serde_json::from_str(feature.properties.get()).unwrap();
    json!([
        properties["citations"],
        properties["land_use"],
        properties["name_en"]
    ])
}

#[test]
fn an_import_changes_what_the_file_speaks_of_and_leaves_the_rest() {
    let desk = Desk::new();
    let before = desk.latest();
    let file = desk.write("p.geojson", &parcels(GAUSS, same));
    assert!(desk.import(&file, &signed(&[])).fine);
    let after = desk.latest();
    for feature in before.collection("parcels").unwrap().features() {
        let now = after
            .collection("parcels")
            .unwrap()
            .get(&feature.id)
            .unwrap();
        assert_eq!(stated(now), stated(feature));
        assert_eq!(now.geometry, feature.geometry);
    }
    // One parcel less, one renamed.
    let mut fewer: Value = serde_json::from_str(&parcels(GAUSS, same)).unwrap();
    let features = fewer["features"].as_array_mut().unwrap();
    features.remove(10);
    features[3]["properties"]["名称"] = "新名".into();
    let file = desk.write("fewer.geojson", &fewer.to_string());
    let said = desk.import(&file, &["--author", "王工"]);
    assert!(
        said.fine && said.counts() == [0, 1, 74 - 1, 0, 0],
        "{}{}",
        said.out,
        said.err
    );
    assert_eq!(desk.parcels(), 75);
    let said = desk.import(&file, &["--author", "王工", "--remove-missing"]);
    assert!(
        said.fine && said.counts() == [0, 0, 74, 1, 0],
        "{}{}",
        said.out,
        said.err
    );
    assert_eq!(desk.parcels(), 74);
}

#[test]
fn a_row_that_cannot_be_read_removes_no_feature() {
    let desk = Desk::new();
    let mut file: Value = serde_json::from_str(&parcels(GAUSS, same)).unwrap();
    // Its ring is not closed: the row has no key that anybody could know.
    let ring = &mut file["features"][5]["geometry"]["coordinates"][0];
    ring.as_array_mut().unwrap().pop();
    let file = desk.write("p.geojson", &file.to_string());
    let all = signed(&["--remove-missing", "--skip-invalid"]);
    let said = desk.import(&file, &all);
    assert!(!said.fine, "{}", said.out);
    for words in ["有 1 行无法对应到要素", "could be any feature's"] {
        assert!(said.err.contains(words), "{}", said.err);
    }
    assert_eq!(desk.record().latest().unwrap(), Revision(1));
    // Two files at once would remove what the other brings.
    let path = file.to_str().unwrap();
    let said = desk.import(&file, &[&all[..], &[path]].concat());
    assert!(said.err.contains("one file alone"), "{}", said.err);
}

#[test]
fn a_table_of_attributes_leaves_every_feature_where_it_lies() {
    let desk = Desk::new();
    let file = desk.write("p.geojson", &parcels(GAUSS, same));
    assert!(desk.import(&file, &signed(&[])).fine);
    let before = desk.latest();
    let table = desk.write("t.csv", "地块编号,名称\nA1-01,甲\nA1-02,乙\n");
    let said = desk.import(&table, &["--set", "licence=CC0-1.0", "--author", "王工"]);
    assert!(said.fine, "{}{}", said.out, said.err);
    assert_eq!(said.counts(), [0, 2, 0, 0, 0]);
    let after = desk.latest();
    let [was, is] = [&before, &after].map(|snapshot| {
        let parcels = snapshot.collection("parcels").unwrap();
        parcels.get("a1-01").unwrap().clone()
    });
    assert_eq!((&*is.name, &is.geometry), ("甲", &was.geometry));
    assert_eq!(
        (is.located_by, is.accuracy_m),
        (was.located_by, was.accuracy_m)
    );
    let evidence = |feature: &Feature| {
        let properties: Value = serde_json::from_str(feature.properties.get()).unwrap();
        properties["evidence"].clone()
    };
    assert_eq!(evidence(&is), evidence(&was));

    // Where others of the file have shapes, one without is told of first.
    let mut file: Value = serde_json::from_str(&parcels(GAUSS, same)).unwrap();
    file["features"][0]["geometry"] = Value::Null;
    let file = desk.write("q.geojson", &file.to_string());
    let said = desk.import(&file, &["--author", "王工"]);
    assert!(!said.fine, "{}", said.out);
    assert!(said.err.contains("would lose the location"), "{}", said.err);
}

#[test]
fn keys_that_are_numbers_with_decimals_are_known_again() {
    let desk = Desk::new();
    let text = squares(3, &[])
        .replace("\"N-", "")
        .replace("\",\"MC\"", ".0,\"MC\"");
    assert!(text.contains("\"DKBH\":1.0,"), "{text}");
    let file = desk.write("n.geojson", &text);
    let key = signed(&["--key", "DKBH"]);
    let said = desk.import(&file, &key);
    assert!(said.fine, "{}{}", said.out, said.err);
    let said = desk.import(&file, &key);
    assert_eq!(said.counts(), [0, 0, 3, 0, 0], "{}", said.out);
}

#[test]
fn a_system_of_another_datum_is_named_and_warned_of() {
    let desk = Desk::new();
    let made = desk.write("s.geojson", &squares(20, &[]));
    let out = desk.folder.path().join("xian.gpkg");
    // Xi'an 1980, three-degree zone of 117°E: none of the systems that are served.
    let status = std::process::Command::new("ogr2ogr")
        .args(["-f", "GPKG", "-a_srs", "EPSG:2384"])
        .args([&out, &made])
        .status();
    assert!(status.unwrap().success());
    let said = desk.import(&out, &[&STATED[..], &["--dry-run"]].concat());
    let told = format!("{}{}", said.out, said.err);
    assert!(
        told.contains("EPSG:2384") && told.contains("ask who made the file"),
        "{told}"
    );
    assert!(!told.contains("99 %") && !told.contains("99%"), "{told}");
}

#[test]
fn coordinates_that_lie_are_told_and_what_is_proposed_puts_them_right() {
    let degrees = |coord: Coord<f64>| {
        Transformer::to_wgs84(Crs::parse("EPSG:4548").unwrap())
            .unwrap()
            .convert(coord)
            .unwrap()
    };
    let gcj = |coord: Coord<f64>| Datum::Gcj02.from_wgs84(degrees(coord));
    let prefixed = |coord: Coord<f64>| Coord {
        x: coord.x + 39_000_000.0,
        y: coord.y,
    };
    let swapped = |coord: Coord<f64>| Coord {
        x: coord.y,
        y: coord.x,
    };
    let other = "urn:ogc:def:crs:EPSG::4547";
    for (text, options) in [
        (parcels(other, same), &["--crs", "EPSG:4548"][..]),
        (parcels(GAUSS, prefixed), &["--crs", "EPSG:4527"]),
        (parcels(GAUSS, swapped), &["--swap-axes"]),
        (parcels("", same), &["--crs", "EPSG:4548"]),
        (parcels("", gcj), &["--from-datum", "gcj02"]),
    ] {
        let desk = Desk::new();
        let file = desk.write("lying.geojson", &text);
        let said = desk.import(&file, &signed(&[]));
        let proposal = options.join(" ");
        assert!(
            !said.fine && said.out.contains(&proposal),
            "{proposal}: {}",
            said.out
        );
        assert_eq!(desk.record().latest().unwrap(), Revision(1));
        let said = desk.import(&file, &signed(options));
        assert!(said.fine, "{proposal}: {}{}", said.out, said.err);
        let before = Files::geodata(Some(yunze().join("geodata")));
        let before = renewal_map::store::load(&Files::seeds(Some(yunze().join("seeds"))), &before);
        let (before, after) = (before.unwrap(), desk.latest());
        for feature in before.collection("parcels").unwrap().features() {
            let now = after
                .collection("parcels")
                .unwrap()
                .get(&feature.id)
                .unwrap();
            let coords = |feature: &Feature| -> Vec<Coord<f64>> {
                geo::CoordsIter::coords_iter(feature.geometry.as_ref().unwrap()).collect()
            };
            for (a, b) in coords(feature).iter().zip(coords(now)) {
                // A millimetre.
                assert!(
                    (a.x - b.x).abs() < 1.2e-8 && (a.y - b.y).abs() < 1e-8,
                    "{a:?} {b:?}"
                );
            }
        }
    }
    // Whoever knows better has the last word.
    let desk = Desk::new();
    let file = desk.write("gcj.geojson", &parcels("", gcj));
    let said = desk.import(&file, &signed(&["--as-it-is"]));
    assert!(said.fine, "{}", said.err);
}

#[test]
fn a_shapefile_whose_prj_lies_is_told() {
    // The zone with its number before the eastings; and UTM, of the same meridian but another scale, by which
    // all lies 1.7 km off and still near the district.
    for (system, words) in [
        (
            "EPSG:4527",
            "横坐标不带带号：读作 EPSG:4548，100 % 落在本区附近",
        ),
        (
            "EPSG:32650",
            "坐标系与写明的不同：读作 EPSG:4548，与本区街道相符",
        ),
    ] {
        let desk = Desk::new();
        let plain = desk.write("parcels.geojson", &parcels(GAUSS, same));
        let file = desk.folder.path().join("parcels.shp.zip");
        let mut gdal = std::process::Command::new("ogr2ogr");
        let made = gdal
            .args(["-f", "ESRI Shapefile", "-a_srs", system])
            .args(["-lco", "ENCODING=UTF-8"])
            .args([&file, &plain]);
        assert!(made.status().unwrap().success());
        // Names of fields are cut to ten bytes.
        let key = ["--key", "地块编"];
        let said = desk.import(&file, &signed(&key));
        let proposed = "建议 (proposed): --crs EPSG:4548";
        assert!(
            !said.fine && said.out.contains(words) && said.out.contains(proposed),
            "{system}: {}{}",
            said.out,
            said.err
        );
        assert!(said.err.contains("nothing was written"), "{}", said.err);
        assert_eq!(desk.record().latest().unwrap(), Revision(1));
        // What is proposed puts every parcel where it stands.
        let before = desk.latest();
        let right = [&key[..], &["--crs", "EPSG:4548"]].concat();
        let said = desk.import(&file, &signed(&right));
        assert!(said.fine, "{system}: {}{}", said.out, said.err);
        assert_eq!(said.counts(), [0, 75, 0, 0, 0], "{system}");
        let after = desk.latest();
        let [before, after] = [&before, &after].map(|one| one.collection("parcels").unwrap());
        for feature in before.features() {
            let now = after.get(&feature.id).unwrap();
            assert_eq!(now.geometry, feature.geometry, "{system}: {}", feature.id);
        }
    }
}

fn request(desk: &Desk, file: &Path) -> Request {
    Request {
        path: file.to_owned(),
        name: "file".into(),
        into: "parcels".into(),
        scratch: desk.data().join("imports"),
    }
}

/// What is decided of surveyed parcels.
fn surveyed_options() -> Options {
    let mut changes = Mapping::default();
    for (name, value) in [
        ("licence", json!("CC0-1.0")),
        ("accuracy_m", json!(0.1)),
        ("located_by", json!("surveyed")),
    ] {
        changes.constants.insert(name.into(), value);
    }
    Options {
        changes,
        ..Options::default()
    }
}

fn prepared(desk: &Desk, record: &Record, file: &Path) -> Prepared {
    let snapshot = record.load(record.latest().unwrap()).unwrap();
    intake::prepare(
        record,
        &snapshot,
        &request(desk, file),
        &surveyed_options(),
        &mut |_, _, _| ControlFlow::Continue(()),
    )
    .map_err(|error| error.text())
    .unwrap()
}

#[test]
fn of_two_imports_at_once_the_second_is_told() {
    let desk = Desk::new();
    let record = desk.record();
    let (one, two) = (
        desk.write("one.geojson", &squares(20, &[])),
        desk.write("two.geojson", &squares(30, &[])),
    );
    let first = prepared(&desk, &record, &one);
    let second = prepared(&desk, &record, &two);
    assert_eq!((first.counts.added, second.counts.added), (20, 30));
    let on = &mut |_, _, _| ControlFlow::Continue(());
    first.commit(&record, "王工", "一", on).unwrap();
    match second.commit(&record, "李工", "二", on) {
        Err(Failed::Record(RecordError::Conflict(conflicts))) => assert_eq!(conflicts.len(), 20),
        other => panic!("{other:?}"),
    }
    assert_eq!(record.latest().unwrap(), Revision(2));
    assert_eq!(desk.parcels(), 95);
    let again = prepared(&desk, &record, &two);
    assert_eq!((again.counts.added, again.counts.unchanged), (10, 20));
    again.commit(&record, "李工", "二", on).unwrap();
    assert_eq!(desk.parcels(), 105);
    assert!(record.verify().is_ok());
}

#[test]
fn cancelled_it_leaves_nothing() {
    let desk = Desk::new();
    let record = desk.record();
    let file = desk.write("many.geojson", &squares(2_000, &[]));
    let snapshot = record.load(Revision(1)).unwrap();
    for after in [0, 1, 5, 20] {
        let mut steps = 0;
        let mut options = Options::default();
        options
            .changes
            .constants
            .insert("licence".into(), json!("CC0-1.0"));
        options
            .changes
            .constants
            .insert("accuracy_m".into(), json!(1));
        let request = request(&desk, &file);
        let outcome = intake::prepare(&record, &snapshot, &request, &options, &mut |_, _, _| {
            steps += 1;
            if steps > after {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(matches!(outcome, Err(Failed::Cancelled)));
        assert!(desk.left().is_empty());
        assert_eq!(desk.held(), Vec::<PathBuf>::new());
    }
    assert_eq!(record.latest().unwrap(), Revision(1));
}

#[test]
fn reading_is_told_in_bytes_or_in_rows_and_says_which() {
    let desk = Desk::new();
    let record = desk.record();
    let data = desk.data();
    let snapshot = record.load(Revision(1)).unwrap();
    for (ending, counts_rows) in [
        ("geojson", false),
        ("csv", false),
        ("kml", false),
        ("dxf", false),
        ("fgb", false),
        ("gpkg", true),
        ("zip", true),
    ] {
        let file = desk.folder.path().join(format!("parcels.{ending}"));
        let args = ["export", "parcels", "--data", data.to_str().unwrap()];
        let written = program(&args).arg("--out").arg(&file).output().unwrap();
        assert!(written.status.success(), "{ending}");
        let bytes = fs::metadata(&file).unwrap().len();
        let mut told = Vec::new();
        let watch = &mut |step, done, all| {
            told.push((step, done, all));
            ControlFlow::Continue(())
        };
        let options = Options::default();
        let prepared =
            intake::prepare(&record, &snapshot, &request(&desk, &file), &options, watch).unwrap();
        let of = |wanted| told.iter().filter(move |(step, ..)| *step == wanted);
        assert!(of(Step::Reading).count() > 0, "{ending}");
        assert!(
            of(Step::Reading).all(|(_, done, all)| done <= all && *all == bytes),
            "{ending}: {told:?}"
        );
        let rows: Vec<_> = of(Step::Scanning).copied().collect();
        let counted = (1..=prepared.rows).map(|row| (Step::Scanning, row, prepared.rows));
        let counted: Vec<_> = counted.filter(|_| counts_rows).collect();
        assert_eq!(rows, counted, "{ending}");
    }
}

#[test]
fn a_commit_tells_how_far_it_is_and_cancelled_leaves_nothing() {
    let desk = Desk::new();
    let record = desk.record();
    let file = desk.write("many.geojson", &squares(300, &[]));
    let prepared = prepared(&desk, &record, &file);
    let before = record.load(Revision(1)).unwrap();
    let before: usize = before
        .collections()
        .iter()
        .map(|one| one.features().len())
        .sum();
    let all = before as u64 + 300;
    let written = [0, 64, 128, 192, 256].map(|done| (Step::Committing, done, 300));
    // Nobody has the data before, so all are read anew with the changes.
    let checked = [0, 256].map(|done| (Step::Checking, done, all));
    let told = [&written[..], &checked, &[(Step::Concluding, 300, 300)]].concat();
    for last in [0, 2, 4, 5, 6, 7] {
        cancel_commit(&record, &prepared, &told[..=last]);
    }
    assert_eq!(commit(&record, &prepared), told);
    assert_eq!(desk.parcels(), 375);
    // Where somebody has them, they are made of those.
    let newest = record.newest().unwrap();
    let file = desk.write("more.geojson", &squares(301, &[]));
    let told = commit(&record, &self::prepared(&desk, &record, &file));
    assert_eq!(told, [(Step::Committing, 0, 1), (Step::Concluding, 1, 1)]);
    drop(newest);
}

/// A step of a commit, and how far it is.
type Told = (Step, u64, u64);

/// Commits what is prepared; returns what it tells.
fn commit(record: &Record, prepared: &Prepared) -> Vec<Told> {
    let mut told = Vec::new();
    let on = &mut |step, done, all| {
        told.push((step, done, all));
        ControlFlow::Continue(())
    };
    prepared.commit(record, "王工", "一", on).unwrap();
    told
}

/// Cancels a commit at the last of what it is to tell, and finds nothing written.
fn cancel_commit(record: &Record, prepared: &Prepared, wanted: &[Told]) {
    let mut told = Vec::new();
    let outcome = prepared.commit(record, "王工", "一", &mut |step, done, all| {
        told.push((step, done, all));
        if told.len() == wanted.len() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(outcome, Err(Failed::Cancelled)));
    assert_eq!(told, wanted);
    assert_eq!(record.latest().unwrap(), Revision(1));
    assert!(record.verify().is_ok());
}

/// Squares far from each other in the district's parcel A1-01, each with its id and more properties.
fn placed(rows: &[(&str, Value)]) -> String {
    let file = fs::read(yunze().join("geodata/parcels.geojson")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let citations = &file["features"][0]["properties"]["citations"];
    let features: Vec<Value> = (0_u32..)
        .zip(rows)
        .map(|(number, (id, more))| {
            let x = 498_700.0 + 10.0 * f64::from(number);
            let ring = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)];
            let ring = ring.map(|(east, north)| [x + east, 4_316_400.0 + north]);
            let mut feature = json!({
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {
                    "DKBH": id,
                    "name": id,
                    "located_by": "surveyed",
                    "accuracy_m": 0.1,
                    "container": null,
                    "citations": citations,
                },
            });
            if more.get("container").is_some() {
                feature["geometry"] = Value::Null;
                feature["properties"]["located_by"] = "container".into();
                feature["properties"]["accuracy_m"] = Value::Null;
            }
            let properties = feature["properties"].as_object_mut().unwrap();
            properties.extend(more.as_object().unwrap().clone());
            feature
        })
        .collect();
    json!({
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": GAUSS}},
        "features": features,
    })
    .to_string()
}

/// What a file that says the rest itself has to be told.
const LICENSED: [&str; 4] = ["--set", "licence=CC0-1.0", "--author", "王工"];

#[test]
fn rows_that_refer_to_nothing_or_belie_their_area_are_invalid_rows() {
    let desk = Desk::new();
    let cited = serde_json::from_str::<Value>(&placed(&[("a", json!({}))])).unwrap();
    let citation = &cited["features"][0]["properties"]["citations"][0];
    let area = |value: f64| {
        json!({"quantities": [{
            "attribute": "area", "value": value, "unit": "平方米", "modality": "done",
            "citation": citation,
        }]})
    };
    let file = desk.write(
        "linked.geojson",
        &placed(&[
            ("fourth", json!({"placed_in": ["parcels/third"]})),
            ("sound", json!({})),
            ("first", json!({"placed_in": ["parcels/nowhere"]})),
            (
                "second",
                json!({"placed_in": ["parcels/sound", "parcels/first"]}),
            ),
            ("third", json!({"placed_in": ["parcels/second"]})),
            ("to-row", json!({"placed_in": ["parcels/in-row"]})),
            ("to-standing", json!({"placed_in": ["parcels/a1-01"]})),
            ("to-others", json!({"placed_in": ["zones/nowhere"]})),
            ("in-row", json!({"container": "parcels/sound"})),
            ("one", json!({"container": "parcels/other"})),
            ("other", json!({"container": "parcels/one"})),
            ("in-circle", json!({"container": "parcels/one"})),
            ("true", area(16.0)),
            ("false", area(160.0)),
        ]),
    );
    let said = desk.import(&file, &LICENSED);
    assert!(
        !said.fine && said.err.contains("9 rows are invalid"),
        "{}{}",
        said.out,
        said.err
    );
    assert_eq!(said.counts(), [5, 0, 0, 0, 9], "{}", said.out);
    for words in [
        "第 1 行 (row)，fourth: placed_in 指向不存在的要素“parcels/third”",
        "第 3 行 (row)，first: placed_in 指向不存在的要素“parcels/nowhere”",
        "第 4 行 (row)，second: placed_in 指向不存在的要素“parcels/first”",
        "第 5 行 (row)，third: placed_in 指向不存在的要素“parcels/second”",
        "第 8 行 (row)，to-others: placed_in 指向不存在的要素“zones/nowhere”",
        "第 10 行 (row)，one: container 循环包含",
        "第 11 行 (row)，other: container 循环包含",
        "第 12 行 (row)，in-circle: container 指向不存在的要素“parcels/one”",
        "第 14 行 (row)，false: 所述面积",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert_eq!(desk.record().latest().unwrap(), Revision(1));

    let said = desk.import(&file, &[&LICENSED[..], &["--skip-invalid"]].concat());
    assert!(said.fine, "{}{}", said.out, said.err);
    let latest = desk.latest();
    let parcels = latest.collection("parcels").unwrap();
    for id in ["sound", "to-row", "to-standing", "in-row", "true"] {
        assert!(parcels.get(id).is_some(), "{id}");
    }
    assert_eq!(parcels.features().len(), 80);
}

#[test]
fn a_row_that_changes_what_stands_falls_alone() {
    let desk = Desk::new();
    let rows = [
        ("sound", json!({})),
        ("leads", json!({"placed_in": ["parcels/sound"]})),
    ];
    let file = desk.write("a.geojson", &placed(&rows));
    assert!(desk.import(&file, &LICENSED).fine);
    // What it was still stands, so that who refers to it need not fall.
    let rows = [
        ("sound", json!({"placed_in": ["parcels/nowhere"]})),
        (
            "leads",
            json!({"placed_in": ["parcels/sound", "parcels/a1-01"]}),
        ),
    ];
    let file = desk.write("b.geojson", &placed(&rows));
    let said = desk.import(&file, &[&LICENSED[..], &["--skip-invalid"]].concat());
    assert!(said.fine, "{}{}", said.out, said.err);
    assert_eq!(said.counts(), [0, 1, 0, 0, 1]);
}

#[test]
fn rows_that_fall_one_after_the_other_take_no_square_of_time_and_can_be_cancelled() {
    const COUNT: usize = 500;
    let desk = Desk::new();
    let ids: Vec<String> = (0..COUNT).map(|number| format!("in-{number}")).collect();
    let within = |other: &str| json!({ "container": format!("parcels/{other}") });
    // Each lies in the next, the last one somewhere.
    let mut rows = vec![(&*ids[COUNT - 1], json!({}))];
    rows.extend(ids.windows(2).map(|pair| (&*pair[0], within(&pair[1]))));
    let file = desk.write("a.geojson", &placed(&rows));
    let said = desk.import(&file, &LICENSED);
    assert!(said.fine, "{}{}", said.out, said.err);
    // Now each is to lie in the one before. The first falls, so the second would lie in what lies in it, and
    // falls; then the third, and so on.
    let mut rows = vec![(&*ids[0], json!({"placed_in": ["parcels/nowhere"]}))];
    rows.extend(ids.windows(2).map(|pair| (&*pair[1], within(&pair[0]))));
    let file = desk.write("b.geojson", &placed(&rows));

    let record = desk.record();
    let snapshot = record.load(Revision(2)).unwrap();
    let fell = (Step::Comparing, COUNT as u64, COUNT as u64);
    let prepare = |cancel_at: u64| {
        let mut told = 0;
        let mut options = surveyed_options();
        options
            .changes
            .constants
            .retain(|name, _| name == "licence");
        let watch = &mut |step, done, all| {
            told += u64::from((step, done, all) == fell);
            if told < cancel_at {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let prepared = intake::prepare(&record, &snapshot, &request(&desk, &file), &options, watch);
        (prepared.map(|prepared| prepared.counts.invalid), told)
    };
    for at in [1, 20] {
        let (cancelled, told) = prepare(at);
        assert!(matches!(cancelled, Err(Failed::Cancelled)) && told == at);
    }
    let (invalid, told) = prepare(u64::MAX);
    assert_eq!(invalid.unwrap(), COUNT as u64);
    // It is told at every 64th step: a few for each row.
    assert!(told < COUNT as u64 / 5, "{told}");
    assert!(desk.left().is_empty());
}

#[test]
fn what_others_refer_to_does_not_go_unsaid() {
    let desk = Desk::new();
    let leads = ("leads", json!({"placed_in": ["parcels/sound"]}));
    let file = desk.write("a.geojson", &placed(&[leads.clone(), ("sound", json!({}))]));
    assert!(desk.import(&file, &LICENSED).fine);
    let file = desk.write("b.geojson", &placed(&[leads]));
    let said = desk.import(&file, &[&LICENSED[..], &["--remove-missing"]].concat());
    assert!(
        !said.fine
            && said
                .err
                .contains("有 1 个仍被引用，如 parcels/sound 被 parcels/leads 引用"),
        "{}{}",
        said.out,
        said.err
    );
    assert!(said.err.contains("still referred to"), "{}", said.err);
    assert_eq!(said.counts(), [0, 0, 1, 76, 0]);
    assert_eq!(desk.record().latest().unwrap(), Revision(2));
}

/// One parcel in EPSG:4548.
fn parcel(id: &str, ring: &[[f64; 2]]) -> String {
    json!({
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": GAUSS}},
        "features": [{
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"地块编号": id, "名称": id},
        }],
    })
    .to_string()
}

#[test]
fn a_parcel_on_top_of_one_that_stands_is_told() {
    let desk = Desk::new();
    let record = desk.record();
    let upon = |text: &str| {
        let file = desk.write("p.geojson", text);
        let prepared = prepared(&desk, &record, &file);
        let mut findings = prepared.findings.into_iter();
        findings.find(|finding| finding.code == Code::OverlapStanding)
    };
    let (x, y) = (498_700.0, 4_316_400.0);
    let inside = [
        [x, y],
        [x + 9.0, y],
        [x + 9.0, y + 9.0],
        [x, y + 9.0],
        [x, y],
    ];
    let found = upon(&parcel("new", &inside)).unwrap();
    assert_eq!((found.count, &found.examples[..]), (1, &[1][..]));
    assert!(
        found.message.en.contains("row 1 and parcels/a1-01"),
        "{}",
        found.message.en
    );
    // Beside it, with an edge in common.
    let (west, east) = ([498_617.414, 4_316_322.288], [498_881.669, 4_316_354.735]);
    let south = |[x, y]: [f64; 2]| [x, y - 5.0];
    let beside = [west, east, south(east), south(west), west];
    assert!(upon(&parcel("new", &beside)).is_none());
    // In its place.
    assert!(upon(&parcel("A1-01", &inside)).is_none());
    // Where it lies already.
    let file = desk.write("p.geojson", &parcel("new", &inside));
    let on = &mut |_, _, _| ControlFlow::Continue(());
    prepared(&desk, &record, &file)
        .commit(&record, "王工", "一", on)
        .unwrap();
    assert!(upon(&parcel("new", &inside)).is_none());
}

/// Parcels in EPSG:4548, each with its id, its south-west corner, how wide it is, and more properties.
fn squares_at(parcels: &[(&str, [f64; 2], f64, Value)]) -> String {
    let features = parcels.iter().map(|(id, [x, y], width, more)| {
        let (east, north) = (x + width, y + width);
        let ring = [[*x, *y], [east, *y], [east, north], [*x, north], [*x, *y]];
        let mut one: Value = serde_json::from_str(&parcel(id, &ring)).unwrap();
        let mut feature = one["features"][0].take();
        let properties = feature["properties"].as_object_mut().unwrap();
        properties.extend(more.as_object().unwrap().clone());
        feature
    });
    let mut file: Value = serde_json::from_str(&parcel("", &[])).unwrap();
    file["features"] = features.collect();
    file.to_string()
}

/// The polygons of a file upon what stands, as an import tells them.
fn upon_standing(
    desk: &Desk,
    record: &Record,
    text: &str,
    removing: bool,
) -> Option<(u64, String)> {
    let file = desk.write("upon.geojson", text);
    let mut options = surveyed_options();
    options.remove_missing = removing;
    let snapshot = record.load(record.latest().unwrap()).unwrap();
    let on = &mut |_, _, _| ControlFlow::Continue(());
    let prepared = intake::prepare(record, &snapshot, &request(desk, &file), &options, on);
    let findings = prepared.map_err(|error| error.text()).unwrap().findings;
    let upon = |finding: &Finding| finding.code == Code::OverlapStanding;
    let found = findings.into_iter().find(upon);
    found.map(|finding| (finding.count, finding.message.en))
}

#[test]
fn an_overlap_that_stands_is_not_told_again() {
    let desk = Desk::new();
    let record = desk.record();
    let at = [498_700.0, 4_316_400.0];
    let file = desk.write("p.geojson", &squares_at(&[("new", at, 9.0, json!({}))]));
    let on = &mut |_, _, _| ControlFlow::Continue(());
    let first = prepared(&desk, &record, &file);
    first.commit(&record, "王工", "一", on).unwrap();
    // It lies upon A1-01, and now has another name.
    let renamed = squares_at(&[("new", at, 9.0, json!({"名称": "新名"}))]);
    assert!(upon_standing(&desk, &record, &renamed, false).is_none());
    let moved = squares_at(&[("new", [at[0] + 1.0, at[1]], 9.0, json!({}))]);
    let (count, words) = upon_standing(&desk, &record, &moved, false).unwrap();
    assert!(count == 1 && words.contains("parcels/a1-01"), "{words}");
}

#[test]
fn what_stays_since_its_row_is_invalid_is_lain_upon() {
    let desk = Desk::new();
    let record = desk.record();
    let at = [498_700.0, 4_316_400.0];
    let far = [498_900.0, 4_316_600.0];
    let new = ("new", at, 9.0, json!({}));
    for (own, removing) in [
        // Its area is another, it refers to nothing, and it is read.
        (("A1-01", far, 0.0, json!({})), false),
        (("A1-01", far, 0.0, json!({})), true),
        (
            ("A1-01", far, 5.0, json!({"placed_in": ["parcels/nowhere"]})),
            false,
        ),
        (
            ("A1-01", far, 5.0, json!({"placed_in": ["parcels/nowhere"]})),
            true,
        ),
    ] {
        let text = squares_at(&[new.clone(), own]);
        let (count, words) = upon_standing(&desk, &record, &text, removing).unwrap();
        assert!(
            count == 1 && words.contains("row 1 and parcels/a1-01"),
            "{words}"
        );
    }
    // Nothing is left there where it moves, or where what the file does not have goes.
    let text = squares_at(&[new.clone(), ("A1-01", far, 5.0, json!({}))]);
    assert!(upon_standing(&desk, &record, &text, false).is_none());
    assert!(upon_standing(&desk, &record, &squares_at(&[new]), true).is_none());
}

#[test]
fn an_archive_is_unpacked_beside_the_record() {
    let desk = Desk::new();
    let plain = desk.write("parcels.geojson", &squares(75, &[]));
    let file = desk.folder.path().join("parcels.shp.zip");
    let mut gdal = std::process::Command::new("ogr2ogr");
    let made = gdal.args(["-f", "ESRI Shapefile"]).args([&file, &plain]);
    assert!(made.status().unwrap().success());
    let mut command = desk.command(&file, &signed(&["--dry-run"]));
    let said = Said::of(&command.env("TMPDIR", "/nowhere").output().unwrap());
    assert!(said.fine, "{}{}", said.out, said.err);
    assert_eq!(said.counts().iter().sum::<u64>(), 75);
}

#[test]
fn ctrl_c_ends_it_and_leaves_nothing() {
    let desk = Desk::new();
    let file = desk.write("many.geojson", &squares(20_000, &[]));
    let child = desk
        .command(&file, &signed(&[]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once its temporary file is there, it is in the middle of its work.
    let number = child.id().to_string();
    let open = PathBuf::from("/proc").join(&number).join("fd");
    let deadline = Instant::now() + Duration::from_mins(2);
    while staged(&open, desk.folder.path()).is_empty() {
        assert!(Instant::now() < deadline, "it has not begun");
        thread::sleep(Duration::from_millis(1));
    }
    let told = std::process::Command::new("kill")
        .args(["-INT", &number])
        .status();
    assert!(told.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = Said::of(&output);
    assert!(said.err.contains("cancelled"), "{}", said.err);
    assert_eq!(desk.record().latest().unwrap(), Revision(1));
    assert!(desk.left().iter().all(|path| path.is_dir()));
    assert!(desk.record().verify().is_ok());
}

#[test]
fn killed_at_any_time_the_record_is_whole() {
    let times = if in_full() { 60 } else { 8 };
    let desk = Desk::new();
    let file = desk.write("many.geojson", &squares(1_500, &[]));
    // How long it takes when nobody interferes.
    let other = Desk::new();
    let started = Instant::now();
    assert!(other.import(&file, &signed(&[])).fine);
    let whole = started.elapsed();
    let (mut cut_short, mut done) = (0, 0);
    for turn in 0..times {
        let mut child = desk
            .command(&file, &signed(&[]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole.mul_f64(f64::from(turn) / f64::from(times) * 1.2));
        let _ = child.kill();
        child.wait().unwrap();
        let record = desk.record();
        assert!(record.verify().is_ok());
        match record.latest().unwrap() {
            Revision(1) => {
                assert_eq!(desk.parcels(), 75);
                cut_short += 1;
            }
            Revision(2) => {
                assert_eq!(desk.parcels(), 1_575);
                done += 1;
            }
            other => panic!("{other}"),
        }
        assert!(
            desk.left().iter().all(|path| path.is_dir()),
            "{:?}",
            desk.left()
        );
    }
    println!("killed {times} times: {cut_short} before, {done} after it was committed");
    assert!(cut_short > 0);
}

#[test]
fn keys_that_are_twice_or_missing_and_fields_that_are_not_there() {
    let desk = Desk::new();
    let mut file: Value = serde_json::from_str(&squares(6, &[])).unwrap();
    file["features"][1]["properties"]["DKBH"] = "N-0".into();
    file["features"][2]["properties"]["DKBH"] = Value::Null;
    file["features"][3]["properties"]["DKBH"] = "光荣道".into();
    file["features"][4]["properties"]["DKBH"] = "广荣道".into();
    let path = desk.write("keys.geojson", &file.to_string());
    let said = desk.import(&path, &signed(&[]));
    assert!(
        !said.fine && said.counts() == [4, 0, 0, 0, 2],
        "{}",
        said.out
    );
    assert!(said.out.contains("is that of row 1 too"), "{}", said.out);
    assert!(said.out.contains("it has no key"), "{}", said.out);
    let said = desk.import(&path, &signed(&["--skip-invalid"]));
    assert!(said.fine, "{}", said.err);
    let latest = desk.latest();
    let collection = latest.collection("parcels").unwrap();
    assert!(collection.get("guang-rong-dao").is_some());
    // Two keys of one reading are two features, and stay so.
    let said = desk.import(&path, &["--author", "王工", "--skip-invalid"]);
    assert!(
        said.fine && said.counts() == [0, 0, 4, 0, 2],
        "{}",
        said.out
    );

    let said = desk.import(&path, &signed(&["--map", "XX=name"]));
    assert!(
        !said.fine && said.err.contains("no field “XX”"),
        "{}",
        said.err
    );
    let said = desk.import(&path, &signed(&["--key", "XX"]));
    assert!(
        !said.fine && said.err.contains("no field “XX”"),
        "{}",
        said.err
    );
    let cut = desk.write("cut.geojson", &squares(50, &[])[..2_000]);
    let said = desk.import(&cut, &signed(&[]));
    assert!(!said.fine && !said.err.is_empty());
    assert_eq!(desk.record().latest().unwrap(), Revision(2));
    assert!(desk.left().is_empty());
}

// ---- over HTTP -------------------------------------------------------------------------------

/// Where files are sent.
const SENT: &str = "/imports?into=parcels&name=p.geojson";

struct Service {
    server: Server,
    desk: Desk,
    editor: String,
    reader: String,
}

impl Service {
    fn start() -> Self {
        let desk = Desk::new();
        let data = desk.data();
        let data = data.to_str().unwrap();
        let people = |args: &[&str]| {
            let output = program(&["people", "--data", data])
                .args(args)
                .output()
                .unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        people(&["add", "王工", "--role", "editor"]);
        people(&["add", "李处", "--role", "reader"]);
        Self {
            editor: people(&["token", "王工"]),
            reader: people(&["token", "李处"]),
            server: Server::start_with(&["--data", data]),
            desk,
        }
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: impl AsRef<[u8]>) -> Answer {
        let bearer = format!("Bearer {token}");
        self.server
            .send(method, path, &[("authorization", &bearer)], body)
            .unwrap()
    }

    fn edit(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask(method, path, &self.editor, body)
    }

    /// Waits until an import has been looked at.
    fn ready(&self, path: &str) -> Value {
        for _ in 0..600 {
            let shown = self.edit("GET", path, "").json();
            if shown["state"] != "reading" {
                return shown;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{path} is not ready");
    }

    /// Decides about an import so that nothing keeps it from being committed.
    fn decide(&self, path: &str, decided: &Value) -> Value {
        assert_eq!(self.edit("PUT", path, decided.to_string()).status, 200);
        let seen = self.ready(path);
        assert_eq!(seen["obstacles"], json!([]), "{seen}");
        seen
    }

    /// Commits an import as it was shown.
    fn commit(&self, path: &str, shown: &Value) -> Answer {
        let said = json!({"preview": shown["preview"]});
        self.edit("POST", &format!("{path}/commit"), said.to_string())
    }

    /// Sends a file; returns the address of its import.
    fn send(&self, text: &str) -> String {
        Self::place(&self.edit("POST", SENT, text))
    }

    fn place(answer: &Answer) -> String {
        assert_eq!(answer.status, 201, "{}", answer.text());
        let place = answer.header("location").to_owned();
        place[place.find("/imports/").unwrap()..].to_owned()
    }
}

#[test]
fn a_file_is_sent_decided_on_and_committed() {
    let service = Service::start();
    let path = service.send(&parcels("", same));
    let shown = service.ready(&path);
    assert_eq!(shown["state"], "ready", "{shown}");
    assert_eq!(shown["progress"]["step"], "reading");
    assert_eq!(shown["layer"]["count"], 75);
    assert_eq!(shown["mapping"]["key"], "地块编号");
    let finding = &shown["findings"][0];
    assert_eq!(finding["code"], "projected_as_degrees");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["proposal"], json!({"crs": "EPSG:4548"}));
    let needs: Vec<_> = shown["needs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|need| &need["property"])
        .collect();
    assert_eq!(needs, ["licence", "accuracy_m"]);
    // Whoever sends requests knows no options of a command line.
    let texts = shown["needs"].to_string() + &shown["obstacles"].to_string();
    assert!(!texts.contains("--"), "{texts}");
    let refused = service.commit(&path, &shown);
    refused.problem(422);
    assert!(refused.json()["obstacles"].as_array().unwrap().len() >= 3);

    let mut mapping = shown["mapping"].clone();
    mapping["constants"] =
        json!({"licence": "CC0-1.0", "accuracy_m": 0.1, "located_by": "surveyed"});
    let decided = json!({"mapping": mapping, "crs": "EPSG:4548"});
    assert_eq!(service.edit("PUT", &path, decided.to_string()).status, 200);
    let shown = service.ready(&path);
    assert_eq!(
        shown["counts"],
        json!({"added": 0, "changed": 75, "unchanged": 0, "removed": 0, "invalid": 0}),
        "{shown}"
    );
    assert_eq!(shown["obstacles"], json!([]));
    assert_eq!(shown["progress"]["step"], "overlapping");
    let changes = service
        .edit("GET", &format!("{path}/changes?limit=10&offset=70"), "")
        .json();
    assert_eq!(
        (&changes["numberMatched"], &changes["numberReturned"]),
        (&json!(75), &json!(5))
    );
    assert_eq!(changes["features"][0]["change"], "changed");
    assert!(changes["features"][0]["geometry"].is_object());
    assert!(changes["features"][0]["geometry_before"].is_object());

    let said = json!({"message": "勘测成果", "preview": shown["preview"]});
    let answer = service.edit("POST", &format!("{path}/commit"), said.to_string());
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"revision": 2}))
    );
    assert_eq!(service.edit("GET", &path, "").json()["state"], "committed");
    service.commit(&path, &shown).problem(409);
    let item = service.server.json("/collections/parcels/items/a1-01");
    assert_eq!(item["properties"]["land_use_text"], "居住");
    assert_eq!(
        service.server.json("/revisions")["revisions"][0]["author"],
        "王工"
    );
    assert!(service.desk.left().is_empty());
}

#[test]
fn an_answer_of_changes_ends_before_it_is_too_large() {
    let service = Service::start();
    let long = "长".repeat(3 << 20);
    let rows = ["a", "b", "c"].map(|id| (id, json!({ "note": long })));
    let path = service.send(&placed(&rows));
    let shown = service.ready(&path);
    let mut mapping = shown["mapping"].clone();
    mapping["constants"] = json!({"licence": "CC0-1.0"});
    let decided = json!({ "mapping": mapping });
    assert_eq!(service.edit("PUT", &path, decided.to_string()).status, 200);
    assert_eq!(service.ready(&path)["counts"]["added"], 3);
    let ask = |query: &str| {
        service
            .edit("GET", &format!("{path}/changes?{query}"), "")
            .json()
    };
    let changes = ask("limit=1000");
    assert_eq!(
        (&changes["numberMatched"], &changes["numberReturned"]),
        (&json!(3), &json!(2))
    );
    let next = changes["links"].as_array().unwrap().iter();
    let next = next
        .filter(|link| link["rel"] == "next")
        .collect::<Vec<_>>();
    // After a page of few large ones come as many as were asked for.
    assert!(
        next[0]["href"]
            .as_str()
            .unwrap()
            .ends_with("?limit=1000&offset=2"),
        "{next:?}"
    );
    let rest = ask("limit=1000&offset=2");
    assert_eq!(rest["features"][0]["id"], "c");
}

#[test]
fn who_may_not_change_data_may_not_send_files_and_names_lead_nowhere() {
    let service = Service::start();
    let path = service.send(&parcels(GAUSS, same));
    for (method, path) in [
        ("POST", "/imports?into=parcels&name=p.geojson".to_owned()),
        ("GET", path.clone()),
        ("PUT", path.clone()),
        ("GET", format!("{path}/changes")),
        ("POST", format!("{path}/commit")),
        ("DELETE", path.clone()),
    ] {
        service
            .ask(method, &path, &service.reader, "{}")
            .problem(403);
        let nobody = service.server.send(method, &path, &[], "{}").unwrap();
        nobody.problem(401);
    }
    for name in ["../p.geojson", "%2e%2e%2fp", "a%5cb", ".hidden", "", "c:p"] {
        let path = format!("/imports?into=parcels&name={name}");
        service.edit("POST", &path, "{}").problem(400);
    }
    service
        .edit("POST", "/imports?into=atlantis&name=p.geojson", "{}")
        .problem(404);
    service
        .edit("POST", "/imports?into=parcels&name=p&crs=EPSG:1", "{}")
        .problem(400);
    service.edit("PUT", &path, r#"{"colour": 1}"#).problem(400);
    assert_eq!(service.edit("DELETE", &path, "").status, 204);
    service.edit("GET", &path, "").problem(404);
    // What can't be read is said, and nothing stands in the way of the next.
    let path = service.send("not a file of features");
    let shown = service.ready(&path);
    assert_eq!(shown["state"], "failed", "{shown}");
    assert!(shown["message_en"].as_str().unwrap().contains("p.geojson"));
    service.commit(&path, &shown).problem(409);
    assert_eq!(service.edit("DELETE", &path, "").status, 204);
    for _ in 0..40 {
        if service.desk.left().is_empty() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{:?}", service.desk.left());
}

/// What an import lacks whose parcels were surveyed.
fn surveyed(shown: &Value) -> Value {
    let mut mapping = shown["mapping"].clone();
    mapping["constants"] =
        json!({"licence": "CC0-1.0", "accuracy_m": 0.1, "located_by": "surveyed"});
    json!({ "mapping": mapping })
}

#[test]
fn a_commit_that_is_let_go_meanwhile_writes_nothing() {
    let service = Service::start();
    let path = service.send(&parcels(GAUSS, same));
    let seen = service.decide(&path, &surveyed(&service.ready(&path)));
    // As long as somebody else writes, the commit is under way.
    let database = Connection::open(service.desk.data().join("renewal-map.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = thread::scope(|scope| {
        let committing = scope.spawn(|| service.commit(&path, &seen));
        while service.edit("GET", &path, "").json()["state"] != "committing" {
            thread::sleep(Duration::from_millis(20));
        }
        service.edit("PUT", &path, "{}").problem(409);
        assert_eq!(service.edit("DELETE", &path, "").status, 204);
        database.execute_batch("ROLLBACK").unwrap();
        committing.join().unwrap()
    });
    let told = answer.problem(409);
    assert!(
        told.contains("was cancelled, nothing was written"),
        "{told}"
    );
    service.edit("GET", &path, "").problem(404);
    assert_eq!(service.desk.record().latest().unwrap(), Revision(1));
    assert_eq!(service.desk.left(), Vec::<PathBuf>::new());
}

#[test]
fn only_the_preview_that_was_seen_is_committed() {
    let service = Service::start();
    let path = service.send(&parcels(GAUSS, same));
    let first = service.ready(&path);
    let mut decided = surveyed(&first);
    let seen = service.decide(&path, &decided);
    // Somebody else decides otherwise in between.
    decided["remove_missing"] = true.into();
    let now = service.decide(&path, &decided);
    let numbers = [&first, &seen, &now].map(|shown| shown["preview"].as_u64().unwrap());
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");

    for shown in [&first, &seen] {
        let told = service.commit(&path, shown).problem(409);
        assert!(told.contains("after this preview"), "{told}");
    }
    service
        .edit("POST", &format!("{path}/commit"), "{}")
        .problem(400);
    assert_eq!(service.ready(&path)["state"], "ready");
    assert_eq!(service.desk.record().latest().unwrap(), Revision(1));
    let answer = service.commit(&path, &now);
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"revision": 2}))
    );
    service.edit("PUT", &path, decided.to_string()).problem(409);

    // It changes without the data, so nobody keeps what was answered.
    let answer = service.edit("GET", &path, "");
    assert_eq!(
        (answer.header("cache-control"), answer.header("etag")),
        ("no-store", "")
    );
}

#[test]
fn an_account_has_four_imports_under_way_and_those_that_ended_make_room() {
    let service = Service::start();
    let ended: Vec<String> = (0..17)
        .map(|_| {
            let path = service.send("not a file of features");
            assert_eq!(service.ready(&path)["state"], "failed");
            path
        })
        .collect();
    service.edit("GET", &ended[0], "").problem(404);
    for path in &ended[1..] {
        assert_eq!(service.edit("GET", path, "").status, 200, "{path}");
    }

    let file = parcels(GAUSS, same);
    let mut under_way: Vec<String> = (0..4).map(|_| service.send(&file)).collect();
    let told = service.edit("POST", SENT, &file).problem(503);
    assert!(told.contains("may have 4 imports"), "{told}");
    // One that failed comes under way again when it is decided otherwise.
    service.edit("PUT", &ended[16], "{}").problem(503);
    let path = under_way.pop().unwrap();
    assert_eq!(service.edit("DELETE", &path, "").status, 204);

    // A file on its way has a place before it is there.
    let host = service.server.url.strip_prefix("http://").unwrap();
    let half_sent = || {
        let mut sending = TcpStream::connect(host).unwrap();
        write!(
            sending,
            "POST {SENT} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
             content-length: 1000\r\n\r\nhalf of it",
            service.editor
        )
        .unwrap();
        sending
    };
    let within = |tries: u32, status: u16| {
        (0..tries).any(|_| {
            let answer = service.edit("POST", SENT, &file);
            if answer.status == 201 {
                let path = Service::place(&answer);
                assert_eq!(service.edit("DELETE", &path, "").status, 204);
            }
            thread::sleep(Duration::from_millis(50));
            answer.status == status
        })
    };
    // What is cancelled gives its place back when its work has ended: a file that comes before that
    // is refused, and has none.
    let sending = (0..20).find_map(|_| {
        assert!(within(200, 201), "no place is free again");
        let sending = half_sent();
        within(10, 503).then_some(sending)
    });
    assert!(sending.is_some(), "it has no place");
    drop(sending);
    assert!(within(200, 201), "its place is not free again");
}

#[test]
fn a_file_beyond_a_gigabyte_is_refused_before_it_is_sent() {
    let service = Service::start();
    let host = service.server.url.strip_prefix("http://").unwrap();
    let status_of = |bytes: u64| {
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "POST {SENT} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
             content-length: {bytes}\r\nconnection: close\r\n\r\n",
            service.editor
        )
        .unwrap();
        let wait = Some(Duration::from_secs(3));
        stream.set_read_timeout(wait).unwrap();
        let mut answer = [0; 12];
        let read = std::io::Read::read_exact(&mut stream, &mut answer);
        read.ok()
            .map(|()| String::from_utf8_lossy(&answer[9..]).into_owned())
    };
    assert_eq!(status_of((1 << 30) + 1).as_deref(), Some("413"));
    // One that is just small enough is waited for.
    assert_eq!(status_of(1 << 30), None);
}

#[test]
fn a_file_may_have_a_long_name() {
    let service = Service::start();
    let stem = "测".repeat(112);
    let sent = format!(
        "/imports?into=parcels&name={}.geojson",
        "%E6%B5%8B".repeat(112)
    );
    let path = Service::place(&service.edit("POST", &sent, parcels(GAUSS, same)));
    let shown = service.ready(&path);
    assert_eq!(shown["state"], "ready", "{shown}");
    assert_eq!(shown["layer"]["name"], stem);
    assert_eq!(shown["file"], format!("{stem}.geojson"));
    let path = Service::place(&service.edit("POST", &sent, "not a file of features"));
    let told = service.ready(&path)["message"].as_str().unwrap().to_owned();
    assert!(told.starts_with(&format!("{stem}.geojson：")), "{told}");
}
