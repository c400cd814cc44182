//! Many ids in little memory.

/// Ids in a block: its first stands in the index, the others as differences.
const BLOCK: usize = 64;

/// A set of ids, filled in ascending order.
///
/// Only differences are kept, seven bits a byte: the nodes of a town take about two bytes each.
/// A look-up takes `O(log n)`, and reads one block.
#[derive(Debug, Default)]
pub struct IdSet {
    differences: Vec<u8>,
    /// The first id of each block, and where its differences start.
    blocks: Vec<(i64, usize)>,
    last: i64,
    count: usize,
}

impl IdSet {
    /// Adds an id, which is greater than all before.
    pub fn push(&mut self, id: i64) {
        if self.count.is_multiple_of(BLOCK) {
            self.blocks.push((id, self.differences.len()));
        } else {
            let mut difference = id.abs_diff(self.last);
            while difference >= 0x80 {
                self.differences.push((difference & 0x7f) as u8 | 0x80);
                difference >>= 7;
            }
            self.differences.push((difference & 0x7f) as u8);
        }
        self.last = id;
        self.count += 1;
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether `id` is one of them.
    pub fn contains(&self, id: i64) -> bool {
        let after = self.blocks.partition_point(|(first, _)| *first <= id);
        let Some(&(first, start)) = after.checked_sub(1).and_then(|at| self.blocks.get(at)) else {
            return false;
        };
        let end = self
            .blocks
            .get(after)
            .map_or(self.differences.len(), |(_, start)| *start);
        let sought = id.abs_diff(first);
        let (mut reached, mut difference, mut shift) = (0_u64, 0_u64, 0);
        for byte in &self.differences[start..end] {
            if reached >= sought {
                break;
            }
            difference |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if *byte < 0x80 {
                reached += difference;
                (difference, shift) = (0, 0);
            }
        }
        reached == sought
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put_in_and_nothing_else() {
        let ids: Vec<i64> = (0..1000_i64)
            .map(|n| n * n * n - 5000)
            .chain([i64::MAX - 1, i64::MAX])
            .collect();
        let mut set = IdSet::default();
        assert!(!set.contains(0));
        for id in &ids {
            set.push(*id);
        }
        assert_eq!(set.count(), ids.len());
        for id in &ids {
            assert!(set.contains(*id), "{id}");
        }
        for other in ids.iter().filter_map(|id| id.checked_add(1)) {
            assert_eq!(set.contains(other), ids.contains(&other), "{other}");
        }
        assert!(!set.contains(i64::MIN));
    }

    #[test]
    fn neighbours_take_little_more_than_a_byte() {
        let mut set = IdSet::default();
        for id in 0..100_000 {
            set.push(id * 50);
        }
        let bytes = set.differences.len() + 16 * set.blocks.len();
        assert!(bytes < 130_000, "{bytes}");
    }
}
