//! What a blob holds: the header of a file, or a block of nodes, ways and relations.

use super::{
    blobs::Fault,
    wire::{Damaged, Fields, Packed, Value},
};
use crate::model::Text;

/// What a file says of itself.
#[derive(Debug, Default)]
pub struct Header {
    /// West, south, east and north of its data, in units of 10⁻⁷ degrees.
    pub bounds: Option<[i64; 4]>,
    /// The time of its data, in seconds since 1970.
    pub time: Option<i64>,
}

/// The most strings of one block. Writers put 8000 things in a block; without a limit a block of
/// empty strings would take eight times its size.
const MAX_STRINGS: usize = 1 << 20;

/// Features of the format that this reader knows and a file may require.
const KNOWN: [&[u8]; 2] = [b"OsmSchema-V0.6", b"DenseNodes"];

impl Header {
    /// Reads a `HeaderBlock`.
    ///
    /// # Errors
    /// Where the file requires of its readers what this one does not know.
    pub fn parse(message: &[u8]) -> Result<Self, Fault> {
        let mut header = Self::default();
        for field in Fields::of(message) {
            match field? {
                (1, value) => {
                    let mut bounds = [0; 4];
                    for field in Fields::of(value.bytes()?) {
                        // Written as left, right, top, bottom.
                        let (place, value) = match field? {
                            (1, value) => (0, value),
                            (2, value) => (2, value),
                            (3, value) => (3, value),
                            (4, value) => (1, value),
                            _ => continue,
                        };
                        bounds[place] = value.signed()? / 100;
                    }
                    header.bounds = Some(bounds);
                }
                (4, value) => {
                    let required = value.bytes()?;
                    if !KNOWN.contains(&required) {
                        let required = String::from_utf8_lossy(required);
                        return Err(Text::new(
                            format!("文件要求读取程序支持 {required}，这里不支持"),
                            format!(
                                "it requires {required} of its readers, which is not supported here"
                            ),
                        )
                        .into());
                    }
                }
                (32, value) => header.time = Some(value.integer()?),
                _ => {}
            }
        }
        Ok(header)
    }
}

/// Longitude and latitude in units of 10⁻⁷ degrees, as OpenStreetMap keeps them.
pub type Position = [i32; 2];

/// A point.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Its id.
    pub id: i64,
    /// Where it is; `None` where what the file says lies off the globe.
    pub position: Option<Position>,
}

/// A line through nodes.
#[derive(Debug)]
pub struct Way<'a> {
    /// Its id.
    pub id: i64,
    /// What is said of it.
    pub tags: Tags<'a>,
    /// Its nodes, in order.
    refs: Packed<'a>,
}

impl<'a> Way<'a> {
    /// Ids of its nodes, in order.
    pub fn nodes(&self) -> impl Iterator<Item = Result<i64, Damaged>> + use<'a> {
        self.refs.clone().running()
    }
}

/// Things that belong together.
#[derive(Debug)]
pub struct Relation<'a> {
    /// Its id.
    pub id: i64,
    /// What is said of it.
    pub tags: Tags<'a>,
    members: Packed<'a>,
    kinds: Packed<'a>,
}

impl<'a> Relation<'a> {
    /// Ids of the ways among its members.
    pub fn ways(&self) -> impl Iterator<Item = Result<i64, Damaged>> + use<'a> {
        const WAY: u64 = 1;
        let mut kinds = self.kinds.clone();
        self.members
            .clone()
            .running()
            .filter_map(move |id| match (id, kinds.next()) {
                (Ok(id), Some(Ok(WAY))) => Some(Ok(id)),
                (Ok(_), Some(Ok(_))) => None,
                _ => Some(Err(Damaged)),
            })
    }
}

/// Keys and values of one thing.
#[derive(Debug)]
pub struct Tags<'a> {
    strings: &'a [&'a [u8]],
    keys: Packed<'a>,
    values: Packed<'a>,
}

impl<'a> Tags<'a> {
    /// The keys and their values.
    pub fn iter(&self) -> impl Iterator<Item = Result<(&'a str, &'a str), Damaged>> + use<'a> {
        let strings = self.strings;
        let text = move |index: u64| {
            let bytes = strings.get(usize::try_from(index).map_err(|_| Damaged)?);
            std::str::from_utf8(bytes.ok_or(Damaged)?).map_err(|_| Damaged)
        };
        let (mut keys, mut values) = (self.keys.clone(), self.values.clone());
        std::iter::from_fn(move || match (keys.next(), values.next()) {
            (None, None) => None,
            (Some(Ok(key)), Some(Ok(value))) => {
                Some(text(key).and_then(|key| Ok((key, text(value)?))))
            }
            _ => Some(Err(Damaged)),
        })
    }
}

/// Which sorts of thing a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sorts {
    /// Nodes.
    pub nodes: bool,
    /// Ways.
    pub ways: bool,
    /// Relations.
    pub relations: bool,
}

impl Sorts {
    /// Whether one of these is one of those.
    pub fn meet(self, other: Self) -> bool {
        self.nodes && other.nodes || self.ways && other.ways || self.relations && other.relations
    }
}

/// A block of nodes, ways and relations (`PrimitiveBlock`).
#[derive(Debug)]
pub struct Block<'a> {
    message: &'a [u8],
    strings: Vec<&'a [u8]>,
    /// Degrees × 10⁹ of one unit of a coordinate.
    granularity: i64,
    /// Longitude and latitude of coordinates that are 0, degrees × 10⁹.
    origin: [i64; 2],
}

impl<'a> Block<'a> {
    /// Reads what holds for the whole block.
    pub fn parse(message: &'a [u8]) -> Result<Self, Damaged> {
        let mut block = Self {
            message,
            strings: Vec::new(),
            granularity: 100,
            origin: [0, 0],
        };
        for field in Fields::of(message) {
            match field? {
                (1, value) => {
                    for field in Fields::of(value.bytes()?) {
                        if let (1, value) = field? {
                            block.strings.push(value.bytes()?);
                        }
                        if block.strings.len() > MAX_STRINGS {
                            return Err(Damaged);
                        }
                    }
                }
                (17, value) => block.granularity = value.integer()?,
                (19, value) => block.origin[1] = value.integer()?,
                (20, value) => block.origin[0] = value.integer()?,
                _ => {}
            }
        }
        Ok(block)
    }

    /// What it holds.
    pub fn sorts(&self) -> Result<Sorts, Damaged> {
        let mut sorts = Sorts::default();
        for member in self.members() {
            match member?.0 {
                1 | 2 => sorts.nodes = true,
                3 => sorts.ways = true,
                4 => sorts.relations = true,
                _ => {}
            }
        }
        Ok(sorts)
    }

    /// Calls `take` with each node.
    pub fn nodes(&self, mut take: impl FnMut(Node) -> Result<(), Fault>) -> Result<(), Fault> {
        for member in self.members() {
            match member? {
                (1, value) => take(self.node(value.bytes()?)?)?,
                (2, value) => self.dense_nodes(value.bytes()?, &mut take)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Calls `take` with each way.
    pub fn ways(&self, mut take: impl FnMut(Way<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
        for member in self.members() {
            if let (3, value) = member? {
                let mut way = Way {
                    id: 0,
                    tags: self.no_tags(),
                    refs: Packed::default(),
                };
                for field in Fields::of(value.bytes()?) {
                    match field? {
                        (1, value) => way.id = value.integer()?,
                        (2, value) => way.tags.keys.fill(value)?,
                        (3, value) => way.tags.values.fill(value)?,
                        (8, value) => way.refs.fill(value)?,
                        _ => {}
                    }
                }
                take(way)?;
            }
        }
        Ok(())
    }

    /// Calls `take` with each relation.
    pub fn relations(
        &self,
        mut take: impl FnMut(Relation<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for member in self.members() {
            if let (4, value) = member? {
                let mut relation = Relation {
                    id: 0,
                    tags: self.no_tags(),
                    members: Packed::default(),
                    kinds: Packed::default(),
                };
                for field in Fields::of(value.bytes()?) {
                    match field? {
                        (1, value) => relation.id = value.integer()?,
                        (2, value) => relation.tags.keys.fill(value)?,
                        (3, value) => relation.tags.values.fill(value)?,
                        (9, value) => relation.members.fill(value)?,
                        (10, value) => relation.kinds.fill(value)?,
                        _ => {}
                    }
                }
                take(relation)?;
            }
        }
        Ok(())
    }

    /// The fields of all its groups: single nodes 1, dense nodes 2, ways 3, relations 4.
    fn members(&self) -> impl Iterator<Item = Result<(u64, Value<'a>), Damaged>> + use<'a> {
        let groups = Fields::of(self.message).filter_map(|field| match field {
            Ok((2, value)) => Some(value.bytes()),
            Ok(_) => None,
            Err(damaged) => Some(Err(damaged)),
        });
        groups.flat_map(|group| {
            let (fields, damaged) = match group {
                Ok(group) => (Fields::of(group), None),
                Err(damaged) => (Fields::of(&[]), Some(Err(damaged))),
            };
            fields.chain(damaged)
        })
    }

    fn no_tags(&self) -> Tags<'_> {
        Tags {
            strings: &self.strings,
            keys: Packed::default(),
            values: Packed::default(),
        }
    }

    fn node(&self, message: &[u8]) -> Result<Node, Damaged> {
        let (mut id, mut lon, mut lat) = (0, 0, 0);
        for field in Fields::of(message) {
            match field? {
                (1, value) => id = value.signed()?,
                (8, value) => lat = value.signed()?,
                (9, value) => lon = value.signed()?,
                _ => {}
            }
        }
        Ok(Node {
            id,
            position: self.position(lon, lat),
        })
    }

    fn dense_nodes(
        &self,
        message: &[u8],
        take: &mut impl FnMut(Node) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (mut ids, mut lons, mut lats) =
            (Packed::default(), Packed::default(), Packed::default());
        for field in Fields::of(message) {
            match field? {
                (1, value) => ids.fill(value)?,
                (8, value) => lats.fill(value)?,
                (9, value) => lons.fill(value)?,
                _ => {}
            }
        }
        let (mut lons, mut lats) = (lons.running(), lats.running());
        for id in ids.running() {
            let lon = lons.next().ok_or(Damaged)??;
            let lat = lats.next().ok_or(Damaged)??;
            take(Node {
                id: id?,
                position: self.position(lon, lat),
            })?;
        }
        match (lons.next(), lats.next()) {
            (None, None) => Ok(()),
            _ => Err(Fault::Damaged),
        }
    }

    /// `None` off the globe: that is how writers mark a node without a place.
    fn position(&self, lon: i64, lat: i64) -> Option<Position> {
        let place = |units: i64, origin: i64, limit: i32| {
            let nano = units.checked_mul(self.granularity)?.checked_add(origin)?;
            let tenths_of_micro = nano.checked_add(50)?.div_euclid(100);
            let place = i32::try_from(tenths_of_micro).ok()?;
            (-limit..=limit).contains(&place).then_some(place)
        };
        Some([
            place(lon, self.origin[0], 1_800_000_000)?,
            place(lat, self.origin[1], 900_000_000)?,
        ])
    }
}
