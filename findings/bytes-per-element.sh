#!/usr/bin/env bash
# How many bytes an element takes, by type and server: what needs the most on one may need a third less on another.
#
# 100,000 elements, MEMORY USAGE of all of them (SAMPLES 0), bytes per element. Values have 100 bytes, members of the set and
# fields of the hash 22, those of the sorted set 25. The last column is a key of 22 bytes with a value of 100: used_memory
# before and after 65,536 of them.
#
#                            list   set   sorted set   hash   stream   key
#   Redis 6.2.16              104    64          112    170      129   200
#   Redis 7.0.15              104    72          120    178      129   216
#   Redis 8.0.2, 8.0.6        104    72          120    178      129   216
#   Redis 8.6.3               104    64          110    168      113   189
#   Valkey 8.0.1              104    53          120    184      129   201
#   Valkey 8.1.1              104    45           99    141      115   178
#   Valkey 9.1.2              104    45           83    141      115   178
#
# So a list is the cheapest place for a message everywhere, and costs 4 bytes more than its content. A HASH of messages
# beside it costs 35 to 77 % more than the list. A sorted set of ids on Valkey 9 has 70 % of the size of that on Redis 7.0.
# From Redis 6.2 to 7.0 everything with a hash table (sets, hashes, keys) grew by 8 bytes and more; in Redis 8.6 it is back.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
version=$(cli info server | tr -d '\r' | awk -F: '/^valkey_version/ { v = "Valkey " $2 } /^redis_version/ { r = "Redis " $2 } END { print v ? v : r }')

cli eval "
  local value = string.rep('x', 100)
  for i = 1, 100000 do
    local name = string.format('%022d', i)
    redis.call('RPUSH', KEYS[1], value)
    redis.call('SADD', KEYS[2], name)
    redis.call('ZADD', KEYS[3], i, 'id-' .. name)
    redis.call('HSET', KEYS[4], name, value)
    redis.call('XADD', KEYS[5], i .. '-0', 'b', value)
  end" 5 list set zset hash stream >/dev/null
per_element=()
for key in list set zset hash stream; do
  per_element+=($((($(cli memory usage "$key" samples 0) + 50000) / 100000)))
done
used() { cli info memory | tr -d '\r' | sed -n 's/^used_memory://p'; }
before=$(used)
cli eval "for i = 1, 65536 do redis.call('SET', string.format('key-%018d', i), ARGV[1]) end" 0 "$(printf 'x%.0s' {1..100})" >/dev/null
per_element+=($((($(used) - before + 32768) / 65536)))
seen=${per_element[*]}
echo "$version: $seen"
case $version in
  'Redis 6.2.16') expected='104 64 112 170 129 200' ;;
  'Redis 7.0.15' | 'Redis 8.0.2' | 'Redis 8.0.6') expected='104 72 120 178 129 216' ;;
  'Redis 8.6.3') expected='104 64 110 168 113 189' ;;
  'Valkey 8.0.1') expected='104 53 120 184 129 201' ;;
  'Valkey 8.1.1') expected='104 45 99 141 115 178' ;;
  'Valkey 9.1.2') expected='104 45 83 141 115 178' ;;
  *) echo "not in the table: $version" >&2; exit 1 ;;
esac
# By a byte or two it depends on how large its tables happen to be.
for column in {1..6}; do
  is=$(cut -d' ' -f"$column" <<<"$seen") was=$(cut -d' ' -f"$column" <<<"$expected")
  ((is >= was - 2 && is <= was + 2)) || { echo "changed: expected $expected" >&2; exit 1; }
done
