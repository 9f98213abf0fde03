"""A mode: what stands between the client and the service, and the namespaces and directory in which it stands."""

import contextlib
import ctypes
import dataclasses
import http.client
import os
import pathlib
import re
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Namespaces are NAME-MODE-POD and the run directory is /run/NAME-MODE, so that two testbeds can stand at once.
NAME = os.environ.get("TESTBED_NAME", "meshstats")
if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9-]{0,39}", NAME):
    sys.exit("testbed: TESTBED_NAME is not a name: use up to 40 letters, digits and `-`, a letter or digit first")
PODS = ("client", "node", "server")

# These exist only in the testbed's own namespaces, and are the same in every mode.
CLIENT, SERVER, GATEWAY = "10.250.0.2", "10.250.0.3", "10.250.0.1"
HTTP_PORT, TCP_PORT = 8000, 5201
PROXY_USER, SERVICE_USER = 1337, 65534

CLONE_NEWNET = 0x40000000


class Fault(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, what, remedy):
        super().__init__(f"{what}: {remedy}")


@dataclasses.dataclass(frozen=True)
class Mode:
    id: str
    proxies: tuple[str, ...]  # the pods that have one
    tls: bool = False

    @property
    def run(self):
        return pathlib.Path("/run", f"{NAME}-{self.id}")

    def namespace(self, pod):
        return f"{NAME}-{self.id}-{pod}"

    def exists(self):
        return self.run.exists() or any(self.namespaces())

    def namespaces(self):
        """Those of its namespaces that there are."""
        names = map(self.namespace, PODS)
        return [name for name in names if pathlib.Path("/run/netns", name).exists()]

    def within(self, pod, *argv):
        return ["ip", "netns", "exec", self.namespace(pod), *argv]

    @contextlib.contextmanager
    def inside(self, pod, user=0):
        """Sockets made meanwhile belong to the pod, and for iptables to the user."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            there = os.open(f"/run/netns/{self.namespace(pod)}", os.O_RDONLY)
            _enter(there)
            os.close(there)
            os.seteuid(user)
            yield
        finally:
            os.seteuid(0)
            _enter(home)
            os.close(home)

    def connect(self, pod, host, port, user=0):
        with self.inside(pod, user):
            return socket.create_connection((host, port), timeout=5)

    def http(self, pod, host, port):
        connection = http.client.HTTPConnection(host, port, timeout=5)
        connection.sock = self.connect(pod, host, port)
        return contextlib.closing(connection)


MODES = {
    mode.id: mode
    for mode in (
        Mode("direct", ()),
        Mode("sidecar", ("client", "server"), tls=True),
        Mode("sidecar-plaintext", ("client", "server")),
        Mode("client-only", ("client",)),
    )
}


def _enter(namespace):
    """os.setns, which Python has since 3.12."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace")


def run(*argv, **more):
    """Runs a command to its end, and gives what it printed."""
    done = subprocess.run(argv, capture_output=True, text=True, **more)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        raise Fault(f"`{' '.join(argv)}` ended with {done.returncode}", said[0])
    return done.stdout
