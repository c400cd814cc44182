//! What differs in a feature, on the terminal.

use renewal_map::store::record::{Difference, PropertyChange};
use serde_json::Value;

/// Members of a feature that are told; of more only how many there are.
const MAX_TOLD: usize = 8;
/// Characters that are told of a value.
const MAX_CHARACTERS: usize = 40;
/// Characters that both values have and that are told before the first that differs.
const BEFORE: usize = 12;

/// A line for each member that differs: what it was and what it is.
pub fn lines(difference: &Difference) -> Vec<String> {
    let changes = difference.properties();
    let mut lines: Vec<String> = changes.iter().take(MAX_TOLD).map(line).collect();
    let more = changes.len() - lines.len();
    if more > 0 {
        lines.push(format!("…另有 {more} 项 (and {more} more)"));
    }
    lines
}

fn line(change: &PropertyChange) -> String {
    let name = match &*change.name {
        "geometry" => "图形 (geometry)",
        name => name,
    };
    let values = [&change.before, &change.after];
    let texts = values.map(|value| value.as_ref().map(Value::to_string));
    let same = match &texts {
        [Some(before), Some(after)] => {
            let pairs = before.chars().zip(after.chars());
            pairs.take_while(|(one, other)| one == other).count()
        }
        _ => 0,
    };
    let [before, after] = texts.map(|text| excerpt(text.as_deref(), same.saturating_sub(BEFORE)));
    format!("{name}  {before} → {after}")
}

/// A part of a text from so many characters on.
fn excerpt(text: Option<&str>, from: usize) -> String {
    let Some(text) = text else {
        return "无 (none)".to_owned();
    };
    let told: String = text.chars().skip(from).take(MAX_CHARACTERS).collect();
    let begins = if from > 0 { "…" } else { "" };
    let is_cut = text.chars().count() > from + MAX_CHARACTERS;
    let ends = if is_cut { "…" } else { "" };
    format!("{begins}{told}{ends}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(name: &str, before: Option<Value>, after: Option<Value>) -> String {
        line(&PropertyChange {
            name: name.to_owned(),
            before,
            after,
        })
    }

    #[test]
    fn values_are_told_where_they_differ() {
        assert_eq!(
            told("name", Some(json!("甲")), Some(json!("乙"))),
            "name  \"甲\" → \"乙\""
        );
        assert_eq!(
            told("floors", None, Some(json!(7))),
            "floors  无 (none) → 7"
        );
        let text = "一二三四五六七八九十".repeat(6);
        let [before, after] = ["甲", "乙"].map(|end| Some(json!(format!("{text}{end}{text}"))));
        let rest = "一二三四五六七八九十一二三四五六七八九十一二三四五六七";
        assert_eq!(
            told("note", before, after),
            format!(
                "note  …九十一二三四五六七八九十甲{rest}… → …九十一二三四五六七八九十乙{rest}…"
            )
        );
        let [before, after] = [39.15, 39.16].map(|y| json!({ "coordinates": [117.1, y] }));
        assert_eq!(
            told("geometry", Some(before), Some(after)),
            "图形 (geometry)  …:[117.1,39.15]} → …:[117.1,39.16]}"
        );
    }
}
