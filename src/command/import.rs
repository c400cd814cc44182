//! `renewal-map import`: files of features into a collection of the record.

use std::{
    fs::File,
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use clap::{Args, error::ErrorKind};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use renewal_map::{
    exchange::{
        doctor::Severity,
        intake::{self, Failed, Mapping, Options, Prepared, Request, Step},
        layer::{self, ReadOptions},
    },
    geometry::{crs::Crs, datum::Datum},
    model::Text,
    store::record::{Record, RecordError},
};

use super::{
    District,
    draft::Signed,
    osm::{self, Lines},
};

/// How long something takes before a bar shows how far it has come.
const PATIENCE: Duration = Duration::from_secs(1);
/// Rows that can't be taken and are told one by one.
const MAX_TOLD: usize = 20;

/// GeoJSON, Shapefile (zipped), GeoPackage, FlatGeobuf, CSV, KML and DXF go into a collection of the
/// record (--data), after a look at what would change; an extract of OpenStreetMap (.osm.pbf) gives lines
/// to streets and water, and the zones are compiled anew.
#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch
pub struct Import {
    /// 文件：GeoJSON、Shapefile（zip）、GeoPackage、FlatGeobuf、CSV、KML、DXF，或 OpenStreetMap 的 .osm.pbf (files of features, or an extract of OpenStreetMap)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// 导入到哪个集合，如 parcels；.osm.pbf 只能进 streets (which collection; an .osm.pbf goes to streets)
    #[arg(long, value_name = "COLLECTION")]
    into: String,
    /// 字段对应的属性，如 --map MC=name（可多次） (which field is which property; may be given several times)
    #[arg(long = "map", value_name = "FIELD=PROPERTY", value_parser = parse_pair)]
    maps: Vec<(String, String)>,
    /// 全部要素共有的属性，如 --set accuracy_m=0.1（可多次） (a property of all features; may be given several times)
    #[arg(long = "set", value_name = "PROPERTY=VALUE", value_parser = parse_pair)]
    sets: Vec<(String, String)>,
    /// 哪个字段是编号；再次导入时靠它认出同一要素 (the field that is the key: a later import knows the same feature by it)
    #[arg(long, value_name = "FIELD")]
    key: Option<String>,
    /// 坐标系，如 EPSG:4548；不管文件怎么写 (the reference system, whatever the file states)
    #[arg(long, value_name = "CRS", value_parser = parse_crs)]
    crs: Option<Crs>,
    /// 文字编码，如 gbk (the encoding of its text)
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// 文件中的哪个图层 (which of its layers)
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// 两个坐标互换 (the two numbers of each coordinate stand in the other order)
    #[arg(long)]
    swap_axes: bool,
    /// 经纬度有 GCJ-02 或 BD-09 偏移，改正它 (the degrees are those of gcj02 or bd09: put them right)
    #[arg(long, value_name = "DATUM", value_parser = ["gcj02", "bd09"])]
    from_datum: Option<String>,
    /// 文件中没有的要素从集合中删去 (what stands in the collection and is not in the file goes)
    #[arg(long)]
    remove_missing: bool,
    /// 略去不合规的行；不给则有一行不合规就都不写入 (leave invalid rows out; without it one of them keeps all from being written)
    #[arg(long)]
    skip_invalid: bool,
    /// 不采纳对坐标的建议，照原样导入 (take the coordinates as they are, whatever is proposed)
    #[arg(long)]
    as_it_is: bool,
    /// 只看会改什么，不写入 (only show what would change)
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    signed: Signed,
    #[command(flatten)]
    lines: Lines,
    #[command(flatten)]
    district: District,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((left, right)) if !left.trim().is_empty() => {
            Ok((left.trim().to_owned(), right.trim().to_owned()))
        }
        _ => Err("应为 A=B (should read A=B)".into()),
    }
}

fn parse_crs(text: &str) -> Result<Crs, String> {
    Crs::parse(text).map_err(|error| error.to_string())
}

/// A call that is none: it ends the program.
fn no_call(text: &str) -> ! {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{text}\n")).exit()
}

/// Imports files, one after the other; each is one revision.
pub fn import(options: &Import) -> Result<(), String> {
    let extract = options.files.iter().find(|file| is_extract(file));
    // Whoever asks for a box means an extract, whatever the file is called.
    let extract = extract.or(options
        .files
        .first()
        .filter(|_| options.lines.are_asked_for()));
    if let Some(file) = extract {
        if options.into != "streets" || options.files.len() > 1 {
            no_call(
                "OpenStreetMap 数据一次一个，导入到 streets (one extract of OpenStreetMap at a time goes into streets)",
            );
        }
        return osm::import(file, &options.lines, &options.district, &options.signed);
    }
    if options.remove_missing && options.files.len() > 1 {
        no_call(
            "--remove-missing 一次只用于一个文件：后一个会删去前一个带来的 (it goes with one file alone: a second would remove what the first has brought)",
        );
    }
    let said = |error: RecordError| error.to_string();
    options.district.data().map_err(said)?;
    let record = options.district.record().map_err(said)?;
    let record =
        record.ok_or("请用 --data 给出库所在目录 (give the folder of the record with --data)")?;
    options
        .files
        .iter()
        .try_for_each(|file| import_file(file, options, &record))
}

/// Whether a file is called an extract of OpenStreetMap, or begins like one.
fn is_extract(file: &Path) -> bool {
    const BEGINNING: &[u8] = b"OSMHeader";
    let mut start = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(64).read_to_end(&mut start));
    let begins_so = opened.is_ok()
        && start
            .windows(BEGINNING.len())
            .any(|bytes| bytes == BEGINNING);
    begins_so
        || file
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("pbf"))
}

fn import_file(file: &Path, options: &Import, record: &Record) -> Result<(), String> {
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let snapshot = record.newest().map_err(|error| error.to_string())?;
    let request = Request {
        path: file.to_owned(),
        name: name.clone(),
        into: options.into.clone(),
        scratch: options
            .district
            .data()
            .map_err(|error| error.to_string())?
            .join("imports"),
    };
    let decided = decided(options).map_err(|error| error.to_string())?;
    let cancelled = cancelled();
    let mut bar = Bar::new();
    let prepared = intake::prepare(
        record,
        &snapshot,
        &request,
        &decided,
        &mut |step, done, all| bar.watch(step, done, all, cancelled),
    );
    bar.clear();
    let prepared = prepared.map_err(|error: Failed| error.text().to_string())?;
    tell(&name, &prepared);
    let needs = prepared.needs.iter();
    let needs = needs.map(|need| format!("  {}: {}", need.message, option_for(need.property)));
    let faults = prepared.faults().into_iter();
    let list: Vec<String> = needs
        .chain(faults.map(|text| format!("  {text}")))
        .collect();
    if !list.is_empty() {
        return Err(format!(
            "未写入 (nothing was written):\n{}",
            list.join("\n")
        ));
    }
    let Some(author) = options.signed.author.as_ref().filter(|_| !options.dry_run) else {
        println!("未写入；加 --author 姓名 才写入库 (nothing is written without --author)");
        return Ok(());
    };
    let message = match &options.signed.message {
        Some(message) => message.clone(),
        None => format!("导入 {name} 到 {}", options.into),
    };
    let mut bar = Bar::new();
    let committed = prepared.commit(record, author, &message, &mut |step, done, all| {
        bar.watch(step, done, all, cancelled)
    });
    bar.clear();
    match committed {
        Ok(now) => println!("已写入版本 {} (written as a revision)", now.revision),
        Err(Failed::Record(RecordError::Unchanged)) => {
            println!("库中已是如此，没有改动 (the record has these already)");
        }
        Err(error) => return Err(error.text().to_string()),
    }
    Ok(())
}

/// The option that gives what every feature needs.
fn option_for(property: &str) -> String {
    match property {
        "key" => "--key 字段 (FIELD)".to_owned(),
        "crs" => "--crs EPSG:4548 …".to_owned(),
        "kind" => "--map 字段=kind, --set kind=…".to_owned(),
        property => format!("--set {property}=…"),
    }
}

/// What the options decide.
fn decided(options: &Import) -> Result<Options, Text> {
    let encoding = options.encoding.as_deref().map(layer::encoding);
    let value = |text: &str| match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) if !value.is_null() => value,
        _ => text.into(),
    };
    Ok(Options {
        read: ReadOptions {
            crs: options.crs,
            encoding: encoding.transpose()?,
            layer: options.layer.clone(),
            scratch: None,
        },
        swap_axes: options.swap_axes,
        from_datum: options.from_datum.as_deref().and_then(Datum::parse),
        mapping: None,
        changes: Mapping {
            key: options.key.clone(),
            properties: options
                .maps
                .iter()
                .map(|(field, property)| (property.clone(), field.clone()))
                .collect(),
            constants: options
                .sets
                .iter()
                .map(|(property, text)| (property.clone(), value(text)))
                .collect(),
        },
        remove_missing: options.remove_missing,
        skip_invalid: options.skip_invalid,
        as_it_is: options.as_it_is,
    })
}

/// Set when somebody presses Ctrl-C: what is under way then ends by itself and leaves nothing.
fn cancelled() -> &'static AtomicBool {
    static CANCELLED: AtomicBool = AtomicBool::new(false);
    static LISTENING: std::sync::Once = std::sync::Once::new();
    LISTENING.call_once(|| {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime
                && runtime.block_on(tokio::signal::ctrl_c()).is_ok()
            {
                CANCELLED.store(true, Ordering::Relaxed);
            }
        });
    });
    &CANCELLED
}

/// A bar on the terminal, once something takes its time; nothing where there is no terminal.
struct Bar {
    drawn: ProgressBar,
    since: Instant,
    step: Option<Step>,
}

impl Bar {
    fn new() -> Self {
        Self {
            drawn: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            since: Instant::now(),
            step: None,
        }
    }

    /// Shows how far something has come, and ends it where somebody has cancelled it.
    fn watch(
        &mut self,
        step: Step,
        done: u64,
        all: u64,
        cancelled: &AtomicBool,
    ) -> ControlFlow<()> {
        self.show(step, done, all);
        if cancelled.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn show(&mut self, step: Step, done: u64, all: u64) {
        if self.since.elapsed() < PATIENCE {
            return;
        }
        let bar = &self.drawn;
        if bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let is_another = self.step.replace(step) != Some(step);
        if is_another || bar.position() > done || bar.length() != Some(all) {
            bar.set_style(ProgressStyle::with_template(&form(step)).expect("the form is one"));
            bar.set_length(all);
            bar.reset_eta();
        }
        bar.set_position(done);
    }

    fn clear(&self) {
        self.drawn.finish_and_clear();
    }
}

/// What the bar of a step looks like.
fn form(step: Step) -> String {
    const COUNTED: &str = "{pos}/{len}  {per_sec}  {eta}";
    let (words, counted) = match step {
        Step::Reading => (
            "读取 (reading)",
            "{bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
        ),
        Step::Scanning => ("读取各行 (rows)", COUNTED),
        Step::Standing => ("读取现有数据 (what stands)", COUNTED),
        Step::Comparing => ("比较 (comparing)", COUNTED),
        Step::Overlapping => ("查重叠 (overlaps)", COUNTED),
        Step::Committing | Step::Concluding => ("写入 (committing)", COUNTED),
        Step::Checking => ("核对全部数据 (checking all data)", COUNTED),
    };
    format!("{words}  {{bar:30}} {{percent:>3}} %  {counted}")
}

/// Tells what a file holds and what would become of it.
fn tell(name: &str, prepared: &Prepared) {
    let layer = &prepared.layer;
    println!(
        "{name}：{}，图层 {}，{} 行 (rows)",
        layer.format.name(),
        layer.name,
        prepared.rows
    );
    for note in &layer.notes {
        println!("  {note}");
    }
    let mapping = &prepared.mapping;
    let remembered = if prepared.remembered {
        "，同上次 (as last time)"
    } else {
        ""
    };
    println!("字段对应 (mapping){remembered}:");
    if let Some(key) = &mapping.key {
        println!("  {key} → 编号 (key)");
    }
    for (property, field) in &mapping.properties {
        println!("  {field} → {property}");
    }
    for (property, value) in &mapping.constants {
        println!("  {property} = {value}");
    }
    for finding in &prepared.findings {
        let sort = match finding.severity {
            Severity::Info => "提示 (info)",
            Severity::Warning => "注意 (warning)",
            Severity::Error => "错误 (error)",
        };
        println!(
            "{sort}，把握 {:.0} % (sure): {}",
            finding.confidence * 100.0,
            finding.message
        );
        if !finding.examples.is_empty() {
            let rows: Vec<_> = finding.examples.iter().map(ToString::to_string).collect();
            println!("  行 (rows): {}", rows.join(", "));
        }
        if let Some(proposal) = &finding.proposal {
            println!("  建议 (proposed): {}", proposal.arguments());
        }
    }
    for flaw in prepared.flaws.iter().take(MAX_TOLD) {
        let key = flaw.key.as_deref().unwrap_or("—");
        println!("  第 {} 行 (row)，{key}: {}", flaw.row, flaw.reason);
    }
    let counts = &prepared.counts;
    println!(
        "新增 {}，改动 {}，不变 {}，删去 {}，不合规 {} (added, changed, unchanged, removed, invalid)",
        counts.added, counts.changed, counts.unchanged, counts.removed, counts.invalid
    );
}
