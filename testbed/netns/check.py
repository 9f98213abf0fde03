"""Whether the traffic of a mode goes the way that the mode's name says, found by sending some."""

import contextlib
import http.client
import json
import secrets
import socket
import ssl

import proxy
from mode import CLIENT, HTTP_PORT, PROXY_USER, SERVER, TCP_PORT, Fault

TLS_RECORDS = (b"\x14\x03", b"\x15\x03", b"\x16\x03", b"\x17\x03")
ETH_P_ALL = 3


def counters(mode):
    """What each of the mode's proxies has counted since it started."""
    return {pod: _counters(mode, pod) for pod in mode.proxies}


def _counters(mode, pod):
    try:
        with mode.http(pod, "127.0.0.1", proxy.ADMIN_PORT) as admin:
            admin.request("GET", "/stats?type=Counters")
            lines = admin.getresponse().read().decode().splitlines()
    except OSError as error:
        raise Fault(f"the {pod}'s proxy does not answer ({error})", f"see {mode.run}/proxy-{pod}.log") from None
    stats = dict(line.rsplit(": ", 1) for line in lines)
    name = proxy.outbound_name if pod == "client" else proxy.inbound_name
    http, tcp = (f"cluster.{name(port)}." for port in (HTTP_PORT, TCP_PORT))
    listener = f"listener.0.0.0.0_{proxy.INBOUND_PORT}."

    def total(*names):
        return sum(int(stats.get(name, 0)) for name in names)

    secured = [http, tcp] if pod == "client" else [listener]
    counted = {
        "http_requests": total(http + "upstream_rq_total"),
        "http_connections": total(http + "upstream_cx_total"),
        "tcp_connections": total(tcp + "upstream_cx_total"),
        "tcp_bytes": total(tcp + "upstream_cx_tx_bytes_total", tcp + "upstream_cx_rx_bytes_total"),
        "tls_handshakes": total(*(prefix + "ssl.handshake" for prefix in secured)),
        "tls_1_3": total(*(prefix + "ssl.versions.TLSv1.3" for prefix in secured)),
    }
    if pod == "server":
        counted["refused_not_tls"] = total(listener + "no_filter_chain_match")
        counted["refused_no_certificate"] = total(listener + "ssl.fail_verify_no_cert")
    return counted


def remember(mode):
    """Counts, for a check after the run that comes now."""
    counted = counters(mode)
    _before(mode).write_text(json.dumps(counted))
    return counted


def _before(mode):
    return mode.run / "before-run.json"


def check(mode):
    """The findings, as texts with whether each is as it must be."""
    findings = []
    try:
        findings += _since_run(mode)
        findings += _traffic(mode)
        if mode.tls:
            findings += _refusals(mode)
    except Fault as fault:
        findings.append((False, str(fault)))
    except (OSError, http.client.HTTPException, ValueError) as error:
        findings.append((False, f"no answer from the service ({error}): see the logs in {mode.run}"))
    return findings


def _since_run(mode):
    """What went through the proxies since `remember`; nothing where that was not called."""
    try:
        before = json.loads(_before(mode).read_text())
    except (FileNotFoundError, ValueError):
        return
    _before(mode).unlink()
    now = counters(mode)
    for pod in mode.proxies:
        grown = {key: now[pod][key] - before[pod][key] for key in now[pod]}
        went = grown["http_requests"] > 0 or grown["tcp_bytes"] > 0
        yield went, f"in the run the {pod}'s proxy counted {json.dumps(grown)}"


def _traffic(mode):
    """Registers someone, and sees which way the requests went."""
    token = secrets.token_hex(8)
    before = counters(mode)
    with contextlib.closing(_listen(mode)) as wire, mode.http("client", SERVER, HTTP_PORT) as service:
        own = "{}:{}".format(*service.sock.getsockname())
        asked = {"name": token, "email": f"{token}@example.org"}
        status, made = _ask(service, "POST", "/registrations", json.dumps(asked))
        _, kept = _ask(service, "GET", f"/registrations/{json.loads(made)['id']}" if status == 201 else "/registrations")
        _, peer = _ask(service, "GET", "/peer")
        packets = list(_payloads(wire))
    works = status == 201 and json.loads(kept).get("name") == token
    yield works, f"a registration was posted (status {status}) and read back"
    yield _is_expected_peer(mode, peer, own), f"the client connected from {own}, and nginx is connected to {peer}"

    clear = sum(token.encode() in packet for packet in packets)
    records = sum(packet[:2] in TLS_RECORDS for packet in packets)
    on_wire = f"between the pods, {len(packets)} packets for the service: {records} begin a TLS record, {clear} hold the name"
    yield (records > 0 and clear == 0) if mode.tls else (records == 0 and clear > 0), on_wire

    after = counters(mode)
    for pod in mode.proxies:
        requests = after[pod]["http_requests"] - before[pod]["http_requests"]
        yield requests >= 3, f"the {pod}'s proxy forwarded {requests} requests when 3 were sent"
        handshakes, of_1_3 = after[pod]["tls_handshakes"], after[pod]["tls_1_3"]
        as_expected = handshakes == of_1_3 and (handshakes > 0) == mode.tls
        yield as_expected, f"the {pod}'s proxy counts {handshakes} TLS handshakes, {of_1_3} of them of TLS 1.3"


def _ask(service, method, path, body=None):
    service.request(method, path, body)
    response = service.getresponse()
    return response.status, response.read().decode()


def _is_expected_peer(mode, peer, own):
    address = peer.rpartition(":")[0]
    if "server" in mode.proxies:
        return address == proxy.INBOUND_SOURCE
    # The very connection of the client, or another one from the same address.
    return address == CLIENT and (peer == own) == (not mode.proxies)


def _listen(mode):
    with mode.inside("node"):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        wire.bind(("server", ETH_P_ALL))
    wire.setblocking(False)
    return wire


def _payloads(wire):
    """Of the TCP segments over IPv4 that went to the service's port."""
    with contextlib.suppress(BlockingIOError):
        while True:
            packet = wire.recv(65535)
            if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
                continue
            tcp = packet[(packet[0] & 15) * 4 : int.from_bytes(packet[2:4], "big")]
            payload = tcp[(tcp[12] >> 4) * 4 :]
            if int.from_bytes(tcp[2:4], "big") == HTTP_PORT and payload:
                yield payload


def _refusals(mode):
    """Whether the server's proxy refuses what comes past the client's."""
    before = counters(mode)["server"]
    answers = [_plain(mode, port) for port in (HTTP_PORT, TCP_PORT)]
    without_certificate = _tls_without_certificate(mode)
    after = counters(mode)["server"]
    refused = after["refused_not_tls"] - before["refused_not_tls"]
    told = ", ".join(f"port {port}: {answer or 'no answer'}" for port, answer in zip((HTTP_PORT, TCP_PORT), answers))
    yield refused == 2 and not any(answers), f"plain text past the client's proxy: {told}; refused {refused} of 2"
    refused = after["refused_no_certificate"] - before["refused_no_certificate"]
    yield refused == 1, f"TLS without a certificate past the client's proxy: {without_certificate}; refused {refused} of 1"


def _plain(mode, port):
    with contextlib.closing(mode.connect("client", SERVER, port, PROXY_USER)) as plain:
        try:
            plain.sendall(b"GET /peer HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n")
            return plain.recv(1000).decode(errors="replace").partition("\r\n")[0]
        except ConnectionError:
            return ""


def _tls_without_certificate(mode):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["istio"])
    with contextlib.closing(mode.connect("client", SERVER, HTTP_PORT, PROXY_USER)) as plain:
        try:
            # In TLS 1.3 the server refuses after the client has finished.
            with context.wrap_socket(plain) as secured:
                secured.sendall(b"GET /peer HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n")
                return secured.recv(1000).decode(errors="replace").partition("\r\n")[0]
        except (ssl.SSLEOFError, ConnectionError):
            return "no answer"
        except ssl.SSLError as error:
            return error.reason or str(error)
