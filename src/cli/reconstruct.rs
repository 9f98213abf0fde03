//! `meshstats reconstruct`: published summary statistics → logs that are consistent with them.

use std::path::PathBuf;

use clap::Args;

use super::{load, output, terminal};
use crate::claims::Claims;
use crate::error::Error;
use crate::reconstruct::{DEFAULT_SEED, NOTICE, reconstruct};
use crate::render::File;

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

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    let shown = arguments.claims.display().to_string();
    let bytes = load::read(&arguments.claims)?;
    let claims = Claims::read(&shown, load::utf8(&shown, &bytes)?)?;
    let made = reconstruct(&claims, arguments.seed)?;
    let count = made.files.len();
    let files: Vec<File> = made.files.into_iter().map(|(path, contents)| File { path, contents }).collect();
    output::write_directory(&arguments.out, &files)?;
    if !quiet {
        let constraints: Vec<String> = made.constraints.iter().map(|constraint| format!("{constraint}\n")).collect();
        terminal::print(&format!("{}\n{count} logs in {}: {NOTICE}\n", constraints.concat(), arguments.out.display()));
    }
    Ok(())
}
