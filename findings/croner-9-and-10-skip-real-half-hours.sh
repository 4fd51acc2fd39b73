#!/usr/bin/env bash
# croner 9.1.0 and 10.0.1: in the night that has an hour twice, "every half hour" does not run for up to an hour and a half.
#
# Valid input: `*/30 * * * *` in Europe/Berlin from 2026-10-25T00:10Z; 02:00 to 03:00 comes twice, as 00:00Z and as
# 01:00Z. Expected: 00:30Z, 01:00Z, 01:30Z, 02:00Z. Seen: 9.1.0 begins with 01:30Z (80 minutes of nothing), 10.0.1
# goes from 00:30Z straight to 02:00Z. 11.0.1 and cron-parser 5.10.6 tell every half hour.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund croner9@npm:croner@9.1.0 croner10@npm:croner@10.0.1 croner11@npm:croner@11.0.1

cat > runs.mjs <<'JS'
const { Cron } = await import(process.argv[2]);
const runs = new Cron('*/30 * * * *', { timezone: 'Europe/Berlin', paused: true })
  .nextRuns(3, new Date('2026-10-25T00:10:00Z'));
console.log(runs.map((run) => run.toISOString().slice(11, 16)).join(' '));
JS

expect() { # package, expected output
  local seen; seen=$(node runs.mjs "$1"); echo "$1: $seen"
  [ "$seen" = "$2" ] || { echo "changed: expected $2" >&2; exit 1; }
}
expect croner9 '01:30 02:00 02:30'
expect croner10 '00:30 02:00 02:30'
expect croner11 '00:30 01:00 01:30'
