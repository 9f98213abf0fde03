use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("cpu_receiver"),
    label: Cow::Borrowed("CPU of the receiver"),
    // A mode that moves less data needs less CPU, and is no better for it.
    definition: Cow::Borrowed("CPU time of iperf3 on the receiving host ÷ run time; 100 % is one core."),
    unit: Unit::Fraction,
    better: Better::Neutral,
    kind: Kind::Mean,
    value: |m| m.transfer.as_ref()?.cpu_receiver,
};
