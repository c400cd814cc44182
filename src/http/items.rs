//! `GET /collections/{collection}/items` and `…/items/{id}`.

use std::{
    collections::BTreeSet,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use geo::Geometry;
use serde_json::json;

use super::{
    AppState, Base, GEOJSON, HTML, JSON, Work,
    collections::{self, Queries},
    edit,
    failed::failed,
    format,
    moment::Data,
    page,
    paging::Page,
    params::Params,
    problem::Problem,
};
use crate::{
    exchange::geojson::{close_object, write_feature, write_list, write_trimmed},
    filter::{Filter, Language},
    geometry::{crs::Crs, measure, write},
    html::{self, Listing},
    model::{Feature, FeatureRef, NOT_STATED, Period, Status, Text},
    store::{
        Collection, Field, Interrupted, Order, Selection, Snapshot, Wanted, Window, record::Key,
    },
};

const LIST_PARAMS: [&str; 20] = [
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "kind",
    "status",
    "document",
    "zone",
    "sortby",
    "properties",
    "limit",
    "offset",
    "q",
    "revision",
    "as_of",
    "lang",
    "f",
];

/// The forms in which features can be had, by their names.
const FORMATS: [&str; 3] = ["json", "geojson", "html"];
/// What clients ask for that take features as data.
const AS_DATA: [&str; 2] = [GEOJSON, JSON];

/// How long a filter may be worked on.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The features of a collection.
pub async fn list(
    State(state): State<AppState>,
    base: Base,
    Data(snapshot): Data,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref(), &LIST_PARAMS)?;
    // What is asked of every feature takes longer than what an index finds.
    let every = ["filter", "sortby"];
    let looks_for_names = params
        .get("properties")
        .is_some_and(|names| names.split(',').any(|name| !is_known(name)));
    let work = if looks_for_names || every.iter().any(|name| params.get(name).is_some()) {
        Work::Heavy
    } else {
        Work::Light
    };
    state
        .blocking(work, move |_, abandoned| {
            let until = Instant::now() + TIME_LIMIT;
            let collection = collections::find(&snapshot, &id)?;
            params.check_format(&FORMATS)?;
            let queries = Queries::new(&params, query.as_deref())?;
            let page = Page::parse(&params)?;
            let crs = parse_crs(&params)?;
            let go_on = || !abandoned.load(Ordering::Relaxed) && Instant::now() < until;
            let names = parse_properties(&params, collection, go_on)?;
            let (matched, features) = parse_selection(&params, &snapshot)?
                .page(collection, page.offset, page.limit, go_on)
                .map_err(|Interrupted| {
                    Problem::unanswerable(Text::new(
                        "filter 用时超过 10 秒：请简化，或加 bbox",
                        "the filter took more than 10 s: simplify it, or give a bbox",
                    ))
                })?;
            if format::wants_page(&params, &headers, &AS_DATA) {
                let links = page.links(&Base::default(), HTML, "", query.as_deref(), matched);
                let listing = listing(&params, features, matched, page.offset, &links);
                let visit = queries.visit(&snapshot, "../../");
                let body = html::items(&visit, collection, &listing, &queries.as_json);
                return Ok(page::readable(body));
            }
            let path = format!("/collections/{id}");
            let items = format!("{path}/items");
            let mut links = page.links(&base, GEOJSON, &items, query.as_deref(), matched);
            links.push(base.data_link("collection", JSON, &path, &id));
            links.push(base.page_link(&items, query.as_deref()));
            let mut body = Vec::with_capacity(features.len() * 1024 + 1024);
            body.extend_from_slice(br#"{"type":"FeatureCollection","features":"#);
            let mut failed = None;
            write_list(&mut body, &features, |out, feature| {
                let written = in_crs(feature, crs).map(|moved| {
                    let geometry = moved.as_ref().or(feature.geometry.as_ref());
                    match &names {
                        Some(names) => write_trimmed(out, feature, geometry, names),
                        None => write_feature(out, feature, geometry, ""),
                    }
                });
                if let Err(problem) = written {
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
    Data(snapshot): Data,
    headers: HeaderMap,
    Path((collection_id, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |state, _| {
            let collection = collections::find(&snapshot, &collection_id)?;
            let params =
                Params::parse(query.as_deref(), &["crs", "revision", "as_of", "lang", "f"])?;
            params.check_format(&FORMATS)?;
            let queries = Queries::new(&params, query.as_deref())?;
            let crs = parse_crs(&params)?;
            if format::wants_page(&params, &headers, &AS_DATA) {
                let feature = find(collection, &id)?;
                let visit = queries.visit(&snapshot, "../../../");
                let body = html::feature(&visit, collection, feature, &queries.as_json);
                return Ok(page::readable(body));
            }
            let body = feature_in(collection, &id, &base, crs)?;
            let mut response = geojson_answer(body, crs);
            if let Some(record) = state.0.live.record() {
                let key = Key::of(&FeatureRef::new(&collection_id, &id));
                let version = record.version(&key, snapshot.revision).map_err(failed)?;
                let tag = version.and_then(|version| edit::entity_tag(version).parse().ok());
                if let Some(tag) = tag {
                    response.headers_mut().insert(header::ETAG, tag);
                }
            }
            Ok(response)
        })
        .await
}

/// A feature as GeoJSON, with its measures and links.
///
/// # Errors
/// 404 where there is none.
pub fn feature(collection: &Collection, id: &str, base: &Base) -> Result<Vec<u8>, Problem> {
    feature_in(collection, id, base, Crs::CRS84)
}

fn feature_in(
    collection: &Collection,
    id: &str,
    base: &Base,
    crs: Crs,
) -> Result<Vec<u8>, Problem> {
    let feature = find(collection, id)?;
    let mut body = Vec::new();
    let moved = in_crs(feature, crs)?;
    let geometry = moved.as_ref().or(feature.geometry.as_ref());
    write_feature(&mut body, feature, geometry, &measured(feature));
    let path = format!("/collections/{}", collection.info.id);
    let links = json!({ "links": [
        base.data_link("self", GEOJSON, &format!("{path}/items/{id}"), &feature.name),
        base.data_link("collection", JSON, &path, &collection.info.title),
        base.page_link(&format!("{path}/items/{id}"), None),
    ]});
    body.pop();
    close_object(&mut body, &links);
    Ok(body)
}

/// What the page of a list shows.
fn listing<'a>(
    params: &'a Params,
    features: Vec<&'a Feature>,
    matched: usize,
    offset: usize,
    links: &'a [serde_json::Value],
) -> Listing<'a> {
    let to = |rel: &str| {
        let link = links.iter().find(|link| link["rel"] == rel)?;
        link["href"].as_str()?.strip_prefix('?')
    };
    let kept = LIST_PARAMS
        .into_iter()
        .filter(|name| !["q", "offset"].contains(name));
    Listing {
        features,
        matched,
        offset,
        wanted: params.get("q"),
        kept: kept
            .filter_map(|name| Some((name, params.get(name)?)))
            .collect(),
        previous: to("prev"),
        next: to("next"),
    }
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

/// The geometry of a feature in another system; `None` where it is to stay as it is.
fn in_crs(feature: &Feature, crs: Crs) -> Result<Option<Geometry<f64>>, Problem> {
    if crs == Crs::CRS84 {
        return Ok(None);
    }
    let moved = feature
        .geometry
        .as_ref()
        .map(|geometry| write::in_crs(geometry, crs));
    moved.transpose().map_err(Problem::unanswerable)
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
        name: params.get("q").and_then(Wanted::new),
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
        filter: parse_filter(params)?,
        order: parse_order(params)?,
    })
}

fn parse_filter(params: &Params) -> Result<Option<Filter<Field>>, Problem> {
    let Some(text) = params.get("filter") else {
        let alone = ["filter-lang", "filter-crs"]
            .into_iter()
            .find(|name| params.get(name).is_some());
        return match alone {
            None => Ok(None),
            Some(name) => Err(Problem::unreadable(Text::new(
                format!("{name} 要与 filter 一起给出"),
                format!("{name} goes with a filter"),
            ))),
        };
    };
    let language = params
        .get("filter-lang")
        .map_or(Ok(Language::Text), Language::parse)
        .map_err(Problem::unreadable)?;
    params
        .get("filter-crs")
        .map_or(Ok(Crs::CRS84), Crs::parse)
        .and_then(|crs| Filter::parse(text, language, crs, &Field::queryables()))
        .map(Some)
        .map_err(Problem::unreadable)
}

/// Reads `sortby`: names separated by commas, each after `-` for the greatest first.
fn parse_order(params: &Params) -> Result<Vec<Order>, Problem> {
    let Some(text) = params.get("sortby") else {
        return Ok(Vec::new());
    };
    let mut orders: Vec<Order> = Vec::new();
    for part in text.split(',') {
        // In a query string, a plus that is not escaped arrives as a space.
        let (descending, name) = match part.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, part.strip_prefix(['+', ' ']).unwrap_or(part)),
        };
        let field = Field::find(name).filter(|field| field.is_sortable());
        let Some(field) = field else {
            let sortable = Field::ALL.into_iter().filter(|field| field.is_sortable());
            let list = sortable.map(Field::name).collect::<Vec<_>>().join(", ");
            return Err(Problem::unreadable(Text::new(
                format!("不能按“{name}”排序；可用的有：{list}，倒序在前面加 -"),
                format!(
                    "features can't be sorted by “{name}”, but by: {list}; with - before it, the greatest first"
                ),
            )));
        };
        if orders.iter().any(|order| order.field == field) {
            return Err(Problem::unreadable(Text::new(
                format!("sortby 中的“{name}”给了两次"),
                format!("“{name}” is given twice in sortby"),
            )));
        }
        orders.push(Order { field, descending });
    }
    Ok(orders)
}

/// Whether a property can be served of every collection, without looking for it.
fn is_known(property: &str) -> bool {
    Field::find(property).is_some_and(Field::is_served)
}

/// Reads `properties`: the names of those that are to be served, each of which some feature of the
/// collection should have.
fn parse_properties(
    params: &Params,
    collection: &Collection,
    go_on: impl Fn() -> bool,
) -> Result<Option<Vec<String>>, Problem> {
    let Some(text) = params.get("properties") else {
        return Ok(None);
    };
    let names: Vec<String> = text.split(',').map(str::to_owned).collect();
    // A property that is filtered by may be stated of no feature so far.
    let mut missing: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    missing.retain(|name| !is_known(name));
    let mut known = BTreeSet::new();
    for feature in collection.features() {
        if missing.is_empty() {
            break;
        }
        if !go_on() {
            return Err(Problem::unanswerable(Text::new(
                "查找 properties 用时超过 10 秒：请检查属性名",
                "looking for the properties took more than 10 s: check their names",
            )));
        }
        feature.each_property(|name, _| {
            missing.remove(name);
            if !known.contains(name) {
                known.insert(name.to_owned());
            }
        });
    }
    match missing.first() {
        None => Ok(Some(names)),
        Some(wrong) => {
            let list = known.into_iter().collect::<Vec<_>>().join(", ");
            Err(Problem::unreadable(Text::new(
                format!("没有属性“{wrong}”；可用的有：{list}"),
                format!("there is no property “{wrong}”; there are: {list}"),
            )))
        }
    }
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
