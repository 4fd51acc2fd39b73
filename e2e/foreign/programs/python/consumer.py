"""consumer.py <queue>: a safe consumer. Prints the id, the body and the attempt of each message."""
import json, signal, sys, threading, time

import msgpack, redis
from elements import read
from lease import MAX_ATTEMPTS, Lease
from redpost_scripts import client

QUEUE = sys.argv[1]
stopping = threading.Event()


def handle(body, header):
    if body == "fails" or (body == "fails once" and "attempt" not in header):
        raise ValueError("no")
    print(json.dumps([header["id"], body, header.get("attempt", 0) + 1]), flush=True)


def settle(lease, receipt, element, now):
    try:
        header, body = read(element, f"{lease.name}-{receipt}")
    except Exception as error:
        return lease.give_up(receipt, "malformed", error, 1)
    if header.get("expires", now + 1) <= now:
        return lease.run("finish", receipt, 1, 0, "", 0, 0, plain=0, rans="[]")
    started, attempt = time.monotonic(), header.get("attempt", 0) + 1
    ran_us = lambda: int((time.monotonic() - started) * 1e6) + 1
    try:
        handle(body, header)
    except Exception as error:
        if attempt >= MAX_ATTEMPTS:
            return lease.give_up(receipt, "failed", error, ran_us())
        return lease.run("retry", receipt, 100 * 2**attempt, ran_us(), 0, holds_key=1)
    lease.run("finish", receipt, plain=1, rans=f"[{ran_us()}]")


def work(lease):
    same = {"from": "RIGHT", "slack_us": 100_000, "per_key": 1, "most_keys": 1, "as_batch": 0}
    same |= {"with_list": 1, "with_suspect": 1, "handed_off": "", "expired": 0, "whole": 0}
    while not (stopping.is_set() or lease.is_over.is_set()):
        lease.run("promote")  # What was delayed and is due.
        script, count = ("lease-shaped", 1) if lease.in_force else ("lease", 10)
        asked = {"version": lease.in_force, "count": count, "first": lease.receipt, "ran": ""}
        reply = lease.run(script, **asked, **same)
        if reply is None:
            return
        if reply == 0:
            lease.put_shape_in_force()
            continue
        now, suspect, elements, _, ask_again_ms = reply[:5]
        if isinstance(elements, bytes):
            elements = msgpack.unpackb(elements, raw=True)
        for element in ([suspect] if suspect else []) + elements:
            if stopping.is_set() or lease.is_over.is_set():
                return
            settle(lease, lease.receipt, element, now)
            lease.receipt += 1
        if ask_again_ms is not None:
            stopping.wait(min(ask_again_ms, 1000) / 1000 if ask_again_ms >= 0 else 1)
        elif not (suspect or elements):  # A bell: it moves nothing, and rings for an element.
            client.blmove(QUEUE, QUEUE, 1, "RIGHT", "RIGHT")


signal.signal(signal.SIGTERM, lambda *_: stopping.set())
while not stopping.is_set():
    try:
        lease = Lease(QUEUE)
        try:
            work(lease)
        finally:
            lease.leave()
    except redis.RedisError as error:
        print("begins anew:", repr(error), file=sys.stderr)
        stopping.wait(1)
