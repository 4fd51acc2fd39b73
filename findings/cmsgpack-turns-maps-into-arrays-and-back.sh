#!/usr/bin/env bash
# `cmsgpack` in scripts: an empty map comes back as an array, where `cjson` does the opposite, and a null changes what holds it.
#
# Valid input: small maps and arrays of MessagePack, each read and written again by a script that changes nothing. Seen alike on
# Redis 7.0.15, 8.0.2, 8.0.6 and Valkey 8.0.1, 8.1.1, 9.1.2:
#
#   read              written           the same as JSON, by cjson
#   {}                []                {}
#   []                []                {}
#   { a: {} }         { a: [] }         {"a":{}}
#   [1, null, 3]      { 1: 1, 3: 3 }    [1,null,3]
#   [null, 1]         { 2: 1 }          [null,1]
#   [1, null]         [1]               [1,null]
#   { a: null }       []                {"a":null}
#
# cjson has a value for null, cmsgpack drops it as nil. So a job of { data: {}, parent: null } that a script reads to raise a counter
# and writes again has an array for `data` and no `parent`, and a list of arguments with a null in it is an array no longer. And
# who knows from cjson that the empty array is the one to look after has to look after the other one here.
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
  local examples = {
    { '80', '{}' }, { '90', '[]' }, { '81a16180', '{\"a\":{}}' }, { '9301c003', '[1,null,3]' }, { '92c001', '[null,1]' },
    { '9201c0', '[1,null]' }, { '81a161c0', '{\"a\":null}' },
  }
  for _, example in ipairs(examples) do
    local packed = example[1]:gsub('..', function(pair) return string.char(tonumber(pair, 16)) end)
    local written = cmsgpack.pack(cmsgpack.unpack(packed)):gsub('.', function(c) return string.format('%02x', c:byte()) end)
    answers[#answers + 1] = example[1] .. ' ' .. written .. ' ' .. cjson.encode(cjson.decode(example[2]))
  end
  return answers" 0)
echo "$version"; echo "$seen"
expected='80 90 {}
90 90 {}
81a16180 81a16190 {"a":{}}
9301c003 8201010303 [1,null,3]
92c001 810201 [null,1]
9201c0 9101 [1,null]
81a161c0 90 {"a":null}'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
