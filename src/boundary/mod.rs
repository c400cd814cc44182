//! A boundary sentence (四至) and a set of street lines become a polygon with evidence, or a refusal
//! with the reason. Nothing is guessed.
//!
//! Three steps. [`text`] finds boundary sentences and reads each into four sides. [`network`] makes
//! one centreline of each street and finds where these meet: `plane` measures, `chain` joins the ways
//! of a street, `centreline` draws the line midway between carriageways, `contact` finds where lines
//! meet. [`mod@compile`] makes the polygon, within limits: `graph` is the lines around the area cut
//! where they meet, `search` finds the cheapest walks around it along the named streets, `outline`
//! makes a walk into a ring and accounts for every metre of it, and `refusal` says in words why there
//! is none.
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

pub mod compile;
pub mod network;
pub mod text;

mod centreline;
mod chain;
mod contact;
mod graph;
mod outline;
mod plane;
mod refusal;
mod search;

pub use compile::{Compiled, Outcome, Stretch, StretchKind};
pub use network::{Line, LineKind, Network};
pub use refusal::{Gap, Misplaced, Reason, Refusal};
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
