//! A scene as pixels.

use std::{collections::HashMap, ops::Range};

use png::{BitDepth, ColorType, Compression, Encoder, PixelDimensions, Unit};
use tiny_skia::{
    FillRule, FilterQuality, IntSize, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap,
    PixmapPaint, Rect, StrokeDash, Transform,
};

use super::{
    fonts::{Fonts, Weight},
    scene::{Bent, Cap, Colour, Image, Item, Join, Scene, Stroke, Text, Unpainted},
};
use crate::{area::Patience, model};

/// Pixels an inch of a sheet.
const PIXELS_AN_INCH: f32 = 96.0;
/// An inch, metres.
const INCH: f32 = 0.0254;
/// Bends sharper than this many widths have no point, as on the page.
pub(super) const MITER_LIMIT: f32 = 2.0;

/// A PNG file of a scene on white, with `ratio` pixels of it for one of the scene. The same scene gives
/// the same bytes.
///
/// # Errors
/// Where it would be too large, has text and the program no fonts, or takes longer than `patience`.
pub fn png(scene: &Scene, ratio: f32, patience: &Patience) -> Result<Vec<u8>, Unpainted> {
    let pixmap = pixels(scene, ratio, patience)?;
    patience.check()?;
    let encoded = encode(pixmap, ratio).map_err(|error| {
        model::Text::new(
            format!("图片无法编码：{error}"),
            format!("the picture can't be encoded: {error}"),
        )
    });
    Ok(encoded?)
}

/// The pixels of a scene on white.
fn pixels(scene: &Scene, ratio: f32, patience: &Patience) -> Result<Pixmap, Unpainted> {
    let size = device(scene.width * ratio).zip(device(scene.height * ratio));
    let sheet = size.and_then(|(width, height)| Pixmap::new(width, height));
    let mut sheet = sheet.ok_or_else(|| {
        model::Text::new(
            "图片没有大小，或太大",
            "the picture has no size, or is too large",
        )
    })?;
    sheet.fill(tiny_skia::Color::WHITE);
    let mut painter = Painter {
        sheets: vec![Sheet {
            pixmap: sheet,
            left: 0,
            top: 0,
        }],
        ratio,
        glyphs: HashMap::new(),
    };
    for item in &scene.items {
        patience.check()?;
        painter.paint(item)?;
    }
    while painter.sheets.len() > 1 {
        painter.unclip();
    }
    Ok(painter.sheets.swap_remove(0).pixmap)
}

/// A whole number of pixels.
fn device(pixels: f32) -> Option<u32> {
    let rounded = pixels.round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 65536"
    )]
    let whole = (1.0..=65_536.0)
        .contains(&rounded)
        .then_some(rounded as u32);
    whole
}

/// What is painted on: all of the picture, or the part that a clip leaves.
struct Sheet {
    pixmap: Pixmap,
    /// Where it lies in the picture, pixels of the file.
    left: u32,
    top: u32,
}

struct Painter {
    /// The picture, and within it what clips leave, the narrowest last.
    sheets: Vec<Sheet>,
    ratio: f32,
    /// Outlines, one em high, y down.
    glyphs: HashMap<(Weight, u32), Option<Path>>,
}

impl Painter {
    fn paint(&mut self, item: &Item) -> Result<(), model::Text> {
        match item {
            Item::Fill(path, colour) => {
                self.fill(path, *colour, FillRule::EvenOdd, Transform::identity());
            }
            Item::Line(path, stroke) => self.line(path, stroke, Transform::identity()),
            Item::Text(text) => self.text(text)?,
            Item::Bent(Bent {
                halo, characters, ..
            }) => {
                if let Some((path, stroke)) = halo {
                    self.line(path, stroke, Transform::identity());
                }
                for character in characters {
                    self.text(character)?;
                }
            }
            Item::Image(image) => self.image(image),
            Item::Clip(rect) => self.clip(*rect),
            Item::Unclip => self.unclip(),
        }
        Ok(())
    }

    /// The sheet that is painted on, and how the scene lies on it.
    fn sheet(&mut self) -> (&mut Pixmap, Transform) {
        let ratio = self.ratio;
        let last = self.sheets.len() - 1;
        let sheet = &mut self.sheets[last];
        #[expect(clippy::cast_precision_loss, reason = "less than 65536")]
        let (left, top) = (sheet.left as f32, sheet.top as f32);
        let transform = Transform::from_row(ratio, 0.0, 0.0, ratio, -left, -top);
        (&mut sheet.pixmap, transform)
    }

    fn fill(&mut self, path: &Path, colour: Colour, rule: FillRule, placed: Transform) {
        let paint = paint(colour);
        let (sheet, transform) = self.sheet();
        sheet.fill_path(path, &paint, rule, transform.pre_concat(placed), None);
    }

    fn line(&mut self, path: &Path, stroke: &Stroke, placed: Transform) {
        if stroke.width <= 0.0 {
            return;
        }
        let paint = paint(stroke.colour);
        let mut dashes = stroke.dashes.clone();
        if dashes.len() % 2 == 1 {
            dashes.extend_from_within(..);
        }
        let stroke = tiny_skia::Stroke {
            width: stroke.width,
            miter_limit: MITER_LIMIT,
            line_cap: match stroke.cap {
                Cap::Butt => LineCap::Butt,
                Cap::Round => LineCap::Round,
            },
            line_join: match stroke.join {
                Join::Miter => LineJoin::Miter,
                Join::Round => LineJoin::Round,
            },
            dash: StrokeDash::new(dashes, 0.0),
        };
        let (sheet, transform) = self.sheet();
        sheet.stroke_path(path, &paint, &stroke, transform.pre_concat(placed), None);
    }

    fn text(&mut self, text: &Text) -> Result<(), model::Text> {
        let fonts = Fonts::carried()?;
        let mut builder = PathBuilder::new();
        let mut pen = 0.0;
        for glyph in &text.glyphs {
            let outline = self
                .glyphs
                .entry((text.weight, glyph.id))
                .or_insert_with(|| fonts.outline(text.weight, glyph.id));
            let placed = Transform::from_translate(pen, 0.0).post_scale(text.size, text.size);
            let outline = outline.clone().and_then(|path| path.transform(placed));
            if let Some(outline) = outline {
                builder.push_path(&outline);
            }
            pen += glyph.advance;
        }
        let Some(path) = builder.finish() else {
            return Ok(());
        };
        let placed = Transform::from_translate(text.at.0, text.at.1).pre_rotate(text.angle);
        if let Some((colour, reach)) = text.halo {
            let stroke = Stroke {
                colour,
                width: 2.0 * reach,
                dashes: Vec::new(),
                cap: Cap::Round,
                join: Join::Round,
            };
            self.line(&path, &stroke, placed);
        }
        self.fill(&path, text.colour, FillRule::Winding, placed);
        Ok(())
    }

    fn image(&mut self, image: &Image) {
        let mut rgba = image.rgba.to_vec();
        for pixel in rgba.chunks_exact_mut(4) {
            let opacity = u16::from(pixel[3]);
            for channel in &mut pixel[..3] {
                let faded = (u16::from(*channel) * opacity + 127) / 255;
                *channel = u8::try_from(faded).unwrap_or(u8::MAX);
            }
        }
        let Some(size) = IntSize::from_wh(image.width, image.height) else {
            return;
        };
        let Some(pixmap) = Pixmap::from_vec(rgba, size) else {
            return;
        };
        #[expect(clippy::cast_precision_loss, reason = "less than 65536")]
        let (across, down) = (image.width as f32, image.height as f32);
        let placed = Transform::from_translate(image.place.left(), image.place.top())
            .pre_scale(image.place.width() / across, image.place.height() / down);
        let quality = FilterQuality::Bilinear;
        let paint = PixmapPaint {
            quality,
            ..PixmapPaint::default()
        };
        let (sheet, transform) = self.sheet();
        sheet.draw_pixmap(
            0,
            0,
            pixmap.as_ref(),
            &paint,
            transform.pre_concat(placed),
            None,
        );
    }

    /// From here on a sheet of its own is painted on, which begins as what is seen there: masks would
    /// be looked at for each shape.
    fn clip(&mut self, rect: Rect) {
        let ratio = self.ratio;
        let outer = &self.sheets[self.sheets.len() - 1];
        let inside = |pixels: f32, from: u32, size: u32| {
            let place = device(pixels * ratio).unwrap_or(0);
            // At least the last pixel, for a sheet can't be empty.
            place.clamp(from, from + size - 1)
        };
        let end = |start: u32, pixels: f32, from: u32, size: u32| {
            let place = device(pixels * ratio).unwrap_or(0);
            place.clamp(start + 1, from + size)
        };
        let (across, down) = (outer.pixmap.width(), outer.pixmap.height());
        let left = inside(rect.left(), outer.left, across);
        let top = inside(rect.top(), outer.top, down);
        let size = (
            end(left, rect.right(), outer.left, across) - left,
            end(top, rect.bottom(), outer.top, down) - top,
        );
        let mut pixmap = Pixmap::new(size.0, size.1).expect("it is no larger than the picture");
        let rows = rows_at(&outer.pixmap, left - outer.left, top - outer.top, size.0);
        let own = 4 * size.0 as usize;
        for (own, place) in pixmap.data_mut().chunks_exact_mut(own).zip(rows) {
            own.copy_from_slice(&outer.pixmap.data()[place]);
        }
        self.sheets.push(Sheet { pixmap, left, top });
    }

    fn unclip(&mut self) {
        if self.sheets.len() < 2 {
            return;
        }
        let Some(inner) = self.sheets.pop() else {
            return;
        };
        let last = self.sheets.len() - 1;
        let outer = &mut self.sheets[last];
        let across = inner.pixmap.width();
        let rows = rows_at(
            &outer.pixmap,
            inner.left - outer.left,
            inner.top - outer.top,
            across,
        );
        let own = 4 * across as usize;
        for (own, place) in inner.pixmap.data().chunks_exact(own).zip(rows) {
            outer.pixmap.data_mut()[place].copy_from_slice(own);
        }
    }
}

/// Where the bytes of each row stand from a pixel on, so many pixels across.
fn rows_at(
    pixmap: &Pixmap,
    left: u32,
    top: u32,
    across: u32,
) -> impl Iterator<Item = Range<usize>> + use<> {
    let stride = 4 * pixmap.width() as usize;
    let (left, own) = (4 * left as usize, 4 * across as usize);
    (top as usize..).map(move |row| {
        let start = row * stride + left;
        start..start + own
    })
}

fn paint(colour: Colour) -> Paint<'static> {
    let [red, green, blue] = colour.rgb;
    let opaque = tiny_skia::Color::from_rgba8(red, green, blue, u8::MAX);
    let mut paint = Paint::default();
    let mut faded = opaque;
    faded.apply_opacity(colour.opacity);
    paint.set_color(faded);
    paint
}

fn encode(pixmap: Pixmap, ratio: f32) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, pixmap.width(), pixmap.height());
    // What is painted on white is opaque.
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let pixels_a_metre = device(PIXELS_AN_INCH / INCH * ratio).unwrap_or(1);
    encoder.set_pixel_dims(Some(PixelDimensions {
        xppu: pixels_a_metre,
        yppu: pixels_a_metre,
        unit: Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colours(pixmap))?;
    writer.finish()?;
    Ok(file)
}

/// Red, green and blue of each pixel, moved together where they stand: a large picture has no room for
/// a second of itself.
fn colours(pixmap: Pixmap) -> Vec<u8> {
    let mut bytes = pixmap.take();
    let pixels = bytes.len() / 4;
    for pixel in 1..pixels {
        bytes.copy_within(4 * pixel..4 * pixel + 3, 3 * pixel);
    }
    bytes.truncate(3 * pixels);
    bytes
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, atomic::AtomicBool},
        time::Duration,
    };

    use super::*;

    fn patient() -> Patience {
        Patience::new(Duration::from_mins(5), Arc::default())
    }

    fn square(left: f32, top: f32, size: f32, rgb: [u8; 3]) -> Item {
        let rect = Rect::from_xywh(left, top, size, size).unwrap();
        let colour = Colour { rgb, opacity: 1.0 };
        Item::Fill(PathBuilder::from_rect(rect), colour)
    }

    fn scene(items: Vec<Item>) -> Scene {
        Scene {
            width: 40.0,
            height: 30.0,
            items,
        }
    }

    fn at(pixmap: &Pixmap, x: u32, y: u32) -> [u8; 3] {
        let pixel = pixmap.pixel(x, y).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    }

    const WHITE: [u8; 3] = [255; 3];
    const RED: [u8; 3] = [200, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 200];

    #[test]
    fn a_clip_leaves_what_lies_in_it_and_ends() {
        let clip = Rect::from_xywh(10.0, 10.0, 10.0, 10.0).unwrap();
        let inner = Rect::from_xywh(15.0, 5.0, 20.0, 20.0).unwrap();
        let scene = scene(vec![
            square(0.0, 0.0, 12.0, BLUE),
            Item::Clip(clip),
            square(0.0, 0.0, 40.0, RED),
            Item::Clip(inner),
            square(0.0, 0.0, 40.0, BLUE),
            Item::Unclip,
            Item::Unclip,
            square(30.0, 20.0, 5.0, RED),
        ]);
        for ratio in [1.0, 2.0, 1.5] {
            let pixmap = pixels(&scene, ratio, &patient()).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let seen = |x: f32, y: f32| at(&pixmap, (x * ratio) as u32, (y * ratio) as u32);
            for (x, y, colour) in [
                (5.0, 5.0, BLUE),
                (13.0, 13.0, RED),
                (17.0, 13.0, BLUE),
                (22.0, 13.0, WHITE),
                (17.0, 8.0, WHITE),
                (32.0, 22.0, RED),
            ] {
                assert_eq!(seen(x, y), colour, "{x},{y} at {ratio}");
            }
        }
    }

    #[test]
    fn a_file_has_its_pixels_and_says_how_large_they_are() {
        let scene = scene(vec![square(10.0, 10.0, 10.0, RED)]);
        let file = png(&scene, 2.0, &patient()).unwrap();
        assert_eq!(file, png(&scene, 2.0, &patient()).unwrap());
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let info = reader.info();
        assert_eq!((info.width, info.height), (80, 60));
        // 192 dots an inch.
        let dims = info.pixel_dims.unwrap();
        assert_eq!((dims.xppu, dims.unit), (7559, Unit::Meter));
        assert_eq!(pixels[3 * (80 * 30 + 30)..][..3], RED);
        assert_eq!(pixels[..3], WHITE);
    }

    #[test]
    fn a_picture_without_size_is_refused() {
        for (width, height) in [(0.0, 10.0), (f32::NAN, 10.0), (10.0, 1e9)] {
            let nothing = png(&Scene::new(width, height), 1.0, &patient());
            assert!(matches!(nothing, Err(Unpainted::Failed(_))));
        }
    }

    #[test]
    fn who_leaves_stops_the_painting() {
        let scene = scene(vec![square(10.0, 10.0, 10.0, RED)]);
        let gone = Patience::new(Duration::from_mins(5), Arc::new(AtomicBool::new(true)));
        let late = Patience::new(Duration::ZERO, Arc::default());
        for patience in [gone, late] {
            assert_eq!(png(&scene, 1.0, &patience), Err(Unpainted::Interrupted));
        }
    }
}
