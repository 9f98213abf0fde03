//! Whether everything that a mode's runs need is there, found by trying: behind a sidecar every TCP connection is
//! accepted, so that only a real request tells.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use super::command::{self, Place};
use super::judge;
use super::network;
use super::noise;
use super::plan::Job;
use super::process::{self, Input, Limits};
use super::script;
use crate::error::Fault;
use crate::run::{Measurements, Tool};
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
    /// Whether this wrk can load the project's script, and prints what it measured in full.
    pub takes_script: bool,
}

/// Tries the tool, and asks its machine for its facts.
pub fn check(job: &Job, place: &Place, script: &str, limits: &Limits) -> Result<Found, Fault> {
    let version = version(job, place, limits)?;
    trial(job, place, limits)?;
    let takes_script = takes_script(job, place, script, limits);
    let facts: Vec<String> = noise::FACTS.iter().map(|word| (*word).to_owned()).collect();
    let facts = command::through(&job.prefix, &facts, place)?;
    let mut machine = noise::machine(&process::output(&facts, &short(limits, 20)).1);
    let network = command::through(&job.prefix, &network::command(job.host()), place)?;
    network::read(&process::output(&network, &short(limits, 20)).1, &mut machine);
    Ok(Found { version, machine, takes_script })
}

/// Whether wrk prints what the script adds, by trying it.
fn takes_script(job: &Job, place: &Place, script: &str, limits: &Limits) -> bool {
    let mut job = job.clone();
    job.add_script(script);
    let tried = job.takes(script).then(|| {
        script::put(&job, place, script, &short(limits, 20))?;
        let argv = job.trial(TRIAL, place)?;
        try_once(&job, &argv, &short(limits, u64::from(TRIAL) + 15))
    });
    // Full precision is what the script is for.
    tried.and_then(Result::ok).and_then(|run| run.http?.latency_mean_resolution) == Some(0.0)
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
    // wrk says whose it is in the same line.
    let version = version.map(|line| line.split(" Copyright").next().unwrap_or(line));
    version.map(|line| line.trim().to_owned()).ok_or_else(|| {
        let remedy = match (ended.not_started, job.prefix.first()) {
            (Some(why), Some(program)) => {
                why.remedy(command::install(program, format!("install {program}, or mend the mode's `prefix`")))
            }
            (Some(why), None) => why.remedy(format!("install {}, or name it by `program`", job.program())),
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
            Ok(_) => return Ok(()),
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

fn try_once(job: &Job, argv: &[String], limits: &Limits) -> Result<Measurements, Fault> {
    let disk = |_| Fault::new("no temporary file can be made", "check the space on the disk");
    let mut log = tempfile::tempfile().map_err(disk)?;
    let stdout: File = log.try_clone().map_err(disk)?;
    let input = if command::needs_tether(&job.prefix) { Input::Tether } else { Input::Nothing };
    let limits = Limits { input, ..*limits };
    let ended = process::execute(argv, stdout, &limits);
    let mut bytes = Vec::new();
    log.seek(SeekFrom::Start(0)).and_then(|_| log.read_to_end(&mut bytes)).map_err(disk)?;
    judge::trial(job, &ended, &bytes)
}
