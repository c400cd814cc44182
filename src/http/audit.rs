//! `GET /audit`: what was done, and what was refused.

use axum::{
    extract::{RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    AppState, Base, JSON, Work,
    failed::failed,
    format,
    paging::{MAX_LIMIT, Page},
    params::Params,
    person::Administrator,
    problem::Problem,
};
use crate::exchange::audit;

/// The log, the latest entries first.
pub async fn log(
    State(state): State<AppState>,
    base: Base,
    administrator: Result<Administrator, Problem>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state.recorded()?;
    administrator?;
    state
        .blocking(Work::Note, move |state, _| {
            let query = query.as_deref();
            let params = Params::parse(query, &["account", "before", "limit", "f"])?;
            params.check_format(&["json", "csv"])?;
            let is_table = params.get("f") == Some("csv");
            let limit = match Page::parse(&params)?.limit {
                _ if is_table && params.get("limit").is_none() => MAX_LIMIT,
                limit => limit,
            };
            // What was refused a moment ago belongs to it.
            state.write_down().map_err(failed)?;
            let entries = state
                .recorded()?
                .audited(limit, params.number("before")?, params.get("account"))
                .map_err(failed)?;
            let not_kept = (header::CACHE_CONTROL, "no-store");
            let last = entries.last().filter(|_| entries.len() == limit);
            let next = last.map(|(number, _)| address(query, Some(*number)));
            if is_table {
                let headers = [
                    (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
                    (
                        header::CONTENT_DISPOSITION,
                        "attachment; filename=\"audit.csv\"",
                    ),
                    not_kept,
                ];
                // RFC 8288: a table has no place for it.
                let more = next.map(|next| {
                    let link = format!("<{}>; rel=\"next\"", base.address(&next));
                    [(header::LINK, link)]
                });
                return Ok((headers, more, audit::table(&entries)).into_response());
            }
            let mut links = vec![base.link("self", JSON, &address(query, None), "this document")];
            if let Some(next) = next {
                links.push(base.link("next", JSON, &next, "next"));
            }
            let listed: Vec<Value> = entries
                .iter()
                .map(|(number, entry)| {
                    json!({
                        "number": number,
                        "time": entry.time,
                        "account": entry.account,
                        "action": entry.action,
                        "detail": entry.detail,
                    })
                })
                .collect();
            let body = json!({
                "entries": listed,
                "numberReturned": entries.len(),
                "links": links,
            });
            let headers = [(header::CONTENT_TYPE, JSON), not_kept];
            Ok((headers, body.to_string()).into_response())
        })
        .await
}

fn address(query: Option<&str>, before: Option<i64>) -> String {
    let query = match before {
        Some(number) => format::with(query, "before", Some(&number.to_string())),
        None => query.unwrap_or_default().to_owned(),
    };
    format!("/audit?{query}")
}
