//! What all pages share: their frame, quotes, links and marks.

use geo::{BoundingRect, Geometry, Rect};
use maud::{DOCTYPE, Markup, html};

use super::{Visit, record::Cited};
use crate::{
    model::{Feature, FeatureRef, Status},
    report::Lang,
    store::Collection,
    tiles::{self, Shape},
};

/// A page within the whole.
pub struct Page<'a> {
    /// Its title, without that of the map.
    pub title: &'a str,
    /// What leads to it, and where that is from the root.
    pub way: Vec<(String, String)>,
    /// The same in other forms: media type and query string.
    pub alternates: Vec<(&'static str, &'a str)>,
    /// What stands on it.
    pub body: Markup,
}

impl Visit<'_> {
    /// The whole page.
    pub(super) fn page(&self, page: &Page<'_>) -> String {
        let Self {
            snapshot,
            lang,
            root,
            in_other_language,
            ..
        } = *self;
        let map = lang.pick(&snapshot.title.zh, &snapshot.title.en);
        let markup = html! {
            (DOCTYPE)
            html lang=(lang.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light";
                    title { (page.title) " · " (map) }
                    link rel="icon" href={ (root) "favicon.svg" } type="image/svg+xml";
                    link rel="stylesheet" href={ (root) "pages.css" };
                    @for (kind, query) in &page.alternates {
                        link rel="alternate" type=(kind) href={ "?" (query) };
                    }
                }
                body {
                    header.bar {
                        div {
                            a.home href=(self.map("")) {
                                img src={ (root) "favicon.svg" } alt="" width="26" height="26";
                                (map)
                            }
                            nav aria-label=(lang.pick("位置", "You are here")) {
                                ol.crumbs {
                                    @for (name, path) in &page.way {
                                        li { a href=(self.to(path)) { (name) } }
                                    }
                                }
                            }
                            a.other href={ "?" (in_other_language) } lang=(other(lang).tag()) hreflang=(other(lang).tag()) {
                                (lang.pick("English", "中文"))
                            }
                        }
                    }
                    main { (page.body) }
                    footer.foot {
                        div {
                            span { (lang.fill("数据第 {} 版", "Data revision {}", &snapshot.revision.to_string())) }
                            a href=(self.map("")) { (lang.pick("地图", "Map")) }
                            a href=(self.to("collections")) { (lang.pick("全部数据", "All data")) }
                            a href={ (root) "api.html" } { (lang.pick("接口说明", "The interface")) }
                            @for (kind, query) in &page.alternates {
                                a href={ "?" (query) } type=(kind) { (form_of(kind)) }
                            }
                        }
                    }
                }
            }
        };
        markup.into_string()
    }

    /// The address of another page, in the language of this one and at its moment.
    pub(super) fn to(&self, path: &str) -> String {
        let mut address = format!("{}{path}", self.root);
        for word in [self.moment, self.lang.pick("", "lang=en")] {
            if !word.is_empty() {
                address.push(if address.contains('?') { '&' } else { '?' });
                address.push_str(word);
            }
        }
        address
    }

    /// The address of a feature's page.
    pub(super) fn feature_page(&self, collection: &str, id: &str) -> String {
        self.to(&format!("collections/{collection}/items/{id}"))
    }

    /// The address of the map with `state` in its query string (`web/src/view.ts` reads it).
    pub(super) fn map(&self, state: &str) -> String {
        let root = if self.root.is_empty() {
            "./"
        } else {
            self.root
        };
        let lang = self.lang.pick("zh", "en");
        format!(
            "{root}?v=1{state}&lang={lang}&revision={}",
            self.snapshot.revision
        )
    }

    /// What the map's query string has to say for a feature to be selected and in view.
    pub(super) fn selected(&self, collection: &Collection, feature: &Feature) -> String {
        let containers = self.snapshot.containers(feature);
        let shown = std::iter::once(feature).chain(containers.map(|(_, container)| container));
        let at = shown.into_iter().find_map(Feature::bounds).map(position);
        format!(
            "{}&select={}/{}",
            at.unwrap_or_default(),
            collection.info.id,
            feature.id
        )
    }

    /// A link to another feature's page, under its name; its whole name where there is none.
    pub(super) fn link(&self, name: &FeatureRef) -> Markup {
        html! {
            @if let Some(feature) = self.snapshot.feature(name) {
                a href=(self.feature_page(&name.collection, &name.id)) {
                    (self.lang.pick(&feature.name, &feature.name_en))
                }
            } @else {
                (name)
            }
        }
    }

    /// A document's own words, with where they stand and the way there. `selected` is what the map
    /// shows beside them.
    pub(super) fn quote(&self, cited: &Cited, selected: &str) -> Markup {
        let Cited {
            document,
            quote,
            start,
            section,
        } = cited;
        let reader = format!("{selected}&panel=documents&read={document}:{start}");
        html! {
            figure.quote {
                blockquote lang="zh-CN" { (quote) }
                figcaption {
                    @if let Some(section) = section.as_str().filter(|section| !section.is_empty()) {
                        span.section { (section) }
                    }
                    (self.document_name(document)) " "
                    a href=(self.map(&reader)) { (self.lang.pick("看原文", "In the document")) }
                }
            }
        }
    }

    /// What a document is called: its title, else its first heading.
    fn document_name(&self, id: &str) -> String {
        let Some(document) = self.snapshot.library.get(id) else {
            return id.to_owned();
        };
        if let Some(title) = &document.info.title {
            return title.clone();
        }
        let opening = document
            .headings()
            .first()
            .map_or(id, |heading| &heading.title);
        self.lang.fill(
            "{}（原文未载题名）",
            "{} (the original bears no title)",
            opening,
        )
    }

    /// The word for a status, beside its colour on the map.
    pub(super) fn status(&self, status: Option<Status>) -> Markup {
        let attributes = [(
            "status",
            tiles::Value::Text(status.map_or("", Status::as_str)),
        )];
        let shape = Shape {
            zoom: 14.0,
            geometry_type: "Point",
            attributes: &attributes,
        };
        let layers = tiles::looks()["layers"].as_array();
        let mut layers = layers.into_iter().flatten();
        let looks =
            layers.find(|layer| layer["type"] == "circle" && layer["source-layer"] == "projects");
        let colour = |name: &str| looks.and_then(|layer| shape.text(&layer["paint"][name]));
        let fill = colour("circle-color");
        // The white rim that sets a mark off the map is none on a page.
        let rim = colour("circle-stroke-color").filter(|rim| rim != "#ffffff");
        let radius = if rim.is_some() { 5 } else { 6 };
        html! {
            span.chip {
                svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" {
                    circle cx="7" cy="7" r=(radius) fill=[fill] stroke=[rim] stroke-width="2" {}
                }
                (self.lang.status(status))
            }
        }
    }
}

/// The title of a feature's kind.
pub fn kind<'a>(collection: &'a Collection, feature: &'a Feature, lang: Lang) -> &'a str {
    let mut kinds = collection.info.kinds.iter();
    kinds
        .find(|kind| *kind.id == *feature.kind)
        .map_or(&*feature.kind, |kind| {
            lang.pick(&kind.title, &kind.title_en)
        })
}

/// Whether it is an area.
pub fn is_area(feature: &Feature) -> bool {
    matches!(
        feature.geometry,
        Some(Geometry::Polygon(_) | Geometry::MultiPolygon(_))
    )
}

fn other(lang: Lang) -> Lang {
    match lang {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    }
}

/// The member `at` of the map's view that shows all of a rectangle (degrees).
fn position(bounds: Rect<f64>) -> String {
    let centre = bounds.bounding_rect().center();
    // A screen shows about 600 of the 512 pixels that the world has at zoom 0, times 2^zoom.
    let widest = bounds.width().max(bounds.height() * 1.3).max(1e-6);
    let zoom = (360.0 / widest).log2().clamp(2.0, 15.0);
    format!("&at={:.5},{:.5},{zoom:.2}", centre.x, centre.y)
}

fn form_of(media_type: &str) -> &'static str {
    match media_type {
        "application/geo+json" => "GeoJSON",
        _ => "JSON",
    }
}
