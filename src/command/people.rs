//! `renewal-map people`: accounts, tokens, and what was done with them.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use renewal_map::{
    exchange::audit,
    model::Role,
    people::{JOIN_HOURS, grant, invite},
    store::record::{Record, RecordError},
};

use super::serve::parse_public_url;

/// Entries of the log that are listed unless asked for fewer or more.
const LISTED: usize = 50;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
    /// 库所在目录 (the folder of the record)
    #[arg(
        long,
        value_name = "DIR",
        env = "RENEWAL_MAP_DATA",
        global = true,
        required = false
    )]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Action {
    /// 列出账户和令牌 (list accounts and tokens)
    List,
    /// 建立账户，或更改其角色 (make an account, or change its role)
    Add {
        /// 姓名，写入版本记录 (a name, which stands in revisions)
        name: String,
        /// reader、editor 或 administrator (what they may do)
        #[arg(long)]
        role: Role,
    },
    /// 建立账户并给出设置密码的一次性链接 (make an account, and a one-time link to choose its password)
    Invite {
        /// 姓名，写入版本记录 (a name, which stands in revisions)
        name: String,
        /// reader、editor 或 administrator (what they may do)
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        place: Place,
    },
    /// 给出重设密码的一次性链接 (a one-time link to choose another password)
    Password {
        /// 姓名 (whose)
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// 关闭账户，其令牌、密码和登录随之失效 (close an account, and with it its tokens, password and sessions)
    Close {
        /// 姓名 (whose)
        name: String,
    },
    /// 发给令牌；只显示一次 (give a token, which is shown once)
    Token {
        /// 姓名 (to whom)
        name: String,
        /// 有效天数 (days that it holds)
        #[arg(long, default_value_t = 90)]
        days: u16,
        /// 用途 (what for)
        #[arg(long, default_value = "")]
        label: String,
    },
    /// 收回令牌 (take a token back)
    Revoke {
        /// 令牌编号 (its number)
        number: i64,
    },
    /// 列出操作记录，新的在前 (what was done, the latest first)
    Audit {
        /// 最多几条；不给则列出 50 条，--csv 输出全部 (how many, at most; without it 50 are listed, and all go into --csv)
        #[arg(long)]
        limit: Option<usize>,
        /// 输出 CSV (as CSV)
        #[arg(long)]
        csv: bool,
    },
}

/// Where the service is.
#[derive(Args)]
struct Place {
    /// 用户访问服务的网址 (address under which users reach the service)
    #[arg(long, value_name = "URL", value_parser = parse_public_url, env = "RENEWAL_MAP_PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    public_url: String,
}

/// Does what is asked.
pub fn people(options: &Options) -> Result<(), String> {
    let folder = options
        .data
        .as_deref()
        .ok_or("请用 --data 给出库所在目录 (give the folder of the record with --data)")?;
    Record::open_existing(folder)
        .and_then(|record| done(&options.action, &record))
        .map_err(|error| error.to_string())
}

fn done(action: &Action, record: &Record) -> Result<(), RecordError> {
    match action {
        Action::List => {
            for account in record.accounts()? {
                let closed = if account.closed.is_some() {
                    "  已关闭 (closed)"
                } else {
                    ""
                };
                println!("{}  {}{closed}", account.name, account.role);
            }
            for token in record.tokens()? {
                let state = match token.revoked {
                    Some(time) => format!("{time} 收回 (taken back)"),
                    None => format!("至 {} (holds until)", token.expires),
                };
                println!(
                    "{:>6}  {}  {}  {state}",
                    token.number, token.account, token.label
                );
            }
        }
        Action::Add { name, role } => {
            record.put_account(name, *role)?;
            println!("{name}：{} ({role})", role.title().zh);
        }
        Action::Invite { name, role, place } => {
            record.put_account(name, *role)?;
            link(record, name, place)?;
        }
        Action::Password { name, place } => link(record, name, place)?,
        Action::Close { name } => {
            record.close_account(name)?;
            println!("{name} 已关闭 (closed)");
        }
        Action::Token { name, days, label } => {
            let (number, token) = grant(record, name, label, *days)?;
            println!("{}", token.reveal());
            eprintln!(
                "令牌 {number}，{days} 天内有效，只显示这一次 (shown this once; holds for {days} days)"
            );
        }
        Action::Revoke { number } => {
            record.revoke_token(*number)?;
            println!("令牌 {number} 已收回 (taken back)");
        }
        Action::Audit { limit, csv } => {
            let limit = limit.unwrap_or(if *csv { usize::MAX } else { LISTED });
            let entries = record.audited(limit, None, None)?;
            if *csv {
                return Ok(io::stdout().write_all(&audit::table(&entries))?);
            }
            for (_, entry) in entries {
                println!(
                    "{}  {}  {}  {}",
                    entry.time, entry.account, entry.action, entry.detail
                );
            }
        }
    }
    Ok(())
}

/// Prints a one-time link for an account.
fn link(record: &Record, name: &str, place: &Place) -> Result<(), RecordError> {
    let key = invite(record, name)?;
    println!("{}/join/{}", place.public_url, key.reveal());
    eprintln!(
        "链接 {JOIN_HOURS} 小时内有效，只能用一次；请只交给 {name} (holds for {JOIN_HOURS} hours and once: give it to {name} alone)"
    );
    Ok(())
}
