//! The options of `analyze` as they were typed: a report records them, so that `verify` makes it in the same way.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::analyze::Arguments;
use crate::error::Fault;

/// Arguments that say where things are and what is done with a report, not how it is made.
const OTHER: [&str; 8] = ["path", "out", "new", "against", "templates", "watch", "tolerance", "all"];

/// The options on a command line, each as `--name=value` or `--name`, in the order in which the help lists them.
pub fn given(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let mut options = Vec::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let typed = matches.value_source(id) == Some(ValueSource::CommandLine);
        let Some(name) = argument.get_long().filter(|_| typed && !OTHER.contains(&id)) else { continue };
        if argument.get_action().takes_values() {
            let values = matches.get_raw(id).into_iter().flatten();
            options.extend(values.map(|value| format!("--{name}={}", value.to_string_lossy())));
        } else {
            options.push(format!("--{name}"));
        }
    }
    options
}

/// Options with others that go before them.
pub fn over(recorded: &[String], given: &[String]) -> Vec<String> {
    let name = |option: &String| option.split('=').next().map(str::to_owned);
    let stays = |option: &&String| !given.iter().any(|other| name(other) == name(option));
    recorded.iter().filter(stays).chain(given).cloned().collect()
}

/// What `analyze` makes of these options.
///
/// # Errors
/// Options that this version does not have.
pub fn arguments(options: &[String]) -> Result<Arguments, Fault> {
    let command = Arguments::augment_args(Command::new("analyze").no_binary_name(true));
    let parsed = command.try_get_matches_from(options).and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let what = format!("records options that cannot be understood ({first})");
        Fault::new(what, "make the report again with `meshstats analyze`")
    })
}
