//! The address of the service, and links to what it serves.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use serde_json::{Value, json};

use super::{AppState, HTML, format};

/// Where the client reaches the service, and at which moment it looks at the data.
#[derive(Default)]
pub(crate) struct Base {
    /// Without a slash at its end.
    pub root: String,
    /// `revision=3` or `as_of=…`, as the request has it; empty for the latest.
    moment: String,
}

impl FromRequestParts<AppState> for Base {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let root = match &state.0.settings.public_url {
            Some(url) => url.clone(),
            None => format!("http://{}", host(parts).unwrap_or("localhost")),
        };
        let moment = moment(parts.uri.query());
        Ok(Self { root, moment })
    }
}

fn host(parts: &Parts) -> Option<&str> {
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let is_one = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b));
    is_one.then_some(host)
}

/// Of a query string what says which state of the data is asked for, as another takes it.
pub fn moment(query: Option<&str>) -> String {
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if ["revision", "as_of"].contains(&&*name) {
            kept.append_pair(&name, &value);
        }
    }
    kept.finish()
}

impl Base {
    /// The address of data, at the moment of this request.
    pub fn address(&self, path: &str) -> String {
        let (root, moment) = (&self.root, &self.moment);
        let joint = match (moment.as_str(), path.contains('?')) {
            ("", _) => "",
            (_, true) => "&",
            (_, false) => "?",
        };
        format!("{root}{path}{joint}{moment}")
    }

    /// A link to data, at the moment of this request.
    pub fn data_link(&self, rel: &str, media_type: &str, path: &str, title: &str) -> Value {
        link(rel, media_type, &self.address(path), title)
    }

    /// A link to a path of the service as it stands.
    pub fn link(&self, rel: &str, media_type: &str, path: &str, title: &str) -> Value {
        link(rel, media_type, &format!("{}{path}", self.root), title)
    }

    /// A link to the page that shows what `path` answers; of the query string all is kept, or only
    /// the moment where none is given.
    pub fn page_link(&self, path: &str, query: Option<&str>) -> Value {
        let query = format::with(Some(query.unwrap_or(&self.moment)), "f", Some("html"));
        let path = format!("{path}?{query}");
        self.link("alternate", HTML, &path, "网页 (a page to read)")
    }
}

fn link(rel: &str, media_type: &str, address: &str, title: &str) -> Value {
    json!({ "href": address, "rel": rel, "type": media_type, "title": title })
}
