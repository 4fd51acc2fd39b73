#!/usr/bin/env bash
# What redis-py does with a command whose answer got lost, by default.
#
# Valid input: LPUSH, and LPOP of a list of two, through a connection that breaks once after the server has executed the command and
# before its answer arrives, as with a failover or a proxy that restarts. Seen, with redis-py 8.1.0 on Redis 7.0.15:
#
#                                    LPUSH of one element            LPOP of a list of two
#   Redis()                          no error, list has 2            no error, 0 are left: nobody has received the first
#   Redis(retry=no retries)          ConnectionError, list has 1     ConnectionError, 1 is left
#
# So each command is repeated by default, whether that is harmless or not: a producer may push an element twice, and a consumer
# may lose one, and both are told nothing. Without retries, there is an error after which the caller can decide.
set -euo pipefail
at=$(mktemp -d); trap '[ ! -s "$at/pid" ] || kill "$(cat "$at/pid")"; rm -rf "$at"' EXIT
redis-server --port 0 --unixsocket "$at/s" --dir "$at" --save '' --daemonize yes --pidfile "$at/pid" >/dev/null
for _ in $(seq 100); do [ "$(redis-cli -s "$at/s" ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done

cat >"$at/seen.py" <<'P'
import socket, sys, threading
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

server = sys.argv[1]

class Proxy:
    """Passes everything on, but the answer to the first command that names the list."""
    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.has_broken = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(server)
        while data := client.recv(65536):
            upstream.sendall(data)
            answer = upstream.recv(65536)
            if b'tasks' in data and not self.has_broken:
                self.has_broken = True
                client.close()
                return
            client.sendall(answer)

def outcome(command, **options):
    proxy = Proxy()
    direct = redis.Redis(unix_socket_path=server)
    direct.delete('tasks')
    if command == 'lpop':
        direct.rpush('tasks', 'a', 'b')
    client = redis.Redis(port=proxy.port, **options)
    try:
        client.lpush('tasks', 'a') if command == 'lpush' else client.lpop('tasks')
        said = 'no error'
    except redis.ConnectionError:
        said = 'ConnectionError'
    return f'{command}: {said}, {direct.llen("tasks")} in the list'

for options in [{}, {'retry': Retry(NoBackoff(), 0)}]:
    print('; '.join(outcome(command, **options) for command in ['lpush', 'lpop']))
P

python3 -m venv "$at/venv"
"$at/venv/bin/pip" install -q 'redis==8.1.0' 2>"$at/pip.log" || { cat "$at/pip.log" >&2; exit 1; }
seen=$("$at/venv/bin/python" "$at/seen.py" "$at/s")
echo "$seen"
expected='lpush: no error, 2 in the list; lpop: no error, 0 in the list
lpush: ConnectionError, 1 in the list; lpop: ConnectionError, 1 in the list'
[ "$seen" = "$expected" ] || { echo "changed: expected $expected" >&2; exit 1; }
