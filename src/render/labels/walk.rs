//! Lines along which names stand.

use geo::{Coord, LineString};

use crate::render::look::single;

/// A line to walk along, pixels.
pub(super) struct Walk {
    points: Vec<(f32, f32)>,
    /// How far each point is from the first.
    walked: Vec<f32>,
    is_closed: bool,
}

impl Walk {
    pub fn new(line: &LineString<f64>) -> Self {
        let points: Vec<(f32, f32)> = line
            .coords()
            .map(|coord: &Coord<f64>| (single(coord.x), single(coord.y)))
            .collect();
        let mut sum = 0.0;
        let steps = points.windows(2).map(|pair| {
            sum += (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
            sum
        });
        Self {
            walked: std::iter::once(0.0).chain(steps).collect(),
            points,
            is_closed: line.is_closed(),
        }
    }

    pub fn length(&self) -> f32 {
        self.walked.last().copied().unwrap_or_default()
    }

    /// The point so many pixels from the start; around a closed line it goes on.
    pub fn at(&self, pixels: f32) -> Option<(f32, f32)> {
        let length = self.length();
        let pixels = if self.is_closed {
            pixels.rem_euclid(length)
        } else {
            pixels
        };
        if !(0.0..=length).contains(&pixels) || length == 0.0 {
            return None;
        }
        let after = self
            .walked
            .partition_point(|walked| *walked < pixels)
            .max(1);
        let (from, to) = (self.points[after - 1], *self.points.get(after)?);
        let step = self.walked[after] - self.walked[after - 1];
        let share = if step > 0.0 {
            (pixels - self.walked[after - 1]) / step
        } else {
            0.0
        };
        Some((
            from.0 + (to.0 - from.0) * share,
            from.1 + (to.1 - from.1) * share,
        ))
    }

    /// Where words of a length stand, `every` so many pixels, the middle first; for each what is tried
    /// in turn.
    pub fn slots(&self, word: f32, every: f32) -> Vec<Vec<f32>> {
        let length = self.length();
        let room = if self.is_closed {
            length - every
        } else {
            length - word
        };
        if room < 0.0 && !(self.is_closed && length > 2.0 * word) {
            return Vec::new();
        }
        let mut slots = Vec::new();
        let mut slot = |middle: f32| {
            // A little to and fro, where there is no room in the middle.
            let aside = |step: i8| f32::from(step) * word.max(8.0) / 2.0;
            let steps = [0, 1, -1, 2, -2, 3, -3, 4, -4];
            let tried = steps.into_iter().map(aside);
            slots.push(
                tried
                    .filter(|aside| aside.abs() <= every / 2.0)
                    .map(|aside| middle + aside)
                    .collect(),
            );
        };
        // A closed line starts where it starts: circles at the top.
        let middle = if self.is_closed { 0.0 } else { length / 2.0 };
        slot(middle);
        let mut aside = every;
        while aside <= room / 2.0 {
            slot(middle + aside);
            slot(middle - aside);
            aside += every;
        }
        slots
    }
}
