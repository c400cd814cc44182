//! Collections that a command makes anew: of a folder, or of a record.

use clap::Args;
use renewal_map::{
    model::{Cause, Revision},
    store::{
        files::{self, Files},
        record::{Change, Record, RecordError, Signature},
    },
};

use super::District;

/// Who writes to a record, and what for.
#[derive(Args)]
pub struct Signed {
    /// 谁改的；写入库时要给 (who; needed where a record is written to)
    #[arg(long, value_name = "NAME", requires = "data")]
    pub author: Option<String>,
    /// 为什么改 (what for)
    #[arg(long, value_name = "TEXT", requires = "author")]
    pub message: Option<String>,
}

/// A district whose collections are about to change.
pub struct Draft {
    /// Its documents.
    pub seeds: Files,
    /// Its features, as they stand.
    pub geodata: Files,
    /// Where they are kept, unless in the folder of `geodata`.
    record: Option<(Record, Revision)>,
}

impl District {
    /// The files that stand: of the record's latest revision, or of a folder, which is `geodata`
    /// where none is given.
    pub fn draft(&self) -> Result<Draft, String> {
        let Some(record) = self.record().map_err(|error| error.to_string())? else {
            let geodata = self.geodata.clone().unwrap_or_else(|| "geodata".into());
            return Ok(Draft {
                seeds: Files::seeds(self.seeds.clone()),
                geodata: Files::geodata(Some(geodata)),
                record: None,
            });
        };
        let ([seeds, geodata], latest) = record
            .latest()
            .and_then(|latest| Ok((record.files(latest)?, latest)))
            .map_err(|error| error.to_string())?;
        Ok(Draft {
            seeds,
            geodata,
            record: Some((record, latest)),
        })
    }
}

impl Draft {
    /// Whether files of collections say something else than those that stand.
    pub fn differs(&self, files: &[(&str, &str)]) -> Result<bool, String> {
        match &self.record {
            None => Ok(files.iter().any(|(file, text)| self.is_other(file, text))),
            Some((record, at)) => changes(record, *at, files)
                .map(|changes| !changes.is_empty())
                .map_err(|error| error.to_string()),
        }
    }

    /// Puts files of collections in the place of those that stand: in the folder each that changed,
    /// in the record all in one revision, and there only where somebody signs.
    pub fn write(
        &self,
        files: &[(&str, &str)],
        cause: Cause,
        signed: &Signed,
    ) -> Result<(), String> {
        match &self.record {
            None => files
                .iter()
                .try_for_each(|(file, text)| self.rewrite(file, text)),
            Some((record, at)) => {
                commit((record, *at), files, cause, signed).map_err(|error| error.to_string())
            }
        }
    }

    fn is_other(&self, file: &str, text: &str) -> bool {
        let is_same = self
            .geodata
            .read(file)
            .is_ok_and(|old| *old == *text.as_bytes());
        !is_same
    }

    fn rewrite(&self, file: &str, text: &str) -> Result<(), String> {
        if !self.is_other(file, text) {
            return Ok(());
        }
        let path = self.geodata.path(file);
        files::replace(path.as_ref(), text).map_err(|error| format!("{path}: {error}"))?;
        println!("已改写 (rewritten): {path}");
        Ok(())
    }
}

fn changes(
    record: &Record,
    at: Revision,
    files: &[(&str, &str)],
) -> Result<Vec<Change>, RecordError> {
    let mut changes = Vec::new();
    for (file, text) in files {
        let collection = file.strip_suffix(".geojson").unwrap_or(file);
        changes.extend(record.replacing(collection, at, text.as_bytes())?);
    }
    Ok(changes)
}

fn commit(
    (record, at): (&Record, Revision),
    files: &[(&str, &str)],
    cause: Cause,
    signed: &Signed,
) -> Result<(), RecordError> {
    let changes = changes(record, at, files)?;
    if changes.is_empty() {
        println!("库中已是如此，没有改动 (the record has these already)");
        return Ok(());
    }
    let Some(author) = &signed.author else {
        for change in &changes {
            println!("  {}", change.key);
        }
        println!(
            "将改动 {} 个要素；加 --author 姓名 才写入库 (nothing is written to the record without --author)",
            changes.len()
        );
        return Ok(());
    };
    let signature = Signature {
        author: author.clone(),
        message: signed.message.clone().unwrap_or_else(|| cause.title().zh),
        cause,
    };
    let now = record.commit_each(&signature, changes.into_iter().map(Ok), |_| false)?;
    println!("已写入版本 {} (written as a revision)", now.revision);
    Ok(())
}
