//! What stands beside a map: its legend, the sentences of what is selected, and the way back to it.

use tiny_skia::{PathBuilder, Rect};

use super::{
    Plan, columns,
    layout::Beside,
    pen::{FROM, GROUP, HEAD, NOTE, Pen, QUOTE, RULE, rect},
};
use crate::{
    render::{
        brief::{Brief, Quote},
        legend::Section,
        qr::Code,
    },
    report::Lang,
};

/// A QR code's modules are no smaller, pixels: smaller ones are not read off a screen.
const LEAST_MODULE: f32 = 1.4;

impl Pen<'_> {
    /// Legend, sentences and address; where the last stands.
    pub fn beside(
        &mut self,
        beside: &Beside,
        plan: &Plan<'_>,
        sections: &[Section],
    ) -> Option<Rect> {
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
                let mut top = self.note(column, plan);
                let least = if quotes.is_empty() { 0.0 } else { 92.0 * unit };
                let room = rect(column.left(), top, column.right(), column.bottom() - least);
                top = columns::write(self, sections, room, plan.brief);
                let room = rect(
                    column.left(),
                    top + 8.0 * unit,
                    column.right(),
                    column.bottom(),
                );
                self.quotes(&quotes, room, plan.brief);
                link
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
                let is_quoted = !quotes.is_empty() || !plan.brief.said().is_empty();
                if is_quoted || link.is_some() {
                    left = rect(band.left(), band.top(), corner.left() - gap, band.bottom());
                }
                columns::write(self, sections, left, plan.brief);
                let top = self.note(corner, plan);
                let room = rect(corner.left(), top, corner.right(), corner.bottom());
                self.quotes(&quotes, room, plan.brief);
                link
            }
        }
    }

    /// What is missing on it and what the maker said of it; where that ends.
    fn note(&mut self, place: Rect, plan: &Plan<'_>) -> f32 {
        let said = plan.brief.said();
        if said.is_empty() || plan.is_slide {
            return place.top();
        }
        let lines = self.broken(NOTE, &said, place.width(), 4);
        self.lines(NOTE, &lines, place.left(), place.top()) + 10.0 * self.unit
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

    /// As many sentences as there is room for, each with where it stands.
    fn quotes(&mut self, quotes: &[Quote], room: Rect, brief: &Brief<'_>) {
        let (unit, wide) = (self.unit, room.width());
        let high = self.leading(HEAD) + self.leading(QUOTE) + self.leading(FROM);
        if quotes.is_empty() || room.height() < high {
            return;
        }
        let heads = [brief.words("原文依据", "What documents say").to_owned()];
        let mut top = self.lines(HEAD, &heads, room.left(), room.top()) + 2.0 * unit;
        // Room for the words that there are more.
        let last = self.leading(FROM);
        for (at, quote) in quotes.iter().enumerate() {
            let is_last = at + 1 == quotes.len();
            let end = room.bottom() - if is_last { 0.0 } else { last };
            let free = (end - top - self.leading(FROM)) / self.leading(QUOTE);
            let sentence = format!("“{}”", quote.sentence);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few lines"
            )]
            let most = free.clamp(0.0, if at == 0 { 12.0 } else { 6.0 }) as usize;
            let lines = if most == 0 {
                Vec::new()
            } else {
                self.broken(QUOTE, &sentence, wide, most)
            };
            // A sentence that would be cut short after others waits for more room elsewhere.
            let is_cut = lines.last().is_some_and(|line| line.ends_with('…'));
            if lines.is_empty() || (is_cut && at > 0) {
                let more = quotes.len() - at;
                let words = match brief.lang() {
                    Lang::Zh => format!("…另有 {more} 条"),
                    Lang::En => format!("… and {more} more"),
                };
                self.line(FROM, &words, room.left(), top);
                return;
            }
            top = self.lines(QUOTE, &lines, room.left(), top);
            let from = [&*quote.document, &*quote.section];
            let from: Vec<&str> = from.into_iter().filter(|part| !part.is_empty()).collect();
            let from = format!("—— {}", from.join(" › "));
            let lines = ((end - top) / self.leading(FROM)).clamp(1.0, 2.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "one line or two"
            )]
            let from = self.broken(FROM, &from, wide, lines as usize);
            top = self.lines(FROM, &from, room.left(), top) + 5.0 * unit;
        }
    }
}
