"""Find requests to which the server only closes the connection, although it answers others meanwhile.

One lost connection shows nothing: networks lose some. A handler that crashes on a request loses each of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from sigmic_conformance.conformance.judging.front_ends import LARGE_BODY, may_answer
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange, Transcript

LEAST = 3
NEVER_ANSWERED = "never-answered"
"""The reason of the violation."""
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def never_answered(record: Record) -> list[Exchange]:
    """The requests that never got an answer.

    A request that reads is retried: all its attempts were lost, while others were answered. Any other request
    is sent once: several of one operation were lost in a probe, and one between them was answered. The
    second conclusion needs a run in which no connection was lost by chance.
    """
    transcripts = [record.transcript(probe) for probe in record.probes]
    every = list(chain.from_iterable(each.exchanges for each in transcripts))
    answered = [each.started for each in every if each.status is not None]
    repeated = [found for each in transcripts for found in _attempts(each) if any(map(_is_lost, found))]
    lasting = [each[-1] for each in repeated if all(map(_is_lost, each)) and _meanwhile(each, answered)]
    if any(each[-1].status is not None for each in repeated):
        return lasting
    return lasting + [each for transcript in transcripts for each in _sent_once(transcript)]


def _is_lost(exchange: Exchange) -> bool:
    """Whether the server closed the connection before any answer to a request that no front end refuses."""
    sent = exchange.sent
    ends = {Closed.RESET, Closed.TRUNCATED}
    return (
        exchange.status is None
        and exchange.closed in ends
        and exchange.is_documented
        and sent.size <= LARGE_BODY
        and not may_answer(sent)
        and all(_PRINTABLE.fullmatch(value) for _, value in sent.headers)
    )


def _attempts(transcript: Transcript) -> Iterator[Sequence[Exchange]]:
    """Yield the attempts of each request; only the last one is not marked as transient."""
    begun = defaultdict[str, list[Exchange]](list)
    for each in transcript.exchanges:
        begun[each.label].append(each)
        if not each.transient:
            yield begun.pop(each.label)


def _meanwhile(attempts: Sequence[Exchange], answered: Sequence[int]) -> bool:
    """Whether there were several attempts, and as many requests were answered during them."""
    between = sum(attempts[0].started < at < attempts[-1].started for at in answered)
    return min(len(attempts), between) >= LEAST


def _sent_once(transcript: Transcript) -> Iterator[Exchange]:
    by_operation = defaultdict[str, list[Exchange]](list)
    for each in transcript.checked():
        by_operation[each.operation].append(each)
    for requests in by_operation.values():
        lost = [number for number, each in enumerate(requests) if each.cut_off and _is_lost(each)]
        if len(lost) >= LEAST and any(each.status for each in requests[lost[0] : lost[-1]]):
            yield from (requests[number] for number in lost)
