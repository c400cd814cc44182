//! The golden set: sentences on fixed networks, each with what must become of it and, where it
//! compiles, a polygon that was made without the compiler (`tests/golden/make_golden.py`).
//!
//! `cargo test --test it golden -- --nocapture` prints the report.

use std::collections::BTreeMap;
use std::{fmt, fs};

use geo::{Area, BooleanOps, Coord, LineString, Polygon};
use renewal_map::{
    boundary::{Carriageway, Line, LineKind, Network, Options, Outcome},
    geometry::frame::Frame,
};
use serde::Deserialize;

use crate::support::repository;

/// Polygons that have at least so much of their common ground in common are the same place.
const SAME: f64 = 0.95;

/// The least share of the compiled sentences whose polygon must be the same place as the expected.
const MIN_SHARE: f64 = 0.95;

/// The least mean of what they have in common, but for what is known to be wrong: it shows a shift by
/// some metres that no large polygon shows alone.
const MIN_MEAN: f64 = 0.99;

/// A sentence, and what must become of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The file of the streets.
    network: String,
    text: String,
    /// Where it runs along carriageways.
    #[serde(default)]
    carriageway: Carriageway,
    /// By its name.
    outcome: String,
    /// Longitude and latitude, closed; where it compiles.
    polygon: Option<Vec<[f64; 2]>>,
    /// Words that the message must hold; where it does not compile.
    reason_contains: Vec<String>,
    /// What the sentence is there for.
    why: String,
    /// What the compiler makes of it instead, where it is known to be wrong.
    known: Option<String>,
}

impl Case {
    fn must_be_refused(&self) -> bool {
        !self.outcome.starts_with("compiled")
    }

    fn expected(&self) -> Option<Polygon<f64>> {
        let ring = self.polygon.as_ref()?;
        let ring: Vec<Coord<f64>> = ring.iter().map(|&[x, y]| Coord { x, y }).collect();
        Some(Polygon::new(LineString::new(ring), vec![]))
    }
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(repository().join("tests/golden/cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[derive(Deserialize)]
struct LinesFile {
    features: Vec<LineFeature>,
}

#[derive(Deserialize)]
struct LineFeature {
    id: String,
    properties: LineProperties,
    geometry: LineGeometry,
}

#[derive(Deserialize)]
struct LineProperties {
    name: String,
    aliases: Vec<String>,
    kind: String,
    accuracy_m: f64,
}

#[derive(Deserialize)]
struct LineGeometry {
    coordinates: Vec<(f64, f64)>,
}

fn network(name: &str) -> Network {
    let path = repository().join(format!("tests/golden/networks/{name}.geojson"));
    let file: LinesFile = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let line = |feature: LineFeature| Line {
        id: feature.id,
        name: feature.properties.name,
        aliases: feature.properties.aliases,
        kind: match feature.properties.kind.as_str() {
            "street" => LineKind::Street,
            "river" => LineKind::River,
            "other" => LineKind::Other,
            kind => panic!("{name}: {kind}"),
        },
        accuracy_m: feature.properties.accuracy_m,
        coords: feature.geometry.coordinates.into(),
    };
    let lines: Vec<Line> = file.features.into_iter().map(line).collect();
    Network::new(&lines)
}

/// The outcome of the one sentence of a text.
fn compile(case: &Case, network: &Network) -> Outcome {
    let options = Options {
        carriageway: case.carriageway,
        ..Options::default()
    };
    let mut found = network.compile_text(&case.text, options, || true).unwrap();
    assert_eq!(found.len(), 1, "{}: one sentence", case.text);
    found.swap_remove(0).outcome
}

/// Intersection over union of two polygons in degrees.
fn overlap(a: &Polygon<f64>, b: &Polygon<f64>) -> f64 {
    let frame = Frame::at(a.exterior().0[0]);
    let in_metres = |polygon: &Polygon<f64>| {
        let ring = polygon.exterior().coords().map(|&c| frame.to_plane(c));
        Polygon::new(ring.collect(), vec![])
    };
    let (a, b) = (in_metres(a), in_metres(b));
    a.intersection(&b).unsigned_area() / a.union(&b).unsigned_area()
}

/// How an outcome is not what its case asks for, if it is not.
fn judge(case: &Case, outcome: &Outcome) -> Result<(), String> {
    let said = match outcome {
        Outcome::Compiled(_) => String::new(),
        Outcome::Ambiguous(ambiguity) => ambiguity.to_string(),
        Outcome::Unresolved(refusal) => refusal.to_string(),
    };
    if outcome.name() != case.outcome {
        return Err(format!("{}, not {}: {said}", outcome.name(), case.outcome));
    }
    if let Some(words) = case.reason_contains.iter().find(|w| !said.contains(*w)) {
        return Err(format!("“{words}” is not in “{said}”"));
    }
    match (outcome, case.expected()) {
        (Outcome::Compiled(area), Some(expected)) => {
            let overlap = overlap(&area.polygon(), &expected);
            if overlap > SAME {
                Ok(())
            } else {
                Err(format!("only {overlap:.4} in common"))
            }
        }
        (Outcome::Compiled(_), None) | (_, Some(_)) => {
            Err("a polygon is expected where, and only where, a sentence compiles".into())
        }
        (_, None) => Ok(()),
    }
}

/// What became of all sentences.
#[derive(Default)]
struct Report {
    networks: usize,
    /// Intersection over union of each that must compile: 0 where it does not.
    overlaps: Vec<f64>,
    /// The same of those that are not known to be wrong.
    sound_overlaps: Vec<f64>,
    /// Whether each that must be refused is.
    refusals: Vec<bool>,
    /// What each that is refused or ambiguous is told, in both languages.
    told: Vec<String>,
    /// What is known to be wrong, and is.
    known: Vec<String>,
    /// What is not as it must be, or as it is known to be.
    wrong: Vec<String>,
}

impl Report {
    fn of(cases: &[Case]) -> Self {
        let mut report = Self::default();
        let mut networks: BTreeMap<&str, Network> = BTreeMap::new();
        for case in cases {
            let network = networks
                .entry(&case.network)
                .or_insert_with(|| network(&case.network));
            report.add(case, &compile(case, network));
        }
        report.networks = networks.len();
        report
    }

    fn add(&mut self, case: &Case, outcome: &Outcome) {
        let judged = judge(case, outcome);
        if case.must_be_refused() {
            self.refusals.push(!matches!(outcome, Outcome::Compiled(_)));
        } else {
            let overlap = match (outcome, case.expected()) {
                (Outcome::Compiled(area), Some(expected)) => overlap(&area.polygon(), &expected),
                _ => 0.0,
            };
            self.overlaps.push(overlap);
            if case.known.is_none() {
                self.sound_overlaps.push(overlap);
            }
        }
        let told = match outcome {
            Outcome::Compiled(_) => None,
            Outcome::Ambiguous(ambiguity) => Some(ambiguity.text()),
            Outcome::Unresolved(refusal) => Some(refusal.text()),
        };
        self.told.extend(told.map(|told| {
            let text = case.text.trim();
            format!(
                "{}: {text}\n      {}\n      {}",
                case.network, told.zh, told.en
            )
        }));
        let name = format!("{}: {} ({})", case.network, case.text.trim(), case.why);
        match (judged, &case.known) {
            (Ok(()), None) => {}
            (Err(how), None) => self.wrong.push(format!("{name}: {how}")),
            (Err(_), Some(known)) => self.known.push(format!("{name}: {known}")),
            (Ok(()), Some(_)) => self
                .wrong
                .push(format!("{name}: known as wrong, and is not")),
        }
    }

    fn share_same(&self) -> f64 {
        mean(self.overlaps.iter().map(|&o| f64::from(u8::from(o > SAME))))
    }

    fn refusal_rate(&self) -> f64 {
        mean(
            self.refusals
                .iter()
                .map(|&is_refused| f64::from(u8::from(is_refused))),
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (compile, refuse) = (self.overlaps.len(), self.refusals.len());
        writeln!(
            f,
            "golden set: {} sentences on {} networks",
            compile + refuse,
            self.networks
        )?;
        writeln!(
            f,
            "  {compile} must compile: mean IoU {:.4}, above {SAME}: {:.1}%",
            mean(self.overlaps.iter().copied()),
            self.share_same() * 100.0
        )?;
        writeln!(
            f,
            "  {refuse} must be refused: {:.1}% are",
            self.refusal_rate() * 100.0
        )?;
        for told in &self.told {
            writeln!(f, "    {told}")?;
        }
        writeln!(f, "  {} are known to be wrong", self.known.len())?;
        for known in &self.known {
            writeln!(f, "    {known}")?;
        }
        Ok(())
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = f64::from(u32::try_from(values.len()).unwrap());
    values.sum::<f64>() / count
}

#[test]
fn golden_sentences_become_what_they_must() {
    let report = Report::of(&cases());
    println!("{report}");
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
    assert!(report.overlaps.len() >= 60 && report.refusals.len() >= 20);
    let refused = report.refusals.iter().filter(|is_refused| **is_refused);
    assert_eq!(refused.count(), report.refusals.len());
    assert!(report.share_same() >= MIN_SHARE);
    assert!(mean(report.sound_overlaps.iter().copied()) >= MIN_MEAN);
}

#[test]
fn inner_and_outer_carriageways_are_told_apart() {
    let cases = cases();
    let aside = cases
        .iter()
        .filter(|case| case.carriageway != Carriageway::Centre);
    let mut of_each = BTreeMap::new();
    for case in aside {
        let network = network(&case.network);
        let expected = case.expected().unwrap();
        let overlap = |carriageway: Carriageway| {
            let case = Case {
                carriageway,
                ..case.clone()
            };
            match compile(&case, &network) {
                Outcome::Compiled(area) => overlap(&area.polygon(), &expected),
                other => panic!("{}: {other:?}", case.text),
            }
        };
        let asked = overlap(case.carriageway);
        assert!(asked > 0.998, "{}: {asked}", case.why);
        assert!(overlap(Carriageway::Centre) < asked - 0.005, "{}", case.why);
        *of_each
            .entry(format!("{:?}", case.carriageway))
            .or_insert(0) += 1;
    }
    assert_eq!(of_each["Inner"], of_each["Outer"]);
    assert!(of_each["Inner"] >= 5);
}

/// Moved to the east by so many metres.
fn moved(case: &Case, metres: f64) -> Case {
    let mut case = case.clone();
    for point in case.polygon.iter_mut().flatten() {
        let frame = Frame::at(Coord::from(*point));
        *point = frame.to_degrees(Coord { x: metres, y: 0.0 }).into();
    }
    case
}

#[test]
fn what_is_not_as_it_must_be_is_told() {
    let cases = cases();
    let told = |case: &Case| Report::of(std::slice::from_ref(case)).wrong;
    let compiles = |case: &&Case| case.network == "grid" && !case.must_be_refused();
    let block = cases.iter().find(compiles).unwrap();
    assert_eq!(told(block), [""; 0]);
    assert!(told(&moved(block, 30.0))[0].contains("in common"));
    let without = Case {
        polygon: None,
        ..block.clone()
    };
    assert!(told(&without)[0].contains("a polygon is expected"));
    let with_gaps = Case {
        outcome: "compiled_with_gaps".into(),
        ..block.clone()
    };
    assert!(told(&with_gaps)[0].contains("compiled, not compiled_with_gaps"));
    let refused = Case {
        outcome: "unresolved".into(),
        polygon: None,
        ..block.clone()
    };
    assert!(told(&refused)[0].contains("compiled, not unresolved"));
    let known = Case {
        known: Some("refused".into()),
        ..block.clone()
    };
    assert!(told(&known)[0].contains("and is not"));
    let refused = cases.iter().find(|case| case.must_be_refused()).unwrap();
    let otherwise = Case {
        reason_contains: vec!["月亮".into()],
        ..refused.clone()
    };
    assert!(told(&otherwise)[0].contains("“月亮” is not in"));
    // A shift of large areas too, by what all of them have in common.
    let aside: Vec<Case> = cases.iter().map(|case| moved(case, 30.0)).collect();
    let report = Report::of(&aside);
    assert!(report.share_same() < MIN_SHARE);
    assert!(mean(report.sound_overlaps.iter().copied()) < MIN_MEAN);
}
