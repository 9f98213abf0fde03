use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("throughput"),
    label: Cow::Borrowed("Throughput"),
    definition: Cow::Borrowed(
        "Rate at which the receiver got payload, or the sender's rate where the log has no receiver's.",
    ),
    unit: Unit::BitsPerSecond,
    better: Better::Higher,
    kind: Kind::Mean,
    value: |m| {
        let transfer = m.transfer.as_ref()?;
        transfer.bits_per_second_received.or(transfer.bits_per_second_sent)
    },
};
