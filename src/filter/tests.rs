//! What filters are read as, what is said of those that are none, and that neither takes long.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value as Json, json};

use super::{
    Filter, Language, Queryable, Reach, Record, Span, Type, Value, json, limits,
    syntax::{Kind, Node, Operator},
    text,
    time::Instant,
};
use crate::{geometry::crs::Crs, model::Text};

/// A record of one property of each type.
struct Sample {
    geometry: geo::Geometry<f64>,
}

impl Record<Type> for Sample {
    fn value(&self, property: Type) -> Value<'_> {
        let instant = |text| Instant::parse(text).unwrap();
        match property {
            Type::Text => Value::Text("Köln".into()),
            Type::Number => Value::Number(7.0),
            Type::Boolean => Value::Boolean(true),
            Type::Date => Value::Instant(instant("2024-02-29")),
            Type::Timestamp => Value::Instant(instant("2024-02-29T08:30:00Z")),
            Type::Days => Value::Spans(vec![
                Span {
                    start: Some(instant("2021-01-01")),
                    end: Some(instant("2021-12-31")),
                },
                Span::at(instant("2025-03-08")),
            ]),
            Type::Texts => Value::Texts(vec!["a".into(), "b".into()]),
            Type::Geometry => Value::Geometry(&self.geometry),
        }
    }
}

/// A record of which nothing is known.
struct Blank;

impl Record<Type> for Blank {
    fn value(&self, _: Type) -> Value<'_> {
        Value::Null
    }
}

fn queryables() -> Vec<Queryable<Type>> {
    [
        ("text", Type::Text),
        ("n", Type::Number),
        ("yes", Type::Boolean),
        ("date", Type::Date),
        ("moment", Type::Timestamp),
        ("days", Type::Days),
        ("texts", Type::Texts),
        ("geometry", Type::Geometry),
        ("是", Type::Boolean),
    ]
    .map(|(name, kind)| Queryable {
        name: name.into(),
        property: kind,
        kind,
    })
    .into()
}

fn parse(text: &str) -> Result<Filter<Type>, Text> {
    Filter::parse(text, Language::Text, Crs::CRS84, &queryables())
}

fn sample() -> Sample {
    Sample {
        geometry: geo::Rect::new((0.0, 0.0), (2.0, 2.0)).to_polygon().into(),
    }
}

#[test]
fn every_operation_on_a_record() {
    for (filter, expected) in [
        ("text = 'Köln' AND n = 7 AND yes", true),
        ("NOT yes OR n <> 7", false),
        ("NOT (n = 1 OR n = 2) AND n = 7", true),
        ("n = 1 OR n = 7 AND n = 2", false),
        ("\"text\" > 'Koln'", true),
        ("是", true),
        ("yes = true AND (n > 3) = yes", true),
        (
            "date = DATE('2024-02-29') AND date < DATE('2024-03-01')",
            true,
        ),
        ("moment >= TIMESTAMP('2024-02-29T08:30:00.000Z')", true),
        // A day and a moment are compared by days.
        ("moment = date AND moment <= DATE('2024-02-29')", true),
        ("text LIKE 'K_l%' AND text NOT LIKE 'k%'", true),
        (r"text LIKE 'K\_ln'", false),
        ("CASEI(text) LIKE CASEI('KÖ%')", true),
        (
            "ACCENTI(text) = 'Koln' AND CASEI(ACCENTI(text)) = CASEI('KOLN')",
            true,
        ),
        ("n BETWEEN 7 AND 8 AND n NOT BETWEEN 1 AND 6.5", true),
        ("n IN (1, 3 + 4) AND n NOT IN (1, 2)", true),
        ("text IN ('a', 'Köln')", true),
        ("yes IN (false)", false),
        ("moment IN (DATE('2024-02-29'))", true),
        ("text IS NULL OR geometry IS NULL OR texts IS NULL", false),
        (
            "text IS NOT NULL AND days IS NOT NULL AND n IS NOT NULL",
            true,
        ),
        ("n + 1 - 2 * 3 = 2", true),
        ("n - 1 - 1 = 5 AND 2 ^ 3 ^ 2 = 512 AND n^2 = 49", true),
        ("n div 2 = 3 AND n % 4 = 3 AND n / 2 = 3.5", true),
        ("-7 div 2 = -3 AND -7 % 4 = -3", true),
        (
            "n - -1 = 8 AND n = +7 AND n = 7e0 AND n = .7E1 AND n = 7.",
            true,
        ),
        // What is not finite is unknown.
        ("n / 0 > 1 OR NOT (n / 0 > 1)", false),
        ("n / 0 IS NULL", true),
        (
            "T_AFTER(date, DATE('2024-02-28')) AND T_EQUALS(date, moment)",
            true,
        ),
        (
            "T_DURING(INTERVAL(date, '..'), INTERVAL('2024-01-01', '..'))",
            false,
        ),
        (
            "T_FINISHES(INTERVAL(date, '..'), INTERVAL('2024-01-01', '..'))",
            true,
        ),
        (
            "T_INTERSECTS(days, INTERVAL('2023-01-01', '2023-12-31'))",
            false,
        ),
        (
            "T_DISJOINT(days, DATE('2023-06-01')) AND T_CONTAINS(days, INTERVAL('2023-01-01', '2023-12-31'))",
            true,
        ),
        (
            "A_CONTAINS(texts, ('b')) AND A_EQUALS(texts, ('b', 'a', 'b'))",
            true,
        ),
        (
            "A_OVERLAPS(texts, ('b', 'c')) AND A_CONTAINEDBY(texts, ('a', 'b', 'c'))",
            true,
        ),
        (
            "A_CONTAINS(texts, ()) AND NOT A_CONTAINEDBY(texts, ())",
            true,
        ),
        ("A_CONTAINS(texts, (text, 'a'))", false),
        (
            "A_EQUALS(('a', true, 1, DATE('2024-01-01')), (1, DATE('2024-01-01'), 'a', true))",
            true,
        ),
        (
            "S_INTERSECTS(geometry, POINT(1 1)) AND S_CONTAINS(geometry, POINT Z (1 1 9))",
            true,
        ),
        (
            "S_WITHIN(geometry, BBOX(-1,-1,3,3)) AND S_EQUALS(geometry, BBOX(0,0,9,2,2,9))",
            true,
        ),
        (
            "S_OVERLAPS(geometry, POLYGON((1 1, 3 1, 3 3, 1 3, 1 1)))",
            true,
        ),
        (
            "S_CROSSES(LINESTRING(-1 1, 3 1), geometry) AND S_CROSSES(geometry, MULTILINESTRING((-1 1, 3 1)))",
            true,
        ),
        (
            "S_TOUCHES(geometry, MULTIPOINT((2 2), (5 5))) AND S_DISJOINT(geometry, MULTIPOINT(3 3, 4 4))",
            true,
        ),
        (
            "S_CONTAINS(BBOX(-1,-1,3,3), geometry) AND S_WITHIN(geometry, geometry)",
            true,
        ),
        (
            "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(9 9), LINESTRING(0 0, -1 -1)))",
            true,
        ),
        (
            "S_WITHIN(POINT(1 1), POLYGON((0 0, 2 0, 2 2, 0 2, 0 0)))",
            true,
        ),
        (
            "S_INTERSECTS(POINT(1 1), GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(3 3, 4 4)))",
            true,
        ),
        // Across the antimeridian.
        (
            "S_INTERSECTS(geometry, BBOX(170,-5,1,5)) AND NOT S_INTERSECTS(geometry, BBOX(170,-5,-1,5))",
            true,
        ),
    ] {
        let read = parse(filter).unwrap_or_else(|flaw| panic!("{filter}: {flaw}"));
        assert_eq!(read.matches(&sample()), expected, "{filter}");
    }
}

#[test]
fn what_is_unknown_is_neither_true_nor_false() {
    let is = |filter: &str| parse(filter).unwrap().matches(&Blank);
    for unknown in [
        "n = 7",
        "text LIKE '%'",
        "n BETWEEN 1 AND 9",
        "n IN (1)",
        "n + 1 = 8",
        "yes",
        "CASEI(text) = 'a'",
        "S_DISJOINT(geometry, POINT(0 0))",
        "T_DISJOINT(days, DATE('2024-01-01'))",
        "T_BEFORE(INTERVAL(date, '..'), DATE('2024-01-01'))",
        "A_CONTAINS(texts, ())",
        "A_OVERLAPS(('a'), (text))",
    ] {
        assert!(!is(unknown), "{unknown}");
        assert!(!is(&format!("NOT ({unknown})")), "NOT {unknown}");
        assert!(is(&format!("({unknown}) OR 1 = 1")), "{unknown} OR true");
        assert!(
            is(&format!("NOT (({unknown}) AND 1 = 2)")),
            "{unknown} AND false"
        );
        assert!(!is(&format!("({unknown}) OR 1 = 2")), "{unknown} OR false");
        assert!(!is(&format!("({unknown}) AND true")), "{unknown} AND true");
    }
    // A value can be known to lie outside by one limit alone, or within a list that has it.
    let known = |filter: &str| parse(filter).unwrap().matches(&sample());
    assert!(known("n NOT BETWEEN 8 AND n / 0"));
    assert!(known("n IN (n / 0, 7)") && !known("n NOT IN (n / 0, 8)"));
}

#[test]
fn a_condition_tells_where_its_features_lie() {
    let reach = |filter: &str| parse(filter).unwrap().reach();
    let within = |x1, y1, x2, y2| Reach::Within(geo::Rect::new((x1, y1), (x2, y2)));
    for (filter, expected) in [
        ("n = 1", Reach::Everywhere),
        (
            "S_INTERSECTS(geometry, BBOX(0,0,1,1))",
            within(0., 0., 1., 1.),
        ),
        (
            "S_CONTAINS(BBOX(0,0,1,1), geometry) AND n = 1",
            within(0., 0., 1., 1.),
        ),
        ("S_DISJOINT(geometry, BBOX(0,0,1,1))", Reach::Everywhere),
        (
            "NOT S_INTERSECTS(geometry, BBOX(0,0,1,1))",
            Reach::Everywhere,
        ),
        (
            "S_WITHIN(geometry, BBOX(0,0,1,1)) OR S_TOUCHES(geometry, POINT(5 5))",
            within(0., 0., 5., 5.),
        ),
        (
            "S_WITHIN(geometry, BBOX(0,0,1,1)) OR n = 1",
            Reach::Everywhere,
        ),
        // A feature that meets both need not meet what they share: the smaller one narrows.
        (
            "S_INTERSECTS(geometry, BBOX(0,0,9,9)) AND S_INTERSECTS(geometry, BBOX(20,0,21,1))",
            within(20., 0., 21., 1.),
        ),
        ("false AND n = 1", Reach::Nowhere),
        (
            "false OR S_EQUALS(geometry, POINT(1 2))",
            within(1., 2., 1., 2.),
        ),
    ] {
        assert_eq!(reach(filter), expected, "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_told_with_its_place_and_what_would_be_right() {
    for (filter, en) in [
        ("", "character 1: the filter ends, a property, a value"),
        ("n =", "character 4: the filter ends"),
        (
            "n = 1 n",
            "character 7: here is “n”, it should be AND, OR or the end",
        ),
        (
            "THIS IS NOT A FILTER",
            "character 13: here is “A”, it should be NULL",
        ),
        ("n = (1", "character 7: the filter ends, “)” should follow"),
        ("n = 1)", "character 6: here is “)”"),
        (
            "text = 'a",
            "character 8: the text that starts here has no closing",
        ),
        (
            "text = 'a\\'",
            "character 8: the text that starts here has no closing",
        ),
        (
            "\"text = 'a'",
            "character 1: here should be a property's name in double quotes",
        ),
        (
            "text = '\0'",
            "character 9: the character U+0000 means nothing",
        ),
        ("n\0 = 1", "character 2: the character U+0000"),
        (
            "n != 1",
            "character 3: the character “!” means nothing in CQL2; not equal is written <>",
        ),
        (
            "n ＝ 1",
            "character 3: here is the full-width sign “＝”, it should be =",
        ),
        (
            "text = ‘a’",
            "character 8: here is the full-width sign “‘”, it should be '",
        ),
        ("{\"op\"", "for JSON, give filter-lang=cql2-json"),
        (
            "名称 = 1",
            "character 1: there is no queryable “名称”; there are: text, n,",
        ),
        ("Text = 'a'", "there is no queryable “Text”"),
        ("n = 'a'", "character 5: “a” is text, it should be a number"),
        ("text = 1", "character 8: 1 is a number, it should be text"),
        (
            "text",
            "character 1: the property “text” is text, it should be a condition",
        ),
        (
            "n + 1",
            "character 3: the result of + is a number, it should be a condition",
        ),
        ("n = NULL", "character 5: NULL is no value: write IS NULL"),
        ("n = -n", "character 6: here is “n”, it should be a number"),
        ("n = 1e999", "character 5: “1e999” is no finite number"),
        ("n IN 1", "character 6: here is “1”, it should be “(”"),
        ("n IN ()", "character 7: here is “)”"),
        (
            "n BETWEEN 1 OR 2",
            "character 13: here is “OR”, it should be AND and the upper limit",
        ),
        (
            "text LIKE text",
            "character 11: the pattern of LIKE should be a literal",
        ),
        (
            "n LIKE 'a'",
            "character 1: the property “n” is a number, it should be text",
        ),
        (
            "days > DATE('2024-01-01')",
            "intervals are compared by the functions T_…",
        ),
        (
            "geometry = POINT(1 1)",
            "geometries are compared by the functions S_…",
        ),
        ("texts = 'a'", "lists are compared by the functions A_…"),
        (
            "date = '2024-01-01'",
            "character 8: “2024-01-01” is text, it should be a time, such as DATE(",
        ),
        (
            "date = DATE('2024-02-30')",
            "character 13: here is “'2024-02-30'”, it should be '2024-02-29'",
        ),
        (
            "moment = TIMESTAMP('2024-01-01')",
            "it should be '2024-02-29T08:30:00Z'",
        ),
        (
            "T_DURING(date, INTERVAL('..','..'))",
            "t_during compares intervals, here is an instant",
        ),
        (
            "T_AFTER(date, INTERVAL('2025-01-01','2024-01-01'))",
            "character 15: the interval ends before it starts",
        ),
        (
            "T_AFTER(date, INTERVAL('2024-01-01','2024-01-01T00:00:00Z'))",
            "should be days, or both moments",
        ),
        (
            "T_AFTER(date)",
            "character 1: t_after takes 2 operands, here are 1",
        ),
        (
            "A_CONTAINS(texts, (1))",
            "character 20: 1 is a number, it should be text",
        ),
        ("A_CONTAINS(texts, 'a')", "it should be a list"),
        (
            "A_EQUALS((POINT(1 1)), ())",
            "it should be text, a number, true or false, or a time",
        ),
        (
            "BUFFER(geometry, 1) = 1",
            "character 1: there is no function “BUFFER”; there are CASEI",
        ),
        (
            "S_WITHIN(geometry, text)",
            "the property “text” is text, it should be a geometry",
        ),
        (
            "S_WITHIN(geometry, POINT(NaN 1))",
            "character 26: here is “NaN”, it should be a number",
        ),
        (
            "S_WITHIN(geometry, POINT(1))",
            "character 27: here is “)”, it should be a number",
        ),
        (
            "S_WITHIN(geometry, POINT EMPTY)",
            "character 26: here is “EMPTY”",
        ),
        (
            "S_WITHIN(geometry, POLYGON((0 0, 1 0, 1 1)))",
            "character 20: a ring must end where it starts",
        ),
        (
            "S_WITHIN(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))",
            "character 20: the outline crosses itself at 1.000000,1.000000",
        ),
        ("S_WITHIN(geometry, POINT(190 0))", "lies outside the world"),
        (
            "S_WITHIN(geometry, POINT(500000 4300000))",
            "projected coordinates",
        ),
        (
            "S_WITHIN(geometry, BBOX(0,0,1))",
            "a BBOX should have four numbers",
        ),
        (
            "S_WITHIN(geometry, BBOX(0,5,1,1))",
            "the south of the BBOX lies north",
        ),
        (
            "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1)))",
            "S_INTERSECTS and S_DISJOINT only",
        ),
    ] {
        let flaw = parse(filter).map(|_| ()).unwrap_err();
        assert!(flaw.en.contains(en), "{filter}: {}", flaw.en);
        assert!(
            flaw.zh.starts_with("filter") && flaw.en.starts_with("filter"),
            "{flaw}"
        );
    }
}

#[test]
fn what_is_no_json_filter_is_told_with_its_member() {
    let parse =
        |text: &str| Filter::parse(text, Language::Json, Crs::CRS84, &queryables()).map(|_| ());
    for (filter, en) in [
        (
            json!({}),
            "filter, at “”: an object should have one of the members op, property",
        ),
        (
            json!({"op": "=", "args": [{"property": "n"}, "a"]}),
            "at “/args/1”: “a” is text, it should be a number",
        ),
        (
            json!({"op": "=", "args": [{"property": "n"}]}),
            "at “”: = takes 2 operands, here are 1",
        ),
        (
            json!({"op": "=", "args": [{"property": "n"}, null]}),
            "at “/args/1”: null is no value: use isNull",
        ),
        (
            json!({"op": "=", "args": [{"property": 3}, 1]}),
            "at “/args/0/property”: it should be a string",
        ),
        (json!({"op": "=="}), "at “/op”: there is no function “==”"),
        (
            json!({"op": "not", "args": {}}),
            "at “/args”: there should be args",
        ),
        (
            json!({"op": "t_after", "args": [{"property": "date"}, {"date": "2024"}]}),
            "at “/args/1/date”: it should be a time: 2024-02-29",
        ),
        (
            json!({"op": "t_after", "args": [{"property": "date"}, {"interval": ["2024-01-01"]}]}),
            "at “/args/1/interval”",
        ),
        (
            json!({"op": "s_within", "args": [{"property": "geometry"}, {"bbox": [1, 2]}]}),
            "at “/args/1/bbox”: a bbox should be four numbers",
        ),
        (
            json!({"op": "s_within", "args": [{"property": "geometry"}, {"type": "Circle"}]}),
            "at “/args/1”: this is no GeoJSON geometry",
        ),
        (
            json!({"op": "not", "args": [{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1]]]}]}]}),
            "at “/args/0/args/1”: a ring must end where it starts",
        ),
        (
            json!(["a"]),
            "at “”: this is a list, it should be a condition",
        ),
    ] {
        let flaw = parse(&filter.to_string()).unwrap_err();
        assert!(flaw.en.contains(en), "{filter}: {}", flaw.en);
    }
    assert!(
        parse("{\"op\":")
            .unwrap_err()
            .en
            .contains("this is no JSON: EOF")
    );
    assert!(parse("NaN").is_err());
    let deep = |levels: usize| {
        format!(
            "{}true{}",
            "{\"op\":\"not\",\"args\":[".repeat(levels),
            "]}".repeat(levels)
        )
    };
    assert!(parse(&deep(50)).is_ok());
    assert!(parse(&deep(10_000)).unwrap_err().en.contains("100 deep"));
}

#[test]
fn no_filter_ends_the_stack_or_fills_the_memory() {
    let repeated = |part: &str, count: usize| part.repeat(count);
    let wrapped = |open: &str, inner: &str, close: &str, count: usize| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    for (filter, en) in [
        (repeated("(", 10_000), "100 deep"),
        (wrapped("(", "n = 1", ")", 10_000), "100 deep"),
        (wrapped("NOT ", "yes", "", 10_000), "100 deep"),
        (
            wrapped("CASEI(", "text", ")", 10_000) + " = 'a'",
            "100 deep",
        ),
        (format!("n = 1{}", repeated(" + 1", 10_000)), "100 deep"),
        (format!("n = 1{}", repeated(" ^ 1", 10_000)), "100 deep"),
        (wrapped("GEOMETRYCOLLECTION(", "", ")", 10_000), "100 deep"),
        (format!("n IN (1{})", repeated(",1", 30_000)), "20000 terms"),
        (
            format!("n = 1{}", repeated(" OR n = 1", 30_000)),
            "20000 terms",
        ),
        (
            format!(
                "S_WITHIN(geometry, LINESTRING(0 0{}))",
                repeated(",1 1", 1 << 17)
            ),
            "10000 vertices",
        ),
        (
            format!(
                "S_INTERSECTS(geometry, POINT(1 1)){}",
                repeated(
                    " OR S_INTERSECTS(geometry, MULTIPOINT(1 1,2 2,3 3,4 4))",
                    3_000
                )
            ),
            "10000 vertices",
        ),
        (
            repeated(" ", limits::LENGTH + 1),
            "1048577 bytes, at most 1048576",
        ),
        (
            format!("text = '{}'", repeated("长", limits::LENGTH)),
            "bytes",
        ),
        (
            format!("n = {}", repeated("9", 1_000_000)),
            "no finite number",
        ),
        (repeated("长", 300_000), "no queryable"),
        (repeated("-", 1_000_000), "a number"),
        (
            repeated("'", 1_000_000),
            "is text, it should be a condition",
        ),
    ] {
        // A thread as small as those of the service.
        let flaw = std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || parse(&filter).map(|_| ()).unwrap_err())
            .unwrap()
            .join()
            .unwrap();
        assert!(flaw.en.contains(en), "{}", flaw.en);
        assert!(flaw.en.len() < 1_000, "{}", flaw.en);
    }
    // What lies within the limits is an answer.
    assert!(
        parse(&wrapped("(", "n = 7", ")", 98))
            .unwrap()
            .matches(&sample())
    );
    assert!(
        parse(&format!("n = 1{}", repeated(" OR n = 7", 4_000)))
            .unwrap()
            .matches(&sample())
    );
}

#[test]
fn geometry_is_read_in_the_system_and_the_order_of_filter_crs() {
    let matches = |crs: &str, filter: &str| {
        let crs = Crs::parse(crs).unwrap();
        let point = Sample {
            geometry: geo::Point::new(117.160_407, 39.155_855).into(),
        };
        Filter::parse(filter, Language::Text, crs, &queryables())
            .unwrap()
            .matches(&point)
    };
    // 117.160407, 39.155855 by pyproj 3.7.2.
    for (crs, near, far) in [
        (
            "CRS84",
            "BBOX(117.1604,39.1558,117.1605,39.1559)",
            "BBOX(39.1558,60,39.1559,70)",
        ),
        (
            "EPSG:4326",
            "BBOX(39.1558,117.1604,39.1559,117.1605)",
            "BBOX(60,39,70,40)",
        ),
        (
            "EPSG:4490",
            "POLYGON((39.15 117.15, 39.15 117.17, 39.17 117.17, 39.15 117.15))",
            "POINT(39.1 117.1)",
        ),
        (
            "EPSG:4548",
            "BBOX(4335818,513864,4335819,513865)",
            "BBOX(4335819,513864,4335820,513865)",
        ),
        (
            "EPSG:4548",
            "POLYGON((4335818 513864, 4335820 513866, 4335818 513866, 4335818 513864))",
            "POINT(4335818 513864)",
        ),
        (
            "EPSG:3857",
            "BBOX(13042236,4744021,13042237,4744022)",
            "BBOX(13042237,4744021,13042238,4744022)",
        ),
    ] {
        assert!(
            matches(crs, &format!("S_INTERSECTS(geometry, {near})")),
            "{crs}: {near}"
        );
        assert!(
            !matches(crs, &format!("S_INTERSECTS(geometry, {far})")),
            "{crs}: {far}"
        );
    }
}

/// A random filter, as it is written in both encodings.
struct Written {
    text: String,
    json: Json,
}

/// Writes random filters; what they say need not make sense.
struct Writer(StdRng);

impl Writer {
    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.0.random_range(0..of.len())]
    }

    fn several(&mut self, depth: usize, from: usize) -> Vec<Written> {
        let count = self.0.random_range(from..from + 3);
        (0..count).map(|_| self.any(depth)).collect()
    }

    fn any(&mut self, depth: usize) -> Written {
        if depth == 0 || self.0.random_bool(0.2) {
            return self.literal();
        }
        let operator = *self.pick(Operator::ALL);
        let name = operator.name();
        let mut parts = match operator {
            Operator::And | Operator::Or => {
                // A part that is such a chain itself would be one with it.
                let mut parts = self.several(depth - 1, 2);
                parts.retain(|part| part.json["op"] != name);
                while parts.len() < 2 {
                    parts.push(self.literal());
                }
                parts
            }
            Operator::Not | Operator::IsNull | Operator::Casei | Operator::Accenti => {
                vec![self.any(depth - 1)]
            }
            Operator::Between => (0..3).map(|_| self.any(depth - 1)).collect(),
            Operator::In => vec![self.any(depth - 1), self.list(depth - 1, 1)],
            _ => (0..2).map(|_| self.any(depth - 1)).collect(),
        };
        if operator.is_on_arrays() {
            parts = vec![self.list(depth - 1, 0), self.list(depth - 1, 0)];
        }
        let upper = if self.0.random_bool(0.5) {
            name.to_uppercase()
        } else {
            name.to_lowercase()
        };
        let texts: Vec<String> = parts.iter().map(|part| part.text.clone()).collect();
        let text = match operator {
            Operator::Not => format!("({upper} ({}))", texts[0]),
            Operator::IsNull => format!("(({}) is null)", texts[0]),
            Operator::Between => {
                format!("(({}) {upper} ({}) AND ({}))", texts[0], texts[1], texts[2])
            }
            Operator::In => format!("(({}) {upper} {})", texts[0], texts[1]),
            _ if operator.is_function() => format!("{upper}({})", texts.join(" , ")),
            _ => format!("(({}))", texts.join(&format!(") {upper} ("))),
        };
        let args: Vec<Json> = parts.into_iter().map(|part| part.json).collect();
        Written {
            text,
            json: json!({"op": name, "args": args}),
        }
    }

    fn list(&mut self, depth: usize, least: usize) -> Written {
        let items = self.several(depth, least);
        let texts: Vec<String> = items.iter().map(|item| item.text.clone()).collect();
        Written {
            text: format!("({})", texts.join(",")),
            json: items.into_iter().map(|item| item.json).collect(),
        }
    }

    fn literal(&mut self) -> Written {
        let number = f64::from(self.0.random_range(-1_000_000..1_000_000)) / 64.0;
        let x = f64::from(self.0.random_range(-180..180));
        let (text, json) = match self.0.random_range(0..9) {
            0 => {
                let name = *self.pick(&["n", "name_en", "eo:bands", "名称", "a.b"]);
                let quoted = self.0.random_bool(0.5);
                let text = if quoted {
                    format!("\"{name}\"")
                } else {
                    name.to_owned()
                };
                (text, json!({ "property": name }))
            }
            1 => {
                let value = *self.pick(&["", "it's", "a\\b", "100%", "\n\t\u{7}", "红桥区", "''"]);
                let text = value
                    .replace('\\', "\\\\")
                    .replace('\'', if self.0.random_bool(0.5) { "''" } else { "\\'" })
                    .replace('\u{7}', "\\a")
                    .replace('\n', "\\n");
                (format!("'{text}'"), json!(value))
            }
            2 => (format!("{number}"), json!(number)),
            3 => ("TRUE".into(), json!(true)),
            4 => ("date('2024-02-29')".into(), json!({"date": "2024-02-29"})),
            5 => (
                "TIMESTAMP('2024-02-29T08:30:00.25Z')".into(),
                json!({"timestamp": "2024-02-29T08:30:00.250Z"}),
            ),
            6 => (
                "INTERVAL('..', \"end\")".into(),
                json!({"interval": ["..", {"property": "end"}]}),
            ),
            7 => (
                format!("BBOX({x}, -1.5, 2, 3)"),
                json!({"bbox": [x, -1.5, 2, 3]}),
            ),
            _ => (
                format!("MULTIPOLYGON((({x} 0, 1 0, 1 1, {x} 0)))"),
                json!({"type": "MultiPolygon", "coordinates": [[[[x, 0.0], [1.0, 0.0], [1.0, 1.0], [x, 0.0]]]]}),
            ),
        };
        Written { text, json }
    }
}

/// How many random filters are tried.
const FILTERS: u64 = 2_000;

#[test]
fn both_encodings_of_a_random_filter_are_one_expression() {
    for seed in 0..FILTERS {
        let written = Writer(StdRng::seed_from_u64(seed)).any(5);
        let from_text =
            text::parse(&written.text).unwrap_or_else(|flaw| panic!("{}: {flaw}", written.text));
        let from_json = json::parse(&written.json.to_string())
            .unwrap_or_else(|flaw| panic!("{}: {flaw}", written.json));
        assert_eq!(from_text, from_json, "{}", written.text);
        // Written again, it is read as the same.
        assert_eq!(
            json::parse(&as_json(&from_text).to_string()).unwrap(),
            from_json
        );
    }
}

/// A filter as JSON.
fn as_json(node: &Node) -> Json {
    let all = |nodes: &[Node]| nodes.iter().map(as_json).collect::<Vec<_>>();
    match &node.kind {
        Kind::Property(name) => json!({ "property": name }),
        Kind::Text(text) => json!(text),
        Kind::Number(number) => json!(number),
        Kind::Boolean(truth) => json!(truth),
        Kind::Instant(Instant::Date(date)) => json!({ "date": date.to_string() }),
        Kind::Instant(Instant::Timestamp(moment)) => json!({ "timestamp": moment.to_string() }),
        Kind::Open => json!(".."),
        Kind::Interval(ends) => json!({ "interval": all(&ends[..]) }),
        Kind::Geometry(geometry) => json!(geometry),
        Kind::Box(corners) => json!({ "bbox": corners }),
        Kind::List(items) => json!(all(items)),
        Kind::Call(operator, operands) => json!({ "op": operator.name(), "args": all(operands) }),
    }
}

#[test]
fn no_string_of_tokens_makes_a_panic() {
    const TOKENS: [&str; 48] = [
        "n",
        "text",
        "yes",
        "date",
        "days",
        "texts",
        "geometry",
        "\"n\"",
        "'a'",
        "'",
        "\"",
        "1",
        "-",
        "1e5",
        ".",
        "(",
        ")",
        ",",
        "=",
        "<>",
        "<",
        ">=",
        "+",
        "*",
        "%",
        "^",
        "div",
        "AND",
        "OR",
        "NOT",
        "LIKE",
        "BETWEEN",
        "IN",
        "IS",
        "NULL",
        "TRUE",
        "CASEI(",
        "S_WITHIN(",
        "T_DURING(",
        "A_EQUALS(",
        "POINT(",
        "POLYGON((",
        "BBOX(",
        "DATE(",
        "INTERVAL(",
        "'..'",
        "\\",
        "长",
    ];
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..50_000 {
        let count = random.random_range(1..30);
        let words: Vec<&str> = (0..count)
            .map(|_| TOKENS[random.random_range(0..TOKENS.len())])
            .collect();
        if let Ok(filter) = parse(&words.join(" ")) {
            let _ = filter.matches(&sample());
            let _ = filter.matches(&Blank);
        }
    }
}
