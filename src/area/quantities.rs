//! What documents state of features in numbers: which statement counts, and what adds up.

use std::{borrow::Cow, cmp::Reverse, collections::HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    documents::{Library, Quantity, in_order},
    model::{Feature, Modality},
};

/// The property in which a survey or a register states the area of a parcel, in m².
const STATED_AREA: &str = "area_m2";
const SQUARE_METRES: &str = "平方米";

/// Units of amounts: of two things there is the sum of both.
const UNITS_OF_AMOUNTS: [&str; 43] = [
    "平方米",
    "万平方米",
    "亩",
    "万亩",
    "公顷",
    "平方公里",
    "平方千米", // areas
    "米",
    "公里",
    "千米", // lengths
    "立方米",
    "万立方米",
    "吨",
    "万吨", // volumes and masses
    "元",
    "万元",
    "亿元", // money
    "个",
    "座",
    "处",
    "栋",
    "幢",
    "套",
    "万套",
    "户",
    "万户",
    "间",
    "人",
    "万人",
    "张",
    "辆",
    "条",
    "株",
    "棵",
    "所",
    "家",
    "项",
    "宗",
    "块",
    "台",
    "盏",
    "部",
    "支", // numbers of things
];

/// Words of attributes that are no amounts even in such a unit: two houses of 30 m are not 60 m high.
const NO_AMOUNTS: [&str; 16] = [
    "height",
    "width",
    "depth",
    "elevation",
    "altitude",
    "level",
    "radius",
    "diameter",
    "distance",
    "spacing",
    "setback",
    "average",
    "mean",
    "per",
    "rate",
    "share",
];

/// A quantity of one feature, in the words of the latest statement of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// What is measured.
    pub attribute: Cow<'static, str>,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Cow<'static, str>,
    /// The word before the number: 约, 不低于 …
    pub qualifier: Option<String>,
    /// When it holds as stated.
    pub date: Option<String>,
    /// Done, under way or intended; `None` of the property `area_m2`, which no sentence states.
    pub modality: Option<Modality>,
}

impl Stated {
    /// Whether both would stand in one sum.
    #[must_use]
    pub fn is_of_the_same(&self, other: &Self) -> bool {
        self.attribute == other.attribute
            && self.unit == other.unit
            && self.modality == other.modality
    }
}

/// The sum of a stated quantity over features.
///
/// What is stated of a feature is stated of all of it, also where only a part lies in the area.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sum {
    /// What is measured.
    pub attribute: Cow<'static, str>,
    /// The unit of the sum. Other units stand apart: nothing is converted.
    pub unit: Cow<'static, str>,
    /// Whether it is done, under way or intended; these stand apart too.
    pub modality: Option<Modality>,
    /// The sum, where such quantities add up: years, voltages and heights do not.
    pub sum: Option<f64>,
    /// Features that state it.
    pub features: usize,
    /// Of these, the polygons and lines that only partly lie in the area.
    pub partly_inside: usize,
    /// Of these, those of which the number has a word before it (约, 不低于).
    pub qualified: usize,
}

impl Sum {
    /// The sum of nothing yet, of this quantity.
    fn new(quantity: &Stated) -> Self {
        Self {
            attribute: quantity.attribute.clone(),
            unit: quantity.unit.clone(),
            modality: quantity.modality,
            sum: adds_up(&quantity.attribute, &quantity.unit).then_some(0.0),
            features: 0,
            partly_inside: 0,
            qualified: 0,
        }
    }
}

/// Reads what features state.
pub struct Reader<'a> {
    /// The place of each document among them, from the earliest to the latest.
    order: HashMap<&'a str, usize>,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(default)]
    quantities: Vec<Quantity>,
    /// Data may hold anything here: nothing else reads it.
    #[serde(default)]
    area_m2: Value,
}

impl<'a> Reader<'a> {
    /// A reader of features that cite these documents.
    #[must_use]
    pub fn new(library: &'a Library) -> Self {
        let documents = in_order(library).into_iter().enumerate();
        Self {
            order: documents
                .map(|(place, document)| (&*document.info.id, place))
                .collect(),
        }
    }

    /// The quantities of a feature, each attribute and unit once, and how many statements an other
    /// one replaces.
    ///
    /// Of several, the one of the latest document counts; in one document, the one of the latest
    /// date, among those the last of the text.
    #[must_use]
    pub fn read(&self, feature: &Feature) -> (Vec<Stated>, usize) {
        let text = feature.properties.get();
        // Most features state nothing: a search is quicker than parsing.
        if !text.contains("\"quantities\"") && !text.contains("\"area_m2\"") {
            return (Vec::new(), 0);
        }
        let Ok(properties) = serde_json::from_str::<Properties>(text) else {
            return (Vec::new(), 0);
        };
        let mut quantities = properties.quantities;
        let stated = quantities.len();
        quantities.sort_by_cached_key(|quantity| {
            let date = quantity.date.as_deref().unwrap_or_default();
            Reverse((
                self.order.get(&*quantity.citation.document).copied(),
                date.rsplit('/').next().unwrap_or_default().to_owned(),
                quantity.citation.start,
            ))
        });
        let mut counted: Vec<Stated> = Vec::new();
        for quantity in quantities {
            let known = counted
                .iter()
                .any(|other| other.attribute == quantity.attribute && other.unit == quantity.unit);
            if !known {
                counted.push(Stated {
                    attribute: quantity.attribute.into(),
                    value: quantity.value,
                    unit: quantity.unit.into(),
                    qualifier: quantity.qualifier,
                    date: quantity.date,
                    modality: Some(quantity.modality),
                });
            }
        }
        let replaced = stated - counted.len();
        counted.extend(properties.area_m2.as_f64().map(|value| Stated {
            attribute: STATED_AREA.into(),
            value,
            unit: SQUARE_METRES.into(),
            qualifier: None,
            date: None,
            modality: None,
        }));
        (counted, replaced)
    }
}

/// Adds what a feature states to the sums.
pub(super) fn add(sums: &mut Vec<Sum>, stated: &[Stated], partly_inside: bool) {
    for quantity in stated {
        let place = sums
            .iter()
            .position(|sum| {
                sum.attribute == quantity.attribute
                    && sum.unit == quantity.unit
                    && sum.modality == quantity.modality
            })
            .unwrap_or_else(|| {
                sums.push(Sum::new(quantity));
                sums.len() - 1
            });
        let sum = &mut sums[place];
        if let Some(total) = &mut sum.sum {
            *total += quantity.value;
        }
        sum.features += 1;
        sum.partly_inside += usize::from(partly_inside);
        sum.qualified += usize::from(quantity.qualifier.is_some());
    }
}

/// Brings sums into their order, and takes off the noise of adding decimal fractions.
pub(super) fn finish(sums: &mut [Sum]) {
    let rank = |modality: Option<Modality>| match modality {
        None => 0,
        Some(Modality::Done) => 1,
        Some(Modality::UnderWay) => 2,
        Some(Modality::Intended) => 3,
    };
    sums.sort_by(|a, b| {
        let key = |sum: &Sum| (sum.attribute.clone(), sum.unit.clone(), rank(sum.modality));
        key(a).cmp(&key(b))
    });
    for sum in sums {
        sum.sum = sum.sum.map(|total| (total * 1e6).round() / 1e6);
    }
}

/// Whether quantities of this sort add up. Where it is not known, they do not.
fn adds_up(attribute: &str, unit: &str) -> bool {
    UNITS_OF_AMOUNTS.contains(&unit) && !attribute.split('_').any(|word| NO_AMOUNTS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_add_up_and_nothing_else_does() {
        for (attribute, unit) in [
            ("land_area", "公顷"),
            ("length", "公里"),
            ("hospital_beds", "张"),
            ("area_m2", "平方米"),
        ] {
            assert!(adds_up(attribute, unit), "{attribute} {unit}");
        }
        for (attribute, unit) in [
            ("target_year", "年"),
            ("voltage", "千伏"),
            ("building_height", "米"),
            ("park_green_per_capita", "平方米"),
            ("green_share", "%"),
            ("capacity", "标准箱"),
        ] {
            assert!(!adds_up(attribute, unit), "{attribute} {unit}");
        }
    }
}
