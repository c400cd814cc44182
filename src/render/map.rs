//! Draws what the style says of the data in a frame, as the view has it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use geo::{Coord, CoordsIter, Geometry};
use tiny_skia::{PathBuilder, Rect};

use super::{
    canvas::Canvas,
    fonts::Fonts,
    frame::MapFrame,
    ground::{Ground, ground},
    labels::Board,
    look::{Kind, Source, looks},
    overlay,
    placed::Placed,
    scene::{Image, Item, Scene},
};
use crate::{
    area::{Answer, Area, Hit, Interrupted, Patience},
    geometry::frame::Frame as Plane,
    model::{Feature, LandUse, Status, Text, View, view::Colours},
    report::Lang,
    share,
    store::{Selection, Snapshot},
    tiles::{self, Derived, Layer, Shape, base_map::BaseMap, each_shape},
};

/// The most features that a frame may show.
const MAX_FEATURES: usize = 200_000;
/// The most vertices that they may have.
const MAX_VERTICES: usize = 4_000_000;
/// Attributes by which shapes of one layer of the style are told apart in a legend.
const TOLD: [&str; 2] = ["certainty", "stretch"];

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
    /// What will be drawn over it: no label stands there.
    pub covered: Option<Rect>,
    /// The operator's base map, where there is one.
    pub base_map: Option<&'a BaseMap>,
}

/// What stands on a map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawn {
    /// Ids of the style's layers that draw something, the lowest first.
    pub layers: Vec<&'static str>,
    /// Of those whose shapes are told apart by an attribute of [`TOLD`], its values.
    pub variants: BTreeMap<&'static str, BTreeSet<String>>,
    /// How many features of each collection lie in the frame, of those shown.
    pub counts: BTreeMap<String, usize>,
    /// How many of these stand how, but those of the base map; of those whose status is stated.
    pub by_status: BTreeMap<Status, usize>,
    /// The statuses of features whose colours can mean them; `None`: not stated.
    pub statuses: BTreeSet<Option<Status>>,
    /// The categories of land use of the same.
    pub land_uses: BTreeSet<Option<LandUse>>,
    /// What became of the operator's base map.
    pub ground: Ground,
}

/// Why a map is not drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// There is more in the frame than can be drawn.
    TooDense(TooDense),
    /// It took too long, or nobody waits any more.
    Interrupted,
    /// The program was built without fonts.
    NoFonts(Text),
}

/// There is more in a frame than can be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooDense {
    /// More of what.
    pub what: Dense,
    /// How many there are.
    pub found: usize,
    /// How many there may be.
    pub limit: usize,
}

/// Of what there is too much in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dense {
    /// Features.
    Features,
    /// Vertices of their geometries.
    Vertices,
}

impl TooDense {
    /// What a reader is told.
    #[must_use]
    pub fn text(&self) -> Text {
        let Self { what, found, limit } = self;
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
}

impl From<TooDense> for Refused {
    fn from(dense: TooDense) -> Self {
        Self::TooDense(dense)
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
    let hits = drawing.hits(patience)?;
    drawing.density(&sources, &hits, patience)?.check()?;
    drawing.lay_ground(patience)?;
    for source in &sources {
        for feature in source.near(frame) {
            patience.check()?;
            drawing.feature(source, feature);
        }
    }
    let points = std::mem::take(&mut drawing.points);
    overlay::each_shape(
        shown,
        &hits,
        &points,
        frame.window(),
        patience,
        |source, geometry, attributes| {
            drawing.shape(source, geometry, attributes);
        },
    )?;
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
            Derived::Accuracy | Derived::Bands => collection.worst_accuracy_m(),
            _ => 0.0,
        };
        let window = frame.window_with(self.reach);
        collection.near(Plane::at(window.center()).grown(window, beyond_m))
    }
}

/// How much there is in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Density {
    features: usize,
    vertices: usize,
}

impl Density {
    fn add(&mut self, feature: &Feature) {
        self.features += 1;
        let geometry = feature.geometry.as_ref();
        self.vertices += geometry.map_or(0, CoordsIter::coords_count);
    }

    /// Refuses what is too much.
    fn check(self) -> Result<(), TooDense> {
        for (what, found, limit) in [
            (Dense::Features, self.features, MAX_FEATURES),
            (Dense::Vertices, self.vertices, MAX_VERTICES),
        ] {
            if found > limit {
                return Err(TooDense { what, found, limit });
            }
        }
        Ok(())
    }
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

impl<'a> Drawing<'a> {
    fn new(frame: &'a MapFrame, shown: &Shown<'a>) -> Self {
        let zoom = frame.zoom();
        let mut layers: Vec<Canvas> = Vec::new();
        let mut by_source: HashMap<Source, Vec<usize>> = HashMap::new();
        for look in looks() {
            let has_source = look.source != Source::BaseMap || shown.base_map.is_some();
            let is_shown = look
                .group
                .is_none_or(|group| share::shows(shown.view, group));
            if has_source && is_shown && look.shows_at(zoom) {
                by_source.entry(look.source).or_default().push(layers.len());
                layers.push(Canvas::new(look, zoom));
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
    fn lay_ground(&mut self, patience: &Patience) -> Result<(), Interrupted> {
        if let Some(base_map) = self.shown.base_map
            && self.by_source.contains_key(&Source::BaseMap)
        {
            (self.ground, self.drawn.ground) = ground(base_map, self.frame, patience)?;
        }
        Ok(())
    }

    /// How far marks of a source reach beyond their shapes, pixels.
    fn reach(&self, source: Source) -> f64 {
        let places = self.by_source.get(&source).into_iter().flatten();
        let reach = places.map(|place| self.layers[*place].reach);
        reach.fold(0.0, f64::max)
    }

    /// What was found in the area asked about, as far as it may show.
    fn hits(&self, patience: &Patience) -> Result<Vec<&'a Hit<'a>>, Interrupted> {
        let window = self.frame.window_with(self.reach(overlay::HITS));
        let mut seen = Vec::new();
        for found in self.shown.answer.iter().flat_map(|one| &one.collections) {
            let near: HashSet<*const Feature> = found
                .collection
                .near(window)
                .map(std::ptr::from_ref)
                .collect();
            for hit in found.hits.iter().chain(&found.borderline) {
                patience.check()?;
                seen.extend(
                    near.contains(&std::ptr::from_ref(hit.feature))
                        .then_some(hit),
                );
            }
        }
        Ok(seen)
    }

    /// How much is to be drawn, each feature once.
    fn density(
        &self,
        sources: &[DataSource<'_>],
        hits: &[&Hit<'_>],
        patience: &Patience,
    ) -> Result<Density, Interrupted> {
        let mut density = Density::default();
        let mut counted: HashSet<*const Feature> = HashSet::new();
        let window = self.frame.window();
        for source in sources {
            for feature in source.layer.collection.near(window) {
                patience.check()?;
                let passes = !source.is_filtered || self.filter.matches(feature);
                if passes && counted.insert(std::ptr::from_ref(feature)) {
                    density.add(feature);
                }
            }
        }
        for hit in hits {
            patience.check()?;
            if counted.insert(std::ptr::from_ref(hit.feature)) {
                density.add(hit.feature);
            }
        }
        Ok(density)
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
                reach: self.reach(canvas.look.source),
                is_clickable: canvases().any(|one| {
                    one.look.is_clickable
                        && matches!(one.look.kind, Kind::Circle(_) | Kind::Symbol(_))
                }),
            });
        }
        sources
    }

    fn feature(&mut self, source: &DataSource<'a>, feature: &Feature) {
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
        let id = &source.layer.collection.info.id;
        if let Some(count) = self.drawn.counts.get_mut(id) {
            *count += 1;
        } else {
            self.drawn.counts.insert(id.clone(), 1);
        }
        if let Some(status) = feature.status.filter(|_| !tiles::is_base(id)) {
            *self.drawn.by_status.entry(status).or_default() += 1;
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
        let told = attributes.iter().find_map(|(name, value)| match value {
            tiles::Value::Text(value) if TOLD.contains(name) => Some(*value),
            _ => None,
        });
        if let Some(value) = told {
            for place in &drawing {
                let values = self.drawn.variants.entry(self.layers[*place].look.id);
                let values = values.or_default();
                if !values.contains(value) {
                    values.insert(value.to_owned());
                }
            }
        }
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
        if let Some(covered) = self.shown.covered {
            board.cover(covered);
        }
        // What stands whatever stands there is given its room first.
        for is_fixed in [true, false] {
            for canvas in self.layers.iter_mut().rev() {
                canvas.close();
                let wanted = canvas.labels.iter();
                for wanted in wanted.filter(|one| one.stand.is_fixed() == is_fixed) {
                    patience.check()?;
                    canvas.items.extend(board.place(wanted));
                }
            }
        }
        let mut drawn = self.drawn;
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
        }
        Ok((items, drawn))
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
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{
        model::view::ViewFilter,
        store::{files::Files, load},
    };

    #[test]
    fn what_is_too_much_is_refused_with_the_limit() {
        let patience = Patience::new(Duration::from_mins(5), Arc::default());
        let snapshot = load(&Files::seeds(None), &Files::geodata(None)).unwrap();
        let place = Rect::from_xywh(0.0, 0.0, 1600.0, 900.0).unwrap();
        let bounds = snapshot.collection("district").unwrap().bounds().unwrap();
        let frame = MapFrame::fitting(place, bounds, 28.0);
        let filtered = |layers: &[&str], status: &[&str]| {
            let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
            let view = View {
                layers: Some(owned(layers)),
                filter: ViewFilter {
                    status: owned(status),
                    ..ViewFilter::default()
                },
                ..View::default()
            };
            let shown = Shown {
                snapshot: &snapshot,
                view: &view,
                area: None,
                answer: None,
                lang: Lang::Zh,
                covered: None,
                base_map: None,
            };
            let drawing = Drawing::new(&frame, &shown);
            let density = drawing.density(&drawing.sources(), &[], &patience);
            density.unwrap()
        };
        let density = |layers: &[&str]| filtered(layers, &[]);
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
        // What a filter keeps back is not drawn; streets are no matter of it.
        let projects = snapshot.collection("projects").unwrap();
        let planned = projects.near(frame.window());
        let planned = planned.filter(|one| one.status == Some(Status::Planned));
        let planned = planned.count();
        assert!((1..density(&["projects"]).features).contains(&planned));
        assert_eq!(filtered(&["projects"], &["planned"]).features, planned);
        assert_eq!(filtered(&["streets"], &["planned"]), all);
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
