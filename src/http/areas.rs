//! `POST /areas/query`, and `GET` for areas that have a name.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::{RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    AppState, Base, GEOJSON, JSON, Work,
    body::read_body,
    format::{self, Offer, disposition},
    json_answer,
    moment::moment_of,
    paging::Page as Links,
    params::Params,
    person::Asker,
    problem::Problem,
};
use crate::{
    area::Patience,
    exchange::boundary,
    filter::Language,
    model::{Text, Viewer},
    report::{Condition, Lang, Page, Question, Refusal, Report},
    store::{Snapshot, live::Moment},
};

/// How long a query may reckon.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// Features of each list that an answer holds unless asked for fewer or more.
const DEFAULT_LIMIT: usize = 1_000;
/// Features of each list that an answer holds at most.
const MAX_LIMIT: usize = 10_000;

/// The forms of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    GeoJson,
    Csv,
    Xlsx,
}

const OFFERS: [Offer<Format>; 4] = [
    Offer {
        format: Format::Json,
        name: "json",
        media_type: JSON,
    },
    Offer {
        format: Format::GeoJson,
        name: "geojson",
        media_type: GEOJSON,
    },
    Offer {
        format: Format::Csv,
        name: "csv",
        media_type: "text/csv; charset=utf-8",
    },
    Offer {
        format: Format::Xlsx,
        name: "xlsx",
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    },
];

/// The address of an area that has a name.
const PATH: &str = "/areas/query";

/// A request with all that decides its answer.
struct Request {
    question: Question,
    moment: Moment,
    viewer: Viewer,
    offer: &'static Offer<Format>,
    lang: Lang,
    base: Base,
    /// The query string of an answer that has an address.
    address: Option<String>,
}

/// What is inside an area.
pub async fn query(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref(), &["f", "lang"])?;
    let offer = format::choose(&params, &headers, &OFFERS)?;
    let lang = params.lang()?;
    let question: Question = state
        .blocking(Work::Light, move |_, _| read_body(body))
        .await?;
    let request = Request {
        moment: moment_of(question.revision, question.as_of.as_deref())?,
        viewer: asker.viewer(),
        question,
        offer,
        lang,
        base,
        address: None,
    };
    answer(&state, request).await
}

/// The same of an area that has a name, so that the answer has an address.
pub async fn query_named(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref(), &NAMED_PARAMS)?;
    let question = named(&params)?;
    let request = Request {
        offer: format::choose(&params, &headers, &OFFERS)?,
        lang: params.lang()?,
        moment: moment_of(question.revision, question.as_of.as_deref())?,
        question,
        viewer: asker.viewer(),
        base,
        address: query,
    };
    answer(&state, request).await
}

const NAMED_PARAMS: [&str; 15] = [
    "feature",
    "buffer_m",
    "boundary",
    "carriageway",
    "collections",
    "relation",
    "filter",
    "filter-lang",
    "filter-crs",
    "limit",
    "offset",
    "revision",
    "as_of",
    "lang",
    "f",
];

fn named(params: &Params) -> Result<Question, Problem> {
    let missing = |name: &str, example: &str| {
        Problem::unreadable(Text::new(
            format!("缺参数 {name}，例如 {name}={example}"),
            format!("the parameter {name} is missing, such as {name}={example}"),
        ))
    };
    let collections = params
        .get("collections")
        .ok_or_else(|| missing("collections", "projects,parcels"))?;
    let mut area = json!({});
    for name in ["feature", "boundary", "carriageway"] {
        if let Some(value) = params.get(name) {
            area[name] = value.into();
        }
    }
    if area.as_object().is_some_and(serde_json::Map::is_empty) {
        return Err(missing("feature", "zones/west-station-hub"));
    }
    if let Some(buffer) = params.get("buffer_m") {
        let metres: f64 = buffer.parse().map_err(|_| {
            Problem::unreadable(Text::new(
                format!("buffer_m“{buffer}”应为米数"),
                format!("buffer_m “{buffer}” should be a number of metres"),
            ))
        })?;
        area["buffer_m"] = metres.into();
    }
    let relation = params
        .word("relation", &["intersects", "within", "majority", "touches"])?
        .unwrap_or_default();
    Ok(Question {
        area,
        collections: collections.split(',').map(str::to_owned).collect(),
        relation,
        filter: parse_condition(params)?,
        filter_crs: params.get("filter-crs").map(str::to_owned),
        revision: params.number("revision")?,
        as_of: params.get("as_of").map(str::to_owned),
        limit: params.number("limit")?,
        offset: params.number("offset")?,
    })
}

fn parse_condition(params: &Params) -> Result<Option<Condition>, Problem> {
    let language = params.get("filter-lang").map(Language::parse).transpose();
    match (params.get("filter"), language.map_err(Problem::unreadable)?) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Problem::unreadable(Text::new(
            "filter-lang 要与 filter 一起给出",
            "filter-lang goes with a filter",
        ))),
        (Some(text), language) => Condition::new(text, language.unwrap_or(Language::Text))
            .map(Some)
            .map_err(Problem::unreadable),
    }
}

async fn answer(state: &AppState, request: Request) -> Result<Response, Problem> {
    let snapshot = state.at(request.moment, request.viewer).await?;
    state
        .blocking(Work::Heavy, move |_, abandoned| {
            reckoned(&snapshot, &request, abandoned)
        })
        .await
}

fn reckoned(
    snapshot: &Snapshot,
    request: &Request,
    abandoned: &Arc<AtomicBool>,
) -> Result<Response, Problem> {
    let Request {
        question,
        offer,
        lang,
        ..
    } = request;
    let page = page(question, offer.format)?;
    let patience = Patience::new(TIME_LIMIT, Arc::clone(abandoned));
    let report = Report::new(snapshot, question, patience)?;
    let file = match offer.format {
        Format::Json => {
            let links = links(request, &page, report.longest_list());
            return Ok(json_answer(JSON, report.json(&page, &links)));
        }
        Format::GeoJson => report.geojson()?,
        Format::Csv => report.csv(*lang)?,
        Format::Xlsx => report.xlsx(*lang)?,
    };
    let headers = [
        (header::CONTENT_TYPE, offer.media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            disposition(&report.file_name(*lang), offer.name),
        ),
    ];
    Ok((headers, file).into_response())
}

/// The page asked for. Files are whole and have none.
fn page(question: &Question, format: Format) -> Result<Page, Problem> {
    if format != Format::Json && (question.limit.is_some() || question.offset.is_some()) {
        return Err(Problem::unreadable(Text::new(
            "文件总是完整的：limit 和 offset 只用于 JSON",
            "files are whole: limit and offset are for JSON only",
        )));
    }
    let limit = match question.limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => limit,
        limit => {
            return Err(Problem::unreadable(Text::new(
                format!("limit 为 {limit}，应为 1 到 {MAX_LIMIT}"),
                format!("limit is {limit}, it should be 1 to {MAX_LIMIT}"),
            )));
        }
    };
    Ok(Page {
        limit,
        offset: question.offset.unwrap_or(0),
    })
}

/// Links to the neighbouring pages and to the same answer in other forms, where it has an address.
fn links(request: &Request, page: &Page, longest: usize) -> Vec<Value> {
    let base = &request.base;
    let doc = base.link(
        "service-doc",
        "text/html",
        "/api.html",
        "接口说明 (the interface)",
    );
    let Some(address) = &request.address else {
        return vec![doc];
    };
    let pages = Links {
        limit: page.limit,
        offset: page.offset,
        step: page.limit,
    };
    let mut links = pages.links(base, JSON, PATH, Some(address), longest);
    for offer in OFFERS.iter().filter(|offer| offer.format != Format::Json) {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(address.as_bytes()) {
            if !["f", "limit", "offset"].contains(&&*name) {
                pairs.append_pair(&name, &value);
            }
        }
        pairs.append_pair("f", offer.name);
        let path = format!("{PATH}?{}", pairs.finish());
        links.push(base.link("alternate", offer.media_type, &path, offer.name));
    }
    links.push(doc);
    links
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unreadable(text) => Self::unreadable(text),
            Refusal::Missing(text) => Self::missing(text),
            Refusal::Unanswerable(text) => Self::unanswerable(text),
            Refusal::Open(sentence) => {
                let feature = boundary::feature(&sentence.text, &sentence.compilation);
                Self::unanswerable(sentence.reason).with("boundary", feature)
            }
            Refusal::Failed(text) => {
                tracing::error!("an answer failed: {text}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
            }
        }
    }
}
