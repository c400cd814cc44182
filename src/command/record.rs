//! `renewal-map record`: the durable record, from the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use renewal_map::{
    model::{Revision, Text},
    store::record::{Difference, OPERATOR, Record, RecordError, Share, restore},
};

use super::{District, difference};

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// 备份为一个文件，服务不用停 (copy it into one file; the service may go on)
    Backup {
        /// 新文件 (a new file)
        file: PathBuf,
        #[command(flatten)]
        folder: Folder,
    },
    /// 用备份恢复，原库改名保留；先停止服务 (put a backup in its place and keep what stood there; stop the service first)
    Restore {
        /// 备份文件 (the backup)
        file: PathBuf,
        #[command(flatten)]
        folder: Folder,
    },
    /// 列出版本，新的在前 (list revisions, the latest first)
    Log {
        /// 最多几个 (how many, at most)
        #[arg(long, default_value_t = 20)]
        limit: usize,
        #[command(flatten)]
        folder: Folder,
    },
    /// 撤回一个版本的改动，成为新版本 (take back what a revision changed, as a new one)
    Revert {
        /// 版本号 (which one)
        revision: u64,
        #[command(flatten)]
        signature: Signature,
        #[command(flatten)]
        folder: Folder,
    },
    /// 列出分享的视图，新的在前；--remove 删去 (list shared views, the latest first; --remove takes them away)
    Shares {
        /// 最多几个 (how many, at most)
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// 删去这些分享，其链接随之失效 (remove these: their links lead nowhere from then on)
        #[arg(long, value_name = "ID", num_args = 1.., conflicts_with = "limit")]
        remove: Vec<String>,
        #[command(flatten)]
        folder: Folder,
    },
    /// 查看新版数据会改什么，逐项对照；--accept 才写入 (show what newer data would change, value by value; only --accept writes it)
    Update {
        /// 写入；此处改过的要素不动 (write it; what was changed here stays)
        #[arg(long, requires = "author")]
        accept: bool,
        /// 谁决定的 (who decides)
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
        #[command(flatten)]
        district: District,
    },
}

#[derive(Args)]
struct Folder {
    /// 库所在目录 (the folder of the record)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_DATA")]
    data: PathBuf,
}

#[derive(Args)]
struct Signature {
    /// 谁改的 (who)
    #[arg(long, value_name = "NAME")]
    author: String,
    /// 为什么 (what for)
    #[arg(long, value_name = "TEXT")]
    message: String,
}

/// Does what is asked of the record.
pub fn record(options: &Options) -> Result<(), String> {
    done(&options.action).map_err(|error| error.to_string())
}

fn done(action: &Action) -> Result<(), RecordError> {
    match action {
        Action::Backup { file, folder } => {
            Record::open_existing(&folder.data)?.backup(file)?;
            println!("已备份到 {} (copied)", file.display());
        }
        Action::Restore { file, folder } => {
            let (verified, kept) = restore(file, &folder.data)?;
            println!(
                "已恢复到版本 {} (restored; this is its latest revision)",
                verified.revision
            );
            if let Some(kept) = kept {
                println!("原库保留为 {} (what stood there is kept)", kept.display());
            }
        }
        Action::Log { limit, folder } => {
            for info in Record::open_existing(&folder.data)?.revisions(*limit, 0)? {
                let cause = info.cause.title();
                let line = [info.author, cause.zh, info.message].join("  ");
                println!("{:>6}  {}  {line}", info.number.0, info.time);
            }
        }
        Action::Revert {
            revision,
            signature,
            folder,
        } => {
            let now = Record::open_existing(&folder.data)?.revert(
                Revision(*revision),
                &signature.author,
                &signature.message,
            )?;
            println!(
                "已撤回版本 {revision}，成为版本 {} (taken back, as a new revision)",
                now.revision
            );
        }
        Action::Shares {
            limit,
            remove: ids,
            folder,
        } => {
            let record = Record::open_existing(&folder.data)?;
            if ids.is_empty() {
                record.shares(*limit)?.iter().for_each(tell);
            }
            for id in ids {
                remove(&record, id)?;
            }
        }
        Action::Update {
            accept,
            author,
            district,
        } => update(district, author.as_deref().filter(|_| *accept))?,
    }
    Ok(())
}

/// Prints a share on one line: its id, when and by whom it was made, its title and its note.
fn tell(share: &Share) {
    let what = &share.what;
    let made_by = what.made_by.as_deref().unwrap_or("-");
    let words: Vec<&str> = [&what.title, &what.note]
        .into_iter()
        .flat_map(|text| text.split_whitespace())
        .collect();
    println!(
        "{}  {}  {made_by}  {}",
        share.id,
        share.made,
        words.join(" ")
    );
}

fn remove(record: &Record, id: &str) -> Result<(), RecordError> {
    let removed = match id.parse() {
        Ok(id) => record.remove_share(&id)?,
        Err(()) => false,
    };
    if !removed {
        return Err(RecordError::Refused(Text::new(
            format!("没有分享 {id}"),
            format!("there is no share {id}"),
        )));
    }
    record.audit(OPERATOR, "unshare", id)?;
    println!("分享 {id} 已删去 (removed)");
    Ok(())
}

fn update(district: &District, accepted_by: Option<&str>) -> Result<(), RecordError> {
    let (seeds, geodata) = district.files();
    let record = Record::open_existing(district.data()?)?;
    let Some(offer) = record.offer(&seeds, &geodata)? else {
        println!("库中已是这版数据 (the record has these data already)");
        return Ok(());
    };
    for offered in &offer.changes {
        let change = match (offered.standing, &offered.body) {
            (None, _) => "新增 (new)",
            (Some(_), Some(_)) => "改动 (changed)",
            (Some(_), None) => "删去 (gone)",
        };
        let kept = if offered.changed_here {
            "；此处改过，保留此处的 (changed here: what is here stays)"
        } else {
            ""
        };
        println!("  {}  {change}{kept}", offered.key);
        if let (Some(_), Some(body)) = (offered.standing, &offered.body) {
            let changed = Difference {
                key: offered.key.clone(),
                before: record.standing(&offered.key)?,
                after: Some(body.clone()),
            };
            for line in difference::lines(&changed) {
                println!("      {line}");
            }
        }
    }
    let Some(author) = accepted_by else {
        println!(
            "共 {} 处；加 --accept --author 姓名 才写入 (nothing is written without --accept)",
            offer.changes.len()
        );
        return Ok(());
    };
    match record.accept(&offer, author)? {
        Some(now) => println!("已写入版本 {} (written)", now.revision),
        None => println!("没有可写入的改动 (there was nothing to write)"),
    }
    Ok(())
}
