//! A view as a file: image, PDF, slide, or all of them with what they rest on.

use std::cell::Cell;

use geo::{Geometry, Rect};

use super::{
    brief::Brief,
    fonts::Fonts,
    ground::Ground,
    map::Drawn,
    pack,
    pdf::{About, pdf},
    png::png,
    pptx::{self, Figure, Link, Slide, pptx},
    qr::Code,
    scene::{Scene, Unpainted},
    sheet::{self, Failure, Plan, Sheet, Standing, sheet},
};
use crate::{
    area::Patience,
    geometry::measure,
    model::Text,
    report::{Lang, Refusal, Report},
    share,
};

/// Pixels of a picture from side to side: below there is no room for what every map has.
pub const WIDTH: (u16, u16) = (240, 4_096);
/// Pixels of a picture from top to bottom.
pub const HEIGHT: (u16, u16) = (180, 4_096);
/// Pixels of the file for one of the picture.
pub const RATIO: (f32, f32) = (1.0, 3.0);
/// Pixels of a file at most.
pub const MAX_PIXELS: f64 = 40e6;
/// Scales of a map on paper: 1 to at least and at most so many.
pub const SCALE: (u32, u32) = (100, 10_000_000);

/// Pixels of the picture that chat programs show.
pub const PREVIEW: [u16; 2] = [1_200, 630];

/// Millimetres of a CSS pixel.
const PIXEL_MM: f32 = 25.4 / 96.0;
/// The picture of a slide, pixels across; the proportions are the slide's.
const SLIDE_PIXELS: u16 = 1_120;
/// Pixels of a slide's picture and QR code for one of the scene.
const SLIDE_RATIO: f32 = 2.0;

/// The size of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    width: u16,
    height: u16,
    ratio: f32,
}

impl Size {
    /// What is pictured where nobody asks for another size: a slide.
    pub const SLIDE: Self = Self {
        width: 1_600,
        height: 900,
        ratio: 1.0,
    };
    /// What chat programs show of a link.
    pub const PREVIEW: Self = Self {
        width: PREVIEW[0],
        height: PREVIEW[1],
        ratio: 1.0,
    };

    /// A size in CSS pixels, with so many pixels of the file for each.
    ///
    /// # Errors
    /// What would be right where it is out of bounds; the second where each is in them, and all
    /// together make too large a file.
    pub fn new(width: u32, height: u32, ratio: f32) -> Result<Self, SizeError> {
        let within = |side: u32, (least, most): (u16, u16)| {
            let side = u16::try_from(side).ok();
            side.filter(|side| (least..=most).contains(side))
        };
        let sides = within(width, WIDTH).zip(within(height, HEIGHT));
        let is_ratio = (RATIO.0..=RATIO.1).contains(&ratio);
        let Some((width, height)) = sides.filter(|_| is_ratio) else {
            let ((w0, w1), (h0, h1), (r0, r1)) = (WIDTH, HEIGHT, RATIO);
            return Err(SizeError::OutOfBounds(Text::new(
                format!(
                    "图片宽 {w0} 到 {w1}、高 {h0} 到 {h1} 像素，ratio 为 {r0} 到 {r1}；所给为 {width}×{height}，ratio {ratio}"
                ),
                format!(
                    "a picture is {w0} to {w1} pixels wide and {h0} to {h1} high, at a ratio of {r0} to {r1}; asked for were {width}×{height} at {ratio}"
                ),
            )));
        };
        let size = Self {
            width,
            height,
            ratio,
        };
        if size.pixels() > MAX_PIXELS {
            let [asked, most] = [size.pixels(), MAX_PIXELS].map(|pixels| pixels / 1e6);
            return Err(SizeError::TooLarge(Text::new(
                format!("图片共 {asked:.1} 百万像素，最多 {most:.0} 百万：请减小宽、高或 ratio"),
                format!(
                    "the picture has {asked:.1} million pixels, {most:.0} million at most are drawn: take a smaller width, height or ratio"
                ),
            )));
        }
        Ok(size)
    }

    /// Pixels of the file.
    fn pixels(self) -> f64 {
        f64::from(self.width) * f64::from(self.height) * f64::from(self.ratio).powi(2)
    }

    /// Width and height of the sheet, CSS pixels.
    fn sides(self) -> (f32, f32) {
        (f32::from(self.width), f32::from(self.height))
    }
}

/// Why a size is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SizeError {
    /// One of its numbers can't be.
    OutOfBounds(Text),
    /// The file would be too large.
    TooLarge(Text),
}

/// A size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 297 × 420 mm.
    A3,
}

/// How a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// The long side below.
    #[default]
    Landscape,
    /// The short side below.
    Portrait,
}

/// A page to be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    /// Its size.
    pub paper: Paper,
    /// How it lies.
    pub orientation: Orientation,
    /// 1 to so many; `None`: the largest usual one that shows what the view shows.
    pub scale: Option<u32>,
}

impl Page {
    /// Width and height, CSS pixels.
    fn pixels(self) -> (f32, f32) {
        let (short, long) = match self.paper {
            Paper::A4 => (210.0, 297.0),
            Paper::A3 => (297.0, 420.0),
        };
        let (width, height) = match self.orientation {
            Orientation::Landscape => (long, short),
            Orientation::Portrait => (short, long),
        };
        (width / PIXEL_MM, height / PIXEL_MM)
    }
}

/// The sorts of files that a view becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An image.
    Png,
    /// A page.
    Pdf,
    /// A slide.
    Pptx,
    /// The QR code of its address.
    Qr,
    /// All of them in one archive.
    Pack,
}

impl Kind {
    /// How their names end.
    pub const ENDINGS: [(&'static str, Self); 5] = [
        (".png", Self::Png),
        (".pdf", Self::Pdf),
        (".pptx", Self::Pptx),
        (".qr.svg", Self::Qr),
        (".zip", Self::Pack),
    ];

    /// The name of a file without its ending, and its kind, where it ends so.
    #[must_use]
    pub fn split(file: &str) -> Option<(&str, Self)> {
        let mut endings = Self::ENDINGS.into_iter();
        endings.find_map(|(ending, kind)| Some((file.strip_suffix(ending)?, kind)))
    }
}

/// What sort of file a view becomes, and how large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// An image.
    Png(Size),
    /// A page at a true scale.
    Pdf(Page),
    /// One slide.
    Pptx,
    /// All of these with what they rest on, in one archive.
    Pack,
}

impl Form {
    /// Pixels that are held at once while it is made.
    #[must_use]
    pub fn pixels(self) -> f64 {
        match self {
            Self::Png(size) => size.pixels(),
            Self::Pdf(_) => 0.0,
            Self::Pptx | Self::Pack => slide_picture().pixels().max(Size::SLIDE.pixels()),
        }
    }
}

/// A view as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub bytes: Vec<u8>,
    /// What became of the operator's base map.
    pub ground: Ground,
}

/// A view as a file. The same view of the same data, on the same base map, gives the same bytes.
///
/// An area that the view asks about and that can't be asked is left out, as on the page, and so are
/// sentences that make no polygon; the picture says so.
///
/// # Errors
/// Where it can't be drawn so, or takes longer than `patience`.
pub fn picture(brief: &Brief<'_>, form: Form, patience: &Patience) -> Result<Picture, Failure> {
    Fonts::carried().map_err(Failure::Failed)?;
    let (view, snapshot) = (brief.view, brief.snapshot);
    let mut missing = brief.missing.to_vec();
    missing.extend(share::unresolved(view, snapshot, patience)?);
    let question = brief.question();
    let answered = question.as_ref().map(|question| {
        if question.collections.is_empty() {
            return Err(Refusal::Missing(Text::new(
                "要查询的集合都不存在，或不对您开放",
                "none of the collections to be searched exists, or is for you to see",
            )));
        }
        Report::new(snapshot, question, patience.clone())
    });
    let mut shown = view.clone();
    let report = match answered.transpose() {
        Ok(report) => report,
        Err(Refusal::Failed(text)) => return Err(Failure::Failed(text)),
        Err(refusal) => {
            patience.check()?;
            missing.push(share::no_area(refusal.text()));
            shown.area = None;
            None
        }
    };
    let studio = Studio {
        brief: &Brief {
            view: &shown,
            missing: &missing,
            ..*brief
        },
        state: format!("?{}", view.to_query()),
        report: report.as_ref(),
        patience,
        ground: Cell::default(),
    };
    let bytes = match form {
        Form::Png(size) => studio.image(size),
        Form::Pdf(page) => studio.page(page),
        Form::Pptx => studio.slide(),
        Form::Pack => pack::pack(&studio),
    }?;
    Ok(Picture {
        bytes,
        ground: studio.ground.get(),
    })
}

/// The rectangle that an image of a view shows, degrees.
#[must_use]
pub fn window(brief: &Brief<'_>, size: Size) -> Rect<f64> {
    let plan = Plan {
        brief,
        width: f32::from(size.width),
        height: f32::from(size.height),
        standing: Standing::Screen,
        is_slide: false,
        asked: None,
    };
    sheet::window(&plan)
}

/// What the files of one view are made of.
pub(super) struct Studio<'a> {
    pub brief: &'a Brief<'a>,
    /// The view as it is asked for, with what of it can't be shown.
    pub state: String,
    pub report: Option<&'a Report<'a>>,
    pub patience: &'a Patience,
    /// What became of the base map where it fared worst.
    pub ground: Cell<Ground>,
}

impl Studio<'_> {
    fn plan(&self, (width, height): (f32, f32), standing: Standing, is_slide: bool) -> Plan<'_> {
        Plan {
            brief: self.brief,
            width,
            height,
            standing,
            is_slide,
            asked: self.report.map(|report| (report.area(), report.answer())),
        }
    }

    fn sheet(&self, plan: &Plan<'_>) -> Result<Sheet, Failure> {
        let sheet = sheet(plan, self.patience)?;
        self.ground.set(self.ground.get().max(sheet.drawn.ground));
        Ok(sheet)
    }

    pub fn image(&self, size: Size) -> Result<Vec<u8>, Failure> {
        let sheet = self.sheet(&self.plan(size.sides(), Standing::Screen, false))?;
        self.patience.check()?;
        Ok(png(&sheet.scene, size.ratio, self.patience)?)
    }

    pub fn page(&self, page: Page) -> Result<Vec<u8>, Failure> {
        let plan = self.plan(page.pixels(), Standing::Paper(page.scale), false);
        let sheet = self.sheet(&plan)?;
        self.patience.check()?;
        let mut scenes = vec![sheet.scene];
        if !sheet.is_quoted {
            scenes.extend(sheet::pages(&plan, self.patience)?);
        }
        let link = self.brief.link.map(str::to_owned);
        let about = About {
            title: self.brief.title(),
            language: self.brief.words("zh-CN", "en"),
            time: self.brief.time,
            id: format!(
                "{} {} {}",
                self.brief.snapshot.fingerprint, self.state, self.brief.title
            ),
            link: sheet.link.zip(link),
        };
        Ok(pdf(&scenes, &about, self.patience)?)
    }

    pub fn slide(&self) -> Result<Vec<u8>, Failure> {
        let size = slide_picture();
        let sheet = self.sheet(&self.plan(size.sides(), Standing::Screen, true))?;
        let picture = png(&sheet.scene, size.ratio, self.patience)?;
        let brief = self.brief;
        let lang = brief.lang();
        let (figures, table, remarks) = match self.report {
            Some(report) => asked(report, brief),
            None => shown(&sheet.drawn, brief),
        };
        let quotes = brief.quotes().into_iter();
        let quotes = quotes.map(|quote| format!("“{}” —— {}", quote.sentence, quote.from()));
        let (credit, sources) = brief.credits();
        let ground = brief.ground_credit(sheet.drawn.ground);
        let note = Some(brief.note.to_owned()).filter(|note| !note.is_empty());
        let link = brief.link.map(|address| {
            Ok::<_, Unpainted>(Link {
                address: address.to_owned(),
                code: self.code_of(address)?,
            })
        });
        let slide = Slide {
            title: brief.title(),
            subtitle: format!("{} · {}", brief.map_name(), brief.data()),
            picture,
            description: format!("{}，{}", brief.title(), brief.data()),
            figures,
            table,
            lacking: brief.lacking(),
            sources: note.into_iter().chain(remarks).chain(quotes).collect(),
            foot: joined(&[&brief.approved(), credit, &ground, &sources]),
            link: link.transpose()?,
            lang,
            time: brief.time,
        };
        pptx(&slide).map_err(Failure::Failed)
    }

    /// The QR code of an address as PNG; `None` where that is too long for one.
    fn code_of(&self, address: &str) -> Result<Option<Vec<u8>>, Unpainted> {
        let Ok(code) = Code::of(address) else {
            return Ok(None);
        };
        let side = f32::from(code.modules()) * 4.0;
        let mut scene = Scene::new(side, side);
        let place = tiny_skia::Rect::from_xywh(0.0, 0.0, side, side);
        if let Some(place) = place {
            code.draw(&mut scene.items, place);
        }
        png(&scene, SLIDE_RATIO, self.patience).map(Some)
    }
}

/// The picture of a slide.
fn slide_picture() -> Size {
    let (wide, high) = pptx::PICTURE;
    let high = (u64::from(SLIDE_PIXELS) * u64::from(high)).div_ceil(u64::from(wide));
    Size {
        width: SLIDE_PIXELS,
        height: u16::try_from(high).unwrap_or(SLIDE_PIXELS),
        ratio: SLIDE_RATIO,
    }
}

/// What of these there is, on one line.
fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" · ")
}

type Told = (Vec<Figure>, Vec<Vec<String>>, Vec<String>);

/// What an area query tells: the same sums as its answer.
fn asked(report: &Report<'_>, brief: &Brief<'_>) -> Told {
    let lang = brief.lang();
    let totals = &report.answer().totals;
    let figure = |count: usize, zh: &str, en: &str| Figure {
        number: count.to_string(),
        of: lang.pick(zh, en).to_owned(),
    };
    let figures = vec![
        figure(totals.count, "范围内要素", "features inside"),
        figure(totals.certain, "确定在内", "certainly"),
        figure(totals.possible, "可能在内", "possibly"),
    ];
    let heads = [
        ("集合", "Collection"),
        ("要素", "Features"),
        ("确定", "Certain"),
        ("可能", "Possible"),
        ("覆盖公顷", "Hectares"),
    ];
    let hectares =
        |covered: Option<f64>| covered.map_or(String::new(), |m2| format!("{:.1}", m2 / 10_000.0));
    let mut table: Vec<Vec<String>> =
        vec![heads.map(|(zh, en)| lang.pick(zh, en).to_owned()).to_vec()];
    for answer in &report.answer().collections {
        let info = &answer.collection.info;
        let totals = &answer.totals;
        table.push(vec![
            lang.pick(&info.title, &info.title_en).to_owned(),
            totals.count.to_string(),
            totals.certain.to_string(),
            totals.possible.to_string(),
            hectares(totals.covered_m2),
        ]);
    }
    if report.answer().collections.len() > 1 {
        table.push(vec![
            lang.pick("全部", "All").to_owned(),
            totals.count.to_string(),
            totals.certain.to_string(),
            totals.possible.to_string(),
            hectares(totals.covered_m2),
        ]);
    }
    let area = measure::area_m2(&Geometry::MultiPolygon(report.area().polygons().clone()));
    let hectares = area / 10_000.0;
    let off = accuracy(report.area().accuracy_m);
    let mut remarks = vec![match (lang, off) {
        (Lang::Zh, None) => format!("范围面积 {hectares:.1} 公顷"),
        (Lang::En, None) => format!("The area has {hectares:.1} ha"),
        (Lang::Zh, Some(off)) => format!("范围面积 {hectares:.1} 公顷，界线 ±{off} 米"),
        (Lang::En, Some(off)) => format!("The area has {hectares:.1} ha, its outline is ±{off} m"),
    }];
    let (near, nowhere) = (totals.borderline, totals.unlocated);
    if near + nowhere > 0 {
        remarks.push(match lang {
            Lang::Zh => format!("另有边界附近 {near} 个、未定位 {nowhere} 个，不计入合计"),
            Lang::En => format!("{near} near the boundary and {nowhere} not located are in no sum"),
        });
    }
    (figures, table, remarks)
}

/// How far off an outline may be, metres, as the page writes it; `None` where it is exact.
fn accuracy(metres: f64) -> Option<String> {
    let decimals = if metres < 1.0 { 2 } else { 0 };
    (metres > 0.0).then(|| format!("{metres:.decimals$}"))
}

/// What is on the map: how many of each collection, and how far they have come.
fn shown(drawn: &Drawn, brief: &Brief<'_>) -> Told {
    let lang = brief.lang();
    let mut table = vec![vec![
        lang.pick("图中", "On the map").to_owned(),
        lang.pick("要素", "Features").to_owned(),
    ]];
    let mut all = 0;
    for (collection, is_base) in share::shown(brief.view, brief.snapshot) {
        if is_base {
            continue;
        }
        let info = &collection.info;
        let count = drawn.counts.get(&info.id).copied().unwrap_or_default();
        all += count;
        table.push(vec![
            lang.pick(&info.title, &info.title_en).to_owned(),
            count.to_string(),
        ]);
    }
    for (status, count) in &drawn.by_status {
        let word = lang.status(Some(*status));
        let row = match lang {
            Lang::Zh => format!("其中：{word}"),
            Lang::En => format!("of these: {word}"),
        };
        table.push(vec![row, count.to_string()]);
    }
    let figures = vec![Figure {
        number: all.to_string(),
        of: lang.pick("图中要素", "features on the map").to_owned(),
    }];
    (figures, table, Vec::new())
}
