//! iperf3's JSON (`-J`) of a TCP test with one stream, as iperf 3.12 writes it.

use super::search::{Series, at_score, scores, standardised, within};
use super::target::{Target, aim, meet, of_metrics, range};
use super::{Log, NOTICE, Writer};
use crate::claims::{Design, Statistic};
use crate::error::Fault;
use crate::metric::{GIB, Values};
use crate::run::Tool;
use crate::stats::rng::Rng;

pub(super) const WRITER: Writer =
    Writer { tool: Tool::Iperf3, extension: "json", metrics: &[THROUGHPUT, BYTES, RETRANSMITS, PER_GIB, LOSS], logs };

const THROUGHPUT: &str = "throughput";
const BYTES: &str = "bytes";
const RETRANSMITS: &str = "retransmits";
const PER_GIB: &str = "retransmits_per_gib";
const LOSS: &str = "loss_estimate";

/// What iperf3 writes at once where nothing else was asked for: it sends whole blocks.
const BLOCK: u32 = 131_072;

/// Addresses of a block that is reserved for documentation (RFC 5737).
const CLIENT: &str = "192.0.2.10";
const SERVER: &str = "192.0.2.20";

/// From the sender's end to the receiver's, microseconds.
const USUAL_DELAY: u64 = 2000;

/// The clock of one run, and what was under way when the sender stopped.
struct Course {
    /// End of each interval, microseconds.
    ends: Vec<u64>,
    /// End at the receiver, microseconds.
    received: u64,
    /// Share of the blocks sent that the receiver did not count.
    under_way: f64,
}

impl Course {
    fn draw(duration: u32, rng: &mut Rng) -> Self {
        let ends: Vec<u64> = (1..=u64::from(duration)).map(|second| second * 1_000_000 + 20 + rng.below(600)).collect();
        let received = ends.last().copied().unwrap_or(0) + USUAL_DELAY;
        Self { ends, received, under_way: 5e-6 + 2.5e-5 * rng.uniform() }
    }

    fn sent(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    fn blocks_received(&self, blocks: i64) -> i64 {
        blocks - (blocks as f64 * self.under_way).round() as i64
    }

    /// The receiver's rate, bits per second.
    fn throughput(&self, blocks: i64, block: f64) -> f64 {
        rate(self.blocks_received(blocks) as f64 * block, self.received as f64 / 1e6)
    }
}

fn logs(design: &Design, targets: &[Target], n: usize, rng: &mut Rng) -> Result<Vec<Log>, Fault> {
    let missing = |key: &str| Fault::new(format!("`{key}` is missing in [design]"), "add it: iperf3's logs say it");
    let mss = design.mss.ok_or_else(|| missing("mss"))?;
    let duration = design.duration.ok_or_else(|| missing("duration"))?;
    let mut courses: Vec<Course> = (0..n).map(|_| Course::draw(duration, rng)).collect();
    let mean = mean_bytes(duration, targets, rng)?;
    // `-l` takes a smaller block; with few blocks a run the printed digits would be out of reach.
    let block = if mean > 1000.0 * f64::from(BLOCK) { BLOCK } else { mss };
    let mut runs = vec![Values::from([("mss".into(), f64::from(mss))]); n];
    let blocks = volumes(targets, mean, block, &courses, &mut runs, rng);
    arrivals(targets, block, &blocks, &mut courses, &mut runs, rng);
    if !of_metrics(targets, &[RETRANSMITS, PER_GIB, LOSS]).is_empty() {
        retransmits(targets, mean, mss, &blocks, &mut runs, rng);
    }
    let logs = runs.into_iter().zip(blocks).zip(courses);
    Ok(logs
        .map(|((values, blocks), course)| {
            let retransmits = values.get(RETRANSMITS).map(|count| *count as i64);
            let content = Document { duration, mss, block, blocks, retransmits, course }.write(rng);
            Log { values, content }
        })
        .collect())
}

/// Bytes of a run on average, by the printed volume, the printed rate, or both.
fn mean_bytes(duration: u32, targets: &[Target], rng: &mut Rng) -> Result<f64, Fault> {
    let by_rate = range(targets, THROUGHPUT, Statistic::Mean).map(|(low, high)| {
        let bytes = f64::from(duration) / 8.0;
        (low * bytes, high * bytes)
    });
    let volume = range(targets, BYTES, Statistic::Mean);
    let both = match (volume, by_rate) {
        (Some(volume), Some(by_rate)) => meet(volume, by_rate).or(Some(volume)),
        (one, other) => one.or(other),
    };
    both.map(|range| within(range, rng)).filter(|bytes| *bytes > 0.0).ok_or_else(|| {
        let names: Vec<_> = targets.iter().map(|target| target.cell.label()).collect();
        let what = format!("{}: there is no volume to write logs with", names.join("; "));
        Fault::new(what, "add the claim of the mean of `throughput`, or of the mean or total of `bytes`")
    })
}

/// Blocks sent in each run.
fn volumes(
    targets: &[Target],
    mean: f64,
    block: u32,
    courses: &[Course],
    runs: &mut [Values],
    rng: &mut Rng,
) -> Vec<i64> {
    let n = runs.len();
    let block = f64::from(block);
    let cv = [THROUGHPUT, BYTES].into_iter().find_map(|metric| {
        let sd = aim(targets, metric, Statistic::Sd, rng)?;
        Some(sd / aim(targets, metric, Statistic::Mean, rng)?)
    });
    let sd = cv.unwrap_or(0.03) * mean;
    let draw =
        |rng: &mut Rng| scores(n, rng).into_iter().map(|z| (at_score(mean, sd, z) / block).round() as i64).collect();
    let write = |run: usize, blocks: i64, values: &mut Values| {
        let Some(course) = courses.get(run) else { return };
        values.insert(BYTES.into(), blocks as f64 * block);
        values.insert(THROUGHPUT.into(), course.throughput(blocks, block));
    };
    let mut wanted = of_metrics(targets, &[THROUGHPUT, BYTES]);
    // Beside a printed volume, the mean rate is left to the clocks.
    if range(targets, BYTES, Statistic::Mean).is_some() {
        wanted.retain(|target| target.cell.metric.id == BYTES || target.statistic != Statistic::Mean);
    }
    Series { step: |_| 1, floor: vec![1; n], write: &write }.find(draw, runs, &[&wanted], rng)
}

/// When the receiver had everything: late enough for the printed rate, where the printed volume and the usual delay do
/// not give it.
fn arrivals(
    targets: &[Target],
    block: u32,
    blocks: &[i64],
    courses: &mut [Course],
    runs: &mut [Values],
    rng: &mut Rng,
) {
    let block = f64::from(block);
    let sent: Vec<u64> = courses.iter().map(Course::sent).collect();
    let usual = blocks.iter().zip(&*courses).map(|(blocks, course)| course.throughput(*blocks, block)).sum::<f64>();
    let usual = usual / blocks.len() as f64;
    let wanted = range(targets, THROUGHPUT, Statistic::Mean).filter(|(low, high)| !(*low..=*high).contains(&usual));
    // A receiver that lags by more than a fiftieth of the run is another kind of run.
    let late = wanted.map_or(0.0, |range| (usual / within(range, rng) - 1.0).clamp(0.0, 0.02));
    let draw = |rng: &mut Rng| {
        let jitter = |sent: &u64| (*sent as f64 * (1.0 + late)) as i64 + 300 + rng.below(2 * USUAL_DELAY - 600) as i64;
        sent.iter().map(jitter).collect()
    };
    let write = |run: usize, received: i64, values: &mut Values| {
        if let (Some(blocks), Some(course)) = (blocks.get(run), courses.get(run)) {
            let course = Course { received: received.unsigned_abs(), ends: Vec::new(), ..*course };
            values.insert(THROUGHPUT.into(), course.throughput(*blocks, block));
        }
    };
    let floor = sent.iter().map(|sent| *sent as i64 + 100).collect();
    let series = Series { step: |_| 1, floor, write: &write };
    let received = series.find(draw, runs, &[&of_metrics(targets, &[THROUGHPUT])], rng);
    for (course, received) in courses.iter_mut().zip(received) {
        course.received = received.unsigned_abs();
    }
}

/// Retransmits of each run: more variable than a Poisson count, and the fewer the more was sent, as far as the mean of
/// ratios lies above the ratio of totals.
fn retransmits(targets: &[Target], mean_bytes: f64, mss: u32, blocks: &[i64], runs: &mut [Values], rng: &mut Rng) {
    let n = runs.len();
    let mut per_byte = |statistic| {
        let per_gib = aim(targets, PER_GIB, statistic, rng).map(|ratio| ratio / GIB);
        per_gib.or_else(|| aim(targets, LOSS, statistic, rng).map(|loss| loss / f64::from(mss)))
    };
    let (pooled, of_ratios) = (per_byte(Statistic::Pooled), per_byte(Statistic::MeanOfRatios));
    let printed = aim(targets, RETRANSMITS, Statistic::Mean, rng);
    let by_ratio = pooled.or(of_ratios).map(|ratio| ratio * mean_bytes);
    let mean = printed.or(by_ratio).or_else(|| aim(targets, RETRANSMITS, Statistic::Max, rng)).unwrap_or(0.0).max(0.0);
    let volumes: Vec<f64> = blocks.iter().map(|blocks| *blocks as f64).collect();
    let excess = of_ratios.map(|ratio| ratio * mean_bytes / mean).filter(|excess| excess.is_finite());
    let cv = aim(targets, RETRANSMITS, Statistic::Sd, rng).map_or(0.4, |sd| sd / mean);
    let noise = if cv.is_finite() { libm::log1p(cv * cv).sqrt() } else { 0.0 };
    let draw = |rng: &mut Rng| {
        let weights = weights(&volumes, noise, excess, rng);
        let scale = mean * n as f64 / weights.iter().sum::<f64>();
        let mut count = |weight: f64| (weight * scale + (weight * scale).sqrt() * rng.normal()).round().max(0.0);
        weights.into_iter().map(|weight| count(weight) as i64).collect()
    };
    let write = |_, count: i64, values: &mut Values| {
        values.insert(RETRANSMITS.into(), count as f64);
    };
    let series = Series { step: |_| 1, floor: vec![0; n], write: &write };
    // The total first: from there on, exchanges between runs can approach the ratios in small steps.
    let stages = [of_metrics(targets, &[RETRANSMITS]), of_metrics(targets, &[RETRANSMITS, PER_GIB, LOSS])];
    series.find(draw, runs, &stages.each_ref().map(Vec::as_slice), rng);
}

/// Log-normal weights that fall with the volume so steeply that their mean ratio to it is `excess` times the ratio of
/// the totals.
fn weights(volumes: &[f64], noise: f64, excess: Option<f64>, rng: &mut Rng) -> Vec<f64> {
    let (n, total) = (volumes.len() as f64, volumes.iter().sum::<f64>());
    let (noises, sizes) = (scores(volumes.len(), rng), standardised(volumes));
    let at = |slope: f64| -> Vec<f64> {
        noises.iter().zip(&sizes).map(|(z, size)| libm::exp(noise * z - slope * size)).collect()
    };
    let Some(excess) = excess else { return at(0.0) };
    let (mut low, mut high) = (-2.0, 2.0);
    for _ in 0..50 {
        let weights = at((low + high) / 2.0);
        let of_ratios = weights.iter().zip(volumes).map(|(weight, volume)| weight / volume).sum::<f64>() / n;
        let middle = (low + high) / 2.0;
        if of_ratios * total / weights.iter().sum::<f64>() < excess { low = middle } else { high = middle }
    }
    at(low)
}

fn rate(bytes: f64, seconds: f64) -> f64 {
    bytes * 8.0 / seconds
}

/// Shares a whole number out by weights.
fn apportioned(total: i64, weights: &[f64], offset: f64) -> Vec<i64> {
    let sum: f64 = weights.iter().sum();
    let mut so_far = 0.0;
    let mut given = 0;
    let last = weights.len().saturating_sub(1);
    let share = |(i, weight): (usize, &f64)| {
        so_far += weight;
        let upto = if i == last { total } else { ((total as f64 * so_far / sum + offset) as i64).clamp(given, total) };
        let share = upto - given;
        given = upto;
        share
    };
    weights.iter().enumerate().map(share).collect()
}

/// Everything that one log says.
struct Document {
    duration: u32,
    mss: u32,
    block: u32,
    blocks: i64,
    /// Left out, like all that the kernel says of the socket, where nothing was printed about it: that is how iperf3
    /// writes on systems that do not count them.
    retransmits: Option<i64>,
    course: Course,
}

/// What the kernel says of the socket at the end of an interval.
struct Socket {
    retransmits: i64,
    cwnd: f64,
    window: f64,
    rtt: f64,
    rtt_variation: f64,
}

impl Document {
    fn write(&self, rng: &mut Rng) -> String {
        let bytes = self.interval_bytes(rng);
        let sockets = self.retransmits.map(|total| self.sockets(total, rng));
        let start = self.start(rng);
        let end = self.end(sockets.as_deref(), rng);
        let starts = std::iter::once(0).chain(self.course.ends.iter().copied());
        let intervals = starts.zip(&self.course.ends).zip(bytes).enumerate().map(|(i, ((start, end), bytes))| {
            let socket = sockets.as_ref().and_then(|sockets| sockets.get(i));
            interval(start, *end, bytes, socket)
        });
        let intervals = List(intervals.collect());
        let title = Text(NOTICE.to_owned());
        let mut out = String::new();
        Object(vec![("start", start), ("intervals", intervals), ("end", end), ("title", title)]).print(0, &mut out);
        out.push('\n');
        out
    }

    fn interval_bytes(&self, rng: &mut Rng) -> Vec<f64> {
        let mut level = 0.0;
        let weight = |_: &u64| {
            level = 0.6 * level + 0.03 * rng.normal();
            (1.0 + level).max(0.2)
        };
        let weights: Vec<f64> = self.course.ends.iter().map(weight).collect();
        apportioned(self.blocks, &weights, 0.0)
            .into_iter()
            .map(|blocks| blocks as f64 * f64::from(self.block))
            .collect()
    }

    /// Retransmits come in bursts; the window and the RTT wander.
    fn sockets(&self, total: i64, rng: &mut Rng) -> Vec<Socket> {
        let intervals = self.course.ends.len() as f64;
        let burstiness = (0.3 + intervals / (total as f64 + 1.0)).min(4.0).sqrt();
        let weights: Vec<f64> = self.course.ends.iter().map(|_| libm::exp(burstiness * rng.normal())).collect();
        let counts = apportioned(total, &weights, rng.uniform());
        let usual_rtt = 160.0 + 120.0 * rng.uniform();
        let bytes_per_us = self.blocks as f64 * f64::from(self.block) / (intervals * 1e6);
        let socket = |retransmits| {
            let rtt = (usual_rtt * libm::exp(0.25 * rng.normal())).round();
            let segments = (bytes_per_us * rtt * (1.3 + rng.uniform()) / f64::from(self.mss)).round().max(10.0);
            Socket {
                retransmits,
                cwnd: segments * f64::from(self.mss),
                window: 3_145_728.0 + 128.0 * rng.below(2048) as f64,
                rtt,
                rtt_variation: (rtt * (0.1 + 0.4 * rng.uniform())).round(),
            }
        };
        counts.into_iter().map(socket).collect()
    }

    fn start(&self, rng: &mut Rng) -> Json {
        let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
        let letter = |_| alphabet.get(rng.below(32) as usize).map_or('a', |letter| char::from(*letter));
        let cookie: String = (0..36).map(letter).collect();
        let connected = Object(vec![
            ("socket", Number(5.0)),
            ("local_host", text(CLIENT)),
            ("local_port", Number(32_768.0 + rng.below(28_232) as f64)),
            ("remote_host", text(SERVER)),
            ("remote_port", Number(5201.0)),
        ]);
        let test_start = Object(vec![
            ("protocol", text("TCP")),
            ("num_streams", Number(1.0)),
            ("blksize", Number(f64::from(self.block))),
            ("omit", Number(0.0)),
            ("duration", Number(f64::from(self.duration))),
            ("bytes", Number(0.0)),
            ("blocks", Number(0.0)),
            ("reverse", Number(0.0)),
            ("tos", Number(0.0)),
            ("target_bitrate", Number(0.0)),
        ]);
        Object(vec![
            ("connected", List(vec![connected])),
            ("version", text("iperf 3.12")),
            ("system_info", text(NOTICE)),
            // When the runs were made was not published: the beginning of the epoch is no date of a measurement.
            ("timestamp", Object(vec![("time", text("Thu, 01 Jan 1970 00:00:00 GMT")), ("timesecs", Number(0.0))])),
            ("connecting_to", Object(vec![("host", text(SERVER)), ("port", Number(5201.0))])),
            ("cookie", Text(cookie)),
            ("tcp_mss_default", Number(f64::from(self.mss))),
            ("target_bitrate", Number(0.0)),
            ("sock_bufsize", Number(0.0)),
            ("sndbuf_actual", Number(16_384.0)),
            ("rcvbuf_actual", Number(131_072.0)),
            ("test_start", test_start),
        ])
    }

    fn end(&self, sockets: Option<&[Socket]>, rng: &mut Rng) -> Json {
        let block = f64::from(self.block);
        let (sent, received) = (self.blocks as f64 * block, self.course.blocks_received(self.blocks) as f64 * block);
        let (ended, ended_there) = (self.course.sent() as f64 / 1e6, self.course.received as f64 / 1e6);
        let span = |end: f64, seconds: f64, bytes: f64| {
            let rate = Number(rate(bytes, end));
            vec![
                ("start", Number(0.0)),
                ("end", Number(end)),
                ("seconds", Number(seconds)),
                ("bytes", Number(bytes)),
                ("bits_per_second", rate),
            ]
        };
        let of_socket = |mut keys: Vec<_>| {
            keys.insert(0, ("socket", Number(5.0)));
            keys
        };
        let mut sender = of_socket(span(ended, ended, sent));
        let mut sum_sent = span(ended, ended, sent);
        // iperf 3.12 gives a stream's receiver the sender's seconds.
        let mut receiver = of_socket(span(ended_there, ended, received));
        let mut sum_received = span(ended_there, ended_there, received);
        if let Some((sockets, total)) = sockets.zip(self.retransmits) {
            let largest = |value: fn(&Socket) -> f64| Number(sockets.iter().map(value).fold(0.0, f64::max));
            let rtt = || sockets.iter().map(|socket| socket.rtt);
            sender.extend([
                ("retransmits", Number(total as f64)),
                ("max_snd_cwnd", largest(|socket| socket.cwnd)),
                ("max_snd_wnd", largest(|socket| socket.window)),
                ("max_rtt", largest(|socket| socket.rtt)),
                ("min_rtt", Number(rtt().fold(f64::MAX, f64::min))),
                ("mean_rtt", Number((rtt().sum::<f64>() / sockets.len() as f64).floor())),
            ]);
            sum_sent.push(("retransmits", Number(total as f64)));
        }
        for keys in [&mut sender, &mut receiver, &mut sum_sent, &mut sum_received] {
            keys.push(("sender", Flag(true)));
        }
        let streams = Object(vec![("sender", Object(sender)), ("receiver", Object(receiver))]);
        Object(vec![
            ("streams", List(vec![streams])),
            ("sum_sent", Object(sum_sent)),
            ("sum_received", Object(sum_received)),
            ("cpu_utilization_percent", cpu(rate(sent, ended), rng)),
            ("sender_tcp_congestion", text("cubic")),
            ("receiver_tcp_congestion", text("cubic")),
        ])
    }
}

/// Both ends are kept busy by the kernel, in proportion to the rate.
fn cpu(bits_per_second: f64, rng: &mut Rng) -> Json {
    let mut side = || {
        let total = (bits_per_second / 1e9 * (3.0 + 0.6 * rng.uniform()) + rng.uniform()).min(97.0 + rng.uniform());
        let user = total * (0.02 + 0.02 * rng.uniform());
        [total, user, total - user].map(Number)
    };
    let ([host_total, host_user, host_system], [remote_total, remote_user, remote_system]) = (side(), side());
    Object(vec![
        ("host_total", host_total),
        ("host_user", host_user),
        ("host_system", host_system),
        ("remote_total", remote_total),
        ("remote_user", remote_user),
        ("remote_system", remote_system),
    ])
}

fn interval(start: u64, end: u64, bytes: f64, socket: Option<&Socket>) -> Json {
    // iperf3 keeps an interval's length in single precision.
    let seconds = f64::from(((end - start) as f64 / 1e6) as f32);
    let span = || {
        vec![
            ("start", Number(start as f64 / 1e6)),
            ("end", Number(end as f64 / 1e6)),
            ("seconds", Number(seconds)),
            ("bytes", Number(bytes)),
            ("bits_per_second", Number(rate(bytes, seconds))),
        ]
    };
    let (mut stream, mut sum) = (span(), span());
    stream.insert(0, ("socket", Number(5.0)));
    if let Some(socket) = socket {
        let retransmits = socket.retransmits as f64;
        stream.extend([
            ("retransmits", Number(retransmits)),
            ("snd_cwnd", Number(socket.cwnd)),
            ("snd_wnd", Number(socket.window)),
            ("rtt", Number(socket.rtt)),
            ("rttvar", Number(socket.rtt_variation)),
            ("pmtu", Number(1500.0)),
        ]);
        sum.push(("retransmits", Number(retransmits)));
    }
    for keys in [&mut stream, &mut sum] {
        keys.extend([("omitted", Flag(false)), ("sender", Flag(true))]);
    }
    Object(vec![("streams", List(vec![Object(stream)])), ("sum", Object(sum))])
}

/// A document as cJSON lays it out: keys in the order given, tabs, a tab after the colon.
enum Json {
    Text(String),
    Number(f64),
    Flag(bool),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

use Json::{Flag, List, Number, Object, Text};

fn text(text: &str) -> Json {
    Text(text.to_owned())
}

impl Json {
    fn print(&self, depth: usize, out: &mut String) {
        match self {
            // Nothing that is written here needs an escape.
            Text(text) => out.extend(["\"", text, "\""]),
            Number(number) => out.push_str(&shortest(*number)),
            Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
            List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    item.print(depth + 1, out);
                }
                out.push(']');
            }
            Object(keys) => {
                out.push('{');
                for (i, (key, value)) in keys.iter().enumerate() {
                    out.push_str(if i == 0 { "\n" } else { ",\n" });
                    out.push_str(&"\t".repeat(depth + 1));
                    out.extend(["\"", key, "\":\t"]);
                    value.print(depth + 1, out);
                }
                out.push('\n');
                out.push_str(&"\t".repeat(depth));
                out.push('}');
            }
        }
    }
}

/// A number in 15 significant digits where those bring back the same double, else in 17, as cJSON prints it.
fn shortest(number: f64) -> String {
    let digits = |places: usize| {
        let whole = if number == 0.0 { 1 } else { libm::log10(number.abs()).floor() as i64 + 1 };
        let decimals = usize::try_from(places as i64 - whole).unwrap_or(0);
        let text = format!("{number:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    let short = digits(15);
    if short.parse() == Ok(number) { short } else { digits(17) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_iperf3_prints_them() {
        for (number, expected) in [
            (0.0, "0"),
            (3152936960.0, "3152936960"),
            (1.000449, "1.000449"),
            (f64::from(1.000449_f32), "1.0004489421844482"),
            (f64::from(0.999855_f32), "0.99985498189926147"),
            (3152936960.0 * 8.0 / f64::from(1.000449_f32), "25212176870.241177"),
        ] {
            assert_eq!(shortest(number), expected);
        }
    }

    #[test]
    fn shares_sum_to_the_whole() {
        for total in [0, 1, 7, 3245, i64::from(u32::MAX)] {
            let shares = apportioned(total, &[0.1, 5.0, 1e-9, 2.0], 0.7);
            assert_eq!((shares.iter().sum::<i64>(), shares.iter().min() >= Some(&0)), (total, true));
        }
    }
}
