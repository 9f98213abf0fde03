use std::borrow::Cow;

use super::{Better, Kind, Metric, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("udp_jitter"),
    label: Cow::Borrowed("UDP jitter"),
    definition: Cow::Borrowed("Interarrival jitter of the datagrams (RFC 3550) as the receiver saw it."),
    unit: Unit::Seconds,
    better: Better::Lower,
    kind: Kind::Mean,
    value: |m| m.transfer.as_ref()?.jitter,
};
