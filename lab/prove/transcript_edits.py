"""Random edits of a recorded transcript, for Hypothesis: drop, double, swap, truncate, alter, delay."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.wire.transcript import Chunk, Closed, Ending, Exchange, Transcript
from sigmic_spec.plural import plural

STATUSES = (None, 101, 200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503, 999)


@dataclass(frozen=True, slots=True)
class TranscriptEdit:
    """A description of the edit as text, and the function that applies it."""

    says: str
    apply: Callable[[Transcript], Transcript]

    def __repr__(self) -> str:
        return self.says


def removals(transcript: Transcript) -> st.SearchStrategy[TranscriptEdit]:
    """Edits that remove evidence: an exchange, the end of a body, a fact, or the probe's own end."""
    strategies = [
        _places(transcript).map(_dropping),
        st.sampled_from([Ending.INTERRUPTED, Ending.MISSED, Ending.DEADLINE, Ending.THROTTLED]).map(_ending),
    ]
    if transcript.facts:
        strategies.append(st.sampled_from(sorted(transcript.facts)).map(_forgetting))
    return st.one_of(strategies)


def edits(transcript: Transcript) -> st.SearchStrategy[TranscriptEdit]:
    """Edits of every kind on a transcript that has exchanges."""
    place = _places(transcript)
    return st.one_of(
        removals(transcript),
        place.map(_doubling),
        st.builds(_swapping, place, place),
        st.builds(_truncating, place, st.floats(0, 1), st.sampled_from([*Closed])),
        st.builds(_altering, place, st.floats(0, 1), st.binary(max_size=3), st.integers(0, 3)),
        st.builds(_renumbering, place, st.sampled_from(STATUSES)),
        st.builds(_delaying, place, st.floats(0, 1), st.integers(-5, 60)),
        st.builds(_beheading, place, st.integers(0, 12), st.sampled_from([None, "", "x", "-1", "text/html"])),
    )


def _places(transcript: Transcript) -> st.SearchStrategy[int]:
    return st.integers(0, len(transcript.exchanges) - 1)


def _dropping(place: int) -> TranscriptEdit:
    def apply(transcript: Transcript) -> Transcript:
        kept = transcript.exchanges[:place] + transcript.exchanges[place + 1 :]
        return replace(transcript, exchanges=kept)

    return TranscriptEdit(f"drop exchange {place}", apply)


def _ending(ending: Ending) -> TranscriptEdit:
    def apply(transcript: Transcript) -> Transcript:
        return replace(transcript, ending=ending) if transcript.ending is Ending.COMPLETE else transcript

    return TranscriptEdit(f"end {ending}", apply)


def _forgetting(name: str) -> TranscriptEdit:
    def apply(transcript: Transcript) -> Transcript:
        facts: dict[str, Any] = {key: value for key, value in transcript.facts.items() if key != name}
        return replace(transcript, facts=facts)

    return TranscriptEdit(f"forget {name!r}", apply)


def _doubling(place: int) -> TranscriptEdit:
    def apply(transcript: Transcript) -> Transcript:
        exchanges = transcript.exchanges
        return replace(transcript, exchanges=(*exchanges[: place + 1], *exchanges[place:]))

    return TranscriptEdit(f"double exchange {place}", apply)


def _swapping(one: int, other: int) -> TranscriptEdit:
    def apply(transcript: Transcript) -> Transcript:
        exchanges = list(transcript.exchanges)
        if max(one, other) < len(exchanges):
            exchanges[one], exchanges[other] = exchanges[other], exchanges[one]
        return replace(transcript, exchanges=tuple(exchanges))

    return TranscriptEdit(f"swap exchanges {one} and {other}", apply)


def _truncating(place: int, share: float, closed: Closed) -> TranscriptEdit:
    def edit(exchange: Exchange) -> Exchange:
        length = round(len(exchange.body) * share)
        chunks, left = [], length
        for chunk in exchange.chunks:
            if left > 0:
                chunks.append(Chunk(chunk.at, chunk.data[:left]))
            left -= len(chunk.data)
        return replace(exchange, chunks=tuple(chunks), size=length, closed=closed)

    return _one(f"truncate exchange {place} at {share:.2f}, {closed}", place, edit)


def _altering(place: int, share: float, put: bytes, lost: int) -> TranscriptEdit:
    def edit(exchange: Exchange) -> Exchange:
        if not exchange.chunks:
            return exchange
        number = min(round(share * len(exchange.chunks)), len(exchange.chunks) - 1)
        chunk = exchange.chunks[number]
        at = round(len(chunk.data) * share)
        data = chunk.data[:at] + put + chunk.data[at + lost :]
        chunks = (*exchange.chunks[:number], Chunk(chunk.at, data), *exchange.chunks[number + 1 :])
        return replace(exchange, chunks=chunks, size=exchange.size + len(data) - len(chunk.data))

    return _one(f"put {put!r} for {plural(lost, 'byte')} of exchange {place} at {share:.2f}", place, edit)


def _renumbering(place: int, status: int | None) -> TranscriptEdit:
    return _one(
        f"status {status} in exchange {place}", place, lambda exchange: replace(exchange, status=status)
    )


def _delaying(place: int, share: float, seconds: int) -> TranscriptEdit:
    def edit(exchange: Exchange) -> Exchange:
        start = round(share * len(exchange.chunks))
        later = tuple(Chunk(chunk.at + seconds * NANO, chunk.data) for chunk in exchange.chunks[start:])
        ended = exchange.ended + seconds * NANO
        return replace(exchange, chunks=(*exchange.chunks[:start], *later), ended=ended)

    return _one(f"delay exchange {place} by {seconds} s from {share:.2f} on", place, edit)


def _beheading(place: int, number: int, value: str | None) -> TranscriptEdit:
    def edit(exchange: Exchange) -> Exchange:
        if not exchange.headers:
            return exchange
        at = number % len(exchange.headers)
        name = exchange.headers[at][0]
        put = () if value is None else ((name, value),)
        return replace(exchange, headers=(*exchange.headers[:at], *put, *exchange.headers[at + 1 :]))

    return _one(f"header {number} of exchange {place} becomes {value!r}", place, edit)


def _one(says: str, place: int, edit: Callable[[Exchange], Exchange]) -> TranscriptEdit:
    """An edit of one exchange; without effect if an earlier edit removed it."""

    def apply(transcript: Transcript) -> Transcript:
        if place >= len(transcript.exchanges):
            return transcript
        exchanges = list(transcript.exchanges)
        exchanges[place] = edit(exchanges[place])
        return replace(transcript, exchanges=tuple(exchanges))

    return TranscriptEdit(says, apply)
