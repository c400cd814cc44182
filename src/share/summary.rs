//! What a view shows, in a sentence of each language: for chat programs, and for who can't see the map.

use geo::Rect;
use jiff::{Timestamp, civil::DateTime, tz::Offset};

use super::{
    Asked,
    place::{Place, filter, shown},
};
use crate::{
    area::{Interrupted, Patience},
    model::{FeatureRef, Text, View, view::ViewArea},
    report::Lang,
    store::{Collection, Snapshot},
};

/// Characters of a summary: chat programs show no more.
const MAX_LENGTH: usize = 200;
/// Characters of the name at its beginning.
const MAX_NAME: usize = 60;
/// Dates are those of the districts' clocks.
const BEIJING: Offset = Offset::constant(8);

/// A time by the districts' clocks.
#[must_use]
pub fn in_beijing(time: Timestamp) -> DateTime {
    BEIJING.to_datetime(time)
}

/// What a view of these data, which came to be at a time, is called and shows: its layers, how much of
/// what is asked about lies in the area, or of what is drawn in the `frame` (degrees), the revision and
/// its date.
///
/// # Errors
/// Where counting takes longer than `patience`.
pub(super) fn summary(
    title: &str,
    asked: &Asked,
    snapshot: &Snapshot,
    time: Timestamp,
    frame: Rect<f64>,
    patience: &Patience,
) -> Result<Text, Interrupted> {
    let view = &asked.view;
    let layers: Vec<&Collection> = shown(view, snapshot)
        .filter_map(|(collection, is_base)| (!is_base).then_some(collection))
        .collect();
    let (counted, place) = if let Some(area) = &asked.area {
        let ids = view.collections.iter();
        let counted: Vec<&Collection> = ids.filter_map(|id| snapshot.collection(id)).collect();
        let place = Place::asked(area, view, snapshot, counted.iter().copied(), patience)?;
        (counted, place)
    } else {
        (layers.clone(), Place::frame(frame))
    };
    let filter = filter(view);
    let mut counts = Vec::new();
    for collection in counted {
        let count = place.count(collection, &filter, patience)?;
        counts.push((collection, count));
    }
    let date = in_beijing(time).date();
    let (map, revision) = (&snapshot.title, snapshot.revision);
    let in_words = |lang: Lang| {
        let joint = lang.pick("、", ", ");
        let of = |collection: &Collection| {
            let info = &collection.info;
            lang.pick(&info.title, &info.title_en).to_owned()
        };
        let name = name(title, view, snapshot, lang);
        let name = cut(
            name.as_deref().unwrap_or(lang.pick(&map.zh, &map.en)),
            MAX_NAME,
        );
        let layers: Vec<String> = layers.iter().copied().map(of).collect();
        let layers = match lang {
            _ if layers.is_empty() => String::new(),
            Lang::Zh => format!("图层：{}。", layers.join(joint)),
            Lang::En => format!(" Layers: {}.", layers.join(joint)),
        };
        let counts: Vec<String> = counts
            .iter()
            .map(|(collection, count)| {
                let all = format!("{} {}", of(collection), count.all);
                match (count.possible, lang) {
                    (0, _) => all,
                    (possible, Lang::Zh) => format!("{all}（其中可能 {possible}）"),
                    (possible, Lang::En) => format!("{all} ({possible} possibly)"),
                }
            })
            .collect();
        let counts = match (lang, asked.area.is_some()) {
            _ if counts.is_empty() => String::new(),
            (Lang::Zh, true) => format!("范围内：{}。", counts.join(joint)),
            (Lang::Zh, false) => format!("图中：{}。", counts.join(joint)),
            (Lang::En, true) => format!(" In the area: {}.", counts.join(joint)),
            (Lang::En, false) => format!(" On the map: {}.", counts.join(joint)),
        };
        // Why, is told where there is room.
        let refused = match lang {
            _ if asked.refused.is_empty() => "",
            Lang::Zh => "所问范围无法确定。",
            Lang::En => " The area asked about can't be determined.",
        };
        let (name, data) = match lang {
            Lang::Zh => (
                format!("{name}。{refused}"),
                format!("版本 {revision}，{date}。"),
            ),
            Lang::En => (
                format!("{name}.{refused}"),
                format!(" Revision {revision}, {date}."),
            ),
        };
        fitting(&name, &layers, &counts, &data)
    };
    Ok(Text::new(in_words(Lang::Zh), in_words(Lang::En)))
}

/// What fits: the layers are left out first, for the counts name most of them; then the counts end
/// early.
fn fitting(name: &str, layers: &str, counts: &str, data: &str) -> String {
    let length = |text: &str| text.chars().count();
    let whole = format!("{name}{layers}{counts}{data}");
    if length(&whole) <= MAX_LENGTH {
        return whole;
    }
    let room = MAX_LENGTH - length(name) - length(data);
    format!("{name}{}{data}", cut(counts, room))
}

/// The beginning of a text of more than so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain(['…']).collect()
}

/// What a view is called: as its maker did, else by the area or the feature that it is about. An area
/// that can't be asked must not stand in the view, for nothing of it is shown.
#[must_use]
pub fn name(title: &str, view: &View, snapshot: &Snapshot, lang: Lang) -> Option<String> {
    let called = |name: &FeatureRef| Some(lang.name(snapshot.feature(name)?).to_owned());
    if !title.is_empty() {
        return Some(title.to_owned());
    }
    let area = view.area.as_ref().and_then(|area| match area {
        ViewArea::Feature(name) => called(name),
        ViewArea::Boundary(_) => Some(lang.pick("四至范围", "An area by its boundary").to_owned()),
        _ => Some(lang.pick("圈画的范围", "A drawn area").to_owned()),
    });
    area.or_else(|| view.select.as_ref().and_then(called))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_never_grows_too_long() {
        let long = "长".repeat(300);
        let name = cut(&long, MAX_NAME);
        for (layers, counts) in [("图层。", "图中。"), (&long, "图中。"), (&long, &long)] {
            let text = fitting(&name, layers, counts, "版本 3，2026-01-31。");
            assert!(text.chars().count() <= MAX_LENGTH, "{text}");
            assert!(
                text.starts_with("长长") && text.ends_with("版本 3，2026-01-31。"),
                "{text}"
            );
        }
    }
}
