//! What filters and sorting may name of a feature.

use std::borrow::Cow;

use crate::{
    filter::{Instant, Queryable, Record, Span, Type, Value},
    model::{Feature, Period},
};

/// A property of a feature that filters may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Its id within its collection.
    Id,
    /// Its name.
    Name,
    /// Its name in English.
    NameEn,
    /// Other forms of its name.
    Aliases,
    /// Its kind.
    Kind,
    /// Where it stands.
    Status,
    /// The times that its statuses state.
    Date,
    /// How it was located.
    LocatedBy,
    /// How far off it may be, metres.
    AccuracyM,
    /// The whole name of what contains it, where that is all that is known.
    Container,
    /// Whole names of the zones in which it lies, or may lie.
    Zones,
    /// Ids of the documents that it cites.
    Documents,
    /// The code of what its land is for.
    LandUse,
    /// Its area as stated, m².
    AreaM2,
    /// Its address.
    Address,
    /// Where its data come from.
    Source,
    /// Under which terms.
    Licence,
    /// Its geometry.
    Geometry,
}

impl Field {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 18] = [
        Self::Id,
        Self::Name,
        Self::NameEn,
        Self::Aliases,
        Self::Kind,
        Self::Status,
        Self::Date,
        Self::LocatedBy,
        Self::AccuracyM,
        Self::Container,
        Self::Zones,
        Self::Documents,
        Self::LandUse,
        Self::AreaM2,
        Self::Address,
        Self::Source,
        Self::Licence,
        Self::Geometry,
    ];

    /// Its name in filters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::NameEn => "name_en",
            Self::Aliases => "aliases",
            Self::Kind => "kind",
            Self::Status => "status",
            Self::Date => "date",
            Self::LocatedBy => "located_by",
            Self::AccuracyM => "accuracy_m",
            Self::Container => "container",
            Self::Zones => "zones",
            Self::Documents => "documents",
            Self::LandUse => "land_use",
            Self::AreaM2 => "area_m2",
            Self::Address => "address",
            Self::Source => "source",
            Self::Licence => "licence",
            Self::Geometry => "geometry",
        }
    }

    /// What sort of values it has.
    #[must_use]
    pub fn kind(self) -> Type {
        match self {
            Self::AccuracyM | Self::AreaM2 => Type::Number,
            Self::Aliases | Self::Zones | Self::Documents => Type::Texts,
            Self::Date => Type::Days,
            Self::Geometry => Type::Geometry,
            _ => Type::Text,
        }
    }

    /// Whether features are served with a property of its name.
    #[must_use]
    pub fn is_served(self) -> bool {
        !matches!(
            self,
            Self::Id | Self::Date | Self::Documents | Self::Geometry
        )
    }

    /// Whether features can be brought into its order.
    #[must_use]
    pub fn is_sortable(self) -> bool {
        matches!(self.kind(), Type::Text | Type::Number)
    }

    /// Finds one by its name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// All of them, as filters want them.
    #[must_use]
    pub fn queryables() -> Vec<Queryable<Self>> {
        Self::ALL
            .into_iter()
            .map(|field| Queryable {
                name: field.name().into(),
                property: field,
                kind: field.kind(),
            })
            .collect()
    }
}

impl Record<Field> for Feature {
    fn value(&self, field: Field) -> Value<'_> {
        let text = |text| Value::Text(Cow::Borrowed(text));
        let or_null = |value: Option<_>| value.unwrap_or(Value::Null);
        match field {
            Field::Id => text(&self.id),
            Field::Name => text(&self.name),
            Field::NameEn => text(&self.name_en),
            Field::Aliases => Value::Texts(self.aliases.iter().map(|a| (&**a).into()).collect()),
            Field::Kind => text(&self.kind),
            Field::Status => or_null(self.status.map(|status| text(status.as_str()))),
            Field::Date if self.periods.is_empty() => Value::Null,
            Field::Date => Value::Spans(self.periods.iter().map(span).collect()),
            Field::LocatedBy => text(self.located_by.as_str()),
            Field::AccuracyM => or_null(
                self.geometry
                    .as_ref()
                    .map(|_| Value::Number(self.accuracy_m)),
            ),
            Field::Container => or_null(
                self.container
                    .as_ref()
                    .map(|name| Value::Text(name.to_string().into())),
            ),
            Field::Zones => Value::Texts(
                self.zones
                    .iter()
                    .map(|id| format!("zones/{id}").into())
                    .collect(),
            ),
            Field::Documents => {
                Value::Texts(self.documents.iter().map(|id| (&**id).into()).collect())
            }
            Field::LandUse => or_null(self.land_use.as_ref().map(|code| text(code.as_str()))),
            Field::AreaM2 | Field::Address | Field::Source | Field::Licence => {
                stated(self, field.name())
            }
            Field::Geometry => or_null(self.geometry.as_ref().map(Value::Geometry)),
        }
    }
}

fn span(period: &Period) -> Span {
    Span {
        start: period.start().map(Instant::Date),
        end: period.end().map(Instant::Date),
    }
}

/// A text or a number that the properties state; the rest of them is passed over.
fn stated<'a>(feature: &'a Feature, name: &str) -> Value<'a> {
    let mut found = Value::Null;
    feature.each_property(|member, value| {
        if member == name {
            let text = value.get();
            found = if text.starts_with('"') {
                serde_json::from_str(text)
                    .map_or(Value::Null, |text: String| Value::Text(text.into()))
            } else {
                serde_json::from_str(text).map_or(Value::Null, Value::Number)
            };
        }
    });
    found
}
