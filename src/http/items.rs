//! `GET /collections/{collection}/items` and `…/items/{id}`.

use axum::{
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use geo::{Contains, Coord, Geometry, Intersects, LineString, MultiPolygon, Polygon, Rect};
use serde_json::{Value, json};

use super::{AppState, Base, GEOJSON, collections, params::Params, problem::Problem};
use crate::{
    exchange::geojson::{close_object, write_feature, write_list},
    geometry::{
        crs::{Crs, Transformer},
        measure,
        region::Region,
        write,
    },
    model::{Feature, Period, Text},
    store::Collection,
};

/// Features that an answer holds unless asked for fewer or more.
const DEFAULT_LIMIT: usize = 100;
/// Features that an answer holds at most.
const MAX_LIMIT: usize = 10_000;

const LIST_PARAMS: [&str; 9] = [
    "bbox", "bbox-crs", "crs", "datetime", "limit", "offset", "q", "revision", "f",
];

/// The features of a collection.
pub async fn list(
    State(state): State<AppState>,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(move |state| {
            let snapshot = state.snapshot();
            let collection = collections::find(snapshot, &id)?;
            let params = Params::parse(query.as_deref(), &LIST_PARAMS)?;
            params.check_format(&["json", "geojson"])?;
            params.check_revision(snapshot.revision)?;
            let page = Page::parse(&params)?;
            let crs = parse_crs(&params)?;
            let filter = Filter::parse(&params)?;
            let (matched, features) = filter.select(collection, &page);
            let links = links(&base, &id, query.as_deref(), &page, matched);
            let mut body = Vec::with_capacity(features.len() * 1024 + 1024);
            body.extend_from_slice(br#"{"type":"FeatureCollection","features":"#);
            let mut failed = None;
            write_list(&mut body, &features, |out, feature| {
                if let Err(problem) = write_in_crs(out, feature, crs, "") {
                    failed.get_or_insert(problem);
                }
            });
            if let Some(problem) = failed {
                return Err(problem);
            }
            let rest = json!({
                "numberMatched": matched,
                "numberReturned": features.len(),
                "timeStamp": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "revision": snapshot.revision,
                "links": links,
            });
            close_object(&mut body, &rest);
            Ok(geojson_answer(body, crs))
        })
        .await
}

/// One feature.
pub async fn one(
    State(state): State<AppState>,
    base: Base,
    Path((collection_id, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(move |state| {
            let snapshot = state.snapshot();
            let collection = collections::find(snapshot, &collection_id)?;
            let params = Params::parse(query.as_deref(), &["crs", "revision", "f"])?;
            params.check_format(&["json", "geojson"])?;
            params.check_revision(snapshot.revision)?;
            let crs = parse_crs(&params)?;
            let feature = find(collection, &id)?;
            let mut body = Vec::new();
            write_in_crs(&mut body, feature, crs, &measured(feature))?;
            let path = format!("/collections/{collection_id}");
            let links = json!({ "links": [
                base.link("self", GEOJSON, &format!("{path}/items/{id}"), &feature.name),
                base.link("collection", super::JSON, &path, &collection.info.title),
            ]});
            body.pop();
            close_object(&mut body, &links);
            Ok(geojson_answer(body, crs))
        })
        .await
}

fn find<'a>(collection: &'a Collection, id: &str) -> Result<&'a Feature, Problem> {
    collection.get(id).ok_or_else(|| {
        let title = &collection.info.title;
        Problem::missing(Text::new(
            format!("“{title}”中没有要素“{id}”"),
            format!("there is no feature “{id}” in {}", collection.info.id),
        ))
    })
}

/// JSON members that tell the measures of a polygon.
fn measured(feature: &Feature) -> String {
    match &feature.geometry {
        Some(geometry @ (Geometry::Polygon(_) | Geometry::MultiPolygon(_))) => {
            let measures = json!({
                "area_m2": round(measure::area_m2(geometry)),
                "perimeter_m": round(measure::length_m(geometry)),
            });
            format!(r#""measured":{measures}"#)
        }
        _ => String::new(),
    }
}

/// Tenths: more would pretend to an accuracy that no map has.
pub fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn parse_crs(params: &Params) -> Result<Crs, Problem> {
    params
        .get("crs")
        .map_or(Ok(Crs::CRS84), Crs::parse)
        .map_err(Problem::unreadable)
}

fn write_in_crs(
    out: &mut Vec<u8>,
    feature: &Feature,
    crs: Crs,
    members: &str,
) -> Result<(), Problem> {
    if crs == Crs::CRS84 {
        write_feature(out, feature, feature.geometry.as_ref(), members);
        return Ok(());
    }
    let moved = feature
        .geometry
        .as_ref()
        .map(|geometry| write::in_crs(geometry, crs))
        .transpose()
        .map_err(Problem::unanswerable)?;
    write_feature(out, feature, moved.as_ref(), members);
    Ok(())
}

fn geojson_answer(body: Vec<u8>, crs: Crs) -> Response {
    let headers = [
        (header::CONTENT_TYPE, GEOJSON.to_owned()),
        (
            header::HeaderName::from_static("content-crs"),
            format!("<{}>", crs.uri()),
        ),
    ];
    (headers, body).into_response()
}

/// Which of the matching features an answer holds.
struct Page {
    limit: usize,
    offset: usize,
}

impl Page {
    fn parse(params: &Params) -> Result<Self, Problem> {
        let limit = params.number("limit")?.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 {
            return Err(Problem::unreadable(Text::new(
                format!("limit 应为 1 到 {MAX_LIMIT}"),
                format!("limit should be 1 to {MAX_LIMIT}"),
            )));
        }
        Ok(Self {
            // OGC 17-069r4, requirement 7.15.3: a limit beyond the server's own is cut, not refused.
            limit: limit.min(MAX_LIMIT),
            offset: params.number("offset")?.unwrap_or(0),
        })
    }
}

fn links(base: &Base, id: &str, query: Option<&str>, page: &Page, matched: usize) -> Vec<Value> {
    let path = format!("/collections/{id}/items");
    let here = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    let at = |offset: usize| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if name != "offset" && name != "limit" {
                pairs.append_pair(&name, &value);
            }
        }
        pairs.append_pair("limit", &page.limit.to_string());
        pairs.append_pair("offset", &offset.to_string());
        format!("{path}?{}", pairs.finish())
    };
    let mut links = vec![
        base.link("self", GEOJSON, &here, "this document"),
        base.link("collection", super::JSON, &format!("/collections/{id}"), id),
    ];
    let next = page.offset.saturating_add(page.limit);
    if next < matched {
        links.push(base.link("next", GEOJSON, &at(next), "next page"));
    }
    if page.offset > 0 {
        let previous = page.offset.saturating_sub(page.limit);
        links.push(base.link("prev", GEOJSON, &at(previous), "previous page"));
    }
    links
}

/// Which features are asked for.
struct Filter {
    window: Option<Window>,
    period: Option<Period>,
    /// Lowercase part of a name.
    name: Option<String>,
}

/// A bounding box, as rectangles in degrees (two where it crosses the antimeridian) or, where it
/// was given in a projected system, as the shape that it has in degrees.
enum Window {
    Rects(Vec<Rect<f64>>),
    Shape(Box<Region>),
}

impl Filter {
    fn parse(params: &Params) -> Result<Self, Problem> {
        let window = match (params.get("bbox"), params.get("bbox-crs")) {
            (None, None) => None,
            (None, Some(_)) => {
                return Err(Problem::unreadable(Text::new(
                    "bbox-crs 要与 bbox 一起给出",
                    "bbox-crs goes with a bbox",
                )));
            }
            (Some(bbox), crs) => Some(Window::parse(bbox, crs).map_err(Problem::unreadable)?),
        };
        let period = params
            .get("datetime")
            .map(|text| {
                Period::parse_query(text).ok_or_else(|| {
                    Problem::unreadable(Text::new(
                        format!("datetime“{text}”应为日期、RFC 3339 时刻，或以 / 分隔的区间（.. 为不限）"),
                        format!("the datetime “{text}” should be a date, an RFC 3339 time, or an interval of them with / (.. is open)"),
                    ))
                })
            })
            .transpose()?;
        let name = params
            .get("q")
            .map(|text| text.trim().to_lowercase())
            .filter(|text| !text.is_empty());
        Ok(Self {
            window,
            period,
            name,
        })
    }

    /// How many features match, and those of the page.
    fn select<'a>(&self, collection: &'a Collection, page: &Page) -> (usize, Vec<&'a Feature>) {
        if self.window.is_none() && self.period.is_none() && self.name.is_none() {
            let features = collection.features();
            let shown = features.iter().skip(page.offset).take(page.limit).collect();
            return (features.len(), shown);
        }
        let mut matched = 0;
        let mut shown = Vec::new();
        let mut consider = |feature: &'a Feature| {
            if self.matches(feature) {
                if matched >= page.offset && shown.len() < page.limit {
                    shown.push(feature);
                }
                matched += 1;
            }
        };
        match self.window.as_ref().and_then(Window::bounds) {
            Some(bounds) => collection.near(bounds).for_each(&mut consider),
            None => collection.features().iter().for_each(&mut consider),
        }
        (matched, shown)
    }

    fn matches(&self, feature: &Feature) -> bool {
        self.name
            .as_ref()
            .is_none_or(|name| feature.is_called(name))
            && self
                .period
                .as_ref()
                .is_none_or(|period| feature.periods.iter().any(|stated| stated.meets(period)))
            && self.window.as_ref().is_none_or(|window| {
                feature
                    .geometry
                    .as_ref()
                    .is_some_and(|geometry| window.meets(feature, geometry))
            })
    }
}

impl Window {
    fn parse(bbox: &str, crs: Option<&str>) -> Result<Self, Text> {
        let wrong = || {
            Text::new(
                format!("bbox“{bbox}”应为四个数：西,南,东,北（或六个，含高程）"),
                format!(
                    "the bbox “{bbox}” should be four numbers: west,south,east,north (or six, with heights)"
                ),
            )
        };
        let numbers: Vec<f64> = bbox
            .split(',')
            .map(|part| part.trim().parse().ok().filter(|n: &f64| n.is_finite()))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let (a, b) = match numbers[..] {
            [x1, y1, x2, y2] | [x1, y1, _, x2, y2, _] => ((x1, y1), (x2, y2)),
            _ => return Err(wrong()),
        };
        let crs = crs.map_or(Ok(Crs::CRS84), Crs::parse)?;
        let in_order = |(first, second): (f64, f64)| {
            if crs.swaps() {
                Coord {
                    x: second,
                    y: first,
                }
            } else {
                Coord {
                    x: first,
                    y: second,
                }
            }
        };
        let (low, high) = (in_order(a), in_order(b));
        if low.y > high.y {
            return Err(Text::new(
                format!("bbox“{bbox}”的南边在北边之北"),
                format!("the south of the bbox “{bbox}” lies north of its north"),
            ));
        }
        if !crs.is_geographic() {
            return Self::projected(low, high, crs);
        }
        if low.x.abs().max(high.x.abs()) > 180.0 || low.y.abs().max(high.y.abs()) > 90.0 {
            return Err(Text::new(
                format!("bbox“{bbox}”超出经度 ±180、纬度 ±90；投影坐标请给出 bbox-crs"),
                format!(
                    "the bbox “{bbox}” passes longitude ±180, latitude ±90; give bbox-crs for projected coordinates"
                ),
            ));
        }
        Ok(Self::Rects(if low.x <= high.x {
            vec![Rect::new(low, high)]
        } else {
            vec![
                Rect::new(
                    low,
                    Coord {
                        x: 180.0,
                        y: high.y,
                    },
                ),
                Rect::new(
                    Coord {
                        x: -180.0,
                        y: low.y,
                    },
                    high,
                ),
            ]
        }))
    }

    /// The sides of a projected box are curves in degrees: they are followed in steps.
    fn projected(low: Coord<f64>, high: Coord<f64>, crs: Crs) -> Result<Self, Text> {
        const STEPS: u32 = 16;
        if low.x >= high.x || low.y >= high.y {
            return Err(Text::new(
                "bbox 的东边应在西边之东，北边应在南边之北",
                "the east of the bbox should lie east of its west, its north north of its south",
            ));
        }
        let transformer = Transformer::to_wgs84(crs)?;
        let corners = [
            low,
            Coord {
                x: high.x,
                y: low.y,
            },
            high,
            Coord {
                x: low.x,
                y: high.y,
            },
        ];
        let mut ring = Vec::new();
        for (place, corner) in corners.iter().enumerate() {
            let next = corners[(place + 1) % 4];
            for step in 0..STEPS {
                let share = f64::from(step) / f64::from(STEPS);
                ring.push(transformer.convert(*corner + (next - *corner) * share)?);
            }
        }
        let polygon = Polygon::new(LineString::new(ring), vec![]);
        crate::geometry::validity::check(&Geometry::Polygon(polygon.clone()))?;
        Ok(Self::Shape(Box::new(Region::new(MultiPolygon::new(vec![
            polygon,
        ])))))
    }

    fn bounds(&self) -> Option<Rect<f64>> {
        match self {
            Self::Rects(rects) => {
                let first = rects.first()?;
                Some(rects.iter().fold(*first, |whole, rect| {
                    Rect::new(
                        Coord {
                            x: whole.min().x.min(rect.min().x),
                            y: whole.min().y.min(rect.min().y),
                        },
                        Coord {
                            x: whole.max().x.max(rect.max().x),
                            y: whole.max().y.max(rect.max().y),
                        },
                    )
                }))
            }
            Self::Shape(region) => region.bounds(),
        }
    }

    fn meets(&self, feature: &Feature, geometry: &Geometry<f64>) -> bool {
        match self {
            Self::Rects(rects) => rects.iter().any(|rect| {
                let inside = feature
                    .bounds()
                    .is_some_and(|bounds| rect.contains(&bounds));
                inside || geometry.intersects(rect)
            }),
            Self::Shape(region) => region.intersects(geometry),
        }
    }
}
