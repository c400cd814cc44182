//! A view as a picture: one scene, painted as PNG, PDF and PPTX.
//!
//! [`frame`] says where on a sheet a place of the map lies, [`map`] draws what the style says of the
//! data there, [`labels`] finds room for names, [`sheet`] lays out what stands around the map, and
//! the painters ([`png`], [`pdf`]) know only the [`scene`]: shapes and text in pixels.
//!
//! Lengths on a sheet are in CSS pixels, 96 to the inch, x to the right and y down.

pub mod brief;
pub mod fonts;
pub mod frame;
pub mod legend;
mod pack;
pub mod pdf;
pub mod picture;
pub mod png;
pub mod pptx;
pub mod qr;
pub mod scene;
pub mod sheet;
pub mod text;
