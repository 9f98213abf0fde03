//! Every file below a directory, read and parsed in parallel, in a stable order.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::sidecar;
use crate::error::{Fault, Problem, reason};
use crate::parse::{self, Content, Log, Other, OtherKind};

/// Called after each file with how many are done and how many there are.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// A file and what became of it.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// Relative to the scanned directory, with `/`.
    pub path: String,
    pub sha256: String,
    pub fate: Fate,
}

#[derive(Clone, Debug)]
pub enum Fate {
    /// Holds at least one run, whole or broken.
    Log(Log),
    /// Not a log of a run.
    Ignored(Other),
    /// Could not be read, or should have been a log.
    Refused(Fault),
}

/// Reads all files below `root` (hidden ones are passed over).
///
/// A file of no known format is refused when it is named like the logs around it (the same name but for the digits): a
/// log that was cut to nothing or overwritten must not vanish. Other files are ignored with the reason.
pub fn scan(root: &Path, progress: Progress) -> Result<Vec<Scanned>, Problem> {
    let mut paths = Vec::new();
    walk(root, root, &mut paths, 0, false)?;
    paths.sort_by(|a, b| super::natural_cmp(a, b));
    let total = paths.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let mut files: Vec<Scanned> = paths
        .into_par_iter()
        .map(|path| {
            let scanned = read_one(root, path);
            progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, total);
            scanned
        })
        .collect();
    let is_run = |file: &&Scanned| matches!(file.fate, Fate::Log(_)) && super::apart(&file.path).is_none();
    let log_names: BTreeSet<String> = files.iter().filter(is_run).map(|file| name_shape(&file.path)).collect();
    for file in &mut files {
        if log_names.contains(&name_shape(&file.path)) {
            file.refuse_unless_a_look_alike("though files named like it are logs");
        }
    }
    Ok(files)
}

impl Scanned {
    /// Makes an error of a file that should have been a log, for the reason `because`.
    pub fn refuse_unless_a_look_alike(&mut self, because: &str) {
        if let Fate::Ignored(other) = &self.fate
            && other.kind != OtherKind::LookAlike
        {
            let what = format!("{}, {because}", other.reason);
            self.fate = Fate::Refused(Fault::new(what, "run it again, or move the file out of the study"));
        }
    }
}

fn read_one(root: &Path, path: String) -> Scanned {
    // A pipe or a device would be waited for, or read for ever.
    if fs::metadata(root.join(&path)).is_ok_and(|metadata| !metadata.is_file()) {
        let other = Other { kind: OtherKind::Unknown, reason: "not a regular file".to_owned() };
        return Scanned { path, sha256: String::new(), fate: Fate::Ignored(other) };
    }
    let bytes = match fs::read(root.join(&path)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let fault = if path.contains('\u{fffd}') {
                Fault::new("has a name that is not UTF-8", "rename it")
            } else {
                Fault::new(
                    format!("cannot be read ({})", reason(&error)),
                    "make it readable, or move it out of the study",
                )
            };
            return Scanned { path, sha256: String::new(), fate: Fate::Refused(fault) };
        }
    };
    let (content, sha256) = rayon::join(|| parse::parse(&bytes), || sha256(&bytes));
    let fate = match content {
        Content::Log(log) => Fate::Log(log),
        Content::Other(other) => Fate::Ignored(other),
    };
    Scanned { path, sha256, fate }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `collected` says whether `dir` is within a study of `meshstats collect`, whose companions are passed over: its plan and
/// sidecars, and the logs that it put apart.
fn walk(root: &Path, dir: &Path, paths: &mut Vec<String>, depth: usize, collected: bool) -> Result<(), Problem> {
    let problem = |path: &Path, error: &std::io::Error| {
        Problem::new(
            path.display().to_string(),
            format!("cannot be listed ({})", reason(error)),
            "check the path and its permissions",
        )
    };
    let begins_here = sidecar::is_collected(dir);
    let collected = collected || begins_here;
    for entry in fs::read_dir(dir).map_err(|error| problem(dir, &error))? {
        let path = entry.map_err(|error| problem(dir, &error))?.path();
        if is_hidden(&path) || (collected && sidecar::is_companion(&path, begins_here)) {
            continue;
        }
        if path.is_dir() {
            // What an earlier analysis wrote is no input of the next.
            if path.join("results.json").is_file() && path.join("manifest.json").is_file() {
                continue;
            }
            // A link to a directory above would never end.
            if path.is_symlink() && (depth > 32 || leads_up(dir, &path)) {
                continue;
            }
            walk(root, &path, paths, depth + 1, collected)?;
        } else {
            paths.push(relative(root, &path));
        }
    }
    Ok(())
}

fn leads_up(dir: &Path, link: &Path) -> bool {
    match (dir.canonicalize(), link.canonicalize()) {
        (Ok(dir), Ok(target)) => dir.starts_with(target),
        _ => true,
    }
}

/// Whether a file is hidden, or what an editor keeps beside the file that it edits.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().map(|name| name.to_string_lossy()).is_some_and(|name| {
        let is_saved = name.len() > 1 && name.starts_with('#') && name.ends_with('#');
        is_saved || name.starts_with('.') || name.ends_with('~') || name.ends_with(".swp")
    })
}

fn relative(root: &Path, path: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(root).unwrap_or(path).to_path_buf();
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The file's name with each row of digits as `#`: `run-07.json` and `run-12.json` are named alike.
fn name_shape(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut shape = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '0'..='9' if shape.ends_with('#') => {}
            '0'..='9' => shape.push('#'),
            c => shape.push(c),
        }
    }
    shape
}
