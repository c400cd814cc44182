//! What is inside an area, how much of it, and how surely?

use std::{collections::BTreeMap, time::Instant};

use geo::{
    BooleanOps, Coord, Geodesic, Geometry, Length, MultiLineString, coordinate_position::CoordPos,
};
use serde::{Deserialize, Serialize};

use super::shape::Area;
use crate::{
    geometry::measure,
    model::{Feature, Status},
    store::{Collection, Snapshot},
};

/// How a feature must lie to an area to be in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// They share a point.
    #[default]
    Intersects,
    /// No point of the feature lies outside the area.
    Within,
    /// More than half of the feature's area (length, points) lies in the area.
    Majority,
    /// They share boundary points only.
    Touches,
}

/// A question about an area.
pub struct Query<'a> {
    /// The area.
    pub area: &'a Area,
    /// The collections that are searched.
    pub collections: Vec<&'a Collection>,
    /// How their features must lie.
    pub relation: Relation,
    /// When to give up.
    pub deadline: Instant,
}

/// The question took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

/// What is inside an area.
pub struct Answer<'a> {
    /// One for each collection that was asked for, in that order.
    pub collections: Vec<CollectionAnswer<'a>>,
}

/// What of one collection is inside an area.
pub struct CollectionAnswer<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// Those that satisfy the relation, and those whose container may lie in the area.
    pub hits: Vec<Hit<'a>>,
    /// Those that satisfy it only if area or feature are as far off as they may be.
    pub borderline: Vec<Hit<'a>>,
    /// Those without any location that a document places in the area.
    pub unlocated: Vec<&'a Feature>,
    /// Sums over the above.
    pub totals: Totals,
}

/// A feature in the answer.
pub struct Hit<'a> {
    /// The feature.
    pub feature: &'a Feature,
    /// How surely it is in the area.
    pub certainty: Certainty,
    /// What the certainty was judged by.
    pub reason: Reason,
    /// What it shares with the area, for polygons.
    pub overlap: Option<Overlap>,
}

/// How surely a feature is in the area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// However far off feature and area may be, the relation holds.
    Certain,
    /// The relation holds for the shapes as they stand.
    Possible,
    /// The relation holds only if the shapes are off.
    Borderline,
}

/// What certainty was judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The feature's own geometry.
    Geometry,
    /// The feature that contains it.
    Container,
}

/// What a polygon shares with the area.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Overlap {
    /// Shared area on the ellipsoid, m².
    pub area_m2: f64,
    /// As a share of the feature, 0 to 1.
    pub share_of_feature: f64,
    /// As a share of the area, 0 to 1.
    pub share_of_area: f64,
}

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
    /// The counted features by kind.
    pub by_kind: BTreeMap<String, usize>,
    /// The counted features by status; `none` where nothing states one.
    pub by_status: BTreeMap<&'static str, usize>,
}

impl<'a> Query<'a> {
    /// Finds the answer.
    ///
    /// # Errors
    /// Where the deadline passes.
    pub fn run(&self, snapshot: &'a Snapshot) -> Result<Answer<'a>, Interrupted> {
        let area_m2 = measure::area_m2(&Geometry::MultiPolygon(self.area.polygons().clone()));
        let collections = self
            .collections
            .iter()
            .map(|collection| self.run_collection(snapshot, collection, area_m2))
            .collect::<Result<_, _>>()?;
        Ok(Answer { collections })
    }

    fn run_collection(
        &self,
        snapshot: &'a Snapshot,
        collection: &'a Collection,
        area_m2: f64,
    ) -> Result<CollectionAnswer<'a>, Interrupted> {
        let mut answer = CollectionAnswer {
            collection,
            hits: Vec::new(),
            borderline: Vec::new(),
            unlocated: Vec::new(),
            totals: Totals::default(),
        };
        let reach = collection.worst_accuracy_m + self.area.accuracy_m;
        let near = self
            .area
            .window(reach)
            .map(|window| collection.near(window));
        for feature in near.into_iter().flatten() {
            if Instant::now() > self.deadline {
                return Err(Interrupted);
            }
            let Some(geometry) = &feature.geometry else {
                continue;
            };
            if self.is_the_area(collection, feature) {
                continue;
            }
            let Some(certainty) = self.judge(geometry, feature.accuracy_m, self.relation) else {
                continue;
            };
            let hit = Hit {
                feature,
                certainty,
                reason: Reason::Geometry,
                overlap: (certainty != Certainty::Borderline)
                    .then(|| self.overlap(geometry, area_m2))
                    .flatten(),
            };
            if certainty == Certainty::Borderline {
                answer.borderline.push(hit);
            } else {
                answer.hits.push(hit);
            }
        }
        for feature in collection.without_geometry() {
            match self.judge_by_container(snapshot, feature) {
                Some(certainty) => answer.hits.push(Hit {
                    feature,
                    certainty,
                    reason: Reason::Container,
                    overlap: None,
                }),
                None if self.is_placed_here(snapshot, feature) => answer.unlocated.push(feature),
                None => {}
            }
        }
        answer.totals = totals(&answer);
        Ok(answer)
    }

    /// A zone is not told to lie in itself.
    fn is_the_area(&self, collection: &Collection, feature: &Feature) -> bool {
        self.area
            .feature
            .as_ref()
            .is_some_and(|name| *name.collection == *collection.info.id && name.id == feature.id)
    }

    /// How surely a geometry that may be `accuracy_m` off lies so to the area, if at all.
    fn judge(
        &self,
        geometry: &Geometry<f64>,
        accuracy_m: f64,
        relation: Relation,
    ) -> Option<Certainty> {
        let error_m = accuracy_m + self.area.accuracy_m;
        if let Geometry::Point(point) = geometry
            && relation != Relation::Touches
        {
            return self.judge_point(point.0, error_m, relation);
        }
        let holds = |metres: f64| {
            let region = self.area.offset(metres);
            match relation {
                Relation::Intersects => region.intersects(geometry),
                Relation::Within => region.contains(geometry),
                Relation::Touches => region.touches(geometry),
                Relation::Majority => {
                    region.intersects(geometry) && share_inside(&region, geometry) > 0.5
                }
            }
        };
        if holds(0.0) {
            if holds(-error_m) {
                Some(Certainty::Certain)
            } else {
                Some(Certainty::Possible)
            }
        } else if error_m > 0.0 && holds(error_m) {
            Some(Certainty::Borderline)
        } else {
            None
        }
    }

    /// A point needs no grown or shrunk area: its distance to the outline tells, without the
    /// facets of a buffer's round corners.
    fn judge_point(
        &self,
        point: Coord<f64>,
        error_m: f64,
        relation: Relation,
    ) -> Option<Certainty> {
        let inside = match self.area.region().side_of(point) {
            CoordPos::Inside => true,
            CoordPos::OnBoundary => relation != Relation::Within,
            CoordPos::Outside => false,
        };
        if error_m == 0.0 {
            return inside.then_some(Certainty::Certain);
        }
        let far = self.area.distance_to_outline(point) >= error_m;
        match (inside, far) {
            (true, true) => Some(Certainty::Certain),
            (true, false) => Some(Certainty::Possible),
            (false, false) => Some(Certainty::Borderline),
            (false, true) => None,
        }
    }

    /// A feature of which only the container is known: certain if the container lies in the area
    /// whatever the errors (or is the area itself), possible if it may meet it.
    fn judge_by_container(&self, snapshot: &Snapshot, feature: &Feature) -> Option<Certainty> {
        if self.relation == Relation::Touches {
            return None;
        }
        for (name, container) in snapshot.containers(feature) {
            if self.area.feature.as_ref() == Some(name) {
                return Some(Certainty::Certain);
            }
            let Some(geometry) = &container.geometry else {
                continue;
            };
            let accuracy_m = container.accuracy_m;
            if self.judge(geometry, accuracy_m, Relation::Within) == Some(Certainty::Certain) {
                return Some(Certainty::Certain);
            }
            return self
                .judge(geometry, accuracy_m, Relation::Intersects)
                .map(|_| Certainty::Possible);
        }
        None
    }

    /// Whether a document places a feature without location in the area: in the feature that the
    /// area is, or in one that lies in the area.
    fn is_placed_here(&self, snapshot: &Snapshot, feature: &Feature) -> bool {
        let containers = snapshot.containers(feature).map(|(_, container)| container);
        std::iter::once(feature)
            .chain(containers)
            .flat_map(|feature| &feature.placed_in)
            .any(|name| {
                self.area.feature.as_ref() == Some(name)
                    || snapshot
                        .feature(name)
                        .and_then(|place| place.geometry.as_ref())
                        .is_some_and(|geometry| self.area.region().contains(geometry))
            })
    }

    fn overlap(&self, geometry: &Geometry<f64>, area_m2: f64) -> Option<Overlap> {
        let feature_m2 = measure::area_m2(geometry);
        if feature_m2 == 0.0 {
            return None;
        }
        let shared_m2 = if self.area.region().contains(geometry) {
            feature_m2
        } else {
            measure::intersection(self.area.polygons(), geometry).0
        };
        Some(Overlap {
            area_m2: shared_m2,
            share_of_feature: (shared_m2 / feature_m2).min(1.0),
            share_of_area: (shared_m2 / area_m2).min(1.0),
        })
    }
}

/// How much of a geometry lies in a region, 0 to 1: by area, by length, or by number of points.
fn share_inside(region: &crate::geometry::region::Region, geometry: &Geometry<f64>) -> f64 {
    if region.contains(geometry) {
        return 1.0;
    }
    match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
            measure::intersection(region.polygons(), geometry).0 / measure::area_m2(geometry)
        }
        Geometry::LineString(line) => {
            length_inside(region, &MultiLineString::new(vec![line.clone()]))
        }
        Geometry::MultiLineString(lines) => length_inside(region, lines),
        Geometry::MultiPoint(points) => {
            let inside = points
                .iter()
                .filter(|point| region.side_of(point.0) != CoordPos::Outside)
                .count();
            ratio(inside, points.0.len())
        }
        _ => 0.0,
    }
}

fn length_inside(region: &crate::geometry::region::Region, lines: &MultiLineString<f64>) -> f64 {
    Geodesic.length(&region.polygons().clip(lines, false)) / Geodesic.length(lines)
}

#[allow(clippy::cast_precision_loss)] // counts of points stay far below 2^52
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn totals(answer: &CollectionAnswer<'_>) -> Totals {
    let mut totals = Totals {
        count: answer.hits.len(),
        borderline: answer.borderline.len(),
        unlocated: answer.unlocated.len(),
        ..Totals::default()
    };
    for hit in &answer.hits {
        match hit.certainty {
            Certainty::Certain => totals.certain += 1,
            Certainty::Possible | Certainty::Borderline => totals.possible += 1,
        }
        totals.container += usize::from(hit.reason == Reason::Container);
        totals.area_m2 += hit.overlap.map_or(0.0, |overlap| overlap.area_m2);
        let kinds = &mut totals.by_kind;
        if let Some(count) = kinds.get_mut(&*hit.feature.kind) {
            *count += 1;
        } else {
            kinds.insert(hit.feature.kind.to_string(), 1);
        }
        let status = hit.feature.status.map_or("none", Status::as_str);
        *totals.by_status.entry(status).or_default() += 1;
    }
    totals
}
