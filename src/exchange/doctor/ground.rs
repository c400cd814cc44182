//! What is known of the place: the district's outline and its streets.

use geo::{
    BoundingRect, Coord, Geometry, LineString, MultiPolygon, Rect, coordinate_position::CoordPos,
};

use crate::{
    geometry::{frame::Frame, region::Region},
    model::Feature,
    store::{Collection, Snapshot},
};

/// How far apart places along streets are taken, metres.
pub const STEP_M: f64 = 10.0;
/// Streets that may be farther off than this say nothing of a shift by some hundred metres, metres.
const MAX_ACCURACY_M: f64 = 30.0;
/// The side of a cell of the grid in which places are looked up, metres, where it is not too fine.
const CELL_M: f64 = 40.0;
/// Cells on one side of the grid.
const MAX_CELLS: f64 = 1000.0;
/// How far around the district data may lie and still be meant for it, metres.
const AROUND_M: f64 = 5000.0;
/// Beyond the stated error of the outline, by this a feature may lie outside, metres.
const SLACK_M: f64 = 20.0;
/// Places along streets that are kept.
const MAX_PLACES: usize = 400_000;

/// A place on a street, in the plane.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// Where, metres.
    pub at: Coord<f64>,
    /// Which way the street runs there: a unit vector.
    pub along: Coord<f64>,
}

/// What is known of the place, in a plane in metres around the middle of the district.
pub struct Ground {
    frame: Frame,
    /// The rectangle around the district, grown; metres.
    around: Rect<f64>,
    /// The district with the error of its outline, in the plane; `None` where there is none.
    district: Option<Region>,
    stops: Vec<Stop>,
    grid: Grid,
}

/// Where in a list of stops those of a cell are.
struct Grid {
    origin: Coord<f64>,
    cell_m: f64,
    columns: usize,
    rows: usize,
    /// Where each cell begins in `order`, and the end of the last.
    begins: Vec<u32>,
    order: Vec<u32>,
}

impl Ground {
    /// What these data know; `None` where they have neither outline nor streets.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Option<Self> {
        let outline = snapshot
            .district
            .feature
            .parse()
            .ok()
            .and_then(|name| snapshot.feature(&name))
            .filter(|feature| {
                matches!(
                    feature.geometry,
                    Some(Geometry::Polygon(_) | Geometry::MultiPolygon(_))
                )
            });
        let lines: Vec<&LineString<f64>> = snapshot
            .collection("streets")
            .into_iter()
            .flat_map(Collection::features)
            .filter(|street| !matches!(&*street.kind, "railway" | "boundary"))
            .filter(|street| street.accuracy_m <= MAX_ACCURACY_M)
            .flat_map(|street| match &street.geometry {
                Some(Geometry::LineString(line)) => vec![line],
                Some(Geometry::MultiLineString(lines)) => lines.iter().collect(),
                _ => vec![],
            })
            .collect();
        let bounds = outline.and_then(Feature::bounds).or_else(|| {
            let rects = lines.iter().filter_map(|line| line.bounding_rect());
            rects.reduce(|a, b| {
                Rect::new(
                    (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
                    (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
                )
            })
        })?;
        let frame = Frame::at(bounds.center());
        let margin = Coord {
            x: AROUND_M,
            y: AROUND_M,
        };
        let around = Rect::new(
            frame.to_plane(bounds.min()) - margin,
            frame.to_plane(bounds.max()) + margin,
        );
        let district = outline.and_then(|feature| {
            let grown = frame.buffer(feature.geometry.as_ref()?, feature.accuracy_m + SLACK_M);
            let plane: MultiPolygon<f64> =
                geo::MapCoords::map_coords(&grown, |coord| frame.to_plane(coord));
            Some(Region::new(plane))
        });
        let mut stops = Vec::new();
        for line in lines {
            let plane: Vec<_> = line.0.iter().map(|coord| frame.to_plane(*coord)).collect();
            along(&plane, STEP_M, |stop| {
                if stops.len() < MAX_PLACES {
                    stops.push(stop);
                }
            });
        }
        Some(Self {
            grid: Grid::new(&stops, around),
            frame,
            around,
            district,
            stops,
        })
    }

    /// The plane.
    #[must_use]
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// Whether a place in the plane lies in the district or not far from it.
    #[must_use]
    pub fn is_near(&self, at: Coord<f64>) -> bool {
        let (min, max) = (self.around.min(), self.around.max());
        (min.x..=max.x).contains(&at.x) && (min.y..=max.y).contains(&at.y)
    }

    /// Whether a place in the plane lies in the district, give or take the error of its outline;
    /// `None` where there is no outline.
    #[must_use]
    pub fn is_inside(&self, at: Coord<f64>) -> Option<bool> {
        let district = self.district.as_ref()?;
        Some(district.side_of(at) != CoordPos::Outside)
    }

    /// Whether there are streets to compare with.
    #[must_use]
    pub fn has_streets(&self) -> bool {
        !self.stops.is_empty()
    }

    /// Hands on the places on streets in a rectangle of the plane, and some around it, each with its
    /// number.
    pub fn stops_in(&self, min: Coord<f64>, max: Coord<f64>, mut take: impl FnMut(u32, &Stop)) {
        let grid = &self.grid;
        let low = (min - grid.origin) / grid.cell_m;
        let high = (max - grid.origin) / grid.cell_m;
        let (Some(columns), Some(rows)) = (
            span(low.x, high.x, grid.columns),
            span(low.y, high.y, grid.rows),
        ) else {
            return;
        };
        for row in rows {
            let first = row * grid.columns + columns.start();
            let last = row * grid.columns + columns.end();
            let (begin, end) = (grid.begins[first], grid.begins[last + 1]);
            for place in &grid.order[begin as usize..end as usize] {
                take(*place, &self.stops[*place as usize]);
            }
        }
    }
}

/// The cells from one to another, as far as there are any.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)] // within the grid
fn span(low: f64, high: f64, count: usize) -> Option<std::ops::RangeInclusive<usize>> {
    let last = count as f64 - 1.0;
    if high < 0.0 || low > last + 1.0 || last < 0.0 {
        return None;
    }
    Some(low.floor().clamp(0.0, last) as usize..=high.floor().clamp(0.0, last) as usize)
}

impl Grid {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the grid
    fn new(stops: &[Stop], around: Rect<f64>) -> Self {
        let cell_m = CELL_M
            .max(around.width() / MAX_CELLS)
            .max(around.height() / MAX_CELLS);
        let (columns, rows) = (
            (around.width() / cell_m).ceil().max(1.0) as usize,
            (around.height() / cell_m).ceil().max(1.0) as usize,
        );
        let origin = around.min();
        let cell = |stop: &Stop| {
            let place = (stop.at - origin) / cell_m;
            let column = usize::try_from(place.x.floor() as i64).ok()?;
            let row = usize::try_from(place.y.floor() as i64).ok()?;
            (column < columns && row < rows).then_some(row * columns + column)
        };
        let mut begins = vec![0_u32; columns * rows + 1];
        for place in stops.iter().filter_map(cell) {
            begins[place + 1] += 1;
        }
        for place in 1..begins.len() {
            begins[place] += begins[place - 1];
        }
        let mut next = begins.clone();
        let mut order = vec![0; *begins.last().unwrap_or(&0) as usize];
        for (number, stop) in (0_u32..).zip(stops) {
            if let Some(place) = cell(stop) {
                order[next[place] as usize] = number;
                next[place] += 1;
            }
        }
        Self {
            origin,
            cell_m,
            columns,
            rows,
            begins,
            order,
        }
    }
}

/// Hands on places along a path, `step` apart, each with the way that the path runs there.
pub fn along(path: &[Coord<f64>], step: f64, mut take: impl FnMut(Stop)) {
    let mut left = step / 2.0;
    for pair in path.windows(2) {
        let way = pair[1] - pair[0];
        let length = way.x.hypot(way.y);
        if length <= 0.0 {
            continue;
        }
        let along = way / length;
        while left < length {
            take(Stop {
                at: pair[0] + along * left,
                along,
            });
            left += step;
        }
        left -= length;
    }
}
