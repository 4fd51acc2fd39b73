#!/usr/bin/env bash
# bun 1.4.5: the stdin pipe of a child process (node:child_process, stdio 'pipe') has no unref(), which Node's has,
# where it is a net.Socket: `child.stdin.unref()` throws a TypeError.
#
# Seen: `typeof child.stdin.unref` is 'function' in Node and 'undefined' in Bun. Both processes end while the pipe is
# open, so `child.stdin.unref?.()` is enough.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund bun@1.4.5

cat > program.cjs <<'JS'
const child = require('node:child_process').spawn('sleep', ['60'], { stdio: ['pipe', 'ignore', 'ignore'] });
console.log(typeof child.stdin.unref);
child.stdin.unref?.();
child.unref();
process.on('exit', () => child.kill());
JS
seen="$(timeout 20 node program.cjs) $(timeout 20 node_modules/.bin/bun program.cjs)"; echo "$seen"
[ "$seen" = 'function undefined' ] || { echo "changed: expected function undefined" >&2; exit 1; }
