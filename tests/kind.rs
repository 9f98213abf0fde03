//! `testbed/kind` as far as it can be tried without a cluster: the manifests against Kubernetes' schemas, the scripts with
//! programs that only write down how they are called, and the plan with a `kubectl` that runs commands in network
//! namespaces where the real nginx, uWSGI and iperf3 are.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::collect::{run, signal, spawn};
use super::program::{Case, Ended, ended, meshstats, program, root, samples};

const MESHES: &[&str] = &["istio", "linkerd", "cilium", "ambient"];

fn dir() -> PathBuf {
    root().join("testbed/kind")
}

fn text(path: &str) -> String {
    fs::read_to_string(dir().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A program on the PATH, or among what `tests/run` installs.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = env::split_paths(&path).chain([root().join("target/oracles/bin")]);
    let found = dirs.map(|dir| dir.join(name)).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("not checked: there is no {name} here");
    }
    found
}

#[test]
fn manifests_fit_kubernetes_and_say_which_mesh() {
    let Some(kubectl) = find("kubectl") else { return };
    let validate = find("kubernetes-validate");
    let case = Case::empty();
    let is_valid = |manifests: &str| {
        case.write("manifests.yaml", manifests);
        let Some(validate) = &validate else { return (true, String::new()) };
        let mut command = Command::new(validate);
        let ended = ended(command.args(["-k", "1.32", "--strict"]).arg(case.path("manifests.yaml")));
        (ended.code == 0, ended.stdout + &ended.stderr)
    };
    let own = [
        ("baseline", ""),
        ("istio", "istio-injection: enabled"),
        ("linkerd", "linkerd.io/inject: enabled"),
        ("cilium", "kind: CiliumNetworkPolicy"),
        ("ambient", "istio.io/dataplane-mode: ambient"),
    ];
    for (mode, _) in own {
        let built = ended(Command::new(&kubectl).arg("kustomize").arg(dir().join("modes").join(mode))).ok().stdout;
        let (valid, told) = is_valid(&built);
        assert!(valid, "{mode}: {told}");
        // Namespace, three services, four deployments; of what a mesh adds there are no schemas.
        if validate.is_some() {
            assert_eq!(told.matches("passed for resource").count(), 8, "{mode}: {told}");
            assert!(!is_valid(&built.replace("replicas:", "replica:")).0, "{mode}: the check can fail");
        }
        for (other, word) in own {
            assert!(word.is_empty() || built.contains(word) == (other == mode), "{mode}: {word}");
        }
        let is_strict = built.contains("kind: PeerAuthentication") && built.contains("mode: STRICT");
        assert_eq!(is_strict, ["istio", "ambient"].contains(&mode), "{mode}");
        assert_eq!(
            built.matches(&format!("namespace: testbed-{mode}\n")).count(),
            7 + built.matches("/v1\nkind: PeerA").count() + built.matches("kind: CiliumN").count()
        );
        assert_eq!(built.matches("holdApplicationUntilProxyStarts").count(), if mode == "istio" { 4 } else { 0 });
    }
}

#[test]
fn pods_have_a_worker_and_images_and_ports_agree() {
    let nodes = |config: &str| {
        let text = text(config);
        let nodes = &text[text.find("nodes:").expect("a cluster has nodes")..];
        nodes.split("networking:").next().unwrap_or(nodes).to_owned()
    };
    assert_eq!(nodes("cluster.yaml"), nodes("cluster-cilium.yaml"));
    assert!(text("cluster-cilium.yaml").contains("disableDefaultCNI: true"));
    assert_eq!(nodes("cluster.yaml").matches("- role: worker").count(), 3);
    let worker = |pod: &str| {
        let text = text(&format!("app/{pod}.yaml"));
        let worker = text.split("nodeSelector: { testbed: ").nth(1).and_then(|rest| rest.split(' ').next());
        worker.unwrap_or_else(|| panic!("{pod} chooses no worker")).to_owned()
    };
    for pod in ["client", "iperf3", "nginx", "registration"] {
        assert!(nodes("cluster.yaml").contains(&format!("labels: {{ testbed: {} }}", worker(pod))), "{pod}");
        assert!(text(&format!("app/{pod}.yaml")).contains("image: meshstats-testbed:local"), "{pod}");
    }
    assert_ne!(worker("client"), worker("nginx"));
    assert_ne!(worker("client"), worker("iperf3"));
    assert!(text("nginx.conf").contains("listen 8080 ") && text("app/nginx.yaml").contains("containerPort: 8080"));
    assert!(text("uwsgi.ini").contains("http = :8000\n") && text("nginx.conf").contains("server registration:8000;"));
    for part in ["containerPort: 8000", "port: 8000"] {
        assert!(text("app/registration.yaml").contains(part), "{part}");
    }
}

#[test]
fn the_image_is_made_of_files_that_are_there() {
    let dockerfile = text("Dockerfile");
    let copied = dockerfile.lines().find_map(|line| line.strip_prefix("COPY ")).expect("files are copied");
    let sources: Vec<&str> = copied.split(' ').filter(|word| *word != "./").collect();
    assert_eq!(sources.len(), 4);
    let kept = text("Dockerfile.dockerignore");
    for source in sources {
        assert!(root().join("testbed").join(source).is_file(), "testbed/{source} is there");
        assert!(kept.contains(&format!("!{source}\n")), "{source} is left out by Dockerfile.dockerignore");
    }
    if let Some(hadolint) = find("hadolint") {
        ended(Command::new(hadolint).arg(dir().join("Dockerfile"))).ok();
    }
    if let Some(shellcheck) = find("shellcheck") {
        let scripts = ["up.sh", "down.sh", "ready.sh"];
        ended(Command::new(shellcheck).current_dir(dir()).args(scripts)).ok();
    }
}

/// A copy of the scripts, with programs in `bin/`.
fn scripts(programs: &[(&str, &str)]) -> Case {
    let case = Case::empty();
    let write = |path: String, text: &str| {
        case.write(&path, text);
        fs::set_permissions(case.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
    };
    for name in ["up.sh", "down.sh", "ready.sh", "versions.env", "plan.toml"] {
        write(name.to_owned(), &text(name));
    }
    for (name, text) in programs {
        write(format!("bin/{name}"), text);
    }
    case
}

fn script(case: &Case, argv: &[&str], path: &str) -> Ended {
    ended(Command::new(case.path(argv[0])).args(&argv[1..]).current_dir(case.path("")).env("PATH", path))
}

fn path(case: &Case) -> String {
    format!("{}:{}", case.path("bin").display(), env::var("PATH").unwrap())
}

/// The value of a version in `versions.env`.
fn version(name: &str) -> String {
    let text = text("versions.env");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    line.unwrap_or_else(|| panic!("no {name}")).to_owned()
}

/// Writes down how it is called, and says its version.
const FAKE: &str = "#!/bin/sh\necho \"${0##*/} $*\" >> journal\ncase $* in\n\
    version*) echo VERSION ;;\n*'get clusters'*) echo OTHER ;;\n*'get pods'*) echo 'a: tools PROXY' ;;\n\
    *svc.cluster.local*) case $* in *'testbed-baseline deploy'*testbed-baseline*|*MESH\\ deploy*) printf 200 ;; esac ;;\nesac\n";

#[test]
fn up_tells_all_that_is_missing() {
    let case =
        scripts(&[("docker", "#!/bin/sh\necho 'no daemon' >&2\nexit 1\n"), ("kind", "#!/bin/sh\necho kind v0.1.0\n")]);
    // Only what POSIX has, beside the fakes.
    for tool in ["sh", "grep", "head", "tail", "dirname"] {
        let found = find(tool).expect("POSIX tools are there");
        std::os::unix::fs::symlink(found, case.path(&format!("bin/{tool}"))).unwrap();
    }
    let path = case.path("bin").display().to_string();
    let ended = script(&case, &["up.sh", "ambient"], &path);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!((ended.code, lines.len()), (1, 4), "{}", ended.stderr);
    assert_eq!(lines[0], "up.sh: `docker info` failed: no daemon");
    assert!(lines[1].starts_with("up.sh: kubectl is not on the PATH: install it ("), "{}", lines[1]);
    let wanted = format!("up.sh: kind is not version v{}, but: kind v0.1.0 (https://", version("KIND"));
    assert!(lines[2].starts_with(&wanted), "{}", lines[2]);
    let wanted = format!("up.sh: istioctl is not on the PATH: install it, version {} (", version("ISTIO"));
    assert!(lines[3].starts_with(&wanted), "{}", lines[3]);
    let ended = script(&case, &["up.sh", "consul"], &path);
    assert!(ended.stderr.ends_with("up.sh: no mesh `consul`: istio, linkerd, cilium or ambient\n"), "{}", ended.stderr);
}

#[test]
fn up_makes_the_cluster_and_installs_the_mesh() {
    let install = [
        ("istio", "istioctl install --context kind-meshstats --skip-confirmation --set profile=demo".to_owned()),
        ("ambient", "istioctl install --context kind-meshstats --skip-confirmation --set profile=ambient".to_owned()),
        ("linkerd", "linkerd install --context kind-meshstats".to_owned()),
        (
            "cilium",
            format!(
                "cilium install --context kind-meshstats --version {} --set ipam.mode=kubernetes",
                version("CILIUM")
            ),
        ),
    ];
    assert_eq!(install.len(), MESHES.len());
    for (mesh, install) in install {
        let versions =
            format!("v{} {} {} v{}", version("KIND"), version("ISTIO"), version("LINKERD"), version("CILIUM_CLI"));
        let fake = FAKE.replace("VERSION", &versions).replace("MESH", &format!("testbed-{mesh}"));
        let has_sidecar = ["istio", "linkerd"].contains(&mesh);
        let kubectl = fake.replace(
            "'a: tools PROXY'",
            &if has_sidecar {
                format!("\"$(case $* in *baseline*) echo a: tools ;; *) echo a: tools {mesh}-proxy ;; esac)\"")
            } else {
                "a: tools".to_owned()
            },
        );
        // A POST is answered by 201.
        let kubectl = kubectl.replace("*svc.cluster.local*) case", "*POST*) printf 201 ;;\n*svc.cluster.local*) case");
        let programs = ["docker", "kind", "istioctl", "linkerd", "cilium"].map(|name| (name, fake.as_str()));
        let case = scripts(&[&programs[..], &[("kubectl", &kubectl)]].concat());
        script(&case, &["up.sh", mesh], &path(&case)).ok();
        let journal = case.read("journal");
        let at = |what: &str| {
            journal
                .lines()
                .position(|line| line.starts_with(what))
                .unwrap_or_else(|| panic!("{mesh}: no {what} in {journal}"))
        };
        let config = if mesh == "cilium" { "cluster-cilium.yaml" } else { "cluster.yaml --wait 3m" };
        let create =
            format!("kind create cluster --name meshstats --image {} --config {config}", version("NODE_IMAGE"));
        let build = format!(
            "docker build --build-arg DEBIAN={} --file Dockerfile --tag meshstats-testbed:local ..",
            version("DEBIAN")
        );
        let steps = [
            at(&build),
            at(&create),
            at("kind load docker-image meshstats-testbed:local --name meshstats"),
            at(&install),
            at("kubectl --context kind-meshstats apply -k modes/baseline"),
            at(&format!("kubectl --context kind-meshstats apply -k modes/{mesh}")),
            at(&format!("kubectl --context kind-meshstats exec -n testbed-{mesh} deploy/client -c tools -- curl")),
        ];
        assert!(steps.is_sorted(), "{journal}");

        // What stands already is not touched, and is removed by down.sh.
        case.write("bin/kind", fake.replace("OTHER", "meshstats"));
        let again = script(&case, &["up.sh", mesh], &path(&case));
        again.fails(1, "up.sh: the cluster meshstats is there already: down.sh removes it\n");
        script(&case, &["down.sh"], &path(&case)).ok();
        assert!(case.read("journal").ends_with("kind delete cluster --name meshstats\n"));
    }
}

#[test]
fn ready_finds_a_mode_that_is_not_what_its_name_says() {
    let kubectl = |pods: &str| {
        format!(
            "#!/bin/sh\ncase $* in *'get pods'*) echo '{pods}' ;; *POST*) printf 409 ;; *curl*) printf 200 ;; esac\n"
        )
    };
    for (mode, pods, why) in [
        ("istio", "a: istio-init tools", "ready.sh: istio: 0 pods have a sidecar, and 1 should: a: istio-init tools\n"),
        (
            "baseline",
            "a: tools istio-proxy",
            "ready.sh: baseline: 1 pods have a sidecar, and 0 should: a: tools istio-proxy\n",
        ),
        (
            "linkerd",
            "a: linkerd-proxy tools",
            "ready.sh: linkerd: a client without the mesh is answered: the mesh is not between the pods\n",
        ),
        (
            "ambient",
            "a: tools",
            "ready.sh: ambient: a client without the mesh is answered: the mesh is not between the pods\n",
        ),
    ] {
        let case = scripts(&[("kubectl", &kubectl(pods))]);
        script(&case, &["ready.sh", mode], &path(&case)).fails(1, why);
    }
    let case = scripts(&[("kubectl", &kubectl("a: tools").replace("409", "503"))]);
    let ended = script(&case, &["ready.sh", "baseline"], &path(&case));
    assert!(ended.stderr.ends_with("svc.cluster.local/registrations gave 503\n"), "{}", ended.stderr);
}

/// The plan with another mesh in Istio's place, as its last lines say.
fn plan_of(mesh: &str) -> String {
    let text = text("plan.toml");
    let (id, label) = text
        .split("\n#   id = ")
        .skip(1)
        .filter_map(|rest| rest.lines().next().zip(rest.lines().nth(1)))
        .find(|(id, _)| *id == format!("\"{mesh}\""))
        .unwrap_or_else(|| panic!("the plan names {mesh}"));
    let label = label.trim_start_matches("#   ");
    text.replace("id = \"istio\"\nlabel = \"Istio\"", &format!("id = {id}\n{label}"))
}

#[test]
fn the_plan_is_the_studys() {
    let plan = dir().join("plan.toml");
    let printed = meshstats(&["collect", plan.to_str().unwrap(), "--dry-run"]).ok().stdout;
    for mode in ["baseline", "istio"] {
        // A shell in the pod ends the tool when its client has ended.
        let within =
            format!("kubectl --context kind-meshstats exec -i -n testbed-{mode} deploy/client -c tools -- sh -c ");
        let wrk = format!(
            " 45 wrk -t4 -c100 -d30s --latency -s /testbed/wrk-json.lua \
             http://nginx.testbed-{mode}.svc.cluster.local/registrations/1"
        );
        let iperf3 = format!(" 45 iperf3 -J -c iperf3.testbed-{mode}.svc.cluster.local -t 30");
        for command in [wrk, iperf3] {
            // And a warm-up.
            let runs = printed.lines().filter(|line| line.starts_with(&within) && line.ends_with(&command));
            assert_eq!(runs.count(), 21, "{command}");
        }
        assert!(printed.contains(&format!("# set-up of {mode}\n./ready.sh {mode}\n")));
    }
    for mesh in MESHES.iter().filter(|mesh| **mesh != "istio") {
        let case = Case::empty();
        case.write("plan.toml", plan_of(mesh));
        let printed = case.run(&["collect", "plan.toml", "--dry-run"]).ok().stdout;
        assert!(printed.contains(&format!("-n testbed-{mesh} deploy/client")) && !printed.contains("istio"), "{mesh}");
        assert!(dir().join("modes").join(mesh).is_dir());
    }
}

/// Network namespaces, each with what a mode's pods run.
struct Pods {
    prefix: String,
    children: Vec<Child>,
    _dirs: Vec<tempfile::TempDir>,
}

impl Pods {
    /// `None` without the right to make namespaces, or without uWSGI.
    fn start(modes: &[&str]) -> Option<Self> {
        find("uwsgi")?;
        let mut pods = Self { prefix: format!("mstk-{}", std::process::id()), children: Vec::new(), _dirs: Vec::new() };
        for mode in modes {
            let name = format!("{}-{mode}", pods.prefix);
            if !run(&format!("ip netns add {name}")) || !run(&format!("ip -n {name} link set lo up")) {
                eprintln!("not checked: network namespaces cannot be made here");
                return None;
            }
            let made = tempfile::tempdir().unwrap();
            let at = |file: &str| made.path().join(file).display().to_string();
            for (file, from) in [("nginx.conf", "registration:8000"), ("uwsgi.ini", "")] {
                let here = if from.is_empty() { text(file) } else { text(file).replace(from, "127.0.0.1:8000") };
                fs::write(at(file), here.replace("/tmp/", &at(""))).unwrap();
            }
            fs::copy(root().join("testbed/netns/registration.py"), at("registration.py"))
                .expect("the service is there");
            pods.serve(&name, &["uwsgi", "--ini", &at("uwsgi.ini")]);
            pods.serve(&name, &["nginx", "-e", "stderr", "-c", &at("nginx.conf")]);
            pods.serve(&name, &["iperf3", "-s"]);
            pods._dirs.push(made);
        }
        Some(pods)
    }

    fn serve(&mut self, namespace: &str, argv: &[&str]) {
        self.children.push(spawn(Some(namespace), argv));
    }

    /// Runs commands where a mode's pods are, under the names that their services have; waits as `rollout` does.
    fn kubectl(&self) -> String {
        let script = root().join("testbed/wrk-json.lua");
        format!(
            r#"#!/usr/bin/env bash
[ "$1 $2" = "--context kind-meshstats" ] || exit 1
case $3 in
get) printf '%s\n' client iperf3 nginx registration | sed "s/$/: $([ "$6" = testbed-istio ] && echo istio-proxy)/" ;;
rollout) for _ in $(seq 100); do ip netns exec {prefix}-${{6#testbed-}} curl -so /dev/null 127.0.0.1:8080/registrations/0 && exit; sleep 0.1; done; exit 1 ;;
exec)
    while [ "$1" != -n ]; do shift; done
    namespace=$2
    while [ "$1" != -- ]; do shift; done
    shift
    words=("${{@/nginx.$namespace.svc.cluster.local/127.0.0.1:8080}}")
    words=("${{words[@]/iperf3.$namespace.svc.cluster.local/127.0.0.1}}")
    exec ip netns exec {prefix}-${{namespace#testbed-}} "${{words[@]/#\/testbed\/wrk-json.lua/{script}}}" ;;
esac
"#,
            prefix = self.prefix,
            script = script.display().to_string().replace('/', "\\/"),
        )
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        for child in &mut self.children {
            signal(child, Signal::TERM);
            let _ = child.wait();
        }
        for mode in ["baseline", "istio"] {
            run(&format!("ip netns del {}-{mode}", self.prefix));
        }
    }
}

#[test]
fn a_small_collection_of_the_plan_is_a_study() {
    let Some(pods) = Pods::start(&["baseline", "istio"]) else { return };
    let case = scripts(&[("kubectl", &pods.kubectl())]);
    let mut plan = text("plan.toml");
    for (theirs, ours) in [
        ("runs = 20", "runs = 2"),
        ("warm_up = 1", "warm_up = 0"),
        ("duration = 30", "duration = 1"),
        ("pause = 2", "pause = 0.2"),
        ("wait_for_quiet = 60", "wait_for_quiet = 0"),
    ] {
        assert!(plan.contains(theirs), "{theirs}");
        plan = plan.replace(theirs, ours);
    }
    case.write("plan.toml", plan);
    thread::sleep(Duration::from_millis(300));
    let collecting = ["collect", "plan.toml", "-o", "study"];
    let collected = ended(program().args(collecting).current_dir(case.path("")).env("PATH", path(&case))).ok();
    assert!(collected.stderr.contains("run 8 of 8: istio iperf3 run 2: "), "{}", collected.stderr);
    let results = case.analyzed(&[]);
    let samples = samples(&results);
    for (metric, mode) in
        [("latency_mean", "baseline"), ("latency_mean", "istio"), ("throughput", "baseline"), ("throughput", "istio")]
    {
        let sample = samples.iter().find(|sample| sample.0 == metric && sample.2 == mode);
        assert_eq!(sample.map(|sample| sample.3.len()), Some(2), "{metric} {mode}");
    }
    // The logs hold exact latencies, by the script in the image.
    let log = case.read("study/istio/wrk/run-01.txt");
    assert!(case.path("study/collect.toml").is_file() && log.contains("\"latency"), "{log}");
}
