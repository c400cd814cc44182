//! What an import would make of a district's files.

use serde_json::{Value, json};

use super::{
    extract::{Extent, Extract, NamedLine},
    merge::{Mode, Tally, merge},
    tags::Kind,
};
use crate::{
    model::Text,
    store::{files::Files, zones::write_pretty},
};

/// Files as they would be, and what would be in them.
#[derive(Debug)]
pub struct Plan {
    /// Names and texts of the files to write, in the order in which to write them.
    pub files: Vec<(String, String)>,
    /// What came, stayed and went in each collection.
    pub tallies: Vec<(&'static str, Tally)>,
    /// Lines left out because the district has no collection for them: its id, and how many.
    pub homeless: Vec<(&'static str, usize)>,
}

const CATALOGUE: &str = "collections.json";

/// Plans the import of `extract`, whose lines lie in `extent`, into the features of `geodata`.
///
/// Kinds that `collections.json` does not list yet are added to it. A collection of which the
/// extract has nothing stays as it is.
///
/// # Errors
/// Where a file can't be read as what it should be.
pub fn plan(extract: Extract, extent: Extent, mode: Mode, geodata: &Files) -> Result<Plan, Text> {
    let unreadable = |file: &str, reason: Text| {
        let path = geodata.path(file);
        Text::new(
            format!("{path}：{}", reason.zh),
            format!("{path}: {}", reason.en),
        )
    };
    let read = |file: &str| {
        geodata.read(file).map_err(|error| {
            unreadable(
                file,
                Text::new(
                    format!("读不到：{error}"),
                    format!("can't be read: {error}"),
                ),
            )
        })
    };
    let mut catalogue: Value = serde_json::from_slice(&read(CATALOGUE)?).map_err(|error| {
        unreadable(
            CATALOGUE,
            Text::new(
                format!("读不懂：{error}"),
                format!("can't be read: {error}"),
            ),
        )
    })?;
    let mut plan = Plan {
        files: Vec::new(),
        tallies: Vec::new(),
        homeless: Vec::new(),
    };
    let mut kinds_added = false;
    let (rivers, others): (Vec<NamedLine>, Vec<NamedLine>) = extract
        .lines
        .into_iter()
        .partition(|line| line.named.kind == Kind::River);
    for (collection, lines) in [("streets", others), ("water", rivers)] {
        if lines.is_empty() {
            // An extract without rivers does not say that there are none.
            continue;
        }
        let listed = catalogue["collections"]
            .as_array_mut()
            .into_iter()
            .flatten();
        let Some(info) = listed.into_iter().find(|info| info["id"] == collection) else {
            plan.homeless.push((collection, lines.len()));
            continue;
        };
        kinds_added |= add_kinds(info, &lines);
        let file = format!("{collection}.geojson");
        let (text, tally) = merge(&read(&file)?, lines, extent, mode, extract.time)
            .map_err(|reason| unreadable(&file, reason))?;
        plan.files.push((file, text));
        plan.tallies.push((collection, tally));
    }
    if kinds_added {
        // First, so that no feature is ever of a kind that is not listed.
        let mut text = String::new();
        write_pretty(&mut text, &catalogue, 0);
        text.push('\n');
        plan.files.insert(0, (CATALOGUE.to_owned(), text));
    }
    Ok(plan)
}

/// Lists the kinds of `lines` in a collection; whether one was missing.
fn add_kinds(info: &mut Value, lines: &[NamedLine]) -> bool {
    let mut added = false;
    for kind in [Kind::Street, Kind::Railway, Kind::Boundary, Kind::River] {
        let Some(kinds) = info["kinds"].as_array_mut() else {
            break;
        };
        let needed = lines.iter().any(|line| line.named.kind == kind);
        if needed && !kinds.iter().any(|listed| listed["id"] == kind.id()) {
            let title = match kind {
                Kind::Street => Text::new("道路", "Street"),
                Kind::Railway => Text::new("铁路", "Railway"),
                Kind::Boundary => Text::new("界线", "Limit"),
                Kind::River => Text::new("河流", "River"),
            };
            kinds.push(json!({"id": kind.id(), "title": title.zh, "title_en": title.en}));
            added = true;
        }
    }
    added
}
