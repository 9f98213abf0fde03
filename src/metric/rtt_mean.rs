use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("rtt_mean"),
    label: Cow::Borrowed("Mean RTT"),
    definition: Cow::Borrowed("Mean of the sender's smoothed round-trip time."),
    unit: Unit::Seconds,
    better: Better::Lower,
    kind: Kind::Mean,
    value: |m| m.transfer.as_ref()?.rtt_mean,
};
