# What Celery handles, and what it tells of it: see ../src/subjects/other-program.ts.
import os
import random
import sys
import threading
import time

from celery import Celery

longest = float(os.environ["HANDLER_MS"]) / 1000
told = sys.__stdout__.fileno()

app = Celery("bench", broker=os.environ["REDIS_URL"])
# Acknowledged when done: what a crashed worker held comes back. Nobody asks for results.
app.conf.update(task_acks_late=True, task_ignore_result=True)


@app.task(name="bench")
def bench(body):
    if longest > 0:
        time.sleep(random.random() * longest)
    os.write(told, b"%d\n" % body["n"])


def answer():
    while sys.stdin.readline():
        os.write(told, b"cpu %f\n" % (time.process_time() * 1000))
    os._exit(1)


threading.Thread(target=answer, daemon=True).start()
