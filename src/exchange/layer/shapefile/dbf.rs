//! Attributes of a `.dbf` (dBase III and its kin).

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom, Write},
    str,
};

use encoding_rs::{BIG5, Encoding, GBK, UTF_8};
use serde_json::Value;

use super::super::{
    Field, FieldKind, Layer,
    infer::{real, text},
    read::{ReadOptions, row_too_large},
    text::{encoding, said},
    write::{FieldSurvey, Losses, Survey},
};
use crate::model::{Text, shortened};

/// An open `.dbf`.
pub(super) struct Table {
    file: BufReader<File>,
    columns: Vec<Column>,
    /// Bytes before the first record.
    start: u64,
    /// Bytes of a record.
    length: usize,
    /// Records.
    pub(super) count: u64,
    language: u8,
    pub(super) encoding: &'static Encoding,
    next: u64,
}

struct Column {
    name: Vec<u8>,
    letter: u8,
    decimals: u8,
    at: usize,
    length: usize,
}

impl Column {
    /// Whether it has more digits than a number keeps: then they are a code.
    fn is_code(&self) -> bool {
        self.decimals == 0 && self.length > 19
    }

    fn kind(&self) -> Option<FieldKind> {
        Some(match self.letter {
            b'C' => FieldKind::Text,
            b'N' | b'F' if self.is_code() => FieldKind::Text,
            b'N' | b'F' if self.decimals == 0 => FieldKind::Integer,
            b'N' | b'F' => FieldKind::Real,
            b'L' => FieldKind::Boolean,
            b'D' => FieldKind::Date,
            b'I' if self.length == 4 => FieldKind::Integer,
            b'O' if self.length == 8 => FieldKind::Real,
            _ => return None,
        })
    }
}

impl Table {
    pub(super) fn open(mut file: File) -> Result<Self, Text> {
        let bytes = file.metadata().map_err(|error| said(&error))?.len();
        file.rewind().map_err(|error| said(&error))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut head = [0; 32];
        file.read_exact(&mut head).map_err(|_| short(32, bytes))?;
        let start = u64::from(u16::from_le_bytes([head[8], head[9]]));
        let length = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let count = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let stated = start + count * length as u64;
        if stated > bytes {
            return Err(short(stated, bytes));
        }
        let damaged = || {
            Text::new(
                ".dbf 的字段表已损坏",
                "the list of fields of the .dbf is damaged",
            )
        };
        let mut columns = Vec::new();
        let mut at = 1;
        let mut passed = 32;
        loop {
            let mut column = [0; 32];
            file.read_exact(&mut column[..1]).map_err(|_| damaged())?;
            if column[0] == 0x0d {
                break;
            }
            passed += 32;
            file.read_exact(&mut column[1..]).map_err(|_| damaged())?;
            let name = column[..11].split(|byte| *byte == 0).next().unwrap_or(&[]);
            let column = Column {
                name: name.to_vec(),
                letter: column[11],
                decimals: column[17],
                at,
                length: usize::from(column[16]),
            };
            at += column.length;
            if at > length || passed >= start {
                return Err(damaged());
            }
            columns.push(column);
        }
        if length == 0 {
            return Err(damaged());
        }
        let mut table = Self {
            file,
            columns,
            start,
            length,
            count,
            language: head[29],
            encoding: UTF_8,
            next: 0,
        };
        table.rewind()?;
        Ok(table)
    }

    /// Back to the first record.
    pub(super) fn rewind(&mut self) -> Result<(), Text> {
        self.next = 0;
        let start = SeekFrom::Start(self.start);
        self.file
            .seek(start)
            .map(|_| ())
            .map_err(|error| said(&error))
    }

    /// Finds out in what its text is, in this order: as asked, as `.cpg` says, as the header says, as
    /// it can be read.
    pub(super) fn decide_encoding(
        &mut self,
        options: &ReadOptions,
        cpg: Option<&str>,
    ) -> Result<Vec<Text>, Text> {
        if let Some(asked) = options.encoding {
            self.encoding = asked;
            return Ok(Vec::new());
        }
        let mut notes = Vec::new();
        let stated = match cpg.map(encoding) {
            Some(Ok(stated)) => Some((stated, ".cpg")),
            Some(Err(text)) => {
                notes.push(Text::new(
                    format!(".cpg：{}", text.zh),
                    format!("the .cpg: {}", text.en),
                ));
                None
            }
            None => None,
        };
        let stated = stated.or(match self.language {
            0x4d | 0x7a => Some((GBK, ".dbf")),
            0x4f | 0x78 => Some((BIG5, ".dbf")),
            // What writers put there who did not ask (0x57, 0x03) says nothing.
            _ => None,
        });
        if let Some((stated, part)) = stated
            && stated != UTF_8
        {
            self.encoding = stated;
            let name = stated.name();
            notes.push(Text::new(
                format!("{part} 写明文字是 {name}"),
                format!("the {part} says that text is {name}"),
            ));
            return Ok(notes);
        }
        let flaws = self.try_encodings()?;
        let note = match (stated, flaws) {
            (Some(_), [0, _]) => {
                Text::new(".cpg 写明文字是 UTF-8", "the .cpg says that text is UTF-8")
            }
            (None, [0, _]) => Text::new(
                "没有写明编码，文字能按 UTF-8 读出",
                "no encoding is stated; the text can be read as UTF-8",
            ),
            (stated, [odd, 0]) => {
                self.encoding = GBK;
                match stated {
                    Some(_) => Text::new(
                        format!(
                            ".cpg 写明文字是 UTF-8，但有 {odd} 处不是；都能按 GBK 读出，按 GBK 读取"
                        ),
                        format!(
                            "the .cpg says UTF-8, but {odd} texts are not; all can be read as GBK and are"
                        ),
                    ),
                    None => Text::new(
                        "没有写明编码，文字不是 UTF-8，能按 GBK 读出，按 GBK 读取",
                        "no encoding is stated; the text is no UTF-8 and can be read as GBK: it is read so",
                    ),
                }
            }
            (_, [utf8, gbk]) => {
                let odd = utf8.min(gbk);
                if gbk < utf8 {
                    self.encoding = GBK;
                }
                let name = self.encoding.name();
                Text::new(
                    format!(
                        "文字混用了编码：按 {name} 读取，有 {odd} 处读不出；可用 encoding 指定编码"
                    ),
                    format!(
                        "encodings are mixed: text is read as {name}, {odd} of them can't be; another can be asked for"
                    ),
                )
            }
        };
        notes.push(note);
        Ok(notes)
    }

    /// How many texts are none in UTF-8, and in GBK.
    fn try_encodings(&mut self) -> Result<[u64; 2], Text> {
        let mut flaws = [0; 2];
        for column in &self.columns {
            for (place, encoding) in [UTF_8, GBK].into_iter().enumerate() {
                flaws[place] += u64::from(decode(&column.name, encoding, 11).is_none());
            }
        }
        let mut record = vec![0; self.length];
        for _ in 0..self.count {
            self.file
                .read_exact(&mut record)
                .map_err(|error| said(&error))?;
            for column in self.columns.iter().filter(|column| column.letter == b'C') {
                let bytes = trimmed(&record[column.at..column.at + column.length]);
                if bytes.is_ascii() {
                    continue;
                }
                for (place, encoding) in [UTF_8, GBK].into_iter().enumerate() {
                    flaws[place] += u64::from(decode(bytes, encoding, column.length).is_none());
                }
            }
        }
        self.rewind()?;
        Ok(flaws)
    }

    /// Its fields; those of kinds that can't be read are left out, with a note.
    pub(super) fn fields(&self, notes: &mut Vec<Text>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for column in &self.columns {
            let name = decode(&column.name, self.encoding, 10)
                .unwrap_or_else(|| String::from_utf8_lossy(&column.name).into_owned());
            if let Some(kind) = column.kind() {
                fields.push(Field { name, kind });
                continue;
            }
            let letter = char::from(column.letter);
            notes.push(Text::new(
                format!("字段“{name}”的类型 {letter} 不能读取，略去"),
                format!("field “{name}” is of type {letter}, which is not read: it is left out"),
            ));
        }
        fields
    }

    /// The next record: nothing at the end or of one that has been deleted, and an inner error where
    /// it alone can't be read.
    #[allow(clippy::type_complexity)]
    pub(super) fn next(
        &mut self,
        fields: &[Field],
    ) -> Result<Option<Option<Result<Vec<Value>, Text>>>, Text> {
        if self.next == self.count {
            return Ok(None);
        }
        self.next += 1;
        let mut record = vec![0; self.length];
        self.file
            .read_exact(&mut record)
            .map_err(|error| said(&error))?;
        if record[0] == b'*' {
            return Ok(Some(None));
        }
        let columns = self.columns.iter().filter(|column| column.kind().is_some());
        let values = columns.zip(fields).map(|(column, field)| {
            let bytes = &record[column.at..column.at + column.length];
            self.value(column, bytes).ok_or_else(|| {
                let (name, found) = (&field.name, shortened(&String::from_utf8_lossy(bytes)));
                let wanted = match column.letter {
                    b'C' => Text::new(
                        format!("{} 编码的文字", self.encoding.name()),
                        format!("text in {}", self.encoding.name()),
                    ),
                    b'D' => Text::new("日期，如 20261122", "a date such as 20261122"),
                    _ => Text::new("数", "a number"),
                };
                Text::new(
                    format!("字段“{name}”的值“{found}”应为{}", wanted.zh),
                    format!(
                        "the value “{found}” of field “{name}” should be {}",
                        wanted.en
                    ),
                )
            })
        });
        Ok(Some(Some(values.collect())))
    }

    fn value(&self, column: &Column, bytes: &[u8]) -> Option<Value> {
        match column.letter {
            b'I' => return Some(i32::from_le_bytes(bytes.try_into().ok()?).into()),
            b'O' => {
                return real(f64::from_le_bytes(bytes.try_into().ok()?));
            }
            _ => {}
        }
        let bytes = trimmed(bytes);
        if bytes.is_empty() {
            return Some(Value::Null);
        }
        if column.letter == b'C' {
            return decode(bytes, self.encoding, column.length).map(Value::from);
        }
        let text = str::from_utf8(bytes).ok()?.trim();
        match column.letter {
            b'L' => Some(match text {
                "T" | "t" | "Y" | "y" => true.into(),
                "F" | "f" | "N" | "n" => false.into(),
                "?" => Value::Null,
                _ => return None,
            }),
            b'D' => {
                if text.bytes().all(|byte| byte == b'0') {
                    return Some(Value::Null);
                }
                let (year, rest) = text.split_at_checked(4)?;
                let (month, day) = rest.split_at_checked(2)?;
                super::super::infer::value(&format!("{year}-{month}-{day}"), FieldKind::Date)
            }
            _ => {
                // Some writers fill a number without a value with stars.
                if text.bytes().all(|byte| byte == b'*') {
                    return Some(Value::Null);
                }
                if column.is_code() {
                    return Some(text.into());
                }
                if let Ok(whole) = text.parse::<i64>()
                    && column.decimals == 0
                {
                    return Some(whole.into());
                }
                real(text.parse().ok()?)
            }
        }
    }
}

fn short(stated: u64, bytes: u64) -> Text {
    Text::new(
        format!(".dbf 不完整：应有 {stated} 字节，只有 {bytes}"),
        format!("the .dbf is incomplete: it should have {stated} bytes and has {bytes}"),
    )
}

/// Without the spaces or zeros that fill it up.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | 0))
        .map_or(0, |last| last + 1);
    &bytes[..end]
}

/// Text of a field of so many bytes: writers cut what is longer, through a character too, of which
/// what is left is no error.
fn decode(bytes: &[u8], encoding: &'static Encoding, width: usize) -> Option<String> {
    let whole = |bytes: &[u8]| {
        encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(std::borrow::Cow::into_owned)
    };
    whole(bytes).or_else(|| {
        // At most three bytes of a character can be left over.
        if bytes.len() + 3 < width {
            return None;
        }
        (1..=3.min(bytes.len())).find_map(|left| whole(&bytes[..bytes.len() - left]))
    })
}

/// The codes that `.cpg` and the header have for UTF-8 and its kin; other encodings are read only.
pub(super) const CPG: &str = "UTF-8";

/// How a layer's fields are written.
pub(super) struct Plan {
    columns: Vec<Planned>,
    /// Bytes of a record.
    length: usize,
}

/// A column that is to be written.
struct Planned {
    /// The field, or none for the id.
    field: Option<usize>,
    name: String,
    letter: u8,
    width: usize,
    decimals: usize,
}

/// Bytes of text that a field can have.
const MOST_TEXT: usize = 254;
/// Bytes of a number that is not cut.
const MOST_NUMBER: usize = 24;

impl Plan {
    /// # Errors
    /// Where a `.dbf` can't have such fields at all.
    pub(super) fn new(layer: &Layer, survey: &Survey, writes_id: bool) -> Result<Self, Text> {
        let mut columns = Vec::new();
        if writes_id {
            columns.push(Planned {
                field: None,
                name: "id".to_owned(),
                letter: b'C',
                width: survey.longest_id.clamp(1, MOST_TEXT),
                decimals: 0,
            });
        }
        for (place, (field, seen)) in layer.fields.iter().zip(&survey.fields).enumerate() {
            let names = columns.iter().map(|column| &*column.name);
            let name = short_name(&field.name, &names.collect::<Vec<_>>());
            let (letter, width, decimals) = form(field, seen);
            columns.push(Planned {
                field: Some(place),
                name,
                letter,
                width,
                decimals,
            });
        }
        let length = 1 + columns.iter().map(|column| column.width).sum::<usize>();
        if columns.len() > 255 || length > usize::from(u16::MAX) {
            let count = columns.len();
            return Err(Text::new(
                format!(
                    "Shapefile 最多 255 个字段、每条 65535 字节；这里有 {count} 个字段、{length} 字节，请用 GeoPackage"
                ),
                format!(
                    "a shapefile has 255 fields and 65535 bytes a record at most; these are {count} fields and {length} bytes: use a GeoPackage"
                ),
            ));
        }
        // A table without a column is none to many programs.
        if columns.is_empty() {
            return Err(Text::new(
                "Shapefile 至少要有一个字段，请用 GeoJSON 或 GeoPackage",
                "a shapefile needs one field at least: use GeoJSON or a GeoPackage",
            ));
        }
        Ok(Self { columns, length })
    }

    pub(super) fn losses(&self, layer: &Layer, survey: &Survey, losses: &mut Losses) {
        let mut renamed = Vec::new();
        let mut cut = Vec::new();
        let mut nulls = Vec::new();
        let mut padded = Vec::new();
        let mut turned = Vec::new();
        for column in &self.columns {
            let Some(place) = column.field else { continue };
            let (field, seen) = (&layer.fields[place], &survey.fields[place]);
            if column.name != field.name {
                renamed.push(format!("{} → {}", field.name, column.name));
            }
            if seen.longest > column.width && column.letter == b'C' {
                cut.push(&*field.name);
            }
            if seen.empty > 0 {
                nulls.push(&*field.name);
            }
            if seen.padded && column.letter == b'C' {
                padded.push(&*field.name);
            }
            if column.letter == b'C' && field.kind != FieldKind::Text {
                turned.push(&*field.name);
            }
        }
        let renamed: Vec<_> = renamed.iter().map(String::as_str).collect();
        losses.tell_fields(
            &renamed,
            "字段名最多 10 字节，改名",
            "names of fields have 10 bytes at most and are changed",
        );
        losses.tell_fields(
            &cut,
            "文字最多 254 字节，超出的截去",
            "text has 254 bytes at most; what is longer is cut",
        );
        losses.tell_fields(
            &turned,
            "日期时间、列表和对象写成文字",
            "times, lists and objects become text",
        );
        losses.tell_fields(
            &nulls,
            "空文字与没有值不分",
            "empty text can't be told from no value",
        );
        losses.tell_fields(
            &padded,
            "文字末尾的空格去掉",
            "spaces at the end of text are left out",
        );
    }

    pub(super) fn write_header(&self, out: &mut impl Write, count: u64) -> Result<(), Text> {
        let too_many = || {
            Text::new(
                "要素太多，请用 GeoPackage",
                "too many features: use a GeoPackage",
            )
        };
        let count = u32::try_from(count).map_err(|_| too_many())?;
        let start = u16::try_from(33 + 32 * self.columns.len()).map_err(|_| too_many())?;
        let length = u16::try_from(self.length).map_err(|_| row_too_large())?;
        // dBase III without memos; the day of its making is nobody's concern, but must be one.
        let mut head = vec![0x03, 126, 1, 1];
        head.extend(count.to_le_bytes());
        head.extend(start.to_le_bytes());
        head.extend(length.to_le_bytes());
        head.resize(32, 0);
        for column in &self.columns {
            let mut bytes = column.name.clone().into_bytes();
            bytes.resize(11, 0);
            bytes.push(column.letter);
            bytes.resize(16, 0);
            bytes.push(u8::try_from(column.width).unwrap_or(u8::MAX));
            bytes.push(u8::try_from(column.decimals).unwrap_or(u8::MAX));
            bytes.resize(32, 0);
            head.extend(bytes);
        }
        head.push(0x0d);
        out.write_all(&head)
            .map_err(|error| super::super::write::failed(&error))
    }

    /// A record's bytes.
    pub(super) fn record(&self, layer: &Layer, id: Option<&str>, values: &[Value]) -> Vec<u8> {
        let mut out = vec![b' '];
        for column in &self.columns {
            let start = out.len();
            let content = match column.field {
                None => id.unwrap_or_default().to_owned(),
                Some(place) => column.content(&layer.fields[place], &values[place]),
            };
            let cut = floor_char_boundary(&content, column.width);
            let fill = column.width - cut.len();
            if matches!(column.letter, b'N') {
                out.resize(start + fill, b' ');
            }
            out.extend(cut.as_bytes());
            out.resize(start + column.width, b' ');
        }
        out
    }
}

impl Planned {
    fn content(&self, field: &Field, value: &Value) -> String {
        match (self.letter, value) {
            (b'L', Value::Bool(true)) => "T".to_owned(),
            (b'L', Value::Bool(false)) => "F".to_owned(),
            (b'L', _) => String::new(),
            (b'D', Value::String(date)) => date.replace('-', ""),
            (b'N', Value::Number(number)) => match number.as_f64() {
                Some(real) if !number.is_i64() => {
                    let plain = format!("{real:.*}", self.decimals);
                    let same = plain.parse() == Ok(real) && plain.len() <= self.width;
                    if same { plain } else { format!("{real:e}") }
                }
                _ => number.to_string(),
            },
            _ => text(value, field.kind).unwrap_or_default(),
        }
    }
}

/// The letter, width and decimals of a column.
fn form(field: &Field, seen: &FieldSurvey) -> (u8, usize, usize) {
    let as_text = (b'C', seen.longest.clamp(1, MOST_TEXT), 0);
    if seen.misfits > 0 {
        return as_text;
    }
    match field.kind {
        FieldKind::Boolean => (b'L', 1, 0),
        FieldKind::Date => (b'D', 8, 0),
        FieldKind::Integer => (b'N', seen.digits.max(1), 0),
        FieldKind::Real => {
            // A number of no decimals would be a whole one when it is read again.
            let decimals = seen.decimals.clamp(1, 15);
            let width = (seen.digits.max(1) + 1 + decimals).min(MOST_NUMBER);
            if seen.decimals > 15 || seen.digits + 1 + seen.decimals > MOST_NUMBER {
                (b'N', MOST_NUMBER, 15)
            } else {
                (b'N', width, decimals)
            }
        }
        FieldKind::Text | FieldKind::DateTime | FieldKind::Json => as_text,
    }
}

/// A name of 10 bytes at most that no other column has, whatever its case.
fn short_name(name: &str, taken: &[&str]) -> String {
    let is_free = |name: &str| !taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    let name = if name.is_empty() { "field" } else { name };
    let plain = floor_char_boundary(name, 10);
    if is_free(plain) {
        return plain.to_owned();
    }
    (1..=taken.len() + 1)
        .map(|number| {
            let end = format!("_{number}");
            format!("{}{end}", floor_char_boundary(name, 10 - end.len()))
        })
        .find(|name| is_free(name))
        .unwrap_or_default()
}

/// The beginning of a text, of so many bytes at most.
fn floor_char_boundary(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
