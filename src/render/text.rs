//! Lines of text: their glyphs, how long they are, and where long ones break.

use std::ops::Range;

use super::fonts::{Fonts, Weight};

/// What must not stand at the beginning of a line.
const CLOSING: &str = "，。、；：？！）》」』】〉”’·%％°)]}>,.;:?!";
/// What must not stand at the end of one.
const OPENING: &str = "（《「『【〈“‘([{<";

/// A glyph of a line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    /// Its number in the font.
    pub id: u32,
    /// How far it takes the pen, in ems.
    pub advance: f32,
    /// The bytes of the text that it stands for.
    pub range: Range<usize>,
}

/// Whether a character is seen, or at least takes room. What is not: controls, and what the Unicode
/// standard says to ignore where it is not known (`Default_Ignorable_Code_Point`), such as marks of
/// direction, joiners, soft hyphens and variation selectors. Fonts that lack these would show boxes.
fn is_set(character: char) -> bool {
    let is_ignored = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    !character.is_control() && !is_ignored
}

/// How far a character takes the pen, in ems.
fn advance(fonts: &Fonts, weight: Weight, character: char) -> f32 {
    if is_set(character) {
        fonts.glyph(weight, character).1
    } else {
        0.0
    }
}

/// Sets a line of text. What has no width and no look (marks of direction, line breaks) is left out.
#[must_use]
pub fn set(fonts: &Fonts, weight: Weight, text: &str) -> Vec<Glyph> {
    text.char_indices()
        .filter(|(_, character)| is_set(*character))
        .map(|(start, character)| {
            let (id, advance) = fonts.glyph(weight, character);
            Glyph {
                id,
                advance,
                range: start..start + character.len_utf8(),
            }
        })
        .collect()
}

/// How long a line of text is, in ems.
#[must_use]
pub fn length(fonts: &Fonts, weight: Weight, text: &str) -> f32 {
    text.chars()
        .map(|character| advance(fonts, weight, character))
        .sum()
}

/// How long the longest piece of a text is that is not broken, in ems.
#[must_use]
pub fn longest_word(fonts: &Fonts, weight: Weight, text: &str) -> f32 {
    let words = text.lines().flat_map(words);
    words
        .map(|word| length(fonts, weight, word.trim_end()))
        .fold(0.0, f32::max)
}

/// Breaks a text into lines of at most `ems`, as Chinese and English are broken: between Chinese
/// characters and at spaces, never before what closes or after what opens. A word that is longer than
/// a line is broken where the line ends. Of more than `most` lines the last ends with an ellipsis.
#[must_use]
pub fn broken(fonts: &Fonts, weight: Weight, text: &str, ems: f32, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0.0;
        for word in words(paragraph) {
            let wide = length(fonts, weight, word.trim_end());
            if used + wide > ems && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0.0;
            }
            if wide <= ems {
                line.push_str(word);
                used += length(fonts, weight, word);
                continue;
            }
            for character in word.chars() {
                let wide = advance(fonts, weight, character);
                if used + wide > ems && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(character);
                used += wide;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let ellipsis = length(fonts, weight, "…");
            while !last.is_empty() && length(fonts, weight, last) + ellipsis > ems {
                last.pop();
            }
            last.push('…');
        }
    }
    lines
}

/// The pieces between which a line may break; each keeps the spaces after it.
fn words(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (place, character) in text.char_indices() {
        let breaks = before.is_some_and(|before| may_break(before, character));
        if breaks {
            pieces.push(&text[start..place]);
            start = place;
        }
        before = Some(character);
    }
    pieces.push(&text[start..]);
    pieces
}

fn may_break(before: char, after: char) -> bool {
    if after.is_whitespace() || CLOSING.contains(after) || OPENING.contains(before) {
        return false;
    }
    before.is_whitespace() || !before.is_ascii() || !after.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, ems: f32, most: usize) -> Vec<String> {
        let fonts = Fonts::carried().expect("fonts are built in");
        broken(fonts, Weight::Regular, text, ems, most)
    }

    #[test]
    fn chinese_breaks_between_characters_but_not_before_what_closes() {
        assert_eq!(
            lines("北至光荣道，南至纪念馆路。", 5.0, 9),
            ["北至光荣", "道，南至纪", "念馆路。"]
        );
        assert_eq!(lines("建设（一期）", 3.0, 9), ["建设", "（一", "期）"]);
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(
            lines("West Station hub", 4.5, 9),
            ["West", "Station", "hub"]
        );
        let long = lines("abcdefghijklmnopqrstuvwxyz", 5.0, 9);
        assert!(long.len() > 1);
        assert_eq!(long.concat(), "abcdefghijklmnopqrstuvwxyz");
    }

    #[test]
    fn the_longest_word_is_not_broken() {
        let fonts = Fonts::carried().expect("fonts are built in");
        let text = "Sanchahekou Scenic Area";
        let longest = longest_word(fonts, Weight::Regular, text);
        assert_eq!(
            lines(text, longest + 0.01, 9),
            ["Sanchahekou", "Scenic Area"]
        );
        assert!((longest_word(fonts, Weight::Regular, "三岔河口（文旅") - 2.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_cut_off_says_so() {
        let cut = lines("北至光荣道南至纪念馆路西至本溪路", 5.0, 2);
        assert_eq!(cut.len(), 2);
        assert!(cut[1].ends_with('…'), "{cut:?}");
    }

    #[test]
    fn a_line_is_as_long_as_its_glyphs() {
        let fonts = Fonts::carried().expect("fonts are built in");
        let glyphs = set(fonts, Weight::Bold, "一张图\u{200e}\n±50 米");
        assert_eq!(glyphs.len(), 8);
        let sum: f32 = glyphs.iter().map(|glyph| glyph.advance).sum();
        let whole = length(fonts, Weight::Bold, "一张图\u{200e}\n±50 米");
        assert!((sum - whole).abs() < 1e-4);
        assert!(glyphs.iter().all(|glyph| glyph.range.end <= 26));
        // Chinese characters are an em wide.
        assert!((glyphs[0].advance - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_seen_takes_no_room() {
        let fonts = Fonts::carried().expect("fonts are built in");
        for none in "\u{ad}\u{200b}\u{200d}\u{202e}\u{2060}\u{fe0f}\u{feff}\u{e0041}".chars() {
            let text = format!("云{none}帆");
            let glyphs = set(fonts, Weight::Regular, &text);
            assert_eq!(glyphs.len(), 2, "{none:?}");
            let wide = length(fonts, Weight::Regular, &text);
            assert!((wide - 2.0).abs() < 1e-6, "{none:?}: {wide}");
        }
        let far = "\u{2060}".repeat(50) + "云帆";
        assert_eq!(lines(&far, 2.0, 9).len(), 1);
        // What the font only lacks is seen as such.
        assert_eq!(set(fonts, Weight::Regular, "\u{10ffff}").len(), 1);
    }
}
