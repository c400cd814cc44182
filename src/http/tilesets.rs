//! OGC API - Tiles: `GET /tileMatrixSets`, and the tilesets of all data (`/tiles`) and of a
//! collection (`/collections/{collection}/tiles`). The tiles are those of [`super::tiles`].

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    AppState, Base, JSON, collections, json_answer,
    moment::Data,
    params::Params,
    problem::Problem,
    tiles::{self, MVT},
};
use crate::{
    model::Text,
    store::Snapshot,
    tiles::{
        Derived, Layer, Limits, MATRIX_SET, MATRIX_SET_CRS, MATRIX_SET_URI, matrix_set, tileset,
    },
};

/// The relation of data to their vector tilesets.
pub const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
/// The relation of the service to its tile matrix sets.
pub const TILING_SCHEMES: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
/// The relation of a tileset to its tile matrix set.
const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
/// The relation of a tileset to what it is made of.
const GEODATA: &str = "http://www.opengis.net/def/rel/ogc/1.0/geodata";

const MATRIX_SET_PATH: &str = "/tileMatrixSets/WebMercatorQuad";

/// What a tileset holds.
struct Subject<'a> {
    title: &'a str,
    layers: Vec<Layer<'a>>,
    /// The names of its layers, as `/tiles/…` takes them.
    names: String,
    /// Where its tilesets are.
    path: String,
    /// What it is made of.
    data: String,
}

impl<'a> Subject<'a> {
    /// All collections.
    fn all(snapshot: &'a Snapshot) -> Self {
        let layers = Layer::all(snapshot).filter(|layer| layer.derived == Derived::Features);
        Self::new(
            &snapshot.title.zh,
            layers.collect(),
            "/tiles".into(),
            "/collections".into(),
        )
    }

    /// One collection.
    fn collection(snapshot: &'a Snapshot, id: &str) -> Result<Self, Problem> {
        let collection = collections::find(snapshot, id)?;
        let layer = Layer {
            collection,
            derived: Derived::Features,
        };
        let data = format!("/collections/{id}");
        Ok(Self::new(
            &collection.info.title,
            vec![layer],
            format!("{data}/tiles"),
            data,
        ))
    }

    fn new(title: &'a str, layers: Vec<Layer<'a>>, path: String, data: String) -> Self {
        let names: Vec<String> = layers.iter().map(ToString::to_string).collect();
        Self {
            title,
            layers,
            names: names.join(","),
            path,
            data,
        }
    }

    fn list(&self, base: &Base) -> Response {
        let tileset = format!("{}/{MATRIX_SET}", self.path);
        let body = json!({
            "links": [base.data_link("self", JSON, &self.path, self.title)],
            "tilesets": [{
                "title": self.title,
                "dataType": "vector",
                "crs": MATRIX_SET_CRS,
                "tileMatrixSetURI": MATRIX_SET_URI,
                "links": [
                    base.data_link("self", JSON, &tileset, self.title),
                    base.link(TILING_SCHEME, JSON, MATRIX_SET_PATH, MATRIX_SET),
                ],
            }],
        });
        json_answer(JSON, body.to_string())
    }

    fn metadata(&self, base: &Base) -> Response {
        let path = format!("{}/{MATRIX_SET}", self.path);
        let mut body = tileset(self.title, &self.layers);
        let template = format!("{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}");
        let mut item = base.data_link("item", MVT, &template, "瓦片 (the tiles)");
        item["templated"] = true.into();
        let links = [
            base.data_link("self", JSON, &path, self.title),
            item,
            base.link(TILING_SCHEME, JSON, MATRIX_SET_PATH, MATRIX_SET),
            base.data_link(
                "describedby",
                JSON,
                &format!("/tiles/{}.json", self.names),
                "TileJSON",
            ),
            base.data_link(GEODATA, JSON, &self.data, self.title),
        ];
        body["links"] = Value::from(links.to_vec());
        json_answer(JSON, body.to_string())
    }
}

fn check(query: Option<&str>) -> Result<(), Problem> {
    Params::parse(query, &["f", "revision", "as_of"])?.check_format(&["json"])
}

fn check_matrix_set(name: &str) -> Result<(), Problem> {
    if name == MATRIX_SET {
        return Ok(());
    }
    Err(Problem::missing(Text::new(
        format!("没有瓦片矩阵集“{name}”；有：{MATRIX_SET}"),
        format!("there is no tile matrix set “{name}”; there is: {MATRIX_SET}"),
    )))
}

/// The tile matrix sets: one.
pub async fn matrix_sets(base: Base, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f"])?.check_format(&["json"])?;
    let set = matrix_set();
    let body = json!({
        "links": [base.link("self", JSON, "/tileMatrixSets", "this document")],
        "tileMatrixSets": [{
            "id": set["id"],
            "title": set["title"],
            "uri": set["uri"],
            "crs": set["crs"],
            "links": [base.link("self", JSON, MATRIX_SET_PATH, MATRIX_SET)],
        }],
    });
    Ok(json_answer(JSON, body.to_string()))
}

/// A tile matrix set.
pub async fn one_matrix_set(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &["f"])?.check_format(&["json"])?;
    check_matrix_set(&name)?;
    Ok(json_answer(JSON, matrix_set().to_string()))
}

/// The tilesets of all data.
pub async fn list(
    Data(snapshot): Data,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    check(query.as_deref())?;
    Ok(Subject::all(&snapshot).list(&base))
}

/// The tileset of all data.
pub async fn metadata(
    Data(snapshot): Data,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    check(query.as_deref())?;
    Ok(Subject::all(&snapshot).metadata(&base))
}

/// A tile of all data.
pub async fn tile(
    State(state): State<AppState>,
    Data(snapshot): Data,
    Path((matrix, row, column)): Path<(String, String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let names = limited(&Subject::all(&snapshot), &matrix, &row, &column)?;
    tiles::answer(
        state,
        snapshot,
        names,
        [&matrix, &column, &row],
        &headers,
        query.as_deref(),
    )
    .await
}

/// The tilesets of a collection.
pub async fn list_of_collection(
    Data(snapshot): Data,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    check(query.as_deref())?;
    Ok(Subject::collection(&snapshot, &id)?.list(&base))
}

/// The tileset of a collection.
pub async fn metadata_of_collection(
    Data(snapshot): Data,
    base: Base,
    Path((id, matrix_set)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    check(query.as_deref())?;
    let subject = Subject::collection(&snapshot, &id)?;
    check_matrix_set(&matrix_set)?;
    Ok(subject.metadata(&base))
}

/// A tile of a collection.
pub async fn tile_of_collection(
    State(state): State<AppState>,
    Data(snapshot): Data,
    Path((id, matrix_set, matrix, row, column)): Path<(String, String, String, String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let subject = Subject::collection(&snapshot, &id)?;
    check_matrix_set(&matrix_set)?;
    let names = limited(&subject, &matrix, &row, &column)?;
    drop(subject);
    tiles::answer(
        state,
        snapshot,
        names,
        [&matrix, &column, &row],
        &headers,
        query.as_deref(),
    )
    .await
}

/// The names of a subject's layers, where the tile is one of its tileset.
///
/// # Errors
/// 404 with the rows and columns that there are (20-057, requirement 5).
fn limited(
    subject: &Subject<'_>,
    matrix: &str,
    row: &str,
    column: &str,
) -> Result<String, Problem> {
    let tile = tiles::parse_tile(matrix, column, row)?;
    let Some(limits) = Limits::of(&subject.layers, tile.zoom()) else {
        return Err(Problem::missing(Text::new(
            format!("“{}”没有瓦片：没有已定位的要素", subject.title),
            format!(
                "there are no tiles of {}: none of its features is located",
                subject.names
            ),
        )));
    };
    if limits.hold(tile) {
        return Ok(subject.names.clone());
    }
    let (rows, columns) = (&limits.rows, &limits.columns);
    let [top, bottom, left, right] = [rows.start(), rows.end(), columns.start(), columns.end()];
    Err(Problem::missing(Text::new(
        format!(
            "级别 {matrix} 没有第 {row} 行第 {column} 列的瓦片：行号 {top} 到 {bottom}，列号 {left} 到 {right}"
        ),
        format!(
            "at {matrix} there is no tile in row {row}, column {column}: rows are {top} to {bottom}, columns {left} to {right}"
        ),
    )))
}
