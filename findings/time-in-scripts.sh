#!/usr/bin/env bash
# TIME inside a script: on newer servers it stands still, on older ones it goes on.
#
# Valid input: a script that calls TIME, counts to 3,000,000 and calls TIME again. Seen:
#
#   Redis 6.2.16, 7.0.15                               the second one is later, by what the loop took (10 to 80 ms)
#   Redis 8.0.2, 8.0.6, 8.6.3, Valkey 8.0.1 to 9.1.2   both are the same: the time at which the script began
#
# So on new servers a loop "until TIME is later" never ends, and how long a script takes cannot be measured from inside; on
# old ones two deadlines that a script computes from two calls differ. A script should call TIME once, and compute with that.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
version=$(cli info server | tr -d '\r' | awk -F: '/^valkey_version/ { v = "Valkey " $2 } /^redis_version/ { r = "Redis " $2 } END { print v ? v : r }')

passed=$(cli eval "
  local before = redis.call('TIME')
  local sum = 0
  for i = 1, 3000000 do sum = sum + i end
  local after = redis.call('TIME')
  return (after[1] - before[1]) * 1000000 + after[2] - before[2]" 0)
echo "$version: $passed us passed inside the script"
case $version in
  'Redis 6.2.'* | 'Redis 7.0.'*) [ "$passed" -gt 1000 ] || { echo 'changed: it stands still' >&2; exit 1; } ;;
  *) [ "$passed" -eq 0 ] || { echo 'changed: it goes on' >&2; exit 1; } ;;
esac
