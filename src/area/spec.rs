//! An area as a request names it.

use geo::{
    BooleanOps, BoundingRect, Coord, CoordsIter, Geometry, Intersects, LinesIter, MultiPolygon,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    query::{Interrupted, Patience},
    shape::{Area, Origin},
};
use crate::{
    boundary::{Carriageway, Compilation, Options, Outcome, TextError, find},
    geometry::{
        crossings,
        crs::Crs,
        frame::Frame,
        measure, read,
        wkt::{self, Flaw, Limits, Misread},
    },
    model::{FeatureRef, LocatedBy, Text, shortened},
    store::Snapshot,
};

/// The most vertices that a drawn area may have, or one put together from others.
pub const MAX_VERTICES: usize = 10_000;
/// The largest radius of a circle, metres.
pub const MAX_RADIUS_M: f64 = 50_000.0;
/// The largest buffer around an area, metres.
pub const MAX_BUFFER_M: f64 = 50_000.0;

/// The most vertices of an area around which a buffer is laid, after those are left out without
/// which its outline is off by less than a hundredth of the buffer.
pub const MAX_BUFFERED_VERTICES: usize = 500;
/// The most areas that one may be put together from.
pub const MAX_PARTS: usize = 16;
/// How many combinations may stand in each other.
pub const MAX_DEPTH: usize = 4;
/// How far an area may reach from west to east and from south to north, degrees: beyond, its local
/// plane no longer holds.
pub const MAX_EXTENT: f64 = 2.0;
/// The northernmost (and southernmost) latitude of an area, degrees.
pub const MAX_LATITUDE: f64 = 85.0;

/// One of the forms in which a request can name an area.
#[derive(Debug, Clone)]
pub enum AreaSpec {
    /// Another feature, with a buffer around it.
    Feature(FeatureArea),
    /// A drawn geometry, with a buffer around it.
    Geometry(GeometryArea),
    /// A circle.
    Circle(CircleArea),
    /// What a boundary sentence encloses.
    Boundary(BoundaryArea),
    /// Several areas put together.
    Combined(Combination, Vec<AreaSpec>),
}

/// How areas are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// `{"union": [area…]}`: what lies in any of them.
    Union,
    /// `{"intersection": [area…]}`: what lies in all of them.
    Intersection,
    /// `{"difference": [area, area]}`: what lies in the first and not in the second.
    Difference,
}

impl Combination {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Union, "union"),
        (Self::Intersection, "intersection"),
        (Self::Difference, "difference"),
    ];

    fn of(
        self,
        first: &MultiPolygon<f64>,
        second: &MultiPolygon<f64>,
    ) -> Result<MultiPolygon<f64>, AreaError> {
        if !crossings::are_few(first.lines_iter(), second.lines_iter()) {
            let most = crossings::MAX_MEETINGS;
            return Err(unusable(
                format!("两个范围的边线相交超过 {most} 处，不能组合，请先简化"),
                format!(
                    "the outlines of two areas meet in more than {most} places, so they can't be put together: simplify them first"
                ),
            ));
        }
        let whole = match self {
            Self::Union => first.union(second),
            Self::Intersection => first.intersection(second),
            Self::Difference => first.difference(second),
        };
        check_vertices(whole.coords_count())?;
        Ok(whole)
    }
}

/// `{"feature": "zones/…", "buffer_m": 0}`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureArea {
    feature: String,
    #[serde(default)]
    buffer_m: f64,
}

/// `{"geometry": GeoJSON or WKT, "crs": "EPSG:4548", "buffer_m": 0}`
#[derive(Debug, Clone)]
pub struct GeometryArea {
    geometry: geojson::Geometry,
    /// Its reference system; coordinates are in the order of its authority.
    crs: Crs,
    buffer_m: f64,
}

impl GeometryArea {
    fn from_json(json: &Value) -> Result<Self, AreaError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Members {
            geometry: Value,
            crs: Option<String>,
            #[serde(default)]
            buffer_m: f64,
        }
        let members = Members::deserialize(json).map_err(|error| unreadable(&error))?;
        let geometry = match members.geometry {
            Value::String(text) => from_wkt(&text)?,
            json => serde_json::from_value(json).map_err(|error| unreadable(&error))?,
        };
        let crs = members.crs.map_or(Ok(Crs::CRS84), |name| Crs::parse(&name));
        Ok(Self {
            geometry,
            crs: crs.map_err(AreaError::Malformed)?,
            buffer_m: members.buffer_m,
        })
    }

    fn read(&self, snapshot: &Snapshot) -> Result<Geometry<f64>, AreaError> {
        check_vertices(read::vertex_count(&self.geometry))?;
        let read = read::geometry_in(&self.geometry, self.crs);
        if !self.crs.swaps() {
            return read.map_err(AreaError::Unusable);
        }
        // Who writes east before north gets a shape on another continent, or none.
        let meets_data = |geometry: &Geometry<f64>| {
            let bounds = geometry.bounding_rect();
            let collections = snapshot.collections().iter();
            bounds.is_some_and(|bounds| {
                collections
                    .filter_map(|collection| collection.bounds())
                    .any(|data| data.intersects(&bounds))
            })
        };
        let is_there = |read: &Result<Geometry<f64>, Text>| read.as_ref().is_ok_and(meets_data);
        if !is_there(&read) && is_there(&read::geometry_in(&self.geometry, self.crs.east_first())) {
            let name = self.crs.short_name();
            return Err(unusable(
                format!(
                    "{name} 的坐标先北（纬度）后东（经度）；这样读，图形不在数据范围内，反过来才在：请交换坐标次序"
                ),
                format!(
                    "{name} writes north (latitude) before east (longitude); read so, the geometry lies off the data, and the other way around on them: swap its coordinates"
                ),
            ));
        }
        read.map_err(AreaError::Unusable)
    }
}

/// `{"center": [lon, lat], "radius_m": r}`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircleArea {
    center: [f64; 2],
    radius_m: f64,
}

/// `{"boundary": "北至…", "carriageway": "centre"}`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundaryArea {
    boundary: String,
    #[serde(default)]
    carriageway: Carriageway,
}

/// A boundary sentence that makes no polygon, or more than one.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSentence {
    /// The text that it stands in.
    pub text: String,
    /// What becomes of it.
    pub compilation: Compilation,
    /// Why it is no area.
    pub reason: Text,
}

/// Why an area can't be used.
#[derive(Debug, Clone, PartialEq)]
pub enum AreaError {
    /// It can't be read at all.
    Malformed(Text),
    /// It is read, and is no area that can be asked.
    Unusable(Text),
    /// It is a boundary sentence that makes no polygon, or more than one.
    Open(Box<OpenSentence>),
    /// It takes too long to put together.
    Interrupted(Interrupted),
}

impl From<Interrupted> for AreaError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

impl AreaSpec {
    /// Reads the JSON of an area.
    ///
    /// # Errors
    /// Which forms there are.
    pub fn from_json(json: &Value) -> Result<Self, AreaError> {
        let spec = Self::read(json, 0)?;
        let parts = spec.parts();
        if parts > MAX_PARTS {
            return Err(unusable(
                format!("范围由 {parts} 个部分组成，最多 {MAX_PARTS} 个"),
                format!(
                    "the area is put together from {parts} parts, at most {MAX_PARTS} are taken"
                ),
            ));
        }
        Ok(spec)
    }

    /// How many areas it is put together from.
    fn parts(&self) -> usize {
        match self {
            Self::Combined(_, parts) => parts.iter().map(Self::parts).sum(),
            _ => 1,
        }
    }

    fn read(json: &Value, depth: usize) -> Result<Self, AreaError> {
        let combined = Combination::ALL
            .into_iter()
            .find_map(|(how, name)| Some((how, name, json.get(name)?)));
        if let Some((how, name, parts)) = combined {
            return Self::read_combined(json, how, name, parts, depth);
        }
        // The form is told by its leading member, so that the message speaks of the form meant.
        let parsed = if json.get("feature").is_some() {
            FeatureArea::deserialize(json).map(Self::Feature)
        } else if json.get("geometry").is_some() {
            return GeometryArea::from_json(json).map(Self::Geometry);
        } else if json.get("center").is_some() || json.get("radius_m").is_some() {
            CircleArea::deserialize(json).map(Self::Circle)
        } else if json.get("boundary").is_some() {
            BoundaryArea::deserialize(json).map(Self::Boundary)
        } else {
            return Err(AreaError::Malformed(Text::new(
                "area 应为 {\"feature\": …}、{\"geometry\": GeoJSON 或 WKT}、{\"center\": [经度,纬度], \"radius_m\": 米}、{\"boundary\": \"北至…\"}，或由其组成的 {\"union\": […]}、{\"intersection\": […]}、{\"difference\": [甲, 乙]}",
                "area should be {\"feature\": …}, {\"geometry\": GeoJSON or WKT}, {\"center\": [lon,lat], \"radius_m\": m}, {\"boundary\": \"北至…\"}, or put together from these by {\"union\": […]}, {\"intersection\": […]}, {\"difference\": [a, b]}",
            )));
        };
        parsed.map_err(|error| unreadable(&error))
    }

    fn read_combined(
        json: &Value,
        how: Combination,
        name: &str,
        parts: &Value,
        depth: usize,
    ) -> Result<Self, AreaError> {
        if depth == MAX_DEPTH {
            return Err(unusable(
                format!("范围的组合最多嵌套 {MAX_DEPTH} 层"),
                format!("combinations of areas may stand {MAX_DEPTH} deep in each other"),
            ));
        }
        let is_alone = json.as_object().is_some_and(|members| members.len() == 1);
        let parts = parts.as_array().filter(|parts| {
            is_alone
                && match how {
                    Combination::Difference => parts.len() == 2,
                    _ => parts.len() >= 2,
                }
        });
        let Some(parts) = parts else {
            let count = if how == Combination::Difference {
                ("恰好两个", "just two")
            } else {
                ("至少两个", "two or more")
            };
            return Err(AreaError::Malformed(Text::new(
                format!("{name} 应单独给出，并列出{}范围", count.0),
                format!("{name} should stand alone and list {} areas", count.1),
            )));
        };
        let parts = parts.iter().map(|part| Self::read(part, depth + 1));
        Ok(Self::Combined(how, parts.collect::<Result<_, _>>()?))
    }

    /// The polygon that it means.
    ///
    /// # Errors
    /// Where the feature does not exist or is no area, the geometry is not valid, a limit is passed, or
    /// it takes longer than `patience`.
    pub fn resolve(&self, snapshot: &Snapshot, patience: &Patience) -> Result<Area, AreaError> {
        let outline = self.outline(snapshot, patience)?;
        let polygons = &outline.polygons;
        if polygons.0.is_empty() {
            return Err(unusable(
                "这样组合出的范围是空的".into(),
                "the area that this makes is empty".into(),
            ));
        }
        let bounds = polygons.bounding_rect();
        let fits = bounds.is_some_and(|bounds| {
            bounds.width() <= MAX_EXTENT
                && bounds.height() <= MAX_EXTENT
                && bounds.min().y >= -MAX_LATITUDE
                && bounds.max().y <= MAX_LATITUDE
        });
        if !fits {
            return Err(unusable(
                format!(
                    "查询范围的经纬度跨度最多 {MAX_EXTENT} 度，纬度在 ±{MAX_LATITUDE} 之内，不跨 180° 经线"
                ),
                format!(
                    "an area may span {MAX_EXTENT} degrees at most, within latitude ±{MAX_LATITUDE}, and not cross the antimeridian"
                ),
            ));
        }
        let origin = outline.feature.map(|feature| Origin {
            feature,
            buffer_m: outline.buffer_m,
        });
        Ok(Area::new(origin, polygons, outline.accuracy_m))
    }

    fn outline(&self, snapshot: &Snapshot, patience: &Patience) -> Result<Outline, AreaError> {
        patience.check()?;
        match self {
            Self::Feature(area) => {
                let name: Option<FeatureRef> = area.feature.parse().ok();
                let found = name
                    .and_then(|name| snapshot.feature(&name).map(|feature| (name, feature)))
                    .ok_or_else(|| {
                        let name = shortened(&area.feature);
                        unusable(
                            format!("没有要素“{name}”"),
                            format!("there is no feature “{name}”"),
                        )
                    })?;
                let (name, feature) = found;
                let Some(geometry) = &feature.geometry else {
                    return Err(if feature.located_by == LocatedBy::Compiled {
                        unusable(
                            format!(
                                "“{}”的范围文字未能编译成边界，不能作为查询范围",
                                feature.name
                            ),
                            format!(
                                "the boundary sentence of “{name}” does not resolve: it has no location, so it is no area"
                            ),
                        )
                    } else {
                        unusable(
                            format!("“{}”没有位置，不能作为查询范围", feature.name),
                            format!("the feature “{name}” has no location, so it is no area"),
                        )
                    });
                };
                Ok(Outline {
                    feature: Some(name),
                    buffer_m: area.buffer_m,
                    polygons: with_buffer(geometry, area.buffer_m)?,
                    accuracy_m: feature.accuracy_m,
                })
            }
            Self::Geometry(area) => {
                let geometry = area.read(snapshot)?;
                Ok(Outline::of(with_buffer(&geometry, area.buffer_m)?, 0.0))
            }
            Self::Circle(area) => {
                let [x, y] = area.center;
                let centre = Coord { x, y };
                if !(x.abs() <= 180.0 && y.abs() <= MAX_LATITUDE) {
                    return Err(unusable(
                        format!("圆心 {x},{y} 应为经度（±180）、纬度（±85）"),
                        format!("the centre {x},{y} should be longitude (±180), latitude (±85)"),
                    ));
                }
                check_metres("radius_m", area.radius_m, 0.1, MAX_RADIUS_M)?;
                let circle = measure::circle(centre, area.radius_m);
                Ok(Outline::of(MultiPolygon::new(vec![circle]), 0.0))
            }
            Self::Boundary(area) => enclosed(area, snapshot),
            Self::Combined(how, parts) => {
                let mut outlines = parts.iter().map(|part| part.outline(snapshot, patience));
                let Some(first) = outlines.next() else {
                    return Ok(Outline::of(MultiPolygon::new(vec![]), 0.0));
                };
                outlines.try_fold(first?, |whole, part| {
                    let part = part?;
                    Ok(Outline::of(
                        how.of(&whole.polygons, &part.polygons)?,
                        whole.accuracy_m.max(part.accuracy_m),
                    ))
                })
            }
        }
    }
}

/// What an area comes to.
struct Outline {
    /// The feature that it is, or lies around.
    feature: Option<FeatureRef>,
    buffer_m: f64,
    polygons: MultiPolygon<f64>,
    accuracy_m: f64,
}

impl Outline {
    /// Of an area that is no feature.
    fn of(polygons: MultiPolygon<f64>, accuracy_m: f64) -> Self {
        Self {
            feature: None,
            buffer_m: 0.0,
            polygons,
            accuracy_m,
        }
    }
}

/// Reads the well-known text of an area.
fn from_wkt(text: &str) -> Result<geojson::Geometry, AreaError> {
    let limits = Limits {
        vertices: MAX_VERTICES,
        depth: MAX_DEPTH,
    };
    wkt::geometry(text, limits).map_err(|Misread { at, flaw }| {
        let number = at + 1;
        let wrong = match flaw {
            Flaw::TooManyVertices => {
                return unusable(
                    format!("查询范围最多 {MAX_VERTICES} 个顶点，请先简化"),
                    format!(
                        "the area has more than {MAX_VERTICES} vertices, the most that are taken: simplify it first"
                    ),
                );
            }
            Flaw::TooDeep => Text::new(
                format!("集合嵌套超过 {MAX_DEPTH} 层"),
                format!("collections are nested more than {MAX_DEPTH} deep"),
            ),
            Flaw::Ended(wanted) => Text::new(
                format!("文字到此结束，还应有 {}", wanted.zh),
                format!("the text ends, {} should follow", wanted.en),
            ),
            Flaw::Unexpected(text) => text,
        };
        AreaError::Malformed(Text::new(
            format!("area 的 WKT 第 {number} 个字符处：{}", wrong.zh),
            format!("the WKT of the area, character {number}: {}", wrong.en),
        ))
    })
}

/// What the one boundary sentence of a text encloses.
fn enclosed(area: &BoundaryArea, snapshot: &Snapshot) -> Result<Outline, AreaError> {
    let options = Options {
        carriageway: area.carriageway,
        ..Options::default()
    };
    let unreadable = |error: TextError| AreaError::Unusable(error.text());
    let mut found = find(&area.boundary).map_err(unreadable)?;
    let sentence = match found.len() {
        0 => return Err(unreadable(TextError::NotABoundary)),
        1 => found.remove(0),
        count => return Err(unreadable(TextError::SeveralSentences(count))),
    };
    let compilation = snapshot.network().compile_found(sentence, options);
    let reason = match &compilation.outcome {
        Outcome::Compiled(compiled) => {
            let polygons = MultiPolygon::new(vec![compiled.polygon()]);
            return Ok(Outline::of(polygons, compiled.accuracy_m));
        }
        Outcome::Ambiguous(ambiguity) => ambiguity.text(),
        Outcome::Unresolved(refusal) => refusal.text(),
    };
    Err(AreaError::Open(Box::new(OpenSentence {
        text: area.boundary.clone(),
        compilation,
        reason,
    })))
}

fn unusable(zh: String, en: String) -> AreaError {
    AreaError::Unusable(Text { zh, en })
}

fn unreadable(error: &serde_json::Error) -> AreaError {
    AreaError::Malformed(Text::new(
        format!("area 读不懂：{error}"),
        format!("area can't be read: {error}"),
    ))
}

fn check_vertices(vertices: usize) -> Result<(), AreaError> {
    if vertices <= MAX_VERTICES {
        return Ok(());
    }
    Err(unusable(
        format!("查询范围有 {vertices} 个顶点，最多 {MAX_VERTICES} 个，请先简化"),
        format!(
            "the area has {vertices} vertices, at most {MAX_VERTICES} are taken: simplify it first"
        ),
    ))
}

fn check_metres(name: &str, value: f64, least: f64, most: f64) -> Result<(), AreaError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(unusable(
        format!("{name} 为 {value}，应在 {least} 到 {most} 米之间"),
        format!("{name} is {value}, it should lie between {least} and {most} m"),
    ))
}

fn with_buffer(geometry: &Geometry<f64>, buffer_m: f64) -> Result<MultiPolygon<f64>, AreaError> {
    check_metres("buffer_m", buffer_m, 0.0, MAX_BUFFER_M)?;
    if buffer_m > 0.0 {
        let frame = Frame::around(geometry);
        let outline = frame.simplified(geometry, buffer_m / 100.0);
        let vertices = outline.coords_count();
        if vertices > MAX_BUFFERED_VERTICES {
            return Err(unusable(
                format!(
                    "加缓冲的范围最多 {MAX_BUFFERED_VERTICES} 个顶点，简化后仍有 {vertices} 个"
                ),
                format!(
                    "an area with a buffer may have {MAX_BUFFERED_VERTICES} vertices; simplified it still has {vertices}"
                ),
            ));
        }
        return Ok(frame.buffer(&outline, buffer_m));
    }
    match geometry {
        Geometry::Polygon(polygon) => Ok(MultiPolygon::new(vec![polygon.clone()])),
        Geometry::MultiPolygon(polygons) => Ok(polygons.clone()),
        _ => Err(unusable(
            "点或线不是范围：请给出 buffer_m（米），或改用面".into(),
            "a point or a line is no area: give a buffer_m in metres, or a polygon".into(),
        )),
    }
}
