#!/usr/bin/env bash
# XREADGROUP of what a consumer has read before (an id instead of `>`) is a delivery too: it raises the number of deliveries,
# and starts the idle time anew.
#
# Valid input: one entry, read with `>`, then twice with the id 0. Seen in XPENDING: 1 delivery, then 2 and 3, and an
# idle time of 5000 s is below 1000 s after each of them. Alike on Redis 7.0.15, 8.0.2, 8.0.6 and Valkey 8.0.1, 8.1.1, 9.1.2. XCLAIM with JUSTID leaves the number as it is, and XREADGROUP has no
# such option (NOACK changes nothing here).
#
# So a consumer that asks what is left for it whenever it starts, or a monitor that shows a consumer's entries by this
# command, brings each of them nearer to the limit of deliveries at which it is given up as failing, and keeps XAUTOCLAIM,
# which goes by the idle time, from handing it to a consumer that works. To look without a trace there is XPENDING with
# XRANGE.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done

cli xadd s 1-0 a b >/dev/null
cli xgroup create s g 0 >/dev/null
# Idle for longer than a given time, as XPENDING and XAUTOCLAIM mean it, and the number of deliveries.
state() {
  local idle=no
  [ -z "$(cli xpending s g idle 1000000 - + 1)" ] || idle=yes
  echo "$(cli xpending s g - + 1 | tail -1)/$idle"
}
# Makes the entry idle for long, without a delivery.
age() { cli xclaim s g c 0 1-0 idle 5000000 justid >/dev/null; }
cli xreadgroup group g c streams s '>' >/dev/null
age; seen=$(state)
cli xreadgroup group g c streams s 0 >/dev/null; seen="$seen $(state)"
age; seen="$seen $(state)"
cli xreadgroup group g c noack streams s 0 >/dev/null; seen="$seen $(state)"
cli info server | tr -d '\r' | grep -E '^(redis|valkey)_version'
echo "deliveries/idle for long: $seen"
expected='1/yes 2/no 2/yes 3/no'
[ "$seen" = "$expected" ] || { echo "changed: expected $expected" >&2; exit 1; }
