//! Pages of the sentences for which there is no room beside a map.

use tiny_skia::PathBuilder;

use super::{
    Failure, Plan,
    layout::Layout,
    pen::{HEAD, Look, PAPER, Pen},
};
use crate::{
    area::Patience,
    render::{
        brief::Quote,
        fonts::Fonts,
        scene::{Item, Scene},
    },
    report::Lang,
};

/// The least width of a column in units, columns of a page at most, and what parts them.
const COLUMN: f32 = 320.0;
const MOST: u8 = 3;
const GAP: f32 = 28.0;
/// What parts a sentence from the next, in units.
const AFTER: f32 = 9.0;

/// All sentences of what a sheet is about, whole, on as many pages as they need, with its title.
///
/// # Errors
/// Where the program was built without fonts, or it takes longer than `patience`.
pub fn pages(plan: &Plan<'_>, patience: &Patience) -> Result<Vec<Scene>, Failure> {
    let fonts = Fonts::carried().map_err(Failure::Failed)?;
    let quotes = plan.brief.quotes();
    let mut pages = Pages::new(plan, fonts, quotes.len());
    let mut before = None;
    for quote in &quotes {
        patience.check()?;
        pages.write(quote, before);
        before = Some(quote);
    }
    Ok(pages.done)
}

/// Pages in the making.
struct Pages<'p> {
    plan: &'p Plan<'p>,
    fonts: &'static Fonts,
    layout: Layout,
    head: String,
    /// Where columns begin, and how wide they are.
    lefts: Vec<f32>,
    wide: f32,
    /// Where they begin from the top, and end.
    top: f32,
    bottom: f32,
    done: Vec<Scene>,
    /// The column that is written, and how far it is full.
    column: usize,
    y: f32,
}

impl<'p> Pages<'p> {
    fn new(plan: &'p Plan<'p>, fonts: &'static Fonts, count: usize) -> Self {
        let layout = Layout::of(plan);
        let (unit, margin) = (layout.unit, layout.map.left());
        let (whole, gap) = (plan.width - 2.0 * margin, GAP * unit);
        let each = |count: u8| (whole - f32::from(count - 1) * gap) / f32::from(count);
        let fits = |count: &u8| each(*count) >= COLUMN * unit;
        let columns = (1..=MOST).rev().find(fits).unwrap_or(1);
        let wide = each(columns);
        let lefts = (0..columns).map(|column| margin + f32::from(column) * (wide + gap));
        let mut pages = Self {
            plan,
            fonts,
            head: match plan.brief.lang() {
                Lang::Zh => format!("原文依据（全部 {count} 条）"),
                Lang::En => format!("What documents say ({count} sentences)"),
            },
            lefts: lefts.collect(),
            wide,
            top: layout.map.top(),
            bottom: plan.height - margin,
            layout,
            done: Vec::new(),
            column: 0,
            y: 0.0,
        };
        pages.begin();
        pages
    }

    /// Begins a page below the title.
    fn begin(&mut self) {
        let plan = self.plan;
        let mut scene = Scene::new(plan.width, plan.height);
        let ground = PathBuilder::from_rect(self.layout.whole);
        scene.items.push(Item::Fill(ground, PAPER));
        let mut pen = Pen {
            items: &mut scene.items,
            fonts: self.fonts,
            unit: self.layout.unit,
        };
        if let Some(title) = self.layout.title {
            pen.title(title, plan.brief, self.layout.is_small);
        }
        let head = self.layout.map.top();
        pen.line(HEAD, &self.head, self.layout.map.left(), head);
        self.top = head + pen.leading(HEAD) + 4.0 * self.layout.unit;
        (self.column, self.y) = (0, self.top);
        self.done.push(scene);
    }

    fn next_column(&mut self) {
        if self.column + 1 < self.lefts.len() {
            (self.column, self.y) = (self.column + 1, self.top);
        } else {
            self.begin();
        }
    }

    /// Writes a sentence below another. It is not parted where a column holds all of it.
    fn write(&mut self, quote: &Quote, before: Option<&Quote>) {
        let mut items = Vec::new();
        let mut pen = Pen {
            items: &mut items,
            fonts: self.fonts,
            unit: self.layout.unit,
        };
        let high = |lines: &[(Look, String)]| -> f32 {
            lines.iter().map(|(look, _)| pen.leading(*look)).sum()
        };
        let mut lines = pen.sentence(quote, before, self.plan.brief, self.wide);
        if self.y + high(&lines) > self.bottom {
            // Where it stands is read in another column, in which nothing is the same as above.
            lines = pen.sentence(quote, None, self.plan.brief, self.wide);
            if high(&lines) <= self.bottom - self.top {
                self.next_column();
            }
        }
        for (look, line) in lines {
            let high = pen.leading(look);
            if self.y + high > self.bottom {
                self.put(pen.items);
                self.next_column();
            }
            pen.line(look, &line, self.lefts[self.column], self.y);
            self.y += high;
        }
        self.put(pen.items);
        self.y += AFTER * self.layout.unit;
    }

    fn put(&mut self, items: &mut Vec<Item>) {
        if let Some(page) = self.done.last_mut() {
            page.items.append(items);
        }
    }
}
