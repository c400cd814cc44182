//! What an answer rests on, as a table: what was asked, of which data, and what its words mean.

use std::collections::BTreeSet;

use geo::Geometry;

use super::{Lang, Report};
use crate::{
    area::CollectionAnswer,
    exchange::table::{Cell, Format, Table},
    geometry::measure::{self, tenths},
    model::Feature,
};

pub(super) fn table<'a>(report: &'a Report<'a>, lang: Lang) -> Table<'a> {
    let mut rows = asked(report, lang);
    rows.extend(collections(report, lang));
    rows.extend(documents(report, lang));
    rows.extend(MEANINGS.map(|(zh, en)| {
        line(
            lang.pick("说明", "Notes"),
            lang.pick(zh.0, en.0),
            Cell::text(lang.pick(zh.1, en.1)),
        )
    }));
    Table {
        title: lang.pick("来源", "Sources").to_owned(),
        columns: vec![
            lang.column("类", "Sort", 12),
            lang.column("项", "Item", 34),
            lang.column("内容", "Content", 100),
        ],
        rows: Box::new(rows.into_iter()),
    }
}

type Pair = (&'static str, &'static str);

/// What the words and figures of an answer mean: heading and text, in Chinese and in English.
const MEANINGS: [(Pair, Pair); 9] = [
    (
        (
            "确定",
            "计入要素和范围的位置误差后，关系仍然成立；仅知所在的要素，其所在地全部在内。",
        ),
        (
            "Certain",
            "The relation holds however far off feature and area may be; of what has only a container, all of the container is inside.",
        ),
    ),
    (
        (
            "可能",
            "按现有图形关系成立，计入误差则不能肯定；仅知所在的要素，其所在地与范围相接。",
        ),
        (
            "Possible",
            "The relation holds for the shapes as they stand, and the errors do not bear it out; of what has only a container, the container meets the area.",
        ),
    ),
    (
        (
            "边界附近",
            "按现有图形关系不成立，但在误差之内可能成立；不计入合计。",
        ),
        (
            "Near the boundary",
            "The relation does not hold for the shapes as they stand, and may within their errors; in no sum.",
        ),
    ),
    (
        (
            "未定位",
            "没有位置，文件把它列入范围或其中某地；附文件原话，不计入合计。",
        ),
        (
            "Not located",
            "Without location; a document places it in the area or in a place in it, in the words beside it; in no sum.",
        ),
    ),
    (
        (
            "面积",
            "在 WGS 84 椭球面上量算；重叠面积为要素与范围相交的部分。",
        ),
        (
            "Areas",
            "Measured on the WGS 84 ellipsoid; an overlap is what feature and area share.",
        ),
    ),
    (
        (
            "重叠面积合计与覆盖地面",
            "要素互相重叠处，合计会重复计算同一块地，覆盖地面只计一次；空白表示要素太多，没有计算。",
        ),
        (
            "Sum of overlaps and ground covered",
            "Where features lie on each other the sum holds the same ground more than once, the ground covered holds it once; empty where they are too many to be united.",
        ),
    ),
    (
        (
            "全部集合",
            "片区、地块和项目可能说的是同一块地，因此各集合之间只合计要素数和覆盖地面。",
        ),
        (
            "All collections",
            "A zone, its parcels and a project may speak of the same land: over collections only counts and ground covered add up.",
        ),
    ),
    (
        (
            "所述数量",
            "文件对要素的整体所作的陈述，要素只有部分在范围内时也按整体计；同一要素、同一数量和单位只计最近文件的说法；年份、电压、高度等不能相加的只给要素数；单位不作换算。",
        ),
        (
            "Stated quantities",
            "What documents state of the whole of a feature, also where only a part of it is inside. Of a feature, a quantity in one unit counts once, as the latest document has it. Years, voltages, heights and the like do not add up and have counts alone. Units are not converted.",
        ),
    ),
    (
        (
            "原话",
            "写明进展的句子；未定位的要素，为把它列入范围的句子。",
        ),
        (
            "Words of the document",
            "The sentence that gives the status; of what is not located, the one that places it in the area.",
        ),
    ),
];

fn line<'a>(sort: &str, item: &str, content: Cell<'a>) -> Vec<Cell<'a>> {
    vec![
        Cell::text(sort.to_owned()),
        Cell::text(item.to_owned()),
        content,
    ]
}

fn asked<'a>(report: &'a Report<'a>, lang: Lang) -> Vec<Vec<Cell<'a>>> {
    let area = Geometry::MultiPolygon(report.area.polygons().clone());
    let sort = lang.pick("查询", "Query");
    let row = |zh, en, content| line(sort, lang.pick(zh, en), content);
    let collections: Vec<&str> = report
        .answer
        .collections
        .iter()
        .map(|answer| {
            lang.pick(
                &answer.collection.info.title,
                &answer.collection.info.title_en,
            )
        })
        .collect();
    vec![
        row(
            "数据",
            "Data",
            Cell::text(lang.pick(&report.snapshot.title.zh, &report.snapshot.title.en)),
        ),
        row(
            "版本",
            "Revision",
            Cell::text(report.snapshot.revision.to_string()),
        ),
        row(
            "数据指纹",
            "Fingerprint of the data",
            Cell::text(&*report.snapshot.fingerprint),
        ),
        row(
            "范围",
            "Area",
            Cell::text(report.area_name(lang).unwrap_or_default()),
        ),
        row(
            "范围（所给）",
            "Area as given",
            Cell::text(report.question.area.to_string()),
        ),
        row(
            "范围面积（平方米）",
            "Size of the area (m²)",
            Cell::Number(tenths(measure::area_m2(&area)), Format::Tenths),
        ),
        row(
            "范围误差（米）",
            "Accuracy of the area (m)",
            Cell::Number(report.area.accuracy_m, Format::Plain),
        ),
        row(
            "空间关系",
            "Relation to the area",
            Cell::text(lang.relation(report.question.relation)),
        ),
        row(
            "筛选条件（CQL2）",
            "Filter (CQL2)",
            report
                .question
                .filter
                .as_ref()
                .map_or(Cell::Empty, |filter| Cell::text(filter.to_string())),
        ),
        row(
            "筛选条件的坐标参照系",
            "Reference system of the filter",
            Cell::text(report.question.filter_crs.as_deref().unwrap_or_default()),
        ),
        row(
            "集合",
            "Collections",
            Cell::text(collections.join(lang.pick("、", ", "))),
        ),
    ]
}

/// Where the data of each collection come from.
fn collections<'a>(report: &'a Report<'a>, lang: Lang) -> impl Iterator<Item = Vec<Cell<'a>>> {
    report.answer.collections.iter().flat_map(move |answer| {
        let info = &answer.collection.info;
        let title = lang.pick(&info.title, &info.title_en);
        answer.collection.sources().map(move |source| {
            line(
                lang.pick("数据来源", "Data"),
                title,
                Cell::text(format!("{} [{}]", source.source, source.licence)),
            )
        })
    })
}

/// The documents that the features of the answer cite.
fn documents<'a>(report: &'a Report<'a>, lang: Lang) -> impl Iterator<Item = Vec<Cell<'a>>> {
    let cited: BTreeSet<&str> = report
        .answer
        .collections
        .iter()
        .flat_map(features)
        .flat_map(|feature| feature.documents.iter().map(|id| &**id))
        .collect();
    let documents = report.snapshot.library.documents().iter();
    documents
        .filter(move |document| cited.contains(&*document.info.id))
        .map(move |document| {
            let info = &document.info;
            let parts = [
                info.issuer.as_deref(),
                info.date.as_deref(),
                Some(&*info.file),
            ];
            let mut parts: Vec<&str> = parts.into_iter().flatten().collect();
            let hash = format!("SHA-256 {}", info.sha256);
            parts.push(&hash);
            line(
                lang.pick("文件", "Document"),
                &report.document_name(&info.id),
                Cell::text(parts.join(lang.pick("，", ", "))),
            )
        })
}

fn features<'a>(answer: &'a CollectionAnswer<'a>) -> impl Iterator<Item = &'a Feature> {
    let located = answer.hits.iter().chain(&answer.borderline);
    let unlocated = answer.unlocated.iter().map(|one| one.feature);
    located.map(|hit| hit.feature).chain(unlocated)
}

impl Report<'_> {
    /// What a document is called: its title, else its first heading, and its id.
    pub(super) fn document_name(&self, id: &str) -> String {
        let document = self.snapshot.library.get(id);
        let name = document.and_then(|document| {
            let heading = document.headings().first();
            let title = document.info.title.as_deref();
            title.or_else(|| heading.map(|heading| &*heading.title))
        });
        match name {
            Some(name) => format!("{name} ({id})"),
            None => id.to_owned(),
        }
    }
}
