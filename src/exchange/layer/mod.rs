//! Layers: what a file of features holds, whatever its format.
//!
//! [`read`] opens a file by its content and [`mod@write`] makes one. The formats are [`csv`], [`dxf`],
//! [`flatgeobuf`], [`geojson`], [`geopackage`], [`kml`] and [`shapefile`]; [`archive`] unpacks what is
//! zipped, [`text`] knows encodings, [`infer`] kinds of fields, [`wkb`] binary shapes, and [`shape`]
//! makes shapes of parts.
//!
//! A file is read row by row and written row by row, so that memory follows the largest row and not
//! the file. Nothing is believed: a size that a file states is compared with what is there before
//! memory is taken for it, and whatever a file holds, the answer is rows or words, never a panic.
//! Coordinates are those of the file, east (or longitude) first; no one has checked them.

use std::path::Path;

use crate::{geometry::crs::Crs, model::Text};

mod archive;
mod csv;
mod dxf;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod infer;
mod kml;
mod read;
mod shape;
mod shapefile;
mod text;
mod wkb;
mod write;

pub use infer::Fields;
pub use read::{Progress, ReadOptions, Reader, Take};
pub use text::encoding;
pub use write::{Draft, Losses, Rows, write};

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// GeoJSON (RFC 7946), with the older `crs` member, and sequences of features (RFC 8142).
    GeoJson,
    /// Shapefile (ESRI, 1998), zipped or bare.
    Shapefile,
    /// GeoPackage (OGC 12-128).
    GeoPackage,
    /// FlatGeobuf 3.
    FlatGeobuf,
    /// Text with delimiters, with coordinates or well-known text.
    Csv,
    /// KML 2.2 (OGC 07-147), zipped (KMZ) too.
    Kml,
    /// DXF: polylines of a drawing.
    Dxf,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::GeoJson,
        Self::Shapefile,
        Self::GeoPackage,
        Self::FlatGeobuf,
        Self::Csv,
        Self::Kml,
        Self::Dxf,
    ];

    /// Whether reading its rows is told in rows, and not in bytes.
    #[must_use]
    pub fn counts_rows(self) -> bool {
        matches!(self, Self::Shapefile | Self::GeoPackage)
    }

    /// The end of the name of a file that is written, without the dot: a shapefile is zipped.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::Shapefile => "zip",
            Self::GeoPackage => "gpkg",
            Self::FlatGeobuf => "fgb",
            Self::Csv => "csv",
            Self::Kml => "kml",
            Self::Dxf => "dxf",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::Shapefile => "application/zip",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::FlatGeobuf => "application/flatgeobuf",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Kml => "application/vnd.google-earth.kml+xml",
            Self::Dxf => "image/vnd.dxf",
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::Shapefile => "Shapefile",
            Self::GeoPackage => "GeoPackage",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::Csv => "CSV",
            Self::Kml => "KML",
            Self::Dxf => "DXF",
        }
    }

    /// The format that a file to be written is called after.
    ///
    /// # Errors
    /// The ends of names that would be right.
    pub fn of_name(path: &Path) -> Result<Self, Text> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or("");
        let end = end.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|format| format.extension() == end || (*format == Self::GeoJson && end == "json"))
            .ok_or_else(|| {
                let ends = Self::ALL.map(|format| format!(".{}", format.extension()));
                let ends = ends.join(", ");
                let name = path.display();
                Text::new(
                    format!("由文件名“{name}”看不出格式，应以其一结尾：{ends}（Shapefile 为 .zip）"),
                    format!("the name “{name}” tells no format: it should end in one of {ends} (a shapefile in .zip)"),
                )
            })
    }
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Strings.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Numbers.
    Real,
    /// Truth values.
    Boolean,
    /// Strings such as `2026-11-22`.
    Date,
    /// Strings as RFC 3339 has them, such as `2026-11-22T08:30:00Z`, or without an offset where the
    /// file has none.
    DateTime,
    /// Any JSON: lists, objects, or values of several kinds.
    Json,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: FieldKind,
}

/// What a file says of its coordinates.
#[derive(Debug, Clone, PartialEq)]
pub enum StatedCrs {
    /// Nothing.
    None,
    /// One of the systems that the service speaks.
    Known(Crs),
    /// A definition that is none of them, as it stands in the file: WKT, a PROJ string, or a name
    /// such as `EPSG:2436`.
    Wkt(String),
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// The format of the file.
    pub format: Format,
    /// Its fields, in the file's order.
    pub fields: Vec<Field>,
    /// What the file says of its coordinates, or who reads it.
    pub crs: StatedCrs,
    /// How many rows it has, where that is known beforehand.
    pub count: Option<u64>,
    /// The encoding of its text, where the format has several.
    pub encoding: Option<String>,
    /// What reading assumed.
    pub notes: Vec<Text>,
}

/// One feature of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its place, from 1, as the file counts.
    pub number: u64,
    /// Its id: the file's own, or in a format without ids the value of a field called `id`.
    pub id: Option<String>,
    /// Its shape in the file's numbers, east (or longitude) first: finite, never empty, rings closed,
    /// but not checked further. Never a collection of different types.
    pub geometry: Option<geo::Geometry<f64>>,
    /// Its values, one a field.
    pub values: Vec<serde_json::Value>,
}

/// A row that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFlaw {
    /// Its place, from 1.
    pub number: u64,
    /// Why.
    pub text: Text,
}
