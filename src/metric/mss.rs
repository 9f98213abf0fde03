use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("mss"),
    label: Cow::Borrowed("MSS"),
    definition: Cow::Borrowed("Maximum segment size that the loss estimate uses."),
    unit: Unit::Bytes,
    better: Better::Neutral,
    kind: Kind::Auxiliary,
    value: |m| m.transfer.as_ref()?.mss.map(f64::from),
};
