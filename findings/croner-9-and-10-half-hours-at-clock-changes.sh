#!/usr/bin/env bash
# croner 9.1.0 and 10.0.1: "every half hour" goes wrong where the clocks change, in three ways.
#
# Valid input: `*/30 * * * *` in Europe/Berlin. Expected is every real half hour.
#
# In spring, asked for five runs from 2026-03-29T00:10Z (the clocks go from 02:00 to 03:00 at 01:00Z), `nextRuns()`
# of 10.0.1 goes back in time: 00:30Z, 01:00Z, 01:30Z, and then 01:00Z and 01:30Z once more. A scheduler that
# computes the next run from the last one stays in a circle of two. 9.1.0 and 11.0.1 tell 02:00Z and 02:30Z here.
#
# In autumn, from 2026-10-25T00:10Z (02:00 to 03:00 comes twice, as 00:00Z and as 01:00Z), 9.1.0 begins with 01:30Z
# (80 minutes of nothing), and 10.0.1 goes from 00:30Z straight to 02:00Z. 11.0.1 and cron-parser 5.10.6 tell
# every half hour.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund croner9@npm:croner@9.1.0 croner10@npm:croner@10.0.1 croner11@npm:croner@11.0.1

cat > runs.mjs <<'JS'
const [name, from, count] = process.argv.slice(2);
const { Cron } = await import(name);
const runs = new Cron('*/30 * * * *', { timezone: 'Europe/Berlin', paused: true })
  .nextRuns(Number(count), new Date(from));
console.log(runs.map((run) => run.toISOString().slice(11, 16)).join(' '));
JS

expect() { # package, from, expected output
  local wanted=($3) seen; seen=$(node runs.mjs "$1" "$2" ${#wanted[@]}); echo "$1 from $2: $seen"
  [ "$seen" = "$3" ] || { echo "changed: expected $3" >&2; exit 1; }
}
spring=2026-03-29T00:10:00Z
expect croner9 $spring '00:30 01:00 01:30 02:00 02:30'
expect croner10 $spring '00:30 01:00 01:30 01:00 01:30'
expect croner11 $spring '00:30 01:00 01:30 02:00 02:30'
autumn=2026-10-25T00:10:00Z
expect croner9 $autumn '01:30 02:00 02:30'
expect croner10 $autumn '00:30 02:00 02:30'
expect croner11 $autumn '00:30 01:00 01:30'
