#!/usr/bin/env bash
# msgpackr 2.1.3 and cbor-x 1.6.0 write whole numbers from 2^32 on as floats, and read those of others as bigints.
#
# Valid input: 4294967295, 4294967296 and 1767225600000, a time in milliseconds as of Date.now(). Seen, the first byte and what
# Python reads (msgpack 1.1.2 and cbor2 6.1.4):
#
#                             4294967295        4294967296          1767225600000
#   msgpackr                  ce 4294967295     cb 4294967296.0     cb 1767225600000.0
#   @msgpack/msgpack 3.1.3    ce 4294967295     cf 4294967296       cf 1767225600000
#   cbor-x                    1a 4294967295     fb 4294967296.0     fb 1767225600000.0
#
# So elsewhere a time, an id or a number of bytes is of another type than smaller ones: "1767225600000.0" becomes part of a key, and a
# reader with types refuses what should be an integer. A bigint is written as an integer by both.
#
# The other way, both read the integer 1767225600000 that Python writes as 1767225600000n: JSON.stringify and sums with numbers
# throw. With the option `int64AsType: 'auto'` of msgpackr it is a number.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT; cd "$at"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund msgpackr@2.1.3 @msgpack/msgpack@3.1.3 cbor-x@1.6.0 >/dev/null 2>&1
python3 -m venv python; python/bin/pip install --quiet --disable-pip-version-check msgpack==1.1.2 cbor2==6.1.4
cat > write.cjs <<'JS'
const codecs = [['msgpackr', require('msgpackr').pack], ['@msgpack/msgpack', require('@msgpack/msgpack').encode], ['cbor-x', require('cbor-x').encode]];
for (const [name, write] of codecs) {
  for (const number of [4294967295, 4294967296, 1767225600000, 1767225600000n]) {
    if (typeof number === 'bigint' && name === '@msgpack/msgpack') continue; // needs an option
    console.log(`${name} ${Buffer.from(write(number)).toString('hex')}`);
  }
}
JS
cat > read.py <<'PY'
import sys, msgpack, cbor2
for line in sys.stdin:
    name, written = line.split()
    read = cbor2.loads if name == 'cbor-x' else msgpack.unpackb
    print(name, written[:2], repr(read(bytes.fromhex(written))))
PY
cat > read.cjs <<'JS'
const { Packr, unpack } = require('msgpackr');
const packed = Buffer.from(process.argv[2], 'hex');
const shown = (value) => `${typeof value} ${value}`;
console.log(`msgpackr reads ${shown(unpack(packed))}, auto ${shown(new Packr({ int64AsType: 'auto' }).unpack(packed))}`);
console.log(`cbor-x reads ${shown(require('cbor-x').decode(Buffer.from(process.argv[3], 'hex')))}`);
JS
written=$(python/bin/python -c 'import msgpack, cbor2; print(msgpack.packb(1767225600000).hex(), cbor2.dumps(1767225600000).hex())')
# shellcheck disable=SC2086
seen=$(node write.cjs | python/bin/python read.py; node read.cjs $written); echo "$seen"
expected='msgpackr ce 4294967295
msgpackr cb 4294967296.0
msgpackr cb 1767225600000.0
msgpackr d3 1767225600000
@msgpack/msgpack ce 4294967295
@msgpack/msgpack cf 4294967296
@msgpack/msgpack cf 1767225600000
cbor-x 1a 4294967295
cbor-x fb 4294967296.0
cbor-x fb 1767225600000.0
cbor-x 1b 1767225600000
msgpackr reads bigint 1767225600000, auto number 1767225600000
cbor-x reads bigint 1767225600000'
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected" >&2; exit 1; }
