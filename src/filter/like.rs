//! Patterns of `LIKE`.

/// A pattern: `%` stands for any characters, `_` for one, and `\` takes its meaning from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    AnyOne,
    Any,
}

impl Pattern {
    /// Reads a pattern. A lone `\` at its end stands for itself.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '\\' => Piece::Char(chars.next().unwrap_or('\\')),
                '%' => Piece::Any,
                '_' => Piece::AnyOne,
                c => Piece::Char(c),
            });
        }
        pieces.dedup_by(|a, b| *a == Piece::Any && *b == Piece::Any);
        Self(pieces)
    }

    /// Whether the whole of a text is as the pattern says, in `O(text × pattern)`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let pieces = &self.0;
        let mut rest = text.chars();
        let mut at = 0;
        // Where to go on after the last `%`, if what follows it does not fit here: one character on.
        let mut again: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            if pieces.get(at) == Some(&Piece::Any) {
                at += 1;
                again = Some((at, rest.clone()));
                continue;
            }
            let here = rest.clone().next();
            let fits = match (pieces.get(at), here) {
                (None, None) => return true,
                (Some(Piece::AnyOne), Some(_)) => true,
                (Some(Piece::Char(wanted)), Some(c)) => *wanted == c,
                _ => false,
            };
            if fits {
                at += 1;
                rest.next();
                continue;
            }
            let Some((after, from)) = &mut again else {
                return false;
            };
            if from.next().is_none() {
                return false;
            }
            at = *after;
            rest = from.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_escapes() {
        for (pattern, text, expected) in [
            ("B_r%", "Bern", true),
            ("B_r%", "Berlin", true),
            ("B_r%", "Br", false),
            ("", "", true),
            ("%", "", true),
            ("_", "", false),
            ("%a%b", "xaxbxb", true),
            ("%a%b", "xaxbx", false),
            ("%%%_", "a", true),
            ("%园", "西站公园", true),
            ("_园", "公园", true),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            (r"a\_b", "a_b", true),
            (r"a\_b", "axb", false),
            (r"a\\b", r"a\b", true),
            ("\\", "\\", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let pattern = Pattern::new(&"%a".repeat(1_000));
        assert!(!pattern.matches(&"a".repeat(999)));
        assert!(!Pattern::new(&format!("{}b", "%a".repeat(50))).matches(&"a".repeat(10_000)));
    }
}
