//! The sides that a text gives, one after another.

use std::ops::Range;

use super::glyph::{leading, quote, trailing};
use super::mark::{Head, HeadKind, Verb, ends_name};
use super::name::{names, names_start, remark_after, undirected};
use super::page::{Page, Part};
use super::standing::{Tail, head_after_names, head_in_prose};
use super::{Direction, Name, TextError};

/// A side as the text gives it, or what is like one.
#[derive(Debug)]
pub struct Item {
    /// The glyphs that it covers.
    pub span: Range<usize>,
    pub form: Form,
    pub content: Result<Content, TextError>,
    /// The sides that it gives, whether or not its names can be read.
    pub directions: Vec<Direction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// 北至A.
    Head(Verb),
    /// A以南.
    Tail,
    /// A与B之间.
    Between,
    /// A、B、C围合.
    Undirected,
}

#[derive(Debug)]
pub enum Content {
    /// The names of each of the item's directions, in their order.
    Sides(Vec<Vec<Name>>),
    /// The two lines that lie on opposite sides.
    Facing([Name; 2]),
}

/// All of them, in the order of the text.
pub fn items(page: &Page) -> Vec<Item> {
    let mut items = Vec::new();
    let mut i = 0;
    while i < page.len() {
        if matches!(page.part(i), Part::Stop(_) | Part::Area) {
            i += 1;
            continue;
        }
        let start = i;
        let mut head = None;
        while i == start || !page.ends_before(i) {
            head = head_in_prose(page, i, start);
            if head.is_some() {
                break;
            }
            i += 1;
        }
        read_prose(page, start..i, head.is_some(), &mut items);
        while let Some(this) = head.take() {
            let (at, body) = (i, i + this.width);
            i = body;
            while !page.ends_before(i) {
                head = head_after_names(page, i, body);
                if head.is_some() {
                    break;
                }
                i += 1;
            }
            items.push(headed(page, &this, at, body..i, head.is_some()));
        }
    }
    items
}

fn headed(page: &Page, head: &Head, at: usize, body: Range<usize>, joined: bool) -> Item {
    let glyphs = &page.glyphs;
    let mut body = body;
    if joined {
        let joints = ["、", "以及", "和", "及", "与", "且", "并"];
        body.end -= trailing(&glyphs[body.clone()], &joints).unwrap_or(0);
    }
    let span = at..body.end.max(body.start);
    let clause = quote(&glyphs[span.clone()]);
    if let Verb::Encloses(endings) = head.verb {
        let ending = body
            .clone()
            .rev()
            .find(|&i| page.is_word(i) && leading(&glyphs[i..body.end], endings).is_some());
        body.end = ending.unwrap_or(body.end);
    }
    let content = match head.kind {
        HeadKind::Diagonal => Err(TextError::Diagonal(clause)),
        HeadKind::Unclear => Err(TextError::Shared(clause)),
        HeadKind::Plain => shared(page, head, body, &clause),
    };
    Item {
        span,
        form: Form::Head(head.verb),
        content,
        directions: match head.kind {
            HeadKind::Diagonal => vec![],
            _ => head.directions.clone(),
        },
    }
}

/// One name may bound several sides; several names do so only one by one, where the text says it.
fn shared(
    page: &Page,
    head: &Head,
    body: Range<usize>,
    clause: &str,
) -> Result<Content, TextError> {
    let sides = &head.directions;
    let names = names(page, body, Some(sides[0]), clause)?;
    if sides.len() == 1 {
        return Ok(Content::Sides(vec![names]));
    }
    match <[Name; 1]>::try_from(names) {
        Ok([name]) => Ok(Content::Sides(vec![vec![name]; sides.len()])),
        Err(names) if head.is_respective && names.len() == sides.len() => Ok(Content::Sides(
            names.into_iter().map(|name| vec![name]).collect(),
        )),
        Err(_) => Err(TextError::Shared(clause.to_owned())),
    }
}

/// Reads the sides in the reversed form, of which the names come first.
fn read_prose(page: &Page, prose: Range<usize>, before_head: bool, items: &mut Vec<Item>) {
    let first = items.len();
    let mut start = prose.start;
    let mut i = start;
    while i < prose.end {
        let follows_side = items.len() > first;
        let tail = Tail::read(page, i).filter(|tail| i + tail.width <= prose.end);
        let item = if let Some(tail) = tail {
            tailed(page, start..i, tail, follows_side)
        } else if page.is_word(i) && leading(&page.glyphs[i..prose.end], &["之间"]).is_some() {
            facing(page, start..i, follows_side)
        } else {
            None
        };
        match item {
            Some(item) => {
                i = item.span.end;
                start = i;
                items.push(item);
            }
            None => i += 1,
        }
    }
    if items.len() > first {
        let rest = quote(&page.glyphs[start..prose.end]);
        if let (Some(last), false) = (
            items.last_mut(),
            is_closing(page, start..prose.end, before_head),
        ) {
            last.content = Err(TextError::Unread(rest));
        }
    } else if !before_head && let Some(names) = undirected(page, prose.clone()) {
        let names = names.into_iter().map(|name| name.text).collect();
        items.push(Item {
            span: prose,
            form: Form::Undirected,
            content: Err(TextError::Undirected(names)),
            directions: vec![],
        });
    }
}

/// Whether what follows a side in the reversed form says no more of it.
fn is_closing(page: &Page, rest: Range<usize>, before_head: bool) -> bool {
    let glyphs = &page.glyphs[rest.clone()];
    let closings = [
        "的", "之", "区域", "范围", "地区", "地块", "片区", "用地", "合围", "围合", "所围", "共同",
        "围成",
    ];
    let joints = ["、", "和", "及", "与", "且", "并"];
    glyphs.is_empty()
        || leading(glyphs, &closings).is_some()
        || (before_head && leading(glyphs, &joints) == Some(glyphs.len()))
}

fn tailed(page: &Page, prose: Range<usize>, tail: Tail, follows_side: bool) -> Option<Item> {
    let mut body = names_start(page, prose.clone(), follows_side)..prose.end;
    let span = body.start..prose.end + tail.width;
    // 以A为北界
    if page.glyphs[prose.end].c == '为' {
        body.start += leading(&page.glyphs[body.clone()], &["以"]).unwrap_or(0);
    }
    if body.is_empty() {
        return None;
    }
    let span = span.start..page.remark(span.end).map_or(span.end, |remark| remark.end);
    let clause = quote(&page.glyphs[span.clone()]);
    let mut content = names(page, body, Some(tail.side), &clause);
    let after = prose.end + tail.width..span.end;
    if !after.is_empty() {
        let remark = remark_after(page, after, tail.side, &clause);
        content = content.and_then(|mut names| {
            if let Some(last) = names.last_mut() {
                last.remarks.extend(remark?);
            }
            Ok(names)
        });
    }
    Some(Item {
        span,
        form: Form::Tail,
        content: content.map(|names| Content::Sides(vec![names])),
        directions: vec![tail.side],
    })
}

fn facing(page: &Page, prose: Range<usize>, follows_side: bool) -> Option<Item> {
    let body = names_start(page, prose.clone(), follows_side)..prose.end;
    if body.is_empty() {
        return None;
    }
    let span = body.start..prose.end + 2;
    let clause = quote(&page.glyphs[span.clone()]);
    // A至B之间
    let to = body.clone().find(|&i| {
        page.is_word(i)
            && matches!(page.glyphs[i].c, '至' | '到')
            && ends_name(&page.glyphs[body.start..i])
    });
    let both = match to {
        Some(to) => names(page, body.start..to, None, &clause).and_then(|mut first| {
            first.extend(names(page, to + 1..body.end, None, &clause)?);
            Ok(first)
        }),
        None => names(page, body, None, &clause),
    };
    let content = both.and_then(|names| {
        let pair = <[Name; 2]>::try_from(names);
        pair.map(Content::Facing)
            .map_err(|_| TextError::Unread(clause))
    });
    Some(Item {
        span,
        form: Form::Between,
        content,
        directions: vec![],
    })
}
