//! What may have gone wrong where a stated area and a measured one do not agree.

use crate::model::Text;

/// How near a ratio must come to that of a known mistake, for it to be named.
const NEAR: f64 = 0.06;

/// Units of area that documents use, in m².
pub const UNITS: [(&str, f64); 6] = [
    ("平方米", 1.0),
    ("亩", 2000.0 / 3.0),
    ("公顷", 1e4),
    ("万平方米", 1e4),
    ("平方公里", 1e6),
    ("平方千米", 1e6),
];

/// What turns the measured area into the stated one, which is `ratio` times as large: Web Mercator
/// at this latitude (degrees), or one unit written for another. Where the unit that is written is
/// not known, any of them may be.
#[must_use]
pub fn likely_cause(ratio: f64, unit: Option<&str>, latitude: f64) -> Text {
    let near = |other: f64| (ratio / other - 1.0).abs() <= NEAR;
    // Web Mercator stretches both directions by 1 / cos φ.
    if near(latitude.to_radians().cos().powi(-2)) {
        return Text::new(
            "可能是在 Web 墨卡托投影下量得的面积（放大 1/cos²φ）",
            "it was probably measured in Web Mercator, which enlarges areas by 1/cos²φ",
        );
    }
    let written = UNITS
        .iter()
        .filter(|(name, _)| unit.is_none_or(|unit| unit == *name));
    let mistake = written
        .flat_map(|written| UNITS.iter().map(move |meant| (written, meant)))
        .find(|(written, meant)| written.0 != meant.0 && near(written.1 / meant.1));
    match mistake {
        Some(((written, _), (meant, _))) => Text::new(
            format!("可能把单位“{meant}”误写为“{written}”"),
            format!("the unit was probably meant to be {meant} and written as {written}"),
        ),
        None => Text::new(
            "请核对数值、单位和界线",
            "please check the figure, its unit and the outline",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_cause_of_a_mismatch() {
        for (ratio, unit, word) in [
            (15.0, Some("公顷"), "meant to be 亩"),
            (1.0 / 15.0, Some("亩"), "meant to be 公顷"),
            (1.0 / 1e4, Some("平方米"), "meant to be 公顷"),
            (1.66, Some("公顷"), "Web Mercator"),
            (3.0, Some("公顷"), "please check"),
            (15.2, None, "meant to be 亩 and written as 公顷"),
            (100.0, None, "meant to be 公顷 and written as 平方公里"),
            (3.0, None, "please check"),
        ] {
            let cause = likely_cause(ratio, unit, 39.16);
            assert!(cause.en.contains(word), "{ratio} {unit:?}: {}", cause.en);
        }
    }
}
