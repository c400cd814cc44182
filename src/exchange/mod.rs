//! Readers and writers of file formats.

pub mod boundary;
pub mod geojson;
pub mod osm;
