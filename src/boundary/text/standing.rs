//! Whether a word that can give a side does so where it stands.

use super::Direction;
use super::glyph::{Space, leading};
use super::mark::{Head, HeadKind, Verb, direction, ends_name};
use super::page::{Page, Part};

/// The head that stands at `i`, in a clause that began at `start` and has none yet.
pub fn head_in_prose(page: &Page, i: usize, start: usize) -> Option<Head> {
    if !page.is_word(i) {
        return None;
    }
    let head = Head::read(&page.glyphs[i..])?;
    if i == start || stands_free(page, i) {
        return Some(head);
    }
    let before = page.glyphs[i - 1].c;
    let is_free = match head.verb {
        Verb::Reaches | Verb::Starts => {
            !is_way(before) && !is_place(before, page.glyphs[i].c) && !is_course(page, i, &head)
        }
        Verb::Touches | Verb::Encloses(_) => "块地目区其域围该处园段位置场".contains(before),
        Verb::Labels => false,
    };
    is_free.then_some(head)
}

/// The head that stands at `i`, after another whose names begin at `start`.
pub fn head_after_names(page: &Page, i: usize, start: usize) -> Option<Head> {
    if !page.is_word(i) {
        return None;
    }
    let head = Head::read(&page.glyphs[i..])?;
    let next = page.glyphs.get(i + head.width).map(|g| g.c);
    let is_free = if i == start {
        // A street may be called 东至路.
        matches!(head.verb, Verb::Reaches)
            && !next.is_some_and(|c| matches!(c, '路' | '街' | '道' | '县'))
    } else if stands_free(page, i) {
        true
    } else {
        head.verb == Verb::Reaches
            && head.kind != HeadKind::Unclear
            && !is_way(page.glyphs[i - 1].c)
    };
    is_free.then_some(head)
}

/// Whether nothing that stands before glyph `i` could make one word with it.
fn stands_free(page: &Page, i: usize) -> bool {
    let glyph = page.glyphs[i];
    let before = page.glyphs[i - 1].c;
    glyph.before != Space::None || before == '、' || page.part(i - 1) != Part::Word
}

/// Before a direction: then it is a way (由南至北, 以南至), not a side.
fn is_way(before: char) -> bool {
    "以由从自往向之迤".contains(before)
}

/// 南至北, 东至西: a course, not a side.
fn is_course(page: &Page, i: usize, head: &Head) -> bool {
    let after = i + head.width;
    direction(&page.glyphs, after).is_some()
        && (after + 1 >= page.len()
            || !page.is_word(after + 1)
            || "走依方向排延分长全的".contains(page.glyphs[after + 1].c))
}

/// Names that end in a direction, of provinces and the like.
fn is_place(first: char, second: char) -> bool {
    let firsts = match second {
        '南' => "云河湖海越济津淮江黔滇闽华中",
        '北' => "河湖华淮江台冀",
        '东' => "山广华中河浦辽胶",
        _ => "山江广陕河浦",
    };
    firsts.contains(first)
}

/// The words after the names of a side: “以南” gives the north side.
#[derive(Debug, Clone, Copy)]
pub struct Tail {
    /// The side that the names before it bound.
    pub side: Direction,
    /// Its length in glyphs.
    pub width: usize,
}

impl Tail {
    /// The tail that stands at `i`.
    pub fn read(page: &Page, i: usize) -> Option<Self> {
        if !page.is_word(i) || i == 0 {
            return None;
        }
        let (glyphs, rest) = (&page.glyphs, &page.glyphs[i..]);
        let after_name = ends_name(&glyphs[..i]);
        let tail = |at: usize, width: usize| {
            let lies = direction(rest, at)?;
            Some(Self {
                side: lies.opposite(),
                width,
            })
        };
        match rest[0].c {
            '以' | '之' | '迤' => {
                // 以东南 lies between two sides; 以北京 and 以西安 are no directions.
                let next = rest.get(2).map(|g| g.c);
                let is_diagonal = next.is_some_and(|c| Direction::from_zh(c).is_some());
                let ends = page.ends_before(i + 2)
                    || page.is_remark(i + 2)
                    || next.is_some_and(|c| "、和及与至到的区范地片用合围所内侧".contains(c));
                (!is_diagonal && (after_name || ends)).then(|| tail(1, 2))?
            }
            '为' => {
                let limit = ["侧边界", "边界", "侧界", "界"];
                let width = leading(rest.get(2..)?, &limit)?;
                let bounds = direction(rest, 1)?;
                Some(Self {
                    side: bounds,
                    width: 2 + width,
                })
            }
            _ => {
                let is_flank = rest.get(1).is_some_and(|g| g.c == '侧');
                let says = rest
                    .get(2)
                    .is_some_and(|g| "为是至到有建临紧".contains(g.c));
                let is_diagonal = direction(glyphs, i - 1).is_some();
                (is_flank && after_name && !says && !is_diagonal).then(|| tail(0, 2))?
            }
        }
    }
}
