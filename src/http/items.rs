//! `GET /collections/{collection}/items` and `…/items/{id}`.

use std::collections::BTreeSet;

use axum::{
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use geo::Geometry;
use serde_json::json;

use super::{
    AppState, Base, GEOJSON, Work, collections, paging::Page, params::Params, problem::Problem,
};
use crate::{
    exchange::geojson::{close_object, write_feature, write_list},
    geometry::{crs::Crs, measure, write},
    model::{Feature, Period, Status, Text},
    store::{Collection, Selection, Snapshot, Window},
};

const LIST_PARAMS: [&str; 13] = [
    "bbox", "bbox-crs", "crs", "datetime", "kind", "status", "document", "zone", "limit", "offset",
    "q", "revision", "f",
];

/// What stands for “no status is stated” among statuses.
const NOT_STATED: &str = "none";

/// The features of a collection.
pub async fn list(
    State(state): State<AppState>,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |state, _| {
            let snapshot = state.snapshot();
            let collection = collections::find(snapshot, &id)?;
            let params = Params::parse(query.as_deref(), &LIST_PARAMS)?;
            params.check_format(&["json", "geojson"])?;
            params.check_revision(snapshot.revision)?;
            let page = Page::parse(&params)?;
            let crs = parse_crs(&params)?;
            let (matched, features) =
                parse_selection(&params, snapshot)?.page(collection, page.offset, page.limit);
            let path = format!("/collections/{id}");
            let items = format!("{path}/items");
            let mut links = page.links(&base, GEOJSON, &items, query.as_deref(), matched);
            links.push(base.link("collection", super::JSON, &path, &id));
            let mut body = Vec::with_capacity(features.len() * 1024 + 1024);
            body.extend_from_slice(br#"{"type":"FeatureCollection","features":"#);
            let mut failed = None;
            write_list(&mut body, &features, |out, feature| {
                if let Err(problem) = write_in_crs(out, feature, crs, "") {
                    failed.get_or_insert(problem);
                }
            });
            if let Some(problem) = failed {
                return Err(problem);
            }
            let rest = json!({
                "numberMatched": matched,
                "numberReturned": features.len(),
                "timeStamp": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "revision": snapshot.revision,
                "links": links,
            });
            close_object(&mut body, &rest);
            Ok(geojson_answer(body, crs))
        })
        .await
}

/// One feature.
pub async fn one(
    State(state): State<AppState>,
    base: Base,
    Path((collection_id, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |state, _| {
            let snapshot = state.snapshot();
            let collection = collections::find(snapshot, &collection_id)?;
            let params = Params::parse(query.as_deref(), &["crs", "revision", "f"])?;
            params.check_format(&["json", "geojson"])?;
            params.check_revision(snapshot.revision)?;
            let crs = parse_crs(&params)?;
            let feature = find(collection, &id)?;
            let mut body = Vec::new();
            write_in_crs(&mut body, feature, crs, &measured(feature))?;
            let path = format!("/collections/{collection_id}");
            let links = json!({ "links": [
                base.link("self", GEOJSON, &format!("{path}/items/{id}"), &feature.name),
                base.link("collection", super::JSON, &path, &collection.info.title),
            ]});
            body.pop();
            close_object(&mut body, &links);
            Ok(geojson_answer(body, crs))
        })
        .await
}

fn find<'a>(collection: &'a Collection, id: &str) -> Result<&'a Feature, Problem> {
    collection.get(id).ok_or_else(|| {
        let title = &collection.info.title;
        Problem::missing(Text::new(
            format!("“{title}”中没有要素“{id}”"),
            format!("there is no feature “{id}” in {}", collection.info.id),
        ))
    })
}

/// JSON members that tell the measures of a polygon.
fn measured(feature: &Feature) -> String {
    match &feature.geometry {
        Some(geometry @ (Geometry::Polygon(_) | Geometry::MultiPolygon(_))) => {
            let measures = json!({
                "area_m2": round(measure::area_m2(geometry)),
                "perimeter_m": round(measure::length_m(geometry)),
            });
            format!(r#""measured":{measures}"#)
        }
        _ => String::new(),
    }
}

/// Tenths: more would pretend to an accuracy that no map has.
pub fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn parse_crs(params: &Params) -> Result<Crs, Problem> {
    params
        .get("crs")
        .map_or(Ok(Crs::CRS84), Crs::parse)
        .map_err(Problem::unreadable)
}

fn write_in_crs(
    out: &mut Vec<u8>,
    feature: &Feature,
    crs: Crs,
    members: &str,
) -> Result<(), Problem> {
    if crs == Crs::CRS84 {
        write_feature(out, feature, feature.geometry.as_ref(), members);
        return Ok(());
    }
    let moved = feature
        .geometry
        .as_ref()
        .map(|geometry| write::in_crs(geometry, crs))
        .transpose()
        .map_err(Problem::unanswerable)?;
    write_feature(out, feature, moved.as_ref(), members);
    Ok(())
}

fn geojson_answer(body: Vec<u8>, crs: Crs) -> Response {
    let headers = [
        (header::CONTENT_TYPE, GEOJSON.to_owned()),
        (
            header::HeaderName::from_static("content-crs"),
            format!("<{}>", crs.uri()),
        ),
    ];
    (headers, body).into_response()
}

fn parse_selection(params: &Params, snapshot: &Snapshot) -> Result<Selection, Problem> {
    let window = match (params.get("bbox"), params.get("bbox-crs")) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Problem::unreadable(Text::new(
                "bbox-crs 要与 bbox 一起给出",
                "bbox-crs goes with a bbox",
            )));
        }
        (Some(bbox), crs) => {
            let crs = crs.map_or(Ok(Crs::CRS84), Crs::parse);
            let window = crs.and_then(|crs| Window::parse(bbox, crs));
            Some(window.map_err(Problem::unreadable)?)
        }
    };
    let period = params
        .get("datetime")
        .map(|text| {
            Period::parse_query(text).ok_or_else(|| {
                Problem::unreadable(Text::new(
                    format!("datetime“{text}”应为日期、RFC 3339 时刻，或以 / 分隔的区间（.. 为不限）"),
                    format!("the datetime “{text}” should be a date, an RFC 3339 time, or an interval of them with / (.. is open)"),
                ))
            })
        })
        .transpose()?;
    let name = params
        .get("q")
        .map(|text| text.trim().to_lowercase())
        .filter(|text| !text.is_empty());
    let kinds = snapshot
        .collections()
        .iter()
        .flat_map(|collection| &collection.info.kinds);
    let documents = snapshot.library.documents();
    let zones = snapshot.collection("zones").map(Collection::features);
    let statuses = Status::ALL.map(Status::as_str);
    Ok(Selection {
        window,
        period,
        name,
        kinds: one_of(params, "kind", kinds.map(|kind| &*kind.id))?,
        statuses: one_of(params, "status", statuses.into_iter().chain([NOT_STATED]))?.map(
            |words| {
                let status = |word: &String| Status::ALL.into_iter().find(|s| s.as_str() == word);
                words.iter().map(status).collect()
            },
        ),
        documents: one_of(params, "document", documents.iter().map(|d| &*d.info.id))?,
        zones: one_of(
            params,
            "zone",
            zones.into_iter().flatten().map(|zone| &*zone.id),
        )?,
    })
}

/// The words of a parameter, separated by commas, each of which must be one of `known`.
fn one_of<'a>(
    params: &Params,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Result<Option<Vec<String>>, Problem> {
    let Some(value) = params.get(name) else {
        return Ok(None);
    };
    let known: BTreeSet<&str> = known.collect();
    let words: Vec<String> = value.split(',').map(str::to_owned).collect();
    match words.iter().find(|word| !known.contains(&***word)) {
        None => Ok(Some(words)),
        Some(wrong) => {
            let list = known.into_iter().collect::<Vec<_>>().join(", ");
            Err(Problem::unreadable(Text::new(
                format!("参数 {name} 中的“{wrong}”不存在；可用的有：{list}"),
                format!("there is no “{wrong}” for {name}; there are: {list}"),
            )))
        }
    }
}
