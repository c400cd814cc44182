//! How the numbers of a file become longitude and latitude.

use geo::{Coord, Geometry, MapCoords};

use crate::{
    geometry::{
        crs::{Crs, Transformer},
        datum::Datum,
    },
    model::Text,
};

/// How the numbers of a file are to be read. Whoever imports it can choose each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// The reference system; `None` where it is the one that the file itself defines, or WGS 84
    /// degrees where it says nothing.
    pub crs: Option<Crs>,
    /// The first number is north (or latitude) and the second east (or longitude).
    pub swap_axes: bool,
    /// The degrees are not those of WGS 84.
    pub from_datum: Option<Datum>,
}

/// Brings the numbers of a file to WGS 84 longitude and latitude in degrees.
pub struct Converter {
    transformer: Option<Transformer>,
    swap_axes: bool,
    from_datum: Option<Datum>,
}

impl Converter {
    /// For a reading. `defined` transforms from the system that the file itself defines.
    ///
    /// # Errors
    /// Where PROJ can't be used.
    pub fn new(reading: Reading, defined: Option<Transformer>) -> Result<Self, Text> {
        let transformer = match reading.crs {
            Some(crs) => Some(Transformer::to_wgs84(crs)?),
            None => defined,
        };
        Ok(Self {
            transformer,
            swap_axes: reading.swap_axes,
            from_datum: reading.from_datum,
        })
    }

    /// A coordinate of the file, its first number as `x`.
    ///
    /// # Errors
    /// Where it lies outside what its system covers.
    pub fn coord(&self, coord: Coord<f64>) -> Result<Coord<f64>, Text> {
        let degrees = self.degrees(coord)?;
        Ok(match self.from_datum {
            Some(datum) if on_the_globe(degrees) => {
                let place = datum.to_wgs84(degrees);
                // As transformed ones are: a tenth of a millimetre.
                let round = |value: f64| (value * 1e9).round() / 1e9;
                Coord {
                    x: round(place.x),
                    y: round(place.y),
                }
            }
            _ => degrees,
        })
    }

    /// The same before the datum is seen to.
    ///
    /// # Errors
    /// As [`Converter::coord`].
    pub fn degrees(&self, coord: Coord<f64>) -> Result<Coord<f64>, Text> {
        let coord = if self.swap_axes {
            Coord {
                x: coord.y,
                y: coord.x,
            }
        } else {
            coord
        };
        match &self.transformer {
            Some(transformer) => transformer.convert(coord),
            None => Ok(coord),
        }
    }

    /// A shape of the file.
    ///
    /// # Errors
    /// As [`Converter::coord`].
    pub fn geometry(&self, geometry: &Geometry<f64>) -> Result<Geometry<f64>, Text> {
        geometry.try_map_coords(|coord| self.coord(coord))
    }
}

/// Whether these can be longitude and latitude.
pub(super) fn on_the_globe(coord: Coord<f64>) -> bool {
    coord.x.abs() <= 180.0 && coord.y.abs() <= 90.0
}
