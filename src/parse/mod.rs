//! Bytes of one log → what it measured. The format is found from the content, never from the file's name.
//!
//! A format is one file with one [`LogFormat`] record and one line in [`FORMATS`].

mod iperf3_json;
mod iperf3_stream;
mod iperf3_text;
mod text;
mod wrk_json;
mod wrk_text;

use crate::error::Fault;
use crate::run::{Measurements, Tool};
use text::Text;

/// A log format that is known.
pub struct LogFormat {
    pub id: &'static str,
    /// One line for `meshstats list formats`.
    pub label: &'static str,
    /// Which tool writes it.
    pub tool: Tool,
    /// Whether the (cleaned) text is, or was meant to be, of this format. Cheap: it looks at every file.
    recognise: fn(&str) -> bool,
    /// The log that the text is; [`Content::Other`] for text that has the format's shape but is no log of a run.
    parse: fn(&str) -> Content,
}

/// All formats, in the order in which they are tried.
pub static FORMATS: &[LogFormat] =
    &[wrk_json::FORMAT, wrk_text::FORMAT, iperf3_stream::FORMAT, iperf3_json::FORMAT, iperf3_text::FORMAT];

/// The columns that a tidy table of runs has at least.
pub const TABLE_COLUMNS: [&str; 4] = ["mode", "run", "metric", "value"];

/// Why tables are ignored that could be analysed by themselves.
pub const TABLE_BESIDE_LOGS: &str = "a table of runs, which is not read beside logs: to analyse it, give its own path";
pub const PARQUET_BESIDE_LOGS: &str =
    "a Parquet table, which is not read beside logs: to analyse it, give its own path";

/// What other programs print, and often lies beside the logs of runs: the words to know it by, and what to say of it.
static LOOK_ALIKES: &[(&[&str], &str)] = &[
    (&["Client connecting to ", "[ ID] Interval"], "iperf 2 output; measure with iperf3 -J"),
    (&["Server listening on "], "iperf3 text output of a server; run iperf3 with -J at the client"),
    (&[" bytes from ", "icmp_seq"], "ping output"),
    (&["This is ApacheBench"], "ApacheBench output; measure with wrk"),
    (&["Status code distribution:", "Slowest:"], "hey output; measure with wrk"),
    (&["1/(1-Percentile)"], "an HdrHistogram table without the wrk2 report around it"),
];

/// Reads one log. It never fails: what cannot be read is [`Content::Other`] with the reason, and a broken run is an
/// `Err` among [`Log::runs`].
pub fn parse(bytes: &[u8]) -> Content {
    let Text { text, repairs } = match text::clean(bytes) {
        Ok(clean) => clean,
        Err(_) if bytes.starts_with(b"PAR1") => {
            return Content::Other(Other::new(OtherKind::LookAlike, PARQUET_BESIDE_LOGS));
        }
        Err(other) => return Content::Other(other),
    };
    let mut content = match FORMATS.iter().find(|format| (format.recognise)(&text)) {
        Some(format) => (format.parse)(&text),
        None => Content::Other(unrecognised(&text)),
    };
    if let Content::Log(log) = &mut content {
        log.repairs.splice(..0, repairs);
    }
    content
}

fn unrecognised(text: &str) -> Other {
    if is_table_of_runs(text) {
        return Other::new(OtherKind::LookAlike, TABLE_BESIDE_LOGS);
    }
    let is_in_text = |words: &[&str]| words.iter().all(|word| text.contains(word));
    match LOOK_ALIKES.iter().find(|(words, _)| is_in_text(words)) {
        Some((_, reason)) => Other::new(OtherKind::LookAlike, *reason),
        None => Other::new(OtherKind::Unknown, "no known log format"),
    }
}

/// Whether the text is CSV with the columns of a tidy table.
fn is_table_of_runs(text: &str) -> bool {
    let header = text.lines().next().unwrap_or_default();
    let names: Vec<&str> = header.split(',').map(|name| name.trim().trim_matches('"')).collect();
    TABLE_COLUMNS.iter().all(|column| names.contains(column))
}

/// What one file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Log(Log),
    /// Not a log of a run.
    Other(Other),
}

/// The runs that a log holds; several where runs were appended to one file. A broken run is an `Err` among them.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// [`LogFormat::id`].
    pub format: &'static str,
    pub runs: Vec<Result<Measurements, Fault>>,
    pub repairs: Vec<Repair>,
}

/// Something that was mended on the way in. `--strict` makes it an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    pub line: Option<usize>,
    pub what: String,
}

/// Why a file is not a log of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub kind: OtherKind,
    pub reason: String,
}

impl Other {
    fn new(kind: OtherKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherKind {
    /// Recognised as something that is not a run (an author's table of means in iperf3's shape, the
    /// text output of an iperf3 server, another tool's output): ignored and counted.
    LookAlike,
    /// Nothing that is known.
    Unknown,
    /// No byte, or white space only.
    Empty,
    /// Not text.
    Binary,
}
