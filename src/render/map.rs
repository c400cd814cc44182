//! Draws what the style says of the data in a frame, as the view has it.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use geo::{
    BoundingRect, Coord, CoordsIter, Euclidean, Geometry, InteriorPoint, InterpolateLine,
    Intersects, Length, LineString, MapCoords, Polygon, Rect as Bounds,
};
use tiny_skia::{Path, PathBuilder, Rect};

use super::{
    fonts::Fonts,
    frame::MapFrame,
    ground::{Ground, ground},
    labels::{AtPoint, Board, Letters, Stand, Wanted},
    look::{Circle, Kind, Line, Look, Source, Symbol, Wording, Words, looks, single},
    overlay,
    scene::{Cap, Colour, Image, Item, Join, Scene, Stroke},
};
use crate::{
    area::{Answer, Area, Interrupted, Patience},
    geometry::{clip, frame::Frame as Plane, simplify},
    model::{Feature, LandUse, LocatedBy, Status, Text, View, view::Colours},
    report::Lang,
    share,
    store::{Collection, Selection, Snapshot},
    tiles::{self, Derived, Layer, Shape, base_map::BaseMap, each_shape},
};

/// The most features that a frame may show.
const MAX_FEATURES: usize = 200_000;
/// The most vertices that they may have.
const MAX_VERTICES: usize = 4_000_000;
/// Pixels by which a simplified line may be off.
const TOLERANCE: f64 = 0.3;
/// Lines that look alike are drawn as one path of at most so many vertices.
const MAX_JOINED: usize = 10_000;

/// What a map shows.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The data.
    pub snapshot: &'a Snapshot,
    /// The view.
    pub view: &'a View,
    /// The area that the view asks about, where it could be asked.
    pub area: Option<&'a Area>,
    /// What is inside it.
    pub answer: Option<&'a Answer<'a>>,
    /// The language of labels.
    pub lang: Lang,
    /// The operator's base map, where there is one.
    pub base_map: Option<&'a BaseMap>,
}

/// What stands on a map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawn {
    /// Ids of the style's layers that draw something, the lowest first.
    pub layers: Vec<&'static str>,
    /// The groups of these, the topmost first, as a legend reads.
    pub groups: Vec<&'static str>,
    /// How many features of each collection lie in the frame, of those shown.
    pub counts: BTreeMap<String, usize>,
    /// The statuses of features whose colours can mean them; `None`: not stated.
    pub statuses: BTreeSet<Option<Status>>,
    /// The categories of land use of the same.
    pub land_uses: BTreeSet<Option<LandUse>>,
    /// How features were located, but those of the base map; in the order of [`LocatedBy::ALL`].
    pub located_by: Vec<LocatedBy>,
    /// What became of the operator's base map.
    pub ground: Ground,
}

/// Why a map is not drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// There is more in the frame than can be drawn.
    TooDense {
        /// More of what.
        what: Dense,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// It took too long, or nobody waits any more.
    Interrupted,
    /// The program was built without fonts.
    NoFonts(Text),
}

/// Of what there is too much in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dense {
    /// Features.
    Features,
    /// Vertices of their geometries.
    Vertices,
}

impl Refused {
    /// What a reader is told.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::TooDense { what, found, limit } => {
                let (zh, en) = match what {
                    Dense::Features => ("个要素", "features"),
                    Dense::Vertices => ("个顶点", "vertices"),
                };
                Text::new(
                    format!("图面内有 {found} {zh}，超过上限 {limit}：请放大，或关闭一些图层"),
                    format!(
                        "there are {found} {en} in the frame, and at most {limit} are drawn: zoom in, or hide layers"
                    ),
                )
            }
            Self::Interrupted => Text::new("出图用时过长", "drawing took too long"),
            Self::NoFonts(text) => text.clone(),
        }
    }
}

impl From<Interrupted> for Refused {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// Draws a map into a scene, within the place of its frame.
///
/// # Errors
/// Where there is too much to draw, which is told before anything is drawn; where it takes longer than
/// `patience`, or there are no fonts.
pub fn draw(
    scene: &mut Scene,
    frame: &MapFrame,
    shown: &Shown<'_>,
    patience: &Patience,
) -> Result<Drawn, Refused> {
    let fonts = Fonts::carried().map_err(Refused::NoFonts)?;
    let mut drawing = Drawing::new(frame, shown);
    let sources = drawing.sources();
    Density::of(&sources, frame.window()).check()?;
    drawing.lay_ground();
    for source in &sources {
        let mut found = Found::default();
        for feature in source.near(frame) {
            patience.check()?;
            drawing.feature(source, feature, &mut found);
        }
        drawing.found(source, &found);
    }
    let points = std::mem::take(&mut drawing.points);
    overlay::each_shape(shown, &points, patience, |source, geometry, attributes| {
        drawing.shape(Source::Overlay(source), geometry, attributes);
    })?;
    let (items, drawn) = drawing.finish(fonts, patience)?;
    scene.items.push(Item::Clip(frame.place()));
    scene.items.extend(items);
    scene.items.push(Item::Unclip);
    Ok(drawn)
}

/// A layer of the tiles that layers of the style draw.
struct DataSource<'a> {
    source: Source,
    layer: Layer<'a>,
    /// Whether it is thinned out by the view's filter.
    is_filtered: bool,
    /// How far marks reach beyond their shapes, pixels.
    reach: f64,
    /// Whether points of it can be clicked.
    is_clickable: bool,
}

impl<'a> DataSource<'a> {
    /// The features that may show in a frame.
    fn near(&self, frame: &MapFrame) -> impl Iterator<Item = &'a Feature> {
        let collection = self.layer.collection;
        let beyond_m = match self.layer.derived {
            Derived::Accuracy | Derived::Bands => collection.worst_accuracy_m,
            _ => 0.0,
        };
        let window = frame.window_with(self.reach);
        collection.near(Plane::at(window.center()).grown(window, beyond_m))
    }
}

/// How much there is in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Density {
    features: usize,
    vertices: usize,
}

impl Density {
    /// Of what may be drawn, each feature once.
    fn of(sources: &[DataSource<'_>], window: Bounds<f64>) -> Self {
        let mut drawn: Vec<&Collection> = Vec::new();
        for source in sources {
            let collection = source.layer.collection;
            if !drawn.iter().any(|known| std::ptr::eq(*known, collection)) {
                drawn.push(collection);
            }
        }
        let near = drawn
            .into_iter()
            .flat_map(|collection| collection.near(window));
        let vertices = near.map(|feature| {
            feature
                .geometry
                .as_ref()
                .map_or(0, CoordsIter::coords_count)
        });
        let none = Self {
            features: 0,
            vertices: 0,
        };
        vertices.fold(none, |sum, vertices| Self {
            features: sum.features + 1,
            vertices: sum.vertices + vertices,
        })
    }

    /// Refuses what is too much.
    fn check(self) -> Result<(), Refused> {
        for (what, found, limit) in [
            (Dense::Features, self.features, MAX_FEATURES),
            (Dense::Vertices, self.vertices, MAX_VERTICES),
        ] {
            if found > limit {
                return Err(Refused::TooDense { what, found, limit });
            }
        }
        Ok(())
    }
}

/// What of a source was found in the frame.
#[derive(Default)]
struct Found {
    count: usize,
    located_by: Vec<LocatedBy>,
}

/// A map in the making.
struct Drawing<'a> {
    frame: &'a MapFrame,
    shown: Shown<'a>,
    /// What the view's filter lets pass.
    filter: Selection,
    zoom: f64,
    /// The layers of the style that are drawn, the lowest first.
    layers: Vec<Canvas>,
    /// Places of `layers` by what they draw.
    by_source: HashMap<Source, Vec<usize>>,
    /// Points in the frame that can be clicked, degrees.
    points: Vec<Coord<f64>>,
    /// The operator's base map.
    ground: Option<Image>,
    drawn: Drawn,
}

/// A layer of the style in the making.
struct Canvas {
    look: &'static Look,
    /// How far its marks reach beyond their shapes, pixels.
    reach: f64,
    items: Vec<Item>,
    /// Lines of one look, not yet an item, and how many vertices they have.
    joined: Option<(PathBuilder, Stroke, usize)>,
    labels: Vec<Wanted>,
    /// Places of labels along lines in `labels`, by what they say.
    named: HashMap<String, usize>,
}

impl<'a> Drawing<'a> {
    fn new(frame: &'a MapFrame, shown: &Shown<'a>) -> Self {
        let zoom = frame.zoom();
        let mut layers: Vec<Canvas> = Vec::new();
        let mut by_source: HashMap<Source, Vec<usize>> = HashMap::new();
        for look in looks() {
            let has_source = look.source != Source::BaseMap || shown.base_map.is_some();
            let is_shown = look.group.is_none_or(|group| shows(shown.view, group));
            if has_source && is_shown && look.shows_at(zoom) {
                by_source.entry(look.source).or_default().push(layers.len());
                layers.push(Canvas {
                    look,
                    reach: reach(look, zoom),
                    items: Vec::new(),
                    joined: None,
                    labels: Vec::new(),
                    named: HashMap::new(),
                });
            }
        }
        Self {
            frame,
            shown: *shown,
            filter: share::filter(shown.view),
            zoom,
            layers,
            by_source,
            points: Vec::new(),
            ground: None,
            drawn: Drawn::default(),
        }
    }

    /// Fetches the operator's base map, where it is shown.
    fn lay_ground(&mut self) {
        if let Some(base_map) = self.shown.base_map
            && self.by_source.contains_key(&Source::BaseMap)
        {
            (self.ground, self.drawn.ground) = ground(base_map, self.frame);
        }
    }

    /// What of the data is drawn, in the order in which the style names it.
    fn sources(&self) -> Vec<DataSource<'a>> {
        let mut sources: Vec<DataSource<'a>> = Vec::new();
        let snapshot = self.shown.snapshot;
        for canvas in &self.layers {
            let Source::Data(name) = canvas.look.source else {
                continue;
            };
            if sources.iter().any(|one| one.source == canvas.look.source) {
                continue;
            }
            let Some(layer) = Layer::find(snapshot, name) else {
                continue;
            };
            let canvases = || {
                self.by_source[&canvas.look.source]
                    .iter()
                    .map(|place| &self.layers[*place])
            };
            let is_base = canvas.look.group.is_some_and(tiles::is_base);
            sources.push(DataSource {
                source: canvas.look.source,
                layer,
                is_filtered: !is_base && !self.shown.view.filter.is_empty(),
                reach: canvases().map(|one| one.reach).fold(0.0, f64::max),
                is_clickable: canvases().any(|one| {
                    one.look.is_clickable
                        && matches!(one.look.kind, Kind::Circle(_) | Kind::Symbol(_))
                }),
            });
        }
        sources
    }

    fn feature(&mut self, source: &DataSource<'a>, feature: &Feature, found: &mut Found) {
        if source.is_filtered && !self.filter.matches(feature) {
            return;
        }
        let derived = source.layer.derived;
        let mut is_seen = false;
        let mut is_coloured = false;
        each_shape(derived, feature, |geometry, attributes| {
            let seen = self.shape(source.source, geometry, attributes);
            is_seen |= seen.is_some();
            is_coloured |= seen.unwrap_or_default();
        });
        if !is_seen || derived != Derived::Features {
            return;
        }
        found.count += 1;
        if !found.located_by.contains(&feature.located_by) {
            found.located_by.push(feature.located_by);
        }
        if is_coloured {
            self.drawn.statuses.insert(feature.status);
            self.drawn.land_uses.insert(feature.land_use);
        }
        if source.is_clickable
            && let Some(Geometry::Point(point)) = &feature.geometry
        {
            self.points.push(point.0);
        }
    }

    fn found(&mut self, source: &DataSource<'a>, found: &Found) {
        if source.layer.derived != Derived::Features || found.count == 0 {
            return;
        }
        let id = &source.layer.collection.info.id;
        self.drawn.counts.insert(id.clone(), found.count);
        if !tiles::is_base(id) {
            self.drawn.located_by.extend(&found.located_by);
        }
    }

    /// Draws a shape with all layers that draw its source. `None` where none does, or it lies outside
    /// the frame; else whether one of them has a colour that can mean land use.
    fn shape(
        &mut self,
        source: Source,
        geometry: &Geometry<f64>,
        attributes: &[(&'static str, tiles::Value<'_>)],
    ) -> Option<bool> {
        let shape = Shape {
            zoom: self.zoom,
            geometry_type: geometry_type(geometry),
            attributes,
        };
        let places = self.by_source.get(&source)?;
        let drawing: Vec<usize> = places
            .iter()
            .copied()
            .filter(|place| self.layers[*place].look.draws(&shape))
            .collect();
        let reach = drawing.iter().map(|place| self.layers[*place].reach);
        let placed = Placed::new(self.frame, geometry, reach.reduce(f64::max)?)?;
        let by_use = self.shown.view.colours == Colours::LandUse;
        for place in &drawing {
            self.layers[*place].draw(&shape, &placed, by_use, self.shown.lang);
        }
        let coloured = drawing
            .iter()
            .any(|place| self.layers[*place].look.is_coloured);
        placed.is_seen(self.frame.place()).then_some(coloured)
    }

    /// All items, the lowest first, and what they are.
    fn finish(
        mut self,
        fonts: &'static Fonts,
        patience: &Patience,
    ) -> Result<(Vec<Item>, Drawn), Refused> {
        let place = self.frame.place();
        let mut board = Board::new(place, fonts);
        for canvas in self.layers.iter_mut().rev() {
            canvas.close();
            for wanted in std::mem::take(&mut canvas.labels) {
                patience.check()?;
                canvas.items.extend(board.place(&wanted));
            }
        }
        let mut drawn = self.drawn;
        let known = LocatedBy::ALL.into_iter();
        drawn.located_by = known.filter(|one| drawn.located_by.contains(one)).collect();
        let mut items = Vec::new();
        for canvas in &mut self.layers {
            if let Kind::Background(colour) = &canvas.look.kind {
                let shape = Shape {
                    zoom: self.zoom,
                    geometry_type: "Polygon",
                    attributes: &[],
                };
                let colour = colour.of(&shape, false);
                items
                    .extend(colour.map(|colour| Item::Fill(PathBuilder::from_rect(place), colour)));
                continue;
            }
            if let Kind::Raster = canvas.look.kind {
                canvas.items.extend(self.ground.take().map(Item::Image));
            }
            if canvas.items.is_empty() {
                continue;
            }
            items.append(&mut canvas.items);
            drawn.layers.push(canvas.look.id);
            drawn.groups.extend(canvas.look.group);
        }
        drawn.groups.reverse();
        let mut known = BTreeSet::new();
        drawn.groups.retain(|group| known.insert(*group));
        Ok((items, drawn))
    }
}

/// Whether a view shows a group of layers.
fn shows(view: &View, group: &str) -> bool {
    match &view.layers {
        Some(layers) => layers.iter().any(|layer| layer == group),
        None => looks()
            .iter()
            .any(|look| look.group == Some(group) && look.is_shown),
    }
}

/// How far the marks of a layer reach beyond their shapes, pixels.
fn reach(look: &Look, zoom: f64) -> f64 {
    let shape = Shape {
        zoom,
        geometry_type: "",
        attributes: &[],
    };
    let number = |expression: &tiles::Expression| expression.number(&shape).unwrap_or_default();
    let shifted = |shift: (f32, f32)| f64::from(shift.0.hypot(shift.1));
    match &look.kind {
        Kind::Background(_) | Kind::Raster | Kind::Fill { .. } => 2.0,
        Kind::Line(line) => number(&line.width) / 2.0 + 2.0,
        Kind::Circle(circle) => {
            number(&circle.radius) + number(&circle.rim_width) + shifted(circle.shift) + 2.0
        }
        Kind::Symbol(symbol) if symbol.overlaps => {
            number(&symbol.size) + number(&symbol.halo_width) + shifted(symbol.shift)
        }
        // What can't stand whole does not stand.
        Kind::Symbol(_) => 0.0,
    }
}

impl Canvas {
    fn draw(&mut self, shape: &Shape<'_>, placed: &Placed, by_use: bool, lang: Lang) {
        match &self.look.kind {
            Kind::Background(_) | Kind::Raster => {}
            Kind::Fill { colour, opacity } => {
                let colour = colour.of(shape, by_use).zip(opacity.number(shape));
                if let Some(colour) = colour.and_then(|(colour, share)| seen(colour, share)) {
                    self.items
                        .extend(placed.area().map(|path| Item::Fill(path, colour)));
                }
            }
            Kind::Line(line) => self.line(line, shape, placed, by_use),
            Kind::Circle(circle) => {
                for at in placed.points() {
                    self.circle(circle, shape, at, by_use);
                }
            }
            Kind::Symbol(symbol) => self.label(symbol, shape, placed, by_use, lang),
        }
    }

    fn line(&mut self, line: &Line, shape: &Shape<'_>, placed: &Placed, by_use: bool) {
        let colour = line
            .colour
            .of(shape, by_use)
            .zip(line.opacity.number(shape));
        let Some(colour) = colour.and_then(|(colour, share)| seen(colour, share)) else {
            return;
        };
        let width = single(line.width.number(shape).unwrap_or(1.0));
        if width <= 0.0 {
            return;
        }
        // On the page dashes keep their length on the ground between two whole zooms.
        let whole = Shape {
            zoom: shape.zoom.floor(),
            ..*shape
        };
        let dash = line.width.number(&whole).unwrap_or(1.0) * (shape.zoom - whole.zoom).exp2();
        let stroke = Stroke {
            colour,
            width,
            dashes: line
                .dashes
                .iter()
                .map(|length| length * single(dash))
                .collect(),
            cap: line.cap,
            join: line.join,
        };
        let lines = placed.lines();
        let vertices: usize = lines.iter().map(|line| line.0.len()).sum();
        // Lines that are seen through each other must not become one.
        let joins = self.joined.as_ref().is_some_and(|(_, other, known)| {
            *other == stroke && colour.opacity >= 1.0 && known + vertices <= MAX_JOINED
        });
        if !joins {
            self.close();
        }
        let (path, _, known) = self
            .joined
            .get_or_insert_with(|| (PathBuilder::new(), stroke, 0));
        *known += vertices;
        for line in lines {
            trace(path, line);
        }
    }

    /// Makes an item of the lines that are waiting.
    fn close(&mut self) {
        if let Some((path, stroke, _)) = self.joined.take() {
            self.items
                .extend(path.finish().map(|path| Item::Line(path, stroke)));
        }
    }

    fn circle(&mut self, circle: &Circle, shape: &Shape<'_>, at: Coord<f64>, by_use: bool) {
        let number =
            |expression: &tiles::Expression| single(expression.number(shape).unwrap_or_default());
        let (radius, rim) = (number(&circle.radius), number(&circle.rim_width));
        let (x, y) = (single(at.x) + circle.shift.0, single(at.y) + circle.shift.1);
        let colour = circle
            .colour
            .of(shape, by_use)
            .zip(circle.opacity.number(shape));
        if let Some(colour) = colour.and_then(|(colour, share)| seen(colour, share)) {
            let path = PathBuilder::from_circle(x, y, radius);
            self.items.extend(path.map(|path| Item::Fill(path, colour)));
        }
        let colour = circle
            .rim_colour
            .of(shape, by_use)
            .zip(circle.rim_opacity.number(shape));
        let colour = colour.and_then(|(colour, share)| seen(colour, share));
        if let Some(colour) = colour.filter(|_| rim > 0.0) {
            let path = PathBuilder::from_circle(x, y, radius + rim / 2.0);
            let stroke = Stroke {
                colour,
                width: rim,
                dashes: Vec::new(),
                cap: Cap::Butt,
                join: Join::Miter,
            };
            self.items.extend(path.map(|path| Item::Line(path, stroke)));
        }
    }

    fn label(
        &mut self,
        symbol: &Symbol,
        shape: &Shape<'_>,
        placed: &Placed,
        by_use: bool,
        lang: Lang,
    ) {
        let text = self.text(symbol, shape, lang);
        let Some(colour) = symbol.colour.of(shape, by_use).filter(|_| !text.is_empty()) else {
            return;
        };
        let halo_width = single(symbol.halo_width.number(shape).unwrap_or_default());
        let halo = symbol.halo_colour.of(shape, by_use);
        let letters = Letters {
            weight: symbol.weight,
            size: single(symbol.size.number(shape).unwrap_or(16.0)),
            spacing: symbol.spacing,
            colour,
            halo: halo
                .filter(|_| halo_width > 0.0)
                .map(|colour| (colour, halo_width)),
        };
        let places = symbol.places(shape);
        let Some(along) = symbol.along else {
            for at in placed.anchors() {
                let stand = Stand::Point(AtPoint {
                    at: (single(at.x), single(at.y)),
                    places: places.clone(),
                    max_width: symbol.max_width,
                    shift: symbol.shift,
                    overlaps: symbol.overlaps,
                    gives_way: symbol.gives_way,
                });
                self.labels.push(Wanted {
                    text: text.clone(),
                    letters: letters.clone(),
                    padding: symbol.padding,
                    stand,
                });
            }
            return;
        };
        let lines = placed.lines();
        let known = self.named.get(&text).copied();
        // The ways of one street bear its name together.
        if let Some(Stand::Lines { lines: known, .. }) =
            known.map(|place| &mut self.labels[place].stand)
        {
            known.extend_from_slice(lines);
            return;
        }
        self.named.insert(text.clone(), self.labels.len());
        self.labels.push(Wanted {
            text,
            letters,
            padding: symbol.padding,
            stand: Stand::Lines {
                lines: lines.to_vec(),
                along,
                offset: places
                    .first()
                    .map(|(_, offset)| *offset)
                    .unwrap_or_default(),
            },
        });
    }

    /// What a label says, in the language of the view.
    fn text(&self, symbol: &Symbol, shape: &Shape<'_>, lang: Lang) -> String {
        let template = match self.look.wording {
            Wording::AsWritten => return symbol.words.of(shape),
            Wording::Accuracy => lang.pick("±{accuracy_m} 米", "±{accuracy_m} m"),
            Wording::Names => lang.pick("{name}", "{name_en}"),
        };
        let text = Words::Template(template.into()).of(shape);
        if text.is_empty() {
            return symbol.words.of(shape);
        }
        text
    }
}

/// A colour at a share of its opacity, where anything of it is seen.
fn seen(colour: Colour, share: f64) -> Option<Colour> {
    (share > 0.0).then(|| colour.faded(single(share)))
}

/// A shape on the sheet, without what lies off its frame. Pixels.
struct Placed {
    whole: Geometry<f64>,
    /// What is kept: the frame, and as far around it as marks reach.
    keep: Bounds<f64>,
    lines: OnceCell<Vec<LineString<f64>>>,
    areas: OnceCell<Vec<Polygon<f64>>>,
}

impl Placed {
    /// `None` where nothing of a shape (degrees) lies near enough.
    fn new(frame: &MapFrame, geometry: &Geometry<f64>, reach: f64) -> Option<Self> {
        let whole = geometry.map_coords(|coord| frame.locate(coord));
        let place = rect(frame.place());
        let beyond = Coord { x: reach, y: reach };
        let keep = Bounds::new(place.min() - beyond, place.max() + beyond);
        let bounds = whole.bounding_rect()?;
        // Where the projection does not reach, numbers are none.
        let is_placed = whole
            .coords_iter()
            .all(|coord| coord.x.is_finite() && coord.y.is_finite());
        (is_placed && keep.intersects(&bounds)).then(|| Self {
            whole,
            keep,
            lines: OnceCell::new(),
            areas: OnceCell::new(),
        })
    }

    /// Whether any of it lies in a rectangle of the sheet.
    fn is_seen(&self, place: Rect) -> bool {
        let place = rect(place);
        match &self.whole {
            Geometry::Point(point) => place.intersects(point),
            Geometry::MultiPoint(points) => points.iter().any(|point| place.intersects(point)),
            Geometry::LineString(_) | Geometry::MultiLineString(_) => {
                let mut lines = self.lines().iter();
                lines.any(|line| !clip::line(line, place).is_empty())
            }
            _ => {
                let mut areas = self.areas().iter();
                areas.any(|area| clip::polygon(area, place).is_some())
            }
        }
    }

    fn points(&self) -> Vec<Coord<f64>> {
        let points = match &self.whole {
            Geometry::Point(point) => vec![point.0],
            Geometry::MultiPoint(points) => points.iter().map(|point| point.0).collect(),
            _ => vec![],
        };
        let kept = |point: &Coord<f64>| self.keep.intersects(point);
        points.into_iter().filter(kept).collect()
    }

    /// Where a label stands that does not run along lines.
    fn anchors(&self) -> Vec<Coord<f64>> {
        match &self.whole {
            Geometry::Point(_) | Geometry::MultiPoint(_) => self.points(),
            Geometry::LineString(_) | Geometry::MultiLineString(_) => {
                let length = |line: &LineString<f64>| Euclidean.length(line);
                let lines = self.lines().iter();
                let longest = lines.max_by(|a, b| length(a).total_cmp(&length(b)));
                let middle =
                    longest.and_then(|line| Euclidean.point_at_ratio_from_start(line, 0.5));
                middle.into_iter().map(|point| point.0).collect()
            }
            polygons => polygons
                .interior_point()
                .into_iter()
                .map(|point| point.0)
                .collect(),
        }
    }

    /// Lines, and the rings of polygons.
    fn lines(&self) -> &[LineString<f64>] {
        self.lines.get_or_init(|| {
            let polygon = |polygon: &Polygon<f64>| {
                let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
                rings.flat_map(|ring| self.kept(ring)).collect::<Vec<_>>()
            };
            match &self.whole {
                Geometry::LineString(line) => self.kept(line),
                Geometry::MultiLineString(lines) => {
                    lines.iter().flat_map(|line| self.kept(line)).collect()
                }
                Geometry::Polygon(one) => polygon(one),
                Geometry::MultiPolygon(polygons) => polygons.iter().flat_map(polygon).collect(),
                _ => Vec::new(),
            }
        })
    }

    fn kept(&self, line: &LineString<f64>) -> Vec<LineString<f64>> {
        let Some(bounds) = line
            .bounding_rect()
            .filter(|bounds| self.keep.intersects(bounds))
        else {
            return Vec::new();
        };
        let parts = if contains(self.keep, bounds) {
            vec![line.clone()]
        } else {
            clip::line(line, self.keep)
        };
        parts
            .iter()
            .map(|part| simplify::line(part, TOLERANCE))
            .collect()
    }

    fn areas(&self) -> &[Polygon<f64>] {
        self.areas.get_or_init(|| {
            let kept = |polygon: &Polygon<f64>| {
                let bounds = polygon.bounding_rect()?;
                let kept = if contains(self.keep, bounds) {
                    polygon.clone()
                } else {
                    clip::polygon(polygon, self.keep)?
                };
                Some(simplify::polygon(&kept, TOLERANCE))
            };
            match &self.whole {
                Geometry::Polygon(polygon) => kept(polygon).into_iter().collect(),
                Geometry::MultiPolygon(polygons) => polygons.iter().filter_map(kept).collect(),
                _ => Vec::new(),
            }
        })
    }

    /// The inside of polygons.
    fn area(&self) -> Option<Path> {
        let mut path = PathBuilder::new();
        for polygon in self.areas() {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                trace(&mut path, ring);
            }
        }
        path.finish()
    }
}

fn contains(outer: Bounds<f64>, inner: Bounds<f64>) -> bool {
    outer.intersects(&inner.min()) && outer.intersects(&inner.max())
}

fn rect(place: Rect) -> Bounds<f64> {
    let corner = |x: f32, y: f32| Coord {
        x: f64::from(x),
        y: f64::from(y),
    };
    Bounds::new(
        corner(place.left(), place.top()),
        corner(place.right(), place.bottom()),
    )
}

/// Adds a line to a path.
fn trace(path: &mut PathBuilder, line: &LineString<f64>) {
    let is_closed = line.is_closed();
    let last = line.0.len() - usize::from(is_closed && line.0.len() > 1);
    for (place, coord) in line.0[..last].iter().enumerate() {
        let (x, y) = (single(coord.x), single(coord.y));
        if place == 0 {
            path.move_to(x, y);
        } else {
            path.line_to(x, y);
        }
    }
    if is_closed {
        path.close();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{files::Files, load};

    #[test]
    fn what_is_too_much_is_refused_with_the_limit() {
        let snapshot = load(&Files::seeds(None), &Files::geodata(None)).unwrap();
        let place = Rect::from_xywh(0.0, 0.0, 1600.0, 900.0).unwrap();
        let bounds = snapshot.collection("district").unwrap().bounds.unwrap();
        let frame = MapFrame::fitting(place, bounds, 28.0);
        let density = |layers: &[&str]| {
            let view = View {
                layers: Some(layers.iter().map(|&layer| layer.to_owned()).collect()),
                ..View::default()
            };
            let shown = Shown {
                snapshot: &snapshot,
                view: &view,
                area: None,
                answer: None,
                lang: Lang::Zh,
                base_map: None,
            };
            Density::of(&Drawing::new(&frame, &shown).sources(), frame.window())
        };
        let streets = snapshot.collection("streets").unwrap();
        let near: Vec<&Feature> = streets.near(frame.window()).collect();
        let vertices = near.iter().filter_map(|street| street.geometry.as_ref());
        let all = Density {
            features: near.len(),
            vertices: vertices.map(CoordsIter::coords_count).sum(),
        };
        assert_eq!(density(&["streets"]), all);
        assert!(density(&["streets", "zones"]).features > all.features);
        assert_eq!(density(&[]).features, 0);
        assert_eq!(all.check(), Ok(()));
        let most = Density {
            features: MAX_FEATURES,
            vertices: MAX_VERTICES,
        };
        assert_eq!(most.check(), Ok(()));
        let refused = Density {
            features: MAX_FEATURES + 1,
            ..most
        }
        .check()
        .unwrap_err();
        assert!(
            refused.text().zh.contains("200001 个要素，超过上限 200000"),
            "{refused:?}"
        );
        let refused = Density {
            vertices: MAX_VERTICES + 1,
            ..most
        };
        assert!(refused.check().is_err());
    }
}
