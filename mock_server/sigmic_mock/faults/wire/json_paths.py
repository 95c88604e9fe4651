"""Places in a JSON value: `data.messages.*.id`; `*` is every item, `-1` the last one, `` the whole value."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote

Place = tuple[Any, Any]
"""A container and the key or index in it."""
_INDEX = re.compile(r"-?[0-9]{1,9}")


def places(value: Any, path: str) -> Iterator[Place]:
    """Yield every place that `path` matches in `value`, whether or not it has a value yet."""
    *steps, last = path.split(".")
    yield from _walk(value, steps, last)


def _walk(value: Any, steps: list[str], last: str) -> Iterator[Place]:
    if steps:
        for container, key in list(_here(value, steps[0])):
            if _holds(container, key):
                yield from _walk(container[key], steps[1:], last)
    else:
        yield from _here(value, last)


def _here(value: Any, step: str) -> Iterator[Place]:
    if isinstance(value, dict):
        yield from ((value, key) for key in (list(value) if step == "*" else [step]))
    elif isinstance(value, list):
        if step == "*":
            yield from ((value, index) for index in range(len(value)))
        elif _INDEX.fullmatch(step):
            index = int(step) + (len(value) if int(step) < 0 else 0)
            yield value, index


def _holds(container: Any, key: Any) -> bool:
    return key in container if isinstance(container, dict) else 0 <= key < len(container)


def set_at(value: Any, path: str, new: Any) -> bool:
    """Put `new` at each place; False if there was none, or it had this value already."""
    changed = False
    for container, key in list(places(value, path)):
        if isinstance(container, dict) or _holds(container, key):
            before = container[key] if _holds(container, key) else _NOTHING
            if type(before) is not type(new) or before != new:
                container[key] = new
                changed = True
    return changed


def held(value: Any, path: str) -> list[Place]:
    """Return the places that have a value."""
    return [place for place in places(value, path) if _holds(*place)]


def remove_at(value: Any, path: str) -> bool:
    """Remove the value at each place; False if there was none."""
    found = held(value, path)
    for container, key in reversed(found):
        del container[key]
    return bool(found)


def change_at(value: Any, path: str, change: Callable[[Any], Any]) -> bool:
    """Replace the value at each place by `change` of it; False if nothing changed."""
    changed = False
    for container, key in list(places(value, path)):
        if _holds(container, key):
            new = change(container[key])
            if repr(new) != repr(container[key]):
                container[key] = new
                changed = True
    return changed


_NOTHING = object()


_DOCUMENTED_TYPES = frozenset({"text/csv", "application/pdf"})
_DOCUMENTED_CATEGORIES = frozenset({"csv", "pdf", "image", "code"})
_UNKNOWN_TYPE = "application/octet-stream"
_BASIC_PLANE = 0xFFFF
_TOO_MANY = 101
"""Items of a page, which has at most 100."""
_PIECE_BYTES = 1024


def _is_upload(path: Any) -> bool:
    return isinstance(path, str) and path.startswith("uploads/")


def _in_pieces(text: str) -> str:
    """The text, decoded piece by piece of its bytes."""
    data = text.encode("utf-8", "replace")
    pieces = (data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES))
    return "".join(piece.decode("utf-8", "replace") for piece in pieces)


CHANGES: Mapping[str, Callable[[Any], Any]] = {
    "text": str,
    "number": lambda value: int(value) if isinstance(value, bool) else value,
    "list": lambda value: [value],
    "object": lambda value: {"value": value},
    "upper": lambda value: value.upper() if isinstance(value, str) else value,
    "halve": lambda value: value[: len(value) // 2] if isinstance(value, str | list) else value,
    "garble": lambda value: _in_pieces(value) if isinstance(value, str) else value,
    "shorten": lambda value: value[:-1] if isinstance(value, str | list) else value,
    "more": lambda value: value + 1 if isinstance(value, int) else value,
    "less": lambda value: value - 1 if isinstance(value, int) else value,
    "not": lambda value: not value,
    "epoch": lambda _value: 1769442654,
    "local-time": lambda value: f"{value[:-1]}+00:00" if isinstance(value, str) else value,
    "reverse": lambda value: value[::-1] if isinstance(value, list) else value,
    "repeat-first": lambda value: [value[0], *value] if isinstance(value, list) and value else value,
    "drop-first": lambda value: value[1:] if isinstance(value, list) else value,
    "drop-last": lambda value: value[:-1] if isinstance(value, list) else value,
    "percent-encoded": lambda value: quote(value) if isinstance(value, str) else value,
    "below-workspace": lambda path: path if _is_upload(path) else f"workspace/{path}",
    "uploads-alone": lambda files: [each for each in files if _is_upload(each["path"])],
    "no-type": lambda media: _UNKNOWN_TYPE if media in _DOCUMENTED_TYPES else media,
    "no-category": lambda category: "file" if category in _DOCUMENTED_CATEGORIES else category,
    "one-id": lambda messages: [{**each, "id": messages[0]["id"]} for each in messages],
    "without-answer": lambda messages: (
        messages[:-1] if messages and messages[-1]["role"] == "assistant" else messages
    ),
    "basic-plane": lambda text: "".join("?" if ord(sign) > _BASIC_PLANE else sign for sign in text),
    "first-thoughts": lambda messages: [
        {**each, "thoughts": first} if first and each["role"] == "assistant" else each
        for first in [next((each["thoughts"] for each in messages if each.get("thoughts")), None)]
        for each in messages
    ],
    "too-many": lambda tasks: list(islice(cycle(tasks), _TOO_MANY)),
    "keys-reversed": lambda value: dict(reversed(value.items())) if isinstance(value, dict) else value,
}
"""Ways to change a value that a row may name by `into`; one for another type leaves the value unchanged."""
