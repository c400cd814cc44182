//! `GET /documents`.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde_json::json;

use super::{AppState, JSON, json_answer, params::Params, problem::Problem};

/// The source documents.
pub async fn list(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f"])?.check_format(&["json"])?;
    let documents: Vec<_> = state
        .snapshot()
        .library
        .documents()
        .iter()
        .map(|document| &document.info)
        .collect();
    Ok(json_answer(
        JSON,
        json!({ "documents": documents }).to_string(),
    ))
}
