"""producer.py <queue> < lines of JSON: sends a message for each, and prints its id afterwards."""
import json, secrets, sys

from elements import element_of
from redpost_scripts import client, run


def send(queue, body, id=None, delay_ms=0, ttl_ms=0, **options):
    """Returns the id. After an error of the connection, Redis may have the message all the same."""
    id = id or secrets.token_urlsafe(12)
    element = element_of(body, id, **options)
    if not (options or delay_ms or ttl_ms):
        client.lpush(queue, element)
    elif run("send-placed", delay_ms, ttl_ms, element, queue=queue):
        raise RuntimeError("as many messages of this key wait as may")
    return id


if __name__ == "__main__":
    for line in sys.stdin:
        message = json.loads(line)
        print(send(sys.argv[1], message.pop("body"), **message), flush=True)
