//! Shapefiles: `.shp`, `.shx`, `.dbf`, `.prj` and `.cpg`, zipped or beside each other.
//!
//! They are read and written here and not by a crate: what encoding text is in shows only when all of
//! it has been looked at as bytes, numbers have to come back digit by digit, and a shape that is
//! damaged must not hide those after it.

use std::{
    fs::File,
    io::{Read, Seek, Write},
    path::Path,
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use self::{
    dbf::{Plan, Table},
    shp::{Kind, Shapes, record, write_header},
};
use super::{
    Field, Format, Layer, Row, RowFlaw, StatedCrs,
    archive::{Archive, Entry},
    read::{Opened, Progress, ReadOptions, Source, Take, choose, id_of},
    text::said,
    write::{Draft, Losses, ShapeKind, Survey, failed},
};
use crate::{
    geometry::definition::{Dialect, recognise, wkt},
    model::Text,
};

mod dbf;
mod shp;

/// The parts of one shapefile.
#[derive(Default)]
struct Parts {
    shp: Option<File>,
    shx: Option<File>,
    dbf: Option<File>,
    prj: Option<File>,
    cpg: Option<File>,
}

impl Parts {
    fn part(&mut self, end: &str) -> Option<&mut Option<File>> {
        match end {
            "shp" => Some(&mut self.shp),
            "shx" => Some(&mut self.shx),
            "dbf" => Some(&mut self.dbf),
            "prj" => Some(&mut self.prj),
            "cpg" => Some(&mut self.cpg),
            _ => None,
        }
    }
}

const ENDS: [&str; 5] = ["shp", "shx", "dbf", "prj", "cpg"];

/// Opens a `.shp` with what lies beside it.
pub(super) fn open_bare(path: &Path, options: &ReadOptions) -> Result<Opened, Text> {
    let mut parts = Parts::default();
    for end in ENDS {
        // Where names differ in case they are one file to most who make them.
        let file = [end.to_owned(), end.to_ascii_uppercase()]
            .iter()
            .find_map(|end| File::open(path.with_extension(end)).ok());
        if let Some(part) = parts.part(end) {
            *part = file;
        }
    }
    parts.shp = Some(File::open(path).map_err(|error| said(&error))?);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    open(&name, parts, options)
}

/// Opens a shapefile in an archive.
pub(super) fn open_zipped(
    archive: &mut Archive,
    entries: &[Entry],
    options: &ReadOptions,
) -> Result<Opened, Text> {
    let stems: Vec<&str> = entries
        .iter()
        .map(Entry::stem_and_end)
        .filter(|(_, end)| end == "shp")
        .map(|(stem, _)| stem)
        .collect();
    let own = |stem: &str| stem.rsplit('/').next().unwrap_or(stem).to_owned();
    let names: Vec<String> = stems.iter().map(|stem| own(stem)).collect();
    let stem = stems[choose(&names, options.layer.as_deref())?];
    let mut parts = Parts::default();
    for entry in entries {
        let (of, end) = entry.stem_and_end();
        let part = parts.part(&end);
        // Of several whose names differ in case alone the first.
        if let Some(part @ None) = part.filter(|_| of.eq_ignore_ascii_case(stem)) {
            *part = Some(archive.unpack(entry)?);
        }
    }
    open(&own(stem), parts, options)
}

/// The text of a small part.
fn small(file: Option<File>) -> Option<String> {
    let mut text = Vec::new();
    file?.take(1 << 16).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).trim().to_owned())
}

/// An open shapefile.
struct Shapefile {
    shapes: Shapes,
    table: Option<Table>,
}

fn open(name: &str, parts: Parts, options: &ReadOptions) -> Result<Opened, Text> {
    let mut notes = Vec::new();
    let shp = parts
        .shp
        .ok_or_else(|| Text::new("缺少 .shp", "the .shp is missing"))?;
    if parts.shx.is_none() {
        notes.push(Text::new(
            "缺少 .shx，按 .shp 中的次序读取",
            "the .shx is missing: shapes are read as they follow each other",
        ));
    }
    let shapes = Shapes::open(shp, parts.shx)?;
    if shapes.has_heights {
        notes.push(super::shape::flattened());
    }
    let mut fields = Vec::new();
    let mut count = shapes.count;
    let table = match parts.dbf {
        None => {
            notes.push(Text::new(
                "缺少 .dbf，要素没有属性；请把 .dbf 与 .shp 放在一起",
                "the .dbf is missing: features have no attributes; it belongs beside the .shp",
            ));
            None
        }
        Some(dbf) => {
            let mut table = Table::open(dbf)?;
            if let Some(shapes) = count
                && shapes != table.count
            {
                let records = table.count;
                return Err(Text::new(
                    format!(
                        ".shx 有 {shapes} 个图形，.dbf 有 {records} 条记录：不是同一个 Shapefile 的，或已损坏"
                    ),
                    format!(
                        "the .shx has {shapes} shapes and the .dbf {records} records: they are of different shapefiles, or damaged"
                    ),
                ));
            }
            count = Some(table.count);
            notes.extend(table.decide_encoding(options, small(parts.cpg).as_deref())?);
            fields = table.fields(&mut notes);
            Some(table)
        }
    };
    let crs = match small(parts.prj).filter(|text| !text.is_empty()) {
        None => {
            notes.push(Text::new(
                "没有 .prj，坐标系未知",
                "there is no .prj: the reference system is unknown",
            ));
            StatedCrs::None
        }
        Some(text) => recognise(&text).map_or(StatedCrs::Wkt(text), StatedCrs::Known),
    };
    let layer = Layer {
        name: name.to_owned(),
        format: Format::Shapefile,
        fields,
        crs,
        count,
        encoding: table.as_ref().map(|table| table.encoding.name().to_owned()),
        notes,
    };
    Ok((layer, Box::new(Shapefile { shapes, table })))
}

impl Source for Shapefile {
    fn rows(
        &mut self,
        fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        self.shapes.rewind()?;
        if let Some(table) = &mut self.table {
            table.rewind()?;
        }
        let all = match &self.table {
            Some(table) => table.count,
            None => self.shapes.count.unwrap_or(0),
        };
        let mut number = 0;
        loop {
            let shape = self.shapes.next().transpose()?;
            let record = match &mut self.table {
                Some(table) => table.next(fields)?,
                None => shape.is_some().then_some(Some(Ok(Vec::new()))),
            };
            let (shape, record) = match (shape, record) {
                (Some(shape), Some(record)) => (shape, record),
                (None, None) => return Ok(()),
                (shape, _) => {
                    let (fewer, more) = if shape.is_none() {
                        (".shp", ".dbf")
                    } else {
                        (".dbf", ".shp")
                    };
                    return Err(Text::new(
                        format!("{fewer} 到第 {number} 个为止，{more} 还有：两者不合，或已损坏"),
                        format!(
                            "the {fewer} ends after {number}, the {more} goes on: they don't go together, or are damaged"
                        ),
                    ));
                }
            };
            number += 1;
            progress(number, all.max(number));
            // One that has been deleted is there no more.
            let Some(values) = record else { continue };
            let row = shape.and_then(|geometry| {
                let values = values?;
                Ok(Row {
                    number,
                    id: id_of(fields, &values),
                    geometry,
                    values,
                })
            });
            if take(row.map_err(|text| RowFlaw { number, text })).is_break() {
                return Ok(());
            }
        }
    }
}

/// The shapefiles that a layer makes: one for each type of shape; rows without one go with the first.
fn files(layer: &Layer, survey: &Survey) -> Vec<(String, Kind, Option<ShapeKind>)> {
    let kinds: Vec<_> = survey.shapes.keys().copied().collect();
    let kind = |kind: ShapeKind| match kind {
        ShapeKind::Point if survey.shapes[&kind].multiple > 0 => Kind::MultiPoint,
        ShapeKind::Point => Kind::Point,
        ShapeKind::Line => Kind::Line,
        ShapeKind::Polygon => Kind::Polygon,
    };
    let name = layer.name.replace(['/', '\\', ':'], "_");
    match kinds[..] {
        [] => vec![(name, Kind::Null, None)],
        [only] => vec![(name, kind(only), Some(only))],
        _ => kinds
            .into_iter()
            .map(|each| {
                let end = match each {
                    ShapeKind::Point => "point",
                    ShapeKind::Line => "line",
                    ShapeKind::Polygon => "polygon",
                };
                (format!("{name}_{end}"), kind(each), Some(each))
            })
            .collect(),
    }
}

/// Bytes that a `.shp` may have: more is read by few programs.
const MOST_BYTES: u64 = i32::MAX as u64;

pub(super) fn losses(
    layer: &Layer,
    survey: &Survey,
    writes_id: bool,
    losses: &mut Losses,
) -> Result<(), Text> {
    let plan = Plan::new(layer, survey, writes_id)?;
    for (_, kind, shapes) in files(layer, survey) {
        let bytes = shapes.map_or(0, |shapes| shp_bytes(survey, kind, shapes, 0));
        if bytes > MOST_BYTES {
            return Err(Text::new(
                "图形超过 2 GB，Shapefile 装不下，请用 GeoPackage",
                "the shapes are more than the 2 GB of a shapefile: use a GeoPackage",
            ));
        }
    }
    if survey.shapes.len() > 1 {
        losses.tell(
            "点、线、面分成几个 Shapefile，放在同一个压缩包里；次序只在各自之内保留",
            "points, lines and polygons become shapefiles of their own in one archive; order is kept within each",
        );
    }
    let multiple = |kind| {
        survey
            .shapes
            .get(&kind)
            .is_some_and(|shapes| shapes.multiple > 0)
    };
    if multiple(ShapeKind::Line) || multiple(ShapeKind::Polygon) || multiple(ShapeKind::Point) {
        losses.tell(
            "单部分与多部分的图形不分",
            "shapes of one part and of several are not told apart",
        );
    }
    plan.losses(layer, survey, losses);
    Ok(())
}

/// Bytes of a `.shp` with its header.
fn shp_bytes(survey: &Survey, kind: Kind, of: ShapeKind, empty: u64) -> u64 {
    let shapes = &survey.shapes[&of];
    let each = match kind {
        Kind::Null => 0,
        Kind::Point => 12 * shapes.count + 16 * shapes.vertices,
        Kind::MultiPoint => 48 * shapes.count + 16 * shapes.vertices,
        Kind::Line | Kind::Polygon => 52 * shapes.count + 4 * shapes.parts + 16 * shapes.vertices,
    };
    100 + each + 12 * empty
}

/// Writes the parts one after another: each goes through the rows once, and nothing is kept.
pub(super) fn write(
    draft: &Draft<'_>,
    out: impl Write + Seek,
    each: &mut dyn FnMut(),
) -> Result<(), Text> {
    let (layer, survey) = (draft.layer(), draft.survey());
    let plan = Plan::new(layer, survey, draft.writes_id())?;
    let mut zip = ZipWriter::new(out);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .large_file(true);
    let zipped = |error: zip::result::ZipError| failed(&error.into());
    for (place, (name, kind, of)) in files(layer, survey).into_iter().enumerate() {
        let empty = if place == 0 { survey.shapeless } else { 0 };
        let own = |row: &Result<Row, Text>| match row {
            Err(_) => true,
            Ok(row) => match &row.geometry {
                None => place == 0,
                Some(shape) => ShapeKind::of(shape).ok() == of,
            },
        };
        let rows = || draft.rows().filter(own);
        let bytes = of.map_or(100 + 12 * empty, |of| shp_bytes(survey, kind, of, empty));
        let count = of.map_or(0, |of| survey.shapes[&of].count) + empty;
        let bounds = of
            .and_then(|of| survey.shapes[&of].bounds)
            .map_or([0.0; 4], |rect| {
                [rect.min().x, rect.min().y, rect.max().x, rect.max().y]
            });

        zip.start_file(format!("{name}.shp"), options)
            .map_err(zipped)?;
        write_header(&mut zip, kind, bytes, bounds).map_err(|error| failed(&error))?;
        for (place, row) in rows().enumerate() {
            let content = record(row?.geometry.as_ref(), kind);
            let mut bytes = words(place + 1).to_vec();
            bytes.extend(words(content.len() / 2));
            bytes.extend(content);
            zip.write_all(&bytes).map_err(|error| failed(&error))?;
        }

        zip.start_file(format!("{name}.shx"), options)
            .map_err(zipped)?;
        write_header(&mut zip, kind, 100 + 8 * count, bounds).map_err(|error| failed(&error))?;
        let mut at = 100;
        for row in rows() {
            let length = record(row?.geometry.as_ref(), kind).len();
            let pair = [words(at / 2), words(length / 2)].concat();
            zip.write_all(&pair).map_err(|error| failed(&error))?;
            at += 8 + length;
        }

        zip.start_file(format!("{name}.dbf"), options)
            .map_err(zipped)?;
        plan.write_header(&mut zip, count)?;
        for row in rows() {
            let row = row?;
            let record = plan.record(layer, row.id.as_deref(), &row.values);
            zip.write_all(&record).map_err(|error| failed(&error))?;
            each();
        }
        zip.write_all(&[0x1a]).map_err(|error| failed(&error))?;

        for (end, text) in [
            ("prj", wkt(draft.crs(), Dialect::Esri)),
            ("cpg", dbf::CPG.to_owned()),
        ] {
            zip.start_file(format!("{name}.{end}"), options)
                .map_err(zipped)?;
            zip.write_all(text.as_bytes())
                .map_err(|error| failed(&error))?;
        }
    }
    let mut out = zip.finish().map_err(zipped)?;
    out.flush().map_err(|error| failed(&error))
}

/// A number as the headers of records have it.
fn words(number: usize) -> [u8; 4] {
    // No more than the 2 GB that have been made sure of.
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}
