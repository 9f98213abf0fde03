use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("latency_max"),
    label: Cow::Borrowed("Maximum latency"),
    definition: Cow::Borrowed("Largest latency of the run."),
    unit: Unit::Seconds,
    better: Better::Lower,
    kind: Kind::Mean,
    value: |m| m.http.as_ref()?.latency_max,
};
