//! Scenes as pages of a PDF: shapes as vectors, text as text in embedded subsets of the fonts.

use jiff::{Timestamp, tz::Offset};
use krilla::{
    Data, Document,
    action::{Action, LinkAction},
    annotation::{Annotation, LinkAnnotation, Target},
    color::rgb,
    geom::{Path, PathBuilder, Point, Rect, Size, Transform},
    image::Image as Pixels,
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule, LineCap, LineJoin, Stroke, StrokeDash},
    surface::Surface,
    text::{Font, GlyphId, KrillaGlyph},
};
use tiny_skia::PathSegment;

use super::{
    fonts::{Fonts, Weight},
    labels::MIDDLE,
    png::MITER_LIMIT,
    scene::{Bent, Cap, Colour, Image, Item, Join, Scene, Stroke as Line, Text, Unpainted},
};
use crate::{area::Patience, model};

/// Points (1/72 inch) of a CSS pixel.
const POINTS: f32 = 0.75;

/// What a PDF says of itself.
#[derive(Debug, Clone)]
pub struct About {
    /// Its title.
    pub title: String,
    /// Its language, such as `zh`.
    pub language: &'static str,
    /// When the data that it shows came to be; no clock is looked at.
    pub time: Option<Timestamp>,
    /// What tells it from other documents.
    pub id: String,
    /// Where on the first page a click leads to an address.
    pub link: Option<(tiny_skia::Rect, String)>,
}

/// Scenes as a PDF, a page each. The same scenes give the same bytes.
///
/// # Errors
/// Where the program was built without fonts, the file can't be written, or it takes longer than
/// `patience`.
pub fn pdf(scenes: &[Scene], about: &About, patience: &Patience) -> Result<Vec<u8>, Unpainted> {
    Fonts::carried()?;
    let fonts = Weight::ALL.map(|weight| Font::new(Data::from(weight.bytes()), 0));
    let [Some(regular), Some(medium), Some(bold)] = fonts else {
        return Err(failed("a font can't be read").into());
    };
    let fonts = [regular, medium, bold];
    let mut document = Document::new();
    for (at, scene) in scenes.iter().enumerate() {
        let link = about.link.as_ref().filter(|_| at == 0);
        draw_page(&mut document, scene, link, &fonts, patience)?;
        patience.check()?;
    }
    document.set_metadata(metadata(about));
    let written = document.finish();
    Ok(written.map_err(|error| failed(&format!("{error:?}")))?)
}

/// Adds a page; one that takes too long ends early.
fn draw_page(
    document: &mut Document,
    scene: &Scene,
    link: Option<&(tiny_skia::Rect, String)>,
    fonts: &[Font; 3],
    patience: &Patience,
) -> Result<(), Unpainted> {
    let size = PageSettings::from_wh(scene.width * POINTS, scene.height * POINTS);
    let size = size.ok_or_else(|| failed("a page has to have a size"))?;
    let mut page = document.start_page_with(size);
    let mut surface = page.surface();
    surface.push_transform(&Transform::from_scale(POINTS, POINTS));
    let mut is_over = false;
    for item in &scene.items {
        is_over = is_over || patience.check().is_err();
        // What was begun has to be ended all the same.
        if !is_over || matches!(item, Item::Clip(_) | Item::Unclip) {
            draw(&mut surface, item, fonts);
        }
    }
    surface.pop();
    surface.finish();
    if let Some((place, address)) = link
        && let Some(place) = Rect::from_xywh(
            place.x() * POINTS,
            place.y() * POINTS,
            place.width() * POINTS,
            place.height() * POINTS,
        )
    {
        let action = Action::from(LinkAction::new(address.clone()));
        let link = LinkAnnotation::new(place, Target::Action(action));
        page.add_annotation(Annotation::new_link(link, Some(address.clone())));
    }
    page.finish();
    if is_over {
        return Err(Unpainted::Interrupted);
    }
    Ok(())
}

fn failed(why: &str) -> model::Text {
    model::Text::new(
        format!("不能生成 PDF：{why}"),
        format!("the PDF can't be made: {why}"),
    )
}

fn metadata(about: &About) -> Metadata {
    let metadata = Metadata::new()
        .title(about.title.clone())
        .language(about.language.to_owned())
        .creator(concat!("renewal-map ", env!("CARGO_PKG_VERSION")).to_owned())
        .document_id(about.id.clone());
    match about.time {
        Some(time) => metadata.creation_date(date(time)),
        None => metadata,
    }
}

/// In UTC.
fn date(time: Timestamp) -> DateTime {
    let time = Offset::UTC.to_datetime(time);
    let small = |part: i8| u8::try_from(part).unwrap_or_default();
    DateTime::new(u16::try_from(time.year()).unwrap_or_default())
        .month(small(time.month()))
        .day(small(time.day()))
        .hour(small(time.hour()))
        .minute(small(time.minute()))
        .second(small(time.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn draw(surface: &mut Surface<'_>, item: &Item, fonts: &[Font; 3]) {
    match item {
        Item::Fill(shape, colour) => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*colour)));
            draw_path(surface, shape);
        }
        Item::Line(shape, line) => draw_line(surface, shape, line),
        Item::Text(text) => write(surface, text, fonts),
        Item::Bent(bent) => write_bent(surface, bent, fonts),
        Item::Image(image) => place(surface, image),
        Item::Clip(place) => {
            let mut path = PathBuilder::new();
            if let Some(place) =
                Rect::from_xywh(place.x(), place.y(), place.width(), place.height())
            {
                path.push_rect(place);
            }
            match path.finish() {
                Some(path) => surface.push_clip_path(&path, &FillRule::NonZero),
                // What follows is taken off again all the same.
                None => surface.push_transform(&Transform::identity()),
            }
        }
        Item::Unclip => surface.pop(),
    }
}

fn draw_line(surface: &mut Surface<'_>, shape: &tiny_skia::Path, line: &Line) {
    surface.set_fill(None);
    surface.set_stroke(Some(stroke(line)));
    draw_path(surface, shape);
}

fn place(surface: &mut Surface<'_>, picture: &Image) {
    let at = picture.place;
    let Some(size) = Size::from_wh(at.width(), at.height()) else {
        return;
    };
    let pixels = Pixels::from_rgba8(picture.rgba.to_vec(), picture.width, picture.height);
    surface.push_transform(&Transform::from_translate(at.x(), at.y()));
    surface.draw_image(pixels, size);
    surface.pop();
}

fn draw_path(surface: &mut Surface<'_>, shape: &tiny_skia::Path) {
    if let Some(path) = path(shape) {
        surface.draw_path(&path);
    }
}

fn path(shape: &tiny_skia::Path) -> Option<Path> {
    let mut path = PathBuilder::new();
    for segment in shape.segments() {
        match segment {
            PathSegment::MoveTo(to) => path.move_to(to.x, to.y),
            PathSegment::LineTo(to) => path.line_to(to.x, to.y),
            PathSegment::QuadTo(by, to) => path.quad_to(by.x, by.y, to.x, to.y),
            PathSegment::CubicTo(first, second, to) => {
                path.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
            }
            PathSegment::Close => path.close(),
        }
    }
    path.finish()
}

fn fill(colour: Colour) -> Fill {
    let [red, green, blue] = colour.rgb;
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: opacity(colour),
        rule: FillRule::EvenOdd,
    }
}

fn opacity(colour: Colour) -> NormalizedF32 {
    NormalizedF32::new(colour.opacity.clamp(0.0, 1.0)).unwrap_or(NormalizedF32::ONE)
}

fn stroke(line: &Line) -> Stroke {
    let [red, green, blue] = line.colour.rgb;
    Stroke {
        paint: rgb::Color::new(red, green, blue).into(),
        width: line.width,
        miter_limit: MITER_LIMIT,
        line_cap: match line.cap {
            Cap::Butt => LineCap::Butt,
            Cap::Round => LineCap::Round,
        },
        line_join: match line.join {
            Join::Miter => LineJoin::Miter,
            Join::Round => LineJoin::Round,
        },
        opacity: opacity(line.colour),
        dash: (!line.dashes.is_empty()).then(|| StrokeDash {
            array: line.dashes.clone(),
            offset: 0.0,
        }),
    }
}

fn write(surface: &mut Surface<'_>, text: &Text, fonts: &[Font; 3]) {
    if let Some((colour, reach)) = text.halo {
        surface.set_fill(None);
        surface.set_stroke(Some(stroke(&Line {
            colour,
            width: 2.0 * reach,
            dashes: Vec::new(),
            cap: Cap::Round,
            join: Join::Round,
        })));
        // A text that stands twice would be found and copied twice.
        put(surface, text, fonts, As::Outlines);
    }
    if is_askew(text) {
        put_filled(surface, text, fonts, text.colour, As::Outlines);
        put_unseen(surface, text, fonts);
    } else {
        put_filled(surface, text, fonts, text.colour, As::Text);
    }
}

/// Characters that are turned one by one, each seen as outlines.
fn write_bent(surface: &mut Surface<'_>, bent: &Bent, fonts: &[Font; 3]) {
    if let Some((shape, line)) = &bent.halo {
        draw_line(surface, shape, line);
    }
    for character in &bent.characters {
        put_filled(surface, character, fonts, character.colour, As::Outlines);
    }
    put_unseen(surface, &bent.whole, fonts);
}

/// Whether a line of text neither lies nor stands.
fn is_askew(text: &Text) -> bool {
    (text.angle - right_angle(text)).abs() > 1.0
}

/// The nearest direction in which lines lie or stand, degrees.
fn right_angle(text: &Text) -> f32 {
    (text.angle / 90.0).round() * 90.0
}

/// A line of text as it is read and not seen. Programs that read pages take the characters of a line
/// that lies askew for words of their own: about its middle this one lies, or stands.
fn put_unseen(surface: &mut Surface<'_>, text: &Text, fonts: &[Font; 3]) {
    let ems: f32 = text.glyphs.iter().map(|glyph| glyph.advance).sum();
    let to_middle = |angle: f32| {
        let (sin, cos) = angle.to_radians().sin_cos();
        let (along, up) = (ems * text.size / 2.0, MIDDLE * text.size);
        (cos * along + sin * up, sin * along - cos * up)
    };
    let angle = right_angle(text);
    let (before, after) = (to_middle(text.angle), to_middle(angle));
    let straight = Text {
        at: (
            text.at.0 + before.0 - after.0,
            text.at.1 + before.1 - after.1,
        ),
        angle,
        ..text.clone()
    };
    let unseen = text.colour.faded(0.0);
    put_filled(surface, &straight, fonts, unseen, As::Text);
}

/// What glyphs are put onto a page as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    /// Text, which can be read.
    Text,
    /// Shapes.
    Outlines,
}

fn put_filled(surface: &mut Surface<'_>, text: &Text, fonts: &[Font; 3], colour: Colour, kind: As) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        rule: FillRule::NonZero,
        ..fill(colour)
    }));
    put(surface, text, fonts, kind);
}

/// Puts a line of text where it stands, as fill and stroke are set.
fn put(surface: &mut Surface<'_>, text: &Text, fonts: &[Font; 3], kind: As) {
    let font = match text.weight {
        Weight::Regular => &fonts[0],
        Weight::Medium => &fonts[1],
        Weight::Bold => &fonts[2],
    };
    let glyphs: Vec<KrillaGlyph> = text
        .glyphs
        .iter()
        .map(|glyph| {
            let id = GlyphId::new(glyph.id);
            KrillaGlyph::new(id, glyph.advance, 0.0, 0.0, 0.0, glyph.range.clone(), None)
        })
        .collect();
    if glyphs.is_empty() {
        return;
    }
    let (x, y) = text.at;
    let start = Point::from_xy(x, y);
    let is_outlined = kind == As::Outlines;
    surface.push_transform(&Transform::from_rotate_at(text.angle, x, y));
    surface.draw_glyphs(
        start,
        &glyphs,
        font.clone(),
        &text.text,
        text.size,
        is_outlined,
    );
    surface.pop();
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, atomic::AtomicBool},
        time::Duration,
    };

    use super::*;

    #[test]
    fn who_leaves_stops_the_painting() {
        let mut scene = Scene::new(40.0, 30.0);
        let clip = tiny_skia::Rect::from_xywh(10.0, 10.0, 10.0, 10.0).unwrap();
        let square = tiny_skia::PathBuilder::from_rect(clip);
        let colour = Colour {
            rgb: [200, 0, 0],
            opacity: 1.0,
        };
        scene.items = vec![Item::Clip(clip), Item::Fill(square, colour), Item::Unclip];
        let about = About {
            title: String::new(),
            language: "zh-CN",
            time: None,
            id: String::new(),
            link: None,
        };
        let gone = Patience::new(Duration::from_mins(5), Arc::new(AtomicBool::new(true)));
        let late = Patience::new(Duration::ZERO, Arc::default());
        let scenes = [scene.clone(), scene];
        for patience in [gone, late] {
            assert_eq!(pdf(&scenes, &about, &patience), Err(Unpainted::Interrupted));
        }
        let patient = Patience::new(Duration::from_mins(5), Arc::default());
        assert!(pdf(&scenes, &about, &patient).unwrap().starts_with(b"%PDF"));
    }
}
