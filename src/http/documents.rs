//! `GET /documents` and `GET /documents/{document}`.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use serde::Serialize;
use serde_json::json;

use super::{
    AppState, Base, JSON, Work, claims, json_answer, moment::Data, params::Params, problem::Problem,
};
use crate::documents::DocumentInfo;

/// A document in the list of them.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    info: &'a DocumentInfo,
    /// Its first heading, by which one without a title is known.
    opening: Option<&'a str>,
}

/// The source documents.
pub async fn list(Data(snapshot): Data, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f", "revision", "as_of"])?.check_format(&["json"])?;
    let documents: Vec<Listed<'_>> = snapshot
        .library
        .documents()
        .iter()
        .map(|document| Listed {
            info: &document.info,
            opening: document.headings().first().map(|heading| &*heading.title),
        })
        .collect();
    Ok(json_answer(
        JSON,
        json!({ "documents": documents }).to_string(),
    ))
}

/// One document: its text, its headings, and the stretches that features and claims rest on.
pub async fn one(
    State(state): State<AppState>,
    base: Base,
    Data(snapshot): Data,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |_, _| {
            let document = snapshot
                .library
                .get(&id)
                .ok_or_else(|| Problem::missing(claims::no_such_document(&snapshot, &id)))?;
            let params = Params::parse(query.as_deref(), &["revision", "as_of", "f"])?;
            params.check_format(&["json"])?;
            let info = &document.info;
            let title = info.title.as_deref().unwrap_or(&info.id);
            let body = json!({
                "id": info.id,
                "title": info.title,
                "issuer": info.issuer,
                "date": info.date,
                "sha256": info.sha256,
                "file": info.file,
                "revision": snapshot.revision,
                "text": document.text(),
                "headings": document.headings(),
                "citations": snapshot.cited_in(document),
                "links": [
                    base.data_link("self", JSON, &format!("/documents/{id}"), title),
                    base.data_link("collection", JSON, "/documents", "规划文件 (the source documents)"),
                    base.data_link("related", JSON, &format!("/claims?document={id}"), "论断 (its claims)"),
                ],
            });
            Ok(json_answer(JSON, body.to_string()))
        })
        .await
}
