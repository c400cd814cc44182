//! A map with what stands around it: title, legend, scale, north, sources, and the way back to it.
//!
//! A wide sheet has a column beside the map, a high one a band below it; a small picture keeps what no
//! map may be without.

use geo::{BoundingRect, Coord, Rect as Degrees};
use tiny_skia::{PathBuilder, Rect};

use super::{
    brief::{Brief, Quote},
    fonts::{Fonts, Weight},
    frame::MapFrame,
    ground::Ground,
    legend::{Entry, Section, legend},
    map::{self, Drawn, Refused, Shown},
    qr::Code,
    scene::{Cap, Colour, Item, Join, Scene, Stroke, Text},
    text,
};
use crate::{
    area::{Answer, Area, Interrupted, Patience},
    geometry::frame::Frame,
    model,
    report::Lang,
};

const PAPER: Colour = ink(0xfd, 0xfc, 0xfa);
const INK: Colour = ink(0x1c, 0x28, 0x33);
const SOFT: Colour = ink(0x51, 0x60, 0x6c);
const RULE: Colour = ink(0xd8, 0xd3, 0xc8);
const NEATLINE: Colour = ink(0x4a, 0x50, 0x55);
const SEAL: Colour = ink(0xa9, 0x3a, 0x28);

const fn ink(red: u8, green: u8, blue: u8) -> Colour {
    Colour {
        rgb: [red, green, blue],
        opacity: 1.0,
    }
}

/// Metres of a CSS pixel on paper: 96 to the inch.
const PIXEL_M: f64 = 0.0254 / 96.0;
/// The scales that maps on paper have.
pub const SCALES: [u32; 11] = [
    500, 1_000, 2_000, 2_500, 5_000, 10_000, 15_000, 20_000, 25_000, 50_000, 100_000,
];
/// What of a view's surroundings a picture shows at least, pixels at the view's zoom: the map beside
/// the panels on a usual screen.
const LEAST: [f64; 2] = [1_024.0, 640.0];
/// A map with more room than this shows the same larger, and not more around it.
const MOST: [f64; 2] = [1_600.0, 900.0];
/// Room around what a picture is to show, pixels.
const AROUND: f32 = 24.0;
/// A QR code's modules are no smaller, pixels: smaller ones are not read off a screen.
const LEAST_MODULE: f32 = 1.4;

/// How a map stands on its sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As the page shows it.
    Screen,
    /// True to scale, at this one or the largest that shows what the view shows.
    Paper(Option<u32>),
}

/// What is to be laid out.
pub struct Plan<'a> {
    /// What is pictured.
    pub brief: &'a Brief<'a>,
    /// Pixels across.
    pub width: f32,
    /// Pixels from top to bottom.
    pub height: f32,
    /// How the map stands.
    pub standing: Standing,
    /// Whether it goes on a slide, which has title, sentences and address itself.
    pub is_slide: bool,
    /// The area asked about, and what is in it.
    pub asked: Option<(&'a Area, &'a Answer<'a>)>,
}

/// A sheet as it is painted.
pub struct Sheet {
    /// Its shapes and text.
    pub scene: Scene,
    /// What of the data is drawn.
    pub drawn: Drawn,
    /// The map on it.
    pub frame: MapFrame,
    /// The scale, where it is true: 1 to so many.
    pub scale: Option<u32>,
    /// Where the QR code of its address stands.
    pub code: Option<Rect>,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It can't be drawn so.
    Refused(model::Text),
    /// It took too long, or nobody waits.
    Interrupted,
    /// The machine failed, or the program was built without fonts.
    Failed(model::Text),
}

impl Failure {
    /// The reason.
    #[must_use]
    pub fn text(&self) -> model::Text {
        match self {
            Self::Refused(text) | Self::Failed(text) => text.clone(),
            Self::Interrupted => model::Text::new(
                "出图用时太长：请缩小范围或减少图层",
                "drawing takes too long: show a smaller part or fewer layers",
            ),
        }
    }
}

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Interrupted => Self::Interrupted,
            Refused::NoFonts(text) => Self::Failed(text),
            dense @ Refused::TooDense { .. } => Self::Refused(dense.text()),
        }
    }
}

/// Lays out a sheet, and draws its map.
///
/// # Errors
/// Where the map is too dense, lies where no plane is true to scale, or takes longer than `patience`.
pub fn sheet(plan: &Plan<'_>, patience: &Patience) -> Result<Sheet, Failure> {
    let fonts = Fonts::carried().map_err(Failure::Failed)?;
    let layout = Layout::of(plan);
    let (frame, scale) = standing(plan, layout.map)?;
    let mut scene = Scene::new(plan.width, plan.height);
    scene
        .items
        .push(Item::Fill(PathBuilder::from_rect(layout.whole), PAPER));
    let shown = Shown {
        snapshot: plan.brief.snapshot,
        view: plan.brief.view,
        area: plan.asked.map(|(area, _)| area),
        answer: plan.asked.map(|(_, answer)| answer),
        lang: plan.brief.lang(),
        base_map: plan.brief.base_map,
    };
    let drawn = map::draw(&mut scene, &frame, &shown, patience)?;
    let mut pen = Pen {
        items: &mut scene.items,
        fonts,
        unit: layout.unit,
    };
    pen.frame(layout.map);
    pen.north(layout.map, plan.brief.words("北", "N"));
    if let Some(title) = layout.title {
        pen.title(title, plan.brief);
    }
    pen.foot(&layout, plan.brief, &frame, (scale, drawn.ground));
    let mut code = None;
    if let Some(beside) = &layout.beside {
        let sections = legend(&drawn, plan.brief, frame.zoom());
        code = pen.beside(beside, plan, &sections);
    }
    Ok(Sheet {
        scene,
        drawn,
        frame,
        scale,
        code,
    })
}

/// The map in its place, and its scale where that is true.
fn standing(plan: &Plan<'_>, place: Rect) -> Result<(MapFrame, Option<u32>), Failure> {
    let view = plan.brief.view;
    let on_screen = if let Some(at) = view.at {
        let centre = Coord {
            x: at.lon,
            y: at.lat,
        };
        let [wide, high] = [place.width(), place.height()].map(f64::from);
        let share = |of: [f64; 2]| (wide / of[0]).min(high / of[1]);
        let enlarged = share(LEAST).min(1.0) * share(MOST).max(1.0);
        MapFrame::mercator(place, centre, at.zoom + enlarged.log2())
    } else {
        MapFrame::fitting(place, home(plan.brief), AROUND.min(place.width() / 8.0))
    };
    let Standing::Paper(asked) = plan.standing else {
        return Ok((on_screen, None));
    };
    let scale = asked.unwrap_or_else(|| {
        // What is seen on screen has to be seen on paper: a little more is.
        let least = on_screen.metres_a_pixel() / PIXEL_M * 0.995;
        let larger = |scale: &u32| f64::from(*scale) >= least;
        SCALES.into_iter().find(larger).unwrap_or_else(|| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a scale of the globe is below 2^32"
            )]
            let round = ((least / 10_000.0).ceil() * 10_000.0) as u32;
            round
        })
    });
    let metres = f64::from(scale) * PIXEL_M;
    let frame = MapFrame::plane(place, on_screen.centre(), metres).map_err(Failure::Refused)?;
    Ok((frame, Some(scale)))
}

/// What a view without a place shows: the whole district, or all data where its outline is not known.
fn home(brief: &Brief<'_>) -> Degrees<f64> {
    let snapshot = brief.snapshot;
    let outline = snapshot.district.feature.parse().ok();
    let outline =
        outline.and_then(|name| snapshot.feature(&name)?.geometry.as_ref()?.bounding_rect());
    let all =
        || crate::geometry::around(snapshot.collections().iter().filter_map(|one| one.bounds));
    let nowhere = Coord { x: 0.0, y: 0.0 };
    let bounds = outline.or_else(all);
    let bounds = bounds.unwrap_or_else(|| Degrees::new(nowhere, nowhere));
    // A single point has surroundings too.
    Frame::at(bounds.center()).grown(bounds, 50.0)
}

/// Where everything stands.
struct Layout {
    whole: Rect,
    /// By how much letters and gaps are larger than on a small sheet.
    unit: f32,
    title: Option<Rect>,
    map: Rect,
    /// Scale, credits and the number of approval.
    foot: Rect,
    /// Legend, sentences and address.
    beside: Option<Beside>,
    is_small: bool,
}

enum Beside {
    /// From top to bottom.
    Column(Rect),
    /// From left to right.
    Band(Rect),
}

/// A rectangle; one without extent where it would have none.
fn rect(left: f32, top: f32, right: f32, bottom: f32) -> Rect {
    Rect::from_ltrb(left, top, right.max(left), bottom.max(top))
        .or_else(|| Rect::from_xywh(0.0, 0.0, 0.0, 0.0))
        .expect("nothing is a rectangle")
}

impl Layout {
    fn of(plan: &Plan<'_>) -> Self {
        let (width, height) = (plan.width, plan.height);
        let whole = rect(0.0, 0.0, width, height);
        let is_wide = width >= 780.0 && height >= 420.0 && width >= 1.1 * height;
        let is_high = !is_wide && width >= 560.0 && height >= 640.0;
        if !is_wide && !is_high {
            return Self::small(plan, whole);
        }
        let long = width.max(height) / 1_200.0;
        let unit = long.min(width.min(height) / 675.0).clamp(1.0, 3.0);
        let margin = 18.0 * unit;
        let inner = rect(margin, margin, width - margin, height - margin);
        let head = if plan.is_slide { 0.0 } else { 62.0 * unit };
        let title = rect(inner.left(), inner.top(), inner.right(), inner.top() + head);
        let top = inner.top() + head;
        let foot = 66.0 * unit;
        let (map, beside) = if is_wide {
            let column = (0.235 * width).clamp(236.0 * unit, 320.0 * unit);
            let left = inner.right() - column;
            (
                rect(inner.left(), top, left - 18.0 * unit, inner.bottom() - foot),
                Beside::Column(rect(left, top, inner.right(), inner.bottom())),
            )
        } else {
            let band = (0.26 * height).max(210.0 * unit);
            let bottom = inner.bottom() - band;
            (
                rect(inner.left(), top, inner.right(), bottom - foot),
                Beside::Band(rect(inner.left(), bottom, inner.right(), inner.bottom())),
            )
        };
        Self {
            whole,
            unit,
            title: (!plan.is_slide).then_some(title),
            foot: rect(
                map.left(),
                map.bottom() + 6.0 * unit,
                map.right(),
                map.bottom() + foot,
            ),
            map,
            beside: Some(beside),
            is_small: false,
        }
    }

    fn small(plan: &Plan<'_>, whole: Rect) -> Self {
        let unit = (whole.width() / 420.0)
            .min(whole.height() / 320.0)
            .clamp(0.8, 1.6);
        let margin = 8.0 * unit;
        let inner = rect(
            margin,
            margin,
            whole.width() - margin,
            whole.height() - margin,
        );
        let head = if plan.is_slide { 0.0 } else { 38.0 * unit };
        let foot = 54.0 * unit;
        let top = inner.top() + head;
        let map = rect(inner.left(), top, inner.right(), inner.bottom() - foot);
        Self {
            whole,
            unit,
            title: (!plan.is_slide).then(|| rect(inner.left(), inner.top(), inner.right(), top)),
            foot: rect(
                map.left(),
                map.bottom() + 3.0 * unit,
                map.right(),
                inner.bottom(),
            ),
            map,
            beside: None,
            is_small: true,
        }
    }
}

/// How a text looks: its size in units.
#[derive(Clone, Copy)]
struct Look {
    weight: Weight,
    size: f32,
    colour: Colour,
}

const fn look(weight: Weight, size: f32, colour: Colour) -> Look {
    Look {
        weight,
        size,
        colour,
    }
}

const TITLE: Look = look(Weight::Bold, 24.0, INK);
const SUBTITLE: Look = look(Weight::Regular, 12.0, SOFT);
const SMALL_TITLE: Look = look(Weight::Bold, 15.0, INK);
const SMALL_SUBTITLE: Look = look(Weight::Regular, 10.5, SOFT);
const NOTE: Look = look(Weight::Regular, 11.5, SOFT);
const HEAD: Look = look(Weight::Bold, 13.0, INK);
const GROUP: Look = look(Weight::Medium, 10.5, SOFT);
const SIGN: Look = look(Weight::Regular, 11.5, INK);
const QUOTE: Look = look(Weight::Regular, 11.0, INK);
const FROM: Look = look(Weight::Regular, 9.5, SOFT);
const FOOT: Look = look(Weight::Regular, 10.0, SOFT);
const SCALE: Look = look(Weight::Regular, 10.0, INK);

/// From one line to the next, in sizes of the text.
const LEADING: f32 = 1.36;
/// The baseline below the top of a line.
const BASELINE: f32 = 1.02;

/// What draws the furniture.
struct Pen<'a> {
    items: &'a mut Vec<Item>,
    fonts: &'static Fonts,
    unit: f32,
}

impl Pen<'_> {
    fn size(&self, look: Look) -> f32 {
        look.size * self.unit
    }

    fn leading(&self, look: Look) -> f32 {
        self.size(look) * LEADING
    }

    fn length(&self, look: Look, words: &str) -> f32 {
        text::length(self.fonts, look.weight, words) * self.size(look)
    }

    /// Lines that are at most so wide; of more than `most` the last ends with an ellipsis.
    fn broken(&self, look: Look, words: &str, wide: f32, most: usize) -> Vec<String> {
        let ems = wide / self.size(look);
        text::broken(self.fonts, look.weight, words, ems, most)
    }

    /// One line whose top and left end are given.
    fn line(&mut self, look: Look, words: &str, left: f32, top: f32) {
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
    fn lines(&mut self, look: Look, lines: &[String], left: f32, top: f32) -> f32 {
        let mut y = top;
        for line in lines {
            self.line(look, line, left, y);
            y += self.leading(look);
        }
        y
    }

    fn rule(&mut self, path: Option<tiny_skia::Path>, colour: Colour, width: f32) {
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

    /// The neat line around the map.
    fn frame(&mut self, map: Rect) {
        self.rule(Some(PathBuilder::from_rect(map)), NEATLINE, 0.9 * self.unit);
    }

    /// An arrow to the north, over the map's upper right corner.
    fn north(&mut self, map: Rect, word: &str) {
        let unit = self.unit;
        let [wide, high] = [26.0 * unit, 42.0 * unit];
        if map.width() < 4.0 * wide || map.height() < 2.0 * high {
            return;
        }
        let [left, top] = [map.right() - wide - 8.0 * unit, map.top() + 8.0 * unit];
        let plate = rect(left, top, left + wide, top + high);
        self.items
            .push(Item::Fill(PathBuilder::from_rect(plate), PAPER.faded(0.86)));
        let look = look(Weight::Medium, 11.0, INK);
        let middle = left + wide / 2.0;
        let long = self.length(look, word);
        self.line(look, word, middle - long / 2.0, top + 2.0 * unit);
        let [point, foot] = [top + 16.5 * unit, top + 38.0 * unit];
        let half = |side: f32| {
            let mut path = PathBuilder::new();
            path.move_to(middle, point);
            path.line_to(middle + side * 7.0 * unit, foot);
            path.line_to(middle, foot - 5.0 * unit);
            path.close();
            path.finish()
        };
        self.items
            .extend(half(-1.0).map(|path| Item::Fill(path, INK)));
        self.rule(half(1.0), INK, 0.8 * unit);
    }

    fn title(&mut self, place: Rect, brief: &Brief<'_>) {
        let is_small = place.height() < 50.0 * self.unit;
        let (title, subtitle) = if is_small {
            (SMALL_TITLE, SMALL_SUBTITLE)
        } else {
            (TITLE, SUBTITLE)
        };
        let unit = self.unit;
        let mut left = place.left();
        let mut top = place.top();
        if !is_small {
            // The mark of the map, as its page has it.
            let bar = rect(left, top + 3.0 * unit, left + 4.0 * unit, top + 49.0 * unit);
            self.items
                .push(Item::Fill(PathBuilder::from_rect(bar), SEAL));
            left += 15.0 * unit;
            top -= 2.0 * unit;
        }
        let wide = place.right() - left;
        let name = self.broken(title, &brief.title(), wide, 1);
        let top = self.lines(title, &name, left, top);
        let below = self.broken(subtitle, &subtitle_of(brief), wide, 1);
        self.lines(subtitle, &below, left, top);
    }

    /// Scale, reference system, number of approval and credits, below the map.
    fn foot(
        &mut self,
        layout: &Layout,
        brief: &Brief<'_>,
        frame: &MapFrame,
        (scale, ground): (Option<u32>, Ground),
    ) {
        let (foot, unit) = (layout.foot, self.unit);
        let mut end = self.scale_bar(foot, brief, frame);
        let figure = scale_in_words(brief, frame, scale);
        let baseline = foot.top() + 9.0 * unit;
        let long = self.length(SCALE, &figure);
        if end + 18.0 * unit + long <= foot.right() {
            self.line(SCALE, &figure, end + 18.0 * unit, baseline);
            end += 18.0 * unit + long;
        }
        let mut right = foot.right();
        let (credit, sources) = brief.credits();
        let approved = brief.approved();
        let long = self.length(SCALE, &approved);
        let ground = brief.ground_credit(ground);
        let mut credits = vec![credit, &ground];
        if end + 16.0 * unit + long <= right {
            right -= long;
            self.line(SCALE, &approved, right, baseline);
        } else {
            credits.push(&approved);
        }
        credits.push(&sources);
        credits.retain(|part| !part.is_empty());
        let credits = credits.join(" · ");
        if let Some(crs) = frame.crs() {
            let system = format!("CGCS2000 {}", crs.short_name());
            let long = self.length(SCALE, &system);
            if end + 16.0 * unit + long <= right - 16.0 * unit {
                self.line(SCALE, &system, right - 16.0 * unit - long, baseline);
            }
        }
        let top = foot.top() + if layout.is_small { 23.0 } else { 27.0 } * unit;
        let room = ((foot.bottom() - top) / self.leading(FOOT)).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few lines"
        )]
        let lines = self.broken(FOOT, &credits, foot.width(), room.max(1.0) as usize);
        self.lines(FOOT, &lines, foot.left(), top);
    }

    /// A bar of a round length; how far it reaches.
    fn scale_bar(&mut self, foot: Rect, brief: &Brief<'_>, frame: &MapFrame) -> f32 {
        let unit = self.unit;
        let most = f64::from((150.0 * unit).min(foot.width() * 0.3));
        let length = round_length(most * frame.metres_a_pixel());
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a sheet")]
        let long = (length / frame.metres_a_pixel()) as f32;
        let [left, top, bottom] = [
            foot.left() + 4.0 * unit,
            foot.top() + 14.5 * unit,
            foot.top() + 18.5 * unit,
        ];
        let bar = rect(left, top, left + long, bottom);
        let first = rect(left, top, left + long / 2.0, bottom);
        self.items
            .push(Item::Fill(PathBuilder::from_rect(first), NEATLINE));
        self.rule(Some(PathBuilder::from_rect(bar)), NEATLINE, 0.8 * unit);
        let (number, name) = if length >= 1_000.0 {
            (length / 1_000.0, brief.words("公里", "km"))
        } else {
            (length, brief.words("米", "m"))
        };
        let end = format!("{number} {name}");
        let half = format!("{}", number / 2.0);
        let top = foot.top() - 1.5 * unit;
        let zero = self.length(SCALE, "0");
        self.line(SCALE, "0", left - zero / 2.0, top);
        let numeral = self.length(SCALE, &format!("{number}"));
        let end_left = left + long - numeral / 2.0;
        let wide = self.length(SCALE, &half);
        let half_left = left + long / 2.0 - wide / 2.0;
        let is_roomy =
            half_left > left + zero + 4.0 * unit && half_left + wide + 4.0 * unit < end_left;
        if is_roomy {
            self.line(SCALE, &half, half_left, top);
        }
        self.line(SCALE, &end, end_left, top);
        (end_left + self.length(SCALE, &end)).max(left + long)
    }

    /// Legend, sentences and address; where the QR code stands.
    fn beside(&mut self, beside: &Beside, plan: &Plan<'_>, sections: &[Section]) -> Option<Rect> {
        // A slide has them beside the picture.
        let quotes = if plan.is_slide {
            Vec::new()
        } else {
            plan.brief.quotes()
        };
        let unit = self.unit;
        match beside {
            Beside::Column(column) => {
                let mut column = *column;
                let code = self.address(&mut column, plan);
                let mut top = self.note(column, plan);
                let least = if quotes.is_empty() { 0.0 } else { 92.0 * unit };
                let room = rect(column.left(), top, column.right(), column.bottom() - least);
                top = self.legend(sections, &[room], plan.brief);
                let room = rect(
                    column.left(),
                    top + 8.0 * unit,
                    column.right(),
                    column.bottom(),
                );
                self.quotes(&quotes, room, plan.brief);
                code
            }
            Beside::Band(band) => {
                let gap = 20.0 * unit;
                let mut left = *band;
                // The address stands in the lower right corner.
                let share = (band.width() * 0.3).max(180.0 * unit);
                let mut corner = rect(
                    band.right() - share,
                    band.top(),
                    band.right(),
                    band.bottom(),
                );
                let code = self.address(&mut corner, plan);
                let is_quoted = !quotes.is_empty() || !plan.brief.note.is_empty();
                if is_quoted || code.is_some() {
                    left = rect(band.left(), band.top(), corner.left() - gap, band.bottom());
                }
                let wide = 190.0 * unit;
                let count = (left.width() / wide).floor().clamp(1.0, 4.0);
                let each = (left.width() - (count - 1.0) * gap) / count;
                let mut columns = Vec::new();
                let mut x = left.left();
                while columns.len() < 4 && x + each <= left.right() + 0.5 {
                    columns.push(rect(x, left.top(), x + each, left.bottom()));
                    x += each + gap;
                }
                self.legend(sections, &columns, plan.brief);
                let top = self.note(corner, plan);
                let room = rect(corner.left(), top, corner.right(), corner.bottom());
                self.quotes(&quotes, room, plan.brief);
                code
            }
        }
    }

    /// What the maker said of it; where that ends.
    fn note(&mut self, place: Rect, plan: &Plan<'_>) -> f32 {
        if plan.brief.note.is_empty() || plan.is_slide {
            return place.top();
        }
        let lines = self.broken(NOTE, plan.brief.note, place.width(), 4);
        self.lines(NOTE, &lines, place.left(), place.top()) + 10.0 * self.unit
    }

    /// The address and its QR code at the bottom of a column, which is so much shorter then.
    fn address(&mut self, column: &mut Rect, plan: &Plan<'_>) -> Option<Rect> {
        let address = plan.brief.link.filter(|_| !plan.is_slide)?;
        let unit = self.unit;
        let code = Code::of(address).ok()?;
        let modules = f32::from(code.modules());
        let side = (modules * 2.0).clamp(88.0 * unit, 150.0 * unit);
        if side / modules < LEAST_MODULE || side > column.width() * 0.7 {
            return None;
        }
        let place = rect(
            column.right() - side,
            column.bottom() - side,
            column.right(),
            column.bottom(),
        );
        code.draw(self.items, place);
        let wide = column.width() - side - 10.0 * unit;
        let words = plan
            .brief
            .words("扫码打开同一张图", "Scan for the live map");
        let head = self.broken(GROUP, words, wide, 2);
        let top = place.top() + 4.0 * unit;
        let top = self.lines(GROUP, &head, column.left(), top) + 2.0 * unit;
        let room = ((place.bottom() - top) / self.leading(FROM))
            .floor()
            .max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few lines"
        )]
        let lines = self.broken(FROM, address, wide, room as usize);
        self.lines(FROM, &lines, column.left(), top);
        let mut above = PathBuilder::new();
        let y = place.top() - 8.0 * unit;
        above.move_to(column.left(), y);
        above.line_to(column.right(), y);
        self.rule(above.finish(), RULE, 0.8 * unit);
        *column = rect(column.left(), column.top(), column.right(), y - 8.0 * unit);
        Some(place)
    }

    /// The legend, from column to column; where it ends in the last that it needs.
    fn legend(&mut self, sections: &[Section], columns: &[Rect], brief: &Brief<'_>) -> f32 {
        let wide = columns.first().map_or(0.0, Rect::width);
        let tries = [1.0, 0.9, 0.8].map(|share| {
            let rows = self.rows(sections, wide, share, brief);
            (share, rows)
        });
        let fits = |rows: &[Row<'_>]| placed(rows, columns).len() == rows.len();
        let fitting = tries.iter().find(|(_, rows)| fits(rows));
        let (share, rows) = fitting.unwrap_or(&tries[2]);
        let places = placed(rows, columns);
        let mut end = columns.first().map_or(0.0, Rect::top);
        for (row, (left, top)) in rows.iter().zip(&places) {
            self.row(row, *left, *top, wide, *share);
            end = top + row.high;
        }
        end
    }

    /// The legend's rows, at a share of their full size.
    fn rows<'s>(
        &self,
        sections: &'s [Section],
        wide: f32,
        share: f32,
        brief: &Brief<'_>,
    ) -> Vec<Row<'s>> {
        let unit = self.unit * share;
        let scaled = |look: Look| Look {
            size: look.size * share,
            ..look
        };
        let mut rows = vec![Row {
            high: 22.0 * unit,
            what: What::Head(brief.words("图例", "Legend").to_owned()),
        }];
        for section in sections {
            if sections.len() > 1 {
                rows.push(Row {
                    high: 18.0 * unit,
                    what: What::Group(&section.title),
                });
            }
            let words = 36.0 * unit;
            let half = wide / 2.0;
            let is_short = |entry: &Entry| {
                self.length(scaled(SIGN), &entry.words) <= half - words - 4.0 * unit
            };
            let mut entries = section.entries.iter().peekable();
            while let Some(entry) = entries.next() {
                let pair = entries.next_if(|next| is_short(entry) && is_short(next));
                let signs = std::iter::once(entry).chain(pair);
                let signs: Vec<(&Entry, Vec<String>)> = signs
                    .map(|entry| {
                        let room = if pair.is_some() { half } else { wide };
                        let lines = self.broken(scaled(SIGN), &entry.words, room - words, 2);
                        (entry, lines)
                    })
                    .collect();
                let lines = signs.iter().map(|(_, lines)| lines.len()).max();
                let more = if lines > Some(1) { 15.0 * unit } else { 0.0 };
                rows.push(Row {
                    high: 19.0 * unit + more,
                    what: What::Signs(signs),
                });
            }
        }
        rows
    }

    fn row(&mut self, row: &Row<'_>, left: f32, top: f32, wide: f32, share: f32) {
        let unit = self.unit * share;
        let scaled = |look: Look| Look {
            size: look.size * share,
            ..look
        };
        match &row.what {
            What::Head(words) => self.line(scaled(HEAD), words, left, top),
            What::Group(words) => self.line(scaled(GROUP), words, left, top + 2.0 * unit),
            What::Signs(signs) => {
                for (at, (entry, lines)) in signs.iter().enumerate() {
                    let left = if at == 0 { left } else { left + wide / 2.0 };
                    let sign = rect(
                        left,
                        top + 1.5 * unit,
                        left + 28.0 * unit,
                        top + 17.0 * unit,
                    );
                    entry.draw(self.items, sign, self.fonts);
                    self.lines(scaled(SIGN), lines, left + 36.0 * unit, top + 1.0 * unit);
                }
            }
        }
    }

    /// As many sentences as there is room for, each with where it stands.
    fn quotes(&mut self, quotes: &[Quote], room: Rect, brief: &Brief<'_>) {
        let (unit, wide) = (self.unit, room.width());
        let high = self.leading(HEAD) + self.leading(QUOTE) + self.leading(FROM);
        if quotes.is_empty() || room.height() < high {
            return;
        }
        let heads = [brief.words("原文依据", "What documents say").to_owned()];
        let mut top = self.lines(HEAD, &heads, room.left(), room.top()) + 2.0 * unit;
        // Room for the words that there are more.
        let last = self.leading(FROM);
        for (at, quote) in quotes.iter().enumerate() {
            let is_last = at + 1 == quotes.len();
            let end = room.bottom() - if is_last { 0.0 } else { last };
            let free = (end - top - self.leading(FROM)) / self.leading(QUOTE);
            let sentence = format!("“{}”", quote.sentence);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few lines"
            )]
            let most = free.clamp(0.0, if at == 0 { 12.0 } else { 6.0 }) as usize;
            let lines = if most == 0 {
                Vec::new()
            } else {
                self.broken(QUOTE, &sentence, wide, most)
            };
            // A sentence that would be cut short after others waits for more room elsewhere.
            let is_cut = lines.last().is_some_and(|line| line.ends_with('…'));
            if lines.is_empty() || (is_cut && at > 0) {
                let more = quotes.len() - at;
                let words = match brief.lang() {
                    Lang::Zh => format!("…另有 {more} 条"),
                    Lang::En => format!("… and {more} more"),
                };
                self.line(FROM, &words, room.left(), top);
                return;
            }
            top = self.lines(QUOTE, &lines, room.left(), top);
            let from = [&*quote.document, &*quote.section];
            let from: Vec<&str> = from.into_iter().filter(|part| !part.is_empty()).collect();
            let from = format!("—— {}", from.join(" › "));
            let lines = ((end - top) / self.leading(FROM)).clamp(1.0, 2.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "one line or two"
            )]
            let from = self.broken(FROM, &from, wide, lines as usize);
            top = self.lines(FROM, &from, room.left(), top) + 5.0 * unit;
        }
    }
}

/// A row of the legend.
struct Row<'a> {
    high: f32,
    what: What<'a>,
}

enum What<'a> {
    Head(String),
    Group(&'a str),
    Signs(Vec<(&'a Entry, Vec<String>)>),
}

/// Where rows stand that fill one column after the other; of those for which there is no room, none.
/// The name of a group is not left alone at the end of a column.
fn placed(rows: &[Row<'_>], columns: &[Rect]) -> Vec<(f32, f32)> {
    let mut places = Vec::new();
    let mut columns = columns.iter();
    let Some(mut column) = columns.next() else {
        return places;
    };
    let mut top = column.top();
    for (at, row) in rows.iter().enumerate() {
        let needed = match row.what {
            What::Signs(_) => row.high,
            _ => row.high + rows.get(at + 1).map_or(0.0, |next| next.high),
        };
        if top + needed > column.bottom() {
            let Some(next) = columns.next() else {
                return places;
            };
            column = next;
            top = column.top();
        }
        places.push((column.left(), top));
        top += row.high;
    }
    places
}

/// The line below the title: whose map it is, and of when.
fn subtitle_of(brief: &Brief<'_>) -> String {
    let data = brief.data();
    if brief.title().contains(brief.map_name()) {
        data
    } else {
        format!("{} · {data}", brief.map_name())
    }
}

/// 1 to how many: exactly on paper, about and in the middle on a screen.
fn scale_in_words(brief: &Brief<'_>, frame: &MapFrame, scale: Option<u32>) -> String {
    if let Some(scale) = scale {
        return format!("1:{}", grouped(f64::from(scale)));
    }
    let about = frame.metres_a_pixel() / PIXEL_M;
    let digit = 10_f64.powf(about.log10().floor() - 1.0);
    let about = grouped((about / digit).round() * digit);
    match brief.lang() {
        Lang::Zh => format!("约 1:{about}（中心）"),
        Lang::En => format!("about 1:{about} (centre)"),
    }
}

/// A whole number with thousands apart.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The largest of 1, 2 and 5 times a power of ten that is no longer.
fn round_length(most: f64) -> f64 {
    let power = 10_f64.powf(most.log10().floor());
    let times = [5.0, 2.0].into_iter().find(|times| times * power <= most);
    times.unwrap_or(1.0) * power
}
