//! The properties that the service reads itself, and the rules that they keep by themselves.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    documents::Quantity,
    model::{Citation, LandUse, LocatedBy, Modality, Period, Status, Text},
};

/// The properties that the service reads itself. Others are kept and served as they stand.
#[derive(Deserialize)]
pub(super) struct Properties {
    pub(super) name: Box<str>,
    pub(super) name_en: Box<str>,
    #[serde(default)]
    pub(super) aliases: Vec<Box<str>>,
    pub(super) kind: String,
    pub(super) status: Option<Status>,
    #[serde(default)]
    pub(super) statuses: Vec<StatusEntry>,
    pub(super) located_by: LocatedBy,
    pub(super) accuracy_m: Option<f64>,
    pub(super) container: Option<String>,
    #[serde(default)]
    pub(super) placed_in: Vec<String>,
    #[serde(default)]
    pub(super) relations: Vec<Relation>,
    #[serde(default)]
    pub(super) citations: Vec<Citation>,
    #[serde(default)]
    pub(super) quantities: Vec<Quantity>,
    pub(super) land_use: Option<StatedUse>,
    pub(super) boundary: Option<Boundary>,
    #[serde(default)]
    pub(super) sides: Vec<Side>,
    #[serde(default)]
    pub(super) evidence: String,
    pub(super) source: String,
    pub(super) licence: String,
    /// Members that answers add.
    pub(super) measured: Option<IgnoredAny>,
    pub(super) overlap: Option<IgnoredAny>,
    pub(super) certainty: Option<IgnoredAny>,
    pub(super) certainty_reason: Option<IgnoredAny>,
    pub(super) placed: Option<IgnoredAny>,
    pub(super) collection: Option<IgnoredAny>,
    pub(super) zones: Option<IgnoredAny>,
}

impl Properties {
    /// What is cited elsewhere than in `citations`, `statuses` and `quantities`.
    pub(super) fn cited_beside(&self) -> impl Iterator<Item = Citation> {
        let boundary = self.boundary.iter().map(|boundary| Citation {
            document: boundary.document.clone(),
            quote: boundary.text.clone(),
            start: boundary.start,
        });
        let related = self
            .relations
            .iter()
            .filter_map(|relation| relation.citation.clone());
        let land_use = self.land_use.iter().map(|stated| stated.citation.clone());
        boundary.chain(related).chain(land_use)
    }

    /// All that is cited.
    pub(super) fn cited(&self) -> Vec<Citation> {
        let statuses = self.statuses.iter().map(|entry| &entry.citation);
        let quantities = self.quantities.iter().map(|stated| &stated.citation);
        self.citations
            .iter()
            .chain(statuses)
            .chain(quantities)
            .cloned()
            .chain(self.cited_beside())
            .collect()
    }
}

#[derive(Deserialize)]
pub(super) struct StatusEntry {
    pub(super) status: Status,
    pub(super) date: Option<String>,
    pub(super) modality: Modality,
    pub(super) citation: Citation,
}

#[derive(Deserialize)]
pub(super) struct Relation {
    #[serde(rename = "type")]
    pub(super) kind: RelationKind,
    pub(super) target: String,
    pub(super) citation: Option<Citation>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum RelationKind {
    ContainedIn,
    #[serde(other)]
    Other,
}

/// A category of the national classification (自然资发〔2023〕234号), where words state it.
#[derive(Deserialize)]
pub(super) struct StatedUse {
    pub(super) code: LandUse,
    pub(super) citation: Citation,
}

#[derive(Deserialize)]
pub(super) struct Boundary {
    pub(super) document: String,
    pub(super) text: String,
    pub(super) start: usize,
}

/// A side of a compiled zone: what its outline follows.
#[derive(Deserialize)]
pub(super) struct Side {
    #[serde(default)]
    pub(super) ways: Vec<String>,
}

/// Reads properties that could not be read once more, now keeping account of which one it was:
/// slower, so it is not done to those that are fine.
pub(super) fn misread_property(text: &str) -> Text {
    let mut json = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Properties>(&mut json) {
        Ok(_) => Text::default(),
        Err(error) => {
            let (path, reason) = (error.path(), error.inner());
            Text::new(
                format!("属性 {path} 不对：{reason}"),
                format!("the property {path} is wrong: {reason}"),
            )
        }
    }
}

pub(super) fn check_location(properties: &Properties, has_geometry: bool, flaws: &mut Vec<Text>) {
    // A zone that waits for the compiler, or that it refused, has a way but no shape yet.
    let may_lack = !has_geometry && properties.located_by == LocatedBy::Compiled;
    let word = properties.located_by.as_str();
    if has_geometry != properties.located_by.has_geometry() && !may_lack {
        flaws.push(if has_geometry {
            Text::new(
                format!("located_by 为 {word}，不应有几何"),
                format!("it has a geometry, though located_by is {word}"),
            )
        } else {
            Text::new(
                format!("located_by 为 {word}，却没有几何"),
                format!("it has no geometry, though located_by is {word}"),
            )
        });
    }
    let accurate = properties
        .accuracy_m
        .is_none_or(|metres| metres.is_finite() && (0.0..=100_000.0).contains(&metres));
    if has_geometry != properties.accuracy_m.is_some() || !accurate {
        flaws.push(Text::new(
            "有几何就要写精度 accuracy_m（0 到 100000 米），没有几何就写 null",
            "accuracy_m (0 to 100000 m) must be given with a geometry, and be null without one",
        ));
    }
    if (properties.located_by == LocatedBy::Container) != properties.container.is_some() {
        flaws.push(Text::new(
            "container 应当且仅当 located_by 为 container 时给出",
            "container must be given if, and only if, located_by is container",
        ));
    }
}

pub(super) fn check_statuses(properties: &Properties, flaws: &mut Vec<Text>) -> Box<[Period]> {
    if !properties.statuses.is_empty()
        && properties.statuses.last().map(|entry| entry.status) != properties.status
    {
        flaws.push(Text::new(
            "status 与 statuses 的最后一项不一致",
            "status differs from the last of statuses",
        ));
    }
    let mut periods = Vec::new();
    for entry in &properties.statuses {
        if !entry.status.follows_from(entry.modality) {
            let status = entry.status.as_str();
            flaws.push(Text::new(
                format!("意向性的表述不能得出状态 {status}"),
                format!("a sentence of this modality can't give the status {status}"),
            ));
        }
        if let Some(date) = &entry.date {
            match Period::parse_date(date) {
                Some(period) => periods.push(period),
                None => flaws.push(Text::new(
                    format!("日期“{date}”应写作 2021、2021-03 或 2021-03-08"),
                    format!("the date “{date}” should read 2021, 2021-03 or 2021-03-08"),
                )),
            }
        }
    }
    periods.into()
}
