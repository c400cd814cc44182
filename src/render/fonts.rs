//! The fonts of pictures, carried in the program: Noto Sans SC (SIL Open Font License 1.1).

use std::sync::LazyLock;

use skrifa::{FontRef, MetadataProvider, instance::LocationRef, instance::Size};

use crate::model;

/// How heavy a font is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// 400.
    Regular,
    /// 500.
    Medium,
    /// 700.
    Bold,
}

impl Weight {
    /// All of them, the lightest first.
    pub const ALL: [Self; 3] = [Self::Regular, Self::Medium, Self::Bold];

    /// The weight of the first font of a style's `text-font`, such as `Noto Sans SC Bold`.
    #[must_use]
    pub fn named(font: &str) -> Self {
        match font.rsplit(' ').next() {
            Some("Bold") => Self::Bold,
            Some("Medium") => Self::Medium,
            _ => Self::Regular,
        }
    }

    /// The file of the font; empty where the program was built without.
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!(concat!(env!("OUT_DIR"), "/400Regular.ttf")),
            Self::Medium => include_bytes!(concat!(env!("OUT_DIR"), "/500Medium.ttf")),
            Self::Bold => include_bytes!(concat!(env!("OUT_DIR"), "/700Bold.ttf")),
        }
    }
}

/// The fonts, read.
pub struct Fonts([FontRef<'static>; 3]);

impl Fonts {
    /// The fonts that the program carries.
    ///
    /// # Errors
    /// Where it was built without.
    pub fn carried() -> Result<&'static Self, model::Text> {
        static FONTS: LazyLock<Option<Fonts>> = LazyLock::new(|| {
            let [regular, medium, bold] = Weight::ALL.map(|weight| FontRef::new(weight.bytes()));
            Some(Fonts([regular.ok()?, medium.ok()?, bold.ok()?]))
        });
        FONTS.as_ref().ok_or_else(|| {
            model::Text::new(
                "此程序构建时没有带上字体，不能出图：请先运行 make build",
                "this program was built without its fonts and can draw no pictures: run make build",
            )
        })
    }

    /// The font of a weight.
    #[must_use]
    pub fn of(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.0[0],
            Weight::Medium => &self.0[1],
            Weight::Bold => &self.0[2],
        }
    }

    /// The glyph of a character, and how far it takes the pen, in ems. What the font lacks has the
    /// glyph that says so.
    pub(super) fn glyph(&self, weight: Weight, character: char) -> (u32, f32) {
        let font = self.of(weight);
        let glyph = font.charmap().map(character).unwrap_or_default();
        // Scaled metrics are rounded to 64ths of a pixel, so the font's own units are asked.
        let (size, location) = (Size::unscaled(), LocationRef::default());
        let advance = font.glyph_metrics(size, location).advance_width(glyph);
        let em = f32::from(font.metrics(size, location).units_per_em);
        (glyph.to_u32(), advance.unwrap_or_default() / em)
    }
}
