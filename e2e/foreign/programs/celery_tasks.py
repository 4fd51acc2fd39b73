import os
import time

from celery import Celery

url = os.environ["REDIS_URL"]
app = Celery("tasks", broker=url, backend=url)


@app.task(name="tasks.add")
def add(x, y=0):
    return x + y


@app.task(name="tasks.fail")
def fail(text):
    raise ValueError(text)


@app.task(name="tasks.when")
def when():
    return time.time()
