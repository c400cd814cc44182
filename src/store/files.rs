//! Where a district's files come from.

use std::{borrow::Cow, fs, io, path::PathBuf};

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
}

impl Files {
    /// The documents: of a folder, or those that the program carries.
    #[must_use]
    pub fn seeds(folder: Option<PathBuf>) -> Self {
        Self {
            name: "seeds",
            folder,
            embedded: EmbeddedSeeds::get,
        }
    }

    /// The features: of a folder, or those that the program carries.
    #[must_use]
    pub fn geodata(folder: Option<PathBuf>) -> Self {
        Self {
            name: "geodata",
            folder,
            embedded: EmbeddedGeodata::get,
        }
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
    pub fn read(&self, file: &str) -> io::Result<Cow<'static, [u8]>> {
        match &self.folder {
            Some(folder) => fs::read(folder.join(file)).map(Cow::Owned),
            None => (self.embedded)(file)
                .map(|file| file.data)
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}
