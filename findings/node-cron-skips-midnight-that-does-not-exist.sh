#!/usr/bin/env bash
# node-cron 4.6.0: a daily job does not run on the day whose hour daylight saving time leaves out. Where the clock
# changes at midnight (Chile), that is every job of `0 0 * * *`: one night a year has none.
#
# Valid input: `0 0 * * *` in America/Santiago; the next 500 runs, and all local days between the first and the last.
# Seen: each day has a run but one (or two, within 500 days), a Sunday in September. croner 11.0.1, asked the same, misses none:
# it runs at 01:00 of that day.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node-cron@4.6.0 croner@11.0.1

cat > runs.mjs <<'JS'
import { Cron } from 'croner';
import cron from 'node-cron';
const pattern = '0 0 * * *';
const timeZone = 'America/Santiago';
const dayOf = (date) => date.toLocaleDateString('sv', { timeZone });
const missing = (runs) => {
  const days = new Set(runs.map(dayOf));
  const found = [];
  for (let at = runs[0].getTime() + 12 * 3_600_000; at < runs.at(-1).getTime(); at += 24 * 3_600_000) {
    const noon = new Date(at);
    if (!days.has(dayOf(noon))) found.push(`a ${noon.toLocaleDateString('en', { timeZone, weekday: 'long', month: 'long' }).replace(/(\w+) (\w+)/, '$2 in $1')}`);
  }
  return [...new Set(found)].join(', ') || 'none';
};
console.log('node-cron 4.6.0 misses:', missing(cron.createTask(pattern, () => {}, { timezone: timeZone }).getNextRuns(500)));
console.log('croner 11.0.1 misses:', missing(new Cron(pattern, { timezone: timeZone, paused: true }).nextRuns(500)));
JS
seen=$(node runs.mjs); echo "$seen"
expected='node-cron 4.6.0 misses: a Sunday in September
croner 11.0.1 misses: none'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
