//! Reads a district's files, checks everything, and tells all that is wrong at once.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
    fmt, io,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{
    files::Files,
    measures,
    mentions::Mention,
    snapshot::{Collection, Snapshot, Source},
    zoned::{ZONES, place_in_zones},
    zones::FOLLOWED,
};
use crate::{
    documents::{
        Claim, Document, DocumentInfo, IndicatorTable, Indicators, Library, Quantity, StatedClaim,
        Subject, hex,
    },
    geometry::{
        crs::{Crs, Transformer},
        read,
    },
    model::{
        Citation, CollectionInfo, District, Feature, FeatureRef, LandUse, LocatedBy, Modality,
        Period, Revision, Status, Text, is_slug,
    },
};

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
    /// from them.
    #[must_use]
    pub fn is_of(&self, seen: &Snapshot) -> bool {
        let name = self.file.rsplit('/').next().unwrap_or(&self.file);
        name.strip_suffix(".geojson")
            .is_none_or(|id| seen.collection(id).is_some())
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

/// A GeoJSON file whose features are still text, so that each can be named when it is wrong.
#[derive(Deserialize)]
struct FileText<'a> {
    #[serde(rename = "type")]
    kind: String,
    /// The member that RFC 7946 dropped, as GDAL still writes it for projected coordinates.
    crs: Option<CrsMember>,
    #[serde(borrow, default)]
    features: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct CrsMember {
    properties: CrsName,
}

#[derive(Deserialize)]
struct CrsName {
    name: String,
}

#[derive(Deserialize)]
struct FeatureText<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: Option<serde_json::Value>,
    geometry: Option<geojson::Geometry>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
}

/// The properties that the service reads itself. Others are kept and served as they stand.
#[derive(Deserialize)]
struct Properties {
    name: Box<str>,
    name_en: Box<str>,
    #[serde(default)]
    aliases: Vec<Box<str>>,
    kind: String,
    status: Option<Status>,
    #[serde(default)]
    statuses: Vec<StatusEntry>,
    located_by: LocatedBy,
    accuracy_m: Option<f64>,
    container: Option<String>,
    #[serde(default)]
    placed_in: Vec<String>,
    #[serde(default)]
    relations: Vec<Relation>,
    #[serde(default)]
    citations: Vec<Citation>,
    #[serde(default)]
    quantities: Vec<Quantity>,
    land_use: Option<StatedUse>,
    boundary: Option<Boundary>,
    #[serde(default)]
    sides: Vec<Side>,
    #[serde(default)]
    evidence: String,
    source: String,
    licence: String,
    /// Members that answers add.
    measured: Option<IgnoredAny>,
    overlap: Option<IgnoredAny>,
    certainty: Option<IgnoredAny>,
    certainty_reason: Option<IgnoredAny>,
    placed: Option<IgnoredAny>,
    collection: Option<IgnoredAny>,
    zones: Option<IgnoredAny>,
}

impl Properties {
    /// What is cited elsewhere than in `citations`, `statuses` and `quantities`.
    fn cited_beside(&self) -> impl Iterator<Item = Citation> {
        let boundary = self.boundary.iter().map(|boundary| Citation {
            document: boundary.document.clone(),
            quote: boundary.text.clone(),
            start: boundary.start,
        });
        let related = self
            .relations
            .iter()
            .filter_map(|relation| relation.citation.clone());
        let land_use = self.land_use.iter().map(|stated| stated.citation.clone());
        boundary.chain(related).chain(land_use)
    }

    /// All that is cited.
    fn cited(&self) -> Vec<Citation> {
        let statuses = self.statuses.iter().map(|entry| &entry.citation);
        let quantities = self.quantities.iter().map(|stated| &stated.citation);
        self.citations
            .iter()
            .chain(statuses)
            .chain(quantities)
            .cloned()
            .chain(self.cited_beside())
            .collect()
    }
}

#[derive(Deserialize)]
struct StatusEntry {
    status: Status,
    date: Option<String>,
    modality: Modality,
    citation: Citation,
}

#[derive(Deserialize)]
struct Relation {
    #[serde(rename = "type")]
    kind: RelationKind,
    target: String,
    citation: Option<Citation>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum RelationKind {
    ContainedIn,
    #[serde(other)]
    Other,
}

/// A category of the national classification (自然资发〔2023〕234号), where words state it.
#[derive(Deserialize)]
struct StatedUse {
    code: LandUse,
    citation: Citation,
}

#[derive(Deserialize)]
struct Boundary {
    document: String,
    text: String,
    start: usize,
}

/// A side of a compiled zone: what its outline follows.
#[derive(Deserialize)]
struct Side {
    #[serde(default)]
    ways: Vec<String>,
}

/// Reads a district.
///
/// # Errors
/// Every problem of every file, each with its file, feature and reason.
pub fn load(seeds: &Files, geodata: &Files) -> Result<Snapshot, LoadError> {
    let mut reader = Reader {
        problems: Vec::new(),
        fingerprint: Sha256::new(),
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
    let mut said = Said::default();
    let collections = catalogue
        .collections
        .into_iter()
        .enumerate()
        .map(|(place, info)| {
            reader.collection(geodata, (place, info), &library, &mut links, &mut said)
        })
        .map(Arc::new)
        .collect();
    said.mentions.sort_unstable();
    said.mentions.dedup();
    let mut snapshot = Snapshot {
        revision: Revision::EMBEDDED,
        title: Text::new(catalogue.title, catalogue.title_en),
        district: catalogue.district,
        library: Arc::new(library),
        claims: said.claims,
        indicators: indicators.map(Arc::new),
        fingerprint: hex(&reader.fingerprint.finalize()[..12]),
        collections,
        mentions: said.mentions,
        network: Arc::new(OnceLock::new()),
    };
    let mut problems = reader.problems;
    links.check(&snapshot, geodata, &mut problems);
    let stated = stated.unwrap_or_default();
    let added = stated_claims(&stated, &snapshot, &seeds.path(CLAIMS_FILE), &mut problems);
    snapshot.claims.extend(added);
    let added = tabled_claims(&snapshot);
    snapshot.claims.extend(added);
    snapshot.sort_claims();
    measures::check(&snapshot, seeds, geodata, &mut problems);
    place_in_zones(&mut snapshot, links.containers());
    if problems.is_empty() {
        Ok(snapshot)
    } else {
        Err(LoadError(problems))
    }
}

/// Claims on what is no single feature.
const CLAIMS_FILE: &str = "claims.json";
/// A plan's table of indicators.
const INDICATORS_FILE: &str = "indicators.json";

/// What `claims.json` states, each subject and quote checked.
fn stated_claims(
    stated: &[StatedClaim],
    snapshot: &Snapshot,
    file: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Claim> {
    let mut ids = HashSet::new();
    let mut claims = Vec::new();
    for claim in stated {
        let mut problem = |reason: Text| {
            problems.push(Problem {
                file: file.to_owned(),
                feature: Some(claim.id.clone()),
                reason,
            });
        };
        if !ids.insert(&claim.id) {
            problem(Text::new("编号重复", "the id is given twice"));
        }
        if claim.value.is_some() != claim.unit.is_some() {
            problem(Text::new(
                "有数值就要有单位，没有数值就没有单位",
                "a value needs its unit, and a unit its value",
            ));
        }
        let reference: Option<FeatureRef> = claim.subject.parse().ok();
        let subject = reference
            .as_ref()
            .and_then(|reference| Some((reference, snapshot.feature(reference)?)));
        match (subject, snapshot.library.locate(&claim.citation)) {
            (Some((reference, feature)), Ok(section)) => {
                let subject = Subject {
                    reference,
                    name: &feature.name,
                    name_en: &feature.name_en,
                };
                claims.push(Claim::stated(claim, &subject, section));
            }
            (None, _) => problem(Text::new(
                format!("subject 指向不存在的要素“{}”", claim.subject),
                format!(
                    "subject refers to “{}”, which does not exist",
                    claim.subject
                ),
            )),
            (_, Err(flaw)) => problem(flaw),
        }
    }
    claims
}

/// What the table of indicators states of the district.
fn tabled_claims(snapshot: &Snapshot) -> Vec<Claim> {
    let reference: Option<FeatureRef> = snapshot.district.feature.parse().ok();
    let (Some(reference), Some(indicators)) = (reference, &snapshot.indicators) else {
        return vec![];
    };
    let subject = Subject {
        reference: &reference,
        name: &snapshot.district.name,
        name_en: &snapshot.district.name_en,
    };
    let section = |citation: &Citation| snapshot.library.locate(citation).unwrap_or_default();
    indicators.table.claims(&subject, section).collect()
}

/// What features say with the words of documents.
#[derive(Default)]
struct Said {
    claims: Vec<Claim>,
    mentions: Vec<Mention>,
}

struct Reader {
    problems: Vec<Problem>,
    fingerprint: Sha256,
}

impl Reader {
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
        (number, info): (usize, CollectionInfo),
        library: &Library,
        links: &mut Links,
        said: &mut Said,
    ) -> Collection {
        let file = format!("{}.geojson", info.id);
        let path = geodata.path(&file);
        let mut features = Vec::new();
        let mut sources = BTreeSet::new();
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
                    features.reserve_exact(texts.len());
                    for (place, text) in texts.into_iter().enumerate() {
                        let read = FeatureReader {
                            collection: &info.id,
                            library,
                            kinds: &kinds,
                            documents: &documents,
                            transformer: transformer.as_ref(),
                        };
                        let mut flaws = Vec::new();
                        let label = read.feature(text, place, &mut flaws, |feature, parts| {
                            sources.insert(parts.source);
                            links.add(&info.id, &feature.id, parts.targets);
                            said.claims.extend(parts.claims);
                            let cited = parts.cited.iter().filter_map(|citation| {
                                let document = library.position(&citation.document)?;
                                Mention::new(document, citation, (number, features.len()))
                            });
                            said.mentions.extend(cited);
                            features.push(feature);
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
        Collection::new(info, sources, features)
    }
}

pub(super) fn not_json(error: &serde_json::Error) -> Text {
    Text::new(
        format!("不是预期的 JSON：{error}"),
        format!("not the JSON that is expected: {error}"),
    )
}

/// Reads properties that could not be read once more, now keeping account of which one it was:
/// slower, so it is not done to those that are fine.
fn misread_property(text: &str) -> Text {
    let mut json = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Properties>(&mut json) {
        Ok(_) => Text::default(),
        Err(error) => {
            let (path, reason) = (error.path(), error.inner());
            Text::new(
                format!("属性 {path} 不对：{reason}"),
                format!("the property {path} is wrong: {reason}"),
            )
        }
    }
}

pub(super) fn parse_file(bytes: &[u8]) -> Result<(Vec<&RawValue>, Option<Transformer>), Text> {
    let file: FileText<'_> = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let Some(features) = file.features.filter(|_| file.kind == "FeatureCollection") else {
        return Err(Text::new(
            "不是 GeoJSON FeatureCollection",
            "not a GeoJSON FeatureCollection",
        ));
    };
    let transformer = match file.crs {
        None => None,
        Some(crs) => Some(Transformer::to_wgs84(Crs::parse(&crs.properties.name)?)?),
    };
    Ok((features, transformer))
}

/// Collections whose features a document must name.
const CITED: [&str; 3] = ["zones", "parcels", "projects"];

struct FeatureReader<'a> {
    collection: &'a str,
    library: &'a Library,
    kinds: &'a HashMap<&'a str, Arc<str>>,
    /// Ids of the library's documents, in its order.
    documents: &'a [Arc<str>],
    transformer: Option<&'a Transformer>,
}

/// What a feature says of other things than itself.
struct Parts {
    source: Source,
    targets: Vec<(Link, String)>,
    claims: Vec<Claim>,
    cited: Vec<Citation>,
}

impl FeatureReader<'_> {
    /// Reads one feature; hands it to `take` unless it is too broken to be one. Returns what to
    /// call it in messages.
    fn feature(
        &self,
        text: &RawValue,
        place: usize,
        flaws: &mut Vec<Text>,
        take: impl FnOnce(Feature, Parts),
    ) -> String {
        let unnamed = format!("features[{place}]");
        let parsed: FeatureText<'_> = match serde_json::from_str(text.get()) {
            Ok(parsed) => parsed,
            Err(error) => {
                flaws.push(not_json(&error));
                return unnamed;
            }
        };
        let id = match &parsed.id {
            Some(serde_json::Value::String(id)) if is_slug(id) => id.clone(),
            _ => {
                flaws.push(Text::new(
                    "缺少编号 id，或编号不合规（a-z、0-9、-）",
                    "the id is missing or is none (a-z, 0-9, -)",
                ));
                return unnamed;
            }
        };
        if parsed.kind != "Feature" {
            flaws.push(Text::new("不是 GeoJSON Feature", "not a GeoJSON Feature"));
        }
        let Some(raw) = parsed.properties else {
            flaws.push(Text::new("没有属性", "it has no properties"));
            return id;
        };
        let Ok(properties) = serde_json::from_str::<Properties>(raw.get()) else {
            flaws.push(misread_property(raw.get()));
            return id;
        };
        let geometry = parsed.geometry.and_then(|geometry| {
            read::geometry(&geometry, self.transformer)
                .map_err(|flaw| flaws.push(flaw))
                .ok()
        });
        if flaws.is_empty() {
            check_location(&properties, geometry.is_some(), flaws);
        }
        let kind = self.kinds.get(properties.kind.as_str()).cloned();
        if kind.is_none() {
            flaws.push(Text::new(
                format!("类别“{}”不在 collections.json 的清单中", properties.kind),
                format!(
                    "the kind “{}” is not listed in collections.json",
                    properties.kind
                ),
            ));
        }
        let periods = check_statuses(&properties, flaws);
        self.check_evidence(&properties, flaws);
        let served = self.served(raw, &properties, flaws);
        let claims = self.claims(&id, &properties);
        let cited = properties.cited();
        let targets: Vec<(Link, String)> = properties
            .container
            .iter()
            .map(|text| (Link::Container, text.clone()))
            .chain(
                properties
                    .placed_in
                    .iter()
                    .map(|text| (Link::PlacedIn, text.clone())),
            )
            .chain(
                properties
                    .relations
                    .iter()
                    .map(|relation| (Link::Relation(relation.kind), relation.target.clone())),
            )
            .chain(
                properties
                    .sides
                    .iter()
                    .flat_map(|side| &side.ways)
                    .map(|way| (Link::Side, way.clone())),
            )
            .collect();
        let feature = Feature {
            id: id.as_str().into(),
            name: properties.name,
            name_en: properties.name_en,
            aliases: properties.aliases.into(),
            kind: kind.unwrap_or_else(|| "".into()),
            status: properties.status,
            periods,
            located_by: properties.located_by,
            accuracy_m: properties.accuracy_m.unwrap_or(0.0),
            container: properties
                .container
                .and_then(|text| text.parse().ok())
                .map(Box::new),
            placed_in: properties
                .placed_in
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect(),
            zones: Box::default(),
            documents: self.cited_documents(&cited),
            land_use: properties.land_use.map(|stated| stated.code),
            geometry,
            properties: served,
        };
        let source = Source {
            source: properties.source,
            licence: properties.licence,
        };
        let parts = Parts {
            source,
            targets,
            claims,
            cited,
        };
        take(feature, parts);
        id
    }

    /// The documents that are cited, each once, in the order of the library.
    fn cited_documents(&self, cited: &[Citation]) -> Box<[Arc<str>]> {
        let places: BTreeSet<usize> = cited
            .iter()
            .filter_map(|citation| self.library.position(&citation.document))
            .collect();
        places
            .into_iter()
            .map(|place| self.documents[place].clone())
            .collect()
    }

    /// Each statement needs its sentence, each location its reason.
    fn check_evidence(&self, properties: &Properties, flaws: &mut Vec<Text>) {
        if CITED.contains(&self.collection) && properties.citations.is_empty() {
            flaws.push(Text::new(
                "没有引文 citations：片区、地块和项目要引用文件原话",
                "it has no citations: zones, parcels and projects must quote a document",
            ));
        }
        if properties.status.is_some() && properties.statuses.is_empty() {
            flaws.push(Text::new(
                "有 status 就要有 statuses，写明出处",
                "a status needs statuses, which cite its sentence",
            ));
        }
        if properties.evidence.trim().is_empty() {
            flaws.push(Text::new(
                "没有 evidence：要写明位置的依据，或为何没有位置",
                "it has no evidence: say why it stands where it stands, or why it has no location",
            ));
        }
        let added = [
            ("measured", &properties.measured),
            ("overlap", &properties.overlap),
            ("certainty", &properties.certainty),
            ("certainty_reason", &properties.certainty_reason),
            ("placed", &properties.placed),
            ("collection", &properties.collection),
            ("zones", &properties.zones),
        ];
        for (name, value) in added {
            if value.is_some() {
                flaws.push(Text::new(
                    format!("属性名 {name} 由查询结果使用，请改名"),
                    format!("the property {name} is one that answers add: choose another name"),
                ));
            }
        }
    }

    /// The properties as served: as they stand, each citation with the section that it stands in.
    fn served(
        &self,
        raw: &RawValue,
        properties: &Properties,
        flaws: &mut Vec<Text>,
    ) -> Box<RawValue> {
        for citation in properties.cited_beside() {
            flaws.extend(self.library.locate(&citation).err());
        }
        if properties.citations.is_empty()
            && properties.statuses.is_empty()
            && properties.quantities.is_empty()
        {
            return raw.to_owned();
        }
        let mut value: serde_json::Value =
            serde_json::from_str(raw.get()).expect("it was read just before");
        for (place, citation) in properties.citations.iter().enumerate() {
            self.add_section(citation, &mut value["citations"][place], flaws);
        }
        for (place, entry) in properties.statuses.iter().enumerate() {
            let served = &mut value["statuses"][place]["citation"];
            self.add_section(&entry.citation, served, flaws);
        }
        for (place, quantity) in properties.quantities.iter().enumerate() {
            let served = &mut value["quantities"][place]["citation"];
            self.add_section(&quantity.citation, served, flaws);
        }
        serde_json::value::to_raw_value(&value).expect("a JSON value is JSON")
    }

    /// What the feature's statuses and quantities state. A quote that is nowhere has been told of
    /// already, by [`FeatureReader::served`].
    fn claims(&self, id: &str, properties: &Properties) -> Vec<Claim> {
        let reference = FeatureRef::new(self.collection, id);
        let subject = Subject {
            reference: &reference,
            name: &properties.name,
            name_en: &properties.name_en,
        };
        let section = |citation: &Citation| self.library.locate(citation).unwrap_or_default();
        let statuses = properties
            .statuses
            .iter()
            .enumerate()
            .map(|(place, entry)| {
                Claim::status(
                    entry.status,
                    entry.date.as_deref(),
                    entry.modality,
                    &entry.citation,
                    place,
                    &subject,
                    section(&entry.citation),
                )
            });
        let quantities = properties.quantities.iter().enumerate();
        statuses
            .chain(quantities.map(|(place, quantity)| {
                Claim::quantity(quantity, place, &subject, section(&quantity.citation))
            }))
            .collect()
    }

    fn add_section(
        &self,
        citation: &Citation,
        served: &mut serde_json::Value,
        flaws: &mut Vec<Text>,
    ) {
        match self.library.locate(citation) {
            Ok(section) => served["section"] = section.into(),
            Err(flaw) => flaws.push(flaw),
        }
    }
}

fn check_location(properties: &Properties, has_geometry: bool, flaws: &mut Vec<Text>) {
    // A zone that waits for the compiler, or that it refused, has a way but no shape yet.
    let may_lack = !has_geometry && properties.located_by == LocatedBy::Compiled;
    let word = properties.located_by.as_str();
    if has_geometry != properties.located_by.has_geometry() && !may_lack {
        flaws.push(if has_geometry {
            Text::new(
                format!("located_by 为 {word}，不应有几何"),
                format!("it has a geometry, though located_by is {word}"),
            )
        } else {
            Text::new(
                format!("located_by 为 {word}，却没有几何"),
                format!("it has no geometry, though located_by is {word}"),
            )
        });
    }
    let accurate = properties
        .accuracy_m
        .is_none_or(|metres| metres.is_finite() && (0.0..=100_000.0).contains(&metres));
    if has_geometry != properties.accuracy_m.is_some() || !accurate {
        flaws.push(Text::new(
            "有几何就要写精度 accuracy_m（0 到 100000 米），没有几何就写 null",
            "accuracy_m (0 to 100000 m) must be given with a geometry, and be null without one",
        ));
    }
    if (properties.located_by == LocatedBy::Container) != properties.container.is_some() {
        flaws.push(Text::new(
            "container 应当且仅当 located_by 为 container 时给出",
            "container must be given if, and only if, located_by is container",
        ));
    }
}

fn check_statuses(properties: &Properties, flaws: &mut Vec<Text>) -> Box<[Period]> {
    if !properties.statuses.is_empty()
        && properties.statuses.last().map(|entry| entry.status) != properties.status
    {
        flaws.push(Text::new(
            "status 与 statuses 的最后一项不一致",
            "status differs from the last of statuses",
        ));
    }
    let mut periods = Vec::new();
    for entry in &properties.statuses {
        if !entry.status.follows_from(entry.modality) {
            let status = entry.status.as_str();
            flaws.push(Text::new(
                format!("意向性的表述不能得出状态 {status}"),
                format!("a sentence of this modality can't give the status {status}"),
            ));
        }
        if let Some(date) = &entry.date {
            match Period::parse_date(date) {
                Some(period) => periods.push(period),
                None => flaws.push(Text::new(
                    format!("日期“{date}”应写作 2021、2021-03 或 2021-03-08"),
                    format!("the date “{date}” should read 2021, 2021-03 or 2021-03-08"),
                )),
            }
        }
    }
    periods.into()
}

/// How a feature refers to another.
#[derive(Clone, Copy)]
enum Link {
    Container,
    PlacedIn,
    Relation(RelationKind),
    /// A line that a compiled outline follows, by its id alone.
    Side,
}

impl Link {
    /// The property that says so.
    fn property(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::PlacedIn => "placed_in",
            Self::Relation(_) => "relations",
            Self::Side => "sides",
        }
    }

    /// Whether it leads to a feature that everybody sees who sees where it comes from.
    fn holds(self, from: &FeatureRef, target: &str, snapshot: &Snapshot) -> bool {
        let readers = |collection: &str| Some(snapshot.collection(collection)?.info.readers);
        let own = readers(&from.collection).flatten();
        if matches!(self, Self::Side) {
            return FOLLOWED.iter().all(|(id, _)| {
                let way = FeatureRef::new(id, target);
                snapshot.feature(&way).is_none() || readers(id).flatten() <= own
            });
        }
        target.parse().is_ok_and(|name: FeatureRef| {
            snapshot.feature(&name).is_some() && readers(&name.collection).flatten() <= own
        })
    }
}

/// What features say of other features: checked when all are there.
#[derive(Default)]
struct Links(Vec<(FeatureRef, Link, String)>);

impl Links {
    fn add(&mut self, collection: &str, id: &str, targets: Vec<(Link, String)>) {
        self.0.extend(
            targets
                .into_iter()
                .map(|(link, target)| (FeatureRef::new(collection, id), link, target)),
        );
    }

    /// Features, each with what a relation says contains it.
    fn containers(&self) -> impl Iterator<Item = (FeatureRef, FeatureRef)> {
        self.0
            .iter()
            .filter(|(_, link, _)| matches!(link, Link::Relation(RelationKind::ContainedIn)))
            .filter_map(|(from, _, target)| Some((from.clone(), target.parse().ok()?)))
    }

    fn check(&self, snapshot: &Snapshot, geodata: &Files, problems: &mut Vec<Problem>) {
        let mut problem = |from: &FeatureRef, reason: Text| {
            problems.push(Problem {
                file: geodata.path(&format!("{}.geojson", from.collection)),
                feature: Some(from.id.to_string()),
                reason,
            });
        };
        for (from, link, target) in &self.0 {
            let property = link.property();
            if !link.holds(from, target, snapshot) {
                // The same words for both: whoever may not see it must not learn that it is there.
                problem(
                    from,
                    Text::new(
                        format!("{property} 指向不存在的要素“{target}”，或只有更少的人可见的要素"),
                        format!(
                            "{property} refers to “{target}”, which does not exist, or which fewer people see"
                        ),
                    ),
                );
            } else if matches!(link, Link::Container) && !chain_ends(snapshot, from) {
                problem(
                    from,
                    Text::new("container 循环包含", "its containers contain each other"),
                );
            }
        }
        let district = &snapshot.district.feature;
        for Collection { info, .. } in snapshot.collections().iter().map(|shared| &**shared) {
            let is_district = district.split('/').next() == Some(&info.id);
            if info.readers.is_some() && (info.id == ZONES || is_district) {
                problems.push(Problem {
                    file: geodata.path("collections.json"),
                    feature: None,
                    reason: Text::new(
                        format!("集合“{}”要对所有人可见：其他要素都以它定位", info.id),
                        format!(
                            "everybody must see the collection “{}”: other features are located by it",
                            info.id
                        ),
                    ),
                });
            }
        }
        if !district
            .parse()
            .is_ok_and(|name: FeatureRef| snapshot.feature(&name).is_some())
        {
            problems.push(Problem {
                file: geodata.path("collections.json"),
                feature: None,
                reason: Text::new(
                    format!("district.feature 指向不存在的要素“{district}”"),
                    format!("district.feature refers to “{district}”, which does not exist"),
                ),
            });
        }
    }
}

fn chain_ends(snapshot: &Snapshot, from: &FeatureRef) -> bool {
    let mut seen = HashSet::from([from]);
    snapshot
        .feature(from)
        .into_iter()
        .flat_map(|feature| snapshot.containers(feature))
        .all(|(name, _)| seen.insert(name))
}
