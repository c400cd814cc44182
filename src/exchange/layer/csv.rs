//! Text with delimiters: a head, and one feature a line, with two coordinates or well-known text.
//!
//! It is read once beforehand, for the encoding and the kinds of its columns.

use std::{
    cell::Cell,
    collections::BTreeSet,
    io::{self, BufReader, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use ::csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use encoding_rs::Encoding;
use geo::{Geometry, Point};
use serde_json::Value;

use super::{
    Field, FieldKind, Format, Layer, Row, RowFlaw, StatedCrs,
    infer::{Guess, text, value},
    read::{Opened, Progress, ReadOptions, Source, Take, id_of, too_many_fields},
    shape,
    text::{Decoded, Metered, encoding_of, said},
    write::{Draft, Losses, ShapeKind, Survey, failed},
};
use crate::{
    geometry::{
        crs::Crs,
        wkt::{self, Flaw, Limits},
    },
    model::{Text, shortened},
};

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Names of columns of well-known text.
const WKT: [&str; 6] = ["wkt", "geometry", "geom", "the_geom", "shape", "几何"];
/// Names of columns of eastings or longitudes.
const EAST: [&str; 14] = [
    "lon",
    "lng",
    "long",
    "longitude",
    "经度",
    "x",
    "x坐标",
    "easting",
    "east",
    "e",
    "东坐标",
    "横坐标",
    "point_x",
    "坐标x",
];
/// Names of columns of northings or latitudes.
const NORTH: [&str; 12] = [
    "lat",
    "latitude",
    "纬度",
    "y",
    "y坐标",
    "northing",
    "north",
    "n",
    "北坐标",
    "纵坐标",
    "point_y",
    "坐标y",
];

/// A file of text, and what its columns are.
struct Csv {
    path: PathBuf,
    encoding: &'static Encoding,
    delimiter: u8,
    columns: usize,
    /// The columns of the fields.
    fields: Vec<usize>,
    place: Place,
}

/// Where the shape stands.
#[derive(Clone, Copy)]
enum Place {
    Nowhere,
    Wkt(usize),
    Coords { east: usize, north: usize },
}

pub(super) fn open(
    path: &Path,
    options: &ReadOptions,
    progress: &mut Progress,
) -> Result<Opened, Text> {
    let mut notes = Vec::new();
    let encoding = encoding_of(path, options.encoding, &mut notes)?;
    let mut source = Csv {
        path: path.to_owned(),
        encoding,
        delimiter: b',',
        columns: 0,
        fields: Vec::new(),
        place: Place::Nowhere,
    };
    source.delimiter = source.find_delimiter()?;
    let head = source.head()?;
    source.columns = head.len();
    source.place = place(&head, &mut notes);
    let taken = match source.place {
        Place::Nowhere => vec![],
        Place::Wkt(column) => vec![column],
        Place::Coords { east, north } => vec![east, north],
    };
    for (column, name) in head.iter().enumerate() {
        if name.is_empty() {
            let number = column + 1;
            notes.push(Text::new(
                format!("第 {number} 列没有名称，略去"),
                format!("column {number} has no name and is left out"),
            ));
        } else if head[..column].contains(name) {
            return Err(Text::new(
                format!("有两列都叫“{name}”，每列名称应不同"),
                format!("two columns are called “{name}”, each should have a name of its own"),
            ));
        } else if !taken.contains(&column) {
            source.fields.push(column);
        }
    }
    if source.fields.len() > super::read::MOST_FIELDS {
        return Err(too_many_fields(source.fields.len()));
    }
    let mut guesses = vec![Guess::default(); source.fields.len()];
    let mut stated = Systems::default();
    let mut count = 0;
    source.walk(
        &mut |_, record| {
            count += 1;
            if let Place::Wkt(column) = source.place {
                stated.see(record.get(column).unwrap_or(""));
            }
            for (guess, column) in guesses.iter_mut().zip(&source.fields) {
                guess.see(record.get(*column).unwrap_or(""));
            }
            ControlFlow::Continue(())
        },
        progress,
    )?;
    let fields = source
        .fields
        .iter()
        .zip(&guesses)
        .map(|(column, guess)| Field {
            name: head[*column].clone(),
            kind: guess.kind(),
        })
        .collect();
    let crs = stated.crs(&mut notes);
    let layer = Layer {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        format: Format::Csv,
        fields,
        crs,
        count: Some(count),
        encoding: Some(encoding.name().to_owned()),
        notes,
    };
    Ok((layer, Box::new(source)))
}

/// What shapes written as well-known text say of their system and their heights.
#[derive(Default)]
struct Systems {
    /// The codes that rows state, none for those that state none; a second one says enough.
    codes: BTreeSet<Option<u32>>,
    has_heights: bool,
}

impl Systems {
    fn see(&mut self, cell: &str) {
        let (code, text) = without_srid(cell);
        if text.is_empty() {
            return;
        }
        if self.codes.len() < 2 {
            self.codes.insert(code);
        }
        let head = text.split('(').next().unwrap_or_default().trim_end();
        self.has_heights |= head.ends_with(['Z', 'z', 'M', 'm']);
    }

    fn crs(&self, notes: &mut Vec<Text>) -> StatedCrs {
        if self.has_heights {
            notes.push(shape::flattened());
        }
        let stated: Vec<u32> = self.codes.iter().copied().flatten().collect();
        match (&stated[..], self.codes.len()) {
            ([], _) => StatedCrs::None,
            ([code], 1) => {
                let name = format!("EPSG:{code}");
                Crs::parse(&name).map_or(StatedCrs::Wkt(name), StatedCrs::Known)
            }
            _ => {
                notes.push(Text::new(
                    "各行的 SRID 不一致，不采用；请指定坐标系",
                    "rows state different systems by SRID, so none is taken: state the reference system",
                ));
                StatedCrs::None
            }
        }
    }
}

/// Well-known text without the system with which PostGIS begins it, and that system.
fn without_srid(text: &str) -> (Option<u32>, &str) {
    let text = text.trim();
    match text.split_once(';') {
        Some((srid, rest))
            if srid
                .get(..5)
                .is_some_and(|start| start.eq_ignore_ascii_case("srid=")) =>
        {
            // 0 is how PostGIS says that it knows none.
            let code = srid[5..].trim().parse().ok().filter(|code| *code != 0);
            (code, rest.trim())
        }
        _ => (None, text),
    }
}

/// Finds the columns of the shape by their names.
fn place(head: &[String], notes: &mut Vec<Text>) -> Place {
    let find = |names: &[&str]| {
        names.iter().find_map(|wanted| {
            head.iter()
                .position(|name| name.trim().to_lowercase() == *wanted)
        })
    };
    if let Some(column) = find(&WKT) {
        return Place::Wkt(column);
    }
    let (Some(east), Some(north)) = (find(&EAST), find(&NORTH)) else {
        notes.push(Text::new(
            "没有坐标列（如 lon/lat、x/y、经度/纬度、东坐标/北坐标）也没有 WKT 列，要素没有几何",
            "there are no columns of coordinates (such as lon/lat, x/y) and none of well-known text: features have no geometry",
        ));
        return Place::Nowhere;
    };
    let (e, n) = (&head[east], &head[north]);
    notes.push(Text::new(
        format!("“{e}”列作为东坐标（经度），“{n}”列作为北坐标（纬度）"),
        format!(
            "column “{e}” is read as the easting (longitude), “{n}” as the northing (latitude)"
        ),
    ));
    Place::Coords { east, north }
}

impl Csv {
    /// The delimiter that the head has most of.
    fn find_delimiter(&self) -> Result<u8, Text> {
        let mut found = (1, b',');
        for delimiter in DELIMITERS {
            let columns = Self {
                delimiter,
                ..self.with_nothing()
            }
            .head()?
            .len();
            if columns > found.0 {
                found = (columns, delimiter);
            }
        }
        Ok(found.1)
    }

    fn with_nothing(&self) -> Self {
        Self {
            path: self.path.clone(),
            encoding: self.encoding,
            delimiter: self.delimiter,
            columns: 0,
            fields: Vec::new(),
            place: Place::Nowhere,
        }
    }

    fn head(&self) -> Result<Vec<String>, Text> {
        let mut head = Vec::new();
        self.read(
            &mut |_, record| {
                head = record.iter().map(|name| name.trim().to_owned()).collect();
                ControlFlow::Break(())
            },
            &mut |_, _| (),
        )?;
        if head.iter().all(String::is_empty) {
            return Err(Text::new(
                "第一行应是各列的名称",
                "the first line should be the names of the columns",
            ));
        }
        Ok(head)
    }

    /// Hands on each line beneath the head, with its number; empty ones are none.
    fn walk(
        &self,
        take: &mut dyn FnMut(u64, &StringRecord) -> ControlFlow<()>,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        let mut number = 0;
        let mut is_head = true;
        self.read(
            &mut |_, record| {
                if is_head {
                    is_head = false;
                    return ControlFlow::Continue(());
                }
                number += 1;
                take(number, record)
            },
            progress,
        )
    }

    fn read(
        &self,
        take: &mut dyn FnMut(u64, &StringRecord) -> ControlFlow<()>,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        let spent = Cell::new(0);
        let metered = Metered::open(&self.path, &spent, progress)?;
        let decoded = Decoded::new(BufReader::with_capacity(1 << 16, metered), self.encoding);
        let quotes = Cell::new(0);
        let decoded = Quotes {
            inner: decoded,
            seen: &quotes,
        };
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(decoded);
        let mut record = StringRecord::new();
        let mut number = 0;
        // The line on which a last value begins that goes on over several.
        let mut long = None;
        loop {
            spent.set(0);
            match reader.read_record(&mut record) {
                Ok(false) if quotes.get() % 2 == 1 => return long.map_or(Ok(()), unclosed),
                Ok(false) => return Ok(()),
                Ok(true) => {
                    let goes_on = record
                        .iter()
                        .next_back()
                        .is_some_and(|last| last.contains('\n'));
                    let line = record.position().map(::csv::Position::line);
                    long = line.filter(|_| goes_on);
                }
                Err(error) => {
                    let line = error.position().map_or(0, ::csv::Position::line);
                    return Err(match error.into_kind() {
                        ::csv::ErrorKind::Io(error) => said(&error),
                        _ => Text::new(
                            format!("第 {line} 行读不了"),
                            format!("line {line} can't be read"),
                        ),
                    });
                }
            }
            number += 1;
            if take(number, &record).is_break() {
                return Ok(());
            }
        }
    }

    fn row(&self, number: u64, record: &StringRecord, fields: &[Field]) -> Result<Row, Text> {
        if record.len() != self.columns {
            let (found, wanted) = (record.len(), self.columns);
            let line = record.position().map_or(0, ::csv::Position::line);
            return Err(Text::new(
                format!("第 {line} 行有 {found} 个值，表头有 {wanted} 列"),
                format!("line {line} has {found} values, the head has {wanted} columns"),
            ));
        }
        let cell = |column: usize| record.get(column).unwrap_or("");
        let geometry = match self.place {
            Place::Nowhere => None,
            Place::Wkt(column) => of_wkt(cell(column))?,
            Place::Coords { east, north } => match (cell(east).trim(), cell(north).trim()) {
                ("", "") => None,
                (east, north) => shape::finished(Point::new(coord(east)?, coord(north)?).into())?,
            },
        };
        let values: Vec<Value> = fields
            .iter()
            .zip(&self.fields)
            .map(|(field, column)| match cell(*column) {
                "" => Value::Null,
                text => value(text, field.kind).unwrap_or_else(|| text.into()),
            })
            .collect();
        Ok(Row {
            number,
            id: id_of(fields, &values),
            geometry,
            values,
        })
    }
}

/// Text whose quotes are counted as they pass.
struct Quotes<'a, R> {
    inner: R,
    seen: &'a Cell<u64>,
}

impl<R: Read> Read for Quotes<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        let parts = into[..count].split(|byte| *byte == b'"').count();
        self.seen.set(self.seen.get() + parts as u64 - 1);
        Ok(count)
    }
}

/// A quote that is never closed takes all rows after it for one value.
fn unclosed(line: u64) -> Result<(), Text> {
    Err(Text::new(
        format!("第 {line} 行起有引号没有闭合：其后的行都算进了一个值"),
        format!(
            "a quote is opened on line {line} and never closed: all rows after it are taken for one value"
        ),
    ))
}

impl Source for Csv {
    fn rows(
        &mut self,
        fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        self.walk(
            &mut |number, record| {
                let row = self.row(number, record, fields);
                take(row.map_err(|text| RowFlaw { number, text }))
            },
            progress,
        )
    }
}

fn coord(text: &str) -> Result<f64, Text> {
    text.parse().map_err(|_| {
        let text = shortened(text);
        Text::new(
            format!("坐标“{text}”不是数"),
            format!("coordinate “{text}” is no number"),
        )
    })
}

fn of_wkt(text: &str) -> Result<Option<Geometry<f64>>, Text> {
    let (_, text) = without_srid(text);
    if text.is_empty()
        || text
            .split_whitespace()
            .nth(1)
            .is_some_and(|word| word.eq_ignore_ascii_case("EMPTY"))
    {
        return Ok(None);
    }
    let limits = Limits {
        vertices: usize::MAX,
        depth: shape::MOST_DEPTH,
    };
    match wkt::geometry(text, limits) {
        Ok(json) => shape::of_geojson(&json.value),
        Err(misread) => {
            let at = misread.at + 1;
            let what = match misread.flaw {
                Flaw::Unexpected(text) => text,
                Flaw::Ended(text) => Text::new(
                    format!("到此结束，应有 {}", text.zh),
                    format!("it ends, {} should follow", text.en),
                ),
                Flaw::TooManyVertices | Flaw::TooDeep => shape::too_deep(),
            };
            Err(Text::new(
                format!("WKT 第 {at} 个字符：{}", what.zh),
                format!("well-known text, character {at}: {}", what.en),
            ))
        }
    }
}

/// Whether shapes are written as two coordinates: they are points of one part.
fn as_coords(layer: &Layer, survey: &Survey) -> bool {
    let taken = |name: &String| {
        let name = name.to_lowercase();
        WKT.contains(&&*name) || EAST.contains(&&*name) || NORTH.contains(&&*name)
    };
    survey
        .shapes
        .iter()
        .all(|(kind, shapes)| *kind == ShapeKind::Point && shapes.multiple == 0)
        && !layer.fields.iter().map(|field| &field.name).any(taken)
}

pub(super) fn losses(layer: &Layer, crs: Crs, survey: &Survey, losses: &mut Losses) {
    if crs != Crs::CRS84 {
        losses.tell(
            "CSV 不记坐标系，请另行说明",
            "CSV has no reference system: say it elsewhere",
        );
    }
    let fields = || layer.fields.iter().zip(&survey.fields);
    let named = |lost: &dyn Fn(&Field, &super::write::FieldSurvey) -> bool| {
        fields()
            .filter(|(field, seen)| lost(field, seen))
            .map(|(field, _)| &*field.name)
            .collect::<Vec<_>>()
    };
    losses.tell_fields(
        &named(&|_, seen| seen.empty > 0),
        "空文字与没有值不分",
        "empty text can't be told from no value",
    );
    losses.tell_fields(
        &named(&|field, seen| {
            field.kind == FieldKind::Text && seen.guess.kind() != FieldKind::Text
        }),
        "文字写得像数字等，再读时会当作数字等",
        "text that looks like numbers (or such) will be read as such",
    );
    losses.tell_fields(
        &named(&|_, seen| seen.formula),
        "有的文字以 = + - @ 开头，电子表格会当作公式",
        "text that begins with = + - @ is a formula to a spreadsheet",
    );
}

/// Writes UTF-8 with a byte order mark, by which Excel knows it.
pub(super) fn write(
    draft: &Draft<'_>,
    mut out: impl Write,
    each: &mut dyn FnMut(),
) -> Result<(), Text> {
    let layer = draft.layer();
    let as_coords = as_coords(layer, draft.survey());
    out.write_all("\u{feff}".as_bytes())
        .map_err(|error| failed(&error))?;
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let failed = |error: ::csv::Error| match error.into_kind() {
        ::csv::ErrorKind::Io(error) => failed(&error),
        other => Text::new(
            format!("写不了：{other:?}"),
            format!("can't be written: {other:?}"),
        ),
    };
    let mut line: Vec<String> = Vec::new();
    if draft.writes_id() {
        line.push("id".to_owned());
    }
    line.extend(layer.fields.iter().map(|field| field.name.clone()));
    if as_coords {
        let names = if draft.crs().is_geographic() {
            ["lon", "lat"]
        } else {
            ["x", "y"]
        };
        line.extend(names.map(str::to_owned));
    } else {
        let free = |name: &&&str| {
            !layer
                .fields
                .iter()
                .any(|field| field.name.to_lowercase() == **name)
        };
        let name = WKT.iter().find(free).unwrap_or(&WKT[0]);
        line.push((*name).to_owned());
    }
    writer.write_record(&line).map_err(failed)?;
    for row in draft.rows() {
        let row = row?;
        line.clear();
        if draft.writes_id() {
            line.push(row.id.unwrap_or_default());
        }
        let values = row.values.iter().zip(&layer.fields);
        line.extend(values.map(|(value, field)| text(value, field.kind).unwrap_or_default()));
        match &row.geometry {
            Some(Geometry::Point(point)) if as_coords => {
                line.extend([point.x().to_string(), point.y().to_string()]);
            }
            Some(shape) => line.push(shape::wkt(shape)),
            None if as_coords => line.extend([String::new(), String::new()]),
            None => line.push(String::new()),
        }
        writer.write_record(&line).map_err(failed)?;
        each();
    }
    writer.flush().map_err(|error| super::write::failed(&error))
}
