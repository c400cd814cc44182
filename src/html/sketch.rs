//! The small map of a page: an SVG in the looks of the map, drawn without asking for anything.
//!
//! It shows what a page is about among streets, rivers and the district's outline, in a local plane
//! true to scale, north up.

use std::collections::{BTreeMap, HashSet};

use geo::{
    BoundingRect, Coord, Geometry, InteriorPoint, Intersects, LineString, MapCoords, Polygon, Rect,
};
use maud::{Markup, html};
use serde_json::Value;

use super::Visit;
use crate::{
    geometry::{self, clip, frame::Frame, simplify},
    model::Feature,
    report::Lang,
    store::Collection,
    tiles::{self, Derived, Layer, Shape, each_shape},
};

/// Pixels across.
const WIDTH: f64 = 520.0;
/// Pixels from top to bottom.
const HEIGHT: f64 = 370.0;
/// Pixels that stay free around what it is about.
const MARGIN: f64 = 44.0;
/// It never shows less than this many metres from west to east of one subject, and of several.
const LEAST_WIDTH_M: [f64; 2] = [1_400.0, 4_000.0];
/// Pixels by which a simplified line may be off.
const TOLERANCE: f64 = 0.3;
/// Features of a collection that are drawn around; where there are more, a map so small shows none.
const MAX_AROUND: usize = 2_000;
/// Labels of what it is about; more would cover it.
const MAX_LABELS: usize = 40;
/// Labels of what is around it.
const MAX_CONTEXT_LABELS: usize = 14;
/// Metres a pixel at zoom 0 on the equator, by MapLibre's count: 2πa / 512.
const METRES_A_PIXEL: f64 = 78_271.516_964;

/// What a small map shows.
pub struct Sketch<'a> {
    visit: &'a Visit<'a>,
    /// What it is about, in words.
    title: &'a str,
    subjects: Vec<(&'a Collection, &'a Feature)>,
    /// The same features by their addresses, for a page of many to be drawn in one go.
    among: HashSet<*const Feature>,
    /// Whether subjects are links to their pages.
    linked: bool,
}

/// A label wants to stand here.
struct Label {
    text: String,
    at: Coord<f64>,
    /// Degrees, clockwise.
    angle: f64,
    size: f64,
    colour: String,
    bold: bool,
}

/// The sheet that is drawn on.
struct Sheet {
    frame: Frame,
    pixels_a_metre: f64,
    zoom: f64,
    /// What is kept, pixels: the sheet and a little around it.
    keep: Rect<f64>,
    /// The same in degrees.
    window: Rect<f64>,
}

impl<'a> Sketch<'a> {
    /// A map of one feature.
    pub fn of_one(visit: &'a Visit<'a>, collection: &'a Collection, feature: &'a Feature) -> Self {
        Self {
            visit,
            title: visit.lang.pick(&feature.name, &feature.name_en),
            subjects: vec![(collection, feature)],
            among: HashSet::from([std::ptr::from_ref(feature)]),
            linked: false,
        }
    }

    /// A map of features of a collection, each of which leads to its page.
    pub fn of_many(
        visit: &'a Visit<'a>,
        collection: &'a Collection,
        features: &[&'a Feature],
    ) -> Self {
        let info = &collection.info;
        let own = features.iter().copied();
        Self {
            visit,
            title: visit.lang.pick(&info.title, &info.title_en),
            subjects: own.clone().map(|feature| (collection, feature)).collect(),
            among: own.map(std::ptr::from_ref).collect(),
            linked: true,
        }
    }

    /// Draws it; `None` where none of its subjects has a geometry.
    pub fn draw(&self) -> Option<Markup> {
        let sheet = Sheet::around(&self.subjects)?;
        let layers = tiles::looks()["layers"].as_array()?;
        Some(html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
                role="img" aria-label=(self.visit.lang.fill("小地图：{}", "Small map: {}", self.title)) {
                @for layer in layers { (self.layer(layer, &sheet)) }
                (self.highlights(&sheet))
                (self.labels(&sheet))
                (scale_bar(&sheet, self.visit.lang))
            }
        })
    }

    fn is_subject(&self, feature: &Feature) -> bool {
        self.among.contains(&std::ptr::from_ref(feature))
    }

    /// What one layer of the style draws.
    fn layer(&self, layer: &Value, sheet: &Sheet) -> Markup {
        let Some(source) = layer["source-layer"].as_str() else {
            let colour = layer["paint"]["background-color"].as_str();
            return html! { rect width=(WIDTH) height=(HEIGHT) fill=[colour] {} };
        };
        let Some(drawn) = Layer::find(self.visit.snapshot, source) else {
            return html! {};
        };
        let from = layer["minzoom"].as_f64().unwrap_or(0.0);
        let shows = tiles::is_base(source) && sheet.zoom >= from;
        let around = shows.then(|| around(drawn.collection, sheet)).flatten();
        html! {
            @if let Some(around) = around {
                @for feature in around { (self.feature(layer, drawn, feature, sheet)) }
            } @else if drawn.derived != Derived::Accuracy || self.subjects.len() == 1 {
                @for (collection, feature) in &self.subjects {
                    @if std::ptr::eq(*collection, drawn.collection) {
                        (self.feature(layer, drawn, feature, sheet))
                    }
                }
            }
        }
    }

    fn feature(&self, layer: &Value, drawn: Layer<'_>, feature: &Feature, sheet: &Sheet) -> Markup {
        let mut marks = Vec::new();
        each_shape(drawn.derived, feature, |geometry, attributes| {
            let shape = Shape {
                zoom: sheet.zoom,
                geometry_type: geometry_type(geometry),
                attributes,
            };
            if shape.is_drawn_by(layer) {
                marks.extend(mark(layer, &shape, &sheet.placed(geometry)));
            }
        });
        let linked = self.linked
            && drawn.derived == Derived::Features
            && !marks.is_empty()
            && self.is_subject(feature);
        html! {
            @if linked {
                a href=(self.visit.feature_page(&drawn.collection.info.id, &feature.id)) {
                    title { (self.visit.lang.pick(&feature.name, &feature.name_en)) }
                    @for mark in &marks { (mark) }
                }
            } @else {
                @for mark in &marks { (mark) }
            }
        }
    }

    /// Subjects that the style draws like their surroundings are set off.
    fn highlights(&self, sheet: &Sheet) -> Markup {
        let plain = self
            .subjects
            .iter()
            .filter(|(collection, _)| {
                self.subjects.len() == 1 && tiles::is_base(&collection.info.id)
            })
            .filter_map(|(_, feature)| feature.geometry.as_ref());
        html! {
            @for geometry in plain {
                @match sheet.placed(geometry) {
                    Geometry::Point(point) => circle cx=(tenth(point.x())) cy=(tenth(point.y())) r="9"
                        fill="none" stroke=(SEAL) stroke-width="2.5" {},
                    placed => path d=(path_of(&placed)) fill="none" stroke=(SEAL) stroke-width="3"
                        stroke-opacity="0.75" stroke-linejoin="round" stroke-linecap="round" {},
                }
            }
        }
    }

    fn labels(&self, sheet: &Sheet) -> Markup {
        let mut labels: Vec<Label> = Vec::new();
        let mut taken: Vec<Rect<f64>> = vec![Rect::new((0.0, HEIGHT - 44.0), (190.0, HEIGHT))];
        let wanted = self
            .subjects
            .iter()
            .filter_map(|(_, feature)| self.own_label(feature, sheet));
        take_those_with_room(wanted, MAX_LABELS, &mut taken, &mut labels);
        let mut around = self.context_labels(sheet);
        around.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let around = around.into_iter().map(|(_, label)| label);
        take_those_with_room(around, MAX_CONTEXT_LABELS, &mut taken, &mut labels);
        html! {
            @for label in &labels {
                text x=(tenth(label.at.x)) y=(tenth(label.at.y)) font-size=(label.size)
                    font-weight=[label.bold.then_some("600")] fill=(label.colour)
                    stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"
                    text-anchor="middle" dominant-baseline="central"
                    transform=[(label.angle != 0.0).then(|| format!(
                        "rotate({} {} {})", tenth(label.angle), tenth(label.at.x), tenth(label.at.y)
                    ))] { (label.text) }
            }
        }
    }

    /// A subject's name: inside a polygon, where it fits in or is the only one; above anything else.
    fn own_label(&self, feature: &Feature, sheet: &Sheet) -> Option<Label> {
        const SIZE: f64 = 14.0;
        let placed = sheet.placed(feature.geometry.as_ref()?);
        let text = self.visit.lang.pick(&feature.name, &feature.name_en);
        let point = placed.interior_point()?;
        let is_area = matches!(placed, Geometry::MultiPolygon(_));
        let room = placed.bounding_rect()?.width();
        if is_area && self.subjects.len() > 1 && room < width_of(text, SIZE) {
            return None;
        }
        let above = if is_area { 0.0 } else { 17.0 };
        let at = Coord {
            x: point.x(),
            y: point.y() - above,
        };
        let whole = Rect::new((0.0, 0.0), (WIDTH, HEIGHT));
        whole.intersects(&at).then(|| Label {
            text: text.to_owned(),
            at,
            angle: 0.0,
            size: SIZE,
            colour: INK.into(),
            bold: true,
        })
    }

    /// Names along the lines around, each once, with the length of the stretch that it stands on.
    fn context_labels(&self, sheet: &Sheet) -> Vec<(f64, Label)> {
        let mut best: BTreeMap<String, (f64, Label)> = BTreeMap::new();
        for (id, size) in [("water", 13.0), ("streets", 12.0)] {
            let Some(collection) = self.visit.snapshot.collection(id) else {
                continue;
            };
            let colour = label_colour(id);
            for feature in around(collection, sheet).into_iter().flatten() {
                if self.is_subject(feature) {
                    continue;
                }
                let text = self.visit.lang.pick(&feature.name, &feature.name_en);
                let Some(geometry) = &feature.geometry else {
                    continue;
                };
                for line in lines(&sheet.placed(geometry)) {
                    for part in clip::line(line, Rect::new((8.0, 8.0), (WIDTH - 8.0, HEIGHT - 8.0)))
                    {
                        let Some((length, at, angle)) = middle(&part, width_of(text, size)) else {
                            continue;
                        };
                        if best.get(text).is_none_or(|(known, _)| *known < length) {
                            let label = Label {
                                text: text.to_owned(),
                                at,
                                angle,
                                size,
                                colour: colour.clone(),
                                bold: false,
                            };
                            best.insert(text.to_owned(), (length, label));
                        }
                    }
                }
            }
        }
        best.into_values().collect()
    }
}

/// The colour of names and of the scale, as the pages have it.
const INK: &str = "#1c2833";
/// The colour in which subjects are set off.
const SEAL: &str = "#a93a28";

impl Sheet {
    fn around(subjects: &[(&Collection, &Feature)]) -> Option<Self> {
        let bounds = subjects.iter().filter_map(|(_, feature)| {
            let bounds = feature.bounds()?;
            let off = if subjects.len() == 1 {
                feature.accuracy_m
            } else {
                0.0
            };
            Some(Frame::at(bounds.center()).grown(bounds, off))
        });
        let bounds = geometry::around(bounds)?;
        let centre = bounds.center();
        let frame = Frame::at(centre);
        let half = frame.to_plane(bounds.max());
        let pixels_a_metre = ((WIDTH - 2.0 * MARGIN) / (2.0 * half.x))
            .min((HEIGHT - 2.0 * MARGIN) / (2.0 * half.y))
            .min(WIDTH / LEAST_WIDTH_M[usize::from(subjects.len() > 1)]);
        let corner = Coord {
            x: WIDTH / 2.0 + 20.0,
            y: HEIGHT / 2.0 + 20.0,
        } / pixels_a_metre;
        let zoom = (METRES_A_PIXEL * centre.y.to_radians().cos() * pixels_a_metre).log2();
        Some(Self {
            frame,
            pixels_a_metre,
            zoom,
            keep: Rect::new((-20.0, -20.0), (WIDTH + 20.0, HEIGHT + 20.0)),
            window: Rect::new(frame.to_degrees(-corner), frame.to_degrees(corner)),
        })
    }

    /// A geometry in pixels, without what lies off the sheet.
    fn placed(&self, geometry: &Geometry<f64>) -> Geometry<f64> {
        let pixels = geometry.map_coords(|coord| {
            let metres = self.frame.to_plane(coord);
            Coord {
                x: WIDTH / 2.0 + metres.x * self.pixels_a_metre,
                y: HEIGHT / 2.0 - metres.y * self.pixels_a_metre,
            }
        });
        match pixels {
            Geometry::LineString(line) => self.kept_lines(std::slice::from_ref(&line)),
            Geometry::MultiLineString(lines) => self.kept_lines(&lines.0),
            Geometry::Polygon(polygon) => self.kept_polygons(std::slice::from_ref(&polygon)),
            Geometry::MultiPolygon(polygons) => self.kept_polygons(&polygons.0),
            other => other,
        }
    }

    fn kept_lines(&self, lines: &[LineString<f64>]) -> Geometry<f64> {
        let kept = lines.iter().flat_map(|line| clip::line(line, self.keep));
        Geometry::MultiLineString(kept.map(|line| simplify::line(&line, TOLERANCE)).collect())
    }

    fn kept_polygons(&self, polygons: &[Polygon<f64>]) -> Geometry<f64> {
        let kept = polygons
            .iter()
            .filter_map(|polygon| clip::polygon(polygon, self.keep));
        Geometry::MultiPolygon(
            kept.map(|polygon| simplify::polygon(&polygon, TOLERANCE))
                .collect(),
        )
    }
}

/// What of a collection is drawn around the subjects; `None` where it is too much.
fn around<'a>(collection: &'a Collection, sheet: &Sheet) -> Option<Vec<&'a Feature>> {
    let found: Vec<&Feature> = collection.near(sheet.window).take(MAX_AROUND + 1).collect();
    (found.len() <= MAX_AROUND).then_some(found)
}

/// The marks of a shape, in the looks that a layer gives it.
fn mark(layer: &Value, shape: &Shape<'_>, placed: &Geometry<f64>) -> Vec<Markup> {
    let paint = &layer["paint"];
    let layout = &layer["layout"];
    let text = |name: &str| shape.text(&paint[name]);
    let number = |name: &str| shape.number(&paint[name]);
    let points = || match placed {
        Geometry::Point(point) => vec![*point],
        Geometry::MultiPoint(points) => points.0.clone(),
        _ => vec![],
    };
    match layer["type"].as_str() {
        Some("fill") if number("fill-opacity") != Some(0.0) => vec![html! {
            path d=(path_of(placed)) fill=[text("fill-color")] fill-rule="evenodd"
                fill-opacity=[number("fill-opacity").map(hundredth)] {}
        }],
        Some("line") => {
            let width = number("line-width").unwrap_or(1.0);
            vec![html! {
                path d=(path_of(placed)) fill="none" stroke=[text("line-color")] stroke-width=(hundredth(width))
                    stroke-opacity=[number("line-opacity").map(hundredth)]
                    stroke-linejoin="round" stroke-linecap=[layout["line-cap"].as_str()]
                    stroke-dasharray=[dashes(&paint["line-dasharray"], width)] {}
            }]
        }
        Some("circle") => {
            let each = points().into_iter().map(|point| html! {
                circle cx=(tenth(point.x())) cy=(tenth(point.y()))
                    r=(tenth(number("circle-radius").unwrap_or(4.0))) fill=[text("circle-color")]
                    fill-opacity=[number("circle-opacity").map(hundredth)]
                    stroke=[text("circle-stroke-color")]
                    stroke-width=[number("circle-stroke-width").map(hundredth)] {}
            });
            each.collect()
        }
        // A sign that always shows is a mark; other symbols are names, which are placed by themselves.
        Some("symbol") if layout["text-allow-overlap"] == true => {
            let each = points().into_iter().map(|point| html! {
                text x=(tenth(point.x())) y=(tenth(point.y())) text-anchor="middle" dominant-baseline="central"
                    font-size=(tenth(shape.number(&layout["text-size"]).unwrap_or(14.0)))
                    fill=[text("text-color")] stroke="#ffffff" stroke-width="2.5" paint-order="stroke" {
                    (shape.text(&layout["text-field"]).unwrap_or_default())
                }
            });
            each.collect()
        }
        _ => vec![],
    }
}

/// MapLibre counts dashes in widths of the line, SVG in pixels.
fn dashes(dashes: &Value, width: f64) -> Option<String> {
    let lengths = dashes.as_array()?.iter().filter_map(Value::as_f64);
    let lengths: Vec<String> = lengths
        .map(|length| hundredth(length * width).to_string())
        .collect();
    Some(lengths.join(" "))
}

fn label_colour(collection: &str) -> String {
    let layers = tiles::looks()["layers"].as_array();
    let mut layers = layers.into_iter().flatten();
    let layer =
        layers.find(|layer| layer["type"] == "symbol" && layer["source-layer"] == collection);
    let colour = layer.and_then(|layer| layer["paint"]["text-color"].as_str());
    colour.unwrap_or("#51606c").to_owned()
}

fn lines(placed: &Geometry<f64>) -> &[LineString<f64>] {
    match placed {
        Geometry::MultiLineString(lines) => &lines.0,
        _ => &[],
    }
}

/// The length of a line, its middle, and its direction there over `width`; `None` where a text of
/// that width has no room on it, or would bend too much.
fn middle(line: &LineString<f64>, width: f64) -> Option<(f64, Coord<f64>, f64)> {
    let length: f64 = line
        .lines()
        .map(|piece| piece.delta().x.hypot(piece.delta().y))
        .sum();
    if length < width + 24.0 {
        return None;
    }
    let at = |wanted: f64| {
        let mut walked = 0.0;
        for piece in line.lines() {
            let step = piece.delta().x.hypot(piece.delta().y);
            if walked + step >= wanted && step > 0.0 {
                return piece.start + piece.delta() * ((wanted - walked) / step);
            }
            walked += step;
        }
        line.0[line.0.len() - 1]
    };
    let (from, to) = (at((length - width) / 2.0), at(f64::midpoint(length, width)));
    let run = to - from;
    if run.x.hypot(run.y) < 0.9 * width {
        return None;
    }
    let mut angle = run.y.atan2(run.x).to_degrees();
    if angle > 90.0 {
        angle -= 180.0;
    } else if angle <= -90.0 {
        angle += 180.0;
    }
    Some((length, (from + to) / 2.0, angle))
}

/// About as wide as a text is set, pixels.
fn width_of(text: &str, size: f64) -> f64 {
    text.chars()
        .map(|c| if c.is_ascii() { 0.56 } else { 1.0 })
        .sum::<f64>()
        * size
}

/// Takes labels as long as they cover none that stands already.
fn take_those_with_room(
    wanted: impl Iterator<Item = Label>,
    at_most: usize,
    taken: &mut Vec<Rect<f64>>,
    labels: &mut Vec<Label>,
) {
    let mut left = at_most;
    for label in wanted {
        if left == 0 {
            break;
        }
        let (sin, cos) = label.angle.to_radians().sin_cos();
        let (width, height) = (
            width_of(&label.text, label.size) / 2.0 + 2.0,
            label.size / 2.0 + 2.0,
        );
        let reach = Coord {
            x: width * cos.abs() + height * sin.abs(),
            y: width * sin.abs() + height * cos.abs(),
        };
        let place = Rect::new(label.at - reach, label.at + reach);
        if taken.iter().all(|other| !other.intersects(&place)) {
            taken.push(place);
            labels.push(label);
            left -= 1;
        }
    }
}

fn scale_bar(sheet: &Sheet, lang: Lang) -> Markup {
    let limit = 120.0 / sheet.pixels_a_metre;
    let power = 10_f64.powf(limit.log10().floor());
    let lead = [5.0, 2.0, 1.0]
        .into_iter()
        .find(|lead| lead * power <= limit);
    let metres = lead.unwrap_or(1.0) * power;
    let end = 16.0 + metres * sheet.pixels_a_metre;
    let (top, bottom) = (HEIGHT - 22.0, HEIGHT - 16.0);
    let line = format!("M16 {top}V{bottom}H{}V{top}", tenth(end));
    let words = if metres < 1_000.0 {
        format!("{metres} {}", lang.pick("米", "m"))
    } else {
        format!("{} {}", metres / 1_000.0, lang.pick("公里", "km"))
    };
    html! {
        path d=(line) fill="none" stroke="#ffffff" stroke-width="4" stroke-opacity="0.8" {}
        path d=(line) fill="none" stroke=(INK) stroke-width="1.4" {}
        text x="16" y=(HEIGHT - 30.0) font-size="12.5" fill=(INK) stroke="#ffffff" stroke-width="3"
            paint-order="stroke" { (words) }
    }
}

fn geometry_type(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "Point",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::LineString(_) => "LineString",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::Polygon(_) => "Polygon",
        _ => "MultiPolygon",
    }
}

/// Path data of lines and polygons in pixels.
fn path_of(placed: &Geometry<f64>) -> String {
    let mut path = String::new();
    match placed {
        Geometry::MultiLineString(lines) => {
            for line in lines {
                add_line(&mut path, line);
            }
        }
        Geometry::MultiPolygon(polygons) => {
            for polygon in polygons {
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    add_line(&mut path, ring);
                    path.push('Z');
                }
            }
        }
        _ => {}
    }
    path
}

fn add_line(path: &mut String, line: &LineString<f64>) {
    use std::fmt::Write;
    for (place, coord) in line.coords().enumerate() {
        let command = if place == 0 { 'M' } else { 'L' };
        write!(path, "{command}{} {}", tenth(coord.x), tenth(coord.y))
            .expect("a String takes all that is written");
    }
}

fn tenth(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

fn hundredth(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
