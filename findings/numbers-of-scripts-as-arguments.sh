#!/usr/bin/env bash
# How a number of Lua becomes an argument of `redis.call` depends on the server, and on the way there.
#
# Valid input: SET of a number in a script, then GET. Seen:
#
#                         123456789012345678     1e17                  0.1                    1e21
#   Redis 6.2.16, 7.0.15  1.2345678901234568e+17 1e+17                 0.10000000000000001    1e+21
#   Redis 8.0.2, 8.0.6, 8.6.3 and
#   Valkey 8.0.1 to 9.1.2 123456789012345680     100000000000000000    0.1                    1e+21
#
# So INCRBY of 1e17 is an error ("not an integer") on Redis 7.0, and adds 1e17 on Redis 8. Up to 99,999,999,999,999,999
# whole numbers that Lua can hold have all their digits everywhere. But only as an argument: `tostring(n)`, `'' .. n` and
# `cjson.encode(n)` give 14 digits on all of these servers, so that a time in microseconds (16 digits) loses two of them
# as soon as it is a part of a text. `string.format('%.0f', n)` keeps them.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
version=$(cli info server | tr -d '\r' | awk -F: '/^valkey_version/ { v = "Valkey " $2 } /^redis_version/ { r = "Redis " $2 } END { print v ? v : r }')

seen=$(cli eval "
  local seen = {}
  for _, n in ipairs({ 123456789012345678, 1e17, 0.1, 1e21, 99999999999999984 }) do
    redis.call('SET', KEYS[1], n)
    seen[#seen + 1] = redis.call('GET', KEYS[1])
  end
  local time = 1796038844123456
  seen[#seen + 1] = tostring(time)
  seen[#seen + 1] = '' .. time
  seen[#seen + 1] = cjson.encode(time)
  seen[#seen + 1] = string.format('%.0f', time)
  return seen" 1 key | paste -sd' ')
case $version in
  'Redis 6.2.'* | 'Redis 7.0.'*) first='1.2345678901234568e+17 1e+17 0.10000000000000001 1e+21' ;;
  *) first='123456789012345680 100000000000000000 0.1 1e+21' ;;
esac
expected="$first 99999999999999984 1.7960388441235e+15 1.7960388441235e+15 1.7960388441235e+15 1796038844123456"
echo "$version: $seen"
[ "$seen" = "$expected" ] || { echo "changed: expected $expected" >&2; exit 1; }
