#!/usr/bin/env bash
# `XGROUP SETID` to an entry in the middle of a stream takes the group's `lag` away, and reading does not bring it back.
#
# Valid input: 10 entries, a group that has read 5, `XGROUP SETID s g 3-0`. Nothing was ever deleted or trimmed, so the
# server could count. Seen alike on Redis 7.0.15, 8.0.2, 8.0.6 and Valkey 8.0.1, 8.1.1, 9.1.2:
#
#   before                              entries-read 5, lag 5
#   XGROUP SETID s g 3-0                both nil
#   XREADGROUP of 4 more                both still nil: so it stays until the group has read the very last entry
#   XGROUP SETID s g 3-0 ENTRIESREAD 3  entries-read 3, lag 7: the caller has to count for the server
#   XGROUP SETID s g 0                  lag 10, though entries-read is nil: the ends of the stream are known
#
# So to rewind a group by a few entries blinds every monitor of its lag while it is busy. ENTRIESREAD is an error before
# Redis 7, and nothing tells the number for an entry in the middle but reading from the beginning.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done

counts() { cli xinfo groups s | awk '/^(lag|entries-read)$/ { getline value; print value == "" ? "nil" : value }' | paste -sd/; }
cli eval "for i = 1, 10 do redis.call('XADD', KEYS[1], i .. '-0', 'a', 'b') end" 1 s >/dev/null
cli xgroup create s g 0 >/dev/null
cli xreadgroup group g c count 5 streams s '>' >/dev/null
seen=$(counts)
for change in 'xgroup setid s g 3-0' 'xreadgroup group g c count 4 streams s >' 'xgroup setid s g 3-0 entriesread 3' 'xgroup setid s g 0'; do
  # shellcheck disable=SC2086
  cli $change >/dev/null
  seen="$seen $(counts)"
done
cli info server | tr -d '\r' | grep -E '^(redis|valkey)_version'
echo "entries-read/lag: $seen"
expected='5/5 nil/nil nil/nil 3/7 nil/10'
[ "$seen" = "$expected" ] || { echo "changed: expected $expected" >&2; exit 1; }
