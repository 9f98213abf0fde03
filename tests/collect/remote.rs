//! Tools that run elsewhere: behind a real sshd, and behind a kubectl that leaves a process of its own running.

use super::*;

/// A word that only whole quoting brings through a shell.
const ODD: &str = "X-Odd: it's \"so\" $HOME `id` \\ * ; & | <x> #";

/// A wrk in a directory with an odd name, which writes down what it was called with and which process it is.
fn odd_wrk(case: &Case) -> String {
    let dir = case.path("it's a \"$HOME\" & more").display().to_string();
    let program = format!("{dir}/wrk");
    let script = "#!/bin/sh\nhere=$(dirname \"$0\")\nprintf '%s\\n' \"$@\" > \"$here/argv\"\n\
         case $* in *-c4*) echo $$ > \"$here/pid\" ;; esac\nexec wrk \"$@\"\n";
    fs::create_dir_all(&dir).unwrap();
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

fn plan(servers: &Servers, prefix: &[String], program: &str, more: &str) -> String {
    let host = servers.host;
    let port = servers.ports[0];
    format!(
        "runs = 2\nwarm_up = 0\npause = 0\n{more}\nmodes = [{{ id = \"far\", prefix = {prefix:?} }}]
        [wrk]\nurl = \"http://{host}:{port}/?a='b'&c=$HOME\"\nthreads = 1\nconnections = 4\nprogram = {program:?}
        args = [\"-H\", {ODD:?}]\n"
    )
}

/// An sshd on the loopback interface of where the clients are, and the words that lead through it.
fn sshd(servers: &mut Servers, case: &Case) -> Vec<String> {
    let port = if servers.namespaces.is_some() { 2222 } else { free_port() };
    let dir = case.path("ssh");
    fs::create_dir_all(&dir).unwrap();
    // The permissions that ssh asks for.
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    let path = dir.display();
    for key in ["host", "user"] {
        assert!(run(&format!("ssh-keygen -q -t ed25519 -N  -f {path}/{key}")), "tests/run installs ssh");
    }
    fs::copy(dir.join("user.pub"), dir.join("authorized")).unwrap();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {path}/host\nAuthorizedKeysFile {path}/authorized\nStrictModes no
        UsePAM no\nPidFile none\nPermitRootLogin yes\nPasswordAuthentication no\nLogLevel ERROR\n"
    );
    fs::write(dir.join("config"), config).unwrap();
    // Where it separates its privileges.
    let _ = fs::create_dir_all("/run/sshd");
    let inside = servers.namespaces.as_ref().map(|[client, _]| client.clone());
    let config = dir.join("config").display().to_string();
    servers.children.push(spawn(inside.as_deref(), &["/usr/sbin/sshd", "-D", "-f", &config]));
    let ssh = format!(
        "ssh -F none -p {port} -i {path}/user -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
         -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1"
    );
    let mut prefix = servers.prefix();
    prefix.extend(ssh.split_whitespace().map(str::to_owned));
    let deadline = Instant::now() + Duration::from_secs(10);
    let works = |prefix: &[String]| {
        let status = Command::new(&prefix[0]).args(&prefix[1..]).arg("true").stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    while !works(&prefix) {
        assert!(Instant::now() < deadline, "sshd does not answer: {prefix:?}");
        thread::sleep(Duration::from_millis(100));
    }
    prefix
}

/// A kubectl that runs the command in a session of its own: ending the client ends nothing there. Without `-i` the command
/// has no input, as in a pod.
fn kubectl(servers: &Servers, case: &Case) -> Vec<String> {
    let within = servers.prefix().join(" ");
    let script = format!(
        "#!/bin/sh\ninput=/dev/null\nwhile [ \"$1\" != -- ]; do [ \"$1\" = -i ] && input=/proc/self/fd/0; shift; done; shift
        setsid -w {within} \"$@\" < $input\n"
    );
    case.write("bin/kubectl", script);
    fs::set_permissions(case.path("bin/kubectl"), fs::Permissions::from_mode(0o755)).unwrap();
    ["bin/kubectl", "exec", "-n", "mesh", "deploy/client", "-c", "tools", "--"].map(str::to_owned).to_vec()
}

fn runs_still(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Ends a collector in the middle of a run of half a minute, and sees the tool end with it.
fn ends_with_its_collector(case: &Case, program: &str, end: Signal) {
    let pid = Path::new(program).with_file_name("pid");
    let _ = fs::remove_file(&pid);
    let mut child = start(case);
    let deadline = Instant::now() + Duration::from_secs(60);
    let began = loop {
        match fs::read_to_string(&pid) {
            Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
            _ => thread::sleep(Duration::from_millis(20)),
        }
        assert!(Instant::now() < deadline, "no run began: {:?}", child.try_wait());
    };
    thread::sleep(Duration::from_millis(500));
    assert!(runs_still(&began));
    signal(&child, end);
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(8);
    while runs_still(&began) {
        assert!(Instant::now() < deadline, "the tool outlives its collector, which {end:?} ended");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(logs(case).len(), 0);
}

fn works_and_ends(case: &Case, servers: &Servers, prefix: &[String]) {
    let program = odd_wrk(case);
    case.write("plan.toml", plan(servers, prefix, &program, "").replace("threads", "duration = 30\nthreads"));
    for end in [Signal::KILL, Signal::INT] {
        ends_with_its_collector(case, &program, end);
    }
    fs::remove_dir_all(case.path("study")).unwrap();
    case.write("plan.toml", plan(servers, prefix, &program, "").replace("threads", "duration = 1\nthreads"));
    let ended = collect(case, &[]).ok();
    let made = logs(case);
    assert_whole(&made);
    assert_eq!(made.len(), 2, "{}", ended.stderr);
    let url = format!("http://{}:{}/?a='b'&c=$HOME", servers.host, servers.ports[0]);
    let argv = fs::read_to_string(Path::new(&program).with_file_name("argv")).unwrap();
    let argv: Vec<&str> = argv.lines().collect();
    assert_eq!(argv[..5], ["-t1", "-c4", "-d1s", "--latency", "-s"]);
    assert_eq!(argv[6..], ["-H", ODD, &url]);
    // The script came through, too, and is gone again.
    assert!(String::from_utf8_lossy(&made["far/wrk/run-02.txt"]).contains("{\"wrk_json\":1,"));
    assert!(!Path::new(argv[5]).exists(), "{}", argv[5]);
    let beside = sidecar(case, "far/wrk/run-01.meta.json");
    assert_eq!(beside["exit_code"], 0);
    assert!(beside["machine"]["interface"]["mtu"].as_u64().is_some_and(|mtu| mtu >= 1280), "{beside}");
}

#[test]
fn a_tool_behind_ssh_gets_its_words_and_ends_with_its_collector() {
    let mut servers = Servers::start();
    let case = case(&[], "");
    let prefix = sshd(&mut servers, &case);
    works_and_ends(&case, &servers, &prefix);

    // What ssh itself cannot do is told from what the tool cannot.
    let mut elsewhere = prefix;
    elsewhere.pop();
    elsewhere.push("no-such-user@127.0.0.1".to_owned());
    case.write("other.toml", plan(&servers, &elsewhere, "wrk", ""));
    let ended = case.run(&["collect", "other.toml", "-o", "other", "--check"]);
    assert!(ended.code == 1 && ended.stderr.contains("Permission denied"), "{}", ended.stderr);
}

#[test]
fn a_tool_behind_kubectl_gets_its_words_and_ends_with_its_collector() {
    let servers = Servers::start();
    let case = case(&[], "");
    let prefix = kubectl(&servers, &case);
    works_and_ends(&case, &servers, &prefix);
}

#[test]
fn a_tool_that_hangs_elsewhere_is_ended_there() {
    let servers = Servers::start();
    let case = case(&[], "");
    let prefix = kubectl(&servers, &case);
    let program = odd_wrk(&case);
    let script =
        fs::read_to_string(&program).unwrap().replace("exec wrk", "case $* in *-c4*) exec sleep 300 ;; esac\nexec wrk");
    fs::write(&program, script).unwrap();
    let text = plan(&servers, &prefix, &program, "attempts = 1\ntimeout = 2\nstop_after = 1");
    case.write("plan.toml", text.replace("threads", "duration = 1\nthreads"));
    let began = Instant::now();
    let ended = collect(&case, &[]);
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(ended.stderr.contains("it ended with exit code 124: 124 is `timeout`'s, there"), "{}", ended.stderr);
    let pid = fs::read_to_string(Path::new(&program).with_file_name("pid")).unwrap();
    assert!(!runs_still(pid.trim()));
}
