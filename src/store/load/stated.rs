//! Claims that no feature makes: on several of them, or of the district as a whole.

use std::collections::HashSet;

use super::Problem;
use crate::{
    documents::{Claim, StatedClaim, Subject},
    model::{Citation, FeatureRef, Text},
    store::snapshot::Snapshot,
};

/// What `claims.json` states, each subject and quote checked.
pub(super) fn of_file<'a>(
    stated: impl IntoIterator<Item = &'a StatedClaim>,
    snapshot: &Snapshot,
    file: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Claim> {
    let mut ids = HashSet::new();
    let mut claims = Vec::new();
    for claim in stated {
        let mut problem = |reason: Text| {
            problems.push(Problem {
                file: file.to_owned(),
                feature: Some(claim.id.clone()),
                reason,
            });
        };
        if !ids.insert(&claim.id) {
            problem(Text::new("编号重复", "the id is given twice"));
        }
        if claim.value.is_some() != claim.unit.is_some() {
            problem(Text::new(
                "有数值就要有单位，没有数值就没有单位",
                "a value needs its unit, and a unit its value",
            ));
        }
        let reference: Option<FeatureRef> = claim.subject.parse().ok();
        let subject = reference
            .as_ref()
            .and_then(|reference| Some((reference, snapshot.feature(reference)?)));
        match (subject, snapshot.library.locate(&claim.citation)) {
            (Some((reference, feature)), Ok(section)) => {
                let subject = Subject {
                    reference,
                    name: &feature.name,
                    name_en: &feature.name_en,
                };
                claims.push(Claim::stated(claim, &subject, section));
            }
            (None, _) => problem(Text::new(
                format!("subject 指向不存在的要素“{}”", claim.subject),
                format!(
                    "subject refers to “{}”, which does not exist",
                    claim.subject
                ),
            )),
            (_, Err(flaw)) => problem(flaw),
        }
    }
    claims
}

/// What the table of indicators states of the district.
pub(super) fn of_indicators(snapshot: &Snapshot) -> Vec<Claim> {
    let reference: Option<FeatureRef> = snapshot.district.feature.parse().ok();
    let (Some(reference), Some(indicators)) = (reference, &snapshot.indicators) else {
        return vec![];
    };
    let subject = Subject {
        reference: &reference,
        name: &snapshot.district.name,
        name_en: &snapshot.district.name_en,
    };
    let section = |citation: &Citation| snapshot.library.locate(citation).unwrap_or_default();
    indicators.table.claims(&subject, section).collect()
}
