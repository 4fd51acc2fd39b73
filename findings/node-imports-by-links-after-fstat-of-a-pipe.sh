#!/usr/bin/env bash
# Node 20.20.2 and 22.23.3: once `fs.fstatSync()` has looked at a pipe, `import()` takes a symbolic link in the
# path of a module for the module's place: `import.meta.url` names the link, no longer what it points to.
#
# So a program that looks what its stdout is, and then imports a package that its package manager has linked (pnpm, npm
# workspaces, `npm link`), works on a terminal and fails behind `| cat` with ERR_MODULE_NOT_FOUND: what that package needs
# is looked for beside the link. A module that was imported through the link before is loaded a second time.
#
# Valid input: a directory, a link to it, and two modules in it: one is imported through the link before `fstatSync(1)`,
# one after it, with stdout being a pipe. Seen: `real/` and then `link/`. With `fstatSync(1, { bigint: true })`, which
# fills another buffer, and in Node 24.21.0 and 26.10.0: `real/` both times.
#
# Fails when that has changed.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node20@npm:node@20.20.2 node22@npm:node@22.23.3 node24@npm:node@24.21.0 node26@npm:node@26.10.0
mkdir real; ln -s real link
echo 'export const at = import.meta.url.split("/").at(-2);' | tee real/before.mjs >real/after.mjs
cat > program.mjs <<'JS'
import { fstatSync } from 'node:fs';
const before = await import('./link/before.mjs');
fstatSync(1, { bigint: process.argv[2] === 'bigint' });
const after = await import('./link/after.mjs');
console.log(`${process.version} ${process.argv[2]}: ${before.at} ${after.at}`);
JS
seen=$(for version in 20 22 24 26; do
  for numbers in number bigint; do "node_modules/node$version/bin/node" program.mjs "$numbers" | cat; done
done); echo "$seen"
expected='v20.20.2 number: real link
v20.20.2 bigint: real real
v22.23.3 number: real link
v22.23.3 bigint: real real
v24.21.0 number: real real
v24.21.0 bigint: real real
v26.10.0 number: real real
v26.10.0 bigint: real real'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
