//! Readers and writers of file formats.

pub mod csv;
pub mod geojson;
pub mod table;
pub mod terminal;
pub mod xlsx;
