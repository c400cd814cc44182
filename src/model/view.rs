//! The view: everything that a link, a share or a picture shows, as the query string of the page.
//!
//! The page reads the same form (`web/src/view.ts`); `tests/view-cases.json` holds the cases that
//! both must satisfy. What a state says and cannot be read is told and left out; whatever it is, the
//! rest is read.

use std::{collections::HashSet, fmt::Write};

use geo::Coord;

use super::{FeatureRef, Text, is_slug};

/// The version of the form in which states are written.
const VERSION: u64 = 1;
/// Zoom levels, of tiles of 512 pixels.
const MAX_ZOOM: f64 = 22.0;
/// Longitudes and latitudes reach so far, degrees; the map ends before the poles.
const MAX_LON: f64 = 180.0;
const MAX_LAT: f64 = 85.0;
/// Vertices of a drawn area at most.
const MAX_VERTICES: usize = 500;
/// The radius of a drawn circle at most, metres.
const MAX_RADIUS_M: f64 = 50_000.0;
/// UTF-16 units of a boundary text: longer ones make addresses that programs on the way may cut off.
const MAX_TEXT: usize = 2_000;
/// Names of a list that are read.
const MAX_NAMES: usize = 64;
/// Characters of a share's id that are read together, and groups of them at most after the first.
const SHARE_GROUP: usize = 5;
const MAX_SHARE_GROUPS: usize = 4;
/// Documents are far shorter than this, in characters.
const MAX_PLACE: u32 = 10_000_000;

/// A closed list of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its word in a state.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// The language of the page.
    Language {
        /// Chinese.
        #[default]
        Zh = "zh",
        /// English.
        En = "en",
    }
}

words! {
    /// How a feature must lie to the area that is asked about.
    Relation {
        /// They share a point.
        #[default]
        Intersects = "intersects",
        /// No point of the feature lies outside.
        Within = "within",
        /// More than half of the feature lies inside.
        Majority = "majority",
        /// They share boundary points only.
        Touches = "touches",
    }
}

words! {
    /// What the column beside the map shows.
    Panel {
        /// The layers.
        #[default]
        Layers = "layers",
        /// The features on the map.
        List = "list",
        /// The documents' texts.
        Documents = "documents",
        /// The table of indicators.
        Indicators = "indicators",
        /// Statements of two documents side by side.
        Pairs = "pairs",
        /// What changed when.
        Revisions = "revisions",
    }
}

words! {
    /// What the colours of projects and parcels mean.
    Colours {
        /// How far they have come.
        #[default]
        Status = "status",
        /// What their land is for.
        LandUse = "land_use",
    }
}

words! {
    /// Where an outline runs along a street that is drawn as two carriageways.
    Carriageway {
        /// Midway between the outermost.
        #[default]
        Centre = "centre",
        /// Along the one nearest to the area.
        Inner = "inner",
        /// Along the one farthest from it.
        Outer = "outer",
    }
}

words! {
    /// How what a later document says relates to what an earlier one says.
    Pairing {
        /// The later one goes further.
        #[default]
        TakenFurther = "taken_further",
        /// It says the same.
        CarriedOn = "carried_on",
        /// It says otherwise.
        Changed = "changed",
        /// Both can't be right.
        Contradicted = "contradicted",
        /// It mentions the subject in other words.
        Mentioned = "mentioned",
        /// It says nothing of it.
        NotMentionedAgain = "not_mentioned_again",
        /// The earlier one says nothing of it.
        New = "new",
    }
}

/// Where the map stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    /// Longitude of the middle, degrees.
    pub lon: f64,
    /// Latitude of the middle, degrees.
    pub lat: f64,
    /// Zoom: at 0 the world is 512 pixels wide.
    pub zoom: f64,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Id of the document.
    pub document: String,
    /// How many characters (Unicode code points) come before it; `None`: from the beginning.
    pub at: Option<u32>,
}

/// What is shown, on the map and in lists; of an empty list anything is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewFilter {
    /// Kinds.
    pub kind: Vec<String>,
    /// Statuses; `none`: no status is stated.
    pub status: Vec<String>,
    /// Ids of documents that are cited.
    pub document: Vec<String>,
    /// Ids of zones.
    pub zone: Vec<String>,
}

impl ViewFilter {
    /// The names of its lists, which are the names of the items' parameters too.
    pub const NAMES: [&'static str; 4] = ["kind", "status", "document", "zone"];

    /// Its lists by their names.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &[String]); 4] {
        let lists = [&self.kind, &self.status, &self.document, &self.zone];
        let mut lists = lists.into_iter();
        Self::NAMES.map(|name| (name, lists.next().map_or(&[][..], Vec::as_slice)))
    }

    /// Whether it lets everything pass.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists().iter().all(|(_, values)| values.is_empty())
    }
}

/// The area that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewArea {
    /// That of a feature.
    Feature(FeatureRef),
    /// The ring of a drawn polygon: longitude and latitude, degrees; the first vertex is not repeated.
    Polygon(Vec<Coord<f64>>),
    /// A drawn circle.
    Circle {
        /// Longitude and latitude, degrees.
        centre: Coord<f64>,
        /// Metres.
        radius_m: f64,
    },
    /// A text that describes its boundary.
    Boundary(String),
}

/// Everything that a link, a share or a picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Where the map stands; `None`: the whole district.
    pub at: Option<At>,
    /// Groups of layers shown; `None`: those that the style shows by itself.
    pub layers: Option<Vec<String>>,
    /// The theme of the style.
    pub theme: String,
    /// What the colours of projects and parcels mean.
    pub colours: Colours,
    /// What the column beside the map shows.
    pub panel: Panel,
    /// Where the reader of documents stands; `None`: at the beginning of the first.
    pub reading: Option<Reading>,
    /// The pairs of statements listed; `None`: all.
    pub pairing: Option<Pairing>,
    /// What is left out on the map and in lists.
    pub filter: ViewFilter,
    /// The selected feature.
    pub select: Option<FeatureRef>,
    /// The area asked about.
    pub area: Option<ViewArea>,
    /// A text whose boundary sentences are shown as polygons.
    pub boundary: Option<String>,
    /// How boundary sentences, shown or asked about, are compiled.
    pub carriageway: Carriageway,
    /// Collections that the area query lists.
    pub collections: Vec<String>,
    /// How features must lie to the area asked about.
    pub relation: Relation,
    /// The language of the page.
    pub lang: Language,
    /// The state of the data; `None`: the latest.
    pub revision: Option<u64>,
    /// The share by which it was opened; a share keeps none.
    pub share: Option<String>,
    /// Parameters that this version does not know, in their order.
    pub unknown: Vec<(String, String)>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            at: None,
            layers: None,
            theme: "light".to_owned(),
            colours: Colours::default(),
            panel: Panel::default(),
            reading: None,
            pairing: None,
            filter: ViewFilter::default(),
            select: None,
            area: None,
            boundary: None,
            carriageway: Carriageway::default(),
            collections: vec!["projects".to_owned(), "parcels".to_owned()],
            relation: Relation::default(),
            lang: Language::default(),
            revision: None,
            share: None,
            unknown: Vec::new(),
        }
    }
}

impl View {
    /// Reads a state, with its `?` or without, and says what of it can't be read. That is then as if
    /// it had not been given.
    #[must_use]
    pub fn parse(query: &str) -> (Self, Vec<Text>) {
        let mut state = State::read(query);
        let view = state.view();
        let unread = state.unread.into_iter().map(|(_, said)| said);
        (view, unread.collect())
    }

    /// The canonical form, without `?`: states that show the same are written alike.
    #[must_use]
    pub fn to_query(&self) -> String {
        written(&self.pairs())
    }

    /// The form in which a state is kept, without `?`: the canonical one, in which what can't be read
    /// stands as it was given. A later program may be able to read it, and until then who opens it is
    /// told. Reading it shows and says what reading the state does.
    #[must_use]
    pub fn kept_form(query: &str) -> String {
        let mut state = State::read(query);
        let mut pairs = state.view().pairs();
        for (name, _) in &state.unread {
            let Some(value) = state.first(name) else {
                continue;
            };
            match pairs.iter_mut().find(|(known, _)| known == name) {
                Some(pair) => value.clone_into(&mut pair.1),
                None => pairs.push(((*name).to_owned(), value.to_owned())),
            }
        }
        written(&pairs)
    }

    /// Whether a newer version wrote a state: what of it this one does not know may be anything.
    #[must_use]
    pub fn is_newer(query: &str) -> bool {
        let state = State::read(query);
        let version = state
            .first("v")
            .and_then(|text| parse_whole(text, u64::MAX));
        version.is_some_and(|version| version > VERSION)
    }

    fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Pairs(vec![("v".to_owned(), VERSION.to_string())]);
        if let Some(At { lon, lat, zoom }) = self.at {
            let position = position(Coord { x: lon, y: lat });
            pairs.push("at", format!("{position},{}", fixed(zoom, 2)));
        }
        if let Some(layers) = &self.layers {
            pairs.push("layers", layers.join(","));
        }
        pairs.push("theme", self.theme.clone());
        if self.colours != Colours::default() {
            pairs.push("colours", self.colours.as_str().to_owned());
        }
        if self.panel != Panel::default() {
            pairs.push("panel", self.panel.as_str().to_owned());
        }
        if let Some(Reading { document, at }) = &self.reading {
            let place = at.map_or(String::new(), |at| format!(":{at}"));
            pairs.push("read", format!("{document}{place}"));
        }
        if let Some(pairing) = self.pairing {
            pairs.push("pairs", pairing.as_str().to_owned());
        }
        for (name, values) in self.filter.lists() {
            if !values.is_empty() {
                pairs.push(name, values.join(","));
            }
        }
        if let Some(select) = &self.select {
            pairs.push("select", select.to_string());
        }
        if let Some(area) = &self.area {
            pairs.push("area", area.to_word());
            pairs.push("collections", self.collections.join(","));
            pairs.push("relation", self.relation.as_str().to_owned());
        }
        if let Some(boundary) = &self.boundary {
            pairs.push("boundary", boundary.clone());
        }
        if self.carriageway != Carriageway::default() {
            pairs.push("carriageway", self.carriageway.as_str().to_owned());
        }
        pairs.push("lang", self.lang.as_str().to_owned());
        if let Some(revision) = self.revision {
            pairs.push("revision", revision.to_string());
        }
        if let Some(share) = &self.share {
            pairs.push("share", share.clone());
        }
        pairs.0.extend(self.unknown.iter().cloned());
        pairs.0
    }
}

impl ViewArea {
    /// Its form in a state.
    fn to_word(&self) -> String {
        match self {
            Self::Feature(feature) => format!("feature:{feature}"),
            Self::Polygon(ring) => {
                let vertices: Vec<String> = ring.iter().map(|vertex| surveyed(*vertex)).collect();
                format!("polygon:{}", vertices.join(";"))
            }
            Self::Circle { centre, radius_m } => {
                format!("circle:{},{}", position(*centre), fixed(*radius_m, 0))
            }
            Self::Boundary(text) => format!("boundary:{text}"),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let (form, body) = word.split_once(':')?;
        match form {
            "feature" => body.parse().ok().map(Self::Feature),
            "polygon" => {
                let vertices = body.split(';').map(|vertex| {
                    let (lon, lat) = vertex.split_once(',')?;
                    parse_position(lon, lat)
                });
                let ring: Vec<_> = vertices.take(MAX_VERTICES + 1).collect::<Option<_>>()?;
                (3..=MAX_VERTICES)
                    .contains(&ring.len())
                    .then_some(Self::Polygon(ring))
            }
            "circle" => {
                let parts: Vec<&str> = body.split(',').collect();
                let [lon, lat, radius] = parts[..] else {
                    return None;
                };
                Some(Self::Circle {
                    centre: parse_position(lon, lat)?,
                    radius_m: parse_number(radius, 1.0, MAX_RADIUS_M)?,
                })
            }
            "boundary" => parse_text(body).map(Self::Boundary),
            _ => None,
        }
    }
}

/// The parameters of a state, and what of them can't be read.
struct State {
    given: Vec<(String, String)>,
    /// Names with what is said of their values.
    unread: Vec<(&'static str, Text)>,
}

const KNOWN: [&str; 21] = [
    "v",
    "at",
    "layers",
    "theme",
    "colours",
    "panel",
    "read",
    "pairs",
    "kind",
    "status",
    "document",
    "zone",
    "select",
    "area",
    "boundary",
    "carriageway",
    "collections",
    "relation",
    "lang",
    "revision",
    "share",
];

impl State {
    /// The parameters as today's version has them. States without version are of the first.
    fn read(query: &str) -> Self {
        let query = query.strip_prefix('?').unwrap_or(query);
        let mut state = Self {
            given: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            unread: Vec::new(),
        };
        let version = match state.first("v") {
            None | Some("") => Some(VERSION),
            Some(text) => parse_whole(text, u64::MAX),
        };
        match version {
            Some(version) if version > VERSION => state.unread.push((
                "v",
                Text::new(
                    format!("由更新的版本（v={version}）写成：只读了这个版本懂得的部分"),
                    format!(
                        "a newer version (v={version}) wrote this: only what this one knows is read"
                    ),
                ),
            )),
            Some(version) => state.migrate(version),
            None => state.say_unread("v"),
        }
        state
    }

    /// Makes a state of an earlier version one of today's. With version 2, what names or values it
    /// changes are renamed here for states before it.
    fn migrate(&mut self, version: u64) {
        if version == 0 {
            self.say_unread("v");
        }
    }

    fn first(&self, name: &str) -> Option<&str> {
        let found = self.given.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| &**value)
    }

    fn say_unread(&mut self, name: &'static str) {
        // Not what it says: a share may name what its reader must not know of.
        self.unread.push((
            name,
            Text::new(
                format!("参数 {name} 的值读不懂"),
                format!("the value of the parameter {name} can't be read"),
            ),
        ));
    }

    /// The value of a parameter, where one is given and can be read.
    fn value<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.first(name).filter(|text| !text.is_empty())?;
        let value = parse(text);
        if value.is_none() {
            self.say_unread(name);
        }
        value
    }

    /// The names of a list; `None` where none is given, or none of them can be one.
    fn names(&mut self, name: &'static str, form: fn(&str) -> bool) -> Option<Vec<String>> {
        let text = self.first(name)?;
        let mut seen = HashSet::new();
        let read: Vec<String> = text
            .split(',')
            .take(MAX_NAMES)
            .filter(|name| form(name) && seen.insert(*name))
            .map(str::to_owned)
            .collect();
        let mut pieces = text.split(',');
        let whole = pieces.clone().count() <= MAX_NAMES
            && pieces.all(|piece| piece.is_empty() || form(piece));
        if !whole {
            self.unread.push((
                name,
                Text::new(
                    format!("参数 {name} 中有读不懂或太多的名称"),
                    format!("the parameter {name} has names that can't be read, or too many"),
                ),
            ));
        }
        (!read.is_empty()).then_some(read)
    }

    fn view(&mut self) -> View {
        let default = View::default();
        View {
            at: self.value("at", parse_at),
            layers: match self.first("layers") {
                Some("") => Some(Vec::new()),
                _ => self.names("layers", is_slug),
            },
            theme: self
                .value("theme", |text| is_slug(text).then(|| text.to_owned()))
                .unwrap_or(default.theme),
            colours: self.value("colours", Colours::parse).unwrap_or_default(),
            panel: self.value("panel", Panel::parse).unwrap_or_default(),
            reading: self.value("read", parse_reading),
            pairing: self.value("pairs", Pairing::parse),
            filter: ViewFilter {
                kind: self.names("kind", is_word).unwrap_or_default(),
                status: self.names("status", is_word).unwrap_or_default(),
                document: self.names("document", is_word).unwrap_or_default(),
                zone: self.names("zone", is_word).unwrap_or_default(),
            },
            select: self.value("select", |text| text.parse().ok()),
            area: self.value("area", ViewArea::parse),
            boundary: self.value("boundary", parse_text),
            carriageway: self
                .value("carriageway", Carriageway::parse)
                .unwrap_or_default(),
            collections: self
                .names("collections", is_slug)
                .unwrap_or(default.collections),
            relation: self.value("relation", Relation::parse).unwrap_or_default(),
            lang: self.value("lang", Language::parse).unwrap_or_default(),
            revision: self.value("revision", |text| {
                (!text.starts_with('0'))
                    .then(|| parse_whole(text, 999_999_999_999_999))
                    .flatten()
            }),
            // One that can't be read is not told: it changes nothing of what is shown.
            share: self
                .first("share")
                .filter(|text| is_share(text))
                .map(str::to_owned),
            unknown: self
                .given
                .iter()
                .filter(|(name, _)| !KNOWN.contains(&&**name))
                .cloned()
                .collect(),
        }
    }
}

struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }
}

fn written(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    pairs.join("&")
}

/// A planner should be able to read the link: only what would be misread is escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'(),:;/".contains(&byte) {
            escaped.push(byte.into());
        } else {
            write!(escaped, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
    escaped
}

fn position(place: Coord<f64>) -> String {
    format!("{},{}", fixed(place.x, 5), fixed(place.y, 5))
}

/// A vertex may come from a survey: up to 7 decimals, a centimetre, where it has them.
fn surveyed(vertex: Coord<f64>) -> String {
    let [lon, lat] = [vertex.x, vertex.y].map(|degrees| {
        let mut text = fixed(degrees, 7);
        for _ in 0..2 {
            if text.ends_with('0') {
                text.pop();
            }
        }
        text
    });
    format!("{lon},{lat}")
}

/// A number with so many decimals, as the page writes it: what lies midway is rounded away from zero,
/// while `format!` rounds it to the even digit. Zero has no sign, so that what is read and written
/// again is the same.
fn fixed(value: f64, decimals: usize) -> String {
    // All digits of a number that is midway.
    const EXACT: usize = 80;
    let size = value.abs();
    let exact = format!("{size:.EXACT$}");
    let rest = &exact[exact.len() - (EXACT - decimals)..];
    let midway = rest.starts_with('5') && rest[1..].bytes().all(|digit| digit == b'0');
    let text = if midway {
        format!("{:.decimals$}", size.next_up())
    } else {
        format!("{size:.decimals$}")
    };
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero {
        format!("-{text}")
    } else {
        text
    }
}

/// A plain decimal number: up to six digits, a fraction of up to fifteen.
fn parse_number(text: &str, min: f64, max: f64) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let are_digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !are_digits(whole, 6) || fraction.is_some_and(|fraction| !are_digits(fraction, 15)) {
        return None;
    }
    let value = text.parse().ok()?;
    (min..=max).contains(&value).then_some(value)
}

/// A whole number without sign.
fn parse_whole(text: &str, max: u64) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten()?;
    (number <= max).then_some(number)
}

fn parse_position(lon: &str, lat: &str) -> Option<Coord<f64>> {
    Some(Coord {
        x: parse_number(lon, -MAX_LON, MAX_LON)?,
        y: parse_number(lat, -MAX_LAT, MAX_LAT)?,
    })
}

fn parse_at(text: &str) -> Option<At> {
    let parts: Vec<&str> = text.split(',').collect();
    let [lon, lat, zoom] = parts[..] else {
        return None;
    };
    let Coord { x: lon, y: lat } = parse_position(lon, lat)?;
    let zoom = parse_number(zoom, 0.0, MAX_ZOOM)?;
    Some(At { lon, lat, zoom })
}

fn parse_reading(text: &str) -> Option<Reading> {
    let (document, at) = match text.split_once(':') {
        None => (text, None),
        Some((document, place)) => {
            let place = parse_whole(place, MAX_PLACE.into()).filter(|_| place.len() <= 8)?;
            (document, Some(u32::try_from(place).ok()?))
        }
    };
    is_slug(document).then(|| Reading {
        document: document.to_owned(),
        at,
    })
}

/// A text without the space around it, by what the page takes for space.
fn parse_text(text: &str) -> Option<String> {
    let is_space = |c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}';
    let text = text.trim_matches(is_space);
    let fits = !text.is_empty() && text.encode_utf16().count() <= MAX_TEXT;
    fits.then(|| text.to_owned())
}

/// Ids of shares as they are written: in groups, of which the last may be shorter.
fn is_share(text: &str) -> bool {
    let mut groups = text.split('-');
    let are_letters = |group: &str| {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        (1..=SHARE_GROUP).contains(&group.len()) && group.bytes().all(is_letter)
    };
    let first = groups.next().unwrap_or_default();
    first.len() == SHARE_GROUP
        && are_letters(first)
        && (1..=MAX_SHARE_GROUPS).contains(&groups.clone().count())
        && groups.all(are_letters)
}

/// Kinds, statuses and ids.
fn is_word(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
    use serde_json::{Value, json};

    use super::*;

    /// A view as the shared cases write it.
    fn to_json(view: &View) -> Value {
        let place = |place: &Coord<f64>| json!([number(place.x), number(place.y)]);
        json!({
            "at": view.at.map(|at| json!({
                "lon": number(at.lon), "lat": number(at.lat), "zoom": number(at.zoom),
            })),
            "layers": view.layers,
            "theme": view.theme,
            "colours": view.colours.as_str(),
            "panel": view.panel.as_str(),
            "reading": view.reading.as_ref().map(|reading| json!({
                "document": reading.document, "at": reading.at,
            })),
            "pairing": view.pairing.map(Pairing::as_str),
            "filter": {
                "kind": view.filter.kind,
                "status": view.filter.status,
                "document": view.filter.document,
                "zone": view.filter.zone,
            },
            "select": view.select.as_ref().map(ToString::to_string),
            "area": view.area.as_ref().map(|area| match area {
                ViewArea::Feature(feature) => json!({"type": "feature", "ref": feature.to_string()}),
                ViewArea::Polygon(ring) => {
                    let ring: Vec<Value> = ring.iter().map(place).collect();
                    json!({"type": "polygon", "ring": ring})
                }
                ViewArea::Circle { centre, radius_m } => {
                    json!({"type": "circle", "centre": place(centre), "radius": number(*radius_m)})
                }
                ViewArea::Boundary(text) => json!({"type": "boundary", "text": text}),
            }),
            "boundary": view.boundary,
            "carriageway": view.carriageway.as_str(),
            "collections": view.collections,
            "relation": view.relation.as_str(),
            "lang": view.lang.as_str(),
            "revision": view.revision,
            "share": view.share,
            "unknown": view.unknown,
        })
    }

    /// The cases write whole numbers without a point.
    #[allow(clippy::cast_possible_truncation)]
    fn number(value: f64) -> Value {
        if value.fract() == 0.0 {
            json!(value as i64)
        } else {
            json!(value)
        }
    }

    #[test]
    fn the_shared_cases() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/view-cases.json")).unwrap();
        assert!(cases.len() > 60);
        for case in cases {
            let name = case["name"].as_str().unwrap();
            let (view, _) = View::parse(case["query"].as_str().unwrap());
            assert_eq!(to_json(&view), case["view"], "{name}");
            let canonical = case["canonical"].as_str().unwrap();
            assert_eq!(format!("?{}", view.to_query()), canonical, "{name}");
            let (again, said) = View::parse(canonical);
            assert_eq!(format!("?{}", again.to_query()), canonical, "{name}");
            assert_eq!(said, [], "{name}");
        }
    }

    #[test]
    fn numbers_are_rounded_as_the_page_rounds_them() {
        let of = |query: &str| View::parse(query).0.to_query();
        assert!(of("at=117,39,13.125").contains("at=117.00000,39.00000,13.13&"));
        assert!(of("at=117,39,13.375").contains("13.38&"));
        assert!(of("at=-0.000001,-39.5,0").contains("at=0.00000,-39.50000,0.00&"));
        assert!(of("area=circle:1,2,2.5").contains("circle:1.00000,2.00000,3&"));
        assert!(of("area=circle:1,2,499.49").contains(",499&"));
    }

    #[test]
    fn a_state_is_read_to_its_limits_and_no_further() {
        let polygon = |count: u32| {
            let vertices: Vec<String> = (0..count)
                .map(|i| format!("117.{},39.1", 10_000 + i))
                .collect();
            View::parse(&format!("area=polygon:{}", vertices.join(";")))
        };
        assert!(matches!(polygon(500), (View { area: Some(_), .. }, said) if said.is_empty()));
        let (view, said) = polygon(501);
        assert_eq!((view.area, said.len()), (None, 1));
        assert!(said[0].en.contains("area"), "{}", said[0].en);
        let layers: Vec<String> = (0..1000).map(|i| format!("l{i}")).collect();
        let (view, said) = View::parse(&format!("layers={}", layers.join(",")));
        assert_eq!((view.layers.unwrap().len(), said.len()), (64, 1));
        let text = |count: usize| View::parse(&format!("boundary={}", "路".repeat(count))).0;
        assert!(text(2000).boundary.is_some());
        assert!(text(2001).boundary.is_none());
    }

    #[test]
    fn what_can_t_be_read_is_said_and_kept() {
        let state = "v=9&at=1,2&layers=zones,<b>&lang=en&relation=near&x=1&kind=";
        let (view, said) = View::parse(state);
        assert_eq!(view.layers.as_deref(), Some(&["zones".to_owned()][..]));
        assert_eq!((view.at, view.lang), (None, Language::En));
        let said: Vec<&str> = said.iter().map(|text| &*text.en).collect();
        let about = ["a newer version (v=9)", "at ", "layers", "relation"];
        assert_eq!(said.len(), about.len(), "{said:?}");
        for (said, about) in said.iter().zip(about) {
            assert!(said.contains(about), "{said}");
        }
        let kept = View::kept_form(state);
        assert_eq!(
            kept,
            "v=9&layers=zones,%3Cb%3E&theme=light&lang=en&x=1&at=1,2&relation=near"
        );
        assert_eq!(View::parse(&kept), View::parse(state));
    }

    #[test]
    fn states_of_any_version_are_read() {
        for (version, said) in [("", 0), ("v=1&", 0), ("v=2&", 1), ("v=0&", 1), ("v=x&", 1)] {
            let (view, unread) = View::parse(&format!("{version}lang=en&select=zones/old-town"));
            assert_eq!(view.select, Some(FeatureRef::new("zones", "old-town")));
            assert_eq!(unread.len(), said, "{version}");
        }
    }

    #[test]
    fn no_state_breaks_it_and_what_it_writes_reads_back_the_same() {
        let pool = [
            "117.1",
            ",",
            ";",
            ":",
            "/",
            "-",
            "%",
            "%2",
            "NaN",
            "1e9",
            "polygon",
            "circle",
            "feature",
            "boundary",
            "\0",
            "片区",
            "<",
            "\"",
            "&",
            "=",
            "+",
            "39",
            "..",
            "zones",
            " ",
            "0.5",
            "%F0%9F",
            "\u{feff}",
            "\u{85}",
            "🏙",
            "v=2&",
            "13.125",
            "-0.0000001",
        ];
        let mut random = StdRng::seed_from_u64(20_261_122);
        for _ in 0..20_000 {
            let name = KNOWN.choose(&mut random).unwrap();
            let mut state = format!("{name}=");
            for _ in 0..random.random_range(0..12) {
                state.push_str(pool.choose(&mut random).unwrap());
            }
            let (view, said) = View::parse(&state);
            let canonical = view.to_query();
            assert_eq!(View::parse(&canonical).0.to_query(), canonical, "{state}");
            let kept = View::kept_form(&state);
            assert_eq!(View::kept_form(&kept), kept, "{state}");
            let (again, said_again) = View::parse(&kept);
            assert_eq!((again.to_query(), said_again), (canonical, said), "{state}");
        }
    }
}
