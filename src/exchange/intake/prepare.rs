//! A file read, compared with what stands, and made ready to be committed.

use std::{
    cell::RefCell,
    fs::{self, File},
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use geo::Geometry;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    feature::{Shaping, text_of},
    leads,
    mapping::{FieldSample, Mapping, fields_key},
    slug::{slug, telling},
    staging::{Sort, StagedChange, Staging, Stands},
};
use crate::{
    exchange::{
        doctor::{
            Code, Converter, Finding, Ground, MAX_EXAMPLES, Neighbours, Reading, Sample, Severity,
            Shapes, place, placing::Stated,
        },
        layer::{FieldKind, Layer, ReadOptions, Reader, Row, RowFlaw, StatedCrs},
    },
    geometry::{crs::Transformer, datum::Datum, write::GeoJson},
    model::{Cause, CollectionInfo, Text, hex, is_slug, shortened},
    store::{
        Rules, Snapshot,
        record::{Concluding, Hash, Record, RecordError, Signature, edited_form},
    },
};

/// Flaws that are told one by one.
const MAX_FLAWS: usize = 100;
/// Digits of a file's hash that its features bear.
const FILE_DIGITS: usize = 16;

/// Whose file goes where.
#[derive(Debug, Clone)]
pub struct Request {
    /// The file.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
    /// The collection that takes it.
    pub into: String,
    /// A folder for what is kept meanwhile.
    pub scratch: PathBuf,
}

/// What whoever imports a file decides.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
pub struct Options {
    /// Reference system, encoding and layer.
    pub read: ReadOptions,
    /// The first number is north.
    pub swap_axes: bool,
    /// The degrees are not those of WGS 84.
    pub from_datum: Option<Datum>,
    /// Fields and properties; without it, as they were mapped before, or as their names suggest.
    pub mapping: Option<Mapping>,
    /// Added to whatever mapping there is: fields of properties, and properties of all features.
    pub changes: Mapping,
    /// What stands in the collection and is not in the file goes.
    pub remove_missing: bool,
    /// Rows that are invalid are left out; otherwise nothing is written.
    pub skip_invalid: bool,
    /// The doctor has been heard, and the file is as it should be.
    pub as_it_is: bool,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The file is opened, and looked through where its format does not count rows: bytes.
    Reading,
    /// The file is looked through: rows.
    Scanning,
    /// What stands is read: features.
    Standing,
    /// Every row is checked and compared with what stands: rows.
    Comparing,
    /// Polygons are compared with those that stand where they lie: features. Then with each other: polygons.
    Overlapping,
    /// The changes are written: features.
    Committing,
    /// All data with them are read anew, where they are many: features.
    Checking,
    /// Everything is well, and after this they stand: features.
    Concluding,
}

impl Step {
    /// Its word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Scanning => "scanning",
            Self::Standing => "standing",
            Self::Comparing => "comparing",
            Self::Overlapping => "overlapping",
            Self::Committing => "committing",
            Self::Checking => "checking",
            Self::Concluding => "concluding",
        }
    }
}

/// After how many rows or features it is told of progress.
const OFTEN: u64 = 64;

/// Is told of progress, and says whether to go on.
pub type Watch<'a> = dyn FnMut(Step, u64, u64) -> ControlFlow<()> + 'a;

/// Why nothing was prepared, or committed.
#[derive(Debug)]
pub enum Failed {
    /// Whoever waited for it does no more.
    Cancelled,
    /// The file, or what was asked for.
    Input(Text),
    /// The record.
    Record(RecordError),
}

impl From<RecordError> for Failed {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Over => Self::Cancelled,
            error => Self::Record(error),
        }
    }
}

impl From<Text> for Failed {
    fn from(text: Text) -> Self {
        Self::Input(text)
    }
}

impl Failed {
    /// The reason in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Cancelled => Text::new("已取消", "it was cancelled"),
            Self::Input(text) => text.clone(),
            Self::Record(error) => error.text(),
        }
    }
}

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
    unkeyed: u64,
    /// Features that would go though others refer to them: how many, the first, and by what.
    needed: Option<(u64, String, String)>,
    skip_invalid: bool,
    as_it_is: bool,
    staging: Option<Staging>,
}

/// Reads a file, asks the doctor, and compares it with what stands. Nothing is written to the record.
///
/// # Errors
/// Where the file can't be read to its end, the options do not fit it, the record or the disk fails, or
/// `watch` says to stop. Nothing is left then.
pub fn prepare(
    record: &Record,
    snapshot: &Snapshot,
    request: &Request,
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<Prepared, Failed> {
    let collection = snapshot.collection(&request.into).ok_or_else(|| {
        let names = snapshot
            .collections()
            .iter()
            .map(|known| known.info.id.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        Text::new(
            format!("没有集合“{}”，有：{names}", request.into),
            format!(
                "there is no collection “{}”; there are: {names}",
                request.into
            ),
        )
    })?;
    let watch = RefCell::new(watch);
    let digits = digest(&request.path, &watch)?;
    let mut open = Ok(());
    fs::create_dir_all(&request.scratch).map_err(RecordError::from)?;
    let read = ReadOptions {
        scratch: Some(request.scratch.clone()),
        ..options.read.clone()
    };
    let mut reader = {
        let opened = Reader::open_watched(&request.path, &read, &mut |done, all| {
            if (*watch.borrow_mut())(Step::Reading, done, all).is_break() {
                open = Err(Failed::Cancelled);
            }
        });
        open?;
        opened?
    };
    let layer = reader.layer().clone();
    let Looked {
        sample,
        fields,
        rows,
        all_named,
    } = look_through(&mut reader, &layer, &watch)?;
    let suggest = || Mapping::suggest(&fields, &collection.info, all_named);
    let (mapping, remembered) = mapping(record, &collection.info, suggest, &layer, options)?;
    let ground = Ground::new(snapshot);
    let reading = Reading {
        crs: options.read.crs,
        swap_axes: options.swap_axes,
        from_datum: options.from_datum,
    };
    let stated = match &layer.crs {
        StatedCrs::None => Stated::Nothing,
        StatedCrs::Known(crs) => Stated::System(*crs),
        StatedCrs::Wkt(_) => Stated::Definition,
    };
    let (converter, unknown) = converter(&layer.crs, reading)?;
    let mut findings = Vec::new();
    let mut is_near = true;
    if let Some(ground) = &ground {
        let placed = place(&sample, ground, stated, reading, &converter)?;
        is_near = placed.is_near;
        findings = placed.findings;
    }
    let mut needs = needs(&mapping, &collection.info, &layer, &sample);
    if let StatedCrs::Wkt(definition) = &layer.crs
        && reading.crs.is_none()
    {
        // That it lies here in another system is no proof: a datum moves it by some hundred metres.
        for finding in &mut findings {
            finding.confidence = finding.confidence.min(0.5);
        }
        findings.push(foreign_system(definition, rows));
        needs.extend(unknown.map(|text| Need {
            property: "crs",
            message: text,
        }));
    }
    let mut prepared = Prepared {
        into: request.into.clone(),
        needs,
        layer,
        rows,
        fields,
        mapping,
        remembered,
        reading,
        findings,
        counts: Counts::default(),
        flaws: Vec::new(),
        unkeyed: 0,
        needed: None,
        skip_invalid: options.skip_invalid,
        as_it_is: options.as_it_is,
        staging: None,
    };
    // What lies on another continent need not be compared, nor what lacks what every feature needs.
    if !prepared.needs.is_empty() || (!is_near && !options.as_it_is) {
        return Ok(prepared);
    }
    let source = origin(request, &prepared.layer, reading, &digits);
    let shaping = Shaping::new(
        &collection.info,
        &prepared.mapping,
        &prepared.layer.fields,
        source,
    );
    let staging = Staging::new(&request.scratch, &request.into)?;
    let (mut read, stand) = (0, collection.features().len() as u64);
    let mut stopped = Ok(());
    let standing = record.each_standing(&request.into, |id, hash, body| {
        if read % OFTEN == 0
            && (*watch.borrow_mut())(Step::Standing, read, stand.max(read)).is_break()
        {
            stopped = Err(Failed::Cancelled);
            return Err(RecordError::Unchanged);
        }
        read += 1;
        let key = shaping.key_property().and_then(|property| {
            let standing: Standing = serde_json::from_slice(body).ok()?;
            text_of(standing.properties.get(property)?)
        });
        staging.stand(id, key.as_deref(), hash, body)
    });
    stopped?;
    standing?;
    staging.index()?;
    let mut comparison = Comparison {
        rules: Rules::new(snapshot, collection),
        snapshot,
        into: &request.into,
        shaping,
        converter,
        shapes: Shapes::new(ground.as_ref().filter(|_| is_near)),
        staging,
        has_shapes: sample.seen() > 0,
        losing: Vec::new(),
        counts: Counts::default(),
        flaws: Vec::new(),
        unkeyed: 0,
    };
    let mut failed = None;
    let mut done = 0;
    reader.rows(
        &mut |row| {
            done += 1;
            let going_on = done % OFTEN != 0
                || (*watch.borrow_mut())(Step::Comparing, done, rows).is_continue();
            let taken = if going_on {
                comparison.take(row)
            } else {
                Err(Failed::Cancelled)
            };
            match taken {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        },
        &mut |_, _| {},
    )?;
    if let Some(error) = failed {
        return Err(error);
    }
    let removing = options.remove_missing && comparison.unkeyed == 0;
    // What else is done to the rows has no count of its own.
    let mut asked = 0;
    let mut go_on = || {
        asked += 1;
        if asked % OFTEN == 1 && (*watch.borrow_mut())(Step::Comparing, rows, rows).is_break() {
            return Err(RecordError::Over);
        }
        Ok(())
    };
    comparison.fell(removing, &mut go_on)?;
    let Comparison {
        mut shapes,
        staging,
        counts,
        flaws,
        losing,
        unkeyed,
        ..
    } = comparison;
    prepared.counts = counts;
    prepared.flaws = flaws;
    if options.remove_missing && unkeyed > 0 {
        prepared.unkeyed = unkeyed;
    } else if options.remove_missing {
        prepared.counts.removed = staging.remove_missing()?;
        prepared.needed = leads::needed(&staging, snapshot, &request.into, &mut go_on)?;
    }
    let unread = RefCell::new(Ok(()));
    let told = |asked: Result<bool, RecordError>| {
        asked.unwrap_or_else(|error| {
            *unread.borrow_mut() = Err(error);
            false
        })
    };
    let standing = Neighbours {
        collection,
        stays: &|id| told(staging.stays(id)),
        comes: &|row| told(staging.comes(row)),
    };
    let compared = shapes.compare(&standing, &mut |done, all| {
        (*watch.borrow_mut())(Step::Overlapping, done, all)
    });
    unread.into_inner()?;
    compared.ok_or(Failed::Cancelled)?;
    let found =
        shapes.findings(&mut |done, all| (*watch.borrow_mut())(Step::Overlapping, done, all));
    prepared.findings.extend(found.ok_or(Failed::Cancelled)?);
    prepared.findings.extend(losing_shapes(&losing));
    prepared
        .findings
        .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    prepared.staging = Some(staging);
    Ok(prepared)
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

/// The first digits of the SHA-256 of a file.
fn digest(path: &Path, watch: &RefCell<&mut Watch<'_>>) -> Result<String, Failed> {
    let unreadable = |error: std::io::Error| {
        let path = path.display();
        Text::new(
            format!("读不到文件 {path}：{error}"),
            format!("the file {path} can't be read: {error}"),
        )
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let all = file.metadata().map_err(unreadable)?.len();
    let mut done = 0;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        done += count as u64;
        if (*watch.borrow_mut())(Step::Reading, done, all).is_break() {
            return Err(Failed::Cancelled);
        }
    }
    let mut digits = hex(&hash.finalize());
    digits.truncate(FILE_DIGITS);
    Ok(digits)
}

/// Where the features of a file come from.
fn origin(request: &Request, layer: &Layer, reading: Reading, digits: &str) -> (String, Text) {
    let (name, format) = (&request.name, layer.format.name());
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let crs = match (reading.crs, &layer.crs) {
        (Some(crs), _) => crs.short_name(),
        (None, StatedCrs::Known(crs)) => crs.short_name(),
        (None, StatedCrs::None) => "WGS 84".to_owned(),
        (None, StatedCrs::Wkt(definition)) => shortened(definition),
    };
    let swapped = if reading.swap_axes {
        ("，两个坐标互换", ", the two numbers swapped")
    } else {
        ("", "")
    };
    let shifted = reading.from_datum.map(|datum| {
        let datum = datum.as_str();
        (
            format!("，由 {datum} 纠偏"),
            format!(", brought back from {datum}"),
        )
    });
    let shifted = shifted.unwrap_or_default();
    let (zh, en) = (
        swapped.0.to_owned() + &shifted.0,
        swapped.1.to_owned() + &shifted.1,
    );
    (
        format!("{name} (SHA-256 {digits}…), {today}"),
        Text::new(
            format!("位置取自导入的 {format} 文件 {name}，坐标系 {crs}{zh}。"),
            format!("Taken from the imported {format} file {name}, in {crs}{en}."),
        ),
    )
}

/// Says that a file is in a system of its own, whose datum may not be ours.
fn foreign_system(definition: &str, rows: u64) -> Finding {
    let name = shortened(definition);
    Finding {
        code: Code::ForeignSystem,
        severity: Severity::Warning,
        confidence: 1.0,
        count: rows,
        message: Text::new(
            format!(
                "文件的坐标系不在支持之列：{name}。基准不同，换算后可能差到上百米，请与原单位核对"
            ),
            format!(
                "its reference system is none of those served: {name}. Its datum may differ, and what is converted be off by a hundred metres: ask who made the file"
            ),
        ),
        examples: Vec::new(),
        proposal: None,
    }
}

/// Says that features would lose the shapes that they have.
fn losing_shapes(rows: &[u64]) -> Option<Finding> {
    let count = rows.len();
    (count > 0).then(|| Finding {
        code: Code::LosesShape,
        severity: Severity::Error,
        confidence: 1.0,
        count: count as u64,
        message: Text::new(
            format!("{count} 个要素将失去现有的位置：文件中没有它们的几何"),
            format!("{count} features would lose the location that they have: the file has no geometry of them"),
        ),
        examples: rows.iter().copied().take(MAX_EXAMPLES).collect(),
        proposal: None,
    })
}

/// What converts the numbers of a file; and where its own definition can't be used, why.
fn converter(stated: &StatedCrs, reading: Reading) -> Result<(Converter, Option<Text>), Text> {
    let (defined, unknown) = match stated {
        StatedCrs::None => (None, None),
        StatedCrs::Known(crs) => (Some(Transformer::to_wgs84(*crs)?), None),
        StatedCrs::Wkt(definition) => match Transformer::of_definition(definition) {
            Ok(transformer) => (Some(transformer), None),
            Err(text) => (None, Some(text)),
        },
    };
    Ok((Converter::new(reading, defined)?, unknown))
}

/// What a first reading of a file tells.
struct Looked {
    /// Some of its shapes.
    sample: Sample,
    /// Its fields, with some values.
    fields: Vec<FieldSample>,
    rows: u64,
    /// Whether every row has a name of its own: an id that is not merely its number in some file.
    all_named: bool,
}

/// Reads a file once, from beginning to end.
fn look_through(
    reader: &mut Reader,
    layer: &Layer,
    watch: &RefCell<&mut Watch<'_>>,
) -> Result<Looked, Failed> {
    let mut sample = Sample::default();
    let mut all_named = true;
    let mut fields: Vec<_> = layer.fields.iter().cloned().map(FieldSample::new).collect();
    let mut rows = 0_u64;
    let cancelled = RefCell::new(false);
    let step = if layer.format.counts_rows() {
        Step::Scanning
    } else {
        Step::Reading
    };
    reader.rows(
        &mut |row| {
            rows += 1;
            if let Ok(row) = row {
                let id = row.id.as_deref().unwrap_or_default();
                all_named &= is_slug(id) && id.contains(|c: char| c.is_ascii_alphabetic());
                if let Some(geometry) = &row.geometry {
                    sample.take(geometry);
                }
                for (field, value) in fields.iter_mut().zip(&row.values) {
                    field.see(value);
                }
            }
            if *cancelled.borrow() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
        &mut |done, all| {
            if (*watch.borrow_mut())(step, done, all).is_break() {
                *cancelled.borrow_mut() = true;
            }
        },
    )?;
    if cancelled.into_inner() {
        return Err(Failed::Cancelled);
    }
    Ok(Looked {
        sample,
        fields,
        rows,
        all_named: all_named && rows > 0,
    })
}

/// The mapping that is asked for, or was used before, or is suggested; and whether it is remembered.
fn mapping(
    record: &Record,
    collection: &CollectionInfo,
    suggest: impl FnOnce() -> Mapping,
    layer: &Layer,
    options: &Options,
) -> Result<(Mapping, bool), Failed> {
    let kept = record.mapping(&collection.id, &fields_key(&layer.fields))?;
    let kept: Option<Mapping> = kept.and_then(|kept| serde_json::from_str(&kept).ok());
    let remembered = kept.is_some() && options.mapping.is_none();
    let mut mapping = options.mapping.clone().or(kept).unwrap_or_else(suggest);
    let changes = &options.changes;
    if changes.key.is_some() {
        mapping.key.clone_from(&changes.key);
    }
    for (property, field) in &changes.properties {
        mapping.constants.remove(property);
        // One field is one property.
        mapping.properties.retain(|_, from| from != field);
        mapping.properties.insert(property.clone(), field.clone());
    }
    for (property, value) in &changes.constants {
        mapping.properties.remove(property);
        mapping.constants.insert(property.clone(), value.clone());
    }
    mapping.check(&layer.fields)?;
    Ok((mapping, remembered))
}

/// What nothing gives and every feature needs.
fn needs(
    mapping: &Mapping,
    collection: &CollectionInfo,
    layer: &Layer,
    sample: &Sample,
) -> Vec<Need> {
    let has = |property: &str| {
        mapping.properties.contains_key(property) || mapping.constants.contains_key(property)
    };
    let mut needs = Vec::new();
    let mut need = |property, zh: String, en: String| {
        needs.push(Need {
            property,
            message: Text::new(zh, en),
        });
    };
    let has_ids = layer.fields.iter().any(|field| field.name == "id")
        || layer.format == crate::exchange::layer::Format::GeoJson;
    if mapping.key.is_none() && !has_ids {
        need(
            "key",
            "请指定哪个字段是编号，再次导入时靠它认出同一要素".into(),
            "say which field is the key, by which a later import knows the same feature".into(),
        );
    }
    if !has("licence") {
        need("licence", "请写明许可".into(), "state the licence".into());
    }
    if !has("accuracy_m") && sample.seen() > 0 {
        need(
            "accuracy_m",
            "请写明位置误差不超过多少米".into(),
            "state by how many metres it may be off".into(),
        );
    }
    if !has("kind") && collection.kinds.len() != 1 {
        let kinds: Vec<_> = collection
            .kinds
            .iter()
            .map(|kind| kind.id.as_str())
            .collect();
        let kinds = kinds.join(", ");
        need(
            "kind",
            format!("请指定类别，可选：{kinds}"),
            format!("give the kind, one of: {kinds}"),
        );
    }
    needs
}

#[derive(serde::Deserialize)]
struct Standing {
    #[serde(default)]
    geometry: Value,
    #[serde(default)]
    properties: Map<String, Value>,
}

/// Shapes that differ by less are the same, degrees: a millimetre, to which files are exact that were
/// written in another system.
const SAME_DEGREES: f64 = 1.2e-8;

/// Whether two GeoJSON geometries are the same to a millimetre.
fn is_same_shape(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| is_same_shape(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_shape(a, b))
        }
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() < SAME_DEGREES,
            _ => false,
        },
        _ => a == b,
    }
}

/// A feature in the form in which it is kept, with the shape that stands where it is the same; and whether
/// it is another.
fn settled(body: Vec<u8>, standing: Option<&Standing>, id: &str) -> Result<(Vec<u8>, bool), Text> {
    let Some(standing) = standing else {
        return Ok((body, true));
    };
    let mut feature: Value = match serde_json::from_slice(&body) {
        Ok(feature) => feature,
        Err(_) => return Ok((body, true)),
    };
    if feature["geometry"] == standing.geometry {
        return Ok((body, false));
    }
    if !is_same_shape(&feature["geometry"], &standing.geometry) {
        return Ok((body, true));
    }
    feature["geometry"] = standing.geometry.clone();
    Ok((edited_form(feature, id)?, false))
}

/// Compares rows with what stands.
struct Comparison<'a> {
    rules: Rules<'a>,
    snapshot: &'a Snapshot,
    into: &'a str,
    shaping: Shaping<'a>,
    converter: Converter,
    shapes: Shapes<'a>,
    staging: Staging,
    /// Whether any row has a shape: a table of attributes alone leaves shapes as they are.
    has_shapes: bool,
    /// Rows without a shape whose features have one.
    losing: Vec<u64>,
    counts: Counts,
    flaws: Vec<Flaw>,
    /// Rows of which nobody can tell whose they are.
    unkeyed: u64,
}

impl Comparison<'_> {
    fn take(&mut self, row: Result<Row, RowFlaw>) -> Result<(), Failed> {
        let row = match row {
            Ok(row) => row,
            Err(flaw) => {
                self.unkeyed += 1;
                self.flaw(flaw.number, None, flaw.text);
                return Ok(());
            }
        };
        let key = self.shaping.key(&row);
        // What is invalid is in the file all the same: it is not missing.
        let id = match &key {
            Some(key) => self.id(key)?,
            None => None,
        };
        match &id {
            Some(id) => self.staging.seen(id)?,
            None => self.unkeyed += 1,
        }
        match self.compared(&row, key.as_deref(), id)? {
            Ok(()) => {}
            Err(reason) => self.flaw(row.number, key, reason),
        }
        Ok(())
    }

    fn flaw(&mut self, row: u64, key: Option<String>, reason: Text) {
        self.counts.invalid += 1;
        if self.flaws.len() < MAX_FLAWS {
            self.flaws.push(Flaw { row, key, reason });
        }
    }

    /// Takes out rows that refer to what will not be there.
    fn fell(&mut self, removing: bool, go_on: &mut leads::GoOn<'_>) -> Result<(), RecordError> {
        let (counts, flaws) = (&mut self.counts, &mut self.flaws);
        leads::fell(
            &self.staging,
            self.snapshot,
            self.into,
            removing,
            &mut |fallen| {
                match fallen.sort {
                    Sort::Added => counts.added -= 1,
                    Sort::Changed => counts.changed -= 1,
                    Sort::Unchanged | Sort::Removed => return,
                }
                counts.invalid += 1;
                flaws.push(Flaw {
                    row: fallen.row,
                    key: Some(fallen.key),
                    reason: fallen.reason,
                });
                if flaws.len() > 2 * MAX_FLAWS {
                    first_flaws(flaws);
                }
            },
            go_on,
        )?;
        first_flaws(flaws);
        Ok(())
    }

    /// The id of the feature with a key: of the one that stands with it, or one made of the key.
    fn id(&self, key: &str) -> Result<Option<String>, RecordError> {
        if let Some(id) = self.staging.id_of_key(key)? {
            return Ok(Some(id));
        }
        let own = if is_slug(key) {
            Some(key.to_owned())
        } else {
            slug(key)
        };
        let Some(own) = own else { return Ok(None) };
        let others = self
            .staging
            .standing(&own)?
            .is_some_and(|stands| stands.key.is_some_and(|other| other != key));
        Ok(Some(if others || self.staging.has(&own)? {
            telling(&own, key)
        } else {
            own
        }))
    }

    /// Keeps what a row makes of a feature; the inner error says why it can't be taken.
    fn compared(
        &mut self,
        row: &Row,
        key: Option<&str>,
        id: Option<String>,
    ) -> Result<Result<(), Text>, Failed> {
        let geometry = match self.geometry(row) {
            Ok(geometry) => geometry,
            Err(reason) => return Ok(Err(reason)),
        };
        let Some(key) = key else {
            return Ok(Err(Text::new("没有编号", "it has no key")));
        };
        if let Some(earlier) = self.staging.take_key(key, row.number)? {
            return Ok(Err(Text::new(
                format!("编号“{key}”与第 {earlier} 行相同"),
                format!("its key “{key}” is that of row {earlier} too"),
            )));
        }
        let Some(id) = id else {
            return Ok(Err(Text::new(
                format!("编号“{key}”中没有字母、数字或汉字"),
                format!("its key “{key}” has no letter, digit or Chinese character"),
            )));
        };
        if self.staging.has(&id)? {
            return Ok(Err(Text::new(
                format!("编号“{key}”与另一行的编号写成同一个 id：{id}"),
                format!("its key “{key}” and that of another row make one id: {id}"),
            )));
        }
        let stands = self.staging.standing(&id)?;
        let standing: Option<Standing> = stands
            .as_ref()
            .and_then(|stands| serde_json::from_slice(&stands.body).ok());
        let said = standing.as_ref().map(|standing| &standing.properties);
        let placed = standing
            .as_ref()
            .filter(|standing| geometry.is_none() && !standing.geometry.is_null());
        let keeps_place = placed.is_some() && !self.has_shapes;
        if placed.is_some() && self.has_shapes {
            self.losing.push(row.number);
        }
        let geometry = match placed {
            Some(standing) if keeps_place => standing.geometry.clone(),
            _ => serde_json::to_value(geometry.as_ref().map(GeoJson)).unwrap_or_default(),
        };
        let properties = match self.shaping.properties(row, key, said, keeps_place) {
            Ok(properties) => properties,
            Err(reason) => return Ok(Err(reason)),
        };
        if let (Some(Stands { hash, .. }), Some(said)) = (&stands, said) {
            let same = self.shaping.with_standing_origin(&properties, said);
            let body = kept(&id, &geometry, same);
            if let Ok((body, _)) = body.and_then(|body| settled(body, standing.as_ref(), &id))
                && Hash::of(&body) == *hash
            {
                self.counts.unchanged += 1;
                let stays = (Sort::Unchanged, false);
                self.staging
                    .keep((row.number, &id, key), stays, Some(*hash), None)?;
                return Ok(Ok(()));
            }
        }
        let body = kept(&id, &geometry, properties);
        let settled = body.and_then(|body| settled(body, standing.as_ref(), &id));
        let (body, moves) = match settled {
            Ok(settled) => settled,
            Err(reason) => return Ok(Err(reason)),
        };
        let text = std::str::from_utf8(&body).unwrap_or_default();
        let told = self.rules.row(text, self.snapshot);
        if let Some(reason) = told.flaws.into_iter().next() {
            return Ok(Err(reason));
        }
        for lead in &told.leads {
            self.staging.lead(row.number, lead)?;
        }
        let sort = if stands.is_some() {
            self.counts.changed += 1;
            Sort::Changed
        } else {
            self.counts.added += 1;
            Sort::Added
        };
        self.staging.keep(
            (row.number, &id, key),
            (sort, moves),
            stands.map(|stands| stands.hash),
            Some(&body),
        )?;
        Ok(Ok(()))
    }

    /// The shape of a row in degrees, which can be kept.
    fn geometry(&mut self, row: &Row) -> Result<Option<Geometry<f64>>, Text> {
        let converted = row
            .geometry
            .as_ref()
            .map(|geometry| self.converter.geometry(geometry))
            .transpose();
        match converted {
            Ok(geometry) => {
                self.shapes.take(row.number, geometry.as_ref())?;
                Ok(geometry)
            }
            Err(flaw) => {
                self.shapes.take_unreadable(row.number, &flaw);
                Err(flaw)
            }
        }
    }
}

/// Leaves the first of them in the file's order.
fn first_flaws(flaws: &mut Vec<Flaw>) {
    flaws.sort_by_key(|flaw| flaw.row);
    flaws.truncate(MAX_FLAWS);
}

/// A feature in the form in which it is kept.
fn kept(id: &str, geometry: &Value, properties: Map<String, Value>) -> Result<Vec<u8>, Text> {
    let feature: Map<String, Value> = [
        ("type".to_owned(), "Feature".into()),
        ("geometry".to_owned(), geometry.clone()),
        ("properties".to_owned(), properties.into()),
    ]
    .into_iter()
    .collect();
    edited_form(feature.into(), id)
}
