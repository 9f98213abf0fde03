//! `meshstats reconstruct`: published summary statistics → logs that are consistent with them.

use std::path::{Path, PathBuf};

use clap::Args;

use super::writing::{self, Record};
use super::{load, output, terminal};
use crate::claims::Claims;
use crate::error::{Error, Problem};
use crate::reconstruct::{DEFAULT_SEED, NOTICE, reconstruct};
use crate::render::File;
use crate::study::{self, Fate, Scanned};

#[derive(Args)]
pub struct Arguments {
    /// The claims file: what was published, as printed
    claims: PathBuf,
    /// Directory for the logs
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// The same seed gives the same logs
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
}

/// Lists the logs that were made. Hidden, so that it is no file of the study.
const RECORD: &str = ".reconstruct.json";

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    let shown = arguments.claims.display().to_string();
    let bytes = load::read(&arguments.claims)?;
    let claims = Claims::read(&shown, load::utf8(&shown, &bytes)?)?;
    let made = reconstruct(&claims, arguments.seed)?;
    let count = made.files.len();
    let mut files: Vec<File> = made.files.into_iter().map(|(path, contents)| File { path, contents }).collect();
    require_own(&arguments.out, &files)?;
    let contents = output::json(&Record::of(&files))?;
    files.push(File { path: RECORD.to_owned(), contents });
    writing::write_recorded(&arguments.out, &files, RECORD)?;
    if !quiet {
        let constraints: Vec<String> = made.constraints.iter().map(|constraint| format!("{constraint}\n")).collect();
        terminal::print(&format!("{}\n{count} logs in {}: {NOTICE}\n", constraints.concat(), arguments.out.display()));
    }
    Ok(())
}

/// Refuses a directory with logs, or other files at the places of the new ones, that this command did not make: theirs and
/// ours would be one study.
fn require_own(dir: &Path, files: &[File]) -> Result<(), Error> {
    if !dir.is_dir() {
        return Ok(());
    }
    let own = writing::recorded(dir, RECORD);
    let new = |path: &str| files.iter().find(|file| file.path == path);
    let is_log = |scanned: &Scanned| matches!(scanned.fate, Fate::Log(_));
    let scanned = study::scan(dir, &|_, _| {})?;
    let strange = scanned.iter().filter(|there| is_log(there) || new(&there.path).is_some()).find(|there| {
        let same = new(&there.path).is_some_and(|file| study::sha256(&file.contents) == there.sha256);
        !same && !own.contains(&there.path)
    });
    match strange {
        None => Ok(()),
        Some(there) => Err(Problem::new(
            dir.join(&there.path).display().to_string(),
            "exists, and is not of an earlier reconstruction",
            "choose another directory with --out, or move it away",
        )
        .into()),
    }
}
