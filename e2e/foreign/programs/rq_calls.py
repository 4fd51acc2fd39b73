# Enqueues jobs as a program that uses RQ does, or asks it about them, and prints what comes of it.
import json
import os
import sys
import time

from redis import Redis
from rq import Queue, Retry
from rq.job import Job
from rq.serializers import JSONSerializer

connection = Redis.from_url(os.environ["REDIS_URL"])
queue = Queue("default", connection=connection, serializer=JSONSerializer)
pickling = Queue("default", connection=connection)


def result_of(job):
    """The result when there is one, with its type's name."""
    for _ in range(600):
        result = job.latest_result()
        if result:
            value = result.return_value if result.exc_string is None else result.exc_string
            return [result.type.name, value]
        time.sleep(0.1)
    raise TimeoutError(job.id)


def dependents():
    first = queue.enqueue("rq_tasks.add", 1, 2)
    second = queue.enqueue("rq_tasks.add", 3, 4)
    third = queue.enqueue("rq_tasks.add", 5, 6, depends_on=[first, second])
    return result_of(third)


def of_failed():
    failed = queue.enqueue("rq_tasks.fail", "no")
    job = queue.enqueue("rq_tasks.add", 1, 1, depends_on=failed)
    result_of(failed)
    time.sleep(0.5)
    return Job.fetch(job.id, connection, serializer=JSONSerializer).get_status()


def in_registries():
    return {
        name: getattr(queue, f"{name}_job_registry").get_job_ids()
        for name in ["started", "finished", "failed", "deferred"]
    }


def requeue():
    """What has failed, once more, as `rq requeue --all` does."""
    ids = queue.failed_job_registry.get_job_ids()
    for job_id in ids:
        queue.failed_job_registry.requeue(job_id)
    return ids


def status(job_id):
    job = Job.fetch(job_id, connection, serializer=JSONSerializer)
    return [job.get_status(), job.func_name, job.args, job.kwargs, job.timeout, job.meta]


calls = {
    "result": lambda: result_of(queue.enqueue("rq_tasks.add", 1, y=2)),
    "failure": lambda: result_of(queue.enqueue("rq_tasks.fail", "no")),
    "retry": lambda: result_of(queue.enqueue("rq_tasks.fail", "no", retry=Retry(max=2))),
    "dependents": dependents,
    "of_failed": of_failed,
    "pickle": lambda: pickling.enqueue("rq_tasks.add", 1, 2).id,
    "many": lambda: [queue.enqueue("rq_tasks.add", n, n).id for n in range(200)],
    "registries": in_registries,
    "requeue": requeue,
    "status": status,
}

print(json.dumps(calls[sys.argv[1]](*sys.argv[2:])))
