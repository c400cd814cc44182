//! The boundary compiler on constructed networks: of each kind of street plan one, and properties
//! that hold for all.

use std::f64::consts::TAU;

use geo::{
    BooleanOps, BoundingRect, Coord, Distance, Euclidean, GeodesicArea, Geometry, LineString,
    Point, Polygon,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use renewal_map::{
    boundary::{
        Ambiguity, Carriageway, Cause, Compilation, CompilationError, Compiled, CornerKind,
        Direction, Line, LineKind, MAX_SENTENCES, Network, OpenKind, OpenPart, Options, Outcome,
        Reason, Refusal, Sentence, StretchKind, compile,
    },
    geometry::{frame::Frame, read},
};
use serde_json::json;

use crate::{
    loading::Copy,
    support::{Server, in_full},
};

// ---- networks --------------------------------------------------------------------------------

/// Where the networks lie: metres east and north of a place in degrees.
fn plane() -> Frame {
    Frame::at(Coord {
        x: 117.23,
        y: 39.12,
    })
}

fn street(name: &str, points: &[(f64, f64)]) -> Line {
    let degrees = |&(x, y): &(f64, f64)| plane().to_degrees(Coord { x, y });
    Line {
        id: name.into(),
        name: name.into(),
        aliases: vec![],
        kind: LineKind::Street,
        accuracy_m: 10.0,
        coords: points.iter().map(degrees).collect(),
    }
}

fn points(line: &Line) -> Vec<Coord<f64>> {
    line.coords.coords().map(|&c| plane().to_plane(c)).collect()
}

fn with_points(line: &Line, points: Vec<Coord<f64>>) -> Line {
    let points = points.into_iter().map(|c| plane().to_degrees(c));
    Line {
        coords: points.collect(),
        ..line.clone()
    }
}

/// Turned about the origin, counter-clockwise.
fn turned(lines: &[Line], degrees: f64) -> Vec<Line> {
    let turn = |c: Coord<f64>| turned_point(c, degrees);
    let line = |line: &Line| with_points(line, points(line).into_iter().map(turn).collect());
    lines.iter().map(line).collect()
}

fn turned_point(c: Coord<f64>, degrees: f64) -> Coord<f64> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    Coord {
        x: c.x * cos - c.y * sin,
        y: c.x * sin + c.y * cos,
    }
}

const BLOCK: &str = "北至北路，南至南路，西至西路，东至东路";

/// Four streets around a block of 1000 by 600 m about the origin, which run on for 200 m.
fn block() -> Vec<Line> {
    vec![
        street("北路", &[(-700.0, 300.0), (700.0, 300.0)]),
        street("南路", &[(-700.0, -300.0), (700.0, -300.0)]),
        street("西路", &[(-500.0, -500.0), (-500.0, 500.0)]),
        street("东路", &[(500.0, -500.0), (500.0, 500.0)]),
    ]
}

const CORNERS: [(f64, f64); 4] = [
    (-500.0, 300.0),
    (-500.0, -300.0),
    (500.0, -300.0),
    (500.0, 300.0),
];

fn outcome(text: &str, lines: &[Line]) -> Outcome {
    compile(text, lines)
}

fn compiled(text: &str, lines: &[Line]) -> Compiled {
    match outcome(text, lines) {
        Outcome::Compiled(compiled) => compiled,
        Outcome::Ambiguous(ambiguity) => panic!("{text}: {ambiguity}"),
        Outcome::Unresolved(refusal) => panic!("{text}: {refusal}"),
    }
}

fn ambiguous(text: &str, lines: &[Line]) -> Ambiguity {
    match outcome(text, lines) {
        Outcome::Ambiguous(ambiguity) => ambiguity,
        other => panic!("{text}: {other:?}"),
    }
}

fn refused(text: &str, lines: &[Line]) -> Refusal {
    match outcome(text, lines) {
        Outcome::Unresolved(refusal) => refusal,
        other => panic!("{text}: {other:?}"),
    }
}

/// The ring in metres, from its start, not closed.
fn ring(area: &Compiled) -> Vec<Coord<f64>> {
    let mut ring: Vec<Coord<f64>> = area.ring.iter().map(|&c| plane().to_plane(c)).collect();
    ring.pop();
    ring
}

/// Checks that the ring goes through these points, from its start, to within `metres`.
fn assert_ring(area: &Compiled, expected: &[(f64, f64)], metres: f64) {
    let ring = ring(area);
    assert_eq!(ring.len(), expected.len(), "{ring:?}");
    for (point, &(x, y)) in ring.iter().zip(expected) {
        let away = (point.x - x).hypot(point.y - y);
        assert!(away <= metres, "{point:?} is {away} m from ({x}, {y})");
    }
}

/// The share of the larger of two areas that only one of them covers.
fn difference(a: &[Coord<f64>], b: &[Coord<f64>]) -> f64 {
    use geo::Area;
    let polygon = |ring: &[Coord<f64>]| Polygon::new(LineString::new(ring.to_vec()), vec![]);
    let (a, b) = (polygon(a), polygon(b));
    a.xor(&b).unsigned_area() / a.unsigned_area().max(b.unsigned_area())
}

fn hectares(area: &Compiled) -> f64 {
    area.area_m2() / 1e4
}

/// A circle about the origin from one angle to another, in degrees counter-clockwise from east.
fn arc(radius: f64, from: f64, to: f64) -> Vec<(f64, f64)> {
    let steps = 72;
    (0..=steps)
        .map(|step| {
            let angle = from + (to - from) * f64::from(step) / f64::from(steps);
            let (sin, cos) = angle.to_radians().sin_cos();
            (radius * cos, radius * sin)
        })
        .collect()
}

// ---- plans of streets ------------------------------------------------------------------------

/// A street's name by its number; a minus sign would join two names.
fn numbered(kind: &str, number: i32) -> String {
    let below = if number < 0 { "负" } else { "" };
    format!("{kind}{below}{}路", number.abs())
}

#[test]
fn a_grid_compiles_to_the_block_between_the_named_streets() {
    let mut lines = Vec::new();
    for i in -4..=4 {
        let at = f64::from(i) * 200.0;
        lines.push(street(&numbered("纵", i), &[(at, -900.0), (at, 900.0)]));
        lines.push(street(&numbered("横", i), &[(-900.0, at), (900.0, at)]));
    }
    let area = compiled("北至横2路，南至横负1路，西至纵负3路，东至纵1路", &lines);
    let corners = [
        (-600.0, 400.0),
        (-600.0, -200.0),
        (200.0, -200.0),
        (200.0, 400.0),
    ];
    assert_ring(&area, &corners, 0.02);
    assert!((area.on_named() - 1.0).abs() < 1e-12 && !area.has_gaps());
    let evidence = area.evidence(Some(480_000.0));
    assert!((evidence.measured_m2 - 480_000.0).abs() < 500.0);
    assert!(evidence.difference.unwrap().abs() < 1e-3);
    assert!((evidence.perimeter_m - 2_800.0).abs() < 3.0);
    for (side, long) in evidence.sides.iter().zip([800.0, 600.0, 800.0, 600.0]) {
        assert_eq!(side.corner.how, CornerKind::Intersection);
        assert_eq!((side.asked.len(), side.follows.len()), (1, 1));
        assert!((side.asked[0].metres - long).abs() < 1.0, "{side:?}");
        assert!((side.follows[0].ways[0].metres - long).abs() < 1.0);
    }
}

#[test]
fn streets_that_stand_close_are_not_too_many() {
    for apart in [100.0, 50.0] {
        let long = 60.0 * apart;
        let mut lines = Vec::new();
        for i in 0..60 {
            let at = f64::from(i) * apart;
            lines.push(street(&format!("纵{i}路"), &[(at, -apart), (at, long)]));
            lines.push(street(&format!("横{i}路"), &[(-apart, at), (long, at)]));
        }
        let network = Network::new(&lines);
        for [north, east, south, west] in [
            [50, 50, 10, 10],
            [59, 59, 0, 0],
            [24, 27, 20, 22],
            [31, 55, 30, 5],
        ] {
            let text = format!("北至横{north}路，南至横{south}路，西至纵{west}路，东至纵{east}路");
            let area = match network.compile(&text.parse().unwrap()) {
                Outcome::Compiled(area) => area,
                other => panic!("{text}: {other:?}"),
            };
            let corners = [(west, north), (west, south), (east, south), (east, north)];
            let corners = corners.map(|(x, y)| (f64::from(x) * apart, f64::from(y) * apart));
            assert_ring(&area, &corners, 0.05);
            assert!(!area.has_gaps(), "{text}");
        }
    }
}

#[test]
fn curved_streets_are_followed() {
    let lines = [
        street("北环", &arc(800.0, 170.0, 10.0)),
        street("南路", &[(-900.0, -200.0), (900.0, -200.0)]),
        street("西路", &[(-500.0, -400.0), (-500.0, 900.0)]),
        street("东路", &[(500.0, -400.0), (500.0, 900.0)]),
    ];
    let area = compiled("北至北环，南至南路，西至西路，东至东路", &lines);
    // A trapezium and a segment of a circle.
    let half: f64 = 500.0 / 800.0;
    let height = 800.0 * half.asin().cos();
    let expected =
        1000.0 * (height + 200.0) + 800.0 * 800.0 * (half.asin() - half * half.asin().cos());
    assert!((area.area_m2() / expected - 1.0).abs() < 0.002);
}

#[test]
fn a_ring_road_bounds_on_all_sides_or_on_one() {
    let ring_road = street("环路", &arc(600.0, 90.0, 450.0));
    let area = compiled(
        "北至环路，南至环路，西至环路，东至环路",
        std::slice::from_ref(&ring_road),
    );
    let circle = TAU / 2.0 * 600.0 * 600.0;
    assert!((area.area_m2() / circle - 1.0).abs() < 0.01);
    for corner in area.corners() {
        assert_eq!(corner.how, CornerKind::Bend);
        let point = plane().to_plane(corner.point);
        // Between the sides: at 45° to both.
        assert!((point.x.abs() - point.y.abs()).abs() < 40.0, "{point:?}");
    }
    let chord = |name: &str, y: f64| street(name, &[(-700.0, y), (700.0, y)]);
    let lines = [ring_road, chord("横路", 0.0)];
    let area = compiled("北至环路，南至横路，西至环路，东至环路", &lines);
    assert!((area.area_m2() / (circle / 2.0) - 1.0).abs() < 0.01);
    let area = compiled("北至横路，南至环路，西至环路，东至环路", &lines);
    assert!((area.area_m2() / (circle / 2.0) - 1.0).abs() < 0.01);
}

#[test]
fn carriageways_with_unequal_gaps_bound_by_their_middle() {
    let mut lines = block();
    // 10 m apart in the west, 50 m in the east; and a south road of 30 m, in four ways.
    lines[0] = street("北路", &[(-700.0, 305.0), (0.0, 310.0), (700.0, 330.0)]);
    lines.push(street(
        "北路",
        &[(700.0, 270.0), (0.0, 290.0), (-700.0, 295.0)],
    ));
    lines[1] = street("南路", &[(-700.0, -285.0), (700.0, -285.0)]);
    lines.push(street("南路", &[(700.0, -315.0), (-700.0, -315.0)]));
    let area = compiled(BLOCK, &lines);
    assert_ring(&area, &CORNERS, 1.0);
    assert!(!area.has_gaps());
}

fn on_carriageway(text: &str, lines: &[Line], carriageway: Carriageway) -> Compiled {
    let options = Options {
        carriageway,
        ..Options::default()
    };
    match Network::new(lines).compile_with(&text.parse().unwrap(), options) {
        Outcome::Compiled(area) => area,
        other => panic!("{text}: {carriageway:?}: {other:?}"),
    }
}

#[test]
fn inner_and_outer_carriageways_bound_where_asked() {
    let mut lines = block();
    // 20 m apart in the north; in the south 10 m in the west and 50 m in the east; the west road
    // ends at the nearer carriageway in the north; the east road is single and crosses both.
    lines[0] = street("北路", &[(-700.0, 310.0), (700.0, 310.0)]);
    lines.push(street("北路", &[(700.0, 290.0), (-700.0, 290.0)]));
    lines[1] = street("南路", &[(-750.0, -295.0), (750.0, -275.0)]);
    lines.push(street("南路", &[(750.0, -325.0), (-750.0, -305.0)]));
    lines[2] = street("西路", &[(-500.0, -500.0), (-500.0, 290.0)]);
    let at = |x: f64| 10.0 * (x + 750.0) / 750.0 + 5.0;
    let expected = |aside: f64| {
        let south = |x: f64| -300.0 + aside * at(x);
        [
            (-500.0, 300.0 - aside * 10.0),
            (-500.0, south(-500.0)),
            (500.0, south(500.0)),
            (500.0, 300.0 - aside * 10.0),
        ]
    };
    for (carriageway, aside) in [
        (Carriageway::Inner, 1.0),
        (Carriageway::Centre, 0.0),
        (Carriageway::Outer, -1.0),
    ] {
        let area = on_carriageway(BLOCK, &lines, carriageway);
        assert_ring(&area, &expected(aside), 0.3);
    }
}

#[test]
fn inner_lies_within_centre_and_centre_within_outer() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0015);
    for case in 0..if in_full() { 150 } else { 15 } {
        let town = Town::random(&mut rng);
        let (names, _) = town.blocks(&mut rng);
        let mut lines = Vec::new();
        for line in &town.lines {
            let apart = rng.random_range(0.0..25.0);
            let spread = rng.random_range(0.0..10.0);
            let course = points(line);
            let ends = course[course.len() - 1] - course[0];
            let across = Coord {
                x: -ends.y,
                y: ends.x,
            } / ends.x.hypot(ends.y);
            let aside = |sign: f64| {
                let moved = course
                    .iter()
                    .zip(0_u32..)
                    .map(|(&c, i)| c + across * (sign * (apart + spread * f64::from(i) / 8.0)));
                with_points(line, moved.collect())
            };
            if rng.random() {
                lines.extend([aside(1.0), aside(-1.0)]);
            } else {
                lines.push(line.clone());
            }
        }
        let text = sentence(&names, &[0, 1, 2, 3]);
        let order = [Carriageway::Inner, Carriageway::Centre, Carriageway::Outer];
        let rings = order.map(|c| ring(&on_carriageway(&text, &lines, c)));
        for pair in rings.windows(2) {
            let outer = Polygon::new(LineString::new(pair[1].clone()), vec![]);
            for &vertex in &pair[0] {
                // Either is drawn to within half a metre.
                let away = Euclidean.distance(&Point(vertex), &outer);
                assert!(away <= 1.0, "case {case}: {text}: {away} m outside");
            }
        }
    }
}

#[test]
fn a_dead_end_short_of_the_corner_is_bridged_and_told() {
    let mut lines = block();
    lines[3] = street("东路", &[(500.0, -240.0), (500.0, 500.0)]);
    let area = compiled(BLOCK, &lines);
    assert_ring(
        &area,
        &[
            CORNERS[0],
            CORNERS[1],
            CORNERS[2],
            (500.0, -240.0),
            CORNERS[3],
        ],
        0.05,
    );
    assert_eq!(outcome(BLOCK, &lines).name(), "compiled_with_gaps");
    let corner = &area.corners()[1];
    assert_eq!(
        (corner.from, corner.to),
        (Direction::East, Direction::South)
    );
    assert_eq!(corner.how, CornerKind::Bridge);
    assert_eq!(corner.streets, ["东路", "南路"]);
    assert!((corner.gap_m - 60.0).abs() < 0.2, "{corner:?}");
    let on_named = 1.0 - 60.0 / 3_200.0;
    assert!((area.on_named() - on_named).abs() < 1e-3);
}

#[test]
fn t_junctions_are_corners() {
    let lines = [
        street("北路", &[(-500.0, 300.0), (500.0, 300.0)]),
        street("南路", &[(-500.0, -300.0), (500.0, -300.0)]),
        street("西路", &[(-500.0, 900.0), (-500.0, -300.0)]),
        street("东路", &[(500.0, -900.0), (500.0, 300.0)]),
    ];
    let area = compiled(BLOCK, &lines);
    assert_ring(&area, &CORNERS, 0.02);
    let how = area.corners().into_iter().map(|corner| corner.how);
    assert!(how.eq([CornerKind::Intersection; 4]));
}

/// A block of which the north-eastern corner is taken out, and the streets around it run on.
fn block_in_steps() -> Vec<Line> {
    let mut lines = block();
    lines.push(street("短街", &[(-300.0, 50.0), (700.0, 50.0)]));
    lines.push(street("中街", &[(100.0, 500.0), (100.0, -500.0)]));
    lines
}

#[test]
fn a_corner_may_be_taken_out_of_a_block() {
    let corners = [
        CORNERS[0],
        CORNERS[1],
        CORNERS[2],
        (500.0, 50.0),
        (100.0, 50.0),
        (100.0, 300.0),
    ];
    let mut lines = block_in_steps();
    let words = ["北", "东", "南", "西"];
    for quarter in 0..4 {
        // Clockwise by so many quarters.
        let word = |side: usize| words[(side + quarter) % 4];
        for [north, east] in [["北路、短街", "中街、东路"], ["短街和北路", "东路、中街"]]
        {
            let text = format!(
                "{}至{north}，{}至{east}，{}至南路，{}至西路",
                word(0),
                word(1),
                word(2),
                word(3)
            );
            let area = compiled(&text, &lines);
            let turn = |&(x, y): &(f64, f64)| {
                turned_point(
                    Coord { x, y },
                    -90.0 * f64::from(u8::try_from(quarter).unwrap()),
                )
            };
            let expected: Vec<Coord<f64>> = corners.iter().map(turn).collect();
            assert!(difference(&ring(&area), &expected) < 1e-4, "{text}");
            assert!(!area.has_gaps());
            let evidence = area.evidence(None);
            let asked = evidence.sides.iter().map(|side| side.asked.len());
            let mut asked: Vec<usize> = asked.collect();
            asked.rotate_left(quarter);
            assert_eq!(asked, [2, 2, 1, 1]);
            for side in &evidence.sides {
                assert!(
                    side.asked.iter().all(|street| street.metres > 200.0),
                    "{text}"
                );
                assert_eq!(side.corner.how, CornerKind::Intersection);
            }
        }
        lines = turned(&lines, -90.0);
    }
}

#[test]
fn steps_are_taken_where_there_is_no_other_way_and_no_gap() {
    let text = "北至北路、短街，东至中街、东路，南至南路，西至西路";
    // 短街 begins 30 m to the east of 中街.
    let mut lines = block_in_steps();
    lines[4] = street("短街", &[(130.0, 50.0), (700.0, 50.0)]);
    let _ = refused(text, &lines);
    // A street that faces the other way is none of the side.
    let text = "北至短街、南路，东至中街、东路，南至北路，西至西路";
    let _ = refused(text, &block_in_steps());
    // Where the streets of a side follow each other, that is what is meant.
    let mut lines = block_in_steps();
    lines[4] = street("短街", &[(100.0, 300.0), (300.0, 200.0), (700.0, 200.0)]);
    lines[5] = street("中街", &[(500.0, 500.0), (500.0, 0.0)]);
    lines[3] = street("东路", &[(500.0, 0.0), (500.0, -500.0)]);
    let text = "北至北路、短街，东至中街、东路，南至南路，西至西路";
    let area = compiled(text, &lines);
    assert!((hectares(&area) - 57.0).abs() < 0.1, "{}", hectares(&area));
}

#[test]
fn a_river_bounds_where_bridges_cross_it() {
    let mut lines = block();
    let mut river = street(
        "南河",
        &[
            (-1500.0, -350.0),
            (-250.0, -300.0),
            (250.0, -360.0),
            (1500.0, -300.0),
        ],
    );
    river.kind = LineKind::River;
    lines[1] = river;
    // Two bridges between the sides, of streets that are not named.
    lines.push(street("一桥", &[(-100.0, -600.0), (-100.0, 0.0)]));
    lines.push(street("二桥", &[(200.0, -600.0), (200.0, 0.0)]));
    let area = compiled("北至北路，南至南河，西至西路，东至东路", &lines);
    let south: Vec<_> = area
        .stretches
        .iter()
        .filter(|s| s.side == Direction::South)
        .map(|s| (s.kind, s.street.as_deref()))
        .collect();
    assert_eq!(south, [(StretchKind::Street, Some("南河"))]);
    assert_eq!(ring(&area).len(), 6);
}

#[test]
fn one_street_may_bound_two_sides() {
    let lines = [
        street("弯路", &[(-900.0, 300.0), (500.0, 310.0), (490.0, -900.0)]),
        street("南路", &[(-700.0, -300.0), (700.0, -300.0)]),
        street("西路", &[(-500.0, -500.0), (-500.0, 500.0)]),
    ];
    let area = compiled("北至弯路，南至南路，西至西路，东至弯路", &lines);
    assert_eq!(ring(&area).len(), 4);
    let corner = &area.corners()[0];
    assert_eq!(corner.how, CornerKind::Bend);
    let point = plane().to_plane(corner.point);
    assert!((point.x - 500.0).hypot(point.y - 310.0) < 0.1, "{point:?}");
    // A straight one does not.
    let mut straight = block();
    straight[0] = street("弯路", &[(-700.0, 300.0), (700.0, 300.0)]);
    let refusal = refused("北至弯路，南至南路，西至西路，东至弯路", &straight);
    assert!(!refusal.reasons().is_empty());
}

#[test]
fn a_hypotenuse_bounds_two_sides_at_any_angle() {
    for degrees in [15.0, 34.0, 45.0, 60.0, 75.0_f64] {
        // From west to east it falls by so many degrees, and a bend of 2 m is as good as none.
        let fall = degrees.to_radians().tan();
        let at = |x: f64| (x, -500.0 + fall * (400.0 - x));
        let bend = (390.0, at(390.0).1 + 2.0);
        let lines = [
            street("斜路", &[at(-600.0), bend, at(600.0)]),
            street("南路", &[(-700.0, -500.0), (700.0, -500.0)]),
            street("西路", &[(-400.0, -700.0), (-400.0, 3_000.0)]),
        ];
        let area = compiled("北至斜路，南至南路，西至西路，东至斜路", &lines);
        let expected = 800.0 * 800.0 * fall / 2.0;
        assert!((area.area_m2() / expected - 1.0).abs() < 0.03, "{degrees}°");
        let corner = &area.corners()[0];
        let point = plane().to_plane(corner.point);
        assert_eq!(corner.how, CornerKind::Bend);
        assert!(point.x.abs() < 5.0, "{degrees}°: {point:?}");
    }
    // Nearly level it does not lead to the south.
    let lines = [
        street("斜路", &[(-600.0, -340.0), (600.0, -520.0)]),
        street("南路", &[(-700.0, -500.0), (700.0, -500.0)]),
        street("西路", &[(-400.0, -700.0), (-400.0, 700.0)]),
    ];
    let refusal = refused("北至斜路，南至南路，西至西路，东至斜路", &lines);
    assert!(
        matches!(refusal.reasons(), [Reason::Contradictory(_)]),
        "{refusal}"
    );
}

#[test]
fn a_ring_street_is_not_walked_the_long_way_around() {
    let out = |degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        (1_500.0 * cos, 1_500.0 * sin)
    };
    for (east, west) in [(45.0, 135.0), (50.0, 120.0)] {
        let lines = [
            street("外环", &arc(1_300.0, 90.0, 450.0)),
            street("内环", &arc(600.0, 90.0, 450.0)),
            street("东径", &[(0.0, 0.0), out(east)]),
            street("西径", &[(0.0, 0.0), out(west)]),
        ];
        let area = compiled("北至外环，南至内环，西至西径，东至东径", &lines);
        let share = (west - east) / 360.0;
        let expected = share * TAU / 2.0 * (1_300.0_f64.powi(2) - 600.0_f64.powi(2)) / 1e4;
        assert!((hectares(&area) / expected - 1.0).abs() < 0.01, "{area:?}");
    }
    // Neither way around is much longer than the other.
    let lines = [
        street("外环", &arc(1_300.0, 90.0, 450.0)),
        street("内环", &arc(600.0, 90.0, 450.0)),
        street("东径", &[(0.0, 0.0), out(15.0)]),
        street("西径", &[(0.0, 0.0), out(165.0)]),
    ];
    let ambiguity = ambiguous("北至外环，南至内环，西至西径，东至东径", &lines);
    assert_eq!(ambiguity.candidates().len(), 2, "{ambiguity}");
}

#[test]
fn a_hole_in_the_middle_of_a_side_is_bridged() {
    let mut lines = block();
    lines[0] = street("北路", &[(-700.0, 300.0), (-15.0, 300.0)]);
    lines.push(street("北路", &[(15.0, 300.0), (700.0, 300.0)]));
    let area = compiled(BLOCK, &lines);
    let kinds: Vec<_> = area
        .stretches
        .iter()
        .filter(|s| s.side == Direction::North)
        .map(|s| (s.kind, s.metres.round()))
        .collect();
    let (along, across) = ((StretchKind::Street, 485.0), (StretchKind::Bridge, 30.0));
    assert_eq!(kinds, [along, across, along]);
}

#[test]
fn another_street_bridges_a_gap_before_a_straight_line_does() {
    let mut lines = block();
    lines[3] = street("东路", &[(500.0, -100.0), (500.0, 500.0)]);
    lines.push(street("接路", &[(500.0, -100.0), (520.0, -300.0)]));
    let area = compiled(BLOCK, &lines);
    let corner = &area.corners()[1];
    assert_eq!(corner.how, CornerKind::Via);
    assert_eq!(corner.streets, ["东路", "接路", "南路"]);
}

// ---- more than one polygon -------------------------------------------------------------------

#[test]
fn a_name_that_occurs_twice_is_ambiguous_where_both_close_a_block() {
    let mut lines = block();
    // The same 东路 once more, 600 m to the east, and both cross 北路 and 南路.
    lines[0] = street("北路", &[(-700.0, 300.0), (1300.0, 300.0)]);
    lines[1] = street("南路", &[(-700.0, -300.0), (1300.0, -300.0)]);
    lines.push(street("东路", &[(1100.0, -500.0), (1100.0, 500.0)]));
    let ambiguity = ambiguous(BLOCK, &lines);
    let areas: Vec<f64> = ambiguity.candidates().iter().map(hectares).collect();
    assert_eq!(areas.len(), 2);
    assert!((areas[0] - 60.0).abs() < 0.1 && (areas[1] - 96.0).abs() < 0.1);
    let places = Cause::Places {
        street: "东路".into(),
        places: 2,
    };
    assert_eq!(ambiguity.causes(), [places]);
    let said = ambiguity.text();
    assert_eq!(said.zh, "符合四至的界线有 2 条：东路有 2 处，互不相连");
    assert!(said.en.contains("东路 lies in 2 places"), "{}", said.en);

    // Elsewhere in the city it does no harm.
    lines[4] = street("东路", &[(9_100.0, -500.0), (9_100.0, 500.0)]);
    assert!((hectares(&compiled(BLOCK, &lines)) - 60.0).abs() < 0.1);
}

/// The block, and 8 km to the east another with the same names.
fn two_blocks() -> Vec<Line> {
    let mut lines = block();
    let aside = |line: &Line| {
        let points = points(line).into_iter();
        with_points(
            line,
            points
                .map(|c| Coord {
                    x: c.x + 8_000.0,
                    ..c
                })
                .collect(),
        )
    };
    let others: Vec<Line> = lines.iter().map(aside).collect();
    lines.extend(others);
    lines
}

#[test]
fn two_blocks_of_the_same_names_are_ambiguous() {
    let lines = two_blocks();
    let ambiguity = ambiguous(BLOCK, &lines);
    assert_eq!(ambiguity.candidates().len(), 2);
    assert_eq!(ambiguity.causes().len(), 4);
    // The document's own figure can't tell them apart either: both are as large.
    let network = Network::new(&lines);
    let stated = Options {
        stated_m2: Some(600_000.0),
        ..Options::default()
    };
    let outcome = network.compile_with(&BLOCK.parse().unwrap(), stated);
    assert_eq!(outcome.name(), "ambiguous");
}

/// Serves the invented district with these streets besides its own.
fn serve_with(lines: &[Line]) -> (Copy, Server) {
    let district = Copy::new();
    district.edit("geodata/streets.geojson", |file| {
        let streets = file["features"].as_array_mut().unwrap();
        let mut like = streets[0].clone();
        like["properties"]["citations"] = json!([]);
        for (line, number) in lines.iter().zip(0..) {
            let mut street = like.clone();
            street["id"] = json!(format!("added-{number}"));
            street["properties"]["name"] = json!(line.name);
            let positions: Vec<_> = line.coords.coords().map(|c| [c.x, c.y]).collect();
            street["geometry"] = json!({ "type": "LineString", "coordinates": positions });
            streets.push(street);
        }
    });
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| district.file(part));
    let server = Server::start_with(&[
        "--seeds",
        seeds.to_str().unwrap(),
        "--geodata",
        geodata.to_str().unwrap(),
    ]);
    (district, server)
}

#[test]
fn an_ambiguous_sentence_is_answered_with_its_candidates_and_is_no_area() {
    let (_district, server) = serve_with(&two_blocks());
    let body = json!({ "text": BLOCK }).to_string();
    let answer = server.post("/boundaries", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let [feature] = &answer["features"].as_array().unwrap()[..] else {
        panic!("{answer}");
    };
    let told = &feature["properties"];
    assert_eq!(told["outcome"], "ambiguous");
    assert_eq!(feature["geometry"], json!(null));
    assert_eq!(told["area_m2"], json!(null));
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("符合四至的界线有 2 条"), "{message}");
    let candidates = told["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    let mut wests = Vec::new();
    for candidate in candidates {
        let geometry = serde_json::from_value(candidate["geometry"].clone()).unwrap();
        let Geometry::Polygon(polygon) = read::geometry(&geometry, None).unwrap() else {
            panic!("{candidate}");
        };
        let hectares = polygon.geodesic_area_unsigned() / 1e4;
        assert!((hectares - 60.0).abs() < 0.1, "{hectares}");
        let said = candidate["area_m2"].as_f64().unwrap() / 1e4;
        assert!((said - hectares).abs() < 0.01, "{said} of {hectares}");
        let west = polygon.bounding_rect().unwrap().min();
        wests.push(plane().to_plane(west).x);
    }
    wests.sort_by(f64::total_cmp);
    assert!((wests[0] + 500.0).abs() < 1.0 && (wests[1] - 7_500.0).abs() < 1.0);
    // As an area it is refused with all of this.
    let body = json!({ "area": { "boundary": BLOCK }, "collections": ["parcels"] });
    let refused = server.post("/areas/query", body.to_string());
    let detail = refused.problem(422);
    assert_eq!(json!(detail), told["message_en"]);
    assert_eq!(refused.json()["boundary"], *feature);
    // That both are as large as the text says tells neither from the other.
    let text = format!("{BLOCK}，面积60公顷。");
    let answer = server.post("/boundaries", json!({ "text": text }).to_string());
    let told = &answer.json()["features"][0]["properties"];
    assert_eq!(told["outcome"], "ambiguous");
    assert_eq!(told["stated_area"]["area_m2"], 600_000.0);
}

#[test]
fn streets_that_meet_twice_are_ambiguous() {
    let mut lines = block();
    // 西路 runs north, turns east and comes back to 北路 again 300 m on.
    lines[2] = street(
        "西路",
        &[
            (-500.0, -500.0),
            (-500.0, 500.0),
            (-200.0, 500.0),
            (-200.0, 100.0),
        ],
    );
    let ambiguity = ambiguous(BLOCK, &lines);
    assert_eq!(ambiguity.candidates().len(), 2, "{ambiguity}");
    let meetings = Cause::Meetings {
        streets: ["北路".into(), "西路".into()],
        places: 2,
    };
    assert_eq!(ambiguity.causes(), [meetings]);
}

#[test]
fn a_loop_in_a_side_is_ambiguous() {
    let mut lines = block();
    // Half-way along, 北路 divides into two roads 200 m apart, and these join again.
    lines[0] = street("北路", &[(-700.0, 300.0), (-200.0, 300.0), (-150.0, 400.0)]);
    lines.push(street(
        "北路",
        &[(-150.0, 400.0), (150.0, 400.0), (200.0, 300.0)],
    ));
    lines.push(street("北路", &[(200.0, 300.0), (700.0, 300.0)]));
    lines.push(street(
        "北路",
        &[
            (-200.0, 300.0),
            (-150.0, 200.0),
            (150.0, 200.0),
            (200.0, 300.0),
        ],
    ));
    let ambiguity = ambiguous(BLOCK, &lines);
    assert_eq!(ambiguity.candidates().len(), 2, "{ambiguity}");
    assert_eq!(ambiguity.causes(), [Cause::Courses(vec!["北路".into()])]);
}

#[test]
fn a_polygon_without_gaps_is_chosen_before_one_with_a_large_gap() {
    let mut lines = block();
    lines[0] = street("北路", &[(-700.0, 300.0), (1300.0, 300.0)]);
    lines[1] = street("南路", &[(-700.0, -300.0), (1300.0, -300.0)]);
    lines[3] = street("东路", &[(500.0, -80.0), (500.0, 500.0)]);
    lines.push(street("东路", &[(1100.0, -500.0), (1100.0, 500.0)]));
    let area = compiled(BLOCK, &lines);
    assert!((hectares(&area) - 96.0).abs() < 0.1 && !area.has_gaps());
    // With a small gap it might be meant.
    lines[3] = street("东路", &[(500.0, -280.0), (500.0, 500.0)]);
    assert_eq!(ambiguous(BLOCK, &lines).candidates().len(), 2);
}

#[test]
fn the_stated_area_tells_candidates_apart() {
    let mut lines = block();
    lines[0] = street("北路", &[(-700.0, 300.0), (3_300.0, 300.0)]);
    lines[1] = street("南路", &[(-700.0, -300.0), (3_300.0, -300.0)]);
    lines.push(street("东路", &[(3_000.0, -500.0), (3_000.0, 500.0)]));
    let network = Network::new(&lines);
    let sentence: Sentence = BLOCK.parse().unwrap();
    assert_eq!(network.compile(&sentence).name(), "ambiguous");
    let stated = |hectares: f64| Options {
        stated_m2: Some(hectares * 1e4),
        ..Options::default()
    };
    let Outcome::Compiled(area) = network.compile_with(&sentence, stated(58.0)) else {
        panic!("the large one contradicts the stated area");
    };
    assert!((hectares(&area) - 60.0).abs() < 0.1);
}

#[test]
fn a_side_does_not_lead_around_the_area() {
    // Both long streets cross the ring in the north and in the south.
    let lines = [
        street("环线", &arc(1500.0, 90.0, 450.0)),
        street("南路", &[(-700.0, -300.0), (700.0, -300.0)]),
        street("西路", &[(-400.0, -1600.0), (-400.0, 1600.0)]),
        street("东路", &[(400.0, -1600.0), (400.0, 1600.0)]),
    ];
    let area = compiled("北至环线，南至南路，西至西路，东至东路", &lines);
    let expected = 800.0 * (300.0 + 1_480.0);
    assert!((area.area_m2() / expected - 1.0).abs() < 0.01);
}

// ---- refusals --------------------------------------------------------------------------------

#[test]
fn an_area_that_contradicts_the_stated_one_is_refused_with_its_likely_cause() {
    let network = Network::new(&block());
    let sentence: Sentence = BLOCK.parse().unwrap();
    for (stated, cause) in [
        (6_000.0, "公顷"),
        (60.0 * 15.0, "亩"),
        (0.6, "平方公里"),
        (180.0, "核对"),
    ] {
        let options = Options {
            stated_m2: Some(stated * 1e4),
            ..Options::default()
        };
        let Outcome::Unresolved(refusal) = network.compile_with(&sentence, options) else {
            panic!("{stated} ha");
        };
        let [Reason::AreaContradicts { measured_m2, .. }] = refusal.reasons() else {
            panic!("{refusal}");
        };
        assert!((measured_m2 - 600_000.0).abs() < 1_000.0);
        assert!(refusal.to_string().contains(cause), "{stated}: {refusal}");
    }
    for stated in [35.0, 60.0, 110.0] {
        let options = Options {
            stated_m2: Some(stated * 1e4),
            ..Options::default()
        };
        let outcome = network.compile_with(&sentence, options);
        assert_eq!(outcome.name(), "compiled", "{stated} ha");
    }
}

#[test]
fn an_unknown_street_comes_with_the_nearest_names_and_never_with_a_polygon() {
    let mut lines = block();
    lines[0] = street("光荣道", &[(-700.0, 300.0), (700.0, 300.0)]);
    let refusal = refused("北至光荣路，南至南路，西至西路，东至东路", &lines);
    let [Reason::Unknown(names)] = refusal.reasons() else {
        panic!("{refusal}");
    };
    assert_eq!(names[0].near, ["光荣道"]);
    assert_eq!(
        refusal.to_string(),
        "数据中没有：光荣路（相近的名称：光荣道）"
    );
}

#[test]
fn streets_that_never_meet_are_refused_by_name() {
    let mut lines = block();
    lines[3] = street("东路", &[(2_500.0, -500.0), (2_500.0, 500.0)]);
    let refusal = refused(BLOCK, &lines);
    let said = refusal.to_string();
    assert!(said.contains("北路与东路接不上：最近处相距 180"), "{said}");
}

/// Why a text's only sentence is refused, and where on the map.
fn refused_where(text: &str, lines: &[Line]) -> (Refusal, Vec<OpenPart>) {
    let network = Network::new(lines);
    let mut found = network
        .compile_text(text, Options::default(), || true)
        .unwrap();
    assert_eq!(found.len(), 1);
    let Compilation { outcome, gaps, .. } = found.swap_remove(0);
    match outcome {
        Outcome::Unresolved(refusal) => (refusal, gaps),
        other => panic!("{text}: {other:?}"),
    }
}

/// Checks that a gap lies between two points, in metres.
fn assert_between(gap: &OpenPart, ends: [(f64, f64); 2]) {
    let line: Vec<_> = gap.line.iter().map(|&c| plane().to_plane(c)).collect();
    assert_eq!(line.len(), 2);
    for (point, (x, y)) in line.iter().zip(ends) {
        assert!((point.x - x).hypot(point.y - y) < 1.0, "{line:?}");
    }
}

#[test]
fn a_hole_in_a_street_that_is_too_long_is_said_and_shown() {
    let mut lines = block();
    lines[0] = street("北路", &[(-700.0, 300.0), (-200.0, 300.0)]);
    lines.push(street("北路", &[(110.0, 300.0), (700.0, 300.0)]));
    let (refusal, gaps) = refused_where(BLOCK, &lines);
    let [
        Reason::Break {
            from, to, metres, ..
        },
    ] = refusal.reasons()
    else {
        panic!("{refusal}");
    };
    assert_eq!((from.as_str(), to.as_str()), ("北路", "北路"));
    assert!((metres - 310.0).abs() < 0.5);
    assert_eq!(
        refusal.to_string(),
        "北路在数据中缺一段，长 310 米，直线连接最长 250 米"
    );
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].kind, OpenKind::Apart);
    assert_between(&gaps[0], [(-200.0, 300.0), (110.0, 300.0)]);
}

#[test]
fn a_street_that_stops_far_from_its_corner_is_no_contradiction() {
    // 北路 stops short of 东路, and its other end leads around the area and meets it in the south.
    let mut lines = block();
    let around = [
        (90.0, 300.0),
        (-600.0, 300.0),
        (-600.0, -450.0),
        (700.0, -450.0),
    ];
    lines[0] = street("北路", &around);
    let (refusal, gaps) = refused_where(BLOCK, &lines);
    assert_eq!(
        refusal.to_string(),
        "北路与东路在应相接处相距 410 米，直线连接最长 250 米"
    );
    assert_between(&gaps[0], [(90.0, 300.0), (500.0, 300.0)]);
    // What may be bridged is, although the two meet, too.
    lines[0] = street("北路", &[&[(260.0, 300.0)], &around[1..]].concat());
    let area = compiled(BLOCK, &lines);
    assert!((hectares(&area) - 60.0).abs() < 0.1 && area.has_gaps());
    // Where it is exchanged too, that is what is wrong.
    let text = "北至南路，南至北路，西至西路，东至东路";
    let (refusal, _) = refused_where(text, &block());
    assert!(
        matches!(refusal.reasons(), [Reason::Contradictory(_)]),
        "{refusal}"
    );
}

#[test]
fn a_street_on_two_opposite_sides_is_what_is_wrong() {
    let mut lines = block();
    lines.push(street("中路", &[(-700.0, 0.0), (700.0, 0.0)]));
    let refusal = refused("北至中路，南至中路，西至西路，东至东路", &lines);
    assert_eq!(
        refusal.to_string(),
        "中路既是“北至”又是“南至”，与另外两面围不成一圈"
    );
}

#[test]
fn the_likely_mistake_is_one_in_the_unit_that_the_text_has() {
    for (area, cause) in [
        ("900公顷", "可能把单位“亩”误写为“公顷”"),
        ("60平方公里", "可能把单位“公顷”误写为“平方公里”"),
        ("6000公顷", "请核对数值、单位和界线"),
    ] {
        let (refusal, _) = refused_where(&format!("{BLOCK}，占地{area}。"), &block());
        assert!(refusal.to_string().ends_with(cause), "{area}: {refusal}");
    }
}

#[test]
fn a_text_is_left_when_told_to_and_how_far_it_came_is_said() {
    let network = Network::new(&block());
    let text = format!("{BLOCK}。").repeat(5);
    let mut asked = 0;
    let mut allowed = |most: usize| {
        asked = 0;
        network.compile_text(&text, Options::default(), || {
            asked += 1;
            asked <= most
        })
    };
    assert_eq!(allowed(5).unwrap().len(), 5);
    let stopped = CompilationError::Stopped {
        compiled: 3,
        sentences: 5,
    };
    assert_eq!(allowed(3), Err(stopped.clone()));
    assert_eq!(asked, 4, "nothing is compiled after a no");
    let said = stopped.text();
    assert!(said.zh.contains("5 处四至描述中编译了 3 处"), "{}", said.zh);
    assert!(
        said.en.contains("3 of its 5 boundary sentences"),
        "{}",
        said.en
    );
    // One more than the most is not begun.
    for (count, is_taken) in [(MAX_SENTENCES, true), (MAX_SENTENCES + 1, false)] {
        let text = "北至甲路，南至乙路，西至丙路，东至丁路。".repeat(count);
        let mut asked = 0;
        let found = network.compile_text(&text, Options::default(), || {
            asked += 1;
            true
        });
        let expected = if is_taken {
            Ok(count)
        } else {
            Err(CompilationError::TooManySentences(count))
        };
        assert_eq!(found.map(|found| found.len()), expected);
        assert_eq!(asked, if is_taken { count } else { 0 });
    }
}

// ---- properties ------------------------------------------------------------------------------

#[test]
fn lines_that_bound_nothing_change_no_byte() {
    let lines = block();
    let area = compiled(BLOCK, &lines);
    let mut rng = StdRng::seed_from_u64(0x5eed_0011);
    for _ in 0..if in_full() { 400 } else { 40 } {
        let mut more = lines.clone();
        for i in 0..rng.random_range(1..30) {
            let far = if rng.random() { 600.0 } else { 12_000.0 };
            let mut at = || (rng.random_range(-far..far), rng.random_range(-far..far));
            more.push(street(&format!("别{i}路"), &[at(), at()]));
        }
        more.shuffle(&mut rng);
        assert_eq!(compiled(BLOCK, &more), area);
    }
}

/// Streets that bend at every crossing, in `columns` by `rows`, and the crossings.
struct Town {
    lines: Vec<Line>,
    at: Vec<Vec<Coord<f64>>>,
}

impl Town {
    fn random(rng: &mut StdRng) -> Self {
        let (columns, rows) = (rng.random_range(3..7), rng.random_range(3..7));
        let mut jitter = |far: f64| rng.random_range(-far..far);
        let mut at: Vec<Vec<Coord<f64>>> = Vec::new();
        for i in 0..columns {
            let crossing = |j: i32| Coord {
                x: f64::from(i - columns / 2) * 400.0 + jitter(70.0),
                y: f64::from(j - rows / 2) * 350.0,
            };
            at.push((0..rows).map(crossing).collect());
        }
        for column in &mut at {
            for crossing in column {
                crossing.y += jitter(60.0);
            }
        }
        let name = |prefix: &str, i: usize| format!("{prefix}{i}路");
        let course = |crossings: Vec<Coord<f64>>| -> Vec<(f64, f64)> {
            let last = crossings.len() - 1;
            let before = crossings[0] + (crossings[0] - crossings[1]) * 0.3;
            let after = crossings[last] + (crossings[last] - crossings[last - 1]) * 0.3;
            let all = [vec![before], crossings, vec![after]].concat();
            all.into_iter().map(|c| (c.x, c.y)).collect()
        };
        let mut lines = Vec::new();
        for (i, column) in at.iter().enumerate() {
            lines.push(street(&name("纵", i), &course(column.clone())));
        }
        for j in 0..at[0].len() {
            let row = at.iter().map(|column| column[j]).collect();
            lines.push(street(&name("横", j), &course(row)));
        }
        Self { lines, at }
    }

    /// Four streets around some blocks, in the order north, east, south, west; and the outline.
    fn blocks(&self, rng: &mut StdRng) -> ([String; 4], Vec<Coord<f64>>) {
        let at = &self.at;
        let west = rng.random_range(0..at.len() - 1);
        let east = rng.random_range(west + 1..at.len());
        let south = rng.random_range(0..at[0].len() - 1);
        let north = rng.random_range(south + 1..at[0].len());
        let outline = (west..east)
            .map(|i| at[i][south])
            .chain((south..north).map(|j| at[east][j]))
            .chain((west + 1..=east).rev().map(|i| at[i][north]))
            .chain((south + 1..=north).rev().map(|j| at[west][j]));
        let names = [
            format!("横{north}路"),
            format!("纵{east}路"),
            format!("横{south}路"),
            format!("纵{west}路"),
        ];
        (names, outline.collect())
    }
}

/// A sentence with the sides in any order.
fn sentence(names: &[String; 4], order: &[usize; 4]) -> String {
    let side = |&i: &usize| format!("{}至{}", Direction::CLOCKWISE[i], names[i]);
    order.iter().map(side).collect::<Vec<_>>().join("，")
}

/// Each way in parts that begin where the one before ends, some of them backwards, in any order.
fn shuffled(lines: &[Line], rng: &mut StdRng) -> Vec<Line> {
    let mut parts = Vec::new();
    for line in lines {
        let points = &line.coords.0;
        let mut from = 0;
        while from < points.len() - 1 {
            let to = (from + rng.random_range(1..points.len())).min(points.len() - 1);
            let mut part = points[from..=to].to_vec();
            if rng.random() {
                part.reverse();
            }
            let coords = part.into();
            parts.push(Line {
                coords,
                ..line.clone()
            });
            from = to;
        }
    }
    parts.shuffle(rng);
    parts
}

#[test]
fn any_block_compiles_to_itself_however_it_is_written_and_drawn() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0012);
    for case in 0..if in_full() { 1_000 } else { 40 } {
        let town = Town::random(&mut rng);
        let (names, outline) = town.blocks(&mut rng);
        let text = sentence(&names, &[0, 1, 2, 3]);
        let area = compiled(&text, &town.lines);
        let off = difference(&ring(&area), &outline);
        assert!(off < 0.002, "case {case}: {text}: {off}");
        assert!(!area.has_gaps(), "case {case}: {text}");
        let mut order = [0, 1, 2, 3];
        order.shuffle(&mut rng);
        let again = sentence(&names, &order);
        let other = compiled(&again, &shuffled(&town.lines, &mut rng));
        assert_eq!(other.ring, area.ring, "case {case}: {again}");
    }
}

#[test]
fn the_same_streets_give_the_same_bytes_in_any_order() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0016);
    let bytes = |text: &str, lines: &[Line]| {
        let network = Network::new(lines);
        let found = network
            .compile_text(text, Options::default(), || true)
            .unwrap();
        let [
            Compilation {
                outcome: Outcome::Compiled(area),
                gaps,
                ..
            },
        ] = &found[..]
        else {
            panic!("{text}: {found:?}");
        };
        serde_json::to_string(&(area, area.evidence(None), gaps)).unwrap()
    };
    for case in 0..if in_full() { 400 } else { 25 } {
        let town = Town::random(&mut rng);
        let (names, _) = town.blocks(&mut rng);
        let mut lines = shuffled(&town.lines, &mut rng);
        for (line, i) in lines.iter_mut().zip(0..) {
            line.id = format!("{}-{i}", line.name);
        }
        let text = sentence(&names, &[0, 1, 2, 3]);
        let expected = bytes(&text, &lines);
        lines.shuffle(&mut rng);
        let mut order = [0, 1, 2, 3];
        order.shuffle(&mut rng);
        let again = sentence(&names, &order);
        assert_eq!(bytes(&again, &lines), expected, "case {case}: {again}");
    }
}

/// Each segment in two that meet somewhere on it, as ways of their own.
fn cut_anywhere(lines: &[Line], rng: &mut StdRng) -> Vec<Line> {
    let mut parts = Vec::new();
    for line in lines {
        for pair in points(line).windows(2) {
            let at = pair[0] + (pair[1] - pair[0]) * rng.random_range(0.05..0.95);
            parts.push(with_points(line, vec![pair[0], at]));
            parts.push(with_points(line, vec![at, pair[1]]));
        }
    }
    parts
}

#[test]
fn ways_that_are_cut_between_their_vertices_give_the_same_polygon() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0017);
    for case in 0..if in_full() { 400 } else { 25 } {
        let town = Town::random(&mut rng);
        let (names, outline) = town.blocks(&mut rng);
        let text = sentence(&names, &[0, 1, 2, 3]);
        let area = compiled(&text, &cut_anywhere(&town.lines, &mut rng));
        let off = difference(&ring(&area), &outline);
        assert!(off < 0.002, "case {case}: {text}: {off}");
        assert!(!area.has_gaps(), "case {case}: {text}");
    }
}

#[test]
fn turned_by_up_to_thirty_degrees_it_is_the_same_polygon() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0018);
    for case in 0..if in_full() { 500 } else { 40 } {
        let town = Town::random(&mut rng);
        let (names, outline) = town.blocks(&mut rng);
        let degrees = rng.random_range(-30.0..30.0);
        let outline: Vec<_> = outline.iter().map(|&c| turned_point(c, degrees)).collect();
        let text = sentence(&names, &[0, 1, 2, 3]);
        let area = compiled(&text, &turned(&town.lines, degrees));
        let off = difference(&ring(&area), &outline);
        assert!(off < 0.002, "case {case}: {degrees}°: {text}: {off}");
    }
}

#[test]
fn a_network_turned_with_its_directions_turns_the_polygon() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0013);
    for case in 0..if in_full() { 500 } else { 20 } {
        let town = Town::random(&mut rng);
        let (names, _) = town.blocks(&mut rng);
        let order = [0, 1, 2, 3];
        let area = compiled(&sentence(&names, &order), &town.lines);
        // Counter-clockwise: what was in the north is in the west.
        let west_to_north = [3, 0, 1, 2];
        let mut names = names.to_vec();
        let mut lines = town.lines;
        let mut expected = ring(&area);
        for quarter in 1..4 {
            lines = turned(&lines, 90.0);
            names.rotate_left(1);
            let names: [String; 4] = names.clone().try_into().unwrap();
            let text = sentence(&names, &west_to_north);
            for point in &mut expected {
                *point = turned_point(*point, 90.0);
            }
            let off = difference(&ring(&compiled(&text, &lines)), &expected);
            assert!(off < 1e-4, "case {case}, {quarter} quarters: {text}: {off}");
        }
    }
}

#[test]
fn turned_two_blocks_are_never_taken_for_one() {
    let near_45 = 40..=50;
    for degrees in near_45.chain((0..360).step_by(if in_full() { 1 } else { 15 })) {
        // How far the directions of the sentence are from those of the streets.
        let off: i32 = (degrees + 180) % 360 - 180;
        match outcome(BLOCK, &turned(&two_blocks(), f64::from(degrees))) {
            Outcome::Ambiguous(ambiguity) => {
                assert_eq!(ambiguity.candidates().len(), 2, "{degrees}°");
                assert!(off.abs() < 60, "{degrees}°: {ambiguity}");
            }
            Outcome::Unresolved(refusal) => {
                let reasons = refusal.reasons();
                assert!(
                    matches!(reasons, [Reason::Contradictory(_)]),
                    "{degrees}°: {refusal}"
                );
                assert!(off.abs() > 50, "{degrees}°: {refusal}");
            }
            Outcome::Compiled(area) => panic!("{degrees}°: {area:?}"),
        }
    }
}

/// How often what becomes of a turned block is what.
#[derive(Debug, Default)]
struct Turned {
    same: u32,
    ambiguous: u32,
    contradictory: u32,
}

#[test]
fn turned_without_its_directions_it_is_the_same_polygon_or_none() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0014);
    let (mut anyhow, mut near_45) = (Turned::default(), Turned::default());
    for case in 0..if in_full() { 2_000 } else { 240 } {
        let town = Town::random(&mut rng);
        let (names, outline) = town.blocks(&mut rng);
        // Near 45° a side lies as much in one direction as in the next.
        let (degrees, count) = match case % 3 {
            0 => (rng.random_range(0.0..360.0), &mut anyhow),
            _ => (45.0 + rng.random_range(-5.0..5.0), &mut near_45),
        };
        let outline: Vec<_> = outline.iter().map(|&c| turned_point(c, degrees)).collect();
        let text = sentence(&names, &[0, 1, 2, 3]);
        match outcome(&text, &turned(&town.lines, degrees)) {
            Outcome::Compiled(area) => {
                let off = difference(&ring(&area), &outline);
                assert!(off < 0.002, "case {case}: {degrees}°: {text}: {off}");
                count.same += 1;
            }
            Outcome::Ambiguous(_) => count.ambiguous += 1,
            // What is wrong then is the directions, and nothing else.
            Outcome::Unresolved(refusal) => {
                let reasons = refusal.reasons();
                assert!(
                    matches!(reasons, [Reason::Contradictory(_)]),
                    "case {case}: {degrees}°: {text}: {refusal}"
                );
                count.contradictory += 1;
            }
        }
    }
    println!("turned anyhow: {anyhow:?}; within 5° of 45°: {near_45:?}");
    assert!(anyhow.same > 0 && anyhow.contradictory > 0);
    // The streets bend, so that a block near 45° may as a whole be turned too far.
    let all = near_45.same + near_45.ambiguous + near_45.contradictory;
    let share = f64::from(near_45.same + near_45.ambiguous) / f64::from(all);
    assert!(near_45.same > 0 && share > 0.9, "{share}");
}
