//! An operator's base map: tiles of the one address that the operator named, asked for, looked at and
//! kept.
//!
//! [`source`] is where they come from, [`ask`] fetches one within its limits, [`raster`] reads its
//! pixels. Nobody waits longer than [`PATIENCE`], and where the host fails there is no base map and
//! everything else as before.

mod ask;
mod raster;
mod source;

pub use ask::AT_ONCE;
pub use raster::{Format, Raster};
pub use source::{Source, Template};

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, sync::Cache};

use self::ask::{Answer, Asking, NotAsked};
use crate::model::Text;

/// The base map's group of layers, layer and source in the style.
pub const BASE_MAP: &str = "base-map";
/// The deepest zoom that is asked for: at which the national service (天地图) ends. It is enlarged
/// beyond.
pub const DEEPEST: u8 = 18;
/// Pixels of a tile from side to side.
pub const TILE_PIXELS: u32 = 256;
/// How long the tiles of a picture, or one of the page, are waited for.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Bytes of tiles that are kept.
const CACHE_BYTES: u64 = 64 << 20;
/// How long a tile is kept.
const KEPT: Duration = Duration::from_hours(1);
/// How long it is taken for granted that there is no tile.
const NOTHING_KEPT: Duration = Duration::from_mins(1);
/// How long a tile that failed is not asked for again.
const BROKEN_KEPT: Duration = Duration::from_secs(10);

/// A tile of a base map (`x` east, `y` south from the top left of Web Mercator).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BaseTile {
    z: u8,
    x: u32,
    y: u32,
}

impl BaseTile {
    /// The tile, where there is such a one and it is not deeper than [`DEEPEST`].
    #[must_use]
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= DEEPEST && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }

    /// Its column and row.
    #[must_use]
    pub fn place(self) -> (u32, u32) {
        (self.x, self.y)
    }
}

/// A tile as its host sent it.
pub struct Tile {
    bytes: Vec<u8>,
    format: Format,
}

impl Tile {
    /// Its file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What sort of file that is.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Its pixels.
    ///
    /// # Errors
    /// Never: what can't be read is no tile.
    pub fn raster(&self) -> Result<Raster, Text> {
        Raster::read(&self.bytes).map(|(raster, _)| raster)
    }
}

/// Why there is no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The base map does not reach here.
    Nothing,
    /// It did not come in time, or can't be read.
    Failed,
}

/// What is known of a tile.
#[derive(Clone)]
enum Known {
    Tile(Arc<Tile>),
    Nothing,
    Broken,
}

impl Known {
    fn told(self) -> Result<Arc<Tile>, Lack> {
        match self {
            Self::Tile(tile) => Ok(tile),
            Self::Nothing => Err(Lack::Nothing),
            Self::Broken => Err(Lack::Failed),
        }
    }
}

/// A base map. Clones of it ask and keep tiles together.
#[derive(Clone)]
pub struct BaseMap {
    source: Arc<Source>,
    asking: Arc<Asking>,
    tiles: Cache<BaseTile, Known>,
}

impl BaseMap {
    /// The base map of a source, of which nothing is asked yet.
    #[must_use]
    pub fn new(source: Source) -> Self {
        /// What an entry costs besides its bytes, about.
        const ENTRY: usize = 160;
        let tiles = Cache::builder()
            .weigher(|_: &BaseTile, known: &Known| {
                let bytes = match known {
                    Known::Tile(tile) => tile.bytes.len(),
                    Known::Nothing | Known::Broken => 0,
                };
                u32::try_from(bytes + ENTRY).unwrap_or(u32::MAX)
            })
            .max_capacity(CACHE_BYTES)
            .expire_after(Keeping)
            .build();
        Self {
            source: Arc::new(source),
            asking: Arc::new(Asking::new()),
            tiles,
        }
    }

    /// Where it comes from, and whom to name.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// A tile, where it is known already what becomes of it.
    #[must_use]
    pub fn known(&self, tile: BaseTile) -> Option<Result<Arc<Tile>, Lack>> {
        self.tiles.get(&tile).map(Known::told)
    }

    /// A tile, asked for where it is not known and is still wanted when its turn comes. It blocks, at
    /// most until then; several who want the same tile wait for one that asks.
    ///
    /// # Errors
    /// Where there is none.
    pub fn tile(
        &self,
        tile: BaseTile,
        until: Instant,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<Arc<Tile>, Lack> {
        loop {
            let mut is_own = false;
            let known = self
                .tiles
                .try_get_with(tile, || -> Result<Known, NotAsked> {
                    is_own = true;
                    let address = self.source.address(tile);
                    let answer = self.asking.ask(&address, until, is_wanted)?;
                    Ok(match answer {
                        Answer::Tile(tile) => Known::Tile(Arc::new(tile)),
                        Answer::Nothing => Known::Nothing,
                        Answer::Broken(why) => {
                            let BaseTile { z, x, y } = tile;
                            tracing::warn!("base map, tile {z}/{x}/{y}: {why}");
                            Known::Broken
                        }
                    })
                });
            match known {
                Ok(known) => return known.told(),
                // Who was to ask has left, or had no time: whoever waited for them asks instead.
                Err(_) if !is_own && is_wanted() && Instant::now() < until => {}
                // What was not asked is no tile now, and may be one the next time.
                Err(_) => return Err(Lack::Failed),
            }
        }
    }
}

/// Its address may hold a key.
impl fmt::Debug for BaseMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BaseMap").finish_non_exhaustive()
    }
}

/// How long what is known is kept.
struct Keeping;

impl Expiry<BaseTile, Known> for Keeping {
    fn expire_after_create(&self, _: &BaseTile, known: &Known, _: Instant) -> Option<Duration> {
        Some(match known {
            Known::Tile(_) => KEPT,
            Known::Nothing => NOTHING_KEPT,
            Known::Broken => BROKEN_KEPT,
        })
    }
}
