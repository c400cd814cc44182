//! A filter whose names are resolved and whose types are right.
//!
//! `P` is what records call a property.

use super::{
    like::Pattern,
    shape::{Shape, SpatialRelation},
    time::{Instant, TemporalRelation},
};

/// What is true, false or unknown of a record.
#[derive(Debug, PartialEq)]
pub enum Condition<P> {
    /// A literal, or what literals alone decide; `None` is unknown.
    Constant(Option<bool>),
    /// A property of type boolean.
    Property(P),
    /// All hold; two or more.
    And(Vec<Self>),
    /// One holds; two or more.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The first of the pair stands so to the second.
    Compare(Comparison, Pair<P>),
    /// The text is as the pattern says.
    Like(TextOperand<P>, Pattern),
    /// The value is neither less than the first limit nor greater than the second.
    Between(NumberOperand<P>, NumberOperand<P>, NumberOperand<P>),
    /// The value is one of others.
    In(Membership<P>),
    /// There is no value.
    IsNull(Box<Operand<P>>),
    /// The first geometry is related so to the second.
    Spatial(SpatialRelation, SpatialOperand<P>, SpatialOperand<P>),
    /// The first time is related so to the second.
    Temporal(TemporalRelation, TimeOperand<P>, TimeOperand<P>),
    /// The first set is related so to the second.
    Array(ArrayRelation, ListOperand<P>, ListOperand<P>),
}

/// How scalars compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
}

/// Two scalars of one type.
#[derive(Debug, PartialEq)]
pub enum Pair<P> {
    /// Texts, compared by code points.
    Text(TextOperand<P>, TextOperand<P>),
    /// Numbers.
    Number(NumberOperand<P>, NumberOperand<P>),
    /// Booleans; false is less than true.
    Boolean(BooleanOperand<P>, BooleanOperand<P>),
    /// Days or moments; a day and a moment are compared by days (UTC).
    Instant(InstantOperand<P>, InstantOperand<P>),
}

/// A scalar, and others of its type.
#[derive(Debug, PartialEq)]
pub enum Membership<P> {
    /// Texts.
    Text(TextOperand<P>, Vec<TextOperand<P>>),
    /// Numbers.
    Number(NumberOperand<P>, Vec<NumberOperand<P>>),
    /// Booleans.
    Boolean(BooleanOperand<P>, Vec<BooleanOperand<P>>),
    /// Days or moments.
    Instant(InstantOperand<P>, Vec<InstantOperand<P>>),
}

/// A scalar of any type.
#[derive(Debug, PartialEq)]
pub enum Scalar<P> {
    /// A text.
    Text(TextOperand<P>),
    /// A number.
    Number(NumberOperand<P>),
    /// A boolean.
    Boolean(BooleanOperand<P>),
    /// A day or a moment.
    Instant(InstantOperand<P>),
}

/// Any value.
#[derive(Debug, PartialEq)]
pub enum Operand<P> {
    /// A scalar.
    Scalar(Scalar<P>),
    /// A time.
    Time(TimeOperand<P>),
    /// A geometry.
    Spatial(SpatialOperand<P>),
    /// A set.
    List(ListOperand<P>),
}

/// A text.
#[derive(Debug, PartialEq)]
pub enum TextOperand<P> {
    /// As it stands.
    Literal(String),
    /// A property of type text.
    Property(P),
    /// Without differences of case (`CASEI`).
    CaseFolded(Box<Self>),
    /// Without accents (`ACCENTI`).
    Unaccented(Box<Self>),
}

/// A number.
#[derive(Debug, PartialEq)]
pub enum NumberOperand<P> {
    /// As it stands; finite.
    Literal(f64),
    /// A property of type number.
    Property(P),
    /// What two numbers give. What is not finite is null.
    Arithmetic(Arithmetic, Box<[Self; 2]>),
}

/// The operations of arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`: what `div` leaves over, with the sign of the first.
    Remainder,
    /// `div`: the quotient without its fraction.
    WholeDivide,
    /// `^`
    Power,
}

/// A condition as a value.
pub type BooleanOperand<P> = Box<Condition<P>>;

/// A day or a moment.
#[derive(Debug, PartialEq)]
pub enum InstantOperand<P> {
    /// As it stands.
    Literal(Instant),
    /// A property of type date or timestamp.
    Property(P),
}

/// A day, a moment, or spans of them.
#[derive(Debug, PartialEq)]
pub enum TimeOperand<P> {
    /// A day or a moment alone.
    Instant(InstantOperand<P>),
    /// From one to the other, both included; `None` is open.
    Interval(Option<InstantOperand<P>>, Option<InstantOperand<P>>),
    /// A property of type spans.
    Property(P),
}

/// A geometry.
#[derive(Debug, PartialEq)]
pub enum SpatialOperand<P> {
    /// As it stands.
    Literal(Box<Shape>),
    /// A property of type geometry.
    Property(P),
}

/// A set of values.
#[derive(Debug, PartialEq)]
pub enum ListOperand<P> {
    /// As it stands.
    Literal(Vec<Scalar<P>>),
    /// A property of type texts.
    Property(P),
}

/// The array functions of CQL2 (OGC 21-065r2, 7.10). Arrays are sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayRelation {
    /// It has all members of the other.
    Contains,
    /// The other has all of its members.
    ContainedBy,
    /// Both have the same members.
    Equals,
    /// They share a member.
    Overlaps,
}
