//! What a layer draws of a feature.

use geo::{Geometry, InteriorPoint, LineString, MultiPolygon, unary_union};
use serde::Deserialize;

use super::{Derived, mvt::Value};
use crate::{
    geometry::{frame::Frame, measure},
    model::Feature,
};

/// Takes a shape in degrees, and its attributes.
pub trait Take: FnMut(&Geometry<f64>, &[(&'static str, Value<'_>)]) {}
impl<T: FnMut(&Geometry<f64>, &[(&'static str, Value<'_>)])> Take for T {}

/// Hands on each shape that a layer draws of a feature; none of one without geometry.
pub fn each_shape(derived: Derived, feature: &Feature, mut take: impl Take) {
    let Some(geometry) = &feature.geometry else {
        return;
    };
    match derived {
        Derived::Features => take(geometry, &attributes(feature)),
        Derived::Accuracy => accuracy(feature, geometry, take),
        Derived::Sides => sides(feature, geometry, take),
        Derived::Bands => band(feature, geometry, take),
        Derived::Labels => label(feature, geometry, take),
    }
}

/// What the style draws by, and clients filter by.
fn attributes(feature: &Feature) -> Vec<(&'static str, Value<'_>)> {
    let mut list = vec![
        ("id", Value::Text(&feature.id)),
        ("name", Value::Text(&feature.name)),
        ("name_en", Value::Text(&feature.name_en)),
        ("kind", Value::Text(&feature.kind)),
        ("located_by", Value::Text(feature.located_by.as_str())),
        ("accuracy_m", Value::Number(feature.accuracy_m)),
    ];
    if let Some(status) = feature.status {
        list.push(("status", Value::Text(status.as_str())));
    }
    if let Some(land_use) = &feature.land_use {
        list.push(("land_use", Value::Text(land_use.as_str())));
    }
    for (name, ids) in [("documents", &feature.documents), ("zones", &feature.zones)] {
        if !ids.is_empty() {
            list.push((name, Value::List(ids)));
        }
    }
    list
}

fn accuracy(feature: &Feature, geometry: &Geometry<f64>, mut take: impl Take) {
    if let Geometry::Point(point) = geometry
        && feature.accuracy_m > 0.0
    {
        let ring = measure::circle(point.0, feature.accuracy_m);
        take(&ring.into(), &attributes(feature));
    }
}

fn label(feature: &Feature, geometry: &Geometry<f64>, mut take: impl Take) {
    if matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
        && let Some(point) = geometry.interior_point()
    {
        take(&point.into(), &attributes(feature));
    }
}

/// The part of a zone's properties that tells what its outline follows.
#[derive(Default, Deserialize)]
struct Outline {
    #[serde(default)]
    sides: Vec<Stretch>,
}

#[derive(Deserialize)]
struct Stretch {
    side: String,
    kind: String,
    street: Option<String>,
    from: usize,
    to: usize,
    metres: f64,
    accuracy_m: f64,
}

/// The stretches of a compiled outline, each with its line; none where it is no such outline.
fn stretches(feature: &Feature, geometry: &Geometry<f64>) -> Vec<(Stretch, LineString<f64>)> {
    let text = feature.properties.get();
    let Geometry::Polygon(polygon) = geometry else {
        return vec![];
    };
    if !text.contains("\"sides\"") {
        return vec![];
    }
    let outline: Outline = serde_json::from_str(text).unwrap_or_default();
    outline
        .sides
        .into_iter()
        .filter_map(|stretch| {
            let coords = polygon.exterior().0.get(stretch.from..=stretch.to)?;
            Some((stretch, LineString::new(coords.to_vec())))
        })
        .collect()
}

fn sides(feature: &Feature, geometry: &Geometry<f64>, mut take: impl Take) {
    for (stretch, line) in stretches(feature, geometry) {
        let mut attributes = attributes(feature);
        attributes.retain(|(name, _)| *name != "accuracy_m");
        attributes.extend([
            ("side", Value::Text(&stretch.side)),
            ("stretch", Value::Text(&stretch.kind)),
            (
                "street",
                Value::Text(stretch.street.as_deref().unwrap_or("")),
            ),
            ("metres", Value::Number(stretch.metres)),
            ("accuracy_m", Value::Number(stretch.accuracy_m)),
        ]);
        take(&line.into(), &attributes);
    }
}

/// One shape for the whole outline: where the bands of stretches meet they must not add up.
fn band(feature: &Feature, geometry: &Geometry<f64>, mut take: impl Take) {
    let bands: Vec<MultiPolygon<f64>> = stretches(feature, geometry)
        .into_iter()
        .map(|(stretch, line)| {
            let line = line.into();
            Frame::around(&line).buffer(&line, stretch.accuracy_m)
        })
        .collect();
    if !bands.is_empty() {
        take(&unary_union(&bands).into(), &attributes(feature));
    }
}
