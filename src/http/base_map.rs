//! `GET /base-map/{z}/{x}/{y}`: tiles of the operator's base map, for the page. The page asks no other
//! host, and who looks learns nothing of where they are from.

use std::{sync::atomic::Ordering, time::Instant};

use axum::{
    extract::{Path, RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::{AppState, Work, params::Params, person::Asker, problem::Problem};
use crate::{
    model::{Text, hex},
    tiles::base_map::{BaseTile, DEEPEST, Lack, PATIENCE, Tile},
};

/// For how many seconds a browser shows a tile without asking again.
const MAX_AGE: u32 = 3_600;

/// One tile.
pub async fn tile(
    State(state): State<AppState>,
    asker: Asker,
    Path([z, x, y]): Path<[String; 3]>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &[])?;
    let Some(base_map) = &state.0.settings.base_map else {
        return Err(Problem::missing(Text::new(
            "此服务没有配置底图",
            "this service has no base map",
        )));
    };
    let tile = match (z.parse(), x.parse(), y.parse()) {
        (Ok(z), Ok(x), Ok(y)) => BaseTile::new(z, x, y),
        _ => None,
    };
    let tile = tile.ok_or_else(|| {
        Problem::missing(Text::new(
            format!("没有底图瓦片 {z}/{x}/{y}：级别 0 到 {DEEPEST}，行列号在该级别之内"),
            format!("there is no tile {z}/{x}/{y} of the base map: zoom is 0 to {DEEPEST}, column and row lie in that zoom"),
        ))
    })?;
    let found = match base_map.known(tile) {
        Some(found) => found,
        None => {
            state
                .blocking(Work::BaseMap, move |state, abandoned| {
                    let Some(base_map) = &state.0.settings.base_map else {
                        return Ok(Err(Lack::Nothing));
                    };
                    let until = Instant::now() + PATIENCE;
                    let is_wanted = || !abandoned.load(Ordering::Relaxed);
                    Ok(base_map.tile(tile, until, &is_wanted))
                })
                .await?
        }
    };
    match found {
        Ok(found) => Ok(answer(&found, asker.is_somebody())),
        Err(Lack::Nothing) => Err(Problem::missing(Text::new(
            "底图没有到达此处",
            "the base map does not reach here",
        ))),
        Err(Lack::Failed) => Err(Problem::new(
            StatusCode::BAD_GATEWAY,
            Text::new(
                "底图服务没有及时给出这块瓦片",
                "the service of the base map did not give this tile in time",
            ),
        )),
    }
}

fn answer(tile: &Tile, is_private: bool) -> Response {
    let kept = if is_private { "private, " } else { "" };
    let headers = [
        (header::CONTENT_TYPE, tile.format().media_type().to_owned()),
        (header::CACHE_CONTROL, format!("{kept}max-age={MAX_AGE}")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        // Its own: other data make no other tile, and another tile is not told by the data.
        (
            header::ETAG,
            format!("\"{}\"", hex(&Sha256::digest(tile.bytes())[..12])),
        ),
    ];
    (headers, tile.bytes().to_vec()).into_response()
}
