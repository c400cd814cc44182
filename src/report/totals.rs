//! The sums of an answer as a table: one row a sum, so that it can be filtered.

use std::collections::HashMap;

use super::{Lang, Report, record::Record};
use crate::{
    area::{CollectionAnswer, GrandTotals, Group, Sum, Totals},
    exchange::table::{Cell, Format, Table},
    geometry::measure::tenths,
    model::{NOT_STATED, Status},
};

/// One row: what is summed, then either counts and areas, or one stated quantity.
#[derive(Clone, Default)]
struct Row<'a> {
    /// The collection, what its features are sorted by, and under what these stand.
    head: [String; 3],
    count: Option<usize>,
    certain: Option<usize>,
    possible: Option<usize>,
    area_m2: Option<f64>,
    covered_m2: Option<f64>,
    stated: Option<&'a Sum>,
}

impl<'a> Row<'a> {
    fn cells(self, lang: Lang) -> Vec<Cell<'a>> {
        let count = |count: Option<usize>| count.map_or(Cell::Empty, Cell::count);
        let area = |area: Option<f64>| Cell::number(area.map(tenths), Format::Tenths);
        let [collection, by, of] = self.head.map(Cell::text);
        let stated = self.stated;
        vec![
            collection,
            by,
            of,
            count(self.count),
            count(self.certain),
            count(self.possible),
            area(self.area_m2),
            area(self.covered_m2),
            stated.map_or(Cell::Empty, |sum| Cell::text(lang.quantity(&sum.attribute))),
            stated.map_or(Cell::Empty, |sum| Cell::text(&*sum.unit)),
            stated.map_or(Cell::Empty, |sum| Cell::text(lang.modality(sum.modality))),
            Cell::number(stated.and_then(|sum| sum.sum), Format::Plain),
            count(stated.map(|sum| sum.features)),
            count(stated.map(|sum| sum.partly_inside)),
            count(stated.map(|sum| sum.qualified)),
        ]
    }
}

/// All sums: over everything, and by collection, kind, status and land use.
pub(super) fn table<'a>(report: &'a Report<'a>, lang: Lang) -> Table<'a> {
    let all = lang.pick("全部", "All");
    let totals = &report.answer.totals;
    let mut rows = vec![Row {
        head: [all.into(), all.into(), String::new()],
        count: Some(totals.count),
        certain: Some(totals.certain),
        possible: Some(totals.possible),
        covered_m2: totals.covered_m2,
        ..Row::default()
    }];
    for answer in &report.answer.collections {
        push_collection(&mut rows, answer, lang);
    }
    Table {
        title: lang.pick("汇总", "Totals").to_owned(),
        columns: vec![
            lang.column("集合", "Collection", 14),
            lang.column("分组", "By", 14),
            lang.column("项", "Of", 32),
            lang.column("要素数", "Features", 10),
            lang.column("确定", "Certain", 10),
            lang.column("可能", "Possible", 10),
            lang.column("重叠面积合计（平方米）", "Sum of overlaps (m²)", 24),
            lang.column("覆盖地面（平方米）", "Ground covered (m²)", 20),
            lang.column("所述数量", "Stated quantity", 20),
            lang.column("单位", "Unit", 12),
            lang.column("言明为", "Stated as", 10),
            lang.column("合计", "Sum", 16),
            lang.column("写明的要素数", "Features stating it", 20),
            lang.column("其中部分在内", "Of them partly inside", 20),
            lang.column("其中带约数词", "Of them qualified", 18),
        ],
        rows: Box::new(rows.into_iter().map(move |row| row.cells(lang))),
    }
}

/// One line a collection, and one for all.
pub(super) fn brief<'a>(report: &'a Report<'a>, lang: Lang) -> Table<'a> {
    let line = |title: &str, totals: &GrandTotals| {
        vec![
            Cell::text(title.to_owned()),
            Cell::count(totals.count),
            Cell::count(totals.certain),
            Cell::count(totals.possible),
            Cell::count(totals.borderline),
            Cell::count(totals.unlocated),
            Cell::number(totals.covered_m2, Format::Tenths),
        ]
    };
    let mut rows: Vec<Vec<Cell<'a>>> = Vec::new();
    for answer in &report.answer.collections {
        let info = &answer.collection.info;
        let mut totals = GrandTotals::default();
        totals.add(&answer.totals);
        totals.covered_m2 = answer.totals.covered_m2;
        rows.push(line(lang.pick(&info.title, &info.title_en), &totals));
    }
    if rows.len() > 1 {
        rows.push(line(lang.pick("全部", "All"), &report.answer.totals));
    }
    Table {
        title: String::new(),
        columns: vec![
            lang.column("集合", "Collection", 0),
            lang.column("要素数", "Features", 0),
            lang.column("确定", "Certain", 0),
            lang.column("可能", "Possible", 0),
            lang.column("边界附近", "Near the boundary", 0),
            lang.column("未定位", "Not located", 0),
            lang.column("覆盖地面（㎡）", "Ground covered (m²)", 0),
        ],
        rows: Box::new(rows.into_iter()),
    }
}

fn push_collection<'a>(rows: &mut Vec<Row<'a>>, answer: &'a CollectionAnswer<'_>, lang: Lang) {
    let info = &answer.collection.info;
    let title = lang.pick(&info.title, &info.title_en);
    let head = |by: &str, of: &str| [title.to_owned(), by.to_owned(), of.to_owned()];
    let totals = &answer.totals;
    let whole = Row {
        head: head(lang.pick("全部", "All"), ""),
        count: Some(totals.count),
        certain: Some(totals.certain),
        possible: Some(totals.possible),
        area_m2: Some(totals.area_m2),
        covered_m2: totals.covered_m2,
        stated: None,
    };
    push(rows, whole, &totals.quantities);

    let mut push_groups = |by: &str, groups: &'a [Group], name: &dyn Fn(&str) -> String| {
        for group in groups {
            let row = Row {
                head: head(by, &name(&group.id)),
                count: Some(group.count),
                area_m2: Some(group.area_m2),
                ..Row::default()
            };
            push(rows, row, &group.quantities);
        }
    };
    push_groups(lang.pick("类别", "Kind"), &totals.kinds, &|id| {
        let kind = info.kinds.iter().find(|kind| kind.id == id);
        kind.map_or(id, |kind| lang.pick(&kind.title, &kind.title_en))
            .to_owned()
    });
    push_groups(lang.pick("进展", "Status"), &totals.statuses, &|id| {
        let status = Status::ALL.into_iter().find(|status| status.as_str() == id);
        lang.status(status).to_owned()
    });
    let names = land_uses(answer, lang);
    push_groups(lang.pick("用地", "Land use"), &totals.land_uses, &|id| {
        if id == NOT_STATED {
            return lang.pick("未写明", "Not stated").to_owned();
        }
        let name = names.get(id).map_or("", String::as_str);
        format!("{id} {name}").trim_end().to_owned()
    });
    rows.extend(left_out(totals, lang).map(|(of, count)| Row {
        head: head(lang.pick("未计入", "Left out"), of),
        count: Some(count),
        ..Row::default()
    }));
}

/// A row, and below it one for each quantity that its features state.
fn push<'a>(rows: &mut Vec<Row<'a>>, row: Row<'a>, sums: &'a [Sum]) {
    let head = row.head.clone();
    rows.push(row);
    rows.extend(sums.iter().map(|sum| Row {
        head: head.clone(),
        stated: Some(sum),
        ..Row::default()
    }));
}

/// What each category of land use is called, by the features that state it.
fn land_uses<'a>(answer: &'a CollectionAnswer<'_>, lang: Lang) -> HashMap<&'a str, String> {
    let mut names = HashMap::new();
    for hit in &answer.hits {
        if let Some(code) = &hit.feature.land_use
            && !names.contains_key(code.as_str())
        {
            let record = Record::read(hit.feature);
            let name = record.land_use(lang).unwrap_or_default();
            names.insert(code.as_str(), name.to_owned());
        }
    }
    names
}

/// What the sums do not hold, where there is any of it.
fn left_out(totals: &Totals, lang: Lang) -> impl Iterator<Item = (&'static str, usize)> {
    let left = totals.left_out;
    [
        (
            lang.pick(
                "边界附近（不计入任何合计）",
                "Near the boundary (in no sum)",
            ),
            left.borderline,
        ),
        (
            lang.pick("未定位（不计入任何合计）", "Not located (in no sum)"),
            left.unlocated,
        ),
        (
            lang.pick(
                "仅知所在（已计数，不计面积）",
                "Container only (counted, not in areas)",
            ),
            left.container,
        ),
        (
            lang.pick(
                "点或线（已计数，不计面积）",
                "Points and lines (counted, not in areas)",
            ),
            left.no_polygon,
        ),
        (
            lang.pick(
                "被后来的说法取代的数量（条）",
                "Quantities restated later (statements)",
            ),
            left.earlier_statements,
        ),
        (
            lang.pick(
                "所在要素已写明的数量（项）",
                "Quantities that what contains them states too",
            ),
            left.parts_of_counted,
        ),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
}
