//! What a report's directory holds: its outputs, its results, and the manifest of them.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Problem};
use crate::render::{File, Material, OUTPUTS, Output};
use crate::study;

pub use super::writing::{problem, require_own, write_directory, write_file, write_recorded};

/// What `manifest.json` says: what a report was made from, and what was made.
#[derive(Serialize, Deserialize)]
pub struct Manifest {
    pub generator: String,
    pub study: String,
    /// How it was made: the options that `analyze` was given, but for places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    pub inputs: Vec<Listed>,
    pub outputs: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
pub struct Listed {
    pub path: String,
    pub sha256: String,
}

pub const MANIFEST: &str = "manifest.json";

impl Manifest {
    /// The manifest of `files`, as a file itself.
    pub fn file(generator: &str, study: &study::Study, options: &[String], files: &[File]) -> Result<File, Error> {
        let manifest = Self {
            generator: generator.to_owned(),
            study: study.id.clone(),
            options: options.to_vec(),
            inputs: study
                .inputs
                .iter()
                .map(|input| Listed { path: input.path.clone(), sha256: input.sha256.clone() })
                .collect(),
            outputs: files
                .iter()
                .map(|file| Listed { path: file.path.clone(), sha256: study::sha256(&file.contents) })
                .collect(),
        };
        Ok(File { path: MANIFEST.to_owned(), contents: json(&manifest)? })
    }
}

/// The outputs that were asked for; all where none was.
pub fn chosen(formats: &[&'static Output]) -> Vec<&'static Output> {
    if formats.is_empty() { OUTPUTS.iter().collect() } else { formats.to_vec() }
}

/// A report in the formats that were asked for; in all where none was.
pub fn rendered(material: &Material, formats: &[&'static Output]) -> Result<Vec<File>, Error> {
    let mut files = Vec::new();
    for output in chosen(formats) {
        files.extend(output.files(material)?);
    }
    Ok(files)
}

/// Pretty JSON with a final newline.
pub fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| {
        Problem::new("the results", format!("cannot be written as JSON ({error})"), "report this as a bug")
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
