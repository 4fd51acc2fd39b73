#!/usr/bin/env bash
# What pnpm says of a package whose optional native part has an install script.
#
# Valid input: `pnpm add bullmq` in an empty package, then `pnpm install --frozen-lockfile`. BullMQ depends on msgpackr, which has
# msgpackr-extract as an optional dependency: a native part that makes strings faster, and that msgpackr works without.
# Seen, with BullMQ 6.7.0:
#
#   pnpm 10.20.0   a warning, status 0
#   pnpm 12.21.0   ERR_PNPM_IGNORED_BUILDS, status 1, with each of the two commands; BullMQ is installed and can be loaded
#
# So a script or image that installs BullMQ ends in an error with pnpm 12 until `allowBuilds` of pnpm-workspace.yaml says true or
# false of msgpackr-extract, although nothing that is needed is missing. A library that depends on msgpackr passes this on to all
# who install it.
set -euo pipefail
at=$(mktemp -d); trap 'rm -rf "$at"' EXIT

# installed <version of pnpm> <folder>: what the two commands say
installed() {
  mkdir "$at/$2"; cd "$at/$2"; echo '{ "name": "a", "private": true }' >package.json
  local add=0 again=0
  npx --yes "pnpm@$1" add bullmq@6.7.0 >add.log 2>&1 || add=$?
  npx --yes "pnpm@$1" install --frozen-lockfile >again.log 2>&1 || again=$?
  echo "pnpm $1: add $add ($(grep -c ERR_PNPM_IGNORED_BUILDS add.log || true)), install $again ($(grep -c ERR_PNPM_IGNORED_BUILDS again.log || true)), $(node -p 'typeof require("bullmq").Queue')"
}

seen=$(installed 10.20.0 ten; installed 12.21.0 twelve)
echo "$seen"
expected='pnpm 10.20.0: add 0 (0), install 0 (0), function
pnpm 12.21.0: add 1 (1), install 1 (1), function'
[ "$seen" = "$expected" ] || { echo 'This has changed.'; exit 1; }
