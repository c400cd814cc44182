//! The shifted coordinates of Chinese web maps: GCJ-02 (国测局, “Mars coordinates”) and BD-09 (Baidu).
//!
//! Both are longitude and latitude in degrees that were moved on purpose: GCJ-02 by some hundred
//! metres that change slowly from place to place, BD-09 by about as much again on top of it. They are
//! no coordinate reference systems that PROJ knows. The formulas are those in general use, which were
//! never published officially; they reproduce the published pairs of the tests below to 10⁻⁹ degrees.

use std::f64::consts::PI;

use geo::Coord;

/// Semi-major axis of the Krasovsky 1940 ellipsoid, metres.
const A: f64 = 6_378_245.0;
/// First eccentricity squared of the Krasovsky 1940 ellipsoid, as GCJ-02 uses it.
const E2: f64 = 0.006_693_421_622_965_943;
/// What BD-09 multiplies degrees with to get the angle of its ripple.
const RIPPLE: f64 = PI * 3000.0 / 180.0;
/// A tenth of a millimetre, in degrees of latitude.
const NEAR: f64 = 1e-9;
/// Rounds of the iteration at most: each makes the error hundreds of times smaller.
const ROUNDS: usize = 20;

/// Degrees that are not those of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Datum {
    /// GCJ-02, of Amap and Tencent Maps.
    Gcj02,
    /// BD-09, of Baidu Maps.
    Bd09,
}

impl Datum {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Gcj02, Self::Bd09];

    /// Its word in options and addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gcj02 => "GCJ-02",
            Self::Bd09 => "BD-09",
        }
    }

    /// Its word read.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|datum| datum.as_str() == word)
    }

    /// Where a place (WGS 84 longitude, latitude in degrees) stands in these coordinates. Places
    /// outside China are moved too: whoever asks knows where the data are from.
    #[must_use]
    pub fn from_wgs84(self, place: Coord<f64>) -> Coord<f64> {
        let moved = place + offset(place);
        match self {
            Self::Gcj02 => moved,
            Self::Bd09 => rippled(moved),
        }
    }

    /// The place (WGS 84 longitude, latitude in degrees) that stands at these coordinates: the one
    /// that [`Datum::from_wgs84`] brings there to within a tenth of a millimetre, found by iteration.
    #[must_use]
    pub fn to_wgs84(self, coord: Coord<f64>) -> Coord<f64> {
        let mut place = coord;
        for _ in 0..ROUNDS {
            let miss = coord - self.from_wgs84(place);
            place = place + miss;
            if miss.x.abs() < NEAR && miss.y.abs() < NEAR {
                break;
            }
        }
        place
    }
}

/// By how many degrees GCJ-02 moves a place.
fn offset(place: Coord<f64>) -> Coord<f64> {
    let (x, y) = (place.x - 105.0, place.y - 35.0);
    let wave = |amplitude: f64, angle: f64| amplitude * (angle * PI).sin();
    let root = 0.1 * x.abs().sqrt();
    let ripple = wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x);
    let north_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 2.0 * root
        + (ripple
            + wave(20.0, y)
            + wave(40.0, y / 3.0)
            + wave(160.0, y / 12.0)
            + wave(320.0, y / 30.0))
            * 2.0
            / 3.0;
    let east_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + root
        + (ripple
            + wave(20.0, x)
            + wave(40.0, x / 3.0)
            + wave(150.0, x / 12.0)
            + wave(300.0, x / 30.0))
            * 2.0
            / 3.0;
    let (sin, cos) = place.y.to_radians().sin_cos();
    let w = 1.0 - E2 * sin * sin;
    Coord {
        x: (east_m / (A / w.sqrt() * cos)).to_degrees(),
        y: (north_m / (A * (1.0 - E2) / (w * w.sqrt()))).to_degrees(),
    }
}

/// GCJ-02 to BD-09.
fn rippled(coord: Coord<f64>) -> Coord<f64> {
    let radius = coord.x.hypot(coord.y) + 0.000_02 * (coord.y * RIPPLE).sin();
    let angle = coord.y.atan2(coord.x) + 0.000_003 * (coord.x * RIPPLE).cos();
    Coord {
        x: radius * angle.cos() + 0.0065,
        y: radius * angle.sin() + 0.006,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::frame::Frame;

    fn close(a: Coord<f64>, b: Coord<f64>, degrees: f64) -> bool {
        (a.x - b.x).abs() < degrees && (a.y - b.y).abs() < degrees
    }

    const fn at(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn published_pairs() {
        // The example of wandergis/coordtransform.
        let gcj = Datum::Gcj02.from_wgs84(at(116.404, 39.915));
        assert!(
            close(gcj, at(116.410_244_499_169_38, 39.916_404_281_501_64), 1e-9),
            "{gcj:?}"
        );
        let bd = rippled(at(116.404, 39.915));
        assert!(
            close(bd, at(116.410_369_493_710_29, 39.921_336_993_510_21), 1e-9),
            "{bd:?}"
        );
        let both = Datum::Bd09.from_wgs84(at(116.404, 39.915));
        assert!(
            close(
                both,
                at(116.416_627_243_787_33, 39.922_699_552_216_216),
                1e-9
            ),
            "{both:?}"
        );
        // The tests of googollee/eviltransform: Shanghai, Shenzhen, Beijing.
        for (wgs, gcj) in [
            (
                at(121.527_210_6, 31.177_427_6),
                at(121.531_541_859_215, 31.175_303_983_645_97),
            ),
            (
                at(113.912_316, 22.543_847),
                at(113.917_176_480_836_3, 22.540_796_131_694_766),
            ),
            (
                at(116.377_817, 39.911_954),
                at(116.384_047_224_556_57, 39.913_345_455_360_69),
            ),
        ] {
            let there = Datum::Gcj02.from_wgs84(wgs);
            assert!(close(there, gcj, 1e-9), "{there:?} {gcj:?}");
            assert!(close(Datum::Gcj02.to_wgs84(gcj), wgs, 1e-8));
        }
    }

    #[test]
    fn there_and_back_to_a_tenth_of_a_millimetre() {
        for datum in Datum::ALL {
            for (i, j) in (0..40).flat_map(|i| (0..30).map(move |j| (f64::from(i), f64::from(j)))) {
                let place = at(75.0 + 1.5 * i, 18.0 + 1.2 * j);
                let back = datum.to_wgs84(datum.from_wgs84(place));
                assert!(close(back, place, 2e-9), "{datum:?} {place:?} {back:?}");
            }
        }
    }

    #[test]
    fn how_far_they_are_off_in_hongqiao() {
        let place = at(117.16, 39.16);
        for (datum, metres) in [(Datum::Gcj02, 570.0), (Datum::Bd09, 1360.0)] {
            let moved = Frame::at(place).to_plane(datum.from_wgs84(place));
            let off = moved.x.hypot(moved.y);
            assert!((off - metres).abs() < 30.0, "{datum:?} {off}");
        }
    }
}
