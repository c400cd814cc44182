//! Features as GeoJSON text.

use geo::Geometry;

use crate::{geometry::write::GeoJson, model::Feature};

/// Appends a feature to `out`.
///
/// `geometry` stands for the feature's own (it may be in another reference system), and `members`
/// is JSON text of further properties without braces: `"a":1,"b":2`, or nothing. The properties
/// are copied as they stand, never parsed.
///
/// # Panics
/// Never: coordinates are finite, and memory takes all that is written.
pub fn write_feature(
    out: &mut Vec<u8>,
    feature: &Feature,
    geometry: Option<&Geometry<f64>>,
    members: &str,
) {
    write_feature_as(out, &feature.id, feature, geometry, members);
}

/// The same under another id, of slugs and slashes: among features of several collections the id
/// within its own tells none from all others.
///
/// # Panics
/// Never, as above.
pub fn write_feature_as(
    out: &mut Vec<u8>,
    id: &str,
    feature: &Feature,
    geometry: Option<&Geometry<f64>>,
    members: &str,
) {
    open_feature(out, id, geometry);
    let properties = feature.properties.get();
    if members.is_empty() {
        out.extend_from_slice(properties.as_bytes());
    } else {
        // They are an object with a name at least, as loading has made sure.
        out.extend_from_slice(&properties.as_bytes()[..properties.len() - 1]);
        out.push(b',');
        out.extend_from_slice(members.as_bytes());
        out.push(b'}');
    }
    out.push(b'}');
}

/// Appends a feature with those of its properties that are named, copied as they stand.
pub fn write_trimmed(
    out: &mut Vec<u8>,
    feature: &Feature,
    geometry: Option<&Geometry<f64>>,
    names: &[String],
) {
    open_feature(out, &feature.id, geometry);
    let mut before = b'{';
    feature.each_property(|name, value| {
        if names.iter().any(|wanted| wanted == name) {
            out.push(before);
            before = b',';
            out.extend_from_slice(serde_json::Value::from(name).to_string().as_bytes());
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
    });
    if before == b'{' {
        out.push(b'{');
    }
    out.extend_from_slice(b"}}");
}

/// A feature up to its properties.
fn open_feature(out: &mut Vec<u8>, id: &str, geometry: Option<&Geometry<f64>>) {
    out.extend_from_slice(br#"{"type":"Feature","id":""#);
    // Nothing in slugs needs escaping.
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(br#"","geometry":"#);
    serde_json::to_writer(&mut *out, &geometry.map(GeoJson))
        .expect("finite coordinates into memory can't fail");
    out.extend_from_slice(br#","properties":"#);
}

/// Appends JSON text of `items`, each written by `write`, separated by commas.
pub fn write_list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Appends a JSON object without its closing brace: more members follow.
pub fn open_object(out: &mut Vec<u8>, object: &serde_json::Value) {
    let text = object.to_string();
    out.extend_from_slice(&text.as_bytes()[..text.len() - 1]);
}

/// Appends further members, those of `object`, to an object left open, and closes it.
pub fn close_object(out: &mut Vec<u8>, object: &serde_json::Value) {
    out.push(b',');
    out.extend_from_slice(&object.to_string().as_bytes()[1..]);
}
