"""`sigmic-conformance explain ID [RUN]`: one row, how it is checked, and its result in a saved run."""

import argparse
import difflib
from collections.abc import Iterator
from pathlib import Path

from sigmic_conformance.commands.locating import locations
from sigmic_conformance.commands.output import show_lines
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.repeat import curl
from sigmic_conformance.model.record.verdict import Citation, Verdict
from sigmic_conformance.registry import Registry, load
from sigmic_conformance.reports.five_lines import WIDTH, Asked, finding, repeat
from sigmic_conformance.reports.mistakes import usual_mistake
from sigmic_conformance.results import saved
from sigmic_conformance.results.saved import SavedRun
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import Exchange, Transcript
from sigmic_spec.ledger import Ledger
from sigmic_spec.nearest import hint
from sigmic_spec.plural import plural
from sigmic_spec.requirement import Requirement

SHOWN_CHUNKS = 12
SHOWN_BYTES = 160
MILLISECOND = 1_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the row and the run."""
    parser.add_argument("id", help="a requirement's id, for example BEAT-001")
    parser.add_argument("saved", metavar="RUN", nargs="?", type=Path, help="a saved run that tested it")


def run(options: argparse.Namespace) -> int:
    """Print the row's data from the ledger, the registry and the saved run."""
    ledger = Ledger.load()
    registry = load(ledger.by_id)
    row = ledger.by_id.get(options.id.upper())
    if row is None and ledger.had(options.id.upper()):
        raise Refused(
            f"{options.id.upper()} was removed: no page states it. A run shows the target's choices instead"
        )
    if row is None:
        near = hint(options.id.upper(), ledger.by_id, otherwise="; `list` shows all")
        raise Refused(f"no requirement is named {options.id!r}{near}")
    seen = _seen(saved.read(options.saved), row.id) if options.saved is not None else ()
    show_lines([*_row(row, ledger, registry), *seen])
    return ExitCode.OK


def _row(row: Requirement, ledger: Ledger, registry: Registry) -> Iterator[str]:
    yield f"{row.id}  {row.statement}"
    yield f"level     {row.level.value}, evidence {row.evidence.value}"
    yield f"source    {row.source}"
    yield f"about     {', '.join(row.operations)}"
    mistake = usual_mistake(row, None)
    if mistake:
        yield f"mistake   {mistake}"
    check = registry.checks.get(row.id)
    if check is None:
        yield f"checked   not: {ledger.reasons[row.untestable] if row.untestable else 'no check yet'}"
        return
    for place in locations(row.id, registry):
        if place.what == "probe":
            yield f"probe     {place.name}: {registry.probes[place.name].summary} ({place})"
        else:
            yield f"{place.what:<9} {place}  {place.name}".rstrip()
    if check.anywhere:
        yield "          and over every other exchange of the run"


def _seen(before: SavedRun, id: str) -> Iterator[str]:
    """The verdict of a saved run, and each exchange that it is based on."""
    verdict = before.verdicts.get(id)
    if verdict is None:
        raise Refused(f"{before.folder} did not test {id}")
    yield ""
    yield f"verdict   {verdict.outcome.with_reason(verdict.reason)}, against {before.profile.base_url}"
    about = next(row for row in before.document["verdicts"] if row["id"] == id)
    told = finding(Asked.saved(about), verdict, target=before.profile.base_url, folder=str(before.folder))
    yield from (f"{fact.name:{WIDTH}} {fact.text}" for fact in told.facts)
    if not verdict.evidence:
        yield "evidence  none: no exchange of the run decides it"
        return
    for (probe, number), pieces in _by_exchange(verdict).items():
        transcript = before.transcript(probe)
        exchange = next((each for each in transcript.exchanges if each.number == number), None)
        if exchange is not None:
            yield ""
            yield from _exchange(exchange, transcript, pieces)
            yield f"repeat    {repeat(id, curl(exchange), str(before.folder))}"


def _by_exchange(verdict: Verdict) -> dict[tuple[str, int], list[Citation]]:
    found: dict[tuple[str, int], list[Citation]] = {}
    for piece in verdict.evidence:
        found.setdefault((piece.probe, piece.exchange), []).append(piece)
    return found


def _exchange(exchange: Exchange, transcript: Transcript, pieces: list[Citation]) -> Iterator[str]:
    """The request, the response and its time, and its control."""
    sent = exchange.sent
    yield f"exchange  {exchange.number} of {exchange.probe}, {spelled(exchange.label)}, as {exchange.role}"
    spelling = "" if sent.spelling is Spelling.PLAIN else f", written with {sent.spelling}"
    yield f"sent      {sent.method} {sent.target}{spelling}"
    for name, value in sent.headers:
        yield f"          {name}: {value}"
    if sent.text:
        yield f"          {sent.text[:SHOWN_BYTES]}{'…' if len(sent.text) > SHOWN_BYTES else ''}"
    for part in sent.parts:
        yield f"          part {part}"
    yield f"answer    {'none' if exchange.status is None else exchange.status}, {exchange.closed}" + (
        f" after {_since(exchange, exchange.ended)}" if exchange.ended else ""
    )
    if exchange.head_at is not None:
        first = exchange.head.decode("latin-1").splitlines()
        yield f"{_since(exchange, exchange.head_at):>9} {first[0] if first else ''}"
        for line in first[1:]:
            if line:
                yield f"          {line}"
    for chunk in exchange.chunks[:SHOWN_CHUNKS]:
        yield f"{_since(exchange, chunk.at):>9} {_bytes(chunk.data)}"
    if len(exchange.chunks) > SHOWN_CHUNKS:
        more = len(exchange.chunks) - SHOWN_CHUNKS
        yield f"          … and {plural(more, 'more piece')}, {plural(exchange.size, 'byte')} in total"
    for piece in pieces:
        yield f"seen      {piece.note}"
    yield from _controls(exchange, transcript)


def _controls(exchange: Exchange, transcript: Transcript) -> Iterator[str]:
    """The accepted request most like a refused one: a refusal counts only with such a control."""
    if not exchange.refused:
        return
    accepted = [
        other
        for other in transcript.exchanges
        if other.operation == exchange.operation and other.succeeded and not other.transient
    ]
    if not accepted:
        yield "control   no request of this operation was accepted in this probe"
        return
    control = max(accepted, key=lambda other: _likeness(exchange, other))
    yield f"control   {spelled(control.label)} was accepted: {summary(control)}"


def _likeness(one: Exchange, other: Exchange) -> tuple[bool, int, float]:
    """How similar two requests are: the same caller, the same header names, a similar label."""
    names, more = ({name.lower() for name, _ in each.sent.headers} for each in (one, other))
    likeness = difflib.SequenceMatcher(None, one.label, other.label).ratio()
    return one.role == other.role, -len(names ^ more), likeness


def _since(exchange: Exchange, at: int) -> str:
    return f"{(at - exchange.started) / MILLISECOND:.0f} ms"


def _bytes(data: bytes) -> str:
    """Bytes on one line; unprintable ones are escaped."""
    text = data[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
    shown = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )
    return shown + (f"… ({plural(len(data), 'byte')})" if len(data) > SHOWN_BYTES else "")
