//! `GET /collections` and `GET /collections/{collection}`.

use axum::{
    extract::{Path, RawQuery},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Base, GEOJSON, JSON, SCHEMA, json_answer, moment::Data, params::Params, problem::Problem,
};
use crate::{
    geometry::crs::Crs,
    model::{Revision, Text},
    store::{Collection, Snapshot},
};

/// The relation of a collection to its queryables.
const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

/// The relation of a collection to the schema of its features.
const SCHEMA_OF: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";

/// All collections, in the order in which a planner wants them.
pub async fn list(
    Data(snapshot): Data,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    check(query.as_deref())?;
    let collections: Vec<Value> = snapshot
        .collections()
        .iter()
        .map(|collection| describe(collection, snapshot.revision, &base))
        .collect();
    let body = json!({
        "title": snapshot.title.zh,
        "title_en": snapshot.title.en,
        "district": snapshot.district,
        "revision": snapshot.revision,
        "crs": Crs::all().iter().map(|crs| crs.uri()).collect::<Vec<_>>(),
        "links": [
            base.link("self", JSON, "/collections", "this document"),
        ],
        "collections": collections,
    });
    Ok(json_answer(JSON, body.to_string()))
}

/// One collection.
pub async fn one(
    Data(snapshot): Data,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    check(query.as_deref())?;
    let collection = find(&snapshot, &id)?;
    let body = describe(collection, snapshot.revision, &base);
    Ok(json_answer(JSON, body.to_string()))
}

fn check(query: Option<&str>) -> Result<(), Problem> {
    Params::parse(query, &["f", "revision", "as_of"])?.check_format(&["json"])
}

/// Finds a collection.
///
/// # Errors
/// 404 with the collections that there are.
pub fn find<'a>(snapshot: &'a Snapshot, id: &str) -> Result<&'a Collection, Problem> {
    snapshot.collection(id).ok_or_else(|| {
        let list: Vec<&str> = snapshot
            .collections()
            .iter()
            .map(|collection| collection.info.id.as_str())
            .collect();
        let list = list.join(", ");
        Problem::missing(Text::new(
            format!("没有集合“{id}”；有：{list}"),
            format!("there is no collection “{id}”; there are: {list}"),
        ))
    })
}

fn describe(collection: &Collection, revision: Revision, base: &Base) -> Value {
    let info = &collection.info;
    let path = format!("/collections/{}", info.id);
    let mut value = json!({
        "id": info.id,
        "title": info.title,
        "title_en": info.title_en,
        "description": info.description,
        "description_en": info.description_en,
        "itemType": "feature",
        "crs": Crs::all().iter().map(|crs| crs.uri()).collect::<Vec<_>>(),
        "storageCrs": Crs::CRS84.uri(),
        "kinds": info.kinds,
        "count": collection.features().len(),
        "located": collection.located,
        "worst_accuracy_m": collection.worst_accuracy_m,
        "sources": collection.sources,
        "revision": revision,
        "links": [
            base.link("self", JSON, &path, &info.title),
            base.link("items", GEOJSON, &format!("{path}/items"), &info.title),
            base.link(QUERYABLES, SCHEMA, &format!("{path}/queryables"), "可查询的属性 (queryables)"),
            base.link(SCHEMA_OF, SCHEMA, &format!("{path}/schema"), "要素的结构 (schema)"),
            base.link("tiles", JSON, &format!("/tiles/{}.json", info.id), "TileJSON"),
        ],
    });
    if let Some(bounds) = collection.bounds {
        let (low, high) = (bounds.min(), bounds.max());
        value["extent"] = json!({ "spatial": {
            "bbox": [[low.x, low.y, high.x, high.y]],
            "crs": Crs::CRS84.uri(),
        }});
    }
    value
}
