//! The names on one side, and what is said of them.

use std::ops::Range;

use super::area::Area;
use super::glyph::{Glyph, leading, position, quote, text_of, trailing, written};
use super::mark::ends_name;
use super::page::Page;
use super::{Direction, MAX_NAMES, Name, NameKind, TextError};

/// Reads the names that `body` lists. `side` is the side that they bound, where that is known;
/// `clause` is what they stand in, for the message.
pub fn names(
    page: &Page,
    body: Range<usize>,
    side: Option<Direction>,
    clause: &str,
) -> Result<Vec<Name>, TextError> {
    let empty = || match side {
        Some(side) => TextError::EmptyName(side),
        None => TextError::Unread(clause.to_owned()),
    };
    let parts = split(page, body);
    if parts.len() > MAX_NAMES {
        return Err(match side {
            Some(side) => TextError::TooManyNames(side),
            None => TextError::Unread(clause.to_owned()),
        });
    }
    parts
        .into_iter()
        .map(|part| Peel { page, side, clause }.name(part, &empty))
        .collect()
}

/// The remark in brackets right after a side in its reversed form.
pub fn remark_after(
    page: &Page,
    brackets: Range<usize>,
    side: Direction,
    clause: &str,
) -> Result<Option<String>, TextError> {
    let side = Some(side);
    Peel { page, side, clause }.remark(brackets)
}

/// Splits at 、 and at dashes, and at 和 及 与 以及 where a name ends before it and another may begin
/// after it.
fn split(page: &Page, body: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut i) = (body.start, body.start);
    while i < body.end {
        let width = if page.is_remark(i) {
            None
        } else {
            joint(&page.glyphs[start..i], &page.glyphs[i..body.end])
        };
        match width {
            Some(width) => {
                parts.push(start..i);
                i += width;
                start = i;
            }
            None => i += 1,
        }
    }
    parts.push(start..body.end);
    parts
}

/// How many characters at the start of `rest` join two names; `before` is the name so far.
fn joint(before: &[Glyph], rest: &[Glyph]) -> Option<usize> {
    if rest[0].c == '、' {
        return Some(1);
    }
    if rest[0].c == '-' {
        let width = rest.iter().take_while(|g| g.c == '-').count();
        // C-01 is one name.
        let is_code = |g: Option<&Glyph>| g.is_some_and(|g| g.c.is_ascii_alphanumeric());
        let joins = !(is_code(before.last()) && is_code(rest.get(width)));
        return joins.then_some(width);
    }
    let width = joining_word(rest)?;
    // 和平路 and 民和道 are streets: these characters join only after a word that ends a name, and
    // before something long enough to be one.
    (ends_name(before) && rest.len() >= width + 2).then_some(width)
}

/// How many characters at the start of `rest` are 和, 及, 与 or 以及.
fn joining_word(rest: &[Glyph]) -> Option<usize> {
    leading(rest, &["以及", "和", "及", "与"])
}

/// Takes what is said of a name off it.
struct Peel<'a> {
    page: &'a Page<'a>,
    side: Option<Direction>,
    clause: &'a str,
}

/// Said of a line without moving it by more than its own width.
const EDGES: [&str; 15] = [
    "道路中心线",
    "河道中心线",
    "中心线",
    "中线",
    "规划道路红线",
    "道路红线",
    "规划红线",
    "红线",
    "道路边线",
    "边线",
    "河道蓝线",
    "蓝线",
    "绿线",
    "一线",
    "边",
];

/// Of these a line is only the beginning, or they lie beside it.
const OFF_THE_LINE: [&str; 20] = [
    "延长线",
    "延长段",
    "延长",
    "延伸线",
    "延伸段",
    "延伸",
    "延线",
    "沿线",
    "沿岸",
    "交口",
    "交叉口",
    "交汇处",
    "交会处",
    "交界处",
    "路口",
    "一带",
    "附近",
    "两侧",
    "两岸",
    "以外",
];

/// Words after the last name of a sentence; what follows them is prose.
const ENCLOSES: [&str; 15] = [
    "共同围合",
    "共同合围",
    "所围合",
    "所合围",
    "所围成",
    "所围",
    "围合",
    "合围",
    "围成",
    "的区域",
    "的范围",
    "的地块",
    "的地区",
    "的片区",
    "的用地",
];

/// Words at the end of a side.
const CLOSES: [&str; 6] = ["为边界", "为界", "止", "以内", "之内", "范围内"];

/// The longest that a name can be, in characters: what is longer is prose.
const MAX_NAME: usize = 40;

impl Peel<'_> {
    fn name(&self, part: Range<usize>, empty: &dyn Fn() -> TextError) -> Result<Name, TextError> {
        let glyphs = &self.page.glyphs;
        let words = part.clone().filter(|&i| self.page.is_word(i));
        if words.count() > MAX_NAME {
            return Err(TextError::Unread(quote(&glyphs[part])));
        }
        let mut remarks = Vec::new();
        let (mut start, mut end) = (part.start, part.end);
        while let Some(remark) = self.page.remark(start).filter(|_| start < end) {
            start = remark.end;
            remarks.extend(self.remark(remark)?);
        }
        let mut at_end = Vec::new();
        while start < end {
            let name = &glyphs[start..end];
            if let Some(remark) = self.page.remark(end - 1) {
                end = remark.start;
                at_end.extend(self.remark(remark)?);
            } else if self.is_off_the_line(name) {
                return Err(TextError::OffLine(self.clause.to_owned()));
            } else if let Some(at) = self.closing(start..end) {
                end = at;
            } else if let Some(width) = edge(name) {
                at_end.push(written(&glyphs[end - width..end]));
                end -= width;
            } else {
                break;
            }
        }
        if start == end {
            return Err(empty());
        }
        if (start..end).any(|i| self.page.is_remark(i)) {
            return Err(TextError::Unread(quote(&glyphs[part])));
        }
        remarks.extend(at_end.into_iter().rev());
        let name = &glyphs[start..end];
        Ok(Name {
            text: text_of(name),
            span: self.page.bytes(&(start..end)),
            kind: kind(name),
            remarks,
        })
    }

    /// What brackets say of the line, unless that moves it or leaves out a part of the area.
    fn remark(&self, brackets: Range<usize>) -> Result<Option<String>, TextError> {
        let said = &self.page.glyphs[brackets.start + 1..brackets.end - 1];
        let moves = self.is_off_the_line(said) && !said.is_empty();
        let width_only = position(said, &["宽"]).is_some();
        let leaves_out = position(said, &LEAVING_OUT).is_some()
            && !["不含", "不含路", "不含道路", "不包含"].contains(&text_of(said).as_str());
        if leaves_out {
            return Err(TextError::LeavesOut(self.clause.to_owned()));
        }
        if moves && !width_only {
            return Err(TextError::OffLine(self.clause.to_owned()));
        }
        let is_area = |area: &Area| brackets.contains(&area.span.start);
        let is_of_line = !said.is_empty() && !self.page.areas.iter().any(is_area);
        Ok(is_of_line.then(|| written(said)))
    }

    fn is_off_the_line(&self, name: &[Glyph]) -> bool {
        if trailing(name, &OFF_THE_LINE).is_some() || is_distance(name) {
            return true;
        }
        // 甲路以南 on the north side is 甲路; on any other side the line lies elsewhere.
        let Some((last, rest)) = name.split_last() else {
            return false;
        };
        let Some(lies) = Direction::from_zh(last.c) else {
            return false;
        };
        let between = rest.last().and_then(|g| Direction::from_zh(g.c)).is_some();
        let rest = &rest[..rest.len() - usize::from(between)];
        let is_beyond = trailing(rest, &["以", "迤"]).is_some();
        is_beyond && (between || self.side != Some(lies.opposite()))
    }

    /// Where words begin that close the sentence, and say nothing of the line.
    fn closing(&self, name: Range<usize>) -> Option<usize> {
        /// Shorter than this nothing is left for a name.
        const SHORTEST: usize = 2;
        let rest = (name.start + SHORTEST).min(name.end)..name.end;
        let from = self.page.find(rest.clone(), &ENCLOSES);
        from.or_else(|| Some(name.end - trailing(&self.page.glyphs[rest], &CLOSES)?))
    }
}

/// How many characters at the end tell which edge of the line is meant.
fn edge(name: &[Glyph]) -> Option<usize> {
    let rest_of = |width: usize| &name[..name.len() - width];
    let mut width = trailing(name, &EDGES).unwrap_or(0);
    let flank = rest_of(width);
    width += match flank {
        [.., d, f] if Direction::from_zh(d.c).is_some() && matches!(f.c, '侧' | '岸' | '边') => {
            // 东北侧 has two letters.
            let letters = flank[..flank.len() - 1].iter().rev();
            1 + letters
                .take_while(|g| Direction::from_zh(g.c).is_some())
                .take(2)
                .count()
        }
        [.., b, f] if matches!(b.c, '内' | '外') && f.c == '侧' => 2,
        [.., b, d] if b.c == '以' && Direction::from_zh(d.c).is_some() && width == 0 => 2,
        _ => 0,
    };
    let rest = rest_of(width);
    let has_name = ends_name(rest) && trailing(rest, &["用地", "规划", "地块"]).is_none();
    (width > 0 && has_name && !is_generic(rest)).then_some(width)
}

/// Words by which a document leaves a part of the area out.
pub const LEAVING_OUT: [&str; 8] = [
    "不含",
    "不包括",
    "不包含",
    "除外",
    "除去",
    "扣除",
    "剔除",
    "以外的",
];

/// Whether `name` ends with a number of metres: an offset, not a line.
fn is_distance(name: &[Glyph]) -> bool {
    let body = match trailing(name, &["处", "左右", "以内", "以外"]) {
        Some(width) => &name[..name.len() - width],
        None => name,
    };
    trailing(body, &["公里", "千米", "米", "m", "km"]).is_some_and(|width| {
        let number = &body[..body.len() - width];
        let is_numeral =
            |g: &Glyph| g.c.is_ascii_digit() || "一二三四五六七八九十百千两几余多".contains(g.c);
        number.last().is_some_and(is_numeral)
    })
}

/// Words of which the name of a planned or unnamed thing is made.
const GENERIC: [&str; 30] = [
    "市政",
    "城市",
    "主干",
    "次干",
    "支",
    "干",
    "道路",
    "公路",
    "小路",
    "土路",
    "路",
    "街",
    "道",
    "横",
    "纵",
    "经",
    "纬",
    "宽",
    "米",
    "绿地",
    "绿化带",
    "绿化",
    "绿带",
    "铁路",
    "河道",
    "河流",
    "水渠",
    "沟渠",
    "水系",
    "巷道",
];

/// Words by which a plan tells one of its own roads from another: they are no names.
const ORDINALS: [&str; 19] = [
    "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "东", "南", "西", "北", "中", "第",
    "号", "线", "#",
];

/// Whether the name is made of such words alone: it says what is there, but not which.
fn is_generic(name: &[Glyph]) -> bool {
    consists_of(name, &[&GENERIC])
}

fn consists_of(name: &[Glyph], words: &[&[&str]]) -> bool {
    let mut at = 0;
    while at < name.len() {
        let here = words
            .iter()
            .filter_map(|set| leading(&name[at..], set))
            .max();
        match here {
            Some(width) => at += width,
            None if words.len() > 1 && name[at].c.is_ascii_alphanumeric() => at += 1,
            None => return false,
        }
    }
    true
}

/// Last words of the names of things that are no lines on a map of streets and waters.
const THINGS: [&str; 53] = [
    "墙",
    "红线",
    "界址",
    "楼",
    "空地",
    "农田",
    "耕地",
    "林地",
    "菜地",
    "荒地",
    "土地",
    "用地",
    "绿地",
    "绿化",
    "绿化带",
    "绿带",
    "地块",
    "宿舍",
    "小区",
    "家园",
    "花园",
    "公寓",
    "别墅",
    "学校",
    "中学",
    "小学",
    "大学",
    "学院",
    "幼儿园",
    "医院",
    "厂",
    "厂区",
    "厂界",
    "院界",
    "地界",
    "公司",
    "仓库",
    "商场",
    "市场",
    "酒店",
    "宾馆",
    "村",
    "村庄",
    "社区",
    "停车场",
    "广场",
    "公园",
    "校区",
    "大厦",
    "中心",
    "基地",
    "产业园",
    "住宅",
];

/// Areas whose boundary is no district's.
const NO_DISTRICTS: [&str; 11] = [
    "厂区", "园区", "校区", "小区", "社区", "景区", "片区", "库区", "院区", "矿区", "地区",
];

/// Whether a name can be that of a line, by patterns alone.
fn kind(name: &[Glyph]) -> NameKind {
    let prefixes = ["规划", "现状", "拟建", "在建", "待建", "已建", "原有"];
    let own_road = leading(name, &prefixes)
        .is_some_and(|width| consists_of(&name[width..], &[&GENERIC, &ORDINALS]));
    let is_limit = trailing(name, &["边界", "界线"]).is_some_and(|width| {
        let of = &name[..name.len() - width];
        trailing(of, &["区", "市", "县"]).is_none() || trailing(of, &NO_DISTRICTS).is_some()
    });
    if own_road || is_limit || is_generic(name) || trailing(name, &THINGS).is_some() {
        NameKind::Unmapped
    } else {
        NameKind::Line
    }
}

/// Words before the first name of a side in its reversed form, of which it is no part.
const INTRODUCTIONS: [&str; 21] = [
    "位于",
    "坐落于",
    "坐落在",
    "座落于",
    "座落在",
    "地处",
    "处于",
    "介于",
    "范围为",
    "范围是",
    "范围在",
    "四至为",
    "四至是",
    "范围",
    "四至",
    "地块为",
    "区域为",
    "号地块",
    "号宗地",
    "该地块",
    "本地块",
];

/// Where the names begin in prose that ends with them: after a word such as 位于 and the district in
/// which they are; where another side comes before them, after the words that join the two.
pub fn names_start(page: &Page, prose: Range<usize>, follows_side: bool) -> usize {
    let glyphs = &page.glyphs;
    let rest = |from: usize| &glyphs[from..prose.end];
    let mut start = prose.start;
    if follows_side {
        while leading(rest(start), &["、", "至", "到", "-"]).is_some() {
            start += 1;
        }
        if start == prose.start {
            start += joining_word(rest(start)).unwrap_or(0);
        }
    } else if start < prose.end {
        start = (start + page.item_number(start)).min(prose.end);
    }
    let introduced = (start..prose.end)
        .rev()
        .find_map(|i| Some(i + leading(rest(i), &INTRODUCTIONS)?));
    let after = introduced.unwrap_or(start);
    if follows_side && introduced.is_none() {
        return start;
    }
    // 红桥区光荣道: the street is in the district. But 新区大道 and 高新区中心大道 are streets, and
    // 红桥区界 is a limit.
    let first = (after..prose.end).take_while(|&i| !matches!(glyphs[i].c, '、' | '-'));
    let is_district = |&i: &usize| {
        matches!(glyphs[i].c, '区' | '市' | '县')
            && i >= after + 2
            && !"新发园片范市城社小地景港税矿郊".contains(glyphs[i - 1].c)
            && ends_name(rest(i + 1))
            // 市场路, 县政府街
            && leading(rest(i + 1), &["场", "政", "民", "府"]).is_none()
            && leading(rest(i + 1), &["界", "边界", "和", "及", "与", "以及"]).is_none()
            && leading(rest(i + 1), &["大道", "大街", "公路"]) != Some(prose.end - i - 1)
    };
    first
        .filter(is_district)
        .last()
        .map_or(after, |last| last + 1)
}

/// The names in “A、B、C围合”, if there are several and each can be that of a line.
pub fn undirected(page: &Page, prose: Range<usize>) -> Option<Vec<Name>> {
    let words = ["所围", "共同围", "围合", "合围", "围成"];
    let mut end = page.find(prose.clone(), &words)?;
    // 等四条道路, 四条路
    let counted = ["道路", "条路", "四条", "三条", "五条", "六条", "等"];
    while let Some(width) = trailing(&page.glyphs[prose.start..end], &counted) {
        let kept = &page.glyphs[prose.start..end - width];
        if !ends_name(kept) && trailing(kept, &counted).is_none() {
            break;
        }
        end -= width;
    }
    let start = names_start(page, prose.start..end, false);
    let by = leading(&page.glyphs[start..end], &["由"]).unwrap_or(0);
    let body = start + by..end;
    let names = names(page, body, None, "").ok()?;
    let is_line = |name: &Name| name.kind == NameKind::Line && name.text.chars().count() <= 12;
    (names.len() > 1 && names.iter().all(is_line)).then_some(names)
}
