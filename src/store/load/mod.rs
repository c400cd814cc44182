//! Reads a district's files, checks everything, and tells all that is wrong at once.
//!
//! [`file`] splits a GeoJSON file into the texts of its features, [`feature`] reads one of them,
//! [`properties`] has the members that the service knows, [`links`] checks what features say of each
//! other, [`stated`] reads the claims that no feature makes, and [`row`] checks by the [`rules`] features
//! that are not among the data yet. [`next`] makes the data after a change of those before, by reading only what
//! changed.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt, io,
    ops::ControlFlow,
    sync::Arc,
};

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use self::{
    feature::FeatureReader,
    links::{Links, targets},
};
use super::{
    claims::Claims,
    collection::Collection,
    files::Files,
    measures,
    mentions::Stretch,
    packed::{Entry, Packing},
    snapshot::Snapshot,
    tally::Tally,
    zoned::place_in_zones,
};
use crate::{
    documents::{Claim, Document, DocumentInfo, IndicatorTable, Indicators, Library, StatedClaim},
    model::{CollectionInfo, District, Revision, Text, hex, is_slug},
};

mod feature;
mod file;
mod links;
mod next;
mod properties;
mod row;
mod rules;
mod stated;

pub use links::{circling, dangling};
pub use row::{Lead, Row, claims_on, referrers};
pub use rules::Rules;

pub(super) use file::{not_json, parse_file};
pub(super) use next::{Changed, next};

/// One thing that is wrong with the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file in which it is.
    pub file: String,
    /// The feature, where it is one's.
    pub feature: Option<String>,
    /// What is wrong.
    pub reason: Text,
}

impl Problem {
    /// Whether it is one of the data as somebody sees them, and not of a collection that is hidden
    /// from them. Of files beside the collections, which name features of all, it is told to who sees
    /// everything.
    #[must_use]
    pub fn is_of(&self, seen: &Snapshot) -> bool {
        let name = self.file.rsplit('/').next().unwrap_or(&self.file);
        name.strip_suffix(".geojson")
            .map_or(seen.is_whole, |id| seen.collection(id).is_some())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.feature {
            Some(feature) => write!(f, "{}: {feature}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

/// All that is wrong with the data. Nothing is served of data with a problem.
#[derive(Debug)]
pub struct LoadError(pub Vec<Problem>);

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "数据有 {count} 处问题 ({count} problems in the data):")?;
        self.0
            .iter()
            .try_for_each(|problem| writeln!(f, "  {problem}"))
    }
}

impl std::error::Error for LoadError {}

/// `geodata/collections.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    title: String,
    title_en: String,
    district: District,
    collections: Vec<CollectionInfo>,
}

/// Reads a district.
///
/// # Errors
/// Every problem of every file, each with its file, feature and reason.
pub fn load(seeds: &Files, geodata: &Files) -> Result<Snapshot, LoadError> {
    let read = load_watched(seeds, geodata, &mut |_| ControlFlow::Continue(()))?;
    // Nobody stops it.
    read.ok_or_else(|| LoadError(Vec::new()))
}

/// The same; `watch` is told now and then how many features have been read. `None` where it says to stop.
pub(super) fn load_watched(
    seeds: &Files,
    geodata: &Files,
    watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Snapshot>, LoadError> {
    let mut reader = Reader {
        problems: Vec::new(),
        fingerprint: Sha256::new(),
        watch,
        read: 0,
        goes_on: ControlFlow::Continue(()),
    };
    let library = reader.library(seeds);
    let Some(catalogue) = reader.json::<Catalogue>(geodata, "collections.json") else {
        return Err(LoadError(reader.problems));
    };
    let mut ids = HashSet::new();
    for info in &catalogue.collections {
        if !ids.insert(info.id.as_str()) {
            reader.problem(
                geodata.path("collections.json"),
                Text::new(
                    format!("集合“{}”列了两次", info.id),
                    format!("the collection “{}” is listed twice", info.id),
                ),
            );
        }
    }
    let stated = reader.optional_json::<Vec<StatedClaim>>(seeds, CLAIMS_FILE);
    let indicators = reader.indicators(seeds, &library);
    let mut links = Links::default();
    let mut claims = Vec::new();
    let collections = catalogue
        .collections
        .into_iter()
        .map(|info| reader.collection(geodata, info, &library, &mut links, &mut claims))
        .map(Arc::new)
        .collect();
    if reader.goes_on.is_break() {
        return Ok(None);
    }
    let mut snapshot = Snapshot {
        revision: Revision::EMBEDDED,
        title: Text::new(catalogue.title, catalogue.title_en),
        district: catalogue.district,
        claims: Claims::new(Vec::new(), &library),
        library: Arc::new(library),
        indicators: indicators.map(Arc::new),
        fingerprint: hex(&reader.fingerprint.finalize()[..12]),
        is_whole: true,
        collections,
        stated: stated.unwrap_or_default().into(),
        networks: Arc::default(),
    };
    let mut problems = reader.problems;
    links.check(&snapshot, geodata, &mut problems);
    let path = seeds.path(CLAIMS_FILE);
    claims.extend(stated::of_file(
        &*snapshot.stated,
        &snapshot,
        &path,
        &mut problems,
    ));
    claims.extend(stated::of_indicators(&snapshot));
    snapshot.claims = Claims::new(claims, &snapshot.library);
    measures::check(
        snapshot.claims.all(),
        &snapshot,
        seeds,
        geodata,
        &mut problems,
    );
    place_in_zones(&mut snapshot, links.containers());
    if problems.is_empty() {
        Ok(Some(snapshot))
    } else {
        Err(LoadError(problems))
    }
}

/// Claims on what is no single feature.
const CLAIMS_FILE: &str = "claims.json";
/// A plan's table of indicators.
const INDICATORS_FILE: &str = "indicators.json";

/// After how many features it is told how far the reading is.
const OFTEN: u64 = 256;

struct Reader<'a> {
    problems: Vec<Problem>,
    fingerprint: Sha256,
    watch: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
    /// Features.
    read: u64,
    goes_on: ControlFlow<()>,
}

impl Reader<'_> {
    /// Whether to read one more feature.
    fn next_feature(&mut self) -> ControlFlow<()> {
        if self.goes_on.is_continue() && self.read.is_multiple_of(OFTEN) {
            self.goes_on = (self.watch)(self.read);
        }
        self.read += 1;
        self.goes_on
    }

    fn problem(&mut self, file: String, reason: Text) {
        self.problems.push(Problem {
            file,
            feature: None,
            reason,
        });
    }

    fn bytes<'a>(&mut self, files: &'a Files, file: &str) -> Option<Cow<'a, [u8]>> {
        match files.read(file) {
            Ok(bytes) => {
                self.fingerprint.update(file.as_bytes());
                self.fingerprint.update((bytes.len() as u64).to_le_bytes());
                self.fingerprint.update(&bytes);
                Some(bytes)
            }
            Err(error) => {
                self.problem(
                    files.path(file),
                    Text::new(
                        format!("读不到文件：{error}"),
                        format!("the file can't be read: {error}"),
                    ),
                );
                None
            }
        }
    }

    fn json<T: for<'a> Deserialize<'a>>(&mut self, files: &Files, file: &str) -> Option<T> {
        let bytes = self.bytes(files, file)?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(files.path(file), not_json(&error));
                None
            }
        }
    }

    /// As [`Reader::json`], of a file that a district need not have.
    fn optional_json<T: for<'a> Deserialize<'a>>(
        &mut self,
        files: &Files,
        file: &str,
    ) -> Option<T> {
        match files.read(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            _ => self.json(files, file),
        }
    }

    fn indicators(&mut self, seeds: &Files, library: &Library) -> Option<IndicatorTable> {
        let text: Box<RawValue> = self.optional_json(seeds, INDICATORS_FILE)?;
        let path = seeds.path(INDICATORS_FILE);
        let table: Indicators = match serde_json::from_str(text.get()) {
            Ok(table) => table,
            Err(error) => {
                self.problem(path, not_json(&error));
                return None;
            }
        };
        for (name, citation) in table.citations() {
            if let Err(reason) = library.locate(citation) {
                self.problems.push(Problem {
                    file: path.clone(),
                    feature: Some(name),
                    reason,
                });
            }
        }
        for number in table.rows_beside_their_quote() {
            self.problems.push(Problem {
                file: path.clone(),
                feature: Some(format!("rows[{number}]")),
                reason: Text::new(
                    "表中的数与引文不一致",
                    "a cell does not stand in the row's own quote",
                ),
            });
        }
        Some(IndicatorTable { table, text })
    }

    fn library(&mut self, seeds: &Files) -> Library {
        let index: Vec<DocumentInfo> = self.json(seeds, "index.json").unwrap_or_default();
        let mut documents: Vec<Document> = Vec::new();
        for info in index {
            let (file, id) = (info.file.clone(), info.id.clone());
            if !is_slug(&id) || documents.iter().any(|document| document.info.id == id) {
                self.problem(
                    seeds.path("index.json"),
                    Text::new(
                        format!("文件编号“{id}”重复或不合规"),
                        format!("the document id “{id}” is no id, or is given twice"),
                    ),
                );
                continue;
            }
            let Some(bytes) = self.bytes(seeds, &file) else {
                continue;
            };
            match Document::new(info, bytes.into_owned()) {
                Ok(document) => documents.push(document),
                Err(reason) => self.problem(seeds.path(&file), reason),
            }
        }
        Library::new(documents)
    }

    fn collection(
        &mut self,
        geodata: &Files,
        info: CollectionInfo,
        library: &Library,
        links: &mut Links,
        claims: &mut Vec<Claim>,
    ) -> Collection {
        let file = format!("{}.geojson", info.id);
        let path = geodata.path(&file);
        let mut packing = Packing::default();
        let mut tally = Tally::default();
        let kinds: HashMap<&str, Arc<str>> = info
            .kinds
            .iter()
            .map(|kind| (kind.id.as_str(), Arc::from(kind.id.as_str())))
            .collect();
        let documents: Vec<Arc<str>> = library
            .documents()
            .iter()
            .map(|document| document.info.id.as_str().into())
            .collect();
        if !is_slug(&info.id) {
            self.problem(
                geodata.path("collections.json"),
                Text::new(
                    format!("集合编号“{}”不合规（a-z、0-9、-）", info.id),
                    format!("the collection id “{}” is none (a-z, 0-9, -)", info.id),
                ),
            );
        } else if let Some(bytes) = self.bytes(geodata, &file) {
            match parse_file(&bytes) {
                Err(reason) => self.problem(path, reason),
                Ok((texts, transformer)) => {
                    let mut ids = HashSet::new();
                    packing = Packing::of(texts.len());
                    for (place, text) in texts.into_iter().enumerate() {
                        if self.next_feature().is_break() {
                            break;
                        }
                        let read = FeatureReader {
                            collection: &info.id,
                            library,
                            kinds: &kinds,
                            documents: &documents,
                            transformer: transformer.as_ref(),
                        };
                        let mut flaws = Vec::new();
                        let label = read.feature(text, place, &mut flaws, |feature, parts| {
                            tally.add(&feature, Some(parts.source));
                            let targets = targets(&parts.targets);
                            links.add(&info.id, &feature.id, parts.targets);
                            packing.push(Entry {
                                cited: Stretch::all(library, &parts.cited),
                                targets,
                                feature,
                            });
                            claims.extend(parts.claims);
                        });
                        if !ids.insert(label.clone()) {
                            flaws.push(Text::new(
                                "同一集合中编号重复",
                                "the id is given twice in this collection",
                            ));
                        }
                        self.problems
                            .extend(flaws.into_iter().map(|reason| Problem {
                                file: path.clone(),
                                feature: Some(label.clone()),
                                reason,
                            }));
                    }
                }
            }
        }
        Collection::new(info, tally, packing)
    }
}
