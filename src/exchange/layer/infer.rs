//! Kinds of fields, told by their values.

use serde_json::Value;

use super::{Field, FieldKind};

/// Fields as values show them, in the order in which they first come.
#[derive(Default)]
pub(super) struct Fields {
    fields: Vec<(String, Option<FieldKind>)>,
    places: std::collections::HashMap<String, usize>,
}

impl Fields {
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Takes a value of a field into account.
    pub(super) fn see(&mut self, name: &str, value: &Value) {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.places.insert(name.to_owned(), self.fields.len());
            self.fields.push((name.to_owned(), None));
            self.fields.len() - 1
        });
        let known = &mut self.fields[place].1;
        *known = joined(*known, kind(value));
    }

    pub(super) fn finish(self) -> Vec<Field> {
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
