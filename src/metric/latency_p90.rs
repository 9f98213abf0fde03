use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit, percentile};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("latency_p90"),
    label: Cow::Borrowed("Latency p90"),
    definition: Cow::Borrowed("90th percentile of the run's latencies (nearest rank)."),
    unit: Unit::Seconds,
    better: Better::Lower,
    kind: Kind::Mean,
    value: |m| percentile(m, 90.0),
};
