//! Where the map and all around it stand on a sheet.

use tiny_skia::Rect;

use super::{Plan, pen::rect};

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
