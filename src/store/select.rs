//! Which features of a collection are asked for.

use std::sync::Arc;

use geo::{Contains, Coord, Geometry, Intersects, LineString, MultiPolygon, Polygon, Rect};

use super::snapshot::Collection;
use crate::{
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
    /// A form of its name contains this, which is lowercase.
    pub name: Option<String>,
    /// It is of one of these kinds.
    pub kinds: Option<Vec<String>>,
    /// It stands so; `None` is for one of which no status is stated.
    pub statuses: Option<Vec<Option<Status>>>,
    /// It cites one of these documents.
    pub documents: Option<Vec<String>>,
    /// It lies, or may lie, in one of these zones.
    pub zones: Option<Vec<String>>,
}

/// A bounding box.
pub struct Window(Shape);

/// Rectangles in degrees (two where the box crosses the antimeridian) or, where the box was given
/// in a projected system, the shape that it has in degrees.
enum Shape {
    Rects(Vec<Rect<f64>>),
    Polygon(Box<Region>),
}

impl Selection {
    /// How many features of a collection match, and `limit` of them from `offset` on, in the order
    /// of their file.
    #[must_use]
    pub fn page<'a>(
        &self,
        collection: &'a Collection,
        offset: usize,
        limit: usize,
    ) -> (usize, Vec<&'a Feature>) {
        if self.takes_all() {
            let features = collection.features();
            let shown = features.iter().skip(offset).take(limit).collect();
            return (features.len(), shown);
        }
        let mut matched = 0;
        let mut shown = Vec::new();
        let mut consider = |feature: &'a Feature| {
            if self.matches(feature) {
                if matched >= offset && shown.len() < limit {
                    shown.push(feature);
                }
                matched += 1;
            }
        };
        match self.window.as_ref().and_then(Window::bounds) {
            Some(bounds) => collection.near(bounds).for_each(&mut consider),
            None => collection.features().iter().for_each(&mut consider),
        }
        (matched, shown)
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
        } = self;
        window.is_none()
            && period.is_none()
            && name.is_none()
            && statuses.is_none()
            && [kinds, documents, zones].into_iter().all(Option::is_none)
    }

    fn matches(&self, feature: &Feature) -> bool {
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
                .name
                .as_ref()
                .is_none_or(|name| feature.is_called(name))
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
