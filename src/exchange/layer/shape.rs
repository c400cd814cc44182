//! Shapes from parts that a file has, checked as far as a shape can't be made otherwise.

use geo::{
    Coord, CoordsIter, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint,
    MultiPolygon, Point, Polygon,
};
use geojson::{GeometryValue, Position};

use crate::model::Text;

/// A shape of GeoJSON; nothing where it is empty.
pub(super) fn of_geojson(value: &GeometryValue) -> Result<Option<Geometry<f64>>, Text> {
    finished(convert(value, 0)?)
}

fn convert(value: &GeometryValue, depth: usize) -> Result<Geometry<f64>, Text> {
    Ok(match value {
        GeometryValue::Point { coordinates } => Point::from(coord(coordinates)?).into(),
        GeometryValue::MultiPoint { coordinates } => MultiPoint::new(
            coords(coordinates)?
                .into_iter()
                .map(Point::from)
                .collect::<Vec<_>>(),
        )
        .into(),
        GeometryValue::LineString { coordinates } => line(coords(coordinates)?)?.into(),
        GeometryValue::MultiLineString { coordinates } => MultiLineString::new(
            coordinates
                .iter()
                .map(|positions| line(coords(positions)?))
                .collect::<Result<_, _>>()?,
        )
        .into(),
        GeometryValue::Polygon { coordinates } => rings(coordinates)?.into(),
        GeometryValue::MultiPolygon { coordinates } => MultiPolygon::new(
            coordinates
                .iter()
                .map(|positions| rings(positions))
                .collect::<Result<_, _>>()?,
        )
        .into(),
        GeometryValue::GeometryCollection { geometries } => {
            if depth == MOST_DEPTH {
                return Err(too_deep());
            }
            Geometry::GeometryCollection(GeometryCollection::from(
                geometries
                    .iter()
                    .map(|part| convert(&part.value, depth + 1))
                    .collect::<Result<Vec<_>, _>>()?,
            ))
        }
    })
}

/// What readers say of shapes that have more than two numbers a place.
pub(super) fn flattened() -> Text {
    Text::new(
        "图形带有高程或量测值，略去",
        "shapes have heights or measures, which are left out",
    )
}

/// How deeply collections may stand in each other.
pub(super) const MOST_DEPTH: usize = 8;

pub(super) fn too_deep() -> Text {
    Text::new(
        "几何集合嵌套过深",
        "collections of geometries are nested too deeply",
    )
}

fn coord(position: &Position) -> Result<Coord<f64>, Text> {
    match position.as_slice() {
        [x, y, ..] => Ok(Coord { x: *x, y: *y }),
        _ => Err(Text::new("坐标要有两个数", "a position needs two numbers")),
    }
}

fn coords(positions: &[Position]) -> Result<Vec<Coord<f64>>, Text> {
    positions.iter().map(coord).collect()
}

fn rings(rings: &[Vec<Position>]) -> Result<Polygon<f64>, Text> {
    let rings: Vec<_> = rings
        .iter()
        .map(|positions| coords(positions))
        .collect::<Result<_, _>>()?;
    polygon(rings)
}

/// A line of two coordinates at least, or an empty one.
pub(super) fn line(coords: Vec<Coord<f64>>) -> Result<LineString<f64>, Text> {
    if coords.len() == 1 {
        return Err(Text::new(
            "线只有一个坐标，至少要两个",
            "a line has one position, it needs two at least",
        ));
    }
    Ok(LineString::new(coords))
}

/// A polygon of its outer ring and its holes; empty without any.
pub(super) fn polygon(
    rings: impl IntoIterator<Item = Vec<Coord<f64>>>,
) -> Result<Polygon<f64>, Text> {
    let mut rings = rings.into_iter().filter(|ring| !ring.is_empty()).map(ring);
    let exterior = match rings.next() {
        Some(exterior) => exterior?,
        None => LineString::new(Vec::new()),
    };
    Ok(Polygon::new(exterior, rings.collect::<Result<_, _>>()?))
}

fn ring(coords: Vec<Coord<f64>>) -> Result<LineString<f64>, Text> {
    if coords.len() < 4 {
        let count = coords.len();
        return Err(Text::new(
            format!("面的环只有 {count} 个坐标，至少要四个"),
            format!("a ring has {count} positions, it needs four at least"),
        ));
    }
    sane(coords.iter().copied())?;
    if coords.first() != coords.last() {
        return Err(Text::new(
            "面的环没有闭合：末尾的坐标应与开头相同",
            "a ring is not closed: it must end where it starts",
        ));
    }
    Ok(LineString::new(coords))
}

/// A shape as rows have it: parts of one type are one, what is empty is nothing.
pub(super) fn finished(shape: Geometry<f64>) -> Result<Option<Geometry<f64>>, Text> {
    let shape = match shape {
        Geometry::GeometryCollection(parts) => match one_type(parts)? {
            Some(shape) => shape,
            None => return Ok(None),
        },
        shape => shape,
    };
    if shape.coords_count() == 0 {
        return Ok(None);
    }
    sane(shape.coords_iter())?;
    Ok(Some(shape))
}

/// Numbers beyond are none of a place on Earth in any unit.
const MOST_COORDINATE: f64 = 1e12;

/// Makes sure that coordinates are numbers to reckon with.
pub(super) fn sane(mut coords: impl Iterator<Item = Coord<f64>>) -> Result<(), Text> {
    // NaN is less than nothing.
    let is_sane = |number: f64| number.abs() <= MOST_COORDINATE;
    match coords.find(|coord| !(is_sane(coord.x) && is_sane(coord.y))) {
        None => Ok(()),
        Some(Coord { x, y }) => Err(Text::new(
            format!("坐标 {x},{y} 不是有限数，或大得不可能"),
            format!("coordinate {x},{y} is not finite, or impossibly large"),
        )),
    }
}

/// Parts of a collection as one shape.
fn one_type(parts: GeometryCollection<f64>) -> Result<Option<Geometry<f64>>, Text> {
    let mut points = Vec::new();
    let mut lines = Vec::new();
    let mut polygons = Vec::new();
    let mut open = parts.0;
    open.reverse();
    while let Some(part) = open.pop() {
        match part {
            Geometry::Point(point) => points.push(point),
            Geometry::MultiPoint(more) => points.extend(more.0),
            Geometry::LineString(line) => lines.push(line),
            Geometry::MultiLineString(more) => lines.extend(more.0),
            Geometry::Polygon(polygon) => polygons.push(polygon),
            Geometry::MultiPolygon(more) => polygons.extend(more.0),
            Geometry::GeometryCollection(more) => open.extend(more.0.into_iter().rev()),
            Geometry::Line(_) | Geometry::Rect(_) | Geometry::Triangle(_) => {}
        }
    }
    match (points.is_empty(), lines.is_empty(), polygons.is_empty()) {
        (true, true, true) => Ok(None),
        (false, true, true) => Ok(Some(points_shape(points))),
        (true, false, true) => Ok(Some(lines_shape(lines))),
        (true, true, false) => Ok(Some(polygons_shape(polygons))),
        _ => Err(Text::new(
            "几何集合里有不同类型：点、线、面请分成几个要素",
            "a collection of different types: points, lines and polygons should be features of their own",
        )),
    }
}

/// Points as one shape.
pub(super) fn points_shape(mut points: Vec<Point<f64>>) -> Geometry<f64> {
    match points.pop() {
        Some(point) if points.is_empty() => point.into(),
        last => {
            points.extend(last);
            MultiPoint::new(points).into()
        }
    }
}

/// Lines as one shape.
pub(super) fn lines_shape(mut lines: Vec<LineString<f64>>) -> Geometry<f64> {
    match lines.pop() {
        Some(line) if lines.is_empty() => line.into(),
        last => {
            lines.extend(last);
            MultiLineString::new(lines).into()
        }
    }
}

/// Polygons as one shape.
pub(super) fn polygons_shape(mut polygons: Vec<Polygon<f64>>) -> Geometry<f64> {
    match polygons.pop() {
        Some(polygon) if polygons.is_empty() => polygon.into(),
        last => {
            polygons.extend(last);
            MultiPolygon::new(polygons).into()
        }
    }
}

/// Well-known text, with the decimals that numbers have.
pub(super) fn wkt(shape: &Geometry<f64>) -> String {
    let coords = |coords: &mut dyn Iterator<Item = Coord<f64>>| {
        let coords: Vec<_> = coords.map(|c| format!("{} {}", c.x, c.y)).collect();
        format!("({})", coords.join(","))
    };
    let line = |line: &LineString<f64>| coords(&mut line.coords().copied());
    let polygon = |polygon: &Polygon<f64>| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        format!("({})", rings.map(line).collect::<Vec<_>>().join(","))
    };
    match shape {
        Geometry::Point(point) => format!("POINT {}", coords(&mut std::iter::once(point.0))),
        Geometry::MultiPoint(points) => {
            let points = points
                .iter()
                .map(|point| coords(&mut std::iter::once(point.0)));
            format!("MULTIPOINT ({})", points.collect::<Vec<_>>().join(","))
        }
        Geometry::LineString(one) => format!("LINESTRING {}", line(one)),
        Geometry::MultiLineString(lines) => {
            let lines = lines.iter().map(line);
            format!("MULTILINESTRING ({})", lines.collect::<Vec<_>>().join(","))
        }
        Geometry::Polygon(one) => format!("POLYGON {}", polygon(one)),
        Geometry::MultiPolygon(polygons) => {
            let polygons = polygons.iter().map(polygon);
            format!("MULTIPOLYGON ({})", polygons.collect::<Vec<_>>().join(","))
        }
        // No row has another.
        _ => String::new(),
    }
}
