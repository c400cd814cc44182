//! What the doctor says.

use serde_json::{Map, Value, json};

use crate::{
    geometry::{crs::Crs, datum::Datum},
    model::Text,
};

/// Rows that are named as examples, at most.
pub const MAX_EXAMPLES: usize = 10;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// How bad it would be to write the data as they are.
    pub severity: Severity,
    /// How sure this is, 0 to 1.
    pub confidence: f64,
    /// How many features it is about.
    pub count: u64,
    /// The same for people.
    pub message: Text,
    /// The numbers of some rows, as the file counts them.
    pub examples: Vec<u64>,
    /// What the doctor would do.
    pub proposal: Option<Proposal>,
}

/// How bad it would be to write the data as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Better looked at.
    Warning,
    /// Not without somebody's decision.
    Error,
}

impl Severity {
    /// Its word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What can be found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its word in answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

codes! {
    /// The first number is north.
    AxesSwapped = "axes_swapped",
    /// Metres stand where degrees are stated.
    ProjectedAsDegrees = "projected_as_degrees",
    /// Degrees stand where metres are stated.
    DegreesAsProjected = "degrees_as_projected",
    /// The easting begins with the number of its zone and should not, or does not and should.
    ZonePrefix = "zone_prefix",
    /// Another central meridian.
    OtherMeridian = "other_meridian",
    /// Another reference system, in another way.
    OtherSystem = "other_system",
    /// The metres of web maps.
    WebMercator = "web_mercator",
    /// A reference system that is none of those served.
    ForeignSystem = "foreign_system",
    /// The file does not say, and this fits.
    CrsNotStated = "crs_not_stated",
    /// No way of reading brings it here.
    Elsewhere = "elsewhere",
    /// Degrees of GCJ-02.
    Gcj02 = "gcj02",
    /// Degrees of BD-09.
    Bd09 = "bd09",
    /// The datum that is chosen is contradicted, and WGS 84 fits.
    NotShifted = "not_shifted",
    /// The streets agree with how it is read.
    DatumFits = "datum_fits",
    /// There is too little to tell whether it is shifted.
    DatumUnclear = "datum_unclear",
    /// A ring that is none, or a number that is none.
    InvalidRing = "invalid_ring",
    /// A ring that crosses itself or another.
    SelfCrossing = "self_crossing",
    /// A sort of geometry that can't be kept.
    Unsupported = "unsupported_geometry",
    /// No geometry.
    NoGeometry = "no_geometry",
    /// No geometry, where the feature has one.
    LosesShape = "loses_shape",
    /// Polygons hardly wider than a line.
    Sliver = "sliver",
    /// The same shape twice.
    Duplicate = "duplicate",
    /// Polygons that cover the same ground.
    Overlap = "overlap",
    /// Polygons that cover ground of features that stand.
    OverlapStanding = "overlap_standing",
    /// Too much to compare every pair.
    OverlapUnchecked = "overlap_unchecked",
    /// Outside the district.
    Outside = "outside_district",
}

/// Options of an import, as the doctor would set them. What is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proposal {
    /// The reference system.
    pub crs: Option<Crs>,
    /// Whether the axes are swapped.
    pub swap_axes: Option<bool>,
    /// The datum that the degrees come from; `Some(None)` for that of WGS 84.
    pub from_datum: Option<FromDatum>,
    /// Leave out what is invalid.
    pub skip_invalid: bool,
}

/// A datum proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromDatum {
    /// That of WGS 84.
    Wgs84,
    /// Another.
    Other(Datum),
}

impl FromDatum {
    /// As a reading has it.
    #[must_use]
    pub fn option(self) -> Option<Datum> {
        match self {
            Self::Wgs84 => None,
            Self::Other(datum) => Some(datum),
        }
    }
}

impl Proposal {
    /// As options of the interface.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut options = Map::new();
        if let Some(crs) = self.crs {
            options.insert("crs".into(), crs.short_name().into());
        }
        if let Some(swap) = self.swap_axes {
            options.insert("swap_axes".into(), swap.into());
        }
        if let Some(datum) = self.from_datum {
            let word = datum.option().map(Datum::as_str);
            options.insert("from_datum".into(), word.into());
        }
        if self.skip_invalid {
            options.insert("skip_invalid".into(), true.into());
        }
        Value::Object(options)
    }

    /// As options of the command line.
    #[must_use]
    pub fn arguments(&self) -> String {
        let mut words = Vec::new();
        if let Some(crs) = self.crs {
            words.push(format!("--crs {}", crs.short_name()));
        }
        match self.swap_axes {
            Some(true) => words.push("--swap-axes".to_owned()),
            Some(false) => words.push("不加 (without) --swap-axes".to_owned()),
            None => {}
        }
        match self.from_datum.map(FromDatum::option) {
            Some(Some(datum)) => words.push(format!("--from-datum {}", datum.as_str())),
            Some(None) => words.push("不加 (without) --from-datum".to_owned()),
            None => {}
        }
        if self.skip_invalid {
            words.push("--skip-invalid".to_owned());
        }
        words.join(" ")
    }
}

impl Finding {
    /// As the interface answers it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "code": self.code.as_str(),
            "severity": self.severity.as_str(),
            "confidence": (self.confidence * 100.0).round() / 100.0,
            "count": self.count,
            "message": self.message.zh,
            "message_en": self.message.en,
            "examples": self.examples,
            "proposal": self.proposal.map(|proposal| proposal.json()),
        })
    }
}
