//! Stated times, which are often only years.

use jiff::civil::Date;

/// A span of whole days, both ends included; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    start: Option<Date>,
    end: Option<Date>,
}

impl Period {
    /// Reads a date as documents state it: `2021`, `2021-03` or `2021-03-08`.
    ///
    /// # Errors
    /// `None` where the text is none of these.
    #[must_use]
    pub fn parse_date(text: &str) -> Option<Self> {
        let (start, end) = match text.len() {
            4 => {
                let start: Date = format!("{text}-01-01").parse().ok()?;
                (start, start.last_of_year())
            }
            7 => {
                let start: Date = format!("{text}-01").parse().ok()?;
                (start, start.last_of_month())
            }
            10 => {
                let day: Date = text.parse().ok()?;
                (day, day)
            }
            _ => return None,
        };
        Some(Self {
            start: Some(start),
            end: Some(end),
        })
    }

    /// Reads the `datetime` parameter of OGC API: a date, an RFC 3339 timestamp, or an interval of
    /// them with `..` or nothing for an open end.
    ///
    /// # Errors
    /// `None` where the text is none of these, or the interval ends before it starts.
    #[must_use]
    pub fn parse_query(text: &str) -> Option<Self> {
        let instant = |text: &str| -> Option<Period> {
            if text.len() <= 10 {
                Self::parse_date(text)
            } else {
                // The day as the asker writes it: documents state days of their own place.
                text.parse::<jiff::Timestamp>().ok()?;
                Self::parse_date(text.get(..10)?)
            }
        };
        let Some((from, to)) = text.split_once('/') else {
            return instant(text);
        };
        let open = |text: &str| text.is_empty() || text == "..";
        if open(from) && open(to) {
            return None;
        }
        let start = if open(from) {
            None
        } else {
            instant(from)?.start
        };
        let end = if open(to) { None } else { instant(to)?.end };
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            return None;
        }
        Some(Self { start, end })
    }

    /// Its first day.
    #[must_use]
    pub fn start(&self) -> Option<Date> {
        self.start
    }

    /// Its last day.
    #[must_use]
    pub fn end(&self) -> Option<Date> {
        self.end
    }

    /// Whether the two share a day.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let before = |a: &Self, b: &Self| matches!((a.end, b.start), (Some(end), Some(start)) if end < start);
        !before(self, other) && !before(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_meets_its_days_and_no_others() {
        let year = Period::parse_date("2021").unwrap();
        for (query, meets) in [
            ("2021-12-31", true),
            ("2021-12-31T23:59:59Z", true),
            ("2021-01-01T00:30:00+08:00", true),
            ("2022-01-01", false),
            ("2020/2021-01-01", true),
            ("../2020-12-31", false),
            ("2021-06-01/..", true),
            ("2022-01-01T00:00:00Z/..", false),
            ("/2021", true),
        ] {
            let query_period = Period::parse_query(query).unwrap();
            assert_eq!(year.meets(&query_period), meets, "{query}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "/",
            "../..",
            "今年",
            "2021-13",
            "2021-02-30",
            "2022/2021",
            "2021-01-01T25:00:00Z",
        ] {
            assert_eq!(Period::parse_query(text), None, "{text}");
        }
    }
}
