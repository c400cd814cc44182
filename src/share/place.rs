//! What of the map a view shows: its layers, its filter, and its place.

use std::collections::HashSet;

use geo::{Coord, Rect};
use serde_json::{Value, json};

use super::missing::NOT_STATED;
use crate::{
    area::{Area, AreaSpec, Interrupted, Patience, Query, Relation},
    geometry::crs::Crs,
    model::{
        Feature, FeatureRef, Status, View,
        view::{self, At, ViewArea},
    },
    store::{Collection, Selection, Snapshot, Window},
    tiles,
};

/// The frame in which a view without window is thought of, in pixels: that of a slide.
const FRAME: [f64; 2] = [1600.0, 900.0];
/// The side of a tile, in pixels.
const TILE: f64 = 512.0;
/// The northernmost latitude of the map, degrees.
const MAX_LATITUDE: f64 = 85.0;

/// Where a view looks.
pub enum Place {
    /// The whole district.
    Everywhere,
    /// A rectangle in degrees, and what meets it.
    Frame(Rect<f64>, Box<Selection>),
    /// An area that is asked about.
    Asked {
        /// What lies in it.
        hits: HashSet<FeatureRef>,
        /// What documents place in it, and has no location.
        unlocated: HashSet<FeatureRef>,
    },
}

impl Place {
    /// Where a view looks in these data, of these collections. An area that can't be asked any more is
    /// none.
    ///
    /// # Errors
    /// Where it takes longer than `patience`.
    pub fn of<'a>(
        view: &View,
        snapshot: &'a Snapshot,
        collections: impl IntoIterator<Item = &'a Collection>,
        patience: &Patience,
    ) -> Result<Self, Interrupted> {
        match area(view, snapshot, patience)? {
            Some(area) => Self::asked(&area, view, snapshot, collections, patience),
            None => Ok(Self::drawn(view)),
        }
    }

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
        let [mut hits, mut unlocated] = [HashSet::new(), HashSet::new()];
        for answer in &answer.collections {
            let name = |feature: &Feature| FeatureRef::new(&answer.collection.info.id, &feature.id);
            hits.extend(answer.hits.iter().map(|hit| name(hit.feature)));
            unlocated.extend(answer.unlocated.iter().map(|one| name(one.feature)));
        }
        Ok(Self::Asked { hits, unlocated })
    }

    /// Where a view looks that asks about no area.
    pub(super) fn drawn(view: &View) -> Self {
        view.at.map_or(Self::Everywhere, |at| {
            let frame = frame(at);
            Self::Frame(frame, Box::new(meeting(frame)))
        })
    }

    /// Whether it shows a feature. One without location is where what contains it is.
    #[must_use]
    pub fn holds(&self, snapshot: &Snapshot, name: &FeatureRef, feature: &Feature) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Asked { hits, unlocated } => hits.contains(name) || unlocated.contains(name),
            Self::Frame(_, meeting) => {
                let containers = snapshot.containers(feature).map(|(_, container)| container);
                let mut shapes = std::iter::once(feature).chain(containers);
                shapes
                    .find(|feature| feature.geometry.is_some())
                    .is_some_and(|located| meeting.matches(located))
            }
        }
    }

    /// How many features of a collection it shows, of those that a filter lets pass: of an area, as an
    /// area query counts them.
    ///
    /// # Errors
    /// Where it takes longer than `patience`.
    pub(super) fn count(
        &self,
        snapshot: &Snapshot,
        collection: &Collection,
        filter: &Selection,
        patience: &Patience,
    ) -> Result<usize, Interrupted> {
        let id = &*collection.info.id;
        let candidates: Box<dyn Iterator<Item = &Feature>> = match self {
            Self::Everywhere => Box::new(collection.features()),
            Self::Frame(frame, _) => {
                let near = collection.near(*frame).chain(collection.without_geometry());
                Box::new(near.filter(|feature| {
                    self.holds(snapshot, &FeatureRef::new(id, &feature.id), feature)
                }))
            }
            Self::Asked { hits, .. } => {
                let own = hits.iter().filter(|name| *name.collection == *id);
                Box::new(own.filter_map(|name| collection.get(&name.id)))
            }
        };
        let mut count = 0;
        for feature in candidates {
            patience.check()?;
            count += usize::from(filter.matches(feature));
        }
        Ok(count)
    }
}

fn meeting(frame: Rect<f64>) -> Selection {
    let (low, high) = (frame.min(), frame.max());
    let bbox = format!("{},{},{},{}", low.x, low.y, high.x, high.y);
    Selection {
        window: Window::parse(&bbox, Crs::CRS84).ok(),
        ..Selection::default()
    }
}

/// The area that a view asks about; `None` where it asks about none, or about one that these data
/// don't give.
///
/// # Errors
/// Where it takes longer than `patience`.
pub(super) fn area(
    view: &View,
    snapshot: &Snapshot,
    patience: &Patience,
) -> Result<Option<Area>, Interrupted> {
    let Some(asked) = &view.area else {
        return Ok(None);
    };
    let area = AreaSpec::from_json(&asked_as(asked, view))
        .and_then(|spec| spec.resolve(snapshot, patience));
    // What of it can't be asked is told by who answers the query itself.
    patience.check()?;
    Ok(area.ok())
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

/// The rectangle of the frame around a place, degrees, by spherical Mercator.
fn frame(at: At) -> Rect<f64> {
    let world = TILE * at.zoom.exp2();
    let [x, y] = [
        (at.lon / 360.0 + 0.5) * world,
        (0.5 - at.lat.to_radians().tan().asinh() / std::f64::consts::TAU) * world,
    ];
    let lonlat = |x: f64, y: f64| Coord {
        x: ((x / world - 0.5) * 360.0).clamp(-180.0, 180.0),
        y: ((0.5 - y / world) * std::f64::consts::TAU)
            .sinh()
            .atan()
            .to_degrees()
            .clamp(-MAX_LATITUDE, MAX_LATITUDE),
    };
    let [width, height] = FRAME;
    Rect::new(
        lonlat(x - width / 2.0, y + height / 2.0),
        lonlat(x + width / 2.0, y - height / 2.0),
    )
}

/// The collections that a view shows, each with whether it is a part of the base map, which no filter
/// thins out. They are in their order in the catalogue.
pub fn shown<'a>(
    view: &View,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = (&'a Collection, bool)> {
    let looks = tiles::looks();
    let named = |value: &Value, id: &str| value.as_str() == Some(id);
    let drawn = move |id: &str, by_itself: bool| {
        let mut layers = looks["layers"].as_array().into_iter().flatten();
        layers.any(|layer| {
            named(&layer["metadata"]["renewal-map:group"], id)
                && !(by_itself && named(&layer["layout"]["visibility"], "none"))
        })
    };
    let base = move |id: &str| {
        let mut base = looks["metadata"]["renewal-map:base"]
            .as_array()
            .into_iter()
            .flatten();
        base.any(|group| named(group, id))
    };
    let layers = view.layers.clone();
    snapshot.collections().iter().filter_map(move |collection| {
        let id = &*collection.info.id;
        let is_shown = match &layers {
            Some(layers) => layers.iter().any(|layer| layer == id) && drawn(id, false),
            None => drawn(id, true),
        };
        is_shown.then(|| (&**collection, base(id)))
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
        assert!(world.max().x <= 180.0 && world.max().y <= 85.0);
    }
}
