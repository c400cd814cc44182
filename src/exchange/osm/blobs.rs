//! An `.osm.pbf` file as a row of blobs, each read alone and held to the limits of the format.
//!
//! The format: <https://wiki.openstreetmap.org/wiki/PBF_Format>.

use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read, Seek},
    path::Path,
};

use flate2::{Decompress, FlushDecompress, Status};

use super::wire::{Damaged, Fields};
use crate::model::Text;

/// The head of a blob has fewer bytes.
const MAX_HEAD: usize = 64 << 10;
/// The most bytes that a blob may have, packed or unpacked.
const MAX_BLOB: usize = 32 << 20;

/// Why reading stops.
#[derive(Debug)]
pub enum Fault {
    /// Something is not what it says it is; the blob is told where it is known.
    Damaged,
    /// Anything else, in words.
    Said(Text),
}

impl From<Damaged> for Fault {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

impl From<Text> for Fault {
    fn from(text: Text) -> Self {
        Self::Said(text)
    }
}

/// What a blob holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What the file is about.
    Header,
    /// Nodes, ways and relations.
    Data,
    /// Something of a kind that readers are to pass by.
    Other,
}

/// Reads the blobs of a file one after another.
pub struct Blobs {
    input: BufReader<File>,
    path: String,
    /// Bytes of the file.
    length: u64,
    /// Bytes before the next blob's head, or its content once the head is read.
    offset: u64,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
    inflater: Decompress,
}

/// A blob of which only the head is read.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// What it holds.
    pub content: Content,
    /// Bytes of the file before it.
    start: u64,
    /// Bytes of its content.
    size: usize,
}

impl Blobs {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, Text> {
        let name = path.display().to_string();
        let unreadable = |error: &dyn std::fmt::Display| {
            Text::new(
                format!("{name} 读不到：{error}"),
                format!("{name} can't be read: {error}"),
            )
        };
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let about = file.metadata().map_err(|error| unreadable(&error))?;
        if !about.is_file() {
            return Err(unreadable(
                &"不是普通文件，而它要读三遍 (not a regular file, and it is read three times)",
            ));
        }
        Ok(Self {
            input: BufReader::with_capacity(1 << 16, file),
            path: name,
            length: about.len(),
            offset: 0,
            packed: Vec::new(),
            unpacked: Vec::new(),
            inflater: Decompress::new(true),
        })
    }

    /// Bytes of the file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that have been read or passed by.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Starts from the first blob again.
    pub fn rewind(&mut self) -> Result<(), Text> {
        self.offset = 0;
        self.input.rewind().map_err(|error| self.failed(&error))
    }

    /// The head of the next blob; `None` at the end of the file.
    pub fn next(&mut self) -> Result<Option<Head>, Text> {
        let start = self.offset;
        if start == self.length && start > 0 {
            return Ok(None);
        }
        let mut size = [0; 4];
        if self.length < 4 {
            return Err(self.no_pbf());
        }
        self.read(&mut size)?;
        let size = u32::from_be_bytes(size) as usize;
        if size == 0 || size >= MAX_HEAD {
            return Err(if start == 0 {
                self.no_pbf()
            } else {
                self.damaged(start)
            });
        }
        let mut head = vec![0; size];
        self.read(&mut head).map_err(|cut| {
            // What is no such file has any number in its first bytes.
            if start == 0 { self.no_pbf() } else { cut }
        })?;
        let (content, size) = parse_head(&head).map_err(|Damaged| {
            if start == 0 {
                self.no_pbf()
            } else {
                self.damaged(start)
            }
        })?;
        if start == 0 && content != Content::Header {
            return Err(self.no_pbf());
        }
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= MAX_BLOB)
            .ok_or_else(|| {
                Text::new(
                    format!(
                        "{} 第 {start} 字节处的数据块自称有 {size} 字节，格式最多允许 {MAX_BLOB}",
                        self.path
                    ),
                    format!(
                        "{}: the blob at byte {start} claims {size} bytes, where the format allows {MAX_BLOB}",
                        self.path
                    ),
                )
            })?;
        if self.length - self.offset < size as u64 {
            return Err(self.cut_short());
        }
        Ok(Some(Head {
            content,
            start,
            size,
        }))
    }

    /// Passes the blob of `head` by.
    pub fn skip(&mut self, head: Head) -> Result<(), Text> {
        self.offset += head.size as u64;
        let size = i64::try_from(head.size).expect("at most MAX_BLOB");
        self.input
            .seek_relative(size)
            .map_err(|error| self.failed(&error))
    }

    /// The content of the blob of `head`, unpacked.
    pub fn content(&mut self, head: Head) -> Result<&[u8], Text> {
        let mut packed = std::mem::take(&mut self.packed);
        packed.resize(head.size, 0);
        let read = self.read(&mut packed);
        self.packed = packed;
        read?;
        match unpack(&self.packed, &mut self.unpacked, &mut self.inflater) {
            Ok(()) => Ok(&self.unpacked),
            Err(Unreadable::Damaged) => Err(self.damaged(head.start)),
            Err(Unreadable::TooBig(size)) => Err(Text::new(
                format!(
                    "{} 第 {} 字节处的数据块解压后超过格式允许的 {MAX_BLOB} 字节（自称 {size}）",
                    self.path, head.start
                ),
                format!(
                    "{}: the blob at byte {} unpacks to more than the {MAX_BLOB} bytes that the format allows (it claims {size})",
                    self.path, head.start
                ),
            )),
            Err(Unreadable::Method(method)) => Err(Text::new(
                format!(
                    "{} 用 {method} 压缩，只支持 zlib；请先转换：osmium cat 原文件 -o 新文件 -f pbf",
                    self.path
                ),
                format!(
                    "{} is packed by {method}, and only zlib is supported: convert it first, osmium cat OLD -o NEW -f pbf",
                    self.path
                ),
            )),
        }
    }

    /// Says in words why reading the blob of `head` stopped.
    pub fn explain(&self, head: Head, fault: Fault) -> Text {
        match fault {
            Fault::Damaged => self.damaged(head.start),
            Fault::Said(text) => Text::new(
                format!("{}：{}", self.path, text.zh),
                format!("{}: {}", self.path, text.en),
            ),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), Text> {
        self.input.read_exact(into).map_err(|error| {
            if error.kind() == ErrorKind::UnexpectedEof {
                self.cut_short()
            } else {
                self.failed(&error)
            }
        })?;
        self.offset += into.len() as u64;
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Text {
        Text::new(
            format!("{} 读取失败：{error}", self.path),
            format!("{} can't be read: {error}", self.path),
        )
    }

    fn no_pbf(&self) -> Text {
        Text::new(
            format!(
                "{} 不是 .osm.pbf 文件；.osm 或 .osm.bz2 请先转换：osmium cat 原文件 -o 新文件.osm.pbf",
                self.path
            ),
            format!(
                "{} is no .osm.pbf file; convert .osm or .osm.bz2 first: osmium cat OLD -o NEW.osm.pbf",
                self.path
            ),
        )
    }

    fn cut_short(&self) -> Text {
        Text::new(
            format!(
                "{} 不完整，在第 {} 字节处中断，请重新下载",
                self.path, self.length
            ),
            format!(
                "{} is cut short at byte {}: download it again",
                self.path, self.length
            ),
        )
    }

    fn damaged(&self, start: u64) -> Text {
        Text::new(
            format!("{} 第 {start} 字节处的数据块已损坏，请重新下载", self.path),
            format!(
                "{}: the blob at byte {start} is damaged: download the file again",
                self.path
            ),
        )
    }
}

/// Reads a `BlobHeader`: what the blob holds, and how many bytes it has.
fn parse_head(head: &[u8]) -> Result<(Content, i64), Damaged> {
    let (mut content, mut size) = (None, None);
    for field in Fields::of(head) {
        match field? {
            (1, value) => {
                content = Some(match value.bytes()? {
                    b"OSMHeader" => Content::Header,
                    b"OSMData" => Content::Data,
                    _ => Content::Other,
                });
            }
            (3, value) => size = Some(value.integer()?),
            _ => {}
        }
    }
    Ok((content.ok_or(Damaged)?, size.ok_or(Damaged)?))
}

enum Unreadable {
    Damaged,
    /// It says that it has so many bytes, or has more than it says.
    TooBig(usize),
    /// A method that the format allows and hardly anybody uses.
    Method(&'static str),
}

impl From<Damaged> for Unreadable {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

fn unpack(blob: &[u8], into: &mut Vec<u8>, inflater: &mut Decompress) -> Result<(), Unreadable> {
    let (mut plain, mut deflated, mut size) = (None, None, None);
    for field in Fields::of(blob) {
        match field? {
            (1, value) => plain = Some(value.bytes()?),
            (2, value) => size = Some(usize::try_from(value.integer()?).map_err(|_| Damaged)?),
            (3, value) => deflated = Some(value.bytes()?),
            (4, _) => return Err(Unreadable::Method("lzma")),
            (5, _) => return Err(Unreadable::Method("bzip2")),
            (6, _) => return Err(Unreadable::Method("lz4")),
            (7, _) => return Err(Unreadable::Method("zstd")),
            _ => {}
        }
    }
    if let Some(plain) = plain {
        into.clear();
        into.extend_from_slice(plain);
        return Ok(());
    }
    let (deflated, size) = (deflated.ok_or(Damaged)?, size.ok_or(Damaged)?);
    if size > MAX_BLOB {
        return Err(Unreadable::TooBig(size));
    }
    // One byte more than it claims: if that is filled too, the claim is false.
    into.resize(size + 1, 0);
    inflater.reset(true);
    let status = inflater
        .decompress(deflated, into, FlushDecompress::Finish)
        .map_err(|_| Damaged)?;
    if inflater.total_out() > size as u64 {
        return Err(Unreadable::TooBig(size));
    }
    if status != Status::StreamEnd || inflater.total_out() < size as u64 {
        return Err(Unreadable::Damaged);
    }
    into.truncate(size);
    Ok(())
}
