//! Why a boundary sentence makes no polygon, in Chinese and in English.

use std::fmt;

use geo::Coord;
use thiserror::Error;

use super::limits::{MAX_AREA_FACTOR, MAX_BRIDGE, MAX_BRIDGE_SHARE, MAX_OFF_SHARE, MAX_VIA};
use super::text::{Direction, TextError};
use crate::model::Text;

/// Why there is no polygon. Reads as plain Chinese; [`Refusal::text`] says it in English too.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{}", join(.reasons, "；"))]
pub struct Refusal {
    pub(super) reasons: Vec<Reason>,
}

impl Refusal {
    /// All reasons in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let texts: Vec<Text> = self.reasons.iter().map(Reason::text).collect();
        let in_english: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
        Text::new(self.to_string(), in_english.join("; "))
    }

    /// The reasons, at least one.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self {
            reasons: vec![reason],
        }
    }
}

/// One reason for which there is no polygon. Lengths are in metres, shares in parts of the outline.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Reason {
    /// The text is not read as a boundary sentence.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The sentence names lines that are not in the data.
    #[error("数据中没有：{}", join(.0, "、"))]
    Unknown(Vec<UnknownName>),
    /// The sentence names what has no line of its own, such as a wall or a street yet to be named.
    #[error("{}不是有名称的线，无法据以定界", .0.join("、"))]
    NotALine(Vec<String>),
    /// A name is an alias of several streets.
    #[error("“{name}”可以指{}，无法确定是哪一条", .streets.join("、"))]
    Several {
        /// As the sentence has it.
        name: String,
        /// The names of the streets in the data.
        streets: Vec<String>,
    },
    /// Two streets that should meet do not, and no way leads from one to the other.
    #[error("{from}与{to}接不上：{}", why_apart(*.metres))]
    NeverMeet {
        /// A street of one side.
        from: String,
        /// A street of the next, or of the same side.
        to: String,
        /// The shortest distance between the two.
        metres: f64,
    },
    /// Two streets leave a gap where the outline would lead, or one street does.
    #[error("{}", break_in_chinese(from, to, *.metres))]
    Break {
        /// The street before the gap, clockwise around the area.
        from: String,
        /// The street after it; maybe the same.
        to: String,
        /// How long it is.
        metres: f64,
        /// Where it begins and ends, in degrees.
        ends: [Coord<f64>; 2],
    },
    /// Neighbouring sides reach each other, and yet there is no way around.
    #[error("沿这些线围不成一圈：顺时针走到“{side}至”一边，接不上{}", .missing.join("、"))]
    NoRing {
        /// The last side that could be reached, clockwise from north.
        side: Direction,
        /// The streets of it that could not, or those of the next.
        missing: Vec<String>,
    },
    /// A street bounds two opposite sides, and neither of those between them.
    #[error("{street}既是“{}至”又是“{}至”，与另外两面围不成一圈", .sides[0], .sides[1])]
    Opposite {
        /// The street.
        street: String,
        /// The two sides.
        sides: [Direction; 2],
    },
    /// The search visits more than [`MAX_STATES`](super::search::MAX_STATES), or finds more than
    /// [`MAX_SOUND`](super::compile::MAX_SOUND) polygons.
    #[error("四至所列的线太多、太密，无法在限定时间内求出")]
    TooComplex,
    /// Sides do not lie where the sentence says.
    #[error("方位矛盾：{}", join(.0, "，"))]
    Contradictory(Vec<Misplaced>),
    /// The outline crosses or touches itself; where, if that is known.
    #[error("围出的边界与自身相交或重叠{}", .0.as_ref().map_or(String::new(), |flaw| format!("：{}", flaw.zh)))]
    NotSimple(Option<Text>),
    /// The polygon is far larger or smaller than the document states.
    #[error(
        "围出的面积是 {}，文中所述是 {}，相差超过 {MAX_AREA_FACTOR} 倍：{}",
        hectares(*.measured_m2).zh,
        hectares(*.stated_m2).zh,
        .cause.zh
    )]
    AreaContradicts {
        /// What the document states, in m².
        stated_m2: f64,
        /// What the polygon measures, in m².
        measured_m2: f64,
        /// What may have gone wrong.
        cause: Text,
    },
    /// The way around a gap is longer than [`MAX_VIA`].
    #[error(
        "{from}与{to}之间要沿{}走 {metres:.0} 米，最长 {MAX_VIA:.0} 米",
        .along.join("、")
    )]
    ViaTooLong {
        /// The named street before the gap.
        from: String,
        /// The named street after it.
        to: String,
        /// The streets followed instead.
        along: Vec<String>,
        /// Their length.
        metres: f64,
    },
    /// Straight bridges make up more than [`MAX_BRIDGE_SHARE`].
    #[error(
        "直线连接共 {metres:.0} 米，占边界的 {:.1}%，最多 {:.0}%：{}",
        .share * 100.0,
        MAX_BRIDGE_SHARE * 100.0,
        join(.gaps, "，")
    )]
    TooMuchBridged {
        /// All bridges together.
        metres: f64,
        /// Of the outline.
        share: f64,
        /// Each of them.
        gaps: Vec<Gap>,
    },
    /// Bridges and ways along other streets make up more than [`MAX_OFF_SHARE`].
    #[error(
        "不沿所列各线的边界共 {metres:.0} 米，占 {:.1}%，最多 {:.0}%：{}",
        .share * 100.0,
        MAX_OFF_SHARE * 100.0,
        join(.gaps, "，")
    )]
    TooMuchElsewhere {
        /// All of it together.
        metres: f64,
        /// Of the outline.
        share: f64,
        /// Each gap between named streets.
        gaps: Vec<Gap>,
    },
}

impl Reason {
    /// The same in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.to_string(), self.in_english())
    }

    /// Whether it is the shape of the ring, and not its length, gaps or area, that is wrong.
    pub(super) fn is_of_shape(&self) -> bool {
        matches!(
            self,
            Self::NoRing { .. }
                | Self::Opposite { .. }
                | Self::Contradictory(_)
                | Self::NotSimple(_)
        )
    }

    fn in_english(&self) -> String {
        match self {
            Self::Text(error) => error.text().en,
            Self::Unknown(names) => {
                let names: Vec<String> = names.iter().map(UnknownName::in_english).collect();
                format!("not in the data: {}", names.join(", "))
            }
            Self::NotALine(names) => format!(
                "not the name of a line, which an outline could follow: {}",
                names.join(", ")
            ),
            Self::Several { name, streets } => format!(
                "“{name}” can mean {}: which one is not certain",
                streets.join(" or ")
            ),
            Self::NeverMeet { from, to, metres } => format!(
                "{from} and {to} do not connect: they are {metres:.0} m apart at the nearest, {}",
                if *metres > MAX_BRIDGE {
                    format!("and a straight bridge is at most {MAX_BRIDGE:.0} m long")
                } else {
                    "but not at the end of a line, so no straight bridge is made".into()
                }
            ),
            Self::Break {
                from, to, metres, ..
            } => {
                let what = if from == to {
                    format!("{from} has a hole of {metres:.0} m in the data")
                } else {
                    format!("{from} and {to} are {metres:.0} m apart where they should meet")
                };
                format!("{what}, and a straight bridge is at most {MAX_BRIDGE:.0} m long")
            }
            Self::NoRing { side, missing } => format!(
                "no ring along these lines: clockwise, the walk comes to the {} side and does not reach {}",
                side.en(),
                missing.join(", ")
            ),
            Self::Opposite { street, sides } => format!(
                "{street} is both the {} and the {} side, and makes no ring with the other two",
                sides[0].en(),
                sides[1].en()
            ),
            Self::TooComplex => {
                "the lines of the sentence are too many and too dense to be solved in the time allowed"
                    .into()
            }
            Self::Contradictory(sides) => {
                let sides: Vec<String> = sides.iter().map(Misplaced::in_english).collect();
                format!("the directions contradict the map: {}", sides.join(", "))
            }
            Self::NotSimple(flaw) => {
                let flaw = flaw.as_ref().map(|flaw| format!(": {}", flaw.en));
                format!("the outline crosses or overlaps itself{}", flaw.unwrap_or_default())
            }
            Self::AreaContradicts {
                stated_m2,
                measured_m2,
                cause,
            } => format!(
                "the polygon measures {} and the document states {}, which differ by more than a factor of {MAX_AREA_FACTOR}: {}",
                hectares(*measured_m2).en,
                hectares(*stated_m2).en,
                cause.en
            ),
            Self::ViaTooLong {
                from,
                to,
                along,
                metres,
            } => format!(
                "between {from} and {to} the way leads along {} for {metres:.0} m, at most {MAX_VIA:.0} m are allowed",
                along.join(", ")
            ),
            Self::TooMuchBridged {
                metres,
                share,
                gaps,
            } => format!(
                "straight bridges make up {metres:.0} m or {:.1}% of the outline, at most {:.0}% are allowed: {}",
                share * 100.0,
                MAX_BRIDGE_SHARE * 100.0,
                gaps_in_english(gaps)
            ),
            Self::TooMuchElsewhere {
                metres,
                share,
                gaps,
            } => format!(
                "{metres:.0} m or {:.1}% of the outline do not follow the named lines, at most {:.0}% are allowed: {}",
                share * 100.0,
                MAX_OFF_SHARE * 100.0,
                gaps_in_english(gaps)
            ),
        }
    }
}

fn gaps_in_english(gaps: &[Gap]) -> String {
    let gap = |gap: &Gap| format!("{:.0} m between {} and {}", gap.metres, gap.from, gap.to);
    gaps.iter().map(gap).collect::<Vec<_>>().join(", ")
}

fn break_in_chinese(from: &str, to: &str, metres: f64) -> String {
    let what = if from == to {
        format!("{from}在数据中缺一段，长 {metres:.0} 米")
    } else {
        format!("{from}与{to}在应相接处相距 {metres:.0} 米")
    };
    format!("{what}，直线连接最长 {MAX_BRIDGE:.0} 米")
}

fn why_apart(metres: f64) -> String {
    if metres > MAX_BRIDGE {
        format!("最近处相距 {metres:.0} 米，直线连接最长 {MAX_BRIDGE:.0} 米")
    } else {
        format!("最近处相距 {metres:.0} 米，但不在线的端头，不作直线连接")
    }
}

fn join<T: fmt::Display>(items: &[T], separator: &str) -> String {
    items
        .iter()
        .map(T::to_string)
        .collect::<Vec<_>>()
        .join(separator)
}

fn hectares(square_metres: f64) -> Text {
    let hectares = square_metres / 1e4;
    Text::new(format!("{hectares:.2} 公顷"), format!("{hectares:.2} ha"))
}

/// A name that is not in the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// As the sentence has it.
    pub name: String,
    /// Names in the data that are nearly the same, the nearest first; at most three. None of them
    /// is used instead.
    pub near: Vec<String>,
}

impl UnknownName {
    fn in_english(&self) -> String {
        if self.near.is_empty() {
            return self.name.clone();
        }
        format!("{} (similar names: {})", self.name, self.near.join(", "))
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.near.is_empty() {
            return Ok(());
        }
        write!(f, "（相近的名称：{}）", self.near.join("、"))
    }
}

/// A side that does not lie where the sentence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// Where the sentence has it.
    pub side: Direction,
    /// The streets of the side.
    pub streets: Vec<String>,
}

impl Misplaced {
    fn in_english(&self) -> String {
        let (side, streets) = (self.side.en(), self.streets.join(", "));
        format!("{streets} (“{}至”) does not lie in the {side}", self.side)
    }
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "“{}至”的{}不在{}面",
            self.side,
            self.streets.join("、"),
            self.side
        )
    }
}

/// A part of the outline between two named streets that follows neither.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The street before it.
    pub from: String,
    /// The street after it.
    pub to: String,
    /// Its length, in metres.
    pub metres: f64,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}与{}之间 {:.0} 米", self.from, self.to, self.metres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(from: &str, to: &str, metres: f64) -> Gap {
        Gap {
            from: from.into(),
            to: to.into(),
            metres,
        }
    }

    fn unknown(name: &str, near: &[&str]) -> UnknownName {
        UnknownName {
            name: name.into(),
            near: near.iter().map(ToString::to_string).collect(),
        }
    }

    fn never_meet(metres: f64) -> Reason {
        Reason::NeverMeet {
            from: "东路".into(),
            to: "南路".into(),
            metres,
        }
    }

    fn gap_between(from: &str, to: &str) -> Reason {
        Reason::Break {
            from: from.into(),
            to: to.into(),
            metres: 299.8,
            ends: [Coord::zero(); 2],
        }
    }

    #[test]
    fn every_reason_is_said_in_both_languages() {
        let gaps = vec![gap("西路", "南路", 190.4), gap("南路", "东路", 200.0)];
        for (reason, zh, en) in [
            (
                Reason::Text(TextError::Twice(Direction::North)),
                "“北至”写了两次",
                "the north side (“北至”) is given twice",
            ),
            (
                Reason::Unknown(vec![
                    unknown("甲路", &[]),
                    unknown("光荣路", &["光荣道", "光明路"]),
                ]),
                "数据中没有：甲路、光荣路（相近的名称：光荣道、光明路）",
                "not in the data: 甲路, 光荣路 (similar names: 光荣道, 光明路)",
            ),
            (
                Reason::NotALine(vec!["规划路".into(), "围墙".into()]),
                "规划路、围墙不是有名称的线，无法据以定界",
                "not the name of a line, which an outline could follow: 规划路, 围墙",
            ),
            (
                Reason::AreaContradicts {
                    stated_m2: 7_100_000.0,
                    measured_m2: 713_456.0,
                    cause: Text::new("请核对", "please check"),
                },
                "围出的面积是 71.35 公顷，文中所述是 710.00 公顷，相差超过 2 倍：请核对",
                "the polygon measures 71.35 ha and the document states 710.00 ha, which differ by more than a factor of 2: please check",
            ),
            (
                Reason::Several {
                    name: "老街".into(),
                    streets: vec!["甲路".into(), "乙路".into()],
                },
                "“老街”可以指甲路、乙路，无法确定是哪一条",
                "“老街” can mean 甲路 or 乙路: which one is not certain",
            ),
            (
                never_meet(260.0),
                "东路与南路接不上：最近处相距 260 米，直线连接最长 250 米",
                "东路 and 南路 do not connect: they are 260 m apart at the nearest, and a straight bridge is at most 250 m long",
            ),
            (
                never_meet(120.0),
                "东路与南路接不上：最近处相距 120 米，但不在线的端头，不作直线连接",
                "东路 and 南路 do not connect: they are 120 m apart at the nearest, but not at the end of a line, so no straight bridge is made",
            ),
            (
                Reason::NoRing {
                    side: Direction::East,
                    missing: vec!["甲路".into(), "乙路".into()],
                },
                "沿这些线围不成一圈：顺时针走到“东至”一边，接不上甲路、乙路",
                "no ring along these lines: clockwise, the walk comes to the east side and does not reach 甲路, 乙路",
            ),
            (
                Reason::Opposite {
                    street: "甲路".into(),
                    sides: [Direction::North, Direction::South],
                },
                "甲路既是“北至”又是“南至”，与另外两面围不成一圈",
                "甲路 is both the north and the south side, and makes no ring with the other two",
            ),
            (
                gap_between("甲路", "甲路"),
                "甲路在数据中缺一段，长 300 米，直线连接最长 250 米",
                "甲路 has a hole of 300 m in the data, and a straight bridge is at most 250 m long",
            ),
            (
                gap_between("甲路", "乙路"),
                "甲路与乙路在应相接处相距 300 米，直线连接最长 250 米",
                "甲路 and 乙路 are 300 m apart where they should meet, and a straight bridge is at most 250 m long",
            ),
            (
                Reason::TooComplex,
                "四至所列的线太多、太密，无法在限定时间内求出",
                "the lines of the sentence are too many and too dense to be solved in the time allowed",
            ),
            (
                Reason::Contradictory(vec![Misplaced {
                    side: Direction::North,
                    streets: vec!["南路".into(), "甲路".into()],
                }]),
                "方位矛盾：“北至”的南路、甲路不在北面",
                "the directions contradict the map: 南路, 甲路 (“北至”) does not lie in the north",
            ),
            (
                Reason::NotSimple(None),
                "围出的边界与自身相交或重叠",
                "the outline crosses or overlaps itself",
            ),
            (
                Reason::NotSimple(Some(Text::new("两边相交", "two sides cross"))),
                "围出的边界与自身相交或重叠：两边相交",
                "the outline crosses or overlaps itself: two sides cross",
            ),
            (
                Reason::ViaTooLong {
                    from: "南路".into(),
                    to: "东路".into(),
                    along: vec!["弯路".into(), "小路".into()],
                    metres: 507.2,
                },
                "南路与东路之间要沿弯路、小路走 507 米，最长 500 米",
                "between 南路 and 东路 the way leads along 弯路, 小路 for 507 m, at most 500 m are allowed",
            ),
            (
                Reason::TooMuchBridged {
                    metres: 390.4,
                    share: 0.122,
                    gaps: gaps.clone(),
                },
                "直线连接共 390 米，占边界的 12.2%，最多 10%：西路与南路之间 190 米，南路与东路之间 200 米",
                "straight bridges make up 390 m or 12.2% of the outline, at most 10% are allowed: 190 m between 西路 and 南路, 200 m between 南路 and 东路",
            ),
            (
                Reason::TooMuchElsewhere {
                    metres: 390.4,
                    share: 0.241,
                    gaps,
                },
                "不沿所列各线的边界共 390 米，占 24.1%，最多 20%：西路与南路之间 190 米，南路与东路之间 200 米",
                "390 m or 24.1% of the outline do not follow the named lines, at most 20% are allowed: 190 m between 西路 and 南路, 200 m between 南路 and 东路",
            ),
        ] {
            assert_eq!(reason.text(), Text::new(zh, en));
            assert_eq!(reason.to_string(), zh);
        }
    }

    #[test]
    fn a_refusal_says_all_its_reasons() {
        let refusal = Refusal {
            reasons: vec![
                Reason::Unknown(vec![unknown("甲路", &[])]),
                Reason::NotSimple(None),
            ],
        };
        assert_eq!(
            refusal.text(),
            Text::new(
                "数据中没有：甲路；围出的边界与自身相交或重叠",
                "not in the data: 甲路; the outline crosses or overlaps itself"
            )
        );
        assert_eq!(refusal.to_string(), refusal.text().zh);
    }
}
