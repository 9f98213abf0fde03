use std::borrow::Cow;

use super::{Better, Kind, Metric, Ratio, Unit};

pub(super) const METRIC: Metric = Metric {
    id: Cow::Borrowed("udp_loss"),
    label: Cow::Borrowed("UDP loss"),
    definition: Cow::Borrowed("Datagrams that did not arrive ÷ datagrams sent."),
    unit: Unit::Fraction,
    better: Better::Lower,
    kind: Kind::Ratio(Ratio {
        count: "packets_lost",
        exposure: |v| v.get("packets").copied(),
        exposure_label: "datagrams",
    }),
    value: |_| None,
};
