//! Areas, lengths and circles on the ellipsoid (WGS 84, by Karney 2013, doi:10.1007/s00190-012-0578-z).

use geo::{
    Coord, Destination, Geodesic, GeodesicArea, Geometry, Length, LineString, MultiPolygon, Point,
    Polygon,
};

/// Vertices of a circle: its polygon then misses 0.04 % of the circle's area.
const CIRCLE_VERTICES: u32 = 128;

/// Area of polygons in m², whichever way their rings are wound; 0 of points and lines.
#[must_use]
pub fn area_m2(geometry: &Geometry<f64>) -> f64 {
    match geometry {
        Geometry::Polygon(polygon) => polygon_m2(polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().map(polygon_m2).sum(),
        _ => 0.0,
    }
}

/// Ring by ring: an overlay winds holes that touch an outline the wrong way, and a ring that is
/// wound so would be taken for the rest of the globe.
fn polygon_m2(polygon: &Polygon<f64>) -> f64 {
    let ring = |ring: &LineString<f64>| {
        let alone = Polygon::new(ring.clone(), vec![]);
        alone.geodesic_area_signed().abs()
    };
    ring(polygon.exterior()) - polygon.interiors().iter().map(ring).sum::<f64>()
}

/// Length in m of all rings of polygons, or of lines; 0 of points.
#[must_use]
pub fn length_m(geometry: &Geometry<f64>) -> f64 {
    let ring = |line: &LineString<f64>| Geodesic.length(line);
    let polygon = |polygon: &Polygon<f64>| {
        ring(polygon.exterior()) + polygon.interiors().iter().map(ring).sum::<f64>()
    };
    match geometry {
        Geometry::Polygon(shape) => polygon(shape),
        Geometry::MultiPolygon(shapes) => shapes.iter().map(polygon).sum(),
        Geometry::LineString(line) => ring(line),
        Geometry::MultiLineString(lines) => lines.iter().map(ring).sum(),
        _ => 0.0,
    }
}

/// The polygon of a geodesic circle around `centre` (longitude, latitude in degrees), counter-clockwise.
#[must_use]
pub fn circle(centre: Coord<f64>, radius_m: f64) -> Polygon<f64> {
    let mut ring: Vec<Coord<f64>> = (0..CIRCLE_VERTICES)
        .map(|step| {
            let azimuth = -360.0 * f64::from(step) / f64::from(CIRCLE_VERTICES);
            Geodesic
                .destination(Point::from(centre), azimuth, radius_m)
                .into()
        })
        .collect();
    ring.push(ring[0]);
    Polygon::new(LineString::new(ring), vec![])
}

/// The area of `a ∩ b` in m²; 0 where `b` is no polygon.
#[must_use]
pub fn shared_area_m2(a: &MultiPolygon<f64>, b: &Geometry<f64>) -> f64 {
    use geo::BooleanOps;
    let shared = match b {
        Geometry::Polygon(polygon) => a.intersection(polygon),
        Geometry::MultiPolygon(polygons) => a.intersection(polygons),
        _ => return 0.0,
    };
    area_m2(&shared.into())
}

/// A measure in tenths: more would pretend to an accuracy that no map has.
#[must_use]
pub fn tenths(measure: f64) -> f64 {
    (measure * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_has_its_area_and_its_radius() {
        let circle = Geometry::from(circle(
            Coord {
                x: 117.15,
                y: 39.16,
            },
            1000.0,
        ));
        let exact = std::f64::consts::PI * 1e6;
        assert!((area_m2(&circle) / exact - 1.0).abs() < 5e-4);
        assert!((length_m(&circle) / (2.0 * std::f64::consts::PI * 1000.0) - 1.0).abs() < 5e-4);
    }

    #[test]
    fn a_hole_that_touches_the_outline_is_no_globe() {
        use geo::wkt;
        let ring = wkt!(MULTIPOLYGON((
            (2. 2.,6. 2.,6. 5.,5. 5.,5. 4.,4. 4.,4. 6.,3. 6.,3. 5.,2. 5.,2. 2.),
            (3. 4.,3. 3.,4. 3.,4. 4.,3. 4.)
        )));
        let window = Geometry::from(
            wkt!(POLYGON((1. 3.,2. 1.,4. 1.,5. 3.,6. 4.,6. 5.,6. 7.,5. 6.,3. 6.,1. 3.))),
        );
        let share = shared_area_m2(&ring, &window) / area_m2(&window);
        assert!((share - 55.0 / 108.0).abs() < 0.001, "{share}");
    }

    #[test]
    fn a_hundredth_of_a_degree_has_its_geodesic_area() {
        // Independent value: pyproj 3.7.2, Geod(ellps="WGS84").polygon_area_perimeter.
        let square = Geometry::from(geo::Rect::new((117.0, 39.0), (117.01, 39.01)).to_polygon());
        assert!((area_m2(&square) - 961_620.328).abs() < 0.01);
        assert!((length_m(&square) - 3_952.718).abs() < 0.001);
    }
}
