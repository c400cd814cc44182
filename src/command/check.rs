//! `renewal-map check`: whether the data are sound, and a record as it was committed.

use renewal_map::store::record::Record;

use super::{District, load_district};

/// Checks the data, and where they are in a record, every hash of every revision.
pub fn check(district: &District) -> Result<(), String> {
    if let Some(folder) = &district.data {
        let verified = Record::open_existing(folder)
            .and_then(|record| record.verify())
            .map_err(|error| error.to_string())?;
        println!(
            "{} 个版本、{} 条记录与提交时一致 (revisions and entries are as they were committed)",
            verified.revision, verified.entries
        );
    }
    load_district(district).map(|_| println!("数据无误 (the data are sound)"))
}
