//! Which sides make one sentence.
//!
//! Sides that follow each other with nothing but a comma between make a block. A block that has all
//! four is a sentence by itself. Others are put together where nothing stands between them, or
//! nothing but words of the same sentence, which are then not understood: what stands between two
//! sides might change the area.

use std::ops::Range;

use super::glyph::{leading, position, quote, starts_with};
use super::item::{Content, Form, Item};
use super::mark::Verb;
use super::name::{LEAVING_OUT, names};
use super::page::{Page, Part, Stop};
use super::sentence::{Names, Open, Sentence};
use super::{Direction, NameKind, TextError};

/// Sides that belong together, and what they make.
pub struct Group {
    /// The glyphs from the first to the last of them.
    pub span: Range<usize>,
    pub sentence: Result<Sentence, TextError>,
    /// Whether it is told of. A lone side is prose, unless nothing else stands in its sentence.
    pub is_told: bool,
}

/// All groups, in the order of the text.
pub fn groups(page: &Page, items: Vec<Item>) -> Vec<Group> {
    let (undirected, sides): (Vec<Item>, Vec<Item>) = items
        .into_iter()
        .partition(|item| item.form == Form::Undirected);
    let sides = Sides::new(page, sides);
    let mut groups = sides.groups();
    for item in undirected {
        let is_apart = |group: &Group| {
            let between = if group.span.start < item.span.start {
                group.span.end..item.span.start
            } else {
                item.span.end..group.span.start
            };
            !group.is_told || page.stop_in(between) == Some(Stop::Full)
        };
        if let Some(error) = item.content.err()
            && groups.iter().all(is_apart)
        {
            groups.push(Group {
                span: item.span,
                sentence: Err(error),
                is_told: true,
            });
        }
    }
    groups.sort_by_key(|group| group.span.start);
    groups
}

/// What stands between a side and the one before it.
struct Gap {
    stop: Option<Stop>,
    /// Words that do not merely join the two.
    words: Option<String>,
}

struct Sides<'a> {
    page: &'a Page<'a>,
    items: Vec<Item>,
    /// Before each item.
    gaps: Vec<Gap>,
}

/// A run of items, in the making of groups.
#[derive(Clone)]
struct Run {
    items: Range<usize>,
    /// Whether it was put together of several sentences.
    is_joined: bool,
    fault: Option<TextError>,
    /// Whether it is told of as a fault of another.
    is_absorbed: bool,
}

/// How often each side is given, and how many pairs of lines the area lies between.
#[derive(Default)]
struct Tally {
    sides: [usize; 4],
    pairs: usize,
    others: usize,
}

impl Tally {
    fn count(&self) -> usize {
        self.sides.iter().sum::<usize>() + 2 * self.pairs
    }

    fn is_complete(&self) -> bool {
        let [n, e, s, w] = self.sides;
        self.others == 0
            && match self.pairs {
                0 => self.sides == [1; 4],
                1 => [n, s, e, w] == [1, 1, 0, 0] || [n, s, e, w] == [0, 0, 1, 1],
                2 => self.sides == [0; 4],
                _ => false,
            }
    }

    /// A side that both give, or that there is no room for.
    fn repeats(&self, other: &Self) -> bool {
        let both = self.sides.iter().zip(&other.sides);
        both.into_iter().any(|(a, b)| *a > 0 && *b > 0) || self.count() + other.count() > 4
    }
}

impl<'a> Sides<'a> {
    fn new(page: &'a Page, items: Vec<Item>) -> Self {
        let mut gaps = Vec::new();
        let mut before = 0;
        for item in &items {
            gaps.push(gap(page, before..item.span.start));
            before = item.span.end;
        }
        Self { page, items, gaps }
    }

    fn groups(&self) -> Vec<Group> {
        let runs = self.without_locations(self.blocks());
        let runs = self.join(runs, |gap| gap.stop < Some(Stop::Full));
        let mut runs = self.join(runs, |gap| gap.stop == Some(Stop::Full));
        self.find_faults(&mut runs);
        runs.into_iter().map(|run| self.group(run)).collect()
    }

    fn tally(&self, items: Range<usize>) -> Tally {
        let mut tally = Tally::default();
        for item in &self.items[items] {
            match item.form {
                Form::Between => tally.pairs += 1,
                _ if item.directions.is_empty() => tally.others += 1,
                _ => {}
            }
            for direction in &item.directions {
                tally.sides[direction.index()] += 1;
            }
        }
        tally
    }

    fn is_complete(&self, run: &Run) -> bool {
        self.tally(run.items.clone()).is_complete()
    }

    fn is_lone(&self, run: &Run) -> bool {
        self.tally(run.items.clone()).count() < 2
    }

    fn blocks(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for i in 0..self.items.len() {
            let gap = &self.gaps[i];
            match runs.last_mut() {
                Some(run) if gap.words.is_none() && gap.stop < Some(Stop::Semicolon) => {
                    run.items.end = i + 1;
                }
                _ => runs.push(Run {
                    items: i..i + 1,
                    is_joined: false,
                    fault: None,
                    is_absorbed: false,
                }),
            }
        }
        runs
    }

    /// “位于A以南，东至B，南至C，西至D，北至E”: A tells where the place is, and is no side of it.
    fn without_locations(&self, runs: Vec<Run>) -> Vec<Run> {
        let cut = |mut run: Run| {
            let is_head = |item: &Item| matches!(item.form, Form::Head(_));
            if let Some(n) = self.items[run.items.clone()].iter().position(is_head) {
                let heads = run.items.start + n..run.items.end;
                if self.items[heads.clone()].iter().all(is_head)
                    && self.tally(heads.clone()).is_complete()
                {
                    run.items = heads;
                }
            }
            run
        };
        runs.into_iter().map(cut).collect()
    }

    /// Joins runs that give different sides, where the gap between them is such.
    fn join(&self, runs: Vec<Run>, is_such: impl Fn(&Gap) -> bool) -> Vec<Run> {
        let mut joined: Vec<Run> = Vec::new();
        for run in runs {
            if let Some(last) = joined.last_mut()
                && last.items.end == run.items.start
            {
                let gap = &self.gaps[run.items.start];
                let (a, b) = (
                    self.tally(last.items.clone()),
                    self.tally(run.items.clone()),
                );
                let is_whole = a.is_complete() || b.is_complete();
                let is_new_sentence = gap.stop == Some(Stop::Full);
                let is_apart = is_new_sentence && gap.words.is_some();
                if is_such(gap) && !is_whole && !is_apart && !a.repeats(&b) {
                    last.items.end = run.items.end;
                    last.is_joined |= is_new_sentence;
                    continue;
                }
            }
            joined.push(run);
        }
        joined
    }

    /// Marks the runs next to which a side stands that may be theirs.
    fn find_faults(&self, runs: &mut [Run]) {
        for i in 0..runs.len() {
            let neighbours = [i.checked_sub(1), (i + 1 < runs.len()).then_some(i + 1)];
            let (is_lone, is_complete) = (self.is_lone(&runs[i]), self.is_complete(&runs[i]));
            for n in neighbours.into_iter().flatten() {
                let (first, second) = (&runs[n.min(i)].items, &runs[n.max(i)].items);
                if first.end != second.start {
                    continue;
                }
                let gap = &self.gaps[second.start];
                let item = &self.items[runs[i].items.start];
                let is_head = matches!(item.form, Form::Head(_));
                let is_near = gap.words.is_none()
                    || (is_head && gap.stop < Some(Stop::Semicolon) && self.is_complete(&runs[n]));
                let fault = if is_lone {
                    let side = item.directions.first().filter(|_| is_near);
                    side.map(|&side| TextError::Twice(side))
                } else if !is_complete && gap.words.is_none() && runs[n].is_joined {
                    let span = self.span(&runs[n]);
                    Some(TextError::Mingled(quote(&self.page.glyphs[span])))
                } else {
                    None
                };
                if fault.is_some() && !self.is_lone(&runs[n]) {
                    runs[i].is_absorbed |= is_lone;
                    runs[n].fault = runs[n].fault.take().or(fault);
                }
            }
        }
    }

    fn span(&self, run: &Run) -> Range<usize> {
        let items = &self.items[run.items.clone()];
        items[0].span.start..items[items.len() - 1].span.end
    }

    fn group(&self, run: Run) -> Group {
        let span = self.span(&run);
        let is_told = !run.is_absorbed && self.is_told(&run);
        let sentence = self.sentence(run, span.clone());
        Group {
            span,
            sentence,
            is_told,
        }
    }

    fn is_told(&self, run: &Run) -> bool {
        let items = &self.items[run.items.clone()];
        let tally = self.tally(run.items.clone());
        if let [item] = items
            && tally.count() < 2
        {
            let starts = match item.span.start.checked_sub(1) {
                None => true,
                Some(before) => {
                    self.page.has_break(item.span.start)
                        || self.page.glyphs[before].c == ':'
                        || self.page.part(before) == Part::Stop(Stop::Full)
                }
            };
            let end = item.span.end;
            let ends = end == self.page.len()
                || self.page.has_break(end)
                || self.page.part(end) == Part::Stop(Stop::Full);
            let is_certain = matches!(item.form, Form::Head(Verb::Reaches | Verb::Labels));
            return is_certain && starts && ends;
        }
        // 北起A，南至B is how the course of a road is told; A与B之间, or two reversed sides in two
        // sentences, tell where something stands.
        let is_course = matches!(tally.sides, [1, 0, 1, 0] | [0, 1, 0, 1])
            && items
                .iter()
                .any(|item| item.form == Form::Head(Verb::Starts));
        let is_scattered =
            run.is_joined && tally.count() < 3 && items.iter().any(|item| item.form == Form::Tail);
        tally.count() >= 2
            && !is_course
            && !is_scattered
            && items.iter().any(|item| item.form != Form::Between)
            || tally.pairs > 1
    }

    fn sentence(&self, run: Run, span: Range<usize>) -> Result<Sentence, TextError> {
        let first = run.items.start;
        let mut sides: [Option<Names>; 4] = Default::default();
        let mut pairs = Vec::new();
        for i in run.items.clone() {
            if i > first
                && let Some(words) = &self.gaps[i].words
            {
                return Err(TextError::Unread(words.clone()));
            }
            let item = &self.items[i];
            match item.content.as_ref().map_err(Clone::clone)? {
                Content::Facing(pair) => pairs.push((pair.clone(), item.span.clone())),
                Content::Sides(names) => {
                    for (direction, names) in item.directions.iter().zip(names) {
                        let slot = &mut sides[direction.index()];
                        if slot.replace(names.clone()).is_some() {
                            return Err(TextError::Twice(*direction));
                        }
                    }
                }
            }
        }
        if let Some(fault) = run.fault {
            return Err(fault);
        }
        let (sides, open) = self.arrange(sides, pairs)?;
        self.check_surroundings(run.items)?;
        let text = &self.page.text[self.page.bytes(&span)];
        Ok(Sentence::new(text, sides, open))
    }

    /// Gives the lines of each pair the sides that are left.
    fn arrange(
        &self,
        mut sides: [Option<Names>; 4],
        pairs: Vec<([super::Name; 2], Range<usize>)>,
    ) -> Result<([Names; 4], Open), TextError> {
        use Direction::{East, North, South, West};
        let given = |axis: [Direction; 2]| axis.into_iter().find(|d| sides[d.index()].is_some());
        let axes = [[North, South], [West, East]];
        let free: Vec<[Direction; 2]> = axes.into_iter().filter(|a| given(*a).is_none()).collect();
        let open = match pairs.len() {
            0 => Open::Nothing,
            1 if free.len() == 1 => Open::Pair(free[0]),
            2 if free.len() == 2 => Open::Axes,
            1 if free.len() == 2 => {
                let clause = quote(&self.page.glyphs[pairs[0].1.clone()]);
                return Err(TextError::OnePair(clause));
            }
            // The pair has no room beside the sides that are given: three lines on one axis, unless
            // both axes have one.
            1 | 2 => {
                let is_full =
                    |axis: [Direction; 2]| axis.iter().all(|d| sides[d.index()].is_some());
                let [crowded, other] = if is_full(axes[0]) {
                    [axes[1], axes[0]]
                } else {
                    axes
                };
                if pairs.len() == 2 || is_full(other) {
                    let side = given(crowded).or_else(|| given(other));
                    return Err(TextError::Twice(side.unwrap_or(North)));
                }
                Open::Nothing
            }
            _ => {
                let clause = quote(&self.page.glyphs[pairs[2].1.clone()]);
                return Err(TextError::Unread(clause));
            }
        };
        for ((pair, _), axis) in pairs.into_iter().zip(free) {
            for (name, direction) in pair.into_iter().zip(axis) {
                sides[direction.index()] = Some(vec![name]);
            }
        }
        match sides {
            [Some(n), Some(e), Some(s), Some(w)] => Ok(([n, e, s, w], open)),
            some => Err(TextError::Missing(
                Direction::CLOCKWISE
                    .into_iter()
                    .filter(|d| some[d.index()].is_none())
                    .collect(),
            )),
        }
    }

    /// Refuses a sentence from which the words around it may take something away, or to which they
    /// may add something.
    fn check_surroundings(&self, items: Range<usize>) -> Result<(), TextError> {
        let page = self.page;
        let (first, last) = (items.start, items.end - 1);
        let from = first.checked_sub(1).map_or(0, |i| self.items[i].span.end);
        let start = self.items[first].span.start;
        let end = self.items[last].span.end;
        let until = self
            .items
            .get(items.end)
            .map_or(page.len(), |item| item.span.start);

        let full = |&i: &usize| page.part(i) == Part::Stop(Stop::Full);
        let sentence_start = (from..start)
            .rev()
            .find(|i| full(i) || page.has_break(i + 1));
        let sentence_start = sentence_start.map_or(from, |i| i + 1);
        let sentence_end = (end..until).find(|i| full(i) || page.has_break(*i));
        let sentence_end = sentence_end.unwrap_or(until);
        for clause in clauses(page, sentence_start..start)
            .into_iter()
            .chain(clauses(page, end..sentence_end))
        {
            let glyphs = &page.glyphs[clause];
            let except = starts_with(glyphs, "除") && position(glyphs, &["外"]).is_some();
            let leaves_out = position(glyphs, &LEAVING_OUT).is_some();
            if (except || leaves_out) && position(glyphs, &["面积"]).is_none() {
                return Err(TextError::LeavesOut(quote(glyphs)));
            }
        }
        // A name after a comma, or on a line that begins like an item of a list: “支路\n一、甲路”.
        let next = if end < page.len() && page.glyphs[end].c == ',' {
            clauses(page, end..sentence_end).into_iter().next()
        } else if end < until && page.has_break(end) {
            let next = clauses(page, end..until).into_iter().next();
            next.map(|clause| clause.start + page.item_number(clause.start)..clause.end)
        } else {
            None
        };
        match next {
            Some(clause) if is_list_of_lines(page, clause.clone()) => {
                Err(TextError::Unread(quote(&page.glyphs[clause])))
            }
            _ => Ok(()),
        }
    }
}

/// The clauses in `range`.
fn clauses(page: &Page, range: Range<usize>) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = range.start;
    for i in range.clone() {
        if matches!(page.part(i), Part::Stop(_) | Part::Area) {
            clauses.push(start..i);
            start = i + 1;
        }
    }
    clauses.push(start..range.end);
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

/// Whether a clause holds nothing but names of lines.
fn is_list_of_lines(page: &Page, clause: Range<usize>) -> bool {
    const LONGEST: usize = 8;
    let is_line = |name: &super::Name| {
        let count = name.text.chars().count();
        let ends = name.text.ends_with(['路', '道', '街', '河', '桥', '线']);
        ends && (2..=LONGEST).contains(&count) && name.kind == NameKind::Line
    };
    names(page, clause, None, "").is_ok_and(|names| names.iter().all(is_line))
}

fn gap(page: &Page, between: Range<usize>) -> Gap {
    let joining = [
        "、", "至", "到", "和", "及", "与", "以及", "且", "并且", "并", "而", "其", "-", "分别",
        "位于", "介于", "·", "*",
    ];
    let mut words: Option<Range<usize>> = None;
    let mut stops = 0;
    let mut i = between.start;
    while i < between.end {
        let is_stop = matches!(page.part(i), Part::Stop(_));
        if is_stop || page.part(i) == Part::Area {
            // Two commas may have lost a side between them.
            let is_mark = matches!(page.glyphs[i].c, '(' | ')' | '①'..='⑳' | '•' | '●' | '■');
            stops = if page.part(i) == Part::Area {
                0
            } else {
                stops + usize::from(!is_mark)
            };
            if stops > 1 && words.is_none() {
                words = Some(i..i + 1);
            }
            i += 1;
            continue;
        }
        stops = 0;
        let after_stop = i == between.start || page.has_break(i) || !page.is_word(i - 1);
        let number = page.item_number(i);
        let rest = &page.glyphs[i..between.end];
        if after_stop && (1..=rest.len()).contains(&number) {
            i += number;
        } else if let Some(width) = leading(rest, &joining) {
            i += width;
        } else {
            words = Some(words.map_or(i, |words| words.start)..i + 1);
            i += 1;
        }
    }
    let stop = if between.start < page.len() {
        // A break before the side that follows counts too.
        let inner = (between.start < between.end)
            .then(|| page.stop_in(between.start..between.end - 1))
            .flatten();
        inner.max(page.has_break(between.end).then_some(Stop::Full))
    } else {
        None
    };
    Gap {
        stop,
        words: words.map(|words| quote(&page.glyphs[words])),
    }
}
