#!/usr/bin/env bash
# `cmsgpack.pack` in scripts writes nil for a table inside 16 others, and raises no error.
#
# Valid input: arrays in arrays, 15, 16, 17 and 30 of them, with a number in the innermost one. `cmsgpack.unpack` reads all of them
# (30 arrays as `91` and then 07), and `cjson` writes them. Seen with `cmsgpack.pack`, alike
# on Redis 7.0.15, 8.0.2, 8.0.6 and Valkey 8.0.1, 8.1.1, 9.1.2:
#
#   15, 16 arrays   every array, and the number
#   17, 30 arrays   16 arrays, and c0 (nil) in the innermost one
#
# So a script that reads a job of 17 levels, e.g. the state of an editor or an abstract syntax tree, changes one field and
# writes it again, has cut off what was below, and whoever reads it later cannot see that there was anything. It should pass
# such bytes on as they are.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
version=$(cli info server | tr -d '\r' | awk -F: '/^valkey_version/ { v = "Valkey " $2 } /^redis_version/ { r = "Redis " $2 } END { print v ? v : r }')

seen=$(cli eval "
  local answers = {}
  for _, levels in ipairs({ 15, 16, 17, 30 }) do
    local packed = cmsgpack.pack(cmsgpack.unpack(string.rep(string.char(0x91), levels) .. string.char(7)))
    local kept = #packed - 1
    answers[#answers + 1] = levels .. ':' .. kept .. ',' .. string.format('%02x', packed:byte(-1))
    local nested = 7
    for _ = 1, levels do nested = { nested } end
    assert(cjson.encode(nested) == string.rep('[', levels) .. '7' .. string.rep(']', levels))
    local inner = cmsgpack.unpack(string.rep(string.char(0x91), levels) .. string.char(7))
    for _ = 1, levels do inner = inner[1] end
    assert(inner == 7)
  end
  return answers" 0 | paste -sd' ')
expected='15:15,07 16:16,07 17:16,c0 30:16,c0'
echo "$version, arrays:arrays written,innermost byte: $seen"
[ "$seen" = "$expected" ] || { echo "changed: expected $expected" >&2; exit 1; }
