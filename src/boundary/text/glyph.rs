//! The characters of a text without the white space between them.

/// White space before a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    None,
    Blank,
    /// One line break.
    Line,
    /// An empty line, or the beginning of the text.
    Paragraph,
}

/// A character that is neither white space nor a quotation mark nor the rule of a table, and
/// where it stands in the text.
#[derive(Debug, Clone, Copy)]
pub struct Glyph {
    /// The character in half width, with one sign for each kind of punctuation.
    pub c: char,
    /// As the text has it.
    pub raw: char,
    /// Its first byte.
    pub at: usize,
    pub before: Space,
}

impl Glyph {
    /// The byte after it.
    pub fn end(&self) -> usize {
        self.at + self.raw.len_utf8()
    }
}

pub fn glyphs(text: &str) -> Vec<Glyph> {
    let mut glyphs = Vec::new();
    let mut before = Space::Paragraph;
    let mut chars = text.char_indices().peekable();
    while let Some((at, raw)) = chars.next() {
        let ends_line = match raw {
            '\n' | '\u{2028}' => true,
            '\r' => chars.peek().is_none_or(|next| next.1 != '\n'),
            _ => false,
        };
        if ends_line {
            before = match before {
                Space::Line | Space::Paragraph => Space::Paragraph,
                Space::None | Space::Blank => Space::Line,
            };
        } else if matches!(raw, '\u{c}' | '\u{2029}') {
            before = Space::Paragraph;
        } else if raw.is_whitespace() || raw.is_control() || is_table_rule(raw) {
            before = before.max(Space::Blank);
        } else if !is_invisible(raw) && !is_quote(raw) {
            let c = plain(raw);
            glyphs.push(Glyph { c, raw, at, before });
            before = Space::None;
        } else if is_invisible(raw) {
            before = before.max(Space::Blank);
        }
    }
    glyphs
}

/// Text copied from web pages and PDF carries invisible marks between its characters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// Between the cells of a table that is written as text.
fn is_table_rule(c: char) -> bool {
    matches!(c, '|' | '｜' | '│' | '┃')
}

fn is_quote(c: char) -> bool {
    matches!(
        c,
        '“' | '”'
            | '‘'
            | '’'
            | '"'
            | '＂'
            | '\''
            | '＇'
            | '「'
            | '」'
            | '『'
            | '』'
            | '《'
            | '》'
    )
}

fn plain(c: char) -> char {
    let half = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    match half {
        '､' | '﹑' => '、',
        '｡' | '﹒' => '。',
        '﹐' => ',',
        '﹔' => ';',
        '﹕' | '∶' | '︰' => ':',
        '﹗' => '!',
        '﹖' => '?',
        '[' | '【' | '〔' | '〖' | '﹙' => '(',
        ']' | '】' | '〕' | '〗' | '﹚' => ')',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '━' | '﹣' | '~' | '〜' => {
            '-'
        }
        _ => half,
    }
}

/// Whether `glyphs` begin with `word`.
pub fn starts_with(glyphs: &[Glyph], word: &str) -> bool {
    let mut at = 0;
    word.chars().all(|c| {
        at += 1;
        glyphs.get(at - 1).is_some_and(|g| g.c == c)
    })
}

/// Whether `glyphs` end with `word`.
pub fn ends_with(glyphs: &[Glyph], word: &str) -> bool {
    let width = word.chars().count();
    width <= glyphs.len() && starts_with(&glyphs[glyphs.len() - width..], word)
}

/// The longest of `words` that `glyphs` begin with: its length in characters.
pub fn leading(glyphs: &[Glyph], words: &[&str]) -> Option<usize> {
    let found = words.iter().filter(|word| starts_with(glyphs, word));
    found.map(|word| word.chars().count()).max()
}

/// The longest of `words` that `glyphs` end with: its length in characters.
pub fn trailing(glyphs: &[Glyph], words: &[&str]) -> Option<usize> {
    let found = words.iter().filter(|word| ends_with(glyphs, word));
    found.map(|word| word.chars().count()).max()
}

/// Where one of `words` begins first.
pub fn position(glyphs: &[Glyph], words: &[&str]) -> Option<usize> {
    (0..glyphs.len()).find(|&i| leading(&glyphs[i..], words).is_some())
}

/// What they read, in half width.
pub fn text_of(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|g| g.c).collect()
}

/// As they are written, for a message: the beginning, if they are many.
pub fn quote(glyphs: &[Glyph]) -> String {
    const LONGEST: usize = 40;
    match glyphs.get(..LONGEST) {
        Some(first) if glyphs.len() > LONGEST => written(first) + "…",
        _ => written(glyphs),
    }
}

/// What they read as they are written.
pub fn written(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|g| g.raw).collect()
}
