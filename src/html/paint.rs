//! What the map's style says of a shape: the expressions of the style's subset, evaluated.

use serde_json::Value;

use crate::tiles;

/// What expressions may ask of a shape.
pub struct Shape<'a> {
    /// The zoom that the picture has, as MapLibre counts it (tiles of 512 pixels).
    pub zoom: f64,
    /// `Point`, `LineString`, `Polygon`, or one of these with `Multi` before it.
    pub geometry_type: &'static str,
    /// As tiles carry them.
    pub attributes: &'a [(&'static str, tiles::Value<'a>)],
}

impl Shape<'_> {
    /// Whether a layer of the style draws it.
    pub fn is_drawn_by(&self, layer: &Value) -> bool {
        layer
            .get("filter")
            .is_none_or(|filter| self.value(filter) == Value::Bool(true))
    }

    /// A text or a colour of a layer.
    pub fn text(&self, property: &Value) -> Option<String> {
        match self.value(property) {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number of a layer.
    pub fn number(&self, property: &Value) -> Option<f64> {
        self.value(property).as_f64()
    }

    /// The value of an expression; null where it is none of the subset. Nothing is hovered over.
    fn value(&self, expression: &Value) -> Value {
        let Value::Array(parts) = expression else {
            return expression.clone();
        };
        let [Value::String(operator), arguments @ ..] = &parts[..] else {
            return Value::Null;
        };
        match (operator.as_str(), arguments) {
            ("literal", [value]) => value.clone(),
            ("get", [Value::String(name)]) => self.attribute(name),
            ("zoom", []) => self.zoom.into(),
            ("geometry-type", []) => self.geometry_type.into(),
            ("==", [a, b]) => (self.value(a) == self.value(b)).into(),
            ("coalesce", options) => options
                .iter()
                .map(|option| self.value(option))
                .find(|value| !value.is_null())
                .unwrap_or_default(),
            ("case", branches) => self.case(branches),
            ("match", [input, branches @ ..]) => self.matching(&self.value(input), branches),
            ("interpolate", [_, input, stops @ ..]) => self.interpolate(input, stops),
            _ => Value::Null,
        }
    }

    fn attribute(&self, name: &str) -> Value {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        match found.map(|(_, value)| value) {
            Some(tiles::Value::Text(text)) => (*text).into(),
            Some(tiles::Value::Number(number)) => (*number).into(),
            _ => Value::Null,
        }
    }

    fn case(&self, branches: &[Value]) -> Value {
        let chosen = branches.chunks(2).find_map(|branch| match branch {
            [condition, value] => (self.value(condition) == Value::Bool(true)).then_some(value),
            [fallback] => Some(fallback),
            _ => None,
        });
        chosen.map_or(Value::Null, |value| self.value(value))
    }

    fn matching(&self, input: &Value, branches: &[Value]) -> Value {
        let chosen = branches.chunks(2).find_map(|branch| match branch {
            [Value::Array(labels), value] => labels.contains(input).then_some(value),
            [label, value] => (label == input).then_some(value),
            [fallback] => Some(fallback),
            _ => None,
        });
        chosen.map_or(Value::Null, |value| self.value(value))
    }

    /// Linear between stops; before the first and after the last as they are.
    fn interpolate(&self, input: &Value, stops: &[Value]) -> Value {
        let Some(at) = self.number(input) else {
            return Value::Null;
        };
        let mut before: Option<(f64, f64)> = None;
        for stop in stops.chunks(2) {
            let [place, value] = stop else { break };
            let (Some(place), Some(value)) = (place.as_f64(), self.number(value)) else {
                break;
            };
            if at <= place {
                let Some((earlier, from)) = before else {
                    return value.into();
                };
                let share = (at - earlier) / (place - earlier);
                return (from + (value - from) * share).into();
            }
            before = Some((place, value));
        }
        before.map_or(Value::Null, |(_, value)| value.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_of_the_subset_have_their_values() {
        let attributes = [
            ("status", tiles::Value::Text("planned")),
            ("accuracy_m", tiles::Value::Number(50.0)),
        ];
        let shape = Shape {
            zoom: 13.0,
            geometry_type: "Polygon",
            attributes: &attributes,
        };
        for (expression, value) in [
            (json!("#fff"), json!("#fff")),
            (json!(["get", "status"]), json!("planned")),
            (json!(["get", "other"]), json!(null)),
            (
                json!(["coalesce", ["get", "other"], ["get", "accuracy_m"]]),
                json!(50.0),
            ),
            (
                json!(["match", ["get", "status"], ["a", "planned"], 1, 2]),
                json!(1),
            ),
            (json!(["match", ["get", "other"], "a", 1, 2]), json!(2)),
            (
                json!([
                    "match",
                    ["geometry-type"],
                    ["Polygon", "MultiPolygon"],
                    true,
                    false
                ]),
                json!(true),
            ),
            (
                json!([
                    "case",
                    ["==", ["feature-state", "hover"], true],
                    1,
                    ["==", 1, 1],
                    2,
                    3
                ]),
                json!(2),
            ),
            (
                json!(["interpolate", ["linear"], ["zoom"], 12, 1, 14, 3]),
                json!(2.0),
            ),
            (
                json!(["interpolate", ["linear"], ["zoom"], 14, 1, 16, 3]),
                json!(1.0),
            ),
            (
                json!(["interpolate", ["linear"], ["zoom"], 10, 1, 12, 3]),
                json!(3.0),
            ),
            (json!(["unheard-of", 1]), json!(null)),
        ] {
            assert_eq!(shape.value(&expression), value, "{expression}");
        }
    }

    /// Where a layer's looks came out as null, the small map would leave it out unnoticed.
    #[test]
    fn every_layer_of_the_style_can_be_evaluated() {
        let shape = Shape {
            zoom: 13.0,
            geometry_type: "Point",
            attributes: &[("name", tiles::Value::Text("甲"))],
        };
        for layer in tiles::looks()["layers"].as_array().unwrap() {
            for (name, value) in layer["paint"].as_object().unwrap() {
                // Dashes are lengths, and no expression.
                let is_list = value[0].is_number();
                assert!(
                    is_list || !shape.value(value).is_null(),
                    "{} {name}",
                    layer["id"]
                );
            }
            let filter = layer.get("filter").map(|filter| shape.value(filter));
            assert!(
                filter.is_none_or(|value| value.is_boolean()),
                "{}",
                layer["id"]
            );
        }
    }
}
