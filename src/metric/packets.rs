use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("packets"),
    label: Cow::Borrowed("Datagrams"),
    definition: Cow::Borrowed("UDP datagrams sent in the run."),
    unit: Unit::Count,
    better: Better::Neutral,
    kind: Kind::Auxiliary,
    value: |m| Some(m.transfer.as_ref()?.packets? as f64),
};
