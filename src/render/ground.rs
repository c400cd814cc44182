//! The operator's base map under a map: its tiles as one image.
//!
//! Tiles that are drawn one by one leave hairlines between them, and on a plane they are no
//! rectangles. So they are joined first; the page's frame shows them as they are, a frame that is
//! true to scale looks up each of its pixels in them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use geo::Coord;
use tiny_skia::Rect;

use super::{frame::MapFrame, look::single, scene::Image};
use crate::{
    area::{Interrupted, Patience},
    geometry::mercator::{off_square, on_square},
    tiles::base_map::{AT_ONCE, BaseMap, BaseTile, DEEPEST, Lack, PATIENCE, Raster, TILE_PIXELS},
};

/// Tiles of one picture at most; where there would be more, coarser ones are taken.
const MAX_TILES: u32 = 256;
/// After so long without a tile it is looked whether somebody still waits.
const LOOK: Duration = Duration::from_millis(20);
/// Pixels from one place that is projected to the next; between them it is straight enough.
const STEP: u32 = 16;
/// Zooms by which tiles of 256 pixels are deeper than those of 512, by which frames count.
const DEEPER: f64 = 1.0;

/// What became of the base map of a picture, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Ground {
    /// The picture shows none.
    #[default]
    NotShown,
    /// It is there, as far as it reaches.
    Whole,
    /// Some of it did not come.
    Partial,
    /// None of it came.
    Missing,
}

impl Ground {
    /// Whether the next picture may show more of it.
    #[must_use]
    pub fn lacks(self) -> bool {
        matches!(self, Self::Partial | Self::Missing)
    }
}

/// The base map in a frame. It waits for tiles no longer than [`PATIENCE`].
///
/// # Errors
/// Where it takes longer than `patience`, or nobody waits any more.
pub(super) fn ground(
    base_map: &BaseMap,
    frame: &MapFrame,
    patience: &Patience,
) -> Result<(Option<Image>, Ground), Interrupted> {
    let mut sheet = Joined::under(frame);
    let (mut came, mut failed) = (0, 0);
    let tiles = sheet.tiles(frame).into();
    fetch(base_map, &tiles, patience, |tile, outcome| match outcome {
        Ok(raster) => {
            came += 1;
            sheet.lay(tile, &raster);
        }
        Err(Lack::Nothing) => {}
        Err(Lack::Failed) => failed += 1,
    })?;
    let ground = match (came, failed) {
        (0, _) => return Ok((None, Ground::Missing)),
        (_, 0) => Ground::Whole,
        _ => Ground::Partial,
    };
    let image = if frame.scale_is_true() {
        Some(sheet.on_plane(frame))
    } else {
        sheet.on_screen(frame)
    };
    Ok((image, ground))
}

/// Asks for tiles, several at once, and hands over each as it comes. When nobody waits any more, who is
/// still being asked is not waited for, and no more are asked.
fn fetch(
    base_map: &BaseMap,
    tiles: &Arc<[BaseTile]>,
    patience: &Patience,
    mut found: impl FnMut(BaseTile, Result<Raster, Lack>),
) -> Result<(), Interrupted> {
    let until = Instant::now() + PATIENCE;
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = mpsc::sync_channel(AT_ONCE);
    for _ in 0..AT_ONCE.min(tiles.len()) {
        let (sender, next) = (sender.clone(), Arc::clone(&next));
        let (base_map, tiles) = (base_map.clone(), Arc::clone(tiles));
        let patience = patience.clone();
        thread::spawn(move || {
            let is_wanted = || patience.check().is_ok();
            while let Some(tile) = tiles.get(next.fetch_add(1, Ordering::Relaxed)) {
                let raster = base_map
                    .tile(*tile, until, &is_wanted)
                    .and_then(|file| file.raster().map_err(|_| Lack::Failed));
                if sender.send((*tile, raster)).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    loop {
        patience.check()?;
        match receiver.recv_timeout(LOOK) {
            Ok((tile, raster)) => found(tile, raster),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// Tiles of one zoom side by side, as one image.
struct Joined {
    zoom: u8,
    /// The first column and row.
    left: u32,
    top: u32,
    /// Tiles across, and from top to bottom.
    across: u32,
    down: u32,
    pixels: Raster,
}

impl Joined {
    /// Room for the tiles under a frame, of the zoom whose pixels are nearest to the sheet's, as on
    /// the page.
    fn under(frame: &MapFrame) -> Self {
        let window = frame.window_with(2.0);
        let (low, high) = (on_square(window.min()), on_square(window.max()));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a zoom of tiles"
        )]
        let mut zoom = (frame.zoom() + DEEPER)
            .round()
            .clamp(0.0, f64::from(DEEPEST)) as u8;
        loop {
            let last = (1_u32 << zoom) - 1;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a column or row of tiles"
            )]
            let place = |share: f64| {
                let place = (share * world(zoom)).floor();
                place.clamp(0.0, f64::from(last)) as u32
            };
            // Rows count from the north.
            let (left, top) = (place(low.x), place(high.y));
            let (across, down) = (place(high.x) - left + 1, place(low.y) - top + 1);
            if zoom > 0 && across.saturating_mul(down) > MAX_TILES {
                zoom -= 1;
                continue;
            }
            return Self {
                zoom,
                left,
                top,
                across,
                down,
                pixels: Raster::empty(across * TILE_PIXELS, down * TILE_PIXELS),
            };
        }
    }

    /// Its tiles, those in the middle of the frame first.
    fn tiles(&self, frame: &MapFrame) -> Vec<BaseTile> {
        let middle = on_square(frame.centre()) * world(self.zoom);
        let mut tiles: Vec<BaseTile> = (0..self.across * self.down)
            .filter_map(|at| {
                let (x, y) = (self.left + at % self.across, self.top + at / self.across);
                BaseTile::new(self.zoom, x, y)
            })
            .collect();
        let away = |tile: &BaseTile| {
            let (x, y) = tile.place();
            (f64::from(x) + 0.5 - middle.x).hypot(f64::from(y) + 0.5 - middle.y)
        };
        tiles.sort_by(|a, b| away(a).total_cmp(&away(b)));
        tiles
    }

    /// Lays a tile in its place.
    fn lay(&mut self, tile: BaseTile, raster: &Raster) {
        let (x, y) = tile.place();
        let (left, top) = ((x - self.left) * TILE_PIXELS, (y - self.top) * TILE_PIXELS);
        if raster.width == TILE_PIXELS && raster.height == TILE_PIXELS {
            self.pixels.lay((left, top), raster);
            return;
        }
        let [wide, high] =
            [raster.width, raster.height].map(|side| f64::from(side) / f64::from(TILE_PIXELS));
        for row in 0..TILE_PIXELS {
            for column in 0..TILE_PIXELS {
                let at = Coord {
                    x: (f64::from(column) + 0.5) * wide,
                    y: (f64::from(row) + 0.5) * high,
                };
                self.pixels.set((left + column, top + row), raster.at(at));
            }
        }
    }

    /// As the page shows it: where it lies on the sheet.
    fn on_screen(self, frame: &MapFrame) -> Option<Image> {
        let corner = |x: u32, y: u32| {
            let place = Coord {
                x: f64::from(x),
                y: f64::from(y),
            };
            let place = frame.locate(off_square(place / world(self.zoom)));
            (single(place.x), single(place.y))
        };
        let (left, top) = corner(self.left, self.top);
        let (right, bottom) = corner(self.left + self.across, self.top + self.down);
        let place = Rect::from_ltrb(left, top, right, bottom)?;
        Some(image(self.pixels, place))
    }

    /// As it lies on a plane: of the frame's own pixels, of which there are as many as tiles have.
    fn on_plane(&self, frame: &MapFrame) -> Image {
        let place = frame.place();
        let finer = f64::from(self.zoom) - frame.zoom() - DEEPER;
        let ratio = finer.exp2().max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousands of pixels"
        )]
        let [width, height] = [place.width(), place.height()]
            .map(|side| (f64::from(side) * ratio).round().max(1.0) as u32);
        let size = Coord {
            x: f64::from(place.width()) / f64::from(width),
            y: f64::from(place.height()) / f64::from(height),
        };
        // Where a pixel's corner lies in the joined tiles.
        let origin = Coord {
            x: f64::from(self.left),
            y: f64::from(self.top),
        };
        let found = |column: u32, row: u32| {
            let from_middle = Coord {
                x: (f64::from(column) - f64::from(width) / 2.0) * size.x,
                y: (f64::from(row) - f64::from(height) / 2.0) * size.y,
            };
            let globe = on_square(
                // A page of which a corner has no place is refused before.
                frame.degrees(from_middle).unwrap_or_else(|| frame.centre()),
            );
            (globe * world(self.zoom) - origin) * f64::from(TILE_PIXELS)
        };
        let mut drawn = Raster::empty(width, height);
        for top in (0..height).step_by(STEP as usize) {
            for left in (0..width).step_by(STEP as usize) {
                let upper = [found(left, top), found(left + STEP, top)];
                let lower = [found(left, top + STEP), found(left + STEP, top + STEP)];
                for row in top..height.min(top + STEP) {
                    for column in left..width.min(left + STEP) {
                        let share =
                            |from: u32, at: u32| (f64::from(at - from) + 0.5) / f64::from(STEP);
                        let between = |pair: [Coord<f64>; 2], share: f64| {
                            pair[0] + (pair[1] - pair[0]) * share
                        };
                        let across = share(left, column);
                        let ends = [between(upper, across), between(lower, across)];
                        let at = between(ends, share(top, row));
                        drawn.set((column, row), self.pixels.at(at));
                    }
                }
            }
        }
        image(drawn, place)
    }
}

/// Tiles along one side of the world.
fn world(zoom: u8) -> f64 {
    f64::from(1_u32 << zoom)
}

fn image(pixels: Raster, place: Rect) -> Image {
    Image {
        place,
        width: pixels.width,
        height: pixels.height,
        rgba: pixels.rgba.into(),
    }
}
