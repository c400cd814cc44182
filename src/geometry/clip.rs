//! Clipping to a rectangle, for tiles: fast, in any plane, tolerant of what it leaves at the edges.

use geo::{Coord, LineString, Polygon, Rect};

/// The part of a polygon inside a rectangle; `None` where nothing is left.
///
/// Each ring is cut at the four sides in turn (Sutherland and Hodgman 1974). A polygon that falls
/// into several parts keeps them joined along the rectangle's edge: right for drawing, where that
/// edge lies outside the picture, and not for measuring.
#[must_use]
pub fn polygon(polygon: &Polygon<f64>, window: Rect<f64>) -> Option<Polygon<f64>> {
    let exterior = ring(polygon.exterior(), window)?;
    let interiors = polygon
        .interiors()
        .iter()
        .filter_map(|hole| ring(hole, window))
        .collect();
    Some(Polygon::new(exterior, interiors))
}

fn ring(line: &LineString<f64>, window: Rect<f64>) -> Option<LineString<f64>> {
    let mut points: Vec<Coord<f64>> = line.0[..line.0.len().saturating_sub(1)].to_vec();
    for side in Side::ALL {
        let Some(mut previous) = points.last().copied() else {
            break;
        };
        let mut kept = Vec::with_capacity(points.len() + 4);
        for point in points {
            if side.keeps(point, window) != side.keeps(previous, window) {
                kept.push(side.cut(previous, point, window));
            }
            if side.keeps(point, window) {
                kept.push(point);
            }
            previous = point;
        }
        points = kept;
    }
    let first = *points.first()?;
    points.push(first);
    (points.len() > 3).then(|| LineString::new(points))
}

/// The parts of a line inside a rectangle, in order.
#[must_use]
pub fn line(line: &LineString<f64>, window: Rect<f64>) -> Vec<LineString<f64>> {
    let mut parts: Vec<LineString<f64>> = Vec::new();
    let mut open: Vec<Coord<f64>> = Vec::new();
    for segment in line.lines() {
        let Some((start, end)) = segment_inside(segment.start, segment.end, window) else {
            close(&mut open, &mut parts);
            continue;
        };
        if open.last() != Some(&start) {
            close(&mut open, &mut parts);
            open.push(start);
        }
        open.push(end);
        if end != segment.end {
            close(&mut open, &mut parts);
        }
    }
    close(&mut open, &mut parts);
    parts
}

fn close(open: &mut Vec<Coord<f64>>, parts: &mut Vec<LineString<f64>>) {
    if open.len() > 1 {
        parts.push(LineString::new(std::mem::take(open)));
    }
    open.clear();
}

/// The part of a segment inside a rectangle: cut at each side that it crosses.
fn segment_inside(
    mut start: Coord<f64>,
    mut end: Coord<f64>,
    window: Rect<f64>,
) -> Option<(Coord<f64>, Coord<f64>)> {
    for side in Side::ALL {
        match (side.keeps(start, window), side.keeps(end, window)) {
            (true, true) => {}
            (false, false) => return None,
            (true, false) => end = side.cut(start, end, window),
            (false, true) => start = side.cut(start, end, window),
        }
    }
    Some((start, end))
}

#[derive(Clone, Copy)]
enum Side {
    West,
    East,
    South,
    North,
}

impl Side {
    const ALL: [Self; 4] = [Self::West, Self::East, Self::South, Self::North];

    fn keeps(self, point: Coord<f64>, window: Rect<f64>) -> bool {
        match self {
            Self::West => point.x >= window.min().x,
            Self::East => point.x <= window.max().x,
            Self::South => point.y >= window.min().y,
            Self::North => point.y <= window.max().y,
        }
    }

    fn cut(self, a: Coord<f64>, b: Coord<f64>, window: Rect<f64>) -> Coord<f64> {
        let at_x = |x: f64| Coord {
            x,
            y: a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x),
        };
        let at_y = |y: f64| Coord {
            x: a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y),
            y,
        };
        match self {
            Self::West => at_x(window.min().x),
            Self::East => at_x(window.max().x),
            Self::South => at_y(window.min().y),
            Self::North => at_y(window.max().y),
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, wkt};

    use super::*;

    fn window() -> Rect<f64> {
        Rect::new((0., 0.), (10., 10.))
    }

    #[test]
    fn a_polygon_keeps_what_lies_inside() {
        let cut = polygon(
            &wkt!(POLYGON((5. 5.,15. 5.,15. 15.,5. 15.,5. 5.))),
            window(),
        )
        .unwrap();
        assert!((cut.unsigned_area() - 25.0).abs() < 1e-12);
        let around = polygon(
            &wkt!(POLYGON((-5. -5.,15. -5.,15. 15.,-5. 15.,-5. -5.),(4. 4.,6. 4.,6. 6.,4. 6.,4. 4.))),
            window(),
        )
        .unwrap();
        assert!((around.unsigned_area() - 96.0).abs() < 1e-12);
        assert_eq!(
            polygon(&wkt!(POLYGON((20. 0.,30. 0.,30. 10.,20. 0.))), window()),
            None
        );
    }

    #[test]
    fn a_line_falls_into_its_parts() {
        let parts = line(
            &wkt!(LINESTRING(-5. 5.,5. 5.,5. 15.,8. 15.,8. 5.,20. 5.)),
            window(),
        );
        assert_eq!(
            parts,
            vec![
                wkt!(LINESTRING(0. 5.,5. 5.,5. 10.)),
                wkt!(LINESTRING(8. 10.,8. 5.,10. 5.)),
            ]
        );
        assert!(line(&wkt!(LINESTRING(-5. 0.,0. 15.)), window()).is_empty());
    }
}
