//! Boundary sentences compiled by the real program on the real data, and properties of the compiler
//! that hold on any: on streets drawn at random, and on the district's own in any order.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use geo::{Coord, Distance, Euclidean, Geometry, LineString, Point, Polygon};
use rand::{
    Rng, SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};
use renewal_map::{
    boundary::{Compiled, Direction, Line, LineKind, Network, Outcome, Reason, Sentence, compile},
    geometry::{frame::Frame, measure, validity},
    model::{Feature, LocatedBy},
    store::{Snapshot, files::Files, load},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Server, in_full, program, repository, yunze};

// ---- a district's lines and zones ------------------------------------------------------------

/// A district as the compiler sees it.
struct District {
    snapshot: Snapshot,
    lines: Vec<Line>,
    /// Metres, for measuring inside the district.
    plane: Frame,
}

impl District {
    fn read(folder: &Path) -> Self {
        let files = |part: &str| Some(folder.join(part));
        let snapshot = load(
            &Files::seeds(files("seeds")),
            &Files::geodata(files("geodata")),
        )
        .unwrap();
        let lines = lines(&snapshot);
        let plane = Frame::at(lines[0].coords.0[0]);
        Self {
            snapshot,
            lines,
            plane,
        }
    }

    fn hongqiao() -> Self {
        Self::read(repository())
    }

    /// The zones that cite a boundary sentence, each with that sentence.
    fn zones(&self) -> Vec<(&Feature, String)> {
        let zones = self.snapshot.collection("zones").unwrap().features();
        zones
            .filter_map(|zone| {
                let text = &properties(zone)["boundary"]["text"];
                Some((zone, text.as_str()?.to_owned()))
            })
            .collect()
    }

    /// Metres from a point (in degrees) to the nearest line of this name.
    fn metres_to(&self, name: &str, point: Coord<f64>) -> f64 {
        let point = Point(self.plane.to_plane(point));
        let ways = self.lines.iter().filter(|line| line.name == name);
        ways.map(|way| {
            let points = way.coords.coords();
            let way: LineString<f64> = points.map(|&c| self.plane.to_plane(c)).collect();
            Euclidean.distance(&point, &way)
        })
        .fold(f64::INFINITY, f64::min)
    }
}

fn properties(feature: &Feature) -> Value {
    serde_json::from_str(feature.properties.get()).unwrap()
}

fn lines(snapshot: &Snapshot) -> Vec<Line> {
    let mut lines = Vec::new();
    for (collection, kind) in [
        ("streets", LineKind::Street),
        ("water", LineKind::River),
        ("district", LineKind::Other),
    ] {
        for feature in snapshot.collection(collection).unwrap().features() {
            let courses: Vec<LineString<f64>> = match feature.geometry.clone().unwrap() {
                Geometry::LineString(line) => vec![line],
                Geometry::Polygon(polygon) => vec![polygon.exterior().clone()],
                Geometry::MultiPolygon(parts) => {
                    parts.iter().map(|part| part.exterior().clone()).collect()
                }
                other => panic!("{collection}/{}: {other:?}", feature.id),
            };
            let is_limit = kind == LineKind::Other;
            lines.extend(courses.into_iter().map(|coords| Line {
                id: feature.id.to_string(),
                name: if is_limit {
                    "区界".into()
                } else {
                    feature.name.to_string()
                },
                aliases: feature.aliases.iter().map(ToString::to_string).collect(),
                kind,
                accuracy_m: feature.accuracy_m,
                coords,
            }));
        }
    }
    lines
}

// ---- what holds for every outline ------------------------------------------------------------

/// An outline as it is written.
#[derive(Deserialize)]
struct Outline {
    ring: Vec<[f64; 2]>,
    sides: Vec<Stretch>,
    accuracy_m: f64,
}

#[derive(Deserialize)]
struct Stretch {
    side: String,
    kind: String,
    street: Option<String>,
    from: usize,
    to: usize,
    metres: f64,
    accuracy_m: f64,
    ways: Vec<String>,
}

impl Outline {
    /// The outline of a zone of the data.
    fn of_zone(zone: &Feature) -> Self {
        let Some(Geometry::Polygon(polygon)) = &zone.geometry else {
            panic!("{}: {:?}", zone.id, zone.geometry);
        };
        assert!(polygon.interiors().is_empty());
        let ring: Vec<[f64; 2]> = polygon.exterior().coords().map(|c| [c.x, c.y]).collect();
        let properties = properties(zone);
        let outline = json!({"ring": ring, "sides": properties["sides"], "accuracy_m": properties["accuracy_m"]});
        serde_json::from_value(outline).unwrap()
    }

    fn points(&self) -> Vec<Coord<f64>> {
        self.ring.iter().map(|&[x, y]| Coord { x, y }).collect()
    }

    fn polygon(&self) -> Geometry<f64> {
        Polygon::new(LineString::new(self.points()), vec![]).into()
    }

    fn metres(&self, counts: impl Fn(&Stretch) -> bool) -> f64 {
        let counted = self.sides.iter().filter(|stretch| counts(stretch));
        counted.fold(0.0, |sum, stretch| sum + stretch.metres)
    }

    /// Checks all that must hold for an outline compiled from `text` along the lines of `district`.
    fn check(&self, text: &str, district: &District) {
        self.check_ring(text);
        self.check_order(text);
        let sentence: Sentence = text.parse().unwrap();
        for stretch in &self.sides {
            self.check_stretch(stretch, &sentence, district);
        }
        self.check_limits(text);
        // Every line that the sentence names bounds the side for which it is named.
        for side in sentence.sides() {
            for name in &side.names {
                let follows = |stretch: &Stretch| {
                    stretch.kind == "street"
                        && stretch.side == side.direction.en()
                        && is_called(district, stretch, &name.text)
                };
                assert!(self.sides.iter().any(follows), "{text}: {}", name.text);
            }
        }
    }

    fn check_ring(&self, text: &str) {
        let points = self.points();
        assert!(points.len() >= 4, "{text}");
        assert_eq!(points.first(), points.last(), "{text}");
        assert_eq!(validity::check(&self.polygon()), Ok(()), "{text}");
        let doubled: f64 = points
            .windows(2)
            .map(|pair| {
                let (a, b) = (pair[0] - points[0], pair[1] - points[0]);
                a.x * b.y - a.y * b.x
            })
            .sum();
        assert!(doubled > 0.0, "{text}: counter-clockwise");
    }

    /// From the first vertex to the last without a gap; west, south, east, north.
    fn check_order(&self, text: &str) {
        let mut at = 0;
        for stretch in &self.sides {
            assert!(stretch.from == at && stretch.to > at, "{text}");
            at = stretch.to;
        }
        assert_eq!(at, self.ring.len() - 1, "{text}");
        let mut sides: Vec<&str> = self.sides.iter().map(|s| s.side.as_str()).collect();
        sides.dedup();
        assert_eq!(sides, ["west", "south", "east", "north"], "{text}");
    }

    fn check_stretch(&self, stretch: &Stretch, sentence: &Sentence, district: &District) {
        let text = sentence.text();
        let part = LineString::new(self.points()[stretch.from..=stretch.to].to_vec());
        let long = measure::length_m(&part.clone().into());
        assert!(stretch.metres > 0.0, "{text}");
        assert!(
            (stretch.metres - long).abs() <= 0.06,
            "{text}: {} m, not {long} m",
            stretch.metres
        );
        let Some(street) = &stretch.street else {
            assert_eq!(stretch.kind, "bridge", "{text}");
            assert!(stretch.ways.is_empty(), "{text}");
            assert!(stretch.metres <= 250.0, "{text}: {}", stretch.metres);
            assert!(stretch.accuracy_m >= stretch.metres, "{text}");
            return;
        };
        let names_it = |direction: Direction| {
            let names = &sentence.side(direction).names;
            names
                .iter()
                .any(|name| is_called(district, stretch, &name.text))
        };
        let side = Direction::CLOCKWISE
            .into_iter()
            .find(|d| d.en() == stretch.side);
        match stretch.kind.as_str() {
            "street" => assert!(names_it(side.unwrap()), "{text}: {street}"),
            "via" => assert!(!Direction::CLOCKWISE.into_iter().any(names_it), "{text}"),
            kind => panic!("{text}: {kind} {street}"),
        }
        let mut worst: f64 = 0.0;
        assert!(!stretch.ways.is_empty(), "{text}: {street}");
        for id in &stretch.ways {
            let is_it = |line: &&Line| line.name == *street && line.id == *id;
            let way = district
                .lines
                .iter()
                .find(is_it)
                .expect("a way of the street");
            worst = worst.max(way.accuracy_m);
        }
        assert!(
            (stretch.accuracy_m - worst).abs() < 1e-9,
            "{text}: {street}"
        );
        for point in every_20_m(&part, &district.plane) {
            let away = district.metres_to(street, point);
            assert!(away <= 35.0, "{text}: {away} m from {street} at {point:?}");
        }
    }

    fn check_limits(&self, text: &str) {
        let all = self.metres(|_| true);
        let bridged = self.metres(|stretch| stretch.kind == "bridge");
        let elsewhere = self.metres(|stretch| stretch.kind != "street");
        assert!(bridged <= 0.10 * all, "{text}: {bridged} of {all} m");
        assert!(elsewhere <= 0.20 * all, "{text}: {elsewhere} of {all} m");
        let runs = self.sides.chunk_by(|a, b| a.kind == b.kind);
        for run in runs.filter(|run| run[0].kind == "via") {
            let metres: f64 = run.iter().map(|stretch| stretch.metres).sum();
            assert!(metres <= 500.0, "{text}: {metres} m elsewhere");
        }
        let worst = self.sides.iter().map(|stretch| stretch.accuracy_m);
        let worst = worst.fold(0.0, f64::max);
        assert!((self.accuracy_m - worst).abs() < 1e-9, "{text}");
    }
}

/// Whether the street of a stretch has this name, or this alias if no street has it as its name.
fn is_called(district: &District, stretch: &Stretch, name: &str) -> bool {
    let street = stretch.street.as_deref();
    let mut known = district.lines.iter().filter(|line| line.name == name);
    if known.next().is_some() {
        return street == Some(name);
    }
    let mut ways = district.lines.iter().filter(|l| street == Some(&l.name));
    ways.any(|line| line.aliases.iter().any(|alias| alias == name))
}

/// The vertices of a line in degrees, and points between them at most 20 m apart.
fn every_20_m(line: &LineString<f64>, plane: &Frame) -> Vec<Coord<f64>> {
    let mut points = vec![line.0[0]];
    for part in line.lines() {
        let long = Euclidean.distance(plane.to_plane(part.start), plane.to_plane(part.end));
        let mut along = 20.0;
        while along < long {
            points.push(part.start + part.delta() * (along / long));
            along += 20.0;
        }
        points.push(part.end);
    }
    points
}

#[test]
fn zones_are_sound_and_a_planner_recognises_them() {
    let hongqiao = District::hongqiao();
    let invented = District::read(&yunze());
    let expected = [
        (&hongqiao, "西站枢纽经济区", 385.0, 2.0),
        (&hongqiao, "光荣道智能科技示范区", 71.0, 1.0),
        (&hongqiao, "三岔河口文旅商贸区", 136.0, 2.0),
        (&invented, "云帆商务区", 180.0, 1.0),
        (&invented, "听雨文创区", 142.0, 1.0),
    ];
    let mut checked = 0;
    for district in [&hongqiao, &invented] {
        for (zone, text) in district.zones() {
            let outline = Outline::of_zone(zone);
            outline.check(&text, district);
            assert_eq!(zone.located_by, LocatedBy::Compiled);
            let (.., hectares, tolerance) = expected
                .iter()
                .find(|(_, name, ..)| **name == *zone.name)
                .expect("a zone whose area is known");
            let measured = measure::area_m2(&outline.polygon()) / 10_000.0;
            assert!(
                (measured - hectares).abs() <= *tolerance,
                "{}: {measured} ha",
                zone.name
            );
            checked += 1;
        }
    }
    assert_eq!(checked, expected.len());
}

// ---- the real program ------------------------------------------------------------------------

/// Runs `compile`: its exit code, and all that it said.
fn run_compile(geodata: &Path, seeds: &Path, options: &[&str]) -> (Option<i32>, String) {
    let [geodata, seeds] = [geodata, seeds].map(|path| path.to_str().unwrap());
    let mut command = program(&["compile", "--geodata", geodata, "--seeds", seeds]);
    let output = command.args(options).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// A copy of the district's geodata that a test may change.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(repository().join("geodata")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.file(name)).unwrap()).unwrap()
    }

    fn edit(&self, name: &str, change: impl FnOnce(&mut Vec<Value>)) {
        let mut file = self.read(name);
        change(file["features"].as_array_mut().unwrap());
        fs::write(self.file(name), file.to_string()).unwrap();
    }

    fn compile(&self, options: &[&str]) -> (Option<i32>, String) {
        run_compile(self.0.path(), &repository().join("seeds"), options)
    }
}

/// A zone without what the compiler writes.
fn as_written_by_hand(zone: &Value) -> String {
    let mut zone = zone.clone();
    zone["geometry"] = Value::Null;
    for name in ["sides", "accuracy_m"] {
        zone["properties"]
            .as_object_mut()
            .unwrap()
            .shift_remove(name);
    }
    zone.to_string()
}

/// The zones before and after, in pairs.
fn pairs<'a>(before: &'a Value, after: &'a Value) -> Vec<(&'a str, &'a Value, &'a Value)> {
    let [before, after] = [before, after].map(|file| file["features"].as_array().unwrap());
    assert_eq!(before.len(), after.len());
    let pairs = before.iter().zip(after);
    pairs
        .map(|(b, a)| (b["properties"]["name"].as_str().unwrap(), b, a))
        .collect()
}

#[test]
fn committed_zones_are_what_compiles() {
    for folder in [repository().to_owned(), yunze()] {
        let (geodata, seeds) = (folder.join("geodata"), folder.join("seeds"));
        let (code, said) = run_compile(&geodata, &seeds, &["--check"]);
        assert_eq!(code, Some(0), "{said}");
        for (zone, _) in District::read(&folder).zones() {
            assert!(said.contains(&*zone.name), "{said}");
        }
    }
}

#[test]
fn a_moved_street_moves_the_zones_along_it_and_nothing_else() {
    let copy = Copy::new();
    let before = copy.read("zones.geojson");
    let text = fs::read(copy.file("zones.geojson")).unwrap();
    copy.edit("streets.geojson", |streets| {
        let vertices = streets
            .iter_mut()
            .filter(|street| street["properties"]["name"] == "光荣道")
            .flat_map(|street| street["geometry"]["coordinates"].as_array_mut().unwrap());
        // Between 本溪路 and 咸阳北路, where it bounds one zone; 33 m to the north.
        let mut moved = 0;
        for vertex in vertices.filter(|vertex| vertex[0] == 117.1345) {
            vertex[1] = json!(vertex[1].as_f64().unwrap() + 0.0003);
            moved += 1;
        }
        assert_eq!(moved, 1);
    });

    let (code, said) = copy.compile(&["--check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("zones.geojson"), "{said}");
    assert_eq!(
        fs::read(copy.file("zones.geojson")).unwrap(),
        text,
        "only checked"
    );

    let (code, said) = copy.compile(&[]);
    assert_eq!(code, Some(0), "{said}");
    let after = copy.read("zones.geojson");
    for (name, before, after) in pairs(&before, &after) {
        assert_eq!(
            as_written_by_hand(before),
            as_written_by_hand(after),
            "{name}"
        );
        assert_eq!(before == after, name != "光荣道智能科技示范区", "{name}");
    }
    let (code, said) = copy.compile(&["--check"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_missing_street_is_named_and_no_shape_is_invented() {
    const ZONE: &str = "光荣道智能科技示范区";
    let copy = Copy::new();
    let before = copy.read("zones.geojson");
    copy.edit("streets.geojson", |streets| {
        let all = streets.len();
        streets.retain(|street| street["properties"]["name"] != "纪念馆路");
        assert!(streets.len() < all);
    });

    let (code, said) = copy.compile(&["--check"]);
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = copy.compile(&[]);
    assert_eq!(code, Some(1), "{said}");
    let line = said.lines().find(|line| line.starts_with(ZONE));
    assert!(line.is_some_and(|line| line.contains("纪念馆路")), "{said}");
    let after = copy.read("zones.geojson");
    for (name, before, after) in pairs(&before, &after) {
        assert_eq!(
            as_written_by_hand(before),
            as_written_by_hand(after),
            "{name}"
        );
        if name == ZONE {
            assert_eq!(after["geometry"], Value::Null);
            assert_eq!(after["properties"]["accuracy_m"], Value::Null);
            assert_eq!(after["properties"]["sides"], json!([]));
            assert_eq!(after["properties"]["located_by"], "compiled");
        } else {
            assert_eq!(before, after, "{name}");
        }
    }
    // Unresolved still, though nothing is left to rewrite.
    let (code, said) = copy.compile(&["--check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("纪念馆路"), "{said}");

    let seeds = repository().join("seeds");
    let server = Server::start_with(&[
        "--geodata",
        copy.0.path().to_str().unwrap(),
        "--seeds",
        seeds.to_str().unwrap(),
    ]);
    let zone = server.json("/collections/zones/items/guangrong-road-park");
    assert_eq!(zone["geometry"], Value::Null);
    assert_eq!(zone["properties"]["name"], ZONE);
    assert_eq!(zone["properties"]["located_by"], "compiled");
    assert_eq!(zone["properties"]["sides"], json!([]));
    assert!(
        zone["properties"]["boundary"]["text"]
            .as_str()
            .unwrap()
            .contains("纪念馆路")
    );
    let area =
        json!({"area": {"feature": "zones/guangrong-road-park"}, "collections": ["projects"]});
    let problem = server.post("/areas/query", area.to_string()).problem(422);
    assert!(problem.contains("no location"), "{problem}");
    // Where it would be by the data as they were.
    let found = server.json("/collections/zones/items?bbox=117.131,39.173,117.134,39.175");
    let found = found["features"].as_array().unwrap();
    assert!(!found.iter().any(|zone| zone["id"] == "guangrong-road-park"));
}

// ---- streets at random -----------------------------------------------------------------------

/// A crooked grid of streets, one block or several of it, and where that lies.
struct Grid {
    lines: Vec<Line>,
    sentence: String,
    /// Its outline in the plane, counter-clockwise, not closed.
    outline: Vec<Coord<f64>>,
}

/// Where the grids lie, in degrees.
fn grid_plane() -> Frame {
    Frame::at(Coord { x: 117.0, y: 39.0 })
}

/// Streets that bend at every crossing, turned by up to 30°, overshooting at both ends, in ways
/// split and ordered at random; some of them as two carriageways 20 m apart if `dual`.
fn random_grid(rng: &mut StdRng, dual: bool) -> Grid {
    let (columns, rows) = (rng.random_range(3..7_usize), rng.random_range(3..7_usize));
    let (sin, cos) = rng.random_range(-30.0_f64..30.0).to_radians().sin_cos();
    let mut at = vec![vec![Coord::zero(); rows]; columns];
    let (mut west_east, mut south_north) = (0.0, 0.0);
    for column in &mut at {
        for crossing in column.iter_mut() {
            let x = west_east + rng.random_range(-80.0..80.0);
            let y = south_north + rng.random_range(-70.0..70.0);
            *crossing = Coord {
                x: x * cos - y * sin,
                y: x * sin + y * cos,
            };
            south_north += 350.0;
        }
        west_east += 400.0;
        south_north = 0.0;
    }
    let mut lines = Vec::new();
    for (i, column) in at.iter().enumerate() {
        add_street(&mut lines, &format!("纵{i}路"), column, dual, rng);
    }
    for j in 0..rows {
        let row: Vec<Coord<f64>> = at.iter().map(|column| column[j]).collect();
        add_street(&mut lines, &format!("横{j}路"), &row, dual, rng);
    }
    lines.shuffle(rng);
    let west = rng.random_range(0..columns - 1);
    let east = rng.random_range(west + 1..columns);
    let south = rng.random_range(0..rows - 1);
    let north = rng.random_range(south + 1..rows);
    let outline = (west..east)
        .map(|i| at[i][south])
        .chain((south..north).map(|j| at[east][j]))
        .chain((west + 1..=east).rev().map(|i| at[i][north]))
        .chain((south + 1..=north).rev().map(|j| at[west][j]))
        .collect();
    Grid {
        lines,
        sentence: format!("北至横{north}路，南至横{south}路，西至纵{west}路，东至纵{east}路"),
        outline,
    }
}

fn add_street(
    lines: &mut Vec<Line>,
    name: &str,
    points: &[Coord<f64>],
    dual: bool,
    rng: &mut StdRng,
) {
    let last = points.len() - 1;
    let mut course = points.to_vec();
    course.insert(
        0,
        points[0] + (points[0] - points[1]) * rng.random_range(0.0..0.3),
    );
    course.push(points[last] + (points[last] - points[last - 1]) * rng.random_range(0.0..0.3));
    let carriageways = if dual && rng.random() {
        let end_to_end = course[course.len() - 1] - course[0];
        let long = end_to_end.x.hypot(end_to_end.y);
        let aside = Coord {
            x: -end_to_end.y,
            y: end_to_end.x,
        } * (10.0 / long);
        let there = course.iter().map(|&point| point + aside).collect();
        let back = course.iter().rev().map(|&point| point - aside).collect();
        vec![there, back]
    } else {
        vec![course]
    };
    for carriageway in carriageways {
        for points in split(&carriageway, rng) {
            lines.push(Line {
                id: format!("way-{}", lines.len()),
                name: name.to_owned(),
                aliases: vec![],
                kind: LineKind::Street,
                accuracy_m: 10.0,
                coords: points.iter().map(|&p| grid_plane().to_degrees(p)).collect(),
            });
        }
    }
}

/// A path in one part or several, each of which begins where the one before ends.
fn split(points: &[Coord<f64>], rng: &mut StdRng) -> Vec<Vec<Coord<f64>>> {
    let mut parts = Vec::new();
    let mut from = 0;
    while from < points.len() - 1 {
        let to = (from + 1 + rng.random_range(0..points.len())).min(points.len() - 1);
        parts.push(points[from..=to].to_vec());
        from = to;
    }
    parts
}

fn shoelace(ring: &[Coord<f64>]) -> f64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs.map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>() / 2.0
}

#[test]
fn blocks_of_random_grids_compile_to_themselves() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0001);
    for case in 0..if in_full() { 2_000 } else { 60 } {
        let dual = case % 3 == 1;
        let grid = random_grid(&mut rng, dual);
        let text = &grid.sentence;
        let outcome = compile(text, &grid.lines);
        let Outcome::Compiled(area) = &outcome else {
            panic!("case {case}: {text}: {outcome:?}");
        };
        assert!(!area.has_gaps(), "case {case}: {text}: {area:?}");
        let ring: LineString<f64> = area
            .ring
            .iter()
            .map(|&c| grid_plane().to_plane(c))
            .collect();
        let (covers, expected) = (shoelace(&ring.0), shoelace(&grid.outline));
        let (share, metres) = if dual { (0.03, 8.0) } else { (0.002, 1.0) };
        assert!(
            (covers / expected - 1.0).abs() <= share,
            "case {case}: {text}: {covers} m², not {expected} m²"
        );
        for &corner in &grid.outline {
            let away = Euclidean.distance(&Point(corner), &ring);
            assert!(away <= metres, "case {case}: {text}: {away} m off");
        }
        let mut backwards = grid.lines.clone();
        backwards.reverse();
        assert_eq!(compile(text, &backwards), outcome, "case {case}: {text}");
    }
}

// ---- the district's streets ------------------------------------------------------------------

/// An area with the ways of each stretch as a set: a part of a way counts as the way.
fn without_order_of_ways(outcome: &Outcome) -> Compiled {
    let Outcome::Compiled(area) = outcome else {
        panic!("{outcome:?}");
    };
    let mut area = area.clone();
    for stretch in &mut area.stretches {
        let ways = stretch.ways.iter().cloned().zip(stretch.along_ways.clone());
        let ways: BTreeMap<String, f64> = ways.collect();
        assert_eq!(ways.len(), stretch.ways.len(), "each way once");
        (stretch.ways, stretch.along_ways) = ways.into_iter().unzip();
    }
    area
}

#[test]
fn the_order_and_the_splitting_of_ways_make_no_difference() {
    let district = District::hongqiao();
    let network = Network::new(&district.lines);
    let sentences: Vec<Sentence> = district
        .zones()
        .iter()
        .map(|(_, text)| text.parse().unwrap())
        .collect();
    let mut rng = StdRng::seed_from_u64(0x5eed_0002);
    for round in 0..if in_full() { 60 } else { 4 } {
        let is_split = round % 2 == 1;
        let mut lines = Vec::new();
        for line in &district.lines {
            if !is_split {
                lines.push(line.clone());
                continue;
            }
            for mut points in split(&line.coords.0, &mut rng) {
                if rng.random() {
                    points.reverse();
                }
                let coords = points.into();
                lines.push(Line {
                    coords,
                    ..line.clone()
                });
            }
        }
        lines.shuffle(&mut rng);
        let shuffled = Network::new(&lines);
        for sentence in &sentences {
            let (expected, outcome) = (network.compile(sentence), shuffled.compile(sentence));
            assert!(matches!(expected, Outcome::Compiled(_)), "{expected:?}");
            if is_split {
                assert_eq!(
                    without_order_of_ways(&outcome),
                    without_order_of_ways(&expected)
                );
            } else {
                assert_eq!(outcome, expected, "{}", sentence.text());
            }
        }
    }
}

/// Names for a side: of lines that lie in that direction from a place.
fn random_side(
    district: &District,
    place: Coord<f64>,
    direction: Direction,
    rng: &mut StdRng,
) -> String {
    let lies_there = |line: &&Line| {
        line.coords.coords().any(|&vertex| {
            let away = district.plane.to_plane(vertex) - district.plane.to_plane(place);
            let (ahead, aside) = match direction {
                Direction::North => (away.y, away.x),
                Direction::East => (away.x, away.y),
                Direction::South => (-away.y, away.x),
                Direction::West => (-away.x, away.y),
            };
            (aside.abs()..1_500.0).contains(&ahead)
        })
    };
    let lines = district.lines.iter().filter(lies_there);
    let names: BTreeSet<&str> = lines.map(|line| line.name.as_str()).collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    names.shuffle(rng);
    names.truncate(1 + rng.random_range(0..3).min(rng.random_range(0..3)));
    names.join("、")
}

/// A zone's own sentence with another side, or four sides around some place, though hardly as a
/// planner would choose them.
fn random_sentence(district: &District, rng: &mut StdRng) -> Option<Sentence> {
    let line = district.lines.choose(rng)?;
    let aside = Coord {
        x: rng.random_range(-0.004..0.004),
        y: rng.random_range(-0.004..0.004),
    };
    let place = *line.coords.0.choose(rng)? + aside;
    let (_, zone) = district.zones().choose(rng)?.clone();
    let zone: Sentence = zone.parse().unwrap();
    let other = rng.random_range(0..8);
    let sides = Direction::CLOCKWISE.map(|direction| {
        let names = if other >= 4 || other == direction.index() {
            random_side(district, place, direction, rng)
        } else {
            let names = &zone.side(direction).names;
            let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
            names.join("、")
        };
        format!("{direction}至{names}")
    });
    // Unreadable if no line lies in one of the directions.
    sides.join("，").parse().ok()
}

#[test]
fn any_sentence_makes_a_sound_outline_or_a_reason() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0003);
    for district in [District::hongqiao(), District::read(&yunze())] {
        let network = Network::new(&district.lines);
        let (mut compiled, mut ambiguous, mut refused) = (0, 0, 0);
        let check = |area: &Compiled, sentence: &Sentence| {
            let outline = serde_json::to_value(area).unwrap();
            let outline: Outline = serde_json::from_value(outline).unwrap();
            outline.check(sentence.text(), &district);
        };
        while compiled + ambiguous + refused < if in_full() { 1_000 } else { 40 } {
            let Some(sentence) = random_sentence(&district, &mut rng) else {
                continue;
            };
            match network.compile(&sentence) {
                Outcome::Compiled(area) => {
                    check(&area, &sentence);
                    compiled += 1;
                }
                Outcome::Ambiguous(ambiguity) => {
                    println!("{}: {ambiguity}", sentence.text());
                    assert!(ambiguity.candidates().len() > 1 && !ambiguity.causes().is_empty());
                    for area in ambiguity.candidates() {
                        check(area, &sentence);
                    }
                    ambiguous += 1;
                }
                Outcome::Unresolved(refusal) => {
                    let text = sentence.text();
                    assert!(!refusal.reasons().is_empty(), "{text}");
                    let said = refusal.text();
                    assert!(!said.zh.is_empty() && !said.en.is_empty(), "{text}");
                    let unknown = |reason: &Reason| matches!(reason, Reason::Unknown(_));
                    assert!(!refusal.reasons().iter().any(unknown), "{text}: {refusal}");
                    refused += 1;
                }
            }
        }
        println!("{compiled} compiled, {ambiguous} ambiguous, {refused} refused");
        assert!(
            compiled > 0 && refused > 0,
            "{compiled} compiled, {refused} refused"
        );
    }
}

#[test]
fn any_text_is_read_or_refused_without_a_panic() {
    let alphabet: Vec<char> = "北东南西至，。；：、和及与以路道甲乙 \n范围\u{200b}a🙂"
        .chars()
        .collect();
    let names = |sentence: &Sentence| -> Vec<Vec<String>> {
        let side = |side: &renewal_map::boundary::Side| {
            side.names.iter().map(|name| name.text.clone()).collect()
        };
        sentence.sides().iter().map(side).collect()
    };
    let mut rng = StdRng::seed_from_u64(0x5eed_0004);
    let mut read = 0;
    for case in 0..if in_full() { 200_000 } else { 20_000 } {
        let mut any = |most: usize| -> String {
            let count = rng.random_range(0..most);
            (0..count)
                .map(|_| alphabet[rng.random_range(0..alphabet.len())])
                .collect()
        };
        // Noise all through, or inside of what would be a sentence without it.
        let text = if case % 2 == 0 {
            any(40)
        } else {
            let noise = [any(3), any(3), any(3), any(3)];
            let [north, south, west, east] = noise;
            format!("北至甲{north}路，南至乙{south}道，西至丙{west}街，东至丁{east}河")
        };
        let Ok(sentence) = text.parse::<Sentence>() else {
            continue;
        };
        read += 1;
        for name in sentence.sides().iter().flat_map(|side| &side.names) {
            let mut stands = text[name.span.clone()].to_owned();
            stands.retain(|c| !c.is_whitespace() && c != '\u{200b}');
            assert!(!name.text.is_empty() && stands == name.text, "{text:?}");
        }
        let clauses: Vec<String> = sentence
            .sides()
            .iter()
            .zip(names(&sentence))
            .map(|(side, names)| format!("{}至{}", side.direction, names.join("、")))
            .collect();
        let again: Sentence = clauses.join("，").parse().unwrap();
        assert_eq!(names(&again), names(&sentence), "{text:?}");
    }
    assert!(read > 1_000, "{read}");
}

#[test]
fn zones_in_another_reference_system_are_refused_not_garbled() {
    let copy = Copy::new();
    let mut zones = copy.read("zones.geojson");
    zones["crs"] = serde_json::json!({
        "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::4490" },
    });
    fs::write(copy.file("zones.geojson"), zones.to_string()).unwrap();
    let (code, said) = copy.compile(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("crs"), "{said}");
    let text = fs::read_to_string(copy.file("zones.geojson")).unwrap();
    assert_eq!(text, zones.to_string(), "the file is left as it was");
}
