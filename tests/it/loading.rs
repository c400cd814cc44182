//! What broken data get: the file, the feature and the reason, all at once, and no service.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::{program, yunze};

/// A copy of the invented district that a test may break.
pub struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["seeds", "geodata"] {
            fs::create_dir(folder.path().join(part)).unwrap();
            for entry in fs::read_dir(yunze().join(part)).unwrap() {
                let path = entry.unwrap().path();
                fs::copy(
                    &path,
                    folder.path().join(part).join(path.file_name().unwrap()),
                )
                .unwrap();
            }
        }
        Self { folder }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let path = self.file(name);
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut value);
        fs::write(&path, value.to_string()).unwrap();
    }

    /// Runs a command on it: whether it succeeded, and all that it said.
    fn run(&self, command: &str) -> (bool, String) {
        let folder = |part: &str| self.file(part).to_str().unwrap().to_owned();
        let mut program = program(&[
            command,
            "--seeds",
            &folder("seeds"),
            "--geodata",
            &folder("geodata"),
        ]);
        if command == "serve" {
            program.args(["--listen", "127.0.0.1:0"]);
        }
        let output = program.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

fn first(file: &mut Value) -> &mut Value {
    &mut file["features"][0]
}

#[test]
fn each_flaw_is_named_with_its_file_and_feature() {
    type Change = fn(&mut Value);
    let flaws: [(&str, Change, &str); 25] = [
        (
            "parcels.geojson",
            |file| *file = json!({"type": "Feature"}),
            "not a GeoJSON FeatureCollection",
        ),
        (
            "parcels.geojson",
            |file| file["crs"]["properties"]["name"] = json!("EPSG:27700"),
            "EPSG:27700",
        ),
        (
            "parcels.geojson",
            |file| file["crs"] = Value::Null,
            "projected coordinates",
        ),
        (
            "parcels.geojson",
            |file| first(file)["id"] = json!("No Id!"),
            "the id is missing",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"] = Value::Null,
            "no properties",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["name"] = Value::Null,
            "name",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["kind"] = json!("castle"),
            "castle",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["status"] = json!("haunted"),
            "haunted",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["located_by"] = json!("guess"),
            "guess",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["located_by"] = json!("none"),
            "it has a geometry",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["accuracy_m"] = Value::Null,
            "accuracy_m",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["accuracy_m"] = json!(-1),
            "accuracy_m",
        ),
        (
            "parcels.geojson",
            |file| first(file)["geometry"] = Value::Null,
            "no geometry",
        ),
        (
            "parcels.geojson",
            |file| first(file)["geometry"]["type"] = json!("Circle"),
            "Circle",
        ),
        (
            "parcels.geojson",
            |file| first(file)["geometry"] = json!({"type": "Polygon", "coordinates": [[[500_000, 4_330_000], [500_100, 4_330_100], [500_100, 4_330_000], [500_000, 4_330_100], [500_000, 4_330_000]]]}),
            "crosses itself",
        ),
        (
            "parcels.geojson",
            |file| {
                first(file)["properties"]["citations"] =
                    json!([{"document": "nowhere", "quote": "甲", "start": 0}]);
            },
            "nowhere",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["citations"][0]["quote"] = json!("从未写过的话"),
            "从未写过的话",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["placed_in"] = json!(["zones/atlantis"]),
            "zones/atlantis",
        ),
        (
            "parcels.geojson",
            |file| {
                first(file)["properties"]["citations"] = json!([]);
                first(file)["properties"]["located_by"] = json!("digitised");
            },
            "no citations",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["evidence"] = json!(" "),
            "no evidence",
        ),
        (
            "parcels.geojson",
            |file| first(file)["properties"]["measured"] = json!({}),
            "measured",
        ),
        (
            "projects.geojson",
            |file| {
                first(file)["properties"]["status"] = json!("planned");
                first(file)["properties"]["statuses"] = json!([]);
            },
            "a status needs statuses",
        ),
        (
            "collections.json",
            |file| {
                let twice = file["collections"][0].clone();
                file["collections"].as_array_mut().unwrap().push(twice);
            },
            "listed twice",
        ),
        (
            "zones.geojson",
            |file| first(file)["properties"]["boundary"]["text"] = json!("北至天边"),
            "北至天边",
        ),
        (
            "projects.geojson",
            |file| {
                first(file)["properties"]["statuses"] = json!([{"status": "completed", "date": "soon", "modality": "intended",
                "citation": first(file)["properties"]["citations"][0].clone()}]);
                first(file)["properties"]["status"] = json!("completed");
            },
            "can't give the status completed",
        ),
    ];
    for (name, change, word) in flaws {
        let copy = Copy::new();
        copy.edit(&format!("geodata/{name}"), change);
        let (fine, said) = copy.run("check");
        assert!(!fine, "{word}: {said}");
        assert!(said.contains(name) && said.contains(word), "{word}: {said}");
    }
}

#[test]
fn a_survey_is_a_witness_of_where_things_lie_and_of_nothing_else() {
    let copy = Copy::new();
    copy.edit("geodata/parcels.geojson", |file| {
        let properties = &mut first(file)["properties"];
        properties["citations"] = json!([]);
        properties.as_object_mut().unwrap().remove("land_use");
    });
    let (fine, said) = copy.run("check");
    assert!(fine, "{said}");
    copy.edit("geodata/parcels.geojson", |file| {
        first(file)["properties"]["status"] = json!("completed");
    });
    let (fine, said) = copy.run("check");
    assert!(!fine && said.contains("a status needs statuses"), "{said}");
}

#[test]
fn all_problems_are_told_at_once_and_nothing_is_served() {
    let copy = Copy::new();
    let id =
        |file: &Value, place: usize| file["features"][place]["id"].as_str().unwrap().to_owned();
    let mut names = Vec::new();
    copy.edit("geodata/parcels.geojson", |file| {
        names.extend([id(file, 0), id(file, 1)]);
        file["features"][0]["properties"]["kind"] = json!("castle");
        file["features"][1]["properties"]["accuracy_m"] = Value::Null;
        file["features"][2]["id"] = file["features"][3]["id"].clone();
        names.push(id(file, 3));
    });
    copy.edit("geodata/projects.geojson", |file| {
        first(file)["properties"]["located_by"] = json!("container");
        first(file)["properties"]["container"] = json!("projects/nothing");
        first(file)["geometry"] = Value::Null;
        first(file)["properties"]["accuracy_m"] = Value::Null;
        names.push(id(file, 0));
    });
    for command in ["check", "serve"] {
        let (fine, said) = copy.run(command);
        assert!(!fine && said.contains("4 problems"), "{said}");
        assert!(!said.contains("http://"), "{said}");
        for name in &names {
            assert!(said.contains(name.as_str()), "{name}: {said}");
        }
        assert!(
            said.contains("twice") && said.contains("projects/nothing"),
            "{said}"
        );
    }
}

#[test]
fn containers_do_not_contain_each_other() {
    let copy = Copy::new();
    copy.edit("geodata/projects.geojson", |file| {
        for place in 0..2 {
            let other = file["features"][1 - place]["id"]
                .as_str()
                .unwrap()
                .to_owned();
            let feature = &mut file["features"][place];
            feature["geometry"] = Value::Null;
            feature["properties"]["accuracy_m"] = Value::Null;
            feature["properties"]["located_by"] = json!("container");
            feature["properties"]["container"] = json!(format!("projects/{other}"));
        }
    });
    let (fine, said) = copy.run("check");
    assert!(!fine && said.contains("contain each other"), "{said}");
}

#[test]
fn files_that_are_missing_cut_or_changed() {
    let missing = Copy::new();
    fs::remove_file(missing.file("geodata/streets.geojson")).unwrap();
    let (fine, said) = missing.run("check");
    assert!(!fine && said.contains("streets.geojson"), "{said}");

    let cut = Copy::new();
    let path = cut.file("geodata/parcels.geojson");
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let (fine, said) = cut.run("check");
    assert!(
        !fine && said.contains("parcels.geojson") && said.contains("line"),
        "{said}"
    );

    let changed = Copy::new();
    let document = fs::read_dir(changed.file("seeds"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .unwrap();
    let mut text = fs::read_to_string(&document).unwrap();
    text.push('。');
    fs::write(&document, text).unwrap();
    let (fine, said) = changed.run("check");
    assert!(
        !fine && said.contains("SHA-256") && said.contains(name_of(&document)),
        "{said}"
    );

    let gone = Copy::new();
    fs::remove_file(gone.file("geodata/collections.json")).unwrap();
    let (fine, said) = gone.run("serve");
    assert!(!fine && said.contains("collections.json"), "{said}");
}

fn name_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}
