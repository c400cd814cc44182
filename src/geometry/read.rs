//! GeoJSON geometry to valid shapes: the only way in.

use geo::{
    Coord, CoordsIter, Geometry, LineString, MapCoords, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
    orient::{Direction, Orient},
};
use geojson::{GeometryValue, Position};

use super::{
    crs::{Crs, Transformer},
    validity,
};
use crate::model::Text;

/// Reads a geometry, brings it to WGS 84 longitude and latitude, and checks it.
///
/// `to_wgs84` transforms from the coordinates' own reference system (x before y); `None` where they
/// are WGS 84 already. Rings come out wound as RFC 7946 asks, whichever way they went in.
///
/// # Errors
/// What is wrong with which part, and what would be right.
pub fn geometry(
    json: &geojson::Geometry,
    to_wgs84: Option<&Transformer>,
) -> Result<Geometry<f64>, Text> {
    checked(convert(&json.value)?, to_wgs84)
}

/// Reads a geometry in `crs`, its coordinates in the order of its authority, as [`geometry`] does.
///
/// # Errors
/// As [`geometry`].
pub fn geometry_in(json: &geojson::Geometry, crs: Crs) -> Result<Geometry<f64>, Text> {
    let shape = convert(&json.value)?.map_coords(|coord| crs.ordered(coord));
    checked(shape, Some(&Transformer::to_wgs84(crs)?))
}

fn checked(
    mut shape: Geometry<f64>,
    to_wgs84: Option<&Transformer>,
) -> Result<Geometry<f64>, Text> {
    if let Some(transformer) = to_wgs84 {
        shape = shape.try_map_coords(|coord| transformer.convert(coord))?;
    }
    shape.coords_iter().try_for_each(check_range)?;
    validity::check(&shape)?;
    Ok(match shape {
        Geometry::Polygon(polygon) => polygon.orient(Direction::Default).into(),
        Geometry::MultiPolygon(polygons) => polygons.orient(Direction::Default).into(),
        other => other,
    })
}

/// How many vertices a GeoJSON geometry has, without converting it.
#[must_use]
pub fn vertex_count(json: &geojson::Geometry) -> usize {
    match &json.value {
        GeometryValue::Point { .. } => 1,
        GeometryValue::MultiPoint { coordinates } | GeometryValue::LineString { coordinates } => {
            coordinates.len()
        }
        GeometryValue::MultiLineString { coordinates } | GeometryValue::Polygon { coordinates } => {
            coordinates.iter().map(Vec::len).sum()
        }
        GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().flatten().map(Vec::len).sum()
        }
        GeometryValue::GeometryCollection { geometries } => {
            geometries.iter().map(vertex_count).sum()
        }
    }
}

fn convert(value: &GeometryValue) -> Result<Geometry<f64>, Text> {
    Ok(match value {
        GeometryValue::Point { coordinates } => Point::from(coord(coordinates)?).into(),
        GeometryValue::MultiPoint { coordinates } => MultiPoint::new(not_empty(
            coordinates
                .iter()
                .map(|position| coord(position).map(Point::from))
                .collect::<Result<_, _>>()?,
        )?)
        .into(),
        GeometryValue::LineString { coordinates } => line(coordinates)?.into(),
        GeometryValue::MultiLineString { coordinates } => MultiLineString::new(not_empty(
            coordinates
                .iter()
                .map(|positions| line(positions))
                .collect::<Result<_, _>>()?,
        )?)
        .into(),
        GeometryValue::Polygon { coordinates } => polygon(coordinates)?.into(),
        GeometryValue::MultiPolygon { coordinates } => MultiPolygon::new(not_empty(
            coordinates
                .iter()
                .map(|rings| polygon(rings))
                .collect::<Result<_, _>>()?,
        )?)
        .into(),
        GeometryValue::GeometryCollection { .. } => {
            return Err(Text::new(
                "不支持 GeometryCollection，请用一种几何类型",
                "a GeometryCollection is not supported: give one type of geometry",
            ));
        }
    })
}

fn coord(position: &Position) -> Result<Coord<f64>, Text> {
    match position.as_slice() {
        [x, y, ..] if x.is_finite() && y.is_finite() => Ok(Coord { x: *x, y: *y }),
        [_, _, ..] => Err(Text::new(
            "坐标不是有限数",
            "a coordinate is not a finite number",
        )),
        _ => Err(Text::new(
            "坐标要有经度和纬度两个数",
            "a position needs two numbers, longitude and latitude",
        )),
    }
}

fn line(positions: &[Position]) -> Result<LineString<f64>, Text> {
    Ok(LineString::new(not_empty(
        positions.iter().map(coord).collect::<Result<_, _>>()?,
    )?))
}

fn polygon(rings: &[Vec<Position>]) -> Result<Polygon<f64>, Text> {
    let mut rings = rings.iter().map(|positions| {
        let ring = line(positions)?;
        if ring.0.len() < 4 || !ring.is_closed() {
            return Err(Text::new(
                "面的环要首尾相同，且至少四个坐标（RFC 7946 第 3.1.6 节）",
                "a ring must end where it starts and have at least four positions (RFC 7946, 3.1.6)",
            ));
        }
        Ok(ring)
    });
    let exterior = rings
        .next()
        .ok_or_else(|| Text::new("面没有外环", "a polygon has no ring"))??;
    Ok(Polygon::new(exterior, rings.collect::<Result<_, _>>()?))
}

fn not_empty<T>(parts: Vec<T>) -> Result<Vec<T>, Text> {
    if parts.is_empty() {
        return Err(Text::new(
            "几何是空的；没有位置请写 geometry: null",
            "the geometry is empty; write geometry: null for no location",
        ));
    }
    Ok(parts)
}

/// Makes sure that a coordinate lies on the globe.
///
/// # Errors
/// Why it does not.
pub fn check_range(coord: Coord<f64>) -> Result<(), Text> {
    if coord.x.abs() <= 180.0 && coord.y.abs() <= 90.0 {
        return Ok(());
    }
    let (x, y) = (coord.x, coord.y);
    let likely = if (-90.0..=90.0).contains(&x) && y.abs() <= 180.0 {
        Text::new("经纬度的次序可能反了", "the axes may be swapped")
    } else {
        Text::new(
            "像是投影坐标，请注明坐标系",
            "these look like projected coordinates: state their reference system",
        )
    };
    Err(Text::new(
        format!(
            "坐标 {x},{y} 不在地球上（经度 ±180，纬度 ±90）；{}",
            likely.zh
        ),
        format!(
            "coordinate {x},{y} lies outside the world (longitude ±180, latitude ±90); {}",
            likely.en
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Geometry<f64>, Text> {
        geometry(&serde_json::from_str(json).unwrap(), None)
    }

    #[test]
    fn rings_are_wound_as_rfc_7946_asks() {
        let shape =
            read(r#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0],[0,0]]]}"#).unwrap();
        let Geometry::Polygon(polygon) = shape else {
            panic!()
        };
        assert!(geo::winding_order::Winding::is_ccw(polygon.exterior()));
    }

    #[test]
    fn what_cannot_be_right_is_named() {
        for (json, en) in [
            (
                r#"{"type":"Point","coordinates":[39.1,117.2]}"#,
                "axes may be swapped",
            ),
            (
                r#"{"type":"Point","coordinates":[517000.0,4336000.0]}"#,
                "projected coordinates",
            ),
            (r#"{"type":"Polygon","coordinates":[]}"#, "no ring"),
            (
                r#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0]]]}"#,
                "must end where it starts",
            ),
            (r#"{"type":"MultiPolygon","coordinates":[]}"#, "empty"),
            (
                r#"{"type":"GeometryCollection","geometries":[]}"#,
                "GeometryCollection",
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}"#,
                "crosses itself",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.en.contains(en), "{json}: {error}");
        }
    }
}
