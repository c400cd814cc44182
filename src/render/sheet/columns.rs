//! A legend in the columns of its room: smaller where it is long, and never cut off without a word.

use tiny_skia::Rect;

use super::pen::{GROUP, HEAD, Pen, SIGN, rect};
use crate::{
    render::{
        brief::Brief,
        legend::{Entry, Section},
    },
    report::Lang,
};

/// Sizes that are tried in turn, as shares of the full one.
const SHARES: [f32; 4] = [1.0, 0.9, 0.8, 0.72];
/// The least width of a column, and what parts it from the next, in units.
const COLUMN: f32 = 190.0;
const GAP: f32 = 20.0;
/// Columns at most.
const MOST: usize = 6;

/// A legend at one size.
struct Setting<'s> {
    unit: f32,
    columns: Vec<Rect>,
    rows: Vec<Row<'s>>,
}

/// A row of a legend.
struct Row<'s> {
    high: f32,
    what: What<'s>,
}

enum What<'s> {
    Head(&'s str),
    Group(&'s str),
    Signs(Vec<(&'s Entry, Vec<String>)>),
    /// That there are more, for which there is no room.
    More(String),
}

/// Draws a legend as large as it fits into its room; where it ends.
pub(super) fn write(pen: &mut Pen<'_>, sections: &[Section], room: Rect, brief: &Brief<'_>) -> f32 {
    let full = pen.unit;
    let mut setting = None;
    for share in SHARES {
        pen.unit = full * share;
        let tried = Setting::new(pen, sections, room, brief);
        let fits = tried.fits();
        setting = Some(tried);
        if fits {
            break;
        }
    }
    let mut end = room.top();
    if let Some(mut setting) = setting {
        if setting.fits() {
            setting.balance();
        } else {
            setting.cut(brief.lang());
        }
        let wide = setting.columns.first().map_or(0.0, Rect::width);
        pen.unit = setting.unit;
        for (row, (left, top)) in setting
            .rows
            .iter()
            .zip(placed(&setting.rows, &setting.columns))
        {
            row.draw(pen, left, top, wide);
            end = end.max(top + row.high);
        }
    }
    pen.unit = full;
    end
}

impl<'s> Setting<'s> {
    /// As the pen writes.
    fn new(pen: &Pen<'_>, sections: &'s [Section], room: Rect, brief: &Brief<'_>) -> Self {
        let unit = pen.unit;
        let gap = GAP * unit;
        let columns = columns(room, COLUMN * unit, gap);
        let wide = columns.first().map_or(0.0, Rect::width);
        let mut rows = vec![Row {
            high: 22.0 * unit,
            what: What::Head(match brief.lang() {
                Lang::Zh => "图例",
                Lang::En => "Legend",
            }),
        }];
        for section in sections {
            if sections.len() > 1 {
                rows.push(Row {
                    high: 18.0 * unit,
                    what: What::Group(&section.title),
                });
            }
            rows.extend(signs(pen, &section.entries, wide));
        }
        Self {
            unit,
            columns,
            rows,
        }
    }

    fn fits(&self) -> bool {
        placed(&self.rows, &self.columns).len() == self.rows.len()
    }

    /// Makes the columns as short as all fits into them, so that none is much longer than the others.
    fn balance(&mut self) {
        const STEPS: u8 = 12;
        let shortened = |high: f32| -> Vec<Rect> {
            let columns = self.columns.iter();
            let short = |one: &Rect| rect(one.left(), one.top(), one.right(), one.top() + high);
            columns.map(short).collect()
        };
        let [mut low, mut high] = [0.0, self.columns.first().map_or(0.0, Rect::height)];
        for _ in 0..STEPS {
            let middle = f32::midpoint(low, high);
            if placed(&self.rows, &shortened(middle)).len() == self.rows.len() {
                high = middle;
            } else {
                low = middle;
            }
        }
        self.columns = shortened(high);
    }

    /// Leaves out the last entries and says how many these are.
    fn cut(&mut self, lang: Lang) {
        let mut left_out = 0;
        while let Some(last) = self.rows.pop() {
            if let What::Signs(signs) = last.what {
                left_out += signs.len();
            }
            // The name of a group is not left alone.
            if left_out == 0
                || matches!(self.rows.last(), Some(row) if matches!(row.what, What::Group(_)))
            {
                continue;
            }
            self.rows.push(Row {
                high: 19.0 * self.unit,
                what: What::More(match lang {
                    Lang::Zh => format!("…另有 {left_out} 项"),
                    Lang::En => format!("… and {left_out} more signs"),
                }),
            });
            if self.fits() {
                return;
            }
            self.rows.pop();
        }
    }
}

/// As many columns as a room is wide for.
fn columns(room: Rect, least: f32, gap: f32) -> Vec<Rect> {
    let mut count = 1;
    let mut each = room.width();
    while count < MOST {
        #[expect(clippy::cast_precision_loss, reason = "a few columns")]
        let next = (room.width() - count as f32 * gap) / (count + 1) as f32;
        if next < least {
            break;
        }
        (count, each) = (count + 1, next);
    }
    let mut left = room.left();
    let column = || {
        let column = rect(left, room.top(), left + each, room.bottom());
        left += each + gap;
        column
    };
    std::iter::repeat_with(column).take(count).collect()
}

/// Signs with their words, two to a row where both are short.
fn signs<'s>(pen: &Pen<'_>, entries: &'s [Entry], wide: f32) -> Vec<Row<'s>> {
    let unit = pen.unit;
    let words = 36.0 * unit;
    let half = wide / 2.0;
    let is_short = |entry: &Entry| pen.length(SIGN, &entry.words) <= half - words - 4.0 * unit;
    let mut rows = Vec::new();
    let mut entries = entries.iter().peekable();
    while let Some(entry) = entries.next() {
        let pair = entries.next_if(|next| is_short(entry) && is_short(next));
        let room = if pair.is_some() { half } else { wide };
        let signs = std::iter::once(entry).chain(pair);
        let signs: Vec<(&Entry, Vec<String>)> = signs
            .map(|entry| (entry, pen.broken(SIGN, &entry.words, room - words, 2)))
            .collect();
        let lines = signs.iter().map(|(_, lines)| lines.len()).max();
        let more = if lines > Some(1) { 15.0 * unit } else { 0.0 };
        rows.push(Row {
            high: 19.0 * unit + more,
            what: What::Signs(signs),
        });
    }
    rows
}

impl Row<'_> {
    fn draw(&self, pen: &mut Pen<'_>, left: f32, top: f32, wide: f32) {
        let unit = pen.unit;
        match &self.what {
            What::Head(words) => pen.line(HEAD, words, left, top),
            What::Group(words) => pen.line(GROUP, words, left, top + 2.0 * unit),
            What::More(words) => pen.line(SIGN, words, left, top + 1.0 * unit),
            What::Signs(signs) => {
                for (at, (entry, lines)) in signs.iter().enumerate() {
                    let left = if at == 0 { left } else { left + wide / 2.0 };
                    let sign = rect(
                        left,
                        top + 1.5 * unit,
                        left + 28.0 * unit,
                        top + 17.0 * unit,
                    );
                    entry.draw(pen.items, sign, pen.fonts);
                    pen.lines(SIGN, lines, left + 36.0 * unit, top + 1.0 * unit);
                }
            }
        }
    }
}

/// Where rows stand that fill one column after the other; of those for which there is no room, none.
/// A heading is not left alone at the end of a column.
fn placed(rows: &[Row<'_>], columns: &[Rect]) -> Vec<(f32, f32)> {
    let mut places = Vec::new();
    let mut columns = columns.iter();
    let Some(mut column) = columns.next() else {
        return places;
    };
    let mut top = column.top();
    for (at, row) in rows.iter().enumerate() {
        let headings = rows[at..]
            .iter()
            .take_while(|row| matches!(row.what, What::Head(_) | What::Group(_)))
            .count();
        let together = rows[at..].iter().take(headings + 1);
        let needed: f32 = together.map(|row| row.high).sum();
        // Sums of the same lengths differ in their last digits.
        if top + needed > column.bottom() + 0.01 {
            let Some(next) = columns.next() else {
                return places;
            };
            column = next;
            top = column.top();
            if top + needed > column.bottom() + 0.01 {
                return places;
            }
        }
        places.push((column.left(), top));
        top += row.high;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(count: u8, high: f32, kinds: &str) -> Setting<'static> {
        let row = |kind: char| match kind {
            'h' => Row {
                high: 22.0,
                what: What::Head("图例"),
            },
            'g' => Row {
                high: 18.0,
                what: What::Group("图层"),
            },
            _ => Row {
                high: 19.0,
                what: What::Signs(Vec::new()),
            },
        };
        let room = Rect::from_xywh(10.0, 50.0, 400.0, high).unwrap();
        let columns = columns(room, 400.0 / (f32::from(count) + 0.5), 0.0);
        assert_eq!(columns.len(), usize::from(count));
        Setting {
            unit: 1.0,
            columns,
            rows: kinds.chars().map(row).collect(),
        }
    }

    #[test]
    fn columns_are_as_many_as_there_is_room_for() {
        let room = |wide: f32| Rect::from_xywh(10.0, 50.0, wide, 100.0).unwrap();
        let cases = [
            (100.0, 1),
            (190.0, 1),
            (399.0, 1),
            (400.0, 2),
            (611.0, 3),
            (9_000.0, MOST),
        ];
        for (wide, count) in cases {
            let columns = columns(room(wide), 190.0, 20.0);
            assert_eq!(columns.len(), count, "{wide}");
            let last = columns.last().unwrap();
            assert!((last.right() - 10.0 - wide).abs() < 0.01, "{columns:?}");
        }
    }

    #[test]
    fn columns_are_about_as_long_as_each_other() {
        let cases = [
            (2, "hgsssgssssssss"),
            (3, "hgsssssgssssssssssss"),
            (4, "hgssgssssssssssssssss"),
        ];
        for (count, kinds) in cases {
            let mut setting = setting(count, 600.0, kinds);
            assert!(setting.fits());
            setting.balance();
            assert!(setting.fits());
            let places = placed(&setting.rows, &setting.columns);
            let ends = setting.columns.iter().map(|column| {
                let rows = setting.rows.iter().zip(&places);
                let own = rows.filter(|(_, (left, _))| (left - column.left()).abs() < 0.01);
                own.map(|(row, (_, top))| top + row.high - column.top())
                    .fold(0.0, f32::max)
            });
            let ends: Vec<f32> = ends.collect();
            let all: f32 = setting.rows.iter().map(|row| row.high).sum();
            // A heading and what it heads stay together.
            let most = all / f32::from(count) + 40.0;
            assert!(ends.iter().all(|end| *end > 0.0 && *end < most), "{ends:?}");
        }
    }

    #[test]
    fn headings_are_not_left_alone() {
        // Room for the heads and no sign below them.
        let setting = setting(2, 50.0, "hgss");
        let places = placed(&setting.rows, &setting.columns);
        assert!(places.is_empty(), "{places:?}");
    }
}
