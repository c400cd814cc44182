//! A map with what stands around it: title, legend, scale, north, sources, and the way back to it.
//!
//! A wide sheet has a column beside the map, a high one a band below it; a small picture keeps what no
//! map may be without, and a legend where there is room. Sentences that have no room beside a map have
//! pages of their own.

mod beside;
mod columns;
mod furniture;
mod layout;
mod pen;
mod quoted;
mod standing;

use tiny_skia::{PathBuilder, Rect};

use self::{
    beside::Stands,
    layout::Layout,
    pen::{PAPER, Pen},
    standing::standing,
};
pub use self::{
    quoted::pages,
    standing::{SCALES, window},
};
use super::{
    brief::Brief,
    fonts::Fonts,
    frame::MapFrame,
    legend::legend,
    map::{self, Drawn, Refused, Shown},
    scene::{Item, Scene, Unpainted},
};
use crate::{
    area::{Answer, Area, Interrupted, Patience},
    model,
};

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
    /// Whether all sentences of what it is about stand on it whole.
    pub is_quoted: bool,
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

impl From<Unpainted> for Failure {
    fn from(unpainted: Unpainted) -> Self {
        match unpainted {
            Unpainted::Interrupted => Self::Interrupted,
            Unpainted::Failed(text) => Self::Failed(text),
        }
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
        base_map: plan.brief.base_map,
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
        pen.title(title, plan.brief, layout.is_small);
    }
    pen.foot(&layout, plan, &frame, (scale, drawn.ground));
    let mut stands = Stands::default();
    if let Some(beside) = &layout.beside {
        let sections = legend(&drawn, plan.brief, frame.zoom());
        stands = pen.beside(beside, plan, &sections);
    }
    Ok(Sheet {
        scene,
        drawn,
        frame,
        link: stands.link,
        is_quoted: stands.is_quoted,
    })
}
