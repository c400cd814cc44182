//! What a view asks of the ground, and what of it has no answer: an area or boundary sentences that
//! make no polygon are told, for a picture that says nothing of them would show something else than
//! its title says.

use crate::{
    area::{Area, AreaError, AreaSpec, Interrupted, Patience},
    boundary::{Carriageway, Compilation, CompilationError, Options, Outcome},
    model::{Text, View, view},
    store::Snapshot,
};

use super::place::asked_as;

/// A view of data with what it asks found out.
pub struct Asked {
    /// The view, without an area that can't be asked.
    pub view: View,
    /// The area that it asks about.
    pub area: Option<Area>,
    /// What of it can't be asked, and why.
    pub refused: Vec<Text>,
}

impl Asked {
    /// Finds out what a view asks of these data.
    ///
    /// # Errors
    /// Where it takes longer than `patience`.
    pub fn of(view: &View, snapshot: &Snapshot, patience: &Patience) -> Result<Self, Interrupted> {
        let mut asked = Self {
            view: view.clone(),
            area: None,
            refused: Vec::new(),
        };
        match area(view, snapshot, patience)? {
            Some(Ok(area)) => asked.area = Some(area),
            Some(Err(reason)) => {
                asked.refused.push(no_area(&reason));
                asked.view.area = None;
            }
            None => {}
        }
        asked.refused.extend(unresolved(view, snapshot, patience)?);
        Ok(asked)
    }
}

/// The area that a view asks about, or why these data don't give it; `None` where it asks about none.
///
/// # Errors
/// Where it takes longer than `patience`.
pub(super) fn area(
    view: &View,
    snapshot: &Snapshot,
    patience: &Patience,
) -> Result<Option<Result<Area, Text>>, Interrupted> {
    let Some(asked) = &view.area else {
        return Ok(None);
    };
    let area = AreaSpec::from_json(&asked_as(asked, view))
        .and_then(|spec| spec.resolve(snapshot, patience));
    match area {
        Ok(area) => Ok(Some(Ok(area))),
        Err(AreaError::Interrupted(interrupted)) => Err(interrupted),
        Err(AreaError::Malformed(reason) | AreaError::Unusable(reason)) => Ok(Some(Err(reason))),
        Err(AreaError::Open(sentence)) => Ok(Some(Err(sentence.reason))),
    }
}

/// That the area can't be asked, for this reason.
#[must_use]
pub fn no_area(reason: &Text) -> Text {
    Text::new(
        format!("范围无法确定：{}", reason.zh),
        format!("the area can't be determined: {}", reason.en),
    )
}

/// What becomes of the boundary sentences that a view shows; `None` where it shows none. As on the
/// page they are shown where nothing is selected or asked.
///
/// # Errors
/// Where it takes longer than `patience`.
pub fn sentences(
    view: &View,
    snapshot: &Snapshot,
    patience: &Patience,
) -> Result<Option<Result<Vec<Compilation>, Text>>, Interrupted> {
    let text = view.boundary.as_ref();
    let Some(text) = text.filter(|_| view.select.is_none() && view.area.is_none()) else {
        return Ok(None);
    };
    let options = Options {
        carriageway: match view.carriageway {
            view::Carriageway::Centre => Carriageway::Centre,
            view::Carriageway::Inner => Carriageway::Inner,
            view::Carriageway::Outer => Carriageway::Outer,
        },
        ..Options::default()
    };
    let network = snapshot.network();
    match network.compile_text(text, options, || patience.check().is_ok()) {
        Ok(compilations) => Ok(Some(Ok(compilations))),
        Err(CompilationError::Stopped { .. }) => Err(Interrupted),
        Err(error) => Ok(Some(Err(error.text()))),
    }
}

/// What of the boundary sentences that a view shows makes no polygon. One that may mean several is
/// drawn as these.
///
/// # Errors
/// Where it takes longer than `patience`.
pub fn unresolved(
    view: &View,
    snapshot: &Snapshot,
    patience: &Patience,
) -> Result<Option<Text>, Interrupted> {
    let compilations = match sentences(view, snapshot, patience)? {
        None => return Ok(None),
        Some(Err(reason)) => return Ok(Some(no_boundary(&reason))),
        Some(Ok(compilations)) => compilations,
    };
    let refusals = compilations.iter().filter_map(|one| match &one.outcome {
        Outcome::Unresolved(refusal) => Some(refusal),
        Outcome::Compiled(_) | Outcome::Ambiguous(_) => None,
    });
    let refusals: Vec<_> = refusals.collect();
    Ok(match &refusals[..] {
        [] => None,
        [only] => Some(no_boundary(&only.text())),
        [first, ..] => {
            let (count, reason) = (refusals.len(), first.text());
            Some(Text::new(
                format!("{count} 处四至未能成面，第一处：{}", reason.zh),
                format!(
                    "{count} boundary sentences make no polygon, the first: {}",
                    reason.en
                ),
            ))
        }
    })
}

fn no_boundary(reason: &Text) -> Text {
    Text::new(
        format!("四至未能成面：{}", reason.zh),
        format!("the boundary makes no polygon: {}", reason.en),
    )
}
