//! `POST /areas/query`, and `GET` for areas that have a name.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::{RawQuery, State, rejection::BytesRejection},
    response::Response,
};
use geo::Geometry;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    AppState, Base, JSON, Work, collections,
    items::round,
    json_answer,
    params::{Params, check_revision},
    problem::Problem,
};
use crate::{
    area::{
        Answer, Area, AreaError, AreaSpec, CollectionAnswer, Hit, Interrupted, Overlap, Patience,
        Query, Relation,
    },
    exchange::boundary,
    exchange::geojson::{close_object, open_object, write_feature, write_list},
    geometry::{measure, write::GeoJson},
    model::Text,
    store::Snapshot,
};

/// How long a query may reckon.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// Features of each list that an answer holds unless asked for fewer or more.
const DEFAULT_LIMIT: usize = 1_000;
/// Features of each list that an answer holds at most.
const MAX_LIMIT: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    area: serde_json::Value,
    collections: Vec<String>,
    #[serde(default)]
    relation: Relation,
    revision: Option<u64>,
    limit: Option<usize>,
}

/// What is inside an area.
pub async fn query(
    State(state): State<AppState>,
    base: Base,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f"])?.check_format(&["json"])?;
    state
        .blocking(Work::Heavy, move |state, abandoned| {
            let body: Body = read_body(body)?;
            answer(state.snapshot(), &body, &base, abandoned)
        })
        .await
}

/// The JSON of a request's body.
///
/// # Errors
/// Where it is too large, or is not the JSON that is expected.
pub fn read_body<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|rejection| {
        Problem::new(
            rejection.status(),
            Text::new("请求正文最多 2 MiB", "the body may have at most 2 MiB"),
        )
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        Problem::unreadable(Text::new(
            format!("请求正文读不懂：{error}"),
            format!("the body can't be read: {error}"),
        ))
    })
}

/// The same of an area that has a name, so that the answer has an address.
pub async fn query_named(
    State(state): State<AppState>,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref(), &NAMED_PARAMS)?;
    params.check_format(&["json"])?;
    let body = named(&params)?;
    state
        .blocking(Work::Heavy, move |state, abandoned| {
            answer(state.snapshot(), &body, &base, abandoned)
        })
        .await
}

const NAMED_PARAMS: [&str; 9] = [
    "feature",
    "buffer_m",
    "boundary",
    "carriageway",
    "collections",
    "relation",
    "limit",
    "revision",
    "f",
];

fn named(params: &Params) -> Result<Body, Problem> {
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
    let relation =
        params
            .get("relation")
            .map_or(Ok(Relation::default()), |word| {
                Relation::deserialize(serde_json::Value::from(word)).map_err(|_| {
            Problem::unreadable(Text::new(
                format!("relation“{word}”应为 intersects、within、majority 或 touches"),
                format!("the relation “{word}” should be intersects, within, majority or touches"),
            ))
        })
            })?;
    Ok(Body {
        area,
        collections: collections.split(',').map(str::to_owned).collect(),
        relation,
        revision: params.number("revision")?,
        limit: params.number("limit")?,
    })
}

fn answer(
    snapshot: &Snapshot,
    body: &Body,
    base: &Base,
    abandoned: &Arc<AtomicBool>,
) -> Result<Response, Problem> {
    check_revision(body.revision, snapshot.revision)?;
    let limit = check_limit(body.limit)?;
    let area = AreaSpec::from_json(&body.area)
        .and_then(|spec| spec.resolve(snapshot))
        .map_err(|error| match error {
            AreaError::Malformed(text) => Problem::unreadable(text),
            AreaError::Unusable(text) => Problem::unanswerable(text),
            AreaError::Open(sentence) => {
                let boundary = boundary::feature(&sentence.text, &sentence.compilation);
                Problem::unanswerable(sentence.reason()).with("boundary", boundary)
            }
        })?;
    let query = Query {
        area: &area,
        collections: find_collections(snapshot, &body.collections)?,
        relation: body.relation,
        patience: Patience::new(TIME_LIMIT, Arc::clone(abandoned)),
    };
    let answer = query.run(snapshot).map_err(|Interrupted| {
        Problem::unanswerable(Text::new(
            "查询超过 20 秒：请缩小或简化范围",
            "the query took more than 20 s: take a smaller or simpler area",
        ))
    })?;
    let written = write_answer(snapshot, &area, body.relation, &answer, limit, base);
    Ok(json_answer(JSON, written))
}

fn check_limit(limit: Option<usize>) -> Result<usize, Problem> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        limit => Err(Problem::unreadable(Text::new(
            format!("limit 为 {limit}，应为 1 到 {MAX_LIMIT}"),
            format!("limit is {limit}, it should be 1 to {MAX_LIMIT}"),
        ))),
    }
}

fn find_collections<'a>(
    snapshot: &'a Snapshot,
    ids: &[String],
) -> Result<Vec<&'a crate::store::Collection>, Problem> {
    if ids.is_empty() || (1..ids.len()).any(|place| ids[..place].contains(&ids[place])) {
        return Err(Problem::unreadable(Text::new(
            "collections 应列出至少一个集合，且不重复，例如 [\"projects\",\"parcels\"]",
            "collections should list at least one collection, none twice, such as [\"projects\",\"parcels\"]",
        )));
    }
    ids.iter()
        .map(|id| collections::find(snapshot, id))
        .collect()
}

fn write_answer(
    snapshot: &Snapshot,
    area: &Area,
    relation: Relation,
    answer: &Answer<'_>,
    limit: usize,
    base: &Base,
) -> Vec<u8> {
    let mut out = Vec::new();
    open_object(
        &mut out,
        &json!({ "revision": snapshot.revision, "relation": relation }),
    );
    out.extend_from_slice(br#","area":"#);
    write_area(&mut out, snapshot, area);
    out.extend_from_slice(br#","results":"#);
    write_list(&mut out, &answer.collections, |out, collection| {
        write_collection(out, collection, limit);
    });
    close_object(
        &mut out,
        &json!({ "links": [
            base.link("service-doc", "text/html", "/api.html", "接口说明 (the interface)"),
        ]}),
    );
    out
}

fn write_area(out: &mut Vec<u8>, snapshot: &Snapshot, area: &Area) {
    let polygons = Geometry::MultiPolygon(area.polygons().clone());
    let named = area.feature.as_ref();
    let feature = named.and_then(|name| snapshot.feature(name));
    let value = json!({
        "type": "Feature",
        "id": named.map(ToString::to_string),
        "geometry": GeoJson(&polygons),
        "properties": {
            "name": feature.map(|feature| &feature.name),
            "name_en": feature.map(|feature| &feature.name_en),
            "area_m2": round(measure::area_m2(&polygons)),
            "perimeter_m": round(measure::length_m(&polygons)),
            "accuracy_m": area.accuracy_m,
        },
    });
    out.extend_from_slice(value.to_string().as_bytes());
}

fn write_collection(out: &mut Vec<u8>, answer: &CollectionAnswer<'_>, limit: usize) {
    let lists = [
        answer.hits.len(),
        answer.borderline.len(),
        answer.unlocated.len(),
    ];
    let head = json!({
        "collection": answer.collection.info.id,
        "numberMatched": answer.hits.len(),
        "numberReturned": answer.hits.len().min(limit),
        "truncated": lists.into_iter().any(|length| length > limit),
        "totals": answer.totals,
    });
    open_object(out, &head);
    out.extend_from_slice(br#","features":"#);
    write_list(out, answer.hits.iter().take(limit), write_hit);
    out.extend_from_slice(br#","borderline":"#);
    write_list(out, answer.borderline.iter().take(limit), write_hit);
    out.extend_from_slice(br#","unlocated":"#);
    write_list(out, answer.unlocated.iter().take(limit), |out, feature| {
        write_feature(out, feature, None, "");
    });
    out.push(b'}');
}

fn write_hit(out: &mut Vec<u8>, hit: &Hit<'_>) {
    let members = json!({
        "certainty": hit.certainty,
        "certainty_reason": hit.reason,
        "overlap": hit.overlap.map(|overlap| Overlap {
            area_m2: round(overlap.area_m2),
            ..overlap
        }),
    })
    .to_string();
    let members = &members[1..members.len() - 1];
    write_feature(out, hit.feature, hit.feature.geometry.as_ref(), members);
}
