//! GeoPackage (OGC 12-128): tables of features in an SQLite database.

use std::{fmt::Write as _, path::Path};

use geo::BoundingRect;
use geo::Geometry;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension,
    config::DbConfig,
    limits::Limit,
    params,
    types::{Value as Cell, ValueRef},
};
use serde_json::Value;

use super::{
    Field, FieldKind, Format, Layer, Row, RowFlaw, StatedCrs,
    infer::{real, text},
    read::{
        MOST_ROW_BYTES, Opened, Progress, ReadOptions, Source, Take, choose, id_of, row_too_large,
    },
    wkb,
    write::{Draft, FieldSurvey, Losses, ShapeKind, Survey},
};
use crate::{
    geometry::{
        crs::Crs,
        definition::{Dialect, recognise, wkt},
    },
    model::Text,
};

/// Bytes that one value may take.
#[allow(clippy::cast_possible_truncation)] // some megabytes
const MOST_VALUE_BYTES: i32 = MOST_ROW_BYTES as i32;
/// Steps of SQLite's machine between two looks at how many there were.
const STEPS: i32 = 10_000;
/// So many of these may one question at the beginning take: some seconds.
const MOST_LOOKS: u32 = 10_000;
/// The tables that tell what there is.
const TELLING: [&str; 3] = [
    "gpkg_contents",
    "gpkg_geometry_columns",
    "gpkg_spatial_ref_sys",
];

/// A table of features.
struct Table {
    database: Connection,
    /// The statement that reads a shape, the key and the fields, in this order.
    select: String,
    count: Option<u64>,
}

pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Opened, Text> {
    if has_journal(path) {
        return Err(Text::new(
            "另一个程序正在使用这个 GeoPackage，还有改动没有写进文件：请先关闭它（如 QGIS）",
            "another program (QGIS, say) uses this GeoPackage and has changes that are not in the file yet: close it first",
        ));
    }
    let database = connect(path).map_err(|error| damaged(&error))?;
    let (mut layer, select) = within_bounds(&database, |database| layer(database, options))?;
    layer.count = within_bounds(&database, |database| count(database, &layer.name))?;
    let count = layer.count;
    let source = Table {
        database,
        select,
        count,
    };
    Ok((layer, Box::new(source)))
}

/// Asks a question that must come to an end: a table can be made to have none.
fn within_bounds<T>(database: &Connection, ask: impl FnOnce(&Connection) -> T) -> T {
    let mut left = MOST_LOOKS;
    let is_over = move || {
        left = left.saturating_sub(1);
        left == 0
    };
    database.progress_handler(STEPS, Some(is_over));
    let told = ask(database);
    database.progress_handler(0, None::<fn() -> bool>);
    told
}

/// The table of features that is asked for, and the statement that reads it.
fn layer(database: &Connection, options: &ReadOptions) -> Result<(Layer, String), Text> {
    let unreadable = |error: rusqlite::Error| {
        Text::new(
            format!(
                "不是 GeoPackage：没有可读的 gpkg_contents 和 gpkg_geometry_columns 表：{error}"
            ),
            format!(
                "no GeoPackage: it has no tables gpkg_contents and gpkg_geometry_columns that can be read: {error}"
            ),
        )
    };
    for table in TELLING {
        if !is_plain(database, table).map_err(unreadable)? {
            return Err(Text::new(
                format!("不是 GeoPackage：没有表 {table}，或其内容是算出来的"),
                format!("no GeoPackage: it has no table {table}, or one whose content is reckoned"),
            ));
        }
    }
    let tables = feature_tables(database).map_err(unreadable)?;
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let Features {
        name,
        shape,
        srs,
        has_heights,
    } = &tables[choose(&names, options.layer.as_deref())?];
    let mut notes = Vec::new();
    if *has_heights {
        notes.push(super::shape::flattened());
    }
    let crs = stated_crs(database, *srs).map_err(|error| damaged(&error))?;
    let columns = columns(database, name).map_err(|error| damaged(&error))?;
    let stores_shapes = columns
        .iter()
        .any(|column| !column.is_reckoned && column.name.eq_ignore_ascii_case(shape));
    if !stores_shapes {
        return Err(Text::new(
            format!("表“{name}”没有存放几何的列“{shape}”：算出来的列不读"),
            format!(
                "the table “{name}” stores no column “{shape}” of shapes: one that is reckoned is not read"
            ),
        ));
    }
    let (key, fields) = fields(database, name, shape, columns, &mut notes);
    let mut columns = vec![
        quoted(shape),
        key.map_or("NULL".to_owned(), |key| quoted(&key)),
    ];
    columns.extend(fields.iter().map(|field| quoted(&field.name)));
    let select = format!("SELECT {} FROM {}", columns.join(", "), quoted(name));
    let layer = Layer {
        name: name.clone(),
        format: Format::GeoPackage,
        fields,
        crs,
        count: None,
        encoding: None,
        notes,
    };
    Ok((layer, select))
}

/// How many rows a table has; nothing where counting them takes too long.
fn count(database: &Connection, table: &str) -> Result<Option<u64>, Text> {
    // SQLite counts all rows by `count(*)` in a single step, in which it can't be bounded.
    let select = format!("SELECT count(1) FROM {}", quoted(table));
    match database.query_row(&select, [], |row| row.get::<_, i64>(0)) {
        Ok(count) => Ok(u64::try_from(count).ok()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Ok(None)
        }
        Err(error) => Err(damaged(&error)),
    }
}

/// What another program has not yet written into the file itself would be missed.
fn has_journal(path: &Path) -> bool {
    ["-wal", "-journal"].iter().any(|end| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(end);
        std::fs::metadata(beside).is_ok_and(|file| file.len() > 0)
    })
}

/// Opens a database that nobody else writes: no locks, no files beside it, and nothing in its schema
/// is trusted.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            address.push(char::from(*byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let database = Connection::open_with_flags(address, flags)?;
    database.pragma_update(None, "trusted_schema", false)?;
    database.pragma_update(None, "cell_size_check", true)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    // What columns reckon may be of any length, whatever the file's own is.
    database.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)?;
    Ok(database)
}

fn damaged(error: &rusqlite::Error) -> Text {
    Text::new(
        format!("数据库不完整或已损坏：{error}"),
        format!("the database is incomplete or damaged: {error}"),
    )
}

fn at_row(number: u64, text: &Text) -> Text {
    Text::new(
        format!("第 {number} 行：{}", text.zh),
        format!("row {number}: {}", text.en),
    )
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table of features.
struct Features {
    name: String,
    /// Its column of shapes.
    shape: String,
    /// The number of the system of its shapes.
    srs: i64,
    /// Whether all shapes have heights or measures.
    has_heights: bool,
}

/// A column of a table.
struct Column {
    name: String,
    /// Its type as it was declared.
    kind: String,
    /// Its place in the primary key, from 1; 0 where it is not in it.
    place_in_key: i64,
    /// Whether its values are not stored but come of an expression, which may take for ever.
    is_reckoned: bool,
}

/// The columns of a table that stores its rows.
fn columns(database: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut statement = database.prepare(&format!("PRAGMA table_xinfo({})", quoted(table)))?;
    let rows = statement.query_map([], |row| {
        Ok(Column {
            name: row.get(1)?,
            kind: row.get(2)?,
            place_in_key: row.get(5)?,
            is_reckoned: row.get::<_, i64>(6)? != 0,
        })
    })?;
    rows.collect()
}

/// Whether a table is there and stores all that it tells. What views, virtual tables and columns that are
/// reckoned would run is anybody's.
fn is_plain(database: &Connection, table: &str) -> rusqlite::Result<bool> {
    // SQLite writes these words so, and opens no file in which the type is another.
    let is_stored = database
        .prepare(
            "SELECT 1 FROM sqlite_master
             WHERE lower(name) = lower(?) AND type = 'table' AND sql LIKE 'create table %'",
        )?
        .exists([table])?;
    let is_reckoned = |column: &Column| column.is_reckoned;
    Ok(is_stored && !columns(database, table)?.iter().any(is_reckoned))
}

/// The tables of features that store their rows.
fn feature_tables(database: &Connection) -> rusqlite::Result<Vec<Features>> {
    let mut statement = database.prepare(
        "SELECT m.name, g.column_name, g.srs_id, g.z = 1 OR g.m = 1
         FROM gpkg_contents AS c
         JOIN gpkg_geometry_columns AS g ON lower(g.table_name) = lower(c.table_name)
         JOIN sqlite_master AS m ON lower(m.name) = lower(c.table_name)
         WHERE c.data_type = 'features' AND m.type = 'table' AND m.sql LIKE 'create table %'
         ORDER BY m.name",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Features {
            name: row.get(0)?,
            shape: row.get(1)?,
            srs: row.get(2)?,
            has_heights: row.get(3)?,
        })
    })?;
    rows.collect()
}

fn stated_crs(database: &Connection, srs: i64) -> rusqlite::Result<StatedCrs> {
    let found = database
        .query_row(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
            [srs],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, String>(2)?,
                ))
            },
        )
        .optional()?;
    let Some((organization, code, definition)) = found else {
        return Ok(StatedCrs::None);
    };
    let is_epsg = organization.eq_ignore_ascii_case("EPSG");
    let name = format!("EPSG:{code}");
    Ok(match Crs::parse(&name) {
        Ok(crs) if is_epsg => StatedCrs::Known(crs),
        _ => match recognise(&definition) {
            Some(crs) => StatedCrs::Known(crs),
            None if is_epsg => StatedCrs::Wkt(name),
            None if definition.eq_ignore_ascii_case("undefined") => StatedCrs::None,
            None => StatedCrs::Wkt(definition),
        },
    })
}

/// The column that is the key, and the fields.
fn fields(
    database: &Connection,
    table: &str,
    shape: &str,
    columns: Vec<Column>,
    notes: &mut Vec<Text>,
) -> (Option<String>, Vec<Field>) {
    // Of the schema extension, which need not be there.
    let json = json_columns(database, table).unwrap_or_default();
    let mut key = None;
    let mut fields = Vec::new();
    for column in columns {
        let Column {
            name,
            kind,
            place_in_key,
            is_reckoned,
        } = column;
        if is_reckoned || name.eq_ignore_ascii_case(shape) {
            continue;
        }
        let kind = kind.to_ascii_uppercase();
        let word = kind.split('(').next().unwrap_or_default().trim();
        if place_in_key == 1 && word == "INTEGER" {
            key = Some(name);
            continue;
        }
        let kind = match word {
            _ if json.contains(&name) => FieldKind::Json,
            "BOOLEAN" => FieldKind::Boolean,
            "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "INTEGER" | "BIGINT" => {
                FieldKind::Integer
            }
            "FLOAT" | "DOUBLE" | "REAL" | "NUMERIC" => FieldKind::Real,
            "DATE" => FieldKind::Date,
            "DATETIME" | "TIMESTAMP" => FieldKind::DateTime,
            "BLOB" => {
                notes.push(Text::new(
                    format!("字段“{name}”是二进制数据，略去"),
                    format!("field “{name}” is binary and left out"),
                ));
                continue;
            }
            _ => FieldKind::Text,
        };
        fields.push(Field { name, kind });
    }
    (key, fields)
}

/// The columns whose text is JSON.
fn json_columns(database: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    if !is_plain(database, "gpkg_data_columns")? {
        return Ok(Vec::new());
    }
    let mut statement = database.prepare(
        "SELECT column_name FROM gpkg_data_columns
         WHERE lower(table_name) = lower(?) AND mime_type = 'application/json'",
    )?;
    let rows = statement.query_map([table], |row| row.get(0))?;
    rows.collect()
}

impl Source for Table {
    fn rows(
        &mut self,
        fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        let mut statement = self
            .database
            .prepare(&self.select)
            .map_err(|error| damaged(&error))?;
        let mut cells = statement.query([]).map_err(|error| damaged(&error))?;
        let mut number = 0;
        loop {
            number += 1;
            let cells = cells
                .next()
                .map_err(|error| match error.sqlite_error_code() {
                    Some(ErrorCode::TooBig) => at_row(number, &row_too_large()),
                    _ => damaged(&error),
                })?;
            let Some(cells) = cells else { break };
            progress(number, self.count.unwrap_or(0).max(number));
            let row = row(cells, number, fields).map_err(|text| RowFlaw { number, text });
            if take(row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn row(cells: &rusqlite::Row<'_>, number: u64, fields: &[Field]) -> Result<Row, Text> {
    let cell = |place: usize| cells.get_ref(place).map_err(|error| damaged(&error));
    let geometry = match cell(0)? {
        ValueRef::Null => None,
        ValueRef::Blob(bytes) if bytes.len() as u64 > MOST_ROW_BYTES => {
            return Err(row_too_large());
        }
        ValueRef::Blob(bytes) => geometry(bytes)?,
        _ => return Err(no_geometry()),
    };
    let values = fields
        .iter()
        .enumerate()
        .map(|(place, field)| {
            value(cell(place + 2)?, field.kind).ok_or_else(|| {
                let name = &field.name;
                Text::new(
                    format!("字段“{name}”的值读不了：应为 UTF-8 文字或有限数"),
                    format!("the value of field “{name}” can't be read: it should be UTF-8 or a finite number"),
                )
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let key = match cell(1)? {
        ValueRef::Integer(key) => Some(key.to_string()),
        _ => None,
    };
    Ok(Row {
        number,
        id: id_of(fields, &values).or(key),
        geometry,
        values,
    })
}

fn value(cell: ValueRef<'_>, kind: FieldKind) -> Option<Value> {
    Some(match (cell, kind) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(number @ (0 | 1)), FieldKind::Boolean) => (number == 1).into(),
        (ValueRef::Integer(number), _) => number.into(),
        (ValueRef::Real(number), _) => return real(number),
        (ValueRef::Text(bytes), kind) => {
            let text = std::str::from_utf8(bytes).ok()?;
            match kind {
                FieldKind::Json => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
                _ => text.into(),
            }
        }
        _ => return None,
    })
}

fn no_geometry() -> Text {
    Text::new(
        "几何不是 GeoPackage 的格式（开头应为 GP）",
        "the geometry is not as a GeoPackage has it (it should begin with GP)",
    )
}

/// A shape of a GeoPackage: a header of its own before WKB.
fn geometry(bytes: &[u8]) -> Result<Option<Geometry<f64>>, Text> {
    let [b'G', b'P', _, flags, ..] = *bytes else {
        return Err(no_geometry());
    };
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err(no_geometry()),
    };
    // Empty, whatever follows.
    if flags & 0x10 != 0 {
        return Ok(None);
    }
    wkb::read(bytes.get(8 + envelope..).ok_or_else(no_geometry)?)
}

fn with_header(shape: &Geometry<f64>, srs: i32) -> Vec<u8> {
    let mut out = b"GP\0".to_vec();
    let bounds = match shape {
        Geometry::Point(_) => None,
        shape => shape.bounding_rect(),
    };
    out.push(if bounds.is_some() { 0b11 } else { 0b01 });
    out.extend(srs.to_le_bytes());
    if let Some(bounds) = bounds {
        for bound in [
            bounds.min().x,
            bounds.max().x,
            bounds.min().y,
            bounds.max().y,
        ] {
            out.extend(bound.to_le_bytes());
        }
    }
    wkb::write(&mut out, shape);
    out
}

/// Names of columns as they are written: no two the same but for case.
struct Names {
    key: String,
    id: String,
    shape: String,
    fields: Vec<String>,
}

impl Names {
    fn of(layer: &Layer) -> Self {
        let mut fields: Vec<String> = Vec::new();
        for field in &layer.fields {
            let name = if field.name.is_empty() {
                "field"
            } else {
                &field.name
            };
            fields.push(free(name, &fields));
        }
        let key = free("fid", &fields);
        let shape = free("geom", &fields);
        let id = free("id", &fields);
        Self {
            key,
            id,
            shape,
            fields,
        }
    }
}

/// The name, or the name with a number that no other has.
fn free(name: &str, taken: &[String]) -> String {
    let is_free = |name: &str| {
        let name = name.to_lowercase();
        !taken.iter().any(|other| other.to_lowercase() == name)
    };
    if is_free(name) {
        return name.to_owned();
    }
    (1..=taken.len() + 1)
        .map(|number| format!("{name}_{number}"))
        .find(|name| is_free(name))
        .unwrap_or_default()
}

fn column_type(field: &Field, seen: &FieldSurvey) -> &'static str {
    if seen.misfits > 0 {
        return "TEXT";
    }
    match field.kind {
        FieldKind::Text | FieldKind::Json => "TEXT",
        FieldKind::Integer => "INTEGER",
        FieldKind::Real => "DOUBLE",
        FieldKind::Boolean => "BOOLEAN",
        FieldKind::Date => "DATE",
        FieldKind::DateTime => "DATETIME",
    }
}

pub(super) fn losses(layer: &Layer, survey: &Survey, losses: &mut Losses) {
    let names = Names::of(layer);
    let renamed: Vec<String> = layer
        .fields
        .iter()
        .zip(&names.fields)
        .filter(|(field, name)| field.name != **name)
        .map(|(field, name)| format!("{} → {name}", field.name))
        .collect();
    let renamed: Vec<&str> = renamed.iter().map(String::as_str).collect();
    losses.tell_fields(
        &renamed,
        "字段名不能只差大小写，改名",
        "names of fields that differ in case alone are changed",
    );
    let misfits: Vec<&str> = layer
        .fields
        .iter()
        .zip(&survey.fields)
        .filter(|(_, seen)| seen.misfits > 0)
        .map(|(field, _)| &*field.name)
        .collect();
    losses.tell_fields(
        &misfits,
        "值的类型不一，写成文字",
        "values of several kinds become text",
    );
}

/// Writes a database of one table.
pub(super) fn write(draft: &Draft<'_>, out: &Path, each: &mut dyn FnMut()) -> Result<(), Text> {
    let failed = |error: rusqlite::Error| {
        Text::new(
            format!("写不了：{error}"),
            format!("can't be written: {error}"),
        )
    };
    // Of one that was killed.
    let _ = std::fs::remove_file(out);
    let mut database = Connection::open(out).map_err(failed)?;
    // A file that is not whole is thrown away: it needs no journal.
    database
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;")
        .map_err(failed)?;
    let transaction = database.transaction().map_err(failed)?;
    let (layer, survey) = (draft.layer(), draft.survey());
    let names = Names::of(layer);
    let srs = draft.crs().code().unwrap_or(4326);
    let srs = i32::try_from(srs).unwrap_or(4326);
    transaction.execute_batch(SCHEMA).map_err(failed)?;
    for (crs, srs) in [(Crs::CRS84, 4326), (draft.crs(), srs)] {
        let text = wkt(crs, Dialect::Ogc);
        let name = text.split('"').nth(1).unwrap_or_default();
        transaction
            .execute(
                "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, 'EPSG', ?, ?, NULL)",
                params![name, srs, srs, text],
            )
            .map_err(failed)?;
    }
    let table = &layer.name;
    let bounds = survey
        .shapes
        .values()
        .filter_map(|shapes| shapes.bounds)
        .flat_map(|rect| [rect.min(), rect.max()])
        .collect::<geo::MultiPoint<f64>>()
        .bounding_rect();
    transaction
        .execute(
            "INSERT INTO gpkg_contents VALUES (?, 'features', ?, '', ?, ?, ?, ?, ?, ?)",
            params![
                table,
                table,
                jiff::Timestamp::now()
                    .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
                    .to_string(),
                bounds.map(|rect| rect.min().x),
                bounds.map(|rect| rect.min().y),
                bounds.map(|rect| rect.max().x),
                bounds.map(|rect| rect.max().y),
                srs
            ],
        )
        .and_then(|_| {
            transaction.execute(
                "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)",
                params![table, names.shape, geometry_type(survey), srs],
            )
        })
        .map_err(failed)?;
    let mut columns = vec![
        format!(
            "{} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
            quoted(&names.key)
        ),
        format!("{} GEOMETRY", quoted(&names.shape)),
    ];
    if draft.writes_id() {
        columns.push(format!("{} TEXT", quoted(&names.id)));
    }
    for ((field, seen), name) in layer.fields.iter().zip(&survey.fields).zip(&names.fields) {
        columns.push(format!("{} {}", quoted(name), column_type(field, seen)));
        if field.kind == FieldKind::Json {
            transaction
                .execute(
                    "INSERT INTO gpkg_data_columns VALUES (?, ?, NULL, NULL, NULL, 'application/json', NULL)",
                    params![table, name],
                )
                .map_err(failed)?;
        }
    }
    let holders = vec!["?"; columns.len() - 1].join(", ");
    let (table, columns) = (quoted(table), columns.join(", "));
    transaction
        .execute_batch(&format!("CREATE TABLE {table} ({columns})"))
        .map_err(failed)?;
    {
        let mut insert = transaction
            .prepare(&format!("INSERT INTO {table} VALUES (NULL, {holders})"))
            .map_err(failed)?;
        for row in draft.rows() {
            let row = row?;
            let shape = row.geometry.as_ref().map(|shape| with_header(shape, srs));
            let mut cells = vec![shape.map_or(Cell::Null, Cell::Blob)];
            if draft.writes_id() {
                cells.push(row.id.map_or(Cell::Null, Cell::Text));
            }
            for ((value, field), seen) in row.values.iter().zip(&layer.fields).zip(&survey.fields) {
                cells.push(written(value, field, seen));
            }
            insert
                .execute(rusqlite::params_from_iter(cells))
                .map_err(failed)?;
            each();
        }
    }
    transaction.commit().map_err(failed)?;
    database.close().map_err(|(_, error)| failed(error))
}

fn written(value: &Value, field: &Field, seen: &FieldSurvey) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(truth) if seen.misfits == 0 && field.kind == FieldKind::Boolean => {
            Cell::Integer(i64::from(*truth))
        }
        Value::Number(number) if seen.misfits == 0 && field.kind != FieldKind::Json => {
            match (number.as_i64(), field.kind) {
                (Some(whole), FieldKind::Integer) => Cell::Integer(whole),
                _ => number.as_f64().map_or(Cell::Null, Cell::Real),
            }
        }
        value => text(value, field.kind).map_or(Cell::Null, Cell::Text),
    }
}

fn geometry_type(survey: &Survey) -> &'static str {
    let mut shapes = survey.shapes.iter();
    let (Some((kind, shapes)), None) = (shapes.next(), shapes.next()) else {
        return "GEOMETRY";
    };
    match (kind, shapes.multiple) {
        (ShapeKind::Point, 0) => "POINT",
        (ShapeKind::Line, 0) => "LINESTRING",
        (ShapeKind::Polygon, 0) => "POLYGON",
        (kind, multiple) if multiple == shapes.count => match kind {
            ShapeKind::Point => "MULTIPOINT",
            ShapeKind::Line => "MULTILINESTRING",
            ShapeKind::Polygon => "MULTIPOLYGON",
        },
        _ => "GEOMETRY",
    }
}

/// The tables of every GeoPackage, and those of the schema extension, by which text is JSON.
const SCHEMA: &str = "
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
INSERT INTO gpkg_extensions VALUES
  ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
  ('gpkg_data_column_constraints', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
";
