#!/usr/bin/env bash
# Scripts that a server knows only by EVAL are evicted: which servers do it, and what SCRIPT LOAD changes.
#
# Seen on: Redis 6.2.16 and 7.0.15 (nothing is evicted), Redis 8.0.2, 8.0.6 and 8.6.3, Valkey 8.0.1, 8.1.1 and 9.1.2
# (the oldest of more than 500 is). Their documentation says that Redis does so since 7.4.
#
# Behaviour where scripts are evicted: the 501st text that is sent by EVAL drives out the one that was
# used longest ago, so that EVALSHA of it answers NOSCRIPT.
# - What was sent by SCRIPT LOAD first stays, also when it is sent by EVAL afterwards.
# - What was sent by EVAL first and by SCRIPT LOAD afterwards stays on Valkey, and is evicted on Redis 8:
#   there SCRIPT LOAD does not protect a script that is already known by EVAL.
#
# Usage: evicted-scripts.sh [server ...]; default: redis-server from PATH, and valkey-server if it is there.
# Fails when a server behaves otherwise than this says.
set -euo pipefail

servers=("$@")
if [ ${#servers[@]} -eq 0 ]; then
  for name in redis-server valkey-server; do command -v "$name" >/dev/null && servers+=("$name"); done
fi
[ ${#servers[@]} -gt 0 ] || { echo 'There is no redis-server or valkey-server in PATH'; exit 1; }

folder=$(mktemp -d)
pid=
cleanup() { [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$folder"; }
trap cleanup EXIT

# One command over bash's own TCP, in RESP; prints the answer's first line, or all of a short array.
ask() {
  local word answer count
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf '*%d\r\n' $# >&3
  for word in "$@"; do printf '$%d\r\n%s\r\n' "${#word}" "$word" >&3; done
  read -r -t 10 answer <&3
  answer=${answer%$'\r'}
  if [[ $answer == '*'* ]]; then
    count=${answer#'*'}; answer=
    while ((count-- > 0)); do read -r -t 10 word <&3; answer+="${word%$'\r'} "; done
  fi
  exec 3>&-
  echo "$answer"
}

# Sends 600 texts by EVAL in one piece, and waits for the last answer.
eval_others() {
  local at text answer
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  for ((at = 0; at < 600; at++)); do
    text="return '$1 $at'"
    printf '*3\r\n$4\r\nEVAL\r\n$%d\r\n%s\r\n$1\r\n0\r\n' "${#text}" "$text" >&3
  done
  for ((at = 0; at < 1200; at++)); do read -r -t 20 answer <&3; done
  exec 3>&-
}

sha() { printf '%s' "$1" | sha1sum | cut -d' ' -f1; }
is_known() { [[ $(ask SCRIPT EXISTS "$(sha "$1")") == ':1 ' ]] && echo kept || echo evicted; }

failed=0
for server in "${servers[@]}"; do
  port=$((20000 + RANDOM % 10000))
  "$server" --port "$port" --bind 127.0.0.1 --save '' --dir "$folder" >"$folder/log" 2>&1 &
  pid=$!
  for ((try = 0; try < 100; try++)); do (ask PING) >/dev/null 2>&1 && break; sleep 0.1; done

  info=$("$server" --version)
  version=$(grep -oE 'v=[0-9.]+' <<<"$info" | cut -c3-)
  kind=redis; grep -qi valkey <<<"$info" && kind=valkey
  major=${version%%.*}; minor=${version#*.}; minor=${minor%%.*}

  ask EVAL "return 'only evaled'" 0 >/dev/null
  ask SCRIPT LOAD "return 'only loaded'" >/dev/null
  ask SCRIPT LOAD "return 'loaded first'" >/dev/null; ask EVAL "return 'loaded first'" 0 >/dev/null
  ask EVAL "return 'evaled first'" 0 >/dev/null; ask SCRIPT LOAD "return 'evaled first'" >/dev/null
  eval_others "$RANDOM"

  seen="only EVAL: $(is_known "return 'only evaled'")"
  seen+=", only LOAD: $(is_known "return 'only loaded'")"
  seen+=", LOAD then EVAL: $(is_known "return 'loaded first'")"
  seen+=", EVAL then LOAD: $(is_known "return 'evaled first'")"

  if [[ $kind == redis ]] && ((major < 7 || (major == 7 && minor < 4))); then
    expected='only EVAL: kept, only LOAD: kept, LOAD then EVAL: kept, EVAL then LOAD: kept'
  elif [[ $kind == redis ]]; then
    expected='only EVAL: evicted, only LOAD: kept, LOAD then EVAL: kept, EVAL then LOAD: evicted'
  else
    expected='only EVAL: evicted, only LOAD: kept, LOAD then EVAL: kept, EVAL then LOAD: kept'
  fi
  echo "$kind $version after 600 EVALs: $seen"
  [[ $seen == "$expected" ]] || { echo "  expected: $expected"; failed=1; }
  kill "$pid"; wait "$pid" 2>/dev/null || true; pid=
done
exit $failed
