# Sends tasks as a program that uses Celery does, and prints what comes back.
import json
import sys

from celery import chain
from celery_tasks import add, fail, when

calls = {
    "result": lambda: add.delay(1, 2).get(timeout=60),
    "keywords": lambda: add.apply_async((1,), {"y": 4}, priority=9).get(timeout=60),
    "chain": lambda: chain(add.s(1, 2), add.s(3), add.s(4)).delay().get(timeout=60),
    "many": lambda: [add.delay(n, n).id for n in range(200)],
}


def error_of(task):
    try:
        return task.get(timeout=60)
    except Exception as error:
        return [type(error).__name__, str(error)]


calls["failure"] = lambda: error_of(fail.delay("no"))
calls["expired"] = lambda: error_of(when.apply_async(expires=0.001))

print(json.dumps(calls[sys.argv[1]]()))
