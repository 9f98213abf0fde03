//! `meshstats verify`: is a report what the data give?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::analyze::{Made, Making, make};
use super::options::{self, over};
use super::output::{Listed, Manifest};
use super::{Choosing, Emphasis, Reading, Styling, load, terminal, writing};
use crate::error::{Error, Problem, reason};
use crate::render::Templates;
use crate::verify::{Difference, MANIFEST, Side, Verified, verify};

/// Says whether reports are what the data give: makes them again in memory, and compares.
///
/// A report records the options that it was made with, and they hold here too; options that are given go before them.
/// Templates are not recorded. Exit codes: 0 the same, 1 something differs (it is said what and why) or cannot be read or
/// made, 2 wrong usage.
#[derive(Args)]
pub struct Arguments {
    /// A study, a directory of studies, or a tidy table (.csv, .parquet)
    #[arg(default_value = "data")]
    path: PathBuf,
    /// The reports: a directory with one for each study, or the directory of one report
    #[arg(long, default_value = "reports", value_name = "DIR")]
    against: PathBuf,
    /// How much numbers may differ, as a share of the larger, e.g. 1e-9; without it files must be the same to the byte
    #[arg(long, value_name = "SHARE", value_parser = tolerance)]
    tolerance: Option<f64>,
    /// Directory with the templates that the reports were made with, where they are not the built-in ones
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Show all differences of a file, not the first few
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    styling: Styling,
    #[command(flatten)]
    emphasis: Emphasis,
    #[command(flatten)]
    choosing: Choosing,
    #[command(flatten)]
    reading: Reading,
}

/// Differences of a file, and files, that are shown without --all.
const SHOWN: usize = 5;

fn tolerance(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|share: &f64| (0.0..1.0).contains(share));
    parsed.ok_or_else(|| "give a share such as 1e-9, zero or more and below 1".to_owned())
}

/// `typed` are the options of the arguments that were typed: they go before what the reports record.
pub fn run(arguments: &Arguments, typed: &[String], quiet: bool) -> Result<ExitCode, Error> {
    let templates = Templates::new(arguments.templates.as_deref())?;
    let mut recorded = reports(&arguments.against)?;
    let single = recorded.len() == 1 && recorded.contains_key(Path::new(""));
    let shown = |key: &Path| arguments.against.join(key).display().to_string().trim_end_matches('/').to_owned();
    let made_with: BTreeMap<PathBuf, Vec<String>> =
        recorded.iter().map(|(key, (manifest, _))| (key.clone(), over(&manifest.options, typed))).collect();
    let mut without_report = BTreeSet::new();
    let (mut text, mut holds) = (String::new(), true);
    // Reports that were made with other options are made apart.
    for options in made_with.values().collect::<BTreeSet<_>>() {
        let (key, _) = made_with.iter().find(|(_, others)| *others == options).unzip();
        let manifest = key.map_or_else(|| shown(Path::new("")), |key| shown(&key.join(MANIFEST)));
        let how = options::arguments(options).map_err(|fault| fault.at(manifest))?;
        let making = Making { templates: &templates, arguments: &how, options };
        for (study, table) in load::studies(&arguments.path, &how.overrides(), how.skips_bad(), quiet)? {
            let key = if single { PathBuf::new() } else { PathBuf::from(&study.id) };
            let id = study.id.clone();
            if !made_with.contains_key(&key) {
                without_report.insert(study.place());
                continue;
            }
            let of_this = |(manifest, _): &(Manifest, Side)| {
                made_with.get(&key) == Some(options) && !(single && manifest.study != id)
            };
            if !recorded.get(&key).is_some_and(of_this) {
                continue;
            }
            let Some((_, side)) = recorded.remove(&key) else { continue };
            match make(study, &table, &making) {
                Ok(made) => {
                    let verified = verify(&side, &side_of(made)?, arguments.tolerance);
                    holds &= verified.holds();
                    text.push_str(&said(&shown(&key), &verified, arguments));
                    text.push_str(&left_over(&shown(&key)));
                }
                Err(Error::Failed(problems)) => {
                    let why = problems.iter().map(|problem| format!("  {problem}\n"));
                    text.push_str(&format!("{}: cannot be made again\n{}", shown(&key), why.collect::<String>()));
                    holds = false;
                }
                Err(usage) => return Err(usage),
            }
        }
    }
    for place in without_report {
        text.push_str(&format!("{place}: has no report in {}\n", arguments.against.display()));
        holds = false;
    }
    for (key, (manifest, _)) in &recorded {
        let (dir, study) = (shown(key), &manifest.study);
        text.push_str(&format!("{dir}: is of the study {study}, which {} does not hold\n", arguments.path.display()));
        holds = false;
    }
    if !quiet || !holds {
        let text: Vec<String> = text.lines().map(terminal::one_line).collect();
        terminal::print(&format!("{}\n", text.join("\n")));
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The reports in a directory by their place in it; the directory's own is at no place.
fn reports(against: &Path) -> Result<BTreeMap<PathBuf, (Manifest, Side)>, Error> {
    let shown = against.display().to_string();
    if !against.is_dir() {
        let what = if against.exists() { "is not a directory" } else { "does not exist" };
        let remedy = "give the directory that `meshstats analyze` wrote with --out";
        return Err(Problem::new(shown, what, remedy).into());
    }
    let mut places = vec![PathBuf::new()];
    if !against.join(MANIFEST).is_file() {
        let entries = fs::read_dir(against).map_err(|error| load::unreadable(against, &error))?;
        places = entries.filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name()))).collect();
        places.retain(|place| against.join(place).join(MANIFEST).is_file());
    }
    if places.is_empty() {
        let remedy = "give the directory that `meshstats analyze` wrote with --out";
        return Err(Problem::new(shown, format!("holds no report (no {MANIFEST})"), remedy).into());
    }
    let mut found = BTreeMap::new();
    for place in places {
        let read = recorded(&against.join(&place))?;
        found.insert(place, read);
    }
    Ok(found)
}

fn recorded(dir: &Path) -> Result<(Manifest, Side), Error> {
    let path = dir.join(MANIFEST);
    let manifest: Manifest = serde_json::from_slice(&load::read(&path)?).map_err(|error| {
        let remedy = "make the report again with `meshstats analyze`";
        Problem::new(path.display().to_string(), format!("is not the manifest of a report ({error})"), remedy)
    })?;
    let mut found = Found::default();
    found.walk(dir, "");
    found.files.remove(MANIFEST);
    for listed in manifest.outputs.iter().filter(|listed| is_directory(&dir.join(&listed.path))) {
        found.strange.insert(listed.path.clone(), "is a directory, and should be a file".to_owned());
    }
    let side = Side { strange: found.strange, ..side(&manifest, found.files) };
    Ok((manifest, side))
}

/// Whether a directory stands there, and no link to one.
fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// What is in a report's directory. What cannot be looked at stops nothing: it is told like any difference.
#[derive(Default)]
struct Found {
    files: BTreeMap<String, Vec<u8>>,
    strange: BTreeMap<String, String>,
}

impl Found {
    fn walk(&mut self, dir: &Path, prefix: &str) {
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) => {
                let what = format!("cannot be listed ({})", reason(&error));
                self.strange.insert(prefix.trim_end_matches('/').to_owned(), what);
                return;
            }
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = load::file_name(&path);
            if name.starts_with('.') {
                continue;
            }
            if is_directory(&path) {
                self.walk(&path, &format!("{prefix}{name}/"));
            } else {
                self.take(&path, format!("{prefix}{name}"));
            }
        }
    }

    /// A pipe would never end, and a link may lead out of the report: of a file behind one no line is shown.
    fn take(&mut self, path: &Path, name: String) {
        let is_link = path.is_symlink();
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => match fs::read(path) {
                Ok(bytes) => {
                    if is_link {
                        self.strange.insert(name.clone(), "is a link to a file with other contents".to_owned());
                    }
                    self.files.insert(name, bytes);
                }
                Err(error) => _ = self.strange.insert(name, format!("cannot be read ({})", reason(&error))),
            },
            Ok(metadata) if metadata.is_dir() => {
                self.strange.insert(name, "is a link to a directory, which is not followed".to_owned());
            }
            Ok(_) => _ = self.strange.insert(name, "is neither a file nor a directory".to_owned()),
            Err(error) => _ = self.strange.insert(name, format!("is a link that leads nowhere ({})", reason(&error))),
        }
    }
}

fn side(manifest: &Manifest, files: BTreeMap<String, Vec<u8>>) -> Side {
    let sums = |listed: &[Listed]| listed.iter().map(|file| (file.path.clone(), file.sha256.clone())).collect();
    let generator = manifest.generator.clone();
    Side { generator, inputs: sums(&manifest.inputs), outputs: sums(&manifest.outputs), files, ..Side::default() }
}

/// What is made now, as it would be recorded.
fn side_of(made: Made) -> Result<Side, Error> {
    let mut files: BTreeMap<String, Vec<u8>> = made.files.into_iter().map(|file| (file.path, file.contents)).collect();
    let manifest = files.remove(MANIFEST).unwrap_or_default();
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|error| Problem::new(MANIFEST, format!("cannot be read again ({error})"), "report this as a bug"))?;
    Ok(side(&manifest, files))
}

/// What is said of what a run that was killed left in a report's directory. It is no part of the report.
fn left_over(dir: &str) -> String {
    let found = writing::left_over(Path::new(dir));
    let names: Vec<String> = found.iter().map(|path| load::file_name(path)).collect();
    if names.is_empty() {
        return String::new();
    }
    let dir = dir.trim_end_matches('/');
    format!("{dir}: an interrupted run left {}: the next `analyze` removes it\n", names.join(", "))
}

/// What is said of a report.
fn said(dir: &str, verified: &Verified, arguments: &Arguments) -> String {
    let dir = dir.trim_end_matches('/');
    let count = verified.equal + verified.within.len();
    if verified.holds() {
        let tolerance = match verified.within.len() {
            0 => String::new(),
            n => format!(", {n} of them within the tolerance"),
        };
        return format!("{dir}: is what the data give ({count} files{tolerance})\n");
    }
    let mut text = match verified.differences.len() {
        0 => format!("{dir}: its files are what the data give, and its manifest does not fit them\n"),
        count => format!("{dir}: is not what the data give (files that differ: {count})\n"),
    };
    for cause in &verified.causes {
        text.push_str(&format!("  {cause}\n"));
    }
    let shown = if arguments.all { usize::MAX } else { SHOWN };
    for difference in verified.differences.iter().take(shown) {
        text.push_str(&of_file(difference, shown));
    }
    let more: Vec<&str> = verified.differences.iter().skip(shown).map(|difference| difference.path.as_str()).collect();
    if !more.is_empty() {
        text.push_str(&format!("  and {} more files (--all shows them): {}\n", more.len(), more.join(", ")));
    }
    text
}

fn of_file(difference: &Difference, shown: usize) -> String {
    let path = &difference.path;
    let mut text = String::new();
    for line in difference.lines.iter().take(shown) {
        text.push_str(&format!("  {path}: {line}\n"));
    }
    if difference.lines.len() > shown {
        text.push_str(&format!("  {path}: and {} more differences\n", difference.lines.len() - shown));
    }
    text
}
