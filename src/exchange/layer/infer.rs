//! Kinds of fields, told by their values.

use serde_json::Value;

use super::{Field, FieldKind};

/// Fields as values show them, in the order in which they first come.
#[derive(Default)]
pub struct Fields {
    fields: Vec<(String, Option<FieldKind>)>,
    places: std::collections::HashMap<String, usize>,
}

impl Fields {
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Takes a value of a field into account.
    pub fn see(&mut self, name: &str, value: &Value) {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.places.insert(name.to_owned(), self.fields.len());
            self.fields.push((name.to_owned(), None));
            self.fields.len() - 1
        });
        let known = &mut self.fields[place].1;
        *known = joined(*known, kind(value));
    }

    /// The fields; one that has no value is text.
    #[must_use]
    pub fn finish(self) -> Vec<Field> {
        self.fields
            .into_iter()
            .map(|(name, kind)| Field {
                name,
                kind: kind.unwrap_or(FieldKind::Text),
            })
            .collect()
    }
}

/// The kind of one value; nothing of null.
pub(super) fn kind(value: &Value) -> Option<FieldKind> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => FieldKind::Boolean,
        Value::Number(number) if number.is_i64() => FieldKind::Integer,
        Value::Number(_) => FieldKind::Real,
        Value::String(_) => FieldKind::Text,
        Value::Array(_) | Value::Object(_) => FieldKind::Json,
    })
}

/// The kind that holds values of both.
pub(super) fn joined(one: Option<FieldKind>, other: Option<FieldKind>) -> Option<FieldKind> {
    use FieldKind::{Integer, Json, Real};
    match (one, other) {
        (None, kind) | (kind, None) => kind,
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(Integer | Real), Some(Integer | Real)) => Some(Real),
        _ => Some(Json),
    }
}

/// What a column of texts holds, in a format that has texts alone.
///
/// A column has a kind only if all of it is written as that kind is: `007` and `1.10` beside `1.2`
/// are texts, since as numbers they would not be the same again.
#[derive(Clone)]
pub(super) struct Guess {
    seen: bool,
    kinds: Vec<FieldKind>,
    /// A list or an object has been seen: other JSON could be anybody's words.
    compound: bool,
    /// A decimal that ends in 0 has been seen.
    padded: bool,
    /// The fewest and the most decimals of the numbers.
    decimals: (usize, usize),
}

impl Default for Guess {
    fn default() -> Self {
        use FieldKind::{Boolean, Date, DateTime, Integer, Json, Real};
        Self {
            seen: false,
            kinds: vec![Integer, Real, Boolean, Date, DateTime, Json],
            compound: false,
            padded: false,
            decimals: (usize::MAX, 0),
        }
    }
}

impl Guess {
    /// Takes one text into account; an empty one is no value.
    pub(super) fn see(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.seen = true;
        self.kinds.retain(|kind| value(text, *kind).is_some());
        if self.kinds.contains(&FieldKind::Real) {
            let decimals = text
                .split_once('.')
                .map_or(0, |(_, decimals)| decimals.len());
            self.padded |= decimals > 0 && text.ends_with('0');
            let (fewest, most) = self.decimals;
            self.decimals = (fewest.min(decimals), most.max(decimals));
        }
        self.compound |= text.starts_with(['[', '{']);
    }

    pub(super) fn kind(&self) -> FieldKind {
        let apart = |kind: &FieldKind| match kind {
            FieldKind::Json => self.compound,
            FieldKind::Real => !self.padded || self.decimals.0 == self.decimals.1,
            _ => true,
        };
        let kind = self.kinds.iter().copied().find(apart);
        kind.filter(|_| self.seen).unwrap_or(FieldKind::Text)
    }
}

/// A text as a value of a kind; nothing where it is not written as one.
pub(super) fn value(text: &str, kind: FieldKind) -> Option<Value> {
    match kind {
        FieldKind::Text => Some(text.into()),
        FieldKind::Integer => {
            let number: i64 = text.parse().ok()?;
            (number.to_string() == text).then(|| number.into())
        }
        FieldKind::Real => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let plain = digits.starts_with(|c: char| c.is_ascii_digit())
                && (!digits.starts_with('0') || digits == "0" || digits.starts_with("0."))
                && digits.ends_with(|c: char| c.is_ascii_digit());
            let number: f64 = text.parse().ok()?;
            // 1E2 is a code, and twenty digits are more than a number keeps.
            let is_whole = !text.contains('.') && !text.contains("e-");
            let comes_back = !is_whole || number.to_string() == text;
            if plain && comes_back {
                real(number)
            } else {
                None
            }
        }
        FieldKind::Boolean => text.parse::<bool>().ok().map(Into::into),
        FieldKind::Date => {
            let date: jiff::civil::Date = text.parse().ok()?;
            (date.to_string() == text).then(|| text.into())
        }
        FieldKind::DateTime => {
            let (date, time) = text.split_once('T')?;
            date.parse::<jiff::civil::Date>().ok()?;
            let known = text.parse::<jiff::Timestamp>().is_ok()
                || text.parse::<jiff::civil::DateTime>().is_ok();
            (time.contains(':') && known).then(|| text.into())
        }
        FieldKind::Json => serde_json::from_str(text).ok(),
    }
}

/// A number of a column of numbers: a whole one is written as JSON writes it, without decimals, so
/// that 300 stays 300 beside 0.5.
pub(super) fn real(number: f64) -> Option<Value> {
    const MOST_EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < MOST_EXACT {
        #[allow(clippy::cast_possible_truncation)] // as has just been made sure of
        return Some((number as i64).into());
    }
    number.is_finite().then(|| number.into())
}

/// A value as a format has it that has texts alone; nothing of null.
pub(super) fn text(value: &Value, kind: FieldKind) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if kind != FieldKind::Json => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_a_kind_only_if_all_of_it_has() {
        use FieldKind::{Boolean, Date, DateTime, Integer, Json, Real, Text};
        for (texts, kind) in [
            (&["1", "-20", ""][..], Integer),
            (&["1", "2.5", "1e-7"], Real),
            (&["007", "012"], Text),
            (&["1.10", "1.2"], Text),
            (&["1.10", "1.25"], Real),
            (&["0.5", "-0.25", "0"], Real),
            (&["1e999"], Text),
            (&["nan"], Text),
            (&["1E2", "1E3"], Text),
            (&["12010600100100000001", "12010600100100000002"], Text),
            (&["true", "false"], Boolean),
            (&["2026-11-22"], Date),
            (&["2026-11-22", "2026"], Text),
            (
                &["2026-11-22T08:30:00Z", "2026-11-22T08:30:00+08:00"],
                DateTime,
            ),
            (&["[1]", "{\"a\":1}", "2"], Json),
            (&["\"a\"", "\"b\""], Text),
            (&["", ""], Text),
            (&["9223372036854775808"], Text),
        ] {
            let mut guess = Guess::default();
            for text in texts {
                guess.see(text);
            }
            assert_eq!(guess.kind(), kind, "{texts:?}");
        }
    }
}
