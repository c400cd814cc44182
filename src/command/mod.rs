//! The command line, one file for each command, and what they are made of.
//!
//! [`serve`], [`check`], [`compile`], [`import`], [`export`], [`query`], [`render`], [`record`] and
//! [`people`] are the commands. [`osm`] is the import from OpenStreetMap, and [`draft`] writes what it
//! and [`compile`] make anew. [`provider`] and [`base_map`] are what the operator says of others that
//! [`serve`] asks, and [`difference`] tells on the terminal what differs in a feature.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Args;
use renewal_map::{
    model::Text,
    store::{
        Snapshot,
        files::Files,
        load,
        record::{Record, RecordError},
    },
};

mod base_map;
pub mod check;
pub mod compile;
mod difference;
pub mod draft;
pub mod export;
pub mod import;
mod osm;
pub mod people;
mod provider;
pub mod query;
pub mod record;
pub mod render;
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
    /// 库所在目录：数据的各个版本存在其中，首次使用时存入上面的数据；不给则只读 (folder of the record, which keeps every revision and begins with these data; without it they are only read)
    #[arg(long, value_name = "DIR", env = "RENEWAL_MAP_DATA")]
    data: Option<PathBuf>,
}

impl District {
    /// Its latest data: of the record, where there is one.
    pub fn load(&self) -> Result<Snapshot, String> {
        match self.record() {
            Ok(Some(record)) => record.latest().and_then(|latest| record.load(latest)),
            Ok(None) => {
                let (seeds, geodata) = self.files();
                load(&seeds, &geodata).map_err(RecordError::from)
            }
            Err(error) => Err(error),
        }
        .map_err(|error| error.to_string())
    }

    /// Its record, where it is kept in one.
    pub fn record(&self) -> Result<Option<Record>, RecordError> {
        let (seeds, geodata) = self.files();
        self.data
            .as_deref()
            .map(|folder| Record::open(folder, &seeds, &geodata))
            .transpose()
    }

    /// The files that it is made of, or that its record began with.
    fn files(&self) -> (Files, Files) {
        (
            Files::seeds(self.seeds.clone()),
            Files::geodata(self.geodata.clone()),
        )
    }

    /// How many entries these files change against what the record has accepted.
    fn offered(&self, record: &Record) -> Result<usize, RecordError> {
        let (seeds, geodata) = self.files();
        let offer = record.offer(&seeds, &geodata)?;
        Ok(offer.map_or(0, |offer| offer.changes.len()))
    }

    /// The folder of the record, which must be given.
    fn data(&self) -> Result<&Path, RecordError> {
        self.data.as_deref().ok_or_else(|| {
            RecordError::Refused(Text::new(
                "请用 --data 给出库所在目录",
                "give the folder of the record with --data",
            ))
        })
    }
}

/// Reads a district and tells what it holds.
pub fn load_district(district: &District) -> Result<Snapshot, String> {
    let started = Instant::now();
    let snapshot = district.load()?;
    tell(&snapshot, started);
    Ok(snapshot)
}

/// Tells what a district holds, and how long it took to read it.
pub fn tell(snapshot: &Snapshot, started: Instant) {
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
}
