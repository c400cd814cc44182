//! Which part of the ground a sheet shows, and at which scale.

use geo::{BoundingRect, Coord, Rect as Degrees};
use tiny_skia::Rect;

use super::{
    super::{
        brief::Brief,
        frame::{MapFrame, Unplaced},
    },
    Failure, Plan, Standing,
    furniture::grouped,
    layout::Layout,
};
use crate::{geometry::frame::Frame, model};

/// Metres of a CSS pixel on paper: 96 to the inch.
pub(super) const PIXEL_M: f64 = 0.0254 / 96.0;
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

/// The rectangle of what a sheet's map shows on a screen, degrees.
#[must_use]
pub fn window(plan: &Plan<'_>) -> Degrees<f64> {
    on_screen(plan, Layout::of(plan).map).window()
}

/// The map in its place as the page shows it.
fn on_screen(plan: &Plan<'_>, place: Rect) -> MapFrame {
    let Some(at) = plan.brief.view.at else {
        return MapFrame::fitting(place, home(plan.brief), AROUND.min(place.width() / 8.0));
    };
    let centre = Coord {
        x: at.lon,
        y: at.lat,
    };
    let [wide, high] = [place.width(), place.height()].map(f64::from);
    let share = |of: [f64; 2]| (wide / of[0]).min(high / of[1]);
    let enlarged = share(LEAST).min(1.0) * share(MOST).max(1.0);
    MapFrame::mercator(place, centre, at.zoom + enlarged.log2())
}

/// The map in its place, and its scale where that is true.
pub(super) fn standing(plan: &Plan<'_>, place: Rect) -> Result<(MapFrame, Option<u32>), Failure> {
    let on_screen = on_screen(plan, place);
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
    let frame = MapFrame::plane(place, on_screen.centre(), metres);
    let frame = frame.map_err(|unplaced| Failure::Refused(why_unplaced(unplaced, scale)))?;
    Ok((frame, Some(scale)))
}

/// Why there is no map true to scale.
fn why_unplaced(unplaced: Unplaced, scale: u32) -> model::Text {
    let most = match unplaced {
        Unplaced::Outside(text) => return text,
        Unplaced::TooWide { most } => most / PIXEL_M,
    };
    // As far as it surely goes, in two digits.
    let digit = 10_f64.powf(most.log10().floor() - 1.0);
    let (scale, most) = (
        grouped(f64::from(scale)),
        grouped((most / digit).floor() * digit),
    );
    model::Text::new(
        format!(
            "按 1:{scale} 出图，图幅伸到三度带的平面之外，长度不再准确；此处最小到 1:{most}：请放大，或改用图片"
        ),
        format!(
            "at 1:{scale} the map reaches beyond the plane in which lengths are true; down to 1:{most} it does not: zoom in, or take an image"
        ),
    )
}

/// What a view without a place shows: the whole district, or all data where its outline is not known.
fn home(brief: &Brief<'_>) -> Degrees<f64> {
    let snapshot = brief.snapshot;
    let outline = snapshot.district.feature.parse().ok();
    let outline =
        outline.and_then(|name| snapshot.feature(&name)?.geometry.as_ref()?.bounding_rect());
    let all =
        || crate::geometry::around(snapshot.collections().iter().filter_map(|one| one.bounds()));
    let nowhere = Coord { x: 0.0, y: 0.0 };
    let bounds = outline.or_else(all);
    let bounds = bounds.unwrap_or_else(|| Degrees::new(nowhere, nowhere));
    // A single point has surroundings too.
    Frame::at(bounds.center()).grown(bounds, 50.0)
}
