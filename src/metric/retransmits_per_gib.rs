use std::borrow::Cow;

use super::{Better, GIB, Kind, Metric, Ratio, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("retransmits_per_gib"),
    label: Cow::Borrowed("Retransmits per GiB"),
    definition: Cow::Borrowed("Retransmits ÷ data transferred in GiB (2^30 bytes)."),
    unit: Unit::PerGib,
    better: Better::Lower,
    kind: Kind::Ratio(Ratio { count: "retransmits", exposure: |v| Some(v.get("bytes")? / GIB), exposure_label: "GiB" }),
    value: |_| None,
};
