#!/usr/bin/env bash
# node-cron 4.6.0: with a day of the month and a day of the week, both must match. In the cron of Unix and in most
# libraries either is enough, so a job that should run weekly and on the first runs two or three times a year.
#
# Valid input: `0 0 1 * 1`. Seen: each of the next five runs is a first of a month and a Monday. cron-parser 5.10.6 and
# croner 11.0.1 tell a Monday or a first, five within five weeks.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node-cron@4.6.0 cron-parser@5.10.6 croner@11.0.1

cat > runs.mjs <<'JS'
import { Cron } from 'croner';
import parser from 'cron-parser';
import cron from 'node-cron';
const pattern = '0 0 1 * 1';
const tz = 'UTC';
const parsed = parser.CronExpressionParser.parse(pattern, { tz });
const all = {
  'node-cron 4.6.0': cron.createTask(pattern, () => {}, { timezone: tz }).getNextRuns(5),
  'cron-parser 5.10.6': Array.from({ length: 5 }, () => parsed.next().toDate()),
  'croner 11.0.1': new Cron(pattern, { timezone: tz, paused: true }).nextRuns(5),
};
for (const [name, runs] of Object.entries(all)) {
  const areBoth = runs.every((run) => run.getUTCDate() === 1 && run.getUTCDay() === 1);
  const areEither = runs.every((run) => run.getUTCDate() === 1 || run.getUTCDay() === 1);
  const withinFiveWeeks = runs.at(-1) - Date.now() < 36 * 24 * 3_600_000;
  console.log(`${name}: ${areBoth ? 'both' : areEither ? 'either' : 'neither'}, ${withinFiveWeeks ? 'five in five weeks' : 'rarely'}`);
}
JS
seen=$(node runs.mjs); echo "$seen"
expected='node-cron 4.6.0: both, rarely
cron-parser 5.10.6: either, five in five weeks
croner 11.0.1: either, five in five weeks'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
