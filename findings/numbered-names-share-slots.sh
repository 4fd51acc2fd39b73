#!/usr/bin/env bash
# Keys that are numbered lie at four places of a Cluster, whatever they are called and however many there are up to ten.
#
# Valid input: CLUSTER KEYSLOT of `orders-0` to `orders-9`, and of 200 other names with a digit at the end, also in a hash tag
# (`{jobs:3}`). Seen, on Redis 7.0.15 and by what the formula says:
#
#   orders-0 to -3    15206  11079   6948   2821
#   orders-4 to -7    15330  11203   7072   2945
#   orders-8 and -9   14958  10831
#
# CRC16 is linear, and the last byte decides about it alone: the last two bits of a digit move a key by 4129 and 8258 (exclusive or), the
# others by 132 and 264. So a number and the one that is 4 higher are less than 400 of 16384 slots apart. Of three masters with equal
# shares of slots, one has half of the first four, and also of the first eight, and of six masters two have none of them; a second
# digit in front begins at another place. Who numbers queues, streams or partitions should look at their slots before counting on
# each master to have its share.
# SERVER names the server to ask (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
port=$((20000 + RANDOM % 10000))
"$server" --port "$port" --bind 127.0.0.1 --unixsocket "$at/s" --cluster-enabled yes --dir "$at" --save '' --daemonize yes \
  --pidfile "$at/pid" >/dev/null
cli() { redis-cli -s "$at/s" "$@"; }
for _ in $(seq 100); do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done

seen=$(for n in $(seq 0 9); do cli cluster keyslot "orders-$n"; done | paste -sd' ')
echo "orders-0 to orders-9: $seen"
[ "$seen" = '15206 11079 6948 2821 15330 11203 7072 2945 14958 10831' ] || { echo 'This has changed.' >&2; exit 1; }

# Of each name the slots of all digits, relative to that of 0.
moved=$(for i in $(seq 1 100); do
  for name in "q$i-" "{jobs$i:"; do
    end=${name:0:1}; [ "$end" = '{' ] && end='}' || end=''
    for n in $(seq 0 9); do echo "cluster keyslot $name$n$end"; done
  done
done | cli | awk 'NR % 10 == 1 { first = $1 } { print (NR - 1) % 10, first, $1 }' |
  python3 -c '
import sys
seen = {}
for line in sys.stdin:
    digit, first, slot = map(int, line.split())
    seen.setdefault(digit, set()).add(first ^ slot)
print("; ".join(f"{digit} {sorted(moves)}" for digit, moves in sorted(seen.items())))')
echo "by exclusive or with the slot of 0: $moved"
expected='0 [0]; 1 [4129]; 2 [8258]; 3 [12387]; 4 [132]; 5 [4261]; 6 [8390]; 7 [12519]; 8 [264]; 9 [4393]'
[ "$moved" = "$expected" ] || { echo 'This has changed.' >&2; exit 1; }
