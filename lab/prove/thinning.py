"""Remove evidence from transcripts: all exchanges, all answers, or all content; no row may pass then. Pure.

Trivial answers are successful and empty: a history without messages, a list without tasks, a stream that ends
after its marker. Rows about acceptance or heads pass on them and are listed, each kind with a reason.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from lab.prove.trial import ProofContext
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Chunk, Closed, Exchange, Transcript

FILE = Path(__file__).with_name("trivial.yaml")
MARKER = b'event: history_done\ndata: {"messageCount":0,"isStreaming":false}\n\n'


@dataclass(frozen=True, slots=True)
class Thinning:
    """A way to remove evidence from a transcript; `listed` is whether listed rows may pass all the same."""

    name: str
    apply: Callable[[Transcript], Transcript]
    listed: bool = False


def without_exchanges(transcript: Transcript) -> Transcript:
    """Keep the probe's notes, and remove all exchanges."""
    return replace(transcript, exchanges=())


def unanswered(transcript: Transcript) -> Transcript:
    """Keep every request, and remove all answers."""
    return replace(transcript, exchanges=tuple(map(_silent, transcript.exchanges)))


def trivial(transcript: Transcript) -> Transcript:
    """Keep every request and every head; replace bodies of accepted requests by the emptiest legal ones."""
    return replace(transcript, exchanges=tuple(map(_emptied, transcript.exchanges)))


THINNINGS = (
    Thinning("nothing", without_exchanges),
    Thinning("unanswered", unanswered),
    Thinning("trivial", trivial, listed=True),
)


def _silent(exchange: Exchange) -> Exchange:
    return replace(
        exchange,
        status=None,
        head=b"",
        head_at=None,
        headers=(),
        chunks=(),
        size=0,
        closed=Closed.DEADLINE,
        error="thinned",
    )


def _emptied(exchange: Exchange) -> Exchange:
    if exchange.is_stream:
        body = MARKER
    elif exchange.ok and exchange.data is not None:
        empty: object = [] if isinstance(exchange.data, list) else {}
        body = json.dumps({"success": True, "data": empty}).encode()
    else:
        return exchange
    return replace(exchange, chunks=(Chunk(exchange.ended, body),), size=len(body))


def passes(
    bench: ProofContext, profile: Profile, transcripts: Mapping[str, Transcript], thinning: Thinning
) -> Iterator[tuple[str, bool]]:
    """The rows that pass with evidence removed, and whether they rest on thinned answers alone."""
    thinned = {name: thinning.apply(each) for name, each in transcripts.items()}
    changed = {
        (name, after.number)
        for name, transcript in transcripts.items()
        for before, after in zip(transcript.exchanges, thinned[name].exchanges, strict=False)
        if (before.body, before.status) != (after.body, after.status)
    }
    record = Record(profile, thinned)
    for check in bench.checks(transcripts):
        verdict = bench.verdict(check.id, record)
        if verdict.outcome is Outcome.PASSED:
            yield check.id, {(piece.probe, piece.exchange) for piece in verdict.evidence} <= changed


def problems(bench: ProofContext, profile: Profile, transcripts: Mapping[str, Transcript]) -> Iterator[str]:
    """Rows that pass without evidence, and listed ones that no longer pass on trivial answers."""
    for thinning in THINNINGS:
        found = dict(passes(bench, profile, transcripts, thinning))
        allowed = excused() if thinning.listed else frozenset[str]()
        for row in sorted(found.keys() - allowed):
            if found[row]:
                yield f"vacuous  {row} passes on transcripts thinned to {thinning.name}"
        if thinning.listed:
            checked = {check.id for check in bench.checks(transcripts)}
            for row in sorted((allowed & checked) - found.keys()):
                yield f"stale  {row} is listed in {FILE.name} and does not pass on the trivial"


@cache
def excused() -> frozenset[str]:
    """The rows that may pass on trivial answers."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return frozenset(row for rows in document.values() for row in rows)
