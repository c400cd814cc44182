//! Where a district's files come from.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rust_embed::{EmbeddedFile, RustEmbed};

/// Source documents carried in the program.
#[derive(RustEmbed)]
#[folder = "seeds"]
struct EmbeddedSeeds;

/// Geometry and attributes carried in the program.
#[derive(RustEmbed)]
#[folder = "geodata"]
struct EmbeddedGeodata;

/// One of the two folders of a district: `seeds` with its documents, or `geodata` with its features.
#[derive(Debug, Clone)]
pub struct Files {
    /// Its name in messages.
    name: &'static str,
    folder: Option<PathBuf>,
    embedded: fn(&str) -> Option<EmbeddedFile>,
    /// Texts that stand for files, by their names.
    drafts: BTreeMap<String, Arc<[u8]>>,
}

impl Files {
    /// The documents: of a folder, or those that the program carries.
    #[must_use]
    pub fn seeds(folder: Option<PathBuf>) -> Self {
        Self {
            name: "seeds",
            folder,
            embedded: EmbeddedSeeds::get,
            drafts: BTreeMap::new(),
        }
    }

    /// The features: of a folder, or those that the program carries.
    #[must_use]
    pub fn geodata(folder: Option<PathBuf>) -> Self {
        Self {
            name: "geodata",
            folder,
            embedded: EmbeddedGeodata::get,
            drafts: BTreeMap::new(),
        }
    }

    /// A folder of which nothing stands on disk.
    pub(super) fn kept(name: &'static str, files: BTreeMap<String, Arc<[u8]>>) -> Self {
        Self {
            name,
            folder: None,
            embedded: |_| None,
            drafts: files,
        }
    }

    /// The folder as it would be if `file` were `text`: to try what is not written yet.
    #[must_use]
    pub fn with(mut self, file: &str, text: impl Into<Arc<str>>) -> Self {
        self.drafts.insert(file.to_owned(), text.into().into());
        self
    }

    /// What a file is called in messages.
    #[must_use]
    pub fn path(&self, file: &str) -> String {
        match &self.folder {
            Some(folder) => folder.join(file).display().to_string(),
            None => format!("{}/{file}", self.name),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// As the system has it; `NotFound` where there is no such file.
    pub fn read(&self, file: &str) -> io::Result<Cow<'_, [u8]>> {
        if let Some(draft) = self.drafts.get(file) {
            return Ok(Cow::Borrowed(draft));
        }
        match &self.folder {
            Some(folder) => fs::read(folder.join(file)).map(Cow::Owned),
            None => (self.embedded)(file)
                .map(|file| file.data)
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}

/// Writes a file whole or not at all: beside it first, for a full disk or a lost power supply must
/// not leave half a file.
///
/// # Errors
/// As the system has it; the old file then stands as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let draft = path.with_file_name(name);
    let written = fs::File::create(&draft).and_then(|mut file| {
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    });
    if written.is_err() {
        // It may never have come to be.
        let _ = fs::remove_file(&draft);
    }
    written
}
