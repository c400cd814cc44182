//! What the datum doctor finds, and what it finds where there is nothing: counted on files made of
//! Hongqiao's blocks and streets and of the invented district, damaged in every way that it knows and
//! undamaged.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use geo::{
    Area, BooleanOps, BoundingRect, Coord, Geometry, LineString, MapCoords, MultiLineString,
    MultiPolygon, Polygon, Rotate,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use renewal_map::{
    exchange::{
        doctor::{
            Code, Converter, Finding, Ground, Reading, Sample, Severity, Shapes, place,
            placing::Stated,
        },
        layer::{ReadOptions, Reader, StatedCrs},
    },
    geometry::{
        crs::{Crs, Transformer},
        datum::Datum,
        frame::Frame,
    },
    store::{Snapshot, files::Files, load},
};
use serde_json::{Value, json};

use crate::support::{in_full, yunze};

/// A district to make files of.
struct Place {
    ground: Ground,
    frame: Frame,
    parcels: Vec<Polygon<f64>>,
    streets: Vec<LineString<f64>>,
}

fn lines(snapshot: &Snapshot) -> Vec<LineString<f64>> {
    let streets = snapshot.collection("streets").unwrap().features();
    streets
        .flat_map(|street| match &street.geometry {
            Some(Geometry::LineString(line)) => vec![line.clone()],
            Some(Geometry::MultiLineString(lines)) => lines.0.clone(),
            _ => vec![],
        })
        .collect()
}

fn polygons(geometry: Option<&Geometry<f64>>) -> Vec<Polygon<f64>> {
    match geometry {
        Some(Geometry::Polygon(polygon)) => vec![polygon.clone()],
        Some(Geometry::MultiPolygon(polygons)) => polygons.0.clone(),
        _ => vec![],
    }
}

/// The blocks between Hongqiao's streets, cut into parcels.
fn hongqiao() -> Place {
    let snapshot = load(&Files::seeds(None), &Files::geodata(None)).unwrap();
    let name = snapshot.district.feature.parse().unwrap();
    let outline = snapshot.feature(&name).unwrap().geometry.clone().unwrap();
    let frame = Frame::around(&outline);
    let outline = MultiPolygon::new(polygons(Some(&outline)));
    let streets = lines(&snapshot);
    let ways = Geometry::from(MultiLineString::new(streets.clone()));
    let blocks = outline.difference(&frame.buffer(&ways, 14.0));
    let plane = blocks.map_coords(|coord| frame.to_plane(coord));
    let mut rng = StdRng::seed_from_u64(7);
    let mut parcels = Vec::new();
    for block in &plane {
        parcels.extend(cut(block, &mut rng));
    }
    let parcels = parcels
        .into_iter()
        .map(|parcel| parcel.map_coords(|coord| frame.to_degrees(coord)))
        .collect();
    Place {
        ground: Ground::new(&snapshot).unwrap(),
        frame,
        parcels,
        streets,
    }
}

/// A block cut by a grid that is turned anyhow.
fn cut(block: &Polygon<f64>, rng: &mut StdRng) -> Vec<Polygon<f64>> {
    let step = rng.random_range(70.0..160.0);
    let turn = rng.random_range(0.0..90.0);
    let centre = block.bounding_rect().unwrap().center();
    let turned = block.rotate_around_point(turn, centre.into());
    let bounds = turned.bounding_rect().unwrap();
    let mut parts = Vec::new();
    let mut x = bounds.min().x;
    while x < bounds.max().x {
        let mut y = bounds.min().y;
        while y < bounds.max().y {
            let cell = geo::Rect::new((x, y), (x + step, y + step)).to_polygon();
            parts.extend(cell.intersection(&turned));
            y += step;
        }
        x += step;
    }
    parts
        .into_iter()
        .filter(|part| part.unsigned_area() > 400.0)
        .map(|part| part.rotate_around_point(-turn, centre.into()))
        .collect()
}

fn invented() -> Place {
    let snapshot = load(
        &Files::seeds(Some(yunze().join("seeds"))),
        &Files::geodata(Some(yunze().join("geodata"))),
    )
    .unwrap();
    let parcels = snapshot.collection("parcels").unwrap().features();
    let parcels = parcels.flat_map(|parcel| polygons(parcel.geometry.as_ref()));
    let ground = Ground::new(&snapshot).unwrap();
    Place {
        frame: ground.frame(),
        ground,
        parcels: parcels.collect(),
        streets: lines(&snapshot),
    }
}

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    None,
    AxesSwapped,
    ProjectedAsDegrees,
    DegreesAsProjected,
    ZonePrefixUnsaid,
    ZonePrefixSaid,
    OtherMeridian,
    WebMercator,
    Gcj02,
    Bd09,
    Gcj02Projected,
    SelfCrossing,
    Sliver,
    Duplicate,
    Overlap,
    Outside,
    Elsewhere,
}

impl Damage {
    /// Shifts come more often: they are what is hard to tell.
    const ALL: [Self; 22] = [
        Self::Gcj02,
        Self::Bd09,
        Self::Gcj02Projected,
        Self::Gcj02,
        Self::Bd09,
        Self::Gcj02Projected,
        Self::AxesSwapped,
        Self::ProjectedAsDegrees,
        Self::DegreesAsProjected,
        Self::ZonePrefixUnsaid,
        Self::ZonePrefixSaid,
        Self::OtherMeridian,
        Self::WebMercator,
        Self::Gcj02,
        Self::Bd09,
        Self::Gcj02Projected,
        Self::SelfCrossing,
        Self::Sliver,
        Self::Duplicate,
        Self::Overlap,
        Self::Outside,
        Self::Elsewhere,
    ];

    fn code(self) -> Option<Code> {
        Some(match self {
            Self::None => return None,
            Self::AxesSwapped => Code::AxesSwapped,
            Self::ProjectedAsDegrees => Code::ProjectedAsDegrees,
            Self::DegreesAsProjected => Code::DegreesAsProjected,
            Self::ZonePrefixUnsaid | Self::ZonePrefixSaid => Code::ZonePrefix,
            Self::OtherMeridian => Code::OtherMeridian,
            Self::WebMercator => Code::WebMercator,
            Self::Gcj02 | Self::Gcj02Projected => Code::Gcj02,
            Self::Bd09 => Code::Bd09,
            Self::SelfCrossing => Code::SelfCrossing,
            Self::Sliver => Code::Sliver,
            Self::Duplicate => Code::Duplicate,
            Self::Overlap => Code::Overlap,
            Self::Outside => Code::Outside,
            Self::Elsewhere => Code::Elsewhere,
        })
    }

    fn datum(self) -> Option<Datum> {
        match self {
            Self::Gcj02 | Self::Gcj02Projected => Some(Datum::Gcj02),
            Self::Bd09 => Some(Datum::Bd09),
            _ => None,
        }
    }

    /// In which system the numbers are, and in which the file says they are.
    fn systems(self, rng: &mut StdRng) -> (&'static str, Option<&'static str>) {
        let of = |list: &[(&'static str, Option<&'static str>)], rng: &mut StdRng| {
            *list.choose(rng).unwrap()
        };
        match self {
            Self::ProjectedAsDegrees => of(
                &[
                    ("EPSG:4548", None),
                    ("EPSG:4527", None),
                    ("EPSG:4548", Some("EPSG:4490")),
                ],
                rng,
            ),
            Self::DegreesAsProjected => of(
                &[("CRS84", Some("EPSG:4548")), ("CRS84", Some("EPSG:3857"))],
                rng,
            ),
            Self::ZonePrefixUnsaid => ("EPSG:4527", Some("EPSG:4548")),
            Self::ZonePrefixSaid => ("EPSG:4548", Some("EPSG:4527")),
            Self::OtherMeridian => of(
                &[
                    ("EPSG:4548", Some("EPSG:4547")),
                    ("EPSG:4548", Some("EPSG:4549")),
                    ("EPSG:4527", Some("EPSG:4526")),
                    ("EPSG:4549", Some("EPSG:4548")),
                ],
                rng,
            ),
            Self::WebMercator => of(
                &[
                    ("EPSG:3857", None),
                    ("EPSG:3857", Some("EPSG:4548")),
                    ("EPSG:3857", Some("EPSG:4326")),
                ],
                rng,
            ),
            Self::Gcj02Projected => of(
                &[
                    ("EPSG:4548", Some("EPSG:4548")),
                    ("EPSG:3857", Some("EPSG:3857")),
                ],
                rng,
            ),
            Self::AxesSwapped => of(
                &[
                    ("CRS84", None),
                    ("CRS84", Some("EPSG:4326")),
                    ("EPSG:4548", Some("EPSG:4548")),
                ],
                rng,
            ),
            Self::Gcj02 | Self::Bd09 => ("CRS84", None),
            _ => of(
                &[
                    ("CRS84", None),
                    ("EPSG:4548", Some("EPSG:4548")),
                    ("EPSG:4527", Some("EPSG:4527")),
                    ("EPSG:3857", Some("EPSG:3857")),
                ],
                rng,
            ),
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    Parcels,
    FewParcels,
    Streets,
    FewStreets,
    Points,
}

impl Content {
    /// Whether there is enough in it to tell a shift by some hundred metres.
    fn is_ample(self) -> bool {
        matches!(self, Self::Parcels | Self::Streets)
    }
}

/// Shapes in degrees that lie side by side somewhere.
fn shapes(place: &Place, content: Content, rng: &mut StdRng) -> Vec<Geometry<f64>> {
    let near = |all: Vec<Geometry<f64>>, count: usize, rng: &mut StdRng| {
        let middle = |shape: &Geometry<f64>| shape.bounding_rect().unwrap().center();
        let centre = place.frame.to_plane(middle(all.choose(rng).unwrap()));
        let mut all = all;
        all.sort_by_cached_key(|shape| {
            let to = place.frame.to_plane(middle(shape)) - centre;
            (to.x.hypot(to.y) * 1000.0) as i64
        });
        all.truncate(count);
        all
    };
    let parcels =
        || -> Vec<Geometry<f64>> { place.parcels.iter().cloned().map(Geometry::from).collect() };
    let streets =
        || -> Vec<Geometry<f64>> { place.streets.iter().cloned().map(Geometry::from).collect() };
    let count = match content {
        Content::Parcels => rng.random_range(30..200),
        Content::FewParcels | Content::FewStreets => rng.random_range(2..8),
        Content::Streets => rng.random_range(12..40),
        Content::Points => rng.random_range(3..60),
    };
    match content {
        Content::Parcels | Content::FewParcels => near(parcels(), count, rng),
        Content::Streets | Content::FewStreets => near(streets(), count, rng),
        Content::Points => near(parcels(), count, rng)
            .iter()
            .map(|parcel| geo::Point::from(parcel.bounding_rect().unwrap().center()).into())
            .collect(),
    }
}

/// Makes a file; returns where it is.
fn write(
    folder: &Path,
    place: &Place,
    damage: Damage,
    content: Content,
    rng: &mut StdRng,
) -> PathBuf {
    let mut shapes = shapes(place, content, rng);
    // No survey agrees with a map to the centimetre.
    let mut normal = || {
        let sum: f64 = (0..12).map(|_| rng.random_range(0.0..1.0)).sum();
        (sum - 6.0) * 4.0
    };
    let mut off = Coord {
        x: normal(),
        y: normal(),
    };
    if damage == Damage::Elsewhere {
        off = off
            + Coord {
                x: 90_000.0,
                y: 40_000.0,
            };
    }
    for shape in &mut shapes {
        *shape = moved(shape, place.frame, off);
    }
    spoil(&mut shapes, place.frame, damage, rng);
    let (system, stated) = damage.systems(rng);
    let there = Transformer::from_wgs84(Crs::parse(system).unwrap()).unwrap();
    let swap = damage == Damage::AxesSwapped;
    let numbers = |coord: Coord<f64>| {
        let degrees = damage
            .datum()
            .map_or(coord, |datum| datum.from_wgs84(coord));
        let at = there.convert(degrees).unwrap();
        if swap { Coord { x: at.y, y: at.x } } else { at }
    };
    let features: Vec<Value> = shapes
        .iter()
        .enumerate()
        .map(|(number, shape)| {
            let shape = shape.map_coords(numbers);
            json!({
                "type": "Feature",
                "geometry": geojson::Geometry::new((&shape).into()),
                "properties": {"编号": format!("D-{number}")},
            })
        })
        .collect();
    let mut file = json!({"type": "FeatureCollection", "features": features});
    if let Some(stated) = stated {
        let code = stated.rsplit(':').next().unwrap();
        file["crs"] = json!({"type": "name", "properties": {"name": format!("urn:ogc:def:crs:EPSG::{code}")}});
    }
    let path = folder.join(format!("{}.geojson", rng.random::<u64>()));
    fs::write(&path, file.to_string()).unwrap();
    path
}

fn moved(shape: &Geometry<f64>, frame: Frame, by: Coord<f64>) -> Geometry<f64> {
    shape.map_coords(|coord| frame.to_degrees(frame.to_plane(coord) + by))
}

/// Damages one or two of the shapes.
fn spoil(shapes: &mut Vec<Geometry<f64>>, frame: Frame, damage: Damage, rng: &mut StdRng) {
    let victim = rng.random_range(0..shapes.len());
    let bounds = shapes[victim].bounding_rect().unwrap();
    let (low, high) = (frame.to_plane(bounds.min()), frame.to_plane(bounds.max()));
    let polygon = |corners: &[(f64, f64)]| {
        let ring = corners
            .iter()
            .map(|(x, y)| frame.to_degrees(Coord { x: *x, y: *y }));
        Geometry::from(Polygon::new(LineString::new(ring.collect()), vec![]))
    };
    match damage {
        Damage::SelfCrossing => {
            shapes[victim] = polygon(&[
                (low.x, low.y),
                (high.x, high.y),
                (high.x, low.y),
                (low.x, high.y),
                (low.x, low.y),
            ]);
        }
        Damage::Sliver => shapes.push(polygon(&[
            (low.x, high.y + 900.0),
            (low.x + 60.0, high.y + 900.2),
            (low.x + 60.0, high.y + 900.3),
            (low.x, high.y + 900.0),
        ])),
        Damage::Duplicate => shapes.push(shapes[victim].clone()),
        Damage::Overlap => {
            let by = Coord {
                x: rng.random_range(3.0..8.0),
                y: rng.random_range(3.0..8.0),
            };
            shapes.push(moved(&shapes[victim], frame, by));
        }
        Damage::Outside => {
            let by = Coord { x: 9_000.0, y: 0.0 };
            shapes[victim] = moved(&shapes[victim], frame, by);
        }
        _ => {}
    }
}

/// What the doctor says of a file, read as the file says.
fn findings(path: &Path, ground: &Ground) -> Vec<Finding> {
    let mut reader = Reader::open(path, &ReadOptions::default()).unwrap();
    let stated = reader.layer().crs.clone();
    let mut sample = Sample::default();
    reader
        .rows(
            &mut |row| {
                if let Some(geometry) = row.unwrap().geometry {
                    sample.take(&geometry);
                }
                ControlFlow::Continue(())
            },
            &mut |_, _| {},
        )
        .unwrap();
    let (stated, defined) = match stated {
        StatedCrs::None => (Stated::Nothing, None),
        StatedCrs::Known(crs) => (
            Stated::System(crs),
            Some(Transformer::to_wgs84(crs).unwrap()),
        ),
        StatedCrs::Wkt(text) => panic!("{text}"),
    };
    let reading = Reading::default();
    let converter = Converter::new(reading, defined).unwrap();
    let placed = place(&sample, ground, stated, reading, &converter).unwrap();
    let mut findings = placed.findings;
    if placed.is_near {
        let mut shapes = Shapes::new(Some(ground));
        reader
            .rows(
                &mut |row| {
                    let row = row.unwrap();
                    let geometry = row
                        .geometry
                        .map(|shape| converter.geometry(&shape).unwrap());
                    let _ = shapes.take(row.number, geometry.as_ref());
                    ControlFlow::Continue(())
                },
                &mut |_, _| {},
            )
            .unwrap();
        let on = &mut |_, _| ControlFlow::Continue(());
        findings.extend(shapes.findings(on).unwrap());
    }
    findings
}

/// How often something was right.
#[derive(Default)]
struct Rate {
    right: usize,
    all: usize,
}

impl Rate {
    fn add(&mut self, is_right: bool) {
        self.all += 1;
        self.right += usize::from(is_right);
    }

    fn share(&self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }
}

/// Whether somebody who is told this would stop and look.
fn is_alarm(finding: &Finding) -> bool {
    finding.severity >= Severity::Warning
}

#[test]
fn hit_rates_and_false_alarms() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = StdRng::seed_from_u64(20_261_122);
    let count = if in_full() { 1_600 } else { 160 };
    let (real, made_up) = (hongqiao(), invented());
    let mut hits: BTreeMap<(Damage, bool), Rate> = BTreeMap::new();
    let mut misled: BTreeMap<(Damage, bool), Rate> = BTreeMap::new();
    let mut quiet: BTreeMap<Content, Rate> = BTreeMap::new();
    let mut cleared = Rate::default();
    // Of shifts that are told: how sure the doctor said it was, and whether it was right.
    let mut trusted: BTreeMap<u8, Rate> = BTreeMap::new();
    for number in 0..count {
        // Every other file is undamaged: they are what is asked most.
        let damage = if number % 2 == 0 {
            Damage::None
        } else {
            Damage::ALL[number / 2 % Damage::ALL.len()]
        };
        let place = if rng.random_bool(0.7) {
            &real
        } else {
            &made_up
        };
        let needs_areas = matches!(
            damage,
            Damage::SelfCrossing | Damage::Sliver | Damage::Overlap
        );
        let content = loop {
            let content = *[
                Content::Parcels,
                Content::Parcels,
                Content::FewParcels,
                Content::Streets,
                Content::Streets,
                Content::FewStreets,
                Content::Points,
            ]
            .choose(&mut rng)
            .unwrap();
            let is_area = matches!(content, Content::Parcels | Content::FewParcels);
            if is_area || !(needs_areas || damage == Damage::Outside) {
                break content;
            }
        };
        let path = write(folder.path(), place, damage, content, &mut rng);
        let found = findings(&path, &place.ground);
        fs::remove_file(path).unwrap();
        let ample = content.is_ample();
        let shift = found
            .iter()
            .find(|finding| matches!(finding.code, Code::Gcj02 | Code::Bd09 | Code::NotShifted));
        if let Some(finding) = shift {
            let is_right = Some(finding.code) == damage.code();
            let tenth = (finding.confidence * 10.0) as u8;
            trusted.entry(tenth).or_default().add(is_right);
        }
        if let Some(code) = damage.code() {
            let hit = found.iter().any(|finding| finding.code == code);
            if !hit {
                println!("missed, {content:?}: {damage:?}");
                for finding in &found {
                    println!("  {:.2} {}", finding.confidence, finding.message.en);
                }
            }
            hits.entry((damage, ample)).or_default().add(hit);
            let about_shapes = [Code::Overlap, Code::Outside, Code::Sliver, Code::Duplicate];
            let wrong = found.iter().any(|finding| {
                is_alarm(finding) && finding.code != code && !about_shapes.contains(&finding.code)
            });
            misled.entry((damage, ample)).or_default().add(wrong);
        } else {
            let alarms: Vec<_> = found.iter().filter(|finding| is_alarm(finding)).collect();
            for alarm in &alarms {
                println!("false alarm, {content:?}: {}", alarm.message.en);
            }
            quiet.entry(content).or_default().add(alarms.is_empty());
            if ample {
                let fits = found.iter().any(|finding| finding.code == Code::DatumFits);
                cleared.add(fits);
            }
        }
    }
    println!("{count} files, half of them undamaged");
    println!("damage                 enough to go by   hits           something else told");
    for ((damage, ample), rate) in &hits {
        let wrong = &misled[&(*damage, *ample)];
        println!(
            "{:<22} {:<17} {:>3}/{:<3} {:>5.1} %   {:>3}",
            format!("{damage:?}"),
            ample,
            rate.right,
            rate.all,
            100.0 * rate.share(),
            wrong.right,
        );
    }
    println!("undamaged              quiet");
    for (content, rate) in &quiet {
        println!(
            "{:<22} {:>3}/{:<3} {:>5.1} %",
            format!("{content:?}"),
            rate.right,
            rate.all,
            100.0 * rate.share()
        );
    }
    println!(
        "undamaged with enough to go by and said to fit: {}/{}",
        cleared.right, cleared.all
    );
    println!("shifts told, by how sure the doctor was: right");
    for (tenth, rate) in &trusted {
        println!(
            "{:.1}: {}/{}",
            f64::from(*tenth) / 10.0,
            rate.right,
            rate.all
        );
    }
    let rate_of = |damages: &[Damage], ample: bool| {
        let mut sum = Rate::default();
        for damage in damages {
            if let Some(rate) = hits.get(&(*damage, ample)) {
                sum.right += rate.right;
                sum.all += rate.all;
            }
        }
        sum
    };
    let shifts = [Damage::Gcj02, Damage::Bd09, Damage::Gcj02Projected];
    for damage in Damage::ALL {
        if shifts.contains(&damage) {
            continue;
        }
        for ample in [true, false] {
            let rate = rate_of(&[damage], ample);
            assert!(rate.share() >= 0.99 || rate.all == 0, "{damage:?}");
        }
    }
    // Where no street is known near, nothing can be told of a shift; what is told has to be right.
    assert!(rate_of(&shifts, true).share() >= 0.7);
    // What is in order is to be said to fit, too, where enough streets are near.
    assert!(
        cleared.share() >= 0.6,
        "{} of {}",
        cleared.right,
        cleared.all
    );
    let told: usize = trusted.values().map(|rate| rate.all).sum();
    let right: usize = trusted.values().map(|rate| rate.right).sum();
    assert!(right as f64 >= 0.95 * told as f64, "{right} of {told}");
    let wrong: usize = misled.values().map(|rate| rate.right).sum();
    let all: usize = misled.values().map(|rate| rate.all).sum();
    assert!(wrong as f64 <= 0.02 * all as f64, "{wrong} of {all}");
    let alarms: usize = quiet.values().map(|rate| rate.all - rate.right).sum();
    let undamaged: usize = quiet.values().map(|rate| rate.all).sum();
    assert!(
        alarms as f64 <= 0.01 * undamaged as f64,
        "{alarms} of {undamaged}"
    );
}
