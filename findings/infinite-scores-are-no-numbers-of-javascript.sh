#!/usr/bin/env bash
# The score of a sorted set may be infinite, and ioredis can write Infinity, but what it reads back is no number for JavaScript.
#
# Valid input: ZADD of Infinity, -Infinity and 1e21, and the score of each. Redis takes JavaScript's "Infinity" and answers "inf".
# Seen, with Redis 7.0.15:
#
#   ioredis 6.0.0                   'inf', a text: Number() and parseFloat() of it are NaN, where '1e+21' is a number
#   node-redis 6.3.1, RESP 2 and 3  Infinity, a number
#
# So whoever uses Infinity as "never" in a sorted set of times, and computes with what ioredis gives, has NaN, which is neither earlier
# nor later than anything: `score <= Date.now()` and `score > Date.now()` are both false. It cannot be sent again either: the
# server refuses NaN. In a script `tonumber('inf')` is infinite, so both sides of one program differ.
#
# Needs redis-server and redis-cli in PATH.
set -euo pipefail
server=${SERVER:-redis-server}
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null; npm install --silent --no-audit --no-fund redis@6.3.1 ioredis@6.0.0 >/dev/null 2>&1
"$server" --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
for _ in $(seq 100); do [ "$(redis-cli -s "$at/s" ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
cat > scores.cjs <<'JS'
const { createClient } = require('redis');
const { Redis } = require('ioredis');
const members = ['never', 'always', 'large'];
(async () => {
  const first = new Redis({ path: 's' });
  await first.zadd('z', Infinity, 'never', -Infinity, 'always', 1e21, 'large');
  for (const member of members) {
    const score = await first.zscore('z', member);
    console.log(`ioredis, ${member}: ${typeof score} ${score}, ${Number(score)}, ${parseFloat(score)}`);
  }
  const again = first.zadd('z', Number(await first.zscore('z', 'never')), 'never');
  console.log(`ioredis, again: ${await again.catch((error) => error.message)}`);
  console.log(`script: ${await first.eval("return tostring(tonumber(redis.call('ZSCORE', KEYS[1], 'never')) > 1e300)", 1, 'z')}`);
  first.disconnect();
  for (const RESP of [2, 3]) {
    const second = await createClient({ socket: { path: 's' }, RESP }).connect();
    const scores = [];
    for (const member of members) scores.push(await second.zScore('z', member));
    console.log(`node-redis, RESP ${RESP}: ${scores.map((score) => `${typeof score} ${score}`).join(', ')}`);
    await second.close();
  }
})();
JS
seen=$(timeout 30 node scores.cjs); echo "$seen"
expected='ioredis, never: string inf, NaN, NaN
ioredis, always: string -inf, NaN, NaN
ioredis, large: string 1e+21, 1e+21, 1e+21
ioredis, again: ERR value is not a valid float
script: true
node-redis, RESP 2: number Infinity, number -Infinity, number 1e+21
node-redis, RESP 3: number Infinity, number -Infinity, number 1e+21'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
