//! What comes into the house and leaves it: file formats, the datum doctor, and files that are brought
//! in.
//!
//! [`layer`] reads and writes files of features in any format, [`doctor`] says what is wrong with their
//! coordinates, and [`intake`] makes one commit of such a file; [`osm`] reads lines out of OpenStreetMap.
//! [`geojson`] writes features and [`mod@boundary`] what became of boundary sentences. A [`table`] goes
//! out as [`csv`], as [`xlsx`] or on a [`terminal`]; [`audit`] makes one of the log.

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
