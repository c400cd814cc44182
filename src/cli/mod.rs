//! Commands that are longer than a few lines.

pub mod query;
