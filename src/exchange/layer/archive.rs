//! Zipped files: their entries, unpacked without their names into files that have none.
//!
//! What an archive says of its sizes is not believed; unpacking ends where it becomes too much.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::Path,
};

use zip::{ZipArchive, result::ZipError};

use super::text::said;
use crate::model::{Text, shortened};

/// Entries that an archive may have.
const MOST_ENTRIES: usize = 10_000;
/// Bytes that all entries that are taken may unpack to.
const MOST_BYTES: u64 = 4 << 30;
/// Bytes up to which it does not matter how well an entry is packed.
const HARMLESS_BYTES: u64 = 64 << 20;
/// How many times its packed size a larger entry may be: tables of spaces come to some two hundred,
/// deflate to a thousand at most.
const MOST_RATIO: u64 = 400;

pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// Bytes that may still be unpacked.
    left: u64,
}

/// An entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    place: usize,
    /// Its whole name: for people, and to find parts that belong together, never a path to write to.
    pub(super) name: String,
}

impl Entry {
    /// The name without folders and end, and the end in lowercase letters.
    pub(super) fn stem_and_end(&self) -> (&str, String) {
        let (stem, end) = self.name.rsplit_once('.').unwrap_or((&self.name, ""));
        (stem, end.to_ascii_lowercase())
    }
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, Text> {
        let file = File::open(path).map_err(|error| said(&error))?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
        if zip.len() > MOST_ENTRIES {
            let count = zip.len();
            return Err(Text::new(
                format!("压缩包里有 {count} 个文件，最多 {MOST_ENTRIES} 个"),
                format!("the archive has {count} entries, at most {MOST_ENTRIES} are taken"),
            ));
        }
        Ok(Self {
            zip,
            left: MOST_BYTES,
        })
    }

    /// Its files, but for those that macOS adds.
    pub(super) fn entries(&mut self) -> Result<Vec<Entry>, Text> {
        let mut entries = Vec::new();
        for place in 0..self.zip.len() {
            let file = self
                .zip
                .by_index_raw(place)
                .map_err(|error| damaged(&error))?;
            let raw = file.name_raw();
            let name = match std::str::from_utf8(raw) {
                Ok(name) => name.to_owned(),
                Err(_) => encoding_rs::GBK.decode(raw).0.into_owned(),
            };
            let own = name.rsplit('/').next().unwrap_or_default();
            if !name.starts_with("__MACOSX/") && !own.starts_with("._") && !own.is_empty() {
                entries.push(Entry { place, name });
            }
        }
        Ok(entries)
    }

    /// Unpacks an entry into a file without a name, which is gone when it is closed.
    pub(super) fn unpack(&mut self, entry: &Entry) -> Result<File, Text> {
        let told = |text: Text| {
            let name = shortened(&entry.name);
            Text::new(
                format!("压缩包中的“{name}”：{}", text.zh),
                format!("“{name}” in the archive: {}", text.en),
            )
        };
        let mut packed = self
            .zip
            .by_index(entry.place)
            .map_err(|error| told(damaged(&error)))?;
        let most = self
            .left
            .min(HARMLESS_BYTES.max(packed.compressed_size().saturating_mul(MOST_RATIO)));
        let mut out = BufWriter::new(tempfile::tempfile().map_err(|error| told(said(&error)))?);
        let count = io::copy(&mut (&mut packed).take(most + 1), &mut out).map_err(|error| {
            told(Text::new(
                format!("解压不了，可能已损坏：{error}"),
                format!("can't be unpacked, it may be damaged: {error}"),
            ))
        })?;
        if count > most {
            return Err(told(Text::new(
                format!("解压后超过 {} MB，不像地图数据", most >> 20),
                format!(
                    "it unpacks to more than {} MB, which is not like data",
                    most >> 20
                ),
            )));
        }
        self.left -= count;
        let mut file = out
            .into_inner()
            .map_err(|error| told(said(error.error())))?;
        file.flush()
            .and_then(|()| file.rewind())
            .map_err(|error| told(said(&error)))?;
        Ok(file)
    }
}

fn damaged(error: &ZipError) -> Text {
    match error {
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => Text::new(
            format!("压缩包加了密，或用了 deflate 以外的压缩方法：{error}"),
            format!("the archive is encrypted or packed by another method than deflate: {error}"),
        ),
        _ => Text::new(
            format!("压缩包不完整或已损坏：{error}"),
            format!("the archive is incomplete or damaged: {error}"),
        ),
    }
}
