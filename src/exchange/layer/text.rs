//! Encodings of text.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, Read, Seek},
    path::Path,
};

use encoding_rs::{Decoder, DecoderResult, Encoding, GBK, UTF_8};

use super::read::{MOST_ROW_BYTES, Progress, row_too_large};
use crate::model::{Text, shortened};

/// Finds an encoding by one of its names: `utf-8`, `gbk`, `936`, `gb18030`, `big5` …
///
/// # Errors
/// Names that would be right.
pub fn encoding(name: &str) -> Result<&'static Encoding, Text> {
    let name = name.trim().trim_matches('\0');
    let lower = name.to_ascii_lowercase();
    let label = match &*lower {
        "936" | "cp936" | "ansi 936" | "ansi_936" | "gb2312" => "gbk",
        "65001" | "utf8" | "unicode" => "utf-8",
        "950" | "cp950" | "ansi 950" | "ansi_950" => "big5",
        "88591" | "8859_1" | "1252" | "cp1252" | "ansi 1252" | "ansi_1252" => "windows-1252",
        other => other,
    };
    Encoding::for_label(label.as_bytes())
        // Text of 16 bits does not stand in fields of bytes.
        .filter(|encoding| encoding.output_encoding() == *encoding)
        .ok_or_else(|| {
            let name = shortened(name);
            Text::new(
                format!("没有名为“{name}”的编码；常用 utf-8、gbk"),
                format!("there is no encoding “{name}”; utf-8 and gbk are usual"),
            )
        })
}

/// Text of any encoding, read as UTF-8; a byte order mark is left out, and what can't be decoded is
/// an error with its place.
pub(super) struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    /// Bytes taken from `inner`.
    taken: u64,
    /// Decoded, not yet handed on.
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: BufRead> Decoded<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            taken: 0,
            ready: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        while self.ready.is_empty() && !self.ended {
            let bytes = self.inner.fill_buf()?;
            let last = bytes.is_empty();
            self.ready.resize(bytes.len() * 3 + 16, 0);
            let (result, read, written) =
                self.decoder
                    .decode_to_utf8_without_replacement(bytes, &mut self.ready, last);
            self.ready.truncate(written);
            self.inner.consume(read);
            self.taken += read as u64;
            if let DecoderResult::Malformed(..) = result {
                let (name, at) = (self.decoder.encoding().name(), self.taken);
                return Err(read_error(Text::new(
                    format!("第 {at} 字节不是 {name} 编码的文字"),
                    format!("byte {at} is not text in {name}"),
                )));
            }
            self.ended = last;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.refill()?;
        }
        let rest = &self.ready[self.given..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

/// Bytes of a file, counted: no more of them for one row than one may have.
pub(super) struct Metered<'a, 'p> {
    inner: File,
    /// Bytes since the last row, set to 0 by whoever reads rows.
    spent: &'a Cell<u64>,
    done: u64,
    all: u64,
    progress: &'a mut Progress<'p>,
}

impl<'a, 'p> Metered<'a, 'p> {
    pub(super) fn open(
        path: &Path,
        spent: &'a Cell<u64>,
        progress: &'a mut Progress<'p>,
    ) -> Result<Self, Text> {
        let inner = File::open(path).map_err(|error| said(&error))?;
        Self::of(inner, spent, progress)
    }

    /// From the beginning of an open file.
    pub(super) fn of(
        mut inner: File,
        spent: &'a Cell<u64>,
        progress: &'a mut Progress<'p>,
    ) -> Result<Self, Text> {
        inner.rewind().map_err(|error| said(&error))?;
        let all = inner.metadata().map_err(|error| said(&error))?.len();
        Ok(Self {
            inner,
            spent,
            done: 0,
            all,
            progress,
        })
    }
}

impl Read for Metered<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.spent.get() > MOST_ROW_BYTES {
            return Err(read_error(row_too_large()));
        }
        let count = self.inner.read(into)?;
        self.spent.set(self.spent.get() + count as u64);
        self.done += count as u64;
        (self.progress)(self.done, self.all.max(self.done));
        Ok(count)
    }
}

/// The encoding that is asked for, or else the one in which all of a file can be read, with a note that
/// says so.
///
/// # Errors
/// As [`detect`], and where the file can't be opened.
pub(super) fn encoding_of(
    path: &Path,
    asked: Option<&'static Encoding>,
    notes: &mut Vec<Text>,
) -> Result<&'static Encoding, Text> {
    if let Some(encoding) = asked {
        return Ok(encoding);
    }
    let (encoding, note) = detect(File::open(path).map_err(|error| said(&error))?)?;
    notes.push(note);
    Ok(encoding)
}

/// The encoding of a text that does not state it, as all of it can be read: UTF-8, by its mark
/// another of Unicode, or GBK.
///
/// # Errors
/// The line that is in none of them.
pub(super) fn detect(mut text: impl Read) -> Result<(&'static Encoding, Text), Text> {
    let mut candidates = [
        Some(UTF_8.new_decoder_without_bom_handling()),
        Some(GBK.new_decoder_without_bom_handling()),
    ];
    let mut block = vec![0; 1 << 16];
    let mut decoded = vec![0; block.len() * 3 + 16];
    let mut is_first = true;
    // Where text stops being UTF-8: its line is what is in no encoding, if there is none.
    let mut lines = 1;
    let mut odd_line = None;
    loop {
        let count = text.read(&mut block).map_err(|error| said(&error))?;
        let bytes = &block[..count];
        if is_first && let Some((encoding, _)) = Encoding::for_bom(bytes) {
            let name = encoding.name();
            return Ok((encoding, stated(name)));
        }
        is_first = false;
        for (place, candidate) in candidates.iter_mut().enumerate() {
            let Some(decoder) = candidate else { continue };
            let (result, read, _) =
                decoder.decode_to_utf8_without_replacement(bytes, &mut decoded, count == 0);
            if let DecoderResult::Malformed(..) = result {
                *candidate = None;
                if place == 0 || odd_line.is_none() {
                    odd_line = Some(lines + newlines(&bytes[..read]));
                }
            }
        }
        lines += newlines(bytes);
        if count == 0 {
            break;
        }
    }
    match candidates {
        [Some(_), _] => Ok((UTF_8, stated("UTF-8"))),
        [None, Some(_)] => Ok((
            GBK,
            Text::new(
                "文字不是 UTF-8，能按 GBK 读出，按 GBK 读取",
                "the text is no UTF-8 and can be read as GBK: it is read so",
            ),
        )),
        [None, None] => {
            let line = odd_line.unwrap_or(lines);
            Err(Text::new(
                format!("第 {line} 行的文字既不是 UTF-8 也不是 GBK，或混用了两种编码"),
                format!("line {line} is neither UTF-8 nor GBK, or both are mixed"),
            ))
        }
    }
}

fn stated(name: &str) -> Text {
    Text::new(
        format!("文字按 {name} 读取"),
        format!("the text is read as {name}"),
    )
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// Words that pass through a reader of bytes as its error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(Text);

/// An error of a reader of bytes, in words.
pub(super) fn read_error(text: Text) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Said(text))
}

/// What an error of a reader of bytes says.
pub(super) fn said(error: &io::Error) -> Text {
    let words = error.get_ref().and_then(|inner| inner.downcast_ref());
    match words {
        Some(Said(text)) => text.clone(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => Text::new(
            "文件在中途结束，可能没有传完",
            "the file ends in the middle, it may be incomplete",
        ),
        None => Text::new(
            format!("读不了：{error}"),
            format!("can't be read: {error}"),
        ),
    }
}
