#!/usr/bin/env bash
# Node 20.20.2 and 22.23.3: once any AsyncLocalStorage has been used, promises of the process stay slower, also
# after disable() of the only one there was. Node 24.21.0: they do not.
#
# Why: until Node 24 the first run() or enterWith() installs promise hooks. disable() removes them again, but V8 has
# given up an assumption by then that its optimizing compiler needs to build promises inline, and does not take it up
# again.
#
# Seen on an otherwise idle machine: a loop of `await new Promise(…)` takes 1.3 to 1.5 times as long in Node 20 and 22,
# and 0.95 to 1.05 times in Node 24. Each figure is the best of five processes, which take turns.
#
# Fails when a version behaves otherwise. Timing: do not run it while the machine is busy.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"

cat > program.mjs <<'JS'
import { AsyncLocalStorage } from 'node:async_hooks';
if (process.argv[2] === 'used') {
  const storage = new AsyncLocalStorage();
  storage.run(1, () => {});
  storage.disable();
}
await new Promise((resolve) => setTimeout(resolve, 50));
const loop = async (count) => {
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += await new Promise((resolve) => resolve(i & 1));
  return sum;
};
let best = Infinity;
for (let round = 0; round < 6; round += 1) {
  const { user } = process.cpuUsage();
  await loop(2e6);
  best = Math.min(best, process.cpuUsage().user - user);
}
console.log(best);
JS

failed=0
while read -r version lowest highest; do
  mkdir "$version"; (cd "$version"; npm init --yes >/dev/null; npm install --silent --no-audit --no-fund "node@$version")
  used=999999999 unused=999999999
  for _ in 1 2 3 4 5; do
    u=$("$version/node_modules/node/bin/node" program.mjs used)
    n=$("$version/node_modules/node/bin/node" program.mjs unused)
    used=$((u < used ? u : used)) unused=$((n < unused ? n : unused))
  done
  percent=$((100 * used / unused))
  echo "Node $version: after use $percent % of the time without"
  [ "$percent" -ge "$lowest" ] && [ "$percent" -le "$highest" ] || failed=1
done <<'VERSIONS'
20.20.2 115 250
22.23.3 115 250
24.21.0 85 112
VERSIONS
[ $failed = 0 ] || { echo 'changed: expected 115 or more in Node 20 and 22, and about 100 in Node 24' >&2; exit 1; }
