//! `meshstats completions`: a shell's completion script.

use clap::{Args, Command};
use clap_complete::Shell;

use super::terminal;
use crate::error::Error;

#[derive(Args)]
pub struct Arguments {
    /// The shell to complete for
    shell: Shell,
}

pub fn run(arguments: &Arguments, command: &mut Command) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "meshstats", &mut script);
    terminal::print(&String::from_utf8_lossy(&script));
    Ok(())
}
