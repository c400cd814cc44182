//! Streets and their names. A network is built once from the lines of a map, and then answers for any
//! number of sentences which street a name means and where its centreline runs.
//!
//! Nothing in a network depends on the order of the input or on where ways are split at their
//! vertices: whenever there is a choice it is made by geometry.

use std::collections::BTreeSet;

use geo::{Coord, LineString};

use super::centreline::{Centreline, centrelines_of};
use super::chain::chains;
use super::contact::{Contact, contacts};
use super::plane::{by_points, distance_between};
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
    aliases: BTreeSet<String>,
}

/// Which street a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lookup {
    Found(StreetId),
    /// Several streets have this alias, and none this name.
    Several(Vec<String>),
    Unknown,
}

impl Network {
    /// Makes the centrelines of `lines` and finds where they meet.
    ///
    /// A line that has fewer than two distinct points or a coordinate that is not finite is left
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
        let frame = Frame::at(middle(&lines));
        let mut ways: Vec<Way> = Vec::new();
        let mut streets: Vec<Street> = Vec::new();
        let mut centrelines = Vec::new();
        for group in lines.chunk_by(|a, b| a.name == b.name) {
            let project = |line: &Line| line.coords.coords().map(|&c| frame.to_plane(c)).collect();
            let paths = group.iter().map(|line| project(line));
            let paths: Vec<(WayId, Vec<Coord<f64>>)> = (ways.len()..).zip(paths).collect();
            centrelines.extend(centrelines_of(streets.len(), chains(&paths)));
            ways.extend(group.iter().map(|l| Way {
                id: l.id.clone(),
                accuracy_m: l.accuracy_m,
            }));
            streets.push(Street {
                name: group[0].name.clone(),
                kind: group[0].kind,
                aliases: group
                    .iter()
                    .flat_map(|l| l.aliases.iter().cloned())
                    .collect(),
            });
        }
        let contacts = contacts(&centrelines);
        Self {
            frame,
            ways,
            streets,
            centrelines,
            contacts,
        }
    }

    /// The street of this name, or else the only one with this alias.
    pub(super) fn look_up(&self, name: &str) -> Lookup {
        if let Ok(street) = self.streets.binary_search_by(|s| s.name.as_str().cmp(name)) {
            return Lookup::Found(street);
        }
        let known_so: Vec<StreetId> = (0..self.streets.len())
            .filter(|&s| self.streets[s].aliases.contains(name))
            .collect();
        match known_so[..] {
            [] => Lookup::Unknown,
            [street] => Lookup::Found(street),
            _ => Lookup::Several(
                known_so
                    .iter()
                    .map(|&s| self.streets[s].name.clone())
                    .collect(),
            ),
        }
    }

    /// Metres between the centrelines of two streets at their nearest; 0 if they cross.
    pub(super) fn distance_between(&self, a: StreetId, b: StreetId) -> f64 {
        let of = |street| self.centrelines.iter().filter(move |l| l.street == street);
        let pairs = of(a).flat_map(|p| of(b).map(move |q| (p, q)));
        pairs
            .map(|(p, q)| distance_between(&p.points, &q.points))
            .fold(f64::INFINITY, f64::min)
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
    points.iter().all(|c| c.x.is_finite() && c.y.is_finite())
        && points.iter().any(|c| *c != points[0])
}

/// The middle of the extent of all lines, in degrees.
fn middle(lines: &[&Line]) -> Coord<f64> {
    let all = || lines.iter().flat_map(|l| l.coords.coords());
    let Some(&first) = all().next() else {
        return Coord::zero();
    };
    let low = all().fold(first, |m, c| Coord {
        x: m.x.min(c.x),
        y: m.y.min(c.y),
    });
    let high = all().fold(first, |m, c| Coord {
        x: m.x.max(c.x),
        y: m.y.max(c.y),
    });
    (low + high) / 2.0
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

    #[test]
    fn names_are_found_exactly_or_by_the_only_alias() {
        let mut a = line("a", "甲路", &[(0.0, 0.0), (9.0, 0.0)]);
        let mut b = line("b", "乙路", &[(0.0, 90.0), (9.0, 90.0)]);
        a.aliases = vec!["甲道".into(), "老街".into(), "乙路".into()];
        b.aliases = vec!["老街".into()];
        let network = Network::new(&[a, b]);
        let named = |name| match network.look_up(name) {
            Lookup::Found(street) => network.streets[street].name.clone(),
            other => format!("{other:?}"),
        };
        assert_eq!(named("甲道"), "甲路");
        assert_eq!(named("乙路"), "乙路");
        assert_eq!(network.look_up("甲"), Lookup::Unknown);
        assert!(matches!(network.look_up("老街"), Lookup::Several(both) if both.len() == 2));
    }
}
