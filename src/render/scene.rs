//! What a picture consists of: shapes and text, in the order in which they are drawn.

use tiny_skia::{Path, Rect};

use super::{fonts::Weight, text::Glyph};
use crate::{area::Interrupted, model};

/// A colour of sRGB, not multiplied by its opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// Red, green and blue.
    pub rgb: [u8; 3],
    /// From 0 to 1.
    pub opacity: f32,
}

impl Colour {
    /// An opaque colour from `#rrggbb` or `#rgb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let nibbles: Vec<u8> = digits
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|value| value.try_into().ok()))
            .collect::<Option<_>>()?;
        let rgb = match nibbles.len() {
            3 => [0, 1, 2].map(|place| nibbles[place] * 17),
            6 => [0, 2, 4].map(|place| nibbles[place] * 16 + nibbles[place + 1]),
            _ => return None,
        };
        Some(Self { rgb, opacity: 1.0 })
    }

    /// The colour at this share of its opacity.
    #[must_use]
    pub fn faded(self, share: f32) -> Self {
        Self {
            opacity: self.opacity * share,
            ..self
        }
    }
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// Where they end.
    Butt,
    /// With half a circle beyond.
    Round,
}

/// How lines bend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// To a point.
    Miter,
    /// Round.
    Round,
}

/// How a line is drawn; lengths in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Colour,
    /// Its width.
    pub width: f32,
    /// Lengths of dashes and gaps in turn; a whole line where there are none.
    pub dashes: Vec<f32>,
    /// Its ends.
    pub cap: Cap,
    /// Its bends.
    pub join: Join,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Its glyphs.
    pub glyphs: Vec<Glyph>,
    /// The font's weight.
    pub weight: Weight,
    /// Pixels an em.
    pub size: f32,
    /// Where its baseline begins.
    pub at: (f32, f32),
    /// Degrees by which it is turned about there, clockwise.
    pub angle: f32,
    /// Its colour.
    pub colour: Colour,
    /// The colour of what sets it off from the map, and how far that reaches.
    pub halo: Option<(Colour, f32)>,
}

/// A line of text whose characters stand each for itself: along a bend, or below each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Bent {
    /// What sets all of them off from the map: the halo of one must not cover the next.
    pub halo: Option<(Path, Stroke)>,
    /// Each character.
    pub characters: Vec<Text>,
    /// The same as one straight line, from where the first stands to the last: what is read, found and
    /// copied where a file can tell that from what is seen.
    pub whole: Text,
}

/// A picture made elsewhere: a tile of a base map.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Where it stands.
    pub place: Rect,
    /// Pixels across.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Red, green, blue and opacity of each, row by row.
    pub rgba: std::sync::Arc<[u8]>,
}

/// One thing to draw.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// The inside of a path, by the even-odd rule.
    Fill(Path, Colour),
    /// A path as a line.
    Line(Path, Stroke),
    /// A line of text.
    Text(Text),
    /// A line of text along a bend.
    Bent(Bent),
    /// A picture made elsewhere.
    Image(Image),
    /// From here on only what lies in this rectangle is seen, up to the matching [`Item::Unclip`].
    Clip(Rect),
    /// The end of a clip.
    Unclip,
}

/// All of a picture, what is drawn first first.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Pixels across.
    pub width: f32,
    /// Pixels from top to bottom.
    pub height: f32,
    /// What to draw.
    pub items: Vec<Item>,
}

impl Scene {
    /// An empty sheet.
    #[must_use]
    pub fn new(width: f32, height: f32) -> Self {
        Self {
            width,
            height,
            items: Vec::new(),
        }
    }
}

/// Why a scene is not painted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpainted {
    /// It took too long, or nobody waits.
    Interrupted,
    /// It can't be, or the program was built without fonts.
    Failed(model::Text),
}

impl From<Interrupted> for Unpainted {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<model::Text> for Unpainted {
    fn from(why: model::Text) -> Self {
        Self::Failed(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_the_style_writes_them() {
        let rgb = |text| Colour::parse(text).map(|colour| colour.rgb);
        assert_eq!(rgb("#b5432f"), Some([0xb5, 0x43, 0x2f]));
        assert_eq!(rgb("#fff"), Some([255, 255, 255]));
        for none in ["b5432f", "#b5432", "#gggggg", "#", ""] {
            assert_eq!(rgb(none), None, "{none}");
        }
    }
}
