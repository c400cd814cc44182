//! One layer of the style in the making: what it draws of each shape, and the labels that it wants.

use std::collections::HashMap;

use geo::Coord;
use tiny_skia::PathBuilder;

use super::{
    labels::{AtPoint, Letters, Stand, Wanted},
    look::{Circle, Kind, Line, Look, Symbol, Wording, Words, single},
    placed::{Placed, trace},
    scene::{Cap, Colour, Item, Join, Stroke},
};
use crate::{
    report::Lang,
    tiles::{self, Shape},
};

/// Lines that look alike are drawn as one path of at most so many vertices.
const MAX_JOINED: usize = 10_000;

/// A layer of the style in the making.
pub(super) struct Canvas {
    pub look: &'static Look,
    /// How far its marks reach beyond their shapes, pixels.
    pub reach: f64,
    pub items: Vec<Item>,
    /// Lines of one look, not yet an item, and how many vertices they have.
    joined: Option<(PathBuilder, Stroke, usize)>,
    pub labels: Vec<Wanted>,
    /// Places of labels along lines in `labels`, by what they say.
    named: HashMap<String, usize>,
}

/// How far the marks of a layer reach beyond their shapes, pixels.
fn reach(look: &Look, zoom: f64) -> f64 {
    let shape = Shape {
        zoom,
        geometry_type: "",
        attributes: &[],
    };
    let number = |expression: &tiles::Expression| expression.number(&shape).unwrap_or_default();
    let shifted = |shift: (f32, f32)| f64::from(shift.0.hypot(shift.1));
    match &look.kind {
        Kind::Background(_) | Kind::Raster | Kind::Fill { .. } => 2.0,
        Kind::Line(line) => number(&line.width) / 2.0 + 2.0,
        Kind::Circle(circle) => {
            number(&circle.radius) + number(&circle.rim_width) + shifted(circle.shift) + 2.0
        }
        Kind::Symbol(symbol) if symbol.overlaps => {
            number(&symbol.size) + number(&symbol.halo_width) + shifted(symbol.shift)
        }
        // What can't stand whole does not stand.
        Kind::Symbol(_) => 0.0,
    }
}

impl Canvas {
    /// An empty one at a zoom.
    pub fn new(look: &'static Look, zoom: f64) -> Self {
        Self {
            look,
            reach: reach(look, zoom),
            items: Vec::new(),
            joined: None,
            labels: Vec::new(),
            named: HashMap::new(),
        }
    }

    /// Draws a shape where it stands; `by_use`: colours that can mean land use do.
    pub fn draw(&mut self, shape: &Shape<'_>, placed: &Placed, by_use: bool, lang: Lang) {
        match &self.look.kind {
            Kind::Background(_) | Kind::Raster => {}
            Kind::Fill { colour, opacity } => {
                let colour = colour.of(shape, by_use).zip(opacity.number(shape));
                if let Some(colour) = colour.and_then(|(colour, share)| seen(colour, share)) {
                    self.items
                        .extend(placed.area().map(|path| Item::Fill(path, colour)));
                }
            }
            Kind::Line(line) => self.line(line, shape, placed, by_use),
            Kind::Circle(circle) => {
                for at in placed.points() {
                    self.circle(circle, shape, at, by_use);
                }
            }
            Kind::Symbol(symbol) => self.label(symbol, shape, placed, by_use, lang),
        }
    }

    fn line(&mut self, line: &Line, shape: &Shape<'_>, placed: &Placed, by_use: bool) {
        let colour = line
            .colour
            .of(shape, by_use)
            .zip(line.opacity.number(shape));
        let Some(colour) = colour.and_then(|(colour, share)| seen(colour, share)) else {
            return;
        };
        let width = single(line.width.number(shape).unwrap_or(1.0));
        if width <= 0.0 {
            return;
        }
        // On the page dashes keep their length on the ground between two whole zooms.
        let whole = Shape {
            zoom: shape.zoom.floor(),
            ..*shape
        };
        let dash = line.width.number(&whole).unwrap_or(1.0) * (shape.zoom - whole.zoom).exp2();
        let stroke = Stroke {
            colour,
            width,
            dashes: line
                .dashes
                .iter()
                .map(|length| length * single(dash))
                .collect(),
            cap: line.cap,
            join: line.join,
        };
        let lines = placed.lines();
        let vertices: usize = lines.iter().map(|line| line.0.len()).sum();
        // Lines that are seen through each other must not become one.
        let joins = self.joined.as_ref().is_some_and(|(_, other, known)| {
            *other == stroke && colour.opacity >= 1.0 && known + vertices <= MAX_JOINED
        });
        if !joins {
            self.close();
        }
        let (path, _, known) = self
            .joined
            .get_or_insert_with(|| (PathBuilder::new(), stroke, 0));
        *known += vertices;
        for line in lines {
            trace(path, line);
        }
    }

    /// Makes an item of the lines that are waiting.
    pub fn close(&mut self) {
        if let Some((path, stroke, _)) = self.joined.take() {
            self.items
                .extend(path.finish().map(|path| Item::Line(path, stroke)));
        }
    }

    fn circle(&mut self, circle: &Circle, shape: &Shape<'_>, at: Coord<f64>, by_use: bool) {
        let number =
            |expression: &tiles::Expression| single(expression.number(shape).unwrap_or_default());
        let (radius, rim) = (number(&circle.radius), number(&circle.rim_width));
        let (x, y) = (single(at.x) + circle.shift.0, single(at.y) + circle.shift.1);
        let colour = circle
            .colour
            .of(shape, by_use)
            .zip(circle.opacity.number(shape));
        if let Some(colour) = colour.and_then(|(colour, share)| seen(colour, share)) {
            let path = PathBuilder::from_circle(x, y, radius);
            self.items.extend(path.map(|path| Item::Fill(path, colour)));
        }
        let colour = circle
            .rim_colour
            .of(shape, by_use)
            .zip(circle.rim_opacity.number(shape));
        let colour = colour.and_then(|(colour, share)| seen(colour, share));
        if let Some(colour) = colour.filter(|_| rim > 0.0) {
            let path = PathBuilder::from_circle(x, y, radius + rim / 2.0);
            let stroke = Stroke {
                colour,
                width: rim,
                dashes: Vec::new(),
                cap: Cap::Butt,
                join: Join::Miter,
            };
            self.items.extend(path.map(|path| Item::Line(path, stroke)));
        }
    }

    fn label(
        &mut self,
        symbol: &Symbol,
        shape: &Shape<'_>,
        placed: &Placed,
        by_use: bool,
        lang: Lang,
    ) {
        let text = self.text(symbol, shape, lang);
        let Some(colour) = symbol.colour.of(shape, by_use).filter(|_| !text.is_empty()) else {
            return;
        };
        let halo_width = single(symbol.halo_width.number(shape).unwrap_or_default());
        let halo = symbol.halo_colour.of(shape, by_use);
        let letters = Letters {
            weight: symbol.weight,
            size: single(symbol.size.number(shape).unwrap_or(16.0)),
            spacing: symbol.spacing,
            colour,
            halo: halo
                .filter(|_| halo_width > 0.0)
                .map(|colour| (colour, halo_width)),
        };
        let places = symbol.places(shape);
        let Some(along) = symbol.along else {
            for at in placed.anchors() {
                let stand = Stand::Point(AtPoint {
                    at: (single(at.x), single(at.y)),
                    places: places.clone(),
                    max_width: symbol.max_width,
                    shift: symbol.shift,
                    overlaps: symbol.overlaps,
                    gives_way: symbol.gives_way,
                });
                self.labels.push(Wanted {
                    text: text.clone(),
                    letters: letters.clone(),
                    padding: symbol.padding,
                    stand,
                });
            }
            return;
        };
        let lines = placed.lines();
        let known = self.named.get(&text).copied();
        // The ways of one street bear its name together.
        if let Some(Stand::Lines { lines: known, .. }) =
            known.map(|place| &mut self.labels[place].stand)
        {
            known.extend_from_slice(lines);
            return;
        }
        self.named.insert(text.clone(), self.labels.len());
        self.labels.push(Wanted {
            text,
            letters,
            padding: symbol.padding,
            stand: Stand::Lines {
                lines: lines.to_vec(),
                along,
                offset: places
                    .first()
                    .map(|(_, offset)| *offset)
                    .unwrap_or_default(),
            },
        });
    }

    /// What a label says, in the language of the view.
    fn text(&self, symbol: &Symbol, shape: &Shape<'_>, lang: Lang) -> String {
        let template = match self.look.wording {
            Wording::AsWritten => return symbol.words.of(shape),
            Wording::Accuracy => lang.pick("±{accuracy_m} 米", "±{accuracy_m} m"),
            Wording::Names => lang.pick("{name}", "{name_en}"),
        };
        let text = Words::Template(template.into()).of(shape);
        if text.is_empty() {
            return symbol.words.of(shape);
        }
        text
    }
}

/// A colour at a share of its opacity, where anything of it is seen.
fn seen(colour: Colour, share: f64) -> Option<Colour> {
    (share > 0.0).then(|| colour.faded(single(share)))
}
