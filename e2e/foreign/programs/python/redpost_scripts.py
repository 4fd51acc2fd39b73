"""Calls the scripts that @redpost/queue has as files."""
import json, os

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

FOLDER = os.environ["REDPOST_SCRIPTS"]  # node_modules/@redpost/queue/dist/scripts
# By default, redis-py repeats a call whose answer was lost. A lease that is done twice takes other
# messages under the same receipts, and the first ones are lost.
client = redis.Redis.from_url(
    os.environ["REDIS_URL"], retry=Retry(NoBackoff(), 0), socket_timeout=10
)
with open(f"{FOLDER}/scripts.json") as file:
    about = json.load(file)["scripts"]
texts = {}


def run(name, *rest, queue, consumer="", **args):
    if name not in texts:
        with open(f"{FOLDER}/{name}.lua") as file:
            texts[name] = client.register_script(file.read())

    def fill(text):
        return text.replace("<queue>", queue).replace("<consumer>", consumer)

    args["consumer"] = consumer
    keys = [fill(key["key"]) for key in about[name]["keys"]]
    given = [fill(a["value"]) if "value" in a else args[a["name"]] for a in about[name]["args"]]
    return texts[name](keys=keys, args=[*given, *rest])
