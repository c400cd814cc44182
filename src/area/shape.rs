//! The polygon of an area, and what lies near its outline.

use geo::{
    BooleanOps, Buffer, Coord, CoordsIter, Distance, Euclidean, Geometry, LineString, MapCoords,
    MultiLineString, MultiPolygon, Point, Rect,
    coordinate_position::CoordPos,
    orient::{Direction, Orient},
};

use crate::{
    geometry::{frame::Frame, region::Region, simplify},
    model::FeatureRef,
};

/// Edges of an outline that are looked at around one feature when it is asked how deep it lies. An
/// outline with more of them within a feature's error is too intricate to prove anything by it.
const MAX_EDGES: usize = 300;
/// Vertices that may be looked at when an outline near a feature is simplified: plenty for smooth
/// outlines of ten thousand vertices, and few for combs.
const SIMPLIFYING_BUDGET: usize = 200_000;
/// By this share of the error the outline near a feature is simplified, and the error is enlarged,
/// so that what is called certain is certain.
const SIMPLIFIED: f64 = 0.02;

/// The feature that an area is, or lies around.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The feature.
    pub feature: FeatureRef,
    /// How far the area reaches beyond it, metres.
    pub buffer_m: f64,
}

/// An area that is asked about.
pub struct Area {
    /// The feature that it is, or lies around, where it has one.
    pub origin: Option<Origin>,
    /// How far off any point of its outline may be, metres.
    pub accuracy_m: f64,
    region: Region,
    frame: Frame,
}

/// The part of an outline that comes near a feature, in the plane of the area's frame.
pub(super) struct Nearby {
    outline: MultiLineString<f64>,
}

impl Area {
    /// An area of valid polygons (longitude and latitude, degrees), whichever way they are wound.
    #[must_use]
    pub fn new(origin: Option<Origin>, polygons: &MultiPolygon<f64>, accuracy_m: f64) -> Self {
        // Overlays do not always wind rings as RFC 7946 asks.
        let polygons = polygons.orient(Direction::Default);
        Self {
            origin,
            accuracy_m,
            frame: Frame::around(&Geometry::MultiPolygon(polygons.clone())),
            region: Region::new(polygons),
        }
    }

    /// The feature that it is, or lies around.
    #[must_use]
    pub fn feature(&self) -> Option<&FeatureRef> {
        self.origin.as_ref().map(|origin| &origin.feature)
    }

    /// The polygons themselves.
    #[must_use]
    pub fn polygons(&self) -> &MultiPolygon<f64> {
        self.region.polygons()
    }

    /// The area, prepared for questions.
    pub(super) fn region(&self) -> &Region {
        &self.region
    }

    /// The outline within `metres` of a rectangle (degrees); `None` where it does not come so near.
    pub(super) fn outline_near(&self, bounds: Rect<f64>, metres: f64) -> Option<Nearby> {
        let window = self.frame.grown(bounds, metres);
        let mut edges: Vec<(usize, geo::Line<f64>)> =
            self.region.numbered_edges_in(window).collect();
        if edges.is_empty() {
            return None;
        }
        // Consecutive edges become one line again: it is simplified and buffered as a whole.
        edges.sort_unstable_by_key(|(number, _)| *number);
        let mut lines: Vec<Vec<Coord<f64>>> = Vec::new();
        for (_, edge) in edges {
            let (start, end) = (
                self.frame.to_plane(edge.start),
                self.frame.to_plane(edge.end),
            );
            match lines.last_mut() {
                Some(line) if line.last() == Some(&start) => line.push(end),
                _ => lines.push(vec![start, end]),
            }
        }
        Some(Nearby {
            outline: lines.into_iter().map(LineString::new).collect(),
        })
    }

    /// Metres from a geometry to the outline near it.
    pub(super) fn distance(&self, nearby: &Nearby, geometry: &Geometry<f64>) -> f64 {
        let here = self.in_plane(geometry);
        let outline = Geometry::MultiLineString(nearby.outline.clone());
        Euclidean.distance(&here, &outline)
    }

    /// Whether a vertex of a geometry lies inside, farther from the outline than `metres`: a quick
    /// proof, where there is one, that not all of the geometry would be cut away.
    pub(super) fn has_deep_vertex(
        &self,
        nearby: &Nearby,
        geometry: &Geometry<f64>,
        metres: f64,
    ) -> bool {
        geometry.coords_iter().any(|coord| {
            let here = Point::from(self.frame.to_plane(coord));
            self.region.side_of(coord) == CoordPos::Inside
                && Euclidean.distance(&here, &nearby.outline) > metres
        })
    }

    /// Cuts away from a geometry all that lies within `metres` of the outline near it. What is left
    /// lies wholly inside or wholly outside: its measures (m² of polygons, m of lines).
    ///
    /// `None` where the outline there is too intricate.
    pub(super) fn beyond_error(
        &self,
        nearby: &Nearby,
        geometry: &Geometry<f64>,
        metres: f64,
    ) -> Option<Rest> {
        let mut budget = SIMPLIFYING_BUDGET;
        let outline: MultiLineString<f64> = nearby
            .outline
            .iter()
            .map(|line| simplify::line_within(line, metres * SIMPLIFIED, &mut budget))
            .collect::<Option<_>>()?;
        let edges: usize = outline.iter().map(|line| line.0.len() - 1).sum();
        if edges > MAX_EDGES {
            return None;
        }
        let doubtful = outline.buffer(metres * (1.0 + SIMPLIFIED));
        let mut rest = Rest::default();
        let mut add =
            |at: Coord<f64>, measure: f64| match self.region.side_of(self.frame.to_degrees(at)) {
                CoordPos::Inside => rest.inside += measure,
                CoordPos::OnBoundary | CoordPos::Outside => rest.outside += measure,
            };
        let polygons = |left: MultiPolygon<f64>, add: &mut dyn FnMut(Coord<f64>, f64)| {
            use geo::Area as _;
            for polygon in left {
                add(polygon.exterior().0[0], polygon.unsigned_area());
            }
        };
        let lines = |line: &MultiLineString<f64>, add: &mut dyn FnMut(Coord<f64>, f64)| {
            use geo::Length;
            for part in doubtful.clip(line, true) {
                add(part.0[0], Euclidean.length(&part));
            }
        };
        match self.in_plane(geometry) {
            Geometry::Polygon(polygon) => polygons(polygon.difference(&doubtful), &mut add),
            Geometry::MultiPolygon(parts) => polygons(parts.difference(&doubtful), &mut add),
            Geometry::LineString(line) => lines(&MultiLineString::new(vec![line]), &mut add),
            Geometry::MultiLineString(parts) => lines(&parts, &mut add),
            Geometry::MultiPoint(points) => {
                for point in points {
                    if Euclidean.distance(&point, &nearby.outline) >= metres {
                        add(point.0, 1.0);
                    }
                }
            }
            _ => {}
        }
        Some(rest)
    }

    /// Measure of a whole geometry in the plane: m² of polygons, m of lines, number of points.
    pub(super) fn measure(&self, geometry: &Geometry<f64>) -> f64 {
        use geo::{Area as _, Length};
        #[allow(clippy::cast_precision_loss)] // points stay far below 2^52
        match self.in_plane(geometry) {
            Geometry::LineString(line) => Euclidean.length(&line),
            Geometry::MultiLineString(lines) => Euclidean.length(&lines),
            Geometry::MultiPoint(points) => points.0.len() as f64,
            other => other.unsigned_area(),
        }
    }

    /// The rectangle, in degrees, outside which nothing comes within `metres` of the area.
    pub(super) fn window(&self, metres: f64) -> Option<Rect<f64>> {
        Some(self.frame.grown(self.region.bounds()?, metres))
    }

    fn in_plane(&self, geometry: &Geometry<f64>) -> Geometry<f64> {
        geometry.map_coords(|coord| self.frame.to_plane(coord))
    }
}

/// What of a geometry lies farther from an outline than the error, by side.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    /// m², m or number of points inside.
    pub inside: f64,
    /// The same outside.
    pub outside: f64,
}
