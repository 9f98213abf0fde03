"""Envoy's configuration at either end, after the listeners and clusters that Istio gives its sidecars.

Outbound: iptables sends what the workload connects to to `virtualOutbound`, which hands it to the listener of the
destination's port; that one opens a connection of its own, under mutual TLS if there are certificates.
Inbound: iptables sends what arrives to `virtualInbound`, which picks a filter chain by port and, with certificates, by
whether it is TLS: plain text finds no chain and is closed, as under a STRICT PeerAuthentication.
"""

ADMIN_PORT = 15000
OUTBOUND_PORT = 15001
INBOUND_PORT = 15006
HOST = "registration.default.svc.cluster.local"
IDENTITY = "spiffe://cluster.local/ns/default/sa/"
# Where the inbound proxy connects to the workload from, so that iptables lets these connections through.
INBOUND_SOURCE = "127.0.0.6"

# Istio's access log format. It is written for every request, and thrown away.
ACCESS_LOG = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% '
    "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% "
    '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" '
    '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% '
    "%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n"
)


def outbound_name(port):
    return f"outbound|{port}||{HOST}"


def inbound_name(port):
    return f"inbound|{port}||"


def client(http_port, tcp_port, server, certificates):
    """The proxy beside the client. `certificates` is a directory, or None for plain text."""
    blackhole = {"name": "BlackHoleCluster", "type": "STATIC", "connect_timeout": "10s"}
    virtual = {
        "name": "virtualOutbound",
        "address": _address("0.0.0.0", OUTBOUND_PORT),
        "traffic_direction": "OUTBOUND",
        "use_original_dst": True,
        "filter_chains": [{"filters": [_tcp_proxy(blackhole["name"])]}],
    }
    route = {
        "cluster": outbound_name(http_port),
        "timeout": "0s",
        "retry_policy": {
            "retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
            "num_retries": 2,
            "retry_host_predicate": [
                {
                    "name": "envoy.retry_host_predicates.previous_hosts",
                    "typed_config": _typed("retry.host.previous_hosts.v3.PreviousHostsPredicate"),
                }
            ],
            "host_selection_retry_max_attempts": 5,
        },
    }
    manager = _http_manager(f"outbound_0.0.0.0_{http_port}", str(http_port), route)
    listeners = [
        {
            "name": f"0.0.0.0_{port}",
            "address": _address("0.0.0.0", port),
            "bind_to_port": False,
            "traffic_direction": "OUTBOUND",
            "filter_chains": [{"filters": [filter_]}],
        }
        for port, filter_ in [(http_port, manager), (tcp_port, _tcp_proxy(outbound_name(tcp_port)))]
    ]
    clusters = [_outbound_cluster(port, server, certificates) for port in (http_port, tcp_port)]
    clusters[0] |= _SAME_PROTOCOL
    return _bootstrap("client", [virtual, *listeners], [blackhole, *clusters])


def server(http_port, tcp_port, certificates):
    """The proxy beside the service."""
    route = {"cluster": inbound_name(http_port), "timeout": "0s"}
    manager = _http_manager(f"inbound_0.0.0.0_{http_port}", inbound_name(http_port), route)
    manager["typed_config"] |= {
        "server_name": "istio-envoy",
        "forward_client_cert_details": "APPEND_FORWARD",
        "set_current_client_cert_details": {"subject": True, "dns": True, "uri": True},
    }
    chains = [
        _inbound_chain(http_port, manager, certificates),
        _inbound_chain(tcp_port, _tcp_proxy(inbound_name(tcp_port)), certificates),
    ]
    virtual = {
        "name": "virtualInbound",
        "address": _address("0.0.0.0", INBOUND_PORT),
        "traffic_direction": "INBOUND",
        "listener_filters": [
            {
                "name": "envoy.filters.listener.original_dst",
                "typed_config": _typed("filters.listener.original_dst.v3.OriginalDst"),
            },
            {
                "name": "envoy.filters.listener.tls_inspector",
                "typed_config": _typed("filters.listener.tls_inspector.v3.TlsInspector"),
            },
        ],
        "listener_filters_timeout": "0s",
        "continue_on_listener_filters_timeout": True,
        "filter_chains": chains,
    }
    clusters = [
        {
            "name": inbound_name(port),
            "type": "ORIGINAL_DST",
            "lb_policy": "CLUSTER_PROVIDED",
            "connect_timeout": "10s",
            "circuit_breakers": _UNLIMITED,
            "upstream_bind_config": {"source_address": {"address": INBOUND_SOURCE, "port_value": 0}},
        }
        for port in (http_port, tcp_port)
    ]
    clusters[0] |= _SAME_PROTOCOL
    return _bootstrap("registration", [virtual], clusters)


def _typed(kind, **fields):
    return {"@type": f"type.googleapis.com/envoy.extensions.{kind}", **fields}


def _address(address, port):
    return {"socket_address": {"address": address, "port_value": port}}


_UNLIMITED = {
    "thresholds": [
        dict.fromkeys(("max_connections", "max_pending_requests", "max_requests", "max_retries"), 2**32 - 1)
        | {"track_remaining": True}
    ]
}

# The proxies speak HTTP/1.1 with each other where the client does.
_SAME_PROTOCOL = {
    "typed_extension_protocol_options": {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _typed(
            "upstreams.http.v3.HttpProtocolOptions",
            use_downstream_protocol_config={"http_protocol_options": {}, "http2_protocol_options": {}},
        )
    }
}


def _bootstrap(workload, listeners, clusters):
    return {
        "admin": {"address": _address("127.0.0.1", ADMIN_PORT)},
        "node": {"id": f"sidecar~{workload}.default~default.svc.cluster.local", "cluster": f"{workload}.default"},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    }


def _access_log():
    log_format = {"text_format_source": {"inline_string": ACCESS_LOG}}
    return [
        {
            "name": "envoy.access_loggers.file",
            "typed_config": _typed("access_loggers.file.v3.FileAccessLog", path="/dev/null", log_format=log_format),
        }
    ]


def _tcp_proxy(cluster):
    return {
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": _typed(
            "filters.network.tcp_proxy.v3.TcpProxy", stat_prefix=cluster, cluster=cluster, access_log=_access_log()
        ),
    }


def _http_manager(stat_prefix, route_name, route):
    host = {"name": f"{HOST}:{route_name}", "domains": ["*"]}
    host["routes"] = [{"name": "default", "match": {"prefix": "/"}, "route": route}]
    filters = [
        ("grpc_stats", _typed("filters.http.grpc_stats.v3.FilterConfig", emit_filter_state=True)),
        ("fault", _typed("filters.http.fault.v3.HTTPFault")),
        ("cors", _typed("filters.http.cors.v3.Cors")),
        ("router", _typed("filters.http.router.v3.Router")),
    ]
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": _typed(
            "filters.network.http_connection_manager.v3.HttpConnectionManager",
            stat_prefix=stat_prefix,
            stream_idle_timeout="0s",
            normalize_path=True,
            path_with_escaped_slashes_action="KEEP_UNCHANGED",
            use_remote_address=False,
            route_config={"name": route_name, "validate_clusters": False, "virtual_hosts": [host]},
            http_filters=[{"name": f"envoy.filters.http.{name}", "typed_config": config} for name, config in filters],
            access_log=_access_log(),
        ),
    }


def _outbound_cluster(port, server_address, certificates):
    name = outbound_name(port)
    endpoint = {"endpoint": {"address": _address(server_address, port)}}
    cluster = {
        "name": name,
        "type": "STATIC",
        "lb_policy": "LEAST_REQUEST",
        "connect_timeout": "10s",
        "circuit_breakers": _UNLIMITED,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    if certificates:
        context = _typed(
            "transport_sockets.tls.v3.UpstreamTlsContext",
            sni=f"outbound_.{port}_._.{HOST}",
            common_tls_context=_tls(certificates, "client", ["istio"], {"exact": IDENTITY + "registration"}),
        )
        cluster["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return cluster


def _inbound_chain(port, filter_, certificates):
    chain = {"name": f"0.0.0.0_{port}", "filter_chain_match": {"destination_port": port}, "filters": [filter_]}
    if certificates:
        context = _typed(
            "transport_sockets.tls.v3.DownstreamTlsContext",
            require_client_certificate=True,
            common_tls_context=_tls(
                certificates, "registration", ["istio", "h2", "http/1.1"], {"prefix": "spiffe://cluster.local/"}
            ),
        )
        chain["filter_chain_match"]["transport_protocol"] = "tls"
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return chain


def _tls(certificates, workload, protocols, peer):
    """Both ends ask for the other's certificate and name. The curves are those of Istio 1.25's Envoy: newer ones would
    agree on a hybrid key exchange."""
    return {
        "alpn_protocols": protocols,
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_2",
            "tls_maximum_protocol_version": "TLSv1_3",
            "ecdh_curves": ["X25519", "P-256"],
            "cipher_suites": [
                "ECDHE-ECDSA-AES256-GCM-SHA384",
                "ECDHE-RSA-AES256-GCM-SHA384",
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "ECDHE-RSA-AES128-GCM-SHA256",
            ],
        },
        "tls_certificates": [
            {
                "certificate_chain": {"filename": f"{certificates}/{workload}.crt"},
                "private_key": {"filename": f"{certificates}/{workload}.key"},
            }
        ],
        "validation_context": {
            "trusted_ca": {"filename": f"{certificates}/ca.crt"},
            "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": peer}],
        },
    }
