use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("latency_sd"),
    label: Cow::Borrowed("Latency SD within a run"),
    definition: Cow::Borrowed("Standard deviation of the latencies within the run, as wrk prints it."),
    unit: Unit::Seconds,
    better: Better::Lower,
    kind: Kind::Mean,
    value: |m| m.http.as_ref()?.latency_sd,
};
