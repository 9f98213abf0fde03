//! The JSON line that the project's own Lua script (`testbed/wrk-json.lua`) makes wrk print after its report: the same
//! run at full precision, with any percentile and the whole histogram. Scripts of others have no common form.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::LogFormat;
use super::wrk_text;
use crate::error::Fault;
use crate::run::{Http, Tool};

/// How a line of the script begins.
pub(super) const MARKER: &str = "{\"wrk_json\"";
/// The only version so far of what the script writes.
const VERSION: u32 = 1;

pub(super) const FORMAT: LogFormat = LogFormat {
    id: "wrk-json",
    label: "the JSON line of testbed/wrk-json.lua, alone or after wrk's text",
    tool: Tool::Wrk,
    recognise: |text| text.contains(MARKER),
    parse: |text| wrk_text::read(FORMAT.id, text),
};

/// One line of the script. Latencies in whole microseconds, but for the mean and the SD; `None` where nothing was
/// measured.
#[derive(Debug, Deserialize)]
pub(super) struct Json {
    wrk_json: u32,
    duration_us: f64,
    pub requests: u64,
    bytes: f64,
    errors: Errors,
    latency_us: Latency,
}

#[derive(Debug, Deserialize)]
struct Errors {
    connect: u64,
    read: u64,
    write: u64,
    status: u64,
    timeout: u64,
}

#[derive(Debug, Deserialize)]
struct Latency {
    max: Option<f64>,
    mean: Option<f64>,
    stdev: Option<f64>,
    /// Percentile → value.
    percentile: BTreeMap<String, Option<f64>>,
    histogram: Option<Vec<(f64, u64)>>,
}

/// Reads the object at the start of `text`; what follows it does not matter.
pub(super) fn line(text: &str) -> Result<Json, Fault> {
    let json: Option<Result<Json, _>> = serde_json::Deserializer::from_str(text).into_iter().next();
    match json {
        Some(Ok(json)) if json.wrk_json == VERSION => Ok(json),
        Some(Ok(json)) => Err(Fault::new(
            format!("version {} of wrk-json.lua's output, and only {VERSION} is known", json.wrk_json),
            "use the wrk-json.lua that came with this meshstats, or a newer meshstats",
        )),
        Some(Err(error)) => Err(Fault::new(
            format!("the JSON line of wrk-json.lua cannot be read ({error})"),
            "run it again and let wrk finish",
        )),
        None => Err(Fault::new("the JSON line of wrk-json.lua is empty", "run it again and let wrk finish")),
    }
}

impl Json {
    /// Seconds.
    pub fn duration(&self) -> f64 {
        self.duration_us / 1e6
    }

    pub fn http(&self) -> Http {
        let latency = &self.latency_us;
        let seconds = |us: f64| us / 1e6;
        let percentile = |(percent, us): (&String, &Option<f64>)| Some((percent.parse().ok()?, seconds((*us)?)));
        let mut percentiles: Vec<(f64, f64)> = latency.percentile.iter().filter_map(percentile).collect();
        percentiles.retain(|(percent, _)| (0.0..=100.0).contains(percent));
        percentiles.sort_by(|a, b| a.0.total_cmp(&b.0));
        percentiles.dedup_by_key(|(percent, _)| *percent);
        Http {
            latency_mean: latency.mean.map(seconds),
            latency_sd: latency.stdev.map(seconds),
            latency_max: latency.max.map(seconds),
            latency_mean_resolution: latency.mean.map(|_| 0.0),
            percentiles,
            histogram: latency.histogram.iter().flatten().map(|&(us, count)| (seconds(us), count)).collect(),
            spectrum: Vec::new(),
            requests: Some(self.requests),
            bytes_read: Some(self.bytes),
            requests_per_second: Some(self.requests as f64 / self.duration()),
            transfer_rate: Some(self.bytes / self.duration()),
            connect_errors: Some(self.errors.connect),
            read_errors: Some(self.errors.read),
            write_errors: Some(self.errors.write),
            timeouts: Some(self.errors.timeout),
            status_errors: Some(self.errors.status),
        }
    }
}
