//! Rows compared with what stands, by key: what each makes of a feature, or why it can't be taken.

use geo::Geometry;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    feature::Shaping,
    leads,
    prepared::{Counts, Flaw},
    request::Failed,
    slug::{slug, telling},
    staging::{Sort, Staging, Stands},
};
use crate::{
    exchange::{
        doctor::{Converter, Shapes},
        layer::{Row, RowFlaw},
    },
    geometry::write::GeoJson,
    model::{Text, is_slug},
    store::{
        Rules, Snapshot,
        record::{Hash, RecordError, edited_form},
    },
};

/// Flaws that are told one by one.
const MAX_FLAWS: usize = 100;

/// What a comparison asks of a feature that stands.
#[derive(Deserialize)]
pub struct Standing {
    #[serde(default)]
    geometry: Value,
    /// What is said of it.
    #[serde(default)]
    pub properties: Map<String, Value>,
}

/// Shapes that differ by less are the same, degrees: a millimetre, to which files are exact that were
/// written in another system.
const SAME_DEGREES: f64 = 1.2e-8;

/// Whether two GeoJSON geometries are the same to a millimetre.
fn is_same_shape(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| is_same_shape(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_shape(a, b))
        }
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() < SAME_DEGREES,
            _ => false,
        },
        _ => a == b,
    }
}

/// A feature in the form in which it is kept, with the shape that stands where it is the same; and whether
/// it is another.
fn settled(body: Vec<u8>, standing: Option<&Standing>, id: &str) -> Result<(Vec<u8>, bool), Text> {
    let Some(standing) = standing else {
        return Ok((body, true));
    };
    let mut feature: Value = match serde_json::from_slice(&body) {
        Ok(feature) => feature,
        Err(_) => return Ok((body, true)),
    };
    if feature["geometry"] == standing.geometry {
        return Ok((body, false));
    }
    if !is_same_shape(&feature["geometry"], &standing.geometry) {
        return Ok((body, true));
    }
    feature["geometry"] = standing.geometry.clone();
    Ok((edited_form(feature, id)?, false))
}

/// Compares rows with what stands.
pub struct Comparison<'a> {
    /// What every feature of the collection must keep to.
    pub rules: Rules<'a>,
    /// The data that stand.
    pub snapshot: &'a Snapshot,
    /// The collection that takes the rows.
    pub into: &'a str,
    /// Makes properties of rows.
    pub shaping: Shaping<'a>,
    /// Brings their shapes into degrees.
    pub converter: Converter,
    /// Their shapes, for the doctor.
    pub shapes: Shapes<'a>,
    /// Where what would change is kept.
    pub staging: Staging,
    /// Whether any row has a shape: a table of attributes alone leaves shapes as they are.
    pub has_shapes: bool,
    /// Rows without a shape whose features have one.
    pub losing: Vec<u64>,
    /// What becomes of the features.
    pub counts: Counts,
    /// The first rows that can't be taken.
    pub flaws: Vec<Flaw>,
    /// Rows of which nobody can tell whose they are.
    pub unkeyed: u64,
}

impl Comparison<'_> {
    /// Compares one row, and counts it.
    pub fn take(&mut self, row: Result<Row, RowFlaw>) -> Result<(), Failed> {
        let row = match row {
            Ok(row) => row,
            Err(flaw) => {
                self.unkeyed += 1;
                self.flaw(flaw.number, None, flaw.text);
                return Ok(());
            }
        };
        let key = self.shaping.key(&row);
        // What is invalid is in the file all the same: it is not missing.
        let id = match &key {
            Some(key) => self.id(key)?,
            None => None,
        };
        match &id {
            Some(id) => self.staging.seen(id)?,
            None => self.unkeyed += 1,
        }
        match self.compared(&row, key.as_deref(), id)? {
            Ok(()) => {}
            Err(reason) => self.flaw(row.number, key, reason),
        }
        Ok(())
    }

    fn flaw(&mut self, row: u64, key: Option<String>, reason: Text) {
        self.counts.invalid += 1;
        if self.flaws.len() < MAX_FLAWS {
            self.flaws.push(Flaw { row, key, reason });
        }
    }

    /// Takes out rows that refer to what will not be there.
    pub fn fell(&mut self, removing: bool, go_on: &mut leads::GoOn<'_>) -> Result<(), RecordError> {
        let (counts, flaws) = (&mut self.counts, &mut self.flaws);
        leads::fell(
            &self.staging,
            self.snapshot,
            self.into,
            removing,
            &mut |fallen| {
                match fallen.sort {
                    Sort::Added => counts.added -= 1,
                    Sort::Changed => counts.changed -= 1,
                    Sort::Unchanged | Sort::Removed => return,
                }
                counts.invalid += 1;
                flaws.push(Flaw {
                    row: fallen.row,
                    key: Some(fallen.key),
                    reason: fallen.reason,
                });
                if flaws.len() > 2 * MAX_FLAWS {
                    first_flaws(flaws);
                }
            },
            go_on,
        )?;
        first_flaws(flaws);
        Ok(())
    }

    /// The id of the feature with a key: of the one that stands with it, or one made of the key.
    fn id(&self, key: &str) -> Result<Option<String>, RecordError> {
        if let Some(id) = self.staging.id_of_key(key)? {
            return Ok(Some(id));
        }
        let own = if is_slug(key) {
            Some(key.to_owned())
        } else {
            slug(key)
        };
        let Some(own) = own else { return Ok(None) };
        let others = self
            .staging
            .standing(&own)?
            .is_some_and(|stands| stands.key.is_some_and(|other| other != key));
        Ok(Some(if others || self.staging.has(&own)? {
            telling(&own, key)
        } else {
            own
        }))
    }

    /// Keeps what a row makes of a feature; the inner error says why it can't be taken.
    fn compared(
        &mut self,
        row: &Row,
        key: Option<&str>,
        id: Option<String>,
    ) -> Result<Result<(), Text>, Failed> {
        let geometry = match self.geometry(row) {
            Ok(geometry) => geometry,
            Err(reason) => return Ok(Err(reason)),
        };
        let Some(key) = key else {
            return Ok(Err(Text::new("没有编号", "it has no key")));
        };
        if let Some(earlier) = self.staging.take_key(key, row.number)? {
            return Ok(Err(Text::new(
                format!("编号“{key}”与第 {earlier} 行相同"),
                format!("its key “{key}” is that of row {earlier} too"),
            )));
        }
        let Some(id) = id else {
            return Ok(Err(Text::new(
                format!("编号“{key}”中没有字母、数字或汉字"),
                format!("its key “{key}” has no letter, digit or Chinese character"),
            )));
        };
        if self.staging.has(&id)? {
            return Ok(Err(Text::new(
                format!("编号“{key}”与另一行的编号写成同一个 id：{id}"),
                format!("its key “{key}” and that of another row make one id: {id}"),
            )));
        }
        let stands = self.staging.standing(&id)?;
        let standing: Option<Standing> = stands
            .as_ref()
            .and_then(|stands| serde_json::from_slice(&stands.body).ok());
        let said = standing.as_ref().map(|standing| &standing.properties);
        let placed = standing
            .as_ref()
            .filter(|standing| geometry.is_none() && !standing.geometry.is_null());
        let keeps_place = placed.is_some() && !self.has_shapes;
        if placed.is_some() && self.has_shapes {
            self.losing.push(row.number);
        }
        let geometry = match placed {
            Some(standing) if keeps_place => standing.geometry.clone(),
            _ => serde_json::to_value(geometry.as_ref().map(GeoJson)).unwrap_or_default(),
        };
        let properties = match self.shaping.properties(row, key, said, keeps_place) {
            Ok(properties) => properties,
            Err(reason) => return Ok(Err(reason)),
        };
        if let (Some(Stands { hash, .. }), Some(said)) = (&stands, said) {
            let same = self.shaping.with_standing_origin(&properties, said);
            let body = kept(&id, &geometry, same);
            if let Ok((body, _)) = body.and_then(|body| settled(body, standing.as_ref(), &id))
                && Hash::of(&body) == *hash
            {
                self.counts.unchanged += 1;
                let stays = (Sort::Unchanged, false);
                self.staging
                    .keep((row.number, &id, key), stays, Some(*hash), None)?;
                return Ok(Ok(()));
            }
        }
        let body = kept(&id, &geometry, properties);
        let settled = body.and_then(|body| settled(body, standing.as_ref(), &id));
        let (body, moves) = match settled {
            Ok(settled) => settled,
            Err(reason) => return Ok(Err(reason)),
        };
        let text = std::str::from_utf8(&body).unwrap_or_default();
        let told = self.rules.row(text, self.snapshot);
        if let Some(reason) = told.flaws.into_iter().next() {
            return Ok(Err(reason));
        }
        for lead in &told.leads {
            self.staging.lead(row.number, lead)?;
        }
        let sort = if stands.is_some() {
            self.counts.changed += 1;
            Sort::Changed
        } else {
            self.counts.added += 1;
            Sort::Added
        };
        self.staging.keep(
            (row.number, &id, key),
            (sort, moves),
            stands.map(|stands| stands.hash),
            Some(&body),
        )?;
        Ok(Ok(()))
    }

    /// The shape of a row in degrees, which can be kept.
    fn geometry(&mut self, row: &Row) -> Result<Option<Geometry<f64>>, Text> {
        let converted = row
            .geometry
            .as_ref()
            .map(|geometry| self.converter.geometry(geometry))
            .transpose();
        match converted {
            Ok(geometry) => {
                self.shapes.take(row.number, geometry.as_ref())?;
                Ok(geometry)
            }
            Err(flaw) => {
                self.shapes.take_unreadable(row.number, &flaw);
                Err(flaw)
            }
        }
    }
}

/// Leaves the first of them in the file's order.
fn first_flaws(flaws: &mut Vec<Flaw>) {
    flaws.sort_by_key(|flaw| flaw.row);
    flaws.truncate(MAX_FLAWS);
}

/// A feature in the form in which it is kept.
fn kept(id: &str, geometry: &Value, properties: Map<String, Value>) -> Result<Vec<u8>, Text> {
    let feature: Map<String, Value> = [
        ("type".to_owned(), "Feature".into()),
        ("geometry".to_owned(), geometry.clone()),
        ("properties".to_owned(), properties.into()),
    ]
    .into_iter()
    .collect();
    edited_form(feature.into(), id)
}
