//! In which form an answer is wanted, by `f` in the address, else by `Accept`; and what is said of the
//! form in which it is sent.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{params::Params, problem::Problem};
use crate::model::Text;

pub const HTML: &str = "text/html";
pub const JSON: &str = "application/json";
pub const GEOJSON: &str = "application/geo+json";
pub const SCHEMA: &str = "application/schema+json";

/// A form in which an answer can be had.
pub struct Offer<T> {
    /// What it means to the route.
    pub format: T,
    /// Its name in the parameter `f`.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
}

/// The form that a request wants. Of several that are as welcome, the one that is offered first.
///
/// # Errors
/// 400 where `f` names none of them, 406 where `Accept` takes none (RFC 9110, 12.5.1).
pub fn choose<'a, T>(
    params: &Params,
    headers: &HeaderMap,
    offers: &'a [Offer<T>],
) -> Result<&'a Offer<T>, Problem> {
    if let Some(name) = params.get("f") {
        let names: Vec<&str> = offers.iter().map(|offer| offer.name).collect();
        params.check_format(&names)?;
        if let Some(offer) = offers.iter().find(|offer| offer.name == name) {
            return Ok(offer);
        }
    }
    let accepted = accepted(headers);
    let mut best: Option<(f32, &Offer<T>)> = None;
    for offer in offers {
        let quality = quality(&accepted, offer.media_type);
        if quality > best.map_or(0.0, |(quality, _)| quality) {
            best = Some((quality, offer));
        }
    }
    best.map(|(_, offer)| offer).ok_or_else(|| {
        let types: Vec<&str> = offers.iter().map(|offer| offer.media_type).collect();
        let types = types.join(", ");
        Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            Text::new(
                format!("没有 Accept 所列的格式；可用的有：{types}"),
                format!("there is no format that Accept lists; there are: {types}"),
            ),
        )
    })
}

/// Whether a page for people is wanted rather than data of one of `media_types`: `f` says so, or
/// `Accept` welcomes HTML more, as browsers do.
pub fn wants_page(params: &Params, headers: &HeaderMap, media_types: &[&str]) -> bool {
    if let Some(name) = params.get("f") {
        return name == "html";
    }
    let accepted = accepted(headers);
    let page = quality(&accepted, "text/html");
    media_types
        .iter()
        .all(|media_type| quality(&accepted, media_type) < page)
}

/// A query string with another value for `name`, or none.
pub fn with(query: Option<&str>, name: &str, value: Option<&str>) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (known, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if known != name {
            pairs.append_pair(&known, &value);
        }
    }
    if let Some(value) = value {
        pairs.append_pair(name, value);
    }
    pairs.finish()
}

/// JSON of a media type.
pub fn json_answer(media_type: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body.into()).into_response()
}

/// `Content-Disposition` of a file with a name for people and one in ASCII (RFC 6266, RFC 8187).
pub fn disposition((for_people, ascii): &(String, String), ending: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::new();
    for byte in format!("{for_people}.{ending}").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
    format!("attachment; filename=\"{ascii}.{ending}\"; filename*=UTF-8''{encoded}")
}

fn accepted(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::ACCEPT).iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// How welcome a media type is, 0 to 1, by the most specific range that holds it.
fn quality(accepted: &str, media_type: &str) -> f32 {
    if accepted.trim().is_empty() {
        return 1.0;
    }
    let bare = |text: &str| {
        text.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase()
    };
    let wanted = bare(media_type);
    let family = wanted.split('/').next().unwrap_or_default();
    let ranges = accepted.split(',').filter_map(|range| {
        let name = bare(range);
        let precision = if name == wanted {
            2
        } else if name.strip_suffix("/*") == Some(family) {
            1
        } else if name == "*/*" {
            0
        } else {
            return None;
        };
        let quality = range.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            (name.trim().eq_ignore_ascii_case("q")).then(|| value.trim().parse().unwrap_or(0.0))
        });
        Some((precision, quality.unwrap_or(1.0)))
    });
    ranges
        .max_by_key(|(precision, _)| *precision)
        .map_or(0.0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::quality;

    #[test]
    fn the_most_specific_range_decides() {
        let csv = "text/csv; charset=utf-8";
        for (accepted, welcome) in [
            ("", 1.0),
            ("*/*", 1.0),
            ("text/csv", 1.0),
            ("Text/CSV;q=0.5", 0.5),
            ("text/*;q=0.3, */*;q=0.1", 0.3),
            ("*/*;q=0.8, text/csv;q=0", 0.0),
            ("text/csv;header=present;q=0.2, text/html", 0.2),
            ("application/json", 0.0),
            ("text", 0.0),
            ("text/csv;q=much", 0.0),
        ] {
            let found = quality(accepted, csv);
            assert!(
                (found - welcome).abs() < f32::EPSILON,
                "{accepted}: {found}"
            );
        }
    }
}
