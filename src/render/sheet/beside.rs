//! What stands beside a map: its legend, the sentences of what is selected, and the way back to it.

use std::collections::VecDeque;

use tiny_skia::{PathBuilder, Rect};

use super::{
    Plan, Standing, columns,
    layout::Beside,
    pen::{FROM, GROUP, HEAD, Look, NOTE, Pen, QUOTE, RULE, rect},
};
use crate::{
    render::{
        brief::{Brief, LeftOut, Quote},
        legend::Section,
        qr::Code,
    },
    report::Lang,
};

/// A QR code's modules are no smaller, pixels: smaller ones are not read off a screen.
const LEAST_MODULE: f32 = 1.4;

/// What stands beside a map.
#[derive(Default)]
pub(super) struct Stands {
    /// Where a click leads to its address.
    pub link: Option<Rect>,
    /// Whether all sentences stand there whole.
    pub is_quoted: bool,
}

impl Pen<'_> {
    /// Legend, sentences and address.
    pub fn beside(&mut self, beside: &Beside, plan: &Plan<'_>, sections: &[Section]) -> Stands {
        // A slide has them beside the picture.
        let quotes = if plan.is_slide {
            Vec::new()
        } else {
            plan.brief.quotes()
        };
        let unit = self.unit;
        match beside {
            Beside::Column(column) => {
                let mut column = *column;
                let link = self.address(&mut column, plan);
                let least = if quotes.is_empty() {
                    0.0
                } else {
                    (180.0 * unit).min(0.3 * column.height())
                };
                let mut top = self.note(column, least + 0.4 * column.height(), plan);
                let room = rect(column.left(), top, column.right(), column.bottom() - least);
                top = columns::write(self, sections, room, plan.brief);
                let is_quoted = self.quotes(&quotes, &[below(column, top + 8.0 * unit)], plan);
                Stands { link, is_quoted }
            }
            Beside::Band(band) => {
                let gap = 20.0 * unit;
                let mut left = *band;
                // The address stands in the lower right corner.
                let share = (band.width() * 0.3).max(180.0 * unit);
                let mut corner = rect(
                    band.right() - share,
                    band.top(),
                    band.right(),
                    band.bottom(),
                );
                let link = self.address(&mut corner, plan);
                let is_said = !plan.brief.missing.is_empty() || !plan.brief.note.is_empty();
                if !quotes.is_empty() || is_said || link.is_some() {
                    left = rect(band.left(), band.top(), corner.left() - gap, band.bottom());
                }
                let end = columns::write(self, sections, left, plan.brief);
                let least = if quotes.is_empty() {
                    0.0
                } else {
                    self.leading(FROM)
                };
                let top = self.note(corner, least, plan);
                // What the legend leaves free is room, too.
                let rooms = [below(corner, top), below(left, end + 10.0 * unit)];
                let is_quoted = self.quotes(&quotes, &rooms, plan);
                Stands { link, is_quoted }
            }
            Beside::Legend(strip) => {
                columns::write(self, sections, *strip, plan.brief);
                Stands {
                    link: None,
                    is_quoted: quotes.is_empty(),
                }
            }
        }
    }

    /// What is missing on it, all of that, and what its maker said of it; where that ends. So much is
    /// left free below.
    fn note(&mut self, place: Rect, least: f32, plan: &Plan<'_>) -> f32 {
        const AFTER: f32 = 10.0;
        const MOST: usize = 4;
        let brief = plan.brief;
        if plan.is_slide || (brief.missing.is_empty() && brief.note.is_empty()) {
            return place.top();
        }
        let free = (place.height() - least - AFTER * self.unit) / self.leading(NOTE);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some lines"
        )]
        let free = free.max(1.0) as usize;
        let wide = place.width();
        let mut lines = self.broken(NOTE, &brief.lacking(), wide, usize::MAX);
        let has_note = !brief.note.is_empty();
        // Of the note stands a line at least, or that there is one.
        if lines.len() + usize::from(has_note) <= free {
            let most = (free - lines.len()).min(MOST);
            lines.extend(self.broken(NOTE, brief.note, wide, most));
        } else {
            let left_out = brief.left_out(&LeftOut {
                note: has_note,
                ..LeftOut::default()
            });
            let with = |lacking: String| {
                let parts = [lacking, left_out.clone()].into_iter();
                let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
                parts.join(brief.words("；", "; "))
            };
            lines = self.broken(NOTE, &with(brief.lacking()), wide, usize::MAX);
            if lines.len() > free {
                lines = self.broken(NOTE, &with(brief.lacking_in_short()), wide, free);
            }
        }
        self.lines(NOTE, &lines, place.left(), place.top()) + AFTER * self.unit
    }

    /// The address at the bottom of a column, which is so much shorter then; where a click leads there.
    fn address(&mut self, column: &mut Rect, plan: &Plan<'_>) -> Option<Rect> {
        let address = plan.brief.link.filter(|_| !plan.is_slide)?;
        let place = match self.code(address, *column) {
            Some((code, side)) => self.coded(&code, side, address, *column, plan.brief),
            None => self.uncoded(*column, plan.brief),
        };
        let unit = self.unit;
        let y = place.top() - 8.0 * unit;
        let mut above = PathBuilder::new();
        above.move_to(column.left(), y);
        above.line_to(column.right(), y);
        self.rule(above.finish(), RULE, 0.8 * unit);
        *column = rect(column.left(), column.top(), column.right(), y - 8.0 * unit);
        Some(place)
    }

    /// The QR code of an address and the length of its side, where it can be read at that size.
    fn code(&self, address: &str, column: Rect) -> Option<(Code, f32)> {
        let code = Code::of(address).ok()?;
        let modules = f32::from(code.modules());
        let side = (modules * 2.0).clamp(88.0 * self.unit, 150.0 * self.unit);
        let side = side.min(column.width() * 0.7);
        let is_read = side / modules >= LEAST_MODULE;
        is_read.then_some((code, side))
    }

    /// The code in the lower right corner, the address beside it.
    fn coded(
        &mut self,
        code: &Code,
        side: f32,
        address: &str,
        column: Rect,
        brief: &Brief<'_>,
    ) -> Rect {
        let unit = self.unit;
        let place = rect(
            column.right() - side,
            column.bottom() - side,
            column.right(),
            column.bottom(),
        );
        code.draw(self.items, place);
        let wide = column.width() - side - 10.0 * unit;
        let words = brief.words("扫码打开同一张图", "Scan for the live map");
        let head = self.broken(GROUP, words, wide, 2);
        let top = place.top() + 4.0 * unit;
        let top = self.lines(GROUP, &head, column.left(), top) + 2.0 * unit;
        let room = ((place.bottom() - top) / self.leading(FROM))
            .floor()
            .max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few lines"
        )]
        let lines = self.broken(FROM, address, wide, room as usize);
        self.lines(FROM, &lines, column.left(), top);
        place
    }

    /// That an address is too long for a code: half of it printed would lead nowhere.
    fn uncoded(&mut self, column: Rect, brief: &Brief<'_>) -> Rect {
        let words = brief.words(
            "链接太长，放不进二维码：请先在地图页分享，再出图（PDF 中点此打开）",
            "The link is too long for a QR code: share the view first (in a PDF, click here)",
        );
        let lines = self.broken(FROM, words, column.width(), 4);
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let high = self.leading(FROM) * lines.len() as f32;
        let place = rect(
            column.left(),
            column.bottom() - high,
            column.right(),
            column.bottom(),
        );
        self.lines(FROM, &lines, place.left(), place.top());
        place
    }

    /// As many sentences as there is room for, each with where it stands, and how many are left out.
    /// Whether all stand there whole.
    fn quotes(&mut self, quotes: &[Quote], rooms: &[Rect], plan: &Plan<'_>) -> bool {
        let brief = plan.brief;
        let unit = self.unit;
        // A line of a sentence, where it stands, and that there are more.
        let least =
            self.leading(HEAD) + self.leading(QUOTE) + 3.0 * self.leading(FROM) + 2.0 * unit;
        let Some(first) = quotes.first() else {
            return true;
        };
        let high = |(look, _): &(Look, String)| self.leading(*look);
        let holds = |room: &Rect| {
            let lines = self.sentence(first, None, brief, room.width());
            let lines: f32 = lines.iter().map(high).sum();
            self.leading(HEAD) + self.leading(FROM) + lines <= room.height()
        };
        // Where the first stands whole the heading stands.
        let is_roomy = |room: &&Rect| room.height() >= least;
        let mut roomy: Vec<Rect> = rooms.iter().filter(is_roomy).copied().collect();
        match roomy.iter().position(holds) {
            Some(from) => drop(roomy.drain(..from)),
            None => roomy.truncate(1),
        }
        let Some(first) = roomy.first() else {
            if let Some(room) = rooms
                .iter()
                .find(|room| room.height() >= self.leading(FROM))
            {
                self.line(FROM, &left_out(quotes.len(), plan), room.left(), room.top());
            }
            return false;
        };
        let heads = [brief.words("原文依据", "What documents say").to_owned()];
        let mut top = self.lines(HEAD, &heads, first.left(), first.top()) + 2.0 * unit;
        let mut left: VecDeque<&Quote> = quotes.iter().collect();
        let mut before = None;
        let mut is_whole = true;
        for (at, room) in roomy.iter().enumerate() {
            let is_last = at + 1 == roomy.len();
            if at > 0 {
                top = room.top();
                before = None;
            }
            while let Some(quote) = left.pop_front() {
                // Room for the words that there are more.
                let more = if is_last && !left.is_empty() {
                    1.0
                } else {
                    0.0
                };
                let free = room.bottom() - top - more * self.leading(FROM);
                let lines = self.sentence(quote, before, brief, room.width());
                let high: f32 = lines.iter().map(|(look, _)| self.leading(*look)).sum();
                let written = if high <= free {
                    lines
                } else if left.len() + 1 == quotes.len() && is_last {
                    is_whole = false;
                    self.beginning(quote, room.width(), free)
                } else {
                    left.push_front(quote);
                    break;
                };
                for (look, line) in written {
                    self.line(look, &line, room.left(), top);
                    top += self.leading(look);
                }
                top += 5.0 * unit;
                before = Some(quote);
            }
            if is_last && !left.is_empty() {
                let words = left_out(left.len(), plan);
                self.line(
                    FROM,
                    &words,
                    room.left(),
                    top.min(room.bottom() - self.leading(FROM)),
                );
            }
        }
        is_whole && left.is_empty()
    }

    /// The lines of a sentence and of where it stands, below another.
    pub fn sentence(
        &self,
        quote: &Quote,
        before: Option<&Quote>,
        brief: &Brief<'_>,
        wide: f32,
    ) -> Vec<(Look, String)> {
        let from = format!("—— {}", quote.from_after(before, brief.lang()));
        let from = self.broken(FROM, &from, wide, usize::MAX);
        let sentence = self.broken(QUOTE, &format!("“{}”", quote.sentence), wide, usize::MAX);
        let sentence = sentence.into_iter().map(|line| (QUOTE, line));
        sentence
            .chain(from.into_iter().map(|line| (FROM, line)))
            .collect()
    }

    /// As much of a sentence as there is room for, and where it stands in two lines at most.
    fn beginning(&self, quote: &Quote, wide: f32, high: f32) -> Vec<(Look, String)> {
        let from = self.broken(FROM, &format!("—— {}", quote.from()), wide, 2);
        let free = (high - self.leading(FROM) * if from.len() > 1 { 2.0 } else { 1.0 })
            / self.leading(QUOTE);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few lines"
        )]
        let free = free.max(1.0) as usize;
        let sentence = self.broken(QUOTE, &format!("“{}”", quote.sentence), wide, free);
        let sentence = sentence.into_iter().map(|line| (QUOTE, line));
        sentence
            .chain(from.into_iter().map(|line| (FROM, line)))
            .collect()
    }
}

/// How many sentences are left out, and where they stand.
fn left_out(count: usize, plan: &Plan<'_>) -> String {
    let has_pages = matches!(plan.standing, Standing::Paper(_));
    match (plan.brief.lang(), has_pages) {
        (Lang::Zh, true) => format!("…另有 {count} 条，见后页"),
        (Lang::Zh, false) => format!("…另有 {count} 条"),
        (Lang::En, true) => format!("… and {count} more, overleaf"),
        (Lang::En, false) => format!("… and {count} more"),
    }
}

/// What of a place lies below.
fn below(place: Rect, top: f32) -> Rect {
    rect(place.left(), top, place.right(), place.bottom())
}
