//! Syntax to expression: names are resolved, types checked, geometry read.

use super::{
    Queryable, Type,
    expression::{
        Arithmetic, ArrayRelation, Comparison, Condition, InstantOperand, ListOperand, Membership,
        NumberOperand, Operand, Pair, Scalar, SpatialOperand, TextOperand, TimeOperand,
    },
    folding,
    like::Pattern,
    shape::{Shape, SpatialRelation},
    syntax::{Kind, Node, Operator, Place},
    time::{Instant, TemporalRelation},
};
use crate::{
    geometry::{crossings, crs::Crs, region::lines_of},
    model::{Text, shortened},
};

/// Makes a condition of a filter whose geometries are in `crs`.
///
/// # Errors
/// What is wrong where.
pub fn condition<P: Copy>(
    node: &Node,
    crs: Crs,
    queryables: &[Queryable<P>],
) -> Result<Condition<P>, Text> {
    Checker { crs, queryables }.condition(node)
}

struct Checker<'a, P> {
    crs: Crs,
    queryables: &'a [Queryable<P>],
}

impl<P: Copy> Checker<'_, P> {
    fn property(&self, name: &str, at: &Place) -> Result<&Queryable<P>, Text> {
        self.queryables
            .iter()
            .find(|queryable| queryable.name == name)
            .ok_or_else(|| {
                let names: Vec<&str> = self.queryables.iter().map(|q| &*q.name).collect();
                let (list, name) = (names.join(", "), shortened(name));
                at.error(
                    format!("没有可查询的属性“{name}”；有：{list}"),
                    format!("there is no queryable “{name}”; there are: {list}"),
                )
            })
    }

    /// An error: something else should stand there.
    fn mismatch(&self, node: &Node, zh: &str, en: &str) -> Text {
        let found = self.describe(node);
        node.at.error(
            format!("{}，应为{zh}", found.zh),
            format!("{}, it should be {en}", found.en),
        )
    }

    /// What a node is, in words.
    fn describe(&self, node: &Node) -> Text {
        match &node.kind {
            Kind::Property(name) => {
                let queryable = self.queryables.iter().find(|q| q.name == *name);
                let kind = queryable.map_or_else(Text::default, |q| type_name(q.kind));
                let name = shortened(name);
                Text::new(
                    format!("属性“{name}”是{}", kind.zh),
                    format!("the property “{name}” is {}", kind.en),
                )
            }
            Kind::Text(text) => {
                let text = shortened(text);
                Text::new(format!("“{text}”是文字"), format!("“{text}” is text"))
            }
            Kind::Number(number) => {
                Text::new(format!("{number} 是数"), format!("{number} is a number"))
            }
            Kind::Boolean(truth) => Text::new(
                format!("{truth} 是真假值"),
                format!("{truth} is true or false"),
            ),
            Kind::Instant(_) => Text::new("此处是时间", "this is a time"),
            Kind::Open => Text::new("“..”是区间的开放端", "“..” is an open end"),
            Kind::Interval(_) => Text::new("此处是时间区间", "this is an interval"),
            Kind::Geometry(_) | Kind::Box(_) => Text::new("此处是几何", "this is a geometry"),
            Kind::List(_) => Text::new("此处是列表", "this is a list"),
            Kind::Call(operator, _) => {
                let name = operator.name();
                let (zh, en) = match self.sort_of(node) {
                    Ok(Sort::Text) => ("文字", "text"),
                    Ok(Sort::Number) => ("数", "a number"),
                    _ => ("条件", "a condition"),
                };
                Text::new(
                    format!("{name} 的结果是{zh}"),
                    format!("the result of {name} is {en}"),
                )
            }
        }
    }

    fn condition(&self, node: &Node) -> Result<Condition<P>, Text> {
        let wrong = || {
            self.mismatch(
                node,
                "条件（例如 status = 'planned'）",
                "a condition (such as status = 'planned')",
            )
        };
        match &node.kind {
            Kind::Boolean(truth) => Ok(Condition::Constant(Some(*truth))),
            Kind::Property(name) => {
                let queryable = self.property(name, &node.at)?;
                if queryable.kind != Type::Boolean {
                    return Err(wrong());
                }
                Ok(Condition::Property(queryable.property))
            }
            Kind::Call(operator, operands) => self.call(node, *operator, operands, wrong),
            _ => Err(wrong()),
        }
    }

    fn call(
        &self,
        node: &Node,
        operator: Operator,
        operands: &[Node],
        wrong: impl Fn() -> Text,
    ) -> Result<Condition<P>, Text> {
        let all = || {
            let parts = operands.iter().map(|part| self.condition(part));
            parts.collect::<Result<Vec<_>, _>>()
        };
        match (operator, operands) {
            (Operator::And, _) => Ok(Condition::And(all()?)),
            (Operator::Or, _) => Ok(Condition::Or(all()?)),
            (Operator::Not, [inner]) => Ok(Condition::Not(Box::new(self.condition(inner)?))),
            (Operator::Like, [value, pattern]) => Ok(Condition::Like(
                self.text(value)?,
                Pattern::new(&self.pattern(pattern)?),
            )),
            (Operator::Between, [value, low, high]) => Ok(Condition::Between(
                self.number(value)?,
                self.number(low)?,
                self.number(high)?,
            )),
            (Operator::In, [value, list]) => Ok(Condition::In(self.membership(value, list)?)),
            (Operator::IsNull, [operand]) => {
                Ok(Condition::IsNull(Box::new(self.operand(operand)?)))
            }
            (_, [a, b]) => {
                if let Some(comparison) = comparison(operator) {
                    Ok(Condition::Compare(comparison, self.pair(a, b)?))
                } else if let Some(relation) = spatial_relation(operator) {
                    self.spatial_condition(node, relation, a, b)
                } else if let Some(relation) = temporal_relation(operator) {
                    self.temporal_condition(operator, relation, a, b)
                } else if let Some(relation) = array_relation(operator) {
                    self.array_condition(relation, a, b)
                } else {
                    Err(wrong())
                }
            }
            _ => Err(wrong()),
        }
    }

    /// What sort of value a node has.
    fn sort_of(&self, node: &Node) -> Result<Sort, Text> {
        Ok(match &node.kind {
            Kind::Property(name) => match self.property(name, &node.at)?.kind {
                Type::Text => Sort::Text,
                Type::Number => Sort::Number,
                Type::Boolean => Sort::Boolean,
                Type::Date | Type::Timestamp => Sort::Instant,
                Type::Days => Sort::Time,
                Type::Texts => Sort::List,
                Type::Geometry => Sort::Geometry,
            },
            Kind::Text(_) | Kind::Call(Operator::Casei | Operator::Accenti, _) => Sort::Text,
            Kind::Number(_) => Sort::Number,
            Kind::Instant(_) => Sort::Instant,
            Kind::Open | Kind::Interval(_) => Sort::Time,
            Kind::Geometry(_) | Kind::Box(_) => Sort::Geometry,
            Kind::List(_) => Sort::List,
            Kind::Call(operator, _) if arithmetic(*operator).is_some() => Sort::Number,
            Kind::Boolean(_) | Kind::Call(..) => Sort::Boolean,
        })
    }

    fn pair(&self, a: &Node, b: &Node) -> Result<Pair<P>, Text> {
        Ok(match self.sort_of(a)? {
            Sort::Text => Pair::Text(self.text(a)?, self.text(b)?),
            Sort::Number => Pair::Number(self.number(a)?, self.number(b)?),
            Sort::Boolean => {
                Pair::Boolean(Box::new(self.condition(a)?), Box::new(self.condition(b)?))
            }
            Sort::Instant => Pair::Instant(self.instant(a)?, self.instant(b)?),
            sort => return Err(self.no_scalar(a, sort)),
        })
    }

    fn membership(&self, value: &Node, list: &Node) -> Result<Membership<P>, Text> {
        let Kind::List(items) = &list.kind else {
            return Err(self.mismatch(list, "列表", "a list"));
        };
        Ok(match self.sort_of(value)? {
            Sort::Text => {
                let list = items.iter().map(|item| self.text(item));
                Membership::Text(self.text(value)?, list.collect::<Result<_, _>>()?)
            }
            Sort::Number => {
                let list = items.iter().map(|item| self.number(item));
                Membership::Number(self.number(value)?, list.collect::<Result<_, _>>()?)
            }
            Sort::Boolean => {
                let list = items.iter().map(|item| self.condition(item).map(Box::new));
                Membership::Boolean(
                    Box::new(self.condition(value)?),
                    list.collect::<Result<_, _>>()?,
                )
            }
            Sort::Instant => {
                let list = items.iter().map(|item| self.instant(item));
                Membership::Instant(self.instant(value)?, list.collect::<Result<_, _>>()?)
            }
            sort => return Err(self.no_scalar(value, sort)),
        })
    }

    /// An error: a value that has no order; which functions there are for it.
    fn no_scalar(&self, node: &Node, sort: Sort) -> Text {
        let (zh, en) = match sort {
            Sort::Time => (
                "时间区间用 T_… 函数比较",
                "intervals are compared by the functions T_…",
            ),
            Sort::Geometry => (
                "几何用 S_… 函数比较",
                "geometries are compared by the functions S_…",
            ),
            _ => (
                "列表用 A_… 函数比较",
                "lists are compared by the functions A_…",
            ),
        };
        let found = self.describe(node);
        node.at
            .error(format!("{}；{zh}", found.zh), format!("{}; {en}", found.en))
    }

    fn text(&self, node: &Node) -> Result<TextOperand<P>, Text> {
        let wrong = || self.mismatch(node, "文字", "text");
        match &node.kind {
            Kind::Text(text) => Ok(TextOperand::Literal(text.clone())),
            Kind::Property(name) => {
                let queryable = self.property(name, &node.at)?;
                if queryable.kind != Type::Text {
                    return Err(wrong());
                }
                Ok(TextOperand::Property(queryable.property))
            }
            Kind::Call(operator @ (Operator::Casei | Operator::Accenti), operands) => {
                let [inner] = operands.as_slice() else {
                    return Err(wrong());
                };
                Ok(match (operator, self.text(inner)?) {
                    (Operator::Casei, TextOperand::Literal(text)) => {
                        TextOperand::Literal(folding::case_folded(&text))
                    }
                    (_, TextOperand::Literal(text)) => {
                        TextOperand::Literal(folding::unaccented(&text))
                    }
                    (Operator::Casei, inner) => TextOperand::CaseFolded(Box::new(inner)),
                    (_, inner) => TextOperand::Unaccented(Box::new(inner)),
                })
            }
            _ => Err(wrong()),
        }
    }

    /// A pattern is a literal, so that it is read once.
    fn pattern(&self, node: &Node) -> Result<String, Text> {
        match self.text(node) {
            Ok(TextOperand::Literal(text)) => Ok(text),
            Ok(_) => Err(node.at.error(
                "LIKE 的样式应为写明的文字，例如 '%公园'",
                "the pattern of LIKE should be a literal, such as '%park'",
            )),
            Err(error) => Err(error),
        }
    }

    fn number(&self, node: &Node) -> Result<NumberOperand<P>, Text> {
        let wrong = || self.mismatch(node, "数", "a number");
        match &node.kind {
            Kind::Number(number) => Ok(NumberOperand::Literal(*number)),
            Kind::Property(name) => {
                let queryable = self.property(name, &node.at)?;
                if queryable.kind != Type::Number {
                    return Err(wrong());
                }
                Ok(NumberOperand::Property(queryable.property))
            }
            Kind::Call(operator, operands) => {
                let (Some(operation), [a, b]) = (arithmetic(*operator), operands.as_slice()) else {
                    return Err(wrong());
                };
                let operands = [self.number(a)?, self.number(b)?];
                Ok(NumberOperand::Arithmetic(operation, Box::new(operands)))
            }
            _ => Err(wrong()),
        }
    }

    fn instant(&self, node: &Node) -> Result<InstantOperand<P>, Text> {
        let wrong = || {
            self.mismatch(
                node,
                "时间，例如 DATE('2024-02-29') 或 TIMESTAMP('2024-02-29T08:30:00Z')",
                "a time, such as DATE('2024-02-29') or TIMESTAMP('2024-02-29T08:30:00Z')",
            )
        };
        match &node.kind {
            Kind::Instant(instant) => Ok(InstantOperand::Literal(*instant)),
            Kind::Property(name) => {
                let queryable = self.property(name, &node.at)?;
                if !matches!(queryable.kind, Type::Date | Type::Timestamp) {
                    return Err(wrong());
                }
                Ok(InstantOperand::Property(queryable.property))
            }
            _ => Err(wrong()),
        }
    }

    fn time(&self, node: &Node) -> Result<TimeOperand<P>, Text> {
        match &node.kind {
            Kind::Interval(ends) => {
                let [start, end] = &**ends;
                let grains = [self.grain(start)?, self.grain(end)?];
                if let [Some(start), Some(end)] = grains
                    && start != end
                {
                    return Err(node.at.error(
                        "区间的两端应同为日期或同为时刻",
                        "both ends of an interval should be days, or both moments",
                    ));
                }
                let (start, end) = (self.end(start)?, self.end(end)?);
                if let (Some(InstantOperand::Literal(start)), Some(InstantOperand::Literal(end))) =
                    (&start, &end)
                    && start.compare(*end).is_gt()
                {
                    return Err(node
                        .at
                        .error("区间的终点早于起点", "the interval ends before it starts"));
                }
                Ok(TimeOperand::Interval(start, end))
            }
            Kind::Property(name) => {
                let queryable = self.property(name, &node.at)?;
                match queryable.kind {
                    Type::Days => Ok(TimeOperand::Property(queryable.property)),
                    _ => self.instant(node).map(TimeOperand::Instant),
                }
            }
            _ => self.instant(node).map(TimeOperand::Instant),
        }
    }

    fn end(&self, node: &Node) -> Result<Option<InstantOperand<P>>, Text> {
        match node.kind {
            Kind::Open => Ok(None),
            _ => self.instant(node).map(Some),
        }
    }

    /// Whether an end of an interval is a day; an open one may be either.
    fn grain(&self, node: &Node) -> Result<Option<bool>, Text> {
        Ok(match &node.kind {
            Kind::Instant(instant) => Some(Instant::is_date(*instant)),
            Kind::Property(name) => Some(self.property(name, &node.at)?.kind == Type::Date),
            _ => None,
        })
    }

    fn temporal_condition(
        &self,
        operator: Operator,
        relation: TemporalRelation,
        a: &Node,
        b: &Node,
    ) -> Result<Condition<P>, Text> {
        let (first, second) = (self.time(a)?, self.time(b)?);
        for (node, operand) in [(a, &first), (b, &second)] {
            if matches!(operand, TimeOperand::Instant(_)) && !relation.takes_instants() {
                let name = operator.name();
                return Err(node.at.error(
                    format!("{name} 比较时间区间，此处是单个时间；请用 INTERVAL"),
                    format!("{name} compares intervals, here is an instant: use INTERVAL"),
                ));
            }
        }
        Ok(Condition::Temporal(relation, first, second))
    }

    fn spatial(&self, node: &Node) -> Result<SpatialOperand<P>, Text> {
        let wrong = || self.mismatch(node, "几何", "a geometry");
        let shape = match &node.kind {
            Kind::Geometry(geometry) => Shape::read(geometry, self.crs),
            Kind::Box(corners) => Shape::rectangle(*corners, self.crs),
            Kind::Property(name) => {
                let queryable = self.property(name, &node.at)?;
                if queryable.kind != Type::Geometry {
                    return Err(wrong());
                }
                return Ok(SpatialOperand::Property(queryable.property));
            }
            _ => return Err(wrong()),
        };
        let shape = shape.map_err(|error| node.at.wrap(&error))?;
        Ok(SpatialOperand::Literal(Box::new(shape)))
    }

    fn spatial_condition(
        &self,
        node: &Node,
        relation: SpatialRelation,
        a: &Node,
        b: &Node,
    ) -> Result<Condition<P>, Text> {
        let (first, second) = (self.spatial(a)?, self.spatial(b)?);
        let is_collection = |operand: &SpatialOperand<P>| matches!(operand, SpatialOperand::Literal(shape) if shape.is_collection());
        if !matches!(
            relation,
            SpatialRelation::Intersects | SpatialRelation::Disjoint
        ) && (is_collection(&first) || is_collection(&second))
        {
            return Err(node.at.error(
                "各部分维数不同或相互重叠的 GEOMETRYCOLLECTION 只能用于 S_INTERSECTS 和 S_DISJOINT",
                "a GEOMETRYCOLLECTION of parts of several dimensions, or that overlap, is taken by S_INTERSECTS and S_DISJOINT only",
            ));
        }
        Ok(match (&first, &second) {
            (SpatialOperand::Literal(a), SpatialOperand::Literal(b)) => {
                if !crossings::are_few(lines_of(a.geometry()), lines_of(b.geometry())) {
                    return Err(node.at.error(
                        "两个几何的边线相交处太多，请先简化",
                        "the outlines of the two geometries meet in too many places: simplify them first",
                    ));
                }
                Condition::Constant(Some(a.relates(relation, b)))
            }
            _ => Condition::Spatial(relation, first, second),
        })
    }

    fn list(&self, node: &Node, texts_only: bool) -> Result<ListOperand<P>, Text> {
        let wrong = || self.mismatch(node, "列表，例如 ('a', 'b')", "a list, such as ('a', 'b')");
        match &node.kind {
            Kind::List(items) => {
                let items = items.iter().map(|item| {
                    if texts_only {
                        return self.text(item).map(Scalar::Text);
                    }
                    self.scalar(item)
                });
                Ok(ListOperand::Literal(items.collect::<Result<_, _>>()?))
            }
            Kind::Property(name) => {
                let queryable = self.property(name, &node.at)?;
                if queryable.kind != Type::Texts {
                    return Err(wrong());
                }
                Ok(ListOperand::Property(queryable.property))
            }
            _ => Err(wrong()),
        }
    }

    fn array_condition(
        &self,
        relation: ArrayRelation,
        a: &Node,
        b: &Node,
    ) -> Result<Condition<P>, Text> {
        let is_property = |node: &Node| matches!(node.kind, Kind::Property(_));
        let texts_only = is_property(a) || is_property(b);
        Ok(Condition::Array(
            relation,
            self.list(a, texts_only)?,
            self.list(b, texts_only)?,
        ))
    }

    fn scalar(&self, node: &Node) -> Result<Scalar<P>, Text> {
        Ok(match self.sort_of(node)? {
            Sort::Text => Scalar::Text(self.text(node)?),
            Sort::Number => Scalar::Number(self.number(node)?),
            Sort::Boolean => Scalar::Boolean(Box::new(self.condition(node)?)),
            Sort::Instant => Scalar::Instant(self.instant(node)?),
            Sort::Time | Sort::Geometry | Sort::List => {
                return Err(self.mismatch(
                    node,
                    "文字、数、真假值或时间",
                    "text, a number, true or false, or a time",
                ));
            }
        })
    }

    fn operand(&self, node: &Node) -> Result<Operand<P>, Text> {
        Ok(match self.sort_of(node)? {
            Sort::Time => Operand::Time(self.time(node)?),
            Sort::Geometry => Operand::Spatial(self.spatial(node)?),
            Sort::List => Operand::List(self.list(node, false)?),
            _ => Operand::Scalar(self.scalar(node)?),
        })
    }
}

/// What sort of value something has.
#[derive(Clone, Copy)]
enum Sort {
    Text,
    Number,
    Boolean,
    Instant,
    Time,
    Geometry,
    List,
}

fn type_name(kind: Type) -> Text {
    let (zh, en) = match kind {
        Type::Text => ("文字", "text"),
        Type::Number => ("数", "a number"),
        Type::Boolean => ("真假值", "true or false"),
        Type::Date => ("日期", "a day"),
        Type::Timestamp => ("时刻", "a moment"),
        Type::Days => ("时间区间", "an interval"),
        Type::Texts => ("文字的列表", "a list of texts"),
        Type::Geometry => ("几何", "a geometry"),
    };
    Text::new(zh, en)
}

fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Equal => Comparison::Equal,
        Operator::NotEqual => Comparison::NotEqual,
        Operator::Less => Comparison::Less,
        Operator::Greater => Comparison::Greater,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic(operator: Operator) -> Option<Arithmetic> {
    Some(match operator {
        Operator::Add => Arithmetic::Add,
        Operator::Subtract => Arithmetic::Subtract,
        Operator::Multiply => Arithmetic::Multiply,
        Operator::Divide => Arithmetic::Divide,
        Operator::Remainder => Arithmetic::Remainder,
        Operator::WholeDivide => Arithmetic::WholeDivide,
        Operator::Power => Arithmetic::Power,
        _ => return None,
    })
}

fn spatial_relation(operator: Operator) -> Option<SpatialRelation> {
    Some(match operator {
        Operator::SIntersects => SpatialRelation::Intersects,
        Operator::SEquals => SpatialRelation::Equals,
        Operator::SDisjoint => SpatialRelation::Disjoint,
        Operator::STouches => SpatialRelation::Touches,
        Operator::SWithin => SpatialRelation::Within,
        Operator::SOverlaps => SpatialRelation::Overlaps,
        Operator::SCrosses => SpatialRelation::Crosses,
        Operator::SContains => SpatialRelation::Contains,
        _ => return None,
    })
}

fn temporal_relation(operator: Operator) -> Option<TemporalRelation> {
    Some(match operator {
        Operator::TAfter => TemporalRelation::After,
        Operator::TBefore => TemporalRelation::Before,
        Operator::TContains => TemporalRelation::Contains,
        Operator::TDisjoint => TemporalRelation::Disjoint,
        Operator::TDuring => TemporalRelation::During,
        Operator::TEquals => TemporalRelation::Equals,
        Operator::TFinishedBy => TemporalRelation::FinishedBy,
        Operator::TFinishes => TemporalRelation::Finishes,
        Operator::TIntersects => TemporalRelation::Intersects,
        Operator::TMeets => TemporalRelation::Meets,
        Operator::TMetBy => TemporalRelation::MetBy,
        Operator::TOverlappedBy => TemporalRelation::OverlappedBy,
        Operator::TOverlaps => TemporalRelation::Overlaps,
        Operator::TStartedBy => TemporalRelation::StartedBy,
        Operator::TStarts => TemporalRelation::Starts,
        _ => return None,
    })
}

fn array_relation(operator: Operator) -> Option<ArrayRelation> {
    Some(match operator {
        Operator::AContains => ArrayRelation::Contains,
        Operator::AContainedBy => ArrayRelation::ContainedBy,
        Operator::AEquals => ArrayRelation::Equals,
        Operator::AOverlaps => ArrayRelation::Overlaps,
        _ => return None,
    })
}
