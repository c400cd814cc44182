//! The answer as JSON, and its features as GeoJSON.

use geo::Geometry;
use serde_json::{Value, json};

use super::Report;
use crate::{
    area::{CollectionAnswer, Hit, Overlap, Unlocated},
    exchange::geojson::{close_object, open_object, write_feature, write_feature_as, write_list},
    geometry::{
        measure::{self, tenths},
        write::GeoJson,
    },
    model::FeatureRef,
};

/// Which features of each list an answer holds.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many, at most.
    pub limit: usize,
    /// How many come before them.
    pub offset: usize,
}

impl Page {
    fn of<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let from = self.offset.min(all.len());
        let to = self.offset.saturating_add(self.limit).min(all.len());
        &all[from..to]
    }

    /// Whether a list goes on after this page.
    fn cuts<T>(&self, all: &[T]) -> bool {
        self.offset.saturating_add(self.limit) < all.len()
    }
}

impl Report<'_> {
    /// Features of the longest list: pages beyond are empty.
    #[must_use]
    pub fn longest_list(&self) -> usize {
        let lists = self.answer.collections.iter().flat_map(|answer| {
            [
                answer.hits.len(),
                answer.borderline.len(),
                answer.unlocated.len(),
            ]
        });
        lists.max().unwrap_or(0)
    }
}

pub(super) fn write_page(report: &Report<'_>, page: &Page, links: &[Value]) -> Vec<u8> {
    let mut out = open_answer(report);
    out.extend_from_slice(br#","results":"#);
    write_list(&mut out, &report.answer.collections, |out, answer| {
        write_collection(out, answer, page);
    });
    close_object(
        &mut out,
        &json!({ "totals": report.answer.totals, "links": links }),
    );
    out
}

pub(super) fn write_features(report: &Report<'_>) -> Vec<u8> {
    let mut out = br#"{"type":"FeatureCollection","features":["#.to_vec();
    let mut is_first = true;
    let mut comma = |out: &mut Vec<u8>| {
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
    };
    for answer in &report.answer.collections {
        let id = &answer.collection.info.id;
        let collection = format!(r#""collection":"{id}","#);
        for hit in answer.hits.iter().chain(&answer.borderline) {
            comma(&mut out);
            let name = FeatureRef::new(id, &hit.feature.id).to_string();
            let geometry = hit.feature.geometry.as_ref();
            let members = collection.clone() + &of_hit(hit);
            write_feature_as(&mut out, &name, hit.feature, geometry, &members);
        }
        for unlocated in &answer.unlocated {
            comma(&mut out);
            let name = FeatureRef::new(id, &unlocated.feature.id).to_string();
            let members = collection.clone() + &of_unlocated(unlocated);
            write_feature_as(&mut out, &name, unlocated.feature, None, &members);
        }
    }
    out.push(b']');
    let mut members = asked(report);
    members["area"] = area_feature(report);
    members["results"] = report
        .answer
        .collections
        .iter()
        .map(|answer| json!({ "collection": answer.collection.info.id, "totals": answer.totals }))
        .collect();
    members["totals"] = json!(report.answer.totals);
    close_object(&mut out, &members);
    out
}

/// The beginning of an answer: revision, relation, filter, area.
fn open_answer(report: &Report<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    open_object(&mut out, &asked(report));
    out.extend_from_slice(br#","area":"#);
    out.extend_from_slice(area_feature(report).to_string().as_bytes());
    out
}

/// What was asked, of which revision: the filter as it came, null where there is none, and beside it
/// its reference system where one was given.
fn asked(report: &Report<'_>) -> Value {
    let question = report.question;
    let mut asked = json!({
        "revision": report.snapshot.revision,
        "relation": question.relation,
        "filter": question.filter.as_ref().map(|filter| &filter.0),
    });
    if let Some(crs) = &question.filter_crs {
        asked["filter-crs"] = json!(crs);
    }
    asked
}

fn area_feature(report: &Report<'_>) -> Value {
    let area = &report.area;
    let polygons = Geometry::MultiPolygon(area.polygons().clone());
    let named = area.feature();
    let feature = named.and_then(|name| report.snapshot.feature(name));
    json!({
        "type": "Feature",
        "id": named.map(ToString::to_string),
        "geometry": GeoJson(&polygons),
        "properties": {
            "name": feature.map(|feature| &feature.name),
            "name_en": feature.map(|feature| &feature.name_en),
            "buffer_m": area.origin.as_ref().map(|origin| origin.buffer_m),
            "area_m2": tenths(measure::area_m2(&polygons)),
            "perimeter_m": tenths(measure::length_m(&polygons)),
            "accuracy_m": area.accuracy_m,
        },
    })
}

fn write_collection(out: &mut Vec<u8>, answer: &CollectionAnswer<'_>, page: &Page) {
    let truncated =
        page.cuts(&answer.hits) || page.cuts(&answer.borderline) || page.cuts(&answer.unlocated);
    let head = json!({
        "collection": answer.collection.info.id,
        "numberMatched": answer.hits.len(),
        "numberReturned": page.of(&answer.hits).len(),
        "truncated": truncated,
        "totals": answer.totals,
    });
    open_object(out, &head);
    let write_hit = |out: &mut Vec<u8>, hit: &Hit<'_>| {
        write_feature(
            out,
            hit.feature,
            hit.feature.geometry.as_ref(),
            &of_hit(hit),
        );
    };
    out.extend_from_slice(br#","features":"#);
    write_list(out, page.of(&answer.hits), write_hit);
    out.extend_from_slice(br#","borderline":"#);
    write_list(out, page.of(&answer.borderline), write_hit);
    out.extend_from_slice(br#","unlocated":"#);
    write_list(out, page.of(&answer.unlocated), |out, unlocated| {
        write_feature(out, unlocated.feature, None, &of_unlocated(unlocated));
    });
    out.push(b'}');
}

/// What an answer adds to the properties of a hit, as members of an object.
fn of_hit(hit: &Hit<'_>) -> String {
    members(&json!({
        "certainty": hit.certainty,
        "certainty_reason": hit.reason,
        "overlap": hit.overlap.map(|overlap| Overlap {
            area_m2: tenths(overlap.area_m2),
            ..overlap
        }),
    }))
}

/// What an answer adds to the properties of a feature without location.
fn of_unlocated(unlocated: &Unlocated<'_>) -> String {
    members(&json!({ "placed": unlocated.placed }))
}

fn members(object: &Value) -> String {
    let text = object.to_string();
    text[1..text.len() - 1].to_owned()
}
