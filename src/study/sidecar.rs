//! The sidecars that `meshstats collect` writes beside its logs: what was run, on which machine, and what disturbed it.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::run::{Measurements, Note, Tool};

/// The file in a study's directory that says it was collected: a copy of the plan.
pub const PLAN_COPY: &str = "collect.toml";

/// Directories of a collected study that hold no run of it.
pub const WARM_UP: &str = "warm-up";
pub const FAILED: &str = "failed";

/// The end of a sidecar's name.
pub const EXTENSION: &str = "meta.json";

/// Above this share of the CPU time taken by the hypervisor, a run is told of.
pub const MOST_STEAL: f64 = 0.05;

/// Above this share of the CPUs used by other programs just before a run, it is told of.
pub const MOST_FOREIGN_LOAD: f64 = 0.1;

/// `run-01.meta.json`: how one log came to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Sidecar {
    /// Version of meshstats.
    pub generator: String,
    pub mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    pub tool: String,
    pub run: u32,
    pub warm_up: bool,
    /// Which run of the study this is, in the order of time that the plan sets; 1 is the first.
    pub position: Option<usize>,
    /// How many runs the plan asks for, all modes, scenarios and tools together.
    pub planned: Option<usize>,
    /// Which try it is; more than 1 where runs failed before it.
    pub attempt: u32,
    /// The command, word by word.
    pub argv: Vec<String>,
    pub tool_version: Option<String>,
    /// UTC, RFC 3339.
    pub started: String,
    pub ended: String,
    /// How long the command took, seconds.
    pub seconds: f64,
    pub exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    pub stderr: String,
    /// Why this is no run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What the mode's `before` and `after` commands printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// CPU seconds of the machine that ran the tool, all CPUs together, during the run.
    pub cpu: Option<CpuSeconds>,
    /// Share of all CPUs that was in use just before the run, when nothing of the study ran.
    pub foreign_load: Option<f64>,
    /// Load averages over 1, 5 and 15 minutes at the end.
    pub load: Option<[f64; 3]>,
    pub machine: Machine,
}

/// How the CPUs spent their time, seconds. `steal` was taken by the hypervisor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CpuSeconds {
    pub user: f64,
    pub system: f64,
    pub softirq: f64,
    pub steal: f64,
    pub idle: f64,
    pub total: f64,
}

/// The machine that ran the tool, as far as it could be read there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Machine {
    pub cpus: Option<usize>,
    pub cpu_model: Option<String>,
    pub governor: Option<String>,
    pub kernel: Option<String>,
    /// Of the route to the server, where it has one, otherwise of the system.
    pub congestion_control: Option<String>,
    /// The interface that leads to the server.
    pub interface: Option<Interface>,
}

/// A network interface: largest packet in bytes, queueing discipline, and whether the kernel or the card cuts and joins TCP
/// segments (TSO, GSO, GRO).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Interface {
    pub name: Option<String>,
    pub mtu: Option<u32>,
    pub qdisc: Option<String>,
    pub tso: Option<bool>,
    pub gso: Option<bool>,
    pub gro: Option<bool>,
}

impl Interface {
    /// `TSO on, GSO on, GRO off`, as far as known.
    fn offloads(&self) -> Option<String> {
        let all = [("TSO", self.tso), ("GSO", self.gso), ("GRO", self.gro)];
        let known = all.iter().filter_map(|(name, on)| Some(format!("{name} {}", if (*on)? { "on" } else { "off" })));
        Some(known.collect::<Vec<_>>().join(", ")).filter(|told| !told.is_empty())
    }
}

/// Whether `meshstats collect` made the study in this directory.
pub fn is_collected(dir: &Path) -> bool {
    dir.join(PLAN_COPY).is_file()
}

/// Whether a path within a collected study is no log of it; `at_top` for one directly in its directory.
pub fn is_companion(path: &Path, at_top: bool) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.strip_suffix(EXTENSION).is_some_and(|stem| stem.ends_with('.'))
        || (at_top && [PLAN_COPY, WARM_UP, FAILED].contains(&&*name))
}

impl Sidecar {
    /// The path of the sidecar of a log, with `/`.
    pub fn path_of(log: &str) -> String {
        format!("{}.{EXTENSION}", log.rsplit_once('.').map_or(log, |(stem, _)| stem))
    }

    /// Reads a sidecar.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(bytes).map_err(|error| {
            let what = format!("the sidecar of a log cannot be read ({error})");
            Fault::new(what, "restore it, or remove it: the log counts without it")
        })
    }

    /// Facts of the set-up that the tools' logs leave out.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let machine = &self.machine;
        let interface = machine.interface.as_ref();
        let facts = [
            ("version", self.tool_version.clone()),
            ("script", self.script()),
            ("kernel", machine.kernel.clone()),
            ("cpu", machine.cpu_model.clone()),
            ("governor", machine.governor.clone()),
            ("system_congestion_control", machine.congestion_control.clone()),
            ("mtu", interface.and_then(|interface| Some(interface.mtu?.to_string()))),
            ("qdisc", interface.and_then(|interface| interface.qdisc.clone())),
            ("offloads", interface.and_then(Interface::offloads)),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
    }

    /// Adds to what the log said.
    pub fn add_to(&self, run: &mut Measurements) {
        for (name, fact) in self.facts() {
            run.setup.entry(name).or_insert(fact);
        }
        run.notes.extend(self.notes());
    }

    /// The script that wrk ran. The project's own has another name wherever it was put.
    fn script(&self) -> Option<String> {
        let at = self.argv.iter().position(|word| word == "-s").filter(|_| self.tool == Tool::Wrk.name())?;
        let name = self.argv.get(at + 1)?.rsplit('/').next()?;
        let is_own = name.starts_with("meshstats-") && name.ends_with(".lua");
        Some(if is_own { "wrk-json.lua".to_owned() } else { name.to_owned() })
    }

    /// Threads of the load generator; iperf3 has one.
    fn threads(&self) -> usize {
        let mut of_wrk = self.argv.iter().filter_map(|word| word.strip_prefix("-t")?.parse().ok());
        of_wrk.next_back().filter(|_| self.tool != Tool::Iperf3.name()).unwrap_or(1)
    }

    /// What disturbed the run, as notes of it.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let threads = self.threads();
        if let Some(cpus) = self.machine.cpus.filter(|cpus| *cpus <= threads) {
            let note = Note::new(
                "few-cpus",
                "the load generator has a thread for every CPU: if the server, or a proxy, runs on the same machine, they \
                 compete",
                "use fewer threads or another machine; otherwise conclude on the direction, not on the size",
            );
            notes.push(note.with_detail(format!("{threads} threads on {cpus} CPUs")));
        }
        if self.machine.kernel.is_none() {
            notes.push(Note::new(
                "machine-unknown",
                "the machine that ran the tool could not be asked for its CPU times",
                "have `cat` there; without it steal and foreign load stay unknown",
            ));
        }
        let steal = self.cpu.filter(|cpu| cpu.total > 0.0).map(|cpu| cpu.steal / cpu.total);
        if let Some(share) = steal.filter(|share| *share > MOST_STEAL) {
            let note = Note::new(
                "cpu-stolen",
                "the hypervisor took more than 5 % of the CPU time away during the run",
                "measure on a machine of its own, or leave out runs only by a rule set before they are seen",
            );
            notes.push(note.with_detail(format!("{:.0} %", share * 100.0)));
        }
        if let Some(share) = self.foreign_load.filter(|share| *share > MOST_FOREIGN_LOAD) {
            let note = Note::new(
                "foreign-load",
                "other programs used more than 10 % of the CPUs just before the run",
                "end them, or let the plan wait for them longer (`wait_for_quiet`)",
            );
            notes.push(note.with_detail(format!("{:.0} %", share * 100.0)));
        }
        if self.attempt > 1 {
            let note = Note::new(
                "run-repeated",
                "the run failed before and was repeated",
                "read the reasons beside the failed logs: runs that only succeed at times are not a fair sample",
            );
            notes.push(note.with_detail(format!("attempt {}", self.attempt)));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_run_has_no_note_and_a_disturbed_one_has_them() {
        let cpu = |steal| Some(CpuSeconds { steal, total: 10.0, ..CpuSeconds::default() });
        let machine = |cpus| Machine { cpus: Some(cpus), kernel: Some("6.1".to_owned()), ..Machine::default() };
        let quiet =
            Sidecar { machine: machine(4), attempt: 1, cpu: cpu(0.1), foreign_load: Some(0.02), ..Sidecar::default() };
        assert_eq!(quiet.notes(), []);
        let argv = ["wrk", "-t4", "-c100"].map(str::to_owned).to_vec();
        let few = Sidecar { argv, machine: machine(2), attempt: 1, ..Sidecar::default() };
        assert_eq!(few.notes()[0].detail.as_deref(), Some("4 threads on 2 CPUs"));
        assert_eq!(Sidecar { attempt: 1, ..Sidecar::default() }.notes()[0].id, "machine-unknown");
        let disturbed =
            Sidecar { machine: machine(4), attempt: 2, cpu: cpu(0.9), foreign_load: Some(0.4), ..Sidecar::default() };
        let notes: Vec<_> = disturbed.notes().into_iter().map(|note| (note.id, note.detail.unwrap())).collect();
        let expected = [("cpu-stolen", "9 %"), ("foreign-load", "40 %"), ("run-repeated", "attempt 2")];
        assert_eq!(notes, expected.map(|(id, detail)| (id.to_owned(), detail.to_owned())));
    }
}
