//! Spherical Mercator, as maps on the web have it: the world is a square, of one tile at zoom 0.

use std::f64::consts::{PI, TAU};

use geo::Coord;

/// Pixels of a tile from side to side.
pub const TILE: f64 = 512.0;
/// The northernmost latitude of the square, degrees.
pub const MAX_LATITUDE: f64 = 85.051_128;

/// A place (longitude and latitude, degrees) on the square: 0 to 1 east and south.
#[must_use]
pub fn on_square(lonlat: Coord<f64>) -> Coord<f64> {
    let latitude = lonlat.y.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians();
    Coord {
        x: lonlat.x / 360.0 + 0.5,
        y: 0.5 - latitude.tan().asinh() / TAU,
    }
}

/// The place (longitude and latitude, degrees) of a point of the square, or of what continues it.
#[must_use]
pub fn off_square(place: Coord<f64>) -> Coord<f64> {
    Coord {
        x: (place.x - 0.5) * 360.0,
        y: (PI - TAU * place.y).sinh().atan().to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_a_square() {
        let corner = on_square(Coord {
            x: -180.0,
            y: MAX_LATITUDE,
        });
        assert!(
            corner.x.abs() < 1e-12 && corner.y.abs() < 1e-7,
            "{corner:?}"
        );
        let place = Coord {
            x: 117.16,
            y: 39.16,
        };
        let back = off_square(on_square(place)) - place;
        assert!(back.x.abs() < 1e-12 && back.y.abs() < 1e-12, "{back:?}");
        // 39.16°N by tables of the Gudermannian: ln tan(45° + φ/2) = 0.743 887.
        let north = (0.5 - on_square(place).y) * TAU;
        assert!((north - 0.743_887).abs() < 1e-5, "{north}");
    }
}
