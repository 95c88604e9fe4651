"""STREAM: whatever characters a text has, it comes back in one event as it was sent."""

import re

from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Form
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

STREAM = "stream_task"
_FIELDS = frozenset({"event", "data", "id", "retry", ""})
_LINES = re.compile("[\r\n]")
_SEPARATORS = re.compile("[\u2028\u2029\u0085]")


def _kept(seen: Seen, odd: re.Pattern[str]) -> Findings:
    """The messages with such a character that clients sent as JSON are in the stream's history unchanged."""
    if seen.task is None or seen.view is None or seen.stream is None:
        return
    for said in seen.task.said:
        text = said.asked.message
        plain = text is not None and said.asked.form is Form.JSON and odd.search(text.strip())
        if text is None or not plain or not said.exchange.succeeded or said.answered > seen.view.began:
            continue
        same = any(shapes.word(each.get("content")).strip() == text.strip() for each in seen.view.of_user)
        shown = (
            "it is replayed so"
            if same
            else f"{plural(len(seen.view.of_user), 'message')} of the user, none of them it"
        )
        yield says(same, f"the message was {text[:60]!r}", shown)


@invariant("STREAM-008", STREAM, reason="text-changed", expected="line breaks inside one event, unchanged")
def line_breaks_survive(seen: Seen) -> Findings:
    """A message of several lines is replayed in one event as it was sent."""
    yield from _kept(seen, _LINES)


@invariant(
    "STREAM-008", STREAM, reason="text-broken", expected="no line break that ends a line of the stream"
)
def no_text_ends_its_line(seen: Seen) -> Findings:
    """No data line with others behind it is half a value, of which those are the rest."""
    for block in seen.stream.body.blocks if seen.stream is not None else ():
        data = next((number for number, line in enumerate(block.lines) if line.name == "data"), None)
        behind = block.lines[data + 1 :] if data is not None else ()
        if data is None or not behind:
            continue
        rest = [line.raw.decode("utf-8", "replace") for line in behind if line.name not in _FIELDS]
        value = block.lines[data].value
        broken = not _is_json(value) and _is_json("\\n".join([value, *rest]))
        known = f"the event at byte {block.start} has a data line"
        yield says(not broken, known, "it is cut by a line break" if broken else "whole", offset=block.start)


def _is_json(text: str) -> bool:
    try:
        return isinstance(shapes.read(text), dict)
    except ValueError:
        return False


@invariant("STREAM-009", STREAM, reason="text-changed", expected="U+2028, U+2029 and U+0085 unchanged")
def separators_survive(seen: Seen) -> Findings:
    """A message with a Unicode line separator is replayed as it was sent."""
    yield from _kept(seen, _SEPARATORS)
