//! `GET /collections/{collection}/queryables`, what filters and `sortby` may name, and `…/schema`,
//! what features are served with.

use axum::{
    extract::{Path, RawQuery},
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    Base, SCHEMA, collections, json_answer, moment::Data, params::Params, problem::Problem,
};
use crate::{
    filter::Type,
    model::{LandUse, LocatedBy, Status},
    store::{Collection, Field, Snapshot},
};

/// Every feature has these, and each is text.
const REQUIRED: [&str; 7] = [
    "name",
    "name_en",
    "kind",
    "located_by",
    "evidence",
    "source",
    "licence",
];

/// The queryables of a collection as JSON Schema.
pub async fn queryables(
    Data(snapshot): Data,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let collection = find(&snapshot, &id, query.as_deref())?;
    let mut schema = head(
        collection,
        &format!("{}/collections/{id}/queryables", base.root),
    );
    schema["properties"] = Field::ALL
        .into_iter()
        .map(|field| (field.name(), describe(field, collection, &snapshot)))
        .collect();
    schema["additionalProperties"] = false.into();
    Ok(json_answer(SCHEMA, schema.to_string()))
}

/// The features of a collection as JSON Schema; of what they may be served with, that which the
/// service itself knows.
pub async fn schema(
    Data(snapshot): Data,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let collection = find(&snapshot, &id, query.as_deref())?;
    let mut schema = head(
        collection,
        &format!("{}/collections/{id}/schema", base.root),
    );
    let known = Field::ALL
        .into_iter()
        .filter(|field| field.is_served() || matches!(field, Field::Id | Field::Geometry));
    let mut properties: Map<String, Value> = known
        .map(|field| {
            (
                field.name().to_owned(),
                describe(field, collection, &snapshot),
            )
        })
        .collect();
    let (title, title_en) = titles(Field::LandUse);
    properties[Field::LandUse.name()] = json!({
        "title": title,
        "title_en": title_en,
        "type": "object",
        "properties": { "code": { "type": "string" }, "name": { "type": "string" } },
    });
    properties.insert(
        "evidence".into(),
        json!({ "title": "定位依据", "title_en": "Evidence of its location", "type": "string" }),
    );
    schema["properties"] = properties.into();
    schema["required"] = REQUIRED.as_slice().into();
    Ok(json_answer(SCHEMA, schema.to_string()))
}

fn find<'a>(
    snapshot: &'a Snapshot,
    id: &str,
    query: Option<&str>,
) -> Result<&'a Collection, Problem> {
    let params = Params::parse(query, &["f", "revision", "as_of"])?;
    params.check_format(&["json"])?;
    collections::find(snapshot, id)
}

fn head(collection: &Collection, address: &str) -> Value {
    let info = &collection.info;
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": info.title,
        "title_en": info.title_en,
        "description": info.description,
        "description_en": info.description_en,
        "type": "object",
    })
}

fn describe(field: Field, collection: &Collection, snapshot: &Snapshot) -> Value {
    let (title, title_en) = titles(field);
    let mut schema = json!({ "title": title, "title_en": title_en });
    let mut set = |name: &str, value: Value| {
        schema[name] = value;
    };
    match field.kind() {
        Type::Text => set("type", "string".into()),
        Type::Number => {
            set("type", "number".into());
            set("minimum", 0.into());
        }
        Type::Boolean => set("type", "boolean".into()),
        Type::Texts => {
            set("type", "array".into());
            set("items", json!({ "type": "string" }));
        }
        Type::Date => {
            set("type", "string".into());
            set("format", "date".into());
        }
        Type::Timestamp => {
            set("type", "string".into());
            set("format", "date-time".into());
        }
        Type::Days => {
            set("type", "array".into());
            set("items", json!({ "type": "string", "format": "date" }));
            set("minItems", 2.into());
            set("maxItems", 2.into());
        }
        Type::Geometry => {
            set("x-ogc-role", "primary-geometry".into());
            set("format", "geometry-any".into());
        }
    }
    match field {
        Field::Id => set("x-ogc-role", "id".into()),
        Field::Kind => {
            let kinds = &collection.info.kinds;
            set("enum", kinds.iter().map(|kind| &*kind.id).collect());
            // The words for them: an enum has no titles of its own.
            let titled = kinds.iter().map(
                |kind| json!({ "const": kind.id, "title": kind.title, "title_en": kind.title_en }),
            );
            set("oneOf", titled.collect());
        }
        Field::Status => set("enum", Status::ALL.map(Status::as_str).as_slice().into()),
        Field::LocatedBy => set(
            "enum",
            LocatedBy::ALL.map(LocatedBy::as_str).as_slice().into(),
        ),
        Field::LandUse if collection.land_uses().next().is_some() => {
            let codes = collection.land_uses().map(LandUse::as_str);
            set("enum", codes.collect());
        }
        Field::Documents => {
            let documents = snapshot.library.documents().iter();
            let ids: Vec<&str> = documents.map(|document| &*document.info.id).collect();
            set("items", json!({ "type": "string", "enum": ids }));
        }
        Field::AccuracyM => set("x-ogc-unit", "m".into()),
        Field::AreaM2 => set("x-ogc-unit", "m2".into()),
        _ => {}
    }
    if let Some((description, description_en)) = explanation(field) {
        set("description", description.into());
        set("description_en", description_en.into());
    }
    schema
}

fn titles(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Id => ("编号", "Id"),
        Field::Name => ("名称", "Name"),
        Field::NameEn => ("英文名称", "Name in English"),
        Field::Aliases => ("别名", "Other names"),
        Field::Kind => ("类别", "Kind"),
        Field::Status => ("状态", "Status"),
        Field::Date => ("状态的时间", "Times of its statuses"),
        Field::LocatedBy => ("定位方式", "How it was located"),
        Field::AccuracyM => ("位置误差", "Accuracy"),
        Field::Container => ("所在", "What contains it"),
        Field::Zones => ("片区", "Zones"),
        Field::Documents => ("规划文件", "Documents"),
        Field::LandUse => ("用地分类", "Land use"),
        Field::AreaM2 => ("面积", "Area"),
        Field::Address => ("地址", "Address"),
        Field::Source => ("数据来源", "Source of the data"),
        Field::Licence => ("许可", "Licence"),
        Field::Geometry => ("位置", "Geometry"),
    }
}

/// What the title does not tell.
fn explanation(field: Field) -> Option<(&'static str, &'static str)> {
    Some(match field {
        Field::Date => (
            "从所述最早一天到最晚一天，用 T_… 函数比较；T_INTERSECTS 和 T_DISJOINT 分别看每个所述时间",
            "From the first to the last day that is stated, for the functions T_…; T_INTERSECTS and T_DISJOINT look at each stated time by itself.",
        ),
        Field::AccuracyM => (
            "没有位置的要素没有此值",
            "A feature without geometry has none.",
        ),
        Field::Container => (
            "要素全名，例如 zones/west-station-hub；只知道所在时才有",
            "A feature's whole name, such as zones/west-station-hub, where no more is known than that.",
        ),
        Field::Zones => (
            "所在或可能所在片区的全名，用 A_… 函数比较；不在任何片区的是空列表",
            "Whole names of the zones in which it lies, or may lie, for the functions A_…; empty where there are none.",
        ),
        Field::Documents => (
            "所引文件的编号，用 A_… 函数比较",
            "Ids of the documents that it cites, for the functions A_….",
        ),
        Field::LandUse => (
            "用地用海分类代码（自然资发〔2023〕234号），例如 09；某一大类写作 land_use LIKE '09%'",
            "Code of the national classification of land use, such as 09; a class with all below it is land_use LIKE '09%'.",
        ),
        Field::AreaM2 => ("数据所述的面积，平方米", "As the data state it, m²."),
        _ => return None,
    })
}
