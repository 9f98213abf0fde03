//! Whether what a tool wrote is a run: judged by the project's own parsers, and by what the plan asked for.

use super::plan::{Job, Settings};
use super::process::Ended;
use crate::error::Fault;
use crate::parse::{self, Content};
use crate::run::{Http, Measurements};

/// Below this share of the connections that Little's law asks for, most of them did nothing.
const LEAST_IN_FLIGHT: f64 = 0.5;

/// Measurements of the one whole run that the log holds, or why it is none. Exit codes alone say little: wrk ends with 0
/// when its server died, iperf3 -J when it was refused.
pub fn run(job: &Job, duration: u32, ended: Option<&Ended>, log: &[u8]) -> Result<Measurements, Fault> {
    if let Some(ended) = ended {
        check_ended(job, ended, log)?;
    }
    let measurements = only(job, log)?;
    let seconds = measurements.duration.unwrap_or_default();
    let asked = f64::from(duration);
    if seconds < 0.95 * asked || seconds > 1.1 * asked + 1.0 {
        let what = format!("it lasted {seconds:.2} s of the {duration} s asked for");
        return Err(Fault::new(what, "look for what ended or held it up"));
    }
    require_asked(job, &measurements)?;
    match (&job.settings, &measurements.http, &measurements.transfer) {
        (Settings::Wrk { connections, max_errors, .. }, Some(http), _) => check_http(http, *connections, *max_errors)?,
        (Settings::Iperf3 { .. }, _, Some(transfer)) => {
            let received = transfer.bytes_received.or(transfer.bytes_sent);
            if received.is_none_or(|bytes| bytes <= 0.0) {
                return Err(Fault::new("no byte arrived", "check the server and what is between"));
            }
        }
        _ => {
            let what = format!("the log is of {}, not of {}", measurements.tool.name(), job.tool.name());
            return Err(Fault::new(what, "check `program`"));
        }
    }
    Ok(measurements)
}

/// The log says with what load it was made. Where it went may be the prefix's affair.
fn require_asked(job: &Job, measurements: &Measurements) -> Result<(), Fault> {
    let Settings::Wrk { threads, connections, .. } = &job.settings else { return Ok(()) };
    let asked = [("threads", threads.to_string()), ("connections", connections.to_string())];
    let other = asked.iter().find_map(|(name, asked)| {
        let logged = measurements.setup.get(name).filter(|logged| *logged != asked)?;
        Some(format!("the log is of {name} {logged}, and not of {asked}"))
    });
    other.map_or(Ok(()), |what| Err(Fault::new(what, "check what `program` runs")))
}

/// The same of a trial on one connection, where Little's law says little.
pub fn trial(job: &Job, ended: &Ended, log: &[u8]) -> Result<Measurements, Fault> {
    check_ended(job, ended, log)?;
    let measurements = only(job, log)?;
    if let (Settings::Wrk { max_errors, .. }, Some(http)) = (&job.settings, &measurements.http) {
        check_errors(http, *max_errors)?;
    }
    Ok(measurements)
}

/// Whether another test is running on the server: that says nothing about this one.
pub fn is_busy(fault: &Fault) -> bool {
    fault.what.contains("server is busy")
}

fn check_ended(job: &Job, ended: &Ended, log: &[u8]) -> Result<(), Fault> {
    if !ended.is_ok() {
        return Err(failure(job, ended, log));
    }
    // wrk goes on without a script that it cannot load, and so without what the script asks for.
    let refused = job.own_script().and_then(|path| {
        // `PATH: cannot open PATH`, `PATH: PATH:3: what Lua says`, with the beginning of a long path cut off.
        let says = |line: &&str| {
            let cause = line.strip_prefix(path).and_then(|rest| rest.strip_prefix(": "));
            cause.is_some_and(|cause| {
                ["cannot ", "...", "(null)", path].iter().any(|beginning| cause.starts_with(beginning))
            })
        };
        ended.stderr.lines().find(says)
    });
    match refused {
        Some(line) => Err(Fault::new(
            format!("wrk did not load its script: {}", line.trim()),
            "mend the script, or `script`: a path where wrk runs, relative to the plan if it runs here",
        )),
        None => Ok(()),
    }
}

fn failure(job: &Job, ended: &Ended, log: &[u8]) -> Fault {
    // What the tool itself said is better than a number.
    if !ended.timed_out {
        let said = [log, ended.stderr.as_bytes()].map(parse::parse);
        if let Some(fault) = said.into_iter().find_map(fault_of) {
            return fault;
        }
    }
    if let Some(why) = ended.not_started {
        return Fault::new(ended.told(), why.remedy("install it, or name it by `program`".to_owned()));
    }
    let remedy = match (super::command::client(&job.prefix), ended.code) {
        (Some("ssh"), Some(255)) => "255 is ssh's own: check the connection to the host",
        (Some("kubectl" | "oc"), Some(1)) => "it may be kubectl's own: check that the pod runs",
        (_, Some(124)) if super::command::needs_tether(&job.prefix) => {
            "124 is `timeout`'s, there: check that the server answers; `timeout` in the plan sets the limit"
        }
        (_, Some(126 | 127)) => "the tool is not there, or cannot be run: install it behind the prefix",
        _ if ended.timed_out => "check that the server answers; `timeout` in the plan sets the limit",
        _ => "read what it wrote",
    };
    Fault::new(ended.told(), remedy)
}

/// The fault of a log that holds nothing but a broken run.
fn fault_of(content: Content) -> Option<Fault> {
    match content {
        Content::Log(log) if log.runs.len() == 1 => log.runs.into_iter().next()?.err(),
        _ => None,
    }
}

fn only(job: &Job, log: &[u8]) -> Result<Measurements, Fault> {
    match parse::parse(log) {
        Content::Other(other) => Err(Fault::new(other.reason, format!("check what {} prints", job.program()))),
        Content::Log(mut log) => match (log.runs.pop(), log.runs.is_empty()) {
            (Some(run), true) => run,
            _ => Err(Fault::new("the log holds several runs", "check `program` and `args`")),
        },
    }
}

fn check_http(http: &Http, connections: u32, max_errors: f64) -> Result<(), Fault> {
    let Some(rate) = http.requests_per_second else {
        return Err(Fault::new("the report has no `Requests/sec`", "check that all of it is printed"));
    };
    check_errors(http, max_errors)?;
    // Little's law: requests in flight = rate · latency, and a connection always has one.
    let in_flight = rate * http.latency_mean.unwrap_or_default();
    if in_flight < LEAST_IN_FLIGHT * f64::from(connections) {
        return Err(Fault::new(
            format!(
                "only {in_flight:.1} of {connections} connections were in use (Requests/sec × mean latency): the others \
                 were starved, or waited in vain"
            ),
            "look at the server's queue and its keep-alive, and for responses that came after wrk's `timeout`",
        ));
    }
    Ok(())
}

/// Errors may be answered faster than requests. Reads that failed are left out: wrk counts a connection that the server
/// closes cleanly as one.
fn check_errors(http: &Http, max_errors: f64) -> Result<(), Fault> {
    let requests = http.requests.unwrap_or_default();
    let errors = [http.status_errors, http.connect_errors, http.write_errors].into_iter().flatten().sum::<u64>();
    if errors as f64 > max_errors * requests as f64 {
        return Err(Fault::new(
            format!("{errors} errors beside {requests} requests (status, connect and write)"),
            "mend the server or the proxy; `max_errors` in the plan sets the share that is accepted",
        ));
    }
    Ok(())
}
