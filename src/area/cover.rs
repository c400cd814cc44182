//! How much ground overlaps cover together, each piece of it once.

use geo::{BooleanOps, BoundingRect, CoordsIter, Geometry, Polygon, unary_union};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

use super::{
    query::{Hit, Interrupted, Overlap, Patience},
    shape::Area,
};
use crate::geometry::measure;

/// Overlaps that are united at most. Beyond, comparing all with their neighbours may take seconds.
const MAX_OVERLAPS: usize = 20_000;
/// Vertices that they may have.
const MAX_VERTICES: usize = 200_000;

/// The ground in the area that hits cover together, m². `None` where they are too many to unite.
///
/// What stands apart from all others is taken as measured; what may lie on each other is united
/// first.
pub(super) fn covered_m2<'a>(
    area: &Area,
    hits: impl Iterator<Item = &'a Hit<'a>>,
    patience: &Patience,
) -> Result<Option<f64>, Interrupted> {
    let pieces: Vec<(&Geometry<f64>, Overlap)> = hits
        .filter_map(|hit| Some((hit.feature.geometry.as_ref()?, hit.overlap?)))
        .filter(|(_, overlap)| overlap.area_m2 > 0.0)
        .collect();
    let vertices: usize = pieces.iter().map(|(shape, _)| shape.coords_count()).sum();
    if pieces.len() > MAX_OVERLAPS || vertices > MAX_VERTICES {
        return Ok(None);
    }
    let mut covered = 0.0;
    for group in groups(&pieces, patience)? {
        patience.check()?;
        let sum: f64 = group.iter().map(|place| pieces[*place].1.area_m2).sum();
        covered += if group.len() == 1 {
            sum
        } else {
            let shapes = group.iter().flat_map(|place| polygons(pieces[*place].0));
            let united = unary_union(shapes);
            let is_inside = |place: &usize| pieces[*place].1.share_of_feature >= 1.0;
            let inside = if group.iter().all(is_inside) {
                united
            } else {
                area.polygons().intersection(&united)
            };
            // Uniting moves vertices by a hair; nothing covers more than itself.
            measure::area_m2(&Geometry::MultiPolygon(inside)).min(sum)
        };
    }
    Ok(Some(covered))
}

fn polygons(geometry: &Geometry<f64>) -> &[Polygon<f64>] {
    match geometry {
        Geometry::Polygon(polygon) => std::slice::from_ref(polygon),
        Geometry::MultiPolygon(polygons) => &polygons.0,
        _ => &[],
    }
}

/// The places of pieces whose rectangles meet, directly or through others.
fn groups(
    pieces: &[(&Geometry<f64>, Overlap)],
    patience: &Patience,
) -> Result<Vec<Vec<usize>>, Interrupted> {
    let entries: Vec<GeomWithData<Rectangle<[f64; 2]>, usize>> = pieces
        .iter()
        .enumerate()
        .filter_map(|(place, (shape, _))| {
            let bounds = shape.bounding_rect()?;
            let corners = Rectangle::from_corners(bounds.min().into(), bounds.max().into());
            Some(GeomWithData::new(corners, place))
        })
        .collect();
    let tree = RTree::bulk_load(entries.clone());
    let mut is_taken = vec![false; pieces.len()];
    let mut groups = Vec::new();
    for first in &entries {
        if std::mem::replace(&mut is_taken[first.data], true) {
            continue;
        }
        let mut group = vec![first.data];
        let mut open = vec![first];
        while let Some(entry) = open.pop() {
            patience.check()?;
            let window = AABB::from_corners(entry.geom().lower(), entry.geom().upper());
            for near in tree.locate_in_envelope_intersecting(window) {
                if !std::mem::replace(&mut is_taken[near.data], true) {
                    group.push(near.data);
                    open.push(near);
                }
            }
        }
        groups.push(group);
    }
    Ok(groups)
}
