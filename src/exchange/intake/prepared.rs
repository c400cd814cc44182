//! A file made ready: what becomes of its features, what keeps it from being committed, its commit.

use std::{cell::RefCell, ops::ControlFlow, sync::Arc};

use serde_json::{Value, json};

use super::{
    mapping::{FieldSample, Mapping, fields_key},
    request::{Failed, OFTEN, Step, Watch},
    staging::{StagedChange, Staging},
};
use crate::{
    exchange::{
        doctor::{Finding, Reading, Severity},
        layer::{FieldKind, Layer, StatedCrs},
    },
    geometry::datum::Datum,
    model::{Cause, Text},
    store::{
        Snapshot,
        record::{Concluding, Record, RecordError, Signature},
    },
};

/// A property that every feature needs and that nothing gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its name; `key` for the key.
    pub property: &'static str,
    /// What to do.
    pub message: Text,
}

/// A row that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Its number, as the file counts.
    pub row: u64,
    /// Its key, where it has one.
    pub key: Option<String>,
    /// Why.
    pub reason: Text,
}

/// How many features, and what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// New ones.
    pub added: u64,
    /// Those that change.
    pub changed: u64,
    /// Those that stand as the file has them.
    pub unchanged: u64,
    /// Those that go.
    pub removed: u64,
    /// Rows that can't be taken.
    pub invalid: u64,
}

/// A file ready to be committed, or what keeps it from that.
pub struct Prepared {
    /// Where it goes.
    pub into: String,
    /// What the file holds.
    pub layer: Layer,
    /// How many rows it has.
    pub rows: u64,
    /// Its fields, with some values.
    pub fields: Vec<FieldSample>,
    /// Fields and properties.
    pub mapping: Mapping,
    /// Whether this mapping, or most of it, was remembered from an earlier import.
    pub remembered: bool,
    /// How its numbers are read.
    pub reading: Reading,
    /// What the doctor says.
    pub findings: Vec<Finding>,
    /// What has to be given first.
    pub needs: Vec<Need>,
    /// What becomes of the features.
    pub counts: Counts,
    /// The first rows that can't be taken.
    pub flaws: Vec<Flaw>,
    /// Rows that could be any feature's, where what is missing is to go.
    pub(super) unkeyed: u64,
    /// Features that would go though others refer to them: how many, the first, and by what.
    pub(super) needed: Option<(u64, String, String)>,
    pub(super) skip_invalid: bool,
    pub(super) as_it_is: bool,
    pub(super) staging: Option<Staging>,
}

impl Prepared {
    /// What keeps it from being committed; empty where nothing does.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Text> {
        let needs = self.needs.iter().map(|need| need.message.clone());
        needs.chain(self.faults()).collect()
    }

    /// What keeps it from being committed, beside what it needs.
    #[must_use]
    pub fn faults(&self) -> Vec<Text> {
        let stands = |finding: &&Finding| {
            let seen_to = finding
                .proposal
                .is_some_and(|proposal| proposal.skip_invalid);
            finding.severity == Severity::Error && !self.as_it_is && !seen_to
        };
        let mut faults: Vec<Text> = self
            .findings
            .iter()
            .filter(stands)
            .map(|finding| finding.message.clone())
            .collect();
        if self.counts.invalid > 0 && !self.skip_invalid {
            let invalid = self.counts.invalid;
            faults.push(Text::new(
                format!("{invalid} 行不合规；默认要么全部写入，要么都不写入"),
                format!(
                    "{invalid} rows are invalid; unless they are skipped, all is written or nothing"
                ),
            ));
        }
        if self.unkeyed > 0 {
            let unkeyed = self.unkeyed;
            faults.push(Text::new(
                format!("有 {unkeyed} 行无法对应到要素，不能判断哪些要素文件里没有，因此不能删除"),
                format!(
                    "{unkeyed} rows could be any feature's: what is missing from the file can't be told, and so not be removed"
                ),
            ));
        }
        if let Some((count, first, by)) = &self.needed {
            faults.push(Text::new(
                format!("要删除的要素中有 {count} 个仍被引用，如 {first} 被 {by} 引用"),
                format!(
                    "{count} of the features that would go are still referred to, such as {first} by {by}"
                ),
            ));
        }
        if self.staging.is_none() && faults.is_empty() && self.needs.is_empty() {
            faults.push(Text::new(
                "坐标不在本区，未与现有数据比较",
                "its coordinates lie elsewhere, so it was not compared with what stands",
            ));
        }
        faults
    }

    /// Writes it as the next revision, and remembers its mapping. `watch` can end that until it was
    /// told of [`Step::Concluding`].
    ///
    /// # Errors
    /// Where something keeps it from that, others have changed what it changes, `watch` says to stop, or
    /// the record fails. Nothing is written then.
    pub fn commit(
        &self,
        record: &Record,
        author: &str,
        message: &str,
        watch: &mut Watch<'_>,
    ) -> Result<Arc<Snapshot>, Failed> {
        let staging = match (self.obstacles().into_iter().next(), &self.staging) {
            (Some(obstacle), _) => return Err(RecordError::Refused(obstacle).into()),
            (None, None) => return Err(RecordError::Unchanged.into()),
            (None, Some(staging)) => staging,
        };
        let signature = Signature {
            author: author.to_owned(),
            message: message.to_owned(),
            cause: Cause::Import,
        };
        let all = self.counts.added + self.counts.changed + self.counts.removed;
        let watch = RefCell::new(watch);
        let is_over = |step, done, all| (*watch.borrow_mut())(step, done, all).is_break();
        let mut done = 0;
        let watched = staging.changes().map(|change| {
            if done % OFTEN == 0 && is_over(Step::Committing, done, all) {
                return Err(RecordError::Over);
            }
            done += 1;
            change
        });
        let committed = record.commit_each(&signature, watched, |now| match now {
            Concluding::Reading { done, all } => is_over(Step::Checking, done, all),
            Concluding::Committing => is_over(Step::Concluding, all, all),
        });
        if matches!(committed, Ok(_) | Err(RecordError::Unchanged)) {
            let mapping = serde_json::to_string(&self.mapping).unwrap_or_default();
            let fields = fields_key(&self.layer.fields);
            // The data are committed: that must not be told as a failure.
            if let Err(error) = record.remember_mapping(&self.into, &fields, &mapping) {
                tracing::warn!("remembering how {} was imported: {error}", self.into);
            }
        }
        Ok(committed?)
    }

    /// Hands on some of what would change, in the file's order, those that go last, until `take` has enough.
    ///
    /// # Errors
    /// Where the temporary database can't be read.
    pub fn each_change(
        &self,
        limit: u32,
        offset: u64,
        take: &mut dyn FnMut(StagedChange) -> ControlFlow<()>,
    ) -> Result<(), RecordError> {
        match &self.staging {
            Some(staging) => staging.page(limit, offset, take),
            None => Ok(()),
        }
    }

    /// As the interface answers it.
    #[must_use]
    pub fn json(&self) -> Value {
        let fields: Vec<Value> = self
            .fields
            .iter()
            .map(|field| {
                json!({
                    "name": field.field.name,
                    "kind": kind_word(field.field.kind),
                    "samples": field.samples,
                })
            })
            .collect();
        let crs = match &self.layer.crs {
            StatedCrs::None => Value::Null,
            StatedCrs::Known(crs) => crs.short_name().into(),
            StatedCrs::Wkt(definition) => definition.as_str().into(),
        };
        let notes = self.layer.notes.iter();
        json!({
            "layer": {
                "name": self.layer.name,
                "format": self.layer.format.name(),
                "crs": crs,
                "encoding": self.layer.encoding,
                "fields": fields,
                "count": self.rows,
                "notes": notes.map(texts).collect::<Vec<_>>(),
            },
            "mapping": self.mapping,
            "mapping_remembered": self.remembered,
            "reading": {
                "crs": self.reading.crs.map(crate::geometry::crs::Crs::short_name),
                "swap_axes": self.reading.swap_axes,
                "from_datum": self.reading.from_datum.map(Datum::as_str),
            },
            "findings": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
            "needs": self.needs.iter().map(|need| {
                let mut shown = texts(&need.message);
                shown["property"] = need.property.into();
                shown
            }).collect::<Vec<_>>(),
            "obstacles": self.obstacles().iter().map(texts).collect::<Vec<_>>(),
            "counts": {
                "added": self.counts.added,
                "changed": self.counts.changed,
                "unchanged": self.counts.unchanged,
                "removed": self.counts.removed,
                "invalid": self.counts.invalid,
            },
            "problems": self.flaws.iter().map(|flaw| json!({
                "row": flaw.row,
                "key": flaw.key,
                "reason": flaw.reason.zh,
                "reason_en": flaw.reason.en,
            })).collect::<Vec<_>>(),
            "problems_total": self.counts.invalid,
        })
    }
}

fn texts(text: &Text) -> Value {
    json!({ "message": text.zh, "message_en": text.en })
}

fn kind_word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Integer => "integer",
        FieldKind::Real => "real",
        FieldKind::Boolean => "boolean",
        FieldKind::Date => "date",
        FieldKind::DateTime => "datetime",
        FieldKind::Json => "json",
    }
}
