//! Writing FlatGeobuf, with a spatial index where every feature has a shape.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};

use ::flatgeobuf::{
    Column, ColumnArgs, ColumnType, Crs, CrsArgs, Feature, FeatureArgs, Geometry as Table,
    GeometryArgs, GeometryType, Header, HeaderArgs,
    packed_r_tree::{NodeItem, PackedRTree, calc_extent, hilbert_sort},
};
use flatbuffers::{FlatBufferBuilder, WIPOffset};
use geo::{BoundingRect, Coord, Geometry, LineString, Polygon};
use serde_json::Value;

use super::super::{
    Field, FieldKind, Layer,
    infer::text,
    write::{Draft, FieldSurvey, Losses, ShapeKind, Survey, failed},
};
use crate::{
    geometry::definition::{Dialect, wkt},
    model::Text,
};

/// `fgb`, version 3.
const MAGIC: &[u8] = b"fgb\x03fgb\0";

fn column_type(field: &Field, seen: &FieldSurvey) -> ColumnType {
    if seen.misfits > 0 {
        return ColumnType::String;
    }
    match field.kind {
        FieldKind::Text | FieldKind::Date => ColumnType::String,
        FieldKind::Integer => ColumnType::Long,
        FieldKind::Real => ColumnType::Double,
        FieldKind::Boolean => ColumnType::Bool,
        FieldKind::DateTime => ColumnType::DateTime,
        FieldKind::Json => ColumnType::Json,
    }
}

/// Whether there is an index: there is none of what has no shape, or of nothing.
fn is_indexed(survey: &Survey) -> bool {
    survey.shapeless == 0 && survey.rows > 0
}

pub(in super::super) fn losses(layer: &Layer, survey: &Survey, losses: &mut Losses) {
    if is_indexed(survey) && survey.rows > 1 {
        losses.tell(
            "要素按空间索引的次序写出，原次序不保留",
            "features are written in the order of the spatial index, not in their own",
        );
    } else if survey.shapeless > 0 {
        losses.tell(
            "有的要素没有几何，不能带空间索引",
            "some features have no geometry: there can be no spatial index",
        );
    }
    let fields = layer.fields.iter().zip(&survey.fields);
    let dates: Vec<&str> = fields
        .filter(|(field, seen)| field.kind == FieldKind::Date || seen.misfits > 0)
        .map(|(field, _)| &*field.name)
        .collect();
    losses.tell_fields(
        &dates,
        "日期和类型不一的值写成文字",
        "dates and values of several kinds become text",
    );
}

/// A feature in the temporary file.
struct Kept {
    at: u64,
    bytes: usize,
}

/// Features go to a temporary file first: the index comes before them, in the order of which they
/// are written.
pub(in super::super) fn write(
    draft: &Draft<'_>,
    mut out: impl Write,
    each: &mut dyn FnMut(),
) -> Result<(), Text> {
    let told = |error: io::Error| failed(&error);
    let mut features = BufWriter::new(tempfile::tempfile().map_err(told)?);
    let mut kept = Vec::new();
    let mut nodes = Vec::new();
    let mut at = 0;
    let mut builder = FlatBufferBuilder::new();
    for row in draft.rows() {
        let row = row?;
        let shape = row.geometry.as_ref();
        let geometry = shape.map(|shape| put_shape(&mut builder, shape));
        let properties = properties(draft, row.id.as_deref(), &row.values);
        let properties = Some(builder.create_vector(&properties));
        let feature = FeatureArgs {
            geometry,
            properties,
            columns: None,
        };
        let feature = Feature::create(&mut builder, &feature);
        builder.finish_size_prefixed(feature, None);
        let bytes = builder.finished_data();
        features.write_all(bytes).map_err(told)?;
        if let Some(bounds) = shape.and_then(BoundingRect::bounding_rect) {
            let (min, max) = (bounds.min(), bounds.max());
            let mut node = NodeItem::bounds(min.x, min.y, max.x, max.y);
            node.offset = kept.len() as u64;
            nodes.push(node);
        }
        kept.push(Kept {
            at,
            bytes: bytes.len(),
        });
        at += bytes.len() as u64;
        builder.reset();
        each();
    }
    let features = features
        .into_inner()
        .map_err(|error| told(error.into_error()))?;
    out.write_all(MAGIC).map_err(told)?;
    let extent = calc_extent(&nodes);
    out.write_all(&header(draft, &extent)).map_err(told)?;
    if is_indexed(draft.survey()) {
        hilbert_sort(&mut nodes, &extent);
        let order: Vec<usize> = nodes
            .iter()
            .filter_map(|node| usize::try_from(node.offset).ok())
            .collect();
        let mut at = 0;
        for (node, place) in nodes.iter_mut().zip(&order) {
            node.offset = at;
            at += kept[*place].bytes as u64;
        }
        let index = PackedRTree::build(&nodes, &extent, PackedRTree::DEFAULT_NODE_SIZE)
            .map_err(|error| told(io::Error::other(error.to_string())))?;
        index.stream_write(&mut out).map_err(told)?;
        copy(
            features,
            order.into_iter().map(|place| &kept[place]),
            &mut out,
        )
    } else {
        copy(features, kept.iter(), &mut out)
    }
    .and_then(|()| out.flush())
    .map_err(told)
}

/// Copies features in an order.
fn copy<'a>(
    features: File,
    order: impl Iterator<Item = &'a Kept>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut features = BufReader::new(features);
    let mut bytes = Vec::new();
    for kept in order {
        features.seek(SeekFrom::Start(kept.at))?;
        bytes.resize(kept.bytes, 0);
        features.read_exact(&mut bytes)?;
        out.write_all(&bytes)?;
    }
    Ok(())
}

fn header(draft: &Draft<'_>, extent: &NodeItem) -> Vec<u8> {
    let (layer, survey) = (draft.layer(), draft.survey());
    let mut builder = FlatBufferBuilder::new();
    let mut columns = Vec::new();
    let id = draft.writes_id().then_some(("id", ColumnType::String));
    let fields = layer.fields.iter().zip(&survey.fields);
    let fields = fields.map(|(field, seen)| (&*field.name, column_type(field, seen)));
    for (name, type_) in id.into_iter().chain(fields) {
        let column = ColumnArgs {
            name: Some(builder.create_string(name)),
            type_,
            ..ColumnArgs::default()
        };
        columns.push(Column::create(&mut builder, &column));
    }
    let definition = wkt(draft.crs(), Dialect::Ogc);
    let code = draft.crs().code().unwrap_or(4326);
    let crs = CrsArgs {
        org: Some(builder.create_string("EPSG")),
        code: i32::try_from(code).unwrap_or(0),
        name: definition
            .split('"')
            .nth(1)
            .map(|name| builder.create_string(name)),
        wkt: Some(builder.create_string(&definition)),
        ..CrsArgs::default()
    };
    let crs = Crs::create(&mut builder, &crs);
    let envelope = [extent.min_x, extent.min_y, extent.max_x, extent.max_y];
    let has_extent = !survey.shapes.is_empty();
    let header = HeaderArgs {
        name: Some(builder.create_string(&layer.name)),
        envelope: has_extent.then(|| builder.create_vector(&envelope)),
        geometry_type: geometry_type(survey),
        columns: Some(builder.create_vector(&columns)),
        features_count: survey.rows,
        index_node_size: if is_indexed(survey) {
            PackedRTree::DEFAULT_NODE_SIZE
        } else {
            0
        },
        crs: Some(crs),
        ..HeaderArgs::default()
    };
    let header = Header::create(&mut builder, &header);
    builder.finish_size_prefixed(header, None);
    builder.finished_data().to_vec()
}

/// The values of a row: each the number of its column, and what it is. Null is not written.
fn properties(draft: &Draft<'_>, id: Option<&str>, values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut column: u16 = 0;
    let mut put = |bytes: Option<Vec<u8>>| {
        if let Some(bytes) = bytes {
            out.extend(column.to_le_bytes());
            out.extend(bytes);
        }
        column += 1;
    };
    let words = |words: &str| {
        let length = u32::try_from(words.len()).unwrap_or(u32::MAX);
        [&length.to_le_bytes(), words.as_bytes()].concat()
    };
    if draft.writes_id() {
        put(id.map(words));
    }
    let fields = draft.layer().fields.iter().zip(&draft.survey().fields);
    for (value, (field, seen)) in values.iter().zip(fields) {
        put(match column_type(field, seen) {
            _ if value.is_null() => None,
            ColumnType::Long => value.as_i64().map(|whole| whole.to_le_bytes().to_vec()),
            ColumnType::Double => value.as_f64().map(|real| real.to_le_bytes().to_vec()),
            ColumnType::Bool => value.as_bool().map(|truth| vec![u8::from(truth)]),
            _ => text(value, field.kind).as_deref().map(words),
        });
    }
    out
}

/// The type of all shapes, or that each states its own.
fn geometry_type(survey: &Survey) -> GeometryType {
    let mut shapes = survey.shapes.iter();
    let (Some((kind, shapes)), None) = (shapes.next(), shapes.next()) else {
        return GeometryType::Unknown;
    };
    match (kind, shapes.multiple) {
        (ShapeKind::Point, 0) => GeometryType::Point,
        (ShapeKind::Line, 0) => GeometryType::LineString,
        (ShapeKind::Polygon, 0) => GeometryType::Polygon,
        (kind, multiple) if multiple == shapes.count => match kind {
            ShapeKind::Point => GeometryType::MultiPoint,
            ShapeKind::Line => GeometryType::MultiLineString,
            ShapeKind::Polygon => GeometryType::MultiPolygon,
        },
        _ => GeometryType::Unknown,
    }
}

fn put_shape<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    shape: &Geometry<f64>,
) -> WIPOffset<Table<'a>> {
    let (type_, lines): (_, Vec<Vec<Coord<f64>>>) = match shape {
        Geometry::Point(point) => (GeometryType::Point, vec![vec![point.0]]),
        Geometry::MultiPoint(points) => {
            let coords = points.iter().map(|point| point.0).collect();
            (GeometryType::MultiPoint, vec![coords])
        }
        Geometry::LineString(line) => (GeometryType::LineString, vec![line.0.clone()]),
        Geometry::MultiLineString(lines) => {
            let lines = lines.iter().map(|line| line.0.clone()).collect();
            (GeometryType::MultiLineString, lines)
        }
        Geometry::Polygon(polygon) => (GeometryType::Polygon, rings(polygon)),
        Geometry::MultiPolygon(polygons) => {
            let parts: Vec<_> = polygons
                .iter()
                .map(|polygon| put_lines(builder, GeometryType::Polygon, &rings(polygon)))
                .collect();
            let table = GeometryArgs {
                type_: GeometryType::MultiPolygon,
                parts: Some(builder.create_vector(&parts)),
                ..GeometryArgs::default()
            };
            return Table::create(builder, &table);
        }
        // No row has another.
        _ => (GeometryType::Unknown, Vec::new()),
    };
    put_lines(builder, type_, &lines)
}

fn rings(polygon: &Polygon<f64>) -> Vec<Vec<Coord<f64>>> {
    let coords = |ring: &LineString<f64>| ring.0.clone();
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(coords)
        .collect()
}

/// Coordinates one after another, and where each line ends if there are several.
fn put_lines<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    type_: GeometryType,
    lines: &[Vec<Coord<f64>>],
) -> WIPOffset<Table<'a>> {
    let numbers: Vec<f64> = lines
        .iter()
        .flatten()
        .flat_map(|coord| [coord.x, coord.y])
        .collect();
    let mut end = 0;
    let ends: Vec<u32> = lines
        .iter()
        .map(|line| {
            end += line.len();
            u32::try_from(end).unwrap_or(u32::MAX)
        })
        .collect();
    let table = GeometryArgs {
        xy: Some(builder.create_vector(&numbers)),
        ends: (ends.len() > 1).then(|| builder.create_vector(&ends)),
        type_,
        ..GeometryArgs::default()
    };
    Table::create(builder, &table)
}
