//! How the numbers of a file are to be read, judged by where they then lie.
//!
//! First the reference system: in which of those that the service knows, and in which order of the
//! axes, do the numbers come to lie in the district or near it? Systems differ by many kilometres, so
//! this is sure; one that it does not know may differ from one of these by less, and there streets decide.
//! Then the datum: GCJ-02 and BD-09 differ from WGS 84 by some hundred metres, and the
//! witnesses are streets, which parcels do not lie across and lines of streets lie along, and the
//! district's outline.
//!
//! What the streets' agreement is worth depends on the file: parcels of a hamlet may miss all streets
//! wherever they are put. So the file is put at other places too, at which it surely does not belong,
//! and a hypothesis is supported by the ratio of how likely its score is if it is right and if it is one
//! more wrong place. What no witness speaks for stays as likely as it was before.

use std::{collections::HashSet, f64::consts::TAU, fmt::Write};

use geo::Coord;

use super::{
    finding::{Code, Finding, FromDatum, Proposal, Severity},
    ground::{Ground, STEP_M, Stop, along},
    reading::{Converter, Reading, on_the_globe},
    sample::{Outline, Sample},
};
use crate::{
    geometry::{crs::Crs, datum::Datum},
    model::Text,
};

/// What a file says of its reference system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// Nothing: its numbers are read as WGS 84 degrees.
    Nothing,
    /// One that the service knows.
    System(Crs),
    /// One of its own.
    Definition,
}

/// Numbers that are looked at to find the reference system.
const PROBES: usize = 300;
/// Share of the numbers that must come to lie near the district.
const MOST: f64 = 0.5;

/// What was found of how a file is to be read.
#[derive(Debug)]
pub struct Placed {
    /// In the order of their weight.
    pub findings: Vec<Finding>,
    /// Whether its shapes lie near the district as it is read: if not, it says nothing to look at
    /// each of them.
    pub is_near: bool,
}

/// Judges how a sample of a file is read. `current` converts as `reading` and the file say.
///
/// # Errors
/// Where PROJ can't be used.
pub fn place(
    sample: &Sample,
    ground: &Ground,
    stated: Stated,
    reading: Reading,
    current: &Converter,
) -> Result<Placed, Text> {
    let mut findings = Vec::new();
    let probes = probes(sample);
    if probes.is_empty() {
        return Ok(Placed {
            findings,
            is_near: true,
        });
    }
    let system = match (reading.crs, stated) {
        (Some(crs), _) | (None, Stated::System(crs)) => Some(crs),
        (None, Stated::Nothing) => Some(Crs::CRS84),
        (None, Stated::Definition) => None,
    };
    let share = near_share(&probes, ground, current);
    if share >= MOST {
        if stated == Stated::Nothing && reading.crs.is_none() {
            findings.push(finding(
                Code::CrsNotStated,
                Severity::Info,
                share,
                sample,
                Text::new(
                    "文件没有写明坐标系；按 WGS 84 经纬度读，位置与本区相符",
                    "the file states no reference system; read as WGS 84 degrees it lies in the district",
                ),
                None,
            ));
        }
        let mut datum = judge_datum(sample, ground, reading, current);
        let is_unclear = datum
            .as_ref()
            .is_some_and(|it| it.code == Code::DatumUnclear);
        if system.is_none() && is_unclear {
            let other = fitting(sample, &probes, ground, reading)?;
            datum = other.or(datum);
        }
        findings.extend(datum);
        return Ok(Placed {
            findings,
            is_near: true,
        });
    }
    let mut best: Option<(f64, Reading, Converter)> = None;
    for other in readings(reading) {
        let converter = Converter::new(other, None)?;
        let share = near_share(&probes, ground, &converter);
        if share >= MOST && best.as_ref().is_none_or(|(best, ..)| share > *best) {
            best = Some((share, other, converter));
        }
    }
    let Some((share, better, converter)) = best else {
        findings.push(finding(
            Code::Elsewhere,
            Severity::Error,
            1.0 - share,
            sample,
            Text::new(
                "不论按哪种坐标系读，这些坐标都不在本区附近：请核对文件是否属于本区、坐标系是否在支持之列",
                "in no reference system that is known here do these numbers lie near the district: is the file of this district, and in which system?",
            ),
            None,
        ));
        return Ok(Placed {
            findings,
            is_near: false,
        });
    };
    findings.push(misread(sample, system, reading, better, share));
    // The datum is judged as if the system had been put right; both are proposed together.
    if let Some(mut other) = judge_datum(sample, ground, better, &converter) {
        if let Some(proposal) = &mut other.proposal {
            *proposal = Proposal {
                from_datum: proposal.from_datum,
                ..difference(system, reading, better)
            };
        }
        findings.push(other);
    }
    Ok(Placed {
        findings,
        is_near: false,
    })
}

/// The readings in each system that is known, in both orders of the axes.
fn readings(reading: Reading) -> impl Iterator<Item = Reading> {
    // The same numbers as CRS84: the axes are told apart by themselves.
    let is_crs84 = |crs: &Crs| matches!(crs.short_name().as_str(), "EPSG:4326" | "EPSG:4490");
    let systems = Crs::all().iter().filter(move |crs| !is_crs84(crs));
    systems.flat_map(move |crs| {
        [false, true].map(|swap_axes| Reading {
            crs: Some(*crs),
            swap_axes,
            from_datum: reading.from_datum,
        })
    })
}

/// Says in which of the known systems a file agrees with the streets that does not as it is read: what lies
/// a kilometre off lies near the district all the same.
fn fitting(
    sample: &Sample,
    probes: &[Coord<f64>],
    ground: &Ground,
    reading: Reading,
) -> Result<Option<Finding>, Text> {
    for other in readings(reading) {
        let converter = Converter::new(other, None)?;
        if near_share(probes, ground, &converter) < MOST {
            continue;
        }
        let fits = judge_datum(sample, ground, other, &converter);
        let Some(fits) = fits.filter(|it| it.code == Code::DatumFits) else {
            continue;
        };
        let name = other.crs.unwrap_or(Crs::CRS84).short_name();
        let swapped = swapped(other);
        return Ok(Some(finding(
            Code::OtherSystem,
            Severity::Error,
            fits.confidence,
            sample,
            Text::new(
                format!(
                    "坐标系与写明的不同：读作 {name}{}，与本区街道相符，按写明的读则不符",
                    swapped.0
                ),
                format!(
                    "the reference system is not the one that is stated: read as {name}{} the numbers agree with the streets here, read as stated they do not",
                    swapped.1
                ),
            ),
            Some(difference(None, reading, other)),
        )));
    }
    Ok(None)
}

/// How a reading tells that it swaps the axes.
fn swapped(reading: Reading) -> (&'static str, &'static str) {
    if reading.swap_axes {
        ("，两个坐标互换", ", the two numbers swapped")
    } else {
        ("", "")
    }
}

/// Some numbers of the sample, from all over it.
fn probes(sample: &Sample) -> Vec<Coord<f64>> {
    let all: Vec<_> = sample
        .shapes()
        .iter()
        .filter_map(|parts| {
            let count: usize = parts.iter().map(|part| part.coords().count()).sum();
            parts.iter().flat_map(Outline::coords).nth(count / 2)
        })
        .collect();
    let step = all.len().div_ceil(PROBES).max(1);
    all.into_iter().step_by(step).collect()
}

#[allow(clippy::cast_precision_loss)] // a few hundred
fn near_share(probes: &[Coord<f64>], ground: &Ground, converter: &Converter) -> f64 {
    let near = probes
        .iter()
        .filter_map(|coord| converter.coord(*coord).ok())
        .filter(|coord| on_the_globe(*coord) && ground.is_near(ground.frame().to_plane(*coord)))
        .count();
    near as f64 / probes.len() as f64
}

/// The options that make one reading of another.
fn difference(system: Option<Crs>, from: Reading, to: Reading) -> Proposal {
    Proposal {
        crs: to.crs.filter(|crs| system != Some(*crs)),
        swap_axes: (from.swap_axes != to.swap_axes).then_some(to.swap_axes),
        ..Proposal::default()
    }
}

/// Central meridian in degrees of a three-degree Gauss-Krüger system, and whether its eastings begin
/// with the number of the zone.
fn zone(crs: Crs) -> Option<(u32, bool)> {
    Some(match crs.short_name().as_str() {
        "EPSG:4547" => (114, false),
        "EPSG:4548" => (117, false),
        "EPSG:4549" => (120, false),
        "EPSG:4526" => (114, true),
        "EPSG:4527" => (117, true),
        "EPSG:4528" => (120, true),
        _ => return None,
    })
}

/// Says that a file is read in a wrong system.
fn misread(
    sample: &Sample,
    system: Option<Crs>,
    reading: Reading,
    better: Reading,
    share: f64,
) -> Finding {
    let right = better.crs.unwrap_or(Crs::CRS84);
    let mercator = right.short_name() == "EPSG:3857";
    let zones = system.and_then(zone).zip(zone(right));
    let (code, zh, en) = match (system, zones) {
        (Some(system), _) if system == right => (
            Code::AxesSwapped,
            "两个坐标的次序反了".to_owned(),
            "the two numbers stand in the other order".to_owned(),
        ),
        _ if mercator => (
            Code::WebMercator,
            "这些是 Web 墨卡托的米数".to_owned(),
            "these are metres of Web Mercator".to_owned(),
        ),
        (Some(system), _) if system.is_geographic() && right.is_geographic() => (
            Code::AxesSwapped,
            "经度与纬度的次序反了".to_owned(),
            "longitude and latitude stand in the other order".to_owned(),
        ),
        (Some(system), _) if system.is_geographic() => (
            Code::ProjectedAsDegrees,
            "这些是投影坐标（米），却当作经纬度".to_owned(),
            "these are projected metres, read as degrees".to_owned(),
        ),
        (Some(_), _) if right.is_geographic() => (
            Code::DegreesAsProjected,
            "这些是经纬度，却当作投影坐标（米）".to_owned(),
            "these are degrees, read as projected metres".to_owned(),
        ),
        (_, Some(((was, _), (is, true)))) if was == is => (
            Code::ZonePrefix,
            "横坐标带有带号（如 39）".to_owned(),
            "eastings begin with the number of the zone (such as 39)".to_owned(),
        ),
        (_, Some(((was, _), (is, false)))) if was == is => (
            Code::ZonePrefix,
            "横坐标不带带号".to_owned(),
            "eastings do not begin with the number of the zone".to_owned(),
        ),
        (_, Some(((was, _), (is, _)))) => (
            Code::OtherMeridian,
            format!("中央经线应是 {is}°，不是 {was}°"),
            format!("the central meridian should be {is}°, not {was}°"),
        ),
        _ => (
            Code::OtherSystem,
            "坐标系与写明的不同".to_owned(),
            "the reference system is not the one that is stated".to_owned(),
        ),
    };
    let name = right.short_name();
    let swapped = swapped(better);
    let percent = (share * 100.0).floor();
    let message = Text::new(
        format!("{zh}：读作 {name}{}，{percent} % 落在本区附近", swapped.0),
        format!(
            "{en}: read as {name}{}, {percent} % come to lie in the district or near it",
            swapped.1
        ),
    );
    let proposal = difference(system, reading, better);
    finding(
        code,
        Severity::Error,
        // Chance brings no number within kilometres of a district.
        share.min(0.99),
        sample,
        message,
        Some(proposal),
    )
}

fn finding(
    code: Code,
    severity: Severity,
    confidence: f64,
    sample: &Sample,
    message: Text,
    proposal: Option<Proposal>,
) -> Finding {
    Finding {
        code,
        severity,
        confidence,
        count: sample.seen(),
        message,
        examples: Vec::new(),
        proposal,
    }
}

/// Polygons that are compared with streets.
const MAX_AREAS: usize = 150;
/// Places along lines that are compared with streets.
const MAX_PLACES: usize = 600;
/// How far apart they are, metres.
const LINE_STEP_M: f64 = 25.0;
/// A line so long is one witness; ten times as long, ten, as long as there are so many features.
const WITNESS_M: f64 = 150.0;
/// How far a line of a street and the known one may lie apart, one standard deviation, metres.
const APART_M: f64 = 12.0;
/// The cosine from which on two lines run alike.
const ALIKE: f64 = 0.94;
/// So far inside a polygon a street runs through it, metres; less is the error of either.
const DEEP_M: f64 = 6.0;
/// So many places on streets inside a polygon make it one that a street runs through.
const THROUGH: usize = 2;
/// Polygons wider than this have streets in them wherever they lie, metres.
const MAX_WIDTH_M: f64 = 1200.0;
/// Polygons with no known street so near say nothing, metres.
const KNOWN_M: f64 = 100.0;
/// How far apart places along the edges of polygons are taken, metres.
const EDGE_STEP_M: f64 = 20.0;
/// Half the width of the widest street and its verges: so near to a centreline a block begins, metres.
const VERGE_M: f64 = 35.0;
/// So many places on streets must be near polygons for their lying between these to say something.
const FEWEST_BETWEEN: u32 = 12;
/// Places at which a file does not belong.
const DECOYS: u32 = 36;
/// So many of them must have something to say.
const FEWEST_DECOYS: usize = 8;
/// How far they are from where it is, metres: from here on, and by so much more.
const DECOY_M: (f64, f64) = (250.0, 1350.0);
/// So near to a hypothesis a place is no decoy, metres.
const APART_FROM_HYPOTHESES_M: f64 = 120.0;
/// How many witnesses agree where a file is right, lines and polygons: none is without errors.
const RIGHT_LINES: f64 = 0.6;
const RIGHT_AREAS: f64 = 0.9;
/// Bounds of what one sort of witness can say, as logarithms of odds.
const WORDS: (f64, f64) = (-4.0, 10.0);
/// The same for the outline: data may lie outside for good reasons.
const OUTLINE_WORD: f64 = 2.5;
/// What one feature outside the district says.
const OUTSIDE_WORD: f64 = 0.5;
/// How likely it is, before anything is looked at, that a file is as it is taken for, and that it is
/// neither that nor any of the others.
const PRIOR: (f64, f64) = (0.80, 0.05);
/// From this on a shift is an error.
const SURE: f64 = 0.9;
/// From this on it is told.
const LIKELY: f64 = 0.6;
/// What streets must say for the datum to be taken for tried.
const TRIED: f64 = 1.5;

/// A sample in the plane, ready to be put at different places.
struct Witnesses {
    places: Vec<Stop>,
    /// How many of the places bear witness by themselves.
    lines: f64,
    areas: Vec<Area>,
    centres: Vec<Coord<f64>>,
}

struct Area {
    min: Coord<f64>,
    max: Coord<f64>,
    rings: Vec<Vec<Coord<f64>>>,
    /// Places along the outer ring.
    edges: Vec<Stop>,
}

/// Which share of the witnesses agrees, and how many there are.
type Tally = (f64, f64);

/// How well a file agrees with the streets where it is put.
#[derive(Clone, Copy)]
struct Score {
    lines: f64,
    /// Share of the places on streets near polygons that lie between them and along an edge, not
    /// inside; and of how many stretches of street. None where there are too few.
    between: Option<Tally>,
    /// Share of the polygons through which no street runs, and of how many; none where no street is
    /// known near enough of them.
    areas: Option<Tally>,
}

/// Judges which datum the degrees have.
fn judge_datum(
    sample: &Sample,
    ground: &Ground,
    reading: Reading,
    converter: &Converter,
) -> Option<Finding> {
    let hypotheses = [None, Some(Datum::Gcj02), Some(Datum::Bd09)];
    let current = hypotheses
        .iter()
        .position(|datum| *datum == reading.from_datum)?;
    let witnesses = hypotheses.map(|datum| {
        Witnesses::new(sample, |coord| {
            let degrees = converter
                .degrees(coord)
                .ok()
                .filter(|at| on_the_globe(*at))?;
            let place = datum.map_or(degrees, |datum| datum.to_wgs84(degrees));
            Some(ground.frame().to_plane(place))
        })
    });
    let middles = witnesses.each_ref().map(|at| mean(&at.centres));
    let own = &witnesses[current];
    let origin = Coord { x: 0.0, y: 0.0 };
    let scores = witnesses.each_ref().map(|at| at.score(ground, origin));
    let decoys: Vec<Score> = (0..DECOYS)
        .map(|number| {
            let part = f64::from(number) / f64::from(DECOYS);
            // The golden angle spreads directions evenly.
            let angle = f64::from(number) * TAU * 0.381_966;
            let (sin, cos) = angle.sin_cos();
            Coord { x: cos, y: sin } * (DECOY_M.0 + DECOY_M.1 * part)
        })
        .filter(|shift| {
            middles.iter().all(|middle| {
                let to = *middle - middles[current] - *shift;
                to.x.hypot(to.y) >= APART_FROM_HYPOTHESES_M
            })
        })
        .map(|shift| own.score(ground, shift))
        .collect();
    let outside = witnesses.each_ref().map(|at| at.outside(ground));
    let least_outside = outside.iter().copied().fold(f64::INFINITY, f64::min);
    let mut spoken = [0.0; 3];
    let mut weights = [0.0; 3];
    for place in 0..3 {
        let streets = if ground.has_streets() {
            let wrong: Vec<_> = decoys
                .iter()
                .map(|decoy| (decoy.lines, own.lines))
                .collect();
            let of_lines = word((scores[place].lines, own.lines), &wrong, RIGHT_LINES);
            of_lines + of_areas(&scores[place], &decoys)
        } else {
            0.0
        };
        spoken[place] = streets;
        let outline = (OUTSIDE_WORD * (outside[place] - least_outside)).min(OUTLINE_WORD);
        let prior = if place == current {
            PRIOR.0
        } else {
            (1.0 - PRIOR.0 - PRIOR.1) / 2.0
        };
        weights[place] = prior * (streets - outline).exp();
    }
    let all: f64 = weights.iter().sum::<f64>() + PRIOR.1;
    let sure = weights.map(|weight| weight / all);
    let likely = (0..3).max_by(|a, b| sure[*a].total_cmp(&sure[*b]))?;
    let seen = Seen {
        scores: &scores,
        own,
        shift: middles[current] - middles[likely],
    };
    Some(if likely != current && sure[likely] >= LIKELY {
        let severity = if sure[likely] >= SURE {
            Severity::Error
        } else {
            Severity::Warning
        };
        seen.shifted(
            sample,
            hypotheses[likely],
            (current, likely),
            severity,
            sure[likely],
        )
    } else if sure[current] >= SURE && spoken[current] >= TRIED {
        let name = hypotheses[current].map_or("WGS 84", Datum::name);
        finding(
            Code::DatumFits,
            Severity::Info,
            sure[current],
            sample,
            Text::new(
                format!("按 {name} 的经纬度读，与本区街道相符，没有偏移"),
                format!(
                    "read as degrees of {name} it agrees with the streets here: it is not shifted"
                ),
            ),
            None,
        )
    } else {
        let contradicted = sure[current] < 0.5;
        let (zh, en) = if contradicted {
            (
                "按现在的读法与本区街道不大相符，按 GCJ-02 或 BD-09 改正也不相符：请核对位置",
                "as they are read the coordinates hardly agree with the streets here, nor would they as GCJ-02 or BD-09: please check where they lie",
            )
        } else {
            (
                "可比对的街道不足，看不出坐标是否有 GCJ-02 或 BD-09 偏移",
                "there are too few streets to compare with to tell whether the coordinates are shifted as GCJ-02 or BD-09 are",
            )
        };
        finding(
            Code::DatumUnclear,
            Severity::Info,
            sure[current],
            sample,
            Text::new(zh, en),
            None,
        )
    })
}

/// What polygons say for a hypothesis: by the streets that lie between them, where there are enough,
/// else by those that run through them.
fn of_areas(score: &Score, decoys: &[Score]) -> f64 {
    let heard = |of: fn(&Score) -> Option<Tally>| {
        let wrong: Vec<_> = decoys.iter().filter_map(of).collect();
        (wrong.len() >= FEWEST_DECOYS)
            .then(|| of(score).map(|tally| word(tally, &wrong, RIGHT_AREAS)))
            .flatten()
    };
    heard(|score| score.between)
        .or_else(|| heard(|score| score.areas))
        .unwrap_or_default()
}

/// What there is to say of a shift.
struct Seen<'a> {
    scores: &'a [Score; 3],
    own: &'a Witnesses,
    shift: Coord<f64>,
}

impl Seen<'_> {
    fn shifted(
        &self,
        sample: &Sample,
        datum: Option<Datum>,
        (from, to): (usize, usize),
        severity: Severity,
        confidence: f64,
    ) -> Finding {
        let (code, proposed) = match datum {
            None => (Code::NotShifted, FromDatum::Wgs84),
            Some(Datum::Gcj02) => (Code::Gcj02, FromDatum::Other(Datum::Gcj02)),
            Some(Datum::Bd09) => (Code::Bd09, FromDatum::Other(Datum::Bd09)),
        };
        let name = datum.map_or("WGS 84", Datum::name);
        let metres = (self.shift.x.hypot(self.shift.y) / 10.0).round() * 10.0;
        let percent = |share: f64| (share * 100.0).round();
        let (mut zh, mut en) = (String::new(), String::new());
        if let (Some((before, _)), Some((after, _))) =
            (self.scores[from].areas, self.scores[to].areas)
        {
            let (before, after) = (percent(1.0 - before), percent(1.0 - after));
            zh = format!("；街道穿过的面由 {before} % 变为 {after} %");
            en = format!(
                "; streets then run through {after} % of the polygons instead of {before} %"
            );
        }
        if self.own.lines > 0.0 {
            let (before, after) = (
                percent(self.scores[from].lines),
                percent(self.scores[to].lines),
            );
            let _ = write!(zh, "；线与街道的吻合由 {before} % 变为 {after} %");
            let _ = write!(
                en,
                "; lines then agree with streets by {after} % instead of {before} %"
            );
        }
        finding(
            code,
            severity,
            confidence,
            sample,
            Text::new(
                format!("坐标像是 {name} 的经纬度，现在的读法偏约 {metres} 米{zh}"),
                format!(
                    "the coordinates look like degrees of {name}; as they are read they lie about {metres} m off{en}"
                ),
            ),
            Some(Proposal {
                from_datum: Some(proposed),
                ..Proposal::default()
            }),
        )
    }
}

/// What a score says for a hypothesis against its being one more wrong place, as the logarithm of the
/// odds: `share` of the witnesses agree, of those of a right place `right` would, of those of a wrong
/// one as many as at the decoys. Neighbours agree with each other, so they count for fewer: for as many
/// as would make the decoys differ as they do.
#[allow(clippy::cast_precision_loss)] // some dozens
fn word((share, witnesses): Tally, wrong: &[Tally], right: f64) -> f64 {
    if wrong.len() < FEWEST_DECOYS {
        return 0.0;
    }
    let count = wrong.len() as f64;
    let mean_of = |of: &dyn Fn(&Tally) -> f64| wrong.iter().map(of).sum::<f64>() / count;
    let mean = mean_of(&|(share, _)| *share);
    let variance = mean_of(&|(share, _)| (share - mean).powi(2));
    let usual = mean.clamp(0.02, 0.97);
    let alike = variance * mean_of(&|(_, witnesses)| *witnesses) / (usual * (1.0 - usual));
    let right = right.max(f64::midpoint(1.0, usual));
    let each = share * (right / usual).ln() + (1.0 - share) * ((1.0 - right) / (1.0 - usual)).ln();
    (each * witnesses / alike.max(1.0)).clamp(WORDS.0, WORDS.1)
}

#[allow(clippy::cast_precision_loss)] // a few hundred
fn mean(coords: &[Coord<f64>]) -> Coord<f64> {
    let sum = coords
        .iter()
        .fold(Coord { x: 0.0, y: 0.0 }, |sum, coord| sum + *coord);
    sum / (coords.len().max(1) as f64)
}

impl Witnesses {
    #[allow(clippy::cast_precision_loss)] // a few hundred
    fn new(sample: &Sample, to_plane: impl Fn(Coord<f64>) -> Option<Coord<f64>>) -> Self {
        let mut places = Vec::new();
        let mut areas = Vec::new();
        let mut centres = Vec::new();
        let mut lines: usize = 0;
        for parts in sample.shapes() {
            let parts: Option<Vec<_>> = parts.iter().map(|part| part.mapped(&to_plane)).collect();
            let Some(parts) = parts else { continue };
            let all: Vec<_> = parts.iter().flat_map(Outline::coords).collect();
            centres.push(mean(&all));
            let mut has_line = false;
            for part in parts {
                match part {
                    Outline::Point(_) => {}
                    Outline::Line(path) => {
                        along(&path, LINE_STEP_M, |stop| places.push(stop));
                        has_line = true;
                    }
                    Outline::Rings(rings) => areas.extend(Area::new(rings)),
                }
            }
            lines += usize::from(has_line);
        }
        let length = places.len() as f64 * LINE_STEP_M;
        let step = places.len().div_ceil(MAX_PLACES).max(1);
        let area_step = areas.len().div_ceil(MAX_AREAS).max(1);
        Self {
            places: places.into_iter().step_by(step).collect(),
            lines: (length / WITNESS_M).min(lines as f64),
            areas: areas.into_iter().step_by(area_step).collect(),
            centres,
        }
    }

    /// How many features lie outside the district.
    #[allow(clippy::cast_precision_loss)] // a few hundred
    fn outside(&self, ground: &Ground) -> f64 {
        let outside = self
            .centres
            .iter()
            .filter(|centre| ground.is_inside(**centre) == Some(false))
            .count();
        outside as f64
    }

    #[allow(clippy::cast_precision_loss)] // a few hundred
    fn score(&self, ground: &Ground, shift: Coord<f64>) -> Score {
        let agreement: f64 = self
            .places
            .iter()
            .map(|place| place.agreement(ground, shift))
            .sum();
        let (mut clear, mut known) = (0_usize, 0_usize);
        for area in &self.areas {
            if let Some(is_clear) = area.is_clear(ground, shift) {
                known += 1;
                clear += usize::from(is_clear);
            }
        }
        Score {
            between: self.between(ground, shift),
            lines: agreement / (self.places.len().max(1) as f64),
            areas: (known * 2 > self.areas.len())
                .then(|| (clear as f64 / known as f64, known as f64)),
        }
    }
}

impl Witnesses {
    /// How the places on streets lie to the polygons.
    fn between(&self, ground: &Ground, shift: Coord<f64>) -> Option<Tally> {
        let reach = Coord {
            x: VERGE_M,
            y: VERGE_M,
        };
        let mut beside: HashSet<u32> = HashSet::new();
        let mut inside: HashSet<u32> = HashSet::new();
        for area in &self.areas {
            ground.stops_in(area.min + shift, area.max + shift, |number, stop| {
                if area.has_deep_inside(stop.at - shift) {
                    inside.insert(number);
                }
            });
            for edge in &area.edges {
                let at = edge.at + shift;
                ground.stops_in(at - reach, at + reach, |number, stop| {
                    let to = stop.at - at;
                    let is_near = to.x * to.x + to.y * to.y <= VERGE_M * VERGE_M;
                    if is_near && edge.runs_like(stop) {
                        beside.insert(number);
                    }
                });
            }
        }
        let between = u32::try_from(beside.difference(&inside).count()).ok()?;
        let inside = u32::try_from(inside.len()).ok()?;
        let all = between + inside;
        let stretches = (f64::from(all) * STEP_M / WITNESS_M).min(f64::from(
            u32::try_from(self.areas.len()).unwrap_or(u32::MAX),
        ));
        (all >= FEWEST_BETWEEN).then(|| (f64::from(between) / f64::from(all), stretches.max(1.0)))
    }
}

impl Stop {
    /// Whether two places lie on lines that run alike.
    fn runs_like(&self, other: &Self) -> bool {
        (self.along.x * other.along.x + self.along.y * other.along.y).abs() >= ALIKE
    }

    /// How well it lies along a street, moved by a shift: 1 where it lies on one.
    fn agreement(&self, ground: &Ground, shift: Coord<f64>) -> f64 {
        let at = self.at + shift;
        let reach = Coord {
            x: 3.0 * APART_M,
            y: 3.0 * APART_M,
        };
        let mut nearest = f64::INFINITY;
        ground.stops_in(at - reach, at + reach, |_, stop| {
            let to = stop.at - at;
            if self.runs_like(stop) {
                nearest = nearest.min(to.x * to.x + to.y * to.y);
            }
        });
        (-nearest / (2.0 * APART_M * APART_M)).exp()
    }
}

impl Area {
    fn new(rings: Vec<Vec<Coord<f64>>>) -> Option<Self> {
        let first = *rings.first()?.first()?;
        let (mut min, mut max) = (first, first);
        for coord in &rings[0] {
            min = Coord {
                x: min.x.min(coord.x),
                y: min.y.min(coord.y),
            };
            max = Coord {
                x: max.x.max(coord.x),
                y: max.y.max(coord.y),
            };
        }
        let is_small = max.x - min.x <= MAX_WIDTH_M && max.y - min.y <= MAX_WIDTH_M;
        let mut edges = Vec::new();
        along(&rings[0], EDGE_STEP_M, |stop| edges.push(stop));
        is_small.then_some(Self {
            min,
            max,
            rings,
            edges,
        })
    }

    /// Whether no street runs through it, moved by a shift; `None` where none is known near it.
    fn is_clear(&self, ground: &Ground, shift: Coord<f64>) -> Option<bool> {
        let reach = Coord {
            x: KNOWN_M,
            y: KNOWN_M,
        };
        let (min, max) = (self.min + shift, self.max + shift);
        let mut is_known = false;
        let mut inside = 0;
        ground.stops_in(min - reach, max + reach, |_, stop| {
            is_known = true;
            let at = stop.at;
            let in_box = (min.x..=max.x).contains(&at.x) && (min.y..=max.y).contains(&at.y);
            if in_box && inside < THROUGH && self.has_deep_inside(at - shift) {
                inside += 1;
            }
        });
        is_known.then_some(inside < THROUGH)
    }

    /// Whether a place lies inside, and not merely near the outline.
    fn has_deep_inside(&self, at: Coord<f64>) -> bool {
        let mut inside = false;
        for pair in self.rings.iter().flat_map(|ring| ring.windows(2)) {
            let (a, b) = (pair[0], pair[1]);
            if distance(at, a, b) < DEEP_M {
                return false;
            }
            if (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x)
            {
                inside = !inside;
            }
        }
        inside
    }
}

/// From a place to a segment, in the plane.
fn distance(at: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> f64 {
    let way = b - a;
    let length = way.x * way.x + way.y * way.y;
    let to = at - a;
    let part = if length > 0.0 {
        ((to.x * way.x + to.y * way.y) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let miss = to - way * part;
    miss.x.hypot(miss.y)
}
