//! Tests of the whole program from outside: the real binary, real files, real GDAL.

mod api;
mod areas;
mod boundaries;
mod claims;
mod command_line;
mod filters;
mod gdal;
mod hostile;
mod loading;
mod standard;
mod support;
mod tiles;
