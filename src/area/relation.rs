//! How a feature lies to an area, by the shapes as they stand.

use geo::{BooleanOps, Geodesic, Geometry, Length, MultiLineString, coordinate_position::CoordPos};
use serde::{Deserialize, Serialize};

use crate::geometry::{measure, region::Region};

/// How a feature must lie to an area to be in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// They share a point.
    #[default]
    Intersects,
    /// No point of the feature lies outside the area.
    Within,
    /// More than half of the feature's area (length, points) lies in the area.
    Majority,
    /// They share boundary points only.
    Touches,
}

impl Relation {
    /// Whether it holds between a valid geometry (longitude and latitude, degrees) and a region.
    #[must_use]
    pub fn holds(self, region: &Region, geometry: &Geometry<f64>) -> bool {
        match self {
            Self::Intersects => region.intersects(geometry),
            Self::Within => region.contains(geometry),
            Self::Touches => region.touches(geometry),
            Self::Majority => region.intersects(geometry) && share_inside(region, geometry) > 0.5,
        }
    }
}

/// How much of a geometry lies in a region, 0 to 1: by area, by length, or by number of points.
fn share_inside(region: &Region, geometry: &Geometry<f64>) -> f64 {
    if region.contains(geometry) {
        return 1.0;
    }
    match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
            measure::shared_area_m2(region.polygons(), geometry) / measure::area_m2(geometry)
        }
        Geometry::LineString(line) => {
            length_inside(region, &MultiLineString::new(vec![line.clone()]))
        }
        Geometry::MultiLineString(lines) => length_inside(region, lines),
        Geometry::MultiPoint(points) => {
            let inside = points
                .iter()
                .filter(|point| region.side_of(point.0) != CoordPos::Outside)
                .count();
            ratio(inside, points.0.len())
        }
        _ => 0.0,
    }
}

fn length_inside(region: &Region, lines: &MultiLineString<f64>) -> f64 {
    // Each segment by itself: where lines cross each other, cutting them together loses pieces.
    let inside = lines
        .iter()
        .flat_map(geo::LineString::lines)
        .map(|segment| {
            let alone = MultiLineString::new(vec![segment.into()]);
            Geodesic.length(&region.polygons().clip(&alone, false))
        });
    inside.sum::<f64>() / Geodesic.length(lines)
}

#[allow(clippy::cast_precision_loss)] // counts of points stay far below 2^52
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
