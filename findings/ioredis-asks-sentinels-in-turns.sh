#!/usr/bin/env bash
# ioredis 6 asks its Sentinels in turns over all connects of a client, and reports an error when their list is through.
#
# Seen on: ioredis 6.0.0 and 5.8.2 with Redis 7.0.15, one Sentinel.
#
# Behaviour: a client that has connected by the first Sentinel asks the second one when it connects again, and so on, also
# while all of them answer. Behind the last one it asks nobody: it emits the error "All sentinels are unreachable", waits as
# long as `sentinelRetryStrategy` says, and begins with the first one again. So with one Sentinel in the list, which answers
# all the time, each connection that the server closes is followed by that error.
# What one would expect: the Sentinels are asked from the first one on each time, and the error is for Sentinels that do
# not answer.
#
# Usage: ioredis-asks-sentinels-in-turns.sh
# Fails when ioredis behaves otherwise than this says.
set -euo pipefail

command -v redis-server >/dev/null || { echo 'There is no redis-server in PATH'; exit 1; }
folder=$(mktemp -d)
pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$folder"; }
trap cleanup EXIT

port=$((20000 + RANDOM % 10000))
sentinel=$((port + 1))
redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$folder" >/dev/null & pids+=($!)
printf '%s\n' "port $sentinel" 'bind 127.0.0.1' "dir $folder" \
  "sentinel monitor mymaster 127.0.0.1 $port 1" >"$folder/sentinel.conf"
redis-server "$folder/sentinel.conf" --sentinel >/dev/null & pids+=($!)

cat >"$folder/program.cjs" <<'JS'
const [, , version, port, sentinel] = process.argv;
const { Redis } = require(`ioredis-${version}`);
const events = [];
const client = new Redis({
  name: 'mymaster',
  sentinels: [{ host: '127.0.0.1', port: Number(sentinel) }],
  updateSentinels: false,
  sentinelRetryStrategy: () => 50,
});
client.on('error', ({ message }) => events.push(message.replace(/ Last error.*/, '')));
const ready = () => new Promise((resolve) => client.once('ready', resolve));

(async () => {
  await ready();
  events.length = 0;
  const admin = new Redis(Number(port), '127.0.0.1');
  for (let n = 0; n < 3; n += 1) {
    const back = ready();
    await admin.call('CLIENT', 'KILL', 'ID', await client.call('CLIENT', 'ID'));
    await back;
  }
  const asked = new Redis(Number(sentinel), '127.0.0.1');
  console.log(`errors: ${events.filter((text) => text.startsWith('All sentinels are unreachable')).length}`);
  console.log(`the Sentinel answers: ${await asked.call('PING')}`);
  process.exit();
})();
JS
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent ioredis-6@npm:ioredis@6.0.0 ioredis-5@npm:ioredis@5.8.2

failed=0
for version in 6 5; do
  for _ in $(seq 50); do redis-cli -p "$sentinel" ping >/dev/null 2>&1 && break; sleep 0.1; done
  seen=$(timeout 30 node program.cjs "$version" "$port" "$sentinel")
  expected=$'errors: 3\nthe Sentinel answers: PONG'
  if [ "$seen" = "$expected" ]; then
    echo "ioredis $version: as described: three connections were closed, and three errors said that all Sentinels are unreachable"
  else
    echo "ioredis $version: otherwise than described:"; echo "$seen"; failed=1
  fi
done
exit $failed
