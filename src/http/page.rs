//! The map page and its files, carried in the program, and how pages without a script are sent.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::problem::Problem;
use crate::{html::STYLESHEET, model::Text};

/// The built page. It may be missing where only the service is worked on.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// The page itself.
pub fn index() -> Response {
    match Dist::get("index.html") {
        Some(file) => (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (
                    header::CONTENT_SECURITY_POLICY,
                    // MapLibre runs its workers from blobs and draws its own images.
                    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
                     worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; \
                     frame-ancestors 'self'"
                        .to_owned(),
                ),
            ],
            file.data,
        )
            .into_response(),
        None => Problem::missing(Text::new(
            "此程序构建时没有带上网页：请先运行 make build",
            "this program was built without its page: run make build",
        ))
        .into_response(),
    }
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
