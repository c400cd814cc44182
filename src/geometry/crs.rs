//! Coordinate reference systems, by PROJ.
//!
//! Only systems in this module's table are taken: those that the service promises, with the axis
//! order that their authority gives them. PROJ is always asked for east before north; the
//! authority's order is applied where coordinates leave or enter the service, by [`Crs::swaps`].

use std::{
    cell::RefCell, collections::HashMap, env, fs, io, path::PathBuf, rc::Rc, sync::OnceLock,
};

use geo::Coord;
use proj::{Proj, ProjBuilder};

use crate::model::Text;

/// A coordinate reference system that the service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crs {
    /// EPSG code; `None` is OGC CRS84, WGS 84 longitude before latitude.
    code: Option<u32>,
    north_first: bool,
    degrees: bool,
}

/// Every system served, the default first: WGS 84, Web Mercator, CGCS2000 geographic, CGCS2000
/// three-degree Gauss-Krüger by central meridian (114°E, 117°E, 120°E) and by zone number (38, 39, 40).
/// EPSG gives latitude before longitude, and northing before easting in the Gauss-Krüger systems.
const TABLE: [Crs; 10] = [
    Crs::CRS84,
    Crs::epsg(4326, true, true),
    Crs::epsg(3857, false, false),
    Crs::epsg(4490, true, true),
    Crs::epsg(4547, true, false),
    Crs::epsg(4548, true, false),
    Crs::epsg(4549, true, false),
    Crs::epsg(4526, true, false),
    Crs::epsg(4527, true, false),
    Crs::epsg(4528, true, false),
];

impl Crs {
    /// WGS 84 longitude and latitude: what the service stores and what RFC 7946 uses.
    pub const CRS84: Self = Self {
        code: None,
        north_first: false,
        degrees: true,
    };

    const fn epsg(code: u32, north_first: bool, degrees: bool) -> Self {
        Self {
            code: Some(code),
            north_first,
            degrees,
        }
    }

    /// CGCS2000 three-degree Gauss-Krüger of the zone whose central meridian is nearest to a longitude
    /// (degrees), counted from it: true to scale there. `None` where none is defined.
    #[must_use]
    pub fn gauss_kruger(longitude: f64) -> Option<Self> {
        // EPSG:4534 has 75°E, each next one three degrees more, EPSG:4554 135°E.
        let zone = ((longitude - 75.0) / 3.0).round();
        (0..=20)
            .find(|number| (f64::from(*number) - zone).abs() < 0.5)
            .map(|number| Self::epsg(4534 + number, true, false))
    }

    /// Every system that can be asked for.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &TABLE
    }

    /// Reads an OGC URI, a URN, a safe CURIE or `EPSG:4548`.
    ///
    /// # Errors
    /// The systems that would be right.
    pub fn parse(text: &str) -> Result<Self, Text> {
        let trimmed = text.trim_start_matches('[').trim_end_matches(']');
        let name = trimmed
            .strip_prefix("http://www.opengis.net/def/crs/")
            .or_else(|| trimmed.strip_prefix("https://www.opengis.net/def/crs/"))
            .or_else(|| trimmed.strip_prefix("urn:ogc:def:crs:"))
            .unwrap_or(trimmed);
        let code = name.rsplit(['/', ':']).next().unwrap_or_default();
        let known = if code == "CRS84" && (name.starts_with("OGC") || name == "CRS84") {
            Some(Self::CRS84)
        } else if name.starts_with("EPSG") {
            code.parse()
                .ok()
                .and_then(|code| TABLE.iter().copied().find(|crs| crs.code == Some(code)))
        } else {
            None
        };
        known.ok_or_else(|| {
            let list = TABLE.map(Crs::short_name).join(", ");
            Text::new(
                format!("坐标系“{text}”不在支持之列：{list}"),
                format!("coordinate reference system “{text}” is not among those served: {list}"),
            )
        })
    }

    /// Its EPSG code; nothing for CRS84.
    #[must_use]
    pub fn code(self) -> Option<u32> {
        self.code
    }

    /// Its OGC URI.
    #[must_use]
    pub fn uri(self) -> String {
        match self.code {
            None => "http://www.opengis.net/def/crs/OGC/1.3/CRS84".to_owned(),
            Some(code) => format!("http://www.opengis.net/def/crs/EPSG/0/{code}"),
        }
    }

    /// Its short name, `EPSG:4548`.
    #[must_use]
    pub fn short_name(self) -> String {
        match self.code {
            None => "CRS84".to_owned(),
            Some(code) => format!("EPSG:{code}"),
        }
    }

    /// Its name for PROJ.
    fn proj_name(self) -> String {
        match self.code {
            None => "OGC:CRS84".to_owned(),
            Some(code) => format!("EPSG:{code}"),
        }
    }

    /// Whether the authority writes north (or latitude) before east (or longitude).
    #[must_use]
    pub fn swaps(self) -> bool {
        self.north_first
    }

    /// The same system with east written before north, whatever its authority says.
    #[must_use]
    pub fn east_first(self) -> Self {
        Self {
            north_first: false,
            ..self
        }
    }

    /// A coordinate in the order of the authority, brought to east before north.
    #[must_use]
    pub fn ordered(self, coord: Coord<f64>) -> Coord<f64> {
        let Coord { x, y } = coord;
        if self.swaps() {
            Coord { x: y, y: x }
        } else {
            coord
        }
    }

    /// Whether its coordinates are degrees.
    #[must_use]
    pub fn is_geographic(self) -> bool {
        self.degrees
    }

    /// Decimals that keep a millimetre: 8 of degrees, 3 of metres.
    #[must_use]
    pub fn decimals(self) -> i32 {
        if self.degrees { 8 } else { 3 }
    }
}

/// Moves coordinates between WGS 84 and another system, east before north on both sides.
///
/// It stays on its thread, as PROJ's objects do.
pub struct Transformer {
    proj: Option<Rc<Proj>>,
    to: Crs,
}

impl Transformer {
    /// From WGS 84 longitude and latitude to `crs`.
    ///
    /// # Errors
    /// PROJ's words, where its database can't be placed or read.
    pub fn from_wgs84(crs: Crs) -> Result<Self, Text> {
        Self::between(Crs::CRS84, crs)
    }

    /// From `crs` to WGS 84 longitude and latitude.
    ///
    /// CGCS2000 is taken to coincide with WGS 84, as PROJ does: they differ by less than a
    /// decimetre, which no transformation of their published ones improves.
    ///
    /// # Errors
    /// As [`Transformer::from_wgs84`].
    pub fn to_wgs84(crs: Crs) -> Result<Self, Text> {
        Self::between(crs, Crs::CRS84)
    }

    /// From a system that is none of the service's to WGS 84 longitude and latitude; coordinates are
    /// east before north. The definition is well-known text, or a name such as `EPSG:2436`.
    ///
    /// # Errors
    /// That it is no definition, or PROJ's words.
    pub fn of_definition(definition: &str) -> Result<Self, Text> {
        let definition = definition.trim().trim_matches('\0');
        // Nothing else: PROJ's own strings can name files.
        let keyword = definition.split(['[', '(', ':']).next().unwrap_or_default();
        if keyword.len() == definition.len()
            || keyword.contains(|c: char| !c.is_ascii_alphanumeric())
            || definition.contains(char::is_control) && !definition.contains('[')
        {
            return Err(Text::new(
                "坐标系的定义不是 WKT，也不是 EPSG:4548 这样的名称",
                "the definition of the reference system is neither WKT nor a name such as EPSG:4548",
            ));
        }
        Ok(Self {
            proj: Some(Rc::new(create(definition, "OGC:CRS84")?)),
            to: Crs::CRS84,
        })
    }

    fn between(from: Crs, to: Crs) -> Result<Self, Text> {
        thread_local! {
            static MADE: RefCell<HashMap<(Crs, Crs), Rc<Proj>>> = RefCell::default();
        }
        let geographic = |crs: Crs| matches!(crs.code, None | Some(4326));
        if geographic(from) && geographic(to) {
            return Ok(Self { proj: None, to });
        }
        let proj = MADE.with_borrow_mut(|made| {
            if let Some(proj) = made.get(&(from, to)) {
                return Ok(Rc::clone(proj));
            }
            let proj = Rc::new(create(&from.proj_name(), &to.proj_name())?);
            made.insert((from, to), Rc::clone(&proj));
            Ok(proj)
        })?;
        Ok(Self {
            proj: Some(proj),
            to,
        })
    }

    /// The coordinate in the other system, rounded to a millimetre.
    ///
    /// # Errors
    /// Where it lies outside what the system covers.
    pub fn convert(&self, coord: Coord<f64>) -> Result<Coord<f64>, Text> {
        let Some(proj) = &self.proj else {
            return Ok(coord);
        };
        let (x, y) = proj
            .convert((coord.x, coord.y))
            .ok()
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .ok_or_else(|| {
                let (name, x, y) = (self.to.short_name(), coord.x, coord.y);
                Text::new(
                    format!("坐标 {x},{y} 不能转换到 {name}"),
                    format!("coordinate {x},{y} can't be brought to {name}"),
                )
            })?;
        let scale = 10_f64.powi(self.to.decimals() + 1);
        let round = |value: f64| (value * scale).round() / scale;
        Ok(Coord {
            x: round(x),
            y: round(y),
        })
    }
}

fn create(from: &str, to: &str) -> Result<Proj, Text> {
    let failed = |error: &dyn std::fmt::Display| {
        Text::new(
            format!("坐标转换不可用：{error}"),
            format!("coordinates can't be transformed: {error}"),
        )
    };
    let mut builder = ProjBuilder::new();
    builder
        .set_search_paths(database_folder().map_err(|error| failed(&error))?)
        .map_err(|error| failed(&error))?;
    builder
        .proj_known_crs(from, to, None)
        .map_err(|error| failed(&error))
}

/// PROJ's database, carried in the program.
static DATABASE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/proj.db"));

/// A folder that holds `proj.db`: PROJ reads it through SQLite, which wants a file.
fn database_folder() -> io::Result<PathBuf> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    if let Some(folder) = FOLDER.get() {
        return Ok(folder.clone());
    }
    let caches = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let places = caches.into_iter().chain([env::temp_dir()]);
    let mut last = io::Error::other("no folder for proj.db");
    for place in places {
        match place_database(place.join("renewal-map")) {
            Ok(folder) => return Ok(FOLDER.get_or_init(|| folder).clone()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn place_database(folder: PathBuf) -> io::Result<PathBuf> {
    let file = folder.join("proj.db");
    // Compared to the byte: a folder that others can write to must not change our coordinates.
    if fs::read(&file).is_ok_and(|there| there == DATABASE) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let draft = folder.join(format!("proj.db.{}", std::process::id()));
    fs::write(&draft, DATABASE)?;
    fs::rename(&draft, &file)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cgcs2000_gauss_kruger_is_metres_east_and_north() {
        // Independent values: pyproj 3.7.2, Transformer.from_crs(4326, 4548).
        let there = Transformer::from_wgs84(Crs::parse("EPSG:4548").unwrap()).unwrap();
        let point = there
            .convert(Coord {
                x: 117.16,
                y: 39.16,
            })
            .unwrap();
        assert!((point.x - 513_828.958).abs() < 0.001, "{point:?}");
        assert!((point.y - 4_336_278.899).abs() < 0.001, "{point:?}");
        let back = Transformer::to_wgs84(Crs::parse("EPSG:4548").unwrap()).unwrap();
        let again = back.convert(point).unwrap();
        assert!((again.x - 117.16).abs() < 1e-8 && (again.y - 39.16).abs() < 1e-8);
    }

    #[test]
    fn a_longitude_has_its_zone() {
        // EPSG: 4534 CM 75E, 4547 CM 114E, 4548 CM 117E, 4554 CM 135E.
        for (longitude, code) in [
            (73.6, 4534),
            (115.4, 4547),
            (117.16, 4548),
            (118.4, 4548),
            (136.4, 4554),
        ] {
            let crs = Crs::gauss_kruger(longitude).unwrap();
            assert_eq!(crs.code(), Some(code), "{longitude}");
        }
        assert_eq!(Crs::gauss_kruger(116.9), Crs::parse("EPSG:4548").ok());
        for elsewhere in [73.4, 136.6, -117.0, f64::NAN] {
            assert_eq!(Crs::gauss_kruger(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_definition_is_a_system_of_its_own() {
        // Beijing 1954, three-degree zone of 117°E; pyproj 3.7.2, always_xy, to EPSG:4326.
        let there = Transformer::of_definition("EPSG:2436").unwrap();
        let point = Coord {
            x: 500_000.0,
            y: 4_336_278.899,
        };
        let point = there.convert(point).unwrap();
        assert!(
            (point.x - 117.0).abs() < 0.01 && (point.y - 39.16).abs() < 0.01,
            "{point:?}"
        );
        let text = super::super::definition::wkt(
            Crs::parse("EPSG:4548").unwrap(),
            super::super::definition::Dialect::Esri,
        );
        let there = Transformer::of_definition(&text).unwrap();
        let point = there
            .convert(Coord {
                x: 513_828.958,
                y: 4_336_278.899,
            })
            .unwrap();
        assert!((point.x - 117.16).abs() < 1e-7 && (point.y - 39.16).abs() < 1e-7);
        for wrong in [
            "",
            "some words",
            "+proj=longlat +init=/etc/passwd",
            "/etc/passwd:4",
            "EPSG:1",
            "A[",
        ] {
            assert!(Transformer::of_definition(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_in_all_their_forms() {
        for text in [
            "http://www.opengis.net/def/crs/EPSG/0/4548",
            "urn:ogc:def:crs:EPSG::4548",
            "[EPSG:4548]",
            "EPSG:4548",
        ] {
            let crs = Crs::parse(text).unwrap();
            assert_eq!(crs.uri(), "http://www.opengis.net/def/crs/EPSG/0/4548");
            assert!(crs.swaps());
        }
        assert_eq!(
            Crs::parse("http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
            Ok(Crs::CRS84)
        );
        assert_eq!(Crs::parse("urn:ogc:def:crs:OGC:1.3:CRS84"), Ok(Crs::CRS84));
        for text in ["", "EPSG:", "EPSG:27700", "4548", "SOMEBODY:4548", "CRS84h"] {
            assert!(Crs::parse(text).is_err(), "{text}");
        }
    }
}
