//! All that a meeting needs of a view, in one archive: the pictures, the query's workbook, the
//! sentences, and a manifest by which each file can be checked.

use std::{collections::HashSet, fmt::Write as _};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    archive::zipped,
    brief::{Brief, Quote},
    ground::Ground,
    picture::{Page, Size, Studio},
    sheet::Failure,
};
use crate::{
    exchange::{
        csv,
        table::{Cell, Column, Table},
    },
    model::{Feature, Text, hex},
    report::{self, Refusal},
};

/// The files of a view. The same view of the same data gives the same bytes.
pub(super) fn pack(studio: &Studio<'_>) -> Result<Vec<u8>, Failure> {
    let mut files: Vec<(&str, Vec<u8>)> = vec![("map.png", studio.image(Size::SLIDE)?)];
    let mut missing = studio.brief.missing.to_vec();
    match studio.page(Page::default()) {
        Ok(page) => files.push(("map.pdf", page)),
        // What can be made is wanted all the same.
        Err(Failure::Refused(reason)) => missing.push(without("map.pdf", &reason)),
        Err(failure) => return Err(failure),
    }
    files.push(("slide.pptx", studio.slide()?));
    if let Some(report) = studio.report {
        match report.xlsx(studio.brief.lang()) {
            Ok(workbook) => files.push(("query.xlsx", workbook)),
            Err(Refusal::Failed(text)) => return Err(Failure::Failed(text)),
            Err(refusal) => {
                studio.patience.check()?;
                missing.push(without("query.xlsx", refusal.text()));
            }
        }
    }
    match citations(studio, report::MAX_FEATURES)? {
        Ok(table) => files.push(("citations.csv", table)),
        Err(reason) => missing.push(without("citations.csv", &reason)),
    }
    let brief = &Brief {
        missing: &missing,
        ..*studio.brief
    };
    files.push((
        "README.txt",
        words(brief, studio.ground.get(), &files).into_bytes(),
    ));
    let listed: Vec<_> = files
        .iter()
        .map(|(name, bytes)| {
            json!({ "name": name, "bytes": bytes.len(), "sha256": hex(&Sha256::digest(bytes)) })
        })
        .collect();
    let manifest = json!({
        "title": brief.title(),
        "note": brief.note,
        "link": brief.link,
        "state": studio.state,
        "missing": missing.iter().map(|text| brief.words(&text.zh, &text.en)).collect::<Vec<_>>(),
        "revision": brief.snapshot.revision,
        "revision_time": brief.time,
        "data": brief.snapshot.fingerprint,
        "program": concat!("renewal-map ", env!("CARGO_PKG_VERSION")),
        "files": listed,
    });
    let mut text = serde_json::to_vec_pretty(&manifest).expect("JSON can be written");
    text.push(b'\n');
    files.push(("manifest.json", text));
    zipped(&files).map_err(|error| {
        Failure::Failed(Text::new(
            format!("不能打包：{error}"),
            format!("the archive can't be made: {error}"),
        ))
    })
}

/// That a file is not among them.
fn without(file: &str, reason: &Text) -> Text {
    Text::new(
        format!("没有 {file}：{}", reason.zh),
        format!("there is no {file}: {}", reason.en),
    )
}

/// The sentences on which what is selected and what was found rests, each once for what it speaks of;
/// why there is no file of them, where they are more than it may hold.
fn citations(studio: &Studio<'_>, most: usize) -> Result<Result<Vec<u8>, Text>, Failure> {
    let brief = studio.brief;
    let found = studio.report.into_iter().flat_map(|report| {
        report.answer().collections.iter().flat_map(|answer| {
            let hits = answer.hits.iter().chain(&answer.borderline);
            let nowhere = answer.unlocated.iter().map(|one| one.feature);
            hits.map(|hit| hit.feature).chain(nowhere)
        })
    });
    let mut seen = HashSet::new();
    let mut quotes: Vec<Quote> = Vec::new();
    for feature in brief.subject().into_iter().chain(found) {
        studio.patience.check()?;
        if seen.insert(std::ptr::from_ref::<Feature>(feature)) {
            quotes.extend(brief.quotes_of(feature));
        }
        if quotes.len() > most {
            return Ok(Err(Text::new(
                format!("原话超过 {most} 条，一个文件最多这么多：请缩小范围或减少集合"),
                format!(
                    "there are more than {most} sentences, which is what a file holds at most: take a smaller area or fewer collections"
                ),
            )));
        }
    }
    let column = |zh: &'static str, en: &'static str| Column {
        head: brief.lang().pick(zh, en),
        width: 0,
    };
    let table = Table {
        title: String::new(),
        columns: vec![
            column("要素", "Feature"),
            column("文件", "Document"),
            column("章节", "Section"),
            column("原话", "Words of the document"),
        ],
        rows: Box::new(quotes.into_iter().map(|quote| {
            [quote.of, quote.document, quote.section, quote.sentence]
                .map(Cell::text)
                .to_vec()
        })),
    };
    Ok(Ok(csv::write([table], || studio.patience.check())?))
}

/// What the archive holds, for who opens it.
fn words(brief: &Brief<'_>, ground: Ground, files: &[(&str, Vec<u8>)]) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        writeln!(out, "{text}").expect("a String takes all that is written");
    };
    line(&brief.title());
    for paragraph in brief.note.lines() {
        line(paragraph);
    }
    for missing in brief.missing {
        line(brief.words(&missing.zh, &missing.en));
    }
    line("");
    line(&format!("{} · {}", brief.map_name(), brief.data()));
    if let Some(link) = brief.link {
        line(&format!("{}{link}", brief.words("链接：", "Link: ")));
    }
    line(&brief.approved());
    let (credit, sources) = brief.credits();
    let ground = brief.ground_credit(ground);
    for said in [credit, &ground, &sources]
        .into_iter()
        .filter(|said| !said.is_empty())
    {
        line(said);
    }
    line("");
    for (name, _) in files {
        let (zh, en) = match *name {
            "map.png" => ("图片，1600×900 像素", "the picture, 1600×900 pixels"),
            "map.pdf" => (
                "A4 横向，按真实比例尺，文字可选",
                "A4 landscape at a true scale, with text that can be selected",
            ),
            "slide.pptx" => ("一页 16:9 幻灯片", "one slide of 16:9"),
            "query.xlsx" => (
                "范围查询的结果、合计和来源",
                "the area query's features, sums and sources",
            ),
            _ => ("文件原话", "the sentences of the documents"),
        };
        line(&format!("{name}  {}", brief.words(zh, en)));
    }
    line(&format!(
        "manifest.json  {}",
        brief.words(
            "视图、数据版本、各文件的 SHA-256",
            "the view, the revision of the data, and the SHA-256 of each file"
        )
    ));
    out
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, sync::Arc, time::Duration};

    use super::*;
    use crate::{
        area::Patience,
        model::View,
        report::Report,
        store::{files::Files, load},
    };

    #[test]
    fn sentences_are_as_many_as_a_file_holds_or_none_with_the_reason() {
        let snapshot = load(&Files::seeds(None), &Files::geodata(None)).unwrap();
        let (view, _) = View::parse(
            "v=1&area=feature:zones/west-station-hub&collections=projects,parcels,zones",
        );
        let brief = Brief::plain(&snapshot, &view);
        let patience = Patience::new(Duration::from_mins(5), Arc::default());
        let question = brief.question().unwrap();
        let report = Report::new(&snapshot, &question, patience.clone()).ok();
        let studio = Studio {
            brief: &brief,
            state: String::new(),
            report: report.as_ref(),
            patience: &patience,
            ground: Cell::default(),
        };
        let whole = citations(&studio, report::MAX_FEATURES).unwrap().unwrap();
        let whole = String::from_utf8(whole).unwrap();
        // A sentence of a document has no line breaks; the first line holds the heads.
        let count = whole.lines().count() - 1;
        assert!(count > 20, "{whole}");
        assert!(citations(&studio, count).unwrap().is_ok());
        let reason = citations(&studio, count - 1).unwrap().unwrap_err();
        assert!(
            reason.zh.contains(&format!("超过 {} 条", count - 1)),
            "{reason:?}"
        );
    }
}
