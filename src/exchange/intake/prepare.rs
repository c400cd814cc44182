//! Goes through an import before its commit: reads the file, asks the doctor, compares, keeps.

use std::{
    cell::RefCell,
    fs::{self, File},
    io::Read,
    ops::ControlFlow,
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{
    compare::{Comparison, Standing},
    feature::{Shaping, text_of},
    leads,
    mapping::{FieldSample, Mapping, fields_key},
    prepared::{Counts, Need, Prepared},
    request::{Failed, OFTEN, Options, Request, Step, Watch},
    staging::Staging,
};
use crate::{
    exchange::{
        doctor::{
            Code, Converter, Finding, Ground, MAX_EXAMPLES, Neighbours, Reading, Sample, Severity,
            Shapes, place, placing::Stated,
        },
        layer::{Layer, ReadOptions, Reader, StatedCrs},
    },
    geometry::crs::Transformer,
    model::{CollectionInfo, Text, hex, is_slug, shortened},
    store::{
        Rules, Snapshot,
        record::{Record, RecordError},
    },
};

/// Digits of a file's hash that its features bear.
const FILE_DIGITS: usize = 16;

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
