//! The style as pictures are drawn by it: its layers, with those that the page draws above the data.
//!
//! What is none of the style's subset is refused, so that no picture leaves out unnoticed what the
//! page shows.

use std::{ops::Range, sync::LazyLock};

use serde_json::{Map, Value as Json};

use super::{
    fonts::Weight,
    scene::{Cap, Colour, Join},
};
use crate::tiles::{
    self, Expression, Shape,
    base_map::BASE_MAP,
    expression::{Unknown, Value},
};

/// The lists of the style's metadata that hold layers drawn from an answer, not from tiles, in the
/// order in which they are laid over the map.
const OVERLAYS: [&str; 3] = [
    "renewal-map:overlay",
    "renewal-map:stacks",
    "renewal-map:sentences",
];
/// Where no land use is stated, as on the page.
pub const UNSTATED: Colour = Colour {
    rgb: [0xc9, 0xc4, 0xb8],
    opacity: 1.0,
};

/// A layer of the style.
#[derive(Debug)]
pub struct Look {
    /// Its id.
    pub id: &'static str,
    /// The group with which it is shown and hidden.
    pub group: Option<&'static str>,
    /// What it draws.
    pub source: Source,
    /// The zooms at which it is drawn.
    pub zooms: Range<f64>,
    /// What of its source it draws; `None`: all.
    pub filter: Option<Expression>,
    /// How.
    pub kind: Kind,
    /// What of its labels is in the language of the view.
    pub wording: Wording,
    /// Whether the page's reader can click on what it draws.
    pub is_clickable: bool,
    /// Whether it has a colour that can mean land use instead of status.
    pub is_coloured: bool,
}

/// Where the shapes of a layer come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Nowhere: it covers everything.
    Background,
    /// The operator's base map, where there is one.
    BaseMap,
    /// The data: a layer of the tiles.
    Data(&'static str),
    /// What is asked and selected: a source of the page's own.
    Overlay(&'static str),
    /// Lines of a layer of the tiles that a refused boundary sentence names. Which they are is said by
    /// who draws, and by the style only that there are none yet.
    Named(&'static str),
}

/// What of a layer's labels is in the language of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// Nothing: they are as the style writes them.
    AsWritten,
    /// They are names.
    Names,
    /// They say how far off something may be.
    Accuracy,
}

/// A colour of a layer.
#[derive(Debug)]
pub struct Tint {
    colour: Expression,
    /// Whether it can mean land use instead of status.
    by_use: bool,
}

/// How a layer draws its shapes. Lengths in pixels.
#[derive(Debug)]
pub enum Kind {
    /// One colour everywhere.
    Background(Tint),
    /// Pixels as they are.
    Raster,
    /// The inside of polygons.
    Fill {
        /// Its colour.
        colour: Tint,
        /// Its opacity.
        opacity: Expression,
    },
    /// Lines, and outlines of polygons.
    Line(Line),
    /// Circles at points.
    Circle(Circle),
    /// Text at points or along lines.
    Symbol(Box<Symbol>),
}

/// How lines are drawn.
#[derive(Debug)]
pub struct Line {
    /// Their colour.
    pub colour: Tint,
    /// Their opacity.
    pub opacity: Expression,
    /// Their width.
    pub width: Expression,
    /// Lengths of dashes and gaps, in widths.
    pub dashes: Vec<f32>,
    /// Their ends.
    pub cap: Cap,
    /// Their bends.
    pub join: Join,
}

/// How circles are drawn.
#[derive(Debug)]
pub struct Circle {
    /// To the inner edge of the rim.
    pub radius: Expression,
    /// The colour inside.
    pub colour: Tint,
    /// The opacity inside.
    pub opacity: Expression,
    /// The colour of the rim.
    pub rim_colour: Tint,
    /// The opacity of the rim.
    pub rim_opacity: Expression,
    /// The width of the rim.
    pub rim_width: Expression,
    /// How far from its point it stands, to the right and down.
    pub shift: (f32, f32),
}

/// How text is set. Lengths in ems where not said otherwise.
#[derive(Debug)]
pub struct Symbol {
    /// What it says.
    pub words: Words,
    /// The font's weight.
    pub weight: Weight,
    /// Pixels an em.
    pub size: Expression,
    /// Its colour.
    pub colour: Tint,
    /// The colour of what sets it off.
    pub halo_colour: Tint,
    /// How far that reaches, pixels.
    pub halo_width: Expression,
    /// The longest line.
    pub max_width: f32,
    /// Between characters.
    pub spacing: f32,
    /// Where it stands to its point.
    pub anchor: Anchor,
    /// How far from there.
    pub offset: Expression,
    /// Places to its point that are tried in turn, each with its offset.
    pub anchors: Option<Expression>,
    /// How far it is moved after all, pixels.
    pub shift: (f32, f32),
    /// What stays free around it, pixels.
    pub padding: f32,
    /// Whether it stands whatever stands there.
    pub overlaps: bool,
    /// Whether others may stand where it stands.
    pub gives_way: bool,
    /// Where it runs along lines.
    pub along: Option<Along>,
}

/// How text runs along lines.
#[derive(Debug, Clone, Copy)]
pub struct Along {
    /// From one to the next, pixels.
    pub every: f32,
    /// By how much it may turn from one character to the next, degrees.
    pub max_turn: f32,
}

/// What a label says.
#[derive(Debug)]
pub enum Words {
    /// A text in which attributes stand in braces.
    Template(Box<str>),
    /// What an expression comes to.
    Value(Expression),
}

/// Which of its parts stands at a label's point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its middle.
    Centre,
    /// Its upper edge.
    Top,
    /// Its lower edge.
    Bottom,
    /// Its left edge.
    Left,
    /// Its right edge.
    Right,
}

impl Anchor {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "center" => Self::Centre,
            "top" => Self::Top,
            "bottom" => Self::Bottom,
            "left" => Self::Left,
            "right" => Self::Right,
            _ => return None,
        })
    }

    /// Which share of a label lies left of its point, and which above.
    #[must_use]
    pub fn shares(self) -> (f32, f32) {
        match self {
            Self::Centre => (0.5, 0.5),
            Self::Top => (0.5, 0.0),
            Self::Bottom => (0.5, 1.0),
            Self::Left => (0.0, 0.5),
            Self::Right => (1.0, 0.5),
        }
    }
}

impl Words {
    /// What it says of a shape.
    #[must_use]
    pub fn of(&self, shape: &Shape<'_>) -> String {
        match self {
            Self::Value(expression) => said(expression.of(shape)),
            Self::Template(template) => {
                let mut text = String::new();
                let mut rest = &**template;
                while let Some((before, after)) = rest.split_once('{') {
                    text.push_str(before);
                    let Some((name, behind)) = after.split_once('}') else {
                        break;
                    };
                    text.push_str(&said(Expression::Attribute(name.into()).of(shape)));
                    rest = behind;
                }
                text + rest
            }
        }
    }
}

fn said(value: Value<'_>) -> String {
    match value {
        Value::Text(text) => text.into_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

impl Tint {
    /// The colour of a shape; `by_use`: where it can, it means land use.
    #[must_use]
    pub fn of(&self, shape: &Shape<'_>, by_use: bool) -> Option<Colour> {
        if self.by_use && by_use {
            let code = Expression::Attribute("land_use".into());
            let code = code.text(shape);
            let colour = code
                .and_then(|code| land_use(&code))
                .map(|found| found.colour);
            return Some(colour.unwrap_or(UNSTATED));
        }
        Colour::parse(&self.colour.text(shape)?)
    }
}

/// A category of land use, in the colour that the national specification gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Category {
    /// Its code.
    pub code: &'static str,
    /// Its name in Chinese.
    pub title: &'static str,
    /// Its name in English.
    pub title_en: &'static str,
    /// Its colour.
    pub colour: Colour,
}

/// The category of a code of land use: the one that shares the most of its digits.
#[must_use]
pub fn land_use(code: &str) -> Option<&'static Category> {
    static CATEGORIES: LazyLock<Vec<Category>> = LazyLock::new(|| {
        let list = tiles::looks()["metadata"]["renewal-map:land-use"].as_array();
        let read = |entry: &'static Json| {
            Some(Category {
                code: entry["code"].as_str()?,
                title: entry["title"].as_str()?,
                title_en: entry["title_en"].as_str()?,
                colour: Colour::parse(entry["colour"].as_str()?)?,
            })
        };
        list.into_iter().flatten().filter_map(read).collect()
    });
    let covering = CATEGORIES.iter().filter(|one| code.starts_with(one.code));
    covering.max_by_key(|one| one.code.len())
}

/// The layers of the built-in style, the lowest first.
///
/// # Panics
/// Never: a test reads the style that is built in.
#[must_use]
pub fn looks() -> &'static [Look] {
    static LOOKS: LazyLock<Vec<Look>> =
        LazyLock::new(|| read(tiles::looks()).expect("the built-in style keeps to its subset"));
    &LOOKS
}

/// Why a style can't be drawn.
#[derive(Debug, thiserror::Error)]
#[error("layer {layer}: {flaw}")]
pub struct Flawed {
    layer: String,
    flaw: Flaw,
}

#[derive(Debug, thiserror::Error)]
enum Flaw {
    #[error(transparent)]
    Expression(#[from] Unknown),
    #[error("“{0}” is missing, or not what it has to be")]
    Wrong(&'static str),
    #[error("“{0}” is none of what pictures know")]
    Superfluous(String),
}

/// Reads a style with what it lays over the map.
fn read(style: &'static Json) -> Result<Vec<Look>, Flawed> {
    let list = |list: &'static Json| list.as_array().into_iter().flatten();
    let layer = |layer: &'static Json| {
        Look::read(layer).map_err(|flaw| Flawed {
            layer: layer["id"].to_string(),
            flaw,
        })
    };
    let mut looks = list(&style["layers"])
        .map(layer)
        .collect::<Result<Vec<_>, _>>()?;
    for overlay in OVERLAYS {
        for above in list(&style["metadata"][overlay]) {
            let below = above["metadata"]["renewal-map:below"].as_str();
            let place = below.and_then(|below| looks.iter().position(|look| look.id == below));
            let mut look = layer(above)?;
            if let Source::Data(name) = look.source {
                look.source = Source::Named(name);
                look.filter = None;
            }
            looks.insert(place.unwrap_or(looks.len()), look);
        }
    }
    Ok(looks)
}

impl Look {
    fn read(layer: &'static Json) -> Result<Self, Flaw> {
        let mut own = Members::of(layer)?;
        let mut metadata = Members::of(own.get("metadata"))?;
        let id = own.word("id")?;
        let source = match (own.get("source").as_str(), own.get("source-layer").as_str()) {
            (None, None) => Source::Background,
            (Some("data"), Some(name)) => Source::Data(name),
            (Some(BASE_MAP), None) => Source::BaseMap,
            (Some(name), None) => Source::Overlay(name),
            _ => return Err(Flaw::Wrong("source")),
        };
        let zoom = |json: &Json, other: f64| json.as_f64().unwrap_or(other);
        let zooms =
            zoom(own.get("minzoom"), f64::NEG_INFINITY)..zoom(own.get("maxzoom"), f64::INFINITY);
        let filter = own.expression("filter", None)?;
        let mut layout = Members::of(own.get("layout"))?;
        let mut paint = Members::of(own.get("paint"))?;
        let coloured = metadata.get("renewal-map:coloured").as_array();
        paint.coloured = coloured.map_or(&[], Vec::as_slice);
        // Which groups are shown is the view's to say.
        layout.get("visibility");
        let kind = match own.word("type")? {
            "background" => Kind::Background(paint.tint("background-color")?),
            "raster" if source == Source::BaseMap => {
                paint.get("raster-fade-duration");
                Kind::Raster
            }
            "fill" => {
                paint.get("fill-antialias");
                Kind::Fill {
                    colour: paint.tint("fill-color")?,
                    opacity: paint.number("fill-opacity", 1.0)?,
                }
            }
            "line" => Kind::Line(Line::read(&mut paint, &mut layout)?),
            "circle" => Kind::Circle(Circle::read(&mut paint)?),
            "symbol" => Kind::Symbol(Box::new(Symbol::read(&mut paint, &mut layout)?)),
            _ => return Err(Flaw::Wrong("type")),
        };
        let is_bilingual = metadata.get("renewal-map:bilingual") == true;
        let wording = if metadata.get("renewal-map:accuracy") == true {
            Wording::Accuracy
        } else if is_bilingual {
            Wording::Names
        } else {
            Wording::AsWritten
        };
        let look = Self {
            id,
            group: metadata.get("renewal-map:group").as_str(),
            source,
            zooms,
            filter,
            kind,
            wording,
            is_clickable: metadata.get("renewal-map:interactive") == true,
            is_coloured: coloured.is_some(),
        };
        metadata.get("renewal-map:below");
        for members in [own, metadata, layout, paint] {
            members.finish()?;
        }
        Ok(look)
    }

    /// Whether it is drawn at this zoom.
    #[must_use]
    pub fn shows_at(&self, zoom: f64) -> bool {
        self.zooms.contains(&zoom)
    }

    /// Whether it draws a shape.
    #[must_use]
    pub fn draws(&self, shape: &Shape<'_>) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| filter.holds(shape))
    }
}

impl Line {
    fn read(paint: &mut Members, layout: &mut Members) -> Result<Self, Flaw> {
        Ok(Self {
            colour: paint.tint("line-color")?,
            opacity: paint.number("line-opacity", 1.0)?,
            width: paint.number("line-width", 1.0)?,
            dashes: paint.lengths("line-dasharray")?,
            cap: match layout.get("line-cap").as_str() {
                None | Some("butt") => Cap::Butt,
                Some("round") => Cap::Round,
                Some(_) => return Err(Flaw::Wrong("line-cap")),
            },
            join: match layout.get("line-join").as_str() {
                None | Some("miter") => Join::Miter,
                Some("round") => Join::Round,
                Some(_) => return Err(Flaw::Wrong("line-join")),
            },
        })
    }
}

impl Circle {
    fn read(paint: &mut Members) -> Result<Self, Flaw> {
        Ok(Self {
            radius: paint.number("circle-radius", 5.0)?,
            colour: paint.tint("circle-color")?,
            opacity: paint.number("circle-opacity", 1.0)?,
            rim_colour: paint.tint("circle-stroke-color")?,
            rim_opacity: paint.number("circle-stroke-opacity", 1.0)?,
            rim_width: paint.number("circle-stroke-width", 0.0)?,
            shift: paint.shift("circle-translate")?,
        })
    }
}

impl Symbol {
    fn read(paint: &mut Members, layout: &mut Members) -> Result<Self, Flaw> {
        let words = match layout.get("text-field") {
            Json::String(template) => Words::Template(template.as_str().into()),
            expression => Words::Value(Expression::read(expression)?),
        };
        let along = match layout.get("symbol-placement").as_str() {
            None | Some("point") => None,
            Some("line") => Some(Along {
                every: layout.length("symbol-spacing", 250.0)?,
                max_turn: layout.length("text-max-angle", 45.0)?,
            }),
            Some(_) => return Err(Flaw::Wrong("symbol-placement")),
        };
        let anchor = layout.get("text-anchor").as_str().unwrap_or("center");
        // Lines of a label are centred, whichever side of its point it stands on.
        if !matches!(
            layout.get("text-justify").as_str(),
            None | Some("center" | "auto")
        ) {
            return Err(Flaw::Wrong("text-justify"));
        }
        let none = Value::List(vec![Value::Number(0.0); 2]);
        Ok(Self {
            words,
            weight: Weight::named(layout.get("text-font")[0].as_str().unwrap_or_default()),
            size: layout.number("text-size", 16.0)?,
            colour: paint.tint("text-color")?,
            halo_colour: paint.tint("text-halo-color")?,
            halo_width: paint.number("text-halo-width", 0.0)?,
            max_width: layout.length("text-max-width", 10.0)?,
            spacing: layout.length("text-letter-spacing", 0.0)?,
            anchor: Anchor::named(anchor).ok_or(Flaw::Wrong("text-anchor"))?,
            offset: layout
                .pair("text-offset")?
                .unwrap_or(Expression::Constant(none)),
            anchors: layout.expression("text-variable-anchor-offset", None)?,
            shift: paint.shift("text-translate")?,
            padding: layout.length("text-padding", 2.0)?,
            overlaps: layout.get("text-allow-overlap") == true,
            gives_way: layout.get("text-ignore-placement") == true,
            along,
        })
    }

    /// The places to its point that are tried in turn, each with its offset in ems.
    #[must_use]
    pub fn places(&self, shape: &Shape<'_>) -> Vec<(Anchor, [f32; 2])> {
        let Some(anchors) = &self.anchors else {
            return vec![(
                self.anchor,
                pair(&self.offset.of(shape)).unwrap_or_default(),
            )];
        };
        let Value::List(list) = anchors.of(shape) else {
            return vec![(self.anchor, [0.0, 0.0])];
        };
        let place = |place: &[Value<'_>]| match place {
            [Value::Text(anchor), offset] => Some((Anchor::named(anchor)?, pair(offset)?)),
            _ => None,
        };
        list.chunks(2).filter_map(place).collect()
    }
}

fn pair(value: &Value<'_>) -> Option<[f32; 2]> {
    match value {
        Value::List(list) => match list[..] {
            [Value::Number(x), Value::Number(y)] => Some([single(x), single(y)]),
            _ => None,
        },
        _ => None,
    }
}

/// A length of a sheet needs no more digits.
#[expect(clippy::cast_possible_truncation)]
pub(super) fn single(number: f64) -> f32 {
    number as f32
}

/// The members of an object, each taken once by who knows it.
struct Members {
    all: Option<&'static Map<String, Json>>,
    known: Vec<&'static str>,
    /// Those of colours that can mean land use.
    coloured: &'static [Json],
}

impl Members {
    fn of(json: &'static Json) -> Result<Self, Flaw> {
        let all = match json {
            Json::Null => None,
            Json::Object(all) => Some(all),
            _ => return Err(Flaw::Wrong("an object")),
        };
        Ok(Self {
            all,
            known: Vec::new(),
            coloured: &[],
        })
    }

    /// A member; null where there is none.
    fn get(&mut self, name: &'static str) -> &'static Json {
        static NONE: Json = Json::Null;
        self.known.push(name);
        let found = self.all.and_then(|all| all.get(name));
        found.unwrap_or(&NONE)
    }

    fn word(&mut self, name: &'static str) -> Result<&'static str, Flaw> {
        self.get(name).as_str().ok_or(Flaw::Wrong(name))
    }

    fn expression(
        &mut self,
        name: &'static str,
        other: Option<Value<'static>>,
    ) -> Result<Option<Expression>, Flaw> {
        match self.get(name) {
            Json::Null => Ok(other.map(Expression::Constant)),
            json => Ok(Some(Expression::read(json)?)),
        }
    }

    fn number(&mut self, name: &'static str, other: f64) -> Result<Expression, Flaw> {
        let read = self.expression(name, Some(Value::Number(other)))?;
        read.ok_or(Flaw::Wrong(name))
    }

    fn tint(&mut self, name: &'static str) -> Result<Tint, Flaw> {
        let black = Value::Text("#000000".into());
        let colour = self.expression(name, Some(black))?;
        Ok(Tint {
            colour: colour.ok_or(Flaw::Wrong(name))?,
            by_use: self.coloured.iter().any(|coloured| coloured == name),
        })
    }

    /// A number that is the same for all shapes.
    fn length(&mut self, name: &'static str, other: f32) -> Result<f32, Flaw> {
        match self.get(name) {
            Json::Null => Ok(other),
            json => json.as_f64().map(single).ok_or(Flaw::Wrong(name)),
        }
    }

    fn lengths(&mut self, name: &'static str) -> Result<Vec<f32>, Flaw> {
        let list = match self.get(name) {
            Json::Null => return Ok(Vec::new()),
            Json::Array(list) => list,
            _ => return Err(Flaw::Wrong(name)),
        };
        let lengths = list.iter().map(|one| one.as_f64().map(single));
        lengths.collect::<Option<_>>().ok_or(Flaw::Wrong(name))
    }

    fn shift(&mut self, name: &'static str) -> Result<(f32, f32), Flaw> {
        match self.lengths(name)?[..] {
            [] => Ok((0.0, 0.0)),
            [x, y] => Ok((x, y)),
            _ => Err(Flaw::Wrong(name)),
        }
    }

    /// Two numbers, written as such or as an expression.
    fn pair(&mut self, name: &'static str) -> Result<Option<Expression>, Flaw> {
        let json = self.get(name);
        if json.is_null() {
            return Ok(None);
        }
        if json[0].is_number() {
            let [x, y] = self.lengths(name)?[..] else {
                return Err(Flaw::Wrong(name));
            };
            let pair = [x, y].map(|one| Value::Number(one.into()));
            return Ok(Some(Expression::Constant(Value::List(pair.into()))));
        }
        Ok(Some(Expression::read(json)?))
    }

    /// That nothing is left that nobody knows.
    fn finish(self) -> Result<(), Flaw> {
        let mut names = self.all.into_iter().flat_map(Map::keys);
        match names.find(|name| !self.known.contains(&name.as_str())) {
            Some(name) => Err(Flaw::Superfluous(name.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tiles::Value as Attribute;

    fn layer(json: Json) -> Result<Look, Flaw> {
        Look::read(Box::leak(Box::new(json)))
    }

    #[test]
    fn the_built_in_style_keeps_to_the_subset() {
        let looks = read(tiles::looks()).unwrap();
        let place = |id: &str| looks.iter().position(|look| look.id == id).unwrap();
        // What is asked lies under the data, its hits above them.
        assert!(place("page-area-halo") < place("zones-fill"));
        assert!(place("page-area-fill") < place("transit-stations"));
        assert!(place("routes-line") < place("page-area-fill"));
        assert!(place("zones-label") < place("page-hits-line"));
        assert!(place("page-hits-line") < place("page-focus-point"));
        let overlays = looks
            .iter()
            .filter(|look| matches!(look.source, Source::Overlay(_)));
        assert_eq!(overlays.count(), 19);
        let named = looks
            .iter()
            .filter(|look| matches!(look.source, Source::Named(_)));
        assert_eq!(named.count(), 2);
    }

    /// Where a layer's looks came out as nothing, a picture would leave it out unnoticed.
    #[test]
    fn every_layer_has_its_looks() {
        let attributes = [
            ("name", Attribute::Text("甲")),
            ("accuracy_m", Attribute::Number(50.0)),
            ("count", Attribute::Text("2")),
            ("label", Attribute::Text("甲")),
            ("opacity", Attribute::Number(0.1)),
        ];
        let shape = Shape {
            zoom: 13.0,
            geometry_type: "Point",
            attributes: &attributes,
        };
        for look in looks() {
            let tints: Vec<&Tint>;
            let numbers: Vec<&Expression>;
            match &look.kind {
                Kind::Background(colour) => (tints, numbers) = (vec![colour], vec![]),
                Kind::Raster => (tints, numbers) = (vec![], vec![]),
                Kind::Fill { colour, opacity } => (tints, numbers) = (vec![colour], vec![opacity]),
                Kind::Line(line) => {
                    (tints, numbers) = (vec![&line.colour], vec![&line.opacity, &line.width]);
                }
                Kind::Circle(circle) => {
                    tints = vec![&circle.colour, &circle.rim_colour];
                    numbers = vec![
                        &circle.radius,
                        &circle.opacity,
                        &circle.rim_opacity,
                        &circle.rim_width,
                    ];
                }
                Kind::Symbol(symbol) => {
                    tints = vec![&symbol.colour, &symbol.halo_colour];
                    numbers = vec![&symbol.size, &symbol.halo_width];
                    assert!(!symbol.words.of(&shape).is_empty(), "{}", look.id);
                    assert!(!symbol.places(&shape).is_empty(), "{}", look.id);
                }
            }
            for by_use in [false, true] {
                assert!(
                    tints.iter().all(|tint| tint.of(&shape, by_use).is_some()),
                    "{}",
                    look.id
                );
            }
            assert!(
                numbers.iter().all(|one| one.number(&shape).is_some()),
                "{}",
                look.id
            );
        }
    }

    #[test]
    fn what_is_none_of_the_subset_is_refused() {
        let fill = json!({ "id": "a", "type": "fill", "source": "data", "source-layer": "zones", "paint": {} });
        assert!(layer(fill.clone()).is_ok());
        for (member, value) in [
            ("type", json!("heatmap")),
            ("type", json!("raster")),
            ("paint", json!({ "fill-pattern": "hatch" })),
            ("paint", json!({ "fill-color": ["rgb", 1, 2, 3] })),
            ("layout", json!({ "fill-sort-key": 1 })),
            ("filter", json!(["within", {}])),
            ("filter", json!(["==", "kind", ["upcase", "a"]])),
            ("metadata", json!({ "somebody:else": 1 })),
            ("ref", json!("b")),
        ] {
            let mut wrong = fill.clone();
            wrong[member] = value;
            let refused = layer(wrong.clone());
            assert!(refused.is_err(), "{wrong}");
        }
        let line = |member: &str, value: Json| {
            let mut line = json!({ "id": "a", "type": "line", "source": "data", "source-layer": "zones", "paint": {}, "layout": {} });
            let group = if member == "line-cap" {
                "layout"
            } else {
                "paint"
            };
            line[group][member] = value;
            layer(line)
        };
        assert!(line("line-cap", json!("square")).is_err());
        assert!(line("line-dasharray", json!(["literal", [1, 2]])).is_err());
        assert!(line("line-gradient", json!("#fff")).is_err());
    }

    #[test]
    fn colours_mean_land_use_where_asked() {
        let looks = looks();
        let surveyed = looks
            .iter()
            .find(|look| look.id == "parcels-surveyed-fill")
            .unwrap();
        let Kind::Fill { colour, .. } = &surveyed.kind else {
            panic!("no fill");
        };
        let rgb = |code: Option<&'static str>, by_use: bool| {
            let mut attributes = vec![("status", Attribute::Text("completed"))];
            attributes.extend(code.map(|code| ("land_use", Attribute::Text(code))));
            let shape = Shape {
                zoom: 13.0,
                geometry_type: "Polygon",
                attributes: &attributes,
            };
            colour.of(&shape, by_use).unwrap().rgb
        };
        assert_eq!(rgb(Some("0804"), false), [0, 0x66, 0x4f]);
        assert_eq!(rgb(Some("080403"), true), [0xff, 0x85, 0xc9]);
        assert_eq!(rgb(Some("0801"), true), [0xff, 0, 0xff]);
        assert_eq!(rgb(Some("99"), true), UNSTATED.rgb);
        assert_eq!(rgb(None, true), UNSTATED.rgb);
    }

    #[test]
    fn a_template_has_its_attributes() {
        let shape = Shape {
            zoom: 13.0,
            geometry_type: "Point",
            attributes: &[("accuracy_m", Attribute::Number(12.5))],
        };
        let said = |template: &str| Words::Template(template.into()).of(&shape);
        assert_eq!(said("±{accuracy_m} 米"), "±12.5 米");
        assert_eq!(said("{nothing}◆"), "◆");
    }
}
