use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("duration"),
    label: Cow::Borrowed("Duration"),
    definition: Cow::Borrowed("How long the run took."),
    unit: Unit::Seconds,
    better: Better::Neutral,
    kind: Kind::Auxiliary,
    value: |m| m.duration,
};
