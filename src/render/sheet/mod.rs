//! A map with what stands around it: title, legend, scale, north, sources, and the way back to it.
//!
//! A wide sheet has a column beside the map, a high one a band below it; a small picture keeps what no
//! map may be without.

mod beside;
mod columns;
mod furniture;
mod layout;
mod pen;

use geo::{BoundingRect, Coord, Rect as Degrees};
use tiny_skia::{PathBuilder, Rect};

use self::{
    layout::Layout,
    pen::{PAPER, Pen},
};
use super::{
    brief::Brief,
    fonts::Fonts,
    frame::MapFrame,
    legend::legend,
    map::{self, Drawn, Refused, Shown},
    scene::{Item, Scene},
};
use crate::{
    area::{Answer, Area, Interrupted, Patience},
    geometry::frame::Frame,
    model,
};

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
    /// Where its address stands.
    pub link: Option<Rect>,
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
            Refused::TooDense(dense) => Self::Refused(dense.text()),
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
        covered: layout.north(),
    };
    let drawn = map::draw(&mut scene, &frame, &shown, patience)?;
    let mut pen = Pen {
        items: &mut scene.items,
        fonts,
        unit: layout.unit,
    };
    pen.frame(layout.map);
    if let Some(plate) = layout.north() {
        pen.north(plate, plan.brief.words("北", "N"));
    }
    if let Some(title) = layout.title {
        pen.title(title, plan.brief);
    }
    pen.foot(&layout, plan.brief, &frame, scale);
    let mut link = None;
    if let Some(beside) = &layout.beside {
        let sections = legend(&drawn, plan.brief, frame.zoom());
        link = pen.beside(beside, plan, &sections);
    }
    Ok(Sheet {
        scene,
        drawn,
        frame,
        link,
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
