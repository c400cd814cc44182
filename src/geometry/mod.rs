//! Coordinates and shapes: reference systems, reading and writing, validity, measures, clipping.
//!
//! All geometry inside the service is WGS 84 longitude and latitude in degrees (OGC CRS84), valid,
//! with rings closed and wound as RFC 7946 asks; [`read`] lets nothing else in.

pub mod clip;
pub mod crossings;
pub mod crs;
pub mod definition;
pub mod frame;
pub mod linework;
pub mod measure;
pub mod mismatch;
pub mod read;
pub mod region;
pub mod simplify;
pub mod validity;
pub mod wkt;
pub mod write;
