# A worker of RQ: in its own process, so that killing it ends all of it.
import os

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

connection = Redis.from_url(os.environ["REDIS_URL"])
queue = Queue("default", connection=connection, serializer=JSONSerializer)
SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work()
