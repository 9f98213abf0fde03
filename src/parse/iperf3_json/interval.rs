//! One interval of an iperf3 test → [`run::Interval`].

use serde::de::SeqAccess;

use super::document::{NO_COUNTER, Sum, count, positive};
use super::lenient::{FromJson, Lenient, object};
use crate::run;

/// Seconds that no test takes: an interval that ends later has a damaged clock.
const LONGEST: f64 = 1e8;

object! {
    Interval {
        streams: Sockets,
        /// In both directions at once, that of the main direction comes first.
        sum: Sum,
    }

    StreamInterval {
        snd_cwnd: f64,
        /// µs; 0 = unknown.
        rtt: f64,
    }
}

/// What the kernel said of the sockets that send, at the end of an interval; one that only receives has none of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sockets {
    cwnd: Mean,
    rtt: Mean,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Mean {
    sum: f64,
    n: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = positive(value) {
            self.sum += value;
            self.n += 1.0;
        }
    }

    fn get(&self) -> Option<f64> {
        (self.n > 0.0).then(|| self.sum / self.n)
    }
}

impl FromJson for Sockets {
    fn from_array<'de, A: SeqAccess<'de>>(mut array: A) -> Result<Option<Self>, A::Error> {
        let mut sockets = Self::default();
        while let Some(stream) = array.next_element::<Lenient<StreamInterval>>()? {
            if let Some(stream) = stream.0 {
                sockets.cwnd.add(stream.snd_cwnd);
                sockets.rtt.add(stream.rtt);
            }
        }
        Ok(Some(sockets))
    }
}

impl Interval {
    /// What it measured; `None` where it has no time, or no bytes that can be.
    pub fn measured(&self) -> Option<run::Interval> {
        let sum = self.sum.as_ref()?;
        let (start, end) = (sum.start?, sum.end?);
        let sockets = self.streams.as_ref();
        (start >= 0.0 && end > start && end < LONGEST).then_some(())?;
        Some(run::Interval {
            start,
            end,
            omitted: sum.omitted == Some(true),
            bytes: sum.bytes.filter(|bytes| *bytes >= 0.0)?,
            retransmits: sum.retransmits.filter(|retransmits| *retransmits < NO_COUNTER).and_then(count),
            cwnd: sockets.and_then(|sockets| sockets.cwnd.get()),
            rtt: sockets.and_then(|sockets| sockets.rtt.get()).map(|us| us / 1e6),
        })
    }
}
