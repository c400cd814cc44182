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
    AppState, Base, GEOJSON, Work,
    body::read_body,
    json_answer,
    moment::{moment, moment_of},
    params::Params,
    person::Asker,
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
    as_of: Option<String>,
}

/// What is asked, in the address or in the body.
struct Asked {
    text: String,
    carriageway: Carriageway,
    moment: Moment,
}

/// What becomes of the boundary sentences of a text in the address.
pub async fn of_address(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = ["text", "carriageway", "revision", "as_of", "f"];
    let params = Params::parse(query.as_deref(), &known)?;
    params.check_format(&["json", "geojson"])?;
    let text = params.get("text").ok_or_else(|| {
        Problem::unreadable(Text::new(
            "缺参数 text：含四至描述的文字",
            "the parameter text is missing: a text with boundary sentences",
        ))
    })?;
    let asked = Asked {
        text: text.to_owned(),
        carriageway: params
            .word("carriageway", &["centre", "inner", "outer"])?
            .unwrap_or_default(),
        moment: moment(&params)?,
    };
    answer(state, asker.viewer(), base, asked).await
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
    let asked = Asked {
        moment: moment_of(body.revision, body.as_of.as_deref())?,
        text: body.text,
        carriageway: body.carriageway,
    };
    answer(state, asker.viewer(), base, asked).await
}

async fn answer(
    state: AppState,
    viewer: Viewer,
    base: Base,
    asked: Asked,
) -> Result<Response, Problem> {
    let snapshot = state.at(asked.moment, viewer).await?;
    state
        .blocking(Work::Heavy, move |_, abandoned| {
            let options = Options {
                carriageway: asked.carriageway,
                ..Options::default()
            };
            let patience = Patience::new(TIME_LIMIT, Arc::clone(abandoned));
            let compilations = snapshot
                .network()
                .compile_text(&asked.text, options, || patience.check().is_ok())
                .map_err(|error| Problem::unanswerable(error.text()))?;
            let mut answer = collection(&asked.text, &compilations);
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
