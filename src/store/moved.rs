//! What became of compiled outlines when the lines under them changed.

use std::fmt;

use geo::{
    Area, BooleanOps, Coord, CoordsIter, Densify, Distance, Euclidean, Geometry, MapCoords,
    MultiPolygon, Point,
};
use serde_json::Value;

use crate::{
    geometry::{frame::Frame, measure, read},
    model::Text,
};

/// What became of the outline of one zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The zone's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What became of its outline.
    pub change: Change,
}

/// What became of an outline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// It is the same, or there is none now as before.
    None,
    /// There was none before.
    New {
        /// Its area, m².
        area_m2: f64,
    },
    /// There is none any more: the boundary sentence was refused.
    Gone {
        /// The area that it had, m².
        area_m2: f64,
    },
    /// It runs elsewhere.
    Moved {
        /// The area before and after, m².
        areas_m2: [f64; 2],
        /// The largest distance, in metres, from a point of one outline to the other outline.
        farthest_m: f64,
        /// The area that is in one of the two and not in the other, as a share of the area before.
        differing: f64,
    },
}

/// Compares the outlines of the zones that cite a boundary sentence in two texts of `zones.geojson`,
/// in the order of `after`. A zone that is in one of them alone is not told of.
///
/// # Errors
/// Where one of them can't be read.
pub fn moved(before: &str, after: &str) -> Result<Vec<Moved>, Text> {
    let before = outlines(before)?;
    let mut all = Vec::new();
    for (id, name, new) in outlines(after)? {
        if let Some((_, _, old)) = before.iter().find(|(known, ..)| *known == id) {
            let change = change(old.as_ref(), new.as_ref());
            all.push(Moved { id, name, change });
        }
    }
    Ok(all)
}

type Outline = (String, String, Option<MultiPolygon<f64>>);

/// Id, name and outline of the zones that cite a boundary sentence.
fn outlines(text: &str) -> Result<Vec<Outline>, Text> {
    let unreadable = |error: &dyn fmt::Display| {
        Text::new(
            format!("片区文件读不懂：{error}"),
            format!("the file of zones can't be read: {error}"),
        )
    };
    let file: Value = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    let mut all = Vec::new();
    for zone in file["features"].as_array().into_iter().flatten() {
        if !zone["properties"]["boundary"]["text"].is_string() {
            continue;
        }
        let geometry: Option<geojson::Geometry> =
            serde_json::from_value(zone["geometry"].clone()).map_err(|error| unreadable(&error))?;
        let shape = geometry
            .map(|geometry| read::geometry(&geometry, None))
            .transpose()?;
        let outline = match shape {
            Some(Geometry::Polygon(polygon)) => Some(polygon.into()),
            Some(Geometry::MultiPolygon(polygons)) => Some(polygons),
            _ => None,
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.push((
            text(&zone["id"]),
            text(&zone["properties"]["name"]),
            outline,
        ));
    }
    Ok(all)
}

fn change(before: Option<&MultiPolygon<f64>>, after: Option<&MultiPolygon<f64>>) -> Change {
    let area_m2 = |outline: &MultiPolygon<f64>| measure::area_m2(&outline.clone().into());
    match (before, after) {
        (None, None) => Change::None,
        (None, Some(after)) => Change::New {
            area_m2: area_m2(after),
        },
        (Some(before), None) => Change::Gone {
            area_m2: area_m2(before),
        },
        (Some(before), Some(after)) if before == after => Change::None,
        (Some(before), Some(after)) => {
            let frame = Frame::around(&before.clone().into());
            let [old, new] =
                [before, after].map(|outline| outline.map_coords(|coord| frame.to_plane(coord)));
            Change::Moved {
                areas_m2: [area_m2(before), area_m2(after)],
                farthest_m: farthest(&old, &new).max(farthest(&new, &old)),
                differing: old.xor(&new).unsigned_area() / old.unsigned_area(),
            }
        }
    }
}

/// Metres between points of an outline at which the distance to the other is taken: what lies
/// between two of them is at most half a metre farther.
const STEP_M: f64 = 1.0;

/// The largest distance from a point on the rings of `from` to the rings of `to`.
fn farthest(from: &MultiPolygon<f64>, to: &MultiPolygon<f64>) -> f64 {
    let rings = |polygons: &MultiPolygon<f64>| {
        let rings = polygons
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        geo::MultiLineString::new(rings.cloned().collect())
    };
    let to = rings(to);
    let distance = |point: Coord<f64>| Euclidean.distance(&Point(point), &to);
    let points = Euclidean.densify(&rings(from), STEP_M);
    points.coords_iter().map(distance).fold(0.0, f64::max)
}

impl fmt::Display for Change {
    /// In Chinese and English, areas in hectares.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hectares = |square_metres: &f64| square_metres / 1e4;
        match self {
            Self::None => write!(f, "未变 (unchanged)"),
            Self::New { area_m2 } => {
                write!(
                    f,
                    "新编译出 {:.2} 公顷 (now compiled, ha)",
                    hectares(area_m2)
                )
            }
            Self::Gone { area_m2 } => write!(
                f,
                "不再能编译，原有 {:.2} 公顷的轮廓已去掉 (refused now, its outline of so many ha is gone)",
                hectares(area_m2)
            ),
            Self::Moved {
                areas_m2: [before, after],
                farthest_m,
                differing,
            } => write!(
                f,
                "{:.2} → {:.2} 公顷，边界最多移动 {farthest_m:.1} 米，不同部分占原面积 {:.2} % (ha; outline moved by at most, m; differing part of the old area)",
                hectares(before),
                hectares(after),
                differing * 100.0,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Zones with the given rings, in metres east and north of 117°E 39°N; `None` is refused.
    fn zones(rings: &[(&str, Option<&[[f64; 2]]>)]) -> String {
        let frame = Frame::at(Coord { x: 117.0, y: 39.0 });
        let features: Vec<Value> = rings
            .iter()
            .map(|(id, ring)| {
                let geometry = ring.map(|ring| {
                    let ring: Vec<[f64; 2]> = ring
                        .iter()
                        .map(|&[x, y]| frame.to_degrees(Coord { x, y }))
                        .map(|coord| [coord.x, coord.y])
                        .collect();
                    json!({"type": "Polygon", "coordinates": [ring]})
                });
                json!({"type": "Feature", "id": id, "geometry": geometry,
                    "properties": {"name": id, "boundary": {"text": "北至甲路"}}})
            })
            .collect();
        json!({"type": "FeatureCollection", "features": features}).to_string()
    }

    const SQUARE: [[f64; 2]; 5] = [
        [0.0, 0.0],
        [1000.0, 0.0],
        [1000.0, 1000.0],
        [0.0, 1000.0],
        [0.0, 0.0],
    ];

    #[test]
    fn each_zone_is_told_what_became_of_it() {
        let before = zones(&[
            ("same", Some(&SQUARE)),
            ("gone", Some(&SQUARE)),
            ("new", None),
            ("refused", None),
            ("away", Some(&SQUARE)),
        ]);
        let after = zones(&[
            ("refused", None),
            ("same", Some(&SQUARE)),
            ("gone", None),
            ("new", Some(&SQUARE)),
        ]);
        let all = moved(&before, &after).unwrap();
        let ids: Vec<&str> = all.iter().map(|zone| zone.id.as_str()).collect();
        assert_eq!(ids, ["refused", "same", "gone", "new"]);
        assert_eq!(all[0].change, Change::None);
        assert_eq!(all[1].change, Change::None);
        let hectares = |area_m2: f64| (area_m2 / 1e4 - 100.0).abs() < 0.01;
        assert!(matches!(all[2].change, Change::Gone { area_m2 } if hectares(area_m2)));
        assert!(matches!(all[3].change, Change::New { area_m2 } if hectares(area_m2)));
    }

    #[test]
    fn a_move_is_measured_both_ways_and_between_vertices() {
        let bulge = [
            [0.0, 0.0],
            [1000.0, 0.0],
            [1060.0, 500.0],
            [1000.0, 1000.0],
            [0.0, 1000.0],
            [0.0, 0.0],
        ];
        for (before, after) in [(&SQUARE[..], &bulge[..]), (&bulge, &SQUARE)] {
            let all = moved(
                &zones(&[("z", Some(before))]),
                &zones(&[("z", Some(after))]),
            )
            .unwrap();
            let Change::Moved {
                areas_m2,
                farthest_m,
                differing,
            } = all[0].change
            else {
                panic!("{all:?}");
            };
            assert!((farthest_m - 60.0).abs() < 0.1, "{farthest_m}");
            let gained = (areas_m2[1] - areas_m2[0]).abs();
            assert!((gained - 30_000.0).abs() < 50.0, "{areas_m2:?}");
            assert!(
                (differing - gained / areas_m2[0]).abs() < 1e-4,
                "{differing}"
            );
        }
        // A slit along the middle of the square: between the ends of its long sides the outline
        // before is up to 500 m away, and no vertex of the new one is.
        let slit = [
            [0.0, 0.0],
            [1000.0, 0.0],
            [1000.0, 499.0],
            // Short of the west side, which it must not touch.
            [1.0, 500.0],
            [1000.0, 501.0],
            [1000.0, 1000.0],
            [0.0, 1000.0],
            [0.0, 0.0],
        ];
        let all = moved(
            &zones(&[("z", Some(&SQUARE))]),
            &zones(&[("z", Some(&slit))]),
        )
        .unwrap();
        assert!(
            matches!(all[0].change, Change::Moved { farthest_m, .. } if (farthest_m - 499.5).abs() < 1.5),
            "{all:?}"
        );
    }
}
