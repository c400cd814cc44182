//! The page of one feature: what it is, how it stands, where it is and how surely, and who says so.

use geo::Geometry;
use maud::{Markup, html};

use super::{
    Visit, catalogue,
    list::map_note,
    page::{Page, is_area, kind},
    record::{Record, others, stated_area},
    sketch::Sketch,
    words,
};
use crate::{
    geometry::measure,
    model::{Feature, FeatureRef},
    report::Lang,
    store::{Collection, Selection},
    tiles,
};

/// Features of a collection that a page names of those that belong to its own.
const MAX_NAMED: usize = 24;

/// The page. `geojson` is the query string of the same as GeoJSON.
#[must_use]
pub fn feature(
    visit: &Visit<'_>,
    collection: &Collection,
    feature: &Feature,
    geojson: &str,
) -> String {
    let lang = visit.lang;
    let it = Entry {
        visit,
        collection,
        feature,
        record: Record::read(feature),
        selected: visit.selected(collection, feature),
    };
    let body = html! {
        (it.head(geojson))
        div.columns {
            aside {
                (it.map())
                (it.location())
            }
            div {
                (it.measures())
                (it.status())
                (it.boundary())
                (it.quantities())
                (it.facts())
                (it.belongings())
                (it.quotes())
                (it.provenance())
            }
        }
    };
    let info = &collection.info;
    let mut way = catalogue::way(visit);
    way.push((
        lang.pick(&info.title, &info.title_en).into(),
        format!("collections/{}/items", info.id),
    ));
    visit.page(&Page {
        title: lang.pick(&feature.name, &feature.name_en),
        way,
        alternates: vec![("application/geo+json", geojson)],
        body,
    })
}

struct Entry<'a> {
    visit: &'a Visit<'a>,
    collection: &'a Collection,
    feature: &'a Feature,
    record: Record,
    /// What the map's query string says to show it.
    selected: String,
}

fn block(title: &str, body: &Markup) -> Markup {
    html! { section.block { h2 { (title) } (body) } }
}

fn row(head: &str, cell: &Markup) -> Markup {
    html! { tr { th scope="row" { (head) } td { (cell) } } }
}

impl Entry<'_> {
    fn lang(&self) -> Lang {
        self.visit.lang
    }

    fn head(&self, geojson: &str) -> Markup {
        let (lang, feature) = (self.lang(), self.feature);
        let aliases: Vec<&str> = feature.aliases.iter().map(|alias| &**alias).collect();
        html! {
            header.head {
                p.kind {
                    (kind(self.collection, feature, lang))
                    @if feature.geometry.is_none() { span.tag { (lang.pick("未定位", "Not located")) } }
                }
                h1 { (lang.pick(&feature.name, &feature.name_en)) }
                p.second lang=(lang.pick("en", "zh-CN")) { (lang.pick(&feature.name_en, &feature.name)) }
                @if !aliases.is_empty() {
                    p.fine { (lang.pick("又称：", "Also: ")) (aliases.join(lang.pick("、", ", "))) }
                }
                p.actions {
                    a.button.main href=(self.visit.map(&self.selected)) { (lang.pick("在地图上打开", "Open on the map")) }
                    a.button href={ "?" (geojson) } type="application/geo+json" { "GeoJSON" }
                }
            }
        }
    }

    /// Its own geometry; else that of what contains it.
    fn map(&self) -> Markup {
        let (lang, visit) = (self.lang(), self.visit);
        let own = Some((self.collection, self.feature)).filter(|(_, own)| own.geometry.is_some());
        let mut containers = visit.snapshot.containers(self.feature);
        let container = containers.find(|(_, container)| container.geometry.is_some());
        let around = container
            .and_then(|(name, found)| Some((visit.snapshot.collection(&name.collection)?, found)));
        let Some((collection, subject)) = own.or(around) else {
            return html! {};
        };
        let sketch = Sketch::of_one(visit, collection, subject);
        let note = if own.is_some() {
            String::new()
        } else {
            let name = lang.pick(&subject.name, &subject.name_en);
            lang.fill("图示为其所在：{}", "Shown is what contains it: {}", name)
        };
        html! {
            figure.map {
                @if let Some(map) = sketch.draw() { (map) }
                @if !note.is_empty() { figcaption { (note) } }
                (map_note(visit, collection))
            }
        }
    }

    fn measures(&self) -> Markup {
        let lang = self.lang();
        let Some(geometry) = &self.feature.geometry else {
            return html! {};
        };
        let along = measure::length_m(geometry);
        if is_area(self.feature) {
            let area = measure::area_m2(geometry);
            // Each stretch shifted sideways by as much as it may be off, all in the same sense.
            let stretches = self.record.stretches();
            let off = if stretches.is_empty() {
                along * self.feature.accuracy_m
            } else {
                stretches
                    .iter()
                    .map(|stretch| stretch.metres * stretch.accuracy_m)
                    .sum()
            };
            return block(
                lang.pick("量得面积", "Measured area"),
                &html! {
                    p.measures {
                        span { b { (words::hectares(area, lang)) } }
                        span { b { (words::mu(area, lang)) } }
                    }
                    p.fine {
                        (lang.pick("周长 ", "Perimeter ")) (words::length(along, lang))
                        @if off > 0.0 {
                            (lang.pick("；± ", "; ± ")) (words::area_margin(off, lang))
                            (lang.pick("，为边界误差全部偏向一侧时的上限", ", the bound if the whole outline were off to one side"))
                        }
                    }
                },
            );
        }
        html! {
            @if matches!(geometry, Geometry::LineString(_) | Geometry::MultiLineString(_)) {
                (block(lang.pick("量得长度", "Measured length"), &html! { p.measures { b { (words::length(along, lang)) } } }))
            }
        }
    }

    fn status(&self) -> Markup {
        let lang = self.lang();
        let entries = &self.record.statuses;
        let expected = ["projects", "parcels"].contains(&&*self.collection.info.id);
        if entries.is_empty() && self.feature.status.is_none() && !expected {
            return html! {};
        }
        block(
            lang.pick("进展", "Status"),
            &html! {
                @if entries.is_empty() && self.feature.status.is_none() {
                    p.fine { (lang.pick("文件没有写明进展", "The documents do not state a status")) }
                }
                @if entries.is_empty() && self.feature.status.is_some() { p { (self.visit.status(self.feature.status)) } }
                ol.entries {
                    @for entry in entries {
                        li {
                            p.what {
                                (self.visit.status(Some(entry.status)))
                                span.fine {
                                    (lang.modality(Some(entry.modality)))
                                    (lang.pick("，", ", "))
                                    @match &entry.date {
                                        Some(date) => (lang.fill("据 {} 年文件", "as of {}", words::year(date))),
                                        None => (lang.pick("未写明日期", "no date")),
                                    }
                                }
                            }
                            (self.visit.quote(&entry.citation, &self.selected))
                        }
                    }
                }
            },
        )
    }

    fn boundary(&self) -> Markup {
        let lang = self.lang();
        let Some(sentence) = self.record.boundary_sentence() else {
            return html! {};
        };
        let stretches = self.record.stretches();
        html! {
            (block(lang.pick("范围原文", "Boundary as stated"), &self.visit.quote(&sentence, &self.selected)))
            @if !stretches.is_empty() {
                (block(lang.pick("边界分段", "Outline by stretch"), &html! {
                    table {
                        thead {
                            tr {
                                th scope="col" { (lang.pick("边", "Side")) }
                                th scope="col" { (lang.pick("沿", "Along")) }
                                th.number scope="col" { (lang.pick("长度", "Length")) }
                                th.number scope="col" { (lang.pick("误差", "Accuracy")) }
                            }
                        }
                        tbody {
                            @for stretch in &stretches {
                                tr {
                                    td { (side(&stretch.side, lang)) }
                                    td {
                                        (stretch.street.as_deref().unwrap_or_default())
                                        @match &*stretch.kind {
                                            "via" => span.fine { (lang.pick("（连接段）", " (link)")) },
                                            "bridge" => span.fine { (lang.pick("直线连接", "straight link")) },
                                            _ => "",
                                        }
                                    }
                                    td.number { (words::length(stretch.metres, lang)) }
                                    td.number { "±" (words::margin(stretch.accuracy_m, lang)) }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }

    fn quantities(&self) -> Markup {
        let lang = self.lang();
        let stated = &self.record.quantities;
        if stated.is_empty() {
            return html! {};
        }
        block(
            lang.pick("所述数量", "Stated quantities"),
            &html! {
                ol.entries {
                    @for quantity in stated {
                        li {
                            p.what {
                                span { (lang.quantity(&quantity.attribute)) }
                                b { (quantity.qualifier.as_deref().unwrap_or_default()) (quantity.value) " " (quantity.unit) }
                                span.fine {
                                    (lang.modality(Some(quantity.modality)))
                                    @if let Some(date) = &quantity.date { (lang.pick("，", ", ")) (date) }
                                }
                            }
                            (self.visit.quote(&quantity.citation, &self.selected))
                        }
                    }
                }
            },
        )
    }

    /// Attributes as a table.
    fn facts(&self) -> Markup {
        let lang = self.lang();
        let others = others(self.feature);
        let stated = stated_area(self.feature);
        let land_use = self.record.land_use.as_ref();
        if others.is_empty() && stated.is_none() && land_use.is_none() {
            return html! {};
        }
        block(
            lang.pick("属性", "Attributes"),
            &html! {
                table.facts {
                    @if let Some(land_use) = land_use {
                        @let (zh, en) = land_use.name();
                        (row(lang.pick("用地性质", "Land use"), &html! {
                            (land_use.code) " " (lang.pick(zh, en))
                            (self.visit.quote(&land_use.citation, &self.selected))
                        }))
                    }
                    @if let Some(area) = stated {
                        (row(lang.quantity("area_m2"), &html! { (words::hectares(area, lang)) " · " (words::mu(area, lang)) }))
                    }
                    @for (name, value) in &others {
                        (row(words::property(name, lang), &html! {
                            (words::plain(value, lang))
                            @if name == "address" {
                                span.fine { (lang.pick("（仅作说明，不用于定位）", " (for information, not used to locate)")) }
                            }
                        }))
                    }
                }
            },
        )
    }

    fn location(&self) -> Markup {
        let (lang, visit) = (self.lang(), self.visit);
        let (zh, en) = self.record.evidence();
        let zones: Vec<FeatureRef> = self
            .feature
            .zones
            .iter()
            .map(|id| FeatureRef::new("zones", id))
            .filter(|name| self.collection.info.id != "zones" || *name.id != *self.feature.id)
            .collect();
        let links = |names: &[FeatureRef]| {
            html! {
                ul.links { @for name in names { li { (visit.link(name)) } } }
            }
        };
        block(
            lang.pick("位置依据", "How it is located"),
            &html! {
                p { (words::accuracy(self.feature, lang)) }
                @if !zh.is_empty() { p.fine { (lang.pick(zh, en)) } }
                table.facts {
                    @if let Some(container) = &self.feature.container {
                        (row(lang.pick("所在", "Lies in"), &visit.link(container)))
                    }
                    @if !self.feature.placed_in.is_empty() {
                        (row(lang.pick("文件相关章节", "Named in the section on"), &links(&self.feature.placed_in)))
                    }
                    @if !zones.is_empty() {
                        (row(lang.pick("片区", "Zones"), &links(&zones)))
                    }
                    @for relation in &self.record.relations {
                        @if let Ok(target) = relation.target.parse::<FeatureRef>() {
                            (row(related(&relation.kind, lang), &html! {
                                (visit.link(&target))
                                @if let Some(evidence) = relation.evidence.as_str() { p.fine { (evidence) } }
                            }))
                        }
                    }
                }
            },
        )
    }

    /// What belongs to it: of a zone what lies in it, of all else what it contains.
    fn belongings(&self) -> Markup {
        let (lang, visit) = (self.lang(), self.visit);
        let is_zone = self.collection.info.id == "zones";
        let whole_name = FeatureRef::new(&self.collection.info.id, &self.feature.id);
        let selection = Selection {
            zones: Some(vec![self.feature.id.to_string()]),
            ..Selection::default()
        };
        let mut groups = Vec::new();
        for other in visit.snapshot.collections() {
            if is_zone && (other.info.id == "zones" || tiles::is_base(&other.info.id)) {
                continue;
            }
            let (count, named) = if is_zone {
                let found = selection.page(other, 0, MAX_NAMED, || true);
                found.unwrap_or_default()
            } else {
                let inside = |found: &&Feature| found.container.as_deref() == Some(&whole_name);
                let found: Vec<&Feature> = other.without_geometry().filter(inside).collect();
                (found.len(), found)
            };
            if count > 0 {
                groups.push((other, count, named));
            }
        }
        if groups.is_empty() {
            return html! {};
        }
        let title = if is_zone {
            lang.pick("位于或可能位于此片区的条目", "What lies in it, or may")
        } else {
            lang.pick(
                "归属此处、未单独定位的条目",
                "Belonging here, without a location of their own",
            )
        };
        block(
            title,
            &html! {
                div.groups {
                    @for (other, count, named) in &groups {
                        @let info = &other.info;
                        div {
                            h3 { (lang.pick(&info.title, &info.title_en)) " " (count) }
                            ul.links {
                                @for found in named.iter().take(MAX_NAMED) {
                                    li { a href=(visit.feature_page(&info.id, &found.id)) { (lang.pick(&found.name, &found.name_en)) } }
                                }
                                @if is_zone && *count > MAX_NAMED {
                                    li {
                                        a href=(visit.to(&format!("collections/{}/items?zone={}", info.id, self.feature.id))) {
                                            b { (lang.fill("全部 {} 项", "All {}", &count.to_string())) }
                                        }
                                    }
                                }
                            }
                            @if !is_zone && *count > MAX_NAMED {
                                p.fine { (lang.fill("另有 {} 项", "{} more", &(count - MAX_NAMED).to_string())) }
                            }
                        }
                    }
                }
            },
        )
    }

    fn quotes(&self) -> Markup {
        let lang = self.lang();
        let rest = self.record.other_citations();
        if rest.is_empty() {
            return html! {};
        }
        block(
            lang.pick("文件原文", "Quoted sources"),
            &html! {
                ol.entries { @for cited in rest { li { (self.visit.quote(cited, &self.selected)) } } }
            },
        )
    }

    fn provenance(&self) -> Markup {
        let (lang, record) = (self.lang(), &self.record);
        block(
            lang.pick("数据来源", "Where the data come from"),
            &html! {
                table.facts {
                    @if let Some((zh, en)) = record.note() { (row(lang.pick("备注", "Note"), &html! { (lang.pick(zh, en)) })) }
                    (row(lang.pick("来源", "Source"), &html! { (record.source) }))
                    (row(lang.pick("许可", "Licence"), &html! { (record.licence) }))
                }
            },
        )
    }
}

fn side(word: &str, lang: Lang) -> &str {
    match word {
        "north" => lang.pick("北", "north"),
        "east" => lang.pick("东", "east"),
        "south" => lang.pick("南", "south"),
        "west" => lang.pick("西", "west"),
        other => other,
    }
}

fn related(kind: &str, lang: Lang) -> &str {
    match kind {
        "located_near" => lang.pick("邻近", "Near"),
        "contained_in" => lang.pick("位于", "Within"),
        other => other,
    }
}
