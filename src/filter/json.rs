//! CQL2 JSON to syntax.

use serde_json::{Map, Value};

use super::{
    syntax::{Counter, Kind, Node, Operator, Place, too_deep},
    text::{corners, no_such_function},
    time::Instant,
};
use crate::{
    geometry::read,
    model::{Text, shortened},
};

/// Reads a whole filter.
///
/// # Errors
/// What stands at which line and column, or at which member, and what should.
pub fn parse(text: &str) -> Result<Node, Text> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        // What the reader has no better name for.
        if error.to_string().starts_with("recursion limit") {
            return too_deep(&Place::ROOT);
        }
        Place::ROOT.error(
            format!("不是 JSON：{error}"),
            format!("this is no JSON: {error}"),
        )
    })?;
    Reader::default().node(&value, Place::ROOT)
}

/// The forms that an object can have, by the member that tells it.
const FORMS: &str = "op, property, date, timestamp, interval, bbox, type";

#[derive(Default)]
struct Reader {
    counter: Counter,
}

impl Reader {
    fn node(&mut self, value: &Value, at: Place) -> Result<Node, Text> {
        self.counter.term(&at)?;
        let kind = match value {
            Value::Null => {
                return Err(at.error(
                    "null 不是值：判断有无请用 isNull",
                    "null is no value: use isNull to ask whether there is one",
                ));
            }
            Value::Bool(truth) => Kind::Boolean(*truth),
            Value::Number(number) => {
                let number = number.as_f64().filter(|number| number.is_finite());
                Kind::Number(
                    number
                        .ok_or_else(|| at.error("应为有限的数", "it should be a finite number"))?,
                )
            }
            Value::String(text) => Kind::Text(text.clone()),
            Value::Array(items) => {
                let items = self.items(items, &at)?;
                return Node::list(at, items);
            }
            Value::Object(object) => return self.object(value, object, at),
        };
        Ok(Node::leaf(at, kind))
    }

    fn items(&mut self, items: &[Value], at: &Place) -> Result<Vec<Node>, Text> {
        items
            .iter()
            .enumerate()
            .map(|(index, item)| self.node(item, at.member(&index)))
            .collect()
    }

    fn object(
        &mut self,
        value: &Value,
        object: &Map<String, Value>,
        at: Place,
    ) -> Result<Node, Text> {
        let kind = if let Some(op) = object.get("op") {
            return self.operation(op, object.get("args"), at);
        } else if let Some(name) = object.get("property") {
            Kind::Property(string(name, &at.member("property"))?.to_owned())
        } else if let Some(date) = object.get("date") {
            let at = at.member("date");
            let date = Instant::parse_date(string(date, &at)?);
            Kind::Instant(date.ok_or_else(|| no_time(&at, "2024-02-29"))?)
        } else if let Some(timestamp) = object.get("timestamp") {
            let at = at.member("timestamp");
            let timestamp = Instant::parse_timestamp(string(timestamp, &at)?);
            Kind::Instant(timestamp.ok_or_else(|| no_time(&at, "2024-02-29T08:30:00Z"))?)
        } else if let Some(interval) = object.get("interval") {
            let within = at.member("interval");
            let Some([start, end]) = interval.as_array().map(Vec::as_slice) else {
                return Err(within.error(
                    "interval 应为两端：[\"2024-01-01\", \"..\"]",
                    "an interval should be its two ends: [\"2024-01-01\", \"..\"]",
                ));
            };
            let start = self.bound(start, within.member(&0))?;
            let end = self.bound(end, within.member(&1))?;
            return Ok(Node::interval(at, start, end));
        } else if object.contains_key("type") {
            let geometry: geojson::Geometry =
                serde_json::from_value(value.clone()).map_err(|error| {
                    at.error(
                        format!("不是 GeoJSON 几何：{error}"),
                        format!("this is no GeoJSON geometry: {error}"),
                    )
                })?;
            self.counter.vertices(&at, read::vertex_count(&geometry))?;
            Kind::Geometry(Box::new(geometry))
        } else if let Some(numbers) = object.get("bbox") {
            let list = numbers.as_array().map(Vec::as_slice).unwrap_or_default();
            let numbers: Option<Vec<f64>> = list.iter().map(Value::as_f64).collect();
            let corners = numbers.and_then(|numbers| corners(&numbers));
            Kind::Box(corners.ok_or_else(|| {
                at.member("bbox").error(
                    "bbox 应为四个数（或六个，含高程）",
                    "a bbox should be four numbers (or six, with heights)",
                )
            })?)
        } else {
            return Err(at.error(
                format!("对象应有下列成员之一：{FORMS}"),
                format!("an object should have one of the members {FORMS}"),
            ));
        };
        Ok(Node::leaf(at, kind))
    }

    fn operation(&mut self, op: &Value, operands: Option<&Value>, at: Place) -> Result<Node, Text> {
        let within = at.member("op");
        let name = string(op, &within)?;
        let operator = Operator::find(name).ok_or_else(|| no_such_function(&within, name))?;
        let within = at.member("args");
        let Some(Value::Array(operands)) = operands else {
            return Err(within.error(
                "应有 args，操作数的列表",
                "there should be args, the list of operands",
            ));
        };
        let operands = self.items(operands, &within)?;
        Node::call(at, operator, operands)
    }

    fn bound(&mut self, value: &Value, at: Place) -> Result<Node, Text> {
        match value {
            Value::String(text) => {
                self.counter.term(&at)?;
                let kind = if text == ".." {
                    Kind::Open
                } else {
                    let form = "2024-02-29, 2024-02-29T08:30:00Z, ..";
                    Kind::Instant(Instant::parse(text).ok_or_else(|| no_time(&at, form))?)
                };
                Ok(Node::leaf(at, kind))
            }
            _ => self.node(value, at),
        }
    }
}

fn string<'a>(value: &'a Value, at: &Place) -> Result<&'a str, Text> {
    value
        .as_str()
        .ok_or_else(|| at.error("应为字符串", "it should be a string"))
}

fn no_time(at: &Place, form: &str) -> Text {
    at.error(
        format!("应为时间：{}", shortened(form)),
        format!("it should be a time: {form}"),
    )
}
