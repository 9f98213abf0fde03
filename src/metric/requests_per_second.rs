use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("requests_per_second"),
    label: Cow::Borrowed("Requests per second"),
    definition: Cow::Borrowed("Completed requests ÷ run time."),
    unit: Unit::PerSecond,
    better: Better::Higher,
    kind: Kind::Mean,
    value: |m| m.http.as_ref()?.requests_per_second,
};
