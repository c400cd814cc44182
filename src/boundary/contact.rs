//! Where centrelines meet: where they cross, and where one ends within the width of another.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use geo::Coord;
use geo::line_intersection::{LineIntersection, line_intersection};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeObject};

use super::centreline::Centreline;
use super::network::{MAX_STREET_WIDTH, TOUCH};
use super::plane::{Foot, envelope, foot_on_segment, grown};

/// A place on a centreline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub line: usize,
    /// Metres from the line's start.
    pub along: f64,
}

impl Place {
    pub fn cmp(&self, other: &Self) -> Ordering {
        self.line
            .cmp(&other.line)
            .then(self.along.total_cmp(&other.along))
    }
}

/// Two places, of which the first is the end of a line if they are not the same point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contact {
    pub a: Place,
    pub b: Place,
}

impl Contact {
    pub fn cmp(&self, other: &Self) -> Ordering {
        self.a.cmp(&other.a).then_with(|| self.b.cmp(&other.b))
    }
}

/// A segment's box, with the number of its line and its own.
type SegmentBox = GeomWithData<Rectangle<[f64; 2]>, (usize, usize)>;

/// The segments of centrelines by place.
#[derive(Debug, Clone)]
pub(super) struct Segments(RTree<SegmentBox>);

impl Segments {
    pub fn of(lines: &[Centreline]) -> Self {
        let boxes = lines.iter().enumerate().flat_map(|(line, centreline)| {
            let segments = centreline.points.windows(2).enumerate();
            segments.map(move |(segment, ends)| {
                GeomWithData::new(Rectangle::from_aabb(envelope(ends)), (line, segment))
            })
        });
        Self(RTree::bulk_load(boxes.collect()))
    }

    /// The segments (line, segment) whose boxes meet this one, in no particular order.
    pub fn meeting(&self, around: AABB<[f64; 2]>) -> impl Iterator<Item = (usize, usize)> {
        self.0
            .locate_in_envelope_intersecting(around)
            .map(|segment| segment.data)
    }

    /// Those whose boxes come within `metres` of a point, in order.
    pub fn near(&self, point: Coord<f64>, metres: f64) -> Vec<(usize, usize)> {
        let around = grown(&AABB::from_point([point.x, point.y]), metres);
        let mut near: Vec<_> = self.meeting(around).collect();
        near.sort_unstable();
        near
    }
}

pub(super) fn contacts(lines: &[Centreline], segments: &Segments) -> Vec<Contact> {
    let mut contacts = crossings(lines, segments);
    let mut by_lines: BTreeMap<(usize, usize), Vec<Contact>> = BTreeMap::new();
    for contact in &contacts {
        by_lines
            .entry((contact.a.line, contact.b.line))
            .or_default()
            .push(*contact);
    }
    let reaches = reaches(lines, segments);
    contacts.extend(
        reaches
            .into_iter()
            .filter(|reach| !has_crossing_near(&by_lines, reach)),
    );
    contacts.sort_by(Contact::cmp);
    contacts.dedup();
    contacts
}

/// Where segments cross or touch exactly; sorted.
fn crossings(lines: &[Centreline], segments: &Segments) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for first in &segments.0 {
        for q in segments.meeting(first.envelope()) {
            let p = first.data;
            // Each pair once; neighbours on a line always meet.
            if p < q && (p.0 != q.0 || q.1 - p.1 > 1) {
                contacts.extend(meeting_places(lines, p, q));
            }
        }
    }
    contacts.sort_by(Contact::cmp);
    contacts
}

/// Where two segments (line, segment) meet: nowhere, in one point, or at the two ends of the part
/// that they share.
fn meeting_places(lines: &[Centreline], p: (usize, usize), q: (usize, usize)) -> Vec<Contact> {
    let segment = |(line, segment): (usize, usize)| {
        let points = &lines[line].points;
        geo::Line::new(points[segment], points[segment + 1])
    };
    let place = |(line, segment): (usize, usize), point: Coord<f64>| {
        let foot = foot_on_segment(&lines[line].points, segment, point);
        Place {
            line,
            along: lines[line].along_of(foot),
        }
    };
    let contact = |point| Contact {
        a: place(p, point),
        b: place(q, point),
    };
    match line_intersection(segment(p), segment(q)) {
        None => vec![],
        Some(LineIntersection::SinglePoint { intersection, .. }) => vec![contact(intersection)],
        Some(LineIntersection::Collinear {
            intersection: shared,
        }) => {
            vec![contact(shared.start), contact(shared.end)]
        }
    }
}

/// Ends of lines that stop within the width of another street, as a side street does that is drawn
/// up to the nearer carriageway.
fn reaches(lines: &[Centreline], segments: &Segments) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for (line, centreline) in lines.iter().enumerate() {
        for along in centreline.ends() {
            let end = centreline.point_at(along);
            let mut nearest: BTreeMap<usize, Foot> = BTreeMap::new();
            for (other, segment) in segments.near(end, MAX_STREET_WIDTH / 2.0 + TOUCH) {
                let away = |i: usize| (lines[other].along[i] - along).abs();
                let is_own_end = away(segment).min(away(segment + 1)) <= MAX_STREET_WIDTH;
                if other == line && is_own_end {
                    continue;
                }
                let foot = foot_on_segment(&lines[other].points, segment, end);
                let best = nearest.entry(other).or_insert(foot);
                if foot.distance < best.distance {
                    *best = foot;
                }
            }
            for (other, foot) in nearest {
                let widths = &lines[other].half_width;
                let half_width = widths[foot.segment].max(widths[foot.segment + 1]);
                if foot.distance <= half_width + TOUCH {
                    let b = Place {
                        line: other,
                        along: lines[other].along_of(foot),
                    };
                    contacts.push(Contact {
                        a: Place { line, along },
                        b,
                    });
                }
            }
        }
    }
    contacts
}

/// Whether the two lines cross within the width of a street of where one reaches the other: then it
/// overshoots, and needs no link. The crossings are listed by their lines, the lower first.
fn has_crossing_near(crossings: &BTreeMap<(usize, usize), Vec<Contact>>, reach: &Contact) -> bool {
    let near = |p: Place, q: Place| (p.along - q.along).abs() <= MAX_STREET_WIDTH;
    let (low, high) = if reach.a.line <= reach.b.line {
        (reach.a, reach.b)
    } else {
        (reach.b, reach.a)
    };
    let crossings = crossings.get(&(low.line, high.line));
    crossings
        .into_iter()
        .flatten()
        .any(|c| near(c.a, low) && near(c.b, high))
}

#[cfg(test)]
mod tests {
    use super::super::network::Network;
    use super::super::network::tests::line;
    use super::*;

    #[test]
    fn a_side_street_meets_the_centreline_across_a_carriageway() {
        let lines = [
            line("n", "甲路", &[(0.0, 10.0), (500.0, 10.0), (1000.0, 10.0)]),
            line("s", "甲路", &[(0.0, -10.0), (1000.0, -10.0)]),
            line("t", "乙路", &[(500.0, 10.0), (500.0, 400.0)]),
            line("u", "丙路", &[(700.0, 15.0), (700.0, 400.0)]),
        ];
        let network = Network::new(&lines);
        let name = |p: Place| {
            network.streets[network.centrelines[p.line].street]
                .name
                .as_str()
        };
        let meet: Vec<_> = network
            .contacts
            .iter()
            .map(|c| (name(c.a), name(c.b)))
            .collect();
        assert_eq!(meet, [("乙路", "甲路")]);
    }
}
