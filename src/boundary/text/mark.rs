//! The words that give a name its side: 北至, 东侧临, 以南.

use super::Direction;
use super::glyph::{Glyph, leading, starts_with};

/// The words before the names of a side: “北至”, “东侧为”, “南、西两侧临”, “东：”.
#[derive(Debug, Clone)]
pub struct Head {
    /// The sides that it gives, in its order.
    pub directions: Vec<Direction>,
    /// Its length in glyphs.
    pub width: usize,
    pub verb: Verb,
    /// Whether it says that each of several sides has a name of its own, in order (分别).
    pub is_respective: bool,
    pub kind: HeadKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// 至, 到: can hardly be part of another word.
    Reaches,
    /// 起: also how the course of a road is told.
    Starts,
    /// 临, 邻, 接, 为: also part of other words.
    Touches,
    /// A colon.
    Labels,
    /// 以…为界, 与…相邻: the names are followed by one of these words.
    Encloses(&'static [&'static str]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadKind {
    Plain,
    /// 东北, a direction between two.
    Diagonal,
    /// Two sides side by side without a word that says so: 东西至.
    Unclear,
}

const REACHES: [&str; 10] = [
    "至于", "至", "到达", "到", "止于", "抵达", "抵", "延至", "直至", "止",
];
const STARTS: [&str; 4] = ["起于", "起自", "起", "始于"];
const TOUCHES: [&str; 18] = [
    "紧邻", "紧临", "紧靠", "紧接", "紧挨", "毗邻", "毗连", "濒临", "临", "邻", "接", "靠", "依",
    "达", "连", "濒", "为", "是",
];
const AS_LIMIT: [&str; 3] = ["为边界", "为界线", "为界"];
const AS_NEIGHBOUR: [&str; 9] = [
    "相邻",
    "相接",
    "相连",
    "毗邻",
    "接壤",
    "为邻",
    "为界",
    "交界",
    "相毗邻",
];

/// How far from 以 the 为界 that belongs to it may stand.
const REACH: usize = 60;

impl Head {
    /// The head that `rest` begins with.
    pub fn read(rest: &[Glyph]) -> Option<Self> {
        let mut directions = vec![direction(rest, 0)?];
        let mut at = 1;
        // Two letters that stand side by side, not joined by 、 or 和.
        let mut is_close = false;
        loop {
            let ends = usize::from(is_flank(rest, at));
            let joint = leading(&rest[at + ends..], &["、", "和", "及", "与"]).unwrap_or(0);
            let next = at + ends + joint;
            let Some(another) = direction(rest, next) else {
                break;
            };
            // “西侧与北京路相邻”: what follows the letter must go on as a head does.
            if directions.len() == 4 || !goes_on(&rest[next + 1..]) {
                break;
            }
            is_close |= ends + joint == 0;
            directions.push(another);
            at = next + 1;
        }
        let group = [
            "两侧", "三侧", "四侧", "两面", "三面", "四面", "两边", "四至",
        ];
        let is_group = leading(&rest[at..], &group);
        at += is_group.unwrap_or(0);
        let flank = ["侧边界", "边界", "侧", "面", "部", "边", "方", "界"];
        at += leading(&rest[at..], &flank).unwrap_or(0);
        let is_respective = starts_with(&rest[at..], "分别");
        at += leading(&rest[at..], &["分别", "均", "都", "皆"]).unwrap_or(0);

        let (verb, width) = Self::verb(&rest[at..])?;
        at += width;
        if verb != Verb::Labels && rest.get(at).is_some_and(|g| g.c == ':') {
            at += 1;
        }
        let kind = if !is_close || is_group.is_some() || is_respective {
            HeadKind::Plain
        } else if directions.len() == 2 && directions[1] != directions[0].opposite() {
            HeadKind::Diagonal
        } else {
            HeadKind::Unclear
        };
        Some(Self {
            directions,
            width: at,
            verb,
            is_respective,
            kind,
        })
    }

    fn verb(rest: &[Glyph]) -> Option<(Verb, usize)> {
        let encloses = |endings: &'static [&'static str]| {
            let names = rest.iter().take(REACH);
            let names = names.take_while(|g| !matches!(g.c, ',' | ';' | '。' | ':'));
            let has_ending = (2..=names.count()).any(|i| leading(&rest[i..], endings).is_some());
            has_ending.then_some((Verb::Encloses(endings), 1))
        };
        let by = |words: &[&str], verb: Verb| Some((verb, leading(rest, words)?));
        by(&REACHES, Verb::Reaches)
            .or_else(|| by(&STARTS, Verb::Starts))
            .or_else(|| by(&TOUCHES, Verb::Touches))
            .or_else(|| match rest.first()?.c {
                ':' => Some((Verb::Labels, 1)),
                '以' => encloses(&AS_LIMIT),
                '与' | '同' => encloses(&AS_NEIGHBOUR),
                _ => None,
            })
    }
}

/// Whether glyphs begin as a side does.
pub fn reaches(rest: &[Glyph]) -> bool {
    Head::read(rest).is_some()
}

pub fn direction(glyphs: &[Glyph], i: usize) -> Option<Direction> {
    Direction::from_zh(glyphs.get(i)?.c)
}

fn is_flank(glyphs: &[Glyph], i: usize) -> bool {
    glyphs
        .get(i)
        .is_some_and(|g| matches!(g.c, '侧' | '面' | '部' | '边' | '方'))
}

/// Whether what follows a further direction letter is part of a head.
fn goes_on(rest: &[Glyph]) -> bool {
    let flank = ["两", "三", "四", "侧", "面", "部", "边", "方", "界"];
    let more = ["、", "和", "及", "与", "分别", "均", "都", "皆"];
    rest.first()
        .is_some_and(|g| Direction::from_zh(g.c).is_some())
        || leading(rest, &flank).is_some()
        || leading(rest, &more).is_some()
        || Head::verb(rest).is_some()
}

/// Whether glyphs begin as the end of a side in its reversed form.
pub fn turns(glyphs: &[Glyph]) -> bool {
    leading(glyphs, &["以北", "以东", "以南", "以西"]).is_some()
}

/// Last characters of the names of lines, and of things that bound an area.
const NAME_ENDS: &str = "路道街巷线桥河渠江湖海沟堤里界墙园站口村院校学厂楼速溪塘侧岸)";

/// Whether a name of two characters at least may end with the last of these.
pub fn ends_name(glyphs: &[Glyph]) -> bool {
    match glyphs {
        [.., _, last] if NAME_ENDS.contains(last.c) => true,
        // 规划支路一
        [.., road, last] => "路街道线".contains(road.c) && "一二三四五六七八九十".contains(last.c),
        _ => false,
    }
}
