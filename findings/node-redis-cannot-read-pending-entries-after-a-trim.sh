#!/usr/bin/env bash
# node-redis 6.3.1: `xReadGroup` of pending entries rejects with a TypeError when one of them has been trimmed.
#
# Valid input: three entries, all read by a consumer, then XTRIM MAXLEN 2; the consumer asks what is left for it (id 0). The
# server answers three ids, and nil instead of the fields of the first, which is what ioredis 6.0.0 gives. Seen with node-redis:
# the promise rejects, so the other two cannot be read either.
#
# So a consumer that begins with its pending entries cannot start any more once the stream's MAXLEN has passed one of them, until
# somebody acknowledges that id. Its issue 2865 tells of version 4.7.0.
#
# Needs redis-server and redis-cli in PATH.
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null; npm install --silent --no-audit --no-fund redis@6.3.1 ioredis@6.0.0 >/dev/null 2>&1
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
for _ in $(seq 100); do [ "$(redis-cli -s "$at/s" ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
cat > read.cjs <<'JS'
const { createClient } = require('redis');
const { Redis } = require('ioredis');
(async () => {
  const other = new Redis({ path: 's' });
  for (const id of ['1-0', '2-0', '3-0']) await other.xadd('s', id, 'n', id);
  await other.xgroup('CREATE', 's', 'g', '0');
  await other.xreadgroup('GROUP', 'g', 'c', 'STREAMS', 's', '>');
  await other.xtrim('s', 'MAXLEN', 2);
  console.log(`ioredis: ${JSON.stringify((await other.xreadgroup('GROUP', 'g', 'c', 'STREAMS', 's', '0'))[0][1])}`);
  other.disconnect();
  for (const RESP of [2, 3]) {
    const client = createClient({ socket: { path: 's' }, RESP });
    client.on('error', (error) => console.log(`event: ${error.message}`));
    await client.connect();
    const seen = await client.xReadGroup('g', 'c', { key: 's', id: '0' }).then(JSON.stringify, (error) => `rejects with ${error.name}`);
    console.log(`node-redis, RESP ${RESP}: ${seen}; ping afterwards: ${await client.ping()}`);
    await client.close();
  }
})();
JS
seen=$(timeout 30 node read.cjs); echo "$seen"
expected='ioredis: [["1-0",null],["2-0",["n","2-0"]],["3-0",["n","3-0"]]]
node-redis, RESP 2: rejects with TypeError; ping afterwards: PONG
node-redis, RESP 3: rejects with TypeError; ping afterwards: PONG'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
