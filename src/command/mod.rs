//! The command line, one file for each command.

use std::{path::PathBuf, time::Instant};

use clap::Args;
use renewal_map::store::{Snapshot, files::Files, load};

pub mod compile;
pub mod import;
pub mod query;
pub mod serve;

/// Where a district's data are.
#[derive(Args)]
pub struct District {
    /// 规划文件目录；不给则用内置数据 (folder of the source documents; the built-in ones without it)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_SEEDS")]
    seeds: Option<PathBuf>,
    /// 空间数据目录；不给则用内置数据 (folder of the features; the built-in ones without it)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_GEODATA")]
    geodata: Option<PathBuf>,
}

impl District {
    /// Reads it.
    pub fn load(&self) -> Result<Snapshot, String> {
        load(
            &Files::seeds(self.seeds.clone()),
            &Files::geodata(self.geodata.clone()),
        )
        .map_err(|error| error.to_string())
    }

    /// The folder of features of which files are rewritten.
    fn folder(&self) -> PathBuf {
        self.geodata.clone().unwrap_or_else(|| "geodata".into())
    }
}

/// Reads a district and tells what it holds.
pub fn load_district(district: &District) -> Result<Snapshot, String> {
    let started = Instant::now();
    let snapshot = district.load()?;
    println!("{} ({})", snapshot.title.zh, snapshot.title.en);
    for collection in snapshot.collections() {
        println!(
            "  {:<12} {:>7}  {}",
            collection.info.id,
            collection.features().len(),
            collection.info.title
        );
    }
    println!(
        "版本 {}，用时 {:.2} 秒 (revision {}, {:.2} s)",
        snapshot.revision,
        started.elapsed().as_secs_f64(),
        snapshot.revision,
        started.elapsed().as_secs_f64(),
    );
    Ok(snapshot)
}

/// Checks the data.
pub fn check(district: &District) -> Result<(), String> {
    load_district(district).map(|_| println!("数据无误 (the data are sound)"))
}
