//! One layer of one tile, from the features as they are now.

use geo::{
    Geometry, LineString, MapCoords, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
    Rect,
};

use super::{
    Derived, Layer, MAX_ZOOM, TileId,
    mvt::{EXTENT, LayerBuilder, Value, is_speck},
    shapes::each_shape,
};
use crate::geometry::{clip, frame::Frame, simplify};

/// How far beyond its edge a tile goes, in tiles, so that strokes and points meet across the edge.
pub const MARGIN: f64 = 1.0 / 32.0;
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
        Derived::Accuracy | Derived::Bands => layer.collection.worst_accuracy_m(),
        _ => 0.0,
    };
    for feature in layer
        .collection
        .near(Frame::at(window.center()).grown(window, reach_m))
    {
        each_shape(layer.derived, feature, |geometry, attributes| {
            canvas.add(geometry, attributes);
        });
    }
    canvas.layer.finish()
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
