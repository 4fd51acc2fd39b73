#!/usr/bin/env bash
# A script that runs for long, and a pipeline on another connection that is larger than what the server reads at a time.
#
# Valid input: a script of 300 ms, and meanwhile 400,000 RPUSH in one pipeline, numbered from 1. The list was empty.
#
# Seen on Redis 7.0.15: the first thousands are refused with BUSY while the script runs, and the rest of the same pipeline is
# executed when the script has ended. So the list begins in the middle: the order of a connection's commands says nothing about
# whether the earlier ones were executed. A client that repeats what was refused puts it behind what it had sent later.
#
# SERVER names the server (default: redis-server of the PATH). Fails when nothing is refused, when nothing is executed, or when a
# refused command comes after an executed one.
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --lua-time-limit 5 --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done

count=400000
awk -v n="$count" 'BEGIN { for (i = 1; i <= n; i++) printf "RPUSH numbers %d\r\n", i }' >"$at/pipeline"
busy="local function ms() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
local start = ms() while ms() - start < 300 do end"
cli eval "$busy" 0 >/dev/null &
script=$!
for _ in $(seq 200); do [[ $(cli ping 2>&1) == BUSY* ]] && break; sleep 0.005; done
cli --pipe <"$at/pipeline" >"$at/answers" 2>&1 || true
wait "$script"

executed=$(cli llen numbers)
first=$(cli lindex numbers 0)
last=$(cli lindex numbers -1)
echo "$("$server" --version | cut -d' ' -f1-3): of $count, $((count - executed)) were refused; the list begins with $first and ends with $last"
[ "$executed" -gt 0 ] && [ "$executed" -lt "$count" ] || { echo 'changed: all or none were executed' >&2; exit 1; }
[ "$first" -eq $((count - executed + 1)) ] && [ "$last" -eq "$count" ] ||
  { echo 'changed: what was refused is not the head of the pipeline' >&2; exit 1; }
