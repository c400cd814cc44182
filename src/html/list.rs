//! The features of a collection, page by page.

use maud::{Markup, html};

use super::{
    Visit, catalogue,
    page::{Page, is_area, kind},
    record,
    sketch::Sketch,
    words::{hectares, number},
};
use crate::{geometry::measure, model::Feature, store::Collection};

/// A page of a collection's features.
pub struct Listing<'a> {
    /// The features of this page.
    pub features: Vec<&'a Feature>,
    /// How many match in all.
    pub matched: usize,
    /// How many of these come before.
    pub offset: usize,
    /// What is searched for among names.
    pub wanted: Option<&'a str>,
    /// Parameters that a search keeps.
    pub kept: Vec<(&'a str, &'a str)>,
    /// Query string of the page before.
    pub previous: Option<&'a str>,
    /// Query string of the page after.
    pub next: Option<&'a str>,
}

/// The page. `geojson` is the query string of the same as GeoJSON.
#[must_use]
pub fn items(
    visit: &Visit<'_>,
    collection: &Collection,
    listing: &Listing<'_>,
    geojson: &str,
) -> String {
    let lang = visit.lang;
    let info = &collection.info;
    let title = lang.pick(&info.title, &info.title_en);
    let map = Sketch::of_many(visit, collection, &listing.features).draw();
    let body = html! {
        header.head {
            h1 { (title) }
            p.second { (extent(visit, listing)) }
            form.search method="get" role="search" {
                @for (name, value) in &listing.kept { input type="hidden" name=(name) value=(value); }
                input type="search" name="q" value=[listing.wanted] aria-label=(lang.pick("按名称检索", "Search by name"))
                    placeholder=(lang.pick("名称、拼音或首字母", "Name, pinyin or its first letters"));
                button.button type="submit" { (lang.pick("检索", "Search")) }
            }
        }
        div.columns {
            aside {
                @if let Some(map) = map { figure.map { (map) (map_note(visit, collection)) } }
            }
            div {
                @if listing.matched == 0 {
                    p { (lang.pick("没有符合条件的条目。", "Nothing matches.")) }
                } @else if listing.features.is_empty() {
                    p { (lang.pick("本页在末项之后，没有条目。", "This page is beyond the last entry: nothing is on it.")) }
                } @else {
                    div.scroll { (table(visit, collection, &listing.features)) }
                }
                @if listing.previous.is_some() || listing.next.is_some() {
                    nav.pages aria-label=(lang.pick("翻页", "Pages")) {
                        @if let Some(query) = listing.previous {
                            a.button rel="prev" href={ "?" (query) } { (lang.pick("上一页", "Previous")) }
                        }
                        @if let Some(query) = listing.next {
                            a.button rel="next" href={ "?" (query) } { (lang.pick("下一页", "Next")) }
                        }
                    }
                }
            }
        }
    };
    let mut way = catalogue::way(visit);
    way.push((title.to_owned(), format!("collections/{}", info.id)));
    visit.page(&Page {
        title,
        way,
        alternates: vec![("application/geo+json", geojson)],
        body,
    })
}

fn table(visit: &Visit<'_>, collection: &Collection, features: &[&Feature]) -> Markup {
    let lang = visit.lang;
    html! {
        table.rows {
            thead {
                tr {
                    th scope="col" { (lang.pick("名称", "Name")) }
                    th scope="col" { (lang.pick("类别", "Kind")) }
                    th scope="col" { (lang.pick("进展", "Status")) }
                    th.number scope="col" { (lang.pick("面积", "Area")) }
                }
            }
            tbody {
                @for feature in features {
                    tr {
                        td {
                            a href=(visit.feature_page(&collection.info.id, &feature.id)) { (lang.pick(&feature.name, &feature.name_en)) }
                            small { (lang.pick(&feature.name_en, &feature.name)) }
                        }
                        td.word { (kind(collection, feature, lang)) }
                        td { @if feature.status.is_some() { (visit.status(feature.status)) } @else { "—" } }
                        td.number { (area(visit, feature)) }
                    }
                }
            }
        }
    }
}

/// As measured, else as stated.
fn area(visit: &Visit<'_>, feature: &Feature) -> Markup {
    let measured = feature
        .geometry
        .as_ref()
        .filter(|_| is_area(feature))
        .map(measure::area_m2);
    html! {
        @match (measured, record::stated_area(feature)) {
            (Some(measured), _) => (hectares(measured, visit.lang)),
            (None, Some(stated)) => {
                (hectares(stated, visit.lang))
                small { (visit.lang.pick("所述", "stated")) }
            },
            (None, None) => "—",
        }
    }
}

#[allow(clippy::cast_precision_loss)] // a collection has fewer than 2^32 features
fn extent(visit: &Visit<'_>, listing: &Listing<'_>) -> String {
    let matched = number(listing.matched as f64, 0);
    let shown = listing.features.len();
    if shown == listing.matched || shown == 0 {
        return visit.lang.fill("共 {} 项", "{} in all", &matched);
    }
    let from = number((listing.offset + 1) as f64, 0);
    let to = number((listing.offset + shown) as f64, 0);
    let range = format!("{from}–{to}");
    visit.lang.fill("第 {} 项，共 ", "{} of ", &range) + &matched + visit.lang.pick(" 项", "")
}

/// What stands below a small map.
pub fn map_note(visit: &Visit<'_>, collection: &Collection) -> Markup {
    let drawn = ["streets", "water", "district"].map(|id| visit.snapshot.collection(id));
    let mut drawn = drawn.into_iter().flatten().chain([collection]);
    let osm = drawn.any(|collection| {
        let mut sources = collection.sources();
        sources.any(|source| source.source.contains("OpenStreetMap"))
    });
    html! {
        @if osm {
            figcaption { (visit.lang.pick("含 © OpenStreetMap contributors 的数据（ODbL 1.0）", "With data © OpenStreetMap contributors (ODbL 1.0)")) }
        }
    }
}
