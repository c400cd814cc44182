//! `GET /tiles/…` and `GET /styles/{style}`.

use std::{io::Read, sync::Arc};

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;

use super::{
    AppState, Base, JSON, Work, json_answer, moment::Data, params::Params, problem::Problem,
};
use crate::{
    model::Text,
    store::Snapshot,
    tiles::{self, BaseMapTiles, Layer, MAX_ZOOM, TileId},
};

pub const MVT: &str = "application/vnd.mapbox-vector-tile";
/// Layers that one tile may have.
const MAX_LAYERS: usize = 64;

/// TileJSON of a set of layers: `/tiles/zones,projects.json`.
pub async fn tilejson(
    base: Base,
    Data(snapshot): Data,
    Path(names): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["revision", "as_of"])?;
    let Some(names) = names.strip_suffix(".json") else {
        return Err(Problem::missing(Text::new(
            "TileJSON 的地址以 .json 结尾，例如 /tiles/zones.json",
            "the address of TileJSON ends in .json, such as /tiles/zones.json",
        )));
    };
    let layers = find_layers(&snapshot, names)?;
    let body = tiles::tilejson(&snapshot, &layers, |path| base.address(path));
    Ok(json_answer(JSON, body.to_string()))
}

/// One tile: `/tiles/zones,projects/14/13524/6242.mvt`.
pub async fn tile(
    State(state): State<AppState>,
    Data(snapshot): Data,
    Path((names, z, x, y)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    answer(
        state,
        snapshot,
        names,
        [&z, &x, &y],
        &headers,
        query.as_deref(),
    )
    .await
}

/// The tile of these layers at `z`, `x` and `y`.
pub async fn answer(
    state: AppState,
    snapshot: Arc<Snapshot>,
    names: String,
    [z, x, y]: [&str; 3],
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Response, Problem> {
    Params::parse(query, &["revision", "as_of"])?;
    let revision = snapshot.revision;
    let tile = parse_tile(z, x, y)?;
    let layers = find_layers(&snapshot, &names)?;
    let cached = state.0.tiles.get(revision, &layers, tile);
    drop(layers);
    let zipped = match cached {
        Some(zipped) => zipped,
        None => {
            state
                .blocking(Work::Light, move |state, _| {
                    let layers = find_layers(&snapshot, &names)?;
                    Ok(state.0.tiles.get_or_make(revision, &layers, tile))
                })
                .await?
        }
    };
    if zipped.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if accepts_gzip(headers) {
        let headers = [
            (header::CONTENT_TYPE, MVT),
            (header::CONTENT_ENCODING, "gzip"),
        ];
        return Ok((headers, zipped).into_response());
    }
    state
        .blocking(Work::Light, move |_, _| {
            let mut plain = Vec::new();
            GzDecoder::new(&zipped[..])
                .read_to_end(&mut plain)
                .expect("a tile that was just made unpacks");
            Ok(([(header::CONTENT_TYPE, MVT)], plain).into_response())
        })
        .await
}

/// The tile that three numbers mean.
///
/// # Errors
/// 404 where there is none.
pub fn parse_tile(z: &str, x: &str, y: &str) -> Result<TileId, Problem> {
    let y = y.strip_suffix(".mvt").unwrap_or(y);
    let tile = match (z.parse(), x.parse(), y.parse()) {
        (Ok(z), Ok(x), Ok(y)) => TileId::new(z, x, y),
        _ => None,
    };
    tile.ok_or_else(|| {
        Problem::missing(Text::new(
            format!("没有瓦片 {z}/{x}/{y}：级别 0 到 {MAX_ZOOM}，行列号在该级别之内"),
            format!("there is no tile {z}/{x}/{y}: zoom is 0 to {MAX_ZOOM}, column and row lie in that zoom"),
        ))
    })
}

fn find_layers<'a>(snapshot: &'a Snapshot, names: &str) -> Result<Vec<Layer<'a>>, Problem> {
    let mut layers: Vec<Layer<'a>> = Vec::new();
    for name in names.split(',') {
        let layer = Layer::find(snapshot, name).ok_or_else(|| {
            Problem::missing(Text::new(
                format!("没有图层“{name}”：图层是集合编号，或其后加 .sides .bands .accuracy .labels"),
                format!("there is no layer “{name}”: a layer is a collection's id, or that with .sides .bands .accuracy .labels"),
            ))
        })?;
        if layers.len() == MAX_LAYERS || layers.iter().any(|other| other.is_same(&layer)) {
            return Err(Problem::unreadable(Text::new(
                format!("图层“{name}”重复，或图层多于 {MAX_LAYERS} 个"),
                format!("the layer “{name}” is given twice, or there are more than {MAX_LAYERS}"),
            )));
        }
        layers.push(layer);
    }
    Ok(layers)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_gzip = matches!(parts.next(), Some("gzip" | "x-gzip" | "*"));
            is_gzip && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
}

/// The map's style.
pub async fn style(
    State(state): State<AppState>,
    Data(snapshot): Data,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["revision", "as_of"])?;
    if id != "default" {
        return Err(Problem::missing(Text::new(
            format!("没有样式“{id}”；有：default"),
            format!("there is no style “{id}”; there is: default"),
        )));
    }
    let base_map = state.0.settings.base_map.as_ref();
    let base_map = base_map.map(|map| BaseMapTiles {
        address: format!("{}/base-map/{{z}}/{{x}}/{{y}}", base.root),
        attribution: map.source().attribution(),
    });
    let body = tiles::style(&snapshot, base_map.as_ref(), |path| base.address(path));
    Ok(json_answer(JSON, body.to_string()))
}
