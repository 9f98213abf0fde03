//! `meshstats collect` with the real wrk and iperf3, in network namespaces where that can be had, and with small fakes
//! that do what real ones do rarely: it is killed, its servers are busy, refuse, hang and die.

#[path = "collect/remote.rs"]
mod remote;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use meshstats::parse::{Content, parse};
use meshstats::stats::rng::Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::program::{Case, Ended, notes, program, tree};

/// nginx and an iperf3 server: in a network namespace of their own, with another one for the clients, or on the loopback
/// interface where namespaces cannot be made.
struct Servers {
    namespaces: Option<[String; 2]>,
    children: Vec<Child>,
    host: &'static str,
    ports: [u16; 2],
    _dir: tempfile::TempDir,
}

pub(super) fn run(command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    let status = Command::new(words[0]).args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// A pair of joined namespaces; `None` without the right to make them.
fn namespaces() -> Option<[String; 2]> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("mst-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let [client, server] = ["c", "s"].map(|end| format!("{name}{end}"));
    let made = run(&format!("ip netns add {client}"))
        && run(&format!("ip netns add {server}"))
        && run(&format!("ip -n {client} link add eth0 type veth peer name eth0 netns {server}"))
        && [(&client, 1), (&server, 2)].iter().all(|(end, last)| {
            run(&format!("ip -n {end} addr add 10.251.0.{last}/24 dev eth0"))
                && run(&format!("ip -n {end} link set lo up"))
                && run(&format!("ip -n {end} link set eth0 up"))
        });
    if !made {
        for end in [&client, &server] {
            run(&format!("ip netns del {end}"));
        }
        eprintln!("no network namespaces here: the servers run on the loopback interface");
    }
    made.then_some([client, server])
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Servers {
    fn start() -> Self {
        let namespaces = namespaces();
        let (host, ports) = match namespaces {
            Some(_) => ("10.251.0.2", [8080, 5201]),
            None => ("127.0.0.1", [free_port(), free_port()]),
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().display();
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = kinds.iter().map(|kind| format!("{kind}_temp_path {path}/{kind};\n")).collect();
        let config = format!(
            "daemon off; worker_processes 1; pid {path}/pid; error_log {path}/error.log;
            events {{ worker_connections 256; }}
            http {{ access_log off; keepalive_requests 100000000; {temporary}
            server {{ listen {host}:{}; location / {{ return 200 'hello'; }} location /down {{ return 503; }} }} }}\n",
            ports[0]
        );
        fs::write(dir.path().join("nginx.conf"), config).unwrap();
        let mut servers = Self { namespaces, children: Vec::new(), host, ports, _dir: dir };
        let config = servers._dir.path().join("nginx.conf").display().to_string();
        let errors = servers._dir.path().join("error.log").display().to_string();
        servers.serve(&["nginx", "-e", &errors, "-c", &config]);
        servers.serve(&["iperf3", "-s", "-p", &ports[1].to_string()]);
        servers
    }

    fn serve(&mut self, argv: &[&str]) {
        let inside = self.namespaces.as_ref().map(|[_, server]| server.clone());
        self.children.push(spawn(inside.as_deref(), argv));
    }

    /// The words before a client's command.
    fn prefix(&self) -> Vec<String> {
        match &self.namespaces {
            Some([client, _]) => ["ip", "netns", "exec", client].map(str::to_owned).to_vec(),
            None => Vec::new(),
        }
    }

    /// The tables of wrk and iperf3 in a plan, for runs of a second.
    fn tools(&self) -> String {
        let (host, [http, iperf]) = (self.host, self.ports);
        format!(
            "[wrk]\nurl = \"http://{host}:{http}/\"\nthreads = 1\nconnections = 4\nduration = 1\n
            [iperf3]\nhost = \"{host}\"\nport = {iperf}\nduration = 1\n"
        )
    }
}

pub(super) fn spawn(namespace: Option<&str>, argv: &[&str]) -> Child {
    let within: Vec<&str> = namespace.map_or(Vec::new(), |name| vec!["ip", "netns", "exec", name]);
    let words = [&within, argv].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("{words:?} (tests/run installs it): {error}"))
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            // nginx ends its workers when it is asked to end.
            signal(child, Signal::TERM);
            let _ = child.wait();
        }
        for name in self.namespaces.iter().flatten() {
            run(&format!("ip netns del {name}"));
        }
    }
}

pub(super) fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
    // It may have ended by itself.
    let _ = kill_process(pid, signal);
}

/// A wrk of which a run takes a tenth of a second. It prints what a good run of as many seconds as asked for would, and
/// writes what it is called with to `journal`.
const FAKE_WRK: &str = r#"#!/bin/sh
[ "$1" = -v ] && { echo "wrk 4.1.0 [epoll] fake"; exit 1; }
echo "start $*" >> journal
for word; do
    case $word in -c*) c=${word#-c} ;; -d*) d=${word#-d} ;; esac
done
n=${d%s}
sleep 0.1
cat <<END
Running $d test @ http://server/
  1 threads and $c connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.00ms    0.50ms   9.00ms   71.52%
    Req/Sec     2.10k   102.17     2.55k    70.25%
  $((c * 500 * n)) requests in $n.00s, 34.60MB read
Requests/sec: $((c * 500)).00
Transfer/sec:      1.15MB
run $$ at $(date +%s%N)
END
echo "end $*" >> journal
"#;

/// A case with programs in `bin/` and a plan.
fn case(programs: &[(&str, &str)], plan: &str) -> Case {
    let case = Case::empty();
    fs::remove_dir(case.path("study")).unwrap();
    for (name, text) in programs {
        case.write(&format!("bin/{name}"), text);
        fs::set_permissions(case.path(&format!("bin/{name}")), fs::Permissions::from_mode(0o755)).unwrap();
    }
    case.write("plan.toml", plan);
    case
}

const FAKE_TOOL: &str =
    "[wrk]\nurl = \"http://server/\"\nthreads = 1\nconnections = 4\nduration = 1\nprogram = \"bin/wrk\"\n";

fn collect(case: &Case, more: &[&str]) -> Ended {
    case.run(&[&["collect", "plan.toml", "-o", "study"], more].concat())
}

fn start(case: &Case) -> Child {
    let mut command = program();
    command.args(["collect", "plan.toml", "-o", "study"]).current_dir(case.path(""));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program was built")
}

/// The logs of the study's runs, by path.
fn logs(case: &Case) -> BTreeMap<String, Vec<u8>> {
    let dir = case.path("study");
    if !dir.exists() {
        return BTreeMap::new();
    }
    let is_log = |path: &str| {
        path.contains("/run-")
            && !path.ends_with(".meta.json")
            && !["failed/", "warm-up/", "."].iter().any(|apart| path.starts_with(apart))
    };
    tree(&dir).into_iter().filter(|(path, _)| is_log(path)).collect()
}

fn assert_whole(logs: &BTreeMap<String, Vec<u8>>) {
    for (path, log) in logs {
        let is_run = matches!(parse(log), Content::Log(log) if log.runs.len() == 1 && log.runs[0].is_ok());
        assert!(is_run, "{path} is no whole run: {}", String::from_utf8_lossy(log));
    }
}

fn sidecar(case: &Case, path: &str) -> Value {
    serde_json::from_str(&case.read(&format!("study/{path}"))).expect("a sidecar is JSON")
}

fn journal(case: &Case) -> Vec<String> {
    fs::read_to_string(case.path("journal")).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn real_runs_through_a_namespace_and_a_kubectl_are_a_study() {
    let servers = Servers::start();
    // It runs the command where the clients are, as kubectl runs it in a pod.
    let kubectl = format!(
        "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec {} \"$@\"\n",
        servers.prefix().join(" ")
    );
    let plan = format!(
        "title = \"Two ways\"\nruns = 2\nwarm_up = 0\npause = 0.3
        [[modes]]\nid = \"direct\"\nprefix = {:?}
        [[modes]]\nid = \"pod\"\nlabel = \"In a pod\"
        prefix = [\"bin/kubectl\", \"exec\", \"-n\", \"{{mode}}\", \"deploy/client\", \"-c\", \"tools\", \"--\",
            \"timeout\", \"-k\", \"5\", \"{{timeout}}\"]
        {}",
        servers.prefix(),
        servers.tools()
    );
    let case = case(&[("kubectl", &kubectl)], &plan);
    let ended = collect(&case, &[]).ok();
    assert!(ended.stderr.contains("run 8 of 8: pod iperf3 run 2: "), "{}", ended.stderr);
    let made = logs(&case);
    assert_whole(&made);
    let names: Vec<&str> = made.keys().map(String::as_str).collect();
    let expected = ["direct/iperf3", "direct/wrk", "pod/iperf3", "pod/wrk"].map(|dir| {
        let extension = if dir.ends_with("wrk") { "txt" } else { "json" };
        [1, 2].map(|run| format!("{dir}/run-0{run}.{extension}"))
    });
    assert_eq!(names, expected.concat());

    let beside = sidecar(&case, "pod/wrk/run-02.meta.json");
    let argv: Vec<&str> = beside["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(argv[..5], ["bin/kubectl", "exec", "-i", "-n", "pod"]);
    assert_eq!(argv[9..15], ["timeout", "-k", "5", "16", "sh", "-c"]);
    assert_eq!(argv[16..19], ["16", "wrk", "-t1"]);
    assert_eq!((&beside["exit_code"], &beside["run"], &beside["attempt"]), (&0.into(), &2.into(), &1.into()));
    assert!(beside["tool_version"].as_str().unwrap().starts_with("wrk "), "{beside}");
    assert!(beside["started"].as_str().unwrap().ends_with('Z') && beside["seconds"].as_f64().unwrap() >= 1.0);
    assert!(beside["cpu"]["total"].as_f64().unwrap() > 0.5, "{beside}");
    assert!(beside["machine"]["kernel"].is_string() && beside["machine"]["congestion_control"].is_string(), "{beside}");

    // Nothing beside the logs is taken for a run, or for a file that does not belong there.
    let results = case.analyzed(&[]);
    assert_eq!(results["ignored"].as_array().map_or(0, Vec::len), 0, "{}", results["ignored"]);
    let sizes: Vec<usize> = super::program::samples(&results).iter().map(|(.., runs)| runs.len()).collect();
    assert!(!sizes.is_empty() && sizes.iter().all(|n| *n == 2), "{sizes:?}");
    assert_eq!(results["study"]["title"], "Two ways");
    let facts: Vec<&str> =
        results["setup"].as_array().unwrap().iter().map(|fact| fact["name"].as_str().unwrap()).collect();
    assert!(["version", "kernel", "connections"].iter().all(|name| facts.contains(name)), "{facts:?}");

    let again = collect(&case, &[]).ok();
    assert!(again.stdout.starts_with("8 runs in study (0 made now)"), "{}", again.stdout);
    assert_eq!(logs(&case), made);
}

#[test]
fn real_runs_survive_kill_and_ctrl_c() {
    let servers = Servers::start();
    let plan = format!(
        "runs = 2\nwarm_up = 0\npause = 0\norder = \"randomised\"\nmodes = [{{ id = \"only\", prefix = {:?} }}]\n{}",
        servers.prefix(),
        servers.tools()
    );
    let case = case(&[], &plan);
    let mut before = BTreeMap::new();
    for end in [Signal::KILL, Signal::INT] {
        let have = before.len();
        let mut child = start(&case);
        // In the middle of the run after the next.
        let deadline = Instant::now() + Duration::from_secs(60);
        while logs(&case).len() <= have && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(400));
        signal(&child, end);
        let status = child.wait().unwrap();
        if end == Signal::INT {
            let mut told = String::new();
            child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            assert_eq!(status.code(), Some(1), "{told}");
            let done = logs(&case).len();
            assert!(told.contains(&format!("study: stopped: {done} of 4 runs are done: ")), "{told}");
        }
        let now = logs(&case);
        assert_whole(&now);
        assert!(before.iter().all(|(path, log)| now.get(path) == Some(log)), "a run that was done is as it was");
        assert!(now.len() > have, "a run was made before the signal");
        before = now;
    }
    collect(&case, &[]).ok();
    let all = logs(&case);
    assert_whole(&all);
    assert_eq!(all.len(), 4);
    assert!(before.iter().all(|(path, log)| all.get(path) == Some(log)));
    assert!(!case.path("study/failed").exists(), "what was interrupted did not fail");
}

#[test]
fn killed_at_random_nothing_is_lost_or_made_twice() {
    let plan = format!("runs = 8\npause = 0\nmodes = [{{ id = \"a\" }}, {{ id = \"b\" }}]\n{FAKE_TOOL}");
    let case = case(&[("wrk", FAKE_WRK)], &plan);
    let seed = u64::from(std::process::id());
    eprintln!("seed {seed}");
    let mut rng = Rng::new(seed);
    let mut before: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for _ in 0..8 {
        let mut child = start(&case);
        thread::sleep(Duration::from_millis(300 + rng.below(900)));
        signal(&child, if rng.below(2) == 0 { Signal::KILL } else { Signal::INT });
        child.wait().unwrap();
        let now = logs(&case);
        assert_whole(&now);
        for (path, log) in &before {
            assert_eq!(now.get(path), Some(log), "{path} was done, and changed");
        }
        for path in now.keys() {
            let beside = path.replace(".txt", ".meta.json");
            assert_eq!(sidecar(&case, &beside)["exit_code"], 0, "a log has its sidecar");
        }
        before = now;
    }
    collect(&case, &[]).ok();
    let all = logs(&case);
    assert_eq!(all.len(), 16);
    assert!(before.iter().all(|(path, log)| all.get(path) == Some(log)));
    assert!(!case.path("study/failed").exists());
}

#[test]
fn a_plan_s_commands_are_printed_in_order() {
    let plan = format!(
        "runs = 1\norder = \"blocked\"\npause = 0
        [[modes]]\nid = \"a\"\nsetup = [\"bin/up\", \"{{mode}}\", \"it's\"]\nteardown = [\"bin/down\"]
        [[modes]]\nid = \"b\"\nprefix = [\"ssh\", \"host\", \"timeout\", \"-k\", \"5\", \"{{timeout}}\"]
        {}",
        FAKE_TOOL.replace("http://server/", "http://server/?a=1&b=2")
    );
    let case = case(&[], &plan);
    let printed = collect(&case, &["--dry-run"]).ok().stdout;
    assert!(!case.path("study").exists(), "a dry run writes nothing");
    // What is read beside the runs is left out here; the script's name depends on where the study is.
    let aside = |line: &&str| !["cat /proc", "# before", "ethtool", "cat >"].iter().any(|word| line.contains(word));
    let lines: Vec<String> = printed
        .lines()
        .filter(aside)
        .map(|line| match (line.find("/tmp/meshstats-"), line.find("exec 3<&0")) {
            (Some(at), None) => format!("{}SCRIPT{}", &line[..at], &line[at + "/tmp/meshstats-01234567.lua".len()..]),
            (_, Some(_)) => format!("ssh … {}", line.split(" 16 ").last().unwrap().split(" -s ").next().unwrap()),
            _ => line.to_owned(),
        })
        .collect();
    let url = "'http://server/?a=1&b=2'";
    // For ssh, the quotes are part of the word.
    let quoted = "''\\''http://server/?a=1&b=2'\\''";
    let expected = [
        "# set-up of a".to_owned(),
        "bin/up a 'it'\\''s'".to_owned(),
        "# check of a wrk".to_owned(),
        "bin/wrk -v".to_owned(),
        format!("bin/wrk -t1 -c1 -d1s --latency {url}"),
        format!("bin/wrk -t1 -c1 -d1s --latency -s SCRIPT {url}"),
        "# check of b wrk".to_owned(),
        "ssh host timeout -k 5 16 bin/wrk -v".to_owned(),
        format!("ssh … bin/wrk -t1 -c1 -d1s --latency {quoted}'"),
        "ssh … bin/wrk -t1 -c1 -d1s --latency".to_owned(),
        "# warm-up of a wrk".to_owned(),
        format!("bin/wrk -t1 -c4 -d1s --latency -s SCRIPT {url}"),
        "# after warm-up of a wrk".to_owned(),
        "# a/wrk/run-01.txt".to_owned(),
        format!("bin/wrk -t1 -c4 -d1s --latency -s SCRIPT {url}"),
        "# after a/wrk/run-01.txt".to_owned(),
        "# warm-up of b wrk".to_owned(),
        "ssh … bin/wrk -t1 -c4 -d1s --latency".to_owned(),
        "# after warm-up of b wrk".to_owned(),
        "# b/wrk/run-01.txt".to_owned(),
        "ssh … bin/wrk -t1 -c4 -d1s --latency".to_owned(),
        "# after b/wrk/run-01.txt".to_owned(),
        "# after the runs of a".to_owned(),
        "rm -f SCRIPT".to_owned(),
        "# teardown of a".to_owned(),
        "bin/down".to_owned(),
        "# after the runs of b".to_owned(),
        "ssh host timeout -k 5 16 rm -f SCRIPT".to_owned(),
        "# 2 runs: 2 s of measuring and pauses".to_owned(),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn exclusive_modes_stand_one_at_a_time() {
    let plan = format!(
        "runs = 1\npause = 0\nwarm_up = 0
        [[modes]]\nid = \"a\"\nsetup = [\"bin/do\", \"up\", \"{{mode}}\"]\nteardown = [\"bin/do\", \"down\", \"{{mode}}\"]
        exclusive = true\nbefore = [\"bin/do\", \"before\"]\nafter = [\"bin/do\", \"after\"]
        [[modes]]\nid = \"b\"\nsetup = [\"bin/do\", \"up\", \"{{mode}}\"]\nteardown = [\"bin/do\", \"down\", \"{{mode}}\"]
        {FAKE_TOOL}"
    );
    let case = case(&[("wrk", FAKE_WRK), ("do", "#!/bin/sh\necho \"$*\" >> journal\necho \"said $*\"\n")], &plan);
    // As if a collector had been killed while these stood, one of them of a plan that was mended since.
    case.write("study/.collect/stands-a", "");
    case.write("study/.collect/stands-b", "");
    case.write("study/.collect/stands-old", "[\"bin/do\", \"down\", \"old\"]");
    collect(&case, &[]).ok();
    let calls: Vec<String> = journal(&case)
        .into_iter()
        .filter(|line| !line.starts_with("end"))
        .map(|line| if line.contains("-c4") { "run".to_owned() } else { line })
        .map(|line| if line.contains("-c1") { "trial".to_owned() } else { line })
        .collect();
    let expected = "down a,down b,down old,up a,trial,trial,down a,up b,trial,trial,down b,up a,before,run,after,down a,up b,run,down b";
    assert_eq!(calls.join(","), expected);
    assert_eq!(sidecar(&case, "a/wrk/run-01.meta.json")["after"], "said after\n");
}

#[test]
fn a_teardown_that_fails_keeps_no_other_mode_standing() {
    let mode =
        |id: &str, teardown: &str| format!("[[modes]]\nid = \"{id}\"\nsetup = [\"true\"]\nteardown = [{teardown}]\n");
    let modes = [mode("a", "\"touch\", \"a-is-down\""), mode("b", "\"false\""), mode("c", "\"false\"")].concat();
    let case = case(&[("wrk", FAKE_WRK)], &format!("runs = 1\npause = 0\nwarm_up = 0\n{modes}{FAKE_TOOL}"));
    let ended = collect(&case, &[]);
    assert_eq!((ended.code, logs(&case).len()), (1, 3), "{}", ended.stderr);
    assert!(case.path("a-is-down").exists());
    for mode in ["b", "c"] {
        let told = format!("error: mode {mode}: the teardown command `false` failed: it ended with exit code 1: ");
        assert_eq!(ended.stderr.matches(&told).count(), 1, "{}", ended.stderr);
    }
    // They are known to stand, and a later call takes them down.
    let again = collect(&case, &[]);
    assert!(again.code == 1 && again.stderr.contains("mode b: the teardown command"), "{}", again.stderr);
}

#[test]
fn what_a_run_began_with_is_ended_with_it() {
    // The tool stops the collector, which is asked to end what `before` began all the same.
    let wrk = FAKE_WRK.replace("sleep 0.1", "[ $c = 4 ] && { kill -INT $PPID; sleep 60; }");
    let plan = |before: &str| {
        format!(
            "runs = 1\npause = 0\nwarm_up = 0\nattempts = 1\n[[modes]]\nid = \"a\"\nbefore = [\"bin/{before}\"]
            after = [\"bin/end\"]\n{FAKE_TOOL}script = \"\"\n"
        )
    };
    let begin = "#!/bin/sh\nsleep 300 >/dev/null 2>&1 &\necho $! > watcher\n";
    let end = "#!/bin/sh\nkill $(cat watcher) && echo ended >> journal\n";
    let programs = [("wrk", wrk.as_str()), ("begin", begin), ("end", end), ("refuse", "#!/bin/sh\nexit 4\n")];
    let case = case(&programs, &plan("begin"));
    let ended = collect(&case, &[]);
    assert!(ended.code == 1 && ended.stderr.contains("stopped: 0 of 1 runs are done"), "{}", ended.stderr);
    assert_eq!(journal(&case).last().map(String::as_str), Some("ended"));

    // What `before` refuses is not run.
    case.write("plan.toml", plan("refuse"));
    fs::remove_file(case.path("journal")).unwrap();
    let ended = collect(&case, &[]);
    let told = "the before command `bin/refuse` failed: it ended with exit code 4";
    assert!(ended.code == 1 && ended.stderr.contains(told), "{}", ended.stderr);
    assert!(!journal(&case).iter().any(|line| line.contains("-c4")), "{:?}", journal(&case));
}

#[test]
fn commands_beside_a_run_know_its_scenario() {
    let plan = format!(
        "runs = 1\npause = 0\nwarm_up = 0\nscenarios = [{{ id = \"few\" }}, {{ id = \"many\", wrk = {{ connections = 8 }} }}]
        [[modes]]\nid = \"a\"\nbefore = [\"echo\", \"before {{mode}} {{scenario}}\"]
        after = [\"echo\", \"after {{mode}} {{scenario}}\"]\n{FAKE_TOOL}"
    );
    let case = case(&[("wrk", FAKE_WRK)], &plan);
    let printed = collect(&case, &["--dry-run"]).ok().stdout;
    assert!(printed.contains("echo 'before a few'") && printed.contains("echo 'after a many'"), "{printed}");
    assert!(printed.ends_with("# 2 runs: 2 s of measuring and pauses\n"), "{printed}");
    collect(&case, &[]).ok();
    let many = sidecar(&case, "a/many/wrk/run-01.meta.json");
    assert_eq!((&many["before"], &many["after"]), (&"before a many\n".into(), &"after a many\n".into()));
    for scenario in ["few", "many"] {
        case.write(&format!("bin/look-{scenario}"), "#!/bin/sh\necho looked\n");
        fs::set_permissions(case.path(&format!("bin/look-{scenario}")), fs::Permissions::from_mode(0o755)).unwrap();
    }
    case.write("plan.toml", plan.replace("[\"echo\", \"before {mode} {scenario}\"]", "[\"bin/look-{scenario}\"]"));
    case.run(&["collect", "plan.toml", "-o", "looked"]).ok();
    case.write("plan.toml", plan.replace("before = [\"echo\"", "setup = [\"echo\""));
    let told = "error: plan.toml: `{scenario}` in the `setup` of `a`: a mode is set up once for all its scenarios";
    assert!(collect(&case, &[]).stderr.starts_with(told));
}

#[test]
fn a_script_that_wrk_does_not_load_spoils_the_run() {
    let wrk = FAKE_WRK.replace("sleep 0.1", "echo 'post.lua: cannot open post.lua' >&2");
    let plan = format!("runs = 1\npause = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}script = \"post.lua\"\n");
    let case = case(&[("wrk", &wrk)], &plan);
    for more in [&["--check"][..], &[]] {
        let ended = collect(&case, more);
        let told = "wrk did not load its script: post.lua: cannot open post.lua: mend the script, or `script`";
        assert!(ended.code == 1 && ended.stderr.contains(told), "{}", ended.stderr);
        assert!(!case.path("study").exists(), "a start that made no run leaves nothing");
    }
}

#[test]
fn the_script_is_removed_while_its_place_stands() {
    let within = "#!/bin/sh\necho \"$*\" >> journal\n[ -e up ] && exec \"$@\"\n";
    let plan = format!(
        "runs = 1\npause = 0\nwarm_up = 0\n[[modes]]\nid = \"a\"\nprefix = [\"bin/in\"]\nsetup = [\"touch\", \"up\"]
        teardown = [\"rm\", \"up\"]\n{FAKE_TOOL}"
    );
    let case = case(&[("wrk", FAKE_WRK), ("in", within)], &plan);
    let shown = collect(&case, &["--dry-run"]).ok().stdout;
    collect(&case, &[]).ok();
    let journal = journal(&case);
    let removal = journal.last().filter(|line| line.starts_with("rm -f /tmp/meshstats-")).expect("it is removed last");
    assert!(shown.contains(&format!("# after the runs of a\nbin/in {removal}\n# teardown of a\n")), "{shown}");
    assert!(!Path::new(removal.trim_start_matches("rm -f ")).exists());
}

#[test]
fn a_mode_that_is_dead_ends_the_collection_though_others_live() {
    let wrk = FAKE_WRK.replace("n=${d%s}", "n=${d%s}\ncase $* in *-c4*/b*) [ -e ran ] && exit 1; touch ran ;; esac");
    let plan = "runs = 5\npause = 0\nwarm_up = 0\nattempts = 2\nstop_after = 3\n\
        modes = [{ id = \"a\" }, { id = \"b\", wrk = { url = \"http://server/b\" } }]\n";
    let case = case(&[("wrk", &wrk)], &format!("{plan}{FAKE_TOOL}"));
    let ended = collect(&case, &[]);
    assert!(ended.code == 1 && ended.stderr.contains("this was failure 3 in a row"), "{}", ended.stderr);
    for log in logs(&case).keys().filter(|path| path.starts_with("b/")) {
        fs::rename(case.path("study").join(log), case.path("kept")).unwrap();
        let told = "error: study: no run of the mode `b`: start `meshstats collect` with the same plan again: 3 of its 10 runs \
                    are there\n";
        case.run(&["analyze", "study"]).fails(1, told);
        fs::rename(case.path("kept"), case.path("study").join(log)).unwrap();
    }
    assert_eq!(logs(&case).len(), 4, "three runs of a and one of b");

    // Where the limit is not reached, how far it came is said.
    case.write("plan.toml", format!("{plan}{FAKE_TOOL}").replace("stop_after = 3", "stop_after = 99"));
    fs::remove_dir_all(case.path("study")).unwrap();
    fs::remove_file(case.path("ran")).unwrap();
    let ended = collect(&case, &[]);
    let told = "error: study: 6 of 10 runs are done: the same command tries the others again\n";
    assert!(ended.code == 1 && ended.stderr.ends_with(told), "{}", ended.stderr);
    let noted = case.run(&["analyze", "study", "-o", "out", "--baseline", "a"]);
    assert!(noted.stdout.contains("runs of the plan are missing (6 of 10 are there)"), "{}", noted.stdout);
}

#[test]
fn a_tool_whose_start_was_not_noted_is_found() {
    // It kills the collector before that could note it, and leaves its group.
    let wrk = FAKE_WRK.replace(
        "sleep 0.1",
        "[ $c = 4 ] && [ ! -e pid ] && { kill -9 $PPID; rm -f study/.collect/running.json; \
         exec setsid sh -c 'echo $$ > pid; sleep 300'; }",
    );
    let plan = format!("runs = 1\npause = 0\nwarm_up = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}script = \"\"\n");
    let case = case(&[("wrk", &wrk)], &plan);
    let mut child = start(&case);
    child.wait().unwrap();
    wait_for("the tool goes on", || is_written(&case.path("pid")));
    assert!(is_running(&case.read("pid")));
    collect(&case, &[]).ok();
    wait_for("it is ended", || !is_running(&case.read("pid")));
}

#[test]
fn a_manifest_of_other_modes_is_told_before_the_first_run() {
    let case = slow("0", "before = [\"false\"]");
    assert_eq!(collect(&case, &[]).code, 1);
    let manifest = case.read("study/meshstats.toml");
    case.write("study/meshstats.toml", format!("{manifest}# mine\n"));
    case.write(
        "plan.toml",
        case.read("plan.toml").replace("id = \"a\"", "id = \"b\"").replace("[\"false\"]", "[\"true\"]"),
    );
    let told = "error: study/meshstats.toml: names the mode `a`, which the plan does not: correct `modes`, or remove the file: it \
                is written anew\n";
    collect(&case, &[]).fails(1, told);
    case.write("study/meshstats.toml", &manifest);
    collect(&case, &[]).ok();
    assert!(case.read("study/meshstats.toml").contains("id = \"b\""));
}

#[test]
fn a_teardown_that_was_mended_takes_down_what_stands() {
    let case = slow("0", "setup = [\"touch\", \"stands\"]\nteardown = [\"./rm\", \"stands\"]");
    case.write("rm", "#!/bin/sh\n");
    fs::set_permissions(case.path("rm"), fs::Permissions::from_mode(0o644)).unwrap();
    let told = "where it is down, remove study/.collect/stands-a\n";
    for _ in 0..2 {
        let ended = collect(&case, &[]);
        assert!(ended.code == 1 && ended.stderr.ends_with(told), "{}", ended.stderr);
    }
    // Runs were made, so the plan stays; the script is mended.
    case.write("rm", "#!/bin/sh\nrm \"$@\"\n");
    fs::set_permissions(case.path("rm"), fs::Permissions::from_mode(0o755)).unwrap();
    collect(&case, &[]).ok();
    assert!(!case.path("stands").exists() && !case.path("study/.collect/stands-a").exists());

    // One that never worked, of a plan without runs.
    let case = slow("0", "setup = [\"touch\", \"stands\"]\nteardown = [\"rm\", \"stand\"]\nbefore = [\"false\"]");
    assert_eq!(collect(&case, &[]).code, 1);
    case.write(
        "plan.toml",
        case.read("plan.toml").replace("\"stand\"", "\"stands\"").replace("[\"false\"]", "[\"true\"]"),
    );
    collect(&case, &[]).ok();
    assert!(!case.path("stands").exists());
}

#[test]
fn what_the_user_wrote_stays() {
    let case = slow("0", "");
    let other = case.read("plan.toml").replace("\"a\"", "\"other\"");
    case.write("study/collect.toml", &other);
    for more in [&["--check"][..], &["--dry-run"], &[]] {
        let ended = collect(&case, more);
        let told = "error: study/collect.toml: is another plan, and was not put here by `meshstats collect`";
        assert!(ended.code == 1 && ended.stderr.starts_with(told), "{}", ended.stderr);
        assert_eq!(case.read("study/collect.toml"), other);
    }

    // A manifest that is changed while the first run waits, and files of the user's own.
    let case = slow("300", "");
    case.write("study/.collect/notes", "mine");
    let mut child = start(&case);
    wait_for("the run begins", || is_written(&case.path("pid")));
    case.write("study/meshstats.toml", "title = \"Mine\"\n");
    signal(&child, Signal::TERM);
    child.wait().unwrap();
    let left: Vec<String> = tree(&case.path("study")).into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, [".collect/notes", "meshstats.toml"]);
}

/// A plan of one run in one mode, of a tool that takes as long as `seconds` says.
fn slow(seconds: &str, mode: &str) -> Case {
    let wrk = FAKE_WRK.replace("sleep 0.1", &format!("[ $c = 4 ] && {{ echo $$ > pid; sleep {seconds}; }}"));
    let plan = format!("runs = 1\npause = 0\nwarm_up = 0\n[[modes]]\nid = \"a\"\n{mode}\n{FAKE_TOOL}script = \"\"\n");
    let begin = "#!/bin/sh\nsleep 300 >/dev/null 2>&1 &\necho $! >> watchers\n";
    let end = "#!/bin/sh\nkill $(tail -n 1 watchers)\n";
    case(&[("wrk", &wrk), ("begin", begin), ("end", end)], &plan)
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn is_written(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

fn is_running(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn several_signals_at_once_are_one_request_and_a_later_one_ends_at_once() {
    let stands = "setup = [\"touch\", \"stands\"]\nteardown = [\"rm\", \"stands\"]";
    let case = slow("300", stands);
    let mut child = start(&case);
    wait_for("the run begins", || is_written(&case.path("pid")));
    for one in [Signal::TERM, Signal::HUP, Signal::INT] {
        signal(&child, one);
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(!case.path("stands").exists() && !is_running(&case.read("pid")));

    let hanging = "setup = [\"touch\", \"stands\"]\nteardown = [\"sh\", \"-c\", \"echo $$ > down; sleep 300\"]";
    let case = slow("300", hanging);
    let mut child = start(&case);
    wait_for("the run begins", || is_written(&case.path("pid")));
    signal(&child, Signal::INT);
    wait_for("the teardown begins", || is_written(&case.path("down")));
    thread::sleep(Duration::from_millis(1100));
    signal(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(
        told.ends_with(
            "error: ended at once: what was set up or begun may still stand: the same command ends it first\n"
        ),
        "{told}"
    );
    wait_for("the teardown is ended", || !is_running(&case.read("down")));
    assert!(case.path("study/.collect/stands-a").exists());
}

#[test]
fn a_hang_up_that_is_ignored_is_no_signal() {
    let case = slow("1", "");
    let mut command = Command::new("sh");
    let program = program().get_program().to_owned();
    command.args(["-c", "trap '' HUP; exec \"$0\" collect plan.toml -o study"]).arg(program).current_dir(case.path(""));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the run begins", || is_written(&case.path("pid")));
    signal(&child, Signal::HUP);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_before_began_is_ended_after_a_crash() {
    let case = slow("2", "before = [\"bin/begin\"]\nafter = [\"bin/end\"]");
    let mut child = start(&case);
    wait_for("the run begins", || is_written(&case.path("pid")));
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    collect(&case, &[]).ok();
    let watchers = case.read("watchers");
    assert_eq!(watchers.lines().count(), 2);
    assert!(!watchers.lines().any(is_running), "{watchers}");
}

#[test]
fn a_study_may_have_any_name() {
    use std::os::unix::ffi::OsStringExt;
    let case = slow("0", "");
    let name = std::ffi::OsString::from_vec(b"stu\xffdy".to_vec());
    for made in ["1 made now", "0 made now"] {
        let mut command = program();
        command.args(["collect", "plan.toml", "-o"]).arg(&name).current_dir(case.path(""));
        let ended = super::program::ended(&mut command).ok();
        assert!(ended.stdout.contains(made), "{}", ended.stdout);
    }
    assert!(case.path("").join(&name).join("a/wrk/run-01.txt").is_file());
}

#[test]
fn a_kept_log_is_not_written_to_any_more() {
    let wrk = FAKE_WRK.replace("echo \"end $*\"", "setsid sh -c 'sleep 0.3; echo more' &\necho \"end $*\"");
    let plan = format!("runs = 1\npause = 0\nwarm_up = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}");
    let case = case(&[("wrk", &wrk)], &plan);
    collect(&case, &[]).ok();
    let kept = logs(&case);
    assert_whole(&kept);
    thread::sleep(Duration::from_millis(600));
    assert_eq!(logs(&case), kept);
}

#[test]
fn a_log_of_something_else_is_no_run() {
    let plan = format!("runs = 1\npause = 0\nattempts = 1\nwarm_up = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}");
    for (from, to, told) in [
        ("  1 threads", "  8 threads", "the log is of threads 8, and not of 1"),
        ("$c connections", "400 connections", "the log is of connections 400, and not of 4"),
    ] {
        let case = case(&[("wrk", &FAKE_WRK.replace(from, to))], &plan);
        let ended = collect(&case, &[]);
        assert!(ended.code == 1 && ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn what_is_in_a_run_s_place_is_told_before_anything_runs() {
    let case = slow("0", "");
    fs::create_dir_all(case.path("study/a/wrk/run-01.txt")).unwrap();
    case.write("study/collect.toml", case.read("plan.toml"));
    collect(&case, &[]).fails(
        1,
        "error: study/a/wrk/run-01.txt: is no file, where the log of a run belongs: move it out of the study\n",
    );
    assert_eq!(journal(&case), [""; 0]);
}

#[test]
fn what_fails_is_kept_apart_repeated_and_given_up() {
    // The trial works, then every other run is cut off; runs of b answer nothing but errors.
    let wrk = FAKE_WRK.replace(
        "n=${d%s}",
        "n=${d%s}\ncase $*$(wc -l < journal) in *-c4*mend*) ;; *-c4*/b*) errors='  Non-2xx or 3xx responses: 90' ;;
        *-c4*[05]) sleep 0.1; echo 'Running 1s test @ http://server/'; echo 'no room' >&2; exit 1 ;; esac",
    );
    let wrk = wrk.replace("Requests/sec", "${errors}\nRequests/sec");
    let plan = |more: &str| {
        format!(
            "runs = 3\npause = 0\nwarm_up = 0\nattempts = 2\n{more}\norder = \"blocked\"
            modes = [{{ id = \"a\" }}, {{ id = \"b\", wrk = {{ url = \"http://server/b\" }} }}]\n{FAKE_TOOL}script = \"\"\n"
        )
    };
    let case = case(&[("wrk", &wrk)], &plan("stop_after = 100"));
    let ended = collect(&case, &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    // All runs of a are there, b's are told of one by one.
    assert_eq!(logs(&case).keys().filter(|path| path.starts_with("a/")).count(), 3);
    let given_up: Vec<&str> =
        ended.stderr.lines().filter(|line| line.contains(" attempts failed, the last: ")).collect();
    assert_eq!(given_up.len(), 3, "{}", ended.stderr);
    let expected =
        "error: b wrk run 1: 2 attempts failed, the last: 90 errors beside 2000 requests (status, connect and write)";
    assert!(given_up[0].starts_with(expected), "{}", given_up[0]);
    let reason = sidecar(&case, "failed/b/wrk/run-01.attempt-2.meta.json")["failure"].clone();
    assert!(reason.as_str().unwrap().starts_with("90 errors beside 2000 requests"), "{reason}");
    let failed: Vec<String> = tree(&case.path("study/failed")).into_iter().map(|(path, _)| path).collect();
    let of_a = failed.iter().find(|path| path.starts_with("a/") && path.ends_with(".meta.json"));
    let of_a = sidecar(&case, &format!("failed/{}", of_a.expect("a run of a failed")));
    assert_eq!((&of_a["exit_code"], &of_a["stderr"]), (&1.into(), &"no room\n".into()));

    // Failed logs are not read, and the runs that were repeated say so.
    let results = case.analyze(&["--format", "csv"]);
    assert!(results.stderr.contains("no run of the mode `b`"), "{}", results.stderr);
    let listed = case.run(&["ingest", "study"]).ok().stdout;
    assert!(!listed.contains("failed"), "{listed}");

    // With a limit in a row it stops there.
    let stopping = self::case(&[("wrk", &wrk)], &plan("stop_after = 3"));
    let ended = collect(&stopping, &[]);
    let told =
        "error: b wrk run 2: 90 errors beside 2000 requests (status, connect and write); this was failure 3 in a row";
    assert!(ended.code == 1 && ended.stderr.contains(told), "{}", ended.stderr);
}

#[test]
fn a_tool_that_hangs_is_ended() {
    let wrk = FAKE_WRK.replace("sleep 0.1", "[ $c = 4 ] && sleep 300; sleep 0.1");
    let plan = "runs = 1\npause = 0\nwarm_up = 0\nattempts = 1\ntimeout = 2\nmodes = [{ id = \"a\" }]\n".to_owned()
        + FAKE_TOOL;
    let case = case(&[("wrk", &wrk)], &plan);
    let began = Instant::now();
    let ended = collect(&case, &[]);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(ended.stderr.contains("it was ended after 2 s: check that the server answers"), "{}", ended.stderr);
    assert_eq!(logs(&case).len(), 0);
    assert!(case.path("study/failed/a/wrk/run-01.attempt-1.txt").is_file());
}

#[test]
fn a_busy_server_is_waited_for() {
    let servers = Servers::start();
    let prefix = servers.prefix();
    let [client, port] = [prefix.last().cloned(), Some(servers.ports[1].to_string())];
    let plan = format!(
        "runs = 1\npause = 0\nwarm_up = 0\nattempts = 1\nmodes = [{{ id = \"a\", prefix = {prefix:?} }}]\n{}",
        servers.tools().split("[iperf3]").last().map(|table| format!("[iperf3]{table}")).unwrap()
    );
    let case = case(&[], &plan);
    thread::sleep(Duration::from_millis(500));
    let argv = ["iperf3", "-c", servers.host, "-p", port.as_deref().unwrap(), "-t", "4"];
    let mut other = spawn(client.as_deref(), &argv);
    thread::sleep(Duration::from_millis(500));
    let ended = collect(&case, &[]).ok();
    assert!(other.wait().unwrap().success());
    assert!(ended.stderr.contains("run 1 of 1: a iperf3 run 1: "), "{}", ended.stderr);
}

#[test]
fn a_server_that_becomes_busy_costs_no_attempt() {
    let busy = r#"{"start":{"connected":[],"version":"iperf 3.12"},"intervals":[],"end":{},
        "error":"error - the server is busy running a test. try again later"}"#;
    let good = super::program::iperf3(10.0, 3).replace("\"duration\":10", "\"duration\":1");
    let good: Value = serde_json::from_str(&good.replace("10.0,", "1.0,")).unwrap();
    let iperf3 = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && {{ echo 'iperf 3.12 (fake)'; exit 0; }}\necho call >> journal
        if [ $(wc -l < journal) = 2 ]; then cat <<'END'\n{busy}\nEND\nelse cat <<'END'\n{good}\nEND\nfi\n"
    );
    let plan = "runs = 1\npause = 0\nwarm_up = 0\nattempts = 1\nmodes = [{ id = \"a\" }]
        [iperf3]\nhost = \"server\"\nduration = 1\nprogram = \"bin/iperf3\"\n";
    let case = case(&[("iperf3", &iperf3)], plan);
    let ended = collect(&case, &[]).ok();
    assert!(ended.stderr.contains("the server is busy with another test; trying again"), "{}", ended.stderr);
    assert_eq!(journal(&case).len(), 3);
    assert!(!case.path("study/failed").exists());
}

#[test]
fn all_that_is_missing_is_told_before_the_first_run() {
    let port = free_port();
    let plan = format!(
        "runs = 1\nmodes = [{{ id = \"a\", before = [\"bin/look twice\"] }}, {{ id = \"b\", wrk = {{ program = \"no-such-wrk\" }} }},
            {{ id = \"c\", setup = [\"false\"] }}]
        [wrk]\nurl = \"http://127.0.0.1:{port}/\"\n[iperf3]\nhost = \"127.0.0.1\"\nport = {port}\n"
    );
    let case = case(&[], &plan);
    let ended = collect(&case, &["--check"]);
    let errors: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 6, "{}", ended.stderr);
    let told = "error: mode a: the before command `'bin/look twice'`: the program is not there: write each word as an item of \
                its own: [\"bin/look\", \"twice\"]";
    assert_eq!(errors[0], told);
    assert!(
        errors[1].contains("a wrk: `wrk -t1 -c1 -d3s --latency") && errors[1].contains("could not connect"),
        "{errors:#?}"
    );
    assert!(errors[2].contains("a iperf3: `iperf3 -J") && errors[2].contains("Connection refused"), "{errors:#?}");
    assert!(errors[3].contains("b wrk: `no-such-wrk -v`: the program is not there: install"), "{errors:#?}");
    assert!(errors[5].contains("mode c: the set-up command `false` failed: it ended with exit code 1"), "{errors:#?}");
}

#[test]
fn a_plan_that_made_no_run_may_be_mended() {
    let plan = format!("runs = 1\nwarm_up = 0\npause = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}");
    let case = case(&[("wrk", FAKE_WRK)], &plan.replace("bin/wrk", "bin/work").replace("id = \"a\"", "id = \"c\""));
    let ended = collect(&case, &[]);
    assert!(ended.code == 1 && ended.stderr.contains("bin/work -v`: the program is not there"), "{}", ended.stderr);
    case.write("plan.toml", &plan);
    collect(&case, &[]).ok();
    assert_eq!(case.read("study/collect.toml"), plan);
    let manifest = case.read("study/meshstats.toml");
    assert!(manifest.contains("baseline = \"a\""), "{manifest}");
    assert!(manifest.contains("\n# 1 run of each tool in each mode: wrk 1 s.\n"), "{manifest}");
}

#[test]
fn what_a_killed_collector_left_running_is_ended() {
    let wrk = FAKE_WRK.replace("sleep 0.1", "[ $c = 4 ] && [ ! -e pid ] && { echo $$ > pid; sleep 300; }");
    let plan = format!("runs = 1\nwarm_up = 0\npause = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}");
    let case = case(&[("wrk", &wrk)], &plan);
    let mut child = start(&case);
    while fs::read_to_string(case.path("pid")).map_or(true, |pid| pid.is_empty()) {
        thread::sleep(Duration::from_millis(10));
    }
    // The process is remembered as soon as it runs.
    thread::sleep(Duration::from_millis(100));
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    let stat = format!("/proc/{}/stat", case.read("pid").trim());
    assert!(fs::read_to_string(&stat).is_ok(), "a tool outlives the collector");
    let ended = collect(&case, &[]).ok();
    assert!(
        ended.stderr.contains("a command of a collector that was killed still ran: it was ended"),
        "{}",
        ended.stderr
    );
    assert!(fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")));
}

#[test]
fn errors_that_are_answered_fast_are_no_runs() {
    let servers = Servers::start();
    let tools = servers.tools();
    let wrk = tools.split("[iperf3]").next().unwrap().replace("/\"", "/down\"");
    let plan = format!("runs = 1\nmodes = [{{ id = \"a\", prefix = {:?} }}]\n{wrk}", servers.prefix());
    let ended = collect(&case(&[], &plan), &[]);
    assert!(ended.code == 1 && ended.stderr.contains("responses have an error status"), "{}", ended.stderr);
}

/// Serves HTTP on as many connections as come, and calls `accepted` with how many have come; where that says so, the
/// server dies with all its connections so many milliseconds later.
fn serve(answers: bool, accepted: impl Fn(usize) -> Option<u64> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut count = 0;
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            count += 1;
            open.push(stream.try_clone().unwrap());
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while stream.read(&mut bytes).is_ok_and(|n| n > 0) {
                    if answers && stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
                        break;
                    }
                }
            });
            if let Some(milliseconds) = accepted(count) {
                thread::sleep(Duration::from_millis(milliseconds));
                for stream in &open {
                    let _ = stream.shutdown(std::net::Shutdown::Both);
                }
                break;
            }
        }
    });
    port
}

#[test]
fn a_server_that_takes_connections_and_is_silent_is_found() {
    let port = serve(false, |_| None);
    let plan = format!("runs = 1\nmodes = [{{ id = \"a\" }}]\n[wrk]\nurl = \"http://127.0.0.1:{port}/\"\n");
    let ended = collect(&case(&[], &plan), &["--check"]);
    assert!(ended.code == 1 && ended.stderr.contains("no request was answered: check that"), "{}", ended.stderr);
}

#[test]
fn a_server_that_dies_during_a_run_spoils_it() {
    // The trial has one connection, the run three.
    let port = serve(true, |count| (count == 4).then_some(300));
    let plan = format!(
        "runs = 1\npause = 0\nwarm_up = 0\nattempts = 1\nmodes = [{{ id = \"a\" }}]
        [wrk]\nurl = \"http://127.0.0.1:{port}/\"\nthreads = 1\nconnections = 3\nduration = 1\nscript = \"\"\n"
    );
    let case = case(&[], &plan);
    let ended = collect(&case, &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(logs(&case).len(), 0);
    let log = case.read("study/failed/a/wrk/run-01.attempt-1.txt");
    let beside = sidecar(&case, "failed/a/wrk/run-01.attempt-1.meta.json");
    assert_eq!(beside["exit_code"], 0, "wrk itself is content: {log}");
    assert!(
        beside["failure"].as_str().is_some_and(|why| why.contains("errors beside") || why.contains("in use")),
        "{beside}"
    );
}

#[test]
fn an_iperf3_server_that_dies_during_a_run_spoils_it() {
    let port = free_port();
    let case = case(
        &[],
        &format!(
            "runs = 1\npause = 0\nwarm_up = 0\nattempts = 1\nmodes = [{{ id = \"a\" }}]
            [iperf3]\nhost = \"127.0.0.1\"\nport = {port}\nduration = 5\n"
        ),
    );
    let mut server = spawn(None, &["iperf3", "-s", "-p", &port.to_string()]);
    let collector = start(&case);
    let running = case.path("study/.collect/running.json");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !running.exists() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(1500));
    signal(&server, Signal::KILL);
    server.wait().unwrap();
    let ended = collector.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(told.contains("failed: a iperf3 run 1, attempt 1 of 1"), "{told}");
    assert_eq!(logs(&case).len(), 0);
    assert!(case.path("study/failed/a/iperf3/run-01.attempt-1.json").is_file());
}

#[test]
fn two_collectors_do_not_meet_and_a_plan_does_not_change() {
    let plan = format!("runs = 20\npause = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}");
    let case = case(&[("wrk", FAKE_WRK)], &plan);
    let mut first = start(&case);
    while logs(&case).is_empty() {
        thread::sleep(Duration::from_millis(10));
    }
    let second = collect(&case, &[]);
    second.fails(1, "error: study: another `meshstats collect` is at work here: wait for it, or end it\n");
    signal(&first, Signal::INT);
    first.wait().unwrap();

    case.write("plan.toml", plan.replace("connections = 4", "connections = 5").replace("runs = 20", "runs = 3"));
    collect(&case, &[]).fails(
        1,
        "error: study/collect.toml: these runs were begun with another plan: `runs`, `wrk.connections` differs: choose \
         another directory with --out, or go on with the plan as it was, of which that is a copy\n",
    );
    // The plan that is kept is whole.
    case.write("plan.toml", case.read("study/collect.toml"));
    collect(&case, &[]).ok();

    case.write("other/meshstats.toml", "");
    case.run(&["collect", "plan.toml", "-o", "other"]).fails(
        1,
        "error: other/meshstats.toml: is there, but no collection was begun here (there is no collect.toml beside it): \
         choose another directory with --out, or move it away\n",
    );
}

#[test]
fn a_log_that_was_cut_is_made_again() {
    let plan = format!("runs = 2\npause = 0\nwarm_up = 0\nmodes = [{{ id = \"a\" }}]\n{FAKE_TOOL}");
    let case = case(&[("wrk", FAKE_WRK)], &plan);
    collect(&case, &[]).ok();
    let first = sidecar(&case, "a/wrk/run-02.meta.json");
    case.write("study/a/wrk/run-02.txt", "");
    let ended = collect(&case, &["--quiet"]).ok();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let made = logs(&case);
    assert_whole(&made);
    assert_eq!(made.len(), 2);
    let kept = sidecar(&case, "failed/a/wrk/run-02.attempt-1.meta.json");
    let reason = kept["failure"].clone();
    assert!(reason.as_str().unwrap().starts_with("the log that was there is no whole run: "), "{reason}");
    assert_eq!((&kept["started"], &kept["argv"]), (&first["started"], &first["argv"]));
    assert_eq!(sidecar(&case, "a/wrk/run-02.meta.json")["attempt"], 2);
}

#[test]
fn what_disturbed_a_run_is_a_note_of_the_study() {
    let plan = format!("runs = 2\npause = 0\nmodes = [{{ id = \"a\" }}, {{ id = \"b\" }}]\n{FAKE_TOOL}");
    let case = case(&[("wrk", FAKE_WRK)], &plan);
    collect(&case, &[]).ok();
    let path = "study/b/wrk/run-02.meta.json";
    let mut beside: Value = serde_json::from_str(&case.read(path)).unwrap();
    beside["cpu"] = serde_json::json!({ "steal": 1.5, "total": 10.0 });
    case.write(path, beside.to_string());
    let results = case.analyzed(&[]);
    assert!(notes(&results).contains(&"cpu-stolen"), "{:?}", notes(&results));
    let note = results["notes"].as_array().unwrap().iter().find(|note| note["id"] == "cpu-stolen").unwrap();
    assert_eq!(note["applies_to"][0], "1 of 2 wrk runs of b");
    // The runs that do not count are there, and do not count.
    assert!(case.path("study/warm-up/a/wrk/run-01.txt").is_file());
    case.write(path, "{");
    let ended = case.analyze(&[]);
    assert!(
        ended.code == 1 && ended.stderr.contains("b/wrk/run-02.meta.json: the sidecar of a log cannot be read"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_example_plan_is_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testbed/plan.example.toml");
    let plan = path.display().to_string();
    let case = Case::empty();
    assert_eq!(case.run(&["collect", "--example"]).ok().stdout, fs::read_to_string(&path).unwrap());
    let printed = case.run(&["collect", &plan, "--dry-run", "-o", "out"]).ok().stdout;
    let count = |what: &str| printed.lines().filter(|line| line.contains(what)).count();
    assert_eq!(count("wrk -t4 -c100 -d30s --latency"), 2 * 21);
    assert_eq!(count("iperf3 -J -c") - count("-t 1"), 2 * 21);

    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/README.md")).unwrap();
    let small = page.split_once("## Plans").unwrap().1.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    case.write("small.toml", small);
    let printed = case.run(&["collect", "small.toml", "--dry-run", "-o", "out"]).ok().stdout;
    assert!(printed.contains("ip netns exec client-mesh wrk -t4 -c20 -d30s --latency"), "{printed}");
}

#[test]
fn a_plan_s_errors_say_where_and_what_to_do() {
    let case = case(&[], "mode = []\n");
    collect(&case, &[]).fails(
        1,
        "error: plan.toml:1: unknown key `mode`: did you mean `modes`? Known here: title, out, modes, baseline, scenarios, wrk, \
         iperf3, runs, warm_up, order, seed, pause, wait_for_quiet, timeout, setup_timeout, attempts, stop_after\n",
    );
    case.write("plan.toml", "modes = [{ id = \"a\", prefix = [\"kubectl\", \"exec\", \"-it\", \"pod\", \"--\"] }]\n[iperf3]\nhost = \"h\"\n");
    collect(&case, &[]).fails(
        1,
        "error: plan.toml: a iperf3: `-it` after kubectl makes a terminal: leave it out: logs would have a terminal's line ends, \
         and errors among them\n",
    );
    case.write(
        "plan.toml",
        "modes = [{ id = \"a\" }]\nscenarios = [{ id = \"s\", tools = [\"wrk\"], iperf3 = { duration = 5 } }]
        [wrk]\nurl = \"http://h/\"\n[iperf3]\nhost = \"h\"\n",
    );
    collect(&case, &[]).fails(
        1,
        "error: plan.toml: no scenario runs iperf3: name it in the `tools` of one, or leave it out\n\
         error: plan.toml: the scenario `s` has settings of iperf3, and does not run it: name it in its `tools`, or leave the \
         settings out\n",
    );
    for id in ["collect.toml", "meshstats.toml", &"x".repeat(101)] {
        case.write("plan.toml", format!("modes = [{{ id = {id:?} }}]\n[iperf3]\nhost = \"h\"\n"));
        let told = format!("error: plan.toml: `{id}` cannot be the id of a mode: ids name directories");
        let ended = collect(&case, &[]);
        assert!(ended.code == 1 && ended.stderr.starts_with(&told), "{}", ended.stderr);
    }
    case.write("plan.toml", "modes = [{ id = \"a\" }]\n[iperf3]\nhost = \"h\"\n");
    case.run(&["collect", "plan.toml"])
        .fails(2, "error: plan.toml has no `out`: say where the study goes with --out DIR\n");
    case.run(&["collect", "no.toml"])
        .fails(1, "error: no.toml: cannot be read (no such file or directory): check the path and its permissions\n");
}
