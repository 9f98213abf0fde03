#!/usr/bin/env bash
# Measures an nginx directly and through a second nginx as proxy, with wrk and iperf3, on 127.0.0.1 only.
#
#   testbed/loopback-demo/run.sh DIRECTORY
#
# writes DIRECTORY/{direct,proxy}/{wrk,iperf3}/run-NN.{txt,json} and DIRECTORY/runs.csv, all of them or none.
# QUIET=50 in the environment begins a run when half of the CPUs are free, rather than 90 % of them.
set -euo pipefail

readonly BLOCKS=6 # runs of each tool in each mode
readonly SECONDS_EACH=5 # of traffic in a run
readonly QUIET=${QUIET:-10} # % of the CPUs in use that still count as a quiet machine
readonly MOST_WAIT=20 # seconds to wait for a quiet machine before one run, and
readonly MOST_WAIT_ALL=240 # before all runs together
declare -rA HTTP_PORT=([direct]=18080 [proxy]=18081) TCP_PORT=([direct]=15201 [proxy]=15202)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
pids=()
waited_all=0

fail() {
  echo "run.sh: $*" >&2
  exit 1
}

stop() {
  if ((${#pids[@]})); then
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
  fi
  rm -rf "$temp" "$part"
}

# Jiffies of all CPUs since boot: total, not idle, stolen by the hypervisor.
cpu_jiffies() {
  awk '/^cpu / { total = $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9; print total, total - $5 - $6, $9; exit }' /proc/stat
}

# Jiffies used by this script, the tools that it ran, and its servers.
own_jiffies() {
  local pid files=("/proc/$$/stat")
  for pid in "${pids[@]}" $(pgrep -d ' ' -P "$(IFS=,; echo "${pids[*]}")"); do
    files+=("/proc/$pid/stat")
  done
  awk '{ sub(/.*\) /, ""); own += $12 + $13 + $14 + $15 } END { print own }' "${files[@]}"
}

# Share of the CPUs in use in the next 2 seconds, in percent.
busy_now() {
  local total busy total_after busy_after _
  read -r total busy _ < <(cpu_jiffies)
  sleep 2
  read -r total_after busy_after _ < <(cpu_jiffies)
  echo $((100 * (busy_after - busy) / (total_after - total)))
}

# Sets `busy_before` (the last sample, in percent) and `waited` (seconds).
wait_for_quiet() {
  local start=$SECONDS
  busy_before=$(busy_now)
  while ((busy_before > QUIET && SECONDS - start < MOST_WAIT && waited_all + SECONDS - start < MOST_WAIT_ALL)); do
    busy_before=$(busy_now)
  done
  waited=$((SECONDS - start))
  waited_all=$((waited_all + waited))
}

# start PORT COMMAND...: a server that is ready when something listens on PORT.
start() {
  local port=$1
  shift
  [[ -z $(ss -Hltn "sport = :$port") ]] || fail "port $port is in use: stop what listens there"
  "$@" >>"$temp/servers.log" 2>&1 &
  pids+=($!)
  for _ in {1..50}; do
    kill -0 $! 2>/dev/null || break
    [[ -z $(ss -Hltn "sport = :$port") ]] || return 0
    sleep 0.1
  done
  cat "$temp/servers.log" >&2
  fail "nothing listens on port $port: $1 did not start"
}

# measure TOOL MODE LOG: one run, checked; the tools exit with 0 after most failures.
measure() {
  local tool=$1 mode=$2 log=$3
  case $tool in
    wrk)
      timeout -k 5 $((SECONDS_EACH + 15)) wrk -t2 -c16 -d${SECONDS_EACH}s --latency -s "$here/../wrk-json.lua" \
        "http://127.0.0.1:${HTTP_PORT[$mode]}/" >"$log" || fail "wrk ($mode) exited with $?"
      grep '^{"wrk_json"' "$log" | jq -e '.requests > 0 and ([.errors[]] | add) == 0' >/dev/null \
        || { cat "$log" >&2; fail "wrk ($mode) had no answers, or errors: see its report above"; }
      ;;
    iperf3)
      # system_info is what `uname` prints; its second word is the name of the machine.
      timeout -k 5 $((SECONDS_EACH + 15)) iperf3 -c 127.0.0.1 -p "${TCP_PORT[$mode]}" -t $SECONDS_EACH -J \
        | sed -E '/"system_info":/s/(: *\t*"[^ ]+) [^ ]+/\1 host/' >"$log" || fail "iperf3 ($mode) exited with $?"
      jq -e '(has("error") | not) and .end.sum_received.bits_per_second > 0' "$log" >/dev/null \
        || { cat "$log" >&2; fail "iperf3 ($mode) failed: see \"error\" above"; }
      ;;
  esac
}

# run TOOL MODE NN: one run that is kept, and its line of runs.csv.
run() {
  local tool=$1 mode=$2 number=$3 extension=txt
  local at total busy stolen own total_after busy_after stolen_after own_after
  [[ $tool == wrk ]] || extension=json
  wait_for_quiet
  at=$(date -u +%FT%TZ)
  read -r total busy stolen < <(cpu_jiffies)
  own=$(own_jiffies)
  mkdir -p "$part/$mode/$tool"
  measure "$tool" "$mode" "$part/$mode/$tool/run-$number.$extension"
  own_after=$(own_jiffies)
  read -r total_after busy_after stolen_after < <(cpu_jiffies)
  total=$((total_after - total)) busy=$((busy_after - busy)) stolen=$((stolen_after - stolen)) own=$((own_after - own))
  printf '%s,%s,%s,%s,%s,%s,%s,%s\n' "$at" "$tool" "$mode" "$number" "$waited" "$busy_before" \
    $((100 * (busy - stolen - own) / total)) $((100 * stolen / total)) | tee -a "$part/runs.csv"
}

[[ $# == 1 ]] || fail "usage: run.sh DIRECTORY"
for tool in nginx wrk iperf3 jq ss pgrep; do
  command -v $tool >/dev/null \
    || fail "$tool is missing: apt-get install nginx-light libnginx-mod-stream wrk iperf3 jq iproute2 procps"
done
mkdir -p "$1"
for name in direct proxy runs.csv; do
  [[ ! -e $1/$name ]] || fail "$1/$name exists: move it away, or name another directory"
done
part=$1/.part
temp=$(mktemp -d)
mkdir "$part" || { rmdir "$temp"; fail "another run.sh may be writing there: if none is, remove $part"; }
trap stop EXIT
trap 'exit 130' INT TERM
mkdir "$temp/server" "$temp/proxy"

start 18080 nginx -p "$temp/server/" -c "$here/server.conf" -e error.log
start 15201 iperf3 -s -B 127.0.0.1 -p 15201
start 18081 nginx -p "$temp/proxy/" -c "$here/proxy.conf" -e error.log

for tool in wrk iperf3; do
  for mode in direct proxy; do
    measure $tool $mode "$temp/warm-up"
  done
done

echo "started,tool,mode,run,waited_s,busy_before_percent,others_percent,stolen_percent" | tee "$part/runs.csv"
for ((block = 1; block <= BLOCKS; block++)); do
  # direct, proxy, proxy, direct, …: a drift of the machine falls on both modes alike.
  ((block % 2)) && order="direct proxy" || order="proxy direct"
  for tool in wrk iperf3; do
    for mode in $order; do
      run $tool "$mode" "$(printf %02d $block)"
    done
  done
done

mv "$part"/* "$1"
