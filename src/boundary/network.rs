//! Streets and their names. A network is built once from the lines of a map, and then answers for any
//! number of sentences which street a name means and where its centreline runs.
//!
//! Nothing in a network depends on the order of the input or on where ways are split at their
//! vertices: whenever there is a choice it is made by geometry.

use std::ops::Range;

use geo::{Coord, LineString};

use super::centreline::{Centreline, centrelines_of};
use super::chain::chains;
use super::contact::{Contact, Segments, contacts};
use super::names::{Lookup, Names};
use super::plane::{by_points, distance_between, foot};
use crate::geometry::frame::Frame;

/// Ends and crossings at most this far apart, in metres, are one point.
pub const TOUCH: f64 = 1.0;

/// The two carriageways of one street are at most this far apart, in metres.
pub const MAX_STREET_WIDTH: f64 = 60.0;

/// What a line is on the ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// A street or road.
    Street,
    /// A river or canal.
    River,
    /// Anything else that can bound an area, such as a railway or the limit of a district. An
    /// outline follows it only where the sentence names it.
    Other,
}

/// A line of the map, or a part of one: several lines with one name are one street.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its id in the data, for the evidence.
    pub id: String,
    /// The name under which a sentence finds it.
    pub name: String,
    /// Other names under which a sentence finds it.
    pub aliases: Vec<String>,
    /// What it is.
    pub kind: LineKind,
    /// How far off it may be, in metres.
    pub accuracy_m: f64,
    /// Longitude and latitude in degrees.
    pub coords: LineString<f64>,
}

/// Streets, their centrelines, and where these meet. Built once, used for any number of sentences.
#[derive(Debug, Clone)]
pub struct Network {
    pub(super) frame: Frame,
    pub(super) ways: Vec<Way>,
    /// Sorted by name.
    pub(super) streets: Vec<Street>,
    pub(super) centrelines: Vec<Centreline>,
    pub(super) contacts: Vec<Contact>,
    /// For each centreline, the contacts that it has part in.
    pub(super) contacts_of: Vec<Vec<usize>>,
    /// Of all centrelines.
    pub(super) segments: Segments,
    names: Names,
}

/// Index in [`Network::ways`].
pub(super) type WayId = usize;
/// Index in [`Network::streets`].
pub(super) type StreetId = usize;

/// A line of the input, without its geometry.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub id: String,
    pub accuracy_m: f64,
}

/// All lines of one name.
#[derive(Debug, Clone)]
pub(super) struct Street {
    pub name: String,
    pub kind: LineKind,
    /// Its centrelines.
    pub lines: Range<usize>,
}

impl Network {
    /// Makes the centrelines of `lines` and finds where they meet.
    ///
    /// A line that has fewer than two distinct points or a coordinate that is not on the globe is left
    /// out. Time grows as n log n with the number of lines, and as the square of the number of
    /// vertices of a single street.
    #[must_use]
    pub fn new(lines: &[Line]) -> Self {
        let mut lines: Vec<&Line> = lines.iter().filter(|line| is_usable(line)).collect();
        lines.sort_by(|a, b| {
            (&a.name, a.kind)
                .cmp(&(&b.name, b.kind))
                .then_with(|| by_points(&a.coords.0, &b.coords.0))
                .then_with(|| a.id.cmp(&b.id))
        });
        let frame = Frame::at(origin(&lines));
        let mut ways: Vec<Way> = Vec::new();
        let mut streets: Vec<Street> = Vec::new();
        let mut names = Names::default();
        let mut centrelines = Vec::new();
        for group in lines.chunk_by(|a, b| a.name == b.name) {
            let project = |line: &Line| line.coords.coords().map(|&c| frame.to_plane(c)).collect();
            let paths = group.iter().map(|line| project(line));
            let paths: Vec<(WayId, Vec<Coord<f64>>)> = (ways.len()..).zip(paths).collect();
            let first = centrelines.len();
            centrelines.extend(centrelines_of(streets.len(), chains(&paths)));
            ways.extend(group.iter().map(|l| Way {
                id: l.id.clone(),
                accuracy_m: l.accuracy_m,
            }));
            let aliases = group.iter().flat_map(|line| &line.aliases);
            names.add(&group[0].name, aliases);
            streets.push(Street {
                name: group[0].name.clone(),
                kind: group[0].kind,
                lines: first..centrelines.len(),
            });
        }
        let segments = Segments::of(&centrelines);
        let contacts = contacts(&centrelines, &segments);
        let mut contacts_of = vec![Vec::new(); centrelines.len()];
        for (i, contact) in contacts.iter().enumerate() {
            contacts_of[contact.a.line].push(i);
            if contact.b.line != contact.a.line {
                contacts_of[contact.b.line].push(i);
            }
        }
        Self {
            frame,
            ways,
            streets,
            centrelines,
            contacts,
            contacts_of,
            segments,
            names,
        }
    }

    /// The street of this name, or else the only one with this alias.
    pub(super) fn look_up(&self, name: &str) -> Lookup {
        self.names.look_up(name)
    }

    /// Names of streets that are nearly this one, the nearest first.
    pub(super) fn names_near(&self, name: &str) -> Vec<String> {
        self.names.near(name)
    }

    /// Metres between the centrelines of two streets at their nearest; 0 if they cross.
    pub(super) fn distance_between(&self, a: StreetId, b: StreetId) -> f64 {
        let of = |street: StreetId| &self.centrelines[self.streets[street].lines.clone()];
        let pairs = of(a).iter().flat_map(|p| of(b).iter().map(move |q| (p, q)));
        pairs.fold(f64::INFINITY, |least, (p, q)| {
            distance_between(&p.points, &q.points, least)
        })
    }

    /// The points, in degrees, at which the centrelines of two streets, by their names in the data,
    /// come nearest to each other.
    pub(super) fn nearest(&self, a: &str, b: &str) -> Option<[Coord<f64>; 2]> {
        let points = |name: &str| match self.look_up(name) {
            Lookup::Found(street) => Some(&self.centrelines[self.streets[street].lines.clone()]),
            Lookup::Several(_) | Lookup::Unknown => None,
        };
        let (a, b) = (points(a)?, points(b)?);
        // Of two paths that do not cross, the nearest point of one is one of its vertices.
        let from = |p: &Centreline, q: &Centreline| -> Vec<(f64, [Coord<f64>; 2])> {
            let feet = p.points.iter().map(|&end| {
                let foot = foot(&q.points, end);
                (foot.distance, [end, foot.point])
            });
            feet.collect()
        };
        let pairs = a.iter().flat_map(|p| b.iter().map(move |q| (p, q)));
        let (_, ends) = pairs
            .flat_map(|(p, q)| {
                let back = from(q, p)
                    .into_iter()
                    .map(|(m, [end, foot])| (m, [foot, end]));
                from(p, q).into_iter().chain(back)
            })
            .min_by(|p, q| p.0.total_cmp(&q.0))?;
        Some(ends.map(|point| self.frame.to_degrees(point)))
    }

    /// The worst accuracy of `ways`, in metres.
    pub(super) fn worst_accuracy<'a>(&self, ways: impl IntoIterator<Item = &'a WayId>) -> f64 {
        ways.into_iter()
            .map(|&way| self.ways[way].accuracy_m)
            .fold(0.0, f64::max)
    }
}

fn is_usable(line: &Line) -> bool {
    let points = &line.coords.0;
    points
        .iter()
        .all(|c| c.x.abs() <= 180.0 && c.y.abs() <= 90.0)
        && points.iter().any(|c| *c != points[0])
}

/// Where the plane touches the globe, in degrees: half of the lines' length lies to the north of it
/// and half to the east, to the nearest tenth of a degree. So further lines in the same city, or a
/// few in another, do not move the plane, and leave every number reckoned in it as it was.
fn origin(lines: &[&Line]) -> Coord<f64> {
    let tenths = |along: fn(Coord<f64>) -> f64| {
        let parts = lines.iter().flat_map(|line| line.coords.lines());
        let mut parts: Vec<(f64, f64)> = parts
            .map(|part| {
                (
                    along(part.start + part.end) / 2.0,
                    part.dx().hypot(part.dy()),
                )
            })
            .collect();
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = parts.iter().map(|part| part.1).sum::<f64>() / 2.0;
        let mut before = 0.0;
        let middle = parts.iter().find(|part| {
            before += part.1;
            before >= half
        });
        middle.map_or(0.0, |part| (part.0 * 10.0).round() / 10.0)
    };
    Coord {
        x: tenths(|c| c.x),
        y: tenths(|c| c.y),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Where the constructed networks of the tests lie, in degrees.
    pub(in super::super) fn test_frame() -> Frame {
        Frame::at(Coord { x: 117.0, y: 39.0 })
    }

    /// A line through points in metres east and north of one place.
    pub(in super::super) fn line(id: &str, name: &str, points: &[(f64, f64)]) -> Line {
        let degrees = |&(x, y): &(f64, f64)| test_frame().to_degrees(Coord { x, y });
        Line {
            id: id.into(),
            name: name.into(),
            aliases: vec![],
            kind: LineKind::Street,
            accuracy_m: 10.0,
            coords: points.iter().map(degrees).collect(),
        }
    }

    #[test]
    fn lines_without_shape_are_left_out() {
        let lines = [
            line("a", "甲路", &[(0.0, 0.0), (0.0, 0.0)]),
            line("b", "乙路", &[(0.0, 0.0)]),
            line("c", "丙路", &[]),
            line("d", "丁路", &[(0.0, f64::NAN), (1.0, 1.0)]),
        ];
        assert!(Network::new(&lines).centrelines.is_empty());
    }
}
