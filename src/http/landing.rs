//! `GET /` and `GET /conformance`.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    AppState, Base, JSON, json_answer, page,
    params::Params,
    person::Asker,
    problem::Problem,
    tilesets::{TILESETS, TILING_SCHEMES},
};
use crate::model::Viewer;

/// The classes of OGC API - Features, of CQL2 and of OGC API - Tiles that tests show.
const CONFORMANCE: [&str; 26] = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
];

/// The map page for a browser, the landing page of OGC API for everybody else.
pub async fn root(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let wants_html = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let format = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "f")
        .map(|(_, value)| value.into_owned());
    // The page keeps its view in the same query string, so only the landing page checks it.
    match format.as_deref() {
        Some("html") => page::index(),
        None if wants_html => page::index(),
        _ => Params::parse(query.as_deref(), &["f"])
            .and_then(|params| params.check_format(&["json", "html"]))
            .map_or_else(IntoResponse::into_response, |()| {
                landing(&state, asker.viewer(), &base)
            }),
    }
}

fn landing(state: &AppState, viewer: Viewer, base: &Base) -> Response {
    let snapshot = state.latest(viewer);
    let mut body = json!({
        "title": snapshot.title.zh,
        "title_en": snapshot.title.en,
        "description": "片区、地块、项目及其规划依据 (zones, parcels, projects, and the documents that they rest on)",
        "revision": snapshot.revision,
        "links": [
            base.link("self", JSON, "/?f=json", "this document"),
            base.link("alternate", "text/html", "/", "地图 (the map)"),
            base.link("service-desc", "application/vnd.oai.openapi+json;version=3.0", "/api", "OpenAPI"),
            base.link("service-doc", "text/html", "/api.html", "接口说明 (the interface)"),
            base.link("conformance", JSON, "/conformance", "OGC conformance classes"),
            base.link("data", JSON, "/collections", "数据 (the collections)"),
            base.link("describedby", JSON, "/documents", "规划文件 (the source documents)"),
            base.link("related", JSON, "/claims", "论断 (what the documents claim)"),
            base.link("related", JSON, "/claims/pairs", "规划与年度安排 (two documents side by side)"),
            base.link(TILESETS, JSON, "/tiles", "瓦片集 (vector tilesets)"),
            base.link(TILING_SCHEMES, JSON, "/tileMatrixSets", "瓦片矩阵集 (tile matrix sets)"),
            base.link("style", JSON, "/styles/default", "MapLibre style"),
        ],
    });
    if snapshot.indicators.is_some()
        && let Some(links) = body["links"].as_array_mut()
    {
        links.push(base.link("related", JSON, "/indicators", "指标表 (the indicators)"));
    }
    if state.0.live.record().is_some()
        && let Some(links) = body["links"].as_array_mut()
    {
        links.push(base.link(
            "version-history",
            JSON,
            "/revisions",
            "版本 (the revisions)",
        ));
    }
    json_answer(JSON, body.to_string())
}

/// What the service conforms to.
pub async fn conformance(RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f"])?.check_format(&["json"])?;
    let body = json!({ "conformsTo": CONFORMANCE });
    Ok(json_answer(JSON, body.to_string()))
}
