//! The source documents: their texts, and where in them a quoted statement stands.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Citation, Text};

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
    headings: Vec<Heading>,
}

#[derive(Debug)]
struct Heading {
    /// Byte at which its line starts.
    start: usize,
    /// 0 chapter (第三章), 1 section (一、), 2 subsection (（一）).
    level: usize,
    title: String,
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
        let headings = headings(&text);
        Ok(Self {
            info,
            text,
            headings,
        })
    }

    /// Whether the words stand in the text, to the letter.
    #[must_use]
    pub fn contains(&self, quote: &str) -> bool {
        self.text.contains(quote)
    }

    /// The headings over the first place of a quote, outermost first, joined by ` › `.
    ///
    /// `None` where the quote does not stand in the text; empty above the first heading.
    #[must_use]
    pub fn section_of(&self, quote: &str) -> Option<String> {
        let at = self.text.find(quote)?;
        let mut open: [Option<&str>; 3] = [None; 3];
        for heading in self
            .headings
            .iter()
            .take_while(|heading| heading.start <= at)
        {
            open[heading.level] = Some(&heading.title);
            open[heading.level + 1..].fill(None);
        }
        Some(open.into_iter().flatten().collect::<Vec<_>>().join(" › "))
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

    /// The section in which a citation's quote stands.
    ///
    /// # Errors
    /// Where there is no such document, or it does not hold the quote.
    pub fn locate(&self, citation: &Citation) -> Result<String, Text> {
        let Citation { document, quote } = citation;
        let found = self.get(document).ok_or_else(|| {
            Text::new(
                format!("引用的文件“{document}”不在 seeds/index.json 中"),
                format!("the cited document “{document}” is not in seeds/index.json"),
            )
        })?;
        let section = if quote.is_empty() {
            None
        } else {
            found.section_of(quote)
        };
        section.ok_or_else(|| {
            Text::new(
                format!("引文在“{document}”中找不到原话：“{quote}”"),
                format!("the quote does not stand in “{document}”: “{quote}”"),
            )
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
        start += line.len();
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

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written");
        text
    })
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
            assert_eq!(plan.section_of(quote).as_deref(), Some(section), "{quote}");
        }
        let library = Library::new(vec![plan]);
        let cite = |document: &str, quote: &str| Citation {
            document: document.into(),
            quote: quote.into(),
        };
        assert!(library.locate(&cite("plan", "北至丁路")).is_err());
        assert!(library.locate(&cite("plan", "")).is_err());
        assert!(library.locate(&cite("other", "序")).is_err());
    }

    #[test]
    fn a_changed_document_is_refused() {
        let mut info = document("甲").info;
        assert!(Document::new(info.clone(), "乙".into()).is_err());
        info.sha256 = hex(&Sha256::digest([0xff]));
        assert!(Document::new(info, vec![0xff]).is_err());
    }
}
