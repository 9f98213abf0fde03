use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("bytes"),
    label: Cow::Borrowed("Data transferred"),
    definition: Cow::Borrowed("Bytes the sender sent in the run, or the receiver's where the log has no sender's."),
    unit: Unit::Bytes,
    better: Better::Neutral,
    kind: Kind::Count,
    value: |m| {
        let transfer = m.transfer.as_ref()?;
        transfer.bytes_sent.or(transfer.bytes_received)
    },
};
