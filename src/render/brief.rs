//! What a picture is of: a view of data, and what is said of it in words.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ground::Ground;
use crate::{
    model::{
        Citation, Feature, NOT_STATED, Text, View, view::Language, view::ViewArea, view::ViewFilter,
    },
    report::{Condition, Lang, Question},
    share,
    store::{Collection, Snapshot, zones::FOLLOWED},
    tiles::base_map::BaseMap,
};

/// What is pictured.
#[derive(Clone)]
pub struct Brief<'a> {
    /// The data, as who asks may see them.
    pub snapshot: &'a Snapshot,
    /// What of them is shown, and how.
    pub view: &'a View,
    /// What its maker called it; may be empty.
    pub title: &'a str,
    /// What its maker said of it; may be empty.
    pub note: &'a str,
    /// What of the view can't be shown.
    pub missing: &'a [Text],
    /// When the data came to be, where that is known.
    pub time: Option<Timestamp>,
    /// The address that opens the same view.
    pub link: Option<&'a str>,
    /// The number under which the map was approved for publication (审图号), where there is one.
    pub approval: Option<&'a str>,
    /// The operator's base map, where there is one.
    pub base_map: Option<&'a BaseMap>,
}

/// A sentence on which something rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The feature of which it speaks.
    pub of: String,
    /// What its document is called.
    pub document: String,
    /// The headings over it.
    pub section: String,
    /// The document's own words.
    pub sentence: String,
}

impl Quote {
    /// The document and the headings under which it stands.
    #[must_use]
    pub fn from(&self) -> String {
        let parts = [&*self.document, &*self.section];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" › ")
    }

    /// The same in short below a sentence whose document it shares.
    #[must_use]
    pub fn from_after(&self, before: Option<&Self>, lang: Lang) -> String {
        let Some(before) = before.filter(|before| before.document == self.document) else {
            return self.from();
        };
        let same = lang.pick("同上", "ibid.");
        match &*self.section {
            section if section == before.section => same.to_owned(),
            "" => self.from(),
            section => format!("{same} › {section}"),
        }
    }
}

/// What of a picture's words there is no room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Its legend.
    pub legend: bool,
    /// How many sentences.
    pub quotes: usize,
    /// What its maker said of it.
    pub note: bool,
}

impl<'a> Brief<'a> {
    /// A view of these data of which nothing more is said.
    #[must_use]
    pub fn plain(snapshot: &'a Snapshot, view: &'a View) -> Self {
        Self {
            snapshot,
            view,
            title: "",
            note: "",
            missing: &[],
            time: None,
            link: None,
            approval: None,
            base_map: None,
        }
    }
}

impl Brief<'_> {
    /// The language of what is written.
    #[must_use]
    pub fn lang(&self) -> Lang {
        match self.view.lang {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }

    /// One of two wordings.
    #[must_use]
    pub fn words<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        self.lang().pick(zh, en)
    }

    /// What it is called: as its maker did, else by the area or the feature that it is about, with the
    /// name of the map.
    #[must_use]
    pub fn title(&self) -> String {
        let map = self.map_name();
        let Some(name) = share::name(self.title, self.view, self.snapshot, self.lang()) else {
            return map.to_owned();
        };
        if !self.title.is_empty() {
            return name;
        }
        match self.lang() {
            Lang::Zh => format!("{name} · {map}"),
            Lang::En => format!("{name} – {map}"),
        }
    }

    /// What the map of the whole district is called.
    #[must_use]
    pub fn map_name(&self) -> &str {
        let title = &self.snapshot.title;
        self.words(&title.zh, &title.en)
    }

    /// Which state of the data it shows, with its date where that is known.
    #[must_use]
    pub fn data(&self) -> String {
        let revision = self.snapshot.revision;
        match (self.lang(), self.date()) {
            (Lang::Zh, Some(date)) => format!("数据版本 {revision}（{date}）"),
            (Lang::Zh, None) => format!("数据版本 {revision}"),
            (Lang::En, Some(date)) => format!("Data revision {revision} ({date})"),
            (Lang::En, None) => format!("Data revision {revision}"),
        }
    }

    /// The day of the data's revision.
    #[must_use]
    pub fn date(&self) -> Option<String> {
        self.time
            .map(|time| share::in_beijing(time).date().to_string())
    }

    /// What of the view can't be shown, in one paragraph; may be empty.
    #[must_use]
    pub fn lacking(&self) -> String {
        let missing = self.missing.iter();
        let missing: Vec<&str> = missing.map(|text| self.words(&text.zh, &text.en)).collect();
        missing.join(self.words("；", "; "))
    }

    /// How much of the view can't be shown, where there is no room for what that is.
    #[must_use]
    pub fn lacking_in_short(&self) -> String {
        match (self.missing.len(), self.lang(), self.link) {
            (0, ..) => String::new(),
            (count, Lang::Zh, Some(_)) => format!("有 {count} 项未能显示，详见链接"),
            (count, Lang::Zh, None) => format!("有 {count} 项未能显示"),
            (count, Lang::En, Some(_)) => {
                format!("{count} of its parts can’t be shown: see the link")
            }
            (count, Lang::En, None) => format!("{count} of its parts can’t be shown"),
        }
    }

    /// What there is no room for, and where it is found; empty where that is nothing.
    #[must_use]
    pub fn left_out(&self, what: &LeftOut) -> String {
        let quotes = match (what.quotes, self.lang()) {
            (0, _) => None,
            (count, Lang::Zh) => Some(format!("原文 {count} 条")),
            (1, Lang::En) => Some("1 quote".to_owned()),
            (count, Lang::En) => Some(format!("{count} quotes")),
        };
        let legend = what.legend.then(|| self.words("图例", "legend").to_owned());
        let note = what.note.then(|| self.words("说明", "note").to_owned());
        let parts: Vec<String> = [legend, quotes, note].into_iter().flatten().collect();
        if parts.is_empty() {
            return String::new();
        }
        let parts = parts.join(self.words("、", ", "));
        match (self.lang(), self.link) {
            (Lang::Zh, Some(_)) => format!("{parts}见链接"),
            (Lang::Zh, None) => format!("{parts}未列"),
            (Lang::En, Some(_)) => format!("{parts}: see the link"),
            (Lang::En, None) => format!("not shown: {parts}"),
        }
    }

    /// The number of approval, or room for it.
    #[must_use]
    pub fn approved(&self) -> String {
        let number = self.approval.unwrap_or("________");
        match self.lang() {
            Lang::Zh => format!("审图号：{number}"),
            Lang::En => format!("审图号 (approval no.): {number}"),
        }
    }

    /// Whom licences of what is shown ask to credit, and where the rest of it comes from; both may be
    /// empty.
    #[must_use]
    pub fn credits(&self) -> (&'static str, String) {
        let sources: Vec<_> = self
            .drawn_from()
            .iter()
            .flat_map(|one| one.sources())
            .collect();
        let is_osm = |text: &str| text.contains("OpenStreetMap") || text.contains("ODbL");
        let has_osm = sources
            .iter()
            .any(|source| is_osm(&source.source) || is_osm(&source.licence));
        let credit = if has_osm {
            "© OpenStreetMap contributors (ODbL)"
        } else {
            ""
        };
        let mut others: Vec<&str> = sources
            .iter()
            .filter(|source| !is_osm(&source.source))
            .map(|source| &*source.source)
            .collect();
        others.sort_unstable();
        others.dedup();
        if others.is_empty() {
            return (credit, String::new());
        }
        let others = others.join(self.words("；", "; "));
        (
            credit,
            format!("{}{others}", self.words("资料来源：", "Sources: ")),
        )
    }

    /// The collections from which something of the picture comes, each once: the layers, what is
    /// selected, what is asked about and found, and the lines that boundary sentences follow.
    fn drawn_from(&self) -> Vec<&Collection> {
        let view = self.view;
        let of_area = match &view.area {
            Some(ViewArea::Feature(name)) => Some(name),
            _ => None,
        };
        let features = view.select.iter().chain(of_area);
        let searched = view.area.iter().flat_map(|_| &view.collections);
        let is_compiled = match &view.area {
            Some(area) => matches!(area, ViewArea::Boundary(_)),
            None => view.boundary.is_some() && view.select.is_none(),
        };
        let followed = FOLLOWED.iter().filter(|_| is_compiled).map(|(id, _)| *id);
        let named = features
            .map(|name| &*name.collection)
            .chain(searched.map(String::as_str))
            .chain(followed)
            .filter_map(|id| self.snapshot.collection(id));
        let mut seen = HashSet::new();
        share::shown(view, self.snapshot)
            .map(|(collection, _)| collection)
            .chain(named)
            .filter(|collection| seen.insert(&*collection.info.id))
            .collect()
    }

    /// Whom the operator's base map asks to name, and what of it is not there; empty where it is not
    /// shown.
    #[must_use]
    pub fn ground_credit(&self, ground: Ground) -> String {
        let named = self.base_map.map_or("", |map| map.source().attribution());
        let head = self.words("底图：", "Base map: ");
        match ground {
            Ground::NotShown => String::new(),
            Ground::Whole => format!("{head}{named}"),
            Ground::Partial => {
                let lack = self.words("（部分未能载入）", " (not all of it loaded)");
                format!("{head}{named}{lack}")
            }
            Ground::Missing => self.words("底图未能载入", "Base map not loaded").to_owned(),
        }
    }

    /// The feature that it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&Feature> {
        let asked = match &self.view.area {
            Some(ViewArea::Feature(name)) => Some(name),
            _ => None,
        };
        let name = self.view.select.as_ref().or(asked)?;
        self.snapshot.feature(name)
    }

    /// The sentences that speak of what it is about, each once.
    #[must_use]
    pub fn quotes(&self) -> Vec<Quote> {
        self.subject()
            .map(|feature| self.quotes_of(feature))
            .unwrap_or_default()
    }

    /// The sentences that speak of a feature, each once.
    #[must_use]
    pub fn quotes_of(&self, feature: &Feature) -> Vec<Quote> {
        let properties: Value = serde_json::from_str(feature.properties.get()).unwrap_or_default();
        let mut cited = Vec::new();
        find_citations(&properties, &mut cited);
        let mut seen = HashSet::new();
        let library = &self.snapshot.library;
        let of = self.lang().name(feature);
        cited
            .into_iter()
            .filter(|citation| seen.insert((citation.document.clone(), citation.start)))
            .map(|citation| Quote {
                of: of.to_owned(),
                document: library.get(&citation.document).map_or_else(
                    || citation.document.clone(),
                    |document| {
                        let heading = document.headings().first();
                        let title = document.info.title.as_deref();
                        let title = title.or_else(|| heading.map(|heading| &*heading.title));
                        title.unwrap_or(&citation.document).to_owned()
                    },
                ),
                section: library.locate(&citation).unwrap_or_default(),
                sentence: citation.quote,
            })
            .collect()
    }

    /// What it asks about an area, as an area query takes it.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        let area = share::asked_as(self.view.area.as_ref()?, self.view);
        let collections = self.view.collections.iter();
        let filter = condition(&self.view.filter);
        Some(Question {
            area,
            // What there is not, or not for who looks, is told with the share.
            collections: collections
                .filter(|id| self.snapshot.collection(id).is_some())
                .cloned()
                .collect(),
            relation: share::relation(self.view.relation),
            filter: filter.map(Condition),
            filter_crs: None,
            revision: None,
            as_of: None,
            limit: None,
            offset: None,
        })
    }
}

/// Every citation in a feature's properties, in their order.
fn find_citations(value: &Value, found: &mut Vec<Citation>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| find_citations(value, found)),
        Value::Object(members) => {
            if members.contains_key("quote")
                && let Ok(citation) = serde_json::from_value(without_section(value))
            {
                found.push(citation);
                return;
            }
            members
                .values()
                .for_each(|value| find_citations(value, found));
        }
        _ => {}
    }
}

/// A citation as it is kept: what answers add to it is left out.
fn without_section(citation: &Value) -> Value {
    json!({
        "document": citation["document"],
        "quote": citation["quote"],
        "start": citation["start"],
    })
}

/// A view's filter as CQL2 JSON, word for word as the page asks (`web/src/cql.ts`); `None`: everything
/// passes.
fn condition(filter: &ViewFilter) -> Option<Value> {
    let is_one = |property: &str, values: &[String]| json!({ "op": "in", "args": [{ "property": property }, values] });
    let has_one = |property: &str, values: &[String]| json!({ "op": "a_overlaps", "args": [{ "property": property }, values] });
    let mut conditions = Vec::new();
    if !filter.kind.is_empty() {
        conditions.push(is_one("kind", &filter.kind));
    }
    if !filter.status.is_empty() {
        let (none, stated): (Vec<_>, Vec<_>) = filter
            .status
            .iter()
            .cloned()
            .partition(|status| status == NOT_STATED);
        let mut either = Vec::new();
        if !stated.is_empty() {
            either.push(is_one("status", &stated));
        }
        if !none.is_empty() {
            either.push(json!({ "op": "isNull", "args": [{ "property": "status" }] }));
        }
        conditions.extend(joined("or", either));
    }
    if !filter.document.is_empty() {
        conditions.push(has_one("documents", &filter.document));
    }
    if !filter.zone.is_empty() {
        let zones: Vec<String> = filter.zone.iter().map(|id| format!("zones/{id}")).collect();
        conditions.push(has_one("zones", &zones));
    }
    joined("and", conditions)
}

fn joined(op: &str, mut conditions: Vec<Value>) -> Option<Value> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(json!({ "op": op, "args": conditions })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_asked_as_the_page_asks_it() {
        let view = |query: &str| View::parse(query).0.filter;
        assert_eq!(condition(&view("v=1")), None);
        assert_eq!(
            condition(&view("kind=road")),
            Some(json!({ "op": "in", "args": [{ "property": "kind" }, ["road"]] }))
        );
        assert_eq!(
            condition(&view("status=planned,none&zone=old-town")),
            Some(json!({ "op": "and", "args": [
                { "op": "or", "args": [
                    { "op": "in", "args": [{ "property": "status" }, ["planned"]] },
                    { "op": "isNull", "args": [{ "property": "status" }] },
                ] },
                { "op": "a_overlaps", "args": [{ "property": "zones" }, ["zones/old-town"]] },
            ] }))
        );
    }
}
