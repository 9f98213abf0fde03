use std::borrow::Cow;

use super::{Better, Kind, Metric, Ratio, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("loss_estimate"),
    label: Cow::Borrowed("Estimated loss"),
    definition: Cow::Borrowed(
        "Retransmits × MSS ÷ bytes: the share of the data that was sent twice, an estimate of packet loss.",
    ),
    unit: Unit::Fraction,
    better: Better::Lower,
    kind: Kind::Ratio(Ratio {
        count: "retransmits",
        exposure: |v| Some(v.get("bytes")? / v.get("mss")?),
        exposure_label: "segments",
    }),
    value: |_| None,
};
