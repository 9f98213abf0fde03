use std::borrow::Cow;

use super::{Better, Kind, Metric, Ratio, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("error_rate"),
    label: Cow::Borrowed("Error rate"),
    definition: Cow::Borrowed(
        "Failed requests (time-outs, connect and write errors, responses neither 2xx nor 3xx) ÷ completed requests.",
    ),
    unit: Unit::Fraction,
    better: Better::Lower,
    kind: Kind::Ratio(Ratio { count: "errors", exposure: |v| v.get("requests").copied(), exposure_label: "requests" }),
    value: |_| None,
};
