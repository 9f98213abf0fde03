//! One iperf3 document → [`Measurements`]. The keys are those of `iperf3 -J`; all of them are optional.

use std::collections::BTreeMap;

use super::interval::Interval;
use super::lenient::{Present, object};
use crate::error::Fault;
use crate::run::{Measurements, Note, Tool, Transfer};

object! {
    /// What `iperf3 -J` prints for one test.
    Document {
        start: Start,
        intervals: Vec<Interval>,
        end: End,
        error: String,
    }

    Start {
        version: String,
        connected: Present,
        /// Only in a server's document.
        accepted_connection: Present,
        timestamp: Timestamp,
        /// Random, the same in both hosts' documents of a test.
        cookie: String,
        tcp_mss: f64,
        tcp_mss_default: f64,
        target_bitrate: f64,
        test_start: TestStart,
    }

    Timestamp {
        timesecs: f64,
    }

    /// What was asked for.
    TestStart {
        protocol: String,
        num_streams: f64,
        blksize: f64,
        omit: f64,
        duration: f64,
        bytes: f64,
        blocks: f64,
        reverse: f64,
        bidir: f64,
        target_bitrate: f64,
    }

    End {
        streams: Vec<Stream>,
        /// UDP only: the sender's bytes with the receiver's loss.
        sum: Sum,
        sum_sent: Sum,
        sum_received: Sum,
        sum_sent_bidir_reverse: Present,
        cpu_utilization_percent: Cpu,
        sender_tcp_congestion: String,
    }

    Stream {
        sender: StreamSide,
        udp: StreamSide,
    }

    StreamSide {
        /// µs; 0 = unknown.
        mean_rtt: f64,
        /// Whether the host that wrote the document is this stream's sender.
        sender: bool,
    }

    Sum {
        start: f64,
        end: f64,
        seconds: f64,
        bytes: f64,
        bits_per_second: f64,
        retransmits: f64,
        jitter_ms: f64,
        packets: f64,
        lost_packets: f64,
        omitted: bool,
    }

    Cpu {
        host_total: f64,
        remote_total: f64,
    }
}

/// Counts of 2³¹ and more are a 32-bit counter that was not there and was printed as −1 or −2 (esnet/iperf #725).
pub(super) const NO_COUNTER: f64 = 2_147_483_648.0;

/// A test that ended before this share of the time it was asked to run was interrupted.
const COMPLETE: f64 = 0.9;

impl Document {
    /// Whether an object with these keys is iperf3's, or only has a key of the same name.
    pub fn is_iperf3(&self) -> bool {
        let start = self.start.as_ref();
        start.is_some_and(|s| s.version.is_some() || s.test_start.is_some() || s.connected.is_some())
            || self.end.as_ref().is_some_and(|e| e.sum_sent.is_some() || e.sum_received.is_some())
    }

    /// Why a document in iperf3's shape is not one that iperf3 wrote.
    pub fn look_alike(&self) -> Option<&'static str> {
        let first = self.intervals.as_ref()?.first()?;
        first.streams.is_none().then_some(
            "its intervals have no streams: somebody's summary in iperf3's shape, not a log that iperf3 wrote",
        )
    }

    /// The `end` of a test that has none, from its intervals: sums over those that were not omitted, for the side of the
    /// host that wrote them.
    pub fn end_of_intervals(&self) -> End {
        let sums = self.intervals.iter().flatten().filter_map(|interval| interval.sum.as_ref());
        let counted: Vec<&Sum> = sums.filter(|interval| interval.omitted != Some(true)).collect();
        let total = |of: fn(&Sum) -> Option<f64>| counted.iter().map(|interval| of(interval)).sum::<Option<f64>>();
        let (bytes, seconds) = (total(|i| i.bytes), total(|i| i.seconds));
        let sum = Sum {
            seconds,
            bytes,
            bits_per_second: bytes.zip(positive(seconds)).map(|(bytes, seconds)| 8.0 * bytes / seconds),
            retransmits: total(|i| i.retransmits),
            jitter_ms: counted.last().and_then(|last| last.jitter_ms),
            packets: total(|i| i.packets),
            lost_packets: total(|i| i.lost_packets),
            ..Sum::default()
        };
        match &self.start {
            Some(start) if !start.sends() => End { sum_received: Some(sum), ..End::default() },
            _ => End { sum_sent: Some(sum), ..End::default() },
        }
    }

    /// What the test measured, for its main direction: client to server, with `-R` server to client.
    ///
    /// The duration is the receiver's (the one that its throughput was computed with), or the sender's where the log
    /// has no receiver's.
    ///
    /// `salvaged` says that the sums were put together from the intervals of a test that was cut off: it need not have
    /// run to its end.
    pub fn measurements(&self, salvaged: bool) -> Result<Measurements, Fault> {
        if let Some(message) = &self.error {
            return Err(failed(message));
        }
        let end = self.end.as_ref().filter(|end| **end != End::default()).ok_or_else(unfinished)?;
        let (no_start, no_test) = (Start::default(), TestStart::default());
        let start = self.start.as_ref().unwrap_or(&no_start);
        let test = start.test_start.as_ref().unwrap_or(&no_test);
        let run = Run { start, test, end };

        let mut notes = run.setup_notes();
        let (sent, received) = run.sides(&mut notes)?;
        let duration = received.seconds.or(sent.seconds);
        if let Some(early) = run.ended_early(duration) {
            if !salvaged {
                return Err(Fault::new(
                    format!("interrupted: the test ended after {early}"),
                    "run it again to its end",
                ));
            }
            let note = Note::new("ended-early", "the test was cut off before its time", "run it again to its end");
            notes.push(note.with_detail(early));
        }
        let intervals = self.intervals.iter().flatten().filter_map(Interval::measured).collect();
        let transfer = Transfer { intervals, ..run.transfer(&sent, &received, &mut notes) };
        notes.extend(disagreement(&sent, &received));

        Ok(Measurements {
            setup: run.setup(),
            started: start.timestamp.as_ref().and_then(|t| t.timesecs).filter(|seconds| *seconds > 0.0),
            duration,
            transfer: Some(transfer),
            notes,
            ..Measurements::new(Tool::Iperf3)
        })
    }
}

impl Start {
    fn is_server(&self) -> bool {
        self.accepted_connection.is_some()
    }

    fn is_reverse(&self) -> bool {
        self.test_start.as_ref().is_some_and(|test| positive(test.reverse).is_some())
    }

    /// Whether the host that wrote the document is the sender of the main direction.
    fn sends(&self) -> bool {
        self.is_server() == self.is_reverse()
    }
}

/// A document that came to its end.
struct Run<'a> {
    start: &'a Start,
    test: &'a TestStart,
    end: &'a End,
}

impl Run<'_> {
    /// Up to 3.10 only the streams tell: the sums of the other direction have the same keys, and come second.
    fn is_bidirectional(&self) -> bool {
        let streams = || self.end.streams.iter().flatten();
        let has =
            |sends| streams().any(|s| s.sender.as_ref().or(s.udp.as_ref()).is_some_and(|s| s.sender == Some(sends)));
        positive(self.test.bidir).is_some() || self.end.sum_sent_bidir_reverse.is_some() || (has(true) && has(false))
    }

    fn is_udp(&self) -> bool {
        self.test.protocol.as_deref() == Some("UDP")
    }

    /// Bits per second that one stream was held to.
    fn target_bitrate(&self) -> Option<f64> {
        positive(self.start.target_bitrate).or(positive(self.test.target_bitrate))
    }

    fn mss(&self) -> Option<(u32, &'static str)> {
        let of = |value: Option<f64>, key| Some((count(value?).filter(|mss| *mss > 0)?.try_into().ok()?, key));
        of(self.start.tcp_mss, "tcp_mss").or_else(|| of(self.start.tcp_mss_default, "tcp_mss_default"))
    }

    fn setup(&self) -> BTreeMap<&'static str, String> {
        let Self { start, test, end } = self;
        let with_unit = |value: Option<f64>, unit: &str| value.map(|value| format!("{value} {unit}"));
        let direction = match (self.is_bidirectional(), self.start.is_reverse()) {
            (true, _) => "both directions",
            (false, true) => "server to client",
            (false, false) => "client to server",
        };
        let version = start.version.as_deref().map(|version| version.trim().trim_start_matches("iperf ").to_owned());
        [
            ("version", version),
            ("protocol", test.protocol.clone()),
            ("streams", positive(test.num_streams).map(|streams| streams.to_string())),
            ("direction", Some(direction.to_owned())),
            ("congestion_control", end.sender_tcp_congestion.clone()),
            ("duration", with_unit(positive(test.duration), "s")),
            ("bytes", with_unit(positive(test.bytes), "B")),
            ("blocks", positive(test.blocks).map(|blocks| blocks.to_string())),
            ("omit", with_unit(test.omit, "s")),
            ("target_bitrate", with_unit(self.target_bitrate(), "bit/s")),
            ("blksize", with_unit(positive(test.blksize).filter(|_| self.is_udp()), "B")),
            ("mss", self.mss().map(|(mss, _)| format!("{mss} B"))),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }

    fn setup_notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if let Some(bitrate) = self.target_bitrate() {
            let note = Note::new(
                "target-bitrate",
                "iperf3 ran with a target bitrate, which caps the throughput",
                "compare throughput only where no mode reaches the target, or run without -b (with -b 0 for UDP)",
            );
            notes.push(note.with_detail(format!("{bitrate} bit/s a stream")));
        }
        if self.is_bidirectional() {
            notes.push(Note::new(
                "bidirectional",
                "iperf3 ran in both directions at once; only client to server is reported",
                "run each direction on its own (without --bidir, and with -R) to report both",
            ));
        }
        notes
    }

    /// What the sender and what the receiver counted; a side that the log does not know is empty.
    ///
    /// The two hosts exchange their counts at the end of a test. A server prints its document before that, so it knows
    /// only its own side, and zeros stand for the client's.
    fn sides(&self, notes: &mut Vec<Note>) -> Result<(Sum, Sum), Fault> {
        let (sent, received) = match (&self.end.sum_sent, &self.end.sum_received, &self.end.sum) {
            (None, None, Some(sum)) => self.sides_of_udp_sum(sum, notes),
            (sent, received, _) => {
                let (sent, received) = (sent.clone().unwrap_or_default(), received.clone().unwrap_or_default());
                let received = plausible(received, positive(sent.packets), notes);
                (sent, received)
            }
        };
        let log_ends_at_sender = self.start.is_server() && self.start.sends();
        match (sent.has_data(), received.has_data()) {
            (true, true) => Ok((sent, received)),
            (false, false) => Err(no_data()),
            (true, false) if received.bytes.is_some() && !log_ends_at_sender => Err(nothing_arrived(self.is_timed())),
            (true, false) => {
                notes.push(one_sided("sender"));
                Ok((sent, Sum::default()))
            }
            (false, true) => {
                notes.push(one_sided("receiver"));
                Ok((Sum::default(), received))
            }
        }
    }

    /// Before 3.11, UDP has one sum: the sender's bytes with the receiver's loss and jitter. What arrived is computed
    /// from it: bytes received = bytes × (packets − lost) ÷ packets.
    fn sides_of_udp_sum(&self, sum: &Sum, notes: &mut Vec<Note>) -> (Sum, Sum) {
        let sent_packets = positive(sum.bytes).zip(positive(self.test.blksize)).map(|(bytes, block)| bytes / block);
        let sum = plausible(sum.clone(), sent_packets, notes);
        let sent = Sum { jitter_ms: None, lost_packets: None, ..sum.clone() };
        if self.start.is_server() && self.start.sends() {
            return (sent, Sum::default());
        }
        let Some((packets, lost)) = positive(sum.packets).zip(sum.lost_packets) else {
            return (sent, Sum::default());
        };
        notes.push(Note::new(
            "udp-receiver-estimated",
            "this version of iperf3 logs the bytes of the UDP sender only; the receiver's are computed from the packet loss",
            "use iperf3 3.11 or newer, which logs both",
        ));
        let arrived = |value: Option<f64>| value.map(|value| value * (packets - lost) / packets);
        let received = Sum { bytes: arrived(sum.bytes), bits_per_second: arrived(sum.bits_per_second), ..sum };
        (sent, received)
    }

    /// Whether the test was to run for a time (`-t`), not for an amount of data (`-n`, `-k`).
    fn is_timed(&self) -> bool {
        positive(self.test.duration).is_some()
    }

    /// How long it ran, where that is not what was asked for.
    fn ended_early(&self, duration: Option<f64>) -> Option<String> {
        let (took, asked) = duration.zip(positive(self.test.duration))?;
        (took < COMPLETE * asked).then(|| format!("{took:.1} s of {asked} s"))
    }

    fn transfer(&self, sent: &Sum, received: &Sum, notes: &mut Vec<Note>) -> Transfer {
        let (cpu_sender, cpu_receiver) = self.cpu();
        let (mss, mss_source) = self.mss().unzip();
        let quality = if received.packets.is_some() { received } else { sent };
        Transfer {
            bytes_sent: sent.bytes,
            bytes_received: received.bytes,
            bits_per_second_sent: rate(sent, notes),
            bits_per_second_received: rate(received, notes),
            retransmits: sent.retransmits.and_then(|retransmits| {
                let counted = count(retransmits).filter(|_| retransmits < NO_COUNTER);
                if counted.is_none() {
                    notes.push(implausible("retransmits", "retransmits", format!("{retransmits} retransmits")));
                }
                counted
            }),
            rtt_mean: self.rtt_mean(),
            cpu_sender,
            cpu_receiver,
            mss,
            mss_source,
            jitter: received.jitter_ms.map(|ms| ms / 1e3),
            packets: quality.packets.and_then(count),
            lost_packets: received.lost_packets.and_then(count),
            intervals: Vec::new(),
        }
    }

    /// Sender's and receiver's share of a core. A server knows the CPU time of the client of the test before only, and
    /// prints that: it is left out. 0 stands for a remote host that did not say.
    fn cpu(&self) -> (Option<f64>, Option<f64>) {
        let share = |percent: Option<f64>| percent.filter(|percent| *percent >= 0.0).map(|percent| percent / 100.0);
        let cpu = self.end.cpu_utilization_percent.as_ref();
        let host = share(cpu.and_then(|cpu| cpu.host_total));
        let remote = share(cpu.and_then(|cpu| positive(cpu.remote_total))).filter(|_| !self.start.is_server());
        if self.start.sends() { (host, remote) } else { (remote, host) }
    }

    /// Mean of the streams' mean RTTs, seconds. Only the sender knows them.
    fn rtt_mean(&self) -> Option<f64> {
        let streams = self.end.streams.iter().flatten().filter_map(|stream| stream.sender.as_ref());
        let main = streams.filter(|stream| !self.is_bidirectional() || stream.sender == Some(self.start.sends()));
        let rtts: Vec<f64> = main.filter_map(|stream| positive(stream.mean_rtt)).collect();
        (!rtts.is_empty()).then(|| rtts.iter().sum::<f64>() / rtts.len() as f64 / 1e6)
    }
}

impl Sum {
    fn has_data(&self) -> bool {
        positive(self.bytes).or(positive(self.bits_per_second)).is_some()
    }
}

/// The receiver's counts without those that cannot be: more packets lost than sent, over twice the packets that the
/// sender sent, a jitter over the length of the test (esnet/iperf #613, #716, #1489).
fn plausible(sum: Sum, sent_packets: Option<f64>, notes: &mut Vec<Note>) -> Sum {
    let mut sum = sum;
    let packets = sum.packets.unwrap_or(0.0);
    let too_many = sent_packets.is_some_and(|sent| packets > 2.0 * sent);
    if let Some(lost) = sum.lost_packets.filter(|lost| !(0.0..=packets).contains(lost) || too_many) {
        notes.push(implausible("loss", "lost packets", format!("{lost} of {packets} packets")));
        sum = Sum { packets: None, lost_packets: None, ..sum };
    }
    let longest = sum.seconds.unwrap_or(f64::INFINITY) * 1e3;
    if let Some(jitter) = sum.jitter_ms.filter(|jitter| !(0.0..=longest).contains(jitter)) {
        notes.push(implausible("jitter", "jitter", format!("{jitter} ms")));
        sum.jitter_ms = None;
    }
    sum
}

/// What is odd about two sides that should agree.
fn disagreement(sent: &Sum, received: &Sum) -> Vec<Note> {
    let mut notes = Vec::new();
    let both = |of: fn(&Sum) -> Option<f64>| positive(of(sent)).zip(positive(of(received)));
    if let Some((sent, received)) = both(|sum| sum.bytes).filter(|(sent, received)| *received > 1.01 * sent) {
        let note = Note::new(
            "received-more-than-sent",
            "iperf3's receiver counted over 1 % more bytes than its sender sent",
            "check what was omitted (-O) and what stands between the hosts; do not report both counts",
        );
        notes.push(note.with_detail(format!("sent {sent} B, received {received} B")));
    }
    if let Some((sent, received)) = both(|sum| sum.seconds).filter(|(a, b)| (a - b).abs() > 0.05 * a.max(*b)) {
        let note = Note::new(
            "durations-differ",
            "iperf3's sender and receiver measured over times that differ by over 5 %",
            "compare one side's throughput only, and run for longer",
        );
        notes.push(note.with_detail(format!("sender {sent:.3} s, receiver {received:.3} s")));
    }
    notes
}

fn one_sided(side: &str) -> Note {
    Note::new(
        "one-sided",
        format!("this iperf3 log knows the counts of the {side} only"),
        "use the client's log of a test that ran to its end, which has both sides",
    )
}

fn implausible(id: &str, what: &str, detail: String) -> Note {
    let id = format!("implausible-{id}");
    Note::new(&id, format!("iperf3 logged an impossible value for {what}; it is left out"), "use a newer iperf3")
        .with_detail(detail)
}

/// iperf3's own words on why a test failed, and what they call for.
pub fn failed(message: &str) -> Fault {
    let message = message.trim().trim_start_matches("error - ");
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["interrupt", "terminated"]) {
        return Fault::new(format!("interrupted: iperf3 says \"{message}\""), "run it again to its end");
    }
    let remedy = if has(&["busy"]) {
        "wait until the server's other test has ended, and run it again"
    } else if has(&["unable to connect", "closed", "refused", "reset"]) {
        "check that iperf3 -s is running and reachable at that address and port, and run it again"
    } else {
        "remove the cause, and run it again"
    };
    Fault::new(format!("iperf3 failed: \"{message}\""), remedy)
}

fn unfinished() -> Fault {
    Fault::new("the test never finished: the log has no results (`end` is empty)", "run it again to its end")
}

fn no_data() -> Fault {
    Fault::new("the log has no byte sent and none received", "check the connection, and run it again")
}

fn nothing_arrived(timed: bool) -> Fault {
    let remedy = if timed { "run it again to its end" } else { "send more data (-n), or for a time (-t)" };
    Fault::new(
        "the log has bytes sent but none received: the test was interrupted, or nothing had arrived at its end",
        remedy,
    )
}

/// The rate of a sum, where it is one that its bytes and seconds allow.
fn rate(sum: &Sum, notes: &mut Vec<Note>) -> Option<f64> {
    let rate = sum.bits_per_second?;
    let from_bytes = positive(sum.bytes).zip(positive(sum.seconds)).map(|(bytes, seconds)| 8.0 * bytes / seconds);
    if rate >= 0.0 && from_bytes.is_none_or(|expected| (rate / expected - 1.0).abs() < 0.5) {
        return Some(rate);
    }
    notes.push(implausible("throughput", "throughput", format!("{rate} bit/s")));
    None
}

pub(super) fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| *value > 0.0)
}

/// A count that iperf3 may have written as a float (`1.5e+10`).
pub(super) fn count(value: f64) -> Option<u64> {
    (value >= 0.0 && value < u64::MAX as f64).then_some(value.round() as u64)
}
