use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("requests"),
    label: Cow::Borrowed("Requests"),
    definition: Cow::Borrowed("Completed requests of the run."),
    unit: Unit::Count,
    better: Better::Higher,
    kind: Kind::Auxiliary,
    value: |m| Some(m.http.as_ref()?.requests? as f64),
};
