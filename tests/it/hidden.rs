//! A district of which not everybody sees everything, and who looks at it.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    loading::Copy,
    support::{Answer, Server, program},
};

/// The collections that are hidden, each with who sees it, and the words by which a feature of it
/// would be known. Each word stands in the data of that collection alone.
pub const HIDDEN: [(&str, &str, &[&str]); 3] = [
    (
        "leases",
        "reader",
        &[
            "leases",
            "lease-hz7",
            "汇租甲院",
            "Huizu Court",
            "租约档案",
            "lease-deed",
        ],
    ),
    (
        "surveys",
        "editor",
        &[
            "surveys",
            "survey-qk3",
            "勘界隐桩",
            "Hidden Marker",
            "勘界底册",
            "marker-stone",
        ],
    ),
    (
        "reserves",
        "administrator",
        &[
            "reserves",
            "reserve-wt9",
            "储备密地",
            "Reserve Ninth",
            "储备台账",
            "reserve-lot",
        ],
    ),
];

/// The invented district with three collections that only some see.
pub fn district() -> Copy {
    let copy = Copy::new();
    copy.edit("geodata/collections.json", |catalogue| {
        let collections = catalogue["collections"].as_array_mut().unwrap();
        for (id, readers, words) in HIDDEN {
            let (title, kind) = (words[4], words[5]);
            collections.push(json!({
                "id": id, "title": title, "title_en": format!("{} list", words[3]),
                "description": title, "description_en": words[3], "readers": readers,
                "kinds": [{ "id": kind, "title": title, "title_en": words[3] }],
            }));
        }
    });
    let cited = |quote: &str, start: usize| json!({ "document": "arrangement-2025", "quote": quote, "start": start });
    for ((id, _, words), place) in HIDDEN.into_iter().zip(0..) {
        let west = 116.9945 + 0.004 * f64::from(place);
        let ring = [
            [0.0, 0.0],
            [0.002, 0.0],
            [0.002, 0.002],
            [0.0, 0.002],
            [0.0, 0.0],
        ];
        let ring = ring.map(|[x, y]| [west + x, 38.985 + y]);
        let citation = cited("云帆会展中心已开工，年内实现主体完工。", 71);
        let features = json!({ "type": "FeatureCollection", "features": [{
            "type": "Feature", "id": words[1],
            "geometry": { "type": "Polygon", "coordinates": [ring] },
            "properties": {
                "name": words[2], "name_en": words[3], "kind": words[5],
                "status": "under_construction",
                "statuses": [{ "status": "under_construction", "date": "2025", "modality": "under_way", "citation": citation }],
                "quantities": [{ "attribute": "storeys", "value": 7, "unit": "层", "qualifier": null, "date": null, "modality": "under_way", "citation": citation }],
                "relations": [{ "type": "contained_in", "target": "zones/yunfan" }],
                "located_by": "surveyed", "accuracy_m": 0.1, "evidence": words[2],
                "citations": [citation], "source": words[2], "licence": words[3],
            },
        }]});
        std::fs::write(
            copy.file(&format!("geodata/{id}.geojson")),
            features.to_string(),
        )
        .unwrap();
    }
    std::fs::write(
        copy.file("seeds/claims.json"),
        json!(HIDDEN.map(|(id, _, words)| json!({
            "id": format!("{}-rent", words[1]), "subject": format!("{id}/{}", words[1]),
            "attribute": "rent", "label": words[2], "label_en": words[3],
            "value": null, "unit": null, "qualifier": null, "date": null,
            "modality": "intended", "citation": cited("推进青禾小学建设。", 171),
        })))
        .to_string(),
    )
    .unwrap();
    copy
}

/// Who is among [`WHO`].
pub const ROLES: [&str; 3] = ["reader", "editor", "administrator"];

/// A service with that district in a record, and a token for each role.
pub struct House {
    pub server: Server,
    pub data: TempDir,
    pub copy: Copy,
    tokens: Vec<String>,
}

impl House {
    pub fn open() -> Self {
        Self::open_with(&[])
    }

    pub fn open_with(more: &[&str]) -> Self {
        Self::open_where(more, &[])
    }

    /// The same, where variables of the environment are set.
    pub fn open_where(more: &[&str], environment: &[(&str, &str)]) -> Self {
        let copy = district();
        let data = TempDir::new().unwrap();
        let mut command = program(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(options(&copy, data.path())).args(more);
        let server = Server::run(command.envs(environment.iter().copied()));
        let tokens = ROLES.map(|role| {
            people(data.path(), &["add", name_of(role), "--role", role]);
            people(data.path(), &["token", name_of(role)])
        });
        Self {
            server,
            data,
            copy,
            tokens: tokens.to_vec(),
        }
    }

    /// What a role shows; nothing for anybody.
    pub fn bearer(&self, role: Option<&str>) -> Option<String> {
        let place = ROLES.iter().position(|known| Some(*known) == role)?;
        Some(format!("Bearer {}", self.tokens[place]))
    }

    pub fn get(&self, role: Option<&str>, path: &str) -> Answer {
        self.send("GET", role, path, &[], "")
    }

    pub fn send(
        &self,
        method: &str,
        role: Option<&str>,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let bearer = self.bearer(role);
        let mut all = headers.to_vec();
        all.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.server.send(method, path, &all, body).unwrap()
    }
}

pub fn serve(copy: &Copy, data: &Path, more: &[&str]) -> Server {
    let options = options(copy, data);
    let options = options.iter().map(String::as_str);
    Server::start_with(&options.chain(more.iter().copied()).collect::<Vec<_>>())
}

/// What the program is to be told of where the data are.
pub fn options(copy: &Copy, data: &Path) -> Vec<String> {
    let [seeds, geodata] = ["seeds", "geodata"].map(|part| copy.file(part));
    [
        ("--seeds", &*seeds),
        ("--geodata", &geodata),
        ("--data", data),
    ]
    .into_iter()
    .flat_map(|(option, folder)| [option.to_owned(), folder.to_str().unwrap().to_owned()])
    .collect()
}

/// The account of a role.
pub fn name_of(role: &str) -> &'static str {
    match role {
        "reader" => "读者甲",
        "editor" => "编辑乙",
        _ => "管理员丙",
    }
}

pub fn people(data: &Path, args: &[&str]) -> String {
    let output = program(&["people", "--data", data.to_str().unwrap()])
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The words that a role must not come upon: those of collections that it does not see.
pub fn secrets(role: Option<&str>) -> Vec<&'static str> {
    let rank = |role: &str| ROLES.iter().position(|known| *known == role);
    let own = role.and_then(rank);
    HIDDEN
        .into_iter()
        .filter(|(_, readers, _)| own < rank(readers))
        .flat_map(|(_, _, words)| words.iter().copied())
        .collect()
}

/// The first of `words` that stands in an answer: as text, as JSON or in an address.
pub fn told<'a>(answer: &Answer, words: &[&'a str]) -> Option<&'a str> {
    let mut texts = vec![answer.text()];
    texts.extend(answer.headers());
    let is_told = |word: &str| {
        let escaped: String = Value::from(word).to_string();
        let in_address: String = form_urlencoded::byte_serialize(word.as_bytes()).collect();
        texts.iter().any(|text| {
            text.contains(word) || text.contains(&escaped) || text.contains(&in_address)
        })
    };
    words.iter().copied().find(|word| is_told(word))
}
