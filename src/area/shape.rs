//! The polygon of an area, and what may belong to it.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use geo::{
    Coord, Distance, Euclidean, Geometry, LineString, MapCoords, MultiLineString, MultiPolygon,
    Point, Rect,
};

use crate::{
    geometry::{frame::Frame, region::Region},
    model::FeatureRef,
};

/// An area that is asked about.
pub struct Area {
    /// The feature that it is, where it is one.
    pub feature: Option<FeatureRef>,
    /// How far off any point of its outline may be, metres.
    pub accuracy_m: f64,
    region: Rc<Region>,
    frame: Frame,
    /// Its outline in the plane of `frame`, metres.
    outline: MultiLineString<f64>,
    /// The area grown (or shrunk) by so many metres, once asked for: few accuracies occur.
    offset: RefCell<HashMap<u64, Rc<Region>>>,
}

impl Area {
    /// An area of valid polygons (longitude and latitude, degrees).
    #[must_use]
    pub fn new(feature: Option<FeatureRef>, polygons: MultiPolygon<f64>, accuracy_m: f64) -> Self {
        let frame = Frame::around(&Geometry::MultiPolygon(polygons.clone()));
        let outline = polygons
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
            .map(|ring| ring.map_coords(|coord| frame.to_plane(coord)))
            .collect::<Vec<LineString<f64>>>();
        Self {
            feature,
            accuracy_m,
            region: Rc::new(Region::new(polygons)),
            frame,
            outline: MultiLineString::new(outline),
            offset: RefCell::default(),
        }
    }

    /// The polygons themselves.
    #[must_use]
    pub fn polygons(&self) -> &MultiPolygon<f64> {
        self.region.polygons()
    }

    /// The area as it stands.
    pub(super) fn region(&self) -> &Region {
        &self.region
    }

    /// The area grown by `metres`, or shrunk where they are negative; it may become empty.
    pub(super) fn offset(&self, metres: f64) -> Rc<Region> {
        if metres == 0.0 {
            return Rc::clone(&self.region);
        }
        let mut offset = self.offset.borrow_mut();
        Rc::clone(offset.entry(metres.to_bits()).or_insert_with(|| {
            let whole = Geometry::MultiPolygon(self.polygons().clone());
            Rc::new(Region::new(self.frame.buffer(&whole, metres)))
        }))
    }

    /// Metres from a point to the outline.
    pub(super) fn distance_to_outline(&self, point: Coord<f64>) -> f64 {
        let here = Point::from(self.frame.to_plane(point));
        Euclidean.distance(&here, &self.outline)
    }

    /// The rectangle, in degrees, outside which nothing comes within `metres` of the area.
    pub(super) fn window(&self, metres: f64) -> Option<Rect<f64>> {
        let bounds = self.region.bounds()?;
        let low = self.frame.to_plane(bounds.min());
        let high = self.frame.to_plane(bounds.max());
        let margin = Coord {
            x: metres,
            y: metres,
        };
        Some(Rect::new(
            self.frame.to_degrees(low - margin),
            self.frame.to_degrees(high + margin),
        ))
    }
}
