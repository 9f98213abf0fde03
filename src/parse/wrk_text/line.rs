//! One line of wrk's or wrk2's report → what it says.

use super::super::wrk_json;

/// What a line of a report says.
pub(super) enum Line<'a> {
    Command {
        rate: f64,
    },
    Unable {
        address: &'a str,
        reason: &'a str,
    },
    Json(&'a str),
    Running {
        intended: Intended,
        url: &'a str,
    },
    GoWrk,
    Setup {
        threads: u64,
        connections: u64,
    },
    Calibration,
    Stats {
        max_is_p99: bool,
        interrupted: bool,
    },
    Latency {
        mean: Printed,
        sd: Printed,
        max: Printed,
    },
    LatencyWithoutUnit,
    RequestRateIsNan,
    Heading {
        table: Table,
        is_hdr: bool,
    },
    /// Percentage and seconds.
    Percentile(f64, Printed),
    /// The same from wrk2's long table.
    Spectrum(f64, Printed),
    HdrMean {
        mean: Printed,
        sd: Printed,
    },
    HdrMax(Printed),
    Totals {
        requests: u64,
        duration: Printed,
        bytes: f64,
    },
    SocketErrors(SocketErrors),
    StatusErrors(u64),
    RequestsPerSecond(Printed),
    TransferRate(f64),
}

impl Line<'_> {
    pub(super) fn stage(&self) -> Option<Stage> {
        match self {
            Self::Running { .. } => Some(Stage::Running),
            Self::Setup { .. } => Some(Stage::Setup),
            Self::Calibration => Some(Stage::Calibration),
            Self::Stats { .. } => Some(Stage::Stats),
            Self::Latency { .. } | Self::LatencyWithoutUnit => Some(Stage::Latency),
            Self::Totals { .. } => Some(Stage::Totals),
            _ => None,
        }
    }
}

/// How far a report has come. A line of a stage already reached begins the next report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    #[default]
    Start,
    Running,
    Setup,
    Calibration,
    Stats,
    Latency,
    Totals,
}

/// Which table of a report the next lines belong to. wrk2's second view of the same run (`--u_latency`) is none: it
/// must not be merged with the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Table {
    #[default]
    None,
    Distribution,
    Spectrum,
}

/// The duration asked for, as `Running … test` says: without decimals, and in minutes from 51 s up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Intended {
    pub amount: f64,
    pub unit: Unit,
}

impl Intended {
    /// The shortest duration that is printed so: wrk changes to the next unit at 0.85 of it, and rounds.
    pub(super) fn least_seconds(self) -> f64 {
        let (_, factor, _) = self.unit;
        match (factor > 1.0, self.amount > 1.0) {
            (false, _) => self.amount,
            (true, false) => 0.85 * factor,
            (true, true) => (self.amount - 0.5) * factor,
        }
    }
}

/// A printed number in base units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printed {
    /// NaN where the log says `nan`.
    pub value: f64,
    /// Half a unit of the last digit.
    pub half_digit: f64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SocketErrors {
    pub connect: u64,
    pub read: u64,
    pub write: u64,
    pub timeout: u64,
}

/// No line of a report is longer, but for the JSON line.
const LONGEST: usize = 4096;

/// How a kind of line is read from what stands before and after its words; `None` where it is of another kind.
type Reading = for<'a> fn(&'a str, &'a str) -> Option<Line<'a>>;

/// The words of each kind of line. All begin with an ASCII character.
const KINDS: &[(&str, Reading)] = &[
    ("Running ", running),
    ("threads and ", setup),
    ("Thread calibration", |_, _| Some(Line::Calibration)),
    ("Thread Stats", stats),
    ("Latency Distribution", distribution),
    ("Latency", latency),
    ("Req/Sec", request_rate),
    ("Detailed Percentile spectrum", |_, _| Some(Line::Heading { table: Table::Spectrum, is_hdr: true })),
    ("requests in ", totals),
    ("Socket errors:", socket_errors),
    ("Non-2xx or 3xx responses:", status_errors),
    ("Requests/sec:", requests_per_second),
    ("Transfer/sec:", transfer_rate),
    ("-R", command),
    ("--rate", command),
    ("unable to connect to ", unable),
    ("unable to resolve ", unable),
    ("goroutine(s) running", |_, _| Some(Line::GoWrk)),
];

/// For every byte, which of [`KINDS`] have it as their first byte, one bit each.
const FIRST: [u32; 256] = kinds_with_byte_at(0);
/// The same of the second byte.
const SECOND: [u32; 256] = kinds_with_byte_at(1);

const fn kinds_with_byte_at(at: usize) -> [u32; 256] {
    let mut kinds = [0; 256];
    let mut kind = 0;
    while kind < KINDS.len() {
        kinds[KINDS[kind].0.as_bytes()[at] as usize] |= 1 << kind;
        kind += 1;
    }
    kinds
}

/// Whether the text has a line that only wrk prints, or the two that end its report.
pub(super) fn is_of_wrk(text: &str) -> bool {
    let is_end = |line: &str| matches!(classify(line, Table::None), Some(Line::TransferRate(_)));
    let has_end =
        ["Requests/sec:", "Transfer/sec:"].iter().all(|words| text.contains(words)) && text.lines().any(is_end);
    let words = ["Thread Stats", " test @ ", " requests in ", "unable to "];
    let is_sign = |line: Line| {
        matches!(line, Line::Stats { .. } | Line::Running { .. } | Line::Totals { .. } | Line::Unable { .. })
    };
    has_end
        || words.iter().any(|words| text.contains(words))
            && text.lines().any(|line| classify(line, Table::None).is_some_and(is_sign))
}

pub(super) fn classify(line: &str, table: Table) -> Option<Line<'_>> {
    if line.len() > LONGEST {
        return json(line);
    }
    let of_table = match table {
        Table::None => None,
        Table::Distribution => percentile(line).or_else(|| hdr(line)),
        Table::Spectrum => spectrum(line).or_else(|| hdr(line)),
    };
    of_table.or_else(|| by_words(line)).or_else(|| json(line))
}

/// Looks for the words of [`KINDS`] from left to right. Nearly all places are ruled out by two bytes, which is what
/// makes this fast.
fn by_words(line: &str) -> Option<Line<'_>> {
    let pairs = line.bytes().zip(line.bytes().skip(1));
    pairs.enumerate().find_map(|(at, (first, second))| {
        let candidates = FIRST[usize::from(first)] & SECOND[usize::from(second)];
        if candidates == 0 {
            return None;
        }
        let (before, from) = line.split_at_checked(at)?;
        let kinds = KINDS.iter().enumerate().filter(|(kind, _)| candidates & (1 << kind) != 0);
        kinds.map(|(_, kind)| kind).find_map(|(words, reading)| reading(before, from.strip_prefix(words)?))
    })
}

fn json(line: &str) -> Option<Line<'_>> {
    let from = line.get(line.find('{')?..)?;
    from.get(from.find(wrk_json::MARKER)?..).map(Line::Json)
}

/// `Running 30s test @ http://…`
fn running<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    let (duration, rest) = rest.split_once(' ')?;
    let (Printed { value: seconds, .. }, unit) = number_and_unit(duration, TIME)?;
    let (_, factor, _) = unit;
    let url = first(rest.strip_prefix("test @ ")?)?.trim_end_matches('`');
    Some(Line::Running { intended: Intended { amount: seconds / factor, unit }, url })
}

/// `  4 threads and 100 connections`
fn setup<'a>(before: &'a str, rest: &'a str) -> Option<Line<'a>> {
    let (connections, rest) = rest.split_once(' ')?;
    rest.starts_with("connections").then_some(())?;
    Some(Line::Setup { threads: last_count(before)?, connections: count(connections)? })
}

/// `  Thread Stats   Avg      Stdev     Max   +/- Stdev`
fn stats<'a>(before: &'a str, columns: &'a str) -> Option<Line<'a>> {
    let (max_is_p99, interrupted) = (columns.contains("99%"), before.contains("^C"));
    columns.contains("Avg").then_some(Line::Stats { max_is_p99, interrupted })
}

/// `    Latency     1.23ms  456.78us  12.34ms   85.00%`
fn latency<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    let mut cells = rest.starts_with(char::is_whitespace).then(|| rest.split_whitespace())?;
    let [mean, sd, max, within] = [cells.next()?, cells.next()?, cells.next()?, cells.next()?];
    within.ends_with('%').then_some(())?;
    if let (Some(mean), Some(sd), Some(max)) = (quantity(mean, TIME), quantity(sd, TIME), quantity(max, TIME)) {
        return Some(Line::Latency { mean, sd, max });
    }
    [mean, sd, max].iter().all(|cell| quantity(cell, PLAIN).is_some()).then_some(Line::LatencyWithoutUnit)
}

/// `    Req/Sec       -nan      -nan   0.00      0.00%`
fn request_rate<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    quantity(first(rest)?, PLAIN)?.value.is_nan().then_some(Line::RequestRateIsNan)
}

/// `  Latency Distribution (HdrHistogram - Recorded Latency)`
fn distribution<'a>(_: &str, view: &'a str) -> Option<Line<'a>> {
    let table = if view.contains("Uncorrected") { Table::None } else { Table::Distribution };
    Some(Line::Heading { table, is_hdr: view.contains("HdrHistogram") })
}

/// `     50%    1.10ms`
fn percentile(line: &str) -> Option<Line<'_>> {
    let (percent, rest) = line.split_once('%')?;
    let percent = without_prefix(percent.split_whitespace().next_back()?);
    let percent = quantity(percent, PLAIN)?.value;
    let printed = quantity(first(rest)?, TIME)?;
    (percent <= 100.0 && printed.value.is_finite()).then_some(Line::Percentile(percent, printed))
}

/// `       2.713     0.998437        49917       640.00`: milliseconds, whatever the rest of the report is in.
fn spectrum(line: &str) -> Option<Line<'_>> {
    let mut cells = line.split_ascii_whitespace().rev();
    let [inverse, count, share, value] = [cells.next()?, cells.next()?, cells.next()?, cells.next()?];
    let is_number = |cell: &str| cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    let is_row = (inverse == "inf" || is_number(inverse)) && is_number(count);
    let share = quantity(share, PLAIN)?.value;
    let printed = quantity(value, MILLISECONDS)?;
    (is_row && share <= 1.0 && printed.value.is_finite()).then_some(Line::Spectrum(share * 100.0, printed))
}

/// `#[Mean    =        1.251, StdDeviation   =        0.408]` or
/// `#[Max     =     2443.264, Total count    =       339989]`, in milliseconds.
fn hdr(line: &str) -> Option<Line<'_>> {
    if let Some((mean, rest)) = named(line, "Mean") {
        return Some(Line::HdrMean { mean, sd: named(rest, "StdDeviation")?.0 });
    }
    Some(Line::HdrMax(named(line, "Max")?.0))
}

/// The milliseconds in `name = 1.251, …`, and what follows them.
fn named<'a>(line: &'a str, name: &str) -> Option<(Printed, &'a str)> {
    let rest = line.split_once(name)?.1.trim_start().strip_prefix('=')?.trim_start();
    let (value, rest) = rest.split_once([',', ']']).unwrap_or((rest.trim_end(), ""));
    Some((quantity(value, MILLISECONDS)?, rest))
}

/// `  2436789 requests in 30.10s, 1.92GB read`
fn totals<'a>(before: &'a str, rest: &'a str) -> Option<Line<'a>> {
    let mut words = rest.split_whitespace();
    let [duration, bytes, read] = [words.next()?, words.next()?, words.next()?];
    let duration = quantity(duration.strip_suffix(',')?, TIME)?;
    let bytes = read.starts_with("read").then(|| quantity(bytes, BYTES))??.value;
    Some(Line::Totals { requests: last_count(before)?, duration, bytes })
}

/// `  Socket errors: connect 0, read 0, write 0, timeout 12`
fn socket_errors<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    let named = |name: &str| count(first(rest.split_once(name)?.1)?.trim_end_matches(','));
    Some(Line::SocketErrors(SocketErrors {
        connect: named("connect")?,
        read: named("read")?,
        write: named("write")?,
        timeout: named("timeout")?,
    }))
}

/// `  Non-2xx or 3xx responses: 90`
fn status_errors<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    Some(Line::StatusErrors(count(first(rest)?)?))
}

/// `Requests/sec:  80956.44`
fn requests_per_second<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    Some(Line::RequestsPerSecond(quantity(first(rest)?, PLAIN)?))
}

/// `Transfer/sec:     65.31MB`
fn transfer_rate<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    Some(Line::TransferRate(quantity(first(rest)?, BYTES)?.value))
}

/// `$ wrk -t4 -c100 -d30s -R20k http://…`
fn command<'a>(before: &'a str, rest: &'a str) -> Option<Line<'a>> {
    (before.ends_with(' ') && before.contains("wrk")).then_some(())?;
    let rate = quantity(first(rest.trim_start_matches('='))?, COUNTS)?;
    Some(Line::Command { rate: rate.value })
}

/// `unable to connect to localhost:8888 Connection refused`. iperf3 and others say nearly the same, but not
/// `host:port` followed by the reason.
fn unable<'a>(_: &str, rest: &'a str) -> Option<Line<'a>> {
    let (address, reason) = rest.split_once(' ')?;
    let (host, port) = address.rsplit_once(':')?;
    let is_address = !host.is_empty() && !port.is_empty() && port.chars().all(char::is_alphanumeric);
    is_address.then_some(Line::Unable { address, reason: reason.trim_end() })
}

/// A unit's name, and its factor and divisor to the base unit: dividing by 1e6 is exact where multiplying by 1e-6
/// is not.
pub(super) type Unit = (&'static str, f64, f64);

const PLAIN: &[Unit] = &[("", 1.0, 1.0)];
const MILLISECONDS: &[Unit] = &[("", 1.0, 1e3)];
const TIME: &[Unit] = &[("us", 1.0, 1e6), ("ms", 1.0, 1e3), ("s", 1.0, 1.0), ("m", 60.0, 1.0), ("h", 3600.0, 1.0)];
const COUNTS: &[Unit] = &[("", 1.0, 1.0), ("k", 1e3, 1.0), ("K", 1e3, 1.0), ("M", 1e6, 1.0), ("G", 1e9, 1.0)];
const KIB: f64 = 1024.0;
const BYTES: &[Unit] = &[
    ("B", 1.0, 1.0),
    ("KB", KIB, 1.0),
    ("MB", KIB * KIB, 1.0),
    ("GB", KIB * KIB * KIB, 1.0),
    ("TB", KIB * KIB * KIB * KIB, 1.0),
    ("PB", KIB * KIB * KIB * KIB * KIB, 1.0),
];

fn quantity(token: &str, units: &[Unit]) -> Option<Printed> {
    number_and_unit(token, units).map(|(printed, _)| printed)
}

/// A number glued to one of `units`. Reads `-nan` and `-nanus` as NaN.
fn number_and_unit(token: &str, units: &[Unit]) -> Option<(Printed, Unit)> {
    let (sign, unsigned) = token.strip_prefix('-').map_or((1.0, token), |unsigned| (-1.0, unsigned));
    let end = if unsigned.starts_with("nan") {
        "nan".len()
    } else {
        unsigned.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b',')).unwrap_or(unsigned.len())
    };
    let (number, unit) = unsigned.split_at_checked(end)?;
    let unit = *units.iter().find(|(name, ..)| *name == unit)?;
    let (_, factor, divisor) = unit;
    let (digits, decimals) = if number == "nan" { (f64::NAN, 0) } else { decimal(number)? };
    // One division of whole numbers, so that 1.43 ms is 0.00143 s to the last bit.
    let divisor = divisor * 10f64.powi(decimals);
    Some((Printed { value: sign * digits * factor / divisor, half_digit: 0.5 * factor / divisor }, unit))
}

/// The digits of a decimal number as a whole number, and how many of them are decimals: `12,500.25` → (1250025, 2).
fn decimal(number: &str) -> Option<(f64, i32)> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole_number(whole.bytes().chain(decimals.bytes()))?;
    has_thousands(whole).then_some((digits as f64, i32::try_from(decimals.len()).ok()?))
}

/// The whole number that the digits make; commas are skipped.
fn whole_number(bytes: impl Iterator<Item = u8>) -> Option<u64> {
    let mut number: Option<u64> = None;
    for byte in bytes.filter(|&byte| byte != b',') {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit))?);
    }
    number
}

/// Whether every comma is followed by three digits, as in `12,500`.
fn has_thousands(whole: &str) -> bool {
    whole.split(',').skip(1).all(|group| group.len() == 3)
}

fn count(token: &str) -> Option<u64> {
    let token = token.trim();
    has_thousands(token).then(|| whole_number(token.bytes()))?
}

fn first(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

/// The whole number at the end of `text`.
fn last_count(text: &str) -> Option<u64> {
    count(without_prefix(text.split_whitespace().next_back()?))
}

/// What a wrapper has glued to the front of a number: "`4" → "4".
fn without_prefix(token: &str) -> &str {
    token.trim_start_matches(|c: char| !c.is_ascii_digit())
}
