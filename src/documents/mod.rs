//! The source documents: their texts, where in them a quoted statement stands, and what they claim.
//!
//! [`claims`] are what their sentences say of features, [`pairs`] what two of them say of the same one.

mod claims;
mod pairs;

pub use claims::{Claim, IndicatorTable, Indicators, Quantity, StatedClaim, Subject};
pub use pairs::{Pair, Passage, Relation, Subjects, in_order, pair};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Citation, Text, hex};

/// One line of `seeds/index.json`. Title, issuer and date are as the text itself states them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentInfo {
    /// Id that citations use.
    pub id: String,
    /// File beside the index.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Title, where the text states one.
    pub title: Option<String>,
    /// Issuing body, where the text states one.
    pub issuer: Option<String>,
    /// Date, where the text states one.
    pub date: Option<String>,
}

/// A source document with its text.
#[derive(Debug)]
pub struct Document {
    /// What the index says of it.
    pub info: DocumentInfo,
    text: String,
    /// The byte at which each character starts, and the length at the end.
    bytes: Vec<u32>,
    headings: Vec<Heading>,
}

/// A line that numbers a chapter, a section or a subsection.
#[derive(Debug, Serialize)]
pub struct Heading {
    /// Characters before its line.
    pub start: usize,
    /// 0 chapter (第三章), 1 section (一、), 2 subsection (（一）).
    pub level: usize,
    /// Its words.
    pub title: String,
}

impl Document {
    /// Takes a document whose bytes are those that the index recorded.
    ///
    /// # Errors
    /// Where the bytes differ from the recorded hash or are no UTF-8.
    pub fn new(info: DocumentInfo, bytes: Vec<u8>) -> Result<Self, Text> {
        let sha256 = hex(&Sha256::digest(&bytes));
        if sha256 != info.sha256 {
            return Err(Text::new(
                format!(
                    "文件内容与登记的 SHA-256 不符：登记 {}，实际 {sha256}",
                    info.sha256
                ),
                format!(
                    "the file differs from its recorded SHA-256: recorded {}, found {sha256}",
                    info.sha256
                ),
            ));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Text::new("文件不是 UTF-8 文本", "the file is no UTF-8 text"))?;
        let Ok(length) = u32::try_from(text.len()) else {
            return Err(Text::new("文件超过 4 GiB", "the file is larger than 4 GiB"));
        };
        let headings = headings(&text);
        Ok(Self {
            bytes: (0..length)
                .filter(|byte| text.is_char_boundary(*byte as usize))
                .chain([length])
                .collect(),
            info,
            text,
            headings,
        })
    }

    /// The whole text, as it stands in the file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The headings in the order of the text.
    #[must_use]
    pub fn headings(&self) -> &[Heading] {
        &self.headings
    }

    /// The text from one character to before another.
    #[must_use]
    pub fn words(&self, start: usize, end: usize) -> Option<&str> {
        let (from, to) = (*self.bytes.get(start)?, *self.bytes.get(end)?);
        self.text.get(from as usize..to as usize)
    }

    /// The text from one character on, so many bytes of it.
    fn slice(&self, start: usize, bytes: usize) -> Option<&str> {
        let from = *self.bytes.get(start)? as usize;
        self.text.get(from..from + bytes)
    }

    /// Where a quote stands first, in characters.
    fn find(&self, quote: &str) -> Option<usize> {
        let byte = u32::try_from(self.text.find(quote)?).ok()?;
        self.bytes.binary_search(&byte).ok()
    }

    /// The headings over a character, outermost first, joined by ` › `; empty above the first.
    #[must_use]
    pub fn section_at(&self, at: usize) -> String {
        let mut open: [Option<&str>; 3] = [None; 3];
        for heading in self
            .headings
            .iter()
            .take_while(|heading| heading.start <= at)
        {
            open[heading.level] = Some(&heading.title);
            open[heading.level + 1..].fill(None);
        }
        open.into_iter().flatten().collect::<Vec<_>>().join(" › ")
    }
}

/// All documents of a district.
#[derive(Debug, Default)]
pub struct Library {
    documents: Vec<Document>,
}

impl Library {
    /// A library of these documents, in this order.
    #[must_use]
    pub fn new(documents: Vec<Document>) -> Self {
        Self { documents }
    }

    /// The documents in the order of their index.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Finds a document by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Document> {
        self.documents
            .iter()
            .find(|document| document.info.id == id)
    }

    /// The place of a document in the index.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.documents
            .iter()
            .position(|document| document.info.id == id)
    }

    /// The section in which a citation's quote stands.
    ///
    /// # Errors
    /// Where there is no such document, or it does not hold the quote.
    pub fn locate(&self, citation: &Citation) -> Result<String, Text> {
        let Citation {
            document,
            quote,
            start,
        } = citation;
        let found = self.get(document).ok_or_else(|| {
            Text::new(
                format!("引用的文件“{document}”不在 seeds/index.json 中"),
                format!("the cited document “{document}” is not in seeds/index.json"),
            )
        })?;
        if !quote.is_empty() && found.slice(*start, quote.len()) == Some(quote) {
            return Ok(found.section_at(*start));
        }
        Err(match found.find(quote).filter(|_| !quote.is_empty()) {
            Some(at) => Text::new(
                format!("引文不在“{document}”的第 {start} 字处，而在第 {at} 字处：“{quote}”"),
                format!(
                    "the quote does not stand at character {start} of “{document}” but at {at}: “{quote}”"
                ),
            ),
            None => Text::new(
                format!("引文在“{document}”中找不到原话：“{quote}”"),
                format!("the quote does not stand in “{document}”: “{quote}”"),
            ),
        })
    }
}

/// The lines that number a chapter, a section or a subsection. A line that goes on after its
/// sentence's end is a paragraph that happens to start with a number.
fn headings(text: &str) -> Vec<Heading> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let title = line.trim();
        if title.chars().count() <= 60
            && !title.contains('。')
            && let Some(level) = heading_level(title)
        {
            found.push(Heading {
                start,
                level,
                title: title.split_whitespace().collect::<Vec<_>>().join(" "),
            });
        }
        start += line.chars().count();
    }
    found
}

fn heading_level(line: &str) -> Option<usize> {
    let is_number = |text: &str| {
        !text.is_empty() && text.chars().all(|c| "〇一二三四五六七八九十百".contains(c))
    };
    if let Some(rest) = line.strip_prefix('第') {
        return rest
            .split_once('章')
            .is_some_and(|(number, _)| is_number(number))
            .then_some(0);
    }
    if let Some((number, _)) = line.split_once('、')
        && is_number(number)
    {
        return Some(1);
    }
    let (open, close) = if line.starts_with('（') {
        ('（', '）')
    } else {
        ('(', ')')
    };
    let (number, _) = line.strip_prefix(open)?.split_once(close)?;
    is_number(number).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        let info = DocumentInfo {
            id: "plan".into(),
            file: "plan.txt".into(),
            sha256: hex(&Sha256::digest(text)),
            title: None,
            issuer: None,
            date: None,
        };
        Document::new(info, text.into()).unwrap()
    }

    #[test]
    fn a_quote_is_found_under_its_headings() {
        let plan = document(
            "序\n第三章  构筑新格局\n\n一、加快枢纽区建设\n范围：北至甲路。\n二、加快园区建设\n（一）起步区\n一、二期同步推进。范围：北至乙路。\n第四章 新动能\n丙\n",
        );
        for (quote, section) in [
            ("序", ""),
            ("北至甲路", "第三章 构筑新格局 › 一、加快枢纽区建设"),
            (
                "北至乙路",
                "第三章 构筑新格局 › 二、加快园区建设 › （一）起步区",
            ),
            ("丙", "第四章 新动能"),
        ] {
            let start = plan.find(quote).unwrap();
            assert_eq!(plan.section_at(start), section, "{quote}");
        }
        let library = Library::new(vec![plan]);
        let locate = |document: &str, start: usize, quote: &str| {
            let citation = Citation {
                document: document.into(),
                quote: quote.into(),
                start,
            };
            assert_eq!(citation.end(), start + quote.chars().count());
            library.locate(&citation)
        };
        assert_eq!(locate("plan", 0, "序"), Ok(String::new()));
        assert!(
            locate("plan", 0, "北至丁路")
                .unwrap_err()
                .en
                .contains("does not stand in")
        );
        assert!(locate("plan", 1, "序").unwrap_err().en.contains("but at 0"));
        assert!(locate("plan", 0, "").is_err());
        assert!(locate("plan", 1_000_000, "序").is_err());
        assert!(locate("other", 0, "序").is_err());
    }

    #[test]
    fn a_changed_document_is_refused() {
        let mut info = document("甲").info;
        assert!(Document::new(info.clone(), "乙".into()).is_err());
        info.sha256 = hex(&Sha256::digest([0xff]));
        assert!(Document::new(info, vec![0xff]).is_err());
    }
}
