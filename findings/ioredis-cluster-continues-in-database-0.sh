#!/usr/bin/env bash
# A Cluster of ioredis 6.0.0 with `redisOptions: { db: 3 }`: where a node refuses the database, it continues in database 0.
#
# Valid input: Valkey 9 has several databases in a Cluster (`cluster-databases`), and there db works. Every other server
# answers SELECT with "ERR SELECT is not allowed in cluster mode", and so does Valkey 9 by default ("DB index is out of
# range"). Seen: the error is only told by the event 'node error'; `set()` then resolves with OK, and the key is in database
# 0, among those of another application. Redis, the client of one server, does the same, with an event 'error'.
#
# Needs redis-cli in PATH. SERVER names the server (default: redis-server of the PATH).
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0 >/dev/null 2>&1
port=$((20000 + RANDOM % 10000))
"$server" --port "$port" --bind 127.0.0.1 --cluster-enabled yes --cluster-announce-ip 127.0.0.1 --dir "$at" --save '' \
  --daemonize yes --pidfile "$at/pid" >/dev/null
for _ in $(seq 100); do [ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
# shellcheck disable=SC2046
redis-cli -p "$port" cluster addslots $(seq 0 16383) >/dev/null
for _ in $(seq 100); do redis-cli -p "$port" cluster info | grep -q state:ok && break; sleep 0.1; done

cat > client.cjs <<'JS'
const { Cluster } = require('ioredis');
const cluster = new Cluster([{ host: '127.0.0.1', port: process.env.PORT }], { redisOptions: { db: 3 } });
let told = 'nothing';
cluster.on('node error', ({ message }) => (told = message));
cluster.set('key', 'value').then((answer) => {
  console.log(`node error: ${told}; set: ${answer}`);
  cluster.disconnect();
});
JS
seen="$(PORT=$port timeout 20 node client.cjs); in database 0: $(redis-cli -p "$port" -n 0 get key)"
echo "$seen"
[[ $seen == 'node error: ERR '*'; set: OK; in database 0: value' ]] || { echo 'changed' >&2; exit 1; }
