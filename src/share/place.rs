//! What of the map a view shows: its layers, its filter, and its place.

use std::collections::{HashMap, HashSet};

use geo::{Coord, Rect};
use serde_json::{Value, json};

use super::missing::is_layer;
use crate::{
    area::{Area, Certainty, Interrupted, Patience, Query, Relation},
    geometry::mercator::{TILE, off_square, on_square},
    model::{
        Feature, FeatureRef, NOT_STATED, Status, View,
        view::{self, At, ViewArea},
    },
    store::{Collection, Selection, Snapshot},
    tiles,
};

/// The frame in which a view without window is thought of, in pixels: that of a slide.
const FRAME: [f64; 2] = [1600.0, 900.0];

/// Where a view looks.
pub enum Place {
    /// The whole district.
    Everywhere,
    /// A rectangle in degrees, and what meets it.
    Frame(Rect<f64>, Box<Selection>),
    /// An area that is asked about.
    Asked {
        /// What lies in it, and how surely.
        hits: HashMap<FeatureRef, Certainty>,
        /// What documents place in it, and has no location.
        unlocated: HashSet<FeatureRef>,
    },
}

impl Place {
    /// Where a view looks that asks about an area: there, as it asks.
    ///
    /// # Errors
    /// Where it takes longer than `patience`.
    pub(super) fn asked<'a>(
        area: &Area,
        view: &View,
        snapshot: &'a Snapshot,
        collections: impl IntoIterator<Item = &'a Collection>,
        patience: &Patience,
    ) -> Result<Self, Interrupted> {
        let query = Query {
            area,
            collections: collections.into_iter().map(Into::into).collect(),
            relation: relation(view.relation),
            patience: patience.clone(),
        };
        let answer = query.run(snapshot)?;
        let (mut hits, mut unlocated) = (HashMap::new(), HashSet::new());
        for answer in &answer.collections {
            let name = |feature: &Feature| FeatureRef::new(&answer.collection.info.id, &feature.id);
            let found = answer.hits.iter();
            hits.extend(found.map(|hit| (name(hit.feature), hit.certainty)));
            unlocated.extend(answer.unlocated.iter().map(|one| name(one.feature)));
        }
        Ok(Self::Asked { hits, unlocated })
    }

    /// Where a view looks that asks about no area.
    pub(super) fn drawn(view: &View) -> Self {
        view.at
            .map_or(Self::Everywhere, |at| Self::frame(frame(at)))
    }

    /// A rectangle in degrees.
    pub(super) fn frame(rect: Rect<f64>) -> Self {
        let meeting = Selection {
            window: Some(rect.into()),
            ..Selection::default()
        };
        Self::Frame(rect, Box::new(meeting))
    }

    /// What lies in an area that is asked about; nothing of what is only drawn.
    pub(super) fn held(&self) -> impl Iterator<Item = &FeatureRef> {
        let asked = match self {
            Self::Asked { hits, unlocated } => Some(hits.keys().chain(unlocated)),
            Self::Everywhere | Self::Frame(..) => None,
        };
        asked.into_iter().flatten()
    }

    /// Whether it shows a feature. One without location is where what contains it is.
    #[must_use]
    pub fn holds(&self, snapshot: &Snapshot, name: &FeatureRef, feature: &Feature) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Asked { hits, unlocated } => hits.contains_key(name) || unlocated.contains(name),
            Self::Frame(_, meeting) => {
                located(snapshot, feature).is_some_and(|located| meeting.matches(located))
            }
        }
    }

    /// How many features of a collection stand there, of those that a filter lets pass: of an area, as
    /// an area query counts them.
    ///
    /// # Errors
    /// Where it takes longer than `patience`.
    pub(super) fn count(
        &self,
        collection: &Collection,
        filter: &Selection,
        patience: &Patience,
    ) -> Result<Count, Interrupted> {
        let id = &*collection.info.id;
        let certain = |feature| (feature, Certainty::Certain);
        let candidates: Box<dyn Iterator<Item = (&Feature, Certainty)>> = match self {
            Self::Everywhere => Box::new(collection.features().map(certain)),
            Self::Frame(frame, meeting) => {
                let near = collection.near(*frame);
                Box::new(near.filter(|one| meeting.matches(one)).map(certain))
            }
            Self::Asked { hits, .. } => {
                let own = hits.iter().filter(|(name, _)| *name.collection == *id);
                Box::new(own.filter_map(|(name, how)| Some((collection.get(&name.id)?, *how))))
            }
        };
        let mut count = Count::default();
        for (feature, certainty) in candidates {
            patience.check()?;
            if filter.matches(feature) {
                count.all += 1;
                count.possible += usize::from(certainty == Certainty::Possible);
            }
        }
        Ok(count)
    }
}

/// What tells where a feature is: itself, or the nearest of what contains it that has a location.
pub(super) fn located<'a>(snapshot: &'a Snapshot, feature: &'a Feature) -> Option<&'a Feature> {
    let containers = snapshot.containers(feature).map(|(_, container)| container);
    let mut shapes = std::iter::once(feature).chain(containers);
    shapes.find(|feature| feature.geometry.is_some())
}

/// How many features stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count {
    pub all: usize,
    /// Those of them that may also stand outside.
    pub possible: usize,
}

/// The area of a view as an area query takes it.
#[must_use]
pub fn asked_as(area: &ViewArea, view: &View) -> Value {
    match area {
        ViewArea::Feature(name) => json!({ "feature": name.to_string() }),
        ViewArea::Polygon(ring) => {
            let closed = ring.iter().chain(ring.first());
            let ring: Vec<[f64; 2]> = closed.map(|vertex| [vertex.x, vertex.y]).collect();
            json!({ "geometry": { "type": "Polygon", "coordinates": [ring] } })
        }
        ViewArea::Circle { centre, radius_m } => {
            json!({ "center": [centre.x, centre.y], "radius_m": radius_m })
        }
        ViewArea::Boundary(text) => {
            json!({ "boundary": text, "carriageway": view.carriageway.as_str() })
        }
    }
}

/// How features must lie to the area of a view, as an area query takes it.
#[must_use]
pub fn relation(relation: view::Relation) -> Relation {
    match relation {
        view::Relation::Intersects => Relation::Intersects,
        view::Relation::Within => Relation::Within,
        view::Relation::Majority => Relation::Majority,
        view::Relation::Touches => Relation::Touches,
    }
}

/// The rectangle of the frame around a place, degrees.
fn frame(at: At) -> Rect<f64> {
    let centre = on_square(Coord {
        x: at.lon,
        y: at.lat,
    });
    let [x, y] = FRAME.map(|side| side / 2.0 / (TILE * at.zoom.exp2()));
    let half = Coord { x, y };
    Rect::new(off_square(centre - half), off_square(centre + half))
}

/// Whether a view shows a group of layers.
#[must_use]
pub fn shows(view: &View, group: &str) -> bool {
    match &view.layers {
        Some(layers) => layers.iter().any(|layer| layer == group),
        None => tiles::is_shown(group),
    }
}

/// The groups of layers that the style shows by itself, of those that are there: in the order of a
/// legend, in which the page writes them too.
pub(super) fn default_layers(snapshot: &Snapshot, has_base_map: bool) -> Vec<String> {
    let layers = tiles::looks()["layers"].as_array().into_iter().flatten();
    let groups = layers.filter_map(|layer| layer["metadata"]["renewal-map:group"].as_str());
    let mut seen = HashSet::new();
    groups
        .rev()
        .filter(|group| seen.insert(*group) && tiles::is_shown(group))
        .filter(|group| is_layer(group, snapshot, has_base_map))
        .map(str::to_owned)
        .collect()
}

/// The collections that a view shows, each with whether it is a part of the base map, which no filter
/// thins out. They are in their order in the catalogue.
pub fn shown<'a>(
    view: &View,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = (&'a Collection, bool)> {
    snapshot.collections().iter().filter_map(move |collection| {
        let id = &*collection.info.id;
        let is_shown = tiles::is_drawn(id) && shows(view, id);
        is_shown.then(|| (&**collection, tiles::is_base(id)))
    })
}

/// What a view's filter lets pass.
#[must_use]
pub fn filter(view: &View) -> Selection {
    let list = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let statuses = view.filter.status.iter().filter_map(|word| {
        let known = Status::ALL.into_iter().find(|one| one.as_str() == word);
        (word == NOT_STATED || known.is_some()).then_some(known)
    });
    let statuses: Vec<Option<Status>> = statuses.collect();
    Selection {
        kinds: list(&view.filter.kind),
        statuses: (!view.filter.status.is_empty()).then_some(statuses),
        documents: list(&view.filter.document),
        zones: list(&view.filter.zone),
        ..Selection::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_wide_as_a_slide() {
        // At zoom 14 the world has 512·2¹⁴ pixels, so 1,600 of them are 0.0687° of longitude.
        let frame = frame(At {
            lon: 117.16,
            lat: 39.16,
            zoom: 14.0,
        });
        let width = 360.0 * 1600.0 / (512.0 * 16384.0);
        assert!((frame.width() - width).abs() < 1e-9, "{frame:?}");
        // North and south a degree is 1/cos φ as many pixels.
        let height = width * 900.0 / 1600.0 * 39.16_f64.to_radians().cos();
        assert!((frame.height() - height).abs() < 1e-5, "{frame:?}");
        assert!((frame.center().x - 117.16).abs() < 1e-9);
        let world = super::frame(At {
            lon: 179.0,
            lat: 84.0,
            zoom: 0.0,
        });
        // It shows more than there is of the world, and all places as they lie.
        assert!(world.min().x < 0.0 && world.max().x > 180.0 && world.max().y <= 90.0);
    }
}
