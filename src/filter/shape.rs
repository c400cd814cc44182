//! Geometry literals: read and prepared once, related to many.

use std::cell::OnceCell;

use geo::{
    BoundingRect, Coord, Geometry, Intersects, LineString, MultiLineString, MultiPoint,
    MultiPolygon, Point, Polygon, PreparedGeometry, Rect, Relate, relate::IntersectionMatrix,
};
use geojson::GeometryValue;

use crate::{
    geometry::{
        crs::{Crs, Transformer},
        linework::{Linework, Lying, Shared},
        read,
        region::Region,
        validity,
    },
    model::Text,
};

/// The spatial functions of CQL2 (OGC 21-065r2, 7.6 and 7.8), as Simple Features defines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpatialRelation {
    /// They share a point.
    Intersects,
    /// They are the same set of points.
    Equals,
    /// They share no point.
    Disjoint,
    /// They share points, but no inner ones.
    Touches,
    /// No point of it lies outside the other, and not all on its boundary.
    Within,
    /// They are of one dimension, and so is what they share, and neither holds the other.
    Overlaps,
    /// They share some inner points, and not all.
    Crosses,
    /// The other is within it.
    Contains,
}

impl SpatialRelation {
    /// The relation that holds the other way around.
    #[must_use]
    pub fn converse(self) -> Self {
        match self {
            Self::Within => Self::Contains,
            Self::Contains => Self::Within,
            symmetric => symmetric,
        }
    }

    fn in_matrix(self, matrix: &IntersectionMatrix) -> bool {
        match self {
            Self::Intersects => matrix.is_intersects(),
            Self::Equals => matrix.is_equal_topo(),
            Self::Disjoint => matrix.is_disjoint(),
            Self::Touches => matrix.is_touches(),
            Self::Within => matrix.is_within(),
            Self::Overlaps => matrix.is_overlaps(),
            Self::Crosses => matrix.is_crosses(),
            Self::Contains => matrix.is_contains(),
        }
    }

    fn in_lines(self, lying: Lying) -> bool {
        match self {
            Self::Intersects => lying.shared != Shared::Nothing,
            Self::Disjoint => lying.shared == Shared::Nothing,
            Self::Equals => !lying.first_goes_beyond && !lying.second_goes_beyond,
            Self::Touches => lying.shared == Shared::Ends,
            Self::Within => !lying.first_goes_beyond,
            Self::Contains => !lying.second_goes_beyond,
            Self::Crosses => lying.shared == Shared::Inside,
            Self::Overlaps => {
                lying.shared == Shared::Stretch
                    && lying.first_goes_beyond
                    && lying.second_goes_beyond
            }
        }
    }

    /// Whether it holds between two valid geometries, of which neither is a collection.
    #[must_use]
    pub fn holds(self, a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
        let meet = match (a.bounding_rect(), b.bounding_rect()) {
            (Some(a), Some(b)) => a.intersects(&b),
            _ => false,
        };
        if !meet {
            return self == Self::Disjoint;
        }
        match (Linework::new(a), Linework::new(b)) {
            (Some(a), Some(b)) => self.in_lines(a.lying(&b)),
            _ => self.in_matrix(&a.relate(b)),
        }
    }
}

/// A geometry that a filter states: valid, WGS 84 longitude and latitude, ready to be related to
/// many others.
pub struct Shape {
    geometry: Geometry<f64>,
    bounds: Rect<f64>,
    ready: Ready,
}

enum Ready {
    /// Polygons, with an index over their edges.
    Region(Box<Region>),
    /// Points or lines, prepared when first needed: lines for lines, all for the rest.
    Other(
        Option<Box<Linework>>,
        OnceCell<Box<PreparedGeometry<'static, Geometry<f64>>>>,
    ),
    /// Parts of several dimensions, or that overlap.
    Parts(Vec<Shape>),
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.geometry.fmt(f)
    }
}

/// They are the same to the coordinate.
impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.geometry == other.geometry
    }
}

impl Shape {
    /// Reads a geometry in `crs`, its coordinates in the order of its authority.
    ///
    /// Vertices are brought to WGS 84 one by one, as those of the data were.
    ///
    /// # Errors
    /// What is wrong with which part.
    pub fn read(json: &geojson::Geometry, crs: Crs) -> Result<Self, Text> {
        let mut parts = Vec::new();
        read_parts(json, crs, &mut parts)?;
        Self::of_parts(parts)
    }

    /// The rectangle between two corners in `crs`, in the order of its authority. In degrees, west
    /// may lie east of east: it then crosses the antimeridian. The sides of one in a projected
    /// system are followed in steps, for they are curves in degrees.
    ///
    /// # Errors
    /// What it should be.
    pub fn rectangle(corners: [f64; 4], crs: Crs) -> Result<Self, Text> {
        const STEPS: u32 = 16;
        let [a, b, c, d] = corners;
        let (low, high) = (
            crs.ordered(Coord { x: a, y: b }),
            crs.ordered(Coord { x: c, y: d }),
        );
        if low.y > high.y {
            return Err(Text::new(
                "BBOX 的南边在北边之北",
                "the south of the BBOX lies north of its north",
            ));
        }
        if crs.is_geographic() {
            read::check_range(low)?;
            read::check_range(high)?;
            let east = Coord { x: 180.0, ..high };
            let west = Coord { x: -180.0, ..low };
            return Self::of_parts(if low.x <= high.x {
                vec![between(low, high)]
            } else {
                vec![between(low, east), between(west, high)]
            });
        }
        if low.x > high.x {
            return Err(Text::new(
                "投影坐标的 BBOX 西边在东边之东",
                "the west of a BBOX in projected coordinates lies east of its east",
            ));
        }
        let transformer = Transformer::to_wgs84(crs)?;
        let Geometry::Polygon(plane) = between(low, high) else {
            return Err(Text::new(
                "投影坐标的 BBOX 应有宽和高",
                "a BBOX in projected coordinates should have a width and a height",
            ));
        };
        let mut ring = Vec::new();
        for side in plane.exterior().lines() {
            for step in 0..STEPS {
                let share = f64::from(step) / f64::from(STEPS);
                ring.push(transformer.convert(side.start + side.delta() * share)?);
            }
        }
        let polygon = Geometry::from(Polygon::new(LineString::new(ring), vec![]));
        validity::check(&polygon)?;
        Self::of_parts(vec![polygon])
    }

    /// Valid geometries, none a collection, as one: as one geometry where they can be one.
    fn of_parts(mut parts: Vec<Geometry<f64>>) -> Result<Self, Text> {
        if parts.len() > 1
            && let Some(joined) = joined(&parts)
            && validity::check(&joined).is_ok()
        {
            parts = vec![joined];
        }
        if parts.len() > 1 {
            let shapes = parts
                .iter()
                .map(|part| Self::of_parts(vec![part.clone()]))
                .collect::<Result<_, _>>()?;
            return Self::new(
                Geometry::GeometryCollection(parts.into()),
                Ready::Parts(shapes),
            );
        }
        let geometry = parts.pop().ok_or_else(empty)?;
        let ready = match &geometry {
            Geometry::Polygon(polygon) => {
                Ready::Region(Box::new(Region::new(MultiPolygon::new(vec![
                    polygon.clone(),
                ]))))
            }
            Geometry::MultiPolygon(polygons) => {
                Ready::Region(Box::new(Region::new(polygons.clone())))
            }
            other => Ready::Other(Linework::new(other).map(Box::new), OnceCell::new()),
        };
        Self::new(geometry, ready)
    }

    fn new(geometry: Geometry<f64>, ready: Ready) -> Result<Self, Text> {
        let bounds = geometry.bounding_rect().ok_or_else(empty)?;
        Ok(Self {
            geometry,
            bounds,
            ready,
        })
    }

    /// The geometry itself.
    #[must_use]
    pub fn geometry(&self) -> &Geometry<f64> {
        &self.geometry
    }

    /// The rectangle around it, degrees.
    #[must_use]
    pub fn bounds(&self) -> Rect<f64> {
        self.bounds
    }

    /// Whether it has parts of several dimensions, or that overlap. Of such a one it is told only
    /// whether it shares points with another.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        matches!(self.ready, Ready::Parts(_))
    }

    /// Whether `relation` holds between `other`, which comes first, and this. Of a
    /// collection, no relation holds but that they intersect, or that they do not.
    #[must_use]
    pub fn is_related(&self, relation: SpatialRelation, other: &Geometry<f64>) -> bool {
        use SpatialRelation as R;
        if !other
            .bounding_rect()
            .is_some_and(|bounds| bounds.intersects(&self.bounds))
        {
            return relation == R::Disjoint;
        }
        match (&self.ready, relation) {
            (Ready::Region(region), R::Intersects) => region.intersects(other),
            (Ready::Region(region), R::Disjoint) => !region.intersects(other),
            (Ready::Region(region), R::Within) => region.contains(other),
            (Ready::Region(region), R::Touches) => region.touches(other),
            (Ready::Region(region), _) => relation.converse().in_matrix(&region.matrix(other)),
            (Ready::Other(Some(lines), _), _) if let Some(other) = Linework::new(other) => {
                relation.in_lines(other.lying(lines))
            }
            (Ready::Other(_, prepared), _) => {
                let prepared = prepared
                    .get_or_init(|| Box::new(PreparedGeometry::from(self.geometry.clone())));
                relation.converse().in_matrix(&prepared.relate(other))
            }
            (Ready::Parts(parts), R::Intersects | R::Disjoint) => {
                let meet = parts
                    .iter()
                    .any(|part| part.is_related(R::Intersects, other));
                meet == (relation == R::Intersects)
            }
            (Ready::Parts(_), _) => false,
        }
    }

    /// Whether `relation` holds between this, which comes first, and `other`.
    #[must_use]
    pub fn relates(&self, relation: SpatialRelation, other: &Self) -> bool {
        match &self.ready {
            Ready::Parts(parts) => {
                let meet = |part: &Self| part.relates(SpatialRelation::Intersects, other);
                match relation {
                    SpatialRelation::Intersects => parts.iter().any(meet),
                    SpatialRelation::Disjoint => !parts.iter().any(meet),
                    _ => false,
                }
            }
            _ => other.is_related(relation, &self.geometry),
        }
    }
}

fn empty() -> Text {
    Text::new("几何是空的", "the geometry is empty")
}

/// A rectangle; a line or a point where it has no height or width.
fn between(low: Coord<f64>, high: Coord<f64>) -> Geometry<f64> {
    match (low.x < high.x, low.y < high.y) {
        (true, true) => Rect::new(low, high).to_polygon().into(),
        (false, false) => Point::from(low).into(),
        _ => LineString::new(vec![low, high]).into(),
    }
}

fn read_parts(
    json: &geojson::Geometry,
    crs: Crs,
    parts: &mut Vec<Geometry<f64>>,
) -> Result<(), Text> {
    if let GeometryValue::GeometryCollection { geometries } = &json.value {
        return geometries
            .iter()
            .try_for_each(|part| read_parts(part, crs, parts));
    }
    parts.push(read::geometry_in(json, crs)?);
    Ok(())
}

/// Geometries of one dimension as one geometry.
fn joined(parts: &[Geometry<f64>]) -> Option<Geometry<f64>> {
    let (mut points, mut lines, mut polygons) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts.iter().cloned() {
        match part {
            Geometry::Point(point) => points.push(point),
            Geometry::MultiPoint(more) => points.extend(more),
            Geometry::LineString(line) => lines.push(line),
            Geometry::MultiLineString(more) => lines.extend(more),
            Geometry::Polygon(polygon) => polygons.push(polygon),
            Geometry::MultiPolygon(more) => polygons.extend(more),
            _ => return None,
        }
    }
    match (points.is_empty(), lines.is_empty(), polygons.is_empty()) {
        (false, true, true) => Some(MultiPoint::new(points).into()),
        (true, false, true) => Some(MultiLineString::new(lines).into()),
        (true, true, false) => Some(MultiPolygon::new(polygons).into()),
        _ => None,
    }
}
