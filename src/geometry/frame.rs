//! A local plane in metres, for distances and buffers inside one city.

use geo::{BoundingRect, Buffer, Coord, Geometry, MapCoords, MultiLineString, MultiPolygon, Rect};

use super::simplify;

/// Semi-major axis of WGS 84, metres (CGCS2000 has the same).
const A: f64 = 6_378_137.0;
/// First eccentricity squared of WGS 84 (CGCS2000 differs in the eleventh digit).
const E2: f64 = 6.694_379_990_141_317e-3;

/// A plane in metres east and north of an origin.
///
/// One degree is taken to be as long everywhere as it is at the origin: the radii of curvature of
/// the meridian, `M = a(1−e²)/(1−e²sin²φ)^(3/2)`, and of the prime vertical,
/// `N = a/√(1−e²sin²φ)` (Snyder 1987, eqs. 4-18 and 4-20). 10 km from the origin at 39°N a length is
/// off by about 0.13 %, far less than what is known of any line measured with it. Areas and lengths
/// that are told to people are measured on the ellipsoid instead, in [`super::measure`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    origin: Coord<f64>,
    metres_per_degree: Coord<f64>,
}

impl Frame {
    /// The plane whose origin is at `origin` (longitude, latitude in degrees).
    #[must_use]
    pub fn at(origin: Coord<f64>) -> Self {
        let (sin, cos) = origin.y.to_radians().sin_cos();
        let w = 1.0 - E2 * sin * sin;
        let metres_per_degree = Coord {
            x: (A / w.sqrt() * cos).to_radians(),
            y: (A * (1.0 - E2) / w.powf(1.5)).to_radians(),
        };
        Self {
            origin,
            metres_per_degree,
        }
    }

    /// Longitude and latitude in degrees to metres east and north.
    #[must_use]
    pub fn to_plane(&self, lonlat: Coord<f64>) -> Coord<f64> {
        Coord {
            x: (lonlat.x - self.origin.x) * self.metres_per_degree.x,
            y: (lonlat.y - self.origin.y) * self.metres_per_degree.y,
        }
    }

    /// Metres east and north to longitude and latitude in degrees.
    #[must_use]
    pub fn to_degrees(&self, metres: Coord<f64>) -> Coord<f64> {
        Coord {
            x: self.origin.x + metres.x / self.metres_per_degree.x,
            y: self.origin.y + metres.y / self.metres_per_degree.y,
        }
    }

    /// The plane with its origin in the middle of a geometry (degrees).
    #[must_use]
    pub fn around(geometry: &Geometry<f64>) -> Self {
        Self::at(geometry.bounding_rect().map_or(Coord::zero(), Rect::center))
    }

    /// A rectangle (degrees) grown by `metres` on all sides.
    #[must_use]
    pub fn grown(&self, bounds: Rect<f64>, metres: f64) -> Rect<f64> {
        let margin = Coord {
            x: metres,
            y: metres,
        };
        Rect::new(
            self.to_degrees(self.to_plane(bounds.min()) - margin),
            self.to_degrees(self.to_plane(bounds.max()) + margin),
        )
    }

    /// A geometry (degrees) without the vertices without which it is off by less than `metres`.
    #[must_use]
    pub fn simplified(&self, geometry: &Geometry<f64>, metres: f64) -> Geometry<f64> {
        let plane = geometry.map_coords(|coord| self.to_plane(coord));
        let simple = match plane {
            Geometry::LineString(line) => simplify::line(&line, metres).into(),
            Geometry::MultiLineString(lines) => lines
                .iter()
                .map(|line| simplify::line(line, metres))
                .collect::<MultiLineString<f64>>()
                .into(),
            Geometry::Polygon(polygon) => simplify::polygon(&polygon, metres).into(),
            Geometry::MultiPolygon(polygons) => polygons
                .iter()
                .map(|polygon| simplify::polygon(polygon, metres))
                .collect::<MultiPolygon<f64>>()
                .into(),
            other => other,
        };
        simple.map_coords(|coord| self.to_degrees(coord))
    }

    /// All points within `metres` of a valid geometry; of polygons, where `metres` are negative,
    /// all points that deep inside. Takes and returns degrees.
    #[must_use]
    pub fn buffer(&self, geometry: &Geometry<f64>, metres: f64) -> MultiPolygon<f64> {
        geometry
            .map_coords(|coord| self.to_plane(coord))
            .buffer(metres)
            .map_coords(|coord| self.to_degrees(coord))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_at_the_district_has_its_published_length() {
        // Lengths of a degree at 39°N on WGS 84: 111 015 m of latitude, 86 621 m of longitude
        // (from the series in the NGA's "Length of a Degree" tables).
        let frame = Frame::at(Coord { x: 117.0, y: 39.0 });
        let one = frame.to_plane(Coord { x: 118.0, y: 40.0 });
        assert!((one.y - 111_015.0).abs() < 5.0, "{}", one.y);
        assert!((one.x - 86_621.0).abs() < 10.0, "{}", one.x);
    }

    #[test]
    fn there_and_back() {
        let frame = Frame::at(Coord {
            x: 117.15,
            y: 39.16,
        });
        let p = Coord { x: 117.2, y: 39.12 };
        let back = frame.to_degrees(frame.to_plane(p));
        assert!((back.x - p.x).abs() < 1e-12 && (back.y - p.y).abs() < 1e-12);
    }
}
