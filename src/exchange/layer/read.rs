//! Opening a file of any format, told by its content.

use std::{fs::File, io::Read, ops::ControlFlow, path::Path};

use encoding_rs::Encoding;

use super::{Field, Format, Layer, Row, RowFlaw, StatedCrs, geojson, text};
use crate::{geometry::crs::Crs, model::Text};

/// Takes rows one after another, and says whether it wants more.
pub type Take<'a> = dyn FnMut(Result<Row, RowFlaw>) -> ControlFlow<()> + 'a;

/// Is told how much has been read, and of how much: bytes or rows.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Bytes that one row may take: what is longer is a flaw, not a feature.
pub(super) const MOST_ROW_BYTES: u64 = 64 << 20;

/// Fields that a layer may have.
pub(super) const MOST_FIELDS: usize = 1000;

/// What whoever reads a file knows better than the file.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The reference system of its coordinates, whatever it states.
    pub crs: Option<Crs>,
    /// The encoding of its text, whatever it states.
    pub encoding: Option<&'static Encoding>,
    /// Which of its layers, where it has several.
    pub layer: Option<String>,
}

/// An open file.
pub struct Reader {
    /// Its name, without folders.
    file: String,
    layer: Layer,
    source: Box<dyn Source>,
}

/// Where the rows of an open file come from.
pub(super) trait Source: Send {
    /// Hands on every row, from the first one; at the end `Ok`, or where the rest can't be read why.
    fn rows(
        &mut self,
        fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text>;
}

/// What a format's module opens.
pub(super) type Opened = (Layer, Box<dyn Source>);

impl Reader {
    /// Opens a file, and reads as much of it as telling its fields takes: all, where the format has
    /// no list of them.
    ///
    /// # Errors
    /// What is wrong with which part of the file, and what would be right.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self, Text> {
        Self::open_watched(path, options, &mut |_, _| ())
    }

    /// The same, telling how far it has come.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_watched(
        path: &Path,
        options: &ReadOptions,
        progress: &mut Progress,
    ) -> Result<Self, Text> {
        let file = path.file_name().unwrap_or(path.as_os_str());
        let file = file.to_string_lossy().into_owned();
        let named = |text: Text| of_file(&file, &text);
        let format = sniff(path).map_err(named)?;
        let (mut layer, source) = match format {
            Format::GeoJson => geojson::open(path, options, progress),
            _ => Err(unknown()),
        }
        .map_err(named)?;
        if layer.fields.len() > MOST_FIELDS {
            return Err(named(too_many_fields(layer.fields.len())));
        }
        if let Some(crs) = options.crs {
            let other = match &layer.crs {
                StatedCrs::None => None,
                StatedCrs::Known(stated) => (*stated != crs).then(|| stated.short_name()),
                StatedCrs::Wkt(definition) => Some(crate::model::shortened(definition)),
            };
            if let Some(stated) = other {
                let name = crs.short_name();
                layer.notes.push(Text::new(
                    format!("文件写明坐标系是 {stated}，按指定的 {name} 读取"),
                    format!("the file states {stated}; it is read as {name}, as asked"),
                ));
            }
            layer.crs = StatedCrs::Known(crs);
        }
        Ok(Self {
            file,
            layer,
            source,
        })
    }

    /// What it holds.
    #[must_use]
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Hands on every row from the first one, until `take` has enough.
    ///
    /// # Errors
    /// Where the rest of the file can't be read, why; rows up to there have been handed on.
    pub fn rows(&mut self, take: &mut Take, progress: &mut Progress) -> Result<(), Text> {
        self.source
            .rows(&self.layer.fields, take, progress)
            .map_err(|text| of_file(&self.file, &text))
    }
}

/// A statement about a file, with its name before it.
fn of_file(file: &str, text: &Text) -> Text {
    Text::new(
        format!("{file}：{}", text.zh),
        format!("{file}: {}", text.en),
    )
}

/// The format of a file by how it begins.
fn sniff(path: &Path) -> Result<Format, Text> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(4096).read_to_end(&mut start))
        .map_err(|error| text::said(&error))?;
    if start.is_empty() {
        return Err(Text::new("文件是空的", "the file is empty"));
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    let text = text.trim_ascii_start();
    Ok(match text {
        [b'{' | 0x1e, ..] => Format::GeoJson,
        _ => return Err(unknown()),
    })
}

fn unknown() -> Text {
    let names = Format::ALL.map(Format::name).join(", ");
    Text::new(
        format!("内容不是这些格式中的任何一种：{names}"),
        format!("its content is none of {names}"),
    )
}

pub(super) fn too_many_fields(count: usize) -> Text {
    Text::new(
        format!("有 {count} 个字段，最多 {MOST_FIELDS} 个"),
        format!("it has {count} fields, at most {MOST_FIELDS} are taken"),
    )
}

/// A row that is larger than any feature.
pub(super) fn row_too_large() -> Text {
    let most = MOST_ROW_BYTES >> 20;
    Text::new(
        format!("这一要素超过 {most} MB"),
        format!("this feature is larger than {most} MB"),
    )
}

/// A value as an id: text or a number.
pub(super) fn id(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The id among the values of a row.
pub(super) fn id_of(fields: &[Field], values: &[serde_json::Value]) -> Option<String> {
    let place = fields.iter().position(|field| field.name == "id")?;
    id(values.get(place)?)
}
