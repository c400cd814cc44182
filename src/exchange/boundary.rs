//! What became of boundary sentences, as GeoJSON.

use serde_json::{Value, json};

use crate::boundary::{Compilation, Compiled, Outcome};
use crate::model::Text;

/// The features of a text's sentences, as one collection; where it holds none, a `message` says so.
#[must_use]
pub fn collection(text: &str, compilations: &[Compilation]) -> Value {
    let features: Vec<Value> = compilations.iter().map(|one| feature(text, one)).collect();
    let mut collection = json!({ "type": "FeatureCollection", "features": features });
    if compilations.is_empty() {
        let none = Text::new(
            "这段文字中没有四至描述（如“北至…，南至…，西至…，东至…”）",
            "there is no boundary sentence (such as “北至…，南至…，西至…，东至…”) in this text",
        );
        collection["message"] = none.zh.into();
        collection["message_en"] = none.en.into();
    }
    collection
}

/// One sentence of `text`: its polygon, or none, and the evidence for either.
#[must_use]
pub fn feature(text: &str, compilation: &Compilation) -> Value {
    let Compilation {
        span,
        asked,
        stated_area,
        outcome,
        gaps,
        options,
    } = compilation;
    let (compiled, candidates, message) = match outcome {
        Outcome::Compiled(compiled) => (Some(compiled), &[][..], None),
        Outcome::Ambiguous(ambiguity) => (None, ambiguity.candidates(), Some(ambiguity.text())),
        Outcome::Unresolved(refusal) => (None, &[][..], Some(refusal.text())),
    };
    let evidence = compiled.map(|compiled| compiled.evidence(None));
    let characters = |text: &str| text.chars().count();
    let start = characters(&text[..span.start]);
    let asked: Vec<Value> = asked
        .iter()
        .map(|side| {
            let along = evidence.as_ref().and_then(|evidence| {
                let found = evidence.sides.iter().find(|one| one.side == side.side)?;
                Some(along(found))
            });
            json!({
                "side": side.side,
                "names": side.names,
                "metres": along.map(|(on, _)| on),
                "metres_off": along.map(|(_, off)| off),
            })
        })
        .collect();
    let corners: Vec<Value> = evidence
        .iter()
        .flat_map(|evidence| &evidence.sides)
        .map(|side| {
            let corner = &side.corner;
            json!({
                "from": corner.from,
                "to": corner.to,
                "at": [corner.point.x, corner.point.y],
                "found": corner.how,
                "streets": corner.streets,
                "gap_m": corner.gap_m,
            })
        })
        .collect();
    json!({
        "type": "Feature",
        "geometry": compiled.map(polygon),
        "properties": {
            "sentence": &text[span.clone()],
            "start": start,
            "end": start + characters(&text[span.clone()]),
            "outcome": outcome.name(),
            "message": message.as_ref().map(|text| &text.zh),
            "message_en": message.as_ref().map(|text| &text.en),
            "asked": asked,
            "sides": compiled.map_or(&[][..], |compiled| &compiled.stretches),
            "corners": corners,
            "gaps": gaps,
            "candidates": candidates.iter().map(candidate).collect::<Vec<_>>(),
            "area_m2": evidence.as_ref().map(|evidence| evidence.measured_m2),
            "perimeter_m": evidence.as_ref().map(|evidence| evidence.perimeter_m),
            "on_named": evidence.as_ref().map(|evidence| evidence.on_named),
            "stated_area": stated_area.as_ref().map(|stated| json!({
                "area_m2": stated.m2,
                "quote": stated.quote,
                "ratio": compiled.map(|compiled| thousandths(stated.m2 / compiled.area_m2())),
            })),
            "accuracy_m": compiled.map(|compiled| compiled.accuracy_m),
            "carriageway": options.carriageway,
        },
    })
}

/// Metres of a side along the lines that it names, and off them.
fn along(side: &crate::boundary::SideEvidence) -> (f64, f64) {
    let all: f64 = side.follows.iter().map(|followed| followed.metres).sum();
    let on: f64 = side.asked.iter().map(|asked| asked.metres).sum();
    let tenths = |metres: f64| (metres * 10.0).round() / 10.0;
    (tenths(on), tenths((all - on).max(0.0)))
}

fn candidate(compiled: &Compiled) -> Value {
    json!({
        "geometry": polygon(compiled),
        "area_m2": compiled.area_m2().round(),
        "on_named": thousandths(compiled.on_named()),
        "accuracy_m": compiled.accuracy_m,
    })
}

fn polygon(compiled: &Compiled) -> Value {
    let ring: Vec<[f64; 2]> = compiled.ring.iter().map(|c| [c.x, c.y]).collect();
    json!({ "type": "Polygon", "coordinates": [ring] })
}

fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
