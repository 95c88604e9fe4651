"""The documentation's two sample stream parsers, rewritten with their quirks, to find what breaks them.

They are deliberately naive: input that they cannot parse is legal but breaks existing clients.
"""

import json


def node_sample(body: bytes) -> list[tuple[str, object]]:
    """As the Node sample: blocks end with LF LF, `event: ` on the first line, `data: ` on the second."""
    found: list[tuple[str, object]] = []
    for block in body.decode("utf-8", "replace").split("\n\n")[:-1]:
        if not block.strip() or block.startswith(":"):
            continue
        first, _, rest = block.partition("\n")
        second = rest.partition("\n")[0]
        kind = first.removeprefix("event: ")
        found.append((kind, _json(second.removeprefix("data: "))))
    return found


def python_sample(body: bytes) -> list[tuple[str, object]]:
    """As the Python sample: line by line, comments skipped, every `data: ` cut out of a data line."""
    found: list[tuple[str, object]] = []
    kind = ""
    for raw in body.decode("utf-8", "replace").split("\n"):
        line = raw.rstrip("\r")
        if not line or line.startswith(":"):
            continue
        if line.startswith("event: "):
            kind = line.replace("event: ", "")
        elif line.startswith("data: "):
            found.append((kind, _json(line.replace("data: ", ""))))
    return found


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
