//! `meshstats templates`: the templates that reports are made with.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{load, output, terminal};
use crate::error::{Error, Problem};
use crate::render::catalogue::{self, CATALOGUE};
use crate::render::{File, PAGE};
use crate::report::model::Align;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the templates and what each makes
    List,
    /// Write the built-in templates into a directory, to be changed and given with --templates
    Export {
        /// Where they go
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Overwrite files that differ
        #[arg(long)]
        force: bool,
    },
    /// Print what each template can use, in Markdown
    Variables,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    match &arguments.command {
        Command::List => {
            let rows: Vec<Vec<String>> =
                CATALOGUE.iter().map(|entry| vec![entry.name.to_owned(), entry.makes.to_owned()]).collect();
            terminal::print(&terminal::aligned(&[("Template", Align::Left), ("Makes", Align::Left)], &rows));
        }
        Command::Export { dir, force } => export(dir, *force, quiet)?,
        Command::Variables => terminal::print(&catalogue::page()),
    }
    Ok(())
}

fn export(dir: &Path, force: bool, quiet: bool) -> Result<(), Error> {
    match fs::metadata(dir) {
        Ok(there) if !there.is_dir() => return Err(output::problem(dir, "created", &ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(output::problem(dir, "created", &error)),
        _ => {}
    }
    let page = catalogue::page();
    let files: Vec<File> = catalogue::sources()
        .iter()
        .chain([&(PAGE, page.as_str())])
        .map(|(name, text)| File { path: (*name).to_owned(), contents: text.as_bytes().to_vec() })
        .collect();
    let mut problems = Vec::new();
    for file in &files {
        let path = dir.join(&file.path);
        match fs::read(&path) {
            Ok(there) if there != file.contents && !force => problems.push(Problem::new(
                path.display().to_string(),
                "exists, and is not the built-in template",
                "choose another directory, or overwrite it with --force",
            )),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => problems.push(load::unreadable(&path, &error)),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Failed(problems));
    }
    output::write_directory(dir, &files)?;
    if !quiet {
        terminal::print(&format!("{} files written to {}\n", files.len(), dir.display()));
    }
    Ok(())
}
