//! Which field of a file is which property of a feature.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    exchange::layer::{Field, FieldKind},
    model::{CollectionInfo, LocatedBy, Text},
};

/// Values that are kept of each field, for who looks at the mapping.
const MAX_SAMPLES: usize = 3;
/// Characters of such a value.
const MAX_CHARACTERS: usize = 60;

/// Which field is the key, which are properties that the service knows, and what all features of the
/// file have in common. Fields that are none of these stay properties under their own name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The field whose value tells the features apart and stays with them from one import to the
    /// next; `None` where these are the ids of the file.
    #[serde(default)]
    pub key: Option<String>,
    /// The field of each property that has one.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// Properties of all features.
    #[serde(default)]
    pub constants: BTreeMap<String, Value>,
}

/// A field of a file with some of its values.
#[derive(Debug, Clone)]
pub struct FieldSample {
    /// The field.
    pub field: Field,
    /// Some values, no two alike; long ones are shortened.
    pub samples: Vec<Value>,
}

impl FieldSample {
    /// A field of which no value was seen yet.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self {
            field,
            samples: Vec::new(),
        }
    }

    /// Shows it one value more.
    pub fn see(&mut self, value: &Value) {
        if self.samples.len() < MAX_SAMPLES && !value.is_null() {
            let value = match value {
                Value::String(text) if text.chars().count() > MAX_CHARACTERS => {
                    text.chars().take(MAX_CHARACTERS).collect::<String>().into()
                }
                Value::Array(_) | Value::Object(_) => {
                    let text = value.to_string();
                    text.chars().take(MAX_CHARACTERS).collect::<String>().into()
                }
                value => value.clone(),
            };
            if !self.samples.contains(&value) {
                self.samples.push(value);
            }
        }
    }
}

/// Names that a key may have, the likeliest first; without spaces, underscores and hyphens.
const KEYS: &[&str] = &[
    "地块编号",
    "地块编码",
    "地块代码",
    "dkbh",
    "dkbm",
    "宗地代码",
    "宗地编号",
    "zddm",
    "zdbh",
    "标识码",
    "bsm",
    "项目编号",
    "项目代码",
    "xmbh",
    "xmdm",
    "编号",
    "编码",
    "代码",
    "bh",
    "bm",
    "parcelid",
    "parcelno",
    "parcelnumber",
    "code",
    "key",
    "id",
    "uid",
    "uuid",
    "number",
    "no",
];
/// Names of fields that are properties under another name.
const NAMES: &[(&str, &[&str])] = &[
    (
        "name",
        &[
            "name",
            "名称",
            "mc",
            "地块名称",
            "dkmc",
            "项目名称",
            "xmmc",
            "道路名称",
            "路名",
            "片区名称",
            "小区名称",
            "单位名称",
            "站名",
            "title",
            "label",
        ],
    ),
    (
        "name_en",
        &[
            "nameen",
            "ename",
            "enname",
            "name:en",
            "英文名",
            "英文名称",
            "ywmc",
            "englishname",
        ],
    ),
    ("aliases", &["aliases", "alias", "别名", "曾用名", "简称"]),
    (
        "kind",
        &["kind", "类别", "类型", "种类", "type", "lx", "lb"],
    ),
    (
        "land_use_text",
        &[
            "用地性质",
            "ydxz",
            "规划用途",
            "ghyt",
            "土地用途",
            "tdyt",
            "用地类型",
            "地类名称",
            "dlmc",
            "landuse",
            "landusetype",
            "landusetext",
        ],
    ),
    ("accuracy_m", &["accuracym", "accuracy", "精度", "精度米"]),
    ("licence", &["licence", "license", "许可", "许可证"]),
    ("source", &["source", "来源", "数据来源", "sjly"]),
    ("evidence", &["evidence", "依据", "位置依据"]),
    ("evidence_en", &["evidenceen"]),
    ("located_by", &["locatedby"]),
];
/// Properties whose values are lists or objects: fields of these names hold them, or something else.
pub const STRUCTURED: [&str; 7] = [
    "statuses",
    "citations",
    "quantities",
    "relations",
    "placed_in",
    "land_use",
    "boundary",
];
/// The other properties that the service reads itself.
pub const KNOWN: [&str; 12] = [
    "name",
    "name_en",
    "aliases",
    "kind",
    "status",
    "located_by",
    "accuracy_m",
    "container",
    "evidence",
    "evidence_en",
    "source",
    "licence",
];

/// Whether the service reads a property itself, so that not everything can stand in it.
pub fn is_known(property: &str) -> bool {
    KNOWN.contains(&property) || STRUCTURED.contains(&property)
}

impl Mapping {
    /// The mapping that the names of fields suggest, and their values where a property takes not all.
    /// Where all rows are named (`all_named`), as in what was exported here, the names are the key.
    #[must_use]
    pub fn suggest(fields: &[FieldSample], collection: &CollectionInfo, all_named: bool) -> Self {
        let plain = |name: &str| -> String {
            let kept = name
                .chars()
                .filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{3000}'));
            kept.flat_map(char::to_lowercase).collect()
        };
        let find = |names: &[&str], fits: &dyn Fn(&FieldSample) -> bool| {
            names
                .iter()
                .flat_map(|name| {
                    fields
                        .iter()
                        .filter(move |field| plain(&field.field.name) == *name)
                })
                .find(|field| fits(field))
                .map(|field| field.field.name.clone())
        };
        // Formats without lists and objects have them as text.
        let is_flat = |field: &FieldSample| {
            field.field.kind != FieldKind::Json
                && !every_sample(field, |text| text.starts_with(['[', '{']))
        };
        let mut properties = BTreeMap::new();
        for (property, names) in NAMES {
            let fits = |field: &FieldSample| match *property {
                "kind" => every_sample(field, |text| kind_of(collection, text).is_some()),
                "located_by" => every_sample(field, |text| located_by(text).is_some()),
                "accuracy_m" => matches!(field.field.kind, FieldKind::Integer | FieldKind::Real),
                "aliases" => true,
                _ => is_flat(field),
            };
            if let Some(field) = find(names, &fits) {
                properties.insert((*property).to_owned(), field);
            }
        }
        for field in fields {
            let name = &field.field.name;
            if STRUCTURED.contains(&name.as_str()) && !is_flat(field) {
                properties.insert(name.clone(), name.clone());
            }
        }
        for name in ["status", "container"] {
            // A status is one with what it cites, a container with the way of being located so.
            let with = if name == "status" {
                "statuses"
            } else {
                "located_by"
            };
            if properties.contains_key(with) && fields.iter().any(|field| field.field.name == name)
            {
                properties.insert(name.to_owned(), name.to_owned());
            }
        }
        let is_key = |field: &FieldSample| is_flat(field) && field.field.kind != FieldKind::Real;
        Self {
            key: if all_named { None } else { find(KEYS, &is_key) },
            properties,
            constants: BTreeMap::new(),
        }
    }

    /// Makes sure that all it names is there.
    ///
    /// # Errors
    /// What is not, and what is.
    pub fn check(&self, fields: &[Field]) -> Result<(), Text> {
        let named = self.key.iter().chain(self.properties.values());
        let names: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        for name in named {
            if !names.contains(name.as_str()) {
                let list: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
                let list = list.join(", ");
                return Err(Text::new(
                    format!("文件中没有字段“{name}”，有：{list}"),
                    format!("the file has no field “{name}”; it has: {list}"),
                ));
            }
        }
        let mut used: BTreeSet<&str> = BTreeSet::new();
        for (property, field) in &self.properties {
            if !used.insert(field) {
                return Err(Text::new(
                    format!("字段“{field}”取作了两个属性，请只留一个"),
                    format!("the field “{field}” is taken for two properties: choose one"),
                ));
            }
            if property.is_empty() || self.constants.contains_key(property) {
                return Err(Text::new(
                    format!("属性“{property}”既取自字段又设为常量，请只留一个"),
                    format!(
                        "the property “{property}” comes from a field and is set for all: choose one"
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// Under which name mappings of files with the same fields are remembered.
#[must_use]
pub fn fields_key(fields: &[Field]) -> String {
    let names: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    serde_json::to_string(&names).unwrap_or_default()
}

/// Whether there are values, and all are texts that fit.
fn every_sample(field: &FieldSample, fits: impl Fn(&str) -> bool) -> bool {
    !field.samples.is_empty()
        && field
            .samples
            .iter()
            .all(|value| value.as_str().is_some_and(|text| fits(text.trim())))
}

/// The kind of a collection that a word names, by its id or one of its titles.
pub fn kind_of<'a>(collection: &'a CollectionInfo, word: &str) -> Option<&'a str> {
    collection
        .kinds
        .iter()
        .find(|kind| {
            kind.id == word || kind.title == word || kind.title_en.eq_ignore_ascii_case(word)
        })
        .map(|kind| kind.id.as_str())
}

fn located_by(word: &str) -> Option<LocatedBy> {
    LocatedBy::ALL
        .into_iter()
        .find(|located_by| located_by.as_str() == word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Kind;

    fn field(name: &str, kind: FieldKind, samples: &[Value]) -> FieldSample {
        FieldSample {
            field: Field {
                name: name.to_owned(),
                kind,
            },
            samples: samples.to_vec(),
        }
    }

    fn parcels() -> CollectionInfo {
        let kind = Kind {
            id: "parcel".into(),
            title: "地块".into(),
            title_en: "Parcel".into(),
        };
        CollectionInfo {
            id: "parcels".into(),
            title: "地块".into(),
            title_en: "Parcels".into(),
            description: String::new(),
            description_en: String::new(),
            readers: None,
            kinds: vec![kind],
        }
    }

    #[test]
    fn names_of_fields_in_chinese_pinyin_and_english() {
        for (key, name, used) in [
            ("地块编号", "地块名称", "用地性质"),
            ("DKBH", "DKMC", "YDXZ"),
            ("BSM", "MC", "DLMC"),
            ("parcel_id", "Name", "land_use_type"),
        ] {
            let fields = [
                field("OBJECTID", FieldKind::Integer, &[json!(1)]),
                field(used, FieldKind::Text, &[json!("R2")]),
                field(name, FieldKind::Text, &[json!("甲")]),
                field(key, FieldKind::Text, &[json!("A-1")]),
                field("备注", FieldKind::Text, &[]),
            ];
            let mapping = Mapping::suggest(&fields, &parcels(), false);
            assert_eq!(mapping.key.as_deref(), Some(key));
            assert_eq!(Mapping::suggest(&fields, &parcels(), true).key, None);
            assert_eq!(mapping.properties["name"], name);
            assert_eq!(mapping.properties["land_use_text"], used);
            assert_eq!(mapping.properties.len(), 2, "{mapping:?}");
        }
    }

    #[test]
    fn a_property_that_takes_not_everything_is_suggested_where_the_values_fit() {
        let suggest = |kind: &str, statuses: &str| {
            let fields = [
                field("类型", FieldKind::Text, &[json!(kind)]),
                field("status", FieldKind::Text, &[json!("completed")]),
                field("statuses", FieldKind::Text, &[json!(statuses)]),
            ];
            Mapping::suggest(&fields, &parcels(), false).properties
        };
        let names = |properties: BTreeMap<String, String>| -> Vec<String> {
            properties.into_keys().collect()
        };
        assert_eq!(names(suggest("地块", "[]")), ["kind", "status", "statuses"]);
        assert!(names(suggest("住宅", "已建")).is_empty());
    }

    #[test]
    fn a_list_that_is_written_as_text_is_no_text() {
        let written = json!(r#"{"code": "R2"}"#);
        let fields = [field("land_use", FieldKind::Text, &[written])];
        let mapping = Mapping::suggest(&fields, &parcels(), false);
        let names: Vec<_> = mapping.properties.keys().collect();
        assert_eq!(names, ["land_use"]);
        assert!(mapping.check(&[fields[0].field.clone()]).is_ok());
    }
}
