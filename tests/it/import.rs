//! Imports from OpenStreetMap: files that Debian's osmium makes of known streets, and files that are
//! made to do harm.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use flate2::{Compression, write::ZlibEncoder};
use rand::{Rng, SeedableRng, rngs::StdRng};
use renewal_map::{
    exchange::osm::{Extent, Kind, extract},
    model::{Cause, LocatedBy, Revision},
    store::record::Record,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{PROGRAM, in_full, program, repository, yunze};

// ---- a district in a folder of its own -------------------------------------------------------

/// A copy of a district's features, to import into.
struct District {
    folder: TempDir,
    seeds: PathBuf,
}

impl District {
    fn copy(of: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("geodata")).unwrap();
        for entry in fs::read_dir(of.join("geodata")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(
                entry.path(),
                folder.path().join("geodata").join(entry.file_name()),
            )
            .unwrap();
        }
        Self {
            folder,
            seeds: of.join("seeds"),
        }
    }

    fn yunze() -> Self {
        Self::copy(&yunze())
    }

    fn hongqiao() -> Self {
        Self::copy(repository())
    }

    fn geodata(&self) -> PathBuf {
        self.folder.path().join("geodata")
    }

    /// Runs the program with a command and options on this district.
    fn run(&self, args: &[&str]) -> Said {
        Said::of(&self.command(args).output().unwrap())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program(args);
        command.arg("--seeds").arg(&self.seeds);
        command.arg("--geodata").arg(self.geodata());
        command
    }

    fn import(&self, file: &Path, options: &[&str]) -> Said {
        let mut args = vec!["import", file.to_str().unwrap(), "--into", "streets"];
        args.extend(options);
        self.run(&args)
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&fs::read(self.geodata().join(file)).unwrap()).unwrap()
    }

    fn change(&self, file: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.json(file);
        change(&mut value);
        fs::write(self.geodata().join(file), value.to_string()).unwrap();
    }

    fn features(&self, collection: &str) -> Vec<Value> {
        let file = self.json(&format!("{collection}.geojson"));
        file["features"].as_array().unwrap().clone()
    }

    fn feature(&self, collection: &str, id: &str) -> Value {
        let features = self.features(collection);
        let found = features.iter().find(|feature| feature["id"] == id);
        found
            .unwrap_or_else(|| panic!("no {collection}/{id}"))
            .clone()
    }

    /// Every file, to the byte.
    fn bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fs::read_dir(self.geodata())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn all(&self) -> String {
        format!("{:?}\n{}\n{}", self.code, self.out, self.err)
    }

    fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.all());
        self
    }

    /// What was said of a zone in the comparison with before.
    fn change_of(&self, zone: &str) -> &str {
        let (_, compared) = self.out.split_once("compared with before").unwrap();
        let line = compared.lines().find_map(|line| line.strip_prefix("  "));
        assert!(line.is_some(), "{}", self.out);
        compared
            .lines()
            .find_map(|line| line.trim().strip_prefix(zone)?.strip_prefix('：'))
            .unwrap_or_else(|| panic!("{zone}: {}", self.out))
    }
}

// ---- OpenStreetMap data ----------------------------------------------------------------------

/// Longitude and latitude as they are written.
type Place = (f64, f64);

/// OpenStreetMap XML. Equal places are one node.
#[derive(Default)]
struct Osm {
    nodes: Vec<Place>,
    ids: HashMap<(u64, u64), usize>,
    ways: String,
    relations: String,
}

impl Osm {
    fn node(&mut self, place: Place) -> usize {
        let key = (place.0.to_bits(), place.1.to_bits());
        *self.ids.entry(key).or_insert_with(|| {
            self.nodes.push(place);
            self.nodes.len()
        })
    }

    fn way(&mut self, id: i64, tags: &[(&str, &str)], places: &[Place]) {
        let nodes: Vec<usize> = places.iter().map(|place| self.node(*place)).collect();
        self.way_of(id, tags, &nodes);
    }

    fn way_of(&mut self, id: i64, tags: &[(&str, &str)], nodes: &[usize]) {
        write!(self.ways, "<way id=\"{id}\" version=\"1\">").unwrap();
        for node in nodes {
            write!(self.ways, "<nd ref=\"{node}\"/>").unwrap();
        }
        write_tags(&mut self.ways, tags);
        self.ways.push_str("</way>\n");
    }

    fn relation(&mut self, id: i64, tags: &[(&str, &str)], ways: &[i64]) {
        write!(self.relations, "<relation id=\"{id}\" version=\"1\">").unwrap();
        // A node among the members, as limits have their centre: it is no part of the line.
        self.relations
            .push_str("<member type=\"node\" ref=\"1\" role=\"admin_centre\"/>");
        for way in ways {
            write!(
                self.relations,
                "<member type=\"way\" ref=\"{way}\" role=\"outer\"/>"
            )
            .unwrap();
        }
        write_tags(&mut self.relations, tags);
        self.relations.push_str("</relation>\n");
    }

    /// The lines of a collection as ways numbered from `first`, in the order of the file.
    fn collection(&mut self, features: &[Value], key: (&str, &str), first: i64) {
        for (number, feature) in (first..).zip(features) {
            let name = feature["properties"]["name"].as_str().unwrap();
            self.way(number, &[key, ("name", name)], &places(feature));
        }
    }

    fn xml(&self) -> String {
        let mut xml =
            String::from("<?xml version='1.0' encoding='UTF-8'?>\n<osm version=\"0.6\">\n");
        for (id, (lon, lat)) in (1..).zip(&self.nodes) {
            writeln!(
                xml,
                "<node id=\"{id}\" version=\"1\" lat=\"{lat}\" lon=\"{lon}\"/>"
            )
            .unwrap();
        }
        xml + &self.ways + &self.relations + "</osm>\n"
    }

    /// The file that osmium makes of it.
    fn pbf(&self, folder: &Path) -> PathBuf {
        self.pbf_with(folder, "pbf")
    }

    fn pbf_with(&self, folder: &Path, format: &str) -> PathBuf {
        let xml = folder.join("in.osm");
        let pbf = folder.join("out.osm.pbf");
        fs::write(&xml, self.xml()).unwrap();
        let output = Command::new("osmium")
            .args(["cat", "--no-progress", "--overwrite", "-f", format, "-o"])
            .args([&pbf, &xml])
            .output()
            .expect("osmium of osmium-tool is installed");
        assert!(output.status.success(), "{}", Said::of(&output).all());
        pbf
    }
}

fn write_tags(out: &mut String, tags: &[(&str, &str)]) {
    for (key, value) in tags {
        write!(out, "<tag k=\"{key}\" v=\"{value}\"/>").unwrap();
    }
}

/// The positions of a feature that is one line.
fn places(feature: &Value) -> Vec<Place> {
    let positions = feature["geometry"]["coordinates"].as_array().unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    positions
        .iter()
        .map(|position| (number(&position[0]), number(&position[1])))
        .collect()
}

fn moved_north(feature: &Value, degrees: f64) -> Vec<Place> {
    let north = |(lon, lat): Place| (lon, ((lat + degrees) * 1e7).round() / 1e7);
    places(feature).into_iter().map(north).collect()
}

const ROAD: (&str, &str) = ("highway", "residential");

// ---- there and back --------------------------------------------------------------------------

#[test]
fn streets_come_back_as_they_went_and_zones_with_them() {
    let district = District::yunze();
    district.run(&["compile"]).success();
    let [streets, rivers, zones] =
        ["streets", "water", "zones"].map(|collection| district.features(collection));
    let mut osm = Osm::default();
    osm.collection(&streets, ROAD, 1000);
    osm.collection(&rivers, ("waterway", "river"), 5000);
    let file = osm.pbf(district.folder.path());

    let said = district.import(&file, &["--replace"]).success();
    for (collection, before) in [("streets", &streets), ("water", &rivers)] {
        let after = district.features(collection);
        assert_eq!(after.len(), before.len());
        for old in before {
            let id = old["id"].as_str().unwrap();
            let new = district.feature(collection, id);
            for property in ["name", "name_en", "kind", "citations", "aliases"] {
                assert_eq!(
                    new["properties"][property], old["properties"][property],
                    "{id} {property}"
                );
            }
            assert_eq!(new["properties"]["located_by"], "osm");
            assert_eq!(new["properties"]["licence"], "ODbL-1.0");
            let (new, old) = (places(&new), places(old));
            assert_eq!(new.len(), old.len(), "{id}");
            for (new, old) in new.iter().zip(&old) {
                let off = (new.0 - old.0).abs().max((new.1 - old.1).abs());
                assert!(off < 1e-7, "{id}: {new:?}, not {old:?}");
            }
        }
    }
    for zone in &zones {
        let name = zone["properties"]["name"].as_str().unwrap();
        let after = district.feature("zones", zone["id"].as_str().unwrap());
        assert!(!zone["geometry"].is_null());
        assert_eq!(after["geometry"], zone["geometry"], "{name}");
        // The lines under it are OpenStreetMap's now, and no better than those are.
        assert_eq!(after["properties"]["accuracy_m"], 10, "{name}");
        assert!(said.change_of(name).contains("unchanged"), "{}", said.out);
    }
    district.run(&["check"]).success();
    district.run(&["compile", "--check"]).success();

    let written = district.bytes();
    for mode in ["--replace", "--merge"] {
        let said = district.import(&file, &[mode]).success();
        assert!(!said.out.contains("rewritten"), "{mode}: {}", said.out);
        assert_eq!(district.bytes(), written, "{mode}");
    }
}

#[test]
fn lines_go_into_a_record_as_one_revision_that_somebody_signs() {
    let district = District::yunze();
    let mut osm = Osm::default();
    osm.collection(&district.features("streets"), ROAD, 1000);
    let file = osm.pbf(district.folder.path());
    let data = district.folder.path().join("data");
    let data = data.to_str().unwrap();
    let files = district.bytes();
    let import = |options: &[&str]| {
        let options = [&["--replace", "--data", data], options].concat();
        district.import(&file, &options).success()
    };
    let said = import(&[]);
    assert!(said.out.contains("--author"), "{}", said.all());
    let record = Record::open_existing(Path::new(data)).unwrap();
    assert_eq!(record.latest().unwrap(), Revision(1), "nobody signed");

    import(&["--author", "王工", "--message", "街道换为 OSM"]);
    let info = record.info(Revision(2)).unwrap();
    let told = (info.author.as_str(), info.message.as_str(), info.cause);
    assert_eq!(told, ("王工", "街道换为 OSM", Cause::Import));
    let now = record.load(Revision(2)).unwrap();
    let mut streets = now.collection("streets").unwrap().features();
    assert!(streets.len() > 0);
    assert!(streets.all(|street| street.located_by == LocatedBy::Osm));
    assert_eq!(district.bytes(), files, "the folder stays as it was");
    let said = import(&["--author", "王工"]);
    assert!(said.out.contains("已是如此"), "{}", said.all());
    assert_eq!(record.latest().unwrap(), Revision(2));
}

#[test]
fn better_streets_move_the_zones_and_it_is_told_by_how_much() {
    let district = District::hongqiao();
    let before = district.features("streets");
    let by_hand = |name: &str| {
        let found = before
            .iter()
            .find(|street| street["properties"]["name"] == name);
        found.unwrap().clone()
    };
    let mut osm = Osm::default();
    let (from_osm, drawn): (Vec<Value>, Vec<Value>) = before
        .iter()
        .cloned()
        .partition(|street| street["properties"]["located_by"] == "osm");
    osm.collection(&from_osm, ROAD, 1000);
    // Some 11 m north of where they were drawn by hand.
    let guangrong = by_hand("光荣道");
    let memorial = by_hand("纪念馆路");
    osm.way(
        2000,
        &[ROAD, ("name", "光荣道"), ("name:en", "Guangrong Dao")],
        &moved_north(&guangrong, 0.0001),
    );
    let (first, second) = {
        let places = moved_north(&memorial, 0.0001);
        let middle = places.len() / 2;
        (places[..=middle].to_vec(), places[middle..].to_vec())
    };
    osm.way(2001, &[ROAD, ("name", "纪念馆路")], &first);
    osm.way(2002, &[ROAD, ("name", "纪念馆路")], &second);
    let file = osm.pbf(district.folder.path());

    let said = district.import(&file, &[]).success();
    for street in &from_osm {
        let after = district.feature("streets", street["id"].as_str().unwrap());
        assert_eq!(after["geometry"], street["geometry"]);
        assert_eq!(after["properties"]["name"], street["properties"]["name"]);
    }
    // The id, the English name and the citations stay with the street.
    let after = district.feature("streets", guangrong["id"].as_str().unwrap());
    assert_eq!(places(&after), moved_north(&guangrong, 0.0001));
    for (property, value) in [
        ("osm", json!("way/2000")),
        ("located_by", json!("osm")),
        ("accuracy_m", json!(10)),
        ("name_en", guangrong["properties"]["name_en"].clone()),
        ("citations", guangrong["properties"]["citations"].clone()),
    ] {
        assert_eq!(after["properties"][property], value, "{property}");
    }
    // What is said once is said once, though the street comes in two ways.
    let first = district.feature("streets", memorial["id"].as_str().unwrap());
    assert_eq!(
        first["properties"]["statuses"],
        memorial["properties"]["statuses"]
    );
    let second = district.feature("streets", "way-2002");
    assert!(second["properties"].get("statuses").is_none());
    // Streets that OpenStreetMap does not have stay as they were drawn.
    for street in drawn {
        if street != guangrong && street != memorial {
            assert_eq!(
                district.feature("streets", street["id"].as_str().unwrap()),
                street
            );
        }
    }

    let zones = district.features("zones");
    let along = |zone: &&Value| {
        let text = zone["properties"]["boundary"]["text"].as_str();
        text.map(|text| text.contains("光荣道"))
    };
    let mut moved = 0;
    for zone in &zones {
        let Some(along) = along(&zone) else { continue };
        let change = said.change_of(zone["properties"]["name"].as_str().unwrap());
        assert_eq!(!change.contains("unchanged"), along, "{change}");
        if along {
            moved += 1;
            let metres = change.split("最多移动 ").nth(1).unwrap();
            let metres: f64 = metres.split(' ').next().unwrap().parse().unwrap();
            assert!((8.0..30.0).contains(&metres), "{change}");
            assert!(change.contains("→") && change.contains("公顷"), "{change}");
        }
    }
    assert!(moved > 0, "{}", said.out);

    // compile tells the same of what it finds.
    let outline = |district: &District| district.json("zones.geojson");
    let compiled = outline(&district);
    fs::copy(
        repository().join("geodata/zones.geojson"),
        district.geodata().join("zones.geojson"),
    )
    .unwrap();
    let again = district.run(&["compile"]).success();
    for zone in zones.iter().filter(|zone| along(zone).is_some()) {
        let name = zone["properties"]["name"].as_str().unwrap();
        assert_eq!(again.change_of(name), said.change_of(name));
    }
    assert_eq!(outline(&district), compiled);
}

#[test]
fn an_import_that_would_lose_a_zone_writes_nothing_and_says_why() {
    let district = District::yunze();
    let before = district.bytes();
    let streets = district.features("streets");
    let without: Vec<Value> = streets
        .into_iter()
        .filter(|street| street["properties"]["name"] != "织锦路")
        .collect();
    let mut osm = Osm::default();
    osm.collection(&without, ROAD, 1);
    let said = district.import(&osm.pbf(district.folder.path()), &["--replace"]);
    assert_eq!(said.code, Some(1), "{}", said.all());
    let [lost, stays] = ["yunfan", "tingyu"].map(|id| district.feature("zones", id));
    let name = |zone: &Value| zone["properties"]["name"].as_str().unwrap().to_owned();
    assert!(said.change_of(&name(&lost)).contains("refused now"));
    assert!(said.out.contains("织锦路"), "{}", said.out);
    assert!(said.change_of(&name(&stays)).contains("unchanged"));
    assert!(said.all().contains("nothing was written"), "{}", said.all());
    assert_eq!(district.bytes(), before);
}

// ---- what is kept ----------------------------------------------------------------------------

#[test]
fn a_surveyed_street_stays_and_its_name_has_one_source() {
    let district = District::yunze();
    let before = district.features("streets");
    let surveyed = before
        .iter()
        .find(|street| street["properties"]["name"] == "砚池道")
        .unwrap();
    let mut osm = Osm::default();
    osm.way(
        1,
        &[ROAD, ("name", "砚池道")],
        &moved_north(surveyed, 0.0002),
    );
    osm.way(
        2,
        &[ROAD, ("name", "新开路")],
        &[(117.0, 38.99), (117.0, 38.995)],
    );
    let said = district
        .import(&osm.pbf(district.folder.path()), &["--merge"])
        .success();
    assert!(said.out.contains("略去 1"), "{}", said.out);
    let after = district.features("streets");
    assert_eq!(after[..before.len()], before);
    let names: Vec<&Value> = after[before.len()..].iter().map(|new| &new["id"]).collect();
    assert_eq!(names, ["way-2"]);
}

#[test]
fn lines_are_cut_to_the_box_a_node_beyond_it_and_where_nodes_are_missing() {
    let district = District::yunze();
    let mut osm = Osm::default();
    let along = |latitude: f64, from: i32, to: i32| -> Vec<Place> {
        let place = |n: i32| (f64::from(n * 10 + 1_170_000) / 1e4, latitude);
        (from..=to).map(place).collect()
    };
    // Columns 0 to 5 of the grid lie in the box.
    osm.way(1, &[ROAD, ("name", "横路")], &along(39.0, -5, 8));
    osm.way(2, &[ROAD, ("name", "远路")], &along(39.0, 7, 9));
    let mut broken = along(39.0005, 0, 5);
    let middle = broken.remove(3);
    osm.way(3, &[ROAD, ("name", "断路")], &broken);
    let nodes: Vec<usize> = along(39.001, 0, 5)
        .iter()
        .map(|place| osm.node(*place))
        .collect();
    let missing = 999_999;
    let with_gap = [&nodes[..2], &[missing], &nodes[2..4]].concat();
    osm.way_of(4, &[ROAD, ("name", "缺口路")], &with_gap);
    // Out over the edge and back, then out for good.
    let out_and_back = [
        (117.004, 39.002),
        (117.02, 39.002),
        (117.004, 39.003),
        (117.03, 39.003),
        (117.04, 39.003),
    ];
    osm.way(5, &[ROAD, ("name", "弯路")], &out_and_back);
    // Two of its nodes are in the box, far along the way from each other.
    let two_visits = [
        (117.001, 39.004),
        (117.02, 39.004),
        (117.03, 39.004),
        (117.03, 39.0045),
        (117.002, 39.0045),
    ];
    osm.way(6, &[ROAD, ("name", "复入路")], &two_visits);
    assert!(middle.0 > 117.0);
    // These streets bound no zone, and an outline that is there must not be lost.
    district.change("zones.geojson", |file| {
        for zone in file["features"].as_array_mut().unwrap() {
            zone["geometry"] = Value::Null;
            zone["properties"]["sides"] = json!([]);
            zone["properties"]["accuracy_m"] = Value::Null;
        }
    });
    let file = osm.pbf(district.folder.path());
    let said = district.import(
        &file,
        &["--bbox", "116.9995,38.9995,117.0055,39.0055", "--replace"],
    );
    assert_eq!(said.code, Some(1), "{}", said.all());
    let by_name = |name: &str| {
        let streets = district.features("streets");
        let found = streets
            .iter()
            .find(|street| street["properties"]["name"] == name);
        found.map(|street| street["geometry"].clone())
    };
    let line = |places: &[Place]| json!({"type": "LineString", "coordinates": places});
    let lines = |lines: &[&[Place]]| json!({"type": "MultiLineString", "coordinates": lines});
    assert_eq!(by_name("横路"), Some(line(&along(39.0, -1, 6))));
    assert_eq!(by_name("远路"), None);
    assert_eq!(by_name("断路"), Some(line(&broken)));
    let placed = along(39.001, 0, 5);
    assert_eq!(
        by_name("缺口路"),
        Some(lines(&[&placed[..2], &placed[2..4]]))
    );
    assert_eq!(by_name("弯路"), Some(line(&out_and_back[..4])));
    assert_eq!(
        by_name("复入路"),
        Some(lines(&[&two_visits[..2], &two_visits[3..]]))
    );
    district.run(&["check"]).success();
}

#[test]
fn named_roads_railways_rivers_and_limits_are_kept_and_nothing_else() {
    let district = District::yunze();
    let mut osm = Osm::default();
    let mut latitude = 38.98;
    let mut line = || {
        latitude += 0.0005;
        [(116.99, latitude), (117.01, latitude)]
    };
    let kept: &[(&str, &str)] = &[
        ("highway", "motorway"),
        ("highway", "trunk_link"),
        ("highway", "service"),
        ("highway", "pedestrian"),
        ("railway", "rail"),
        ("railway", "subway"),
        ("waterway", "canal"),
    ];
    let left: &[(&str, &str)] = &[
        ("highway", "footway"),
        ("highway", "construction"),
        ("railway", "abandoned"),
        ("waterway", "riverbank"),
        ("building", "yes"),
        ("boundary", "administrative"),
    ];
    for (id, tag) in (1..).zip(kept) {
        osm.way(id, &[*tag, ("name", &format!("留{id}"))], &line());
    }
    for (id, tag) in (101..).zip(left) {
        osm.way(id, &[*tag, ("name", &format!("弃{id}"))], &line());
    }
    osm.way(201, &[ROAD], &line());
    osm.way(202, &[ROAD, ("name", "  ")], &line());
    osm.way(
        203,
        &[
            ("highway", "pedestrian"),
            ("area", "yes"),
            ("name", "弃203"),
        ],
        &line(),
    );
    osm.way(204, &[ROAD, ("name", &"弃".repeat(300))], &line());
    osm.way(
        301,
        &[
            ROAD,
            ("bridge", "yes"),
            ("bridge:name", "大桥"),
            ("name", "多名路"),
            ("int_name", "Duoming Lu"),
            ("name:zh", "多名路"),
            ("alt_name", "甲道; 乙道"),
            ("old_name", "旧路;甲道"),
        ],
        &line(),
    );
    // The limit of two areas, a part of it a street too.
    osm.way(401, &[("boundary", "administrative")], &line());
    osm.way(402, &[ROAD, ("name", "界路")], &line());
    for (id, name) in [(1, "砚北区"), (2, "砚南区")] {
        let tags = [
            ("type", "boundary"),
            ("boundary", "administrative"),
            ("name", name),
            ("name:en", "Yan"),
        ];
        osm.relation(id, &tags, &[401, 402]);
    }
    osm.relation(3, &[("boundary", "national_park"), ("name", "弃")], &[401]);
    let file = osm.pbf(district.folder.path());
    district.import(&file, &[]).success();

    let imported = |collection: &str| -> BTreeMap<String, Value> {
        let features = district.features(collection).into_iter();
        features
            .filter(|feature| feature["properties"]["located_by"] == "osm")
            .map(|feature| (feature["id"].as_str().unwrap().to_owned(), feature))
            .collect()
    };
    let (streets, rivers) = (imported("streets"), imported("water"));
    let ids = |features: &BTreeMap<String, Value>| -> BTreeSet<String> {
        features.keys().cloned().collect()
    };
    let expected = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(
        ids(&streets),
        expected(&[
            "way-1",
            "way-2",
            "way-3",
            "way-4",
            "way-5",
            "way-6",
            "way-301",
            "way-402",
            "relation-1",
            "relation-2"
        ])
    );
    assert_eq!(ids(&rivers), expected(&["way-7"]));
    for (id, kind) in [
        ("way-1", "street"),
        ("way-5", "railway"),
        ("relation-1", "boundary"),
    ] {
        assert_eq!(streets[id]["properties"]["kind"], kind);
    }
    let several = &streets["way-301"]["properties"];
    assert_eq!(several["name"], "多名路");
    assert_eq!(several["name_en"], "Duoming Lu");
    assert_eq!(several["aliases"], json!(["甲道", "乙道", "旧路"]));
    assert_eq!(streets["way-1"]["properties"]["name_en"], "留1");
    let limit = &streets["relation-2"];
    assert_eq!(limit["properties"]["name"], "砚南区界");
    assert_eq!(limit["properties"]["name_en"], "Limit of Yan");
    assert_eq!(limit["geometry"]["type"], "MultiLineString");
    assert_eq!(
        limit["geometry"]["coordinates"].as_array().unwrap().len(),
        2
    );

    // New kinds are listed, and all of it is a district that can be served.
    let kinds = district.json("collections.json")["collections"]
        .as_array()
        .unwrap()
        .iter()
        .find(|collection| collection["id"] == "streets")
        .unwrap()["kinds"]
        .clone();
    let kinds: Vec<&str> = kinds
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|kind| kind["id"].as_str())
        .collect();
    assert_eq!(kinds, ["street", "railway", "boundary"]);
    district.run(&["check"]).success();
}

/// A stretch of 织锦路 too long to bridge bears another name: an outline may borrow a street that runs
/// there, but a railway only where the sentence says so.
#[test]
fn an_outline_follows_a_railway_only_where_the_sentence_names_it() {
    let streets = District::yunze().features("streets");
    let (side, others): (Vec<Value>, Vec<Value>) = streets
        .into_iter()
        .partition(|street| street["properties"]["name"] == "织锦路");
    let course = places(&side[0]);
    let between = |a: Place, b: Place, part: f64| {
        let rounded = |degrees: f64| (degrees * 1e7).round() / 1e7;
        (
            rounded(a.0 + part * (b.0 - a.0)),
            rounded(a.1 + part * (b.1 - a.1)),
        )
    };
    let from = between(course[1], course[2], 0.5);
    let to = between(course[2], course[3], 0.1);
    let rail = ("railway", "rail");
    for (tag, name, kind) in [
        (ROAD, "岔路", Some("via")),
        (rail, "岔路", None),
        (rail, "织锦路", Some("street")),
    ] {
        let district = District::yunze();
        let mut osm = Osm::default();
        osm.collection(&others, ROAD, 1);
        let named = [ROAD, ("name", "织锦路")];
        osm.way(9001, &named, &[&course[..2], &[from]].concat());
        osm.way(9002, &[tag, ("name", name)], &[from, course[2], to]);
        osm.way(9003, &named, &[&[to], &course[3..]].concat());
        let said = district.import(&osm.pbf(district.folder.path()), &["--replace"]);
        let is_refused = said.all().contains("nothing was written");
        assert_eq!(is_refused, kind.is_none(), "{}", said.all());
        if is_refused {
            continue;
        }
        let zone = district.feature("zones", "yunfan");
        let sides = zone["properties"]["sides"].as_array().unwrap();
        let borrowed = sides.iter().any(|side| side["kind"] == "via");
        assert_eq!(borrowed, kind == Some("via"), "{sides:?}");
    }
}

#[test]
fn a_line_without_location_gains_one_and_one_outside_the_box_stays() {
    let district = District::yunze();
    district.change("streets.geojson", |file| {
        let features = file["features"].as_array_mut().unwrap();
        let mut unlocated = features[0].clone();
        unlocated["id"] = json!("someday");
        unlocated["geometry"] = Value::Null;
        let properties = &mut unlocated["properties"];
        properties["name"] = json!("未来路");
        properties["name_en"] = json!("Future Road");
        properties["located_by"] = json!("none");
        properties["accuracy_m"] = Value::Null;
        let mut far = features[0].clone();
        far["id"] = json!("far");
        far["geometry"]["coordinates"] = json!([[118.0, 39.5], [118.1, 39.5]]);
        far["properties"]["name"] = json!("远方路");
        far["properties"]["located_by"] = json!("osm");
        features.extend([unlocated, far]);
    });
    let far = district.feature("streets", "far");
    let mut osm = Osm::default();
    let places = [(117.0, 38.99), (117.0, 38.995)];
    osm.way(7, &[ROAD, ("name", "未来路")], &places);
    district
        .import(&osm.pbf(district.folder.path()), &[])
        .success();
    let located = district.feature("streets", "someday");
    assert_eq!(located["geometry"]["coordinates"], json!(places));
    assert_eq!(located["properties"]["name_en"], "Future Road");
    assert_eq!(district.feature("streets", "far"), far);
}

// ---- calls that are none, files that are none ------------------------------------------------

#[test]
fn a_call_that_is_none_exits_with_2() {
    let district = District::yunze();
    let file = "streets.osm.pbf";
    for args in [
        &["import", file][..],
        &["import", "--into", "streets"],
        &["import", file, "--into", "zones"],
        &["import", file, "--into", "streets", "--merge", "--replace"],
        &["import", file, "--into", "streets", "--bbox", "117,39,118"],
        &[
            "import",
            file,
            "--into",
            "streets",
            "--bbox",
            "117,39,118,x,40",
        ],
        &[
            "import",
            file,
            "--into",
            "streets",
            "--bbox",
            "118,39,117,40",
        ],
        &[
            "import",
            file,
            "--into",
            "streets",
            "--bbox",
            "117,39,117,40",
        ],
        &[
            "import",
            file,
            "--into",
            "streets",
            "--bbox",
            "117,39,NaN,40",
        ],
        &[
            "import",
            file,
            "--into",
            "streets",
            "--bbox",
            "-190,39,-189,40",
        ],
        &[
            "import",
            file,
            "--into",
            "streets",
            "--bbox",
            "110,30,120,40",
        ],
    ] {
        assert_eq!(district.run(args).code, Some(2), "{args:?}");
    }
    let help = program(&["import", "--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    for option in [
        "--into",
        "--bbox",
        "--merge",
        "--replace",
        "--geodata",
        "--seeds",
    ] {
        assert!(help.contains(option), "{option}: {help}");
    }
}

/// A file with one street in the box, and the bytes of it.
fn small_file(folder: &Path) -> (PathBuf, Vec<u8>) {
    let mut osm = Osm::default();
    osm.way(
        1,
        &[ROAD, ("name", "新开路")],
        &[(117.0, 38.99), (117.0, 38.995)],
    );
    osm.way(
        2,
        &[ROAD, ("name", "又一路")],
        &[(117.0, 38.99), (117.001, 38.995)],
    );
    osm.relation(
        1,
        &[("boundary", "administrative"), ("name", "砚南区")],
        &[1],
    );
    let file = osm.pbf(folder);
    let bytes = fs::read(&file).unwrap();
    (file, bytes)
}

#[test]
fn what_is_no_sound_file_is_told_in_both_languages_and_nothing_is_written() {
    let district = District::yunze();
    let folder = tempfile::tempdir().unwrap();
    let (file, sound) = small_file(folder.path());
    let before = district.bytes();
    let refuse = |file: &Path, zh: &str, en: &str| {
        let said = district.import(file, &["--replace"]);
        assert_eq!(said.code, Some(1), "{en}: {}", said.all());
        assert!(
            said.err.contains(zh) && said.err.contains(en),
            "{en}: {}",
            said.all()
        );
        assert!(!said.err.contains("panicked"), "{}", said.err);
        assert_eq!(district.bytes(), before, "{en}");
    };
    let mut hostile: Vec<(&str, &str, Vec<u8>)> = vec![
        (
            "不是 .osm.pbf",
            "no .osm.pbf",
            fs::read(folder.path().join("in.osm")).unwrap(),
        ),
        (
            "不是 .osm.pbf",
            "no .osm.pbf",
            b"PK\x03\x04 and so on".to_vec(),
        ),
        ("不是 .osm.pbf", "no .osm.pbf", vec![0; 1000]),
        ("不是 .osm.pbf", "no .osm.pbf", vec![]),
        ("不是 .osm.pbf", "no .osm.pbf", blob("OSMData", &plain(&[]))),
        ("不完整", "cut short", sound[..sound.len() - 1].to_vec()),
        (
            "已损坏",
            "damaged",
            [sound.as_slice(), &[0, 1, 0, 0, 0]].concat(),
        ),
        ("不完整", "cut short", [sound.as_slice(), &[0, 0]].concat()),
    ];
    // A head, a blob and an unpacked blob larger than the format allows.
    let header = blob("OSMHeader", &plain(&[]));
    let with = |data: Vec<u8>| [header.clone(), data].concat();
    hostile.push(("已损坏", "damaged", with(u32::MAX.to_be_bytes().to_vec())));
    for size in [i64::from(i32::MAX), 33 << 20, -1] {
        let head = [
            field(1, b"OSMData"),
            key(3, 0),
            varint(size.cast_unsigned()),
        ]
        .concat();
        let length = u32::try_from(head.len()).unwrap().to_be_bytes();
        let data = [&length[..], &head, b"x"].concat();
        hostile.push(("格式最多允许", "the format allows", with(data)));
    }
    let zeros = vec![0; 200 << 20];
    hostile.push((
        "解压后超过",
        "unpacks to more",
        with(blob("OSMData", &deflated(&zeros, 1000))),
    ));
    hostile.push((
        "解压后超过",
        "unpacks to more",
        with(blob("OSMData", &deflated(&zeros, zeros.len()))),
    ));
    hostile.push((
        "已损坏",
        "damaged",
        with(blob("OSMData", &deflated(b"short", 1000))),
    ));
    hostile.push((
        "已损坏",
        "damaged",
        with(blob(
            "OSMData",
            &[field(3, b"no zlib"), number(2, 7)].concat(),
        )),
    ));
    hostile.push((
        "lz4",
        "lz4",
        with(blob("OSMData", &field(6, b"packed otherwise"))),
    ));
    hostile.push((
        "HistoricalInformation",
        "HistoricalInformation",
        blob("OSMHeader", &plain(&field(4, b"HistoricalInformation"))),
    ));
    // A million empty strings and more, a list cut in two, an index that leads nowhere, nodes out
    // of order.
    let strings: Vec<u8> = [0x0a, 0].repeat(2 << 20);
    hostile.push(("已损坏", "damaged", with(data_blob(&field(1, &strings)))));
    let nodes = |ids: &[i64]| {
        let ids = packed_running(ids);
        let zeros = vec![0; ids.len().min(2)];
        field(
            2,
            &field(
                2,
                &[field(1, &ids), field(8, &zeros), field(9, &zeros)].concat(),
            ),
        )
    };
    hostile.push((
        "没有按编号排序",
        "not sorted",
        with(data_blob(&nodes(&[2, 1]))),
    ));
    hostile.push((
        "没有按编号排序",
        "not sorted",
        with(data_blob(&nodes(&[1, 1]))),
    ));
    hostile.push(("已损坏", "damaged", with(data_blob(&nodes(&[1, 2, 3])))));
    let relation = |members: &[u8], kinds: &[u8]| {
        let strings = ["", "boundary", "administrative", "name", "x"];
        let strings: Vec<u8> = strings
            .iter()
            .flat_map(|text| field(1, text.as_bytes()))
            .collect();
        let tags = [field(2, &[1, 3]), field(3, &[2, 4])].concat();
        let relation = [tags, field(9, members), field(10, kinds)].concat();
        [field(1, &strings), field(2, &field(4, &relation))].concat()
    };
    hostile.push((
        "已损坏",
        "damaged",
        with(data_blob(&relation(&[2, 2], &[1]))),
    ));
    let no_such_string = field(2, &field(4, &[field(2, &[9]), field(3, &[9])].concat()));
    hostile.push(("已损坏", "damaged", with(data_blob(&no_such_string))));
    hostile.push((
        "没有带名称",
        "no named road",
        with(data_blob(&nodes(&[1, 2]))),
    ));
    for (number, (zh, en, bytes)) in hostile.iter().enumerate() {
        let file = folder.path().join(format!("{number}.osm.pbf"));
        fs::write(&file, bytes).unwrap();
        refuse(&file, zh, en);
    }
    refuse(
        &folder.path().join("none.osm.pbf"),
        "读不到",
        "can't be read",
    );
    refuse(folder.path(), "读不到", "can't be read");
    // The name does not matter, the content does.
    let renamed = folder.path().join("extract.bin");
    fs::copy(&file, &renamed).unwrap();
    let elsewhere = district.import(&renamed, &["--bbox", "100,30,101,31"]);
    assert_eq!(elsewhere.code, Some(1));
    assert!(
        elsewhere.err.contains("100.0000,30.0000,101.0000,31.0000"),
        "{}",
        elsewhere.err
    );
    assert_eq!(district.bytes(), before);
    district.import(&renamed, &[]).success();
}

/// Every file that is cut somewhere, and thousands with wrong bytes, end in words or in lines that
/// are where they may be; none ends the program.
#[test]
fn cut_and_spoilt_files_end_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (_, sound) = small_file(folder.path());
    // Unpacked, so that what is spoilt is the data, not their compression.
    let unpacked = fs::read({
        let mut osm = Osm::default();
        let places: Vec<Place> = (0..40)
            .map(|n| (117.0 + f64::from(n) * 1e-4, 39.0))
            .collect();
        osm.way(1, &[ROAD, ("name", "新开路")], &places);
        osm.relation(1, &[("boundary", "administrative"), ("name", "区")], &[1]);
        osm.pbf_with(folder.path(), "pbf,pbf_compression=none")
    })
    .unwrap();
    let extent: Extent = "116.9,38.9,117.1,39.1".parse().unwrap();
    let file = folder.path().join("spoilt.osm.pbf");
    let read = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        extract(&file, extent, &mut |done, all| assert!(done <= all))
    };
    assert!(read(&sound).is_ok() && read(&unpacked).is_ok());
    for bytes in [&sound, &unpacked] {
        let ends: Vec<usize> = (0..bytes.len())
            .filter(|end| read(&bytes[..*end]).is_ok())
            .collect();
        // Cut between its two last blobs a file is a sound one, without the limits.
        assert!(ends.len() < 2, "{ends:?}");
        let lines = ends.iter().map(|end| read(&bytes[..*end]).unwrap().lines);
        assert!(lines.flatten().all(|line| line.named.kind == Kind::Street));
    }
    let mut random = StdRng::seed_from_u64(20);
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..if in_full() { 50_000 } else { 2_000 } {
        let mut bytes = unpacked.clone();
        for _ in 0..random.random_range(1..4) {
            let place = random.random_range(0..bytes.len());
            bytes[place] = random.random();
        }
        match read(&bytes) {
            Ok(extract) => {
                taken += 1;
                for line in extract.lines {
                    assert!(line.parts.iter().all(|part| part.len() > 1));
                }
            }
            Err(text) => {
                refused += 1;
                assert!(!text.zh.is_empty() && !text.en.is_empty());
            }
        }
    }
    assert!(refused > 100 && taken > 100, "{refused} {taken}");
}

#[test]
fn an_import_that_would_not_load_leaves_the_folder_as_it_was() {
    let district = District::yunze();
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = small_file(folder.path());
    // A project lies in a street that the extract does not have.
    district.change("projects.geojson", |file| {
        let project = &mut file["features"][0];
        project["geometry"] = Value::Null;
        project["properties"]["located_by"] = json!("container");
        project["properties"]["accuracy_m"] = Value::Null;
        project["properties"]["container"] = json!("streets/s-1");
    });
    district.run(&["check"]).success();
    let before = district.bytes();
    let said = district.import(&file, &["--replace"]);
    assert_eq!(said.code, Some(1), "{}", said.all());
    for words in ["streets/s-1", "未改写任何文件", "nothing was written"] {
        assert!(said.err.contains(words), "{}", said.all());
    }
    assert_eq!(district.bytes(), before);

    // A district that is wrong before is told so, not made worse.
    district.change("streets.geojson", |file| {
        file["features"][0]["id"] = json!("No Id");
    });
    let before = district.bytes();
    assert_eq!(district.import(&file, &[]).code, Some(1));
    assert_eq!(district.bytes(), before);
}

#[test]
fn projected_streets_are_not_mixed_with_degrees() {
    let district = District::yunze();
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = small_file(folder.path());
    let crs = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}});
    district.change("streets.geojson", |file| file["crs"] = crs);
    district.run(&["check"]).success();
    let before = district.bytes();
    let said = district.import(&file, &[]);
    assert!(
        said.code == Some(1) && said.err.contains("crs"),
        "{}",
        said.all()
    );
    assert_eq!(district.bytes(), before);
}

// ---- size ------------------------------------------------------------------------------------

/// A file as large as a province's (in full), of which a district's share lies in the box: the
/// program may have 256 MB of address space, its own code included.
#[test]
fn a_large_file_is_read_in_little_memory() {
    let district = District::yunze();
    let file = district.folder.path().join("province.osm.pbf");
    let nodes = if in_full() { 30_000_000 } else { 1_000_000 };
    write_province(&file, nodes);
    let output = Command::new("prlimit")
        .arg(format!("--as={}", 256 << 20))
        .arg(PROGRAM)
        .args(["import", file.to_str().unwrap(), "--into", "streets"])
        .arg("--seeds")
        .arg(&district.seeds)
        .arg("--geodata")
        .arg(district.geodata())
        .output()
        .expect("prlimit of util-linux is installed");
    let said = Said::of(&output).success();
    let imported = district
        .features("streets")
        .iter()
        .filter(|street| street["properties"]["located_by"] == "osm")
        .count();
    assert!(imported > 50, "{}", said.all());
}

/// Nodes in a grid around the invented district, and named streets along every tenth row of it.
fn write_province(file: &Path, nodes: i64) {
    const BLOCK: i64 = 8000;
    const STREET: i64 = 100;
    let mut out = std::io::BufWriter::new(fs::File::create(file).unwrap());
    let mut write = |bytes: &[u8]| out.write_all(bytes).unwrap();
    write(&blob("OSMHeader", &plain(&field(4, b"DenseNodes"))));
    // Rows of a hundred thousand nodes, 20 m apart; the district lies in the middle.
    let place = |node: i64| {
        let (row, column) = (node / 10_000, node % 10_000);
        let lon = 1_170_000_000 + (column - 5_000) * 2_000;
        let lat = 390_000_000 + (row - nodes / 20_000) * 2_000;
        (lon, lat)
    };
    for first in (0..nodes).step_by(8000) {
        let ids: Vec<i64> = (first..nodes.min(first + BLOCK)).collect();
        let lons: Vec<i64> = ids.iter().map(|id| place(*id).0).collect();
        let lats: Vec<i64> = ids.iter().map(|id| place(*id).1).collect();
        let dense = [
            field(1, &packed_running(&ids)),
            field(8, &packed_running(&lats)),
            field(9, &packed_running(&lons)),
        ]
        .concat();
        write(&data_blob(&field(2, &field(2, &dense))));
    }
    // Along every tenth row.
    let streets = (0..nodes / STREET).filter(|street| street / 100 % 10 == 0);
    let streets: Vec<i64> = streets.collect();
    for streets in streets.chunks(8000) {
        let mut strings = [
            field(1, b""),
            field(1, b"highway"),
            field(1, b"primary"),
            field(1, b"name"),
        ]
        .concat();
        let mut group = Vec::new();
        for (place, street) in (4_u64..).zip(streets) {
            strings.extend(field(1, format!("第{street}路").as_bytes()));
            let nodes: Vec<i64> = (street * STREET..(street + 1) * STREET).collect();
            let way = [
                number(1, (street + 1).cast_unsigned()),
                field(2, &[1, 3]),
                field(3, &[&[2][..], &varint(place)].concat()),
                field(8, &packed_running(&nodes)),
            ]
            .concat();
            group.extend(field(3, &way));
        }
        write(&data_blob(&[field(1, &strings), field(2, &group)].concat()));
    }
}

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let district = District::yunze();
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = small_file(folder.path());
    let said = district.import(&file, &[]).success();
    assert!(
        !said.all().contains('%') && said.err.is_empty(),
        "{}",
        said.all()
    );
    // script gives it a terminal.
    let command = format!(
        "'{PROGRAM}' import '{}' --into streets --seeds '{}' --geodata '{}'",
        file.display(),
        district.seeds.display(),
        district.geodata().display()
    );
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("TERM", "xterm")
        .output()
        .expect("script of bsdutils is installed");
    let said = Said::of(&output).success();
    assert!(
        said.out.contains(" 0 %") && said.out.contains("B/s"),
        "{}",
        said.all()
    );
}

// ---- Protocol Buffers ------------------------------------------------------------------------

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
    bytes
}

fn key(field: u64, wire_type: u64) -> Vec<u8> {
    varint(field << 3 | wire_type)
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [key(field, 0), varint(value)].concat()
}

fn field(field: u64, bytes: &[u8]) -> Vec<u8> {
    [&key(field, 2), &varint(bytes.len() as u64), bytes].concat()
}

/// Numbers as zigzag differences.
fn packed_running(numbers: &[i64]) -> Vec<u8> {
    let mut last = 0;
    let mut bytes = Vec::new();
    for number in numbers {
        let difference = number - last;
        last = *number;
        bytes.extend(varint(
            ((difference << 1) ^ (difference >> 63)).cast_unsigned(),
        ));
    }
    bytes
}

fn blob(kind: &str, content: &[u8]) -> Vec<u8> {
    let head = [field(1, kind.as_bytes()), number(3, content.len() as u64)].concat();
    let length = u32::try_from(head.len()).unwrap().to_be_bytes();
    [&length[..], &head, content].concat()
}

fn data_blob(block: &[u8]) -> Vec<u8> {
    blob("OSMData", &deflated(block, block.len()))
}

fn plain(message: &[u8]) -> Vec<u8> {
    field(1, message)
}

/// Packed by zlib, with the size that it claims to have.
fn deflated(message: &[u8], claimed: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(message).unwrap();
    [
        number(2, claimed as u64),
        field(3, &encoder.finish().unwrap()),
    ]
    .concat()
}
