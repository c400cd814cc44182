//! Sentences in every form, and what is wrong with those that cannot be read.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom, seq::SliceRandom};

use super::Direction::{East, North, South, West};
use super::*;
use crate::model::Text;

const ZONE: &str =
    "范围：北至光荣道，南至北马路、芥园道，西至洪湖东路、复兴路，东至红桥北大街、河北大街。";

fn listed(sides: &[Side; 4]) -> [Vec<String>; 4] {
    let listed = |side: &Side| side.names.iter().map(|name| name.text.clone()).collect();
    sides.each_ref().map(listed)
}

fn names(text: &str) -> [Vec<String>; 4] {
    let sentence: Sentence = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    listed(sentence.sides())
}

/// The names clockwise from north; 、 between those of a side, a space between sides.
fn sides(text: &str) -> String {
    names(text).map(|names| names.join("、")).join(" ")
}

fn error(text: &str) -> TextError {
    text.parse::<Sentence>().expect_err(text)
}

/// The sides of all sentences of a text, or what is wrong with them.
fn all(text: &str) -> Vec<Result<String, TextError>> {
    let said = |found: Found| {
        let sides = |sentence: Sentence| listed(sentence.sides()).map(|side| side.join("、"));
        found.sentence.map(|sentence| sides(sentence).join(" "))
    };
    find(text).unwrap().into_iter().map(said).collect()
}

fn areas(text: &str) -> Vec<Option<(String, f64)>> {
    let stated = |area: StatedArea| {
        assert_eq!(&text[area.span], area.quote);
        (area.quote, area.m2.round())
    };
    let found = find(text).unwrap().into_iter();
    found.map(|found| found.stated_area.map(stated)).collect()
}

#[test]
fn reads_a_plan_s_own_sentence() {
    assert_eq!(
        sides(ZONE),
        "光荣道 红桥北大街、河北大街 北马路、芥园道 洪湖东路、复兴路"
    );
}

#[test]
fn reads_any_order_width_and_spacing() {
    for text in [
        "东至乙路,西至戊河,北至甲路,南至丙路、丁街.",
        " 西至 戊河；南至丙路 和 丁街；东至乙\n路；北至甲路 ",
        "范围:南至丙路及丁街，北至甲路，东至乙路，西至戊河。",
        "范围北至甲路,南至丙路以及丁街,西至戊河,东至乙路",
        "四至范围：北至甲路 东至乙路 南至丙路与丁街 西至戊河",
        "北\u{3000}至甲路\r\n东至乙路\r\n南至丙路､丁街\r\n西至戊河\r\n",
    ] {
        assert_eq!(sides(text), "甲路 乙路 丙路、丁街 戊河", "{text}");
    }
}

#[test]
fn reads_every_way_of_giving_a_side() {
    for text in [
        // Before the name.
        "东起乙路，西至丁河，南到丙街，北抵甲道",
        "东起乙路，西至丁河，南临丙街，北靠甲道。",
        "东临乙路，南邻丙街，西接丁河，北靠甲道",
        "东邻乙路、南接丙街、西临丁河、北达甲道",
        "东侧为乙路，南侧为丙街，西侧是丁河，北侧临甲道",
        "东面到乙路；南面至丙街；西面为丁河；北面是甲道",
        "东部至乙路，南部到丙街，西部至丁河，北部抵甲道",
        "东侧至：乙路，南侧至：丙街，西侧至：丁河，北侧至：甲道",
        "东至：乙路\n南至：丙街\n西至：丁河\n北至：甲道",
        "四至范围：东：乙路；南：丙街；西：丁河；北：甲道",
        "东侧：乙路，南侧：丙街，西侧：丁河，北侧：甲道",
        "东边界为乙路，南边界为丙街，西边界为丁河，北边界为甲道",
        "东以乙路为界，南以丙街为界，西以丁河为界，北以甲道为边界",
        "东侧紧邻乙路，南侧毗邻丙街，西侧濒临丁河，北侧紧靠甲道",
        "东与乙路相邻，南与丙街相接，西侧与丁河接壤，北同甲道为邻",
        "东起乙路，西止丁河，南起丙街，北止甲道",
        "东到乙路边，西到丁河边，南到丙街边，北到甲道边",
        "东以乙路、西以丁河、南以丙街、北以甲道为界",
        "东至乙路止，南至丙街止，西至丁河止，北至甲道止",
        "（1）东至乙路；（2）南至丙街；（3）西至丁河；（4）北至甲道。",
        "1、东至乙路，2、南至丙街，3、西至丁河，4、北至甲道",
        "1. 东至乙路\n2. 南至丙街\n3. 西至丁河\n4. 北至甲道",
        "①东至乙路②南至丙街③西至丁河④北至甲道",
        "东至\t乙路\n南至\t丙街\n西至\t丁河\n北至\t甲道\n",
        "| 东至 | 乙路 |\n| 南至 | 丙街 |\n| 西至 | 丁河 |\n| 北至 | 甲道 |",
        "东至乙路西至丁河南至丙街北至甲道",
        "东到乙路西到丁河南到丙街北到甲道",
        "东至乙路、南至丙街、西至丁河、北至甲道",
        "东至乙路和西至丁河，南至丙街，且北至甲道",
        "东至乙路。南至丙街。西至丁河。北至甲道。",
        "“四至”：【东至乙路】【南至丙街】【西至丁河】【北至甲道】",
        "北至“甲道”，东至“乙路”，南至《丙街》，西至「丁河」",
        "东、南、西、北分别至乙路、丙街、丁河、甲道",
        "东南西北四至分别为乙路、丙街、丁河、甲道",
        "北至甲道，东、西两侧分别为乙路、丁河，南至丙街",
        // After it.
        "甲道以南、丙街以北、丁河以东、乙路以西",
        "甲道以南，丙街以北，丁河以东，乙路以西",
        "位于甲道以南丙街以北丁河以东乙路以西",
        "位于红桥区甲道以南、丙街以北，丁河以东、乙路以西合围的区域",
        "乙路以西、丁河以东、甲道以南至丙街以北的范围",
        "甲道南侧、丙街北侧、丁河东侧、乙路西侧",
        "甲道以南和丙街以北、丁河以东及乙路以西围合区域",
        "红桥区甲道以南、丙街以北、丁河以东、乙路以西",
        "坐落：天津市红桥区甲道以南、丙街以北、丁河以东、乙路以西",
        "以甲道为北界，乙路为东界，丙街为南界，丁河为西界",
        "以甲道为北界，以乙路为东界，以丙街为南界，以丁河为西边界",
        // Both.
        "位于甲道以南、丙街以北，东至乙路，西至丁河",
        "东至乙路，西至丁河，甲道以南、丙街以北",
    ] {
        assert_eq!(sides(text), "甲道 乙路 丙街 丁河", "{text}");
    }
}

#[test]
fn joins_the_names_of_a_side() {
    for joint in [
        "、", "和", "及", "与", "以及", "—", "——", "-", "－", "～", "–", " 、 ",
    ] {
        for (text, expected) in [
            (
                format!("北至甲路{joint}丙街，东至丁道，南至戊河，西至己路"),
                "甲路、丙街 丁道 戊河 己路",
            ),
            (
                format!("甲路{joint}丙街以北，丁道以西，戊河以南，己路以东"),
                "戊河 丁道 甲路、丙街 己路",
            ),
        ] {
            assert_eq!(sides(&text), expected, "{text}");
        }
    }
    assert_eq!(
        sides("北至光荣道—志成路—京津公路，南至芥园道、北马路和通北路，西至A-1路，东至海河"),
        "光荣道、志成路、京津公路 海河 芥园道、北马路、通北路 A-1路"
    );
}

#[test]
fn a_joining_character_inside_a_name_does_not_split_it() {
    assert_eq!(
        sides("北至和平路和民和道，南至和苑西道，东至及第街及与民里，西至河北路与和平西路"),
        "和平路、民和道 及第街、与民里 和苑西道 河北路、和平西路"
    );
    assert_eq!(
        sides("和苑西道以南、和平路与及第街以北，民和道以东，以和路以西"),
        "和苑西道 以和路 和平路、及第街 民和道"
    );
}

#[test]
fn directions_inside_names_are_no_sides() {
    for (text, expected) in [
        (
            "西至西青道，北至北马路，南至南运河，东至东马路",
            "北马路 东马路 南运河 西青道",
        ),
        (
            "东临西站前街，西临北至路，南临东南角街，北临南门外大街",
            "南门外大街 西站前街 东南角街 北至路",
        ),
        (
            "北至东至路，东至西站西路，南至北辰道，西至南北大街",
            "东至路 西站西路 北辰道 南北大街",
        ),
        (
            "北马路以南、南马路以北、西马路以东、东马路以西",
            "北马路 东马路 南马路 西马路",
        ),
        (
            "位于南开区南门外大街以东、东南城角街以西、北安道以南、西南楼路以北",
            "北安道 东南城角街 西南楼路 南门外大街",
        ),
        (
            "东至漳浦河西至松鹤路、东环路，南至宝安公路，北至外环线",
            "外环线 漳浦河 宝安公路 松鹤路、东环路",
        ),
        (
            "光荣道以南至子牙河以北、西青道以东至河北大街以西",
            "光荣道 河北大街 子牙河 西青道",
        ),
        (
            "四至为东至中心东路，南至临港路，西至接驾庄街，北至为民路",
            "为民路 中心东路 临港路 接驾庄街",
        ),
    ] {
        assert_eq!(sides(text), expected, "{text}");
    }
}

#[test]
fn rivers_railways_and_limits_are_names_too() {
    assert_eq!(
        sides("东至海河、北运河，西至京沪铁路，南至红桥区界，北至外环线高速"),
        "外环线高速 海河、北运河 红桥区界 京沪铁路"
    );
    let sentence: Sentence = "东至海河，西至津浦铁路，南至区界，北至红桥区边界"
        .parse()
        .unwrap();
    for side in sentence.sides() {
        assert_eq!(side.names[0].kind, NameKind::Line, "{}", side.names[0].text);
    }
}

#[test]
fn names_that_are_no_line_are_told_apart() {
    let kind = |name: &str| {
        let text = format!("北至{name}，南至乙路，西至丙路，东至丁路");
        let sentence: Sentence = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(sentence.side(North).names[0].text, name);
        sentence.side(North).names[0].kind
    };
    for name in [
        "规划路",
        "规划道路",
        "规划一路",
        "规划支路一",
        "规划支路",
        "规划横三路",
        "规划24米路",
        "规划绿地",
        "现状道路",
        "现状围墙",
        "现状路",
        "拟建路",
        "市政道路",
        "学校围墙",
        "第三中学围墙",
        "三条石小学",
        "用地红线",
        "项目用地红线",
        "地块边界",
        "厂区边界",
        "居民楼",
        "3号楼",
        "空地",
        "农田",
        "C地块",
        "西于庄小区",
        "变压器厂",
        "吴官屯村农民集体土地",
        "铁路",
    ] {
        assert_eq!(kind(name), NameKind::Unmapped, "{name}");
    }
    for name in [
        "光荣道",
        "规划三门路",
        "规划景园路",
        "中环线",
        "三号路",
        "一路",
        "北路",
        "东西大街",
        "河北区界",
        "海河",
        "京沪铁路",
        "津浦线",
        "红旗南路",
    ] {
        assert_eq!(kind(name), NameKind::Line, "{name}");
    }
}

#[test]
fn what_does_not_move_a_line_is_kept_as_a_remark() {
    for (written, name, remarks) in [
        ("甲路（规划路）", "甲路", vec!["规划路"]),
        ("甲路(现名丙路)", "甲路", vec!["现名丙路"]),
        ("（规划）甲路", "甲路", vec!["规划"]),
        ("甲路中心线", "甲路", vec!["中心线"]),
        ("甲路道路红线", "甲路", vec!["道路红线"]),
        ("幸福大道道路红线", "幸福大道", vec!["道路红线"]),
        ("甲路南侧", "甲路", vec!["南侧"]),
        ("甲路以南", "甲路", vec!["以南"]),
        (
            "甲路南侧道路红线（暂定）",
            "甲路",
            vec!["南侧道路红线", "暂定"],
        ),
        ("子牙河南岸", "子牙河", vec!["南岸"]),
        ("甲路（不含）", "甲路", vec!["不含"]),
        ("甲路（红线宽30米）", "甲路", vec!["红线宽30米"]),
        ("甲路（南至丙路）", "甲路", vec!["南至丙路"]),
        ("甲路（占地5公顷）", "甲路", vec![]),
        ("甲路一线", "甲路", vec!["一线"]),
    ] {
        let text = format!("北至{written}，南至乙路，西至丙路，东至丁路");
        let sentence: Sentence = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        let found = &sentence.side(North).names[0];
        assert_eq!(
            (found.text.as_str(), &found.remarks),
            (name, &remarks.iter().map(ToString::to_string).collect()),
            "{text}"
        );
    }
    let text = "甲路（规划）以南、乙路中心线以北（暂定）、丙路以东、丁路以西";
    let sentence: Sentence = text.parse().unwrap();
    assert_eq!(sentence.side(North).names[0].remarks, ["规划"]);
    assert_eq!(sentence.side(South).names[0].remarks, ["中心线", "暂定"]);
}

#[test]
fn what_moves_a_line_is_refused() {
    for written in [
        "甲路延长线",
        "甲路（延长线）",
        "甲路南侧100米",
        "甲路以南50米",
        "甲路以北",
        "甲路以东南",
        "甲路外50米",
        "甲路向东约200米",
        "甲路以北30米处",
        "甲路（以北20米）",
        "甲路与丙路交口",
        "甲路沿线",
        "甲路一带",
        "甲路以外",
        "丙路、甲路延长线",
        "甲路两侧",
        "甲路延长线（规划）",
    ] {
        let clause = format!("北至{written}");
        let text = format!("{clause}，南至乙路，西至丙路，东至丁路");
        assert_eq!(error(&text), TextError::OffLine(clause), "{text}");
    }
    assert_eq!(
        error("甲路延长线以南、乙路以北、丙路以东、丁路以西"),
        TextError::OffLine("甲路延长线以南".into())
    );
    for text in [
        "北至甲路，南至乙路，西至丙路以西50米，东至丁路",
        "甲路以南、乙路以北、丙路以东、丁路以西100米",
        "甲路以南、乙路以北、丙路以东50米、丁路以西",
    ] {
        assert!(text.parse::<Sentence>().is_err(), "{text}");
    }
}

#[test]
fn a_part_that_is_left_out_is_refused() {
    for (text, clause) in [
        (
            "北至甲路，南至乙路，西至丙路，东至丁路，不含戊小区。",
            "不含戊小区",
        ),
        (
            "北至甲路，南至乙路，西至丙路，东至丁路，戊小区除外。",
            "戊小区除外",
        ),
        (
            "除戊小区外，北至甲路，南至乙路，西至丙路，东至丁路。",
            "除戊小区外",
        ),
        (
            "甲路以南、乙路以北、丙路以东、丁路以西（不含戊小区）",
            "不含戊小区",
        ),
    ] {
        let error = error(text);
        let is_so = matches!(&error, TextError::LeavesOut(part) if part.contains(clause));
        assert!(is_so, "{text}: {error}");
    }
    let text = "北至甲路，南至乙路，西至丙路，东至丁路，建筑面积不含地下室。不含税。";
    assert_eq!(sides(text), "甲路 丁路 乙路 丙路");
}

#[test]
fn one_line_may_bound_two_sides() {
    for text in [
        "东、南至甲路，西至乙路，北至丙路",
        "东南两侧至甲路，西至乙路，北至丙路",
        "东侧和南侧为甲路，西侧为乙路，北侧为丙路",
        "东面、南面均临甲路，西临乙路，北临丙路",
        "东至甲路，南至甲路，西至乙路，北至丙路",
    ] {
        assert_eq!(sides(text), "丙路 甲路 甲路 乙路", "{text}");
    }
    for (text, clause) in [
        (
            "东西两侧至甲路、乙路，南至丙路，北至丁路",
            "东西两侧至甲路、乙路",
        ),
        (
            "东、西至甲路、乙路，南至丙路，北至丁路",
            "东、西至甲路、乙路",
        ),
        (
            "东西分别至甲路、乙路、丙路，南至丙路，北至丁路",
            "东西分别至甲路、乙路、丙路",
        ),
        ("东西至甲路，南至丙路，北至丁路", "东西至甲路"),
    ] {
        assert_eq!(error(text), TextError::Shared(clause.into()), "{text}");
    }
}

#[test]
fn a_line_between_two_others_has_two_readings() {
    let readings = |text: &str| -> Vec<String> {
        let sentence: Sentence = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        let readings = sentence.readings();
        assert_eq!(&readings[0], sentence.sides(), "{text}");
        for reading in &readings {
            let directions = reading.each_ref().map(|side| side.direction);
            assert_eq!(directions, Direction::CLOCKWISE);
        }
        let said = readings
            .iter()
            .map(|reading| listed(reading).map(|side| side.join("、")).join(" "));
        said.collect()
    };
    for text in [
        "位于甲路与乙路之间，丙路以东、丁路以西",
        "介于甲路和乙路之间，西至丙路，东至丁路",
        "位于甲路至乙路之间，丙路以东、丁路以西",
        "东至丁路，西至丙路，甲路、乙路之间",
        "地块位于红桥区甲路与乙路之间，丙路以东，丁路以西。",
    ] {
        assert_eq!(
            readings(text),
            ["甲路 丁路 乙路 丙路", "乙路 丁路 甲路 丙路"],
            "{text}"
        );
    }
    assert_eq!(
        readings("位于甲路与乙路之间，丙路以南、丁路以北"),
        ["丙路 乙路 丁路 甲路", "丙路 甲路 丁路 乙路"]
    );
    assert_eq!(readings(ZONE).len(), 1);
    for text in [
        "位于甲路与乙路之间、丙路与丁路之间",
        "位于甲路和乙路之间，丙路和丁路之间的地块",
    ] {
        let mut eight = readings(text);
        assert_eq!(eight.len(), 8, "{text}");
        for reading in &eight {
            let names: Vec<&str> = reading.split(' ').collect();
            let faces = |a: &str, b: &str| {
                let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
                at(a).abs_diff(at(b)) == 2
            };
            assert!(faces("甲路", "乙路") && faces("丙路", "丁路"), "{reading}");
        }
        eight.sort_unstable();
        eight.dedup();
        assert_eq!(eight.len(), 8, "{text}");
    }
    assert_eq!(
        error("位于甲路与乙路之间"),
        TextError::OnePair("甲路与乙路之间".into())
    );
    assert_eq!(
        error("位于甲路与乙路之间，丙路以东"),
        TextError::Missing(vec![East])
    );
    assert_eq!(
        error("位于甲路与乙路之间，北至丙路，南至丁路，东至戊路"),
        TextError::Twice(East)
    );
    assert!(matches!(
        error("位于甲路、乙路与丙路之间，丁路以东、戊路以西"),
        TextError::Unread(_)
    ));
    assert_eq!(all("位于光荣道与芥园道之间的地铁站已经开工。"), []);
}

#[test]
fn names_know_where_they_stand() {
    let sentence: Sentence = ZONE.parse().expect("readable");
    for side in sentence.sides() {
        for name in &side.names {
            assert_eq!(&ZONE[name.span.clone()], name.text);
        }
    }
    let broken = "北至北马\n 路，南至乙路，西至丙路，东至丁路";
    let sentence: Sentence = broken.parse().expect("readable");
    let name = &sentence.side(North).names[0];
    assert_eq!(
        (name.text.as_str(), &broken[name.span.clone()]),
        ("北马路", "北马\n 路")
    );
    let page = format!("😀前文。{ZONE}后文");
    let found = &find(&page).unwrap()[0];
    let sentence = found.sentence.as_ref().unwrap();
    assert_eq!(sentence.text(), &page[found.span.clone()]);
    assert!(sentence.text().starts_with("北至光荣道") && sentence.text().ends_with("河北大街"));
    for name in sentence.sides().iter().flat_map(|side| &side.names) {
        assert_eq!(&page[name.span.clone()], name.text);
    }
}

#[test]
fn prose_around_a_sentence_is_skipped() {
    for text in [
        "该地块位于红桥区西于庄，东至西站前街，南至子牙河，西至复兴路，北至纪念馆路，总用地面积约52万平方米。",
        "地块位于城西。东至西站前街，南至子牙河，西至复兴路，北至纪念馆路，占地三公顷",
        "该地块东至西站前街，南至子牙河，西至复兴路，北至纪念馆路。交通便利。",
        "项目东临西站前街，南靠子牙河，西接复兴路，北邻纪念馆路，是本区重点项目。",
        "西于庄地块（东至西站前街，南至子牙河，西至复兴路，北至纪念馆路）已经出让。",
        "云南临沧市某公司竞得地块，东至西站前街，南至子牙河，西至复兴路，北至纪念馆路",
        "地块位于光荣道以南，东至西站前街，南至子牙河，西至复兴路，北至纪念馆路",
        "1号土地位于北绕城公路以北，面积约23公顷。四至为:东至西站前街,西至复兴路,南至子牙河,北至纪念馆路",
        "东至西站前街，南至子牙河，西至复兴路，北至纪念馆路围合的区域总用地面积约52万平方米",
        "东至西站前街，南至子牙河，西至复兴路，北至纪念馆路总用地面积约52万平方米",
        "一、四至\n东至西站前街，南至子牙河，西至复兴路，北至纪念馆路\n二、规划用途\n商业",
        "东至西站前街，南至子牙河，西至复兴路，北至纪念馆路\n项目总投资3亿元，由东向西推进",
        "北京市中心，由南至北依次为甲、乙，自东向西贯通。东至西站前街，南至子牙河，西至复兴路，北至纪念馆路。",
        "地块四面环路，西站前街以西，子牙河以北，复兴路以东，纪念馆路以南，建设学校。",
        "北：纪念馆路\n东：西站前街\n南：子牙河\n西：复兴路\n用地性质：商业\n面积：52万㎡",
        "甲、乙、丙围合区域，东至西站前街，南至子牙河，西至复兴路，北至纪念馆路。",
    ] {
        assert_eq!(
            all(text),
            [Ok("纪念馆路 西站前街 子牙河 复兴路".into())],
            "{text}"
        );
        assert_eq!(sides(text), "纪念馆路 西站前街 子牙河 复兴路", "{text}");
    }
}

#[test]
fn prose_without_sides_holds_no_sentence() {
    for text in [
        "",
        "今天天气很好。",
        "云南临沧市、济南临空经济区、河北至江西的铁路。",
        "由南至北、从东至西，东西长3公里，南北宽2公里。",
        "以北京为核心，以西安为起点，以东南亚为腹地。",
        "纪念馆路北起光荣道，南至芥园道，全长3公里。",
        "地块位于西青道以南。学校在河北大街东侧。",
        "海河（南至大沽口）治理。",
        "庭院围合的空间，道路围合的街区。",
        "人民至上、生命至上，至2025年达到78.3岁。",
        "总建筑面积107万平方米，完成征收73.77万平方米。",
    ] {
        assert_eq!(all(text), [], "{text}");
    }
}

#[test]
fn the_shipped_documents_hold_three_sentences() {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let text = std::fs::read_to_string(path).unwrap();
            // A user pastes some paragraphs; no line depends on those around it.
            for line in text.lines() {
                found.extend(all(line));
            }
        }
    }
    found.sort_by_key(|sentence| sentence.clone().unwrap());
    assert_eq!(
        found,
        [
            Ok("光荣道 咸阳北路 纪念馆路 本溪路".into()),
            Ok("光荣道 红桥北大街、河北大街 北马路、芥园道 洪湖东路、复兴路".into()),
            Ok("志成路 海河 北马路 河北大街".into()),
        ]
    );
}

#[test]
fn finds_every_sentence_of_a_page() {
    let ok = |sides: &str| Ok::<String, TextError>(sides.to_owned());
    let first = "北至甲路，南至乙路，西至丙路，东至丁路";
    let second = "己路以南、庚路以北、辛路以东、壬路以西";
    let both = vec![ok("甲路 丁路 乙路 丙路"), ok("己路 壬路 庚路 辛路")];
    for between in [
        "。",
        "；",
        "\n\n",
        "。二号地块位于",
        "，面积5公顷。二号地块：",
        "；二号地块",
    ] {
        let text = format!("一号地块{first}{between}{second}。");
        assert_eq!(all(&text), both, "{text}");
        assert_eq!(error(&text), TextError::SeveralSentences(2));
    }
    assert_eq!(
        all(
            "一号地块东至甲路，南至乙路，西至丙路，北至丁路，二号地块东至戊路，南至己路，西至庚路，北至辛路"
        ),
        [ok("丁路 甲路 乙路 丙路"), ok("辛路 戊路 己路 庚路")]
    );
    assert_eq!(
        all("东至甲路\n南至乙路\n西至丙路\n北至丁路\n东至戊路\n南至己路\n西至庚路\n北至辛路\n"),
        [ok("丁路 甲路 乙路 丙路"), ok("辛路 戊路 己路 庚路")]
    );
    // Three sides, then four: none of the second is the fourth of the first.
    assert_eq!(
        all("北至甲路，南至乙路，西至丙路。东至丁路，北至戊路，南至己路，西至庚路。"),
        [
            Err(TextError::Missing(vec![East])),
            ok("戊路 丁路 己路 庚路")
        ]
    );
    assert_eq!(
        all("一号：北至甲路，南至乙路，西至丙路；二号：东至丁路，北至戊路，南至己路，西至庚路。"),
        [
            Err(TextError::Missing(vec![East])),
            ok("戊路 丁路 己路 庚路")
        ]
    );
    // Seven lines: which of them are the first place is not certain.
    let seven = all("南至乙路\n西至丙路\n北至丁路\n东至戊路\n南至己路\n西至庚路\n北至辛路\n");
    assert!(matches!(seven[0], Err(TextError::Mingled(_))), "{seven:?}");
    assert_eq!(seven[1], Err(TextError::Missing(vec![East])));
}

#[test]
fn areas_go_to_the_place_that_they_are_stated_for() {
    let first = "北至甲路，南至乙路，西至丙路，东至丁路";
    let second = "北至戊路，南至己路，西至庚路，东至辛路";
    let m2 = |quote: &str, m2: f64| Some((quote.to_owned(), m2));
    for (text, expected) in [
        (
            format!("{first}，总用地面积约52万平方米。"),
            m2("52万平方米", 520_000.0),
        ),
        (format!("{first}，780亩。"), m2("780亩", 520_000.0)),
        (format!("{first}（780亩）"), m2("780亩", 520_000.0)),
        (format!("{first}。占地3.2公顷。"), m2("3.2公顷", 32_000.0)),
        (format!("占地3.2公顷。{first}。"), m2("3.2公顷", 32_000.0)),
        (
            format!("地块占地3.2公顷，{first}，总建筑面积9万平方米。"),
            m2("3.2公顷", 32_000.0),
        ),
        (
            format!("{first}，出让面积264.4亩，规划建筑面积10万平方米"),
            m2("264.4亩", 176_267.0),
        ),
        (
            format!("{first}，总用地面积9688.41平方米，其中建设用地9377.15平方米"),
            m2("9688.41平方米", 9688.0),
        ),
        (format!("{first}，总建筑面积9万平方米。"), None),
        (format!("{first}。交通便利。占地3.2公顷。"), None),
        (format!("{first}。有780亩。"), m2("780亩", 520_000.0)),
        (format!("{first}。交通便利，780亩。"), None),
        (format!("占地1公顷。{first}。占地2公顷。"), None),
    ] {
        assert_eq!(areas(&text), [expected], "{text}");
    }
    let (one, two) = (m2("1公顷", 10_000.0), m2("2公顷", 20_000.0));
    for text in [
        format!("{first}，面积1公顷。{second}，面积2公顷。"),
        format!("{first}。面积1公顷。{second}。面积2公顷。"),
        format!("一号面积1公顷。{first}。二号面积2公顷。{second}。"),
        format!("一号面积1公顷，{first}；二号面积2公顷，{second}。"),
        format!("一号{first}，面积1公顷；二号{second}，面积2公顷。"),
    ] {
        assert_eq!(areas(&text), [one.clone(), two.clone()], "{text}");
    }
    assert_eq!(
        areas(&format!("{first}。面积1公顷。{second}。")),
        [one, None]
    );
}

#[test]
fn says_what_is_wrong() {
    assert_eq!(error(""), TextError::NotABoundary);
    assert_eq!(error("今天天气很好。"), TextError::NotABoundary);
    assert_eq!(
        error("北至甲路，南至乙路，西至丙路"),
        TextError::Missing(vec![East])
    );
    assert_eq!(
        error("甲路以南、乙路以北、丙路以东"),
        TextError::Missing(vec![East])
    );
    assert_eq!(
        error("北至甲路"),
        TextError::Missing(vec![East, South, West])
    );
    assert_eq!(
        error("东起甲路，西至乙路"),
        TextError::Missing(vec![North, South])
    );
    for text in [
        "北至甲路，北至乙路，西至丙路，东至丁路",
        "北至甲路，南至乙路，西至丙路，东至丁路，北至戊路",
        "北至甲路，南至乙路，西至丙路，东至丁路；北至戊路",
        "北至甲路，南至乙路，西至丙路，东至丁路。北至戊路。",
        "北至甲路；北至乙路；南至戊路；西至丙路；东至丁路",
        "北至甲路，绿化，南至乙路，西至丙路，东至丁路，北至戊路",
        "北至戊路，含绿地，北至甲路，南至乙路，西至丙路，东至丁路",
        "北侧紧邻戊路，环境优美，北至甲路，南至乙路，西至丙路，东至丁路",
        "北至甲路，南至乙路，西至丙路，东至丁路，乙路以南",
        "甲路以南、乙路以南、丙路以东、丁路以西",
    ] {
        let error = error(text);
        let is_so = matches!(error, TextError::Twice(North) | TextError::Unread(_));
        assert!(is_so, "{text}: {error}");
    }
    for (text, side) in [
        ("北至，南至乙路，西至丙路，东至丁路", North),
        ("北至南至乙路，西至丙路，东至丁路", North),
        ("北至甲路、，南至乙路，西至丙路，东至丁路", North),
        ("北至甲路，南至乙路，西至丙路，东至。", East),
        (
            "北至甲路，南至乙路、丙路、、丁路，西至丙路，东至丁路",
            South,
        ),
        ("北：，南：乙路，西：丙路，东：丁路", North),
    ] {
        assert_eq!(error(text), TextError::EmptyName(side), "{text}");
    }
    for (text, part) in [
        ("北至甲路，，南至乙路，西至丙路，东至丁路", "，"),
        ("北至甲路，戊路，南至乙路，西至丙路，东至丁路", "戊路"),
        ("北至甲路，长100米，南至乙路，西至丙路，东至丁路", "长100米"),
        ("北至甲路，南至乙路，西至丙路，东至丁路，戊路。", "戊路"),
        ("北至甲路：戊路，南至乙路，西至丙路，东至丁路", "戊路"),
        (
            "北至甲（规划）路，南至乙路，西至丙路，东至丁路",
            "甲（规划）路",
        ),
        ("甲路以南、乙路以北、丙路以东、丁路以西、戊路", "、戊路"),
        ("甲路以南、乙路以北、丙路以东、丁路以西部分地块", "部分地块"),
    ] {
        assert_eq!(error(text), TextError::Unread(part.into()), "{text}");
    }
    for (text, clause) in [
        ("东北至甲路，南至乙路，西至丙路，东至丁路", "东北至甲路"),
        (
            "北至甲路，东南侧临乙路，南至戊路，西至丙路，东至丁路",
            "东南侧临乙路",
        ),
        (
            "北至甲路，南至乙路，西至丙路，东至丁路，西北至戊路",
            "西北至戊路",
        ),
        ("东北至甲路。", "东北至甲路"),
    ] {
        assert_eq!(error(text), TextError::Diagonal(clause.into()), "{text}");
    }
    for text in [
        "由光荣道、西站前街、子牙河、复兴路围合",
        "光荣道、西站前街、子牙河、复兴路四条道路围合区域",
        "项目位于红桥区光荣道、西站前街、子牙河和复兴路所围合的区域。",
        "光荣道—西站前街—子牙河—复兴路合围区域",
    ] {
        let names = ["光荣道", "西站前街", "子牙河", "复兴路"].map(String::from);
        assert_eq!(error(text), TextError::Undirected(names.into()), "{text}");
    }
    let many = ["甲路"; MAX_NAMES + 1].join("、");
    let many = format!("北至{many}，南至乙路，西至丙路，东至丁路");
    assert_eq!(error(&many), TextError::TooManyNames(North));
}

#[test]
fn a_text_has_at_most_ten_thousand_characters() {
    let fill = "字".repeat(MAX_CHARS - ZONE.chars().count());
    assert_eq!(sides(&format!("{fill}{ZONE}")), sides(ZONE));
    let chars = MAX_CHARS + 1;
    let long = format!("{fill}{ZONE}。");
    assert_eq!(error(&long), TextError::TooLong { chars });
    assert_eq!(find(&long), Err(TextError::TooLong { chars }));
}

#[test]
fn errors_are_plain_chinese() {
    assert_eq!(
        error("北至甲路，南至乙路").to_string(),
        "四至不全：缺东至、西至"
    );
    assert_eq!(
        error("北至甲路，北至乙路，南至丙路，西至丁路").to_string(),
        "“北至”写了两次"
    );
    assert_eq!(
        error("北至甲路延长线，南至乙路，西至丙路，东至丁路").to_string(),
        "“北至甲路延长线”不在所说的线上：延长线、若干米以外、路口、沿线等处无法确定"
    );
}

#[test]
fn errors_say_the_same_in_english() {
    for (error, en) in [
        (
            TextError::TooLong { chars: 10_001 },
            "the text is too long: 10001 characters, at most 10000 are read",
        ),
        (
            TextError::NotABoundary,
            "not a boundary sentence: it has no “北至…，南至…，西至…，东至…”",
        ),
        (
            TextError::SeveralSentences(2),
            "the text holds 2 boundary sentences where one is read",
        ),
        (
            TextError::Missing(vec![East, West]),
            "the sentence is incomplete: it lacks the east side (“东至”), the west side (“西至”)",
        ),
        (
            TextError::OnePair("甲路与乙路之间".into()),
            "the sentence is incomplete: “甲路与乙路之间” gives only two sides that face each other",
        ),
        (
            TextError::Twice(North),
            "the north side (“北至”) is given twice",
        ),
        (
            TextError::Mingled("北至甲路".into()),
            "which of these sides belong to one place is not certain: “北至甲路”",
        ),
        (
            TextError::EmptyName(South),
            "the south side (“南至”) lacks a name",
        ),
        (
            TextError::TooManyNames(West),
            "the west side (“西至”) has too many names, at most 8 are read",
        ),
        (
            TextError::Shared("东西至甲路".into()),
            "“东西至甲路” does not say which line is on which side",
        ),
        (
            TextError::Diagonal("东北至甲路".into()),
            "“东北至甲路” is not understood: only north, east, south and west (北, 东, 南, 西) are",
        ),
        (
            TextError::Undirected(vec!["甲路".into(), "乙路".into()]),
            "enclosed by 甲路, 乙路, but the sides on which they lie are not said",
        ),
        (
            TextError::OffLine("北至甲路延长线".into()),
            "“北至甲路延长线” lies off the line that it names: where a line would go on, or some metres beside it, is not certain",
        ),
        (
            TextError::LeavesOut("不含甲小区".into()),
            "“不含甲小区” leaves out a part of the area, and which one is not certain",
        ),
        (
            TextError::Unread("戊路".into()),
            "this part is not understood: “戊路”",
        ),
    ] {
        assert_eq!(error.text(), Text::new(error.to_string(), en));
    }
}

// ---- any wording ------------------------------------------------------------------------------

/// Names that try the reader: with directions, joints and verbs inside.
const NAMES: [&str; 24] = [
    "光荣道",
    "和平路",
    "民和道",
    "及第街",
    "西青道",
    "北马路",
    "南运河",
    "东马路",
    "西站前街",
    "海河",
    "子牙河",
    "京沪铁路",
    "红桥区界",
    "河北大街",
    "临港路",
    "接引寺街",
    "为民路",
    "以和路",
    "到湾街",
    "规划支路一",
    "现状围墙",
    "三条石小学",
    "洪湖东路",
    "复兴路",
];

type Wanted = [Vec<&'static str>; 4];

fn random_sides(rng: &mut StdRng) -> Wanted {
    let mut names: Vec<&str> = NAMES.to_vec();
    names.shuffle(rng);
    Direction::CLOCKWISE.map(|_| {
        let count = [1, 1, 1, 2, 3].choose(rng).unwrap();
        names.split_off(names.len() - count)
    })
}

/// One side in one of the forms in which sides are written.
fn random_clause(names: &[&str], side: Direction, rng: &mut StdRng) -> String {
    let joint = ["、", "和", "及", "与", "以及", "—"].choose(rng).unwrap();
    let names = names.join(joint);
    let (here, there) = (side, side.opposite());
    match rng.random_range(0..14) {
        0 => format!("{here}至{names}"),
        1 => format!("{here}到{names}"),
        2 => format!("{here}起{names}"),
        3 => format!("{here}临{names}"),
        4 => format!("{here}侧为{names}"),
        5 => format!("{here}面到{names}"),
        6 => format!("{here}侧紧邻{names}"),
        7 => format!("{here}：{names}"),
        8 => format!("{here}至：{names}"),
        9 => format!("{here}以{names}为界"),
        10 => format!("{here}与{names}相邻"),
        11 => format!("{names}以{there}"),
        12 => format!("以{names}为{here}界"),
        _ => format!("{here}边界至{names}"),
    }
}

/// Another width for some of the punctuation, and white space and invisible marks between characters.
fn disturbed(text: &str, rng: &mut StdRng) -> String {
    let mut out = String::new();
    for c in text.chars() {
        out.push(match c {
            '，' if rng.random() => ',',
            '：' if rng.random() => ':',
            '；' if rng.random() => ';',
            '。' if rng.random() => '｡',
            '、' if rng.random() => '､',
            '—' if rng.random() => '－',
            _ => c,
        });
        if rng.random_range(0..8) == 0 {
            out.push_str(
                [" ", "\u{3000}", "\u{200b}", "\u{202d}", "\u{feff}", "\t"]
                    .choose(rng)
                    .unwrap(),
            );
        }
    }
    out
}

#[test]
fn every_wording_of_the_same_sides_reads_the_same() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0101);
    for case in 0..1_500 {
        let wanted = random_sides(&mut rng);
        let mut clauses: Vec<String> = Direction::CLOCKWISE
            .into_iter()
            .map(|side| random_clause(&wanted[side.index()], side, &mut rng))
            .collect();
        clauses.shuffle(&mut rng);
        let separator = ["，", "；", "，\n", "。"].choose(&mut rng).unwrap();
        let text = clauses.join(separator);
        let wanted = wanted.map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&text), wanted, "case {case}: {text}");

        let before = [
            "",
            "范围：",
            "该地块位于西于庄，",
            "一、概况\n",
            "😀《规划》说：",
            "地块四至范围为：",
        ];
        let after = [
            "",
            "。",
            "，总用地面积约52万平方米。",
            "。该片区交通便利。",
            "\n\n二、用途",
            "；占地780亩",
        ];
        let in_prose = format!(
            "{}{text}{}",
            before.choose(&mut rng).unwrap(),
            after.choose(&mut rng).unwrap()
        );
        assert_eq!(names(&in_prose), wanted, "case {case}: {in_prose}");
        let found = find(&in_prose).unwrap();
        assert_eq!(found.len(), 1, "case {case}: {in_prose}");
        assert_eq!(
            in_prose[found[0].span.clone()],
            text,
            "case {case}: {in_prose}"
        );

        let disturbed = disturbed(&text, &mut rng);
        assert_eq!(names(&disturbed), wanted, "case {case}: {disturbed:?}");
    }
}

#[test]
fn a_line_break_anywhere_changes_nothing() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0102);
    for case in 0..2_000 {
        let wanted = random_sides(&mut rng);
        let clauses = Direction::CLOCKWISE.map(|side| {
            let verb = ["至", "侧为", "临"].choose(&mut rng).unwrap();
            format!("{side}{verb}{}", wanted[side.index()].join("、"))
        });
        // “支路\n一、” begins an item of a list.
        if clauses.iter().any(|clause| clause.contains("支路一、")) {
            continue;
        }
        let text = clauses.join("，");
        let chars: Vec<char> = text.chars().collect();
        let mut broken = String::new();
        for (i, c) in chars.iter().enumerate() {
            if i > 0 && rng.random_range(0..10) == 0 {
                broken.push('\n');
            }
            broken.push(*c);
        }
        assert_eq!(names(&broken), names(&text), "case {case}: {broken:?}");
    }
}

#[test]
fn the_reversed_form_says_the_same_as_the_direct_one() {
    let mut rng = StdRng::seed_from_u64(0x5eed_0103);
    for case in 0..1_000 {
        let wanted = random_sides(&mut rng);
        let mut order = Direction::CLOCKWISE;
        order.shuffle(&mut rng);
        let said = |clause: &dyn Fn(&str, Direction) -> String| {
            let clauses = order.map(|side| clause(&wanted[side.index()].join("、"), side));
            clauses.join("，")
        };
        let direct = said(&|names, side| format!("{side}至{names}"));
        let reversed = said(&|names, side| format!("{names}以{}", side.opposite()));
        let flanks = said(&|names, side| format!("{names}{}侧", side.opposite()));
        assert_eq!(names(&reversed), names(&direct), "case {case}: {reversed}");
        assert_eq!(names(&flanks), names(&direct), "case {case}: {flanks}");
    }
}

#[test]
fn whatever_is_taken_from_a_sentence_it_never_reads_otherwise() {
    // Without one of its clauses a sentence is an error, not another area.
    let mut rng = StdRng::seed_from_u64(0x5eed_0104);
    for case in 0..2_000 {
        let wanted = random_sides(&mut rng);
        let mut clauses: Vec<String> = Direction::CLOCKWISE
            .into_iter()
            .map(|side| random_clause(&wanted[side.index()], side, &mut rng))
            .collect();
        clauses.shuffle(&mut rng);
        let taken = clauses.pop().unwrap();
        let text = clauses.join("，");
        assert!(text.parse::<Sentence>().is_err(), "case {case}: {text}");
        let twice = format!("{text}，{taken}，{}", clauses[0]);
        assert!(twice.parse::<Sentence>().is_err(), "case {case}: {twice}");
    }
}

// ---- hostile text -----------------------------------------------------------------------------

#[test]
fn any_text_is_read_or_refused_without_a_panic() {
    let alphabet: Vec<&str> = vec![
        "东",
        "南",
        "西",
        "北",
        "至",
        "到",
        "临",
        "起",
        "以",
        "为",
        "界",
        "侧",
        "之间",
        "位于",
        "围合",
        "、",
        "，",
        "。",
        "；",
        "：",
        "（",
        "）",
        "(",
        ")",
        "\n",
        "\n\n",
        " ",
        "和",
        "及",
        "与",
        "—",
        "-",
        "甲路",
        "乙道",
        "海河",
        "路",
        "区",
        "面积",
        "占地",
        "5",
        "1,000",
        ".",
        "万",
        "亩",
        "平方米",
        "米",
        "延长线",
        "不含",
        "除",
        "外",
        "红线",
        "一、",
        "1.",
        "两侧",
        "分别",
        "均",
        "的",
        "🙂",
        "\u{202e}",
        "\0",
        "“",
        "②",
        "规划",
    ];
    let mut rng = StdRng::seed_from_u64(0x5eed_0105);
    for _ in 0..15_000 {
        let count = rng.random_range(0..40);
        let text: String = (0..count)
            .map(|_| *alphabet.choose(&mut rng).unwrap())
            .collect();

        let found = find(&text).unwrap();
        let mut end = 0;
        for found in &found {
            assert!(
                found.span.start >= end && !found.span.is_empty(),
                "{text:?}"
            );
            end = found.span.end;
            let said = &text[found.span.clone()];
            match &found.sentence {
                Err(error) => assert!(!error.text().en.is_empty(), "{text:?}"),
                Ok(sentence) => {
                    assert_eq!(sentence.text(), said, "{text:?}");
                    assert!([1, 2, 8].contains(&sentence.readings().len()));
                    for name in sentence.sides().iter().flat_map(|side| &side.names) {
                        assert!(!name.text.is_empty(), "{text:?}");
                        assert!(found.span.start <= name.span.start, "{text:?}");
                        assert!(name.span.end <= found.span.end, "{text:?}");
                    }
                }
            }
            if let Some(area) = &found.stated_area {
                assert_eq!(&text[area.span.clone()], area.quote, "{text:?}");
            }
        }
        let one = text.parse::<Sentence>();
        if let [found] = &found[..] {
            assert_eq!(one, found.sentence, "{text:?}");
        } else {
            assert!(one.is_err(), "{text:?}");
        }
    }
}

#[test]
fn long_hostile_texts_are_answered() {
    for part in [
        "北至",
        "北至甲路，",
        "北至甲路。",
        "北至甲路",
        "（",
        "）",
        "（北至",
        "（甲）",
        "北（",
        "甲路以南",
        "甲路以南、",
        "北以",
        "、东以",
        "甲路之间",
        "之间",
        "北",
        "东西",
        "东、",
        "甲路、",
        "甲路和",
        "围合",
        "甲路围合，",
        "780亩，",
        "5",
        "5,000",
        "，",
        "。",
        "\n",
        "\n北",
        "北至甲路\n",
        "🙂",
        "\u{202e}",
        "\0",
        "延长线",
        "北至（）",
        "不含，",
        "米",
        "北至1米，",
        "红线",
        "中心线",
        "（甲）（乙）",
        "东至甲南至乙西至丙北至丁，5亩。",
        "东至甲，",
        "位于",
        "1、",
        "以",
    ] {
        let text: String = part.chars().cycle().take(MAX_CHARS).collect();
        let found = find(&text).unwrap();

        for found in found {
            assert!(text.get(found.span).is_some(), "{part}");
            let told = found
                .sentence
                .map_err(|error| error.text().zh.chars().count());
            assert!(told.err() < Some(200), "{part}");
        }
        // A side with all of it as its name.
        let text: String = text.chars().take(MAX_CHARS - 20).collect();
        let text = format!("北至{text}，南至乙路，西至丙路，东至丁路");
        let _ = text.parse::<Sentence>();
    }
}
