//! Vector tiles from live data: clip, simplify, encode, cache; TileJSON and style.
//!
//! [`layer`] names what can be a layer, [`shapes`] tells what it draws of a feature, [`encode`] makes one
//! layer of one tile, [`mvt`] is the format, [`style`] has the map's looks and what a tileset says of
//! itself, [`expression`] evaluates the style, [`cache`] keeps compressed layers and joins them into
//! answers, and [`tileset`] tells what OGC API - Tiles wants to know of them. [`base_map`] has the tiles
//! of another service, which the operator lays under the map.

pub mod base_map;
pub mod cache;
mod encode;
pub mod expression;
mod layer;
mod mvt;
mod shapes;
mod style;
mod tileset;

pub use encode::encode;
pub use expression::{Expression, Shape};
pub use layer::{Derived, Layer};
pub use mvt::Value;
pub use shapes::each_shape;
pub use style::{BaseMapTiles, is_base, is_drawn, is_shown, looks, style, tilejson};
pub use tileset::{Limits, MATRIX_SET, MATRIX_SET_CRS, MATRIX_SET_URI, matrix_set, tileset};

use geo::{Coord, Rect};

/// The deepest zoom that is made; clients enlarge it beyond. A tile unit is then 0.11 m at 39°N.
pub const MAX_ZOOM: u8 = 16;

/// A tile of the Web Mercator quad tree (`x` east, `y` south from the top left).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileId {
    z: u8,
    x: u32,
    y: u32,
}

impl TileId {
    /// The tile, where there is such a one and it is not deeper than [`MAX_ZOOM`].
    #[must_use]
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= MAX_ZOOM && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }

    /// Its zoom.
    #[must_use]
    pub fn zoom(self) -> u8 {
        self.z
    }

    /// Tiles along one side of the world.
    fn across(self) -> f64 {
        f64::from(1_u32 << self.z)
    }

    /// A place (degrees) in tiles from this tile's top left corner, by spherical Mercator.
    fn locate(self, lonlat: Coord<f64>) -> Coord<f64> {
        let sin = lonlat.y.to_radians().sin().clamp(-0.9999, 0.9999);
        let x = lonlat.x / 360.0 + 0.5;
        let y = 0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * std::f64::consts::PI);
        Coord {
            x: x * self.across() - f64::from(self.x),
            y: y * self.across() - f64::from(self.y),
        }
    }

    /// The rectangle of the tile in degrees, with a margin in tiles around it.
    fn bounds(self, margin: f64) -> Rect<f64> {
        let lonlat = |x: f64, y: f64| {
            let x = (f64::from(self.x) + x) / self.across();
            let y = (f64::from(self.y) + y) / self.across();
            Coord {
                x: x * 360.0 - 180.0,
                y: (std::f64::consts::PI * (1.0 - 2.0 * y))
                    .sinh()
                    .atan()
                    .to_degrees(),
            }
        };
        Rect::new(lonlat(-margin, 1.0 + margin), lonlat(1.0 + margin, -margin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_where_the_tile_scheme_puts_it() {
        // 117.16°E 39.16°N at zoom 12: x = 3381.02, y = 1563.06 (the slippy map formula).
        let tile = TileId::new(12, 3381, 1563).unwrap();
        let place = tile.locate(Coord {
            x: 117.16,
            y: 39.16,
        });
        assert!(
            (0.0..1.0).contains(&place.x) && (0.0..1.0).contains(&place.y),
            "{place:?}"
        );
        let bounds = tile.bounds(0.0);
        let corner = tile.locate(Coord {
            x: bounds.min().x,
            y: bounds.max().y,
        });
        assert!(corner.x.abs() < 1e-9 && corner.y.abs() < 1e-9);
    }

    #[test]
    fn only_tiles_of_the_pyramid() {
        assert!(TileId::new(0, 0, 0).is_some());
        assert!(TileId::new(1, 2, 0).is_none());
        assert!(TileId::new(MAX_ZOOM + 1, 0, 0).is_none());
        assert!(TileId::new(255, 0, 0).is_none());
    }
}
