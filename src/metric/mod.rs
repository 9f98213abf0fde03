//! `Measurements` → numbers in base units, by metric id.
//!
//! A metric is one file with one [`Metric`] record and one line in [`METRICS`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::run::{Measurements, Note};
use crate::stats::Events;

mod bytes;
mod connections;
mod cpu_receiver;
mod cpu_sender;
mod duration;
mod error_rate;
mod errors;
mod latency_max;
mod latency_mean;
mod latency_p50;
mod latency_p75;
mod latency_p90;
mod latency_p99;
mod latency_sd;
mod loss_estimate;
mod mss;
mod packets;
mod packets_lost;
mod requests;
mod requests_per_second;
mod retransmits;
mod retransmits_per_gib;
mod rtt_mean;
mod throughput;
mod transfer_rate;
mod udp_jitter;
mod udp_loss;

/// All metrics, in the order in which a report shows them.
pub static METRICS: &[Metric] = &[
    latency_mean::METRIC,
    latency_sd::METRIC,
    latency_max::METRIC,
    latency_p50::METRIC,
    latency_p75::METRIC,
    latency_p90::METRIC,
    latency_p99::METRIC,
    requests_per_second::METRIC,
    transfer_rate::METRIC,
    error_rate::METRIC,
    throughput::METRIC,
    bytes::METRIC,
    retransmits::METRIC,
    retransmits_per_gib::METRIC,
    loss_estimate::METRIC,
    rtt_mean::METRIC,
    cpu_sender::METRIC,
    cpu_receiver::METRIC,
    udp_jitter::METRIC,
    udp_loss::METRIC,
    requests::METRIC,
    errors::METRIC,
    packets::METRIC,
    packets_lost::METRIC,
    connections::METRIC,
    mss::METRIC,
    duration::METRIC,
];

/// A number derived from what a log said of one run.
#[derive(Clone, Debug)]
pub struct Metric {
    pub id: Cow<'static, str>,
    /// As printed in tables, without the unit.
    pub label: Cow<'static, str>,
    /// What it is and how it is computed, one sentence.
    pub definition: Cow<'static, str>,
    pub unit: Unit,
    pub better: Better,
    pub kind: Kind,
    /// The value of one run, in base units; `None` where the log does not have it. A ratio's value is its count ÷
    /// exposure and is not asked for here.
    pub value: fn(&Measurements) -> Option<f64>,
}

/// How a metric is summarised and compared.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One value a run, compared by means.
    Mean,
    /// A count or amount that only means something per exposure: described, not compared on its own.
    Count,
    /// Kept for the ratios and the tidy table; not shown on its own.
    Auxiliary,
    /// `count ÷ exposure`, estimated by the ratio of totals and by the mean of the runs' ratios.
    Ratio(Ratio),
}

/// How a ratio is made of other metrics' values.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// Id of the metric that is counted.
    pub count: &'static str,
    /// What the count is divided by, from the run's other values.
    pub exposure: fn(&Values) -> Option<f64>,
    /// What the exposure is counted in, for tables: `GiB`, `segments`.
    pub exposure_label: &'static str,
}

impl Ratio {
    /// Count and exposure of one run; `None` where either is missing or the exposure is not positive.
    pub fn events(&self, values: &Values) -> Option<Events> {
        let exposure = (self.exposure)(values).filter(|exposure| *exposure > 0.0)?;
        Some(Events { count: *values.get(self.count)?, exposure })
    }
}

/// The values of one run by metric id.
pub type Values = BTreeMap<Cow<'static, str>, f64>;

/// What a value is measured in, inside. `report::number` chooses the prefix that is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Seconds,
    Bytes,
    BytesPerSecond,
    BitsPerSecond,
    PerSecond,
    PerGib,
    Count,
    Fraction,
    /// As named by the `unit` column of a tidy table; printed as it is.
    Named(Cow<'static, str>),
}

/// A unit of a tidy table, as it may be written: name, unit, factor to the base unit.
static UNIT_NAMES: &[(&str, Unit, f64)] = &[
    ("s", Unit::Seconds, 1.0),
    ("ms", Unit::Seconds, 1e-3),
    ("us", Unit::Seconds, 1e-6),
    ("µs", Unit::Seconds, 1e-6),
    ("μs", Unit::Seconds, 1e-6),
    ("ns", Unit::Seconds, 1e-9),
    ("min", Unit::Seconds, 60.0),
    ("B", Unit::Bytes, 1.0),
    ("kB", Unit::Bytes, 1e3),
    ("MB", Unit::Bytes, 1e6),
    ("GB", Unit::Bytes, 1e9),
    ("KiB", Unit::Bytes, 1024.0),
    ("MiB", Unit::Bytes, 1048576.0),
    ("GiB", Unit::Bytes, GIB),
    ("B/s", Unit::BytesPerSecond, 1.0),
    ("MB/s", Unit::BytesPerSecond, 1e6),
    ("GB/s", Unit::BytesPerSecond, 1e9),
    ("KiB/s", Unit::BytesPerSecond, 1024.0),
    ("MiB/s", Unit::BytesPerSecond, 1048576.0),
    ("GiB/s", Unit::BytesPerSecond, GIB),
    ("bit/s", Unit::BitsPerSecond, 1.0),
    ("bps", Unit::BitsPerSecond, 1.0),
    ("kbit/s", Unit::BitsPerSecond, 1e3),
    ("Mbit/s", Unit::BitsPerSecond, 1e6),
    ("Mbps", Unit::BitsPerSecond, 1e6),
    ("Gbit/s", Unit::BitsPerSecond, 1e9),
    ("Gbps", Unit::BitsPerSecond, 1e9),
    ("1/s", Unit::PerSecond, 1.0),
    ("1/GiB", Unit::PerGib, 1.0),
    ("count", Unit::Count, 1.0),
    ("1", Unit::Fraction, 1.0),
    ("%", Unit::Fraction, 0.01),
];

impl Unit {
    /// The unit that `name` stands for in a tidy table, and the factor to its base unit.
    pub fn named(name: &str) -> (Self, f64) {
        match UNIT_NAMES.iter().find(|(known, ..)| *known == name) {
            Some((_, unit, factor)) => (unit.clone(), *factor),
            None => (Self::Named(Cow::Owned(name.to_owned())), 1.0),
        }
    }

    /// The base unit's name in a tidy table.
    pub fn base_name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            unit => UNIT_NAMES
                .iter()
                .find(|(_, known, factor)| known == unit && *factor == 1.0)
                .map_or("", |(name, ..)| name),
        }
    }
}

/// Bytes in a GiB.
pub const GIB: f64 = 1_073_741_824.0;

/// Which direction is an improvement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    Lower,
    Higher,
    /// Neither by itself.
    Neutral,
}

/// The registered metric of that id.
pub fn find(id: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.id == id)
}

/// A metric that only a user's own table knows.
pub fn custom(id: &str, unit: Unit) -> Metric {
    Metric {
        id: Cow::Owned(id.to_owned()),
        label: Cow::Owned(id.to_owned()),
        definition: Cow::Owned(format!("`{id}` as given in the table.")),
        unit,
        better: Better::Neutral,
        kind: Kind::Mean,
        value: |_| None,
    }
}

/// Every metric's value of one run.
pub fn values(measurements: &Measurements) -> Values {
    METRICS
        .iter()
        .filter_map(|metric| Some((metric.id.clone(), (metric.value)(measurements)?)))
        .filter(|(_, value)| value.is_finite())
        .collect()
}

/// What a reader must know of how the metrics were taken from this run.
pub fn notes(measurements: &Measurements) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(transfer) = &measurements.transfer
        && transfer.bits_per_second_received.is_none()
        && transfer.bits_per_second_sent.is_some()
    {
        notes.push(Note::new(
            "sender-throughput",
            "the log has no receiver's rate: the throughput is the sender's",
            "compare it only with runs of which the same is said",
        ));
    }
    if let Some(http) = &measurements.http
        && http.read_errors.is_some_and(|errors| errors > 0)
    {
        notes.push(Note::new(
            "read-errors",
            "wrk counted read errors; the error rate leaves them out, because wrk counts a connection that the server \
             closes cleanly as one",
            "let the server keep connections open, or look at its own error count",
        ));
    }
    notes
}

/// The latency below which `percent` of the requests stayed, as the log printed it.
fn percentile(measurements: &Measurements, percent: f64) -> Option<f64> {
    let percentiles = &measurements.http.as_ref()?.percentiles;
    percentiles.iter().find(|(p, _)| *p == percent).map(|(_, seconds)| *seconds)
}

/// The setup fact `key` as a number.
fn setup_number(measurements: &Measurements, key: &str) -> Option<f64> {
    measurements.setup.get(key)?.parse().ok()
}
