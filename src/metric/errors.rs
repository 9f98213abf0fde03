use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("errors"),
    label: Cow::Borrowed("Failed requests"),
    definition: Cow::Borrowed(
        "Time-outs, socket errors on connect and write, and responses that are neither 2xx nor 3xx. Read errors are left out: wrk counts a server's clean close as one.",
    ),
    unit: Unit::Count,
    better: Better::Lower,
    kind: Kind::Auxiliary,
    value: |m| {
        let http = m.http.as_ref()?;
        Some((http.timeouts? + http.connect_errors? + http.write_errors? + http.status_errors?) as f64)
    },
};
