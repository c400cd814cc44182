//! Shapes of the data on a sheet: what of them is kept, and the paths that they are.

use std::cell::OnceCell;

use geo::{
    BoundingRect, Coord, CoordsIter, Euclidean, Geometry, InteriorPoint, InterpolateLine,
    Intersects, Length, LineString, MapCoords, Polygon, Rect as Bounds,
};
use tiny_skia::{Path, PathBuilder, Rect};

use super::{frame::MapFrame, look::single};
use crate::geometry::{clip, simplify};

/// Pixels by which a simplified line of the map may be off.
const TOLERANCE: f64 = 0.3;

/// A shape on the sheet, without what lies off its frame. Pixels.
pub(super) struct Placed {
    whole: Geometry<f64>,
    /// What is kept: the frame, and as far around it as marks reach.
    keep: Bounds<f64>,
    /// Pixels by which its lines may be off.
    tolerance: f64,
    lines: OnceCell<Vec<LineString<f64>>>,
    areas: OnceCell<Vec<Polygon<f64>>>,
}

impl Placed {
    /// `None` where nothing of a shape (degrees) lies near enough.
    pub fn new(frame: &MapFrame, geometry: &Geometry<f64>, reach: f64) -> Option<Self> {
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
            tolerance: TOLERANCE,
            lines: OnceCell::new(),
            areas: OnceCell::new(),
        })
    }

    /// A shape that is given in pixels of the sheet: all of it, as it is.
    pub fn on_sheet(whole: Geometry<f64>) -> Self {
        let nowhere = Bounds::new(Coord::zero(), Coord::zero());
        Self {
            keep: whole.bounding_rect().unwrap_or(nowhere),
            whole,
            tolerance: 0.0,
            lines: OnceCell::new(),
            areas: OnceCell::new(),
        }
    }

    /// Whether any of it lies in a rectangle of the sheet.
    pub fn is_seen(&self, place: Rect) -> bool {
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

    pub fn points(&self) -> Vec<Coord<f64>> {
        let points = match &self.whole {
            Geometry::Point(point) => vec![point.0],
            Geometry::MultiPoint(points) => points.iter().map(|point| point.0).collect(),
            _ => vec![],
        };
        let kept = |point: &Coord<f64>| self.keep.intersects(point);
        points.into_iter().filter(kept).collect()
    }

    /// Where a label stands that does not run along lines.
    pub fn anchors(&self) -> Vec<Coord<f64>> {
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
    pub fn lines(&self) -> &[LineString<f64>] {
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
            .map(|part| simplify::line(part, self.tolerance))
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
                Some(simplify::polygon(&kept, self.tolerance))
            };
            match &self.whole {
                Geometry::Polygon(polygon) => kept(polygon).into_iter().collect(),
                Geometry::MultiPolygon(polygons) => polygons.iter().filter_map(kept).collect(),
                _ => Vec::new(),
            }
        })
    }

    /// The inside of polygons.
    pub fn area(&self) -> Option<Path> {
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
pub(super) fn trace(path: &mut PathBuilder, line: &LineString<f64>) {
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
