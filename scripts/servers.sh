#!/usr/bin/env bash
# Brings other versions of Redis and Valkey from suites of Debian, into a folder of their own: the packages and
# libraries of this machine stay as they are.
#
#   npm run servers -- FOLDER [suite:package ...]
#
# Then FOLDER/bin has a program for each, e.g. redis-server-8.0.6 and valkey-server-9.1.2, for
# `npm run test:server -- FOLDER/bin/valkey-server-9.1.2`. The mirror and its keys are those of this machine's apt. A suite
# that the mirror does not have is named, and passed over.
set -euo pipefail

folder=${1:?'a folder is needed: npm run servers -- FOLDER [suite:package ...]'}
shift
mkdir -p "$folder/bin"
folder=$(cd "$folder" && pwd)
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(
  bookworm:redis-server bookworm-backports:valkey-server
  trixie:redis-server trixie:valkey-server
  forky:redis-server forky:valkey-server
)

# What the programs load. Those that a suite does not have are left out.
libraries=(libc6 libatomic1 libjemalloc2 liblzf1 libssl3t64 libssl3 libsystemd0 libstdc++6 libgcc-s1 libcap2
  libgcrypt20 liblz4-1 liblzma5 libzstd1 libgpg-error0 zlib1g libmd0 liblua5.1-0 lua-bitop lua-cjson)

settings=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null || true)
mirror=$(awk 'tolower($1) == "uris:" { print $2; exit }
  $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }' <<<"$settings")
keys=$(awk 'tolower($1) == "signed-by:" { print $2; exit }' <<<"$settings")
keys=${keys:-/usr/share/keyrings/debian-archive-keyring.gpg}
[ -n "$mirror" ] || { echo 'apt of this machine names no mirror' >&2; exit 1; }

# Runs a program of apt with its state in a folder of one suite.
apt_of() {
  local dir=$1 program=$2
  shift 2
  "$program" -o Dir::State="$dir/state" -o Dir::State::Lists="$dir/lists" -o Dir::State::status="$dir/status" \
    -o Dir::Cache="$dir/cache" -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o Acquire::Languages=none \
    -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root "$@"
}

# Downloads and unpacks the packages of one suite.
fetch() {
  local suite=$1 dir=$2 root=$3 known packages=() others=()
  shift 3
  mkdir -p "$dir"/{state,lists/partial,cache/archives/partial,debs} "$root"
  : >"$dir/status"
  echo "deb [signed-by=$keys] $mirror $suite main" >"$dir/sources.list"
  # These two are no whole suites: what their packages need is in another one.
  case $suite in
    *-backports) echo "deb [signed-by=$keys] $mirror ${suite%-backports} main" >>"$dir/sources.list" ;;
    experimental) echo "deb [signed-by=$keys] $mirror sid main" >>"$dir/sources.list" ;;
  esac
  apt_of "$dir" apt-get -qq update || return 1
  known=$(apt_of "$dir" apt-cache dumpavail | sed -n 's/^Package: //p')
  for package in "${libraries[@]}"; do
    if grep -qxF "$package" <<<"$known"; then others+=("$package"); fi
  done
  # The programs are in the package of the tools.
  for package in "$@"; do packages+=("$package/$suite" "${package%-server}-tools/$suite"); done
  (cd "$dir/debs" && apt_of "$dir" apt-get -qq download "${packages[@]}" "${others[@]}") || return 1
  for deb in "$dir"/debs/*.deb; do dpkg -x "$deb" "$root"; done
}

failed=0
for suite in $(printf '%s\n' "${wanted[@]}" | cut -d: -f1 | sort -u); do
  mapfile -t servers < <(printf '%s\n' "${wanted[@]}" | sed -n "s/^$suite://p")
  dir=$folder/suites/$suite
  if ! fetch "$suite" "$dir" "$dir/root" "${servers[@]}"; then
    echo "cannot be had from $suite: ${servers[*]}" >&2
    failed=1
    continue
  fi
  loader=$(find "$dir/root" -name 'ld-linux*.so*' | head -1)
  paths=$(find "$dir/root" -name 'lib*.so*' -not -path '*/gconv*' -printf '%h\n' | sort -u | paste -sd:)
  for server in "${servers[@]}"; do
    version=$(dpkg-deb -f "$dir"/debs/"$server"_*.deb Version | sed -E 's/^[0-9]+://; s/[-+~].*//')
    # Where the server is a link, this is what it leads to: the program acts by the name that it is called by.
    at=$(find "$dir/root/usr/bin" -name "$server" | head -1)
    printf '#!/bin/sh\nexec %q --argv0 %q --library-path %q %q "$@"\n' "$loader" "$server" "$paths" "$at" \
      >"$folder/bin/$server-$version"
    chmod +x "$folder/bin/$server-$version"
    "$folder/bin/$server-$version" --version
  done
done
exit $failed
