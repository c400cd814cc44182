//! Finds room for names: none covers another, and none is cut off.

mod turned;
mod walk;

use std::{collections::HashMap, f32::consts::FRAC_PI_2};

use geo::LineString;
use tiny_skia::{Path, PathBuilder, Rect, Transform};

use self::{turned::Turned, walk::Walk};
use super::{
    fonts::{Fonts, Weight},
    look::{Along, Anchor},
    scene::{Bent, Cap, Colour, Item, Join, Stroke, Text},
    text::{self, Glyph},
};

/// From the baseline of a line of text up to its middle, in ems: half of what a Chinese character
/// rises above the baseline, less half of what it reaches below.
pub(super) const MIDDLE: f32 = 0.38;
/// From one line of a label to the next, in ems.
const LEADING: f32 = 1.2;
/// Characters that turn less than this against each other stand on one straight line, degrees.
const STRAIGHT: f32 = 2.0;
/// How a label is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Letters {
    /// The font's weight.
    pub weight: Weight,
    /// Pixels an em.
    pub size: f32,
    /// Between characters, ems.
    pub spacing: f32,
    /// Its colour.
    pub colour: Colour,
    /// The colour of what sets it off, and how far that reaches in pixels.
    pub halo: Option<(Colour, f32)>,
}

/// A label that wants to stand on the map.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it says.
    pub text: String,
    /// How it is set.
    pub letters: Letters,
    /// What stays free around it, pixels.
    pub padding: f32,
    /// Where it may stand.
    pub stand: Stand,
}

/// Where a label may stand.
#[derive(Debug, Clone)]
pub enum Stand {
    /// At a point.
    Point(AtPoint),
    /// Along lines, once or several times.
    Lines {
        /// The lines, pixels.
        lines: Vec<LineString<f64>>,
        /// How.
        along: Along,
        /// How far off them, along and to the right of the reading direction, ems.
        offset: [f32; 2],
    },
}

impl Stand {
    /// Whether the label stands whatever stands there.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        matches!(self, Self::Point(point) if point.overlaps)
    }
}

/// How a label stands at a point.
#[derive(Debug, Clone)]
pub struct AtPoint {
    /// The point, pixels.
    pub at: (f32, f32),
    /// What is tried in turn: which part of it stands there, and how far off in ems.
    pub places: Vec<(Anchor, [f32; 2])>,
    /// Its longest line, ems.
    pub max_width: f32,
    /// How far it is moved after all, pixels.
    pub shift: (f32, f32),
    /// Whether it stands whatever stands there.
    pub overlaps: bool,
    /// Whether others may stand where it stands.
    pub gives_way: bool,
}

/// What is taken of a frame.
pub struct Board {
    frame: Rect,
    fonts: &'static Fonts,
    taken: Vec<Turned>,
    cells: HashMap<(i32, i32), Vec<usize>>,
    /// Where names stand along lines, by what they say.
    named: HashMap<String, Vec<(f32, f32)>>,
}

impl Board {
    /// A frame of which nothing is taken.
    #[must_use]
    pub fn new(frame: Rect, fonts: &'static Fonts) -> Self {
        Self {
            frame,
            fonts,
            taken: Vec::new(),
            cells: HashMap::new(),
            named: HashMap::new(),
        }
    }

    /// Takes a place on which no label shall stand.
    pub fn cover(&mut self, place: Rect) {
        let (left, top) = (place.left(), place.top());
        self.take(Turned::upright(left, top, place.width(), place.height()));
    }

    /// What draws a label, as often as it finds room.
    pub fn place(&mut self, wanted: &Wanted) -> Vec<Item> {
        let Wanted {
            text,
            letters,
            padding,
            stand,
        } = wanted;
        if text.trim().is_empty() {
            return Vec::new();
        }
        match stand {
            Stand::Point(point) => self.at_point(text, letters, *padding, point),
            Stand::Lines {
                lines,
                along,
                offset,
            } => {
                let word = Word::new(self.fonts, text, letters);
                self.along(&word, lines, *along, *offset, *padding)
            }
        }
    }

    fn at_point(
        &mut self,
        text: &str,
        letters: &Letters,
        padding: f32,
        point: &AtPoint,
    ) -> Vec<Item> {
        let (x, y) = point.at;
        // A name whose mark lies off the frame would stand for nothing.
        if !point.overlaps && !Turned([(x, y); 4]).is_within(self.frame) {
            return Vec::new();
        }
        let size = letters.size;
        let lines: Vec<Word<'_>> = balanced(self.fonts, text, letters, point.max_width)
            .into_iter()
            .map(|line| Word::new(self.fonts, &line, letters))
            .collect();
        let longest = lines.iter().map(Word::length).fold(0.0, f32::max);
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let height = LEADING * size * lines.len() as f32;
        for (anchor, offset) in &point.places {
            let (left_of, above) = anchor.shares();
            let left = x + offset[0] * size - left_of * longest + point.shift.0;
            let top = y + offset[1] * size - above * height + point.shift.1;
            let block = Turned::upright(left, top, longest, height);
            let fits = block.is_within(self.frame) && self.is_free(&block.grown(padding));
            if !fits && !point.overlaps {
                continue;
            }
            if !point.gives_way {
                self.take(block.grown(padding));
            }
            let mut line_top = top;
            let mut items = Vec::new();
            for line in lines {
                let start = left + (longest - line.length()) / 2.0;
                let baseline = line_top + (LEADING / 2.0 + MIDDLE) * size;
                items.push(line.item((start, baseline), 0.0));
                line_top += LEADING * size;
            }
            return items;
        }
        Vec::new()
    }

    /// A name stands on the longest of its lines first, and nowhere near where it stands already.
    fn along(
        &mut self,
        word: &Word<'_>,
        lines: &[LineString<f64>],
        along: Along,
        offset: [f32; 2],
        padding: f32,
    ) -> Vec<Item> {
        let mut walks: Vec<Walk> = lines.iter().map(Walk::new).collect();
        walks.sort_by(|a, b| b.length().total_cmp(&a.length()));
        let mut items = Vec::new();
        let mut stands = self.named.remove(&word.text).unwrap_or_default();
        for walk in &walks {
            for slot in walk.slots(word.length(), along.every) {
                let free = slot.into_iter().find_map(|middle| {
                    let laid = word.laid(walk, middle, offset, along.max_turn)?;
                    let far = |other: &(f32, f32)| {
                        (laid.middle.0 - other.0).hypot(laid.middle.1 - other.1) > along.every / 2.0
                    };
                    let fits = laid.boxes.iter().all(|place| {
                        place.is_within(self.frame) && self.is_free(&place.grown(padding))
                    });
                    (stands.iter().all(far) && fits).then_some(laid)
                });
                if let Some(laid) = free {
                    for place in &laid.boxes {
                        self.take(place.grown(padding));
                    }
                    stands.push(laid.middle);
                    items.push(word.item_along(self.fonts, &laid));
                }
            }
        }
        self.named.insert(word.text.clone(), stands);
        items
    }

    fn is_free(&self, place: &Turned) -> bool {
        place.cells().all(|cell| {
            let near = self.cells.get(&cell).into_iter().flatten();
            near.into_iter()
                .all(|index| !self.taken[*index].overlaps(place))
        })
    }

    fn take(&mut self, place: Turned) {
        for cell in place.cells() {
            self.cells.entry(cell).or_default().push(self.taken.len());
        }
        self.taken.push(place);
    }
}

/// Breaks a label into as few lines as its width asks for, of about the same length.
fn balanced(fonts: &Fonts, text: &str, letters: &Letters, max_width: f32) -> Vec<String> {
    const STEPS: u8 = 12;
    let weight = letters.weight;
    let widest = max_width / (1.0 + letters.spacing);
    let broken = |ems: f32| text::broken(fonts, weight, text, ems, usize::MAX);
    let fewest = broken(widest);
    let whole = text::length(fonts, weight, text);
    let even = whole / (whole / widest).ceil().max(1.0);
    // Not so narrow that words break.
    let narrowest = even
        .max(text::longest_word(fonts, weight, text))
        .min(widest);
    (0..STEPS)
        .map(|step| {
            let share = f32::from(step) / f32::from(STEPS);
            broken(narrowest + (widest - narrowest) * share + 0.01)
        })
        .find(|lines| lines.len() <= fewest.len())
        .unwrap_or(fewest)
}

/// A line of text, set.
struct Word<'a> {
    text: String,
    glyphs: Vec<Glyph>,
    letters: &'a Letters,
}

/// Where the characters of a word stand along a line.
struct Laid {
    middle: (f32, f32),
    /// The middle of each, and its angle in degrees.
    characters: Vec<((f32, f32), f32)>,
    boxes: Vec<Turned>,
    /// Whether characters stand below each other.
    is_column: bool,
}

impl<'a> Word<'a> {
    fn new(fonts: &Fonts, text: &str, letters: &'a Letters) -> Self {
        let mut glyphs = text::set(fonts, letters.weight, text);
        // Nothing comes after the last character.
        let between = glyphs.len().saturating_sub(1);
        for glyph in &mut glyphs[..between] {
            glyph.advance += letters.spacing;
        }
        Self {
            text: text.to_owned(),
            glyphs,
            letters,
        }
    }

    /// Pixels.
    fn length(&self) -> f32 {
        let ems: f32 = self.glyphs.iter().map(|glyph| glyph.advance).sum();
        ems * self.letters.size
    }

    fn item(self, at: (f32, f32), angle: f32) -> Item {
        Item::Text(Text {
            text: self.text,
            glyphs: self.glyphs,
            weight: self.letters.weight,
            size: self.letters.size,
            at,
            angle,
            colour: self.letters.colour,
            halo: self.letters.halo,
        })
    }

    /// Lays the word along a line around `middle` (pixels from its start), so that it reads from left
    /// to right, or downwards where the line is steep and the word Chinese; `None` where the line ends
    /// before, or turns too much.
    fn laid(&self, walk: &Walk, middle: f32, offset: [f32; 2], max_turn: f32) -> Option<Laid> {
        let size = self.letters.size;
        let length = self.length();
        let (start, end) = (
            walk.at(middle - length / 2.0)?,
            walk.at(middle + length / 2.0)?,
        );
        let run = (end.0 - start.0, end.1 - start.1);
        let is_column = run.1.abs() > run.0.abs() && self.text.chars().all(stands_upright);
        let is_forward = if is_column { run.1 > 0.0 } else { run.0 >= 0.0 };
        let way = if is_forward { 1.0 } else { -1.0 };
        let mut characters = Vec::with_capacity(self.glyphs.len());
        let mut boxes = Vec::with_capacity(self.glyphs.len());
        let mut pen = -length / 2.0;
        let mut before: Option<f32> = None;
        for glyph in &self.glyphs {
            let advance = glyph.advance * size;
            let at = |pixels: f32| walk.at(middle + way * pixels);
            let (from, to) = (at(pen)?, at(pen + advance)?);
            let centre = at(pen + advance / 2.0)?;
            let direction = match before {
                // What takes the pen nowhere has no direction of its own.
                Some(before) if advance <= 0.0 => before,
                _ => (to.1 - from.1).atan2(to.0 - from.0),
            };
            if before.is_some_and(|before| turn(before, direction).to_degrees() > max_turn) {
                return None;
            }
            before = Some(direction);
            let (sin, cos) = direction.sin_cos();
            let centre = (
                centre.0 + (cos * offset[0] - sin * offset[1]) * size,
                centre.1 + (sin * offset[0] + cos * offset[1]) * size,
            );
            let angle = if is_column {
                direction - FRAC_PI_2
            } else {
                direction
            };
            let angle = angle.to_degrees();
            let (width, height) = if is_column {
                (size, advance)
            } else {
                (advance, size)
            };
            boxes.push(Turned::around(centre, width, height, angle));
            characters.push((centre, angle));
            pen += advance;
        }
        // A word that is bent into itself can't be read.
        (run.0.hypot(run.1) > 0.75 * length).then_some(Laid {
            middle: walk.at(middle)?,
            characters,
            boxes,
            is_column,
        })
    }

    fn item_along(&self, fonts: &Fonts, laid: &Laid) -> Item {
        let angles = laid.characters.iter().map(|(_, angle)| *angle);
        let (least, most) = angles.fold((f32::MAX, f32::MIN), |(least, most), angle| {
            (least.min(angle), most.max(angle))
        });
        let size = self.letters.size;
        // From the middle of a character to where its baseline begins.
        let baseline = |((x, y), angle): ((f32, f32), f32), advance: f32| {
            let (sin, cos) = angle.to_radians().sin_cos();
            let (back, down) = (-advance * size / 2.0, MIDDLE * size);
            (x + cos * back - sin * down, y + sin * back + cos * down)
        };
        let widths = self.glyphs.iter().map(|glyph| glyph.advance);
        let mut characters: Vec<Text> = laid
            .characters
            .iter()
            .zip(widths)
            .zip(&self.glyphs)
            .map(|((character, advance), glyph)| Text {
                text: self.text[glyph.range.clone()].to_owned(),
                glyphs: vec![Glyph {
                    range: 0..glyph.range.len(),
                    ..glyph.clone()
                }],
                weight: self.letters.weight,
                size,
                at: baseline(*character, advance),
                angle: character.1,
                colour: self.letters.colour,
                halo: None,
            })
            .collect();
        if !laid.is_column && most - least < STRAIGHT {
            let first = characters.swap_remove(0);
            return Item::Text(Text {
                text: self.text.clone(),
                glyphs: self.glyphs.clone(),
                angle: f32::midpoint(least, most),
                halo: self.letters.halo,
                ..first
            });
        }
        let halo = self.letters.halo.and_then(|(colour, reach)| {
            let path = outlines(fonts, &characters)?;
            let stroke = Stroke {
                colour,
                width: 2.0 * reach,
                dashes: Vec::new(),
                cap: Cap::Round,
                join: Join::Round,
            };
            Some((path, stroke))
        });
        // Along the middles of the characters, as far as they reach.
        let middle = |character: Option<&((f32, f32), f32)>| {
            character.map_or(laid.middle, |(middle, _)| *middle)
        };
        let first = middle(laid.characters.first());
        let last = middle(laid.characters.last());
        let angle = (last.1 - first.1).atan2(last.0 - first.0).to_degrees();
        let advance = self.glyphs.first().map_or(0.0, |glyph| glyph.advance);
        let whole = Text {
            text: self.text.clone(),
            glyphs: self.glyphs.clone(),
            weight: self.letters.weight,
            size,
            at: baseline((first, angle), advance),
            angle,
            colour: self.letters.colour,
            halo: None,
        };
        Item::Bent(Bent {
            halo,
            characters,
            whole,
        })
    }
}

/// The outlines of single characters.
fn outlines(fonts: &Fonts, characters: &[Text]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for text in characters {
        let placed = Transform::from_translate(text.at.0, text.at.1)
            .pre_rotate(text.angle)
            .pre_scale(text.size, text.size);
        let outlines = text.glyphs.iter();
        for outline in outlines.filter_map(|glyph| fonts.outline(text.weight, glyph.id)) {
            builder.push_path(&outline.transform(placed)?);
        }
    }
    builder.finish()
}

/// Whether a character stands upright where text runs downwards.
fn stands_upright(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// By how much one direction is turned against another, radians.
fn turn(a: f32, b: f32) -> f32 {
    let (sin, cos) = (b - a).sin_cos();
    sin.atan2(cos).abs()
}

#[cfg(test)]
mod tests {
    use geo::wkt;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    fn frame() -> Rect {
        Rect::from_xywh(100.0, 50.0, 800.0, 450.0).unwrap()
    }

    fn board() -> Board {
        Board::new(frame(), Fonts::carried().unwrap())
    }

    fn letters() -> Letters {
        Letters {
            weight: Weight::Regular,
            size: 12.0,
            spacing: 0.05,
            colour: Colour::parse("#000").unwrap(),
            halo: Colour::parse("#fff").map(|colour| (colour, 1.5)),
        }
    }

    fn at(text: &str, x: f32, y: f32) -> Wanted {
        Wanted {
            text: text.to_owned(),
            letters: letters(),
            padding: 2.0,
            stand: Stand::Point(AtPoint {
                at: (x, y),
                places: vec![(Anchor::Top, [0.0, 0.75])],
                max_width: 9.0,
                shift: (0.0, 0.0),
                overlaps: false,
                gives_way: false,
            }),
        }
    }

    fn along(text: &str, line: LineString<f64>) -> Wanted {
        Wanted {
            stand: Stand::Lines {
                lines: vec![line],
                along: Along {
                    every: 300.0,
                    max_turn: 35.0,
                },
                offset: [0.0, 0.0],
            },
            ..at(text, 0.0, 0.0)
        }
    }

    fn texts(items: &[Item]) -> Vec<&Text> {
        let texts = items.iter().filter_map(|item| match item {
            Item::Text(text) => Some(text),
            _ => None,
        });
        texts.collect()
    }

    fn bent(items: &[Item]) -> &Bent {
        let [Item::Bent(bent)] = items else {
            panic!("{items:?}")
        };
        bent
    }

    #[test]
    fn no_label_covers_another_or_leaves_the_frame() {
        let mut rng = StdRng::seed_from_u64(0x1abe_1000);
        let mut board = board();
        let mut labels: Vec<std::ops::Range<usize>> = Vec::new();
        for number in 0..1_500 {
            let (x, y) = (rng.random_range(50.0..950.0), rng.random_range(0.0..550.0));
            let wanted = if number % 3 == 0 {
                let mut end = || rng.random_range(-200.0..200.0);
                let (x, y) = (f64::from(x), f64::from(y));
                let line = [(x, y), (x + end(), y + end()), (x + end(), y + end())];
                along(&format!("第{number}路"), LineString::from(line.to_vec()))
            } else {
                at(&format!("第{number}号地块及周边"), x, y)
            };
            let from = board.taken.len();
            let items = board.place(&wanted);
            assert_eq!(items.is_empty(), board.taken.len() == from);
            labels.push(from..board.taken.len());
        }
        let standing: Vec<_> = labels
            .into_iter()
            .filter(|label| !label.is_empty())
            .collect();
        assert!(standing.len() > 100, "{}", standing.len());
        for (index, label) in standing.iter().enumerate() {
            for place in &board.taken[label.clone()] {
                assert!(place.grown(-2.0).is_within(frame()));
                let others = standing[..index]
                    .iter()
                    .flat_map(|other| &board.taken[other.clone()]);
                assert!(others.into_iter().all(|other| !other.overlaps(place)));
            }
        }
    }

    #[test]
    fn names_read_from_left_to_right_and_steep_chinese_ones_downwards() {
        let mut board = board();
        let items = board.place(&along("青禾道", wkt!(LINESTRING(600. 300.,200. 310.))));
        let [name] = texts(&items)[..] else {
            panic!("{items:?}")
        };
        assert_eq!(name.text, "青禾道");
        assert!(name.angle.abs() < 2.0, "{}", name.angle);
        for line in [
            wkt!(LINESTRING(700. 400.,702. 100.)),
            wkt!(LINESTRING(882. 100.,880. 400.)),
        ] {
            let items = board.place(&along("星河路", line));
            let name = bent(&items);
            let column = &name.characters;
            let said: Vec<&str> = column.iter().map(|text| &*text.text).collect();
            assert_eq!(said, ["星", "河", "路"]);
            assert!(column[0].at.1 < column[1].at.1 && column[1].at.1 < column[2].at.1);
            assert!(column.iter().all(|text| text.angle.abs() < 2.0));
            assert!(name.halo.is_some(), "a halo under all of them");
            // It reads as one, downwards through the same places.
            assert_eq!(name.whole.text, "星河路");
            assert!((name.whole.angle - 90.0).abs() < 2.0);
            let middle = column[0].at.0 + 0.5 * name.whole.size;
            let baseline = name.whole.at.0 + MIDDLE * name.whole.size;
            assert!((baseline - middle).abs() < 1.0, "{name:?}");
            assert!(
                (name.whole.at.1 - (column[0].at.1 - (0.5 + MIDDLE) * name.whole.size)).abs() < 1.5,
                "{name:?}"
            );
        }
        let items = board.place(&along("Xinghe Road", wkt!(LINESTRING(500. 100.,502. 400.))));
        assert!((texts(&items)[0].angle.abs() - 90.0).abs() < 2.0);
    }

    #[test]
    fn a_name_stands_where_its_line_is_long_and_straight_enough() {
        let mut board = board();
        assert!(
            board
                .place(&along("中环线", wkt!(LINESTRING(200. 200.,220. 200.))))
                .is_empty()
        );
        let corner = wkt!(LINESTRING(300. 300.,322. 300.,322. 322.));
        assert!(board.place(&along("中环线", corner)).is_empty());
        // Several times on a long line, and not again beside itself.
        let long = |y: f64| LineString::from(vec![(150.0, y), (850.0, y)]);
        assert_eq!(texts(&board.place(&along("中环线", long(400.0)))).len(), 3);
        assert!(board.place(&along("中环线", long(420.0))).is_empty());
        assert!(!board.place(&along("西青道", long(440.0))).is_empty());
    }

    #[test]
    fn what_has_no_room_in_one_place_is_tried_in_the_next() {
        let mut board = board();
        assert!(!board.place(&at("云帆", 300.0, 200.0)).is_empty());
        assert!(board.place(&at("听雨", 300.0, 200.0)).is_empty());
        let mut wanted = at("听雨", 300.0, 200.0);
        let Stand::Point(point) = &mut wanted.stand else {
            unreachable!()
        };
        point.places.push((Anchor::Bottom, [0.0, -0.75]));
        let items = board.place(&wanted);
        assert!(texts(&items)[0].at.1 < 200.0);
        // Beyond the frame there is no place; a mark that always shows stands there all the same.
        assert!(board.place(&at("听雨", 101.0, 200.0)).is_empty());
        let mut mark = at("◆", 101.0, 200.0);
        let Stand::Point(point) = &mut mark.stand else {
            unreachable!()
        };
        (point.overlaps, point.gives_way) = (true, true);
        assert_eq!(board.place(&mark).len(), 1);
    }

    #[test]
    fn lines_of_a_label_are_about_as_long_as_each_other() {
        let fonts = Fonts::carried().unwrap();
        let lines = |text: &str| balanced(fonts, text, &letters(), 9.0);
        assert_eq!(lines("光荣道智能科技示范区"), ["光荣道智能", "科技示范区"]);
        assert_eq!(lines("西站地区"), ["西站地区"]);
        assert_eq!(
            lines("Sanchahekou Scenic Area"),
            ["Sanchahekou", "Scenic Area"]
        );
    }
}
