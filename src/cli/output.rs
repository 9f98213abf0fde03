//! Writing files so that they are complete or absent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Problem};
use crate::render::{File, Material, OUTPUTS, Output};
use crate::study;

/// What `manifest.json` says: what a report was made from, and what was made.
#[derive(Serialize, Deserialize)]
pub struct Manifest {
    pub generator: String,
    pub study: String,
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
    pub fn file(generator: &str, study: &study::Study, files: &[File]) -> Result<File, Error> {
        let manifest = Self {
            generator: generator.to_owned(),
            study: study.id.clone(),
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

/// Writes all files of a directory: first beside it, then renamed into place, so that a failure half-way changes
/// nothing. What an earlier run wrote there and this one does not is removed; other files stay.
pub fn write_directory(dir: &Path, files: &[File]) -> Result<(), Error> {
    require_inside(dir, files)?;
    fs::create_dir_all(dir).map_err(|error| problem(dir, "created", &error))?;
    let staging = tempfile::Builder::new()
        .prefix(".meshstats-")
        .tempdir_in(dir)
        .map_err(|error| problem(dir, "written to", &error))?;
    for file in files {
        let path = staging.path().join(&file.path);
        create_parent(&path)?;
        fs::write(&path, &file.contents).map_err(|error| problem(&path, "written", &error))?;
    }
    let written: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let stale: Vec<PathBuf> =
        previous(dir).into_iter().filter(|path| !written.contains(path.as_str())).map(|path| dir.join(path)).collect();
    for file in files {
        let target = dir.join(&file.path);
        create_parent(&target)?;
        fs::rename(staging.path().join(&file.path), &target).map_err(|error| problem(&target, "replaced", &error))?;
    }
    for path in stale {
        fs::remove_file(&path).map_err(|error| problem(&path, "removed", &error))?;
    }
    Ok(())
}

/// No file may lead out of its directory, and none be written over another, whatever its name was made of.
fn require_inside(dir: &Path, files: &[File]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match files.iter().find(|file| !inside(&file.path) || !seen.insert(file.path.as_str())) {
        None => Ok(()),
        Some(file) => {
            let what = "would lead out of its directory, or over another file";
            Err(Problem::new(dir.join(&file.path).display().to_string(), what, "report this as a bug").into())
        }
    }
}

fn inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// Refuses to write over files that are not of an earlier report: the directory may be anything, even the study's own.
/// `own` is the file by which an earlier report is known.
pub fn require_own(dir: &Path, own: &str, files: &[File]) -> Result<(), Error> {
    if dir.join(own).exists() {
        return Ok(());
    }
    match files.iter().map(|file| dir.join(&file.path)).find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Problem::new(
            path.display().to_string(),
            format!("exists, and is not of an earlier report (there is no {own} beside it)"),
            "choose another directory with --out, or move it away",
        )
        .into()),
    }
}

/// Relative paths that an earlier run's manifest lists, and that are still there unchanged.
fn previous(dir: &Path) -> Vec<String> {
    let manifest = fs::read(dir.join(MANIFEST)).ok().and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    let listed = manifest.map(|manifest| manifest.outputs).unwrap_or_default();
    listed
        .into_iter()
        .filter(|file| inside(&file.path))
        .filter(|file| fs::read(dir.join(&file.path)).is_ok_and(|bytes| study::sha256(&bytes) == file.sha256))
        .map(|file| file.path)
        .collect()
}

/// Writes one file beside its place and renames it.
pub fn write_file(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: &std::io::Error| problem(path, "written", error);
    let mut staged =
        tempfile::Builder::new().prefix(".meshstats-").tempfile_in(parent).map_err(|error| failed(&error))?;
    std::io::Write::write_all(&mut staged, contents).map_err(|error| failed(&error))?;
    make_readable(staged.path()).map_err(|error| failed(&error))?;
    staged.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// A temporary file is its owner's alone; an output is like any other file that the user makes.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn create_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).map_err(|error| problem(parent, "created", &error)),
        None => Ok(()),
    }
}

pub fn problem(path: &Path, done: &str, error: &std::io::Error) -> Error {
    Problem::new(
        path.display().to_string(),
        format!("cannot be {done} ({})", error.kind()),
        "check the path, its permissions and the space on the disk",
    )
    .into()
}
