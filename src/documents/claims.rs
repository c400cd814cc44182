//! What one sentence says of one subject.

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::model::{Citation, FeatureRef, Modality, Status};

/// A line of `seeds/claims.json`: a claim on what is no single feature, or that fits no property.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedClaim {
    /// Its id in the file.
    pub id: String,
    /// The feature that it speaks of.
    pub subject: String,
    /// What it says something about, in English words joined by `_`.
    pub attribute: String,
    /// What it says something about.
    pub label: String,
    /// The same in English.
    pub label_en: String,
    /// The number stated; `None` for a goal without one.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Option<String>,
    /// The word that the text puts before the number: 约, 不低于 …
    pub qualifier: Option<String>,
    /// When it holds as stated: a year, a date, or an interval of years with `/`.
    pub date: Option<String>,
    /// Done, under way or intended, by the sentence's own words.
    pub modality: Modality,
    /// The sentence.
    pub citation: Citation,
}

/// A stated quantity of a feature, as its properties hold it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// What is measured, in English words joined by `_`.
    pub attribute: String,
    /// The number.
    pub value: f64,
    /// Its unit: a quantity without one says nothing.
    pub unit: String,
    /// The word that the text puts before the number.
    pub qualifier: Option<String>,
    /// When it holds as stated.
    pub date: Option<String>,
    /// Done, under way or intended.
    pub modality: Modality,
    /// The sentence.
    pub citation: Citation,
}

/// What one sentence says of one subject.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    /// Id, stable as long as its subject, attribute and place in the data are.
    pub id: String,
    /// Whole name of the subject: `collection/id`.
    pub subject: String,
    /// The subject's name.
    pub subject_name: String,
    /// The subject's name in English.
    pub subject_name_en: String,
    /// What it says something about.
    pub attribute: String,
    /// The same for people, where it is no word of the controlled lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_en: Option<String>,
    /// A number, a status, the words that a table has for a number, or null for a goal without one.
    pub value: Value,
    /// Unit of the number.
    pub unit: Option<String>,
    /// The word before the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// When it holds as stated.
    pub date: Option<String>,
    /// Done, under way or intended.
    pub modality: Modality,
    /// The document.
    pub document: String,
    /// The headings over the sentence.
    pub section: String,
    /// Characters (Unicode code points) before the quote in its document.
    pub start: usize,
    /// Characters before the end of the quote.
    pub end: usize,
    /// The document's own words.
    pub quote: String,
}

/// The subject of a claim.
pub struct Subject<'a> {
    /// Its whole name.
    pub reference: &'a FeatureRef,
    /// Its name.
    pub name: &'a str,
    /// Its name in English.
    pub name_en: &'a str,
}

impl Claim {
    /// What `seeds/claims.json` states.
    #[must_use]
    pub fn stated(claim: &StatedClaim, subject: &Subject<'_>, section: String) -> Self {
        Self {
            label: Some(claim.label.clone()),
            label_en: Some(claim.label_en.clone()),
            value: claim.value.map_or(Value::Null, number),
            unit: claim.unit.clone(),
            qualifier: claim.qualifier.clone(),
            date: claim.date.clone(),
            ..Self::base(
                claim.id.clone(),
                subject,
                &claim.attribute,
                claim.modality,
                &claim.citation,
                section,
            )
        }
    }

    /// What a feature's `quantities` state; `place` is its place in them.
    #[must_use]
    pub fn quantity(
        quantity: &Quantity,
        place: usize,
        subject: &Subject<'_>,
        section: String,
    ) -> Self {
        Self {
            value: number(quantity.value),
            unit: Some(quantity.unit.clone()),
            qualifier: quantity.qualifier.clone(),
            date: quantity.date.clone(),
            ..Self::base(
                format!("{}#quantities-{place}", subject.reference),
                subject,
                &quantity.attribute,
                quantity.modality,
                &quantity.citation,
                section,
            )
        }
    }

    /// What one of a feature's `statuses` states; `place` is its place in them.
    #[must_use]
    pub fn status(
        status: Status,
        date: Option<&str>,
        modality: Modality,
        citation: &Citation,
        place: usize,
        subject: &Subject<'_>,
        section: String,
    ) -> Self {
        Self {
            value: status.as_str().into(),
            date: date.map(str::to_owned),
            ..Self::base(
                format!("{}#statuses-{place}", subject.reference),
                subject,
                "status",
                modality,
                citation,
                section,
            )
        }
    }

    fn base(
        id: String,
        subject: &Subject<'_>,
        attribute: &str,
        modality: Modality,
        citation: &Citation,
        section: String,
    ) -> Self {
        Self {
            id,
            subject: subject.reference.to_string(),
            subject_name: subject.name.to_owned(),
            subject_name_en: subject.name_en.to_owned(),
            attribute: attribute.to_owned(),
            label: None,
            label_en: None,
            value: Value::Null,
            unit: None,
            qualifier: None,
            date: None,
            modality,
            document: citation.document.clone(),
            section,
            start: citation.start,
            end: citation.end(),
            quote: citation.quote.clone(),
        }
    }
}

/// 14 rather than 14.0: both are the same JSON number, and only one is what a document writes.
#[allow(clippy::cast_possible_truncation)] // checked to be whole and small
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        (value as i64).into()
    } else {
        value.into()
    }
}

/// `seeds/indicators.json`: a plan's table of indicators.
#[derive(Debug, Deserialize)]
pub struct Indicators {
    title: Cited,
    columns: Columns,
    note: Cited,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Cited {
    citation: Citation,
}

#[derive(Debug, Deserialize)]
struct Columns {
    base: Column,
    target: Column,
}

#[derive(Debug, Deserialize)]
struct Column {
    text: String,
    citation: Citation,
}

#[derive(Debug, Deserialize)]
struct Row {
    number: u32,
    attribute: String,
    name: String,
    name_en: String,
    unit: String,
    citation: Citation,
    base: Cell,
    target: Cell,
    nature: Nature,
}

/// What a cell of the table holds: its own text, and the number in it if it is one.
#[derive(Debug, Deserialize)]
struct Cell {
    year: i16,
    text: String,
    value: Option<f64>,
    /// In brackets: the sum of the five years that end with `year`.
    cumulative: bool,
}

impl Cell {
    /// Whether the number and the brackets are those of the text.
    fn is_as_written(&self) -> bool {
        let inner = self.text.trim_matches(['[', ']']).trim();
        self.cumulative == self.text.starts_with('[')
            && self
                .value
                .is_none_or(|value| inner.parse() == Ok::<f64, _>(value))
    }

    /// A number, or the words that stand for one; `None` where the cell is empty (`-`).
    fn stated(&self) -> Option<Value> {
        match self.value {
            Some(value) => Some(number(value)),
            None if self.text.chars().any(char::is_alphanumeric) => Some(self.text.clone().into()),
            None => None,
        }
    }

    fn date(&self) -> String {
        if self.cumulative {
            format!("{}/{}", self.year - 4, self.year)
        } else {
            self.year.to_string()
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Nature {
    #[serde(rename = "预期性")]
    Expected,
    #[serde(rename = "约束性")]
    Binding,
}

impl Indicators {
    /// Every citation in the table, each with what to call it in messages.
    pub fn citations(&self) -> impl Iterator<Item = (String, &Citation)> {
        let heads = [
            ("title", &self.title.citation),
            ("columns.base", &self.columns.base.citation),
            ("columns.target", &self.columns.target.citation),
            ("note", &self.note.citation),
        ];
        heads
            .into_iter()
            .map(|(name, citation)| (name.to_owned(), citation))
            .chain(
                self.rows
                    .iter()
                    .map(|row| (format!("rows[{}]", row.number), &row.citation)),
            )
    }

    /// What each row states of `subject`: the year that the plan starts from, as done, and the
    /// year that it aims at, as intended. The heads of the columns qualify the numbers (2020年预计).
    pub fn claims<'a>(
        &'a self,
        subject: &'a Subject<'a>,
        section: impl Fn(&Citation) -> String + 'a,
    ) -> impl Iterator<Item = Claim> + 'a {
        self.rows.iter().flat_map(move |row| {
            let section = section(&row.citation);
            let claim = move |column: &str, head: &Column, cell: &Cell, modality: Modality| {
                let value = cell.stated()?;
                Some(Claim {
                    label: Some(row.name.clone()),
                    label_en: Some(row.name_en.clone()),
                    unit: value.is_number().then(|| row.unit.clone()),
                    value,
                    qualifier: Some(head.text.clone()),
                    date: Some(cell.date()),
                    ..Claim::base(
                        format!("indicators-{}-{column}", row.number),
                        subject,
                        &row.attribute,
                        modality,
                        &row.citation,
                        section.clone(),
                    )
                })
            };
            [
                claim("base", &self.columns.base, &row.base, Modality::Done),
                claim(
                    "target",
                    &self.columns.target,
                    &row.target,
                    Modality::Intended,
                ),
            ]
            .into_iter()
            .flatten()
        })
    }

    /// The rows whose cells do not all stand in their own quote, by number.
    pub fn rows_beside_their_quote(&self) -> impl Iterator<Item = u32> {
        self.rows
            .iter()
            .filter(|row| {
                let nature = match row.nature {
                    Nature::Expected => "预期性",
                    Nature::Binding => "约束性",
                };
                let stands = [row.base.text.as_str(), &row.target.text, nature]
                    .into_iter()
                    .all(|text| row.citation.quote.contains(text));
                !(stands && row.base.is_as_written() && row.target.is_as_written())
            })
            .map(|row| row.number)
    }
}

/// The table, read and checked, and its text as it is served.
#[derive(Debug)]
pub struct IndicatorTable {
    /// For the checks.
    pub table: Indicators,
    /// As it stands in the file.
    pub text: Box<RawValue>,
}
