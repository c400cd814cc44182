//! An area query in the words of its askers, and its answer in the forms in which it leaves the
//! house: JSON, GeoJSON, CSV, a workbook, lines for a terminal.
//!
//! [`condition`] is what features must fulfil beside lying in the area. [`json`] is the answer as JSON;
//! as tables, [`rows`] are its features, [`totals`] its sums and [`sources`] what it rests on, with what
//! [`record`] tells of a feature's properties and the words of [`lang`].
//!
//! The interface and the command line ask and answer through this room, so both mean the same. The
//! answer itself is found by [`crate::area`], the files are written by [`crate::exchange`].

mod condition;
mod json;
mod lang;
mod record;
mod rows;
mod sources;
mod totals;

pub use condition::Condition;
pub use json::Page;
pub use lang::Lang;

use serde::Deserialize;

use crate::{
    area::{
        Answer, Area, AreaError, AreaSpec, Interrupted, OpenSentence, Patience, Query, Relation,
        Searched,
    },
    exchange::{csv, table::Table, terminal, xlsx},
    geometry::crs::Crs,
    model::{Text, shortened},
    store::{Collection, Snapshot},
};

/// Features that a file may hold. Files are whole: where there are more, none is written.
pub const MAX_FEATURES: usize = 100_000;

/// What is asked of an area.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The area, in one of the forms of [`AreaSpec`].
    pub area: serde_json::Value,
    /// Ids of the collections that are searched.
    pub collections: Vec<String>,
    /// How their features must lie.
    #[serde(default)]
    pub relation: Relation,
    /// What must be true of them, wherever they lie.
    pub filter: Option<Condition>,
    /// The reference system of the geometries in the filter, which are in its authority's axis
    /// order; CRS84 where it is not given.
    #[serde(rename = "filter-crs")]
    pub filter_crs: Option<String>,
    /// The revision asked for, one of those that the record holds; where it is not given, the
    /// one that is served.
    pub revision: Option<u64>,
    /// The time asked for (RFC 3339), instead of a revision.
    pub as_of: Option<String>,
    /// Features of each list that an answer in pages holds.
    pub limit: Option<usize>,
    /// Features of each list before them.
    pub offset: Option<usize>,
}

/// Why a question has no answer, or the answer not this form.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// It can't be read.
    Unreadable(Text),
    /// It names what there is not.
    Missing(Text),
    /// It is read and can't be answered.
    Unanswerable(Text),
    /// Its area is a boundary sentence that makes no polygon, or more than one.
    Open(Box<OpenSentence>),
    /// The machine failed: the disk is full, say.
    Failed(Text),
}

impl Refusal {
    /// The reason.
    #[must_use]
    pub fn text(&self) -> &Text {
        match self {
            Self::Unreadable(text)
            | Self::Missing(text)
            | Self::Unanswerable(text)
            | Self::Failed(text) => text,
            Self::Open(sentence) => &sentence.reason,
        }
    }
}

impl From<Interrupted> for Refusal {
    fn from(_: Interrupted) -> Self {
        Self::Unanswerable(Text::new(
            "查询用时太长：请缩小或简化范围",
            "the query takes too long: take a smaller or simpler area",
        ))
    }
}

/// A question with its answer.
pub struct Report<'a> {
    snapshot: &'a Snapshot,
    question: &'a Question,
    area: Area,
    answer: Answer<'a>,
    patience: Patience,
}

impl<'a> Report<'a> {
    /// Answers a question.
    ///
    /// # Errors
    /// Where the area or the collections can't be asked, or it takes longer than `patience`.
    pub fn new(
        snapshot: &'a Snapshot,
        question: &'a Question,
        patience: Patience,
    ) -> Result<Self, Refusal> {
        let collections = searched(snapshot, question)?;
        let area = AreaSpec::from_json(&question.area)
            .and_then(|spec| spec.resolve(snapshot, &patience))
            .map_err(|error| match error {
                AreaError::Malformed(text) => Refusal::Unreadable(text),
                AreaError::Unusable(text) => Refusal::Unanswerable(text),
                AreaError::Open(sentence) => Refusal::Open(sentence),
                AreaError::Interrupted(interrupted) => interrupted.into(),
            })?;
        let query = Query {
            area: &area,
            collections,
            relation: question.relation,
            patience: patience.clone(),
        };
        let answer = query.run(snapshot)?;
        Ok(Self {
            snapshot,
            question,
            area,
            answer,
            patience,
        })
    }

    /// The area that was asked about.
    #[must_use]
    pub fn area(&self) -> &Area {
        &self.area
    }

    /// What is in it.
    #[must_use]
    pub fn answer(&self) -> &Answer<'a> {
        &self.answer
    }

    /// The answer as JSON, one page of each list; `links` stand in it as they are.
    #[must_use]
    pub fn json(&self, page: &Page, links: &[serde_json::Value]) -> Vec<u8> {
        json::write_page(self, page, links)
    }

    /// All features as one GeoJSON FeatureCollection.
    ///
    /// # Errors
    /// Where they are more than a file may hold.
    pub fn geojson(&self) -> Result<Vec<u8>, Refusal> {
        self.check_size()?;
        Ok(json::write_features(self))
    }

    /// All features as CSV.
    ///
    /// # Errors
    /// Where they are more than a file may hold, or it takes too long.
    pub fn csv(&self, lang: Lang) -> Result<Vec<u8>, Refusal> {
        self.check_size()?;
        Ok(csv::write(self.sheets(lang), || self.patience.check())?)
    }

    /// All features as a workbook: a sheet a collection, one of totals, one of sources.
    ///
    /// # Errors
    /// Where they are more than a file may hold, it takes too long, or it can't be written.
    pub fn xlsx(&self, lang: Lang) -> Result<Vec<u8>, Refusal> {
        self.check_size()?;
        let tables = self
            .sheets(lang)
            .chain([totals::table(self, lang), sources::table(self, lang)]);
        xlsx::write(&self.title(lang), tables, || self.patience.check()).map_err(
            |error| match error {
                xlsx::Error::Stopped(interrupted) => interrupted.into(),
                xlsx::Error::Failed(error) => Refusal::Failed(Text::new(
                    format!("不能生成表格：{error}"),
                    format!("the workbook can't be written: {error}"),
                )),
            },
        )
    }

    /// All features as lines for a terminal, with the sums of each collection below.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> String {
        let mut out = terminal::write(rows::brief(self, lang));
        out.push('\n');
        out.push_str(&terminal::write(totals::brief(self, lang)));
        out
    }

    /// A name for a file of the answer, without its ending: one for people, one in ASCII.
    #[must_use]
    pub fn file_name(&self, lang: Lang) -> (String, String) {
        let origin = self.area.origin.as_ref();
        let id = origin.map_or("area-query".to_owned(), |origin| {
            let id = &origin.feature.id;
            if origin.buffer_m > 0.0 {
                format!("{id}-{}m", origin.buffer_m)
            } else {
                id.to_string()
            }
        });
        let revision = self.snapshot.revision;
        let for_people = match lang {
            Lang::Zh => format!("{}_版本{revision}", self.title(lang)),
            Lang::En => format!("{} r{revision}", self.title(lang)),
        };
        (for_people, format!("{id}-r{revision}"))
    }

    /// What the answer is called.
    fn title(&self, lang: Lang) -> String {
        match self.area_name(lang) {
            Some(name) => format!("{name} {}", lang.pick("范围查询", "area query")),
            None => lang.pick("范围查询", "Area query").to_owned(),
        }
    }

    /// The name of the feature that the area is, or lies around, where it has one.
    fn area_name(&self, lang: Lang) -> Option<String> {
        let origin = self.area.origin.as_ref()?;
        let feature = self.snapshot.feature(&origin.feature)?;
        let name = lang.name(feature);
        let metres = origin.buffer_m;
        Some(match lang {
            _ if metres == 0.0 => name.to_owned(),
            Lang::Zh => format!("{name}及周围{metres}米"),
            Lang::En => format!("{name} and {metres} m around it"),
        })
    }

    /// A table for each collection.
    fn sheets(&self, lang: Lang) -> impl Iterator<Item = Table<'_>> {
        let answers = self.answer.collections.iter();
        answers.map(move |answer| rows::table(self, answer, lang))
    }

    fn check_size(&self) -> Result<(), Refusal> {
        let totals = &self.answer.totals;
        let features = totals.count + totals.borderline + totals.unlocated;
        if features <= MAX_FEATURES {
            return Ok(());
        }
        Err(Refusal::Unanswerable(Text::new(
            format!(
                "结果有 {features} 个要素，一个文件最多 {MAX_FEATURES} 个：请缩小范围或减少集合"
            ),
            format!(
                "the answer has {features} features, a file holds {MAX_FEATURES} at most: take a smaller area or fewer collections"
            ),
        )))
    }
}

/// The collections asked for, each with the filter made for it.
fn searched<'a>(snapshot: &'a Snapshot, question: &Question) -> Result<Vec<Searched<'a>>, Refusal> {
    let crs = match (&question.filter, &question.filter_crs) {
        (None, Some(_)) => {
            return Err(Refusal::Unreadable(Text::new(
                "filter-crs 要与 filter 一起给出",
                "filter-crs goes with a filter",
            )));
        }
        (_, None) => Crs::CRS84,
        (_, Some(name)) => Crs::parse(name).map_err(Refusal::Unreadable)?,
    };
    find_collections(snapshot, &question.collections)?
        .into_iter()
        .map(|collection| {
            let filter = question.filter.as_ref();
            let filter = filter.map(|filter| filter.parse(crs, collection));
            Ok(Searched {
                collection,
                filter: filter.transpose().map_err(Refusal::Unreadable)?,
            })
        })
        .collect()
}

fn find_collections<'a>(
    snapshot: &'a Snapshot,
    ids: &[String],
) -> Result<Vec<&'a Collection>, Refusal> {
    let wrong = || {
        Refusal::Unreadable(Text::new(
            "collections 应列出至少一个集合，且不重复，例如 [\"projects\",\"parcels\"]",
            "collections should list at least one collection, none twice, such as [\"projects\",\"parcels\"]",
        ))
    };
    let known = || {
        let ids = snapshot.collections().iter();
        ids.map(|collection| &*collection.info.id)
            .collect::<Vec<_>>()
            .join(", ")
    };
    // The list is as long as its sender likes; what is found, never longer than what there is.
    let mut found: Vec<&Collection> = Vec::new();
    for id in ids {
        let collection = snapshot.collection(id).ok_or_else(|| {
            let id = shortened(id);
            Refusal::Missing(Text::new(
                format!("没有集合“{id}”；有：{}", known()),
                format!("there is no collection “{id}”; there are: {}", known()),
            ))
        })?;
        if found
            .iter()
            .any(|other| other.info.id == collection.info.id)
        {
            return Err(wrong());
        }
        found.push(collection);
    }
    if found.is_empty() {
        return Err(wrong());
    }
    Ok(found)
}
