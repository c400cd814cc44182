//! What the page draws above the data: the area asked about, its hits, what is selected, how many
//! things stand at one place, and the polygons of boundary sentences.

use std::collections::{BTreeMap, HashSet};

use geo::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon, Rect};

use super::{look::Source, map::Shown};
use crate::{
    area::{Area, Certainty, Hit, Interrupted, Patience},
    boundary::{Compilation, Compiled, OpenKind, Outcome, StretchKind},
    geometry::measure,
    report::Lang,
    share,
    tiles::Value,
};

/// Degrees within which points stand at one place, as on the page: four decimals, ten metres.
const SAME_PLACE: f64 = 1e4;
/// How opaque a polygon of a sentence is, and each of several that it may mean.
const OPACITY: [f64; 2] = [0.1, 0.06];
/// The sources of the page's own.
const AREA: Source = Source::Overlay("page-area");
pub const HITS: Source = Source::Overlay("page-hits");
const FOCUS: Source = Source::Overlay("page-focus");
const STACKS: Source = Source::Overlay("page-stacks");
const BOUNDARY: Source = Source::Overlay("page-boundary");
const POINTS: Source = Source::Overlay("page-boundary-points");
/// Collections in which a sentence's names are looked for, as on the page.
const LINES: [&str; 2] = ["streets", "water"];

/// Takes the source that a shape is of, the shape in degrees, and its attributes.
pub trait Take: FnMut(Source, &Geometry<f64>, &[(&'static str, Value<'_>)]) {}
impl<T: FnMut(Source, &Geometry<f64>, &[(&'static str, Value<'_>)])> Take for T {}

/// Hands on each shape that lies over the data. `found` and `points` are what is in the area asked about
/// and points of the data, both as far as they lie in the frame, which shows the `window` (degrees).
///
/// # Errors
/// Where it takes longer than `patience`.
pub fn each_shape(
    shown: &Shown<'_>,
    found: &[&Hit<'_>],
    points: &[Coord<f64>],
    window: Rect<f64>,
    patience: &Patience,
    mut take: impl Take,
) -> Result<(), Interrupted> {
    if let Some(area) = shown.area {
        asked(area, &mut take);
    }
    hits(found, patience, &mut take)?;
    selected(shown, &mut take);
    stacks(points, &mut take);
    sentences(shown, window, patience, &mut take)
}

fn asked(area: &Area, take: &mut impl Take) {
    // The area of a feature is drawn with the feature.
    let drawn = Value::Truth(area.feature().is_none());
    let polygons: MultiPolygon<f64> = area.polygons().clone();
    take(AREA, &polygons.into(), &[("drawn", drawn)]);
}

fn hits(found: &[&Hit<'_>], patience: &Patience, take: &mut impl Take) -> Result<(), Interrupted> {
    for hit in found {
        patience.check()?;
        let Some(geometry) = &hit.feature.geometry else {
            continue;
        };
        let certainty = match hit.certainty {
            Certainty::Certain => "certain",
            Certainty::Possible => "possible",
            Certainty::Borderline => "borderline",
        };
        take(HITS, geometry, &[("certainty", Value::Text(certainty))]);
    }
    Ok(())
}

fn selected(shown: &Shown<'_>, take: &mut impl Take) {
    let feature = shown.view.select.as_ref();
    let Some(feature) = feature.and_then(|name| shown.snapshot.feature(name)) else {
        return;
    };
    let Some(geometry) = &feature.geometry else {
        return;
    };
    let part = |part: &'static str| [("part", Value::Text(part))];
    let Geometry::Point(point) = geometry else {
        return take(FOCUS, geometry, &part("shape"));
    };
    take(FOCUS, geometry, &part("point"));
    if feature.accuracy_m > 0.0 {
        let ring = measure::circle(point.0, feature.accuracy_m);
        take(FOCUS, &ring.into(), &part("ring"));
    }
}

fn stacks(points: &[Coord<f64>], take: &mut impl Take) {
    let mut places: BTreeMap<[i64; 2], (Coord<f64>, usize)> = BTreeMap::new();
    for point in points {
        #[expect(clippy::cast_possible_truncation, reason = "degrees")]
        let place = [point.x, point.y].map(|degrees| (degrees * SAME_PLACE).round() as i64);
        places.entry(place).or_insert((*point, 0)).1 += 1;
    }
    for (point, count) in places.into_values().filter(|(_, count)| *count > 1) {
        let count = count.to_string();
        take(
            STACKS,
            &Point(point).into(),
            &[("count", Value::Text(&count))],
        );
    }
}

fn sentences(
    shown: &Shown<'_>,
    window: Rect<f64>,
    patience: &Patience,
    take: &mut impl Take,
) -> Result<(), Interrupted> {
    // A text that can't be read shows nothing, here as on the page.
    if let Some(Ok(compilations)) = share::sentences(shown.view, shown.snapshot, patience)? {
        for compilation in &compilations {
            sentence(compilation, shown.lang, take);
        }
        named(&compilations, shown, window, patience, take)?;
    }
    Ok(())
}

fn sentence(compilation: &Compilation, lang: Lang, take: &mut impl Take) {
    match &compilation.outcome {
        Outcome::Compiled(compiled) => outline(compiled, lang, take),
        Outcome::Ambiguous(ambiguity) => {
            for (number, candidate) in (1..).zip(ambiguity.candidates()) {
                let polygon = polygon(candidate);
                take(BOUNDARY, &polygon, &area(OPACITY[1]));
                take(BOUNDARY, &polygon, &[("part", Value::Text("candidate"))]);
                let label = match lang {
                    Lang::Zh => format!("第 {number} 种"),
                    Lang::En => format!("No. {number}"),
                };
                name(&candidate.ring, "", &label, take);
            }
        }
        Outcome::Unresolved(_) => {}
    }
    let apart = compilation
        .gaps
        .iter()
        .filter(|gap| gap.kind == OpenKind::Apart);
    for gap in apart.filter(|gap| gap.line.len() > 1) {
        let line = LineString::new(gap.line.clone());
        take(BOUNDARY, &line.into(), &[("part", Value::Text("apart"))]);
        let far = metres(gap.metres, lang);
        let label = match lang {
            Lang::Zh => format!("相距 {far}"),
            Lang::En => format!("{far} apart"),
        };
        name(&gap.line, "east", &label, take);
    }
}

/// The lines that sentences without a polygon name, as far as there are any.
fn named(
    compilations: &[Compilation],
    shown: &Shown<'_>,
    window: Rect<f64>,
    patience: &Patience,
    take: &mut impl Take,
) -> Result<(), Interrupted> {
    let names: HashSet<&str> = compilations
        .iter()
        .filter(|compilation| !matches!(compilation.outcome, Outcome::Compiled(_)))
        .flat_map(|compilation| &compilation.asked)
        .flat_map(|side| &side.names)
        .filter_map(|name| name.street.as_deref())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    for id in LINES {
        let Some(collection) = shown.snapshot.collection(id) else {
            continue;
        };
        let near = collection.near(window);
        for feature in near.filter(|feature| names.contains(&*feature.name)) {
            patience.check()?;
            if let Some(geometry) = &feature.geometry {
                take(Source::Named(id), geometry, &[]);
            }
        }
    }
    Ok(())
}

fn outline(compiled: &Compiled, lang: Lang, take: &mut impl Take) {
    take(BOUNDARY, &polygon(compiled), &area(OPACITY[0]));
    for stretch in &compiled.stretches {
        let Some(line) = compiled.ring.get(stretch.from..=stretch.to) else {
            continue;
        };
        let side = stretch.side.en();
        let is_street = stretch.kind == StretchKind::Street;
        let attributes = [
            ("part", Value::Text("side")),
            ("side", Value::Text(side)),
            // The style tells named streets from the rest.
            (
                "kind",
                Value::Text(if is_street { "street" } else { "other" }),
            ),
        ];
        take(
            BOUNDARY,
            &LineString::new(line.to_vec()).into(),
            &attributes,
        );
        let what = stretch.street.clone().unwrap_or_else(|| {
            let far = metres(stretch.metres, lang);
            match lang {
                Lang::Zh => format!("直线 {far}"),
                Lang::En => format!("straight {far}"),
            }
        });
        let label = if is_street {
            let initial = side[..1].to_uppercase();
            let zh = stretch.side.zh().to_string();
            format!("{} {what}", lang.pick(&zh, &initial))
        } else {
            what
        };
        name(line, side, &label, take);
    }
    for side in compiled.evidence(None).sides {
        let corner = Point(side.corner.point);
        take(BOUNDARY, &corner.into(), &[("part", Value::Text("corner"))]);
    }
}

fn area(opacity: f64) -> [(&'static str, Value<'static>); 2] {
    [
        ("part", Value::Text("area")),
        ("opacity", Value::Number(opacity)),
    ]
}

fn polygon(compiled: &Compiled) -> Geometry<f64> {
    Polygon::new(LineString::new(compiled.ring.clone()), vec![]).into()
}

/// A name at the middle of a line, on the outer side of an area.
fn name(line: &[Coord<f64>], side: &str, label: &str, take: &mut impl Take) {
    if let Some(middle) = midpoint(line) {
        let attributes = [("side", Value::Text(side)), ("label", Value::Text(label))];
        take(POINTS, &Point(middle).into(), &attributes);
    }
}

/// The point halfway along a line, reckoned in degrees: it only has to look like the middle.
fn midpoint(line: &[Coord<f64>]) -> Option<Coord<f64>> {
    let steps = line.windows(2).map(|pair| {
        let run = pair[1] - pair[0];
        (pair[0], run, run.x.hypot(run.y))
    });
    let all: f64 = steps.clone().map(|(_, _, length)| length).sum();
    let mut left = all / 2.0;
    for (start, run, length) in steps {
        if left <= length && length > 0.0 {
            return Some(start + run * (left / length));
        }
        left -= length;
    }
    None
}

/// A length in words, as the page writes it.
fn metres(metres: f64, lang: Lang) -> String {
    if metres < 1_000.0 {
        return format!("{metres:.0} {}", lang.pick("米", "m"));
    }
    let km = metres / 1_000.0;
    let decimals = if km < 10.0 { 2 } else { 1 };
    let written = format!("{km:.decimals$}");
    let written = written.trim_end_matches('0').trim_end_matches('.');
    format!("{written} {}", lang.pick("公里", "km"))
}
