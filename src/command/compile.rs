//! `renewal-map compile`.

use clap::Args;
use renewal_map::{
    boundary::{Compiled, Options, Outcome, StretchKind, TextError},
    exchange::boundary,
    model::Cause,
    store::{
        files::Files,
        load,
        moved::moved,
        zones::{ZONES_FILE, Zones, compile_zones},
    },
};

use super::{District, draft::Signed};

/// Without `--geodata` it rewrites the folder `geodata`; with `--data` it writes to the record.
#[derive(Args)]
pub struct Compile {
    /// 编译这段文字中的四至：GeoJSON 写到标准输出，不改写文件；不给 --geodata 则用内置街道 (compile the boundary sentences of this text: write GeoJSON to standard output and change no file; along the built-in streets without --geodata)
    #[arg(long, value_name = "SENTENCE", conflicts_with = "check")]
    text: Option<String>,
    /// 只比较，不改写；有差异则退出码为 1 (compare only; exit 1 where the file differs)
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    signed: Signed,
    #[command(flatten)]
    district: District,
}

/// Compiles a text, or the zones of a folder.
pub fn compile(options: &Compile) -> Result<(), String> {
    match &options.text {
        Some(text) => compile_text(text, &options.district),
        None => compile_folder(options),
    }
}

/// Recompiles the zones, tells what became of each, and writes the file where it changed.
fn compile_folder(options: &Compile) -> Result<(), String> {
    let draft = options.district.draft()?;
    let geodata = &draft.geodata;
    let snapshot = load(&draft.seeds, geodata).map_err(|error| error.to_string())?;
    let zones = compile_zones(&snapshot, geodata).map_err(|error| error.to_string())?;
    let old = read_zones(geodata)?;
    let refused = tell_zones(&zones, &old)?;
    let files = [(ZONES_FILE, zones.text.as_str())];
    if !options.check {
        draft.write(&files, Cause::Compile, &options.signed)?;
    } else if draft.differs(&files)? {
        return Err(format!(
            "{} 与编译结果不同，请运行 renewal-map compile (differs from what compiles: run renewal-map compile)",
            geodata.path(ZONES_FILE)
        ));
    }
    refused
}

/// The file of zones as it stands.
pub fn read_zones(geodata: &Files) -> Result<String, String> {
    let bytes = geodata
        .read(ZONES_FILE)
        .map_err(|error| format!("{}: {error}", geodata.path(ZONES_FILE)))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Tells what became of each zone, and by how much its outline moved. The inner result is an error
/// where some do not resolve.
pub fn tell_zones(zones: &Zones, old: &str) -> Result<Result<(), String>, String> {
    let mut refused = 0;
    for zone in &zones.outcomes {
        let reason = match &zone.outcome {
            Outcome::Compiled(compiled) => {
                println!("{}：{}", zone.name, summary(compiled));
                continue;
            }
            Outcome::Ambiguous(ambiguity) => ambiguity.text(),
            Outcome::Unresolved(refusal) => refusal.text(),
        };
        refused += 1;
        println!(
            "{}：未能编译 ({})：{reason}",
            zone.name,
            zone.outcome.name()
        );
    }
    println!("与原来相比 (compared with before):");
    for zone in moved(old, &zones.text).map_err(|error| error.to_string())? {
        println!("  {}：{}", zone.name, zone.change);
    }
    Ok(match refused {
        0 => Ok(()),
        _ => Err(format!(
            "{refused} 个片区未能编译 ({refused} zones do not resolve)"
        )),
    })
}

/// Compiles the boundary sentences of a text: their GeoJSON to standard output, in words to the
/// other.
fn compile_text(text: &str, district: &District) -> Result<(), String> {
    let snapshot = district.load()?;
    let compilations = snapshot
        .network()
        .compile_text(text, Options::default(), || true)
        .map_err(|error| error.text().to_string())?;
    println!("{:#}", boundary::collection(text, &compilations));
    let mut open = 0;
    for compilation in &compilations {
        let sentence = &text[compilation.span.clone()];
        match &compilation.outcome {
            Outcome::Compiled(compiled) => eprintln!(
                "{sentence}\n  {:.1} 公顷 (ha)，{}",
                compiled.area_m2() / 1e4,
                summary(compiled)
            ),
            Outcome::Ambiguous(ambiguity) => eprintln!("{sentence}\n  {}", ambiguity.text()),
            Outcome::Unresolved(refusal) => eprintln!("{sentence}\n  {}", refusal.text()),
        }
        open += usize::from(!matches!(compilation.outcome, Outcome::Compiled(_)));
    }
    match (compilations.len(), open) {
        (0, _) => Err(TextError::NotABoundary.text().to_string()),
        (_, 0) => Ok(()),
        _ => Err(format!(
            "{open} 句未能编译 ({open} sentences do not compile)"
        )),
    }
}

/// One line on a compiled outline: how long, and how much of it follows what.
fn summary(compiled: &Compiled) -> String {
    let metres = |kind: StretchKind| -> f64 {
        compiled
            .stretches
            .iter()
            .filter(|stretch| stretch.kind == kind)
            .map(|stretch| stretch.metres)
            .fold(0.0, |sum, metres| sum + metres)
    };
    format!(
        "沿所列道路和河流 {:.0} 米，借道 {:.0} 米，直线连接 {:.0} 米，精度 ±{:.0} 米 (along named lines, via others, bridged, accuracy)",
        metres(StretchKind::Street),
        metres(StretchKind::Via),
        metres(StretchKind::Bridge),
        compiled.accuracy_m,
    )
}
