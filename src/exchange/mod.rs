//! Readers and writers of file formats.

pub mod audit;
pub mod boundary;
pub mod csv;
pub mod geojson;
pub mod osm;
pub mod table;
pub mod terminal;
pub mod xlsx;
