//! `meshstats man`: the manual page, with every subcommand.

use clap::Command;

use super::terminal;
use crate::error::{Error, Problem};

pub fn run(mut command: Command) -> Result<(), Error> {
    command.build();
    let mut page = Vec::new();
    let subcommands: Vec<Command> = command.get_subcommands().filter(|sub| sub.get_name() != "help").cloned().collect();
    for part in std::iter::once(command).chain(subcommands) {
        clap_mangen::Man::new(part).render(&mut page).map_err(|error| {
            Problem::new("the manual page", format!("cannot be made ({error})"), "report this as a bug")
        })?;
    }
    terminal::print(&String::from_utf8_lossy(&page));
    Ok(())
}
