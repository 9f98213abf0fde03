//! The testbed of `testbed/netns/` as it is used: made, checked, measured through its own plan, broken and removed. Each
//! test has namespaces of its own name. Without root, or without what the testbed runs, they say so and end.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::program::{Case, Ended, ended, modes, program, root};

const MODES: [&str; 4] = ["direct", "sidecar", "sidecar-plaintext", "client-only"];

struct Testbed {
    name: String,
}

impl Testbed {
    /// With `mode` standing; `None` where it cannot be made here.
    fn up(mode: &str) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("mstb{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let this = Self { name };
        let made = this.run(&["up", mode]);
        let lacking = ["can only be made by root", "programs are missing"];
        if made.code != 0 && lacking.iter().any(|lack| made.stderr.contains(lack)) {
            println!("skipped: {}", made.stderr.trim());
            return None;
        }
        made.ok();
        Some(this)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(root().join("testbed/netns/testbed.py"));
        command.args(arguments).env("TESTBED_NAME", &self.name).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    fn namespace(&self, mode: &str, pod: &str) -> String {
        format!("{}-{mode}-{pod}", self.name)
    }

    fn within(&self, mode: &str, pod: &str, argv: &[&str]) -> String {
        let namespace = self.namespace(mode, pod);
        ended(Command::new("ip").args(["netns", "exec", &namespace]).args(argv)).ok().stdout
    }

    /// Checks a mode by what another one must be; the findings that are wrong.
    fn wrong_as(&self, mode: &str, tls: &str) -> Vec<String> {
        let script = format!(
            "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, {:?}); import check, dataclasses, mode\n\
             taken = dataclasses.replace(mode.MODES[{mode:?}], tls={tls})\n\
             for is_ok, text in check.check(taken): print(text) if not is_ok else None\n",
            root().join("testbed/netns").display().to_string(),
        );
        let mut python = Command::new("python3");
        python.args(["-c", &script]).env("TESTBED_NAME", &self.name);
        ended(&mut python).ok().stdout.lines().map(str::to_owned).collect()
    }

    /// Namespaces, files and processes that carry the testbed's name. Its processes run in its directory.
    fn left(&self) -> Vec<String> {
        let named = |dir: &str| -> Vec<String> {
            let entries = fs::read_dir(dir).into_iter().flatten().flatten();
            let paths = entries.map(|entry| entry.path().display().to_string());
            paths.filter(|path| path.contains(&format!("/{}-", self.name))).collect()
        };
        let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
        let mounts = mounts.lines().filter(|line| line.contains(&self.name)).map(str::to_owned);
        let running = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
            let at = fs::read_link(entry.path().join("cwd")).ok()?;
            at.starts_with("/run").then(|| at.display().to_string()).filter(|at| at.contains(&self.name))
        });
        [named("/run"), named("/run/netns"), mounts.collect(), running.collect()].concat()
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        // A test that failed leaves nothing either.
        let _ = self.command(&["down"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// What of the host the testbed must leave alone.
fn host() -> Vec<String> {
    let printed = |argv: &[&str]| ended(Command::new(argv[0]).args(&argv[1..])).ok().stdout;
    let sysctl = |name: &str| fs::read_to_string(Path::new("/proc/sys/net/ipv4").join(name)).unwrap_or_default();
    vec![
        printed(&["iptables-save", "-t", "nat"]).lines().filter(|line| !line.starts_with('#')).collect(),
        printed(&["ip", "-4", "route", "show", "table", "all"]),
        printed(&["ip", "-o", "link"]),
        sysctl("ip_forward"),
        sysctl("tcp_congestion_control"),
    ]
}

/// The project's plan for runs of a second, with the mode that stands there as a comment.
fn plan(testbed: &Testbed) -> String {
    let here = root().join("testbed/netns").display().to_string();
    let text = fs::read_to_string(root().join("testbed/netns/plan.toml")).unwrap();
    let (before, optional) = text.split_once("# [[modes]]").expect("a mode stands as a comment");
    let text = format!("{before}[[modes]]{}", optional.replace("\n# ", "\n"));
    let of = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let text =
        [("runs = ", "runs = 1"), ("duration = ", "duration = 1"), ("pause = ", "pause = 0"), ("warm_up = ", "")]
            .iter()
            .fold(text.clone(), |text, (key, value)| text.replace(&of(key), value));
    text.replace(&of("wait_for_quiet = "), "warm_up = 0")
        .replace("\"./testbed.py\"", &format!("\"{here}/testbed.py\""))
        .replace("\"../wrk-json.lua\"", &format!("\"{here}/../wrk-json.lua\""))
        .replace("meshstats-{mode}", &format!("{}-{{mode}}", testbed.name))
}

#[test]
fn its_plan_measures_every_mode_and_leaves_nothing() {
    let Some(testbed) = Testbed::up("direct") else { return };
    let before = host();
    let case = Case::empty();
    fs::remove_dir(case.path("study")).unwrap();
    case.write("plan.toml", plan(&testbed));
    let mut collect = program();
    collect.args(["collect", "plan.toml", "-o", "study"]).current_dir(case.path("")).env("TESTBED_NAME", &testbed.name);
    let collected = ended(&mut collect).ok();
    assert!(collected.stdout.starts_with("8 runs in study (8 made now)"), "{}", collected.stdout);
    assert_eq!(testbed.left(), [""; 0], "`collect` tears its modes down");
    assert_eq!(host(), before);

    for mode in MODES {
        for (tool, log, counter) in [("wrk", "run-01.txt", "http_requests"), ("iperf3", "run-01.json", "tcp_bytes")] {
            let text = case.read(&format!("study/{mode}/{tool}/{log}"));
            let sidecar: Value =
                serde_json::from_str(&case.read(&format!("study/{mode}/{tool}/run-01.meta.json"))).unwrap();
            let after = sidecar["after"].as_str().unwrap();
            assert!(after.lines().all(|line| line.starts_with(&format!("{mode}: ok: "))), "{after}");
            let proxies = after.lines().filter(|line| line.contains("in the run the ")).collect::<Vec<_>>();
            let expected = [0, 2, 2, 1][MODES.iter().position(|known| *known == mode).unwrap()];
            assert_eq!(proxies.len(), expected, "{after}");
            for line in proxies {
                let counted: Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
                assert!(counted[counter].as_u64().unwrap() > 100, "{line}");
                if tool == "iperf3" && mode == "sidecar" {
                    assert_eq!((&counted["tls_handshakes"], &counted["tls_1_3"]), (&2.into(), &2.into()), "{line}");
                }
            }
            if tool == "iperf3" {
                let log: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(log["end"]["sender_tcp_congestion"], "cubic");
            } else {
                assert!(text.contains("{\"wrk_json\":1"), "{text}");
            }
        }
    }
    assert_eq!(modes(&case.analyzed(&[])), MODES);
}

#[test]
fn its_check_finds_a_mode_that_is_broken() {
    let Some(testbed) = Testbed::up("sidecar") else { return };
    testbed.run(&["up", "sidecar-plaintext"]).ok();
    testbed.run(&["up", "direct"]).ok();
    let checked = testbed.run(&["check"]).ok();
    assert_eq!(checked.stderr, "");
    assert!(checked.stdout.lines().all(|line| line.contains(": ok: ")), "{}", checked.stdout);
    let fails = |mode: &str, expected: &[&str]| {
        let checked = testbed.run(&["check", mode]);
        assert_eq!(checked.code, 1, "{}", checked.stdout);
        for text in expected {
            let wrong = checked.stdout.lines().filter(|line| line.contains(": WRONG: ") && line.contains(text));
            assert_eq!(wrong.count(), 1, "{text}:\n{}", checked.stdout);
        }
    };
    let flush = |mode: &str, pod: &str| {
        testbed.within(mode, pod, &["iptables", "-t", "nat", "-F", "OUTPUT"]);
        testbed.within(mode, pod, &["iptables", "-t", "nat", "-F", "PREROUTING"]);
    };

    // Plain text where mutual TLS must be, and the reverse.
    let wrong = testbed.wrong_as("sidecar-plaintext", "True").join("\n");
    for text in
        ["0 begin a TLS record", "proxy counts 0 TLS handshakes", "port 8000: HTTP/1.1 200 OK", "refused 0 of 1"]
    {
        assert!(wrong.contains(text), "{text}:\n{wrong}");
    }
    let wrong = testbed.wrong_as("sidecar", "False");
    assert!(wrong.len() == 3 && wrong[0].contains(", 0 hold the name"), "{wrong:?}");

    // No proxy is in the path any more: everything works, and nothing is as it must be.
    flush("sidecar", "client");
    flush("sidecar", "server");
    fails("sidecar", &["1 hold the name", "the client's proxy forwarded 0 ", "the server's proxy forwarded 0 "]);
    fails("sidecar", &["port 8000: HTTP/1.1 200 OK"]);
    // One of two.
    flush("sidecar-plaintext", "client");
    fails("sidecar-plaintext", &["the client's proxy forwarded 0 "]);
    // Not the client's own connection.
    testbed.within("direct", "node", &["iptables", "-t", "nat", "-A", "POSTROUTING", "-p", "tcp", "-j", "MASQUERADE"]);
    fails("direct", &["nginx is connected to 10.250.0.1:"]);
    // A run that went past the proxies.
    testbed.run(&["up", "sidecar"]).ok();
    testbed.run(&["counters", "sidecar"]).ok();
    fails("sidecar", &["in the run the client's proxy counted ", "in the run the server's proxy counted "]);

    for mode in MODES {
        testbed.run(&["down", mode]).ok();
    }
    assert_eq!(testbed.left(), [""; 0]);
}

#[test]
fn what_was_killed_is_made_anew_or_removed() {
    let Some(testbed) = Testbed::up("client-only") else { return };
    let again = testbed.run(&["up", "client-only"]).ok();
    assert_eq!(again.stdout, "client-only: is up\n");
    for (pod, victim) in [("client", "envoy"), ("server", "nginx"), ("server", "uwsgi")] {
        let pids =
            ended(Command::new("ip").args(["netns", "pids", &testbed.namespace("client-only", pod)])).ok().stdout;
        let named =
            |pid: &&str| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == victim);
        let victims: Vec<&str> = pids.split_whitespace().filter(named).collect();
        assert!(!victims.is_empty(), "{victim} runs in the {pod}");
        ended(Command::new("kill").arg("-9").args(&victims)).ok();
        assert_eq!(testbed.run(&["check", "client-only"]).code, 1, "{victim}");
        let again = testbed.run(&["up", "client-only"]).ok();
        assert!(again.stdout.starts_with("client-only: is not whole, and made anew ("), "{}", again.stdout);
    }
    assert_eq!(testbed.run(&["check", "sidecar"]).code, 1, "it is not up");

    // The script itself, when so many things of it stand.
    let before = testbed.left().len();
    for things in [1, 3, 8, 10, 12] {
        let mut up = testbed.command(&["up", "sidecar"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while testbed.left().len() < before + things {
            assert!(Instant::now() < deadline, "{things} of {:?}", testbed.left());
            thread::sleep(Duration::from_millis(2));
        }
        up.kill().unwrap();
        up.wait().unwrap();
        testbed.run(&["down", "sidecar"]).ok();
        // A program that the script was waiting for takes a moment to end.
        let deadline = Instant::now() + Duration::from_secs(5);
        while testbed.left().iter().any(|left| !left.contains("client-only")) {
            assert!(Instant::now() < deadline, "{:?}", testbed.left());
            thread::sleep(Duration::from_millis(20));
        }
    }
    testbed.run(&["down"]).ok();
    testbed.run(&["down"]).ok();
    assert_eq!(testbed.left(), [""; 0]);
}
