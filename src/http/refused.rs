//! Attempts that were refused, in mind until they are written down.

use std::{collections::HashMap, mem};

use crate::store::record::{AuditEntry, Counted};

/// Attempts of each sort that are kept one by one; more are counted.
const MAX_KEPT: usize = 1_000;

/// Refused attempts, by what refused them: however many somebody makes, they take little room, and
/// none is forgotten.
#[derive(Debug, Default)]
pub struct Refused(HashMap<&'static str, Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<AuditEntry>,
    more: Option<Counted>,
}

impl Refused {
    /// Keeps one in mind that `why` refused.
    pub fn add(&mut self, why: &'static str, entry: AuditEntry) {
        self.0.entry(why).or_default().add(entry);
    }

    /// Takes back what could not be written down, before what came since.
    pub fn put_back(&mut self, earlier: Self) {
        let later = mem::replace(self, earlier);
        for (why, later) in later.0 {
            let kept = self.0.entry(why).or_default();
            later.entries.into_iter().for_each(|entry| kept.add(entry));
            if let Some(more) = later.more {
                kept.count(more);
            }
        }
    }

    /// What there is to write down, in the order of time.
    pub fn entries(&self) -> Vec<AuditEntry> {
        let mut entries: Vec<AuditEntry> = Vec::new();
        for (why, kept) in &self.0 {
            entries.extend_from_slice(&kept.entries);
            entries.extend(kept.more.map(|more| more.entry(why)));
        }
        entries.sort_by_key(|entry| entry.time);
        entries
    }
}

impl Kept {
    fn add(&mut self, entry: AuditEntry) {
        if self.entries.len() < MAX_KEPT {
            self.entries.push(entry);
        } else {
            self.count(Counted::one(entry.time));
        }
    }

    fn count(&mut self, more: Counted) {
        self.more = Some(self.more.map_or(more, |known| known.and(more)));
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    /// So many attempts, one each second from a time on.
    fn attempts(why: &'static str, from: Timestamp, count: u16) -> Refused {
        let mut refused = Refused::default();
        for second in 0..count {
            let time = from + SignedDuration::from_secs(second.into());
            let mut entry = AuditEntry::now("", why, "x");
            entry.time = time;
            refused.add(why, entry);
        }
        refused
    }

    #[test]
    fn what_is_too_much_to_keep_is_counted() {
        let start = Timestamp::UNIX_EPOCH;
        let refused = attempts("failed sign in", start, 1_250);
        let entries = refused.entries();
        assert_eq!(entries.len(), 1_001);
        let last = entries.last().unwrap();
        assert_eq!((&*last.account, &*last.action), ("", "counted"));
        assert_eq!(
            last.detail,
            "failed sign in: 250, from 1970-01-01T00:16:40Z to 1970-01-01T00:20:49Z"
        );
    }

    #[test]
    fn what_could_not_be_written_down_is_neither_lost_nor_counted_twice() {
        let start = Timestamp::UNIX_EPOCH;
        let mut refused = attempts(
            "failed sign in",
            start + SignedDuration::from_hours(1),
            1_100,
        );
        refused.add("unknown token", AuditEntry::now("", "unknown token", "x"));
        refused.put_back(attempts("failed sign in", start, 1_010));
        let entries = refused.entries();
        assert_eq!(entries.len(), 1_002);
        assert_eq!(entries[0].time, start);
        let counted = entries.iter().find(|entry| entry.action == "counted");
        assert_eq!(
            counted.unwrap().detail,
            "failed sign in: 1110, from 1970-01-01T00:16:40Z to 1970-01-01T01:18:19Z"
        );
    }
}
