#!/usr/bin/env bash
# cron-parser 5.10.6: where daylight saving time moves the clock by half an hour, a daily job inside that half hour
# loses a day. In zones that move by an hour it does not.
#
# Valid input: `15 2 * * *` in Australia/Lord_Howe from 2026-10-03T00:00Z. On the 4th of October 02:00 to 02:30 does
# not exist there. Seen: the next run is on the 5th, and none on the 4th. The same question for Europe/Berlin (an
# hour, `30 2 * * *`, 29th of March) gives a run at 03:30 of that day, so the library means not to skip it.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cron-parser@5.10.6

cat > runs.mjs <<'JS'
import parser from 'cron-parser';
const next = (pattern, tz, from) =>
  parser.CronExpressionParser.parse(pattern, { tz, currentDate: new Date(from) }).next().toDate();
const local = (date, timeZone) => date.toLocaleString('sv', { timeZone });
console.log(local(next('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z'), 'Australia/Lord_Howe'));
console.log(local(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z'), 'Europe/Berlin'));
JS
seen=$(node runs.mjs); echo "$seen"
expected='2026-10-05 02:15:00
2026-03-29 03:30:00'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
