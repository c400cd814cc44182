//! Days, moments, spans of them, and the relations between spans.

use jiff::{Timestamp, civil::Date};

/// A day or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instant {
    /// A day of the Gregorian calendar, of no time zone.
    Date(Date),
    /// A moment.
    Timestamp(Timestamp),
}

impl Instant {
    /// Reads `2024-02-29` or `2024-02-29T08:30:00Z`.
    ///
    /// # Errors
    /// `None` where the text is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_date(text).or_else(|| Self::parse_timestamp(text))
    }

    /// Reads an RFC 3339 `full-date`.
    ///
    /// # Errors
    /// `None` where the text is none.
    #[must_use]
    pub fn parse_date(text: &str) -> Option<Self> {
        let digits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        digits.then(|| text.parse().ok().map(Self::Date)).flatten()
    }

    /// Reads an RFC 3339 `date-time`.
    ///
    /// # Errors
    /// `None` where the text is none.
    #[must_use]
    pub fn parse_timestamp(text: &str) -> Option<Self> {
        let shape = text.get(10..11).is_some_and(|t| t == "T") && text.is_ascii();
        shape
            .then(|| text.parse().ok().map(Self::Timestamp))
            .flatten()
    }

    /// Whether it is a day.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// A number that orders instants of a grain.
    fn key(self, grain: Grain) -> i128 {
        match (self, grain) {
            (Self::Date(date), _) => {
                i128::from(date.duration_since(Date::constant(1970, 1, 1)).as_secs()) / DAY
            }
            (Self::Timestamp(moment), Grain::Day) => i128::from(moment.as_second()).div_euclid(DAY),
            (Self::Timestamp(moment), Grain::Moment) => moment.as_nanosecond(),
        }
    }

    /// Compares two instants; a day and a moment by the day in UTC on which the moment falls.
    #[must_use]
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        let grain = Grain::of([self, other]);
        self.key(grain).cmp(&other.key(grain))
    }
}

/// Seconds of a day.
const DAY: i128 = 86_400;

/// How finely times are told apart.
#[derive(Clone, Copy, PartialEq)]
enum Grain {
    Day,
    Moment,
}

impl Grain {
    /// Days, where one of the instants is a day.
    fn of(instants: impl IntoIterator<Item = Instant>) -> Self {
        if instants.into_iter().any(Instant::is_date) {
            Self::Day
        } else {
            Self::Moment
        }
    }
}

/// From one instant to another, both included; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it starts.
    pub start: Option<Instant>,
    /// Where it ends.
    pub end: Option<Instant>,
}

impl Span {
    /// An instant alone.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self {
            start: Some(instant),
            end: Some(instant),
        }
    }

    fn instants(&self) -> impl Iterator<Item = Instant> {
        self.start.into_iter().chain(self.end)
    }

    /// Its ends as numbers, open ones beyond all others.
    fn keys(&self, grain: Grain) -> (i128, i128) {
        (
            self.start.map_or(i128::MIN, |instant| instant.key(grain)),
            self.end.map_or(i128::MAX, |instant| instant.key(grain)),
        )
    }
}

/// The temporal functions of CQL2 (OGC 21-065r2, 7.9), after the W3C/OGC Time Ontology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemporalRelation {
    /// It starts after the other has ended.
    After,
    /// It ends before the other starts.
    Before,
    /// It starts before the other and ends after it.
    Contains,
    /// They share no instant.
    Disjoint,
    /// It starts after the other and ends before it.
    During,
    /// Both ends are the same.
    Equals,
    /// It starts before the other and ends with it.
    FinishedBy,
    /// It starts after the other and ends with it.
    Finishes,
    /// They share an instant.
    Intersects,
    /// It ends where the other starts.
    Meets,
    /// It starts where the other ends.
    MetBy,
    /// It starts within the other and ends after it.
    OverlappedBy,
    /// It starts before the other and ends within it.
    Overlaps,
    /// It starts with the other and ends after it.
    StartedBy,
    /// It starts with the other and ends before it.
    Starts,
}

impl TemporalRelation {
    /// Whether it is defined of instants too.
    #[must_use]
    pub fn takes_instants(self) -> bool {
        matches!(
            self,
            Self::After | Self::Before | Self::Disjoint | Self::Equals | Self::Intersects
        )
    }

    /// Whether it holds between two times, each of one or more spans. They intersect where two of
    /// their spans do; all else is told from their first and their last instant.
    ///
    /// Where one is told in days, both are.
    #[must_use]
    pub fn holds(self, a: &[Span], b: &[Span]) -> bool {
        let grain = Grain::of(a.iter().chain(b).flat_map(Span::instants));
        let meet = || {
            a.iter().any(|a| {
                b.iter().any(|b| {
                    let ((a1, a2), (b1, b2)) = (a.keys(grain), b.keys(grain));
                    a1 <= b2 && b1 <= a2
                })
            })
        };
        let whole = |spans: &[Span]| {
            spans
                .iter()
                .map(|span| span.keys(grain))
                .fold((i128::MAX, i128::MIN), |(first, last), (start, end)| {
                    (first.min(start), last.max(end))
                })
        };
        let ((a1, a2), (b1, b2)) = (whole(a), whole(b));
        match self {
            Self::After => a1 > b2,
            Self::Before => a2 < b1,
            Self::Contains => a1 < b1 && a2 > b2,
            Self::Disjoint => !meet(),
            Self::During => a1 > b1 && a2 < b2,
            Self::Equals => a1 == b1 && a2 == b2,
            Self::FinishedBy => a1 < b1 && a2 == b2,
            Self::Finishes => a1 > b1 && a2 == b2,
            Self::Intersects => meet(),
            Self::Meets => a2 == b1,
            Self::MetBy => a1 == b2,
            Self::OverlappedBy => a1 > b1 && a1 < b2 && a2 > b2,
            Self::Overlaps => a1 < b1 && a2 > b1 && a2 < b2,
            Self::StartedBy => a1 == b1 && a2 > b2,
            Self::Starts => a1 == b1 && a2 < b2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        let (start, end) = text.split_once('/').unwrap_or((text, text));
        Span {
            start: Instant::parse(start),
            end: Instant::parse(end),
        }
    }

    #[test]
    fn every_relation_has_a_pair_for_which_it_alone_of_allens_thirteen_holds() {
        use TemporalRelation as R;
        let allen = [
            R::Before,
            R::After,
            R::Meets,
            R::MetBy,
            R::Overlaps,
            R::OverlappedBy,
            R::Starts,
            R::StartedBy,
            R::During,
            R::Contains,
            R::Finishes,
            R::FinishedBy,
            R::Equals,
        ];
        let other = "2020-03-01/2020-06-01";
        for (one, relation) in [
            ("2020-01-01/2020-02-01", R::Before),
            ("2020-07-01/2020-08-01", R::After),
            ("2020-01-01/2020-03-01", R::Meets),
            ("2020-06-01/2020-08-01", R::MetBy),
            ("2020-01-01/2020-04-01", R::Overlaps),
            ("2020-04-01/2020-08-01", R::OverlappedBy),
            ("2020-03-01/2020-04-01", R::Starts),
            ("2020-03-01/2020-08-01", R::StartedBy),
            ("2020-04-01/2020-05-01", R::During),
            ("2020-01-01/2020-08-01", R::Contains),
            ("2020-04-01/2020-06-01", R::Finishes),
            ("2020-01-01/2020-06-01", R::FinishedBy),
            (other, R::Equals),
        ] {
            let (a, b) = ([span(one)], [span(other)]);
            let held: Vec<R> = allen.into_iter().filter(|r| r.holds(&a, &b)).collect();
            assert_eq!(held, [relation], "{one}");
            let apart = matches!(relation, R::Before | R::After);
            assert_eq!(R::Disjoint.holds(&a, &b), apart, "{one}");
            assert_eq!(R::Intersects.holds(&a, &b), !apart, "{one}");
        }
    }

    #[test]
    fn open_ends_days_and_several_spans() {
        use TemporalRelation as R;
        let open = Span {
            start: span("2020-01-01").start,
            end: None,
        };
        assert!(R::Contains.holds(
            &[Span {
                start: None,
                end: None
            }],
            &[span("2020-01-01")]
        ));
        assert!(R::Before.holds(&[span("2019-12-31")], &[open]));
        assert!(R::Intersects.holds(&[span("2020-01-01T23:59:59Z")], &[span("2020-01-01")]));
        assert!(R::Before.holds(&[span("1969-12-31T23:59:59Z")], &[span("1970-01-01")]));
        let two = [span("2021-01-01/2021-12-31"), span("2025-01-01/2025-12-31")];
        assert!(R::Disjoint.holds(&two, &[span("2023-06-01")]));
        assert!(R::Contains.holds(&two, &[span("2023-06-01")]));
        assert!(R::Intersects.holds(&two, &[span("2025-06-01/2030-01-01")]));
        assert!(R::During.holds(&two, &[span("2020-01-01/2030-01-01")]));
    }

    #[test]
    fn what_is_no_instant() {
        for text in [
            "",
            "2020",
            "2020-13-01",
            "2020-02-30",
            "2020-01-01 10:00:00",
            "2020-01-01T10:00:00",
            "20200101",
            "2020-01-01T25:00:00Z",
            "二〇二〇",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
        assert!(Instant::parse("2020-01-01T10:00:00.5Z").is_some());
    }
}
