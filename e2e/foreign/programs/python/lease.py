"""The life of a consumer: it has a name and a lease of its own, and ends when that is lost."""
import json, os, secrets, socket, sys, threading

import redis
from redpost_scripts import run

LEASE_MS = int(os.environ.get("LEASE_MS", 30_000))
MAX_ATTEMPTS = 5
HOST, PID = socket.gethostname(), os.getpid()


class Lease:
    def __init__(self, queue):
        self.queue, self.name = queue, f"{secrets.token_urlsafe(9)}.{LEASE_MS}"
        self.receipt, self.shape, self.in_force, self.is_over = 1, "", "", threading.Event()
        self.renew(is_new=1)
        threading.Thread(target=self.beat, daemon=True).start()

    def run(self, script, *rest, consumer=None, **args):
        return run(script, *rest, queue=self.queue, consumer=consumer or self.name, **args)

    def renew(self, is_new=0):
        about = json.dumps({"host": HOST, "pid": PID})
        lease = {"lease_ms": LEASE_MS, "in_force": self.in_force, "about": about, "pause": ""}
        reply = self.run("renew", is_new=is_new, **lease)
        if reply is None:
            return self.is_over.set()
        self.shape = reply[1].decode()
        for name in map(bytes.decode, reply[3:]):  # Their leases have run out.
            self.run("recover", consumer=name.lstrip("~"), overdue=name, max_attempts=MAX_ATTEMPTS)

    def beat(self):
        while not self.is_over.wait(LEASE_MS / 3000):
            try:
                self.renew()
            except redis.RedisError as error:
                print("not renewed:", error, file=sys.stderr)

    def put_shape_in_force(self):
        """At once, since nothing is held while this is called."""
        self.renew()
        self.in_force = self.shape
        self.renew()

    def leave(self):
        self.is_over.set()
        self.run("leave", remember_ms=0)

    def give_up(self, receipt, reason, error, ran_us):
        kept = json.dumps({"name": type(error).__name__, "message": str(error)})
        letter = [receipt, reason, str(error), "", ran_us, kept]
        self.run("dead-letter", *letter, process=f"{HOST}:{PID}")
