//! What two documents say of the same thing, side by side.
//!
//! The rules, and no judgement beyond them:
//!
//! * The claims of one subject and attribute are one pair. Of each side the claim of the latest
//!   date counts, among those the last of the text; the others are shown with it.
//! * **contradicted**: both documents state it as done for the same date, in the same unit, with
//!   different numbers.
//! * A *status* that stands further on in the list of statuses is **taken further**, one that stands
//!   further back is **changed**.
//! * A *number* other than the earlier one, or in another unit, is **changed**. But amounts of
//!   different times, at least one of which is a period (33条 for 2021/2025, 3条 for 2025), each stand
//!   beside the other: **carried on**; this does not hold of shares (%). A number where the earlier
//!   document had a goal without one is **taken further**.
//! * Where the value is the same, it is **taken further** if the modality has advanced (intended,
//!   under way, done), or, of the same modality, if the word that governs the subject's name has
//!   (推动 … → 加快 … → 完成 …); else it is **carried on**.
//! * With no claim in the other document it is **not mentioned again** or **new**; but where that
//!   document cites the place in other words, a status is only **mentioned**, with those words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Claim, Document, Library};
use crate::model::{Modality, Status};

/// How the later document relates to the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same again.
    CarriedOn,
    /// The same, and further on.
    TakenFurther,
    /// Something else.
    Changed,
    /// Both can't be so.
    Contradicted,
    /// Only the earlier document says it.
    NotMentionedAgain,
    /// Only the later document says it.
    New,
    /// Only one states it; the other cites the place in other words.
    Mentioned,
}

/// Words of a document that cite a place without claiming what the pair is about.
#[derive(Debug, Clone, Serialize)]
pub struct Passage {
    /// The document.
    pub document: String,
    /// The headings over it.
    pub section: String,
    /// Characters before it.
    pub start: usize,
    /// Characters before its end.
    pub end: usize,
    /// The document's own words.
    pub quote: String,
}

/// The claims of one subject and attribute in two documents.
#[derive(Debug, Serialize)]
pub struct Pair<'a> {
    /// Whole name of the subject.
    pub subject: &'a str,
    /// Its name.
    pub subject_name: &'a str,
    /// Its name in English.
    pub subject_name_en: &'a str,
    /// What the claims say something about.
    pub attribute: &'a str,
    /// The same for people, where it is no word of the controlled lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'a str>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_en: Option<&'a str>,
    /// Id of the earlier document.
    pub earlier_document: &'a str,
    /// Id of the later document.
    pub later_document: &'a str,
    /// What the earlier document claims, in the order of its text.
    pub earlier: Vec<&'a Claim>,
    /// What the later document claims, in the order of its text.
    pub later: Vec<&'a Claim>,
    /// How the two relate.
    pub relation: Relation,
    /// Where the document that claims nothing cites the place; empty unless `relation` is
    /// [`Relation::Mentioned`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Passage>,
}

/// What pairing has to know of the subjects of claims.
pub trait Subjects {
    /// Every form of a subject's name.
    fn names(&self, subject: &str) -> Vec<&str>;

    /// Where a document cites a subject.
    fn mentions(&self, subject: &str, document: &str) -> Vec<Passage>;
}

/// The documents from the earliest to the latest: by their dates, and one without a date after the
/// one that it follows in the index.
#[must_use]
pub fn in_order(library: &Library) -> Vec<&Document> {
    let mut last = "";
    let mut dated: Vec<(&str, &Document)> = library
        .documents()
        .iter()
        .map(|document| {
            last = document.info.date.as_deref().unwrap_or(last);
            (last, document)
        })
        .collect();
    dated.sort_by_key(|(date, _)| *date);
    dated.into_iter().map(|(_, document)| document).collect()
}

/// The pairs of two documents: in the order of the earlier one's text, then what is new in the
/// later one, in the order of its own. `claims` stand in the order of each document's text.
#[must_use]
pub fn pair<'a>(
    claims: &[&'a Claim],
    earlier: &'a str,
    later: &'a str,
    subjects: &impl Subjects,
) -> Vec<Pair<'a>> {
    type Sides<'a> = [Vec<&'a Claim>; 2];
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Sides<'a>> = Vec::new();
    for (side, document) in [earlier, later].into_iter().enumerate() {
        let own = claims.iter().copied();
        for claim in own.filter(|claim| claim.document == document) {
            let place = *places
                .entry((&claim.subject, &claim.attribute))
                .or_insert_with(|| {
                    groups.push(Sides::default());
                    groups.len() - 1
                });
            groups[place][side].push(claim);
        }
    }
    groups
        .into_iter()
        .filter_map(|[before, after]| {
            let any = *before.first().or(after.first())?;
            let mut relation = relation(&before, &after, &|| subjects.names(&any.subject));
            let absent = match relation {
                Relation::NotMentionedAgain => Some(later),
                Relation::New => Some(earlier),
                _ => None,
            };
            let mentions = absent
                .filter(|_| any.attribute == STATUS)
                .map(|document| subjects.mentions(&any.subject, document))
                .unwrap_or_default();
            if !mentions.is_empty() {
                relation = Relation::Mentioned;
            }
            Some(Pair {
                subject: &any.subject,
                subject_name: &any.subject_name,
                subject_name_en: &any.subject_name_en,
                attribute: &any.attribute,
                label: any.label.as_deref(),
                label_en: any.label_en.as_deref(),
                earlier_document: earlier,
                later_document: later,
                earlier: before,
                later: after,
                relation,
                mentions,
            })
        })
        .collect()
}

/// The attribute whose values are the words of [`Status`].
const STATUS: &str = "status";

fn relation<'a>(
    earlier: &[&Claim],
    later: &[&Claim],
    names: &dyn Fn() -> Vec<&'a str>,
) -> Relation {
    let (Some(before), Some(after)) = (furthest(earlier), furthest(later)) else {
        return if later.is_empty() {
            Relation::NotMentionedAgain
        } else {
            Relation::New
        };
    };
    if earlier
        .iter()
        .any(|a| later.iter().any(|b| contradict(a, b)))
    {
        return Relation::Contradicted;
    }
    if before.attribute == STATUS {
        let (from, to) = (status_rank(&before.value), status_rank(&after.value));
        if to != from {
            return if to > from {
                Relation::TakenFurther
            } else {
                Relation::Changed
            };
        }
    } else {
        match (before.value.as_f64(), after.value.as_f64()) {
            (Some(_), Some(_)) if !same_number(before, after) => {
                return if of_different_periods(before, after) {
                    Relation::CarriedOn
                } else {
                    Relation::Changed
                };
            }
            // A goal in words and a number can't be ranked.
            _ => {}
        }
    }
    let (from, to) = (
        modality_rank(before.modality),
        modality_rank(after.modality),
    );
    let advanced = to > from || (to == from && wording_advanced(before, after, &names()));
    if advanced {
        Relation::TakenFurther
    } else {
        Relation::CarriedOn
    }
}

/// The claim of the latest date, among those the last of the text.
fn furthest<'a>(claims: &[&'a Claim]) -> Option<&'a Claim> {
    let end = |claim: &Claim| {
        let date = claim.date.as_deref().unwrap_or_default();
        date.rsplit('/').next().unwrap_or_default().to_owned()
    };
    claims
        .iter()
        .max_by_key(|claim| (end(claim), claim.start))
        .copied()
}

fn contradict(a: &Claim, b: &Claim) -> bool {
    a.modality == Modality::Done
        && b.modality == Modality::Done
        && a.date.is_some()
        && a.date == b.date
        && a.unit == b.unit
        && a.value.is_number()
        && b.value.is_number()
        && !same_number(a, b)
}

#[allow(clippy::float_cmp)] // two readings of the same digits are the same
fn same_number(a: &Claim, b: &Claim) -> bool {
    a.unit == b.unit && a.value.as_f64() == b.value.as_f64()
}

fn of_different_periods(a: &Claim, b: &Claim) -> bool {
    let is_period = |claim: &Claim| claim.date.as_deref().is_some_and(|date| date.contains('/'));
    let is_share = |claim: &Claim| claim.unit.as_deref() == Some("%");
    a.date != b.date && (is_period(a) || is_period(b)) && !is_share(a) && !is_share(b)
}

fn status_rank(value: &Value) -> Option<u8> {
    let status: Status = serde_json::from_value(value.clone()).ok()?;
    Some(match status {
        Status::Planned => 0,
        Status::LandPreparation => 1,
        Status::LandTransferPlanned => 2,
        Status::LandTransferred => 3,
        Status::UnderConstruction | Status::UnderRenewal => 4,
        Status::Completed => 5,
        Status::InUse => 6,
    })
}

fn modality_rank(modality: Modality) -> u8 {
    match modality {
        Modality::Intended => 0,
        Modality::UnderWay => 1,
        Modality::Done => 2,
    }
}

/// Words that say how far an intention goes, the weaker first.
const STAGES: [&[&str]; 3] = [
    &[
        "谋划", "研究", "论证", "支持", "启动", "推动", "推进", "促进",
    ],
    &["加快", "加速", "加紧"],
    &["完成", "实现", "建成"],
];

fn wording_advanced(before: &Claim, after: &Claim, names: &[&str]) -> bool {
    matches!(
        (stage(&before.quote, names), stage(&after.quote, names)),
        (Some(from), Some(to)) if to > from
    )
}

/// The stage of the last such word before the subject's name.
fn stage(quote: &str, names: &[&str]) -> Option<usize> {
    let name = names.iter().filter_map(|name| quote.find(name)).min()?;
    let before = &quote[..name];
    STAGES
        .iter()
        .enumerate()
        .flat_map(|(stage, words)| words.iter().map(move |word| (stage, *word)))
        .filter_map(|(stage, word)| Some((before.rfind(word)?, stage)))
        .max()
        .map(|(_, stage)| stage)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Town;

    impl Subjects for Town {
        fn names(&self, _: &str) -> Vec<&str> {
            vec!["甲地块", "甲地"]
        }

        fn mentions(&self, subject: &str, document: &str) -> Vec<Passage> {
            if subject == "parcels/b" && document == "new" {
                vec![Passage {
                    document: document.into(),
                    section: String::new(),
                    start: 0,
                    end: 2,
                    quote: "乙地".into(),
                }]
            } else {
                vec![]
            }
        }
    }

    fn claim(value: &Value) -> Claim {
        let member = |name: &str| value[name].as_str().map(str::to_owned);
        Claim {
            id: String::new(),
            subject: member("subject").unwrap_or("parcels/a".into()),
            subject_name: "甲地块".into(),
            subject_name_en: "A".into(),
            attribute: member("attribute").unwrap_or("length".into()),
            label: None,
            label_en: None,
            value: value["value"].clone(),
            unit: member("unit"),
            qualifier: None,
            date: member("date"),
            modality: serde_json::from_value(value["modality"].clone())
                .unwrap_or(Modality::Intended),
            document: member("document").unwrap(),
            section: String::new(),
            start: 0,
            end: 0,
            quote: member("quote").unwrap_or_default(),
        }
    }

    /// The relation of two claims that differ as said.
    fn of(mut old: Value, mut new: Value) -> Relation {
        old["document"] = json!("old");
        new["document"] = json!("new");
        let claims = [claim(&old), claim(&new)];
        let pairs = pair(&claims.iter().collect::<Vec<_>>(), "old", "new", &Town);
        assert_eq!(pairs.len(), 1);
        pairs[0].relation
    }

    #[test]
    fn numbers_are_compared_by_value_unit_date_and_modality() {
        let km = |value: f64| json!({ "value": value, "unit": "公里", "date": "2024" });
        let done = |value: f64| {
            let mut claim = km(value);
            claim["modality"] = json!("done");
            claim
        };
        let goal = json!({ "value": null });
        assert_eq!(of(km(2.0), km(2.0)), Relation::CarriedOn);
        assert_eq!(of(km(2.0), km(3.0)), Relation::Changed);
        assert_eq!(
            of(km(2.0), json!({"value": 2, "unit": "里"})),
            Relation::Changed
        );
        assert_eq!(of(km(2.0), done(2.0)), Relation::TakenFurther);
        assert_eq!(of(done(2.0), km(2.0)), Relation::CarriedOn);
        assert_eq!(of(done(2.0), done(3.0)), Relation::Contradicted);
        assert_eq!(of(goal.clone(), km(2.0)), Relation::CarriedOn);
        assert_eq!(of(goal.clone(), done(2.0)), Relation::TakenFurther);
        assert_eq!(of(km(2.0), goal.clone()), Relation::CarriedOn);
        assert_eq!(of(goal.clone(), goal), Relation::CarriedOn);
        let period = json!({ "value": 33, "unit": "条", "date": "2021/2025" });
        let year = json!({ "value": 3, "unit": "条", "date": "2025" });
        assert_eq!(of(period, year), Relation::CarriedOn);
        let share = |value: u8, date: &str| json!({ "value": value, "unit": "%", "date": date });
        assert_eq!(
            of(share(94, "2016/2020"), share(95, "2025")),
            Relation::Changed
        );
        let mut other_year = done(3.0);
        other_year["date"] = json!("2025");
        assert_eq!(of(done(2.0), other_year), Relation::Changed);
    }

    #[test]
    fn statuses_advance_by_their_list_then_by_the_words() {
        let status = |value: &str, modality: &str, quote: &str| json!({ "attribute": "status", "value": value, "modality": modality, "quote": quote });
        let push = status(
            "land_transfer_planned",
            "intended",
            "加快整理，推动甲地挂牌出让",
        );
        let hurry = status("land_transfer_planned", "intended", "加快甲地块有序出让");
        let sold = status("land_transferred", "done", "甲地块已出让");
        assert_eq!(of(push.clone(), hurry.clone()), Relation::TakenFurther);
        assert_eq!(of(hurry.clone(), push.clone()), Relation::CarriedOn);
        assert_eq!(of(push.clone(), push.clone()), Relation::CarriedOn);
        assert_eq!(of(hurry, sold.clone()), Relation::TakenFurther);
        assert_eq!(of(sold, push), Relation::Changed);
    }

    #[test]
    fn what_one_document_alone_says_is_told_apart() {
        let only = |document: &str, subject: &str, attribute: &str| {
            let claims = [claim(&json!({
                "document": document, "subject": subject, "attribute": attribute, "value": "planned"
            }))];
            let pairs = pair(&claims.iter().collect::<Vec<_>>(), "old", "new", &Town);
            (pairs[0].relation, pairs[0].mentions.len())
        };
        assert_eq!(
            only("old", "parcels/a", "status"),
            (Relation::NotMentionedAgain, 0)
        );
        assert_eq!(only("new", "parcels/a", "status"), (Relation::New, 0));
        assert_eq!(only("old", "parcels/b", "status"), (Relation::Mentioned, 1));
        assert_eq!(
            only("old", "parcels/b", "length"),
            (Relation::NotMentionedAgain, 0)
        );
    }
}
