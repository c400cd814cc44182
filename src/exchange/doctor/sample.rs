//! Some shapes of a file, the same whenever it is read, in bounded memory.

use geo::{Coord, Geometry, LineString};

/// Shapes that are kept.
const MAX_SHAPES: usize = 600;
/// Vertices that are kept of one ring or line; of longer ones every second, third … is.
const MAX_VERTICES: usize = 400;
/// Parts that are kept of one shape.
const MAX_PARTS: usize = 20;

/// The numbers of a shape as its file has them.
#[derive(Debug, Clone, PartialEq)]
pub enum Outline {
    /// A place.
    Point(Coord<f64>),
    /// A course.
    Line(Vec<Coord<f64>>),
    /// The rings of a polygon, the outer one first.
    Rings(Vec<Vec<Coord<f64>>>),
}

impl Outline {
    /// All its numbers.
    pub fn coords(&self) -> impl Iterator<Item = Coord<f64>> {
        let (point, paths): (Option<Coord<f64>>, &[Vec<Coord<f64>>]) = match self {
            Self::Point(coord) => (Some(*coord), &[]),
            Self::Line(line) => (None, std::slice::from_ref(line)),
            Self::Rings(rings) => (None, rings),
        };
        point.into_iter().chain(paths.iter().flatten().copied())
    }

    /// With every number changed; `None` where one can't be.
    pub fn mapped(&self, change: impl Fn(Coord<f64>) -> Option<Coord<f64>>) -> Option<Self> {
        let path = |path: &Vec<Coord<f64>>| path.iter().map(|coord| change(*coord)).collect();
        Some(match self {
            Self::Point(coord) => Self::Point(change(*coord)?),
            Self::Line(line) => Self::Line(path(line)?),
            Self::Rings(rings) => Self::Rings(rings.iter().map(path).collect::<Option<_>>()?),
        })
    }
}

/// Some shapes of a file: each has the same chance to be among them (reservoir sampling, Vitter 1985,
/// algorithm R, with a generator of its own that always begins alike).
#[derive(Debug, Clone)]
pub struct Sample {
    shapes: Vec<Vec<Outline>>,
    seen: u64,
    state: u64,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            shapes: Vec::new(),
            seen: 0,
            state: 0x2545_f491_4f6c_dd1d,
        }
    }
}

impl Sample {
    /// Shows it one shape of the file more.
    pub fn take(&mut self, geometry: &Geometry<f64>) {
        self.seen += 1;
        let place = if self.shapes.len() < MAX_SHAPES {
            self.shapes.len()
        } else {
            let place = self.random() % self.seen;
            match usize::try_from(place) {
                Ok(place) if place < MAX_SHAPES => place,
                _ => return,
            }
        };
        let mut parts = Vec::new();
        outlines(geometry, &mut parts);
        if parts.is_empty() {
            return;
        }
        if place == self.shapes.len() {
            self.shapes.push(parts);
        } else {
            self.shapes[place] = parts;
        }
    }

    /// How many shapes the file has.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The shapes that are kept, each in its parts.
    #[must_use]
    pub fn shapes(&self) -> &[Vec<Outline>] {
        &self.shapes
    }

    /// Xorshift (Marsaglia 2003): nothing depends on how random it is.
    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }
}

fn outlines(geometry: &Geometry<f64>, parts: &mut Vec<Outline>) {
    if parts.len() >= MAX_PARTS {
        return;
    }
    match geometry {
        Geometry::Point(point) => parts.push(Outline::Point(point.0)),
        Geometry::LineString(line) => parts.extend(thinned(line).map(Outline::Line)),
        Geometry::Polygon(polygon) => {
            let rings: Vec<_> = std::iter::once(polygon.exterior())
                .chain(polygon.interiors())
                .take(MAX_PARTS)
                .filter_map(thinned)
                .collect();
            if !rings.is_empty() {
                parts.push(Outline::Rings(rings));
            }
        }
        Geometry::MultiPoint(points) => {
            let free = MAX_PARTS - parts.len();
            parts.extend(
                points
                    .iter()
                    .take(free)
                    .map(|point| Outline::Point(point.0)),
            );
        }
        Geometry::MultiLineString(lines) => {
            for line in lines.iter().take(MAX_PARTS - parts.len()) {
                parts.extend(thinned(line).map(Outline::Line));
            }
        }
        Geometry::MultiPolygon(polygons) => {
            for polygon in polygons.iter().take(MAX_PARTS - parts.len()) {
                outlines(&Geometry::Polygon(polygon.clone()), parts);
            }
        }
        Geometry::GeometryCollection(members) => {
            for member in members.iter().take(MAX_PARTS) {
                outlines(member, parts);
            }
        }
        _ => {}
    }
}

/// The vertices of a path, or some of them, its ends among them; `None` where it has none.
fn thinned(line: &LineString<f64>) -> Option<Vec<Coord<f64>>> {
    let vertices = &line.0;
    let last = *vertices.last()?;
    let step = vertices.len().div_ceil(MAX_VERTICES);
    let mut kept: Vec<_> = vertices.iter().step_by(step).copied().collect();
    if kept.last() != Some(&last) {
        kept.push(last);
    }
    kept.iter()
        .all(|coord| coord.x.is_finite() && coord.y.is_finite())
        .then_some(kept)
}
