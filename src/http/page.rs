//! The map page and its files, carried in the program, and how pages without a script are sent.

use std::borrow::Cow;

use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::problem::Problem;
use crate::{
    html::{Preview, STYLESHEET},
    model::Text,
};

/// The built page. It may be missing where only the service is worked on.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// What says in the page's head how it is encoded.
const ENCODING: &str = "<meta charset=\"utf-8\" />";

/// Whose pages may have a page as a part of them.
#[derive(Debug, Clone, Copy)]
pub enum FrameAncestors<'a> {
    /// The service's own.
    Own,
    /// Those of other origins too.
    And(&'a [HeaderValue]),
}

/// The page itself.
pub fn index() -> Response {
    match Dist::get("index.html") {
        Some(file) => sent(file.data, FrameAncestors::Own),
        None => not_built().into_response(),
    }
}

/// The page as it opens a share, one step below the root of the service.
///
/// # Errors
/// Where the program was built without its page.
pub fn shared(preview: &Preview<'_>, ancestors: FrameAncestors<'_>) -> Result<Response, Problem> {
    let file = Dist::get("index.html").ok_or_else(not_built)?;
    let page = String::from_utf8_lossy(&file.data);
    // The encoding comes before all words, and the base before all addresses.
    let (before, rest) = page.split_once(ENCODING).unwrap_or(("", &page));
    let (head, rest) = rest.split_once("<title>").unwrap_or(("", rest));
    let (_, rest) = rest.split_once("</title>").unwrap_or(("", rest));
    let before = match ancestors {
        FrameAncestors::Own => before.to_owned(),
        FrameAncestors::And(_) => before.replacen("<html", "<html data-embed", 1),
    };
    let (title, added) = (preview.title().into_string(), preview.head().into_string());
    let page = format!("{before}{ENCODING}{added}{head}{title}{rest}");
    Ok(sent(page.into_bytes().into(), ancestors))
}

fn sent(page: Cow<'static, [u8]>, ancestors: FrameAncestors<'_>) -> Response {
    let mut policy =
        // MapLibre runs its workers from blobs and draws its own images.
        b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
          worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; \
          frame-ancestors 'self'"
            .to_vec();
    if let FrameAncestors::And(origins) = ancestors {
        for origin in origins {
            policy.push(b' ');
            policy.extend_from_slice(origin.as_bytes());
        }
    }
    let policy = HeaderValue::from_bytes(&policy)
        .expect("what can stand in headers can stand in one of them");
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, page).into_response()
}

fn not_built() -> Problem {
    Problem::missing(Text::new(
        "此程序构建时没有带上网页：请先运行 make build",
        "this program was built without its page: run make build",
    ))
}

/// A page without a script, as [`crate::html`] makes it.
pub fn readable(page: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'self'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, page).into_response()
}

/// The style sheet of these pages.
pub async fn stylesheet() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        STYLESHEET,
    )
        .into_response()
}

/// A file of the page; its name changes with its content, so it is kept for good.
pub async fn asset(Path(path): Path<String>) -> Response {
    serve(
        &format!("assets/{path}"),
        "public, max-age=31536000, immutable",
    )
}

/// The page's icon.
pub async fn favicon() -> Response {
    serve("favicon.svg", "no-cache")
}

fn serve(path: &str, cache_control: &'static str) -> Response {
    match Dist::get(path) {
        Some(file) => {
            let headers = [
                (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
                (header::CACHE_CONTROL, cache_control.to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            ];
            (headers, file.data).into_response()
        }
        None => Problem::missing(Text::new(
            format!("没有文件 {path}"),
            format!("there is no file {path}"),
        ))
        .into_response(),
    }
}
