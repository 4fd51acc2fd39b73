#!/usr/bin/env bash
# croner 11.0.1: on the day that daylight saving time leaves an hour out, a job at one minute of that hour runs
# (at the first instant after it), but a job at several minutes of the same hour does not run at all.
#
# Valid input: `30 2 * * *` and `*/15 2 * * *` in Europe/Berlin from 2026-03-28T12:00Z; 02:00 to 03:00 does not
# exist on the 29th. Seen: the first one runs on the 29th at 01:00Z (03:00), the second one only on the 30th.
# Its neighbours disagree: croner 9.1.0 has one run at 03:00 for the second pattern, cron-parser 5.10.6 has four, at
# 03:00, 03:15, 03:30 and 03:45. A daily job "every quarter of the hour from 2" is lost for a day, silently.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund croner9@npm:croner@9.1.0 croner11@npm:croner@11.0.1 cron-parser@5.10.6

cat > runs.mjs <<'JS'
import { Cron as Cron9 } from 'croner9';
import { Cron as Cron11 } from 'croner11';
import parser from 'cron-parser';
const from = new Date('2026-03-28T12:00:00Z');
const zone = 'Europe/Berlin';
const croner = (Cron) => (pattern) =>
  new Cron(pattern, { timezone: zone, paused: true }).nextRuns(8, from);
const cronParser = (pattern) => {
  const runs = parser.CronExpressionParser.parse(pattern, { tz: zone, currentDate: from });
  return Array.from({ length: 8 }, () => runs.next().toDate());
};
const onThe29th = (run) => run.toISOString().startsWith('2026-03-29');
const tell = (name, runsOf) => {
  for (const pattern of ['30 2 * * *', '*/15 2 * * *']) {
    const runs = runsOf(pattern).filter(onThe29th).map((run) => run.toISOString().slice(11, 16));
    console.log(`${name} | ${pattern} | ${runs.join(' ') || 'none'}`);
  }
};
tell('croner 9.1.0', croner(Cron9));
tell('croner 11.0.1', croner(Cron11));
tell('cron-parser 5.10.6', cronParser);
JS
seen=$(node runs.mjs); echo "$seen"
expected='croner 9.1.0 | 30 2 * * * | 01:30
croner 9.1.0 | */15 2 * * * | 01:00
croner 11.0.1 | 30 2 * * * | 01:00
croner 11.0.1 | */15 2 * * * | none
cron-parser 5.10.6 | 30 2 * * * | 01:30
cron-parser 5.10.6 | */15 2 * * * | 01:00 01:15 01:30 01:45'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
