//! What is stated against what is measured, and whether a stated figure can be read at all.

use super::{files::Files, load::Problem, snapshot::Snapshot};
use crate::{
    documents::Claim,
    geometry::{
        measure,
        mismatch::{UNITS, likely_cause},
    },
    model::{Feature, FeatureRef, Period, Text},
};

/// A stated area further from the measured one than this share is told of: surveys and rounding
/// differ by less, mistaken units and map projections by more.
const GROSS: f64 = 0.2;

/// The attributes that state the area of the ground that a polygon covers.
const AREAS: [&str; 2] = ["area", "land_area"];

/// Checks units and dates of claims, and the areas that they state of polygons.
pub(super) fn check<'a>(
    claims: impl Iterator<Item = &'a Claim>,
    snapshot: &Snapshot,
    seeds: &Files,
    geodata: &Files,
    problems: &mut Vec<Problem>,
) {
    for claim in claims {
        let subject: Option<FeatureRef> = claim.subject.parse().ok();
        let subject = subject.and_then(|name| snapshot.feature(&name));
        problems.extend(flaws(claim, subject).map(|reason| {
            // A claim of a feature's own is called by that feature, others by their own ids.
            let own = claim.id.split_once('#').and_then(|(name, _)| {
                let name: FeatureRef = name.parse().ok()?;
                Some((format!("{}.geojson", name.collection), name.id.to_string()))
            });
            match own {
                Some((file, id)) => Problem {
                    file: geodata.path(&file),
                    feature: Some(id),
                    reason,
                },
                None => Problem {
                    file: seeds.path(if claim.id.starts_with("indicators-") {
                        "indicators.json"
                    } else {
                        "claims.json"
                    }),
                    feature: Some(claim.id.clone()),
                    reason,
                },
            }
        }));
    }
}

/// What is wrong with a claim on a feature; `None` where it is on none that can be measured.
pub(super) fn flaws(claim: &Claim, subject: Option<&Feature>) -> impl Iterator<Item = Text> {
    let area = subject.and_then(|feature| area(claim, feature));
    [unit(claim), date(claim), area].into_iter().flatten()
}

fn unit(claim: &Claim) -> Option<Text> {
    let missing = claim.value.is_number()
        && claim
            .unit
            .as_deref()
            .is_none_or(|unit| unit.trim().is_empty());
    missing.then(|| {
        let Claim {
            attribute, value, ..
        } = claim;
        Text::new(
            format!("数值 {attribute} = {value} 没有单位"),
            format!("the quantity {attribute} = {value} has no unit"),
        )
    })
}

fn date(claim: &Claim) -> Option<Text> {
    let date = claim.date.as_deref()?;
    let readable = match date.split_once('/') {
        Some((from, to)) => [from, to]
            .into_iter()
            .all(|end| Period::parse_date(end).is_some()),
        None => Period::parse_date(date).is_some(),
    };
    // Those of statuses are checked where they are read.
    let told = readable || claim.attribute == "status";
    (!told).then(|| {
        Text::new(
            format!("日期“{date}”应写作 2021、2021-03、2021-03-08 或 2021/2025"),
            format!("the date “{date}” should read 2021, 2021-03, 2021-03-08 or 2021/2025"),
        )
    })
}

fn area(claim: &Claim, feature: &Feature) -> Option<Text> {
    if !AREAS.contains(&claim.attribute.as_str()) {
        return None;
    }
    let unit = claim.unit.as_deref()?;
    let (_, square_metres) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let measured = measure::area_m2(feature.geometry.as_ref()?);
    if measured <= 0.0 {
        return None;
    }
    let ratio = claim.value.as_f64()? * square_metres / measured;
    if (1.0 - GROSS..=1.0 + GROSS).contains(&ratio) {
        return None;
    }
    let latitude = feature.bounds()?.center().y;
    let cause = likely_cause(ratio, Some(unit), latitude);
    let (value, hectares) = (&claim.value, measured / 1e4);
    Some(Text::new(
        format!(
            "所述面积 {value} {unit} 是实测 {hectares:.2} 公顷的 {ratio:.2} 倍，{}",
            cause.zh
        ),
        format!(
            "the stated area of {value} {unit} is {ratio:.2} times the measured {hectares:.2} ha: {}",
            cause.en
        ),
    ))
}
