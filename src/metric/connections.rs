use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit, setup_number};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("connections"),
    label: Cow::Borrowed("Connections"),
    definition: Cow::Borrowed("Connections wrk kept open."),
    unit: Unit::Count,
    better: Better::Neutral,
    kind: Kind::Auxiliary,
    value: |m| setup_number(m, "connections"),
};
