//! Rectangles that are turned, and whether they share ground.

use tiny_skia::Rect;

/// The side of a cell in which taken places are listed, pixels.
const CELL: f32 = 64.0;

/// A rectangle that may be turned: its corners in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Turned(pub [(f32, f32); 4]);

impl Turned {
    pub fn upright(left: f32, top: f32, width: f32, height: f32) -> Self {
        let (right, bottom) = (left + width, top + height);
        Self([(left, top), (right, top), (right, bottom), (left, bottom)])
    }

    /// Around its middle, turned by degrees.
    pub fn around(middle: (f32, f32), width: f32, height: f32, angle: f32) -> Self {
        let (sin, cos) = angle.to_radians().sin_cos();
        let (x, y) = (width / 2.0, height / 2.0);
        Self(
            [(-x, -y), (x, -y), (x, y), (-x, y)]
                .map(|(x, y)| (middle.0 + cos * x - sin * y, middle.1 + sin * x + cos * y)),
        )
    }

    pub fn grown(self, by: f32) -> Self {
        let Self([a, b, c, d]) = self;
        let middle = (f32::midpoint(a.0, c.0), f32::midpoint(a.1, c.1));
        let width = (b.0 - a.0).hypot(b.1 - a.1) + 2.0 * by;
        let height = (d.0 - a.0).hypot(d.1 - a.1) + 2.0 * by;
        let angle = (b.1 - a.1).atan2(b.0 - a.0).to_degrees();
        Self::around(middle, width, height, angle)
    }

    pub fn is_within(&self, frame: Rect) -> bool {
        self.0.iter().all(|(x, y)| {
            (frame.left()..=frame.right()).contains(x) && (frame.top()..=frame.bottom()).contains(y)
        })
    }

    pub fn cells(&self) -> impl Iterator<Item = (i32, i32)> + use<> {
        #[expect(clippy::cast_possible_truncation, reason = "cells of a sheet")]
        let cell = |pixels: f32| (pixels / CELL).floor() as i32;
        let ends = |of: fn(&(f32, f32)) -> f32| {
            let pixels = self.0.iter().map(of);
            let (least, most) = pixels.fold((f32::MAX, f32::MIN), |(least, most), one| {
                (least.min(one), most.max(one))
            });
            cell(least)..=cell(most)
        };
        let (across, down) = (ends(|corner| corner.0), ends(|corner| corner.1));
        across.flat_map(move |x| down.clone().map(move |y| (x, y)))
    }

    /// Whether they share ground: none of the sides of either parts them.
    pub fn overlaps(&self, other: &Self) -> bool {
        let parts = |side: (f32, f32)| {
            let ends = |place: &Self| {
                let along = place.0.map(|(x, y)| x * side.0 + y * side.1);
                let (least, most) = (along.into_iter(), along.into_iter());
                (
                    least.fold(f32::MAX, f32::min),
                    most.fold(f32::MIN, f32::max),
                )
            };
            let (own, theirs) = (ends(self), ends(other));
            own.1 <= theirs.0 || theirs.1 <= own.0
        };
        let sides = |place: &Self| {
            let [a, b, _, d] = place.0;
            [(b.0 - a.0, b.1 - a.1), (d.0 - a.0, d.1 - a.1)]
        };
        !sides(self).into_iter().chain(sides(other)).any(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_overlap_where_they_share_ground() {
        let flat = Turned::upright(0.0, 0.0, 10.0, 4.0);
        assert!(flat.overlaps(&Turned::upright(9.0, 3.0, 10.0, 4.0)));
        assert!(!flat.overlaps(&Turned::upright(10.0, 0.0, 10.0, 4.0)));
        // Its upright rectangle would overlap; turned it passes by the corner.
        let turned = Turned::around((13.0, 7.0), 12.0, 2.0, -45.0);
        assert!(!flat.overlaps(&turned) && !turned.overlaps(&flat));
        assert!(flat.overlaps(&Turned::around((10.0, 4.0), 12.0, 2.0, -45.0)));
        // One within the other.
        assert!(flat.overlaps(&Turned::around((5.0, 2.0), 1.0, 1.0, 30.0)));
    }
}
