//! Definitions of reference systems as files state them: well-known text of ESRI, OGC 01-009 and
//! OGC 18-010.
//!
//! A definition is known by what it says (datum, projection, parameters), not by its name or the
//! code that it claims: names differ with every program that writes them.

use super::crs::Crs;

/// Which well-known text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// ESRI's, as `.prj` files have it.
    Esri,
    /// OGC 01-009, with codes of EPSG.
    Ogc,
}

/// The well-known text of a system, as PROJ 9.5 writes it (`projinfo -o WKT1:ESRI`, `WKT1:GDAL`).
#[must_use]
pub fn wkt(crs: Crs, dialect: Dialect) -> String {
    const WGS84_ESRI: &str = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    const WGS84_OGC: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]"#;
    const CGCS2000_ESRI: &str = r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    const CGCS2000_OGC: &str = r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4490"]]"#;
    let code = crs.code();
    if let Some(zone) = code.and_then(Zone::of_code) {
        let Zone {
            meridian,
            false_easting,
        } = zone;
        let numbered = zone.number();
        return match dialect {
            Dialect::Esri => {
                let name = numbered.map_or(format!("CM_{meridian}E"), |n| format!("Zone_{n}"));
                format!(
                    r#"PROJCS["CGCS2000_3_Degree_GK_{name}",{CGCS2000_ESRI},PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{false_easting}.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#
                )
            }
            Dialect::Ogc => {
                let name = numbered.map_or(format!("CM {meridian}E"), |n| format!("zone {n}"));
                let code = code.unwrap_or_default();
                format!(
                    r#"PROJCS["CGCS2000 / 3-degree Gauss-Kruger {name}",{CGCS2000_OGC},PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",{meridian}],PARAMETER["scale_factor",1],PARAMETER["false_easting",{false_easting}],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AUTHORITY["EPSG","{code}"]]"#
                )
            }
        };
    }
    match (code, dialect) {
        (Some(4490), Dialect::Esri) => CGCS2000_ESRI.to_owned(),
        (Some(4490), Dialect::Ogc) => CGCS2000_OGC.to_owned(),
        (Some(3857), Dialect::Esri) => format!(
            r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",{WGS84_ESRI},PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]"#
        ),
        (Some(3857), Dialect::Ogc) => format!(
            r#"PROJCS["WGS 84 / Pseudo-Mercator",{WGS84_OGC},PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs"],AUTHORITY["EPSG","3857"]]"#
        ),
        (_, Dialect::Esri) => WGS84_ESRI.to_owned(),
        (_, Dialect::Ogc) => WGS84_OGC.to_owned(),
    }
}

/// A three-degree Gauss-Krüger system of CGCS2000.
#[derive(Clone, Copy, PartialEq)]
struct Zone {
    /// Degrees east.
    meridian: u32,
    /// Metres.
    false_easting: u32,
}

impl Zone {
    const ALL: [(u32, Self); 6] = [
        (4547, Self::new(114, 500_000)),
        (4548, Self::new(117, 500_000)),
        (4549, Self::new(120, 500_000)),
        (4526, Self::new(114, 38_500_000)),
        (4527, Self::new(117, 39_500_000)),
        (4528, Self::new(120, 40_500_000)),
    ];

    const fn new(meridian: u32, false_easting: u32) -> Self {
        Self {
            meridian,
            false_easting,
        }
    }

    fn of_code(code: u32) -> Option<Self> {
        let (_, zone) = Self::ALL.into_iter().find(|(known, _)| *known == code)?;
        Some(zone)
    }

    /// Its number, where eastings begin with it.
    fn number(self) -> Option<u32> {
        (self.false_easting > 1_000_000).then_some(self.false_easting / 1_000_000)
    }
}

/// The system of the service that a definition means: well-known text of any dialect, or a name such
/// as `EPSG:4548`; nothing where it is none of them.
#[must_use]
pub fn recognise(definition: &str) -> Option<Crs> {
    let definition = definition.trim().trim_matches('\0');
    if let Ok(crs) = Crs::parse(definition) {
        return Some(crs);
    }
    let root = Node::parse(definition)?;
    let datum = datum(&root)?;
    let code = match &*root.keyword {
        "GEOGCS" | "GEOGCRS" | "GEODCRS" | "GEOGRAPHICCRS" | "GEODETICCRS" => match datum {
            Datum::Wgs84 => 4326,
            Datum::Cgcs2000 => 4490,
        },
        "PROJCS" | "PROJCRS" | "PROJECTEDCRS" => projected(&root, datum)?,
        _ => return None,
    };
    Crs::parse(&format!("EPSG:{code}")).ok()
}

#[derive(Clone, Copy, PartialEq)]
enum Datum {
    Wgs84,
    Cgcs2000,
}

fn datum(root: &Node) -> Option<Datum> {
    let spheroid = root.find(&["SPHEROID", "ELLIPSOID"])?;
    let [axis, flattening] = spheroid.numbers()[..] else {
        return None;
    };
    let greenwich = root
        .find(&["PRIMEM", "PRIMEMERIDIAN"])
        .is_none_or(|meridian| meridian.numbers().first() == Some(&0.0));
    if (axis - 6_378_137.0).abs() > 1e-6 || !greenwich {
        return None;
    }
    let name = root
        .find(&["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"])?
        .name();
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let flattened = |wanted: f64| (flattening - wanted).abs() < 1e-8;
    if flattened(298.257_223_563) && is(&["wgs_1984", "wgs_84", "world_geodetic_system_1984"]) {
        Some(Datum::Wgs84)
    } else if flattened(298.257_222_101)
        && is(&[
            "china_2000",
            "cgcs2000",
            "china_geodetic_coordinate_system_2000",
        ])
    {
        Some(Datum::Cgcs2000)
    } else {
        None
    }
}

fn projected(root: &Node, datum: Datum) -> Option<u32> {
    // In metres; the unit of angles stands inside the geographic system.
    let metres = root.parts.iter().all(|part| {
        !matches!(&*part.keyword, "UNIT" | "LENGTHUNIT") || part.numbers().first() == Some(&1.0)
    });
    let projection = root.find(&["PROJECTION", "METHOD"])?.name();
    let parameters = root.all("PARAMETER");
    let number = |names: &[&str]| {
        parameters
            .iter()
            .find(|parameter| names.contains(&&*parameter.name()))
            .and_then(|parameter| parameter.numbers().first().copied())
    };
    let none = |names: &[&str]| number(names).unwrap_or(0.0) == 0.0;
    let meridian = number(&["central_meridian", "longitude_of_natural_origin"]).unwrap_or(0.0);
    let false_easting = number(&["false_easting"]).unwrap_or(0.0);
    let plain = metres
        && none(&["false_northing"])
        && none(&["latitude_of_origin", "latitude_of_natural_origin"])
        && number(&["scale_factor", "scale_factor_at_natural_origin"])
            .is_none_or(|scale| (scale - 1.0).abs() < 1e-12);
    if !plain {
        return None;
    }
    let is = |number: f64, wanted: u32| (number - f64::from(wanted)).abs() < 1e-9;
    match (datum, &*projection) {
        (Datum::Cgcs2000, "transverse_mercator" | "gauss_kruger") => Zone::ALL
            .into_iter()
            .find(|(_, zone)| is(meridian, zone.meridian) && is(false_easting, zone.false_easting))
            .map(|(code, _)| code),
        (Datum::Wgs84, projection) if meridian == 0.0 && false_easting == 0.0 => {
            let on_a_sphere = matches!(
                projection,
                "mercator_auxiliary_sphere" | "popular_visualisation_pseudo_mercator"
            ) || root.name() == "wgs_84_pseudo_mercator";
            on_a_sphere.then_some(3857)
        }
        _ => None,
    }
}

/// A node of well-known text: `KEYWORD["name",1.0,PART[…]]`.
struct Node {
    keyword: String,
    /// Its quoted texts and bare words.
    words: Vec<String>,
    numbers: Vec<f64>,
    parts: Vec<Node>,
}

impl Node {
    /// How deeply nodes may stand in each other.
    const MOST_DEPTH: usize = 16;

    fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let node = Self::read(&mut rest, 0)?;
        rest.trim().is_empty().then_some(node)
    }

    fn read(rest: &mut &str, depth: usize) -> Option<Self> {
        let (keyword, after) = rest.split_at(rest.find(['[', '('])?);
        let keyword = keyword.trim().to_ascii_uppercase();
        if depth > Self::MOST_DEPTH || !keyword.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        *rest = &after[1..];
        let mut node = Self {
            keyword,
            words: Vec::new(),
            numbers: Vec::new(),
            parts: Vec::new(),
        };
        loop {
            *rest = rest.trim_start();
            if let Some(quoted) = rest.strip_prefix('"') {
                let (word, after) = quoted.split_once('"')?;
                node.words.push(word.to_owned());
                *rest = after;
            } else {
                let end = rest.find([',', '[', '(', ']', ')'])?;
                if rest[end..].starts_with(['[', '(']) {
                    node.parts.push(Self::read(rest, depth + 1)?);
                } else {
                    let word = rest[..end].trim();
                    match word.parse() {
                        Ok(number) => node.numbers.push(number),
                        Err(_) => node.words.push(word.to_owned()),
                    }
                    *rest = &rest[end..];
                }
            }
            *rest = rest.trim_start();
            let mut rest_chars = rest.chars();
            match rest_chars.next()? {
                ',' => *rest = rest_chars.as_str(),
                ']' | ')' => {
                    *rest = rest_chars.as_str();
                    return Some(node);
                }
                _ => return None,
            }
        }
    }

    /// The first node with one of these keywords, here or beneath.
    fn find(&self, keywords: &[&str]) -> Option<&Self> {
        if keywords.contains(&&*self.keyword) {
            return Some(self);
        }
        self.parts.iter().find_map(|part| part.find(keywords))
    }

    fn all(&self, keyword: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        if self.keyword == keyword {
            found.push(self);
        }
        for part in &self.parts {
            found.extend(part.all(keyword));
        }
        found
    }

    /// Its name, with all that is no letter or digit as underscores.
    fn name(&self) -> String {
        let name = self.words.first().map_or("", String::as_str);
        let words = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("_").to_ascii_lowercase()
    }

    fn numbers(&self) -> &[f64] {
        &self.numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_is_known_again() {
        for crs in Crs::all() {
            let east_first = if *crs == Crs::CRS84 {
                Crs::parse("EPSG:4326").unwrap()
            } else {
                *crs
            };
            for dialect in [Dialect::Esri, Dialect::Ogc] {
                assert_eq!(recognise(&wkt(*crs, dialect)), Some(east_first));
            }
            assert_eq!(recognise(&crs.short_name()), Some(*crs));
        }
    }

    #[test]
    fn by_what_it_says_and_not_by_its_name() {
        let plain = wkt(Crs::parse("EPSG:4548").unwrap(), Dialect::Esri);
        for (from, to, code) in [
            ("CGCS2000_3_Degree_GK_CM_117E", "Tianjin_local", Some(4548)),
            ("500000.0", "39500000.0", Some(4527)),
            (
                "\"Central_Meridian\",117.0",
                "\"Central_Meridian\",120.0",
                Some(4549),
            ),
            (
                "\"Central_Meridian\",117.0",
                "\"Central_Meridian\",117.5",
                None,
            ),
            ("Gauss_Kruger", "Transverse_Mercator", Some(4548)),
            ("\"Scale_Factor\",1.0", "\"Scale_Factor\",0.9996", None),
            ("500000.0", "501000.0", None),
            ("UNIT[\"Meter\",1.0]", "UNIT[\"Foot\",0.3048]", None),
            ("298.257222101", "298.3", None),
            ("D_China_2000", "D_Xian_1980", None),
            ("[", "[ ", Some(4548)),
            ("]]", "]", None),
        ] {
            let text = plain.replace(from, to);
            let known = recognise(&text).map(|crs| crs.code().unwrap());
            assert_eq!(known, code, "{text}");
        }
    }

    #[test]
    fn the_newer_text_too() {
        // As PROJ 9.5 writes it (`projinfo -o WKT2:2019 --single-line EPSG:4527`), shortened.
        let text = r#"PROJCRS["CGCS2000 / 3-degree Gauss-Kruger zone 39",BASEGEOGCRS["China Geodetic Coordinate System 2000",DATUM["China 2000",ELLIPSOID["CGCS2000",6378137,298.257222101,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4490]],CONVERSION["3-degree Gauss-Kruger zone 39",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",117,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["Scale factor at natural origin",1,SCALEUNIT["unity",1],ID["EPSG",8805]],PARAMETER["False easting",39500000,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["northing (X)",north,ORDER[1],LENGTHUNIT["metre",1]],AXIS["easting (Y)",east,ORDER[2],LENGTHUNIT["metre",1]],ID["EPSG",4527]]"#;
        assert_eq!(recognise(text), Crs::parse("EPSG:4527").ok());
        for broken in ["", "PROJCS", "PROJCS[", &text[..200], &"A[".repeat(1000)] {
            assert_eq!(recognise(broken), None);
        }
    }
}
