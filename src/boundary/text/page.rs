//! A text with its clauses: where one ends, what stands in brackets, and where areas are stated.

use std::ops::Range;

use super::area::{Area, areas};
use super::glyph::{Glyph, Space, glyphs, leading};
use super::mark::{ends_name, reaches, turns};

/// What ends a clause, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    Comma,
    Semicolon,
    /// The end of a sentence.
    Full,
}

/// What a glyph is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Word,
    Stop(Stop),
    /// A remark in brackets, and these.
    Remark,
    Area,
}

pub struct Page<'a> {
    pub text: &'a str,
    pub glyphs: Vec<Glyph>,
    pub areas: Vec<Area>,
    parts: Vec<Part>,
    /// In the order of the text.
    remarks: Vec<Range<usize>>,
    /// Whether a line break before the glyph ends a sentence.
    breaks: Vec<bool>,
}

impl<'a> Page<'a> {
    pub fn new(text: &'a str) -> Self {
        let glyphs = glyphs(text);
        let areas = areas(&glyphs);
        let mut parts: Vec<Part> = (0..glyphs.len()).map(|i| part(&glyphs, i)).collect();
        for area in &areas {
            parts[area.span.clone()].fill(Part::Area);
        }
        let remarks = mark_brackets(&glyphs, &mut parts);
        let mut page = Self {
            text,
            breaks: vec![false; glyphs.len()],
            glyphs,
            areas,
            parts,
            remarks,
        };
        page.breaks = (0..page.len()).map(|i| page.line_ends(i)).collect();
        page
    }

    pub fn len(&self) -> usize {
        self.glyphs.len()
    }

    pub fn part(&self, i: usize) -> Part {
        self.parts[i]
    }

    pub fn is_word(&self, i: usize) -> bool {
        self.parts.get(i) == Some(&Part::Word)
    }

    pub fn is_remark(&self, i: usize) -> bool {
        self.parts.get(i) == Some(&Part::Remark)
    }

    /// Whether the clause that goes on to glyph `i` ends before it.
    pub fn ends_before(&self, i: usize) -> bool {
        i >= self.len() || self.breaks[i] || matches!(self.parts[i], Part::Stop(_) | Part::Area)
    }

    pub fn has_break(&self, i: usize) -> bool {
        self.breaks[i]
    }

    /// The strongest stop from `range.start` to `range.end`, both of which may be words.
    pub fn stop_in(&self, range: Range<usize>) -> Option<Stop> {
        let here = |i: usize| {
            let stop = match self.parts[i] {
                Part::Stop(stop) => Some(stop),
                Part::Area => Some(Stop::Comma),
                Part::Word | Part::Remark => None,
            };
            stop.max(self.breaks[i].then_some(Stop::Full))
        };
        let last = range.end.min(self.len().saturating_sub(1));
        (range.start..=last).filter_map(here).max()
    }

    /// Where one of `words` begins first, outside of remarks.
    pub fn find(&self, range: Range<usize>, words: &[&str]) -> Option<usize> {
        let starts = |i: &usize| leading(&self.glyphs[*i..range.end], words).is_some();
        range.clone().find(|i| self.is_word(*i) && starts(i))
    }

    /// The remark of which glyph `i` is part, with its brackets.
    pub fn remark(&self, i: usize) -> Option<Range<usize>> {
        let next = self.remarks.partition_point(|remark| remark.end <= i);
        let remark = self.remarks.get(next)?;
        remark.contains(&i).then(|| remark.clone())
    }

    /// The bytes that glyphs cover.
    pub fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        self.glyphs[range.start].at..self.glyphs[range.end - 1].end()
    }

    /// How many glyphs at `i` number a paragraph or an item of a list.
    pub fn item_number(&self, i: usize) -> usize {
        let rest = &self.glyphs[i..];
        let is_numeral = |g: &&Glyph| g.c.is_ascii_digit() || "一二三四五六七八九十".contains(g.c);
        let bracket = usize::from(rest.first().is_some_and(|g| g.c == '('));
        let numerals = rest[bracket..]
            .iter()
            .take(4)
            .take_while(is_numeral)
            .count();
        let after = rest.get(bracket + numerals).map(|g| g.c);
        match (bracket, numerals, after) {
            (1, 1.., Some(')')) => numerals + 2,
            (0, 1.., Some('、' | '.' | ')')) => numerals + 1,

            _ => 0,
        }
    }

    /// Whether the line before glyph `i` is the heading of a section: short, numbered in Chinese, and
    /// without a side.
    fn is_heading(&self, i: usize) -> bool {
        const LONGEST: usize = 16;
        let first = i.saturating_sub(LONGEST);
        let start = (first..i)
            .rev()
            .find(|&j| self.glyphs[j].before >= Space::Line);
        start.is_some_and(|start| {
            "一二三四五六七八九十(".contains(self.glyphs[start].c)
                && self.item_number(start) > 0
                && (start..i).all(|j| {
                    let rest = &self.glyphs[j..];
                    !reaches(rest) && !turns(rest)
                })
        })
    }

    /// A line break ends a sentence before an empty line, a numbered item, a label and a side, and
    /// after a heading; and after the last character of a name, unless what
    /// follows is so short that the name must go on in it.
    fn line_ends(&self, i: usize) -> bool {
        /// Of the rest of a name that is broken across lines.
        const LONGEST_REST: usize = 4;
        let before = self.glyphs[i].before;
        if i == 0 || before < Space::Line || matches!(self.parts[i - 1], Part::Stop(_)) {
            return false;
        }
        if self.remark(i).is_some_and(|remark| remark.start < i) {
            return false;
        }

        // 用地性质：
        let label = (i..self.len())
            .take(8)
            .take_while(|&j| self.is_word(j))
            .count();
        let is_label = label > 1
            && self.glyphs.get(i + label).is_some_and(|g| g.c == ':')
            && ends_name(&self.glyphs[..i]);
        let number = self.item_number(i);
        if before == Space::Paragraph
            || number > 0
            || is_label
            || self.is_heading(i)
            || reaches(&self.glyphs[i..])
        {
            return true;
        }
        let rest = (i..self.len()).take(LONGEST_REST + 1).take_while(|&j| {
            let is_joint = matches!(self.glyphs[j].c, '、' | '和' | '及' | '与');
            self.parts[j] == Part::Word && !is_joint
        });
        ends_name(&self.glyphs[..i]) && rest.count() > LONGEST_REST
    }
}

fn part(glyphs: &[Glyph], i: usize) -> Part {
    let is_digit = |i: usize| glyphs.get(i).is_some_and(|g| g.c.is_ascii_digit());
    match glyphs[i].c {
        '.' if i > 0 && is_digit(i - 1) && is_digit(i + 1) => Part::Word,
        ',' | ':' | '①'..='⑳' | '•' | '●' | '■' => Part::Stop(Stop::Comma),
        ';' => Part::Stop(Stop::Semicolon),
        '。' | '.' | '!' | '?' => Part::Stop(Stop::Full),
        _ => Part::Word,
    }
}

/// What brackets hold is a remark, unless it names two sides: then they are commas around a sentence,
/// as are brackets without a partner.
fn mark_brackets(glyphs: &[Glyph], parts: &mut [Part]) -> Vec<Range<usize>> {
    let mut partner = vec![None; glyphs.len()];
    let mut open = Vec::new();
    for (i, glyph) in glyphs.iter().enumerate() {
        if glyph.before == Space::Paragraph {
            open.clear();
        }
        match glyph.c {
            '(' => open.push(i),
            ')' => partner[i] = open.pop(),
            _ => {}
        }
        if let Some(first) = partner[i] {
            partner[first] = Some(i);
        }
    }
    // How many sides begin before each glyph.
    let mut sides = vec![0; glyphs.len() + 1];
    for i in 0..glyphs.len() {
        sides[i + 1] = sides[i] + usize::from(reaches(&glyphs[i..]) || turns(&glyphs[i..]));
    }
    let mut remarks = Vec::new();
    let mut i = 0;
    while i < glyphs.len() {
        match (glyphs[i].c, partner[i]) {
            ('(', Some(end)) if sides[end] - sides[i] < 2 && !begins_side(glyphs, parts, i) => {
                parts[i..=end].fill(Part::Remark);
                remarks.push(i..end + 1);
                i = end;
            }
            ('(' | ')', _) => parts[i] = Part::Stop(Stop::Comma),
            _ => {}
        }
        i += 1;
    }
    remarks
}

/// Whether a bracket that follows no name holds a side: 【东至A】【南至B】.
fn begins_side(glyphs: &[Glyph], parts: &[Part], i: usize) -> bool {
    let is_free = i
        .checked_sub(1)
        .is_none_or(|before| matches!(parts[before], Part::Stop(_)));
    is_free && reaches(&glyphs[i + 1..])
}
