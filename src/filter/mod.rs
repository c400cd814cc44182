//! CQL2 (OGC 21-065r2), text and JSON, to one expression, and what it finds true.
//!
//! A filter passes three stages. [`text`] and [`json`] read the two encodings into one [`syntax`] tree,
//! in which every node knows its place in the filter. [`check`] resolves names against the queryables of
//! a collection, checks types, reads geometry, and makes the [`expression`]: a tree of enums in which a
//! number can't stand where a date belongs. [`evaluate`] asks a [`Record`] for the properties that the
//! expression names, and for no others. [`shape`], [`like`], [`time`] and [`folding`] are what it
//! compares by: shapes, patterns, times, and letters without case or accents. Filter text goes no further
//! than the first stage.
//!
//! The parsers are our own. The crate `cql2` (0.6.0) is alive and well kept,
//! but its text parser recurses without limit and ends a 2 MiB stack at some 400 parentheses; its
//! tree keeps neither places nor resolved names, so that no message could say where an error is;
//! and it brings a JSON Schema validator, an SQL parser and a second GeoJSON crate.
//! Depth, length, number of terms and vertices are limited here (see [`limits`]), so that time and
//! memory are bounded by the size of what was sent.

mod check;
mod evaluate;
mod expression;
mod folding;
mod json;
mod like;
mod shape;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod time;

use geo::Geometry;
use std::borrow::Cow;

pub use evaluate::Reach;
pub use expression::{
    Arithmetic, ArrayRelation, BooleanOperand, Comparison, Condition, InstantOperand, ListOperand,
    Membership, NumberOperand, Operand, Pair, Scalar, SpatialOperand, TextOperand, TimeOperand,
};
pub use like::Pattern;
pub use shape::{Shape, SpatialRelation};
pub use time::{Instant, Span, TemporalRelation};

use crate::{
    geometry::crs::Crs,
    model::{Text, shortened},
};

/// How large a filter may be.
pub mod limits {
    /// Bytes of a filter.
    pub const LENGTH: usize = 1 << 20;
    /// Operations, literals and properties in a filter.
    pub const TERMS: usize = 20_000;
    /// How deeply they may be nested.
    pub const DEPTH: usize = 100;
    /// Vertices of all geometries in a filter.
    pub const VERTICES: usize = 10_000;
}

/// The two encodings of CQL2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `cql2-text`
    Text,
    /// `cql2-json`
    Json,
}

impl Language {
    /// Finds one by its name.
    ///
    /// # Errors
    /// The names that there are.
    pub fn parse(name: &str) -> Result<Self, Text> {
        match name {
            "cql2-text" => Ok(Self::Text),
            "cql2-json" => Ok(Self::Json),
            _ => {
                let name = shortened(name);
                Err(Text::new(
                    format!("没有 filter-lang“{name}”；可用的有：cql2-text, cql2-json"),
                    format!("there is no filter-lang “{name}”; there are: cql2-text, cql2-json"),
                ))
            }
        }
    }
}

/// What sort of values a queryable has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text, compared by code points.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment.
    Timestamp,
    /// Spans of days.
    Days,
    /// A set of texts.
    Texts,
    /// A geometry in WGS 84 longitude and latitude.
    Geometry,
}

/// A property that filters may name.
#[derive(Debug, Clone)]
pub struct Queryable<P> {
    /// Its name in filters.
    pub name: Cow<'static, str>,
    /// What records call it.
    pub property: P,
    /// What sort of values it has.
    pub kind: Type,
}

/// A value of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Not known, or not stated.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A finite number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A day or a moment.
    Instant(Instant),
    /// One or more spans of time.
    Spans(Vec<Span>),
    /// A set of texts.
    Texts(Vec<Cow<'a, str>>),
    /// A valid geometry, WGS 84 longitude and latitude.
    Geometry(&'a Geometry<f64>),
}

/// Something that filters can be asked of.
pub trait Record<P> {
    /// The value of a property, of the type that its [`Queryable`] promises, or null.
    fn value(&self, property: P) -> Value<'_>;
}

/// A filter whose names are resolved and whose types are right.
#[derive(Debug)]
pub struct Filter<P> {
    condition: Condition<P>,
}

impl<P: Copy> Filter<P> {
    /// Reads a filter that may name these properties. Its geometries are in `crs`, in its
    /// authority's axis order.
    ///
    /// # Errors
    /// What is wrong at which character (or, in JSON, at which JSON Pointer), and what would be
    /// right.
    pub fn parse(
        text: &str,
        language: Language,
        crs: Crs,
        queryables: &[Queryable<P>],
    ) -> Result<Self, Text> {
        if text.len() > limits::LENGTH {
            let (length, most) = (text.len(), limits::LENGTH);
            return Err(Text::new(
                format!("filter 有 {length} 字节，最多 {most} 字节"),
                format!("the filter has {length} bytes, at most {most} are taken"),
            ));
        }
        let node = match language {
            Language::Text => text::parse(text)?,
            Language::Json => json::parse(text)?,
        };
        let condition = check::condition(&node, crs, queryables)?;
        Ok(Self { condition })
    }

    /// The condition itself.
    #[must_use]
    pub fn condition(&self) -> &Condition<P> {
        &self.condition
    }

    /// Whether the condition is true of a record: neither false nor unknown.
    #[must_use]
    pub fn matches(&self, record: &impl Record<P>) -> bool {
        evaluate::condition(&self.condition, record) == Some(true)
    }

    /// Where records must lie of which the condition can be true.
    #[must_use]
    pub fn reach(&self) -> Reach {
        evaluate::reach(&self.condition)
    }
}
