//! One layer of one tile, from the features as they are now.

use geo::{
    Geometry, InteriorPoint, LineString, MapCoords, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon, Rect, unary_union,
};
use serde::Deserialize;

use super::{
    Derived, Layer, MAX_ZOOM, TileId,
    mvt::{EXTENT, LayerBuilder, Value, is_speck},
};
use crate::{
    geometry::{clip, frame::Frame, measure, simplify},
    model::Feature,
};

/// How far beyond its edge a tile goes, in tiles, so that strokes and points meet across the edge.
const MARGIN: f64 = 1.0 / 32.0;
/// How far a simplified line may be off, in tile units: an eighth of a pixel at 512 pixels a tile.
const TOLERANCE: f64 = 1.0;

/// The layer's bytes in that tile: a vector tile of one layer, or nothing where it is empty.
#[must_use]
pub fn encode(layer: Layer<'_>, tile: TileId) -> Vec<u8> {
    let mut canvas = Canvas {
        tile,
        window: Rect::new(
            (-MARGIN * f64::from(EXTENT), -MARGIN * f64::from(EXTENT)),
            (
                (1.0 + MARGIN) * f64::from(EXTENT),
                (1.0 + MARGIN) * f64::from(EXTENT),
            ),
        ),
        layer: LayerBuilder::new(layer.to_string()),
    };
    let window = tile.bounds(MARGIN);
    let reach_m = match layer.derived {
        Derived::Accuracy | Derived::Bands => layer.collection.worst_accuracy_m,
        _ => 0.0,
    };
    for feature in layer
        .collection
        .near(Frame::at(window.center()).grown(window, reach_m))
    {
        let Some(geometry) = &feature.geometry else {
            continue;
        };
        match layer.derived {
            Derived::Features => canvas.add(geometry, &attributes(feature)),
            Derived::Accuracy => add_accuracy(&mut canvas, feature, geometry),
            Derived::Sides => add_sides(&mut canvas, feature, geometry),
            Derived::Bands => add_band(&mut canvas, feature, geometry),
            Derived::Labels => add_label(&mut canvas, feature, geometry),
        }
    }
    canvas.layer.finish()
}

/// What the style draws by, and clients filter by.
fn attributes(feature: &Feature) -> Vec<(&'static str, Value<'_>)> {
    let mut list = vec![
        ("id", Value::Text(&feature.id)),
        ("name", Value::Text(&feature.name)),
        ("name_en", Value::Text(&feature.name_en)),
        ("kind", Value::Text(&feature.kind)),
        ("located_by", Value::Text(feature.located_by.as_str())),
        ("accuracy_m", Value::Number(feature.accuracy_m)),
    ];
    if let Some(status) = feature.status {
        list.push(("status", Value::Text(status.as_str())));
    }
    if let Some(land_use) = &feature.land_use {
        list.push(("land_use", Value::Text(land_use.as_str())));
    }
    for (name, ids) in [("documents", &feature.documents), ("zones", &feature.zones)] {
        if !ids.is_empty() {
            list.push((name, Value::List(ids)));
        }
    }
    list
}

fn add_accuracy(canvas: &mut Canvas, feature: &Feature, geometry: &Geometry<f64>) {
    if let Geometry::Point(point) = geometry
        && feature.accuracy_m > 0.0
    {
        let ring = measure::circle(point.0, feature.accuracy_m);
        canvas.add(&ring.into(), &attributes(feature));
    }
}

fn add_label(canvas: &mut Canvas, feature: &Feature, geometry: &Geometry<f64>) {
    if matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
        && let Some(point) = geometry.interior_point()
    {
        canvas.add(&point.into(), &attributes(feature));
    }
}

/// The part of a zone's properties that tells what its outline follows.
#[derive(Default, Deserialize)]
struct Outline {
    #[serde(default)]
    sides: Vec<Stretch>,
}

#[derive(Deserialize)]
struct Stretch {
    side: String,
    kind: String,
    street: Option<String>,
    from: usize,
    to: usize,
    metres: f64,
    accuracy_m: f64,
}

/// The stretches of a compiled outline, each with its line; none where it is no such outline.
fn stretches(feature: &Feature, geometry: &Geometry<f64>) -> Vec<(Stretch, LineString<f64>)> {
    let text = feature.properties.get();
    let Geometry::Polygon(polygon) = geometry else {
        return vec![];
    };
    if !text.contains("\"sides\"") {
        return vec![];
    }
    let outline: Outline = serde_json::from_str(text).unwrap_or_default();
    outline
        .sides
        .into_iter()
        .filter_map(|stretch| {
            let coords = polygon.exterior().0.get(stretch.from..=stretch.to)?;
            Some((stretch, LineString::new(coords.to_vec())))
        })
        .collect()
}

fn add_sides(canvas: &mut Canvas, feature: &Feature, geometry: &Geometry<f64>) {
    for (stretch, line) in stretches(feature, geometry) {
        let mut attributes = attributes(feature);
        attributes.retain(|(name, _)| *name != "accuracy_m");
        attributes.extend([
            ("side", Value::Text(&stretch.side)),
            ("stretch", Value::Text(&stretch.kind)),
            (
                "street",
                Value::Text(stretch.street.as_deref().unwrap_or("")),
            ),
            ("metres", Value::Number(stretch.metres)),
            ("accuracy_m", Value::Number(stretch.accuracy_m)),
        ]);
        canvas.add(&line.into(), &attributes);
    }
}

/// One shape for the whole outline: where the bands of stretches meet they must not add up.
fn add_band(canvas: &mut Canvas, feature: &Feature, geometry: &Geometry<f64>) {
    let bands: Vec<MultiPolygon<f64>> = stretches(feature, geometry)
        .into_iter()
        .map(|(stretch, line)| {
            let line = line.into();
            Frame::around(&line).buffer(&line, stretch.accuracy_m)
        })
        .collect();
    if !bands.is_empty() {
        canvas.add(&unary_union(&bands).into(), &attributes(feature));
    }
}

/// A tile's drawing surface: takes degrees, keeps what shows.
struct Canvas {
    tile: TileId,
    /// What is kept, in tile units.
    window: Rect<f64>,
    layer: LayerBuilder,
}

impl Canvas {
    fn add(&mut self, geometry: &Geometry<f64>, attributes: &[(&'static str, Value<'_>)]) {
        if let Some(shape) = self.shape(geometry) {
            self.layer.add(&shape, attributes);
        }
    }

    /// The geometry in tile units, clipped and simplified.
    fn shape(&self, geometry: &Geometry<f64>) -> Option<Geometry<f64>> {
        let placed = geometry.map_coords(|coord| self.tile.locate(coord) * f64::from(EXTENT));
        match placed {
            Geometry::Point(point) => self.shows(point).then(|| point.into()),
            Geometry::MultiPoint(points) => {
                let kept: Vec<Point<f64>> = points
                    .into_iter()
                    .filter(|point| self.shows(*point))
                    .collect();
                (!kept.is_empty()).then(|| MultiPoint::new(kept).into())
            }
            Geometry::LineString(line) => self.lines(std::slice::from_ref(&line)),
            Geometry::MultiLineString(lines) => self.lines(&lines.0),
            Geometry::Polygon(polygon) => self.polygons(std::slice::from_ref(&polygon)),
            Geometry::MultiPolygon(polygons) => self.polygons(&polygons.0),
            _ => None,
        }
    }

    /// A point belongs to one tile and its margin.
    fn shows(&self, point: Point<f64>) -> bool {
        use geo::Intersects;
        self.window.intersects(&point)
    }

    fn lines(&self, lines: &[LineString<f64>]) -> Option<Geometry<f64>> {
        let parts: Vec<LineString<f64>> = lines
            .iter()
            .flat_map(|line| clip::line(line, self.window))
            .map(|line| self.simplified(line))
            .collect();
        (!parts.is_empty()).then(|| MultiLineString::new(parts).into())
    }

    fn polygons(&self, polygons: &[Polygon<f64>]) -> Option<Geometry<f64>> {
        let parts: Vec<Polygon<f64>> = polygons
            .iter()
            .filter(|polygon| !is_speck(polygon))
            .filter_map(|polygon| clip::polygon(polygon, self.window))
            .map(|polygon| {
                let (exterior, interiors) = polygon.into_inner();
                Polygon::new(
                    self.simplified(exterior),
                    interiors
                        .into_iter()
                        .map(|ring| self.simplified(ring))
                        .collect(),
                )
            })
            .collect();
        (!parts.is_empty()).then(|| MultiPolygon::new(parts).into())
    }

    /// At the deepest zoom, which clients enlarge, nothing is simplified.
    fn simplified(&self, line: LineString<f64>) -> LineString<f64> {
        if self.tile.z == MAX_ZOOM || line.0.len() < 8 {
            line
        } else {
            simplify::line(&line, TOLERANCE)
        }
    }
}
