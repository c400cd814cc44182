//! Coordinates and shapes: reference systems, reading and writing, validity, measures, clipping.
//!
//! [`crs`] knows reference systems, [`definition`] how files state them, [`datum`] the shifted
//! coordinates of web maps, [`frame`] a local plane, [`mercator`] that of maps on the web. [`read`] and
//! [`mod@write`] are GeoJSON, [`wkt`] well-known text. [`validity`] says whether a shape can be reckoned
//! with, [`crossings`] how often outlines meet, [`linework`] how lines lie to each other; [`region`] is
//! an area prepared for being asked, [`measure`] sizes on the ellipsoid, [`mismatch`] why they differ
//! from those stated; [`clip`] cuts shapes off, and [`simplify`] takes vertices away.
//!
//! All geometry inside the service is WGS 84 longitude and latitude in degrees (OGC CRS84), valid,
//! with rings closed and wound as RFC 7946 asks; [`read`] lets nothing else in.

use geo::{Coord, Rect};

pub mod clip;
pub mod crossings;
pub mod crs;
pub mod datum;
pub mod definition;
pub mod frame;
pub mod linework;
pub mod measure;
pub mod mercator;
pub mod mismatch;
pub mod read;
pub mod region;
pub mod simplify;
pub mod validity;
pub mod wkt;
pub mod write;

/// The rectangle around others, in their coordinates; `None` where there are none.
pub fn around(rects: impl IntoIterator<Item = Rect<f64>>) -> Option<Rect<f64>> {
    rects.into_iter().reduce(|a, b| {
        Rect::new(
            Coord {
                x: a.min().x.min(b.min().x),
                y: a.min().y.min(b.min().y),
            },
            Coord {
                x: a.max().x.max(b.max().x),
                y: a.max().y.max(b.max().y),
            },
        )
    })
}
