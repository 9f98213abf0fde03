use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("latency_mean"),
    label: Cow::Borrowed("Mean latency"),
    definition: Cow::Borrowed("wrk's mean latency of the run (its own correction for coordinated omission included)."),
    unit: Unit::Seconds,
    better: Better::Lower,
    kind: Kind::Mean,
    value: |m| m.http.as_ref()?.latency_mean,
};
