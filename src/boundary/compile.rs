//! Sides to a polygon: the cheapest walk around the area that makes a sound outline.
//!
//! From each street segment with which the north side can begin the cheapest walk is found; the
//! cheapest of them that makes a sound polygon within the limits below is the outcome. If none does,
//! the reason is what is wrong with the cheapest.

use geo::Coord;
use serde::{Serialize, Serializer};

use super::network::Network;
use super::outline::Outline;
use super::refusal::{Gap, Reason, Refusal};
use super::search::{Demand, Search, streets_apart};
use super::text::{Direction, Sentence};

/// The longest straight bridge across a gap, in metres.
pub const MAX_BRIDGE: f64 = 250.0;

/// The most that all straight bridges may make up of the outline.
pub const MAX_BRIDGE_SHARE: f64 = 0.10;

/// The longest way without interruption along streets that the side does not name, in metres.
pub const MAX_VIA: f64 = 500.0;

/// The most that bridges and ways along other streets may together make up of the outline.
pub const MAX_OFF_SHARE: f64 = 0.20;

/// The most states that one search may visit, so that a compile takes bounded time. The three zones
/// of the district's plan take a few thousand each.
pub const MAX_STATES: usize = 300_000;

/// A street counts as used when the outline follows it for more than this, in metres.
pub const MIN_USE: f64 = 1.0;

/// What a metre along a street that the side does not name costs.
pub const VIA_COST: f64 = 4.0;

/// What a metre straight across costs.
pub const BRIDGE_COST: f64 = 10.0;

/// What becomes of a boundary sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// One polygon, every metre of whose outline is accounted for.
    Compiled(Compiled),
    /// No polygon, and why.
    Unresolved(Refusal),
}

/// A polygon made from a boundary sentence, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compiled {
    /// The closed outline in degrees of longitude and latitude, rounded to 7 decimals;
    /// counter-clockwise, as RFC 7946 has exterior rings. It starts where the north side begins, at
    /// its western end, and so runs along the west side first. Written as `[[lon, lat], …]`.
    #[serde(serialize_with = "as_pairs")]
    pub ring: Vec<Coord<f64>>,
    /// What the outline follows, in the order of the ring and without a gap: each stretch starts
    /// at the vertex where the one before ends.
    #[serde(rename = "sides")]
    pub stretches: Vec<Stretch>,
    /// How far off the outline may be, in metres: as far as the worst of its stretches.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
}

impl Compiled {
    /// Whether some of the outline does not follow a street that the sentence names.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.stretches.iter().any(|s| s.kind != StretchKind::Street)
    }
}

/// What one stretch of an outline follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StretchKind {
    /// A street that the sentence names for this side.
    Street,
    /// Another street or river, because the named ones leave a gap.
    Via,
    /// Nothing: it goes straight across a gap.
    Bridge,
}

/// A part of an outline that follows one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stretch {
    /// The side it belongs to.
    pub side: Direction,
    /// What it follows.
    pub kind: StretchKind,
    /// The name of the street in the data; none for a bridge.
    pub street: Option<String>,
    /// Index of its first vertex in the ring.
    pub from: usize,
    /// Index of its last vertex in the ring.
    pub to: usize,
    /// Its length in metres, rounded to 0.1.
    #[serde(serialize_with = "as_number")]
    pub metres: f64,
    /// How far off it may be, in metres: the worst of its ways. A bridge may be off by as much as it
    /// is long or as the lines that it joins may be, rounded up to whole metres.
    #[serde(serialize_with = "as_number")]
    pub accuracy_m: f64,
    /// Ids of the lines it follows, in the order in which they are met; none for a bridge.
    pub ways: Vec<String>,
}

fn as_pairs<S: Serializer>(ring: &[Coord<f64>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ring.iter().map(|c| [c.x, c.y]))
}

/// Writes 150, not 150.0: both are the same JSON number, and only one is what a person writes.
#[allow(clippy::trivially_copy_pass_by_ref, clippy::cast_possible_truncation)] // serde's signature; checked to be whole and small
fn as_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

impl Network {
    /// Compiles a sentence along the lines of this network.
    ///
    /// The same sentence on the same lines gives the same outcome, bit for bit.
    #[must_use]
    pub fn compile(&self, sentence: &Sentence) -> Outcome {
        match self.try_compile(sentence) {
            Ok(compiled) => Outcome::Compiled(compiled),
            Err(refusal) => Outcome::Unresolved(refusal),
        }
    }

    fn try_compile(&self, sentence: &Sentence) -> Result<Compiled, Refusal> {
        let demand = Demand::of(self, sentence)?;
        let graph = self.graph(&demand.all(), MAX_VIA, MAX_BRIDGE);
        let mut search = Search::new(&graph, &demand);
        let mut refusal = None;
        for walk in search.walks()? {
            let outline = Outline::new(self, &graph, walk).compile(&demand);
            match outline.and_then(within_limits) {
                Ok(compiled) => return Ok(compiled),
                Err(reason) => {
                    refusal.get_or_insert(reason);
                }
            }
        }
        // That two streets do not meet says more than what is wrong with a walk that avoids them.
        let apart = streets_apart(self, &graph, &demand);
        if apart.is_empty() {
            Err(refusal.unwrap_or_else(|| search.stuck(self).into()))
        } else {
            Err(Refusal { reasons: apart })
        }
    }
}

/// The outline, unless it leaves the named streets for too long or too often.
fn within_limits(compiled: Compiled) -> Result<Compiled, Refusal> {
    let total: f64 = compiled.stretches.iter().map(|s| s.metres).sum();
    let gaps = gaps(&compiled.stretches);
    let mut reasons = Vec::new();
    for gap in &gaps {
        for run in gap
            .stretches
            .chunk_by(|a, b| (a.kind == StretchKind::Via) == (b.kind == StretchKind::Via))
        {
            let metres = run.iter().map(|s| s.metres).sum();
            if run[0].kind == StretchKind::Via && metres > MAX_VIA {
                let mut along: Vec<String> = run.iter().filter_map(|s| s.street.clone()).collect();
                along.dedup();
                let (from, to) = (gap.from.clone(), gap.to.clone());
                reasons.push(Reason::ViaTooLong {
                    from,
                    to,
                    along,
                    metres,
                });
            }
        }
    }
    let bridged = |gap: &Between| gap.metres(|s| s.kind == StretchKind::Bridge);
    let elsewhere = |gap: &Between| gap.metres(|_| true);
    let (metres, list) = summary(&gaps, bridged);
    if metres > MAX_BRIDGE_SHARE * total {
        reasons.push(Reason::TooMuchBridged {
            metres,
            share: metres / total,
            gaps: list,
        });
    }
    let (metres, list) = summary(&gaps, elsewhere);
    if metres > MAX_OFF_SHARE * total {
        reasons.push(Reason::TooMuchElsewhere {
            metres,
            share: metres / total,
            gaps: list,
        });
    }
    if reasons.is_empty() {
        Ok(compiled)
    } else {
        Err(Refusal { reasons })
    }
}

/// The stretches between two that follow named streets.
struct Between {
    from: String,
    to: String,
    stretches: Vec<Stretch>,
}

impl Between {
    fn metres(&self, counts: impl Fn(&Stretch) -> bool) -> f64 {
        self.stretches
            .iter()
            .filter(|s| counts(s))
            .map(|s| s.metres)
            .sum()
    }
}

fn gaps(stretches: &[Stretch]) -> Vec<Between> {
    // Begin after a street, so that no gap runs past the end of the list.
    let first = stretches
        .iter()
        .position(|s| s.kind == StretchKind::Street)
        .unwrap_or(0);
    let around = stretches[first..].iter().chain(&stretches[..=first]);
    let mut gaps = Vec::new();
    let (mut from, mut inside) = (String::new(), Vec::new());
    for stretch in around {
        if stretch.kind != StretchKind::Street {
            inside.push(stretch.clone());
            continue;
        }
        let to = stretch.street.clone().unwrap_or_default();
        if !inside.is_empty() {
            let stretches = std::mem::take(&mut inside);
            gaps.push(Between {
                from,
                to: to.clone(),
                stretches,
            });
        }
        from = to;
    }
    gaps
}

/// The metres of all gaps, and the gaps that have any.
fn summary(gaps: &[Between], metres: impl Fn(&Between) -> f64) -> (f64, Vec<Gap>) {
    let list: Vec<Gap> = gaps
        .iter()
        .map(|gap| Gap {
            from: gap.from.clone(),
            to: gap.to.clone(),
            metres: metres(gap),
        })
        .filter(|gap| gap.metres > 0.0)
        .collect();
    (list.iter().map(|gap| gap.metres).sum(), list)
}

#[cfg(test)]
mod tests {
    use super::super::compile as run;
    use super::super::network::tests::{line, test_frame};
    use super::super::network::{Line, LineKind};
    use super::super::outline::area_and_centroid;
    use super::*;

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
            Outcome::Unresolved(refusal) => panic!("{text}: {refusal}"),
        }
    }

    fn refusal(text: &str, lines: &[Line]) -> Refusal {
        match run(text, lines) {
            Outcome::Compiled(compiled) => panic!("{text}: {compiled:?}"),
            Outcome::Unresolved(refusal) => refusal,
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
            [Reason::Unknown(vec!["甲路".into(), "乙路".into()])]
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
