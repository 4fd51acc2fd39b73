#!/usr/bin/env bash
# What it costs in Node 20 to make an object of another one and further properties.
#
# Valid input: object literals with a spread of three properties, a hundred thousand times each, by processor time per object.
# Seen, in ns, on one machine:
#
#                                              Node 20.20.2   Node 22.12.0   Node 24.11.0
#   { sent: 1, ...about }                            40             40             35
#   { ...about, sent: 1 }                           900             20             20
#   { ...about, sent, failed, error, tookMs }      5600             30             20
#
# So in Node 20 an object that was made by a spread takes about a microsecond for each property that is added behind it, which
# is more than it costs to send a message in a batch; in front of the spread they cost nothing. A consumer or producer that makes
# such objects per message or per command loses a tenth of its throughput and more by the order in a literal.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT
cat >"$at/seen.mjs" <<'J'
const about = { kind: 'queue', name: 'a', address: 'b' };
let kept;
function cost(make) {
  const rounds = [];
  for (let round = 0; round < 7; round += 1) {
    const before = process.cpuUsage();
    for (let n = 0; n < 100_000; n += 1) kept = make(n);
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / 100);
  }
  return Math.min(...rounds);
}
const first = cost((n) => ({ sent: n, ...about }));
const last = cost((n) => ({ ...about, sent: n }));
const four = cost((n) => ({ ...about, sent: n, failed: 0, error: undefined, tookMs: n + 0.5 }));
console.log(kept === undefined ? '' : `behind the spread: one ${last > 8 * first ? 'slow' : 'as fast'}, four ${four > 20 * first ? 'slow' : 'as fast'}`);
console.error(`${process.version}: in front ${first.toFixed(0)} ns, behind ${last.toFixed(0)} ns, four behind ${four.toFixed(0)} ns`);
J
cd "$at"; echo '{ "name": "a", "private": true }' >package.json
seen=$(for version in 20.20.2 22.12.0 24.11.0; do echo "$version $(npx --yes "node@$version" seen.mjs)"; done)
echo "$seen"
expected='20.20.2 behind the spread: one slow, four slow
22.12.0 behind the spread: one as fast, four as fast
24.11.0 behind the spread: one as fast, four as fast'
[ "$seen" = "$expected" ] || { echo 'This has changed.'; exit 1; }
