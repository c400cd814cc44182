//! What the signs of a map mean: those that stand on it and no others, drawn by the style that draws
//! them there.

use serde_json::Value;
use tiny_skia::{Path, PathBuilder, Rect};

use super::{
    brief::Brief,
    fonts::{Fonts, Weight},
    map::Drawn,
    scene::{Cap, Colour, Item, Join, Stroke, Text},
    text,
};
use crate::{
    model::view::Colours,
    tiles::{self, Expression, Shape},
};

/// The member of the style's metadata that lists categories of land use with their colours.
const LAND_USE: &str = "renewal-map:land-use";
/// The member of a layer's metadata that names the properties whose colours mean status or land use.
const COLOURED: &str = "renewal-map:coloured";
/// The members of the style's metadata with layers of what is selected, asked about and found.
const OVERLAYS: [&str; 3] = [
    "renewal-map:overlay",
    "renewal-map:stacks",
    "renewal-map:sentences",
];
/// Where no land use is stated, as on the page.
const UNSTATED: &str = "#c9c4b8";
/// Lines are drawn so wide in a legend at most, in heights of their place.
const MAX_WIDTH: f32 = 0.36;

/// Signs that belong together.
pub struct Section {
    /// What they tell.
    pub title: String,
    /// Each with its meaning.
    pub entries: Vec<Entry>,
}

/// A sign and its meaning.
pub struct Entry {
    /// The meaning.
    pub words: String,
    sign: Sign,
    /// Those of its layers that drew something.
    layers: Vec<&'static str>,
    zoom: f64,
    /// What decides its colour.
    by: By,
}

#[derive(Clone, Copy)]
enum By {
    Nothing,
    Status(Option<&'static str>),
    Colour(Colour),
}

/// What a sign stands for on the map.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Area,
    Line,
    Ring,
    Point,
}

impl Form {
    fn geometry_type(self) -> &'static str {
        match self {
            Self::Area | Self::Ring => "Polygon",
            Self::Line => "LineString",
            Self::Point => "Point",
        }
    }
}

/// Layers of the style that together draw one sign.
#[derive(Clone, Copy)]
struct Sign {
    form: Form,
    layers: &'static [&'static str],
    /// What a shape that bears it has, beside its status.
    attribute: Option<(&'static str, &'static str)>,
}

impl Sign {
    fn drawn(&self, drawn: &Drawn) -> Vec<&'static str> {
        let stands = |id: &&str| drawn.layers.contains(id);
        self.layers.iter().copied().filter(stands).collect()
    }
}

const fn sign(form: Form, layers: &'static [&'static str]) -> Sign {
    Sign {
        form,
        layers,
        attribute: None,
    }
}

const fn stretch(layers: &'static [&'static str], kind: &'static str) -> Sign {
    Sign {
        form: Form::Line,
        layers,
        attribute: Some(("stretch", kind)),
    }
}

type Named = (&'static str, &'static str, Sign);

/// What was asked about and picked.
const PICKED: [Named; 4] = [
    (
        "查询范围",
        "Area asked about",
        sign(
            Form::Area,
            &["page-area-halo", "page-area-fill", "page-area-line"],
        ),
    ),
    (
        "选中的要素",
        "Selected feature",
        Sign {
            form: Form::Area,
            layers: &["page-focus-halo"],
            attribute: Some(("part", "shape")),
        },
    ),
    (
        "选中的要素",
        "Selected feature",
        Sign {
            form: Form::Point,
            layers: &["page-focus-point"],
            attribute: Some(("part", "point")),
        },
    ),
    (
        "范围内的要素",
        "Features in the area",
        Sign {
            form: Form::Point,
            layers: &["page-hits-points"],
            attribute: Some(("certainty", "certain")),
        },
    ),
];

/// Signs of which the colour tells the status; the first that stands on the map shows them.
const COLOURED_SIGNS: [Sign; 6] = [
    sign(Form::Point, &["projects-points"]),
    sign(Form::Point, &["parcels-points"]),
    sign(
        Form::Area,
        &["parcels-surveyed-fill", "parcels-surveyed-line"],
    ),
    sign(
        Form::Area,
        &["parcels-unsurveyed-fill", "parcels-unsurveyed-line"],
    ),
    sign(Form::Line, &["projects-lines"]),
    sign(Form::Area, &["projects-areas"]),
];

/// All others, in the order in which they are read: what the map is about first.
const SIGNS: [Named; 35] = [
    (
        "片区边界：沿文件所述道路、河流",
        "Zone outline: along a named street or river",
        stretch(&["zones-side-street"], "street"),
    ),
    (
        "片区边界：沿文件未列的道路",
        "Zone outline: along another street",
        stretch(&["zones-side-thin", "zones-side-via"], "via"),
    ),
    (
        "片区边界：直线连接（道路线缺失处）",
        "Zone outline: straight across a gap",
        stretch(&["zones-side-thin", "zones-side-bridge"], "bridge"),
    ),
    (
        "片区边界不确定范围",
        "How far a zone's outline may be off",
        sign(Form::Area, &["zones-bands"]),
    ),
    (
        "片区（其他界线）",
        "Zone (other outline)",
        sign(Form::Area, &["zones-fill", "zones-plain-outline"]),
    ),
    (
        "片区（仅有参考点）",
        "Zone (reference point only)",
        sign(Form::Point, &["zones-points"]),
    ),
    (
        "地块（勘测界线）",
        "Parcel (surveyed outline)",
        sign(
            Form::Area,
            &["parcels-surveyed-fill", "parcels-surveyed-line"],
        ),
    ),
    (
        "地块（非勘测界线）",
        "Parcel (outline not surveyed)",
        sign(
            Form::Area,
            &["parcels-unsurveyed-fill", "parcels-unsurveyed-line"],
        ),
    ),
    (
        "地块（仅有参考点）",
        "Parcel (reference point only)",
        sign(Form::Point, &["parcels-points"]),
    ),
    ("项目", "Project", sign(Form::Point, &["projects-points"])),
    (
        "项目（线路）",
        "Project (line)",
        sign(Form::Line, &["projects-lines"]),
    ),
    (
        "项目（范围）",
        "Project (area)",
        sign(Form::Area, &["projects-areas"]),
    ),
    (
        "设施",
        "Facility",
        sign(Form::Point, &["facilities-points"]),
    ),
    (
        "设施（范围）",
        "Facility (area)",
        sign(Form::Area, &["facilities-areas"]),
    ),
    (
        "文保与场馆",
        "Heritage",
        sign(Form::Point, &["heritage-points"]),
    ),
    (
        "文保与场馆（范围）",
        "Heritage (area)",
        sign(Form::Area, &["heritage-areas"]),
    ),
    ("文旅线路", "Route", sign(Form::Line, &["routes-line"])),
    (
        "文旅线路节点",
        "Node of a route",
        sign(Form::Point, &["routes-points"]),
    ),
    (
        "位置不确定范围",
        "How far a location may be off",
        sign(Form::Ring, &["projects-accuracy-line"]),
    ),
    (
        "位置不确定范围",
        "How far a location may be off",
        sign(Form::Ring, &["parcels-accuracy-line"]),
    ),
    (
        "位置不确定范围",
        "How far a location may be off",
        sign(Form::Ring, &["facilities-accuracy-line"]),
    ),
    (
        "位置不确定范围",
        "How far a location may be off",
        sign(Form::Ring, &["heritage-accuracy-line"]),
    ),
    (
        "片区位置不确定范围",
        "How far a zone's location may be off",
        sign(Form::Ring, &["zones-accuracy-line"]),
    ),
    (
        "四至边界（一边一色）",
        "Compiled outline (a colour a side)",
        sign(Form::Line, &["page-boundary-casing", "page-boundary-side"]),
    ),
    (
        "四至边界：不沿所述道路",
        "Compiled outline off the named streets",
        sign(Form::Line, &["page-boundary-off"]),
    ),
    (
        "四至有多解：其他可能的范围",
        "Other outlines that the sentence allows",
        sign(Form::Line, &["page-boundary-candidate"]),
    ),
    (
        "四至接不上之处",
        "Where the sides do not meet",
        sign(Form::Line, &["page-boundary-apart"]),
    ),
    (
        "同一位置的要素数",
        "Features at one place",
        Sign {
            form: Form::Point,
            layers: &["page-stacks-badge", "page-stacks-count"],
            attribute: Some(("count", "2")),
        },
    ),
    (
        "轨道交通线",
        "Metro or rail line",
        sign(Form::Line, &["transit-line"]),
    ),
    ("车站", "Station", sign(Form::Point, &["transit-stations"])),
    (
        "铁路",
        "Railway",
        Sign {
            form: Form::Line,
            layers: &["streets-railways"],
            attribute: Some(("kind", "railway")),
        },
    ),
    (
        "行政界线",
        "Administrative limit",
        Sign {
            form: Form::Line,
            layers: &["streets-limits"],
            attribute: Some(("kind", "boundary")),
        },
    ),
    (
        "道路",
        "Street",
        sign(Form::Line, &["streets-casing", "streets"]),
    ),
    ("水系", "Water", sign(Form::Area, &["water-area"])),
    ("水系", "Water", sign(Form::Line, &["water-line"])),
];

/// The limits of the district, which every map shows.
const DISTRICT: Named = (
    "区界",
    "District limits",
    sign(Form::Line, &["district-band", "district-line"]),
);

/// The legend of what was drawn at a zoom, topmost first.
#[must_use]
pub fn legend(drawn: &Drawn, brief: &Brief<'_>, zoom: f64) -> Vec<Section> {
    let stands = |sign: &Sign| !sign.drawn(drawn).is_empty();
    let entry = |(zh, en, sign): Named, by: By| Entry {
        words: brief.words(zh, en).to_owned(),
        sign,
        layers: sign.drawn(drawn),
        zoom,
        by,
    };
    let mut sections = Vec::new();
    let mut push = |zh: &str, en: &str, entries: Vec<Entry>| {
        if !entries.is_empty() {
            sections.push(Section {
                title: brief.words(zh, en).to_owned(),
                entries,
            });
        }
    };
    let mut others: Vec<Entry> = Vec::new();
    if let Some(coloured) = COLOURED_SIGNS.into_iter().find(stands) {
        match brief.view.colours {
            Colours::Status => push(
                "进展（空心为计划）",
                "Status (hollow: intended)",
                statuses(drawn, brief, coloured, zoom),
            ),
            Colours::LandUse => push(
                "用地分类",
                "Land use",
                land_uses(drawn, brief, coloured, zoom),
            ),
        }
    }
    for named in PICKED.into_iter().chain(SIGNS).chain([DISTRICT]) {
        let is_new = others
            .iter()
            .all(|other| other.words != brief.words(named.0, named.1));
        // A fill is also a part of zones whose outline is compiled: that has signs of its own.
        let is_told = named.2.layers != ["zones-fill", "zones-plain-outline"]
            || drawn.layers.contains(&"zones-plain-outline");
        if is_new && is_told && stands(&named.2) {
            others.push(entry(named, By::Nothing));
        }
    }
    push("图层", "Layers", others);
    sections
}

fn statuses(drawn: &Drawn, brief: &Brief<'_>, sign: Sign, zoom: f64) -> Vec<Entry> {
    // What is stated comes first, in its order.
    let stated = drawn.statuses.iter().filter(|status| status.is_some());
    let none = drawn.statuses.iter().filter(|status| status.is_none());
    let entry = |status: &Option<crate::model::Status>| Entry {
        words: brief.lang().status(*status).to_owned(),
        sign,
        layers: sign.drawn(drawn),
        zoom,
        by: By::Status(status.map(crate::model::Status::as_str)),
    };
    stated.chain(none).map(entry).collect()
}

fn land_uses(drawn: &Drawn, brief: &Brief<'_>, sign: Sign, zoom: f64) -> Vec<Entry> {
    let categories = tiles::looks()["metadata"][LAND_USE].as_array();
    let categories: Vec<&Value> = categories.into_iter().flatten().collect();
    let covering = |code: &str| {
        let fitting = (0..).zip(&categories).filter(|(_, category)| {
            let of = category["code"].as_str().unwrap_or_default();
            code.starts_with(of)
        });
        fitting
            .max_by_key(|(_, category)| category["code"].as_str().map(str::len))
            .map(|(place, _)| place)
    };
    let mut places: Vec<Option<usize>> = drawn
        .land_uses
        .iter()
        .map(|code| code.as_ref().and_then(|code| covering(code.as_str())))
        .collect();
    places.sort_by_key(|place| place.unwrap_or(usize::MAX));
    places.dedup();
    let entry = |place: Option<usize>| {
        let category = place.map(|place| categories[place]);
        let text = |name: &str| category.and_then(|category| category[name].as_str());
        let words = match (text("code"), text(brief.words("title", "title_en"))) {
            (Some(code), Some(title)) => format!("{code} {title}"),
            _ => brief.words("未写明", "Not stated").to_owned(),
        };
        Some(Entry {
            words,
            sign,
            layers: sign.drawn(drawn),
            zoom,
            by: By::Colour(Colour::parse(text("colour").unwrap_or(UNSTATED))?),
        })
    };
    places.into_iter().filter_map(entry).collect()
}

impl Entry {
    /// Draws the sign in its place, which is wider than high.
    pub fn draw(&self, items: &mut Vec<Item>, place: Rect, fonts: &Fonts) {
        for layer in style_layers() {
            let id = layer["id"].as_str().unwrap_or_default();
            if self.layers.contains(&id) {
                self.draw_layer(layer, items, place, fonts);
            }
        }
    }

    fn draw_layer(&self, layer: &Value, items: &mut Vec<Item>, place: Rect, fonts: &Fonts) {
        let status = match self.by {
            By::Status(status) => status,
            _ => None,
        };
        let mut attributes = Vec::new();
        attributes.extend(status.map(|status| ("status", tiles::Value::Text(status))));
        let own = self.sign.attribute;
        attributes.extend(own.map(|(name, value)| (name, tiles::Value::Text(value))));
        let paint = Paint {
            layer,
            colour: match self.by {
                By::Colour(colour) => Some(colour),
                _ => None,
            },
            shape: Shape {
                zoom: self.zoom,
                geometry_type: self.sign.form.geometry_type(),
                attributes: &attributes,
            },
        };
        let Some(path) = outline(self.sign.form, place) else {
            return;
        };
        let middle = (
            f32::midpoint(place.left(), place.right()),
            f32::midpoint(place.top(), place.bottom()),
        );
        match layer["type"].as_str() {
            Some("fill") => {
                let opacity = paint.number("fill-opacity").unwrap_or(1.0);
                if let Some(colour) = paint.colour("fill-color") {
                    items.push(Item::Fill(path, colour.faded(opacity)));
                }
            }
            Some("line") => {
                let most = place.height() * MAX_WIDTH;
                items.extend(paint.stroke(most).map(|stroke| Item::Line(path, stroke)));
            }
            Some("circle") => paint.circle(items, middle, place.height()),
            Some("symbol") => items.extend(paint.symbol(middle, place.height(), fonts)),
            _ => {}
        }
    }
}

/// All layers of the style, the lowest first; those of what is picked above the data.
fn style_layers() -> impl Iterator<Item = &'static Value> {
    let looks = tiles::looks();
    let of = |list: &'static Value| list.as_array().into_iter().flatten();
    let overlays = OVERLAYS
        .iter()
        .flat_map(move |name| of(&looks["metadata"][name]));
    of(&looks["layers"]).chain(overlays)
}

/// The shape that bears a sign, in its place in the legend.
fn outline(form: Form, place: Rect) -> Option<Path> {
    match form {
        Form::Area => {
            // Broad lines stay in their place too.
            let inset = place.height() * MAX_WIDTH / 2.0;
            let inner = Rect::from_ltrb(
                place.left() + inset,
                place.top() + inset,
                place.right() - inset,
                place.bottom() - inset,
            )?;
            Some(PathBuilder::from_rect(inner))
        }
        Form::Line => {
            let y = f32::midpoint(place.top(), place.bottom());
            let mut line = PathBuilder::new();
            line.move_to(place.left(), y);
            line.line_to(place.right(), y);
            line.finish()
        }
        Form::Ring | Form::Point => {
            let middle = f32::midpoint(place.left(), place.right());
            let y = f32::midpoint(place.top(), place.bottom());
            PathBuilder::from_circle(middle, y, place.height() / 2.0 - 1.0)
        }
    }
}

/// What a layer of the style says of a shape.
struct Paint<'a> {
    layer: &'a Value,
    /// The colour that stands for land use, where colours mean that.
    colour: Option<Colour>,
    shape: Shape<'a>,
}

#[expect(clippy::cast_possible_truncation, reason = "pixels and shares")]
impl Paint<'_> {
    fn expression(&self, property: &str) -> Option<Expression> {
        let of = |group: &str| self.layer[group].get(property);
        Expression::read(of("paint").or_else(|| of("layout"))?).ok()
    }

    fn number(&self, property: &str) -> Option<f32> {
        let number = self.expression(property)?.number(&self.shape)?;
        Some(number as f32)
    }

    fn text(&self, property: &str) -> Option<String> {
        let expression = self.expression(property)?;
        let text = expression.text(&self.shape)?.into_owned();
        Some(text)
    }

    fn colour(&self, property: &str) -> Option<Colour> {
        let coloured = self.layer["metadata"][COLOURED].as_array();
        let is_coloured = coloured.is_some_and(|list| list.iter().any(|name| name == property));
        match self.colour {
            Some(colour) if is_coloured => Some(colour),
            _ => Colour::parse(&self.text(property)?),
        }
    }

    fn stroke(&self, most: f32) -> Option<Stroke> {
        let width = self.number("line-width")?.min(most);
        let dashes = self.layer["paint"]["line-dasharray"].as_array();
        let dashes = dashes.into_iter().flatten();
        Some(Stroke {
            colour: self
                .colour("line-color")?
                .faded(self.number("line-opacity").unwrap_or(1.0)),
            width,
            dashes: dashes
                .filter_map(Value::as_f64)
                .map(|dash| dash as f32 * width)
                .collect(),
            cap: match self.text("line-cap").as_deref() {
                Some("round") => Cap::Round,
                _ => Cap::Butt,
            },
            join: match self.text("line-join").as_deref() {
                Some("round") => Join::Round,
                _ => Join::Miter,
            },
        })
    }

    fn circle(&self, items: &mut Vec<Item>, (x, y): (f32, f32), room: f32) {
        let width = self.number("circle-stroke-width").unwrap_or(0.0);
        let radius = self.number("circle-radius").unwrap_or(5.0);
        let radius = radius.min(room / 2.0 - width);
        let mut push = |radius: f32, colour: Option<Colour>, stroke: Option<f32>| {
            let (Some(path), Some(colour)) = (PathBuilder::from_circle(x, y, radius), colour)
            else {
                return;
            };
            items.push(match stroke {
                None => Item::Fill(path, colour),
                Some(width) => Item::Line(
                    path,
                    Stroke {
                        colour,
                        width,
                        dashes: Vec::new(),
                        cap: Cap::Butt,
                        join: Join::Round,
                    },
                ),
            });
        };
        let opacity = self.number("circle-opacity").unwrap_or(1.0);
        if opacity > 0.0 {
            let colour = self.colour("circle-color");
            push(radius, colour.map(|colour| colour.faded(opacity)), None);
        }
        if width > 0.0 {
            let opacity = self.number("circle-stroke-opacity").unwrap_or(1.0);
            let colour = self.colour("circle-stroke-color");
            let colour = colour.map(|colour| colour.faded(opacity));
            push(radius + width / 2.0, colour, Some(width));
        }
    }

    /// A character as a sign.
    fn symbol(&self, (x, y): (f32, f32), room: f32, fonts: &Fonts) -> Option<Item> {
        let words = self.text("text-field")?;
        let size = self.number("text-size").unwrap_or(12.0).min(room * 1.15);
        let font = self.layer["layout"]["text-font"][0].as_str();
        let weight = Weight::named(font.unwrap_or_default());
        let halo = self.colour("text-halo-color");
        let glyphs = text::set(fonts, weight, &words);
        let wide: f32 = glyphs.iter().map(|glyph| glyph.advance).sum();
        Some(Item::Text(Text {
            text: words,
            glyphs,
            weight,
            size,
            // The middle of a Chinese character lies 0.38 em above the baseline.
            at: (x - wide * size / 2.0, y + 0.38 * size),
            angle: 0.0,
            colour: self.colour("text-color")?,
            halo: halo.zip(self.number("text-halo-width")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layers without a sign of their own: the ground, names, and what is a part of another sign.
    const SIGNLESS: [&str; 6] = [
        "background",
        "base-map",
        "district-fill",
        "zones-accuracy-fill",
        "page-focus-ring",
        "page-focus-ring-fill",
    ];

    #[test]
    fn every_sign_of_the_style_has_its_meaning() {
        let all = PICKED.into_iter().chain(SIGNS).chain([DISTRICT]);
        let named: Vec<&str> = all.flat_map(|(_, _, sign)| sign.layers).copied().collect();
        for layer in tiles::looks()["layers"].as_array().unwrap() {
            let id = layer["id"].as_str().unwrap();
            let is_name = id.ends_with("-label");
            let is_hover = id.ends_with("-accuracy-fill");
            assert!(
                is_name || is_hover || SIGNLESS.contains(&id) || named.contains(&id),
                "{id} has no place in the legend"
            );
        }
        for id in named {
            let known = style_layers().any(|layer| layer["id"] == id);
            assert!(known, "{id} is none of the style");
        }
    }
}
