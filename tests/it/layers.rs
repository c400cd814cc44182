//! Files of features in every format, written and read here, by GDAL, and by nobody in his senses.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use geo::{Coord, Geometry, LineString, MapCoords, MultiPolygon, Polygon, wkt};
use rand::{Rng, SeedableRng, rngs::StdRng};
use renewal_map::{
    exchange::layer::{
        self, Draft, Field, FieldKind, Format, Layer, ReadOptions, Reader, Row, RowFlaw, StatedCrs,
    },
    geometry::crs::{Crs, Transformer},
    model::Text,
};
use serde_json::{Value, json};

use crate::support::{in_full, program, yunze};

type Read = (Layer, Vec<Result<Row, RowFlaw>>);

fn read_with(path: &Path, options: &ReadOptions) -> Result<Read, Text> {
    let mut reader = Reader::open(path, options)?;
    let mut rows = Vec::new();
    reader.rows(
        &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        },
        &mut |_, _| (),
    )?;
    Ok((reader.layer().clone(), rows))
}

fn read(path: &Path) -> Result<Read, Text> {
    read_with(path, &ReadOptions::default())
}

/// All rows of a file that has no flaw.
fn sound(path: &Path, options: &ReadOptions) -> (Layer, Vec<Row>) {
    let (layer, rows) = read_with(path, options).unwrap_or_else(|text| panic!("{text}"));
    let rows = rows
        .into_iter()
        .map(|row| row.unwrap_or_else(|flaw| panic!("{}: {}", flaw.number, flaw.text)));
    (layer, rows.collect())
}

fn crs(name: &str) -> Crs {
    Crs::parse(name).unwrap()
}

/// Fields of every kind that files tell apart.
fn fields() -> Vec<Field> {
    [
        ("name", FieldKind::Text),
        ("用途代码", FieldKind::Text),
        ("floors", FieldKind::Integer),
        ("area", FieldKind::Real),
        ("listed", FieldKind::Boolean),
        ("tags", FieldKind::Json),
    ]
    .map(|(name, kind)| Field {
        name: name.to_owned(),
        kind,
    })
    .to_vec()
}

fn values() -> Vec<Vec<Value>> {
    vec![
        vec![
            json!("西于庄，“7号”地块"),
            json!("007"),
            json!(-12),
            json!(202_188.25),
            json!(true),
            json!(["甲", {"a": null}]),
        ],
        vec![
            json!("a,\"b\";c\n<d> & e"),
            json!("0701"),
            json!(9_007_199_254_740_993_i64),
            json!(0.1),
            json!(false),
            json!({"k": 1.5}),
        ],
        vec![
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
        ],
        vec![
            json!("同义庄"),
            json!("A33"),
            json!(0),
            json!(1e-7),
            json!(true),
            json!([]),
        ],
    ]
}

fn polygons() -> Vec<Option<Geometry<f64>>> {
    vec![
        Some(wkt!(POLYGON((117.15 39.15,117.16 39.15,117.16 39.16,117.15 39.16,117.15 39.15),(117.152 39.152,117.152 39.153,117.153 39.153,117.152 39.152))).into()),
        Some(wkt!(MULTIPOLYGON(((117.17 39.15,117.18 39.15,117.18 39.16,117.17 39.15)),((117.15 39.17,117.16 39.17,117.16 39.18,117.15 39.17),(117.155 39.1705,117.157 39.1725,117.158 39.1715,117.155 39.1705)))).into()),
        Some(wkt!(POLYGON((117.19 39.15,117.20 39.15,117.195 39.16,117.19 39.15))).into()),
        Some(wkt!(POLYGON((117.151_234_567_8 39.151_234_567_8,117.16 39.151,117.15 39.152,117.151_234_567_8 39.151_234_567_8))).into()),
    ]
}

fn points() -> Vec<Option<Geometry<f64>>> {
    [
        (117.159_719, 39.165_383),
        (117.16, 39.15),
        (117.0, 39.0),
        (117.123_456_78, 39.123_456_78),
    ]
    .map(|(x, y)| Some(geo::Point::new(x, y).into()))
    .to_vec()
}

fn lines() -> Vec<Option<Geometry<f64>>> {
    vec![
        Some(wkt!(LINESTRING(117.1 39.1,117.2 39.1,117.2 39.2)).into()),
        Some(wkt!(MULTILINESTRING((117.1 39.1,117.15 39.15),(117.2 39.1,117.25 39.15))).into()),
        Some(wkt!(LINESTRING(117.3 39.1,117.31 39.1)).into()),
        Some(wkt!(LINESTRING(117.4 39.1,117.5 39.1)).into()),
    ]
}

/// Points, a line, a polygon and nothing.
fn mixed() -> Vec<Option<Geometry<f64>>> {
    vec![
        polygons()[0].clone(),
        points()[1].clone(),
        None,
        lines()[0].clone(),
    ]
}

/// Rows in another system than that of their shapes.
fn rows(shapes: &[Option<Geometry<f64>>], crs: Crs) -> Vec<Row> {
    let there = Transformer::from_wgs84(crs).unwrap();
    (1..)
        .zip(shapes.iter().zip(values()))
        .map(|(number, (shape, values))| Row {
            number,
            id: Some(format!("row-{number}")),
            geometry: shape
                .as_ref()
                .map(|shape| shape.map_coords(|coord| there.convert(coord).unwrap())),
            values,
        })
        .collect()
}

fn layer_of(fields: Vec<Field>, crs: Crs) -> Layer {
    Layer {
        name: "parcels".to_owned(),
        format: Format::GeoJson,
        fields,
        crs: StatedCrs::Known(crs),
        count: None,
        encoding: None,
        notes: Vec::new(),
    }
}

/// Writes rows, and gives what was told to be lost.
fn write(format: Format, rows: &[Row], crs: Crs, out: &Path) -> Vec<Text> {
    let layer = layer_of(fields(), crs);
    let all =
        || Box::new(rows.iter().cloned().map(Ok)) as Box<dyn Iterator<Item = Result<Row, Text>>>;
    let draft = Draft::new(format, &layer, crs, &all, &mut |_, _| ()).unwrap();
    let losses = draft.losses().0.clone();
    draft.write(out, &mut |_, _| ()).unwrap();
    losses
}

/// The lines of which a drawing has one for each ring of these rows: it knows no holes.
fn drawn(written: &[Row]) -> Vec<&[Coord<f64>]> {
    let shapes = written.iter().filter_map(|row| row.geometry.as_ref());
    shapes.flat_map(corners).flatten().collect()
}

/// Corners of a shape: ring by ring or line by line, part by part. A polygon's outline comes first.
fn corners(shape: &Geometry<f64>) -> Vec<Vec<&[Coord<f64>]>> {
    fn rings(polygon: &Polygon<f64>) -> Vec<&[Coord<f64>]> {
        let holes = polygon.interiors().iter();
        std::iter::once(polygon.exterior())
            .chain(holes)
            .map(|ring| &*ring.0)
            .collect()
    }
    match shape {
        Geometry::Point(point) => vec![vec![std::slice::from_ref(&point.0)]],
        Geometry::LineString(line) => vec![vec![&line.0]],
        Geometry::MultiLineString(lines) => lines.iter().map(|line| vec![&*line.0]).collect(),
        Geometry::Polygon(polygon) => vec![rings(polygon)],
        Geometry::MultiPolygon(polygons) => polygons.iter().map(rings).collect(),
        other => panic!("{other:?}"),
    }
}

/// Millimetres as so many degrees, or metres.
fn is_near(found: Coord<f64>, wanted: Coord<f64>, crs: Crs) -> bool {
    let tolerance = if crs.is_geographic() { 1e-8 } else { 1e-3 };
    (found.x - wanted.x).abs() <= tolerance && (found.y - wanted.y).abs() <= tolerance
}

/// Whether two lists of corners are the same, one after the other. A ring may run the other way where
/// a format turns rings, and then begins at the same corner or its last.
fn is_same(found: &[Coord<f64>], wanted: &[Coord<f64>], crs: Crs, turns: bool) -> bool {
    let all_near = |found: &mut dyn Iterator<Item = &Coord<f64>>| {
        found
            .zip(wanted)
            .all(|(found, wanted)| is_near(*found, *wanted, crs))
    };
    found.len() == wanted.len()
        && (all_near(&mut found.iter()) || turns && all_near(&mut found.iter().rev()))
}

/// Shapes to a millimetre: the same parts, rings and corners in the same order.
fn assert_near(
    found: Option<&Geometry<f64>>,
    wanted: Option<&Geometry<f64>>,
    crs: Crs,
    turns: bool,
    what: &str,
) {
    let (Some(found), Some(wanted)) = (found, wanted) else {
        assert_eq!(found.is_some(), wanted.is_some(), "{what}");
        return;
    };
    assert_eq!(
        std::mem::discriminant(found),
        std::mem::discriminant(wanted),
        "{what}: {found:?}"
    );
    let [parts, parts_wanted] = [found, wanted].map(corners);
    let counts = |parts: &[Vec<&[Coord<f64>]>]| parts.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(counts(&parts), counts(&parts_wanted), "{what}: {found:?}");
    for (ring, ring_wanted) in parts.iter().flatten().zip(parts_wanted.iter().flatten()) {
        assert!(
            is_same(ring, ring_wanted, crs, turns),
            "{what}: {ring:?} is not {ring_wanted:?}"
        );
    }
}

#[test]
fn a_shape_that_lost_a_corner_a_hole_or_its_order_is_none_that_came_back() {
    let whole = polygons()[1].clone().unwrap();
    let MultiPolygon(parts) = MultiPolygon::try_from(whole.clone()).unwrap();
    let is_told = |spoil: &dyn Fn(&mut Vec<Polygon<f64>>)| {
        let mut parts = parts.clone();
        spoil(&mut parts);
        let spoilt: Geometry<f64> = MultiPolygon(parts).into();
        let near = || assert_near(Some(&spoilt), Some(&whole), Crs::CRS84, false, "spoilt");
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(near)).is_err()
    };
    assert!(!is_told(&|_| ()));
    assert!(is_told(&|parts| parts.swap(0, 1)));
    assert!(is_told(&|parts| drop(parts.pop())));
    assert!(is_told(
        &|parts| parts[1] = Polygon::new(parts[1].exterior().clone(), vec![])
    ));
    assert!(is_told(&|parts| {
        parts[0].exterior_mut(|ring| {
            ring.0.remove(1);
        });
    }));
    assert!(is_told(
        &|parts| parts[1].exterior_mut(|ring| ring.0.swap(1, 2))
    ));
    assert!(is_told(
        &|parts| parts[0].exterior_mut(|ring| ring.0[1].x += 3e-8)
    ));
}

fn by_id(rows: Vec<Row>) -> BTreeMap<String, Row> {
    rows.into_iter()
        .map(|row| (row.id.clone().unwrap_or_default(), row))
        .collect()
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let sets = [
        ("polygons", polygons()),
        ("points", points()),
        ("lines", lines()),
        ("mixed", mixed()),
    ];
    for format in Format::ALL {
        for (set, shapes) in &sets {
            for crs in Crs::all().iter().copied() {
                let what = format!("{} {set} {}", format.name(), crs.short_name());
                if format == Format::Dxf || format == Format::Kml && crs != Crs::CRS84 {
                    continue;
                }
                let written = rows(shapes, crs);
                let file = folder.path().join(format!("a.{}", format.extension()));
                let losses = write(format, &written, crs, &file);
                let in_parts = format == Format::Shapefile && *set == "mixed";
                let layers: Vec<Option<String>> = if in_parts {
                    ["point", "line", "polygon"]
                        .map(|kind| Some(format!("parcels_{kind}")))
                        .to_vec()
                } else {
                    vec![None]
                };
                let mut found = BTreeMap::new();
                for layer in layers {
                    let options = ReadOptions {
                        layer,
                        ..ReadOptions::default()
                    };
                    let (layer, rows) = sound(&file, &options);
                    assert_stated(&layer, crs, &what);
                    if layer.format != Format::FlatGeobuf {
                        assert_eq!(layer.count, Some(rows.len() as u64), "{what}");
                    }
                    for (id, mut row) in by_id(rows) {
                        row.values = in_order(&layer, &row.values, format);
                        found.insert(id, row);
                    }
                }
                assert_eq!(found.len(), written.len(), "{what}");
                for row in &written {
                    let read = &found[row.id.as_ref().unwrap()];
                    let mut wanted = row.clone();
                    if format == Format::Shapefile {
                        wanted.values[5] = as_text(&wanted.values[5]);
                    }
                    assert_eq!(read.values, wanted.values, "{what}");
                    let turns = format == Format::Shapefile;
                    let (found, wanted) = (read.geometry.as_ref(), wanted.geometry.as_ref());
                    assert_near(found, wanted, crs, turns, &what);
                }
                assert_losses(format, set, crs, &losses, &what);
            }
        }
    }
}

/// Values in the order of [`fields`], whatever their names have become.
fn in_order(layer: &Layer, values: &[Value], format: Format) -> Vec<Value> {
    let place = |name: &str| {
        layer.fields.iter().position(|field| match format {
            Format::Shapefile => name.starts_with(&field.name),
            _ => field.name == name,
        })
    };
    fields()
        .iter()
        // A value that no feature has is no field to a format without a list of them.
        .map(|field| place(&field.name).map_or(Value::Null, |place| values[place].clone()))
        .collect()
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        value => value.to_string().into(),
    }
}

fn assert_stated(layer: &Layer, crs: Crs, what: &str) {
    let wanted = match layer.format {
        Format::Csv => StatedCrs::None,
        // Axes are east first in files: longitude and latitude of WGS 84 are EPSG:4326 to most.
        Format::Shapefile | Format::GeoPackage | Format::FlatGeobuf if crs == Crs::CRS84 => {
            StatedCrs::Known(Crs::parse("EPSG:4326").unwrap())
        }
        _ => StatedCrs::Known(crs),
    };
    assert_eq!(layer.crs, wanted, "{what}");
}

/// Whatever does not come back has been told, and nothing else.
fn assert_losses(format: Format, set: &str, crs: Crs, losses: &[Text], what: &str) {
    let told: Vec<&str> = losses.iter().map(|text| &*text.en).collect();
    let mut wanted: Vec<&str> = Vec::new();
    match format {
        Format::GeoJson if crs != Crs::CRS84 => wanted.push("older member crs"),
        Format::Csv if crs != Crs::CRS84 => wanted.push("no reference system"),
        Format::FlatGeobuf if set == "mixed" => wanted.push("no spatial index"),
        Format::FlatGeobuf => wanted.push("order of the spatial index"),
        Format::Shapefile => {
            if set == "mixed" {
                wanted.push("shapefiles of their own");
            }
            if set == "polygons" || set == "lines" {
                wanted.push("one part");
            }
            wanted.extend(["10 bytes", "become text"]);
        }
        _ => {}
    }
    assert_eq!(told.len(), wanted.len(), "{what}: {told:?}");
    for (told, wanted) in told.iter().zip(wanted) {
        assert!(told.contains(wanted), "{what}: {told} {wanted}");
    }
}

#[test]
fn a_drawing_keeps_shapes_and_layers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.dxf");
    for crs in Crs::all().iter().copied() {
        for shapes in [polygons(), lines()] {
            let what = format!("DXF {}", crs.short_name());
            let written = rows(&shapes, crs);
            let losses = write(Format::Dxf, &written, crs, &file);
            let told = |words: &str| losses.iter().any(|loss| loss.en.contains(words));
            assert!(told("用途代码") && told(&crs.short_name()), "{losses:?}");
            let (layer, read) = sound(&file, &ReadOptions::default());
            assert_eq!(layer.crs, StatedCrs::None);
            let wanted = drawn(&written);
            assert_eq!(read.len(), wanted.len(), "{what}");
            for (read, wanted) in read.iter().zip(wanted) {
                assert_eq!(read.values[0], "parcels");
                let found = read.geometry.as_ref().unwrap();
                let found: Vec<_> = corners(found).into_iter().flatten().collect();
                assert_eq!(found.len(), 1, "{what}: {found:?}");
                assert!(
                    is_same(found[0], wanted, crs, false),
                    "{what}: {found:?} {wanted:?}"
                );
            }
        }
    }
}

#[test]
fn names_of_layers_that_a_drawing_cannot_have_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.dxf");
    let crs = crs("EPSG:4548");
    let field = |kind| Field {
        name: "layer".to_owned(),
        kind,
    };
    let shapes = polygons();
    let shape = shapes[2].as_ref().unwrap();
    let there = Transformer::from_wgs84(crs).unwrap();
    let shape = shape.map_coords(|coord| there.convert(coord).unwrap());
    let drawn = |name: &str, names: &[Value]| {
        let rows: Vec<Row> = (1..)
            .zip(names)
            .map(|(number, name)| Row {
                number,
                id: None,
                geometry: Some(shape.clone()),
                values: vec![name.clone()],
            })
            .collect();
        let mut layer = layer_of(vec![field(FieldKind::Text)], crs);
        name.clone_into(&mut layer.name);
        if names.iter().all(Value::is_null) {
            layer.fields[0].name = "other".to_owned();
        }
        let all = || {
            Box::new(rows.iter().cloned().map(Ok)) as Box<dyn Iterator<Item = Result<Row, Text>>>
        };
        let draft = Draft::new(Format::Dxf, &layer, crs, &all, &mut |_, _| ()).unwrap();
        let losses: Vec<String> = draft
            .losses()
            .0
            .iter()
            .map(|loss| loss.en.clone())
            .collect();
        draft.write(&file, &mut |_, _| ()).unwrap();
        let (_, read) = sound(&file, &ReadOptions::default());
        let names: Vec<Value> = read.into_iter().map(|row| row.values[0].clone()).collect();
        (losses.join("; "), names)
    };
    let (losses, names) = drawn("地块", &[json!("道路"), json!("JMD-1")]);
    assert!(
        !losses.contains("names of layers of") && !losses.contains("no text"),
        "{losses}"
    );
    assert_eq!(names, ["道路", "JMD-1"]);
    let (losses, names) = drawn(
        "地块",
        &[
            json!("道路"),
            json!("𠮷/井"),
            json!("a*"),
            json!(7),
            json!(" "),
        ],
    );
    assert!(losses.contains("names of layers of 2 features"), "{losses}");
    assert!(
        losses.contains("no text in 2 features: they are drawn on “地块”"),
        "{losses}"
    );
    assert_eq!(names, ["道路", "__井", "a_", "地块", "地块"]);
    // Without the spaces around it a name is the same.
    let (losses, names) = drawn("地块", &[json!(" 道路 "), json!("JMD-1\u{3000}")]);
    assert!(!losses.contains("names of layers of"), "{losses}");
    assert_eq!(names, ["道路", "JMD-1"]);
    let (losses, names) = drawn(" 地块 ", &[Value::Null]);
    assert!(!losses.contains("the layer is called"), "{losses}");
    assert_eq!(names, ["地块"]);
    let (losses, names) = drawn("地块😀", &[Value::Null]);
    assert!(losses.contains("the layer is called “地块_”"), "{losses}");
    assert_eq!(names, ["地块_"]);
}

/// A GeoPackage of parcels, after some statements of somebody else.
fn database(folder: &Path, statements: &str) -> PathBuf {
    let file = folder.join("a.gpkg");
    let _ = fs::remove_file(&file);
    let crs = crs("EPSG:4548");
    write(Format::GeoPackage, &rows(&polygons(), crs), crs, &file);
    let database = rusqlite::Connection::open(&file).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database.execute_batch(statements).unwrap();
    file
}

#[test]
fn a_vast_value_of_a_database_takes_no_gigabyte() {
    let folder = tempfile::tempdir().unwrap();
    let file = database(
        folder.path(),
        "UPDATE parcels SET geom = zeroblob(70000000) WHERE fid = 1",
    );
    let error = read(&file).unwrap_err();
    assert!(
        error
            .en
            .contains("row 1: this feature is larger than 64 MB"),
        "{}",
        error.en
    );
}

/// What is done, which must not take for ever.
fn in_time<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let _ = done.send(act());
    });
    is_done
        .recv_timeout(Duration::from_mins(2))
        .expect("it comes to an end")
}

#[test]
fn what_a_database_would_reckon_is_not_read() {
    /// An expression that takes days in a single step.
    const DAYS: &str = "instr(zeroblob(60000000), zeroblob(30000000) || x'01')";
    let folder = tempfile::tempdir().unwrap();
    let view = |table: &str, columns: &str| {
        format!(
            "DROP TABLE {table};
             CREATE VIEW {table} AS
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                 SELECT {columns} FROM n;"
        )
    };
    let reckoned = |table: &str, column: &str| {
        format!(
            "ALTER TABLE {table} RENAME COLUMN {column} TO was;
             ALTER TABLE {table} ADD COLUMN {column} AS ({DAYS}) VIRTUAL;"
        )
    };
    for (statements, told) in [
        (
            view(
                "gpkg_contents",
                "'parcels' AS table_name, 'tiles' AS data_type",
            ),
            "no table gpkg_contents",
        ),
        (
            view(
                "gpkg_geometry_columns",
                "'' AS table_name, 'geom' AS column_name, 0 AS srs_id, 0 AS z, 0 AS m",
            ),
            "no table gpkg_geometry_columns",
        ),
        (
            view(
                "gpkg_spatial_ref_sys",
                "-i AS srs_id, '' AS organization, 0 AS organization_coordsys_id, '' AS definition",
            ),
            "no table gpkg_spatial_ref_sys",
        ),
        (
            reckoned("gpkg_contents", "data_type"),
            "no table gpkg_contents",
        ),
        (
            reckoned("gpkg_spatial_ref_sys", "definition"),
            "no table gpkg_spatial_ref_sys",
        ),
        (reckoned("parcels", "geom"), "stores no column “geom”"),
        (
            "UPDATE gpkg_geometry_columns SET column_name = 'nowhere'".to_owned(),
            "stores no column “nowhere”",
        ),
    ] {
        let file = database(folder.path(), &statements);
        let error = in_time(move || read(&file)).unwrap_err();
        assert!(error.en.contains(told), "{statements}: {}", error.en);
    }
    // What need not be there is left aside.
    for statements in [
        view(
            "gpkg_data_columns",
            "'' AS table_name, '' AS column_name, '' AS mime_type",
        ),
        reckoned("gpkg_data_columns", "mime_type"),
        reckoned("parcels", "floors"),
    ] {
        let file = database(folder.path(), &statements);
        let (_, rows) = in_time(move || read(&file)).unwrap();
        assert_eq!(rows.len(), 4, "{statements}");
    }
}

/// Makes a table of a database one without end: pages that lead to one page many times over, six deep.
fn make_endless(file: &Path, table: &str) {
    const DEEP: u32 = 6;
    const WIDE: u16 = 300;
    let database = rusqlite::Connection::open(file).unwrap();
    let number =
        |select: &str| -> u32 { database.query_row(select, [], |row| row.get(0)).unwrap() };
    let root = number(&format!(
        "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = '{table}'"
    ));
    let size = number("PRAGMA page_size") as usize;
    let pages = number("PRAGMA page_count");
    drop(database);
    let mut bytes = fs::read(file).unwrap();
    let place = (root as usize - 1) * size;
    let leaf = bytes[place..place + size].to_vec();
    let interior = |to: u32| {
        let mut page = vec![0; size];
        // So many cells, the rightmost page, where each cell stands, and in each a page and a key.
        page[0] = 5;
        page[3..5].copy_from_slice(&WIDE.to_be_bytes());
        page[8..12].copy_from_slice(&to.to_be_bytes());
        for cell in 0..WIDE {
            let at = size - 5 * (usize::from(cell) + 1);
            let pointer = 12 + 2 * usize::from(cell);
            page[pointer..pointer + 2].copy_from_slice(&u16::try_from(at).unwrap().to_be_bytes());
            page[at..at + 4].copy_from_slice(&to.to_be_bytes());
            page[at + 4] = 1;
        }
        let first = u16::try_from(size - 5 * usize::from(WIDE)).unwrap();
        page[5..7].copy_from_slice(&first.to_be_bytes());
        page
    };
    bytes[place..place + size].copy_from_slice(&interior(pages + 1));
    for page in 2..=DEEP {
        bytes.extend(interior(pages + page));
    }
    bytes.extend(leaf);
    bytes[28..32].copy_from_slice(&(pages + DEEP).to_be_bytes());
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_database_without_end_is_opened_or_refused_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = database(folder.path(), "");
    make_endless(&file, "gpkg_spatial_ref_sys");
    make_endless(&file, "gpkg_geometry_columns");
    let error = in_time(move || read(&file)).unwrap_err();
    assert!(error.en.contains("interrupted"), "{}", error.en);

    let file = database(folder.path(), "");
    make_endless(&file, "parcels");
    let told = in_time(move || {
        let mut reader = Reader::open(&file, &ReadOptions::default()).unwrap();
        let mut left = 1_000;
        let take = &mut |_: Result<Row, RowFlaw>| {
            left -= 1;
            if left == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let read = reader.rows(take, &mut |_, _| ());
        (reader.layer().count, left, read)
    });
    assert_eq!(told, (None, 0, Ok(())));
}

#[test]
fn a_drawing_of_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("宗地.dxf");
    // A closed light polyline with an arc, an open one, an old one, text, and a block's line.
    let drawing = "0\nSECTION\n2\nBLOCKS\n0\nLINE\n8\n0\n10\n0\n20\n0\n11\n1\n21\n1\n0\nENDSEC\n\
        0\nSECTION\n2\nENTITIES\n\
        0\nLWPOLYLINE\n5\n2A\n8\n宗地\n90\n4\n70\n1\n10\n0.0\n20\n0.0\n10\n10.0\n20\n0.0\n42\n1.0\n10\n10.0\n20\n10.0\n10\n0.0\n20\n10.0\n\
        0\nLWPOLYLINE\n8\n道路\n70\n0\n10\n0\n20\n0\n10\n5\n20\n5\n\
        0\nPOLYLINE\n8\n宗地\n66\n1\n70\n1\n10\n0\n20\n0\n0\nVERTEX\n8\n宗地\n10\n1\n20\n1\n0\nVERTEX\n8\n宗地\n10\n2\n20\n1\n0\nVERTEX\n8\n宗地\n10\n2\n20\n2\n0\nSEQEND\n8\n宗地\n\
        0\nTEXT\n8\n注记\n1\n7-1\n0\nENDSEC\n0\nEOF\n";
    let (bytes, _, _) = encoding_rs::GBK.encode(drawing);
    fs::write(&file, bytes).unwrap();
    let (layer, rows) = sound(&file, &ReadOptions::default());
    assert_eq!(layer.encoding.as_deref(), Some("GBK"));
    let notes: Vec<_> = layer.notes.iter().map(|note| &*note.en).collect();
    assert!(
        notes.iter().any(|note| note.contains("TEXT 1")),
        "{notes:?}"
    );
    assert!(notes.iter().any(|note| note.contains("arcs")), "{notes:?}");
    let layers: Vec<_> = rows.iter().map(|row| row.values[0].clone()).collect();
    assert_eq!(layers, ["宗地", "道路", "宗地"]);
    assert_eq!(rows[0].id.as_deref(), Some("2A"));
    // A square of 10 with half a disc of 5 at its right.
    let area = geo::Area::unsigned_area(rows[0].geometry.as_ref().unwrap());
    assert!(
        (area - 100.0 - 12.5 * std::f64::consts::PI).abs() < 0.1,
        "{area}"
    );
    assert!(matches!(rows[1].geometry, Some(Geometry::LineString(_))));
    assert_eq!(
        rows[2].geometry,
        Some(wkt!(POLYGON((1. 1.,2. 1.,2. 2.,1. 1.))).into())
    );
}

fn ogr2ogr(args: &[&str]) -> Vec<u8> {
    let output = Command::new("ogr2ogr")
        .args(args)
        .output()
        .expect("ogr2ogr of gdal-bin is installed");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {told}");
    assert!(!told.contains("ERROR"), "{args:?}: {told}");
    output.stdout
}

/// What GDAL reads in a file, as GeoJSON in the file's own system.
fn gdal_reads(file: &str, options: &[&str]) -> Value {
    let mut args = vec![
        "-f",
        "GeoJSON",
        "/vsistdout/",
        file,
        "-lco",
        "COORDINATE_PRECISION=15",
    ];
    args.extend(options);
    serde_json::from_slice(&ogr2ogr(&args)).unwrap()
}

fn shape_of(feature: &Value) -> Geometry<f64> {
    let shape: geojson::Geometry = serde_json::from_value(feature["geometry"].clone()).unwrap();
    Geometry::try_from(shape).unwrap()
}

#[test]
fn gdal_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        for crs in Crs::all().iter().copied() {
            if format == Format::Kml && crs != Crs::CRS84 {
                continue;
            }
            let what = format!("{} {}", format.name(), crs.short_name());
            let written = rows(&polygons(), crs);
            let file = folder.path().join(format!("a.{}", format.extension()));
            write(format, &written, crs, &file);
            let name = match format {
                Format::Shapefile => format!("/vsizip/{}", file.display()),
                _ => file.display().to_string(),
            };
            let options: &[&str] = match format {
                Format::Csv => &[
                    "-oo",
                    "AUTODETECT_TYPE=YES",
                    "-oo",
                    "GEOM_POSSIBLE_NAMES=wkt",
                    "-oo",
                    "KEEP_GEOM_COLUMNS=NO",
                ],
                _ => &[],
            };
            let found = gdal_reads(&name, options);
            // GDAL knows which system it is.
            if !matches!(format, Format::Csv | Format::Dxf) && crs != Crs::CRS84 {
                let stated = found["crs"]["properties"]["name"].as_str();
                // It writes longitude and latitude of WGS 84 so.
                let name = match crs.code() {
                    Some(code) if code != 4326 => code.to_string(),
                    _ => "CRS84".to_owned(),
                };
                assert!(
                    stated.is_some_and(|stated| stated.ends_with(&name)),
                    "{what}: {stated:?}"
                );
            }
            let features = found["features"].as_array().unwrap();
            if format == Format::Dxf {
                let wanted = drawn(&written);
                assert_eq!((features.len(), wanted.len()), (7, 7), "{what}");
                for (feature, wanted) in features.iter().zip(wanted) {
                    assert_eq!(feature["properties"]["Layer"], "parcels");
                    let found = shape_of(feature);
                    let wanted: Geometry<f64> = LineString::from(wanted.to_vec()).into();
                    assert_near(Some(&found), Some(&wanted), crs, false, &what);
                }
                continue;
            }
            assert_eq!(features.len(), written.len(), "{what}");
            for row in &written {
                let id = row.id.as_ref().unwrap();
                let feature = features
                    .iter()
                    .find(|feature| feature["id"] == **id || feature["properties"]["id"] == **id)
                    .unwrap_or_else(|| panic!("{what}: no {id} in {found}"));
                let turns = format == Format::Shapefile;
                let found = shape_of(feature);
                assert_near(Some(&found), row.geometry.as_ref(), crs, turns, &what);
                for (field, value) in fields().iter().zip(&row.values) {
                    let found = gdal_value(&feature["properties"], &field.name, format);
                    assert!(
                        same(found, value),
                        "{what}: {} is {found}, written as {value}",
                        field.name
                    );
                }
            }
        }
    }
}

#[test]
fn gdal_reads_shapes_of_every_type_and_none() {
    let folder = tempfile::tempdir().unwrap();
    for format in [
        Format::GeoJson,
        Format::GeoPackage,
        Format::FlatGeobuf,
        Format::Csv,
    ] {
        let file = folder.path().join(format!("a.{}", format.extension()));
        write(format, &rows(&mixed(), Crs::CRS84), Crs::CRS84, &file);
        let found = gdal_reads(
            file.to_str().unwrap(),
            &["-oo", "GEOM_POSSIBLE_NAMES=wkt"][..if format == Format::Csv { 2 } else { 0 }],
        );
        let types = found["features"].as_array().unwrap().iter();
        let types: Vec<_> = types
            .map(|feature| feature["geometry"]["type"].as_str())
            .collect();
        let wanted = [Some("Polygon"), Some("Point"), None, Some("LineString")];
        assert_eq!(types, wanted, "{}", format.name());
    }
}

fn gdal_value<'a>(properties: &'a Value, name: &str, format: Format) -> &'a Value {
    let name = match format {
        // KML's elements have names of their own to GDAL.
        Format::Kml if name == "name" => "Name",
        Format::Shapefile if name == "用途代码" => "用途代",
        _ => name,
    };
    &properties[name]
}

/// Whether GDAL's value says the same: it has no lists and objects but as text, and truth values as
/// numbers.
fn same(found: &Value, written: &Value) -> bool {
    match (found, written) {
        (found, written) if found == written => true,
        (Value::String(text), Value::Array(_) | Value::Object(_)) => {
            serde_json::from_str::<Value>(text).is_ok_and(|value| value == *written)
        }
        (Value::Number(number), Value::Bool(truth)) => number.as_i64() == Some((*truth).into()),
        (Value::String(word), Value::Bool(truth)) => {
            matches!(
                (&**word, truth),
                ("true" | "T", true) | ("false" | "F", false)
            )
        }
        (Value::Number(found), Value::Number(written)) => found.as_f64() == written.as_f64(),
        // No value is empty text to CSV and KML.
        (Value::String(text), Value::Null) => text.is_empty(),
        _ => false,
    }
}

#[test]
fn what_gdal_writes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.geojson");
    let written = rows(&polygons(), Crs::CRS84);
    write(Format::GeoJson, &written, Crs::CRS84, &source);
    let source = source.to_str().unwrap();
    for (driver, name, options) in [
        (
            "GeoJSON",
            "b.geojson",
            &["-lco", "COORDINATE_PRECISION=12"][..],
        ),
        (
            "GeoJSONSeq",
            "b.geojsonl",
            &["-lco", "COORDINATE_PRECISION=12"],
        ),
        ("ESRI Shapefile", "b.shp", &["-lco", "ENCODING=UTF-8"]),
        ("ESRI Shapefile", "b.shz", &["-lco", "ENCODING=UTF-8"]),
        ("ESRI Shapefile", "gbk.shp", &["-lco", "ENCODING=GBK"]),
        ("GPKG", "b.gpkg", &[]),
        ("FlatGeobuf", "b.fgb", &[]),
        ("CSV", "b.csv", &["-lco", "GEOMETRY=AS_WKT"]),
        (
            "CSV",
            "semicolons.csv",
            &[
                "-lco",
                "GEOMETRY=AS_WKT",
                "-lco",
                "SEPARATOR=SEMICOLON",
                "-lco",
                "WRITE_BOM=YES",
            ],
        ),
        ("KML", "b.kml", &["-lco", "NameField=name"]),
        ("LIBKML", "b.kmz", &[]),
    ] {
        for crs in Crs::all()
            .iter()
            .copied()
            .filter(|crs| crs.code().is_some())
        {
            let is_kml = driver.ends_with("KML");
            if is_kml && crs.code() != Some(4326) {
                continue;
            }
            let what = format!("{driver} {name} {}", crs.short_name());
            let file = folder.path().join(name);
            let mut args = vec!["-f", driver, "-overwrite", "-t_srs"];
            let (epsg, path) = (crs.short_name(), file.display().to_string());
            // GeoJSON has a system of its own only where it is asked not to be RFC 7946.
            args.extend([epsg.as_str(), &path, source, "-nln", "parcels", "-unsetFid"]);
            args.extend(options);
            // Some drivers write no file over another.
            let _ = fs::remove_file(&file);
            ogr2ogr(&args);
            let (layer, read) = sound(&file, &ReadOptions::default());
            let stated = match driver {
                "CSV" => StatedCrs::None,
                "GeoJSONSeq" | "KML" | "LIBKML" => StatedCrs::Known(Crs::CRS84),
                // So GDAL writes WGS 84 there.
                "GeoJSON" if crs.code() == Some(4326) => StatedCrs::Known(Crs::CRS84),
                _ => StatedCrs::Known(crs),
            };
            assert_eq!(layer.crs, stated, "{what}: {:?}", layer.notes);
            let there = if driver == "GeoJSONSeq" {
                Crs::CRS84
            } else {
                crs
            };
            let wanted = rows(&polygons(), there);
            assert_eq!(read.len(), wanted.len(), "{what}");
            let place = |name: &str| {
                layer.fields.iter().position(|field| {
                    name == field.name
                        || name == "用途代码" && field.name.starts_with("用途")
                        || is_kml && name.eq_ignore_ascii_case(&field.name)
                })
            };
            let code = place("用途代码").unwrap_or_else(|| panic!("{what}: {:?}", layer.fields));
            for wanted in &wanted {
                let code_wanted = &wanted.values[1];
                let read = read
                    .iter()
                    .find(|row| {
                        row.values[code] == *code_wanted
                            || *code_wanted == Value::Null && row.values[code] == ""
                    })
                    .unwrap_or_else(|| panic!("{what}: no {code_wanted} in {read:?}"));
                let single = |shape: &Geometry<f64>| match shape {
                    Geometry::MultiPolygon(parts) if parts.0.len() == 1 => {
                        parts.0[0].clone().into()
                    }
                    shape => shape.clone(),
                };
                assert_near(
                    read.geometry.as_ref().map(single).as_ref(),
                    wanted.geometry.as_ref(),
                    there,
                    driver == "ESRI Shapefile",
                    &what,
                );
                for (field, value) in fields().iter().zip(&wanted.values) {
                    let Some(place) = place(&field.name) else {
                        panic!("{what}: no {} in {:?}", field.name, layer.fields)
                    };
                    assert!(
                        same(&read.values[place], value)
                            || *value == 1e-7 && driver == "ESRI Shapefile"
                            // It writes whole numbers with fifteen digits there.
                            || field.name == "floors" && is_kml,
                        "{what}: {} is {}, was {value}",
                        field.name,
                        read.values[place]
                    );
                }
            }
        }
    }
}

#[test]
fn text_in_gbk_with_and_without_a_word_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.geojson");
    write(
        Format::GeoJson,
        &rows(&polygons(), Crs::CRS84),
        Crs::CRS84,
        &source,
    );
    let shp = folder.path().join("gbk.shp");
    ogr2ogr(&[
        "-f",
        "ESRI Shapefile",
        shp.to_str().unwrap(),
        source.to_str().unwrap(),
        "-lco",
        "ENCODING=GBK",
    ]);
    let name = |options: &ReadOptions| {
        let (layer, rows) = sound(&shp, options);
        let place = layer
            .fields
            .iter()
            .position(|field| field.name == "name")
            .unwrap();
        (layer, rows[3].values[place].clone())
    };
    let (layer, value) = name(&ReadOptions::default());
    assert_eq!(
        (layer.encoding.as_deref(), value),
        (Some("GBK"), json!("同义庄"))
    );
    fs::write(shp.with_extension("cpg"), "UTF-8").unwrap();
    let (layer, value) = name(&ReadOptions::default());
    assert_eq!(value, "同义庄");
    assert!(
        layer
            .notes
            .iter()
            .any(|note| note.en.contains("says UTF-8, but")),
        "{:?}",
        layer.notes
    );
    fs::remove_file(shp.with_extension("cpg")).unwrap();
    let (layer, value) = name(&ReadOptions::default());
    assert_eq!(value, "同义庄");
    assert!(
        layer.notes.iter().any(|note| note.en.contains("GBK")),
        "{:?}",
        layer.notes
    );
    let asked = ReadOptions {
        encoding: Some(layer::encoding("gb18030").unwrap()),
        ..ReadOptions::default()
    };
    assert_eq!(name(&asked).1, "同义庄");
}

#[test]
fn tables_as_people_keep_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("地块.csv");
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    for (bytes, encoding, found) in [
        (
            "名称,经度,纬度,层数\n甲,117.1,39.1,3\n乙,,,\n".into(),
            "UTF-8",
            (117.1, 39.1),
        ),
        (
            "\u{feff}名称;X;Y;层数\r\n甲;517000.5;4336000.25;3\r\n乙;;;\r\n".into(),
            "UTF-8",
            (517_000.5, 4_336_000.25),
        ),
        (
            gbk("名称\t北坐标\t东坐标\t层数\n甲\t4336000\t517000\t3\n乙\t\t\t\n"),
            "GBK",
            (517_000.0, 4_336_000.0),
        ),
        (
            "名称,WKT,层数\n甲,\"SRID=4548;POINT(517000 4336000)\",3\n乙,POINT EMPTY,\n".into(),
            "UTF-8",
            (517_000.0, 4_336_000.0),
        ),
    ] {
        fs::write(&file, bytes).unwrap();
        let (layer, rows) = sound(&file, &ReadOptions::default());
        assert_eq!(layer.encoding.as_deref(), Some(encoding));
        let names: Vec<_> = layer
            .fields
            .iter()
            .map(|field| (&*field.name, field.kind))
            .collect();
        assert_eq!(
            names,
            [("名称", FieldKind::Text), ("层数", FieldKind::Integer)]
        );
        assert_eq!(rows[0].geometry, Some(geo::Point::from(found).into()));
        assert_eq!(rows[0].values, [json!("甲"), json!(3)]);
        assert_eq!(
            (rows[1].geometry.clone(), rows[1].values[1].clone()),
            (None, Value::Null)
        );
    }
}

// ---- bad input -------------------------------------------------------------------------------

/// A zipped shapefile's parts, to make others of.
fn parts(zip: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(fs::File::open(zip).unwrap()).unwrap();
    (0..archive.len())
        .map(|place| {
            let mut entry = archive.by_index(place).unwrap();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            (entry.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn zip_of(out: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(out).unwrap());
    for (name, bytes) in entries {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn what_is_wrong_with_a_shapefile_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("地块.zip");
    write(
        Format::Shapefile,
        &rows(&polygons(), Crs::CRS84),
        Crs::CRS84,
        &file,
    );
    let whole = parts(&file);
    let part = |end: &str| whole[&format!("parcels.{end}")].as_slice();
    let (shp, shx, dbf) = (part("shp"), part("shx"), part("dbf"));
    let mut fewer = dbf.to_vec();
    fewer[4] = 3;
    let mut nan = shp.to_vec();
    nan[100 + 8 + 44 + 8..][..8].copy_from_slice(&f64::NAN.to_le_bytes());
    let mut lying = shp.to_vec();
    lying[100 + 8 + 40..][..4].copy_from_slice(&i32::MAX.to_le_bytes());
    let mut mixed = dbf.to_vec();
    let at = mixed
        .windows(6)
        .rposition(|bytes| bytes == "同义".as_bytes())
        .unwrap();
    mixed[at..at + 6].copy_from_slice(b"\xcd\xac\xd2\xe5\xff ");
    let zeros = vec![0; 80 << 20];
    let many: Vec<(String, &[u8])> = (0..10_001)
        .map(|n| (format!("{n}.txt"), &b""[..]))
        .collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (&**name, *bytes)).collect();
    for (entries, words) in [
        (
            vec![("a.shp", &shp[..shp.len() - 8]), ("a.dbf", dbf)],
            "the .shp is incomplete",
        ),
        (
            vec![("a.shp", shp), ("a.dbf", &dbf[..dbf.len() - 9])],
            "the .dbf is incomplete",
        ),
        (
            vec![("a.shp", shp), ("a.shx", shx), ("a.dbf", &fewer)],
            "4 shapes and the .dbf 3 records",
        ),
        (vec![("a.shp", dbf), ("a.dbf", dbf)], "begin with 9994"),
        (
            vec![("a.dbf", dbf), ("a.txt", b"")],
            "no .shp in the archive",
        ),
        (vec![("a.shp", shp), ("b.shp", shp)], "say which: a, b"),
        (
            vec![("a.shp", &zeros), ("a.dbf", dbf)],
            "unpacks to more than 64 MB",
        ),
        (many, "10001 entries"),
    ] {
        zip_of(&file, &entries);
        let said = read(&file).map(|_| ()).unwrap_err();
        assert!(
            said.en.starts_with("地块.zip: ") && said.en.contains(words),
            "{said}"
        );
        assert!(
            said.zh.starts_with("地块.zip：") && said.zh != said.en,
            "{said}"
        );
    }
    // A row that is wrong stops no other.
    for (shp, dbf, row, words) in [
        (&*nan, dbf, 1, "not finite"),
        (&lying, dbf, 1, "damaged"),
        (shp, &mixed, 4, "should be text in UTF-8"),
    ] {
        zip_of(&file, &[("a.shp", shp), ("a.shx", shx), ("a.dbf", dbf)]);
        let (_, rows) = read(&file).unwrap();
        assert_eq!(rows.len(), 4);
        for read in &rows {
            if let Err(flaw) = read {
                assert!(
                    flaw.number == row && flaw.text.en.contains(words),
                    "{}",
                    flaw.text
                );
            }
        }
        assert_eq!(rows.iter().filter(|row| row.is_err()).count(), 1, "{words}");
    }
    // Parts that are missing are told, and read without.
    zip_of(&file, &[("数据/a.shp", shp)]);
    let (layer, rows) = sound(&file, &ReadOptions::default());
    assert_eq!(
        (rows.len(), layer.fields.len(), layer.crs.clone()),
        (4, 0, StatedCrs::None)
    );
    for words in [".shx is missing", ".dbf is missing", "no .prj"] {
        assert!(
            layer.notes.iter().any(|note| note.en.contains(words)),
            "{:?}",
            layer.notes
        );
    }
    // A name is no path to write to.
    zip_of(
        &file,
        &[
            ("../../../outside.shp", shp),
            ("../../../outside.dbf", dbf),
            ("/etc/outside.prj", b""),
        ],
    );
    assert_eq!(sound(&file, &ReadOptions::default()).1.len(), 4);
    let here: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(here.len(), 1, "{here:?}");
    // Bare parts alone are no shapefile.
    let alone = folder.path().join("a.dbf");
    fs::write(&alone, dbf).unwrap();
    assert!(
        read(&alone)
            .unwrap_err()
            .en
            .contains("one part of a shapefile")
    );
}

#[test]
fn what_is_wrong_with_other_files_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("a,b\n\"{}", "x".repeat(70 << 20));
    let wide: Vec<String> = (0..1001).map(|n| format!("c{n}")).collect();
    for (name, bytes, words) in [
        (
            "a.csv",
            b"a,b\n\xff\xfe\x80\x81\xff,1\n".to_vec(),
            "line 2 is neither UTF-8 nor GBK",
        ),
        (
            "a.csv",
            b"a,a\n1,2\n".to_vec(),
            "two columns are called “a”",
        ),
        ("a.csv", long.into_bytes(), "larger than 64 MB"),
        (
            "a.csv",
            b"a,b\n1,x\n2,\"y\n3,z\n".to_vec(),
            "opened on line 3 and never closed",
        ),
        ("a.csv", wide.join(",").into_bytes(), "1001 fields"),
        ("a.csv", b"".to_vec(), "empty"),
        ("a.doc", b"some words".to_vec(), "none of GeoJSON"),
        (
            "a.kml",
            b"<html><body/></html>".to_vec(),
            "its root should be kml",
        ),
        (
            "a.kml",
            b"<kml><Document><Placemark>".to_vec(),
            "ends in the middle",
        ),
        ("a.kml", b"<kml><a></b></kml>".to_vec(), "no XML at byte"),
        (
            "a.kml",
            [b"<kml>".as_slice(), &b"<a>".repeat(100)].concat(),
            "too deeply",
        ),
        (
            "a.kml",
            b"<?xml version='1.0' encoding='klingon'?><kml/>".to_vec(),
            "no encoding “klingon”",
        ),
        (
            "a.dxf",
            b"0\nSECTION\n2\nENTITIES\n0\nLINE\n".to_vec(),
            "should end in EOF",
        ),
        (
            "a.dxf",
            b"0\nSECTION\n2\nENTITIES\nLINE\n0\n".to_vec(),
            "line 5 is “LINE”",
        ),
        (
            "a.dxf",
            b"AutoCAD Binary DXF\r\n\x1a\0".to_vec(),
            "binary DXF",
        ),
        ("a.dwg", b"AC1032\0\0".to_vec(), "DWG"),
        (
            "a.gpkg",
            b"SQLite format 3\0 and no more".to_vec(),
            "no GeoPackage",
        ),
        (
            "a.fgb",
            b"fgb\x03fgb\0\xff\xff\xff\x7f".to_vec(),
            "incomplete or damaged",
        ),
        ("a.fgb", b"fgb\x02fgb\0\x10\0\0\0".to_vec(), "version 2"),
        (
            "a.zip",
            b"PK\x03\x04 and no more".to_vec(),
            "incomplete or damaged",
        ),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let said = read(&file).map(|_| ()).unwrap_err();
        assert!(
            said.en.starts_with(&format!("{name}: ")) && said.en.contains(words),
            "{words}: {said}"
        );
    }
    let nothing = folder.path().join("nothing.gpkg");
    assert!(read(&nothing).unwrap_err().en.contains("can't be read"));
    // Rows that are wrong stop no other.
    for (name, text, flaws) in [
        (
            "a.csv",
            "x,y,n\n1,2\n1,2,3\nnan,2,3\neast,2,3\n1,2,3\n",
            vec![
                (1, "2 values"),
                (3, "not finite"),
                (4, "“east” is no number"),
            ],
        ),
        (
            "a.csv",
            "wkt\n\"POLYGON((0 0,1 0,1 1))\"\nPOINT(1 2\nPOINT(1 2)\n",
            vec![(1, "3 positions"), (2, "“)” should follow")],
        ),
        (
            "a.kml",
            "<kml><Placemark><Point><coordinates>117,x</coordinates></Point></Placemark><Placemark><name>b</name></Placemark><Placemark><Model/></Placemark></kml>",
            vec![(1, "“117,x”"), (3, "Model")],
        ),
        (
            "a.dxf",
            "0\nSECTION\n2\nENTITIES\n0\nLWPOLYLINE\n10\nx\n20\n1\n0\nLINE\n10\n0\n20\n0\n11\n1\n21\n1\n0\nENDSEC\n0\nEOF\n",
            vec![(1, "“x” is no number")],
        ),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let (_, rows) = read(&file).unwrap();
        let found: Vec<_> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
        assert!(
            found.len() == flaws.len() && rows.len() > flaws.len(),
            "{name}: {found:?}"
        );
        for (found, (number, words)) in found.iter().zip(flaws) {
            assert!(
                found.number == number && found.text.en.contains(words),
                "{found:?}"
            );
        }
    }
}

/// Every truncation of a small file of each format, and thousands with bytes changed: rows or words,
/// never a panic.
/// A GeoJSON file of points, each with a text and a number.
fn two_points(folder: &Path) -> PathBuf {
    let file = folder.join("points.geojson");
    let point = |x: f64, name: &str| {
        json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [x, 39.0] },
            "properties": { "name": name },
        })
    };
    let all = json!({
        "type": "FeatureCollection",
        "features": [point(117.0, "甲"), point(117.1, "乙")],
    });
    fs::write(&file, all.to_string()).unwrap();
    file
}

#[test]
fn a_file_that_is_cut_between_features_is_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let source = two_points(folder.path());
    let whole = folder.path().join("a.fgb");
    let [from, to] = [&source, &whole].map(|path| path.to_str().unwrap());
    ogr2ogr(&["-f", "FlatGeobuf", "-lco", "SPATIAL_INDEX=NO", to, from]);
    let bytes = fs::read(&whole).unwrap();
    let size = |at: usize| 4 + u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let first = 8 + size(8);
    fs::write(&whole, &bytes[..first + size(first)]).unwrap();
    let told = read(&whole).unwrap_err();
    assert!(told.en.contains("has 2 features and has 1"), "{told}");
}

#[test]
fn a_database_that_somebody_is_writing_is_not_read_past_its_journal() {
    let folder = tempfile::tempdir().unwrap();
    let source = two_points(folder.path());
    let file = folder.path().join("a.gpkg");
    let [from, to] = [&source, &file].map(|path| path.to_str().unwrap());
    ogr2ogr(&["-f", "GPKG", to, from]);
    let database = rusqlite::Connection::open(&file).unwrap();
    database.pragma_update(None, "journal_mode", "wal").unwrap();
    database.execute("CREATE TABLE notes (text)", []).unwrap();
    let told = read(&file).unwrap_err();
    assert!(told.en.contains("close it first"), "{told}");
    drop(database);
    let (_, rows) = sound(&file, &ReadOptions::default());
    assert_eq!(rows[0].values[0], "甲");
}

#[test]
fn a_file_of_one_feature_is_read_by_gdal_and_here() {
    let folder = tempfile::tempdir().unwrap();
    let system = crs("EPSG:4548");
    for format in [Format::GeoJson, Format::GeoPackage, Format::FlatGeobuf] {
        let path = folder.path().join(format!("one.{}", format.extension()));
        write(format, &rows(&polygons()[..1], system), system, &path);
        assert_eq!(sound(&path, &ReadOptions::default()).1.len(), 1);
        let read = gdal_reads(path.to_str().unwrap(), &[]);
        assert_eq!(read["features"].as_array().unwrap().len(), 1, "{format:?}");
    }
}

#[test]
fn systems_and_heights_that_rows_state_are_not_lost_unsaid() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let told = |layer: &Layer, what: &str| layer.notes.iter().any(|note| note.en.contains(what));
    let one = "名称,wkt\n甲,SRID=4548;POINT Z (517000 4334000 3.5)\n乙,SRID=4548;POINT (517001 4334001)\n";
    let (layer, rows) = sound(&written("one.csv", one), &ReadOptions::default());
    assert_eq!(layer.crs, StatedCrs::Known(crs("EPSG:4548")));
    assert!(told(&layer, "heights"), "{:?}", layer.notes);
    assert_eq!(rows.len(), 2);
    let two = "名称,wkt\n甲,SRID=4548;POINT (517000 4334000)\n乙,POINT (517001 4334001)\n";
    let (layer, _) = sound(&written("two.csv", two), &ReadOptions::default());
    assert_eq!(layer.crs, StatedCrs::None);
    assert!(told(&layer, "different systems"), "{:?}", layer.notes);
    assert!(!told(&layer, "heights"), "{:?}", layer.notes);

    let flat = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}"#;
    let high = flat.replace("[0,0]", "[0,0,5]").replace("[1,0]", "[1,0,5]");
    let high = written("high.geojson", &high.replace("[1,1]", "[1,1,5]"));
    for ending in ["geojson", "gpkg", "fgb", "shp"] {
        let path = folder.path().join(format!("from_gdal.{ending}"));
        if ending == "geojson" {
            fs::copy(&high, &path).unwrap();
        } else {
            ogr2ogr(&[path.to_str().unwrap(), high.to_str().unwrap()]);
        }
        let (layer, rows) = sound(&path, &ReadOptions::default());
        assert!(told(&layer, "heights"), "{ending}: {:?}", layer.notes);
        assert_eq!(rows.len(), 1);
    }
    let (layer, _) = sound(&written("flat.geojson", flat), &ReadOptions::default());
    assert!(!told(&layer, "heights"), "{:?}", layer.notes);

    // Programs write 0 into KML where they know no height.
    for (height, is_told) in [("", false), (",0", false), (",3.5", true)] {
        let line =
            format!("<LineString><coordinates>0,0{height} 1,1{height}</coordinates></LineString>");
        let text = format!("<kml><Placemark><name>甲</name>{line}</Placemark></kml>");
        let (layer, rows) = sound(&written("a.kml", &text), &ReadOptions::default());
        assert_eq!(
            told(&layer, "heights"),
            is_told,
            "{height}: {:?}",
            layer.notes
        );
        assert_eq!(rows.len(), 1);
    }
}

#[test]
fn codes_keep_their_digits_and_fields_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    let code = "12010600100100000001";
    fs::write(
        &file,
        format!("宗地代码,类\n{code},1E2\n12010600100100000002,1E3\n"),
    )
    .unwrap();
    let (_, rows) = sound(&file, &ReadOptions::default());
    assert_eq!(rows[0].values, [json!(code), json!("1E2")]);

    // Two names that are one when they are cut to ten bytes.
    let record = |values: [&str; 2]| format!(" {:>20}{:<4}", values[0], values[1]);
    let mut table = vec![3, 126, 11, 22];
    table.extend(2_u32.to_le_bytes());
    table.extend((32 + 2 * 32 + 1_u16).to_le_bytes());
    table.extend(25_u16.to_le_bytes());
    table.extend([0; 20]);
    for (letter, length) in [(b'N', 20), (b'C', 4)] {
        table.extend(b"LANDUSECOD\0");
        table.extend([letter, 0, 0, 0, 0, length, 0]);
        table.extend([0; 14]);
    }
    table.push(b'\r');
    for values in [[code, "R2"], ["7", "B1"]] {
        table.extend(record(values).into_bytes());
    }
    let shapes = folder.path().join("a.shp");
    let source = two_points(folder.path());
    let [from, to] = [&source, &shapes].map(|path| path.to_str().unwrap());
    ogr2ogr(&["-f", "ESRI Shapefile", to, from]);
    fs::write(folder.path().join("a.dbf"), table).unwrap();
    let (layer, rows) = sound(&shapes, &ReadOptions::default());
    let names: Vec<&str> = layer.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, ["LANDUSECOD", "LANDUSECOD_2"]);
    assert_eq!(rows[0].values, [json!(code), json!("R2")]);
    assert_eq!(rows[1].values, [json!("7"), json!("B1")]);
}

#[test]
fn no_file_is_too_broken() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = StdRng::seed_from_u64(7);
    for format in Format::ALL {
        let file = folder.path().join(format!("a.{}", format.extension()));
        write(format, &rows(&mixed(), Crs::CRS84), Crs::CRS84, &file);
        let mut files = vec![(file.clone(), fs::read(&file).unwrap())];
        if format == Format::Shapefile {
            for (name, bytes) in parts(&file) {
                let path = folder.path().join(&name);
                fs::write(&path, &bytes).unwrap();
                if name.contains("_polygon.") {
                    files.push((path, bytes));
                }
            }
        }
        for (path, whole) in files {
            // A shapefile is opened by its .shp, whichever part is broken.
            let opened = match path.extension().unwrap().to_str().unwrap() {
                "shx" | "dbf" | "prj" | "cpg" => path.with_extension("shp"),
                _ => path.clone(),
            };
            let options = ReadOptions {
                layer: (format == Format::Shapefile).then(|| "parcels_polygon".to_owned()),
                ..ReadOptions::default()
            };
            // A database is large and opens slowly.
            let step = if whole.len() > 50_000 && !in_full() {
                997
            } else {
                1
            };
            for length in (0..whole.len()).step_by(step) {
                fs::write(&path, &whole[..length]).unwrap();
                let read = read_with(&opened, &options);
                let is_told = matches!(format, Format::GeoJson | Format::Kml | Format::Dxf)
                    || path.extension().unwrap() == "zip";
                // But for the last line's end.
                if is_told && length + 2 < whole.len() {
                    assert!(read.is_err(), "{} of {} bytes", length, whole.len());
                }
            }
            let flips = if in_full() {
                20_000
            } else {
                1_500 / step.min(5)
            };
            for _ in 0..flips {
                let mut broken = whole.clone();
                for _ in 0..random.random_range(1..8) {
                    let at = random.random_range(0..broken.len());
                    broken[at] = match random.random_range(0..4) {
                        0 => 0,
                        1 => 0xff,
                        2 => broken[at] ^ (1 << random.random_range(0..8)),
                        _ => random.random(),
                    };
                }
                fs::write(&path, &broken).unwrap();
                let _ = read_with(&opened, &options);
            }
            fs::write(&path, &whole).unwrap();
        }
    }
}

// ---- size ------------------------------------------------------------------------------------

/// Peak memory, and memory now, of this process, in kB.
fn memory() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let number = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (number("VmHWM:"), number("VmRSS:"))
}

/// A file far larger than what may be added to memory, written and read in every format. Another
/// process of this test does it, so that nothing else is in its memory.
#[test]
fn large_files_are_written_and_read_in_little_memory() {
    const WORD: &str = "LAYERS_LARGE_FILE";
    const MOST_KB: u64 = 16 << 10;
    let Ok(format) = std::env::var(WORD) else {
        let of = "layers::large_files_are_written_and_read_in_little_memory";
        for format in Format::ALL {
            let output = Command::new(std::env::current_exe().unwrap())
                .args([of, "--exact", "--nocapture", "--test-threads=1"])
                .env(WORD, format.extension())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            let erred = String::from_utf8_lossy(&output.stderr);
            let grown = said.lines().find(|line| line.contains("grown by"));
            println!("{}", grown.unwrap_or_default());
            assert!(output.status.success() && grown.is_some(), "{said}{erred}");
        }
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("large.{format}"));
    let format = Format::of_name(&file).unwrap();
    // GeoJSON of some 20 MB, or 200.
    let count: u32 = match (format, in_full()) {
        (Format::GeoJson, true) => 250_000,
        (Format::GeoJson, false) => 25_000,
        (_, true) => 50_000,
        (_, false) => 10_000,
    };
    let crs = Crs::CRS84;
    let layer = layer_of(fields(), crs);
    let rows = || {
        let rows = (0..count).map(|number| {
            let (x, y) = (
                117.0 + f64::from(number % 500) * 1e-4,
                39.0 + f64::from(number / 500) * 1e-4,
            );
            let ring = (0..=24).map(|corner| {
                let (sin, cos) = f64::from(corner % 24 * 15).to_radians().sin_cos();
                (x + cos * 4e-5, y + sin * 4e-5)
            });
            Ok(Row {
                number: u64::from(number) + 1,
                id: Some(format!("row-{number}")),
                geometry: Some(geo::Polygon::new(ring.collect(), Vec::new()).into()),
                values: values()[number as usize % 4].clone(),
            })
        });
        Box::new(rows) as Box<dyn Iterator<Item = Result<Row, Text>>>
    };
    // PROJ and the like are there before.
    let _ = Transformer::to_wgs84(crs);
    let (_, before) = memory();
    let draft = Draft::new(format, &layer, crs, &rows, &mut |_, _| ()).unwrap();
    draft.write(&file, &mut |_, _| ()).unwrap();
    let mut reader = Reader::open(&file, &ReadOptions::default()).unwrap();
    let mut read = 0;
    let mut far = (0, 0);
    reader
        .rows(
            &mut |row| {
                row.unwrap();
                read += 1;
                ControlFlow::Continue(())
            },
            &mut |done, all| far = (done, all),
        )
        .unwrap();
    assert_eq!(read, count);
    assert!(far.0 == far.1 && far.0 > 0, "{far:?}");
    let (after, _) = memory();
    let (bytes, grown) = (
        fs::metadata(&file).unwrap().len(),
        after.saturating_sub(before),
    );
    println!(
        "{} of {} MB: grown by {grown} kB",
        format.name(),
        bytes >> 20
    );
    assert!(grown < MOST_KB, "{}: {grown} kB", format.name());
}

// ---- the command -----------------------------------------------------------------------------

fn export(args: &[&str]) -> (bool, String) {
    let folder = yunze();
    let (seeds, geodata) = (folder.join("seeds"), folder.join("geodata"));
    let mut all = vec!["export"];
    all.extend(args);
    all.extend([
        "--seeds",
        seeds.to_str().unwrap(),
        "--geodata",
        geodata.to_str().unwrap(),
    ]);
    let output = program(&all).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn a_collection_is_exported_and_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let text = fs::read_to_string(yunze().join("geodata/projects.geojson")).unwrap();
    let source: Value = serde_json::from_str(&text).unwrap();
    let source = source["features"].as_array().unwrap();
    for (name, crs) in [
        ("a.geojson", "CRS84"),
        ("a.geojson", "EPSG:4527"),
        ("a.gpkg", "EPSG:4548"),
        ("a.fgb", "EPSG:4490"),
        ("a.csv", "EPSG:4548"),
        ("a.kml", "CRS84"),
    ] {
        let out = path(name);
        let (done, said) = export(&["projects", "--out", &out, "--crs", crs]);
        assert!(done, "{said}");
        let (layer, rows) = sound(Path::new(&out), &ReadOptions::default());
        assert_eq!(rows.len(), source.len(), "{said}");
        let rows = by_id(rows);
        let back = Transformer::to_wgs84(Crs::parse(crs).unwrap()).unwrap();
        for feature in source {
            let row = &rows[feature["id"].as_str().unwrap()];
            let what = format!("{name} {crs} {}", feature["id"]);
            let mut found: serde_json::Map<String, Value> = layer
                .fields
                .iter()
                .zip(&row.values)
                .filter(|(_, value)| !value.is_null())
                .map(|(field, value)| (field.name.clone(), value.clone()))
                .collect();
            found.remove("id");
            let mut wanted = feature["properties"].clone();
            wanted
                .as_object_mut()
                .unwrap()
                .retain(|_, value| !value.is_null());
            assert_eq!(Value::Object(found), wanted, "{what}");
            let shape: Option<geojson::Geometry> =
                serde_json::from_value(feature["geometry"].clone()).unwrap();
            let wanted =
                shape.map(|shape| renewal_map::geometry::read::geometry(&shape, None).unwrap());
            let shape = row
                .geometry
                .as_ref()
                .map(|shape| shape.map_coords(|coord| back.convert(coord).unwrap()));
            assert_near(shape.as_ref(), wanted.as_ref(), Crs::CRS84, false, &what);
        }
    }
}

#[test]
fn losses_are_told_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let nothing = || fs::read_dir(folder.path()).unwrap().count() == 0;
    let (done, said) = export(&[
        "projects",
        "--out",
        &path("a.zip"),
        "--crs",
        "EPSG:4548",
        "--dry-run",
    ]);
    assert!(
        done && said.contains("10 bytes at most") && said.contains("nothing was written"),
        "{said}"
    );
    assert!(nothing());
    for (args, words) in [
        (vec!["projects", "--out", "a.doc"], "tells no format"),
        (
            vec!["project", "--out", "a.csv"],
            "there is no collection “project”",
        ),
        (
            vec!["projects", "--out", "a.kml", "--crs", "EPSG:4548"],
            "WGS 84 longitude and latitude alone",
        ),
        (
            vec!["projects", "--out", "a.csv", "--crs", "EPSG:27700"],
            "not among those served",
        ),
        (
            vec!["projects", "--out", "a.csv", "--filter", "nmae = 'a'"],
            "nmae",
        ),
        (
            vec!["projects", "--out", "/nowhere/a.csv"],
            "can't be written",
        ),
    ] {
        let args: Vec<String> = args
            .iter()
            .map(|arg| {
                if arg.starts_with("a.") {
                    path(arg)
                } else {
                    (*arg).to_owned()
                }
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (done, said) = export(&args);
        assert!(!done && said.contains(words), "{said}");
        assert!(nothing());
    }
    let (done, said) = export(&[
        "projects",
        "--out",
        &path("a.csv"),
        "--filter",
        "status = 'planned'",
    ]);
    assert!(done, "{said}");
    let (layer, rows) = sound(Path::new(&path("a.csv")), &ReadOptions::default());
    let status = layer
        .fields
        .iter()
        .position(|field| field.name == "status")
        .unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.values[status] == "planned"));
    let left: Vec<PathBuf> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left, [folder.path().join("a.csv")]);
    // An earlier revision is one of a record.
    let data = path("data");
    let of_revision = |number| {
        let out = path("b.gpkg");
        export(&[
            "projects",
            "--out",
            &out,
            "--data",
            &data,
            "--revision",
            number,
        ])
    };
    assert!(of_revision("1").0);
    let (done, said) = of_revision("9");
    assert!(!done && said.contains("no revision 9"), "{said}");
}
