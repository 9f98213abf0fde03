//! Whether everything that a mode's runs need is there, found by trying: behind a sidecar every TCP connection is
//! accepted, so that only a real request tells.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use super::command::{self, Place};
use super::judge;
use super::noise;
use super::plan::{Job, Settings};
use super::process::{self, Limits};
use crate::error::Fault;
use crate::run::{Note, Tool};
use crate::study::Machine;

/// Seconds to wait before another trial: a server may still be starting, or busy with the test of another.
const AGAIN: &[f64] = &[1.0, 2.0];
const AGAIN_WHEN_BUSY: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0];

/// The seconds of a trial, and of one after it failed: a server may be slow to answer.
const TRIAL: u32 = 1;
const LONGER_TRIAL: u32 = 3;

/// What was found about one tool in one mode.
pub struct Found {
    pub version: String,
    pub machine: Machine,
    /// What the study should say, too.
    pub notes: Vec<Note>,
    /// What is only of use before the first run.
    pub advice: Vec<Note>,
}

/// Tries the tool, and asks its machine for its facts.
pub fn check(job: &Job, place: &Place, limits: &Limits) -> Result<Found, Fault> {
    let version = version(job, place, limits)?;
    trial(job, place, limits)?;
    let facts: Vec<String> = noise::FACTS.iter().map(|word| (*word).to_owned()).collect();
    let facts = command::through(&job.prefix, &facts, place)?;
    let machine = noise::machine(&process::output(&facts, &short(limits, 20)).1);
    let (notes, advice) = (notes(job, &machine), advice(job));
    Ok(Found { version, machine, notes, advice })
}

fn short<'a>(limits: &Limits<'a>, seconds: u64) -> Limits<'a> {
    Limits { limit: Duration::from_secs(seconds), ..*limits }
}

/// The first line that names the program with a number. wrk ends with 1 after it.
fn version(job: &Job, place: &Place, limits: &Limits) -> Result<String, Fault> {
    let argv = job.version(place)?;
    let (ended, printed) = process::output(&argv, &short(limits, 30));
    let says = |line: &&str| line.contains(|c: char| c.is_ascii_digit()) && line.contains(['.', '-']);
    let name = if job.tool == Tool::Iperf3 { "iperf" } else { "wrk" };
    let version = printed.lines().chain(ended.stderr.lines()).filter(|line| line.starts_with(name)).find(says);
    version.map(|line| line.trim().to_owned()).ok_or_else(|| {
        let remedy = match (ended.not_started.is_some(), job.prefix.first()) {
            (true, Some(program)) => format!("install {program}, or mend the mode's `prefix`"),
            (true, None) => format!("install {}, or name it by `program`", job.program()),
            _ if ended.stopped => "start it again".to_owned(),
            _ => format!(
                "check that {} is installed where the mode's `prefix` leads, and that the prefix works",
                job.program()
            ),
        };
        let reason = if ended.is_ok() { "it says no version".to_owned() } else { ended.told() };
        Fault::new(format!("`{}`: {reason}", command::shown(&argv)), remedy)
    })
}

/// A second's run on one connection. What may pass is tried again.
fn trial(job: &Job, place: &Place, limits: &Limits) -> Result<(), Fault> {
    let mut tries = 0;
    loop {
        let seconds = if tries == 0 { TRIAL } else { LONGER_TRIAL };
        let argv = job.trial(seconds, place)?;
        let fault = match try_once(job, &argv, &short(limits, u64::from(seconds) + 15)) {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        let pauses = if judge::is_busy(&fault) { AGAIN_WHEN_BUSY } else { AGAIN };
        let again = pauses.get(tries).is_some_and(|pause| process::wait(*pause, limits.stop));
        if !again {
            return Err(Fault::new(format!("`{}`: {}", command::shown(&argv), fault.what), fault.remedy));
        }
        tries += 1;
    }
}

fn try_once(job: &Job, argv: &[String], limits: &Limits) -> Result<(), Fault> {
    let disk = |_| Fault::new("no temporary file can be made", "check the space on the disk");
    let mut log = tempfile::tempfile().map_err(disk)?;
    let stdout: File = log.try_clone().map_err(disk)?;
    let ended = process::execute(argv, stdout, limits, |_| {});
    let mut bytes = Vec::new();
    log.seek(SeekFrom::Start(0)).and_then(|_| log.read_to_end(&mut bytes)).map_err(disk)?;
    judge::trial(job, &ended, &bytes).map(|_| ())
}

/// What does not stop a collection, but should be known before it.
fn notes(job: &Job, machine: &Machine) -> Vec<Note> {
    let mut notes = Vec::new();
    let threads = match &job.settings {
        Settings::Wrk { threads, .. } => *threads as usize,
        Settings::Iperf3 { .. } => 1,
    };
    if let Some(cpus) = machine.cpus.filter(|cpus| *cpus <= threads) {
        notes.push(
            Note::new(
                "few-cpus",
                "the load generator has a thread for every CPU: if the server, or a proxy, runs on the same machine, they \
                 compete",
                "use fewer threads or another machine; otherwise conclude on the direction, not on the size",
            )
            .with_detail(format!("{threads} threads on {cpus} CPUs")),
        );
    }
    if machine.kernel.is_none() {
        notes.push(Note::new(
            "machine-unknown",
            "the machine that runs the tool cannot be asked for its CPU times",
            "have `cat` there; without it steal and foreign load stay unknown",
        ));
    }
    notes
}

fn advice(job: &Job) -> Vec<Note> {
    let client = command::needs_remote_timeout(&job.prefix);
    let note = |client| {
        let what = format!("ending {client} does not end what it runs elsewhere");
        Note::new("no-remote-timeout", what, "end the prefix with: timeout -k 5 {timeout}")
    };
    client.map(note).into_iter().collect()
}
