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
        tethered(&self.prefix, &self.tool_argv(self.duration, None), place)
    }

    /// The same on one connection, for some seconds: whether it would work.
    pub fn trial(&self, seconds: u32, place: &Place) -> Result<Vec<String>, Fault> {
        tethered(&self.prefix, &self.tool_argv(seconds, Some(1)), place)
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

    /// Lets wrk run the project's script, unless the plan names one, or says that there is none.
    pub fn add_script(&mut self, path: &str) {
        if let Settings::Wrk { of, .. } = &mut self.settings {
            of.script.get_or_insert_with(|| path.to_owned());
        }
    }

    /// Whether the plan leaves it to this program which script wrk runs.
    pub fn names_no_script(&self) -> bool {
        matches!(&self.settings, Settings::Wrk { of, .. } if of.script.is_none())
    }

    /// The script that the plan names for wrk.
    pub fn own_script(&self) -> Option<&str> {
        match &self.settings {
            Settings::Wrk { of, .. } => of.script.as_deref().filter(|path| !path.is_empty()),
            Settings::Iperf3 { .. } => None,
        }
    }

    /// Whether wrk runs this script.
    pub fn takes(&self, path: &str) -> bool {
        matches!(&self.settings, Settings::Wrk { of, .. } if of.script.as_deref() == Some(path))
    }

    /// The host that the tool talks to.
    pub fn host(&self) -> &str {
        match &self.settings {
            Settings::Iperf3 { host, .. } => host,
            Settings::Wrk { url, .. } => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
                let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
                match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
                    Some((address, _)) => address,
                    None => host.rsplit_once(':').map_or(host, |(host, _)| host),
                }
            }
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
                argv.extend(
                    of.script
                        .iter()
                        .filter(|path| !path.is_empty())
                        .flat_map(|script| ["-s".to_owned(), script.clone()]),
                );
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

/// Refuses arguments that a key sets: what is asked for would not be what a run is judged by.
pub fn check_args(tool: Tool, args: &[String]) -> Result<(), Fault> {
    let keys: &[(&str, &str, &str)] = if tool == Tool::Iperf3 {
        &[("-c", "--client", "host"), ("-p", "--port", "port"), ("-t", "--time", "duration")]
    } else {
        &[
            ("-t", "--threads", "threads"),
            ("-c", "--connections", "connections"),
            ("-d", "--duration", "duration"),
            ("-s", "--script", "script"),
            ("--timeout", "--timeout", "timeout"),
        ]
    };
    for word in args {
        let name = word.split('=').next().unwrap_or(word);
        // Both tools take the beginning of a long option for the whole of it.
        let sets = |(short, long, _): &&(&str, &str, &str)| {
            (name.len() > 2 && long.starts_with(name)) || (!word.starts_with("--") && word.starts_with(short))
        };
        if let Some((_, _, key)) = keys.iter().find(sets) {
            return Err(Fault::new(format!("`{word}` stands in `args`"), format!("say it by the key `{key}`")));
        }
    }
    Ok(())
}

/// `argv` behind a prefix. Each ssh hands its arguments to a shell as one text, so behind it they are quoted.
pub fn through(prefix: &[String], argv: &[String], place: &Place) -> Result<Vec<String>, Fault> {
    let argv = fill(argv, place)?;
    let mut all = fill(prefix, place)?;
    let shells = clients(prefix).iter().filter(|(_, client)| *client == "ssh").count();
    all.extend(argv.into_iter().map(|word| (0..shells).fold(word, |word, _| quote(&word))));
    Ok(all)
}

/// What ends a tool when those who wait for it are gone: its standard input is held open from here, through the prefix, and
/// ends with this program, with the prefix's, and with the connection. Where that does not come through, `timeout` ends the
/// tool after `$0` seconds.
const TETHER: &str = "exec 3<&0 </dev/null; \
    timeout -k 5 1 true 2>/dev/null && set -- timeout -k 5 \"$0\" \"$@\"; \
    if read -r go <&3; then \
    \"$@\" 3<&- & tool=$!; (read -r end <&3; kill \"$tool\") >/dev/null 2>&1 & watch=$!; \
    wait \"$tool\"; code=$?; kill \"$watch\" 2>/dev/null; exit \"$code\"; fi; exec \"$@\" 3<&-";

/// `argv` behind a prefix, so that it ends when this program does, whatever ends that.
pub fn tethered(prefix: &[String], argv: &[String], place: &Place) -> Result<Vec<String>, Fault> {
    if !needs_tether(prefix) {
        return through(prefix, argv, place);
    }
    let mut all = ["sh", "-c", TETHER, "{timeout}"].map(str::to_owned).to_vec();
    all.extend(argv.iter().cloned());
    with_input(prefix, &all, place)
}

/// `argv` behind a prefix that passes standard input on.
pub fn with_input(prefix: &[String], argv: &[String], place: &Place) -> Result<Vec<String>, Fault> {
    let mut prefix = prefix.to_vec();
    // From the last, so that the places of those before stay.
    for (i, client) in clients(&prefix).into_iter().rev() {
        let own = own_words(client, &prefix[i + 1..]);
        let passes_input = own.iter().any(|word| matches!(word.as_str(), "-i" | "--stdin" | "--interactive"));
        if client != "ssh" && !passes_input {
            let verb = own.iter().position(|word| ["exec", "run"].contains(&word.as_str()));
            prefix.insert(i + 1 + verb.map_or(0, |verb| verb + 1), "-i".to_owned());
        }
    }
    through(&prefix, argv, place)
}

/// Whether ending the prefix's program does not end what runs behind it: that is elsewhere, or another user's.
pub fn needs_tether(prefix: &[String]) -> bool {
    prefix.first().is_some_and(|word| ["sudo", "doas"].contains(&base(word))) || !clients(prefix).is_empty()
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Programs that run a command elsewhere: ending them does not end it.
const CLIENTS: &[&str] = &["kubectl", "oc", "ssh", "docker", "podman", "nerdctl"];

/// The programs of that kind in a prefix, and where they stand; names of namespaces, pods and hosts are none.
fn clients(prefix: &[String]) -> Vec<(usize, &'static str)> {
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    for (i, word) in prefix.iter().enumerate() {
        let is_name = match found.last() {
            Some((at, client)) => i <= at + own_words(client, &prefix[at + 1..]).len(),
            None => i > 1 && prefix[i - 1] == "exec" && prefix[i - 2] == "netns",
        };
        if let Some(client) = CLIENTS.iter().find(|client| **client == base(word)).filter(|_| !is_name) {
            found.push((i, client));
        }
    }
    found
}

/// The first program of that kind.
pub fn client(prefix: &[String]) -> Option<&'static str> {
    clients(prefix).first().map(|(_, client)| *client)
}

/// Of the words after a client those that are its own, and not of what it runs elsewhere.
fn own_words<'a>(client: &str, words: &'a [String]) -> &'a [String] {
    if client != "ssh" {
        let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
        return &words[..end];
    }
    let mut end = 0;
    while let Some(word) = words.get(end) {
        end += 1;
        // The options of ssh with a value, which may stand in the same word.
        let has_value = |c: char| "BbcDEeFIiJLlmOopQRSWw".contains(c);
        match word.strip_prefix('-') {
            Some(flag) if flag.len() == 1 && flag.contains(has_value) => end += 1,
            Some(_) => {}
            // The host.
            None => break,
        }
    }
    &words[..end.min(words.len())]
}

/// What is known to spoil logs or runs behind such programs.
pub fn check_prefix(prefix: &[String]) -> Result<(), Fault> {
    for (i, client) in clients(prefix) {
        let own = own_words(client, &prefix[i + 1..]);
        let one_of = |flags: &[&str]| own.iter().find(|word| flags.contains(&word.as_str()));
        if let Some(word) = one_of(&["-t", "-it", "-ti", "-tt", "--tty", "--tty=true"]) {
            return Err(Fault::new(
                format!("`{word}` after {client} makes a terminal"),
                "leave it out: logs would have a terminal's line ends, and errors among them",
            ));
        }
        if let Some(word) = one_of(&["-n", "-f", "-N"]).filter(|_| client == "ssh") {
            return Err(Fault::new(
                format!("`{word}` after ssh cuts the tool off from its input"),
                "leave it out: the input is held open so that the tool ends when ssh does",
            ));
        }
        if ["kubectl", "oc"].contains(&client) && i + 1 + own.len() == prefix.len() {
            return Err(Fault::new(
                format!("the prefix of {client} has no `--`"),
                format!("end it with \"--\", or {client} takes the tool's options for its own"),
            ));
        }
    }
    Ok(())
}

/// What to do about a program that is not there: `otherwise`, unless it is several words in one.
pub fn install(program: &str, otherwise: String) -> String {
    let words: Vec<&str> = program.split_whitespace().collect();
    if words.len() > 1 { format!("write each word as an item of its own: {words:?}") } else { otherwise }
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
    fn arguments_that_are_keys_are_refused() {
        let what = |tool, args: &str| check_args(tool, &words(args)).map_err(|fault| fault.remedy);
        assert_eq!(what(Tool::Wrk, "-H Host:shop -c20"), Err("say it by the key `connections`".to_owned()));
        for args in ["-u --time=5", "-u --tim 5", "-t5"] {
            assert_eq!(what(Tool::Iperf3, args), Err("say it by the key `duration`".to_owned()), "{args}");
        }
        assert_eq!(what(Tool::Iperf3, "-u -b 100M -C cubic --title x"), Ok(()));
    }

    #[test]
    fn a_host_is_found_in_what_is_requested() {
        for (url, host) in [
            ("http://s/", "s"),
            ("https://s:8080?x", "s"),
            ("http://me:pw@[fd00::1]:80/a:b", "fd00::1"),
            ("http://10.0.0.1:1/", "10.0.0.1"),
        ] {
            let plan = format!("modes = [{{ id = \"a\" }}]\n[wrk]\nurl = {url:?}\n");
            let plan = super::super::Plan::read("plan.toml", &plan).unwrap();
            assert_eq!(plan.job(Tool::Wrk, &plan.modes[0], None).unwrap().host(), host);
        }
    }

    #[test]
    fn ssh_gets_the_tool_quoted() {
        let url = "http://s/?a=1&b=2";
        let of = |prefix: &str| through(&words(prefix), &words(&format!("wrk {url}")), &PLACE).unwrap().pop().unwrap();
        for prefix in ["ssh host", "sudo ip netns exec lab ssh -p 22 host timeout 5", "kubectl exec pod -- ssh host"] {
            assert_eq!(of(prefix), "'http://s/?a=1&b=2'", "{prefix}");
        }
        assert_eq!(of("ssh a ssh b"), quote(&quote(url)));
        for prefix in ["ip netns exec c", "ip netns exec ssh", "kubectl exec -n ssh pod --"] {
            assert_eq!(of(prefix), url, "{prefix}");
        }
        assert_eq!(of("ssh -l me ssh"), quote(url));
        assert_eq!(quote("it's"), "'it'\\''s'");
    }

    #[test]
    fn what_runs_elsewhere_is_tethered() {
        let of = |prefix: &str| tethered(&words(prefix), &words("wrk x"), &PLACE).unwrap();
        assert_eq!(of("ip netns exec c"), words("ip netns exec c wrk x"));
        let argv = of("kubectl exec -n mesh pod --");
        assert_eq!(argv[..9], words("kubectl exec -i -n mesh pod -- sh -c"));
        assert_eq!(argv[10..], words("45 wrk x"));
        assert_eq!(of("kubectl -n mesh exec --stdin pod --")[..7], words("kubectl -n mesh exec --stdin pod --"));
        assert_eq!(of("sudo -n ip netns exec c")[6..8], words("sh -c"));
        assert_eq!(of("ssh host")[2..4], words("sh -c"));
    }

    #[test]
    fn a_prefix_that_spoils_logs_is_refused() {
        let what = |prefix: &str| check_prefix(&words(prefix)).map_err(|fault| fault.what);
        assert_eq!(what("kubectl exec -it pod --"), Err("`-it` after kubectl makes a terminal".to_owned()));
        assert_eq!(what("kubectl exec pod"), Err("the prefix of kubectl has no `--`".to_owned()));
        assert_eq!(what("ssh -n host"), Err("`-n` after ssh cuts the tool off from its input".to_owned()));
        assert_eq!(what("ssh -p 22 -o A=b host sudo -n -t x"), Ok(()));
        assert_eq!(what("sudo -n ip netns exec client"), Ok(()));
        assert_eq!(what("kubectl exec pod -- timeout -k 5 {timeout}"), Ok(()));
    }
}
