//! Collections and features as pages for people: what the interface serves as JSON, to be read,
//! printed and linked to, without a script.
//!
//! [`catalogue`], [`list`] and [`feature`] are the pages, [`page`] is what they share, [`sketch`] the
//! small map, drawn in the looks of the map's style, [`record`] what of a feature's properties they set
//! out, [`sign_in`] is where people come in, [`share`] what is told of a share beside the map page, and
//! [`words`] their words and numbers. Everything that data bring is escaped by the templates. Links are
//! relative: a page works behind any address.

mod catalogue;
mod feature;
mod list;
mod page;
mod record;
mod share;
mod sign_in;
mod sketch;
mod words;

pub use catalogue::{collection, collections};
pub use feature::feature;
pub use list::{Listing, items};
pub use share::{Preview, no_share};
pub use sign_in::{Entry, entrance};

use crate::{report::Lang, store::Snapshot};

/// The style sheet of all pages.
pub const STYLESHEET: &str = include_str!("style.css");

/// Who reads a page, and where it stands.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// The data.
    pub snapshot: &'a Snapshot,
    /// The language of the page.
    pub lang: Lang,
    /// The way from the page to the service's root: `../` as often as the page lies deep.
    pub root: &'a str,
    /// The query string of the same page in the other language, without `?`.
    pub in_other_language: &'a str,
    /// Which state of the data is looked at, as a query string says it (`revision=3`): links keep to it.
    /// Empty for the latest.
    pub moment: &'a str,
}
