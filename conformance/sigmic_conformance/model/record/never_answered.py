"""Find requests that lose every connection while the server answers others.

One lost connection shows nothing: networks lose some. A handler that crashes on a request loses each attempt.
Requests that read are retried; the driver repeats the others after their probe.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from sigmic_conformance.model.record.front_ends import LARGE_BODY, may_answer
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.wire.transcript import REPEATED, Closed, Exchange, Transcript

LEAST = 4
NEVER_ANSWERED = "never-answered"
"""The reason of the violation."""
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def never_answered(record: Record) -> list[Sequence[Exchange]]:
    """The attempts of each request that lost its connection every time, while others were answered."""
    transcripts = [record.transcript(probe) for probe in record.probes]
    every = chain.from_iterable(each.exchanges for each in transcripts)
    answered = [each.started for each in every if each.status is not None]
    groups = chain.from_iterable(map(_attempts, transcripts))
    return [each for each in groups if all(map(_is_lost, each)) and _meanwhile(each, answered)]


def _attempts(transcript: Transcript) -> Iterator[Sequence[Exchange]]:
    """Yield the requests with the same label."""
    found = defaultdict[tuple[str, str], list[Exchange]](list)
    for each in transcript.exchanges:
        found[each.operation, each.label.removesuffix(REPEATED)].append(each)
    yield from found.values()


def _is_lost(exchange: Exchange) -> bool:
    """Whether the server closed the connection before any answer to a request that no front end refuses."""
    sent = exchange.sent
    return (
        exchange.status is None
        and exchange.closed in {Closed.RESET, Closed.TRUNCATED}
        and exchange.is_documented
        and sent.size <= LARGE_BODY
        and not may_answer(sent)
        and all(_PRINTABLE.fullmatch(value) for _, value in sent.headers)
    )


def _meanwhile(attempts: Sequence[Exchange], answered: Sequence[int]) -> bool:
    """Whether there were several attempts, and as many requests were answered during them."""
    between = sum(attempts[0].started < at < attempts[-1].started for at in answered)
    return min(len(attempts), between) >= LEAST
