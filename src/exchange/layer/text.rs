//! Encodings of text.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};

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
