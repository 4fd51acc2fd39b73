#!/usr/bin/env bash
# croner 10.0.1: at the hour that daylight saving time leaves out, `nextRuns()` goes back in time.
#
# Valid input: `*/30 * * * *` in Europe/Berlin, asked for five runs from 2026-03-29T00:10Z. The clocks go from
# 02:00 to 03:00 at 01:00Z. Expected is every real half hour. Seen: 00:30Z, 01:00Z, 01:30Z, and then 01:00Z and
# 01:30Z once more. Who computes the next run from the last one, as a scheduler does, stays in a circle of two
# for as long as it asks. croner 9.1.0 and 11.0.1 tell 02:00Z and 02:30Z here.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund croner9@npm:croner@9.1.0 croner10@npm:croner@10.0.1 croner11@npm:croner@11.0.1

cat > runs.mjs <<'JS'
const { Cron } = await import(process.argv[2]);
const runs = new Cron('*/30 * * * *', { timezone: 'Europe/Berlin', paused: true })
  .nextRuns(5, new Date('2026-03-29T00:10:00Z'));
console.log(runs.map((run) => run.toISOString().slice(11, 16)).join(' '));
JS

expect() { # package, expected output
  local seen; seen=$(node runs.mjs "$1"); echo "$1: $seen"
  [ "$seen" = "$2" ] || { echo "changed: expected $2" >&2; exit 1; }
}
expect croner9 '00:30 01:00 01:30 02:00 02:30'
expect croner10 '00:30 01:00 01:30 01:00 01:30'
expect croner11 '00:30 01:00 01:30 02:00 02:30'
