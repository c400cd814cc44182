//! CQL2 text to syntax: a parser by precedence over tokens that are read as they are needed.

use super::{
    limits,
    syntax::{Counter, Kind, Node, Operator, Place, too_deep, too_many_vertices},
    time::Instant,
};
use crate::{
    geometry::wkt::{self, Flaw, GeometryKind, Limits, Misread},
    model::{Text, shortened},
};

/// Reads a whole filter.
///
/// # Errors
/// What stands at which character, and what should.
pub fn parse(text: &str) -> Result<Node, Text> {
    let mut parser = Parser::new(text)?;
    let node = parser.expression(0)?;
    match parser.next.kind {
        Lexeme::End => Ok(node),
        _ => Err(parser.unexpected("AND、OR 或结尾", "AND, OR or the end")),
    }
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
enum Lexeme<'a> {
    /// A name or a keyword.
    Word(&'a str),
    /// A name in double quotes.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    /// A number without a sign.
    Number(f64),
    /// Punctuation.
    Symbol(&'static str),
    /// There is no more.
    End,
}

/// A token, and where it stands.
#[derive(Debug, Clone)]
struct Token<'a> {
    /// Where it stands.
    pub at: usize,
    /// What it is.
    pub kind: Lexeme<'a>,
}

/// Longest first.
const SYMBOLS: [&str; 15] = [
    "<>", "<=", ">=", "(", ")", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^",
];

/// Keywords that can't begin an operand.
const KEYWORDS: [&str; 8] = ["AND", "OR", "LIKE", "IN", "BETWEEN", "IS", "NULL", "DIV"];

/// Signs that an input method leaves in a filter, and what was meant.
const WIDE_SIGNS: [(char, &str); 13] = [
    ('（', "("),
    ('）', ")"),
    ('，', ","),
    ('＝', "="),
    ('＜', "<"),
    ('＞', ">"),
    ('＋', "+"),
    ('％', "%"),
    ('＇', "'"),
    ('‘', "'"),
    ('’', "'"),
    ('“', "\""),
    ('”', "\""),
];

/// What ties an operand to its neighbours, from loose to tight.
mod binding {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const COMPARISON: u8 = 4;
    pub const SUM: u8 = 5;
    pub const PRODUCT: u8 = 6;
    pub const POWER: u8 = 7;
}

/// Tokens, the next one looked at already.
struct Parser<'a> {
    rest: &'a str,
    /// Characters before `rest`.
    passed: usize,
    /// The token that comes next.
    next: Token<'a>,
    /// The text from there on.
    from_next: &'a str,
    depth: usize,
    /// What the filter has so far.
    counter: Counter,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, Text> {
        let mut parser = Self {
            rest: text,
            passed: 0,
            next: Token {
                at: 0,
                kind: Lexeme::End,
            },
            from_next: text,
            depth: 0,
            counter: Counter::default(),
        };
        parser.advance()?;
        Ok(parser)
    }

    /// Takes the next token.
    ///
    /// # Errors
    /// Where the one after it is none.
    fn advance(&mut self) -> Result<Token<'a>, Text> {
        let rest = self.rest;
        let passed = self.passed;
        let next = self.lex()?;
        let space = rest.char_indices().nth(next.at - passed);
        self.from_next = space.map_or("", |(start, _)| &rest[start..]);
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// Where the next token stands.
    fn here(&self) -> Place {
        Place::Character(self.next.at)
    }

    /// Whether the next token is this symbol.
    fn is(&self, symbol: &str) -> bool {
        matches!(self.next.kind, Lexeme::Symbol(next) if next == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.next.kind, Lexeme::Word(next) if next.eq_ignore_ascii_case(word))
    }

    /// Takes the next token if it is this symbol.
    ///
    /// # Errors
    /// Where the one after it is none.
    fn take(&mut self, symbol: &str) -> Result<bool, Text> {
        let is = self.is(symbol);
        if is {
            self.advance()?;
        }
        Ok(is)
    }

    fn take_word(&mut self, word: &str) -> Result<bool, Text> {
        let is = self.is_word(word);
        if is {
            self.advance()?;
        }
        Ok(is)
    }

    /// Takes this symbol.
    ///
    /// # Errors
    /// Where something else stands there.
    fn expect(&mut self, symbol: &str) -> Result<(), Text> {
        if self.take(symbol)? {
            return Ok(());
        }
        Err(self.unexpected(&format!("“{symbol}”"), &format!("“{symbol}”")))
    }

    /// An error: something else than the next token should stand there.
    fn unexpected(&self, zh: &str, en: &str) -> Text {
        let found = match &self.next.kind {
            Lexeme::Word(word) => format!("“{}”", shortened(word)),
            Lexeme::Quoted(name) => format!("“\"{}\"”", shortened(name)),
            Lexeme::Text(text) => format!("“'{}'”", shortened(text)),
            Lexeme::Number(number) => format!("“{number}”"),
            Lexeme::Symbol(symbol) => format!("“{symbol}”"),
            Lexeme::End => return ended(&self.here(), zh, en),
        };
        self.here().error(
            format!("此处是{found}，应为 {zh}"),
            format!("here is {found}, it should be {en}"),
        )
    }

    /// Goes down one level.
    ///
    /// # Errors
    /// Where that is too deep.
    fn descend(&mut self) -> Result<(), Text> {
        self.depth += 1;
        if self.depth > limits::DEPTH {
            return Err(too_deep(&self.here()));
        }
        Ok(())
    }

    /// Comes up again.
    fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// An expression whose operators bind at least so tightly.
    fn expression(&mut self, least: u8) -> Result<Node, Text> {
        self.descend()?;
        let mut left = self.operand()?;
        while let Some((operator, binds, negated)) = self.infix()? {
            if binds < least {
                break;
            }
            let at = self.here();
            if negated {
                self.advance()?;
            }
            self.advance()?;
            self.counter.term(&at)?;
            let call = self.right_of(at.clone(), left, operator, binds)?;
            left = if negated {
                Node::call(at, Operator::Not, vec![call])?
            } else {
                call
            };
        }
        self.ascend();
        Ok(left)
    }

    /// The operator that comes next, how tightly it binds, and whether `NOT` stands before it.
    fn infix(&mut self) -> Result<Option<(Operator, u8, bool)>, Text> {
        let word = match self.next.kind {
            Lexeme::Symbol(symbol) => {
                let operator = Operator::find(symbol);
                return Ok(operator.map(|operator| (operator, binds(operator), false)));
            }
            Lexeme::Word(word) => word,
            _ => return Ok(None),
        };
        if word.eq_ignore_ascii_case("IS") {
            return Ok(Some((Operator::IsNull, binding::COMPARISON, false)));
        }
        if word.eq_ignore_ascii_case("NOT") {
            // Only looked at: what follows is read again when `NOT` is taken.
            let (rest, passed) = (self.rest, self.passed);
            let after = self.lex()?;
            (self.rest, self.passed) = (rest, passed);
            let operator = match after.kind {
                Lexeme::Word(word) => Operator::find(word),
                _ => None,
            };
            return Ok(operator
                .filter(|operator| {
                    matches!(operator, Operator::Like | Operator::Between | Operator::In)
                })
                .map(|operator| (operator, binding::COMPARISON, true)));
        }
        let operator = Operator::find(word).filter(|operator| {
            !operator.is_function() && !matches!(operator, Operator::Not | Operator::IsNull)
        });
        Ok(operator.map(|operator| (operator, binds(operator), false)))
    }

    /// What follows an operator that has been taken.
    fn right_of(
        &mut self,
        at: Place,
        left: Node,
        operator: Operator,
        binds: u8,
    ) -> Result<Node, Text> {
        match operator {
            Operator::IsNull => {
                let negated = self.take_word("NOT")?;
                if !self.take_word("NULL")? {
                    return Err(self.unexpected("NULL 或 NOT NULL", "NULL or NOT NULL"));
                }
                let call = Node::call(at.clone(), operator, vec![left])?;
                if negated {
                    return Node::call(at, Operator::Not, vec![call]);
                }
                Ok(call)
            }
            Operator::Between => {
                let low = self.expression(binding::SUM)?;
                if !self.take_word("AND")? {
                    return Err(self.unexpected("AND 和上限", "AND and the upper limit"));
                }
                let high = self.expression(binding::SUM)?;
                Node::call(at, operator, vec![left, low, high])
            }
            Operator::In => {
                let list = self.list(false)?;
                Node::call(at, operator, vec![left, list])
            }
            // A chain is one operation, however long.
            Operator::And | Operator::Or => {
                let mut operands = vec![left, self.expression(binds + 1)?];
                while self.take_word(operator.name())? {
                    self.counter.term(&at)?;
                    operands.push(self.expression(binds + 1)?);
                }
                Node::call(at, operator, operands)
            }
            // From the right: 2 ^ 3 ^ 2 is 2 ^ 9.
            Operator::Power => {
                let right = self.expression(binds)?;
                Node::call(at, operator, vec![left, right])
            }
            _ => {
                let right = self.expression(binds + 1)?;
                Node::call(at, operator, vec![left, right])
            }
        }
    }

    fn operand(&mut self) -> Result<Node, Text> {
        let at = self.here();
        self.counter.term(&at)?;
        let wanted = (
            "属性、值、函数或“(”",
            "a property, a value, a function or “(”",
        );
        match &self.next.kind {
            Lexeme::Number(_) | Lexeme::Symbol("+" | "-") => {
                Ok(Node::leaf(at, Kind::Number(self.signed_number()?)))
            }
            Lexeme::Symbol("(") => {
                self.advance()?;
                let first = self.expression(0)?;
                if !self.is(",") {
                    self.expect(")")?;
                    return Ok(first);
                }
                let items = self.items_after(first)?;
                Node::list(at, items)
            }
            Lexeme::Text(text) => {
                let text = text.clone();
                self.advance()?;
                Ok(Node::leaf(at, Kind::Text(text)))
            }
            Lexeme::Quoted(name) => {
                let name = name.clone();
                self.advance()?;
                Ok(Node::leaf(at, Kind::Property(name)))
            }
            Lexeme::Word(word) => {
                let word = *word;
                if word.eq_ignore_ascii_case("NOT") {
                    self.advance()?;
                    let operand = self.expression(binding::NOT)?;
                    return Node::call(at, Operator::Not, vec![operand]);
                }
                if word.eq_ignore_ascii_case("NULL") {
                    return Err(at.error(
                        "NULL 不是值：判断有无请用 IS NULL",
                        "NULL is no value: write IS NULL to ask whether there is one",
                    ));
                }
                if KEYWORDS.iter().any(|k| word.eq_ignore_ascii_case(k)) {
                    return Err(self.unexpected(wanted.0, wanted.1));
                }
                self.advance()?;
                self.word(at, word)
            }
            Lexeme::Symbol(_) | Lexeme::End => Err(self.unexpected(wanted.0, wanted.1)),
        }
    }

    /// A literal, a function or a property whose first word has been taken.
    fn word(&mut self, at: Place, word: &str) -> Result<Node, Text> {
        if let Some(kind) = GeometryKind::find(word)
            && (self.is("(") || self.is_word("Z"))
        {
            let geometry = self.geometry(kind)?;
            return Ok(Node::leaf(at, Kind::Geometry(Box::new(geometry))));
        }
        let upper = word.to_ascii_uppercase();
        if !self.is("(") {
            return Ok(Node::leaf(
                at,
                match &*upper {
                    "TRUE" => Kind::Boolean(true),
                    "FALSE" => Kind::Boolean(false),
                    _ => Kind::Property(word.to_owned()),
                },
            ));
        }
        self.advance()?;
        match &*upper {
            "DATE" | "TIMESTAMP" => {
                let instant = self.instant(upper == "DATE")?;
                self.expect(")")?;
                Ok(Node::leaf(at, Kind::Instant(instant)))
            }
            "INTERVAL" => {
                let start = self.bound()?;
                self.expect(",")?;
                let end = self.bound()?;
                self.expect(")")?;
                Ok(Node::interval(at, start, end))
            }
            "BBOX" => {
                let mut numbers = vec![self.signed_number()?];
                while numbers.len() < 6 && self.take(",")? {
                    numbers.push(self.signed_number()?);
                }
                self.expect(")")?;
                let corners = corners(&numbers).ok_or_else(|| {
                    at.error(
                        "BBOX 应有四个数（或六个，含高程）",
                        "a BBOX should have four numbers (or six, with heights)",
                    )
                })?;
                Ok(Node::leaf(at, Kind::Box(corners)))
            }
            _ => self.function(at, word),
        }
    }

    /// A geometry whose type has been taken.
    fn geometry(&mut self, kind: GeometryKind) -> Result<geojson::Geometry, Text> {
        let before = self.next.at;
        let limits = Limits {
            vertices: self.counter.vertices_left(),
            depth: limits::DEPTH - self.depth,
        };
        match wkt::geometry_of(kind, self.from_next, limits) {
            Ok(read) => {
                self.counter.vertices(&self.here(), read.vertices)?;
                let taken = self.from_next.len() - read.rest.len();
                self.passed = before + self.from_next[..taken].chars().count();
                self.rest = read.rest;
                self.advance()?;
                Ok(read.geometry)
            }
            Err(Misread { at, flaw }) => {
                let at = Place::Character(before + at);
                Err(match flaw {
                    Flaw::Unexpected(text) => at.wrap(&text),
                    Flaw::Ended(wanted) => ended(&at, &wanted.zh, &wanted.en),
                    Flaw::TooManyVertices => too_many_vertices(&at),
                    Flaw::TooDeep => too_deep(&at),
                })
            }
        }
    }

    /// A function whose name and opening parenthesis have been taken.
    fn function(&mut self, at: Place, name: &str) -> Result<Node, Text> {
        let Some(operator) = Operator::find(name).filter(|operator| operator.is_function()) else {
            return Err(no_such_function(&at, name));
        };
        let mut operands = Vec::new();
        loop {
            operands.push(if operator.is_on_arrays() && self.is("(") {
                self.list(true)?
            } else {
                self.expression(0)?
            });
            if !self.take(",")? {
                break;
            }
        }
        self.expect(")")?;
        Node::call(at, operator, operands)
    }

    /// Values in parentheses.
    fn list(&mut self, may_be_empty: bool) -> Result<Node, Text> {
        let at = self.here();
        self.expect("(")?;
        if may_be_empty && self.take(")")? {
            return Node::list(at, vec![]);
        }
        let first = self.expression(0)?;
        let items = self.items_after(first)?;
        Node::list(at, items)
    }

    /// The rest of a list, and its closing parenthesis.
    fn items_after(&mut self, first: Node) -> Result<Vec<Node>, Text> {
        let mut items = vec![first];
        while self.take(",")? {
            items.push(self.expression(0)?);
        }
        self.expect(")")?;
        Ok(items)
    }

    /// A number, with its sign.
    ///
    /// # Errors
    /// Where something else stands there.
    fn signed_number(&mut self) -> Result<f64, Text> {
        let sign = match self.next.kind {
            Lexeme::Symbol("-") => -1.0,
            _ => 1.0,
        };
        if self.is("-") || self.is("+") {
            self.advance()?;
        }
        let Lexeme::Number(number) = self.next.kind else {
            return Err(self.unexpected("数", "a number"));
        };
        self.advance()?;
        Ok(sign * number)
    }

    fn instant(&mut self, date: bool) -> Result<Instant, Text> {
        let (parse, form): (fn(&str) -> _, _) = if date {
            (Instant::parse_date, "'2024-02-29'")
        } else {
            (Instant::parse_timestamp, "'2024-02-29T08:30:00Z'")
        };
        let instant = match &self.next.kind {
            Lexeme::Text(text) => parse(text),
            _ => None,
        };
        match instant {
            Some(instant) => {
                self.advance()?;
                Ok(instant)
            }
            None => Err(self.unexpected(form, form)),
        }
    }

    /// An end of an interval.
    fn bound(&mut self) -> Result<Node, Text> {
        let at = self.here();
        self.counter.term(&at)?;
        let kind = match &self.next.kind {
            Lexeme::Text(text) if text == ".." => Some(Kind::Open),
            Lexeme::Text(text) => Instant::parse(text).map(Kind::Instant),
            Lexeme::Quoted(name) => Some(Kind::Property(name.clone())),
            Lexeme::Word(name) => Some(Kind::Property((*name).to_owned())),
            _ => None,
        };
        let Some(kind) = kind else {
            let form = "'2024-02-29'、'2024-02-29T08:30:00Z'、'..'";
            return Err(self.unexpected(
                &format!("{form} 或属性"),
                &format!("{} or a property", form.replace('、', ", ")),
            ));
        };
        self.advance()?;
        Ok(Node::leaf(at, kind))
    }

    /// Reads a token.
    fn lex(&mut self) -> Result<Token<'a>, Text> {
        let trimmed = self
            .rest
            .trim_start_matches([' ', '\t', '\n', '\r', '\u{3000}']);
        self.pass_to(trimmed);
        let at = self.passed;
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token {
                at,
                kind: Lexeme::End,
            });
        };
        let kind = match first {
            '\'' => Lexeme::Text(self.quoted_text()?),
            '"' => Lexeme::Quoted(self.quoted_name()?),
            '0'..='9' | '.' => Lexeme::Number(self.unsigned_number()?),
            c if starts_name(c) => {
                let end = self.rest.find(|c| !continues_name(c));
                let (word, _) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.pass(word.len());
                Lexeme::Word(word)
            }
            c => match SYMBOLS.iter().find(|s| self.rest.starts_with(**s)) {
                Some(symbol) => {
                    self.pass(symbol.len());
                    Lexeme::Symbol(symbol)
                }
                None => return Err(stray(at, c)),
            },
        };
        Ok(Token { at, kind })
    }

    /// Leaves so many bytes behind.
    fn pass(&mut self, bytes: usize) {
        self.passed += self.rest[..bytes].chars().count();
        self.rest = &self.rest[bytes..];
    }

    fn pass_to(&mut self, rest: &'a str) {
        self.pass(self.rest.len() - rest.len());
    }

    fn unsigned_number(&mut self) -> Result<f64, Text> {
        let at = Place::Character(self.passed);
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| {
            let run = bytes[from..].iter().take_while(|b| b.is_ascii_digit());
            from + run.count()
        };
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let from = end + 1 + sign;
            if from <= bytes.len() && digits(from) > from {
                end = digits(from);
            }
        }
        let text = &self.rest[..end];
        self.pass(end);
        text.parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| {
                let text = shortened(text);
                at.error(
                    format!("“{text}”不是有限的数"),
                    format!("“{text}” is no finite number"),
                )
            })
    }

    /// A text in single quotes, which are doubled or escaped inside.
    fn quoted_text(&mut self) -> Result<String, Text> {
        let start = self.passed;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' if matches!(chars.peek(), Some((_, '\''))) => {
                    chars.next();
                    text.push('\'');
                }
                '\'' => {
                    self.pass(at + 1);
                    return Ok(text);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some(c) => match escaped(c) {
                        Some(meant) => text.push(meant),
                        // Not ours: a pattern of LIKE may mean it.
                        None => text.extend(['\\', c]),
                    },
                    None => break,
                },
                c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {
                    self.pass(at);
                    return Err(stray(self.passed, c));
                }
                c => text.push(c),
            }
        }
        Err(Place::Character(start).error(
            "这里开始的文字没有结束的单引号“'”；文字中的单引号要写两个",
            "the text that starts here has no closing “'”; a single quote inside is written twice",
        ))
    }

    fn quoted_name(&mut self) -> Result<String, Text> {
        let at = Place::Character(self.passed);
        let name = self.rest[1..].split_once('"').map(|(name, _)| name);
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Err(at.error(
                "这里应是双引号中的属性名，例如 \"date\"；文字要用单引号",
                "here should be a property's name in double quotes, such as \"date\"; texts take single quotes",
            ));
        };
        let (name, length) = (name.to_owned(), name.len() + 2);
        self.pass(length);
        Ok(name)
    }
}

/// The corners of a box of four numbers, or of six with heights.
pub fn corners(numbers: &[f64]) -> Option<[f64; 4]> {
    match *numbers {
        [a, b, c, d] | [a, b, _, c, d, _] => Some([a, b, c, d]),
        _ => None,
    }
}

/// An error: there is no such function.
pub fn no_such_function(at: &Place, name: &str) -> Text {
    let name = shortened(name);
    at.error(
        format!("没有函数“{name}”；有 CASEI、ACCENTI，以及 S_…、T_…、A_… 各比较函数"),
        format!("there is no function “{name}”; there are CASEI, ACCENTI and the comparisons S_…, T_…, A_…"),
    )
}

/// An error: more should follow.
fn ended(at: &Place, zh: &str, en: &str) -> Text {
    at.error(
        format!("filter 到此结束，还应有 {zh}"),
        format!("the filter ends, {en} should follow"),
    )
}

fn binds(operator: Operator) -> u8 {
    match operator {
        Operator::Or => binding::OR,
        Operator::And => binding::AND,
        Operator::Add | Operator::Subtract => binding::SUM,
        Operator::Multiply | Operator::Divide | Operator::Remainder | Operator::WholeDivide => {
            binding::PRODUCT
        }
        Operator::Power => binding::POWER,
        _ => binding::COMPARISON,
    }
}

/// What a backslash makes of a character (OGC 21-065r2, /req/cql2-text/escaping).
fn escaped(c: char) -> Option<char> {
    Some(match c {
        '\'' | '\\' => c,
        'a' => '\u{07}',
        'b' => '\u{08}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{0B}',
        'f' => '\u{0C}',
        'r' => '\r',
        _ => return None,
    })
}

/// An error: a character that means nothing.
fn stray(at: usize, c: char) -> Text {
    let place = Place::Character(at);
    if let Some((_, meant)) = WIDE_SIGNS.iter().find(|(wide, _)| *wide == c) {
        return place.error(
            format!("此处是全角符号“{c}”，应为半角的 {meant}"),
            format!("here is the full-width sign “{c}”, it should be {meant}"),
        );
    }
    let shown = if c.is_control() {
        format!("U+{:04X}", u32::from(c))
    } else {
        format!("“{c}”")
    };
    let (zh, en) = match c {
        '!' => ("；不等于写作 <>", "; not equal is written <>"),
        '[' | ']' => ("；列表用圆括号", "; lists take parentheses"),
        '{' => (
            "；JSON 请加 filter-lang=cql2-json",
            "; for JSON, give filter-lang=cql2-json",
        ),
        _ => ("", ""),
    };
    place.error(
        format!("字符 {shown} 在 CQL2 中没有意义{zh}"),
        format!("the character {shown} means nothing in CQL2{en}"),
    )
}

/// Whether a name may begin with a character (rule `identifierStart`).
fn starts_name(c: char) -> bool {
    !is_wide_sign(c)
        && matches!(c,
            ':' | '_' | 'A'..='Z' | 'a'..='z'
            | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
            | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFE}' | '\u{200C}'..='\u{200D}'
            | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// Whether it may go on with a character (rule `identifierPart`).
fn continues_name(c: char) -> bool {
    starts_name(c) || matches!(c, '.' | '0'..='9' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

fn is_wide_sign(c: char) -> bool {
    WIDE_SIGNS.iter().any(|(wide, _)| *wide == c)
}
