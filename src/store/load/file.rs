//! A GeoJSON file whose features are still text, so that each can be named when it is wrong.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    geometry::crs::{Crs, Transformer},
    model::Text,
};

#[derive(Deserialize)]
struct FileText<'a> {
    #[serde(rename = "type")]
    kind: String,
    /// The member that RFC 7946 dropped, as GDAL still writes it for projected coordinates.
    crs: Option<CrsMember>,
    #[serde(borrow, default)]
    features: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct CrsMember {
    properties: CrsName,
}

#[derive(Deserialize)]
struct CrsName {
    name: String,
}

/// The features of a file, and what brings its coordinates to WGS 84 where they are others.
///
/// # Errors
/// Where it is no GeoJSON FeatureCollection, or in a system that is not served.
pub(in crate::store) fn parse_file(
    bytes: &[u8],
) -> Result<(Vec<&RawValue>, Option<Transformer>), Text> {
    let file: FileText<'_> = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let Some(features) = file.features.filter(|_| file.kind == "FeatureCollection") else {
        return Err(Text::new(
            "不是 GeoJSON FeatureCollection",
            "not a GeoJSON FeatureCollection",
        ));
    };
    let transformer = match file.crs {
        None => None,
        Some(crs) => Some(Transformer::to_wgs84(Crs::parse(&crs.properties.name)?)?),
    };
    Ok((features, transformer))
}

/// JSON that is not what it should be.
pub(in crate::store) fn not_json(error: &serde_json::Error) -> Text {
    Text::new(
        format!("不是预期的 JSON：{error}"),
        format!("not the JSON that is expected: {error}"),
    )
}
