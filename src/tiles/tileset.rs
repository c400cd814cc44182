//! What OGC API - Tiles says of tilesets (OGC 20-057, OGC 17-083r4): the tile matrix set, and the
//! metadata of a set of layers in it.

use std::ops::RangeInclusive;

use geo::Coord;
use serde_json::{Value, json};

use super::{Layer, MAX_ZOOM, TileId, encode::MARGIN, layer::bounds_of};
use crate::{
    geometry::crs::Crs,
    model::{LocatedBy, Status},
};

/// The name of the one tile matrix set, in the registry of the OGC.
pub const MATRIX_SET: &str = "WebMercatorQuad";
/// Its entry in that registry.
pub const MATRIX_SET_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
/// The coordinate system of its tiles.
pub const MATRIX_SET_CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";

/// Half the side of the world in Web Mercator, metres: πa.
const HALF_WORLD_M: f64 = 20_037_508.342_789_244;
/// The denominator of the scale of zoom 0 (17-083r4, annex D.1): 2πa / 256 pixels of 0.28 mm.
const SCALE_OF_ZOOM_0: f64 = 559_082_264.028_717_4;
/// Metres a pixel at zoom 0: 2πa / 256.
const CELL_OF_ZOOM_0: f64 = 156_543.033_928_041;
/// The deepest zoom that the registry's entry has.
const DEEPEST: u8 = 24;

/// The tile matrix set, as the registry has it.
#[must_use]
pub fn matrix_set() -> Value {
    let matrices: Vec<Value> = (0..=DEEPEST)
        .map(|zoom| {
            let across = 1_u32 << zoom;
            json!({
                "id": zoom.to_string(),
                "scaleDenominator": SCALE_OF_ZOOM_0 / f64::from(across),
                "cellSize": CELL_OF_ZOOM_0 / f64::from(across),
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_WORLD_M, HALF_WORLD_M],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": across,
                "matrixHeight": across,
            })
        })
        .collect();
    json!({
        "id": MATRIX_SET,
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET_URI,
        "crs": MATRIX_SET_CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    })
}

/// Tiles of one zoom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Columns, from the west.
    pub columns: RangeInclusive<u32>,
    /// Rows, from the north.
    pub rows: RangeInclusive<u32>,
}

impl Limits {
    /// The tiles of a zoom in which something of these layers may be; `None` where nothing is.
    #[must_use]
    pub fn of(layers: &[Layer<'_>], zoom: u8) -> Option<Self> {
        let world = TileId::new(zoom, 0, 0)?;
        let bounds = bounds_of(layers)?;
        let last = world.across() - 1.0;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // brought into range
        let tile = |place: f64| place.floor().clamp(0.0, last) as u32;
        // North is up, where rows begin.
        let from = world.locate(Coord {
            x: bounds.min().x,
            y: bounds.max().y,
        });
        let to = world.locate(Coord {
            x: bounds.max().x,
            y: bounds.min().y,
        });
        // A tile also holds what lies a little beyond its edge.
        Some(Self {
            columns: tile(from.x - MARGIN)..=tile(to.x + MARGIN),
            rows: tile(from.y - MARGIN)..=tile(to.y + MARGIN),
        })
    }

    /// Whether a tile is one of them.
    #[must_use]
    pub fn hold(&self, tile: TileId) -> bool {
        self.columns.contains(&tile.x) && self.rows.contains(&tile.y)
    }
}

/// The metadata of a set of layers, without links.
#[must_use]
pub fn tileset(title: &str, layers: &[Layer<'_>]) -> Value {
    let limits: Vec<Value> = (0..=MAX_ZOOM)
        .filter_map(|zoom| {
            let limits = Limits::of(layers, zoom)?;
            Some(json!({
                "tileMatrix": zoom.to_string(),
                "minTileRow": limits.rows.start(),
                "maxTileRow": limits.rows.end(),
                "minTileCol": limits.columns.start(),
                "maxTileCol": limits.columns.end(),
            }))
        })
        .collect();
    let described: Vec<Value> = layers.iter().map(describe).collect();
    let mut tileset = json!({
        "title": title,
        "dataType": "vector",
        "crs": MATRIX_SET_CRS,
        "tileMatrixSetURI": MATRIX_SET_URI,
        "tileMatrixSetLimits": limits,
        "layers": described,
    });
    if let Some(bounds) = bounds_of(layers) {
        tileset["boundingBox"] = json!({
            "lowerLeft": [bounds.min().x, bounds.min().y],
            "upperRight": [bounds.max().x, bounds.max().y],
            "crs": Crs::CRS84.uri(),
        });
    }
    tileset
}

/// A layer of features.
fn describe(layer: &Layer<'_>) -> Value {
    let collection = layer.collection;
    let info = &collection.info;
    let words = |words: Vec<&str>| json!({ "type": "string", "enum": words });
    let mut described = json!({
        "id": layer.to_string(),
        "title": info.title,
        "description": info.description,
        "dataType": "vector",
        "crs": MATRIX_SET_CRS,
        "minTileMatrix": "0",
        "maxTileMatrix": MAX_ZOOM.to_string(),
        "propertiesSchema": { "type": "object", "properties": {
            "id": { "type": "string" },
            "name": { "type": "string" },
            "name_en": { "type": "string" },
            "kind": words(info.kinds.iter().map(|kind| &*kind.id).collect()),
            "status": words(Status::ALL.map(Status::as_str).to_vec()),
            "located_by": words(LocatedBy::ALL.map(LocatedBy::as_str).to_vec()),
            "accuracy_m": { "type": "number", "minimum": 0 },
            "land_use": { "type": "string" },
            "documents": { "type": "string", "description": ";a;b;" },
            "zones": { "type": "string", "description": ";a;b;" },
        }},
    });
    if let Some(dimension) = collection.dimension() {
        described["geometryDimension"] = dimension.into();
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrices_are_those_of_the_registry() {
        let set = matrix_set();
        let matrices = set["tileMatrices"].as_array().unwrap();
        assert_eq!(matrices.len(), 25);
        // 17-083r4, annex D.1, of zooms 1, 10 and 24.
        for (zoom, scale, cell, across) in [
            (1, 279_541_132.014_358_7, 78_271.516_964_020_5, 2),
            (10, 545_978.773_465_544_7, 152.874_056_570_352_5, 1_024),
            (24, 33.323_899_747_652_9, 0.009_330_691_929_343, 16_777_216),
        ] {
            let matrix = &matrices[zoom];
            let near = |name: &str, value: f64| {
                let found = matrix[name].as_f64().unwrap();
                assert!((found / value - 1.0).abs() < 1e-9, "{zoom} {name}: {found}");
            };
            near("scaleDenominator", scale);
            near("cellSize", cell);
            assert_eq!(matrix["matrixWidth"], across);
        }
    }
}
