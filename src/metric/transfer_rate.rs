use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("transfer_rate"),
    label: Cow::Borrowed("Transfer rate"),
    definition: Cow::Borrowed("Bytes read, headers included, ÷ run time."),
    unit: Unit::BytesPerSecond,
    better: Better::Higher,
    kind: Kind::Mean,
    value: |m| m.http.as_ref()?.transfer_rate,
};
