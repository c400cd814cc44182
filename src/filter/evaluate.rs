//! What a condition is of a record: true, false or unknown.

use std::{borrow::Cow, cmp::Ordering};

use geo::{Geometry, Rect};

use super::{
    Record, Value,
    expression::{
        Arithmetic, ArrayRelation, Comparison, Condition, InstantOperand, ListOperand, Membership,
        NumberOperand, Operand, Pair, Scalar, SpatialOperand, TextOperand, TimeOperand,
    },
    folding,
    shape::SpatialRelation,
    time::{Instant, Span},
};

/// A truth value by the standard's table (OGC 21-065r2, 6.2); `None` is unknown.
pub fn condition<P: Copy>(condition: &Condition<P>, record: &impl Record<P>) -> Option<bool> {
    let own = |inner: &Condition<P>| self::condition(inner, record);
    match condition {
        Condition::Constant(truth) => *truth,
        Condition::Property(property) => match record.value(*property) {
            Value::Boolean(truth) => Some(truth),
            _ => None,
        },
        Condition::And(parts) => one_or_unknown(parts.iter().map(own), false),
        Condition::Or(parts) => one_or_unknown(parts.iter().map(own), true),
        Condition::Not(inner) => own(inner).map(|truth| !truth),
        Condition::Compare(comparison, pair) => Some(comparison.holds(compare(pair, record)?)),
        Condition::Like(operand, pattern) => Some(pattern.matches(&text(operand, record)?)),
        Condition::Between(value, low, high) => {
            let value = number(value, record)?;
            // Either limit alone can tell that the value lies outside.
            let above = number(low, record).map(|low| value >= low);
            let below = number(high, record).map(|high| value <= high);
            one_or_unknown([above, below].into_iter(), false)
        }
        Condition::In(membership) => is_member(membership, record),
        Condition::IsNull(operand) => Some(is_null(operand, record)),
        Condition::Spatial(relation, a, b) => spatial(*relation, a, b, record),
        Condition::Temporal(relation, a, b) => {
            Some(relation.holds(&spans(a, record)?, &spans(b, record)?))
        }
        Condition::Array(relation, a, b) => {
            Some(array(*relation, &members(a, record)?, &members(b, record)?))
        }
    }
}

/// Where records must lie of which a condition can be true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// Anywhere, or nowhere at all.
    Everywhere,
    /// Their geometry meets this rectangle, degrees.
    Within(Rect<f64>),
    /// There are none.
    Nowhere,
}

impl Reach {
    /// Where both are.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everywhere, reach) | (reach, Self::Everywhere) => reach,
            // What meets two rectangles need not meet their intersection: either alone narrows.
            (Self::Within(a), Self::Within(b)) => {
                let area = |rect: Rect<f64>| rect.width() * rect.height();
                Self::Within(if area(a) <= area(b) { a } else { b })
            }
            _ => Self::Nowhere,
        }
    }

    /// Where one of both is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nowhere, reach) | (reach, Self::Nowhere) => reach,
            (Self::Within(a), Self::Within(b)) => Self::Within(Rect::new(
                (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
                (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
            )),
            _ => Self::Everywhere,
        }
    }
}

/// Where records must lie of which the condition can be true.
pub fn reach<P>(condition: &Condition<P>) -> Reach {
    match condition {
        Condition::Constant(truth) if *truth != Some(true) => Reach::Nowhere,
        Condition::And(parts) => parts.iter().map(reach).fold(Reach::Everywhere, Reach::and),
        Condition::Or(parts) => parts.iter().map(reach).fold(Reach::Nowhere, Reach::or),
        Condition::Spatial(
            relation,
            SpatialOperand::Property(_),
            SpatialOperand::Literal(shape),
        )
        | Condition::Spatial(
            relation,
            SpatialOperand::Literal(shape),
            SpatialOperand::Property(_),
        ) if *relation != SpatialRelation::Disjoint => Reach::Within(shape.bounds()),
        _ => Reach::Everywhere,
    }
}

/// Whether one of some truths is as `wanted`: then that decides; else unknown, if one is unknown.
fn one_or_unknown(truths: impl Iterator<Item = Option<bool>>, wanted: bool) -> Option<bool> {
    let mut unknown = false;
    for truth in truths {
        match truth {
            Some(truth) if truth == wanted => return Some(wanted),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(!wanted)
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::Greater => ordering.is_gt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

fn compare<P: Copy>(pair: &Pair<P>, record: &impl Record<P>) -> Option<Ordering> {
    Some(match pair {
        Pair::Text(a, b) => text(a, record)?.cmp(&text(b, record)?),
        Pair::Number(a, b) => number(a, record)?.partial_cmp(&number(b, record)?)?,
        Pair::Boolean(a, b) => condition(a, record)?.cmp(&condition(b, record)?),
        Pair::Instant(a, b) => instant(a, record)?.compare(instant(b, record)?),
    })
}

fn is_member<P: Copy>(membership: &Membership<P>, record: &impl Record<P>) -> Option<bool> {
    match membership {
        Membership::Text(value, list) => {
            let value = text(value, record)?;
            let same = |other: &TextOperand<P>| Some(text(other, record)? == value);
            one_or_unknown(list.iter().map(same), true)
        }
        Membership::Number(value, list) => {
            let value = number(value, record)?;
            let same = |other: &NumberOperand<P>| {
                Some(number(other, record)?.partial_cmp(&value)?.is_eq())
            };
            one_or_unknown(list.iter().map(same), true)
        }
        Membership::Boolean(value, list) => {
            let value = condition(value, record)?;
            let same = |other: &Condition<P>| Some(condition(other, record)? == value);
            one_or_unknown(list.iter().map(|other| same(other)), true)
        }
        Membership::Instant(value, list) => {
            let value = instant(value, record)?;
            let same =
                |other: &InstantOperand<P>| Some(instant(other, record)?.compare(value).is_eq());
            one_or_unknown(list.iter().map(same), true)
        }
    }
}

fn is_null<P: Copy>(operand: &Operand<P>, record: &impl Record<P>) -> bool {
    match operand {
        Operand::Scalar(operand) => scalar(operand, record).is_none(),
        Operand::Time(operand) => spans(operand, record).is_none(),
        Operand::Spatial(operand) => with_geometry(operand, record, |geometry| geometry.is_none()),
        Operand::List(operand) => members(operand, record).is_none(),
    }
}

fn text<'a, P: Copy>(
    operand: &'a TextOperand<P>,
    record: &'a impl Record<P>,
) -> Option<Cow<'a, str>> {
    match operand {
        TextOperand::Literal(text) => Some(Cow::Borrowed(text)),
        TextOperand::Property(property) => match record.value(*property) {
            Value::Text(text) => Some(text),
            _ => None,
        },
        TextOperand::CaseFolded(inner) => {
            Some(Cow::Owned(folding::case_folded(&text(inner, record)?)))
        }
        TextOperand::Unaccented(inner) => {
            Some(Cow::Owned(folding::unaccented(&text(inner, record)?)))
        }
    }
}

fn number<P: Copy>(operand: &NumberOperand<P>, record: &impl Record<P>) -> Option<f64> {
    let number = match operand {
        NumberOperand::Literal(number) => *number,
        NumberOperand::Property(property) => match record.value(*property) {
            Value::Number(number) => number,
            _ => return None,
        },
        NumberOperand::Arithmetic(operation, operands) => {
            let [a, b] = &**operands;
            operation.of(number(a, record)?, number(b, record)?)
        }
    };
    number.is_finite().then_some(number)
}

impl Arithmetic {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Remainder => a % b,
            Self::WholeDivide => (a / b).trunc(),
            Self::Power => a.powf(b),
        }
    }
}

fn instant<P: Copy>(operand: &InstantOperand<P>, record: &impl Record<P>) -> Option<Instant> {
    match operand {
        InstantOperand::Literal(instant) => Some(*instant),
        InstantOperand::Property(property) => match record.value(*property) {
            Value::Instant(instant) => Some(instant),
            _ => None,
        },
    }
}

/// Spans of time, never none of them. An interval that ends before it starts is unknown.
fn spans<P: Copy>(operand: &TimeOperand<P>, record: &impl Record<P>) -> Option<Vec<Span>> {
    match operand {
        TimeOperand::Instant(operand) => Some(vec![Span::at(instant(operand, record)?)]),
        TimeOperand::Interval(start, end) => {
            let bound = |operand: &Option<InstantOperand<P>>| match operand {
                Some(operand) => instant(operand, record).map(Some),
                None => Some(None),
            };
            let (start, end) = (bound(start)?, bound(end)?);
            let backwards =
                matches!((start, end), (Some(start), Some(end)) if start.compare(end).is_gt());
            (!backwards).then(|| vec![Span { start, end }])
        }
        TimeOperand::Property(property) => match record.value(*property) {
            Value::Spans(spans) if !spans.is_empty() => Some(spans),
            _ => None,
        },
    }
}

fn spatial<P: Copy>(
    relation: SpatialRelation,
    a: &SpatialOperand<P>,
    b: &SpatialOperand<P>,
    record: &impl Record<P>,
) -> Option<bool> {
    match (a, b) {
        (other, SpatialOperand::Literal(shape)) => with_geometry(other, record, |geometry| {
            Some(shape.is_related(relation, geometry?))
        }),
        (SpatialOperand::Literal(shape), other) => with_geometry(other, record, |geometry| {
            Some(shape.is_related(relation.converse(), geometry?))
        }),
        (a, b) => with_geometry(a, record, |a| {
            with_geometry(b, record, |b| Some(relation.holds(a?, b?)))
        }),
    }
}

/// Hands a geometry on; a record's lives no longer than its value.
fn with_geometry<P: Copy, T>(
    operand: &SpatialOperand<P>,
    record: &impl Record<P>,
    then: impl FnOnce(Option<&Geometry<f64>>) -> T,
) -> T {
    match operand {
        SpatialOperand::Literal(shape) => then(Some(shape.geometry())),
        SpatialOperand::Property(property) => match record.value(*property) {
            Value::Geometry(geometry) => then(Some(geometry)),
            _ => then(None),
        },
    }
}

fn scalar<'a, P: Copy>(operand: &'a Scalar<P>, record: &'a impl Record<P>) -> Option<Value<'a>> {
    Some(match operand {
        Scalar::Text(operand) => Value::Text(text(operand, record)?),
        Scalar::Number(operand) => Value::Number(number(operand, record)?),
        Scalar::Boolean(operand) => Value::Boolean(condition(operand, record)?),
        Scalar::Instant(operand) => Value::Instant(instant(operand, record)?),
    })
}

/// The members of a set; unknown where one of them is.
fn members<'a, P: Copy>(
    operand: &'a ListOperand<P>,
    record: &'a impl Record<P>,
) -> Option<Vec<Value<'a>>> {
    match operand {
        ListOperand::Literal(list) => list.iter().map(|member| scalar(member, record)).collect(),
        ListOperand::Property(property) => match record.value(*property) {
            Value::Texts(texts) => Some(texts.into_iter().map(Value::Text).collect()),
            _ => None,
        },
    }
}

fn array(relation: ArrayRelation, a: &[Value<'_>], b: &[Value<'_>]) -> bool {
    let holds_all = |a: &[Value<'_>], b: &[Value<'_>]| b.iter().all(|member| a.contains(member));
    match relation {
        ArrayRelation::Contains => holds_all(a, b),
        ArrayRelation::ContainedBy => holds_all(b, a),
        ArrayRelation::Equals => holds_all(a, b) && holds_all(b, a),
        ArrayRelation::Overlaps => a.iter().any(|member| b.contains(member)),
    }
}
