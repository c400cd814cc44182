//! What no map may be without: its frame, north, title, scale, and whom to credit.

use tiny_skia::{PathBuilder, Rect};

use super::{
    Plan,
    layout::Layout,
    pen::{
        FOOT, INK, LEADING, Look, NEATLINE, PAPER, Pen, SCALE, SEAL, SMALL_SUBTITLE, SMALL_TITLE,
        SUBTITLE, TITLE, look, rect,
    },
    standing::PIXEL_M,
};
use crate::{
    render::{
        brief::{Brief, LeftOut},
        fonts::{Fonts, Weight},
        frame::MapFrame,
        ground::Ground,
        scene::Item,
        text,
    },
    report::Lang,
};

/// From the left of the map's mark to the title, in units.
const MARK: f32 = 15.0;
/// Sizes of a title in units, and in how many lines: smaller where it is long.
const TITLES: [(f32, usize); 3] = [(TITLE.size, 1), (16.0, 2), (11.0, 3)];
const SMALL_TITLES: [(f32, usize); 3] = [(SMALL_TITLE.size, 1), (11.5, 2), (10.0, 4)];

/// A title in a place whose sides are in units, as large as all of it stands there.
pub(super) fn title_lines(
    fonts: &Fonts,
    words: &str,
    [wide, high]: [f32; 2],
    is_small: bool,
) -> (Look, Vec<String>) {
    let (sizes, look) = if is_small {
        (SMALL_TITLES, SMALL_TITLE)
    } else {
        (TITLES, TITLE)
    };
    let broken =
        |size: f32, most: usize| text::broken(fonts, look.weight, words, wide / size, most);
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    let stands = |(size, most): &(f32, usize)| {
        let lines = broken(*size, usize::MAX).len();
        lines <= *most && size * LEADING * lines as f32 <= high + 0.5
    };
    let (size, most) = sizes.into_iter().find(stands).unwrap_or_else(|| {
        let [.., (smallest, _)] = sizes;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few lines"
        )]
        let free = ((high + 0.5) / (smallest * LEADING)).max(1.0) as usize;
        (smallest, free)
    });
    (Look { size, ..look }, broken(size, most))
}

/// What stands below a map, what must be read first.
pub(super) struct Below {
    /// Whom to credit, and the number of approval.
    must: Vec<String>,
    /// What has no room beside the map: all of it, and the legend alone.
    left_out: [String; 2],
    /// What is missing on the map, and how much that is.
    lacking: [String; 2],
    /// Where the rest comes from.
    sources: String,
}

impl Below {
    /// `approved`: whether the number of approval is among it.
    pub fn new(layout: &Layout, plan: &Plan<'_>, ground: Ground, approved: bool) -> Self {
        let brief = plan.brief;
        let (credit, sources) = brief.credits();
        let mut must = vec![credit.to_owned(), brief.ground_credit(ground)];
        must.extend(approved.then(|| brief.approved()));
        let legend = LeftOut {
            legend: layout.beside.is_none(),
            ..LeftOut::default()
        };
        // A slide has sentences and note itself.
        let all = if plan.is_slide || layout.has_words() {
            legend
        } else {
            LeftOut {
                quotes: brief.quotes().len(),
                note: !brief.note.is_empty(),
                ..legend
            }
        };
        // Elsewhere what is missing stands beside the map.
        let lacking = if layout.has_words() {
            [String::new(), String::new()]
        } else {
            [brief.lacking(), brief.lacking_in_short()]
        };
        Self {
            must,
            left_out: [all, legend].map(|what| brief.left_out(&what)),
            lacking,
            sources,
        }
    }

    /// Its lines of so many ems, as many as are free: only what is least needed ends early.
    pub fn lines(&self, fonts: &Fonts, ems: f32, free: usize) -> Vec<String> {
        let broken = |text: &str| text::broken(fonts, FOOT.weight, text, ems, usize::MAX);
        // From where all is said to where most is counted.
        let ways = [(0, 0), (1, 0), (1, 1)];
        let said = |(lacking, left_out): (usize, usize)| {
            [&*self.lacking[lacking], &*self.left_out[left_out]]
        };
        let fits = |way: &(usize, usize)| broken(&self.with(said(*way), "")).len() <= free;
        let said = said(ways.into_iter().find(fits).unwrap_or((1, 1)));
        let must = self.with(said, "");
        let all = self.with(said, &self.sources);
        let cut = text::broken(fonts, FOOT.weight, &all, ems, free);
        let letters = |lines: &[String]| {
            let letters = lines.iter().flat_map(|line| line.chars());
            letters
                .filter(|one| !one.is_whitespace() && *one != '…')
                .count()
        };
        let lines = broken(&must);
        // An ellipsis must not take the place of what is needed.
        if letters(&cut) < letters(&lines) {
            return lines;
        }
        cut
    }

    fn with(&self, [lacking, left_out]: [&str; 2], sources: &str) -> String {
        let must = self.must.iter().map(String::as_str);
        let parts = must.chain([left_out, lacking, sources]);
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    }

    /// Lines that it needs without the sources.
    pub fn needed(&self, fonts: &Fonts, ems: f32) -> usize {
        let must = self.with([&self.lacking[0], &self.left_out[0]], "");
        text::broken(fonts, FOOT.weight, &must, ems, usize::MAX).len()
    }
}

impl Pen<'_> {
    /// The neat line around the map.
    pub fn frame(&mut self, map: Rect) {
        self.rule(Some(PathBuilder::from_rect(map)), NEATLINE, 0.9 * self.unit);
    }

    /// An arrow to the north, on a plate over the map.
    pub fn north(&mut self, plate: Rect, word: &str) {
        let unit = self.unit;
        let top = plate.top();
        self.items
            .push(Item::Fill(PathBuilder::from_rect(plate), PAPER.faded(0.86)));
        let look = look(Weight::Medium, 11.0, INK);
        let middle = f32::midpoint(plate.left(), plate.right());
        let long = self.length(look, word);
        self.line(look, word, middle - long / 2.0, top + 2.0 * unit);
        let [point, foot] = [top + 16.5 * unit, top + 38.0 * unit];
        let half = |side: f32| {
            let mut path = PathBuilder::new();
            path.move_to(middle, point);
            path.line_to(middle + side * 7.0 * unit, foot);
            path.line_to(middle, foot - 5.0 * unit);
            path.close();
            path.finish()
        };
        self.items
            .extend(half(-1.0).map(|path| Item::Fill(path, INK)));
        self.rule(half(1.0), INK, 0.8 * unit);
    }

    pub fn title(&mut self, place: Rect, brief: &Brief<'_>, is_small: bool) {
        let subtitle = if is_small { SMALL_SUBTITLE } else { SUBTITLE };
        let unit = self.unit;
        let (mut left, mut top) = (place.left(), place.top());
        if !is_small {
            left += MARK * unit;
            top -= 2.0 * unit;
        }
        let wide = place.right() - left;
        let high = place.height() - self.leading(subtitle);
        let room = [wide, high].map(|side| side / unit);
        let (look, lines) = title_lines(self.fonts, &brief.title(), room, is_small);
        let end = self.lines(look, &lines, left, top);
        let below = self.broken(subtitle, &subtitle_of(brief), wide, 1);
        let end = self.lines(subtitle, &below, left, end);
        if !is_small {
            // The mark of the map, as its page has it.
            let [left, top] = [place.left(), place.top() + 3.0 * unit];
            let bar = rect(left, top, left + 4.0 * unit, end.max(top + 46.0 * unit));
            self.items
                .push(Item::Fill(PathBuilder::from_rect(bar), SEAL));
        }
    }

    /// Scale, reference system, number of approval and credits, below the map.
    pub fn foot(
        &mut self,
        layout: &Layout,
        plan: &Plan<'_>,
        frame: &MapFrame,
        (scale, ground): (Option<u32>, Ground),
    ) {
        let (foot, unit, brief) = (layout.foot, self.unit, plan.brief);
        let mut end = self.scale_bar(foot, brief, frame);
        let figure = scale_in_words(brief, frame, scale);
        let baseline = foot.top() + 9.0 * unit;
        let long = self.length(SCALE, &figure);
        if end + 18.0 * unit + long <= foot.right() {
            self.line(SCALE, &figure, end + 18.0 * unit, baseline);
            end += 18.0 * unit + long;
        }
        let mut right = foot.right();
        let approved = brief.approved();
        let long = self.length(SCALE, &approved);
        let has_room = end + 16.0 * unit + long <= right;
        if has_room {
            right -= long;
            self.line(SCALE, &approved, right, baseline);
        }
        if let Some(crs) = frame.crs() {
            let system = format!("CGCS2000 {}", crs.short_name());
            let long = self.length(SCALE, &system);
            if end + 16.0 * unit + long <= right - 16.0 * unit {
                self.line(SCALE, &system, right - 16.0 * unit - long, baseline);
            }
        }
        let top = foot.top() + layout.scale_high();
        let free = ((foot.bottom() - top) / self.leading(FOOT)).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few lines"
        )]
        let free = free.max(1.0) as usize;
        let below = Below::new(layout, plan, ground, !has_room);
        let lines = below.lines(self.fonts, foot.width() / (FOOT.size * unit), free);
        self.lines(FOOT, &lines, foot.left(), top);
    }

    /// A bar of a round length; how far it reaches.
    fn scale_bar(&mut self, foot: Rect, brief: &Brief<'_>, frame: &MapFrame) -> f32 {
        let unit = self.unit;
        let most = f64::from((150.0 * unit).min(foot.width() * 0.3));
        let length = round_length(most * frame.metres_a_pixel());
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a sheet")]
        let long = (length / frame.metres_a_pixel()) as f32;
        let [left, top, bottom] = [
            foot.left() + 4.0 * unit,
            foot.top() + 14.5 * unit,
            foot.top() + 18.5 * unit,
        ];
        let bar = rect(left, top, left + long, bottom);
        let first = rect(left, top, left + long / 2.0, bottom);
        self.items
            .push(Item::Fill(PathBuilder::from_rect(first), NEATLINE));
        self.rule(Some(PathBuilder::from_rect(bar)), NEATLINE, 0.8 * unit);
        let (number, name) = if length >= 1_000.0 {
            (length / 1_000.0, brief.words("公里", "km"))
        } else {
            (length, brief.words("米", "m"))
        };
        let end = format!("{number} {name}");
        let half = format!("{}", number / 2.0);
        let top = foot.top() - 1.5 * unit;
        let zero = self.length(SCALE, "0");
        self.line(SCALE, "0", left - zero / 2.0, top);
        let numeral = self.length(SCALE, &format!("{number}"));
        let end_left = left + long - numeral / 2.0;
        let wide = self.length(SCALE, &half);
        let half_left = left + long / 2.0 - wide / 2.0;
        let is_roomy =
            half_left > left + zero + 4.0 * unit && half_left + wide + 4.0 * unit < end_left;
        if is_roomy {
            self.line(SCALE, &half, half_left, top);
        }
        self.line(SCALE, &end, end_left, top);
        (end_left + self.length(SCALE, &end)).max(left + long)
    }
}

/// The line below the title: whose map it is, and of when.
fn subtitle_of(brief: &Brief<'_>) -> String {
    let data = brief.data();
    if brief.title().contains(brief.map_name()) {
        data
    } else {
        format!("{} · {data}", brief.map_name())
    }
}

/// 1 to how many: exactly on paper, about and in the middle on a screen.
fn scale_in_words(brief: &Brief<'_>, frame: &MapFrame, scale: Option<u32>) -> String {
    if let Some(scale) = scale {
        return format!("1:{}", grouped(f64::from(scale)));
    }
    let about = frame.metres_a_pixel() / PIXEL_M;
    let digit = 10_f64.powf(about.log10().floor() - 1.0);
    let about = grouped((about / digit).round() * digit);
    match brief.lang() {
        Lang::Zh => format!("约 1:{about}（中心）"),
        Lang::En => format!("about 1:{about} (centre)"),
    }
}

/// A whole number with thousands apart.
pub(super) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The largest of 1, 2 and 5 times a power of ten that is no longer.
fn round_length(most: f64) -> f64 {
    let power = 10_f64.powf(most.log10().floor());
    let times = [5.0, 2.0].into_iter().find(|times| times * power <= most);
    times.unwrap_or(1.0) * power
}
