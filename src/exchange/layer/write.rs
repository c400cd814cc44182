//! Writing a layer: what is lost is told first, then rows are written as they come.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
    process,
};

use geo::{BoundingRect, CoordsIter, Geometry, Rect};
use serde_json::Value;

use super::{
    Field, FieldKind, Format, Layer, Progress, Row, csv, dxf, flatgeobuf, geojson, geopackage,
    infer::{Guess, text},
    kml, shapefile,
    text::said,
};
use crate::{geometry::crs::Crs, model::Text};

/// Gives a layer's rows from the first one, as often as it is asked. Coordinates are in the system
/// that is written, east (or longitude) first.
pub type Rows<'a> = dyn Fn() -> Box<dyn Iterator<Item = Result<Row, Text>> + 'a> + 'a;

/// What a format can't carry of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Losses(pub Vec<Text>);

/// A layer that is to be written, looked through once.
pub struct Draft<'a> {
    format: Format,
    layer: Layer,
    crs: Crs,
    rows: &'a Rows<'a>,
    survey: Survey,
    losses: Losses,
}

impl<'a> Draft<'a> {
    /// Looks through the rows. Ids are written as a field `id` where the format has none, unless the
    /// layer has a field of that name.
    ///
    /// # Errors
    /// That of a row, or why the format can't hold the layer at all.
    pub fn new(
        format: Format,
        layer: &Layer,
        crs: Crs,
        rows: &'a Rows<'a>,
        progress: &mut Progress,
    ) -> Result<Self, Text> {
        let mut layer = layer.clone();
        let survey = Survey::of(&layer, rows, progress)?;
        let mut losses = Losses::default();
        if format == Format::Kml && crs != Crs::CRS84 {
            return Err(Text::new(
                "KML 只有 WGS 84 经纬度，请选 CRS84",
                "KML has WGS 84 longitude and latitude alone: ask for CRS84",
            ));
        }
        layer.format = format;
        if format == Format::GeoJson && crs != Crs::CRS84 {
            losses.tell(
                "坐标不是 WGS 84 经纬度：坐标系写在旧版的 crs 成员里，按 RFC 7946 读取的程序会不理会它",
                "coordinates are not WGS 84: the system stands in the older member crs, which programs by RFC 7946 leave aside",
            );
        }
        match format {
            Format::GeoJson => {}
            Format::Csv => csv::losses(&layer, crs, &survey, &mut losses),
            Format::GeoPackage => geopackage::losses(&layer, &survey, &mut losses),
            Format::Shapefile => {
                let writes_id = writes_id(&layer, &survey);
                shapefile::losses(&layer, &survey, writes_id, &mut losses)?;
            }
            Format::FlatGeobuf => flatgeobuf::losses(&layer, &survey, &mut losses),
            Format::Kml => kml::losses(&layer, &survey, &mut losses),
            Format::Dxf => dxf::losses(&layer, crs, &survey, &mut losses),
        }
        Ok(Self {
            format,
            layer,
            crs,
            rows,
            survey,
            losses,
        })
    }

    /// What will be lost.
    #[must_use]
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// How many rows it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.survey.rows
    }

    /// Writes the file: beside its place first, renamed at the end, so that there is never half of
    /// it. What stood there before is replaced.
    ///
    /// # Errors
    /// That of a row, or what the machine says of the file.
    pub fn write(&self, out: &Path, progress: &mut Progress) -> Result<(), Text> {
        let beside = Beside::new(out);
        let mut done = 0;
        let all = self.survey.rows;
        let mut each = || {
            done += 1;
            progress(done, all);
        };
        match self.format {
            Format::GeoJson => geojson::write(self, beside.create()?, &mut each),
            Format::Csv => csv::write(self, beside.create()?, &mut each),
            Format::GeoPackage => geopackage::write(self, &beside.draft, &mut each),
            Format::Shapefile => shapefile::write(self, beside.create()?, &mut each),
            Format::FlatGeobuf => flatgeobuf::write(self, beside.create()?, &mut each),
            Format::Kml => kml::write(self, beside.create()?, &mut each),
            Format::Dxf => dxf::write(self, beside.create()?, &mut each),
        }?;
        beside.put()
    }

    pub(super) fn layer(&self) -> &Layer {
        &self.layer
    }

    pub(super) fn crs(&self) -> Crs {
        self.crs
    }

    pub(super) fn survey(&self) -> &Survey {
        &self.survey
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Result<Row, Text>> + 'a {
        (self.rows)()
    }

    /// Whether ids are written as the first field.
    pub(super) fn writes_id(&self) -> bool {
        writes_id(&self.layer, &self.survey)
    }
}

/// Writes a layer, whatever is lost.
///
/// # Errors
/// As [`Draft::new`] and [`Draft::write`].
pub fn write<'a>(
    format: Format,
    layer: &Layer,
    crs: Crs,
    rows: &'a Rows<'a>,
    out: &Path,
) -> Result<(), Text> {
    Draft::new(format, layer, crs, rows, &mut |_, _| ())?.write(out, &mut |_, _| ())
}

fn writes_id(layer: &Layer, survey: &Survey) -> bool {
    survey.ids > 0 && !layer.fields.iter().any(|field| field.name == "id")
}

impl Losses {
    pub(super) fn tell(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.0.push(Text::new(zh, en));
    }

    /// Tells of fields, where there are any.
    pub(super) fn tell_fields(&mut self, names: &[&str], zh: &str, en: &str) {
        if !names.is_empty() {
            self.tell(
                format!("{zh}：{}", names.join("、")),
                format!("{en}: {}", names.join(", ")),
            );
        }
    }
}

/// What a look through all rows has shown.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) rows: u64,
    pub(super) ids: u64,
    /// Bytes of the longest id.
    pub(super) longest_id: usize,
    /// Rows without a shape.
    pub(super) shapeless: u64,
    /// Shapes by type.
    pub(super) shapes: BTreeMap<ShapeKind, Shapes>,
    /// One a field.
    pub(super) fields: Vec<FieldSurvey>,
}

/// The types of shape that formats tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ShapeKind {
    Point,
    Line,
    Polygon,
}

impl ShapeKind {
    pub(super) fn of(shape: &Geometry<f64>) -> Result<Self, Text> {
        match shape {
            Geometry::Point(_) | Geometry::MultiPoint(_) => Ok(Self::Point),
            Geometry::LineString(_) | Geometry::MultiLineString(_) => Ok(Self::Line),
            Geometry::Polygon(_) | Geometry::MultiPolygon(_) => Ok(Self::Polygon),
            _ => Err(Text::new(
                "不支持几何集合",
                "collections of geometries are not written",
            )),
        }
    }
}

/// Shapes of one type.
#[derive(Default, Clone)]
pub(super) struct Shapes {
    pub(super) count: u64,
    /// Those of several parts.
    pub(super) multiple: u64,
    /// Those with holes.
    pub(super) holed: u64,
    pub(super) vertices: u64,
    /// Lines, or rings.
    pub(super) parts: u64,
    pub(super) bounds: Option<Rect<f64>>,
}

#[derive(Default, Clone)]
pub(super) struct FieldSurvey {
    pub(super) nulls: u64,
    /// Empty texts, which some formats can't tell from null.
    pub(super) empty: u64,
    /// Bytes of the longest value as text.
    pub(super) longest: usize,
    /// Texts that end in spaces.
    pub(super) padded: bool,
    /// Texts that a spreadsheet takes for formulas.
    pub(super) formula: bool,
    /// Texts with control characters.
    pub(super) control: bool,
    /// Decimals of numbers written out, and digits before them with the sign.
    pub(super) decimals: usize,
    pub(super) digits: usize,
    /// Values that are not of the field's kind.
    pub(super) misfits: u64,
    /// What its texts would be taken for without their kind.
    pub(super) guess: Guess,
    /// Values that name no layer of a drawing, and those that it names otherwise.
    pub(super) unnamed: u64,
    pub(super) misnamed: u64,
}

impl Survey {
    fn of(layer: &Layer, rows: &Rows<'_>, progress: &mut Progress) -> Result<Self, Text> {
        let mut survey = Self {
            fields: vec![FieldSurvey::default(); layer.fields.len()],
            ..Self::default()
        };
        for row in rows() {
            let row = row?;
            survey.rows += 1;
            progress(survey.rows, layer.count.unwrap_or(0).max(survey.rows));
            if let Some(id) = &row.id {
                survey.ids += 1;
                survey.longest_id = survey.longest_id.max(id.len());
            }
            match &row.geometry {
                None => survey.shapeless += 1,
                Some(shape) => {
                    let shapes = survey.shapes.entry(ShapeKind::of(shape)?).or_default();
                    shapes.see(shape);
                }
            }
            for ((value, field), seen) in
                row.values.iter().zip(&layer.fields).zip(&mut survey.fields)
            {
                seen.see(value, field);
                if field.name == "layer" && row.geometry.is_some() {
                    seen.see_layer(value);
                }
            }
        }
        Ok(survey)
    }
}

impl Shapes {
    fn see(&mut self, shape: &Geometry<f64>) {
        self.count += 1;
        self.vertices += shape.coords_count() as u64;
        let (multiple, rings) = match shape {
            Geometry::MultiPoint(_) => (true, 0),
            Geometry::LineString(_) => (false, 1),
            Geometry::MultiLineString(lines) => (true, lines.0.len()),
            Geometry::Polygon(polygon) => (false, 1 + polygon.interiors().len()),
            Geometry::MultiPolygon(polygons) => (
                true,
                polygons.iter().map(|part| 1 + part.interiors().len()).sum(),
            ),
            _ => (false, 0),
        };
        let holed = match shape {
            Geometry::Polygon(polygon) => !polygon.interiors().is_empty(),
            Geometry::MultiPolygon(polygons) => {
                polygons.iter().any(|part| !part.interiors().is_empty())
            }
            _ => false,
        };
        self.multiple += u64::from(multiple);
        self.holed += u64::from(holed);
        self.parts += rings as u64;
        if let Some(more) = shape.bounding_rect() {
            self.bounds = Some(match self.bounds {
                None => more,
                Some(known) => Rect::new(
                    (
                        known.min().x.min(more.min().x),
                        known.min().y.min(more.min().y),
                    ),
                    (
                        known.max().x.max(more.max().x),
                        known.max().y.max(more.max().y),
                    ),
                ),
            });
        }
    }
}

impl FieldSurvey {
    fn see_layer(&mut self, value: &Value) {
        match dxf::named(value) {
            None => self.unnamed += 1,
            Some(name) => self.misnamed += u64::from(dxf::layer_name(name) != name.trim()),
        }
    }

    fn see(&mut self, value: &Value, field: &Field) {
        let Some(text) = text(value, field.kind) else {
            self.nulls += 1;
            return;
        };
        self.empty += u64::from(text.is_empty());
        self.longest = self.longest.max(text.len());
        self.padded |= text.ends_with(' ');
        self.formula |=
            value.is_string() && text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        self.control |=
            text.contains(|letter: char| letter.is_control() && !"\t\n\r".contains(letter));
        self.misfits += u64::from(!fits(value, field.kind));
        if let Value::Number(number) = value {
            // Written out: exponents are none of a table's.
            let text = match number.as_f64() {
                Some(real) if !number.is_i64() && !number.is_u64() => real.to_string(),
                _ => text,
            };
            let (digits, decimals) = text.split_once('.').unwrap_or((&text, ""));
            self.digits = self.digits.max(digits.len());
            self.decimals = self.decimals.max(decimals.len());
        } else if field.kind == FieldKind::Text {
            self.guess.see(&text);
        }
    }
}

/// Whether a value is of a kind.
pub(super) fn fits(value: &Value, kind: FieldKind) -> bool {
    match (value, kind) {
        (Value::Null, _) | (_, FieldKind::Json) | (Value::String(_), FieldKind::Text) => true,
        (Value::Bool(_), kind) => kind == FieldKind::Boolean,
        (Value::Number(number), FieldKind::Integer) => number.is_i64(),
        (Value::Number(_), kind) => kind == FieldKind::Real,
        (Value::String(text), FieldKind::Date | FieldKind::DateTime) => {
            super::infer::value(text, kind).is_some()
        }
        _ => false,
    }
}

/// A file that is written beside its place.
struct Beside<'a> {
    out: &'a Path,
    draft: PathBuf,
}

impl<'a> Beside<'a> {
    fn new(out: &'a Path) -> Self {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let draft = out.with_file_name(format!(".{name}.{}.part", process::id()));
        Self { out, draft }
    }

    fn create(&self) -> Result<BufWriter<File>, Text> {
        File::create(&self.draft)
            .map(BufWriter::new)
            .map_err(|error| unwritable(self.out, &error))
    }

    fn put(self) -> Result<(), Text> {
        File::open(&self.draft)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.draft, self.out))
            .map_err(|error| unwritable(self.out, &error))
    }
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        // It is gone where it has been renamed, or was never made.
        let _ = fs::remove_file(&self.draft);
    }
}

fn unwritable(out: &Path, error: &io::Error) -> Text {
    let file = out.display();
    Text::new(
        format!("{file}：写不了：{error}"),
        format!("{file}: can't be written: {error}"),
    )
}

/// What the machine says while a file is written.
pub(super) fn failed(error: &io::Error) -> Text {
    if error.get_ref().is_some() {
        return said(error);
    }
    Text::new(
        format!("写不了：{error}"),
        format!("can't be written: {error}"),
    )
}
