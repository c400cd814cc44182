//! The boundary sentences of a text, with the areas that it states for them.

use std::ops::{Range, RangeInclusive};

use super::area::Area;
use super::group::{Group, groups};
use super::item::items;
use super::page::{Page, Part, Stop};
use super::{MAX_CHARS, Sentence, TextError};

/// One boundary sentence found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The bytes of the text that it covers: its sides and what stands between them.
    pub span: Range<usize>,
    /// What it says, or why it cannot be read.
    pub sentence: Result<Sentence, TextError>,
    /// The area that the text states for this place: the nearest in the same sentence, one after the
    /// sides before one in front of them; failing that, in the sentence right after or right before,
    /// if only one of the two has one that belongs to no other place.
    pub stated_area: Option<StatedArea>,
}

/// An area of ground as a text states it. Floor areas (建筑面积) are none.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedArea {
    /// In square metres.
    pub m2: f64,
    /// The number and its unit, as the text has them: “780亩”.
    pub quote: String,
    /// The bytes of the text that the quote covers.
    pub span: Range<usize>,
}

/// All boundary sentences of a text, in its order: those that can be read, and those that cannot with
/// the reason. Prose gives none. A side that stands alone in prose is no sentence, nor is the course
/// of a road (北起A，南至B).
///
/// ```
/// let text = "甲地块东至一街，西至二街，南至三路，北至四路，用地面积780亩。乙地块东至五街，西至六街，南至七路。";
/// let found = renewal_map::boundary::find(text)?;
/// assert_eq!(found[0].stated_area.as_ref().unwrap().quote, "780亩");
/// assert!(found[0].sentence.is_ok());
/// assert_eq!(found[1].sentence.as_ref().unwrap_err().to_string(), "四至不全：缺北至");
/// # Ok::<(), renewal_map::boundary::TextError>(())
/// ```
///
/// # Errors
/// Where the text is longer than [`MAX_CHARS`].
pub fn find(text: &str) -> Result<Vec<Found>, TextError> {
    let page = read(text)?;
    let mut groups = groups(&page, items(&page));
    groups.retain(|group| group.is_told);
    let areas = stated_areas(&page, &groups);
    let found = groups.into_iter().zip(areas).map(|(group, area)| Found {
        span: page.bytes(&group.span),
        sentence: group.sentence,
        stated_area: area.map(|area| {
            let span = page.bytes(&area.figure);
            StatedArea {
                m2: area.m2,
                quote: text[span.clone()].to_owned(),
                span,
            }
        }),
    });
    Ok(found.collect())
}

/// The one boundary sentence of a text.
pub(super) fn one(text: &str) -> Result<Sentence, TextError> {
    let page = read(text)?;
    let mut groups = groups(&page, items(&page));
    if groups.iter().any(|group| group.is_told) {
        groups.retain(|group| group.is_told);
    } else {
        groups.truncate(1);
    }
    match groups.len() {
        0 => Err(TextError::NotABoundary),
        1 => groups.remove(0).sentence,
        count => Err(TextError::SeveralSentences(count)),
    }
}

fn read(text: &str) -> Result<Page<'_>, TextError> {
    let chars = text.chars().count();
    if chars > MAX_CHARS {
        return Err(TextError::TooLong { chars });
    }
    Ok(Page::new(text))
}

/// The area stated for each group.
fn stated_areas<'a>(page: &'a Page, groups: &[Group]) -> Vec<Option<&'a Area>> {
    let areas = &page.areas;
    let sentences = sentence_numbers(page);
    let of = |n: usize| sentences[areas[n].figure.start];
    // The first area that does not begin before a glyph.
    let first_from = |glyph: usize| areas.partition_point(|area| area.span.start < glyph);
    let is_beside = |n: usize, between: Range<usize>| {
        !areas[n].is_bare || between.into_iter().all(|i| !page.is_word(i))
    };
    let places: Vec<Place> = (0..groups.len())
        .map(|n| {
            let span = &groups[n].span;
            let from = n.checked_sub(1).map_or(0, |before| groups[before].span.end);
            let until = groups.get(n + 1).map_or(page.len(), |next| next.span.start);
            let (start, end) = (first_from(span.start), first_from(span.end));
            let before = (first_from(from)..start).rev();
            let after = end..first_from(until);
            Place {
                sentences: sentences[span.start]..=sentences[span.end - 1],
                inside: start..end,
                after: after
                    .filter(|&n| is_beside(n, span.end..areas[n].span.start))
                    .collect(),
                before: before
                    .filter(|&n| is_beside(n, areas[n].span.end..span.start))
                    .collect(),
            }
        })
        .collect();

    let mut is_taken = vec![false; areas.len()];
    let mut choice = vec![None; groups.len()];
    for (place, choice) in places.iter().zip(&mut choice) {
        let near = place.inside.clone().chain(place.after.iter().copied());
        *choice = near
            .chain(place.before.iter().copied())
            .find(|&n| !is_taken[n] && place.sentences.contains(&of(n)));
        if let Some(n) = *choice {
            is_taken[n] = true;
        }
    }
    // Then those that have just one to choose from, which may leave others with just one.
    loop {
        let mut is_settled = true;
        for (place, choice) in places.iter().zip(&mut choice) {
            let after = place
                .after
                .first()
                .filter(|&&n| of(n) == place.sentences.end() + 1);
            let before = place
                .before
                .first()
                .filter(|&&n| of(n) + 1 == *place.sentences.start());
            let mut free = after.into_iter().chain(before).filter(|&&n| !is_taken[n]);
            if let (None, Some(&n), None) = (*choice, free.next(), free.next()) {
                *choice = Some(n);
                is_taken[n] = true;
                is_settled = false;
            }
        }
        if is_settled {
            return choice.into_iter().map(|n| Some(&areas[n?])).collect();
        }
    }
}

/// Where a group stands among the areas, which are counted.
struct Place {
    /// The numbers of its sentences.
    sentences: RangeInclusive<usize>,
    inside: Range<usize>,
    /// Up to the next group, the nearest first.
    after: Vec<usize>,
    /// Back to the group before, the nearest first.
    before: Vec<usize>,
}

/// The number of the sentence in which each glyph stands; a semicolon ends one too.
fn sentence_numbers(page: &Page) -> Vec<usize> {
    let mut number = 0;
    (0..page.len())
        .map(|i| {
            number += usize::from(page.has_break(i));
            let here = number;
            let ends = matches!(page.part(i), Part::Stop(Stop::Semicolon | Stop::Full));
            number += usize::from(ends);
            here
        })
        .collect()
}
