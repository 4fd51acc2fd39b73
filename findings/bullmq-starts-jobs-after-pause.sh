#!/usr/bin/env bash
# BullMQ 6.7.0: when `await queue.pause()` has resolved, workers still start jobs.
#
# A worker that is moving a job to active while the queue is being paused calls its processor when that answer
# arrives, which may be some ms after `pause()` has resolved in the process that called it. So one cannot pause a
# queue, change what its jobs depend on, and be sure that each job sees the change.
#
# Valid input: three workers of concurrency 50 in one process, jobs of 1 ms, `pause()` and `resume()` twenty times.
# Seen with Redis 7.0.15, in two runs: behind 11 and 17 of twenty pauses jobs began, at most 110 behind one, the last of
# them 14 ms after it had resolved. Nothing is lost by it, and no job begins later than that.
#
# Fails when no job begins behind any of the pauses. Needs redis-server in PATH.
set -euo pipefail
at=$(mktemp -d); pid=
cleanup() { [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$at"; }
trap cleanup EXIT
cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund bullmq@6.7.0 ioredis@6.0.0
port=$((20000 + RANDOM % 10000))
redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no >/dev/null & pid=$!

cat > pauses.mjs <<'JS'
import { setTimeout as pause } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
const connection = { host: '127.0.0.1', port: Number(process.argv[2]) };
const queue = new Queue('q', { connection });
await queue.addBulk(Array.from({ length: 20_000 }, (_, data) => ({ name: 'job', data })));
let started = 0;
let lastAt = 0;
const work = async () => {
  started += 1;
  lastAt = performance.now();
  await pause(1);
};
const workers = Array.from({ length: 3 }, () => new Worker('q', work, { connection, concurrency: 50 }));
const late = [];
for (let n = 0; n < 20; n += 1) {
  const until = started + 200;
  while (started < until) await pause(1);
  await queue.pause();
  const [before, at] = [started, performance.now()];
  await pause(200);
  late.push({ jobs: started - before, ms: Math.max(0, lastAt - at) });
  await queue.resume();
}
const most = (values) => Math.max(...values).toFixed(0);
const some = late.filter(({ jobs }) => jobs > 0).length;
console.log(`behind ${some} of 20 pauses jobs began: at most ${most(late.map(({ jobs }) => jobs))}, at most ${most(late.map(({ ms }) => ms))} ms later`);
process.exit(some > 0 ? 0 : 1);
JS
timeout 120 node pauses.mjs "$port"
