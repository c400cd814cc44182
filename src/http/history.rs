//! `GET /collections/{collection}/items/{id}/revisions`: what became of one feature, and by whom.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    AppState, Base, JSON, Work, collections,
    edit::entity_tag,
    failed::failed,
    json_answer,
    paging::Page,
    params::Params,
    person::Asker,
    problem::Problem,
    revisions::{change_word, changes},
};
use crate::{
    model::{FeatureRef, Text},
    store::record::{Hash, Key, Sight, Turn},
};

/// The revisions that changed a feature, the latest first, each with what it changed.
pub async fn of_feature(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    Path((collection, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |state, _| {
            let query = query.as_deref();
            let params = Params::parse(query, &["limit", "offset", "f"])?;
            params.check_format(&["json"])?;
            let mut page = Page::parse(&params)?;
            let record = state.recorded()?;
            let latest = state.latest(asker.viewer());
            let known = collections::find(&latest, &collection)?;
            let name = FeatureRef::new(&collection, &id);
            let sight = state.sight(&asker);
            let (count, turns) = record
                .turns(&sight, &Key::of(&name), page.limit, page.offset)
                .map_err(failed)?;
            // What stood hidden until it was opened is there, and has no history yet.
            if count == 0 && known.get(&id).is_none() {
                return Err(Problem::missing(Text::new(
                    format!("从来没有要素 {name}"),
                    format!("there has never been a feature {name}"),
                )));
            }
            page.step = turns.len();
            let path = format!("/collections/{collection}/items/{id}/revisions");
            let body = json!({
                "revisions": turns.iter().map(|turn| describe(turn, &sight)).collect::<Vec<_>>(),
                "numberMatched": count,
                "numberReturned": turns.len(),
                "links": page.links(&base, JSON, &path, query, count),
            });
            Ok(json_answer(JSON, body.to_string()))
        })
        .await
}

fn describe(turn: &Turn, sight: &Sight) -> Value {
    let mut told = json!(turn.made_by);
    let after = turn.difference.after.as_deref();
    told["change"] = change_word(&turn.difference).into();
    told["version"] = after.map(|body| entity_tag(Hash::of(body))).into();
    told["properties"] = changes(&turn.difference, sight);
    told
}
