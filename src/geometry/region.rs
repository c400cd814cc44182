//! An area prepared for being asked many times.

use std::cell::OnceCell;

use geo::{
    BoundingRect, Coord, CoordsIter, Geometry, Intersects, Kernel, Line, LinesIter, MultiPolygon,
    Orientation, PreparedGeometry, Rect, Relate, coordinate_position::CoordPos,
    relate::IntersectionMatrix,
};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

/// An edge, numbered in the order of its ring.
type NumberedEdge = GeomWithData<Rectangle<[f64; 2]>, (usize, Line<f64>)>;

/// Valid polygons with an R-tree over their edges.
///
/// All relations are exact on the coordinates as given (robust predicates). Most features lie
/// wholly inside or outside an area: no edge comes near them, and one point decides. Only the rest
/// pays for a full intersection matrix.
pub struct Region {
    polygons: MultiPolygon<f64>,
    bounds: Option<Rect<f64>>,
    edges: RTree<NumberedEdge>,
    prepared: OnceCell<PreparedGeometry<'static, MultiPolygon<f64>>>,
}

impl Region {
    /// Prepares valid polygons, in `O(n log n)`.
    #[must_use]
    pub fn new(polygons: MultiPolygon<f64>) -> Self {
        let edges = polygons
            .lines_iter()
            .enumerate()
            .map(|(number, line)| {
                let corners = Rectangle::from_corners(line.start.into(), line.end.into());
                GeomWithData::new(corners, (number, line))
            })
            .collect();
        Self {
            bounds: polygons.bounding_rect(),
            edges: RTree::bulk_load(edges),
            prepared: OnceCell::new(),
            polygons,
        }
    }

    /// The polygons themselves.
    #[must_use]
    pub fn polygons(&self) -> &MultiPolygon<f64> {
        &self.polygons
    }

    /// The rectangle around them; `None` where there are none.
    #[must_use]
    pub fn bounds(&self) -> Option<Rect<f64>> {
        self.bounds
    }

    /// Whether a point lies inside, outside, or on the boundary: the parity of the edges that a ray
    /// to the east crosses.
    #[must_use]
    pub fn side_of(&self, point: Coord<f64>) -> CoordPos {
        let Some(bounds) = self.bounds.filter(|bounds| bounds.intersects(&point)) else {
            return CoordPos::Outside;
        };
        let ray = AABB::from_corners([point.x, point.y], [bounds.max().x, point.y]);
        let mut inside = false;
        for edge in self.edges.locate_in_envelope_intersecting(ray) {
            let line = edge.data.1;
            let Line { start, end } = line;
            let turn = <f64 as geo::GeoNum>::Ker::orient2d(start, end, point);
            if turn == Orientation::Collinear && line.intersects(&point) {
                return CoordPos::OnBoundary;
            }
            // Half-open in y, so that a vertex on the ray counts once.
            let upwards = start.y <= point.y && point.y < end.y;
            let downwards = end.y <= point.y && point.y < start.y;
            if (upwards && turn == Orientation::CounterClockwise)
                || (downwards && turn == Orientation::Clockwise)
            {
                inside = !inside;
            }
        }
        if inside {
            CoordPos::Inside
        } else {
            CoordPos::Outside
        }
    }

    /// Whether the two share a point.
    #[must_use]
    pub fn intersects(&self, geometry: &Geometry<f64>) -> bool {
        let Some(window) = self.meeting_window(geometry) else {
            return false;
        };
        if geometry
            .coords_iter()
            .any(|coord| self.side_of(coord) != CoordPos::Outside)
        {
            return true;
        }
        if self.edges_in(window).next().is_none() {
            return false;
        }
        if lines_of(geometry).any(|line| {
            self.edges_in(line.bounding_rect())
                .any(|edge| edge.intersects(&line))
        }) {
            return true;
        }
        // No contact of outlines: only a whole ring of the area can lie inside the feature now.
        self.polygons
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
            .any(|ring| geometry.intersects(&ring.0[0]))
    }

    /// Whether the geometry lies within the area in the sense of OGC Simple Features: no point of
    /// it outside, and not merely on the boundary.
    #[must_use]
    pub fn contains(&self, geometry: &Geometry<f64>) -> bool {
        let Some(window) = self.meeting_window(geometry) else {
            return false;
        };
        let mut coords = geometry.coords_iter();
        if self.edges_in(window).next().is_none() {
            return coords
                .next()
                .is_some_and(|coord| self.side_of(coord) == CoordPos::Inside);
        }
        if coords.any(|coord| self.side_of(coord) == CoordPos::Outside) {
            return false;
        }
        self.matrix(geometry).is_contains()
    }

    /// Whether the two share boundary points but no inner ones.
    #[must_use]
    pub fn touches(&self, geometry: &Geometry<f64>) -> bool {
        self.meeting_window(geometry)
            .is_some_and(|window| self.edges_in(window).next().is_some())
            && self.matrix(geometry).is_touches()
    }

    /// The full intersection matrix of the area and a valid geometry.
    #[must_use]
    pub fn matrix(&self, geometry: &Geometry<f64>) -> IntersectionMatrix {
        self.prepared
            .get_or_init(|| PreparedGeometry::from(self.polygons.clone()))
            .relate(geometry)
    }

    /// The rectangle around a geometry, where it meets the one around the area.
    fn meeting_window(&self, geometry: &Geometry<f64>) -> Option<Rect<f64>> {
        let window = geometry.bounding_rect()?;
        self.bounds
            .is_some_and(|bounds| bounds.intersects(&window))
            .then_some(window)
    }

    fn edges_in(&self, window: Rect<f64>) -> impl Iterator<Item = Line<f64>> {
        self.numbered_edges_in(window).map(|(_, edge)| edge)
    }

    /// The edges whose rectangles meet a window, each with its number; those of one ring are
    /// numbered in its order.
    pub fn numbered_edges_in(&self, window: Rect<f64>) -> impl Iterator<Item = (usize, Line<f64>)> {
        let window = AABB::from_corners(window.min().into(), window.max().into());
        self.edges
            .locate_in_envelope_intersecting(window)
            .map(|edge| edge.data)
    }
}

/// The segments of lines and rings.
pub fn lines_of(geometry: &Geometry<f64>) -> Box<dyn Iterator<Item = Line<f64>> + '_> {
    match geometry {
        Geometry::LineString(line) => Box::new(line.lines_iter()),
        Geometry::MultiLineString(lines) => Box::new(lines.lines_iter()),
        Geometry::Polygon(polygon) => Box::new(polygon.lines_iter()),
        Geometry::MultiPolygon(polygons) => Box::new(polygons.lines_iter()),
        Geometry::GeometryCollection(parts) => Box::new(parts.iter().flat_map(lines_of)),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use geo::{Contains, wkt};

    use super::*;

    fn ring_with_hole() -> MultiPolygon<f64> {
        wkt!(MULTIPOLYGON(
            ((0. 0.,10. 0.,10. 10.,0. 10.,0. 0.),(2. 2.,8. 2.,8. 8.,2. 8.,2. 2.)),
            ((4. 4.,6. 4.,6. 6.,4. 6.,4. 4.))
        ))
    }

    #[test]
    fn points_on_all_sides() {
        let region = Region::new(ring_with_hole());
        for (x, y, side) in [
            (1., 1., CoordPos::Inside),
            (1., 2., CoordPos::Inside),
            (3., 3., CoordPos::Outside),
            (5., 5., CoordPos::Inside),
            (0., 5., CoordPos::OnBoundary),
            (2., 2., CoordPos::OnBoundary),
            (10., 10., CoordPos::OnBoundary),
            (-1., 10., CoordPos::Outside),
            (11., 5., CoordPos::Outside),
        ] {
            assert_eq!(region.side_of(Coord { x, y }), side, "{x},{y}");
        }
    }

    #[test]
    fn relations_agree_with_the_full_matrix() {
        let region = Region::new(ring_with_hole());
        for geometry in [
            Geometry::from(wkt!(POLYGON((1. 1.,1.5 1.,1.5 1.5,1. 1.)))),
            wkt!(POLYGON((3. 3.,3.5 3.,3.5 3.5,3. 3.))).into(),
            wkt!(POLYGON((2. 2.,8. 2.,8. 8.,2. 8.,2. 2.))).into(),
            wkt!(POLYGON((-1. -1.,11. -1.,11. 11.,-1. 11.,-1. -1.))).into(),
            wkt!(POLYGON((3. 3.,7. 3.,7. 7.,3. 7.,3. 3.))).into(),
            wkt!(POLYGON((10. 0.,12. 0.,12. 5.,10. 0.))).into(),
            wkt!(LINESTRING(0. 0.,10. 0.)).into(),
            wkt!(LINESTRING(1. 5.,9. 5.)).into(),
            wkt!(LINESTRING(1. 1.,1. 9.)).into(),
            wkt!(POINT(5. 5.)).into(),
            wkt!(MULTIPOINT(3. 3.,12. 12.)).into(),
        ] {
            let matrix = ring_with_hole().relate(&geometry);
            assert_eq!(
                region.intersects(&geometry),
                matrix.is_intersects(),
                "{geometry:?}"
            );
            assert_eq!(
                region.contains(&geometry),
                matrix.is_contains(),
                "{geometry:?}"
            );
            assert_eq!(
                region.touches(&geometry),
                matrix.is_touches(),
                "{geometry:?}"
            );
        }
        assert!(ring_with_hole().contains(&wkt!(POINT(5. 5.))));
    }
}
