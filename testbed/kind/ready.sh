#!/bin/sh
# Waits for the pods of a mode, stores the registration that is requested, and checks that the mode is what its name says.
#   ready.sh baseline|istio|linkerd|cilium|ambient
set -eu

mode=${1:?name a mode: ready.sh baseline}
service=http://nginx.testbed-$mode.svc.cluster.local

fail() {
    echo "ready.sh: $mode: $1" >&2
    exit 1
}

k() {
    kubectl --context kind-meshstats "$@"
}

# The status of a request from a mode's client: 000 where there was no answer.
status() {
    from=$1
    shift
    k exec -n "testbed-$from" deploy/client -c tools -- \
        curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$@" || true
}

for deployment in client iperf3 nginx registration; do
    k rollout status -n "testbed-$mode" "deployment/$deployment" --timeout 180s
done

# 409: it is there already.
stored=$(status "$mode" --request POST --data '{"name": "Ada", "email": "ada@example.org"}' "$service/registrations")
case $stored in
201 | 409) ;;
*) fail "POST $service/registrations gave $stored" ;;
esac
answered=$(status "$mode" "$service/registrations/1")
[ "$answered" = 200 ] || fail "GET $service/registrations/1 gave $answered"

# The names of each pod's containers; a proxy may stand among either kind.
pods=$(k get pods -n "testbed-$mode" -o \
    'jsonpath={range .items[*]}{.metadata.name}:{range .spec.initContainers[*]} {.name}{end}{range .spec.containers[*]} {.name}{end}{"\n"}{end}')
case $mode in
istio) proxied=$(printf '%s\n' "$pods" | grep -cw istio-proxy) || true ;;
linkerd) proxied=$(printf '%s\n' "$pods" | grep -cw linkerd-proxy) || true ;;
*) proxied=$(printf '%s\n' "$pods" | grep -cwE '(istio|linkerd)-proxy') || true ;;
esac
case $mode in
istio | linkerd) wanted=$(printf '%s\n' "$pods" | wc -l) ;;
*) wanted=0 ;;
esac
[ "$proxied" -eq "$wanted" ] || fail "$proxied pods have a sidecar, and $wanted should: $(printf '%s' "$pods" | tr '\n' ';')"

# A mesh that is in the way refuses who is not part of it.
if [ "$mode" != baseline ]; then
    stranger=$(status baseline "$service/registrations/1")
    [ "$stranger" != 200 ] || fail "a client without the mesh is answered: the mesh is not between the pods"
fi
echo "$mode is ready: $service/registrations/1"
