//! The house is as `docs/ARCHITECTURE.md` draws it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::support::repository;

/// The rooms under `src/`, from the ground up; those of one floor don't know each other.
const FLOORS: [&[&str]; 12] = [
    &["model"],
    &["geometry"],
    &["boundary", "filter", "documents"],
    &["store"],
    &["people"],
    &["tiles", "area", "exchange"],
    &["report"],
    &["share"],
    &["render"],
    &["html"],
    &["http"],
    &["command"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// All files and folders under a folder, but what is built.
fn all_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !matches!(name, "target" | "node_modules" | ".git") {
            found.extend(all_under(&path));
        }
        found.push(path);
    }
    found
}

/// The names that follow `crate::` (or what the program calls the library), those in braces too.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let mut rooms = BTreeSet::new();
    let starts = ["crate::", "renewal_map::"];
    for (at, start) in starts.iter().flat_map(|start| code.match_indices(start)) {
        let rest = &code[at + start.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            rooms.insert(name(rest));
            continue;
        };
        let mut depth = 1;
        let mut begins = true;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => begins = true,
                c if begins && !c.is_whitespace() => {
                    rooms.insert(name(&list[at..]));
                    begins = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn rooms_use_only_those_below_them() {
    assert_eq!(
        rooms_used("use crate::{\n    area::{Area, X}, model::Y,\n}; crate::store::f()"),
        ["area", "model", "store"].map(str::to_owned).into()
    );
    let source = repository().join("src");
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for path in all_under(&source) {
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let below = path.strip_prefix(&source).unwrap();
        let room = below.iter().next().unwrap().to_str().unwrap();
        let Some(own) = floor(room) else {
            assert!(
                matches!(room, "lib.rs" | "main.rs"),
                "{room} stands on no floor"
            );
            continue;
        };
        seen.insert(room.to_owned());
        for used in rooms_used(&fs::read_to_string(&path).unwrap()) {
            if used != room && floor(&used).is_some_and(|used| used >= own) {
                wrong.push(format!("{} uses {used}", below.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(seen.len(), FLOORS.concat().len());
}

/// What stands between backticks and looks like a file or folder of the repository.
fn paths_named(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|code| {
        let is_file = [
            ".rs", ".ts", ".tsx", ".mjs", ".py", ".json", ".md", ".html", ".toml",
        ]
        .iter()
        .any(|end| code.ends_with(end));
        let is_folder = code.len() > 1 && code.ends_with('/');
        (is_file || is_folder)
            && !code.contains([' ', '{', '*', ':', '<'])
            && !code.starts_with(['/', '.'])
    })
}

#[test]
fn every_path_that_the_documents_name_is_there() {
    let all = all_under(repository());
    let mut checked = 0;
    for document in ["README.md", "docs/ARCHITECTURE.md", "geodata/README.md"] {
        let text = fs::read_to_string(repository().join(document)).unwrap();
        let gone: Vec<&str> = paths_named(&text)
            .inspect(|_| checked += 1)
            .filter(|path| !all.iter().any(|there| there.ends_with(path)))
            .collect();
        assert_eq!(gone, Vec::<&str>::new(), "{document}");
    }
    assert!(checked > 50, "{checked}");
}
