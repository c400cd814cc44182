//! What features say of other features, left out where it leads to what is not seen.
//!
//! Of the latest data nothing has to be left out: loading has made sure that whoever sees a feature
//! sees all that it refers to. What has been hidden since may be named in earlier ones.

use serde_json::{Map, Value};

use super::{collection::Collection, zones::FOLLOWED};
use crate::model::{Feature, FeatureRef};

/// What of the features that are referred to is hidden.
pub(super) trait Hiding {
    /// Whether a collection is.
    fn hides(&self, collection: &str) -> bool;

    /// Whether a line that an outline follows is, by its id alone.
    fn hides_way(&self, id: &str) -> bool;
}

/// Collections that are hidden in a whole snapshot.
pub(super) struct Hidden<'a>(pub(super) Vec<&'a Collection>);

impl Hiding for Hidden<'_> {
    fn hides(&self, collection: &str) -> bool {
        self.0.iter().any(|hidden| hidden.info.id == collection)
    }

    fn hides_way(&self, id: &str) -> bool {
        let mut followed = self.0.iter().filter(|hidden| {
            let mut followed = FOLLOWED.iter();
            followed.any(|(followed, _)| hidden.info.id == *followed)
        });
        followed.any(|hidden| hidden.get(id).is_some())
    }
}

impl Hidden<'_> {
    /// The collection as it is shown beside those that are hidden; `None` where nothing in it refers
    /// to them.
    pub(super) fn out_of(&self, collection: &Collection) -> Option<Collection> {
        let mut features = collection.features();
        if !features.any(|feature| self.may_be_named_in(feature)) {
            return None;
        }
        Some(collection.altered(|feature| {
            if self.may_be_named_in(feature) {
                self.leave_out_of(feature);
            }
        }))
    }

    /// Whether a feature may refer to something hidden: without reading its properties, of which there
    /// may be a million.
    fn may_be_named_in(&self, feature: &Feature) -> bool {
        let text = feature.properties.get();
        self.0.iter().any(|hidden| {
            let id = hidden.info.id.as_str();
            text.contains(&format!("\"{id}/"))
                || FOLLOWED.iter().any(|(followed, _)| id == *followed) && text.contains("\"ways\"")
        })
    }

    fn leave_out_of(&self, feature: &mut Feature) {
        let hides = |name: &FeatureRef| self.hides(&name.collection);
        if feature.container.as_deref().is_some_and(hides) {
            feature.container = None;
        }
        let placed_in = feature.placed_in.iter().filter(|name| !hides(name));
        feature.placed_in = placed_in.cloned().collect();
        // Loading has made sure that they are an object.
        if let Ok(mut properties) = serde_json::from_str(feature.properties.get()) {
            leave_out(&mut properties, self);
            if let Ok(text) = serde_json::value::to_raw_value(&properties) {
                feature.properties = text;
            }
        }
    }
}

/// Takes references to what is hidden out of the properties of a feature.
pub(super) fn leave_out(properties: &mut Map<String, Value>, hidden: &impl Hiding) {
    let hides = |name: &Value| {
        let name = name.as_str().and_then(|name| name.split_once('/'));
        name.is_some_and(|(collection, _)| hidden.hides(collection))
    };
    if properties.get("container").is_some_and(hides) {
        properties.shift_remove("container");
    }
    if let Some(Value::Array(names)) = properties.get_mut("placed_in") {
        names.retain(|name| !hides(name));
    }
    if let Some(Value::Array(relations)) = properties.get_mut("relations") {
        relations.retain(|relation| !hides(&relation["target"]));
    }
    if let Some(Value::Array(sides)) = properties.get_mut("sides") {
        for side in sides {
            if let Some(Value::Array(ways)) = side.get_mut("ways") {
                ways.retain(|way| !way.as_str().is_some_and(|id| hidden.hides_way(id)));
            }
        }
    }
}
