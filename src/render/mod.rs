//! A view as a picture: one scene, painted as PNG, PDF and PPTX.
//!
//! [`frame`] says where on a sheet a place of the map lies, [`map`] draws what the style says of the
//! data there, [`labels`] finds room for names, [`sheet`] lays out what stands around the map, and
//! the painters ([`png`], [`pdf`]) know only the [`scene`]: shapes and text in pixels.
//!
//! Lengths on a sheet are in CSS pixels, 96 to the inch, x to the right and y down.

pub mod fonts;
pub mod scene;
pub mod text;
