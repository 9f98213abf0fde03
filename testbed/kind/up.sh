#!/bin/sh
# Makes the cluster `meshstats` with one mesh, and the services with and without it.
#   up.sh [istio|linkerd|cilium|ambient]
set -eu
cd "$(dirname "$0")"
# shellcheck source=/dev/null
. ./versions.env

mesh=${1:-istio}
problems=

problem() {
    problems="${problems}up.sh: $1
"
}

# need PROGRAM VERSION WHERE COMMAND…: that the program is there, and that what the command prints names the version.
need() {
    program=$1 version=$2 where=$3
    shift 3
    if ! command -v "$program" >/dev/null; then
        problem "$program is not on the PATH: install it${version:+, version $version} ($where)"
    elif ! said=$("$@" 2>&1); then
        problem "\`$*\` failed: $(printf '%s\n' "$said" | tail -n 1)"
    elif [ -n "$version" ] && ! printf '%s\n' "$said" | grep -qwF -- "$version"; then
        problem "$program is not version $version, but: $(printf '%s\n' "$said" | head -n 1) ($where)"
    fi
}

need docker '' https://docs.docker.com/engine/install docker info
need kubectl '' https://kubernetes.io/docs/tasks/tools kubectl version --client
need kind "v$KIND" "https://github.com/kubernetes-sigs/kind/releases/tag/v$KIND" kind version
case $mesh in
istio | ambient)
    need istioctl "$ISTIO" "https://github.com/istio/istio/releases/tag/$ISTIO" istioctl version --remote=false
    ;;
linkerd)
    need linkerd "$LINKERD" "https://github.com/linkerd/linkerd2/releases/tag/$LINKERD" linkerd version --client --short
    ;;
cilium)
    need cilium "v$CILIUM_CLI" "https://github.com/cilium/cilium-cli/releases/tag/v$CILIUM_CLI" cilium version --client
    ;;
*)
    problem "no mesh \`$mesh\`: istio, linkerd, cilium or ambient"
    ;;
esac
if [ -z "$problems" ] && kind get clusters 2>/dev/null | grep -qx meshstats; then
    problem "the cluster meshstats is there already: down.sh removes it"
fi
if [ -n "$problems" ]; then
    printf %s "$problems" >&2
    exit 1
fi

docker build --build-arg "DEBIAN=$DEBIAN" --file Dockerfile --tag meshstats-testbed:local ..
if [ "$mesh" = cilium ]; then
    kind create cluster --name meshstats --image "$NODE_IMAGE" --config cluster-cilium.yaml
else
    kind create cluster --name meshstats --image "$NODE_IMAGE" --config cluster.yaml --wait 3m
fi
kind load docker-image meshstats-testbed:local --name meshstats

context=kind-meshstats
case $mesh in
istio)
    istioctl install --context "$context" --skip-confirmation --set profile=demo
    ;;
ambient)
    istioctl install --context "$context" --skip-confirmation --set profile=ambient
    ;;
linkerd)
    kubectl --context "$context" apply -f \
        "https://github.com/kubernetes-sigs/gateway-api/releases/download/v$GATEWAY_API/standard-install.yaml"
    # The manifests go by a file, since a pipe would hide that linkerd failed.
    manifests=$(mktemp)
    trap 'rm -f "$manifests"' EXIT
    linkerd install --context "$context" --crds >"$manifests"
    kubectl --context "$context" apply -f "$manifests"
    linkerd install --context "$context" >"$manifests"
    kubectl --context "$context" apply -f "$manifests"
    linkerd check --context "$context"
    ;;
cilium)
    cilium install --context "$context" --version "$CILIUM" --set ipam.mode=kubernetes
    cilium status --context "$context" --wait
    ;;
esac

for mode in baseline "$mesh"; do
    kubectl --context "$context" apply -k "modes/$mode"
done
for mode in baseline "$mesh"; do
    ./ready.sh "$mode"
done
