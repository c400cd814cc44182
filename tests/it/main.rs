//! Tests of the whole program from outside: the real binary, real files, real GDAL.

mod api;
mod areas;
mod boundaries;
mod claims;
mod command_line;
mod compiling;
mod editing;
mod exports;
mod filters;
mod gdal;
mod geos;
mod golden;
mod hostile;
mod html;
mod import;
mod layers;
mod loading;
mod record;
mod sentences;
mod standard;
mod support;
mod tiles;
