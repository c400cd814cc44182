//! What stands beside a map: its legend, the sentences of what is selected, and the way back to it.

use tiny_skia::{PathBuilder, Rect};

use super::{
    Plan,
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
    /// Legend, sentences and address; where the QR code stands.
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
                let code = self.address(&mut column, plan);
                let mut top = self.note(column, plan);
                let least = if quotes.is_empty() { 0.0 } else { 92.0 * unit };
                let room = rect(column.left(), top, column.right(), column.bottom() - least);
                top = self.legend(sections, &[room], plan.brief);
                let room = rect(
                    column.left(),
                    top + 8.0 * unit,
                    column.right(),
                    column.bottom(),
                );
                self.quotes(&quotes, room, plan.brief);
                code
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
                let code = self.address(&mut corner, plan);
                let is_quoted = !quotes.is_empty() || !plan.brief.said().is_empty();
                if is_quoted || code.is_some() {
                    left = rect(band.left(), band.top(), corner.left() - gap, band.bottom());
                }
                let wide = 190.0 * unit;
                let count = (left.width() / wide).floor().clamp(1.0, 4.0);
                let each = (left.width() - (count - 1.0) * gap) / count;
                let mut columns = Vec::new();
                let mut x = left.left();
                while columns.len() < 4 && x + each <= left.right() + 0.5 {
                    columns.push(rect(x, left.top(), x + each, left.bottom()));
                    x += each + gap;
                }
                self.legend(sections, &columns, plan.brief);
                let top = self.note(corner, plan);
                let room = rect(corner.left(), top, corner.right(), corner.bottom());
                self.quotes(&quotes, room, plan.brief);
                code
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

    /// The address and its QR code at the bottom of a column, which is so much shorter then.
    fn address(&mut self, column: &mut Rect, plan: &Plan<'_>) -> Option<Rect> {
        let address = plan.brief.link.filter(|_| !plan.is_slide)?;
        let unit = self.unit;
        let code = Code::of(address).ok()?;
        let modules = f32::from(code.modules());
        let side = (modules * 2.0).clamp(88.0 * unit, 150.0 * unit);
        if side / modules < LEAST_MODULE || side > column.width() * 0.7 {
            return None;
        }
        let place = rect(
            column.right() - side,
            column.bottom() - side,
            column.right(),
            column.bottom(),
        );
        code.draw(self.items, place);
        let wide = column.width() - side - 10.0 * unit;
        let words = plan
            .brief
            .words("扫码打开同一张图", "Scan for the live map");
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
        let mut above = PathBuilder::new();
        let y = place.top() - 8.0 * unit;
        above.move_to(column.left(), y);
        above.line_to(column.right(), y);
        self.rule(above.finish(), RULE, 0.8 * unit);
        *column = rect(column.left(), column.top(), column.right(), y - 8.0 * unit);
        Some(place)
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
