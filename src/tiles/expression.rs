//! What the map's style says of a shape: the expressions of the style's subset, evaluated.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::mvt;

/// What expressions may ask of a shape.
#[derive(Clone, Copy)]
pub struct Shape<'a> {
    /// The zoom that the picture has, as MapLibre counts it (tiles of 512 pixels).
    pub zoom: f64,
    /// `Point`, `LineString`, `Polygon`, or one of these with `Multi` before it.
    pub geometry_type: &'static str,
    /// As tiles carry them.
    pub attributes: &'a [(&'static str, mvt::Value<'a>)],
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Whether something is so.
    Truth(bool),
    /// A number.
    Number(f64),
    /// A text, or a colour.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Value<'a>>),
}

/// An expression of the subset. Nothing is hovered over in a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// What it says.
    Constant(Value<'static>),
    /// The value of an attribute.
    Attribute(Box<str>),
    /// Whether there is an attribute.
    Has(Box<str>),
    /// The zoom.
    Zoom,
    /// The type of the geometry.
    GeometryType,
    /// Whether both are the same.
    Equal(Box<[Self; 2]>),
    /// Whether they differ.
    Different(Box<[Self; 2]>),
    /// Whether all are true.
    All(Vec<Self>),
    /// The first that is not null.
    Coalesce(Vec<Self>),
    /// The value beside the first condition that is true.
    Case(Vec<(Self, Self)>, Box<Self>),
    /// The value beside the labels among which the input is.
    Match(Box<Self>, Vec<(Vec<Value<'static>>, Self)>, Box<Self>),
    /// Linear between stops; before the first and after the last as they are.
    Interpolate(Box<Self>, Vec<(f64, Self)>),
}

/// What in an expression is none of the subset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no expression that pictures know")]
pub struct Unknown(String);

impl Expression {
    /// Reads an expression as a style writes it.
    ///
    /// # Errors
    /// What of it is none of the subset.
    pub fn read(json: &Json) -> Result<Self, Unknown> {
        let Json::Array(parts) = json else {
            return constant(json)
                .map(Self::Constant)
                .ok_or_else(|| Unknown(json.to_string()));
        };
        let unknown = || Unknown(json.to_string());
        let [Json::String(operator), arguments @ ..] = &parts[..] else {
            return Err(unknown());
        };
        let two = |a, b| Ok(Box::new([Self::read(a)?, Self::read(b)?]));
        let all = |list: &[Json]| list.iter().map(Self::read).collect::<Result<Vec<_>, _>>();
        Ok(match (operator.as_str(), arguments) {
            ("literal", [value]) => Self::Constant(constant(value).ok_or_else(unknown)?),
            ("get", [Json::String(name)]) => Self::Attribute(name.as_str().into()),
            ("has", [Json::String(name)]) => Self::Has(name.as_str().into()),
            ("zoom", []) => Self::Zoom,
            ("geometry-type", []) => Self::GeometryType,
            ("feature-state", [Json::String(_)]) => Self::Constant(Value::Null),
            ("==", [a, b]) => Self::Equal(two(a, b)?),
            ("!=", [a, b]) => Self::Different(two(a, b)?),
            ("all", conditions) => Self::All(all(conditions)?),
            ("coalesce", options) => Self::Coalesce(all(options)?),
            ("case", [branches @ .., other]) if branches.len() % 2 == 0 => {
                let branch = |pair: &[Json]| Ok((Self::read(&pair[0])?, Self::read(&pair[1])?));
                let branches = branches.chunks(2).map(branch).collect::<Result<_, _>>()?;
                Self::Case(branches, Box::new(Self::read(other)?))
            }
            ("match", [input, branches @ .., other]) if branches.len() % 2 == 0 => {
                let branch = |pair: &[Json]| {
                    let labels = match &pair[0] {
                        Json::Array(labels) => labels.iter().map(constant).collect(),
                        label => constant(label).map(|label| vec![label]),
                    };
                    Ok((labels.ok_or_else(unknown)?, Self::read(&pair[1])?))
                };
                let branches = branches.chunks(2).map(branch).collect::<Result<_, _>>()?;
                Self::Match(
                    Box::new(Self::read(input)?),
                    branches,
                    Box::new(Self::read(other)?),
                )
            }
            ("interpolate", [Json::Array(how), input, stops @ ..])
                if how[..] == ["linear"] && stops.len() >= 2 && stops.len() % 2 == 0 =>
            {
                let stop = |pair: &[Json]| {
                    let place = pair[0].as_f64().ok_or_else(unknown)?;
                    Ok((place, Self::read(&pair[1])?))
                };
                let stops = stops.chunks(2).map(stop).collect::<Result<_, _>>()?;
                Self::Interpolate(Box::new(Self::read(input)?), stops)
            }
            _ => return Err(unknown()),
        })
    }

    /// What it comes to for a shape.
    #[must_use]
    pub fn of<'a>(&'a self, shape: &Shape<'a>) -> Value<'a> {
        match self {
            Self::Constant(value) => value.borrowed(),
            Self::Attribute(name) => shape.attribute(name),
            Self::Has(name) => Value::Truth(shape.attribute(name) != Value::Null),
            Self::Zoom => Value::Number(shape.zoom),
            Self::GeometryType => Value::Text(shape.geometry_type.into()),
            Self::Equal(pair) => Value::Truth(pair[0].of(shape) == pair[1].of(shape)),
            Self::Different(pair) => Value::Truth(pair[0].of(shape) != pair[1].of(shape)),
            Self::All(conditions) => Value::Truth(conditions.iter().all(|one| one.holds(shape))),
            Self::Coalesce(options) => options
                .iter()
                .map(|option| option.of(shape))
                .find(|value| *value != Value::Null)
                .unwrap_or(Value::Null),
            Self::Case(branches, other) => {
                let mut branches = branches.iter();
                let chosen = branches.find(|(condition, _)| condition.holds(shape));
                chosen.map_or(&**other, |(_, value)| value).of(shape)
            }
            Self::Match(input, branches, other) => {
                let input = input.of(shape);
                let mut branches = branches.iter();
                let chosen = branches.find(|(labels, _)| labels.contains(&input));
                chosen.map_or(&**other, |(_, value)| value).of(shape)
            }
            Self::Interpolate(input, stops) => match input.of(shape) {
                Value::Number(at) => between(at, stops, shape),
                _ => Value::Null,
            },
        }
    }

    /// Whether it is true of a shape.
    #[must_use]
    pub fn holds(&self, shape: &Shape<'_>) -> bool {
        self.of(shape) == Value::Truth(true)
    }

    /// The number that it comes to.
    #[must_use]
    pub fn number(&self, shape: &Shape<'_>) -> Option<f64> {
        match self.of(shape) {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text that it comes to, or the colour.
    #[must_use]
    pub fn text<'a>(&'a self, shape: &Shape<'a>) -> Option<Cow<'a, str>> {
        match self.of(shape) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Value<'_> {
    fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Truth(truth) => Value::Truth(*truth),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::List(list) => Value::List(list.iter().map(Self::borrowed).collect()),
        }
    }

    /// On the way to another value, number by number.
    fn towards(&self, other: &Self, share: f64) -> Option<Value<'static>> {
        match (self, other) {
            (Self::Number(from), Self::Number(to)) => {
                Some(Value::Number(from + (to - from) * share))
            }
            (Self::List(from), Self::List(to)) if from.len() == to.len() => {
                let each = from
                    .iter()
                    .zip(to)
                    .map(|(from, to)| from.towards(to, share));
                each.collect::<Option<_>>().map(Value::List)
            }
            _ => None,
        }
    }
}

fn constant(json: &Json) -> Option<Value<'static>> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Truth(*truth),
        Json::Number(number) => Value::Number(number.as_f64()?),
        Json::String(text) => Value::Text(text.clone().into()),
        Json::Array(list) => Value::List(list.iter().map(constant).collect::<Option<_>>()?),
        Json::Object(_) => return None,
    })
}

fn between<'a>(at: f64, stops: &'a [(f64, Expression)], shape: &Shape<'a>) -> Value<'a> {
    let after = stops.iter().position(|(place, _)| at <= *place);
    match after {
        None => stops
            .last()
            .map_or(Value::Null, |(_, value)| value.of(shape)),
        Some(0) => stops[0].1.of(shape),
        Some(after) => {
            let (earlier, from) = &stops[after - 1];
            let (later, to) = &stops[after];
            let share = (at - earlier) / (later - earlier);
            let (from, to) = (from.of(shape), to.of(shape));
            from.towards(&to, share).unwrap_or(Value::Null)
        }
    }
}

/// For who draws few shapes, expressions are read each time.
impl Shape<'_> {
    /// Whether a layer of the style draws it.
    #[must_use]
    pub fn is_drawn_by(&self, layer: &Json) -> bool {
        layer
            .get("filter")
            .is_none_or(|filter| Expression::read(filter).is_ok_and(|filter| filter.holds(self)))
    }

    /// A text or a colour of a layer.
    #[must_use]
    pub fn text(&self, property: &Json) -> Option<String> {
        let expression = Expression::read(property).ok()?;
        expression.text(self).map(Cow::into_owned)
    }

    /// A number of a layer.
    #[must_use]
    pub fn number(&self, property: &Json) -> Option<f64> {
        Expression::read(property).ok()?.number(self)
    }
}

impl<'a> Shape<'a> {
    fn attribute(&self, name: &str) -> Value<'a> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        match found.map(|(_, value)| value) {
            Some(mvt::Value::Text(text)) => Value::Text(Cow::Borrowed(text)),
            Some(mvt::Value::Number(number)) => Value::Number(*number),
            Some(mvt::Value::Truth(truth)) => Value::Truth(*truth),
            Some(mvt::Value::List(ids)) => Value::Text(mvt::listed(ids).into()),
            None => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_of_the_subset_have_their_values() {
        let attributes = [
            ("status", mvt::Value::Text("planned")),
            ("accuracy_m", mvt::Value::Number(50.0)),
            ("drawn", mvt::Value::Truth(true)),
        ];
        let shape = Shape {
            zoom: 13.0,
            geometry_type: "Polygon",
            attributes: &attributes,
        };
        let hovered = json!(["==", ["feature-state", "hover"], true]);
        let polygon = json!([
            "match",
            ["geometry-type"],
            ["Polygon", "MultiPolygon"],
            true,
            false
        ]);
        for (expression, value) in [
            (json!("#fff"), json!("#fff")),
            (json!(["get", "status"]), json!("planned")),
            (json!(["get", "other"]), json!(null)),
            (json!(["has", "status"]), json!(true)),
            (json!(["has", "other"]), json!(false)),
            (
                json!(["coalesce", ["get", "other"], ["get", "accuracy_m"]]),
                json!(50.0),
            ),
            (
                json!(["match", ["get", "status"], ["a", "planned"], 1, 2]),
                json!(1),
            ),
            (json!(["match", ["get", "other"], "a", 1, 2]), json!(2)),
            (polygon.clone(), json!(true)),
            (json!(["case", hovered, 1, ["==", 1, 1], 2, 3]), json!(2)),
            (
                json!(["all", polygon, ["==", ["get", "drawn"], true]]),
                json!(true),
            ),
            (
                json!(["all", true, ["!=", ["get", "drawn"], true]]),
                json!(false),
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
            (
                json!([
                    "interpolate",
                    ["linear"],
                    ["zoom"],
                    12,
                    ["literal", [0, -1]],
                    14,
                    ["literal", [0, 0]]
                ]),
                json!([0, -0.5]),
            ),
        ] {
            let read = Expression::read(&expression).unwrap();
            assert_eq!(read.of(&shape), constant(&value).unwrap(), "{expression}");
        }
    }

    #[test]
    fn what_is_none_of_the_subset_is_refused() {
        for expression in [
            json!(["unheard-of", 1]),
            json!(["get", "a", "b"]),
            json!(["case", true, ["to-color", "red"], 1]),
            json!(["interpolate", ["exponential", 2], ["zoom"], 1, 1]),
            json!(["interpolate", ["linear"], ["zoom"], 1]),
            json!(["match", ["get", "a"], "b", 1]),
            json!([1, 2]),
            json!({ "stops": [] }),
        ] {
            assert!(Expression::read(&expression).is_err(), "{expression}");
        }
    }
}
