use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit, percentile};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("latency_p50"),
    label: Cow::Borrowed("Latency p50"),
    definition: Cow::Borrowed("Median latency of the run (nearest rank)."),
    unit: Unit::Seconds,
    better: Better::Lower,
    kind: Kind::Mean,
    value: |m| percentile(m, 50.0),
};
