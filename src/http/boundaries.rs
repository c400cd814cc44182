//! `GET /boundaries` and `POST /boundaries`.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{RawQuery, State, rejection::BytesRejection},
    response::Response,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    AppState, Base, GEOJSON, Work, areas::read_body, json_answer, params::Params, person::Asker,
    problem::Problem,
};
use crate::{
    area::Patience,
    boundary::{Carriageway, Options},
    exchange::boundary::collection,
    model::{Text, Viewer},
    store::live::Moment,
};

/// How long a text may be worked on.
const TIME_LIMIT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: String,
    #[serde(default)]
    carriageway: Carriageway,
    revision: Option<u64>,
}

/// What becomes of the boundary sentences of a text in the address.
pub async fn of_address(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref(), &["text", "carriageway", "revision", "f"])?;
    params.check_format(&["json", "geojson"])?;
    let text = params.get("text").ok_or_else(|| {
        Problem::unreadable(Text::new(
            "缺参数 text：含四至描述的文字",
            "the parameter text is missing: a text with boundary sentences",
        ))
    })?;
    let body = Body {
        text: text.to_owned(),
        carriageway: params
            .word("carriageway", &["centre", "inner", "outer"])?
            .unwrap_or_default(),
        revision: params.number("revision")?,
    };
    answer(state, asker.viewer(), base, body).await
}

/// The same of a text in the body.
pub async fn of_body(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f"])?.check_format(&["json", "geojson"])?;
    let body: Body = read_body(body)?;
    answer(state, asker.viewer(), base, body).await
}

async fn answer(
    state: AppState,
    viewer: Viewer,
    base: Base,
    body: Body,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Heavy, move |state, abandoned| {
            let snapshot = state.at(Moment::of(body.revision), viewer)?;
            let options = Options {
                carriageway: body.carriageway,
                ..Options::default()
            };
            let patience = Patience::new(TIME_LIMIT, Arc::clone(abandoned));
            let compilations = snapshot
                .network()
                .compile_text(&body.text, options, || patience.check().is_ok())
                .map_err(|error| Problem::unanswerable(error.text()))?;
            let mut answer = collection(&body.text, &compilations);
            answer["revision"] = json!(snapshot.revision);
            answer["links"] = json!([base.link(
                "service-doc",
                "text/html",
                "/api.html",
                "接口说明 (the interface)"
            )]);
            Ok(json_answer(GEOJSON, answer.to_string()))
        })
        .await
}
