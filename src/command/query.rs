//! `renewal-map query`: an area query without a service, in the same words.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::{Args, ValueEnum};
use renewal_map::{
    area::{AreaError, AreaSpec, Patience, Relation},
    report::{Lang, Page, Question, Report},
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
    /// 要素周围的缓冲距离，米 (metres around the feature)
    #[arg(long, value_name = "METRES", requires = "feature")]
    buffer_m: Option<f64>,
    /// 以四至文字为范围 (a boundary sentence as the area)
    #[arg(long, value_name = "SENTENCE")]
    boundary: Option<String>,
    /// 范围的 JSON，写法同 POST /areas/query 的 area (an area as POST /areas/query takes it)
    #[arg(long, value_name = "JSON", value_parser = parse_area)]
    area: Option<Value>,
    /// 要查的集合，逗号分隔 (collections to search, by commas)
    #[arg(long, value_name = "ID,…", value_delimiter = ',', required = true)]
    collections: Vec<String>,
    /// 空间关系 (how features must lie to the area)
    #[arg(long, value_name = "RELATION", default_value = "intersects")]
    relation: RelationWord,
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
enum RelationWord {
    Intersects,
    Within,
    Majority,
    Touches,
}

/// An area whose form at least is right: one that is not is a call that is none.
fn parse_area(text: &str) -> Result<Value, String> {
    let area: Value = serde_json::from_str(text)
        .map_err(|error| format!("不是 JSON (it is no JSON): {error}"))?;
    match AreaSpec::from_json(&area) {
        Err(AreaError::Malformed(text)) => Err(text.to_string()),
        _ => Ok(area),
    }
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
        let area = self.area.clone().unwrap_or_else(|| {
            if let Some(sentence) = &self.boundary {
                return json!({ "boundary": sentence });
            }
            let mut area = json!({ "feature": self.feature });
            if let Some(metres) = self.buffer_m {
                area["buffer_m"] = metres.into();
            }
            area
        });
        Question {
            area,
            collections: self.collections.clone(),
            relation: match self.relation {
                RelationWord::Intersects => Relation::Intersects,
                RelationWord::Within => Relation::Within,
                RelationWord::Majority => Relation::Majority,
                RelationWord::Touches => Relation::Touches,
            },
            revision: None,
            limit: None,
            offset: None,
        }
    }
}
