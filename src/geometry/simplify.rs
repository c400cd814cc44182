//! Lines with fewer vertices.

use geo::{Coord, Distance, Euclidean, Line, LineString, Point, Polygon};

/// A line without the vertices without which it is off by at most `tolerance` (Douglas and Peucker
/// 1973), in any plane and its unit. A ring that would collapse stays as it is.
///
/// The stretches still to be looked at wait in a list: outlines can be long enough, and crooked
/// enough, for recursion to run out of stack. Takes `O(n log n)` time of ordinary lines, `O(n²)` of
/// the most crooked.
#[must_use]
pub fn line(line: &LineString<f64>, tolerance: f64) -> LineString<f64> {
    line_within(line, tolerance, &mut { usize::MAX }).unwrap_or_else(|| line.clone())
}

/// The same within a budget: so many vertices may be looked at, some of them many times. What is
/// looked at is taken off the budget.
///
/// `None` where the line is too crooked for it.
#[must_use]
pub fn line_within(
    line: &LineString<f64>,
    tolerance: f64,
    budget: &mut usize,
) -> Option<LineString<f64>> {
    let kept = kept_within(&line.0, tolerance, budget)?;
    if line.is_closed() && kept.len() < 4 {
        return Some(line.clone());
    }
    Some(kept.into_iter().map(|index| line.0[index]).collect())
}

/// Of the vertices of a path, those without which it would be off by more than `tolerance`: their
/// indices, in order, the first and the last among them.
#[must_use]
pub fn kept(points: &[Coord<f64>], tolerance: f64) -> Vec<usize> {
    kept_within(points, tolerance, &mut { usize::MAX })
        .unwrap_or_else(|| (0..points.len()).collect())
}

fn kept_within(points: &[Coord<f64>], tolerance: f64, budget: &mut usize) -> Option<Vec<usize>> {
    if points.len() < 3 {
        return Some((0..points.len()).collect());
    }
    let last = points.len() - 1;
    let mut kept = vec![false; points.len()];
    kept[0] = true;
    kept[last] = true;
    let mut waiting = vec![(0, last)];
    while let Some((from, to)) = waiting.pop() {
        *budget = budget.checked_sub(to - from)?;
        if let Some((farthest, distance)) = farthest(points, from, to)
            && distance > tolerance
        {
            kept[farthest] = true;
            waiting.push((from, farthest));
            waiting.push((farthest, to));
        }
    }
    Some((0..=last).filter(|&index| kept[index]).collect())
}

/// The same for all rings of a polygon.
#[must_use]
pub fn polygon(polygon: &Polygon<f64>, tolerance: f64) -> Polygon<f64> {
    Polygon::new(
        line(polygon.exterior(), tolerance),
        polygon
            .interiors()
            .iter()
            .map(|ring| line(ring, tolerance))
            .collect(),
    )
}

/// The vertex between two others that lies farthest from the line between them, and how far.
fn farthest(points: &[Coord<f64>], from: usize, to: usize) -> Option<(usize, f64)> {
    let chord = Line::new(points[from], points[to]);
    (from + 1..to)
        .map(|index| {
            (
                index,
                Euclidean.distance(&Point::from(points[index]), &chord),
            )
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    #[test]
    fn what_is_almost_straight_becomes_straight() {
        let crooked = wkt!(LINESTRING(0. 0.,1. 0.05,2. -0.05,3. 0.,3. 5.,3.05 6.,3. 7.));
        assert_eq!(line(&crooked, 0.1), wkt!(LINESTRING(0. 0.,3. 0.,3. 7.)));
        assert_eq!(line(&crooked, 0.01), crooked);
        let ring = wkt!(POLYGON((0. 0.,5. 0.1,10. 0.,10. 10.,0. 10.,0. 0.)));
        assert_eq!(
            polygon(&ring, 0.2),
            wkt!(POLYGON((0. 0.,10. 0.,10. 10.,0. 10.,0. 0.)))
        );
        assert_eq!(polygon(&ring, 100.0), ring);
    }

    #[test]
    fn a_comb_of_many_teeth_needs_no_deep_stack() {
        let comb: LineString<f64> = (0..5_000)
            .map(|step| (f64::from(step), f64::from(step % 2) * f64::from(step)))
            .collect();
        assert_eq!(line(&comb, 0.5).0.len(), 5_000);
        assert_eq!(line_within(&comb, 0.5, &mut 100_000), None);
    }
}
