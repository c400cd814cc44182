//! The list of collections, and the page of one.

use maud::{Markup, html};

use super::{
    Visit,
    page::Page,
    words::{margin, number},
};
use crate::{model::Role, report::Lang, store::Collection};

/// All collections. `json` is the query string of the same as JSON.
#[must_use]
pub fn collections(visit: &Visit<'_>, json: &str) -> String {
    let lang = visit.lang;
    let title = lang.pick("数据", "Data");
    let body = html! {
        header.head {
            h1 { (title) }
            p.lead {
                (lang.pick(
                    "各集合的条目都有自己的页面：写明出处、位置依据和误差。",
                    "Each entry has a page of its own, with its sources, how it was located and how far off it may be.",
                ))
            }
        }
        ul.cards {
            @for collection in visit.snapshot.collections() {
                @let info = &collection.info;
                li {
                    h2 {
                        a href=(visit.to(&format!("collections/{}", info.id))) { (lang.pick(&info.title, &info.title_en)) }
                        small { (lang.pick(&info.title_en, &info.title)) }
                        (readers(lang, info.readers))
                    }
                    p { (lang.pick(&info.description, &info.description_en)) }
                    p.fine { (count(visit, collection)) }
                }
            }
        }
    };
    visit.page(&Page {
        title,
        way: vec![],
        alternates: vec![("application/json", json)],
        body,
    })
}

/// One collection. `json` is the query string of the same as JSON.
#[must_use]
pub fn collection(visit: &Visit<'_>, collection: &Collection, json: &str) -> String {
    let lang = visit.lang;
    let info = &collection.info;
    let path = format!("collections/{}", info.id);
    let title = lang.pick(&info.title, &info.title_en);
    let row = |head: &str, cell: Markup| html! { tr { th scope="row" { (head) } td { (cell) } } };
    let body = html! {
        header.head {
            p.kind { (lang.pick("数据集合", "Collection")) }
            h1 { (title) (readers(lang, info.readers)) }
            p.second { (lang.pick(&info.title_en, &info.title)) }
            p.lead { (lang.pick(&info.description, &info.description_en)) }
            p.actions {
                a.button.main href=(visit.to(&format!("{path}/items"))) { (lang.pick("浏览条目", "Browse the entries")) }
                a.button href={ (visit.root) (path) "/queryables" } { (lang.pick("可查询的属性", "Queryables")) }
                a.button href={ (visit.root) (path) "/schema" } { (lang.pick("结构", "Schema")) }
            }
        }
        section.block {
            table.facts {
                (row(lang.pick("条目", "Entries"), html! { (count(visit, collection)) }))
                @if collection.located() > 0 {
                    (row(lang.pick("最大位置误差", "Least accurate"), html! {
                        (margin(collection.worst_accuracy_m(), lang))
                    }))
                }
                (row(lang.pick("数据来源与许可", "Sources and licences"), html! {
                    @for source in collection.sources() {
                        p { (source.source) " " span.fine { "[" (source.licence) "]" } }
                    }
                }))
            }
        }
        section.block {
            h2 { (lang.pick("类别", "Kinds")) }
            ul.links {
                @for kind in &info.kinds {
                    @let found = collection.features().filter(|feature| *feature.kind == *kind.id).count();
                    @if found > 0 {
                        li {
                            a href=(visit.to(&format!("{path}/items?kind={}", kind.id))) { (lang.pick(&kind.title, &kind.title_en)) }
                            " " span.fine { (found) }
                        }
                    }
                }
            }
        }
    };
    visit.page(&Page {
        title,
        way: way(visit),
        alternates: vec![("application/json", json)],
        body,
    })
}

/// What leads to the page of a collection.
pub fn way(visit: &Visit<'_>) -> Vec<(String, String)> {
    vec![(visit.lang.pick("数据", "Data").into(), "collections".into())]
}

fn count(visit: &Visit<'_>, collection: &Collection) -> String {
    #[allow(clippy::cast_precision_loss)] // a collection has fewer than 2^32 features
    let [all, located] =
        [collection.features().len(), collection.located()].map(|n| number(n as f64, 0));
    let text = visit.lang.pick(
        "共 {} 项，其中 {} 项已定位",
        "{} in all, {} of them located",
    );
    text.replacen("{}", &all, 1).replacen("{}", &located, 1)
}

/// Says who sees a collection, where it is not everybody.
fn readers(lang: Lang, readers: Option<Role>) -> Markup {
    let words = readers.map(|least| match least {
        Role::Reader => lang.pick("有账户者可见", "for those with an account"),
        Role::Editor => lang.pick("编辑可见", "for editors"),
        Role::Administrator => lang.pick("管理员可见", "for administrators"),
    });
    html! { @if let Some(words) = words { span.tag { (words) } } }
}
