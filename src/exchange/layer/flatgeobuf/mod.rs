//! FlatGeobuf 3.
//!
//! The crate's tables are used and its index, but not its reader, which takes memory for whatever
//! size a feature states and ends at the first that is damaged, and not its writer, which gives a
//! feature without a shape an empty one that GDAL refuses.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use ::flatgeobuf::{
    ColumnType, GeometryType, size_prefixed_root_as_feature, size_prefixed_root_as_header,
};
use geo::{Coord, Geometry, MultiLineString, MultiPoint, Point};
use serde_json::Value;

use super::{
    Field, FieldKind, Format, Layer, Row, RowFlaw, StatedCrs,
    infer::real,
    read::{MOST_ROW_BYTES, Opened, Progress, Source, Take, id_of, row_too_large},
    shape,
    text::said,
};
use crate::{
    geometry::{crs::Crs, definition::recognise},
    model::Text,
};

mod write;

pub(super) use write::{losses, write};

/// Bytes that a header may have.
const MOST_HEADER: usize = 10 << 20;

struct FlatGeobuf {
    file: BufReader<File>,
    bytes: u64,
    /// Where features begin.
    start: u64,
    /// How many there are; 0 where the file does not say.
    count: u64,
    /// The type of all shapes, or that each states its own.
    shapes: GeometryType,
    /// Types of the columns; none for those that are left out.
    columns: Vec<ColumnType>,
}

pub(super) fn open(path: &Path) -> Result<Opened, Text> {
    let file = File::open(path).map_err(|error| said(&error))?;
    let bytes = file.metadata().map_err(|error| said(&error))?.len();
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut start = [0; 12];
    file.read_exact(&mut start).map_err(|error| said(&error))?;
    if start[3] != 3 || &start[4..7] != b"fgb" {
        let version = start[3];
        return Err(Text::new(
            format!("FlatGeobuf 版本 {version}，只能读取版本 3"),
            format!("FlatGeobuf version {version}, version 3 is read"),
        ));
    }
    let size = u32::from_le_bytes([start[8], start[9], start[10], start[11]]) as usize;
    if !(8..=MOST_HEADER).contains(&size) || 12 + size as u64 > bytes {
        return Err(damaged());
    }
    let mut header = start[8..].to_vec();
    header.resize(4 + size, 0);
    file.read_exact(&mut header[4..])
        .map_err(|error| said(&error))?;
    let header = size_prefixed_root_as_header(&header).map_err(|_| damaged())?;
    let count = header.features_count();
    let index = index_bytes(count, header.index_node_size()).ok_or_else(damaged)?;
    let start = (12 + size as u64).checked_add(index).ok_or_else(damaged)?;
    if start > bytes {
        return Err(damaged());
    }
    let mut notes = Vec::new();
    if header.has_z() || header.has_m() {
        notes.push(shape::flattened());
    }
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for column in header.columns().iter().flatten() {
        let kind = match column.type_() {
            ColumnType::Bool => FieldKind::Boolean,
            ColumnType::Byte
            | ColumnType::UByte
            | ColumnType::Short
            | ColumnType::UShort
            | ColumnType::Int
            | ColumnType::UInt
            | ColumnType::Long
            | ColumnType::ULong => FieldKind::Integer,
            ColumnType::Float | ColumnType::Double => FieldKind::Real,
            ColumnType::String => FieldKind::Text,
            ColumnType::Json => FieldKind::Json,
            ColumnType::DateTime => FieldKind::DateTime,
            ColumnType::Binary => {
                let name = column.name();
                notes.push(Text::new(
                    format!("字段“{name}”是二进制数据，没有值"),
                    format!("field “{name}” is binary: it has no values"),
                ));
                FieldKind::Text
            }
            _ => return Err(damaged()),
        };
        columns.push(column.type_());
        fields.push(Field {
            name: column.name().to_owned(),
            kind,
        });
    }
    let crs = header.crs().map_or(StatedCrs::None, |crs| {
        let is_epsg = crs.org().is_none_or(|org| org.eq_ignore_ascii_case("EPSG"));
        let name = format!("EPSG:{}", crs.code());
        let definition = crs.wkt().filter(|wkt| !wkt.is_empty());
        match Crs::parse(&name) {
            Ok(known) if is_epsg => StatedCrs::Known(known),
            _ => match definition.and_then(recognise) {
                Some(known) => StatedCrs::Known(known),
                None if is_epsg && crs.code() != 0 => StatedCrs::Wkt(name),
                None => definition.map_or(StatedCrs::None, |wkt| StatedCrs::Wkt(wkt.to_owned())),
            },
        }
    });
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = header.name().filter(|name| !name.is_empty());
    let layer = Layer {
        name: name.map_or_else(|| stem.into_owned(), str::to_owned),
        format: Format::FlatGeobuf,
        fields,
        crs,
        // A stream has no number of features to state.
        count: (count > 0).then_some(count),
        encoding: None,
        notes,
    };
    let source = FlatGeobuf {
        shapes: header.geometry_type(),
        file,
        bytes,
        start,
        count,
        columns,
    };
    Ok((layer, Box::new(source)))
}

fn damaged() -> Text {
    Text::new(
        "FlatGeobuf 文件不完整或已损坏",
        "the FlatGeobuf file is incomplete or damaged",
    )
}

/// Bytes of the index between header and features: even one feature has a root above it.
fn index_bytes(count: u64, node_size: u16) -> Option<u64> {
    if node_size == 0 || count == 0 {
        return Some(0);
    }
    let node_size = u64::from(node_size.max(2));
    let mut nodes = count;
    let mut level = count;
    loop {
        level = level.div_ceil(node_size);
        nodes = nodes.checked_add(level)?;
        if level == 1 {
            return nodes.checked_mul(40);
        }
    }
}

impl Source for FlatGeobuf {
    fn rows(
        &mut self,
        fields: &[Field],
        take: &mut Take,
        progress: &mut Progress,
    ) -> Result<(), Text> {
        self.file
            .seek(SeekFrom::Start(self.start))
            .map_err(|error| said(&error))?;
        let mut at = self.start;
        let mut number = 0;
        let mut feature = Vec::new();
        while at < self.bytes {
            number += 1;
            feature.resize(4, 0);
            self.file
                .read_exact(&mut feature)
                .map_err(|error| said(&error))?;
            let size = u32::from_le_bytes([feature[0], feature[1], feature[2], feature[3]]);
            at += 4 + u64::from(size);
            if at > self.bytes {
                return Err(damaged());
            }
            let row = if u64::from(size) > MOST_ROW_BYTES {
                self.file
                    .seek_relative(i64::from(size))
                    .map_err(|error| said(&error))?;
                Err(row_too_large())
            } else {
                feature.resize(4 + size as usize, 0);
                self.file
                    .read_exact(&mut feature[4..])
                    .map_err(|error| said(&error))?;
                self.row(&feature, number, fields)
            };
            progress(at, self.bytes);
            if take(row.map_err(|text| RowFlaw { number, text })).is_break() {
                return Ok(());
            }
        }
        if self.count > 0 && number != self.count {
            let count = self.count;
            return Err(Text::new(
                format!("文件写明有 {count} 个要素，只有 {number} 个：不完整"),
                format!("the file says that it has {count} features and has {number}: it is cut"),
            ));
        }
        Ok(())
    }
}

impl FlatGeobuf {
    fn row(&self, bytes: &[u8], number: u64, fields: &[Field]) -> Result<Row, Text> {
        let feature = size_prefixed_root_as_feature(bytes).map_err(|_| damaged())?;
        let geometry = match feature.geometry() {
            Some(geometry) => shape::finished(geometry_of(&geometry, self.shapes)?)?,
            None => None,
        };
        let mut values = vec![Value::Null; fields.len()];
        let mut rest = feature.properties().map_or(&[][..], |bytes| bytes.bytes());
        while let Some((place, after)) = rest.split_first_chunk() {
            let place = usize::from(u16::from_le_bytes(*place));
            let column = self.columns.get(place).ok_or_else(damaged)?;
            let (value, after) = value(*column, after).ok_or_else(damaged)?;
            values[place] = value;
            rest = after;
        }
        Ok(Row {
            number,
            id: id_of(fields, &values),
            geometry,
            values,
        })
    }
}

/// The next value among the properties, and what follows it.
fn value(column: ColumnType, bytes: &[u8]) -> Option<(Value, &[u8])> {
    macro_rules! number {
        ($type:ty) => {{
            let (number, rest) = bytes.split_first_chunk()?;
            (<$type>::from_le_bytes(*number).into(), rest)
        }};
    }
    Some(match column {
        ColumnType::Byte => number!(i8),
        ColumnType::UByte => number!(u8),
        ColumnType::Short => number!(i16),
        ColumnType::UShort => number!(u16),
        ColumnType::Int => number!(i32),
        ColumnType::UInt => number!(u32),
        ColumnType::Long => number!(i64),
        ColumnType::ULong => number!(u64),
        // As it was meant: 0.1 in single precision is not 0.10000000149.
        ColumnType::Float => {
            let (number, rest) = bytes.split_first_chunk()?;
            let number = f32::from_le_bytes(*number).to_string().parse::<f64>();
            (real(number.ok()?)?, rest)
        }
        ColumnType::Double => {
            let (number, rest) = bytes.split_first_chunk()?;
            (real(f64::from_le_bytes(*number))?, rest)
        }
        ColumnType::Bool => {
            let (byte, rest) = bytes.split_first()?;
            ((*byte != 0).into(), rest)
        }
        ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => {
            let (length, rest) = bytes.split_first_chunk()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (content, rest) = rest.split_at_checked(length)?;
            if column == ColumnType::Binary {
                return Some((Value::Null, rest));
            }
            let text = std::str::from_utf8(content).ok()?;
            let value = match column {
                ColumnType::Json => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
                _ => text.into(),
            };
            (value, rest)
        }
        _ => return None,
    })
}

fn geometry_of(
    geometry: &::flatgeobuf::Geometry<'_>,
    stated: GeometryType,
) -> Result<Geometry<f64>, Text> {
    // Some writers give a feature without a shape one without coordinates, of no type.
    if geometry.xy().is_none_or(|xy| xy.is_empty())
        && geometry.parts().is_none_or(|parts| parts.is_empty())
    {
        return Ok(MultiPoint::new(Vec::new()).into());
    }
    let kind = match stated {
        GeometryType::Unknown => geometry.type_(),
        stated => stated,
    };
    let coords = || -> Vec<Coord<f64>> {
        let numbers: Vec<f64> = geometry.xy().iter().flatten().collect();
        let pairs = numbers.chunks_exact(2);
        pairs
            .map(|pair| Coord {
                x: pair[0],
                y: pair[1],
            })
            .collect()
    };
    let lines = || -> Result<Vec<Vec<Coord<f64>>>, Text> {
        let coords = coords();
        let Some(ends) = geometry.ends().filter(|ends| !ends.is_empty()) else {
            return Ok(vec![coords]);
        };
        let mut from = 0;
        ends.iter()
            .map(|end| {
                let line = coords.get(from..end as usize).ok_or_else(damaged)?;
                from = end as usize;
                Ok(line.to_vec())
            })
            .collect()
    };
    let parts = |kind: GeometryType| -> Result<Vec<Geometry<f64>>, Text> {
        let parts = geometry.parts().into_iter().flatten();
        parts.map(|part| geometry_of(&part, kind)).collect()
    };
    Ok(match kind {
        GeometryType::Point => Point::from(*coords().first().ok_or_else(damaged)?).into(),
        GeometryType::MultiPoint => {
            MultiPoint::new(coords().into_iter().map(Point::from).collect()).into()
        }
        GeometryType::LineString => shape::line(coords())?.into(),
        GeometryType::MultiLineString => {
            let lines = lines()?.into_iter().map(shape::line);
            MultiLineString::new(lines.collect::<Result<_, _>>()?).into()
        }
        GeometryType::Polygon => shape::polygon(lines()?)?.into(),
        GeometryType::MultiPolygon => {
            let polygons = parts(GeometryType::Polygon)?.into_iter();
            let polygons = polygons.filter_map(|part| match part {
                Geometry::Polygon(polygon) => Some(polygon),
                _ => None,
            });
            geo::MultiPolygon::new(polygons.collect()).into()
        }
        GeometryType::GeometryCollection => {
            Geometry::GeometryCollection(parts(GeometryType::Unknown)?.into())
        }
        _ => {
            return Err(Text::new(
                "不支持曲线等几何类型，请转成折线",
                "curves and their kin are not supported: make them of straight lines",
            ));
        }
    })
}
