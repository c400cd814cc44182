//! `renewal-map import FILE.osm.pbf --into streets`.

use std::path::Path;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use renewal_map::{
    exchange::osm::{self, Extent, Mode},
    geometry::frame::Frame,
    model::{Cause, Text},
    store::{
        Snapshot, load,
        moved::{Change, moved},
        zones::{ZONES_FILE, compile_zones},
    },
};

use super::{
    District,
    compile::{read_zones, tell_zones},
    draft::Signed,
};

/// What is taken out of an extract of OpenStreetMap.
#[derive(Args)]
#[command(next_help_heading = "OpenStreetMap (.osm.pbf)")]
pub struct Lines {
    /// 范围（西,南,东,北，度）；不给则为本区外扩 2 公里 (the box, in degrees; without it the district and 2 km around it)
    #[arg(long, value_name = "W,S,E,N", value_parser = parse_extent, allow_hyphen_values = true)]
    bbox: Option<Extent>,
    /// 保留勘测的线和范围外的线；不给也是如此 (keep surveyed lines and those outside the box; so it is without it)
    #[arg(long, conflicts_with = "replace")]
    merge: bool,
    /// 原有的线全部换掉 (let go of all lines that are there)
    #[arg(long)]
    replace: bool,
}

impl Lines {
    /// Whether any of these options is given.
    pub fn are_asked_for(&self) -> bool {
        self.bbox.is_some() || self.merge || self.replace
    }
}

fn parse_extent(text: &str) -> Result<Extent, String> {
    text.parse().map_err(|error: Text| error.to_string())
}

/// How far around the district lines are imported, unless a box is given, in metres.
const MARGIN_M: f64 = 2000.0;

/// Imports lines and recompiles the zones: all in memory first, so that what does not load is never
/// written.
pub fn import(
    file: &Path,
    options: &Lines,
    district: &District,
    signed: &Signed,
) -> Result<(), String> {
    let standing = district.draft()?;
    let (seeds, geodata) = (&standing.seeds, &standing.geodata);
    let snapshot = load(seeds, geodata).map_err(|error| error.to_string())?;
    let extent = match options.bbox {
        Some(extent) => extent,
        None => around_district(&snapshot)?,
    };
    let mode = if options.replace {
        Mode::Replace
    } else {
        Mode::Merge
    };
    println!("范围 (box, W,S,E,N): {extent}");
    let bar = progress_bar();
    let extract = osm::extract(file, extent, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let plan = extract
        .and_then(|extract| osm::plan(extract, extent, mode, geodata))
        .map_err(|error| error.to_string())?;
    for (collection, tally) in &plan.tallies {
        println!(
            "{collection}：导入 {} 条、{} 个名称；保留 {}，换掉 {}，因已有勘测线而略去 {} (imported, names; kept, replaced, left out for surveyed lines)",
            tally.imported, tally.names, tally.kept, tally.dropped, tally.left_out
        );
    }
    for (collection, lines) in &plan.homeless {
        println!("没有集合 {collection}，略去 {lines} 条线 (no such collection: lines left out)");
    }
    let nothing_written = |problems: &dyn std::fmt::Display| {
        format!(
            "导入后的数据有问题，未改写任何文件 (nothing was written, for the data would be wrong):\n{problems}"
        )
    };
    let draft = plan
        .files
        .iter()
        .fold(geodata.clone(), |draft, (file, text)| {
            draft.with(file, text.as_str())
        });
    let snapshot = load(seeds, &draft).map_err(|error| nothing_written(&error))?;
    let zones = compile_zones(&snapshot, &draft).map_err(|error| nothing_written(&error))?;
    let draft = draft.with(ZONES_FILE, zones.text.as_str());
    load(seeds, &draft).map_err(|error| nothing_written(&error))?;
    let before = read_zones(geodata)?;
    let refused = tell_zones(&zones, &before)?;
    let lost = moved(&before, &zones.text)
        .map_err(|error| error.to_string())?
        .into_iter()
        .filter(|zone| matches!(zone.change, Change::Gone { .. }))
        .count();
    if lost > 0 {
        return Err(format!(
            "{lost} 个片区将失去原有的边界，未改写任何文件：请先核对街道名称与范围文字 (nothing was written: {lost} zones would lose their outlines; compare the street names with their sentences first)"
        ));
    }
    let mut files: Vec<(&str, &str)> = Vec::new();
    files.extend(plan.files.iter().map(|(file, text)| (&**file, &**text)));
    files.push((ZONES_FILE, &zones.text));
    standing.write(&files, Cause::Import, signed)?;
    refused
}

fn around_district(snapshot: &Snapshot) -> Result<Extent, String> {
    let bounds = snapshot
        .district
        .feature
        .parse()
        .ok()
        .and_then(|name| snapshot.feature(&name)?.bounds())
        .ok_or("本区没有轮廓，请给出 --bbox (the district has no outline: give --bbox)")?;
    Extent::of(Frame::at(bounds.center()).grown(bounds, MARGIN_M))
        .map_err(|error| error.to_string())
}

/// A bar on the terminal; nothing where there is none.
fn progress_bar() -> ProgressBar {
    const FORM: &str = "{bar:30} {percent:>3} %  {bytes}/{total_bytes}  {bytes_per_sec}  {eta}";
    let style = ProgressStyle::with_template(FORM).expect("the form is one");
    ProgressBar::new(0).with_style(style)
}
