//! Readers and writers of file formats.

pub mod geojson;
pub mod osm;
