//! Where centrelines meet: where they cross, and where one ends within the width of another.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use geo::Coord;
use geo::line_intersection::{LineIntersection, line_intersection};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::centreline::Centreline;
use super::network::{MAX_STREET_WIDTH, TOUCH};
use super::plane::{Foot, foot_on_segment};

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

pub(super) fn contacts(lines: &[Centreline]) -> Vec<Contact> {
    let boxes = lines.iter().enumerate().flat_map(|(line, centreline)| {
        centreline
            .points
            .windows(2)
            .enumerate()
            .map(move |(segment, w)| {
                let corners = Rectangle::from_corners([w[0].x, w[0].y], [w[1].x, w[1].y]);
                GeomWithData::new(corners, (line, segment))
            })
    });
    let tree: RTree<SegmentBox> = RTree::bulk_load(boxes.collect());
    let mut contacts = crossings(lines, &tree);
    let mut by_lines: BTreeMap<(usize, usize), Vec<Contact>> = BTreeMap::new();
    for contact in &contacts {
        by_lines
            .entry((contact.a.line, contact.b.line))
            .or_default()
            .push(*contact);
    }
    let reaches = reaches(lines, &tree);
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
fn crossings(lines: &[Centreline], tree: &RTree<SegmentBox>) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for first in tree {
        let corners = first.geom();
        let envelope = AABB::from_corners(corners.lower(), corners.upper());
        for second in tree.locate_in_envelope_intersecting(envelope) {
            let (p, q) = (first.data, second.data);
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
fn reaches(lines: &[Centreline], tree: &RTree<SegmentBox>) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for (line, centreline) in lines.iter().enumerate() {
        for along in centreline.ends() {
            let end = centreline.point_at(along);
            let margin = Coord { x: 1.0, y: 1.0 } * (MAX_STREET_WIDTH / 2.0 + TOUCH);
            let (low, high) = (end - margin, end + margin);
            let around = AABB::from_corners([low.x, low.y], [high.x, high.y]);
            let mut nearest: BTreeMap<usize, Foot> = BTreeMap::new();
            let mut near: Vec<(usize, usize)> = tree
                .locate_in_envelope_intersecting(around)
                .map(|b| b.data)
                .collect();
            near.sort_unstable();
            for (other, segment) in near {
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
