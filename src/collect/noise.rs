//! What else the machine does: its CPU times, loads and facts, read where the tools run.

use std::time::Duration;

use super::process::{self, Limits};
use crate::study::{CpuSeconds, MOST_FOREIGN_LOAD, Machine};

/// The command, behind a mode's prefix, that a [`Reading`] is taken from.
pub const READING: &[&str] = &["cat", "/proc/stat", "/proc/loadavg"];

/// The command that [`machine`] is taken from. Files that are not there are passed over.
pub const FACTS: &[&str] = &[
    "cat",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/net/ipv4/tcp_congestion_control",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
    "/proc/cpuinfo",
];

/// Clock ticks of `/proc/stat` in a second: the kernel's USER_HZ, 100 on every Linux that wrk and iperf3 run on.
const TICKS: f64 = 100.0;

/// The CPUs' time since the machine's start, and its load averages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub cpu: CpuSeconds,
    pub load: Option<[f64; 3]>,
}

impl Reading {
    /// Reads with `argv`, which is [`READING`] behind a prefix; `None` where that cannot be done.
    pub fn take(argv: &[String], limits: &Limits) -> Option<Self> {
        let limits = Limits { limit: limits.limit.min(Duration::from_secs(20)), ..*limits };
        Self::of(&process::output(argv, &limits).1)
    }

    fn of(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.starts_with("cpu "))?;
        let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
        let at = |i: usize| ticks.get(i).map_or(0.0, |ticks| ticks / TICKS);
        // user nice system idle iowait irq softirq steal; guest time is part of user.
        let cpu = CpuSeconds {
            user: at(0) + at(1),
            system: at(2) + at(5),
            softirq: at(6),
            steal: at(7),
            idle: at(3) + at(4),
            total: (0..8).map(at).sum(),
        };
        let load = text.lines().find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let is_load = words.len() == 5 && words[3].contains('/');
            let [a, b, c] = [words.first()?, words.get(1)?, words.get(2)?].map(|word| word.parse().ok());
            is_load.then_some([a?, b?, c?])
        });
        Some(Self { cpu, load })
    }

    /// The time spent since an earlier reading.
    pub fn since(&self, earlier: &Self) -> CpuSeconds {
        let (a, b) = (earlier.cpu, self.cpu);
        // Whole hundredths, as they are counted.
        let difference = |from: f64, to: f64| ((to - from) * TICKS).round().max(0.0) / TICKS;
        CpuSeconds {
            user: difference(a.user, b.user),
            system: difference(a.system, b.system),
            softirq: difference(a.softirq, b.softirq),
            steal: difference(a.steal, b.steal),
            idle: difference(a.idle, b.idle),
            total: difference(a.total, b.total),
        }
    }
}

/// Share of the CPUs' time that was in use or taken away; `None` over too short a time to tell.
pub fn busy(cpu: &CpuSeconds) -> Option<f64> {
    (cpu.total >= 0.2).then(|| ((1.0 - cpu.idle / cpu.total) * 1000.0).round() / 1000.0)
}

/// The share of the CPUs that others use while nothing of the study runs, over the pause before a run; waits up to
/// `patience` seconds more until it is small. Over less than a second it is not told: reading takes time itself, above all
/// through ssh. `waiting` is told the share when it begins to wait for less.
pub fn foreign_load(argv: &[String], pause: f64, patience: u32, limits: &Limits, waiting: &dyn Fn(f64)) -> Option<f64> {
    if pause < 1.0 && patience == 0 {
        process::wait(pause, limits.stop);
        return None;
    }
    let mut first = Reading::take(argv, limits);
    process::wait(pause.max(1.0), limits.stop);
    let mut waited = 0;
    loop {
        let last = Reading::take(argv, limits);
        let share = last.zip(first).and_then(|(last, first)| busy(&last.since(&first)));
        let is_quiet = share.is_some_and(|share| share <= MOST_FOREIGN_LOAD);
        if let Some(share) = share.filter(|_| !is_quiet && waited == 0 && patience > 0) {
            waiting(share);
        }
        if is_quiet || waited >= patience || !process::wait(1.0, limits.stop) {
            return share;
        }
        waited += 1;
        first = last;
    }
}

/// What a machine says of itself, from what [`FACTS`] prints.
pub fn machine(text: &str) -> Machine {
    const GOVERNORS: &[&str] = &["performance", "powersave", "ondemand", "conservative", "schedutil", "userspace"];
    let mut lines = text.lines().map(str::trim);
    let mut machine =
        Machine { kernel: lines.next().filter(|line| !line.is_empty()).map(str::to_owned), ..Machine::default() };
    for line in lines {
        match line.split_once(':') {
            None if GOVERNORS.contains(&line) => machine.governor = Some(line.to_owned()),
            None if !line.is_empty() && machine.cpus.is_none() => machine.congestion_control = Some(line.to_owned()),
            Some((key, _)) if key.trim() == "processor" => *machine.cpus.get_or_insert(0) += 1,
            Some((key, value)) if key.trim() == "model name" => machine.cpu_model = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    machine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_s_facts_are_found_where_they_are_there() {
        let text = "6.1.0\nbbr\npowersave\nprocessor\t: 0\nmodel name\t: A CPU @ 2 GHz\n\nprocessor\t: 1\n";
        let expected = Machine {
            cpus: Some(2),
            cpu_model: Some("A CPU @ 2 GHz".to_owned()),
            governor: Some("powersave".to_owned()),
            kernel: Some("6.1.0".to_owned()),
            congestion_control: Some("bbr".to_owned()),
            interface: None,
        };
        assert_eq!(machine(text), expected);
        assert_eq!(machine(""), Machine::default());
    }

    #[test]
    fn the_time_between_two_readings() {
        let text = |user: u32, steal: u32| {
            format!("cpu  {user} 0 50 1000 0 0 20 {steal} 0 0\ncpu0 1 2 3\n0.50 0.40 0.30 1/234 5678\n")
        };
        let (a, b) = (Reading::of(&text(100, 0)).unwrap(), Reading::of(&text(180, 20)).unwrap());
        let cpu = b.since(&a);
        assert_eq!((cpu.user, cpu.steal, cpu.total), (0.8, 0.2, 1.0));
        assert_eq!((busy(&cpu), a.load), (Some(1.0), Some([0.5, 0.4, 0.3])));
        assert_eq!(Reading::of("nothing"), None);
    }
}
