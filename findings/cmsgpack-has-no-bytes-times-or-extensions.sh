#!/usr/bin/env bash
# `cmsgpack.unpack` in scripts knows MessagePack of before 2013: no bytes (bin), no extensions, and so no times either.
#
# Valid input: what codecs for JavaScript write of { n: 1, v: ... } by default, msgpackr 2.1.3 and @msgpack/msgpack 3.1.3. Seen
# alike on Redis 7.0.15, 8.0.2, 8.0.6 and Valkey 8.0.1, 8.1.1, 9.1.2:
#
#   v                         msgpackr                   @msgpack/msgpack
#   'text'                    read                       read
#   Buffer.from('text')       "Bad data format in input" "Bad data format in input" (c4, bin 8)
#   new Date(0)               "Bad data format in input" "Bad data format in input" (d6 ff, the timestamp of the specification)
#   undefined                 "Bad data format in input" read (it writes nil)
#
# msgpackr writes an extension of its own for undefined, unless `encodeUndefinedAsNil` is set. One such field, however deep, makes the
# whole message unreadable, `n` too. So a script that looks at one field of a job works until somebody leaves an optional
# property undefined: what it needs should stand outside the packed value, as an argument or a field of its own.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund msgpackr@2.1.3 @msgpack/msgpack@3.1.3 >/dev/null 2>&1
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
version=$(cli info server | tr -d '\r' | awk -F: '/^valkey_version/ { v = "Valkey " $2 } /^redis_version/ { r = "Redis " $2 } END { print v ? v : r }')

cat > write.cjs <<'JS'
const codecs = { msgpackr: require('msgpackr').pack, '@msgpack/msgpack': require('@msgpack/msgpack').encode };
const values = { text: 'text', bytes: Buffer.from('text'), time: new Date(0), undefined };
for (const [codec, write] of Object.entries(codecs))
  for (const [name, v] of Object.entries(values))
    console.log(`${codec} ${name} ${Buffer.from(write({ n: 1, v })).toString('hex')}`);
JS
node write.cjs >written
seen=$(while read -r codec name hex; do
  answer=$(cli eval "
    local bytes = ARGV[1]:gsub('..', function(pair) return string.char(tonumber(pair, 16)) end)
    local read, message = pcall(cmsgpack.unpack, bytes)
    return read and 'n is ' .. message.n or tostring(message)" 0 "$hex")
  echo "$codec, $name: $answer"
done <written)
echo "$version"; echo "$seen"
expected='msgpackr, text: n is 1
msgpackr, bytes: Bad data format in input.
msgpackr, time: Bad data format in input.
msgpackr, undefined: Bad data format in input.
@msgpack/msgpack, text: n is 1
@msgpack/msgpack, bytes: Bad data format in input.
@msgpack/msgpack, time: Bad data format in input.
@msgpack/msgpack, undefined: n is 1'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
