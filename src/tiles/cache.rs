//! Compressed layers, kept and joined.
//!
//! A tile of several layers is their tiles one after the other. Each layer is kept as a deflate
//! stream that ends on a byte boundary without closing (RFC 1951: an empty stored block), so that
//! any of them can be joined into one gzip file (RFC 1952) by copying bytes: a layer is made and
//! compressed once, for whatever set of layers is asked.

use std::sync::Arc;

use flate2::{Compress, Compression, Crc, FlushCompress};
use moka::sync::Cache;

use super::{Derived, Layer, TileId, encode::encode};
use crate::model::Revision;

/// Compressed layers of tiles, up to a number of bytes.
pub struct TileCache {
    layers: Cache<Key, Arc<Piece>>,
}

type Key = (Revision, Box<str>, Derived, TileId);

/// A compressed layer of a tile.
struct Piece {
    /// A deflate stream without its last block; nothing where the layer is empty.
    deflated: Vec<u8>,
    /// Checksum and length of what it unpacks to.
    crc: Crc,
}

impl TileCache {
    /// A cache of at most so many bytes.
    #[must_use]
    pub fn new(capacity_bytes: u64) -> Self {
        /// What an entry costs besides its bytes, about.
        const ENTRY: usize = 160;
        let layers = Cache::builder()
            .weigher(|_: &Key, piece: &Arc<Piece>| {
                u32::try_from(piece.deflated.len() + ENTRY).unwrap_or(u32::MAX)
            })
            .max_capacity(capacity_bytes)
            .build();
        Self { layers }
    }

    /// The tile as a gzip file, if all its layers are here already; empty where they all are.
    #[must_use]
    pub fn get(&self, revision: Revision, layers: &[Layer<'_>], tile: TileId) -> Option<Vec<u8>> {
        layers
            .iter()
            .map(|layer| self.layers.get(&key(revision, layer, tile)))
            .collect::<Option<Vec<_>>>()
            .map(|pieces| join(&pieces))
    }

    /// The tile as a gzip file, its layers made as needed. Several callers who want the same layer
    /// wait for one that makes it.
    #[must_use]
    pub fn get_or_make(&self, revision: Revision, layers: &[Layer<'_>], tile: TileId) -> Vec<u8> {
        let pieces: Vec<_> = layers
            .iter()
            .map(|layer| {
                self.layers.get_with(key(revision, layer, tile), || {
                    Arc::new(deflate(&encode(*layer, tile)))
                })
            })
            .collect();
        join(&pieces)
    }
}

fn key(revision: Revision, layer: &Layer<'_>, tile: TileId) -> Key {
    let collection = layer.collection.info.id.as_str().into();
    (revision, collection, layer.derived, tile)
}

fn deflate(bytes: &[u8]) -> Piece {
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut deflated = Vec::new();
    if !bytes.is_empty() {
        let mut compress = Compress::new(Compression::default(), false);
        // Room for the worst case, as deflate states it, so that one call takes everything.
        deflated.reserve(bytes.len() + bytes.len() / 1000 + 64);
        compress
            .compress_vec(bytes, &mut deflated, FlushCompress::Sync)
            .expect("compressing into memory can't fail");
        assert_eq!(
            compress.total_in(),
            bytes.len() as u64,
            "a cut stream would be a broken tile"
        );
        deflated.shrink_to_fit();
    }
    Piece { deflated, crc }
}

/// One gzip file of several deflate streams.
fn join(pieces: &[Arc<Piece>]) -> Vec<u8> {
    /// Magic, deflate, no flags, no time, no hint, unknown system: the same bytes each time.
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    /// A last block that holds nothing.
    const LAST_BLOCK: [u8; 2] = [3, 0];
    let length: usize = pieces.iter().map(|piece| piece.deflated.len()).sum();
    if length == 0 {
        return Vec::new();
    }
    let mut file = Vec::with_capacity(length + 20);
    let mut crc = Crc::new();
    file.extend_from_slice(&HEADER);
    for piece in pieces {
        file.extend_from_slice(&piece.deflated);
        crc.combine(&piece.crc);
    }
    file.extend_from_slice(&LAST_BLOCK);
    file.extend_from_slice(&crc.sum().to_le_bytes());
    file.extend_from_slice(&crc.amount().to_le_bytes());
    file
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn joined_layers_unpack_to_what_went_in() {
        let texts: [&[u8]; 4] = [b"zones", b"", &vec![7; 100_000], b"projects"];
        let pieces: Vec<Arc<Piece>> = texts.iter().map(|text| Arc::new(deflate(text))).collect();
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&join(&pieces)[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, texts.concat());
        assert!(join(&[Arc::new(deflate(b""))]).is_empty());
    }
}
