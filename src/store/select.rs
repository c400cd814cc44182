//! Which features of a collection are asked for.

use std::{cmp::Ordering, sync::Arc};

use geo::{Contains, Coord, Geometry, Intersects, LineString, MultiPolygon, Polygon, Rect};

use super::{collection::Collection, naming::Wanted, queryables::Field};
use crate::{
    filter::{Filter, Reach, Record, Value},
    geometry::{
        crs::{Crs, Transformer},
        region::Region,
        validity,
    },
    model::{Feature, Period, Status, Text},
};

/// Conditions on features; all that are given must hold.
#[derive(Default)]
pub struct Selection {
    /// Its geometry meets this. A feature without geometry meets nothing.
    pub window: Option<Window>,
    /// One of its statuses states a time in this. A feature that states none has none.
    pub period: Option<Period>,
    /// A form of its name contains this.
    pub name: Option<Wanted>,
    /// It is of one of these kinds.
    pub kinds: Option<Vec<String>>,
    /// It stands so; `None` is for one of which no status is stated.
    pub statuses: Option<Vec<Option<Status>>>,
    /// It cites one of these documents.
    pub documents: Option<Vec<String>>,
    /// It lies, or may lie, in one of these zones.
    pub zones: Option<Vec<String>>,
    /// This is true of it.
    pub filter: Option<Filter<Field>>,
    /// The order in which they come: by the first of these, where that is the same by the second …
    /// What has no value comes last. All else, and what is the same by all, in the order of the file.
    pub order: Vec<Order>,
}

/// One order of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The value that they are ordered by; one that is sortable.
    pub field: Field,
    /// The greatest first.
    pub descending: bool,
}

/// It took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

/// A bounding box.
pub struct Window(Shape);

/// Rectangles in degrees (two where the box crosses the antimeridian) or, where the box was given
/// in a projected system, the shape that it has in degrees.
enum Shape {
    Rects(Vec<Rect<f64>>),
    Polygon(Box<Region>),
}

impl Selection {
    /// How many features of a collection match, and `limit` of them from `offset` on.
    ///
    /// `go_on` is asked before each feature that a filter is asked of.
    ///
    /// # Errors
    /// Where it says no.
    pub fn page<'a>(
        &self,
        collection: &'a Collection,
        offset: usize,
        limit: usize,
        go_on: impl Fn() -> bool,
    ) -> Result<(usize, Vec<&'a Feature>), Interrupted> {
        if self.takes_all() && self.order.is_empty() {
            let features = collection.features();
            let count = features.len();
            return Ok((count, features.skip(offset).take(limit).collect()));
        }
        let mut matched = 0;
        let mut shown = Vec::new();
        let (from, to) = if self.order.is_empty() {
            (offset, offset.saturating_add(limit))
        } else {
            (0, usize::MAX)
        };
        let called = self.name.as_ref().map(|name| collection.called(name));
        let mut consider = |(place, feature): (u32, &'a Feature)| {
            if self.filter.is_some() && !go_on() {
                return Err(Interrupted);
            }
            let is_called = called
                .as_ref()
                .is_none_or(|called| collection.is_called(place, called));
            if is_called && self.matches(feature) {
                if (from..to).contains(&matched) {
                    shown.push(feature);
                }
                matched += 1;
            }
            Ok(())
        };
        match self.reach() {
            Reach::Everywhere => collection.placed().try_for_each(&mut consider)?,
            Reach::Within(bounds) => {
                collection.placed_near(bounds).try_for_each(&mut consider)?;
            }
            Reach::Nowhere => {}
        }
        if !self.order.is_empty() {
            shown = self.in_order(shown, offset, limit);
        }
        Ok((matched, shown))
    }

    /// `limit` features from `offset` on, once they are in order.
    fn in_order<'a>(
        &self,
        features: Vec<&'a Feature>,
        offset: usize,
        limit: usize,
    ) -> Vec<&'a Feature> {
        let mut keyed: Vec<(Vec<Value<'a>>, usize, &'a Feature)> = features
            .into_iter()
            .enumerate()
            .map(|(place, feature)| {
                let keys = self.order.iter().map(|order| feature.value(order.field));
                (keys.collect(), place, feature)
            })
            .collect();
        let compare =
            |(a, a_place, _): &(Vec<Value<'a>>, usize, &'a Feature),
             (b, b_place, _): &(Vec<Value<'a>>, usize, &'a Feature)| {
                let by_keys = self.order.iter().zip(a.iter().zip(b));
                by_keys
                    .map(|(order, (a, b))| order.compare(a, b))
                    .find(|ordering| ordering.is_ne())
                    .unwrap_or_else(|| a_place.cmp(b_place))
            };
        // A page is found without sorting what comes after it.
        let end = offset.saturating_add(limit);
        if end < keyed.len() {
            keyed.select_nth_unstable_by(end, compare);
            keyed.truncate(end);
        }
        keyed.sort_unstable_by(compare);
        let page = keyed.into_iter().skip(offset);
        page.map(|(_, _, feature)| feature).collect()
    }

    /// Where the features lie that can match.
    fn reach(&self) -> Reach {
        let window = match self.window.as_ref().map(Window::bounds) {
            None => Reach::Everywhere,
            Some(Some(bounds)) => Reach::Within(bounds),
            Some(None) => Reach::Nowhere,
        };
        let filter = self.filter.as_ref();
        window.and(filter.map_or(Reach::Everywhere, Filter::reach))
    }

    fn takes_all(&self) -> bool {
        let Self {
            window,
            period,
            name,
            kinds,
            statuses,
            documents,
            zones,
            filter,
            order: _,
        } = self;
        window.is_none()
            && period.is_none()
            && name.is_none()
            && statuses.is_none()
            && filter.is_none()
            && [kinds, documents, zones].into_iter().all(Option::is_none)
    }

    /// Whether all holds but its name.
    #[must_use]
    pub fn matches(&self, feature: &Feature) -> bool {
        let wanted = |list: &Option<Vec<String>>, own: &[Arc<str>]| {
            list.as_ref()
                .is_none_or(|list| own.iter().any(|id| list.iter().any(|l| **l == **id)))
        };
        wanted(&self.kinds, std::slice::from_ref(&feature.kind))
            && wanted(&self.documents, &feature.documents)
            && wanted(&self.zones, &feature.zones)
            && self
                .statuses
                .as_ref()
                .is_none_or(|list| list.contains(&feature.status))
            && self
                .period
                .as_ref()
                .is_none_or(|period| feature.periods.iter().any(|stated| stated.meets(period)))
            && self.window.as_ref().is_none_or(|window| {
                feature
                    .geometry
                    .as_ref()
                    .is_some_and(|geometry| window.meets(feature, geometry))
            })
            && self
                .filter
                .as_ref()
                .is_none_or(|filter| filter.matches(feature))
    }
}

impl Order {
    /// What has no value comes last, whichever the direction.
    fn compare(self, a: &Value<'_>, b: &Value<'_>) -> Ordering {
        let ordering = match (a, b) {
            (Value::Null, Value::Null) => return Ordering::Equal,
            (Value::Null, _) => return Ordering::Greater,
            (_, Value::Null) => return Ordering::Less,
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Number(a), Value::Number(b)) => a.total_cmp(b),
            _ => Ordering::Equal,
        };
        if self.descending {
            ordering.reverse()
        } else {
            ordering
        }
    }
}

impl From<Rect<f64>> for Window {
    /// A rectangle in degrees.
    fn from(rect: Rect<f64>) -> Self {
        Self(Shape::Rects(vec![rect]))
    }
}

impl Window {
    /// Reads a bounding box of four numbers in `crs`, in its authority's axis order (or of six, with
    /// heights, which are left aside). West may lie east of east: it then crosses the antimeridian.
    ///
    /// # Errors
    /// What it should be.
    pub fn parse(bbox: &str, crs: Crs) -> Result<Self, Text> {
        let wrong = || {
            Text::new(
                format!("bbox“{bbox}”应为四个数：西,南,东,北（或六个，含高程）"),
                format!(
                    "the bbox “{bbox}” should be four numbers: west,south,east,north (or six, with heights)"
                ),
            )
        };
        let numbers: Vec<f64> = bbox
            .split(',')
            .map(|part| part.trim().parse().ok().filter(|n: &f64| n.is_finite()))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let (a, b) = match numbers[..] {
            [x1, y1, x2, y2] | [x1, y1, _, x2, y2, _] => ((x1, y1), (x2, y2)),
            _ => return Err(wrong()),
        };
        let in_order = |(first, second): (f64, f64)| {
            if crs.swaps() {
                Coord {
                    x: second,
                    y: first,
                }
            } else {
                Coord {
                    x: first,
                    y: second,
                }
            }
        };
        let (low, high) = (in_order(a), in_order(b));
        if low.y > high.y {
            return Err(Text::new(
                format!("bbox“{bbox}”的南边在北边之北"),
                format!("the south of the bbox “{bbox}” lies north of its north"),
            ));
        }
        if !crs.is_geographic() {
            return Self::projected(low, high, crs);
        }
        if low.x.abs().max(high.x.abs()) > 180.0 || low.y.abs().max(high.y.abs()) > 90.0 {
            return Err(Text::new(
                format!("bbox“{bbox}”超出经度 ±180、纬度 ±90；投影坐标请给出 bbox-crs"),
                format!(
                    "the bbox “{bbox}” passes longitude ±180, latitude ±90; give bbox-crs for projected coordinates"
                ),
            ));
        }
        Ok(Self(Shape::Rects(if low.x <= high.x {
            vec![Rect::new(low, high)]
        } else {
            vec![
                Rect::new(
                    low,
                    Coord {
                        x: 180.0,
                        y: high.y,
                    },
                ),
                Rect::new(
                    Coord {
                        x: -180.0,
                        y: low.y,
                    },
                    high,
                ),
            ]
        })))
    }

    /// The sides of a projected box are curves in degrees: they are followed in steps.
    fn projected(low: Coord<f64>, high: Coord<f64>, crs: Crs) -> Result<Self, Text> {
        const STEPS: u32 = 16;
        if low.x >= high.x || low.y >= high.y {
            return Err(Text::new(
                "bbox 的东边应在西边之东，北边应在南边之北",
                "the east of the bbox should lie east of its west, its north north of its south",
            ));
        }
        let transformer = Transformer::to_wgs84(crs)?;
        let corners = [
            low,
            Coord {
                x: high.x,
                y: low.y,
            },
            high,
            Coord {
                x: low.x,
                y: high.y,
            },
        ];
        let mut ring = Vec::new();
        for (place, corner) in corners.iter().enumerate() {
            let next = corners[(place + 1) % 4];
            for step in 0..STEPS {
                let share = f64::from(step) / f64::from(STEPS);
                ring.push(transformer.convert(*corner + (next - *corner) * share)?);
            }
        }
        let polygon = Polygon::new(LineString::new(ring), vec![]);
        validity::check(&Geometry::Polygon(polygon.clone()))?;
        Ok(Self(Shape::Polygon(Box::new(Region::new(
            MultiPolygon::new(vec![polygon]),
        )))))
    }

    fn bounds(&self) -> Option<Rect<f64>> {
        match &self.0 {
            Shape::Rects(rects) => {
                let first = rects.first()?;
                Some(rects.iter().fold(*first, |whole, rect| {
                    Rect::new(
                        Coord {
                            x: whole.min().x.min(rect.min().x),
                            y: whole.min().y.min(rect.min().y),
                        },
                        Coord {
                            x: whole.max().x.max(rect.max().x),
                            y: whole.max().y.max(rect.max().y),
                        },
                    )
                }))
            }
            Shape::Polygon(region) => region.bounds(),
        }
    }

    fn meets(&self, feature: &Feature, geometry: &Geometry<f64>) -> bool {
        match &self.0 {
            Shape::Rects(rects) => rects.iter().any(|rect| {
                let inside = feature
                    .bounds()
                    .is_some_and(|bounds| rect.contains(&bounds));
                inside || geometry.intersects(rect)
            }),
            Shape::Polygon(region) => region.intersects(geometry),
        }
    }
}
