//! A feature that is not among the data yet, checked as it would be among them.

use serde_json::value::RawValue;

use super::{
    Rules,
    file::not_json,
    links::{Link, dangling},
};
use crate::{
    documents::{Claim, Subject},
    model::{FeatureRef, Text},
    store::{measures, snapshot::Snapshot},
};

/// What is to be known of a feature before others come with it.
#[derive(Default)]
pub struct Row {
    /// All that is wrong with it, whatever comes with it.
    pub flaws: Vec<Text>,
    /// What has to be there with it: features of its own collection, and what contains it wherever that is.
    pub leads: Vec<Lead>,
}

/// That a feature refers to another.
pub struct Lead {
    /// The property that does.
    pub property: &'static str,
    /// The other.
    pub target: FeatureRef,
    /// Whether the other contains it.
    pub is_container: bool,
}

impl Rules<'_> {
    /// Checks a feature, given as GeoJSON text in degrees, beside the data that it would be among: what it
    /// says of itself, of features in other collections, and what is stated of its ground.
    #[must_use]
    pub fn row(&self, feature: &str, snapshot: &Snapshot) -> Row {
        let mut row = Row::default();
        let text: &RawValue = match serde_json::from_str(feature) {
            Ok(text) => text,
            Err(error) => {
                row.flaws.push(not_json(&error));
                return row;
            }
        };
        let (reader, mut read) = (self.reader(), None);
        reader.feature(text, 0, &mut row.flaws, |feature, parts| {
            read = Some((feature, parts));
        });
        let Some((feature, parts)) = read else {
            return row;
        };
        let name = FeatureRef::new(reader.collection, &feature.id);
        for (link, target) in parts.targets {
            let is_container = matches!(link, Link::Container);
            let other: Option<FeatureRef> = target.parse().ok();
            let other = other.filter(|_| !matches!(link, Link::Side));
            let is_own = |other: &FeatureRef| other.collection == name.collection;
            if !other.as_ref().is_some_and(is_own) && !link.holds(&name, &target, snapshot) {
                row.flaws.push(dangling(link.property(), &target));
            } else if let Some(target) = other.filter(|other| is_container || is_own(other)) {
                row.leads.push(Lead {
                    property: link.property(),
                    target,
                    is_container,
                });
            }
        }
        let subject = Subject {
            reference: &name,
            name: &feature.name,
            name_en: &feature.name_en,
        };
        let called = name.to_string();
        let beside = snapshot.stated.iter();
        let beside = beside.filter(|claim| claim.subject == called);
        // What its quote says was checked when the data were read.
        let beside = beside.map(|claim| Claim::stated(claim, &subject, String::new()));
        for claim in parts.claims.into_iter().chain(beside) {
            row.flaws.extend(measures::flaws(&claim, Some(&feature)));
        }
        row
    }
}

/// The features that refer to a feature.
pub fn referrers<'a>(
    snapshot: &'a Snapshot,
    name: &'a FeatureRef,
) -> impl Iterator<Item = FeatureRef> {
    snapshot.collections.iter().flat_map(|collection| {
        let features = collection
            .referrers(name)
            .filter_map(|at| collection.at(at));
        features.map(|feature| FeatureRef::new(&collection.info.id, &feature.id))
    })
}

/// The ids of the claims on a feature that stand beside the features.
pub fn claims_on<'a>(snapshot: &'a Snapshot, name: &FeatureRef) -> impl Iterator<Item = &'a str> {
    let called = name.to_string();
    let claims = snapshot.stated.iter();
    claims
        .filter(move |claim| claim.subject == called)
        .map(|claim| claim.id.as_str())
}
