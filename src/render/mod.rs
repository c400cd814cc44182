//! A view as a picture: one scene, painted as PNG, PDF and PPTX.
//!
//! [`brief`] is what is pictured, with what is said of it; [`picture`] makes files of it, and [`pack`]
//! one [`archive`] of all that a meeting needs. [`frame`] says where on a sheet a place of the map lies,
//! [`map`] draws what the style says of the data there, by the [`look`] that is read from it: [`canvas`]
//! is one layer in the making, [`placed`] the shapes on it, [`overlay`] what the page draws above.
//! [`ground`] has what the operator lays under it, [`labels`] finds room for names, [`sheet`] lays out
//! what stands around the map, [`legend`] tells what its signs mean, and the painters ([`png`], [`pdf`])
//! know only the [`scene`]: shapes and text in pixels. [`text`] sets lines in the [`fonts`] that the
//! program carries. [`pptx`] is a slide of such a picture, [`qr`] the way back to the map.
//!
//! Lengths on a sheet are in CSS pixels, 96 to the inch, x to the right and y down.

mod archive;
pub mod brief;
mod canvas;
pub mod fonts;
pub mod frame;
pub mod ground;
pub mod labels;
pub mod legend;
pub mod look;
pub mod map;
mod overlay;
mod pack;
pub mod pdf;
pub mod picture;
mod placed;
pub mod png;
pub mod pptx;
pub mod qr;
pub mod scene;
pub mod sheet;
pub mod text;
