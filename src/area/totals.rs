//! Sums over what was found. Nothing is counted twice, and what a sum leaves out is said.
//!
//! A feature stands in one collection, and there in one of three lists. Counts and sums are over the
//! hits alone. `area_m2` is the sum of their overlaps; where hits lie on each other the same ground
//! is in it more than once, so `covered_m2` says how much ground they cover together. Over several
//! collections only counts and ground add up: a zone, its parcels and a project on one of them speak
//! of the same land.

use std::collections::{BTreeMap, HashSet};

use geo::Geometry;
use serde::Serialize;

use super::{
    quantities::{self, Reader, Stated, Sum},
    query::{Certainty, CollectionAnswer, Hit, Interrupted, Query, Reason},
    shape::Area,
};
use crate::{
    model::{Feature, NOT_STATED, Status},
    store::Snapshot,
};

/// Overlaps that miss less than this share of a feature hold all of it.
const WHOLE: f64 = 1.0 - 1e-6;

/// Sums over what was found in one collection.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Totals {
    /// Features that satisfy the relation, container-located ones among them.
    pub count: usize,
    /// Of these, the certain ones.
    pub certain: usize,
    /// Of these, the possible ones.
    pub possible: usize,
    /// Of these, those judged by their container.
    pub container: usize,
    /// Features that may satisfy it.
    pub borderline: usize,
    /// Features without location that a document places in the area.
    pub unlocated: usize,
    /// Sum of the overlaps, m².
    pub area_m2: f64,
    /// The ground that the overlaps cover together, m²; `None` where they are too many to unite.
    pub covered_m2: Option<f64>,
    /// The counted features by kind.
    pub by_kind: BTreeMap<String, usize>,
    /// The counted features by status; `none` where nothing states one.
    pub by_status: BTreeMap<&'static str, usize>,
    /// What they state in numbers.
    pub quantities: Vec<Sum>,
    /// The same by kind, in the collection's order of kinds.
    pub kinds: Vec<Group>,
    /// The same by status, from the first thought to the finished building, `none` last.
    pub statuses: Vec<Group>,
    /// The same by category of land use, in the order of the codes, `none` last.
    pub land_uses: Vec<Group>,
    /// What the sums do not hold.
    pub left_out: LeftOut,
}

/// Sums over the hits that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The kind, status, or code of land use.
    pub id: String,
    /// Features.
    pub count: usize,
    /// Sum of the overlaps, m².
    pub area_m2: f64,
    /// What they state in numbers.
    pub quantities: Vec<Sum>,
}

/// What sums do not hold, in features, but for the last in statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LeftOut {
    /// Out of all sums: inside only if the shapes are off.
    pub borderline: usize,
    /// Out of all sums: without location.
    pub unlocated: usize,
    /// Counted, but not in areas: only the container is known.
    pub container: usize,
    /// Counted, but not in areas: a point or a line.
    pub no_polygon: usize,
    /// Statements of quantities that a later one of the same feature replaces.
    pub earlier_statements: usize,
    /// Quantities of a feature that are part of the same of what contains it, which is counted too.
    pub parts_of_counted: usize,
}

/// Sums over all collections that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct GrandTotals {
    /// Features that satisfy the relation.
    pub count: usize,
    /// Of these, the certain ones.
    pub certain: usize,
    /// Of these, the possible ones.
    pub possible: usize,
    /// Of these, those judged by their container.
    pub container: usize,
    /// Features that may satisfy it.
    pub borderline: usize,
    /// Features without location that a document places in the area.
    pub unlocated: usize,
    /// The ground that all overlaps cover together, m²; `None` where they are too many to unite.
    pub covered_m2: Option<f64>,
}

impl GrandTotals {
    /// Adds the counts of a collection; the ground that it covers may be that of others.
    pub fn add(&mut self, totals: &Totals) {
        self.count += totals.count;
        self.certain += totals.certain;
        self.possible += totals.possible;
        self.container += totals.container;
        self.borderline += totals.borderline;
        self.unlocated += totals.unlocated;
    }
}

impl Totals {
    /// Sums over an answer; `covered_m2` is what its overlaps cover together.
    ///
    /// # Errors
    /// Where patience ends: what features state has to be read out of their properties.
    pub(super) fn of(
        answer: &CollectionAnswer<'_>,
        query: &Query<'_, '_>,
        snapshot: &Snapshot,
        reader: &Reader<'_>,
        covered_m2: Option<f64>,
    ) -> Result<Self, Interrupted> {
        let counted = Counted::new(answer);
        let mut totals = Self {
            count: answer.hits.len(),
            borderline: answer.borderline.len(),
            unlocated: answer.unlocated.len(),
            covered_m2,
            ..Self::default()
        };
        let mut kinds = Groups::default();
        let mut statuses = Groups::default();
        let mut land_uses = Groups::default();
        for hit in &answer.hits {
            query.patience.check()?;
            match hit.certainty {
                Certainty::Certain => totals.certain += 1,
                Certainty::Possible | Certainty::Borderline => totals.possible += 1,
            }
            match (hit.reason, hit.overlap) {
                (Reason::Container, _) => totals.container += 1,
                (Reason::Geometry, None) => totals.left_out.no_polygon += 1,
                (Reason::Geometry, Some(overlap)) => totals.area_m2 += overlap.area_m2,
            }
            let (mut stated, replaced) = reader.read(hit.feature);
            totals.left_out.earlier_statements += replaced;
            let before = stated.len();
            counted.leave_out_parts(hit.feature, &mut stated, snapshot, reader);
            totals.left_out.parts_of_counted += before - stated.len();
            let is_partly_inside = !stated.is_empty() && is_partly_inside(hit, query.area);
            let add = |sums: &mut Vec<Sum>| quantities::add(sums, &stated, is_partly_inside);
            add(&mut totals.quantities);
            let feature = hit.feature;
            let status = feature.status.map_or(NOT_STATED, Status::as_str);
            let land_use = feature.land_use.as_ref();
            let land_use = land_use.map_or(NOT_STATED, |code| code.as_str());
            kinds.add(&feature.kind, hit, &add);
            statuses.add(status, hit, &add);
            land_uses.add(land_use, hit, &add);
            *totals.by_status.entry(status).or_default() += 1;
        }
        let order = &answer.collection.info.kinds;
        totals.kinds = kinds.sorted_by(|id| order.iter().position(|kind| kind.id == *id));
        totals.statuses = statuses.sorted_by(|id| {
            let place = Status::ALL.iter().position(|status| status.as_str() == id);
            place.unwrap_or(Status::ALL.len())
        });
        totals.land_uses = land_uses.sorted_by(|id| (id == NOT_STATED, id.to_owned()));
        let counts = totals.kinds.iter();
        totals.by_kind = counts.map(|kind| (kind.id.clone(), kind.count)).collect();
        totals.left_out.borderline = totals.borderline;
        totals.left_out.unlocated = totals.unlocated;
        totals.left_out.container = totals.container;
        quantities::finish(&mut totals.quantities);
        Ok(totals)
    }
}

/// Whether a polygon or a line is known to lie in the area with a part of it only.
fn is_partly_inside(hit: &Hit<'_>, area: &Area) -> bool {
    match (&hit.feature.geometry, hit.overlap) {
        (_, Some(overlap)) => overlap.share_of_feature < WHOLE,
        // A point on the outline has no parts.
        (None | Some(Geometry::Point(_)), _) => false,
        (Some(geometry), None) => !area.region().contains(geometry),
    }
}

/// The features of one collection that are counted.
struct Counted<'a> {
    collection: &'a str,
    ids: HashSet<&'a str>,
}

impl<'a> Counted<'a> {
    fn new(answer: &CollectionAnswer<'a>) -> Self {
        let contained = |hit: &Hit<'_>| hit.feature.container.is_some();
        Self {
            collection: &answer.collection.info.id,
            // They are asked for only where something lies in something.
            ids: if answer.hits.iter().any(contained) {
                answer.hits.iter().map(|hit| &*hit.feature.id).collect()
            } else {
                HashSet::new()
            },
        }
    }

    /// Takes away what a counted container of the feature states as well: the whole's number holds
    /// that of its part.
    fn leave_out_parts(
        &self,
        feature: &Feature,
        stated: &mut Vec<Stated>,
        snapshot: &Snapshot,
        reader: &Reader<'_>,
    ) {
        if stated.is_empty() {
            return;
        }
        for (name, container) in snapshot.containers(feature) {
            if *name.collection != *self.collection || !self.ids.contains(&*name.id) {
                continue;
            }
            let (whole, _) = reader.read(container);
            stated.retain(|part| !whole.iter().any(|whole| whole.is_of_the_same(part)));
        }
    }
}

#[derive(Default)]
struct Groups(BTreeMap<String, Group>);

impl Groups {
    fn add(&mut self, id: &str, hit: &Hit<'_>, quantities: &impl Fn(&mut Vec<Sum>)) {
        if !self.0.contains_key(id) {
            let group = Group {
                id: id.to_owned(),
                count: 0,
                area_m2: 0.0,
                quantities: Vec::new(),
            };
            self.0.insert(id.to_owned(), group);
        }
        let group = self.0.get_mut(id).expect("it was there or was added");
        group.count += 1;
        group.area_m2 += hit.overlap.map_or(0.0, |overlap| overlap.area_m2);
        quantities(&mut group.quantities);
    }

    fn sorted_by<K: Ord>(self, key: impl Fn(&str) -> K) -> Vec<Group> {
        let mut groups: Vec<Group> = self.0.into_values().collect();
        groups.sort_by_cached_key(|group| key(&group.id));
        for group in &mut groups {
            quantities::finish(&mut group.quantities);
        }
        groups
    }
}
