//! Areas of ground as documents state them.

use std::ops::Range;

use super::glyph::{Glyph, Space, leading, starts_with, text_of, trailing};
use super::mark::ends_name;

/// An area of ground in a text. Ranges count glyphs.
#[derive(Debug, Clone)]
pub struct Area {
    /// With the words before it that say what is measured.
    pub span: Range<usize>,
    /// The number and its unit.
    pub figure: Range<usize>,
    pub m2: f64,
    /// Whether no word says what is measured: then it counts only right beside a boundary sentence.
    pub is_bare: bool,
}

const UNITS: [(&str, f64); 13] = [
    ("平方米", 1.0),
    ("平米", 1.0),
    ("㎡", 1.0),
    ("m²", 1.0),
    ("m2", 1.0),
    ("公顷", 1e4),
    ("hm²", 1e4),
    ("hm2", 1e4),
    ("亩", 2000.0 / 3.0),
    ("平方公里", 1e6),
    ("平方千米", 1e6),
    ("km²", 1e6),
    ("km2", 1e6),
];

/// Words between what is measured and the number.
const LINKS: [&str; 15] = [
    "约", "近", "为", "达", "共", "合", "计", "是", "有", "超", "逾", "大", "概", ":", "≈",
];

/// Words that make a measured thing ground.
const GROUND: [&str; 17] = [
    "用地",
    "土地",
    "占地",
    "征地",
    "总",
    "规划",
    "出让",
    "宗地",
    "地块",
    "征收",
    "区域",
    "片区",
    "辖区",
    "园区",
    "使用权",
    "实测",
    "号",
];

/// Words of floors and of parts: an area after one of them is not that of the place.
const NOT_THE_PLACE: [&str; 19] = [
    "建筑", "计容", "房屋", "营业", "经营", "绿", "水域", "居住", "住宅", "商业", "工业", "办公",
    "套内", "地上", "地下", "铺装", "拆", "其中", "每",
];

/// How far back from a number its words may stand.
const REACH: usize = 24;

/// All areas of ground, in the order of the text.
pub fn areas(glyphs: &[Glyph]) -> Vec<Area> {
    let mut areas = Vec::new();
    let mut i = 0;
    while i < glyphs.len() {
        let end = number_end(glyphs, i);
        if end == i {
            i += 1;
            continue;
        }
        areas.extend(area(glyphs, i..end));
        i = end;
    }
    areas
}

/// Where the number that begins at `i` ends: digits, perhaps with thousands separators and decimals.
fn number_end(glyphs: &[Glyph], i: usize) -> usize {
    let digits = |from: usize| {
        let run = glyphs[from..].iter().take_while(|g| g.c.is_ascii_digit());
        from + run.count()
    };
    let mut end = digits(i);
    if end == i {
        return i;
    }
    while glyphs.get(end).is_some_and(|g| g.c == ',') && digits(end + 1) == end + 4 {
        end += 4;
    }
    if glyphs.get(end).is_some_and(|g| g.c == '.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    end
}

fn area(glyphs: &[Glyph], number: Range<usize>) -> Option<Area> {
    // Of a range of numbers neither is the area, and a digit after a letter is a code.
    let before = number.start.checked_sub(1).map(|i| glyphs[i].c);
    if before.is_some_and(|c| c == '-' || c == '.' || c.is_ascii_alphanumeric()) {
        return None;
    }
    let mut figure: String = text_of(&glyphs[number.clone()]);
    figure.retain(|c| c != ',');
    let mut m2: f64 = figure.parse().ok()?;
    let mut at = number.end;
    let vague = |at: usize| usize::from(glyphs.get(at).is_some_and(|g| matches!(g.c, '余' | '多')));
    at += vague(at);
    if glyphs.get(at).is_some_and(|g| g.c == '万') {
        m2 *= 1e4;
        at += 1;
    }
    at += vague(at);
    let rest = &glyphs[at..];
    let known = UNITS.iter().filter(|unit| starts_with(rest, unit.0));
    let (unit, factor) = known.max_by_key(|unit| unit.0.chars().count())?;
    m2 *= factor;
    at += unit.chars().count();
    // m² is not m²·a, and 亩均 is no area.
    if glyphs.get(at).is_some_and(|g| g.c == '/') || !(m2.is_finite() && m2 > 0.0) {
        return None;
    }

    let clause = clause_before(glyphs, number.start);
    let mut start = number.start;
    while let Some(width) = trailing(&glyphs[clause..start], &LINKS) {
        start -= width;
    }
    let words = &glyphs[clause..start];
    let said = text_of(words);
    if NOT_THE_PLACE.iter().any(|word| said.contains(word)) {
        return None;
    }
    let measured = match trailing(words, &["面积"]) {
        Some(width) => {
            let of = &words[..words.len() - width];
            of.is_empty() || trailing(of, &GROUND).is_some()
        }
        None => trailing(words, &["占地", "用地", "征地"]).is_some(),
    };
    if !measured && !words.is_empty() {
        return None;
    }
    while let Some(width) = trailing(&glyphs[clause..start], &GROUND)
        .or_else(|| trailing(&glyphs[clause..start], &["面积", "净", "项目", "该", "其"]))
    {
        start -= width;
    }
    let more = leading(&glyphs[at..], &["左右", "以上"]).unwrap_or(0);
    Some(Area {
        span: start..at + more,
        figure: number.start..at,
        m2,
        is_bare: !measured,
    })
}

/// Where the clause begins that a number at `end` ends.
fn clause_before(glyphs: &[Glyph], end: usize) -> usize {
    let first = end.saturating_sub(REACH);
    let stops = |g: &Glyph| matches!(g.c, ',' | ';' | '。' | '.' | '!' | '?' | '、' | '(' | ')');
    let last = glyphs[first..end].iter().rposition(stops);
    let start = last.map_or(first, |i| first + i + 1);
    // A line that follows a name, or an empty line, begins anew.
    let begins = |&i: &usize| {
        let before = glyphs[i].before;
        before == Space::Paragraph || before == Space::Line && ends_name(&glyphs[..i])
    };
    (start + 1..end).rev().find(begins).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundary::text::glyph::{glyphs, written};

    /// What is measured as ground, with its words; bare figures in brackets.
    fn read(text: &str) -> Vec<(String, f64)> {
        let glyphs = glyphs(text);
        let shown = |area: &Area| {
            let figure = written(&glyphs[area.figure.clone()]);
            let shown = if area.is_bare {
                format!("({figure})")
            } else {
                figure
            };
            (shown, (area.m2 * 100.0).round() / 100.0)
        };
        areas(&glyphs).iter().map(shown).collect()
    }

    #[test]
    fn reads_every_unit_of_ground() {
        for (text, figure, m2) in [
            ("总用地面积约52万平方米", "52万平方米", 520_000.0),
            ("占地3.2公顷", "3.2公顷", 32_000.0),
            ("用地面积：７８０亩", "７８０亩", 520_000.0),
            ("土地面积为 36,282.5 ㎡", "36,282.5㎡", 36_282.5),
            ("总面积近1.5平方公里", "1.5平方公里", 1_500_000.0),
            ("规划面积2平方千米左右", "2平方千米", 2_000_000.0),
            ("面积100m²", "100m²", 100.0),
            ("面积100M2", "", 0.0),
            ("地块面积0.5km²", "0.5km²", 500_000.0),
            ("占地52余万平方米", "52余万平方米", 520_000.0),
            ("占地30余亩", "30余亩", 20_000.0),
            ("东至丁路总占地面积9平米", "9平米", 9.0),
            ("收回土地使用权面积36282平方米", "36282平方米", 36_282.0),
            ("，约54.42亩。", "(54.42亩)", 36_280.0),
            ("西：本溪路\n面积：5㎡", "5㎡", 5.0),
            ("总用地\n面积：5㎡", "5㎡", 5.0),
        ] {
            let expected = if figure.is_empty() {
                vec![]
            } else {
                vec![(figure.to_owned(), m2)]
            };
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn floors_parts_and_ranges_are_no_ground() {
        for text in [
            "总建筑面积约19900㎡",
            "建筑面积10万平方米",
            "规划总建筑面积107万平方米",
            "总建筑\n面积107万平方米",
            "计容面积5000平方米",
            "建筑占地面积5000平方米",
            "其中建设用地9377.15平方米",
            "居住用地面积5公顷",
            "绿地面积5公顷",
            "用地面积50-60亩",
            "完成征收73.77万平方米",
            "均价13800元/平方米",
            "地价每亩280万元",
            "用地面积A1亩",
            "面积0平方米",
            "面积五百平方米",
            "面积平方米",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
