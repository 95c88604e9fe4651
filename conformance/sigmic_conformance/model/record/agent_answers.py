"""Recognise on-topic agent answers, so that no row fails because the agent changed the subject.

A real model may chat, refuse or ask back: then the stimulus was not reached, and the prompt is repeated, with
three attempts in all. The first on-topic answer counts.
"""

import re
from collections.abc import Callable, Sequence

from sigmic_conformance.model.record.finding import Findings, left_open, says
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.stream import Stream

_KNOWLEDGE = re.compile(
    r"\b(?:know|known|told|remember|recall|(?:code|key) ?word|unknown|mentioned|shared|provided|france)\b",
    re.IGNORECASE,
)
AGAIN = ("again 2: stream", "again 3: stream")
LATEST = "latest"
"""The fact with the last keyword."""
KEYWORD_RECALLS = {
    "long_conversation": "recall the latest: stream",
    "restore": "restored: the latest: stream",
}
"""The probes that ask for it, and the streams that answer."""
_FILE_NAME = re.compile(r"[\w-]+\.[a-z]{2,4}\b|\bfiles?\b", re.IGNORECASE)


def about(word: str, *, files: bool = False) -> Callable[[str], bool]:
    """Return a predicate: whether an answer has the word, or is about the agent's knowledge or `files`."""

    def to_the_point(answer: str) -> bool:
        known = word.lower() in answer.lower() or _KNOWLEDGE.search(answer) is not None
        return known or (files and _FILE_NAME.search(answer) is not None)

    return to_the_point


def answer_text(stream: Stream) -> str:
    """The agent's answer in the run of a stream, live or in its history."""
    saved = [str(each.get("content")) for each in stream.messages if each.get("role") == "assistant"]
    return stream.answer.joined or (saved[-1] if saved else "")


def answered(
    record: Record, probe: str, labels: Sequence[str], word: str, known: str, *, files: bool = False
) -> Findings:
    """The first on-topic answer has the word; open if no answer was on-topic.

    The answers are in the streams with these labels; `AGAIN` are those of the retries.
    """
    to_the_point = about(word, files=files)
    asked = [exchange for label in labels for exchange in record.labelled(probe, label)]
    streams = [record.read(exchange) for exchange in asked if exchange.is_stream]
    if not streams:
        record.stream(probe, labels[0])
    for stream in streams:
        answer = answer_text(stream)
        has_it = word.lower() in answer.lower()
        if has_it or to_the_point(answer):
            yield says(has_it, known, f"the answer is {spelled(answer, 120)}", exchange=stream.exchange)
            return
    off_topic = f"none of {len(streams)} answers is to the point"
    where = streams[0].exchange if streams else None
    yield left_open(Unproven.STIMULUS_NOT_REACHED, known, off_topic, exchange=where)


def knows_keywords(record: Record) -> bool:
    """Whether an answer of the run has its keyword. A scripted agent may know no question about one."""
    return any(
        word is not None and word.lower() in answer_text(record.read(exchange)).lower()
        for probe, label in KEYWORD_RECALLS.items()
        if probe in record.probes
        for word in (record.noted(probe, LATEST),)
        for exchange in record.labelled(probe, label)
        if exchange.is_stream
    )
