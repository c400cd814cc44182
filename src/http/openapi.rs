//! `GET /api` and `GET /api.html`: what the service can be asked.

use std::fmt::Write;

use axum::{
    extract::{RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{AppState, Base, json_answer, params::Params, person::Asker, problem::Problem};
use crate::model::Viewer;

/// OpenAPI 3.0.3, written by hand: GIS clients know no newer one. A test asks every path of it.
const DOCUMENT: &str = include_str!("openapi.json");

/// The OpenAPI document, with this service's address and collections.
pub async fn document(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f"])?.check_format(&["json"])?;
    Ok(json_answer(
        "application/vnd.oai.openapi+json;version=3.0",
        filled(&state, asker.viewer(), &base).to_string(),
    ))
}

fn filled(state: &AppState, viewer: Viewer, base: &Base) -> Value {
    let mut document: Value =
        serde_json::from_str(DOCUMENT).expect("the built-in document is JSON");
    let snapshot = state.latest(viewer);
    document["info"]["title"] = snapshot.title.zh.clone().into();
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    document["servers"] = json!([{ "url": base.root }]);
    let ids: Vec<&str> = snapshot
        .collections()
        .iter()
        .map(|collection| collection.info.id.as_str())
        .collect();
    for (_, operations) in document["paths"].as_object_mut().into_iter().flatten() {
        let parameters = operations.pointer_mut("/get/parameters");
        for parameter in parameters
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if parameter["name"] == "collectionId" {
                parameter["schema"]["enum"] = json!(ids);
            } else if parameter["name"] == "collections" {
                parameter["schema"]["items"]["enum"] = json!(ids);
            }
        }
    }
    document["components"]["schemas"]["AreaQuery"]["properties"]["collections"]["items"]["enum"] =
        json!(ids);
    document
}

/// The same for people to read.
pub async fn readable(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &[])?;
    let document = filled(&state, asker.viewer(), &base);
    let mut html = String::from(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>接口说明</title>\
         <style>body{font:16px/1.6 system-ui,\"PingFang SC\",\"Microsoft YaHei\",sans-serif;\
         max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2a33}\
         code{background:#f1f3f4;padding:.1em .3em;border-radius:3px}h2{margin-top:2rem;font-size:1.1rem}\
         table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;\
         padding:.3rem .6rem;border-bottom:1px solid #dde2e5}</style>",
    );
    let text = |value: &Value| escape(value.as_str().unwrap_or_default());
    let _ = write!(
        html,
        "<h1>{}：接口说明 <small>API</small></h1><p>{}</p><p>机器可读：<a href=\"/api\">OpenAPI 3.0</a></p>",
        text(&document["info"]["title"]),
        text(&document["info"]["description"]),
    );
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let _ = write!(
                html,
                "<h2><code>{} {}</code></h2><p>{}</p>",
                method.to_uppercase(),
                escape(path),
                text(&operation["summary"]),
            );
            let parameters = operation["parameters"].as_array();
            if parameters.is_some_and(|list| !list.is_empty()) {
                html.push_str("<table>");
                for parameter in parameters.into_iter().flatten() {
                    let _ = write!(
                        html,
                        "<tr><th><code>{}</code></th><td>{}</td></tr>",
                        text(&parameter["name"]),
                        text(&parameter["description"]),
                    );
                }
                html.push_str("</table>");
            }
        }
    }
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
