//! The interface that a tool's traffic leaves by: its MTU, queueing discipline and offloads, read where the tool runs.

use crate::study::{Interface, Machine};

/// Says by which interface the host in `$0` is reached, and what is set there; silent on what cannot be told.
const SCRIPT: &str = "a=$(getent ahosts \"$0\" 2>/dev/null | head -n 1); a=${a%% *}; \
    r=$(ip -o route get \"${a:-$0}\" 2>/dev/null); echo \"route $r\"; d=${r##* dev }; d=${d%% *}; \
    if [ -z \"$d\" ]; then while read -r i t x; do if [ \"$t\" = 00000000 ]; then d=$i; fi; done </proc/net/route; fi; \
    if [ -n \"$d\" ]; then echo \"interface $d\"; read -r m <\"/sys/class/net/$d/mtu\" && echo \"link mtu $m\"; \
    ip -o link show dev \"$d\"; tc qdisc show dev \"$d\"; ethtool -k \"$d\"; fi 2>/dev/null; true";

/// The command, behind a mode's prefix, that [`read`] reads the output of.
pub fn command(host: &str) -> Vec<String> {
    ["sh", "-c", SCRIPT, host].map(str::to_owned).to_vec()
}

/// Adds what the command said.
pub fn read(text: &str, machine: &mut Machine) {
    let mut found = Interface::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |name: &str| words.iter().position(|word| *word == name).and_then(|i| words.get(i + 1));
        match words.first() {
            // A route may have another congestion control than the machine.
            Some(&"route") => {
                if let Some(name) = after("congctl") {
                    machine.congestion_control = Some((*name).to_owned());
                }
            }
            Some(&"interface") => found.name = words.get(1).map(|name| (*name).to_owned()),
            Some(&"qdisc") if words.contains(&"root") => found.qdisc = Some(qdisc(&words)),
            Some(word) => {
                let on = words.get(1).map(|state| *state == "on");
                match *word {
                    "tcp-segmentation-offload:" => found.tso = on,
                    "generic-segmentation-offload:" => found.gso = on,
                    "generic-receive-offload:" => found.gro = on,
                    _ => {
                        found.mtu = after("mtu").and_then(|mtu| mtu.parse().ok()).or(found.mtu);
                        found.qdisc = found.qdisc.or_else(|| after("qdisc").map(|name| (*name).to_owned()));
                    }
                }
            }
            None => {}
        }
    }
    machine.interface = Some(found).filter(|found| *found != Interface::default());
}

/// Kind and parameters, without handle, place and use count: `tbf rate 1Gbit burst 128Kb lat 50ms`.
fn qdisc(words: &[&str]) -> String {
    let mut rest = words.iter().skip(1);
    let mut kept: Vec<&str> = rest.next().copied().into_iter().collect();
    while let Some(word) = rest.next() {
        match *word {
            "root" => {}
            "refcnt" => _ = rest.next(),
            word if word.ends_with(':') => {}
            word => kept.push(word),
        }
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_read_as_far_as_it_says() {
        let text = "route 10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \\    cache congctl cubic\ninterface eth0\nlink mtu 9000
2: eth0@if3: <UP> mtu 1500 qdisc tbf state UP mode DEFAULT\\    link/ether 02:00\nqdisc tbf 8001: root refcnt 2 rate 1Gbit burst 128Kb lat 50ms
qdisc fq_codel 8002: parent 8001:1 limit 10240p\nFeatures for eth0:\ntcp-segmentation-offload: on\n\ttx-tcp-segmentation: on
generic-segmentation-offload: off\ngeneric-receive-offload: off [fixed]\n";
        let mut machine = Machine { congestion_control: Some("bbr".to_owned()), ..Machine::default() };
        read(text, &mut machine);
        assert_eq!(machine.congestion_control.as_deref(), Some("cubic"));
        let expected = Interface {
            name: Some("eth0".to_owned()),
            mtu: Some(1500),
            qdisc: Some("tbf rate 1Gbit burst 128Kb lat 50ms".to_owned()),
            tso: Some(true),
            gso: Some(false),
            gro: Some(false),
        };
        assert_eq!(machine.interface, Some(expected));
        read("route \n", &mut machine);
        assert_eq!(machine.interface, None);
    }
}
