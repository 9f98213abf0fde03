//! The vocabulary of the pipeline: what one run of one tool measured, in base units
//! (seconds, bytes, bits per second, fractions).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The program that wrote a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    Wrk,
    Wrk2,
    Iperf3,
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Self::Wrk => "wrk",
            Self::Wrk2 => "wrk2",
            Self::Iperf3 => "iperf3",
        }
    }
}

/// What a log said of one run: raw, in base units, nothing derived. A value the log does not have is `None`,
/// never zero.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurements {
    pub tool: Tool,
    /// Facts of the set-up that two modes must share to be comparable, by name
    /// (`connections`, `threads`, `protocol`, `streams`, `congestion_control`, `mss`, `version`, …).
    pub setup: BTreeMap<&'static str, String>,
    /// When the run began, seconds since the Unix epoch, where the log says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<f64>,
    /// How long the run really took, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// Warnings that travel to the report.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl Measurements {
    pub fn new(tool: Tool) -> Self {
        Self {
            tool,
            setup: BTreeMap::new(),
            started: None,
            duration: None,
            http: None,
            transfer: None,
            notes: Vec::new(),
        }
    }
}

/// What wrk and wrk2 measure. Latencies in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(default)]
pub struct Http {
    pub latency_mean: Option<f64>,
    pub latency_sd: Option<f64>,
    pub latency_max: Option<f64>,
    /// Half of the last printed digit of `latency_mean`, seconds (0 where the log has full precision).
    pub latency_mean_resolution: Option<f64>,
    /// `(percent, seconds)`, rising.
    pub percentiles: Vec<(f64, f64)>,
    /// `(seconds, count)`, rising; only where the log has the whole histogram.
    pub histogram: Vec<(f64, u64)>,
    /// `(percent, seconds)`, rising: the long table of wrk2, as printed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spectrum: Vec<(f64, f64)>,
    pub requests: Option<u64>,
    /// Bytes read, headers included.
    pub bytes_read: Option<f64>,
    /// Requests per second.
    pub requests_per_second: Option<f64>,
    /// Bytes per second.
    pub transfer_rate: Option<f64>,
    /// Socket errors; all zero where the log has no such line (wrk prints it only when one is not zero).
    pub connect_errors: Option<u64>,
    pub read_errors: Option<u64>,
    pub write_errors: Option<u64>,
    pub timeouts: Option<u64>,
    /// Responses with a status that is neither 2xx nor 3xx; counted inside `requests`.
    pub status_errors: Option<u64>,
}

/// What iperf3 measures, for the main direction of the test.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(default)]
pub struct Transfer {
    pub bytes_sent: Option<f64>,
    pub bytes_received: Option<f64>,
    /// Bits per second.
    pub bits_per_second_sent: Option<f64>,
    pub bits_per_second_received: Option<f64>,
    pub retransmits: Option<u64>,
    /// Mean smoothed RTT over the streams, seconds.
    pub rtt_mean: Option<f64>,
    /// Share of one core, so 1.0 is one core fully used. The host that sent, and the host that received.
    pub cpu_sender: Option<f64>,
    pub cpu_receiver: Option<f64>,
    /// Maximum segment size in bytes, and which key of the log said so (`tcp_mss` or `tcp_mss_default`).
    pub mss: Option<u32>,
    pub mss_source: Option<&'static str>,
    /// UDP jitter, seconds.
    pub jitter: Option<f64>,
    pub packets: Option<u64>,
    pub lost_packets: Option<u64>,
    /// What the host that wrote the log counted while the test ran, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<Interval>,
}

/// One interval of an iperf3 test, over all streams of the main direction. Intervals are no replicates: they are for
/// looking at, and enter no statistic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Seconds on the log's clock, which begins anew after what was omitted.
    pub start: f64,
    pub end: f64,
    /// Whether it was warm-up (`-O`), which iperf3's totals leave out.
    pub omitted: bool,
    pub bytes: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retransmits: Option<u64>,
    /// Congestion window at the end of the interval, bytes: mean over the streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwnd: Option<f64>,
    /// Smoothed RTT at the end of the interval, seconds: mean over the streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt: Option<f64>,
}

/// A warning that is data: it travels to the report as a footnote and names its remedy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Stable identifier, kebab-case.
    pub id: String,
    /// What was noticed, with no number that differs from run to run, so that equal notes can be counted.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// What is particular to this run or comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Note {
    /// Id of the notes that wrk's latencies are not those of the requests alone.
    pub const LATENCY_CORRECTED: &str = "latency-corrected";

    pub fn new(id: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { id: id.to_owned(), what: what.into(), remedy: remedy.into(), detail: None }
    }

    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}
