#!/usr/bin/env bash
# ioredis 6.0.0 under Jest 30.5.2: after jest.useFakeTimers(), which fakes process.nextTick too, a new client never
# connects: StandaloneConnector opens its socket in process.nextTick, looked up when it is called. A client that was
# connected before goes on answering. With { doNotFake: ['nextTick'] } a new client connects, though setTimeout and
# setInterval are faked.
#
# Needs redis-server and redis-cli in PATH.
set -euo pipefail
at=$(mktemp -d); server=; trap '[ -z "$server" ] || kill "$server"; rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0 jest@30.5.2 >/dev/null 2>&1
port=$((20000 + RANDOM % 10000))
timeout 120 redis-server --port "$port" --bind 127.0.0.1 --save '' >/dev/null & server=$!
for _ in $(seq 100); do redis-cli -p "$port" ping >/dev/null 2>&1 && break; sleep 0.1; done

cat > client.test.js <<'JS'
const { Redis } = require('ioredis');
const { writeFileSync } = require('node:fs');
const wait = setTimeout;
const told = [];

test.each([[undefined], [{ doNotFake: ['nextTick'] }]])('%j', async (options) => {
  const before = new Redis(process.env.PORT);
  await before.ping();
  jest.useFakeTimers(options);
  const late = new Redis(process.env.PORT);
  const answer = (client) =>
    Promise.race([client.ping(), new Promise((resolve) => wait(resolve, 1000, 'nothing'))]);
  told.push(`${await answer(before)} ${await answer(late)}`);
  jest.useRealTimers();
  before.disconnect();
  late.disconnect();
  writeFileSync('told', told.join(', '));
});
JS
PORT=$port timeout 60 npx jest --forceExit >jest.log 2>&1 || { cat jest.log; exit 1; }
seen=$(cat told); echo "connected before, new: $seen"
[ "$seen" = 'PONG nothing, PONG PONG' ] || { echo "changed: expected PONG nothing, PONG PONG" >&2; exit 1; }
