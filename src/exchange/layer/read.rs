//! Opening a file of any format, told by its content.

use std::{
    collections::HashSet,
    fs::File,
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use encoding_rs::Encoding;

use super::{
    Field, Format, Layer, Row, RowFlaw, StatedCrs, archive::Archive, csv, dxf, flatgeobuf, geojson,
    geopackage, kml, shapefile, text,
};
use crate::{
    geometry::crs::Crs,
    model::{Text, shortened},
};

/// Takes rows one after another, and says whether it wants more.
pub type Take<'a> = dyn FnMut(Result<Row, RowFlaw>) -> ControlFlow<()> + 'a;

/// Is told how much has been read, and of how much: bytes, or rows where its format counts them.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Bytes that one row may take: what is longer is a flaw, not a feature.
pub(super) const MOST_ROW_BYTES: u64 = 64 << 20;

/// Fields that a layer may have.
pub(super) const MOST_FIELDS: usize = 1000;

/// What whoever reads a file knows better than the file, and has for it.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The reference system of its coordinates, whatever it states.
    pub crs: Option<Crs>,
    /// The encoding of its text, whatever it states.
    pub encoding: Option<&'static Encoding>,
    /// Which of its layers, where it has several.
    pub layer: Option<String>,
    /// A folder for what has to be unpacked; without it, that of the system.
    pub scratch: Option<PathBuf>,
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
        let content = sniff(path).map_err(named)?;
        let (mut layer, source) = match content {
            Content::Archive => open_archive(path, options, progress),
            Content::Plain(Format::GeoJson) => geojson::open(path, options, progress),
            Content::Plain(Format::Csv) => csv::open(path, options, progress),
            Content::Plain(Format::Shapefile) => shapefile::open_bare(path, options),
            Content::Plain(Format::GeoPackage) => geopackage::open(path, options),
            Content::Plain(Format::FlatGeobuf) => flatgeobuf::open(path),
            Content::Plain(Format::Kml) => kml::open(path, options, progress),
            Content::Plain(Format::Dxf) => dxf::open(path, options, progress),
        }
        .map_err(named)?;
        if layer.fields.len() > MOST_FIELDS {
            return Err(named(too_many_fields(layer.fields.len())));
        }
        name_apart(&mut layer);
        if let Some(crs) = options.crs {
            let other = match &layer.crs {
                StatedCrs::None => None,
                StatedCrs::Known(stated) => (*stated != crs).then(|| stated.short_name()),
                StatedCrs::Wkt(definition) => Some(shortened(definition)),
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

/// Gives fields of one name names of their own: values are known by them, and writers that cut names
/// to ten bytes make two of one.
fn name_apart(layer: &mut Layer) {
    let mut taken: HashSet<String> = HashSet::new();
    for field in &mut layer.fields {
        let name = (1..=MOST_FIELDS + 1)
            .map(|number| match number {
                1 => field.name.clone(),
                _ => format!("{}_{number}", field.name),
            })
            .find(|name| !taken.contains(name));
        let Some(name) = name else { continue };
        if name != field.name {
            let old = shortened(&field.name);
            layer.notes.push(Text::new(
                format!("有几个字段都叫“{old}”，后面的改称“{name}”"),
                format!("several fields are called “{old}”: a later one is called “{name}”"),
            ));
            field.name.clone_from(&name);
        }
        taken.insert(name);
    }
}

/// A statement about a file, with its name before it.
fn of_file(file: &str, text: &Text) -> Text {
    Text::new(
        format!("{file}：{}", text.zh),
        format!("{file}: {}", text.en),
    )
}

/// What a file is by how it begins.
enum Content {
    Plain(Format),
    Archive,
}

fn sniff(path: &Path) -> Result<Content, Text> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(4096).read_to_end(&mut start))
        .map_err(|error| text::said(&error))?;
    if start.is_empty() {
        return Err(Text::new("文件是空的", "the file is empty"));
    }
    let end = path.extension().and_then(|end| end.to_str());
    let end = end.unwrap_or_default().to_ascii_lowercase();
    if matches!(&*end, "shx" | "dbf" | "prj" | "cpg") {
        return Err(Text::new(
            "这只是 Shapefile 的一部分，请给出 .shp，或把 .shp、.shx、.dbf、.prj 压缩成一个 .zip",
            "this is one part of a shapefile: give its .shp, or zip its .shp, .shx, .dbf and .prj",
        ));
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    let text = text.trim_ascii_start();
    let is_drawing = || {
        let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        matches!(
            (lines.next(), lines.next()),
            (Some(b"0"), Some(b"SECTION")) | (Some(b"999"), _)
        )
    };
    Ok(match &*start {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Content::Archive,
        [0, 0, 0x27, 0x0a, ..] => Content::Plain(Format::Shapefile),
        bytes if bytes.starts_with(b"SQLite format 3\0") => Content::Plain(Format::GeoPackage),
        bytes if bytes.starts_with(b"fgb") => Content::Plain(Format::FlatGeobuf),
        bytes if bytes.starts_with(b"AutoCAD Binary DXF") => {
            return Err(Text::new(
                "是二进制 DXF，请另存为文本（ASCII）DXF",
                "this is a binary DXF: save it as text (ASCII)",
            ));
        }
        bytes if bytes.starts_with(b"AC10") => {
            return Err(Text::new(
                "是 DWG 图，请另存为 DXF",
                "this is a DWG drawing: save it as DXF",
            ));
        }
        _ => match text {
            [b'{' | 0x1e, ..] => Content::Plain(Format::GeoJson),
            [b'<', ..] => Content::Plain(Format::Kml),
            _ if is_drawing() => Content::Plain(Format::Dxf),
            // Any text can be a table: its name must say that it is one.
            _ if matches!(&*end, "csv" | "tsv" | "txt") => Content::Plain(Format::Csv),
            _ => return Err(unknown()),
        },
    })
}

fn open_archive(
    path: &Path,
    options: &ReadOptions,
    progress: &mut Progress,
) -> Result<Opened, Text> {
    let mut archive = Archive::open(path, options.scratch.as_deref())?;
    let entries = archive.entries()?;
    let has = |wanted: &str| entries.iter().any(|entry| entry.stem_and_end().1 == wanted);
    if has("shp") {
        shapefile::open_zipped(&mut archive, &entries, options)
    } else if has("kml") {
        kml::open_zipped(path, &mut archive, &entries, options, progress)
    } else {
        let names: Vec<_> = entries.iter().take(8).map(|entry| &*entry.name).collect();
        let names = names.join(", ");
        Err(Text::new(
            format!("压缩包里没有 .shp，也没有 .kml，有：{names}"),
            format!("there is no .shp in the archive and no .kml, but {names}"),
        ))
    }
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

/// The layer that is asked for among several; without being asked, the only one.
pub(super) fn choose(names: &[String], asked: Option<&str>) -> Result<usize, Text> {
    let list = names.join(", ");
    match (asked, names) {
        (_, []) => Err(Text::new("里面没有图层", "there is no layer in it")),
        (None, [_]) => Ok(0),
        (None, _) => Err(Text::new(
            format!("里面有几个图层，请指明读哪一个：{list}"),
            format!("there are several layers in it; say which: {list}"),
        )),
        (Some(asked), _) => names.iter().position(|name| name == asked).ok_or_else(|| {
            Text::new(
                format!("里面没有图层“{asked}”，有：{list}"),
                format!("there is no layer “{asked}” in it, but {list}"),
            )
        }),
    }
}
