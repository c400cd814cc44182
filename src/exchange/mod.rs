//! Readers and writers of file formats.

pub mod audit;
pub mod boundary;
pub mod csv;
pub mod doctor;
pub mod geojson;
pub mod intake;
pub mod layer;
pub mod osm;
pub mod table;
pub mod terminal;
pub mod xlsx;
