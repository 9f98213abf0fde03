//! The plan: which modes are measured how, how often and in which order. `schema/README.md` documents its keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::command::{self, Place};
use crate::error::{Error, Fault, Problem};
use crate::run::Tool;
use crate::study::{FAILED, MANIFEST, PLAN_COPY, WARM_UP};
use crate::toml_file;

/// A plan of measurements. Commands are lists of words, run without a shell in the plan's directory; `{mode}`,
/// `{scenario}` and `{timeout}` (seconds) in them are filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Title of the study.
    pub title: Option<String>,
    /// Directory of the logs, relative to the plan; `--out` goes before it.
    pub out: Option<String>,
    /// In reading order.
    pub modes: Vec<Mode>,
    /// Id of the mode that the others are compared with; the first where none is named.
    pub baseline: Option<String>,
    /// What is varied within every mode: connections, payload.
    pub scenarios: Vec<Scenario>,
    /// How wrk is run; without it wrk is not run.
    pub wrk: Option<Wrk>,
    /// How iperf3 is run; without it iperf3 is not run.
    pub iperf3: Option<Iperf3>,
    /// Runs of each tool in each mode and scenario.
    pub runs: u32,
    /// Runs after each set-up that do not count.
    pub warm_up: u32,
    pub order: Order,
    /// Seed of the order `randomised`.
    pub seed: u64,
    /// Seconds between two runs; the load of other programs is measured in it.
    pub pause: f64,
    /// Seconds to wait at most, before each run, until other programs use less than 10 % of the CPUs.
    pub wait_for_quiet: u32,
    /// Seconds after which a run is ended; 15 more than its duration where this is not set.
    pub timeout: Option<u32>,
    /// Seconds after which a set-up, teardown, `before` or `after` command is ended.
    pub setup_timeout: u32,
    /// How often a run is tried before it is given up.
    pub attempts: u32,
    /// How many failures in a row end the collection.
    pub stop_after: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            title: None,
            out: None,
            modes: Vec::new(),
            baseline: None,
            scenarios: Vec::new(),
            wrk: None,
            iperf3: None,
            runs: 20,
            warm_up: 1,
            order: Order::default(),
            seed: 1,
            pause: 2.0,
            wait_for_quiet: 0,
            timeout: None,
            setup_timeout: 300,
            attempts: 3,
            stop_after: 5,
        }
    }
}

/// The order of the runs in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Block after block, each with one run of every mode: what drifts meets all modes alike.
    #[default]
    Interleaved,
    /// All runs of a mode, then all of the next.
    Blocked,
    /// Block after block, each in a random order.
    Randomised,
}

/// A condition under which the tools run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mode {
    /// Name in paths.
    pub id: String,
    /// Name in the report.
    pub label: String,
    /// Words before every tool's command: `["ip", "netns", "exec", "client"]`, `["kubectl", "exec", …, "--"]`.
    pub prefix: Vec<String>,
    /// Command that makes the mode ready.
    pub setup: Vec<String>,
    /// Command that undoes `setup`.
    pub teardown: Vec<String>,
    /// Whether the mode cannot stand beside others: it is torn down before another one is set up.
    pub exclusive: bool,
    /// Commands before and after each run. What they print is kept; when one fails, so does the run.
    pub before: Vec<String>,
    pub after: Vec<String>,
    /// What this mode's wrk has else than the plan's.
    pub wrk: Option<Wrk>,
    pub iperf3: Option<Iperf3>,
}

/// What is held equal within a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Name in paths.
    pub id: String,
    /// Name in the report.
    pub label: String,
    /// Tools that run in this scenario; all where none is named.
    pub tools: Vec<Tool>,
    /// What this scenario's wrk has else than the mode's and the plan's.
    pub wrk: Option<Wrk>,
    pub iperf3: Option<Iperf3>,
}

/// How wrk is run. What a scenario says goes before what a mode says, and that before what stands at the top.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wrk {
    /// What is requested.
    pub url: Option<String>,
    /// Threads, 4 by default.
    pub threads: Option<u32>,
    /// Connections, 100 by default: a multiple of the threads.
    pub connections: Option<u32>,
    /// Seconds, 30 by default.
    pub duration: Option<u32>,
    /// wrk's `--timeout`, seconds: later responses are left out of the latencies.
    pub timeout: Option<u32>,
    /// Lua script, a path where wrk runs; empty for none. Otherwise the project's `wrk-json.lua` is brought there, and used
    /// where wrk can load it.
    pub script: Option<String>,
    /// Further arguments, such as `["-H", "Host: shop"]`.
    pub args: Option<Vec<String>>,
    /// The program, `wrk` by default.
    pub program: Option<String>,
    /// Instead of the mode's prefix.
    pub prefix: Option<Vec<String>>,
    /// Largest share of requests that may fail (status neither 2xx nor 3xx, broken connection), 0.01 by default.
    pub max_errors: Option<f64>,
}

/// How iperf3 is run. What a scenario says goes before what a mode says, and that before what stands at the top.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Iperf3 {
    /// The server.
    pub host: Option<String>,
    /// Its port, 5201 by default.
    pub port: Option<u16>,
    /// Seconds, 30 by default.
    pub duration: Option<u32>,
    /// Further arguments, such as `["-u", "-b", "100M"]`.
    pub args: Option<Vec<String>>,
    /// The program, `iperf3` by default.
    pub program: Option<String>,
    /// Instead of the mode's prefix.
    pub prefix: Option<Vec<String>>,
}

impl Wrk {
    fn over(self, base: Self) -> Self {
        Self {
            url: self.url.or(base.url),
            threads: self.threads.or(base.threads),
            connections: self.connections.or(base.connections),
            duration: self.duration.or(base.duration),
            timeout: self.timeout.or(base.timeout),
            script: self.script.or(base.script),
            args: self.args.or(base.args),
            program: self.program.or(base.program),
            prefix: self.prefix.or(base.prefix),
            max_errors: self.max_errors.or(base.max_errors),
        }
    }
}

impl Iperf3 {
    fn over(self, base: Self) -> Self {
        Self {
            host: self.host.or(base.host),
            port: self.port.or(base.port),
            duration: self.duration.or(base.duration),
            args: self.args.or(base.args),
            program: self.program.or(base.program),
            prefix: self.prefix.or(base.prefix),
        }
    }
}

/// What the study's authors used.
const DURATION: u32 = 30;
const THREADS: u32 = 4;
const CONNECTIONS: u32 = 100;
/// What a run may take longer than its duration, seconds.
const MORE: u32 = 15;

/// How one tool is run in one mode and scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub tool: Tool,
    pub settings: Settings,
    pub prefix: Vec<String>,
    /// Seconds.
    pub duration: u32,
    pub timeout: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Settings {
    Wrk { url: String, threads: u32, connections: u32, max_errors: f64, of: Wrk },
    Iperf3 { host: String, of: Iperf3 },
}

impl Plan {
    /// Reads a plan; `path` names it in messages. All that is wrong with it is told at once.
    pub fn read(path: &str, text: &str) -> Result<Self, Error> {
        let plan: Self = toml_file::parse(text).map_err(|fault| fault.at(path))?;
        let faults = plan.faults();
        if faults.is_empty() {
            return Ok(plan);
        }
        Err(Error::Failed(faults.into_iter().map(|fault| fault.at(path)).collect()))
    }

    pub fn tools(&self) -> Vec<Tool> {
        let wrk = self.wrk.as_ref().map(|_| Tool::Wrk);
        wrk.into_iter().chain(self.iperf3.as_ref().map(|_| Tool::Iperf3)).collect()
    }

    /// The mode that the others are compared with.
    pub fn baseline(&self) -> &str {
        self.baseline.as_deref().or(self.modes.first().map(|mode| mode.id.as_str())).unwrap_or_default()
    }

    /// How `tool` is run in a mode and scenario.
    pub fn job(&self, tool: Tool, mode: &Mode, scenario: Option<&Scenario>) -> Result<Job, Fault> {
        let place = || command::label(&mode.id, scenario.map(|scenario| scenario.id.as_str()), tool);
        let (settings, prefix, duration, args) = match tool {
            Tool::Iperf3 => {
                let of = scenario.and_then(|scenario| scenario.iperf3.clone()).unwrap_or_default();
                let of = of.over(mode.iperf3.clone().unwrap_or_default()).over(self.iperf3.clone().unwrap_or_default());
                let host = of.host.clone().filter(|host| !host.is_empty()).ok_or_else(|| {
                    Fault::new(format!("{}: no `host`", place()), "name the iperf3 server: iperf3 = { host = … }")
                })?;
                let (prefix, duration, args) = (of.prefix.clone(), of.duration, of.args.clone().unwrap_or_default());
                (Settings::Iperf3 { host, of }, prefix, duration, args)
            }
            Tool::Wrk | Tool::Wrk2 => {
                let of = scenario.and_then(|scenario| scenario.wrk.clone()).unwrap_or_default();
                let of = of.over(mode.wrk.clone().unwrap_or_default()).over(self.wrk.clone().unwrap_or_default());
                let url = of.url.clone().filter(|url| url.starts_with("http://") || url.starts_with("https://"));
                let url = url.ok_or_else(|| {
                    Fault::new(
                        format!("{}: no `url` that begins with http:// or https://", place()),
                        "say what wrk requests",
                    )
                })?;
                let threads = of.threads.unwrap_or(THREADS);
                let connections = of.connections.unwrap_or(CONNECTIONS);
                if threads == 0 || connections == 0 || !connections.is_multiple_of(threads) {
                    return Err(Fault::new(
                        format!("{}: {connections} connections cannot be shared by {threads} threads", place()),
                        "make `connections` a multiple of `threads`: wrk would open fewer without saying so",
                    ));
                }
                let max_errors = of.max_errors.unwrap_or(0.01);
                if !(0.0..=1.0).contains(&max_errors) {
                    return Err(Fault::new(
                        format!("{}: max_errors = {max_errors} is not between 0 and 1", place()),
                        "it is a share of the requests; 0.01 is 1 %",
                    ));
                }
                let (prefix, duration, args) = (of.prefix.clone(), of.duration, of.args.clone().unwrap_or_default());
                (Settings::Wrk { url, threads, connections, max_errors, of }, prefix, duration, args)
            }
        };
        command::check_args(tool, &args)
            .map_err(|fault| Fault { what: format!("{}: {}", place(), fault.what), ..fault })?;
        let duration = duration.unwrap_or(DURATION);
        let timeout = self.timeout.unwrap_or(duration.saturating_add(MORE));
        if duration == 0 {
            return Err(Fault::new(format!("{}: duration = 0", place()), "write the seconds of a run, from 1"));
        }
        if timeout <= duration {
            return Err(Fault::new(
                format!("{}: a run of {duration} s is ended after {timeout} s", place()),
                "let `timeout` be longer than the `duration`",
            ));
        }
        let prefix = prefix.unwrap_or_else(|| mode.prefix.clone());
        command::check_prefix(&prefix)
            .map_err(|fault| Fault { what: format!("{}: {}", place(), fault.what), ..fault })?;
        let job = Job { tool, settings, prefix, duration, timeout };
        job.argv(&Place::of(mode, scenario, job.timeout))?;
        Ok(job)
    }

    /// Every tool, mode and scenario that belong together.
    pub fn cells(&self) -> Vec<(usize, Option<usize>, Tool)> {
        let scenarios: Vec<Option<usize>> =
            if self.scenarios.is_empty() { vec![None] } else { (0..self.scenarios.len()).map(Some).collect() };
        let runs_in = |scenario: Option<usize>, tool: &Tool| {
            let tools = scenario.map_or(&[][..], |scenario| self.scenarios[scenario].tools.as_slice());
            tools.is_empty() || tools.contains(tool)
        };
        let mut cells = Vec::new();
        for mode in 0..self.modes.len() {
            for scenario in &scenarios {
                let tools = self.tools().into_iter().filter(|tool| runs_in(*scenario, tool));
                cells.extend(tools.map(|tool| (mode, *scenario, tool)));
            }
        }
        cells
    }

    /// What `toml_file` cannot check: ranges, names that must agree, what each tool needs.
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |what: String, remedy: &str| faults.push(Fault::new(what, remedy));
        if self.modes.is_empty() {
            fault("no modes".to_owned(), "name the conditions to compare: modes = [{ id = \"direct\" }, …]");
        }
        let tools = self.tools();
        if tools.is_empty() {
            fault("no tool".to_owned(), "add [wrk] with a `url`, or [iperf3] with a `host`");
        }
        for (what, least, value) in [
            ("runs", 1, self.runs),
            ("attempts", 1, self.attempts),
            ("stop_after", 1, self.stop_after),
            ("setup_timeout", 1, self.setup_timeout),
        ] {
            if !(least..=9999).contains(&value) {
                fault(format!("{what} = {value}"), "write a whole number from 1 to 9999");
            }
        }
        if self.warm_up > 99 {
            fault(format!("warm_up = {}", self.warm_up), "write how many runs do not count, up to 99");
        }
        if !(0.0..=3600.0).contains(&self.pause) {
            fault(format!("pause = {}", self.pause), "write the seconds between two runs, from 0 to 3600");
        }
        let modes: Vec<&str> = self.modes.iter().map(|mode| mode.id.as_str()).collect();
        let scenarios: Vec<&str> = self.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        for (what, ids) in [("mode", &modes), ("scenario", &scenarios)] {
            for (i, id) in ids.iter().enumerate() {
                if ids[..i].contains(id) {
                    fault(format!("the {what} `{id}` is listed twice"), "keep one of the two");
                }
                if !is_name(id) {
                    fault(
                        format!("`{id}` cannot be the id of a {what}"),
                        "ids name directories: use up to 100 letters from a to z, digits, `-`, `_`, `.` and `+`, a letter or digit \
                         first, and none of the names that the study has itself (failed, warm-up, collect.toml, \
                         meshstats.toml)",
                    );
                }
            }
        }
        if let Some(baseline) = self.baseline.as_deref().filter(|id| !modes.contains(id)) {
            let remedy = toml_file::suggest(baseline, modes.iter().copied(), "the modes are");
            fault(format!("the baseline `{baseline}` is not among the modes"), &remedy);
        }
        for tool in &tools {
            let runs = |scenario: &Scenario| scenario.tools.is_empty() || scenario.tools.contains(tool);
            if !self.scenarios.is_empty() && !self.scenarios.iter().any(runs) {
                fault(format!("no scenario runs {}", tool.name()), "name it in the `tools` of one, or leave it out");
            }
            for scenario in self.scenarios.iter().filter(|scenario| !runs(scenario)) {
                let is_set = if *tool == Tool::Iperf3 { scenario.iperf3.is_some() } else { scenario.wrk.is_some() };
                if is_set {
                    let what =
                        format!("the scenario `{}` has settings of {}, and does not run it", scenario.id, tool.name());
                    fault(what, "name it in its `tools`, or leave the settings out");
                }
            }
        }
        for scenario in &self.scenarios {
            if let Some(tool) = scenario.tools.iter().find(|tool| !tools.contains(tool)) {
                let what = format!(
                    "the scenario `{}` names the tool {}, which the plan does not run",
                    scenario.id,
                    tool.name()
                );
                let remedy = match tool {
                    Tool::Wrk2 => "name wrk or iperf3, which `collect` runs".to_owned(),
                    Tool::Wrk | Tool::Iperf3 => format!("add [{}], or leave it out", tool.name()),
                };
                fault(what, &remedy);
            }
        }
        let of_modes = self.modes.iter().map(|mode| (&mode.id, mode.wrk.is_some(), mode.iperf3.is_some()));
        let of_scenarios = self.scenarios.iter().map(|one| (&one.id, one.wrk.is_some(), one.iperf3.is_some()));
        for (id, wrk, iperf3) in of_modes.chain(of_scenarios) {
            for (tool, set) in [(Tool::Wrk, wrk), (Tool::Iperf3, iperf3)] {
                if set && !tools.contains(&tool) {
                    let what = format!("`{id}` has settings of {}, which the plan does not run", tool.name());
                    fault(what, &format!("add [{}] at the top", tool.name()));
                }
            }
        }
        for mode in &self.modes {
            for argv in [&mode.setup, &mode.teardown, &mode.before, &mode.after] {
                faults.extend(command::fill(argv, &Place::of(mode, None, self.setup_timeout)).err());
            }
            for (what, argv) in [("setup", &mode.setup), ("teardown", &mode.teardown)] {
                if argv.iter().any(|word| word.contains("{scenario}")) {
                    faults.push(Fault::new(
                        format!("`{{scenario}}` in the `{what}` of `{}`", mode.id),
                        "a mode is set up once for all its scenarios; `before` is run before each run",
                    ));
                }
            }
        }
        for (mode, scenario, tool) in self.cells() {
            faults.extend(self.job(tool, &self.modes[mode], scenario.map(|i| &self.scenarios[i])).err());
        }
        faults
    }

    /// Refuses a plan that is not the one a directory was begun with; `path` is the copy that is kept there.
    pub fn require_same(&self, path: &str, copy: &Self) -> Result<(), Problem> {
        let (Ok(a), Ok(b)) = (serde_json::to_value(self), serde_json::to_value(copy)) else { return Ok(()) };
        let mut keys = Vec::new();
        differences("", &a, &b, &mut keys);
        // Where the logs lie, and how patient the collection is, does not change what is measured.
        keys.retain(|key| !["out", "attempts", "stop_after", "setup_timeout"].contains(&key.as_str()));
        if keys.is_empty() {
            return Ok(());
        }
        let is_name = |key: &String| key == "title" || key.ends_with(".label");
        let remedy = if keys.iter().all(is_name) {
            "leave the plan as it was; titles and labels are changed in meshstats.toml, beside that copy"
        } else {
            "choose another directory with --out, or go on with the plan as it was, of which that is a copy"
        };
        let what = format!("these runs were begun with another plan: `{}` differs", keys.join("`, `"));
        Err(Problem::new(path, what, remedy))
    }
}

/// The keys, such as `modes.0.prefix`, whose values differ.
fn differences(key: &str, a: &serde_json::Value, b: &serde_json::Value, found: &mut Vec<String>) {
    use serde_json::Value;
    let inner = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for ((name, a), b) in a.iter().zip(b.values()) {
                differences(&inner(name), a, b, found);
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() && x.iter().all(Value::is_object) => {
            for (i, (a, b)) in x.iter().zip(y).enumerate() {
                let name = a.get("id").and_then(Value::as_str).map_or_else(|| i.to_string(), str::to_owned);
                differences(&inner(&name), a, b, found);
            }
        }
        _ if a == b => {}
        _ => found.push(key.to_owned()),
    }
}

const LONGEST_ID: usize = 100;

/// Whether the name can be a directory of the study, and is none of those that collect keeps for itself.
fn is_name(id: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    let bare = id.to_lowercase().replace(['-', '_'], "");
    id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(is_part)
        && id.len() <= LONGEST_ID
        && ![FAILED, WARM_UP, PLAN_COPY, MANIFEST].contains(&id)
        && !bare.starts_with("warmup")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        match Plan::read("plan.toml", text) {
            Ok(_) => Vec::new(),
            Err(error) => error.to_string().lines().map(str::to_owned).collect(),
        }
    }

    const GOOD: &str = "modes = [{ id = \"direct\" }, { id = \"mesh\" }]\n[wrk]\nurl = \"http://server/\"\n";

    #[test]
    fn the_study_s_parameters_are_the_default() {
        let plan = Plan::read("plan.toml", GOOD).unwrap();
        let job = plan.job(Tool::Wrk, &plan.modes[0], None).unwrap();
        let argv = job.argv(&Place::of(&plan.modes[0], None, job.timeout)).unwrap();
        assert_eq!(argv, ["wrk", "-t4", "-c100", "-d30s", "--latency", "http://server/"]);
        assert_eq!((plan.runs, plan.order, job.timeout), (20, Order::Interleaved, 45));
    }

    #[test]
    fn what_is_nearer_goes_before() {
        let text = "modes = [{ id = \"a\", wrk = { threads = 2, duration = 5 } }]
            scenarios = [{ id = \"few\", wrk = { connections = 10, duration = 7 } }]
            [wrk]\nurl = \"http://server/\"\nconnections = 50\n";
        let plan = Plan::read("plan.toml", text).unwrap();
        let job = plan.job(Tool::Wrk, &plan.modes[0], Some(&plan.scenarios[0])).unwrap();
        let argv = job.argv(&Place::of(&plan.modes[0], None, job.timeout)).unwrap();
        assert_eq!(argv[1..4], ["-t2", "-c10", "-d7s"]);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = "modes = [{ id = \"a/b\" }, { id = \"m\", iperf3 = { port = 1 } }]\nbaseline = \"n\"\nruns = 0\n
            [wrk]\nurl = \"server\"\n";
        let wrong = problems(text);
        assert_eq!(wrong.len(), 6, "{wrong:#?}");
        assert!(wrong[0].starts_with("plan.toml: runs = 0: "), "{}", wrong[0]);
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest() {
        assert!(problems("mode = []\n")[0].contains("plan.toml:1: unknown key `mode`: did you mean `modes`?"));
        let wrong = problems("[wrk]\nurls = \"x\"\n");
        assert!(wrong[0].contains("plan.toml:2: unknown key `urls`: did you mean `url`?"), "{}", wrong[0]);
        let wrong = problems(&format!("order = \"blocks\"\n{GOOD}"));
        assert!(wrong[0].contains("unknown value `blocks`: did you mean `blocked`?"), "{}", wrong[0]);
    }

    #[test]
    fn another_plan_is_told_by_its_keys() {
        let one = Plan::read("plan.toml", GOOD).unwrap();
        let mut other = Plan { runs: 5, out: Some("elsewhere".to_owned()), ..one.clone() };
        other.modes[1].prefix = vec!["ssh".to_owned(), "host".to_owned()];
        let problem = other.require_same("out/collect.toml", &one).unwrap_err();
        assert!(problem.fault.what.ends_with("`modes.mesh.prefix`, `runs` differs"), "{}", problem.fault.what);
        for same in [Plan { out: None, ..one.clone() }, Plan { attempts: 9, stop_after: 9, ..one.clone() }] {
            assert_eq!(same.require_same("", &one), Ok(()));
        }
        let titled = Plan { title: Some("Other".to_owned()), ..one.clone() };
        let problem = titled.require_same("out/collect.toml", &one).unwrap_err();
        assert!(problem.fault.remedy.contains("changed in meshstats.toml"), "{problem}");
    }
}
