"""What of a whole run explains many verdicts: missing operations, lost tasks, disturbed connections. Pure.

Each is one line for a reader who starts with the cause and not with the requirements. It decides nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from sigmic_conformance.model.record.front_ends import may_answer, too_large
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.transcript import (
    GATEWAY_STATUSES,
    Closed,
    Exchange,
    Transcript,
)

AWAY = "away"
"""The fact of a transcript that lists when the target was away for some time."""
LEAST = 3
"""Fewer observations of the same kind explain single verdicts only."""
NOT_FOUND = 404
NO_OPERATION = frozenset({405, 501})
FAILURES = frozenset({402, 500})
TOO_MANY = 429
LONGEST_ERROR = 100
_TASKS = "/api/v1/tasks/"
_COMMENT = re.compile(rb"(?:^|[\r\n]):")
_RUNNING = re.compile(rb'"isStreaming": ?true')
_END = re.compile(rb"(?:^|[\r\n])event: ?(?:done|error)[\r\n]")
_MARKER = re.compile(rb"(?:^|[\r\n])event: ?history_done[\r\n]")
SLOW_SECONDS = 3.0
HISTORY_SECONDS = 10.0
SILENCE_SECONDS = 30.0
ABOUT_SECONDS = 1.5
_WITHOUT_ID = frozenset({"create_task", "list_tasks"})
_OF_EVERY_TASK = frozenset({"stream_task", "get_task_history", "list_artifacts"})
"""Operations that find every task that get_task finds."""


def causes(transcripts: Iterable[Transcript]) -> tuple[str, ...]:
    """One line for each cause, the most general first."""
    transcripts = list(transcripts)
    away = tuple(f"the target was away: {each}" for made in transcripts for each in made.facts.get(AWAY, ()))
    exchanges = [
        each for transcript in transcripts for each in transcript.exchanges if not may_answer(each.sent)
    ]
    documented = sorted((each for each in exchanges if each.is_documented), key=lambda each: each.started)
    parts = (_disturbances, _late, _compressed, _streams_without, _missing, _awkward_ids, _lost_tasks, _ends)
    return away + tuple(line for part in parts for line in part(documented))


def _disturbances(exchanges: Sequence[Exchange]) -> Iterator[str]:
    counted = Counter(kind for each in exchanges if (kind := _disturbance(each)))
    for kind, number in counted.most_common():
        if number >= LEAST:
            yield f"{number} of {len(exchanges)} requests {kind}"


def _disturbance(exchange: Exchange) -> str:
    if exchange.closed is Closed.BOUND and exchange.is_stream:
        return f"got {exchange.error}: these streams are not evaluated"
    if exchange.closed is Closed.DEADLINE and not exchange.chunks:
        written, size = exchange.sent.written, exchange.sent.size
        if written is not None and written < size:
            return ""  # a server may wait for the rest of a body that the suite never sends
        return "were not answered in time" if exchange.status is None else "got a head and no body in time"
    if exchange.status is None:
        return "lost their connection" if exchange.closed in {Closed.RESET, Closed.TRUNCATED} else ""
    if exchange.status in GATEWAY_STATUSES:
        return f"were answered with {exchange.status} by a gateway"
    if too_large(exchange) and exchange.code is None:
        return "were refused with 413 outside the API: a proxy has a limit (nginx: client_max_body_size)"
    if exchange.status == TOO_MANY:
        return "were answered with 429: --rate N limits the requests per second"
    code = f" {exchange.code}" if exchange.code else ""
    return f"were answered with {exchange.status}{code}" if exchange.status in FAILURES else ""


def _late(exchanges: Sequence[Exchange]) -> Iterator[str]:
    waits = sorted(each.head_at - each.started for each in exchanges if each.head_at is not None)
    middle = waits[len(waits) // 2] / 1e9 if waits else 0.0
    if len(waits) >= LEAST and middle >= SLOW_SECONDS:
        late = f"half of {len(waits)} requests were answered after {middle:.1f} s or more"
        yield f"{late}: this may end probes early"


def _compressed(exchanges: Sequence[Exchange]) -> Iterator[str]:
    coded = [each for each in exchanges if each.encoded and each.sent.header("accept-encoding") is None]
    if len(coded) >= LEAST:
        coding = (coded[0].header("content-encoding") or "")[:LONGEST_ERROR]
        yield (
            f"{len(coded)} of {len(exchanges)} answers have the Content-Encoding {spelled(coding)}, "
            "which their requests do not accept: their content is not evaluated"
        )


def _streams_without(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """What no stream had: the marker, a heartbeat, done or error."""
    streams = [each for each in exchanges if each.is_readable_stream and _has_had_time(each)]
    if len(streams) >= LEAST and not any(_MARKER.search(each.body) for each in streams):
        longest = max(each.ended - each.started for each in streams) / 1e9
        marked = f"none of {len(streams)} streams had the event history_done"
        yield f"{marked}; the longest was read for {longest:.0f} s"
    silent = [each for each in streams if _longest_silence(each) > SILENCE_SECONDS * 1e9]
    if len(silent) >= LEAST and not any(_COMMENT.search(each.body) for each in silent):
        yield f"none of {len(silent)} streams that were silent for {SILENCE_SECONDS:g} s had a heartbeat"
    lasting = sorted((each.ended - each.started) / 1e9 for each in streams if _ended_without_end(each))
    middle = lasting[len(lasting) // 2] if lasting else 0.0
    alike = [seconds for seconds in lasting if abs(seconds - middle) < ABOUT_SECONDS]
    if len(alike) >= LEAST and middle > HISTORY_SECONDS:
        limited = f"{len(alike)} streams ended after {middle:.0f} s, without done or error"
        yield f"{limited}: does a proxy limit how long a stream may last?"


def _ended_without_end(stream: Exchange) -> bool:
    running = _RUNNING.search(stream.body) and not _END.search(stream.body)
    return bool(running) and stream.closed in {Closed.COMPLETE, Closed.TRUNCATED, Closed.RESET}


def _longest_silence(stream: Exchange) -> int:
    times = [stream.started, *(chunk.at for chunk in stream.chunks), stream.ended]
    return max(later - earlier for earlier, later in pairwise(times))


def _has_had_time(stream: Exchange) -> bool:
    return stream.closed is Closed.COMPLETE or stream.ended - stream.started > HISTORY_SECONDS * 1e9


def _missing(exchanges: Sequence[Exchange]) -> Iterator[str]:
    answers: dict[str, list[Exchange]] = {}
    reads = _reads(exchanges)
    known = {task for task in reads if any(each.ok for each in reads[task])}
    for each in exchanges:
        of_known = each.role == "owner" and f"{_TASKS}{each.task}" in known
        is_about_task = each.operation in _OF_EVERY_TASK and each.code is not None
        if each.status is not None and not each.transient and (of_known or not is_about_task):
            answers.setdefault(each.operation, []).append(each)
    absent = [
        f"{operation} ({', '.join(sorted({str(each.status) for each in found}))})"
        for operation, found in answers.items()
        if len(found) >= LEAST and all(map(_is_not_routed, found))
    ]
    if absent:
        yield f"the target has no {', '.join(absent)}: every request was refused as an unknown path or method"


def _is_not_routed(exchange: Exchange) -> bool:
    unknown = exchange.code is None or exchange.operation in _WITHOUT_ID | _OF_EVERY_TASK
    return exchange.status in NO_OPERATION or (exchange.status == NOT_FOUND and unknown)


def _awkward_ids(exchanges: Sequence[Exchange]) -> Iterator[str]:
    told = [each.fields.get("id") for each in exchanges if each.operation == "create_task" and each.ok]
    other = [each for each in told if not json_values.filled(each)]
    if other:
        yield f"{len(other)} of {len(told)} task ids are not strings with characters, as {other[0]!r:.100}"
    ids = [str(each) for each in told if json_values.filled(each)]
    split = [each for each in ids if "/" in each or "\\" in each]
    if split:
        first = spelled(split[0], LONGEST_ERROR)
        shown = f"{len(split)} of {len(ids)} task ids hold a slash or backslash, as {first}"
        yield f"{shown}: requests about them are not evaluated, because they can mean another path"
    often, times = next(iter(Counter(ids).most_common(1)), ("", 0))
    if times > 1:
        shown = f"{spelled(often, LONGEST_ERROR)} is the id of {times} tasks"
        yield f"{shown}: what is seen of one of them can be of another"


def _lost_tasks(exchanges: Sequence[Exchange]) -> Iterator[str]:
    seen = _reads(exchanges).values()
    lost = sum(any(each.status == NOT_FOUND for each in reads) for reads in seen)
    if lost >= LEAST and any(each.ok for reads in seen for each in reads):
        yield (
            f"{lost} of {len(seen)} tasks were not found by the owner that created them: "
            "do several servers behind the address have separate tasks?"
        )


def _ends(exchanges: Sequence[Exchange]) -> Iterator[str]:
    lasts = [ok[-1] for reads in _reads(exchanges).values() if (ok := [each for each in reads if each.ok])]
    statuses = Counter(str(each.fields.get("status"))[:LONGEST_ERROR] for each in lasts)
    if len(lasts) < LEAST:
        return
    if not json_values.FINAL.intersection(statuses):
        told = ", ".join(f"{spelled(status)} ({number})" for status, number in statuses.most_common(LEAST))
        yield f"no task came to an end; the last status of each: {told}"
    elif statuses["failed"] >= LEAST and not statuses["completed"]:
        error = next(each.fields.get("error") for each in lasts if each.fields.get("status") == "failed")
        first = spelled(error, LONGEST_ERROR)
        yield f"no task completed, {statuses['failed']} failed, the first with {first}"


def _reads(exchanges: Sequence[Exchange]) -> dict[str, list[Exchange]]:
    """The reads of each task by the owner that created it."""
    created = [each for each in exchanges if each.operation == "create_task" and each.role == "owner"]
    paths = {f"{_TASKS}{each.fields.get('id')}" for each in created if each.ok}
    found: dict[str, list[Exchange]] = {}
    for each in exchanges:
        if each.operation == "get_task" and each.role == "owner" and each.sent.target in paths:
            found.setdefault(each.sent.target, []).append(each)
    return found
