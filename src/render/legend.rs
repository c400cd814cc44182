//! What the signs of a map mean: those that stand on it and no others, drawn by the style that draws
//! them there.

use std::collections::BTreeSet;

use geo::{Coord, Geometry, LineString, Point, Polygon};
use tiny_skia::{Rect, Transform};

use super::{
    brief::Brief,
    canvas::Canvas,
    fonts::Fonts,
    labels::Board,
    look::{Category, Kind, Look, land_use, looks},
    map::Drawn,
    placed::Placed,
    scene::Item,
};
use crate::{
    model::{Status, view::Colours},
    report::Lang,
    tiles::{Shape, Value},
};

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
    /// The code of a category.
    LandUse(Option<&'static str>),
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
    /// Those of its layers that drew something that bears it.
    fn drawn(&self, drawn: &Drawn) -> Vec<&'static str> {
        let bears = |id: &str| {
            let told = drawn.variants.get(id);
            told.is_none_or(|values| {
                self.attribute
                    .is_none_or(|(_, value)| values.contains(value))
            })
        };
        let layers = self.layers.iter().copied();
        layers
            .filter(|id| drawn.layers.contains(id) && bears(id))
            .collect()
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

const fn hit(form: Form, layers: &'static [&'static str], certainty: &'static str) -> Sign {
    Sign {
        form,
        layers,
        attribute: Some(("certainty", certainty)),
    }
}

const fn part(form: Form, layers: &'static [&'static str], part: &'static str) -> Sign {
    Sign {
        form,
        layers,
        attribute: Some(("part", part)),
    }
}

type Named = (&'static str, &'static str, Sign);

/// What was asked about and picked.
const PICKED: [Named; 10] = [
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
        part(Form::Area, &["page-focus-halo"], "shape"),
    ),
    (
        "选中的要素",
        "Selected feature",
        part(Form::Point, &["page-focus-point"], "point"),
    ),
    (
        "位置不确定范围",
        "How far a location may be off",
        part(
            Form::Ring,
            &["page-focus-ring", "page-focus-ring-fill"],
            "ring",
        ),
    ),
    (
        "范围内的要素（确定）",
        "Feature in the area: certain",
        hit(Form::Point, &["page-hits-points"], "certain"),
    ),
    (
        "范围内的要素（确定）",
        "Feature in the area: certain",
        hit(Form::Line, &["page-hits-line"], "certain"),
    ),
    (
        "范围内的要素（可能）",
        "Feature in the area: possible",
        hit(Form::Point, &["page-hits-points"], "possible"),
    ),
    (
        "范围内的要素（可能）",
        "Feature in the area: possible",
        hit(Form::Line, &["page-hits-line"], "possible"),
    ),
    (
        "范围边界附近的要素（不计入合计）",
        "Feature near the area’s boundary, in no sum",
        hit(Form::Point, &["page-hits-points"], "borderline"),
    ),
    (
        "范围边界附近的要素（不计入合计）",
        "Feature near the area’s boundary, in no sum",
        hit(Form::Line, &["page-hits-line"], "borderline"),
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
const SIGNS: [Named; 37] = [
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
        "四至相邻两边的交点",
        "Where two sides of an outline meet",
        part(Form::Point, &["page-boundary-corner"], "corner"),
    ),
    (
        "四至接不上之处",
        "Where the sides do not meet",
        sign(Form::Line, &["page-boundary-apart"]),
    ),
    (
        "四至所述道路、河流",
        "Street or river that the sentence names",
        sign(Form::Line, &["page-named-streets", "page-named-water"]),
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
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut named = |all: &[Named]| -> Vec<Entry> {
        let standing = all.iter().filter(|(zh, _, sign)| {
            // A fill is also a part of zones whose outline is compiled: that has signs of its own.
            let is_own = sign.layers != ["zones-fill", "zones-plain-outline"]
                || drawn.layers.contains(&"zones-plain-outline");
            is_own && stands(sign) && told.insert(*zh)
        });
        standing.map(|one| entry(*one, By::Nothing)).collect()
    };
    // What was asked comes first: where there is little room the last signs are left out.
    push("查询与选中", "Asked and selected", named(&PICKED));
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
    let mut layers = named(&SIGNS);
    layers.extend(named(&[DISTRICT]));
    push("图层", "Layers", layers);
    sections
}

fn statuses(drawn: &Drawn, brief: &Brief<'_>, sign: Sign, zoom: f64) -> Vec<Entry> {
    // What is stated comes first, in its order.
    let stated = drawn.statuses.iter().filter(|status| status.is_some());
    let none = drawn.statuses.iter().filter(|status| status.is_none());
    let entry = |status: &Option<Status>| Entry {
        words: brief.lang().status(*status).to_owned(),
        sign,
        layers: sign.drawn(drawn),
        zoom,
        by: By::Status(status.map(Status::as_str)),
    };
    stated.chain(none).map(entry).collect()
}

fn land_uses(drawn: &Drawn, brief: &Brief<'_>, sign: Sign, zoom: f64) -> Vec<Entry> {
    let category = |use_: &Option<crate::model::LandUse>| land_use(use_.as_ref()?.as_str());
    let entry = |category: Option<&'static Category>| Entry {
        words: category.map_or_else(
            || brief.words("未写明", "Not stated").to_owned(),
            |one| format!("{} {}", one.code, brief.words(one.title, one.title_en)),
        ),
        sign,
        layers: sign.drawn(drawn),
        zoom,
        by: By::LandUse(category.map(|one| one.code)),
    };
    let categories = drawn.land_uses.iter().map(category);
    let stated: BTreeSet<&str> = categories.clone().flatten().map(|one| one.code).collect();
    let is_unstated = categories.clone().any(|category| category.is_none());
    let stated = stated.into_iter().map(|code| entry(land_use(code)));
    stated.chain(is_unstated.then(|| entry(None))).collect()
}

impl Entry {
    /// Draws the sign in its place, which is wider than high: as the map does, but no larger than there
    /// is room for.
    pub fn draw(&self, items: &mut Vec<Item>, place: Rect, fonts: &'static Fonts) {
        let mut attributes = Vec::new();
        if let By::Status(Some(status)) = self.by {
            attributes.push(("status", Value::Text(status)));
        }
        if let By::LandUse(Some(code)) = self.by {
            attributes.push(("land_use", Value::Text(code)));
        }
        let own = self.sign.attribute;
        attributes.extend(own.map(|(name, value)| (name, Value::Text(value))));
        let shape = Shape {
            zoom: self.zoom,
            geometry_type: self.sign.form.geometry_type(),
            attributes: &attributes,
        };
        let by_use = matches!(self.by, By::LandUse(_));
        let mut drawn = Vec::new();
        for look in looks() {
            if self.layers.contains(&look.id) {
                let placed = Placed::on_sheet(self.sign.form.bearer(place, look));
                let mut canvas = Canvas::new(look, self.zoom);
                // What signs say is no name, and the same in all languages.
                canvas.draw(&shape, &placed, by_use, Lang::Zh);
                canvas.close();
                drawn.append(&mut canvas.items);
                let mut board = Board::new(grown(place), fonts);
                for wanted in &canvas.labels {
                    drawn.extend(board.place(wanted));
                }
            }
        }
        fit(&mut drawn, self.sign.form, place);
        items.append(&mut drawn);
    }
}

/// Room enough for a letter that is drawn in a place before it is made to fit.
fn grown(place: Rect) -> Rect {
    let by = 10.0 * place.width();
    place.outset(by, by).unwrap_or(place)
}

fn middle(place: Rect) -> (f32, f32) {
    (
        f32::midpoint(place.left(), place.right()),
        f32::midpoint(place.top(), place.bottom()),
    )
}

impl Form {
    /// The shape that bears a sign, in its place in the legend.
    fn bearer(self, place: Rect, look: &Look) -> Geometry<f64> {
        // Broad lines stay in their place too.
        let inset = place.height() * MAX_WIDTH / 2.0;
        let (x, y) = middle(place);
        let coord = |x: f32, y: f32| Coord {
            x: f64::from(x),
            y: f64::from(y),
        };
        match self {
            Self::Area => {
                let [left, right] = [place.left() + inset, place.right() - inset];
                let [top, bottom] = [place.top() + inset, place.bottom() - inset];
                let ring = [(left, top), (right, top), (right, bottom), (left, bottom)];
                let ring = ring.map(|(x, y)| coord(x, y));
                Polygon::new(LineString::from(ring.to_vec()), vec![]).into()
            }
            Self::Line => {
                let ends = [place.left(), place.right()].map(|x| coord(x, y));
                LineString::from(ends.to_vec()).into()
            }
            Self::Ring => {
                const CORNERS: u8 = 72;
                let radius = f64::from(place.height()) / 2.0 - 1.0;
                let ring = (0..CORNERS).map(|corner| {
                    let turn = f64::from(corner) / f64::from(CORNERS) * std::f64::consts::TAU;
                    let (sin, cos) = turn.sin_cos();
                    coord(x, y)
                        + Coord {
                            x: radius * cos,
                            y: radius * sin,
                        }
                });
                Polygon::new(LineString::from(ring.collect::<Vec<_>>()), vec![]).into()
            }
            Self::Point => {
                // What stands beside its point on the map stands in the middle here.
                let (right, down) = match &look.kind {
                    Kind::Circle(circle) => circle.shift,
                    Kind::Symbol(symbol) => symbol.shift,
                    _ => (0.0, 0.0),
                };
                Point(coord(x - right, y - down)).into()
            }
        }
    }
}

/// Makes a sign that is too large for its place smaller: all of its lines, or all of its marks, by the
/// same share.
fn fit(items: &mut [Item], form: Form, place: Rect) {
    let (x, y) = middle(place);
    let extent = |item: &Item| match (form, item) {
        (Form::Point, Item::Fill(path, _)) => from_middle(path.bounds(), (x, y)),
        (Form::Point, Item::Line(path, stroke)) => {
            from_middle(path.bounds(), (x, y)) + stroke.width / 2.0
        }
        // A character is hardly as high as its em.
        (Form::Point, Item::Text(text)) => 0.43 * text.size,
        (_, Item::Line(_, stroke)) => stroke.width,
        _ => 0.0,
    };
    let most = match form {
        Form::Point => place.height() / 2.0,
        _ => place.height() * MAX_WIDTH,
    };
    let largest = items.iter().map(extent).fold(0.0, f32::max);
    if largest <= most {
        return;
    }
    let share = most / largest;
    let about = Transform::from_translate(x, y)
        .pre_scale(share, share)
        .pre_translate(-x, -y);
    for item in items {
        if let Item::Line(_, stroke) = item {
            stroke.width *= share;
            stroke.dashes.iter_mut().for_each(|dash| *dash *= share);
        }
        if form != Form::Point {
            continue;
        }
        match item {
            Item::Fill(path, _) | Item::Line(path, _) => {
                if let Some(smaller) = path.clone().transform(about) {
                    *path = smaller;
                }
            }
            Item::Text(text) => {
                text.size *= share;
                text.at = (x + (text.at.0 - x) * share, y + (text.at.1 - y) * share);
            }
            _ => {}
        }
    }
}

/// How far bounds reach from a point, to the side or up and down.
fn from_middle(bounds: Rect, (x, y): (f32, f32)) -> f32 {
    let across = (bounds.right() - x).max(x - bounds.left());
    across.max(bounds.bottom() - y).max(y - bounds.top())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layers without a sign of their own: the ground, names, and what is a part of another sign.
    const SIGNLESS: [&str; 5] = [
        "background",
        "base-map",
        "district-fill",
        "zones-accuracy-fill",
        "page-boundary-fill",
    ];

    #[test]
    fn every_sign_of_the_style_has_its_meaning() {
        let all = PICKED.into_iter().chain(SIGNS).chain([DISTRICT]);
        let named: Vec<&str> = all.flat_map(|(_, _, sign)| sign.layers).copied().collect();
        for look in looks() {
            let is_name = look.id.ends_with("-label");
            let is_hover = look.id.ends_with("-accuracy-fill");
            assert!(
                is_name || is_hover || SIGNLESS.contains(&look.id) || named.contains(&look.id),
                "{} has no place in the legend",
                look.id
            );
        }
        for id in named {
            let known = looks().iter().any(|look| look.id == id);
            assert!(known, "{id} is none of the style");
        }
    }

    /// What a sign becomes in a place of a legend, at the zoom of a district.
    fn drawn(sign: Sign) -> Vec<Item> {
        let entry = Entry {
            words: String::new(),
            sign,
            layers: sign.layers.to_vec(),
            zoom: 13.4,
            by: By::Nothing,
        };
        let mut items = Vec::new();
        let place = Rect::from_ltrb(100.0, 50.0, 128.0, 65.5).unwrap();
        entry.draw(&mut items, place, Fonts::carried().unwrap());
        items
    }

    #[test]
    fn every_sign_is_drawn_within_its_place() {
        for (words, _, sign) in PICKED.into_iter().chain(SIGNS).chain([DISTRICT]) {
            let items = drawn(sign);
            assert!(!items.is_empty(), "{words}");
            for item in &items {
                let (bounds, around) = match item {
                    Item::Fill(path, _) => (path.bounds(), 0.0),
                    Item::Line(path, stroke) => (path.bounds(), stroke.width / 2.0),
                    Item::Text(text) => {
                        assert!(text.size <= 15.5 / 0.85, "{words}");
                        let (x, y) = text.at;
                        assert!((100.0..128.0).contains(&x) && (50.0..66.0).contains(&y));
                        continue;
                    }
                    other => panic!("{words}: {other:?}"),
                };
                // A line that runs along its place may stick out where it ends.
                let beyond = if bounds.height() > 0.0 { 0.1 } else { 3.0 };
                assert!(
                    bounds.left() - around > 100.0 - beyond
                        && bounds.right() + around < 128.0 + beyond
                        && bounds.top() - around > 49.9
                        && bounds.bottom() + around < 65.6,
                    "{words}: {bounds:?} {around}"
                );
            }
        }
    }

    #[test]
    fn dashes_are_those_of_the_map() {
        let (_, _, sign) = SIGNS
            .into_iter()
            .find(|(_, _, sign)| sign.layers == ["page-boundary-candidate"])
            .unwrap();
        let [Item::Line(_, stroke)] = &drawn(sign)[..] else {
            panic!("one line")
        };
        // On the page dashes keep their length on the ground between two whole zooms.
        let longer = 0.4_f32.exp2();
        let ratio = stroke.dashes[0] / stroke.width;
        assert!((ratio - 3.0 * longer).abs() < 0.01, "{stroke:?}");
    }

    #[test]
    fn a_sign_stands_for_what_was_drawn_and_nothing_else() {
        let mut drawn = Drawn {
            layers: vec!["zones-side-thin", "zones-side-via", "page-hits-points"],
            ..Drawn::default()
        };
        let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        drawn.variants.insert("zones-side-thin", values(&["via"]));
        drawn.variants.insert("zones-side-via", values(&["via"]));
        drawn
            .variants
            .insert("page-hits-points", values(&["certain", "borderline"]));
        let stands: BTreeSet<&str> = PICKED
            .into_iter()
            .chain(SIGNS)
            .filter(|(_, _, sign)| !sign.drawn(&drawn).is_empty())
            .map(|(_, en, _)| en)
            .collect();
        let expected = [
            "Feature in the area: certain",
            "Feature near the area’s boundary, in no sum",
            "Zone outline: along another street",
        ];
        assert_eq!(stands, expected.into());
    }
}
