//! Writing files so that they are complete or absent, and nothing of the user's is lost.
//!
//! A file is written beside its place and renamed. What a process that was killed leaves of this is swept up by the next
//! that writes there: a staged file or directory is locked as long as its process lives.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::output::Listed;
use super::{interrupt, terminal};
use crate::error::{Error, Problem, reason};
use crate::render::File;
use crate::study;

/// What the names of staged files and directories begin with; six letters or digits follow.
const STAGED: &str = ".meshstats-";
const RANDOM: usize = 6;

/// What was written to a directory; a report's manifest says this among other things.
#[derive(Serialize, Deserialize)]
pub struct Record {
    outputs: Vec<Listed>,
}

impl Record {
    pub fn of(files: &[File]) -> Self {
        let listed = |file: &File| Listed { path: file.path.clone(), sha256: study::sha256(&file.contents) };
        Self { outputs: files.iter().map(listed).collect() }
    }
}

/// Stands for standard output where a file is named.
const STANDARD_OUTPUT: &str = "-";

/// Writes all files of a directory: first beside it, then renamed into place, so that a failure half-way changes
/// nothing. Other files stay. The last file is renamed last: where it says what the others are and does not fit them, the
/// directory is a mixture.
pub fn write_directory(dir: &Path, files: &[File]) -> Result<(), Error> {
    write(dir, files, None)
}

/// The same; and what an earlier run wrote there by its `record`, and this one does not write, is removed.
pub fn write_recorded(dir: &Path, files: &[File], record: &str) -> Result<(), Error> {
    write(dir, files, Some(record))
}

fn write(dir: &Path, files: &[File], record: Option<&str>) -> Result<(), Error> {
    require_inside(dir, files)?;
    let is_new = !dir.exists();
    fs::create_dir_all(dir).map_err(|error| problem(dir, "created", &error))?;
    let written = stage(dir, files, record);
    if is_new && written.is_err() {
        // Removes it only if nothing is in it.
        let _ = fs::remove_dir(dir);
    }
    written
}

fn stage(dir: &Path, files: &[File], record: Option<&str>) -> Result<(), Error> {
    sweep(dir);
    let (staging, _lock) = staging_directory(dir).map_err(|error| problem(dir, "written to", &error))?;
    for file in files {
        let (path, target) = (staging.path().join(&file.path), dir.join(&file.path));
        // Nothing may be added to what a signal is about to remove.
        let _one = interrupt::hold();
        create_parent(&path)
            .and_then(|()| fs::write(&path, &file.contents))
            .map_err(|error| problem(&target, "written", &error))?;
    }
    let written: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let stale: Vec<PathBuf> = record
        .map(|record| recorded(dir, record))
        .unwrap_or_default()
        .into_iter()
        .filter(|path| !written.contains(path.as_str()))
        .map(|path| dir.join(path))
        .collect();
    // What can be known to fail is looked at before anything is replaced.
    for target in files.iter().map(|file| dir.join(&file.path)) {
        create_parent(&target).map_err(|error| problem(target.parent().unwrap_or(dir), "created", &error))?;
        if fs::symlink_metadata(&target).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(problem(&target, "replaced", &ErrorKind::IsADirectory.into()));
        }
    }
    // A signal waits until all are renamed.
    let _whole = interrupt::hold();
    let replace = |file: &File| {
        let target = dir.join(&file.path);
        fs::rename(staging.path().join(&file.path), &target).map_err(|error| problem(&target, "replaced", &error))
    };
    let Some((last, others)) = files.split_last() else { return Ok(()) };
    others.iter().try_for_each(replace)?;
    for path in stale {
        fs::remove_file(&path).map_err(|error| problem(&path, "removed", &error))?;
    }
    replace(last)
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
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
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

/// Relative paths that an earlier run's record lists, and that are still there unchanged.
pub fn recorded(dir: &Path, record: &str) -> Vec<String> {
    let record = fs::read(dir.join(record)).ok().and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
    let listed = record.map(|record| record.outputs).unwrap_or_default();
    listed
        .into_iter()
        .filter(|file| inside(&file.path))
        .filter(|file| fs::read(dir.join(&file.path)).is_ok_and(|bytes| study::sha256(&bytes) == file.sha256))
        .map(|file| file.path)
        .collect()
}

/// Whether `path` stands for standard output.
pub fn is_standard_output(path: &Path) -> bool {
    path.as_os_str() == STANDARD_OUTPUT
}

/// Writes one file: `-` is standard output; a link is followed, and the file that it leads to replaced; a pipe or a device
/// is written to. A file is written beside its place and renamed, so that it is whole or as it was.
pub fn write_file(path: &Path, contents: &[u8]) -> Result<(), Error> {
    if is_standard_output(path) {
        terminal::print_bytes(contents);
        return Ok(());
    }
    let place = place(path).map_err(|error| problem(path, "written", &error))?;
    let written = match place {
        Place::Stream => fs::OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(contents)),
        Place::File(target) => replace_file(&target, contents),
    };
    written.map_err(|error| problem(path, "written", &error))
}

/// What stands at a path.
enum Place {
    /// A pipe or a device, or an open file of this process: it is written to as it stands.
    Stream,
    /// A file, or where one is to be.
    File(PathBuf),
}

fn place(path: &Path) -> io::Result<Place> {
    // `/dev/stdout` may lead to a file, which others write to as well.
    if ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|open| path.starts_with(open)) {
        return Ok(Place::Stream);
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => Ok(Place::Stream),
        Ok(_) => path.canonicalize().map(Place::File),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // A link to a file that is yet to be made; the system has seen that links do not go round.
            match fs::read_link(path) {
                Ok(target) => place(&path.parent().unwrap_or(Path::new("")).join(target)),
                Err(_) => Ok(Place::File(path.to_owned())),
            }
        }
        Err(error) => Err(error),
    }
}

fn replace_file(target: &Path, contents: &[u8]) -> io::Result<()> {
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sweep(parent);
    let mut staged = staged_file(parent)?;
    staged.write_all(contents)?;
    if let Ok(metadata) = fs::metadata(target) {
        staged.as_file().set_permissions(metadata.permissions())?;
    }
    let _whole = interrupt::hold();
    staged.persist(target).map(drop).map_err(|error| error.error)
}

/// A directory to stage files in, locked as long as it is needed.
fn staging_directory(dir: &Path) -> io::Result<(tempfile::TempDir, Option<fs::File>)> {
    loop {
        let mut held = interrupt::hold();
        let staging = tempfile::Builder::new().prefix(STAGED).rand_bytes(RANDOM).tempdir_in(dir)?;
        held.remove_on_signal(staging.path());
        let lock = fs::File::open(staging.path()).ok().filter(|file| file.lock().is_ok());
        // Another process may have swept it up before it was locked.
        if staging.path().exists() {
            return Ok((staging, lock));
        }
    }
}

/// A file to be renamed, locked as long as it has its staged name.
fn staged_file(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    loop {
        let mut builder = tempfile::Builder::new();
        builder.prefix(STAGED).rand_bytes(RANDOM);
        readable(&mut builder);
        let mut held = interrupt::hold();
        let staged = builder.tempfile_in(dir)?;
        held.remove_on_signal(staged.path());
        // Where nothing can be locked, nothing is swept up.
        let _ = staged.as_file().lock();
        if staged.path().exists() {
            return Ok(staged);
        }
    }
}

/// A temporary file is its owner's alone; an output is like any other file that the user makes.
#[cfg(unix)]
fn readable(builder: &mut tempfile::Builder) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable(_: &mut tempfile::Builder) {}

/// What processes that were killed left in a directory: staged, and locked by nobody.
pub fn left_over(dir: &Path) -> Vec<PathBuf> {
    let is_staged = |name: &str| {
        name.strip_prefix(STAGED)
            .is_some_and(|rest| rest.len() == RANDOM && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let is_free = |path: &Path| fs::File::open(path).is_ok_and(|file| file.try_lock().is_ok());
    let is_ours = |path: &Path| fs::symlink_metadata(path).is_ok_and(|of| of.is_dir() || of.is_file());
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_staged))
        .map(|entry| entry.path())
        .filter(|path| is_ours(path) && is_free(path))
        .collect();
    found.sort();
    found
}

fn sweep(dir: &Path) {
    for path in left_over(dir) {
        // What cannot be removed is in nobody's way.
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// What cannot be done with a path, and what to do about it.
pub fn problem(path: &Path, done: &str, error: &io::Error) -> Error {
    let blocking = path.ancestors().find(|place| fs::metadata(place).is_ok_and(|metadata| !metadata.is_dir()));
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let remedy = match error.kind() {
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => match blocking {
            Some(file) => format!("{} is not a directory: move it away, or choose another place", file.display()),
            None => "choose another place".to_owned(),
        },
        ErrorKind::IsADirectory => "a directory stands there: move it away, or choose another place".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make space on the disk, or choose another place".to_owned()
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "choose a place that you may write to, or change its permissions".to_owned()
        }
        ErrorKind::NotFound => match parent.filter(|parent| !parent.exists()) {
            Some(parent) => format!("there is no directory {}: make it first", parent.display()),
            None => "check the path".to_owned(),
        },
        _ => "check the path, its permissions and the space on the disk".to_owned(),
    };
    Problem::new(path.display().to_string(), format!("cannot be {done} ({})", reason(error)), remedy).into()
}
