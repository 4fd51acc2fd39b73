#!/usr/bin/env bash
# `cmsgpack` in scripts: whole numbers from 2^63 on become floats, and unsigned ones from 2^63 on are read as negative.
#
# Valid input of MessagePack, e.g. from msgpackr or Python, is `cf` and 8 bytes for a number of 2^63 and more. Seen alike on
# Redis 6.2.16, 7.0.15, 8.0.2, 8.0.6, 8.6.3 and Valkey 8.0.1, 8.1.1, 9.1.2:
#
#   unpack cf ffffffffffffffff  -1, and not 18446744073709551615
#   unpack cf 8000000000000000  -9223372036854775808, and not 9223372036854775808
#   unpack cf 0020000000000001  9007199254740992: 2^53 + 1 has no number in Lua, and nothing says so
#   pack 2^62                   cf 4000000000000000, the whole number
#   pack 2^63                   ca 5f000000, a float of 4 bytes: exact, but no whole number for who reads it
#   pack 1e19                   cb 43e158e460913d00, a double
#
# So what a script reads and writes again may have become another number: it should pass such bytes on as they are.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
version=$(cli info server | tr -d '\r' | awk -F: '/^valkey_version/ { v = "Valkey " $2 } /^redis_version/ { r = "Redis " $2 } END { print v ? v : r }')

seen=$(cli eval "
  local function read(hex) return string.format('%.0f', cmsgpack.unpack((hex:gsub('..', function(b) return string.char(tonumber(b, 16)) end)))) end
  local function written(n) return (cmsgpack.pack(n):gsub('.', function(c) return string.format('%02x', c:byte()) end)) end
  return { read('cfffffffffffffffff'), read('cf8000000000000000'), read('cf0020000000000001'),
    written(2 ^ 62), written(2 ^ 63), written(1e19) }" 0 | paste -sd' ')
expected='-1 -9223372036854775808 9007199254740992 cf4000000000000000 ca5f000000 cb43e158e460913d00'
echo "$version: $seen"
[ "$seen" = "$expected" ] || { echo "changed: expected $expected" >&2; exit 1; }
