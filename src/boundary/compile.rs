//! Sides to a polygon: the cheapest walk around the area that makes a sound outline.
//!
//! From each place with which a side can begin the cheapest walks are found. Those that make a sound
//! polygon within the [limits](super::limits) are the candidates, and [`choose`](super::choice) says which of
//! them is the outcome. If there is none, walks are sought on which two sides lie in steps; and if there
//! are none of these, the reason is what is wrong with the cheapest, or where it would lead if gaps might
//! be longer.

use std::collections::BTreeSet;

use super::apart::{breaks, streets_apart};
use super::carriageway::moved;
use super::choice::{Ambiguity, Candidate, choose};
use super::demand::Demand;
use super::evidence::Compiled;
use super::graph::{Arc, Graph};
use super::limits::{MAX_AREA_FACTOR, MAX_BRIDGE, within_limits};
use super::network::Network;
use super::outline::outline;
use super::piece::{Piece, pieces};
use super::refusal::{Reason, Refusal};
use super::search::{Preference, Search, Walk};
use super::text::{Sentence, Side};
use crate::geometry::mismatch::likely_cause;

/// The most sound polygons among which one is chosen, so that a compile takes bounded time. Where a
/// planner's sentence is ambiguous there are a few.
pub(super) const MAX_SOUND: usize = 300;

/// What becomes of a boundary sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// One polygon, every metre of whose outline is accounted for.
    Compiled(Compiled),
    /// Several polygons that satisfy the sentence about equally well.
    Ambiguous(Ambiguity),
    /// No polygon, and why.
    Unresolved(Refusal),
}

impl Outcome {
    /// `compiled`, `compiled_with_gaps`, `ambiguous` or `unresolved`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Compiled(area) if area.has_gaps() => "compiled_with_gaps",
            Self::Compiled(_) => "compiled",
            Self::Ambiguous(_) => "ambiguous",
            Self::Unresolved(_) => "unresolved",
        }
    }
}

/// Where a side runs that is drawn as two carriageways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carriageway {
    /// Midway between them.
    #[default]
    Centre,
    /// Along the one nearer to the area.
    Inner,
    /// Along the one farther from it.
    Outer,
}

/// What a compile goes by besides sentence and streets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    /// The area that the document states, in m². A polygon that contradicts it by more than
    /// [`MAX_AREA_FACTOR`] is not sound.
    pub stated_m2: Option<f64>,
    /// The unit in which it states this, one of [`UNITS`](crate::geometry::mismatch::UNITS), if that is
    /// known: what may have been mistaken depends on it.
    pub stated_unit: Option<&'static str>,
    /// Where a side runs that is drawn as two carriageways.
    pub carriageway: Carriageway,
}

impl Network {
    /// Compiles a sentence along the lines of this network.
    ///
    /// The same sentence on the same lines gives the same outcome, bit for bit.
    #[must_use]
    pub fn compile(&self, sentence: &Sentence) -> Outcome {
        self.compile_with(sentence, Options::default())
    }

    /// The same under other options.
    #[must_use]
    pub fn compile_with(&self, sentence: &Sentence, options: Options) -> Outcome {
        self.compile_readings(&sentence.readings(), options)
    }

    /// Compiles the readings of one sentence: what each of them makes is a candidate.
    fn compile_readings(&self, readings: &[[Side; 4]], options: Options) -> Outcome {
        let mut candidates = Vec::new();
        let mut refusals = Vec::new();
        for (reading, sides) in readings.iter().enumerate() {
            match self.candidates(sides, reading, options) {
                Ok(found) => candidates.extend(found),
                Err(refusal) => refusals.push(refusal),
            }
        }
        // What could not be searched to the end might be as good as what was found.
        let is_open = |refusal: &&Refusal| refusal.reasons().contains(&Reason::TooComplex);
        if let Some(refusal) = refusals.iter().find(is_open) {
            return Outcome::Unresolved(refusal.clone());
        }
        match choose(self, candidates) {
            Some(outcome) => outcome,
            None => Outcome::Unresolved(refusals.swap_remove(0)),
        }
    }

    /// The sound polygons of one reading, or why there is none.
    fn candidates(
        &self,
        sides: &[Side; 4],
        reading: usize,
        options: Options,
    ) -> Result<Vec<Candidate>, Refusal> {
        let demand = Demand::of(self, sides)?;
        let graph = self.graph(&demand, MAX_BRIDGE);
        let mut search = Search::new(&graph, &demand)?;
        let mut trial = Trial {
            network: self,
            graph: &graph,
            demand: &demand,
            reading,
            options,
            tried: BTreeSet::new(),
            candidates: Vec::new(),
            refusal: None,
        };
        trial.search(&mut search)?;
        if trial.candidates.is_empty() && demand.may_lie_in_steps() {
            let mut stepped = Trial {
                tried: BTreeSet::new(),
                refusal: None,
                candidates: Vec::new(),
                ..trial
            };
            // What could not be searched to the end might not be all.
            if stepped
                .search(&mut Search::stepped(&graph, &demand))
                .is_ok()
            {
                trial.candidates = stepped.candidates;
            }
        }
        if !trial.candidates.is_empty() {
            return Ok(trial.candidates);
        }
        // That two streets do not meet says more than what is wrong with a walk that avoids them.
        let apart = streets_apart(self, &graph, &demand);
        if !apart.is_empty() {
            return Err(Refusal { reasons: apart });
        }
        let refusal = trial.refusal.unwrap_or_else(|| search.stuck(self).into());
        // Where a gap is too long the walks lead elsewhere, and what is wrong with these is no help.
        let is_elsewhere = refusal.reasons().iter().all(Reason::is_of_shape);
        let breaks = if is_elsewhere {
            breaks(self, &demand)
        } else {
            vec![]
        };
        Err(if breaks.is_empty() {
            refusal
        } else {
            Refusal { reasons: breaks }
        })
    }
}

/// Walks put to the test.
struct Trial<'a> {
    network: &'a Network,
    graph: &'a Graph,
    demand: &'a Demand,
    reading: usize,
    options: Options,
    /// The arcs of the walks that have been.
    tried: BTreeSet<Vec<Arc>>,
    /// The sound ones.
    candidates: Vec<Candidate>,
    /// What is wrong with the first that is not.
    refusal: Option<Refusal>,
}

impl Trial<'_> {
    /// Examines the walks that may be meant.
    fn search(&mut self, search: &mut Search) -> Result<(), Reason> {
        let short = search.walks(0, Preference::Short)?;
        self.examine(&short)?;
        for side in 0..4 {
            self.examine(&search.walks(side, Preference::Named)?)?;
        }
        let best = self.cheapest().or(short.first()).cloned();
        if let Some(best) = best {
            self.examine(&search.deviations(&best)?)?;
        }
        Ok(())
    }

    fn examine(&mut self, walks: &[Walk]) -> Result<(), Reason> {
        for walk in walks {
            let mut arcs: Vec<Arc> = walk.steps.iter().map(|step| step.arc).collect();
            arcs.sort_unstable();
            if !self.tried.insert(arcs) {
                continue;
            }
            let pieces = pieces(self.network, self.graph, self.demand, &walk.steps);
            let outlined = outline(self.network, self.demand, &pieces);
            let sound = outlined
                .and_then(|centre| self.on_carriageway(centre, &pieces))
                .and_then(within_limits)
                .and_then(|compiled| as_large_as_stated(compiled, self.options));
            match sound {
                Ok(_) if self.candidates.len() == MAX_SOUND => return Err(Reason::TooComplex),
                Ok(compiled) => {
                    let (walk, reading) = (walk.clone(), self.reading);
                    let candidate = Candidate::new(compiled, walk, &pieces, reading);
                    self.candidates.push(candidate);
                }
                Err(refusal) => {
                    self.refusal.get_or_insert(refusal);
                }
            }
        }
        Ok(())
    }

    /// The outline that is asked for, of a walk whose outline along the middle of its streets is
    /// sound.
    fn on_carriageway(&self, centre: Compiled, pieces: &[Piece]) -> Result<Compiled, Refusal> {
        match self.options.carriageway {
            Carriageway::Centre => Ok(centre),
            other => outline(
                self.network,
                self.demand,
                &moved(self.network, pieces, other),
            ),
        }
    }

    fn cheapest(&self) -> Option<&Walk> {
        let walks = self.candidates.iter().map(|candidate| &candidate.walk);
        walks.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }
}

/// The outline, unless its area contradicts the stated one.
fn as_large_as_stated(compiled: Compiled, options: Options) -> Result<Compiled, Refusal> {
    let Some(stated_m2) = options.stated_m2 else {
        return Ok(compiled);
    };
    let measured_m2 = compiled.area_m2();
    let ratio = stated_m2 / measured_m2;
    if (1.0 / MAX_AREA_FACTOR..=MAX_AREA_FACTOR).contains(&ratio) {
        return Ok(compiled);
    }
    Err(Reason::AreaContradicts {
        stated_m2,
        measured_m2,
        cause: likely_cause(ratio, options.stated_unit, compiled.ring[0].y),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::super::compile as run;
    use super::super::evidence::{Stretch, StretchKind};
    use super::super::network::tests::{line, test_frame};
    use super::super::network::{Line, LineKind};
    use super::super::outline::area_and_centroid;
    use super::super::refusal::UnknownName;
    use super::super::text::Direction;
    use super::*;
    use geo::Coord;

    const BLOCK: &str = "北至北路，南至南路，西至西路，东至东路";

    /// Four streets around a block of 1000 by 600 m, each running on for 200 m at both ends.
    fn block() -> Vec<Line> {
        vec![
            line("n", "北路", &[(-200.0, 600.0), (1200.0, 600.0)]),
            line("s", "南路", &[(-200.0, 0.0), (1200.0, 0.0)]),
            line("w", "西路", &[(0.0, -200.0), (0.0, 800.0)]),
            line("e", "东路", &[(1000.0, -200.0), (1000.0, 800.0)]),
        ]
    }

    fn compiled(text: &str, lines: &[Line]) -> Compiled {
        match run(text, lines) {
            Outcome::Compiled(compiled) => compiled,
            Outcome::Ambiguous(ambiguity) => panic!("{text}: {ambiguity}"),
            Outcome::Unresolved(refusal) => panic!("{text}: {refusal}"),
        }
    }

    fn refusal(text: &str, lines: &[Line]) -> Refusal {
        match run(text, lines) {
            Outcome::Unresolved(refusal) => refusal,
            other => panic!("{text}: {other:?}"),
        }
    }

    /// The ring in the metres of the tests, rounded to whole metres.
    fn metres(compiled: &Compiled) -> Vec<(f64, f64)> {
        let round = |c: &Coord<f64>| {
            let p = test_frame().to_plane(*c);
            (p.x.round() + 0.0, p.y.round() + 0.0)
        };
        compiled.ring.iter().map(round).collect()
    }

    fn kinds(compiled: &Compiled) -> Vec<(Direction, StretchKind, Option<&str>, f64)> {
        let kind = |s: &'_ Stretch| (s.side, s.kind, s.metres.round());
        let street = compiled.stretches.iter().map(|s| s.street.as_deref());
        let stretches = compiled.stretches.iter().map(kind).zip(street);
        stretches
            .map(|((side, kind, metres), street)| (side, kind, street, metres))
            .collect()
    }

    #[test]
    fn a_block_compiles_to_itself_and_overshoots_are_cut() {
        use Direction::{East, North, South, West};
        use StretchKind::Street;
        let area = compiled(BLOCK, &block());
        let corners = [
            (0.0, 600.0),
            (0.0, 0.0),
            (1000.0, 0.0),
            (1000.0, 600.0),
            (0.0, 600.0),
        ];
        assert_eq!(metres(&area), corners);
        assert_eq!(
            kinds(&area),
            [
                (West, Street, Some("西路"), 600.0),
                (South, Street, Some("南路"), 1000.0),
                (East, Street, Some("东路"), 600.0),
                (North, Street, Some("北路"), 1000.0),
            ]
        );
        assert!(!area.has_gaps());
        assert!((area.accuracy_m - 10.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_order_of_sides_and_lines_makes_no_difference() {
        let mut lines = block();
        lines.push(line("x", "中路", &[(500.0, -200.0), (510.0, 800.0)]));
        let area = compiled(BLOCK, &lines);
        lines.reverse();
        assert_eq!(
            area,
            compiled("东至东路，西至西路，南至南路，北至北路。", &lines)
        );
        lines.swap(1, 3);
        assert_eq!(area, compiled(BLOCK, &lines));
    }

    #[test]
    fn stretches_cover_the_ring_without_a_gap() {
        let mut lines = block();
        lines[1] = line("s", "南路", &[(-200.0, 0.0), (900.0, -20.0)]);
        lines[3] = line("e", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        lines.push(line(
            "f",
            "滨河路",
            &[(1000.0, 300.0), (980.0, 100.0), (1000.0, -100.0)],
        ));
        let area = compiled("北至北路，南至南路，西至西路，东至东路、滨河路", &lines);
        let mut at = 0;
        for stretch in &area.stretches {
            assert_eq!(stretch.from, at);
            assert!(stretch.to > at);
            at = stretch.to;
        }
        assert_eq!(at, area.ring.len() - 1);
        assert_eq!(area.ring[0], area.ring[at]);
        assert!(area_and_centroid(&area.ring).0 > 0.0, "counter-clockwise");
    }

    #[test]
    fn a_short_gap_is_bridged_and_reported() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 90.4), (1000.0, 800.0)]);
        let area = compiled(BLOCK, &lines);
        assert_eq!(metres(&area)[2], (1000.0, 0.0));
        let bridge = &area.stretches[2];
        assert_eq!((bridge.kind, &bridge.street), (StretchKind::Bridge, &None));
        assert!((bridge.metres - 90.4).abs() < 0.06, "{}", bridge.metres);
        // No more accurate than it is long, in whole metres, and the polygon no more than it.
        assert!((bridge.accuracy_m - 91.0).abs() < f64::EPSILON);
        assert!((area.accuracy_m - 91.0).abs() < f64::EPSILON);
        assert!(area.has_gaps());
    }

    #[test]
    fn a_bridge_is_no_more_accurate_than_the_lines_it_joins() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 50.0), (1000.0, 800.0)]);
        lines[1].accuracy_m = 150.0;
        let area = compiled(BLOCK, &lines);
        assert!((area.stretches[2].accuracy_m - 150.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_gap_over_the_limit_is_refused() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 260.0), (1000.0, 800.0)]);
        let refusal = refusal(BLOCK, &lines);
        let [Reason::NeverMeet { from, to, metres }] = refusal.reasons() else {
            panic!("{refusal:?}");
        };
        assert_eq!(
            (from.as_str(), to.as_str(), metres.round()),
            ("东路", "南路", 260.0)
        );
        assert!(
            refusal
                .to_string()
                .contains("东路与南路接不上：最近处相距 260 米")
        );
    }

    #[test]
    fn too_much_bridged_is_refused() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 200.0), (1000.0, 800.0)]);
        lines[2] = line("w", "西路", &[(0.0, 190.0), (0.0, 800.0)]);
        let refusal = refusal(BLOCK, &lines);
        assert!(
            matches!(refusal.reasons(), [Reason::TooMuchBridged { gaps, .. }] if gaps.len() == 2)
        );
        assert_eq!(
            refusal.to_string(),
            "直线连接共 390 米，占边界的 12.2%，最多 10%：西路与南路之间 190 米，南路与东路之间 200 米"
        );
    }

    #[test]
    fn another_street_leads_around_a_gap() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        lines.push(line("v", "通路", &[(1000.0, 300.0), (1050.0, 0.0)]));
        let area = compiled(BLOCK, &lines);
        let via = area
            .stretches
            .iter()
            .find(|s| s.kind == StretchKind::Via)
            .expect("a way round");
        assert_eq!(
            (via.side, via.street.as_deref()),
            (Direction::East, Some("通路"))
        );
        assert_eq!(via.ways, ["v"]);
        // Only where such a line may be followed.
        lines[4].kind = LineKind::Other;
        assert!(matches!(
            refusal(BLOCK, &lines).reasons(),
            [Reason::NeverMeet { .. }]
        ));
    }

    #[test]
    fn a_long_way_around_is_refused() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        let bend = [(1000.0, 300.0), (1290.0, 150.0), (1190.0, 0.0)];
        lines.push(line("v", "弯路", &bend));
        assert_eq!(
            refusal(BLOCK, &lines).to_string(),
            "南路与东路之间要沿弯路走 507 米，最长 500 米"
        );
        // Shorter, but too much of a smaller outline.
        lines[2] = line("w", "西路", &[(600.0, -200.0), (600.0, 800.0)]);
        lines[4] = line(
            "v",
            "弯路",
            &[(1000.0, 300.0), (1270.0, 150.0), (1190.0, 0.0)],
        );
        let refusal = refusal(BLOCK, &lines);
        assert!(
            matches!(refusal.reasons(), [Reason::TooMuchElsewhere { gaps, .. }] if gaps.len() == 1),
            "{refusal}"
        );
    }

    #[test]
    fn two_streets_of_a_side_that_do_not_touch_are_joined() {
        let mut lines = block();
        lines[3] = line("e1", "东路", &[(1000.0, 300.0), (1000.0, 800.0)]);
        lines.push(line("e2", "向东路", &[(1020.0, 220.0), (1020.0, -200.0)]));
        let area = compiled("北至北路，南至南路，西至西路，东至向东路、东路", &lines);
        let east: Vec<StretchKind> = area
            .stretches
            .iter()
            .filter(|s| s.side == Direction::East)
            .map(|s| s.kind)
            .collect();
        assert_eq!(
            east,
            [
                StretchKind::Street,
                StretchKind::Bridge,
                StretchKind::Street
            ]
        );
    }

    #[test]
    fn every_unknown_street_is_named() {
        let refusal = refusal(
            "北至北路，南至甲路，西至西路、乙路，东至东路、甲路",
            &block(),
        );
        assert_eq!(
            refusal.reasons(),
            [Reason::Unknown(
                ["甲路", "乙路"]
                    .map(|name| UnknownName {
                        name: name.into(),
                        near: vec![],
                    })
                    .into()
            )]
        );
        assert_eq!(refusal.to_string(), "数据中没有：甲路、乙路");
    }

    #[test]
    fn sides_out_of_place_are_refused() {
        for (text, misplaced) in [
            ("北至南路，南至北路，西至西路，东至东路", 2),
            ("北至北路，南至南路，西至东路，东至西路", 2),
            ("北至南路，南至北路，西至东路，东至西路", 4),
        ] {
            let refusal = refusal(text, &block());
            let [Reason::Contradictory(sides)] = refusal.reasons() else {
                panic!("{refusal:?}")
            };
            assert_eq!(sides.len(), misplaced, "{text}");
        }
        let refusal = refusal("北至南路，南至北路，西至西路，东至东路", &block());
        assert_eq!(
            refusal.to_string(),
            "方位矛盾：“北至”的南路不在北面，“南至”的北路不在南面"
        );
    }

    #[test]
    fn what_encloses_nothing_is_refused() {
        for text in [
            "北至北路，南至北路，西至北路，东至北路",
            "北至北路，南至北路，西至西路，东至西路",
            "北至北路，南至南路，西至西路，东至西路",
        ] {
            let _ = refusal(text, &block());
        }
        assert!(matches!(
            refusal("北至北路", &block()).reasons(),
            [Reason::Text(_)]
        ));
        assert!(
            matches!(refusal(BLOCK, &[]).reasons(), [Reason::Unknown(names)] if names.len() == 4)
        );
    }

    #[test]
    fn dual_carriageways_bound_by_their_middle() {
        let mut lines = block();
        lines[0] = line("n1", "北路", &[(-200.0, 612.0), (1200.0, 612.0)]);
        lines.push(line("n2", "北路", &[(1210.0, 588.0), (-190.0, 588.0)]));
        lines[3] = line("e", "东路", &[(1000.0, -200.0), (1000.0, 588.0)]);
        let area = compiled(BLOCK, &lines);
        let corners = [
            (0.0, 600.0),
            (0.0, 0.0),
            (1000.0, 0.0),
            (1000.0, 600.0),
            (0.0, 600.0),
        ];
        assert_eq!(metres(&area), corners.map(|(x, y)| (x, y)));
        assert!(!area.has_gaps());
        assert_eq!(area.stretches[3].ways.len(), 2);
    }

    #[test]
    fn sides_are_written_as_the_data_have_them() {
        let mut lines = block();
        lines[3] = line("e", "东路", &[(1000.0, 90.4), (1000.0, 800.0)]);
        let json = serde_json::to_value(compiled(BLOCK, &lines)).expect("serialisable");
        assert_eq!(
            json["sides"][0].to_string(),
            serde_json::json!({
                "side": "west", "kind": "street", "street": "西路",
                "from": 0, "to": 1, "metres": 600, "accuracy_m": 10, "ways": ["w"]
            })
            .to_string()
        );
        assert_eq!(json["sides"][2]["street"], serde_json::Value::Null);
        assert_eq!(json["sides"][2]["metres"], serde_json::json!(90.4));
        assert_eq!(json["ring"][0].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn very_many_names_take_bounded_time() {
        let mut lines = Vec::new();
        for i in 0..16 {
            let at = f64::from(i) * 50.0;
            lines.push(line("h", &format!("横{i}路"), &[(-50.0, at), (900.0, at)]));
            lines.push(line("v", &format!("纵{i}路"), &[(at, -50.0), (at, 900.0)]));
        }
        let names = |kind: &str, from: usize| {
            let names: Vec<String> = (from..from + 8).map(|i| format!("{kind}{i}路")).collect();
            names.join("、")
        };
        let text = format!(
            "北至{}，南至{}，西至{}，东至{}",
            names("横", 8),
            names("横", 0),
            names("纵", 0),
            names("纵", 8)
        );
        assert_eq!(refusal(&text, &lines).reasons(), [Reason::TooComplex]);
    }
}
