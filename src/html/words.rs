//! The words and numbers of the pages.

use serde_json::Value;

use crate::{
    model::{Feature, LocatedBy},
    report::Lang,
};

/// How a feature was located, and how far off it may be, as a sentence.
pub fn accuracy(feature: &Feature, lang: Lang) -> String {
    let m = &metres_bare(feature.accuracy_m);
    match feature.located_by {
        LocatedBy::Surveyed => lang.fill("勘测成果，误差约 {} 米", "Surveyed, to about {} m", m),
        LocatedBy::Osm => lang.fill(
            "取自 OpenStreetMap，误差约 {} 米",
            "From OpenStreetMap, to about {} m",
            m,
        ),
        LocatedBy::Digitised => {
            lang.fill("人工描绘，误差约 {} 米", "Drawn by hand, to about {} m", m)
        }
        LocatedBy::Compiled if feature.geometry.is_none() => lang.fill(
            "范围原文围不出唯一的图形，未定位",
            "Its boundary sentence makes no single outline: not located",
            m,
        ),
        LocatedBy::Compiled => lang.fill(
            "按范围原文沿道路、河流逐边生成，边界误差约 {} 米",
            "Compiled from the boundary sentence along streets, to about {} m",
            m,
        ),
        LocatedBy::PublishedPoint => lang.fill(
            "公开发布的点位，误差约 {} 米",
            "A published point, to about {} m",
            m,
        ),
        LocatedBy::Station => lang.fill(
            "以同名地铁站代替，误差约 {} 米",
            "The metro station of the same name stands in, to about {} m",
            m,
        ),
        LocatedBy::Relation => lang.fill(
            "按文件或名称所述位置关系推定，误差约 {} 米",
            "Inferred from the relation that the document states, to about {} m",
            m,
        ),
        LocatedBy::Container => lang.fill(
            "没有自身位置，只知所在",
            "No location of its own, only what contains it",
            m,
        ),
        LocatedBy::None => lang.fill(
            "未定位：尚无位置依据",
            "Not located: no evidence of a location",
            m,
        ),
    }
}

impl Lang {
    /// A sentence with what belongs where its braces stand.
    pub(super) fn fill(self, zh: &str, en: &str, with: &str) -> String {
        self.pick(zh, en).replacen("{}", with, 1)
    }

    /// The value of the attribute `lang` of HTML.
    pub(super) fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }
}

/// The name of a property for people; of one that the service does not know, itself.
pub fn property(name: &str, lang: Lang) -> &str {
    match name {
        "address" => lang.pick("地址", "Address"),
        "lines" => lang.pick("线路", "Lines"),
        "adcode" => lang.pick("行政区划代码", "Division code"),
        other => other,
    }
}

/// The year of a date, which may name a month and a day too.
pub fn year(date: &str) -> &str {
    date.split_once('-').map_or(date, |(year, _)| year)
}

/// A value of a property that the page knows nothing of.
pub fn plain(value: &Value, lang: Lang) -> String {
    match value {
        Value::Null => "—".into(),
        Value::Bool(true) => lang.pick("是", "yes").into(),
        Value::Bool(false) => lang.pick("否", "no").into(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let parts: Vec<String> = list.iter().map(|part| plain(part, lang)).collect();
            parts.join(lang.pick("、", ", "))
        }
        other => other.to_string(),
    }
}

/// A number with blanks between groups of three digits before the point.
pub fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (&*text, None),
    };
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if place > 0 && left % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    fraction.map_or(grouped.clone(), |fraction| format!("{grouped}.{fraction}"))
}

/// An area in 公顷, with three significant digits.
pub fn hectares(m2: f64, lang: Lang) -> String {
    let value = m2 / 1e4;
    let digits = match value {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{} {}", number(value, digits), lang.pick("公顷", "ha"))
}

/// By how much an area may be off, in 公顷: too little to write is not nothing.
pub fn area_margin(m2: f64, lang: Lang) -> String {
    let text = hectares(m2, lang);
    match text.strip_prefix("0.00") {
        Some(unit) => format!("<0.01{unit}"),
        None => text,
    }
}

/// An area in 亩: fifteen to the hectare.
pub fn mu(m2: f64, lang: Lang) -> String {
    let value = m2 * 15.0 / 1e4;
    let digits = usize::from(value < 10.0);
    format!("{} {}", number(value, digits), lang.pick("亩", "mu"))
}

/// A length, in kilometres from one on.
pub fn length(metres: f64, lang: Lang) -> String {
    if metres < 999.5 {
        return format!("{} {}", number(metres, 0), lang.pick("米", "m"));
    }
    let digits = if metres < 1e4 { 2 } else { 1 };
    format!(
        "{} {}",
        number(metres / 1e3, digits),
        lang.pick("公里", "km")
    )
}

/// By how much a place may be off: below a metre, with its centimetres.
pub fn margin(metres: f64, lang: Lang) -> String {
    if metres < 1.0 {
        return format!("{} {}", metres_bare(metres), lang.pick("米", "m"));
    }
    length(metres, lang)
}

/// Metres without their unit; centimetres matter to a survey.
fn metres_bare(metres: f64) -> String {
    number(metres, if metres > 0.0 && metres < 1.0 { 2 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_planners_read_them() {
        assert_eq!(number(1_234_567.891, 1), "1,234,567.9");
        assert_eq!(number(-123.0, 0), "-123");
        assert_eq!(hectares(123_456.0, Lang::Zh), "12.3 公顷");
        assert_eq!(mu(123_456.0, Lang::En), "185 mu");
        assert_eq!(area_margin(49.0, Lang::Zh), "<0.01 公顷");
        assert_eq!(area_margin(51.0, Lang::En), "0.01 ha");
        assert_eq!(margin(0.05, Lang::Zh), "0.05 米");
        assert_eq!(margin(0.0, Lang::Zh), "0 米");
        assert_eq!(margin(1.0, Lang::En), "1 m");
        assert_eq!(margin(1_500.0, Lang::En), "1.50 km");
        assert_eq!(length(999.4, Lang::Zh), "999 米");
        assert_eq!(length(999.6, Lang::Zh), "1.00 公里");
        assert_eq!(length(12_345.0, Lang::En), "12.3 km");
    }
}
