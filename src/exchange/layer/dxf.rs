//! DXF drawings: polylines, lines and points of the model, closed polylines as polygons.
//!
//! A drawing is pairs of lines, a code and a value, of which a few are needed. The crate that there
//! is holds the whole drawing and brings an image library with it; here one entity is in memory.

use std::{
    cell::Cell,
    collections::BTreeMap,
    f64::consts::{PI, TAU},
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use encoding_rs::{Encoding, GBK};
use geo::{Coord, Geometry, LineString, Point, Polygon};
use serde_json::Value;

use super::{
    Field, FieldKind, Format, Layer, Row, RowFlaw, StatedCrs,
    read::{Opened, Progress, ReadOptions, Source, Take},
    shape,
    text::{Decoded, Metered, encoding_of, said},
    write::{Draft, FieldSurvey, Losses, ShapeKind, Survey, failed},
};
use crate::{
    geometry::crs::Crs,
    model::{Text, shortened},
};

/// An arc is drawn in straight lines that turn by this much at most, radians.
const ARC_STEP: f64 = PI / 45.0;

struct Dxf {
    path: PathBuf,
    encoding: &'static Encoding,
}

/// An entity as far as it is looked at.
#[derive(Default)]
struct Entity {
    kind: String,
    layer: String,
    handle: Option<String>,
    flags: u32,
    /// Whether its plane is looked at from below.
    is_mirrored: bool,
    /// Corners with the bulge of what follows them: a quarter of the arc's angle, as its tangent.
    corners: Vec<(Coord<f64>, f64)>,
    /// The other end of a line.
    end: Coord<f64>,
    flaw: Option<Text>,
}

pub(super) fn open(
    path: &Path,
    options: &ReadOptions,
    progress: &mut Progress,
) -> Result<Opened, Text> {
    let mut notes = Vec::new();
    let encoding = encoding_of(path, options.encoding, &mut notes)?;
    let source = Dxf {
        path: path.to_owned(),
        encoding,
    };
    let mut count = 0;
    let mut arcs = 0;
    let mut others: BTreeMap<String, u64> = BTreeMap::new();
    source.walk(
        &mut |entity| {
            if entity.is_taken() {
                count += 1;
                arcs += u64::from(entity.corners.iter().any(|(_, bulge)| *bulge != 0.0));
            } else if others.len() < 100 || others.contains_key(&entity.kind) {
                *others.entry(entity.kind).or_default() += 1;
            }
            ControlFlow::Continue(())
        },
        progress,
    )?;
    if !others.is_empty() {
        let list: Vec<_> = others
            .iter()
            .map(|(kind, count)| format!("{} {count}", shortened(kind)))
            .collect();
        let list = list.join(", ");
        notes.push(Text::new(
            format!("只读取多段线、直线和点，略去：{list}"),
            format!("polylines, lines and points are read; left out: {list}"),
        ));
    }
    if arcs > 0 {
        notes.push(Text::new(
            format!("{arcs} 条线里的圆弧画成折线，每段转角至多 4°"),
            format!("arcs in {arcs} lines are drawn straight, turning by 4° at most"),
        ));
    }
    notes.push(Text::new(
        "DXF 不记坐标系",
        "DXF states no reference system",
    ));
    let field = |name: &str| Field {
        name: name.to_owned(),
        kind: FieldKind::Text,
    };
    let layer = Layer {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        format: Format::Dxf,
        fields: vec![field("layer"), field("handle")],
        crs: StatedCrs::None,
        count: Some(count),
        encoding: Some(encoding.name().to_owned()),
        notes,
    };
    Ok((layer, Box::new(source)))
}

impl Dxf {
    /// Hands on each entity of the model.
    fn walk(
        &self,
        take: &mut dyn FnMut(Entity) -> ControlFlow<()>,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        let spent = Cell::new(0);
        let metered = Metered::open(&self.path, &spent, progress)?;
        let decoded = Decoded::new(BufReader::with_capacity(1 << 16, metered), self.encoding);
        let mut lines = Lines {
            inner: BufReader::with_capacity(1 << 16, decoded),
            number: 0,
            text: String::new(),
        };
        let mut section = String::new();
        let mut entity: Option<Entity> = None;
        loop {
            let Some((code, value)) = lines.pair()? else {
                return Err(Text::new(
                    "文件在中途结束：末尾应为 EOF",
                    "the file ends in the middle: it should end in EOF",
                ));
            };
            if code != 0 {
                if code == 2 && section.is_empty() {
                    value.clone_into(&mut section);
                } else if let Some(entity) = &mut entity {
                    entity.see(code, value);
                }
                continue;
            }
            // The corners of an old polyline are entities of their own.
            if let Some(entity) = &mut entity
                && entity.kind == "POLYLINE"
            {
                if value == "VERTEX" {
                    entity.corners.push((Coord { x: 0.0, y: 0.0 }, 0.0));
                    continue;
                }
                if value == "SEQEND" {
                    continue;
                }
            }
            let kind = value.to_owned();
            if let Some(done) = entity.take() {
                spent.set(0);
                if take(done).is_break() {
                    return Ok(());
                }
            }
            match &*kind {
                "EOF" => return Ok(()),
                "SECTION" => section.clear(),
                "ENDSEC" => "-".clone_into(&mut section),
                _ if section == "ENTITIES" => {
                    entity = Some(Entity {
                        kind,
                        ..Entity::default()
                    });
                }
                _ => spent.set(0),
            }
        }
    }
}

/// A drawing's pairs of lines.
struct Lines<R> {
    inner: R,
    number: u64,
    text: String,
}

impl<R: BufRead> Lines<R> {
    fn pair(&mut self) -> Result<Option<(i32, &str)>, Text> {
        if !self.line()? {
            return Ok(None);
        }
        let code = self.text.trim().parse().map_err(|_| {
            let (number, text) = (self.number, shortened(self.text.trim()));
            Text::new(
                format!("第 {number} 行是“{text}”，应为组码"),
                format!("line {number} is “{text}”, it should be a group code"),
            )
        })?;
        if !self.line()? {
            return Ok(None);
        }
        Ok(Some((code, self.text.trim())))
    }

    fn line(&mut self) -> Result<bool, Text> {
        self.text.clear();
        self.number += 1;
        self.inner
            .read_line(&mut self.text)
            .map(|count| count > 0)
            .map_err(|error| said(&error))
    }
}

impl Entity {
    fn is_taken(&self) -> bool {
        match &*self.kind {
            "LWPOLYLINE" | "LINE" | "POINT" => true,
            // Meshes are polylines by name only.
            "POLYLINE" => self.flags & (16 | 64) == 0,
            _ => false,
        }
    }

    fn see(&mut self, code: i32, value: &str) {
        let is_corner_of_its_own = self.kind == "POLYLINE" && !self.corners.is_empty();
        let number = |flaw: &mut Option<Text>| {
            value.parse::<f64>().unwrap_or_else(|_| {
                let value = shortened(value);
                flaw.get_or_insert(Text::new(
                    format!("“{value}”不是数"),
                    format!("“{value}” is no number"),
                ));
                f64::NAN
            })
        };
        match code {
            5 if !is_corner_of_its_own => self.handle = Some(value.to_owned()),
            8 if !is_corner_of_its_own => value.clone_into(&mut self.layer),
            70 if !is_corner_of_its_own => self.flags = value.parse().unwrap_or(0),
            // A corner that only guides a spline.
            70 if value.parse().unwrap_or(0) & 16 != 0 => {
                self.corners.pop();
            }
            230 => self.is_mirrored |= number(&mut self.flaw) < 0.0,
            10 if is_corner_of_its_own => {
                let x = number(&mut self.flaw);
                if let Some((corner, _)) = self.corners.last_mut() {
                    corner.x = x;
                }
            }
            // Before its corners an old polyline has a point that means nothing.
            10 if self.kind != "POLYLINE" => {
                let x = number(&mut self.flaw);
                self.corners.push((Coord { x, y: f64::NAN }, 0.0));
            }
            20 | 42 => {
                let number = number(&mut self.flaw);
                if let Some((corner, bulge)) = self.corners.last_mut() {
                    if code == 20 {
                        corner.y = number;
                    } else {
                        *bulge = number;
                    }
                }
            }
            11 => self.end.x = number(&mut self.flaw),
            21 => self.end.y = number(&mut self.flaw),
            _ => {}
        }
    }

    fn row(self, number: u64) -> Result<Row, Text> {
        let geometry = self.geometry()?;
        let handle = self.handle.map_or(Value::Null, Value::from);
        Ok(Row {
            number,
            id: super::read::id(&handle),
            geometry: shape::finished(geometry)?,
            values: vec![self.layer.into(), handle],
        })
    }

    fn geometry(&self) -> Result<Geometry<f64>, Text> {
        if let Some(flaw) = &self.flaw {
            return Err(flaw.clone());
        }
        let turned = |coord: Coord<f64>| Coord {
            x: if self.is_mirrored { -coord.x } else { coord.x },
            y: coord.y,
        };
        let coords = match &*self.kind {
            "POINT" => {
                let point = self.corners.first().map(|(coord, _)| Point::from(*coord));
                return Ok(shape::points_shape(point.into_iter().collect()));
            }
            "LINE" => self
                .corners
                .iter()
                .map(|(coord, _)| *coord)
                .chain([self.end])
                .collect(),
            _ => self.drawn()?,
        };
        let coords: Vec<_> = coords.into_iter().map(turned).collect();
        let is_ring = coords.len() >= 4 && coords.first() == coords.last();
        Ok(if is_ring {
            shape::polygon([coords])?.into()
        } else {
            shape::line(coords)?.into()
        })
    }

    /// The coordinates of a polyline, arcs drawn straight, the first one again where it is closed.
    fn drawn(&self) -> Result<Vec<Coord<f64>>, Text> {
        let corners = &self.corners;
        shape::sane(corners.iter().map(|(coord, bulge)| Coord {
            x: coord.x,
            y: if bulge.is_finite() { coord.y } else { *bulge },
        }))?;
        let mut coords: Vec<Coord<f64>> = Vec::with_capacity(corners.len() + 1);
        let is_closed = self.flags & 1 != 0 && corners.len() > 2;
        for (place, (from, bulge)) in corners.iter().enumerate() {
            coords.push(*from);
            let next = match corners.get(place + 1) {
                Some((next, _)) => *next,
                None if is_closed => corners[0].0,
                None => break,
            };
            arc(&mut coords, *from, next, *bulge);
        }
        if is_closed && coords.first() != coords.last() {
            coords.extend(coords.first().copied());
        }
        Ok(coords)
    }
}

/// Appends the coordinates of an arc between its ends.
fn arc(coords: &mut Vec<Coord<f64>>, from: Coord<f64>, to: Coord<f64>, bulge: f64) {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let chord = dx.hypot(dy);
    if bulge == 0.0 || chord == 0.0 {
        return;
    }
    let angle = 4.0 * bulge.atan();
    // From the middle of the chord to the centre, to the left of the way.
    let off = (1.0 - bulge * bulge) / (4.0 * bulge);
    let centre = Coord {
        x: from.x + dx / 2.0 - dy * off,
        y: from.y + dy / 2.0 + dx * off,
    };
    let (x, y) = (from.x - centre.x, from.y - centre.y);
    let steps = (angle.abs().min(TAU) / ARC_STEP).ceil().max(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 90 at most
    for step in 1..steps as u32 {
        let (sin, cos) = (angle * f64::from(step) / steps).sin_cos();
        coords.push(Coord {
            x: centre.x + x * cos - y * sin,
            y: centre.y + x * sin + y * cos,
        });
    }
}

impl Source for Dxf {
    fn rows(
        &mut self,
        _fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        let mut number = 0;
        self.walk(
            &mut |entity| {
                if !entity.is_taken() {
                    return ControlFlow::Continue(());
                }
                number += 1;
                take(entity.row(number).map_err(|text| RowFlaw { number, text }))
            },
            progress,
        )
    }
}

pub(super) fn losses(layer: &Layer, crs: Crs, survey: &Survey, losses: &mut Losses) {
    let lost: Vec<&str> = layer
        .fields
        .iter()
        .filter(|field| field.name != "layer")
        .map(|field| &*field.name)
        .collect();
    losses.tell_fields(
        &lost,
        "DXF 只有图层名，这些字段不写",
        "DXF has names of layers alone; these fields are not written",
    );
    losses.tell("编号不写", "ids are not written");
    let place = layer.fields.iter().position(|field| field.name == "layer");
    if let Some(FieldSurvey {
        unnamed, misnamed, ..
    }) = place.map(|place| &survey.fields[place])
    {
        let own = layer_name(&layer.name);
        if *unnamed > 0 {
            losses.tell(
                format!("{unnamed} 个要素的 layer 不是文字，写到图层“{own}”"),
                format!("layer is no text in {unnamed} features: they are drawn on “{own}”"),
            );
        }
        if *misnamed > 0 {
            losses.tell(
                format!("{misnamed} 个要素的图层名有 DXF（GBK）写不了的字，写作“_”"),
                format!("names of layers of {misnamed} features have characters that DXF (in GBK) has not: they become “_”"),
            );
        }
    }
    if place.is_none() && layer_name(&layer.name) != layer.name.trim() {
        let (name, own) = (shortened(&layer.name), layer_name(&layer.name));
        losses.tell(
            format!("“{name}”有 DXF（GBK）写不了的字，图层名写作“{own}”"),
            format!(
                "“{name}” has characters that DXF (in GBK) has not: the layer is called “{own}”"
            ),
        );
    }
    let name = crs.short_name();
    losses.tell(
        format!("DXF 不记坐标系，坐标是 {name}，请另行说明"),
        format!("DXF has no reference system: coordinates are {name}, say it elsewhere"),
    );
    let sum =
        |part: fn(&super::write::Shapes) -> u64| survey.shapes.values().map(part).sum::<u64>();
    let (multiple, holed) = (sum(|shapes| shapes.multiple), sum(|shapes| shapes.holed));
    if multiple > 0 {
        losses.tell(
            format!("{multiple} 个多部分的图形分成几个"),
            format!("{multiple} shapes of several parts become several"),
        );
    }
    if holed > 0 {
        losses.tell(
            format!("{holed} 个面里的洞成为单独的面"),
            format!("holes in {holed} polygons become polygons of their own"),
        );
    }
    if survey.shapeless > 0 {
        let count = survey.shapeless;
        losses.tell(
            format!("{count} 个没有几何的要素不写"),
            format!("{count} features without geometry are not written"),
        );
    }
    if survey.shapes.contains_key(&ShapeKind::Line) {
        losses.tell(
            "首尾相同的线再读时是面",
            "a line that ends where it starts is read as a polygon",
        );
    }
}

/// The text that names a row's layer, where there is any.
pub(super) fn named(value: &Value) -> Option<&str> {
    value.as_str().filter(|name| !name.trim().is_empty())
}

/// A name as a drawing can have it.
pub(super) fn layer_name(name: &str) -> String {
    let is_in_gbk = |letter: char| !GBK.encode(letter.encode_utf8(&mut [0; 4])).2;
    name.trim()
        .chars()
        .map(|letter| {
            let is_refused = letter.is_control() || "<>/\\\":;?*|=`".contains(letter);
            if is_refused || !is_in_gbk(letter) {
                '_'
            } else {
                letter
            }
        })
        .collect()
}

/// Writes a drawing of release 12, the plainest that every program reads, its text in GBK.
pub(super) fn write(
    draft: &Draft<'_>,
    mut out: impl Write,
    each: &mut dyn FnMut(),
) -> Result<(), Text> {
    let layer = draft.layer();
    let place = layer.fields.iter().position(|field| field.name == "layer");
    let mut write = |text: &str| {
        let (bytes, _, _) = GBK.encode(text);
        out.write_all(&bytes).map_err(|error| failed(&error))
    };
    write(
        "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n9\n$DWGCODEPAGE\n3\nANSI_936\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n",
    )?;
    for row in draft.rows() {
        let row = row?;
        let name = place.and_then(|place| named(&row.values[place]));
        let name = layer_name(name.unwrap_or(&layer.name));
        let mut text = String::new();
        match &row.geometry {
            Some(Geometry::Point(point)) => put_point(&mut text, &name, *point),
            Some(Geometry::MultiPoint(points)) => {
                points
                    .iter()
                    .for_each(|point| put_point(&mut text, &name, *point));
            }
            Some(Geometry::LineString(line)) => put_line(&mut text, &name, line, false),
            Some(Geometry::MultiLineString(lines)) => {
                lines
                    .iter()
                    .for_each(|line| put_line(&mut text, &name, line, false));
            }
            Some(Geometry::Polygon(polygon)) => put_polygon(&mut text, &name, polygon),
            Some(Geometry::MultiPolygon(polygons)) => {
                polygons
                    .iter()
                    .for_each(|polygon| put_polygon(&mut text, &name, polygon));
            }
            // No row has another shape.
            _ => {}
        }
        write(&text)?;
        each();
    }
    write("0\nENDSEC\n0\nEOF\n")?;
    out.flush().map_err(|error| failed(&error))
}

fn put_point(out: &mut String, layer: &str, point: Point<f64>) {
    let (x, y) = point.x_y();
    let _ = write!(out, "0\nPOINT\n8\n{layer}\n10\n{x}\n20\n{y}\n30\n0.0\n");
}

fn put_polygon(out: &mut String, layer: &str, polygon: &Polygon<f64>) {
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        put_line(out, layer, ring, true);
    }
}

fn put_line(out: &mut String, layer: &str, line: &LineString<f64>, is_closed: bool) {
    let flags = u8::from(is_closed);
    let _ = write!(
        out,
        "0\nPOLYLINE\n8\n{layer}\n66\n1\n70\n{flags}\n10\n0.0\n20\n0.0\n30\n0.0\n"
    );
    let count = line.0.len() - usize::from(is_closed);
    for coord in &line.0[..count] {
        let (x, y) = coord.x_y();
        let _ = write!(out, "0\nVERTEX\n8\n{layer}\n10\n{x}\n20\n{y}\n30\n0.0\n");
    }
    let _ = write!(out, "0\nSEQEND\n8\n{layer}\n");
}
