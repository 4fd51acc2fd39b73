#!/usr/bin/env bash
# An entry of a stream may have the same field several times: what clients give of it.
#
# Valid input: XADD s 1-0 to alice to bob n 1. The server keeps all pairs in their order. Seen with XRANGE:
#
#   redis-cli, ioredis 6.0.0              to alice to bob n 1
#   node-redis 6.3.1, redis-py 8.1.0      to bob n 1: an object or a dict, and the last one wins
#
# Nothing tells that there was more. `xAdd` of node-redis and `xadd` of redis-py cannot write such entries either, so it is met where
# producers use another client. Who means several values should write them into one field.
#
# Needs redis-cli in PATH. SERVER names the server (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null; npm install --silent --no-audit --no-fund redis@6.3.1 ioredis@6.0.0 >/dev/null 2>&1
python3 -m venv python; python/bin/pip install --quiet --disable-pip-version-check redis==8.1.0
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
for _ in $(seq 100); do [ "$(redis-cli -s "$at/s" ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
redis-cli -s "$at/s" xadd s 1-0 to alice to bob n 1 >/dev/null
cat > read.cjs <<'JS'
const { createClient } = require('redis');
const { Redis } = require('ioredis');
(async () => {
  const first = new Redis({ path: 's' });
  console.log(`ioredis: ${(await first.xrange('s', '-', '+'))[0][1].join(' ')}`);
  first.disconnect();
  const second = await createClient({ socket: { path: 's' } }).connect();
  console.log(`node-redis: ${Object.entries((await second.xRange('s', '-', '+'))[0].message).flat().join(' ')}`);
  await second.close();
})();
JS
seen=$(echo "redis-cli: $(redis-cli -s "$at/s" xrange s - + | tail -n +2 | paste -sd' ')"
  timeout 30 node read.cjs
  python/bin/python -c "
import redis
fields = redis.Redis(unix_socket_path='s', decode_responses=True).xrange('s')[0][1]
print('redis-py:', ' '.join(part for pair in fields.items() for part in pair))")
echo "$seen"
expected='redis-cli: to alice to bob n 1
ioredis: to alice to bob n 1
node-redis: to bob n 1
redis-py: to bob n 1'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
