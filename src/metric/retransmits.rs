use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("retransmits"),
    label: Cow::Borrowed("Retransmits"),
    definition: Cow::Borrowed(
        "TCP segments the sender's kernel retransmitted in the run (tcpi_total_retrans), spurious ones included.",
    ),
    unit: Unit::Count,
    better: Better::Lower,
    kind: Kind::Count,
    value: |m| Some(m.transfer.as_ref()?.retransmits? as f64),
};
