#!/bin/sh
# Removes the cluster that up.sh made, whatever state it is in.
set -eu
command -v kind >/dev/null || {
    echo "down.sh: kind is not on the PATH" >&2
    exit 1
}
kind delete cluster --name meshstats
