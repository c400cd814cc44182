//! What is inside an area, how much of it, and how surely?

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use geo::{BoundingRect, Geometry, Point, coordinate_position::CoordPos};
use serde::Serialize;

use super::{
    cover::covered_m2,
    placed::{Link, Placed},
    quantities::Reader,
    relation::Relation,
    shape::Area,
    totals::{GrandTotals, Totals},
};
use crate::{
    filter::Filter,
    geometry::measure,
    model::{Feature, FeatureRef},
    store::{Collection, Field, Snapshot},
};

/// A question about an area.
pub struct Query<'q, 'a> {
    /// The area.
    pub area: &'q Area,
    /// What is searched.
    pub collections: Vec<Searched<'a>>,
    /// How their features must lie.
    pub relation: Relation,
    /// When to give up.
    pub patience: Patience,
}

/// A collection that is searched.
pub struct Searched<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// What must be true of its features, wherever they lie.
    pub filter: Option<Filter<Field>>,
}

impl<'a> From<&'a Collection> for Searched<'a> {
    /// All of its features.
    fn from(collection: &'a Collection) -> Self {
        let filter = None;
        Self { collection, filter }
    }
}

impl Searched<'_> {
    fn takes(&self, feature: &Feature) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| filter.matches(feature))
    }
}

/// How long a question may be worked on: until a time, or until nobody waits for the answer.
#[derive(Debug, Clone)]
pub struct Patience {
    until: Instant,
    abandoned: Arc<AtomicBool>,
}

impl Patience {
    /// From now on for so long, or until `abandoned` is set.
    #[must_use]
    pub fn new(limit: Duration, abandoned: Arc<AtomicBool>) -> Self {
        Self {
            until: Instant::now() + limit,
            abandoned,
        }
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// Where the time is up, or nobody waits.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_abandoned() || Instant::now() > self.until {
            return Err(Interrupted);
        }
        Ok(())
    }

    /// Whether nobody waits any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }
}

/// The question took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

/// What is inside an area.
pub struct Answer<'a> {
    /// One for each collection that was asked for, in that order.
    pub collections: Vec<CollectionAnswer<'a>>,
    /// Sums over all of them.
    pub totals: GrandTotals,
}

/// What of one collection is inside an area.
pub struct CollectionAnswer<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// Those that satisfy the relation, and those whose container does.
    pub hits: Vec<Hit<'a>>,
    /// Those that satisfy it only if area or feature are as far off as they may be.
    pub borderline: Vec<Hit<'a>>,
    /// Those without any location that a document places in the area.
    pub unlocated: Vec<Unlocated<'a>>,
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

/// A feature without location that a document places in the area.
pub struct Unlocated<'a> {
    /// The feature.
    pub feature: &'a Feature,
    /// Which document places it there.
    pub placed: Placed,
}

/// How surely a feature is in the area, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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

impl<'a> CollectionAnswer<'a> {
    fn add(&mut self, hit: Hit<'a>) {
        if hit.certainty == Certainty::Borderline {
            self.borderline.push(hit);
        } else {
            self.hits.push(hit);
        }
    }
}

impl<'a> Query<'_, 'a> {
    /// Finds the answer.
    ///
    /// # Errors
    /// Where the deadline passes.
    pub fn run(&self, snapshot: &'a Snapshot) -> Result<Answer<'a>, Interrupted> {
        let area_m2 = measure::area_m2(&Geometry::MultiPolygon(self.area.polygons().clone()));
        let reader = Reader::new(&snapshot.library);
        let collections = self
            .collections
            .iter()
            .map(|searched| self.run_collection(snapshot, searched, area_m2, &reader))
            .collect::<Result<Vec<_>, _>>()?;
        let mut totals = GrandTotals::default();
        for answer in &collections {
            totals.add(&answer.totals);
        }
        totals.covered_m2 = match &collections[..] {
            [only] => only.totals.covered_m2,
            several => {
                let hits = several.iter().flat_map(|answer| &answer.hits);
                covered_m2(self.area, hits, &self.patience)?
            }
        };
        Ok(Answer {
            collections,
            totals,
        })
    }

    fn run_collection(
        &self,
        snapshot: &'a Snapshot,
        searched: &Searched<'a>,
        area_m2: f64,
        reader: &Reader<'_>,
    ) -> Result<CollectionAnswer<'a>, Interrupted> {
        let collection = searched.collection;
        let mut answer = CollectionAnswer {
            collection,
            hits: Vec::new(),
            borderline: Vec::new(),
            unlocated: Vec::new(),
            totals: Totals::default(),
        };
        let reach = collection.worst_accuracy_m() + self.area.accuracy_m;
        let near = self
            .area
            .window(reach)
            .map(|window| collection.near(window));
        for feature in near.into_iter().flatten() {
            self.patience.check()?;
            let Some(geometry) = &feature.geometry else {
                continue;
            };
            if !searched.takes(feature) {
                continue;
            }
            let Some(certainty) = self.judge(geometry, feature.accuracy_m, self.relation) else {
                continue;
            };
            let overlap = (certainty != Certainty::Borderline)
                .then(|| self.overlap(geometry, area_m2))
                .flatten();
            answer.add(Hit {
                feature,
                certainty,
                reason: Reason::Geometry,
                overlap,
            });
        }
        // What touches the outline is not in the area.
        if self.relation != Relation::Touches {
            self.find_unlocated(snapshot, searched, &mut answer)?;
        }
        let covered = covered_m2(self.area, answer.hits.iter(), &self.patience)?;
        answer.totals = Totals::of(&answer, self, snapshot, reader, covered)?;
        Ok(answer)
    }

    /// The features without geometry: those whose container may lie in the area, and those that a
    /// document places there.
    fn find_unlocated(
        &self,
        snapshot: &'a Snapshot,
        searched: &Searched<'a>,
        answer: &mut CollectionAnswer<'a>,
    ) -> Result<(), Interrupted> {
        // Many features share a container or a place: each is judged once.
        let mut containers: HashMap<&FeatureRef, Option<Certainty>> = HashMap::new();
        let mut places: HashMap<&FeatureRef, bool> = HashMap::new();
        for feature in searched.collection.without_geometry() {
            self.patience.check()?;
            if !searched.takes(feature) {
                continue;
            }
            let certainty = feature.container.as_deref().and_then(|container| {
                *containers
                    .entry(container)
                    .or_insert_with(|| self.judge_by_container(snapshot, feature))
            });
            if let Some(certainty) = certainty {
                answer.add(Hit {
                    feature,
                    certainty,
                    reason: Reason::Container,
                    overlap: None,
                });
                continue;
            }
            let containers = snapshot.containers(feature);
            let containers = containers.map(|(name, container)| (Some(name), container));
            let chain: Vec<Link<'_>> = std::iter::once((None, feature))
                .chain(containers)
                .map(|(container, feature)| Link { container, feature })
                .collect();
            let place = chain
                .iter()
                .flat_map(|link| &link.feature.placed_in)
                .find(|place| {
                    *places
                        .entry(place)
                        .or_insert_with(|| self.holds_place(snapshot, place))
                });
            if let Some(place) = place {
                let placed = Placed::new(snapshot, &chain, place);
                answer.unlocated.push(Unlocated { feature, placed });
            }
        }
        Ok(())
    }

    /// How surely a geometry that may be `accuracy_m` off lies so to the area, if at all.
    ///
    /// Only the part of the outline that comes within the error of the geometry is looked at; where
    /// none does, the relation as it stands is certain.
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
            return self.judge_point(*point, error_m, relation);
        }
        let holds = relation.holds(self.area.region(), geometry);
        let certain_if = |certain: bool| {
            Some(if certain {
                Certainty::Certain
            } else {
                Certainty::Possible
            })
        };
        if error_m == 0.0 {
            return holds.then_some(Certainty::Certain);
        }
        if relation == Relation::Touches {
            // However little an outline is off, it no longer just touches.
            return holds.then_some(Certainty::Possible);
        }
        let bounds = geometry.bounding_rect()?;
        let Some(nearby) = self.area.outline_near(bounds, error_m) else {
            return holds.then_some(Certainty::Certain);
        };
        let distance = || self.area.distance(&nearby, geometry);
        let rest = || self.area.beyond_error(&nearby, geometry, error_m);
        let share = |measure: f64| measure / self.area.measure(geometry);
        // Where the outline is too intricate nothing is proven: neither that a feature is in the
        // area whatever the errors, nor that it is out of it.
        match (relation, holds) {
            (Relation::Within, true) => certain_if(distance() >= error_m),
            (Relation::Within, false) => rest()
                .is_none_or(|rest| rest.outside == 0.0)
                .then_some(Certainty::Borderline),
            (Relation::Majority, true) => {
                certain_if(rest().is_some_and(|rest| share(rest.inside) > 0.5))
            }
            (Relation::Majority, false) => rest()
                .is_none_or(|rest| share(rest.outside) < 0.5)
                .then_some(Certainty::Borderline),
            (_, true) => certain_if(
                self.area.has_deep_vertex(&nearby, geometry, error_m)
                    || rest().is_some_and(|rest| rest.inside > 0.0),
            ),
            (_, false) => (distance() <= error_m).then_some(Certainty::Borderline),
        }
    }

    fn judge_point(
        &self,
        point: Point<f64>,
        error_m: f64,
        relation: Relation,
    ) -> Option<Certainty> {
        let inside = match self.area.region().side_of(point.0) {
            CoordPos::Inside => true,
            CoordPos::OnBoundary => relation != Relation::Within,
            CoordPos::Outside => false,
        };
        if error_m == 0.0 {
            return inside.then_some(Certainty::Certain);
        }
        let far = self
            .area
            .outline_near(point.bounding_rect(), error_m)
            .is_none_or(|nearby| self.area.distance(&nearby, &point.into()) >= error_m);
        match (inside, far) {
            (true, true) => Some(Certainty::Certain),
            (true, false) => Some(Certainty::Possible),
            (false, false) => Some(Certainty::Borderline),
            (false, true) => None,
        }
    }

    /// A feature of which only the container is known is as surely in the area as the container is,
    /// and surely only where all of the container is, or where the container is the area itself.
    ///
    /// A container that is a point (a place of unstated extent) never makes it certain.
    fn judge_by_container(&self, snapshot: &Snapshot, feature: &Feature) -> Option<Certainty> {
        for (name, container) in snapshot.containers(feature) {
            if self.area.feature() == Some(name) {
                return Some(Certainty::Certain);
            }
            let Some(geometry) = &container.geometry else {
                continue;
            };
            let accuracy_m = container.accuracy_m;
            if matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
                && self.judge(geometry, accuracy_m, Relation::Within) == Some(Certainty::Certain)
            {
                return Some(Certainty::Certain);
            }
            let meets = self.judge(geometry, accuracy_m, Relation::Intersects)?;
            // Nothing that lies in a neighbour has a part of itself inside; unless one of both
            // is off, and is no mere neighbour.
            if self.relation != Relation::Intersects
                && meets != Certainty::Borderline
                && Relation::Touches.holds(self.area.region(), geometry)
                && !matches!(geometry, Geometry::Point(_))
            {
                let is_exact = accuracy_m + self.area.accuracy_m == 0.0;
                return (!is_exact).then_some(Certainty::Borderline);
            }
            return Some(meets.max(Certainty::Possible));
        }
        None
    }

    /// Whether a place in which a document places features is the area, or lies in it.
    fn holds_place(&self, snapshot: &Snapshot, place: &FeatureRef) -> bool {
        self.area.feature() == Some(place)
            || snapshot
                .feature(place)
                .and_then(|feature| feature.geometry.as_ref())
                .is_some_and(|geometry| self.area.region().contains(geometry))
    }

    fn overlap(&self, geometry: &Geometry<f64>, area_m2: f64) -> Option<Overlap> {
        let feature_m2 = measure::area_m2(geometry);
        if feature_m2 == 0.0 {
            return None;
        }
        let shared_m2 = if self.area.region().contains(geometry) {
            feature_m2
        } else {
            measure::shared_area_m2(self.area.polygons(), geometry)
        };
        Some(Overlap {
            area_m2: shared_m2,
            share_of_feature: (shared_m2 / feature_m2).min(1.0),
            share_of_area: (shared_m2 / area_m2).min(1.0),
        })
    }
}
