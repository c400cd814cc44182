//! A filter as it is written, whichever its encoding: names unresolved, types unchecked.

use std::{fmt::Write, rc::Rc};

use geojson::Geometry;

use super::{limits, time::Instant};
use crate::model::Text;

/// Where something stands in a filter.
#[derive(Debug, Clone)]
pub enum Place {
    /// So many characters (Unicode code points) come before it.
    Character(usize),
    /// At this member of the JSON; `None` is the whole.
    Member(Option<Rc<Step>>),
}

/// A way down into JSON.
#[derive(Debug)]
pub struct Step {
    parent: Option<Rc<Step>>,
    name: String,
}

impl Place {
    /// The whole of a JSON filter.
    pub const ROOT: Self = Self::Member(None);

    /// A member of what stands here.
    pub fn member(&self, name: &(impl ToString + ?Sized)) -> Self {
        match self {
            Self::Character(_) => self.clone(),
            Self::Member(parent) => Self::Member(Some(Rc::new(Step {
                parent: parent.clone(),
                name: name.to_string(),
            }))),
        }
    }

    /// An error here.
    pub fn error(&self, zh: impl AsRef<str>, en: impl AsRef<str>) -> Text {
        let (zh, en) = (zh.as_ref(), en.as_ref());
        match self {
            Self::Character(before) => {
                let number = before + 1;
                Text::new(
                    format!("filter 第 {number} 个字符处：{zh}"),
                    format!("filter, character {number}: {en}"),
                )
            }
            Self::Member(step) => {
                let mut names = Vec::new();
                let mut next = step.as_ref();
                while let Some(step) = next {
                    names.push(&step.name);
                    next = step.parent.as_ref();
                }
                let mut pointer = String::new();
                for name in names.into_iter().rev() {
                    let _ = write!(pointer, "/{name}");
                }
                Text::new(
                    format!("filter“{pointer}”处：{zh}"),
                    format!("filter, at “{pointer}”: {en}"),
                )
            }
        }
    }

    /// An error that was described already, here.
    pub fn wrap(&self, error: &Text) -> Text {
        self.error(&error.zh, &error.en)
    }
}

/// A piece of a filter, and its place.
#[derive(Debug)]
pub struct Node {
    /// Where it stands.
    pub at: Place,
    /// What it is.
    pub kind: Kind,
    /// The longest way down from here.
    depth: usize,
}

/// Places do not make a difference.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What a piece of a filter is.
#[derive(Debug, PartialEq)]
pub enum Kind {
    /// The name of a property.
    Property(String),
    /// A literal text.
    Text(String),
    /// A finite number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A day or a moment.
    Instant(Instant),
    /// The open end of an interval.
    Open,
    /// From one to another of [`Kind::Instant`], [`Kind::Open`] or [`Kind::Property`].
    Interval(Box<[Node; 2]>),
    /// A geometry, unchecked, in the filter's reference system and axis order.
    Geometry(Box<Geometry>),
    /// A rectangle: the first corner, the second corner.
    Box([f64; 4]),
    /// Several values.
    List(Vec<Node>),
    /// An operation on as many operands as it takes.
    Call(Operator, Vec<Node>),
}

impl Node {
    /// What has no parts.
    pub fn leaf(at: Place, kind: Kind) -> Self {
        Self { at, kind, depth: 1 }
    }

    /// A list of values.
    ///
    /// # Errors
    /// Where it is nested too deeply.
    pub fn list(at: Place, items: Vec<Node>) -> Result<Self, Text> {
        let depth = deepest(&at, &items)?;
        let kind = Kind::List(items);
        Ok(Self { at, kind, depth })
    }

    /// A span of time.
    pub fn interval(at: Place, start: Node, end: Node) -> Self {
        let kind = Kind::Interval(Box::new([start, end]));
        Self { at, kind, depth: 2 }
    }

    /// An operation. A conjunction of conjunctions is one conjunction, likewise with `OR`: chains of
    /// them are no nesting.
    ///
    /// # Errors
    /// Where it takes another number of operands, or is nested too deeply.
    pub fn call(at: Place, operator: Operator, operands: Vec<Node>) -> Result<Self, Text> {
        let takes = operator.takes();
        if !takes.contains(&operands.len()) {
            let (name, count, least) = (operator.name(), operands.len(), takes.start());
            return Err(at.error(
                format!("{name} 应有 {least} 个操作数，这里有 {count} 个"),
                format!("{name} takes {least} operands, here are {count}"),
            ));
        }
        let operands = if matches!(operator, Operator::And | Operator::Or) {
            let mut flat = Vec::with_capacity(operands.len());
            for operand in operands {
                match operand.kind {
                    Kind::Call(inner, more) if inner == operator => flat.extend(more),
                    kind => flat.push(Self { kind, ..operand }),
                }
            }
            flat
        } else {
            operands
        };
        let depth = deepest(&at, &operands)?;
        let kind = Kind::Call(operator, operands);
        Ok(Self { at, kind, depth })
    }
}

fn deepest(at: &Place, parts: &[Node]) -> Result<usize, Text> {
    let depth = 1 + parts.iter().map(|part| part.depth).max().unwrap_or(0);
    if depth > limits::DEPTH {
        return Err(too_deep(at));
    }
    Ok(depth)
}

/// What is nested too deeply.
pub fn too_deep(at: &Place) -> Text {
    let most = limits::DEPTH;
    at.error(
        format!("嵌套超过 {most} 层，请简化"),
        format!("it is nested more than {most} deep: simplify it"),
    )
}

/// An error: geometries have too many vertices.
pub fn too_many_vertices(at: &Place) -> Text {
    let most = limits::VERTICES;
    at.error(
        format!("filter 中的几何最多 {most} 个顶点，请先简化"),
        format!("the geometries of a filter may have {most} vertices: simplify them"),
    )
}

/// Counts terms as they are read.
#[derive(Default)]
pub struct Counter {
    terms: usize,
    vertices: usize,
}

impl Counter {
    /// One term more.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn term(&mut self, at: &Place) -> Result<(), Text> {
        self.terms += 1;
        if self.terms > limits::TERMS {
            let most = limits::TERMS;
            return Err(at.error(
                format!("filter 最多 {most} 项，请简化"),
                format!("a filter may have {most} terms: simplify it"),
            ));
        }
        Ok(())
    }

    /// Vertices more.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn vertices(&mut self, at: &Place, count: usize) -> Result<(), Text> {
        self.vertices += count;
        if self.vertices > limits::VERTICES {
            return Err(too_many_vertices(at));
        }
        Ok(())
    }

    /// Vertices that are still to be had.
    pub fn vertices_left(&self) -> usize {
        limits::VERTICES - self.vertices
    }
}

macro_rules! operators {
    ($($variant:ident $name:literal $least:literal ..= $most:expr,)*) => {
        /// The operations of CQL2.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Operator {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )*
        }

        impl Operator {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in JSON; in text, names are the same but for their case.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How many operands it takes.
            fn takes(self) -> std::ops::RangeInclusive<usize> {
                match self {
                    $(Self::$variant => $least..=$most,)*
                }
            }
        }
    };
}

operators! {
    And "and" 2..=usize::MAX,
    Or "or" 2..=usize::MAX,
    Not "not" 1..=1,
    Equal "=" 2..=2,
    NotEqual "<>" 2..=2,
    Less "<" 2..=2,
    Greater ">" 2..=2,
    LessOrEqual "<=" 2..=2,
    GreaterOrEqual ">=" 2..=2,
    Like "like" 2..=2,
    Between "between" 3..=3,
    In "in" 2..=2,
    IsNull "isNull" 1..=1,
    Casei "casei" 1..=1,
    Accenti "accenti" 1..=1,
    Add "+" 2..=2,
    Subtract "-" 2..=2,
    Multiply "*" 2..=2,
    Divide "/" 2..=2,
    Remainder "%" 2..=2,
    WholeDivide "div" 2..=2,
    Power "^" 2..=2,
    SIntersects "s_intersects" 2..=2,
    SEquals "s_equals" 2..=2,
    SDisjoint "s_disjoint" 2..=2,
    STouches "s_touches" 2..=2,
    SWithin "s_within" 2..=2,
    SOverlaps "s_overlaps" 2..=2,
    SCrosses "s_crosses" 2..=2,
    SContains "s_contains" 2..=2,
    TAfter "t_after" 2..=2,
    TBefore "t_before" 2..=2,
    TContains "t_contains" 2..=2,
    TDisjoint "t_disjoint" 2..=2,
    TDuring "t_during" 2..=2,
    TEquals "t_equals" 2..=2,
    TFinishedBy "t_finishedBy" 2..=2,
    TFinishes "t_finishes" 2..=2,
    TIntersects "t_intersects" 2..=2,
    TMeets "t_meets" 2..=2,
    TMetBy "t_metBy" 2..=2,
    TOverlappedBy "t_overlappedBy" 2..=2,
    TOverlaps "t_overlaps" 2..=2,
    TStartedBy "t_startedBy" 2..=2,
    TStarts "t_starts" 2..=2,
    AContains "a_contains" 2..=2,
    AContainedBy "a_containedBy" 2..=2,
    AEquals "a_equals" 2..=2,
    AOverlaps "a_overlaps" 2..=2,
}

impl Operator {
    /// Finds one by its name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        let named = |operator: &&Self| operator.name().eq_ignore_ascii_case(name);
        Self::ALL.iter().find(named).copied()
    }

    /// Whether text writes it as a function.
    pub fn is_function(self) -> bool {
        self.name().get(1..2) == Some("_") || matches!(self, Self::Casei | Self::Accenti)
    }

    /// Whether its operands are arrays.
    pub fn is_on_arrays(self) -> bool {
        self.name().starts_with("a_")
    }
}
