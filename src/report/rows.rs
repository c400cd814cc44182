//! The features of an answer as rows: hits, then what lies near the boundary, then what has no
//! location.

use std::borrow::Cow;

use super::{Lang, Report, record::Record};
use crate::{
    area::{CollectionAnswer, Hit, Overlap, Placed, Reader, Stated},
    exchange::table::{Cell, Column, Format, Table},
    geometry::measure::tenths,
    model::{Feature, FeatureRef},
    store::Collection,
};

/// One feature of the answer, in whichever list it stands.
struct Found<'a> {
    collection: &'a Collection,
    feature: &'a Feature,
    place: Place<'a>,
}

enum Place<'a> {
    Located(&'a Hit<'a>),
    Unlocated(&'a Placed),
}

impl Place<'_> {
    fn certainty(&self, lang: Lang) -> &'static str {
        match self {
            Self::Located(hit) => lang.certainty(hit.certainty),
            Self::Unlocated(_) => lang.unlocated(),
        }
    }

    fn overlap(&self) -> Option<Overlap> {
        match self {
            Self::Located(hit) => hit.overlap,
            Self::Unlocated(_) => None,
        }
    }
}

fn found<'a>(answer: &'a CollectionAnswer<'a>) -> impl Iterator<Item = Found<'a>> {
    let located = answer.hits.iter().chain(&answer.borderline);
    let located = located.map(|hit| (hit.feature, Place::Located(hit)));
    let unlocated = answer.unlocated.iter();
    let unlocated = unlocated.map(|one| (one.feature, Place::Unlocated(&one.placed)));
    located.chain(unlocated).map(|(feature, place)| Found {
        collection: answer.collection,
        feature,
        place,
    })
}

/// The features of one collection, with all that files tell of them.
pub(super) fn table<'a>(
    report: &'a Report<'a>,
    answer: &'a CollectionAnswer<'a>,
    lang: Lang,
) -> Table<'a> {
    let info = &answer.collection.info;
    let reader = Reader::new(&report.snapshot.library);
    Table {
        title: lang.pick(&info.title, &info.title_en).to_owned(),
        columns: columns(lang),
        rows: Box::new(found(answer).map(move |found| row(report, &reader, &found, lang))),
    }
}

/// The features of all collections, in the few columns that a terminal has room for.
pub(super) fn brief<'a>(report: &'a Report<'a>, lang: Lang) -> Table<'a> {
    let columns = vec![
        lang.column("集合", "Collection", 0),
        lang.column("名称", "Name", 0),
        lang.column("类别", "Kind", 0),
        lang.column("进展", "Status", 0),
        lang.column("把握", "Certainty", 0),
        lang.column("重叠面积（㎡）", "Overlap (m²)", 0),
        lang.column("占要素", "Of feature", 0),
        lang.column("编号", "Id", 0),
    ];
    let all = report.answer.collections.iter().flat_map(found);
    let rows = all.map(move |found| {
        let Found {
            collection,
            feature,
            place,
        } = &found;
        let overlap = place.overlap();
        vec![
            Cell::text(title(collection, lang)),
            Cell::text(lang.name(feature)),
            Cell::text(kind(collection, feature, lang)),
            Cell::text(lang.status(feature.status)),
            Cell::text(place.certainty(lang)),
            Cell::number(overlap.map(|overlap| overlap.area_m2), Format::Tenths),
            Cell::number(
                overlap.map(|overlap| overlap.share_of_feature),
                Format::Share,
            ),
            Cell::text(name(collection, feature)),
        ]
    });
    Table {
        title: String::new(),
        columns,
        rows: Box::new(rows),
    }
}

fn columns(lang: Lang) -> Vec<Column> {
    vec![
        lang.column("集合", "Collection", 10),
        lang.column("编号", "Id", 28),
        lang.column("名称", "Name", 32),
        lang.column("英文名", "Name in English", 32),
        lang.column("类别", "Kind", 12),
        lang.column("进展", "Status", 12),
        lang.column("位置依据", "Located by", 18),
        lang.column("误差（米）", "Accuracy (m)", 12),
        lang.column("把握", "Certainty", 12),
        lang.column("判断依据", "Judged by", 12),
        lang.column("所在或列入", "Lies in or is listed in", 26),
        lang.column("重叠面积（平方米）", "Overlap (m²)", 20),
        lang.column("占要素", "Share of feature", 10),
        lang.column("占范围", "Share of area", 10),
        lang.column("用地代码", "Land use code", 10),
        lang.column("用地", "Land use", 20),
        lang.column("所述面积（平方米）", "Stated area (m²)", 20),
        lang.column("所述数量", "Stated quantities", 30),
        lang.column("文件", "Document", 30),
        lang.column("原话", "Words of the document", 60),
        lang.column("位置说明", "Evidence of the location", 50),
        lang.column("资料来源", "Source", 30),
        lang.column("许可", "Licence", 14),
    ]
}

fn row<'a>(
    report: &'a Report<'_>,
    reader: &Reader<'_>,
    found: &Found<'a>,
    lang: Lang,
) -> Vec<Cell<'a>> {
    let Found {
        collection,
        feature,
        place,
    } = found;
    let record = Record::read(feature);
    let overlap = place.overlap();
    let (stated, _) = reader.read(feature);
    let quantities = stated.iter().filter(|stated| stated.modality.is_some());
    let quantities: Vec<String> = quantities.map(|stated| quantity(stated, lang)).collect();
    let (evidence, evidence_en) = record.evidence();
    let (reason, within) = match place {
        Place::Located(hit) => (
            lang.reason(hit.reason),
            feature.container.as_deref().cloned(),
        ),
        Place::Unlocated(placed) => (lang.pick("文件", "A document"), placed.place.parse().ok()),
    };
    let within = within.and_then(|name| report.snapshot.feature(&name));
    let (document, quote) = sentence(&record, feature, place);
    let measured = feature.geometry.is_some().then_some(feature.accuracy_m);
    vec![
        Cell::text(title(collection, lang)),
        Cell::text(name(collection, feature)),
        Cell::text(&*feature.name),
        Cell::text(&*feature.name_en),
        Cell::text(kind(collection, feature, lang)),
        Cell::text(lang.status(feature.status)),
        Cell::text(lang.located_by(feature.located_by)),
        Cell::number(measured, Format::Plain),
        Cell::text(place.certainty(lang)),
        Cell::text(reason),
        Cell::text(within.map_or("", |place| lang.name(place))),
        Cell::number(
            overlap.map(|overlap| tenths(overlap.area_m2)),
            Format::Tenths,
        ),
        Cell::number(
            overlap.map(|overlap| overlap.share_of_feature),
            Format::Share,
        ),
        Cell::number(overlap.map(|overlap| overlap.share_of_area), Format::Share),
        Cell::text(feature.land_use.as_ref().map_or("", |code| code.as_str())),
        Cell::text(record.land_use(lang).unwrap_or_default().to_owned()),
        Cell::number(record.stated_area(), Format::Tenths),
        Cell::text(quantities.join(lang.pick("；", "; "))),
        Cell::text(document.map_or(Cow::Borrowed(""), |id| report.document_name(&id).into())),
        Cell::text(quote),
        Cell::text(lang.pick(evidence, evidence_en).to_owned()),
        Cell::text(record.source),
        Cell::text(record.licence),
    ]
}

/// The document and its words that stand for the feature: by which it is listed, or that give its
/// status.
fn sentence(record: &Record, feature: &Feature, place: &Place<'_>) -> (Option<String>, String) {
    let (document, quote) = match place {
        Place::Unlocated(Placed {
            citation: Some(citation),
            ..
        }) => (&citation.document, &citation.quote),
        _ => match record.sentence(feature.status) {
            Some(citation) => (&citation.document, &citation.quote),
            None => return (None, String::new()),
        },
    };
    (Some(document.clone()), quote.clone())
}

/// `长度 2.5 公里（2025，拟推进）`
fn quantity(stated: &Stated, lang: Lang) -> String {
    let Stated {
        attribute,
        value,
        unit,
        qualifier,
        date,
        modality,
    } = stated;
    let attribute = lang.quantity(attribute);
    let qualifier = qualifier.as_deref().unwrap_or_default();
    let when = [
        date.as_deref().unwrap_or_default(),
        lang.modality(*modality),
    ];
    let when: Vec<&str> = when.into_iter().filter(|word| !word.is_empty()).collect();
    let when = when.join(lang.pick("，", ", "));
    match lang {
        Lang::Zh => format!("{attribute} {qualifier}{value} {unit}（{when}）"),
        Lang::En => format!("{attribute} {qualifier}{value} {unit} ({when})"),
    }
}

/// The feature's whole name.
fn name(collection: &Collection, feature: &Feature) -> String {
    FeatureRef::new(&collection.info.id, &feature.id).to_string()
}

fn title(collection: &Collection, lang: Lang) -> &str {
    lang.pick(&collection.info.title, &collection.info.title_en)
}

fn kind<'a>(collection: &'a Collection, feature: &'a Feature, lang: Lang) -> &'a str {
    let mut kinds = collection.info.kinds.iter();
    kinds
        .find(|kind| *kind.id == *feature.kind)
        .map_or(&*feature.kind, |kind| {
            lang.pick(&kind.title, &kind.title_en)
        })
}
