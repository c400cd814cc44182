//! Where the map and all around it stand on a sheet.

use tiny_skia::Rect;

use super::{
    Plan,
    furniture::{Below, title_lines},
    pen::{FOOT, LEADING, SMALL_SUBTITLE, rect},
};
use crate::render::{fonts::Fonts, ground::Ground};

/// From the top of the foot to the credits below the scale, in units.
const SCALE_HIGH: f32 = 27.0;
const SMALL_SCALE_HIGH: f32 = 23.0;
/// The height of a title on one line and the line below it, in units.
const SMALL_HEAD: f32 = 38.0;
/// Lines of credits for which there is always room.
const LINES: usize = 2;
/// Of a small picture's height title and the line below it have at most this share.
const MOST_HEAD: f32 = 0.24;
/// Of a small picture's height the map has at least this share.
const LEAST_MAP: f32 = 0.36;

/// Where everything stands.
pub(super) struct Layout {
    pub whole: Rect,
    /// By how much letters and gaps are larger than on a small sheet.
    pub unit: f32,
    pub title: Option<Rect>,
    pub map: Rect,
    /// Scale, credits and the number of approval.
    pub foot: Rect,
    /// Legend, sentences and address.
    pub beside: Option<Beside>,
    pub is_small: bool,
}

pub(super) enum Beside {
    /// From top to bottom.
    Column(Rect),
    /// From left to right.
    Band(Rect),
    /// There is room for a legend alone.
    Legend(Rect),
}

impl Beside {
    /// What a strip has room for; `None` where that is not even a legend. Lengths in units decide, for
    /// letters have a size.
    fn within(strip: Rect, unit: f32) -> Option<Self> {
        let [wide, high] = [strip.width() / unit, strip.height() / unit];
        if wide >= 520.0 && high >= 170.0 {
            Some(Self::Band(strip))
        } else if wide >= 236.0 && high >= 400.0 {
            Some(Self::Column(strip))
        } else {
            (wide >= 150.0 && high >= 90.0).then_some(Self::Legend(strip))
        }
    }
}

impl Layout {
    pub fn of(plan: &Plan<'_>) -> Self {
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
        let mut layout = Self {
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
        };
        layout.raise_foot(layout.needed_lines(plan), 0.5 * map.height());
        layout
    }

    /// A sheet on which not all has room that larger ones have.
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
        let head = if plan.is_slide {
            0.0
        } else {
            small_head(plan, inner.width(), unit) * unit
        };
        let foot = 54.0 * unit;
        let top = inner.top() + head;
        let mut map = rect(inner.left(), top, inner.right(), inner.bottom() - foot);
        let mut end = inner.bottom();
        let gap = 10.0 * unit;
        let beside;
        if whole.width() >= 1.5 * whole.height() {
            let left = inner.right() - 0.3 * inner.width();
            let strip = rect(left, top, inner.right(), inner.bottom());
            beside = Beside::within(strip, unit);
            if beside.is_some() {
                map = rect(map.left(), top, left - gap, map.bottom());
            }
        } else {
            let high = 0.26 * inner.height();
            let strip = rect(inner.left(), end - high, inner.right(), end);
            beside = Beside::within(strip, unit);
            if beside.is_some() {
                end = strip.top() - 4.0 * unit;
                map = rect(map.left(), top, map.right(), end - foot);
            }
        }
        let mut layout = Self {
            whole,
            unit,
            title: (!plan.is_slide).then(|| rect(inner.left(), inner.top(), inner.right(), top)),
            foot: rect(map.left(), map.bottom() + 3.0 * unit, map.right(), end),
            map,
            beside,
            is_small: true,
        };
        layout.raise_foot(layout.needed_lines(plan), LEAST_MAP * whole.height());
        layout
    }

    /// Lines of credits without which a map must not be published.
    fn needed_lines(&self, plan: &Plan<'_>) -> usize {
        // What is not there is told in more words than what is.
        let ground = match plan.brief.base_map {
            Some(_) => Ground::Partial,
            None => Ground::NotShown,
        };
        let below = Below::new(self, plan, ground, true);
        let ems = self.foot.width() / (FOOT.size * self.unit);
        // A program without fonts draws nothing.
        Fonts::carried().map_or(LINES, |fonts| below.needed(fonts, ems))
    }

    /// Makes room for so many lines below the map, which stays so high at least.
    fn raise_foot(&mut self, lines: usize, least: f32) {
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let more = lines.saturating_sub(LINES) as f32 * FOOT.size * LEADING * self.unit;
        let more = more.min(self.map.height() - least).max(0.0);
        let (map, foot) = (self.map, self.foot);
        self.map = rect(map.left(), map.top(), map.right(), map.bottom() - more);
        self.foot = rect(foot.left(), foot.top() - more, foot.right(), foot.bottom());
    }

    /// From the top of the foot to the credits, pixels.
    pub fn scale_high(&self) -> f32 {
        self.unit
            * if self.is_small {
                SMALL_SCALE_HIGH
            } else {
                SCALE_HIGH
            }
    }

    /// Whether there is room beside the map for more words than those of a legend: what is missing on
    /// it, the note and the sentences.
    pub fn has_words(&self) -> bool {
        matches!(self.beside, Some(Beside::Column(_) | Beside::Band(_)))
    }

    /// Where the arrow to the north stands, over the map's upper right corner; a map may be too small
    /// for one.
    pub fn north(&self) -> Option<Rect> {
        let (map, unit) = (self.map, self.unit);
        let [wide, high] = [26.0 * unit, 42.0 * unit];
        let [left, top] = [map.right() - wide - 8.0 * unit, map.top() + 8.0 * unit];
        let has_room = map.width() >= 4.0 * wide && map.height() >= 2.0 * high;
        has_room.then(|| rect(left, top, left + wide, top + high))
    }
}

/// How high the title of a small sheet and the line below it are, in units.
fn small_head(plan: &Plan<'_>, wide: f32, unit: f32) -> f32 {
    let below = SMALL_SUBTITLE.size * LEADING;
    let high = MOST_HEAD * plan.height / unit - below;
    let title = Fonts::carried().map_or(0.0, |fonts| {
        let (look, lines) = title_lines(fonts, &plan.brief.title(), [wide / unit, high], true);
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let lines = lines.len() as f32;
        look.size * LEADING * lines
    });
    (title + below + 1.0).max(SMALL_HEAD)
}
