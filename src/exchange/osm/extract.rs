//! Named lines inside a box, out of a file that may be a hundred times larger than memory.
//!
//! The file is read three times. First its nodes and relations: which nodes lie in the box, and of
//! which ways the limits of administrative areas consist. Then its ways: those that are named lines
//! or such limits, and have a node in the box. Last the nodes again: where those of these ways are.
//!
//! What is kept grows with the box, not with the file: two bytes for each node in the box, and some
//! thirty for each point of a line in it. Both have limits ([`MAX_NODES`], [`MAX_POINTS`]), so
//! memory is bounded whatever the file says: about 150 MB each at these limits, which lie a hundred
//! times above what a district has.

use std::{collections::HashMap, path::Path, str::FromStr};

use geo::Rect;

use super::{
    blobs::{Blobs, Content, Fault, Head},
    block::{Block, Header, Position, Sorts, Way},
    ids::IdSet,
    tags::Named,
    wire::Damaged,
};
use crate::model::Text;

/// The most nodes in the box.
const MAX_NODES: usize = 50_000_000;
/// The most points of lines in the box, and the most ways of limits in the file.
const MAX_POINTS: usize = 5_000_000;
/// How often the file is read.
const PASSES: u64 = 3;

/// A rectangle of longitude and latitude, in units of 10⁻⁷ degrees, its edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    west: i64,
    south: i64,
    east: i64,
    north: i64,
}

/// The most degrees that an extent may span: boundaries are compiled in a plane that holds no more.
const MAX_SPAN: f64 = 2.0;

impl Extent {
    /// The extent of a rectangle in degrees.
    ///
    /// # Errors
    /// Where it lies off the globe, or spans more than two degrees.
    pub fn of(rect: Rect<f64>) -> Result<Self, Text> {
        let (min, max) = (rect.min(), rect.max());
        if min.x < -180.0 || max.x > 180.0 || min.y < -90.0 || max.y > 90.0 {
            return Err(Text::new(
                "范围应为经度 -180 到 180、纬度 -90 到 90",
                "a box lies between -180 and 180 east, -90 and 90 north",
            ));
        }
        if rect.width().max(rect.height()) > MAX_SPAN {
            return Err(Text::new(
                format!("范围的宽和高最多 {MAX_SPAN} 度，请用 --bbox 缩小"),
                format!("a box may span {MAX_SPAN} degrees at most: make it smaller with --bbox"),
            ));
        }
        #[expect(clippy::cast_possible_truncation, reason = "degrees are small")]
        let units = |degrees: f64| (degrees * 1e7).round() as i64;
        Ok(Self {
            west: units(min.x),
            south: units(min.y),
            east: units(max.x),
            north: units(max.y),
        })
    }

    /// Whether a point lies in it.
    #[must_use]
    pub fn holds(&self, [lon, lat]: Position) -> bool {
        (self.west..=self.east).contains(&i64::from(lon))
            && (self.south..=self.north).contains(&i64::from(lat))
    }

    fn meets(&self, [west, south, east, north]: [i64; 4]) -> bool {
        west <= self.east && self.west <= east && south <= self.north && self.south <= north
    }
}

impl FromStr for Extent {
    type Err = Text;

    /// Reads west, south, east and north in degrees, separated by commas.
    fn from_str(text: &str) -> Result<Self, Text> {
        let numbers: Vec<f64> = text
            .split(',')
            .filter_map(|number| number.trim().parse().ok())
            .filter(|number: &f64| number.is_finite())
            .collect();
        match numbers[..] {
            [west, south, east, north]
                if text.split(',').count() == 4 && west < east && south < north =>
            {
                Self::of(Rect::new((west, south), (east, north)))
            }
            _ => Err(Text::new(
                "应为 西,南,东,北 四个度数，如 117.09,39.13,117.19,39.20",
                "it should be four degrees, west,south,east,north, such as 117.09,39.13,117.19,39.20",
            )),
        }
    }
}

impl std::fmt::Display for Extent {
    /// West, south, east and north in degrees.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        show_bounds([self.west, self.south, self.east, self.north]).fmt(f)
    }
}

fn show_bounds(bounds: [i64; 4]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people, to about 10 m")]
    let degrees = bounds.map(|units| format!("{:.4}", units as f64 / 1e7));
    degrees.join(",")
}

/// What a line is in OpenStreetMap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A way.
    Way(i64),
    /// A relation, whose ways are the line.
    Relation(i64),
}

/// A named line, cut to a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLine {
    /// What it is in OpenStreetMap.
    pub origin: Origin,
    /// What it is and what it is called.
    pub named: Named,
    /// Its parts, each of two points or more.
    pub parts: Vec<Vec<Position>>,
}

/// What a file has in a box.
#[derive(Debug)]
pub struct Extract {
    /// The named lines, in the order of the file, limits last.
    pub lines: Vec<NamedLine>,
    /// The time of the data in seconds since 1970, where the file states it.
    pub time: Option<i64>,
}

/// Reads the named lines inside `extent` from the `.osm.pbf` file at `path`.
///
/// Of a line, those stretches are kept whose nodes lie in the extent, and one node more at each of
/// their ends, so that they reach over its edge. A straight edge that crosses the extent with both
/// nodes outside is not found. Where a node is missing from the file, as at the edge of an extract,
/// the line is cut, not joined across.
///
/// `progress` is told how much of the work is done, in bytes, and how much there is.
///
/// # Errors
/// Where the file is none, is cut short, damaged, beyond the limits of its format, not sorted, or
/// has nothing in the extent.
pub fn extract(
    path: &Path,
    extent: Extent,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Extract, Text> {
    let mut file = File {
        blobs: Blobs::open(path)?,
        sorts: Vec::new(),
        passes: 0,
        progress,
    };
    let header = file.header()?;
    if let Some(bounds) = header.bounds.filter(|bounds| !extent.meets(*bounds)) {
        return Err(Text::new(
            format!(
                "{} 的范围是 {}，与所要的 {extent} 不相交",
                path.display(),
                show_bounds(bounds)
            ),
            format!(
                "{} covers {}, which does not meet {extent}",
                path.display(),
                show_bounds(bounds)
            ),
        ));
    }
    let mut kept = Kept::default();
    let mut last = None;
    let none = Sorts::default();
    let nodes = Sorts {
        nodes: true,
        ..none
    };
    let ways = Sorts { ways: true, ..none };
    let nodes_and_relations = Sorts {
        relations: true,
        ..nodes
    };
    file.pass(nodes_and_relations, |block| {
        block.nodes(|node| {
            if last.is_some_and(|last| node.id <= last) {
                return Err(not_sorted().into());
            }
            last = Some(node.id);
            match node.position {
                Some(position) if extent.holds(position) => kept.add_node(node.id),
                _ => Ok(()),
            }
        })?;
        block.relations(|relation| match Named::limit(&relation.tags)? {
            Some(named) => kept.add_limit(relation.id, named, relation.ways()),
            None => Ok(()),
        })
    })?;
    file.pass(ways, |block| block.ways(|way| kept.add_way(&way)))?;
    kept.list_nodes();
    let mut next = 0;
    file.pass(nodes, |block| {
        block.nodes(|node| {
            kept.place(&mut next, node.id, node.position);
            Ok(())
        })
    })?;
    let lines = kept.lines();
    if lines.is_empty() {
        return Err(Text::new(
            format!(
                "{} 在 {extent} 内没有带名称的道路、河流、铁路或界线",
                path.display()
            ),
            format!(
                "{} has no named road, river, railway or limit in {extent}",
                path.display()
            ),
        ));
    }
    Ok(Extract {
        lines,
        time: header.time,
    })
}

fn not_sorted() -> Text {
    Text::new(
        "点没有按编号排序，请先运行 osmium sort 原文件 -o 新文件",
        "its nodes are not sorted by id: first run osmium sort OLD -o NEW",
    )
}

/// A file that is read several times.
struct File<'a> {
    blobs: Blobs,
    /// What the blobs hold, in order, from the first pass on: later ones need not unpack all.
    sorts: Vec<Sorts>,
    passes: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl File<'_> {
    fn header(&mut self) -> Result<Header, Text> {
        let mut header = Header::default();
        if let Some(head) = self.blobs.next()? {
            let parsed = Header::parse(self.blobs.content(head)?);
            header = parsed.map_err(|fault| self.blobs.explain(head, fault))?;
        }
        self.blobs.rewind()?;
        Ok(header)
    }

    /// Reads the file once; `take` gets the blocks that hold one of `wanted`.
    fn pass(
        &mut self,
        wanted: Sorts,
        mut take: impl FnMut(&Block<'_>) -> Result<(), Fault>,
    ) -> Result<(), Text> {
        self.blobs.rewind()?;
        let mut number = 0;
        while let Some(head) = self.blobs.next()? {
            if head.content == Content::Data {
                self.block(head, number, wanted, &mut take)?;
                number += 1;
            } else {
                self.blobs.skip(head)?;
            }
            let length = self.blobs.length();
            let done = self.passes * length + self.blobs.offset();
            (self.progress)(done, PASSES * length);
        }
        self.passes += 1;
        Ok(())
    }

    fn block(
        &mut self,
        head: Head,
        number: usize,
        wanted: Sorts,
        take: &mut impl FnMut(&Block<'_>) -> Result<(), Fault>,
    ) -> Result<(), Text> {
        let known = self.sorts.get(number).copied();
        if known.is_some_and(|sorts| !sorts.meet(wanted)) {
            return self.blobs.skip(head);
        }
        let sorts = &mut self.sorts;
        let mut read = |content: &[u8]| {
            let block = Block::parse(content)?;
            if known.is_none() {
                sorts.push(block.sorts()?);
            }
            take(&block)
        };
        let result = read(self.blobs.content(head)?);
        result.map_err(|fault| self.blobs.explain(head, fault))
    }
}

/// What has been found so far.
#[derive(Default)]
struct Kept {
    nodes_inside: IdSet,
    ways: Vec<Candidate>,
    limits: Vec<Candidate>,
    /// The limits, by their places in `limits`, that a way is part of.
    limits_of: HashMap<i64, Vec<u32>>,
    members: usize,
    points: usize,
    /// The nodes of all candidates, in order, and where they are.
    nodes: Vec<i64>,
    positions: Vec<Option<Position>>,
}

/// A line whose nodes are not placed yet.
struct Candidate {
    origin: Origin,
    named: Named,
    runs: Vec<Vec<i64>>,
}

impl Kept {
    fn add_node(&mut self, id: i64) -> Result<(), Fault> {
        self.nodes_inside.push(id);
        if self.nodes_inside.count() > MAX_NODES {
            return Err(too_much("点", "nodes", MAX_NODES).into());
        }
        Ok(())
    }

    fn add_limit(
        &mut self,
        id: i64,
        named: Named,
        ways: impl Iterator<Item = Result<i64, Damaged>>,
    ) -> Result<(), Fault> {
        let place = u32::try_from(self.limits.len()).expect("each takes memory that is limited");
        for way in ways {
            self.members += 1;
            let limits = self.limits_of.entry(way?).or_default();
            if limits.last() != Some(&place) {
                limits.push(place);
            }
        }
        self.limits.push(Candidate {
            origin: Origin::Relation(id),
            named,
            runs: Vec::new(),
        });
        if self.members.max(self.limits.len()) > MAX_POINTS {
            return Err(too_much("界线", "limits", MAX_POINTS).into());
        }
        Ok(())
    }

    fn add_way(&mut self, way: &Way<'_>) -> Result<(), Fault> {
        let named = Named::way(&way.tags)?;
        let limits = self.limits_of.get(&way.id);
        if named.is_none() && limits.is_none() {
            return Ok(());
        }
        let nodes: Vec<i64> = way.nodes().collect::<Result<_, _>>()?;
        let runs = runs_inside(&nodes, |node| self.nodes_inside.contains(node));
        if runs.is_empty() {
            return Ok(());
        }
        let points: usize = runs.iter().map(Vec::len).sum();
        let uses = limits.map_or(0, Vec::len) + usize::from(named.is_some());
        self.points += points * uses;
        if self.points > MAX_POINTS {
            return Err(too_much("线上的点", "points of lines", MAX_POINTS).into());
        }
        for place in limits.into_iter().flatten() {
            self.limits[*place as usize]
                .runs
                .extend(runs.iter().cloned());
        }
        if let Some(named) = named {
            self.ways.push(Candidate {
                origin: Origin::Way(way.id),
                named,
                runs,
            });
        }
        Ok(())
    }

    /// Lists the nodes whose places are to be found.
    fn list_nodes(&mut self) {
        // They have done their part.
        self.nodes_inside = IdSet::default();
        self.limits_of = HashMap::new();
        let runs = self
            .ways
            .iter()
            .chain(&self.limits)
            .flat_map(|line| &line.runs);
        self.nodes = runs.flatten().copied().collect();
        self.nodes.sort_unstable();
        self.nodes.dedup();
        self.positions = vec![None; self.nodes.len()];
    }

    /// Notes where a node is, if it is listed. Nodes come in ascending order; `next` is the place of
    /// the first that has not come yet.
    fn place(&mut self, next: &mut usize, id: i64, position: Option<Position>) {
        while self.nodes.get(*next).is_some_and(|listed| *listed < id) {
            *next += 1;
        }
        if self.nodes.get(*next) == Some(&id) {
            self.positions[*next] = position;
        }
    }

    fn lines(self) -> Vec<NamedLine> {
        let position = |node: &i64| self.positions[self.nodes.binary_search(node).ok()?];
        self.ways
            .into_iter()
            .chain(self.limits)
            .filter_map(|line| {
                let parts: Vec<Vec<Position>> = line
                    .runs
                    .iter()
                    .flat_map(|run| placed_parts(run.iter().map(position)))
                    .collect();
                (!parts.is_empty()).then_some(NamedLine {
                    origin: line.origin,
                    named: line.named,
                    parts,
                })
            })
            .collect()
    }
}

fn too_much(zh: &str, en: &str, limit: usize) -> Text {
    Text::new(
        format!("范围内的{zh}超过 {limit} 个，请用 --bbox 缩小范围"),
        format!("more than {limit} {en} in the box: make it smaller with --bbox"),
    )
}

/// The stretches of a line whose nodes are inside, each with the next node beyond its ends.
fn runs_inside(nodes: &[i64], inside: impl Fn(i64) -> bool) -> Vec<Vec<i64>> {
    let inside: Vec<bool> = nodes.iter().map(|node| inside(*node)).collect();
    let near = |place: usize| {
        let before = place.checked_sub(1).is_some_and(|before| inside[before]);
        inside[place] || before || inside.get(place + 1).is_some_and(|after| *after)
    };
    let places: Vec<usize> = (0..nodes.len()).filter(|place| near(*place)).collect();
    places
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| nodes[run[0]..=run[run.len() - 1]].to_vec())
        .collect()
}

/// The parts of a line between nodes that are missing, without repeated points.
fn placed_parts(positions: impl Iterator<Item = Option<Position>>) -> Vec<Vec<Position>> {
    let mut parts = vec![Vec::new()];
    for position in positions {
        match (position, parts.last_mut()) {
            (Some(position), Some(part)) => {
                if part.last() != Some(&position) {
                    part.push(position);
                }
            }
            _ => parts.push(Vec::new()),
        }
    }
    parts.retain(|part| part.len() > 1);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_reach_one_node_over_the_edge() {
        let inside = |node: i64| node < 100;
        for (nodes, runs) in [
            (&[1, 2, 3][..], &[&[1, 2, 3][..]][..]),
            (&[200, 201, 1, 2, 202, 203], &[&[201, 1, 2, 202]]),
            (&[1, 200, 2], &[&[1, 200, 2]]),
            (&[1, 200, 201, 2], &[&[1, 200, 201, 2]]),
            (&[1, 200, 201, 202, 2], &[&[1, 200], &[202, 2]]),
            (&[200, 201], &[]),
            (&[], &[]),
        ] {
            assert_eq!(runs_inside(nodes, inside), runs, "{nodes:?}");
        }
    }

    #[test]
    fn a_missing_node_cuts_and_a_repeated_one_is_dropped() {
        let [a, b, c] = [[1, 1], [2, 2], [3, 3]];
        let parts = |line: &[Option<Position>]| placed_parts(line.iter().copied());
        assert_eq!(
            parts(&[Some(a), Some(b), None, Some(b), Some(c)]),
            [[a, b], [b, c]]
        );
        assert_eq!(parts(&[None, Some(a), Some(a), Some(b)]), [[a, b]]);
        assert!(parts(&[Some(a), None, Some(b), Some(b)]).is_empty());
    }
}
