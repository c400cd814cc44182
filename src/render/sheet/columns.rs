//! A legend in the columns of its room.

use tiny_skia::Rect;

use super::pen::{GROUP, HEAD, Look, Pen, SIGN, rect};
use crate::render::{
    brief::Brief,
    legend::{Entry, Section},
};

impl Pen<'_> {
    /// The legend, from column to column; where it ends in the last that it needs.
    pub fn legend(&mut self, sections: &[Section], columns: &[Rect], brief: &Brief<'_>) -> f32 {
        let wide = columns.first().map_or(0.0, Rect::width);
        let tries = [1.0, 0.9, 0.8].map(|share| {
            let rows = self.rows(sections, wide, share, brief);
            (share, rows)
        });
        let fits = |rows: &[Row<'_>]| placed(rows, columns).len() == rows.len();
        let fitting = tries.iter().find(|(_, rows)| fits(rows));
        let (share, rows) = fitting.unwrap_or(&tries[2]);
        let places = placed(rows, columns);
        let mut end = columns.first().map_or(0.0, Rect::top);
        for (row, (left, top)) in rows.iter().zip(&places) {
            self.row(row, *left, *top, wide, *share);
            end = top + row.high;
        }
        end
    }

    /// The legend's rows, at a share of their full size.
    fn rows<'s>(
        &self,
        sections: &'s [Section],
        wide: f32,
        share: f32,
        brief: &Brief<'_>,
    ) -> Vec<Row<'s>> {
        let unit = self.unit * share;
        let scaled = |look: Look| Look {
            size: look.size * share,
            ..look
        };
        let mut rows = vec![Row {
            high: 22.0 * unit,
            what: What::Head(brief.words("图例", "Legend").to_owned()),
        }];
        for section in sections {
            if sections.len() > 1 {
                rows.push(Row {
                    high: 18.0 * unit,
                    what: What::Group(&section.title),
                });
            }
            let words = 36.0 * unit;
            let half = wide / 2.0;
            let is_short = |entry: &Entry| {
                self.length(scaled(SIGN), &entry.words) <= half - words - 4.0 * unit
            };
            let mut entries = section.entries.iter().peekable();
            while let Some(entry) = entries.next() {
                let pair = entries.next_if(|next| is_short(entry) && is_short(next));
                let signs = std::iter::once(entry).chain(pair);
                let signs: Vec<(&Entry, Vec<String>)> = signs
                    .map(|entry| {
                        let room = if pair.is_some() { half } else { wide };
                        let lines = self.broken(scaled(SIGN), &entry.words, room - words, 2);
                        (entry, lines)
                    })
                    .collect();
                let lines = signs.iter().map(|(_, lines)| lines.len()).max();
                let more = if lines > Some(1) { 15.0 * unit } else { 0.0 };
                rows.push(Row {
                    high: 19.0 * unit + more,
                    what: What::Signs(signs),
                });
            }
        }
        rows
    }

    fn row(&mut self, row: &Row<'_>, left: f32, top: f32, wide: f32, share: f32) {
        let unit = self.unit * share;
        let scaled = |look: Look| Look {
            size: look.size * share,
            ..look
        };
        match &row.what {
            What::Head(words) => self.line(scaled(HEAD), words, left, top),
            What::Group(words) => self.line(scaled(GROUP), words, left, top + 2.0 * unit),
            What::Signs(signs) => {
                for (at, (entry, lines)) in signs.iter().enumerate() {
                    let left = if at == 0 { left } else { left + wide / 2.0 };
                    let sign = rect(
                        left,
                        top + 1.5 * unit,
                        left + 28.0 * unit,
                        top + 17.0 * unit,
                    );
                    entry.draw(self.items, sign, self.fonts);
                    self.lines(scaled(SIGN), lines, left + 36.0 * unit, top + 1.0 * unit);
                }
            }
        }
    }
}

/// A row of the legend.
struct Row<'a> {
    high: f32,
    what: What<'a>,
}

enum What<'a> {
    Head(String),
    Group(&'a str),
    Signs(Vec<(&'a Entry, Vec<String>)>),
}

/// Where rows stand that fill one column after the other; of those for which there is no room, none.
/// The name of a group is not left alone at the end of a column.
fn placed(rows: &[Row<'_>], columns: &[Rect]) -> Vec<(f32, f32)> {
    let mut places = Vec::new();
    let mut columns = columns.iter();
    let Some(mut column) = columns.next() else {
        return places;
    };
    let mut top = column.top();
    for (at, row) in rows.iter().enumerate() {
        let needed = match row.what {
            What::Signs(_) => row.high,
            _ => row.high + rows.get(at + 1).map_or(0.0, |next| next.high),
        };
        if top + needed > column.bottom() {
            let Some(next) = columns.next() else {
                return places;
            };
            column = next;
            top = column.top();
        }
        places.push((column.left(), top));
        top += row.high;
    }
    places
}
