//! What draws around a map: its colours, its letters, and lines of text.

use tiny_skia::Rect;

use super::super::{
    fonts::{Fonts, Weight},
    scene::{Cap, Colour, Item, Join, Stroke, Text},
    text,
};

pub(super) const PAPER: Colour = ink(0xfd, 0xfc, 0xfa);
pub(super) const INK: Colour = ink(0x1c, 0x28, 0x33);
pub(super) const SOFT: Colour = ink(0x51, 0x60, 0x6c);
pub(super) const RULE: Colour = ink(0xd8, 0xd3, 0xc8);
pub(super) const NEATLINE: Colour = ink(0x4a, 0x50, 0x55);
pub(super) const SEAL: Colour = ink(0xa9, 0x3a, 0x28);

const fn ink(red: u8, green: u8, blue: u8) -> Colour {
    Colour {
        rgb: [red, green, blue],
        opacity: 1.0,
    }
}

/// How a text looks: its size in units.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub weight: Weight,
    pub size: f32,
    pub colour: Colour,
}

pub(super) const fn look(weight: Weight, size: f32, colour: Colour) -> Look {
    Look {
        weight,
        size,
        colour,
    }
}

pub(super) const TITLE: Look = look(Weight::Bold, 24.0, INK);
pub(super) const SUBTITLE: Look = look(Weight::Regular, 12.0, SOFT);
pub(super) const SMALL_TITLE: Look = look(Weight::Bold, 15.0, INK);
pub(super) const SMALL_SUBTITLE: Look = look(Weight::Regular, 10.5, SOFT);
pub(super) const NOTE: Look = look(Weight::Regular, 11.5, SOFT);
pub(super) const HEAD: Look = look(Weight::Bold, 13.0, INK);
pub(super) const GROUP: Look = look(Weight::Medium, 10.5, SOFT);
pub(super) const SIGN: Look = look(Weight::Regular, 11.5, INK);
pub(super) const QUOTE: Look = look(Weight::Regular, 11.0, INK);
pub(super) const FROM: Look = look(Weight::Regular, 9.5, SOFT);
pub(super) const FOOT: Look = look(Weight::Regular, 10.0, SOFT);
pub(super) const SCALE: Look = look(Weight::Regular, 10.0, INK);

/// From one line to the next, in sizes of the text.
pub(super) const LEADING: f32 = 1.36;
/// The baseline below the top of a line.
const BASELINE: f32 = 1.02;

/// What draws the furniture.
pub(super) struct Pen<'a> {
    pub items: &'a mut Vec<Item>,
    pub fonts: &'static Fonts,
    /// By how much letters and gaps are larger than on a small sheet.
    pub unit: f32,
}

impl Pen<'_> {
    fn size(&self, look: Look) -> f32 {
        look.size * self.unit
    }

    pub fn leading(&self, look: Look) -> f32 {
        self.size(look) * LEADING
    }

    pub fn length(&self, look: Look, words: &str) -> f32 {
        text::length(self.fonts, look.weight, words) * self.size(look)
    }

    /// Lines that are at most so wide; of more than `most` the last ends with an ellipsis.
    pub fn broken(&self, look: Look, words: &str, wide: f32, most: usize) -> Vec<String> {
        let ems = wide / self.size(look);
        text::broken(self.fonts, look.weight, words, ems, most)
    }

    /// One line whose top and left end are given.
    pub fn line(&mut self, look: Look, words: &str, left: f32, top: f32) {
        let size = self.size(look);
        if words.is_empty() {
            return;
        }
        self.items.push(Item::Text(Text {
            text: words.to_owned(),
            glyphs: text::set(self.fonts, look.weight, words),
            weight: look.weight,
            size,
            at: (left, top + BASELINE * size),
            angle: 0.0,
            colour: look.colour,
            halo: None,
        }));
    }

    /// Lines from `top` down; the end of the last.
    pub fn lines(&mut self, look: Look, lines: &[String], left: f32, top: f32) -> f32 {
        let mut y = top;
        for line in lines {
            self.line(look, line, left, y);
            y += self.leading(look);
        }
        y
    }

    pub fn rule(&mut self, path: Option<tiny_skia::Path>, colour: Colour, width: f32) {
        self.items.extend(path.map(|path| {
            Item::Line(
                path,
                Stroke {
                    colour,
                    width,
                    dashes: Vec::new(),
                    cap: Cap::Butt,
                    join: Join::Miter,
                },
            )
        }));
    }
}

/// A rectangle; one without extent where it would have none.
pub(super) fn rect(left: f32, top: f32, right: f32, bottom: f32) -> Rect {
    Rect::from_ltrb(left, top, right.max(left), bottom.max(top))
        .or_else(|| Rect::from_xywh(0.0, 0.0, 0.0, 0.0))
        .expect("nothing is a rectangle")
}
