//! `GET /collections` and `GET /collections/{collection}`.

use axum::{
    extract::{Path, RawQuery},
    http::HeaderMap,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Base, GEOJSON, JSON, SCHEMA, base, format, json_answer, moment::Data, page, params::Params,
    problem::Problem, tilesets::TILESETS,
};
use crate::{
    geometry::crs::Crs,
    html::{self, Visit},
    model::{Revision, Text},
    report::Lang,
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
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    if let Some(queries) = wants_page(query.as_deref(), &headers)? {
        let body = html::collections(&queries.visit(&snapshot, ""), &queries.as_json);
        return Ok(page::readable(body));
    }
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
            base.data_link("self", JSON, "/collections", "this document"),
            base.page_link("/collections", None),
        ],
        "collections": collections,
    });
    Ok(json_answer(JSON, body.to_string()))
}

/// One collection.
pub async fn one(
    Data(snapshot): Data,
    base: Base,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let page = wants_page(query.as_deref(), &headers)?;
    let collection = find(&snapshot, &id)?;
    if let Some(queries) = page {
        let body = html::collection(
            &queries.visit(&snapshot, "../"),
            collection,
            &queries.as_json,
        );
        return Ok(page::readable(body));
    }
    let body = describe(collection, snapshot.revision, &base);
    Ok(json_answer(JSON, body.to_string()))
}

/// What links on a page need of its own query string.
pub struct Queries {
    lang: Lang,
    in_other_language: String,
    /// Which state of the data is asked for, as the query string says it.
    moment: String,
    /// The same as data.
    pub as_json: String,
}

impl Queries {
    /// Reads them.
    ///
    /// # Errors
    /// 400 where the language is none.
    pub fn new(params: &Params, query: Option<&str>) -> Result<Self, Problem> {
        let lang = params.lang()?;
        let as_json = format::with(query, "lang", None);
        Ok(Self {
            lang,
            moment: base::moment(query),
            in_other_language: format::with(query, "lang", Some(lang.pick("en", "zh"))),
            as_json: format::with(Some(&as_json), "f", Some("json")),
        })
    }

    /// The visit to a page that lies below `root`.
    pub fn visit<'a>(&'a self, snapshot: &'a Snapshot, root: &'a str) -> Visit<'a> {
        Visit {
            snapshot,
            lang: self.lang,
            root,
            in_other_language: &self.in_other_language,
            moment: &self.moment,
        }
    }
}

/// Checks what is asked for; `None` where it is data.
fn wants_page(query: Option<&str>, headers: &HeaderMap) -> Result<Option<Queries>, Problem> {
    let params = Params::parse(query, &["f", "lang", "revision", "as_of"])?;
    params.check_format(&["json", "html"])?;
    let queries = Queries::new(&params, query)?;
    Ok(format::wants_page(&params, headers, &[JSON]).then_some(queries))
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
        "located": collection.located(),
        "worst_accuracy_m": collection.worst_accuracy_m(),
        "sources": collection.sources().collect::<Vec<_>>(),
        "revision": revision,
        "links": [
            base.data_link("self", JSON, &path, &info.title),
            base.page_link(&path, None),
            base.data_link("items", GEOJSON, &format!("{path}/items"), &info.title),
            base.data_link(QUERYABLES, SCHEMA, &format!("{path}/queryables"), "可查询的属性 (queryables)"),
            base.data_link(SCHEMA_OF, SCHEMA, &format!("{path}/schema"), "要素的结构 (schema)"),
            base.data_link(TILESETS, JSON, &format!("{path}/tiles"), "瓦片集 (vector tilesets)"),
            base.data_link("tiles", JSON, &format!("/tiles/{}.json", info.id), "TileJSON"),
        ],
    });
    if let Some(readers) = info.readers {
        value["readers"] = readers.as_str().into();
    }
    if let Some(bounds) = collection.bounds() {
        let (low, high) = (bounds.min(), bounds.max());
        value["extent"] = json!({ "spatial": {
            "bbox": [[low.x, low.y, high.x, high.y]],
            "crs": Crs::CRS84.uri(),
        }});
    }
    value
}
