use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("packets_lost"),
    label: Cow::Borrowed("Lost datagrams"),
    definition: Cow::Borrowed("UDP datagrams that did not arrive."),
    unit: Unit::Count,
    better: Better::Lower,
    kind: Kind::Auxiliary,
    value: |m| Some(m.transfer.as_ref()?.lost_packets? as f64),
};
