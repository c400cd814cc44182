//! Zipped files: their entries, unpacked without their names into files that have none. These stand in the
//! folder that whoever reads has for that: the system's own may be memory.
//!
//! What an archive says of its sizes is not believed; unpacking ends where it becomes too much.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, Write},
    path::{Path, PathBuf},
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
    /// Where files are unpacked; `None` for the system's folder.
    scratch: Option<PathBuf>,
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
    pub(super) fn open(path: &Path, scratch: Option<&Path>) -> Result<Self, Text> {
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
            scratch: scratch.map(Path::to_owned),
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
        let out = match &self.scratch {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        };
        let mut out = out.map_err(|error| told(unkept(&error)))?;
        let count = copy(&mut (&mut packed).take(most + 1), &mut out).map_err(told)?;
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
        out.rewind().map_err(|error| told(unkept(&error)))?;
        Ok(out)
    }
}

/// Copies all that is packed, and tells what can't be unpacked from what can't be kept.
fn copy(packed: &mut impl Read, out: &mut impl Write) -> Result<u64, Text> {
    let mut chunk = vec![0; 1 << 16];
    let mut count = 0;
    loop {
        let read = match packed.read(&mut chunk) {
            Ok(0) => return Ok(count),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Text::new(
                    format!("解压不了，可能已损坏：{error}"),
                    format!("can't be unpacked, it may be damaged: {error}"),
                ));
            }
        };
        out.write_all(&chunk[..read])
            .map_err(|error| unkept(&error))?;
        count += read as u64;
    }
}

/// Says that the machine has no place for what is unpacked.
fn unkept(error: &io::Error) -> Text {
    if error.kind() == io::ErrorKind::StorageFull {
        return Text::new(
            "服务器磁盘已满，解压的内容放不下；文件本身没有问题",
            "the disk is full: what is unpacked has no place there, and nothing is said of the file",
        );
    }
    Text::new(
        format!("解压的内容存不下：{error}"),
        format!("what is unpacked can't be kept: {error}"),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(io::ErrorKind);

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
    }

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_from_a_damaged_file() {
        let full = copy(&mut &b"data"[..], &mut Broken(io::ErrorKind::StorageFull)).unwrap_err();
        assert!(full.zh.contains("磁盘已满"), "{}", full.zh);
        assert!(!full.en.contains("damaged"), "{}", full.en);
        let refused = copy(
            &mut &b"data"[..],
            &mut Broken(io::ErrorKind::PermissionDenied),
        )
        .unwrap_err();
        assert!(refused.en.contains("can't be kept"), "{}", refused.en);
        let damaged = copy(&mut Broken(io::ErrorKind::InvalidData), &mut Vec::new()).unwrap_err();
        assert!(damaged.en.contains("damaged"), "{}", damaged.en);
        let mut out = Vec::new();
        assert_eq!(copy(&mut &b"data"[..], &mut out), Ok(4));
        assert_eq!(out, b"data");
    }
}
