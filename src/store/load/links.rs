//! What features say of other features: checked when all are there.

use std::collections::{BTreeSet, HashSet};

use super::{
    Problem,
    properties::{Properties, RelationKind},
};
use crate::{
    model::{FeatureRef, Text},
    store::{
        collection::Collection, files::Files, snapshot::Snapshot, zoned::ZONES, zones::FOLLOWED,
    },
};

/// How a feature refers to another.
#[derive(Clone, Copy)]
pub(super) enum Link {
    Container,
    PlacedIn,
    Relation(RelationKind),
    /// A line that a compiled outline follows, by its id alone.
    Side,
}

impl Link {
    /// The property that says so.
    pub(super) fn property(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::PlacedIn => "placed_in",
            Self::Relation(_) => "relations",
            Self::Side => "sides",
        }
    }

    /// Whether it leads to a feature that everybody sees who sees where it comes from.
    pub(super) fn holds(self, from: &FeatureRef, target: &str, snapshot: &Snapshot) -> bool {
        let readers = |collection: &str| Some(snapshot.collection(collection)?.info.readers);
        let own = readers(&from.collection).flatten();
        if matches!(self, Self::Side) {
            let hidden = |(id, _): &(&str, _)| readers(id).flatten() > own;
            // What an outline followed may be gone since: compiling puts that right.
            if !FOLLOWED.iter().any(hidden) {
                return true;
            }
            let mut ways = FOLLOWED
                .iter()
                .filter(|(id, _)| snapshot.feature(&FeatureRef::new(id, target)).is_some())
                .peekable();
            return ways.peek().is_some() && ways.all(|(id, _)| readers(id).flatten() <= own);
        }
        target.parse().is_ok_and(|name: FeatureRef| {
            snapshot.feature(&name).is_some() && readers(&name.collection).flatten() <= own
        })
    }
}

/// What features say of other features: checked when all are there.
#[derive(Default)]
pub(super) struct Links(Vec<(FeatureRef, Link, String)>);

impl Links {
    pub(super) fn add(&mut self, collection: &str, id: &str, targets: Vec<(Link, String)>) {
        self.0.extend(
            targets
                .into_iter()
                .map(|(link, target)| (FeatureRef::new(collection, id), link, target)),
        );
    }

    /// Features, each with what a relation says contains it.
    pub(super) fn containers(&self) -> impl Iterator<Item = (FeatureRef, FeatureRef)> {
        self.0
            .iter()
            .filter(|(_, link, _)| matches!(link, Link::Relation(RelationKind::ContainedIn)))
            .filter_map(|(from, _, target)| Some((from.clone(), target.parse().ok()?)))
    }

    pub(super) fn check(&self, snapshot: &Snapshot, geodata: &Files, problems: &mut Vec<Problem>) {
        let mut problem = |from: &FeatureRef, reason: Text| {
            problems.push(Problem {
                file: geodata.path(&format!("{}.geojson", from.collection)),
                feature: Some(from.id.to_string()),
                reason,
            });
        };
        for (from, link, target) in &self.0 {
            let property = link.property();
            if !link.holds(from, target, snapshot) {
                problem(from, dangling(property, target));
            } else if matches!(link, Link::Container) && !chain_ends(snapshot, from) {
                problem(from, circling());
            }
        }
        let district = &snapshot.district.feature;
        for Collection { info, .. } in snapshot.collections().iter().map(|shared| &**shared) {
            let is_district = district.split('/').next() == Some(&info.id);
            if info.readers.is_some() && (info.id == ZONES || is_district) {
                problems.push(Problem {
                    file: geodata.path("collections.json"),
                    feature: None,
                    reason: Text::new(
                        format!("集合“{}”要对所有人可见：其他要素都以它定位", info.id),
                        format!(
                            "everybody must see the collection “{}”: other features are located by it",
                            info.id
                        ),
                    ),
                });
            }
        }
        if !district
            .parse()
            .is_ok_and(|name: FeatureRef| snapshot.feature(&name).is_some())
        {
            problems.push(Problem {
                file: geodata.path("collections.json"),
                feature: None,
                reason: Text::new(
                    format!("district.feature 指向不存在的要素“{district}”"),
                    format!("district.feature refers to “{district}”, which does not exist"),
                ),
            });
        }
    }
}

/// What a feature says of others.
pub(super) fn links_of(properties: &Properties) -> Vec<(Link, String)> {
    let container = properties.container.iter();
    let container = container.map(|name| (Link::Container, name.clone()));
    let placed_in = properties.placed_in.iter();
    let placed_in = placed_in.map(|name| (Link::PlacedIn, name.clone()));
    let relations = properties.relations.iter();
    let relations =
        relations.map(|relation| (Link::Relation(relation.kind), relation.target.clone()));
    let ways = properties.sides.iter().flat_map(|side| &side.ways);
    let ways = ways.map(|way| (Link::Side, way.clone()));
    container
        .chain(placed_in)
        .chain(relations)
        .chain(ways)
        .collect()
}

/// Says that a property leads nowhere. The same words where it leads to what fewer people see: whoever may
/// not see it must not learn that it is there.
#[must_use]
pub fn dangling(property: &str, target: &str) -> Text {
    Text::new(
        format!("{property} 指向不存在的要素“{target}”，或只有更少的人可见的要素"),
        format!("{property} refers to “{target}”, which does not exist, or which fewer people see"),
    )
}

/// Says that what contains a feature contains itself.
#[must_use]
pub fn circling() -> Text {
    Text::new("container 循环包含", "its containers contain each other")
}

/// The features to which links lead, each once. What an outline follows is named by its id alone, and
/// may be gone.
pub(super) fn targets(links: &[(Link, String)]) -> Box<[FeatureRef]> {
    let named = links.iter().filter(|(link, _)| !matches!(link, Link::Side));
    let names: BTreeSet<FeatureRef> = named.filter_map(|(_, name)| name.parse().ok()).collect();
    names.into_iter().collect()
}

/// Whether what contains a feature does not contain itself.
pub(super) fn chain_ends(snapshot: &Snapshot, from: &FeatureRef) -> bool {
    let mut seen = HashSet::from([from]);
    snapshot
        .feature(from)
        .into_iter()
        .flat_map(|feature| snapshot.containers(feature))
        .all(|(name, _)| seen.insert(name))
}
