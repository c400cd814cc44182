//! KML 2.2: placemarks, wherever they stand in the document, one at a time.
//!
//! It is read once beforehand, for the names and kinds of values. Entities that a document declares
//! are never expanded.

use std::{
    cell::Cell,
    collections::HashMap,
    fmt::Write as _,
    fs::File,
    io::{BufReader, Read, Write},
    ops::ControlFlow,
    path::Path,
};

use encoding_rs::{Encoding, UTF_8};
use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};
use quick_xml::{
    Reader as XmlReader,
    events::{BytesStart, Event},
};
use serde_json::Value;

use super::{
    Field, FieldKind, Format, Layer, Row, RowFlaw, StatedCrs,
    archive::{Archive, Entry},
    infer::{Guess, text, value},
    read::{
        MOST_FIELDS, Opened, Progress, ReadOptions, Source, Take, choose, id_of, too_many_fields,
    },
    shape,
    text::{Decoded, Metered, encoding, said},
    write::{Draft, FieldSurvey, Losses, Survey, failed},
};
use crate::{
    geometry::crs::Crs,
    model::{Text, shortened},
};

/// How deeply elements may stand in each other.
const MOST_DEPTH: usize = 64;

struct Kml {
    file: File,
    encoding: &'static Encoding,
}

/// A placemark as it is read.
#[derive(Default)]
struct Placemark {
    id: Option<String>,
    values: Vec<(String, String)>,
    parts: Vec<Geometry<f64>>,
    is_multiple: bool,
    has_heights: bool,
    flaw: Option<Text>,
}

pub(super) fn open(
    path: &Path,
    options: &ReadOptions,
    progress: &mut Progress,
) -> Result<Opened, Text> {
    let file = File::open(path).map_err(|error| said(&error))?;
    open_file(path, file, options.encoding, progress)
}

/// Opens the document of a KMZ: `doc.kml`, or where that only points to others, one of them.
pub(super) fn open_zipped(
    path: &Path,
    archive: &mut Archive,
    entries: &[Entry],
    options: &ReadOptions,
    progress: &mut Progress,
) -> Result<Opened, Text> {
    let is_document = |entry: &&Entry| entry.stem_and_end().1 == "kml";
    let (main, others): (Vec<&Entry>, Vec<&Entry>) = entries
        .iter()
        .filter(is_document)
        .partition(|entry| entry.name == "doc.kml");
    if let [main] = main[..] {
        let opened = open_file(path, archive.unpack(main)?, options.encoding, progress)?;
        if opened.0.count != Some(0) || others.is_empty() {
            return Ok(opened);
        }
    }
    let own = |entry: &&Entry| {
        let (stem, _) = entry.stem_and_end();
        stem.rsplit('/').next().unwrap_or(stem).to_owned()
    };
    let names: Vec<String> = others.iter().map(own).collect();
    let chosen = choose(&names, options.layer.as_deref())?;
    let file = archive.unpack(others[chosen])?;
    open_file(Path::new(&names[chosen]), file, options.encoding, progress)
}

fn no_kml() -> Text {
    Text::new("不是 KML：根元素应为 kml", "no KML: its root should be kml")
}

fn open_file(
    path: &Path,
    file: File,
    asked: Option<&'static Encoding>,
    progress: &mut Progress,
) -> Result<Opened, Text> {
    let source = Kml {
        encoding: asked.map_or_else(|| declared(&file), Ok)?,
        file,
    };
    let mut names: Vec<String> = Vec::new();
    let mut guesses: HashMap<String, Guess> = HashMap::new();
    let mut count = 0;
    let mut has_heights = false;
    let declared = source.walk(
        &mut |placemark| {
            count += 1;
            has_heights |= placemark.has_heights;
            for (name, text) in &placemark.values {
                if !guesses.contains_key(name) {
                    names.push(name.clone());
                }
                guesses.entry(name.clone()).or_default().see(text);
            }
            if names.len() > MOST_FIELDS {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
        progress,
    )?;
    if names.len() > MOST_FIELDS {
        return Err(too_many_fields(names.len()));
    }
    let fields = names.into_iter().map(|name| {
        let guessed = guesses[&name].kind();
        let kind = match (declared.get(&name).map(String::as_str), guessed) {
            (Some("string"), FieldKind::Json) => FieldKind::Json,
            (Some("string"), _) => FieldKind::Text,
            (Some("bool"), FieldKind::Integer) => FieldKind::Boolean,
            _ => guessed,
        };
        Field { name, kind }
    });
    let layer = Layer {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        format: Format::Kml,
        fields: fields.collect(),
        // It has no other.
        crs: StatedCrs::Known(Crs::CRS84),
        count: Some(count),
        encoding: Some(source.encoding.name().to_owned()),
        notes: has_heights.then(shape::flattened).into_iter().collect(),
    };
    Ok((layer, Box::new(source)))
}

/// The encoding that the document's first line declares.
fn declared(file: &File) -> Result<&'static Encoding, Text> {
    let mut start = Vec::new();
    file.take(256)
        .read_to_end(&mut start)
        .map_err(|error| said(&error))?;
    let start = String::from_utf8_lossy(&start);
    let line = start.split("?>").next().unwrap_or_default();
    match line.split_once("encoding=") {
        Some((before, name)) if before.contains("<?xml") => {
            let name = name.trim_start_matches(['"', '\'']);
            let end = name.find(['"', '\'']).unwrap_or(name.len());
            encoding(&name[..end])
        }
        _ => Ok(UTF_8),
    }
}

impl Kml {
    /// Hands on each placemark, and tells the types that schemas declare.
    fn walk(
        &self,
        take: &mut dyn FnMut(Placemark) -> ControlFlow<()>,
        progress: &mut Progress,
    ) -> Result<HashMap<String, String>, Text> {
        let spent = Cell::new(0);
        let file = self.file.try_clone().map_err(|error| said(&error))?;
        let metered = Metered::of(file, &spent, progress)?;
        let decoded = Decoded::new(BufReader::with_capacity(1 << 16, metered), self.encoding);
        let mut reader = XmlReader::from_reader(BufReader::with_capacity(1 << 16, decoded));
        let mut buffer = Vec::new();
        let mut walk = Walk::default();
        loop {
            buffer.clear();
            if walk.placemark.is_none() {
                spent.set(0);
            }
            let at = reader.buffer_position();
            let event = reader
                .read_event_into(&mut buffer)
                .map_err(|error| match error {
                    quick_xml::Error::Io(error) => said(&error),
                    error => Text::new(
                        format!("第 {at} 字节处不是 XML：{error}"),
                        format!("no XML at byte {at}: {error}"),
                    ),
                })?;
            match event {
                Event::Start(start) => walk.start(&start)?,
                Event::Empty(start) => {
                    walk.start(&start)?;
                    if let Some(placemark) = walk.end()
                        && take(placemark).is_break()
                    {
                        break;
                    }
                }
                Event::End(_) => {
                    if let Some(placemark) = walk.end()
                        && take(placemark).is_break()
                    {
                        break;
                    }
                }
                Event::Text(text) => walk.text.push_str(&text.xml10_content()),
                Event::CData(text) => walk.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) => match name.resolve_char_ref() {
                    Ok(Some(letter)) => walk.text.push(letter),
                    _ => match &*name.xml10_content() {
                        "lt" => walk.text.push('<'),
                        "gt" => walk.text.push('>'),
                        "amp" => walk.text.push('&'),
                        "quot" => walk.text.push('"'),
                        "apos" => walk.text.push('\''),
                        other => {
                            let _ = write!(walk.text, "&{other};");
                        }
                    },
                },
                Event::Eof => {
                    if !walk.path.is_empty() {
                        return Err(Text::new(
                            "文件在中途结束，可能没有传完",
                            "the file ends in the middle, it may be incomplete",
                        ));
                    }
                    if !walk.is_kml {
                        return Err(no_kml());
                    }
                    break;
                }
                _ => {}
            }
        }
        Ok(walk.declared)
    }
}

/// Where in the document one is.
#[derive(Default)]
struct Walk {
    /// Names of the elements around, without their prefixes.
    path: Vec<String>,
    text: String,
    is_kml: bool,
    placemark: Option<Placemark>,
    /// The name of the value that is read.
    value: String,
    coords: Vec<Coord<f64>>,
    rings: Vec<Vec<Coord<f64>>>,
    declared: HashMap<String, String>,
}

impl Walk {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Text> {
        let name = start.local_name().as_ref().to_owned();
        let attribute = |wanted: &str| {
            let found = start.try_get_attribute(wanted).ok().flatten()?;
            quick_xml::escape::unescape(&found.value)
                .ok()
                .map(std::borrow::Cow::into_owned)
        };
        if self.path.is_empty() {
            if name != "kml" && name != "Document" && name != "Placemark" {
                return Err(no_kml());
            }
            self.is_kml = true;
        }
        match &*name {
            "Placemark" => {
                self.placemark = Some(Placemark {
                    id: attribute("id"),
                    ..Placemark::default()
                });
            }
            "Data" | "SimpleData" => self.value = attribute("name").unwrap_or_default(),
            "SimpleField" => {
                if let (Some(name), Some(kind)) = (attribute("name"), attribute("type")) {
                    self.declared.insert(name, kind);
                }
            }
            "MultiGeometry" => {
                if let Some(placemark) = &mut self.placemark {
                    placemark.is_multiple = true;
                }
            }
            "Polygon" => self.rings.clear(),
            "Model" | "Track" | "MultiTrack" => self.flaw(Text::new(
                format!("不支持几何类型 {name}"),
                format!("geometry of type {name} is not supported"),
            )),
            _ => {}
        }
        self.text.clear();
        self.path.push(name);
        if self.path.len() > MOST_DEPTH {
            return Err(Text::new("元素嵌套过深", "elements are nested too deeply"));
        }
        Ok(())
    }

    /// Leaves an element; a placemark where it was one.
    fn end(&mut self) -> Option<Placemark> {
        let name = self.path.pop()?;
        let parent = self.path.last().map_or("", String::as_str);
        let within = |wanted: &str| self.path.iter().any(|name| name == wanted);
        let text = std::mem::take(&mut self.text);
        match &*name {
            "Placemark" => return self.placemark.take(),
            "name" | "description" if parent == "Placemark" => self.put(name, text),
            "value" if parent == "Data" => {
                let name = std::mem::take(&mut self.value);
                self.put(name, text);
            }
            "SimpleData" => {
                let name = std::mem::take(&mut self.value);
                self.put(name, text);
            }
            "coordinates" => match coords(&text) {
                Ok((coords, has_heights)) => {
                    self.coords = coords;
                    if let Some(placemark) = &mut self.placemark {
                        placemark.has_heights |= has_heights;
                    }
                }
                Err(flaw) => self.flaw(flaw),
            },
            "Point" => {
                let coords = std::mem::take(&mut self.coords);
                let points = coords.into_iter().map(|coord| Point::from(coord).into());
                let points: Vec<_> = points.collect();
                self.add(points);
            }
            "LinearRing" if within("Polygon") => self.rings.push(std::mem::take(&mut self.coords)),
            "LineString" | "LinearRing" => {
                let line = shape::line(std::mem::take(&mut self.coords));
                self.add_made(line.map(Geometry::from));
            }
            "Polygon" => {
                let polygon = shape::polygon(std::mem::take(&mut self.rings));
                self.add_made(polygon.map(Geometry::from));
            }
            _ => {}
        }
        None
    }

    fn put(&mut self, name: String, text: String) {
        if let Some(placemark) = &mut self.placemark {
            placemark.values.push((name, text));
        }
    }

    fn add(&mut self, parts: Vec<Geometry<f64>>) {
        if let Some(placemark) = &mut self.placemark {
            placemark.parts.extend(parts);
        }
    }

    fn add_made(&mut self, part: Result<Geometry<f64>, Text>) {
        match part {
            Ok(part) => self.add(vec![part]),
            Err(flaw) => self.flaw(flaw),
        }
    }

    fn flaw(&mut self, flaw: Text) {
        if let Some(placemark) = &mut self.placemark {
            placemark.flaw.get_or_insert(flaw);
        }
    }
}

/// `longitude,latitude[,height]`, apart by spaces; and whether a height says something: programs
/// write 0 where there is none.
fn coords(text: &str) -> Result<(Vec<Coord<f64>>, bool), Text> {
    let mut has_heights = false;
    let coords = text.split_whitespace().map(|tuple| {
        let mut numbers = tuple.split(',').map(str::parse::<f64>);
        if let (Some(Ok(x)), Some(Ok(y))) = (numbers.next(), numbers.next()) {
            has_heights |= matches!(numbers.next(), Some(Ok(height)) if height != 0.0);
            return Ok(Coord { x, y });
        }
        let tuple = shortened(tuple);
        Err(Text::new(
            format!("坐标“{tuple}”应为“经度,纬度”"),
            format!("the position “{tuple}” should be “longitude,latitude”"),
        ))
    });
    let coords = coords.collect::<Result<_, _>>()?;
    Ok((coords, has_heights))
}

impl Placemark {
    fn row(self, number: u64, fields: &[Field]) -> Result<Row, Text> {
        if let Some(flaw) = self.flaw {
            return Err(flaw);
        }
        let mut geometry = shape::finished(Geometry::GeometryCollection(
            GeometryCollection::from(self.parts),
        ))?;
        if self.is_multiple {
            geometry = geometry.map(multiple);
        }
        let values: Vec<Value> = fields
            .iter()
            .map(|field| {
                let found = self
                    .values
                    .iter()
                    .rev()
                    .find(|(name, _)| *name == field.name);
                match found {
                    None => Value::Null,
                    Some((_, text)) if text.is_empty() && field.kind != FieldKind::Text => {
                        Value::Null
                    }
                    Some((_, text)) => {
                        // So XML writes truth too.
                        let text = match (&**text, field.kind) {
                            ("1", FieldKind::Boolean) => "true",
                            ("0", FieldKind::Boolean) => "false",
                            (text, _) => text,
                        };
                        value(text, field.kind).unwrap_or_else(|| text.into())
                    }
                }
            })
            .collect();
        Ok(Row {
            number,
            id: id_of(fields, &values).or(self.id),
            geometry,
            values,
        })
    }
}

/// A shape of one part as one of several.
fn multiple(shape: Geometry<f64>) -> Geometry<f64> {
    match shape {
        Geometry::Point(point) => MultiPoint::new(vec![point]).into(),
        Geometry::LineString(line) => MultiLineString::new(vec![line]).into(),
        Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]).into(),
        other => other,
    }
}

impl Source for Kml {
    fn rows(
        &mut self,
        fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        let mut number = 0;
        self.walk(
            &mut |placemark| {
                number += 1;
                let row = placemark.row(number, fields);
                take(row.map_err(|text| RowFlaw { number, text }))
            },
            progress,
        )
        .map(|_| ())
    }
}

pub(super) fn losses(layer: &Layer, survey: &Survey, losses: &mut Losses) {
    let named = |lost: &dyn Fn(&Field, &FieldSurvey) -> bool| {
        layer
            .fields
            .iter()
            .zip(&survey.fields)
            .filter(|(field, seen)| lost(field, seen))
            .map(|(field, _)| &*field.name)
            .collect::<Vec<_>>()
    };
    losses.tell_fields(
        &named(&|field, seen| {
            matches!(field.kind, FieldKind::Date | FieldKind::DateTime) || seen.misfits > 0
        }),
        "日期和类型不一的值写成文字",
        "dates and values of several kinds become text",
    );
    losses.tell_fields(
        &named(&|_, seen| seen.control),
        "XML 不能有的控制字符去掉",
        "control characters that XML can't have are left out",
    );
}

/// The type that a schema declares.
fn declared_type(field: &Field, seen: &FieldSurvey) -> &'static str {
    match field.kind {
        // Of 32 bits.
        FieldKind::Integer if seen.misfits == 0 && seen.digits <= 9 => "int",
        FieldKind::Integer | FieldKind::Real if seen.misfits == 0 => "double",
        FieldKind::Boolean if seen.misfits == 0 => "bool",
        _ => "string",
    }
}

/// Whether a field is the placemark's own element of its name.
fn own_element(field: &Field) -> bool {
    field.kind == FieldKind::Text && matches!(&*field.name, "name" | "description")
}

/// Writes one document of placemarks, their values by a schema.
pub(super) fn write(
    draft: &Draft<'_>,
    mut out: impl Write,
    each: &mut dyn FnMut(),
) -> Result<(), Text> {
    let (layer, survey) = (draft.layer(), draft.survey());
    let name = escaped(&layer.name);
    let mut head = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document id=\"root_doc\">\n<name>{name}</name>\n<Schema name=\"{name}\" id=\"schema\">\n"
    );
    if draft.writes_id() {
        head.push_str("<SimpleField name=\"id\" type=\"string\"></SimpleField>\n");
    }
    for (field, seen) in layer.fields.iter().zip(&survey.fields) {
        if !own_element(field) {
            let (name, kind) = (escaped(&field.name), declared_type(field, seen));
            let _ = writeln!(
                head,
                "<SimpleField name=\"{name}\" type=\"{kind}\"></SimpleField>"
            );
        }
    }
    head.push_str("</Schema>\n");
    out.write_all(head.as_bytes())
        .map_err(|error| failed(&error))?;
    for row in draft.rows() {
        let row = row?;
        let mut text_out = String::from("<Placemark>");
        let mut data = String::new();
        let mut datum = |name: &str, words: &str| {
            let (name, words) = (escaped(name), escaped(words));
            let _ = write!(data, "<SimpleData name=\"{name}\">{words}</SimpleData>");
        };
        if let Some(id) = row.id.as_ref().filter(|_| draft.writes_id()) {
            datum("id", id);
        }
        for (value, field) in row.values.iter().zip(&layer.fields) {
            let Some(words) = text(value, field.kind) else {
                continue;
            };
            // As GDAL reads it.
            let words = match (field.kind, value) {
                (FieldKind::Boolean, Value::Bool(truth)) => u8::from(*truth).to_string(),
                _ => words,
            };
            if own_element(field) {
                let (name, words) = (&field.name, escaped(&words));
                let _ = write!(text_out, "<{name}>{words}</{name}>");
            } else {
                datum(&field.name, &words);
            }
        }
        if !data.is_empty() {
            let _ = write!(
                text_out,
                "<ExtendedData><SchemaData schemaUrl=\"#schema\">{data}</SchemaData></ExtendedData>"
            );
        }
        if let Some(shape) = &row.geometry {
            put_shape(&mut text_out, shape);
        }
        text_out.push_str("</Placemark>\n");
        out.write_all(text_out.as_bytes())
            .map_err(|error| failed(&error))?;
        each();
    }
    out.write_all(b"</Document>\n</kml>\n")
        .and_then(|()| out.flush())
        .map_err(|error| failed(&error))
}

/// Text as XML has it, without the characters that it can't have.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter < ' ' => {}
            letter => out.push(letter),
        }
    }
    out
}

fn put_shape(out: &mut String, shape: &Geometry<f64>) {
    let coords = |coords: &mut dyn Iterator<Item = Coord<f64>>| {
        let tuples: Vec<_> = coords
            .map(|coord| format!("{},{}", coord.x, coord.y))
            .collect();
        format!("<coordinates>{}</coordinates>", tuples.join(" "))
    };
    let line = |line: &LineString<f64>| coords(&mut line.coords().copied());
    let point =
        |point: &Point<f64>| format!("<Point>{}</Point>", coords(&mut std::iter::once(point.0)));
    let polygon = |polygon: &Polygon<f64>| {
        let mut text = format!(
            "<Polygon><outerBoundaryIs><LinearRing>{}</LinearRing></outerBoundaryIs>",
            line(polygon.exterior())
        );
        for hole in polygon.interiors() {
            let hole = line(hole);
            let _ = write!(
                text,
                "<innerBoundaryIs><LinearRing>{hole}</LinearRing></innerBoundaryIs>"
            );
        }
        text + "</Polygon>"
    };
    let several = |parts: Vec<String>| format!("<MultiGeometry>{}</MultiGeometry>", parts.concat());
    let as_line = |each: &LineString<f64>| format!("<LineString>{}</LineString>", line(each));
    out.push_str(&match shape {
        Geometry::Point(one) => point(one),
        Geometry::MultiPoint(points) => several(points.iter().map(point).collect()),
        Geometry::LineString(one) => as_line(one),
        Geometry::MultiLineString(lines) => several(lines.iter().map(as_line).collect()),
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(polygons) => several(polygons.iter().map(polygon).collect()),
        // No row has another.
        _ => String::new(),
    });
}
