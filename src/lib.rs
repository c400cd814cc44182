//! `renewal-map` (城市更新一张图): a map service for urban renewal.
//!
//! It holds the zones of a district's planning documents, its parcels and its projects, and answers
//! what lies inside an area, how much of it, and how surely. `docs/ARCHITECTURE.md` tells how the
//! rooms below hang together; dependencies point down only.

pub mod area;
pub mod boundary;
pub mod documents;
pub mod exchange;
pub mod filter;
pub mod geometry;
pub mod html;
pub mod http;
pub mod model;
pub mod people;
pub mod render;
pub mod report;
pub mod share;
pub mod store;
pub mod tiles;
