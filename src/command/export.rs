//! `renewal-map export`: a collection as a file of any format that is read, in any system.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use geo::MapCoords;
use indicatif::{ProgressBar, ProgressStyle};
use renewal_map::{
    exchange::{
        geojson::write_feature,
        layer::{Draft, Fields, Format, Layer, Row, StatedCrs},
    },
    filter::{Filter, Language},
    geometry::crs::{Crs, Transformer},
    model::{Feature, Revision, Text},
    store::{Field, Selection, Snapshot, record::edited_form},
};
use serde_json::{Map, Value};

use super::District;

#[derive(Args)]
pub struct Export {
    /// 集合，如 parcels (the collection, such as parcels)
    #[arg(value_name = "COLLECTION")]
    collection: String,
    /// 写入的文件；格式看结尾：.geojson .zip（Shapefile） .gpkg .fgb .csv .kml .dxf (the file to write, its end tells the format: .zip is a shapefile)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// 格式，不看文件名 (the format, whatever the file is called)
    #[arg(long, value_enum)]
    format: Option<FormatWord>,
    /// 坐标系，如 EPSG:4548 (the reference system, such as EPSG:4548)
    #[arg(long, value_name = "CRS", default_value = "CRS84", value_parser = parse_crs)]
    crs: Crs,
    /// 哪个版本；不给则最新 (which revision; the latest without it)
    #[arg(long, value_name = "N", requires = "data")]
    revision: Option<u64>,
    /// 筛选条件，CQL2 文本或 JSON (what must be true of features, CQL2 text or JSON)
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    /// 只说会丢失什么，不写文件 (only tell what will be lost; write nothing)
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    district: District,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatWord {
    Geojson,
    Shapefile,
    Gpkg,
    Fgb,
    Csv,
    Kml,
    Dxf,
}

impl From<FormatWord> for Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Geojson => Self::GeoJson,
            FormatWord::Shapefile => Self::Shapefile,
            FormatWord::Gpkg => Self::GeoPackage,
            FormatWord::Fgb => Self::FlatGeobuf,
            FormatWord::Csv => Self::Csv,
            FormatWord::Kml => Self::Kml,
            FormatWord::Dxf => Self::Dxf,
        }
    }
}

fn parse_crs(text: &str) -> Result<Crs, String> {
    Crs::parse(text).map_err(|error| error.to_string())
}

/// Writes a collection, after it has told what the format can't carry of it.
pub fn export(options: &Export) -> Result<(), String> {
    let format = match options.format {
        Some(word) => word.into(),
        None => Format::of_name(&options.out).map_err(|error| error.to_string())?,
    };
    let snapshot = options.snapshot()?;
    let features = options.features(&snapshot)?;
    exported(options, format, &features).map_err(|error| error.to_string())
}

fn exported(options: &Export, format: Format, features: &[&Feature]) -> Result<(), Text> {
    let mut fields = Fields::default();
    for feature in features {
        for (name, value) in &properties(feature)? {
            fields.see(name, value);
        }
    }
    let layer = Layer {
        name: options.collection.clone(),
        format,
        fields: fields.finish(),
        crs: StatedCrs::Known(options.crs),
        count: Some(features.len() as u64),
        encoding: None,
        notes: Vec::new(),
    };
    let transformer = Transformer::from_wgs84(options.crs)?;
    let rows = || {
        let rows = (1..)
            .zip(features)
            .map(|(number, feature)| row(number, feature, &layer, &transformer));
        Box::new(rows) as Box<dyn Iterator<Item = Result<Row, Text>>>
    };
    let bar = progress_bar();
    let mut shown = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let draft = Draft::new(format, &layer, options.crs, &rows, &mut shown)?;
    bar.suspend(|| {
        for loss in &draft.losses().0 {
            println!("会丢失 (will be lost)：{loss}");
        }
    });
    if options.dry_run {
        bar.finish_and_clear();
        let count = draft.count();
        println!("{count} 个要素，未写文件 (features; nothing was written)");
        return Ok(());
    }
    let written = draft.write(&options.out, &mut shown);
    bar.finish_and_clear();
    written?;
    println!(
        "{} 个要素写入 {}，{}，{} (features written)",
        draft.count(),
        options.out.display(),
        format.name(),
        options.crs.short_name()
    );
    Ok(())
}

/// The properties as they are kept, without what answers add.
fn properties(feature: &Feature) -> Result<Map<String, Value>, Text> {
    let mut text = Vec::new();
    write_feature(&mut text, feature, None, "");
    let unread = |error: serde_json::Error| {
        let id = &feature.id;
        Text::new(
            format!("{id} 读不了：{error}"),
            format!("{id} can't be read: {error}"),
        )
    };
    let served = serde_json::from_slice(&text).map_err(unread)?;
    let kept = edited_form(served, &feature.id)?;
    let mut kept: Value = serde_json::from_slice(&kept).map_err(unread)?;
    Ok(match kept["properties"].take() {
        Value::Object(properties) => properties,
        _ => Map::new(),
    })
}

fn row(
    number: u64,
    feature: &Feature,
    layer: &Layer,
    transformer: &Transformer,
) -> Result<Row, Text> {
    let mut properties = properties(feature)?;
    let geometry = feature
        .geometry
        .as_ref()
        .map(|shape| shape.try_map_coords(|coord| transformer.convert(coord)))
        .transpose()?;
    let values = layer
        .fields
        .iter()
        .map(|field| properties.swap_remove(&field.name).unwrap_or_default());
    Ok(Row {
        number,
        id: Some(feature.id.to_string()),
        geometry,
        values: values.collect(),
    })
}

impl Export {
    fn snapshot(&self) -> Result<Snapshot, String> {
        let Some(revision) = self.revision else {
            return self.district.load();
        };
        let record = self.district.record().map_err(|error| error.to_string())?;
        let Some(record) = record else {
            return Err(
                "--revision 要与 --data 一起给出 (a revision is one of a record: give --data)"
                    .into(),
            );
        };
        record
            .load(Revision(revision))
            .map_err(|error| error.to_string())
    }

    fn features<'a>(&self, snapshot: &'a Snapshot) -> Result<Vec<&'a Feature>, String> {
        let Some(collection) = snapshot.collection(&self.collection) else {
            let ids: Vec<_> = snapshot
                .collections()
                .iter()
                .map(|collection| &*collection.info.id)
                .collect();
            return Err(Text::new(
                format!("没有集合“{}”，有：{}", self.collection, ids.join(", ")),
                format!(
                    "there is no collection “{}”, but {}",
                    self.collection,
                    ids.join(", ")
                ),
            )
            .to_string());
        };
        let filter = match &self.filter {
            None => None,
            Some(text) => {
                let language = if text.trim_start().starts_with('{') {
                    Language::Json
                } else {
                    Language::Text
                };
                let filter = Filter::parse(text, language, Crs::CRS84, &Field::queryables());
                Some(filter.map_err(|error| error.to_string())?)
            }
        };
        let selection = Selection {
            filter,
            ..Selection::default()
        };
        selection
            .page(collection, 0, usize::MAX, || true)
            .map(|(_, features)| features)
            .map_err(|_| "中断了 (it was interrupted)".to_owned())
    }
}

/// A bar on the terminal, of what takes over a second; nothing where there is none.
fn progress_bar() -> ProgressBar {
    const FORM: &str = "{bar:30} {percent:>3} %  {human_pos}/{human_len}  {per_sec}  {eta}";
    let style = ProgressStyle::with_template(FORM).expect("the form is one");
    ProgressBar::new(0).with_style(style)
}
