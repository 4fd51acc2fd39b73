#!/usr/bin/env bash
# A consumer group's `lag` in XINFO GROUPS, after the stream was trimmed past what the group had read.
#
# Valid input: 6000 entries, a group that has read 999, `XTRIM MAXLEN 1002`: 1002 can still be read. Then it reads 2 more,
# so 1000 can be. Seen, by server:
#
#                                   lag after XTRIM     after reading 2 more
#   Redis 7.0.15, Valkey 8.0.1      5001                4999 (it stays wrong until the group has read everything)
#   Valkey 8.1.1 and 9.1.2          5001                1000 (corrected by the next read)
#   Redis 8.0.2, 8.0.6 and 8.6.3    1002                1000
#   Redis 6.2.16                    there is no lag at all
#
# So a monitor that alarms on lag may see four thousand records that nobody can ever read, for ever. The documentation
# says that lag is not available (nil) when it cannot be told, which these servers do only after XDEL.
# SERVER names the server to ask (default: redis-server of the PATH); versions that are not in the table fail.
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done

lag() { cli xinfo groups s | awk '/^lag$/ { getline; print }'; }
version=$(cli info server | tr -d '\r' | awk -F: '/^valkey_version/ { v = "Valkey " $2 } /^redis_version/ { r = "Redis " $2 } END { print v ? v : r }')
cli eval "for i = 1, 6000 do redis.call('XADD', KEYS[1], i .. '-0', 'a', 'b') end" 1 s >/dev/null
cli xgroup create s g 0 >/dev/null
cli xreadgroup group g c count 999 streams s '>' >/dev/null
cli xtrim s maxlen 1002 >/dev/null
trimmed=$(lag)
cli xreadgroup group g c count 2 streams s '>' >/dev/null
seen="$trimmed then $(lag)"
echo "$version: $seen"
case $version in
  'Redis 7.0.15' | 'Valkey 8.0.1') expected='5001 then 4999' ;;
  'Valkey 8.1.1' | 'Valkey 9.1.2') expected='5001 then 1000' ;;
  'Redis 8.0.2' | 'Redis 8.0.6' | 'Redis 8.6.3') expected='1002 then 1000' ;;
  'Redis 6.2.16') expected=' then ' ;;
  *) echo "not in the table: $version" >&2; exit 1 ;;
esac
[ "$seen" = "$expected" ] || { echo "changed: expected $expected" >&2; exit 1; }
