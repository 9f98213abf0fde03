//! The report that wrk and wrk2 print.
//!
//! A line is known by its own words, wherever in the line they stand, so that prompts, `docker compose` prefixes, time
//! stamps and Markdown around a report do not matter. A [`Report`] is what was printed; [`Report::judge`] decides
//! whether that is a run.
//!
//! The two programs do not name themselves. wrk2 is known by its calibration lines, its HdrHistogram, a `-R` on the
//! command line above the report, or, in a run too short for its calibration, by a `Req/Sec` that is not a number
//! beside a latency that is one.

mod agreement;
mod line;

use std::collections::BTreeMap;

use super::wrk_json::{self, Json};
use super::{Content, Log, LogFormat, Other, OtherKind, Repair};
use crate::error::Fault;
use crate::run::{Http, Measurements, Note, Tool};
use line::{Intended, Line, Printed, SocketErrors, Stage, Table, classify};

pub(super) const FORMAT: LogFormat = LogFormat {
    id: "wrk-text",
    label: "the report that wrk and wrk2 print",
    tool: Tool::Wrk,
    recognise: line::is_of_wrk,
    parse: |text| read(FORMAT.id, text),
};

/// The remedy for a report of which something is missing.
const KEEP_ALL: &str = "run it again and keep all that wrk prints; it prints its report at the very end";

/// A run shorter than this share of the time asked for was interrupted.
const LEAST_SHARE: f64 = 0.95;
/// The relative departure from Little's law that is worth a note.
const LITTLE_TOLERANCE: f64 = 0.1;
/// The largest relative error of a number that was printed with two decimals, which is at least 0.85 of its unit.
const ROUNDING: f64 = 0.006;
/// The relative difference between `requests in …` and `Requests/sec` that one run cannot have.
const RATE_TOLERANCE: f64 = 0.05;

/// Reads all reports in a text, and the JSON lines of the project's Lua script among them.
pub(super) fn read(format: &'static str, text: &str) -> Content {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        reader.line(index + 1, line);
    }
    reader.finish_report();
    let Reader { mut runs, repairs, stray, .. } = reader;
    if let (true, true, Some(line)) = (runs.is_empty(), repairs.is_empty(), stray) {
        runs.push(Err(Fault::new("the end of a wrk report, without what stands above it", KEEP_ALL).on_line(line)));
    }
    if !runs.is_empty() {
        Content::Log(Log { format, runs, repairs })
    } else if !repairs.is_empty() {
        Content::Other(Other::new(OtherKind::LookAlike, "go-wrk output; measure with wrk"))
    } else {
        Content::Other(Other::new(OtherKind::Unknown, "it speaks of wrk but holds no report of a run"))
    }
}

#[derive(Default)]
struct Reader {
    report: Option<Report>,
    table: Table,
    /// `-R` of the command line just above a report.
    rate: Option<f64>,
    /// The line of a `Transfer/sec` that stands in no report.
    stray: Option<usize>,
    runs: Vec<Result<Measurements, Fault>>,
    repairs: Vec<Repair>,
}

impl Reader {
    fn line(&mut self, number: usize, text: &str) {
        let Some(line) = classify(text, self.table) else {
            if !text.trim().is_empty() {
                self.rate = None;
            }
            return;
        };
        match line {
            Line::Command { rate } => self.rate = Some(rate),
            Line::Unable { address, reason } => {
                // In prose what follows is the rest of a sentence.
                let reason: String = reason.chars().take(60).collect();
                let what = format!("wrk could not connect to {address} ({reason})");
                let remedy = "start the server or mend the address, and run it again";
                self.fail(Fault::new(what, remedy).on_line(number));
            }
            Line::Json(text) => self.json(number, text),
            _ => self.report_line(number, line),
        }
    }

    fn report_line(&mut self, number: usize, line: Line) {
        if let Some(stage) = line.stage() {
            let repeats = matches!(line, Line::Calibration);
            let begins = |reached: Stage| reached > stage || (reached == stage && !repeats);
            if self.report.as_ref().is_none_or(|report| begins(report.stage)) {
                self.finish_report();
                self.report = Some(Report { line: number, rate: self.rate.take(), ..Report::default() });
            }
            self.table = Table::None;
        }
        let Some(report) = &mut self.report else {
            self.stray = self.stray.or(matches!(line, Line::TransferRate(_)).then_some(number));
            return;
        };
        if let Line::Heading { table, .. } = line {
            let is_first = match table {
                Table::Spectrum => self.table == Table::Distribution,
                _ => report.percentiles.is_empty() && report.stage < Stage::Totals,
            };
            self.table = if is_first { table } else { Table::None };
        }
        report.take(number, line);
    }

    /// The script prints after the report, so a line that follows one is of the same run.
    fn json(&mut self, number: usize, text: &str) {
        let above = self.report.as_mut().filter(|report| report.json.is_none() && report.totals.is_some());
        match (wrk_json::line(text), above) {
            (Ok(json), Some(report)) => report.json = Some(json),
            (Ok(json), None) => {
                self.finish_report();
                let stage = Stage::Totals;
                self.report = Some(Report { line: number, stage, json: Some(json), ..Report::default() });
            }
            (Err(fault), Some(_)) => self.repairs.push(Repair {
                line: Some(number),
                what: format!("{}, so the rounded numbers above it were used", fault.what),
            }),
            (Err(fault), None) => self.fail(fault.on_line(number)),
        }
    }

    fn fail(&mut self, fault: Fault) {
        self.finish_report();
        self.rate = None;
        self.runs.push(Err(fault));
    }

    fn finish_report(&mut self) {
        self.table = Table::None;
        let Some(report) = self.report.take() else { return };
        if report.is_go_wrk {
            let what = "a report of go-wrk, which is another program, was left out".to_owned();
            self.repairs.push(Repair { line: Some(report.line), what });
        } else if !report.is_prose() {
            let (line, is_cut) = (report.line, report.json.is_none() && report.transfer_rate.is_none());
            let run = report.judge();
            if run.is_ok() && is_cut {
                let what = "the report stops before its `Transfer/sec` line; what stands above was used".to_owned();
                self.repairs.push(Repair { line: Some(line), what });
            }
            if run.is_ok() && self.runs.iter().any(|other| is_same(other, &run)) {
                let what = "the same run is there twice: counted once".to_owned();
                self.repairs.push(Repair { line: Some(line), what });
            } else {
                self.runs.push(run);
            }
        }
    }
}

/// Whether two reports are of one run. No two runs have the same time and all the same latencies and counts.
fn is_same(one: &Result<Measurements, Fault>, other: &Result<Measurements, Fault>) -> bool {
    let (Ok(one), Ok(other)) = (one, other) else { return false };
    one.http == other.http && one.duration == other.duration
}

#[derive(Clone, Copy)]
struct Totals {
    line: usize,
    requests: u64,
    duration: Printed,
    bytes: f64,
}

/// One report as printed, before it is judged.
#[derive(Default)]
struct Report {
    line: usize,
    stage: Stage,
    is_wrk2: bool,
    is_go_wrk: bool,
    was_interrupted: bool,
    intended: Option<Intended>,
    url: Option<String>,
    rate: Option<f64>,
    threads_and_connections: Option<(u64, u64)>,
    max_is_p99: bool,
    latency: Option<[Printed; 3]>,
    line_without_unit: Option<usize>,
    request_rate_is_nan: bool,
    /// Millionths of a per cent → seconds.
    percentiles: BTreeMap<u64, Printed>,
    /// wrk2's long table: `(percent, seconds)`.
    spectrum: Vec<(f64, f64)>,
    hdr_mean: Option<(Printed, Printed)>,
    hdr_max: Option<Printed>,
    totals: Option<Totals>,
    socket_errors: Option<SocketErrors>,
    status_errors: Option<u64>,
    requests_per_second: Option<Printed>,
    transfer_rate: Option<f64>,
    json: Option<Json>,
}

impl Report {
    fn take(&mut self, number: usize, line: Line) {
        self.stage = self.stage.max(line.stage().unwrap_or_default());
        let is_tail = self.stage == Stage::Totals;
        match line {
            Line::Running { intended, url } => {
                self.intended = Some(intended);
                self.url = Some(url.to_owned());
            }
            Line::GoWrk => self.is_go_wrk = true,
            Line::Setup { threads, connections } => self.threads_and_connections = Some((threads, connections)),
            Line::Calibration => self.is_wrk2 = true,
            Line::Stats { max_is_p99, interrupted } => {
                self.max_is_p99 = max_is_p99;
                self.was_interrupted = interrupted;
            }
            Line::Latency { mean, sd, max } => self.latency = Some([mean, sd, max]),
            Line::LatencyWithoutUnit => self.line_without_unit = Some(number),
            Line::RequestRateIsNan => self.request_rate_is_nan = true,
            Line::Heading { is_hdr, .. } => self.is_wrk2 |= is_hdr,
            Line::Percentile(percent, printed) => _ = self.percentiles.insert(key(percent), printed),
            Line::Spectrum(percent, printed) => {
                self.spectrum.push((percent, printed.value));
                self.take_spectrum(key(percent), printed);
            }
            Line::HdrMean { mean, sd } => self.hdr_mean = Some((mean, sd)),
            Line::HdrMax(max) => self.hdr_max = Some(max),
            Line::Totals { requests, duration, bytes } => {
                self.totals = Some(Totals { line: number, requests, duration, bytes });
            }
            // A Lua script may print such lines of its own after wrk's, so the first counts.
            Line::SocketErrors(errors) if is_tail => _ = self.socket_errors.get_or_insert(errors),
            Line::StatusErrors(count) if is_tail => _ = self.status_errors.get_or_insert(count),
            Line::RequestsPerSecond(rate) if is_tail => _ = self.requests_per_second.get_or_insert(rate),
            Line::TransferRate(rate) if is_tail => _ = self.transfer_rate.get_or_insert(rate),
            _ => {}
        }
    }

    /// "… 2 threads and 10 connections …" in a sentence.
    fn is_prose(&self) -> bool {
        self.stage <= Stage::Setup && self.intended.is_none()
    }

    /// The run, or why it is none.
    fn judge(self) -> Result<Measurements, Fault> {
        let (duration, http) = match &self.json {
            Some(json) => (json.duration(), json.http()),
            None => self.printed()?,
        };
        let line = self.totals.map_or(self.line, |totals| totals.line);
        if let (Some(totals), Some(json)) = (self.totals, &self.json) {
            agreement::check(&self, totals, json).map_err(|fault| fault.on_line(line))?;
        }
        self.check(duration, &http).map_err(|fault| fault.on_line(line))?;

        let (percentiles, have_fallen) = rising(&http.percentiles);
        let mut run = Measurements::new(self.tool());
        run.setup.insert("tool", run.tool.name().to_owned());
        self.add_setup(&mut run);
        run.duration = Some(duration);
        run.notes.extend(self.notes(&http, run.tool));
        if have_fallen {
            run.notes.push(Note::new(
                "percentiles-fall",
                "percentiles that are smaller than a lower one were left out",
                "run it again with a current wrk and without timeouts",
            ));
        }
        run.http = Some(Http { percentiles, ..http });
        Ok(run)
    }

    /// What the text says, with the time the run really took.
    fn printed(&self) -> Result<(f64, Http), Fault> {
        let Some(totals) = self.totals else {
            return Err(Fault::new("the report stops before its `requests in` line", KEEP_ALL).on_line(self.line));
        };
        if let Some(line) = self.line_without_unit {
            let what = "the latency has no unit, as old builds of wrk print it";
            return Err(Fault::new(what, "measure with wrk 4 or later").on_line(line));
        }
        let Some([mean, sd, max]) = self.latency else {
            return Err(Fault::new("the report has no `Latency` line", KEEP_ALL).on_line(totals.line));
        };
        if self.transfer_rate.is_some() && self.requests_per_second.is_none() {
            let what = "`Requests/sec` is not a number";
            return Err(Fault::new(what, "run it again; this is not what wrk printed").on_line(totals.line));
        }
        let (hdr_mean, hdr_sd) = self.hdr_mean.unzip();
        let (mean, sd) = (finer(mean, hdr_mean), finer(sd, hdr_sd));
        // wrk prints zeros where it has no sample; no response takes no time.
        let has_samples = mean.value > 0.0;
        let sampled = |value: f64| Some(value).filter(|value| has_samples && value.is_finite());
        let largest = if self.max_is_p99 { self.hdr_max } else { Some(finer(max, self.hdr_max)) };
        // The lines of errors stand before `Requests/sec`. In a whole report, one that was not printed means zero; in
        // one that stops before, the last line may be half a number.
        let is_whole = self.requests_per_second.is_some();
        let errors = is_whole.then(|| self.socket_errors.unwrap_or_default());
        let http = Http {
            latency_mean: sampled(mean.value),
            latency_sd: sampled(sd.value),
            latency_max: largest.and_then(|max| sampled(max.value)),
            latency_mean_resolution: sampled(mean.half_digit),
            percentiles: if has_samples { self.all_percentiles(max) } else { Vec::new() },
            histogram: Vec::new(),
            spectrum: if has_samples { rising(&self.spectrum).0 } else { Vec::new() },
            requests: Some(totals.requests),
            bytes_read: Some(totals.bytes),
            requests_per_second: self.requests_per_second.map(|rate| rate.value),
            transfer_rate: self.transfer_rate,
            connect_errors: errors.map(|errors| errors.connect),
            read_errors: errors.map(|errors| errors.read),
            write_errors: errors.map(|errors| errors.write),
            timeouts: errors.map(|errors| errors.timeout),
            status_errors: is_whole.then(|| self.status_errors.unwrap_or(0)),
        };
        Ok((self.exact_duration(totals)?, http))
    }

    /// wrk2's long table gives the percentiles of the short one with more digits, and the 95th that it lacks. Where
    /// the two differ by more than rounding (they count ranks differently), the short one stands.
    fn take_spectrum(&mut self, key: u64, printed: Printed) {
        let lacking = (key == self::key(95.0)).then_some(printed);
        if let Some(short) = self.percentiles.get(&key).copied().or(lacking) {
            let agrees = (short.value - printed.value).abs() <= 1.01 * short.half_digit;
            self.percentiles.insert(key, if agrees { finer(short, Some(printed)) } else { short });
        }
    }

    /// `(percent, seconds)`.
    fn all_percentiles(&self, max: Printed) -> Vec<(f64, f64)> {
        let mut all = self.percentiles.clone();
        if self.max_is_p99 {
            all.entry(key(99.0)).or_insert(max);
        }
        all.into_iter().map(|(key, printed)| (key as f64 / 1e6, printed.value)).collect()
    }

    /// Requests ÷ (Requests/sec), or the printed time where that is the finer of the two.
    fn exact_duration(&self, totals: Totals) -> Result<f64, Fault> {
        let Printed { value: printed, half_digit } = totals.duration;
        let Some(rate) = self.requests_per_second.filter(|rate| rate.value > rate.half_digit) else {
            return Ok(printed);
        };
        let from_rate = totals.requests as f64 / rate.value;
        let (rate_error, printed_error) = (rate.half_digit / rate.value, half_digit / printed);
        if (from_rate / printed - 1.0).abs() > RATE_TOLERANCE + rate_error + printed_error && from_rate > 0.0 {
            return Err(Fault::new(
                "the number of requests, the time and `Requests/sec` contradict each other",
                "keep the output of each wrk in a file of its own",
            )
            .on_line(totals.line));
        }
        Ok(if rate_error < printed_error { from_rate } else { printed })
    }

    fn check(&self, duration: f64, http: &Http) -> Result<(), Fault> {
        let requests = http.requests.unwrap_or_default();
        let longest = http.latency_mean.into_iter().chain(http.latency_max).fold(0.0, f64::max);
        let is_possible = (0.0..1e9).contains(&duration) && (duration > 0.0 || requests == 0);
        if !is_possible || longest > 2.0 * duration + 1.0 {
            return Err(Fault::new(
                "a time that cannot be: the clock was set back during the run",
                "wait until the clock is synchronised, and run it again",
            ));
        }
        if requests == 0 {
            return Err(Fault::new(
                "no request was answered",
                "check that the server answers at this address within --timeout, and run it again",
            ));
        }
        if http.requests_per_second.is_some_and(|rate| rate <= 0.0) {
            return Err(Fault::new(
                "`Requests/sec` is not above zero, though requests were answered",
                "run it again; this is not what wrk printed",
            ));
        }
        if http.latency_mean.is_none_or(|mean| mean <= 0.0) {
            return Err(Fault::new(
                "no latency was measured, as no response came within --timeout",
                "raise --timeout above the longest latency, and run it again",
            ));
        }
        if let Some(intended) = self.intended
            && (self.was_interrupted || duration < LEAST_SHARE * intended.least_seconds())
        {
            let Intended { amount, unit: (unit, ..) } = intended;
            return Err(Fault::new(
                format!("interrupted: {duration:.2} s of the {amount}{unit} asked for"),
                "run it again to its end",
            ));
        }
        if http.status_errors.or(self.status_errors).is_some_and(|count| count >= requests) {
            return Err(Fault::new(
                format!("all {requests} responses have an error status (neither 2xx nor 3xx)"),
                "mend the server, the proxy or the address, and run it again: an error is often answered faster \
                 than a request",
            ));
        }
        Ok(())
    }

    fn tool(&self) -> Tool {
        let has_mean = self.latency.is_some_and(|[mean, ..]| mean.value > 0.0);
        let is_short_wrk2 = self.request_rate_is_nan && has_mean;
        if self.is_wrk2 || self.rate.is_some() || is_short_wrk2 { Tool::Wrk2 } else { Tool::Wrk }
    }

    /// The connections really opened: every thread opens the same number.
    fn connections(&self) -> Option<u64> {
        let (threads, connections) = self.threads_and_connections?;
        Some(connections.checked_div(threads).filter(|&each| each > 0).map_or(connections, |each| each * threads))
    }

    fn add_setup(&self, run: &mut Measurements) {
        let intended = self.intended.map(|Intended { amount, unit: (unit, ..) }| match unit {
            "m" => format!("{amount} min"),
            _ => format!("{amount} {unit}"),
        });
        let threads = self.threads_and_connections.map(|(threads, _)| threads.to_string());
        let facts = [
            ("duration", intended),
            ("url", self.url.clone()),
            ("rate", self.rate.map(|rate| rate.to_string())),
            ("threads", threads),
            ("connections", self.connections().map(|connections| connections.to_string())),
        ];
        run.setup.extend(facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))));
    }

    fn notes(&self, http: &Http, tool: Tool) -> Vec<Note> {
        let mut notes = Vec::new();
        let requests = http.requests.unwrap_or_default();
        let count = |count: Option<u64>| count.filter(|&count| count > 0);
        if let Some(timeouts) = count(http.timeouts) {
            notes.push(
                Note::new(
                    "latency-censored",
                    "responses that came after wrk's --timeout are left out of the latencies, so that these are too low",
                    "run it again with --timeout above the longest latency",
                )
                .with_detail(format!("{timeouts} timeouts beside {requests} requests")),
            );
        }
        if let Some(errors) = count(http.status_errors) {
            notes.push(
                Note::new(
                    "status-errors",
                    "some responses have an error status (neither 2xx nor 3xx) and count as requests all the same",
                    "look for their cause in the logs of server and proxy, and run it again",
                )
                .with_detail(format!("{errors} of {requests} responses")),
            );
        }
        let (connect, write) = (http.connect_errors.unwrap_or(0), http.write_errors.unwrap_or(0));
        if connect > 0 || write > 0 {
            notes.push(
                Note::new(
                    "connection-errors",
                    "connections failed to open or broke while a request was written",
                    "check that the server lived through the run, and that its backlog and limit of open files suffice",
                )
                .with_detail(format!("{connect} connect and {write} write errors")),
            );
        }
        if http.requests_per_second.is_none() {
            notes.push(Note::new(
                "report-cut",
                "the report stops before its `Requests/sec` line, so that rate and errors are unknown",
                "keep all that wrk prints",
            ));
        }
        notes.extend(self.connections_note());
        // wrk2 sends at a given rate, however many requests are in flight, and adds no samples.
        if tool == Tool::Wrk {
            let counted = corrected_note(http);
            let little = self.little_note(http);
            let is_told = |note: &Note| counted.as_ref().is_some_and(|counted| counted.id == note.id);
            notes.extend(little.filter(|note| !is_told(note)));
            notes.extend(counted);
        }
        notes
    }

    fn connections_note(&self) -> Option<Note> {
        let (_, asked) = self.threads_and_connections?;
        let opened = self.connections().filter(|&opened| opened != asked)?;
        Some(
            Note::new(
                "connections-rounded",
                "wrk opened fewer connections than asked for, as every thread opens the same number",
                "make -c a multiple of -t",
            )
            .with_detail(format!("{opened} of {asked}")),
        )
    }

    /// Little's law: as every connection always has one request in flight,
    ///
    /// ```text
    /// connections = requests_per_second · latency_mean
    /// ```
    ///
    /// J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9(3), 1961,
    /// doi:10.1287/opre.9.3.383.
    fn little_note(&self, http: &Http) -> Option<Note> {
        let connections = self.connections()?;
        let in_flight = http.requests_per_second? * http.latency_mean?;
        if (in_flight / connections as f64 - 1.0).abs() <= LITTLE_TOLERANCE {
            return None;
        }
        let note = if in_flight < connections as f64 {
            Note::new(
                "connections-idle",
                "Requests/sec × mean latency is over 10 % below the number of connections: some were idle, or the mean \
                 leaves requests out",
                "look for starved or failing connections and for timeouts",
            )
        } else {
            Note::new(
                Note::LATENCY_CORRECTED,
                "Requests/sec × mean latency is over 10 % above the number of connections: the mean is not that of the \
                 requests sent, but wrk's correction of it for coordinated omission",
                "prefer the median",
            )
        };
        Some(note.with_detail(format!("{in_flight:.1} in flight on {connections} connections")))
    }
}

/// Where the log has the whole histogram, it shows what wrk added to the latencies.
fn corrected_note(http: &Http) -> Option<Note> {
    let samples = http.histogram.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
    let requests = http.requests.filter(|requests| samples > *requests)?;
    let note = Note::new(
        Note::LATENCY_CORRECTED,
        "wrk added samples to the latencies to correct for coordinated omission: mean, SD and percentiles are not those of \
         the requests alone",
        "prefer the median",
    );
    Some(note.with_detail(format!("{samples} samples for {requests} requests")))
}

/// The number with more digits, of two that were printed for the same thing.
fn finer(row: Printed, hdr: Option<Printed>) -> Printed {
    hdr.filter(|hdr| hdr.value.is_finite() && hdr.half_digit < row.half_digit).unwrap_or(row)
}

fn key(percent: f64) -> u64 {
    (percent * 1e6).round() as u64
}

/// The percentiles without those that fall below a lower one, and whether there were any. A fall within rounding is
/// levelled.
fn rising(percentiles: &[(f64, f64)]) -> (Vec<(f64, f64)>, bool) {
    let mut largest: f64 = 0.0;
    let level = |&(percent, seconds): &(f64, f64)| {
        largest = largest.max(seconds);
        (seconds >= (1.0 - ROUNDING) * largest).then_some((percent, largest))
    };
    let rising: Vec<_> = percentiles.iter().filter_map(level).collect();
    let have_fallen = rising.len() < percentiles.len();
    (rising, have_fallen)
}
