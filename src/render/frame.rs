//! Where on a sheet a place of the map lies.

use std::f64::consts::TAU;

use geo::{Coord, Rect as Degrees};
use tiny_skia::Rect;

use crate::{
    geometry::{
        around,
        crs::{Crs, Transformer},
        frame::Frame,
        mercator::{TILE, off_square, on_square},
    },
    model::Text,
};

/// A frame that is to show something never goes nearer, as on the page.
const NEAREST: f64 = 16.0;
/// Degrees of longitude of a zone.
const ZONE: f64 = 3.0;
/// Metres from the central meridian within which lengths are true to a thousandth: R·√0.002.
const REACH_M: f64 = 284_900.0;
/// Metres a pixel at zoom 0 on the equator: 2πa / 512.
const METRES_A_PIXEL: f64 = TAU * 6_378_137.0 / TILE;

/// A rectangle of a sheet in which a part of the map lies, north up.
pub struct MapFrame {
    place: Rect,
    centre: Coord<f64>,
    projection: Projection,
}

enum Projection {
    /// As the page shows it.
    Mercator {
        /// The width of the world in pixels.
        world: f64,
        /// The middle, on the square map of the world.
        centre: Coord<f64>,
    },
    /// Metres east and north, true to scale.
    Plane(Box<Plane>),
}

struct Plane {
    crs: Crs,
    from_degrees: Transformer,
    to_degrees: Transformer,
    /// The middle, metres east and north.
    centre: Coord<f64>,
    metres_a_pixel: f64,
}

/// Why a frame is not true to scale.
#[derive(Debug, Clone, PartialEq)]
pub enum Unplaced {
    /// There is no zone, or none that can be reckoned in.
    Outside(Text),
    /// It reaches too far from the central meridian.
    TooWide {
        /// The most metres a pixel with which it does not.
        most: f64,
    },
}

impl From<Text> for Unplaced {
    fn from(why: Text) -> Self {
        Self::Outside(why)
    }
}

impl MapFrame {
    /// A frame as the page has it: `centre` (longitude and latitude, degrees) in its middle, at this
    /// zoom of tiles of 512 pixels.
    #[must_use]
    pub fn mercator(place: Rect, centre: Coord<f64>, zoom: f64) -> Self {
        Self {
            place,
            centre,
            projection: Projection::Mercator {
                world: TILE * zoom.exp2(),
                centre: on_square(centre),
            },
        }
    }

    /// A frame true to scale: CGCS2000 in the three-degree Gauss-Krüger zone whose central meridian is
    /// nearest to `centre` (longitude and latitude, degrees), with so many of its metres a pixel.
    ///
    /// # Errors
    /// Where there is no such zone, or the frame reaches to where the zone is not true to scale.
    pub fn plane(place: Rect, centre: Coord<f64>, metres_a_pixel: f64) -> Result<Self, Unplaced> {
        let crs = Crs::gauss_kruger(centre.x).ok_or_else(|| {
            Text::new(
                "此处不在 CGCS2000 三度带（中央经线 75°E 至 135°E）之内，不能按比例尺出图",
                "no map to scale can be made here: it lies outside the three-degree zones of CGCS2000 (central meridians 75°E to 135°E)",
            )
        })?;
        let from_degrees = Transformer::from_wgs84(crs)?;
        let plane = Plane {
            crs,
            to_degrees: Transformer::to_wgs84(crs)?,
            centre: from_degrees.convert(centre)?,
            from_degrees,
            metres_a_pixel,
        };
        let meridian = plane.from_degrees.convert(Coord {
            x: (centre.x / ZONE).round() * ZONE,
            y: centre.y,
        })?;
        let off = (plane.centre.x - meridian.x).abs();
        let most = (REACH_M - off) / (f64::from(place.width()) / 2.0);
        if metres_a_pixel > most {
            return Err(Unplaced::TooWide { most });
        }
        Ok(Self {
            place,
            centre,
            projection: Projection::Plane(Box::new(plane)),
        })
    }

    /// The frame as the page has it that shows `bounds` (degrees) with so many pixels around them.
    #[must_use]
    pub fn fitting(place: Rect, bounds: Degrees<f64>, margin_px: f32) -> Self {
        let (low, high) = (on_square(bounds.min()), on_square(bounds.max()));
        let room = |pixels: f32| f64::from((pixels - 2.0 * margin_px).max(1.0)) / TILE;
        let zoom = (room(place.width()) / (high.x - low.x).abs())
            .min(room(place.height()) / (high.y - low.y).abs())
            .log2();
        let centre = off_square((low + high) / 2.0);
        Self::mercator(place, centre, zoom.min(NEAREST))
    }

    /// Its place on the sheet.
    #[must_use]
    pub fn place(&self) -> Rect {
        self.place
    }

    /// Longitude and latitude of its middle, degrees.
    #[must_use]
    pub fn centre(&self) -> Coord<f64> {
        self.centre
    }

    /// Where on the sheet a place (longitude and latitude, degrees) lies, pixels. Not a number where
    /// the projection does not reach.
    #[must_use]
    pub fn project(&self, lonlat: Coord<f64>) -> (f32, f32) {
        let Coord { x, y } = self.locate(lonlat);
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a sheet")]
        let place = (x as f32, y as f32);
        place
    }

    /// The same in double precision.
    pub(super) fn locate(&self, lonlat: Coord<f64>) -> Coord<f64> {
        self.middle()
            + match &self.projection {
                Projection::Mercator { world, centre } => (on_square(lonlat) - *centre) * *world,
                Projection::Plane(plane) => match plane.from_degrees.convert(lonlat) {
                    Ok(metres) => Coord {
                        x: (metres.x - plane.centre.x) / plane.metres_a_pixel,
                        y: (plane.centre.y - metres.y) / plane.metres_a_pixel,
                    },
                    Err(_) => Coord {
                        x: f64::NAN,
                        y: f64::NAN,
                    },
                },
            }
    }

    fn middle(&self) -> Coord<f64> {
        let middle = |from, to| f64::midpoint(f64::from(from), f64::from(to));
        Coord {
            x: middle(self.place.left(), self.place.right()),
            y: middle(self.place.top(), self.place.bottom()),
        }
    }

    /// The rectangle of what it shows, degrees.
    #[must_use]
    pub fn window(&self) -> Degrees<f64> {
        self.window_with(0.0)
    }

    /// The same with so many pixels more on all sides.
    pub(super) fn window_with(&self, pixels: f64) -> Degrees<f64> {
        let half = Coord {
            x: f64::from(self.place.width()) / 2.0 + pixels,
            y: f64::from(self.place.height()) / 2.0 + pixels,
        };
        let ways = [-1.0, 0.0, 1.0];
        let degrees = ways.into_iter().flat_map(|x| {
            let ends = ways.map(|y| Coord {
                x: half.x * x,
                y: half.y * y,
            });
            ends.into_iter().filter_map(|pixels| self.degrees(pixels))
        });
        let point = |point| Degrees::new(point, point);
        around(degrees.map(point)).unwrap_or_else(|| point(self.centre))
    }

    /// The place so many pixels from the middle, degrees; `None` where the projection does not reach.
    pub(super) fn degrees(&self, pixels: Coord<f64>) -> Option<Coord<f64>> {
        match &self.projection {
            Projection::Mercator { world, centre } => Some(off_square(*centre + pixels / *world)),
            Projection::Plane(plane) => {
                let metres = Coord {
                    x: plane.centre.x + pixels.x * plane.metres_a_pixel,
                    y: plane.centre.y - pixels.y * plane.metres_a_pixel,
                };
                plane.to_degrees.convert(metres).ok()
            }
        }
    }

    /// The zoom by which the style draws: that at which the page has as many metres a pixel.
    #[must_use]
    pub fn zoom(&self) -> f64 {
        match &self.projection {
            Projection::Mercator { world, .. } => (world / TILE).log2(),
            Projection::Plane(plane) => {
                let across = METRES_A_PIXEL * self.centre.y.to_radians().cos();
                (across / plane.metres_a_pixel).log2()
            }
        }
    }

    /// Metres on the ground a pixel, from west to east in its middle.
    #[must_use]
    pub fn metres_a_pixel(&self) -> f64 {
        match &self.projection {
            Projection::Mercator { world, .. } => {
                let degree = Frame::at(self.centre).to_plane(Coord {
                    x: self.centre.x + 1.0,
                    y: self.centre.y,
                });
                degree.x * 360.0 / world
            }
            Projection::Plane(plane) => plane.metres_a_pixel,
        }
    }

    /// Whether a length on the sheet means the same on the ground wherever it stands.
    #[must_use]
    pub fn scale_is_true(&self) -> bool {
        matches!(self.projection, Projection::Plane(_))
    }

    /// The plane's reference system, where it is true to scale.
    #[must_use]
    pub fn crs(&self) -> Option<Crs> {
        match &self.projection {
            Projection::Mercator { .. } => None,
            Projection::Plane(plane) => Some(plane.crs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: Coord<f64> = Coord {
        x: 117.16,
        y: 39.16,
    };

    fn place() -> Rect {
        Rect::from_xywh(20.0, 10.0, 1600.0, 900.0).unwrap()
    }

    #[test]
    fn a_mercator_frame_is_where_the_page_shows_it() {
        let frame = MapFrame::mercator(place(), HUB, 14.0);
        assert_eq!(frame.project(HUB), (820.0, 460.0));
        // At zoom 14 the world has 512·2¹⁴ pixels.
        let east = frame.project(Coord {
            x: 117.17,
            y: 39.16,
        });
        let pixels = 0.01 / 360.0 * 512.0 * 16384.0;
        assert!(
            (f64::from(east.0) - 820.0 - pixels).abs() < 1e-3,
            "{east:?}"
        );
        let window = frame.window();
        let (left, top) = frame.project(Coord {
            x: window.min().x,
            y: window.max().y,
        });
        assert!((left - 20.0).abs() < 1e-3 && (top - 10.0).abs() < 1e-3);
        assert!((frame.zoom() - 14.0).abs() < 1e-12);
        assert!(!frame.scale_is_true() && frame.crs().is_none());
        // A degree of longitude has 86 424 m at 39.16°N (WGS 84), and 23 301.7 pixels.
        assert!(
            (frame.metres_a_pixel() - 3.708_9).abs() < 1e-3,
            "{}",
            frame.metres_a_pixel()
        );
    }

    #[test]
    fn a_plane_frame_is_as_gauss_kruger_has_it() {
        let frame = MapFrame::plane(place(), HUB, 5.0).unwrap();
        assert_eq!(frame.crs(), Crs::parse("EPSG:4548").ok());
        assert!(frame.scale_is_true());
        assert_eq!(frame.project(HUB), (820.0, 460.0));
        let there = Coord {
            x: 117.19,
            y: 39.14,
        };
        let metres = |point| {
            let transformer = Transformer::from_wgs84(Crs::parse("EPSG:4548").unwrap());
            transformer.unwrap().convert(point).unwrap()
        };
        let apart = metres(there) - metres(HUB);
        let (x, y) = frame.project(there);
        assert!((f64::from(x - 820.0) - apart.x / 5.0).abs() < 1e-3);
        assert!((f64::from(y - 460.0) + apart.y / 5.0).abs() < 1e-3);
        // The page shows as many metres a pixel at this zoom.
        let page = MapFrame::mercator(place(), HUB, frame.zoom());
        assert!((page.metres_a_pixel() / 5.0 - 1.0).abs() < 0.005);
        let window = frame.window();
        assert!((window.width() - page.window().width()).abs() < 0.002);
        let berlin = MapFrame::plane(place(), Coord { x: 13.4, y: 52.5 }, 5.0);
        assert!(matches!(berlin, Err(Unplaced::Outside(_))));
    }

    #[test]
    fn a_plane_frame_ends_where_lengths_are_no_longer_true() {
        // 0.16° east of the meridian are 13.8 km.
        let Err(Unplaced::TooWide { most }) = MapFrame::plane(place(), HUB, 1e6) else {
            panic!("a frame of 1.6 million kilometres");
        };
        assert!(
            (most - (284_900.0 - 13_828.0) / 800.0).abs() < 0.1,
            "{most}"
        );
        let widest = MapFrame::plane(place(), HUB, most).unwrap();
        // A length on the ground at the far side of it, by the ellipsoid, and on the sheet.
        let far = Coord {
            x: widest.window().max().x,
            y: 39.16,
        };
        let north = Coord { x: far.x, y: 39.26 };
        let ground = Frame::at(far).to_plane(north);
        let ground = ground.x.hypot(ground.y);
        let drawn = widest.locate(north) - widest.locate(far);
        let stretched = drawn.x.hypot(drawn.y) * most / ground - 1.0;
        assert!((0.000_5..0.001_2).contains(&stretched), "{stretched}");
    }

    #[test]
    fn what_is_to_be_shown_lies_within_the_margin() {
        let bounds = Degrees::new((117.10, 39.12), (117.20, 39.19));
        let frame = MapFrame::fitting(place(), bounds, 40.0);
        let (left, top) = frame.project(Coord {
            x: 117.10,
            y: 39.19,
        });
        let (right, bottom) = frame.project(Coord {
            x: 117.20,
            y: 39.12,
        });
        assert!(left > 59.9 && right < 1580.1 && top > 49.9 && bottom < 870.1);
        assert!((top - 50.0).abs() < 0.01 || (left - 60.0).abs() < 0.01);
        let point = MapFrame::fitting(place(), Degrees::new(HUB, HUB), 40.0);
        assert!((point.zoom() - 16.0).abs() < 1e-12);
    }
}
