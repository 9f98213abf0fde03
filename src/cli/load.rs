//! Paths → studies with their tables, with progress on a terminal.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::{Error, Problem, reason};
use crate::study::{self, Overrides, Provenance, Study};
use crate::table::{self, Table};

/// Reads every study at `path`; the problems of all of them are reported together.
pub fn studies(path: &Path, overrides: &Overrides, skip_bad: bool, quiet: bool) -> Result<Vec<(Study, Table)>, Error> {
    let bar = Bar::new(quiet);
    let mut loaded = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for place in study::find(path)? {
        match one(&place, overrides, skip_bad, &bar) {
            Ok(studies) => loaded.extend(studies),
            Err(Error::Failed(more)) => problems.extend(more),
            Err(usage) => return Err(usage),
        }
    }
    bar.clear();
    problems.extend(of_one_name(&loaded));
    if !problems.is_empty() {
        return Err(Error::Failed(problems));
    }
    if loaded.is_empty() {
        return Err(Problem::new(
            path.display().to_string(),
            "holds no study",
            "give a directory of logs, or a directory of such directories",
        )
        .into());
    }
    Ok(loaded)
}

/// Studies of one name: their reports would be one directory, also where file systems do not tell capitals apart.
fn of_one_name(loaded: &[(Study, Table)]) -> Vec<Problem> {
    let same = |a: &Study, b: &Study| a.id.to_lowercase() == b.id.to_lowercase();
    let seconds = loaded.iter().enumerate().filter_map(|(i, (study, _))| {
        let (first, _) = loaded[..i].iter().find(|(first, _)| same(first, study))?;
        let what = format!("is the study `{}`, and so is {} (`{}`)", study.id, first.place(), first.id);
        Some(Problem::new(study.place(), what, "rename one of them: each report is a directory of its study's name"))
    });
    seconds.collect()
}

/// The study at `place`, or the several that one table holds.
fn one(place: &Path, overrides: &Overrides, skip_bad: bool, bar: &Bar) -> Result<Vec<(Study, Table)>, Error> {
    let study = study::open(place, overrides, &|done, total| bar.at(done, total))?;
    study::require_whole(&study, skip_bad)?;
    let tables = Table::of(&study)?;
    Ok(tables
        .into_iter()
        .map(|(id, table)| {
            let mut study = study.clone();
            if table.rows.iter().any(|row| row.reconstructed) {
                study.manifest.provenance = Some(Provenance::Reconstructed);
            }
            (Study { id: id.unwrap_or(study.id), ..study }, table)
        })
        .collect())
}

/// The claims file that a study's manifest names.
pub fn claims(study: &mut Study) -> Result<Option<crate::claims::Claims>, Error> {
    let Some(name) = study.manifest.published.clone() else { return Ok(None) };
    let shown = study.shown(&name);
    if std::fs::metadata(&shown).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Problem::new(shown, "is not a regular file", "name the claims file in `published`").into());
    }
    let bytes = read(&PathBuf::from(&shown))?;
    let text = utf8(&shown, &bytes)?;
    let claims = crate::claims::Claims::read(&shown, text)?;
    study.inputs.push(study::Input { path: name, sha256: study::sha256(&bytes) });
    study.inputs.sort_by(|a, b| study::natural_cmp(&a.path, &b.path));
    Ok(Some(claims))
}

pub fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

/// The last part of a path.
pub fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let what = format!("cannot be read ({})", reason(error));
    Problem::new(path.display().to_string(), what, "check the path and its permissions")
}

pub fn utf8<'a>(shown: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::new(shown, "is not UTF-8 text", "save it as UTF-8"))
}

/// Whether a path that is to be written as a table can be, by its extension.
pub fn table_format(path: &Path) -> Result<table::Format, Error> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(table::Format::Csv),
        Some("parquet") => Ok(table::Format::Parquet),
        _ => Err(Error::Usage(format!("{}: name the table .csv or .parquet", path.display()))),
    }
}

/// A progress bar on stderr that only appears when reading takes long.
struct Bar {
    bar: ProgressBar,
    began: Instant,
    shown: Mutex<bool>,
}

impl Bar {
    fn new(quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let wanted = !quiet && std::io::stderr().is_terminal();
        if let Ok(style) = ProgressStyle::with_template("reading {bar:30} {pos}/{len} files {eta}") {
            bar.set_style(style);
        }
        Self { bar, began: Instant::now(), shown: Mutex::new(!wanted) }
    }

    fn at(&self, done: usize, total: usize) {
        if self.began.elapsed() < Duration::from_millis(500) {
            return;
        }
        if let Ok(mut shown) = self.shown.lock()
            && !*shown
        {
            *shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
