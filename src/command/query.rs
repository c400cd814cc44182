//! `renewal-map query`: an area query without a service, in the same words.

use std::{
    fmt::Display,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Args, ValueEnum};
use renewal_map::{
    area::{AreaError, AreaSpec, Patience, Relation},
    filter::Language,
    geometry::wkt::GeometryKind,
    model::Text,
    report::{Condition, Lang, Page, Question, Report},
};
use serde_json::{Value, json};

use super::District;

/// How long a query may take where nobody else waits for his turn.
const TIME_LIMIT: Duration = Duration::from_mins(30);

#[derive(Args)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["feature", "boundary", "area"]))]
pub struct Query {
    /// 以要素为范围，如 zones/west-station-hub (a feature as the area)
    #[arg(long, value_name = "COLLECTION/ID")]
    feature: Option<String>,
    /// 要素、WKT 或 GeoJSON 文件周围的缓冲距离，米 (metres around the feature, WKT or GeoJSON file)
    #[arg(long, value_name = "METRES", conflicts_with = "boundary")]
    buffer_m: Option<f64>,
    /// 以四至文字为范围 (a boundary sentence as the area)
    #[arg(long, value_name = "SENTENCE")]
    boundary: Option<String>,
    /// 双幅道路取中线、内侧还是外侧 (which line of a street of two carriageways the boundary follows)
    #[arg(long, value_name = "LINE", requires = "boundary")]
    carriageway: Option<CarriagewayWord>,
    /// 范围：POST /areas/query 的 area JSON、WKT，或 GeoJSON 文件 (an area as POST /areas/query takes it, WKT, or a GeoJSON file)
    #[arg(long, value_name = "JSON|WKT|FILE", value_parser = parse_area)]
    area: Option<Value>,
    /// 要查的集合，逗号分隔 (collections to search, by commas)
    #[arg(long, value_name = "ID,…", value_delimiter = ',', required = true)]
    collections: Vec<String>,
    /// 空间关系 (how features must lie to the area)
    #[arg(long, value_name = "RELATION", default_value = "intersects")]
    relation: RelationWord,
    /// 筛选条件，CQL2 文本或 JSON (what must be true of features, CQL2 text or JSON)
    #[arg(long, value_name = "CQL2", value_parser = parse_condition)]
    filter: Option<Condition>,
    /// 筛选条件中几何的坐标系，如 EPSG:4548 (reference system of the geometry in the filter)
    #[arg(long, value_name = "CRS", requires = "filter")]
    filter_crs: Option<String>,
    /// 结果的格式 (form of the answer)
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// 表头和用词的语言 (language of heads and words)
    #[arg(long, value_name = "LANG", default_value = "zh")]
    lang: LangWord,
    /// 写入文件；不给则输出到终端，xlsx 必给 (file to write; needed for xlsx)
    #[arg(long, value_name = "FILE", required_if_eq("format", "xlsx"))]
    out: Option<PathBuf>,
    #[command(flatten)]
    district: District,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
    Geojson,
    Csv,
    Xlsx,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangWord {
    Zh,
    En,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CarriagewayWord {
    Centre,
    Inner,
    Outer,
}

impl CarriagewayWord {
    /// As an area's JSON has it.
    fn word(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Inner => "inner",
            Self::Outer => "outer",
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RelationWord {
    Intersects,
    Within,
    Majority,
    Touches,
}

/// An area whose form at least is right: one that is not is a call that is none.
fn parse_area(text: &str) -> Result<Value, String> {
    let area = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| format!("不是 JSON (it is no JSON): {error}"))?
    } else if starts_as_wkt(text) {
        json!({ "geometry": text })
    } else {
        json!({ "geometry": read_geometry(Path::new(text))? })
    };
    match AreaSpec::from_json(&area) {
        Err(AreaError::Malformed(text)) => Err(text.to_string()),
        _ => Ok(area),
    }
}

fn starts_as_wkt(text: &str) -> bool {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_alphabetic());
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    // A file may be called so too.
    GeometryKind::find(word).is_some() && !rest.starts_with('.')
}

/// The one geometry of a GeoJSON file, which holds it alone or in one feature.
fn read_geometry(file: &Path) -> Result<Value, String> {
    let failed = |error: &dyn Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| {
        let path = file.display();
        format!("{path}: 不是 JSON 或 WKT，也不是可读的文件 (neither JSON nor WKT, nor a file that can be read): {error}")
    })?;
    let mut json: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    if let Some(features) = json.get_mut("features").and_then(Value::as_array_mut) {
        let count = features.len();
        json = match (count, features.pop()) {
            (1, Some(feature)) => feature,
            _ => {
                return Err(failed(&Text::new(
                    format!("有 {count} 个要素，应恰好一个"),
                    format!("it has {count} features, it should have just one"),
                )));
            }
        };
    }
    Ok(match json.get_mut("geometry") {
        Some(geometry) => geometry.take(),
        None => json,
    })
}

fn parse_condition(text: &str) -> Result<Condition, String> {
    let language = if text.trim_start().starts_with('{') {
        Language::Json
    } else {
        Language::Text
    };
    Condition::new(text, language).map_err(|error| error.to_string())
}

/// Asks, and writes the answer.
pub fn query(options: &Query) -> Result<(), String> {
    let snapshot = options.district.load()?;
    let question = options.question();
    let lang = match options.lang {
        LangWord::Zh => Lang::Zh,
        LangWord::En => Lang::En,
    };
    let patience = Patience::new(TIME_LIMIT, Arc::default());
    let report = Report::new(&snapshot, &question, patience)
        .map_err(|refusal| refusal.text().to_string())?;
    let written = match options.format {
        Format::Table => Ok(report.lines(lang).into_bytes()),
        Format::Json => Ok(whole(&report)),
        Format::Geojson => report.geojson(),
        Format::Csv => report.csv(lang),
        Format::Xlsx => report.xlsx(lang),
    };
    let bytes = written.map_err(|refusal| refusal.text().to_string())?;
    match &options.out {
        Some(file) => {
            fs::write(file, bytes).map_err(|error| format!("{}: {error}", file.display()))
        }
        None => match io::stdout().write_all(&bytes) {
            // Whoever reads it has read enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(|error| error.to_string()),
        },
    }
}

/// The answer as JSON on one page.
fn whole(report: &Report<'_>) -> Vec<u8> {
    let page = Page {
        limit: report.longest_list().max(1),
        offset: 0,
    };
    let mut json = report.json(&page, &[]);
    json.push(b'\n');
    json
}

impl Query {
    fn question(&self) -> Question {
        let mut area = match (&self.area, &self.boundary) {
            (Some(area), _) => area.clone(),
            (None, Some(sentence)) => match self.carriageway {
                None => json!({ "boundary": sentence }),
                Some(line) => json!({ "boundary": sentence, "carriageway": line.word() }),
            },
            (None, None) => json!({ "feature": self.feature }),
        };
        if let Some(metres) = self.buffer_m {
            area["buffer_m"] = metres.into();
        }
        Question {
            area,
            collections: self.collections.clone(),
            relation: match self.relation {
                RelationWord::Intersects => Relation::Intersects,
                RelationWord::Within => Relation::Within,
                RelationWord::Majority => Relation::Majority,
                RelationWord::Touches => Relation::Touches,
            },
            filter: self.filter.clone(),
            filter_crs: self.filter_crs.clone(),
            revision: None,
            as_of: None,
            limit: None,
            offset: None,
        }
    }
}
