#!/usr/bin/env bash
# cron 4.4.0: where daylight saving time moves the clock by half an hour, a daily job inside that half hour runs twice
# on that day, and first at a time that does not match its pattern. In zones that move by an hour it does not.
#
# Valid input: `15 2 * * *` in Australia/Lord_Howe from 2026-10-03T00:00Z. On the 4th of October 02:00 to 02:30 does
# not exist there. Seen: runs at 15:15Z (01:45 of the 4th) and at 15:45Z (02:45). The same question for Europe/Berlin
# (an hour, `30 2 * * *`, 29th of March) gives one run, at 03:00.
#
# Fails when that has changed.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null; npm install --silent --no-audit --no-fund cron@4.4.0
cat > runs.mjs <<'JS'
import { CronTime } from 'cron';
const runs = (pattern, zone, from) => {
  const time = new CronTime(pattern, zone);
  const first = time.getNextDateFrom(new Date(from), zone).toJSDate();
  const second = time.getNextDateFrom(first, zone).toJSDate();
  return [first, second].map((run) => run.toISOString().slice(0, 16)).join(' ');
};
console.log(`Lord Howe: ${runs('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z')}`);
console.log(`Berlin: ${runs('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z')}`);
JS
seen=$(node runs.mjs); echo "$seen"
expected='Lord Howe: 2026-10-03T15:15 2026-10-03T15:45
Berlin: 2026-03-29T01:00 2026-03-30T00:30'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
