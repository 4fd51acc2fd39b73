#!/usr/bin/env bash
# DUMP of a hash that nobody changes is another one after each HGET, for a while after its fields were written.
#
# Valid input: HSET of 5, 9, 17 and 33 fields, one with a value of 70 bytes (so that the hash is a table and not a listpack), in one
# command; then DUMP and HGET in turns. Seen, on Redis 7.0.15: about 4, 7, 12 and 22 different dumps (fields lie elsewhere in each process), and then always
# the same one; without the HGET between, the first dump stays. Valkey 8.0.1: about 4, 7, 11 and 21.
#
# The table grows while the fields are written, and is moved to the larger one a bucket at a time, by each command that looks into the
# hash, also by one that reads. DUMP writes the fields in the order in which they lie in both tables. All dumps restore the same
# hash. Who compares dumps, to find what a command has changed or whether two keys are equal, finds differences
# where there are none; the time it takes depends on who reads.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done

fill() { # number of fields
  local fields=()
  for i in $(seq 0 $(($1 - 1))); do
    fields+=("field$i"); [ "$i" = 0 ] && fields+=("$(printf 'v%.0s' $(seq 70))") || fields+=(value)
  done
  cli DEL h >/dev/null
  cli HSET h "${fields[@]}" >/dev/null
}
# One DUMP per line; with reads, an HGET after each.
dumps() { # number of fields, with or without
  for i in $(seq 40); do
    echo DUMP h
    [ "$2" = without ] || echo "HGET h field$((i % $1))"
  done | cli --no-raw | grep -v '^"v*"$\|^"value"$' | sort -u | wc -l
}
for count in 5 9 17 33; do
  fill "$count"; still=$(dumps "$count" without)
  fill "$count"; read=$(dumps "$count" with)
  echo "$count fields: $still dump(s) without reads, $read with an HGET after each"
  [ "$still" = 1 ] && [ "$read" -gt 1 ] || { echo 'This has changed.' >&2; exit 1; }
done
[ "$(cli HGET h field7)" = value ]
