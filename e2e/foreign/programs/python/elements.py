"""A message as it is in Redis."""
import json, time


def element_of(body, id, key=None, priority=None, headers=None):
    """The key or the priority comes first, and there is no white space in front of the body."""
    header = {}
    if key is not None:
        header["key"] = key
    elif priority is not None:
        header["priority"] = priority
    header |= {"id": id, "ts": int(time.time() * 1000)}
    if headers:
        header["headers"] = headers
    written = json.dumps(header, separators=(",", ":"))
    return b"\x011" + written.encode() + b"\n" + json.dumps(body).encode()


def read(element, id):
    """A message of another client may have no header, and no id then."""
    header = {"id": id}
    if element.startswith(b"\x011{"):
        head, element = element[2:].split(b"\n", 1)
        header = json.loads(head)
    return header, json.loads(element)
