//! The interface: requests are read and answers written here, and nothing is reckoned.
//!
//! Routes stand in one file for each resource, those of [`imports`] in a folder with the imports that
//! are kept. Beside them stands what they share. [`state`] is what all of them know, and [`turns`] how
//! much is done at once. Of a request [`person`] says who asks, [`moment`] for which state of the data,
//! [`params`], [`paging`] and [`body`] the rest. Of an answer [`mod@format`] is the form, [`base`] where
//! its links lead, [`etag`] how it is known again; [`problem`] is one that says what was wrong,
//! [`failed`] what it says of a record that refused. [`allowance`] limits what fills the disk, and
//! [`refused`] keeps in mind who was turned away.

mod allowance;
mod areas;
mod audit;
mod base;
mod base_map;
mod body;
mod boundaries;
mod claims;
mod collections;
mod documents;
mod edit;
mod etag;
mod failed;
mod format;
mod history;
mod imports;
mod items;
mod landing;
mod moment;
mod oidc;
mod openapi;
mod page;
mod paging;
mod params;
mod person;
mod pictures;
mod problem;
mod queryables;
mod refused;
mod revisions;
mod session;
mod shares;
mod state;
mod tiles;
mod tilesets;
mod turns;

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, cors::CorsLayer, trace::TraceLayer,
};

pub use self::{
    allowance::Peer,
    state::{AppState, Readers, Settings},
};
use self::{
    base::Base,
    format::{GEOJSON, HTML, JSON, SCHEMA, json_answer},
    problem::Problem,
    turns::Work,
};
use crate::model::Text;

/// How long a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// How long sending a file and committing it may take.
const IMPORT_TIME_LIMIT: Duration = Duration::from_hours(1);

/// All routes.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/", get(landing::root))
        .route("/assets/{*path}", get(page::asset))
        .route("/favicon.svg", get(page::favicon))
        .route("/pages.css", get(page::stylesheet))
        .route("/conformance", get(landing::conformance))
        .route("/api", get(openapi::document))
        .route("/api.html", get(openapi::readable))
        .route("/collections", get(collections::list))
        .route("/collections/{collection}", get(collections::one))
        .route(
            "/collections/{collection}/queryables",
            get(queryables::queryables),
        )
        .route("/collections/{collection}/schema", get(queryables::schema))
        .route(
            "/collections/{collection}/items",
            get(items::list).post(edit::create),
        )
        .route(
            "/collections/{collection}/items/{id}",
            get(items::one)
                .put(edit::replace)
                .patch(edit::merge)
                .delete(edit::remove),
        )
        .route(
            "/collections/{collection}/items/{id}/revisions",
            get(history::of_feature),
        )
        .route("/imports", post(imports::create))
        .route(
            "/imports/{id}",
            get(imports::show)
                .put(imports::decide)
                .delete(imports::cancel),
        )
        .route("/imports/{id}/changes", get(imports::changes))
        .route("/imports/{id}/commit", post(imports::commit))
        .route("/revisions", get(revisions::list).post(revisions::revert))
        .route("/revisions/{which}", get(revisions::one_or_between))
        .route(
            "/collections/{collection}/tiles",
            get(tilesets::list_of_collection),
        )
        .route(
            "/collections/{collection}/tiles/{matrix_set}",
            get(tilesets::metadata_of_collection),
        )
        .route(
            "/collections/{collection}/tiles/{matrix_set}/{matrix}/{row}/{column}",
            get(tilesets::tile_of_collection),
        )
        .route("/tileMatrixSets", get(tilesets::matrix_sets))
        .route(
            "/tileMatrixSets/{matrix_set}",
            get(tilesets::one_matrix_set),
        )
        // No collection bears this name: their ids are lowercase.
        .route("/tiles", get(tilesets::list))
        .route("/tiles/WebMercatorQuad", get(tilesets::metadata))
        .route(
            "/tiles/WebMercatorQuad/{matrix}/{row}/{column}",
            get(tilesets::tile),
        )
        .route("/tiles/{layers}", get(tiles::tilejson))
        .route("/tiles/{layers}/{z}/{x}/{y}", get(tiles::tile))
        .route("/styles/{style}", get(tiles::style))
        .route("/base-map/{z}/{x}/{y}", get(base_map::tile))
        .route("/areas/query", get(areas::query_named).post(areas::query))
        .route(
            "/boundaries",
            get(boundaries::of_address).post(boundaries::of_body),
        )
        .route("/documents", get(documents::list))
        .route("/documents/{document}", get(documents::one))
        .route(
            "/shares",
            post(shares::create).layer(DefaultBodyLimit::max(shares::MAX_BODY)),
        )
        .route("/map.png", get(pictures::of_view))
        .route("/s/{id}", get(shares::show))
        .route("/shares/{id}", delete(shares::remove))
        .route("/embed/{id}", get(shares::embed))
        .route("/claims", get(claims::list))
        .route("/claims/pairs", get(claims::pairs))
        .route("/indicators", get(claims::indicators))
        .route(
            "/session",
            get(session::status)
                .post(session::open)
                .delete(session::close),
        )
        .route("/sign-in", get(session::page).post(session::submit))
        .route("/sign-in/oidc", get(oidc::leave))
        .route("/sign-in/oidc/callback", get(oidc::come_back))
        .route("/sign-out", post(session::sign_out))
        .route("/join/{key}", get(session::join_page).post(session::join))
        .route("/audit", get(audit::log))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ok\n" }))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(cross_origin(&state.0.settings.allowed_origins))
                .layer(CompressionLayer::new())
                .layer(CatchPanicLayer::custom(panicked))
                .layer(middleware::from_fn(in_time))
                .layer(middleware::from_fn_with_state(
                    state.clone(),
                    person::identify,
                ))
                .layer(middleware::from_fn_with_state(
                    state.clone(),
                    etag::revalidate,
                )),
        )
        .with_state(state)
}

/// Lets pages of the operator's other origins ask the service.
fn cross_origin(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
        ])
        .expose_headers([header::ETAG, HeaderName::from_static("content-crs")])
}

async fn in_time(request: Request, next: Next) -> Response {
    let limit = if request.uri().path().starts_with("/imports") {
        IMPORT_TIME_LIMIT
    } else {
        TIME_LIMIT
    };
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| {
            Problem::busy(Text::new(
                format!("没能在 {} 秒内答复，请稍后再试", limit.as_secs()),
                format!(
                    "no answer within {} s, please try again in a moment",
                    limit.as_secs()
                ),
            ))
            .into_response()
        })
}

async fn no_such_path(uri: axum::http::Uri) -> Problem {
    let path = uri.path();
    Problem::missing(Text::new(
        format!("没有地址 {path}；接口说明见 /api.html"),
        format!("there is nothing at {path}; /api.html describes the interface"),
    ))
}

async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Text::new(
            "此地址不支持这种请求方法；接口说明见 /api.html",
            "this address does not take that method; /api.html describes the interface",
        ),
    )
}

#[allow(clippy::needless_pass_by_value)] // as the layer calls it
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no words");
    tracing::error!("a request panicked: {words}");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        Text::new(
            "服务内部出错，已记录",
            "the service failed on this request; the failure is logged",
        ),
    )
    .into_response()
}
