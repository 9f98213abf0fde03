//! Commands as lists of words: what a tool is started with, through which prefix, and how to show it.

use super::plan::{Job, Mode, Scenario, Settings};
use crate::error::Fault;
use crate::run::Tool;
use crate::toml_file;

/// What is filled into a plan's commands.
pub struct Place<'a> {
    pub mode: &'a str,
    pub scenario: &'a str,
    /// Seconds.
    pub timeout: u32,
}

impl<'a> Place<'a> {
    pub fn of(mode: &'a Mode, scenario: Option<&'a Scenario>, timeout: u32) -> Self {
        Self { mode: &mode.id, scenario: scenario.map_or("", |scenario| &scenario.id), timeout }
    }
}

/// The words with `{mode}`, `{scenario}` and `{timeout}` filled in. Braces around anything but one lower-case word, as
/// in JSON or in a template of kubectl, stay as they are.
pub fn fill(argv: &[String], place: &Place) -> Result<Vec<String>, Fault> {
    argv.iter().map(|word| fill_word(word, place)).collect()
}

fn fill_word(word: &str, place: &Place) -> Result<String, Fault> {
    let known = [
        ("mode", place.mode.to_owned()),
        ("scenario", place.scenario.to_owned()),
        ("timeout", place.timeout.to_string()),
    ];
    let mut filled = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(open) = rest.find('{') {
        let inside = rest[open + 1..].split_once('}').map(|(name, _)| name);
        let name = inside.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        let Some(name) = name else {
            filled.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        };
        let Some((_, value)) = known.iter().find(|(known, _)| *known == name) else {
            let names = known.iter().map(|(name, _)| *name);
            return Err(Fault::new(
                format!("the command word `{word}` has an unknown placeholder `{{{name}}}`"),
                toml_file::suggest(name, names, "the placeholders are"),
            ));
        };
        filled.push_str(&rest[..open]);
        filled.push_str(value);
        rest = &rest[open + name.len() + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

impl Job {
    /// The whole command of a run.
    pub fn argv(&self, place: &Place) -> Result<Vec<String>, Fault> {
        through(&self.prefix, &self.tool_argv(self.duration, None), place)
    }

    /// The same on one connection, for some seconds: whether it would work.
    pub fn trial(&self, seconds: u32, place: &Place) -> Result<Vec<String>, Fault> {
        through(&self.prefix, &self.tool_argv(seconds, Some(1)), place)
    }

    /// The command that makes the tool say its version.
    pub fn version(&self, place: &Place) -> Result<Vec<String>, Fault> {
        let flag = if self.tool == Tool::Iperf3 { "--version" } else { "-v" };
        through(&self.prefix, &[self.program().to_owned(), flag.to_owned()], place)
    }

    pub fn program(&self) -> &str {
        match &self.settings {
            Settings::Wrk { of, .. } => of.program.as_deref().unwrap_or("wrk"),
            Settings::Iperf3 { of, .. } => of.program.as_deref().unwrap_or("iperf3"),
        }
    }

    fn tool_argv(&self, seconds: u32, connections: Option<u32>) -> Vec<String> {
        let mut argv = vec![self.program().to_owned()];
        match &self.settings {
            Settings::Wrk { url, threads, connections: usual, of, .. } => {
                let threads = if connections.is_some() { 1 } else { *threads };
                argv.push(format!("-t{threads}"));
                argv.push(format!("-c{}", connections.unwrap_or(*usual)));
                argv.push(format!("-d{seconds}s"));
                argv.push("--latency".to_owned());
                argv.extend(of.timeout.iter().flat_map(|seconds| ["--timeout".to_owned(), format!("{seconds}s")]));
                argv.extend(of.script.iter().flat_map(|script| ["-s".to_owned(), script.clone()]));
                argv.extend(of.args.iter().flatten().cloned());
                argv.push(url.clone());
            }
            Settings::Iperf3 { host, of } => {
                argv.extend(["-J", "-c", host, "-t", &seconds.to_string()].map(str::to_owned));
                argv.extend(of.port.iter().flat_map(|port| ["-p".to_owned(), port.to_string()]));
                argv.extend(of.args.iter().flatten().cloned());
            }
        }
        argv
    }
}

/// `argv` behind a prefix. ssh hands its arguments to a shell as one text, so there they are quoted.
pub fn through(prefix: &[String], argv: &[String], place: &Place) -> Result<Vec<String>, Fault> {
    let argv = fill(argv, place)?;
    let mut all = fill(prefix, place)?;
    let quoted = client(prefix) == Some("ssh");
    all.extend(argv.into_iter().map(|word| if quoted { quote(&word) } else { word }));
    Ok(all)
}

/// Programs that run a command elsewhere: ending them does not end it.
const CLIENTS: &[&str] = &["kubectl", "oc", "ssh", "docker", "podman", "nerdctl"];

/// The program of that kind in a prefix, `sudo` or not.
pub fn client(prefix: &[String]) -> Option<&'static str> {
    let name = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or(word);
        CLIENTS.iter().copied().find(|client| *client == name)
    };
    prefix.iter().take(2).find_map(name)
}

/// What is known to spoil logs or runs behind such a program.
pub fn check_prefix(prefix: &[String]) -> Result<(), Fault> {
    let Some(client) = client(prefix) else { return Ok(()) };
    let own: Vec<&str> = prefix.iter().map(String::as_str).take_while(|word| *word != "--").collect();
    let is_terminal = |word: &&str| matches!(*word, "-t" | "-it" | "-ti" | "-tt" | "--tty" | "--tty=true");
    if let Some(word) = own.iter().find(|word| is_terminal(word)) {
        return Err(Fault::new(
            format!("`{word}` after {client} makes a terminal"),
            "leave it out: logs would have a terminal's line ends, and errors among them",
        ));
    }
    if ["kubectl", "oc"].contains(&client) && own.len() == prefix.len() {
        return Err(Fault::new(
            format!("the prefix of {client} has no `--`"),
            format!("end it with \"--\", or {client} takes the tool's options for its own"),
        ));
    }
    Ok(())
}

/// Whether what runs behind the prefix goes on when the prefix's program is ended.
pub fn needs_remote_timeout(prefix: &[String]) -> Option<&'static str> {
    let has_timeout = prefix.iter().any(|word| word == "timeout" || word.ends_with("/timeout"));
    client(prefix).filter(|_| !has_timeout)
}

/// A word as a POSIX shell takes it for one.
pub fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A command to read, or to paste into a shell.
pub fn shown(argv: &[String]) -> String {
    argv.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// `mode scenario tool`.
pub fn label(mode: &str, scenario: Option<&str>, tool: Tool) -> String {
    match scenario {
        Some(scenario) => format!("{mode} {scenario} {}", tool.name()),
        None => format!("{mode} {}", tool.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    const PLACE: Place = Place { mode: "mesh", scenario: "c10", timeout: 45 };

    #[test]
    fn placeholders_are_filled_and_unknown_ones_told() {
        let argv = words("kubectl exec -n {mode} -- timeout -k 5 {timeout} {\"a\":1} {{.x}}");
        let filled = fill(&argv, &PLACE).unwrap().join(" ");
        assert_eq!(filled, "kubectl exec -n mesh -- timeout -k 5 45 {\"a\":1} {{.x}}");
        let fault = fill(&words("x {timout}"), &PLACE).unwrap_err();
        assert_eq!(fault.remedy, "did you mean `timeout`? the placeholders are: mode, scenario, timeout");
    }

    #[test]
    fn ssh_gets_the_tool_quoted() {
        let argv = through(&words("ssh host"), &words("wrk http://s/?a=1&b=2"), &PLACE).unwrap();
        assert_eq!(argv, ["ssh", "host", "wrk", "'http://s/?a=1&b=2'"]);
        let argv = through(&words("ip netns exec c"), &words("wrk http://s/?a=1&b=2"), &PLACE).unwrap();
        assert_eq!(argv[5], "http://s/?a=1&b=2");
        assert_eq!(quote("it's"), "'it'\\''s'");
    }

    #[test]
    fn a_prefix_that_spoils_logs_is_refused() {
        let what = |prefix: &str| check_prefix(&words(prefix)).map_err(|fault| fault.what);
        assert_eq!(what("kubectl exec -it pod --"), Err("`-it` after kubectl makes a terminal".to_owned()));
        assert_eq!(what("kubectl exec pod"), Err("the prefix of kubectl has no `--`".to_owned()));
        assert_eq!(what("sudo ip netns exec client"), Ok(()));
        assert_eq!(what("kubectl exec pod -- timeout -k 5 {timeout}"), Ok(()));
        assert_eq!(needs_remote_timeout(&words("ssh host")), Some("ssh"));
        assert_eq!(needs_remote_timeout(&words("ssh host timeout -k 5 45")), None);
    }
}
