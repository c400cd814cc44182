//! `GET /claims`, `GET /claims/pairs` and `GET /indicators`.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    AppState, Base, JSON, Work, json_answer, moment::Data, paging::Page, params::Params,
    problem::Problem,
};
use crate::{
    documents::{Claim, Relation, in_order},
    model::{FeatureRef, Modality, Text},
    store::Snapshot,
};

const LIST_PARAMS: [&str; 10] = [
    "subject",
    "document",
    "attribute",
    "modality",
    "q",
    "limit",
    "offset",
    "revision",
    "as_of",
    "f",
];

const PAIR_PARAMS: [&str; 11] = [
    "earlier",
    "later",
    "subject",
    "attribute",
    "relation",
    "q",
    "limit",
    "offset",
    "revision",
    "as_of",
    "f",
];

/// What the documents claim.
pub async fn list(
    State(state): State<AppState>,
    base: Base,
    Data(snapshot): Data,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |_, _| {
            let query = query.as_deref();
            let params = Params::parse(query, &LIST_PARAMS)?;
            params.check_format(&["json"])?;
            let page = Page::parse(&params)?;
            let filter = Filter::parse(&params)?;
            let document = document(&snapshot, &params, "document")?;
            let modality: Option<Modality> =
                word(&params, "modality", &["done", "under_way", "intended"])?;
            let matched: Vec<&Claim> = snapshot
                .claims
                .all()
                .filter(|claim| document.is_none_or(|id| claim.document == id))
                .filter(|claim| modality.is_none_or(|asked| claim.modality == asked))
                .filter(|claim| filter.takes(claim))
                .collect();
            let links = page.links(&base, JSON, "/claims", query, matched.len());
            Ok(answer("claims", &matched, &page, &snapshot, &links))
        })
        .await
}

/// What two documents say of the same things, side by side.
pub async fn pairs(
    State(state): State<AppState>,
    base: Base,
    Data(snapshot): Data,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |_, _| {
            let query = query.as_deref();
            let params = Params::parse(query, &PAIR_PARAMS)?;
            params.check_format(&["json"])?;
            let page = Page::parse(&params)?;
            let filter = Filter::parse(&params)?;
            let relation: Option<Relation> = word(&params, "relation", &RELATIONS)?;
            let mut matched: Vec<_> = both(&snapshot, &params)?
                .into_iter()
                .flat_map(|(earlier, later)| snapshot.pairs(earlier, later))
                .collect();
            matched.retain(|pair| {
                relation.is_none_or(|asked| pair.relation == asked)
                    && pair
                        .earlier
                        .iter()
                        .chain(&pair.later)
                        .any(|claim| filter.takes(claim))
            });
            let links = page.links(&base, JSON, "/claims/pairs", query, matched.len());
            Ok(answer("pairs", &matched, &page, &snapshot, &links))
        })
        .await
}

const RELATIONS: [&str; 7] = [
    "carried_on",
    "taken_further",
    "changed",
    "contradicted",
    "not_mentioned_again",
    "new",
    "mentioned",
];

/// The plan's table of indicators, as it stands in its file.
pub async fn indicators(
    Data(snapshot): Data,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref(), &["revision", "as_of", "f"])?;
    params.check_format(&["json"])?;
    match &snapshot.indicators {
        Some(indicators) => Ok(json_answer(JSON, indicators.text.get().to_owned())),
        None => Err(Problem::missing(Text::new(
            "数据中没有指标表",
            "the data hold no table of indicators",
        ))),
    }
}

/// What both lists can be narrowed by.
struct Filter {
    subject: Option<String>,
    attribute: Option<String>,
    /// Lowercase part of a quote, a name or a label.
    words: Option<String>,
}

impl Filter {
    fn parse(params: &Params) -> Result<Self, Problem> {
        let subject = params.get("subject").map(str::to_owned);
        if let Some(text) = subject
            .as_deref()
            .filter(|text| text.parse::<FeatureRef>().is_err())
        {
            return Err(Problem::unreadable(Text::new(
                format!("subject“{text}”应写作 集合/编号，例如 zones/a"),
                format!("the subject “{text}” should read collection/id, for example zones/a"),
            )));
        }
        Ok(Self {
            subject,
            attribute: params.get("attribute").map(str::to_owned),
            words: params.get("q").map(str::to_lowercase),
        })
    }

    fn takes(&self, claim: &Claim) -> bool {
        let same = |asked: &Option<String>, own: &str| asked.as_deref().is_none_or(|a| a == own);
        let texts = [
            Some(&claim.quote),
            Some(&claim.subject_name),
            Some(&claim.subject_name_en),
            claim.label.as_ref(),
            claim.label_en.as_ref(),
        ];
        same(&self.subject, &claim.subject)
            && same(&self.attribute, &claim.attribute)
            && self.words.as_deref().is_none_or(|words| {
                texts
                    .into_iter()
                    .flatten()
                    .any(|text| text.to_lowercase().contains(words))
            })
    }
}

/// A parameter that names a document.
fn document<'a>(
    snapshot: &'a Snapshot,
    params: &Params,
    name: &str,
) -> Result<Option<&'a str>, Problem> {
    let Some(id) = params.get(name) else {
        return Ok(None);
    };
    match snapshot.library.get(id) {
        Some(document) => Ok(Some(&document.info.id)),
        None => Err(Problem::unreadable(no_such_document(snapshot, id))),
    }
}

/// Tells which documents there are.
pub fn no_such_document(snapshot: &Snapshot, id: &str) -> Text {
    let ids: Vec<&str> = snapshot
        .library
        .documents()
        .iter()
        .map(|document| document.info.id.as_str())
        .collect();
    let list = ids.join(", ");
    Text::new(
        format!("没有文件“{id}”；现有：{list}"),
        format!("there is no document “{id}”; there are: {list}"),
    )
}

/// The documents to compare: the two that are asked for, or each with the next.
fn both<'a>(snapshot: &'a Snapshot, params: &Params) -> Result<Vec<(&'a str, &'a str)>, Problem> {
    let earlier = document(snapshot, params, "earlier")?;
    let later = document(snapshot, params, "later")?;
    match (earlier, later) {
        (Some(earlier), Some(later)) if earlier != later => Ok(vec![(earlier, later)]),
        (None, None) => Ok(in_order(&snapshot.library)
            .windows(2)
            .map(|two| (two[0].info.id.as_str(), two[1].info.id.as_str()))
            .collect()),
        _ => Err(Problem::unreadable(Text::new(
            "earlier 和 later 要一起给出，并且是两份不同的文件",
            "earlier and later go together, and name two documents",
        ))),
    }
}

/// A parameter that is one word of a list.
fn word<T: DeserializeOwned>(
    params: &Params,
    name: &str,
    words: &[&str],
) -> Result<Option<T>, Problem> {
    let Some(asked) = params.get(name) else {
        return Ok(None);
    };
    serde_json::from_value(asked.into()).map(Some).map_err(|_| {
        let list = words.join(", ");
        Problem::unreadable(Text::new(
            format!("{name}“{asked}”应为：{list}"),
            format!("{name} “{asked}” should be one of: {list}"),
        ))
    })
}

fn answer<T: Serialize>(
    name: &str,
    matched: &[T],
    page: &Page,
    snapshot: &Snapshot,
    links: &[Value],
) -> Response {
    let entries = page.of(matched);
    let body = json!({
        name: entries,
        "numberMatched": matched.len(),
        "numberReturned": entries.len(),
        "timeStamp": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "revision": snapshot.revision,
        "links": links,
    });
    json_answer(JSON, body.to_string())
}
