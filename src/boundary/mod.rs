//! A boundary sentence (四至) and a set of street lines become a polygon with evidence, or a refusal
//! with the reason. Nothing is guessed.
//!
//! Three steps. [`text`] finds boundary sentences and reads each into four sides. [`network`] makes one
//! centreline of each street and finds where these meet: `plane` measures, `chain` joins the ways of a
//! street, `centreline` draws the line midway between carriageways, `contact` finds where lines meet, and
//! `names` tells which street a name means. [`mod@compile`] makes the polygon: `demand` is what the
//! sentence asks for, `graph` the lines around the area cut where they meet, `gap` the ways across gaps,
//! `search` finds the cheapest walks around the area along the named streets, `piece` places their
//! corners, `carriageway` moves them to the inner or outer carriageways, `outline` makes them rings and
//! accounts for every metre ([`evidence`]), `limits` says how far they may leave the named streets,
//! [`choice`] which of several is meant, `apart` finds where streets do not meet that should, and
//! `refusal` says in words why there is no polygon. `compilation` does all of it for every sentence of a
//! text.
//!
//! The room knows of no files, no features and no server: it takes text and lines, and gives numbers
//! and words.
//!
//! ```
//! use renewal_map::boundary::{Line, LineKind, Network, Outcome};
//!
//! let line = |name: &str, coords: Vec<(f64, f64)>| Line {
//!     id: name.into(),
//!     name: name.into(),
//!     aliases: vec![],
//!     kind: LineKind::Street,
//!     accuracy_m: 10.0,
//!     coords: coords.into(),
//! };
//! let network = Network::new(&[
//!     line("甲路", vec![(117.0, 39.01), (117.03, 39.01)]),
//!     line("乙路", vec![(117.0, 39.0), (117.03, 39.0)]),
//!     line("丙路", vec![(117.01, 38.99), (117.01, 39.02)]),
//!     line("丁路", vec![(117.02, 38.99), (117.02, 39.02)]),
//! ]);
//! let sentence = "北至甲路，南至乙路，西至丙路，东至丁路。".parse()?;
//! let Outcome::Compiled(area) = network.compile(&sentence) else { panic!("refused") };
//! assert_eq!(area.ring.len(), 5);
//! assert_eq!(area.stretches[0].street.as_deref(), Some("丙路"));
//!
//! let sentence = "北至甲路，南至乙路，西至丙路，东至戊路。".parse()?;
//! let Outcome::Unresolved(refusal) = network.compile(&sentence) else { panic!("compiled") };
//! assert_eq!(refusal.to_string(), "数据中没有：戊路");
//! # Ok::<(), renewal_map::boundary::TextError>(())
//! ```

pub mod choice;
mod compilation;
pub mod compile;
pub mod evidence;
pub mod network;
pub mod text;

mod apart;
mod carriageway;
mod centreline;
mod chain;
mod contact;
mod demand;
mod gap;
mod graph;
mod limits;
mod names;
mod outline;
mod piece;
mod plane;
mod refusal;
mod search;

pub use choice::{Ambiguity, Cause};
pub use compilation::{
    AskedName, AskedSide, Compilation, CompilationError, MAX_SENTENCES, OpenKind, OpenPart,
};
pub use compile::{Carriageway, Options, Outcome};
pub use evidence::{
    Asked, AskedStreet, Compiled, Corner, CornerKind, Evidence, Followed, SideEvidence, Stretch,
    StretchKind, Way,
};
pub use network::{Line, LineKind, Network};
pub use refusal::{Gap, Misplaced, Reason, Refusal, UnknownName};
pub use text::{Direction, Found, Name, NameKind, Sentence, Side, StatedArea, TextError, find};

/// Compiles the boundary sentence `text` along `lines`.
///
/// For several sentences on the same lines build the [`Network`] once and call
/// [`Network::compile`]. The outcome depends on neither the order of the lines nor that of the
/// sentence's sides; a text that cannot be read is [`Outcome::Unresolved`] too.
#[must_use]
pub fn compile(text: &str, lines: &[Line]) -> Outcome {
    match text.parse::<Sentence>() {
        Ok(sentence) => Network::new(lines).compile(&sentence),
        Err(error) => Outcome::Unresolved(Refusal::from(Reason::Text(error))),
    }
}
